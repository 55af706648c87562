"""Reading the table of gates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from walkshed.errors import Findings, Text
from walkshed.tables.frame import checked_crs, make_frame, other_columns, texts
from walkshed.tables.points import read_places
from walkshed.tables.table import Table, load_table
from walkshed.tables.tally import Tally
from walkshed.tables.values import folded, read_id
from walkshed.tables.words import OPEN_TO, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    import geopandas as gpd
    import numpy as np

    from walkshed.tables.points import Places

COLUMNS = ("estate_id", "lon", "lat", "open_to", "hours", "name", "source_row", "geometry")
"""The columns every frame of gates has, in order."""


def read_gates(
    path: str | Path,
    *,
    sheet: str | None = None,
    crs: str = "EPSG:4326",
    columns: Mapping[str, str] | None = None,
    estate_ids: Collection[str] | None = None,
    findings: Findings | None = None,
) -> gpd.GeoDataFrame:
    r"""Read the estates' ways in: one row per gate.

    Parameters
    ----------
    path, sheet, crs, columns, findings
        As for :func:`read_estates`.
    estate_ids
        The estates there are; a gate of any other is a fault.

    Returns
    -------
    geopandas.GeoDataFrame
        In EPSG:4326, in the file's order: estate_id, lon, lat, open_to, hours, name, source_row,
        geometry (Point or None), then every other column as it was, but for columns about persons.

    Raises
    ------
    InputError
        All faults of the file at once, each with sheet, row, column and value.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "gates.csv"
    ...     _ = path.write_text("小区编号,经度,纬度,开放对象\n001,120.25,31.55,仅居民\n", "utf-8")
    ...     gates = read_gates(path, estate_ids=["001"])
    >>> gates["open_to"].tolist()
    ['residents']
    """
    found = Findings() if findings is None else findings
    system = checked_crs(crs, path, found)
    table = load_table(path, kind="gates", sheet=sheet, crs=system, columns=columns, found=found)
    frame = _frame(table, system, estate_ids, found)
    if findings is None:
        found.raise_faults()
    return frame


def _frame(table: Table, crs: str, estate_ids: Collection[str] | None, found: Findings) -> gpd.GeoDataFrame:
    import numpy as np
    import pandas as pd

    places = read_places(table, crs=crs, found=found)
    tally = Tally(found, table.source)
    made: dict[str, Any] = {
        "estate_id": pd.Series(_owners(table, estate_ids, tally), dtype="str"),
        "lon": places.lon,
        "lat": places.lat,
    }
    blank = [OPEN_TO.blank] * len(table.rows)
    words = table.read(table.header("open_to"), OPEN_TO.read, tally) if table.has("open_to") else blank
    made["open_to"] = pd.Series(words, dtype="str")
    made["hours"] = texts(table, "hours")
    made["name"] = texts(table, "name")
    made["source_row"] = np.array(table.rows, dtype="int64")
    made["geometry"] = places.geometry
    _refuse_areas(table, places, tally)
    made.update(other_columns(table, list(made), found))
    tally.tell()
    frame = make_frame(made, places.geometry, None)
    several = frame.geometry.geom_type == "MultiPoint"
    if several.any():
        frame = frame.explode(ignore_index=True)
        located = ~frame.geometry.isna()
        frame.loc[located, "lon"] = frame.geometry[located].x
        frame.loc[located, "lat"] = frame.geometry[located].y
    return frame


def _refuse_areas(table: Table, places: Places, tally: Tally) -> None:
    import shapely

    kinds: np.ndarray[Any, Any] = shapely.get_type_id(places.geometry)
    for position, kind in enumerate(kinds):
        if kind in (3, 6):
            tally.fault(
                "geometry.kind",
                Text("is a polygon; a gate is a point", "图形是面；出入口应为点"),
                row=table.rows[position],
                column="geometry",
                value="Polygon",
            )


def _owners(table: Table, estate_ids: Collection[str] | None, tally: Tally) -> list[str]:
    """Return each gate's estate; an unknown one is a fault that names the nearest."""
    if not table.has("estate_id"):
        return [""] * len(table.rows)
    header = table.header("estate_id")
    owners: list[str] = table.read(header, read_id, tally)
    known = None if estate_ids is None else set(estate_ids)
    alike: dict[str, list[str]] = {}
    for ident in known or ():
        alike.setdefault(folded(ident).casefold(), []).append(ident)
    for position, owner in enumerate(owners):
        row = table.rows[position]
        if not owner:
            tally.fault(
                "id.blank",
                Text("does not say which estate the gate belongs to", "没有填写出入口所属的小区"),
                row=row,
                column=header,
            )
        elif known is not None and owner not in known:
            same = alike.get(folded(owner).casefold(), [])
            if len(same) == 1:
                owners[position] = same[0]
                continue
            near = did_you_mean(owner, known)
            tally.fault(
                "gate.unknown_estate",
                Text(
                    f"there is no estate with this id{near.en or '; write an id of the table of estates'}",
                    f"小区表中没有这个编号{near.zh or '；请填写小区表中的编号'}",
                ),
                row=row,
                column=header,
                value=owner,
            )
    return owners
