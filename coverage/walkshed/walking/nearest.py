"""The nearest venue of every estate, however far: one search from all venues at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.walking.graph import with_sources
from walkshed.walking.pairs import Walks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.streets.ties import Ties
    from walkshed.walking.direct import DirectWalks
    from walkshed.walking.graph import SearchGraph


def nearest_walks(
    graph: SearchGraph, estates: Ties, venues: Ties, direct: DirectWalks, eligible: NDArray[np.bool_]
) -> Walks:
    """Return each estate's walk to the nearest eligible venue; estates that reach none are absent.

    Parameters
    ----------
    graph
        Says by what measure: a walk is the level metres of its pace.
    eligible
        One per venue, whether it may be chosen. Of venues equally near the one with the lowest
        number is taken where they are compared at the estate, so number venues by id.
    """
    metres, source = distance_to_sources(graph, venues, eligible)
    exit_u, to_u, exit_v, to_v = graph.exits(estates)
    by_u, by_v = metres[exit_u] + to_u, metres[exit_v] + to_v
    straight = eligible[direct.venue]
    estate = np.concatenate([estates.place, estates.place, direct.estate[straight]]).astype(np.int64)
    venue = np.concatenate([source[exit_u], source[exit_v], direct.venue[straight]]).astype(np.int64)
    walk = np.concatenate([by_u, by_v, direct.metres[straight]])
    reached = np.isfinite(walk)
    estate, venue, walk = estate[reached], venue[reached], walk[reached]
    order = np.lexsort((venue, np.rint(walk * 10), estate))
    estate, venue, walk = estate[order], venue[order], walk[order]
    first = np.ones(len(estate), dtype=bool)
    first[1:] = estate[1:] != estate[:-1]
    return Walks(estate[first].astype(np.int32), venue[first].astype(np.int32), walk[first])


def distance_to_sources(
    graph: SearchGraph, venues: Ties, eligible: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return, for every vertex of the graph, the cost to the nearest eligible venue and its number (-1: none)."""
    from scipy.sparse.csgraph import dijkstra

    place, node, metres = graph.seeds(venues)
    use = eligible[place]
    if not use.any():
        return np.full(graph.n, np.inf), np.full(graph.n, -1, dtype=np.int64)
    members, row = np.unique(place[use], return_inverse=True)
    arcs = with_sources(graph.arcs, row, node[use], metres[use], len(members))
    indices = graph.n + np.arange(len(members))
    away, _, source = dijkstra(arcs, directed=True, indices=indices, min_only=True, return_predecessors=True)
    found = source[: graph.n] >= graph.n
    number = np.full(graph.n, -1, dtype=np.int64)
    number[found] = members[source[: graph.n][found] - graph.n]
    return away[: graph.n], number
