"""Blank workbooks to fill in, with drop-downs and one example row each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from walkshed.errors import OutputError, Text
from walkshed.tables.fields import FIELDS, Field, Kind
from walkshed.tables.rooms import CHOICE
from walkshed.tables.rows import EXAMPLE
from walkshed.tables.words import GATED, OPEN_TO, OPENS_TO, STATUS, TIER, Vocabulary

if TYPE_CHECKING:
    from walkshed.errors import Language

_VOCABULARIES: dict[str, Vocabulary] = {
    one.column: one for one in (TIER, STATUS, OPENS_TO, OPEN_TO, GATED, CHOICE)
}
_NUMBERS = frozenset(
    "households residents aged_60_plus floor_area_m2 capacity cost subsidy_per_year lon lat levels area_m2 minutes".split()  # noqa: SIM905 - a list of words
)
_ROWS = 5000

_FILES: dict[Kind, tuple[str, Text]] = {
    "estates": ("estates.xlsx", Text("estates", "小区")),
    "venues": ("venues.xlsx", Text("venues", "场所")),
    "gates": ("gates.xlsx", Text("gates", "出入口")),
    "rooms": ("rooms.xlsx", Text("rooms", "候选用房")),
    "buildings": ("buildings.xlsx", Text("buildings", "楼栋")),
    "checks": ("checks.xlsx", Text("checks", "实地步行")),
}
_EXAMPLES: dict[Kind, dict[str, Text | float]] = {
    "estates": {
        "name": Text("example: overwrite or delete this row", "示例小区（请删除本行）"),
        "address": Text("10 Example Road", "示例路 10 号"),
        "community": Text("Example community", "示例社区"),
        "area": Text("Area 1", "第一片区"),
        "households": 300,
        "residents": 780,
        "aged_60_plus": 160,
        "lon": 120.25,
        "lat": 31.55,
        "gated": Text("yes", "是"),
    },
    "venues": {
        "name": Text("example: overwrite or delete this row", "示例活动中心（请删除本行）"),
        "kind": Text("activity centre", "活动中心"),
        "tier": Text("area", "片区"),
        "address": Text("12 Example Road", "示例路 12 号"),
        "community": Text("Example community", "示例社区"),
        "area": Text("Area 1", "第一片区"),
        "floor_area_m2": 435,
        "capacity": 80,
        "status": Text("open", "开放"),
        "opening_date": Text("2024-05-01", "2024-05-01"),
        "lon": 120.25,
        "lat": 31.55,
    },
    "gates": {
        "name": Text("example: overwrite or delete this row", "示例东门（请删除本行）"),
        "lon": 120.25,
        "lat": 31.55,
        "open_to": Text("residents", "居民"),
        "hours": Text("6:00-22:00", "6:00-22:00"),
    },
    "rooms": {
        "name": Text("example: overwrite or delete this row", "示例用房（请删除本行）"),
        "address": Text("14 Example Road", "示例路 14 号"),
        "community": Text("Example community", "示例社区"),
        "area": Text("Area 1", "第一片区"),
        "floor_area_m2": 320,
        "cost": 480_000,
        "subsidy_per_year": 60_000,
        "capacity": 60,
        "owner": Text("Example company", "示例公司"),
        "year": Text("2027", "2027"),
        "choice": Text("optional", "可选"),
        "lon": 120.25,
        "lat": 31.55,
    },
    "buildings": {
        "estate_id": Text("001", "001"),
        "name": Text("example: overwrite or delete this row", "示例楼栋（请删除本行）"),
        "households": 60,
        "residents": 150,
        "aged_60_plus": 30,
        "levels": 6,
        "floor_area_m2": 5400,
        "area_m2": 900,
        "lon": 120.25,
        "lat": 31.55,
    },
    "checks": {
        "venue_id": Text("V1", "V1"),
        "minutes": 7.5,
        "date": Text("2026-05-01", "2026-05-01"),
        "note": Text("example: overwrite or delete this row", "示例（请删除本行）"),
    },
}
_PREFACE = Text(
    "Fill in the first sheet, one row each. "
    "The grey row is an example and is left out when the table is read.",
    "请填写第一个工作表，每行一条。灰色一行是示例，读取时自动略去。",
)


def write_templates(folder: str | Path, language: Language = "zh") -> list[Path]:
    """Write blank workbooks for estates, venues, gates, rooms that could be opened, buildings and walks timed in person.

    Parameters
    ----------
    folder
        Where; it is made if it is not there. Existing files are not overwritten.
    language
        The language of headers and drop-downs. Either can be read back.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    OutputError
        If one of the files exists already or the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in write_templates(folder)]
    ['estates.xlsx', 'venues.xlsx', 'gates.xlsx', 'rooms.xlsx', 'buildings.xlsx', 'checks.xlsx']
    """
    folder = Path(folder)
    paths = [folder / name for name, _ in _FILES.values()]
    there = [path.name for path in paths if path.exists()]
    if there:
        raise OutputError(
            Text(
                f"{folder} already holds {', '.join(there)}; nothing is overwritten: choose another folder",
                f"{folder} 中已有 {'、'.join(there)}；不会覆盖，请换一个文件夹",
            ).in_(language)
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind, path in zip(_FILES, paths, strict=True):
            _write(path, kind, language)
    except OSError as error:
        raise OutputError(
            Text(f"{folder} cannot be written ({error})", f"无法写入 {folder}（{error}）").in_(language)
        ) from error
    return paths


def header_of(field: Field, language: Language) -> str:
    """Return a column's header as the templates have it."""
    return field.zh if language == "zh" else field.name


def _write(path: Path, kind: Kind, language: Language) -> None:
    import datetime as dt
    import io

    import xlsxwriter

    # Made in memory: the file appears whole or not at all, and a full disk is an ordinary OSError.
    memory = io.BytesIO()
    with xlsxwriter.Workbook(memory, {"in_memory": True}) as book:
        # A fixed date: the same templates are the same bytes.
        book.set_properties({"created": dt.datetime(2024, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)})
        _write_table(book, kind, language)
        _write_about(book, kind)
    path.write_bytes(memory.getvalue())


def _write_table(book: Any, kind: Kind, language: Language) -> None:
    sheet = book.add_worksheet(_FILES[kind][1].in_(language))
    head = book.add_format({"bold": True, "bg_color": "#1F4E79", "font_color": "#FFFFFF", "border": 1})
    grey = {"font_color": "#808080", "italic": True, "bg_color": "#F2F2F2"}
    as_text = book.add_format({"num_format": "@"})
    plain, example, example_text = (
        book.add_format(),
        book.add_format(grey),
        book.add_format({**grey, "num_format": "@"}),
    )
    for column, field in enumerate(FIELDS[kind]):
        header = header_of(field, language)
        number = field.name in _NUMBERS
        sheet.set_column(column, column, _width(field, header), plain if number else as_text)
        sheet.write_string(0, column, header, head)
        value = EXAMPLE[0 if language == "zh" else 1] if column == 0 else _EXAMPLES[kind].get(field.name, "")
        if isinstance(value, (int, float)):
            sheet.write_number(1, column, value, example)
        else:
            shown = value.in_(language) if isinstance(value, Text) else value
            sheet.write_string(1, column, shown, example_text)
        if field.name in _VOCABULARIES:
            words = _words(_VOCABULARIES[field.name], language)
            sheet.data_validation(
                1,
                column,
                _ROWS,
                column,
                {
                    "validate": "list",
                    "source": words,
                    "error_title": header,
                    "error_message": " / ".join(words),
                },
            )
    sheet.freeze_panes(1, 0)


def _words(vocabulary: Vocabulary, language: Language) -> list[str]:
    return [words[0] if language == "zh" else value for value, words in vocabulary.words.items()]


def _width(field: Field, header: str) -> int:
    wide = {"address": 32, "name": 26, "opening_date": 14, "hours": 16, "community": 16, "area": 14}
    return max(wide.get(field.name, 11), 2 * len(header) if not header.isascii() else len(header) + 3)


def _write_about(book: Any, kind: Kind) -> None:
    sheet = book.add_worksheet("说明")
    head = book.add_format({"bold": True, "bg_color": "#1F4E79", "font_color": "#FFFFFF", "border": 1})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 1, 16, wrap)
    sheet.set_column(2, 3, 52, wrap)
    sheet.write_string(0, 0, _PREFACE.zh)
    sheet.write_string(1, 0, _PREFACE.en)
    for column, title in enumerate(("列（中文）", "列（英文）Column", "填写内容", "What it holds")):
        sheet.write_string(3, column, title, head)
    for row, field in enumerate(FIELDS[kind], start=4):
        vocabulary = _VOCABULARIES.get(field.name)
        words = f" ({', '.join(_words(vocabulary, 'en'))})" if vocabulary else ""
        for column, text in enumerate((field.zh, field.name, field.about.zh, field.about.en + words)):
            sheet.write_string(row, column, text, wrap)
