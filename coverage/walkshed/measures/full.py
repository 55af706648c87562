"""Full venues: the coverage table when room counts too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from walkshed.measures.allocation import Allocation


def with_room(coverage: pd.DataFrame, allocation: Allocation, *, profile: str, standard: str) -> pd.DataFrame:
    """Return the coverage table with room counted, for one profile and standard: reason ``venue_full``.

    An estate that a venue within the standard would cover, but whose place there is taken by others, is uncovered by
    reason ``venue_full``; one that is divided keeps the share that has a place, and is covered if that is half or more. An
    estate with a place is covered by the venue that is responsible for it, with its walk to the nearest as it was.

    Parameters
    ----------
    coverage
        From :func:`walkshed.report.coverage.coverage`; other profiles and standards stay as they are.
    allocation
        With the standard as its limit, of the same estates.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkshed.measures import allocate, costs_from
    >>> table = pd.DataFrame({"estate_id": ["A", "B"], "venue_id": ["1", "1"], "walk_min": [1.0, 4.0]})
    >>> full = allocate(costs_from(table), [60, 50], [60], limit=5)
    >>> coverage = pd.DataFrame({"estate_id": ["A", "B"], "profile": "adult", "standard": "5 min", "status": "covered",
    ...     "reason": "", "venue_id": "1", "covered_share": 1.0, "unknown_share": 0.0})
    >>> with_room(coverage, full, profile="adult", standard="5 min")[["status", "reason", "covered_share"]]
          status      reason  covered_share
    0    covered                        1.0
    1  uncovered  venue_full            0.0
    """
    table = coverage.copy()
    own = ((table["profile"] == profile) & (table["standard"] == standard)).to_numpy()
    rows = allocation.rows
    share = table["estate_id"].map(allocation.placed_share).fillna(0.0).to_numpy(dtype=np.float64)
    turned = set(rows.loc[rows["reason"] == "venue_full", "estate_id"])
    placed = rows[rows["reason"] == ""].drop_duplicates("estate_id").set_index("estate_id")["venue_id"]
    judged = own & (table["covered_share"] > 0).to_numpy()
    full = judged & table["estate_id"].isin(turned).to_numpy()
    at = judged & table["estate_id"].isin(placed.index).to_numpy()
    table.loc[at, "venue_id"] = table.loc[at, "estate_id"].map(placed)
    table.loc[full, "covered_share"] = np.minimum(table.loc[full, "covered_share"], share[full])
    none = full & (share < 0.5)
    table.loc[none, "status"], table.loc[none, "reason"] = "uncovered", "venue_full"
    return table
