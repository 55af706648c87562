"""The walkable street network: junctions, and the edges between them with their true shape."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.streets.grounds import Grounds
from walkshed.streets.rules import (
    AREA_BIT,
    DESIGNATED_BIT,
    INCLINE_SHIFT,
    KIND_CODE,
    KINDS,
    WHEELS_BIT,
    on_foot,
)

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx
    from numpy.typing import NDArray

    from walkshed.errors import Finding
    from walkshed.streets.index import EdgeIndex

BIG_COMPONENT_M = 500.0
"""A connected piece of the network this long in all is a place's own, anything smaller a doubt."""
_LINK = KINDS.index("gate_link")
_DRAWN_LINES = (KINDS.index("crossing_area"), KINDS.index("gate_link"))


@dataclass(frozen=True, eq=False)
class WalkNetwork:
    """A walkable street network; coordinates in degrees (EPSG:4326), lengths in geodesic metres.

    Nodes are junctions, ends and barriers only: a chain of plain nodes is one edge that keeps its
    geometry. Two edges may join the same nodes, and an edge may be a loop. Made by
    :func:`walkshed.read_streets`; treat the arrays as read-only.

    Attributes
    ----------
    node_lon, node_lat : float64, shape (n_nodes,)
        Where the nodes are, in degrees.
    node_barrier : int8, shape (n_nodes,)
        0 none, 1 an open gate, 2 a closed gate, 3 an end at a wall, 4 a gate for residents, 5 another barrier
        that one passes on foot.
    node_crossing : int8, shape (n_nodes,)
        0 none, 1 a crossing without lights, 2 one with lights, 3 a lift; only where a way for walkers meets it.
    edge_u, edge_v : int32, shape (n_edges,)
        The nodes an edge joins.
    edge_length_m : float64, shape (n_edges,)
        Length along the edge's shape.
    edge_code : int32, shape (n_edges,)
        Packed walking attributes, see :mod:`walkshed.streets.rules`.
    edge_way : int64, shape (n_edges,)
        The OSM way an edge comes from (the first of them where several were joined).
    edge_joint : int32, shape (n_edges,)
        0, or for an edge of several ways its row in ``joint_ptr``, see :meth:`ways_of`.
    joint_ptr, joint_way
        The ways of row ``r`` are ``joint_way[joint_ptr[r - 1]:joint_ptr[r]]``.
    coord_ptr, coord_lon, coord_lat
        The vertices of edge ``e`` are ``coord_ptr[e]:coord_ptr[e + 1]``, from ``u`` to ``v``.
    areas : tuple of shapely.Polygon
        Pedestrian areas that can be crossed anywhere.
    area_structure : uint8
        0 on the ground, 1 a bridge, 2 a tunnel, one per area.
    area_steps : bool
        Whether a wheelchair cannot cross the area, one per area.
    area_ptr, area_node
        Corner nodes of area ``a`` are ``area_node[area_ptr[a]:area_ptr[a + 1]]``.
    name, snapshot
        The source's name and its date, where it has one.
    counts
        What was read, split, joined and left out.
    notices
        What the reader repaired or doubts.
    grounds
        Residential areas and neighbourhoods of the file.
    """

    node_lon: NDArray[np.float64]
    node_lat: NDArray[np.float64]
    node_barrier: NDArray[np.int8]
    node_crossing: NDArray[np.int8]
    edge_u: NDArray[np.int32]
    edge_v: NDArray[np.int32]
    edge_length_m: NDArray[np.float64]
    edge_code: NDArray[np.int32]
    edge_way: NDArray[np.int64]
    edge_joint: NDArray[np.int32]
    joint_ptr: NDArray[np.int64]
    joint_way: NDArray[np.int64]
    coord_ptr: NDArray[np.int64]
    coord_lon: NDArray[np.float64]
    coord_lat: NDArray[np.float64]
    areas: tuple[Any, ...]
    area_structure: NDArray[np.uint8]
    area_steps: NDArray[np.bool_]
    area_ptr: NDArray[np.int64]
    area_node: NDArray[np.int32]
    name: str = ""
    snapshot: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    notices: tuple[Finding, ...] = ()
    grounds: Grounds = field(default_factory=Grounds)

    def ways_of(self, edge: int) -> tuple[int, ...]:
        """Return all the ways an edge was joined from, in ascending order where there are several."""
        row = int(self.edge_joint[edge])
        if not row:
            return (int(self.edge_way[edge]),)
        return tuple(self.joint_way[self.joint_ptr[row - 1] : self.joint_ptr[row]].tolist())

    def with_notices(self, *notices: Finding) -> WalkNetwork:
        """Return the network with more notices."""
        return self._changed(notices=(*self.notices, *notices))

    def renamed(self, name: str) -> WalkNetwork:
        """Return the network under another name."""
        return self._changed(name=name)

    def with_barriers(self, node_barrier: NDArray[np.int8]) -> WalkNetwork:
        """Return the network with other barriers at its nodes."""
        return self._changed(node_barrier=node_barrier)

    def _changed(self, **fields_: Any) -> WalkNetwork:
        """Return the network with other fields, and all that was already worked out about it."""
        other = replace(self, **fields_)
        known = {name: value for name, value in vars(self).items() if name not in _FIELDS}
        vars(other).update(known)
        return other

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_lon)

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return len(self.edge_u)

    @property
    def edge_kind(self) -> NDArray[np.uint8]:
        """Index into :data:`walkshed.streets.rules.KINDS`, one per edge."""
        return (self.edge_code & 31).astype(np.uint8)

    @property
    def edge_structure(self) -> NDArray[np.uint8]:
        """0 on the ground, 1 a bridge, 2 a tunnel."""
        return (self.edge_code >> 5 & 3).astype(np.uint8)

    @property
    def edge_private(self) -> NDArray[np.bool_]:
        """Whether the way is private."""
        return (self.edge_code >> 7 & 1).astype(bool)

    @property
    def edge_oneway(self) -> NDArray[np.uint8]:
        """0 both ways, 1 only from u to v, 2 only from v to u (for walkers)."""
        return (self.edge_code >> 8 & 3).astype(np.uint8)

    @property
    def edge_layer(self) -> NDArray[np.int8]:
        """OSM layer, 0 on the ground."""
        return ((self.edge_code >> 10 & 15) - 8).astype(np.int8)

    @property
    def edge_designated(self) -> NDArray[np.bool_]:
        """Whether the way is ``foot=designated``."""
        return (self.edge_code & DESIGNATED_BIT).astype(bool)

    @property
    def edge_incline(self) -> NDArray[np.uint8]:
        """0 where nothing is said, 1 up from u to v, 2 down from u to v (steps only)."""
        return (self.edge_code >> INCLINE_SHIFT & 3).astype(np.uint8)

    @property
    def edge_step_free(self) -> NDArray[np.bool_]:
        """Whether a wheelchair gets along: not on steps without a ramp, nor where ``wheelchair=no``."""
        steps = self.edge_kind == KIND_CODE["steps"]
        return np.asarray(steps == (self.edge_code & WHEELS_BIT).astype(bool))

    @cached_property
    def component(self) -> NDArray[np.int32]:
        """The connected piece each node belongs to, blind to gates, their links and directions."""
        return self._pieces(self.edge_kind != _LINK)

    @cached_property
    def linked_length_m(self) -> NDArray[np.float64]:
        """For each edge the length of the connected piece it belongs to if links of gates join pieces."""
        piece = self._pieces(np.ones(self.n_edges, dtype=bool))
        real = ~np.isin(self.edge_kind, _DRAWN_LINES)
        length = np.bincount(
            piece[self.edge_u[real]],
            weights=self.edge_length_m[real],
            minlength=int(piece.max(initial=-1)) + 1,
        )
        return np.asarray(length[piece[self.edge_u]], dtype=np.float64)

    def _pieces(self, edges: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Return the connected piece each node belongs to by some of the edges."""
        return connected_pieces(self.edge_u[edges], self.edge_v[edges], self.n_nodes)

    @cached_property
    def component_length_m(self) -> NDArray[np.float64]:
        """Length of each connected piece in all; lines across areas and links of gates do not count."""
        real = ~np.isin(self.edge_kind, _DRAWN_LINES)
        n = int(self.component.max()) + 1 if self.n_nodes else 0
        pieces = self.component[self.edge_u[real]]
        return np.bincount(pieces, weights=self.edge_length_m[real], minlength=n).astype(np.float64)

    @cached_property
    def edge_at_node(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """For each node an edge that ends there, and whether its ``u`` is that end.

        One of an area if there is any, else one for walkers: who stands in the area leaves over it.
        """
        edge = np.zeros(self.n_nodes, dtype=np.int64)
        rank = np.where(self.edge_kind == KIND_CODE["elevator"], 1, 2 * on_foot(self.edge_code))
        rank[self.edge_code & AREA_BIT > 0] = 3
        order = np.argsort(np.tile(rank, 2), kind="stable")  # the last one counts
        edge[np.concatenate([self.edge_v, self.edge_u])[order]] = order % max(self.n_edges, 1)
        return edge, self.edge_u[edge] == np.arange(self.n_nodes)

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north, in degrees."""
        lon, lat = self.coord_lon, self.coord_lat
        return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())

    @cached_property
    def index(self) -> EdgeIndex:
        """The edges in local metres, ready to be asked for the nearest."""
        from walkshed.streets.index import EdgeIndex

        return EdgeIndex(self, long_m=BIG_COMPONENT_M)

    @cached_property
    def index_step_free(self) -> EdgeIndex:
        """As :attr:`index`, without the edges and areas a wheelchair cannot use."""
        return self.index.without(~self.edge_step_free, areas=self.area_steps)

    @cached_property
    def area_class(self) -> NDArray[np.int8]:
        """Each area's class, as those of edges in :mod:`walkshed.streets.index`."""
        first = self.area_node[self.area_ptr[:-1]]
        short = self.component_length_m[self.component[first]] < BIG_COMPONENT_M
        return (2 * short + (self.area_structure > 0)).astype(np.int8)

    @cached_property
    def lines(self) -> NDArray[np.object_]:
        """Each edge's shape as a shapely LineString in degrees."""
        import shapely

        index = np.repeat(np.arange(self.n_edges), np.diff(self.coord_ptr))
        lines = shapely.linestrings(np.column_stack([self.coord_lon, self.coord_lat]), indices=index)
        return np.asarray(lines)

    def to_osmnx(self) -> nx.MultiDiGraph:
        """Return the network as a graph that OSMnx takes for its own; see docs/interop.md.

        Needs networkx (``pip install walkshed[place]``).
        """
        from walkshed.streets.osmnx_graph import to_osmnx

        return to_osmnx(self)

    def edges(self) -> gpd.GeoDataFrame:
        """Return the edges as LineStrings in EPSG:4326, one row per edge.

        Columns: ``u``, ``v``, ``length_m``, ``kind``, ``structure`` (ground, bridge, tunnel), ``private``, ``way``.
        """
        import geopandas as gpd

        columns = {
            "u": self.edge_u,
            "v": self.edge_v,
            "length_m": self.edge_length_m.round(3),
            "kind": np.array(KINDS, dtype=object)[self.edge_kind],
            "structure": np.array(["ground", "bridge", "tunnel"], dtype=object)[self.edge_structure],
            "private": self.edge_private,
            "way": self.edge_way,
        }
        return gpd.GeoDataFrame(columns, geometry=self.lines, crs="EPSG:4326").rename_axis("edge")

    @property
    def length_km(self) -> float:
        """Walkable length in all, in kilometres."""
        return float(self.component_length_m.sum() / 1000)

    def __repr__(self) -> str:
        """Say how large the network is."""
        return (
            f"<WalkNetwork {self.name}: {self.n_nodes:,} nodes, {self.n_edges:,} edges, "
            f"{self.length_km:,.1f} km in {len(self.component_length_m):,} pieces>"
        )

    def _repr_html_(self) -> str:
        from html import escape

        rows = {
            "source": f"{self.name} {self.snapshot}".strip(),
            "nodes": f"{self.n_nodes:,}",
            "edges": f"{self.n_edges:,}",
            "walkable length": f"{self.length_km:,.1f} km",
            "connected pieces": f"{len(self.component_length_m):,}",
            "pedestrian areas": f"{len(self.areas):,}",
        }
        cells = "".join(f"<tr><th>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in rows.items())
        return f"<table><caption>WalkNetwork</caption>{cells}</table>"


def connected_pieces(u: NDArray[np.int32], v: NDArray[np.int32], n: int) -> NDArray[np.int32]:
    """Return the connected piece each of ``n`` nodes belongs to, numbered by their first nodes.

    Every piece hangs itself below the lowest one that it meets, until none meets another: a few rounds, in
    less time than a library for it takes to be loaded.

    Examples
    --------
    >>> connected_pieces(np.array([0, 4, 3]), np.array([2, 3, 4]), 5).tolist()
    [0, 1, 0, 2, 2]
    """
    first = np.arange(n)  # the lowest node known of each node's piece
    while len(u):
        low, high = np.minimum(first[u], first[v]), np.maximum(first[u], first[v])
        apart = low != high
        u, v = u[apart], v[apart]
        np.minimum.at(first, high[apart], low[apart])
        while not np.array_equal(lower := first[first], first):
            first = lower
    return (np.cumsum(first == np.arange(n)) - 1)[first].astype(np.int32)


_FIELDS = frozenset(field.name for field in fields(WalkNetwork))
