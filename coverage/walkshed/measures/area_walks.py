"""Walks between areas: what it costs the people of two areas to share a venue, or to visit each other's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.measures.amounts import amounts_of, sums_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from walkshed.measures.costs import Costs


def area_walks(
    costs: Costs,
    demand: ArrayLike,
    *,
    areas: Sequence[str] | NDArray[np.object_],
    venue_areas: Sequence[str] | NDArray[np.object_] | None = None,
) -> pd.DataFrame:
    """Return the walk that partnership costs every two areas, in person-minutes (demand × cost).

    Without ``venue_areas`` the two share the venue that suits both best: w(a, b) = min_j Σ_{i in a or b} w_i c_ij. With
    them each visits the other: w(a, b) = Σ_{i in a} w_i min_{j in b} c_ij + Σ_{i in b} w_i min_{j in a} c_ij.

    Parameters
    ----------
    costs
        Of all pairs (``reach=inf``): an estate that goes beyond the table's reach rules a partner out.
    demand
        Of each estate; NaN counts as nobody.
    areas
        Of each estate; a blank belongs to none. An estate that reaches no venue at all is left out.
    venue_areas
        Of each venue; a blank belongs to none.

    Returns
    -------
    pandas.DataFrame
        area, partner (area stands before partner in the order of the table), cost, venue_id (the shared one; blank where
        they visit), left_out (demand of both that reaches no venue). Pairs that cannot walk to each other have no row.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkshed.measures import costs_from
    >>> table = pd.DataFrame({"estate_id": ["A", "A", "B", "B"], "venue_id": ["1", "2", "1", "2"],
    ...     "walk_min": [4.0, 9.0, 8.0, 2.0]})
    >>> area_walks(costs_from(table), [100, 50], areas=["东", "西"])
      area partner   cost venue_id  left_out
    0    东       西  800.0        1       0.0
    >>> area_walks(costs_from(table), [100, 50], areas=["东", "西"], venue_areas=["东", "西"])["cost"].tolist()
    [1300.0]
    """
    import pandas as pd

    weight, _ = amounts_of(demand, costs.n, "demand")
    code, names = _coded(areas, costs.n, "areas")
    lost = np.bincount(costs.estate, minlength=costs.n) == 0
    out = lost & (code >= 0)
    left = sums_of(weight[out], code[out], len(names))
    walks = (code >= 0) & ~lost & (weight > 0)
    if venue_areas is None:
        total = _to_places(costs, weight, code, walks, costs.venue.astype(np.int64), (len(names), costs.m))
    else:
        room, there = _coded(venue_areas, costs.m, "venue_areas")
        home = np.array(
            [names.index(name) if name in names else -1 for name in there] + [-1], dtype=np.int64
        )[room]
        total = _to_places(costs, weight, code, walks, home[costs.venue], (len(names), len(names)))
        total = total + total.T
    rows: list[tuple[str, str, float, str, float]] = []
    ids = costs.venue_ids.to_numpy(dtype=object)
    for a in range(len(names)):
        for b in range(a + 1, len(names)):
            both = total[a] + total[b] if venue_areas is None else total[a, b : b + 1]
            if not len(both) or not np.isfinite(both.min()):
                continue
            at = int(np.argmin(both))
            venue = "" if venue_areas is not None else str(ids[at])
            rows.append((names[a], names[b], round(float(both[at]), 6), venue, float(left[a] + left[b])))
    return pd.DataFrame(rows, columns=["area", "partner", "cost", "venue_id", "left_out"])


def _coded(
    labels: Sequence[str] | NDArray[np.object_], length: int, name: str
) -> tuple[NDArray[np.int64], list[str]]:
    """Return each place's area as a number, -1 for a blank, and the areas in the order of the table."""
    import pandas as pd

    text = pd.Series(list(labels), dtype=object)
    if len(text) != length:
        raise ValueError(f"{name} has one value for each of {length} places, not {len(text)}")
    text = text.where(text.notna(), "").astype(str).str.strip()
    code, names = pd.factorize(text.where(text != ""), use_na_sentinel=True)
    return code.astype(np.int64), [str(one) for one in names]


def _to_places(
    costs: Costs,
    weight: NDArray[np.float64],
    code: NDArray[np.int64],
    walks: NDArray[np.bool_],
    place: NDArray[np.int64],
    shape: tuple[int, int],
) -> NDArray[np.float64]:
    """Return what it costs each area to walk to each place (of several venues each estate takes the nearest)."""
    use = walks[costs.estate] & (place >= 0)
    estate, goal, cost = costs.estate[use].astype(np.int64), place[use], costs.cost[use]
    # of an estate the nearest pair comes first, so the first of each (estate, place) is the one
    _, first = np.unique(estate * shape[1] + goal, return_index=True)
    estate, goal, cost = estate[first], goal[first], cost[first]
    at = code[estate] * shape[1] + goal
    size = shape[0] * shape[1]
    sums = sums_of(weight[estate] * cost, at, size)
    who = np.bincount(at, minlength=size)
    everybody = np.bincount(code[walks], minlength=shape[0])
    sums = np.where(who.reshape(shape) == everybody[:, None], sums.reshape(shape), np.inf)
    return np.asarray(sums, dtype=np.float64)
