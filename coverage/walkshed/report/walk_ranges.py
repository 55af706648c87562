"""Our walks, with their ranges, for pairs that somebody walked in person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.report.sureness import LEG_DOUBT, SPEED_DOUBT
from walkshed.walking.pairs import centiminutes

if TYPE_CHECKING:
    import pandas as pd

    from walkshed.walking.access import Access


def walks_of_checks(
    access: Access, checks: pd.DataFrame, *, speed_range: float = SPEED_DOUBT
) -> pd.DataFrame:
    """Return our minutes for the pairs of a table of walked checks, however far.

    Parameters
    ----------
    access
        Who reaches what.
    checks
        As :func:`walkshed.tables.read_checks` returns them.
    speed_range
        Walkers are taken to be so much faster or slower.

    Returns
    -------
    pandas.DataFrame
        estate_id, venue_id, profile, walk_min, walk_min_low, walk_min_high; each pair once, pairs without a walk absent.
    """
    import pandas as pd

    snap = np.nan_to_num(access.estate_ties.snap_m), np.nan_to_num(access.venue_ties.snap_m)
    frames = []
    for profile in access.profiles:
        pairs = checks.loc[checks["profile"] == profile.name, ["estate_id", "venue_id"]].drop_duplicates()
        estate = access.estate_ids.get_indexer(pd.Index(pairs["estate_id"])).astype(np.int32)
        venue = access.venue_ids.get_indexer(pd.Index(pairs["venue_id"])).astype(np.int32)
        known = (estate >= 0) & (venue >= 0)
        estate, venue = estate[known], venue[known]
        guess = np.full(len(estate), access.cut_m[profile.name])
        cost = access.search(profile, by="minutes").cost_of(estate, venue, guess=guess)
        found = np.isfinite(cost)
        estate, venue = estate[found], venue[found]
        minutes = centiminutes(cost[found], profile) / 100
        longer = LEG_DOUBT * (snap[0][estate] + snap[1][venue]) / profile.speed_mps / 60
        frames.append(
            pd.DataFrame(
                {
                    "estate_id": access.estate_ids.to_numpy(dtype=object)[estate],
                    "venue_id": access.venue_ids.to_numpy(dtype=object)[venue],
                    "profile": profile.name,
                    "walk_min": minutes,
                    "walk_min_low": np.round(minutes / (1 + speed_range), 2),
                    "walk_min_high": np.round((minutes + longer) / (1 - speed_range), 2),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)
