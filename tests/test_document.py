"""The report document: its figures are the tables', its two files say the same, and every name survives."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import re
import subprocess
import zipfile
from html.parser import HTMLParser

import numpy as np
import pytest

from conftest import need_program
from walkshed.deliver.document import coverage_range, document_context, write_documents
from walkshed.deliver.document_docx import docx_of
from walkshed.deliver.document_html import html_of
from walkshed.deliver.document_parts import Document, Heading, Paragraph, Picture, Points, Table, clean

docx = pytest.importorskip("docx")
NASTY = {
    "001": "龙" * 200,
    "002": "🏠 家园 👵🏽",
    "003": '=HYPERLINK("http://x","y")',
    "004": "بيت السلام שלום",
    "005": "two\nlines\x07\x00 <b>&amp;",
}


def first(result, table):
    """Return the rows of a table for the first walker and standard."""
    walker, standard = result.study.profiles[0].name, result.study.standards[0].name
    return table[(table["profile"] == walker) & (table["standard"] == standard)]


@pytest.fixture(scope="module")
def context(sample_result):
    return document_context(sample_result, pictures=False)


@pytest.fixture(scope="module")
def nasty(sample_result):
    """Return the sample's run with names from hell for the estates that lead the list of gaps."""
    estates = sample_result.estates.copy()
    rows = first(sample_result, sample_result.coverage).query("status == 'uncovered'")
    worst = rows.sort_values("walk_min", ascending=False)["estate_id"].head(len(NASTY))
    estates.loc[worst, "name"] = list(NASTY.values())
    study = dataclasses.replace(sample_result.study, name="=1+1 <i>🏠</i>\x0b")
    return dataclasses.replace(sample_result, estates=estates, study=study)


class Texts(HTMLParser):
    """What a reader of the page sees, cell by cell and paragraph by paragraph."""

    def __init__(self):
        super().__init__()
        self.tables, self.others, self.sources, self._text = [], [], [], None

    def handle_starttag(self, tag, attributes):
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        self.sources += [value for name, value in attributes if name in {"src", "href"}]
        if tag in {"td", "th", "p", "li", "h1", "h2", "h3"}:
            self._text = ""

    def handle_data(self, data):
        if self._text is not None:
            self._text += data

    def handle_endtag(self, tag):
        if tag in {"td", "th"}:
            self.tables[-1][-1].append(self._text)
        elif tag in {"p", "li", "h1", "h2", "h3"}:
            self.others.append(self._text)
        if tag in {"td", "th", "p", "li", "h1", "h2", "h3"}:
            self._text = None


def tables_of(document):
    return [
        [list(block.columns), *map(list, block.rows)] for block in document.blocks if isinstance(block, Table)
    ]


def table_under(document, word):
    """Return the first table after the heading that holds a word."""
    blocks = iter(document.blocks)
    assert any(isinstance(block, Heading) and word in block.text for block in blocks)
    return next(block for block in blocks if isinstance(block, Table))


def number(text):
    return float(text.replace(",", "").rstrip("%"))


def test_word_and_page_say_the_same(nasty):
    document = document_context(nasty, pictures=False)
    page = Texts()
    page.feed(html_of(document))
    word = docx.Document(io.BytesIO(docx_of(document)))
    in_word = [[[cell.text for cell in row.cells] for row in table.rows] for table in word.tables]
    assert in_word == page.tables == tables_of(document)
    spoken = [paragraph.text for paragraph in word.paragraphs if paragraph.text]
    assert spoken == [text for text in page.others if text]
    assert document.title in spoken


@pytest.mark.parametrize("name", NASTY.values(), ids=lambda name: ascii(name)[:12])
def test_every_name_survives(nasty, name):
    rows = table_under(document_context(nasty, pictures=False), "步行最远").rows
    wanted = " ".join(re.sub(r"[\x00-\x1f]", " ", name).split())
    assert wanted in {row[1] for row in rows}
    assert clean(name) == wanted


def test_who_has_no_name_is_called_by_its_id(sample_result):
    nameless = dataclasses.replace(
        sample_result,
        estates=sample_result.estates.assign(name=""),
        venues=sample_result.venues.assign(name=None),
        venue_table=sample_result.venue_table.assign(name=""),
    )
    document = document_context(nameless, pictures=False)
    rows = table_under(document, "步行最远").rows
    assert all(row[1] in sample_result.estates.index for row in rows)
    assert all(row[6] in sample_result.venues.index for row in rows)
    assert all(row[0] in sample_result.venues.index for row in table_under(document, "场所负荷").rows)
    answer = next(block.text for block in document.blocks if isinstance(block, Paragraph) and block.lead)
    assert f"步行最远的是{rows[0][1]}" in answer


def test_the_page_needs_nothing_else(nasty):
    page = html_of(document_context(nasty, pictures=False))
    assert "<script" not in page
    assert "<i>🏠" not in page
    assert not re.search(r"(src|href)=\"(?!data:)|url\(|@import", page)


def test_communities_are_the_summary_to_the_digit(context, sample_result):
    rows = table_under(context, "按社区").rows
    mine = first(sample_result, sample_result.summary).query(
        "measure == 'households' and level in ['total', 'community']"
    )
    by_unit = mine.set_index(mine["unit"].replace("total", "合计"))
    assert {row[0] for row in rows} == set(by_unit.index)
    for row in rows:
        told = by_unit.loc[row[0]]
        assert [number(text) for text in row[1:5]] == [told.total, told.covered, told.uncovered, told.unknown]
        assert row[5] == f"{100 * told.covered / told.total:.1f}%"
    *parts, total = rows
    for column in range(1, 5):
        assert sum(number(row[column]) for row in parts) == number(total[column])


def test_the_ten_longest_walks_are_the_coverage_table_s(context, sample_result):
    rows = table_under(context, "步行最远").rows
    mine = first(sample_result, sample_result.coverage).query("status == 'uncovered'")
    longest = sorted(mine["walk_min"], reverse=True)[:10]
    assert [row[4] for row in rows] == [f"{walk:.2f}" for walk in longest]
    for row in rows:
        estate = sample_result.estates.index[sample_result.estates["name"] == row[1]]
        told = mine.set_index("estate_id").loc[estate].iloc[0]
        assert row[5] == f"{told.walk_m:,.1f}"
        assert row[6] == sample_result.venues.loc[told.venue_id, "name"]


def test_scenarios_are_the_table_of_scenarios_to_the_digit(context, sample_result):
    rows = table_under(context, "情景比较").rows
    mine = sample_result.scenario_units.query(
        "level == 'total' and measure == 'households' and profile == 'adult'"
    ).reset_index(drop=True)
    assert len(rows) == len(mine) == 12
    for row, told in zip(rows, mine.itertuples(), strict=True):
        assert row[0] == told.scenario
        assert row[2] == f"{told.covered_share_before:.1%}"
        assert row[3] == f"{told.covered_share_after:.1%}"
        assert [number(row[4]), number(row[5])] == [told.gained, told.lost]
        for text, value in ((row[6], told.cost), (row[7], told.cost_per_gained)):
            assert (text == "") == (value != value)  # noqa: PLR0124 - NaN
            assert not text or number(text) == pytest.approx(value, abs=0.05)


def test_the_load_is_the_venue_table_s(context, sample_result):
    rows = table_under(context, "场所负荷").rows
    mine = first(sample_result, sample_result.venue_table).query("measure == 'households'")
    by_name = mine.set_index("name")
    assert len(rows) == len(mine)
    for row in rows:
        told = by_name.loc[row[0]]
        assert [number(text) for text in row[3:6]] == [told.nearest, told.within, told.sole]


def test_the_range_is_what_is_certain_and_what_may_be(sample_result):
    """Added up row by row, in the plainest way."""
    low = high = most = 0.0
    for row in first(sample_result, sample_result.coverage).to_dict("records"):
        homes = sample_result.estates.loc[row["estate_id"], "households"]
        homes = 0.0 if np.isnan(homes) else homes
        low += homes if row["status"] == "covered" and row["certain"] else 0.0
        high += (
            homes
            if row["status"] == "covered" or (row["status"] == "uncovered" and not row["certain"])
            else 0.0
        )
        most += homes if row["status"] != "uncovered" or not row["certain"] else 0.0
    assert coverage_range(sample_result) == pytest.approx((low, high, most), abs=1e-6)
    assert low < sample_result.headline.covered < high < most


def test_the_answer_is_three_sentences_with_the_range(context, sample_result):
    answer = next(block.text for block in context.blocks if isinstance(block, Paragraph) and block.lead)
    assert answer.count("。") == 3
    assert sample_result.headline.text.zh in answer
    low, high, _ = coverage_range(sample_result)
    assert f"{low:,.0f} 至 {high:,.0f}" in answer


def test_what_was_not_verified_is_named(context):
    method = next(block for block in context.blocks if isinstance(block, Points)).texts
    assert any("未核实的参数" in text and "步速" in text for text in method)


def test_sums_of_the_files_are_sha256(context, sample_result):
    import hashlib

    rows = table_under(context, "数据来源").rows
    told = {row[1]: row[3] for row in rows}
    assert told["estates.xlsx"] == hashlib.sha256(sample_result.study.estates.file.read_bytes()).hexdigest()
    assert {"study.toml", "estates.xlsx", "venues.xlsx", "gates.csv", "streets.osm.pbf"} <= set(told)


def test_english_has_no_chinese_of_ours(sample_result):
    study = dataclasses.replace(sample_result.study, language="en", name="Test", note="")
    document = document_context(dataclasses.replace(sample_result, study=study), pictures=False)
    spoken = [block.text for block in document.blocks if isinstance(block, Heading)]
    spoken += [text for block in document.blocks if isinstance(block, Table) for text in block.columns]
    assert not any("\u4e00" <= letter <= "\u9fff" for text in spoken for letter in text)


def test_the_word_file_is_the_same_byte_for_byte(context):
    first, second = docx_of(context), docx_of(context)
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    facts = docx.Document(io.BytesIO(first)).core_properties
    assert facts.created.date() == context.date
    assert facts.author == "walkshed"


def test_pictures_carry_a_text_for_those_who_cannot_see_them():
    from PIL import Image

    png = io.BytesIO()
    Image.new("RGB", (4, 4)).save(png, "PNG")
    document = Document(
        "A", "", "en", dt.date(2026, 1, 2), (Picture(png.getvalue(), "below", "what it shows"),)
    )
    assert 'alt="what it shows"' in html_of(document)
    with zipfile.ZipFile(io.BytesIO(docx_of(document))) as parts:
        assert 'descr="what it shows"' in parts.read("word/document.xml").decode()


@pytest.mark.full
def test_office_opens_the_report_and_reads_the_same(nasty, tmp_path):
    office, to_text = need_program("soffice"), need_program("pdftotext")
    files = write_documents(nasty, tmp_path)
    assert [path.name for path in files] == ["report.html", "report.docx"]
    profile = f"-env:UserInstallation={(tmp_path / 'office').as_uri()}"
    subprocess.run(
        [office, profile, "--headless", "--convert-to", "pdf", "--outdir", tmp_path, files[1]],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    pdf = tmp_path / "report.pdf"
    if not pdf.exists():
        pytest.fail("LibreOffice Writer did not convert the report; libreoffice-writer is needed")
    text = subprocess.run([to_text, "-raw", pdf, "-"], capture_output=True, text=True, check=True).stdout
    squeezed = re.sub(r"\s", "", text)
    assert "=HYPERLINK" in squeezed
    assert "龙" * 200 in squeezed
    document = document_context(nasty, pictures=False)
    for block in document.blocks:
        if isinstance(block, Table):
            for row in block.rows:
                for place in block.numbers:
                    assert row[place] in text
    assert (
        nasty.headline.text.zh in squeezed.replace("～", "～") or f"{nasty.headline.covered:,.0f}" in squeezed
    )
