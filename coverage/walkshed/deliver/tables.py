"""The tables of a run as files: CSV that Excel opens in Chinese, and Parquet for the pairs."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from walkshed.deliver import proposal_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from walkshed.errors import Finding, Language
    from walkshed.walking.access import Access


def write_csv(table: pd.DataFrame, path: Path, *, index: bool = False) -> None:
    """Write a table as UTF-8 with byte-order mark, the form in which Excel shows Chinese."""
    whole = table.reset_index(names=table.index.name) if index else table
    columns = [_cells(whole[column]) for column in whole.columns]
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("\ufeff")  # once; the codec with the mark looks for it at every line
        writer = csv.writer(file)
        writer.writerow(whole.columns)
        writer.writerows(zip(*columns, strict=True))


def _cells(values: pd.Series) -> list[object]:
    """Return a column as it is written: whole numbers without a point, dates as days, blanks as nothing."""
    import numpy as np

    kind = values.dtype.kind
    if kind == "b":
        words = {True: "true", False: "false"}  # anything else is a blank
        return [words.get(value, "") for value in values.tolist()]
    if kind == "M":
        days: list[object] = (
            values.dt.strftime("%Y-%m-%d").astype(object).where(values.notna(), None).tolist()
        )
        return days
    if kind == "f":
        numbers = values.to_numpy()
        known = ~np.isnan(numbers)
        if values.name not in _FRACTIONS and (numbers[known] == np.rint(numbers[known])).all():
            cells = np.where(known, numbers, 0).astype(np.int64).astype(object)
        elif known.all():
            return list(numbers.tolist())
        else:
            cells = numbers.astype(object)
        cells[~known] = None
        return list(cells)
    cells = values.to_numpy(dtype=object, copy=True)
    cells[values.isna().to_numpy()] = None
    if values.dtype == object:
        return [str(value).lower() if isinstance(value, bool) else value for value in cells]
    return list(cells)


_FRACTIONS = frozenset({
    "walk_m", "walk_min", "walk_min_low", "walk_min_high", "covered_share", "unknown_share",
    "detour_ratio", "snap_m", "lon", "lat", *proposal_words.FRACTIONS,
})  # fmt: skip


def notices_table(notices: Sequence[Finding], language: Language) -> pd.DataFrame:
    """Return everything the run assumed, repaired or doubts: code, file, sheet, row, column, value, text."""
    import pandas as pd

    rows = [
        (
            n.code,
            n.source.file,
            n.source.sheet,
            n.source.row,
            n.source.column,
            n.source.value,
            n.text.in_(language),
        )
        for n in notices
    ]
    table = pd.DataFrame(rows, columns=["code", "file", "sheet", "row", "column", "value", "text"])
    return table.astype({"row": "Int64"})


def write_access(access: Access, path: Path) -> None:
    """Write all pairs as Parquet: estate_id, venue_id, profile, walk_m, walk_min."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    def coded(ids: pd.Index[str], codes: object) -> pa.Array:
        words = pa.array([str(name) for name in ids], pa.string())
        return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), words)

    batches = []
    for profile in access.profiles:
        pairs = access.pairs[profile.name]
        columns = {
            "estate_id": coded(access.estate_ids, pairs.estate),
            "venue_id": coded(access.venue_ids, pairs.venue),
            "profile": pa.DictionaryArray.from_arrays(
                pa.array(np.zeros(len(pairs), np.int32)), pa.array([profile.name])
            ),
            "walk_m": pa.array(pairs.walk_dm / 10),
            "walk_min": pa.array(pairs.walk_cmin / 100),
        }
        batches.append(pa.table(columns))
    text = pa.schema([(name, pa.string()) for name in ("estate_id", "venue_id", "profile")])
    tables = [
        table.cast(pa.schema([*text, ("walk_m", pa.float64()), ("walk_min", pa.float64())]))
        for table in batches
    ]
    pq.write_table(pa.concat_tables(tables), path, compression="zstd")
