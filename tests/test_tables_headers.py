"""Headers: what is recognised, what must not be, and what is dropped because it speaks of persons."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walkshed.tables.fields import FIELDS
from walkshed.tables.headers import doubtful_bracket, known
from walkshed.tables.heading import find_heading
from walkshed.tables.personal import hide_numbers, holds_numbers, is_personal

EVERY = [(kind, field, word) for kind, fields in FIELDS.items() for field in fields for word in field.ranks()]


@pytest.mark.parametrize("kind", FIELDS)
def test_a_header_means_one_field_of_a_table(kind):
    meant: dict[str, set[str]] = {}
    for one, field, word in EVERY:
        if one == kind:
            meant.setdefault(word, set()).add(field.name)
    assert {word: fields for word, fields in meant.items() if len(fields) > 1} == {}


def test_no_header_we_know_is_dropped_as_personal():
    assert [word for _, _, word in EVERY if is_personal(word)] == []
    assert [field.zh for fields in FIELDS.values() for field in fields if is_personal(field.zh)] == []


@given(st.sampled_from(EVERY), st.sampled_from(["{}", " {} ", "* {}", "{}：", "　{}\n", "【{}】"]))
def test_a_header_is_known_through_blanks_and_marks(which, around):
    kind, field, word = which
    assert known(around.format(word), kind)[0] == field.name
    assert known(around.format(word.upper()), kind)[0] == field.name


@pytest.mark.parametrize(
    ("header", "kind", "field"),
    [
        ("户数（户）", "estates", "households"),
        ("60岁及以上人口(人)", "estates", "aged_60_plus"),
        ("60+", "estates", "aged_60_plus"),
        ("面积（㎡）", "venues", "floor_area_m2"),
        ("面积(平方米)", "venues", "floor_area_m2"),
        ("经度（WGS84）", "estates", "lon"),
        ("Longitude", "venues", "lon"),
        ("小区名称（全称）", "estates", "name"),
        ("所属社区", "estates", "community"),
        ("小区", "gates", "estate_id"),
        ("Estate ID", "gates", "estate_id"),
        ("状态（开放/在建）", "venues", "status"),
    ],
)
def test_headers_as_planners_write_them(header, kind, field):
    assert known(header, kind)[0] == field


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("60岁以上（%）", "estates"),
        ("面积（亩）", "venues"),
        ("户数（万户）", "estates"),
    ],
)
def test_a_number_in_another_unit_is_not_taken_for_ours(header, kind):
    assert known(header, kind) is None
    assert doubtful_bracket(header, kind) is not None


@pytest.mark.parametrize(
    "header", ["60岁以上占比", "80岁以上", "序号", "备注", "建成年份", "联系人", "楼栋数"]
)
def test_other_headers_are_none_of_ours(header):
    assert known(header, "estates") is None
    assert doubtful_bracket(header, "estates") is None


PERSONS = (
    "联系人 姓名 电话 手机 手机号 身份证 身份证号码 房号 室号 联系电话 微信 微信号 住户姓名 户主 户主姓名 "
    "负责人 邮箱 负责人（主任） contact Contact_Person phone Phone-Number tel mobile id_number ID-Card email "
    "E-mail wechat room_no resident_name contact:phone contactPhone QQ 出生日期"
)
PLACES = (
    "名称 小区名称 name 场所名称 户数 住户数 居民数 人口 网格员人数 手机店数量 address 地址 id estate_id 备注 "
    "房屋数 住房面积 kind phone_count 性别比 status 开放时间 名字 person_count venue_name"
)


@pytest.mark.parametrize("header", [*PERSONS.split(), "姓　名", "联 系 人"])
def test_columns_about_persons_are_recognised(header):
    assert is_personal(header)


@pytest.mark.parametrize("header", PLACES.split())
def test_columns_about_places_are_kept(header):
    assert not is_personal(header)


def test_a_column_full_of_phone_numbers_is_recognised_whatever_its_header():
    assert holds_numbers(["13812345678", "", "+86 139 1234 5678", "138-1234-5678"])
    assert holds_numbers([13812345678.0, 13912345678.0])
    assert holds_numbers(["32021119500101123X"])
    assert not holds_numbers(["1200", "320211", "2024-05-01", "E13812345678", ""])
    assert not holds_numbers([])


@given(st.text("0123456789王家边路号，, ", max_size=10))
def test_a_text_too_short_for_a_phone_number_is_left_alone(text):
    assert hide_numbers(text) == text


def test_numbers_inside_a_text_are_hidden_and_nothing_else():
    assert hide_numbers("找王主任 13812345678 或 32021119500101123X") == "找王主任 *** 或 ***"
    assert hide_numbers("138123456789012345678") == "138123456789012345678"


TITLE = ["荣巷街道小区一览表", "", "", ""]
HEAD = ["编号", "小区", "社区", "户数"]
BODY = ["1", "桃源人家", "龙山", 300]


def test_the_header_is_found_below_titles_and_blanks():
    rows = [TITLE, ["单位：户", "", "", ""], ["", "", "", ""], HEAD, BODY, BODY]
    heading = find_heading(rows, "estates")
    assert (heading.first, heading.last) == (3, 3)
    assert heading.score == 4


def test_the_first_of_two_equal_headers_counts():
    assert find_heading([TITLE, HEAD, BODY, HEAD, BODY], "estates").first == 1


def test_a_header_of_two_rows_is_read_as_one():
    rows = [
        TITLE,
        ["编号", "小区", "人口", "", "60岁以上", "", "坐标", ""],
        ["", "", "总人口", "户数", "人数", "占比", "经度", "纬度"],
        ["1", "桃源人家", 800, 300, 90, 0.11, 120.2, 31.5],
    ]
    heading = find_heading(rows, "estates", spans={1: [(2, 3), (4, 5), (6, 7)]})
    assert (heading.first, heading.last) == (1, 2)
    meant = [meaning and meaning[0] for meaning in heading.meanings]
    assert meant == ["estate_id", "name", "residents", "households", "aged_60_plus", None, "lon", "lat"]


def test_english_names_below_chinese_ones_are_no_data():
    rows = [HEAD, ["estate_id", "name", "community", "households"], BODY]
    heading = find_heading(rows, "estates")
    assert (heading.first, heading.last) == (0, 1)


def test_without_a_header_none_is_made_up():
    assert find_heading([BODY, BODY], "estates") is None
    assert find_heading([], "estates") is None
