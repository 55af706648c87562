"""Least total walk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Text
from walkshed.siting.effort import step_of
from walkshed.siting.exact import solve_model
from walkshed.siting.median_search import (
    MedianBound,
    greedy_median,
    improve_median,
    median_bound,
    settled_median,
    weight_times,
)
from walkshed.siting.median_table import MedianTable, median_table
from walkshed.siting.model import Model, add_sites
from walkshed.siting.objectives.cover import community_needs
from walkshed.siting.objectives.value import value_of
from walkshed.siting.reduce import covering

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.siting.effort import Effort
    from walkshed.siting.objectives.goals import PMedian
    from walkshed.siting.problem import Problem
    from walkshed.siting.rules import Rules

BRANCHED = 100_000
"""Programs with more entries than this are not branched on."""


def least_total(
    problem: Problem, rules: Rules, goal: PMedian, effort: Effort, start: NDArray[np.bool_] | None
) -> None:
    """Solve the p-median problem into ``effort``."""
    table = median_table(problem, rules, beyond=goal.beyond)
    effort.step = step_of(table.weight) / problem.scale if _whole(table, problem.scale) else 0.0
    effort.work |= {"rows": len(table.weight), "sites": rules.k, "entries": len(table.near.indices)}
    effort.prove(_least_possible(table))
    search = _MedianSearch(problem, rules, goal, effort, table)
    search.start(start)
    if effort.limits.method != "greedy":
        search.swap()
    bound = search.bound_quickly()
    if effort.proven() or effort.limits.method in {"greedy", "local"} or effort.out_of_time():
        return
    search.branch(bound)


def _whole(table: MedianTable, scale: int) -> bool:
    walks = np.append(table.walks, table.outside[np.isfinite(table.outside)]) * scale
    return bool((np.abs(walks - np.rint(walks)) < 1e-6).all())


def _least_possible(table: MedianTable) -> float:
    nearest = table.outside.copy()
    some = table.near.degree > 0
    nearest[some] = np.minimum(nearest[some], table.walks[table.near.indptr[:-1][some]])
    return float((table.weight * nearest).sum())


class _MedianSearch:
    """One p-median problem on its way from a greedy plan to a proof."""

    def __init__(
        self, problem: Problem, rules: Rules, goal: PMedian, effort: Effort, table: MedianTable
    ) -> None:
        self.problem, self.rules, self.goal, self.effort, self.table = problem, rules, goal, effort, table

    def offer(self, mask: NDArray[np.bool_]) -> None:
        """Hand a plan to the effort, if it is one."""
        value = value_of(self.problem, self.rules, self.goal, mask)
        self.effort.offer(np.flatnonzero(mask), value)

    def start(self, given: NDArray[np.bool_] | None) -> None:
        """Try a greedy plan and a given one."""
        self.effort.progress(Text("choosing greedily", "贪心选址"))
        self.guess = greedy_median(self.table, self.table.near.transposed, self.rules)
        self.offer(self.guess)
        if given is not None:
            self.offer(given)

    def swap(self) -> None:
        """Swap from the best plan (or from the greedy sites, where they are none)."""
        self.effort.progress(Text("swapping sites", "交换改进"))
        mask = self.guess
        if self.effort.best is not None:
            mask = np.isin(np.arange(self.rules.k), self.effort.best)
        mask, swaps = improve_median(self.table, self.rules, mask, effort=self.effort)
        self.effort.count(swaps=swaps)
        self.offer(mask)

    def bound_quickly(self) -> MedianBound:
        """Bound by Lagrangian multipliers; the sites they choose are a plan to swap from, too."""
        effort = self.effort
        effort.progress(Text("bounding what is possible", "计算下界"))
        known = effort.value
        if np.isnan(known):
            finite = np.where(
                np.isfinite(self.table.outside), self.table.outside, self.table.walks.max(initial=0.0)
            )
            known = float((self.table.weight * finite).sum())
        bound = median_bound(self.table, self.rules, effort=effort, known=known)
        effort.count(lagrangian_steps=bound.steps)
        effort.prove(bound.value)
        if effort.limits.method == "greedy" or effort.proven():
            return bound
        mask = self.rules.fixed.copy()
        mask[np.argsort(np.where(mask, -np.inf, bound.reduced), kind="stable")[: self.rules.p]] = True
        if self.rules.allows(mask):
            mask, swaps = improve_median(self.table, self.rules, mask, effort=effort)
            effort.count(swaps=swaps)
            self.offer(mask)
        return bound

    def branch(self, bound: MedianBound) -> None:
        """Leave out what no better plan has, and let HiGHS prove the rest."""
        effort, table, rules = self.effort, self.table, self.rules
        keep = np.ones(rules.k, dtype=bool)
        length = table.near.degree
        if not np.isnan(effort.value):
            out, must = settled_median(bound, rules, at_most=effort.value)
            keep = ~out
            rules = replace(rules, fixed=rules.fixed | must)
            # a walk that alone lifts the bound above the best plan is not walked
            spare = effort.value - bound.value + 1e-7 * max(1.0, abs(bound.value))
            length = np.minimum(
                length, table.within(np.nextafter((bound.multipliers + spare) / table.weight, np.inf))
            )
            effort.count(sites_settled=int(out.sum() + must.sum()))
        kept = np.flatnonzero(keep)
        small, rules = table.cut(length, keep), rules.restricted(kept)
        if len(small.near.indices) > BRANCHED:
            effort.limited = True
            return
        effort.progress(Text("proving", "证明最优性"))
        model, levels = median_model(small, rules, lost=table.outside)
        self._add_shares(model, kept)
        start = None
        if effort.best is not None:
            start = self._started(np.isin(kept, effort.best), small, levels)
        outcome = solve_model(
            model, gap=effort.limits.gap, absolute_gap=max(1e-6, 0.999 * effort.step),
            nodes=effort.limits.nodes, seconds=effort.seconds_left, start=start,
        )  # fmt: skip
        if outcome.x is not None:
            mask = np.zeros(self.rules.k, dtype=bool)
            mask[kept[outcome.x[: rules.k] > 0.5]] = True
            self.offer(mask)
        if outcome.ending == "infeasible" and effort.best is None:
            effort.impossible = True
        elif outcome.ending == "infeasible":
            effort.prove(effort.value)
        elif np.isfinite(outcome.bound):
            effort.prove(min(outcome.bound, effort.value) if effort.best is not None else outcome.bound)
        effort.heed(outcome)

    def _add_shares(self, model: Model, kept: NDArray[np.int64]) -> None:
        """Demand each community's share of coverage beside the walks."""
        groups, wanted = community_needs(self.problem, self.rules)
        if not groups:
            return
        reduced = covering(self.problem, self.rules, groups=groups, prune=False)
        number = np.full(self.rules.k, -1)
        number[kept] = np.arange(len(kept))
        columns = number[reduced.by_row.indices]
        weight = np.concatenate([one.weights for one in self.problem.criteria])
        community = np.tile(self.problem.demand.community, len(self.problem.criteria))
        rows = reduced.by_row.row_of_entries()[columns >= 0]
        z = model.add_columns(np.zeros(len(reduced.weight)), integer=False)
        model.add_rows(
            len(reduced.weight),
            (rows, columns[columns >= 0], 1.0),
            (np.arange(len(reduced.weight)), z + np.arange(len(reduced.weight)), -1.0),
            lower=0.0,
        )
        for name, group in groups.items():
            anyway = weight[(community == name) & (reduced.member == -1)].sum()
            there = np.flatnonzero(reduced.group == group)
            if wanted[group] > anyway:
                model.add_rows(1, (0, z + there, reduced.weight[there]), lower=wanted[group] - anyway)

    def _started(
        self, mask: NDArray[np.bool_], table: MedianTable, levels: NDArray[np.int64]
    ) -> NDArray[np.float64] | None:
        """Return the best plan as a solution of the model, if it is one; levels as the model made them."""
        if self.effort.best is None or int(mask.sum()) != len(self.effort.best) or self.rules.shares:
            return None
        chosen = np.maximum.reduceat(
            np.append(mask[table.near.indices], False), np.append(levels, len(table.near.indices))
        )[:-1]
        row = np.searchsorted(table.near.indptr, levels, side="right") - 1
        seen = np.cumsum(chosen)
        before = np.concatenate([[0], seen])[np.searchsorted(levels, table.near.indptr[:-1])]
        missed = (seen - before[row] == 0).astype(np.float64)  # the last column is the constant
        return np.concatenate([mask.astype(np.float64), missed, [1.0]])


def median_model(
    table: MedianTable, rules: Rules, *, lost: NDArray[np.float64]
) -> tuple[Model, NDArray[np.int64]]:
    """Make the program with one column a row and distinct walk, instead of one a pair [1]_.

    z_ik = 1 if no chosen site lies within the k-th distinct walk D_ik of row i:
    min Σ_i w_i (D_i1 + Σ_k (D_i,k+1 - D_ik) z_ik), z_ik + Σ_{j: d_ij = D_ik} y_j ≥ z_i,k-1, z_i0 = 1.
    After the last walk comes what the row costs outside; where that is infinite (or was cut off), z_i,last = 0.

    Returns
    -------
    model, the entry of the table at which each z begins

    References
    ----------
    .. [1] G. Cornuéjols, G. L. Nemhauser, L. A. Wolsey, "A canonical representation of simple plant location
       problems and its applications", *SIAM Journal on Algebraic and Discrete Methods* 1, 1980, 261-272;
       S. Elloumi, "A tighter formulation of the p-median problem", *J. Comb. Optim.* 19, 2010, 69-83.
    """
    model = Model()
    y = add_sites(model, rules)
    near, walks = table.near, table.walks
    row = near.row_of_entries()
    new = np.ones(len(row), dtype=bool)
    new[1:] = (row[1:] != row[:-1]) | (walks[1:] != walks[:-1])
    levels = np.flatnonzero(new)
    of_level, walk = row[levels], walks[levels]
    last = np.ones(len(levels), dtype=bool)
    last[:-1] = of_level[1:] != of_level[:-1]
    following = np.append(walk[1:], 0.0)
    outside = lost[of_level]
    following[last] = np.where(np.isfinite(outside), outside, walk)[last]
    price = table.weight[of_level] * (following - walk)
    upper = np.where(last & ~np.isfinite(outside), 0.0, 1.0)
    z = model.add_columns(price, upper=upper, integer=False)
    first = np.ones(len(levels), dtype=bool)
    first[1:] = last[:-1]
    inner = np.flatnonzero(~first)
    model.add_rows(
        len(levels),
        (np.cumsum(new) - 1, y + near.indices.astype(np.int64), 1.0),
        (np.arange(len(levels)), z + np.arange(len(levels)), 1.0),
        (inner, z + inner - 1, -1.0),
        lower=first.astype(np.float64),
    )
    # what is walked or paid in any case
    empty = near.degree == 0
    constant = float((table.weight[of_level] * walk)[first].sum())
    constant += float(weight_times(table.weight, lost)[empty & np.isfinite(lost)].sum())
    model.add_columns(np.array([constant]), lower=1.0, upper=1.0, integer=False)
    if (empty & ~np.isfinite(lost)).any():
        model.add_rows(1, (0, y, 0.0), lower=1.0)  # a row that must be served by nobody: no plan
    return model, levels
