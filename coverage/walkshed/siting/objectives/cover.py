"""Most demand covered, and fewest sites that cover enough."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Text
from walkshed.siting.bounds import cover_bound, set_bound, settled
from walkshed.siting.effort import step_of
from walkshed.siting.exact import solve_model
from walkshed.siting.greedy import covers_enough, drop_needless, greedy_cover
from walkshed.siting.local_search import improve_cover, wander_cover
from walkshed.siting.model import Model, add_cover, add_sites
from walkshed.siting.reduce import Covering, covering, shrink

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.siting.effort import Effort
    from walkshed.siting.objectives.goals import Lscp
    from walkshed.siting.problem import Problem
    from walkshed.siting.rules import Rules

LARGE = 300_000
"""Programs with more entries than this get interior-point multipliers and a longer local search before branching."""
BRANCHED = 600_000
"""Programs with more entries than this are not branched on: the bound would not move."""


def most_covered(problem: Problem, rules: Rules, effort: Effort, start: NDArray[np.bool_] | None) -> None:
    """Solve the maximal covering problem into ``effort``."""
    groups, wanted = community_needs(problem, rules)
    effort.step = step_of(np.concatenate([one.weights for one in problem.criteria]))
    reduced = covering(problem, rules, groups=groups)
    rules = rules.restricted(reduced.sites)
    wanted = wanted - _covered_anyway(problem, reduced, groups, len(wanted))
    effort.work |= {"rows": len(reduced.weight), "sites": rules.k, "entries": len(reduced.by_row.indices)}
    effort.prove(reduced.base + float(reduced.weight.sum()))
    search = _CoverSearch(reduced, rules, wanted, effort)
    search.start(start)
    if effort.proven():
        return
    search.bound_quickly()
    if effort.limits.method in {"greedy", "local"} or effort.proven() or effort.out_of_time():
        return
    search.prove()


class _CoverSearch:
    """One maximal covering problem on its way from a greedy plan to a proof."""

    def __init__(self, problem: Covering, rules: Rules, wanted: NDArray[np.float64], effort: Effort) -> None:
        self.problem, self.rules, self.wanted, self.effort = problem, rules, wanted, effort
        self.sites = problem.sites
        self.multipliers: NDArray[np.float64] | None = None

    def offer(self, mask: NDArray[np.bool_]) -> None:
        """Hand a plan over the sites that are left to the effort, if it is one."""
        count = np.bincount(
            self.problem.by_site.take(np.flatnonzero(mask)).indices, minlength=len(self.problem.weight)
        )
        if not self.rules.allows(mask):
            return
        if not covers_enough(self.problem, count, target=-np.inf, wanted=self.wanted):
            return
        value = self.problem.base + float(self.problem.weight[count >= self.problem.need].sum())
        self.effort.offer(self.sites[mask], value)

    def start(self, given: NDArray[np.bool_] | None) -> None:
        """Greedy plans, a given one, and swaps from the best of them."""
        effort, rules = self.effort, self.rules
        effort.progress(Text("choosing greedily", "贪心选址"))
        for per_price in (False, True) if rules.purses else (False,):
            self.offer(greedy_cover(self.problem, rules, wanted=self.wanted, per_price=per_price))
        if given is not None:
            self.offer(given[self.sites])
        if effort.limits.method == "greedy" or effort.best is None:
            return
        effort.progress(Text("swapping sites", "交换改进"))
        mask, swaps = improve_cover(
            self.problem, rules, self.mask(), swaps=effort.limits.swaps, wanted=self.wanted
        )
        effort.count(swaps=swaps)
        self.offer(mask)

    def mask(self) -> NDArray[np.bool_]:
        """Return the best plan over the sites that are left."""
        return np.isin(self.sites, self.effort.best if self.effort.best is not None else [])

    def bound_quickly(self) -> None:
        """Bound by Lagrangian multipliers."""
        effort = self.effort
        known = effort.value - self.problem.base if effort.best is not None else 0.0
        bound = cover_bound(
            self.problem, self.rules, known=known, steps=effort.limits.lagrangian_steps,
            start=self.multipliers, enough=0.9 * effort.step,
        )  # fmt: skip
        effort.count(lagrangian_steps=bound.steps)
        effort.prove(self.problem.base + bound.value)
        self.bound, self.multipliers = bound, bound.multipliers

    def settle(self) -> None:
        """Drop the sites that no better plan has, take those that every better plan has."""
        if self.effort.best is None:
            return
        least = self.effort.value - self.problem.base  # not more: the plan at hand stays, to start from
        out, must = settled(self.bound, self.rules, at_least=least)
        if not (out.any() or must.any()):
            return
        if len(self.wanted):  # the communities' sums are over all rows
            must[:] = False
        self.problem, self.rules = shrink(self.problem, self.rules, out=out, must=must)
        self.sites, self.multipliers = self.problem.sites, None
        self.effort.count(sites_settled=int(out.sum() + must.sum()))

    def prove(self) -> None:
        """Branch and bound on what is left; for large problems multipliers of the relaxation and swaps first."""
        effort = self.effort
        plain = self.rules.plain and self.rules.times == 1
        if plain and len(self.problem.by_row.indices) > LARGE:
            self.wander(self.relax())
        if effort.proven() or effort.out_of_time():
            return
        self.settle()
        if plain and len(self.problem.by_row.indices) > BRANCHED:
            effort.limited = True
            return
        self.branch()

    def relax(self) -> NDArray[np.float64]:
        """Bound by the multipliers of the linear relaxation, plan from its sites; return how much it likes each site."""
        effort, rules = self.effort, self.rules
        effort.progress(Text("bounding what is possible", "计算上界"))
        outcome = solve_model(self.model(), relaxed=True, interior=True, seconds=effort.seconds_left)
        # without a vertex HiGHS calls its answer unknown; any multipliers give a valid bound
        effort.heed(replace(outcome, ending="interrupted" if outcome.ending == "interrupted" else "optimal"))
        if outcome.duals is not None:
            self.bound_from(np.abs(outcome.duals[-len(self.problem.weight) :]))
        liking = np.maximum(self.bound.worth, 0.0) / max(1e-9, float(self.bound.worth.sum()))
        if outcome.x is None or effort.out_of_time():
            return liking
        part = np.clip(outcome.x[: rules.k], 0.0, 1.0)
        mask = rules.fixed.copy()
        mask[np.argsort(np.where(mask, -np.inf, -part), kind="stable")[: rules.p - int(mask.sum())]] = True
        mask, swaps = improve_cover(self.problem, rules, mask, swaps=effort.limits.swaps, wanted=self.wanted)
        effort.count(swaps=swaps)
        self.offer(mask)
        return part / max(1e-9, float(part.sum())) + 0.2 * liking

    def bound_from(self, multipliers: NDArray[np.float64]) -> None:
        """Take the bound at given multipliers if it is better."""
        bound = cover_bound(self.problem, self.rules, known=0.0, steps=1, start=multipliers)
        if bound.value < self.bound.value:
            self.bound = bound
            self.effort.prove(self.problem.base + bound.value)

    def wander(self, liking: NDArray[np.float64]) -> None:
        """Disturb and repair the best plan, again and again."""
        effort = self.effort
        if effort.best is None:
            return
        effort.progress(Text("looking for better plans", "寻找更好的方案"))
        mask, swaps = wander_cover(self.problem, self.rules, self.mask(), liking=liking, effort=effort)
        effort.count(swaps=swaps)
        self.offer(mask)

    def model(self) -> Model:
        """Return the program of what is left."""
        model = Model(maximise=True)
        y = add_sites(model, self.rules)
        z = add_cover(model, y, self.problem.by_row, self.problem.need, self.problem.weight)
        for number, least in enumerate(self.wanted):
            rows = np.flatnonzero(self.problem.group == number)
            if least > 0:
                model.add_rows(1, (0, z + rows, self.problem.weight[rows]), lower=least)
        return model

    def branch(self) -> None:
        """Let HiGHS prove it."""
        effort, k = self.effort, self.rules.k
        effort.progress(Text("proving", "证明最优性"))
        model = self.model()
        start = None
        if effort.best is not None:
            mask = self.mask()
            count = np.bincount(
                self.problem.by_site.take(np.flatnonzero(mask)).indices, minlength=len(self.problem.weight)
            )
            start = np.concatenate([mask, count >= self.problem.need]).astype(np.float64)
        outcome = solve_model(
            model, gap=effort.limits.gap, absolute_gap=max(1e-6, 0.999 * effort.step),
            nodes=effort.limits.nodes, seconds=effort.seconds_left, start=start,
        )  # fmt: skip
        if outcome.x is not None:
            self.offer(outcome.x[:k] > 0.5)
        if outcome.ending == "infeasible" and effort.best is None:
            effort.impossible = True
        elif outcome.ending == "infeasible":
            effort.prove(effort.value)
        elif np.isfinite(outcome.bound):
            bound = self.problem.base + outcome.bound
            effort.prove(max(bound, effort.value) if effort.best is not None else bound)
        effort.heed(outcome)


def community_needs(problem: Problem, rules: Rules) -> tuple[dict[str, int], NDArray[np.float64]]:
    """Return a number for each community that wants a share, and the demand each wants covered."""
    names = [name for name in rules.shares if (problem.demand.community == name).any()]
    weight = np.sum([one.weights for one in problem.criteria], axis=0)
    wanted = [rules.shares[name] * float(weight[problem.demand.community == name].sum()) for name in names]
    return {name: number for number, name in enumerate(names)}, np.asarray(wanted, dtype=np.float64)


def _covered_anyway(
    problem: Problem, reduced: Covering, groups: dict[str, int], size: int
) -> NDArray[np.float64]:
    done = np.zeros(size)
    weight = np.concatenate([one.weights for one in problem.criteria])
    weight = np.where(reduced.member == -1, weight, 0.0)
    community = np.tile(problem.demand.community, len(problem.criteria))
    for name, number in groups.items():
        done[number] = weight[community == name].sum()
    return done


def fewest_sites(
    problem: Problem, rules: Rules, objective: Lscp, effort: Effort, start: NDArray[np.bool_] | None
) -> None:
    """Solve the set covering problem, whole or in part, into ``effort``."""
    groups, wanted = community_needs(problem, rules)
    effort.step = 1.0
    total = problem.total_weight
    reduced = covering(problem, rules, groups=groups)
    rules = rules.restricted(reduced.sites)
    wanted = wanted - _covered_anyway(problem, reduced, groups, len(wanted))
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
    if everyone:
        search.bound_quickly()
    if effort.limits.method in {"greedy", "local"}:
        search.relax()
        return
    if not effort.proven() and not effort.out_of_time():
        search.branch()


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

    def bound_quickly(self) -> None:
        """Bound by Lagrangian multipliers (for covering all)."""
        known = self.effort.value if self.effort.best is not None else float(self.rules.k)
        bound, _reduced, steps = set_bound(
            self.problem, self.rules, known=known, steps=self.effort.limits.lagrangian_steps
        )
        self.effort.count(lagrangian_steps=steps)
        self.effort.prove(bound)

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
            mask = np.isin(problem.sites, effort.best)
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
