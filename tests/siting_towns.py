"""Small siting problems, and the slow way to answer them: every set of sites is tried.

>>> problem = town([[1, 9], [9, 2]], weights=[10, 20])
>>> value(problem, "mclp", [1]), value(problem, "p_median", [0, 1])
(20.0, 50.0)
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from walkshed.siting import from_costs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from walkshed.siting import Problem

LIMIT = 3


def town(costs, *, weights=None, limit=LIMIT, **columns) -> Problem:
    """Return a problem of demand × sites, with columns of the sites."""
    walks = np.asarray(costs, dtype=np.float64)
    m = walks.shape[1]
    sites = pd.DataFrame(columns, index=[str(j) for j in range(m)]) if columns else None
    weights = np.ones(len(walks)) if weights is None else weights
    return from_costs(walks, limit=limit, weights=weights, sites=sites)


@st.composite
def towns(draw, *, most_sites=6, most_demand=7):
    """Draw a problem in which somebody can be reached."""
    m, n = draw(st.integers(1, most_sites)), draw(st.integers(1, most_demand))
    costs = draw(
        st.lists(st.lists(st.sampled_from([1, 2, 3, 4, 7]), min_size=m, max_size=m), min_size=n, max_size=n)
    )
    weights = draw(st.lists(st.integers(0, 50), min_size=n, max_size=n).filter(any))
    return town(costs, weights=weights)


def walks(problem: Problem) -> np.ndarray:
    """Return demand × sites, infinite where there is no pair."""
    table = np.full((problem.n, problem.m), np.inf)
    table[problem.rows, problem.site_of_pairs()] = problem.unit_costs
    return table


def value(problem: Problem, objective: str, sites: Sequence[int], *, times: int = 1) -> float:
    """Return what opening these sites (and the existing ones) is worth, by definition."""
    opened = [j for j in range(problem.m) if j in set(sites) or problem.sites.status[j] == "existing"]
    table, weights = walks(problem)[:, opened], problem.criteria[0].weights
    if objective == "mclp":
        return float(weights[(table <= problem.criteria[0].limit).sum(axis=1) >= times].sum())
    nearest = table.min(axis=1, initial=np.inf)
    return float((weights * nearest).sum() if objective == "p_median" else nearest[weights > 0].max())


def sets(problem: Problem, most: int, *, exactly: bool = False) -> Iterator[tuple[int, ...]]:
    """Yield the sets of at most so many candidates."""
    free = [j for j in range(problem.m) if problem.sites.status[j] == "candidate"]
    for size in range(most if exactly else 0, most + 1):
        yield from combinations(free, size)
