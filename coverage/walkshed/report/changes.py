"""What changed for whom between two runs: who came inside the standard, who fell out, whose walk is another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Text

if TYPE_CHECKING:
    import pandas as pd

GAINED, LOST, NEARER, FARTHER, SAME = "gained", "lost", "nearer", "farther", "same"
"""Covered now and not before; the other way round; a shorter walk; a longer one; nothing changed."""

_KEYS = ["estate_id", "profile", "standard"]
_KEPT = ("status", "reason", "venue_id", "walk_m", "walk_min", "covered_share")


def changes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return what became different for each estate, profile and standard.

    Parameters
    ----------
    before, after
        Coverage tables (:func:`walkshed.report.coverage.coverage`). A row that only one of them has is kept; its
        change is blank.

    Returns
    -------
    pandas.DataFrame
        In the order of ``after``, then what only ``before`` has: estate_id, profile, standard, change (``gained``,
        ``lost``, ``nearer``, ``farther``, ``same``, ""), status_before, status, reason_before, reason,
        venue_id_before, venue_id, walk_m_before, walk_m, walk_min_before, walk_min, covered_share_before,
        covered_share, difference_m, difference_min (after less before, NaN where either has no walk).

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"estate_id": ["E"], "profile": ["adult"], "standard": ["5 min"], "reason": [""], "venue_id": ["V"],
    ...     "walk_m": [500.0], "covered_share": [0.0]}
    >>> before = pd.DataFrame({**row, "status": ["uncovered"], "walk_min": [6.4]})
    >>> after = pd.DataFrame({**row, "status": ["covered"], "walk_min": [4.9]})
    >>> changes(before, after)[["change", "difference_min"]].values.tolist()
    [['gained', -1.5]]
    """
    import pandas as pd

    old, new = (table[[*_KEYS, *_KEPT]] for table in (before, after))
    both = new.merge(
        old, on=_KEYS, how="left", suffixes=("", "_before"), validate="one_to_one", indicator=True
    )
    gone = old.merge(new[_KEYS], on=_KEYS, how="left", indicator=True)
    gone = gone[gone["_merge"] == "left_only"].drop(columns="_merge")
    gone = gone.rename(columns={name: f"{name}_before" for name in _KEPT})
    table = pd.concat([both, gone], ignore_index=True) if len(gone) else both
    matched = (table["_merge"] == "both").to_numpy() if len(table) else np.zeros(0, dtype=bool)
    for unit in ("m", "min"):
        table[f"difference_{unit}"] = (table[f"walk_{unit}"] - table[f"walk_{unit}_before"]).round(2)
    was, now = ((table[name] == "covered").to_numpy() for name in ("status_before", "status"))
    longer, start = table["walk_min"].to_numpy(dtype=float), table["walk_min_before"].to_numpy(dtype=float)
    longer, start = np.nan_to_num(longer, nan=np.inf), np.nan_to_num(start, nan=np.inf)
    moved = np.where(longer < start, NEARER, np.where(longer > start, FARTHER, SAME))
    change = np.where(now & ~was, GAINED, np.where(was & ~now, LOST, moved))
    table["change"] = pd.Series(np.where(matched, change, "").tolist(), index=table.index, dtype="str")
    pairs = [column for name in _KEPT for column in (f"{name}_before", name)]
    return table[[*_KEYS, "change", *pairs, "difference_m", "difference_min"]]


def changes_said(table: pd.DataFrame) -> list[Text]:
    """Return a sentence for each profile and standard: how many estates gained, lost, walk less and more."""
    said = []
    for (profile, standard), part in table.groupby(["profile", "standard"], sort=False):
        n = {word: int((part["change"] == word).sum()) for word in (GAINED, LOST, NEARER, FARTHER)}
        said.append(
            Text(
                f"{profile}, {standard}: {n[GAINED]} estates came inside the standard, {n[LOST]} fell out; of the others "
                f"{n[NEARER]} walk less and {n[FARTHER]} more",
                f"{profile}，{standard}：{n[GAINED]} 个小区新达标，{n[LOST]} 个不再达标；其余 {n[NEARER]} 个步行更近，"
                f"{n[FARTHER]} 个更远",
            )
        )
    return said
