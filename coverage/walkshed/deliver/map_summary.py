"""What the map's page says of communities and areas: the numbers of summary.csv, and whose estates they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.deliver.map_lines import pack
from walkshed.deliver.words import MEASURES, shown, title
from walkshed.report.measures import main_measure
from walkshed.report.summary import BLANK, TOTAL, units_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd

    from walkshed.deliver.map_data import Scale
    from walkshed.errors import Language

_PARTS = ("covered", "uncovered", "unknown")


def summary_values(
    summary: pd.DataFrame | None,
    estates: gpd.GeoDataFrame,
    *,
    scales: Sequence[Scale],
    profiles: Sequence[str],
    language: Language,
) -> dict[str, Any] | None:
    """Return the levels, their units, which unit each estate is of, and the numbers of the main measure.

    Numbers stand under ``results`` by scale, profile and level; each has ``total`` by unit, and
    ``covered``, ``uncovered`` and ``unknown`` by standard and unit.
    """
    if summary is None or not len(summary) or not len(estates):
        return None
    measure = main_measure(estates)
    if measure not in set(summary["measure"]):
        measure = "estates"
    mine = summary[summary["measure"] == measure]
    names = [str(level) for level in mine["level"].unique()]
    levels = [level for level in names if level != TOTAL]
    units = units_of(estates, levels)
    order = {level: list(dict.fromkeys(mine.loc[mine["level"] == level, "unit"])) for level in units}
    return {
        "measure": MEASURES[measure].in_(language) if measure in MEASURES else measure,
        "counted": measure,
        "levels": [_level(level, order[level], units[level], language) for level in units],
        "results": [
            [[_numbers(mine, scale, profile, level, order[level]) for level in units] for profile in profiles]
            for scale in scales
        ],
    }


def _level(level: str, order: list[str], of_estate: Any, language: Language) -> dict[str, Any]:
    number = {unit: place for place, unit in enumerate(order)}
    codes = np.array([number.get(unit, -1) for unit in of_estate], dtype=np.int64)
    return {
        "name": shown("level", level, language) if level == TOTAL else title(level, language),
        "units": [_said(unit, language) for unit in order],
        "of": pack(np.diff(codes, prepend=0)),
    }


def _said(unit: str, language: Language) -> str:
    """Return a unit's path in words: communities and areas one after another, the blank ones said so."""
    if unit == TOTAL:
        return str(shown("unit", unit, language))
    return unit.replace(BLANK, str(shown("unit", BLANK, language))).replace("/", " / ")


def _numbers(table: pd.DataFrame, scale: Scale, profile: str, level: str, units: list[str]) -> dict[str, Any]:
    here = table[(table["profile"] == profile) & (table["level"] == level)]
    cuts = [
        here[here["standard"] == name].drop_duplicates("unit").set_index("unit").reindex(units)
        for name in scale.names
    ]
    values: dict[str, Any] = {"total": _short(cuts[-1]["total"])}
    return values | {part: [_short(cut[part]) for cut in cuts] for part in _PARTS}


def _short(values: pd.Series[Any]) -> list[float | int]:
    rounded = np.nan_to_num(values.to_numpy(dtype=float)).round(1).tolist()
    return [int(value) if value.is_integer() else value for value in rounded]
