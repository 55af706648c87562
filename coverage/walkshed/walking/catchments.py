"""Catchments: the ground from which a venue is within a walk, as polygons.

A polygon is drawn for people to look at; coverage is decided on the walk itself. Both follow the
same rules: a place belongs to a catchment if the off-street leg to the street it is tied to, and
the walk from there, are together within the cut-off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Text
from walkshed.geodesy import distance_m
from walkshed.progress import silent
from walkshed.streets.areas import sees
from walkshed.walking.direct import same_pairs
from walkshed.walking.ground import CELL_M, Left, Window
from walkshed.walking.nearest import distance_to_sources
from walkshed.walking.tiles import TiledSearch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from walkshed.profiles import Profile
    from walkshed.progress import Progress
    from walkshed.standards import Standard
    from walkshed.walking.access import Access
    from walkshed.walking.graph import SearchGraph
    from walkshed.walking.walkers import Search


def catchments(
    access: Access,
    *,
    standards: Sequence[Standard],
    profiles: Sequence[Profile] | None = None,
    venues: NDArray[np.bool_] | None = None,
    progress: Progress = silent,
) -> gpd.GeoDataFrame:
    """Draw the catchment of every venue for every profile and standard.

    The polygon holds the places whose walk to the venue, off-street legs included, is within the
    cut-off; it is drawn to 10 m. Longer cut-offs hold shorter ones.

    Parameters
    ----------
    access
        From :func:`walkshed.access`; its venues, ties and streets are used.
    standards, profiles
        The cut-offs, and who walks (those of ``access`` by default).
    venues
        One per venue, whether to draw it; all by default. A venue that is not tied has no row.
    progress
        Told the share done.

    Returns
    -------
    geopandas.GeoDataFrame
        venue_id, profile, standard, metres (the cut-off as a walk on the level), area_m2 and the polygon
        (EPSG:4326), in the order of the venues. A cut-off shorter than the venue's off-street leg
        gives an empty polygon.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> folder = walkshed.init_study(tempfile.mkdtemp() + "/ronghang")
    >>> streets = walkshed.read_streets(folder / "streets.osm.pbf")
    >>> estates = walkshed.read_estates(folder / "estates.xlsx")
    >>> venues = walkshed.read_venues(folder / "venues.xlsx")
    >>> walks = walkshed.access(streets, estates, venues)
    >>> cuts = [walkshed.Standard(minutes=5), walkshed.Standard(minutes=10)]
    >>> drawn = walkshed.catchments(walks, standards=cuts)
    >>> drawn.drop(columns="geometry").head(2)
      venue_id profile standard  metres   area_m2
    0      P01   adult    5 min   390.0  161...
    1      P01   adult   10 min   780.0  854...
    >>> bool(drawn.geometry[1].covers(drawn.geometry[0]))
    True
    """
    import geopandas as gpd
    import pandas as pd
    import shapely

    cuts = [
        (profile, standard, standard.reach_m(profile))
        for profile in (profiles or access.profiles)
        for standard in standards
    ]
    wanted = np.ones(len(access.venue_ids), dtype=bool) if venues is None else venues
    drawing = Drawing()
    rows: list[tuple[int, int]] = []
    stage = Text("drawing catchments", "绘制步行圈")
    searches: dict[int, tuple[Search, list[int]]] = {}
    for cut_number, (profile, standard, _) in enumerate(cuts):
        search = access.search(profile, by=standard.measure)
        searches.setdefault(id(search), (search, []))[1].append(cut_number)
    for done, (search, own_cuts) in enumerate(searches.values()):
        fields = _Fields(search, max(cuts[cut_number][2] for cut_number in own_cuts))
        fields.prepare(wanted)
        for share, own, window, walk in fields.of(wanted):
            for cut_number in own_cuts:
                drawing.add(window, walk, cuts[cut_number][2])
                rows.append((own, cut_number))
            progress(stage, (done + share) / len(searches))
    venue, number = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    shapes = drawing.polygons()
    area = shapely.area(shapes)
    unproject = access.network.index.unproject
    geometry = valid(shapely.transform(shapes, lambda xy: np.column_stack(unproject(xy[:, 0], xy[:, 1]))))
    order = np.lexsort((number, venue))
    table = {
        "venue_id": access.venue_ids.to_numpy(dtype=object)[venue],
        "profile": np.array([profile.name for profile, _, _ in cuts], dtype=object)[number],
        "standard": np.array([standard.name for _, standard, _ in cuts], dtype=object)[number],
        "metres": np.array([cut for _, _, cut in cuts])[number],
        "area_m2": area.round(),
    }
    frame = gpd.GeoDataFrame(pd.DataFrame(table).iloc[order], geometry=geometry[order], crs="EPSG:4326")
    return frame.reset_index(drop=True)


class _Fields:
    """The walk to each venue from every point of the grid around it."""

    def __init__(self, by: Search, limit_m: float) -> None:
        self.by, self.limit_m = by, limit_m
        self.ground, self.ties = by.footing.ground, by.footing.venues
        self.search = TiledSearch(by.graph, self.ties, limit_m)

    def prepare(self, wanted: NDArray[np.bool_]) -> None:
        """Tie the ground that any of the venues' walks can reach."""
        metres, _ = distance_to_sources(self.by.graph, self.ties, wanted)
        self.ground.prepare(left_of(self.by, metres, wanted, self.limit_m))

    def of(self, wanted: NDArray[np.bool_]) -> Iterator[tuple[float, int, Window, NDArray[np.float64]]]:
        """Yield the share done, and for each wanted venue its window and the metres in it."""
        tiles = [tile[wanted[tile]] for tile in self.search.tiles()]
        done, total = 0, max(1, sum(len(tile) for tile in tiles))
        graph, column = self.by.graph, self.search.column
        for members in tiles:
            if not len(members):
                continue
            edges = None
            for chunk, reached in self.search.search(members):
                if edges is None:
                    edges = np.flatnonzero((column[graph.start_u] >= 0) | (column[graph.start_v] >= 0))
                for row, venue in enumerate(chunk.tolist()):
                    done += 1
                    window = self._window(venue, edges, reached[row])
                    metres = field_of(graph, window, reached[row], column)
                    own = np.zeros(len(wanted), dtype=bool)
                    own[venue] = True
                    walk_directly(self.by, own, window, metres)
                    yield done / total, venue, window, metres

    def _window(self, venue: int, edges: NDArray[np.int64], reached: NDArray[np.float64]) -> Window:
        """Return the grid around the edges that a venue's walks use, its own included."""
        graph, ties, column = self.by.graph, self.ties, self.search.column
        walked = np.isfinite(reached[column[graph.start_u[edges]]])
        walked |= np.isfinite(reached[column[graph.start_v[edges]]])
        walks = np.concatenate([edges[walked], ties.edge[ties.place == venue]])
        box = self.ground.edge_box[walks]
        around = np.concatenate([box[:, :2].min(axis=0), box[:, 2:].max(axis=0)])
        most = self.search.box(np.array([venue]))  # a long edge leads far, the walk on it does not
        around[:2], around[2:] = np.maximum(around[:2], most[:2]), np.minimum(around[2:], most[2:])
        return self.ground.window(around)


def left_of(search: Search, metres: NDArray[np.float64], wanted: NDArray[np.bool_], limit_m: float) -> Left:
    """Return how far a walker can still go from the edges' ends, given the metres from every node to a venue."""
    graph, ties = search.graph, search.footing.venues
    left = Left(limit_m - metres[graph.start_u], limit_m - metres[graph.start_v], graph.pace.least)
    own = ties.edge[wanted[ties.place]]  # a venue need not be walked to from an end of its own edge
    left.at_u[own] = limit_m + graph.network.edge_length_m[own]
    return left


def field_of(
    graph: SearchGraph, window: Window, reached: NDArray[np.float64], column: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the walk from each grid point by way of an end of its edge, or a corner of its area.

    Parameters
    ----------
    reached, column
        Metres from the nodes, and each node's place among them.
    """
    metres = np.full(window.edge.shape, np.inf)
    row, at = np.nonzero(window.edge >= 0)
    edge = window.edge[row, at]
    to_u, to_v = graph.to_ends(edge, window.offset_m[row, at])
    by_u, by_v = reached[column[graph.start_u[edge]]] + to_u, reached[column[graph.start_v[edge]]] + to_v
    metres[row, at] = np.minimum(by_u, by_v) + window.leg_m[row, at]
    corner, wait = graph.corners(window.area_node)
    by_corner = reached[column[corner]] + wait + window.area_m
    np.minimum.at(metres, (window.area_row, window.area_column), by_corner)
    return metres


def field_ends(
    graph: SearchGraph, window: Window, to_node: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the walk from each grid point, and the node it goes over, given the metres from every node."""
    edge = np.maximum(window.edge, 0)
    u, v = graph.start_u[edge], graph.start_v[edge]
    to_u, to_v = graph.to_ends(edge, window.offset_m)
    by_u, by_v = to_node[u] + to_u, to_node[v] + to_v
    metres = np.where(window.edge >= 0, np.minimum(by_u, by_v) + window.leg_m, np.inf)
    node = np.where(by_u <= by_v, u, v)
    corner, wait = graph.corners(window.area_node)
    by_corner = to_node[corner] + wait + window.area_m
    order = np.argsort(-by_corner, kind="stable")  # the shortest is written last
    at = window.area_row[order], window.area_column[order]
    metres[at], node[at] = by_corner[order], corner[order]
    return metres, node


def walk_directly(
    search: Search, venues: NDArray[np.bool_], window: Window, metres: NDArray[np.float64]
) -> None:
    """Take in the walks that touch no junction, where they are shorter than ``metres``."""
    cell, _, walk = direct_cells(search, venues, window)
    np.minimum.at(metres.reshape(-1), cell, walk)


def direct_cells(
    search: Search, venues: NDArray[np.bool_], window: Window
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the walks along the venues' own edges and across their own areas: grid point, venue, metres.

    Grid points are numbered row by row; a point may come more than once.
    """
    ties, graph = search.footing.venues, search.graph
    use = np.flatnonzero(venues[ties.place])
    on_edge = np.zeros(graph.network.n_edges + 1, dtype=bool)  # the last one stands for no edge
    on_edge[ties.edge[use]] = True
    cell = np.flatnonzero(on_edge[window.edge.ravel()])
    i, j = same_pairs(window.edge.ravel()[cell].astype(np.int64), ties.edge[use].astype(np.int64))
    cell, tie = cell[i], use[j]
    along = graph.along(ties.edge[tie], ties.offset_m[tie] - window.offset_m.ravel()[cell])
    passes = np.isfinite(along)
    walk = along + ties.leg_m[tie] + window.leg_m.ravel()[cell]
    found = [(cell[passes], ties.place[tie[passes]].astype(np.int64), walk[passes])]
    here = venues[ties.points.place[ties.area_point]] & np.isin(ties.area, window.area)
    for number in np.flatnonzero(here).tolist():
        cell, walk = _across_area(search, number, window)
        place = int(ties.points.place[ties.area_point[number]])
        found.append((cell, np.full(len(cell), place), walk))
    cell, place_, walk = (np.concatenate(column) for column in zip(*found, strict=True))
    return cell, place_, walk


def _across_area(
    search: Search, number: int, window: Window
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the straight walks to a venue that stands in the same pedestrian area."""
    network, ties = search.graph.network, search.footing.venues
    point, area = int(ties.area_point[number]), int(ties.area[number])
    inside = window.area == area
    columns = window.edge.shape[1]
    cell = np.unique(window.area_row[inside] * columns + window.area_column[inside])
    lon, lat = network.index.unproject(window.x[cell % columns], window.y[cell // columns])
    start = np.column_stack([lon, lat])
    end = np.repeat([[ties.stand_lon[point], ties.stand_lat[point]]], len(start), axis=0)
    seen = sees(network.index.area_shapes, np.full(len(start), area), start, end)
    walk = distance_m(lon, lat, end[:, 0], end[:, 1]) + ties.stand_m[point]
    return cell[seen], walk[seen]


class Drawing:
    """Collects the outlines of many catchments and makes all polygons at once (in local metres)."""

    def __init__(self) -> None:
        self.coords: list[NDArray[np.float64]] = []
        self.rings: list[NDArray[np.int64]] = []
        self.parts: list[int] = []
        self.shape_of_part: list[int] = []
        self.n = 0

    def add(self, window: Window, metres: NDArray[np.float64], cut: float) -> None:
        """Add one catchment: the points of the grid from which the walk is at most ``cut``."""
        import contourpy

        # Between two points the boundary is placed by interpolation; where the walk jumps, midway.
        level = np.clip(metres - cut, -CELL_M, CELL_M)
        if (level <= 0).any():
            rows, columns = np.nonzero(level < CELL_M)
            box = (
                slice(max(rows.min() - 1, 0), rows.max() + 2),
                slice(max(columns.min() - 1, 0), columns.max() + 2),
            )
            generator = contourpy.SerialContourGenerator(  # contour_generator makes masked arrays first, which is slow
                *np.meshgrid(window.x[box[1]], window.y[box[0]]), level[box], np.zeros(level[box].shape, dtype=bool), corner_mask=True,
                line_type=contourpy.LineType.Separate, fill_type=contourpy.FillType.OuterOffset,
                quad_as_tri=False, z_interp=contourpy.ZInterp.Linear,
            )  # fmt: skip
            for points, offsets in zip(*generator.filled(-2 * CELL_M, 0.0), strict=True):
                self.coords.append(points)
                self.rings.append(np.diff(offsets).astype(np.int64))
                self.parts.append(len(offsets) - 1)
                self.shape_of_part.append(self.n)
        self.n += 1

    def polygons(self) -> NDArray[np.object_]:
        """Return one valid polygon or multipolygon for each catchment added."""
        import shapely

        shapes = np.full(self.n, shapely.MultiPolygon(), dtype=object)
        if not self.coords:
            return shapes
        rings = np.concatenate([[0], np.cumsum(np.concatenate(self.rings))])
        parts = np.concatenate([[0], np.cumsum(self.parts)])
        polygon = shapely.GeometryType.POLYGON
        polygons = shapely.from_ragged_array(polygon, np.concatenate(self.coords), (rings, parts))
        owner = np.array(self.shape_of_part)
        shapely.multipolygons(polygons, indices=owner, out=shapes)
        return valid(shapes)


def valid(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return areal shapes with the few invalid ones (rings that touch themselves) mended."""
    import shapely

    broken = np.flatnonzero(~shapely.is_valid(shapes))
    shapes = shapes.copy()
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    return shapes
