"""``report.xlsx``: the tables of a run for people."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from walkshed.deliver import proposal_words, scenario_words
from walkshed.deliver.words import shown, title
from walkshed.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from walkshed.deliver.workbook_sheets import Chart, Sheet
    from walkshed.errors import Language

SHEETS = {
    "overview": Text("Overview", "总览"),
    "gaps": Text("Gaps, worst first", "差距（最远在前）"),
    "summary": Text("Summary", "汇总"),
    "by_age": Text("By age", "分年龄"),
    "floor_area": Text("Floor area", "面积达标"),
    "load": Text("Load", "场所负荷"),
    "allocation": Text("Responsible venue", "责任场所"),
    "allocation_venues": Text("Places given", "容量分配"),
    "coverage": Text("Coverage", "覆盖情况"),
    "estates": Text("Estates", "小区"),
    "venues": Text("Venues", "场所"),
    "reasons": Text("Reasons", "原因"),
    "gates": Text("Gates", "大门"),
    "places": Text("Places to check", "待核位置"),
    "notices": Text("Notices", "提示"),
    **proposal_words.SHEETS,
    **scenario_words.SHEETS,
    "method": Text("Method and data", "方法与数据"),
}
_MOST_ROWS = 1_048_576
_FORMATS = {
    "walk_m": "#,##0.0", "walk_min": "0.00", "walk_min_low": "0.00", "walk_min_high": "0.00", "detour_ratio": "0.00",
    "snap_m": "0.0", "covered_share": "0.0%", "unknown_share": "0.0%", "lon": "0.000000", "lat": "0.000000",
    "opening_date": "yyyy-mm-dd", "gate_walk_min": "0.00", "straight_m": "#,##0.0", "over": "0.00", "saved": "#,##0",
    "walked_min": "0.00", "difference_min": "0.00", "ratio": "0.00", "median_min": "0.0", "p90_min": "0.0",
    "m2_per_head": "0.00", "m2_per_100_households": "0.0", "load_share": "0%", **proposal_words.FORMATS, **scenario_words.FORMATS,
}  # fmt: skip
_COUNT = "#,##0"
_COLOURS = {"covered": "#DDEFE3", "uncovered": "#FADBD8", "unknown": "#E5E7E9"}
_WIDE = 110
_MEASURED_ROWS = 500


def write_workbook(
    path: Path,
    *,
    sheets: Mapping[str, Sheet],
    heading: Sequence[str],
    language: Language,
    date: dt.date,
) -> None:
    """Write the workbook.

    Parameters
    ----------
    sheets
        By key of :data:`SHEETS`, in the order of the workbook.
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
        for key, sheet in sheets.items():
            page = book.add_worksheet(SHEETS[key].in_(language))
            _write_sheet(page, sheet, styles, heading=heading, language=language)
            if sheet.chart is not None:
                _add_chart(book, page, sheet, sheet.chart, top=len(heading) + 1)


class _Styles:
    def __init__(self, book: Any) -> None:
        font = {"font_name": "Microsoft YaHei", "font_size": 10}
        self._book, self._font = book, font
        self.title = book.add_format({**font, "bold": True, "font_size": 14})
        self.line = book.add_format({**font, "font_color": "#444444"})
        head = {
            **font,
            "bold": True,
            "bg_color": "#E8ECF0",
            "bottom": 1,
            "text_wrap": True,
            "valign": "vcenter",
        }
        self.header = book.add_format(head)
        self.header_of_numbers = book.add_format({**head, "align": "right"})
        self.wrapped = book.add_format({**font, "text_wrap": True, "valign": "top"})
        self._formats: dict[str, Any] = {}

    def fill(self, code: str) -> Any:
        """Return the background of a status."""
        return self._formats.setdefault(code, self._book.add_format({"bg_color": _COLOURS[code]}))

    def of(self, number_format: str) -> Any:
        if number_format not in self._formats:
            self._formats[number_format] = self._book.add_format({**self._font, "num_format": number_format})
        return self._formats[number_format]


def _write_sheet(
    sheet: Any, what: Sheet, styles: _Styles, *, heading: Sequence[str], language: Language
) -> None:
    table = what.table
    sheet.write_string(0, 0, heading[0], styles.title)
    for row, line in enumerate(heading[1:], start=1):
        sheet.write_string(row, 0, line, styles.line)
    top = len(heading) + 1
    for number, column in enumerate(table.columns):
        numbers = table[column].dtype.kind in "fiu"
        head = styles.header_of_numbers if numbers else styles.header
        sheet.write_string(top, number, title(str(column), language), head)
    body = table.iloc[: _MOST_ROWS - top - 1]
    for number, column in enumerate(body.columns):
        wide = column == what.wide
        _write_column(
            sheet, body[column], number, top + 1, styles, language,
            number_format=what.formats.get(str(column), ""), wide=wide,
        )  # fmt: skip
        if len(body):
            _colour(sheet, what, str(column), (top + 1, number, top + len(body), number), styles, language)
    sheet.freeze_panes(top + 1, min(2, len(table.columns)))
    if len(body):
        sheet.autofilter(top, 0, top + len(body), max(0, len(table.columns) - 1))
        if what.chart is None:
            sheet.print_area(0, 0, top + len(body), max(0, len(table.columns) - 1))
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(top)
    sheet.set_footer("&L&F · &A&R&P / &N")


def _colour(
    sheet: Any,
    what: Sheet,
    column: str,
    cells: tuple[int, int, int, int],
    styles: _Styles,
    language: Language,
) -> None:
    """Colour what is covered and what is not; draw shares as bars."""
    if column in what.bars:
        bar = {"type": "data_bar", "bar_color": "#9CC3E6", "min_type": "num", "min_value": 0,
               "max_type": "num", "max_value": 1}  # fmt: skip
        sheet.conditional_format(*cells, bar)
    if column == "status":
        for code in _COLOURS:
            said = str(shown(column, code, language))
            rule = {"type": "cell", "criteria": "==", "value": f'"{said}"', "format": styles.fill(code)}
            sheet.conditional_format(*cells, rule)


def _add_chart(book: Any, page: Any, sheet: Sheet, chart: Chart, *, top: int) -> None:
    """Put a bar chart below the table."""
    columns = [str(column) for column in sheet.table.columns]
    first, last = top + 1 + chart.first, top + 1 + chart.last

    def cells(column: str) -> list[Any]:
        at = columns.index(column)
        return [page.get_name(), first, at, last, at]

    drawn = book.add_chart({"type": "bar"})
    drawn.add_series({
        "categories": cells(chart.categories), "values": cells(chart.values), "gap": 60,
        "fill": {"color": "#2E75B6"}, "data_labels": {"value": True, "num_format": "0%"},
    })  # fmt: skip
    drawn.set_title({"name": chart.title, "name_font": {"size": 12}})
    drawn.set_legend({"none": True})
    drawn.set_y_axis({"reverse": True})
    drawn.set_x_axis(
        {
            "min": 0,
            "max": 1,
            "num_format": "0%",
            "major_gridlines": {"visible": True, "line": {"color": "#DDDDDD"}},
        }
    )
    drawn.set_size({"width": 520, "height": max(240, 60 + 34 * (chart.last - chart.first + 1))})
    page.insert_chart(top + len(sheet.table) + 2, 1, drawn)


def _write_column(
    sheet: Any,
    values: pd.Series,
    number: int,
    top: int,
    styles: _Styles,
    language: Language,
    *,
    number_format: str = "",
    wide: bool = False,
) -> None:
    import pandas as pd

    name = str(values.name)
    usual = _FORMATS.get(name, _COUNT if values.dtype.kind in "fiu" else "General")
    form = styles.wrapped if wide else styles.of(number_format or usual)
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
    sheet.set_column(number, number, _WIDE if wide else min(widest + 2, 60))


def _width(text: str) -> int:
    """Return how wide a text is, in digits; a Chinese character takes two."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text[:60])
