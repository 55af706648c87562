"""Reading the table of buildings: where in an estate people live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from walkshed.errors import Findings, Text
from walkshed.tables.frame import checked_crs, counts, make_frame, other_columns, statuses, texts
from walkshed.tables.known import Known
from walkshed.tables.optional import load_optional
from walkshed.tables.points import read_places
from walkshed.tables.tally import Tally
from walkshed.tables.values import Reading, folded, read_id, read_number, text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray

    from walkshed.tables.table import Table

COLUMNS = (
    "building_id",
    "estate_id",
    "name",
    "households",
    "residents",
    "aged_60_plus",
    "levels",
    "levels_from",
    "floor_area_m2",
    "area_m2",
    "lon",
    "lat",
    "location_status",
    "geometry",
    "source_row",
)
"""The columns every frame of buildings has, in order; OSM's buildings have the same."""

MOST_LEVELS = 130.0
"""More floors than this no house has: the number means something else."""

_COUNTS = ("households", "residents", "aged_60_plus", "floor_area_m2")


def read_buildings(
    path: str | Path,
    *,
    sheet: str | None = None,
    crs: str = "EPSG:4326",
    columns: Mapping[str, str] | None = None,
    estate_ids: Collection[str] | None = None,
    findings: Findings | None = None,
) -> gpd.GeoDataFrame:
    r"""Read the buildings people live in: one row per building, as points or footprints.

    Parameters
    ----------
    path, sheet, crs, columns, findings
        As for :func:`read_estates`.
    estate_ids
        The estates there are, as ids or as a mapping of id to name: a cell that differs from an id only in
        case or width, or is a name that only one estate has, is that estate (with a notice). A building of any
        other estate keeps its row and what it says, with a notice.

    Returns
    -------
    geopandas.GeoDataFrame
        In EPSG:4326, in the file's order: building_id (unique within an estate), estate_id (blank: the estate
        whose boundary it stands in), name, households, residents, aged_60_plus, levels (NaN blank),
        levels_from ("table" or ""), floor_area_m2 (of all floors), area_m2 (of the ground it covers: the
        column's, else the footprint's geodesic area), lon, lat, location_status, geometry (Point, MultiPoint,
        Polygon, MultiPolygon or None), source_row, then every other column, but for columns about persons.

    Raises
    ------
    InputError
        All faults of the file at once, each with sheet, row, column and value.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "buildings.csv"
    ...     _ = path.write_text("小区编号,楼号,户数,层数,经度,纬度\n001,1号楼,60,6层,120.25,31.55\n", "utf-8")
    ...     buildings = read_buildings(path, estate_ids=["001"])
    >>> buildings.loc[0, ["building_id", "estate_id"]].tolist(), buildings[["households", "levels"]].to_numpy()
    (['1号楼', '001'], array([[60.,  6.]]))
    """
    found = Findings() if findings is None else findings
    system = checked_crs(crs, path, found)
    table = load_optional(
        path, kind="buildings", needed=[("building_id", "name")], sheet=sheet, crs=system, columns=columns, found=found
    )  # fmt: skip
    frame = _frame(table, system, estate_ids, found)
    if findings is None:
        found.raise_faults()
    return frame


def _frame(table: Table, crs: str, estate_ids: Collection[str] | None, found: Findings) -> gpd.GeoDataFrame:
    import numpy as np
    import pandas as pd

    places = read_places(table, crs=crs, found=found)
    tally = Tally(found, table.source)
    owners = _owners(table, estate_ids, tally)
    made: dict[str, Any] = {
        "building_id": pd.Series(_ids(table, owners, tally), dtype="str"),
        "estate_id": pd.Series(owners, dtype="str"),
        "name": texts(table, "name"),
    }
    made.update({name: counts(table, name, tally) for name in _COUNTS[:3]})
    blank = [float("nan")] * len(table.rows)
    levels = table.read(table.header("levels"), read_levels, tally) if table.has("levels") else blank
    made["levels"] = pd.Series(levels, dtype="float64")
    made["levels_from"] = pd.Series(np.where(made["levels"].isna(), "", "table").tolist(), dtype="str")
    made["floor_area_m2"] = counts(table, "floor_area_m2", tally)
    covered = counts(table, "area_m2", tally)
    made["area_m2"] = covered.where(covered.notna(), pd.Series(footprint_m2(places.geometry)))
    made["lon"], made["lat"] = places.lon, places.lat
    made["location_status"] = statuses(places)
    made["geometry"] = places.geometry
    made["source_row"] = np.array(table.rows, dtype="int64")
    made.update(other_columns(table, list(made), found))
    tally.tell()
    return make_frame(made, places.geometry, None)


def read_levels(cell: object) -> Reading:
    """Read a number of floors: more than none, and no more than any house has.

    Examples
    --------
    >>> read_levels("6层").value, read_levels("18F").value, read_levels(0).problem[0]
    (6.0, 18.0, 'levels.range')
    """
    plain = cell
    if isinstance(cell, str):
        plain = folded(cell).removesuffix("层").removesuffix("F").removesuffix("f").strip()
    reading = read_number(plain)
    beyond = reading.problem is None and (
        reading.value <= 0 or reading.value > MOST_LEVELS
    )  # never true of a blank
    if beyond:
        return Reading(
            float("nan"),
            problem=(
                "levels.range",
                Text(
                    f"is no number of floors above the ground; write 1 to {MOST_LEVELS:g}, or leave it blank",
                    f"不是地上层数；请填 1 到 {MOST_LEVELS:g}，不知道请留空",
                ),
            ),
        )
    return reading


def footprint_m2(geometry: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the geodesic area in square metres of footprints (degrees); NaN for points and for none."""
    import numpy as np
    import shapely

    from walkshed.geodesy import area_m2

    out = np.full(len(geometry), np.nan)
    for position in np.flatnonzero(np.isin(shapely.get_type_id(geometry), (3, 6))):
        out[position] = area_m2(geometry[position])
    return out


def _owners(table: Table, estate_ids: Collection[str] | None, tally: Tally) -> list[str]:
    """Return the estate each building says it belongs to, "" where it says none."""
    if not table.has("estate_id"):
        return [""] * len(table.rows)
    header = table.header("estate_id")
    owners: list[str] = table.read(header, read_id, tally)
    if estate_ids is None:
        return owners
    known = Known(estate_ids)
    for position, owner in enumerate(owners):
        if not owner:
            continue
        meant = known.find(owner)
        row = table.rows[position]
        if meant.how == "unknown":
            near = known.hint(owner)
            text = Text(
                f"there is no such estate in the table of estates{near.en}; the building counts nowhere",
                f"小区表中没有这个小区{near.zh}；该楼栋不计入任何小区",
            )
            tally.notice("building.unknown_estate", text, row=row, column=header, value=owner)
            continue
        if meant.how == "name":
            text = Text(
                f'is the name of the estate "{meant.ident}", and is read as that',
                f"是小区“{meant.ident}”的名称，按该小区读取",
            )
            tally.notice("building.by_name", text, row=row, column=header, value=owner)
        owners[position] = meant.ident
    return owners


def _ids(table: Table, owners: list[str], tally: Tally) -> list[str]:
    """Return each building's id; a blank one, and one that stands twice in an estate, is a fault."""
    own = table.has("building_id")
    if not own and not table.has("name"):
        return [""] * len(table.rows)
    header = table.header("building_id" if own else "name")
    ids: list[str] = (
        table.read(header, read_id, tally)
        if own
        else [folded(text_of(cell)) for cell in table.columns[header]]
    )
    first: dict[tuple[str, str], int] = {}
    for row, ident, owner in zip(table.rows, ids, owners, strict=True):
        if not ident:
            text = Text(
                "the building has no number; give it one that no other of its estate has",
                "楼号为空；请填写在本小区内唯一的楼号",
            )
            tally.fault("id.blank", text, row=row, column=header)
            continue
        # Without an estate's id the boundaries decide whose it is, and only then which two are the same.
        other = first.setdefault((owner, ident), row) if owner else row
        if other != row:
            text = Text(
                f"the same building of the same estate stands in row {other} and in row {row}; "
                "give each building one row and a number of its own",
                f"第 {other} 行与第 {row} 行是同一小区的同一楼号；请每栋一行，楼号不重复",
            )
            tally.fault("id.duplicate", text, row=row, column=header, value=ident)
    return ids
