"""Amounts: demand, capacities and units as clean arrays, one value a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.report.summary import TOTAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import ArrayLike, NDArray


def amounts_of(values: ArrayLike, length: int, name: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return amounts with 0 where they are blank, and which are blank.

    Parameters
    ----------
    values
        One a place; NaN is a blank.
    length
        How many places there are.
    name
        What it is, for the error.

    Raises
    ------
    ValueError
        Another number of values, or one that is negative or infinite.

    Examples
    --------
    >>> amounts_of([3, float("nan")], 2, "demand")
    (array([3., 0.]), array([False,  True]))
    """
    amount = np.array(values, dtype=np.float64)
    if amount.shape != (length,):
        raise ValueError(f"{name} has one value for each of {length} places, not the shape {amount.shape}")
    blank = np.isnan(amount)
    if np.isinf(amount).any() or (amount < 0).any():
        raise ValueError(f"{name} is a number of 0 or more, or blank (NaN)")
    amount[blank] = 0.0
    return amount, blank


def coded_units(
    units: Mapping[str, NDArray[np.object_]] | None, length: int
) -> Iterator[tuple[str, NDArray[np.int64], list[str]]]:
    """Yield each level with every place's unit as a number, and the units' names in the order of the table.

    Parameters
    ----------
    units
        Each place's unit at every level, as :func:`walkshed.report.summary.units_of` gives them; None is one
        unit, the total.

    Examples
    --------
    >>> [(level, names) for level, _, names in coded_units(None, 2)]
    [('total', ['total'])]
    """
    import pandas as pd

    for level, unit in ({TOTAL: np.full(length, TOTAL, dtype=object)} if units is None else units).items():
        if len(unit) != length:
            raise ValueError(f"the level {level} has one unit for each of {length} places, not {len(unit)}")
        code, names = pd.factorize(np.asarray(unit, dtype=object))
        named = [str(name) for name in names]
        if level == TOTAL and not named:
            named = [TOTAL]  # a table without rows still has its total
        yield level, code.astype(np.int64), named


def share_of(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``part / whole``, rounded to six digits, blank (NaN) where the whole is 0.

    Examples
    --------
    >>> share_of(np.array([1.0, 0.0]), np.array([3.0, 0.0]))
    array([0.333333,      nan])
    """
    out = np.full(len(whole), np.nan)
    np.divide(part, whole, out=out, where=whole > 0)
    return out.round(6)


def sums_of(amount: ArrayLike, place: NDArray[Any], length: int) -> NDArray[np.float64]:
    """Add up amounts by place.

    Examples
    --------
    >>> sums_of([1.0, 2.0, 4.0], np.array([0, 2, 2]), 4)
    array([1., 0., 6., 0.])
    """
    # without rows bincount would answer in whole numbers, which hold no blank
    return np.asarray(
        np.bincount(place, weights=np.asarray(amount, dtype=np.float64), minlength=length), dtype=np.float64
    )
