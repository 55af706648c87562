"""Walks from the points of the ground over the ends of the edges they are tied to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.kernel.library import (
    FLOAT32,
    FLOAT64,
    INT,
    INT32,
    INT64,
    NOTHING,
    OUT_FLOAT64,
    OUT_INT32,
    STRUCT,
    Struct,
    declare,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_field = declare(
    "walkshed_field", STRUCT, FLOAT64, INT, INT32, FLOAT32, FLOAT32, OUT_FLOAT64, OUT_INT32, result=NOTHING
)


class Exits:
    """How walks leave the edges of a graph.

    Parameters
    ----------
    n_vertices
        How many vertices the graph has.
    vertex_u, vertex_v
        Over which vertices a walk leaves each edge, at its u and its v.
    length_m
        The edges' lengths.
    ahead, back
        What a metre costs towards v, and towards u; infinite where one cannot go.
    at_u, at_v
        What comes on top at the ends.
    """

    def __init__(
        self, n_vertices: int, vertex_u: Ints, vertex_v: Ints, length_m: Floats, ahead: Floats, back: Floats,
        at_u: Floats, at_v: Floats,
    ) -> None:  # fmt: skip
        self.n_vertices, self.n_edges = n_vertices, len(length_m)
        for vertex in (vertex_u, vertex_v):
            if len(vertex) != self.n_edges or (
                len(vertex) and not 0 <= vertex.min() <= vertex.max() < n_vertices
            ):
                raise ValueError("an edge is left over a vertex that is not there")
        vertices = [np.ascontiguousarray(each, dtype=np.int64) for each in (vertex_u, vertex_v)]
        costs = [
            np.ascontiguousarray(np.broadcast_to(each, length_m.shape), dtype=np.float64)
            for each in (length_m, ahead, back, at_u, at_v)
        ]
        self._struct = Struct(*((INT64, each) for each in vertices), *((FLOAT64, each) for each in costs))

    def walks(
        self,
        metres: Floats,
        edge: NDArray[np.int32],
        offset_m: NDArray[np.float32],
        leg_m: NDArray[np.float32],
    ) -> tuple[Floats, NDArray[np.int32]]:
        """Return the walk from each point, and the vertex it leaves over (-1 where the point is tied to no edge).

        Parameters
        ----------
        metres
            From every vertex of the graph.
        edge, offset_m, leg_m
            Where the points are tied: the edge (-1: none), metres along it, and metres to it; arrays of one shape.
        """
        if len(metres) != self.n_vertices:
            raise ValueError("metres are from every vertex")
        if not (edge.shape == offset_m.shape == leg_m.shape) or edge.max(initial=-1) >= self.n_edges:
            raise ValueError("points are tied to edges of the graph, each with its offset and leg")
        walk, vertex = np.empty(edge.shape), np.empty(edge.shape, dtype=np.int32)
        _field(self._struct, metres, edge.size, edge, offset_m, leg_m, walk, vertex)
        return walk, vertex
