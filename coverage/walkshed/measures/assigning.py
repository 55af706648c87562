"""Assigning: the best use of short room, part by part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from walkshed.measures.programme import Programme, in_whole, relaxed
from walkshed.measures.rooms import by_regret, contested, pruned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.measures.rooms import Task

_TINY = 1e-6

SMALL, GAP = 2_000, 0.005
"""A part of more pairs than this is solved to half a percent of its value, a smaller one to the optimum."""


@dataclass(frozen=True, slots=True, eq=False)
class Assigned:
    """An assignment.

    Attributes
    ----------
    pairs
        Estate, venue, cost, and share of the estate, of every pair that is used.
    slack
        How much less any assignment may cost; 0 if this one is proven.
    """

    pairs: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]
    slack: float
    proven: bool


def assigned(task: Task, *, beyond: float, whole: bool, gap: float | None, nodes: int) -> Assigned:
    """Assign estates to venues: the least Σ load · cost, where load without a place costs ``beyond``."""
    fits = task.room[task.venue] > 0
    if whole:
        fits &= task.load[task.estate] <= task.room[task.venue] * (1 + 1e-12)
    open_ = pruned(task.where(fits))
    share = open_.first().astype(np.float64)  # where room is not short, the nearest that is left has room
    slack, proven = 0.0, True
    number = np.arange(len(open_.estate))
    for part in contested(replace(open_, cost=number.astype(np.float64))):
        rows = part.cost.astype(np.int64)
        done = _part(replace(part, cost=open_.cost[rows]), beyond=beyond, whole=whole, gap=gap, nodes=nodes)
        share[rows] = done[0]
        slack, proven = slack + done[1], proven and done[2]
    used = share > 0
    return Assigned(
        (open_.estate[used], open_.venue[used], open_.cost[used], share[used]), slack=slack, proven=proven
    )


def _part(
    task: Task, *, beyond: float, whole: bool, gap: float | None, nodes: int
) -> tuple[NDArray[np.float64], float, bool]:
    """Return each pair's share, how much less it may cost, and whether that is proven to be nothing."""
    programme = _programme(task, beyond)
    if not whole:
        x = np.clip(np.asarray(relaxed(programme)[0].x), 0.0, 1.0)
        # the solver's tolerance: nearly nothing is nothing, nearly all is all
        return np.where(x < _TINY, 0.0, np.where(x > 1 - _TINY, 1.0, x)), 0.0, True
    chosen = by_regret(task)
    quick = np.zeros(len(task.estate))
    quick[chosen[chosen >= 0]] = 1.0
    if gap is None:
        gap = 0.0 if len(task.estate) <= SMALL else GAP
    nowhere = beyond * float(task.load[np.unique(task.estate)].sum())
    done = in_whole(programme, start=quick, step=_step(task), gap=gap, offset=nowhere, nodes=nodes)
    return np.asarray(done.x), 0.0 if done.proven else done.value - done.bound, done.proven


def _step(task: Task) -> float:
    """Return by how much two answers differ at least: costs are to 0.01, loads often whole numbers."""
    load, cost = task.load[task.estate], task.cost * 100
    exact = (load % 1 == 0).all() and (np.abs(cost - np.rint(cost)) < _TINY).all()
    return 0.01 if exact else 0.0


def _programme(task: Task, beyond: float) -> Programme:
    """Return the programme: an estate is placed once at most, and no venue takes more than its room."""
    from scipy.sparse import csr_array, vstack

    estates, home = np.unique(task.estate, return_inverse=True)
    tight = np.flatnonzero(~task.roomy())
    column = np.arange(len(task.estate))
    once = csr_array((np.ones(len(column)), (home, column)), shape=(len(estates), len(column)))
    full = np.isin(task.venue, tight)
    room = task.room[tight]
    load = task.load[task.estate[full]]
    at = np.searchsorted(tight, task.venue[full])
    # as shares of the room: the solver's tolerance is then one of the room, whatever its unit
    taken = csr_array((load / room[at], (at, column[full])), shape=(len(tight), len(column)))
    rows = vstack([once, taken], format="csr")
    high = np.ones(len(estates) + len(tight))
    cost = task.load[task.estate] * (task.cost - beyond)
    return Programme(cost, rows, np.full(len(high), -np.inf), high)
