"""Laws of siting: every answer against trying everything, and what must hold between answers."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from siting_slow import Town, best_plan, free_and_open
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
    Mclp,
    NewSites,
    NotThese,
    PCenter,
    PlannedBy,
    PMedian,
    Spacing,
    Subsidy,
    evaluate,
    from_costs,
    solve,
)

law = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
METRE = 1 / 111_320.0  # degrees of latitude, near the equator, where a degree of longitude is the same to 1 %


@st.composite
def towns(draw, *, most_rows=6, most_sites=5):
    n, m = draw(st.integers(1, most_rows)), draw(st.integers(2, most_sites))
    walk = draw(
        st.lists(
            st.lists(st.one_of(st.none(), st.integers(0, 9).map(float)), min_size=m, max_size=m),
            min_size=n,
            max_size=n,
        )
    )
    numbers = st.lists(st.integers(0, 9).map(float), min_size=m, max_size=m)
    status = draw(
        st.lists(
            st.sampled_from(
                ["candidate", "candidate", "candidate", "existing", "planned", "forbidden", "fixed"]
            ),
            min_size=m,
            max_size=m,
        )
    )
    return Town(
        walk=walk,
        weight=draw(st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.5, 10.0]), min_size=n, max_size=n)),
        limit=float(draw(st.integers(0, 9))),
        status=status,
        cost=draw(numbers),
        subsidy=draw(numbers),
        capacity=draw(st.lists(st.sampled_from([0.0, 2.0, 4.0, 10.0, math.inf]), min_size=m, max_size=m)),
        area=draw(numbers),
        site_community=draw(st.lists(st.sampled_from(["东", "西"]), min_size=m, max_size=m)),
        year=draw(st.lists(st.sampled_from([2027.0, 2029.0]), min_size=m, max_size=m)),
        # a lattice of 100 m, so that no distance is near a spacing of 150 or 250 m
        spot=draw(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=m, max_size=m).map(
            lambda spots: [(100.0 * x, 100.0 * y) for x, y in spots]
        )),
        community=draw(st.lists(st.sampled_from(["东", "西", ""]), min_size=n, max_size=n)),
        households=draw(st.lists(st.sampled_from([0.0, 10.0, 40.0]), min_size=n, max_size=n)),
    )  # fmt: skip


constraint_lists = st.fixed_dictionaries(
    {},
    optional={
        "planned": st.sampled_from([PlannedBy(2026), PlannedBy(2028), PlannedBy(2030)]),
        "backup": st.just(Backup(2)),
        "spacing": st.sampled_from([Spacing(150.0), Spacing(250.0)]),
        "budget": st.integers(0, 20).map(lambda total: Budget(float(total))),
        "subsidy": st.integers(0, 20).map(lambda total: Subsidy(float(total))),
        "area": st.sampled_from([FloorArea(5.0), FloorArea(20.0)]),
        "share": st.sampled_from([CommunityShare(0.3), CommunityShare(0.8)]),
        "fixed": st.just(Fixed(("0",))),
        "forbidden": st.just(Forbidden(("1",))),
        "excluded": st.sampled_from([NotThese((("0",),)), NotThese((("0", "1"), ("1",), ()))]),
        "capacity": st.sampled_from([Capacity(), Capacity("places", 0.5), Capacity("m2", 1.5)]),
    },
)
objectives = st.sampled_from(
    [Mclp(), Lscp(), Lscp(0.6), PMedian(), PMedian(beyond=6.0), PMedian(beyond=20.0), PCenter()]
)


def problem_of(town: Town):
    dense = np.array([[np.inf if d is None else d for d in row] for row in town.walk], dtype=float)
    ids = [str(j) for j in range(town.m)]
    sites = pd.DataFrame(
        {
            "siting_status": town.status, "cost": town.cost, "subsidy_per_year": town.subsidy,
            "capacity": town.capacity, "floor_area_m2": town.area, "community": town.site_community,
            "year": town.year, "lon": [x * METRE for x, _y in town.spot], "lat": [y * METRE for _x, y in town.spot],
        },
        index=ids,
    )  # fmt: skip
    rows = pd.DataFrame(
        {"community": town.community, "households": town.households}, index=[str(i) for i in range(town.n)]
    )
    return from_costs(dense, limit=town.limit, weights=town.weight, demand=rows, sites=sites)


def ask(town: Town, goal, constraints, limits=None):
    try:
        return solve(problem_of(town), goal, constraints, limits=limits or Limits())
    except InputError as error:
        assume(False)
        raise AssertionError from error


def slow(town: Town, goal, constraints):
    return best_plan(
        town, goal.name, constraints, share=getattr(goal, "share", 1.0), beyond=getattr(goal, "beyond", None)
    )


@st.composite
def questions(draw, *, most_rows=6, most_sites=5, without=()):
    """Draw a town, an objective and constraints that may be asked together; some have no plan."""
    town, goal = draw(towns(most_rows=most_rows, most_sites=most_sites)), draw(objectives)
    chosen = {name: one for name, one in draw(constraint_lists).items() if name not in without}
    while len(chosen) > 4:
        del chosen[draw(st.sampled_from(sorted(chosen)))]
    if "capacity" in chosen or goal.name == "p_median":
        chosen.pop("backup", None)
    if "forbidden" in chosen and town.status[1] == "fixed":
        town.status[1] = "candidate"
    town.status[0] = draw(st.sampled_from(["candidate", "fixed"]))
    town.weight[0], town.walk[0][0] = 2.0, min(town.walk[0][0] or 0.0, town.limit)
    free, _open, fixed = free_and_open(town, chosen.values())
    for kind, amount in (("budget", town.cost), ("subsidy", town.subsidy)):
        if kind in chosen:
            least = max(sum(amount[j] for j in fixed), min(amount[j] for j in free))
            more = float(draw(st.integers(0, 15)))
            chosen[kind] = Budget(least + more) if kind == "budget" else Subsidy(least + more)
    p = min(len(free), max(len(fixed), draw(st.integers(1, 4))))
    return town, goal, [NewSites(p), *chosen.values()]


@settings(law, max_examples=250)
@given(questions())
def test_every_answer_is_the_best_of_all_plans(question):
    town, goal, constraints = question
    plan, best = ask(town, goal, constraints), slow(town, goal, constraints)
    if best is None:
        assert plan.state == "infeasible"
        assert math.isnan(plan.value)
        assert not len(plan.chosen)
        return
    assert plan.state == "optimal"
    assert plan.value == pytest.approx(best, abs=1e-9)
    assert plan.bound == plan.value
    assert plan.gap == 0
    again = evaluate(plan.problem, plan.chosen, goal, constraints)
    assert again == pytest.approx(best, abs=1e-9)


@law
@given(towns(most_rows=12, most_sites=9), st.integers(1, 4))
def test_exact_is_at_least_local_is_at_least_greedy_is_at_least_its_guarantee(town, p):
    assume(sum(town.weight) > 0)
    town.status = ["candidate"] * town.m
    values = {}
    for method in ("greedy", "local", "exact"):
        plan = ask(town, Mclp(), [NewSites(p)], Limits(method=method))
        assert plan.bound >= plan.value
        values[method] = plan.value
    assert values["exact"] >= values["local"] >= values["greedy"]
    assert values["greedy"] >= (1 - 1 / math.e) * values["exact"] - 1e-9


@law
@given(questions(most_rows=10, most_sites=8), st.sampled_from(["greedy", "local"]))
def test_no_heuristic_is_better_than_its_bound_and_the_bound_holds_for_the_best(question, method):
    town, goal, constraints = question
    quick, proven = ask(town, goal, constraints, Limits(method=method)), ask(town, goal, constraints)
    if proven.state == "infeasible":
        assert math.isnan(quick.value)
        return
    assert quick.state != "infeasible"
    near = 1e-9 * max(1.0, abs(proven.value))
    assert (quick.bound - proven.value) * goal.sense >= -near
    assert math.isnan(quick.value) or (proven.value - quick.value) * goal.sense >= -near


@law
@given(questions(without=("excluded", "fixed")))
def test_one_more_site_more_money_or_one_more_candidate_never_hurts(question):
    town, goal, constraints = question
    before = ask(town, goal, constraints)
    if before.state == "infeasible":
        return
    free = len(free_and_open(town, constraints)[0])
    richer = [NewSites(min(constraints[0].p + 1, free))]
    richer += [Budget(c.total + 5) if isinstance(c, Budget) else c for c in constraints[1:]]
    after = ask(town, goal, richer)
    assert (after.value - before.value) * goal.sense >= -1e-9
    if any(isinstance(c, Forbidden) for c in constraints):
        freed = ask(town, goal, [c for c in constraints if not isinstance(c, Forbidden)])
        if len(freed.unreached) == len(before.unreached):  # else it reaches rows that must then be served
            assert (freed.value - before.value) * goal.sense >= -1e-9


@law
@given(towns(most_rows=8, most_sites=6), st.integers(1, 3), st.randoms())
def test_the_order_of_rows_and_sites_is_irrelevant_to_the_value(town, p, random):
    assume(sum(town.weight) > 0)
    town.status = ["candidate"] * town.m
    rows, sites = list(range(town.n)), list(range(town.m))
    random.shuffle(rows)
    random.shuffle(sites)
    dense = np.array([[np.inf if d is None else d for d in row] for row in town.walk], dtype=float)
    weight = np.array(town.weight)
    for goal in (Mclp(), PCenter(), PMedian(beyond=15.0)):
        try:
            one = solve(from_costs(dense, limit=town.limit, weights=weight), goal, [NewSites(p)])
        except InputError:
            assume(False)
        mixed = from_costs(dense[rows][:, sites], limit=town.limit, weights=weight[rows])
        assert solve(mixed, goal, [NewSites(p)]).value == pytest.approx(one.value, nan_ok=True)


@law
@given(towns(most_rows=8, most_sites=6), st.integers(1, 3))
def test_two_standards_count_side_by_side(town, p):
    assume(sum(town.weight) > 0 and p <= town.m)  # more than there are is refused, which is another test's
    town.status = ["candidate"] * town.m
    dense = np.array([[np.inf if d is None else d for d in row] for row in town.walk], dtype=float)
    stacked = np.vstack([np.where(dense <= limit, 0.0, np.inf) for limit in (3.0, 6.0)])
    assume(np.isfinite(stacked).any(axis=1)[np.tile(town.weight, 2) > 0].any())
    both = solve(
        from_costs(dense, limit={"near": 3.0, "far": 6.0}, weights=town.weight), "mclp", [NewSites(p)]
    )
    assert (
        both.value
        == solve(from_costs(stacked, weights=[*town.weight, *town.weight]), "mclp", [NewSites(p)]).value
    )
    assert both.covered_weight == pytest.approx(both.value)
