"""Walks timed in person: the table, and our minutes against them."""

from __future__ import annotations

import datetime as dt
import math
import statistics

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from walkshed.errors import Findings, InputError
from walkshed.report.walked import compare_walked
from walkshed.tables.checks import COLUMNS, read_checks

ESTATES = {"E1": "桃源人家", "E2": "香雪苑"}
VENUES = {"V1": "龙山中心", "V2": "梅园中心"}
KNOWN = {"estate_ids": ESTATES, "venue_ids": VENUES, "profiles": ["adult", "70-79"]}
NAN = math.nan


def table(folder, text, **options):
    path = folder / "checks.csv"
    path.write_text(text, encoding="utf-8")
    return read_checks(path, **(KNOWN | options))


@pytest.mark.parametrize(
    "head",
    [
        "小区编号,场所编号,实走分钟,步行者,日期,备注",
        "estate_id,venue_id,minutes,profile,date,note",
        "小区,场所,步行时间（分钟）,人群,调查日期,说明",
        "Estate,Venue,Walked minutes,Walker,day,Remarks",
    ],
)
def test_headers_are_recognised_in_both_languages(tmp_path, head):
    found = table(tmp_path, head + "\nE1,V1,7.5,70-79,2026-05-01,绕行工地\n桃源人家,V2,12分30秒,,,\n")
    assert tuple(found.columns) == COLUMNS
    assert found["estate_id"].tolist() == ["E1", "E1"]
    assert found["minutes"].tolist() == [7.5, 12.5]
    assert found["profile"].tolist() == ["70-79", "adult"]
    assert found["date"].iloc[0] == pd.Timestamp("2026-05-01")
    assert found["source_row"].tolist() == [2, 3]


def test_every_fault_is_told_at_once(tmp_path):
    text = (
        "小区编号,场所编号,实走分钟,步行者,日期\nE9,V1,5,,\nE1,V9,5,,\n,V1,5,,\nE1,V1,0,,\nE1,V1,-3,,\nE1,V1,7:30,,\n"
        "E1,V1,很久,,\nE1,V1,600,,\nE1,V1,5,飞人,\nE1,V1,5,,昨天\n"
    )
    with pytest.raises(InputError) as raised:
        table(tmp_path, text)
    told = sorted((fault.source.row, fault.code) for fault in raised.value.faults)
    assert [(row, code.split(".")[0]) for row, code in told] == [
        (2, "check"), (3, "check"), (4, "id"), *((row, "check") for row in range(5, 11)), (11, "date"),
    ]  # fmt: skip
    assert "7.5" in str(raised.value)
    assert all(fault.text.en and fault.text.zh for fault in raised.value.faults)


def test_missing_columns_are_named_and_an_empty_table_is_none(tmp_path):
    with pytest.raises(InputError) as raised:
        table(tmp_path, "小区编号,备注\nE1,近\n")
    assert [fault.code for fault in raised.value.faults] == ["column.missing"] * 2
    assert "场所编号" in raised.value.faults[0].text.zh
    findings = Findings()
    none = table(tmp_path, "小区编号,场所编号,实走分钟\n", findings=findings)
    assert (len(none), findings.faults) == (0, [])


def test_a_blank_time_is_told_and_a_clocks_time_is_not_guessed(tmp_path):
    findings = Findings()
    found = table(tmp_path, "小区编号,场所编号,实走分钟\nE1,V1,\nE1,V2,8\n", findings=findings)
    assert found["minutes"].isna().tolist() == [True, False]
    assert [(one.code, one.source.row) for one in findings.notices] == [("check.no_minutes", 2)]
    book = openpyxl.Workbook()
    for row in [("小区编号", "场所编号", "实走分钟"), ("E1", "V1", dt.time(7, 30)), ("E1", "V1", 7)]:
        book.active.append(row)
    book.save(tmp_path / "checks.xlsx")
    with pytest.raises(InputError, match=r"minutes above 0"):
        read_checks(tmp_path / "checks.xlsx", **KNOWN)


def test_who_walked_is_not_kept(tmp_path):
    found = table(tmp_path, "小区编号,场所编号,实走分钟,联系人,手机\nE1,V1,5,李四,13812345678\n")
    assert "李四" not in found.to_csv()
    assert "13812345678" not in found.to_csv()


def checks_of(*rows):
    """Return timed walks given as (estate, venue, profile, minutes)."""
    frame = pd.DataFrame(rows, columns=["estate_id", "venue_id", "profile", "minutes"])
    return frame.assign(date=pd.NaT, note="", source_row=range(2, len(rows) + 2))


def ours_of(*rows):
    """Return our walks given as (estate, venue, profile, minutes), a tenth faster and slower."""
    frame = pd.DataFrame(rows, columns=["estate_id", "venue_id", "profile", "walk_min"])
    return frame.assign(walk_min_low=frame["walk_min"] / 1.1, walk_min_high=frame["walk_min"] / 0.9)


def test_each_walk_is_compared_by_hand():
    checks = checks_of(
        ("E1", "V1", "adult", 10.0), ("E1", "V2", "adult", 5.0), ("E2", "V1", "adult", NAN),
        ("E2", "V2", "adult", 9.0), ("E1", "V1", "70-79", 12.0), ("E1", "V1", "adult", 8.0),
    )  # fmt: skip
    ours = ours_of(("E1", "V1", "adult", 9.5), ("E1", "V2", "adult", 6.0), ("E2", "V1", "adult", 4.0),
                   ("E1", "V1", "70-79", 12.0), ("E2", "V1", "70-79", 1.0))  # fmt: skip
    found = compare_walked(checks, ours)
    rows = found.table
    assert rows["status"].tolist() == [
        "compared",
        "compared",
        "no_minutes",
        "no_walk",
        "compared",
        "compared",
    ]
    assert rows["difference_min"].dropna().tolist() == [-0.5, 1.0, 0.0, 1.5]
    assert rows["ratio"].dropna().tolist() == [0.95, 1.2, 1.0, 1.188]
    assert rows["within"].dropna().tolist() == [True, False, True, False]
    assert rows["source_row"].tolist() == checks["source_row"].tolist()
    assert found.compared == 4
    assert found.median_difference_min == 0.5
    assert found.median_ratio == pytest.approx((1.0 + 9.5 / 8) / 2)
    assert found.median_deviation_share == pytest.approx((0.05 + 9.5 / 8 - 1) / 2)
    assert found.within_share == 0.5
    en, zh = ([text.in_(language) for text in found.sentences()] for language in ("en", "zh"))
    assert len(en) == len(zh) == 3
    assert "4 walks" in en[0]
    assert "9.4% longer" in en[0]
    assert "50% of the timed" in en[0]
    assert "1 of 6" in en[1]


def test_nothing_to_compare_says_nothing_wrong():
    assert compare_walked(checks_of(), ours_of()).sentences() == []
    none = compare_walked(checks_of(("E1", "V1", "adult", 5.0)), ours_of())
    assert (none.compared, len(none.sentences())) == (0, 1)
    assert math.isnan(none.median_ratio)
    bare = compare_walked(checks_of(("E1", "V1", "adult", 5.0)), ours_of(("E1", "V1", "adult", 5.0))[
        ["estate_id", "venue_id", "profile", "walk_min"]
    ])  # fmt: skip
    assert math.isnan(bare.within_share)
    assert "nan" not in bare.sentences()[0].en
    assert "as long as" in bare.sentences()[0].en


@given(st.lists(st.tuples(st.floats(0.5, 60), st.floats(0.5, 60)), min_size=1, max_size=20))
def test_medians_are_those_of_the_statistics_module(pairs):
    checks = checks_of(*((f"E{n}", "V", "adult", timed) for n, (timed, _) in enumerate(pairs)))
    ours = ours_of(*((f"E{n}", "V", "adult", walk) for n, (_, walk) in enumerate(pairs)))
    found = compare_walked(checks, ours.iloc[::-1])
    assert found.median_difference_min == pytest.approx(statistics.median(w - t for t, w in pairs))
    assert found.median_ratio == pytest.approx(statistics.median(w / t for t, w in pairs))
    assert found.within_share == pytest.approx(sum(w / 1.1 <= t <= w / 0.9 for t, w in pairs) / len(pairs))
