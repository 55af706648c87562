"""From the ways of an OSM file to a :class:`WalkNetwork`: split, cut, cross, join."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.errors import Finding, Source, Text, input_error
from walkshed.geodesy import distance_m
from walkshed.osm import Ways
from walkshed.osm_opl import MISSING
from walkshed.streets.areas import Area, crossings, polygons_of, simple_polygons, with_useful_corners
from walkshed.streets.chains import Chains, Segments, join, met_on_foot, plain_nodes
from walkshed.streets.grounds import grounds_of
from walkshed.streets.joint_ways import JointWays, Twins, joint_ways
from walkshed.streets.network import WalkNetwork
from walkshed.streets.rules import (
    AREA_BIT,
    INCLINE_SHIFT,
    KIND_CODE,
    MARK_BARRIER,
    MARK_CROSSING_SHIFT,
    NO_BARRIER,
    WALL,
    WHEELS_BIT,
    is_directed,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROUNDING_DEG = 2e-7
_CROSSING = KIND_CODE["crossing_area"]


@dataclass(slots=True)
class _Nodes:
    """The distinct nodes of the ways, and the node at each place of the reader's arrays (-1: missing)."""

    ref: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    barrier: NDArray[np.int8]
    crossing: NDArray[np.int8]
    at: NDArray[np.int64]


@dataclass(slots=True)
class _Outline:
    """The lines that bound an area, as node numbers (-1: missing), each with whether it bounds a hole."""

    way: int
    code: int
    parts: list[tuple[NDArray[np.int64], bool]]

    def nodes(self) -> set[int]:
        return {node for ring, _ in self.parts for node in ring.tolist()}


def build_network(ways: Ways, *, name: str = "") -> WalkNetwork:
    """Build the network of an OSM file's walkable ways.

    Ways are split where nodes are missing, cut at walls, pedestrian areas are crossed, and chains of
    plain nodes are joined into edges.

    Raises
    ------
    InputError
        No walkable way is left.
    """
    ways = _with_area_outlines(ways)
    nodes = _distinct_nodes(ways)
    segments, twins, counts = _segments(ways, nodes)
    counts["ways_split"] = _ways_with_missing_nodes(ways)
    areas, broken = _areas(ways, nodes, segments)
    counts |= {"areas": len(areas), "areas_not_closed": broken}
    if not len(segments.at):
        raise input_error(
            "streets.no_way",
            Text(
                "the file holds no way a person can walk on: no highway=* way that is open to walkers and has its nodes",
                "文件中没有可步行的道路：没有向行人开放且带节点的 highway=* 道路",
            ),
            Source(name),
        )
    keep = (nodes.barrier != NO_BARRIER) | met_on_foot(segments, nodes.crossing)
    for area in areas:
        keep[area.corners] = True
    segments = _only_outlines(segments, areas, nodes)
    wall = _cut_walls(segments, nodes)
    counts["walls"] = len(np.unique(wall))
    n_all = len(nodes.ref) + len(wall)
    keep = np.concatenate([keep, np.ones(len(wall), dtype=bool)])
    chains = join(segments, plain_nodes(segments, n_all, keep))
    joint = joint_ways(segments, chains, twins)
    return _network(chains, areas, nodes, wall, ways, joint=joint, counts=counts, name=name)


def _with_area_outlines(ways: Ways) -> Ways:
    """Add the outlines of multipolygon areas as ways, since their members often carry no tag."""
    rings = [(area.relation, area.code, *area.rings[ref]) for area in ways.areas for ref in area.rings]
    if not rings:
        return ways
    return Ways(
        way=np.concatenate([ways.way, [-relation for relation, *_ in rings]]).astype(np.int64),
        code=np.concatenate([ways.code, [code for _, code, *_ in rings]]).astype(np.int32),
        start=np.concatenate(
            [ways.start, ways.start[-1] + np.cumsum([len(refs) for _, _, refs, _, _ in rings])]
        ),
        ref=np.concatenate([ways.ref, *(refs for _, _, refs, _, _ in rings)]),
        x=np.concatenate([ways.x, *(x for *_, x, _ in rings)]),
        y=np.concatenate([ways.y, *(y for *_, y in rings)]),
        marked=ways.marked,
        mark=ways.mark,
        areas=ways.areas,
        snapshot=ways.snapshot,
        grounds=ways.grounds,
    )


def _distinct_nodes(ways: Ways) -> _Nodes:
    valid = ways.x != MISSING
    ref, first, inverse = np.unique(ways.ref[valid], return_index=True, return_inverse=True)
    at = np.full(len(ways.ref), -1, dtype=np.int64)
    at[valid] = inverse
    mark = np.zeros(len(ref), dtype=np.int8)
    if len(ref):
        where = np.minimum(np.searchsorted(ref, ways.marked), len(ref) - 1)
        found = ref[where] == ways.marked
        mark[where[found]] = ways.mark[found]
    lon, lat = ways.x[valid][first] / 1e7, ways.y[valid][first] / 1e7
    # a division, not a product with 1e-7: these are the very doubles every other OSM reader makes
    return _Nodes(ref, lon, lat, mark & MARK_BARRIER, mark >> MARK_CROSSING_SHIFT, at)


def _segments(ways: Ways, nodes: _Nodes) -> tuple[Segments, Twins, dict[str, int]]:
    """Return the straight pieces between successive nodes, without repeated ones, and which ways repeat them."""
    way_at = np.repeat(np.arange(len(ways.way)), np.diff(ways.start))
    at = np.flatnonzero((way_at[:-1] == way_at[1:]) & (nodes.at[:-1] >= 0) & (nodes.at[1:] >= 0))
    u, v = nodes.at[at], nodes.at[at + 1]
    stays = u == v
    at, u, v = at[~stays], u[~stays], v[~stays]
    code = ways.code[way_at[at]]
    directed = is_directed(code)
    low, high = np.where(directed, u, np.minimum(u, v)), np.where(directed, v, np.maximum(u, v))
    link, alike = low * len(nodes.ref) + high, code & ~AREA_BIT
    order = np.lexsort((alike, link))  # which leaves equal ones in their order
    once = np.ones(len(at), dtype=bool)
    same = (link[order[1:]] == link[order[:-1]]) & (alike[order[1:]] == alike[order[:-1]])
    once[order[1:][same]] = False
    kept = order[np.maximum.accumulate(np.where(np.concatenate([[True], ~same]), np.arange(len(order)), 0))]
    again = np.flatnonzero(~once[order])
    twins = Twins(at[kept[again]], ways.way[way_at[at[order[again]]]])
    counts = {
        "ways": len(ways.way),
        "segments": int(once.sum()),
        "segments_repeated": int((~once).sum()),
        "segments_of_no_length": int(stays.sum()),
    }
    return Segments(at[once], u[once], v[once], code[once], ways.way[way_at[at[once]]]), twins, counts


def _ways_with_missing_nodes(ways: Ways) -> int:
    way_at = np.repeat(np.arange(len(ways.way)), np.diff(ways.start))
    return len(np.unique(way_at[ways.x == MISSING]))


def _outlines(ways: Ways, nodes: _Nodes) -> list[_Outline]:
    found = []
    for way in np.flatnonzero((ways.code & AREA_BIT > 0) & (ways.way > 0)).tolist():
        ring = nodes.at[ways.start[way] : ways.start[way + 1]]
        found.append(_Outline(int(ways.way[way]), int(ways.code[way]), [(ring, False)]))
    for area in ways.areas:
        if area.code & AREA_BIT == 0:
            continue
        lost = [(np.array([-1]), False) for ref, _ in area.members if ref not in area.rings]
        parts = lost + [
            (np.where(x == MISSING, -1, np.searchsorted(nodes.ref, refs)), role == "inner")
            for ref, role in area.members
            if ref in area.rings
            for refs, x, _ in [area.rings[ref]]
        ]
        found.append(_Outline(-area.relation, area.code, parts))
    return found


def _areas(ways: Ways, nodes: _Nodes, segments: Segments) -> tuple[list[Area], int]:
    """Return the crossable areas (closed ways with area=yes, and multipolygon relations) and how many do not close."""
    outlines = _outlines(ways, nodes)
    other = segments.code & AREA_BIT == 0
    on_street = np.zeros(len(nodes.ref), dtype=bool)
    on_street[segments.u[other]] = on_street[segments.v[other]] = True
    none = np.zeros(0, dtype=np.int64)
    every = [np.array(sorted(one.nodes()), dtype=np.int64) for one in outlines]
    uses = np.bincount(np.concatenate([none, *(own[own >= 0] for own in every)]), minlength=len(nodes.ref))
    at = np.column_stack([nodes.lon, nodes.lat])
    whole = [len(own) > 0 and own[0] >= 0 for own in every]
    sole = [
        one.parts[0][0] if full and len(one.parts) == 1 else none
        for one, full in zip(outlines, whole, strict=True)
    ]
    areas, broken = [], 0
    simple = simple_polygons([at[ring] for ring in sole])
    for outline, own, full, polygon in zip(outlines, every, whole, simple, strict=True):
        polygons = [] if polygon is None else [polygon]
        if full and not polygons:
            polygons = polygons_of([(at[ring], hole) for ring, hole in outline.parts])
        broken += not polygons
        for one in polygons:
            corners = own if len(polygons) == 1 else own[_on_outline(one, *at[own].T)]
            shared = on_street[corners] | (uses[corners] > 1)
            areas.append(Area(one, corners, shared, outline.way, outline.code))
    return with_useful_corners(areas, nodes.lon, nodes.lat), broken


def _on_outline(polygon: Any, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    import shapely

    return np.asarray(shapely.intersects(polygon.boundary, shapely.points(lon, lat)), dtype=bool)


def _only_outlines(segments: Segments, areas: list[Area], nodes: _Nodes) -> Segments:
    """Leave out the lines of multipolygons that bound nothing, as between two holes that touch."""
    import shapely

    keep = np.ones(len(segments.at), dtype=bool)
    for way in {area.way for area in areas if area.way < 0}:
        own = np.flatnonzero(segments.way == way)
        bounds = shapely.union_all([area.polygon.boundary for area in areas if area.way == way])
        u, v = segments.u[own], segments.v[own]
        middle = shapely.points((nodes.lon[u] + nodes.lon[v]) / 2, (nodes.lat[u] + nodes.lat[v]) / 2)
        keep[own] = shapely.dwithin(bounds, middle, _ROUNDING_DEG)
    return Segments(
        segments.at[keep], segments.u[keep], segments.v[keep], segments.code[keep], segments.way[keep]
    )


def _cut_walls(segments: Segments, nodes: _Nodes) -> NDArray[np.int64]:
    """Give each segment its own end where it meets a wall; returns the walled node behind each new end."""
    made: list[NDArray[np.int64]] = []
    n = len(nodes.ref)
    for ends in (segments.u, segments.v):
        hit = np.flatnonzero(nodes.barrier[ends] == WALL)
        made.append(ends[hit].copy())
        ends[hit] = n + np.arange(len(hit))
        n += len(hit)
    return np.concatenate(made)


def _network(
    chains: Chains,
    areas: list[Area],
    nodes: _Nodes,
    wall: NDArray[np.int64],
    ways: Ways,
    *,
    joint: JointWays,
    counts: dict[str, int],
    name: str,
) -> WalkNetwork:
    """Renumber the nodes that are left and gather the edges' shapes."""
    lon, lat = np.concatenate([nodes.lon, nodes.lon[wall]]), np.concatenate([nodes.lat, nodes.lat[wall]])
    barrier = np.concatenate([nodes.barrier, np.full(len(wall), WALL, np.int8)])
    crossing = np.concatenate([nodes.crossing, nodes.crossing[wall]])
    stepped = np.array([not wheels_cross(area.code) for area in areas], dtype=bool)
    which, pairs, counts["areas_simplified"] = crossings(areas, lon, lat)
    line_code = np.array([line_across(area.code) for area in areas], np.int32)[which]
    line_way = np.array([area.way for area in areas], np.int64)[which]

    u, v = np.concatenate([chains.u, pairs[:, 0]]), np.concatenate([chains.v, pairs[:, 1]])
    used, inverse = np.unique(np.concatenate([u, v]), return_inverse=True)
    place_lon, place_lat = ways.x[chains.place] / 1e7, ways.y[chains.place] / 1e7
    coord_lon = np.concatenate([place_lon, lon[pairs].ravel()])
    coord_lat = np.concatenate([place_lat, lat[pairs].ravel()])
    ptr = np.concatenate([chains.ptr, chains.ptr[-1] + 2 * np.arange(1, len(pairs) + 1)])
    new = np.full(len(lon), -1, dtype=np.int64)
    new[used] = np.arange(len(used))
    grounds, said = grounds_of(ways.grounds, name=name)
    corners = [kept[kept >= 0] for kept in (new[area.corners] for area in areas)]
    return WalkNetwork(
        node_lon=lon[used],
        node_lat=lat[used],
        node_barrier=barrier[used],
        node_crossing=crossing[used],
        edge_u=inverse[: len(u)].astype(np.int32),
        edge_v=inverse[len(u) :].astype(np.int32),
        edge_length_m=edge_lengths(coord_lon, coord_lat, ptr),
        edge_code=np.concatenate([chains.code, line_code]).astype(np.int32),
        edge_way=np.concatenate([chains.way, line_way]),
        edge_joint=np.concatenate([joint.row, np.zeros(len(pairs), dtype=np.int32)]),
        joint_ptr=joint.ptr,
        joint_way=joint.way,
        coord_ptr=ptr,
        coord_lon=coord_lon,
        coord_lat=coord_lat,
        areas=tuple(area.polygon for area in areas),
        area_structure=np.array([area.code >> 5 & 3 for area in areas], dtype=np.uint8),
        area_steps=stepped,
        area_ptr=np.concatenate([[0], np.cumsum([len(c) for c in corners])]).astype(np.int64),
        area_node=np.concatenate([np.zeros(0, np.int32), *corners]).astype(np.int32),
        name=name,
        snapshot=ways.snapshot,
        counts=counts,
        notices=(*_notices(counts, name), *said),
        grounds=grounds,
    )


def line_across(code: int) -> int:
    """Return the packed attributes of a straight line across an area of a way's code."""
    line = code & ~31 & ~(3 << INCLINE_SHIFT) & ~WHEELS_BIT | _CROSSING
    return line if wheels_cross(code) else line | WHEELS_BIT


def wheels_cross(code: int) -> bool:
    """Tell whether a wheelchair gets across an area: not over steps without a ramp, nor where ``wheelchair=no``."""
    return (code & 31 == KIND_CODE["steps"]) == (code & WHEELS_BIT > 0)


def edge_lengths(
    lon: NDArray[np.float64], lat: NDArray[np.float64], ptr: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Geodesic length in metres of each edge, whose vertices ``ptr`` bounds."""
    pieces = distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
    pieces[ptr[1:-1] - 1] = 0.0  # from one edge's last vertex to the next one's first
    return np.asarray(np.add.reduceat(np.append(pieces, 0.0), ptr[:-1]))


def _notices(counts: dict[str, int], name: str) -> list[Finding]:
    source = Source(name)
    said = []
    if n := counts["ways_split"]:
        text = Text(
            f"{n:,} ways refer to nodes that are not in the file (a clipped extract); each was split there",
            f"{n:,} 条道路引用了文件中没有的节点（裁剪的数据），已在该处断开",
        )
        said.append(Finding("streets.clipped", text, source))
    if n := counts["segments_repeated"]:
        text = Text(
            f"{n:,} street segments are drawn twice; each counts once", f"{n:,} 段道路重复绘制，只计一次"
        )
        said.append(Finding("streets.repeated", text, source))
    if n := counts["segments_of_no_length"]:
        text = Text(
            f"{n:,} street segments join a node to itself; they were left out",
            f"{n:,} 段道路首尾为同一节点，已略去",
        )
        said.append(Finding("streets.no_length", text, source))
    if n := counts["areas_not_closed"]:
        text = Text(
            f"{n:,} pedestrian areas have no closed outline in the file; only their outlines are walked",
            f"{n:,} 个步行广场的边界不闭合，只能沿边行走",
        )
        said.append(Finding("streets.area_open", text, source))
    if n := counts["areas_simplified"]:
        text = Text(
            f"{n:,} pedestrian areas have so many corners that not all are joined; walks across them may be too long",
            f"{n:,} 个步行广场边界点过多，未全部连通，穿越步行距离可能偏长",
        )
        said.append(Finding("streets.area_simplified", text, source))
    return said
