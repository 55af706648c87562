"""The nodes and directed edges of a graph of OSMnx as flat arrays, in degrees."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.crs import WGS84, unproject
from walkshed.errors import Source, Text, input_error
from walkshed.streets.osmnx_graph import MAKER
from walkshed.streets.rules import KIND_CODE, NOT_WALKABLE, barrier_code, way_code

if TYPE_CHECKING:
    from collections.abc import Hashable

    import networkx as nx
    from numpy.typing import ArrayLike, NDArray

KINDS_OF_WAY = ("highway", "public_transport", "railway", "man_made")
"""The tags that say what a way is; an edge with none of them counts as a road."""

TAGS = (
    *KINDS_OF_WAY, "foot", "access", "motorroad", "sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right",
    "bridge", "tunnel", "layer", "oneway:foot", "area", "type",
)  # fmt: skip
"""Every tag that :func:`walkshed.streets.rules.way_code` asks for."""

_NODE_TAGS = ("barrier", "foot", "access", "locked")
_NOTHING = frozenset({"", "None", "nan", "NaN", "<NA>"})
_BOOLEAN = {"True": "yes", "False": "no"}
_SAME_DEG = 2e-7
_CROSSING = KIND_CODE["crossing_area"]
_SPHERE_M = 6_371_009.0  # OSMnx's own


@dataclass(slots=True)
class Nodes:
    """Positions in degrees, barriers, and the number of each of the graph's nodes."""

    number: dict[Hashable, int]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    barrier: NDArray[np.int8]


@dataclass(slots=True)
class Arcs:
    """The walkable directed edges, each turned into its OSM way's direction."""

    u: NDArray[np.int64]
    v: NDArray[np.int64]
    code: NDArray[np.int32]
    way: NDArray[np.int64]
    length_m: NDArray[np.float64]
    order: NDArray[np.int64]
    ptr: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    left_out: int
    lists: int
    doubtful_oneway: int


def word_of(value: object) -> str | None:
    """Return a tag's value as OSM writes it; of several the alphabetically first.

    Examples
    --------
    >>> word_of(["steps", "footway"]), word_of(True), word_of(float("nan")), word_of(2)
    ('footway', 'yes', None, '2')
    """
    if isinstance(value, list | tuple | set | frozenset):
        words = sorted(word for word in map(word_of, value) if word is not None)
        return words[0] if words else None
    text = str(value).strip()
    return None if text in _NOTHING else _BOOLEAN.get(text, text)


def read_nodes(graph: nx.MultiDiGraph, source: Source) -> Nodes:
    """Return the nodes; those that ``to_osmnx`` split at a closed gate are one again."""
    number: dict[Hashable, int] = {}
    gates: dict[str, int] = {}
    x, y, barrier = [], [], []
    for node, about in graph.nodes(data=True):
        gate = word_of(about.get("gate"))
        if gate is not None and gate in gates:
            number[node] = gates[gate]
            continue
        number[node] = len(x)
        if gate is not None:
            gates[gate] = len(x)
        x.append(_number(about.get("x"), source, f"node {node}", "x"))
        y.append(_number(about.get("y"), source, f"node {node}", "y"))
        barrier.append(barrier_code({key: word_of(about.get(key)) for key in _NODE_TAGS}))
    lon, lat = _degrees(graph, x, y, source)
    lost = ~(np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) <= 90) & (np.abs(lon) <= 180))
    if lost.any():
        row = int(np.flatnonzero(lost)[0])
        node = next(node for node, at in number.items() if at == row)
        text = Text(
            f"{int(lost.sum()):,} nodes have no place on earth in {graph.graph.get('crs')}, such as node {node}",
            f"{int(lost.sum()):,} 个节点在 {graph.graph.get('crs')} 下没有有效位置，如节点 {node}",
        )
        raise input_error("streets.graph_position", text, source)
    return Nodes(number, lon, lat, np.array(barrier, dtype=np.int8))


def read_arcs(graph: nx.MultiDiGraph, nodes: Nodes, source: Source) -> Arcs:
    """Return the edges that can be walked."""
    codes: dict[tuple[str | None, ...], int] = {}
    own = graph.graph.get("created_with") == MAKER
    rows: list[tuple[int, int, int, int, float, int, bool]] = []
    shapes: list[Any] = []
    left_out = lists = doubtful = 0
    for start, end, about in graph.edges(data=True):
        words = tuple(word_of(about.get(key)) if key in about else None for key in TAGS)
        if words not in codes:
            codes[words] = _code(words)
        code = codes[words]
        if code == NOT_WALKABLE:
            left_out += 1
            continue
        if about.get("kind") == "crossing_area":
            code = code & ~31 | _CROSSING
        turned = word_of(about.get("reversed")) == "yes"
        if code >> 8 & 3 and isinstance(about.get("reversed"), list):
            code, doubtful = code & ~(3 << 8), doubtful + 1
        lists += any(isinstance(about.get(key), list) for key in TAGS)
        where = f"edge {start}-{end}"
        length = _number(about.get("length"), source, where, "length")
        order = int(about["edge"]) if own and "edge" in about else len(rows)
        way = _osmid(about.get("osmid"))
        rows.append((nodes.number[start], nodes.number[end], code, way, length, order, turned))
        shapes.append(_line(about.get("geometry"), source, where))
    u, v, code, way, length, order, turned = zip(*rows, strict=True) if rows else ((),) * 7
    ends = np.array(u, dtype=np.int64), np.array(v, dtype=np.int64)
    turn = np.array(turned, dtype=bool)
    ptr, lon, lat = _shapes(graph, nodes, ends, shapes, turn, source)
    stays = (ends[0] == ends[1]) & (np.diff(ptr) == 2)
    arcs = Arcs(
        u=np.where(turn, ends[1], ends[0]),
        v=np.where(turn, ends[0], ends[1]),
        code=np.array(code, dtype=np.int32),
        way=np.array(way, dtype=np.int64),
        length_m=np.array(length, dtype=np.float64),
        order=np.array(order, dtype=np.int64),
        ptr=ptr,
        lon=lon,
        lat=lat,
        left_out=left_out,
        lists=lists,
        doubtful_oneway=doubtful,
    )
    return _without(arcs, stays) if stays.any() else arcs
