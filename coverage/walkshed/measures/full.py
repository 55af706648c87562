"""Full venues: the coverage table when room counts too, and an allocation as a run tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Text

if TYPE_CHECKING:
    import pandas as pd

    from walkshed.measures.allocation import Allocation
    from walkshed.profiles import Profile
    from walkshed.standards import Standard


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


def rows_of_estates(
    allocation: Allocation,
    coverage: pd.DataFrame,
    homes: pd.DataFrame | None = None,
    *,
    profile: Profile,
    standard: Standard,
) -> pd.DataFrame:
    """Return an allocation's rows as a table of estates: who has no place near enough keeps the reason of coverage.

    Parameters
    ----------
    allocation
        Of estates; or of homes, whose rows then name the estate and the home, ``unit_id``.
    coverage
        From :func:`walkshed.report.coverage.coverage`, of the estates.
    homes
        The homes by their id, with the column ``estate_id``; None where estates are allocated.
    profile, standard
        Which were allocated.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkshed.measures import allocate, costs_from
    >>> from walkshed.profiles import ADULT
    >>> from walkshed.standards import Standard
    >>> table = pd.DataFrame({"estate_id": ["A", "B"], "venue_id": ["1", "1"], "walk_min": [1.0, 4.0]})
    >>> full = allocate(costs_from(table, estates=["A", "B", "C"]), [60, 50, 9], [60], limit=5)
    >>> coverage = pd.DataFrame({"estate_id": ["A", "B", "C"], "profile": "adult", "standard": "5 min",
    ...     "reason": ["", "", "not_located"]})
    >>> rows_of_estates(full, coverage, profile=ADULT, standard=Standard(minutes=5))["reason"].tolist()
    ['', 'venue_full', 'not_located']
    """
    table = allocation.rows
    if homes is not None:
        table = table.rename(columns={"estate_id": "unit_id"})
        table.insert(0, "estate_id", table["unit_id"].map(homes["estate_id"]))
    own = (coverage["profile"] == profile.name) & (coverage["standard"] == standard.name)
    why = table["estate_id"].map(coverage[own].set_index("estate_id")["reason"])
    known = (table["reason"] == "too_far") & (why != "")
    return table.assign(reason=table["reason"].mask(known, why))


def allocation_said(allocation: Allocation, standard: Standard, measure: str) -> Text:
    """Return in a sentence how much has a place within the standard, and how much none because venues are full.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkshed.measures import allocate, costs_from
    >>> from walkshed.standards import Standard
    >>> table = pd.DataFrame({"estate_id": ["A", "B"], "venue_id": ["1", "1"], "walk_min": [1.0, 4.0]})
    >>> full = allocate(costs_from(table), [60, 50], [60], limit=5)
    >>> allocation_said(full, Standard(minutes=5), "households").en
    'With the room that venues have, 60 households have a place within 5 min, and for 50 the venues are full.'
    """
    rows = allocation.rows
    amount = rows["demand"].fillna(0.0) * rows["share"]
    placed, full = (f"{amount[rows['reason'] == reason].sum():,.0f}" for reason in ("", "venue_full"))
    people = _PEOPLE.get(measure, Text(measure, measure))
    return Text(
        f"With the room that venues have, {placed} {people.en} have a place within {standard.label('en')}, and for {full} "
        "the venues are full.",
        f"按场所容量分配：{placed} {people.zh}在{standard.label('zh')}内有位置，{full} {people.zh}因场所容量已满而没有。",
    )


_PEOPLE = {
    "households": Text("households", "户"), "residents": Text("residents", "人"), "estates": Text("estates", "个小区"),
}  # fmt: skip
