"""Model: a mixed-integer program as arrays, put together block by block; it knows no solver."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from walkshed.siting.reduce import Sparse
    from walkshed.siting.rules import Rules


@dataclass(slots=True)
class Model:
    """Columns and rows of a program min (or max) c·x, l ≤ A x ≤ u; blocks are added, then :meth:`arrays` read."""

    maximise: bool = False
    cost: list[NDArray[np.float64]] = field(default_factory=list)
    lower: list[NDArray[np.float64]] = field(default_factory=list)
    upper: list[NDArray[np.float64]] = field(default_factory=list)
    integer: list[NDArray[np.bool_]] = field(default_factory=list)
    row: list[NDArray[np.int64]] = field(default_factory=list)
    column: list[NDArray[np.int64]] = field(default_factory=list)
    value: list[NDArray[np.float64]] = field(default_factory=list)
    row_lower: list[NDArray[np.float64]] = field(default_factory=list)
    row_upper: list[NDArray[np.float64]] = field(default_factory=list)
    columns: int = 0
    rows: int = 0

    def add_columns(
        self, cost: ArrayLike, *, upper: ArrayLike = 1.0, lower: ArrayLike = 0.0, integer: bool = True
    ) -> int:
        """Add columns; return the number of the first."""
        price = np.atleast_1d(np.asarray(cost, dtype=np.float64))
        count = len(price)
        self.cost.append(price)
        self.lower.append(np.broadcast_to(np.asarray(lower, dtype=np.float64), count))
        self.upper.append(np.broadcast_to(np.asarray(upper, dtype=np.float64), count))
        self.integer.append(np.full(count, integer))
        self.columns += count
        return self.columns - count

    def add_rows(
        self,
        count: int,
        *parts: tuple[Any, Any, Any],
        lower: ArrayLike = -np.inf,
        upper: ArrayLike = np.inf,
    ) -> int:
        """Add rows made of parts (row counted from 0, column, value), each broadcast; return the first row's number."""
        for row, column, value in parts:
            place, col, val = np.broadcast_arrays(row, column, np.asarray(value, dtype=np.float64))
            self.row.append(place.ravel().astype(np.int64) + self.rows)
            self.column.append(col.ravel().astype(np.int64))
            self.value.append(val.ravel())
        self.row_lower.append(np.broadcast_to(np.asarray(lower, dtype=np.float64), count))
        self.row_upper.append(np.broadcast_to(np.asarray(upper, dtype=np.float64), count))
        self.rows += count
        return self.rows - count

    @property
    def entries(self) -> int:
        """How many entries the rows have together."""
        return sum(len(part) for part in self.value)

    def matrix(self) -> Any:
        """Return the rows as a scipy CSR matrix."""
        from scipy import sparse

        data, row, column = (_joined(parts) for parts in (self.value, self.row, self.column))
        return sparse.csr_matrix((data, (row, column)), shape=(self.rows, self.columns))


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0)


def add_sites(model: Model, rules: Rules, *, cost: ArrayLike = 0.0) -> int:
    """Add y, one column a free site, with every rule on sites alone: p, fixed, money, area, spacing, excluded sets."""
    k = rules.k
    y = model.add_columns(np.broadcast_to(np.asarray(cost, dtype=np.float64), k), lower=rules.fixed)
    every = y + np.arange(k)
    if rules.p < k:
        model.add_rows(1, (0, every, 1.0), upper=float(rules.p))
    for amount, total in rules.purses:
        model.add_rows(1, (0, every, amount), upper=total)
    for amount, total in rules.floors:
        model.add_rows(1, (0, every, amount), lower=total)
    if len(rules.clashes):
        cliques = _cliques(rules.clashes, k)
        row = np.repeat(np.arange(len(cliques)), [len(one) for one in cliques])
        model.add_rows(len(cliques), (row, y + np.concatenate(cliques), 1.0), upper=1.0)
    for one in rules.excluded:
        sign = np.full(k, -1.0)
        sign[list(one)] = 1.0
        model.add_rows(1, (0, every, sign), upper=float(len(one) - 1))
    return y


def _cliques(clashes: NDArray[np.int64], k: int) -> list[NDArray[np.int64]]:
    """Cover the pairs that clash with groups that clash altogether: fewer rows, and a tighter relaxation."""
    near: list[set[int]] = [set() for _ in range(k)]
    for a, b in clashes.tolist():
        near[a].add(b)
        near[b].add(a)
    covered: set[tuple[int, int]] = set()
    cliques = []
    for a, b in clashes.tolist():
        if (a, b) in covered:
            continue
        clique, common = [a, b], near[a] & near[b]
        while common:
            one = min(common)
            clique.append(one)
            common = common & near[one]
        clique.sort()
        covered.update((x, z) for i, x in enumerate(clique) for z in clique[i + 1 :])
        cliques.append(np.asarray(clique, dtype=np.int64))
    return cliques


def add_cover(
    model: Model, y: int, by_row: Sparse, need: NDArray[np.int64], weight: NDArray[np.float64]
) -> int:
    """Add z, one column a row, with Σ_{j∈N_i} y_j ≥ need_i z_i; z is whole by itself where one site is enough."""
    rows = by_row.shape[0]
    z = model.add_columns(weight, integer=bool((need > 1).any()))
    model.add_rows(
        rows,
        (by_row.row_of_entries(), y + by_row.indices.astype(np.int64), 1.0),
        (np.arange(rows), z + np.arange(rows), -need.astype(np.float64)),
        lower=0.0,
    )
    return z
