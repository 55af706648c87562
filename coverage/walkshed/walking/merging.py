"""Catchments of many venues together: overlapping ones dissolved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.crs import metric_crs, project

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


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
