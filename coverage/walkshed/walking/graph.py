"""The network as a directed graph to search from venues, against the walkers' direction."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.streets.rules import BACKWARD_ONLY, CLOSED_GATE, FORWARD_ONLY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.streets.network import WalkNetwork
    from walkshed.streets.ties import Ties


class SearchGraph:
    """A network's arcs under one gate policy, lengths in metres.

    Policy ``open``: private ways are walked like any other; only gates that are closed to the
    public and stand on a way stop the walker.

    Attributes
    ----------
    u, v : int64, one per edge
        The nodes an edge joins here; each edge has its own end at a closed gate.
    forward, backward : bool, one per edge
        Whether it can be walked from u to v, and from v to u.
    n
        Number of nodes.
    """

    def __init__(self, network: WalkNetwork) -> None:
        self.network = network
        u, v = network.edge_u.astype(np.int64), network.edge_v.astype(np.int64)
        behind: list[NDArray[np.int64]] = []
        self.n = network.n_nodes
        for ends in (u, v):
            hit = np.flatnonzero(network.node_barrier[ends] == CLOSED_GATE)
            behind.append(ends[hit].copy())
            ends[hit] = self.n + np.arange(len(hit))
            self.n += len(hit)
        self.u, self.v = u, v
        self._origin = np.concatenate([np.arange(network.n_nodes), *behind])
        self.forward = network.edge_oneway != BACKWARD_ONLY
        self.backward = network.edge_oneway != FORWARD_ONLY

    @cached_property
    def xy(self) -> NDArray[np.float64]:
        """Node positions in the network's local metres, shape (n, 2)."""
        x, y = self.network.index.project(self.network.node_lon, self.network.node_lat)
        return np.asarray(np.column_stack([x, y])[self._origin], dtype=np.float64)

    @cached_property
    def arcs(self) -> Any:
        """Arcs as a CSR matrix of metres, turned around: row = where a walker arrives, column = whence."""
        length = self.network.edge_length_m
        head = np.concatenate([self.v[self.forward], self.u[self.backward]])
        tail = np.concatenate([self.u[self.forward], self.v[self.backward]])
        metres = np.concatenate([length[self.forward], length[self.backward]])
        return shortest_arcs(head, tail, metres, (self.n, self.n))

    def seeds(self, ties: Ties) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Return how walkers come to tied places: place, node it is come from, metres."""
        edge = ties.edge
        along, rest = (
            ties.offset_m + ties.leg_m,
            self.network.edge_length_m[edge] - ties.offset_m + ties.leg_m,
        )
        forward, backward = self.forward[edge], self.backward[edge]
        place = np.concatenate([ties.place[forward], ties.place[backward]]).astype(np.int64)
        node = np.concatenate([self.u[edge[forward]], self.v[edge[backward]]])
        return place, node, np.concatenate([along[forward], rest[backward]])

    def exits(
        self, ties: Ties
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
        """Return how walkers leave tied places, one per tie: node u, metres to it, node v, metres to it."""
        edge = ties.edge
        to_u = np.where(self.backward[edge], ties.offset_m + ties.leg_m, np.inf)
        to_v = np.where(
            self.forward[edge], self.network.edge_length_m[edge] - ties.offset_m + ties.leg_m, np.inf
        )
        return self.u[edge], to_u, self.v[edge], to_v


def shortest_arcs(
    head: NDArray[np.int64], tail: NDArray[np.int64], metres: NDArray[np.float64], shape: tuple[int, int]
) -> Any:
    """Return a CSR matrix that keeps the shortest of parallel arcs (scipy would add them up)."""
    from scipy.sparse import csr_array

    order = np.lexsort((metres, tail, head))
    head, tail, metres = head[order], tail[order], metres[order]
    first = np.ones(len(head), dtype=bool)
    first[1:] = (head[1:] != head[:-1]) | (tail[1:] != tail[:-1])
    rows = np.concatenate([[0], np.cumsum(np.bincount(head[first], minlength=shape[0]))])
    return csr_array((metres[first], tail[first].astype(np.int32), rows.astype(np.int32)), shape=shape)
