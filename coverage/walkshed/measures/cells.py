"""Cells: which counts of a table must be hidden, so that what is shown does not give away a small one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from walkshed.measures.programme import Programme, relaxed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

_NOTHING = 1e-9


@dataclass(slots=True)
class Cells:
    """Counts and how they add up.

    Attributes
    ----------
    value
        Each cell's count, 0 or more.
    sums
        Pairs of a cell and the cells that add up to it.
    """

    value: list[float] = field(default_factory=list)
    sums: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)

    def add(self, value: float) -> int:
        """Add a cell and return its number."""
        self.value.append(float(value))
        return len(self.value) - 1

    def total(self, whole: int, parts: Iterable[int]) -> None:
        """Say that cells add up to one; raises ValueError if they do not."""
        some = tuple(parts)
        added = sum(self.value[part] for part in some)
        if abs(self.value[whole] - added) > 1e-6 * max(1.0, self.value[whole]):
            raise ValueError(f"parts add up to {added:g}, not to their total {self.value[whole]:g}")
        self.sums.append((whole, some))


def hidden_cells(cells: Cells, *, threshold: float, spread: float, zeros: bool = True) -> NDArray[np.bool_]:
    """Return which cells must be hidden.

    Primary suppression: counts above 0 and below ``threshold`` (with ``zeros`` shown; else 0 too). Complementary
    suppression: where a sum has a single hidden cell, another is hidden. Then the attacker's problem is solved [1]_: who
    knows all shown cells exactly and how cells add up knows of each hidden cell an interval, the least and the greatest
    value of two linear programmes; until each is ``spread`` wide or more, further cells are hidden, the smallest first.

    Parameters
    ----------
    cells
        The table, with everything that it will be compared with.
    threshold
        Counts below it are hidden.
    spread
        How wide the interval of a hidden cell must be.
    zeros
        Whether a count of 0 is shown.

    References
    ----------
    .. [1] A. Hundepool et al., *Statistical Disclosure Control*, Wiley 2012, chapter 4.

    Examples
    --------
    >>> cells = Cells([100.0, 4.0, 30.0, 66.0])
    >>> cells.total(0, (1, 2, 3))
    >>> hidden_cells(cells, threshold=10, spread=4)
    array([False,  True,  True, False])
    """
    value = np.array(cells.value, dtype=np.float64)
    hidden = (value < threshold - _NOTHING) & ((value > _NOTHING) | (not zeros))
    sums = [np.array([whole, *parts]) for whole, parts in cells.sums if parts]
    signs = [np.array([1.0] + [-1.0] * (len(one) - 1)) for one in sums]
    least = 1.0 if zeros and (value % 1 == 0).all() else 0.0
    of: list[list[int]] = [[] for _ in value]
    for number, one in enumerate(sums):
        for cell in one.tolist():
            of[cell].append(number)
    showable = (value > _NOTHING) | (not zeros)
    while True:
        _complete(hidden, sums, value, showable)
        weak = _weak(hidden, sums, signs, of, value, spread=spread, least=least)
        if not len(weak):
            return hidden
        for cell in weak.tolist():
            more = _next_to(cell, hidden, sums, of, value, showable)
            if more >= 0:
                hidden[more] = True
        if not any(_next_to(cell, hidden, sums, of, value, showable) >= 0 for cell in weak.tolist()):
            _complete(hidden, sums, value, showable)
            return hidden


def _complete(
    hidden: NDArray[np.bool_],
    sums: Sequence[NDArray[np.int64]],
    value: NDArray[np.float64],
    showable: NDArray[np.bool_],
) -> None:
    """Hide a second cell wherever a sum has a single hidden one."""
    changed = True
    while changed:
        changed = False
        for one in sums:
            if hidden[one].sum() == 1:
                rest = one[~hidden[one] & showable[one]]
                if len(rest):
                    hidden[_smallest(rest, value)] = changed = True


def _smallest(cells: NDArray[np.int64], value: NDArray[np.float64]) -> int:
    """Return the smallest of some cells; of equal ones the last, since totals stand first."""
    return int(cells[np.lexsort((-cells, value[cells]))[0]])


def _next_to(
    cell: int,
    hidden: NDArray[np.bool_],
    sums: Sequence[NDArray[np.int64]],
    of: Sequence[Sequence[int]],
    value: NDArray[np.float64],
    showable: NDArray[np.bool_],
) -> int:
    """Return the smallest shown cell that stands in a sum with a cell, or as near to it as there is; -1 if none."""
    seen, ring = {cell}, [cell]
    while ring:
        around = {int(other) for one in ring for number in of[one] for other in sums[number].tolist()} - seen
        shown = np.array(
            sorted(other for other in around if not hidden[other] and showable[other]), dtype=np.int64
        )
        if len(shown):
            return _smallest(shown, value)
        seen |= around
        ring = sorted(other for other in around if hidden[other])
    return -1


def _weak(
    hidden: NDArray[np.bool_],
    sums: Sequence[NDArray[np.int64]],
    signs: Sequence[NDArray[np.float64]],
    of: Sequence[Sequence[int]],
    value: NDArray[np.float64],
    *,
    spread: float,
    least: float,
) -> NDArray[np.int64]:
    """Return the hidden cells of which too much can be worked out."""
    weak: list[int] = []
    done = np.zeros(len(value), dtype=bool)
    for cell in np.flatnonzero(hidden).tolist():
        if done[cell]:
            continue
        part = _together(cell, hidden, sums, of)
        done[part] = True
        weak.extend(_known_too_well(part, hidden, sums, signs, of, value, spread=spread, least=least))
    return np.array(weak, dtype=np.int64)


def _together(
    cell: int, hidden: NDArray[np.bool_], sums: Sequence[NDArray[np.int64]], of: Sequence[Sequence[int]]
) -> NDArray[np.int64]:
    """Return the hidden cells that sums tie to each other."""
    seen, ring = {cell}, [cell]
    while ring:
        around = {int(other) for one in ring for number in of[one] for other in sums[number].tolist()}
        ring = sorted(other for other in around - seen if hidden[other])
        seen |= set(ring)
    return np.array(sorted(seen), dtype=np.int64)


def _known_too_well(
    part: NDArray[np.int64],
    hidden: NDArray[np.bool_],
    sums: Sequence[NDArray[np.int64]],
    signs: Sequence[NDArray[np.float64]],
    of: Sequence[Sequence[int]],
    value: NDArray[np.float64],
    *,
    spread: float,
    least: float,
) -> list[int]:
    """Solve the attacker's problem for some cells: the least and the greatest value of each."""
    from scipy.sparse import csr_array

    numbers = sorted({number for cell in part.tolist() for number in of[cell]})
    if not numbers:
        return []  # in no sum: nothing is known of it
    column = {int(cell): at for at, cell in enumerate(part.tolist())}
    rows, columns, factors, right = [], [], [], []
    for row, number in enumerate(numbers):
        secret = hidden[sums[number]]
        right.append(-float(signs[number][~secret] @ value[sums[number][~secret]]))
        for cell, sign in zip(sums[number][secret].tolist(), signs[number][secret].tolist(), strict=True):
            rows.append(row)
            columns.append(column[cell])
            factors.append(sign)
    matrix = csr_array((factors, (rows, columns)), shape=(len(numbers), len(part)))
    most = float(value[part].max()) + 10 * spread
    lowest, highest = value[part].copy(), value[part].copy()
    exact = np.array(right)
    for at in range(len(part)):
        for way in (-1.0, 1.0):
            if highest[at] - lowest[at] >= spread - 1e-6:
                break
            aim = np.zeros(len(part))
            aim[at] = way
            x = relaxed(Programme(aim, matrix, exact, exact, least, most))[0].x
            if x is not None:  # another table that fits what is shown: it widens all intervals at once
                lowest, highest = np.minimum(lowest, x), np.maximum(highest, x)
    return [int(cell) for cell in part[highest - lowest < spread - 1e-6]]
