"""Walks to venues from every point of the ground: what catchments and surfaces are drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.geodesy import distance_m
from walkshed.kernel.search import Arcs, Lists, Reach
from walkshed.streets.areas import sees
from walkshed.walking.direct import same_pairs
from walkshed.walking.ground import Left, Window, parts
from walkshed.walking.nearest import distance_to_sources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from walkshed.walking.graph import SearchGraph
    from walkshed.walking.walkers import Search

_MARGIN = 1.001
"""The local metres are a projection's; a walk is never shorter than 0.999 of them."""

_FEW = 4
"""So many edges are looked for one by one; more of them in a table of all edges."""


class Fields:
    """The walk to each venue from every point of the grid around it."""

    def __init__(self, by: Search, wanted: NDArray[np.bool_], limit_m: float) -> None:
        self.by, self.wanted, self.limit_m = by, wanted, limit_m
        self.ground, self.ties = by.footing.ground, by.footing.venues
        seeds = Lists(*by.graph.seeds(self.ties), len(wanted))
        self._reach = Reach(Arcs(by.graph.arcs), seeds, limit_m)
        self._to_node, self._nearest = distance_to_sources(by.graph, self.ties, wanted)
        self._owners: dict[tuple[int, int], NDArray[np.int32]] = {}
        self.ground.prepare(left_of(by, self._to_node, wanted, limit_m))

    def __iter__(self) -> Iterator[tuple[float, int, Window, NDArray[np.float64]]]:
        """Yield the share done, and for each wanted venue its window and the metres in it."""
        tied = np.unique(self.ties.place)
        venues = tied[self.wanted[tied]].tolist()
        own = np.zeros(len(self.wanted), dtype=bool)
        for done, venue in enumerate(venues, start=1):
            self._reach.search(venue)
            window = self.ground.window(self._box(venue))
            metres, _ = field_of(self.by.graph, window, self._reach.metres)
            own[venue] = True
            walk_directly(self.by, own, window, metres)
            own[venue] = False
            yield done / len(venues), venue, window, metres

    def mine(self, venue: int, window: Window) -> NDArray[np.bool_]:
        """Return the points of a window whose nearest of the wanted venues is this one."""
        mine = np.zeros(window.edge.shape, dtype=bool)
        for part in parts(window.corner, window.edge.shape):
            if part.block not in self._owners:
                self._owners[part.block] = self._owner(self.ground.whole(part.block))
            mine[part.in_window] = self._owners[part.block][part.in_block] == venue
        return mine

    def _owner(self, window: Window) -> NDArray[np.int32]:
        """Return the nearest of the wanted venues from each point; -1 where there is none."""
        walk, vertex = field_of(self.by.graph, window, self._to_node)
        owner = np.where(np.isfinite(walk), self._nearest[vertex], -1).astype(np.int32)
        cell, place, direct = direct_cells(self.by, self.wanted, window)
        order = np.argsort(-direct, kind="stable")  # the shortest is written last
        order = order[direct[order] < walk.ravel()[cell[order]]]
        owner.ravel()[cell[order]] = place[order]
        return owner

    def _box(self, venue: int) -> NDArray[np.float64]:
        """Return a box that holds all places from which a venue is within the limit."""
        graph, ties, nodes = self.by.graph, self.ties, self._reach.nodes
        least = graph.pace.least / _MARGIN
        most = self.limit_m / least + 1.0
        left = most - self._reach.metres[nodes, None] / least
        lows, highs = [graph.xy[nodes] - left], [graph.xy[nodes] + left]
        tie = np.flatnonzero(ties.place == venue)
        edge = ties.edge[tie]
        foot = self.ground.index.pieces.places(edge, ties.offset_m[tie])
        # who stands in a walled estate may see its gate from farther away
        leg = self.limit_m if self.ground.walls else min(self.ground.max_snap_m, self.limit_m)
        own = self.ground.edge_box[edge]
        # a long edge leads far, the walk on it does not; it may lead in a circle, away from both of its ends
        lows.append(np.maximum(own[:, :2] - leg, foot - most))
        highs.append(np.minimum(own[:, 2:] + leg, foot + most))
        point = ties.area_point[ties.points.place[ties.area_point] == venue]
        if len(point):  # it is walked to straight across the areas in which it stands
            stands = self.ground.index.project(ties.stand_lon[point], ties.stand_lat[point])
            lows.append(np.column_stack(stands) - most)
            highs.append(np.column_stack(stands) + most)
        return np.concatenate([np.concatenate(lows).min(axis=0), np.concatenate(highs).max(axis=0)])


def left_of(search: Search, metres: NDArray[np.float64], wanted: NDArray[np.bool_], limit_m: float) -> Left:
    """Return how far a walker can still go from the edges' ends, given the metres from every node to a venue."""
    graph, ties = search.graph, search.footing.venues
    left = Left(limit_m - metres[graph.start_u], limit_m - metres[graph.start_v], graph.pace.least)
    own = ties.edge[wanted[ties.place]]  # a venue need not be walked to from an end of its own edge
    left.at_u[own] = limit_m + graph.network.edge_length_m[own]
    return left


def field_of(
    graph: SearchGraph, window: Window, metres: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return the walk from each grid point, and the vertex it leaves over, given the metres from every vertex."""
    walk, vertex = graph.leaving.walks(metres, window.edge, window.offset_m, window.leg_m)
    if len(window.area_node):
        corner, wait = graph.corners(window.area_node)
        by_corner = metres[corner] + wait + window.area_m
        order = np.argsort(-by_corner, kind="stable")  # the shortest is written last
        at = window.area_row[order], window.area_column[order]
        walk[at], vertex[at] = by_corner[order], corner[order]
    return walk, vertex


def walk_directly(
    search: Search, venues: NDArray[np.bool_], window: Window, metres: NDArray[np.float64]
) -> None:
    """Take in the walks that touch no junction, where they are shorter than ``metres``."""
    cell, _, walk = direct_cells(search, venues, window)
    np.minimum.at(metres.reshape(-1), cell, walk)


def direct_cells(
    search: Search, venues: NDArray[np.bool_], window: Window
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the walks along the venues' own edges and across their own areas: grid point, venue, metres.

    Grid points are numbered row by row; a point may come more than once.
    """
    ties, graph = search.footing.venues, search.graph
    use = np.flatnonzero(venues[ties.place])
    cell = _cells_on(window, ties.edge[use], graph.network.n_edges)
    i, j = same_pairs(window.edge.ravel()[cell].astype(np.int64), ties.edge[use].astype(np.int64))
    cell, tie = cell[i], use[j]
    along = graph.along(ties.edge[tie], ties.offset_m[tie] - window.offset_m.ravel()[cell])
    passes = np.isfinite(along)
    walk = along + ties.leg_m[tie] + window.leg_m.ravel()[cell]
    found = [(cell[passes], ties.place[tie[passes]].astype(np.int64), walk[passes])]
    here = venues[ties.points.place[ties.area_point]]
    for number in np.flatnonzero(here & np.isin(ties.area, window.area)).tolist() if here.any() else []:
        cell, walk = _across_area(search, number, window)
        place = int(ties.points.place[ties.area_point[number]])
        found.append((cell, np.full(len(cell), place), walk))
    cell, place_, walk = (np.concatenate(column) for column in zip(*found, strict=True))
    return cell, place_, walk


def _cells_on(window: Window, edges: NDArray[np.int32], n_edges: int) -> NDArray[np.int64]:
    """Return the grid points that are tied to some edges."""
    if len(edges) <= _FEW:
        return np.flatnonzero(np.any([window.edge == edge for edge in edges], axis=0))
    on_edge = np.zeros(n_edges + 1, dtype=bool)  # the last one stands for no edge
    on_edge[edges] = True
    return np.flatnonzero(on_edge[window.edge.ravel()])


def _across_area(
    search: Search, number: int, window: Window
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the straight walks to a venue that stands in the same pedestrian area."""
    network, ties = search.graph.network, search.footing.venues
    point, area = int(ties.area_point[number]), int(ties.area[number])
    inside = window.area == area
    columns = window.edge.shape[1]
    cell = np.unique(window.area_row[inside] * columns + window.area_column[inside])
    lon, lat = network.index.unproject(window.x[cell % columns], window.y[cell // columns])
    start = np.column_stack([lon, lat])
    end = np.repeat([[ties.stand_lon[point], ties.stand_lat[point]]], len(start), axis=0)
    seen = sees(network.index.area_shapes, np.full(len(start), area), start, end)
    walk = distance_m(lon, lat, end[:, 0], end[:, 1]) + ties.stand_m[point]
    return cell[seen], walk[seen]
