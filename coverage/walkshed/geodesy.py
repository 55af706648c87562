"""Lengths on the WGS84 ellipsoid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_A = 6_378_137.0
_E2 = 6.694379990141316e-3
_SHORT_M = 2_000.0


def distance_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> NDArray[np.float64]:
    """Geodesic distance in metres between points given in degrees (WGS84), elementwise.

    Up to 2 km the mid-latitude formula is used [1]_, whose error is then below 0.02 mm
    (below 80 degrees of latitude); farther apart, and nearer the poles, GeographicLib (through pyproj) answers.

    References
    ----------
    .. [1] W. Torge, J. Müller, *Geodesy*, 4th ed., de Gruyter 2012, section 6.3.3 (Gauss' mid-latitude formulas).

    Examples
    --------
    >>> float(distance_m(120.25, 31.57, 120.26, 31.57).round(2))
    949.31
    """
    lon1, lat1, lon2, lat2 = (np.asarray(a, dtype=np.float64) for a in (lon1, lat1, lon2, lat2))
    lat = np.radians((lat1 + lat2) / 2)
    w2 = 1 - _E2 * np.sin(lat) ** 2
    east = np.radians(lon2 - lon1) * np.cos(lat) * _A / np.sqrt(w2)
    north = np.radians(lat2 - lat1) * _A * (1 - _E2) / w2**1.5
    out = np.asarray(np.hypot(east, north))
    far = (out > _SHORT_M) | (np.abs(lat1) > 80)
    if far.any():
        from pyproj import Geod

        sides = np.broadcast_arrays(lon1, lat1, lon2, lat2)
        a, b, c, d = (np.atleast_1d(side)[np.atleast_1d(far)] for side in sides)
        exact = Geod(ellps="WGS84").inv(a, b, c, d)[2]
        out = np.atleast_1d(out)
        out[np.atleast_1d(far)] = exact
        out = out.reshape(sides[0].shape)
    return out


def area_m2(shape: Any) -> float:
    """Area on the ellipsoid, in square metres, of a shapely polygon or multipolygon in degrees (WGS84).

    Examples
    --------
    >>> from shapely import box
    >>> round(area_m2(box(120.25, 31.57, 120.26, 31.58)))
    1052538
    """
    from pyproj import Geod
    from shapely import orient_polygons

    return abs(float(Geod(ellps="WGS84").geometry_area_perimeter(orient_polygons(shape))[0]))
