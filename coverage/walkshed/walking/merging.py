"""Catchments of many venues together: overlapping ones dissolved, or split by the nearest venue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.walking.catchments import Drawing, field_ends, valid
from walkshed.walking.nearest import distance_to_sources

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from walkshed.walking.access import Access
    from walkshed.walking.ground import Window


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
    """
    import geopandas as gpd
    import pandas as pd
    import shapely

    keys = catchments[["profile", "standard", "metres"]].drop_duplicates().reset_index(drop=True)
    shapes = []
    for profile, standard in keys[["profile", "standard"]].itertuples(index=False):
        own = (catchments["profile"] == profile) & (catchments["standard"] == standard)
        shapes.append(shapely.union_all(catchments.geometry[own].to_numpy()))
    frame = gpd.GeoDataFrame(pd.DataFrame(keys), geometry=shapes, crs="EPSG:4326")
    frame.insert(3, "area_m2", _areas_m2(frame.geometry.to_numpy()))
    return frame


def nearest_catchments(access: Access, catchments: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Split catchments by the nearest venue: each piece of ground belongs to one venue.

    Parameters
    ----------
    access
        From which the catchments were drawn.
    catchments
        From :func:`walkshed.catchments`; its venues compete.

    Returns
    -------
    geopandas.GeoDataFrame
        The same columns; the pieces of one profile and standard do not overlap, and together they
        are the merged catchment, but for slivers of a few square metres where three territories meet.
    """
    import shapely

    number = {name: n for n, name in enumerate(access.venue_ids)}
    venue = np.array([number[name] for name in catchments["venue_id"]], dtype=np.int64)
    wanted = np.zeros(len(number), dtype=bool)
    wanted[venue] = True
    metres, source = distance_to_sources(access.graph, access.venue_ties, wanted)
    shapes = catchments.geometry.to_numpy()
    index = access.network.index
    local = shapely.transform(
        shapes, lambda lonlat: np.column_stack(index.project(lonlat[:, 0], lonlat[:, 1]))
    )
    group = catchments.groupby(["profile", "standard"], sort=False).ngroup().to_numpy()
    pieces = np.array(local, dtype=object)
    longest = catchments.groupby("venue_id")["metres"].transform("max") == catchments["metres"]
    territory: dict[int, Any] = {}
    for row in np.flatnonzero(longest.to_numpy()).tolist():
        if not shapely.is_empty(local[row]) and int(venue[row]) not in territory:
            box = np.array(shapely.bounds(local[row]))
            territory[int(venue[row])] = _territory(access, metres, source, int(venue[row]), box)
    for this in np.unique(group).tolist():
        rows = np.flatnonzero((group == this) & ~shapely.is_empty(local))
        parts = shapely.get_parts(shapely.union_all(local[rows]))
        tree = shapely.STRtree(parts)
        for row in rows.tolist():
            own = territory.get(int(venue[row]), shapely.Polygon())
            pieces[row] = _polygons(shapely.intersection(own, parts[tree.query(own)]))
    back = valid(shapely.transform(pieces, lambda xy: np.column_stack(index.unproject(xy[:, 0], xy[:, 1]))))
    frame = catchments.set_geometry(back, crs="EPSG:4326")
    frame["area_m2"] = shapely.area(pieces).round()
    return frame[~frame.geometry.is_empty].reset_index(drop=True)


def _territory(
    access: Access,
    metres: NDArray[np.float64],
    source: NDArray[np.int64],
    venue: int,
    box: NDArray[np.float64],
) -> Any:
    """Return the ground around a catchment whose nearest venue is this one (local metres)."""
    edges = np.zeros(len(access.graph.u), dtype=bool)
    edges[access.network.index.in_box(box.tolist())] = True
    window = access.ground.window(edges, box)
    label = _labels(access, window, metres, source)
    drawing = Drawing()
    drawing.add(window, np.where(label == venue, -access.ground.cell_m, access.ground.cell_m), 0.0)
    return drawing.polygons()[0]


def _labels(
    access: Access, window: Window, metres: NDArray[np.float64], source: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the nearest venue of each grid point; points off every street take that of the point next to them."""
    from scipy.ndimage import distance_transform_edt

    walk, node = field_ends(access.graph, window, metres)
    label = np.where(np.isfinite(walk), source[node], -1)
    row, column = distance_transform_edt(label < 0, return_distances=False, return_indices=True)
    return np.asarray(label[row, column])


def _polygons(shapes: NDArray[np.object_]) -> Any:
    """Return the areal parts of shapes as one valid multipolygon."""
    import shapely

    parts = shapely.get_parts(shapely.get_parts(shapes))
    parts = parts[shapely.get_type_id(parts) == 3]
    return shapely.multipolygons(parts) if len(parts) else shapely.MultiPolygon()


def _areas_m2(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return geodesic areas of shapes in degrees, in square metres."""
    from walkshed.geodesy import area_m2

    return np.array([area_m2(shape) for shape in shapes]).round()
