"""A graph of OSMnx as a :class:`WalkNetwork`: its edges read, paired and joined."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.errors import Finding, Source, Text, input_error
from walkshed.streets.build import edge_lengths
from walkshed.streets.chains import Segments, join, met_on_foot, plain_nodes
from walkshed.streets.diagnosis import diagnose
from walkshed.streets.joint_ways import Twins, joint_ways
from walkshed.streets.network import WalkNetwork
from walkshed.streets.osmnx_graph import own_ends
from walkshed.streets.osmnx_parts import Arcs, Nodes, read_arcs, read_nodes, sphere_lengths
from walkshed.streets.rules import NO_BARRIER, WALL, is_directed

if TYPE_CHECKING:
    import networkx as nx
    from numpy.typing import NDArray

_ROUNDING_M = 0.001
_DIFFERENT = 0.01


@dataclass(slots=True)
class _Pieces:
    """Undirected edges with their shapes, before they are joined into chains."""

    u: NDArray[np.int64]
    v: NDArray[np.int64]
    code: NDArray[np.int32]
    way: NDArray[np.int64]
    length_m: NDArray[np.float64]
    ptr: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


def from_osmnx(graph: nx.MultiDiGraph, *, name: str = "") -> WalkNetwork:
    """Return the walkable streets of a graph of OSMnx, or of :func:`~walkshed.streets.osmnx_graph.to_osmnx`.

    Simplified or not, of any network type, in degrees or projected. Walkshed's own rules decide from
    the edges' tags who may walk where; an edge without any kind of way counts as a road. Both
    directions make one edge: one-way streets are for vehicles, only ``oneway:foot`` holds for
    walkers. Where simplifying has left a list of values, the alphabetically first counts, because
    OSMnx's own order is by chance. Edges without geometry are straight.

    Lengths are geodesic metres: missing ones are computed, and so are those that are only OSMnx's
    length of the same shape on a sphere (up to 0.4 % off). Any other length is kept.

    Parameters
    ----------
    graph
        A ``MultiDiGraph`` with ``crs``, nodes with ``x`` and ``y``; it is left as it is.
    name
        What messages call it; the graph's own name by default.

    Raises
    ------
    InputError
        The graph has no coordinate system, positions or lengths that are no numbers, or no walkable edge.

    Examples
    --------
    >>> import networkx as nx
    >>> graph = nx.MultiDiGraph(crs="EPSG:4326")
    >>> graph.add_nodes_from([(1, {"x": 120.25, "y": 31.57}), (2, {"x": 120.26, "y": 31.57})])
    >>> _ = graph.add_edge(1, 2, osmid=7, highway="residential", oneway=True)
    >>> from_osmnx(graph).edges()[["length_m", "kind", "way"]].values.tolist()
    [[949.315, 'residential', 7]]
    """
    title = name or str(graph.graph.get("name") or "OSMnx graph")
    nodes = read_nodes(graph, Source(title))
    arcs = read_arcs(graph, nodes, Source(title))
    counts = {"graph_edges": graph.number_of_edges(), "not_walkable": arcs.left_out}
    if not len(arcs.u):
        text = Text(
            "the graph holds no edge a person can walk on", "图中没有可步行的边（无可用的 highway 属性）"
        )
        raise input_error("streets.no_way", text, Source(title))
    pieces = _paired(arcs)
    counts |= {"streets": len(pieces.u), "lists": arcs.lists}
    counts |= _measure(pieces)
    network = _network(graph, nodes, pieces, counts=counts, name=title)
    said = _notices(counts, arcs, Source(title))
    return replace(network, notices=(*said, *diagnose(network)))


def _paired(arcs: Arcs) -> _Pieces:
    """Keep one of the edges that join the same nodes along the same line alike."""
    grid = np.rint(np.column_stack([arcs.lon, arcs.lat]) * 1e7).astype(np.int64)
    directed = is_directed(arcs.code).tolist()
    seen: dict[tuple[int, int, int, bytes], int] = {}
    first = np.empty(len(arcs.u), dtype=np.int64)
    ends = zip(arcs.u.tolist(), arcs.v.tolist(), arcs.code.tolist(), arcs.ptr[:-1], arcs.ptr[1:], strict=True)
    for number, (u, v, code, start, stop) in enumerate(ends):
        there, back = (u, v, code, grid[start:stop].tobytes()), (v, u, code, grid[start:stop][::-1].tobytes())
        key = there if directed[number] else min(there, back)
        first[number] = seen.setdefault(key, number)
    kept = np.unique(first)
    kept = kept[np.argsort(arcs.order[kept], kind="stable")]
    way = np.full(len(arcs.u), np.iinfo(np.int64).max)
    np.minimum.at(way, first, arcs.way)
    counts = np.diff(arcs.ptr)[kept]
    at = np.repeat(arcs.ptr[kept], counts) + _within(counts)
    ptr = np.concatenate([[0], np.cumsum(counts)])
    lon, lat = arcs.lon[at], arcs.lat[at]
    return _Pieces(arcs.u[kept], arcs.v[kept], arcs.code[kept], way[kept], arcs.length_m[kept], ptr, lon, lat)


def _within(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count from nought within each run."""
    return np.asarray(np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts))


def _measure(pieces: _Pieces) -> dict[str, int]:
    """Put in geodesic lengths for those that are missing or only the sphere's."""
    own = edge_lengths(pieces.lon, pieces.lat, pieces.ptr)
    given = pieces.length_m
    missing = np.isnan(given)
    close = _ROUNDING_M * np.diff(pieces.ptr) + 1e-6 * own
    sphere = np.abs(given - sphere_lengths(pieces.lon, pieces.lat, pieces.ptr)) <= close
    odd = np.abs(given - own) > np.maximum(close, _DIFFERENT * own)
    pieces.length_m = np.where(missing | sphere, own, given)
    return {
        "lengths_missing": int(missing.sum()),
        "lengths_of_sphere": int(sphere.sum()),
        "lengths_unlike_shape": int((odd & ~sphere).sum()),
    }


def _network(
    graph: nx.MultiDiGraph, nodes: Nodes, pieces: _Pieces, *, counts: dict[str, int], name: str
) -> WalkNetwork:
    """Cut at walls, join chains of plain nodes, and renumber the nodes that are left."""
    n = len(pieces.u)
    ends, origin = own_ends(np.concatenate([pieces.u, pieces.v]), nodes.barrier == WALL)
    areas = _areas(graph, nodes)
    # every edge is a segment of two places of its own: join() then only orders and turns them
    segments = Segments(2 * np.arange(n), ends[:n].copy(), ends[n:].copy(), pieces.code, pieces.way)
    keep = (nodes.barrier[origin] != NO_BARRIER) | met_on_foot(segments, nodes.crossing[origin])
    for *_, corners in areas:
        keep[corners] = True
    chains = join(segments, plain_nodes(segments, len(origin), keep))
    none = np.zeros(0, dtype=np.int64)
    joint = joint_ways(segments, chains, Twins(none, none))
    ptr, at, length_m = _laid_out(chains.ptr, chains.place, pieces)
    used, inverse = np.unique(np.concatenate([chains.u, chains.v]), return_inverse=True)
    new = np.full(len(origin), -1, dtype=np.int64)
    new[used] = np.arange(len(used))
    kept = [(*about, new[corners]) for *about, corners in areas]
    kept = [(*about, at[at >= 0]) for *about, at in kept if (at >= 0).any()]
    return WalkNetwork(
        node_lon=nodes.lon[origin[used]],
        node_lat=nodes.lat[origin[used]],
        node_barrier=nodes.barrier[origin[used]],
        node_crossing=nodes.crossing[origin[used]],
        edge_u=inverse[: len(chains.u)].astype(np.int32),
        edge_v=inverse[len(chains.u) :].astype(np.int32),
        edge_length_m=length_m,
        edge_code=chains.code,
        edge_way=chains.way,
        edge_joint=joint.row,
        joint_ptr=joint.ptr,
        joint_way=joint.way,
        coord_ptr=ptr,
        coord_lon=pieces.lon[at],
        coord_lat=pieces.lat[at],
        areas=tuple(shape for shape, *_ in kept),
        area_structure=np.array([structure for _, structure, *_ in kept], dtype=np.uint8),
        area_steps=np.array([steps for _, _, steps, _ in kept], dtype=bool),
        area_ptr=np.concatenate([[0], np.cumsum([len(c) for *_, c in kept])]).astype(np.int64),
        area_node=np.concatenate([np.zeros(0, np.int32), *(c for *_, c in kept)]).astype(np.int32),
        name=name,
        snapshot=str(graph.graph.get("created_date") or ""),
        counts=counts,
    )


def _laid_out(
    chain_ptr: NDArray[np.int64], place: NDArray[np.int64], pieces: _Pieces
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the edges' vertices as places in the pieces' vertices, and the edges' lengths."""
    first_place = np.zeros(len(place), dtype=bool)
    first_place[chain_ptr[:-1]] = True
    arrived = place[~first_place]  # a piece is entered at one of its two places and left at the other
    piece, backward = arrived >> 1, arrived & 1 == 0
    per_edge = np.diff(chain_ptr) - 1
    edge_first = np.cumsum(per_edge) - per_edge
    opening = np.zeros(len(piece), dtype=bool)
    opening[edge_first] = True
    size = np.diff(pieces.ptr)[piece]
    count = size - ~opening  # a joint is written once
    step = np.where(backward, -1, 1)
    begin = np.where(backward, pieces.ptr[piece] + size - 1, pieces.ptr[piece]) + np.where(opening, 0, step)
    at = np.repeat(begin, count) + np.repeat(step, count) * _within(count)
    ptr = np.concatenate([[0], np.cumsum(np.add.reduceat(count, edge_first))]).astype(np.int64)
    return ptr, at, np.add.reduceat(pieces.length_m[piece], edge_first)


def _areas(graph: nx.MultiDiGraph, nodes: Nodes) -> list[tuple[Any, int, bool, NDArray[np.int64]]]:
    """Return the pedestrian areas that ``to_osmnx`` noted: polygon, structure, steps, corners still there."""
    import shapely

    text = graph.graph.get("walkshed_areas")
    rows = [] if not text else json.loads(text)
    return [
        (
            shapely.from_wkb(row["wkb"]),
            int(row["structure"]),
            bool(row.get("steps", False)),
            np.array([nodes.number[node] for node in row["nodes"] if node in nodes.number], dtype=np.int64),
        )
        for row in rows
    ]


def _notices(counts: dict[str, int], arcs: Arcs, source: Source) -> list[Finding]:
    said = []
    if n := counts["not_walkable"]:
        text = Text(
            f"{n:,} edges of the graph are not for walkers; they were left out",
            f"图中有 {n:,} 条边不可步行，已略去",
        )
        said.append(Finding("streets.not_walkable", text, source))
    if n := counts["lists"]:
        text = Text(
            f"{n:,} edges of the graph are several ways in one; of their values the alphabetically first counts",
            f"图中有 {n:,} 条边由多条道路合并而成；多个取值中以字母顺序第一个为准",
        )
        said.append(Finding("streets.lists", text, source))
    if n := counts["lengths_unlike_shape"]:
        text = Text(
            f"{n:,} edges are more than 1 % longer or shorter than their shape; the graph's lengths were kept",
            f"{n:,} 条边的长度与其形状相差 1% 以上；已保留图中给出的长度",
        )
        said.append(Finding("streets.lengths_kept", text, source))
    if n := arcs.doubtful_oneway:
        text = Text(
            f"{n:,} edges are one-way for walkers in a direction that simplifying has lost; they are walked both ways",
            f"{n:,} 条边对行人单向，但合并后方向不明，按双向处理",
        )
        said.append(Finding("streets.oneway_unclear", text, source))
    return said
