"""Searching from venues tile by tile: each search sees only the streets it can reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.walking.graph import shortest_arcs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from walkshed.streets.ties import Ties
    from walkshed.walking.graph import SearchGraph

_CELLS_AT_ONCE = 1_000_000
_TILE = 1.5  # a tile's side in limits: larger ones are fewer, but each venue then looks at more streets
_MARGIN = 1.001  # the local metres are a projection's; a walk is never shorter than 0.999 of them


class TiledSearch:
    """Dijkstra from every venue up to ``limit_m`` (level metres), with the streets of one tile at a time.

    A walk that costs ``limit_m`` is no longer than that divided by the cheapest metre, and cannot leave the box of
    its venue's tile grown by as much, so that only the streets in there are searched; the answers are those of
    the whole network.

    Attributes
    ----------
    column
        For each node of the graph its column in the tile's distances; nodes outside have -1, which
        is the last column and always infinite.
    """

    def __init__(self, graph: SearchGraph, venues: Ties, limit_m: float) -> None:
        self.graph, self.limit_m = graph, limit_m
        self.n_venues = max(1, venues.points.n_places)
        self.grown_m = limit_m / graph.pace.least * _MARGIN + 1.0
        self.column = np.full(graph.n, -1, dtype=np.int64)
        place, node, cost = graph.seeds(venues)
        order = np.argsort(place, kind="stable")
        self.seed_place, self.seed_node, self.seed_m = place[order], node[order], cost[order]
        self._by_y = np.argsort(graph.xy[:, 1], kind="stable")
        self._y = graph.xy[self._by_y, 1]
        self._venues = venues

    def tiles(self) -> list[NDArray[np.int64]]:
        """Return the tied venues, grouped by the square they lie in."""
        members, first = np.unique(self._venues.place.astype(np.int64), return_index=True)
        xy = self.graph.xy[self.graph.network.edge_u[self._venues.edge[first]]]
        square = np.floor(xy / max(_TILE * min(self.limit_m, 1e9), 500.0)).astype(np.int64)
        order = np.lexsort((members, square[:, 0], square[:, 1]))
        cut = np.flatnonzero(np.any(np.diff(square[order], axis=0) != 0, axis=1)) + 1
        return [group for group in np.split(members[order], cut) if len(group)]

    def box(self, members: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the box (west, south, east, north in local metres) that the venues' walks cannot leave."""
        xy = self.graph.xy[self.seed_node[ranges_of(self.seed_place, members)]]
        return np.concatenate([xy.min(axis=0) - self.grown_m, xy.max(axis=0) + self.grown_m])

    def search(
        self, members: NDArray[np.int64], *, width: int = 1
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
        """Yield venues of one tile, some at a time, with their metres to each column's node.

        Parameters
        ----------
        members
            The venues of a tile.
        width
            How many numbers the caller will hold for each venue; limits how many come at a time.
        """
        nodes = self._nodes_in(self.box(members))
        self.column[nodes] = np.arange(len(nodes))
        inner = self.graph.arcs[nodes][:, nodes]
        at_once = max(1, _CELLS_AT_ONCE // max(len(nodes), width))
        try:
            for chunk in np.split(members, np.arange(at_once, len(members), at_once)):
                yield chunk, self._from(inner, chunk)
        finally:
            self.column[nodes] = -1

    def _from(self, inner: Any, chunk: NDArray[np.int64]) -> NDArray[np.float64]:
        from scipy.sparse.csgraph import dijkstra

        seeds = ranges_of(self.seed_place, chunk)
        row = np.searchsorted(chunk, self.seed_place[seeds])
        graph = with_sources(inner, row, self.column[self.seed_node[seeds]], self.seed_m[seeds], len(chunk))
        n = inner.shape[0]
        reached = dijkstra(graph, directed=True, indices=n + np.arange(len(chunk)), limit=self.limit_m)
        reached[:, n] = np.inf
        return np.asarray(reached[:, : n + 1])

    def _nodes_in(self, box: NDArray[np.float64]) -> NDArray[np.int64]:
        nodes = self._by_y[slice(*np.searchsorted(self._y, [box[1], box[3]]))]
        x = self.graph.xy[nodes, 0]
        return np.sort(nodes[(x >= box[0]) & (x <= box[2])])


def ranges_of(ascending: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where the wanted numbers stand among ascending ones, as often as they occur.

    Examples
    --------
    >>> ranges_of(np.array([2, 2, 5, 7, 7]), np.array([7, 2])).tolist()
    [3, 4, 0, 1]
    """
    low = np.searchsorted(ascending, wanted, side="left")
    count = np.searchsorted(ascending, wanted, side="right") - low
    return np.asarray(np.repeat(low - np.cumsum(count) + count, count) + np.arange(count.sum()))


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
