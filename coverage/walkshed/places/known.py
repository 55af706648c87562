"""A table of places of one's own: names, other names, coordinates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from walkshed.errors import Findings, Text
from walkshed.osm_names import COLUMNS
from walkshed.tables.frame import checked_crs, texts
from walkshed.tables.points import read_places
from walkshed.tables.table import load_table
from walkshed.tables.values import folded, text_of

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from walkshed.tables.points import Places
    from walkshed.tables.table import Table

_OTHER = frozenset({
    "别名", "曾用名", "又名", "原名", "俗称", "其他名称", "other names", "other_names", "alt_name", "alias", "aliases",
    "old_name",
})  # fmt: skip


def read_known(
    path: str | Path, *, sheet: str | None = None, crs: str = "EPSG:4326", findings: Findings | None = None
) -> gpd.GeoDataFrame:
    r"""Read a table of known places: 名称/name, 经度/lon, 纬度/lat, and if there are 别名, 地址.

    Parameters
    ----------
    path
        A workbook, a text table or a layer. Names may stand several times.
    sheet
        The sheet or layer.
    crs
        The coordinate system: an EPSG code, GCJ-02 or BD-09.
    findings
        Where faults and notices go. Without it, faults are raised together.

    Returns
    -------
    geopandas.GeoDataFrame
        In the form of :func:`walkshed.osm_names.read_named`, the group ``known``, indexed by ``known/<row>``.

    Raises
    ------
    InputError
        All faults of the file at once.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "known.csv"
    ...     _ = path.write_text("名称,别名,经度,纬度\n桃源人家,大渲新村、桃源,120.25,31.57\n", "utf-8")
    ...     read_known(path)["other_names"].tolist()
    [('大渲新村', '桃源')]
    """
    found = Findings() if findings is None else findings
    system = checked_crs(crs, path, found)
    table = load_table(path, kind="venues", sheet=sheet, crs=system, columns=None, found=found)
    places = read_places(table, crs=system, found=found)
    if findings is None:
        found.raise_faults()
    return _frame(table, places, found)


def _frame(table: Table, places: Places, found: Findings) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import numpy as np
    import pandas as pd

    count = len(table.rows)
    columns = [cells for header, cells in table.columns.items() if folded(header).lower() in _OTHER]
    others = [
        tuple(
            part.strip()
            for cells in columns
            for part in re.split(r"[;；、,，|/]", text_of(cells[row]))
            if part.strip()
        )
        for row in range(count)
    ]
    made: dict[str, Any] = {name: pd.Series([""] * count, dtype="str") for name in COLUMNS[:9]}
    made["name"], made["address"] = texts(table, "name"), texts(table, "address")
    made["other_names"] = pd.Series(others, dtype="object")
    made["group"] = pd.Series(["known"] * count, dtype="str")
    made["what"] = pd.Series([table.source.file] * count, dtype="str")
    made["lon"], made["lat"] = pd.Series(places.lon), pd.Series(places.lat)
    frame = gpd.GeoDataFrame(made, geometry=gpd.GeoSeries(places.geometry, crs="EPSG:4326"), crs="EPSG:4326")
    frame.index = pd.Index([f"known/{row}" for row in table.rows], dtype="str", name="ref")
    fine = np.isfinite(places.lon) & (frame["name"] != "").to_numpy()
    if not fine.all():
        text = Text(
            f"{int((~fine).sum())} of {count} known places have no name or no coordinates and are left out",
            f"{count} 个已知地点中有 {int((~fine).sum())} 个缺少名称或坐标，未采用",
        )
        found.notice("places.known_incomplete", text, table.source)
    return frame[fine]
