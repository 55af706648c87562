"""Cells: every accepted form of one value reads as that value, everything else is refused."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from walkshed.tables.dates import read_date
from walkshed.tables.tally import row_ranges
from walkshed.tables.values import read_coordinate, read_count, read_id, read_number, text_of
from walkshed.tables.words import GATED, OPEN_TO, STATUS, TIER, read_flag

MONTHS = ("January", "Feb", "March", "Apr", "May", "June", "Jul", "Aug", "Sept", "Oct", "Nov", "December")
FULL_WIDTH = str.maketrans("0123456789,.", "０１２３４５６７８９，．")


@given(st.integers(0, 10**8))
def test_all_ways_to_write_a_whole_number_read_alike(number):
    plain, grouped = str(number), f"{number:,}"
    forms = [
        plain,
        grouped,
        plain.translate(FULL_WIDTH),
        grouped.translate(FULL_WIDTH),
        f"约{plain}户",
        f"约 {grouped} 户",
        f"{plain} 户",
        f"{plain}余户",
        f"{plain}人左右",
        f"　{plain}　",
        f"{number / 10_000:.4f}万",
        f"about {plain}",
        f"~{plain}",
    ]
    assert {read_count(form).value for form in forms} == {float(number)}


@given(st.integers(0, 10**8))
def test_only_digits_written_plainly_pass_without_a_notice(number):
    assert read_count(str(number)).note is None
    assert read_count(float(number)).note is None
    for form in (f"{number}户", str(number).translate(FULL_WIDTH), f"约{number}"):
        reading = read_count(form)
        assert reading.note is not None
        assert reading.note[0] == "number.as_text"


@pytest.mark.parametrize(
    "cell",
    [
        "很多",
        "300-350",
        "12%",
        "1,20",
        "(1,200)",
        "1.2.3",
        "三百",
        "300户500人",
        "inf",
        "1e999",
        True,
        "--5",
        "户",
        "#REF!",
        "约",
        dt.date(2024, 5, 1),
    ],
)
def test_what_is_no_number_is_refused(cell):
    reading = read_count(cell)
    assert reading.problem is not None
    assert reading.problem[0] == "number.unparsable"
    assert math.isnan(reading.value)


@pytest.mark.parametrize("cell", [-1, -0.5, "-3", "－３", "−3"])
def test_a_negative_count_is_refused_but_a_negative_number_is_not(cell):
    assert read_count(cell).problem[0] == "number.negative"
    assert read_number(cell).value < 0


@pytest.mark.parametrize("cell", ["", None, "  ", "　", math.nan])
def test_a_blank_number_is_blank_without_a_word(cell):
    reading = read_count(cell)
    assert math.isnan(reading.value)
    assert reading.note is None
    assert reading.problem is None


@pytest.mark.parametrize("cell", ["-", "—", "/", "N/A", "不详", "待定"])
def test_a_mark_for_no_value_is_a_blank_with_a_notice(cell):
    for reading in (read_count(cell), read_coordinate(cell), read_date(cell)):
        assert reading.problem is None
        assert reading.note[0] == "value.not_stated"


@given(st.floats(-180, 180))
def test_a_coordinate_survives_being_written_as_text(value):
    assert read_coordinate(repr(value)).value == value
    assert read_coordinate(f" {value!r} ").value == value


@pytest.mark.parametrize("cell", ["120,305", "120°18'", "120.305E", "约120.3", "120.3,31.5"])
def test_a_coordinate_is_a_plain_number_or_refused(cell):
    assert read_coordinate(cell).problem[0] == "number.unparsable"


@given(st.integers(0, 10**12))
def test_a_whole_float_is_the_id_the_person_typed(number):
    assert read_id(float(number)).value == str(number)
    assert read_id(f" {number:013d} ").value == f"{number:013d}"


@pytest.mark.parametrize(
    "cell",
    ["1.2E+11", "1E5", dt.datetime(2024, 1, 2), "1月2日", "2-Jan", 1.23456789012345678e17, True],  # noqa: DTZ001
)
def test_an_id_that_a_spreadsheet_mangled_is_doubted(cell):
    reading = read_id(cell)
    assert reading.value
    assert reading.note[0] == "id.doubtful"


@pytest.mark.parametrize("cell", ["001", "A-1", "龙山1号", "E12", 12.5, "2024-05", "1.5"])
def test_an_ordinary_id_is_not_doubted(cell):
    assert read_id(cell) == (text_of(cell), None, None)


@given(st.dates(dt.date(1955, 1, 1), dt.date(2119, 1, 1)))
def test_all_ways_to_write_a_day_read_alike(day):
    serial = (day - dt.date(1899, 12, 30)).days
    year, month, number = day.year, day.month, day.day
    forms = [
        day,
        dt.datetime(year, month, number, 9, 30),  # noqa: DTZ001
        day.isoformat(),
        f"{day.isoformat()} 09:30:00",
        f"{day.isoformat()}T09:30",
        f"{year}/{month}/{number}",
        f"{year}.{month}.{number}",
        f"{year}年{month}月{number}日",
        f"{year} 年 {month} 月 {number} 日",
        f"{day:%Y%m%d}",
        int(f"{day:%Y%m%d}"),
        serial,
        float(serial),
        serial + 0.5,
        str(serial),
        f"{year}-{month}-{number}".translate(FULL_WIDTH),
        f"{number} {MONTHS[month - 1]} {year}",
        f"{MONTHS[month - 1]} {number}, {year}",
    ]
    for form in forms:
        assert read_date(form).value == day, form


@given(st.dates(dt.date(1955, 1, 1), dt.date(2119, 1, 1)))
def test_a_month_alone_is_its_first_day_with_a_notice(day):
    for form in (
        f"{day:%Y-%m}",
        f"{day.year}年{day.month}月",
        f"{day.year}/{day.month}",
        f"{day.year}.{day.month:02}",
    ):
        reading = read_date(form)
        assert reading.value == day.replace(day=1)
        assert reading.note[0] == "date.month"


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1990, 2040))
def test_day_and_month_that_could_be_exchanged_are_refused(first, second, year):
    assume(first != second)
    for mark in "/-.":
        assert read_date(f"{first}{mark}{second}{mark}{year}").problem[0] == "date.ambiguous"


def test_a_day_beyond_twelve_cannot_be_a_month():
    assert read_date("13/05/2024").value == read_date("05/13/2024").value == dt.date(2024, 5, 13)


@pytest.mark.parametrize(
    "cell",
    ["2024-02-30", "2024-13-01", "24-05-01", "明年", "2024", 2024.0, "2024年", 1.5, True, "0001-01-01"],
)
def test_what_is_no_date_is_refused(cell):
    reading = read_date(cell)
    assert reading.value is None
    assert reading.problem[0] == "date.unparsable"


@pytest.mark.parametrize("vocabulary", [TIER, STATUS, OPEN_TO, GATED])
def test_every_word_of_a_vocabulary_means_one_value(vocabulary):
    for value, words in vocabulary.words.items():
        for word in (value, *words):
            for written in (word, f" {word} ", word.upper()):
                assert vocabulary.read(written) == (value, None, None), written


@pytest.mark.parametrize(
    ("vocabulary", "word", "near"),
    [
        (STATUS, "opne", "open"),
        (TIER, "片區", "片区"),
        (OPEN_TO, "resident s only", "residents"),
        (STATUS, "在建中", "在建"),
    ],
)
def test_an_unknown_word_is_refused_with_the_allowed_ones_and_the_nearest(vocabulary, word, near):
    code, text = vocabulary.read(word).problem
    assert code == "word.unknown"
    for value, words in vocabulary.words.items():
        assert value in text.en
        assert words[0] in text.zh
    assert f'"{near}"' in text.en


@pytest.mark.parametrize(
    ("cells", "value"),
    [
        (("是", "封闭", "yes", "TRUE", True, 1, 1.0, "1"), True),
        (("否", "开放", "No", False, 0.0, "0"), False),
    ],
)
def test_gated_is_said_in_many_ways(cells, value):
    assert {read_flag(cell).value for cell in cells} == {value}
    assert read_flag("").value is None


@given(st.sets(st.integers(1, 500), min_size=1, max_size=50))
def test_row_ranges_name_exactly_the_rows(rows):
    named = set()
    for part in row_ranges(rows).split(", "):
        first, _, last = part.partition("–")
        named |= set(range(int(first), int(last or first) + 1))
    assert named == rows
