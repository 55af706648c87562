"""Loose ends of streets: joined to each other, or to the street they stop short of, within a tolerance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from walkshed.streets.stops import connected

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.streets.pieces import Pieces
    from walkshed.streets.stops import Links, Stops

_DETOUR = 4
"""An end is joined to what lies beside it only if the walk there is more than this many tolerances."""


@dataclass(slots=True)
class _Surroundings:
    """What a loose end reaches along its own street within a few tolerances, and how long that street is.

    The street goes on to the next junction or loose end, however many lines it is drawn in: where a
    line is split must not matter.
    """

    end: NDArray[np.int64]
    node: NDArray[np.int64]
    length: NDArray[np.float64]
    n_nodes: int

    @classmethod
    def of(cls, stops: Stops, links: Links, loose: NDArray[np.int64], tolerance_m: float) -> _Surroundings:
        end, here, before = np.arange(len(loose)), loose, np.full(len(loose), -1)
        gone = np.zeros(len(loose))
        length = np.full(len(loose), np.inf)
        ends, nodes = [end], [here]
        while len(end):
            onward = links.far[links.begin[here]]
            back = onward == before
            onward[back] = links.far[links.begin[here[back]] + 1]
            gone = gone + np.hypot(stops.x[onward] - stops.x[here], stops.y[onward] - stops.y[here])
            within = gone <= _DETOUR * tolerance_m
            ends.append(end[within])
            nodes.append(onward[within])
            stands = links.degree[onward] != 2
            length[end[stands]] = gone[stands]
            go = within & ~stands
            end, before, here, gone = end[go], here[go], onward[go], gone[go]
        return cls(np.concatenate(ends), np.concatenate(nodes), length, len(stops.x))

    def hold(
        self, group: NDArray[np.int64], asked: NDArray[np.int64], node: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Tell whether nodes stand among the surroundings of any end of the groups asked for."""
        keys = np.unique(group[self.end] * self.n_nodes + self.node)
        wanted = asked * self.n_nodes + node
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.asarray(keys[at] == wanted)


@dataclass(slots=True)
class _Goals:
    """Where groups of loose ends go: an end of the group, the node (-1: a new one) and its place."""

    group: NDArray[np.int64]
    end: NDArray[np.int64]
    node: NDArray[np.int64]
    key: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    level: NDArray[np.int64]

    def take(self, at: NDArray[np.int64]) -> _Goals:
        return _Goals(
            self.group[at], self.end[at], self.node[at], self.key[at], self.x[at], self.y[at], self.level[at]
        )


def tie_loose_ends(stops: Stops, pieces: Pieces, *, tolerance_m: float) -> tuple[int, int]:
    """Join the loose ends within a tolerance; returns how many went to other ends and how many to streets."""
    root = stops.roots()
    links = stops.links(root)
    loose = np.flatnonzero(links.degree == 1)
    if not len(loose) or tolerance_m <= 0:
        return 0, 0
    stops.rank = np.where(links.degree == 1, -1, stops.rank)
    around = _Surroundings.of(stops, links, loose, tolerance_m)
    one, other = _pairs(stops, links, loose, around, tolerance_m)
    group = connected(len(loose), one, other)
    goals = _goals(stops, pieces, links, loose, around, group, root=root, tolerance_m=tolerance_m)
    stops.unite(loose[one], loose[other])
    new = goals.node < 0
    goals.node[new] = stops.add_nodes(goals.x[new], goals.y[new], goals.level[new])
    stops.insert(goals.key[new], goals.node[new])
    stops.unite(loose[goals.end], goals.node)
    on_street = np.isin(group, goals.group)
    paired = np.bincount(group)[group] > 1
    return int((paired & ~on_street).sum()), int(on_street.sum())


def _pairs(
    stops: Stops, links: Links, loose: NDArray[np.int64], around: _Surroundings, tolerance_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pairs of loose ends of one level that are to be one."""
    from scipy.spatial import cKDTree

    at = np.column_stack([stops.x[loose], stops.y[loose]])
    pairs = cKDTree(at).query_pairs(tolerance_m, output_type="ndarray").astype(np.int64)
    one, other = pairs[:, 0], pairs[:, 1]
    gap = np.hypot(*(at[one] - at[other]).T)
    keep = links.level[loose[one]] == links.level[loose[other]]
    keep &= gap < np.minimum(around.length[one], around.length[other])  # dashes do not fold up
    every = np.arange(len(loose))
    keep &= ~around.hold(every, one, loose[other]) & ~around.hold(every, other, loose[one])
    return one[keep], other[keep]


def _goals(
    stops: Stops,
    pieces: Pieces,
    links: Links,
    loose: NDArray[np.int64],
    around: _Surroundings,
    group: NDArray[np.int64],
    *,
    root: NDArray[np.int64],
    tolerance_m: float,
) -> _Goals:
    """Return the nearest street within the tolerance for each group of loose ends that has one."""
    ex, ey = stops.x[loose], stops.y[loose]
    end, piece = pieces.beside(ex, ey, tolerance_m)
    level = pieces.level[piece] == links.level[loose[end]]
    end, piece = end[level], piece[level]
    along, gap = pieces.foot(ex[end], ey[end], piece)
    key = stops.piece[piece] + np.minimum(along, 1 - 1e-9)
    before = np.searchsorted(stops.key, key, side="right") - 1
    a, b = root[stops.node[before]], root[stops.node[before + 1]]
    away_a = np.hypot(ex[end] - stops.x[a], ey[end] - stops.y[a])
    away_b = np.hypot(ex[end] - stops.x[b], ey[end] - stops.y[b])
    near = np.where(away_a <= away_b, a, b)
    node = np.where(np.minimum(away_a, away_b) <= tolerance_m, near, -1)
    keep = gap < around.length[end]
    single = np.bincount(group)[group[end]] == 1
    keep &= (node < 0) | single | (links.degree[np.maximum(node, 0)] != 1)  # the others have been paired
    keep &= ~around.hold(group, group[end], a) & ~around.hold(group, group[end], b)
    x = pieces.ax[piece] + along * (pieces.bx[piece] - pieces.ax[piece])
    y = pieces.ay[piece] + along * (pieces.by[piece] - pieces.ay[piece])
    found = _Goals(group[end], end, node, key, x, y, pieces.level[piece]).take(np.flatnonzero(keep))
    order = np.lexsort((found.key, found.y, found.x, gap[keep].round(6), found.group))
    first = np.ones(len(order), dtype=bool)
    first[1:] = found.group[order][1:] != found.group[order][:-1]
    return found.take(order[first])
