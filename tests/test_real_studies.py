"""The main job on real OpenStreetMap data, from the command to the files, read back by other software.

Las Palmas, Monaco, Haidian and Nanjing where the shared data is at hand; Helsinki always.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import walkshed
from conftest import need_program
from real_studies import GEOD, REAL
from walkshed.cli import app
from walkshed.deliver.workbook import SHEETS

TABLES = ["coverage.csv", "estates.csv", "venues.csv", "summary.csv", "notices.csv", "access.parquet"]
FILES = [
    *TABLES,
    "reasons.csv",
    "floor_area.csv",
    "load.csv",
    "coverage.gpkg",
    "map.html",
    "report.xlsx",
    "run.json",
]
STANDARDS = {"5 min": 5.0, "10 min": 10.0, "15 min": 15.0, "300 m": 300.0}
UNKNOWN = {"not_located", "doubtful_location", "off_network", "island"}
UNCOVERED = {"no_open_venue", "gates", "missing_path", "venue_full", "too_far"}

CITIES = [
    "helsinki",
    "monaco",
    "haidian",
    "nanjing",
    pytest.param("las_palmas", marks=pytest.mark.full),
]


def run(study: Path, out: Path) -> str:
    """Run the command; return what it prints."""
    done = CliRunner().invoke(app, ["run", str(study), "--out", str(out)])
    assert done.exception is None, done.output
    assert done.exit_code == 0, done.output
    return done.output


def read_csv(path: Path) -> pd.DataFrame:
    """Read a table as it stands: every cell a text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def numbers(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column.replace("", None)).astype(float)


@dataclass(frozen=True)
class Ran:
    """A study's folder and its results, read back."""

    name: str
    extract: Path
    study: Path
    said: str

    @property
    def out(self) -> Path:
        return self.study.parent / "out"

    @cached_property
    def given(self) -> pd.DataFrame:
        """The estates as they were handed in."""
        return given_table(self.study.parent / REAL[self.name].estates_as, REAL[self.name].encoding)

    @cached_property
    def given_venues(self) -> pd.DataFrame:
        return given_table(self.study.parent / REAL[self.name].venues_as, REAL[self.name].encoding)

    @cached_property
    def coverage(self) -> pd.DataFrame:
        table = read_csv(self.out / "coverage.csv")
        for column in (
            "walk_m",
            "walk_min",
            "covered_share",
            "unknown_share",
            "walk_min_low",
            "walk_min_high",
        ):
            table[column] = numbers(table[column])
        return table

    @cached_property
    def estates(self) -> pd.DataFrame:
        table = read_csv(self.out / "estates.csv").set_index("estate_id")
        for column in ("households", "lon", "lat", "snap_m", "walk_m", "walk_min", "detour_ratio"):
            table[column] = numbers(table[column])
        return table

    @cached_property
    def summary(self) -> pd.DataFrame:
        table = read_csv(self.out / "summary.csv")
        for column in ("total", "covered", "uncovered", "unknown", "covered_share", "no_value"):
            table[column] = numbers(table[column])
        return table

    @cached_property
    def access(self) -> pd.DataFrame:
        return pd.read_parquet(self.out / "access.parquet")

    def layer(self, name: str) -> gpd.GeoDataFrame:
        return gpd.read_file(self.out / "coverage.gpkg", layer=name)

    def of(self, standard: str) -> pd.DataFrame:
        return self.coverage[self.coverage["standard"] == standard].set_index("estate_id")


def given_table(path: Path, encoding: str) -> pd.DataFrame:
    """Read a table of :mod:`real_studies` without the library: ids, names, households, community."""
    if path.suffix == ".parquet":
        table = pd.DataFrame(gpd.read_parquet(path))
    elif path.suffix in {".gpkg", ".geojson"}:
        table = pd.DataFrame(gpd.read_file(path))
    elif path.suffix == ".csv":
        table = pd.read_csv(path, encoding=encoding)
    else:
        table = pd.read_excel(path, engine="openpyxl")
    return table.rename(
        columns={"编号": "id", "名称": "name", "总户数": "households", "所属社区": "community"}
    )


@pytest.fixture(scope="module", params=CITIES)
def ran(request, tmp_path_factory) -> Ran:
    """Make a study of a city and run it once."""
    name = request.param
    if name == "helsinki":
        extract = request.getfixturevalue("helsinki")
    else:
        extract = request.getfixturevalue("shared_data")(REAL[name].file)
    study = REAL[name].make(extract, tmp_path_factory.mktemp("real") / name)
    return Ran(name, extract, study, run(study, study.parent / "out"))


def test_the_command_ends_well(ran):
    assert "Traceback" not in ran.said
    assert sorted(path.name for path in ran.out.iterdir()) == sorted(FILES)
    record = json.loads((ran.out / "run.json").read_text(encoding="utf-8"))
    assert sorted(record["files"]) == sorted(FILES)
    assert record["counts"]["estates"] == len(ran.given)
    assert record["counts"]["venues"] == len(ran.given_venues)


def test_no_row_vanishes(ran):
    ids = ran.given["id"].tolist()
    assert ran.estates.index.tolist() == ids
    assert ran.coverage["estate_id"].tolist() == [name for name in ids for _ in STANDARDS]
    assert ran.coverage["standard"].tolist() == list(STANDARDS) * len(ids)
    assert ran.estates["name"].tolist() == ran.given["name"].fillna("").str.strip().tolist()
    assert ran.estates["households"].tolist() == pytest.approx(
        ran.given["households"].astype(float).tolist(), nan_ok=True
    )
    assert (
        list(dict.fromkeys(read_csv(ran.out / "venues.csv")["venue_id"])) == ran.given_venues["id"].tolist()
    )
    assert set(ran.layer("venues")["venue_id"]) == set(ran.given_venues["id"])


def test_states_and_reasons_are_words_of_the_vocabulary(ran):
    seen = ran.coverage.groupby("status")["reason"].agg(set).to_dict()
    assert seen.keys() <= {"covered", "uncovered", "unknown"}
    assert seen["covered"] == {""}
    assert seen["uncovered"] <= UNCOVERED
    assert seen.get("unknown", set()) <= UNKNOWN
    assert set(ran.coverage["certain"]) <= {"true", "false"}
    nowhere = ran.estates.index[ran.estates["lon"].isna()]
    unlocated = ran.coverage[ran.coverage["estate_id"].isin(nowhere)]
    assert set(unlocated["reason"]) <= {"not_located", "doubtful_location"}
    assert set(unlocated["venue_id"]) <= {""}
    nobody_knows = ran.coverage["reason"].isin(["not_located", "doubtful_location"])
    assert nobody_knows.sum() == len(nowhere) * len(STANDARDS)


def test_covered_is_the_walk_within_the_standard(ran):
    for standard, limit in STANDARDS.items():
        rows = ran.of(standard)
        walk = rows["walk_min" if "min" in standard else "walk_m"]
        assert ((rows["status"] == "covered") == (walk <= limit)).all()
        assert (rows["covered_share"] == (rows["status"] == "covered")).all()
        assert (rows["unknown_share"] == (rows["status"] == "unknown")).all()


def test_coverage_grows_with_the_standard(ran):
    covered = {
        standard: set(rows.index[rows["status"] == "covered"])
        for standard in STANDARDS
        for rows in [ran.of(standard)]
    }
    assert (
        covered["300 m"] <= covered["5 min"] <= covered["10 min"] <= covered["15 min"]
    )  # 300 m take 3.85 min
    assert covered["300 m"] < covered["15 min"]


def test_minutes_are_metres_at_the_walkers_speed(ran):
    walked = ran.coverage.dropna(subset=["walk_m"])
    assert len(walked) > 0.5 * len(ran.coverage)
    minutes = walked["walk_m"] / 1.3 / 60
    assert (walked["walk_min"] - minutes).abs().max() < 0.0063  # half a hundredth, and 5 cm of walk
    assert (walked["walk_min_low"] <= walked["walk_min"]).all()
    assert (walked["walk_min"] <= walked["walk_min_high"]).all()


def test_the_parts_add_up_to_the_total(ran):
    summary = ran.summary
    assert (summary["covered"] + summary["uncovered"] + summary["unknown"] == summary["total"]).all()
    keys = ["profile", "standard", "measure"]
    parts = ["total", "covered", "uncovered", "unknown", "no_value"]
    whole = summary[summary["level"] == "total"].set_index(keys)[parts].sort_index()
    for level in set(summary["level"]) - {"total"}:
        added = summary[summary["level"] == level].groupby(keys)[parts].sum().sort_index()
        pd.testing.assert_frame_equal(added, whole)
    homes = ran.given["households"].astype(float).to_numpy()
    for standard in STANDARDS:
        status = ran.of(standard)["status"].to_numpy()
        for measure, values in {"households": homes, "estates": np.ones(len(homes))}.items():
            row = whole.loc["adult", standard, measure]
            assert row["total"] == np.nansum(values)
            assert row["no_value"] == np.isnan(values).sum()
            assert [row[word] for word in ("covered", "uncovered", "unknown")] == [
                np.nansum(values[status == word]) for word in ("covered", "uncovered", "unknown")
            ]


def test_no_walk_is_shorter_than_the_straight_line(ran):
    venues = ran.layer("venues").set_index("venue_id").geometry
    for table in (ran.of("5 min"), ran.access.set_index("estate_id")):
        walked = table.dropna(subset=["walk_m"])
        points = venues.loc[walked["venue_id"]]
        at = ran.estates.loc[walked.index]
        straight = GEOD.inv(
            at["lon"].to_numpy(), at["lat"].to_numpy(), points.x.to_numpy(), points.y.to_numpy()
        )[2]
        assert len(walked) > 10
        assert (walked["walk_m"].to_numpy() - straight).min() >= -0.1
    ratio = ran.estates["detour_ratio"].dropna()
    assert ratio.min() >= 0.99
    assert 1.1 < ratio.median() < 2.5  # streets wind, but not like that


def test_the_files_agree_to_the_digit(ran):
    nearest = ran.of("5 min")
    columns = ["venue_id", "walk_m", "walk_min"]
    pd.testing.assert_frame_equal(ran.estates[columns], nearest[columns], check_exact=True)
    pairs = ran.access.sort_values(["estate_id", "walk_m", "venue_id"]).groupby("estate_id").first()
    within = nearest.loc[pairs.index]
    assert (within["walk_m"] == pairs["walk_m"]).all()
    assert (within["walk_min"] == pairs["walk_min"]).all()
    assert (within["venue_id"] == pairs["venue_id"]).all()
    reached = set(ran.access["estate_id"])
    assert reached == set(ran.of("15 min").query("status == 'covered'").index)
    layer = ran.layer("estates").set_index("estate_id")
    own = ran.estates.loc[layer.index]
    assert layer.index.tolist() == ran.estates.index.tolist()
    assert (layer.geometry.isna() == own["lon"].isna()).all()
    for column in ("walk_m", "walk_min", "snap_m", "lon", "lat", "households", "detour_ratio"):
        np.testing.assert_array_equal(layer[column].astype(float), own[column], err_msg=column)
    assert layer["venue_id"].fillna("").tolist() == own["venue_id"].tolist()
    assert layer["status"].tolist() == nearest.loc[layer.index, "status"].tolist()
    attributes = ran.layer("coverage")
    assert attributes["walk_m"].astype(float).tolist() == pytest.approx(
        ran.coverage["walk_m"].tolist(), abs=0, nan_ok=True
    )
    assert attributes["status"].tolist() == ran.coverage["status"].tolist()


def test_venues_add_up_with_coverage(ran):
    venues = read_csv(ran.out / "venues.csv")
    venues = venues[venues["measure"] == "estates"]
    for standard, limit in STANDARDS.items():
        rows = venues[venues["standard"] == standard].set_index("venue_id")
        covered = ran.of(standard).query("status == 'covered'")
        assert numbers(rows["nearest"]).sum() == len(covered)
        walk = ran.access["walk_min" if "min" in standard else "walk_m"]
        near = ran.access[walk <= limit]
        within = near.groupby("venue_id").size().reindex(rows.index, fill_value=0)
        assert numbers(rows["within"]).tolist() == within.tolist()
        alone = near[~near["estate_id"].duplicated(keep=False)]
        sole = alone.groupby("venue_id").size().reindex(rows.index, fill_value=0)
        assert numbers(rows["sole"]).tolist() == sole.tolist()


def test_the_workbook_holds_the_same_tables(ran):
    with zipfile.ZipFile(ran.out / "report.xlsx") as book:
        assert book.testzip() is None
        for name in book.namelist():
            if name.endswith((".xml", ".rels")):
                ET.fromstring(book.read(name))  # noqa: S314 - our own file
    sheets = pd.read_excel(ran.out / "report.xlsx", sheet_name=None, header=None, engine="openpyxl")
    first = next(iter(sheets.values()))
    top = 1 + int(first[0].isna().idxmax())  # study, headline and note, a blank line, the headers
    rows = {title: len(sheet) - top - 1 for title, sheet in sheets.items()}
    tables = {key: ran.out / f"{key}.csv" for key in SHEETS}
    named = {text: key for key, words in SHEETS.items() for text in (words.en, words.zh)}
    rows = {named[title]: count for title, count in rows.items()}
    lengths = {key: len(read_csv(path)) for key, path in tables.items() if path.exists()}
    assert {key: rows[key] for key in lengths} == lengths
    assert {
        "overview",
        "gaps",
        "summary",
        "floor_area",
        "load",
        "coverage",
        "notices",
        "method",
    } <= rows.keys()
    assert rows.keys() - lengths.keys() <= {"overview", "gaps", "places", "method"}
    covered = next(sheet for title, sheet in sheets.items() if named[title] == "coverage").iloc[top + 1 :]
    assert covered[0].tolist() == ran.coverage["estate_id"].tolist()
    walks = np.sort(ran.coverage["walk_m"].to_numpy())
    held = [np.sort(pd.to_numeric(covered[column], errors="coerce").to_numpy(float)) for column in covered]
    assert sum(np.array_equal(column, walks, equal_nan=True) for column in held) == 1


def test_the_layers_open_in_other_software(ran):
    program = need_program("ogrinfo")
    said = subprocess.run(
        [program, "-al", "-so", "-ro", str(ran.out / "coverage.gpkg")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    count = {
        block.split("\n", 1)[0].strip(): int(block.split("Feature Count:", 1)[1].split()[0])
        for block in said.split("Layer name:")[1:]
    }
    assert count["estates"] == len(ran.estates)
    assert count["coverage"] == len(ran.coverage)
    assert count["venues"] >= 3
    assert "4326" in said


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def run_elsewhere(study: Path, out: Path, not_before: float) -> None:
    """Run as a process of its own: at another second, in another time zone, sets in another order."""
    time.sleep(max(0.0, not_before - time.time()))
    home = Path(walkshed.__file__).parents[1]
    odd = {"PYTHONHASHSEED": "4711", "TZ": "Pacific/Kiritimati", "PYTHONPATH": str(home)}
    command = [sys.executable, "-m", "walkshed", "run", str(study), "--out", str(out)]
    done = subprocess.run(
        command, capture_output=True, cwd=study.parent, env={**os.environ, **odd}, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_a_second_run_writes_the_same_bytes(ran, tmp_path):
    assert any((ran.study.parent / ".walkshed").iterdir())  # so that the second run loads what the first kept
    first_ended = (ran.out / "run.json").stat().st_mtime
    # zip files know every other second; one city that waits for the next one is enough
    run_elsewhere(ran.study, tmp_path / "again", first_ended + (2.1 if ran.name == "helsinki" else 0.0))
    first, again = digests(ran.out), digests(tmp_path / "again")
    assert first.keys() == again.keys()
    differing = {name for name in first if first[name] != again[name]}
    assert differing <= {"run.json"}
    records = [
        json.loads((folder / "run.json").read_text(encoding="utf-8"))
        for folder in (ran.out, tmp_path / "again")
    ]
    for record in records:
        del record["seconds"], record["finished"]
    assert records[0] == records[1]


def test_the_order_of_the_rows_is_irrelevant(ran, tmp_path):
    study = REAL[ran.name].make(ran.extract, tmp_path / "shuffled", shuffle=7, write=["tables"])
    run(study, tmp_path / "out")
    keys = ["estate_id", "standard"]
    shuffled = read_csv(tmp_path / "out" / "coverage.csv")
    straight = read_csv(ran.out / "coverage.csv")
    assert shuffled["estate_id"].tolist() != straight["estate_id"].tolist()
    pd.testing.assert_frame_equal(
        shuffled.sort_values(keys, ignore_index=True), straight.sort_values(keys, ignore_index=True)
    )
    key = ["level", "unit", "standard", "measure"]
    tables = [
        read_csv(folder / "summary.csv").sort_values(key, ignore_index=True)
        for folder in (tmp_path / "out", ran.out)
    ]
    pd.testing.assert_frame_equal(*tables)
    key = ["venue_id", "standard", "measure"]
    tables = [
        read_csv(folder / "venues.csv").sort_values(key, ignore_index=True)
        for folder in (tmp_path / "out", ran.out)
    ]
    pd.testing.assert_frame_equal(*tables)
