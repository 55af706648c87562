"""Floor area: square metres of venues per head and per 100 households, by unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.measures.amounts import share_of, sums_of
from walkshed.report.summary import BLANK, units_of
from walkshed.report.venues import open_on

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

M2_PER_100_HOUSEHOLDS = 30.0
"""Square metres of community service space per 100 households that Chinese plans ask for."""


def floor_area(
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    *,
    date: dt.date,
    levels: Sequence[str] = (),
    standard_m2: float = M2_PER_100_HOUSEHOLDS,
    eligible: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Return the floor area of the venues that count, per head and per 100 households, by unit.

    m2_per_100_households = 100 · Σ_j area_j / Σ_i households_i over the venues and estates of the unit. Venues belong
    to the unit that their own columns name, not to the one they stand in. The rule of 30 m² per 100 households is that
    of the national plan for community services of 2021 to 2025 [1]_.

    Parameters
    ----------
    estates, venues
        The clean tables.
    date
        Venues that are open on this day count.
    levels
        Columns such as community and area; both tables may lack one: its units are then ``(blank)``.
    standard_m2
        What is asked for, per 100 households.
    eligible
        One per venue, whether it counts at all, such as those of one tier.

    Returns
    -------
    pandas.DataFrame
        level, unit, venues (that count), floor_area_m2, households, residents, m2_per_head,
        m2_per_100_households (blank without residents or households), unplaced_m2 (floor area of venues that name no
        unit of this level and may belong here), standard_m2, meets (True, False; blank without households, or where
        it hangs on unplaced_m2), missing_m2 (how much is missing to the standard; blank where that hangs on
        unplaced_m2), no_area (venues that count, without a floor area: the
        figures are then at least so much), no_households, no_residents (estates without that number: at most so much).
        The parts of a level add up to the total.

    References
    ----------
    .. [1] 国务院办公厅,《“十四五”城乡社区服务体系建设规划》(国办发〔2021〕56 号): 每百户居民拥有社区综合服务设施面积不低于 30 平方米.

    Examples
    --------
    >>> import datetime as dt, pandas as pd
    >>> estates = pd.DataFrame({"community": ["东", "西"], "households": [500.0, 0.0]})
    >>> venues = pd.DataFrame({"community": ["东"], "floor_area_m2": [120.0], "status": ["open"],
    ...     "opening_date": pd.to_datetime([None])})
    >>> table = floor_area(estates, venues, date=dt.date(2026, 1, 1), levels=["community"])
    >>> table[["unit", "m2_per_100_households", "meets", "missing_m2"]]
        unit  m2_per_100_households  meets  missing_m2
    0  total                   24.0  False        30.0
    1      东                   24.0  False        30.0
    2      西                    NaN   <NA>         0.0
    """
    import pandas as pd

    if not 0 < standard_m2 < float("inf"):
        raise ValueError(f"the floor area asked for is above 0, not {standard_m2}")
    counts = open_on(venues, date)
    if eligible is not None:
        counts = counts & eligible
    homes, rooms = (_units(table, levels) for table in (estates, venues))
    frames = []
    for depth, (level, unit) in enumerate(homes.items()):
        both = np.concatenate([unit, rooms[level][counts]])
        code, names = pd.factorize(both)
        if not len(names):
            names = np.array(["total"] if level == "total" else [], dtype=object)
        table = _of_level(level, names, code, estates, venues[counts])
        own = _paths(venues[counts], levels[:depth])
        # names are numbered as they come: estates' before venues'
        _, first = np.unique(code, return_index=True)
        home, room = first[first < len(unit)], first[first >= len(unit)] - len(unit)
        paths = [*_paths(estates.iloc[home], levels[:depth]), *(own[n] for n in room.tolist())]
        unplaced = _unplaced(paths or [()] * len(names), own, venues[counts])
        frames.append(_judged(table, unplaced, standard_m2))
    return pd.concat(frames, ignore_index=True)


def _units(table: pd.DataFrame, levels: Sequence[str]) -> dict[str, NDArray[np.object_]]:
    there = table.assign(**{level: "" for level in levels if level not in table})
    return units_of(there, levels)


def _of_level(
    level: str,
    names: NDArray[np.object_],
    code: NDArray[np.int64],
    estates: pd.DataFrame,
    venues: pd.DataFrame,
) -> pd.DataFrame:
    import pandas as pd

    home, room = code[: len(estates)], code[len(estates) :]

    def added(
        table: pd.DataFrame, column: str, unit: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        values = table[column].to_numpy(dtype=np.float64) if column in table else np.full(len(table), np.nan)
        sums, blank = (sums_of(one, unit, len(names)) for one in (np.nan_to_num(values), np.isnan(values)))
        return sums, blank.astype(np.int64)

    area, no_area = added(venues, "floor_area_m2", room)
    households, no_households = added(estates, "households", home)
    residents, no_residents = added(estates, "residents", home)
    ratio = share_of(100 * area, households)
    return pd.DataFrame({
        "level": level,
        "unit": names,
        "venues": np.bincount(room, minlength=len(names)),
        "floor_area_m2": area,
        "households": households,
        "residents": residents,
        "m2_per_head": share_of(area, residents).round(4),
        "m2_per_100_households": ratio.round(2),
        "no_area": no_area,
        "no_households": no_households,
        "no_residents": no_residents,
    })  # fmt: skip


def _paths(table: pd.DataFrame, levels: Sequence[str]) -> list[tuple[str, ...]]:
    """Return each row's names of the levels, from the widest to the narrowest."""
    columns = [
        table[level].fillna("").astype(str).str.strip().replace("", BLANK)
        if level in table
        else [BLANK] * len(table)
        for level in levels
    ]
    return list(zip(*columns, strict=True)) if columns else [()] * len(table)


def _unplaced(
    units: list[tuple[str, ...]], paths: list[tuple[str, ...]], venues: pd.DataFrame
) -> NDArray[np.float64]:
    """Return for each unit the floor area of venues that name no unit of its level and may belong to it."""
    if "floor_area_m2" not in venues:
        return np.zeros(len(units))
    area = np.nan_to_num(venues["floor_area_m2"].to_numpy(dtype=np.float64)).tolist()
    loose = [(path, m2) for path, m2 in zip(paths, area, strict=True) if m2 and BLANK in path]
    return np.array([
        0.0 if BLANK in unit else sum(m2 for path, m2 in loose if all(a in {BLANK, b} for a, b in zip(path, unit, strict=True)))
        for unit in units
    ])  # fmt: skip


def _judged(table: pd.DataFrame, unplaced: NDArray[np.float64], standard_m2: float) -> pd.DataFrame:
    """Judge the units of a level; what hangs on venues that name none of its units stays open."""
    import pandas as pd

    asked = standard_m2 * table["households"].to_numpy() / 100
    here = table["floor_area_m2"].to_numpy()
    enough = asked * (1 - 1e-9)
    hangs = (here < enough) & (here + unplaced >= enough)
    meets = pd.array(here >= enough, dtype="boolean")
    meets[(table["households"].to_numpy() <= 0) | hangs] = pd.NA
    judged: dict[str, Any] = {
        "unplaced_m2": unplaced,
        "standard_m2": standard_m2,
        "meets": meets,
        "missing_m2": np.where(hangs, np.nan, np.maximum(0.0, asked - here).round(1)),
    }
    place = list(table.columns).index("no_area")
    for number, (name, values) in enumerate(judged.items()):
        table.insert(place + number, name, values)
    return table
