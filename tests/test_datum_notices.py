"""A table in a datum that nobody has named is told, with the datum that fits; rows in another are in doubt."""

from __future__ import annotations

import re
import shutil

import numpy as np
import openpyxl
import pytest
import shapely

import walkshed
from slow_datum import slow_bd, slow_gcj
from walkshed.datum import convert
from walkshed.errors import Findings
from walkshed.locate import locate_study
from walkshed.osm_names import read_named
from walkshed.places.astray import rows_astray
from walkshed.places.decisions import Decision, Decisions
from walkshed.places.gazetteer import Gazetteer
from walkshed.places.locating import locate_tables


def copied(sample, tmp_path):
    return shutil.copytree(sample, tmp_path / "s", ignore=shutil.ignore_patterns("out", ".walkshed"))


def codes(folder):
    return {notice.code for notice in walkshed.run(folder).notices}


def declare(folder, datum):
    text = (folder / "study.toml").read_text("utf-8")
    text = re.sub(r'(?m)^(file = "estates.xlsx"\n)crs = "[^"]*"', rf'\1crs = "{datum}"', text)
    assert f'file = "estates.xlsx"\ncrs = "{datum}"' in text
    (folder / "study.toml").write_text(text, "utf-8")


@pytest.mark.parametrize("datum", ["GCJ-02", "BD-09"])
def test_estates_in_a_shifted_datum_that_is_not_declared_are_told(sample, tmp_path, datum):
    folder = copied(sample, tmp_path)
    text = (folder / "study.toml").read_text(
        "utf-8"
    )  # scenarios name gates of estates, which are elsewhere then
    (folder / "study.toml").write_text(text.split("[siting]")[0] + '[output]\nfolder = "out"\n', "utf-8")
    assert "crs.does_not_fit" not in codes(folder)
    book = openpyxl.load_workbook(folder / "estates.xlsx")
    page = book.active
    head = next(row for row in page.iter_rows() if any(cell.value == "经度" for cell in row))
    lon, lat = (next(cell.column for cell in head if cell.value == word) for word in ("经度", "纬度"))
    for row in range(head[0].row + 1, page.max_row + 1):
        here = page.cell(row, lon), page.cell(row, lat)
        if all(isinstance(cell.value, int | float) for cell in here):
            moved = convert(here[0].value, here[1].value, source="EPSG:4326", target=datum)
            for cell, value in zip(here, moved, strict=True):
                cell.value = round(float(value), 6)
            if page.cell(row, head[0].column).value in ("078", "080"):  # they were wrong before
                here[0].value = here[1].value = None
    book.save(folder / "estates.xlsx")
    result = walkshed.run(folder)
    told = [notice for notice in result.notices if notice.code == "crs.does_not_fit"]
    assert [notice.source.file for notice in told] == ["estates.xlsx"]
    assert datum in told[0].text.en
    located = locate_study(folder)
    assert [n.text for n in located.notices if n.code == "crs.does_not_fit"] == [told[0].text]
    declare(folder, datum)
    assert not {code for code in codes(folder) if code.startswith(("crs.does_not_fit", "crs.mixed"))}


# ---- single rows ----


@pytest.fixture(scope="module")
def ground(sample):
    """Return the estates of the sample where they really are, and what bears a name there."""
    named = read_named(sample / "streets.osm.pbf")
    estates = walkshed.read_estates(sample / "estates.xlsx")
    right = estates[estates["lon"].notna() & ~estates["name"].isin(["石桥里", "茶场小区"])]
    return right, named


def shifted(table, ids, shift):
    """Return a table whose rows of these ids are moved as ``shift`` moves a point."""
    at = {ident: shift(point.x, point.y) for ident, point in table.geometry.items() if ident in set(ids)}
    lon = [float(at[i][0]) if i in at else x for i, x in zip(table.index, table["lon"], strict=True)]
    lat = [float(at[i][1]) if i in at else y for i, y in zip(table.index, table["lat"], strict=True)]
    return table.assign(lon=lon, lat=lat).set_geometry(shapely.points(lon, lat), crs="EPSG:4326")


SHIFTS = {"GCJ-02": slow_gcj, "BD-09": lambda lon, lat: slow_bd(*slow_gcj(lon, lat))}


@pytest.mark.parametrize("datum", SHIFTS)
@pytest.mark.parametrize("count", [2, 3, 10, 30])
def test_rows_in_another_datum_are_found_every_one_of_them_and_no_other(ground, datum, count):
    table, named = ground
    rng = np.random.default_rng(count)
    for _ in range(3):
        ids = sorted(rng.choice(table.index, count, replace=False).tolist())
        found, [notice] = rows_astray(shifted(table, ids, SHIFTS[datum]), features=named)
        assert sorted(found) == ids
        assert notice.code == "crs.mixed"
        for ident, one in found.items():
            assert one.datum == datum
            assert (one.lon, one.lat) == pytest.approx(tuple(table.loc[ident, ["lon", "lat"]]), abs=1e-9)


def test_what_lies_right_or_wrong_for_other_reasons_is_not_said_to_be_in_another_datum(ground):
    table, named = ground
    assert rows_astray(table, features=named) == ({}, [])
    one = shifted(table, [table.index[20]], slow_gcj)
    assert rows_astray(one, features=named) == ({}, [])
    rng = np.random.default_rng(3)
    for _ in range(5):  # a quarter of the rows lies anywhere within a kilometre and a half
        ids = rng.choice(table.index, 20, replace=False).tolist()
        off = iter(rng.uniform(-0.014, 0.014, (20, 2)).tolist())
        astray = shifted(table, ids, lambda lon, lat, off=off: tuple(np.array((lon, lat)) + next(off)))
        assert rows_astray(astray, features=named) == ({}, [])
    for ids in (table.index[:10], table.index[40:50]):  # one common error that is no datum's
        moved = shifted(table, ids, lambda lon, lat: (lon - 0.005, lat + 0.003))
        assert rows_astray(moved, features=named) == ({}, [])


def test_a_row_in_another_datum_is_in_doubt_and_its_right_place_is_offered_first(ground):
    table, named = ground
    ids = table.index[[3, 50, 70]].tolist()
    venues = walkshed.read_venues(walkshed.sample.sample_folder() / "venues.xlsx")
    findings = Findings()
    made = locate_tables(
        shifted(table, ids, slow_gcj), venues, gazetteer=Gazetteer(named), crs={"estate": "WGS84"},
        files={"estate": "e.xlsx"}, check=False, findings=findings,
    )  # fmt: skip
    assert made.estates.index[made.estates["location_status"] == "doubtful"].tolist() == ids
    assert made.estates.loc[ids, "geometry"].isna().all()
    for answer in made.open:
        first = answer.seen[0].candidate
        assert (first.source, first.name) == ("table", answer.query.name)
        assert (first.lon, first.lat) == pytest.approx(
            tuple(table.loc[answer.query.id, ["lon", "lat"]]), abs=1e-9
        )
    told = [notice.source.value for notice in findings.notices if notice.code == "places.other_datum"]
    assert told == ids
    # rows that do not say their datum are not looked at
    same = locate_tables(shifted(table, ids, slow_gcj), venues, gazetteer=Gazetteer(named), check=False)
    assert (same.estates["location_status"] == "given").all()


def test_to_decide_about_one_row_in_another_datum_does_not_clear_the_others(ground):
    table, named = ground
    one, other = table.index[[3, 50]]
    venues = walkshed.read_venues(walkshed.sample.sample_folder() / "venues.xlsx")
    moved = shifted(table, [one, other], slow_gcj)
    lon, lat, name = moved.loc[one, ["lon", "lat", "name"]]
    right = table.loc[one, ["lon", "lat"]]
    for choice, at, still in (("candidate", right, [other]), ("given", (lon, lat), [])):
        made = locate_tables(
            moved, venues, gazetteer=Gazetteer(named), crs={"estate": "WGS84"}, check=False,
            decisions=Decisions((Decision("estate", one, name, choice, *at, given=(lon, lat)),)),
        )  # fmt: skip
        assert made.estates.index[made.estates["location_status"] == "doubtful"].tolist() == still, choice


def test_a_table_declared_shifted_whose_rows_are_not_is_told_row_by_row(ground):
    table, named = ground
    undone = shifted(
        table, table.index, lambda lon, lat: convert(lon, lat, source="GCJ-02", target="EPSG:4326")
    )
    mixed = undone.copy()
    ids = table.index[10:30]
    true = shifted(undone, ids, slow_gcj).loc[ids]  # those that really were in GCJ-02
    mixed.loc[ids, ["lon", "lat"]] = true[["lon", "lat"]]
    mixed = mixed.set_geometry(shapely.points(mixed["lon"], mixed["lat"]), crs="EPSG:4326")
    found, [notice] = rows_astray(mixed, features=named, declared="GCJ-02")
    assert sorted(found) == sorted(set(table.index) - set(ids))
    assert {one.datum for one in found.values()} == {"EPSG:4326"}
    assert "names fit" in notice.text.en


def test_tables_without_any_coordinates_are_no_trouble(ground):
    table, named = ground
    bare = table.assign(lon=np.nan, lat=np.nan, location_status="not_located").set_geometry(
        [None] * len(table), crs="EPSG:4326"
    )
    venues = walkshed.read_venues(walkshed.sample.sample_folder() / "venues.xlsx").iloc[:0]
    both = {"estate": "EPSG:4326", "venue": "GCJ-02"}
    made = locate_tables(bare, venues, gazetteer=Gazetteer(named), crs=both, check=False)
    assert (made.estates["location_status"] == "matched").mean() > 0.9
