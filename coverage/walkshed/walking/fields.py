"""Walks to venues from every point of the ground: what catchments and surfaces are drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.geodesy import distance_m
from walkshed.streets.areas import sees
from walkshed.walking.direct import same_pairs
from walkshed.walking.ground import Left, Window
from walkshed.walking.nearest import distance_to_sources
from walkshed.walking.tiles import TiledSearch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from walkshed.walking.graph import SearchGraph
    from walkshed.walking.walkers import Search


class Fields:
    """The walk to each venue from every point of the grid around it."""

    def __init__(self, by: Search, wanted: NDArray[np.bool_], limit_m: float) -> None:
        self.by, self.wanted, self.limit_m = by, wanted, limit_m
        self.ground, self.ties = by.footing.ground, by.footing.venues
        self.search = TiledSearch(by.graph, self.ties, limit_m)
        self._to_node, self._nearest = distance_to_sources(by.graph, self.ties, wanted)
        self.ground.prepare(left_of(by, self._to_node, wanted, limit_m))

    def __iter__(self) -> Iterator[tuple[float, int, Window, NDArray[np.float64]]]:
        """Yield the share done, and for each wanted venue its window and the metres in it."""
        wanted = self.wanted
        tiles = [tile[wanted[tile]] for tile in self.search.tiles()]
        done, total = 0, max(1, sum(len(tile) for tile in tiles))
        graph, column = self.by.graph, self.search.column
        for members in tiles:
            if not len(members):
                continue
            edges = None
            for chunk, reached in self.search.search(members):
                if edges is None:
                    edges = np.flatnonzero((column[graph.start_u] >= 0) | (column[graph.start_v] >= 0))
                for row, venue in enumerate(chunk.tolist()):
                    done += 1
                    window = self._window(venue, edges, reached[row])
                    metres = field_of(graph, window, reached[row], column)
                    own = np.zeros(len(wanted), dtype=bool)
                    own[venue] = True
                    walk_directly(self.by, own, window, metres)
                    yield done / total, venue, window, metres

    def mine(self, venue: int, window: Window) -> NDArray[np.bool_]:
        """Return the points of a window whose nearest of the wanted venues is this one."""
        walk, node = field_ends(self.by.graph, window, self._to_node)
        mine: NDArray[np.bool_] = np.isfinite(walk) & (self._nearest[node] == venue)
        cell, place, direct = direct_cells(self.by, self.wanted, window)
        order = np.argsort(-direct, kind="stable")  # the shortest is written last
        order = order[direct[order] < walk.ravel()[cell[order]]]
        mine.ravel()[cell[order]] = place[order] == venue
        return mine

    def _window(self, venue: int, edges: NDArray[np.int64], reached: NDArray[np.float64]) -> Window:
        """Return the grid around the edges that a venue's walks use, its own included."""
        graph, ties, column = self.by.graph, self.ties, self.search.column
        walked = np.isfinite(reached[column[graph.start_u[edges]]])
        walked |= np.isfinite(reached[column[graph.start_v[edges]]])
        walks = np.concatenate([edges[walked], ties.edge[ties.place == venue]])
        box = self.ground.edge_box[walks]
        around = np.concatenate([box[:, :2].min(axis=0), box[:, 2:].max(axis=0)])
        most = self.search.box(np.array([venue]))  # a long edge leads far, the walk on it does not
        around[:2], around[2:] = np.maximum(around[:2], most[:2]), np.minimum(around[2:], most[2:])
        return self.ground.window(around)


def left_of(search: Search, metres: NDArray[np.float64], wanted: NDArray[np.bool_], limit_m: float) -> Left:
    """Return how far a walker can still go from the edges' ends, given the metres from every node to a venue."""
    graph, ties = search.graph, search.footing.venues
    left = Left(limit_m - metres[graph.start_u], limit_m - metres[graph.start_v], graph.pace.least)
    own = ties.edge[wanted[ties.place]]  # a venue need not be walked to from an end of its own edge
    left.at_u[own] = limit_m + graph.network.edge_length_m[own]
    return left


def field_of(
    graph: SearchGraph, window: Window, reached: NDArray[np.float64], column: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the walk from each grid point by way of an end of its edge, or a corner of its area.

    Parameters
    ----------
    reached, column
        Metres from the nodes, and each node's place among them.
    """
    metres = np.full(window.edge.shape, np.inf)
    row, at = np.nonzero(window.edge >= 0)
    edge = window.edge[row, at]
    to_u, to_v = graph.to_ends(edge, window.offset_m[row, at])
    by_u, by_v = reached[column[graph.start_u[edge]]] + to_u, reached[column[graph.start_v[edge]]] + to_v
    metres[row, at] = np.minimum(by_u, by_v) + window.leg_m[row, at]
    corner, wait = graph.corners(window.area_node)
    by_corner = reached[column[corner]] + wait + window.area_m
    np.minimum.at(metres, (window.area_row, window.area_column), by_corner)
    return metres


def field_ends(
    graph: SearchGraph, window: Window, to_node: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the walk from each grid point, and the node it goes over, given the metres from every node."""
    edge = np.maximum(window.edge, 0)
    u, v = graph.start_u[edge], graph.start_v[edge]
    to_u, to_v = graph.to_ends(edge, window.offset_m)
    by_u, by_v = to_node[u] + to_u, to_node[v] + to_v
    metres = np.where(window.edge >= 0, np.minimum(by_u, by_v) + window.leg_m, np.inf)
    node = np.where(by_u <= by_v, u, v)
    corner, wait = graph.corners(window.area_node)
    by_corner = to_node[corner] + wait + window.area_m
    order = np.argsort(-by_corner, kind="stable")  # the shortest is written last
    at = window.area_row[order], window.area_column[order]
    metres[at], node[at] = by_corner[order], corner[order]
    return metres, node


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
    on_edge = np.zeros(graph.network.n_edges + 1, dtype=bool)  # the last one stands for no edge
    on_edge[ties.edge[use]] = True
    cell = np.flatnonzero(on_edge[window.edge.ravel()])
    i, j = same_pairs(window.edge.ravel()[cell].astype(np.int64), ties.edge[use].astype(np.int64))
    cell, tie = cell[i], use[j]
    along = graph.along(ties.edge[tie], ties.offset_m[tie] - window.offset_m.ravel()[cell])
    passes = np.isfinite(along)
    walk = along + ties.leg_m[tie] + window.leg_m.ravel()[cell]
    found = [(cell[passes], ties.place[tie[passes]].astype(np.int64), walk[passes])]
    here = venues[ties.points.place[ties.area_point]] & np.isin(ties.area, window.area)
    for number in np.flatnonzero(here).tolist():
        cell, walk = _across_area(search, number, window)
        place = int(ties.points.place[ties.area_point[number]])
        found.append((cell, np.full(len(cell), place), walk))
    cell, place_, walk = (np.concatenate(column) for column in zip(*found, strict=True))
    return cell, place_, walk


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
