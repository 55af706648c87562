"""Venues that are full: what a run tells of a study that counts room, with estates and with buildings."""

from __future__ import annotations

import dataclasses

import openpyxl
import pandas as pd
import pytest

import walkshed
from walkshed.deliver.workbook import SHEETS


def counting(sample, tmp_path, **more):
    """Return a study that counts places, a place for every third household, with nothing else to work out."""
    text = (sample / "study.toml").read_text(encoding="utf-8")
    text = text.replace('crs = "GCJ-02"', 'crs = "GCJ-02"\ncapacity = "places"\nneed = 0.3', 1)
    for section, keys in more.items():
        text += f"\n[{section}]\n{keys}\n"
    copy = sample / f"{tmp_path.name}.toml"
    copy.write_text(text, encoding="utf-8")
    study = walkshed.read_study(copy)
    return dataclasses.replace(
        study, siting=None, rooms=None, scenarios=(), output=tmp_path / "out", write=("tables", "workbook")
    )


def read(folder, name):
    texts = {"estate_id": str, "unit_id": str, "venue_id": str, "reason": str}
    return pd.read_csv(folder / name, encoding="utf-8-sig", dtype=texts, keep_default_na=False, na_values={})


@pytest.fixture(scope="module")
def ran(sample, tmp_path_factory):
    result = walkshed.run(counting(sample, tmp_path_factory.mktemp("estates")))
    return result, result.write()


def test_nobody_is_given_to_a_venue_beyond_its_room_and_nobody_is_lost(ran):
    result, out = ran
    rows = read(out, "allocation.csv")
    assert rows["estate_id"].tolist() == result.estates.index.tolist()
    demand = pd.to_numeric(rows["demand"]).fillna(0)
    taken = demand.groupby(rows["venue_id"]).sum() * 0.3
    room = result.venues["capacity"]
    for venue in set(rows["venue_id"]) - {""}:
        assert taken[venue] <= room[venue] + 1e-9, venue
    covered = result.coverage.query("profile == 'adult' and standard == '5 min' and status == 'covered'")
    near = rows["reason"].isin(["", "venue_full"])
    assert set(rows.loc[near, "estate_id"]) == set(covered["estate_id"])
    assert (rows["reason"] == "venue_full").sum() > 5
    assert ((rows["venue_id"] == "") == (rows["reason"] != "")).all()
    others = rows[~near].set_index("estate_id")["reason"]
    told = result.coverage.query("profile == 'adult' and standard == '5 min'").set_index("estate_id")[
        "reason"
    ]
    assert others.tolist() == told[others.index].tolist()


def test_the_sentence_the_workbook_and_the_tables_say_the_same(ran):
    result, out = ran
    rows = read(out, "allocation.csv")
    demand = pd.to_numeric(rows["demand"]).fillna(0)
    placed, full = (int(demand[rows["reason"] == reason].sum()) for reason in ("", "venue_full"))
    headline = int(result.headline.covered)
    assert placed + full == headline
    assert result.answers[-1].en.startswith(f"With the room that venues have, {placed:,} households")
    assert f"{full:,} the venues are full" in result.answers[-1].en
    book = openpyxl.load_workbook(out / "report.xlsx")
    cells = list(book[SHEETS["allocation"].zh].iter_rows(values_only=True))
    top = next(n for n, row in enumerate(cells) if row[0] == "小区编号")
    assert [row[0] for row in cells[top + 1 :]] == rows["estate_id"].tolist()
    assert [row[2] or "" for row in cells[top + 1 :]] == rows["venue_id"].tolist()
    assert [row[7] for row in cells[top + 1 :]].count("场所容量已满") == (
        rows["reason"] == "venue_full"
    ).sum()
    venues = read(out, "allocation_venues.csv")
    assert pd.to_numeric(venues["demand"]).sum() == placed


def test_with_buildings_each_building_has_its_responsible_venue(sample, tmp_path):
    result = walkshed.run(counting(sample, tmp_path, buildings='source = "osm"'))
    rows = result.allocation_table
    assert rows["unit_id"].tolist() == result.unit_table.index.tolist()
    assert rows["estate_id"].tolist() == result.unit_table["estate_id"].tolist()
    several = rows[rows["venue_id"] != ""].groupby("estate_id")["venue_id"].nunique()
    assert (several > 1).any()  # which only the buildings can tell
    taken = (rows["demand"].fillna(0) * rows["share"]).groupby(rows["venue_id"]).sum() * 0.3
    room = result.venues["capacity"]
    assert all(taken[venue] <= room[venue] + 1e-6 for venue in taken.index if venue)
    assert (rows["reason"] == "venue_full").any()


def test_need_without_capacity_is_told(sample):
    copy = sample / "need.toml"
    text = (sample / "study.toml").read_text(encoding="utf-8")
    copy.write_text(text.replace('crs = "GCJ-02"', 'crs = "GCJ-02"\nneed = 1', 1), encoding="utf-8")
    with pytest.raises(walkshed.InputError, match="capacity"):
        walkshed.read_study(copy)
