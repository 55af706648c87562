"""The network as a directed graph to search from venues, against the walkers' direction."""

from __future__ import annotations

from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.kernel.field import Exits
from walkshed.streets.rules import BACKWARD_ONLY, FORWARD_ONLY
from walkshed.walking.layers import open_layers
from walkshed.walking.pace import Pace, metres_pace

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.streets.network import WalkNetwork
    from walkshed.streets.ties import Ties
    from walkshed.walking.layers import Homecoming, Layers

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


class SearchGraph:
    """A network's arcs under one gate policy and at one pace; costs in level metres.

    Without ``layers`` the policy is ``open``: private ways are walked like any other; only gates that are
    closed to the public and stand on a way stop the walker.

    Attributes
    ----------
    pace
        What walking along each edge costs; metres by default.
    layers, n
        The vertices, and how many there are. Each edge has a vertex of its own at a closed gate.
    start_u, start_v : int64, one per edge
        The vertices over which a walk that starts on an edge leaves it.
    goals : pairs of int64, one per edge
        The vertices over which a walk that ends on an edge comes to it, at its u and at its v: one pair for each
        layer in which it may end, -1 where the edge is not in it.
    forward, backward : bool, one per edge
        Whether it can be walked from u to v, and from v to u.
    arc_tail, arc_head, arc_edge, arc_ahead
        Every arc in the walkers' direction: its vertices, its edge (-1: a step from one vertex to another at the
        same place, at no cost), and whether it leads from the edge's u to its v.
    """

    def __init__(
        self, network: WalkNetwork, *, pace: Pace | None = None, layers: Layers | None = None
    ) -> None:
        layers = open_layers(network) if layers is None else layers
        self.network, self.layers, self.n = network, layers, layers.n
        self.start_u, self.start_v = layers.start.u, layers.start.v
        self.goals = tuple((goal.u, goal.v) for goal in layers.goals)
        self._origin = layers.origin
        tail, head, edge, ahead = [], [], [], []
        for edges, u, v in layers.copies:
            for out, into, oneway in ((u, v, BACKWARD_ONLY), (v, u, FORWARD_ONLY)):
                use = network.edge_oneway[edges] != oneway
                tail.append(out[use])
                head.append(into[use])
                edge.append(edges[use])
                ahead.append(np.full(int(use.sum()), oneway == BACKWARD_ONLY))
        free = layers.free
        self.arc_tail, self.arc_head = np.concatenate([*tail, free[0]]), np.concatenate([*head, free[1]])
        self.arc_edge = np.concatenate([*edge, np.full(len(free[0]), -1)])
        self.arc_ahead = np.concatenate([*ahead, np.ones(len(free[0]), dtype=bool)])
        self.set_pace(metres_pace(network) if pace is None else pace)

    def coming_home(self, home: Homecoming) -> SearchGraph:
        """Return the same graph for residents who come to a venue in their estate, through their own gates too."""
        _ = self.arcs, self.xy
        other = copy(self)
        other.goals = ((home.ends.u, home.ends.v),)
        return other

    def at_pace(self, pace: Pace) -> SearchGraph:
        """Return the same graph at another pace; all but the costs is shared."""
        _ = self.xy, self._pattern
        other = copy(self)
        for kept in ("arcs", "arc_cost", "leaving", "_by_ends"):
            vars(other).pop(kept, None)
        other.set_pace(pace)
        return other

    def set_pace(self, pace: Pace) -> None:
        """Take another pace; for :meth:`at_pace`, which leaves this graph as it is."""
        self.pace = pace
        self.forward = (self.network.edge_oneway != BACKWARD_ONLY) & np.isfinite(pace.forward)
        self.backward = (self.network.edge_oneway != FORWARD_ONLY) & np.isfinite(pace.backward)
        self._ahead = np.where(self.forward, pace.forward, 1.0)
        self._back = np.where(self.backward, pace.backward, 1.0)

    @cached_property
    def xy(self) -> Floats:
        """Vertex positions in the network's local metres, shape (n, 2)."""
        x, y = self.network.index.project(self.network.node_lon, self.network.node_lat)
        return np.asarray(np.column_stack([x, y])[self._origin], dtype=np.float64)

    @property
    def costs(self) -> tuple[Floats, Floats]:
        """What a metre of each edge costs from u to v and from v to u; where one cannot go, a number that says nothing."""
        return self._ahead, self._back

    @cached_property
    def arc_cost(self) -> Floats:
        """What each arc costs; infinite where the pace does not allow it."""
        edge, ahead, pace = self.arc_edge, self.arc_ahead, self.pace
        length = self.network.edge_length_m
        there = np.where(self.forward, length * self._ahead + pace.at_u + pace.at_v, np.inf)
        back = np.where(self.backward, length * self._back + pace.at_u + pace.at_v, np.inf)
        return np.where(edge < 0, 0.0, np.where(ahead, there[edge], back[edge]))

    @cached_property
    def arcs(self) -> Any:
        """Arcs as a CSR matrix of costs, turned around: row = where a walker arrives, column = whence."""
        from scipy.sparse import csr_array

        order, first, row, column = self._pattern
        least = np.minimum.reduceat(self.arc_cost[order], first) if len(first) else np.zeros(0)
        use = np.isfinite(least)
        rows = np.concatenate([[0], np.cumsum(np.bincount(row[use], minlength=self.n))]).astype(np.int32)
        return csr_array((least[use], column[use], rows), shape=(self.n, self.n))

    @cached_property
    def _pattern(self) -> tuple[Ints, Ints, Ints, NDArray[np.int32]]:
        """Return the arcs' order by head and tail, where each pair of vertices begins in it, and the pairs."""
        order = np.argsort(self.arc_head * self.n + self.arc_tail, kind="stable")
        head, tail = self.arc_head[order], self.arc_tail[order]
        new = np.ones(len(order), dtype=bool)
        new[1:] = (head[1:] != head[:-1]) | (tail[1:] != tail[:-1])
        first = np.flatnonzero(new)
        return order, first, head[first], tail[first].astype(np.int32)

    @cached_property
    def _by_ends(self) -> tuple[Ints, Ints]:
        order = np.lexsort((self.arc_cost, self.arc_head, self.arc_tail))
        return (self.arc_tail * self.n + self.arc_head)[order], order

    def arcs_between(self, here: Ints, there: Ints) -> Ints:
        """Return the cheapest arcs from vertices to the next ones on their way."""
        key, order = self._by_ends
        return np.asarray(order[np.searchsorted(key, here * self.n + there)])

    def to_ends(self, edge: NDArray[Any], offset_m: NDArray[Any]) -> tuple[Floats, Floats]:
        """Return what leaving points on edges costs over u, and over v; who stands at an end is there."""
        pace, rest = self.pace, self.network.edge_length_m[edge] - offset_m
        to_u = np.where(self.backward[edge] | (offset_m <= 0), self._back[edge] * offset_m, np.inf)
        to_v = np.where(self.forward[edge] | (rest <= 0), self._ahead[edge] * rest, np.inf)
        return to_u + pace.at_u[edge], to_v + pace.at_v[edge]

    def from_ends(self, edge: NDArray[Any], offset_m: NDArray[Any]) -> tuple[Floats, Floats]:
        """Return what coming to points on edges costs over u, and over v."""
        pace, rest = self.pace, self.network.edge_length_m[edge] - offset_m
        from_u = np.where(self.forward[edge] | (offset_m <= 0), self._ahead[edge] * offset_m, np.inf)
        from_v = np.where(self.backward[edge] | (rest <= 0), self._back[edge] * rest, np.inf)
        return from_u + pace.at_u[edge], from_v + pace.at_v[edge]

    def along(self, edge: NDArray[Any], ahead_m: Floats) -> Floats:
        """Return what walking ``ahead_m`` along edges costs (negative: towards u); infinite where one cannot."""
        cost = np.where(ahead_m > 0, self._ahead[edge], self._back[edge]) * np.abs(ahead_m)
        passes = np.where(ahead_m > 0, self.forward[edge], np.where(ahead_m < 0, self.backward[edge], True))
        return np.where(passes, cost, np.inf)

    def seeds(self, ties: Ties) -> tuple[Ints, Ints, Floats]:
        """Return how walkers come to tied places: place, vertex it is come from, cost."""
        tie, vertex, _, cost = self.seed_ties(ties)
        return ties.place[tie].astype(np.int64), vertex, cost

    def seed_ties(self, ties: Ties) -> tuple[Ints, Ints, NDArray[np.bool_], Floats]:
        """Return, for each of :meth:`seeds`, its tie, its vertex, whether that is at the edge's v, and the cost."""
        n, edge = len(ties.edge), ties.edge
        vertex = np.concatenate([end[edge] for goal in self.goals for end in goal])
        cost = np.tile(np.concatenate(self.from_ends(edge, ties.offset_m)), len(self.goals))
        tie, at_v = np.tile(np.arange(n), 2 * len(self.goals)), np.repeat([False, True] * len(self.goals), n)
        cost = cost + ties.leg_m[tie]
        found = np.flatnonzero(np.isfinite(cost) & (vertex >= 0))
        return tie[found], vertex[found], at_v[found], cost[found]

    @cached_property
    def leaving(self) -> Exits:
        """How walks leave the edges, for all points of the ground at once."""
        pace = self.pace
        return Exits(
            self.n, self.start_u, self.start_v, self.network.edge_length_m,
            np.where(self.forward, pace.forward, np.inf), np.where(self.backward, pace.backward, np.inf),
            pace.at_u, pace.at_v,
        )  # fmt: skip

    def exits(self, ties: Ties) -> tuple[Ints, Floats, Ints, Floats]:
        """Return how walkers leave tied places, one per tie: vertex at u, cost to it, vertex at v, cost to it."""
        to_u, to_v = self.to_ends(ties.edge, ties.offset_m)
        return (
            self.start_u[ties.edge], to_u + ties.leg_m, self.start_v[ties.edge], to_v + ties.leg_m,
        )  # fmt: skip

    def corners(self, nodes: NDArray[Any]) -> tuple[Ints, Floats]:
        """Return for corners of pedestrian areas (network nodes) the vertex a walk leaves over, and its wait."""
        edge, at_u = self.network.edge_at_node
        edge, at_u = edge[nodes], at_u[nodes]
        vertex = np.where(at_u, self.start_u[edge], self.start_v[edge])
        return vertex, np.where(at_u, self.pace.at_u[edge], self.pace.at_v[edge])


def shortest_arcs(head: Ints, tail: Ints, metres: Floats, shape: tuple[int, int]) -> Any:
    """Return a CSR matrix that keeps the shortest of parallel arcs (scipy would add them up)."""
    from scipy.sparse import csr_array

    order = np.lexsort((metres, tail, head))
    head, tail, metres = head[order], tail[order], metres[order]
    first = np.ones(len(head), dtype=bool)
    first[1:] = (head[1:] != head[:-1]) | (tail[1:] != tail[:-1])
    rows = np.concatenate([[0], np.cumsum(np.bincount(head[first], minlength=shape[0]))])
    return csr_array((metres[first], tail[first].astype(np.int32), rows.astype(np.int32)), shape=shape)


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
