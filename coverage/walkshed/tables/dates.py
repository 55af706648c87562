"""Dates in the forms planners write them."""

from __future__ import annotations

import datetime as dt
import re

from walkshed.errors import Text
from walkshed.tables.values import NOT_STATED, Reading, folded, text_of

_EPOCH = dt.date(1899, 12, 30)  # day 0 of a spreadsheet's serial numbers, as seen after February 1900
_TIME = r"(?:[ t]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:z|[+-]\d{2}:?\d{2})?)?"
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年\s]\s*(\d{1,2})\s*[-/.月\s]\s*(\d{1,2})\s*[日号]?" + _TIME)
_MONTH_ONLY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?(?:份)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})" + _TIME)
_DAY_NAME = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[ -]([a-z]{3,9})\.?,?[ -](\d{4})")
_NAME_DAY = re.compile(r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def read_date(cell: object) -> Reading:  # noqa: PLR0911  one return for each form
    """Read a date.

    Returns
    -------
    Reading
        A ``datetime.date`` or None. A month alone is read as its first day, with a note; 3/4/2024
        could be March or April and is refused.

    Examples
    --------
    >>> cells = ("2024-05-01", "2024/5/1", "2024.5.1", "2024年5月1日", "20240501", 45413.0)
    >>> {read_date(cell).value.isoformat() for cell in cells}
    {'2024-05-01'}
    >>> read_date("03/04/2024").problem[0]
    'date.ambiguous'
    """
    if isinstance(cell, dt.datetime):
        return _checked(cell.date())
    if isinstance(cell, dt.date):
        return _checked(cell)
    if isinstance(cell, bool):
        return _not_a_date()
    if isinstance(cell, (int, float)) and float(cell).is_integer():
        return _number(int(cell))
    if isinstance(cell, float):
        # A serial number with a time of day.
        return Reading(None) if cell != cell else _number(int(cell))  # noqa: PLR0124
    text = folded(text_of(cell)).lower()
    if text == "":
        return Reading(None)
    if text in NOT_STATED:
        return Reading(
            None, note=("value.not_stated", Text("read as a blank: no date is stated", "视为空白：未填日期"))
        )
    if re.fullmatch(r"\d{5}(?:\.\d+)?|\d{8}", text):
        return _number(int(float(text)))
    return _written(text)


def _written(text: str) -> Reading:  # noqa: PLR0911  one return for each form
    if found := _YEAR_FIRST.fullmatch(text):
        return _made(int(found[1]), int(found[2]), int(found[3]))
    if found := _MONTH_ONLY.fullmatch(text):
        reading = _made(int(found[1]), int(found[2]), 1)
        if reading.problem:
            return reading
        day = reading.value.isoformat()
        return Reading(
            reading.value,
            note=("date.month", Text(f"only the month is given; read as {day}", f"只有年月；按 {day} 读取")),
        )
    if found := _DAY_NAME.fullmatch(text):
        return _named(found[2], int(found[1]), int(found[3]))
    if found := _NAME_DAY.fullmatch(text):
        return _named(found[1], int(found[2]), int(found[3]))
    if found := _YEAR_LAST.fullmatch(text):
        return _year_last(int(found[1]), int(found[2]), int(found[3]))
    return _not_a_date()


def _number(number: int) -> Reading:
    if 20_000 <= number < 80_000:  # 1954 to 2119
        return _checked(_EPOCH + dt.timedelta(days=number))
    if found := _COMPACT.fullmatch(str(number)):
        return _made(int(found[1]), int(found[2]), int(found[3]))
    return _not_a_date()


def _year_last(first: int, second: int, year: int) -> Reading:
    if first == second or second > 12:
        return _made(year, first, second)
    if first > 12:
        return _made(year, second, first)
    return Reading(
        None,
        problem=(
            "date.ambiguous",
            Text(
                f"may be {year}-{first:02}-{second:02} or {year}-{second:02}-{first:02}; "
                "write the year first, such as 2024-05-01",
                f"可能是 {year}-{first:02}-{second:02}，也可能是 {year}-{second:02}-{first:02}；"
                "请把年份写在前面，如 2024-05-01",
            ),
        ),
    )


def _named(month: str, day: int, year: int) -> Reading:
    return _made(year, _MONTHS.index(month[:3]) + 1, day) if month[:3] in _MONTHS else _not_a_date()


def _made(year: int, month: int, day: int) -> Reading:
    try:
        return _checked(dt.date(year, month, day))
    except ValueError:
        return _not_a_date()


def _checked(day: dt.date) -> Reading:
    return Reading(day) if 1900 <= day.year <= 2150 else _not_a_date()


def _not_a_date() -> Reading:
    return Reading(
        None,
        problem=(
            "date.unparsable",
            Text(
                "is not a date that can be read; write it as 2024-05-01, or leave the cell blank",
                "无法读成日期；请写成 2024-05-01 的形式，没有日期请留空",
            ),
        ),
    )
