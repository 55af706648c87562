"""One sheet of cells, whatever file it came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from walkshed.errors import Source, Text
from walkshed.tables.heading import find_heading
from walkshed.tables.words import did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from walkshed.errors import Findings
    from walkshed.tables.fields import Kind
    from walkshed.tables.heading import Heading

WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls", ".et"})
TEXTS = frozenset({".csv", ".txt", ".tsv"})


@dataclass(frozen=True)
class Sheet:
    """Raw cells: ``rows[i]`` is the row the spreadsheet program shows as ``i + 1``.

    Parameters
    ----------
    source
        File and sheet.
    rows
        The cells, all rows equally long; a blank is "" or None.
    merged
        Merged ranges as (first row, first column, last row, last column), counted from 0.
    hidden
        Rows the spreadsheet program does not show, counted from 0.
    broken
        Cells that hold no value to read: (row, column, what stands there), counted from 0.
    """

    source: Source
    rows: Sequence[Sequence[object]]
    merged: tuple[tuple[int, int, int, int], ...] = ()
    hidden: frozenset[int] = frozenset()
    broken: tuple[tuple[int, int, str], ...] = field(default=())

    def heading(self, kind: Kind, theirs: Collection[str]) -> Heading | None:
        """Find its header."""
        spans: dict[int, list[tuple[int, int]]] = {}
        for top, left, _bottom, right in self.merged:
            if right > left:
                spans.setdefault(top, []).append((left, right))
        return find_heading(self.rows, kind, theirs=theirs, spans=spans)


def check_file(path: Path, found: Findings) -> bool:
    """Tell whether a file can be opened; say what is wrong if it cannot."""
    source = Source(path.name)
    if not path.exists():
        folder = path.parent
        names = sorted(one.name for one in folder.iterdir() if one.is_file()) if folder.is_dir() else []
        near = did_you_mean(path.name, names)
        where = (
            Text(f"in the folder {folder}{near.en}", f"（文件夹 {folder}）{near.zh}")
            if folder.is_dir()
            else Text(f"because the folder {folder} does not exist", f"：文件夹 {folder} 不存在")
        )
        found.fault(
            "file.missing", Text(f"there is no such file {where.en}", f"找不到该文件{where.zh}"), source
        )
        return False
    if not path.is_file():
        found.fault("file.unreadable", Text("is a folder, not a file", "是文件夹，不是文件"), source)
        return False
    try:
        with path.open("rb") as file:
            first = file.read(1)
    except OSError as error:
        found.fault(
            "file.unreadable",
            Text(
                f"cannot be opened ({error.strerror}); close it in other programs and check its permissions",
                f"无法打开（{error.strerror}）；请在其他程序中关闭它，并检查权限",
            ),
            source,
        )
        return False
    if not first:
        found.fault("file.empty", Text("the file is empty", "文件是空的"), source)
        return False
    return True


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
        from walkshed.tables.delimited import read_text_sheet

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
        from walkshed.tables.workbook import read_workbook

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
        from walkshed.tables.fields import FIELDS

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


def unknown_sheet(path: Path, sheet: str, names: list[str], found: Findings) -> None:
    """Say that there is no such sheet, which there are, and the nearest."""
    near = nearest(sheet, names)
    found.fault(
        "sheet.unknown",
        Text(
            f'there is no sheet "{sheet}"; the sheets are {", ".join(names)}'
            + (f'; did you mean "{near}"?' if near else ""),
            f"没有工作表“{sheet}”；现有：{'、'.join(names)}" + (f"；是不是“{near}”？" if near else ""),
        ),
        Source(path.name, sheet),
    )
