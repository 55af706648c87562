"""Tables of estates as planners send them: every row is read or told of, every value where it belongs."""

from __future__ import annotations

import math
import random
import string
import tempfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st

from walkshed.errors import Findings, InputError
from walkshed.tables import read_estates
from walkshed.tables.estates import COLUMNS

HEAD = ["编号", "小区", "社区", "户数", "经度", "纬度"]
ROWS = [
    ["001", "桃源人家", "龙山社区", 300, 120.25, 31.55],
    ["002", "大丁佳苑", "龙山社区", 420, 120.26, 31.56],
    ["003", "香雪苑", "梅园社区", 510, 120.27, 31.57],
]


def xlsx(path, rows, *, merged=(), hidden=(), sheet="小区"):
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for row in rows:
        page.append(row)
    for area in merged:
        page.merge_cells(area)
    for row in hidden:
        page.row_dimensions[row].hidden = True
    book.save(path)
    return path


def xls(path, rows, *, merged=()):
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet("小区")
    taken = {
        (r, c)
        for top, bottom, left, right in merged
        for r in range(top, bottom + 1)
        for c in range(left, right + 1)
    }
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if (r, c) not in taken and cell is not None:
                page.write(r, c, cell)
    for top, bottom, left, right in merged:
        page.write_merge(top, bottom, left, right, rows[top][left])
    book.save(str(path))
    return path


def lines(rows, separator=","):
    return (
        "\r\n".join(separator.join("" if cell is None else str(cell) for cell in row) for row in rows)
        + "\r\n"
    )


def read(path, **options):
    findings = Findings("zh")
    frame = read_estates(path, findings=findings, **options)
    assert [fault.in_("zh") for fault in findings.faults] == []
    return frame, findings.notices


def codes(notices):
    return [notice.code for notice in notices]


def check_standard(frame):
    assert list(frame.index) == ["001", "002", "003"]
    assert frame.index.name == "estate_id"
    assert list(frame["name"]) == ["桃源人家", "大丁佳苑", "香雪苑"]
    assert list(frame["households"]) == [300.0, 420.0, 510.0]
    assert list(frame.geometry.x) == list(frame["lon"]) == [120.25, 120.26, 120.27]
    assert list(frame.geometry.y) == list(frame["lat"]) == [31.55, 31.56, 31.57]
    assert frame.crs.to_epsg() == 4326
    assert list(frame.columns[: len(COLUMNS)]) == list(COLUMNS)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_text_tables_in_any_encoding_and_separator(tmp_path, encoding, separator):
    path = tmp_path / "estates.csv"
    path.write_bytes(lines([HEAD, *ROWS], separator).encode(encoding))
    frame, notices = read(path)
    check_standard(frame)
    assert codes(notices) == (["file.encoding"] if encoding == "gb18030" else [])


def test_workbooks_new_and_old_read_alike(tmp_path):
    new, _ = read(xlsx(tmp_path / "e.xlsx", [HEAD, *ROWS]))
    old, _ = read(xls(tmp_path / "e.xls", [HEAD, *ROWS]))
    check_standard(new)
    pd.testing.assert_frame_equal(pd.DataFrame(new), pd.DataFrame(old))


def test_a_new_workbook_under_the_old_name_is_read_by_its_content(tmp_path):
    path = xlsx(tmp_path / "e.xlsx", [HEAD, *ROWS])
    check_standard(read(path.rename(tmp_path / "e.xls"))[0])


def test_the_table_as_a_street_office_sends_it(tmp_path):
    rows = [
        ["荣巷街道小区一览表"],
        ["填表人：张三", None, "电话：13812345678"],
        [],
        ["序号", "社区", "小区名称", "户数（户）", "60岁及以上人口", "联系人", "联系电话", "备注"],
        [1, "龙山社区", "桃源人家", "1,200", 100, "李四", 13912345678, "老小区"],
        [2, None, "大丁佳苑", "约300户", None, "王五", "13712345678", None],
        [],
        [3, "梅园社区", "香雪苑", "５１０", 90, None, None, "有食堂"],
        ["合计", None, None, 2010, 190],
        ["注：户数为2024年底数据"],
    ]
    path = xlsx(tmp_path / "e.xlsx", rows, merged=["A1:H1", "B5:B6"], hidden=[6])
    frame, notices = read(path)
    assert list(frame.index) == ["桃源人家", "大丁佳苑", "香雪苑"]
    assert list(frame["source_row"]) == [5, 6, 8]
    assert list(frame["community"]) == ["龙山社区", "龙山社区", "梅园社区"]
    assert list(frame["households"]) == [1200.0, 300.0, 510.0]
    assert math.isnan(frame.loc["大丁佳苑", "aged_60_plus"])
    assert list(frame["location_status"]) == ["not_located"] * 3
    assert frame.geometry.isna().all()
    assert list(frame.columns[len(COLUMNS) :]) == ["序号", "备注"]
    said = codes(notices)
    assert said.count("number.as_text") == 3
    for code in (
        "row.total",
        "row.remark",
        "row.hidden",
        "cell.merged",
        "column.personal",
        "point.no_columns",
    ):
        assert said.count(code) == 1, code
    by_code = {notice.code: notice for notice in notices}
    assert by_code["row.total"].source.row == 9
    assert by_code["row.hidden"].source.row == 6
    told = " ".join(notice.in_(language) for notice in notices for language in ("zh", "en"))
    for person in ("张三", "李四", "王五", "13812345678", "13912345678"):
        assert person not in told
        assert person not in frame.to_csv()
    assert "联系人、联系电话" in by_code["column.personal"].in_("zh")


def test_merged_cells_of_an_old_workbook_are_filled_too(tmp_path):
    rows = [HEAD, ROWS[0], [*ROWS[1][:2], None, *ROWS[1][3:]], ROWS[2]]
    frame, notices = read(xls(tmp_path / "e.xls", rows, merged=[(1, 2, 2, 2)]))
    assert list(frame["community"]) == ["龙山社区", "龙山社区", "梅园社区"]
    assert codes(notices) == ["cell.merged"]


def test_a_blank_cell_that_is_not_merged_stays_blank(tmp_path):
    rows = [HEAD, ROWS[0], [*ROWS[1][:2], None, *ROWS[1][3:]], ROWS[2]]
    text = tmp_path / "e.csv"
    text.write_text(lines(rows), "utf-8")
    for path in (xlsx(tmp_path / "e.xlsx", rows), text):
        assert list(read(path)[0]["community"]) == ["龙山社区", "", "梅园社区"]


def test_a_count_merged_over_rows_is_not_counted_twice(tmp_path):
    rows = [HEAD, ROWS[0], [*ROWS[1][:3], None, *ROWS[1][4:]], ROWS[2]]
    frame, notices = read(xlsx(tmp_path / "e.xlsx", rows, merged=["D2:D3"]))
    assert frame["households"].sum() == 300 + 510
    assert codes(notices) == ["cell.merged"]
    assert notices[0].source.column == "户数"


def test_a_merged_personal_cell_does_not_run_into_its_neighbour(tmp_path):
    rows = [["编号", "小区", "联系人", "备注"], ["1", "甲苑", "张三", None], ["2", "乙苑", None, None]]
    frame, _ = read(xlsx(tmp_path / "e.xlsx", rows, merged=["C2:D3"]))
    assert "张三" not in frame.to_csv()


def test_phone_numbers_in_texts_and_unnamed_columns_go_nowhere(tmp_path):
    rows = [
        ["编号", "小区", "地址", "其他", None],
        ["1", "甲苑", "河埒路 1 号 13812345678", "13912345678", "13712345678"],
        ["2", "乙苑", "河埒路 2 号", "", "无"],
    ]
    frame, notices = read(xlsx(tmp_path / "e.xlsx", rows))
    told = frame.to_csv() + " ".join(notice.in_("zh") for notice in notices)
    for number in ("13812345678", "13912345678", "13712345678"):
        assert number not in told
    assert frame.loc["1", "address"] == "河埒路 1 号 ***"
    assert {"column.personal", "cell.personal"} <= set(codes(notices))


def test_a_header_of_two_rows(tmp_path):
    rows = [
        ["编号", "小区", "人口", None, "坐标", None],
        [None, None, "总人口", "60岁以上", "经度", "纬度"],
        ["1", "桃源人家", 800, 90, 120.25, 31.55],
    ]
    path = xlsx(tmp_path / "e.xlsx", rows, merged=["A1:A2", "B1:B2", "C1:D1", "E1:F1"])
    frame, notices = read(path)
    row = frame.loc["1"]
    assert (row["residents"], row["aged_60_plus"], row["lon"], row["lat"]) == (800, 90, 120.25, 31.55)
    assert row["source_row"] == 3
    assert notices == []


def test_ids_are_text(tmp_path):
    rows = [["编号", "小区"], [1.0, "甲"], ["001", "乙"], [2, "丙"], ["A-1", "丁"], ["1.5E+10", "戊"]]
    frame, notices = read(xlsx(tmp_path / "e.xlsx", rows))
    assert list(frame.index) == ["1", "001", "2", "A-1", "1.5E+10"]
    assert codes(notices).count("id.doubtful") == 1


def test_without_an_id_column_the_name_is_the_id_and_its_community_where_needed(tmp_path):
    rows = [["小区", "社区"], ["幸福苑", "龙山"], ["幸福苑", "梅园"], ["　和平苑Ａ区 ", "梅园"]]
    frame, _ = read(xlsx(tmp_path / "e.xlsx", rows))
    assert list(frame.index) == ["幸福苑 (龙山)", "幸福苑 (梅园)", "和平苑A区"]


def test_an_id_column_left_blank_throughout_is_as_none(tmp_path):
    rows = [["编号", "小区"], [None, "甲苑"], [None, "乙苑"]]
    frame, notices = read(xlsx(tmp_path / "e.xlsx", rows))
    assert list(frame.index) == ["甲苑", "乙苑"]
    assert "id.from_name" in codes(notices)


def test_blank_coordinates_are_a_status(tmp_path):
    rows = [HEAD, ROWS[0], [*ROWS[1][:4], None, None], ROWS[2]]
    frame, notices = read(xlsx(tmp_path / "e.xlsx", rows))
    assert list(frame["location_status"]) == ["given", "not_located", "given"]
    assert frame.geometry.isna().tolist() == [False, True, False]
    assert math.isnan(frame.loc["002", "lon"])
    assert codes(notices) == ["point.not_located"]


def test_projected_columns_are_brought_to_degrees(tmp_path):
    from walkshed.crs import project

    x, y = project([row[4] for row in ROWS], [row[5] for row in ROWS], "EPSG:4549")
    rows = [HEAD, *([*row[:4], float(a), float(b)] for row, a, b in zip(ROWS, x, y, strict=True))]
    frame, _ = read(xlsx(tmp_path / "e.xlsx", rows), crs="epsg:4549")
    assert frame["lon"].tolist() == pytest.approx([row[4] for row in ROWS], abs=1e-8)
    assert frame["lat"].tolist() == pytest.approx([row[5] for row in ROWS], abs=1e-8)


def test_the_users_mapping_overrides_recognition(tmp_path):
    rows = [["编号", "小区", "户数", "实际户数"], ["1", "甲", 100, 90]]
    frame, _ = read(xlsx(tmp_path / "e.xlsx", rows), columns={"households": "实际户数", "id": "编号"})
    assert frame.loc["1", "households"] == 90
    assert frame.loc["1", "户数"] == 100


def test_headers_known_only_through_the_mapping_are_found(tmp_path):
    rows = [["标题"], ["代号甲", "叫什么"], ["1", "甲苑"]]
    frame, _ = read(xlsx(tmp_path / "e.xlsx", rows), columns={"estate_id": "代号甲", "name": "叫什么"})
    assert frame["name"].to_dict() == {"1": "甲苑"}


def test_our_own_name_wins_over_another_of_the_same_meaning(tmp_path):
    rows = [["编号", "名称", "户数", "households"], ["1", "甲", 100, 90]]
    frame, notices = read(xlsx(tmp_path / "e.xlsx", rows))
    assert frame.loc["1", "households"] == 90
    assert frame.loc["1", "户数"] == 100
    assert codes(notices).count("column.other") == 1


def test_levels_and_weights_are_columns_of_the_file(tmp_path):
    rows = [["编号", "小区", "网格", "会员数"], ["1", "甲", 3, "约20人"], ["2", "乙", None, None]]
    frame, _ = read(
        xlsx(tmp_path / "e.xlsx", rows), levels=("community", "网格"), weights=("会员数", "households")
    )
    assert frame["网格"].tolist() == ["3", ""]
    assert frame.loc["1", "会员数"] == 20
    assert math.isnan(frame.loc["2", "会员数"])
    assert frame["会员数"].dtype == "float64"


def test_the_sheet_with_the_table_is_found_and_others_are_told(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "封面"
    book.active.append(["荣巷街道"])
    for name in ("小区", "去年"):
        page = book.create_sheet(name)
        for row in [HEAD, *ROWS]:
            page.append(row)
    book.save(tmp_path / "e.xlsx")
    frame, notices = read(tmp_path / "e.xlsx")
    check_standard(frame)
    assert codes(notices) == ["sheet.others"]
    assert notices[0].source.sheet == "小区"
    assert "去年" in notices[0].in_("zh")
    assert read(tmp_path / "e.xlsx", sheet="去年")[1] == []


def test_columns_without_header_or_with_the_same_one_are_kept(tmp_path):
    rows = [["编号", "小区", "备注", "备注", None], ["1", "甲", "a", "b", "c"]]
    frame, notices = read(xlsx(tmp_path / "e.xlsx", rows))
    assert frame.loc["1", ["备注", "备注 (2)", "E"]].tolist() == ["a", "b", "c"]
    assert codes(notices).count("column.unnamed") == 1


def test_the_results_of_a_run_can_be_read_as_an_input(tmp_path):
    first, _ = read(xlsx(tmp_path / "e.xlsx", [HEAD, *ROWS]))
    pd.DataFrame(first.drop(columns="geometry")).to_csv(tmp_path / "estates.csv", encoding="utf-8-sig")
    again, notices = read(tmp_path / "estates.csv")
    check_standard(again)
    assert codes(notices).count("column.renamed") == 2  # location_status and source_row


def test_other_columns_keep_their_values_in_one_type(tmp_path):
    rows = [
        ["编号", "小区", "年份", "容积率", "类型", "混合", "日期"],
        ["1", "甲", 1998, 1.5, "多层", 5, pd.Timestamp("2024-05-01").to_pydatetime()],
        ["2", "乙", 2004, None, "高层", "无", pd.Timestamp("2024-06-01").to_pydatetime()],
    ]
    frame, _ = read(xlsx(tmp_path / "e.xlsx", rows))
    assert frame["年份"].tolist() == [1998, 2004]
    assert frame["容积率"].iloc[0] == 1.5
    assert frame["混合"].tolist() == ["5", "无"]
    assert frame["日期"].iloc[1] == pd.Timestamp("2024-06-01")
    frame.drop(columns="geometry").to_parquet(tmp_path / "all.parquet")


def test_an_error_in_a_column_that_is_not_used_is_told(tmp_path):
    rows = [["编号", "小区", "备注"], ["1", "甲", "=1/0"]]
    _, notices = read(xlsx(tmp_path / "e.xlsx", rows))
    assert [
        (notice.code, notice.source.row, notice.source.column) for notice in notices if "cell" in notice.code
    ] == [("cell.error", 2, "备注")]


def test_more_old_people_than_people_is_doubted(tmp_path):
    rows = [["编号", "小区", "人口", "60岁以上"], ["1", "甲", 100, 200]]
    assert codes(read(xlsx(tmp_path / "e.xlsx", rows))[1])[-1] == "count.doubtful"


def test_nothing_that_is_passed_in_is_changed(tmp_path):
    columns, levels, weights = {"name": "小区"}, ["community"], ["户数"]
    read(xlsx(tmp_path / "e.xlsx", [HEAD, *ROWS]), columns=columns, levels=levels, weights=weights)
    assert (columns, levels, weights) == ({"name": "小区"}, ["community"], ["户数"])


names = st.text(string.ascii_letters + "桃源人家大丁佳苑香雪合计 ", min_size=1, max_size=6)
cells = st.tuples(
    st.sampled_from(["", "甲社区", "乙社区"]),
    st.sampled_from(["", "300", "1,200", "约300户", "４５", "12 户"]),
    st.sampled_from([("", ""), ("120.25", "31.5"), ("120.3", "31.6")]),
)


@settings(deadline=None, max_examples=40)
@given(st.lists(cells, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_value(rows, chance):
    table = [
        [f"E{number}", f"小区{number}", community, f'"{count}"', *place]
        for number, (community, count, place) in enumerate(rows)
    ]
    shuffled = table.copy()
    chance.shuffle(shuffled)
    frames = []
    with tempfile.TemporaryDirectory() as folder:
        for order in (table, shuffled):
            path = Path(folder) / "e.csv"
            path.write_text(lines([HEAD, *order]), "utf-8")
            frame, _ = read(path)
            assert list(frame.index) == [row[0] for row in order]
            frames.append(pd.DataFrame(frame.drop(columns="source_row")))
    pd.testing.assert_frame_equal(frames[0], frames[1].loc[frames[0].index])


kinds = st.lists(
    st.sampled_from(["data", "blank", "total", "remark", "header", "example"]), min_size=1, max_size=25
)


@settings(deadline=None, max_examples=40)
@given(kinds, st.integers(0, 3))
def test_every_row_is_read_or_told_of(sequence, titles):
    rows = [["标题"] for _ in range(titles)] + [HEAD, ROWS[0]]
    for number, kind in enumerate(sequence):
        rows.append(
            {
                "data": [f"E{number}", f"小区{number}", "甲", 10, 120.2, 31.5],
                "blank": ["", "", "", "", "", ""],
                "total": ["", "合计", "", 10, "", ""],
                "remark": ["注：截至年底", "", "", "", "", ""],
                "header": HEAD,
                "example": ["示例", "示例小区", "", 1, 120.2, 31.5],
            }[kind]
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "e.csv"
        path.write_text(lines(rows), "utf-8")
        frame, notices = read(path)
    left_out = [notice.source.row for notice in notices if notice.code.startswith("row.")]
    filled = {number for number, row in enumerate(rows, start=1) if any(cell != "" for cell in row)}
    assert sorted([*frame["source_row"], *left_out]) == sorted(filled - set(range(1, titles + 2)))


def test_twenty_thousand_rows_with_the_same_oddity_are_told_in_few_words(tmp_path):
    rows = [HEAD, *([f"E{n}", f"小区{n}", "甲", '"1,200"', 120.2, 31.5] for n in range(2000))]
    path = tmp_path / "e.csv"
    path.write_text(lines(rows), "utf-8")
    frame, notices = read(path)
    assert frame["households"].eq(1200).all()
    assert len(notices) < 20
    assert "2001" in notices[-1].in_("zh")


def test_faults_are_raised_together_when_nobody_collects_them(tmp_path):
    rows = [HEAD, ["1", "甲", "", -5, 120.2, 31.5], ["1", "乙", "", "很多", 0, 0]]
    with pytest.raises(InputError) as error:
        read_estates(xlsx(tmp_path / "e.xlsx", rows))
    assert {fault.code for fault in error.value.faults} == {
        "number.negative",
        "number.unparsable",
        "id.duplicate",
        "point.zero",
    }


def test_any_mixture_of_garbage_ends_in_an_answer(tmp_path):
    chance = random.Random(7)
    pool = [
        "",
        "合计",
        "编号",
        "小区",
        "户数",
        "经度",
        "120.2",
        "-5",
        "2024-05-01",
        "约",
        "\n",
        '"',
        "张三",
        "１",
        "a,b",
    ]
    for number in range(60):
        rows = [
            [chance.choice(pool) for _ in range(chance.randint(1, 6))] for _ in range(chance.randint(1, 8))
        ]
        path = tmp_path / f"{number}.csv"
        path.write_text(lines(rows), "utf-8")
        findings = Findings()
        frame = read_estates(path, findings=findings)
        assert list(frame.columns[: len(COLUMNS)]) == list(COLUMNS)
        assert frame.index.is_unique
        assert len(frame) or findings.faults
