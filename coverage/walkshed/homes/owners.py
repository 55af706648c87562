"""Whose a building is: the estate its row names, else the innermost one whose boundary it stands in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from walkshed.geodesy import distance_m
from walkshed.tables.known import Known

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

HOME, OUTSIDE, UNKNOWN_ESTATE, NOT_LOCATED = "home", "outside", "unknown_estate", "not_located"
"""What becomes of a building: people of its estate live there; it stands in no estate's boundary and names
none; it names an estate that is not there; it has no place."""

AWAY_M = 20.0
"""A building this far outside the boundary of the estate it names is doubted; boundaries are drawn roughly."""

FAR_M = 1_000.0
"""The same where the estate has only a point."""


@dataclass(frozen=True, eq=False)
class Owners:
    """Each building's estate.

    Attributes
    ----------
    estate
        The estate's number, -1 for none.
    status
        One of the statuses above.
    lon, lat
        A point on the building, NaN where it has no place.
    away_m
        How far the building is outside the estate it names, 0 where that is no matter.
    """

    estate: NDArray[np.int64]
    status: NDArray[np.object_]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    away_m: NDArray[np.float64]


def owners_of(
    estates: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, boundaries: NDArray[np.object_]
) -> Owners:
    """Return whose each building is.

    A named estate is looked for by its id, then by a name that only one estate has.
    """
    lon, lat = points_on(buildings)
    named = buildings["estate_id"].astype(object).to_numpy()
    number = {str(ident): n for n, ident in enumerate(estates.index)}
    names = estates["name"].astype(str) if "name" in estates else [""] * len(estates)
    known = Known(dict(zip(number, names, strict=True)))
    estate = np.full(len(buildings), -1, dtype=np.int64)
    says = np.array([bool(one) for one in named], dtype=bool)
    for n in np.flatnonzero(says).tolist():
        estate[n] = number.get(known.find(str(named[n])).ident, -1)
    blank = np.flatnonzero(~says & np.isfinite(lon))
    estate[blank] = innermost(boundaries, lon[blank], lat[blank])
    status = np.where(estate >= 0, HOME, np.where(says, UNKNOWN_ESTATE, OUTSIDE)).astype(object)
    status[np.isnan(lon) & (status != UNKNOWN_ESTATE)] = NOT_LOCATED
    asked = np.flatnonzero(says & (estate >= 0) & np.isfinite(lon))
    away = np.zeros(len(buildings))
    away[asked] = _away(estates, boundaries, estate[asked], lon[asked], lat[asked])
    return Owners(estate, status, lon, lat, away)


def points_on(places: gpd.GeoDataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a point on each building in degrees: its own, if that is on its footprint, else one on its surface."""
    import shapely

    shapes = np.asarray(places.geometry.array, dtype=object)
    lon, lat = (places[name].to_numpy(dtype=np.float64, copy=True) for name in ("lon", "lat"))
    areas = np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
    given = areas & np.isfinite(lon)
    on = given.copy()
    on[given] = shapely.intersects(shapes[given], shapely.points(lon[given], lat[given]))
    off = areas & ~on
    surface = shapely.point_on_surface(shapes[off])
    lon[off], lat[off] = shapely.get_x(surface), shapely.get_y(surface)
    return lon, lat


def innermost(
    boundaries: NDArray[np.object_], lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return for each point the boundary of the smallest area that holds it, -1 for none; the first of equals."""
    import shapely

    found = np.full(len(lon), -1, dtype=np.int64)
    there = np.flatnonzero(~shapely.is_missing(boundaries))
    if not len(there) or not len(lon):
        return found
    point, at = shapely.STRtree(boundaries[there]).query(shapely.points(lon, lat), predicate="intersects")
    which = there[at]
    order = np.lexsort((which, shapely.area(boundaries[which]), point))
    point, which = point[order], which[order]
    first = np.ones(len(point), dtype=bool)
    first[1:] = point[1:] != point[:-1]
    found[point[first]] = which[first]
    return found


def _away(
    estates: gpd.GeoDataFrame,
    boundaries: NDArray[np.object_],
    estate: NDArray[np.int64],
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Metres from buildings to the estates they name; 0 where they are near enough or nothing is known."""
    import shapely

    bounded = ~shapely.is_missing(boundaries[estate])
    there_lon, there_lat = (estates[name].to_numpy(dtype=np.float64)[estate] for name in ("lon", "lat"))
    lines = shapely.shortest_line(shapely.points(lon[bounded], lat[bounded]), boundaries[estate[bounded]])
    ends = shapely.get_coordinates(lines).reshape(-1, 2, 2)[:, 1]
    there_lon[bounded], there_lat[bounded] = ends[:, 0], ends[:, 1]
    metres = distance_m(lon, lat, there_lon, there_lat)
    near = np.where(bounded, AWAY_M, FAR_M)
    return np.where(np.isnan(metres) | (metres <= near), 0.0, metres)
