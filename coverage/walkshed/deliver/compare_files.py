"""A comparison of two runs as files: its tables, and the record of what was compared."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from walkshed.deliver.record import hash_of, versions, write_record
from walkshed.deliver.tables import write_csv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd


def write_comparison(
    folder: Path, *, tables: Mapping[str, pd.DataFrame], runs: Mapping[str, Path], said: Sequence[str]
) -> None:
    """Write the tables, and ``run.json`` with the hashes of the two runs' own records.

    Parameters
    ----------
    folder
        Where to write.
    tables
        The tables by file name.
    runs
        The folders that were compared, ``before`` and ``after``.
    said
        The sentences.
    """
    for name, table in tables.items():
        write_csv(table, folder / name)
    from walkshed import __version__

    compared = ("run.json", "coverage.csv", "estates.csv", "summary.csv")
    record = {
        "kind": "compare",
        "said": list(said),
        "inputs": {when: {name: hash_of(path / name) for name in compared} for when, path in runs.items()},
        "versions": versions(__version__),
        "finished": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }
    write_record(folder / "run.json", record, list(tables))
