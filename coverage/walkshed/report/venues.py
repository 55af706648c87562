"""Which venues count, and whom each one serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Finding, Source, Text
from walkshed.report.measures import measures_of
from walkshed.streets.ties import NOT_LOCATED, OFF_NETWORK

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.profiles import Profile
    from walkshed.standards import Standard
    from walkshed.walking.access import Access


def open_on(venues: gpd.GeoDataFrame, date: dt.date) -> NDArray[np.bool_]:
    """Whether each venue is open on a day.

    A venue whose status is open counts unless its opening date is later; one under construction or
    planned counts only from its opening date; a closed one never.
    """
    import pandas as pd

    status = venues["status"].to_numpy()
    opening = venues["opening_date"]
    begun = (opening <= pd.Timestamp(date)).to_numpy(dtype=bool)
    undated = opening.isna().to_numpy(dtype=bool)
    is_open = np.isin(status, ["open", ""]) & (undated | begun)
    return np.asarray(is_open | (np.isin(status, ["under_construction", "planned"]) & begun), dtype=bool)


def eligible_for(venues: gpd.GeoDataFrame, standard: Standard, date: dt.date) -> NDArray[np.bool_]:
    """Whether each venue counts for a standard on a day: it is open, and of the standard's tier and kind."""
    use = open_on(venues, date)
    if standard.tier:
        use &= (venues["tier"] == standard.tier).to_numpy(dtype=bool)
    if standard.kind:
        use &= (venues["kind"] == standard.kind).to_numpy(dtype=bool)
    return use


def opening_notices(venues: gpd.GeoDataFrame, date: dt.date, source: Source) -> list[Finding]:
    """Say which venues count or do not count because of their opening date."""
    counted = open_on(venues, date)
    said = []
    for (venue_id, venue), counts in zip(venues.iterrows(), counted.tolist(), strict=True):
        name = venue["name"] or venue_id
        where = source.at(row=int(venue["source_row"]), value=str(venue_id))
        if venue["status"] in {"under_construction", "planned"} and counts:
            text = Text(
                f"{name} is not reported open but its opening date has passed, so it counts",
                f"{name}状态未开放，但开放日期已到，按开放计算",
            )
            said.append(Finding("venues.counted_by_date", text, where))
        elif venue["status"] in {"open", ""} and not counts:
            text = Text(
                f"{name} opens on {venue['opening_date']:%Y-%m-%d}, after the study's date, so it does not count",
                f"{name}的开放日期为 {venue['opening_date']:%Y-%m-%d}，晚于研究日期，不计入",
            )
            said.append(Finding("venues.not_yet_open", text, where))
    return said


def placed(access: Access) -> tuple[NDArray[np.bool_], NDArray[np.object_]]:
    """Return whether each venue could be tied to the streets, and why not."""
    status = access.venue_ties.status
    reason = np.full(len(status), "", dtype=object)
    reason[status == NOT_LOCATED] = "not_located"
    reason[(status == NOT_LOCATED) & access.doubtful_venues] = "doubtful_location"
    reason[status == OFF_NETWORK] = "off_network"
    return (status != NOT_LOCATED) & (status != OFF_NETWORK), reason


def venue_table(
    access: Access,
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    coverage: pd.DataFrame,
    *,
    profiles: Sequence[Profile],
    standards: Sequence[Standard],
    date: dt.date,
    weights: Sequence[str] = (),
    measures: Mapping[str, NDArray[np.float64]] | None = None,
) -> pd.DataFrame:
    """Return whom each venue serves, one row per venue × profile × standard × measure.

    ``within`` is the demand of the estates within the standard of the venue, ``nearest`` of those
    for which it is the nearest, ``sole`` of those that have no other; ``reason`` says why a venue
    does not count (``not_located``, ``off_network``, ``not_open``, ``other_tier``, ``other_kind``). ``measures``
    gives the demand of each row of ``estates`` where that is not its own, as of homes.
    """
    import pandas as pd

    is_placed, unplaced = placed(access)
    opened = open_on(venues, date)
    by_choice = coverage.groupby(["profile", "standard"], sort=False)
    chosen = {key: frame for key, frame in by_choice}  # noqa: C416 - a GroupBy is no mapping
    number = pd.Series(np.arange(len(venues)), index=venues.index)
    measures = measures_of(estates, weights) if measures is None else measures
    frames = []
    for profile in profiles:
        for standard in standards:
            use = eligible_for(venues, standard, date)
            pairs = access.pairs[profile.name]
            limit = round(standard.limit * (100 if standard.minutes is not None else 10))
            walk = pairs.walk_cmin if standard.minutes is not None else pairs.walk_dm
            near = use[pairs.venue] & (walk <= limit)
            estate, venue = pairs.estate[near], pairs.venue[near]
            alone = np.bincount(estate, minlength=len(estates))[estate] == 1
            rows = chosen.get((profile.name, standard.name))
            covered = np.zeros(0, dtype=np.int64)
            nearest = np.zeros(0, dtype=np.int64)
            if rows is not None:
                is_covered = (rows["status"] == "covered").to_numpy(dtype=bool)
                covered = np.flatnonzero(is_covered)
                nearest = number[rows["venue_id"].to_numpy()[is_covered]].to_numpy()
            reason = np.where(use, unplaced, np.where(opened, _other(venues, standard), "not_open"))
            for measure, value in measures.items():
                amount = np.nan_to_num(value)
                frame = pd.DataFrame(
                    {
                        "venue_id": venues.index.to_numpy(),
                        "name": venues["name"].to_numpy(),
                        "status": venues["status"].to_numpy(),
                        "profile": profile.name,
                        "standard": standard.name,
                        "measure": measure,
                        "within": np.bincount(venue, weights=amount[estate], minlength=len(venues)),
                        "nearest": np.bincount(nearest, weights=amount[covered], minlength=len(venues)),
                        "sole": np.bincount(
                            venue[alone], weights=amount[estate[alone]], minlength=len(venues)
                        ),
                        "placed": is_placed,
                        "reason": reason,
                    }
                )
                frames.append(frame)
    table = pd.concat(frames, ignore_index=True)
    order = np.argsort(np.tile(np.arange(len(venues)), len(frames)), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def _other(venues: gpd.GeoDataFrame, standard: Standard) -> NDArray[np.object_]:
    other = np.full(len(venues), "", dtype=object)
    if standard.kind:
        other[(venues["kind"] != standard.kind).to_numpy(dtype=bool)] = "other_kind"
    if standard.tier:
        other[(venues["tier"] != standard.tier).to_numpy(dtype=bool)] = "other_tier"
    return other
