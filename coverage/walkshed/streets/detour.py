"""Short walks on the network: how far it is today to what lies across a gap."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from walkshed.streets.network import WalkNetwork

FAR_M = 500.0
"""Walks longer than this are not looked for: the gap matters whatever they are."""


class LocalWalks:
    """Walks around a node, blind to gates and directions.

    Parameters
    ----------
    network
        The streets.
    """

    def __init__(self, network: WalkNetwork) -> None:
        self._network = network
        ends = np.concatenate([network.edge_u, network.edge_v])
        order = np.argsort(ends, kind="stable")
        # lists, because a search in Python reads them faster than arrays
        self._first = np.searchsorted(ends[order], np.arange(network.n_nodes + 1)).tolist()
        self._there = np.concatenate([network.edge_v, network.edge_u])[order].tolist()
        self._length = np.tile(network.edge_length_m, 2)[order].tolist()

    def metres(self, node: int, edge: int, share: float) -> float:
        """Return the walk from a node to a place that share (0..1) of an edge from its u; NaN beyond 500 m."""
        network = self._network
        length = float(network.edge_length_m[edge])
        last_m = {int(network.edge_u[edge]): share * length}
        v = int(network.edge_v[edge])
        last_m[v] = min((1 - share) * length, last_m.get(v, np.inf))
        metres = self._to_any(node, last_m)
        return metres if metres <= FAR_M else float("nan")

    def _to_any(self, node: int, last_m: dict[int, float]) -> float:
        """Return the walk from a node over any of some nodes, each with what is left to walk from there (Dijkstra)."""
        done: set[int] = set()
        heap, best = [(0.0, node)], FAR_M
        found = False
        while heap:
            gone, here = heapq.heappop(heap)
            if gone > best:
                break
            if here in done:
                continue
            done.add(here)
            if here in last_m and gone + last_m[here] <= best:
                best, found = gone + last_m[here], True
            for link in range(self._first[here], self._first[here + 1]):
                there, further = self._there[link], gone + self._length[link]
                if further <= best and there not in done:
                    heapq.heappush(heap, (further, there))
        return best if found else float("inf")
