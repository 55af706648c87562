"""The workbook says what the tables of the run say, in the order people look at them."""

from __future__ import annotations

import math
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest

from walkshed.deliver.workbook import SHEETS


@pytest.fixture(scope="module")
def out(sample_result, tmp_path_factory):
    return sample_result.write(tmp_path_factory.mktemp("workbook"))


@pytest.fixture(scope="module")
def book(out):
    return openpyxl.load_workbook(out / "report.xlsx")


def table_of(book, key):
    """Return the rows under a sheet's header."""
    rows = [list(row) for row in book[SHEETS[key].zh].iter_rows(values_only=True)]
    top = next(n for n, row in enumerate(rows) if not any(value is not None for value in row)) + 1
    return pd.DataFrame(rows[top + 1 :], columns=rows[top])


def csv_of(out, name):
    return pd.read_csv(out / name, encoding="utf-8-sig", dtype={"estate_id": str, "venue_id": str})


def test_the_overview_is_the_summary_and_the_floor_area_to_the_digit(book, out, sample_result):
    made = table_of(book, "overview")
    summary = csv_of(out, "summary.csv")
    own = summary[(summary["profile"] == "adult") & (summary["measure"] == "households")]
    for standard in sample_result.study.standards:
        rows = own[own["standard"] == standard.name]
        assert made[standard.label("zh")].tolist() == pytest.approx(rows["covered_share"].tolist(), abs=1e-6)
        assert made["户数"].tolist() == rows["total"].tolist()
    room = csv_of(out, "floor_area.csv")
    given = made["每百户面积（平方米）"].astype(float)
    known = given.notna().to_numpy()
    assert known[:8].all()  # the total and the seven communities, which the venues name
    assert not known[8:].any()  # no venue names its area: a figure would be nought
    assert given[:8].tolist() == room["m2_per_100_households"].tolist()[:8]
    assert made["达到每百户30平方米"].tolist()[:8] == ["是"] * 8


def test_the_gaps_are_all_who_are_not_covered_worst_first(book, out):
    made = table_of(book, "gaps")
    coverage = csv_of(out, "coverage.csv")
    first = coverage[(coverage["profile"] == "adult") & (coverage["standard"] == "5 min")]
    open_ = first[first["status"] != "covered"].set_index("estate_id")
    assert sorted(made["小区编号"]) == sorted(open_.index)
    uncovered = made[made["状态"] == "未达标"]
    minutes = uncovered["步行时间（分钟）"].astype(float).fillna(math.inf).to_numpy()
    assert (np.diff(minutes[np.isfinite(minutes)]) <= 0).all()
    assert minutes.tolist() == open_["walk_min"].reindex(uncovered["小区编号"]).fillna(math.inf).tolist()
    assert set(made["状态"][len(uncovered) :]) == {"无法判断"}
    reasons = (
        csv_of(out, "reasons.csv").query("profile == 'adult' and standard == '5 min'").set_index("estate_id")
    )
    shut = made[made["原因"] == "受封闭小区大门所限"]
    assert len(shut) == 3
    assert shut["最有帮助的大门"].tolist() == reasons["gate"].reindex(shut["小区编号"]).tolist()


def test_the_load_is_that_of_the_nearest_venue(book, out, sample_result):
    made = table_of(book, "load").set_index("场所编号")
    estates = csv_of(out, "estates.csv")
    homes = estates.groupby("venue_id")["households"].sum()
    for venue, row in made.iterrows():
        assert row["就近需求"] == pytest.approx(homes.get(venue, 0))
        assert row["所需面积（平方米）"] == pytest.approx(0.3 * homes.get(venue, 0))
        assert row["面积（平方米）"] == sample_result.venues.loc[venue, "floor_area_m2"]
    load = csv_of(out, "load.csv")
    assert load["venue_id"].tolist() == made.index.tolist()
    assert load["load"].tolist() == made["所需面积（平方米）"].tolist()


def test_places_in_doubt_are_listed_to_be_checked(book, out):
    made = table_of(book, "places")
    estates = csv_of(out, "estates.csv")
    doubtful = estates[estates["location_status"].isin(["doubtful", "not_found", "not_located"])]
    assert made["编号"].tolist() == doubtful["estate_id"].tolist()
    assert set(made["定位"]) <= {"存疑", "未找到", "未定位"}


def test_the_method_names_every_file_that_was_read(book, sample_result):
    text = "\n".join(table_of(book, "method")["说明"])
    for path in (
        sample_result.study.estates.file,
        sample_result.study.streets,
        sample_result.study.gates.file,
    ):
        assert path.name in text
    assert "1.3 米/秒" in text


def test_it_has_a_chart_colours_and_is_ready_to_print(out, book):
    with zipfile.ZipFile(out / "report.xlsx") as packed:
        charts = [
            packed.read(name).decode() for name in packed.namelist() if name.startswith("xl/charts/chart")
        ]
    assert len(charts) == 1
    assert "'总览'!" in charts[0] or "总览!" in charts[0]
    for key in ("gaps", "coverage"):
        page = book[SHEETS[key].zh]
        rules = [rule for rules in page.conditional_formatting for rule in rules.rules]
        assert {rule.formula[0] for rule in rules} == {'"达标"', '"未达标"', '"无法判断"'}
    for page in book.worksheets:
        assert page.page_setup.orientation == "landscape"
        assert page.print_title_rows
        assert page.freeze_panes is not None
