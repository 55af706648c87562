"""Names from hell through a whole run: every file opens, says them as they are, and none of them does anything."""

from __future__ import annotations

import json
import shutil

import openpyxl
import pandas as pd
import pyogrio
import pytest

import walkshed
from test_agreement import Reader
from walkshed.deliver.workbook import SHEETS

NAMES = [
    "龙" * 200, "🏠 家园 👵🏽", '=HYPERLINK("http://x.example/","点我")', "بيت السلام שלום", "two\nlines\r\nthree", "+1+1", "-2",
    "@SUM(A1)", "</script><script>document.title='gone'</script>", "a\"b'c\\d", "<b>&amp;", "\u202eabc\u202c", "x" * 200,
    "{{name}} ${x} `y`", "=cmd|' /C calc'!A0", "http://x.example/a",
]  # fmt: skip
ALONE = {"=1+1": None, "🏠社区\n二": 0, "م" * 200: 421, "[x]:*?\\": 5}
"""Communities of one estate, with their households; blank, none, and some."""


def one_line(name):
    return " ".join(name.split())


@pytest.fixture(scope="module")
def ran(sample, tmp_path_factory):
    """Return a run of the sample with these names, and its folder."""
    folder = tmp_path_factory.mktemp("odd") / "study"
    folder.mkdir()
    shutil.copy(sample / "streets.osm.pbf", folder)
    kept = {
        "estates": ["name", "community", "area", "households", "lon", "lat"],
        "venues": ["name", "kind", "tier", "status", "lon", "lat"],
    }
    for kind, columns in kept.items():
        read = walkshed.read_estates if kind == "estates" else walkshed.read_venues
        table = pd.DataFrame(
            read(sample / f"{kind}.xlsx", **({} if kind == "estates" else {"crs": "GCJ-02"}))
        )
        table = table[columns].reset_index().astype(object)
        table.loc[: len(NAMES) - 1, "name"] = NAMES
        if kind == "estates":
            rows = range(20, 20 + len(ALONE))
            table.loc[list(rows), "community"] = list(ALONE)
            table.loc[list(rows), "households"] = list(ALONE.values())
        table.to_csv(folder / f"{kind}.csv", index=False, encoding="utf-8-sig")
    (folder / "study.toml").write_text(
        """
[study]
name = "=1+1 🏠 بيت </title><i>"
date = 2026-11-01
[streets]
file = "streets.osm.pbf"
[estates]
file = "estates.csv"
[venues]
file = "venues.csv"
[[standards]]
minutes = 5
[output]
write = ["tables", "layers", "map", "workbook", "parquet"]
""",
        encoding="utf-8",
    )
    result = walkshed.run(folder)
    return result, result.write()


def test_tables_and_layers_hold_the_names_as_they_are(ran):
    result, out = ran
    table = pd.read_csv(out / "estates.csv", encoding="utf-8-sig", dtype=str, keep_default_na=False)
    assert table["name"].tolist()[: len(NAMES)] == [one_line(name) for name in NAMES]
    for kind in ("estates", "venues"):
        names = getattr(result, kind)["name"].tolist()
        assert pyogrio.read_dataframe(out / "coverage.gpkg", layer=kind)["name"].tolist() == names
        assert pd.read_parquet(out / f"{kind}.parquet")["name"].tolist() == names
    assert len(table) == len(result.estates)


def test_nothing_in_the_workbook_is_a_formula_or_a_link(ran):
    _, out = ran
    book = openpyxl.load_workbook(out / "report.xlsx")
    cells = [cell for page in book for row in page.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "b", "d", "inlineStr"}
    assert not any(cell.hyperlink for cell in cells)
    said = {cell.value for cell in cells if isinstance(cell.value, str)}
    assert {one_line(name) for name in NAMES} <= said


def test_the_map_holds_them_as_text(ran):
    result, out = ran
    page = (out / "map.html").read_text(encoding="utf-8")
    data = json.loads(Reader(page).data)
    assert data["estates"]["name"] == result.estates["name"].tolist()
    assert "<script>document" not in page
    assert "</title><i>" not in page


def test_a_community_of_one_estate_has_its_row_and_one_without_households_no_share(ran):
    _, out = ran
    table = pd.read_csv(out / "summary.csv", encoding="utf-8-sig").query("measure == 'households'")
    table = table[table["level"] == "community"].set_index("unit")
    for name, households in ALONE.items():
        row = table.loc[one_line(name)]
        assert row["total"] == (households or 0)
        assert pd.isna(row["covered_share"]) == (not households)
        assert row["no_value"] == (households is None)
    book = openpyxl.load_workbook(out / "report.xlsx")
    units = [row[1] for row in book[SHEETS["overview"].zh].iter_rows(values_only=True)]
    assert {one_line(name) for name in ALONE} <= set(units)
