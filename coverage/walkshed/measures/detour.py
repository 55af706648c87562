"""Detour: how much longer the walk is than the straight line."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from walkshed.measures.amounts import amounts_of, coded_units, share_of, sums_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

LONGEST, SHORTEST = 2.5, 1.0
"""A ratio above the first or below the second says that the data are at fault: a missing path, a wrong place."""

_LEAST_M = 1.0
_ROUNDING_M = 0.1


class Detours(NamedTuple):
    """Walks against straight lines.

    Attributes
    ----------
    estates
        estate_id, walk_m, straight_m, detour_ratio (blank without a walk or below a metre), flag (``too_long``,
        ``too_short`` or blank).
    units
        level, unit, total (demand with a ratio), detour_ratio (Σ w·walk / Σ w·straight), too_long, too_short (estates),
        no_ratio (estates without one).
    """

    estates: pd.DataFrame
    units: pd.DataFrame


def detours(
    walk_m: ArrayLike,
    straight_m: ArrayLike,
    *,
    estate_ids: Sequence[str] | pd.Index[str],
    demand: ArrayLike | None = None,
    units: Mapping[str, NDArray[np.object_]] | None = None,
) -> Detours:
    """Return the detour index, walk / straight line [1]_, of estates and units, and flag what cannot be.

    On a pure grid it is 1.41 at most, usually 1.2 to 1.4. Above 2.5 a path is missing, on the map or on the ground;
    below 1.0, by more than the rounding of a walk (0.1 m), a place is wrong, or the walk starts at another entry than the
    point the line is drawn from.

    Parameters
    ----------
    walk_m, straight_m
        Of each estate to its nearest venue; NaN or infinite without one.
    estate_ids
        Their ids.
    demand
        Weights of the units' ratios; 1 each by default.
    units
        From :func:`walkshed.report.summary.units_of`; the total alone by default.

    References
    ----------
    .. [1] M. Barthélemy, "Spatial networks", *Physics Reports* 499(1-3), 2011, 1-101, section 2.2.3 (the route factor).

    Examples
    --------
    >>> found = detours([140, 900, 95], [100, 300, 100], estate_ids=["A", "B", "C"])
    >>> found.estates[["detour_ratio", "flag"]]
       detour_ratio       flag
    0          1.40
    1          3.00   too_long
    2          0.95  too_short
    >>> found.units[["detour_ratio", "too_long", "too_short"]]
       detour_ratio  too_long  too_short
    0          2.27         1          1
    """
    import pandas as pd

    n = len(estate_ids)
    walk, line = (np.array(side, dtype=np.float64) for side in (walk_m, straight_m))
    if walk.shape != (n,) or line.shape != (n,):
        raise ValueError(f"walks and straight lines are one for each of {n} estates")
    weight, _ = amounts_of(np.ones(n) if demand is None else demand, n, "demand")
    walk[~np.isfinite(walk)], line[~np.isfinite(line)] = np.nan, np.nan
    known = ~np.isnan(walk) & (line >= _LEAST_M)
    ratio = np.full(n, np.nan)
    ratio[known] = walk[known] / line[known]
    flag = np.full(n, "", dtype=object)
    flag[ratio > LONGEST] = "too_long"
    flag[known & (walk < SHORTEST * line - _ROUNDING_M)] = "too_short"
    estates = pd.DataFrame({
        "estate_id": np.asarray(estate_ids, dtype=object),
        "walk_m": walk,
        "straight_m": line.round(1),
        "detour_ratio": ratio.round(2),
        "flag": flag,
    })  # fmt: skip
    frames = []
    for level, code, names in coded_units(units, n):
        k = len(names)
        frames.append(pd.DataFrame({
            "level": level,
            "unit": names,
            "total": sums_of(weight * known, code, k),
            "detour_ratio": share_of(
                sums_of(np.where(known, weight * walk, 0.0), code, k), sums_of(np.where(known, weight * line, 0.0), code, k)
            ).round(2),
            "too_long": sums_of((flag == "too_long").astype(np.float64), code, k).astype(np.int64),
            "too_short": sums_of((flag == "too_short").astype(np.float64), code, k).astype(np.int64),
            "no_ratio": sums_of((~known).astype(np.float64), code, k).astype(np.int64),
        }))  # fmt: skip
    return Detours(estates, pd.concat(frames, ignore_index=True))
