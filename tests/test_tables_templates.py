"""The blank workbooks: what is written can be read back, and the example never becomes data."""

from __future__ import annotations

import openpyxl
import pytest

from walkshed.errors import Findings, OutputError
from walkshed.tables import read_estates, read_gates, read_venues, write_templates
from walkshed.tables.buildings import read_buildings
from walkshed.tables.checks import read_checks
from walkshed.tables.fields import FIELDS
from walkshed.tables.rooms import CHOICE, read_rooms
from walkshed.tables.words import GATED, OPEN_TO, OPENS_TO, STATUS, TIER

READERS = {
    "estates": read_estates,
    "venues": read_venues,
    "gates": read_gates,
    "rooms": read_rooms,
    "buildings": read_buildings,
    "checks": read_checks,
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_untouched_template_holds_no_data_and_says_so(tmp_path, language):
    for path in write_templates(tmp_path / "new" / "folder", language):
        findings = Findings()
        frame = READERS[path.stem](path, findings=findings)
        assert len(frame) == 0
        assert [notice.code for notice in findings.notices if notice.code == "row.example"] == ["row.example"]
        assert {fault.code for fault in findings.faults} <= {"table.no_rows"}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", READERS)
def test_a_filled_in_template_is_read_without_a_fault(tmp_path, kind, language):
    write_templates(tmp_path, language)
    path = tmp_path / f"{kind}.xlsx"
    book = openpyxl.load_workbook(path)
    page = book.worksheets[0]
    assert page.freeze_panes == "A2"
    for column in range(1, page.max_column + 1):
        page.cell(3, column).value = page.cell(2, column).value
    page.cell(3, 1).value = "001"
    book.save(path)
    findings = Findings()
    frame = READERS[kind](path, findings=findings)
    assert findings.faults == []
    assert [notice.code for notice in findings.notices] == ["row.example"]
    assert len(frame) == 1
    row = frame.iloc[0]
    assert row["source_row"] == 3
    assert kind == "checks" or (row["lon"], row["lat"]) == (120.25, 31.55)
    expected = {
        "estates": {"households": 300, "residents": 780, "aged_60_plus": 160, "gated": True},
        "venues": {"tier": "area", "status": "open", "floor_area_m2": 435, "capacity": 80},
        "gates": {"open_to": "residents", "hours": "6:00-22:00", "estate_id": "001"},
        "rooms": {
            "floor_area_m2": 320,
            "cost": 480_000,
            "subsidy_per_year": 60_000,
            "year": 2027,
            "choice": "optional",
        },
        "buildings": {
            "building_id": "001",
            "estate_id": "001",
            "households": 60,
            "levels": 6,
            "floor_area_m2": 5400,
        },
        "checks": {"estate_id": "001", "venue_id": "V1", "minutes": 7.5},
    }[kind]
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_word_of_a_drop_down_is_understood(tmp_path, language):
    vocabularies = {one.column: one for one in (TIER, STATUS, OPENS_TO, OPEN_TO, GATED, CHOICE)}
    offered = {}
    for path in write_templates(tmp_path, language):
        page = openpyxl.load_workbook(path).worksheets[0]
        for rule in page.data_validations.dataValidation:
            column = min(area.min_col for area in rule.sqref.ranges)
            field = FIELDS[path.stem][column - 1]
            words = rule.formula1.strip('"').split(",")
            offered[field.name] = {vocabularies[field.name].read(word).value for word in words}
            assert all(vocabularies[field.name].read(word).problem is None for word in words)
    assert offered == {name: set(one.words) for name, one in vocabularies.items()}


def test_each_column_is_explained_in_both_languages(tmp_path):
    for path in write_templates(tmp_path):
        book = openpyxl.load_workbook(path)
        assert book.sheetnames[1] == "说明"
        headers = [cell.value for cell in book.worksheets[0][1]]
        explained = {
            row[0].value: (row[1].value, row[2].value, row[3].value)
            for row in book["说明"].iter_rows(min_row=5)
        }
        assert list(explained) == headers
        assert all(all(texts) for texts in explained.values())


def test_templates_are_the_same_bytes_each_time(tmp_path):
    for one, other in zip(write_templates(tmp_path / "a"), write_templates(tmp_path / "b"), strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "venues.xlsx").write_text("mine")
    with pytest.raises(OutputError, match=r"venues\.xlsx"):
        write_templates(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["venues.xlsx"]
    with pytest.raises(OutputError):
        write_templates(tmp_path / "venues.xlsx" / "below")
