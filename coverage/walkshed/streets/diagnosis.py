"""What is odd about a network: pieces cut off, dead ends, paths that cross a road without meeting it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.crs import unproject
from walkshed.errors import Finding, Source, Text
from walkshed.streets.network import BIG_COMPONENT_M
from walkshed.streets.rules import KIND_CODE, WALL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.streets.network import WalkNetwork

_PATHS = [KIND_CODE[name] for name in ("footway", "path", "pedestrian", "steps", "bridleway", "cycleway")]
_ROADS = [
    KIND_CODE[name] for name in ("residential", "unclassified", "tertiary", "secondary", "primary", "trunk")
]
_MOST_ROWS = 200
_NEAR_MISS_M = 1.5
_DETOUR_M = 10.0


def diagnose(network: WalkNetwork) -> list[Finding]:
    """Return what a planner should know or mend about the streets, each with its place."""
    return [*_pieces(network), *_dead_ends(network), *_near_misses(network), *_unmet_crossings(network)]


def _at(network: WalkNetwork, lon: float, lat: float, way: int = 0) -> Source:
    where = f"{lon:.6f},{lat:.6f}"
    return Source(network.name, value=f"way {way} @ {where}" if way > 0 else where)


def _pieces(network: WalkNetwork) -> list[Finding]:
    lengths = network.component_length_m
    if len(lengths) < 2:
        return []
    text = Text(
        f"the streets fall into {len(lengths):,} pieces that do not meet; the longest holds "
        f"{lengths.max() / lengths.sum():.1%} of {lengths.sum() / 1000:,.1f} km; "
        f"{int((lengths < BIG_COMPONENT_M).sum()):,} are shorter than 500 m in all",
        f"道路分为互不相连的 {len(lengths):,} 片；最长一片占总长 {lengths.sum() / 1000:,.1f} 公里的 "
        f"{lengths.max() / lengths.sum():.1%}；其中 {int((lengths < BIG_COMPONENT_M).sum()):,} 片总长不足 500 米",
    )
    found = [Finding("streets.pieces", text, Source(network.name))]
    second = np.argsort(lengths)[::-1][1 : 1 + 20]
    for piece in second[lengths[second] >= BIG_COMPONENT_M].tolist():
        node = int(np.flatnonzero(network.component == piece)[0])
        here = Text(
            f"{lengths[piece] / 1000:,.1f} km of streets are cut off from the main piece",
            f"{lengths[piece] / 1000:,.1f} 公里道路与主路网不相连",
        )
        at = _at(network, network.node_lon[node], network.node_lat[node])
        found.append(Finding("streets.cut_off", here, at))
    return found


def _dead_ends(network: WalkNetwork) -> list[Finding]:
    degree = np.bincount(np.concatenate([network.edge_u, network.edge_v]), minlength=network.n_nodes)
    n = int((degree == 1).sum())
    if not n:
        return []
    text = Text(f"{n:,} streets end in a dead end", f"{n:,} 处断头路")
    return [Finding("streets.dead_ends", text, Source(network.name))]


def _near_misses(network: WalkNetwork) -> list[Finding]:
    """Dead ends that stop just short of another street: mostly a drawing fault."""
    import shapely

    ends = np.concatenate([network.edge_u, network.edge_v])
    degree = np.bincount(ends, minlength=network.n_nodes)
    dead = np.flatnonzero((degree == 1) & (network.node_barrier != WALL))
    points = shapely.points(*network.index.project(network.node_lon[dead], network.node_lat[dead]))
    own = network.edge_at_node[0][dead]
    near = {"predicate": "dwithin", "distance": _NEAR_MISS_M}
    at, edge = shapely.STRtree(network.index.lines).query(points, **near)
    foot = shapely.line_locate_point(network.index.lines[edge], points[at])
    apart = network.edge_layer[edge] == network.edge_layer[own[at]]
    apart &= (edge != own[at]) & (_walk_between(network, own[at], edge, foot) > _DETOUR_M)
    one, other = shapely.STRtree(points).query(points, **near)  # a loop whose own two ends miss each other
    open_loop = (one != other) & (own[one] == own[other]) & (network.edge_length_m[own[one]] > _DETOUR_M)
    number = np.concatenate([at[apart], one[open_loop]])
    beside = np.concatenate([edge[apart], own[other[open_loop]]])
    number, first = np.unique(number, return_index=True)
    node, beside = dead[number], beside[first]
    if not len(node):
        return []
    text = Text(
        f"{len(node):,} dead ends stop less than {_NEAR_MISS_M:g} m from another street; walks do not cross the gap",
        f"{len(node):,} 处断头路距另一条道路不足 {_NEAR_MISS_M:g} 米，但并未相连，步行路径不会跨越",
    )
    found = [Finding("streets.near_misses", text, Source(network.name))]
    for n, e in zip(node[:_MOST_ROWS].tolist(), beside[:_MOST_ROWS].tolist(), strict=True):
        way = int(network.edge_way[network.edge_at_node[0][n]])
        here = Text(
            f"way {way} ends just short of way {network.edge_way[e]}",
            f"道路 {way} 的端点紧邻道路 {network.edge_way[e]} 但未相连",
        )
        found.append(
            Finding("streets.near_miss", here, _at(network, network.node_lon[n], network.node_lat[n], way))
        )
    return found


def _walk_between(
    network: WalkNetwork, dead_end: NDArray[np.int64], edge: NDArray[np.int64], foot_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Metres from a dead end to a point on an edge that meets the dead end's own; infinite if it does not."""
    u, v = network.edge_u, network.edge_v
    at_u = (u[edge] == u[dead_end]) | (u[edge] == v[dead_end])
    at_v = (v[edge] == u[dead_end]) | (v[edge] == v[dead_end])
    rest = network.edge_length_m[edge] - foot_m
    along = np.minimum(np.where(at_u, foot_m, np.inf), np.where(at_v, rest, np.inf))
    return np.asarray(network.edge_length_m[dead_end] + along)


def _unmet_crossings(network: WalkNetwork) -> list[Finding]:
    """Paths drawn across a road on the same level without a common node: nobody can turn there."""
    import shapely

    ground = network.edge_structure == 0
    paths = np.flatnonzero(np.isin(network.edge_kind, _PATHS) & ground)
    roads = np.flatnonzero(np.isin(network.edge_kind, _ROADS) & ground)
    lines = network.index.lines
    at_path, at_road = shapely.STRtree(lines[roads]).query(lines[paths], predicate="crosses")
    path, road = paths[at_path], roads[at_road]
    level = network.edge_layer[path] == network.edge_layer[road]
    path, road = path[level], road[level]
    if not len(path):
        return []
    text = Text(
        f"{len(path):,} paths cross a road on the same level without meeting it; walks cannot turn there",
        f"{len(path):,} 处步道与同层道路相交却没有共同节点，无法在该处转弯",
    )
    found = [Finding("streets.unmet_crossings", text, Source(network.name))]
    meet = shapely.point_on_surface(shapely.intersection(lines[path[:_MOST_ROWS]], lines[road[:_MOST_ROWS]]))
    lon, lat = unproject(shapely.get_x(meet), shapely.get_y(meet), network.index.crs)
    for p, r, x, y in zip(path.tolist(), road.tolist(), lon.tolist(), lat.tolist(), strict=False):
        here = Text(
            f"way {network.edge_way[p]} crosses way {network.edge_way[r]} without a common node",
            f"道路 {network.edge_way[p]} 与 {network.edge_way[r]} 相交但没有共同节点",
        )
        found.append(Finding("streets.unmet_crossing", here, _at(network, x, y, int(network.edge_way[p]))))
    return found
