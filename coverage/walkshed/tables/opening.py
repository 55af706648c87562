"""From a file to the one sheet of it that holds the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walkshed.errors import Source, Text
from walkshed.tables.delimited import read_text_sheet
from walkshed.tables.fields import FIELDS
from walkshed.tables.sheet import check_file
from walkshed.tables.workbook import read_workbook

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from walkshed.errors import Findings
    from walkshed.tables.fields import Kind
    from walkshed.tables.heading import Heading
    from walkshed.tables.sheet import Sheet

WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls", ".et"})
TEXTS = frozenset({".csv", ".txt", ".tsv"})


def open_sheet(
    path: Path, *, sheet: str | None, kind: Kind, theirs: Collection[str], found: Findings
) -> tuple[Sheet, Heading] | None:
    """Open the sheet of a workbook or text file that holds the table, with its header.

    Without ``sheet`` the sheet with the most headers we know is read, the first of equals; other
    sheets that look like tables are named in a notice. Says every fault and returns None.
    """
    if not check_file(path, found):
        return None
    if path.suffix.lower() in TEXTS:
        only = read_text_sheet(path, kind=kind, theirs=theirs, found=found)
        sheets = [] if only is None else [only]
        if sheet and only is not None:
            found.notice(
                "sheet.ignored",
                Text(
                    f'a text file has no sheets; sheet = "{sheet}" is ignored',
                    f"文本文件没有工作表，忽略 sheet = “{sheet}”",
                ),
                Source(path.name),
            )
    else:
        sheets = read_workbook(path, sheet=sheet, found=found)
    return _choose(sheets, kind, theirs, found) if sheets else None


def _choose(
    sheets: list[Sheet], kind: Kind, theirs: Collection[str], found: Findings
) -> tuple[Sheet, Heading] | None:
    filled = [one for one in sheets if any(any(cell not in ("", None) for cell in row) for row in one.rows)]
    if not filled:
        found.fault("file.empty", Text("there is nothing in it", "里面没有任何内容"), sheets[0].source)
        return None
    looked = [(one, one.heading(kind, theirs)) for one in filled]
    headed = [(one, heading) for one, heading in looked if heading is not None]
    if not headed:
        zh = "、".join(field.zh for field in FIELDS[kind])
        en = ", ".join(field.name for field in FIELDS[kind])
        found.fault(
            "header.missing",
            Text(
                f"no row among the first 30 holds headers that are known; expected some of: {en} (or {zh})",
                f"前 30 行中没有可识别的表头；应有：{zh}（或 {en}）等",
            ),
            filled[0].source,
        )
        return None
    chosen = max(headed, key=lambda pair: pair[1].score)
    others = [one.source.sheet for one, heading in headed if one is not chosen[0] and heading.score >= 2]
    if others:
        listed = "、".join(f"“{name}”" for name in others)
        found.notice(
            "sheet.others",
            Text(
                f"this sheet is read; these look like tables too and are not read: {', '.join(others)}; "
                "name the one you mean with sheet",
                f"读取本工作表；另有类似的表未读取：{listed}；可用 sheet 指定",
            ),
            chosen[0].source,
        )
    return chosen
