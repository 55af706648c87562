"""Tables a study can do without: one without rows is a notice there, and each says which columns it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walkshed.errors import Findings, Text
from walkshed.tables.fields import FIELDS
from walkshed.tables.table import Table, load_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from walkshed.tables.fields import Kind

_MENDED = frozenset({"table.no_rows", "column.missing"})
"""What :func:`load_table` says as of a table that is needed; said here in this table's own terms."""


def load_optional(
    path: str | Path,
    *,
    kind: Kind,
    needed: Sequence[Sequence[str]],
    sheet: str | None,
    crs: str,
    columns: Mapping[str, str] | None,
    found: Findings,
) -> Table:
    """Open a table a study can do without and recognise its columns.

    Parameters
    ----------
    needed
        For each thing the table must say the columns (our names) that can say it, the best first.

    Returns
    -------
    Table
        Without rows where the faults told do not allow any.
    """
    own = Findings()
    table = load_table(path, kind=kind, sheet=sheet, crs=crs, columns=columns, found=own)
    found.notices.extend(own.notices)
    found.faults.extend(fault for fault in own.faults if fault.code not in _MENDED)
    if any(fault.code == "table.no_rows" for fault in own.faults):
        found.notice("table.no_rows", Text("there is no row of data in it", "表中没有数据行"), table.source)
    if table.columns or table.rows:
        _check_needed(table, needed, found)
    return table


def _check_needed(table: Table, needed: Sequence[Sequence[str]], found: Findings) -> None:
    zh_of = {field.name: field.zh for field in FIELDS[table.kind]}
    listed = ", ".join(table.columns)
    for names in needed:
        if any(table.has(name) for name in names):
            continue
        en = " or ".join(f"{name} ({zh_of[name]})" for name in names)
        zh = "或".join(f"{zh_of[name]}（{name}）" for name in names)
        found.fault(
            "column.missing",
            Text(f"no column is {en}; the columns are: {listed}", f"缺少列：{zh}；现有列：{listed}"),
            table.source,
        )
