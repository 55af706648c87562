"""Streets as short pieces, among which the nearest of many points are found at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.streets.index import EdgeIndex
    from walkshed.streets.network import WalkNetwork

SAMPLE_M = 10.0
"""A piece is no longer than this."""


@dataclass(slots=True)
class Samples:
    """Short straight pieces of edges, each by its middle, in local metres.

    Attributes
    ----------
    offset_m
        Of the middle, from the edge's ``u``.
    x, y
        The middle; ``along_x`` and ``along_y`` is the way from there to the piece's end.
    """

    edge: NDArray[np.int32]
    offset_m: NDArray[np.float32]
    x: NDArray[np.float32]
    y: NDArray[np.float32]
    along_x: NDArray[np.float32]
    along_y: NDArray[np.float32]

    @classmethod
    def within(
        cls, network: WalkNetwork, index: EdgeIndex, box: tuple[float, float, float, float]
    ) -> Samples:
        """Return the pieces whose middle lies in a box (west, south, east, north in local metres)."""
        edge, *rest = _along_edges(network, index, box)
        part = (one.astype(np.float32) for one in rest)  # half the memory; two millimetres are lost
        every = cls(edge.astype(np.int32), *part)
        inside = (every.x >= box[0]) & (every.x <= box[2]) & (every.y >= box[1]) & (every.y <= box[3])
        return every.where(inside)

    def __len__(self) -> int:
        """Return the number of pieces."""
        return len(self.edge)

    def where(self, keep: NDArray[np.bool_]) -> Samples:
        """Return the marked pieces."""
        return Samples(*(getattr(self, name)[keep] for name in self.__slots__))

    def nearest(
        self, x: NDArray[np.float64], y: NDArray[np.float64], within_m: float
    ) -> tuple[NDArray[np.bool_], NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
        """Return which points have a piece near enough, and edge, offset and metres of those that do."""
        from scipy.spatial import cKDTree

        tree = cKDTree(np.column_stack([self.x, self.y]), balanced_tree=False, compact_nodes=False)
        points = np.column_stack([x, y])
        metres, nearest = tree.query(points, distance_upper_bound=within_m + SAMPLE_M)
        found = np.isfinite(metres)
        nearest = nearest[found]
        # the foot on that piece, not its middle
        right, up = x[found] - self.x[nearest], y[found] - self.y[nearest]
        along_x, along_y = self.along_x[nearest], self.along_y[nearest]
        half = along_x**2 + along_y**2
        share = np.clip((right * along_x + up * along_y) / np.maximum(half, 1e-9), -1.0, 1.0)
        leg = np.hypot(right - share * along_x, up - share * along_y)
        near = leg <= within_m
        found[found] = near
        nearest = nearest[near]
        offset = self.offset_m[nearest] + share[near] * np.sqrt(half[near])
        return found, self.edge[nearest], np.maximum(offset, 0.0), leg[near]


def _along_edges(
    network: WalkNetwork, index: EdgeIndex, box: tuple[float, float, float, float]
) -> tuple[NDArray[Any], ...]:
    """Return short pieces of the edges that touch a box: edge, offset of the middle, x, y, and from there to the end."""
    edges = index.in_box(box)
    begin = network.coord_ptr[edges]
    count = network.coord_ptr[edges + 1] - begin
    row = np.repeat(np.arange(len(edges)), count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    x, y = index.xy[np.repeat(begin, count) + within].T
    same = row[1:] == row[:-1]
    length = np.where(same, np.hypot(np.diff(x), np.diff(y)), 0.0)
    along = np.concatenate([[0.0], np.cumsum(length)])
    start = along[np.cumsum(count) - count]
    whole = along[np.cumsum(count) - 1] - start
    pieces = np.where(same, np.maximum(np.ceil(length / SAMPLE_M), 1), 0).astype(np.int64)
    piece = np.repeat(np.arange(len(length)), pieces)
    step = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    share = (step + 0.5) / pieces[piece]
    owner = row[piece]
    planar = along[piece] + share * length[piece] - start[owner]
    scale = network.edge_length_m[edges] / np.where(whole > 0, whole, 1.0)
    far_x, far_y = x[piece + 1] - x[piece], y[piece + 1] - y[piece]
    half = 0.5 / pieces[piece]
    return (
        edges[owner], planar * scale[owner], x[piece] + share * far_x, y[piece] + share * far_y, half * far_x,
        half * far_y,
    )  # fmt: skip
