"""The sample study from end to end: its story, its files, and that they all say the same."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import subprocess
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import walkshed
from conftest import need_program, open_access
from walkshed.cli import app

FILES = {
    "coverage.csv", "estates.csv", "venues.csv", "summary.csv", "notices.csv", "access.parquet",
    "coverage.gpkg", "map.html", "report.xlsx", "run.json", "gates.csv", "reasons.csv", "floor_area.csv", "load.csv", "by_age.csv",
    "proposals.csv", "proposals_curve.csv", "proposals_estates.csv", "proposals_plans.csv",
    "scenarios.csv", "scenario_estates.csv",
}  # fmt: skip


@pytest.fixture(scope="module")
def out(sample):
    done = CliRunner().invoke(app, ["run", str(sample)])
    assert done.exit_code == 0, done.output
    return sample / "out"


@pytest.fixture(scope="module")
def osm_names(sample):
    """Return what bears a name in the street file."""
    from walkshed.osm_names import read_named

    return read_named(sample / "streets.osm.pbf")


def read(out, name, **more) -> pd.DataFrame:
    return pd.read_csv(
        out / name,
        encoding="utf-8-sig",
        keep_default_na=False,
        na_values=[""],
        dtype={"estate_id": str},
        **more,
    )


def test_a_run_writes_what_its_record_lists_and_nothing_else(out):
    listed = json.loads((out / "run.json").read_text(encoding="utf-8"))["files"]
    there = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert set(listed) == there
    of_scenarios = {name for name in there if name.startswith("scenarios/")}
    assert there - of_scenarios == FILES
    each = {
        "coverage.csv",
        "estates.csv",
        "venues.csv",
        "summary.csv",
        "notices.csv",
        "access.parquet",
        "coverage.gpkg",
        "run.json",
    }
    folders = {name.split("/")[1] for name in of_scenarios}
    assert len(folders) == 3
    assert of_scenarios == {f"scenarios/{folder}/{name}" for folder in folders for name in each}


def test_the_same_inputs_give_the_same_bytes(sample, out, tmp_path):
    walkshed.run(sample).write(tmp_path / "again")
    for name in FILES - {"run.json"}:
        one, two = (
            hashlib.sha256((folder / name).read_bytes()).hexdigest() for folder in (out, tmp_path / "again")
        )
        assert one == two, name


def test_the_story_of_taoyuan_renjia(sample_result):
    """With 山语银城片区活动中心 a few minutes, without it across town."""
    result = sample_result
    estate = result.estates.index[result.estates["name"] == "桃源人家"]
    venue = result.venues["name"] == "山语银城片区活动中心"
    row = result.estate_table.loc[estate[0]]
    assert row["venue_id"] == result.venues.index[venue][0]
    assert 2 <= row["walk_min"] <= 5
    rest = result.venues[~venue & (result.venues["status"] == "open")]
    without = open_access(result.network, result.estates.loc[estate], rest).nearest()
    assert without.walk_cmin[0] / 100 > 15


def test_every_kind_of_unknown_occurs_and_has_its_reason(sample_result):
    coverage = sample_result.coverage
    unknown = coverage[coverage["status"] == "unknown"]
    names = sample_result.estates["name"]
    who = {reason: set(rows["estate_id"].map(names)) for reason, rows in unknown.groupby("reason")}
    assert who == {
        "off_network": {"青龙山过渡安置房"},
        "island": {"鹭洲渔村"},
        "doubtful_location": {"太康新村", "石桥里", "茶场小区"},
        "not_located": {"水产公司宿舍"},
    }
    assert (coverage.loc[coverage["status"] == "covered", "reason"] == "").all()


def test_rows_without_coordinates_are_found_by_name_where_their_name_is_one_place_s(sample_result, osm_names):
    matched = sample_result.estates[sample_result.estates["location_status"] == "matched"]
    called = {"荣德苑1期": "荣德苑一期", "錦綉苑": "锦绣苑"}
    assert set(matched["name"]) == set(called)
    for name, point in zip(matched["name"], matched.geometry, strict=True):
        assert osm_names.loc[osm_names["name"] == called[name], "geometry"].iloc[0].covers(point)


def test_two_rows_in_another_datum_are_told_and_not_used(sample_result, osm_names):
    estates = sample_result.estates
    wrong = estates[estates["name"].isin(["石桥里", "茶场小区"])]
    assert wrong["lon"].isna().all()
    told = {
        notice.source.value: notice for notice in sample_result.notices if notice.code == "places.other_datum"
    }
    assert set(told) == set(wrong.index)
    assert all("GCJ-02" in notice.text.en and "485 m" in notice.text.en for notice in told.values())
    mixed = [notice for notice in sample_result.notices if notice.code == "crs.mixed"]
    assert [notice.source.file for notice in mixed] == ["estates.xlsx"]
    # what is declared and right, the venues' GCJ-02, is undone without a word of doubt
    assert not [n for n in sample_result.notices if n.code.startswith("crs.does_not_fit")]
    at = dict(zip(osm_names["name"], osm_names.geometry, strict=True))
    for name, point in zip(sample_result.venues["name"], sample_result.venues.geometry, strict=True):
        if name in at and point.geom_type == "Point":
            assert point.distance(at[name]) < 1e-5


def test_no_estate_vanishes_and_their_order_is_kept(sample_result, out):
    ids = sample_result.estates.index.tolist()
    table = read(out, "coverage.csv")
    assert table["estate_id"].drop_duplicates().tolist() == ids
    study = sample_result.study
    assert len(table) == len(ids) * len(study.standards) * len(study.profiles)
    assert read(out, "estates.csv")["estate_id"].tolist() == ids


def test_coverage_is_what_the_pairs_say(sample_result, out):
    """Recomputed from access.parquet and the venues alone."""
    pairs = pd.read_parquet(out / "access.parquet")
    venues = sample_result.venues
    table = read(out, "coverage.csv")
    study = sample_result.study
    for standard, profile in itertools.product(study.standards, [one.name for one in study.profiles]):
        open_ = venues[
            (venues["status"] == "open") & ((venues["tier"] == standard.tier) | (standard.tier == ""))
        ]
        walk = "walk_min" if standard.minutes is not None else "walk_m"
        own = pairs["profile"] == profile
        near = pairs[own & pairs["venue_id"].isin(open_.index) & (pairs[walk] <= standard.limit)]
        said = table[(table["standard"] == standard.name) & (table["status"] == "covered")]
        said = said[said["profile"] == profile]
        assert set(said["estate_id"]) == set(near["estate_id"])
        best = near.groupby("estate_id")[walk].min()
        assert (said.set_index("estate_id")[walk] == best.reindex(said["estate_id"])).all()


def test_the_summary_adds_up_what_the_coverage_says(sample_result, out):
    table, coverage, estates = read(out, "summary.csv"), read(out, "coverage.csv"), sample_result.estates
    coverage["households"] = coverage["estate_id"].map(estates["households"])
    coverage["community"] = coverage["estate_id"].map(estates["community"])
    rows = table[(table["measure"] == "households") & (table["level"] == "community")]
    expected = (
        coverage[coverage["status"] == "covered"]
        .groupby(["community", "standard", "profile"])["households"]
        .sum()
    )
    for _, row in rows.iterrows():
        assert row["covered"] == expected.get((row["unit"], row["standard"], row["profile"]), 0)
        assert row["total"] == estates.loc[estates["community"] == row["unit"], "households"].sum()
        assert row["covered"] + row["uncovered"] + row["unknown"] == row["total"]


def test_a_venue_serves_the_estates_near_it(sample_result, out):
    pairs = pd.read_parquet(out / "access.parquet")
    pairs = pairs[pairs["profile"] == "adult"]
    venues = sample_result.venues
    table = read(out, "venues.csv")
    table = table[table["profile"] == "adult"]
    standard = sample_result.study.standards[0]
    open_ = venues.index[venues["status"] == "open"]
    near = pairs[pairs["venue_id"].isin(open_) & (pairs["walk_min"] <= standard.minutes)].copy()
    near["households"] = near["estate_id"].map(sample_result.estates["households"])
    choices = near.groupby("estate_id")["venue_id"].transform("size")
    rows = table[(table["standard"] == standard.name) & (table["measure"] == "households")].set_index(
        "venue_id"
    )
    within = near.groupby("venue_id")["households"].sum().reindex(open_, fill_value=0)
    sole = near[choices == 1].groupby("venue_id")["households"].sum().reindex(open_, fill_value=0)
    assert (rows.loc[open_, "within"] == within).all()
    assert (rows.loc[open_, "sole"] == sole).all()
    building = rows[rows["status"] == "under_construction"]
    assert (building["within"] == 0).all()
    assert (building["reason"] == "not_open").all()
    total = sample_result.summary.query("level == 'total' and measure == 'households' and profile == 'adult'")
    total = total.set_index("standard")
    assert rows["nearest"].sum() == total.loc[standard.name, "covered"]


def test_the_layers_carry_every_place_and_the_same_minutes(sample_result, out):
    estates = gpd.read_file(out / "coverage.gpkg", layer="estates").set_index("estate_id")
    assert estates.index.tolist() == sample_result.estates.index.tolist()
    walk = sample_result.estate_table["walk_min"]
    assert np.array_equal(estates["walk_min"].to_numpy(), walk.to_numpy(), equal_nan=True)
    nowhere = sample_result.estates["location_status"].isin(["doubtful", "not_found"])
    assert estates.index[estates.geometry.isna()].tolist() == nowhere.index[nowhere].tolist()
    assert nowhere.sum() == 4
    assert len(gpd.read_file(out / "coverage.gpkg", layer="venues")) == len(sample_result.venues)
    assert len(gpd.read_file(out / "coverage.gpkg", layer="gates")) == len(sample_result.gate_table)


def test_personal_columns_reach_no_output(sample, out):
    import openpyxl

    cells = [
        str(c)
        for row in openpyxl.load_workbook(sample / "estates.xlsx").active.iter_rows(values_only=True)
        for c in row
    ]
    secrets = {cell for cell in cells if cell.startswith("000-")}
    assert secrets
    for name in FILES:
        data = (out / name).read_bytes()
        if name.endswith(".xlsx"):
            with zipfile.ZipFile(out / name) as book:
                data = b"".join(book.read(part) for part in book.namelist())
        for secret in secrets:
            assert secret.encode() not in data, name


def test_the_record_says_what_was_run(out):
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    files = {"study.toml", "streets.osm.pbf", "estates.xlsx", "venues.xlsx", "gates.csv", "rooms.xlsx"}
    assert files == set(record["inputs"])
    assert record["parameters"]["gates"] == "residents"
    assert record["sent"] == []
    assert record["versions"]["walkshed"] == walkshed.__version__
    assert record["counts"]["estates"] == 81


def test_a_headline_says_at_least_when_an_open_venue_has_no_place(sample, tmp_path):
    folder = shutil.copytree(sample, tmp_path / "s", ignore=shutil.ignore_patterns("out"))
    venues = pd.read_excel(folder / "venues.xlsx", header=None, dtype=object, engine="openpyxl")
    head = next(i for i, row in venues.iterrows() if "经度（高德）" in set(row))
    lon, lat = (list(venues.loc[head]).index(word) for word in ("经度（高德）", "纬度（高德）"))
    venues.iloc[head + 3, [lon, lat]] = None
    venues.iloc[head + 3, list(venues.loc[head]).index("名称")] = "无人知晓的场所"  # not on the map either
    venues.to_excel(folder / "venues.xlsx", header=False, index=False)
    text = (folder / "study.toml").read_text(encoding="utf-8")  # a scenario closes it by its name
    (folder / "study.toml").write_text(text.replace("山语银城片区活动中心", "P01"), encoding="utf-8")
    result = walkshed.run(folder)
    assert result.headline.at_least
    assert result.headline.text.zh.startswith("至少")
    row = result.venue_table[result.venue_table["name"] == "无人知晓的场所"].iloc[0]
    assert (row["placed"], row["reason"]) == (False, "doubtful_location")


@pytest.mark.usefixtures("out")
def test_the_closing_summary_names_the_study_the_answer_and_the_files(sample):
    done = CliRunner().invoke(app, ["run", str(sample)])
    assert "荣巷街道（示意）" in done.output
    assert "42.1%" in done.output.replace("\n", "")
    assert "map.html" in done.output
    said = done.output.replace("\n", "")
    gates = read(sample / "out", "gates.csv")
    best = gates[
        (gates["profile"] == "adult") & (gates["standard"] == "5 min") & (gates["measure"] == "households")
    ]
    best = best[best["action"] == "open"].iloc[0]
    best_name = read(sample / "out", "estates.csv").set_index("estate_id")["name"][best["estate_id"]]
    assert f"{best['name']}（{best_name}）对所有人开放：步行 5 分钟内新增 {best['gained']:,.0f} 户" in said
    chosen = read(sample / "out", "proposals.csv").query("role == 'chosen'")
    places = [said.index(name) for name in chosen["name"]]
    assert places == sorted(places)
    assert f"步行 5 分钟内新覆盖 {chosen['gain'].sum():,.0f} 户" in said
    for name in ("gates.csv", "proposals.csv", "scenarios.csv", "repairs.gpkg"):
        assert name in said


def test_the_hour_decides_which_gates_are_open(sample, tmp_path):
    """The passages of the sample are open from 06:00 to 22:00; at night fewer people get anywhere."""
    folder = shutil.copytree(sample, tmp_path / "s", ignore=shutil.ignore_patterns("out", ".walkshed"))
    text = (folder / "study.toml").read_text(encoding="utf-8")
    shares = {}
    for time in ("12:00", "23:30"):
        (folder / "study.toml").write_text(text.replace("[study]\n", f'[study]\ntime = "{time}"\n'), "utf-8")
        result = walkshed.run(folder)
        shares[time] = result.headline.covered
        closed = (result.gate_table["open_to"] == "closed") & (result.gate_table["said"] == "public")
        assert closed.any() == (time == "23:30")
    assert shares["23:30"] <= shares["12:00"]


def test_gates_are_a_reason_with_its_evidence(sample_result):
    """太康新村一期 stands beside a venue, but the gate on that side is kept shut."""
    estate = sample_result.estates.index[sample_result.estates["name"] == "太康新村一期"][0]
    rows = sample_result.coverage.query("estate_id == @estate and profile == 'adult' and standard == '5 min'")
    assert rows["reason"].tolist() == ["gates"]
    said = sample_result.reasons.query("estate_id == @estate and profile == 'adult' and standard == '5 min'")
    assert said["walk_min"].iloc[0] <= 5 < rows["walk_min"].iloc[0]
    assert said["gate_walk_min"].iloc[0] == said["walk_min"].iloc[0]
    gate = sample_result.gate_table.loc[said["gate"].iloc[0]]
    assert (gate["estate_id"], gate["open_to"], gate["origin"]) == (estate, "closed", "file")
    ranked = sample_result.gate_ranking.table.query(
        "profile == 'adult' and standard == '5 min' and measure == 'households'"
    )
    assert estate in ";".join(ranked["who"]).split(";")


@pytest.mark.full
def test_libreoffice_opens_the_workbook(out, tmp_path):
    office = need_program("soffice")
    home = f"-env:UserInstallation=file://{tmp_path}/home"
    for kind in ("pdf", "csv:Text - txt - csv (StarCalc):44,34,76"):
        done = subprocess.run(
            [office, home, "--headless", "--convert-to", kind, "--outdir", tmp_path, out / "report.xlsx"],
            capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        assert "error" not in (done.stdout + done.stderr).lower()
    first = (tmp_path / "report.csv").read_text(encoding="utf-8")
    assert "荣巷街道（示意）" in first
    assert "合计" in first


@pytest.mark.full
def test_gdal_reads_the_layers_and_finds_their_styles(out):
    shown = subprocess.run(
        [need_program("ogrinfo"), "-so", "-al", out / "coverage.gpkg"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for layer in ("estates", "venues", "gates", "coverage", "layer_styles"):
        assert f"Layer name: {layer}" in shown
    assert "Feature Count: 81" in shown
