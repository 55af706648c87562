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
        self._known: tuple[int, dict[int, float]] = (-1, {})

    def metres(self, node: int, edge: int, share: float) -> float:
        """Return the walk from a node to a place that share (0..1) of an edge from its u; NaN beyond 500 m."""
        network = self._network
        if self._known[0] != node:
            self._known = (node, self._around(node))
        reached, length = self._known[1], float(network.edge_length_m[edge])
        by_u = reached.get(int(network.edge_u[edge]), np.inf) + share * length
        by_v = reached.get(int(network.edge_v[edge]), np.inf) + (1 - share) * length
        metres = min(by_u, by_v)
        return metres if metres <= FAR_M else float("nan")

    def _around(self, node: int) -> dict[int, float]:
        """Return the nodes within reach and the metres to each (Dijkstra)."""
        done: dict[int, float] = {}
        heap = [(0.0, node)]
        while heap:
            gone, here = heapq.heappop(heap)
            if here in done:
                continue
            done[here] = gone
            for link in range(self._first[here], self._first[here + 1]):
                there, further = self._there[link], gone + self._length[link]
                if further <= FAR_M and there not in done:
                    heapq.heappush(heap, (further, there))
        return done
