"""Covered, not covered, or not known: the answer for every estate, with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.geodesy import distance_m
from walkshed.report.reasons import Detours, if_gates_were_open
from walkshed.report.sureness import SPEED_DOUBT, range_of
from walkshed.report.venues import eligible_for, open_on, placed
from walkshed.streets.ties import ISLAND, NOT_LOCATED, OFF_NETWORK

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.profiles import Profile
    from walkshed.report.sureness import Range
    from walkshed.standards import Standard
    from walkshed.walking.access import Access
    from walkshed.walking.pairs import Pairs

REASONS = (
    "not_located", "doubtful_location", "off_network", "island",
    "no_open_venue", "gates", "missing_path", "venue_full", "too_far",
)  # fmt: skip
"""Why an estate is not covered, in the order in which they are tried."""


def coverage(
    access: Access,
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    *,
    profiles: Sequence[Profile],
    standards: Sequence[Standard],
    date: dt.date,
    speed_range: float = SPEED_DOUBT,
    detours: Detours | None = None,
) -> pd.DataFrame:
    """Return one row per estate × profile × standard: whether a venue that counts is near enough.

    Decided on the rounded network walk (covered is ≤), never on a drawing.

    Parameters
    ----------
    access, estates, venues
        Who reaches what, and the located tables.
    profiles, standards, date
        Who walks, how far is near enough, and the day on which venues are open.
    speed_range
        Walkers are taken to be so much faster or slower, as a share of their speed.
    detours
        Takes the odd walks that are found, for their evidence.

    Returns
    -------
    pandas.DataFrame
        estate_id, profile, standard, status (covered, uncovered, unknown), reason, venue_id (the
        nearest that counts, by the standard's own measure, blank if none is reached), walk_m, walk_min, covered_share,
        unknown_share, walk_min_low, walk_min_high (what speed, legs and gates leave open), certain (the status
        is the same over that range). In the order of the estates.
    """
    import pandas as pd

    opened = access.under("open")
    detours = detours or Detours(opened, estates, venues)
    doubtful = _doubtful(estates)
    frames = []
    for profile in profiles:
        for standard in standards:
            eligible = eligible_for(venues, standard, date)
            near = access.nearest(profile, eligible=eligible, by=standard.measure)
            served = bool((eligible & placed(access)[0]).any())
            walks = range_of(access, near, profile, standard, eligible=eligible, speed_range=speed_range)
            reached = np.zeros(len(estates), dtype=bool)
            reached[near.estate] = True
            reached[opened.nearest(profile, eligible=eligible, by=standard.measure).estate] = True
            frame = _answer(
                access, near, profile, standard, walks, doubtful=doubtful, reached=reached, served=served
            )
            _explain(frame, opened, detours, profile, standard, eligible)
            frames.append(frame)
    table = pd.concat(frames, ignore_index=True)
    order = np.argsort(np.tile(np.arange(len(estates)), len(frames)), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def _doubtful(estates: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Tell which estates have a place that nobody has confirmed."""
    if "location_status" not in estates:
        return np.zeros(len(estates), dtype=bool)
    return np.asarray(estates["location_status"] == "doubtful", dtype=bool)


def _answer(
    access: Access,
    nearest: Pairs,
    profile: Profile,
    standard: Standard,
    walks: Range,
    *,
    doubtful: NDArray[np.bool_],
    reached: NDArray[np.bool_],
    served: bool,
) -> pd.DataFrame:
    import pandas as pd

    n = len(access.estate_ids)
    venue = np.full(n, -1, dtype=np.int64)
    walk_m, walk_min = np.full(n, np.nan), np.full(n, np.nan)
    venue[nearest.estate] = nearest.venue
    walk_m[nearest.estate], walk_min[nearest.estate] = nearest.walk_dm / 10, nearest.walk_cmin / 100
    walk = walk_min if standard.minutes is not None else walk_m
    with np.errstate(invalid="ignore"):
        within = (walk <= standard.limit) & ~doubtful
    reason = _reasons(access.estate_ties.status, within=within, reached=reached, served=served)
    reason[doubtful] = "doubtful_location"
    status = np.full(n, "uncovered", dtype=object)
    status[np.isin(reason, REASONS[:4])] = "unknown"
    status[within] = "covered"
    best, worst = walks.meets(standard)
    certain = (status != "unknown") & (best == worst)
    ids = np.append(access.venue_ids.to_numpy(dtype=object), "")
    return pd.DataFrame(
        {
            "estate_id": access.estate_ids.to_numpy(),
            "profile": profile.name,
            "standard": standard.name,
            "status": status,
            "reason": reason,
            "venue_id": ids[venue],
            "walk_m": walk_m,
            "walk_min": walk_min,
            "covered_share": (status == "covered").astype(np.float64),
            "unknown_share": (status == "unknown").astype(np.float64),
            "walk_min_low": walks.low_min,
            "walk_min_high": walks.high_min,
            "certain": certain,
        }
    )


def _explain(
    frame: pd.DataFrame,
    opened: Access,
    detours: Detours,
    profile: Profile,
    standard: Standard,
    eligible: NDArray[np.bool_],
) -> None:
    """Say in the answer where gates, or a missing path, are the reason; opened gates come first."""
    reason = frame["reason"].to_numpy(dtype=object).copy()
    status = frame["status"].to_numpy(dtype=object).copy()
    settled = np.isin(reason, ["", *REASONS[:3], "no_open_venue"])
    by_gates = ~settled & if_gates_were_open(opened, profile, standard, eligible)
    reason[by_gates], status[by_gates] = "gates", "uncovered"
    left = ~settled & ~by_gates & (reason == "too_far")
    if left.any():
        venue, _, _ = detours.of(profile, standard, eligible, left)
        reason[left & (venue >= 0)] = "missing_path"
    frame["reason"], frame["status"] = reason, status
    frame["unknown_share"] = (status == "unknown").astype(np.float64)


def _reasons(
    tied: NDArray[np.int8], *, within: NDArray[np.bool_], reached: NDArray[np.bool_], served: bool
) -> NDArray[np.object_]:
    reason = np.full(len(tied), "too_far", dtype=object)
    if served:
        reason[~reached] = "island"  # there are venues, but no street leads to any
    else:
        reason[:] = "no_open_venue"
    reason[tied == ISLAND] = "island"
    reason[tied == OFF_NETWORK] = "off_network"
    reason[tied == NOT_LOCATED] = "not_located"
    reason[within] = ""
    return reason


def estate_table(
    access: Access, estates: gpd.GeoDataFrame, venues: gpd.GeoDataFrame, *, date: dt.date
) -> pd.DataFrame:
    """Return the estates' own columns and, for the first profile, the walk to the nearest open venue.

    ``snap_m`` is the distance to the street an estate is tied to, ``detour_ratio`` the walk divided
    by the straight line.
    """
    import pandas as pd

    near = access.nearest(eligible=open_on(venues, date))
    own = [c for c in estates.columns if c not in {"lon", "lat", "location_status", "geometry", "source_row"}]
    table = pd.DataFrame(estates[own])
    table["lon"], table["lat"] = estates["lon"].round(7), estates["lat"].round(7)
    table["location_status"] = estates["location_status"]
    table["snap_m"] = access.estate_ties.snap_m.round(1)
    venue_id = np.full(len(estates), "", dtype=object)
    walk_m, walk_min, ratio = (np.full(len(estates), np.nan) for _ in range(3))
    venue_id[near.estate] = access.venue_ids.to_numpy(dtype=object)[near.venue]
    walk_m[near.estate], walk_min[near.estate] = near.walk_dm / 10, near.walk_cmin / 100
    straight = distance_m(
        estates["lon"].to_numpy()[near.estate], estates["lat"].to_numpy()[near.estate],
        venues["lon"].to_numpy()[near.venue], venues["lat"].to_numpy()[near.venue],
    )  # fmt: skip
    far = straight >= 1.0  # the ratio of two rounded nothings says nothing
    ratio[near.estate[far]] = (near.walk_dm[far] / 10 / straight[far]).round(2)
    return table.assign(venue_id=venue_id, walk_m=walk_m, walk_min=walk_min, detour_ratio=ratio)
