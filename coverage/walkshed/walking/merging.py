"""Catchments of many venues together: overlapping ones dissolved, or split by the nearest venue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.crs import metric_crs, project
from walkshed.walking.catchments import Drawing, direct_cells, field_ends, left_of, valid
from walkshed.walking.nearest import distance_to_sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from walkshed.standards import Standard
    from walkshed.walking.access import Access
    from walkshed.walking.ground import Window
    from walkshed.walking.walkers import Search


def merged_catchments(catchments: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Dissolve catchments: where any venue is within the cut-off.

    Parameters
    ----------
    catchments
        From :func:`walkshed.catchments` (EPSG:4326).

    Returns
    -------
    geopandas.GeoDataFrame
        profile, standard, metres, area_m2 (the sum of the parts' plane areas) and the polygon, one
        row for each profile and standard in their order.

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
    >>> together = walkshed.merged_catchments(drawn)
    >>> together["standard"].tolist()
    ['5 min', '10 min']
    >>> bool((together["area_m2"].to_numpy() < drawn.groupby("metres")["area_m2"].sum().to_numpy()).all())
    True
    """
    import geopandas as gpd
    import pandas as pd
    import shapely

    keys = catchments[["profile", "standard", "metres"]].drop_duplicates().reset_index(drop=True)
    shapes = []
    for profile, standard in keys[["profile", "standard"]].itertuples(index=False):
        own = (catchments["profile"] == profile) & (catchments["standard"] == standard)
        shapes.append(shapely.disjoint_subset_union_all(catchments.geometry[own].to_numpy()))
    frame = gpd.GeoDataFrame(pd.DataFrame(keys), geometry=shapes, crs="EPSG:4326")
    frame.insert(3, "area_m2", _areas_m2(frame.geometry.to_numpy()))
    return frame


def nearest_catchments(
    access: Access,
    catchments: gpd.GeoDataFrame,
    *,
    merged: gpd.GeoDataFrame | None = None,
    standards: Sequence[Standard] = (),
) -> gpd.GeoDataFrame:
    """Split catchments by the nearest venue: each piece of ground belongs to one venue.

    Parameters
    ----------
    access
        From which the catchments were drawn.
    catchments
        From :func:`walkshed.catchments`; its venues compete.
    merged
        The same dissolved, where that has been done already.
    standards
        The standards they were drawn for: the nearest venue is by the standard's own measure. One that is not among
        them is taken for one in minutes.

    Returns
    -------
    geopandas.GeoDataFrame
        The same columns; the pieces of one profile and standard do not overlap, and together they
        are the merged catchment, but for slivers of a few square metres where three territories meet.

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
    >>> own = walkshed.nearest_catchments(walks, drawn)
    >>> whole = walkshed.merged_catchments(drawn)["area_m2"].sum()
    >>> bool(abs(own["area_m2"].sum() / whole - 1) < 0.001)
    True
    """
    import shapely

    merged = merged_catchments(catchments) if merged is None else merged
    index = access.network.index

    def in_metres(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
        moved = shapely.transform(shapes, lambda ll: np.column_stack(index.project(ll[:, 0], ll[:, 1])))
        return np.asarray(moved)

    number = {name: n for n, name in enumerate(access.venue_ids)}
    venue = np.array([number[name] for name in catchments["venue_id"]], dtype=np.int64)
    local = in_metres(catchments.geometry.to_numpy())
    empty = shapely.is_empty(local)
    shared = ~empty & ~_alone(local, catchments)
    territories: dict[int, dict[int, Any]] = {}
    measures = {standard.name: standard.measure for standard in standards}
    pieces = np.array(local, dtype=object)
    whole = in_metres(merged.geometry.to_numpy())
    for one, profile, standard in zip(whole, merged["profile"], merged["standard"], strict=True):
        same = (catchments["profile"] == profile) & (catchments["standard"] == standard)
        rows = np.flatnonzero(same.to_numpy() & shared).tolist()
        if not rows:
            continue
        search = access.search(profile, by=measures.get(standard, "minutes"))
        if id(search) not in territories:
            bounds = shapely.bounds(local[~empty])
            most = float(catchments["metres"].max())
            some = np.unique(venue[shared])
            territories[id(search)] = _territories(access, search, venue[~empty], bounds, most, some=some)
        shapes = [territories[id(search)][int(venue[row])] for row in rows]
        whole_ground = _Squares(one, shapely.bounds(shapes))
        for row, own in zip(rows, shapes, strict=True):
            pieces[row] = _polygons(whole_ground.within(own))
    back = valid(shapely.transform(pieces, lambda xy: np.column_stack(index.unproject(xy[:, 0], xy[:, 1]))))
    frame = catchments.set_geometry(back, crs="EPSG:4326")
    frame["area_m2"] = shapely.area(pieces).round()
    return frame[~frame.geometry.is_empty].reset_index(drop=True)


def _alone(shapes: NDArray[np.object_], catchments: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Tell which catchments touch no other one of their profile and standard: all their ground is their own."""
    import shapely

    alone = np.ones(len(shapes), dtype=bool)
    for rows in catchments.groupby(["profile", "standard"], sort=False).indices.values():
        own = shapes[rows]
        one, other = shapely.STRtree(own).query(own, predicate="intersects")
        alone[rows[one[one != other]]] = False
    return alone


class _Squares:
    """A large shape, cut into overlapping squares where they are asked for: a small shape then meets a small one."""

    def __init__(self, shape: Any, boxes: NDArray[np.float64]) -> None:
        import shapely

        self.parts = shapely.get_parts(shape)
        self.tree = shapely.STRtree(self.parts)
        extent = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0.0)
        extent = extent[np.isfinite(extent)]
        self.side = max(float(np.quantile(extent, _MOST)), 1.0) if len(extent) else 1.0
        self._squares: dict[tuple[float, float], NDArray[np.object_]] = {}

    def within(self, own: Any) -> NDArray[np.object_]:
        """Return what a shape has in common with each part of the large one that it meets."""
        import shapely

        box = shapely.bounds(own)
        low = np.floor(box[:2] / self.side) * self.side
        if np.isfinite(box).all() and (box[2:] <= low + 2 * self.side).all():
            near = self._square(float(low[0]), float(low[1]))
        else:
            near = self.parts[self.tree.query(own)]
        return np.asarray(shapely.intersection(own, near))

    def _square(self, west: float, south: float) -> NDArray[np.object_]:
        import shapely

        if (west, south) not in self._squares:
            square = shapely.box(west, south, west + 2 * self.side, south + 2 * self.side)
            cut = shapely.get_parts(shapely.intersection(square, self.parts[self.tree.query(square)]))
            self._squares[west, south] = cut[shapely.get_type_id(cut) == _POLYGON]
        return self._squares[west, south]


_POLYGON = 3
_MOST = 0.9  # of the shapes fit into a square; the others meet the whole


def _territories(
    access: Access,
    search: Search,
    venue: NDArray[np.int64],
    bounds: NDArray[np.float64],
    limit_m: float,
    *,
    some: NDArray[np.int64],
) -> dict[int, Any]:
    """Return, for some venues, the ground within ``limit_m`` whose nearest of all it is (local metres)."""
    graph, ties, ground = search.graph, search.footing.venues, search.footing.ground
    wanted = np.zeros(len(access.venue_ids), dtype=bool)
    wanted[venue] = True
    metres, source = distance_to_sources(graph, ties, wanted)
    walked = np.flatnonzero(np.minimum(metres[graph.start_u], metres[graph.start_v]) <= limit_m)
    owners = np.concatenate([source[graph.start_u[walked]], source[graph.start_v[walked]], ties.place])
    edges = np.concatenate([walked, walked, ties.edge])
    order = np.argsort(owners, kind="stable")
    owners, edges = owners[order], edges[order]
    ground.prepare(left_of(search, metres, wanted, limit_m))
    edge_box = ground.edge_box
    found = {}
    for own in some.tolist():
        mine = edges[slice(*np.searchsorted(owners, [own, own + 1]))]
        around = _within(_around(edge_box[mine]), _around(bounds[venue == own]))
        window = ground.window(around)
        label = _labels(search, window, metres, source, wanted)
        drawing = Drawing()
        drawing.add(window, np.where(label == own, -ground.cell_m, ground.cell_m), 0.0)
        found[own] = drawing.polygons()[0]
    return found


def _around(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])


def _within(box: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what two boxes share; the corner of the first that is nearest to the other, where they share nothing."""
    low, high = np.maximum(box[:2], other[:2]), np.minimum(box[2:], other[2:])
    return np.concatenate([np.minimum(low, box[2:]), np.maximum(high, np.minimum(low, box[2:]))])


def _labels(
    search: Search,
    window: Window,
    metres: NDArray[np.float64],
    source: NDArray[np.int64],
    wanted: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Return the nearest venue of each grid point; points off every street take that of a point next to them."""
    walk, node = field_ends(search.graph, window, metres)
    label = np.where(np.isfinite(walk), source[node], -1)
    cell, place, direct = direct_cells(search, wanted, window)
    order = np.argsort(-direct, kind="stable")  # the shortest is written last
    order = order[direct[order] < walk.ravel()[cell[order]]]
    label.ravel()[cell[order]] = place[order]
    return _grown(label)


_BESIDE = ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))


def _grown(label: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return labels that also stand on the points next to them; a catchment ends before it gets farther."""
    wide = np.pad(label, 1, constant_values=-1)
    rows, columns = label.shape
    grown = label
    for down, right in _BESIDE:
        beside = wide[1 + down : 1 + down + rows, 1 + right : 1 + right + columns]
        grown = np.where(grown < 0, beside, grown)
    return grown


def _polygons(shapes: NDArray[np.object_]) -> Any:
    """Return the areal parts of shapes as one valid multipolygon."""
    import shapely

    parts = shapely.get_parts(shapely.get_parts(shapes))
    parts = parts[shapely.get_type_id(parts) == _POLYGON]
    return shapely.multipolygons(parts) if len(parts) else shapely.MultiPolygon()


def _areas_m2(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the areas of shapes in degrees, in square metres on a plane that touches the earth amid them."""
    import shapely

    bounds = shapely.bounds(shapes)
    if not np.isfinite(bounds).any():
        return np.zeros(len(shapes))
    west, south, east, north = (
        np.nanmin(bounds[:, 0]),
        np.nanmin(bounds[:, 1]),
        np.nanmax(bounds[:, 2]),
        np.nanmax(bounds[:, 3]),
    )
    crs = metric_crs(float(west + east) / 2, float(south + north) / 2)
    plane = shapely.transform(
        shapes, lambda lonlat: np.column_stack(project(lonlat[:, 0], lonlat[:, 1], crs))
    )
    return np.asarray(shapely.area(plane)).round()
