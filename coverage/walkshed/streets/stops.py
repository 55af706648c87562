"""The stops of lines at nodes; nodes may be united and stops put in between until every meeting is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from walkshed.geodesy import distance_m
from walkshed.streets.layer_file import GRID
from walkshed.streets.pieces import Pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.streets.layer_file import Lines

_LEVELS = 32
_LOWEST = 16


@dataclass(slots=True)
class Plane:
    """Metres around a place, in which what is straight in degrees is straight."""

    x0: int
    y0: int
    x_m: float
    y_m: float

    @classmethod
    def of(cls, lines: Lines) -> Plane:
        """Return the plane around the middle of lines."""
        x0 = (int(lines.x.min()) + int(lines.x.max())) // 2
        y0 = (int(lines.y.min()) + int(lines.y.max())) // 2
        lat, step = y0 / GRID, 1e-3
        x_m = float(distance_m(0.0, lat, step, lat)) / (step * GRID)
        y_m = float(distance_m(0.0, lat - step / 2, 0.0, lat + step / 2)) / (step * GRID)
        return cls(x0, y0, x_m, y_m)

    def metres(
        self, x: NDArray[np.int32], y: NDArray[np.int32]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Turn steps of the grid into metres."""
        return (x.astype(np.float64) - self.x0) * self.x_m, (y.astype(np.float64) - self.y0) * self.y_m

    def grid(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Round metres to steps of the grid."""
        return (
            np.rint(x / self.x_m).astype(np.int64) + self.x0,
            np.rint(y / self.y_m).astype(np.int64) + self.y0,
        )


@dataclass(slots=True)
class Links:
    """The pieces between successive stops that join two nodes, each pair of nodes once."""

    level: NDArray[np.int64]
    """Of each node, the level of a link there."""
    degree: NDArray[np.int64]
    begin: NDArray[np.int64]
    far: NDArray[np.int64]
    """The neighbours of node ``n`` are ``far[begin[n]:begin[n] + degree[n]]``."""


@dataclass(slots=True)
class Stops:
    """Where lines stop at nodes.

    A stop's key is the number of a vertex plus how far along the piece to the next vertex it stands,
    so that a stop put into a piece sorts into its place.
    """

    plane: Plane
    line: NDArray[np.int64]
    level: NDArray[np.int64]
    outline: NDArray[np.int64]
    """Line and level of each vertex; the line once more where it is the outline of an area, else -1."""
    piece: NDArray[np.int64]
    """The vertices at which a piece begins; it ends at the next vertex."""
    key: NDArray[np.float64]
    node: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    own: NDArray[np.int64]
    """Place of each node in metres, and the level that tells it from others at the same place."""
    rank: NDArray[np.int64]
    """Of nodes that become one, the one with the highest rank keeps its place."""
    apart: int
    _unions: list[NDArray[np.int64]] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        lines: Lines,
        level: NDArray[np.int64],
        *,
        outline: NDArray[np.bool_],
        ground: NDArray[np.bool_],
    ) -> Stops:
        """Make the vertices at one place one node, unless lines of different level only pass there.

        An outline of an area does not pass: it meets others at any of its corners. Lines known to be on
        the ground meet each other whatever their level says.
        """
        line = np.repeat(np.arange(len(lines)), np.diff(lines.start))
        spot, at = np.unique(lines.x.astype(np.int64) * (1 << 32) + lines.y, return_inverse=True)
        ends = np.zeros(len(spot), dtype=bool)
        ends[at[lines.start[:-1]]] = ends[at[lines.start[1:] - 1]] = True
        ends[at[outline[line]]] = True
        own = np.where(ends[at], _lowest(at, level[line]), level[line])
        if ground.any():
            own = _on_ground(at, own, ground[line])
        number, first, node = np.unique(at * _LEVELS + own + _LOWEST, return_index=True, return_inverse=True)
        plane = Plane.of(lines)
        x, y = plane.metres(lines.x[first], lines.y[first])
        return cls(
            plane=plane,
            line=line,
            level=level[line],
            outline=np.where(outline, np.arange(len(lines)), -1)[line],
            piece=np.flatnonzero(line[:-1] == line[1:]),
            key=np.arange(len(line), dtype=np.float64),
            node=node,
            x=x,
            y=y,
            own=own[first],
            rank=np.zeros(len(x), dtype=np.int64),
            apart=len(number) - len(spot),
        )

    def pieces(self) -> Pieces:
        """Return the straight pieces between the lines' own vertices; to be asked before stops are put in."""
        a, b = self.node[self.piece], self.node[self.piece + 1]
        return Pieces(
            a=a,
            b=b,
            ax=self.x[a],
            ay=self.y[a],
            bx=self.x[b],
            by=self.y[b],
            level=self.level[self.piece],
            outline=self.outline[self.piece],
        )

    def add_nodes(
        self, x: NDArray[np.float64], y: NDArray[np.float64], own: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Add nodes that keep their place; returns their numbers."""
        number = len(self.x) + np.arange(len(x))
        self.x, self.y = np.concatenate([self.x, x]), np.concatenate([self.y, y])
        self.own = np.concatenate([self.own, own])
        self.rank = np.concatenate([self.rank, np.ones(len(x), dtype=np.int64)])
        return number

    def insert(self, key: NDArray[np.float64], node: NDArray[np.int64]) -> None:
        """Put stops into pieces."""
        if not len(key):
            return
        keys, nodes = np.concatenate([self.key, key]), np.concatenate([self.node, node])
        order = np.lexsort((nodes, keys))
        self.key, self.node = keys[order], nodes[order]

    def unite(self, one: NDArray[np.int64], other: NDArray[np.int64]) -> None:
        """Make pairs of nodes one."""
        if len(one):
            self._unions.append(np.column_stack([one, other]))

    def roots(self) -> NDArray[np.int64]:
        """Return for each node the one it has become."""
        root = np.arange(len(self.x))
        if not self._unions:
            return root
        used, at = np.unique(np.concatenate(self._unions), return_inverse=True)
        at = at.reshape(-1, 2)
        part = connected(len(used), at[:, 0], at[:, 1])
        order = np.lexsort((self.own[used], self.y[used], self.x[used], -self.rank[used], part))
        head = order[np.concatenate([[True], part[order][1:] != part[order][:-1]])]
        root[used] = used[head][part]
        return root

    def links(self, root: NDArray[np.int64]) -> Links:
        """Return how the nodes are linked."""
        n = len(self.x)
        vertex = self.key.astype(np.int64)
        at = np.flatnonzero(self.line[vertex[:-1]] == self.line[vertex[1:]])
        a, b = root[self.node[at]], root[self.node[at + 1]]
        low, high = np.minimum(a, b), np.maximum(a, b)
        once = np.unique(low * n + high, return_index=True)[1]
        once = once[low[once] != high[once]]
        u, v = low[once], high[once]
        level = np.zeros(n, dtype=np.int64)
        level[u] = level[v] = self.level[vertex[at[once]]]
        ends = np.concatenate([u, v])
        degree = np.bincount(ends, minlength=n)
        far = np.concatenate([v, u])[np.argsort(ends, kind="stable")]
        return Links(level, degree, np.cumsum(degree) - degree, far)


def _lowest(group: NDArray[np.int64], level: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each thing the lowest level of its group."""
    lowest = np.full(int(group.max()) + 1, _LEVELS)
    np.minimum.at(lowest, group, level)
    return lowest[group]


def _on_ground(
    at: NDArray[np.int64], level: NDArray[np.int64], ground: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Bring those vertices at a place together whose level a line on the ground has there."""
    here = np.unique(at * _LEVELS + level + _LOWEST, return_inverse=True)[1]
    some = np.zeros(int(here.max()) + 1, dtype=bool)
    some[here[ground]] = True
    joined = np.flatnonzero(some[here])
    level = level.copy()
    level[joined] = _lowest(at[joined], level[joined])
    return level


def connected(n: int, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the connected part that each of ``n`` things belongs to, by pairs of them."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(n, n))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)
