"""Bounds: what no plan can better, by Lagrangian relaxation; valid whatever the multipliers are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from walkshed.siting.cuts import Cuts
    from walkshed.siting.reduce import Covering
    from walkshed.siting.rules import Rules

PLANS_EVERY = 8
"""A plan is made of the multipliers of every so many steps."""
PATIENCE = 20
"""After so many steps without a better bound the step is halved."""
KEPT = 0.85
"""Each step keeps so much of the direction of the step before."""
ROUNDING = 1e-10
"""Sums of floats are off by less than this share; a bound is put so much higher."""


@dataclass(frozen=True, slots=True, eq=False)
class CoverBound:
    """An upper bound of the demand that can be covered, and what it says of single sites.

    Attributes
    ----------
    value
        Beyond what is covered anyway.
    worth
        What each site adds in the relaxation; float64[sites].
    multipliers
        One a row; any of 0..weight/need gives a valid bound.
    steps
        How many were made.
    """

    value: float
    worth: NDArray[np.float64]
    multipliers: NDArray[np.float64]
    steps: int


def cover_bound(
    problem: Covering,
    rules: Rules,
    *,
    known: float,
    steps: int,
    start: NDArray[np.float64] | None = None,
    enough: float = 0.0,
) -> CoverBound:
    """Bound the demand that p sites (within the sums of money) can cover.

    z_i need_i ≤ Σ_{j∈N_i} y_j is relaxed with multipliers u_i ≥ 0 [1]_:
    L(u) = Σ_i max(0, w_i - need_i u_i) + max_y Σ_j (Σ_{i∈N_j} u_i) y_j; the multipliers are found by subgradient
    steps [2]_ that keep part of their direction [3]_. Rules other than p, fixed sites and money are left out, which only makes the bound weaker.

    Parameters
    ----------
    known
        The value of a known plan, for the length of the steps.
    steps
        At most so many.
    start
        Multipliers to start from.
    enough
        Stop when the bound is within this of ``known``.

    References
    ----------
    .. [1] R. D. Galvão, C. ReVelle, "A Lagrangean heuristic for the maximal covering location problem", *European
       Journal of Operational Research* 88, 1996, 114-123.
    .. [2] M. Held, P. Wolfe, H. P. Crowder, "Validation of subgradient optimization", *Mathematical Programming* 6,
       1974, 62-88.
    .. [3] P. M. Camerini, L. Fratta, F. Maffioli, "On improving relaxation methods by modified gradient techniques",
       *Mathematical Programming Study* 3, 1975, 26-34.
    """
    turned = problem.by_site.to_scipy()
    need = problem.need.astype(np.float64)
    most = problem.weight / need
    u = most if start is None else np.clip(start, 0.0, most)
    best, best_u, scale, since, done = np.inf, u, 2.0, 0, 0
    slope = np.zeros(len(u))
    worth = best_worth = turned @ u
    for step in range(max(1, steps)):
        done = step + 1
        chosen, best_sites = _best_sites(worth, rules)
        value = float(np.maximum(0.0, problem.weight - need * u).sum() + best_sites)
        since = 0 if value < best * (1 - 1e-4) else since + 1
        if value < best * (1 - 1e-7):
            best, best_u, best_worth = value, u, worth
        if since == PATIENCE:
            scale, since = scale / 2, 0
            u, worth = best_u, best_worth
            slope[:] = 0.0
            continue
        slope = KEPT * slope + (problem.weight - need * u > 0) * need - _served(problem, chosen)
        slope = np.where(((u <= 0) & (slope < 0)) | ((u >= most) & (slope > 0)), 0.0, slope)
        length = float(slope @ slope)
        if best - known <= enough or length == 0 or scale < 1e-4:
            break
        u = np.clip(u + slope * (scale * max(value - known, 1e-9 * abs(value)) / length), 0.0, most)
        worth = turned @ u
    return CoverBound(best + ROUNDING * abs(best), best_worth, best_u, done)


def cut_bound(
    problem: Covering,
    rules: Rules,
    cuts: Cuts,
    *,
    u: NDArray[np.float64],
    v: NDArray[np.float64],
) -> CoverBound:
    """Bound the demand that p sites can cover, with cuts: valid for whatever multipliers u, v ≥ 0.

    L(u, v) = Σ_i max(0, w_i - u_i - Σ_{c∋i} v_c) + Σ_c v_c + max_y Σ_j (Σ_{i∈N_j} u_i + Σ_c g_cj v_c) y_j, where g_cj is
    the number that the cut c has for site j. Worked out from the multipliers alone: nothing that a solver says of
    its own value is trusted. Every row needs one site.
    """
    u, v = np.maximum(u, 0.0), np.maximum(v, 0.0)
    worth = problem.by_site.to_scipy() @ u + cuts.sites.T @ v
    _chosen, best_sites = _best_sites(worth, rules)
    rest = np.maximum(0.0, problem.weight - u - cuts.among(len(u)).T @ v).sum()
    value = float(rest + v.sum() + best_sites)
    return CoverBound(value + ROUNDING * abs(value), worth, u, 0)


def _served(problem: Covering, chosen: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much of the chosen sites each row has; they are few, so that most of the matrix is not looked at."""
    sites = np.flatnonzero(chosen)
    rows = problem.by_site.take(sites)
    worth = np.repeat(chosen[sites], rows.degree)
    return np.bincount(rows.indices, weights=worth, minlength=len(problem.need)).astype(np.float64)


def _best_sites(worth: NDArray[np.float64], rules: Rules) -> tuple[NDArray[np.float64], float]:
    """Return the best sites when each has a worth of its own, and their sum: by number, or by money in fractions."""
    free = rules.p - int(rules.fixed.sum())
    offered = np.where(rules.fixed, -np.inf, worth)
    chosen = rules.fixed.astype(np.float64)
    if free > 0 and len(worth):
        most = min(free, len(worth) - int(rules.fixed.sum()))
        if most > 0:
            chosen[np.argpartition(-offered, most - 1)[:most]] = 1.0
    chosen[(worth <= 0) & ~rules.fixed] = 0.0
    total = float(worth @ chosen)
    for amount, money in rules.purses:
        left = money - float(amount[rules.fixed].sum())
        order = np.argsort(-offered / np.maximum(amount, 1e-12), kind="stable")
        order = order[np.isfinite(offered[order]) & (worth[order] > 0)]
        spent = np.cumsum(amount[order])
        part = np.clip((left - (spent - amount[order])) / np.maximum(amount[order], 1e-12), 0.0, 1.0)
        fraction = rules.fixed.astype(np.float64)
        fraction[order] = part
        if float(worth @ fraction) < total:
            chosen, total = fraction, float(worth @ fraction)
    return chosen, total


def settled(
    bound: CoverBound, rules: Rules, *, at_least: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the sites that cannot be, and those that must be, in any plan worth ``at_least`` or more.

    By reduced costs of the relaxation: forcing the site in (or out) brings the bound below ``at_least``.
    """
    worth, fixed = bound.worth, rules.fixed
    free = min(rules.p - int(fixed.sum()), int((~fixed).sum()))
    out, must = np.zeros(len(worth), dtype=bool), np.zeros(len(worth), dtype=bool)
    if free <= 0 or rules.purses or free >= int((~fixed).sum()):
        return out, must
    offered = np.where(fixed, -np.inf, worth)
    ordered = np.sort(offered)[::-1]
    last, following = ordered[free - 1], ordered[free]
    slack = 1e-7 * max(1.0, abs(bound.value))
    out = ~fixed & (offered < last) & (bound.value - last + offered < at_least - slack)
    must = ~fixed & (offered > following) & (bound.value - offered + following < at_least - slack)
    return out, must


def set_bound(
    problem: Covering,
    rules: Rules,
    *,
    known: float,
    steps: int,
    plan: Callable[[NDArray[np.float64]], float] | None = None,
) -> tuple[float, NDArray[np.float64], int]:
    """Bound from below how many sites cover every row.

    L(u) = Σ_i need_i u_i + Σ_j min(0, 1 - Σ_{i∈N_j} u_i), u ≥ 0 [1]_; fixed sites count 1 whatever they cover.

    Parameters
    ----------
    known
        How many sites a known plan has.
    plan
        Called now and then with the sites' reduced costs, to make a plan of them; returns the least number known.

    Returns
    -------
    bound, reduced costs of the sites, steps

    References
    ----------
    .. [1] J. E. Beasley, "A Lagrangian heuristic for set-covering problems", *Naval Research Logistics* 37, 1990,
       151-164.
    """
    matrix, turned = problem.by_row.to_scipy(), problem.by_site.to_scipy()
    need = problem.need.astype(np.float64)
    size = np.maximum(1.0, problem.by_site.degree)
    largest = np.zeros(len(need))
    np.maximum.at(largest, problem.by_site.indices, np.repeat(size, problem.by_site.degree))
    u = 1.0 / np.maximum(1.0, largest)
    best, best_u, scale, since = -np.inf, u, 2.0, 0
    slope = np.zeros(len(u))
    reduced = best_reduced = 1.0 - turned @ u
    done = 0
    for step in range(max(1, steps)):
        done = step + 1
        if plan is not None and step % PLANS_EVERY == PLANS_EVERY - 1:
            known = min(known, plan(reduced))
        inside = (reduced < 0) | rules.fixed
        value = float(need @ u + reduced[inside].sum())
        known_size = max(1.0, abs(best) if np.isfinite(best) else 1.0)
        since = 0 if value > best + 1e-4 * known_size else since + 1
        if value > best + 1e-7 * known_size:
            best, best_u, best_reduced = value, u, reduced
        if since == PATIENCE:
            scale, since, u, reduced = scale / 2, 0, best_u, best_reduced
            slope[:] = 0.0
            continue
        slope = KEPT * slope + need - matrix @ inside.astype(np.float64)
        slope = np.where((u <= 0) & (slope < 0), 0.0, slope)
        length = float(slope @ slope)
        if length == 0 or scale < 1e-4 or best > known - 1 + 1e-6:
            break
        u = np.maximum(0.0, u + slope * (scale * max(known - value, 1e-6) / length))
        reduced = 1.0 - turned @ u
    return best, best_reduced, done
