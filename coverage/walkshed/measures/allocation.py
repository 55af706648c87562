"""Allocation: every estate to a venue that has room for it, and who is left over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from walkshed.measures.amounts import amounts_of, share_of, sums_of
from walkshed.measures.assigning import assigned
from walkshed.measures.programme import NODES
from walkshed.measures.rooms import Task

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from walkshed.measures.costs import Costs


@dataclass(frozen=True, slots=True, eq=False)
class Allocation:
    """Who goes where when room counts.

    Attributes
    ----------
    rows
        estate_id, venue_id (the responsible venue; blank where there is none), demand (NaN where blank), share (of
        the estate's demand that this row is about), cost, reason: blank; ``venue_full``: venues are near enough, but
        their room is taken by others; ``too_far``: none is near enough. One row an estate; more where an estate is
        divided, whose shares add up to 1. Estates without demand go to the nearest venue and take no room.
    venues
        venue_id, estates (some of whose demand goes there), demand, load, capacity, load_share, left (room left;
        blank where the capacity is).
    turned_away
        Demand with the reason ``venue_full``.
    walked
        Σ demand · cost of those who have a place.
    beyond
        What one unit of demand without a place counts as, in the unit of the costs.
    value
        walked + beyond · turned_away: what is made least.
    bound
        No allocation has a lower value.
    proven
        Whether it is the optimum; otherwise ``value - bound`` is at most what a better one could save.
    """

    rows: pd.DataFrame
    venues: pd.DataFrame
    turned_away: float
    walked: float
    beyond: float
    value: float
    bound: float
    proven: bool

    @property
    def placed_share(self) -> pd.Series[float]:
        """The share of each estate's demand that has a place."""
        placed = self.rows["share"].where(self.rows["reason"] == "", 0.0)
        return placed.groupby(self.rows["estate_id"], sort=False).sum().rename("placed_share")


def allocate(
    costs: Costs,
    demand: ArrayLike,
    capacity: ArrayLike,
    *,
    limit: float | None = None,
    beyond: float | None = None,
    whole: bool = True,
    need: float = 1.0,
    blank: Literal["any", "none"] = "any",
    gap: float | None = None,
    nodes: int = NODES,
) -> Allocation:
    """Allocate demand to venues that have room, so that the district as a whole walks least.

    With x_ij the share of estate i that goes to venue j, which is within the limit:
    min Σ_ij w_i c_ij x_ij + beyond · Σ_i w_i (1 - Σ_j x_ij)
    subject to Σ_j x_ij ≤ 1, Σ_i need · w_i x_ij ≤ capacity_j, and x_ij ∈ {0, 1} where estates are kept whole (the generalised
    assignment problem [1]_, with single-source capacities [2]_), else 0 ≤ x_ij ≤ 1 (Hitchcock's transportation problem
    [3]_). ``beyond`` is by default more than any chain of people moving up for each other can cost, (m + 1) · max c_ij for m
    venues: divided, as much demand finds a place as can; whole, one more is turned away only if that saves others that much.
    It is the planner's view, not first come, first served: an estate may be sent past its nearest venue for others' sake.

    Parts in which room is not short are settled without a solver; the others go to HiGHS, each by itself. The search
    ends after ``nodes`` nodes, never by the clock: the same answer each time.

    Parameters
    ----------
    costs
        Of estates, or of buildings.
    demand
        Of each estate; NaN is a blank and takes no room.
    capacity
        Of each venue, in places or m². 0 takes nobody.
    limit
        Venues farther than this do not serve: the standard. By default all pairs of ``costs`` may be used, and
        ``too_far`` then is who is joined to none.
    beyond
        What one unit of demand without a place counts as; above every cost.
    whole
        Whether an estate goes to one venue as a whole.
    need
        What one unit of demand takes of the room; 0.3 is 30 m² per 100 households.
    blank
        What a venue of unknown capacity takes: ``"any"`` number, as in siting; or ``"none"``.
    gap
        How near the optimum is near enough, as a share of the value: by default 0 for parts of up to 2,000 pairs and
        0.005 for larger ones.
    nodes
        Of the search tree, for each part.

    References
    ----------
    .. [1] S. Martello, P. Toth, *Knapsack Problems*, Wiley 1990, chapter 7.
    .. [2] H. Pirkul, D. A. Schilling, "The maximal covering location problem with capacities on total workload",
       *Management Science* 37(2), 1991, 233-248.
    .. [3] F. L. Hitchcock, "The distribution of a product from several sources to numerous localities", *Journal of
       Mathematics and Physics* 20, 1941, 224-230.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkshed.measures import costs_from
    >>> table = pd.DataFrame({"estate_id": ["A", "A", "B", "B", "C"], "venue_id": ["1", "2", "1", "2", "1"],
    ...     "walk_min": [1.0, 9.0, 2.0, 3.0, 4.0]})
    >>> given = allocate(costs_from(table, estates=["A", "B", "C", "D"]), [60, 50, 30, 5], [100, 50], limit=10)
    >>> given.rows[["estate_id", "venue_id", "cost", "reason"]]
      estate_id venue_id  cost   reason
    0         A        1   1.0
    1         B        2   3.0
    2         C        1   4.0
    3         D              NaN  too_far
    >>> allocate(costs_from(table), [60, 50, 30], [60, 50]).rows["reason"].tolist()
    ['', '', 'venue_full']
    """
    if blank not in {"any", "none"}:
        raise ValueError(f'a venue of unknown capacity takes "any" or "none", not {blank!r}')
    if not 0 < need < float("inf"):
        raise ValueError(f"what one unit of demand needs is above 0, not {need}")
    weight, no_value = amounts_of(demand, costs.n, "demand")
    room, dark = amounts_of(capacity, costs.m, "capacity")
    room = np.where(dark, np.inf if blank == "any" else 0.0, room)
    near = costs if limit is None else costs.within(limit)
    counts = (weight > 0)[near.estate]
    estate, venue = near.estate.astype(np.int64), near.venue.astype(np.int64)
    task = Task(estate[counts], venue[counts], near.cost[counts], weight * need, room)
    beyond = _beyond(beyond, near.cost, costs.m)
    done = assigned(task, beyond=beyond, whole=whole, gap=gap, nodes=nodes)
    idle = _nearest_of_idle(estate[~counts], venue[~counts], near.cost[~counts], room)
    rows = _rows(costs, weight, no_value, done.pairs, idle, np.unique(estate))
    full, placed = (rows["reason"] == code for code in ("venue_full", ""))
    amount = rows["demand"].fillna(0.0) * rows["share"]
    turned_away, walked = float(amount[full].sum()), float((amount * rows["cost"])[placed].sum())
    value = walked + beyond * turned_away
    return Allocation(
        rows=rows,
        venues=_venues(costs, rows, need, np.where(dark, np.nan, room)),
        turned_away=turned_away,
        walked=walked,
        beyond=beyond,
        value=value,
        bound=value - done.slack / need,
        proven=done.proven,
    )


def _beyond(beyond: float | None, cost: NDArray[np.float64], venues: int) -> float:
    most = float(cost.max(initial=0.0))
    if beyond is None:
        return max(1.0, (venues + 1) * most)
    if not most < beyond < float("inf"):
        raise ValueError(f"beyond is above every cost, of which the highest is {most:g}, not {beyond:g}")
    return float(beyond)


Pairs = tuple["NDArray[np.int64]", "NDArray[np.int64]", "NDArray[np.float64]", "NDArray[np.float64]"]


def _nearest_of_idle(
    estate: NDArray[np.int64], venue: NDArray[np.int64], cost: NDArray[np.float64], room: NDArray[np.float64]
) -> Pairs:
    """Return the nearest venue that takes anybody, of estates that need no room."""
    takes = room[venue] > 0
    estate, venue, cost = estate[takes], venue[takes], cost[takes]
    first = np.ones(len(estate), dtype=bool)
    first[1:] = estate[1:] != estate[:-1]
    return estate[first], venue[first], cost[first], np.ones(int(first.sum()))


def _rows(
    costs: Costs,
    weight: NDArray[np.float64],
    no_value: NDArray[np.bool_],
    pairs: Pairs,
    idle: Pairs,
    offered: NDArray[np.int64],
) -> pd.DataFrame:
    import pandas as pd

    estate, venue, cost, share = (np.concatenate(both) for both in zip(pairs, idle, strict=True))
    rest = 1.0 - sums_of(share, estate, costs.n)
    out = np.flatnonzero(rest > 1e-6)  # the solver's tolerance
    reason = np.full(len(out), "too_far", dtype=object)
    reason[np.isin(out, offered)] = "venue_full"
    ids = np.append(costs.venue_ids.to_numpy(dtype=object), "")
    number = np.concatenate([estate, out])
    table = pd.DataFrame({
        "estate_id": costs.estate_ids.to_numpy()[number],
        "venue_id": ids[np.concatenate([venue, np.full(len(out), -1)])],
        "demand": np.where(no_value, np.nan, weight)[number],
        "share": np.concatenate([share, rest[out]]).round(6),
        "cost": np.concatenate([cost, np.full(len(out), np.nan)]),
        "reason": np.concatenate([np.full(len(estate), "", dtype=object), reason]),
    })  # fmt: skip
    after = np.concatenate([cost, np.full(len(out), np.inf)])
    return table.iloc[np.lexsort((after, number))].reset_index(drop=True)


def _venues(costs: Costs, rows: pd.DataFrame, need: float, room: NDArray[np.float64]) -> pd.DataFrame:
    import pandas as pd

    placed = rows[rows["reason"] == ""]
    at = costs.venue_ids.get_indexer(pd.Index(placed["venue_id"]))
    amount = (placed["demand"].fillna(0.0) * placed["share"]).to_numpy()
    demand = sums_of(amount, at, costs.m)
    load = demand * need
    return pd.DataFrame({
        "venue_id": costs.venue_ids.to_numpy(),
        "estates": np.bincount(at, minlength=costs.m),
        "demand": demand.round(6),
        "load": load.round(6),
        "capacity": room,
        "load_share": share_of(load, np.nan_to_num(room, posinf=0.0)),
        "left": np.maximum(0.0, room - load).round(6),
    })  # fmt: skip
