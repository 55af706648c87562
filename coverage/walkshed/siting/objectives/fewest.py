"""Fewest sites that cover all, or enough."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Text
from walkshed.siting.bounds import cover_bound, set_bound
from walkshed.siting.effort import Effort
from walkshed.siting.exact import solve_model
from walkshed.siting.greedy import covers_enough, drop_needless, greedy_cover, multiplier_plan
from walkshed.siting.model import Model, add_cover, add_sites
from walkshed.siting.objectives.cover import community_needs, covered_anyway
from walkshed.siting.reduce import Covering, covering, only_coverage, shrink
from walkshed.siting.set_reduce import parts, reduce_set, without_implied

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.siting.objectives.goals import Lscp
    from walkshed.siting.problem import Problem
    from walkshed.siting.rules import Rules


def fewest_sites(
    problem: Problem, rules: Rules, objective: Lscp, effort: Effort, start: NDArray[np.bool_] | None
) -> None:
    """Solve the set covering problem, whole or in part, into ``effort``."""
    groups, wanted = community_needs(problem, rules)
    effort.step = 1.0
    total = problem.total_weight
    reduced = covering(problem, rules, groups=groups)
    rules = rules.restricted(reduced.sites)
    wanted = wanted - covered_anyway(problem, reduced, groups, len(wanted))
    effort.work |= {"rows": len(reduced.weight), "sites": rules.k, "entries": len(reduced.by_row.indices)}
    target = objective.share * total - reduced.base
    everyone = objective.share == 1.0
    slack = 1e-9 * max(1.0, total)
    if float(reduced.weight.sum()) < target - slack:
        effort.impossible = True
        return
    effort.prove(float(rules.fixed.sum()))
    search = _SetSearch(reduced, rules, wanted, effort, target=target - slack, everyone=everyone)
    search.start(start)
    if effort.proven():
        return
    if everyone and not rules.shares:
        if only_coverage(rules) and not rules.purses:
            _part_by_part(*reduce_set(reduced, rules), effort)
            return
        if only_coverage(rules):
            reduced, rules = reduce_set(reduced, rules)
        elif len(np.unique(reduced.need)) == 1:
            reduced = without_implied(reduced)
        search = _SetSearch(reduced, rules, wanted, effort, target=len(reduced.weight) - 0.5, everyone=True)
    search.prove()


def _part_by_part(problem: Covering, rules: Rules, effort: Effort) -> None:
    """Cover all, each part of a reduced problem by itself; p is looked at in the end."""
    effort.work |= {"rows_left": len(problem.weight), "sites_left": rules.k}
    taken = problem.sites[rules.fixed]
    searches = []
    for part, own in parts(problem, rules):
        alone = Effort(effort.limits, -1, step=1.0, progress=effort.progress, began=effort.began)
        least = replace(own, p=own.k)
        searches.append(
            _SetSearch(part, least, np.zeros(0), alone, target=len(part.weight) - 0.5, everyone=True)
        )
    effort.count(parts=len(searches))
    for search in searches:
        search.start(None)
        search.effort.prove(1.0)
    _together(searches, taken, rules.p, effort)
    for search in searches:
        if search.effort.proven() or effort.out_of_time():
            continue
        try:
            search.prove()
        finally:  # an interruption keeps what the parts have so far
            _together(searches, taken, rules.p, effort)
    for search in searches:
        for name, amount in search.effort.work.items():
            effort.count(**{name: amount})
        effort.by_clock |= search.effort.by_clock
        effort.limited |= search.effort.limited
    if effort.best is None and effort.bound > rules.p:
        effort.impossible = True


def _together(searches: list[_SetSearch], taken: NDArray[np.int64], p: int, effort: Effort) -> None:
    """Hand over the plan that the best plans of the parts make, and the sum of their bounds."""
    effort.prove(len(taken) + sum(one.effort.bound for one in searches))
    plans = [one.effort.best for one in searches if one.effort.best is not None]
    chosen = np.concatenate([taken, *plans])
    if len(plans) == len(searches) and len(chosen) <= p:
        effort.offer(chosen, float(len(chosen)))


class _SetSearch:
    """One set covering problem on its way from a greedy plan to a proof."""

    def __init__(
        self,
        problem: Covering,
        rules: Rules,
        wanted: NDArray[np.float64],
        effort: Effort,
        *,
        target: float,
        everyone: bool,
    ) -> None:
        self.problem, self.rules, self.wanted, self.effort = problem, rules, wanted, effort
        self.target, self.everyone = target, everyone

    def offer(self, mask: NDArray[np.bool_]) -> None:
        """Hand a plan to the effort, without what it does not need, if it is one."""
        rows = self.problem.by_site.take(np.flatnonzero(mask)).indices
        count = np.bincount(rows, minlength=len(self.problem.weight))
        enough = covers_enough(self.problem, count, target=self.target, wanted=self.wanted)
        if not enough or not self.rules.allows(mask):
            return
        mask = drop_needless(self.problem, self.rules, mask, target=self.target, wanted=self.wanted)
        self.effort.offer(self.problem.sites[mask], float(mask.sum()))

    def start(self, given: NDArray[np.bool_] | None) -> None:
        """Greedy plans and a given one."""
        self.effort.progress(Text("choosing greedily", "贪心选址"))
        self.offer(greedy_cover(self.problem, self.rules, target=self.target, wanted=self.wanted))
        if given is not None:
            self.offer(given[self.problem.sites])

    def prove(self) -> None:
        """Bound by multipliers, which suggest better plans, too; then branch."""
        effort = self.effort
        if effort.proven():
            return
        effort.progress(Text("bounding what is possible", "计算下界"))
        if self.everyone:
            self.bound_all()
        else:
            self.bound_share()
        if effort.proven() or effort.out_of_time():
            return
        if effort.limits.method in {"greedy", "local"}:
            self.relax()
            return
        self.branch()

    def bound_all(self) -> None:
        """Bound by Lagrangian multipliers where all is to be covered."""
        effort = self.effort
        known = effort.value if effort.best is not None else float(self.rules.k)

        def plan(reduced: NDArray[np.float64]) -> float:
            self.offer(multiplier_plan(self.problem, self.rules, reduced))
            return effort.value if effort.best is not None else known

        simple = bool((self.problem.need == 1).all()) and effort.limits.method != "greedy"
        bound, reduced, steps = set_bound(
            self.problem, self.rules, known=known, steps=effort.limits.lagrangian_steps, plan=plan if simple else None
        )  # fmt: skip
        effort.count(lagrangian_steps=steps)
        effort.prove(bound)
        if (
            effort.best is not None
            and not effort.proven()
            and only_coverage(self.rules)
            and not self.rules.shares
        ):
            # only plans with fewer sites than the best are still looked for
            self.without(~self.rules.fixed & (bound + reduced > effort.value - 1 + 1e-6))

    def without(self, out: NDArray[np.bool_]) -> None:
        """Leave sites out that are in no plan with fewer sites than the best has."""
        if not out.any():
            return
        self.effort.count(sites_settled=int(out.sum()))
        self.problem, self.rules = shrink(
            self.problem, self.rules, out=out, must=np.zeros(self.rules.k, dtype=bool)
        )
        if not self.problem.lost:
            self.problem, self.rules = reduce_set(self.problem, self.rules)
        if self.problem.lost:  # a row that none of the rest serves: no plan has fewer sites
            self.effort.prove(self.effort.value)
        self.target = len(self.problem.weight) - 0.5

    def bound_share(self) -> None:
        """Bound by what so many sites cover at most: too few of them do not reach the target.

        The multipliers of the most that q sites cover give a bound for every number of sites at once.
        """
        effort, fixed = self.effort, int(self.rules.fixed.sum())
        low, high = fixed, int(effort.value) - 1 if effort.best is not None else self.rules.k
        start = None
        while low <= high:
            sites = (low + high) // 2
            bound = cover_bound(
                self.problem, replace(self.rules, p=sites, purses=()), known=self.target,
                steps=max(1, effort.limits.lagrangian_steps // 4), start=start,
            )  # fmt: skip
            effort.count(lagrangian_steps=bound.steps)
            start = bound.multipliers
            rest = float(np.maximum(0.0, self.problem.weight - self.problem.need * start).sum())
            rest += float(bound.worth[self.rules.fixed].sum())
            more = np.cumsum(np.sort(np.maximum(bound.worth[~self.rules.fixed], 0.0))[::-1])
            least = fixed + int(np.searchsorted(np.append(rest, rest + more), self.target * (1 - 1e-9)))
            effort.prove(float(min(least, self.rules.k)))
            low, high = (max(least, sites + 1), high) if least > sites else (max(low, least), sites - 1)
            if effort.out_of_time():
                return

    def model(self) -> Model:
        """Return the program."""
        problem, model = self.problem, Model()
        y = add_sites(model, self.rules, cost=1.0)
        rows = problem.by_row.shape[0]
        if self.everyone:
            place = problem.by_row.row_of_entries()
            model.add_rows(
                rows, (place, y + problem.by_row.indices.astype(np.int64), 1.0), lower=problem.need
            )
            return model
        z = add_cover(model, y, problem.by_row, problem.need, np.zeros(rows))
        model.add_rows(1, (0, z + np.arange(rows), problem.weight), lower=self.target)
        for number, least in enumerate(self.wanted):
            there = np.flatnonzero(problem.group == number)
            if least > 0:
                model.add_rows(1, (0, z + there, problem.weight[there]), lower=least)
        return model

    def relax(self) -> None:
        """Bound by the linear relaxation."""
        outcome = solve_model(self.model(), relaxed=True, seconds=self.effort.seconds_left)
        if outcome.ending == "infeasible":
            self.effort.impossible = self.effort.best is None
        elif np.isfinite(outcome.bound):
            self.effort.prove(outcome.bound)
        self.effort.heed(outcome)

    def branch(self) -> None:
        """Let HiGHS prove it."""
        effort, problem = self.effort, self.problem
        effort.progress(Text("proving", "证明最优性"))
        start = None
        if effort.best is not None:
            mask = np.isin(problem.sites, effort.best) | self.rules.fixed
            count = np.bincount(
                problem.by_site.take(np.flatnonzero(mask)).indices, minlength=len(problem.weight)
            )
            cover = [] if self.everyone else [count >= problem.need]
            start = np.concatenate([mask, *cover]).astype(np.float64)
        outcome = solve_model(
            self.model(), gap=effort.limits.gap, absolute_gap=0.999, nodes=effort.limits.nodes,
            seconds=effort.seconds_left, start=start,
        )  # fmt: skip
        if outcome.x is not None:
            self.offer(outcome.x[: self.rules.k] > 0.5)
        if outcome.ending == "infeasible" and effort.best is None:
            effort.impossible = True
        elif outcome.ending == "infeasible":
            effort.prove(effort.value)
        elif np.isfinite(outcome.bound):
            effort.prove(min(outcome.bound, effort.value) if effort.best is not None else outcome.bound)
        effort.heed(outcome)
