"""Our minutes against those that somebody walked in person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Text

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

COMPARED, NO_MINUTES, NO_WALK = "compared", "no_minutes", "no_walk"
"""What becomes of a timed walk: compared; its row has no minutes; the streets have no such walk."""


@dataclass(frozen=True, slots=True)
class Walked:
    """How far our minutes are from the timed ones.

    Attributes
    ----------
    table
        One row per timed walk, in the file's order: estate_id, venue_id, profile, date, status (``compared``,
        ``no_minutes``, ``no_walk``), walk_min (ours), walked_min (theirs), difference_min (ours less theirs), ratio
        (ours by theirs), walk_min_low, walk_min_high, within (theirs lies in our range; blank where not
        compared), note, source_row.
    compared
        How many walks could be compared.
    median_difference_min, median_ratio, median_deviation_share
        Medians over these: of the difference, of the ratio, and of its distance from 1 whatever the sign; NaN
        where none was compared. The median of an even number is the mean of the two middle ones.
    within_share
        Share of these (0..1) whose timed minutes lie in our range.
    """

    table: pd.DataFrame
    compared: int
    median_difference_min: float
    median_ratio: float
    median_deviation_share: float
    within_share: float

    def sentences(self) -> list[Text]:
        """Return what a report says of it."""
        n, of = self.compared, len(self.table)
        if not of:
            return []
        out = []
        inside = Text("", "")
        if not np.isnan(self.within_share):
            inside = Text(
                f"; {self.within_share:.0%} of the timed ones lie within our range",
                f"；{self.within_share:.0%} 的实测值在给出的范围内",
            )
        if n:
            off = self.median_ratio - 1
            en = (
                "as long as"
                if round(off, 3) == 0
                else f"{abs(off):.1%} {'longer' if off > 0 else 'shorter'} than"
            )
            zh = "与实测相同" if round(off, 3) == 0 else f"比实测{'长' if off > 0 else '短'} {abs(off):.1%}"
            out.append(
                Text(
                    f"{n} walks were timed in person: our minutes are in the median {en} the timed ones "
                    f"({self.median_difference_min:+.1f} min) and off by {self.median_deviation_share:.1%} either way"
                    + inside.en,
                    f"实地步行 {n} 次：计算时间的中位数{zh}（{self.median_difference_min:+.1f} 分钟），"
                    f"偏差绝对值中位数 {self.median_deviation_share:.1%}" + inside.zh,
                )
            )
        for status, text in (
            (NO_MINUTES, Text("without minutes", "没有填写分钟数")),
            (NO_WALK, Text("between places that no street joins", "两地之间没有道路相连")),
        ):
            count = int((self.table["status"] == status).sum())
            if count:
                out.append(
                    Text(
                        f"{count} of {of} timed walks could not be compared: {text.en}",
                        f"{of} 次实地步行中有 {count} 次无法比较：{text.zh}",
                    )
                )
        return out


def compare_walked(checks: pd.DataFrame, walks: pd.DataFrame) -> Walked:
    """Compare our minutes with those that somebody walked.

    Parameters
    ----------
    checks
        As :func:`walkshed.tables.checks.read_checks` returns them.
    walks
        Our walks between those places: estate_id, venue_id, profile, walk_min and, where there is one, the range
        walk_min_low, walk_min_high; no pair twice. A pair that is not there is a walk we have not.

    Examples
    --------
    >>> import pandas as pd
    >>> checks = pd.DataFrame({"estate_id": ["E"], "venue_id": ["V"], "profile": ["adult"], "minutes": [5.0],
    ...     "date": [pd.NaT], "note": [""], "source_row": [2]})
    >>> ours = pd.DataFrame({"estate_id": ["E"], "venue_id": ["V"], "profile": ["adult"], "walk_min": [5.5],
    ...     "walk_min_low": [5.0], "walk_min_high": [6.11]})
    >>> found = compare_walked(checks, ours)
    >>> round(found.median_ratio, 2), found.within_share
    (1.1, 1.0)
    """
    import pandas as pd

    keys = ["estate_id", "venue_id", "profile"]
    given = [name for name in ("walk_min", "walk_min_low", "walk_min_high") if name in walks]
    ours = checks[keys].merge(walks[[*keys, *given]], on=keys, how="left", validate="many_to_one")
    walk, low, high = (
        ours[name].to_numpy(dtype=np.float64) if name in ours else np.full(len(ours), np.nan)
        for name in ("walk_min", "walk_min_low", "walk_min_high")
    )
    timed = checks["minutes"].to_numpy(dtype=np.float64)
    status = np.where(np.isnan(timed), NO_MINUTES, np.where(np.isnan(walk), NO_WALK, COMPARED))
    ok = status == COMPARED
    difference = np.where(ok, walk - timed, np.nan)
    ratio = np.where(ok, walk / timed, np.nan)
    ranged = ok & ~np.isnan(low) & ~np.isnan(high)
    within = pd.Series(pd.NA, index=checks.index, dtype="boolean")
    within[ranged] = ((low <= timed) & (timed <= high))[ranged]
    table = pd.DataFrame(
        {
            **{name: checks[name] for name in (*keys, "date")},
            "status": pd.Series(status.tolist(), index=checks.index, dtype="str"),
            "walk_min": walk,
            "walked_min": timed,
            "difference_min": difference.round(2),
            "ratio": ratio.round(3),
            "walk_min_low": low,
            "walk_min_high": high,
            "within": within,
            "note": checks["note"],
            "source_row": checks["source_row"],
        }
    )
    return Walked(
        table,
        compared=int(ok.sum()),
        median_difference_min=_median(difference[ok]),
        median_ratio=_median(ratio[ok]),
        median_deviation_share=_median(np.abs(ratio[ok] - 1)),
        within_share=float(within[ranged].mean()) if ranged.any() else float("nan"),
    )


def _median(values: NDArray[np.float64]) -> float:
    return float(np.median(values)) if len(values) else float("nan")
