"""With capacities: whole estates assigned to sites that have room, for every objective."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Text
from walkshed.siting.effort import step_of
from walkshed.siting.exact import solve_model
from walkshed.siting.model import Model, add_sites
from walkshed.siting.objectives.cover import community_needs
from walkshed.siting.objectives.goals import Lscp, Mclp, PCenter, PMedian
from walkshed.siting.objectives.value import reachable_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.siting.effort import Effort
    from walkshed.siting.objectives.goals import Objective
    from walkshed.siting.problem import Problem
    from walkshed.siting.rules import Rules


def assigned_sites(
    problem: Problem,
    rules: Rules,
    goal: Objective,
    effort: Effort,
    start: NDArray[np.bool_] | None,
    *,
    plan: NDArray[np.bool_] | None = None,
) -> None:
    """Solve an objective with capacities into ``effort``.

    x_ij ∈ {0, 1} assigns demand row i to site j as a whole: Σ_j x_ij ≤ 1, x_ij ≤ y_j, Σ_i w_i x_ij ≤ capacity_j y_j.
    Most covered: max Σ w_i x_ij over pairs within the standard. Fewest: Σ_j y_j with what must be covered assigned
    within the standard. Least total walk: every row that can be reached is assigned (or costs ``beyond``).
    Least worst: the same, by halving the list of distinct walks.

    Parameters
    ----------
    plan
        The sites are these; only the assignment is sought.
    """
    if isinstance(goal, PCenter):
        _center(problem, rules, goal, effort, plan)
        return
    _Assignment(problem, rules, goal, effort, limit=np.inf).solve(start, plan)


def _center(
    problem: Problem, rules: Rules, goal: PCenter, effort: Effort, plan: NDArray[np.bool_] | None
) -> None:
    everything = np.concatenate([rules.free, rules.open_anyway])
    counts = (problem.criteria[0].weights > 0) & reachable_rows(problem, everything)[0]
    nearest = problem.nearest(everything)[1]
    walks = np.unique(problem.unit_costs)
    walks = walks[walks >= nearest[counts].max(initial=0.0)]
    low, high = 0, len(walks) - 1
    if len(walks):
        effort.prove(float(walks[0]))
    while low <= high:
        middle = (low + high) // 2
        part = _Assignment(problem, rules, goal, effort, limit=float(walks[middle]))
        worst = part.worst(plan)
        if worst is None:
            return
        if np.isfinite(worst):
            high = min(middle, int(np.searchsorted(walks, worst))) - 1
        else:
            low = middle + 1
            if low < len(walks):
                effort.prove(float(walks[low]))
        if effort.out_of_time():
            return
    if effort.best is None:
        effort.impossible = True
    else:
        effort.prove(effort.value)


@dataclass(slots=True)
class _Assignment:
    """The program of one objective with capacities."""

    problem: Problem
    rules: Rules
    goal: Objective
    effort: Effort
    limit: float

    def solve(self, start: NDArray[np.bool_] | None, plan: NDArray[np.bool_] | None) -> None:
        """Build, start, solve, and hand the answer over."""
        effort = self.effort
        whole = isinstance(self.goal, Mclp | Lscp)
        effort.step = (
            1.0 if isinstance(self.goal, Lscp) else step_of(self.problem.criteria[0].weights) * whole
        )
        model = self.model(plan)
        effort.work |= {"columns": model.columns, "entries": sum(len(part) for part in model.value)}
        effort.prove(float(self.problem.criteria[0].weights.sum()) if isinstance(self.goal, Mclp) else 0.0)
        relaxed = effort.limits.method in {"greedy", "local"}
        begun = self.begun(start if plan is None else plan)
        if begun is not None:
            self.offer(begun)
        effort.progress(Text("proving", "证明最优性"))
        outcome = solve_model(
            model, relaxed=relaxed, gap=effort.limits.gap, absolute_gap=max(1e-6, 0.999 * effort.step),
            nodes=effort.limits.nodes, seconds=effort.seconds_left, start=begun,
        )  # fmt: skip
        if outcome.x is not None and not relaxed:
            self.offer(outcome.x)
        if outcome.ending == "infeasible" and effort.best is None:
            effort.impossible = True
        elif np.isfinite(outcome.bound):
            best = outcome.bound
            if effort.best is not None:
                best = max(best, effort.value) if effort.sense > 0 else min(best, effort.value)
            effort.prove(outcome.bound if relaxed else best)
        effort.heed(outcome)

    def worst(self, plan: NDArray[np.bool_] | None) -> float | None:
        """Return the worst walk of some plan within the limit, infinite if there is none, None if it is left open."""
        outcome = solve_model(
            self.model(plan), gap=1.0, absolute_gap=float(self.rules.k + 1), nodes=self.effort.limits.nodes,
            seconds=self.effort.seconds_left,
        )  # fmt: skip
        limited = self.effort.limited
        self.effort.heed(outcome)
        self.effort.limited = limited
        if outcome.x is not None:
            return self.offer(outcome.x)
        if outcome.ending == "infeasible":
            return float("inf")
        self.effort.limited = True
        return None

    def pairs(self) -> NDArray[np.int64]:
        """Return the pairs (by number) that may be assigned: site open or free, of weight, within what counts."""
        problem, rules, one = self.problem, self.rules, self.problem.criteria[0]
        usable = np.zeros(problem.m, dtype=bool)
        usable[rules.free] = usable[rules.open_anyway] = True
        here = usable[problem.site_of_pairs()] & (one.weights[problem.rows] > 0)
        if isinstance(self.goal, Mclp | Lscp):
            return np.flatnonzero(here & one.covers)
        here &= one.eligible[problem.site_of_pairs()]
        limit = self.limit
        if isinstance(self.goal, PMedian) and self.goal.beyond is not None and not rules.shares:
            limit = self.goal.beyond
        return np.flatnonzero(here & (problem.unit_costs <= limit))

    def model(self, plan: NDArray[np.bool_] | None) -> Model:
        """Return the program; columns are y (free sites), then x (pairs), then one constant."""
        problem, rules, goal = self.problem, self.rules, self.goal
        weight = problem.criteria[0].weights
        at = self.at = self.pairs()
        row, site = problem.rows[at].astype(np.int64), problem.site_of_pairs()[at].astype(np.int64)
        model = Model(maximise=isinstance(goal, Mclp))
        fixed_plan = rules.fixed if plan is None else plan
        y = add_sites(model, rules, cost=0.0 if isinstance(goal, Mclp | PMedian) else 1.0)
        if plan is not None:
            model.lower[0], model.upper[0] = fixed_plan.astype(np.float64), fixed_plan.astype(np.float64)
        price, constant = self._prices(weight, row, at)
        x = model.add_columns(price)
        model.add_columns(np.array([constant]), lower=1.0, upper=1.0, integer=False)
        self._room(model, y, x, row, site, weight)
        must = self._must(weight)
        lower = np.where(must, 1.0, 0.0)
        model.add_rows(problem.n, (row, x + np.arange(len(at)), 1.0), lower=lower, upper=1.0)
        if isinstance(goal, Lscp) and goal.share < 1:
            wanted = goal.share * problem.total_weight * (1 - 1e-9)
            model.add_rows(1, (0, x + np.arange(len(at)), weight[row]), lower=wanted)
        self._shares(model, x, row, at, weight)
        return model

    def _prices(
        self, weight: NDArray[np.float64], row: NDArray[np.int64], at: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], float]:
        if isinstance(self.goal, Mclp):
            return weight[row], 0.0
        if not isinstance(self.goal, PMedian):
            return np.zeros(len(at)), 0.0
        walk = weight[row] * self.problem.unit_costs[at]
        if self.goal.beyond is None:
            return walk, 0.0
        walk = np.minimum(walk, weight[row] * self.goal.beyond)
        return walk - weight[row] * self.goal.beyond, float(weight.sum() * self.goal.beyond)

    def _must(self, weight: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which rows have to be assigned."""
        goal, everything = self.goal, np.concatenate([self.rules.free, self.rules.open_anyway])
        if isinstance(goal, Lscp) and goal.share == 1.0:
            return np.asarray(weight > 0)
        if isinstance(goal, PCenter) or (isinstance(goal, PMedian) and goal.beyond is None):
            return np.asarray((weight > 0) & reachable_rows(self.problem, everything)[0])
        return np.zeros(self.problem.n, dtype=bool)

    def _room(
        self,
        model: Model,
        y: int,
        x: int,
        row: NDArray[np.int64],
        site: NDArray[np.int64],
        weight: NDArray[np.float64],
    ) -> None:
        rules, problem = self.rules, self.problem
        assert rules.capacity is not None  # noqa: S101 - only called with capacities
        assert rules.open_capacity is not None  # noqa: S101 - the same
        place = np.full(problem.m, -1, dtype=np.int64)
        place[rules.free] = np.arange(rules.k)
        room = np.full(problem.m, np.inf)
        room[rules.free], room[rules.open_anyway] = rules.capacity, rules.open_capacity
        columns = x + np.arange(len(row))
        new = place[site] >= 0
        count = int(new.sum())
        model.add_rows(
            count,
            (np.arange(count), columns[new], 1.0),
            (np.arange(count), y + place[site[new]], -1.0),
            upper=0.0,
        )
        limited = np.flatnonzero(np.isfinite(room))
        number = np.full(problem.m, -1, dtype=np.int64)
        number[limited] = np.arange(len(limited))
        here = number[site] >= 0
        free = limited[place[limited] >= 0]
        model.add_rows(
            len(limited),
            (number[site[here]], columns[here], weight[row[here]]),
            (number[free], y + place[free], -room[free]),
            upper=np.where(place[limited] >= 0, 0.0, room[limited]),
        )

    def _shares(
        self,
        model: Model,
        x: int,
        row: NDArray[np.int64],
        at: NDArray[np.int64],
        weight: NDArray[np.float64],
    ) -> None:
        groups, wanted = community_needs(self.problem, self.rules)
        covers = self.problem.criteria[0].covers[at]
        for name, number in groups.items():
            here = np.flatnonzero((self.problem.demand.community[row] == name) & covers)
            model.add_rows(1, (0, x + here, weight[row[here]]), lower=wanted[number] * (1 - 1e-9))

    at: NDArray[np.int64] = None  # type: ignore[assignment]  # set by model()

    def begun(self, plan: NDArray[np.bool_] | None) -> NDArray[np.float64] | None:
        """Return a solution by first fit: sites greedily by what they can take, the largest estates first."""
        if not isinstance(self.goal, Mclp):
            return None
        problem, rules = self.problem, self.rules
        assert rules.capacity is not None  # noqa: S101 - only called with capacities
        assert rules.open_capacity is not None  # noqa: S101 - the same
        weight = problem.criteria[0].weights
        room = np.full(problem.m, np.inf)
        room[rules.free], room[rules.open_anyway] = rules.capacity, rules.open_capacity
        site = problem.site_of_pairs()[self.at]
        by_site = {int(j): self.at[site == j] for j in np.concatenate([rules.free, rules.open_anyway])}
        taken: dict[int, int] = {}

        def fill(j: int) -> list[int]:
            pairs, left, mine = by_site[j], room[j], []
            for pair in pairs[np.argsort(-weight[problem.rows[pairs]], kind="stable")].tolist():
                row = int(problem.rows[pair])
                if row not in taken and weight[row] <= left:
                    left -= weight[row]
                    mine.append(pair)
            return mine

        mask = rules.fixed.copy() if plan is None else plan.copy()
        for j in [*rules.open_anyway.tolist(), *rules.free[mask].tolist()]:
            taken |= {int(problem.rows[pair]): pair for pair in fill(j)}
        while plan is None:
            best: tuple[float, int, list[int]] = (0.0, -1, [])
            for at in np.flatnonzero(~mask).tolist():
                mine = fill(int(rules.free[at]))
                worth = float(weight[problem.rows[mine]].sum()) if mine else 0.0
                mask[at] = True
                if worth > best[0] and rules.fits(mask):
                    best = (worth, at, mine)
                mask[at] = False
            if best[1] < 0:
                break
            mask[best[1]] = True
            taken |= {int(problem.rows[pair]): pair for pair in best[2]}
        x = np.isin(self.at, list(taken.values()))
        return np.concatenate([mask, x, [True]]).astype(np.float64)

    def offer(self, solution: NDArray[np.float64]) -> float:
        """Hand a solution to the effort; return its worst walk, infinite if it breaks a rule."""
        problem, rules, goal = self.problem, self.rules, self.goal
        weight, k = problem.criteria[0].weights, rules.k
        mask, pairs = solution[:k] > 0.5, self.at[solution[k : k + len(self.at)] > 0.5]
        assigned = np.full(problem.n, -1, dtype=np.int64)
        assigned[problem.rows[pairs]] = problem.site_of_pairs()[pairs]
        walk = np.full(problem.n, np.inf)
        walk[problem.rows[pairs]] = problem.unit_costs[pairs]
        if not rules.allows(mask) or not self._holds(pairs, weight):
            return float("inf")
        worst = float(walk[self._must(weight)].max(initial=0.0))
        if isinstance(goal, Mclp):
            value = float(weight[problem.rows[pairs]].sum())
        elif isinstance(goal, Lscp):
            value = float(mask.sum())
        elif isinstance(goal, PMedian):
            if goal.beyond is not None:
                walk = np.minimum(walk, goal.beyond)
            counts = (weight > 0) & np.isfinite(walk)
            value = float((weight[counts] * walk[counts]).sum())
        else:
            value = worst
        self.effort.offer(np.flatnonzero(mask), value, assigned)
        return worst

    def _holds(self, pairs: NDArray[np.int64], weight: NDArray[np.float64]) -> bool:
        """Whether nobody is over capacity, and every community and target has its share."""
        problem, rules = self.problem, self.rules
        assert rules.capacity is not None  # noqa: S101 - only called with capacities
        assert rules.open_capacity is not None  # noqa: S101 - the same
        room = np.full(problem.m, np.inf)
        room[rules.free], room[rules.open_anyway] = rules.capacity, rules.open_capacity
        row = problem.rows[pairs]
        load = np.bincount(problem.site_of_pairs()[pairs], weights=weight[row], minlength=problem.m)
        if (load > room * (1 + 1e-9) + 1e-9).any():
            return False
        covered = row[problem.criteria[0].covers[pairs]]
        groups, wanted = community_needs(problem, rules)
        for name, number in groups.items():
            got = weight[covered[problem.demand.community[covered] == name]].sum()
            if got < wanted[number] - 1e-6 * max(1.0, wanted[number]):
                return False
        goal = self.goal
        if isinstance(goal, Lscp) and goal.share < 1:
            return bool(weight[row].sum() >= goal.share * problem.total_weight * (1 - 1e-8))
        return True
