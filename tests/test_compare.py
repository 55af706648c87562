"""Before and after: the comparison of two folders says what a plain reading of their files says."""

from __future__ import annotations

import csv
import json
import shutil
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

import walkshed
from study_maker import (
    ESTATES,
    VENUES,
    changed,
    estate_rows,
    make_study,
    place,
    study_text,
    table,
    venue_rows,
)
from walkshed.compare import compare_runs

if TYPE_CHECKING:
    from pathlib import Path

STANDARDS = '[[standards]]\nminutes = 5\n[[standards]]\nname = "near"\nmetres = 300\n'


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def study(folder: Path, *, estates=None, venues=None, text: str = "") -> Path:
    """Make a study and run it; return the folder of its results."""
    make_study(folder)
    text = text or study_text(estates='file = "estates.csv"\nlevels = ["community"]') + STANDARDS
    (folder / "study.toml").write_text(text, encoding="utf-8")
    for name, header, cells in (("estates", ESTATES, estates), ("venues", VENUES, venues)):
        if cells is not None:
            (folder / f"{name}.csv").write_text(table(header["zh"], cells), encoding="utf-8")
    return walkshed.run(folder).write()


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return study(tmp_path_factory.mktemp("runs") / "before")


@pytest.fixture(scope="module")
def later(tmp_path_factory):
    """Return the run a year later: a venue more and one less, other numbers, an estate gone, one new, one renamed, one moved."""
    estates = changed(estate_rows(), {(2, 3): 150, (2, 1): "桃源新家", (4, 2): "龙山社区"})
    estates = [*estates[:3], ("E5", "=1+1", "龙山社区", 70, *place(20, 20))]
    venues = [*venue_rows()[1:], ("V9", "新中心", "area", "open", "", *place(800, 760))]
    return study(tmp_path_factory.mktemp("runs") / "after", estates=estates, venues=venues)


@pytest.fixture(scope="module")
def found(base, later):
    return compare_runs(base, later)


def plain(folder: Path):
    """Return covered amounts by level, unit, profile, standard and measure, and by estate, from the CSV files alone."""
    estates = {row["estate_id"]: row for row in rows(folder / "estates.csv")}
    by_estate = {}
    for row in rows(folder / "coverage.csv"):
        home = estates[row["estate_id"]]
        for level, unit in (("total", "total"), ("community", home["community"])):
            for measure, amount in (("estates", 1.0), ("households", float(home["households"] or 0))):
                key = (level, unit, row["profile"], row["standard"], measure)
                by_estate[key, row["estate_id"]] = (amount, float(row["covered_share"]))
    return by_estate


def test_gained_lost_and_other_are_the_sums_over_estates(base, later, found):
    old, new = plain(base), plain(later)
    gained, lost, other = (defaultdict(float) for _ in range(3))
    for key, ident in {**old, **new}:
        (w0, s0), (w1, s1) = old.get((key, ident), (0.0, 0.0)), new.get((key, ident), (0.0, 0.0))
        if (key, ident) in old and (key, ident) in new:
            gained[key] += w1 * max(0, s1 - s0)
            lost[key] += w1 * max(0, s0 - s1)
            other[key] += (w1 - w0) * s0
        else:
            other[key] += w1 * s1 - w0 * s0
    keys = ["level", "unit", "profile", "standard", "measure"]
    said = {tuple(row[key] for key in keys): row for _, row in found.summary.iterrows()}
    assert set(said) == {key for key, _ in {**old, **new}}
    for key, row in said.items():
        assert (row["gained"], row["lost"], row["other"]) == pytest.approx(
            (gained[key], lost[key], other[key])
        )
    assert sum(gained.values()) > 0
    assert sum(lost.values()) > 0
    assert any(other.values())


def test_net_is_the_difference_of_the_two_summaries_to_the_digit(base, later, found):
    old, new = (
        {
            (r["level"], r["unit"], r["profile"], r["standard"], r["measure"]): r
            for r in rows(path / "summary.csv")
        }
        for path in (base, later)
    )
    for row in found.summary.to_dict("records"):
        key = tuple(row[name] for name in ("level", "unit", "profile", "standard", "measure"))
        was, now = (float(run[key]["covered"]) if key in run else 0.0 for run in (old, new))
        assert row["net"] == now - was == row["gained"] - row["lost"] + row["other"]
        if key in old and key in new:
            points = 100 * float(new[key]["covered_share"]) - 100 * float(old[key]["covered_share"])
            assert row["change_points"] == pytest.approx(points, abs=1e-9)
    assert len(found.summary) == len(old.keys() | new.keys())


def test_mean_minutes_are_those_of_the_estates_that_stayed(base, later, found):
    (old, homes0), (new, homes1) = (
        (
            {(r["estate_id"], r["standard"]): r for r in rows(path / "coverage.csv")},
            {r["estate_id"]: r for r in rows(path / "estates.csv")},
        )
        for path in (base, later)
    )
    seen = 0
    for row in found.summary[found.summary["measure"] == "households"].to_dict("records"):
        walks = []
        for (ident, standard), now in new.items():
            was, home = old.get((ident, standard)), homes1[ident]
            if was is None or standard != row["standard"]:
                continue
            if row["level"] == "total" or row["unit"] == home["community"] == homes0[ident]["community"]:
                walks.append((float(home["households"]), float(was["walk_min"]), float(now["walk_min"])))
        if walks:
            weight = sum(one[0] for one in walks)
            before, after = (round(sum(one[0] * one[k] for one in walks) / weight, 2) for k in (1, 2))
            assert (row["mean_min_before"], row["mean_min_after"]) == pytest.approx(
                (before, after), abs=0.011
            )
            assert row["mean_min_change"] == pytest.approx(row["mean_min_after"] - row["mean_min_before"])
            seen += 1
    assert seen >= 4


def test_nearer_and_farther_are_by_the_standards_own_measure(base, tmp_path):
    """A way may be shorter and yet take longer, over steps or crossings."""
    other = tmp_path / "other"
    shutil.copytree(base, other)
    lines = rows(other / "coverage.csv")
    for line in lines:
        line["walk_m"] = str(float(line["walk_m"]) - 10)
        line["walk_min"] = str(float(line["walk_min"]) + 1)
    with (other / "coverage.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    table_ = compare_runs(base, other).table
    assert set(zip(table_["standard"], table_["walk"], strict=True)) == {
        ("5 min", "farther"),
        ("near", "nearer"),
    }


def test_every_estate_keeps_its_row_and_the_change_is_that_of_the_status(base, later, found):
    old, new = (
        {(r["estate_id"], r["profile"], r["standard"]): r for r in rows(path / "coverage.csv")}
        for path in (base, later)
    )
    seen = {}
    for row in found.table.to_dict("records"):
        key = (row["estate_id"], row["profile"], row["standard"])
        was, now = old.get(key), new.get(key)
        seen[key] = row["change"]
        if was is None or now is None:
            assert row["change"] == ("new" if was is None else "gone")
            assert row["walk"] == ""
            continue
        inside = (was["status"] == "covered", now["status"] == "covered")
        assert row["change"] == {(False, True): "gained", (True, False): "lost"}.get(inside, "same")
        column = "walk_m" if key[2] == "near" else "walk_min"
        step = float(now[column]) - float(was[column])
        assert row["walk"] == ("nearer" if step < 0 else "farther" if step > 0 else "same")
        assert row["walk_min_change"] == round(float(now["walk_min"]) - float(was["walk_min"]), 2)
    assert seen.keys() == old.keys() | new.keys()
    assert set(seen.values()) == {"gained", "lost", "same", "new", "gone"}


def test_a_comparison_turned_round_turns_gains_into_losses(base, later, found):
    back = compare_runs(later, base)
    ways = {"gained": "lost", "lost": "gained", "new": "gone", "gone": "new", "same": "same"}
    keys = ["estate_id", "profile", "standard"]
    first, second = (one.table.set_index(keys).sort_index()["change"] for one in (found, back))
    assert first.map(ways).tolist() == second.tolist()
    keys = ["level", "unit", "profile", "standard", "measure"]
    nets = [one.summary.set_index(keys).sort_index()["net"] for one in (found, back)]
    assert (nets[0] == -nets[1]).all()


def test_a_run_compared_with_its_copy_changes_nothing(base, tmp_path):
    shutil.copytree(base, tmp_path / "copy")
    same = compare_runs(base, tmp_path / "copy")
    assert set(same.table["change"]) == {"same"}
    assert not same.summary[["gained", "lost", "other", "net"]].to_numpy().any()
    assert not len(same.differences)
    assert [text.en for text in same.notices] == ["both runs have the same inputs and settings"]


def test_what_else_differs_is_told(found):
    apart = {(row.kind, row.what): (row.before, row.after) for row in found.differences.itertuples()}
    assert apart["estate_renamed", "E1"] == ("桃源人家", "桃源新家")
    assert apart["estate_new", "E5"] == ("", "=1+1")
    assert apart["estate_gone", "E4"] == ("勤学里", "")
    assert {what for kind, what in apart if kind == "input"} == {"estates.csv", "venues.csv"}
    assert any("E1 (桃源人家 → 桃源新家)" in text.en for text in found.notices)


def test_an_estate_that_moved_is_told_by_its_id(base, tmp_path):
    rows_ = [(*row[:4], *place(400, 390)) if row[0] == "E2" else row for row in estate_rows()]
    moved = compare_runs(base, study(tmp_path / "s", estates=rows_)).differences
    assert moved[moved["kind"] == "estate_moved"]["what"].tolist() == ["E2"]


def test_the_headline_says_the_numbers_of_the_two_summaries(base, later, found):
    numbers = []
    for folder in (base, later):
        row = next(r for r in rows(folder / "summary.csv") if r["measure"] == "households")
        numbers.append((row["covered"], f"{float(row['covered_share']):.1%}"))
    (was, first), (now, then) = numbers
    for said in (found.headlines[0].en, found.headlines[0].zh):
        assert f"{was} → {now}" in said
        assert f"{first} → {then}" in said
    assert len(found.headlines) == 2


def test_files_are_written_read_back_and_replaced(base, later, found):
    later = found.after.folder
    standing = {path.name: path.read_bytes() for path in later.iterdir() if path.is_file()}
    folder = found.write()
    assert folder == later / "compare"
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert first.keys() == {"compare.csv", "compare_summary.csv", "differences.csv", "run.json"}
    assert len(rows(folder / "compare.csv")) == len(found.table)
    assert {row["estate_id"] for row in rows(folder / "compare.csv")} == {"E1", "E2", "E3", "E4", "E5"}
    compare_runs(base, later).write()
    second = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert all(first[name] == second[name] for name in first if name != "run.json")
    assert standing == {path.name: path.read_bytes() for path in later.iterdir() if path.is_file()}


def test_it_never_takes_the_place_of_a_run(base, found):
    before = sorted(path.name for path in base.iterdir())
    with pytest.raises(walkshed.OutputError, match="other results"):
        found.write(base)
    assert sorted(path.name for path in base.iterdir()) == before


def faults(one, other) -> dict[str, str]:
    with pytest.raises(walkshed.InputError) as caught:
        compare_runs(one, other)
    assert all(fault.text.en and fault.text.zh for fault in caught.value.faults)
    return {fault.code: fault.in_("en") for fault in caught.value.faults}


def test_what_is_no_result_is_refused_both_at_once(base, tmp_path):
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "run.json").write_text('{"versions": ["x"]}', encoding="utf-8")
    said = faults(tmp_path / "none", tmp_path / "foreign")
    assert said.keys() == {"compare.no_folder", "compare.no_run"}
    assert faults(base, base).keys() == {"compare.same_folder"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda one: (one / "summary.csv").unlink(), "compare.no_table"),
        (lambda one: (one / "summary.csv").write_text("level,unit\n", encoding="utf-8"), "compare.no_column"),
        (lambda one: (one / "coverage.csv").write_text("", encoding="utf-8"), "compare.unreadable"),
        (lambda one: edit(one / "coverage.csv", "walk_m", "far"), "compare.no_number"),
        (lambda one: edit(one / "coverage.csv", "estate_id", "E77"), "compare.estates_apart"),
        (lambda one: edit(one / "summary.csv", "covered", "3.5"), "compare.adds_up"),
        (lambda one: edit(one / "estates.csv", "households", "99999"), "compare.adds_up"),
        (lambda one: edit(one / "estates.csv", "estate_id", "E2"), "compare.twice"),
    ],
)  # fmt: skip
def test_tables_that_are_not_as_a_run_wrote_them_are_refused(base, tmp_path, change, code):
    shutil.copytree(base, tmp_path / "other")
    change(tmp_path / "other")
    assert code in faults(base, tmp_path / "other")


def edit(path: Path, column: str, value: str) -> None:
    """Change a cell of the first row."""
    lines = rows(path)
    lines[0][column] = value
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)


@pytest.mark.parametrize(
    ("key", "change", "code"),
    [
        ("standards", lambda all_: all_.pop(), "compare.other_standards"),
        ("standards", lambda all_: all_[1].update(metres=500.0), "compare.changed_standards"),
        ("profiles", lambda all_: all_[0].update(name="runner"), "compare.other_profiles"),
        ("profiles", lambda all_: all_[0].update(speed_mps=2.0), "compare.changed_profiles"),
    ],
)
def test_other_standards_or_walkers_are_refused_by_name(base, tmp_path, key, change, code):
    other = tmp_path / "other"
    shutil.copytree(base, other)
    record = json.loads((other / "run.json").read_text(encoding="utf-8"))
    change(record["parameters"][key])
    (other / "run.json").write_text(json.dumps(record), encoding="utf-8")
    assert code in faults(base, other)
