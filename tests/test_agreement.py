"""Every file of a run says the same, to the digit: tables, workbook, document, map, layers, printed sheet and record.

Each is opened by something we did not write, and compared with sums worked out here from ``coverage.csv`` and ``estates.csv``.
"""

from __future__ import annotations

import dataclasses
import io
import json
import re
import subprocess
from html.parser import HTMLParser

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest

from conftest import need_program
from walkshed.deliver import print_map, print_style
from walkshed.deliver.workbook import SHEETS

PARTS = ["total", "covered", "uncovered", "unknown"]
STANDARDS = ["5 min", "10 min", "15 min"]
KEY = ["estate_id", "profile", "standard"]
SAID = ["status", "reason", "venue_id", "walk_m", "walk_min", "covered_share", "certain"]
TEXTS = {"estate_id": str, "venue_id": str, "reason": str}


@pytest.fixture(scope="module")
def out(sample_result, tmp_path_factory):
    study = dataclasses.replace(
        sample_result.study,
        write=("tables", "layers", "map", "workbook", "parquet"),
        scenarios=(),
    )
    result = dataclasses.replace(sample_result, study=study, scenarios={})
    return result.write(tmp_path_factory.mktemp("agreement") / "out")


@pytest.fixture(scope="module")
def coverage(out):
    return pd.read_csv(out / "coverage.csv", encoding="utf-8-sig", dtype=TEXTS, keep_default_na=True).fillna(
        {"reason": "", "venue_id": ""}
    )


@pytest.fixture(scope="module")
def told(out, coverage):
    """Return households by unit and standard, added up here: {(unit, standard): [total, covered, uncovered, unknown]}."""
    estates = pd.read_csv(out / "estates.csv", encoding="utf-8-sig", dtype=TEXTS).set_index("estate_id")
    rows = coverage[coverage["profile"] == "adult"].join(estates[["households", "community"]], on="estate_id")
    sums = {}
    for (standard, unit), part in [
        *rows.groupby(["standard", "community"]),
        *(((name, "total"), part) for name, part in rows.groupby("standard")),
    ]:
        by = part.groupby("status")["households"].sum()
        sums[unit, standard] = [by.sum(), *(by.get(name, 0) for name in PARTS[1:])]
    return sums


def rows_of(book, key):
    rows = list(book[SHEETS[key].zh].iter_rows(values_only=True))
    top = next(n for n, row in enumerate(rows) if not any(value is not None for value in row)) + 1
    return pd.DataFrame(rows[top + 1 :], columns=rows[top])


@pytest.fixture(scope="module")
def book(out):
    return openpyxl.load_workbook(out / "report.xlsx", read_only=True)


def test_summary_and_workbook(out, book, told):
    names = {"合计": "total"}
    summary = pd.read_csv(out / "summary.csv", encoding="utf-8-sig")
    summary = summary.query(
        "measure == 'households' and profile == 'adult' and level in ['total', 'community']"
    )
    found = {
        (row["unit"], row["standard"]): [row[part] for part in PARTS] for row in summary.to_dict("records")
    }
    assert found == told
    sheet = rows_of(book, "summary")
    sheet = sheet[
        (sheet["步行者"] == "成年人") & (sheet["指标"] == "户数") & sheet["层级"].isin(["合计", "社区"])
    ]
    found = {
        (names.get(row["单元"], row["单元"]), row["标准"].replace("分钟", "min")): [
            row[head] for head in ("总数", "达标", "未达标", "未知")
        ]
        for row in sheet.to_dict("records")
    }
    assert found == told
    overview = rows_of(book, "overview")
    overview = overview[overview["层级"].isin(["合计", "社区"])].set_index("单元")
    for (unit, standard), (total, covered, _, _) in told.items():
        if standard not in STANDARDS:
            continue
        row = overview.loc["合计" if unit == "total" else unit]
        assert row["户数"] == total
        assert row[standard.replace("min", "分钟")] == pytest.approx(covered / total, abs=1e-6)


def test_coverage_in_workbook_layers_and_parquet(out, book, coverage):
    ours = coverage.set_index(KEY)[SAID].sort_index()
    layer = pyogrio.read_dataframe(out / "coverage.gpkg", layer="coverage").fillna(
        {"reason": "", "venue_id": ""}
    )
    parquet = pd.read_parquet(out / "coverage.parquet").fillna({"reason": "", "venue_id": ""})
    for table in (layer, parquet.reset_index()):
        other = table.set_index(KEY)[SAID].sort_index()
        pd.testing.assert_frame_equal(other, ours, check_dtype=False, check_exact=True)
    sheet = rows_of(book, "coverage")
    assert sheet["小区编号"].tolist() == coverage["estate_id"].tolist()
    for head, name in (
        ("步行距离（米）", "walk_m"),
        ("步行时间（分钟）", "walk_min"),
        ("覆盖率", "covered_share"),
    ):
        assert pd.to_numeric(sheet[head]).fillna(-1).tolist() == coverage[name].fillna(-1).tolist(), head
    assert sheet["场所编号"].fillna("").tolist() == coverage["venue_id"].tolist()
    first = coverage.query("profile == 'adult' and standard == '5 min'").set_index("estate_id")
    points = gpd.read_file(out / "coverage.gpkg", layer="estates").set_index("estate_id")
    assert points["status"].to_dict() == first["status"].to_dict()
    assert points["walk_min"].fillna(-1).to_dict() == first["walk_min"].fillna(-1).to_dict()


class Reader(HTMLParser):
    """Tables of a page, cell by cell, and the text of the script with the map's data."""

    def __init__(self, page):
        super().__init__()
        self.tables, self.data, self._in = [], "", ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self._in = "data" if ("id", "walkshed-data") in attributes else tag
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in {"td", "th"} and self.tables and self.tables[-1]:
            self.tables[-1][-1].append("")

    def handle_data(self, text):
        if self._in == "data":
            self.data += text
        elif self._in in {"td", "th"} and self.tables and self.tables[-1] and self.tables[-1][-1]:
            self.tables[-1][-1][-1] += text

    def handle_endtag(self, tag):
        del tag
        self._in = ""


def test_the_map(out, coverage, told):
    data = json.loads(Reader((out / "map.html").read_text(encoding="utf-8")).data)
    units = [level["units"] for level in data["summary"]["levels"]]
    assert {"合计", "新峰社区"} <= {*units[0], *units[1]}
    for level, results in zip(units[:2], data["summary"]["results"][0][0][:2], strict=True):
        for place, unit in enumerate(level):
            for step, standard in enumerate(STANDARDS):
                found = [results["total"][place], *(results[part][step][place] for part in PARTS[1:])]
                assert found == told["total" if unit == "合计" else unit, standard]
    last = coverage.query("profile == 'adult' and standard == '15 min'")
    result = data["results"][0][0]
    assert [-1 if walk is None else walk for walk in result["min"]] == last["walk_min"].fillna(-1).tolist()
    assert [-1 if walk is None else walk for walk in result["m"]] == last["walk_m"].fillna(-1).tolist()
    assert data["estates"]["name"][:3] == ["松涛雅居", "山语银城", "桃源人家"]


@pytest.mark.full
def test_the_document_the_record_and_the_printed_sheet(told, sample_result, tmp_path):
    docx = pytest.importorskip("docx")
    study = dataclasses.replace(sample_result.study, write=("document",), scenarios=())
    out = dataclasses.replace(sample_result, study=study, scenarios={}).write(tmp_path / "out")
    word = docx.Document(io.BytesIO((out / "report.docx").read_bytes()))
    in_word = [[[cell.text for cell in row.cells] for row in table.rows] for table in word.tables]
    page = Reader((out / "report.html").read_text(encoding="utf-8")).tables
    for tables in (in_word, page):
        rows = next(table for table in tables if table[0][0] == "社区")[1:]
        found = {
            "total" if unit == "合计" else unit: [int(cell.replace(",", "")) for cell in cells[:4]]
            for unit, *cells in rows
        }
        assert found == {unit: counts for (unit, standard), counts in told.items() if standard == "5 min"}
    total, covered, _, unknown = told["total", "5 min"]
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert [record["headline"][name] for name in ("total", "covered", "unknown")] == [total, covered, unknown]
    said = f"{covered / total:.1%} 的住户（{covered:,.0f} / {total:,.0f} 户）"
    assert record["headline"]["text"].startswith(said)
    assert any(said in paragraph.text for paragraph in word.paragraphs)
    with print_map._settings():
        figure = print_map.sheet(print_map.data_of(sample_result), theme="coverage")
        print_style.save(figure, tmp_path / "sheet.pdf")
    reader = need_program("pdftotext")
    text = subprocess.run(
        [reader, tmp_path / "sheet.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    squeezed = re.sub(r"\s", "", text)
    for standard in STANDARDS:
        total, covered, *_ = told["total", standard]
        assert f"{covered:,.0f}/{total:,.0f}" in squeezed, standard
