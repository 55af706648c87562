"""Streets as straight pieces on the plane, among which the nearest of many points are found at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from walkshed.kernel.library import (
    DOUBLE,
    FLOAT64,
    INT,
    INT32,
    INT64,
    NOTHING,
    OUT_FLOAT64,
    OUT_INT32,
    OUT_UINT8,
    STRUCT,
    UINT8,
    Struct,
    declare,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_buckets = declare("walkshed_buckets", STRUCT, result=NOTHING)
_nearest = declare(
    "walkshed_nearest", STRUCT, UINT8, UINT8, INT64, INT, DOUBLE, INT, FLOAT64, FLOAT64, INT64, INT, OUT_INT32,
    OUT_FLOAT64, OUT_FLOAT64, OUT_FLOAT64, OUT_FLOAT64, result=NOTHING,
)  # fmt: skip
_mark = declare(
    "walkshed_mark", STRUCT, FLOAT64, FLOAT64, FLOAT64, DOUBLE, DOUBLE, DOUBLE, DOUBLE, DOUBLE, INT, OUT_UINT8,
    result=NOTHING,
)  # fmt: skip

_BUCKET_M = 50.0
_BUCKETS_PER_PIECE = 4


class Feet(NamedTuple):
    """Where points meet the streets: the edge (-1: none), metres along it, metres to it, and the place on the plane."""

    edge: NDArray[np.int32]
    offset_m: NDArray[np.float64]
    metres: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]


class Streets:
    """The pieces of all edges, in a grid of buckets.

    Parameters
    ----------
    xy
        The vertices of all edges, one edge after the other, in metres on the plane; shape (n, 2).
    coord_ptr
        Where each edge's vertices begin, and where the last one's end.
    length_m
        The edges' lengths, in the metres in which offsets are given.
    """

    def __init__(
        self, xy: NDArray[np.float64], coord_ptr: NDArray[np.int64], length_m: NDArray[np.float64]
    ) -> None:
        self.n_edges = len(length_m)
        self.length_m = np.ascontiguousarray(length_m, dtype=np.float64)
        self._x, self._y = np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])
        if not (np.isfinite(self._x).all() and np.isfinite(self._y).all()):
            raise ValueError("a street has no place on the plane")
        ends = len(coord_ptr) == self.n_edges + 1 and coord_ptr[0] == 0 and coord_ptr[-1] == len(xy)
        if not ends or (np.diff(coord_ptr) < 1).any():
            raise ValueError("the vertices are not those of the edges")
        self._ptr = coord_ptr
        self._edge = np.repeat(np.arange(self.n_edges, dtype=np.int32), np.diff(coord_ptr))
        self._along_m = self._along(coord_ptr)
        self._struct = self._in_buckets()

    def _along(self, coord_ptr: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return how far from the beginning of its edge each vertex is."""
        piece = np.hypot(np.diff(self._x), np.diff(self._y))
        piece[self._edge[1:] != self._edge[:-1]] = 0.0
        along = np.concatenate([[0.0], np.cumsum(piece)])[: len(self._x)]
        start = along[coord_ptr[:-1]]
        whole = along[coord_ptr[1:] - 1] - start
        scale = self.length_m / np.where(whole > 0, whole, 1.0)
        along_m = np.minimum((along - start[self._edge]) * scale[self._edge], self.length_m[self._edge])
        # to the last bit: nobody stands beyond an edge's end
        along_m[coord_ptr[1:] - 1] = np.where(whole > 0, self.length_m, 0.0)
        return np.asarray(along_m)

    def _in_buckets(self) -> Struct:
        """Return the pieces as C takes them, by bucket."""
        n = len(self._x)
        west, south = (float(at.min(initial=np.inf)) if n else 0.0 for at in (self._x, self._y))
        wide, high = (float(np.ptp(at)) if n else 0.0 for at in (self._x, self._y))
        size = max(_BUCKET_M, float(np.sqrt(wide * high / (_BUCKETS_PER_PIECE * max(n, 1)))))
        columns, rows = int(wide // size) + 1, int(high // size) + 1
        first = np.zeros(columns * rows + 1, dtype=np.int32)

        def struct(piece: NDArray[np.int32]) -> Struct:
            return Struct(
                (INT, n), (FLOAT64, self._x), (FLOAT64, self._y), (FLOAT64, self._along_m), (INT32, self._edge),
                (DOUBLE, west), (DOUBLE, south), (DOUBLE, size), (INT, columns), (INT, rows), (OUT_INT32, first),
                (INT, len(piece)), (OUT_INT32, piece), (OUT_FLOAT64, np.empty((len(piece), 4))),
            )  # fmt: skip

        _buckets(struct(np.zeros(0, dtype=np.int32)))
        begin = np.concatenate([[0], np.cumsum(first[:-1], dtype=np.int64)])
        if begin[-1] > np.iinfo(np.int32).max:
            raise OverflowError("too many streets for one network")
        first[:] = begin
        made = struct(np.empty(begin[-1], dtype=np.int32))
        _buckets(made)
        first[:] = begin
        return made

    def places(self, edge: NDArray[Any], offset_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the places that are so many metres along edges, shape (n, 2)."""
        at = np.empty((len(edge), 2))
        for i, (first, end) in enumerate(
            zip(self._ptr[edge].tolist(), self._ptr[edge + 1].tolist(), strict=True)
        ):
            along = self._along_m[first:end]
            at[i] = [np.interp(offset_m[i], along, one[first:end]) for one in (self._x, self._y)]
        return at

    def nearest(
        self,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        *,
        within_m: float,
        edge_class: NDArray[np.int8],
        n_classes: int,
        oneway: NDArray[np.uint8],
        zone: NDArray[np.int64] | None = None,
        edge_zone: NDArray[np.int64] | None = None,
    ) -> Feet:
        """Return for each point the nearest edge of the best class that has one within reach.

        Of edges equally near one that is walked both ways is taken, then the one with the lowest number.

        Parameters
        ----------
        x, y
            The points, in metres on the plane.
        within_m
            How far an edge may be; infinite if it does not matter.
        edge_class, n_classes
            One per edge; 0 is the best class. Edges of none of the classes are not looked at.
        oneway
            One per edge, nought where it is walked both ways.
        zone, edge_zone
            One per point and one per edge: only edges of its own zone are looked at. Without, all are.

        Examples
        --------
        >>> cross = Streets(np.array([[0.0, 0], [100, 0], [50, -50], [50, 50]]), np.array([0, 2, 4]), np.array([100.0, 100.0]))
        >>> every = {"edge_class": np.zeros(2, np.int8), "n_classes": 1, "oneway": np.zeros(2, np.uint8)}
        >>> feet = cross.nearest(np.array([20.0, 53.0]), np.array([8.0, 30.0]), within_m=25.0, **every)
        >>> feet.edge.tolist(), feet.offset_m.tolist(), feet.metres.tolist()
        ([0, 1], [20.0, 80.0], [8.0, 3.0])
        """
        if (zone is None) != (edge_zone is None):
            raise ValueError("zones are of points and of edges")
        n = len(x)
        if len(y) != n or (zone is not None and len(zone) != n):
            raise ValueError("one zone and two coordinates for each point")
        for per_edge in (edge_class, oneway) if edge_zone is None else (edge_class, oneway, edge_zone):
            if len(per_edge) != self.n_edges:
                raise ValueError("one number for each edge")
        none = np.zeros(0, dtype=np.int64)
        edge = np.empty(n, dtype=np.int32)
        offset_m, metres, foot_x, foot_y = (np.zeros(n) for _ in range(4))
        _nearest(
            self._struct, edge_class.astype(np.uint8), oneway.astype(np.uint8),
            none if edge_zone is None else np.ascontiguousarray(edge_zone, dtype=np.int64), n_classes, within_m, n,
            np.ascontiguousarray(x, dtype=np.float64), np.ascontiguousarray(y, dtype=np.float64),
            none if zone is None else np.ascontiguousarray(zone, dtype=np.int64), int(zone is not None), edge, offset_m, metres,
            foot_x, foot_y,
        )  # fmt: skip
        return Feet(edge, offset_m, metres, foot_x, foot_y)

    def mark(
        self,
        left_u: NDArray[np.float64],
        left_v: NDArray[np.float64],
        *,
        least: float,
        within_m: float,
        corner: tuple[float, float],
        cell_m: float,
        side: int,
    ) -> NDArray[np.bool_]:
        """Return which points of a square grid a walker can come to, or nearly.

        They are no farther from a street than ``within_m``, nor than he can still go from there and a cell more.

        Parameters
        ----------
        left_u, left_v
            How far he can still go from the ends of each edge; negative where he cannot be there.
        least
            What a metre on the street costs at least.
        within_m
            How far he leaves the street at most.
        corner, cell_m, side
            The grid's south-western point, its spacing, and how many points a side has.
        """
        if not (len(left_u) == len(left_v) == self.n_edges):
            raise ValueError("one number for each edge")
        marks = np.zeros((side, side), dtype=np.uint8)
        _mark(self._struct, left_u, left_v, self.length_m, least, within_m, *corner, cell_m, side, marks)
        return marks.view(np.bool_)
