"""Least worst walk: a series of set coverings over the distinct walks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Text
from walkshed.siting.exact import solve_model
from walkshed.siting.greedy import greedy_cover
from walkshed.siting.model import Model, add_sites
from walkshed.siting.objectives.cover import community_needs
from walkshed.siting.objectives.goals import PCenter
from walkshed.siting.objectives.value import kth_walk, reachable_rows, value_of
from walkshed.siting.reduce import Covering, covering

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.siting.effort import Effort
    from walkshed.siting.exact import Outcome
    from walkshed.siting.problem import Problem
    from walkshed.siting.rules import Rules


def least_worst(problem: Problem, rules: Rules, effort: Effort, start: NDArray[np.bool_] | None) -> None:
    """Solve the p-centre problem into ``effort``, by halving the list of distinct walks."""
    search = _CenterSearch(problem, rules, effort)
    walks = search.distinct_walks()
    if start is not None:
        search.offer(start)
    low, high = 0, len(walks) - 1
    while low <= high:
        middle = (low + high) // 2
        effort.progress(Text("narrowing the worst walk", "逐步缩小最远步行"))
        if not np.isnan(effort.value) and walks[middle] >= effort.value:
            high = middle - 1
            continue
        answer = search.possible(walks[middle])
        if answer is None:  # not known within the limits
            break
        if answer:
            high = min(middle, int(np.searchsorted(walks, effort.value))) - 1
        else:
            low = middle + 1
            if low < len(walks):
                effort.prove(float(walks[low]))
        if effort.out_of_time():
            break
    else:
        if effort.best is None:
            effort.impossible = not effort.limited
        else:
            effort.prove(effort.value)


@dataclass(slots=True)
class _CenterSearch:
    """Whether some plan keeps every walk within a limit."""

    problem: Problem
    rules: Rules
    effort: Effort

    def offer(self, mask: NDArray[np.bool_]) -> bool:
        """Hand a plan to the effort; return whether it is one."""
        value = value_of(self.problem, self.rules, PCenter(), mask)
        self.effort.offer(np.flatnonzero(mask), value)
        return not np.isnan(value)

    def distinct_walks(self) -> NDArray[np.float64]:
        """Return the walks that can be the worst: none below what every plan has."""
        problem, rules = self.problem, self.rules
        everything = np.concatenate([rules.free, rules.open_anyway])
        counts = np.array([one.weights > 0 for one in problem.criteria])
        counts &= reachable_rows(problem, everything, times=rules.times)
        self.counts = counts
        floor = 0.0
        for k in range(len(problem.criteria)):
            best = self._nearest_possible(everything, k)
            floor = max(floor, float(best[counts[k]].max(initial=0.0)))
        walks = np.unique(problem.unit_costs)
        walks = walks[walks >= floor]
        self.effort.prove(floor)
        return walks if len(walks) else np.array([floor])

    counts: NDArray[np.bool_] = None  # type: ignore[assignment]  # set by distinct_walks

    def _nearest_possible(self, sites: NDArray[np.int64], criterion: int) -> NDArray[np.float64]:
        if self.rules.times == 1:
            return self.problem.nearest(sites, criterion=criterion)[1]
        return kth_walk(self.problem, sites, criterion, self.rules.times)

    def possible(self, limit: float) -> bool | None:
        """Whether some plan keeps every walk within ``limit``; None if the limits on the work leave it open."""
        reduced = self._within(limit)
        if reduced.lost > 0:
            return False
        rules = self.rules.restricted(reduced.sites)
        mask = greedy_cover(reduced, rules)
        if self._offer_reduced(mask, reduced, limit):
            return True
        if self.effort.limits.method == "greedy":
            return None
        outcome = self._decide(reduced, rules)
        if outcome.x is not None and self._offer_reduced(outcome.x[: rules.k] > 0.5, reduced, limit):
            return True
        if outcome.ending == "infeasible":
            return False
        self.effort.limited = True
        return None

    def _within(self, limit: float) -> Covering:
        """Return the covering problem in which a row is served by what is within ``limit``."""
        near = self.problem.unit_costs <= limit
        of_pair = self.problem.site_of_pairs()
        criteria = tuple(
            replace(one, covers=near & one.eligible[of_pair], weights=counts.astype(np.float64))
            for one, counts in zip(self.problem.criteria, self.counts, strict=True)
        )
        return covering(replace(self.problem, criteria=criteria), self.rules, prune=not self.rules.shares)

    def _offer_reduced(self, mask: NDArray[np.bool_], reduced: Covering, limit: float) -> bool:
        whole = np.zeros(self.rules.k, dtype=bool)
        whole[reduced.sites[mask]] = True
        value = value_of(self.problem, self.rules, PCenter(), whole)
        self.effort.offer(np.flatnonzero(whole), value)
        return bool(value <= limit)

    def _decide(self, reduced: Covering, rules: Rules) -> Outcome:
        """Ask HiGHS for the fewest sites within the rules; any will do."""
        model = Model()
        y = add_sites(model, rules, cost=1.0)
        rows = reduced.by_row.shape[0]
        model.add_rows(
            rows,
            (reduced.by_row.row_of_entries(), y + reduced.by_row.indices.astype(np.int64), 1.0),
            lower=reduced.need,
        )
        self._add_shares(model, y, reduced)
        outcome = solve_model(
            model, gap=1.0, absolute_gap=float(rules.k), nodes=self.effort.limits.nodes,
            seconds=self.effort.seconds_left,
        )  # fmt: skip
        self.effort.count(coverings=1)
        limited = self.effort.limited
        self.effort.heed(outcome)
        self.effort.limited = limited
        return outcome

    def _add_shares(self, model: Model, y: int, reduced: Covering) -> None:
        groups, wanted = community_needs(self.problem, self.rules)
        if not groups:
            return
        cover = covering(self.problem, self.rules, groups=groups, prune=False)
        rows = len(cover.weight)
        z = model.add_columns(np.zeros(rows), integer=bool((cover.need > 1).any()))
        model.add_rows(
            rows,
            (cover.by_row.row_of_entries(), y + cover.by_row.indices.astype(np.int64), 1.0),
            (np.arange(rows), z + np.arange(rows), -cover.need.astype(np.float64)),
            lower=0.0,
        )
        weight = np.concatenate([one.weights for one in self.problem.criteria])
        community = np.tile(self.problem.demand.community, len(self.problem.criteria))
        for name, group in groups.items():
            anyway = weight[(community == name) & (cover.member == -1)].sum()
            there = np.flatnonzero(cover.group == group)
            if wanted[group] > anyway:
                model.add_rows(1, (0, z + there, cover.weight[there]), lower=wanted[group] - anyway)
        assert len(reduced.sites) == self.rules.k  # noqa: S101 - nothing was pruned where shares bind
