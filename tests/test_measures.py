"""Measures: each against its formula by hand, a slow second way, another library, or the law it must keep."""

from __future__ import annotations

import datetime as dt
import inspect
import itertools
import math
import re

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from access.access import fca, weights
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

import walkshed.measures
from conftest import ROOT, shared
from walkshed.errors import InputError
from walkshed.measures import (
    LUO_QI,
    TIER_STANDARDS,
    Gaussian,
    Layout,
    Nearest,
    Steps,
    StudyMeasures,
    allocate,
    area_walks,
    costs_from,
    costs_of,
    cumulative,
    detours,
    e2sfca,
    floor_area,
    nearest_load,
    nearest_of,
    pair_areas,
    redundancy,
    suppressed,
    suppressed_change,
    tiers,
    tiers_by_unit,
    typical_walks,
    weighted_quantile,
    with_room,
)
from walkshed.measures.assigning import GAP, SMALL
from walkshed.measures.detour import LONGEST, SHORTEST
from walkshed.measures.programme import Programme, in_whole
from walkshed.report.summary import units_of

law = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
NAN = math.nan


def long_table(matrix) -> pd.DataFrame:
    """Return a matrix of costs (None: not joined) as a long table."""
    rows = [
        (f"e{i}", f"v{j}", float(cost))
        for i, row in enumerate(matrix)
        for j, cost in enumerate(row)
        if cost is not None
    ]
    return pd.DataFrame(rows, columns=["estate_id", "venue_id", "walk_min"])


def costs(matrix):
    estates = [f"e{i}" for i in range(len(matrix))]
    venues = [f"v{j}" for j in range(len(matrix[0]) if matrix else 0)]
    return costs_from(long_table(matrix), estates=estates, venues=venues)


@st.composite
def matrices(draw, *, most_rows=5, most_columns=3):
    m = draw(st.integers(1, most_columns))
    cost = st.one_of(st.none(), st.integers(0, 12))
    return draw(st.lists(st.lists(cost, min_size=m, max_size=m), min_size=1, max_size=most_rows))


# costs


def test_a_table_from_elsewhere_tells_all_its_faults_at_once():
    table = pd.DataFrame(
        {"from_id": ["A", "A", "X"], "to_id": ["1", "1", "1"], "travel_time": ["3", "4", "soon"]}
    )
    with pytest.raises(InputError) as told:
        costs_from(table, estates=["A"], columns=("from_id", "to_id", "travel_time"))
    assert [fault.code for fault in told.value.faults] == [
        "costs.unknown_id",
        "costs.not_a_number",
        "costs.twice",
    ]
    assert [fault.source.row for fault in told.value.faults] == [3, 3, 2]
    with pytest.raises(InputError, match="walk_min"):
        costs_from(table.rename(columns={"from_id": "estate_id", "to_id": "venue_id"}))


def test_a_blank_or_infinite_cost_is_a_pair_that_is_not_joined():
    table = pd.DataFrame(
        {"estate_id": list("AAB"), "venue_id": list("121"), "walk_min": [NAN, 2.0, math.inf]}
    )
    near = costs_from(table).nearest()
    assert near.venue.tolist() == [1, -1]
    assert near.cost.tolist() == [2.0, math.inf]


def test_more_than_the_table_reaches_is_refused():
    few = costs_from(long_table([[3, 9]]), reach=5)
    assert few.cost.tolist() == [3.0]
    with pytest.raises(ValueError, match="known up to 5"):
        few.within(9)


def test_walks_of_a_study_are_those_of_its_access_table(sample_result):
    access = sample_result.access
    known = costs_of(access)
    frame = access.to_frame(profile=access.profiles[0])
    frame = frame[frame["walk_min"] <= known.reach]
    mine = pd.DataFrame({
        "estate_id": known.estate_ids[known.estate], "venue_id": known.venue_ids[known.venue], "walk_min": known.cost,
    })  # fmt: skip
    both = ["estate_id", "venue_id"]
    assert len(mine) == len(frame) > 0
    pd.testing.assert_frame_equal(
        mine.sort_values(both, ignore_index=True), frame[[*both, "walk_min"]].sort_values(both, ignore_index=True),
        check_dtype=False,
    )  # fmt: skip


@pytest.mark.parametrize("by", ["minutes", "metres"])
def test_walks_that_are_sought_anew_continue_those_that_are_known(sample_result, by):
    access = sample_result.access
    known, everything = costs_of(access, by=by), costs_of(access, by=by, reach=math.inf)
    short = everything.within(known.reach)
    for one, other in ((known.estate, short.estate), (known.venue, short.venue), (known.cost, short.cost)):
        assert one.tolist() == other.tolist()
    assert len(everything.cost) > len(known.cost)
    near, uncut = everything.nearest(), nearest_of(access, by=by)
    assert near.venue.tolist() == uncut.venue.tolist()
    assert near.cost.tolist() == uncut.cost.tolist()


def test_only_venues_that_count_are_in_the_costs(sample_result):
    access = sample_result.access
    few = np.arange(len(access.venue_ids)) % 3 == 0
    for reach in (None, 60.0):
        assert set(costs_of(access, eligible=few, reach=reach).venue.tolist()) <= set(
            np.flatnonzero(few).tolist()
        )


# typical walks


@law
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), min_size=1, max_size=12),
    st.integers(1, 100),
)
def test_a_weighted_quantile_is_that_of_everybody_in_a_row(rows, percent):
    cost, weight = zip(*rows, strict=True)
    everybody = sorted(c for c, w in rows for _ in range(w))
    found = weighted_quantile(cost, weight, percent / 100)
    if not everybody:
        assert math.isnan(found)
    else:  # the first of the row whom at least so many percent do not exceed, in whole numbers
        assert found == everybody[-(-percent * len(everybody) // 100) - 1]


def test_unreached_demand_walks_without_end():
    units = {
        "total": np.array(["total"] * 4, dtype=object),
        "community": np.array(list("aabb"), dtype=object),
    }
    table = typical_walks(
        [4, 6, math.inf, NAN], [30, 10, 5, 5], units=units, unknown=np.array([False] * 3 + [True])
    )
    total, one, other = table.to_dict("records")
    assert (total["mean_min"], total["median_min"], total["p90_min"]) == (
        pytest.approx(NAN, nan_ok=True),
        4.0,
        pytest.approx(NAN, nan_ok=True),
    )
    assert (total["unreached_share"], total["unknown_share"], total["mean_reached_min"]) == (0.2, 0.1, 4.5)
    assert (one["mean_min"], one["median_min"], one["p90_min"], one["unreached_share"]) == (
        4.5,
        4.0,
        6.0,
        0.0,
    )
    assert math.isnan(other["median_min"])
    assert other["unreached_share"] == 1.0


def test_a_unit_without_demand_has_blanks_and_no_row_vanishes():
    units = {"community": np.array(["a", "b", "b"], dtype=object)}
    table = typical_walks([4, 6, 7], [NAN, 0, 0], units=units, by="metres")
    assert table["unit"].tolist() == ["a", "b"]
    assert table["no_value"].tolist() == [1, 0]
    assert table[["mean_m", "median_m", "p90_m", "mean_reached_m", "unreached_share"]].isna().all(axis=None)
    nobody = typical_walks([], [])
    assert nobody["unit"].tolist() == ["total"]
    assert nobody["total"].tolist() == [0.0]


@pytest.mark.parametrize("bad", [[1, -1], [1, math.inf], [1]])
def test_demand_that_is_none_is_refused(bad):
    with pytest.raises(ValueError, match="demand"):
        typical_walks([1, 2], bad)


# floor area


def town_tables():
    estates = pd.DataFrame({
        "community": ["东", "东", "西", "南"], "area": ["一", "二", "", "三"],
        "households": [300.0, 200.0, NAN, 0.0], "residents": [750.0, 500.0, 80.0, 0.0],
    })  # fmt: skip
    venues = pd.DataFrame({
        "community": ["东", "东", "西", "北", "东"], "area": ["一", "", "", "九", "一"],
        "floor_area_m2": [120.0, NAN, 50.0, 200.0, 999.0], "status": ["open", "open", "", "under_construction", "closed"],
        "opening_date": pd.to_datetime([None, "2020-01-01", None, "2026-06-01", None]),
    })  # fmt: skip
    return estates, venues


def test_floor_area_by_hand():
    estates, venues = town_tables()
    table = floor_area(estates, venues, date=dt.date(2026, 1, 1), levels=["community", "area"])
    row = {(r.level, r.unit): r for r in table.itertuples()}
    east = row["community", "东"]
    assert (east.venues, east.floor_area_m2, east.no_area) == (2, 120.0, 1)
    assert (east.m2_per_100_households, east.m2_per_head, east.meets, east.missing_m2) == (
        24.0,
        0.096,
        False,
        30.0,
    )
    west = row["community", "西"]
    assert (west.no_households, west.floor_area_m2, west.m2_per_head) == (1, 50.0, 0.625)
    assert math.isnan(west.m2_per_100_households)
    assert west.meets is pd.NA
    south = row["community", "南"]
    assert math.isnan(south.m2_per_head)
    assert math.isnan(south.m2_per_100_households)
    assert ("community", "北") not in row  # its only venue is not yet open
    assert row["area", "东/一"].m2_per_100_households == 40.0
    assert row["area", "东/一"].meets
    assert row["area", "东/(blank)"].households == 0
    later = floor_area(estates, venues, date=dt.date(2026, 6, 1), levels=["community"])
    assert later[later["unit"] == "北"]["floor_area_m2"].tolist() == [200.0]
    for made in (table, later):
        sums = made.groupby("level")[["venues", "floor_area_m2", "households", "residents", "no_area"]].sum()
        assert (sums == sums.loc["total"]).all(axis=None)


def test_what_hangs_on_venues_that_name_no_area_stays_open():
    estates = pd.DataFrame(
        {"community": ["东", "东", "西"], "area": ["一/甲", "二", "三"], "households": [100.0, 400.0, 100.0]}
    )
    venues = pd.DataFrame({
        "community": ["东", "东", "西"], "area": ["一/甲", "", "三"], "floor_area_m2": [10.0, 60.0, 10.0],
        "status": "open", "opening_date": pd.to_datetime([None] * 3),
    })  # fmt: skip
    table = floor_area(estates, venues, date=dt.date(2026, 1, 1), levels=["community", "area"]).set_index(
        "unit"
    )
    assert table.loc["东", ["unplaced_m2", "meets", "missing_m2"]].tolist() == [0.0, False, 80.0]
    assert table.loc["东/一/甲", "meets"] is pd.NA  # 10 of 30, and 60 that may be here
    assert math.isnan(table.loc["东/一/甲", "missing_m2"])
    assert table.loc["东/二", ["unplaced_m2", "meets", "missing_m2"]].tolist() == [
        60.0,
        False,
        120.0,
    ]  # 60 are not enough
    assert table.loc["西/三", ["unplaced_m2", "meets", "missing_m2"]].tolist() == [
        0.0,
        False,
        20.0,
    ]  # not of 西


def test_exactly_the_standard_is_enough():
    estates = pd.DataFrame({"households": [70.0]})
    venues = pd.DataFrame({"floor_area_m2": [21.0], "status": "open", "opening_date": pd.to_datetime([None])})
    assert floor_area(estates, venues, date=dt.date(2026, 1, 1))["meets"].tolist() == [True]


def test_no_estates_and_no_venues_still_have_a_total():
    estates, venues = (table.iloc[:0] for table in town_tables())
    table = floor_area(estates, venues, date=dt.date(2026, 1, 1), levels=["community"])
    assert table["unit"].tolist() == ["total"]
    assert table["m2_per_100_households"].isna().all()


# load


def test_load_by_hand():
    near = Nearest(np.array([0, 0, 1, 2, -1]), np.array([1.0, 2.0, 3.0, 4.0, math.inf]))
    ids = pd.Index(["a", "b", "c", "d"])
    table = nearest_load(near, [100, NAN, 40, 10, 99], [30, 0, NAN, 5], venue_ids=ids, need=0.3)
    assert table["status"].tolist() == ["within", "no_room", "unknown", "idle"]
    assert table["load"].tolist() == [30.0, 12.0, 3.0, 0.0]
    assert table["no_value"].tolist() == [1, 0, 0, 0]
    assert table["load_share"].tolist()[0] == 1.0
    assert table["load_share"].isna().tolist() == [False, True, True, False]
    assert table["over"].tolist()[:2] == [0.0, 12.0]


# allocation


def best_value(matrix, demand, room, beyond):
    """Try every whole assignment."""
    n, m = len(matrix), len(matrix[0])
    best = math.inf
    for plan in itertools.product(range(-1, m), repeat=n):
        left, value = list(room), 0.0
        for i, j in enumerate(plan):
            if j < 0:
                value += demand[i] * beyond if any(c is not None for c in matrix[i]) else 0.0
            elif matrix[i][j] is None:
                value = math.inf
            else:
                left[j] -= demand[i]
                value += demand[i] * matrix[i][j]
        if min(left) >= 0:
            best = min(best, value)
    return best


towns = matrices().flatmap(
    lambda matrix: st.tuples(
        st.just(matrix),
        st.lists(st.integers(0, 9), min_size=len(matrix), max_size=len(matrix)),
        st.lists(
            st.sampled_from([0.0, 3.0, 7.0, 12.0, NAN]), min_size=len(matrix[0]), max_size=len(matrix[0])
        ),
    )
)


@law
@given(towns, st.booleans())
def test_whole_estates_go_where_trying_everything_sends_them(town, steep):
    matrix, demand, room = town
    beyond = 13.0 if steep else None
    given_ = allocate(costs(matrix), demand, room, beyond=beyond)
    unbounded = [math.inf if math.isnan(one) else one for one in room]
    assert given_.proven
    assert given_.value == pytest.approx(best_value(matrix, demand, unbounded, given_.beyond))
    assert given_.bound == given_.value
    assert given_.rows["estate_id"].tolist() == [f"e{i}" for i in range(len(matrix))]
    assert (given_.rows["share"] == 1).all()
    check_rows(given_, matrix, demand, unbounded)


def check_rows(allocation, matrix, demand, room):
    """Nobody is lost, no venue takes more than its room, costs are those of the table, and reasons are true."""
    taken = dict.fromkeys(range(len(room)), 0.0)
    shares = allocation.rows.groupby("estate_id")["share"].sum()
    assert np.allclose(shares, 1, atol=1e-5)
    assert len(shares) == len(matrix)
    for row in allocation.rows.itertuples():
        i = int(row.estate_id[1:])
        if row.venue_id:
            j = int(row.venue_id[1:])
            taken[j] += row.share * demand[i]
            assert row.cost == matrix[i][j]
            assert row.reason == ""
        else:
            near = [j for j, cost in enumerate(matrix[i]) if cost is not None]
            assert row.reason == ("venue_full" if near else "too_far") or (
                demand[i] == 0 and not any(room[j] for j in near)
            )
    assert all(amount <= room[j] * (1 + 1e-6) + 1e-6 for j, amount in taken.items())
    assert allocation.venues["demand"].to_numpy() == pytest.approx(list(taken.values()), abs=1e-4)


@law
@given(towns)
def test_divided_demand_flows_as_networkx_sends_it(town):
    matrix, demand, room = town
    given_ = allocate(costs(matrix), demand, room, whole=False)
    unbounded = [math.inf if math.isnan(one) else one for one in room]
    graph = nx.DiGraph()
    graph.add_edge("start", "end", capacity=10_000, weight=0)
    for i, row in enumerate(matrix):
        if any(cost is not None for cost in row):
            graph.add_edge("start", i, capacity=demand[i], weight=0)
            graph.add_edge(i, "end", capacity=demand[i], weight=round(given_.beyond))
        for j, cost in enumerate(row):
            if cost is not None:
                graph.add_edge(i, f"v{j}", capacity=demand[i], weight=cost)
                graph.add_edge(f"v{j}", "end", capacity=min(unbounded[j], 10_000), weight=0)
    wanted = sum(d for d, row in zip(demand, matrix, strict=True) if any(c is not None for c in row))
    graph.add_node("start", demand=-wanted)
    graph.add_node("end", demand=wanted)
    graph.remove_edge("start", "end")
    value = nx.min_cost_flow_cost(graph) if wanted else 0
    assert given_.value == pytest.approx(value, abs=1e-3)
    assert given_.value <= allocate(costs(matrix), demand, room).value + 1e-3
    check_rows(given_, matrix, demand, unbounded)


def test_an_estate_may_pass_its_nearest_venue_for_the_good_of_others():
    # A reaches both rooms, B only the first
    given_ = allocate(costs([[1, 2], [3, None]]), [50, 50], [50, 50])
    assert given_.rows["venue_id"].tolist() == ["v1", "v0"]
    assert given_.turned_away == 0


def test_what_an_estate_without_a_number_takes():
    given_ = allocate(costs([[1, 2], [3, 1], [2, 2]]), [NAN, 0, 60], [60, 0])
    assert given_.rows["venue_id"].tolist() == ["v0", "v0", "v0"]  # v1 takes nobody
    assert np.isnan(given_.rows["demand"]).tolist() == [True, False, False]
    assert given_.turned_away == 0


def test_a_venue_without_a_capacity_takes_any_number_or_none():
    town = costs([[1, 5]]), [60], [NAN, 60]
    assert allocate(*town).rows["venue_id"].tolist() == ["v0"]
    assert allocate(*town, blank="none").rows["venue_id"].tolist() == ["v1"]
    assert allocate(*town).venues["load_share"].isna().tolist() == [True, False]


def test_square_metres_are_room_too():
    given_ = allocate(costs([[1], [2]]), [100, 100], [59.9], need=0.3)
    assert given_.rows["reason"].tolist() == ["", "venue_full"]
    assert given_.turned_away == 100


@pytest.mark.parametrize("wrong", [{"need": 0}, {"blank": "some"}, {"beyond": 1}, {"limit": 99, "_reach": 9}])
def test_allocations_that_make_no_sense_are_refused(wrong):
    wrong = dict(wrong)
    table = costs_from(long_table([[2]]), reach=wrong.pop("_reach", math.inf))
    with pytest.raises(ValueError, match=r"need|unknown|beyond|known"):
        allocate(table, [1], [1], **wrong)


@law
@given(st.data())
def test_a_core_that_begins_small_ends_with_the_optimum(data):
    n = data.draw(st.integers(1, 9))
    number = st.integers(-9, 9).map(float)
    cost = np.array(data.draw(st.lists(number, min_size=n, max_size=n)))
    row = np.array(data.draw(st.lists(st.integers(1, 9).map(float), min_size=n, max_size=n)))
    most = float(data.draw(st.integers(0, 30)))
    found = in_whole(
        Programme(cost, csr_array(row[None, :]), np.array([-np.inf]), np.array([most])), step=1.0
    )
    plans = (np.array(x) for x in itertools.product([0.0, 1.0], repeat=n))
    assert found.proven
    assert found.value == pytest.approx(min(float(cost @ x) for x in plans if row @ x <= most))


def objectnat():
    buildings = pd.read_parquet(shared("demand/objectnat/buildings.parquet"))
    services = pd.read_parquet(shared("demand/objectnat/services.parquet"))
    minutes = (
        pd.read_parquet(shared("demand/objectnat/matrix_time.parquet")).to_numpy(dtype=np.float64).round(2)
    )
    i, j = np.indices(minutes.shape)
    table = pd.DataFrame(
        {"estate_id": i.ravel().astype(str), "venue_id": j.ravel().astype(str), "walk_min": minutes.ravel()}
    )
    ids = [[str(k) for k in range(len(frame))] for frame in (buildings, services)]
    return (
        costs_from(table, estates=ids[0], venues=ids[1]),
        buildings["demand"].to_numpy(),
        services["capacity"].to_numpy(),
    )


@pytest.mark.parametrize("limit", [5, 10, 15])
def test_schools_of_a_real_district_place_as_many_pupils_as_can_flow(limit):
    table, pupils, places = objectnat()
    given_ = allocate(table, pupils, places, limit=limit, whole=False)
    near = table.within(limit)
    n, m = table.n, table.m
    big = int(pupils.sum())
    rows = np.concatenate([np.full(n, 0), 1 + near.estate, 1 + n + np.arange(m)])
    columns = np.concatenate([1 + np.arange(n), 1 + n + near.venue, np.full(m, n + m + 1)])
    room = np.concatenate([pupils, np.full(len(near.estate), big), places]).astype(np.int32)
    graph = csr_array((room, (rows, columns)), shape=(n + m + 2, n + m + 2))
    placed = maximum_flow(graph, 0, n + m + 1).flow_value
    reachable = pupils[np.unique(near.estate)].sum()
    assert given_.turned_away == pytest.approx(reachable - placed, abs=0.01)
    assert (given_.venues["load"] <= given_.venues["capacity"] + 0.01).all()


@pytest.mark.full
def test_whole_buildings_of_a_real_district_are_near_the_bound():
    table, pupils, places = objectnat()
    whole, divided = (allocate(table, pupils, places, limit=10, whole=one) for one in (True, False))
    assert divided.value - 0.1 <= whole.bound <= whole.value <= whole.bound * 1.006
    assert (whole.rows["share"] == 1).all()
    assert (whole.venues["load"] <= whole.venues["capacity"] + 1e-6).all()


def test_full_venues_take_the_cover_from_those_they_turn_away():
    full = allocate(costs([[1], [2], [None]]), [60, 50, 5], [90], limit=5, whole=False)
    coverage = pd.DataFrame({
        "estate_id": ["e0", "e1", "e2"] * 2, "profile": "adult", "standard": ["5 min"] * 3 + ["10 min"] * 3,
        "status": ["covered", "covered", "uncovered"] * 2, "reason": ["", "", "too_far"] * 2, "venue_id": "v0",
        "covered_share": [1.0, 1.0, 0.0] * 2, "unknown_share": 0.0,
    })  # fmt: skip
    table = with_room(coverage, full, profile="adult", standard="5 min")
    assert table["covered_share"].tolist() == pytest.approx([1, 0.6, 0, 1, 1, 0])
    assert table["reason"].tolist() == ["", "", "too_far"] * 2  # more than half of e1 has a place
    whole = with_room(
        coverage, allocate(costs([[1], [2], [None]]), [60, 50, 5], [90]), profile="adult", standard="5 min"
    )
    assert whole["reason"].tolist()[:3] == ["", "venue_full", "too_far"]
    assert coverage["status"].tolist()[1] == "covered"  # the argument is as it was


# catchment ratios


def test_a_worked_example_of_e2sfca():
    # two rooms of 60 and 44 m²; zones of 5, 10, 15 minutes weigh 1, 0.68, 0.22
    table = costs([[3, 12], [8, 4], [None, 10]])
    # R0 = 60 / (20·1 + 25·0.68) = 60/37;  R1 = 44 / (20·0.22 + 25·1 + 50·0.68) = 44/63.4
    found = e2sfca(table, [20, 25, 50], [60, 44])
    r0, r1 = 60 / 37, 44 / 63.4
    assert found["ratio"].tolist() == pytest.approx([r0 + 0.22 * r1, 0.68 * r0 + r1, 0.68 * r1], abs=1e-8)
    assert found["venues"].tolist() == [2, 2, 1]


people = matrices(most_rows=6, most_columns=4).flatmap(
    lambda matrix: st.tuples(
        st.just(matrix),
        st.lists(st.integers(1, 90), min_size=len(matrix), max_size=len(matrix)),
        st.lists(st.integers(1, 90), min_size=len(matrix[0]), max_size=len(matrix[0])),
    )
)


@law
@given(people, st.sampled_from(["steps", "gaussian"]))
def test_e2sfca_is_that_of_pysal_access(town, kind):
    matrix, demand, supply = town
    table = long_table(matrix)
    assume((table["walk_min"] <= 9).any())
    decay = Steps({3: 1, 6: 0.68, 9: 0.22}) if kind == "steps" else Gaussian(sigma=4, limit=9)
    theirs = weights.step_fn({3: 1, 6: 0.68, 9: 0.22}) if kind == "steps" else weights.gaussian(4)
    people_, rooms = (
        pd.DataFrame(
            {name: values}, index=pd.Index([f"{letter}{k}" for k in range(len(values))], name="geoid")
        )
        for letter, name, values in (("e", "demand", demand), ("v", "supply", supply))
    )
    expected = fca.two_stage_fca(
        people_, rooms, table, max_cost=9, demand_index=True, supply_index=True, cost_origin="estate_id",
        cost_dest="venue_id", cost_name="walk_min", weight_fn=theirs,
    )  # fmt: skip
    mine = e2sfca(costs(matrix), demand, supply, decay=decay).set_index("estate_id")["ratio"]
    assert mine.reindex(expected.index).to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-8)
    assert (mine.drop(expected.index) == 0).all()


@law
@given(people)
def test_what_e2sfca_hands_out_is_what_there_is(town):
    matrix, demand, supply = town
    found = e2sfca(costs(matrix), demand, supply, decay=Gaussian(sigma=6, limit=9))
    used = [any(row[j] is not None and row[j] <= 9 for row in matrix) for j in range(len(supply))]
    assert (found["ratio"] * demand).sum() == pytest.approx(np.array(supply)[used].sum(), abs=1e-5)


def test_supplies_that_are_blank_and_venues_that_nobody_uses():
    found = e2sfca(costs([[1, 2], [None, 3], [None, None]]), [0, 0, 7], [NAN, 20])
    assert found["at_least"].tolist() == [True, False, False]
    assert np.isnan(found["ratio"]).tolist() == [True, True, False]  # room that nobody shares has no ratio
    assert found["ratio"].tolist()[2] == 0
    with pytest.raises(ValueError, match="known up to 9"):
        e2sfca(costs_from(long_table([[1]]), reach=9), [1], [1], decay=LUO_QI)


@pytest.mark.parametrize("make", [
    lambda: Steps({}), lambda: Steps({0: 1}), lambda: Steps({5: -1}), lambda: Gaussian(0, 5), lambda: Gaussian(5, NAN),
])  # fmt: skip
def test_decays_that_are_none_are_refused(make):
    with pytest.raises(ValueError, match=r"above 0|or more"):
        make()


@law
@given(people, st.integers(0, 12))
def test_cumulative_opportunities_are_those_of_pysal_access(town, limit):
    matrix, _, supply = town
    assume(limit > 0)
    table = long_table(matrix)
    found = cumulative(costs(matrix), limits=[limit], opportunities=supply).set_index("estate_id")
    rooms = pd.DataFrame(
        {"supply": supply}, index=pd.Index([f"v{j}" for j in range(len(supply))], name="geoid")
    )
    expected = fca.weighted_catchment(
        rooms, table, limit, cost_source="venue_id", cost_dest="estate_id", cost_cost="walk_min", loc_index=True,
        loc_value="supply",
    )  # fmt: skip
    assert found["opportunities"].reindex(expected.index).tolist() == expected.tolist()
    assert found["opportunities"].sum() == expected.sum()


def test_opportunities_without_a_number_are_told():
    found = cumulative(costs([[1, 2]]), limits=[1, 5], opportunities=[NAN, 4])
    assert found["opportunities"].tolist() == [0.0, 4.0]
    assert found["no_value"].tolist() == [1, 1]
    assert found["venues"].tolist() == [1, 2]


# redundancy, detours, tiers


@law
@given(people, st.integers(0, 12))
def test_redundancy_is_counted_one_by_one(town, limit):
    matrix, demand, _ = town
    found = redundancy(costs(matrix), demand, limit=limit)
    for row, own in zip(found.estates.itertuples(), matrix, strict=True):
        near = sorted((cost, j) for j, cost in enumerate(own) if cost is not None and cost <= limit)
        assert row.venues == len(near)
        assert row.first_id == (f"v{near[0][1]}" if near else "")
        assert row.second_id == (f"v{near[1][1]}" if len(near) > 1 else "")
        assert math.isnan(row.second_cost) if len(near) < 2 else row.second_cost == near[1][0]
    twice = sum(
        w for w, own in zip(demand, matrix, strict=True) if sum(c is not None and c <= limit for c in own) > 1
    )
    assert found.units["two_share"].tolist() == pytest.approx([twice / sum(demand)], abs=1e-6)


def test_detours_by_hand():
    found = detours(
        [250.0, 250.1, 99.95, 99.8, 0.4, NAN, math.inf], [100.0, 100.0, 100.0, 100.0, 0.2, 50.0, 50.0],
        estate_ids=list("abcdefg"), demand=[1, 1, 1, 1, 1, 1, 1],
    )  # fmt: skip
    assert found.estates["flag"].tolist() == ["", "too_long", "", "too_short", "", "", ""]
    assert found.estates["detour_ratio"].isna().tolist() == [False] * 4 + [True] * 3
    unit = found.units.iloc[0]
    assert (unit["too_long"], unit["too_short"], unit["no_ratio"], unit["total"]) == (1, 1, 3, 4.0)
    assert unit["detour_ratio"] == round((250 + 250.1 + 99.95 + 99.8) / 400, 2)
    with pytest.raises(ValueError, match="one for each"):
        detours([1.0], [1.0, 2.0], estate_ids=["a"])


def test_a_community_centre_does_not_stand_in_for_an_area_s_room(sample_result):
    measures = StudyMeasures(
        sample_result.access,
        sample_result.estates,
        sample_result.venues,
        sample_result.coverage,
        sample_result.study,
    )
    table = measures.tiers
    assert set(table["tier"]) == {"area", "community"}
    tier = sample_result.venues["tier"]
    named = table[table["venue_id"] != ""]
    assert (named["venue_id"].map(tier) == named["tier"]).all()
    assert len(table) == table.groupby("estate_id").ngroups * len(
        table[["profile", "standard"]].drop_duplicates()
    )
    total = measures.tiers_by_unit
    total = total[(total["level"] == "total") & (total["profile"] == table["profile"].iloc[0])].set_index(
        "standard"
    )
    each = total.drop(["(all)", "(none)"])["covered"]
    assert total.loc["(all)", "covered"] <= each.min()
    assert total.loc["(none)", "covered"] <= total["total"].max() - each.max()


def test_tiers_need_standards_that_name_them():
    coverage = pd.DataFrame(
        {"estate_id": ["A"], "profile": "adult", "standard": "5 min", "status": "covered"}
    )
    with pytest.raises(ValueError, match="names a tier"):
        tiers(coverage, standards=())
    with pytest.raises(ValueError, match="no rows of"):
        tiers(coverage, standards=TIER_STANDARDS)
    with pytest.raises(ValueError, match="not among"):
        tiers_by_unit(coverage, [1], estate_ids=pd.Index(["B"]))


# pairing


def best_groups(areas, cost, odd):
    """Try every way to put areas into groups: the most areas with a partner, then the least walk."""
    best = (-1, -math.inf)

    def look(left, grouped, walk, triple):
        nonlocal best
        if not left:
            best = max(best, (grouped, -walk))
            return
        first, rest = left[0], left[1:]
        look(rest, grouped, walk, triple)
        for other in rest:
            if (first, other) in cost:
                look([a for a in rest if a != other], grouped + 2, walk + cost[first, other], triple)
        if not triple and odd == "triple" and len(areas) % 2:
            for pair in itertools.combinations(rest, 2):
                three = list(itertools.combinations((first, *pair), 2))
                if all(p in cost for p in three):
                    walked = walk + sum(cost[p] for p in three)
                    look([a for a in rest if a not in pair], grouped + 3, walked, True)

    look(list(areas), 0, 0.0, False)
    return best[0], -best[1]


@law
@given(st.integers(1, 8).flatmap(lambda n: st.tuples(
    st.just(n), st.lists(st.one_of(st.none(), st.integers(0, 40)), min_size=n * (n - 1) // 2, max_size=n * (n - 1) // 2),
    st.sampled_from(["triple", "alone"]),
)))  # fmt: skip
def test_pairs_are_those_that_trying_everything_finds(drawn):
    n, values, odd = drawn
    areas = [f"片区{k}" for k in range(n)]
    cost = {
        pair: float(value)
        for pair, value in zip(itertools.combinations(areas, 2), values, strict=True)
        if value is not None
    }
    walks = pd.DataFrame(
        [(b, a, value) for (a, b), value in cost.items()], columns=["area", "partner", "cost"]
    )
    table = pair_areas(walks, areas, odd=odd)
    assert sorted(table["area"]) == sorted(areas)
    groups = [group for _, group in table.groupby("group")]
    grouped = sum(len(group) for group in groups if len(group) > 1)
    walked = sum(group["cost"].iloc[0] for group in groups if len(group) > 1)
    assert (grouped, walked) == pytest.approx(best_groups(areas, cost, odd))
    for group in groups:
        assert (group["partners"] == len(group) - 1).all()
        assert group["cost"].isna().all() == (len(group) == 1)
        own = sum(cost[pair] for pair in itertools.combinations(sorted(group["area"], key=areas.index), 2))
        assert len(group) == 1 or group["cost"].iloc[0] == pytest.approx(own)


def test_forty_areas_are_paired_as_networkx_pairs_them():
    rng = np.random.default_rng(7)
    spots = rng.integers(0, 5000, (40, 2))
    areas = [str(k) for k in range(40)]
    rows = [
        (areas[a], areas[b], int(np.abs(spots[a] - spots[b]).sum()))
        for a, b in itertools.combinations(range(40), 2)
    ]
    walks = pd.DataFrame(rows, columns=["area", "partner", "cost"])
    graph = nx.Graph()
    graph.add_weighted_edges_from(rows)
    expected = sum(graph[a][b]["weight"] for a, b in nx.min_weight_matching(graph))
    table = pair_areas(walks, areas)
    assert table.drop_duplicates("group")["cost"].sum() == expected
    assert (table["partners"] == 1).all()


def test_partners_are_of_one_community():
    walks = pd.DataFrame(
        [("a", "b", 9.0), ("a", "c", 1.0), ("b", "d", 1.0), ("c", "d", 9.0)],
        columns=["area", "partner", "cost"],
    )
    table = pair_areas(walks, list("abcd"), within={"a": "东", "b": "东", "c": "西", "d": "西"})
    assert table["area"].tolist() == list("abcd")
    assert table["group"].tolist() == [1, 1, 2, 2]
    assert pair_areas(walks.iloc[:0], ["a"])["partners"].tolist() == [0]
    assert len(pair_areas(walks.iloc[:0], [])) == 0


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", "x", 1.0)], "not among"),
        ([("a", "a", 1.0)], "no partner of itself"),
        ([("a", "b", -1.0)], "negative"),
        ([("a", "b", 1.0), ("b", "a", 2.0)], "two different"),
    ],
)
def test_walks_between_areas_that_make_no_sense_are_refused(rows, message):
    with pytest.raises(ValueError, match=message):
        pair_areas(pd.DataFrame(rows, columns=["area", "partner", "cost"]), ["a", "b"])


@law
@given(people, st.data())
def test_walks_between_areas_one_by_one(town, data):
    matrix, demand, _ = town
    areas = data.draw(
        st.lists(st.sampled_from(["x", "y", "z", ""]), min_size=len(matrix), max_size=len(matrix))
    )
    found = area_walks(costs(matrix), demand, areas=areas)
    names = list(dict.fromkeys(a for a in areas if a))
    expected = []
    for a, b in itertools.combinations(names, 2):
        who = [i for i, area in enumerate(areas) if area in {a, b} and any(c is not None for c in matrix[i])]
        sums = [
            math.inf if any(matrix[i][j] is None for i in who) else sum(demand[i] * matrix[i][j] for i in who)
            for j in range(len(matrix[0]))
        ]
        if math.isfinite(min(sums)):
            expected.append((a, b, min(sums), f"v{sums.index(min(sums))}"))
    assert list(found[["area", "partner", "cost", "venue_id"]].itertuples(index=False, name=None)) == expected


def test_walks_of_visitors_by_hand():
    table = costs([[9, 1, 5], [4, 9, 9], [None, None, None]])
    found = area_walks(table, [10, 20, 7], areas=["x", "y", "y"], venue_areas=["x", "y", "y"])
    # x visits the nearer of y's rooms, 10 · 1; y visits x's, 20 · 4; the third reaches nothing
    assert found.to_dict("records") == [
        {"area": "x", "partner": "y", "cost": 90.0, "venue_id": "", "left_out": 7.0}
    ]
    with pytest.raises(ValueError, match="one value for each"):
        area_walks(table, [10, 20, 7], areas=["x"])


# tables that may leave the office

AREAS = ["a", "b", "c"]
small_or_large = st.one_of(st.integers(0, 14), st.integers(0, 120))


@st.composite
def count_tables(draw):
    """Return a table of two levels, two standards, and parts that add up; the wider standard covers no fewer."""
    rows = []
    sums = {}
    for area in draw(st.sampled_from([AREAS, AREAS[:2], AREAS[:1]])):
        near, further, never = (draw(small_or_large) for _ in range(3))
        for standard, covered in (("5 min", near), ("10 min", near + further)):
            total = near + further + never
            rows.append(("community", area, standard, total, covered, total - covered))
            sums.setdefault(standard, []).append((total, covered, total - covered))
    top = [
        ("total", "total", standard, *map(sum, zip(*parts, strict=True))) for standard, parts in sums.items()
    ]
    return pd.DataFrame([*top, *rows], columns=["level", "unit", "standard", "total", "covered", "uncovered"])


COUNTS = ["total", "covered", "uncovered"]
PLAIN = Layout(
    counts=COUNTS,
    parts={"total": ("covered", "uncovered")},
    same={"total": ("standard",)},
    nested=("standard",),
)


class Attacker:
    """Knows every shown count before it was rounded, how counts add up, and that a hidden one is no nought."""

    def __init__(self):
        self.name, self.low, self.high, self.rows = {}, [], [], []

    def cell(self, ident, value, *, hidden):
        if ident not in self.name:
            self.name[ident] = len(self.low)
            self.low.append(1.0 if hidden else float(value))
            self.high.append(2_000.0 if hidden else float(value))
        return self.name[ident]

    def adds_up(self, whole, parts):
        self.rows.append({whole: 1.0} | dict.fromkeys(parts, -1.0))

    def table(self, table, shown, tag):
        at = {}
        for number, row in enumerate(table.itertuples()):
            for name in COUNTS:
                standard = "" if name == "total" else row.standard
                secret = name in shown["suppressed"].iloc[number].split()
                at[name, row.unit, row.standard] = self.cell(
                    (tag, name, row.unit, standard), getattr(row, name), hidden=secret
                )
        standards, units = list(dict.fromkeys(table["standard"])), list(dict.fromkeys(table["unit"]))
        for standard in standards:
            for unit in units:
                self.adds_up(
                    at["total", unit, standard],
                    [at["covered", unit, standard], at["uncovered", unit, standard]],
                )
            for name in COUNTS:
                self.adds_up(
                    at[name, "total", standard],
                    [at[name, unit, standard] for unit in units if unit != "total"],
                )
        return at

    def interval(self, number):
        matrix = np.zeros((len(self.rows), len(self.low)))
        for row, factors in enumerate(self.rows):
            for column, factor in factors.items():
                matrix[row, column] += factor
        ends = []
        for sign in (1.0, -1.0):
            aim = np.zeros(len(self.low))
            aim[number] = sign
            found = milp(
                aim,
                integrality=np.ones(len(aim)),
                bounds=Bounds(self.low, self.high),
                constraints=LinearConstraint(matrix, 0, 0),
            )
            assert found.x is not None
            ends.append(float(found.x[number]))
        return ends

    def check(self):
        for number, (low, high) in enumerate(zip(self.low, self.high, strict=True)):
            if low < high:
                least, most = self.interval(number)
                assert most - least >= 4, [ident for ident, at in self.name.items() if at == number]


def looks_safe(table, made):
    for name in COUNTS:
        shown = made[name]
        true = table[name].reset_index(drop=True)
        small = (true > 0) & (true < 10)
        assert shown[small].isna().all()
        assert (shown.dropna() % 5 == 0).all()
        kept = shown.notna()
        assert ((shown[kept] - true[kept]).abs() <= 2.5).all()
        assert shown[true == 0].eq(0).all()
        named = made["suppressed"].str.split().map(lambda names, name=name: name in names)
        assert (named == shown.isna()).all()


@law
@given(count_tables())
def test_no_hidden_count_can_be_worked_out(table):
    made = suppressed(table, PLAIN)
    looks_safe(table, made)
    attacker = Attacker()
    attacker.table(table, made, "")
    attacker.check()


@law
@given(count_tables())
def test_nor_by_what_lies_between_two_standards(table):
    made = suppressed(table, PLAIN)
    covered = table.pivot_table(index="unit", columns="standard", values="covered", sort=False)
    between = covered["10 min"] - covered["5 min"]
    shown = made.pivot_table(index="unit", columns="standard", values="covered", sort=False, dropna=False)
    both = (
        shown.reindex(columns=["5 min", "10 min"])
        .notna()
        .all(axis=1)
        .reindex(between.index, fill_value=False)
    )
    assert not (both & (between > 0) & (between < 10)).any()


@settings(law, max_examples=3)
@given(count_tables(), st.data())
def test_nor_from_before_and_after(before, data):
    after = before.copy()
    leaves = before[before["level"] == "community"]
    for unit in dict.fromkeys(leaves["unit"]):
        for standard in ("5 min", "10 min"):
            rows = (before["unit"] == unit) & (before["standard"] == standard)
            moved = data.draw(st.integers(0, int(before.loc[rows, "uncovered"].iloc[0])))
            top = (before["unit"] == "total") & (before["standard"] == standard)
            for here in (rows, top):
                after.loc[here, "covered"] += moved
                after.loc[here, "uncovered"] -= moved
    first, second, change = suppressed_change(before, after, PLAIN)
    looks_safe(before, first)
    looks_safe(after, second)
    attacker = Attacker()
    old, new = attacker.table(before, first, "before"), attacker.table(after, second, "after")
    for number, row in enumerate(before.itertuples()):
        for name in COUNTS:
            moved = getattr(after.iloc[number], name) - getattr(row, name)
            secret = name in change["suppressed"].iloc[number].split()
            assert secret == math.isnan(change[name].iloc[number])
            assert (
                secret or moved == 0 or (abs(moved) >= 10 and abs(change[name].iloc[number] - moved) <= 2.5)
            )
            standard = "" if name == "total" else row.standard
            between = attacker.cell(("change", name, row.unit, standard), abs(moved), hidden=secret)
            a, b = old[name, row.unit, row.standard], new[name, row.unit, row.standard]
            attacker.adds_up(*((b, [a, between]) if moved >= 0 else (a, [b, between])))
    attacker.check()


def test_two_small_counts_that_share_a_small_rest_are_not_enough():
    table = pd.DataFrame(
        {"level": ["total", "a", "a", "a"], "unit": ["total", "x", "y", "z"], "n": [102, 1, 1, 100]}
    )
    made = suppressed(table, Layout(counts=["n"]))
    assert made["n"].isna().tolist()[1:3] == [True, True]
    assert made["n"].isna().sum() > 2  # 102 - 100 leaves 1 and 1, nothing else


def test_what_is_large_stays_and_shares_are_of_rounded_counts(sample_result):
    summary = sample_result.summary
    table = summary[summary["measure"] == "households"].reset_index(drop=True)
    made = suppressed(table)
    assert list(made.columns) == [*[c for c in table.columns if c != "no_value"], "suppressed"]
    row = made.iloc[0]
    assert row["covered_share"] == round(row["covered"] / row["total"], 3)
    looks_safe(table, made.assign(suppressed=made["suppressed"]))
    again = suppressed(table)
    pd.testing.assert_frame_equal(made, again)


def test_noughts_are_hidden_if_asked():
    table = pd.DataFrame({"unit": ["a", "b"], "n": [0, 50]})
    assert suppressed(table, Layout(counts=["n"]))["n"].tolist() == [0.0, 50.0]
    assert suppressed(table, Layout(counts=["n"]), zeros=False)["n"].isna().tolist() == [True, False]


def test_a_blank_stays_blank_and_is_not_called_suppressed():
    table = pd.DataFrame({"unit": ["a", "b"], "n": [NAN, 50]})
    made = suppressed(table, Layout(counts=["n"]))
    assert made["n"].isna().tolist() == [True, False]
    assert made["suppressed"].tolist() == ["", ""]


@pytest.mark.parametrize(
    ("table", "layout", "message"),
    [
        ({"n": [1], "mean": [2.5]}, {}, "tell too much: mean"),
        ({"n": [-1]}, {}, "not a count"),
        ({"unit": ["a", "a"], "n": [1, 2]}, {}, "alike"),
        (
            {"unit": ["a"], "n": [9], "p": [3], "q": [3]},
            {"counts": ["n", "p", "q"], "parts": {"n": ("p", "q")}},
            "add up",
        ),
        ({"m": [1]}, {}, "no column n"),
    ],
)
def test_tables_that_cannot_be_made_safe_are_refused(table, layout, message):
    with pytest.raises(ValueError, match=message):
        suppressed(pd.DataFrame(table), Layout(**{"counts": ["n"]} | layout))


def test_before_and_after_have_the_same_rows():
    table = pd.DataFrame({"unit": ["a", "b"], "n": [20, 50]})
    layout = Layout(counts=["n"])
    shuffled = suppressed_change(table, table.iloc[::-1], layout)[2]
    assert shuffled["n"].tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match="different rows"):
        suppressed_change(table, table.assign(unit=["a", "c"]), layout)
    with pytest.raises(ValueError, match="different columns or rows"):
        suppressed_change(table, table.iloc[:1], layout)


# of a study


@pytest.fixture(scope="module")
def measures(sample_result):
    r = sample_result
    return StudyMeasures(r.access, r.estates, r.venues, r.coverage, r.study)


def test_measures_of_a_run_agree_with_its_tables(sample_result, measures):
    summary = sample_result.summary
    standard, profile = sample_result.study.standards[0], sample_result.study.profiles[0]
    own = summary[(summary["standard"] == standard.name) & (summary["profile"] == profile.name)]
    own = own[own["measure"] == "households"].reset_index(drop=True)
    units = measures.redundancy[1]
    assert units["unit"].tolist() == own["unit"].tolist()
    if standard.minutes is not None and not standard.tier:
        assert units["one_share"].to_numpy() == pytest.approx(
            own["covered_share"].to_numpy(), abs=2e-6, nan_ok=True
        )
    walks = measures.walks
    walks = walks[(walks["profile"] == profile.name) & (walks["measure"] == "households")]
    assert walks["total"].tolist() == own["total"].tolist()
    area = measures.floor_area[measures.floor_area["level"] == "total"].iloc[0]
    assert area["households"] == own["total"].iloc[0]
    reached = sample_result.estate_table["venue_id"] != ""
    assert measures.load["demand"].sum() == sample_result.estates["households"][reached.to_numpy()].sum()


def test_every_estate_has_its_row_in_every_table_of_estates(sample_result, measures):
    ids = set(sample_result.estates.index)
    for name in ("allocation", "ratio", "redundancy", "detours", "tiers"):
        assert set(measures.tables()[name]["estate_id"]) == ids, name
    assert measures.allocation.proven


def test_partners_of_the_sample_are_of_one_community_and_nobody_is_left_out(sample_result, measures):
    table = measures.partners
    areas = set(units_of(sample_result.estates, ["community", "area"])["area"])
    assert set(table["area"]) == {area for area in areas if not area.endswith("/(blank)")}
    community = table["area"].str.split("/").str[0]
    assert (
        len(pd.DataFrame({"group": table["group"], "of": community}).drop_duplicates())
        == table["group"].max()
    )
    alone = table[table["partners"] == 0]
    single = community.map(community.value_counts()) == 1
    assert alone["area"].isin(table["area"][single]).all()


def test_places_are_counted_as_places(sample_result):
    r = sample_result
    made = StudyMeasures(r.access, r.estates, r.venues, r.coverage, r.study, capacity="places")
    assert made.need == 1.0
    assert made.load["load"].tolist() == made.load["demand"].tolist()
    assert (made.load["over"].fillna(0) > 0).any()
    # more people than places: somebody is turned away, and the coverage says so
    assert made.allocation.turned_away > 0
    standard, profile = r.study.standards[0], r.study.profiles[0]
    table = with_room(r.coverage, made.allocation, profile=profile.name, standard=standard.name)
    full = table[table["reason"] == "venue_full"]
    assert len(full) > 0
    assert (full["standard"] == standard.name).all()
    with pytest.raises(ValueError, match="counted in"):
        StudyMeasures(r.access, r.estates, r.venues, r.coverage, r.study, capacity="rooms")


def test_a_study_without_households_counts_estates(sample_result):
    r = sample_result
    counts = ["households", "residents", "aged_60_plus"]
    bare = r.estates.drop(columns=counts).assign(households=NAN, community="只有一个")
    bare["area"] = [f"片区{k % 3}" if k else "" for k in range(len(bare))]
    bare.loc[bare.index[1:], "community"] = "其他"
    made = StudyMeasures(r.access, bare, r.venues, r.coverage, r.study)
    assert set(made.walks["measure"]) == {"estates"}
    assert made.floor_area["m2_per_100_households"].isna().all()
    assert made.floor_area["meets"].isna().all()
    alone = made.redundancy[1].set_index("unit").loc["只有一个"]  # a community with one estate
    assert alone["total"] == 1
    assert alone["one_share"] in {0.0, 1.0}
    table = made.partners
    assert table["partners"].tolist() == [2, 2, 2]  # the blank area is nobody's partner
    assert not made.tables()["allocation"].empty


def test_a_run_without_any_demand_has_blanks_everywhere(sample_result):
    r = sample_result
    none = r.estates.assign(households=0.0)
    made = StudyMeasures(r.access, none, r.venues, r.coverage, r.study)
    households = made.walks[made.walks["measure"] == "households"]
    assert households[["mean_min", "median_min", "p90_min", "unreached_share"]].isna().all(axis=None)
    assert made.redundancy[1]["two_share"].isna().all()
    assert made.detours.units["detour_ratio"].isna().all()
    assert made.tiers_by_unit["covered_share"].isna().all()
    assert (made.load["status"].isin(["idle", "unknown"])).all()
    assert made.allocation.turned_away == 0
    assert set(made.ratio["ratio"].dropna()) <= {0.0}


def test_buildings_are_given_responsible_venues_too(sample_result):
    # two houses for each estate: the rows are then the houses
    r = sample_result
    access = r.access
    houses = pd.Index([f"{name}/{number}" for name in access.estate_ids for number in (1, 2)])
    near = costs_of(access, reach=30.0)
    table = pd.DataFrame({
        "estate_id": np.concatenate([houses[2 * near.estate], houses[2 * near.estate + 1]]),
        "venue_id": np.tile(near.venue_ids[near.venue], 2), "walk_min": np.tile(near.cost, 2),
    })  # fmt: skip
    demand = np.repeat(r.estates["households"].to_numpy() / 2, 2)
    made = allocate(
        costs_from(table, estates=houses, venues=access.venue_ids),
        demand,
        r.venues["floor_area_m2"],
        need=0.3,
    )
    assert made.rows["estate_id"].tolist() == list(houses)
    assert made.bound <= made.value <= 1.005 * made.bound  # above 2,000 pairs near the optimum is enough
    assert (made.rows["venue_id"] != "").sum() == 2 * len(np.unique(near.estate))


# the page


def test_the_page_says_what_there_is(sample, monkeypatch, capsys):
    page = (ROOT / "docs" / "measures.md").read_text(encoding="utf-8")
    names = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`\w+`(?:, `\w+`)?) \|", page, re.MULTILINE)))
    public = [name for name, _ in inspect.getmembers(StudyMeasures) if not name.startswith("_")]
    assert sorted(names) == sorted(set(public) - {"tables"})
    for name in re.findall(r"\(`(\w+)`(?:, `(\w+)`)?\)", page):
        assert all(hasattr(walkshed.measures, one) for one in name if one)
    assert f"{walkshed.measures.M2_PER_100_HOUSEHOLDS:g} m² per 100 households" in page
    assert f"above {LONGEST:g}" in page
    assert f"below {SHORTEST:.1f}" in page
    assert f"up to {SMALL:,} pairs" in page
    assert f"within {100 * GAP:.1f} %" in page
    assert ", ".join(f"{weight:g}" for weight in LUO_QI.weights.values()) in page
    monkeypatch.chdir(sample.parent)
    told = {"table": pd.DataFrame([("a", "x", 3.0)], columns=["from_id", "to_id", "travel_time"])}
    told |= {"ids": ["a", "b"], "rooms": ["x"], "households": [30, 40], "places": [50]}
    for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(code, told)  # noqa: S102 - the page's own examples
    assert capsys.readouterr().out == ""
    assert told["measures"].tables()
