"""Median search: greedy, swaps and the Lagrangian bound of the p-median."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from walkshed.siting.reduce import summed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.siting.effort import Effort
    from walkshed.siting.median_table import MedianTable
    from walkshed.siting.reduce import Sparse
    from walkshed.siting.rules import Rules

PATIENCE = 12
"""After so many steps without a better bound the step is halved."""
UNSERVED = 1000.0
"""In the heuristics a row that no chosen site serves costs so many times the longest walk."""


def penalties(table: MedianTable) -> NDArray[np.float64]:
    """Return what each row costs if no free site serves it; finite, so that heuristics can count on."""
    longest = float(table.walks.max(initial=1.0)) or 1.0
    return np.where(np.isfinite(table.outside), table.outside, UNSERVED * longest)


def greedy_median(table: MedianTable, by_site: Sparse, rules: Rules) -> NDArray[np.bool_]:
    """Choose sites one after another, each time the one that shortens walks most, lazily re-evaluated."""
    import heapq

    mask = rules.fixed.copy()
    walk = penalties(table)
    values = by_site.values
    assert values is not None  # noqa: S101 - a median table has walks

    def saving(j: int) -> float:
        rows, cost = by_site.of(j), values[by_site.indptr[j] : by_site.indptr[j + 1]]
        return float((table.weight[rows] * np.maximum(walk[rows] - cost, 0.0)).sum())

    def take(j: int) -> None:
        rows, cost = by_site.of(j), values[by_site.indptr[j] : by_site.indptr[j + 1]]
        walk[rows] = np.minimum(walk[rows], cost)

    for j in np.flatnonzero(mask).tolist():
        take(j)
    heap = [(-saving(j), j) for j in np.flatnonzero(~mask).tolist()]
    heapq.heapify(heap)
    while heap and mask.sum() < rules.p:
        top, j = heapq.heappop(heap)
        now = saving(j)
        if now <= 0:
            continue
        if heap and -now > heap[0][0] + 1e-12 * abs(top):
            heapq.heappush(heap, (-now, j))
            continue
        mask[j] = True
        if rules.fits(mask):
            take(j)
        else:
            mask[j] = False
    return mask


def improve_median(
    table: MedianTable, rules: Rules, mask: NDArray[np.bool_], *, effort: Effort
) -> tuple[NDArray[np.bool_], int]:
    """Swap while it shortens the total walk: the fast interchange [1]_, with all gains made at once.

    For each row only the sites nearer than its second nearest chosen one matter, which are few.

    References
    ----------
    .. [1] R. Whitaker, "A fast algorithm for the greedy interchange for large-scale clustering and median location
       problems", *INFOR* 21, 1983, 95-108; and Resende and Werneck, see :mod:`walkshed.siting.local_search`.
    """
    mask = mask.copy()
    fallback = penalties(table)
    for done in range(effort.limits.swaps):
        if effort.out_of_time():
            return mask, done
        slots = np.flatnonzero(mask)
        first, second, near = _two_nearest(table, mask, fallback)
        change = _swap_gains(table, slots, first, second, near)
        change[:-1][rules.fixed[slots]] = -np.inf
        change[:, slots] = -np.inf
        if len(slots) >= rules.p:
            change[-1] = -np.inf
        least = 1e-9 * max(1.0, float((table.weight * first).sum()))
        swap = _first_allowed(change, mask, slots, rules, least)
        if swap is None:
            return mask, done
        slot, j = swap
        if slot < len(slots):
            mask[slots[slot]] = False
        mask[j] = True
    return mask, effort.limits.swaps


def _first_allowed(
    change: NDArray[np.float64],
    mask: NDArray[np.bool_],
    slots: NDArray[np.int64],
    rules: Rules,
    least: float,
) -> tuple[int, int] | None:
    """Return the best swap that keeps to the rules (of the best few hundred)."""
    for _attempt in range(1 if rules.plain else 300):
        slot, j = divmod(int(np.argmax(change)), change.shape[1])
        if change[slot, j] <= least:
            return None
        after = mask.copy()
        if slot < len(slots):
            after[slots[slot]] = False
        after[j] = True
        if rules.plain or rules.allows(after):
            return slot, j
        change[slot, j] = -np.inf
    return None


def _two_nearest(
    table: MedianTable, mask: NDArray[np.bool_], fallback: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return each row's walk to its nearest and second nearest chosen site, and the nearest (-1: none)."""
    at = np.flatnonzero(mask[table.near.indices])
    row = np.searchsorted(table.near.indptr, at, side="right") - 1
    begins = np.searchsorted(row, np.arange(len(fallback)))
    has = np.bincount(row, minlength=len(fallback))
    first, second = fallback.copy(), fallback.copy()
    near = np.full(len(fallback), -1, dtype=np.int64)
    one, two = has >= 1, has >= 2
    first[one] = table.walks[at[begins[one]]]
    near[one] = table.near.indices[at[begins[one]]]
    second[two] = table.walks[at[begins[two] + 1]]
    return first, second, near


def _swap_gains(
    table: MedianTable,
    slots: NDArray[np.int64],
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    near: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return what each swap saves, (slots + an empty one) × sites."""
    sites, weight = table.near.shape[1], table.weight
    slot_of = np.full(sites + 1, len(slots), dtype=np.int64)
    slot_of[slots] = np.arange(len(slots))
    served = slot_of[near]  # -1 picks the last: the empty slot
    loss = np.bincount(served, weights=weight * (second - first), minlength=len(slots) + 1)
    loss[-1] = 0.0
    at, row = table.prefix(table.within(second))
    walk, site = table.walks[at], table.near.indices[at]
    saved = weight[row] * np.maximum(first[row] - walk, 0.0)
    gain = np.bincount(site, weights=saved, minlength=sites)
    both = weight[row] * (second[row] - np.maximum(walk, first[row]))
    held = served[row] < len(slots)
    cell = served[row[held]] * sites + site[held]
    change = np.bincount(cell, weights=both[held], minlength=(len(slots) + 1) * sites)
    return np.asarray(change.reshape(len(slots) + 1, sites) + gain - loss[:, None])


@dataclass(frozen=True, slots=True, eq=False)
class MedianBound:
    """A lower bound of the total walk: value, multipliers, the sites' reduced costs and the steps made."""

    value: float
    multipliers: NDArray[np.float64]
    reduced: NDArray[np.float64]
    steps: int


def median_bound(table: MedianTable, rules: Rules, *, effort: Effort, known: float) -> MedianBound:
    """Bound the total walk from below by Lagrangian relaxation of Σ_j x_ij = 1 [1]_.

    L(u) = Σ_i u_i + Σ_i min(0, w_i outside_i - u_i) + min_y Σ_j y_j Σ_i min(0, w_i d_ij - u_i), where y are any p sites
    (fixed ones included); rules other than p and fixed sites are left out, which only makes it weaker.

    References
    ----------
    .. [1] G. Cornuéjols, M. L. Fisher, G. L. Nemhauser, "Location of bank accounts to optimize float", *Management
       Science* 23(8), 1977, 789-810; steps after Held, Wolfe and Crowder.
    """
    weight, outside = table.weight, weight_times(table.weight, table.outside)
    u = np.minimum(weight * _start(table, rules.p), outside)
    best, best_u, scale, since, done = -np.inf, u, 1.5, 0, 0
    best_reduced = np.zeros(rules.k)
    for step in range(max(1, effort.limits.lagrangian_steps)):
        done = step + 1
        at, row = table.prefix(table.within(u / weight))
        site = table.near.indices[at]
        saved = weight[row] * table.walks[at] - u[row]
        reduced = summed(site, saved, rules.k)
        chosen = _cheapest(reduced, rules)
        value = float(u.sum() + reduced[chosen].sum())
        if value > best + 1e-8 * abs(best if np.isfinite(best) else 1.0):
            best, best_u, best_reduced, since = value, u, reduced, 0
        else:
            since += 1
        if since == PATIENCE:
            scale, since, u = scale / 2, 0, best_u
        slope = 1.0 - np.bincount(row, weights=chosen[site], minlength=len(u))
        slope = np.where((u >= outside) & (slope > 0), 0.0, slope)
        length = float(slope @ slope)
        if length == 0 or scale < 1e-3 or known - best < max(0.999 * effort.step, 1e-9 * abs(known)):
            break
        if effort.out_of_time():
            break
        u = np.clip(u + slope * (scale * max(1.02 * known - value, 1e-9 * abs(known)) / length), 0.0, outside)
    return MedianBound(best, best_u, best_reduced, done)


def weight_times(weight: NDArray[np.float64], walk: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weight × walk, infinite where the walk is."""
    return np.where(np.isfinite(walk), weight * np.where(np.isfinite(walk), walk, 0.0), np.inf)


def _start(table: MedianTable, p: int) -> NDArray[np.float64]:
    """Return a first guess of the multipliers: the walk to a site as far down the row's list as p leaves room for."""
    degree = table.near.degree
    rank = np.minimum(np.maximum(degree // max(1, p), 1), np.maximum(degree - 1, 0))
    walk = np.where(np.isfinite(table.outside), table.outside, 0.0)
    some = degree > 0
    walk[some] = table.walks[table.near.indptr[:-1][some] + rank[some]]
    return walk


def _cheapest(reduced: NDArray[np.float64], rules: Rules) -> NDArray[np.bool_]:
    chosen = rules.fixed.copy()
    most = min(rules.p - int(chosen.sum()), int((~chosen).sum()))
    if most > 0:
        offered = np.where(chosen, np.inf, reduced)
        chosen[np.argpartition(offered, most - 1)[:most]] = True
    return np.asarray(chosen & ((reduced < 0) | rules.fixed))


def settled_median(
    bound: MedianBound, rules: Rules, *, at_most: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the sites that are in no plan of total walk ``at_most`` or less, and those that are in all."""
    reduced, fixed = bound.reduced, rules.fixed
    free = min(rules.p - int(fixed.sum()), int((~fixed).sum()))
    out, must = np.zeros(rules.k, dtype=bool), np.zeros(rules.k, dtype=bool)
    if free <= 0 or free >= int((~fixed).sum()):
        return out, must
    offered = np.where(fixed, np.inf, reduced)
    ordered = np.sort(offered)
    last, following = min(ordered[free - 1], 0.0), min(ordered[free], 0.0)
    slack = 1e-7 * max(1.0, abs(bound.value))
    out = ~fixed & (offered > last) & (bound.value - last + offered > at_most + slack)
    must = ~fixed & (offered < following) & (bound.value - offered + following > at_most + slack)
    return out, must
