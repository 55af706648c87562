"""Most demand covered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Text
from walkshed.siting.anneal import anneal_cover
from walkshed.siting.bounds import cover_bound, settled
from walkshed.siting.effort import step_of
from walkshed.siting.exact import BRANCHED, solve_model
from walkshed.siting.greedy import covers_enough, greedy_cover
from walkshed.siting.local_search import improve_cover
from walkshed.siting.model import Model, add_cover, add_sites
from walkshed.siting.reduce import Covering, covering, shrink
from walkshed.siting.tighten import tightened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.siting.bounds import CoverBound
    from walkshed.siting.effort import Effort
    from walkshed.siting.problem import Problem
    from walkshed.siting.rules import Rules

LARGE = 150_000
"""Programs with more entries than this get cuts and a longer local search before branching."""
HUGE = 1_500_000
"""With more entries than this the subgradient makes a third of its steps, each of which takes long, and there are no cuts:
the relaxation alone is near."""


def most_covered(problem: Problem, rules: Rules, effort: Effort, start: NDArray[np.bool_] | None) -> None:
    """Solve the maximal covering problem into ``effort``."""
    groups, wanted = community_needs(problem, rules)
    effort.step = step_of(np.concatenate([one.weights for one in problem.criteria]))
    reduced = covering(problem, rules, groups=groups)
    rules = rules.restricted(reduced.sites)
    wanted = wanted - covered_anyway(problem, reduced, groups, len(wanted))
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

    @property
    def huge(self) -> bool:
        """Whether there are so many entries that each step takes long."""
        return len(self.problem.by_row.indices) > HUGE

    def bound_quickly(self) -> None:
        """Bound by Lagrangian multipliers."""
        effort = self.effort
        known = effort.value - self.problem.base if effort.best is not None else 0.0
        steps = effort.limits.lagrangian_steps // (3 if self.huge and self.rules.plain else 1)
        bound = cover_bound(self.problem, self.rules, known=known, steps=steps, enough=0.9 * effort.step)
        effort.count(lagrangian_steps=bound.steps)
        effort.prove(self.problem.base + bound.value)
        self.bound = bound

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
        self.sites = self.problem.sites
        self.effort.count(sites_settled=int(out.sum() + must.sum()))

    def prove(self) -> None:
        """Branch and bound on what is left; for large problems multipliers of the relaxation and swaps first."""
        effort = self.effort
        plain = self.rules.plain and self.rules.times == 1
        entries = len(self.problem.by_row.indices)
        large = entries > LARGE
        if plain:
            liking = self.tighten() if large else self.relax()
            if large and not effort.proven():
                self.wander(liking)
        if effort.proven() or effort.out_of_time():
            return
        self.settle()
        if large and effort.limits.nodes is None and len(self.problem.by_row.indices) > BRANCHED:
            effort.limited = True
            return
        self.branch()

    def tighten(self) -> NDArray[np.float64]:
        """Bound by the relaxation with cuts, plan from its sites; return how much it likes each site."""
        effort, rules = self.effort, self.rules
        if int(rules.fixed.sum()) >= rules.p or rules.p >= rules.k:
            return self.liking()
        effort.progress(Text("bounding what is possible", "计算上界"))

        def enough(bound: CoverBound) -> bool:
            effort.prove(self.problem.base + bound.value)
            return effort.proven() or effort.out_of_time()

        rounds = 0 if self.huge else effort.limits.cut_rounds
        got = tightened(self.problem, rules, self.bound, rounds=rounds, enough=enough)
        self.bound = got.bound
        effort.prove(self.problem.base + got.bound.value)
        effort.count(interior_steps=got.steps, cuts=len(got.cuts))
        self.round_off(got.part)
        return got.part / max(1e-9, float(got.part.sum())) + 0.03 * self.liking()

    def relax(self) -> NDArray[np.float64]:
        """Bound by the multipliers of the linear relaxation, plan from its sites; return how much it likes each site."""
        effort, rules = self.effort, self.rules
        effort.progress(Text("bounding what is possible", "计算上界"))
        outcome = solve_model(self.model(), relaxed=True, relaxation="primal", seconds=effort.seconds_left)
        # a relaxation cut short has multipliers, too, and any multipliers give a valid bound
        effort.heed(replace(outcome, ending="interrupted" if outcome.ending == "interrupted" else "optimal"))
        if outcome.duals is not None:
            self.bound_from(np.abs(outcome.duals[-len(self.problem.weight) :]))
        liking = self.liking()
        if outcome.x is None or effort.out_of_time():
            return liking
        part = np.clip(outcome.x[: rules.k], 0.0, 1.0)
        self.round_off(part)
        return part / max(1e-9, float(part.sum())) + 0.2 * liking

    def round_off(self, part: NDArray[np.float64]) -> None:
        """Swap from the sites of which there is most in a relaxation."""
        rules = self.rules
        mask = rules.fixed.copy()
        mask[np.argsort(np.where(mask, -np.inf, -part), kind="stable")[: rules.p - int(mask.sum())]] = True
        mask, swaps = improve_cover(
            self.problem, rules, mask, swaps=self.effort.limits.swaps, wanted=self.wanted
        )
        self.effort.count(swaps=swaps)
        self.offer(mask)

    def liking(self) -> NDArray[np.float64]:
        """Return each site's worth at the multipliers, as a share of all."""
        return np.maximum(self.bound.worth, 0.0) / max(1e-9, float(self.bound.worth.sum()))

    def bound_from(self, multipliers: NDArray[np.float64]) -> None:
        """Take the bound at given multipliers if it is better."""
        bound = cover_bound(self.problem, self.rules, known=0.0, steps=1, start=multipliers)
        if bound.value < self.bound.value:
            self.bound = bound
            self.effort.prove(self.problem.base + bound.value)

    def wander(self, liking: NDArray[np.float64]) -> None:
        """Swap at random from the best plan, then downhill."""
        effort = self.effort
        if effort.best is None:
            return
        effort.progress(Text("looking for better plans", "寻找更好的方案"))
        mask, swaps = anneal_cover(self.problem, self.rules, self.mask(), liking=liking, effort=effort)
        mask, more = improve_cover(
            self.problem, self.rules, mask, swaps=effort.limits.swaps, wanted=self.wanted
        )
        effort.count(swaps=swaps + more)
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


def covered_anyway(
    problem: Problem, reduced: Covering, groups: dict[str, int], size: int
) -> NDArray[np.float64]:
    """Return the demand of each community that is covered anyway."""
    done = np.zeros(size)
    weight = np.concatenate([one.weights for one in problem.criteria])
    weight = np.where(reduced.member == -1, weight, 0.0)
    community = np.tile(problem.demand.community, len(problem.criteria))
    for name, number in groups.items():
        done[number] = weight[community == name].sum()
    return done
