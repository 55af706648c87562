"""How much of an estate each of its buildings holds."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

OWN, MIXED, FLOORS, EQUAL = "table", "table_and_floor_area", "floor_area", "equal"
"""By what a count is spread: the buildings' own numbers; those and, for the others, the floor area; the floor
area; nothing is known, so each building counts the same."""

Weights = list[Fraction]


def floor_areas(
    own: NDArray[np.float64],
    area: NDArray[np.float64],
    levels: NDArray[np.float64],
    assumed: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], int]:
    """Return the floor area in square metres of each building of one estate, and how many have a guessed one.

    Parameters
    ----------
    own
        The floor area as the table has it, NaN where blank.
    area, levels
        The ground a building covers, and its floors; NaN where blank.
    assumed
        Whether its floors are an assumption.

    Returns
    -------
    tuple
        The building's own floor area; else area times levels, where levels that are blank or assumed take the
        median of those that are known in the estate (assumed ones stay where none is known; blank ones are then
        1, alike for all). A building without either takes the mean of the estate's others. NaN for all where
        no building has a size.
    """
    unsure = np.isnan(levels) | assumed
    levels = np.where(unsure, np.median(levels[~unsure]), levels) if not unsure.all() else levels
    size = np.where(np.isnan(own), area * np.where(np.isnan(levels), 1.0, levels), own)
    bare = np.isnan(size)
    if bare.any() and not bare.all():
        return np.where(bare, size[~bare].mean(), size), int(bare.sum())
    return size, 0


def weights_of(
    own: NDArray[np.float64], total: float, otherwise: Weights, basis: str
) -> tuple[Weights, str, bool]:
    """Return the weights by which a total is spread over buildings, what they come from, and whether they fit.

    Parameters
    ----------
    own
        The buildings' own numbers, NaN where blank.
    total
        The estate's number, NaN where blank.
    otherwise, basis
        The weights where the buildings have no numbers, and what those come from.

    Returns
    -------
    tuple
        Own numbers where all buildings have one. Where some have, these, and for the others what is left of the
        total by ``otherwise``; where nothing could be left, ``otherwise`` for all. The last answer is False where
        the buildings' own numbers do not fit the total.
    """
    given = np.flatnonzero(~np.isnan(own))
    numbers = [Fraction(one) for one in own[given].tolist()]
    if not len(given) or not any(numbers):
        return otherwise, basis, True
    if len(given) == len(own):
        return numbers, OWN, bool(np.isnan(total) or sum(numbers) == Fraction(total))
    if np.isnan(total):
        return otherwise, basis, True
    rest = Fraction(total) - sum(numbers)
    if rest < 0:
        return otherwise, basis, False
    blank = np.flatnonzero(np.isnan(own)).tolist()
    size = sum(otherwise[n] for n in blank)
    mixed = [Fraction(0)] * len(own)
    for n, number in zip(given.tolist(), numbers, strict=True):
        mixed[n] = number
    for n in blank:
        mixed[n] = rest * otherwise[n] / size if size else rest / len(blank)
    return mixed, MIXED, True
