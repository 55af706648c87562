"""The nodes and directed edges of a graph of OSMnx as flat arrays, in degrees."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.crs import WGS84, unproject
from walkshed.errors import InputError, Source, Text, input_error
from walkshed.streets.osmnx_graph import MAKER
from walkshed.streets.rules import (
    INCLINE_SHIFT,
    KIND_CODE,
    MARK_BARRIER,
    MARK_CROSSING_SHIFT,
    NOT_WALKABLE,
    node_mark,
    way_code,
)

if TYPE_CHECKING:
    from collections.abc import Hashable

    import networkx as nx
    from numpy.typing import ArrayLike, NDArray

KINDS_OF_WAY = ("highway", "public_transport", "railway", "man_made")
"""The tags that say what a way is; an edge with none of them counts as a road."""

TAGS = (
    *KINDS_OF_WAY, "foot", "access", "motorroad", "sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right",
    "bridge", "tunnel", "layer", "oneway:foot", "area", "type", "incline", "wheelchair", "ramp:wheelchair",
)  # fmt: skip
"""Every tag that :func:`walkshed.streets.rules.way_code` asks for."""

_NODE_TAGS = ("barrier", "foot", "access", "locked", "highway", "crossing", "crossing:signals")
_NOTHING = frozenset({"", "None", "nan", "NaN", "<NA>"})
_BOOLEAN = {"True": "yes", "False": "no"}
_SAME_DEG = 2e-7
_CROSSING = KIND_CODE["crossing_area"]
_ROW = [
    ("u", "i8"),
    ("v", "i8"),
    ("code", "i4"),
    ("way", "i8"),
    ("length_m", "f8"),
    ("order", "i8"),
    ("turned", "?"),
]
_SPHERE_M = 6_371_009.0  # OSMnx's own


@dataclass(slots=True)
class Nodes:
    """Positions in degrees, barriers, crossings, and the number of each of the graph's nodes."""

    number: dict[Hashable, int]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    barrier: NDArray[np.int8]
    crossing: NDArray[np.int8]


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
    if isinstance(value, (list, tuple, set, frozenset)):
        words = sorted(word for word in map(word_of, value) if word is not None)
        return words[0] if words else None
    text = str(value).strip()
    return None if text in _NOTHING else _BOOLEAN.get(text, text)


def read_nodes(graph: nx.MultiDiGraph, source: Source) -> Nodes:
    """Return the nodes; those that ``to_osmnx`` split at a closed gate are one again."""
    number: dict[Hashable, int] = {}
    gates: dict[str, int] = {}
    x: list[float] = []
    y: list[float] = []
    marks: list[int] = []
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
        marks.append(node_mark({key: word_of(about.get(key)) for key in _NODE_TAGS}))
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
    mark = np.array(marks, dtype=np.int8)
    return Nodes(number, lon, lat, mark & MARK_BARRIER, mark >> MARK_CROSSING_SHIFT)


def read_arcs(graph: nx.MultiDiGraph, nodes: Nodes, source: Source) -> Arcs:
    """Return the edges that can be walked."""
    codes: dict[tuple[str | None, ...], int] = {}
    own = graph.graph.get("created_with") == MAKER
    rows: list[tuple[int, int, int, int, float, int, bool]] = []
    lines: list[Any] = []
    tally = {"left_out": 0, "lists": 0, "doubtful_oneway": 0}
    for start, end, about in graph.edges(data=True):
        words = tuple([word_of(about[key]) if key in about else None for key in TAGS])
        if words not in codes:
            codes[words] = _code(words)
        code, where = codes[words], f"edge {start}-{end}"
        line = _line(about.get("geometry"), source, where)
        first, second = nodes.number[start], nodes.number[end]
        if code == NOT_WALKABLE or (first == second and line is None):
            tally["left_out"] += 1
            continue
        if about.get("kind") == "crossing_area":
            code = code & ~31 & ~(3 << INCLINE_SHIFT) | _CROSSING
        if isinstance(about.get("reversed"), list):
            tally["doubtful_oneway"] += code >> 8 & 3 > 0
            code &= ~(3 << 8 | 3 << INCLINE_SHIFT)
        tally["lists"] += any(isinstance(value, list) and key in TAGS for key, value in about.items())
        length = _number(about.get("length"), source, where, "length")
        if length < 0:
            raise _no_number(about["length"], source, where, "length")
        order = _lowest(about.get("edge")) if own else len(rows)
        turned = word_of(about.get("reversed")) == "yes"
        rows.append((first, second, code, _lowest(about.get("osmid")), length, order, turned))
        lines.append(line)
    table = np.array(rows, dtype=_ROW)
    turn = table["turned"]
    ptr, lon, lat = _shapes(graph, nodes, table["u"], table["v"], np.array(lines, dtype=object), turn=turn)
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        text = Text("an edge's geometry has coordinates that are no place on earth", "边的几何坐标无效")
        raise input_error("streets.graph_position", text, source)
    return Arcs(
        u=np.where(turn, table["v"], table["u"]),
        v=np.where(turn, table["u"], table["v"]),
        code=table["code"],
        way=table["way"],
        length_m=table["length_m"],
        order=table["order"],
        ptr=ptr,
        lon=lon,
        lat=lat,
        **tally,
    )


def _code(words: tuple[str | None, ...]) -> int:
    tags = dict(zip(TAGS, words, strict=True))
    if not any(tags[key] for key in KINDS_OF_WAY):
        tags["highway"] = "road"
    return way_code(tags)


def _lowest(value: object) -> int:
    """Return the lowest of one or several whole numbers, 0 where there is none."""
    if type(value) is int:
        return value
    found = []
    for item in value if isinstance(value, list | tuple | set) else [value]:
        try:
            found.append(int(str(item)))
        except ValueError:
            continue
    return min(found, default=0)


def _number(value: object, source: Source, where: str, column: str) -> float:
    if value is None:
        return math.nan
    try:
        number = float(value if isinstance(value, (int, float)) else str(value))
    except ValueError:
        raise _no_number(value, source, where, column) from None
    return number if math.isfinite(number) else math.nan


def _no_number(value: object, source: Source, where: str, column: str) -> InputError:
    text = Text(f"{where}: {column} should be a number", f"{where}：{column} 应为数字")
    if column == "length":
        text = Text(
            f"{where}: length should be metres, nought or more", f"{where}：length 应为不小于 0 的米数"
        )
    return input_error("streets.graph_number", text, source.at(column=column, value=value))


def _line(geometry: Any, source: Source, where: str) -> Any:
    """Return an edge's LineString, or None where it is straight."""
    if geometry is None or isinstance(geometry, float):
        return None
    import shapely

    line = shapely.from_wkt(geometry) if isinstance(geometry, str) else geometry
    if not isinstance(line, shapely.LineString):
        kind = getattr(line, "geom_type", type(line).__name__)
        text = Text(
            f"{where}: geometry should be a LineString, not a {kind}",
            f"{where}：几何应为 LineString，而不是 {kind}",
        )
        raise input_error("streets.graph_geometry", text, source)
    return None if line.is_empty else line


def _degrees(
    graph: nx.MultiDiGraph, x: ArrayLike, y: ArrayLike, source: Source
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    crs = graph.graph.get("crs")
    if crs is None:
        text = Text(
            'the graph does not say its coordinate system; set graph.graph["crs"]',
            '图没有坐标系信息；请设置 graph.graph["crs"]',
        )
        raise input_error("crs.missing", text, source)
    if str(crs).upper() == WGS84:
        return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    try:
        return unproject(x, y, crs)
    except RuntimeError as error:  # pyproj's CRSError
        text = Text(f"the graph's crs {crs!s:.80} is no known system", f"无法识别图的坐标系 {crs!s:.80}")
        raise input_error("crs.unknown", text, source) from error


def _shapes(
    graph: nx.MultiDiGraph,
    nodes: Nodes,
    u: NDArray[np.int64],
    v: NDArray[np.int64],
    shapes: NDArray[np.object_],
    *,
    turn: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the edges' vertices from node to node, those of turned edges backwards."""
    import shapely

    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    at = np.column_stack(_degrees(graph, xy[:, 0], xy[:, 1], Source()))
    place = np.column_stack([nodes.lon, nodes.lat])
    size = np.bincount(owner, minlength=len(u))
    stop = np.cumsum(size)
    start = stop - size
    some = size > 0
    backward = np.zeros(len(u), dtype=bool)  # an undirected edge may be drawn from its second node
    first, last = at[start[some]], at[stop[some] - 1]
    ahead = _apart(first, place[u[some]]) + _apart(last, place[v[some]])
    backward[some] = _apart(first, place[v[some]]) + _apart(last, place[u[some]]) < ahead
    at, counts = at[_runs(start, size, backward)], size
    kept = np.ones(len(at), dtype=bool)  # the line's ends are the nodes, said once
    kept[start[some]] = _apart(at[start[some]], place[u[some]]) > _SAME_DEG
    kept[stop[some] - 1] &= _apart(at[stop[some] - 1], place[v[some]]) > _SAME_DEG
    counts = np.bincount(owner[kept], minlength=len(u)) + 2
    ptr = np.concatenate([[0], np.cumsum(counts)])
    out = np.empty((int(ptr[-1]), 2))
    inner = np.ones(len(out), dtype=bool)
    inner[ptr[:-1]] = inner[ptr[1:] - 1] = False
    out[ptr[:-1]], out[ptr[1:] - 1], out[inner] = place[u], place[v], at[kept]
    out = out[_runs(ptr[:-1], counts, turn)]
    return ptr, out[:, 0].copy(), out[:, 1].copy()


def _apart(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.abs(a - b).max(axis=1, initial=0.0))


def _runs(
    start: NDArray[np.int64], size: NDArray[np.int64], backward: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the places of runs one after another, those that are backward from their end."""
    within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    turned = np.repeat(backward, size)
    return np.repeat(start, size) + np.where(turned, np.repeat(size, size) - 1 - within, within)


def sphere_lengths(
    lon: NDArray[np.float64], lat: NDArray[np.float64], ptr: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return what OSMnx measures for each edge's shape: the haversine length on a sphere."""
    x, y = np.radians(lon), np.radians(lat)
    half = np.sin(np.diff(y) / 2) ** 2 + np.cos(y[:-1]) * np.cos(y[1:]) * np.sin(np.diff(x) / 2) ** 2
    pieces = 2 * _SPHERE_M * np.arcsin(np.sqrt(np.minimum(1.0, half)))
    pieces[ptr[1:-1] - 1] = 0.0  # from one edge's last vertex to the next one's first
    return np.asarray(np.add.reduceat(np.append(pieces, 0.0), ptr[:-1]))
