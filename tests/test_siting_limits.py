"""What siting refuses, in words, and what it says when it stops early."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import walkshed
from walkshed.errors import InputError
from walkshed.siting import (
    Backup,
    Budget,
    Capacity,
    CommunityShare,
    Fixed,
    FloorArea,
    Forbidden,
    Limits,
    Lscp,
    NewSites,
    NotThese,
    PCenter,
    PlannedBy,
    PMedian,
    Spacing,
    Subsidy,
    evaluate,
    from_access,
    from_costs,
    from_streets,
    solve,
)
from walkshed.siting.alternatives import near_equal
from walkshed.siting.candidates import street_candidates

WALK = np.array([[100.0, 900.0, np.inf], [300.0, 200.0, 800.0], [np.inf, 700.0, 100.0]])


def problem(walk=WALK, limit=400.0, weights=(10, 20, 30), status="candidate", **columns):
    sites = pd.DataFrame({"siting_status": status, **columns}, index=[f"s{j}" for j in range(walk.shape[1])])
    demand = pd.DataFrame(
        {"community": ["东", "东", "西"][: len(walk)], "households": [100.0, 50.0, 200.0][: len(walk)]},
        index=[f"d{i}" for i in range(len(walk))],
    )
    ids = {"demand_ids": list(demand.index), "site_ids": list(sites.index)}
    return from_costs(walk, limit=limit, weights=weights, demand=demand, sites=sites, **ids)


def refusal(*args, **options) -> InputError:
    with pytest.raises(InputError) as caught:
        solve(*args, **options)
    for fault in caught.value.faults:
        assert fault.text.en
        assert any("\u4e00" <= letter <= "\u9fff" for letter in fault.text.zh), fault.text.zh
    return caught.value


def town(n=400, m=80, seed=0, size=4000.0):
    random = np.random.default_rng(seed)
    homes, rooms = random.uniform(0, size, (n, 2)), random.uniform(0, size, (m, 2))
    walk = np.hypot(*(homes[:, None] - rooms[None]).transpose(2, 0, 1))
    return from_costs(walk, limit=450, weights=random.integers(1, 300, n))


@pytest.mark.parametrize(
    ("objective", "constraints", "code", "words"),
    [
        ("mclp", [NewSites(4)], "siting.p_too_large", "4 new sites are asked for, but only 3 may be chosen"),
        ("mclp", [], "siting.unbounded", "nothing limits how many sites open"),
        ("mclp", [Budget(4.0)], "siting.budget_too_small", "is below the cheapest candidate (5)"),
        ("mclp", [Subsidy(0.5)], "siting.budget_too_small", "a yearly subsidy of 0.5 is below the cheapest"),
        ("mclp", [NewSites(2), Fixed(("s0", "s1")), Budget(12.0)], "siting.fixed_over_budget", "the fixed sites alone need 15"),
        ("mclp", [NewSites(1), Fixed(("s0", "s1"))], "siting.fixed_over_p", "2 sites are fixed, but only 1"),
        ("mclp", [NewSites(2), Fixed(("s0", "s1")), Spacing(200.0)], "siting.fixed_too_close", "fixed site s0 is closer than 200 m to s1"),
        ("mclp", [NewSites(1), Fixed(("s0",)), Forbidden(("s0",))], "siting.fixed_forbidden", "both fixed and forbidden"),
        ("mclp", [NewSites(1), Fixed(("nowhere",))], "siting.unknown_site", "there is no site nowhere"),
        ("mclp", [NewSites(1), NewSites(2)], "siting.twice", "asked for more than once"),
        ("p_median", [NewSites(1), Backup()], "siting.combination", "does not combine with backup coverage"),
        ("mclp", [NewSites(1), Backup(), Capacity()], "siting.combination", "leave out one of the two"),
        ("mclp", [NewSites(1), CommunityShare(by_community={"南": 0.5})], "siting.unknown_community", "no community 南"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_a_sentence(objective, constraints, code, words):
    asked = problem(
        cost=[5.0, 10.0, 20.0], subsidy_per_year=[1.0, 1.0, 1.0], capacity=[9.0, 9.0, 9.0],
        lon=[0.0, 0.001, 0.1], lat=[0.0, 0.0, 0.0],
    )  # fmt: skip
    error = refusal(asked, objective, constraints)
    assert code in {fault.code for fault in error.faults}
    assert words in str(error)


ASKED = {
    "NewSites": [NewSites(2)], "Budget": [Budget(30.0)], "Subsidy": [Subsidy(2.0)],
    "Fixed": [Fixed(("s0",))], "Forbidden": [Forbidden(("s1",))], "PlannedBy": [PlannedBy(2028)],
    "Spacing": [Spacing(20.0)], "FloorArea": [FloorArea(1.0)], "NotThese": [NotThese((("s0", "s1"),))],
    "CommunityShare": [CommunityShare(0.1)], "Capacity": [Capacity()], "Backup": [Backup(2)],
    "Capacity and Backup together": [Capacity(), Backup(2)], "Capacity with several standards": [Capacity()],
}  # fmt: skip


def cells_of_the_page():
    """Return each cell of the page's table: constraint, objective, whether it says that they combine."""
    page = (Path(__file__).parents[1] / "docs" / "siting.md").read_text(encoding="utf-8")
    lines = page[page.index("Which combine") :].splitlines()
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    goals = table[0][1:]
    for label, *cells in table[2:]:
        for name in [label] if label in ASKED else label.split(", "):
            yield from ((name, goal, cell[0] == "●") for goal, cell in zip(goals, cells, strict=True))


@pytest.mark.parametrize(("name", "goal", "combines"), list(cells_of_the_page()))
def test_what_the_page_says_combines_is_solved_and_the_rest_refused(name, goal, combines):
    asked = problem(
        status=["candidate", "candidate", "candidate"], cost=[5.0, 10.0, 20.0], subsidy_per_year=[1.0] * 3,
        capacity=[40.0] * 3, floor_area_m2=[50.0] * 3, community=["东", "东", "西"],
        lon=[0.0, 0.001, 0.1], lat=[0.0] * 3, year=[2027.0] * 3,
    )  # fmt: skip
    if name == "Capacity with several standards":
        asked = from_costs(
            WALK, limit={"near": 100.0, "far": 400.0}, sites=pd.DataFrame({"capacity": [9.0] * 3})
        )
    constraints = [
        *ASKED[name],
        *([] if name in {"NewSites", "Budget", "Subsidy"} or goal == "lscp" else [NewSites(2)]),
    ]
    if not combines:
        assert {fault.code for fault in refusal(asked, goal, constraints).faults} == {"siting.combination"}
        return
    plan = solve(asked, goal, constraints)
    assert plan.state in {"optimal", "infeasible"}
    if plan.state == "optimal":
        assert plan.value == plan.bound == pytest.approx(evaluate(asked, plan.chosen, goal, constraints))


def test_all_faults_are_named_at_once():
    asked = problem(cost=[5.0, np.nan, 20.0])
    error = refusal(asked, "mclp", [NewSites(9), Budget(100.0), Spacing(100.0), Capacity()])
    assert {fault.code for fault in error.faults} == {
        "siting.p_too_large", "siting.blank_amount", "siting.blank_column",
    }  # fmt: skip
    assert "s1" in str(error)


def test_several_standards_and_a_capacity_do_not_combine():
    asked = from_costs(WALK, limit={"near": 100.0, "far": 400.0})
    assert "one standard" in str(refusal(asked, "mclp", [NewSites(1), Capacity()]))


def test_nobody_within_reach_is_refused():
    nobody = np.full((3, 3), np.inf)
    assert "within reach of anyone" in str(refusal(problem(walk=nobody), "mclp", [NewSites(1)]))


def test_bad_tables_are_refused_with_every_fault():
    table = pd.DataFrame(
        {"demand": ["a", "a", "b", "b"], "site": ["x", "x", "x", "y"], "cost": [1.0, 2.0, -3.0, None]}
    )
    with pytest.raises(InputError) as caught:
        from_costs(table, limit=5)
    codes = [fault.code for fault in caught.value.faults]
    assert codes.count("siting.bad_cost") == 2
    assert codes.count("siting.duplicate_pair") == 1
    with pytest.raises(InputError, match="all demand is zero") as nothing:
        problem(weights=(0, 0, 0))
    for fault in (*caught.value.faults, *nothing.value.faults):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in fault.text.zh), fault.text.zh
    with pytest.raises(InputError, match="should be a number of 0 or more"):
        problem(weights=(-1, 0, 5))
    with pytest.raises(InputError, match="is below 0"):
        problem(cost=[-1.0, 2.0, 3.0])
    with pytest.raises(InputError, match="should be one of candidate, existing"):
        problem(status=["candidate", "perhaps", "fixed"])


def test_the_same_table_in_four_shapes_is_one_problem():
    long = pd.DataFrame(
        [(f"d{i}", f"s{j}", WALK[i, j]) for i in range(3) for j in range(3) if np.isfinite(WALK[i, j])],
        columns=["demand", "site", "cost"],
    )
    wide = long.pivot_table(index="demand", columns="site", values="cost")
    held = np.isfinite(WALK)
    matrix = sparse.csr_matrix((WALK[held], np.nonzero(held)), shape=WALK.shape)
    shapes = [from_costs(one, limit=400, weights=[10, 20, 30]) for one in (WALK, long, wide, matrix)]
    for one in shapes[1:]:
        assert np.array_equal(one.indptr, shapes[0].indptr)
        assert np.array_equal(one.rows, shapes[0].rows)
        assert np.array_equal(one.cost, shapes[0].cost)
    assert {solve(one, "mclp", [NewSites(2)]).value for one in shapes} == {60.0}


def test_a_target_that_cannot_be_met_says_what_can_and_who_prevents_it():
    asked = problem(limit=150.0)  # s0 serves d0, s2 serves d2, nobody serves d1
    plan = solve(asked, "lscp")
    assert plan.state == "infeasible"
    assert plan.attainable_share == pytest.approx(40 / 60)
    assert [asked.demand.ids[i] for i in plan.preventing] == ["d1"]
    assert np.isnan(plan.value)
    enough = solve(asked, Lscp(0.66))
    assert (enough.state, enough.value) == ("optimal", 2)


def test_a_target_that_too_few_sites_meet_says_what_they_attain():
    plan = solve(problem(), "lscp", [NewSites(1)])
    assert plan.state == "infeasible"
    assert plan.attainable_share == pytest.approx(30 / 60)
    assert len(plan.preventing)
    assert plan.status.zh == "没有方案能满足全部约束"


def test_constraints_that_contradict_each_other_are_told():
    asked = problem(floor_area_m2=[10.0, 10.0, 10.0], community=["东", "东", "西"])
    plan = solve(asked, "mclp", [NewSites(2), FloorArea(30.0)])
    assert plan.state == "infeasible"
    assert any("contradict" in note.en for note in plan.notes)


def test_demand_beyond_any_site_is_left_out_and_listed_or_counted_as_asked():
    walk = WALK.copy()
    walk[0] = np.inf
    asked = problem(walk=walk)
    plan = solve(asked, PMedian(), [NewSites(1)])
    assert plan.unreached.tolist() == [0]
    assert plan.value == 20 * 800 + 30 * 100
    counted = solve(asked, PMedian(beyond=500.0), [NewSites(1)])
    assert counted.value == 10 * 500 + 20 * 500 + 30 * 100
    # no single site reaches all of the first table: said, not priced
    alone = solve(
        problem(walk=np.array([[1.0, np.inf], [np.inf, 1.0]]), weights=(1, 1)), PMedian(), [NewSites(1)]
    )
    assert alone.state == "infeasible"


def test_planned_sites_are_open_from_their_year_and_cost_nothing():
    asked = problem(
        status=["planned", "candidate", "candidate"], year=[2028.0, np.nan, np.nan], cost=[99.0, 1.0, 1.0]
    )
    assert solve(asked, "mclp", [NewSites(1)]).value == 30
    assert solve(asked, "mclp", [NewSites(1), PlannedBy(2027)]).value == 30
    by_then = solve(asked, "mclp", [NewSites(1), PlannedBy(2028), Budget(1.0)])
    assert by_then.value == 60
    assert by_then.open_anyway.tolist() == [0]
    assert by_then.chosen_ids == ["s2"]


def test_a_plan_that_is_no_answer_gives_way_to_the_next_best():
    asked, seen, values = problem(), [], []
    for _turn in range(4):
        plan = solve(asked, "mclp", [NewSites(1), NotThese(tuple(seen))])
        seen.append(tuple(plan.chosen_ids))
        values.append(plan.value)
    assert values == [30, 30, 20, 0]
    assert len(set(seen)) == 4
    assert solve(asked, "mclp", [NewSites(1), NotThese(tuple(seen))]).state == "infeasible"


def test_a_limit_that_is_hit_leaves_the_best_answer_its_bound_and_its_gap():
    asked = town()
    best = solve(asked, "mclp", [NewSites(9)])
    hit = solve(asked, "mclp", [NewSites(9)], limits=Limits(nodes=0, lagrangian_steps=1, swaps=0))
    assert best.state == "optimal"
    assert hit.state in {"limit", "optimal"}
    assert hit.value <= best.value <= hit.bound
    assert hit.reproducible
    loose = solve(asked, "mclp", [NewSites(9)], limits=Limits(gap=0.2))
    assert loose.state in {"within_gap", "optimal"}
    assert loose.gap <= 0.2
    assert best.value <= loose.bound


def test_a_time_limit_is_kept_and_marks_the_answer():
    asked = town(n=3000, m=600, size=12_000.0)
    plan = solve(asked, "p_center", [NewSites(40)], limits=Limits(seconds=0.05))
    assert not plan.reproducible
    assert any("time limit" in note.en for note in plan.notes)
    assert np.isnan(plan.value) or plan.bound <= plan.value


def test_the_same_question_has_the_same_answer_to_the_last_site():
    asked = town(n=800, m=150)
    for objective in ("mclp", "p_median", "p_center", "lscp"):
        constraints = [] if objective == "lscp" else [NewSites(7)]
        goal = Lscp(0.9) if objective == "lscp" else objective
        one, two = (solve(asked, goal, constraints) for _turn in range(2))
        assert one.chosen_ids == two.chosen_ids
        assert (one.value, one.bound, one.work) == (two.value, two.bound, two.work)


def test_an_interruption_keeps_the_best_so_far():
    random = np.random.default_rng(0)
    homes, rooms = random.uniform(0, 3_000, (150, 2)), random.uniform(0, 3_000, (30, 2))
    walk, weight = np.hypot(*(homes[:, None] - rooms[None]).transpose(2, 0, 1)), random.integers(1, 300, 150)
    places = pd.DataFrame({"capacity": np.full(30, weight.sum() / 10)})
    asked = from_costs(np.where(walk < 900, walk, np.inf), limit=800, weights=weight, sites=places)
    stages: list[str] = []

    def press(stage, _share=None):
        stages.append(stage.en)
        if stage.en == "proving":  # by HiGHS, for half a minute
            threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()

    plan = solve(asked, "mclp", [NewSites(8), Capacity()], progress=press)
    assert "proving" in stages
    assert plan.state == "interrupted"
    assert not plan.reproducible
    assert 0 < plan.value <= plan.bound
    assert plan.value <= evaluate(asked, plan.chosen, "mclp", [NewSites(8), Capacity()])
    # and whoever stops one of the further questions is not asked to stop the next ones
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        near_equal(plan)


def test_interrupted_before_any_plan_says_so():
    def press(_stage, _share=None):
        raise KeyboardInterrupt

    plan = solve(problem(), PCenter(), [NewSites(2)], progress=press)
    assert plan.state == "interrupted"
    assert np.isnan(plan.value)
    assert not len(plan.chosen)


def test_no_row_vanishes_and_nothing_given_is_changed():
    asked = problem(cost=[1.0, 2.0, 3.0])
    before = [asked.cost.copy(), asked.rows.copy(), asked.sites.status.copy(), asked.demand.weights.copy()]
    plan = solve(asked, "mclp", [NewSites(1)])
    assert list(plan.demand_frame()["demand_id"]) == ["d0", "d1", "d2"]
    assert list(plan.sites_frame()["site_id"]) == plan.chosen_ids
    assert plan.sites_frame()["served_weight"].sum() == plan.value
    for was, is_now in zip(
        before, [asked.cost, asked.rows, asked.sites.status, asked.demand.weights], strict=True
    ):
        assert np.array_equal(was, is_now)


def test_a_capacity_takes_whole_estates():
    walk = np.zeros((3, 1))
    asked = problem(walk=walk, weights=(6, 5, 4), capacity=[10.0])
    assert solve(asked, "mclp", [NewSites(1)]).value == 15
    plan = solve(asked, "mclp", [NewSites(1), Capacity()])
    assert plan.value == 10  # 6 + 4; 5 would have to be split
    assert plan.covered[0].tolist() == [True, False, True]
    assert plan.site[0].tolist() == [0, -1, 0]


def test_all_street_points_as_candidates_are_walked_as_any_other_venue(sample):
    streets = walkshed.read_streets(sample / "streets.osm.pbf")
    estates = walkshed.read_estates(sample / "estates.xlsx")
    points = street_candidates(streets, every_m=60)
    assert len(points) > len(estates)
    standard = walkshed.Standard(metres=400)
    quick = from_streets(streets, estates, points, standard=standard)
    walks = walkshed.access(streets, estates, points, standards=[standard], policy="open")
    plain = from_access(walks, standards=standard, demand=estates, candidates=points)
    assert np.array_equal(quick.indptr, plain.indptr)
    assert np.array_equal(quick.rows, plain.rows)
    assert np.abs(quick.cost - plain.cost).max() <= 1  # a sum of lengths may round the other way, by 0.1 m
    assert quick.demand.weights.tolist() == plain.demand.weights.tolist()
