"""Workbooks: .xlsx and .xls, their merged ranges, hidden rows and cells without a value."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

from walkshed.errors import Source, Text
from walkshed.tables.sheet import Sheet, unknown_sheet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from walkshed.errors import Findings

_OLE, _ZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*>")
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*)(?<!/)>(.*?)</(?:\w+:)?c>", re.DOTALL)
_VALUE = re.compile(rb"<(?:\w+:)?(?:v|is)>[^<]|<(?:\w+:)?is><|<(?:\w+:)?t[ >]")


def read_workbook(path: Path, *, sheet: str | None, found: Findings) -> list[Sheet]:
    """Return the sheet asked for, or all sheets; [] after saying what is wrong."""
    from python_calamine import CalamineWorkbook

    data = path.read_bytes()
    if not _is_workbook(data, path, found):
        return []
    try:
        book = _calling(lambda: CalamineWorkbook.from_filelike(io.BytesIO(data)))
    except _DamagedError as error:
        _tell_damaged(path, str(error), found)
        return []
    names: list[str] = list(book.sheet_names)
    if sheet is not None:
        same = [name for name in names if name == sheet] or [
            name for name in names if name.strip() == sheet.strip()
        ]
        if not same:
            unknown_sheet(path, sheet, names, found)
            return []
        names = same[:1]
    parts = _Parts(data)
    sheets: list[Sheet] = []
    reason = "no sheet in it"
    for name in names:
        try:
            sheets.append(_calling(lambda name=name: _read(book, name, path, parts)))  # type: ignore[misc]
        except _DamagedError as error:
            # A chart sheet cannot be read either: only a workbook without any table is at fault.
            reason = str(error)
    if not sheets:
        _tell_damaged(path, reason, found)
    return sheets


class _DamagedError(Exception):
    pass


def _calling(call: Callable[[], Any]) -> Any:
    """Call the reader; whatever it raises of a damaged file comes out as one kind of error."""
    from python_calamine import CalamineError

    try:
        return call()
    except (CalamineError, OSError, ValueError) as error:
        raise _DamagedError(str(error)) from error
    except BaseException as error:
        # It is written in Rust, whose panics are no Exceptions, and whose class cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise _DamagedError("damaged") from error


def _read(book: Any, name: str, path: Path, parts: _Parts) -> Sheet:
    raw = book.get_sheet_by_name(name)
    rows: list[list[object]] = raw.to_python(skip_empty_area=False)
    merged = tuple(
        (top, left, bottom, right) for (top, left), (bottom, right) in raw.merged_cell_ranges or ()
    )
    hidden, broken = parts.of(name)
    return Sheet(Source(path.name, name), rows, merged, hidden, broken)


def _is_workbook(data: bytes, path: Path, found: Findings) -> bool:
    source = Source(path.name)
    if data.startswith(_OLE):
        if _is_encrypted(data):
            found.fault(
                "file.password",
                Text(
                    "is protected by a password; save a copy without one (File, Info, Protect Workbook)",
                    "有密码保护；请另存一份不带密码的副本（文件 → 信息 → 保护工作簿）",
                ),
                source,
            )
            return False
        return True
    if data.startswith(_ZIP):
        return True
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<meta", b"<style", b"<div")):
        what = Text("a web page (HTML) saved under a workbook's name", "网页（HTML），只是用了工作簿的扩展名")
    elif head.startswith(b"<?xml"):
        what = Text("an XML file saved under a workbook's name", "XML 文件，只是用了工作簿的扩展名")
    elif head.startswith(b"%pdf"):
        what = Text("a PDF", "PDF 文件")
    elif b"\0" not in head:
        what = Text("a text file saved under a workbook's name", "文本文件，只是用了工作簿的扩展名")
    else:
        what = Text("some other kind of file", "其他类型的文件")
    found.fault(
        "file.not_workbook",
        Text(
            f"is not a workbook but {what.en}; open it in Excel or WPS and save it as .xlsx",
            f"不是工作簿，而是{what.zh}；请用 Excel 或 WPS 打开后另存为 .xlsx",
        ),
        source,
    )
    return False


def _is_encrypted(data: bytes) -> bool:
    import msoffcrypto

    try:
        return bool(msoffcrypto.OfficeFile(io.BytesIO(data)).is_encrypted())
    except Exception:  # noqa: BLE001  a damaged container raises anything; the reader will say so
        return False


def _tell_damaged(path: Path, reason: str, found: Findings) -> None:
    found.fault(
        "file.unreadable",
        Text(
            f"cannot be read as a workbook ({reason}); it may be damaged or cut short: "
            "open it in Excel or WPS and save it again",
            f"无法作为工作簿读取（{reason}）；文件可能损坏或不完整，请用 Excel 或 WPS 打开后重新保存",
        ),
        Source(path.name),
    )


class _Parts:
    """What the cell reader does not tell of an .xlsx: hidden rows and cells without a value.

    Looked up in the sheet's own XML, which is twenty times faster than a second full reader.
    """

    def __init__(self, data: bytes) -> None:
        self._zip: zipfile.ZipFile | None = None
        self._targets: dict[str, str] = {}
        if not data.startswith(_ZIP):
            return
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            self._targets = self._find()
        except (zipfile.BadZipFile, KeyError, ValueError, UnicodeDecodeError):
            self._zip = None

    def _find(self) -> dict[str, str]:
        from html import unescape

        assert self._zip is not None  # noqa: S101  for the type checker
        book = self._zip.read("xl/workbook.xml").decode("utf-8")
        links = self._zip.read("xl/_rels/workbook.xml.rels").decode("utf-8")
        targets: dict[str, str] = {}
        for tag in re.findall(r"<(?:\w+:)?Relationship\b[^>]*>", links):
            ident, target = re.search(r'\bId="([^"]*)"', tag), re.search(r'\bTarget="([^"]*)"', tag)
            if ident and target:
                targets[ident[1]] = target[1].lstrip("/").removeprefix("xl/")
        found: dict[str, str] = {}
        for tag in re.findall(r"<(?:\w+:)?sheet\b[^>]*>", book):
            name, ident = re.search(r'\bname="([^"]*)"', tag), re.search(r'\b\w+:id="([^"]*)"', tag)
            if name and ident and ident[1] in targets:
                found[unescape(name[1])] = "xl/" + targets[ident[1]]
        return found

    def of(self, name: str) -> tuple[frozenset[int], tuple[tuple[int, int, str], ...]]:
        """Return a sheet's hidden rows and its cells without a value, both counted from 0."""
        if self._zip is None or name not in self._targets:
            return frozenset(), ()
        try:
            xml = self._zip.read(self._targets[name])
        except (KeyError, zipfile.BadZipFile, OSError):
            return frozenset(), ()
        return _hidden_rows(xml), _broken_cells(xml)


def _hidden_rows(xml: bytes) -> frozenset[int]:
    if b"hidden=" not in xml:
        return frozenset()
    hidden = []
    for position, tag in enumerate(_ROW.findall(xml)):
        if re.search(rb'\bhidden="(?:1|true)"', tag):
            number = re.search(rb'\br="(\d+)"', tag)
            hidden.append(int(number[1]) - 1 if number else position)
    return frozenset(hidden)


def _broken_cells(xml: bytes) -> tuple[tuple[int, int, str], ...]:
    if b't="e"' not in xml and b"<f>" not in xml and b"<f " not in xml and b":f>" not in xml:
        return ()
    broken = []
    for attributes, inside in _CELL.findall(xml):
        place = re.search(rb'\br="([A-Z]+)(\d+)"', attributes)
        if place is None:
            continue
        if b't="e"' in attributes:
            what = re.search(rb"<(?:\w+:)?v>([^<]*)<", inside)
            shown = what[1].decode("utf-8", "replace") if what else "#N/A"
        elif (
            re.search(rb"<(?:\w+:)?f\b", inside)
            and not _VALUE.search(inside)
            and b't="str"' not in attributes
        ):
            shown = "="
        else:
            continue
        column = 0
        for letter in place[1]:
            column = column * 26 + letter - 64
        broken.append((int(place[2]) - 1, column - 1, shown))
    return tuple(broken)
