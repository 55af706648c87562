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
        names = [name for name in names if not name.startswith(("~$", "."))]
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
