"""What is counted: estates themselves, and the numbers of people and homes in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

COUNTS = ("households", "residents", "aged_60_plus")
"""Demand columns that are recognised by their headers; others are named in ``weights``."""


def measures_of(estates: gpd.GeoDataFrame, weights: Sequence[str] = ()) -> dict[str, NDArray[np.float64]]:
    """Return each measure's value by estate; ``estates`` counts 1 each, a blank number is NaN.

    Recognised counts that no estate has a number for are left out. Homes (``walkshed.homes.Homes.table``) count
    as their share of an estate.
    """
    homes = {"share", "building_id"} <= set(estates.columns)
    measures = {"estates": estates["share"].to_numpy(dtype=np.float64) if homes else np.ones(len(estates))}
    for name in (*COUNTS, *weights):
        if name in estates:
            values = estates[name].to_numpy(dtype=np.float64)
            if name in weights or not np.isnan(values).all():
                measures[name] = values
    return measures


def main_measure(estates: gpd.GeoDataFrame) -> str:
    """Return what a headline speaks of: households, else residents, else estates."""
    measures = measures_of(estates)
    return next((name for name in ("households", "residents") if name in measures), "estates")
