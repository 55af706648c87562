"""Rooms: the part of an allocation in which room is short; everything else is decided without a solver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Who wants to go where, and what room there is.

    Attributes
    ----------
    estate, venue, cost
        Pairs that may be used, sorted by estate and of an estate the nearest first.
    load
        What each estate needs of a venue's room, above 0; float64[n].
    room
        Of each venue, infinite where it takes any number; float64[m].
    """

    estate: NDArray[np.int64]
    venue: NDArray[np.int64]
    cost: NDArray[np.float64]
    load: NDArray[np.float64]
    room: NDArray[np.float64]

    def where(self, keep: NDArray[np.bool_]) -> Task:
        """Return the task with the marked pairs only."""
        return Task(self.estate[keep], self.venue[keep], self.cost[keep], self.load, self.room)

    def first(self) -> NDArray[np.bool_]:
        """Mark each estate's first pair."""
        first = np.ones(len(self.estate), dtype=bool)
        first[1:] = self.estate[1:] != self.estate[:-1]
        return first

    def roomy(self) -> NDArray[np.bool_]:
        """Mark the venues that could take everybody who may still come."""
        asked = np.bincount(self.venue, weights=self.load[self.estate], minlength=len(self.room))
        return np.asarray(asked <= self.room * (1 + 1e-12))


def pruned(task: Task) -> Task:
    """Leave out pairs that no best allocation needs.

    A venue that could take everybody who may come to it is never full, so an estate never goes farther than to the
    nearest of those. That leaves fewer who may come to the others, of which some are now never full either; and so on.

    Examples
    --------
    >>> task = Task(np.array([0, 0]), np.array([0, 1]), np.array([1.0, 2.0]), np.array([5.0]), np.array([9.0, 1.0]))
    >>> pruned(task).venue
    array([0])
    """
    while True:
        roomy = task.roomy()[task.venue]
        # the pairs of an estate come in the order of nearness: all behind the first roomy one go
        so_far = np.cumsum(roomy)
        start = np.maximum.accumulate(np.where(task.first(), np.arange(len(roomy)), 0))
        before = so_far - roomy - (so_far - roomy)[start] if len(roomy) else so_far
        keep = before == 0
        if keep.all():
            return task
        task = task.where(keep)


def contested(task: Task) -> Iterator[Task]:
    """Yield the parts of a pruned task that hang together, each with a venue that could be overrun."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n, m = len(task.load), len(task.room)
    tight = ~task.roomy()[task.venue]  # only venues that can be full tie estates to each other
    shape = (n + m, n + m)
    links = coo_array((np.ones(int(tight.sum())), (task.estate[tight], n + task.venue[tight])), shape=shape)
    label = connected_components(links, directed=False)[1][:n]
    for part in np.unique(label[task.estate[tight]]).tolist():
        yield task.where(label[task.estate] == part)


def by_regret(task: Task) -> NDArray[np.int64]:
    """Return a quick allocation of whole estates: the pair of each estate, -1 for none.

    Estates are placed by how much they would lose by their second choice (Martello and Toth [1]_), the largest
    first among equals, each at the nearest venue with room; then any that was left out takes what room is left.

    References
    ----------
    .. [1] S. Martello, P. Toth, *Knapsack Problems*, Wiley 1990, section 7.4 (MTHG).
    """
    left = task.room.astype(np.float64).copy()
    chosen = np.full(len(task.load), -1, dtype=np.int64)
    starts = np.flatnonzero(task.first())
    ends = np.append(starts[1:], len(task.estate))
    spans = {int(task.estate[a]): (int(a), int(b)) for a, b in zip(starts, ends, strict=True)}

    def regret(who: int) -> tuple[float, float, int]:
        a, b = spans[who]
        more = task.cost[a + 1] - task.cost[a] if b > a + 1 else np.inf
        return -more * task.load[who] if np.isfinite(more) else -np.inf, -task.load[who], who

    for who in sorted(spans, key=regret):
        for pair in range(*spans[who]):
            place = task.venue[pair]
            if task.load[who] <= left[place] * (1 + 1e-12):
                chosen[who], left[place] = pair, left[place] - task.load[who]
                break
    return chosen
