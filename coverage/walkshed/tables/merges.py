"""Merged cells: what stands in the first cell counts for the rows the range covers."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from walkshed.errors import Text
from walkshed.tables.tally import row_ranges
from walkshed.tables.values import is_blank

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from walkshed.errors import Findings
    from walkshed.tables.sheet import Sheet


def fill_down(
    sheet: Sheet,
    cells: Mapping[str, list[object]],
    index_of: Mapping[str, int],
    rows: Sequence[int],
    *,
    first_row: int,
    uncounted: Collection[str],
    found: Findings,
) -> None:
    """Fill ranges merged down the body, in ``cells``.

    A count merged over several rows is one number for all of them: repeating it would count its
    people again, so it stays in the first row, and a notice says so.

    Parameters
    ----------
    cells
        The columns read; filled in place.
    index_of
        Each column's position in the sheet.
    rows
        The row numbers read, ascending.
    first_row
        The number of the first row below the header.
    uncounted
        Columns of counts, not filled.
    """
    label_of = {index: label for label, index in index_of.items()}
    filled: dict[str, list[int]] = {}
    for top, left, bottom, _right in sheet.merged:
        # A range that begins in the header speaks for the header, not for the rows.
        if bottom == top or top + 1 < first_row:
            continue
        value = sheet.rows[top][left] if top < len(sheet.rows) and left < len(sheet.rows[top]) else ""
        if is_blank(value):
            continue
        label = label_of.get(left)
        if label is None:
            continue
        start, stop = bisect_left(rows, top + 2), bisect_left(rows, bottom + 2)
        covered = [position for position in range(start, stop) if is_blank(cells[label][position])]
        if not covered:
            continue
        filled.setdefault(label, []).extend(rows[position] for position in covered)
        if label not in uncounted:
            for position in covered:
                cells[label][position] = value
    for label, where in filled.items():
        _tell(label, where, sheet, found, counted=label in uncounted)


def _tell(label: str, where: Sequence[int], sheet: Sheet, found: Findings, *, counted: bool) -> None:
    listed = row_ranges(where)
    text = (
        Text(
            f"one number merged over several rows counts once, in the first; no number in rows {listed}",
            f"合并单元格中的数字只计入首行一次；第 {listed} 行没有数字",
        )
        if counted
        else Text(f"merged cells filled down into rows {listed}", f"合并单元格已向下填充至第 {listed} 行")
    )
    found.notice("cell.merged", text, sheet.source.at(row=min(where), column=label))
