"""The shifted Chinese datums: WGS84, GCJ-02 (Amap, Tencent) and BD-09 (Baidu) into each other.

Maps published in mainland China are drawn in GCJ-02, a secret distortion of WGS84 by 50 to 700 m; Baidu
shifts once more (BD-09). The formulas are those that have been public since 2013 [1]_ [2]_. The way back has
no formula; it is found by fixed-point iteration, to less than a micrometre. CGCS2000 differs from WGS84 by
centimetres and counts as WGS84.

Outside the box 72.004 to 137.8347 E, 0.8293 to 55.8271 N nothing is shifted. Inside it everything is, as in
all public implementations, and so are Hong Kong, Macau and Taiwan, whose own sources are in WGS84: name a
shifted datum there only for coordinates that really come from a mainland map. Nothing of mainland China lies
within 700 m of the box's edge, where a shifted place might fall on the other side.

References
----------
.. [1] googollee/eviltransform (MIT licence), whose published points the tests check.
.. [2] wandergis/coordtransform (MIT licence), likewise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.crs import BD09, GCJ02, SHIFTED, WGS84, check_crs
from walkshed.crs import to_wgs84 as reproject

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Pair = tuple[Floats, Floats]

BOX = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east and north of the box outside which GCJ-02 is WGS84."""

_A = 6_378_245.0  # Krassowsky 1940, as the public formula has it
_EE = 0.00669342162296594323
_BD_PI = np.pi * 3000.0 / 180.0
_STEPS = 30
_NEAR_DEG = 5e-14  # some nanometres


def in_box(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """Tell which points (degrees) lie in the box inside which GCJ-02 is shifted.

    Examples
    --------
    >>> in_box([120.25, 7.42], [31.55, 43.73]).tolist()
    [True, False]
    """
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    west, south, east, north = BOX
    return np.asarray((x >= west) & (x <= east) & (y >= south) & (y <= north))


def convert(lon: ArrayLike, lat: ArrayLike, *, source: str, target: str) -> Pair:
    """Return longitudes and latitudes of one datum in another.

    Parameters
    ----------
    lon, lat
        Degrees, of any shape; nan stays nan.
    source, target
        ``"EPSG:4326"`` (or CGCS2000, counted as the same), ``"GCJ-02"`` or ``"BD-09"``, in any spelling of
        :func:`walkshed.crs.check_crs`.

    Returns
    -------
    lon, lat
        float64 arrays of the same shape, in degrees. There and back differ by less than a micrometre.

    Raises
    ------
    InputError
        ``crs.unknown`` for what is no coordinate system.
    ValueError
        For a system that is none of these datums: :func:`walkshed.crs.unproject` is for those.

    Examples
    --------
    >>> lon, lat = convert(116.404, 39.915, source="EPSG:4326", target="GCJ-02")
    >>> float(lon.round(8)), float(lat.round(8))
    (116.4102445, 39.91640428)
    >>> back = convert(lon, lat, source="GCJ-02", target="WGS84")
    >>> float(abs(back[0] - 116.404)) < 1e-12
    True
    """
    one, other = _datum(source), _datum(target)
    x, y = np.broadcast_arrays(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
    if one == other:
        return x.copy(), y.copy()
    inside = in_box(x, y)
    moved = _FORWARD[other](*_BACKWARD[one](np.where(inside, x, np.nan), np.where(inside, y, np.nan)))
    return np.where(inside, moved[0], x), np.where(inside, moved[1], y)


def to_wgs84(frame: gpd.GeoDataFrame, crs: str | None = None) -> gpd.GeoDataFrame:
    """Return a copy of a frame of any geometries in EPSG:4326, a shifted datum undone.

    Parameters
    ----------
    frame
        Its own coordinate system, if it names one, is undone first: a layer of shifted coordinates usually
        says EPSG:4326, or was projected from that.
    crs
        What the coordinates really are: an EPSG system (used only where the frame names none), ``"GCJ-02"`` or
        ``"BD-09"``; None believes the frame.

    Raises
    ------
    InputError
        ``crs.missing`` when neither frame nor ``crs`` says a system, ``crs.unknown`` for an unknown one.

    Examples
    --------
    >>> import geopandas, shapely
    >>> frame = geopandas.GeoDataFrame(geometry=[shapely.Point(121.531541859215, 31.17530398364597)])
    >>> to_wgs84(frame, "GCJ-02").geometry.iloc[0].wkt
    'POINT (121.5272106 31.1774276)'
    """
    system = None if crs is None else check_crs(crs)
    if frame.crs is None and system is not None:
        frame = frame.set_crs(WGS84 if system in SHIFTED else system)
    plain = reproject(frame)
    return plain if system not in SHIFTED else _shifted(plain, system, WGS84)


def from_wgs84(frame: gpd.GeoDataFrame, crs: str) -> gpd.GeoDataFrame:
    """Return a copy of a frame with the coordinates a map in GCJ-02 or BD-09 needs.

    No EPSG code names these datums: the copy has no coordinate system, so that it cannot be taken for WGS84.

    Examples
    --------
    >>> import geopandas, shapely
    >>> frame = geopandas.GeoDataFrame(geometry=[shapely.Point(116.404, 39.915)], crs="EPSG:4326")
    >>> shifted = from_wgs84(frame, "GCJ-02")
    >>> round(float(shifted.geometry.x[0]), 6), shifted.crs
    (116.410244, None)
    """
    return _shifted(reproject(frame), WGS84, _datum(crs)).set_crs(None, allow_override=True)


def _shifted(frame: gpd.GeoDataFrame, source: str, target: str) -> gpd.GeoDataFrame:
    import shapely

    def move(xy: Floats) -> Floats:
        return np.column_stack(convert(xy[:, 0], xy[:, 1], source=source, target=target))

    flat = shapely.force_2d(frame.geometry.to_numpy())
    return frame.set_geometry(shapely.transform(flat, move), crs=frame.crs)


def _datum(crs: str) -> str:
    system = check_crs(crs)
    if system == "EPSG:4490":
        return WGS84
    if system not in (WGS84, *SHIFTED):
        msg = f"{system} is not one of the datums EPSG:4326, CGCS2000, GCJ-02 and BD-09"
        raise ValueError(msg)
    return system


def _same(lon: Floats, lat: Floats) -> Pair:
    return lon, lat


def _gcj_of_wgs(lon: Floats, lat: Floats) -> Pair:
    x, y = lon - 105.0, lat - 35.0
    root, both = np.sqrt(np.abs(x)), x * y
    waves = 20.0 * (np.sin(6.0 * np.pi * x) + np.sin(2.0 * np.pi * x))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * both + 0.2 * root
    north += 2.0 / 3.0 * (waves + _waves(y, (20.0, 1.0), (40.0, 3.0), (160.0, 12.0), (320.0, 30.0)))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * both + 0.1 * root
    east += 2.0 / 3.0 * (waves + _waves(x, (20.0, 1.0), (40.0, 3.0), (150.0, 12.0), (300.0, 30.0)))
    phi = np.radians(lat)
    magic = 1.0 - _EE * np.sin(phi) ** 2
    east_deg = np.degrees(east / (_A / np.sqrt(magic) * np.cos(phi)))
    north_deg = np.degrees(north / (_A * (1.0 - _EE) / magic**1.5))
    return lon + east_deg, lat + north_deg


def _waves(value: Floats, *waves: tuple[float, float]) -> Floats:
    total = np.zeros_like(value)
    for height, length in waves:
        total += height * np.sin(np.pi * value / length)
    return total


def _bd_of_gcj(lon: Floats, lat: Floats) -> Pair:
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(_BD_PI * lat)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(_BD_PI * lon)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _bd_of_wgs(lon: Floats, lat: Floats) -> Pair:
    return _bd_of_gcj(*_gcj_of_wgs(lon, lat))


def _undone(forward: Callable[[Floats, Floats], Pair], lon: Floats, lat: Floats) -> Pair:
    """Return what ``forward`` would turn into these points, by fixed-point iteration.

    The shift changes by about a hundredth of the way moved, so each round wins two digits.
    """
    x, y = lon.copy(), lat.copy()
    for _ in range(_STEPS):
        there = forward(x, y)
        off_x, off_y = there[0] - lon, there[1] - lat
        x, y = x - off_x, y - off_y
        if not np.any(np.hypot(off_x, off_y) > _NEAR_DEG):  # nan counts as near
            break
    return x, y


def _wgs_of_gcj(lon: Floats, lat: Floats) -> Pair:
    return _undone(_gcj_of_wgs, lon, lat)


def _wgs_of_bd(lon: Floats, lat: Floats) -> Pair:
    return _wgs_of_gcj(*_undone(_bd_of_gcj, lon, lat))


_FORWARD = {WGS84: _same, GCJ02: _gcj_of_wgs, BD09: _bd_of_wgs}
_BACKWARD = {WGS84: _same, GCJ02: _wgs_of_gcj, BD09: _wgs_of_bd}
