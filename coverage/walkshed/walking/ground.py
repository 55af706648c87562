"""The ground between the streets: for every place on a fine grid, the street it is tied to.

A catchment is drawn from this grid, and the rules by which a grid point is tied are those of
:mod:`walkshed.streets.ties`, so that drawing and numbers say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from walkshed.geodesy import distance_m
from walkshed.streets.areas import sees
from walkshed.streets.ties import areas_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from walkshed.streets.index import EdgeIndex
    from walkshed.streets.network import WalkNetwork
    from walkshed.walls.walls import Walls

    Key = tuple[int, int]

CELL_M = 20.0
"""Spacing of the grid. A boundary between two grid points is placed by interpolation, or midway where
the walk jumps, so that catchments are drawn to half of this."""

_BLOCK = 256


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of the grid; arrays have the shape (rows, columns), south first.

    Attributes
    ----------
    corner
        Column and row of the south-western point in the whole grid.
    x, y : float64
        Local metres of the columns' and rows' grid points.
    edge : int32
        The edge each point is tied to; -1 where there is none, and where nobody has asked.
    offset_m, leg_m : float32
        Metres along that edge from its ``u`` end, and off-street metres to it.
    area_row, area_column, area, area_node, area_m
        Points in pedestrian areas, once for each corner they see: where, which area, the corner's
        node, and the straight metres to it.
    """

    corner: tuple[int, int]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    edge: NDArray[np.int32]
    offset_m: NDArray[np.float32]
    leg_m: NDArray[np.float32]
    area_row: NDArray[np.int64]
    area_column: NDArray[np.int64]
    area: NDArray[np.int64]
    area_node: NDArray[np.int64]
    area_m: NDArray[np.float64]


class Left(NamedTuple):
    """How far a walker can still go from the ends of each edge, in level metres; negative where not there at all.

    ``least`` is what a metre on the street costs at least.
    """

    at_u: NDArray[np.float64]
    at_v: NDArray[np.float64]
    least: float = 1.0

    def or_farther(self, other: Left) -> Left:
        """Return how far this walker can go, or another one if he goes farther."""
        return Left(np.fmax(self.at_u, other.at_u), np.fmax(self.at_v, other.at_v), self.least)

    def at_ends(self, edge: int) -> float:
        """Return how far he can go from the better end of an edge."""
        return max(float(self.at_u[edge]), float(self.at_v[edge]))


class Part(NamedTuple):
    """Where a window and a block of the grid overlap: the block, and the slices of either."""

    block: Key
    in_window: tuple[slice, slice]
    in_block: tuple[slice, slice]


class Ground:
    """The grid over a network, made block by block where it is asked for.

    With ``walls``, a point is tied to the nearest street on its own side of them, as places are.
    """

    def __init__(
        self,
        network: WalkNetwork,
        *,
        max_snap_m: float,
        cell_m: float = CELL_M,
        index: EdgeIndex | None = None,
        walls: Walls | None = None,
    ) -> None:
        self.network, self.max_snap_m, self.cell_m = network, max_snap_m, cell_m
        self.walls = walls if walls is not None and len(walls.yards.estate) else None
        self.index = network.index if index is None else index
        self._blocks: dict[Key, _Block] = {}
        self._left: dict[float, Left] = {}  # by what a metre costs at least

    @cached_property
    def edge_box(self) -> NDArray[np.float64]:
        """West, south, east and north of each edge in local metres."""
        first = self.network.coord_ptr[:-1]
        if not len(first):
            return np.zeros((0, 4))
        xy = self.index.xy
        return np.column_stack([np.minimum.reduceat(xy, first), np.maximum.reduceat(xy, first)])

    def prepare(self, left: Left) -> None:
        """Tie the points to which a walker can still go, a block at a time; :meth:`window` finds only these tied."""
        known = self._known(left.least)
        more = (left.at_u > known.at_u) | (left.at_v > known.at_v)
        behind = set(self._keys(self._behind_gates(left, more)))
        for key in sorted(behind.union(self._keys(self.edge_box[more]))):
            column, row = key
            size = _BLOCK * self.cell_m
            near = self.index.pieces.mark(
                left.at_u, left.at_v, least=left.least, within_m=self.max_snap_m,
                corner=(column * size, row * size), cell_m=self.cell_m, side=_BLOCK,
            )  # fmt: skip
            if self.walls is not None and key in behind:
                near |= self._block(key).seeing_gates(self.walls, left)
            if near.any():
                self._block(key).fill(near)
        self._left[left.least] = known.or_farther(left)

    def _known(self, least: float) -> Left:
        """Return how far walkers went before to whom a metre cost so little, or less: the same left, they go no less far."""
        nowhere = np.full(self.network.n_edges, -np.inf)
        known = Left(nowhere, nowhere, least)
        for before in self._left.values():
            known = known.or_farther(before) if before.least <= least else known
        return known

    def _behind_gates(self, left: Left, more: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the boxes of the walled estates to whose gates a walker comes: who sees a gate may be far from it."""
        found = []
        for zone, doors in self.walls.doors.items() if self.walls is not None else ():
            if any(more[edge] and left.at_ends(edge) >= 0 for _, edge, _ in doors):
                found.append(zone)
        if self.walls is None or not found:
            return np.zeros((0, 4))
        import shapely

        return np.asarray(shapely.bounds(self.walls.yards.grown[found])).reshape(-1, 4)

    def _keys(self, boxes: NDArray[np.float64]) -> list[Key]:
        """Return the blocks that boxes touch, with a leg around them."""
        margin, size = self.max_snap_m + 2 * self.cell_m, _BLOCK * self.cell_m
        low = np.floor((boxes[:, :2] - margin) / size).astype(np.int64)
        high = np.floor((boxes[:, 2:] + margin) / size).astype(np.int64)
        keys: set[Key] = set()
        for left, down, right, up in set(zip(*low.T.tolist(), *high.T.tolist(), strict=True)):
            keys.update((x, y) for x in range(left, right + 1) for y in range(down, up + 1))
        return sorted(keys)

    def window(self, around: NDArray[np.float64]) -> Window:
        """Return the part of the grid in a box (west, south, east, north in local metres) and a little around it."""
        low = np.floor(around[:2] / self.cell_m).astype(np.int64) - 1
        high = np.ceil(around[2:] / self.cell_m).astype(np.int64) + 2
        shape = (int(high[1] - low[1]), int(high[0] - low[0]))
        edge = np.full(shape, -1, dtype=np.int32)
        offset, leg = np.zeros(shape, dtype=np.float32), np.full(shape, np.inf, dtype=np.float32)
        areas = [_NO_AREAS]
        corner = int(low[0]), int(low[1])
        for part in parts(corner, shape):
            block = self._block(part.block)
            into, out = part.in_window, part.in_block
            edge[into], offset[into], leg[into] = block.edge[out], block.offset_m[out], block.leg_m[out]
            if len(block.areas.row):
                areas.append(block.areas.moved(np.array(part.block) * _BLOCK - low, shape))
        in_areas = _NO_AREAS if len(areas) == 1 else _InAreas(*map(np.concatenate, zip(*areas, strict=True)))
        x, y = np.arange(low[0], high[0]) * self.cell_m, np.arange(low[1], high[1]) * self.cell_m
        return Window(corner, x, y, edge, offset, leg, *in_areas)

    def whole(self, key: Key) -> Window:
        """Return a block of the grid."""
        block = self._block(key)
        corner = key[0] * _BLOCK, key[1] * _BLOCK
        return Window(corner, block.x, block.y, block.edge, block.offset_m, block.leg_m, *block.areas)

    def _block(self, key: Key) -> _Block:
        if key not in self._blocks:
            self._blocks[key] = _Block(self, key)
        return self._blocks[key]


def parts(corner: tuple[int, int], shape: tuple[int, ...]) -> Iterator[Part]:
    """Yield the parts of a window, by its south-western grid point (column, row) and its shape, that lie in each block."""
    column, row = corner
    for by in range(row // _BLOCK, (row + shape[0] - 1) // _BLOCK + 1):
        for bx in range(column // _BLOCK, (column + shape[1] - 1) // _BLOCK + 1):
            begin = max(by * _BLOCK - row, 0), max(bx * _BLOCK - column, 0)
            end = min((by + 1) * _BLOCK - row, shape[0]), min((bx + 1) * _BLOCK - column, shape[1])
            down, right = row - by * _BLOCK, column - bx * _BLOCK
            yield Part(
                (bx, by),
                (slice(begin[0], end[0]), slice(begin[1], end[1])),
                (slice(begin[0] + down, end[0] + down), slice(begin[1] + right, end[1] + right)),
            )


class _InAreas(NamedTuple):
    """Points in pedestrian areas, as in :class:`Window`."""

    row: NDArray[np.int64]
    column: NDArray[np.int64]
    area: NDArray[np.int64]
    node: NDArray[np.int64]
    metres: NDArray[np.float64]

    def moved(self, corner: NDArray[np.int64], shape: tuple[int, int]) -> _InAreas:
        """Return the points that fall into a window, numbered as there."""
        row, column = self.row + corner[1], self.column + corner[0]
        inside = (row >= 0) & (row < shape[0]) & (column >= 0) & (column < shape[1])
        return _InAreas(
            row[inside], column[inside], self.area[inside], self.node[inside], self.metres[inside]
        )


_NONE = np.zeros(0, dtype=np.int64)
_NO_AREAS = _InAreas(_NONE, _NONE, _NONE, _NONE, np.zeros(0))


class _Block:
    """A square of the grid; its points are tied when an edge near them is walked."""

    def __init__(self, ground: Ground, key: Key) -> None:
        self.ground = ground
        column, row = key
        self.x = (column * _BLOCK + np.arange(_BLOCK, dtype=np.float64)) * ground.cell_m
        self.y = (row * _BLOCK + np.arange(_BLOCK, dtype=np.float64)) * ground.cell_m
        shape = (_BLOCK, _BLOCK)
        self.edge = np.full(shape, -1, dtype=np.int32)
        self.offset_m = np.zeros(shape, dtype=np.float32)
        self.leg_m = np.full(shape, np.inf, dtype=np.float32)
        self.done = np.zeros(shape, dtype=bool)
        self.zone = self._zones()
        self.areas = self._in_areas()

    def fill(self, wanted: NDArray[np.bool_]) -> None:
        """Tie the wanted points, where that has not been done."""
        row, column = np.nonzero(wanted & ~self.done)
        if len(row):
            self.done |= wanted
            self._tie(row, column)
            self.edge[self.areas.row, self.areas.column] = -1  # who stands in an area goes by its corners

    def seeing_gates(self, walls: Walls, left: Left) -> NDArray[np.bool_]:
        """Return the points in walled estates that are no farther from a gate than a walker can still go from there."""
        near = np.zeros(self.edge.shape, dtype=bool)
        for zone in [] if self.zone is None else np.unique(self.zone[self.zone >= 0]).tolist():
            for node, edge, _ in walls.doors.get(zone, []):
                most, (x, y) = left.at_ends(edge) + self.ground.cell_m, walls.node_xy[node]
                if most >= 0:
                    near |= (self.zone == zone) & (np.hypot(self.x - x, (self.y - y)[:, None]) <= most)
        return near

    def _zones(self) -> NDArray[np.int64] | None:
        """Return the walled estate each point lies in; None where there is no wall around."""
        walls, snap = self.ground.walls, self.ground.max_snap_m
        if walls is None:
            return None
        import shapely

        box = shapely.box(self.x[0] - snap, self.y[0] - snap, self.x[-1] + snap, self.y[-1] + snap)
        if not len(walls.yards.tree.query(box)):
            return None
        x, y = np.meshgrid(self.x, self.y)
        return walls.yards.holding(x.ravel(), y.ravel()).reshape(x.shape)

    def _tie(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> None:
        """Tie points to the nearest edge, class by class as places are tied; each on its side of the walls."""
        ground, walls = self.ground, self.ground.walls
        zone = None if self.zone is None else self.zone[row, column]
        edge_zone = None if zone is None or walls is None else walls.zone
        feet = ground.index.feet(
            self.x[column], self.y[row], within_m=ground.max_snap_m, zone=zone, edge_zone=edge_zone
        )
        tied = feet.edge >= 0
        at = row[tied], column[tied]
        self.edge[at], self.offset_m[at], self.leg_m[at] = (
            feet.edge[tied], feet.offset_m[tied], feet.metres[tied],
        )  # fmt: skip
        if zone is None or walls is None:
            return
        left = ~tied & (zone >= 0)
        for inside in np.unique(zone[left]).tolist():
            mine = left & (zone == inside)
            self._tie_to_gates(walls, inside, row[mine], column[mine])

    def _tie_to_gates(
        self, walls: Walls, zone: int, row: NDArray[np.int64], column: NDArray[np.int64]
    ) -> None:
        """Tie points in an estate without paths to the nearest gate that a straight line inside leads to."""
        import shapely

        doors = walls.doors.get(zone, [])
        if not doors or not len(row):
            return
        points = np.column_stack([self.x[column], self.y[row]])
        best = np.full(len(row), np.inf)
        for node, edge, offset in doors:
            gate = walls.node_xy[node]
            away = np.hypot(*(points - gate).T)
            ends = np.stack([points, np.broadcast_to(gate, points.shape)], axis=1)
            inside = shapely.covers(walls.yards.grown[zone], shapely.linestrings(ends)) | (away < 1e-6)
            nearer = inside & (away < best)
            best[nearer] = away[nearer]
            at = row[nearer], column[nearer]
            self.edge[at], self.offset_m[at], self.leg_m[at] = edge, offset, away[nearer]

    def _in_areas(self) -> _InAreas:
        """Return the points that lie in pedestrian areas, once for each corner they see."""
        network, index = self.ground.network, self.ground.index
        row, column = self._near_areas()
        if not len(row):
            return _NO_AREAS
        self._tie(row, column)
        lon, lat = index.unproject(self.x[column], self.y[row])
        tied = self.edge[row, column]
        edge_class = np.where(tied >= 0, index.edge_class[tied], -1).astype(np.int8)
        point, area = areas_at(network, lon, lat, edge_class, index=index)
        first = network.area_ptr[area]
        count = network.area_ptr[area + 1] - first
        again = np.repeat(np.arange(len(point)), count)
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        node = network.area_node[np.repeat(first, count) + within].astype(np.int64)
        here = np.column_stack([lon[point[again]], lat[point[again]]])
        there = np.column_stack([network.node_lon[node], network.node_lat[node]])
        seen = sees(network.index.area_shapes, area[again], here, there)
        here, there, again, node = here[seen], there[seen], again[seen], node[seen]
        across = distance_m(here[:, 0], here[:, 1], there[:, 0], there[:, 1])
        return _InAreas(row[point[again]], column[point[again]], area[again], node, across)

    def _near_areas(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the points in the bounding boxes of pedestrian areas."""
        import shapely

        network, index, cell = self.ground.network, self.ground.index, self.ground.cell_m
        if not network.areas:
            return _NONE, _NONE
        lon, lat = index.unproject(self.x[[0, -1, 0, -1]], self.y[[0, 0, -1, -1]])
        near = index.areas.query(shapely.box(lon.min(), lat.min(), lon.max(), lat.max()))
        bounds = shapely.bounds(network.index.area_shapes[near]).reshape(-1, 4)
        wx, wy = index.project(bounds[:, [0, 2]].ravel(), bounds[:, [1, 3]].ravel())
        hit = np.zeros((_BLOCK, _BLOCK), dtype=bool)
        left, right = np.searchsorted(self.x, wx[::2] - cell), np.searchsorted(self.x, wx[1::2] + cell)
        low, high = np.searchsorted(self.y, wy[::2] - cell), np.searchsorted(self.y, wy[1::2] + cell)
        for a, b, c, d in zip(low.tolist(), high.tolist(), left.tolist(), right.tolist(), strict=True):
            hit[a:b, c:d] = True
        row, column = np.nonzero(hit)
        return row, column
