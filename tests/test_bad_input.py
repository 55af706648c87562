"""Bad input gets a clear sentence, and nothing is lost: the command, end to end, on everything that can be wrong.

Each failing run must say where and what in the study's language, end with exit code 1 and no traceback,
leave the previous results as they were to the byte, and leave no temporary folder behind.
"""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from study_maker import (
    ESTATES,
    VENUES,
    changed,
    estate_rows,
    make_study,
    place,
    standing,
    study_text,
    table,
    venue_rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ZH, EN = ESTATES["zh"], ESTATES["en"]
STREETS = 'file = "{}"\ngates = "open"'


@dataclass(frozen=True)
class Said:
    """What the command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err

    @property
    def faults(self) -> list[str]:
        return [line.strip() for line in self.err.splitlines() if line.startswith("  ")]


def command(*words: object) -> Said:
    """Run the command in this process; an exception that reaches the top is a failure of the test."""
    from walkshed.cli import app

    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert "Traceback" not in result.output
    return Said(result.exit_code, result.stdout, result.stderr)


def process(*words: object, code: str | None = None, **options: object) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    start = [sys.executable, "-c", code] if code else [sys.executable, "-m", "walkshed"]
    env = {**os.environ, "PYTHONUTF8": "1", **options.pop("env", {})}  # type: ignore[dict-item]
    return subprocess.run(
        [*start, *map(str, words)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=env,
        check=False,
        timeout=60,
        **options,
    )  # type: ignore[call-overload]


@pytest.fixture(scope="session")
def run_once(tmp_path_factory) -> Path:
    """Return a study that has been run, never to be changed."""
    folder = make_study(tmp_path_factory.mktemp("bad") / "study")
    assert command("run", folder).code == 0
    return folder


@pytest.fixture
def study(run_once, tmp_path) -> Path:
    """Return a copy of the study with its results, in a folder with a blank and Chinese in its name."""
    return Path(shutil.copytree(run_once, tmp_path / "荣巷 街道" / "study"))


def refused(folder: Path, *words: object) -> Said:
    """Run a study that must be refused; nothing of the previous run may change."""
    before = standing(folder)
    assert before.files, "there is something to lose"
    said = command("run", folder, *words)
    assert said.code == 1, said.all
    assert said.out == ""
    assert standing(folder) == before
    assert not standing(folder).beside
    return said


def text(folder: Path, name: str, content: str) -> None:
    (folder / name).write_text(content, encoding="utf-8")


def estates(folder: Path, cells: dict[tuple[int, int], object], language: str = "zh") -> None:
    text(folder, "estates.csv", table(ESTATES[language], changed(estate_rows(), cells)))


def venues(folder: Path, cells: dict[tuple[int, int], object], language: str = "zh") -> None:
    text(folder, "venues.csv", table(VENUES[language], changed(venue_rows(), cells)))


def one_fault(said: Said, *parts: str) -> None:
    """There is exactly one fault, and it holds every part."""
    assert len(said.faults) == 1, said.err
    for part in parts:
        assert part in said.faults[0], (part, said.faults[0])


# --- the street file -------------------------------------------------------------------------------


def _missing(path: Path) -> None:
    path.unlink(missing_ok=True)


def _cut(path: Path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])


def _town(path: Path) -> None:
    from osm_maker import Town

    town = Town()
    town.lattice(5, 5, 200)
    town.write(path)


def _cut_town(path: Path) -> None:
    _town(path)
    _cut(path, 0.8)


def _no_way(path: Path) -> None:
    from osm_maker import Town

    town = Town()
    town.way([(0, 0), (100, 0)], highway="motorway")
    town.way([(0, 0), (0, 100)], building="yes")
    town.write(path)


STREET_FILES: dict[str, tuple[str, Callable[[Path], object], str, str]] = {
    "missing": ("gone.osm.pbf", _missing, "找不到路网文件", "there is no such street file"),
    "a folder": ("folder.osm.pbf", Path.mkdir, "是文件夹", "is a folder"),
    "empty": ("empty.osm.pbf", Path.touch, "是空的（0 字节）", "is empty (0 bytes)"),
    "truncated pbf": ("cut.osm.pbf", _cut_town, "不完整", "ends too early"),
    "truncated xml": ("cut.osm", _cut_town, "不完整", "ends too early"),
    "truncated gz": ("cut.osm.gz", _cut_town, "不完整", "ends too early"),
    "truncated bz2": ("cut.osm.bz2", _cut_town, "不完整", "ends too early"),
    "a web page": ("page.osm.pbf", lambda p: p.write_text("<!DOCTYPE html>\n<html>404"), "是网页", "is a web page"),
    "zeros": ("zeros.osm.pbf", lambda p: p.write_bytes(bytes(3000)), "不是可读取的 OpenStreetMap", "not a readable OpenStreetMap"),
    "an archive": ("streets.osm.pbf.osm.pbf", lambda p: p.write_bytes(b"PK\x03\x04" + bytes(99)), "zip", "zip"),
    "xml of other things": ("svg.osm", lambda p: p.write_text("<?xml version='1.0'?><svg/>"), "不是可读取的 OpenStreetMap", "not a readable OpenStreetMap"),
    "another format": ("streets.dwg", Path.touch, "应为 .osm.pbf", "are read from .osm.pbf"),
    "no walkable way": ("none.osm.pbf", _no_way, "没有可步行的道路", "no way a person can walk on"),
}  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("case", STREET_FILES)
def test_a_street_file_that_cannot_be_used_is_named_with_what_is_wrong(study, case, language):
    name, make, zh, en = STREET_FILES[case]
    make(study / name)
    text(study, "study.toml", study_text(language, streets=STREETS.format(name)))
    if language == "en":
        estates(study, {}, "en")
    one_fault(refused(study), name, zh if language == "zh" else en)


def test_a_missing_street_file_names_those_that_are_there(study):
    text(study, "study.toml", study_text(streets=STREETS.format("street.osm.pbf")))
    one_fault(refused(study), "street.osm.pbf", "streets.osm.pbf")


def test_endings_in_capital_letters_are_read_with_and_without_a_cache(study):
    (study / "streets.osm.pbf").rename(study / "STREETS.OSM.PBF")
    text(study, "study.toml", study_text(streets=STREETS.format("STREETS.OSM.PBF")))
    assert command("run", study).code == 0
    shutil.rmtree(study / ".walkshed")
    assert command("run", study).code == 0


def test_a_street_file_that_breaks_after_a_good_run_is_not_answered_from_the_cache(study):
    _cut(study / "streets.osm.pbf", 0.7)
    one_fault(refused(study), "streets.osm.pbf", "不完整")


# --- tables ----------------------------------------------------------------------------------------

SWAPPED = {(row, column): estate_rows()[row - 2][9 - column] for row in (2, 3, 4, 5) for column in (4, 5)}
METRES = {
    (row, column): 523_000 + row if column == 4 else 3_493_000 for row in (2, 3, 4, 5) for column in (4, 5)
}

ESTATE_CELLS: dict[str, tuple[dict[tuple[int, int], object], list[tuple[str, ...]]]] = {
    "duplicate id": ({(3, 0): "E1"}, [("第 3 行", "“编号”列", "值“E1”", "第 2 行")]),
    "missing id": ({(4, 0): ""}, [("第 4 行", "“编号”列", "为空")]),
    "negative": ({(4, 3): -5}, [("第 4 行", "“户数”列", "值“-5”", "负数")]),
    "not a number": ({(5, 3): "很多"}, [("第 5 行", "“户数”列", "值“很多”", "不是数字")]),
    "one swapped": ({key: SWAPPED[key] for key in [(2, 4), (2, 5)]}, [("第 2 行", "经纬度写反了")]),
    "all swapped": (SWAPPED, [(f"第 {row} 行", "经纬度写反了") for row in (2, 3, 4, 5)]),
    "0, 0": ({(3, 4): 0, (3, 5): 0}, [("第 3 行", "值“0, 0”", "留空")]),
    "out of range": (
        {(2, 4): 1203.05, (3, 5): 95},
        [("第 2 行", "“经度”列", "1203.05", "180"), ("第 3 行", "“纬度”列", "95", "90")],
    ),
    "projected": (METRES, [("投影坐标", "crs", "第 2–5 行")]),
    "half a place": ({(2, 5): ""}, [("第 2 行", "“纬度”列", "为空", "经度")]),
    "degrees and minutes": ({(2, 4): "120°15′"}, [("第 2 行", "“经度”列", "120°15′", "十进制")]),
}  # fmt: skip


@pytest.mark.parametrize("case", ESTATE_CELLS)
def test_a_wrong_cell_of_the_estates_is_named_with_file_row_column_and_value(study, case):
    cells, expected = ESTATE_CELLS[case]
    estates(study, cells)
    said = refused(study)
    assert len(said.faults) == len(expected), said.err
    for fault, parts in zip(said.faults, expected, strict=True):
        assert all(part in fault for part in ("estates.csv", *parts)), (fault, parts)


def test_the_same_in_english(study):
    text(study, "study.toml", study_text("en"))
    estates(study, {(3, 0): "E1", (4, 3): -5}, "en")
    venues(study, {(2, 2): "cummunity"}, "en")
    said = refused(study)
    assert said.err.splitlines()[0] == "3 faults in the inputs:"
    first, second, third = said.faults
    assert 'estates.csv, row 3, column "id", value "E1": ' in first
    assert 'estates.csv, row 4, column "households", value "-5": is negative' in second
    assert 'venues.csv, row 2, column "tier", value "cummunity": ' in third
    assert 'did you mean "community"?' in third
    assert not set("，：；“”") & set(said.err)


@pytest.mark.parametrize(
    ("cell", "value", "near"),
    [((2, 2), "cummunity", "community"), ((2, 3), "opne", "open"), ((4, 3), "在建中", "在建")],
)
def test_an_unknown_tier_or_status_lists_the_words_and_the_nearest(study, cell, value, near):
    venues(study, {cell: value})
    one_fault(refused(study), "venues.csv", f"第 {cell[0]} 行", f"值“{value}”", "可填", f"“{near}”")


def test_dates_in_any_usual_form_are_read(study):
    forms = (
        "2024-05-01",
        "2024/5/1",
        "2024.5.1",
        "2024年5月1日",
        "20240501",
        "45413",
        "1 May 2024",
        "2024年5月",
    )
    rows = [(f"V{n}", f"场所{n}", "area", "open", form, *place(0, 200)) for n, form in enumerate(forms)]
    text(study, "venues.csv", table(VENUES["zh"], rows))
    text(study, "study.toml", study_text(study='name = "试验"\ndate = 2024-04-30'))
    said = command("run", study)
    assert said.code == 0, said.all
    assert "没有开放的场所" in said.out
    text(study, "study.toml", study_text(study='name = "试验"\ndate = 2024-05-01'))
    assert "没有开放的场所" not in command("run", study).out


@pytest.mark.parametrize(
    ("value", "part"),
    [("soon", "无法读成日期"), ("2024-13-45", "无法读成日期"), ("03/04/2024", "年份写在前面")],
)
def test_a_date_that_cannot_be_told_is_refused(study, value, part):
    venues(study, {(3, 4): value})
    one_fault(refused(study), "venues.csv", "第 3 行", "“开放日期”列", f"值“{value}”", part)


@pytest.mark.parametrize("name", ["estates.csv", "venues.csv"])
@pytest.mark.parametrize("how", ["missing", "no bytes", "no rows", "no header"])
def test_a_table_without_rows_is_refused(study, name, how):
    header = ZH if name == "estates.csv" else VENUES["zh"]
    content = {"no bytes": "", "no rows": table(header, []), "no header": "1,2,3\n4,5,6\n"}
    part = {
        "missing": "找不到该文件",
        "no bytes": "文件是空的",
        "no rows": "没有数据行",
        "no header": "没有可识别的表头",
    }
    if how == "missing":
        (study / name).unlink()
    else:
        text(study, name, content[how])
    one_fault(refused(study), name, part[how])


def test_a_misspelt_table_file_is_answered_with_the_nearest_name(study):
    text(study, "study.toml", study_text(estates='file = "estate.csv"'))
    one_fault(refused(study), "estate.csv", "找不到该文件", "“estates.csv”")


def test_all_faults_of_all_inputs_come_at_once(study):
    estates(study, {(3, 0): "E1", (4, 3): -5})
    venues(study, {(2, 2): "x", (3, 4): "soon"})
    text(study, "gates.csv", "小区编号,经度,纬度,开放对象\nE1,120.25,31.57,谁都行\n")
    text(study, "study.toml", study_text(gates='file = "gates.csv"'))
    (study / "streets.osm.pbf").write_bytes(b"")
    said = refused(study)
    files = [fault.split(". ", 1)[1].split("，")[0].split("：")[0] for fault in said.faults]
    assert files == ["estates.csv"] * 2 + ["venues.csv"] * 2 + ["gates.csv", "streets.osm.pbf"]
    assert said.err.splitlines()[0] == "输入有 6 处错误："
    assert [line.split(".")[0] for line in said.faults] == list("123456")


def test_check_finds_the_same_faults_as_run(study):
    estates(study, {(3, 0): "E1"})
    (study / "streets.osm.pbf").write_bytes(b"")
    checked = command("check", study)
    assert checked.code == 1
    assert checked.err == refused(study).err


def test_thousands_of_alike_faults_do_not_flood_the_screen(study):
    rows = [(f"E{n}", "小区", "社区", -1, *place(0, 0)) for n in range(5000)]
    text(study, "estates.csv", table(ZH, rows))
    said = refused(study)
    assert len(said.err.splitlines()) < 60
    assert "5001" in said.err


# --- workbooks and layers --------------------------------------------------------------------------


def workbook(path: Path, rows: list[tuple[object, ...]], sheet: str = "小区") -> None:
    import openpyxl

    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for row in rows:
        page.append(row)
    book.save(path)


@pytest.fixture
def in_excel(study) -> Path:
    """Return the study with its estates in a workbook, under a title row."""
    workbook(study / "estates.xlsx", [("荣巷街道小区表",), ZH, *estate_rows()])
    text(study, "study.toml", study_text(estates='file = "estates.xlsx"'))
    return study


def test_a_fault_in_a_workbook_names_sheet_and_row_as_the_spreadsheet_shows_them(in_excel):
    workbook(in_excel / "estates.xlsx", [("荣巷街道小区表",), ZH, *changed(estate_rows(), {(3, 0): "E1"})])
    one_fault(refused(in_excel), "estates.xlsx", "工作表“小区”", "第 4 行", "“编号”列", "值“E1”")


def test_a_wrong_sheet_is_answered_with_those_that_are_there(in_excel):
    text(in_excel, "study.toml", study_text(estates='file = "estates.xlsx"\nsheet = "小區"'))
    one_fault(refused(in_excel), "没有工作表“小區”", "是不是“小区”")


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"\0\1garbage" * 99, "不是工作簿"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "无法作为工作簿读取"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "网页"),
        (b"%PDF-1.7", "PDF"),
    ],
)
def test_a_file_that_is_no_workbook_is_refused(in_excel, content, part):
    (in_excel / "estates.xlsx").write_bytes(content)
    one_fault(refused(in_excel), "estates.xlsx", part, "另存为 .xlsx" if "无法" not in part else "重新保存")


def test_a_truncated_workbook_is_refused(in_excel):
    _cut(in_excel / "estates.xlsx", 0.6)
    one_fault(refused(in_excel), "estates.xlsx", "损坏或不完整")


def test_a_workbook_with_a_password_is_told_from_a_broken_one(in_excel):
    from msoffcrypto.format.ooxml import OOXMLFile

    plain = in_excel / "plain.xlsx"
    (in_excel / "estates.xlsx").rename(plain)
    with plain.open("rb") as source, (in_excel / "estates.xlsx").open("wb") as target:
        OOXMLFile(source).encrypt("secret", target)
    one_fault(refused(in_excel), "estates.xlsx", "有密码保护")


def test_excel_s_lock_file_beside_an_open_workbook_does_no_harm(in_excel):
    (in_excel / "~$estates.xlsx").write_bytes(b"\x05admin" + b" " * 150)
    assert command("run", in_excel).code == 0


def test_dates_and_numbers_as_excel_keeps_them_are_read(in_excel):
    rows = changed(venue_rows(), {(2, 4): dt.date(2024, 5, 1), (3, 4): dt.datetime(2024, 5, 1)})  # noqa: DTZ001
    workbook(in_excel / "venues.xlsx", [VENUES["zh"], *rows], "场所")
    text(in_excel, "study.toml", study_text(estates='file = "estates.xlsx"', venues='file = "venues.xlsx"'))
    assert command("run", in_excel).code == 0


def layer(folder: Path, name: str, crs: object) -> None:
    import geopandas as gpd
    import shapely

    rows = estate_rows()
    frame = gpd.GeoDataFrame(
        {"id": [row[0] for row in rows], "name": [row[1] for row in rows]},
        geometry=[shapely.Point(row[4], row[5]) for row in rows],
        crs=crs,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyogrio warns of the missing system, which is the point here
        frame.to_file(folder / name)


@pytest.mark.parametrize("name", ["e.shp", "e.gpkg"])
def test_a_layer_without_a_coordinate_system_is_refused(study, name):
    layer(study, name, None)
    text(study, "study.toml", study_text(estates=f'file = "{name}"'))
    one_fault(refused(study), name, "没有坐标系信息")


def test_a_layer_that_is_not_there_or_broken_is_refused(study):
    layer(study, "e.gpkg", "EPSG:4326")
    text(study, "study.toml", study_text(estates='file = "e.gpkg"\nsheet = "estate"'))
    one_fault(refused(study), "e.gpkg", "“estate”", "现有：e")
    text(study, "e.geojson", '{"type": "FeatureCollection", "features": [{"type":')
    text(study, "study.toml", study_text(estates='file = "e.geojson"'))
    one_fault(refused(study), "e.geojson", "损坏、不完整")


# --- places and openness: a status and a loud notice, not a fault -----------------------------------


def test_estates_far_outside_the_streets_keep_their_rows_and_are_told_at_once(study):
    estates(study, {(row, 4): 116.4 for row in (2, 3, 4, 5)})
    said = command("run", study)
    assert said.code == 0
    assert "4 个小区中有 4 个远离所有道路" in said.out
    assert "116.400" in said.out, "where the estates are"
    assert "120.2" in said.out, "and where the streets are"
    rows = (study / "out/coverage.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 1 + 4 * 3
    assert all(",unknown,off_network," in row for row in rows[1:])


def test_one_estate_far_away_is_a_notice_of_its_own_only(study):
    estates(study, {(2, 4): 121.9})
    said = command("run", study)
    assert said.code == 0
    assert "远离所有道路" not in said.out
    assert "桃源人家" in (study / "out/notices.csv").read_text(encoding="utf-8-sig")


def test_a_study_in_which_no_venue_is_open_says_so_beside_the_headline(study):
    venues(study, {(2, 3): "关闭", (3, 3): "关闭"})
    said = command("run", study)
    assert said.code == 0
    assert "0.0%" in said.out
    assert "2026-11-01 没有开放的场所" in said.out
    assert "no_open_venue" in (study / "out/coverage.csv").read_text(encoding="utf-8-sig")


def test_a_study_in_which_no_estate_has_a_place_says_so_beside_the_headline(study):
    estates(study, {(row, column): "" for row in (2, 3, 4, 5) for column in (4, 5)})
    said = command("run", study)
    assert said.code == 0
    assert "所有小区都没有坐标" in said.out


def test_notices_are_not_said_to_be_in_a_file_that_is_not_written(study):
    estates(study, {(2, 3): "约300户"})
    assert "notices.csv" in command("run", study).out
    text(study, "study.toml", study_text(output='write = ["workbook"]'))
    said = command("run", study)
    assert "notices.csv" not in said.out
    assert "1 条提示" in said.out


# --- study.toml ------------------------------------------------------------------------------------

STANDARD = "[standards]"  # study_text writes [name]: this makes [[standards]]
BAD_STUDIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "both": (study_text(**{STANDARD: "minutes = 5\nmetres = 300"}), ("[[standards]] 1", "minutes（5）和 metres（300）", "只留一种")),
    "neither": (study_text(**{STANDARD: 'name = "近"'}), ("[[standards]] 1", "值“近”", "没有写 minutes 或 metres")),
    "zero": (study_text(**{STANDARD: "minutes = 0"}), ("[[standards]] 1", "应大于 0")),
    "negative": (study_text(**{STANDARD: "metres = -3"}), ("[[standards]] 1", "应大于 0，而不是 -3")),
    "text for a number": (study_text(**{STANDARD: 'minutes = "5"'}), ("minutes", "值“5”", "应为数字")),
    "truth for a number": (study_text(**{STANDARD: "minutes = true"}), ("minutes", "值“true”", "应为数字")),
    "no number": (study_text(**{STANDARD: "minutes = nan"}), ("minutes", "值“nan”", "应为")),
    "endless": (study_text(**{STANDARD: "metres = inf"}), ("metres", "值“inf”", "应为")),
    "too long": (study_text(**{STANDARD: "minutes = 100"}), ("“100 分钟”", "7,800 米", "6,000 米", "buffer_m 设为 3900")),
    "too long by default": (
        study_text(streets='file = "streets.osm.pbf"\ngates = "open"\nbuffer_m = 500'),
        ("[streets] buffer_m", "“15 分钟”", "1,000 米", "buffer_m 设为 585"),
    ),
    "twice": (study_text(**{STANDARD: "minutes = 5\n[[standards]]\nminutes = 5"}), ("[[standards]] 2", "“5 分钟”")),
    "one bracket": (study_text(standards="minutes = 5"), ("[[standards]]", "先写一行 [[standards]]")),
    "unknown tier": (study_text(**{STANDARD: 'minutes = 5\ntier = "aera"'}), ("tier", "“aera”", "是否为“area”")),
    "unknown key": (study_text(estates='file = "estates.csv"\nshet = "a"'), ("第 12 行", "[estates] shet", "是否为“sheet”")),
    "unknown key of a standard": (study_text(**{STANDARD: "minutes = 5\nmeters = 3"}), ("[[standards]] 1 meters", "是否为“metres”")),
    "unknown section": (study_text(studdy="x = 1"), ("[studdy]", "是否为“study”")),
    "key of another section": (study_text(study='name = "a"\nmax_snap_m = 100'), ("[study] max_snap_m", "它属于 [streets]")),
    "gates misspelt": (study_text(streets='file = "streets.osm.pbf"\ngates = "oepn"'), ("[streets] gates", "是否为“open”")),
    "siting": (study_text(siting="x = 1"), ("[siting]", "没有“x”这一项")),
    "places": (study_text(places="x = 1"), ("[places]", "没有“x”这一项")),
    "checks in a datum": (study_text(checks='file = "c.csv"\ncrs = "GCJ-02"'), ("[checks] crs", "它属于")),
    "buildings twice": (study_text(buildings='file = "b.gpkg"\nsource = "osm"'), ("[buildings]", "两者写其一")),
    "start without buildings": (study_text(estates='file = "estates.csv"\nstart = "buildings"'), ("[estates] start", "[buildings]")),
    "no time of day": (study_text(study='name = "a"\ntime = "25:00"'), ("[study] time", "25:00", "10:00")),
    "scenarios": (study_text(**{"[scenarios]": 'name = "a"'}), ("[[scenarios]]", "没有任何变化")),
    "an unknown part": (study_text(output='write = ["tabels"]'), ("[output] write", "“tabels”", "是否为“tables”")),
    "nothing to write": (study_text(output="write = []"), ("[output] write", "至少写一项")),
    "a blank folder": (study_text(output='folder = ""'), ("[output] folder", "不能为空")),
    "unknown profile": (study_text(study='name = "a"\nprofiles = ["adut"]'), ("[study] profiles", "“adut”", "是否为“adult”")),
    "impossible stairs": (study_text(**{"[profiles]": 'name = "飞人"\nspeed_mps = 1.0\nstairs_up_mps = 2.0'}), ("[[profiles]] 1 stairs_up_mps", "平地步速")),
    "impossible speed": (study_text(**{"[profiles]": 'name = "飞人"\nspeed_mps = 30'}), ("[[profiles]] 1 speed_mps", "30 米/秒", "0.1 至 3")),
    "language": (study_text("fr"), ("[study] language", "“fr”", "zh、en")),
    "date": (study_text(study='name = "a"\ndate = "soon"'), ("[study] date", "值“soon”", "应为日期")),
    "list": (study_text(estates='file = "estates.csv"\nlevels = "community"'), ("[estates] levels", "应为列表")),
    "no such datum": (study_text(estates='file = "estates.csv"\ncrs = "GCJ-99"'), ("estates.csv", "GCJ-99", "EPSG:4326")),
    "no such crs": (study_text(venues='file = "venues.csv"\ncrs = "EPSG:99999"'), ("venues.csv", "EPSG:99999", "EPSG:4326")),
    "no such column": (study_text(estates='file = "estates.csv"\ncolumns = { residnts = "人口" }'), ("estates.csv", "residnts", "“residents”")),
    "no such level": (study_text(estates='file = "estates.csv"\nlevels = ["village"]'), ("estates.csv", "“village”", "不存在")),
    "syntax": (study_text(study='name = "a'), ("第 2 行", "引号没有配对")),
    "a path with backslashes": (study_text(streets='file = "C:\\data\\s.osm.pbf"'), ("第 7 行", "C:\\data", "用 / 代替 \\")),
    "full-width quotes": (study_text(study="name = “荣巷”"), ("第 2 行", "英文直引号")),
    "the same key twice": (study_text(study='name = "a"\nname = "b"'), ("第 3 行", "出现了两次")),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_STUDIES)
def test_a_fault_of_the_study_file_names_key_value_and_what_would_be_right(study, case):
    content, parts = BAD_STUDIES[case]
    text(study, "study.toml", content)
    one_fault(refused(study), *parts)


def test_a_fault_of_the_study_file_names_its_line_among_repeated_sections(study):
    content = study_text(**{STANDARD: "minutes = 5\n\n[[standards]]\n# wide\nmeters = 300 # wide"})
    text(study, "study.toml", content)
    number = content.splitlines().index("meters = 300 # wide") + 1
    one_fault(refused(study), f"study.toml，第 {number} 行，[[standards]] 2 meters：")


def test_all_faults_of_the_study_file_come_at_once_and_alone(study):
    text(
        study,
        "study.toml",
        study_text(
            study='name = 3\nprofiles = "adult"',
            streets='file = 5\nmax_snap_m = "far"\nbuffer_m = -3',
            output='folder = 1\nwrite = "map"',
        ),
    )
    estates(study, {(3, 0): "E1"})
    said = refused(study)
    keys = ["name", "profiles", "file", "max_snap_m", "buffer_m", "folder", "write"]
    assert len(said.faults) == len(keys)
    for key, fault in zip(keys, said.faults, strict=True):
        assert f"] {key}，" in fault
        assert "study.toml，第 " in fault


def test_a_study_file_speaks_english_where_it_is_english(study):
    text(study, "study.toml", study_text("en", **{STANDARD: "minuts = 5"}, studdy="x = 1"))
    said = refused(study)
    assert said.err.startswith("2 faults in the inputs:\n")
    assert '[[standards]] 1 minuts: there is no key "minuts" here; did you mean "minutes"?' in said.err
    text(study, "study.toml", study_text("en", study='language = "en"\nname = "a'))
    one_fault(refused(study), "line 3", "a quotation mark is not closed on this line")


def test_a_missing_section_or_key_is_named(study):
    text(study, "study.toml", study_text(streets='gates = "open"').replace("[venues]\n", "[venue]\n"))
    said = refused(study)
    assert "[streets]：缺少“file”" in said.err
    assert "缺少 [venues] 一节" in said.err
    assert "[venue]：此处没有“venue”这一项；是否为“venues”？" in said.err


def test_an_empty_study_file_lists_the_sections(study):
    text(study, "study.toml", "")
    assert [fault.split("缺少 ")[1] for fault in refused(study).faults] == [
        f"[{name}] 一节" for name in ("study", "streets", "estates", "venues")
    ]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_a_study_file_in_another_encoding_is_refused_with_the_way_out(study, encoding):
    (study / "study.toml").write_bytes(study_text().encode(encoding))
    one_fault(refused(study), "UTF-8", "另存为")


def test_a_missing_study_file_is_answered_in_both_languages(study):
    (study / "study.toml").rename(study / "studie.toml")
    said = refused(study)
    one_fault(said, "did you mean studie.toml?", "是否为 studie.toml？")
    one_fault(refused(study, "--out", study / "out"), "there is no study file", "找不到研究文件")
    assert command("run", study / "nowhere").code == 1


# --- what is unusual but right -----------------------------------------------------------------------


def test_a_byte_order_mark_and_windows_line_ends_are_read(study):
    (study / "study.toml").write_bytes(b"\xef\xbb\xbf" + study_text().replace("\n", "\r\n").encode())
    assert command("run", study).code == 0


def test_an_english_study_with_english_headers_speaks_english(study):
    text(study, "study.toml", study_text("en"))
    estates(study, {}, "en")
    venues(study, {}, "en")
    said = command("run", study)
    assert said.code == 0
    assert "of households (300 of 1,000) are within 5 min" in said.out


def test_a_walker_of_one_s_own_is_used(study):
    own = 'name = "慢行"\nspeed_mps = 0.65'
    text(study, "study.toml", study_text(**{"[profiles]": own}))
    assert command("run", study).code == 0
    header, *rows = (study / "out/coverage.csv").read_text(encoding="utf-8-sig").splitlines()
    names = header.split(",")
    first = dict(zip(names, rows[0].split(","), strict=True))
    assert first["profile"] == "慢行"
    assert float(first["walk_min"]) == pytest.approx(float(first["walk_m"]) / 0.65 / 60, abs=0.01)


def test_brackets_in_names_are_no_markup(study):
    text(
        study,
        "study.toml",
        study_text(study='name = "[/red] 甲"', **{STANDARD: 'name = "[red]5[/blue]"\nminutes = 5'}),
    )
    estates(study, {(2, 2): "[/x]"})
    said = command("run", study)
    assert said.code == 0
    assert "[/red] 甲" in said.out
    assert "[/x]" in said.out
    assert "[red]5[/blue]" in said.out


def test_the_study_is_found_from_any_working_directory_and_out_is_taken_from_there(
    study, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    before = standing(study)
    said = command("run", study.relative_to(tmp_path), "--out", "别处/结果 1")
    assert said.code == 0
    assert standing(study) == before
    names = {path.name for path in (tmp_path / "别处/结果 1").iterdir()}
    assert names == set(before.files)
    monkeypatch.chdir(study)
    assert command("run", ".").code == 0
    assert command("run", "study.toml").code == 0


@pytest.mark.parametrize(
    ("part", "file"),
    [
        ("tables", "coverage.csv"),
        ("layers", "coverage.gpkg"),
        ("map", "map.html"),
        ("workbook", "report.xlsx"),
    ],
)
def test_write_chooses_the_parts(study, part, file):
    text(study, "study.toml", study_text(output=f'write = ["{part}"]'))
    assert command("run", study).code == 0
    files = set(standing(study).files)
    every = {"coverage.csv", "coverage.gpkg", "map.html", "report.xlsx"}
    assert files & every == {file}
    assert files == set(json.loads((study / "out/run.json").read_text(encoding="utf-8"))["files"])


def test_a_second_run_replaces_the_first_removes_what_is_no_longer_written_and_leaves_the_rest(study):
    text(study, "out/我的笔记.txt", "别动")
    text(study, "out/coverage.bak.csv", "别动")
    text(study, "study.toml", study_text(output='write = ["workbook"]'))
    assert command("run", study).code == 0
    after = standing(study)
    assert set(after.files) == {"report.xlsx", "run.json", "我的笔记.txt", "coverage.bak.csv"}
    assert not after.beside
    assert (study / "out/我的笔记.txt").read_text(encoding="utf-8") == "别动"


def test_output_that_cannot_hold_chinese_gets_question_marks_not_a_crash(study):
    done = process("run", study, env={"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
    assert "30.0%" in done.stdout
    assert "?" in done.stdout


# --- the output folder -------------------------------------------------------------------------------


def test_a_file_in_the_place_of_the_output_folder_is_left_alone(study):
    before = standing(study)
    text(study, "mine", "别动")
    said = command("run", study, "--out", study / "mine")
    assert said.code == 1
    assert "is a file, not a folder" in said.err
    assert "是文件而不是文件夹" in said.err
    assert (study / "mine").read_text(encoding="utf-8") == "别动"
    assert standing(study) == before


@pytest.mark.parametrize("folder", ["estates.csv/out", "estates.csv/deep/er/out", "x" * 300])
def test_an_output_folder_that_cannot_be_made_is_refused_before_any_work(study, folder):
    said = refused(study, "--out", study / folder)
    assert "cannot be written" in said.err
    assert "无法写入" in said.err


def test_a_zero_byte_in_a_path_is_no_crash(study):
    text(study, "study.toml", study_text(output='folder = "a\\u0000b"'))
    assert "空字节" in refused(study).err
    text(
        study,
        "study.toml",
        study_text(streets=STREETS.format("a\\u0000b.osm.pbf"), estates='file = "a\\u0000b.csv"'),
    )
    assert len(refused(study).faults) == 2


def test_files_that_no_run_wrote_are_never_replaced(study):
    out = study / "out"
    shutil.rmtree(out)
    out.mkdir()
    text(study, "out/coverage.csv", "我自己的表")
    said = refused(study)
    assert "coverage.csv, which no run of walkshed wrote" in said.err
    assert "coverage.csv 不是 walkshed 写的" in said.err
    (out / "coverage.csv").unlink()
    text(study, "out/run.json", '{"files": ["work.txt"], "mine": true}')
    text(study, "out/work.txt", "别动")
    assert "run.json 不是 walkshed 写的" in refused(study).err


def test_the_study_s_own_folder_as_output_does_not_overwrite_the_inputs(study):
    inputs = {path.name: path.read_bytes() for path in study.iterdir() if path.is_file()}
    said = refused(study, "--out", study)
    assert "estates.csv" in said.err
    assert {path.name: path.read_bytes() for path in study.iterdir() if path.is_file()} == inputs


def test_a_record_that_lists_files_outside_the_folder_removes_nothing(study):
    path = study / "out/run.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["files"] += ["../estates.csv", str(study / "venues.csv")]
    path.write_text(json.dumps(record), encoding="utf-8")
    assert command("run", study).code == 0
    assert (study / "estates.csv").is_file()
    assert (study / "venues.csv").is_file()


@pytest.mark.parametrize(
    ("code", "part"),
    [
        (errno.ENOSPC, "磁盘空间不足"),
        (errno.EACCES, "Excel"),
        (errno.EROFS, "无法写入"),
        (errno.EIO, "无法写入"),
    ],
)
def test_a_refusal_of_the_system_half_way_is_a_sentence(study, monkeypatch, code, part):
    from walkshed.deliver import record

    def refuse(path: Path, *_args: object) -> None:
        raise OSError(code, os.strerror(code), str(path))

    monkeypatch.setattr(record, "write_record", refuse)  # the last file of a run
    said = refused(study)
    assert part in said.err
    assert "原有结果未改动" in said.err


def test_a_file_that_cannot_be_replaced_puts_everything_back(study, monkeypatch):
    replace = Path.replace
    stuck = study / "out/summary.csv"

    def held(self: Path, target: Path) -> Path:
        if Path(target) == stuck and "new" in self.parts:
            raise PermissionError(errno.EACCES, "open in Excel", str(target))
        return replace(self, target)

    estates(study, {(2, 3): 999})
    monkeypatch.setattr(Path, "replace", held)
    assert "summary.csv" in refused(study).err


def test_a_file_that_excel_holds_open_is_left_and_the_new_one_written_beside(study, monkeypatch):
    """As Windows does it: a file that another program has open cannot be moved away."""
    from walkshed.cli import app

    out, replace, held = study / "out", Path.replace, {"summary.csv"}
    before = standing(study).files

    def as_windows(self: Path, target: Path) -> Path:
        if self.parent == out and self.name in held:
            raise PermissionError(errno.EACCES, "open in Excel", str(self))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", as_windows)
    for households in (999, 777):  # held through two runs: the second new one takes the place of the first
        estates(study, {(2, 3): households})
        done = CliRunner().invoke(app, ["run", str(study)])
        assert done.exit_code == 0, done.output
        assert "summary.csv 正被其他程序打开" in done.output
        assert "summary-new.csv" in done.output
        now = standing(study).files
        assert now["summary.csv"] == before["summary.csv"]
        assert f",{households}," in (out / "estates.csv").read_text(encoding="utf-8-sig")
        assert f"{households + 900}" in (out / "summary-new.csv").read_text(encoding="utf-8-sig")
        record = json.loads((out / "run.json").read_text(encoding="utf-8"))
        assert record["beside"] == {"summary.csv": "summary-new.csv"}
        assert set(record["files"]) == set(now)
        assert not standing(study).beside
    held.clear()
    done = CliRunner().invoke(app, ["run", str(study)])
    assert done.exit_code == 0, done.output
    assert "其他程序" not in done.output
    assert not (out / "summary-new.csv").exists()
    assert "beside" not in json.loads((out / "run.json").read_text(encoding="utf-8"))
    held.update(standing(study).files)  # nothing can be moved: the folder itself is closed to us
    whole = standing(study)
    assert "无法写入" in refused(study).err
    assert standing(study) == whole


LIMITED = """\
import resource, sys
size = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
sys.argv = ["walkshed", "run", sys.argv[2]]
from walkshed.__main__ import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no resource limits there")
@pytest.mark.parametrize(
    ("part", "size"), [("tables", 1000), ("layers", 20_000), ("map", 20_000), ("workbook", 3000)]
)
def test_a_disk_that_takes_no_more_is_a_sentence_whoever_writes(study, part, size):
    text(study, "study.toml", study_text(output=f'write = ["{part}"]'))
    before = standing(study)
    done = process(size, study, code=LIMITED)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "cannot be written" in done.stderr
    assert "原有结果未改动" in done.stderr
    assert len(done.stderr) < 700
    assert standing(study) == before
    assert not standing(study).beside


# --- Ctrl-C ------------------------------------------------------------------------------------------

SLOW = """\
import sys, time
sys.argv = ["walkshed", "run", sys.argv[1]]
import walkshed.deliver.write as writing
written = writing.write_csv
def slowly(table, path, **options):
    written(table, path, **options)
    if path.name == "estates.csv":
        print("half way", flush=True)
        time.sleep(60)
writing.write_csv = slowly
from walkshed.__main__ import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a child there")
def test_ctrl_c_half_way_leaves_the_previous_results_and_nothing_else(study):
    before = standing(study)
    estates(study, {(2, 3): 999})
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, str(study)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
    ) as running:  # fmt: skip
        assert running.stdout is not None
        assert running.stdout.readline() == "half way\n"
        assert standing(study).beside, "the new files are being written beside the folder"
        start = time.monotonic()
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert time.monotonic() - start < 25
    assert running.returncode == 130
    assert "Traceback" not in err
    assert "已中断，原有结果未改动" in err
    assert standing(study) == before


def test_ctrl_c_while_the_files_are_swapped_puts_everything_back(study, monkeypatch):
    replace = Path.replace
    done: list[str] = []

    def interrupted(self: Path, target: Path) -> Path:
        if "new" in self.parts and len(done) < 3:
            done.append(self.name)
            if len(done) == 3:
                raise KeyboardInterrupt
        return replace(self, target)

    before = standing(study)
    estates(study, {(2, 3): 999})
    monkeypatch.setattr(Path, "replace", interrupted)
    assert command("run", study).code == 130
    assert len(done) == 3
    assert standing(study) == before


def test_ctrl_c_while_the_hidden_folder_is_removed_leaves_none(study, monkeypatch):
    remove = shutil.rmtree
    pressed: list[str] = []

    def interrupted(path, **options):
        if not pressed:
            pressed.append(str(path))
            raise KeyboardInterrupt
        remove(path, **options)

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    assert command("run", study).code == 130
    assert Path(pressed[0]).name.startswith(".out-")
    assert not list(study.glob(".out-*"))


# --- the command itself -------------------------------------------------------------------------------


def test_the_command_by_its_module_says_the_same_as_in_process(study):
    estates(study, {(3, 0): "E1"})
    expected = refused(study)
    done = process("run", study)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", expected.err)
    assert done.stderr.startswith("输入有 1 处错误：\n")


def test_wrong_usage_is_exit_code_2():
    assert command("run").code == 2
    assert command("rnu", "x").code == 2
    assert command("run", "x", "--ot", "y").code == 2


def test_init_never_writes_into_a_folder_that_holds_something(study, tmp_path):
    before = {path: path.read_bytes() for path in study.rglob("*") if path.is_file()}
    for target in (study, study / "study.toml", study / "study.toml" / "x"):
        for options in ([], ["--empty"]):
            said = command("init", target, *options)
            assert said.code == 1
            assert said.out == ""
            assert "·" in said.err, "both languages"
    assert {path: path.read_bytes() for path in study.rglob("*") if path.is_file()} == before
    assert command("init", tmp_path / "新 文件夹 [a]" / "study").code == 0


def test_empty_templates_are_answered_with_what_is_still_missing(tmp_path):
    folder = tmp_path / "空白"
    assert command("init", folder, "--empty").code == 0
    said = command("run", folder)
    assert said.code == 1
    assert "estates.xlsx" in said.err
    assert "没有数据行" in said.err
    assert "找不到路网文件" in said.err
    assert not (folder / "out").exists()
