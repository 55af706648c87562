"""``report.xlsx``: the tables of a run for people."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from walkshed.deliver import proposal_words, scenario_words
from walkshed.deliver.words import shown, title
from walkshed.errors import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from walkshed.errors import Language

SHEETS = {
    "summary": Text("Summary", "汇总"),
    "coverage": Text("Coverage", "覆盖情况"),
    "estates": Text("Estates", "小区"),
    "venues": Text("Venues", "场所"),
    "reasons": Text("Reasons", "原因"),
    "gates": Text("Gates", "大门"),
    "notices": Text("Notices", "提示"),
    **proposal_words.SHEETS,
    **scenario_words.SHEETS,
}
_MOST_ROWS = 1_048_576
_FORMATS = {
    "walk_m": "#,##0.0", "walk_min": "0.00", "walk_min_low": "0.00", "walk_min_high": "0.00", "detour_ratio": "0.00",
    "snap_m": "0.0", "covered_share": "0.0%", "unknown_share": "0.0%", "lon": "0.000000", "lat": "0.000000",
    "opening_date": "yyyy-mm-dd", "gate_walk_min": "0.00", "straight_m": "#,##0.0", "over": "0.00", "saved": "#,##0",
    "walked_min": "0.00", "difference_min": "0.00", "ratio": "0.00", **proposal_words.FORMATS, **scenario_words.FORMATS,
}  # fmt: skip
_COUNT = "#,##0"
_MEASURED_ROWS = 500


def write_workbook(
    path: Path,
    *,
    tables: dict[str, pd.DataFrame],
    heading: Sequence[str],
    language: Language,
    date: dt.date,
) -> None:
    """Write the workbook.

    Parameters
    ----------
    tables
        By key of :data:`SHEETS`.
    heading
        Lines above every table: study, headline, note.
    language, date
        The language of titles and codes; the date the file carries.
    """
    import xlsxwriter

    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": heading[0], "created": dt.datetime(date.year, date.month, date.day)})  # noqa: DTZ001
        styles = _Styles(book)
        for key, table in tables.items():
            _write_sheet(
                book.add_worksheet(SHEETS[key].in_(language)),
                table,
                styles,
                heading=heading,
                language=language,
            )


class _Styles:
    def __init__(self, book: Any) -> None:
        font = {"font_name": "Microsoft YaHei", "font_size": 10}
        self._book, self._font = book, font
        self.title = book.add_format({**font, "bold": True, "font_size": 14})
        self.line = book.add_format({**font, "font_color": "#444444"})
        self.header = book.add_format(
            {**font, "bold": True, "bg_color": "#E8ECF0", "bottom": 1, "text_wrap": True, "valign": "vcenter"}
        )
        self._formats: dict[str, Any] = {}

    def of(self, number_format: str) -> Any:
        if number_format not in self._formats:
            self._formats[number_format] = self._book.add_format({**self._font, "num_format": number_format})
        return self._formats[number_format]


def _write_sheet(
    sheet: Any, table: pd.DataFrame, styles: _Styles, *, heading: Sequence[str], language: Language
) -> None:
    sheet.write_string(0, 0, heading[0], styles.title)
    for row, line in enumerate(heading[1:], start=1):
        sheet.write_string(row, 0, line, styles.line)
    top = len(heading) + 1
    for number, column in enumerate(table.columns):
        sheet.write_string(top, number, title(str(column), language), styles.header)
    body = table.iloc[: _MOST_ROWS - top - 1]
    for number, column in enumerate(body.columns):
        _write_column(sheet, body[column], number, top + 1, styles, language)
    sheet.freeze_panes(top + 1, min(2, len(table.columns)))
    if len(body):
        sheet.autofilter(top, 0, top + len(body), max(0, len(table.columns) - 1))
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(top)


def _write_column(
    sheet: Any, values: pd.Series, number: int, top: int, styles: _Styles, language: Language
) -> None:
    import pandas as pd

    name = str(values.name)
    form = styles.of(_FORMATS.get(name, _COUNT if values.dtype.kind in "fiu" else "General"))
    is_date = values.dtype.kind == "M"
    widest = _width(title(name, language))
    for row, value in enumerate(values.tolist(), start=top):
        if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124 - NaN
            continue
        if is_date:
            sheet.write_datetime(row, number, value.to_pydatetime(), form)
            widest = max(widest, 11)
        elif isinstance(value, bool):
            sheet.write_string(
                row,
                number,
                ("是" if value else "否") if language == "zh" else ("yes" if value else "no"),
                form,
            )
        elif isinstance(value, int | float):
            sheet.write_number(row, number, value, form)
            widest = max(widest, 9)
        else:
            text = str(shown(name, value, language))
            sheet.write_string(row, number, text[:32_767], form)
            widest = max(widest, _width(text)) if row < top + _MEASURED_ROWS else widest
    sheet.set_column(number, number, min(widest + 2, 60))


def _width(text: str) -> int:
    """Return how wide a text is, in digits; a Chinese character takes two."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text[:60])
