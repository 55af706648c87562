"""Larger siting problems: reduced and taken apart they are still the same problems, and every answer ends with its gap."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, sparse
from scipy.spatial.distance import cdist

from walkshed.siting import Budget, Limits, Lscp, Mclp, NewSites, PMedian, from_costs, solve


def city(n: int, m: int, size: float, seed: int = 0, centres: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Return walks and weights: homes around centres of unequal size, rooms among them."""
    random = np.random.default_rng(seed)
    middle = random.uniform(0, size, (centres, 2))
    share = random.pareto(1.2, centres) + 0.2
    homes = middle[random.choice(centres, n, p=share / share.sum())] + random.normal(0, size / 25, (n, 2))
    rooms = homes[random.choice(n, m, replace=False)] + random.normal(0, 50, (m, 2))
    return cdist(homes, rooms), random.integers(1, 300, n).astype(float)


def fewest_by_scipy(near: np.ndarray) -> float:
    """Return how many columns cover every row, by another door to branch and bound."""
    answer = optimize.milp(
        np.ones(near.shape[1]),
        constraints=optimize.LinearConstraint(sparse.csr_matrix(near.astype(float)), lb=1.0),
        integrality=np.ones(near.shape[1]),
        bounds=optimize.Bounds(0, 1),
    )
    assert answer.status == 0
    return round(answer.fun)


@pytest.mark.parametrize("seed", range(4))
def test_a_covering_that_was_reduced_and_taken_apart_needs_as_many_sites(seed):
    walk, _weight = city(600, 120, 5_000.0, seed)
    walk = walk[(walk <= 500).any(axis=1)]
    plan = solve(from_costs(walk, limit=500), "lscp")
    assert plan.work["rows_left"] < len(walk)
    assert (plan.state, plan.bound) == ("optimal", plan.value)
    assert plan.value == fewest_by_scipy(walk <= 500)
    assert (walk[:, plan.chosen].min(axis=1) <= 500).all()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sets(st.integers(0, 8), min_size=1, max_size=4), min_size=1, max_size=20),
    st.lists(st.integers(1, 5), min_size=9, max_size=9),
    st.integers(0, 9),
)
def test_fewest_sites_against_every_set_of_sites(served_by, cost, p):
    near = np.array([[j in one for j in range(9)] for one in served_by])
    sets = [np.array(one, dtype=int) for r in range(10) for one in itertools.combinations(range(9), r)]
    covering = [one for one in sets if near[:, one].any(axis=1).all()]
    problem = from_costs(
        np.where(near, 1.0, np.inf), limit=1, sites=pd.DataFrame({"cost": [float(c) for c in cost]})
    )
    best = min(len(one) for one in covering)
    assert solve(problem, "lscp").value == best
    limited = solve(problem, "lscp", [NewSites(p)])
    assert (limited.state == "infeasible") == (best > p)
    money = 12.0
    paid = [len(one) for one in covering if sum(cost[j] for j in one) <= money]
    bought = solve(problem, "lscp", [Budget(money)])
    assert (bought.value == min(paid)) if paid else (bought.state == "infeasible")
    for share in (0.5, 0.8):
        enough = min(len(one) for one in sets if near[:, one].any(axis=1).mean() >= share - 1e-12)
        for method in ("auto", "local"):
            part = solve(problem, Lscp(share), limits=Limits(method=method))
            assert part.bound <= enough <= part.value
            assert method == "local" or part.value == enough


@pytest.mark.parametrize("goal", [Mclp(), Lscp(), Lscp(0.8), PMedian(beyond=2_000.0)])
def test_with_hardly_any_work_every_answer_has_its_value_bound_and_gap(goal):
    walk, weight = city(700, 140, 5_000.0)
    walk, weight = walk[(walk <= 500).any(axis=1)], weight[(walk <= 500).any(axis=1)]
    problem = from_costs(np.where(walk <= 2_000, walk, np.inf), limit=500, weights=weight)
    asked = [] if isinstance(goal, Lscp) else [NewSites(12)]
    best = solve(problem, goal, asked)
    assert best.state == "optimal"
    least = Limits(nodes=0, lagrangian_steps=2, swaps=0, offers=0)
    first, again = (solve(problem, goal, asked, limits=least) for _turn in range(2))
    assert first.state in {"limit", "optimal"}
    assert np.isfinite([first.value, first.bound, first.gap]).all()
    assert (first.value - best.value) * goal.sense <= 1e-6 <= (first.bound - best.value) * goal.sense + 2e-6
    assert (first.chosen_ids, first.value, first.bound) == (again.chosen_ids, again.value, again.bound)


def test_large_city_coverings_end_with_a_proof_or_a_small_gap():
    walk, weight = city(2_500, 400, 8_000.0, centres=40)
    rows = (walk <= 500).any(axis=1)
    walk, weight = walk[rows], weight[rows]
    problem = from_costs(np.where(walk <= 500, walk, np.inf), limit=500, weights=weight)
    everyone, most = solve(problem, "lscp"), solve(problem, "mclp", [NewSites(30)])
    assert everyone.gap <= 0.03
    assert (walk[:, everyone.chosen].min(axis=1) <= 500).all()
    assert most.gap <= 0.02
    assert weight[walk[:, most.chosen].min(axis=1) <= 500].sum() == most.value
