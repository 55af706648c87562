"""Coverage where people are known to live in buildings: from the walks of homes to the estate's row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.report.homes import distribution, estate_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.homes import Homes
    from walkshed.profiles import Profile
    from walkshed.standards import Standard


def coverage_of_homes(
    units: pd.DataFrame,
    homes: Homes,
    estates: gpd.GeoDataFrame,
    *,
    profiles: Sequence[Profile],
    standards: Sequence[Standard],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return coverage by estate from coverage by home, and how the households' walks are distributed.

    Status, venue, reason and range are those of the estate's median household; walk_m and walk_min are
    household-weighted medians; the shares are exact.

    Parameters
    ----------
    units
        The table of :func:`walkshed.report.coverage.coverage` for ``homes.units``.
    homes
        From :func:`walkshed.homes.spread`.
    estates
        The located estates.

    Returns
    -------
    coverage, distribution
        As ``coverage.csv`` and ``homes.csv`` have them.
    """
    import pandas as pd

    by_choice = dict(list(units.groupby(["profile", "standard"], sort=False)))
    frames, spread = [], []
    ids = estates.index.to_numpy()
    for profile in profiles:
        for standard in standards:
            own = by_choice[profile.name, standard.name].reset_index(drop=True)
            rows = estate_rows(
                estate=homes.estate,
                n_estates=len(estates),
                households=_households(homes),
                share=homes.units["share"].to_numpy(dtype=np.float64),
                walk_m=own["walk_m"].to_numpy(dtype=np.float64),
                walk_min=own["walk_min"].to_numpy(dtype=np.float64),
                unknown=(own["status"] == "unknown").to_numpy(dtype=bool),
                limit=standard.limit,
                by="walk_min" if standard.minutes is not None else "walk_m",
            )
            median = own.iloc[rows["unit"].to_numpy()]
            frame = pd.DataFrame(
                {
                    "estate_id": ids,
                    "profile": profile.name,
                    "standard": standard.name,
                    "status": rows["status"].to_numpy(),
                    "reason": np.where(rows["status"] == "covered", "", median["reason"].to_numpy()),
                    "venue_id": median["venue_id"].to_numpy(),
                    "walk_m": rows["walk_m"].to_numpy(),
                    "walk_min": rows["walk_min"].to_numpy(),
                    "covered_share": rows["covered_share"].to_numpy(),
                    "unknown_share": rows["unknown_share"].to_numpy(),
                    "walk_min_low": median["walk_min_low"].to_numpy(),
                    "walk_min_high": median["walk_min_high"].to_numpy(),
                    "certain": median["certain"].to_numpy(),
                }
            )
            frames.append(frame)
            spread.append((profile.name, standard.name, rows))
    table = pd.concat(frames, ignore_index=True)
    order = np.argsort(np.tile(np.arange(len(estates)), len(frames)), kind="stable")
    return table.iloc[order].reset_index(drop=True), distribution(spread, estates.index)


def _households(homes: Homes) -> NDArray[np.float64]:
    if "households" in homes.counts:
        return homes.counts["households"].to_numpy(dtype=np.float64)
    return np.full(len(homes.units), np.nan)


def demand_of_homes(homes: Homes) -> dict[str, NDArray[np.float64]]:
    """Return each measure's value by home; an estate counts 1 in all."""
    return {"estates": homes.units["share"].to_numpy(dtype=np.float64)} | {
        str(name): homes.counts[name].to_numpy(dtype=np.float64) for name in homes.counts
    }
