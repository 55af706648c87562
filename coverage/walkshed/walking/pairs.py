"""All estate-venue pairs within a cut-off, found tile by tile from the venues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.walking.graph import shortest_arcs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from walkshed.streets.ties import Ties
    from walkshed.walking.direct import DirectWalks
    from walkshed.walking.graph import SearchGraph

_CELLS_AT_ONCE = 4_000_000
_MARGIN = 1.001  # the local metres are a projection's; a walk is never shorter than 0.999 of them


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
    finder = _TileFinder(graph, estates, venues, direct, limit_m)
    parts: list[Walks] = []
    tiles = list(_tiles(venues, graph, size_m=max(limit_m, 500.0)))
    for done, members in enumerate(tiles):
        parts.extend(finder.search(members))
        tick((done + 1) / len(tiles))
    if not parts:
        none = np.zeros(0, dtype=np.int32)
        return Walks(none, none, np.zeros(0))
    estate = np.concatenate([part.estate for part in parts])
    venue = np.concatenate([part.venue for part in parts])
    order = np.lexsort((venue, estate))
    return Walks(estate[order], venue[order], np.concatenate([part.metres for part in parts])[order])


def _tiles(venues: Ties, graph: SearchGraph, *, size_m: float) -> Iterator[NDArray[np.int64]]:
    """Group the tied venues by the square they lie in."""
    members, first = np.unique(venues.place.astype(np.int64), return_index=True)
    xy = graph.xy[graph.u[venues.edge[first]]]
    square = np.floor(xy / size_m).astype(np.int64)
    order = np.lexsort((members, square[:, 0], square[:, 1]))
    cut = np.flatnonzero(np.any(np.diff(square[order], axis=0) != 0, axis=1)) + 1
    yield from (group for group in np.split(members[order], cut) if len(group))


class _TileFinder:
    def __init__(
        self, graph: SearchGraph, estates: Ties, venues: Ties, direct: DirectWalks, limit_m: float
    ) -> None:
        self.graph, self.limit_m, self.direct = graph, limit_m, direct
        self.grown_m = limit_m * _MARGIN + 1.0
        self.node_by_y = np.argsort(graph.xy[:, 1], kind="stable")
        self.node_y = graph.xy[self.node_by_y, 1]
        self.local = np.full(graph.n + 1, -1, dtype=np.int64)
        self.seed_place, self.seed_node, self.seed_m = graph.seeds(venues)
        self.exit_u, self.to_u, self.exit_v, self.to_v = graph.exits(estates)
        self.estate_of_exit = estates.place
        by_u = graph.xy[self.exit_u]
        self.exit_by_y = np.argsort(by_u[:, 1], kind="stable")
        self.exit_y, self.exit_x = by_u[self.exit_by_y, 1], by_u[self.exit_by_y, 0]
        # an estate's edge may leave the box, but then its other end lies within the edge's own length
        self.longest_m = float(graph.network.edge_length_m[estates.edge].max(initial=0.0)) * _MARGIN
        self.direct_order = np.argsort(direct.venue, kind="stable")
        self.direct_venue = direct.venue[self.direct_order]

    def search(self, members: NDArray[np.int64]) -> Iterator[Walks]:
        seeds = np.flatnonzero(np.isin(self.seed_place, members))
        nodes = self._nodes_near(self.seed_node[seeds])
        exits = self._exits_near(self.seed_node[seeds])
        self.local[nodes] = np.arange(len(nodes))
        inner = self.graph.arcs[nodes][:, nodes]
        at_once = max(1, _CELLS_AT_ONCE // max(len(nodes), len(exits), 1))
        for chunk in np.split(members, np.arange(at_once, len(members), at_once)):
            rows, exit_, metres = self._to_exits(inner, chunk, exits)
            yield self._best(chunk[rows], self.estate_of_exit[exit_].astype(np.int64), metres, chunk)
        self.local[nodes] = -1

    def _nodes_near(self, seeds: NDArray[np.int64]) -> NDArray[np.int64]:
        xy = self.graph.xy[seeds]
        low, high = xy.min(axis=0) - self.grown_m, xy.max(axis=0) + self.grown_m
        rows = slice(*np.searchsorted(self.node_y, [low[1], high[1]]))
        nodes = self.node_by_y[rows]
        x = self.graph.xy[nodes, 0]
        return np.sort(nodes[(x >= low[0]) & (x <= high[0])])

    def _exits_near(self, seeds: NDArray[np.int64]) -> NDArray[np.int64]:
        xy = self.graph.xy[seeds]
        reach = self.grown_m + self.longest_m
        low, high = xy.min(axis=0) - reach, xy.max(axis=0) + reach
        rows = slice(*np.searchsorted(self.exit_y, [low[1], high[1]]))
        inside = (self.exit_x[rows] >= low[0]) & (self.exit_x[rows] <= high[0])
        return np.asarray(self.exit_by_y[rows][inside], dtype=np.int64)

    def _to_exits(
        self,
        inner: Any,
        chunk: NDArray[np.int64],
        exits: NDArray[np.int64],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Search from a chunk of venues; returns row in the chunk, exit and metres of what is within the limit."""
        from scipy.sparse.csgraph import dijkstra

        seeds = np.flatnonzero(np.isin(self.seed_place, chunk))
        row = np.searchsorted(chunk, self.seed_place[seeds])
        graph = with_sources(inner, row, self.local[self.seed_node[seeds]], self.seed_m[seeds], len(chunk))
        n = inner.shape[0]
        reached = dijkstra(graph, directed=True, indices=n + np.arange(len(chunk)), limit=self.limit_m)
        reached[:, n] = np.inf  # the first source's own column: stands for every node outside the box
        u, v = self.local[self.exit_u[exits]], self.local[self.exit_v[exits]]
        u, v = np.where(u < 0, n, u), np.where(v < 0, n, v)
        metres = np.minimum(reached[:, u] + self.to_u[exits], reached[:, v] + self.to_v[exits])
        rows, columns = np.nonzero((metres <= self.limit_m) & np.isfinite(metres))
        return rows, exits[columns], metres[rows, columns]

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
        order = np.lexsort((metres, venue, estate))
        venue, estate, metres = venue[order], estate[order], metres[order]
        first = np.ones(len(venue), dtype=bool)
        first[1:] = (venue[1:] != venue[:-1]) | (estate[1:] != estate[:-1])
        return Walks(estate[first].astype(np.int32), venue[first].astype(np.int32), metres[first])


def with_sources(
    arcs: Any,
    source: NDArray[np.int64],
    node: NDArray[np.int64],
    metres: NDArray[np.float64],
    n_sources: int,
) -> Any:
    """Append ``n_sources`` nodes to a graph, with arcs from them to the nodes they touch."""
    from scipy.sparse import csr_array

    n = arcs.shape[0]
    own = shortest_arcs(source, node, metres, (n_sources, n))
    return csr_array(
        (
            np.concatenate([arcs.data, own.data]),
            np.concatenate([arcs.indices, own.indices]),
            np.concatenate([arcs.indptr, arcs.indptr[-1] + own.indptr[1:]]),
        ),
        shape=(n + n_sources, n + n_sources),
    )
