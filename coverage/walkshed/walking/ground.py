"""The ground between the streets: for every place on a fine grid, the street it is tied to.

A catchment is drawn from this grid, and the rules by which a grid point is tied are those of
:mod:`walkshed.streets.ties`, so that drawing and numbers say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from walkshed.geodesy import distance_m
from walkshed.streets.areas import sees
from walkshed.streets.index import N_CLASSES
from walkshed.streets.ties import areas_at
from walkshed.walking.samples import SAMPLE_M, Samples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from walkshed.streets.index import EdgeIndex
    from walkshed.streets.network import WalkNetwork
    from walkshed.walls.walls import Walls

CELL_M = 20.0
"""Spacing of the grid. A boundary between two grid points is placed by interpolation, or midway where
the walk jumps, so that catchments are drawn to half of this."""

_BLOCK = 256
_PATCH = 2  # a block is filled patch by patch, where somebody walks
_STRIDE = 1 << 24


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of the grid; arrays have the shape (rows, columns), south first.

    Attributes
    ----------
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

    def beside(
        self, edge: NDArray[np.int32], offset_m: NDArray[np.float32], length_m: NDArray[np.float64]
    ) -> Any:
        """Return how far he can still go from places along the edges."""
        from_u = self.at_u[edge] - self.least * offset_m
        return np.maximum(from_u, self.at_v[edge] - self.least * (length_m[edge] - offset_m))


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
        self._blocks: dict[tuple[int, int], _Block] = {}
        self._left = Left(np.full(network.n_edges, -np.inf), np.full(network.n_edges, -np.inf))

    @cached_property
    def edge_box(self) -> NDArray[np.float64]:
        """West, south, east and north of each edge in local metres."""
        import shapely

        return np.asarray(shapely.bounds(self.index.lines))

    def prepare(self, left: Left) -> None:
        """Tie the points to which a walker can still go, a block at a time; :meth:`window` finds only these tied."""
        more = np.flatnonzero((left.at_u > self._left.at_u) | (left.at_v > self._left.at_v))
        if not len(more):
            return
        margin = self.max_snap_m + 2 * self.cell_m
        size = _BLOCK * self.cell_m
        low = np.floor((self.edge_box[more, :2] - margin) / size).astype(np.int64)
        high = np.floor((self.edge_box[more, 2:] + margin) / size).astype(np.int64)
        span = int((high - low).max(initial=0)) + 1
        keys = []
        for down in range(span):
            for right in range(span):
                bx, by = np.minimum(low[:, 0] + right, high[:, 0]), np.minimum(low[:, 1] + down, high[:, 1])
                keys.append(np.unique(bx * _STRIDE + by + _STRIDE // 2))
        for key in np.unique(np.concatenate(keys)).tolist():
            block = self._block(key // _STRIDE, key % _STRIDE - _STRIDE // 2)
            block.fill(left)
            vars(block).pop("samples", None)  # they hold more than the grid, and are hardly asked for again
        self._left = Left(
            np.maximum(left.at_u, self._left.at_u), np.maximum(left.at_v, self._left.at_v), left.least
        )

    def window(self, around: NDArray[np.float64]) -> Window:
        """Return the part of the grid that lies within a leg of some edges.

        Parameters
        ----------
        around
            Box of those edges (west, south, east, north in local metres).
        """
        margin = self.max_snap_m + 2 * self.cell_m
        low = np.floor((around[:2] - margin) / self.cell_m).astype(np.int64)
        high = np.ceil((around[2:] + margin) / self.cell_m).astype(np.int64) + 1
        shape = (int(high[1] - low[1]), int(high[0] - low[0]))
        edge = np.full(shape, -1, dtype=np.int32)
        offset, leg = np.zeros(shape, dtype=np.float32), np.full(shape, np.inf, dtype=np.float32)
        areas = [_NO_AREAS]
        first, last = low // _BLOCK, (high - 1) // _BLOCK
        for by in range(int(first[1]), int(last[1]) + 1):
            for bx in range(int(first[0]), int(last[0]) + 1):
                block = self._block(bx, by)
                corner = np.array([bx, by]) * _BLOCK - low  # of the block, in the window
                begin, end = np.maximum(corner, 0), np.minimum(corner + _BLOCK, high - low)
                into = slice(begin[1], end[1]), slice(begin[0], end[0])
                own = begin - corner, end - corner
                out = slice(own[0][1], own[1][1]), slice(own[0][0], own[1][0])
                edge[into], offset[into], leg[into] = block.edge[out], block.offset_m[out], block.leg_m[out]
                areas.append(block.areas.moved(corner, shape))
        row, column, area, node, metres = (np.concatenate(arrays) for arrays in zip(*areas, strict=True))
        x, y = np.arange(low[0], high[0]) * self.cell_m, np.arange(low[1], high[1]) * self.cell_m
        return Window(x, y, edge, offset, leg, row, column, area, node, metres)

    def _block(self, bx: int, by: int) -> _Block:
        if (bx, by) not in self._blocks:
            self._blocks[bx, by] = _Block(self, bx, by)
        return self._blocks[bx, by]


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

    def __init__(self, ground: Ground, bx: int, by: int) -> None:
        self.ground = ground
        self.x = (bx * _BLOCK + np.arange(_BLOCK, dtype=np.float64)) * ground.cell_m
        self.y = (by * _BLOCK + np.arange(_BLOCK, dtype=np.float64)) * ground.cell_m
        shape = (_BLOCK, _BLOCK)
        self.edge = np.full(shape, -1, dtype=np.int32)
        self.offset_m = np.zeros(shape, dtype=np.float32)
        self.leg_m = np.full(shape, np.inf, dtype=np.float32)
        self.rim = int(np.ceil((ground.max_snap_m + SAMPLE_M) / (_PATCH * ground.cell_m)))
        self.todo = np.ones((_BLOCK // _PATCH, _BLOCK // _PATCH), dtype=bool)
        self.zone = self._zones()
        self.areas = self._in_areas()

    def fill(self, left: Left) -> None:
        """Tie the points to which a walker can still go, where that has not been done."""
        if not self.todo.any():
            return
        wanted = self._near(left) & self.todo
        if wanted.any():
            self.todo &= ~wanted
            row, column = np.nonzero(np.repeat(np.repeat(wanted, _PATCH, axis=0), _PATCH, axis=1))
            self._tie(row, column)
            self.edge[self.areas.row, self.areas.column] = -1  # who stands in an area goes by its corners

    def _near(self, left: Left) -> NDArray[np.bool_]:
        """Tell in which patches there are points to which a walker can still go."""
        rim, size = self.rim, _PATCH * self.ground.cell_m
        side = len(self.todo) + 2 * rim
        steps = np.zeros((side, side), dtype=np.int8)  # patches that he can go from each
        length_m = self.ground.network.edge_length_m
        for samples in self.samples:
            metres = left.beside(samples.edge, samples.offset_m, length_m) + self.ground.cell_m + SAMPLE_M
            far = np.minimum(np.ceil(metres / size), rim)
            there = far >= 1
            np.maximum.at(steps.ravel(), self._patch(samples)[there], far[there].astype(np.int8))
        near = np.zeros((side, side), dtype=bool)
        for step in range(rim, 0, -1):
            near |= steps >= step
            near[1:] |= near[:-1].copy()
            near[:-1] |= near[1:].copy()
            near[:, 1:] |= near[:, :-1].copy()
            near[:, :-1] |= near[:, 1:].copy()
        return near[rim:-rim, rim:-rim]

    @cached_property
    def samples(self) -> list[Samples]:
        """Return the edges in and around the block in short pieces, class by class."""
        ground = self.ground
        snap = ground.max_snap_m
        box = self.x[0] - snap, self.y[0] - snap, self.x[-1] + snap, self.y[-1] + snap
        every = Samples.within(ground.network, ground.index, box)
        edge_class = ground.index.edge_class[every.edge]
        return [every.where(edge_class == this) for this in range(N_CLASSES)]

    def _patch(self, samples: Samples) -> NDArray[np.int64]:
        """Return in which patch pieces lie, of the block's patches with its rim around."""
        size, side = _PATCH * self.ground.cell_m, len(self.todo) + 2 * self.rim
        column, row = (
            np.clip(np.floor((at - first) / size).astype(np.int64) + self.rim, 0, side - 1)
            for at, first in ((samples.x, self.x[0]), (samples.y, self.y[0]))
        )
        return np.asarray(row * side + column)

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
        walls = self.ground.walls
        if self.zone is None or walls is None:
            self._tie_to(self.samples, row, column)
            return
        zones = self.zone[row, column]
        for zone in np.unique(zones).tolist():
            mine = zones == zone
            own = [all_.where((walls.zone == zone)[all_.edge]) for all_ in self.samples]
            left = self._tie_to(own, row[mine], column[mine])
            if zone >= 0:
                self._tie_to_gates(walls, zone, *left)

    def _tie_to(
        self, all_samples: Sequence[Samples], row: NDArray[np.int64], column: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Tie points to edges of some classes, in this order; returns those for which there is none."""
        for samples in all_samples:
            if not len(samples) or not len(row):
                continue
            found, edge, offset, metres = samples.nearest(self.x[column], self.y[row], self.ground.max_snap_m)
            at = row[found], column[found]
            self.edge[at], self.offset_m[at], self.leg_m[at] = edge, offset, metres
            row, column = row[~found], column[~found]
        return row, column

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
