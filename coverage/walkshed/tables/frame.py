"""Putting a read table together as a frame of well-defined columns."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from walkshed.crs import WGS84, check_crs
from walkshed.errors import InputError, Source, Text
from walkshed.tables.columns import find_column, tell_missing
from walkshed.tables.values import is_blank, read_count, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd
    import numpy as np
    import pandas as pd

    from walkshed.errors import Findings
    from walkshed.tables.points import Places
    from walkshed.tables.table import Table
    from walkshed.tables.tally import Tally


def checked_crs(crs: str, path: str | Path, found: Findings) -> str:
    """Return a normalised crs; say what is wrong with it and go on with EPSG:4326."""
    from pathlib import Path as _Path

    try:
        return check_crs(crs)
    except InputError as error:
        for fault in error.faults:
            found.fault(fault.code, fault.text, Source(_Path(path).name))
        return WGS84


def texts(table: Table, ours: str) -> pd.Series[str]:
    """Return one of our columns as text, "" where blank or absent."""
    import pandas as pd

    if not table.has(ours):
        return pd.Series([""] * len(table.rows), dtype="str")
    return pd.Series([text_of(cell) for cell in table.columns[table.header(ours)]], dtype="str")


def counts(table: Table, ours: str, tally: Tally) -> pd.Series[float]:
    """Return one of our columns as counts, nan where blank or absent."""
    import pandas as pd

    if not table.has(ours):
        return pd.Series([float("nan")] * len(table.rows), dtype="float64")
    return pd.Series(table.read(table.header(ours), read_count, tally), dtype="float64")


def statuses(places: Places) -> pd.Series[str]:
    """Return location_status of each row."""
    import numpy as np
    import pandas as pd

    return pd.Series(np.where(np.isnan(places.lon), "not_located", "given").tolist(), dtype="str")


def as_is(cells: Sequence[object]) -> pd.Series[Any]:
    """Return the cells of a column that is none of ours, as they are, in one type that can be written.

    Examples
    --------
    >>> str(as_is([1.0, 2.0]).dtype), str(as_is([1.5, ""]).dtype), as_is([1.0, "x"]).tolist()
    ('int64', 'float64', ['1', 'x'])
    """
    import numpy as np
    import pandas as pd

    blank = [is_blank(cell) for cell in cells]
    given = [cell for cell, empty in zip(cells, blank, strict=True) if not empty]
    if given and all(isinstance(cell, bool) for cell in given):
        return pd.Series([None if e else cell for cell, e in zip(cells, blank, strict=True)], dtype="boolean")
    if given and all(isinstance(cell, (int, float)) and not isinstance(cell, bool) for cell in given):
        numbers = np.array(
            [np.nan if e else cell for cell, e in zip(cells, blank, strict=True)], dtype="float64"
        )
        whole = (
            not any(blank)
            and bool((numbers == np.round(numbers)).all())
            and bool((np.abs(numbers) < 2**53).all())
        )
        return pd.Series(numbers.astype("int64") if whole else numbers)
    if given and all(isinstance(cell, dt.date) and 1900 <= cell.year <= 2200 for cell in given):
        plain = [None if e else _naive(cell) for cell, e in zip(cells, blank, strict=True)]
        return pd.Series(pd.to_datetime(pd.Series(plain, dtype="object"))).astype("datetime64[ns]")
    return pd.Series(
        [None if e else text_of(cell) for cell, e in zip(cells, blank, strict=True)], dtype="str"
    )


def _naive(cell: object) -> dt.datetime:
    assert isinstance(cell, dt.date)  # noqa: S101  for the type checker
    if isinstance(cell, dt.datetime):
        return cell.replace(tzinfo=None)
    return dt.datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001  a date has no zone


def asked_columns(
    table: Table, wanted: Sequence[str], ours: Sequence[str], what: str, found: Findings
) -> dict[str, str]:
    """Return which column of the file each level or weight is; one that is not there is a fault.

    Names of ours are always there and are left out of the answer.
    """
    asked: dict[str, str] = {}
    for name in wanted:
        if name in ours:
            continue
        there = find_column(name, list(table.columns))
        if there is not None:
            asked[name] = there
        elif table.columns:
            names = [*ours, *table.others()]
            tell_missing(name, names, table.personal, table.source, found, what)
    return asked


def other_columns(
    table: Table, taken: Sequence[str], found: Findings, *, skip: Sequence[str] = ()
) -> dict[str, pd.Series[Any]]:
    """Return the columns that are none of ours, renamed where the name is one of ours."""
    others: dict[str, pd.Series[Any]] = {}
    for name in table.others():
        if name in skip:
            continue
        kept = name
        while kept in taken or kept in others:
            kept += " (2)"
        if kept != name:
            found.notice(
                "column.renamed",
                Text(
                    f'"{name}" is a name the results use; kept as "{kept}"',
                    f"“{name}”与结果列重名；以“{kept}”保留",
                ),
                table.source.at(column=name),
            )
        others[kept] = as_is(table.columns[name])
    return others


def make_frame(
    columns: Mapping[str, Any], geometry: np.ndarray[Any, Any], index: pd.Index[Any] | None
) -> gpd.GeoDataFrame:
    """Return the frame of columns, in EPSG:4326; a column called ``geometry`` marks its place."""
    import geopandas as gpd
    import pandas as pd

    series = gpd.GeoSeries(geometry, crs=WGS84)
    plain = {name: (series if name == "geometry" else values) for name, values in columns.items()}
    frame = gpd.GeoDataFrame(pd.DataFrame(plain), geometry="geometry", crs=WGS84)
    if index is not None:
        frame.index = index
    return frame
