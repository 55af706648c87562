"""What a plan is worth, and who goes where: the plain definition, against which every method is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.siting.objectives.goals import Lscp, Mclp, PMedian

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.siting.objectives.goals import Objective, PCenter
    from walkshed.siting.problem import Problem
    from walkshed.siting.rules import Rules


def value_of(problem: Problem, rules: Rules, goal: Objective, mask: NDArray[np.bool_]) -> float:
    """Return the value of a plan over the free sites, NaN if it breaks a rule; without capacities."""
    if not rules.allows(mask):
        return float("nan")
    chosen = np.concatenate([rules.free[mask], rules.open_anyway])
    covered = covered_rows(problem, rules, chosen, None)
    weight = np.array([one.weights for one in problem.criteria])
    for name, share in rules.shares.items():
        here = problem.demand.community == name
        wanted = share * float(weight[:, here].sum())
        if float((weight * covered)[:, here].sum()) < wanted - 1e-9 * max(1.0, wanted):
            return float("nan")
    total = float((weight * covered).sum())
    if isinstance(goal, Mclp):
        return total
    if isinstance(goal, Lscp):
        wanted = goal.share * problem.total_weight
        enough = total >= wanted - 1e-9 * max(1.0, wanted)
        if goal.share == 1.0:
            enough = bool(covered[weight > 0].all())
        return float(mask.sum()) if enough else float("nan")
    return _walked(problem, rules, goal, chosen, weight)


def _walked(
    problem: Problem,
    rules: Rules,
    goal: PMedian | PCenter,
    chosen: NDArray[np.int64],
    weight: NDArray[np.float64],
) -> float:
    """Return the total or the worst walk, NaN if a row that counts is not served."""
    everything = np.concatenate([rules.free, rules.open_anyway])
    counts = (weight > 0) & reachable_rows(problem, everything, times=rules.times)
    walk = np.array([kth_walk(problem, chosen, k, rules.times) for k in range(len(weight))])
    if isinstance(goal, PMedian) and goal.beyond is not None:
        walk, counts = np.minimum(walk, goal.beyond), weight > 0
    if np.isinf(walk[counts]).any():
        return float("nan")
    if isinstance(goal, PMedian):
        return float((weight[counts] * walk[counts]).sum())
    return float(walk[counts].max(initial=0.0))


def kth_walk(problem: Problem, chosen: NDArray[np.int64], criterion: int, times: int) -> NDArray[np.float64]:
    """Return each row's walk to the ``times``-th nearest of the chosen sites; infinite where there are fewer."""
    if times == 1:
        return problem.nearest(chosen, criterion=criterion)[1]
    eligible = problem.criteria[criterion].eligible
    walks = np.full((len(chosen), problem.n), np.inf)
    for at, j in enumerate(chosen):
        here = slice(problem.indptr[j], problem.indptr[j + 1])
        if eligible[j]:
            walks[at, problem.rows[here]] = problem.cost[here] / problem.scale
    if len(chosen) < times:
        return np.full(problem.n, np.inf)
    return np.asarray(np.partition(walks, times - 1, axis=0)[times - 1], dtype=np.float64)


def reachable_rows(problem: Problem, sites: NDArray[np.int64], *, times: int = 1) -> NDArray[np.bool_]:
    """Whether each row has a walk to at least ``times`` of the sites, at any length; bool[criteria, n]."""
    usable = np.zeros(problem.m, dtype=bool)
    usable[sites] = True
    of_pair = problem.site_of_pairs()
    return np.array(
        [
            np.bincount(problem.rows[(usable & one.eligible)[of_pair]], minlength=problem.n) >= times
            for one in problem.criteria
        ]
    )


def covered_rows(
    problem: Problem, rules: Rules, chosen: NDArray[np.int64], assigned: NDArray[np.int64] | None
) -> NDArray[np.bool_]:
    """Whether each row counts as covered; with an assignment, by the site it is assigned to. bool[criteria, n]."""
    if assigned is None:
        return np.array(
            [problem.covered(chosen, criterion=k, times=rules.times) for k in range(len(problem.criteria))]
        )
    covers = problem.criteria[0].covers
    mine = assigned[problem.rows] == problem.site_of_pairs()
    covered = np.zeros((1, problem.n), dtype=bool)
    covered[0, problem.rows[mine & covers]] = True
    return covered


def assignment(
    problem: Problem, chosen: NDArray[np.int64], *, within: bool, assigned: NDArray[np.int64] | None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the site that serves each row and the walk there; ``within`` the standard only, or the nearest."""
    sites, walks = [], []
    for one in problem.criteria:
        site = np.full(problem.n, -1, dtype=np.int64)
        walk = np.full(problem.n, np.inf)
        for j in chosen:
            here = np.arange(problem.indptr[j], problem.indptr[j + 1])
            if assigned is not None:
                here = here[assigned[problem.rows[here]] == j]
            elif within:
                here = here[one.covers[here]]
            elif not one.eligible[j]:
                continue
            rows, cost = problem.rows[here], problem.cost[here] / problem.scale
            nearer = cost < walk[rows]
            site[rows[nearer]], walk[rows[nearer]] = j, cost[nearer]
        walk[np.isinf(walk)] = np.nan
        sites.append(site)
        walks.append(walk)
    return np.array(sites), np.array(walks)
