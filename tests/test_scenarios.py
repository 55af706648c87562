"""Scenarios: each says what a run of the files edited so says, to the digit; and nothing of the study as it is changes."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from shapely import LineString
from shapely.affinity import translate
from typer.testing import CliRunner

import walkshed
from conftest import shared
from real_studies import REAL
from study_maker import ESTATES, TOWN, VENUES, estate_rows, make_study, place, study_text, table, venue_rows
from walkshed.cli import app
from walkshed.compare import compare_results, compare_runs
from walkshed.places.decisions import COLUMNS as DECIDED
from walkshed.scenarios.scenario import folder_names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from walkshed.result import StudyResult

RESULTS = ("coverage.csv", "estates.csv", "venues.csv", "summary.csv", "access.parquet")
KEYS = ["level", "unit", "profile", "standard", "measure"]
STANDARDS = '[[standards]]\nminutes = 5\n[[standards]]\nname = "near"\nmetres = 300\n'


def scenarios(**each: str) -> str:
    """Return ``[[scenarios]]`` by name."""
    return "".join(f'[[scenarios]]\nname = "{name}"\n{lines}\n' for name, lines in each.items())


def study(folder: Path, more: str = "", *, estates=None, venues=None, streets: str = "") -> Path:
    """Make a study of the small town with scenarios."""
    make_study(folder)
    lines = 'file = "streets.osm.pbf"\ngates = "residents"\n' + streets
    text = study_text(streets=lines, estates='file = "estates.csv"\nlevels = ["community"]')
    (folder / "study.toml").write_text(text + STANDARDS + more, encoding="utf-8")
    for name, header, rows in (("estates", ESTATES, estates), ("venues", VENUES, venues)):
        if rows is not None:
            (folder / f"{name}.csv").write_text(table(header["zh"], rows), encoding="utf-8")
    return folder


def same_answers(one: StudyResult, other: StudyResult) -> None:
    for name in ("coverage", "estate_table", "venue_table", "summary"):
        assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)
    assert_frame_equal(one.access.to_frame(), other.access.to_frame(), check_exact=True)


# --- a scenario is a run of the files edited so ------------------------------------------------------------


NEW = ("V9", "新中心", "area", "open", "", *place(790, 790))
YEARS = ("2035年户数", [150, 220, 0, 410])


def edited(venues=None, estates=None) -> dict[str, list]:
    return {"venues": venues or venue_rows(), "estates": estates or estate_rows()}


def with_status(ident: str, status: str, opening: str | None = None) -> list:
    return [
        (*row[:3], status, row[4] if opening is None else opening, *row[5:]) if row[0] == ident else row
        for row in venue_rows()
    ]


CASES = {
    "closed": ('close = ["山语银城活动中心"]', edited(with_status("V1", "closed"))),
    "ready": ('open = ["V3"]', edited(with_status("V3", "open", ""))),
    "moved": (
        "move = { V1 = [%.7f, %.7f] }" % place(610, 410),  # noqa: UP031 - braces belong to TOML
        edited([(*venue_rows()[0][:5], *place(610, 410)), *venue_rows()[1:]]),
    ),
    "added": ('add = "new.csv"', edited([*venue_rows(), NEW])),
    "grown": (
        'estates = "estates_2035.csv"',
        edited(estates=[*estate_rows()[:3], ("E7", "新村", "荣巷社区", 90, *place(300, 410))]),
    ),
    "years": ('columns = { households = "2035年户数" }', edited()),
    "much": (
        'close = ["V2"]\nadd = "new.csv"\nestates = "estates_2035.csv"',
        edited(
            [*with_status("V2", "closed"), NEW],
            [*estate_rows()[:3], ("E7", "新村", "荣巷社区", 90, *place(300, 410))],
        ),
    ),
}


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> StudyResult:
    """Return the run of the small town with every case as a scenario."""
    folder = study(
        tmp_path_factory.mktemp("town") / "s",
        scenarios(**{name: lines for name, (lines, _) in CASES.items()}),
    )
    write_extra(folder)
    return walkshed.run(folder)


def write_extra(folder: Path) -> None:
    (folder / "new.csv").write_text(table(VENUES["zh"], [NEW]), encoding="utf-8")
    grown = CASES["grown"][1]["estates"]
    (folder / "estates_2035.csv").write_text(table(ESTATES["zh"], grown), encoding="utf-8")
    years = [(*row, n) for row, n in zip(estate_rows(), YEARS[1], strict=True)]
    header = (*ESTATES["zh"], YEARS[0])
    (folder / "estates.csv").write_text(table(header, years), encoding="utf-8")


@pytest.mark.parametrize("case", CASES)
def test_a_scenario_is_the_run_of_files_edited_so(town, tmp_path, case):
    files = dict(CASES[case][1])
    folder = study(tmp_path / "s", **files)
    if files["estates"] == estate_rows():  # the further column of the study's own table stays in estates.csv
        write_extra(folder)
    if case == "years":  # the same table, read by its other column
        text = (folder / "study.toml").read_text(encoding="utf-8")
        text = text.replace('levels = ["community"]', 'levels = ["community"]\n' + CASES[case][0])
        (folder / "study.toml").write_text(text, encoding="utf-8")
    apart = walkshed.run(folder)
    mine = town.scenarios[case].result
    same_answers(mine, apart)


def test_streets_that_are_added_are_those_of_a_repairs_file(tmp_path):
    path = LineString([TOWN.lonlat(10, 110), TOWN.lonlat(0, 200)])
    folder = study(tmp_path / "s", scenarios(path='repairs = "path.gpkg"'))
    frame = gpd.GeoDataFrame({"note": [""]}, geometry=[path], crs="EPSG:4326")
    frame.to_file(folder / "path.gpkg", layer="paths")
    links = gpd.GeoDataFrame({"action": []}, geometry=[], crs="EPSG:4326")
    links.to_file(folder / "path.gpkg", layer="links", geometry_type="Point")
    apart = study(tmp_path / "apart", streets='repairs = "path.gpkg"\n')
    shutil.copyfile(folder / "path.gpkg", apart / "path.gpkg")
    base = walkshed.run(folder)
    mine = base.scenarios["path"]
    same_answers(mine.result, walkshed.run(apart))
    assert (mine.table["walk"] == "nearer").any()


def test_gates_of_a_scenario_are_those_of_an_edited_table(sample, tmp_path, sample_result):
    one = sample_result.scenarios["三处小区大门打开"]
    edited_ = tmp_path / "s"
    shutil.copytree(sample, edited_, ignore=shutil.ignore_patterns("out", ".walkshed"))
    rows = (edited_ / "gates.csv").read_text(encoding="utf-8-sig").splitlines()
    names = one.scenario.open_gates
    assert len(names) == 3
    for number, row in enumerate(rows):
        if any(name in row for name in names):
            cells = row.split(",")
            rows[number] = ",".join([*cells[:3], "所有人", "", *cells[5:]])
    (edited_ / "gates.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    text = (edited_ / "study.toml").read_text(encoding="utf-8")
    (edited_ / "study.toml").write_text(text[: text.index("# 选址")], encoding="utf-8")
    same_answers(one.result, walkshed.run(edited_))
    closed = one.summary[(one.summary["level"] == "total") & (one.summary["measure"] == "households")]
    assert (closed["gained"] > 0).any()
    assert (closed["lost"] == 0).all()


def test_the_sample_tells_its_story(sample_result):
    """A resident of 桃源人家 walks 295 m to the centre next door, and 1,366 m and more where it is not there."""
    one = sample_result.scenarios["山语银城片区活动中心建成前"]
    rows = one.table[(one.table["estate_id"] == "003") & (one.table["profile"] == "adult")]
    assert rows["walk_m_before"].round().eq(295).all()
    assert rows["walk_m_after"].between(1366, 1390).all()
    assert (rows[rows["standard"] == "5 min"]["change"] == "lost").all()


@pytest.mark.full
@pytest.mark.parametrize("city", ["monaco", "haidian"])
def test_on_a_real_extract_a_scenario_is_the_run_of_files_edited_so(city, tmp_path):
    real = REAL[city]
    options = {"venues_as": "venues.csv", "encoding": "utf-8-sig", "write": ("tables",)}
    folder = real.make(shared(real.file), tmp_path / "one", **options).parent
    header, *rows = list(csv.reader((folder / "venues.csv").open(encoding="utf-8-sig")))
    at = [number for number, row in enumerate(rows) if row[header.index(_column(header, "lon"))]]
    shut, moved = rows[at[0]], rows[at[1]]
    ident, lon, lat = (header.index(_column(header, name)) for name in ("id", "lon", "lat"))
    spot = [float(rows[at[2]][lon]) + 0.0005, float(rows[at[2]][lat])]
    text = (folder / "study.toml").read_text(encoding="utf-8")
    more = scenarios(both=f'close = ["{shut[ident]}"]\nmove = {{ "{moved[ident]}" = {spot} }}')
    (folder / "study.toml").write_text(text + "\n" + more, encoding="utf-8")
    mine = walkshed.run(folder).scenarios["both"]
    new = [[*row, "closed" if row is shut else ""] for row in rows]
    new[at[1]][lon], new[at[1]][lat] = (repr(value) for value in spot)
    with (folder / "venues.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([[*header, "status"], *new])
    (folder / "study.toml").write_text(text, encoding="utf-8")
    apart = walkshed.run(folder)
    same_answers(mine.result, apart)
    assert len(mine.table) == len(apart.coverage)


def _column(header: Sequence[str], name: str) -> str:
    return next(one for one in header if one in {name, {"id": "编号", "lon": "经度", "lat": "纬度"}[name]})


# --- laws -----------------------------------------------------------------------------------------------


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(data=st.data())
def test_opening_never_lowers_and_closing_never_raises_coverage(tmp_path_factory, data):
    spots = st.tuples(st.integers(0, 800), st.integers(0, 800))
    places = data.draw(st.lists(spots, min_size=2, max_size=3, unique=True))
    status = data.draw(
        st.lists(st.sampled_from(["open", "closed"]), min_size=len(places), max_size=len(places))
    )
    rows = [
        (f"V{n}", f"中心{n}", "area", word, "", *place(*spot))
        for n, (spot, word) in enumerate(zip(places, status, strict=True))
    ]
    names = {f"{key} {row[0]}": f'{key} = ["{row[0]}"]' for row in rows for key in ("open", "close")}
    result = walkshed.run(study(tmp_path_factory.mktemp("h") / "s", scenarios(**names), venues=rows))
    for name, one in result.scenarios.items():
        step = one.summary["covered_after"] - one.summary["covered_before"]
        assert (step >= 0).all() if name.startswith("open") else (step <= 0).all()
        word = dict(zip([row[0] for row in rows], status, strict=True))[name.split()[1]]
        idle = word == ("open" if name.startswith("open") else "closed")
        assert ("scenario.no_effect" in [notice.code for notice in one.notices]) == idle
        assert not idle or one.changes_nothing


def test_parts_add_up_and_gains_less_losses_are_the_difference(town, sample_result):
    for result in (town, sample_result):
        units = result.scenario_units
        assert set(units["scenario"]) == set(result.scenarios)
        net = units["covered_after"].fillna(0) - units["covered_before"].fillna(0)
        assert units["net"].to_numpy() == pytest.approx(net.to_numpy(), abs=1e-6)
        assert (units["gained"] - units["lost"] + units["other"]).to_numpy() == pytest.approx(
            net.to_numpy(), abs=1e-5
        )
        for column in ("covered_before", "covered_after", "gained", "lost", "total_after"):
            keys = ["scenario", "level", "profile", "standard", "measure"]
            sums = units.groupby(keys)[column].sum()
            total, parts = (sums.xs(name, level="level") for name in ("total", "community"))
            # an estate that is in another unit gains or loses in the total alone
            assert (parts <= total + 1e-6).all()
            if column not in {"gained", "lost"}:
                assert parts.to_numpy() == pytest.approx(total.to_numpy(), abs=1e-6)


def test_the_cost_stands_with_the_whole_study_only(sample_result):
    units = sample_result.scenario_units
    one = units[units["scenario"] == "三处小区大门打开"]
    assert one[one["level"] != "total"]["cost"].isna().all()
    whole = one[one["level"] == "total"]
    assert (whole["cost"] == 90_000).all()
    gained = whole[whole["gained"] > 0]
    assert len(gained)
    assert (gained["cost_per_gained"] == (90_000 / gained["gained"]).round(2)).all()
    assert whole[whole["gained"] == 0]["cost_per_gained"].isna().all()
    free = units[units["scenario"] == "山语银城片区活动中心建成前"]
    assert free[["cost", "cost_per_gained"]].isna().all(axis=None)


def test_what_did_not_change_is_not_done_again(town):
    base = town
    assert town.scenarios["closed"].result.access is base.access
    assert town.scenarios["years"].result.access is base.access
    for name in ("moved", "added"):
        footing = town.scenarios[name].result.access.footing
        assert footing.walls is base.access.walls
        assert footing.homes is base.access.footing.homes


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_files_of_the_study_as_it_is_stay_byte_for_byte(tmp_path):
    without = walkshed.run(study(tmp_path / "a")).write()
    folder = study(tmp_path / "b", scenarios(closed='close = ["V1"]', moved=CASES["moved"][0]))
    with_ = walkshed.run(folder).write()
    old, new = hashes(without), hashes(with_)
    assert {name for name in old if old[name] != new[name]} == {"run.json"}
    more = set(new) - set(old)
    assert {name.split("/")[0] for name in more} == {"scenarios.csv", "scenario_estates.csv", "scenarios"}
    again = hashes(walkshed.run(folder).write())
    assert {name for name in new if new[name] != again[name] and not name.endswith("run.json")} == set()
    listed = json.loads((with_ / "run.json").read_text(encoding="utf-8"))["files"]
    assert set(new) == set(listed)


def test_what_is_no_scenario_any_more_is_removed(tmp_path):
    folder = study(tmp_path / "s", scenarios(closed='close = ["V1"]'))
    out = walkshed.run(folder).write()
    assert (out / "scenarios" / "closed" / "coverage.csv").is_file()
    shutil.copyfile(study(tmp_path / "plain") / "study.toml", folder / "study.toml")
    walkshed.run(folder).write()
    assert not list(out.glob("scenarios/closed/*"))
    assert not (out / "scenarios.csv").exists()


def test_a_table_with_other_ids_leaves_the_decisions_as_they_are(tmp_path):
    rows = [(*row[:4], "", "") if row[0] == "E2" else row for row in estate_rows()]
    folder = study(tmp_path / "s", scenarios(later='estates = "estates_2035.csv"'), estates=rows)
    renamed = [("N2", *row[1:]) if row[0] == "E2" else row for row in rows]
    (folder / "estates_2035.csv").write_text(table(ESTATES["zh"], renamed), encoding="utf-8")
    lon, lat = place(410, 390)
    lines = [",".join(DECIDED), f"estate,E2,孙蒋小区,typed,{lon:.7f},{lat:.7f},,,,,"]
    (folder / "decisions.csv").write_text("\r\n".join([*lines, ""]), encoding="utf-8-sig")
    before = (folder / "decisions.csv").read_bytes()
    result = walkshed.run(folder)
    assert result.estates.loc["E2", "location_status"] == "given"
    later = result.scenarios["later"].result
    assert later.estates.loc["N2", "location_status"] == "given"
    assert (folder / "decisions.csv").read_bytes() == before


def test_results_compared_are_their_folders_compared(town, tmp_path):
    some = {name: town.scenarios[name] for name in ("closed", "grown", "much")}
    town = replace(town, scenarios=some)
    out = town.write(tmp_path / "out")
    for name, one in some.items():
        from_files = compare_runs(out, out / "scenarios" / one.scenario.folder)
        now = compare_results(town, one.result)
        for part in ("table", "summary"):
            assert_frame_equal(
                getattr(now, part), getattr(from_files, part), check_exact=True, check_dtype=False
            )
        assert now.headlines == from_files.headlines
        kept = pd.read_csv(out / "scenarios.csv", encoding="utf-8-sig")
        kept = kept[kept["scenario"] == name].reset_index(drop=True)
        columns = [*KEYS, "covered_before", "covered_after", "gained", "lost", "net"]
        assert_frame_equal(kept[columns], now.summary[columns], check_dtype=False)


# --- the command -------------------------------------------------------------------------------------------


def command(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    return done.exit_code, done.output


def test_the_command_prints_scenarios_and_compares_them(tmp_path):
    name = "关闭一处"
    folder = study(
        tmp_path / "s",
        scenarios(
            **{name: 'close = ["V1"]\ncost = 5_000', "moved": CASES["moved"][0], "again": 'open = ["V1"]'}
        ),
    )
    code, said = command("run", folder)
    assert code == 0
    assert name in said
    assert "没有任何变化" in said
    assert "不起作用" in said
    assert "费用 5,000 元" in said
    code, said = command("compare", folder, "--scenario", name)
    assert code == 0
    assert (folder / "out" / "scenarios" / name / "compare" / "compare.csv").is_file()
    code, _ = command(
        "compare", folder / "out", "--scenario", name, "--scenario", "moved", "--out", tmp_path / "two"
    )
    assert code == 0
    record = json.loads((tmp_path / "two" / "run.json").read_text(encoding="utf-8"))
    assert record["kind"] == "compare"
    code, said = command("compare", folder, "--scenario", "nobody")
    assert code == 1
    assert name in said
    assert command("compare", folder)[0] == 2
    assert command("compare", folder, folder, "--scenario", name)[0] == 2
    code, said = command("compare", study(tmp_path / "new", scenarios(a='close = ["V1"]')), "--scenario", "a")
    assert code == 1
    assert "walkshed run" in said


def test_check_looks_at_scenarios_too(tmp_path):
    assert command("check", study(tmp_path / "s", scenarios(a='close = ["V77"]')))[0] == 1
    code, said = command("check", study(tmp_path / "t", scenarios(a='open = ["V1"]')))
    assert code == 0
    assert "不起作用" in said


# --- bad input ---------------------------------------------------------------------------------------------


def faults(folder: Path) -> list[walkshed.errors.Finding]:
    with pytest.raises(walkshed.InputError) as caught:
        walkshed.run(folder)
    assert all(fault.text.en and fault.text.zh for fault in caught.value.faults)
    return caught.value.faults


def test_faults_within_the_study_file_come_all_at_once_with_their_line(tmp_path):
    more = (
        scenarios(a='open = ["V1"]\nclose = ["V1"]', b="cost = -3")
        + '[[scenarios]]\nname = "A"\nclose = ["V2"]\n'
    )
    found = faults(study(tmp_path / "s", more))
    assert [fault.code for fault in found] == [
        "scenario.both", "scenario.empty", "scenario.cost", "scenario.twice",
    ]  # fmt: skip
    for fault in found:
        assert "study.toml" in fault.in_("zh")
        assert "[[scenarios]]" in fault.in_("en")
        assert fault.source.row


def test_what_scenarios_name_and_there_is_not_comes_all_at_once(tmp_path):
    more = scenarios(
        a='close = ["V7", "山语银城活动中"]',
        b="move = { V1 = [31.5, 120.2], V66 = [120.0, 31.5] }",
        c='add = "none.csv"',
        d='estates = "nobody.xlsx"\nrepairs = "nothing.gpkg"',
        e='columns = { households = "2099" }',
    )
    found = faults(study(tmp_path / "s", more))
    codes = [fault.code for fault in found]
    assert codes.count("scenario.no_venue") == 3
    assert codes.count("scenario.move") == 1
    assert len(codes) >= 8
    near = next(fault for fault in found if fault.source.value == "山语银城活动中")
    assert "是否为山语银城活动中心" in near.in_("zh")
    assert "[[scenarios]] 1 close" in near.in_("en")


def test_an_unknown_gate_is_told_with_those_there_are(sample, tmp_path):
    folder = tmp_path / "s"
    shutil.copytree(sample, folder, ignore=shutil.ignore_patterns("out"))
    text = (folder / "study.toml").read_text(encoding="utf-8")
    text = text[: text.index("[[scenarios]]")] + scenarios(a='open_gates = ["桃源人家北门", "002#99"]')
    (folder / "study.toml").write_text(text, encoding="utf-8")
    found = faults(folder)
    assert [fault.code for fault in found] == ["scenario.no_gate"] * 2
    assert "桃源人家东门（示意）" in found[0].in_("zh")


def test_a_name_of_several_venues_asks_for_an_id(tmp_path):
    rows = [*venue_rows(), ("V9", "山语银城活动中心", "area", "open", "", *place(600, 600))]
    found = faults(study(tmp_path / "s", scenarios(a='close = ["山语银城活动中心"]'), venues=rows))
    assert [fault.code for fault in found] == ["scenario.several_venues"]
    assert "V1, V9" in found[0].in_("en")


def test_a_new_venue_may_not_take_an_id(tmp_path):
    folder = study(tmp_path / "s", scenarios(a='add = "new.csv"'))
    (folder / "new.csv").write_text(table(VENUES["zh"], [("V1", *NEW[1:])]), encoding="utf-8")
    assert [fault.code for fault in faults(folder)] == ["scenario.venue_twice"]


ODD = [
    "長" * 200,
    "🚪🏥 open",
    "two\\nlines",
    '=HYPERLINK(\\"http://x\\")',
    "مركز",
    "a/b\\\\c:d*?",
    "...",
    "CON",
]


def test_names_of_any_kind_get_through(tmp_path):
    more = scenarios(**{name: f'close = ["V{1 + number % 2}"]' for number, name in enumerate(ODD)})
    result = walkshed.run(study(tmp_path / "s", more))
    out = result.write()
    with (out / "scenarios.csv").open(encoding="utf-8-sig", newline="") as file:
        names = list(dict.fromkeys(row["scenario"] for row in csv.DictReader(file)))
    assert names == list(result.scenarios)
    assert len(names) == len(ODD)
    assert "two lines" in names
    folders = [path.name for path in (out / "scenarios").iterdir()]
    assert len(folders) == len(ODD)
    assert all(len(name) <= 44 and not set(name) & set('/\\:*?"<>|\n. ') for name in folders)


@settings(max_examples=50)
@given(st.lists(st.text(min_size=1), max_size=6))
def test_no_two_folders_are_one_on_any_system(names):
    made = folder_names(names)
    assert len({one.casefold() for one in made}) == len(names)
    assert all(one and not set(one) & set('/\\:*?"<>|\n\0') for one in made)


# --- in the files that show all of them --------------------------------------------------------------------


def test_the_workbook_has_what_the_tables_have(town, tmp_path):
    import openpyxl

    out = replace(town, study=replace(town.study, write=("tables", "workbook"))).write(tmp_path / "out")
    book = openpyxl.load_workbook(out / "report.xlsx", read_only=True)
    sheet = [list(row) for row in book["情景"].iter_rows(values_only=True)]
    top = next(number for number, row in enumerate(sheet) if row[0] == "情景")
    titles, cells = list(sheet[top]), sheet[top + 1 :]
    kept = pd.read_csv(out / "scenarios.csv", encoding="utf-8-sig")
    assert len(cells) == len(kept)
    assert None not in titles
    assert len(set(titles)) == len(titles)
    for title, column in {
        "情景": "scenario",
        "净变化": "net",
        "不再达标": "lost",
        "覆盖率（情景）": "covered_share_after",
    }.items():
        mine = [row[titles.index(title)] for row in cells]
        assert mine == [None if value != value else value for value in kept[column].tolist()]  # noqa: PLR0124 - NaN
    kept = pd.read_csv(out / "scenario_estates.csv", encoding="utf-8-sig")
    changed = kept[(kept["change"] != "same") | (kept["walk"] != "same")]
    rows = [row for row in book["情景（小区）"].iter_rows(values_only=True) if row[0] in town.scenarios]
    assert len(rows) == len(changed) > 0


def test_the_blank_study_s_scenario_works_once_the_signs_are_taken_away(tmp_path):
    empty = walkshed.init_study(tmp_path / "s", empty=True)
    text = (empty / "study.toml").read_text(encoding="utf-8")
    block = text[text.index("# [[scenarios]]") : text.index("[output]")]
    lines = [line.removeprefix("# ") for line in block.splitlines()]
    (empty / "study.toml").write_text(text.replace(block, "\n".join(lines) + "\n"), encoding="utf-8")
    (one,) = walkshed.read_study(empty).scenarios
    assert (one.open, one.cost) == (("V3",), 500_000)


def test_a_gate_that_stands_at_no_wall_is_told_and_stops_nothing(sample, tmp_path):
    folder = tmp_path / "s"
    shutil.copytree(sample, folder, ignore=shutil.ignore_patterns("out"))
    rows = (folder / "gates.csv").read_text(encoding="utf-8-sig").splitlines()
    rows = [
        ",".join([*row.split(",")[:2], "31.50", *row.split(",")[3:]]) if "棠梨里南门" in row else row
        for row in rows
    ]
    (folder / "gates.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    one = walkshed.run(folder).scenarios["三处小区大门打开"]
    assert [notice.code for notice in one.notices] == ["scenario.gate_nowhere"]
    assert "棠梨里南门" in one.notices[0].in_("zh")


# --- what is taken over ------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["residents", "closed", "open"])
def test_walks_to_other_venues_are_those_of_a_search_from_the_beginning(sample_result, policy):
    """Also for those who cannot use steps, and where residents start at their gates."""
    from walkshed.profiles import PRESETS
    from walkshed.walking.access import access

    study, walls = sample_result.study, sample_result.access.walls
    estates, venues = sample_result.estates, sample_result.venues
    options = {
        "walls": walls, "policy": policy, "profiles": (PRESETS["adult"], PRESETS["wheelchair"]),
        "standards": study.standards, "start": "gates",
    }  # fmt: skip
    other = venues.copy().iloc[3:]
    other.geometry = [
        shape if shape is None else translate(shape, 0.0007, -0.0004) for shape in other.geometry
    ]
    kept = access(walls.network, estates, venues, **options).to_venues(other)
    anew = access(walls.network, estates, other, **options)
    assert_frame_equal(kept.to_frame(), anew.to_frame(), check_exact=True)
    for profile in ("adult", "wheelchair"):
        assert_frame_equal(kept.k_nearest(2, profile), anew.k_nearest(2, profile), check_exact=True)


@pytest.mark.parametrize("case", ["closed", "moved", "grown"])
def test_with_buildings_too_a_scenario_is_the_run_of_files_edited_so(tmp_path, case):
    lines, files = CASES[case]
    answers = []
    for name, more, tables in (("one", scenarios(it=lines), {}), ("apart", "", files)):
        folder = study(tmp_path / name, '[buildings]\nfile = "buildings.csv"\n' + more, **tables)
        if more:
            write_extra(folder)
            (folder / "estates.csv").write_text(table(ESTATES["zh"], estate_rows()), encoding="utf-8")
        homes = [(f"B{n}", f"E{1 + n % 3}", 10 + n, *place(40 * n % 800, 70 * n % 790)) for n in range(18)]
        header = ("编号", "小区编号", "户数", "经度", "纬度")
        (folder / "buildings.csv").write_text(table(header, homes), encoding="utf-8")
        answers.append(walkshed.run(folder))
    mine, apart = answers[0].scenarios["it"].result, answers[1]
    same_answers(mine, apart)
    assert mine.homes is not None
    assert_frame_equal(mine.homes, apart.homes, check_exact=True)
