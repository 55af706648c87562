"""The answer in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from walkshed.errors import Text
from walkshed.report.measures import main_measure, measures_of
from walkshed.report.summary import headline_row
from walkshed.report.venues import open_on, placed

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd

    from walkshed.profiles import Profile
    from walkshed.standards import Standard
    from walkshed.walking.access import Access

_NAMES = {
    "households": Text("households", "户"),
    "residents": Text("residents", "人"),
    "estates": Text("estates", "个小区"),
}


class _Study(Protocol):
    @property
    def profiles(self) -> Sequence[Profile]: ...
    @property
    def standards(self) -> Sequence[Standard]: ...
    @property
    def date(self) -> dt.date: ...


@dataclass(frozen=True, slots=True)
class Headline:
    """The headline's numbers and its sentence.

    ``low_share`` and ``high_share`` are the covered share by what is not sure of speed, legs and gates.
    ``at_least`` says that an open venue could not be placed, so that the truth may be higher.
    """

    measure: str
    covered: float
    total: float
    unknown: float
    at_least: bool
    text: Text
    low_share: float = 0.0
    high_share: float = 0.0


def headline(
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    summary: pd.DataFrame,
    access: Access,
    study: _Study,
    *,
    coverage: pd.DataFrame,
) -> Headline:
    """Return the headline for the first profile and standard."""
    row = headline_row(estates, summary)
    measure = main_measure(estates)
    covered, total, unknown = float(row["covered"]), float(row["total"]), float(row["unknown"])
    missing = int((open_on(venues, study.date) & ~placed(access)[0]).sum())
    standard, profile = study.standards[0], study.profiles[0]
    share = covered / total if total else 0.0
    low, high = share_range(estates, coverage, profile=profile.name, standard=standard.name)
    name = _NAMES[measure]
    en = (
        f"{'At least ' if missing else ''}{share:.1%} of {name.en} ({covered:,.0f} of {total:,.0f}) are within "
        f"{standard.label('en')} of an open venue on foot ({profile.label('en')}, {profile.speed_mps:g} m/s)"
        + (f"; between {low:.1%} and {high:.1%} by what is not sure" if high > low else "")
    )
    zh = (
        f"{'至少 ' if missing else ''}{share:.1%} 的{'住户' if measure == 'households' else '居民' if measure == 'residents' else '小区'}"
        f"（{covered:,.0f} / {total:,.0f} {name.zh}）步行 {standard.label('zh')}内可达开放场所"
        f"（{profile.label('zh')}，{profile.speed_mps:g} 米/秒）"
        + (f"；考虑不确定性为 {low:.1%}～{high:.1%}" if high > low else "")
    )
    if unknown:
        en += f"; {unknown:,.0f} cannot be judged"
        zh += f"；{unknown:,.0f} {name.zh}无法判断"
    if missing:
        en += f"; {missing} open venue{'s' if missing > 1 else ''} could not be placed"
        zh += f"；{missing} 个开放场所未能定位"
    text = Text(en + ".", zh + "。")
    return Headline(measure, covered, total, unknown, bool(missing), text, low, high)


def share_range(
    estates: gpd.GeoDataFrame, coverage: pd.DataFrame, *, profile: str, standard: str
) -> tuple[float, float]:
    """Return the covered share of the main measure at worst and at best.

    At worst only what is certainly covered counts; at best also what is not certainly uncovered. What cannot be
    judged counts against in both.
    """
    import numpy as np

    rows = coverage[(coverage["profile"] == profile) & (coverage["standard"] == standard)]
    amount = np.nan_to_num(measures_of(estates)[main_measure(estates)])
    covered = rows["covered_share"].to_numpy(dtype=np.float64)
    known = 1.0 - rows["unknown_share"].to_numpy(dtype=np.float64)
    sure = rows["certain"].to_numpy(dtype=bool)
    whole = float(amount.sum())
    if not whole:
        return 0.0, 0.0
    low, high = np.where(sure, covered, 0.0), np.where(sure, covered, known)
    return float((amount * low).sum()) / whole, float((amount * high).sum()) / whole
