"""All estate-venue pairs within a cut-off, found tile by tile from the venues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from walkshed.walking.tiles import TiledSearch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from walkshed.streets.ties import Ties
    from walkshed.walking.direct import DirectWalks
    from walkshed.walking.graph import SearchGraph


@dataclass(frozen=True, slots=True)
class Walks:
    """Shortest walks: estate and venue numbers and exact metres, each pair once, sorted by both."""

    estate: NDArray[np.int32]
    venue: NDArray[np.int32]
    metres: NDArray[np.float64]


def walks_within(
    graph: SearchGraph,
    estates: Ties,
    venues: Ties,
    direct: DirectWalks,
    limit_m: float,
    *,
    tick: Callable[[float], None] = lambda _share: None,
) -> Walks:
    """Return the shortest walk of every estate-venue pair that is at most ``limit_m`` long.

    Venues are taken tile by tile: a walk of ``limit_m`` cannot leave the tile's box grown by
    ``limit_m``, so that only the streets in there are searched.
    """
    finder = _PairFinder(TiledSearch(graph, venues, limit_m), estates, direct)
    parts: list[Walks] = []
    tiles = finder.search.tiles()
    for done, members in enumerate(tiles):
        parts.extend(finder.pairs(members))
        tick((done + 1) / len(tiles))
    if not parts:
        none = np.zeros(0, dtype=np.int32)
        return Walks(none, none, np.zeros(0))
    estate = np.concatenate([part.estate for part in parts])
    venue = np.concatenate([part.venue for part in parts])
    order = np.argsort(estate.astype(np.int64) * finder.search.n_venues + venue)
    return Walks(estate[order], venue[order], np.concatenate([part.metres for part in parts])[order])


class _PairFinder:
    def __init__(self, search: TiledSearch, estates: Ties, direct: DirectWalks) -> None:
        self.search, self.limit_m, self.direct = search, search.limit_m, direct
        graph = search.graph
        self.exit_u, self.to_u, self.exit_v, self.to_v = graph.exits(estates)
        self.estate = estates.place.astype(np.int64)
        by_u = graph.xy[self.exit_u]
        self.exit_by_y = np.argsort(by_u[:, 1], kind="stable")
        self.exit_y, self.exit_x = by_u[self.exit_by_y, 1], by_u[self.exit_by_y, 0]
        # an estate's edge may leave the box, but then its other end lies within the edge's own length
        self.longest_m = 1.001 * float(graph.network.edge_length_m[estates.edge].max(initial=0.0))
        self.direct_order = np.argsort(direct.venue, kind="stable")
        self.direct_venue = direct.venue[self.direct_order]

    def pairs(self, members: NDArray[np.int64]) -> Iterator[Walks]:
        """Yield the shortest walk of each pair of one tile's venues."""
        box = self.search.box(members, extra_m=self.longest_m)
        rows = slice(*np.searchsorted(self.exit_y, [box[1], box[3]]))
        inside = (self.exit_x[rows] >= box[0]) & (self.exit_x[rows] <= box[2])
        exits = np.sort(self.exit_by_y[rows][inside])  # and so by estate
        direct = self._direct_of(members)
        estates = np.union1d(self.estate[exits], self.direct.estate[direct])
        if not len(estates):
            return
        of_exit = np.searchsorted(estates, self.estate[exits])
        first = (
            np.flatnonzero(np.concatenate([[True], of_exit[1:] != of_exit[:-1]])) if len(exits) else of_exit
        )
        for chunk, reached in self.search.search(members, width=len(exits) + len(estates)):
            metres = np.full((len(chunk), len(estates)), np.inf)
            if len(exits):
                column = self.search.column
                by_u = reached[:, column[self.exit_u[exits]]] + self.to_u[exits]
                by_v = reached[:, column[self.exit_v[exits]]] + self.to_v[exits]
                metres[:, of_exit[first]] = np.minimum.reduceat(np.minimum(by_u, by_v), first, axis=1)
            own = direct[np.isin(self.direct.venue[direct], chunk)]
            at = (
                np.searchsorted(chunk, self.direct.venue[own]),
                np.searchsorted(estates, self.direct.estate[own]),
            )
            np.minimum.at(metres, at, self.direct.metres[own])
            estate, row = np.nonzero(((metres <= self.limit_m) & np.isfinite(metres)).T)
            yield Walks(estates[estate].astype(np.int32), chunk[row].astype(np.int32), metres[row, estate])

    def _direct_of(self, members: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the direct walks to some venues."""
        low = np.searchsorted(self.direct_venue, members, side="left")
        count = np.searchsorted(self.direct_venue, members, side="right") - low
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        return np.asarray(self.direct_order[np.repeat(low, count) + within], dtype=np.int64)
