"""How large a place is, and the ground around it that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from walkshed.crs import metric_crs, project, unproject
from walkshed.errors import Text, input_error

if TYPE_CHECKING:
    from walkshed.errors import Source

MOST_KM2 = 5_000.0
"""A public server cannot answer for more, and a study on foot does not need it: a large city fits."""
_MOST_CORNERS = 400
_RADIUS_M = 6_371_007.2
_FINEST_M = 10.0


def area_km2(polygon: Any) -> float:
    """Return the area of a polygon in degrees, on a sphere of the Earth's surface.

    Examples
    --------
    >>> import shapely
    >>> round(area_km2(shapely.box(-180, -90, 180, 90)) / 1e6)
    510
    """
    import numpy as np
    import shapely

    def flat(at: Any) -> Any:  # Lambert's cylinder: areas are true anywhere
        lon, lat = np.radians(at).T
        return np.column_stack([lon, np.sin(lat)]) * _RADIUS_M / 1000

    return float(shapely.area(shapely.transform(polygon, flat)))


def check_extent(place: str, polygon: Any, buffer_m: float, source: Source) -> float:
    """Return the area of a place in km².

    Raises
    ------
    InputError
        It is too large to be asked for, alone or with its surroundings, or crosses the date line.
    """
    west, _, east, _ = polygon.bounds
    if east - west > 180:
        text = Text(
            f'"{place}" crosses the date line; give a street file with file = …',
            f"“{place}”跨越日期变更线；请用 file = … 指定路网文件",
        )
        raise input_error("place.too_large", text, source)
    size = area_km2(polygon)
    if size > MOST_KM2:
        text = Text(
            f'"{place}" covers {size:,.0f} km², more than can be asked for ({MOST_KM2:,.0f} km²); name one district or '
            "sub-district of it, or download an extract of the region and give it with file = …",
            f"“{place}”面积 {size:,.0f} 平方公里，超出可下载的范围（{MOST_KM2:,.0f} 平方公里）；请改填其中的区或街道，"
            "或下载该地区的 OSM 文件并用 file = … 指定",
        )
        raise input_error("place.too_large", text, source)
    whole = area_km2(surroundings(polygon, buffer_m))
    if whole > 2 * MOST_KM2:
        text = Text(
            f'"{place}" with buffer_m = {buffer_m:g} around it covers {whole:,.0f} km², more than can be asked for; '
            "lower buffer_m or name a smaller place",
            f"“{place}”外扩 buffer_m = {buffer_m:g} 米后为 {whole:,.0f} 平方公里，超出可下载的范围；"
            "请减小 buffer_m 或改填较小的地点",
        )
        raise input_error("place.too_large", text, source)
    return size


def surroundings(polygon: Any, buffer_m: float) -> Any:
    """Return a plain outline that holds everything within ``buffer_m`` of a polygon, in degrees.

    It has no holes and few corners, because it goes into the request once for every kind of thing.
    """
    import shapely

    middle = shapely.centroid(polygon)
    crs = metric_crs(middle.x, middle.y)
    flat = shapely.transform(polygon, lambda x, y: project(x, y, crs), interleaved=False)
    slack = max(_FINEST_M, buffer_m / 50)
    while True:
        # drawn wider by what the thinning may take away, and by what rounding to 1e-5 degree may
        wide = shapely.buffer(flat, buffer_m + slack + 2.0)
        thin = shapely.simplify(wide, slack)
        if len(shapely.get_coordinates(thin)) <= _MOST_CORNERS:
            break
        slack *= 2
    shells = [shapely.Polygon(part.exterior) for part in shapely.get_parts(thin)]
    outline = shapely.union_all(shells)
    return shapely.transform(outline, lambda x, y: unproject(x, y, crs), interleaved=False)
