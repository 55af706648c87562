"""Greedy: one site after another, each time the one that adds most."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.siting.reduce import Covering, Sparse
    from walkshed.siting.rules import Rules


def greedy_cover(
    problem: Covering,
    rules: Rules,
    *,
    target: float = np.inf,
    wanted: NDArray[np.float64] | None = None,
    per_price: bool = False,
) -> NDArray[np.bool_]:
    """Choose sites greedily for coverage, lazily re-evaluated [1]_; bool[sites].

    With p alone the demand covered is at least (1 - 1/e) of the best possible [2]_. A row that needs several
    sites counts in parts, which is a rule of thumb.

    Parameters
    ----------
    target
        Stop when so much is covered (beyond what is covered anyway).
    wanted
        For each community (``Covering.group``), the demand to be covered first.
    per_price
        Compare the gain per unit of the first sum of money instead of the gain.

    References
    ----------
    .. [1] M. Minoux, "Accelerated greedy algorithms for maximizing submodular set functions", *Optimization
       Techniques*, LNCIS 7, 1978, 234-243.
    .. [2] G. L. Nemhauser, L. A. Wolsey, M. L. Fisher, "An analysis of approximations for maximizing submodular
       set functions I", *Mathematical Programming* 14, 1978, 265-294.
    """
    mask = rules.fixed.copy()
    count = np.zeros(len(problem.weight), dtype=np.int64)
    for j in np.flatnonzero(mask):
        count[problem.by_site.of(int(j))] += 1
    _floors_first(rules, mask, count, problem.by_site)
    if wanted is not None and len(wanted):
        _communities_first(problem, rules, mask, count, wanted)
    price = rules.purses[0][0] if per_price and rules.purses else None
    _fill(problem, rules, mask, count, target=target, price=price)
    return mask


def _fill(
    problem: Covering,
    rules: Rules,
    mask: NDArray[np.bool_],
    count: NDArray[np.int64],
    *,
    target: float,
    price: NDArray[np.float64] | None,
) -> None:
    """Add the best site until nothing fits, nothing gains or the target is reached."""
    share = problem.weight / problem.need
    several = bool((problem.need > 1).any())
    value = np.ones(len(mask)) if price is None else 1 / np.maximum(price, 1e-9)
    left = np.where(count < problem.need, share, 0.0)
    gain = np.bincount(
        problem.by_site.row_of_entries(), weights=left[problem.by_site.indices], minlength=len(mask)
    )
    heap = [(-gain[j] * value[j], int(j)) for j in np.flatnonzero((gain > 0) & ~mask)]
    heapq.heapify(heap)
    done = float(problem.weight[count >= problem.need].sum())
    size = int(mask.sum())
    spent = [float(amount[mask].sum()) for amount, _total in rules.purses]
    clash = _neighbours(rules)
    while heap and size < rules.p and done < target:
        top, j = heapq.heappop(heap)
        rows = problem.by_site.of(j)
        now = float(left[rows].sum()) * float(value[j])
        if now <= 0:
            continue
        if heap and -now > heap[0][0] + 1e-12 * abs(top):
            heapq.heappush(heap, (-now, j))
            continue
        purses = zip(rules.purses, spent, strict=True)
        if any(paid + amount[j] > total * (1 + 1e-12) for (amount, total), paid in purses):
            continue
        if any(mask[other] for other in clash.get(j, ())):
            continue
        mask[j] = True
        size += 1
        spent = [paid + float(amount[j]) for (amount, _t), paid in zip(rules.purses, spent, strict=True)]
        count[rows] += 1
        full = rows[count[rows] == problem.need[rows]]
        done += float(problem.weight[full].sum())
        left[full if several else rows] = 0.0


def _neighbours(rules: Rules) -> dict[int, list[int]]:
    clash: dict[int, list[int]] = {}
    for a, b in rules.clashes.tolist():
        clash.setdefault(a, []).append(b)
        clash.setdefault(b, []).append(a)
    return clash


def _floors_first(rules: Rules, mask: NDArray[np.bool_], count: NDArray[np.int64], by_site: Sparse) -> None:
    """Give every community its floor area first, with as few sites as the largest ones make."""
    for amount, total in rules.floors:
        for j in np.argsort(-amount, kind="stable"):
            if amount[mask].sum() >= total or amount[j] <= 0:
                break
            if mask[j]:
                continue
            mask[j] = True
            if not rules.fits(mask):
                mask[j] = False
                continue
            count[by_site.of(int(j))] += 1


def _communities_first(
    problem: Covering,
    rules: Rules,
    mask: NDArray[np.bool_],
    count: NDArray[np.int64],
    wanted: NDArray[np.float64],
) -> None:
    """Choose first what brings the communities nearest to their shares."""
    entries = problem.by_site.row_of_entries()
    while True:
        done = count >= problem.need
        in_group = (problem.group >= 0) & done
        has = np.bincount(problem.group[in_group], weights=problem.weight[in_group], minlength=len(wanted))
        short = has < wanted * (1 - 1e-9)
        if not short.any():
            return
        useful = ~done & (problem.group >= 0) & short[problem.group]
        worth = np.where(useful, problem.weight / problem.need, 0.0)
        gain = np.bincount(entries, weights=worth[problem.by_site.indices], minlength=len(mask))
        gain[mask] = 0
        for j in np.argsort(-gain, kind="stable").tolist():
            if gain[j] <= 0:
                return
            mask[j] = True
            if rules.fits(mask):
                count[problem.by_site.of(j)] += 1
                break
            mask[j] = False
        else:
            return


def drop_needless(
    problem: Covering, rules: Rules, mask: NDArray[np.bool_], *, target: float, wanted: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Take away sites while the target, the shares and the floors still hold; the one that adds least first."""
    mask = mask.copy()
    count = np.zeros(len(problem.weight), dtype=np.int64)
    for one in np.flatnonzero(mask).tolist():
        count[problem.by_site.of(one)] += 1
    alone = [
        (float(problem.weight[rows[count[rows] <= problem.need[rows]]].sum()), int(j))
        for j in np.flatnonzero(mask & ~rules.fixed)
        for rows in [problem.by_site.of(int(j))]
    ]
    for _loss, j in sorted(alone):
        rows = problem.by_site.of(j)
        mask[j] = False
        count[rows] -= 1
        if not (rules.allows(mask) and covers_enough(problem, count, target=target, wanted=wanted)):
            mask[j] = True
            count[rows] += 1
    return mask


def multiplier_plan(problem: Covering, rules: Rules, reduced: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return sites that cover every row once: those the multipliers choose, then the cheapest for each row left [1]_.

    Parameters
    ----------
    reduced
        The sites' reduced costs at the multipliers.

    References
    ----------
    .. [1] J. E. Beasley, see :func:`walkshed.siting.bounds.set_bound`.
    """
    mask = rules.fixed | (reduced < 0)
    open_ = np.ones(len(problem.weight), dtype=bool)
    open_[problem.by_site.take(np.flatnonzero(mask)).indices] = False
    for row in np.flatnonzero(open_).tolist():
        if open_[row]:
            sites = problem.by_row.of(row)
            best = int(sites[np.argmin(reduced[sites])])
            mask[best] = True
            open_[problem.by_site.of(best)] = False
    count = np.bincount(problem.by_site.take(np.flatnonzero(mask)).indices, minlength=len(open_))
    chosen = np.flatnonzero(mask & ~rules.fixed)
    for one in chosen[np.argsort(-reduced[chosen], kind="stable")].tolist():
        rows = problem.by_site.of(one)
        if (count[rows] > 1).all():
            mask[one] = False
            count[rows] -= 1
    return mask


def covers_enough(
    problem: Covering, count: NDArray[np.int64], *, target: float, wanted: NDArray[np.float64]
) -> bool:
    """Whether so many sites a row reach the target and every community's share."""
    done = count >= problem.need
    if problem.weight[done].sum() < target - 1e-9 * max(1.0, abs(target)):
        return False
    if not len(wanted):
        return True
    there = done & (problem.group >= 0)
    has = np.bincount(problem.group[there], weights=problem.weight[there], minlength=len(wanted))
    return bool((has >= wanted - 1e-9 * np.maximum(1.0, wanted)).all())
