"""MedianTable: each row's sites from the nearest to the farthest, for the objectives that count walks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from walkshed.siting.objectives.value import reachable_rows
from walkshed.siting.reduce import Sparse, merge, summed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.siting.problem import Problem
    from walkshed.siting.rules import Rules


@dataclass(frozen=True, slots=True, eq=False)
class MedianTable:
    """Rows × free sites with their walks; in each row the sites ascend by walk.

    Attributes
    ----------
    near
        Sparse, rows × free sites; ``values`` are walks in metres, minutes or the table's unit.
    outside
        What a row costs if none of these sites serves it: its walk to a site that is open anyway, or
        ``beyond``; infinite where it must be served by one of them. float64[rows].
    weight
        float64[rows].
    row_of
        The merged row of each demand row of each criterion (criterion-major); -1 weighs nothing or is unreached.
    """

    near: Sparse
    outside: NDArray[np.float64]
    weight: NDArray[np.float64]
    row_of: NDArray[np.int64]

    @property
    def walks(self) -> NDArray[np.float64]:
        """Walks of the entries of :attr:`near`."""
        assert self.near.values is not None  # noqa: S101 - a median table is made with walks
        return self.near.values

    def within(self, limit: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return how many entries of each row are shorter than its limit, by halving."""
        low, high = self.near.indptr[:-1].copy(), self.near.indptr[1:].copy()
        walks = self.walks
        while True:
            open_ = low < high
            if not open_.any():
                return low - self.near.indptr[:-1]
            middle = (low + high) // 2
            shorter = np.zeros(len(low), dtype=bool)
            shorter[open_] = walks[middle[open_]] < limit[open_]
            low = np.where(open_ & shorter, middle + 1, low)
            high = np.where(open_ & ~shorter, middle, high)

    def prefix(self, length: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where the first ``length`` entries of each row stand, and their rows."""
        rows = np.repeat(np.arange(len(length)), length)
        first = np.repeat(self.near.indptr[:-1] - (np.cumsum(length) - length), length)
        return first + np.arange(len(rows)), rows

    def cut(self, length: NDArray[np.int64], keep: NDArray[np.bool_]) -> MedianTable:
        """Return the table with the first ``length`` entries of each row, of the sites to keep only."""
        at, rows = self.prefix(length)
        here = keep[self.near.indices[at]]
        at, rows = at[here], rows[here]
        number = np.cumsum(keep) - 1
        indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(length)))]).astype(np.int64)
        near = Sparse(
            indptr,
            number[self.near.indices[at]].astype(np.int32),
            (len(length), int(keep.sum())),
            self.walks[at],
        )
        return replace(self, near=near)


def median_table(problem: Problem, rules: Rules, *, beyond: float | None) -> MedianTable:
    """Make the table of a problem: weightless and unreached rows left out, equal rows merged.

    A site farther than what is open anyway (or than ``beyond``) is of no use to a row and left out of it.
    """
    n, criteria = problem.n, problem.criteria
    weight = np.concatenate([one.weights for one in criteria])
    outside = np.concatenate(
        [problem.nearest(rules.open_anyway, criterion=k)[1] for k in range(len(criteria))]
    )
    if beyond is not None:
        outside = np.minimum(outside, beyond)
    everything = np.concatenate([rules.free, rules.open_anyway])
    counts = weight > 0
    if beyond is None:
        counts &= reachable_rows(problem, everything).ravel()
    place = np.full(problem.m, -1, dtype=np.int32)
    place[rules.free] = np.arange(rules.k, dtype=np.int32)
    of_pair = place[problem.site_of_pairs()]
    walks = problem.unit_costs
    row, site, walk = [], [], []
    for k, one in enumerate(criteria):
        mine = problem.rows.astype(np.int64) + k * n
        here = (of_pair >= 0) & (walks < outside[mine]) & counts[mine]
        if not one.eligible.all():
            here &= one.eligible[problem.site_of_pairs()]
        row.append(mine[here])
        site.append(of_pair[here])
        walk.append(walks[here])
    table = _sorted(
        np.concatenate(row), np.concatenate(site), np.concatenate(walk), (n * len(criteria), rules.k)
    )
    left = np.flatnonzero(counts)
    some = table.take(left)
    head = merge(some, np.ascontiguousarray(outside[left]).view(np.int64)[:, None])
    first, number = np.unique(head, return_inverse=True)
    row_of = np.full(len(weight), -1, dtype=np.int64)
    row_of[left] = number
    return MedianTable(
        near=some.take(first) if len(first) < len(left) else some,
        outside=outside[left[first]],
        weight=summed(number, weight[left], len(first)),
        row_of=row_of,
    )


def _sorted(
    row: NDArray[np.int64], site: NDArray[np.int32], walk: NDArray[np.float64], shape: tuple[int, int]
) -> Sparse:
    """Return rows × sites with each row's sites by walk, then by number."""
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=shape[0]))]).astype(np.int64)
    if len(row) == shape[0] * shape[1]:  # a full table: sort it as a matrix
        dense = walk.reshape(shape[1], shape[0]).T
        order = np.argsort(dense, axis=1, kind="stable")
        values = np.take_along_axis(dense, order, axis=1).ravel()
        return Sparse(indptr, order.astype(np.int32).ravel(), shape, values)
    order = np.lexsort((site, walk, row))
    return Sparse(indptr, site[order], shape, walk[order])
