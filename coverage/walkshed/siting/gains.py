"""Gains: what each site of a plan adds, for whom, alone and with the others, and at what price."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.siting.worth import times_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.siting.constraints import Constraint
    from walkshed.siting.problem import Criterion, Problem

    Chosen = Sequence[int] | NDArray[np.integer[Any]]

GAIN_COLUMNS = (
    "site_id", "gain", "gain_alone", "sole", "shared", "newly_covered", "covered_after", "covered_share_after",
    "cost_per_gain",
)  # fmt: skip


def site_gains(
    problem: Problem,
    order: Chosen,
    *,
    constraints: Sequence[Constraint] = (),
    year: float | None = None,
    subsidy_years: float = 0.0,
    owner: NDArray[np.object_] | None = None,
) -> pd.DataFrame:
    """Return what each site of a plan adds to the demand covered, one row per site in the order of opening.

    Capacities are left aside here: a site gains whom it is near enough to.

    Parameters
    ----------
    problem
        Who could be served from where.
    order
        Numbers of the new sites, the first to be opened first.
    constraints
        Only Backup is looked at: what "covered" means.
    year
        Planned sites are open by it.
    subsidy_years
        How many years of subsidy are counted into a site's price.
    owner
        For each row of demand whose it is; rows of one owner count once in ``newly_covered``.

    Returns
    -------
    pandas.DataFrame
        ``site_id``; ``gain``: the demand it adds to what was open before it; ``gain_alone``: what it would add if
        it were the only new one; ``sole``: the demand that would be lost without it, the others staying;
        ``shared``: newly covered demand it serves that others of the plan serve too (with Backup: that
        stays covered without it); ``newly_covered``: how many rows of demand (or owners) it adds; ``covered_after`` and
        ``covered_share_after``: all demand covered when it is open; ``cost_per_gain``: its price for each
        unit of ``gain``, NaN where the price is not known or nothing is gained. The gains add up to what the plan adds.

    Examples
    --------
    >>> import numpy as np
    >>> from walkshed.siting import from_costs
    >>> walks = np.array([[1.0, 2.0], [1.0, 9.0], [9.0, 1.0]])
    >>> problem = from_costs(walks, limit=3, weights=[10, 20, 30])
    >>> site_gains(problem, [1, 0])[["gain", "gain_alone", "sole", "shared"]].to_numpy().tolist()
    [[40.0, 40.0, 30.0, 10.0], [20.0, 30.0, 20.0, 10.0]]
    """
    import pandas as pd

    sites = np.asarray(order, dtype=np.int64)
    times = times_of(constraints)
    table = np.zeros((len(sites), 5))
    for criterion in problem.criteria:
        table += _gains(problem, criterion, sites, problem.open_sites(year), times, owner)
    before = problem.covered_weight(problem.open_sites(year), times=times)
    after = before + np.cumsum(table[:, 0])
    total = problem.total_weight
    price = problem.sites.cost[sites] + subsidy_years * (
        problem.sites.subsidy_per_year[sites] if subsidy_years else 0.0
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(table[:, 0] > 0, price / table[:, 0], np.nan)
    return pd.DataFrame(
        {
            "site_id": problem.sites.ids[sites],
            "gain": table[:, 0],
            "gain_alone": table[:, 1],
            "sole": table[:, 2],
            "shared": table[:, 3],
            "newly_covered": table[:, 4].astype(np.int64),
            "covered_after": after,
            "covered_share_after": (after / total if total else np.full(len(after), np.nan)),
            "cost_per_gain": each,
        },
        columns=list(GAIN_COLUMNS),
    )


def _gains(
    problem: Problem,
    criterion: Criterion,
    sites: NDArray[np.int64],
    opened: NDArray[np.int64],
    times: int,
    owner: NDArray[np.object_] | None,
) -> NDArray[np.float64]:
    """Return gain, gain alone, sole, shared and new rows of each site under one standard."""
    weights, out = criterion.weights, np.zeros((len(sites), 5))
    served = [_rows(problem, criterion, site) for site in sites]
    base = np.zeros(problem.n, dtype=np.int64)
    for site in opened:
        base[_rows(problem, criterion, site)] += 1
    whole = base.copy()
    for rows in served:
        whole[rows] += 1
    so_far = base.copy()
    for number, rows in enumerate(served):
        fresh = rows[so_far[rows] == times - 1]
        lost = rows[whole[rows] == times]
        kept = rows[(whole[rows] > times) & (base[rows] < times)]
        out[number] = (
            weights[fresh].sum(),
            weights[rows[base[rows] == times - 1]].sum(),
            weights[lost].sum(),
            weights[kept].sum(),
            len(fresh if owner is None else set(owner[fresh])),
        )
        so_far[rows] += 1
    return out


def newly_covered(
    problem: Problem, order: Chosen, *, constraints: Sequence[Constraint] = (), year: float | None = None
) -> pd.DataFrame:
    """Return who is covered only because of the plan, one row per demand row and standard.

    Returns
    -------
    pandas.DataFrame
        ``demand_id``, ``name``, ``community``, ``standard``, ``weight``, ``site_id`` (the site that made it covered, the
        first in the order of opening), ``step`` (its number in that order, from 1), ``walk`` (to the nearest of the
        plan's sites that are open at the end, in metres, minutes or the table's unit) and ``nearest_id``.
        By the step, then in the order of the demand.
    """
    import pandas as pd

    sites = np.asarray(order, dtype=np.int64)
    times = times_of(constraints)
    frames = []
    for number, criterion in enumerate(problem.criteria):
        count = problem.serves(problem.open_sites(year), criterion=number)
        step = np.zeros(problem.n, dtype=np.int64)
        for position, site in enumerate(sites, start=1):
            rows = _rows(problem, criterion, site)
            step[rows[count[rows] == times - 1]] = position
            count[rows] += 1
        nearest, walk = problem.nearest(sites, criterion=number)
        new = np.flatnonzero(step)
        new = new[np.argsort(step[new], kind="stable")]
        frames.append(
            pd.DataFrame(
                {
                    "demand_id": problem.demand.ids[new],
                    "name": problem.demand.name[new],
                    "community": problem.demand.community[new],
                    "standard": criterion.name,
                    "weight": criterion.weights[new],
                    "site_id": problem.sites.ids[sites[step[new] - 1]],
                    "step": step[new],
                    "walk": walk[new],
                    "nearest_id": problem.sites.ids[nearest[new]],
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _rows(problem: Problem, criterion: Criterion, site: int) -> NDArray[np.int32]:
    """Return the demand rows that a site serves under a standard."""
    here = slice(problem.indptr[site], problem.indptr[site + 1])
    return np.asarray(problem.rows[here][criterion.covers[here]], dtype=np.int32)
