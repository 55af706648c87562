"""From a study that asks where to build next to its files: right against trying everything, the same in every file."""

from __future__ import annotations

import json
import re
import shutil
from itertools import combinations

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest

import walkshed
from conftest import need_program
from study_maker import make_study, place, study_text, table
from walkshed.deliver.proposals import TABLES, proposal_tables
from walkshed.errors import InputError
from walkshed.siting.plan_rows import SITE_COLUMNS
from walkshed.tables.rooms import read_rooms

FIRST = "5 min"


@pytest.fixture(scope="module")
def plan(sample_result):
    return sample_result.proposed.plan


@pytest.fixture(scope="module")
def out(sample_result, tmp_path_factory):
    return sample_result.write(tmp_path_factory.mktemp("siting") / "out")


def read(out, name):
    return pd.read_csv(out / f"{name}.csv", encoding="utf-8-sig", dtype={"estate_id": str, "site_id": str})


# --- the sample's next three venues --------------------------------------------------------------------------


def test_no_other_three_rooms_within_the_budget_cover_more(sample_result):
    """Try all sets, on walks searched once more and put together by hand."""
    study, estates = sample_result.study, sample_result.estates
    rooms = read_rooms(study.rooms.file)
    free = rooms[(rooms["choice"] == "optional") & rooms["lon"].notna()]
    households = estates["households"].fillna(0).to_numpy()
    before = (
        sample_result.coverage.query("standard == @FIRST and profile == 'adult'")["status"] == "covered"
    ).to_numpy()
    walks = walkshed.access(
        sample_result.network,
        estates,
        free,
        walls=sample_result.access.walls,
        policy=sample_result.study.policy,
        standards=[walkshed.Standard(minutes=5)],
        max_snap_m=study.max_snap_m,
    )
    reach = walks.to_matrix(values="walk_min").to_numpy() <= 5
    worth = {
        one: households[before | reach[:, list(one)].any(axis=1)].sum()
        for size in range(study.siting.sites + 1)
        for one in combinations(range(len(free)), size)
        if free["cost"].iloc[list(one)].sum() <= study.siting.budget
    }
    best = max(worth.values())
    assert len(worth) > 500
    assert sample_result.proposed.plan.proposal.value == best
    assert sample_result.proposed.plan.proposal.bound == best
    chosen = tuple(sorted(free.index.get_loc(one) for one in sample_result.proposed.plan.chosen_ids))
    assert worth[chosen] == best


def test_three_venues_are_proposed_within_what_was_asked(plan):
    assert len(plan.chosen_ids) == 3
    assert plan.cost <= plan.siting.budget
    assert plan.after > plan.before
    assert [step.year for step in plan.order.steps] == [2027, 2028, 2029]
    assert not {"K02", "K13"} & set(plan.chosen_ids)  # without a place; excluded


def test_walked_again_as_many_are_covered_as_the_model_counted(sample_result, plan):
    after = sample_result.proposed.coverage_after.query("standard == @FIRST and profile == 'adult'")
    households = sample_result.estates["households"].fillna(0).to_numpy()
    assert (households * after["covered_share"].to_numpy()).sum() == plan.after == plan.rewalked
    totals = sample_result.proposed.summary_after.query(
        "level == 'total' and standard == @FIRST and measure == 'households' and profile == 'adult'"
    )
    assert totals["covered"].item() == plan.after


def test_opening_a_venue_never_takes_one_away(sample_result):
    before, after = sample_result.coverage, sample_result.proposed.coverage_after
    same = ["estate_id", "profile", "standard"]
    assert before[same].equals(after[same])
    was, now = before["walk_m"].fillna(np.inf), after["walk_m"].fillna(np.inf)
    assert (now <= was).all()
    assert (after["status"][before["status"] == "covered"] == "covered").all()


# --- the tables ----------------------------------------------------------------------------------------------


def test_every_room_has_its_row_and_the_gains_add_up(out, plan):
    rows = read(out, "proposals")
    assert list(rows.columns) == list(SITE_COLUMNS)
    assert set(rows["site_id"]) == set(plan.candidates.index)
    chosen = rows[rows["role"] == "chosen"]
    assert chosen["site_id"].tolist() == plan.chosen_ids
    assert chosen["gain"].sum() == plan.after - plan.before
    assert chosen["covered_after"].tolist() == (plan.before + chosen["gain"].cumsum()).tolist()
    assert chosen["cost_per_gain"].tolist() == (chosen["cost"] / chosen["gain"]).round(2).tolist()
    assert rows.loc[rows["site_id"] == "K02", "role"].item() == "unplaced"
    assert rows.loc[rows["site_id"] == "K13", "role"].item() == "forbidden"
    best_left = rows[rows["role"] == "other"]["gain"].tolist()
    assert best_left == sorted(best_left, reverse=True)


def test_who_gains_was_uncovered_and_is_covered_then(out, sample_result, plan):
    rows = read(out, "proposals_estates")
    before = sample_result.coverage.query("standard == @FIRST and profile == 'adult'").set_index("estate_id")
    after = sample_result.proposed.coverage_after.query(
        "standard == @FIRST and profile == 'adult'"
    ).set_index("estate_id")
    new = after.index[(after["status"] == "covered") & (before["status"] != "covered")]
    assert set(rows["estate_id"]) == set(new)
    assert rows["amount"].sum() == plan.after - plan.before
    assert rows["walk_after"].tolist() == after.loc[rows["estate_id"], "walk_min"].tolist()
    known = (
        rows["walk_before"].notna().to_numpy()
    )  # beyond the longest standard walks are not searched pair by pair
    was = before.loc[rows["estate_id"], "walk_min"].to_numpy()
    assert rows["walk_before"][known].tolist() == was[known].tolist()
    assert (was[~known] > 15).all()
    # 5.00 is within, 5.01 is not
    assert (rows["walk_after"] <= 5).all()
    assert (was > 5).all()


def test_the_curve_and_the_plans_agree_with_the_proposal(out, plan):
    curve = read(out, "proposals_curve").set_index("sites")
    assert curve.loc[3, "value"] == plan.after
    assert curve.loc[0, "covered"] == plan.before
    assert curve["value"].is_monotonic_increasing
    assert (curve["bound"] >= curve["value"]).all()
    assert curve["knee"].sum() <= 1
    plans = read(out, "proposals_plans")
    first = plans[plans["plan"] == 0]
    assert sorted(first["site_id"]) == sorted(plan.chosen_ids)
    near = plans[plans["kind"] == "near_equal"]
    assert (near["behind_share"] <= 0.01).all()
    without = plans[plans["kind"] == "without"].groupby("without")["site_id"].apply(set)
    assert set(without.index) == set(plan.chosen_ids)
    assert all(site not in others for site, others in without.items())


def test_two_runs_write_the_same_bytes(sample, out, tmp_path):
    again = walkshed.run(sample).write(tmp_path / "out")
    for name in [*(f"{one}.csv" for one in TABLES), "map.html", "report.xlsx"]:
        assert (again / name).read_bytes() == (out / name).read_bytes(), name


def test_nothing_of_a_person_is_in_any_of_them(out):
    for name in TABLES:
        assert "示例" not in (out / f"{name}.csv").read_text(encoding="utf-8-sig")


# --- sentences -----------------------------------------------------------------------------------------------


def numbers(text):
    return sorted(re.findall(r"\d[\d,.]*\d|\d", text))


def same_numbers(plan):
    for text in plan.sentences:
        assert numbers(text.en) == numbers(text.zh), text
        assert re.search(r"[\u4e00-\u9fff]", text.zh), text
        assert "nan" not in text.en.lower().split(), text


def test_both_languages_say_the_same_numbers_and_names(plan):
    same_numbers(plan)
    for site in plan.sequence:
        name = plan.proposal.problem.sites.name[site]
        assert name in plan.sentences[0].en
        assert name in plan.sentences[0].zh


def test_the_sentences_say_what_the_tables_say(plan):
    said = " ".join(text.en for text in plan.sentences)
    assert f"{plan.after - plan.before:,.0f} more households" in said
    assert f"({plan.before:,.0f} to {plan.after:,.0f} of {plan.total:,.0f})" in said
    assert "this is proven" in said
    assert f"{plan.cost:,.0f} once" in said
    n = len(plan.near.plans)
    assert (f"{n} other plan" if n else "No other plan") in said


# --- layer, workbook, record, map ----------------------------------------------------------------------------


def test_the_layer_holds_every_row_and_a_style(out, plan):
    layer = gpd.read_file(out / "coverage.gpkg", layer="proposals")
    rows = proposal_tables(plan)["proposals"]
    assert layer["site_id"].tolist() == rows["site_id"].tolist()
    assert layer.crs == "EPSG:4326"
    assert layer.geometry.isna().tolist() == rows["lon"].isna().tolist()
    there = ~layer.geometry.isna()
    assert layer.geometry[there].x.tolist() == rows["lon"][there.to_numpy()].tolist()
    styles = pyogrio.read_dataframe(out / "coverage.gpkg", layer="layer_styles").set_index("f_table_name")
    assert 'attr="role"' in styles.loc["proposals", "styleQML"]
    assert all(role in styles.loc["proposals", "styleQML"] for role in set(rows["role"]))


def test_the_workbook_says_it_in_the_study_s_language(out, plan):
    book = openpyxl.load_workbook(out / "report.xlsx", read_only=True)
    assert {"选址建议", "建议点位", "新覆盖小区", "数量与效果"} <= set(book.sheetnames)
    said = [str(cell) for row in book["选址建议"].iter_rows(values_only=True) for cell in row if cell]
    assert set(text.zh for text in plan.sentences) <= set(said)  # noqa: C401
    titles = [cell for row in book["建议点位"].iter_rows(values_only=True) for cell in row]
    assert {"角色", "建议", "替补", "排除", "用房"} <= set(titles)
    assert not {"chosen", "room", "runner_up"} & set(titles)


def test_the_record_of_the_run_keeps_value_bound_and_gap(out, plan):
    kept = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert kept["siting"]["chosen"] == plan.chosen_ids
    assert (kept["siting"]["value"], kept["siting"]["bound"], kept["siting"]["gap"]) == (
        plan.after,
        plan.after,
        0,
    )
    assert kept["siting"]["state"] == "optimal"
    assert "rooms.xlsx" in kept["inputs"]
    assert set(TABLES) <= {name.removesuffix(".csv") for name in kept["files"]}


def page_data(path):
    text = path.read_text(encoding="utf-8")
    block = re.search(r'<script[^>]*id="walkshed-data"[^>]*>(.*?)</script>', text, re.DOTALL)
    return json.loads(block[1])


def test_the_map_shows_chosen_and_runner_up_before_and_after(out, sample_result, plan):
    data = page_data(out / "map.html")
    shown = data["proposals"]
    assert [name for name, role in zip(shown["name"], shown["role"], strict=True) if role == "chosen"] == [
        plan.proposal.problem.sites.name[site] for site in plan.sequence
    ]
    assert [step for step in shown["step"] if step] == [1, 2, 3]
    assert "runner_up" in shown["role"]
    scale = next(n for n, one in enumerate(data["scales"]) if one["limits"][0] == 5)
    for results, coverage in (
        (data["results"], sample_result.coverage),
        (shown["after"], sample_result.proposed.coverage_after),
    ):
        covered = (
            coverage.query("standard == @FIRST and profile == 'adult'")["status"] == "covered"
        ).tolist()
        assert [klass == 0 for klass in results[scale][0]["class"]] == covered
    ids = sample_result.estates.index
    gained = {ids[row] for rows in shown["gained"] for row in rows}
    assert gained == set(read(out, "proposals_estates")["estate_id"])
    # an estate whose nearest venue is proposed names it
    n = len(sample_result.venues)
    named = {shown["name"][v - n] for v in shown["after"][scale][0]["venue"] if v >= n}
    assert named == {plan.proposal.problem.sites.name[site] for site in plan.sequence}


@pytest.mark.full
def test_the_map_works_in_a_browser(out, plan):
    need_program("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        page = browser.new_page(viewport={"width": 1300, "height": 850})
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.goto((out / "map.html").as_uri())
        page.wait_for_selector("html.ws-ready")
        count = "() => window.walkshed.state.result()['class'].filter(k => k === 0).length"
        before = page.evaluate(count)
        page.select_option(".ws-before-after select", "1")
        assert page.evaluate(count) - before == len(read(out, "proposals_estates"))
        assert page.is_visible(".ws-badge-after")
        where = page.evaluate(
            "() => { const s = window.walkshed.state, p = s.pointOf({ type: 'proposal', i: 0 }),"
            " r = s.map.getContainer().getBoundingClientRect(); return [r.left + p.x, r.top + p.y - 14]; }"
        )
        page.mouse.click(*where)
        assert plan.proposal.problem.sites.name[plan.sequence[0]] in page.inner_text(".ws-card")
        page.select_option(".ws-before-after select", "0")
        assert page.evaluate(count) == before
        assert not page.is_visible(".ws-badge-after")
        browser.close()
    assert errors == []


# --- other studies -------------------------------------------------------------------------------------------

HEADER = "id,name,floor_area_m2,cost,subsidy_per_year,capacity,year,choice,lon,lat"
SPOTS = {"R1": (30, 100), "R2": (420, 400), "R3": (780, 800), "R4": (110, 800)}


def room_rows(**changed):
    rows = []
    for number, (ident, spot) in enumerate(SPOTS.items(), start=1):
        row = [ident, f"room {number}", 100 * number, 1000 * number, 100, 60, "", "", *place(*spot)]
        for column, value in changed.get(ident, {}).items():
            row[HEADER.split(",").index(column)] = value
        rows.append(tuple(row))
    return rows


def siting_study(
    folder, siting, *, rooms=None, standards="minutes = 2", write='write = ["tables"]', **sections
):
    """Write the small study with rooms and a section [siting]."""
    made = make_study(folder, language="en")
    (made / "rooms.csv").write_text(table(HEADER.split(","), rooms or room_rows()), encoding="utf-8")
    text = study_text("en", siting=siting, output=write, **sections)
    (made / "study.toml").write_text(f"{text}[[standards]]\n{standards}\n", encoding="utf-8")
    return made


def test_a_site_without_a_name_is_called_by_the_estate_it_is_near(tmp_path):
    unnamed = [(row[0], "", *row[2:]) for row in room_rows()]
    study = siting_study(tmp_path / "s", "file = 'rooms.csv'\nsites = 1", rooms=unnamed)
    plan = walkshed.run(study).proposed.plan
    (chosen,) = plan.chosen_ids
    near = {"R1": "桃源人家", "R2": "孙蒋小区", "R3": "Kite Court", "R4": "勤学里"}[chosen]
    assert f"Open 1 more venue: {chosen} (near {near})" in plan.sentences[0].en
    assert f"{chosen}（近{near}）" in plan.sentences[0].zh


@pytest.mark.parametrize(
    "siting",
    [
        "sites = 2", "objective = 'fewest'\nshare = 0.7", "objective = 'total_walk'\nsites = 2", "objective = 'worst_walk'\nsites = 2",
        "sites = 2\ntimes = 2", "budget = 3500.0", "subsidy_budget = 250.0", "sites = 3\nspacing_m = 500.0", "sites = 4\na_year = 2",
        "sites = 2\ncapacity = 'places'\nneed = 0.1", "sites = 2\nmeasure = 'estates'", "sites = 1\nplanned_by = 2031\nfirst_year = 2027",
        "sites = 3\nstreet_points_m = 150.0", "sites = 1\ncurve = 2\nalternatives = 0",
    ],
)  # fmt: skip
def test_every_way_of_asking_gives_a_plan_with_a_proof_and_sentences(tmp_path, siting):
    rooms = room_rows(**{ident: {"capacity": 60} for ident in SPOTS})
    lines = f"file = 'rooms.csv'\n{siting}"
    folder = siting_study(tmp_path / "s", lines, rooms=rooms)
    if "capacity" in siting:  # what is there needs a capacity too
        path = folder / "venues.csv"
        head, *rest = path.read_text(encoding="utf-8").splitlines()
        path.write_text(
            "\n".join([f"{head},capacity", *(f"{row},1000" for row in rest)]) + "\n", encoding="utf-8"
        )
    result = walkshed.run(folder)
    plan = result.proposed.plan
    assert plan.found
    assert plan.proposal.state == "optimal"
    assert plan.proposal.gap == 0
    same_numbers(plan)
    result.write(tmp_path / "out")
    for name in TABLES:
        assert (tmp_path / "out" / f"{name}.csv").stat().st_size > 10
    rows = read(tmp_path / "out", "proposals")
    assert rows.loc[rows["role"] == "chosen", "site_id"].tolist() == plan.chosen_ids


@pytest.mark.parametrize(("objective", "measure"), [("total_walk", np.sum), ("worst_walk", np.max)])
@pytest.mark.parametrize("standards", ["minutes = 2", "metres = 150"])
def test_the_best_walks_against_trying_all(tmp_path, objective, measure, standards):
    """The standard is short: the walks that count are longer, and none of them is lost."""
    lines = f"file = 'rooms.csv'\nobjective = '{objective}'\nsites = 2"
    result = walkshed.run(siting_study(tmp_path / "s", lines, standards=standards))
    plan, estates = result.proposed.plan, result.estates
    rooms = read_rooms(result.study.rooms.file)
    values = "walk_min" if "minutes" in standards else "walk_m"
    far = [walkshed.Standard(metres=5000)]
    there = result.venues[result.venues["status"] == "open"]
    walks = [
        walkshed.access(result.network, estates, places, standards=far).to_matrix(values=values).to_numpy()
        for places in (there, rooms)
    ]
    weights = estates["households"].to_numpy() if objective == "total_walk" else 1.0
    tried = {
        one: measure(weights * np.minimum(walks[0].min(axis=1), walks[1][:, list(one)].min(axis=1)))
        for one in combinations(range(len(rooms)), 2)
    }
    assert plan.proposal.value == pytest.approx(min(tried.values()))
    chosen = tuple(sorted(rooms.index.get_loc(one) for one in plan.chosen_ids))
    if len(chosen) == 2:
        assert tried[chosen] == pytest.approx(min(tried.values()))


def test_a_required_room_is_opened_and_an_excluded_one_is_not(tmp_path):
    rooms = room_rows(R2={"choice": "required"}, R1={"choice": "forbidden"})
    plan = walkshed.run(
        siting_study(tmp_path / "s", "file = 'rooms.csv'\nsites = 2", rooms=rooms)
    ).proposed.plan
    assert "R2" in plan.chosen_ids
    assert "R1" not in plan.chosen_ids


def test_a_target_that_cannot_be_met_says_what_can_and_who_prevents_it(tmp_path):
    rooms = room_rows()[:2]
    lines = "file = 'rooms.csv'\nobjective = 'fewest'\nshare = 1.0"
    result = walkshed.run(siting_study(tmp_path / "s", lines, rooms=rooms))
    plan = result.proposed.plan
    assert not plan.found
    same_numbers(plan)
    said = " ".join(text.en for text in plan.sentences)
    assert "No plan keeps to everything that is asked." in said
    assert re.search(r"At most \d+\.\d% can be covered", said)
    assert "Kite Court" in said
    out = result.write(tmp_path / "out")
    assert (read(out, "proposals")["role"] != "chosen").all()
    assert len(read(out, "proposals_estates")) == 0


@pytest.mark.parametrize(
    ("siting", "rooms", "said"),
    [
        ("sites = 9", None, "9 new sites are asked for, but only 4 may be chosen"),
        ("budget = 10.0", None, "is below the cheapest candidate"),
        ("sites = 1\nbudget = 9000.0", {"R2": {"cost": ""}}, "R2"),
        ("sites = 1", {"R1": {"choice": "required"}, "R2": {"choice": "required"}}, "2 sites are fixed"),
        ("sites = 2\nspacing_m = 900.0", {"R1": {"choice": "required"}, "R2": {"choice": "required"}}, "closer than 900 m"),
        ("sites = 1\nstandard = '6 min'", None, 'no standard "6 min"'),
        ("sites = 1\nmeasure = 'childern'", None, 'no measure "childern"'),
        ("sites = 0", None, "at least 1"),
        ("sites = '3'", None, "whole number"),
        ("", None, "does not say how many sites"),
        ("sites = 1", {"R1": {"id": "V1"}}, "is the id of an existing venue"),
        ("sites = 1", {"R1": {"cost": "lots"}, "R3": {"year": "soon"}}, "is not a year"),
        ("sites = 1\nbuget = 3", None, 'did you mean "budget"'),
        ("sites = 1\ngates = true\ntimes = 2", None, "does not combine with times"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_a_sentence(tmp_path, siting, rooms, said):
    folder = siting_study(
        tmp_path / "s", f"file = 'rooms.csv'\n{siting}", rooms=room_rows(**rooms) if rooms else None
    )
    with pytest.raises(InputError) as caught:
        walkshed.run(folder)
    assert said in str(caught.value)
    assert all(fault.text.zh for fault in caught.value.faults)


def test_faults_of_rooms_and_estates_come_together(tmp_path):
    folder = siting_study(
        tmp_path / "s", "file = 'rooms.csv'\nsites = 1", rooms=room_rows(R1={"cost": "lots"})
    )
    path = folder / "estates.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",100,", ",-100,"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        walkshed.run(folder)
    assert {fault.source.file for fault in caught.value.faults} == {"estates.csv", "rooms.csv"}


def test_covered_twice_is_walked_again_as_that(tmp_path):
    rooms = room_rows(R3={"choice": "required"})  # which covers estates, but only once
    lines = "file = 'rooms.csv'\nsites = 2\ntimes = 2"
    plan = walkshed.run(siting_study(tmp_path / "s", lines, rooms=rooms)).proposed.plan
    assert plan.rewalked == plan.after == 100
    assert "within 2 min on foot of 2 venues" in plan.sentences[1].en


@pytest.mark.parametrize(
    ("siting", "said"),
    [
        ("objective = 'fewest'\nshare = 0.95\nsites = 1", ["At most 50.0%", "the best plan within what is asked leaves out"]),
        ("objective = 'fewest'\nshare = 0.95", ["At most 80.0%", "which no candidate serves"]),
        ("sites = 1\ncommunity_share = 0.9", ["no more than about 33% can be covered in every community"]),
        ("sites = 2\nfloor_area_m2_per_100_households = 3000", ["荣巷社区 needs 21,000 m²", "count as 0 m²: V1, V2"]),
    ],
)  # fmt: skip
def test_where_there_is_no_plan_it_is_said_why(tmp_path, siting, said):
    rooms = room_rows()
    if "sites" not in siting:
        rooms = [row for row in rooms if row[0] != "R2"]
    plan = walkshed.run(
        siting_study(tmp_path / "s", f"file = 'rooms.csv'\n{siting}", rooms=rooms)
    ).proposed.plan
    assert not plan.found
    same_numbers(plan)
    for words in said:
        assert words in " ".join(text.en for text in plan.sentences)
    assert "100.0%" not in " ".join(text.en for text in plan.sentences)


def test_stopped_after_the_plan_it_is_written_without_what_was_not_asked(tmp_path):
    def press(stage, _share=None):
        if stage.en == "drawing the curve of sites":
            raise KeyboardInterrupt

    result = walkshed.run(siting_study(tmp_path / "s", "file = 'rooms.csv'\nsites = 2"), progress=press)
    plan = result.proposed.plan
    assert plan.proposal.state == "optimal"
    assert plan.order is plan.curve is None
    assert "siting.interrupted" in {notice.code for notice in result.notices}
    same_numbers(plan)
    assert not any("other plan" in text.en for text in plan.sentences)
    rows = read(result.write(tmp_path / "out"), "proposals")
    assert rows.loc[rows["role"] == "chosen", "site_id"].tolist() == plan.chosen_ids
    assert plan.rewalked == plan.after


def test_nothing_to_gain_is_said(tmp_path):
    # 60 minutes: everybody is covered already
    plan = walkshed.run(
        siting_study(tmp_path / "s", "file = 'rooms.csv'\nsites = 1", standards="minutes = 60")
    ).proposed.plan
    assert plan.chosen_ids == []
    assert [text.en for text in plan.sentences] == ["All households are within the standard already."]


def test_rooms_out_of_everybody_s_reach_are_told(tmp_path):
    far = {ident: {"lon": place(9000, 9000)[0], "lat": place(9000, 9000)[1]} for ident in SPOTS}
    result = walkshed.run(
        siting_study(tmp_path / "s", "file = 'rooms.csv'\nsites = 1", rooms=room_rows(**far))
    )
    codes = {notice.code for notice in result.notices}
    assert {"siting.candidates_off_network", "siting.nobody_near"} <= codes
    assert result.proposed.plan.chosen_ids == []


def test_without_the_section_nothing_is_proposed_or_written(tmp_path):
    result = walkshed.run(make_study(tmp_path / "s"))
    assert result.proposed is None
    out = result.write(tmp_path / "out")
    assert not list(out.glob("proposals*"))
