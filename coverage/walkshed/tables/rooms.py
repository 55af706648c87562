"""Reading the table of candidate rooms: what could be opened, what it takes and from when."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from walkshed.errors import Findings, Text
from walkshed.tables.dates import read_date
from walkshed.tables.frame import checked_crs, counts, make_frame, other_columns, statuses, texts
from walkshed.tables.ids import read_ids
from walkshed.tables.points import read_places
from walkshed.tables.table import Table, load_table
from walkshed.tables.tally import Tally
from walkshed.tables.values import Reading, folded, read_count, text_of
from walkshed.tables.words import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.tables.points import Places

COLUMNS = (
    "name",
    "address",
    "community",
    "area",
    "floor_area_m2",
    "cost",
    "subsidy_per_year",
    "capacity",
    "owner",
    "year",
    "choice",
    "lon",
    "lat",
    "location_status",
    "geometry",
    "source_row",
)
"""The columns every frame of rooms has, in order."""

CHOICE = Vocabulary(
    "choice",
    {
        "required": ("必选", "必建", "必须", "已定", "确定", "选定", "是", "must", "yes", "true"),
        "forbidden": ("排除", "不选", "不可选", "不可用", "禁用", "否决", "excluded"),
        "optional": ("可选", "备选", "候选", "待定", "否", "candidate", "no", "false"),
    },
    blank="optional",
)
"""Whether a room must be opened, must not be, or is open to choice."""

_TEXTS = ("name", "address", "community", "area", "owner")
_BIG_UNITS = (("万", 10_000.0), ("千", 1_000.0))
_MONEY = re.compile(r"^[¥￥$€£]?\s*(?P<number>.*?)\s*(元|块|rmb|cny|yuan|/年|每年|一年|a year|per year)*$")


def read_rooms(
    path: str | Path,
    *,
    sheet: str | None = None,
    crs: str = "EPSG:4326",
    columns: Mapping[str, str] | None = None,
    findings: Findings | None = None,
) -> gpd.GeoDataFrame:
    r"""Read the rooms that could be opened: one row per room.

    Parameters
    ----------
    path, sheet, crs, columns, findings
        As for :func:`read_estates`.

    Returns
    -------
    geopandas.GeoDataFrame
        In EPSG:4326, indexed by ``room_id`` in the file's order: name, address, community, area,
        floor_area_m2, cost and subsidy_per_year (money; a header or a cell in 万元 is read in yuan), capacity,
        owner, year (the first one the room can be had in, NaN where it can be had at once), choice
        (required, forbidden, optional), lon, lat, location_status, geometry (Point or None),
        source_row, then every other column as it was, but for columns about persons.

    Raises
    ------
    InputError
        All faults of the file at once, each with sheet, row, column and value.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "rooms.csv"
    ...     _ = path.write_text("编号,名称,造价（万元）,取舍,经度,纬度\nK1,旧厂房一层,28,必选,120.25,31.55\n", "utf-8")
    ...     rooms = read_rooms(path)
    >>> float(rooms.loc["K1", "cost"]), rooms.loc["K1", "choice"]
    (280000.0, 'required')
    """
    found = Findings() if findings is None else findings
    system = checked_crs(crs, path, found)
    table = load_table(path, kind="rooms", sheet=sheet, crs=system, columns=columns, found=found)
    frame = _frame(table, system, found)
    if findings is None:
        found.raise_faults()
    return frame


def _frame(table: Table, crs: str, found: Findings) -> gpd.GeoDataFrame:
    import numpy as np
    import pandas as pd

    ids = read_ids(table, several=False, found=found)
    places = read_places(table, crs=crs, found=found)
    tally = Tally(found, table.source)
    made: dict[str, Any] = {name: texts(table, name) for name in _TEXTS[:4]}
    made["floor_area_m2"] = counts(table, "floor_area_m2", tally)
    made["cost"] = _money(table, "cost", tally, found)
    made["subsidy_per_year"] = _money(table, "subsidy_per_year", tally, found)
    made["capacity"] = counts(table, "capacity", tally)
    made["owner"] = texts(table, "owner")
    made["year"] = _years(table, tally)
    blank = [CHOICE.blank] * len(table.rows)
    words = table.read(table.header("choice"), CHOICE.read, tally) if table.has("choice") else blank
    made["choice"] = pd.Series(words, dtype="str")
    made["lon"], made["lat"] = places.lon, places.lat
    made["location_status"] = statuses(places)
    made["geometry"] = _points(places)
    made["source_row"] = np.array(table.rows, dtype="int64")
    _check_required(table, made, tally)
    made.update(other_columns(table, list(made), found))
    tally.tell()
    frame = make_frame(made, made["geometry"], pd.Index(ids, dtype="str", name="room_id"))
    return frame[frame.index != ""]


def _points(places: Places) -> NDArray[np.object_]:
    """Return the rooms' points: an outline becomes the point that stands for it."""
    import numpy as np
    import shapely

    geometry = places.geometry.copy()
    outlines = np.isin(shapely.get_type_id(geometry), (3, 6))
    geometry[outlines] = shapely.points(places.lon[outlines], places.lat[outlines])
    return geometry


def _money(table: Table, ours: str, tally: Tally, found: Findings) -> pd.Series[float]:
    """Return a column of money; one whose header says 万元 is read in yuan, and that is told."""
    import pandas as pd

    if not table.has(ours):
        return pd.Series([math.nan] * len(table.rows), dtype="float64")
    header = table.header(ours)
    unit, factor = next(
        ((unit, size) for unit, size in _BIG_UNITS if f"{unit}元" in folded(header)), ("", 1.0)
    )
    if unit:
        found.notice(
            "money.unit",
            Text(f"in {unit}元: multiplied by {factor:,.0f}", f"单位为{unit}元，已换算为元"),
            table.source.at(column=header),
        )
    return pd.Series(table.read(header, lambda cell: read_money(cell, factor=factor), tally), dtype="float64")


def read_money(cell: object, *, factor: float = 1.0) -> Reading:
    """Read an amount of money that cannot be negative.

    Parameters
    ----------
    cell
        A number, or a text such as ``"28万元"``.
    factor
        What one unit of the column is worth; a cell that names its own unit is not multiplied.

    Examples
    --------
    >>> [read_money(cell).value for cell in (5000.0, "28万元", "¥3,000", "2.5万元/年", "")]
    [5000.0, 280000.0, 3000.0, 25000.0, nan]
    >>> read_money(28.0, factor=10_000).value, read_money("28万", factor=10_000).value
    (280000.0, 280000.0)
    """
    plain = cell
    if isinstance(cell, str) and (found := _MONEY.match(folded(cell).lower())):
        plain = found["number"]
    reading = read_count(plain)
    if reading.problem is not None or math.isnan(reading.value):
        return reading
    own = isinstance(plain, str) and plain.rstrip().endswith(("万", "千"))
    value = round(reading.value if own else reading.value * factor, 6)
    return Reading(value, reading.note)


def _years(table: Table, tally: Tally) -> pd.Series[float]:
    import pandas as pd

    if not table.has("year"):
        return pd.Series([math.nan] * len(table.rows), dtype="float64")
    return pd.Series(table.read(table.header("year"), read_year, tally), dtype="float64")


def read_year(cell: object) -> Reading:
    """Read a year, or the year of a date.

    Examples
    --------
    >>> [read_year(cell).value for cell in (2027.0, "2027年", "2027-06-30", "")]
    [2027.0, 2027.0, 2027.0, nan]
    >>> read_year("明年").problem[0]
    'year.unparsable'
    """
    text = folded(text_of(cell)).removesuffix("年度").removesuffix("年").strip()
    if re.fullmatch(r"(19|20|21)\d\d(\.0)?", text):
        return Reading(float(text))
    date = read_date(cell)
    if date.problem is None:
        return Reading(math.nan if date.value is None else float(date.value.year), date.note)
    wrong = Text("is not a year; write it as 2027, or leave the cell blank", "不是年份；请写作 2027，或留空")
    return Reading(math.nan, problem=("year.unparsable", wrong))


def _check_required(table: Table, made: Mapping[str, Any], tally: Tally) -> None:
    """Tell of rooms that must be opened but stand nowhere; one that is only a choice may wait for its place."""
    required = made["choice"] == "required"
    for position in required[required & (made["location_status"] == "not_located")].index:
        tally.notice(
            "room.required_nowhere",
            Text(
                "must be opened but has no coordinates: it is counted and paid for, but serves nobody",
                "标为必选，但没有坐标：计入数量和费用，但无法计算服务对象",
            ),
            row=table.rows[position],
            column=table.header("choice"),
            value=made["name"][position],
        )
