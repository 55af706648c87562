"""Tighten: the bound of a large covering by its linear relaxation and rounds of cuts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

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
"""The relaxation is solved over so many sites of most worth; the bound is of all."""
CUTS = 3_000
"""At most so many new cuts a round."""
FIRST, NEXT, LAST = 5e-4, 3e-4, 1e-4
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
    """Solve the relaxation, cut off its point, and again.

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
    best, at, steps = bound, bound, 0
    part = rules.fixed.astype(np.float64)
    for turn in range(rounds + 1):
        near = LAST if turn == rounds else NEXT if turn else FIRST
        got, rows, core = _relaxed(problem, rules, at, cuts, near=near, stop=partial(enough, best))
        u = at.multipliers.copy()
        u[rows] = got.u
        part = rules.fixed.astype(np.float64)
        part[core] = got.x
        at, steps = cut_bound(problem, rules, cuts, u=u, v=got.v), steps + got.steps
        if at.value < best.value:
            best = at
        if enough(best) or turn == rounds:
            break
        found = find_cuts(problem.by_row, problem.weight, part, most=CUTS)
        binding = cuts.rows[got.v > 1e-3 * float(problem.weight.mean())]
        kept = np.unique(np.concatenate([binding, np.sort(found, axis=1)]), axis=0)
        if not len(found):
            break
        cuts = cuts_of(problem.by_row, kept)
    return Tightened(best, part, cuts, steps)


def _relaxed(
    problem: Covering, rules: Rules, at: CoverBound, cuts: Cuts, *, near: float, stop: Callable[[], bool]
) -> tuple[Relaxed, NDArray[np.int64], NDArray[np.int64]]:
    """Solve the relaxation over the sites of most worth, without rows that fixed sites cover; return those rows and sites."""
    worth = np.where(rules.fixed, -np.inf, at.worth)
    core = np.sort(np.argsort(-worth, kind="stable")[: min(CORE, int((~rules.fixed).sum()))])
    matrix = problem.by_row.to_scipy()
    open_rows = matrix @ rules.fixed.astype(np.float64) == 0
    over = matrix[:, core].tocsr()
    rows = np.flatnonzero(open_rows & (np.diff(over.indptr) > 0))
    # a cut with a row that is covered anyway asks nothing
    program = Relaxation(
        over[rows], problem.weight[rows], float(rules.p - int(rules.fixed.sum())),
        cuts.among(len(problem.weight))[:, rows].tocsr(), cuts.sites[:, core].tocsr(),
    )  # fmt: skip
    return relax_cover(program, start=at.multipliers[rows], tolerance=near, stop=stop), rows, core
