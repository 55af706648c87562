"""Faults: each names the file, sheet, row, column and value it speaks of, and what would be right."""

from __future__ import annotations

import io

import openpyxl
import pytest
import xlwt

from walkshed.errors import Findings
from walkshed.tables import read_estates, read_gates, read_venues

HEAD = ["编号", "小区", "社区", "户数", "经度", "纬度"]
ROW = ["001", "桃源人家", "龙山社区", 300, 120.25, 31.55]
GOOD = [[f"G{n}", f"小区{n}", "龙山社区", 100, 120.2 + n / 100, 31.5 + n / 100] for n in range(8)]


def xlsx(path, rows, sheet="小区"):
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def faults(path, reader=read_estates, **options):
    findings = Findings()
    frame = reader(path, findings=findings, **options)
    assert frame.index.is_unique
    assert frame.crs.to_epsg() == 4326
    for fault in findings.faults:
        assert fault.source.file == path.name
        assert fault.text.en
        assert fault.text.zh
    return findings.faults


def only(path, code, reader=read_estates, **options):
    found = faults(path, reader, **options)
    assert [fault.code for fault in found] == [code]
    return found[0]


def place(fault):
    return (fault.source.sheet, fault.source.row, fault.source.column, fault.source.value)


def test_a_missing_file_names_the_nearest_in_the_folder(tmp_path):
    xlsx(tmp_path / "estates.xlsx", [HEAD, ROW])
    assert '"estates.xlsx"' in only(tmp_path / "estate.xlsx", "file.missing").text.en
    only(tmp_path / "nowhere" / "estates.xlsx", "file.missing")


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "e.xlsx").mkdir()
    only(tmp_path / "e.xlsx", "file.unreadable")


@pytest.mark.parametrize("name", ["e.xlsx", "e.xls", "e.csv", "e.gpkg", "e.geojson", "e.parquet", "e.shp"])
def test_an_empty_file(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    only(tmp_path / name, "file.empty")


def test_a_workbook_or_text_without_any_cell(tmp_path):
    only(xlsx(tmp_path / "e.xlsx", []), "file.empty")
    (tmp_path / "e.csv").write_text("\n\n,,\n", "utf-8")
    only(tmp_path / "e.csv", "file.empty")


def test_a_workbook_with_a_password(tmp_path):
    from msoffcrypto.format.ooxml import OOXMLFile

    plain = xlsx(tmp_path / "plain.xlsx", [HEAD, ROW])
    for name in ("e.xlsx", "e.xls"):
        with plain.open("rb") as source, (tmp_path / name).open("wb") as target:
            OOXMLFile(source).encrypt("secret", target)
        assert "password" in only(tmp_path / name, "file.password").text.en


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"<html><table><tr><td>x</td></tr></table></html>", "HTML"),
        (b"\xef\xbb\xbf<!DOCTYPE html>", "HTML"),
        (b"a\tb\n1\t2\n", "text file"),
        (b"%PDF-1.7", "PDF"),
        (b"\x00\x01\x02", "some other"),
        (b"<?xml version='1.0'?>", "XML"),
    ],
)
def test_what_is_no_workbook_is_named(tmp_path, content, word):
    (tmp_path / "e.xls").write_bytes(content)
    assert word in only(tmp_path / "e.xls", "file.not_workbook").text.en


def test_a_workbook_cut_short_or_damaged(tmp_path):
    data = xlsx(tmp_path / "whole.xlsx", [HEAD, ROW]).read_bytes()
    for number, size in enumerate((10, 200, len(data) // 2, len(data) - 30)):
        path = tmp_path / f"{number}.xlsx"
        path.write_bytes(data[:size])
        only(path, "file.unreadable")


def test_an_old_workbook_cut_short_anywhere(tmp_path):
    book = xlwt.Workbook()
    page = book.add_sheet("x")
    for r, row in enumerate([HEAD, *GOOD]):
        for c, cell in enumerate(row):
            page.write(r, c, cell)
    book.save(str(tmp_path / "whole.xls"))
    data = (tmp_path / "whole.xls").read_bytes()
    for size in range(100, len(data), 400):
        path = tmp_path / "e.xls"
        path.write_bytes(data[:size])
        findings = Findings()
        frame = read_estates(path, findings=findings)
        assert findings.faults or len(frame) == len(GOOD)


def test_a_workbook_called_csv_and_bytes_that_are_no_text(tmp_path):
    path = xlsx(tmp_path / "e.xlsx", [HEAD, ROW]).rename(tmp_path / "e.csv")
    only(path, "file.not_text")
    (tmp_path / "f.csv").write_bytes("编号,小区\n1,甲\n".encode() + b"\xff\xff\x81")
    assert "line 3" in only(tmp_path / "f.csv", "file.encoding").text.en


def test_a_quotation_mark_that_is_never_closed_swallows_nothing(tmp_path):
    (tmp_path / "e.csv").write_text('编号,小区\n1,甲\n2,"乙\n3,丙\n', "utf-8")
    assert only(tmp_path / "e.csv", "file.quotes").source.row == 3


def test_an_unknown_kind_of_file(tmp_path):
    (tmp_path / "e.docx").write_bytes(b"x")
    assert ".xlsx" in only(tmp_path / "e.docx", "file.kind").text.en


def test_a_wrong_sheet_lists_the_sheets_and_the_nearest(tmp_path):
    fault = only(xlsx(tmp_path / "e.xlsx", [HEAD, ROW], "小区表"), "sheet.unknown", sheet="小区")
    assert fault.source.sheet == "小区"
    assert 'did you mean "小区表"' in fault.text.en


def test_no_header(tmp_path):
    fault = only(xlsx(tmp_path / "e.xlsx", [["甲", "乙"], [1, 2]]), "header.missing")
    assert "households" in fault.text.en
    assert "户数" in fault.text.zh


def test_neither_id_nor_name(tmp_path):
    for reader in (read_estates, read_venues):
        fault = only(
            xlsx(tmp_path / "e.xlsx", [["社区", "经度", "纬度"], ["甲", 120.2, 31.5]]),
            "column.missing",
            reader,
        )
        assert "社区" in fault.text.en
    fault = only(
        xlsx(tmp_path / "g.xlsx", [["门", "经度", "纬度"], ["甲", 120.2, 31.5]]), "column.missing", read_gates
    )
    assert "小区编号" in fault.text.zh


def test_a_header_and_nothing_below(tmp_path):
    path = xlsx(tmp_path / "e.xlsx", [HEAD])
    only(path, "table.no_rows")
    only(path, "table.no_rows", read_venues)


def test_lon_without_a_lat_column(tmp_path):
    fault = only(xlsx(tmp_path / "e.xlsx", [["编号", "小区", "经度"], ["1", "甲", 120.2]]), "column.missing")
    assert fault.source.column == "经度"


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        (3, -5, "number.negative"),
        (3, "很多", "number.unparsable"),
        (4, "东边", "number.unparsable"),
        (4, None, "point.half"),
        (5, None, "point.half"),
        (0, None, "id.blank"),
    ],
)
def test_a_bad_cell_is_named_with_its_place(tmp_path, column, value, code):
    bad = [*ROW]
    bad[column] = value
    fault = only(xlsx(tmp_path / "e.xlsx", [["标题"], HEAD, *GOOD, bad]), code)
    assert place(fault) == ("小区", 11, HEAD[column], "" if value is None else str(value))


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        (0, 0, "point.zero"),
        (31.55, 120.25, "point.swapped"),
        (31.5, 85.0, "point.swapped"),
        (200, 31.5, "point.out_of_range"),
        (120.2, -95, "point.out_of_range"),
        (12025, 31.5, "point.out_of_range"),
    ],
)
def test_impossible_coordinates(tmp_path, lon, lat, code):
    bad = [*ROW[:4], lon, lat]
    fault = only(xlsx(tmp_path / "e.xlsx", [HEAD, *GOOD, bad]), code)
    assert fault.source.row == 10
    assert fault.source.column in ("经度", "纬度")
    assert str(lon) in fault.source.value or str(lat) in fault.source.value


def test_a_point_swapped_among_others_is_found_far_from_china(tmp_path):
    rows = [[f"E{n}", f"x{n}", "", 1, -8.6 + n / 100, 41.1] for n in range(6)]
    assert faults(xlsx(tmp_path / "a.xlsx", [HEAD, *rows])) == []
    fault = only(xlsx(tmp_path / "e.xlsx", [HEAD, *rows, ["S", "s", "", 1, 41.1, -8.6]]), "point.swapped")
    assert fault.source.row == 8


def test_projected_values_in_degree_columns_ask_for_the_crs(tmp_path):
    rows = [[*row[:4], 520000 + n, 3490000 + n] for n, row in enumerate(GOOD)]
    fault = only(xlsx(tmp_path / "e.xlsx", [HEAD, *rows]), "point.projected")
    assert place(fault) == ("小区", 2, "经度", "520000, 3490000")
    assert "crs" in fault.text.en
    assert "2–9" in fault.text.en


def test_degrees_where_crs_says_metres_and_eastings_exchanged(tmp_path):
    only(xlsx(tmp_path / "e.xlsx", [HEAD, *GOOD]), "point.degrees", crs="EPSG:4549")
    rows = [HEAD, *([*row[:4], 3490000 + n, 520000 + n] for n, row in enumerate(GOOD))]
    found = faults(xlsx(tmp_path / "f.xlsx", rows), crs="EPSG:4549")
    assert {fault.code for fault in found} == {"point.swapped"}
    assert [fault.source.row for fault in found] == list(range(2, 10))
    rows = [HEAD, [*ROW[:4], 40520000, 3490000]]
    only(xlsx(tmp_path / "g.xlsx", rows), "point.out_of_range", crs="EPSG:4549")


@pytest.mark.parametrize(
    ("crs", "code"), [("GCJ-02 or BD-09", "crs.unknown"), ("EPSG:999999", "crs.unknown")]
)
def test_a_crs_that_is_not_understood(tmp_path, crs, code):
    only(xlsx(tmp_path / "e.xlsx", [HEAD, ROW]), code, crs=crs)


def test_a_header_that_names_a_shifted_datum_is_undone(tmp_path):
    rows = [["编号", "小区", "经度（高德）", "纬度（高德）"], ["1", "甲", 120.2, 31.5]]
    found = Findings()
    estates = read_estates(xlsx(tmp_path / "e.xlsx", rows), findings=found)
    assert not found.faults
    assert "crs.from_header" in {notice.code for notice in found.notices}
    assert 0.003 < abs(estates["lon"].iloc[0] - 120.2) < 0.007


def test_duplicate_ids_name_both_rows(tmp_path):
    fault = only(xlsx(tmp_path / "e.xlsx", [HEAD, *GOOD, [*GOOD[2][:1], *ROW[1:]]]), "id.duplicate")
    assert place(fault) == ("小区", 10, "编号", "G2")
    assert "row 4" in fault.text.en
    assert "第 4 行" in fault.text.zh


def test_duplicate_or_blank_names_without_an_id_column(tmp_path):
    rows = [["小区", "社区"], ["幸福苑", "龙山"], ["幸福苑", "龙山"], [None, "龙山"]]
    found = faults(xlsx(tmp_path / "e.xlsx", rows))
    assert sorted((fault.code, fault.source.row) for fault in found) == [("id.blank", 4), ("id.duplicate", 3)]


def test_an_unknown_word(tmp_path):
    rows = [["编号", "小区", "封闭"], ["1", "甲", "半开"]]
    fault = only(xlsx(tmp_path / "e.xlsx", rows), "word.unknown")
    assert place(fault) == ("小区", 2, "封闭", "半开")


def test_an_error_of_the_spreadsheet_or_a_formula_never_calculated(tmp_path):
    path = xlsx(tmp_path / "e.xlsx", [["编号", "小区", "户数"], ["1", "甲", "#REF!"], ["2", "乙", "=1+1"]])
    book = openpyxl.load_workbook(path)
    book.active["B2"].font = book.active["B3"].font = openpyxl.styles.Font(bold=True)
    book.active["B2"].value = book.active["B3"].value = None  # cells with a style and nothing in them
    book.save(path)
    found = faults(path)
    assert [(fault.code, fault.source.row, fault.source.value) for fault in found] == [
        ("cell.error", 2, "#REF!"),
        ("cell.error", 3, "="),
    ]


def test_a_formula_with_a_saved_result_is_a_value(tmp_path):
    import xlsxwriter

    memory = io.BytesIO()
    with xlsxwriter.Workbook(memory) as book:
        page = book.add_worksheet()
        for r, row in enumerate([["编号", "小区", "户数"], ["1", "甲", None]]):
            page.write_row(r, 0, row)
        page.write_formula("C2", "=100+200", None, 300)
    (tmp_path / "e.xlsx").write_bytes(memory.getvalue())
    findings = Findings()
    assert read_estates(tmp_path / "e.xlsx", findings=findings).loc["1", "households"] == 300
    assert findings.faults == []


def test_two_columns_of_one_meaning(tmp_path):
    rows = [["编号", "小区", "总户数", "住户数"], ["1", "甲", 1, 2]]
    fault = only(xlsx(tmp_path / "e.xlsx", rows), "column.twice")
    assert "总户数" in fault.text.en
    assert "住户数" in fault.text.en


def test_a_mapping_with_unknown_names(tmp_path):
    path = xlsx(tmp_path / "e.xlsx", [HEAD, ROW])
    assert '"households"' in only(path, "columns.unknown", columns={"houshold": "户数"}).text.en
    fault = only(path, "columns.missing", columns={"residents": "户數"})
    assert fault.source.column == "户數"
    assert "户数" in fault.text.en


def test_levels_and_weights_must_exist_and_count(tmp_path):
    path = xlsx(tmp_path / "e.xlsx", [[*HEAD, "会员"], [*ROW, "多"]])
    assert '"会员"' in only(path, "columns.missing", levels=["会员数"]).text.en
    only(path, "columns.missing", weights=["志愿者"])
    only(path, "weights.no_count", weights=["name"])
    assert place(only(path, "number.unparsable", weights=["会员"])) == ("小区", 2, "会员", "多")


def test_a_personal_column_cannot_be_asked_for(tmp_path):
    path = xlsx(tmp_path / "e.xlsx", [["编号", "小区", "姓名"], ["1", "甲", "张三"]])
    for options in ({"columns": {"name": "姓名"}}, {"levels": ["姓名"]}, {"weights": ["姓名"]}):
        fault = only(path, "columns.personal", **options)
        assert "张三" not in fault.in_("zh") + fault.in_("en")


def test_many_alike_faults_name_every_row_in_few_sentences(tmp_path):
    rows = [HEAD, *([f"E{n}", f"x{n}", "", -1, 120.2, 31.5] for n in range(300))]
    found = faults(xlsx(tmp_path / "e.xlsx", rows))
    assert {fault.code for fault in found} == {"number.negative"}
    assert len(found) == 51
    assert "52–301" in found[-1].text.en


def test_all_faults_of_all_tables_come_together(tmp_path):
    findings = Findings("zh")
    read_estates(xlsx(tmp_path / "e.xlsx", [HEAD, [*ROW[:3], -1, 0, 0]]), findings=findings)
    read_venues(xlsx(tmp_path / "v.xlsx", [["编号", "状态"], ["V1", "未知道"]]), findings=findings)
    read_gates(tmp_path / "gates.csv", findings=findings)
    assert [(fault.source.file, fault.code) for fault in findings.faults] == [
        ("e.xlsx", "point.zero"),
        ("e.xlsx", "number.negative"),
        ("v.xlsx", "word.unknown"),
        ("gates.csv", "file.missing"),
    ]
