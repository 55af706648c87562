"""The order: which of the chosen sites to open first, and what opening them year by year costs."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from walkshed.siting.constraints import Backup, Capacity
from walkshed.siting.objectives import Mclp
from walkshed.siting.worth import tracked, worth

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.siting.constraints import Constraint
    from walkshed.siting.curve import Curve
    from walkshed.siting.objectives import Objective
    from walkshed.siting.problem import Problem

    Worth = Callable[[int, int], float]

EXACT_SITES = 16
"""Up to so many sites every sequence is weighed (by sets, not one by one), where covering is counted."""
EXACT_OTHERS = 10
"""The same for the other objectives, whose sets take longer to weigh."""


@dataclass(frozen=True, slots=True)
class Step:
    """One year's opening.

    Attributes
    ----------
    number
        From 1.
    year
        The calendar year, or None where none was given.
    opened
        Numbers of the sites opened in it.
    value
        What all that is open by the end of it is worth.
    bound
        No plan of so many sites is worth more; NaN where it was not worked out.
    """

    number: int
    year: int | None
    opened: tuple[int, ...]
    value: float
    bound: float


@dataclass(frozen=True, slots=True, eq=False)
class PhasedOrder:
    """A sequence of openings.

    Attributes
    ----------
    objective
        What the values are: of "fewest sites" the demand covered.
    steps
        Year by year.
    total
        The sum of the yearly values, e.g. household-years covered.
    bound
        The sum of the yearly bounds: no sequence of any sites has a better total. NaN where not worked out.
    proven
        Whether no other sequence of these sites has a better total.
    late
        Numbers of sites that cannot be had in the year their turn would be; they open in their own year.
    """

    objective: Objective
    steps: tuple[Step, ...]
    total: float
    bound: float
    proven: bool
    late: tuple[int, ...] = field(default=())

    @property
    def sequence(self) -> tuple[int, ...]:
        """The sites' numbers, the first to be opened first."""
        return tuple(site for step in self.steps for site in step.opened)

    @property
    def cost(self) -> float:
        """What phasing costs: how much the sum of the years' best plans is better; NaN where not worked out.

        The best plan of each year alone may be of other sites each year, which nobody can build: this is the
        most that any sequence could still gain.
        """
        return float(abs(self.bound - self.total))

    @property
    def cost_share(self) -> float:
        """The same as a share of that sum."""
        return float(self.cost / abs(self.bound)) if self.bound else 0.0

    def to_frame(self, problem: Problem) -> pd.DataFrame:
        """Return one row per site: step, year, site_id, value and bound of the year."""
        import pandas as pd

        rows = [
            (step.number, step.year, str(problem.sites.ids[site]), step.value, step.bound)
            for step in self.steps
            for site in step.opened
        ]
        table = pd.DataFrame(rows, columns=["step", "year", "site_id", "value", "bound"])
        return table.astype({"year": "Int64", "value": "float64", "bound": "float64"})


def phased_order(
    problem: Problem,
    objective: Objective,
    chosen: Sequence[int] | NDArray[np.int64],
    *,
    constraints: Sequence[Constraint] = (),
    a_year: int = 1,
    first_year: int | None = None,
    planned_by: float | None = None,
    available: NDArray[np.float64] | None = None,
    curve: Curve | None = None,
) -> PhasedOrder:
    """Return the best sequence in which to open the chosen sites, so many a year.

    Best is what is worth most over the years: the sum, over the ends of the years, of what is then
    open. Every set of sites that could be open at the end of a year is weighed once, and the best way to it
    kept (dynamic programming over sets, Held and Karp [1]_); with more than :data:`EXACT_SITES` sites the best next
    one is taken each time and pairs are exchanged while that helps, and ``proven`` is False.

    Parameters
    ----------
    problem, objective, constraints
        As they were solved; Backup and Capacity say what covered means.
    chosen
        Numbers of the sites.
    a_year
        How many are opened each year.
    first_year
        The calendar year of the first opening.
    planned_by
        Sites planned to open by this year count, each from its own year on (without ``first_year``: from the start).
    available
        The first year each site of the problem can be had in, NaN for at once; needs ``first_year``.
    curve
        Gives the years' bounds.

    References
    ----------
    .. [1] M. Held, R. M. Karp, "A dynamic programming approach to sequencing problems", *Journal of SIAM* 10(1), 1962, 196-210.

    Examples
    --------
    >>> import numpy as np
    >>> from walkshed.siting import Mclp, from_costs
    >>> problem = from_costs(np.array([[1.0, 9], [9, 1], [9, 1]]), limit=3, weights=[40, 30, 20])
    >>> plan = phased_order(problem, Mclp(), [0, 1], first_year=2027)
    >>> [(step.year, step.opened, step.value) for step in plan.steps], plan.total
    ([(2027, (1,), 50.0), (2028, (0,), 90.0)], 140.0)
    """
    if a_year < 1:
        raise ValueError(f"at least one site is opened a year, not {a_year}")
    sites = [int(site) for site in chosen]
    goal = tracked(objective)
    calendar = _Calendar(problem, sites, a_year, first_year, planned_by, available)
    value = _valued(problem, goal, sites, constraints, calendar)
    covering = isinstance(goal, Mclp) and not any(isinstance(one, Capacity) for one in constraints)
    proven = len(sites) <= (EXACT_SITES if covering else EXACT_OTHERS)
    groups = (_best if proven else _searched)(len(sites), a_year, goal.sense, value)
    steps, opened = [], 0
    for number, group in enumerate(groups):
        for site in group:
            opened |= 1 << site
        bound = float("nan") if curve is None else curve.bound_of(min(len(sites), (number + 1) * a_year))
        steps.append(
            Step(
                number + 1,
                calendar.year(number),
                tuple(sites[k] for k in group),
                value(opened, number),
                bound,
            )
        )
    total = float(sum(step.value for step in steps))
    late = tuple(
        sites[site] for number, group in enumerate(groups) for site in group if calendar.late(site, number)
    )
    return PhasedOrder(goal, tuple(steps), total, float(sum(step.bound for step in steps)), proven, late)


class _Calendar:
    """Which years the steps are, and what can be open in them."""

    def __init__(
        self,
        problem: Problem,
        sites: list[int],
        a_year: int,
        first_year: int | None,
        planned_by: float | None,
        available: NDArray[np.float64] | None,
    ) -> None:
        self.problem, self.first, self.planned_by = problem, first_year, planned_by
        self.n_steps = -(-len(sites) // a_year)
        known = available is not None and first_year is not None
        self.available = available[sites] if known and available is not None else np.full(len(sites), np.nan)

    def year(self, step: int) -> int | None:
        return None if self.first is None else self.first + step

    def planned(self, step: int) -> float | None:
        """Return the year whose planned sites are open at the end of a step; none are without ``planned_by``."""
        year = self.year(step)
        if self.planned_by is None or year is None:
            return self.planned_by
        return min(float(year), self.planned_by)

    def late(self, site: int, step: int) -> bool:
        year = self.year(step)
        return year is not None and bool(self.available[site] > year)

    def there(self, opened: int, step: int) -> int:
        """Return which of a set of sites (one bit each) can be had by the end of a step."""
        if np.isnan(self.available).all():
            return opened
        return sum(1 << k for k in range(len(self.available)) if opened >> k & 1 and not self.late(k, step))


def _valued(
    problem: Problem,
    goal: Objective,
    sites: list[int],
    constraints: Sequence[Constraint],
    calendar: _Calendar,
) -> Worth:
    """Return the function that says what a set of the sites (one bit each) is worth at the end of a step."""
    fast = isinstance(goal, Mclp) and not any(isinstance(one, Backup | Capacity) for one in constraints)
    if fast and len(sites) <= EXACT_SITES:
        tables: dict[float | None, NDArray[np.float64]] = {}

        def covered(opened: int, step: int) -> float:
            year = calendar.planned(step)
            if year not in tables:
                tables[year] = _set_table(problem, sites, year)
            return float(tables[year][calendar.there(opened, step)])

        return covered
    known: dict[tuple[int, float | None], float] = {}

    def weighed(opened: int, step: int) -> float:
        year, there = calendar.planned(step), calendar.there(opened, step)
        if (there, year) not in known:
            new = [site for k, site in enumerate(sites) if there >> k & 1]
            known[there, year] = worth(problem, goal, new, constraints=constraints, year=year)
        return known[there, year]

    return weighed


def _set_table(problem: Problem, sites: list[int], year: float | None) -> NDArray[np.float64]:
    """Return the demand covered by every set of the sites: what no site outside the set alone would cover.

    Rows of demand are first gathered by the set of sites that cover them; then sums over all subsets give,
    for each set, the demand that only sites outside it cover.
    """
    size = 1 << len(sites)
    by_set = np.zeros(size)
    always = 0.0
    for number, criterion in enumerate(problem.criteria):
        anyway = problem.covered(problem.open_sites(year), criterion=number)
        always += float(criterion.weights[anyway].sum())
        mask = np.zeros(problem.n, dtype=np.int64)
        for k, site in enumerate(sites):
            here = slice(problem.indptr[site], problem.indptr[site + 1])
            mask[problem.rows[here][criterion.covers[here]]] |= 1 << k
        open_ = ~anyway & (mask > 0)
        by_set += np.bincount(mask[open_], weights=criterion.weights[open_], minlength=size)
    within = by_set.copy()
    for k in range(len(sites)):
        pairs = within.reshape(-1, 2, 1 << k)
        pairs[:, 1] += pairs[:, 0]
    return np.asarray(always + by_set.sum() - within[::-1])


def _best(n: int, a_year: int, sense: int, value: Worth) -> list[tuple[int, ...]]:
    """Return the sites of each step in the best sequence: the best way to every set of sites, once each."""
    best: dict[int, tuple[float, int]] = {0: (0.0, 0)}
    layers = [best]
    for step in range(-(-n // a_year)):
        grown: dict[int, tuple[float, int]] = {}
        for opened, (total, _) in sorted(layers[-1].items()):
            left = [k for k in range(n) if not opened >> k & 1]
            for group in combinations(left, min(a_year, len(left))):
                new = opened | sum(1 << k for k in group)
                reached = total + sense * value(new, step)
                if new not in grown or reached > grown[new][0] + 1e-9:
                    grown[new] = (reached, opened)
        layers.append(grown)
    groups: list[tuple[int, ...]] = []
    opened = (1 << n) - 1
    for layer in reversed(layers[1:]):
        before = layer[opened][1]
        groups.append(tuple(k for k in range(n) if (opened ^ before) >> k & 1))
        opened = before
    return groups[::-1]


def _searched(n: int, a_year: int, sense: int, value: Worth) -> list[tuple[int, ...]]:
    """Return a good sequence: always the best next site, then exchanges while they help."""
    sequence: list[int] = []
    opened = 0
    while len(sequence) < n:
        step = len(sequence) // a_year
        left = [k for k in range(n) if not opened >> k & 1]
        pick = max(left, key=lambda k: (sense * value(opened | 1 << k, step), -k))
        sequence.append(pick)
        opened |= 1 << pick
    improved = True
    while improved:
        improved = False
        for first in range(n - 1):  # neighbours in time: sites of the same and of the next two years
            for second in range(first + 1, min(n, first + 2 * a_year + 1)):
                trial = sequence.copy()
                trial[first], trial[second] = trial[second], trial[first]
                # only the ends of the years between the two see another set
                ends = range(first // a_year, second // a_year)
                gain = sum(_after(trial, end, a_year, sense, value) for end in ends)
                gain -= sum(_after(sequence, end, a_year, sense, value) for end in ends)
                if gain > 1e-9:
                    sequence, improved = trial, True
    return [tuple(sorted(sequence[at : at + a_year])) for at in range(0, n, a_year)]


def _after(sequence: list[int], step: int, a_year: int, sense: int, value: Worth) -> float:
    """Return what is worth at the end of a step of a sequence, the larger the better."""
    return sense * value(sum(1 << site for site in sequence[: (step + 1) * a_year]), step)
