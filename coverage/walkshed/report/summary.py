"""Adding up: coverage by community, area and in all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.report.measures import main_measure, measures_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

BLANK = "(blank)"
TOTAL = "total"


def units_of(estates: gpd.GeoDataFrame, levels: Sequence[str]) -> dict[str, NDArray[np.object_]]:
    """Return each estate's unit at every level; a unit is a path such as ``community/area``."""
    units: dict[str, NDArray[np.object_]] = {TOTAL: np.full(len(estates), TOTAL, dtype=object)}
    path = np.full(len(estates), "", dtype=object)
    for number, level in enumerate(levels):
        names = estates[level].fillna("").astype(str).str.strip().replace("", BLANK).to_numpy(dtype=object)
        path = names if number == 0 else path + "/" + names
        units[level] = path
    return units


def summary(
    estates: gpd.GeoDataFrame, coverage: pd.DataFrame, *, levels: Sequence[str], weights: Sequence[str] = ()
) -> pd.DataFrame:
    """Return covered, uncovered and unknown demand by unit; the parts add up to the total.

    Returns
    -------
    pandas.DataFrame
        level, unit, profile, standard, measure, total, covered, uncovered, unknown, covered_share
        (covered / total, blank where the total is 0), no_value (estates without that number). Units
        stand in the order in which the table of estates first names them.
    """
    import pandas as pd

    units, measures = units_of(estates, levels), measures_of(estates, weights)
    shares = {
        key: (frame["covered_share"].to_numpy(), frame["unknown_share"].to_numpy())
        for key, frame in coverage.groupby(["profile", "standard"], sort=False)
    }
    frames = []
    for level, unit in units.items():
        code, names = pd.factorize(unit)
        for (profile, standard), (covered, unknown) in shares.items():
            for measure, values in measures.items():
                amount = np.nan_to_num(values)
                parts = (amount, amount * covered, amount * (1 - covered - unknown), amount * unknown)
                total, yes, no, open_ = (
                    np.bincount(code, weights=part, minlength=len(names)) for part in parts
                )
                frames.append(pd.DataFrame({
                    "level": level,
                    "unit": names,
                    "profile": profile,
                    "standard": standard,
                    "measure": measure,
                    "total": total,
                    "covered": yes,
                    "uncovered": no,
                    "unknown": open_,
                    "covered_share": np.divide(yes, total, out=np.full(len(total), np.nan), where=total > 0).round(6),
                    "no_value": np.bincount(code, weights=np.isnan(values), minlength=len(names)).astype(int),
                    "_unit": np.arange(len(names)),
                }))  # fmt: skip
    table = pd.concat(frames, ignore_index=True)
    rank = {level: number for number, level in enumerate(units)}
    table["_level"] = table["level"].map(rank)
    table = table.sort_values(["_level", "_unit"], kind="stable")
    return table.drop(columns=["_level", "_unit"]).reset_index(drop=True)


def headline_row(estates: gpd.GeoDataFrame, table: pd.DataFrame) -> pd.Series:
    """Return the summary's most important row: everybody, first profile and standard, households if known."""
    rows = table[(table["level"] == TOTAL) & (table["measure"] == main_measure(estates))]
    return rows.iloc[0]
