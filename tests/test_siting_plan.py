"""What a planner needs beside the optimum: gains, order, curve, alternatives, fallbacks, gates — against trying all."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from siting_towns import sets, town, towns, value
from walkshed.errors import Findings, InputError
from walkshed.profiles import ADULT
from walkshed.siting import (
    Backup,
    Budget,
    Capacity,
    Fixed,
    Forbidden,
    Limits,
    Lscp,
    Mclp,
    NewSites,
    PCenter,
    PlannedBy,
    PMedian,
    Spacing,
    solve,
)
from walkshed.siting.alternatives import fallbacks, near_equal
from walkshed.siting.config import Siting, check_siting
from walkshed.siting.curve import Curve, Point, coverage_curve
from walkshed.siting.gains import newly_covered, site_gains
from walkshed.siting.gate_sites import with_gates
from walkshed.siting.order import EXACT_SITES, phased_order
from walkshed.siting.worth import worth
from walkshed.standards import Standard

calm = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
pytestmark = pytest.mark.filterwarnings("error")

# three rooms in a row; the middle one shares a household group with each neighbour
ROW = [[1, 9, 9], [1, 1, 9], [9, 1, 9], [9, 1, 1], [9, 9, 1]]
ROW_WEIGHTS = [10, 20, 30, 40, 50]


# --- what a set of sites is worth ---------------------------------------------------------------------------


@calm
@given(towns(), st.data())
def test_worth_is_what_the_definition_says(problem, data):
    chosen = data.draw(st.sets(st.integers(0, problem.m - 1)))
    assert worth(problem, Mclp(), sorted(chosen)) == value(problem, "mclp", chosen)
    if chosen:
        assert worth(problem, PMedian(), sorted(chosen)) == pytest.approx(value(problem, "p_median", chosen))
        assert worth(problem, PCenter(), sorted(chosen)) == value(problem, "p_center", chosen)


def test_what_is_too_far_counts_as_the_longest_walk_or_as_beyond():
    problem = town([[1, np.inf], [np.inf, 2], [np.inf, np.inf]], weights=[10, 20, 30])
    assert (
        worth(problem, PMedian(), [0]) == 10 * 1 + 20 * 2
    )  # 2 is the longest walk; nobody reaches the third
    assert worth(problem, PMedian(beyond=7), [0]) == 10 * 1 + 20 * 7 + 30 * 7
    assert worth(problem, PCenter(), [0]) == 2


def test_with_capacity_whole_estates_are_counted_that_there_is_room_for():
    problem = town([[1], [1], [1]], weights=[30, 40, 50], capacity=[75.0], cost=[1.0])
    assert worth(problem, Mclp(), [0], constraints=[Capacity("places", 1.0)]) == 70


# --- gains -------------------------------------------------------------------------------------------------


def test_gains_of_three_rooms_in_a_row_by_hand():
    table = site_gains(town(ROW, weights=ROW_WEIGHTS, cost=[300.0, 900.0, 50.0]), [1, 2, 0]).set_index(
        "site_id"
    )
    assert table["gain"].to_dict() == {"1": 90, "2": 50, "0": 10}
    assert table["gain_alone"].to_dict() == {"1": 90, "2": 90, "0": 30}
    assert table["sole"].to_dict() == {"1": 30, "2": 50, "0": 10}
    assert table["shared"].to_dict() == {"1": 60, "2": 40, "0": 20}
    assert table["covered_after"].to_dict() == {"1": 90, "2": 140, "0": 150}
    assert table["newly_covered"].to_dict() == {"1": 3, "2": 1, "0": 1}
    assert table["cost_per_gain"].to_dict() == {"1": 10, "2": 1, "0": 30}


@calm
@given(towns(), st.data())
def test_gains_add_up_and_neither_order_nor_company_changes_what_is_lost(problem, data):
    order = data.draw(st.permutations(range(problem.m)))
    table = site_gains(problem, order)
    whole = value(problem, "mclp", order)
    assert table["gain"].sum() == whole
    assert table["covered_after"].iloc[-1] == whole
    for site, row in zip(order, table.itertuples(), strict=True):
        assert row.sole == whole - value(problem, "mclp", set(order) - {site})
        assert row.gain_alone == value(problem, "mclp", [site])
        assert row.sole + row.shared == row.gain_alone
        assert row.sole <= row.gain <= row.gain_alone
    again = site_gains(problem, order[::-1]).set_index("site_id")
    for name in ("sole", "shared", "gain_alone"):
        pd.testing.assert_series_equal(
            table.set_index("site_id")[name], again[name].reindex(table["site_id"])
        )


@calm
@given(towns(), st.data())
def test_with_backup_a_gain_is_what_becomes_covered_twice(problem, data):
    order = data.draw(st.permutations(range(problem.m)))
    table = site_gains(problem, order, constraints=[Backup(2)])
    assert table["gain"].sum() == value(problem, "mclp", order, times=2)
    for site, row in zip(order, table.itertuples(), strict=True):
        assert row.sole == value(problem, "mclp", order, times=2) - value(
            problem, "mclp", set(order) - {site}, times=2
        )


def test_what_is_open_anyway_is_no_gain():
    problem = town(ROW, weights=ROW_WEIGHTS).with_status("existing", [1])
    assert site_gains(problem, [0])["gain"].tolist() == [10]
    assert newly_covered(problem, [0, 2])["demand_id"].tolist() == ["0", "4"]


@calm
@given(towns(), st.data())
def test_who_is_newly_covered_is_told_once_with_the_site_that_did_it(problem, data):
    order = data.draw(st.permutations(range(problem.m)))
    table = newly_covered(problem, order)
    assert table["demand_id"].is_unique
    assert table["weight"].sum() == value(problem, "mclp", order)
    by_site = table.groupby("site_id")["weight"].sum()
    gains = site_gains(problem, order).set_index("site_id")["gain"]
    for site, gain in gains.items():
        assert by_site.get(site, 0) == gain
    assert (table["walk"] <= 3).all()


# --- order -------------------------------------------------------------------------------------------------


def total_of(problem, objective, order, a_year):
    """Return the sum over the years of what is open at their ends."""
    ends = [order[: (year + 1) * a_year] for year in range(-(-len(order) // a_year))]
    return sum(value(problem, objective, opened) for opened in ends)


@settings(calm, max_examples=60)
@given(towns(most_sites=5), st.integers(1, 3))
def test_no_sequence_of_the_sites_is_better(problem, a_year):
    sites = list(range(problem.m))
    order = phased_order(problem, Mclp(), sites, a_year=a_year)
    best = max(total_of(problem, "mclp", list(one), a_year) for one in permutations(sites))
    assert order.proven
    assert order.total == best == total_of(problem, "mclp", list(order.sequence), a_year)
    assert sorted(order.sequence) == sites
    assert [len(step.opened) for step in order.steps[:-1]] == [a_year] * (len(order.steps) - 1)


@settings(calm, max_examples=40)
@given(towns(most_sites=4))
def test_the_best_sequence_of_walks_is_that_of_the_least_sum(problem):
    sites = list(range(problem.m))
    order = phased_order(problem, PMedian(), sites)
    assert order.total == pytest.approx(
        min(total_of(problem, "p_median", list(p), 1) for p in permutations(sites))
    )


@settings(calm, max_examples=30)
@given(towns(), st.integers(1, 3))
def test_a_longer_plan_is_ordered_well_but_not_proven(problem, a_year):
    from walkshed.siting import order as module

    sites = list(range(problem.m))
    weighed = {}
    for limit in (EXACT_SITES, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "EXACT_SITES", limit)
            weighed[limit] = phased_order(problem, Mclp(), sites, a_year=a_year)
    exact, other = weighed[EXACT_SITES], weighed[0]
    assert not other.proven
    assert other.total <= exact.total
    assert other.total == total_of(problem, "mclp", list(other.sequence), a_year)
    # taking the best next one each time is never worse than 1 - 1/e of the best each year
    assert other.total >= (1 - 1 / np.e) * exact.total - 1e-9


def test_years_rooms_that_come_later_and_planned_venues():
    # 0 would be first, but is to be had from 2029 only; 3 is planned for 2028
    problem = town(
        [[1, 9, 9, 9], [9, 1, 9, 9], [9, 9, 1, 9], [9, 9, 9, 1]], weights=[90, 30, 20, 7],
        year=[np.nan, np.nan, np.nan, 2028.0], siting_status=["candidate", "candidate", "candidate", "planned"],
    )  # fmt: skip
    available = np.array([2029.0, np.nan, np.nan, np.nan])
    order = phased_order(problem, Mclp(), [0, 1, 2], first_year=2027, planned_by=2030, available=available)
    assert [(step.year, step.opened, step.value) for step in order.steps] == [
        (2027, (1,), 30), (2028, (2,), 57), (2029, (0,), 147)]  # fmt: skip
    assert order.late == ()
    hurried = phased_order(problem, Mclp(), [0, 1], first_year=2027, available=available)
    assert hurried.late == (0,)
    assert hurried.total == 30 + 30  # it does not count before it is there


def test_what_phasing_costs_is_what_each_year_s_own_best_plan_would_bring():
    # the best single room (1) is not in the best pair (0 and 2)
    problem = town([[1, 1, 9], [1, 9, 9], [9, 1, 1], [9, 9, 1]], weights=[30, 25, 30, 25])
    best = solve(problem, Mclp(), [NewSites(2)])
    assert best.chosen.tolist() == [0, 2]
    curve = coverage_curve(problem, Mclp(), most=2)
    order = phased_order(problem, Mclp(), best.chosen, curve=curve)
    assert (order.total, order.bound, order.cost) == (55 + 110, 60 + 110, 5)
    assert order.cost_share == 5 / 170


@settings(calm, max_examples=40)
@given(towns(), st.integers(1, 4))
def test_phasing_never_beats_the_bound(problem, p):
    p = min(p, problem.m)
    best = solve(problem, Mclp(), [NewSites(p)])
    curve = coverage_curve(problem, Mclp(), most=p)
    order = phased_order(problem, Mclp(), best.chosen, curve=curve)
    assert order.total <= order.bound + 1e-9
    if order.steps:
        assert order.steps[-1].value == best.value


# --- curve -------------------------------------------------------------------------------------------------


@settings(calm, max_examples=40)
@given(towns())
def test_every_point_of_the_curve_is_the_best_of_so_many_sites(problem):
    curve = coverage_curve(problem, Mclp(), most=problem.m)
    for point in curve.points:
        best = max(value(problem, "mclp", one) for one in sets(problem, point.sites))
        assert (point.value, point.bound, point.gap) == (best, best, 0)
        assert value(problem, "mclp", point.chosen.tolist()) == best
    values = [point.value for point in curve.points]
    assert values == sorted(values)
    assert curve.complete
    assert values[-1] == value(problem, "mclp", range(problem.m))


@settings(calm, max_examples=25)
@given(towns(most_sites=5))
def test_the_curve_of_walks_falls_to_the_best(problem):
    curve = coverage_curve(problem, PMedian(beyond=9), most=problem.m)
    table = {k: min(np.minimum(9, np.min(_walks(problem)[:, list(one)], axis=1, initial=9)) @ _weights(problem)
                    for one in sets(problem, k)) for k in range(problem.m + 1)}  # fmt: skip
    for point in curve.points:
        assert point.value == pytest.approx(table[point.sites])


def _walks(problem):
    from siting_towns import walks

    return walks(problem)


def _weights(problem):
    return problem.criteria[0].weights


def curve_of(values):
    problem = town([[1]])
    none = np.zeros(0, dtype=np.int64)
    points = tuple(Point(k, none, float(v), float(v), float(v), "optimal") for k, v in enumerate(values))
    return Curve(problem, Mclp(), points)


@pytest.mark.parametrize(
    ("values", "knee"),
    [
        ([0, 50, 90, 95, 97], 2),
        ([0, 100, 100.5, 101, 101.5], 1),
        ([0, 10, 20, 30], None),
        ([5, 5, 5], None),
        ([0, 9], None),
        ([0, 9, 9, 9], None),
        ([0, 50, 90, 95, 95, 95, 95], 2),
        ([], None),
    ],
)
def test_the_knee_is_where_the_curve_bends(values, knee):
    assert curve_of(values).knee == knee
    frame = curve_of(values).to_frame()
    assert frame["knee"].sum() == (knee is not None)


def test_with_fixed_sites_the_curve_begins_with_them():
    problem = town(ROW, weights=ROW_WEIGHTS)
    curve = coverage_curve(problem, Mclp(), most=3, constraints=[Fixed(("0",))])
    assert [(point.sites, point.value) for point in curve.points] == [(1, 30), (2, 120), (3, 150)]


@calm
@given(towns(), st.data())
def test_a_curve_of_some_numbers_bounds_those_in_between(problem, data):
    numbers = sorted(data.draw(st.sets(st.integers(0, problem.m), min_size=1)))
    some = coverage_curve(problem, Mclp(), most=problem.m, at=numbers)
    for point in some.points:
        assert point.sites in numbers
        assert point.value == max(value(problem, "mclp", one) for one in sets(problem, point.sites))
    for number in range(numbers[-1] + 1):
        if not np.isnan(some.bound_of(number)):
            assert some.bound_of(number) >= max(value(problem, "mclp", one) for one in sets(problem, number))


# --- alternatives --------------------------------------------------------------------------------------------


@settings(calm, max_examples=40)
@given(towns(most_sites=5), st.integers(1, 3), st.sampled_from([0.0, 0.01, 0.2]))
def test_all_plans_within_the_share_are_found_and_no_other(problem, p, share):
    p = min(p, problem.m)
    best = solve(problem, Mclp(), [NewSites(p)])
    found = near_equal(best, within_share=share, most=60)
    expected = {
        one for one in sets(problem, p)
        if value(problem, "mclp", one) >= best.value - share * abs(best.value) - 1e-9 and one != tuple(best.chosen.tolist())
    }  # fmt: skip
    assert {tuple(plan.chosen.tolist()) for plan in found.plans} == expected
    assert found.all_found
    values = [plan.value for plan in found.plans]
    assert values == sorted(values, reverse=True)
    for plan in found.plans:
        assert plan.value == value(problem, "mclp", plan.chosen.tolist())


def test_when_more_are_near_than_asked_for_that_is_said():
    problem = town([[1, 1, 1, 1]], weights=[100])
    found = near_equal(solve(problem, Mclp(), [NewSites(1)]), most=2)
    assert len(found.plans) == 2
    assert not found.all_found


@settings(calm, max_examples=40)
@given(towns(most_sites=5), st.integers(1, 3), st.sampled_from([0.0, 0.01, 0.3]))
def test_what_happens_if_a_room_falls_through(problem, p, share):
    p = min(p, problem.m)
    best = solve(problem, Mclp(), [NewSites(p)])
    for one in fallbacks(best, within_share=share):
        left = [s for s in sets(problem, p) if one.site not in s]
        again = max(value(problem, "mclp", s) for s in left)
        assert one.value == again == value(problem, "mclp", one.chosen.tolist())
        assert one.site not in one.chosen
        assert one.lost == best.value - again
        assert one.essential == (again < best.value - share * abs(best.value) - 1e-9)
        others = set(best.chosen.tolist()) - {one.site}
        kept = max(value(problem, "mclp", s) for s in left if others <= set(s))
        assert one.runner_up_value == kept == value(problem, "mclp", others | set(one.runner_up))


def test_a_fixed_room_may_fall_through_too_and_the_budget_holds():
    problem = town(ROW, weights=ROW_WEIGHTS, cost=[10.0, 100.0, 20.0])
    best = solve(problem, Mclp(), [NewSites(2), Budget(120.0), Fixed(("2",))])
    assert best.chosen.tolist() == [1, 2]
    answers = {one.site: one for one in fallbacks(best)}
    assert answers[2].chosen.tolist() == [0, 1]
    assert answers[1].chosen.tolist() == [0, 2]
    assert answers[1].lost == 140 - 120


def test_where_nothing_is_left_the_plan_is_what_is_there():
    problem = town([[1, 9], [9, 1]], weights=[10, 20]).with_status("existing", [1])
    best = solve(problem, Mclp(), [NewSites(1)])
    (answer,) = fallbacks(best)
    assert (answer.chosen.tolist(), answer.value, answer.runner_up, answer.essential) == ([], 20.0, (), True)


def test_fewest_sites_have_alternatives_of_as_many():
    problem = town([[1, 1, 9], [9, 9, 1]], weights=[5, 5])
    best = solve(problem, Lscp(), [])
    found = near_equal(best)
    assert (best.value, [plan.value for plan in found.plans]) == (2, [2.0])
    assert {one.site: one.essential for one in fallbacks(best)}[2] is True


def test_it_may_be_asked_of_some_sites_only():
    best = solve(town(ROW, weights=ROW_WEIGHTS), Mclp(), [NewSites(2)])
    assert [one.site for one in fallbacks(best, sites=[2])] == [2]


@calm
@given(towns(most_sites=8, most_demand=12), st.integers(1, 3))
def test_with_little_work_answers_are_still_true_if_not_settled(problem, p):
    p = min(p, problem.m)
    little = Limits(method="greedy", lagrangian_steps=3)
    best = solve(problem, Mclp(), [NewSites(p)], limits=little)
    truth = max(value(problem, "mclp", one) for one in sets(problem, p))
    for one in fallbacks(best, limits=little):
        again = max(value(problem, "mclp", s) for s in sets(problem, p) if one.site not in s)
        assert one.value <= again <= one.bound + 1e-9
        if one.essential is not None:
            assert one.essential == (again < best.value * (1 - 0.01) - 1e-9)
    found = near_equal(best, limits=little, most=3)
    assert all(plan.value == value(problem, "mclp", plan.chosen.tolist()) <= truth for plan in found.plans)
    curve = coverage_curve(problem, Mclp(), most=problem.m, limits=little)
    for point in curve.points:
        assert (
            point.value
            <= max(value(problem, "mclp", s) for s in sets(problem, point.sites))
            <= point.bound + 1e-9
        )


# --- gates -------------------------------------------------------------------------------------------------


def gates(**columns):
    return pd.DataFrame({"cost": [5.0, 6.0], **columns}, index=["east", "west"])


def test_a_gate_covers_whom_it_brings_within_the_standard_and_competes_with_rooms():
    problem = town(ROW, weights=ROW_WEIGHTS, cost=[100.0] * 3)
    walks = pd.DataFrame(
        {"gate_id": ["west", "west", "east"], "demand_id": ["4", "3", "0"], "cost": [3.0, 2.0, 3.1]}
    )
    whole = with_gates(problem, gates(), walks)
    assert whole.sites.ids.tolist() == ["0", "1", "2", "gate:east", "gate:west"]
    assert whole.sites.kind.tolist()[3:] == ["gate", "gate"]
    assert [whole.covered_weight([j]) for j in (3, 4)] == [0.0, 90.0]  # 3.1 is beyond 3
    assert [whole.covered_weight([j]) for j in range(3)] == [problem.covered_weight([j]) for j in range(3)]
    best = solve(whole, Mclp(), [NewSites(2), Budget(107.0)])
    assert best.chosen_ids == ["1", "gate:west"]
    # the arrays stay what the core expects: by site, then by demand
    for j in range(whole.m):
        rows = whole.rows[whole.indptr[j] : whole.indptr[j + 1]]
        assert (np.diff(rows) > 0).all()


def test_walks_of_gates_or_estates_that_are_not_there_are_faults_all_at_once():
    problem = town(ROW)
    walks = pd.DataFrame(
        {"gate_id": ["x", "east", "east"], "demand_id": ["0", "99", "99"], "cost": [1.0, 1.0, 1.0]}
    )
    with pytest.raises(InputError) as caught:
        with_gates(problem, gates(), walks)
    assert [fault.code for fault in caught.value.faults] == ["siting.gate_walks", "siting.gate_walks"]
    twice = pd.DataFrame({"gate_id": ["east", "east"], "demand_id": ["0", "0"], "cost": [1.0, 1.0]})
    with pytest.raises(InputError, match="twice"):
        with_gates(problem, gates(), twice)


# --- what a study may ask for ---------------------------------------------------------------------------------


def faults_of(siting, **more):
    findings = Findings()
    check_siting(siting, findings, standards=[Standard(minutes=5)], profiles=[ADULT], **more)
    return {(fault.code, fault.source.column) for fault in findings.faults}


def test_a_plain_request_has_no_fault():
    assert faults_of(Siting(sites=3)) == set()
    assert faults_of(Siting(objective="fewest", share=0.9)) == set()
    assert faults_of(Siting(budget=1e6, measure="households"), measures=["estates", "households"]) == set()


def test_all_faults_of_a_request_come_at_once():
    siting = Siting(
        sites=0, share=1.2, standard="6 min", profile="adults", measure="housholds", rooms=False, budget=-1.0,
        spacing_m=0.0, first_year=27, a_year=0, near_share=0.5, street_points_m=None,
    )  # fmt: skip
    assert faults_of(siting, measures=["households"]) == {
        ("siting.value", "sites"), ("siting.value", "share"), ("siting.value", "budget"), ("siting.value", "spacing_m"),
        ("siting.value", "first_year"), ("siting.value", "a_year"), ("siting.value", "near_share"),
        ("siting.unknown_standard", "standard"), ("siting.unknown_profile", "profile"), ("siting.unknown_measure", "measure"),
        ("siting.no_source", "file"),
    }  # fmt: skip


def test_without_any_limit_a_plan_cannot_be_asked_for():
    assert faults_of(Siting()) == {("siting.no_limit", "sites")}


def test_every_key_becomes_its_constraint():
    asked = Siting(
        sites=2, budget=9.0, subsidy_budget=3.0, spacing_m=200.0, floor_area_m2_per_100_households=30.0,
        community_share=0.4, times=2, capacity="m2", need=0.3, planned_by=2028,
    )  # fmt: skip
    names = [type(one).__name__ for one in asked.constraints()]
    assert names == [
        "NewSites",
        "Budget",
        "Subsidy",
        "Spacing",
        "FloorArea",
        "CommunityShare",
        "Backup",
        "Capacity",
        "PlannedBy",
    ]
    assert Spacing(200.0) in asked.constraints()
    assert PlannedBy(2028.0) in asked.constraints()
    assert [Siting(objective=one).goal(beyond=9.0) for one in ("cover", "fewest", "total_walk", "worst_walk")] == [
        Mclp(), Lscp(1.0), PMedian(9.0), PCenter()]  # fmt: skip
    assert Forbidden not in {type(one) for one in Siting().constraints()}
