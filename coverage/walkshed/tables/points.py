"""Where rows lie: coordinate columns and geometries checked and brought to EPSG:4326."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from walkshed.crs import SHIFTED, WGS84, area_of_use, is_degrees, unproject
from walkshed.datum import convert
from walkshed.errors import Text
from walkshed.tables.shifted import column_datum, tell_undone
from walkshed.tables.tally import Tally, row_ranges
from walkshed.tables.values import read_coordinate

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from walkshed.errors import Findings
    from walkshed.tables.table import Table

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Places:
    """Longitude, latitude (nan where not located) and geometry of a table's rows."""

    lon: Floats
    lat: Floats
    geometry: NDArray[np.object_]


@dataclass(frozen=True)
class _Pairs:
    """Coordinates as the file holds them, with what is needed to speak of them."""

    table: Table
    tally: Tally
    x: Floats
    y: Floats
    x_name: str
    y_name: str

    def fault(self, code: str, text: Text, where: Flags, *, column: str = "", both: bool = False) -> None:
        """Note a fault at each place and forget its coordinates."""
        import numpy as np

        name = column or self.x_name
        values = self.y if name == self.y_name and name != self.x_name else self.x
        for position in np.flatnonzero(where):
            value = _pair(self, int(position)) if both else _digits(values[position])
            self.tally.fault(code, text, row=self.table.rows[position], column=name, value=value)
        self.x[where] = np.nan
        self.y[where] = np.nan

    def fault_once(self, code: str, text: Callable[[str], Text], where: Flags) -> None:
        """Note one fault for a whole column, naming its rows, and forget the coordinates."""
        import numpy as np

        positions = np.flatnonzero(where)
        rows = row_ranges(self.table.rows[position] for position in positions)
        first = int(positions[0])
        row = self.table.rows[first]
        self.tally.fault(code, text(rows), row=row, column=self.x_name, value=_pair(self, first))
        self.x[where] = np.nan
        self.y[where] = np.nan


def _digits(value: float) -> str:
    return "" if value != value else f"{value:.10g}"  # noqa: PLR0124  nan is a blank


def _pair(pairs: _Pairs, position: int) -> str:
    return f"{_digits(pairs.x[position])}, {_digits(pairs.y[position])}"


def read_places(table: Table, *, crs: str, found: Findings) -> Places:
    """Read where the rows of a table lie; every impossible coordinate is a fault.

    Parameters
    ----------
    crs
        The system of the coordinate columns; a shifted datum is undone, and one that a header names.
    """
    import numpy as np
    import shapely

    tally, in_columns = Tally(found, table.source), column_datum(table, crs, found)
    if table.geometry is None:
        lon, lat = _column_points(table, in_columns, tally, found)
        geometry = np.full(len(table.rows), None, dtype=object)
        placed = np.isfinite(lon)
        geometry[placed] = shapely.points(lon[placed], lat[placed])
    else:
        geometry = table.geometry.copy()
        lon, lat = _geometry_points(table, geometry, in_columns, tally, found)
    tally.tell()
    tell_undone(table, in_columns if table.geometry is None else crs, lon, lat, found)
    told = np.isin(table.rows, list(tally.faulty)) if tally.faulty else np.zeros(len(lon), dtype=bool)
    _tell_not_located(table, np.isnan(lon) & ~told, found)
    return Places(lon, lat, geometry)


def _column_points(table: Table, crs: str, tally: Tally, found: Findings) -> tuple[Floats, Floats]:
    import numpy as np

    nowhere = np.full(len(table.rows), np.nan)
    if not (table.has("lon") or table.has("lat")):
        return nowhere, nowhere.copy()
    if not (table.has("lon") and table.has("lat")):
        there, gone = ("lon", "lat") if table.has("lon") else ("lat", "lon")
        zh = {"lon": "经度", "lat": "纬度"}[gone]
        found.fault(
            "column.missing",
            Text(
                f'there is a column for {there} ("{table.header(there)}") but none for {gone} ({zh})',
                f"有“{table.header(there)}”列，但缺少{zh}（{gone}）列",
            ),
            table.source.at(column=table.header(there)),
        )
        return nowhere, nowhere.copy()
    x_name, y_name = table.header("lon"), table.header("lat")
    x = np.array(table.read(x_name, read_coordinate, tally), dtype=np.float64)
    y = np.array(table.read(y_name, read_coordinate, tally), dtype=np.float64)
    pairs = _Pairs(table, tally, x, y, x_name, y_name)
    _check_halves(pairs)
    if is_degrees(crs):
        _check_degrees(pairs)
        if crs in SHIFTED:
            return convert(x, y, source=crs, target=WGS84)
        return unproject(x, y, crs) if crs != WGS84 else (x, y)
    return _check_projected(pairs, crs)


def _check_halves(pairs: _Pairs) -> None:
    import numpy as np

    no_x, no_y = np.isnan(pairs.x), np.isnan(pairs.y)
    for half, blank, given in (
        (no_y & ~no_x, pairs.y_name, pairs.x_name),
        (no_x & ~no_y, pairs.x_name, pairs.y_name),
    ):
        # An unparsable cell has had its own fault: do not complain of its other half.
        readable = np.array(
            [not _said(pairs, blank, int(position)) for position in np.flatnonzero(half)], dtype=bool
        )
        whole = np.zeros(len(half), dtype=bool)
        whole[np.flatnonzero(half)[readable]] = True
        pairs.fault(
            "point.half",
            Text(
                f'is blank, but "{given}" is not; give both or neither',
                f"为空，而“{given}”有值；请两者都填或都不填",
            ),
            whole,
            column=blank,
        )
        pairs.x[half] = np.nan
        pairs.y[half] = np.nan


def _said(pairs: _Pairs, column: str, position: int) -> bool:
    return read_coordinate(pairs.table.columns[column][position]).problem is not None


def _check_degrees(pairs: _Pairs) -> None:
    """Look for what cannot be longitude and latitude, the surest first."""
    import numpy as np

    x, y = pairs.x, pairs.y
    with np.errstate(invalid="ignore"):
        zero = (x == 0) & (y == 0)
    pairs.fault(
        "point.zero",
        Text(
            "0, 0 is in the ocean; leave both blank if the place is not known",
            "0, 0 位于大洋中；不知道坐标请留空",
        ),
        zero,
        both=True,
    )
    with np.errstate(invalid="ignore"):
        far = (np.abs(x) > 1000) | (np.abs(y) > 1000)
        given = np.isfinite(x) & np.isfinite(y)
    if far.any() and 2 * far.sum() >= given.sum():
        pairs.fault_once("point.projected", _projected_text, far)
    _check_swapped(pairs)
    for values, limit, name in ((x, 180, pairs.x_name), (y, 90, pairs.y_name)):
        with np.errstate(invalid="ignore"):
            beyond = np.abs(values) > limit
        pairs.fault(
            "point.out_of_range",
            Text(
                f"is beyond ±{limit} degrees; write decimal degrees "
                "(is a decimal point lost, or is it in metres?)",
                f"超出 ±{limit} 度；请写十进制度数（是否漏了小数点，或单位是米？）",
            ),
            beyond,
            column=name,
        )


def _projected_text(rows: str) -> Text:
    return Text(
        "these are projected coordinates (metres), not degrees; name their system, "
        f'such as crs = "EPSG:4549", or convert them to longitude and latitude; rows {rows}',
        f"这是投影坐标（米），不是经纬度；请写明坐标系，如 crs = “EPSG:4549”，或转换为经纬度；第 {rows} 行",
    )


def _check_swapped(pairs: _Pairs) -> None:
    import numpy as np

    x, y = pairs.x, pairs.y
    with np.errstate(invalid="ignore"):
        impossible = (np.abs(y) > 90) & (np.abs(y) <= 180) & (np.abs(x) <= 90)
        china = (x >= 18) & (x <= 54) & (y >= 73) & (y <= 135)
    swapped = impossible | china
    swapped |= _swapped_into_bulk(x, y, ~swapped & np.isfinite(x) & np.isfinite(y))
    pairs.fault(
        "point.swapped",
        Text(
            f'longitude and latitude are swapped; "{pairs.x_name}" should hold the longitude',
            f"经纬度写反了；“{pairs.x_name}”应填经度",
        ),
        swapped,
        both=True,
    )


def _swapped_into_bulk(x: Floats, y: Floats, usable: Flags) -> Flags:
    """Return the points that lie far from the others, and right among them when swapped."""
    import numpy as np

    none = np.zeros(len(x), dtype=bool)
    if usable.sum() < 4:
        return none
    mid_x, mid_y = float(np.median(x[usable])), float(np.median(y[usable]))
    with np.errstate(invalid="ignore"):
        off = np.maximum(np.abs(x - mid_x), np.abs(y - mid_y))
        off_swapped = np.maximum(np.abs(y - mid_x), np.abs(x - mid_y))
        if (off[usable] < 1).mean() <= 0.5:
            return none
        return usable & (off > 3) & (off_swapped < 1)


def _check_projected(pairs: _Pairs, crs: str) -> tuple[Floats, Floats]:
    import numpy as np

    x, y = pairs.x, pairs.y
    given = np.isfinite(x) & np.isfinite(y)
    with np.errstate(invalid="ignore"):
        zero = (x == 0) & (y == 0)
        degrees = given & ~zero & (np.abs(x) <= 180) & (np.abs(y) <= 90)
    pairs.fault(
        "point.zero",
        Text("0, 0 is no place; leave both blank if it is not known", "0, 0 不是有效位置；不知道请留空"),
        zero,
        both=True,
    )
    if degrees.any() and 2 * degrees.sum() >= given.sum():
        pairs.fault_once(
            "point.degrees",
            lambda rows: Text(
                f'these look like degrees, but crs is {crs}; write crs = "EPSG:4326"; rows {rows}',
                f"这些值像经纬度，但 crs 是 {crs}；请写 crs = “EPSG:4326”；第 {rows} 行",
            ),
            degrees,
        )
    lon, lat = unproject(x, y, crs)
    swap_lon, swap_lat = unproject(y, x, crs)
    outside = np.isfinite(x) & ~_inside(lon, lat, crs)
    swapped = outside & _inside(swap_lon, swap_lat, crs)
    pairs.fault(
        "point.swapped",
        Text(
            f'easting and northing are swapped for {crs}; "{pairs.x_name}" should hold the easting '
            "(in Chinese survey data X is the northing)",
            f"按 {crs} 东、北坐标写反了；“{pairs.x_name}”应填东坐标（测绘数据中 X 常为北坐标）",
        ),
        swapped,
        both=True,
    )
    pairs.fault(
        "point.out_of_range",
        Text(
            f"lies far outside the area of {crs}; is it the right system?",
            f"远在 {crs} 的适用范围之外；坐标系是否正确？",
        ),
        outside & ~swapped,
        both=True,
    )
    bad = np.isnan(x)
    lon[bad] = np.nan
    lat[bad] = np.nan
    return lon, lat


def _inside(lon: Floats, lat: Floats, crs: str) -> Flags:
    import numpy as np

    area = area_of_use(crs)
    if area is None:
        return np.isfinite(lon)
    west, south, east, north = area
    with np.errstate(invalid="ignore"):
        across = ((lon - west + 3) % 360) <= ((east - west) % 360 or 360) + 6
        return across & (lat >= south - 3) & (lat <= north + 3)


def _geometry_points(
    table: Table, geometry: NDArray[np.object_], crs: str, tally: Tally, found: Findings
) -> tuple[Floats, Floats]:
    """Return the representative points; a boundary takes its columns' point, else one on its surface."""
    import numpy as np
    import shapely

    kinds = shapely.get_type_id(geometry)
    areas = np.isin(kinds, (3, 6))
    firsts = np.where(kinds == 4, shapely.get_geometry(geometry, 0), geometry)
    firsts = np.where(areas, shapely.point_on_surface(geometry), firsts)
    pairs = _Pairs(
        table,
        tally,
        shapely.get_x(firsts).astype(float),
        shapely.get_y(firsts).astype(float),
        "geometry",
        "geometry",
    )
    before = np.isfinite(pairs.x)
    _check_degrees(pairs)
    geometry[before & np.isnan(pairs.x)] = None
    lon, lat = pairs.x, pairs.y
    if table.has("lon") or table.has("lat"):
        column_lon, column_lat = _column_points(table, crs, tally, found)
        use = np.isfinite(column_lon) & (areas | (kinds < 0))
        lon[use], lat[use] = column_lon[use], column_lat[use]
        alone = use & (kinds < 0)
        geometry[alone] = shapely.points(lon[alone], lat[alone])
        _tell_disagreement(table, geometry, column_lon, column_lat, areas, tally)
    return lon, lat


def _tell_disagreement(
    table: Table, geometry: NDArray[np.object_], lon: Floats, lat: Floats, areas: Flags, tally: Tally
) -> None:
    import numpy as np
    import shapely

    given = np.isfinite(lon) & ~shapely.is_missing(geometry)
    points = np.full(len(geometry), None, dtype=object)
    points[given] = shapely.points(lon[given], lat[given])
    # A thousandth of a degree is about a hundred metres.
    off = np.nan_to_num(shapely.distance(geometry, points), nan=0.0) > 0.001
    for position in np.flatnonzero(off):
        text = (
            Text(
                "its point in the coordinate columns is more than 100 m outside its boundary; "
                "the point is used",
                "坐标点在边界之外 100 米以上；仍采用该点",
            )
            if areas[position]
            else Text(
                "the coordinate columns are more than 100 m from the geometry; the geometry is used",
                "坐标列与图形相差 100 米以上；采用图形",
            )
        )
        tally.notice("point.disagrees", text, row=table.rows[position], column="geometry")


def _tell_not_located(table: Table, missing: Flags, found: Findings) -> None:
    import numpy as np

    if not missing.any():
        return
    if table.geometry is None and not (table.has("lon") or table.has("lat")):
        found.notice(
            "point.no_columns",
            Text(
                "there are no coordinate columns (经度/lon, 纬度/lat): "
                f"none of the {len(missing)} rows is located",
                f"没有坐标列（经度/lon、纬度/lat）：{len(missing)} 行均未定位",
            ),
            table.source,
        )
        return
    rows = [table.rows[position] for position in np.flatnonzero(missing)]
    listed = row_ranges(rows)
    found.notice(
        "point.not_located",
        Text(
            f"no coordinates; these count as not located ({len(rows)} in all): rows {listed}",
            f"有 {len(rows)} 行没有坐标，视为未定位：第 {listed} 行",
        ),
        table.source.at(row=rows[0]),
    )
