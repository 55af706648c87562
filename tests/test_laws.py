"""Laws that hold for every town: found by Hypothesis on random street lattices."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import walkshed
from osm_maker import Town
from walkshed.geodesy import distance_m
from walkshed.report.coverage import coverage
from walkshed.report.summary import summary
from walkshed.walking.access import access

DAY = dt.date(2026, 11, 1)
SIDE = 6
STEP = 100.0
KINDS = ("residential", "footway", "steps", "service", "primary")


def write_town(gaps: set[int], kinds: list[int], oneway: set[int]) -> Path:
    """Write a lattice of streets from which some pieces are missing and some are one-way for walkers."""
    town = Town()
    nodes = [[town.node(x * STEP, y * STEP) for x in range(SIDE)] for y in range(SIDE)]
    number = 0
    for y in range(SIDE):
        for x in range(SIDE):
            for there in ([nodes[y][x + 1]] if x + 1 < SIDE else []) + (
                [nodes[y + 1][x]] if y + 1 < SIDE else []
            ):
                tags = {"highway": KINDS[kinds[number % len(kinds)]]}
                if number in oneway:
                    tags["oneway:foot"] = "yes"
                if number not in gaps:
                    town.way([nodes[y][x], there], tags)
                number += 1
    folder = Path(tempfile.mkdtemp(prefix="walkshed-laws-"))
    return Path(town.write(folder / "town.osm.pbf"))


def places(spots: list[tuple[float, float]], prefix: str) -> gpd.GeoDataFrame:
    town = Town()
    points = [shapely.Point(town.lonlat(x, y)) for x, y in spots]
    n = len(spots)
    return gpd.GeoDataFrame(
        {
            "name": [f"{prefix}{i}" for i in range(n)],
            "community": [("东", "西", "")[i % 3] for i in range(n)],
            "area": [str(i % 2) for i in range(n)],
            "households": [float(10 * i) if i % 4 else np.nan for i in range(n)],
            "lon": [p.x for p in points],
            "lat": [p.y for p in points],
            "location_status": "given",
            "status": "open",
            "tier": "area",
            "kind": "活动中心",
            "opening_date": pd.Series([pd.NaT] * n, dtype="datetime64[ns]").to_numpy(),
            "source_row": range(2, n + 2),
        },
        geometry=points,
        crs="EPSG:4326",
        index=pd.Index([f"{prefix}{i}" for i in range(n)], name=f"{prefix}_id"),
    )


spot = st.tuples(st.floats(-80, SIDE * STEP), st.floats(-80, SIDE * STEP))
towns = st.builds(
    write_town,
    st.sets(st.integers(0, 59), max_size=25),
    st.lists(st.integers(0, len(KINDS) - 1), min_size=1, max_size=7),
    st.sets(st.integers(0, 59), max_size=6),
)
law = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def covered(network, estates, venues, standard) -> set[str]:
    answer = access(network, estates, venues, standards=[standard])
    table = coverage(answer, estates, venues, profiles=answer.profiles, standards=[standard], date=DAY)
    return set(table.loc[table["status"] == "covered", "estate_id"])


@law
@given(
    towns, st.lists(spot, min_size=1, max_size=12), st.lists(spot, min_size=2, max_size=5), st.floats(1, 15)
)
def test_one_more_venue_or_a_longer_standard_never_lowers_coverage(town, homes, rooms, minutes):
    network = walkshed.read_streets(town)
    estates, venues = places(homes, "e"), places(rooms, "v")
    standard = walkshed.Standard(minutes=minutes)
    few = covered(network, estates, venues.iloc[:-1], standard)
    assert few <= covered(network, estates, venues, standard)
    assert few <= covered(network, estates, venues.iloc[:-1], walkshed.Standard(minutes=minutes * 1.5))


@law
@given(towns, st.lists(spot, min_size=1, max_size=12), st.lists(spot, min_size=1, max_size=5))
def test_a_walk_is_never_shorter_than_the_straight_line(town, homes, rooms):
    estates, venues = places(homes, "e"), places(rooms, "v")
    pairs = access(walkshed.read_streets(town), estates, venues).to_frame()
    a, b = estates.loc[pairs["estate_id"]], venues.loc[pairs["venue_id"]]
    straight = distance_m(a["lon"].to_numpy(), a["lat"].to_numpy(), b["lon"].to_numpy(), b["lat"].to_numpy())
    assert (pairs["walk_m"].to_numpy() >= straight - 0.051).all()


@law
@given(towns, st.lists(spot, min_size=2, max_size=12), st.lists(spot, min_size=2, max_size=5), st.randoms())
def test_the_order_of_the_rows_is_irrelevant(town, homes, rooms, random):
    network = walkshed.read_streets(town)
    estates, venues = places(homes, "e"), places(rooms, "v")
    some, other = list(range(len(homes))), list(range(len(rooms)))
    random.shuffle(some)
    random.shuffle(other)
    options = {"profiles": [walkshed.ADULT], "standards": [walkshed.Standard(minutes=5)], "date": DAY}
    left = coverage(access(network, estates, venues), estates, venues, **options)
    mixed, rearranged = estates.iloc[some], venues.iloc[other]
    right = coverage(access(network, mixed, rearranged), mixed, rearranged, **options)
    pd.testing.assert_frame_equal(
        left.set_index("estate_id").sort_index(), right.set_index("estate_id").sort_index()
    )


@law
@given(towns, st.lists(spot, min_size=1, max_size=15), st.lists(spot, min_size=1, max_size=3))
def test_the_parts_add_up_to_the_total_at_every_level(town, homes, rooms):
    network = walkshed.read_streets(town)
    estates, venues = places(homes, "e"), places(rooms, "v")
    answer = access(network, estates, venues)
    standards = [walkshed.Standard(minutes=2), walkshed.Standard(metres=300)]
    table = coverage(answer, estates, venues, profiles=answer.profiles, standards=standards, date=DAY)
    sums = summary(estates, table, levels=["community", "area"])
    numbers = ["total", "covered", "uncovered", "unknown", "no_value"]
    assert np.allclose(sums["total"], sums["covered"] + sums["uncovered"] + sums["unknown"])
    by_level = sums.groupby(["level", "standard", "measure"])[numbers].sum().sort_index()
    for level in ("community", "area"):
        pd.testing.assert_frame_equal(by_level.loc[level], by_level.loc["total"])


@law
@given(towns, st.lists(spot, min_size=1, max_size=8), st.lists(spot, min_size=1, max_size=4))
def test_the_nearest_venue_is_the_first_of_all_pairs_and_is_never_cut(town, homes, rooms):
    estates, venues = places(homes, "e"), places(rooms, "v")
    network = walkshed.read_streets(town)
    short = access(network, estates, venues, standards=[walkshed.Standard(metres=50)])
    everything = access(network, estates, venues, standards=[walkshed.Standard(metres=1e6)]).to_frame()
    best = (
        everything.sort_values(["walk_m", "venue_id"], kind="stable")
        .drop_duplicates("estate_id")
        .set_index("estate_id")
    )
    near = short.nearest()
    assert set(estates.index[near.estate]) == set(best.index)
    for row, venue, dm in zip(near.estate, near.venue, near.walk_dm, strict=True):
        assert abs(dm / 10 - best.loc[estates.index[row], "walk_m"]) < 0.11
        chosen = everything[
            (everything["estate_id"] == estates.index[row]) & (everything["venue_id"] == venues.index[venue])
        ]
        assert abs(chosen["walk_m"].iloc[0] - best.loc[estates.index[row], "walk_m"]) < 0.11


@pytest.mark.parametrize(("walker", "minutes"), [(1.3, 1000 / 1.3 / 60), (0.8, 1000 / 0.8 / 60)])
def test_a_walker_of_ones_own_takes_distance_over_speed(tmp_path, walker, minutes):
    town = Town()
    town.way([town.node(0, 0), town.node(1000, 0)], highway="footway")
    network = walkshed.read_streets(town.write(tmp_path / "street.osm"))
    own = walkshed.Profile("own", walker)
    pairs = access(
        network,
        places([(0, 0)], "e"),
        places([(1000, 0)], "v"),
        profiles=[own],
        standards=[walkshed.Standard(metres=2000)],
    )
    frame = pairs.to_frame()
    assert frame["walk_m"].iloc[0] == pytest.approx(1000, abs=0.1)
    assert frame["walk_min"].iloc[0] == pytest.approx(minutes, abs=0.01)


def test_covered_is_at_most_the_standard_after_rounding(tmp_path):
    town = Town()
    town.way([town.node(0, 0), town.node(1000, 0)], highway="footway")
    network = walkshed.read_streets(town.write(tmp_path / "street.osm"))
    homes = places([(300.04, 0), (300.2, 0), (299.9, 0)], "e")
    assert covered(network, homes, places([(0, 0)], "v"), walkshed.Standard(metres=300)) == {"e0", "e2"}
