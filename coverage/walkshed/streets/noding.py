"""Noding: which lines of a layer meet, at shared vertices, where they touch, and within a tolerance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from walkshed.streets.layer_file import GRID
from walkshed.streets.loose_ends import tie_loose_ends
from walkshed.streets.stops import Stops

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.streets.layer_file import Lines
    from walkshed.streets.pieces import Crossings, Touches


@dataclass(slots=True)
class Unmet:
    """Where lines of one level cross without meeting: the two lines, and the place in degrees."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


@dataclass(slots=True)
class Noded:
    """Lines that meet in common nodes.

    ``line`` is the number of each among the lines given, ``ref`` numbers the nodes from 1 in the order
    of their places, ``x`` and ``y`` are in 1e-7 degree.
    """

    line: NDArray[np.int64]
    start: NDArray[np.int64]
    ref: NDArray[np.int64]
    x: NDArray[np.int32]
    y: NDArray[np.int32]
    counts: dict[str, int]
    unmet: Unmet


def node_lines(
    lines: Lines,
    level: NDArray[np.int64],
    *,
    outline: NDArray[np.bool_],
    ground: NDArray[np.bool_],
    tolerance_m: float,
    cross: bool,
) -> Noded:
    """Find the common nodes of lines.

    Parameters
    ----------
    lines
        The lines, in an order that does not depend on that of the layer's rows.
    level
        OSM layer of each line, -8 to 7.
    outline
        Whether a line is the outline of an area, which others meet at its corners whatever their level.
    ground
        Whether a line is known to be on the ground, so that it meets others such at shared vertices
        whatever their level.
    tolerance_m
        How far a loose end may lie from what it is joined to.
    cross
        Whether lines of one level meet where they cross without a common vertex.
    """
    stops = Stops.of(lines, level, outline=outline, ground=ground)
    pieces = stops.pieces()
    touches, crossings = pieces.meetings()
    _join_touching(stops, touches)
    snapped, on_street = tie_loose_ends(stops, pieces, tolerance_m=tolerance_m)
    crossings.first, crossings.second = stops.piece[crossings.first], stops.piece[crossings.second]
    crossings = crossings.take(~_met(stops, crossings))
    counts = {
        "vertices_held_apart": stops.apart,
        "vertices_on_lines": len(np.unique(touches.node)),
        "ends_snapped": snapped,
        "ends_joined_to_streets": on_street,
        "crossings_joined": len(crossings.first) if cross else 0,
        "crossings_unmet": 0 if cross else len(crossings.first),
    }
    if cross:
        own = stops.level[crossings.first]
        node = stops.add_nodes(crossings.x, crossings.y, own)
        stops.insert(
            np.concatenate(
                [
                    crossings.first + crossings.along_first,
                    crossings.second + crossings.along_second,
                ]
            ),
            np.concatenate([node, node]),
        )
        crossings = crossings.take(np.zeros(len(crossings.first), dtype=bool))
    gx, gy = stops.plane.grid(crossings.x, crossings.y)
    unmet = Unmet(stops.line[crossings.first], stops.line[crossings.second], gx / GRID, gy / GRID)
    return _noded(stops, counts, unmet)


def _join_touching(stops: Stops, touches: Touches) -> None:
    """Unite nodes that lie on each other, and put those that lie on a piece into it."""
    at_end = touches.onto >= 0
    stops.unite(touches.node[at_end], touches.onto[at_end])
    piece, node, along = touches.piece[~at_end], touches.node[~at_end], touches.along[~at_end]
    once = np.unique(np.column_stack([piece, node]), axis=0, return_index=True)[1]
    stops.insert(stops.piece[piece[once]] + along[once], node[once])


def _met(stops: Stops, crossings: Crossings) -> NDArray[np.bool_]:
    """Tell which crossing pieces have come to share a node."""
    root, n = stops.roots(), len(stops.x)

    def nodes_of(vertex: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the nodes on pieces, and the place in ``vertex`` of the piece they belong to."""
        begin = np.searchsorted(stops.key, vertex, side="left")
        count = np.searchsorted(stops.key, vertex + 1, side="right") - begin
        owner = np.repeat(np.arange(len(vertex)), count)
        at = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(begin, count)
        return root[stops.node[at]], owner

    met = np.zeros(len(crossings.first), dtype=bool)
    node, owner = nodes_of(crossings.first)
    other, other_owner = nodes_of(crossings.second)
    met[owner[np.isin(owner * n + node, other_owner * n + other)]] = True
    return met


def _noded(stops: Stops, counts: dict[str, int], unmet: Unmet) -> Noded:
    """Return the lines with their nodes numbered by place, without those that have become of no length."""
    root = stops.roots()
    line, node = stops.line[stops.key.astype(np.int64)], root[stops.node]
    gx, gy = stops.plane.grid(stops.x, stops.y)
    used = np.unique(node)
    order = used[np.lexsort((stops.own[used], gy[used], gx[used]))]
    new = np.ones(len(order), dtype=bool)
    if len(order):
        same = (gx[order][1:] == gx[order][:-1]) & (gy[order][1:] == gy[order][:-1])
        new[1:] = ~(same & (stops.own[order][1:] == stops.own[order][:-1]))
    number = np.zeros(len(root), dtype=np.int64)
    number[order] = np.cumsum(new)
    ref = number[node]
    moves = np.ones(len(ref), dtype=bool)
    moves[1:] = (line[1:] != line[:-1]) | (ref[1:] != ref[:-1])
    count = np.bincount(line[moves], minlength=int(line[-1]) + 1)
    moves &= count[line] > 1
    left = np.flatnonzero(count > 1)
    counts["lines_collapsed"] = int((count == 1).sum())
    return Noded(
        line=left,
        start=np.concatenate([[0], np.cumsum(count[left])]).astype(np.int64),
        ref=ref[moves],
        x=gx[node[moves]].astype(np.int32),
        y=gy[node[moves]].astype(np.int32),
        counts=counts,
        unmet=unmet,
    )
