"""Tables of venues and gates."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from walkshed.errors import Findings
from walkshed.tables import gates, read_gates, read_venues, venues

HEAD = ["编号", "名称", "类别", "层级", "面积", "容量", "状态", "开放日期", "经度", "纬度"]
ROW = [
    "V1",
    "山语银城片区活动中心",
    "活动中心",
    "片区",
    1012,
    200,
    "开放",
    dt.date(2023, 5, 1),
    120.25,
    31.55,
]


def xlsx(path, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def read(path, reader=read_venues, **options):
    findings = Findings()
    frame = reader(path, findings=findings, **options)
    return frame, findings


def clean(path, reader=read_venues, **options):
    frame, findings = read(path, reader, **options)
    assert [fault.in_("en") for fault in findings.faults] == []
    return frame, findings.notices


def test_a_venue_keeps_what_its_row_says(tmp_path):
    frame, notices = clean(xlsx(tmp_path / "v.xlsx", [HEAD, ROW]))
    assert notices == []
    assert list(frame.columns) == list(venues.COLUMNS)
    row = frame.loc["V1"]
    assert (row["kind"], row["tier"], row["status"]) == ("活动中心", "area", "open")
    assert (row["floor_area_m2"], row["capacity"]) == (1012, 200)
    assert row["opening_date"] == pd.Timestamp("2023-05-01")
    assert (row.geometry.x, row.geometry.y) == (row["lon"], row["lat"]) == (120.25, 31.55)
    assert (row["location_status"], row["source_row"]) == ("given", 2)


def test_a_blank_status_reads_as_open_and_blank_dates_as_none(tmp_path):
    frame, _ = clean(xlsx(tmp_path / "v.xlsx", [HEAD, [*ROW[:6], None, None, 120.25, 31.55]]))
    assert frame.loc["V1", "status"] == "open"
    assert pd.isna(frame.loc["V1", "opening_date"])
    assert str(frame["opening_date"].dtype).startswith("datetime64")


def test_dates_in_a_column_may_be_written_in_many_ways(tmp_path):
    day = dt.datetime(2024, 5, 1)  # noqa: DTZ001  a cell has no zone
    forms = [
        "2024-05-01",
        "2024/5/1",
        "2024年5月1日",
        "20240501",
        20240501,
        45413,
        day,
        "2024-05",
    ]
    rows = [[f"V{n}", "x", form] for n, form in enumerate(forms)]
    frame, notices = clean(xlsx(tmp_path / "v.xlsx", [["编号", "名称", "开放日期"], *rows]))
    assert set(frame["opening_date"]) == {pd.Timestamp("2024-05-01")}
    assert [notice.source.row for notice in notices if notice.code == "date.month"] == [9]


@pytest.mark.parametrize(("value", "code"), [("03/04/2024", "date.ambiguous"), ("明年", "date.unparsable")])
def test_a_date_that_cannot_be_told_is_a_fault(tmp_path, value, code):
    _, findings = read(xlsx(tmp_path / "v.xlsx", [HEAD, [*ROW[:7], value, *ROW[8:]]]))
    (fault,) = findings.faults
    assert (fault.code, fault.source.row, fault.source.column, fault.source.value) == (
        code,
        2,
        "开放日期",
        value,
    )
    assert "2024-0" in fault.text.en


@pytest.mark.parametrize(("column", "value"), [(3, "省级"), (6, "筹备")])
def test_unknown_words_list_the_allowed_ones(tmp_path, column, value):
    row = [*ROW]
    row[column] = value
    _, findings = read(xlsx(tmp_path / "v.xlsx", [HEAD, row]))
    (fault,) = findings.faults
    assert (fault.code, fault.source.column, fault.source.value) == ("word.unknown", HEAD[column], value)
    assert ("sub_district" if column == 3 else "under_construction") in fault.text.en


def test_opening_hours_are_not_taken_for_a_date(tmp_path):
    rows = [["编号", "名称", "开放时间"], ["V1", "x", "8:30-17:00"], ["V2", "y", "全天"]]
    frame, _ = clean(xlsx(tmp_path / "v.xlsx", rows))
    assert frame["开放时间"].tolist() == ["8:30-17:00", "全天"]
    assert frame["opening_date"].isna().all()
    rows = [["编号", "名称", "开放时间"], ["V1", "x", "2024年5月1日"]]
    frame, _ = clean(xlsx(tmp_path / "w.xlsx", rows))
    assert frame.loc["V1", "opening_date"] == pd.Timestamp("2024-05-01")


def entrance(lon, lat, *cells):
    return ["V1", *cells, *[None] * (7 - len(cells)), lon, lat]


def test_rows_of_one_id_are_the_entrances_of_one_venue(tmp_path):
    rows = [
        HEAD,
        ROW,
        entrance(120.2505, 31.5505),
        ["V2", "食堂", *[None] * 6, 120.3, 31.6],
        entrance(None, None, ROW[1]),
    ]
    frame, notices = clean(xlsx(tmp_path / "v.xlsx", rows))
    assert list(frame.index) == ["V1", "V2"]
    assert [(point.x, point.y) for point in frame.loc["V1"].geometry.geoms] == [
        (120.25, 31.55),
        (120.2505, 31.5505),
    ]
    assert frame.loc["V1", ["lon", "lat"]].tolist() == [120.25, 31.55]
    assert frame.loc["V1", "name"] == ROW[1]
    assert frame.loc["V2"].geometry.geom_type == "Point"
    (joined,) = [notice for notice in notices if notice.code == "venue.entrances"]
    assert "2–3, 5" in joined.text.en
    assert "no coordinates in rows 5" in joined.text.en


def test_merged_ids_make_entrances(tmp_path):
    book = openpyxl.Workbook()
    page = book.active
    for row in [["编号", "名称", "经度", "纬度"], ["V1", "甲", 120.25, 31.55], [None, None, 120.26, 31.55]]:
        page.append(row)
    page.merge_cells("A2:A3")
    page.merge_cells("B2:B3")
    book.save(tmp_path / "v.xlsx")
    frame, _ = clean(tmp_path / "v.xlsx")
    assert len(frame.loc["V1"].geometry.geoms) == 2


def test_entrances_that_disagree_are_a_fault(tmp_path):
    _, findings = read(xlsx(tmp_path / "v.xlsx", [HEAD, ROW, entrance(120.26, 31.56, "别的名字")]))
    (fault,) = findings.faults
    assert (fault.code, fault.source.row, fault.source.column, fault.source.value) == (
        "venue.disagree",
        3,
        "名称",
        "别的名字",
    )
    assert "row 2" in fault.text.en


def test_a_column_of_the_files_own_may_differ_between_entrances(tmp_path):
    rows = [
        ["编号", "名称", "经度", "纬度", "入口"],
        ["V1", "甲", 120.25, 31.55, "东"],
        ["V1", "甲", 120.26, 31.55, "西"],
    ]
    frame, notices = clean(xlsx(tmp_path / "v.xlsx", rows))
    assert frame.loc["V1", "入口"] == "东"
    assert ("venue.first", 3, "西") in [(one.code, one.source.row, one.source.value) for one in notices]


def test_venues_without_ids_and_with_one_name_must_be_told_apart(tmp_path):
    rows = [["名称", "经度", "纬度"], ["食堂", 120.25, 31.55], ["食堂", 120.26, 31.55]]
    _, findings = read(xlsx(tmp_path / "v.xlsx", rows))
    assert [(fault.code, fault.source.row) for fault in findings.faults] == [("id.duplicate", 3)]


rows = st.lists(
    st.tuples(st.sampled_from(["A", "B", "C", "D"]), st.floats(120, 121), st.floats(31, 32)),
    min_size=1,
    max_size=12,
)


@settings(deadline=None, max_examples=40)
@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_entrances_changes_no_venue(table, chance):
    shuffled = table.copy()
    chance.shuffle(shuffled)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for order in (table, shuffled):
            path = Path(folder) / "v.csv"
            text = "".join(f"{ident},名{ident},{lon!r},{lat!r}\n" for ident, lon, lat in order)
            path.write_text("编号,名称,经度,纬度\n" + text, "utf-8")
            frame, notices = clean(path)
            found.append({ident: frame.loc[ident].geometry.normalize() for ident in frame.index})
            merged = sum(1 for notice in notices if notice.code == "venue.entrances")
            assert merged == sum(
                1 for ident in set(frame.index) if [row[0] for row in order].count(ident) > 1
            )
    assert found[0] == found[1]


GATES = ["小区编号", "名称", "经度", "纬度", "开放对象", "开放时间"]


def test_gates_keep_what_their_rows_say(tmp_path):
    table = [
        GATES,
        ["001", "东门", 120.25, 31.55, "仅居民", "6:00-22:00"],
        ["001", "西门", 120.24, 31.55, None, None],
        ["002", "北门", None, None, "公共通道", dt.time(6, 0)],
    ]
    frame, notices = clean(xlsx(tmp_path / "g.xlsx", table), read_gates, estate_ids=["001", "002"])
    assert list(frame.columns) == list(gates.COLUMNS)
    assert frame["estate_id"].tolist() == ["001", "001", "002"]
    assert frame["open_to"].tolist() == ["residents", "everyone", "public"]
    assert frame["hours"].tolist() == ["6:00-22:00", "", "06:00:00"]
    assert frame.geometry.isna().tolist() == [False, False, True]
    assert list(frame.index) == [0, 1, 2]
    assert [notice.code for notice in notices] == ["point.not_located"]


def test_a_gate_of_an_unknown_estate_names_the_nearest(tmp_path):
    table = [GATES, ["桃源人", "东门", 120.25, 31.55, None, None]]
    _, findings = read(xlsx(tmp_path / "g.xlsx", table), read_gates, estate_ids=["桃源人家", "大丁佳苑"])
    (fault,) = findings.faults
    assert (fault.code, fault.source.row, fault.source.column, fault.source.value) == (
        "gate.unknown_estate",
        2,
        "小区编号",
        "桃源人",
    )
    assert "桃源人家" in fault.text.zh


def test_a_gate_may_name_its_estate_in_another_width(tmp_path):
    table = [["小区", "经度", "纬度"], ["Ａ 区", 120.25, 31.55]]
    frame, _ = clean(xlsx(tmp_path / "g.xlsx", table), read_gates, estate_ids=["A 区"])
    assert frame["estate_id"].tolist() == ["A 区"]


def test_a_gate_without_an_estate_or_with_an_unknown_word(tmp_path):
    table = [GATES, [None, "东门", 120.25, 31.55, "物业", None]]
    _, findings = read(xlsx(tmp_path / "g.xlsx", table), read_gates)
    assert sorted(fault.code for fault in findings.faults) == ["id.blank", "word.unknown"]


def test_a_table_without_gates_is_no_fault(tmp_path):
    frame, notices = clean(xlsx(tmp_path / "g.xlsx", [GATES]), read_gates)
    assert len(frame) == 0
    assert list(frame.columns) == list(gates.COLUMNS)
    assert [notice.code for notice in notices] == ["table.no_rows"]
