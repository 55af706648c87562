"""The line of a single walk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.profiles import ADULT
from walkshed.streets.ties import MAX_SNAP_M, points_of
from walkshed.walking.direct import direct_walks
from walkshed.walking.footing import Footing
from walkshed.walking.graph import with_sources
from walkshed.walking.walkers import walkers_of
from walkshed.walls.legs import EITHER
from walkshed.walls.walls import without_walls

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.profiles import Profile
    from walkshed.streets.network import WalkNetwork
    from walkshed.streets.ties import Ties
    from walkshed.walking.graph import SearchGraph
    from walkshed.walking.layers import Policy
    from walkshed.walking.slope import Terrain
    from walkshed.walking.walkers import By, Walker
    from walkshed.walls.walls import Walls


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """A walk: its metres and minutes, and its line in EPSG:4326 (off-street legs included)."""

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
    by: By = "minutes",
    max_snap_m: float = MAX_SNAP_M,
    terrain: Terrain | None = None,
    walls: Walls | None = None,
    policy: Policy = "open",
) -> Route | None:
    """Return the quickest walk between two places, or the shortest, or None where there is none.

    Parameters
    ----------
    network
        From :func:`walkshed.read_streets`.
    origin, destination
        Shapely geometries in EPSG:4326 (a point, a multipoint of entries, a boundary), or ``(lon, lat)``.
    profile
        Who walks.
    by
        What is least: ``"minutes"`` or ``"metres"``. Both numbers are of the walk that is drawn.
    max_snap_m
        A place farther than this from every street has no walk.
    terrain
        Heights, for a profile with a slope.
    walls, policy
        From :func:`walkshed.walls.build_walls`, and who passes gates; ``network`` is then not looked at.

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
    ends = points_of(_one(origin)), points_of(_one(destination))
    footing = Footing.of(
        without_walls(network) if walls is None else walls, *ends,
        policy=policy, max_snap_m=max_snap_m, opens=np.full(1, EITHER, dtype=np.int8),
    )  # fmt: skip
    if not len(footing.estates.edge) or not len(footing.venues.edge):
        return None
    walker = walkers_of([profile], footing, terrain=terrain)[profile.name]
    search = walker.search(by)
    start, goal, graph = search.footing.estates, search.footing.venues, search.graph
    if not len(start.place) or not len(goal.place):
        return None
    best = _through_network(graph, start, goal, walker)
    for found in _direct(graph, start, goal, walker):
        if found.cost < best.cost:
            best = found
    if not np.isfinite(best.cost):
        return None
    import shapely

    line = shapely.LineString(_without_repeats(best.coords))
    return Route(round(best.metres, 1), round(profile.minutes(best.level_m), 2), line)


def _one(place: Any) -> Any:
    import geopandas as gpd
    import shapely

    geometry = shapely.Point(place) if isinstance(place, tuple | list) else place
    return gpd.GeoDataFrame(geometry=[geometry], crs="EPSG:4326")


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """A walk found: its cost as searched, in metres and in level metres, and its vertices in degrees."""

    cost: float
    metres: float
    level_m: float
    coords: NDArray[np.float64]


def _through_network(graph: SearchGraph, start: Ties, goal: Ties, walker: Walker) -> _Way:
    """Search back from the destination and read off the way."""
    from scipy.sparse.csgraph import dijkstra

    _, node, cost = graph.seeds(goal)
    arcs = with_sources(graph.arcs, np.zeros(len(node), np.int64), node, cost, 1)
    away, before = dijkstra(arcs, directed=True, indices=graph.n, return_predecessors=True)
    exit_u, to_u, exit_v, to_v = graph.exits(start)
    totals = np.concatenate([away[exit_u] + to_u, away[exit_v] + to_v])
    best = int(np.argmin(totals))
    if not np.isfinite(totals[best]):
        return _Way(np.inf, np.inf, np.inf, np.zeros((0, 2)))
    first, at_v = best % len(exit_u), best >= len(exit_u)
    vertices = [int(exit_v[first] if at_v else exit_u[first])]
    while (there := int(before[vertices[-1]])) < graph.n:
        vertices.append(there)
    steps = graph.arcs_between(
        np.array(vertices[:-1], dtype=np.int64), np.array(vertices[1:], dtype=np.int64)
    )
    ties, _, at_vs, costs = graph.seed_ties(goal)
    arrives = np.flatnonzero(node == vertices[-1])
    arrival = arrives[np.argmin(costs[arrives])]
    last, from_v = int(ties[arrival]), bool(at_vs[arrival])
    coords = [_leg(graph.network, start, first, at_v=bool(at_v))]
    coords += [_edge_line(graph.network, edge, ahead=ahead) for edge, ahead in _edges(graph, steps)]
    coords.append(_leg(graph.network, goal, last, at_v=from_v)[::-1])

    def along(other: SearchGraph) -> float:
        out, into = other.exits(start), other.seed_ties(goal)
        end = into[3][(into[0] == last) & (into[2] == from_v)]
        return float(out[3 if at_v else 1][first] + other.arc_cost[steps].sum() + end.min())

    metres, level_m = (along(search.graph) for search in (walker.metres, walker.minutes))
    return _Way(float(totals[best]), metres, level_m, np.concatenate(coords))


def _edges(graph: SearchGraph, steps: NDArray[np.int64]) -> list[tuple[int, bool]]:
    """Return the edges of arcs and their directions; steps from vertex to vertex at one place have none."""
    edge, ahead = graph.arc_edge[steps], graph.arc_ahead[steps]
    return list(zip(edge[edge >= 0].tolist(), ahead[edge >= 0].tolist(), strict=True))


def _leg(network: WalkNetwork, ties: Ties, number: int, *, at_v: bool) -> NDArray[np.float64]:
    """Return the way from a place over its tie to one end of its edge."""
    edge, offset = int(ties.edge[number]), float(ties.offset_m[number])
    end = float(network.edge_length_m[edge]) if at_v else 0.0
    return np.concatenate([_approach(ties, number), part_of_edge(network, edge, offset, end)])


def _approach(ties: Ties, tie: int) -> NDArray[np.float64]:
    """Return the off-street way from a tie's point to where it meets the streets."""
    ends = _to_stand(ties, int(ties.point[tie]))
    return ends[:1] if ties.apart[tie] else ends


def _to_stand(ties: Ties, point: int) -> NDArray[np.float64]:
    """Return the off-street way from a point to where it stands on the streets."""
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


def _edge_line(network: WalkNetwork, edge: int, *, ahead: bool) -> NDArray[np.float64]:
    """Return the vertices of an edge in walking order."""
    part = slice(network.coord_ptr[edge], network.coord_ptr[edge + 1])
    line = np.column_stack([network.coord_lon[part], network.coord_lat[part]])
    return line if ahead else line[::-1]


def _direct(graph: SearchGraph, start: Ties, goal: Ties, walker: Walker) -> list[_Way]:
    """Return the walks that touch no junction: along one edge, or straight across one area."""
    found = []

    def add(home: Ties, venue: Ties, *coords: NDArray[np.float64]) -> None:
        graphs = (graph, walker.metres.graph, walker.minutes.graph)
        costs = [direct_walks(one, home, venue).metres for one in graphs]
        if len(costs[0]):
            least, metres, level_m = (float(cost.min()) for cost in costs)
            found.append(_Way(least, metres, level_m, np.concatenate(coords)))

    for i, j in zip(*np.nonzero(start.edge[:, None] == goal.edge[None, :]), strict=True):
        one = np.arange(len(start.edge)) == i, np.arange(len(goal.edge)) == j
        middle = part_of_edge(
            graph.network, int(start.edge[i]), float(start.offset_m[i]), float(goal.offset_m[j])
        )
        ends = _approach(start, int(i)), _approach(goal, int(j))[::-1]
        add(start.only(one[0]), goal.only(one[1]), ends[0], middle, ends[1])
    nowhere = np.zeros(len(start.edge), dtype=bool), np.zeros(len(goal.edge), dtype=bool)
    for i, j in zip(*np.nonzero(start.area[:, None] == goal.area[None, :]), strict=True):
        one = np.arange(len(start.area)) == i, np.arange(len(goal.area)) == j
        ends = _to_stand(start, int(start.area_point[i])), _to_stand(goal, int(goal.area_point[j]))[::-1]
        add(start.only(nowhere[0], one[0]), goal.only(nowhere[1], one[1]), *ends)
    return found


def _without_repeats(coords: NDArray[np.float64]) -> NDArray[np.float64]:
    moved = np.ones(len(coords), dtype=bool)
    moved[1:] = np.any(np.abs(np.diff(coords, axis=0)) > 1e-9, axis=1)
    return coords[moved] if moved.sum() > 1 else coords[[0, -1]]
