"""The review goes out, comes back in whatever state, and what was decided stays decided."""

from __future__ import annotations

import csv
import json
import random
import shutil
import subprocess
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

import walkshed
from conftest import need_program
from osm_maker import Town
from study_maker import study_text
from walkshed import datum
from walkshed.deliver.offline import remote_urls
from walkshed.errors import Findings, OutputError
from walkshed.locate import locate_study
from walkshed.places.decisions import (
    COLUMNS,
    Decision,
    Decisions,
    Row,
    apply_decisions,
    decisions_text,
    read_decisions,
    write_decisions,
)
from walkshed.places.kept_review import KEPT
from walkshed.places.review import HEADERS, read_review
from walkshed.tables.values import text_of

GEOD = Geod(ellps="WGS84")
TOWN = Town()
TWICE = {"a": (0, 300), "b": (3000, 300)}
"""Where the two estates called 南苑 are."""


def town_with_doubts() -> Town:
    town = Town()
    town.lattice(5, 5, 200)
    for n, name in enumerate(("幸福小区一期", "幸福小区二期", "桃源人家")):
        town.ring(
            [(200 * n, 0), (200 * n + 90, 0), (200 * n + 90, 90), (200 * n, 90)],
            landuse="residential",
            name=name,
        )
    for x, y in TWICE.values():
        town.ring([(x, y), (x + 90, y), (x + 90, y + 90), (x, y + 90)], landuse="residential", name="南苑")
    town.way([(0, -30), (800, -30)], highway="residential", name="梁溪路")
    return town


@pytest.fixture(scope="session")
def asked(tmp_path_factory):
    """Return a study of which some places are not sure, with its review written."""
    folder = tmp_path_factory.mktemp("asked") / "s"
    folder.mkdir()
    town_with_doubts().write(folder / "streets.osm.pbf")
    lon, lat = TOWN.lonlat(420, 40)
    (folder / "estates.csv").write_text(
        f"编号,小区,户数,经度,纬度\n001,桃源人家,10,,\n002,幸福小区,20,,\n003,南苑,30,,\n004,=1+1,40,,\n005,丁家苑,50,{lon},{lat}\n"
        f"006,戊家苑,60,{lon},{lat}\n",
        "utf-8",
    )
    (folder / "venues.csv").write_text(f"编号,名称,经度,纬度\n001,中心,{lon},{lat}\n002,梁溪路,,\n", "utf-8")
    (folder / "study.toml").write_text(study_text(), "utf-8")
    locate_study(folder)
    return folder


@pytest.fixture
def study(asked, tmp_path):
    """Return a copy of that study."""
    return shutil.copytree(asked, tmp_path / "s")


def decided(study):
    """Return decisions.csv, by kind and id."""
    with (study / "decisions.csv").open(encoding="utf-8-sig", newline="") as file:
        return {(row["kind"], row["id"]): row for row in csv.DictReader(file)}


def answers(study):
    found = locate_study(study)
    return {a.key: a for a in found.located.answers}, [n.code for n in found.notices]


class Sheet:
    """The review as a planner sees it in a spreadsheet program."""

    def __init__(self, study):
        self.path = study / "places_review.xlsx"
        self.book = openpyxl.load_workbook(self.path)
        self.page = self.book.worksheets[0]
        self.columns = {cell.value: cell.column for cell in self.page[1]}

    def rows(self, ident, kind="小区"):
        return [
            r
            for r in range(2, self.page.max_row + 1)
            if (self.get(r, "kind"), self.get(r, "id")) == (kind, ident)
        ]

    def get(self, row, key):
        return self.page.cell(row, self.columns[HEADERS[key].zh]).value

    def put(self, ident, key, value, *, line=0, kind="小区"):
        self.page.cell(self.rows(ident, kind)[line], self.columns[HEADERS[key].zh]).value = value

    def mix(self, seed=0, drop=lambda _cells: False):
        """Sort the rows at random, leave some out, and turn the columns around."""
        rows = [[cell.value for cell in row] for row in self.page.iter_rows()]
        head, body = rows[0], [row for row in rows[1:] if not drop(dict(zip(rows[0], row, strict=True)))]
        rng = random.Random(seed)
        rng.shuffle(body)
        order = list(range(len(head)))
        rng.shuffle(order)
        self.page.delete_rows(1, self.page.max_row)
        self.page.append(["核对表（街道办）"])
        self.page.append([])
        for row in [head, *body]:
            self.page.append([str(row[n]) if row[n] is not None else None for n in order])

    def save(self):
        self.book.save(self.path)


# what goes out


def test_the_review_asks_exactly_about_what_is_open(study):
    found = locate_study(study)
    asked = {answer.key for answer in found.located.open}
    assert asked == {
        ("estate", "002"), ("estate", "003"), ("estate", "004"), ("estate", "005"), ("estate", "006"), ("venue", "002"),
    }  # fmt: skip
    sheet = Sheet(study)
    seen = {(sheet.get(r, "kind"), sheet.get(r, "id")) for r in range(2, sheet.page.max_row + 1)}
    assert seen == {({"estate": "小区", "venue": "场所"}[kind], ident) for kind, ident in asked}
    assert sheet.page.freeze_panes == "E2"
    names = [sheet.get(r, "place") for r in sheet.rows("002")[1:]]
    assert names[:2] == ["幸福小区一期", "幸福小区二期"]


def test_a_place_and_each_candidate_can_be_chosen_from_a_list(study):
    sheet = Sheet(study)
    lists = {
        cell: rule.formula1
        for rule in sheet.page.data_validations.dataValidation
        for cell in str(rule.sqref).split()
    }
    for ident in ("002", "003"):
        first, *others = sheet.rows(ident)
        column = openpyxl.utils.get_column_letter(sheet.columns["选择"])
        numbers = [str(n) for n in range(1, len(others) + 1)]
        assert lists[f"{column}{first}"] == '"' + ",".join([*numbers, "都不是"]) + '"'


def test_no_cell_is_a_formula_and_decisions_cannot_become_one(study):
    with zipfile.ZipFile(study / "places_review.xlsx") as book:
        sheets = [book.read(name).decode() for name in book.namelist() if "worksheets" in name]
    assert not any("<f>" in text or "<f " in text for text in sheets)
    text = decisions_text(
        Decisions((Decision("estate", "=A1", "@SUM(1)", "typed", 1.0, 2.0, "+x", "-y", "=z"),))
    )
    for cell in next(csv.reader(text.splitlines()[1:])):
        assert not cell.startswith(("=", "@", "+", "-"))


def test_the_same_places_make_the_same_bytes(study):
    first = {name: (study / name).read_bytes() for name in ("places_review.xlsx", "places_review.html")}
    locate_study(study)
    assert first == {name: (study / name).read_bytes() for name in first}


def test_the_map_needs_no_network_and_names_stay_text(study):
    text = (study / "estates.csv").read_text("utf-8").replace("=1+1", "<img src=x onerror=alert(1)>{{ 7*7 }}")
    (study / "estates.csv").write_text(text, "utf-8")
    locate_study(study)
    html = (study / "places_review.html").read_text("utf-8")
    assert remote_urls(html) == []
    assert "<img src=x" not in html
    assert "{{ 7*7 }}" in html
    block = html.partition('id="walkshed-review">')[2].partition("</script>")[0]
    data = json.loads(block)
    numbers = {
        p["id"]: len(p["candidates"])
        for p in data["places"]
        if p["status"] == "doubtful" and p["id"] != "004"
    }
    sheet = Sheet(study)
    assert numbers["003"] == len(sheet.rows("003")) - 1 == 2


@pytest.mark.full
def test_the_map_shows_places_and_candidates_in_a_browser_without_asking_anybody(study):
    chromium = need_program("chromium")
    from playwright.sync_api import sync_playwright

    asked, complaints = [], []
    with sync_playwright() as playwright:
        arguments = [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
        ]
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto((study / "places_review.html").as_uri())
        page.wait_for_selector(".wr-item")
        items = page.locator(".wr-item b").all_text_contents()
        assert sorted(items) == sorted(["幸福小区", "南苑", "=1+1", "丁家苑", "戊家苑", "梁溪路"])
        page.locator(".wr-item", has_text="南苑").click()
        page.wait_for_selector(".wr-card")
        assert "南苑 · 1" in page.locator(".wr-card").inner_text()
        sheet = Sheet(study)
        shown = page.locator(".wr-pin").count()
        listed = sum(sheet.get(r, "number") is not None for r in range(2, sheet.page.max_row + 1))
        assert shown == listed
        browser.close()
    assert not complaints
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_an_english_study_is_asked_in_english(study):
    (study / "study.toml").write_text(study_text("en"), "utf-8")
    locate_study(study)
    page = openpyxl.load_workbook(study / "places_review.xlsx").worksheets[0]
    assert [cell.value for cell in page[1]] == [header.en for header in HEADERS.values()]
    column = list(HEADERS).index("choose") + 1
    row = next(r for r in range(2, page.max_row + 1) if page.cell(r, 2).value == "003")
    page.cell(row, column).value = 2
    page.parent.save(study / "places_review.xlsx")
    locate_study(study)
    assert decided(study)["estate", "003"]["choice"] == "candidate"


# what comes back


def check_south_garden(study):
    """Assert that the second 南苑 was chosen, and is used."""
    row = decided(study)["estate", "003"]
    assert row["choice"] == "candidate"
    found, _ = answers(study)
    answer = found["estate", "003"]
    assert (answer.status, answer.decided) == ("matched", True)
    x, y = TWICE["b"]
    assert GEOD.inv(answer.lon, answer.lat, *TOWN.lonlat(x + 45, y + 45))[2] < 40


def number_of_b(sheet):
    """Return the number of the eastern candidate of 003."""
    east = max(sheet.rows("003")[1:], key=lambda r: sheet.get(r, "lon"))
    return sheet.get(east, "number")


@pytest.mark.parametrize(
    "write",
    [int, str, lambda n: f"{n}.0", lambda n: chr(0xFF10 + n), lambda n: f"候选{n}", lambda n: f" {n}号 "],
)
def test_a_choice_by_number_in_any_spelling_is_taken(study, write):
    sheet = Sheet(study)
    sheet.put("003", "choose", write(number_of_b(sheet)))
    sheet.save()
    _, codes = answers(study)
    assert "review.taken" in codes
    check_south_garden(study)


@pytest.mark.parametrize("mark", ["√", "x", "是", "self"])
def test_a_mark_beside_a_candidate_is_a_choice(study, mark):
    sheet = Sheet(study)
    number = number_of_b(sheet)
    sheet.put("003", "choose", number if mark == "self" else mark, line=number)
    sheet.save()
    answers(study)
    check_south_garden(study)


@pytest.mark.parametrize("seed", range(3))
def test_sorted_rows_moved_columns_and_numbers_as_text_change_nothing(study, seed):
    sheet = Sheet(study)
    sheet.put("003", "choose", number_of_b(sheet))
    sheet.put("002", "own_lon", 120.2511)
    sheet.put("002", "own_lat", 31.5712)
    sheet.mix(seed)
    sheet.save()
    findings = Findings()
    chosen = read_review(sheet.path, findings=findings)
    assert {(one.kind, one.id, one.choice) for one in chosen.made} == {
        ("estate", "003", "candidate"), ("estate", "002", "typed"),
    }  # fmt: skip
    assert not [n for n in findings.notices if n.code.startswith("review")]
    answers(study)
    check_south_garden(study)


def test_a_choice_means_its_candidate_even_where_the_candidate_s_row_is_gone(study):
    sheet = Sheet(study)
    sheet.put("003", "choose", number_of_b(sheet))
    sheet.mix(1, drop=lambda cells: bool(cells["候选号"]))
    sheet.save()
    answers(study)
    check_south_garden(study)


def test_rows_that_were_deleted_are_asked_again_and_nothing_else_happens(study):
    sheet = Sheet(study)
    sheet.mix(2, drop=lambda cells: cells["编号"] == "003")
    sheet.save()
    found, _ = answers(study)
    assert found["estate", "003"].status == "doubtful"
    assert not (study / "decisions.csv").exists()


def test_a_workbook_without_its_hidden_sheet_is_still_read(study):
    sheet = Sheet(study)
    sheet.put("003", "choose", number_of_b(sheet))
    del sheet.book["walkshed"]
    sheet.save()
    answers(study)
    check_south_garden(study)


@pytest.mark.parametrize(
    ("crs", "system"), [("", "EPSG:4326"), ("WGS84", "EPSG:4326"), ("GCJ-02", "GCJ-02"), ("百度", "BD-09")]
)
def test_typed_coordinates_are_taken_in_their_datum(study, crs, system):
    here = TOWN.lonlat(123, 456)
    lon, lat = (float(v) for v in datum.convert(*here, source="EPSG:4326", target=system))
    sheet = Sheet(study)
    sheet.put("002", "own_lon", lon)
    sheet.put("002", "own_lat", lat)
    sheet.put("002", "own_crs", crs)
    sheet.save()
    found, _ = answers(study)
    answer = found["estate", "002"]
    assert (answer.status, answer.decided) == ("given", True)
    assert GEOD.inv(answer.lon, answer.lat, *here)[2] < 0.05


def test_a_pair_in_one_cell_is_a_pair(study):
    sheet = Sheet(study)
    sheet.put("002", "own_lon", "120.2512，31.5713")
    sheet.save()
    answers(study)
    assert decided(study)["estate", "002"]["lat"] == "31.5713000"


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ({"choose": 99}, "没有候选"),
        ({"choose": "也许"}, "无法识别"),
        ({"own_lon": 120.25}, "经纬度缺一"),
        ({"own_lon": 31.57, "own_lat": 120.25}, "填反"),
        ({"own_lon": 0, "own_lat": 0}, "不是经纬度"),
        ({"own_lon": 120.2, "own_lat": 31.5, "own_crs": "北京54啊"}, "坐标系"),
        ({"choose": "表中坐标正确"}, "表中没有坐标"),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_row_and_kept_in_a_copy(study, cells, word):
    sheet = Sheet(study)
    for key, value in cells.items():
        sheet.put("002", key, value)
    sheet.save()
    before = sheet.path.read_bytes()
    found = locate_study(study)
    (told,) = [n for n in found.notices if n.code == "review.not_taken"]
    assert word in told.text.zh
    assert told.source.row == sheet.rows("002")[0]
    assert (study / KEPT).read_bytes() == before
    assert {a.key: a.status for a in found.located.answers}["estate", "002"] == "doubtful"


def test_two_choices_for_one_place_are_none(study):
    sheet = Sheet(study)
    sheet.put("003", "choose", "√", line=1)
    sheet.put("003", "choose", "√", line=2)
    sheet.save()
    found, codes = answers(study)
    assert "review.not_taken" in codes
    assert found["estate", "003"].status == "doubtful"


def test_candidate_coordinates_that_were_typed_over_are_told(study):
    sheet = Sheet(study)
    sheet.put("003", "lon", 121.0, line=1)
    sheet.put("003", "choose", 1)
    sheet.save()
    _, codes = answers(study)
    assert "review.changed" in codes
    assert float(decided(study)["estate", "003"]["lon"]) < 120.9


def test_rows_of_nobody_are_told(study):
    sheet = Sheet(study)
    for name, key in (("没有问过的地方", "999"), ("", "")):
        row = sheet.page.max_row + 1
        for column, value in (
            (HEADERS["kind"].zh, "小区"),
            (HEADERS["id"].zh, key),
            (HEADERS["name"].zh, name),
            ("选择", 1),
        ):
            sheet.page.cell(row, sheet.columns[column]).value = value
    sheet.save()
    findings = Findings()
    assert read_review(sheet.path, findings=findings).made == ()
    assert [n.code for n in findings.notices] == ["review.unknown_place", "review.no_place"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 damaged", b"<html>"])
def test_a_damaged_workbook_is_told_and_put_aside(study, content):
    (study / "places_review.xlsx").write_bytes(content)
    found = locate_study(study)
    assert any(n.code.startswith("file.") for n in found.notices)
    assert (study / KEPT).read_bytes() == content
    assert len(Sheet(study).rows("003")) == 3


def test_a_workbook_whose_columns_are_gone_is_told(study):
    sheet = Sheet(study)
    sheet.page.delete_cols(sheet.columns["选择"])
    sheet.save()
    _, codes = answers(study)
    assert "review.no_columns" in codes


def test_none_of_them_is_not_asked_again_and_can_be_taken_back(study):
    sheet = Sheet(study)
    sheet.put("003", "choose", "都不是")
    sheet.save()
    found, _ = answers(study)
    assert (found["estate", "003"].status, found["estate", "003"].decided) == ("not_found", True)
    sheet = Sheet(study)
    assert sheet.get(sheet.rows("003")[0], "choose") == "都不是"
    sheet.put("003", "choose", "重新查找")
    sheet.save()
    found, _ = answers(study)
    assert (found["estate", "003"].status, found["estate", "003"].decided) == ("doubtful", False)
    assert decided(study) == {}


def test_an_odd_given_place_can_be_confirmed_and_is_then_quiet(study):
    sheet = Sheet(study)
    sheet.put("005", "choose", "表中坐标正确")
    sheet.save()
    found = locate_study(study)
    assert ("estate", "005") not in {a.key for a in found.located.open}
    assert found.located.estates.loc["005", "location_status"] == "given"


def test_decided_places_come_last_with_their_choice_and_saving_them_unchanged_changes_nothing(study):
    sheet = Sheet(study)
    sheet.put("003", "choose", number_of_b(sheet))
    sheet.put("002", "own_lon", 120.2511)
    sheet.put("002", "own_lat", 31.5712)
    sheet.save()
    locate_study(study)
    before = (study / "decisions.csv").read_bytes()
    sheet = Sheet(study)
    assert min(sheet.rows("003") + sheet.rows("002")) > max(sheet.rows("004"))
    assert sheet.get(sheet.rows("003")[0], "choose")
    sheet.mix(5)
    sheet.save()
    found, codes = answers(study)
    assert (study / "decisions.csv").read_bytes() == before
    assert "review.taken" not in codes
    assert found["estate", "002"].status == "given"


def test_what_was_taken_out_of_decisions_by_hand_does_not_come_back_from_an_old_workbook(study):
    sheet = Sheet(study)
    sheet.put("003", "choose", 1)
    sheet.save()
    locate_study(study)
    (study / "decisions.csv").unlink()
    found, _ = answers(study)
    assert found["estate", "003"].status == "doubtful"


def test_an_open_workbook_that_cannot_be_written_is_a_sentence(study, monkeypatch):
    from pathlib import Path

    real = Path.replace

    def refused(self, target):
        if str(target).endswith(".xlsx"):
            raise PermissionError(13, "Permission denied")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", refused)
    before = (study / "places_review.xlsx").read_bytes()
    with pytest.raises(OutputError, match="close it"):
        locate_study(study)
    assert (study / "places_review.xlsx").read_bytes() == before
    assert not list(study.glob(".*.part"))


@pytest.mark.full
@pytest.mark.parametrize("through", [("xlsx",), ("ods", "xlsx"), ("xls", "xlsx")])
def test_what_libreoffice_saves_is_read(study, tmp_path, through):
    office = need_program("soffice")
    sheet = Sheet(study)
    sheet.put("003", "choose", str(number_of_b(sheet)))
    sheet.put("002", "own_lon", "120.2511")
    sheet.put("002", "own_lat", 31.5712)
    sheet.save()
    path = sheet.path
    for number, form in enumerate(through):
        out = tmp_path / f"step{number}"
        command = [
            office,
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--headless",
            "--convert-to",
            form,
            "--outdir",
        ]
        subprocess.run([*command, str(out), str(path)], check=True, capture_output=True, timeout=180)
        path = out / f"places_review.{form}"
    shutil.copyfile(path, study / "places_review.xlsx")
    answers(study)
    check_south_garden(study)
    assert decided(study)["estate", "002"]["choice"] == "typed"


# decisions


# as tables are read: one line, nothing invisible
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).map(text_of)
DEGREES = st.tuples(
    st.floats(-179, 179).map(lambda v: round(v, 7)), st.floats(-89, 89).map(lambda v: round(v, 7))
)


@st.composite
def made_decisions(draw):
    """Draw decisions as they are made."""
    rows = {}
    for _ in range(draw(st.integers(0, 5))):
        kind, ident = draw(st.sampled_from(["estate", "venue"])), draw(TEXTS.filter(bool))
        choice = draw(st.sampled_from(["candidate", "typed", "given", "nowhere"]))
        at = (None, None) if choice == "nowhere" else draw(DEGREES.filter(lambda p: p != (0, 0)))
        given_at = draw(st.none() | DEGREES.filter(lambda p: p != (0, 0)))
        rows[kind, ident] = Decision(
            kind, ident, draw(TEXTS), choice, *at, draw(TEXTS), draw(TEXTS), draw(TEXTS), given_at
        )
    return Decisions(tuple(rows.values()))


@settings(max_examples=80, deadline=None)
@given(made_decisions())
def test_decisions_come_back_as_they_were_written(tmp_path_factory, made):
    path = tmp_path_factory.mktemp("d") / "decisions.csv"
    write_decisions(path, made)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    findings = Findings()
    again = read_decisions(path, findings=findings)
    assert sorted(again.made, key=repr) == sorted(made.made, key=repr)
    assert not again.unread
    assert not findings.notices
    assert decisions_text(again) == path.read_bytes().decode("utf-8-sig")


def test_lines_that_cannot_be_read_are_told_and_kept(tmp_path):
    path = tmp_path / "decisions.csv"
    good = "estate,1,桃源人家,typed,120.25,31.57,,,,,"
    bad = [
        "estate,2,南苑,vielleicht,120.25,31.57,,,,,",
        "haus,3,南苑,typed,1,2,,,,,",
        "estate,4,x,typed,,,,,,,",
        "estate,,,nowhere,,,,,,,",
    ]
    path.write_text("\n".join([",".join(COLUMNS), good, *bad]), "utf-8")
    findings = Findings()
    read = read_decisions(path, findings=findings)
    assert [one.id for one in read.made] == ["1"]
    assert [(n.code, n.source.row) for n in findings.notices] == [
        ("decisions.unread", row) for row in (3, 4, 5, 6)
    ]
    write_decisions(path, read)
    text = path.read_text("utf-8-sig")
    assert all(line.split(",")[1] in text for line in bad[:3])
    assert len(read_decisions(path, findings=Findings()).unread) == 4


def test_a_file_that_excel_saved_is_read(tmp_path):
    path = tmp_path / "decisions.csv"
    text = ";".join(COLUMNS) + "\nestate;1;桃源人家;typed;120.25;31.57;;;;;\n"
    path.write_bytes(text.encode("gb18030"))
    read = read_decisions(path, findings=Findings())
    assert read.made[0].name == "桃源人家"


def test_a_file_without_its_columns_is_a_fault_and_is_not_written_over(study):
    (study / "decisions.csv").write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(walkshed.InputError, match="缺少列"):
        locate_study(study)
    assert (study / "decisions.csv").read_text("utf-8") == "a,b\n1,2\n"


HERE = Decision("estate", "001", "桃源人家", "typed", 120.25, 31.57)


@pytest.mark.parametrize(
    ("rows", "held", "code"),
    [
        ([Row("estate", "001", "桃源人家")], "001", None),
        ([Row("estate", "1", "桃源人家")], "1", "decisions.id_changed"),
        ([Row("estate", "001", "桃源人家小区")], "001", "decisions.name_changed"),
        ([Row("estate", "001", "山语银城")], None, "decisions.other_place"),
        ([Row("estate", "001", "山语银城"), Row("estate", "002", "桃源人家")], "002", "decisions.id_changed"),
        ([Row("estate", "001", "桃源人家二期")], None, "decisions.other_place"),
        ([Row("estate", "7", "别处")], None, "decisions.unknown_id"),
        ([Row("venue", "001", "桃源人家")], None, "decisions.unknown_id"),
        ([Row("estate", "8", "桃源人家"), Row("estate", "9", "桃源人家")], None, "decisions.unknown_id"),
        ([Row("estate", "001", "桃源人家", (120.3, 31.6))], None, "decisions.table_wins"),
        ([], None, "decisions.unknown_id"),
    ],
)
def test_a_decision_follows_its_row_or_is_kept_and_told(rows, held, code):
    findings = Findings()
    applied = apply_decisions(Decisions((HERE,)), rows, findings=findings)
    assert [key[1] for key in applied.by_row] == ([held] if held else [])
    assert [n.code for n in findings.notices] == ([code] if code else [])
    assert len(applied.decisions.made) == 1
    if held is None:
        assert applied.decisions.made == (HERE,)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("1234"), st.sampled_from(["桃源人家", "南苑", "幸福里"])),
        unique_by=lambda r: r[0],
    ),
    st.lists(
        st.tuples(st.sampled_from("1234"), st.sampled_from(["桃源人家", "南苑", "幸福里"])),
        unique_by=lambda r: r[0],
    ),
)
def test_no_decision_is_ever_lost_or_used_for_another_name(made, rows):
    decisions = Decisions(tuple(Decision("estate", i, n, "typed", 120.0, 31.0) for i, n in made))
    findings = Findings()
    applied = apply_decisions(decisions, [Row("estate", i, n) for i, n in rows], findings=findings)
    assert len(applied.decisions.made) == len(made)
    names = dict(rows)
    for (_, ident), decision in applied.by_row.items():
        assert names[ident] == decision.name
    # what is not in its place is told, one by one
    exact = sum(pair in rows for pair in made)
    assert len(findings.notices) == len(made) - exact


def test_decisions_survive_a_new_version_of_the_table(study):
    sheet = Sheet(study)
    sheet.put("003", "choose", number_of_b(sheet))
    sheet.put("002", "choose", 1)
    sheet.save()
    locate_study(study)
    text = (study / "estates.csv").read_text("utf-8")
    text = text.replace("003,南苑", "A-3,南苑").replace("002,幸福小区,20,,\n", "")
    (study / "estates.csv").write_text(text, "utf-8")
    found, codes = answers(study)
    assert found["estate", "A-3"].decided
    assert {"decisions.id_changed", "decisions.unknown_id"} <= set(codes)
    assert set(decided(study)) == {("estate", "A-3"), ("estate", "002")}


# faults of the study itself


@pytest.mark.parametrize(
    ("file", "content", "word"),
    [
        ("streets.osm.pbf", b"", "空的"),
        ("streets.osm.pbf", None, "找不到路网文件"),
        ("estates.csv", None, "找不到该文件"),
        ("study.toml", b"[study", "TOML"),
    ],
)
def test_a_study_that_cannot_be_read_is_a_sentence_and_leaves_the_review_alone(study, file, content, word):
    before = (study / "places_review.xlsx").read_bytes()
    if content is None:
        (study / file).unlink()
    else:
        (study / file).write_bytes(content)
    with pytest.raises(walkshed.InputError, match=word):
        locate_study(study)
    assert (study / "places_review.xlsx").read_bytes() == before


def test_streets_without_names_are_told_and_known_places_are_still_found(study):
    import geopandas as gpd
    import shapely

    line = shapely.LineString([TOWN.lonlat(0, 0), TOWN.lonlat(800, 0)])
    gpd.GeoDataFrame(geometry=[line], crs=4326).to_file(study / "streets.gpkg")
    (study / "study.toml").write_text(study_text(streets='file = "streets.gpkg"\ngates = "open"'), "utf-8")
    found = locate_study(study)
    assert "places.no_names" in [n.code for n in found.notices]
    assert {a.status for a in found.located.answers} == {"given", "not_found"}
    lon, lat = TOWN.lonlat(50, 50)
    (study / "known.csv").write_text(f"名称,经度,纬度\n桃源人家,{lon},{lat}\n", "utf-8")
    from walkshed.located import locate_inputs
    from walkshed.places.settings import PlacesSettings
    from walkshed.tables import read_estates, read_venues

    settings_of = walkshed.read_study(study)

    class WithPlaces:
        places = PlacesSettings(known=study / "known.csv")

        def __getattr__(self, name):
            return getattr(settings_of, name)

    tables = read_estates(study / "estates.csv"), read_venues(study / "venues.csv")
    made = locate_inputs(WithPlaces(), *tables, Findings())
    assert made.estates.loc["001", "location_status"] == "matched"
    assert made.answers[0].best.candidate.source == "known"


def test_a_run_takes_choices_over_and_asks_nothing_where_everything_is_known(study):
    from walkshed.located import locate_inputs
    from walkshed.tables import read_estates, read_venues

    sheet = Sheet(study)
    sheet.put("003", "choose", number_of_b(sheet))
    sheet.save()
    spec = walkshed.read_study(study)
    tables = read_estates(study / "estates.csv"), read_venues(study / "venues.csv")
    made = locate_inputs(spec, *tables, Findings())
    assert made.estates.loc["003", "location_status"] == "matched"
    assert made.estates.loc["002", "location_status"] == "doubtful"
    assert made.estates.loc["002"].geometry is None
    assert (study / "decisions.csv").is_file()
    whole = tables[0].dropna(subset=["lon"]), tables[1].dropna(subset=["lon"])
    (study / "decisions.csv").unlink()
    (study / "streets.osm.pbf").unlink()
    findings, sent = Findings(), []
    same = locate_inputs(spec, *whole, findings, sent=sent)
    assert same.estates.equals(whole[0])
    assert same.venues.equals(whole[1])
    assert findings.faults == findings.notices == sent == []
