"""Text tables: the encoding and the separator found out."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from walkshed.errors import Source, Text
from walkshed.tables.heading import find_heading
from walkshed.tables.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from walkshed.errors import Findings
    from walkshed.tables.fields import Kind

_SEPARATORS = (",", ";", "\t")


def read_text_sheet(path: Path, *, kind: Kind, theirs: Collection[str], found: Findings) -> Sheet | None:
    """Return a text file as one sheet, or None after saying what is wrong."""
    data = path.read_bytes()
    source = Source(path.name)
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        found.fault(
            "file.not_text",
            Text(
                "is not a text file but a workbook; rename it to .xlsx (or .xls)",
                "不是文本文件，而是工作簿；请把扩展名改为 .xlsx（或 .xls）",
            ),
            source,
        )
        return None
    text = _decode(data, found, source)
    if text is None:
        return None
    if "\0" in text:
        found.fault(
            "file.unreadable",
            Text("is not a text table: it holds binary data", "不是文本表格：含有二进制内容"),
            source,
        )
        return None
    return _parse(text, kind, theirs, found, source)


def _decode(data: bytes, found: Findings, source: Source) -> str | None:
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        # UTF-16 without a mark: every other byte of ASCII text (commas, digits, line ends) is zero.
        half = data[:2000]
        for encoding, zeros in (("utf-16-le", half[1::2]), ("utf-16-be", half[::2])):
            if half.count(0) > len(half) // 10 and zeros.count(0) > 0.8 * half.count(0):
                return data.decode(encoding)
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reached = error.start
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as error:
        line = data[: max(reached, error.start)].count(b"\n") + 1
        found.fault(
            "file.encoding",
            Text(
                f"its characters are neither UTF-8 nor GB18030 (first bad one in line {line}); "
                "save it as CSV UTF-8 or as .xlsx",
                f"编码既不是 UTF-8 也不是 GB18030（首个错误在第 {line} 行）；请另存为 CSV UTF-8 或 .xlsx",
            ),
            source,
        )
        return None
    found.notice("file.encoding", Text("its characters are read as GB18030", "按 GB18030 编码读取"), source)
    return text


def _parse(text: str, kind: Kind, theirs: Collection[str], found: Findings, source: Source) -> Sheet | None:
    head = "\n".join(text.splitlines()[:40])
    best, separator = (-1, -1), ","
    for one in _SEPARATORS:
        try:
            rows = list(csv.reader(io.StringIO(head, newline=""), delimiter=one))
        except csv.Error:
            continue
        heading = find_heading(_even(rows), kind, theirs=theirs)
        score = (heading.score if heading else 0, max((len(row) for row in rows), default=0))
        if score > best:
            best, separator = score, one
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows = []
    try:
        rows.extend(reader)
    except csv.Error:
        start = len(rows) + 1
        found.fault(
            "file.quotes",
            Text(
                'a cell opens with a quotation mark (") that is not closed; '
                'close it, or write "" for a quotation mark inside a cell',
                '单元格的引号（"）没有配对；请补全，单元格内的引号请写成 ""',
            ),
            source.at(row=start),
        )
        return None
    return Sheet(source, _even(rows))


def _even(rows: list[list[str]]) -> list[list[object]]:
    width = max((len(row) for row in rows), default=0)
    return [[*row, *[""] * (width - len(row))] for row in rows]
