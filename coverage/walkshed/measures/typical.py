"""Typical walks: the demand-weighted mean, median and 90th percentile of the walk to the nearest venue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.measures.amounts import amounts_of, coded_units, share_of, sums_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from walkshed.walking.walkers import By


def weighted_quantile(cost: ArrayLike, weight: ArrayLike, q: float) -> float:
    """Return the least cost that at least the share ``q`` of the weight does not exceed.

    Q(q) = min{c : Σ_{i: c_i ≤ c} w_i ≥ q · Σ_i w_i}: the inverse of the weighted distribution function, definition
    1 of Hyndman and Fan [1]_. It is always the cost of somebody, and infinite where somebody unreached stands there.

    Parameters
    ----------
    cost
        Infinite where nothing is reached.
    weight
        0 or more. Rows without weight say nothing.
    q
        0 < q ≤ 1.

    Returns
    -------
    float
        NaN where there is no weight at all.

    References
    ----------
    .. [1] R. J. Hyndman, Y. Fan, "Sample quantiles in statistical packages", *The American Statistician* 50(4),
       1996, 361-365.

    Examples
    --------
    >>> weighted_quantile([2.0, 5.0, 20.0], [10, 70, 20], 0.5)
    5.0
    """
    if not 0 < q <= 1:
        raise ValueError(f"a quantile is above 0 and at most 1, not {q:g}")
    costs, weights = np.asarray(cost, dtype=np.float64), np.asarray(weight, dtype=np.float64)
    use = weights > 0
    if not use.any():
        return float("nan")
    order = np.argsort(costs[use], kind="stable")
    sums = np.cumsum(weights[use][order])
    at = np.searchsorted(sums, q * sums[-1] * (1 - 1e-12))  # 0.9 · 10 is 9, whatever floats say
    return float(costs[use][order][min(int(at), len(order) - 1)])


def typical_walks(
    cost: ArrayLike,
    demand: ArrayLike,
    *,
    units: Mapping[str, NDArray[np.object_]] | None = None,
    unknown: NDArray[np.bool_] | None = None,
    by: By = "minutes",
) -> pd.DataFrame:
    """Return the mean, median and 90th percentile of the walk to the nearest venue, by unit.

    mean = Σ w_i c_i / Σ w_i; the others as in :func:`weighted_quantile`. Demand that reaches nothing counts as
    walking without end: a figure that falls there is blank, and the share is told. The mean is blank as soon as
    anybody is unreached; ``mean_reached_min`` is of those who reach a venue.

    Parameters
    ----------
    cost
        Of each estate's nearest venue, infinite where none is reached (:func:`walkshed.measures.nearest_of`).
    demand
        People or households of each estate; NaN is a blank.
    units
        From :func:`walkshed.report.summary.units_of`; the total alone by default.
    unknown
        Which estates cannot be judged (not located, away from every street); they count as unreached.
    by
        What the costs are in: columns end in ``_min`` or ``_m``.

    Returns
    -------
    pandas.DataFrame
        level, unit, total, unreached_share, unknown_share (part of it), mean_min, median_min, p90_min,
        mean_reached_min, no_value (estates whose demand is blank). A unit without demand has blanks.

    Examples
    --------
    >>> typical_walks([2, 5, 20, float("inf")], [10, 70, 15, 5]).T
                          0
    level             total
    unit              total
    total             100.0
    unreached_share    0.05
    unknown_share       0.0
    mean_min            NaN
    median_min          5.0
    p90_min            20.0
    mean_reached_min   7.05
    no_value              0
    """
    import pandas as pd

    costs = np.asarray(cost, dtype=np.float64)
    weight, blank = amounts_of(demand, len(costs), "demand")
    costs = np.where(np.isnan(costs), np.inf, costs)
    dark = np.zeros(len(costs), dtype=bool) if unknown is None else np.asarray(unknown, dtype=bool)
    tail = "min" if by == "minutes" else "m"
    digits = 2 if by == "minutes" else 1
    frames = []
    for level, code, names in coded_units(units, len(costs)):
        of = [np.flatnonzero(code == number) for number in range(len(names))]
        rows = [_typical(costs[here], weight[here], dark[here], digits) for here in of]
        table = pd.DataFrame(
            rows,
            columns=["total", "unreached_share", "unknown_share",
                     *(f"{name}_{tail}" for name in ("mean", "median", "p90", "mean_reached"))],
        )  # fmt: skip
        table.insert(0, "unit", names)
        table.insert(0, "level", level)
        table["no_value"] = sums_of(blank, code, len(names)).astype(np.int64)
        frames.append(table)
    return pd.concat(frames, ignore_index=True)


def _typical(
    cost: NDArray[np.float64], weight: NDArray[np.float64], unknown: NDArray[np.bool_], digits: int
) -> tuple[float, ...]:
    total = weight.sum()
    reached = np.isfinite(cost)
    walked = float((weight[reached] * cost[reached]).sum())
    there = float(weight[reached].sum())
    mean = walked / there if there > 0 else np.nan
    shares = share_of(np.array([total - there, weight[unknown & ~reached].sum()]), np.full(2, total))
    middle, most = (weighted_quantile(cost, weight, q) for q in (0.5, 0.9))
    alone = mean if not weight[~reached].any() else np.inf
    figures = [round(one, digits) if np.isfinite(one) else np.nan for one in (alone, middle, most, mean)]
    return float(total), float(shares[0]), float(shares[1]), *figures
