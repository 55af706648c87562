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
    order = np.argsort(estate.astype(np.int64) * finder.n_venues + venue, kind="stable")
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
        self.n_venues = search.n_venues

    def pairs(self, members: NDArray[np.int64]) -> Iterator[Walks]:
        box = self.search.box(members, extra_m=self.longest_m)
        rows = slice(*np.searchsorted(self.exit_y, [box[1], box[3]]))
        inside = (self.exit_x[rows] >= box[0]) & (self.exit_x[rows] <= box[2])
        exits = self.exit_by_y[rows][inside]
        for chunk, reached in self.search.search(members, width=len(exits)):
            column = self.search.column
            by_u = reached[:, column[self.exit_u[exits]]] + self.to_u[exits]
            by_v = reached[:, column[self.exit_v[exits]]] + self.to_v[exits]
            metres = np.minimum(by_u, by_v)
            row, at = np.nonzero((metres <= self.limit_m) & np.isfinite(metres))
            yield self._best(chunk[row], self.estate[exits[at]], metres[row, at], chunk)

    def _best(
        self,
        venue: NDArray[np.int64],
        estate: NDArray[np.int64],
        metres: NDArray[np.float64],
        chunk: NDArray[np.int64],
    ) -> Walks:
        """Keep the shortest walk of each pair, the direct ones included."""
        low = np.searchsorted(self.direct_venue, chunk, side="left")
        count = np.searchsorted(self.direct_venue, chunk, side="right") - low
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        direct = self.direct_order[np.repeat(low, count) + within]
        direct = direct[self.direct.metres[direct] <= self.limit_m]
        venue = np.concatenate([venue, self.direct.venue[direct]])
        estate = np.concatenate([estate, self.direct.estate[direct]])
        metres = np.concatenate([metres, self.direct.metres[direct]])
        key = estate * self.n_venues + venue
        order = np.argsort(key, kind="stable")
        key, metres = key[order], metres[order]
        first = np.ones(len(key), dtype=bool)
        first[1:] = key[1:] != key[:-1]
        best = np.minimum.reduceat(metres, np.flatnonzero(first)) if len(key) else metres
        estate, venue = key[first] // self.n_venues, key[first] % self.n_venues
        return Walks(estate.astype(np.int32), venue.astype(np.int32), best)
