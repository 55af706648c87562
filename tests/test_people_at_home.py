"""With buildings, gates and proposals serve the people where they live: what is promised is what a run then says."""

from __future__ import annotations

import re
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import walkshed
from walkshed.siting.plan_rows import estate_rows

STANDARD = "5 min"


def with_buildings(text: str) -> str:
    """Return the sample's study.toml with its people in buildings, and no scenarios."""
    head, _, tail = text.partition("[[scenarios]]")
    head = head.replace(
        '[estates]\nfile = "estates.xlsx"', '[estates]\nfile = "estates.xlsx"\nstart = "buildings"'
    )
    return f'{head}[buildings]\nfile = "buildings.csv"\n\n[output]{tail.rpartition("[output]")[2]}'


@pytest.fixture(scope="module")
def at_home(sample, sample_result, tmp_path_factory):
    """Return the sample with up to four buildings in every estate whose boundary is known, and its run."""
    folder = tmp_path_factory.mktemp("home") / "s"
    shutil.copytree(sample, folder, ignore=shutil.ignore_patterns("out", ".walkshed"))
    known = sample_result.access.walls.boundaries.polygon
    rows = []
    for estate, shape in zip(sample_result.estates.index, known, strict=True):
        if shape is None:
            continue
        west, south, east, north = shape.bounds
        spots = [(west, south), (west, north), (east, south), (east, north)]
        middle = shape.representative_point()
        for number, (x, y) in enumerate(spots, start=1):
            near = gpd.points_from_xy([middle.x + 0.6 * (x - middle.x)], [middle.y + 0.6 * (y - middle.y)])[0]
            if shape.covers(near):
                rows.append((estate, number, 1 + number % 3, near.x, near.y))
    table = pd.DataFrame(rows, columns=["estate_id", "building_id", "floors", "lon", "lat"])
    assert len(table) > 60
    table.to_csv(folder / "buildings.csv", index=False)
    text = with_buildings((folder / "study.toml").read_text("utf-8"))
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder, walkshed.run(folder)


def covered(estates, coverage) -> float:
    """Return the households within the standard."""
    rows = coverage.query("profile == 'adult' and standard == @STANDARD").set_index("estate_id")
    return float((estates["households"] * rows["covered_share"]).sum())


def test_homes_as_a_table_keep_every_count_and_what_is_known_of_the_estate(at_home):
    _, result = at_home
    table, estates = result.unit_table, result.estates
    for name in ("households", "residents", "aged_60_plus"):
        ours = table.groupby("estate_id")[name].sum(min_count=1).reindex(estates.index)
        assert ours.equals(estates[name].astype("float64").rename(name)), name
    assert table["share"].groupby(table["estate_id"]).sum().round(9).eq(1).all()
    assert (table["community"] == estates["community"].loc[table["estate_id"]].to_numpy()).all()
    assert len(table) > len(estates) + 40


def test_a_gate_brings_the_homes_that_a_run_with_it_open_says(at_home, tmp_path):
    folder, result = at_home
    table = result.gate_ranking.table
    best = table.query(
        "action == 'open' and profile == 'adult' and standard == @STANDARD and measure == 'households'"
    )
    best = best[best["gained"] > 0].head(3)
    assert len(best) == 3
    parts = result.coverage.query("profile == 'adult' and standard == @STANDARD").set_index("estate_id")
    scenarios = "".join(
        f'[[scenarios]]\nname = "{gate}"\nopen_gates = ["{gate}"]\n\n' for gate in best["gate"]
    )
    other = shutil.copytree(folder, tmp_path / "open", ignore=shutil.ignore_patterns("out"))
    text = re.sub(
        r"\[siting\].*?(?=\n\[)", scenarios, (folder / "study.toml").read_text("utf-8"), flags=re.DOTALL
    )
    (other / "study.toml").write_text(text, encoding="utf-8")
    then = walkshed.run(other)
    assert covered(then.estates, then.coverage) == covered(result.estates, result.coverage)
    for row in best.itertuples():
        opened = then.scenarios[row.gate].result.coverage
        gained = covered(then.estates, opened) - covered(then.estates, then.coverage)
        assert gained == pytest.approx(row.gained, abs=0.01 * len(then.estates))
        after = opened.query("profile == 'adult' and standard == @STANDARD").set_index("estate_id")
        more = parts.index[after.loc[parts.index, "covered_share"] > parts["covered_share"]]
        assert row.who.split(";") == more.tolist()


def test_a_proposal_serves_the_homes_and_is_what_a_run_with_it_says(at_home):
    _, result = at_home
    plan, estates = result.proposed.plan, result.estates
    assert "siting.by_points" not in {notice.code for notice in result.all_notices}
    assert plan.before == pytest.approx(covered(estates, result.coverage), abs=0.01)
    assert (
        plan.after
        == plan.rewalked
        == pytest.approx(covered(estates, result.proposed.coverage_after), abs=0.01)
    )
    assert plan.after > plan.before
    assert plan.proposal.problem.n == len(result.unit_table)
    gains = estate_rows(plan)
    assert gains["amount"].sum() == pytest.approx(plan.after - plan.before)
    assert set(gains["estate_id"]) <= set(estates.index)
    assert not gains.duplicated(["estate_id", "site_id"]).any()
    counted = gains.drop_duplicates("estate_id")["estate_id"].nunique()
    assert counted == len(plan.gaining)
    assert f"in {counted} estates" in " ".join(text.en for text in plan.sentences)
    chosen = plan.table.query("role == 'chosen'")
    sizes = gains.groupby("site_id")["estate_id"].nunique()
    assert chosen.set_index("site_id")["newly_covered"].to_dict() == {
        site: int(sizes.get(site, 0)) for site in chosen["site_id"]
    }
    assert np.isfinite(gains["walk_after"]).all()


def test_loads_and_typical_walks_are_those_of_the_homes(at_home):
    """What a venue takes is the sum of the homes it is nearest to; an estate may go to several."""
    _, result = at_home
    load = result.measures_at_home.load.set_index("venue_id")
    near = result.units.nearest(walkshed.ADULT, eligible=(result.venues["status"] == "open").to_numpy())
    homes = result.unit_table.iloc[near.estate].assign(venue=result.units.venue_ids[near.venue].to_numpy())
    slow = homes.groupby("venue")["households"].sum()
    assert load["demand"].to_dict() == {venue: slow.get(venue, 0.0) for venue in load.index}
    estates = homes.groupby("venue")["estate_id"].nunique()
    assert load["estates"].to_dict() == {venue: estates.get(venue, 0) for venue in load.index}
    assert load["estates"].sum() > result.estates.shape[0] - 6  # some in parts
    walks = result.measures_at_home.walks.query(
        "level == 'total' and profile == 'adult' and measure == 'households'"
    )
    minutes = pd.Series(np.inf, index=result.unit_table.index)
    minutes.iloc[near.estate] = near.walk_cmin / 100
    known = result.unit_table.assign(minutes=minutes).dropna(subset=["households"]).sort_values("minutes")
    half = known["households"].cumsum() >= known["households"].sum() / 2
    assert walks["median_min"].item() == pytest.approx(known["minutes"][half].iloc[0], abs=0.011)
