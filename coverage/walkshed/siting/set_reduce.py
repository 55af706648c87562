"""Reduce a set covering: rows that others imply, sites that others replace, sites without which a row has none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from walkshed.siting.reduce import Covering, columns_of, shrink, supersets, undominated

if TYPE_CHECKING:
    from walkshed.siting.rules import Rules

ROUNDS = 50
"""Each round makes the next one possible; city-like problems need fewer than ten."""


def reduce_set(problem: Covering, rules: Rules) -> tuple[Covering, Rules]:
    """Return the smaller problem of covering every row once, with the same best plans' size [1]_.

    A row whose sites are all sites of another row implies that other, which is dropped. A site whose rows are
    all rows of another that costs no more is dropped. The only site of a row is taken (``fixed``). All three
    again, until nothing changes. Only for rows that need one site each, and where nothing but coverage, p and
    money counts. Weights become 1: a row that is left stands for those it implies.

    References
    ----------
    .. [1] C. Toregas, C. ReVelle, "Binary logic solutions to a class of location problem", *Geographical Analysis*
       5(2), 1973, 145-155.
    """
    problem = replace(problem, weight=np.ones(len(problem.weight)))
    for _round in range(ROUNDS):
        before = (len(problem.weight), rules.k, int(rules.fixed.sum()))
        problem = without_implied(problem)
        prices = [amount for amount, _total in rules.purses]
        keep = undominated(problem.by_site, rules.fixed, prices)
        out = np.ones(rules.k, dtype=bool)
        out[keep] = False
        must = rules.fixed.copy()
        only = problem.by_row.degree == 1
        must[problem.by_row.indices[problem.by_row.indptr[:-1][only]]] = True
        out &= ~must
        problem, rules = shrink(problem, rules, out=out, must=must)
        problem = replace(problem, weight=np.ones(len(problem.weight)))
        if problem.lost > 0 or (len(problem.weight), rules.k, int(rules.fixed.sum())) == before:
            break
    return problem, rules


def without_implied(problem: Covering) -> Covering:
    """Return the problem of covering every row, which all need as many sites, without rows that others imply."""
    left = _without_rows(problem, ~supersets(problem.by_row))
    return replace(left, weight=np.ones(len(left.weight)))


def parts(problem: Covering, rules: Rules) -> list[tuple[Covering, Rules]]:
    """Return the problems that have no row and no site in common, the smallest first; fixed sites are left out.

    What is best for each is best for all together, unless p or money binds.
    """
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    rows, sites = problem.by_row.shape
    if not rows:
        return []
    links = sparse.coo_matrix(
        (
            np.ones(len(problem.by_row.indices)),
            (problem.by_row.row_of_entries(), problem.by_row.indices + rows),
        ),
        shape=(rows + sites, rows + sites),
    )
    count, label = connected_components(links, directed=False)
    size = np.bincount(label[:rows], minlength=count)
    found = []
    for one in np.argsort(size, kind="stable"):
        if not size[one]:
            continue
        mine = np.flatnonzero((label[rows:] == one) & ~rules.fixed)
        part = _without_rows(problem, label[:rows] == one)
        found.append((_only_sites(part, mine), rules.restricted(mine)))
    return found


def _without_rows(problem: Covering, keep: np.ndarray) -> Covering:
    rows = problem.by_row.take(np.flatnonzero(keep))
    return replace(
        problem,
        by_row=rows,
        by_site=rows.transposed,
        weight=problem.weight[keep],
        need=problem.need[keep],
        group=problem.group[keep],
    )


def _only_sites(problem: Covering, sites: np.ndarray) -> Covering:
    rows = columns_of(problem.by_row, sites)
    return replace(problem, sites=problem.sites[sites], by_row=rows, by_site=rows.transposed)
