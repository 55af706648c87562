"""Cuts: inequalities that every plan of a covering keeps and its linear relaxation does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.siting.reduce import Sparse

HEAVY, NEIGHBOURS = 12_000, 100
"""Cuts are looked for around so many of the heaviest rows, among so many of each one's neighbours."""
VIOLATED = 0.05
"""A cut is made only where it cuts off so much."""
SOME = 1e-3
"""Less than this of a site counts as none when cuts are looked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Cuts:
    """For each three rows a, b, c: z_a + z_b + z_c ≤ 1 + Σ_j ⌈n_j / 2⌉ x_j, where site j covers n_j of the three.

    Half the sum of the three rows z_i ≤ Σ_{j∈N_i} x_j and of the three z_i ≤ 1, rounded down (a Chvátal-Gomory cut [1]_
    with multipliers ½, "zero-half" [2]_): valid for every whole x and z. Three sites of a half each, of which any two
    serve one of the rows, cover three rows in the relaxation and two and a half under the cut.

    Attributes
    ----------
    rows
        int64[cuts, 3].
    sites
        ⌈n_j / 2⌉; scipy CSR, cuts × sites.

    References
    ----------
    .. [1] V. Chvátal, "Edmonds polytopes and a hierarchy of combinatorial problems", *Discrete Mathematics* 4,
       1973, 305-337.
    .. [2] A. Caprara, M. Fischetti, "{0, ½}-Chvátal-Gomory cuts", *Mathematical Programming* 74, 1996, 221-235.

    Examples
    --------
    >>> from walkshed.siting.reduce import Sparse
    >>> near = Sparse(np.array([0, 2, 4, 6]), np.array([0, 1, 1, 2, 0, 2], dtype=np.int32), (3, 3))
    >>> cuts_of(near, np.array([[0, 1, 2]])).sites.toarray().tolist()
    [[1.0, 1.0, 1.0]]
    """

    rows: NDArray[np.int64]
    sites: Any

    def __len__(self) -> int:
        """Return the number of cuts."""
        return len(self.rows)

    def among(self, rows: int) -> Any:
        """Return which rows are in which cut; scipy CSR, cuts × rows."""
        from scipy import sparse

        start = np.arange(0, 3 * len(self.rows) + 1, 3)
        return sparse.csr_matrix(
            (np.ones(self.rows.size), self.rows.ravel(), start), shape=(len(self.rows), rows)
        )

    def take(self, keep: NDArray[np.bool_]) -> Cuts:
        """Return some of the cuts."""
        return Cuts(self.rows[keep], self.sites[np.flatnonzero(keep)])


def cuts_of(near: Sparse, rows: NDArray[np.int64]) -> Cuts:
    """Return the cuts of triples of rows; int64[cuts, 3]."""
    from scipy import sparse

    threes = np.sort(rows.reshape(-1, 3), axis=1)
    empty = Cuts(threes, None).among(near.shape[0])
    sites = sparse.csr_matrix(empty @ near.to_scipy())
    sites.data = np.ceil(sites.data / 2)
    return Cuts(threes, sites)


def find_cuts(
    near: Sparse, weight: NDArray[np.float64], x: NDArray[np.float64], *, most: int
) -> NDArray[np.int64]:
    """Return triples of rows whose cut the point ``x`` violates, heavy ones first; int64[cuts, 3].

    With c_i = Σ_{j∈N_i} x_j and m the sum of x over the sites that cover two or three of the rows, the cut is violated
    by m - 1 - Σ max(0, c_i - 1). Around each heavy row the two neighbours with the greatest violation times least weight
    are taken; a row's weight is used up by the cuts it is in, so that they spread.
    """
    some = np.flatnonzero(x > SOME)
    at = x[some]
    matrix = near.to_scipy()[:, some].tocsr()
    sums = matrix @ at
    rows = np.flatnonzero((sums > 0.4) & (sums < 1.3))
    rows = rows[np.argsort(-weight[rows], kind="stable")][:HEAVY]
    finder = _Finder(matrix[rows], at, np.maximum(0.0, sums[rows] - 1.0), weight[rows])
    found: list[tuple[int, int, int]] = []
    for row in range(len(rows)):
        found += finder.around(row)
        if len(found) >= most:
            break
    return rows[np.asarray(found[:most], dtype=np.int64).reshape(-1, 3)]


class _Finder:
    """Rows that are nearly covered once at a fractional point, and what is left of their weight."""

    def __init__(
        self, near: Any, at: NDArray[np.float64], slack: NDArray[np.float64], weight: NDArray[np.float64]
    ) -> None:
        from scipy import sparse

        self.at, self.slack, self.left, self.least = at, slack, weight.copy(), 0.05 * float(weight.mean())
        self.near = near
        self.dense = near.toarray().astype(bool)
        self.shared = sparse.csr_matrix(near @ sparse.diags(at) @ near.T)

    def around(self, row: int) -> list[tuple[int, int, int]]:
        """Return the triples of a row and two of its neighbours."""
        if self.left[row] <= self.least:
            return []
        here = slice(self.shared.indptr[row], self.shared.indptr[row + 1])
        others, both = self.shared.indices[here], self.shared.data[here]
        useful = (both > 0.15) & (both < 0.9) & (self.left[others] > self.least) & (others != row)
        others, both = others[useful], both[useful]
        likely = self.left[others] * np.minimum(both, 1.0 - both)
        order = np.lexsort((others, -likely))[:NEIGHBOURS]
        others, both = others[order], both[order]
        if len(others) < 2:
            return []
        part = self.dense[others]
        used = np.flatnonzero(part.any(axis=0))
        part = part[:, used].astype(np.float64)
        scaled = part * self.at[used]
        outside = part * ~self.dense[row][used]
        # of two neighbours: what they share outside this row, counted once, and inside, taken off once
        pairs = 2 * (scaled @ outside.T) - scaled @ part.T
        slack = self.slack[others]
        beyond = pairs + both[:, None] + both - 1.0 - self.slack[row] - slack[:, None] - slack
        beyond[beyond < VIOLATED] = 0.0
        return self.best(row, others, beyond)

    def best(
        self, row: int, others: NDArray[np.int32], beyond: NDArray[np.float64]
    ) -> list[tuple[int, int, int]]:
        """Take the best pairs of neighbours until the row's weight is used up."""
        found = []
        while self.left[row] > self.least:
            left = np.minimum(self.left[others], self.left[row])
            left[left <= self.least] = 0.0
            a, b = divmod(int(np.argmax(beyond * np.minimum(left[:, None], left))), len(others))
            weight = min(left[a], left[b])
            if beyond[a, b] * weight <= 0:
                break
            three = [row, int(others[a]), int(others[b])]
            self.left[three] -= weight
            found.append((three[0], three[1], three[2]))
        return found
