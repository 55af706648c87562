"""Everybody at their own pace: old people counted as old walkers, the others as the study's first walker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Text
from walkshed.report.summary import TOTAL, units_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd

    from walkshed.profiles import Profile
    from walkshed.standards import Standard


def walkers_by_age(profiles: Sequence[Profile], estates: gpd.GeoDataFrame) -> tuple[Profile, Profile] | None:
    """Return the walker of people in general and that of the people of a column, None without both or their numbers.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from walkshed.profiles import PRESETS
    >>> estates = gpd.GeoDataFrame({"residents": [900.0], "aged_60_plus": [300.0]})
    >>> [one.name for one in walkers_by_age([PRESETS["adult"], PRESETS["70-79"]], estates)]
    ['adult', '70-79']
    """
    general = next((one for one in profiles if not one.people), None)
    own = next((one for one in profiles if one.people), None)
    if general is None or own is None:
        return None
    columns = ("residents", own.people)
    if any(name not in estates or estates[name].isna().all() for name in columns):
        return None
    return general, own


def by_age(
    estates: gpd.GeoDataFrame,
    coverage: pd.DataFrame,
    *,
    profiles: Sequence[Profile],
    standards: Sequence[Standard],
    levels: Sequence[str],
) -> pd.DataFrame | None:
    """Return covered residents by unit if the people of a profile's column walk as it says, and the others as usual.

    Of estate i with r residents, of whom a are old, (r - a) c_general + a c_old are covered, where c is the covered
    share of the estate's row in coverage.csv.

    Returns
    -------
    pandas.DataFrame or None
        level, unit, standard, profile (of people in general), profile_own, people (the column), total (residents),
        own (of them), covered, uncovered, unknown, covered_share (blank where the total is 0), no_value (estates
        without one of the two numbers, or with more old people than residents: they count as nobody). None where no
        profile of the study has a column that the estates know.
    """
    import pandas as pd

    pair = walkers_by_age(profiles, estates)
    if pair is None:
        return None
    general, own = pair
    whole, part = (estates[name].to_numpy(dtype=np.float64) for name in ("residents", own.people))
    known = ~np.isnan(whole) & ~np.isnan(part) & (part <= whole)
    whole, part = np.where(known, whole, 0.0), np.where(known, part, 0.0)
    rows = {
        key: frame[["covered_share", "unknown_share"]].to_numpy(dtype=np.float64)
        for key, frame in coverage.groupby(["profile", "standard"], sort=False)
    }
    frames = []
    for level, unit in units_of(estates, levels).items():
        code, names = pd.factorize(unit)
        for standard in standards:
            usual, old = (rows[one.name, standard.name] for one in (general, own))
            people = (whole - part)[:, None] * usual + part[:, None] * old
            total, mine, yes, open_, blank = (
                np.bincount(code, weights=values, minlength=len(names))
                for values in (whole, part, people[:, 0], people[:, 1], ~known)
            )
            frames.append(pd.DataFrame({
                "level": level, "unit": names, "standard": standard.name, "profile": general.name,
                "profile_own": own.name, "people": own.people, "total": total, "own": mine, "covered": yes.round(2),
                "uncovered": (total - yes - open_).round(2), "unknown": open_.round(2),
                "covered_share": np.divide(yes, total, out=np.full(len(total), np.nan), where=total > 0).round(6),
                "no_value": blank.astype(int),
            }))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


_COLUMNS = {"aged_60_plus": Text("those aged 60 and over", "60 岁以上居民")}


def by_age_said(table: pd.DataFrame | None, profiles: Sequence[Profile], standard: Standard) -> Text | None:
    """Return the answer of :func:`by_age` for one standard in a sentence."""
    if table is None:
        return None
    row = table[(table["level"] == TOTAL) & (table["standard"] == standard.name)].iloc[0]
    if not row["total"]:
        return None
    of = {one.name: one for one in profiles}
    general, own = of[row["profile"]], of[row["profile_own"]]
    people = _COLUMNS.get(own.people, Text(own.people, own.people))
    share, total = row["covered_share"], row["total"]
    left_out = int(row["no_value"])
    en = (
        f"Everybody at their own pace ({people.en} as {own.label('en')}, the others as {general.label('en')}): "
        f"{share:.1%} of {total:,.0f} residents are within {standard.label('en')}"
        + (f"; {left_out} estates without numbers are left out" if left_out else "")
    )
    zh = (
        f"按各自步速（{people.zh}按{own.label('zh')}，其余按{general.label('zh')}）：{total:,.0f} 名居民中 {share:.1%} "
        f"步行 {standard.label('zh')}内可达" + (f"；{left_out} 个小区缺人口数，未计入" if left_out else "")
    )
    return Text(en + ".", zh + "。")
