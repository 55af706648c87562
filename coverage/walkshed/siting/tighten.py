"""Tighten: the bound of a large covering by its linear relaxation and rounds of cuts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.siting.bounds import cut_bound
from walkshed.siting.cuts import Cuts, cuts_of, find_cuts
from walkshed.siting.interior import Relaxation, Relaxed, relax_cover

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from walkshed.siting.bounds import CoverBound
    from walkshed.siting.reduce import Covering
    from walkshed.siting.rules import Rules

CORE = 2_000
"""The relaxation is solved over so many sites of most worth; the bound is of all sites."""
MANY, LOCAL = 8_000, 1_500
"""Of more sites than this the core is of those that are the best of some row, at first so many: the sites of most worth
stand side by side."""
SIFTS, OUTSIDE = 5, 5e-4
"""So many times the core is chosen anew while the sites outside add more than this share to the bound."""
CUTS = 3_000
"""At most so many new cuts a round."""
FIRST, NEXT, LAST = 1e-3, 5e-4, 2e-4
"""How near each relaxation is solved: the first says where to cut, the last gives the bound."""


@dataclass(frozen=True, slots=True, eq=False)
class Tightened:
    """A bound with cuts.

    Attributes
    ----------
    bound
        The best met.
    part
        How much of each site the last relaxation has; float64[sites].
    cuts
        The cuts in the last relaxation.
    steps
        Of the interior point method, all together.
    """

    bound: CoverBound
    part: NDArray[np.float64]
    cuts: Cuts
    steps: int


def tightened(
    problem: Covering,
    rules: Rules,
    bound: CoverBound,
    *,
    rounds: int,
    enough: Callable[[CoverBound], bool],
) -> Tightened:
    """Solve the relaxation over a core of sites, cut off its point, and again.

    Only where p and fixed sites are the only rules and every row needs one site. The same problem gives the same bound.

    Parameters
    ----------
    bound
        A bound to start from, with its multipliers.
    rounds
        So many times cuts are added.
    enough
        Told each bound; whether to stop.
    """
    cuts = cuts_of(problem.by_row, np.zeros((0, 3), dtype=np.int64))
    best, steps, turn, sifts = bound, 0, 0, SIFTS
    part, last = rules.fixed.astype(np.float64), None
    while True:
        core = _core(problem, rules, best, last)
        near = LAST if turn == rounds and turn else NEXT if turn else FIRST
        got, u = _relaxed(problem, rules, best, cuts, core, near=near, stop=partial(enough, best))
        part = rules.fixed.astype(np.float64)
        part[core] = got.x
        at = cut_bound(problem, rules, cuts, u=u, v=got.v)
        steps += got.steps
        outside, lacking = _outside(problem, rules, at.worth, core)
        last = (part, lacking)
        for share in () if len(cuts) else (0.75, 0.5, 0.25):  # part of the way may be better
            between = best.multipliers + share * (u - best.multipliers)
            at = min(at, cut_bound(problem, rules, cuts, u=between, v=got.v), key=_value)
        best = min(best, at, key=_value)
        if enough(best):
            break
        if outside > OUTSIDE * best.value:
            sifts -= 1
            if sifts < 0:
                break
            continue
        if turn == rounds:
            break
        found = find_cuts(problem.by_row, problem.weight, part, most=CUTS)
        if not len(found):
            break
        binding = cuts.rows[got.v > 1e-3 * float(problem.weight.mean())]
        cuts = cuts_of(problem.by_row, np.unique(np.concatenate([binding, np.sort(found, axis=1)]), axis=0))
        turn += 1
    return Tightened(best, part, cuts, steps)


def _core(
    problem: Covering,
    rules: Rules,
    best: CoverBound,
    last: tuple[NDArray[np.float64], NDArray[np.int64]] | None,
) -> NDArray[np.int64]:
    """Return the sites to solve over: of most worth, or where there are very many the best one of each row.

    ``last`` is how much of each site the last relaxation has, and the sites that the best of each row lacked there.
    """
    free = np.flatnonzero(~rules.fixed)
    core = np.zeros(0, dtype=np.int64)
    if last is not None:
        core = np.union1d(np.flatnonzero((last[0] > 1e-4) & ~rules.fixed), last[1])
    if len(free) > MANY:
        return np.union1d(
            core, _local(problem, rules, best.worth, most=LOCAL if last is None else LOCAL // 4)
        )
    rest = free[np.argsort(-best.worth[free], kind="stable")]
    return np.union1d(core, rest[~np.isin(rest, core)][: max(0, CORE - len(core))])


def _local(problem: Covering, rules: Rules, worth: NDArray[np.float64], *, most: int) -> NDArray[np.int64]:
    """Return the sites that are the best of some row, those of most worth; so no quarter is without."""
    offered = np.where(rules.fixed, -np.inf, worth)
    here = offered[problem.by_row.indices]
    top = np.maximum.reduceat(here, problem.by_row.indptr[:-1])
    local = np.unique(problem.by_row.indices[here == np.repeat(top, problem.by_row.degree)]).astype(np.int64)
    local = local[np.isfinite(offered[local])]
    return local[np.argsort(-offered[local], kind="stable")][:most]


def _outside(
    problem: Covering, rules: Rules, worth: NDArray[np.float64], core: NDArray[np.int64]
) -> tuple[float, NDArray[np.int64]]:
    """Return what the sites outside the core add to the bound, and which the core lacks most."""
    free = rules.p - int(rules.fixed.sum())
    every = np.sort(np.where(rules.fixed, 0.0, worth))[::-1][:free]
    inside = np.sort(worth[core])[::-1][:free]
    lacking = np.flatnonzero((worth > inside[-1]) & ~rules.fixed)
    lacking = lacking[~np.isin(lacking, core)]
    if len(lacking) > CORE // 4:  # side by side
        local = _local(problem, rules, worth, most=CORE // 2)
        lacking = local[worth[local] > inside[-1]]
    return float(every.sum() - inside.sum()), lacking


def _value(bound: CoverBound) -> float:
    return bound.value


def _relaxed(
    problem: Covering,
    rules: Rules,
    at: CoverBound,
    cuts: Cuts,
    core: NDArray[np.int64],
    *,
    near: float,
    stop: Any,
) -> tuple[Relaxed, NDArray[np.float64]]:
    """Solve the relaxation over the core, without rows that fixed sites cover or no site of the core; return all rows' u, too."""
    matrix = problem.by_row.to_scipy()
    covered = matrix @ rules.fixed.astype(np.float64) > 0
    over = matrix[:, core].tocsr()
    rows = np.flatnonzero(~covered & (np.diff(over.indptr) > 0))
    program = Relaxation(
        over[rows], problem.weight[rows], float(rules.p - int(rules.fixed.sum())),
        cuts.among(len(problem.weight))[:, rows].tocsr(), cuts.sites[:, core].tocsr(),
    )  # fmt: skip
    got = relax_cover(program, start=at.multipliers[rows], tolerance=near, stop=stop)
    u = at.multipliers.copy()
    u[rows] = got.u
    u[covered] = 0.0  # so that no other site is worth more for them
    return got, u
