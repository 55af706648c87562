"""Reading the table of venues."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from walkshed.errors import Findings, Text
from walkshed.tables.dates import read_date
from walkshed.tables.fields import header_key
from walkshed.tables.frame import checked_crs, counts, make_frame, other_columns, statuses, texts
from walkshed.tables.ids import read_ids
from walkshed.tables.points import read_places
from walkshed.tables.table import Table, load_table
from walkshed.tables.tally import Tally, row_ranges
from walkshed.tables.values import text_of
from walkshed.tables.words import OPENS_TO, STATUS, TIER

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
    "kind",
    "tier",
    "status",
    "opens_to",
    "opening_date",
    "floor_area_m2",
    "capacity",
    "lon",
    "lat",
    "location_status",
    "geometry",
    "source_row",
)
"""The columns every frame of venues has, in order."""

_TEXTS = ("name", "address", "community", "area", "kind")
_DESCRIBING = COLUMNS[:11]


def read_venues(
    path: str | Path,
    *,
    sheet: str | None = None,
    crs: str = "EPSG:4326",
    columns: Mapping[str, str] | None = None,
    findings: Findings | None = None,
) -> gpd.GeoDataFrame:
    r"""Read where people walk to: one row per venue, or several with one id for its entrances.

    Parameters
    ----------
    path, sheet, crs, columns, findings
        As for :func:`read_estates`.

    Returns
    -------
    geopandas.GeoDataFrame
        In EPSG:4326, indexed by ``venue_id`` in the file's order: name, address, community, area,
        kind, tier, status, opening_date, floor_area_m2, capacity, opens_to (``street`` or ``estate``), lon, lat (of the first entrance),
        location_status, geometry (Point, or MultiPoint of several entrances), source_row, then every
        other column as it was, but for columns about persons.

    Raises
    ------
    InputError
        All faults of the file at once, each with sheet, row, column and value.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "venues.csv"
    ...     _ = path.write_text("编号,名称,状态,经度,纬度\nV1,活动中心,在建,120.25,31.55\n", "utf-8")
    ...     venues = read_venues(path)
    >>> venues.loc["V1", "status"]
    'under_construction'
    """
    found = Findings() if findings is None else findings
    system = checked_crs(crs, path, found)
    table = load_table(path, kind="venues", sheet=sheet, crs=system, columns=columns, found=found)
    frame = _frame(_without_hours(table, columns or {}), system, found)
    if findings is None:
        found.raise_faults()
    return frame


def _without_hours(table: Table, columns: Mapping[str, str]) -> Table:
    """Return the table with 开放时间 left as it is where it holds opening hours, not a date."""
    if "opening_date" in columns or not table.has("opening_date"):
        return table
    header = table.header("opening_date")
    if header_key(header) not in (header_key("开放时间"), header_key("开业时间")):
        return table
    given = [text for cell in table.columns[header] if (text := text_of(cell))]
    dates = sum(1 for cell in table.columns[header] if text_of(cell) and read_date(cell).problem is None)
    hours = sum(
        1 for text in given if re.search(r"\d\s*[:：点时]|全天|[上下]午|周[一二三四五六日]|工作日", text)
    )
    if hours <= dates:
        return table
    return replace(table, ours={ours: name for ours, name in table.ours.items() if ours != "opening_date"})


def _frame(table: Table, crs: str, found: Findings) -> gpd.GeoDataFrame:
    import numpy as np
    import pandas as pd

    ids = read_ids(table, several=True, found=found)
    places = read_places(table, crs=crs, found=found)
    tally = Tally(found, table.source)
    geometry = _points(table, places, tally)
    made: dict[str, Any] = {name: texts(table, name) for name in _TEXTS}
    for vocabulary in (TIER, STATUS, OPENS_TO):
        name = vocabulary.column
        words = (
            table.read(table.header(name), vocabulary.read, tally)
            if table.has(name)
            else [""] * len(table.rows)
        )
        made[name] = pd.Series(words, dtype="str")
    days = table.read(table.header("opening_date"), read_date, tally) if table.has("opening_date") else []
    blank = [None] * len(table.rows)
    made["opening_date"] = pd.Series(pd.to_datetime(pd.Series(days or blank, dtype="object"))).astype(
        "datetime64[ns]"
    )
    for name in ("floor_area_m2", "capacity"):
        made[name] = counts(table, name, tally)
    made["lon"], made["lat"] = places.lon, places.lat
    made["location_status"] = statuses(places)
    made["geometry"] = geometry
    made["source_row"] = np.array(table.rows, dtype="int64")
    made.update(other_columns(table, list(made), found))
    tally.tell()
    _tell_doubts(table, made, found)
    frame = make_frame(made, geometry, pd.Index(ids, dtype="str", name="venue_id"))
    frame = _joined(frame[frame.index != ""], table, found)
    frame["status"] = frame["status"].replace("", "open")
    return frame


def _points(table: Table, places: Places, tally: Tally) -> NDArray[np.object_]:
    """Return the venues' points: an outline becomes the point that stands for it."""
    import numpy as np
    import shapely

    geometry = places.geometry.copy()
    outlines = np.isin(shapely.get_type_id(geometry), (3, 6))
    geometry[outlines] = shapely.points(places.lon[outlines], places.lat[outlines])
    for position in np.flatnonzero(outlines):
        tally.notice(
            "geometry.point",
            Text("the venue's outline is read as a point inside it", "场所的面以其内部一点代表"),
            row=table.rows[position],
            column="geometry",
        )
    return geometry


def _joined(frame: gpd.GeoDataFrame, table: Table, found: Findings) -> gpd.GeoDataFrame:
    """Return the frame with the rows of one venue made one, its points all entrances."""
    if frame.index.is_unique:
        return frame.copy()
    tally = Tally(found, table.source)
    # One row per id, in the order of the first; only ids that stand several times are worked on.
    joined = frame[~frame.index.duplicated()].copy()
    several = frame[frame.index.duplicated(keep=False)]
    for ident, group in several.groupby(level=0, sort=False):
        for name in frame.columns:
            if name in ("lon", "lat", "location_status", "geometry", "source_row"):
                continue
            value = _agreed(group, str(name), table, tally)
            if value is not None:
                joined.loc[ident, name] = value
        _join_points(joined, str(ident), group)
        rows = row_ranges(group["source_row"])
        located = int((group["location_status"] == "given").sum())
        tally.notice(
            "venue.entrances",
            Text(
                f"rows {rows} are one venue with {located} entrances" + _lacking(group, "en"),
                f"第 {rows} 行是同一场所，共 {located} 个出入口" + _lacking(group, "zh"),
            ),
            row=int(group["source_row"].iloc[0]),
            column=table.header("venue_id"),
            value=str(ident),
        )
    tally.tell()
    return joined


def _lacking(group: pd.DataFrame, language: str) -> str:
    rows = group.loc[group["location_status"] != "given", "source_row"]
    if rows.empty:
        return ""
    listed = row_ranges(rows)
    return f"；第 {listed} 行没有坐标" if language == "zh" else f"; no coordinates in rows {listed}"


def _join_points(joined: gpd.GeoDataFrame, ident: str, group: gpd.GeoDataFrame) -> None:
    import shapely

    located = group[group["location_status"] == "given"]
    if located.empty:
        return
    points = shapely.get_parts(located.geometry.to_numpy())
    joined.loc[ident, "lon"] = located["lon"].iloc[0]
    joined.loc[ident, "lat"] = located["lat"].iloc[0]
    joined.loc[ident, "location_status"] = "given"
    joined.at[ident, "geometry"] = points[0] if len(points) == 1 else shapely.MultiPoint(points)  # noqa: PD008


def _agreed(group: pd.DataFrame, name: str, table: Table, tally: Tally) -> Any:
    """Return the value the rows of one venue agree on; blanks agree with everything."""
    cells = group[name]
    given = ~(cells.isna() | (cells.astype("object") == ""))
    if not given.any():
        return None
    rows = [int(row) for row in group.loc[given.to_numpy(), "source_row"]]
    values = list(cells[given])
    first = text_of(values[0])
    # What describes the venue must agree; a column of the file's own may describe the entrance.
    if name in _DESCRIBING:
        say, code = tally.fault, "venue.disagree"
        text = Text(
            f'row {rows[0]} says "{first}" for the same venue; '
            "write the same, or leave it blank in the rows of further entrances",
            f"同一场所第 {rows[0]} 行为“{first}”；请改为一致，或在其他出入口的行中留空",
        )
    else:
        say, code = tally.notice, "venue.first"
        text = Text(
            f'differs from "{first}" in row {rows[0]} of the same venue, which is kept',
            f"与同一场所第 {rows[0]} 行的“{first}”不同；保留前者",
        )
    for row, value in zip(rows, values, strict=True):
        if value != values[0]:
            say(code, text, row=row, column=table.header(name), value=text_of(value))
    return values[0]


def _tell_doubts(table: Table, made: Mapping[str, Any], found: Findings) -> None:
    given = [text for text in made["area"] if text]
    if given and not table.has("floor_area_m2") and all(re.fullmatch(r"\d+(\.\d+)?", text) for text in given):
        found.notice(
            "column.doubtful",
            Text(
                "is read as the area (片区) a venue belongs to, but holds only numbers; "
                'if it is the floor area, write columns = { floor_area_m2 = "…" }',
                "按“片区”读取，但内容全是数字；如为建筑面积，请写 columns = { floor_area_m2 = “…” }",
            ),
            table.source.at(column=table.header("area")),
        )
