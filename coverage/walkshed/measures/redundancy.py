"""Redundancy: how many venues are near enough, and who has a second one when the first closes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from walkshed.measures.amounts import amounts_of, coded_units, share_of, sums_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from walkshed.measures.costs import Costs


class Redundancy(NamedTuple):
    """How many venues are near enough.

    Attributes
    ----------
    estates
        estate_id, venues (within the limit), first_id, first_cost, second_id, second_cost (blank where there is none).
    units
        level, unit, total, one_share, two_share (of the demand with at least one, at least two), venues_mean (weighted
        by demand), no_value.
    """

    estates: pd.DataFrame
    units: pd.DataFrame


def redundancy(
    costs: Costs, demand: ArrayLike, *, limit: float, units: Mapping[str, NDArray[np.object_]] | None = None
) -> Redundancy:
    """Return how many venues are within the limit of each estate, and whose demand has a second one.

    ``n_i = |{j : c_ij ≤ limit}|``; ``two_share = Σ_{i: n_i ≥ 2} w_i / Σ w_i``: backup coverage [1]_.

    Parameters
    ----------
    costs
        With a reach of the limit or more.
    demand
        Of each estate; NaN is a blank.
    limit
        The standard; near enough is ≤.
    units
        From :func:`walkshed.report.summary.units_of`; the total alone by default.

    References
    ----------
    .. [1] K. Hogan, C. ReVelle, "Concepts and applications of backup coverage", *Management Science* 32(11), 1986,
       1434-1444.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkshed.measures import costs_from
    >>> table = pd.DataFrame({"estate_id": ["A", "A", "B"], "venue_id": ["1", "2", "1"], "walk_min": [4.0, 9.0, 3.0]})
    >>> found = redundancy(costs_from(table), [100, 300], limit=10)
    >>> found.estates[["estate_id", "venues", "second_id", "second_cost"]]
      estate_id  venues second_id  second_cost
    0         A       2         2          9.0
    1         B       1                    NaN
    >>> found.units[["total", "one_share", "two_share", "venues_mean"]]
       total  one_share  two_share  venues_mean
    0  400.0        1.0       0.25         1.25
    """
    import pandas as pd

    weight, blank = amounts_of(demand, costs.n, "demand")
    near = costs.within(limit)
    count = np.bincount(near.estate, minlength=costs.n)
    rank = np.arange(len(near.estate)) - np.searchsorted(near.estate, near.estate, side="left")
    ids = np.append(costs.venue_ids.to_numpy(dtype=object), "")
    columns: dict[str, NDArray[np.object_] | NDArray[np.float64]] = {}
    for number, name in enumerate(("first", "second")):
        here = near.where(rank == number)
        venue, cost = np.full(costs.n, -1), np.full(costs.n, np.nan)
        venue[here.estate], cost[here.estate] = here.venue, here.cost
        columns |= {f"{name}_id": ids[venue], f"{name}_cost": cost}
    estates = pd.DataFrame({"estate_id": costs.estate_ids.to_numpy(), "venues": count, **columns})
    frames = []
    for level, code, names in coded_units(units, costs.n):
        k = len(names)
        total = sums_of(weight, code, k)
        frames.append(pd.DataFrame({
            "level": level,
            "unit": names,
            "total": total,
            "one_share": share_of(sums_of(weight * (count >= 1), code, k), total),
            "two_share": share_of(sums_of(weight * (count >= 2), code, k), total),
            "venues_mean": share_of(sums_of(weight * count, code, k), total),
            "no_value": sums_of(blank.astype(np.float64), code, k).astype(np.int64),
        }))  # fmt: skip
    return Redundancy(estates, pd.concat(frames, ignore_index=True))
