"""Coordinate systems: the only module that reprojects.

EPSG:4326 (longitude, latitude on WGS84) at the doors, one local metric system inside. The shifted Chinese
datums, which no EPSG code names, are known here by name and undone in :mod:`walkshed.datum`. pyproj is
imported where it is used.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from walkshed.errors import InputError, Text, input_error

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    from numpy.typing import ArrayLike, NDArray
    from pyproj import CRS, Transformer

WGS84 = "EPSG:4326"
"""The system of everything that enters or leaves the package."""

GCJ02 = "GCJ-02"
"""The shifted datum of Amap and Tencent (火星坐标)."""
BD09 = "BD-09"
"""The datum of Baidu, shifted once more (bd09ll, in degrees)."""
SHIFTED = (GCJ02, BD09)

_NAMED = {
    **dict.fromkeys(("wgs84", "wgs1984", "crs84", "ogccrs84", "gps", "地球"), WGS84),
    **dict.fromkeys(
        (
            "cgcs2000",
            "国家2000",
            "国家大地2000",
            "2000国家",
            "2000国家大地",
            "中国2000",
            "天地图",
            "tianditu",
        ),
        "EPSG:4490",
    ),
}
_GCJ = re.compile(
    r"gcj[-_ ]?0?2(?!\d)|火星|国测局|高德|腾讯|amap|gaode|autonavi|tencent|\bmars\b", re.IGNORECASE
)
_BD = re.compile(r"bd[-_ ]?0?9(?!\d)|百度|baidu", re.IGNORECASE)
_METRES = re.compile(r"mc\b|墨卡托|mercator|epsg|米", re.IGNORECASE)


def shifted_datum(text: str) -> str:
    """Return which of the shifted Chinese datums a text names, "" where it names none, or both.

    Examples
    --------
    >>> shifted_datum("火星坐标"), shifted_datum("经度（百度）"), shifted_datum("EPSG:4490")
    ('GCJ-02', 'BD-09', '')
    """
    plain = unicodedata.normalize("NFKC", text)
    named = [datum for datum, words in ((GCJ02, _GCJ), (BD09, _BD)) if words.search(plain)]
    return named[0] if len(named) == 1 else ""


def is_shifted(text: str) -> bool:
    """Tell whether a text names one of the shifted Chinese datums (GCJ-02, BD-09).

    Examples
    --------
    >>> is_shifted("GCJ-02"), is_shifted("经度（百度）"), is_shifted("EPSG:4490")
    (True, True, False)
    """
    plain = unicodedata.normalize("NFKC", text)
    return bool(_GCJ.search(plain) or _BD.search(plain))


def check_crs(value: object) -> str:
    """Return a coordinate system as ``"EPSG:n"``, ``"GCJ-02"`` or ``"BD-09"``.

    Parameters
    ----------
    value
        ``"EPSG:4549"``, ``4549``, ``"4549"``, ``"WGS84"``, ``"CGCS2000"`` (国家2000), ``"GCJ-02"`` (火星坐标,
        高德坐标, 腾讯坐标) or ``"BD-09"`` (bd09ll, 百度坐标), in the usual spellings.

    Returns
    -------
    str
        The normalised name. The shifted datums count in degrees; Baidu's metres (bd09mc) are not read.

    Raises
    ------
    InputError
        ``crs.unknown`` for what is neither a horizontal EPSG system nor a shifted datum.

    Examples
    --------
    >>> check_crs("epsg:4326"), check_crs(4549), check_crs("wgs 84"), check_crs("gcj02"), check_crs("百度坐标")
    ('EPSG:4326', 'EPSG:4549', 'EPSG:4326', 'GCJ-02', 'BD-09')
    """
    text = unicodedata.normalize("NFKC", str(value)).strip()
    if is_shifted(text):
        datum = shifted_datum(text)
        if datum and not _METRES.search(text):
            return datum
        raise _unknown(text)
    plain = re.sub(r"坐标系?(统)?$", "", re.sub(r"[\s_:/-]", "", text.lower()))
    found = re.fullmatch(r"(?:epsg:+)?\s*(\d{4,6})", _NAMED.get(plain, text), re.IGNORECASE)
    if found is None or not _horizontal(int(found[1])):
        raise _unknown(text)
    return f"EPSG:{int(found[1])}"


def _unknown(text: str) -> InputError:
    return input_error(
        "crs.unknown",
        Text(
            f'crs = "{text}" is no known coordinate system; write an EPSG code, such as "EPSG:4326" '
            '(longitude and latitude) or "EPSG:4549" (CGCS2000, 120E), or "GCJ-02" (Amap, Tencent) or '
            '"BD-09" (Baidu, in degrees)',
            f"无法识别坐标系 crs = “{text}”；请写 EPSG 代码，如 “EPSG:4326”（经纬度）"
            "或 “EPSG:4549”（CGCS2000 三度带 120E），或 “GCJ-02”（高德、腾讯）、“BD-09”（百度经纬度）",
        ),
    )


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
    >>> is_degrees("EPSG:4490"), is_degrees("EPSG:4549"), is_degrees("GCJ-02")
    (True, False, True)
    """
    if crs == WGS84 or crs in SHIFTED:
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


def _words(crs: CRS | str) -> str:
    """Return the words a system was made from: they are looked up quickly, a CRS is not."""
    return crs if isinstance(crs, str) else crs.srs


@lru_cache(maxsize=64)
def _transformer(source: str, target: str) -> Transformer:
    from pyproj import Transformer

    return Transformer.from_crs(source, target, always_xy=True)


def _transform(
    source: CRS | str, target: CRS | str, first: ArrayLike, second: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    import numpy as np

    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    # Errors come back as inf: nan is what the rest of the package reads as "no coordinate".
    out_a, out_b = _transformer(_words(source), _words(target)).transform(a, b)
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
