"""Load: what each venue would have to take if everybody went to the nearest one, against the room it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.measures.amounts import amounts_of, share_of, sums_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from walkshed.measures.costs import Nearest


def nearest_load(
    nearest: Nearest,
    demand: ArrayLike,
    capacity: ArrayLike,
    *,
    venue_ids: pd.Index[str],
    need: float = 1.0,
    owner: ArrayLike | None = None,
) -> pd.DataFrame:
    """Return each venue's load if everybody goes to the nearest venue: load_j = need · Σ_{i: near(i) = j} w_i.

    The all-or-nothing allocation of location models [1]_, without regard to room.

    Parameters
    ----------
    nearest
        From :func:`walkshed.measures.nearest_of` or :meth:`walkshed.measures.Costs.nearest`.
    demand
        Of each estate; NaN is a blank.
    capacity
        Of each venue, in places or square metres; NaN is a blank: not known.
    need
        What one unit of demand needs of it: 1 place; 0.3 m² a household for 30 m² per 100 households.
    owner
        For each row of demand its estate, where the rows are homes of estates; an estate is then counted once at each venue.

    Returns
    -------
    pandas.DataFrame
        venue_id, estates, demand, no_value (estates of it without a number), load (need · demand), capacity,
        load_share (load / capacity), over (load beyond capacity), status: ``within``, ``over``, ``no_room`` (its
        capacity is 0 and somebody would come), ``unknown`` (capacity blank), ``idle`` (nobody would come).

    References
    ----------
    .. [1] M. S. Daskin, *Network and Discrete Location*, 2nd ed., Wiley 2013, chapter 6.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from walkshed.measures import Nearest
    >>> near = Nearest(np.array([0, 0, 1]), np.array([2.0, 3.0, 4.0]))
    >>> table = nearest_load(near, [60, 50, 20], [100, np.nan], venue_ids=pd.Index(["甲", "乙"]))
    >>> table[["venue_id", "load", "load_share", "over", "status"]]
      venue_id   load  load_share  over   status
    0        甲  110.0         1.1  10.0     over
    1        乙   20.0         NaN   NaN  unknown
    """
    import pandas as pd

    weight, blank = amounts_of(demand, len(nearest.venue), "demand")
    room, dark = amounts_of(capacity, len(venue_ids), "capacity")
    if not 0 < need < float("inf"):
        raise ValueError(f"what one unit of demand needs is above 0, not {need}")
    some = nearest.venue >= 0
    at, m = nearest.venue[some], len(venue_ids)
    sums = sums_of(weight[some], at, m)
    whose = (
        np.flatnonzero(some) if owner is None else np.unique(np.asarray(owner), return_inverse=True)[1][some]
    )
    each = np.unique(np.stack([at, whose]), axis=1)[0]
    load = sums * need
    return pd.DataFrame({
        "venue_id": venue_ids.to_numpy(),
        "estates": np.bincount(each, minlength=m),
        "demand": sums,
        "no_value": sums_of(blank[some], at, m).astype(np.int64),
        "load": load,
        "capacity": np.where(dark, np.nan, room),
        "load_share": share_of(load, np.where(dark, 0.0, room)),
        "over": np.where(dark, np.nan, np.maximum(0.0, load - room)),
        "status": _status(load, room, dark),
    })  # fmt: skip


def _status(
    load: NDArray[np.float64], room: NDArray[np.float64], dark: NDArray[np.bool_]
) -> NDArray[np.object_]:
    status = np.where(load > room * (1 + 1e-9), "over", "within").astype(object)
    status[(room == 0) & (load > 0)] = "no_room"
    status[load == 0] = "idle"
    status[dark] = "unknown"
    return status
