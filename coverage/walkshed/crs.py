"""Coordinate systems: the only module that reprojects.

EPSG:4326 (longitude, latitude on WGS84) at the doors, one local metric system inside. pyproj is
imported where it is used.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from walkshed.errors import Text, input_error

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    from numpy.typing import ArrayLike, NDArray
    from pyproj import CRS, Transformer

WGS84 = "EPSG:4326"
"""The system of everything that enters or leaves the package."""

_NAMED = {"wgs84": WGS84, "cgcs2000": "EPSG:4490", "crs84": WGS84, "ogccrs84": WGS84}
_SHIFTED = re.compile(
    r"gcj-?0?2|bd-?0?9|火星|高德|腾讯|百度|amap|gaode|baidu|tencent|\bmars\b", re.IGNORECASE
)


def is_shifted(text: str) -> bool:
    """Tell whether a text names one of the shifted Chinese datums (GCJ-02, BD-09).

    Examples
    --------
    >>> is_shifted("GCJ-02"), is_shifted("经度（百度）"), is_shifted("EPSG:4490")
    (True, True, False)
    """
    return _SHIFTED.search(text) is not None


def check_crs(value: object) -> str:
    """Return a coordinate system as ``"EPSG:n"``.

    Parameters
    ----------
    value
        ``"EPSG:4549"``, ``4549``, ``"4549"``, ``"WGS84"`` or ``"CGCS2000"``.

    Returns
    -------
    str
        The normalised name.

    Raises
    ------
    InputError
        ``crs.not_yet`` for GCJ-02 and BD-09, ``crs.unknown`` for what is no horizontal EPSG system.

    Examples
    --------
    >>> check_crs("epsg:4326"), check_crs(4549), check_crs("wgs 84")
    ('EPSG:4326', 'EPSG:4549', 'EPSG:4326')
    """
    text = str(value).strip()
    if is_shifted(text):
        raise input_error(
            "crs.not_yet",
            Text(
                f'crs = "{text}" is not understood yet: only EPSG codes are, such as "EPSG:4326"; '
                "convert the coordinates to WGS84 first",
                f"暂不支持 crs = “{text}”：目前只接受 EPSG 代码，如 “EPSG:4326”；请先把坐标转换为 WGS84",
            ),
        )
    plain = _NAMED.get(re.sub(r"[\s_:/-]", "", text.lower()), text)
    found = re.fullmatch(r"(?:epsg:+)?\s*(\d{4,6})", plain, re.IGNORECASE)
    if found is None or not _horizontal(int(found[1])):
        raise input_error(
            "crs.unknown",
            Text(
                f'crs = "{text}" is no known coordinate system; write an EPSG code, such as "EPSG:4326" '
                '(longitude and latitude) or "EPSG:4549" (CGCS2000, 120E)',
                f"无法识别坐标系 crs = “{text}”；请写 EPSG 代码，如 “EPSG:4326”（经纬度）"
                "或 “EPSG:4549”（CGCS2000 三度带 120E）",
            ),
        )
    return f"EPSG:{int(found[1])}"


@lru_cache(maxsize=64)
def _horizontal(code: int) -> bool:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        crs = CRS.from_epsg(code)
    except CRSError:
        return False
    return bool(crs.is_geographic or crs.is_projected)


def is_degrees(crs: str) -> bool:
    """Tell whether a system counts in longitude and latitude.

    Examples
    --------
    >>> is_degrees("EPSG:4490"), is_degrees("EPSG:4549")
    (True, False)
    """
    if crs == WGS84:
        return True
    from pyproj import CRS

    return bool(CRS.from_user_input(crs).is_geographic)


def area_of_use(crs: str) -> tuple[float, float, float, float] | None:
    """Return where a system is meant to be used: west, south, east, north in degrees.

    Examples
    --------
    >>> west, south, east, north = area_of_use("EPSG:4549")
    >>> west < 120 < east
    True
    """
    from pyproj import CRS

    area = CRS.from_user_input(crs).area_of_use
    return None if area is None else (area.west, area.south, area.east, area.north)


def to_wgs84(gdf: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a copy of a frame in EPSG:4326.

    Raises
    ------
    InputError
        ``crs.missing`` when the frame does not say its coordinate system.
    """
    if gdf.crs is None:
        raise input_error(
            "crs.missing",
            Text(
                "the layer does not say its coordinate system; set one in your GIS (for a shapefile: "
                "its .prj file) or write crs",
                "图层没有坐标系信息；请在 GIS 软件中定义坐标系（shapefile 需带 .prj 文件），或写明 crs",
            ),
        )
    return gdf.to_crs(WGS84)


def metric_crs(lon: float, lat: float) -> CRS:
    """Return a metric system for a city: a transverse Mercator on WGS84 centred at a point.

    Examples
    --------
    >>> x, y = project(120.25, 31.55, metric_crs(120.25, 31.55))
    >>> float(abs(x)) < 1e-6 and float(abs(y)) < 1e-6
    True
    """
    from pyproj import CRS

    return CRS.from_proj4(
        f"+proj=tmerc +lat_0={lat:.9f} +lon_0={lon:.9f} +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
    )


@lru_cache(maxsize=64)
def _transformer(source: CRS | str, target: CRS | str) -> Transformer:
    from pyproj import Transformer

    return Transformer.from_crs(source, target, always_xy=True)


def _transform(
    source: CRS | str, target: CRS | str, first: ArrayLike, second: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    import numpy as np

    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    # Errors come back as inf: nan is what the rest of the package reads as "no coordinate".
    out_a, out_b = _transformer(source, target).transform(a, b)
    bad = ~(np.isfinite(out_a) & np.isfinite(out_b) & np.isfinite(a) & np.isfinite(b))
    return np.where(bad, np.nan, out_a), np.where(bad, np.nan, out_b)


def project(
    lon: ArrayLike, lat: ArrayLike, crs: CRS | str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x and y in ``crs`` of longitudes and latitudes; nan where there is none.

    Examples
    --------
    >>> x, y = project([120.0, float("nan")], [31.5, 31.5], "EPSG:4549")
    >>> [float(value) for value in x.round(3)]
    [500000.0, nan]
    """
    return _transform(WGS84, crs, lon, lat)


def unproject(x: ArrayLike, y: ArrayLike, crs: CRS | str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitude and latitude of x and y in ``crs``; nan where there is none.

    Examples
    --------
    >>> lon, lat = unproject(500000.0, 3486000.0, "EPSG:4549")
    >>> float(lon.round(6))
    120.0
    """
    return _transform(crs, WGS84, x, y)
