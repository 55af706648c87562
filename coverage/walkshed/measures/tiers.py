"""Tiers: an area's own venue, a community's own venue, each judged by its own standard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.measures.amounts import amounts_of, coded_units, share_of, sums_of
from walkshed.standards import Standard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

TIER_STANDARDS = (
    Standard(minutes=5, tier="area"),
    Standard(minutes=10, tier="community"),
    Standard(minutes=15, tier="community"),
)
"""An area's venue within 5 minutes, a community's within 10, or 15 at most (the living circles of GB 50180-2018)."""


def tiers(coverage: pd.DataFrame, *, standards: Sequence[Standard] = TIER_STANDARDS) -> pd.DataFrame:
    """Return the answer for each estate and tier: the rows of the coverage table whose standard names a tier.

    A higher tier does not stand in for a lower one (GB 50180-2018: the circles are provided each in its own right): an
    estate beside a community centre still needs its area's own room.

    Parameters
    ----------
    coverage
        From :func:`walkshed.report.coverage.coverage`, made with these standards.
    standards
        Those that name no tier are left out.

    Returns
    -------
    pandas.DataFrame
        estate_id, profile, tier, standard, status, reason, venue_id, walk_m, walk_min: in the order of the table.

    Raises
    ------
    ValueError
        No standard names a tier, or the table has none of one's rows.

    Examples
    --------
    >>> import pandas as pd
    >>> coverage = pd.DataFrame({"estate_id": ["A", "A"], "profile": "adult", "standard": ["5 min area", "10 min community"],
    ...     "status": ["uncovered", "covered"], "reason": ["too_far", ""], "venue_id": ["1", "2"], "walk_m": [500.0, 600.0],
    ...     "walk_min": [6.41, 7.69]})
    >>> tiers(coverage, standards=TIER_STANDARDS[:2])[["estate_id", "tier", "standard", "status"]]
      estate_id       tier          standard     status
    0         A       area        5 min area  uncovered
    1         A  community  10 min community    covered
    """
    named = {standard.name: standard.tier for standard in standards if standard.tier}
    if not named:
        raise ValueError("no standard names a tier")
    missing = [name for name in named if len(coverage) and name not in set(coverage["standard"])]
    if missing:
        raise ValueError(f"the table of coverage has no rows of {', '.join(missing)}")
    rows = coverage[coverage["standard"].isin(list(named))]
    columns = [
        "estate_id",
        "profile",
        "tier",
        "standard",
        "status",
        "reason",
        "venue_id",
        "walk_m",
        "walk_min",
    ]
    return rows.assign(tier=rows["standard"].map(named))[columns].reset_index(drop=True)


def tiers_by_unit(
    table: pd.DataFrame,
    demand: ArrayLike,
    *,
    estate_ids: pd.Index[str],
    units: Mapping[str, NDArray[np.object_]] | None = None,
) -> pd.DataFrame:
    """Return how much demand meets each tier's standard, all of them, and none, by unit.

    Parameters
    ----------
    table
        From :func:`tiers`.
    demand
        Of each of ``estate_ids``; NaN is a blank.
    units
        From :func:`walkshed.report.summary.units_of`; the total alone by default.

    Returns
    -------
    pandas.DataFrame
        level, unit, profile, standard (``(all)`` and ``(none)`` beside those of the table), total, covered, covered_share.
        Unknown counts as not covered.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"estate_id": ["A", "A", "B", "B"], "profile": "adult", "standard": ["area", "community"] * 2,
    ...     "status": ["covered", "covered", "uncovered", "covered"]})
    >>> tiers_by_unit(table, [100, 300], estate_ids=pd.Index(["A", "B"]))[["standard", "covered", "covered_share"]]
        standard  covered  covered_share
    0       area    100.0           0.25
    1  community    400.0           1.00
    2      (all)    100.0           0.25
    3     (none)      0.0           0.00
    """
    import pandas as pd

    weight, _ = amounts_of(demand, len(estate_ids), "demand")
    number = estate_ids.get_indexer(pd.Index(table["estate_id"]))
    if (number < 0).any():
        raise ValueError("the table has estates that are not among the ids")
    found: list[tuple[str, str, NDArray[np.bool_]]] = []
    for profile, rows in table.groupby("profile", sort=False):
        each = []
        for standard, some in rows.groupby("standard", sort=False):
            meets = np.zeros(len(estate_ids), dtype=bool)
            meets[number[table.index.get_indexer(some.index)]] = (some["status"] == "covered").to_numpy()
            each.append(meets)
            found.append((str(profile), str(standard), meets))
        found.append((str(profile), "(all)", np.logical_and.reduce(each)))
        found.append((str(profile), "(none)", ~np.logical_or.reduce(each)))
    frames = []
    for level, code, names in coded_units(units, len(estate_ids)):
        total = sums_of(weight, code, len(names))
        for profile, standard, meets in found:
            covered = sums_of(weight * meets, code, len(names))
            frames.append(pd.DataFrame({
                "level": level, "unit": names, "profile": profile, "standard": standard,
                "total": total, "covered": covered, "covered_share": share_of(covered, total),
                "_unit": np.arange(len(names)),
            }))  # fmt: skip
    made = pd.concat(frames, ignore_index=True)
    rank = {level: at for at, level in enumerate(dict.fromkeys(made["level"]))}
    order = np.lexsort((np.arange(len(made)), made["_unit"], made["level"].map(rank)))
    return made.iloc[order].drop(columns="_unit").reset_index(drop=True)
