"""Reading the table of estates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from walkshed.errors import Findings, Text
from walkshed.tables.frame import (
    asked_columns,
    checked_crs,
    counts,
    make_frame,
    other_columns,
    statuses,
    texts,
)
from walkshed.tables.ids import read_ids
from walkshed.tables.points import read_places
from walkshed.tables.table import Table, load_table
from walkshed.tables.tally import Tally, row_ranges
from walkshed.tables.values import read_count, text_of
from walkshed.tables.words import read_flag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd

COLUMNS = (
    "name",
    "address",
    "community",
    "area",
    "households",
    "residents",
    "aged_60_plus",
    "lon",
    "lat",
    "location_status",
    "gated",
    "geometry",
    "source_row",
)
"""The columns every frame of estates has, in order."""

_COUNTS = ("households", "residents", "aged_60_plus")
_TEXTS = ("name", "address", "community", "area")


def read_estates(
    path: str | Path,
    *,
    sheet: str | None = None,
    crs: str = "EPSG:4326",
    columns: Mapping[str, str] | None = None,
    levels: Sequence[str] = ("community", "area"),
    weights: Sequence[str] = (),
    findings: Findings | None = None,
) -> gpd.GeoDataFrame:
    r"""Read where people live: one row per estate.

    Parameters
    ----------
    path
        A workbook (.xlsx .xls), a text table (.csv .txt) or a layer (.gpkg .geojson .parquet .shp .fgb).
    sheet
        The sheet or layer; by default the first one that holds such a table.
    crs
        The coordinate system of the coordinate columns: an EPSG code.
    columns
        ``{our name: header in the file}`` where the header is not recognised by itself.
    levels
        The columns by which results are rolled up: ours or the file's own.
    weights
        Further columns of the file that count people, read as counts.
    findings
        Where faults and notices go. Without it, faults are raised together.

    Returns
    -------
    geopandas.GeoDataFrame
        In EPSG:4326, indexed by ``estate_id`` in the file's order: name, address, community, area,
        households, residents, aged_60_plus, lon, lat, location_status, gated, geometry, source_row,
        then levels, weights and every other column as it was, but for columns about persons.

    Raises
    ------
    InputError
        All faults of the file at once, each with sheet, row, column and value.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "estates.csv"
    ...     _ = path.write_text("编号,小区,户数,经度,纬度\n001,桃源人家,约300户,120.25,31.55\n", "utf-8")
    ...     estates = read_estates(path)
    >>> estates.loc["001", ["name", "location_status"]].tolist(), float(estates.loc["001", "households"])
    (['桃源人家', 'given'], 300.0)
    """
    found = Findings() if findings is None else findings
    system = checked_crs(crs, path, found)
    table = load_table(
        path, kind="estates", sheet=sheet, crs=system, columns=columns, found=found, counts=tuple(weights)
    )
    frame = _frame(table, system, levels, weights, found)
    if findings is None:
        found.raise_faults()
    return frame


def _frame(
    table: Table, crs: str, levels: Sequence[str], weights: Sequence[str], found: Findings
) -> gpd.GeoDataFrame:
    import numpy as np
    import pandas as pd

    ids = read_ids(table, several=False, found=found)
    places = read_places(table, crs=crs, found=found)
    tally = Tally(found, table.source)
    made: dict[str, Any] = {name: texts(table, name) for name in _TEXTS}
    made.update({name: counts(table, name, tally) for name in _COUNTS})
    made["lon"], made["lat"] = places.lon, places.lat
    made["location_status"] = statuses(places)
    flags = (
        table.read(table.header("gated"), read_flag, tally)
        if table.has("gated")
        else [None] * len(table.rows)
    )
    made["gated"] = pd.Series(flags, dtype="object")
    made["geometry"] = places.geometry
    made["source_row"] = np.array(table.rows, dtype="int64")
    asked, used = _asked(table, levels, weights, tally, found)
    made.update(asked)
    made.update(other_columns(table, list(made), found, skip=used))
    tally.tell()
    _tell_doubts(table, made, found)
    frame = make_frame(made, places.geometry, pd.Index(ids, dtype="str", name="estate_id"))
    return frame[frame.index != ""]


def _asked(
    table: Table, levels: Sequence[str], weights: Sequence[str], tally: Tally, found: Findings
) -> tuple[dict[str, Any], list[str]]:
    """Return the columns of levels and weights that are not among ours, and which of the file they are."""
    import pandas as pd

    made: dict[str, Any] = {}
    level_of = asked_columns(table, levels, COLUMNS, "levels", found)
    weight_of = asked_columns(table, weights, COLUMNS, "weights", found)
    for name, there in level_of.items():
        made[name] = pd.Series([text_of(cell) for cell in table.columns[there]], dtype="str")
    for name, there in weight_of.items():
        made[name] = pd.Series(table.read(there, read_count, tally), dtype="float64")
    for name in weights:
        if name in COLUMNS and name not in _COUNTS:
            found.fault(
                "weights.no_count",
                Text(
                    f'weights: "{name}" holds no counts; name a column of numbers of people or households',
                    f"weights 中的“{name}”不是数量；请写人数或户数一类的列",
                ),
                table.source.at(column=name),
            )
    return made, [*level_of.values(), *weight_of.values()]


def _tell_doubts(table: Table, made: Mapping[str, Any], found: Findings) -> None:
    import numpy as np

    aged, residents = made["aged_60_plus"].to_numpy(), made["residents"].to_numpy()
    with np.errstate(invalid="ignore"):
        more = np.flatnonzero(aged > residents)
    if len(more):
        rows = [table.rows[position] for position in more]
        listed = row_ranges(rows)
        found.notice(
            "count.doubtful",
            Text(
                f"more residents aged 60 and over than residents in rows {listed}",
                f"第 {listed} 行的 60 岁以上人数多于人口数",
            ),
            table.source.at(row=rows[0], column=table.header("aged_60_plus")),
        )
    given = [text for text in made["area"] if text]
    if given and all(text.replace(".", "", 1).isdigit() and "." in text for text in given):
        found.notice(
            "column.doubtful",
            Text(
                "is read as the area (片区) an estate belongs to, but holds only numbers; "
                "rename it if it is a surface",
                "按“片区”读取，但内容全是数字；如为面积，请改列名",
            ),
            table.source.at(column=table.header("area")),
        )
