"""The line of a single walk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.profiles import ADULT
from walkshed.streets.ties import MAX_SNAP_M, Ties, points_of, tie
from walkshed.walking.direct import direct_walks
from walkshed.walking.graph import SearchGraph
from walkshed.walking.tiles import with_sources

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.profiles import Profile
    from walkshed.streets.network import WalkNetwork


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """A walk: metres and minutes as in :class:`Access`, and its line in EPSG:4326 (off-street legs included)."""

    walk_m: float
    walk_min: float
    line: Any

    def _repr_html_(self) -> str:
        return f"<b>{self.walk_m:,.1f} m</b>, {self.walk_min:.2f} min {self.line._repr_svg_()}"


def route(
    network: WalkNetwork,
    origin: Any,
    destination: Any,
    *,
    profile: Profile = ADULT,
    max_snap_m: float = MAX_SNAP_M,
) -> Route | None:
    """Return the shortest walk between two places, or None where there is none.

    Parameters
    ----------
    network
        From :func:`walkshed.read_streets`.
    origin, destination
        Shapely geometries in EPSG:4326 (a point, a multipoint of entries, a boundary), or ``(lon, lat)``.
    profile
        Who walks.
    max_snap_m
        A place farther than this from every street has no walk.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> folder = walkshed.init_study(tempfile.mkdtemp() + "/ronghang")
    >>> streets = walkshed.read_streets(folder / "streets.osm.pbf")
    >>> walk = walkshed.route(streets, (120.235, 31.584), (120.240, 31.580))
    >>> walk.walk_m, walk.walk_min
    (1005.0, 12.88)
    >>> walkshed.route(streets, (120.235, 31.584), (121.0, 31.0)) is None
    True
    """
    start = tie(network, points_of(_one(origin)), max_snap_m=max_snap_m)
    goal = tie(network, points_of(_one(destination)), max_snap_m=max_snap_m)
    if not len(start.place) or not len(goal.place):
        return None
    graph = SearchGraph(network)
    metres, coords = _through_network(graph, start, goal)
    for direct_m, line in _direct(graph, start, goal):
        if direct_m < metres:
            metres, coords = direct_m, line
    if not np.isfinite(metres):
        return None
    import shapely

    return Route(
        round(metres, 1), round(profile.minutes(metres), 2), shapely.LineString(_without_repeats(coords))
    )


def _one(place: Any) -> Any:
    import geopandas as gpd
    import shapely

    geometry = shapely.Point(place) if isinstance(place, tuple | list) else place
    return gpd.GeoDataFrame(geometry=[geometry], crs="EPSG:4326")


def _through_network(graph: SearchGraph, start: Ties, goal: Ties) -> tuple[float, NDArray[np.float64]]:
    """Search back from the destination and read off the way."""
    from scipy.sparse.csgraph import dijkstra

    _, node, metres = graph.seeds(goal)
    arcs = with_sources(graph.arcs, np.zeros(len(node), np.int64), node, metres, 1)
    away, before = dijkstra(arcs, directed=True, indices=graph.n, return_predecessors=True)
    exit_u, to_u, exit_v, to_v = graph.exits(start)
    totals = np.concatenate([away[exit_u] + to_u, away[exit_v] + to_v])
    best = int(np.argmin(totals))
    if not np.isfinite(totals[best]):
        return float("inf"), np.zeros((0, 2))
    tie_number, at_v = best % len(exit_u), best >= len(exit_u)
    here = int(exit_v[tie_number] if at_v else exit_u[tie_number])
    coords = [_leg(graph.network, start, tie_number, at_v=bool(at_v))]
    while (there := int(before[here])) < graph.n:
        coords.append(_edge_line(graph, here, there))
        here = there
    edge = goal.edge
    to_end = (
        np.where(graph.u[edge] == here, goal.offset_m, np.inf) + goal.leg_m,
        np.where(graph.v[edge] == here, graph.network.edge_length_m[edge] - goal.offset_m, np.inf)
        + goal.leg_m,
    )
    usable = (
        np.where(graph.forward[edge], to_end[0], np.inf),
        np.where(graph.backward[edge], to_end[1], np.inf),
    )
    last = int(np.argmin(np.concatenate(usable)))
    coords.append(_leg(graph.network, goal, last % len(edge), at_v=last >= len(edge))[::-1])
    return float(totals[best]), np.concatenate(coords)


def _leg(network: WalkNetwork, ties: Ties, number: int, *, at_v: bool) -> NDArray[np.float64]:
    """Return the way from a place over its tie to one end of its edge."""
    edge, offset = int(ties.edge[number]), float(ties.offset_m[number])
    end = float(network.edge_length_m[edge]) if at_v else 0.0
    return np.concatenate(
        [_approach(ties, int(ties.point[number])), part_of_edge(network, edge, offset, end)]
    )


def _approach(ties: Ties, point: int) -> NDArray[np.float64]:
    """Return the off-street way from a point to where it meets the streets."""
    here = ties.points.lon[point], ties.points.lat[point]
    return np.array([here, (ties.stand_lon[point], ties.stand_lat[point])])


def part_of_edge(network: WalkNetwork, edge: int, start_m: float, end_m: float) -> NDArray[np.float64]:
    """Return the vertices (degrees) of an edge between two offsets, in walking order."""
    import shapely

    length = float(network.edge_length_m[edge]) or 1.0
    line = network.index.lines[edge]
    from shapely.ops import substring

    part = substring(line, start_m / length, end_m / length, normalized=True)
    from walkshed.crs import unproject

    xy = shapely.get_coordinates(part)
    lon, lat = unproject(xy[:, 0], xy[:, 1], network.index.crs)
    return np.column_stack([lon, lat])


def _edge_line(graph: SearchGraph, here: int, there: int) -> NDArray[np.float64]:
    """Return the shortest edge between two nodes that are next to each other on the way."""
    ahead = np.flatnonzero((graph.u == here) & (graph.v == there) & graph.forward)
    back = np.flatnonzero((graph.v == here) & (graph.u == there) & graph.backward)
    edges = np.concatenate([ahead, back])
    network = graph.network
    best = int(np.argmin(network.edge_length_m[edges]))
    edge = int(edges[best])
    part = slice(network.coord_ptr[edge], network.coord_ptr[edge + 1])
    line = np.column_stack([network.coord_lon[part], network.coord_lat[part]])
    return line if best < len(ahead) else line[::-1]


def _direct(graph: SearchGraph, start: Ties, goal: Ties) -> list[tuple[float, NDArray[np.float64]]]:
    """Return the walks that touch no junction: along one edge, or straight across one area."""
    found = []
    for i, j in zip(*np.nonzero(start.edge[:, None] == goal.edge[None, :]), strict=True):
        one = np.arange(len(start.edge)) == i, np.arange(len(goal.edge)) == j
        metres = direct_walks(graph, start.only(one[0]), goal.only(one[1])).metres
        if len(metres):
            middle = part_of_edge(
                graph.network, int(start.edge[i]), float(start.offset_m[i]), float(goal.offset_m[j])
            )
            ends = _approach(start, int(start.point[i])), _approach(goal, int(goal.point[j]))[::-1]
            found.append((float(metres.min()), np.concatenate([ends[0], middle, ends[1]])))
    nowhere = np.zeros(len(start.edge), dtype=bool), np.zeros(len(goal.edge), dtype=bool)
    for i, j in zip(*np.nonzero(start.area[:, None] == goal.area[None, :]), strict=True):
        one = np.arange(len(start.area)) == i, np.arange(len(goal.area)) == j
        metres = direct_walks(graph, start.only(nowhere[0], one[0]), goal.only(nowhere[1], one[1])).metres
        if len(metres):
            ends = _approach(start, int(start.area_point[i])), _approach(goal, int(goal.area_point[j]))[::-1]
            found.append((float(metres.min()), np.concatenate(ends)))
    return found


def _without_repeats(coords: NDArray[np.float64]) -> NDArray[np.float64]:
    moved = np.ones(len(coords), dtype=bool)
    moved[1:] = np.any(np.abs(np.diff(coords, axis=0)) > 1e-9, axis=1)
    return coords[moved] if moved.sum() > 1 else coords[[0, -1]]
