"""Cuts of large coverings: no plan breaks one, no bound made with them is below the best plan, and they close gaps."""

from __future__ import annotations

from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, sparse
from scipy.spatial.distance import cdist

from walkshed.siting import Fixed, Limits, NewSites, from_costs, solve
from walkshed.siting.anneal import Slots, anneal_cover
from walkshed.siting.bounds import cover_bound, cut_bound
from walkshed.siting.cuts import VIOLATED, cuts_of, find_cuts
from walkshed.siting.interior import Relaxation, relax_cover
from walkshed.siting.objectives import cover
from walkshed.siting.reduce import covering
from walkshed.siting.rules import rules_of
from walkshed.siting.tighten import tightened

law = settings(max_examples=60, deadline=None)


@st.composite
def coverings(draw):
    """Draw a covering of up to nine rows and seven sites, some of them fixed, and p."""
    m = draw(st.integers(3, 7))
    rows = draw(st.lists(st.sets(st.integers(0, m - 1), min_size=1), min_size=3, max_size=9))
    near = np.array([[j in one for j in range(m)] for one in rows])
    weight = np.array(draw(st.lists(st.integers(1, 40), min_size=len(rows), max_size=len(rows))), dtype=float)
    fixed = sorted(draw(st.sets(st.integers(0, m - 1), max_size=1)))
    return (near, weight, draw(st.integers(len(fixed) + 1, m)), fixed)


def reduced(near, weight, p, fixed=()):
    """Return the covering as the search sees it, and its rules."""
    problem = from_costs(np.where(near, 1.0, np.inf), limit=1, weights=weight)
    rules = rules_of(problem, [NewSites(p), Fixed([str(j) for j in fixed])] if fixed else [NewSites(p)])
    small = covering(problem, rules)
    return small, rules.restricted(small.sites)


def best_of_all(near, weight, p, fixed=()):
    """Try every set of sites."""
    m = near.shape[1]
    sets = (set(one) | set(fixed) for size in range(p + 1) for one in combinations(range(m), size))
    return max(weight[near[:, sorted(one)].any(axis=1)].sum() for one in sets if len(one) <= p)


def every_cut(problem):
    """Return the cuts of all triples of rows."""
    rows = list(combinations(range(len(problem.weight)), 3))
    return cuts_of(problem.by_row, np.array(rows, dtype=np.int64).reshape(-1, 3))


@law
@given(coverings())
def test_no_set_of_sites_breaks_a_cut(drawn):
    near, weight, p, _fixed = drawn
    problem, _rules = reduced(near, weight, p)
    cuts, matrix = every_cut(problem), problem.by_row.to_scipy().toarray()
    for bits in range(2 ** matrix.shape[1]):
        x = np.array([bits >> j & 1 for j in range(matrix.shape[1])])
        z = matrix @ x > 0
        assert (z[cuts.rows].sum(axis=1) <= 1 + cuts.sites @ x).all()


@law
@given(coverings(), st.integers(0, 2**32 - 1))
def test_no_multipliers_bound_below_the_best_plan(drawn, seed):
    near, weight, p, fixed = drawn
    problem, rules = reduced(near, weight, p, fixed)
    random, cuts = np.random.default_rng(seed), every_cut(problem)
    u = random.uniform(0, 40, len(problem.weight)) * random.integers(0, 2, len(problem.weight))
    v = random.exponential(5, len(cuts)) * random.integers(0, 2, len(cuts))
    bound = cut_bound(problem, rules, cuts, u=u, v=v)
    assert problem.base + bound.value >= best_of_all(near, weight, p, fixed)


@law
@given(coverings())
def test_a_tightened_bound_is_between_the_best_plan_and_the_relaxation(drawn):
    near, weight, p, fixed = drawn
    problem, rules = reduced(near, weight, p, fixed)
    if int(rules.fixed.sum()) >= rules.p or rules.p >= rules.k:
        return
    first = cover_bound(problem, rules, known=0.0, steps=5)
    got = tightened(problem, rules, first, rounds=3, enough=lambda _bound: False)
    relaxed, _x = by_scipy(problem, rules.p, np.zeros((0, 3), dtype=np.int64), fixed=rules.fixed)
    assert best_of_all(near, weight, p, fixed) <= problem.base + got.bound.value
    assert got.bound.value <= relaxed * (1 + 1e-3) + 1e-6


def by_scipy(problem, p, rows, *, fixed=None):
    """Solve the relaxation with cuts by another solver; return its value and its sites."""
    near, n, k = problem.by_row.to_scipy(), len(problem.weight), problem.by_row.shape[1]
    cuts = cuts_of(problem.by_row, rows)
    left = sparse.vstack([
        sparse.hstack([-near, sparse.identity(n)]),
        sparse.hstack([-cuts.sites, cuts.among(n)]),
        np.concatenate([np.ones(k), np.zeros(n)])[None],
    ])  # fmt: skip
    low = np.zeros(k) if fixed is None else fixed.astype(float)
    answer = optimize.linprog(
        np.concatenate([np.zeros(k), -problem.weight]), left.tocsr(),
        np.concatenate([np.zeros(n), np.ones(len(cuts)), [p]]),
        bounds=np.column_stack([np.concatenate([low, np.zeros(n)]), np.ones(k + n)]),
    )  # fmt: skip
    assert answer.status == 0
    return -answer.fun, answer.x[:k]


def even(seed, n, m):
    """Return which of m sites cover which of n rows, spread evenly, and weights."""
    random = np.random.default_rng(seed)
    near = cdist(random.uniform(0, 3_000, (n, 2)), random.uniform(0, 3_000, (m, 2))) <= 600
    return near, random.integers(1, 300, n).astype(float)


def town(seed=0, n=400, m=100, p=6):
    near, weight = even(seed, n, m)
    return reduced(near[near.any(axis=1)], weight[near.any(axis=1)], p)


@pytest.mark.parametrize("seed", range(3))
def test_the_relaxation_with_cuts_is_what_another_solver_finds(seed):
    problem, rules = town(seed)
    _value, x = by_scipy(problem, rules.p, np.zeros((0, 3), dtype=np.int64))
    rows = find_cuts(problem.by_row, problem.weight, x, most=100)
    cuts = cuts_of(problem.by_row, rows)
    program = Relaxation(
        problem.by_row.to_scipy(), problem.weight, rules.p, cuts.among(len(problem.weight)), cuts.sites
    )
    got = relax_cover(program, start=problem.weight / 2, tolerance=1e-7)
    value, _x = by_scipy(problem, rules.p, rows)
    z = np.minimum(1.0, problem.by_row.to_scipy() @ got.x)
    bound = cut_bound(problem, rules, cuts, u=got.u, v=got.v).value
    assert value * (1 - 1e-9) <= bound <= value * (1 + 1e-6)
    assert got.x.sum() <= rules.p * (1 + 1e-9)
    assert problem.weight @ z >= value * (1 - 1e-6)


def test_cuts_that_are_found_are_broken_by_the_point_they_are_found_at():
    problem, rules = town(1)
    value, x = by_scipy(problem, rules.p, np.zeros((0, 3), dtype=np.int64))
    rows = find_cuts(problem.by_row, problem.weight, x, most=1_000)
    z = np.minimum(1.0, problem.by_row.to_scipy() @ x)
    cuts = cuts_of(problem.by_row, rows)
    assert len(rows)
    assert (z[cuts.rows].sum(axis=1) - 1 - cuts.sites @ x >= VIOLATED * 0.9).all()
    assert by_scipy(problem, rules.p, rows)[0] < value * (1 - 1e-4)


def test_two_odd_rings_are_closed_by_their_cuts():
    # each ring: any two of three sites cover a row; halves cover all six rows, three whole sites five
    ring = np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1]], dtype=bool)
    near = np.block([[ring, np.zeros((3, 3), dtype=bool)], [np.zeros((3, 3), dtype=bool), ring]])
    problem, rules = reduced(near, np.full(6, 10.0), 3)
    first = cover_bound(problem, rules, known=50.0, steps=100)
    assert by_scipy(problem, 3, np.zeros((0, 3), dtype=np.int64))[0] == pytest.approx(60.0)
    got = tightened(problem, rules, first, rounds=2, enough=lambda _bound: False)
    assert 50.0 <= got.bound.value <= 50.0 * (1 + 1e-3)


@pytest.mark.parametrize("seed", [1, 2])
def test_large_ways_lead_where_small_ones_do_and_the_same_way_each_time(monkeypatch, seed):
    near, weight = even(seed, 300, 60)
    problem = from_costs(np.where(near, 1.0, np.inf), limit=1, weights=weight)
    asked = [NewSites(6), Fixed(["3"])]
    usual = solve(problem, "mclp", asked)
    monkeypatch.setattr(cover, "LARGE", 0)
    limits = Limits(offers=20_000)
    plan, again = (solve(problem, "mclp", asked, limits=limits) for _turn in range(2))
    assert plan.work["interior_steps"] > 0
    assert (plan.state, plan.value) == (usual.state, usual.value) == ("optimal", plan.bound)
    assert (plan.chosen_ids, plan.work) == (again.chosen_ids, again.work)
    unproven = Limits(nodes=0, offers=0, cut_rounds=1)
    bounded, repeated = (solve(problem, "mclp", asked, limits=unproven) for _turn in range(2))
    assert bounded.value <= usual.value <= bounded.bound
    assert (bounded.chosen_ids, bounded.bound) == (repeated.chosen_ids, repeated.bound)


@law
@given(coverings(), st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=8))
def test_gains_of_swaps_are_the_demand_counted_anew(drawn, swaps):
    near, weight, p, _fixed = drawn
    problem, _rules = reduced(near, weight, p)
    k = problem.by_row.shape[1]
    mask = np.arange(k) < min(p, k - 1)
    if not mask.any():
        return
    matrix, incoming = problem.by_row.to_scipy().toarray() > 0, np.arange(k)
    state = Slots(problem, mask, incoming)
    for slot, j in swaps:
        if j < k and not state.mask[j]:
            state.swap(slot % len(state.slots), j)
    held = np.zeros(len(state.slots) + 1, dtype=bool)
    held[-1] = True
    slots, gained = state.offers(incoming, held)
    now = problem.weight[matrix[:, state.slots].any(axis=1)].sum()
    assert state.value == now
    for j in np.flatnonzero(~state.mask):
        values = []
        for slot in range(len(state.slots)):
            other = state.slots.copy()
            other[slot] = j
            values.append(problem.weight[matrix[:, other].any(axis=1)].sum() - now)
        assert gained[j] == pytest.approx(max(values))
        assert values[slots[j]] == pytest.approx(max(values))


def test_annealing_never_ends_below_where_it_begins_and_keeps_fixed_sites():
    problem, rules = town(2)
    rules.fixed[5] = True
    begin = np.zeros(rules.k, dtype=bool)
    begin[: rules.p] = True
    effort = SimpleNamespace(limits=Limits(offers=3_000), out_of_time=lambda: False)
    best, swaps = anneal_cover(problem, rules, begin, liking=np.ones(rules.k), effort=effort)
    covered = [
        problem.weight[problem.by_row.to_scipy() @ one.astype(float) > 0].sum() for one in (begin, best)
    ]
    assert swaps > 0
    assert covered[1] > covered[0]
    assert best.sum() == rules.p
    assert best[5]
