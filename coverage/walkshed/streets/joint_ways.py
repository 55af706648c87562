"""Which ways an edge was joined from: more than one where a street goes on under another way's number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.streets.chains import Chains, Segments


@dataclass(frozen=True, slots=True)
class Twins:
    """Segments that a second way draws again: where the kept one stands, and the second way."""

    at: NDArray[np.int64]
    way: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class JointWays:
    """The ways of the few edges that have several.

    Attributes
    ----------
    row : int32, one per edge
        0 for an edge of one way; otherwise its row in the table, counted from 1.
    ptr, way
        The ways of row ``r`` are ``way[ptr[r - 1]:ptr[r]]``, in ascending order.
    """

    row: NDArray[np.int32]
    ptr: NDArray[np.int64]
    way: NDArray[np.int64]


def joint_ways(segments: Segments, chains: Chains, twins: Twins) -> JointWays:
    """Gather the ways of the edges that were joined from segments of several, or that several draw.

    Parameters
    ----------
    segments
        What the edges were joined from.
    chains
        The edges.
    twins
        Segments left out because another way had drawn the same.
    """
    order = np.argsort(segments.at, kind="stable")
    place = np.minimum(np.searchsorted(segments.at[order], twins.at), max(len(order) - 1, 0))
    there = segments.at[order[place]] == twins.at
    edge = np.concatenate([chains.edge_of, chains.edge_of[order[place[there]]]])
    way = np.concatenate([segments.way, twins.way[there]])
    mixed = np.zeros(len(chains.way), dtype=bool)
    mixed[edge[way != chains.way[edge]]] = True
    pairs = np.unique(np.column_stack([edge, way])[mixed[edge]], axis=0)
    count = np.bincount(pairs[:, 0], minlength=len(chains.way))
    row = np.zeros(len(chains.way), dtype=np.int32)
    row[mixed] = np.arange(1, mixed.sum() + 1)
    ptr = np.concatenate([[0], np.cumsum(count[mixed])]).astype(np.int64)
    return JointWays(row, ptr, pairs[:, 1])
