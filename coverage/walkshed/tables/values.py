"""Cells read as numbers, ids and texts.

Every reader takes one cell as the file holds it and returns a :class:`Reading`: the value, and
where it applies what was assumed or what is wrong with it and what would be right.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from typing import Any, NamedTuple

from walkshed.errors import Text

NOT_STATED = frozenset(
    "- -- --- — —— – / \\ n/a na n.a. nan null none nil unknown "  # noqa: SIM905
    "不详 未知 不明 暂无 未填 待定 待补 待查".split()
)
"""Written where there is no value; read as a blank, with a notice."""

_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}((,\d{3})+|( \d{3})+)(\.\d+)?")
_BEFORE = re.compile(
    r"^(约为|约有|大约|大概|约|近|共计|共|≈|~|approximately|approx\.?|about|around|ca\.?|circa)\s*"
)
_AFTER = re.compile(
    r"\s*(多|余|来|\+)?\s*(平方米|平米|平方|m2|m²|sq\.?\s?m|sqm|户|家|人|个|位|座|间|套|名|口|"
    r"households?|residents?|people|persons?|homes?|seats?|places?)?\s*(左右|上下|以上)?$"
)
_MANGLED = re.compile(
    r"\d{1,2}月\d{1,2}日|\d{1,2}-(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*|"
    r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*-\d{1,2}",
    re.IGNORECASE,
)


class Reading(NamedTuple):
    """What a cell says.

    Parameters
    ----------
    value
        The value read.
    note
        Code and sentence of what was assumed or is doubted.
    problem
        Code and sentence of what is wrong.
    """

    value: Any
    note: tuple[str, Text] | None = None
    problem: tuple[str, Text] | None = None


def text_of(cell: object) -> str:  # noqa: PLR0911  one return for each type
    """Return a cell as trimmed text on one line; a whole number without its '.0', a blank as ''.

    Examples
    --------
    >>> text_of(1.0), text_of(" 001 "), text_of(None), text_of(2.5)
    ('1', '001', '', '2.5')
    """
    if isinstance(cell, str):
        if cell.isascii() and cell.isprintable():
            return cell.strip()
        return " ".join(_INVISIBLE.sub("", cell).split())
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        if math.isnan(cell):
            return ""
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell)


def folded(text: str) -> str:
    """Return a text in its plain form for comparing: NFKC, trimmed, single blanks.

    Examples
    --------
    >>> folded("　桃源人家Ａ区 ")
    '桃源人家A区'
    """
    return " ".join(unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).split())


def is_blank(cell: object) -> bool:
    """Tell whether a cell holds nothing."""
    return cell is None or cell == "" or text_of(cell) == ""


def _wrong(code: str, en: str, zh: str) -> Reading:
    return Reading(math.nan, problem=(code, Text(en, zh)))


def _not_a_number() -> Reading:
    return _wrong(
        "number.unparsable",
        "is not a number; write digits only, such as 1200, or leave the cell blank",
        "不是数字；请只写数字（如 1200），没有数据请留空",
    )


def _shown(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(value)


def read_number(cell: object) -> Reading:
    """Read a number in any of the forms planners write.

    Examples
    --------
    >>> [read_number(cell).value for cell in (1200.0, "1,200", "１２００", "约1200户", "0.12万")]
    [1200.0, 1200.0, 1200.0, 1200.0, 1200.0]
    >>> read_number("很多").problem[0]
    'number.unparsable'
    """
    if isinstance(cell, bool) or isinstance(cell, (dt.date, dt.time, dt.timedelta)):  # noqa: SIM101
        return _not_a_number()
    if isinstance(cell, (int, float)):
        value = float(cell)
        return _not_a_number() if math.isinf(value) else Reading(value)
    text = text_of(cell)
    if text == "":
        return Reading(math.nan)
    if text.isascii() and _PLAIN.fullmatch(text.lower()):
        value = float(text)
        return Reading(value) if math.isfinite(value) else _not_a_number()
    return _written_number(text)


def _written_number(text: str) -> Reading:
    plain = folded(text).lower().replace("−", "-")
    if plain in NOT_STATED:
        return Reading(
            math.nan,
            note=("value.not_stated", Text("read as a blank: no value is stated", "视为空白：未填数据")),
        )
    # Twice: "共约300户".
    core = _AFTER.sub("", _BEFORE.sub("", _BEFORE.sub("", plain)))
    factor = 1.0
    if core.endswith(("万", "千")):
        factor = 10_000.0 if core.endswith("万") else 1_000.0
        core = core[:-1].strip()
    if not (_PLAIN.fullmatch(core) or _GROUPED.fullmatch(core)):
        return _not_a_number()
    value = float(core.replace(",", "").replace(" ", ""))
    value = round(value * factor, 6)
    if not math.isfinite(value):
        return _not_a_number()
    shown = _shown(value)
    return Reading(
        value, note=("number.as_text", Text(f"read as the number {shown}", f"按数字 {shown} 读取"))
    )


def read_count(cell: object) -> Reading:
    """Read a number that cannot be negative: households, people, square metres.

    Examples
    --------
    >>> read_count(-5).problem[0]
    'number.negative'
    """
    reading = read_number(cell)
    if reading.problem is None and reading.value < 0:
        return _wrong(
            "number.negative",
            "is negative; write 0 or more, or leave the cell blank",
            "是负数；请填 0 或正数，没有数据请留空",
        )
    return reading


def read_coordinate(cell: object) -> Reading:
    """Read one coordinate: a plain number, full-width digits allowed.

    Examples
    --------
    >>> read_coordinate("120.305").value, read_coordinate("120,305").problem[0]
    (120.305, 'number.unparsable')
    """
    if isinstance(cell, str):
        plain = folded(cell).lower().replace("−", "-")
        if plain and plain not in NOT_STATED and not _PLAIN.fullmatch(plain):
            return _wrong(
                "number.unparsable",
                "is not a coordinate; write decimal degrees such as 120.305 (or metres if crs says so), "
                "or leave the cell blank",
                "不是坐标；请写十进制度数（如 120.305；若设置了投影坐标系则写米），没有坐标请留空",
            )
    return read_number(cell)


def read_id(cell: object) -> Reading:
    """Read an id as text: '001' stays, 1.0 becomes '1', what a spreadsheet has mangled is doubted.

    Examples
    --------
    >>> read_id("001").value, read_id(1.0).value, read_id("1.2E+11").note[0]
    ('001', '1', 'id.doubtful')
    """
    text = text_of(cell)
    if isinstance(cell, (dt.date, dt.time)) or (isinstance(cell, str) and _MANGLED.fullmatch(text)):
        en, zh = "looks like an id that the spreadsheet turned into a date", "编号可能被表格软件改成了日期"
    elif isinstance(cell, str) and re.fullmatch(r"\d+\.?\d*[eE]\+?\d+", text) and not text.isdigit():
        en, zh = (
            "looks like an id that the spreadsheet turned into scientific notation",
            "编号可能变成了科学计数法",
        )
    elif isinstance(cell, (int, float)) and not isinstance(cell, bool) and abs(cell) >= 1e15:
        en, zh = (
            "has more digits than a spreadsheet number keeps",
            "编号位数超出表格数字的精度，末几位可能已丢失",
        )
    elif isinstance(cell, bool):
        en, zh = (
            "looks like an id that the spreadsheet turned into true or false",
            "编号可能被表格软件改成了逻辑值",
        )
    else:
        return Reading(text)
    return Reading(
        text,
        note=(
            "id.doubtful",
            Text(
                f'{en}; read as "{text}". Format the column as text',
                f"{zh}；按“{text}”读取。请把该列设为文本格式",
            ),
        ),
    )


def read_text(cell: object) -> Reading:
    """Read a cell as text."""
    return Reading(text_of(cell))
