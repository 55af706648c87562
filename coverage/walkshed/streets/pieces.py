"""The straight pieces of lines in a plane: where they touch, where they cross, and which lie beside a point."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

TOUCH_M = 0.02
"""What lies this near touches: twice the rounding of a coordinate to 1e-7 degree."""

_SHORT_M = 4 * TOUCH_M  # vertices closer than this to each other would all touch each other
_LONG_M = 300.0
_CHUNK, _LONG_CHUNK = 100_000, 2_000


@dataclass(slots=True)
class Touches:
    """Nodes that lie on pieces: at the piece's own end ``onto``, or (-1) ``along`` of the way to its second end."""

    node: NDArray[np.int64]
    piece: NDArray[np.int64]
    along: NDArray[np.float64]
    onto: NDArray[np.int64]


@dataclass(slots=True)
class Crossings:
    """Pairs of pieces that cross inside both, how far along each, and where."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    along_first: NDArray[np.float64]
    along_second: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    def take(self, keep: NDArray[np.bool_]) -> Crossings:
        """Return those for which ``keep`` holds."""
        return Crossings(
            self.first[keep],
            self.second[keep],
            self.along_first[keep],
            self.along_second[keep],
            self.x[keep],
            self.y[keep],
        )


@dataclass
class Pieces:
    """Straight pieces: nodes at both ends, places in metres, and the level of the line."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    ax: NDArray[np.float64]
    ay: NDArray[np.float64]
    bx: NDArray[np.float64]
    by: NDArray[np.float64]
    level: NDArray[np.int64]
    outline: NDArray[np.int64]
    """The area whose outline a piece is part of, -1 for none: an outline is not joined to itself."""

    @cached_property
    def length(self) -> NDArray[np.float64]:
        """Metres of each piece."""
        return np.asarray(np.hypot(self.bx - self.ax, self.by - self.ay))

    @cached_property
    def _tree(self) -> Any:
        import shapely

        ends = np.stack([np.column_stack([self.ax, self.ay]), np.column_stack([self.bx, self.by])], axis=1)
        return shapely.STRtree(shapely.linestrings(ends))

    def foot(
        self, x: NDArray[np.float64], y: NDArray[np.float64], piece: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return how far along its piece (0..1) the place nearest to each point lies, and the metres to it."""
        ax, ay = self.ax[piece], self.ay[piece]
        dx, dy = self.bx[piece] - ax, self.by[piece] - ay
        along = np.clip(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy), 0.0, 1.0)
        return along, np.hypot(x - ax - along * dx, y - ay - along * dy)

    def beside(
        self, x: NDArray[np.float64], y: NDArray[np.float64], within_m: float
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the pairs of a point and a piece that are at most so far apart."""
        import shapely

        point, piece = self._tree.query(shapely.points(x, y), predicate="dwithin", distance=within_m)
        return point, piece

    def _neighbours(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Yield the pairs of pieces of one level whose boxes meet, each pair once."""
        import shapely

        long = self.length > _LONG_M
        for which, size in ((np.flatnonzero(~long), _CHUNK), (np.flatnonzero(long), _LONG_CHUNK)):
            for begin in range(0, len(which), size):
                own = which[begin : begin + size]
                boxes = shapely.box(
                    np.minimum(self.ax[own], self.bx[own]) - TOUCH_M,
                    np.minimum(self.ay[own], self.by[own]) - TOUCH_M,
                    np.maximum(self.ax[own], self.bx[own]) + TOUCH_M,
                    np.maximum(self.ay[own], self.by[own]) + TOUCH_M,
                )
                at, second = self._tree.query(boxes)
                first = own[at]
                keep = (first < second) & (self.level[first] == self.level[second])
                keep &= (self.outline[first] < 0) | (self.outline[first] != self.outline[second])
                yield first[keep], second[keep]

    def meetings(self) -> tuple[Touches, Crossings]:
        """Find where pieces of one level touch without sharing a node, and where they cross."""
        touches, crossings = [], []
        for first, second in self._neighbours():
            found = [
                self._touching(one, other, second_end=end)
                for one, other in ((first, second), (second, first))
                for end in (False, True)
            ]
            touches += [touch for touch, _ in found]
            met = np.logical_or.reduce([hit for _, hit in found])
            crossings.append(self._crossing(first[~met], second[~met]))
        return (
            Touches(*(np.concatenate(column) for column in zip(*map(_touch_columns, touches), strict=True))),
            Crossings(*(np.concatenate(column) for column in zip(*crossings, strict=True))),
        )

    def _touching(
        self, one: NDArray[np.int64], other: NDArray[np.int64], *, second_end: bool
    ) -> tuple[Touches, NDArray[np.bool_]]:
        """Return where an end of pieces lies on other pieces, and of which pairs that holds."""
        node, x, y = (self.b, self.bx, self.by) if second_end else (self.a, self.ax, self.ay)
        apart = (node[one] != self.a[other]) & (node[one] != self.b[other])
        apart &= (self.length[one] >= _SHORT_M) & (self.length[other] >= _SHORT_M)
        hit = np.zeros(len(one), dtype=bool)
        pair = np.flatnonzero(apart)
        along, metres = self.foot(x[one[pair]], y[one[pair]], other[pair])
        close = metres <= TOUCH_M
        pair, along = pair[close], along[close]
        hit[pair] = True
        v, piece = one[pair], other[pair]
        to_a = np.hypot(x[v] - self.ax[piece], y[v] - self.ay[piece]) <= TOUCH_M
        to_b = np.hypot(x[v] - self.bx[piece], y[v] - self.by[piece]) <= TOUCH_M
        onto = np.where(to_a, self.a[piece], np.where(to_b, self.b[piece], -1))
        return Touches(node[v], piece, along, onto), hit

    def _crossing(
        self, i: NDArray[np.int64], j: NDArray[np.int64]
    ) -> tuple[
        NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.float64],
        NDArray[np.float64],
        NDArray[np.float64],
        NDArray[np.float64],
    ]:
        """Return the pairs that cross, how far along each, and where."""
        a, b = self.a, self.b
        apart = (a[i] != a[j]) & (a[i] != b[j]) & (b[i] != a[j]) & (b[i] != b[j])
        i, j = i[apart], j[apart]
        dx, dy = self.bx[i] - self.ax[i], self.by[i] - self.ay[i]
        ex, ey = self.bx[j] - self.ax[j], self.by[j] - self.ay[j]
        gx, gy = self.ax[j] - self.ax[i], self.ay[j] - self.ay[i]
        area = dx * ey - dy * ex
        with np.errstate(divide="ignore", invalid="ignore"):
            s, t = (gx * ey - gy * ex) / area, (gx * dy - gy * dx) / area
        hit = (s > 0) & (s < 1) & (t > 0) & (t < 1)
        i, j, s, t = i[hit], j[hit], s[hit], t[hit]
        return i, j, s, t, self.ax[i] + s * dx[hit], self.ay[i] + s * dy[hit]


def _touch_columns(touches: Touches) -> tuple[NDArray[Any], ...]:
    return touches.node, touches.piece, touches.along, touches.onto
