"""The curve: how much each further site brings, exact or bounded at each point, and where it bends."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Text
from walkshed.progress import silent
from walkshed.siting.constraints import Backup, Fixed, Forbidden, NewSites, PlannedBy
from walkshed.siting.further import ask, eased
from walkshed.siting.proposal import STATES
from walkshed.siting.solve import DEFAULT
from walkshed.siting.worth import is_better, times_of, tracked, worth

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.progress import Progress
    from walkshed.siting.constraints import Constraint
    from walkshed.siting.objectives import Objective
    from walkshed.siting.problem import Problem
    from walkshed.siting.proposal import Limits, Proposal, State


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """One point of the curve: the best plan of at most so many new sites.

    Attributes
    ----------
    sites
        How many new sites are allowed.
    chosen
        The best plan found, numbers ascending; empty where there is none.
    value, bound
        In the objective's unit; no plan of so many sites is better than ``bound``. ``value`` is NaN where no
        plan meets the constraints.
    covered
        Demand covered by that plan, over all standards.
    state
        How the solver ended; one of :data:`walkshed.siting.proposal.STATES`.
    """

    sites: int
    chosen: NDArray[np.int64] = field(repr=False)
    value: float
    bound: float
    covered: float
    state: State

    @property
    def gap(self) -> float:
        """How far the value may be from the best: |bound - value| / |value|."""
        if np.isnan(self.value):
            return float("nan")
        apart = abs(self.bound - self.value)
        return 0.0 if apart == 0 else float(apart / abs(self.value)) if self.value else float("inf")


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Value against the number of new sites.

    Attributes
    ----------
    problem
        What was asked.
    objective
        What the values are: of "fewest sites" the demand covered.
    points
        For 0, 1, 2 … new sites.
    complete
        Whether the last point is as good as opening every candidate there is.
    """

    problem: Problem = field(repr=False)
    objective: Objective
    points: tuple[Point, ...]
    complete: bool = False

    @property
    def knee(self) -> int | None:
        """The number of sites after which each further one brings markedly less, or None for a straight line.

        The point that lies farthest above the straight line from the first to the last point, both axes
        taken from 0 to 1 (the "kneedle" of Satopää et al. [1]_, without smoothing: the values are exact or bounded,
        not noisy). A flat end is left out but for its first point. It depends on how far the curve is drawn; it is a hint, not a rule.

        References
        ----------
        .. [1] V. Satopää, J. Albrecht, D. Irwin, B. Raghavan, "Finding a 'kneedle' in a haystack: detecting knee
           points in system behavior", *ICDCS Workshops* 2011, 166-171.
        """
        known = [point for point in self.points if not np.isnan(point.value)]
        if not known:
            return None
        x = np.array([float(point.sites) for point in known])
        y = np.array([point.value for point in known]) * self.objective.sense
        rise = y[-1] - y[0]
        end = int(np.argmax(y >= y[-1])) + 1
        if rise <= 0 or end < 3:
            return None
        x, y = x[:end], y[:end]
        above = (y - y[0]) / rise - (x - x[0]) / (x[-1] - x[0])
        best = int(np.argmax(above.round(9)))
        return known[best].sites if above[best] > 1e-9 else None

    def bound_of(self, sites: int) -> float:
        """Return a bound for so many sites: more sites can do no less. NaN beyond a curve that is not complete."""
        for point in self.points:
            if point.sites >= sites:
                return point.bound
        return self.points[-1].bound if self.complete and sites > self.points[-1].sites else float("nan")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per point: sites, value, bound, gap, state, covered, covered_share, added, knee."""
        import pandas as pd

        total = self.problem.total_weight
        covered = np.array([point.covered for point in self.points])
        return pd.DataFrame(
            {
                "sites": [point.sites for point in self.points],
                "value": [point.value for point in self.points],
                "bound": [point.bound for point in self.points],
                "gap": [point.gap for point in self.points],
                "state": [point.state for point in self.points],
                "covered": covered,
                "covered_share": covered / total if total else np.full(len(covered), np.nan),
                "added": np.diff(covered, prepend=covered[:1]),
                "knee": [point.sites == self.knee for point in self.points],
            }
        )


def coverage_curve(
    problem: Problem,
    objective: Objective,
    *,
    most: int,
    at: Sequence[int] | None = None,
    constraints: Sequence[Constraint] = (),
    limits: Limits = DEFAULT,
    known: Sequence[Proposal] = (),
    thrifty: bool = False,
    progress: Progress = silent,
) -> Curve:
    """Solve the problem for 0, 1, 2 … new sites, as far as ``most`` or until nothing more can be gained.

    Where sites are fixed the curve begins with as many as those.

    Parameters
    ----------
    problem, objective
        As for :func:`walkshed.siting.solve.solve`; for ``Lscp`` the curve is of the demand covered.
    most
        The largest number of new sites.
    at
        Only these numbers of sites, ascending; all of them by default.
    constraints
        All but :class:`NewSites`, which the curve sets.
    limits
        For each point.
    known
        Proposals that need not be solved again, where problem, objective and the other constraints are the same.
    thrifty
        Whether local search does once a point was hard: see :func:`walkshed.siting.further.eased`.
    progress
        Told how far the curve has come.

    Examples
    --------
    >>> import numpy as np
    >>> from walkshed.siting import Mclp, from_costs
    >>> problem = from_costs(np.array([[1.0, 9, 9], [9, 1, 9], [9, 9, 1], [9, 1, 9]]), limit=3, weights=[40, 30, 5, 20])
    >>> curve = coverage_curve(problem, Mclp(), most=3)
    >>> [(point.sites, point.value, point.gap) for point in curve.points], curve.knee
    ([(0, 0.0, 0.0), (1, 50.0, 0.0), (2, 90.0, 0.0), (3, 95.0, 0.0)], 2)
    """
    goal = tracked(objective)
    others = tuple(one for one in constraints if not isinstance(one, NewSites))
    year = next((one.year for one in others if isinstance(one, PlannedBy)), None)
    barred = [one for part in others if isinstance(part, Forbidden) for one in part.sites]
    free = np.flatnonzero(
        np.isin(problem.sites.status, ("candidate", "fixed")) & ~np.isin(problem.sites.ids, barred)
    )
    best_of_all = worth(problem, goal, free, constraints=others, year=year)
    solved = {
        len(one.chosen): one
        for one in known
        if one.problem is problem
        and one.objective == goal
        and not np.isnan(one.value)
        and tuple(kept for kept in one.constraints if not isinstance(kept, NewSites)) == others
    }
    stage = Text("drawing the curve of sites", "计算数量与覆盖的曲线")
    points: list[Point] = []
    complete = False
    least = len(fixed_sites(problem, others))
    wanted = range(least, min(most, len(free)) + 1)
    for number in wanted if at is None else [one for one in at if one in wanted]:
        progress(stage, number / (most + 1))
        found = solved.get(number) or ask(
            problem,
            goal,
            (*others, NewSites(number)),
            limits=limits,
            start=points[-1].chosen if points else (),
        )
        limits = eased(limits, found) if thrifty and number not in solved else limits
        points.append(_point(number, found, points, goal, others))
        if complete := math.isclose(points[-1].value, best_of_all, rel_tol=1e-9):
            break
    return Curve(problem, goal, _bounded(points, goal), complete=complete)


def fixed_sites(problem: Problem, constraints: Sequence[Constraint]) -> NDArray[np.int64]:
    """Return the numbers of the sites that must be among the chosen."""
    named = [one for part in constraints if isinstance(part, Fixed) for one in part.sites]
    must = (problem.sites.status == "fixed") | np.isin(problem.sites.ids, named)
    return np.flatnonzero(must)


def _point(
    number: int, found: Proposal, before: list[Point], goal: Objective, constraints: Sequence[Constraint]
) -> Point:
    """Return the point of a proposal; a plan of fewer sites that is as good is a plan of so many too."""
    times = times_of([one for one in constraints if isinstance(one, Backup)])
    if before and not np.isnan(before[-1].value):
        last = before[-1]
        worse = np.isnan(found.value) or is_better(goal, last.value, found.value)
        if worse:
            return Point(number, last.chosen, last.value, found.bound, last.covered, found.state)
    if np.isnan(found.value):
        return Point(number, found.chosen, float("nan"), found.bound, float("nan"), found.state)
    opened = np.union1d(found.open_anyway, found.chosen)
    covered = (
        found.covered_weight if found.covered.any() else found.problem.covered_weight(opened, times=times)
    )
    return Point(number, found.chosen, found.value, found.bound, covered, found.state)


def _bounded(points: list[Point], goal: Objective) -> tuple[Point, ...]:
    """Tighten the bounds: fewer sites can do no more than more sites can."""
    tight: list[Point] = []
    limit = float("nan")
    for point in reversed(points):
        bound = point.bound
        if not np.isnan(limit) and not np.isnan(bound) and is_better(goal, bound, limit):
            bound = limit
        if not np.isnan(bound):
            limit = bound
        tight.append(Point(point.sites, point.chosen, point.value, bound, point.covered, point.state))
    return tuple(reversed(tight))


def state_words(state: State) -> Text:
    """Return how a point ended, in words."""
    return STATES[state]
