"""Tying places to the streets: to the nearest point on an edge, never to a far node at no cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.geodesy import distance_m
from walkshed.streets.areas import sees
from walkshed.streets.index import FIRST_SHORT_CLASS, N_CLASSES

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from walkshed.streets.index import EdgeIndex
    from walkshed.streets.network import WalkNetwork

MAX_SNAP_M = 150.0
"""How far a place may lie from the street it is tied to."""

_ON_AREA_DEG = 2e-7  # two centimetres, the rounding of OSM's coordinates
TIED, ISLAND, OFF_NETWORK, NOT_LOCATED = 0, 1, 2, 3


@dataclass(frozen=True, eq=False)
class Points:
    """The points of places: an estate may have several entries, a venue several entrances.

    Attributes
    ----------
    place : int32
        Number of the place a point belongs to (its row).
    lon, lat : float64
        Degrees, WGS84.
    n_places
        How many places there are; some may have no point.
    """

    place: NDArray[np.int32]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    n_places: int


@dataclass(frozen=True, eq=False)
class Ties:
    """Where places touch the network.

    Attributes
    ----------
    points
        The points that were tied.
    point, place, edge : int32
        A tie's point, its place and the edge it touches.
    offset_m : float64
        Metres along the edge from its ``u`` end.
    leg_m : float64
        Metres between the point and the edge: off-street, and across a pedestrian area.
    apart : bool
        Whether a tie's leg leads straight from the point to the edge, and not over where the point stands.
    stand_lon, stand_lat, stand_m : float64, one per point
        Where a point's walk meets the streets, and the off-street metres to there.
    area_point, area : int32
        Which points stand in or on which pedestrian area.
    status : int8, one per place
        ``TIED``, ``ISLAND`` (only a short piece of streets is near), ``OFF_NETWORK`` or ``NOT_LOCATED``.
    snap_m : float64, one per place
        Metres to the street it is tied to, or to the nearest street of all where there is no tie; NaN without a point.
    """

    points: Points
    point: NDArray[np.int32]
    place: NDArray[np.int32]
    edge: NDArray[np.int32]
    offset_m: NDArray[np.float64]
    leg_m: NDArray[np.float64]
    apart: NDArray[np.bool_]
    stand_lon: NDArray[np.float64]
    stand_lat: NDArray[np.float64]
    stand_m: NDArray[np.float64]
    area_point: NDArray[np.int32]
    area: NDArray[np.int32]
    status: NDArray[np.int8]
    snap_m: NDArray[np.float64]

    def where(self, places: NDArray[np.bool_]) -> Ties:
        """Return the ties of the places that are marked; numbers stay as they are."""
        return self.only(places[self.place], places[self.points.place[self.area_point]])

    def only(self, ties: NDArray[np.bool_], standing: NDArray[np.bool_] | None = None) -> Ties:
        """Return the marked ties, and the marked stands in areas (none by default)."""
        if standing is None:
            standing = np.zeros(len(self.area), dtype=bool)
        return replace(
            self,
            point=self.point[ties],
            place=self.place[ties],
            edge=self.edge[ties],
            offset_m=self.offset_m[ties],
            leg_m=self.leg_m[ties],
            apart=self.apart[ties],
            area_point=self.area_point[standing],
            area=self.area[standing],
        )

    def with_others(self, points: NDArray[np.bool_], new: Ties) -> tuple[Ties, NDArray[np.int64]]:
        """Return the ties with other ones for the marked points; status and snap stay.

        Parameters
        ----------
        points
            Which points are tied anew.
        new
            Their ties, points numbered among them.

        Returns
        -------
        ties, order
            ``order`` says where each of them stands among the kept ones followed by the new ones.
        """
        number = np.flatnonzero(points)
        old = self.only(~points[self.point], ~points[self.area_point])
        point = np.concatenate([old.point, number[new.point]]).astype(np.int32)
        order = np.argsort(point, kind="stable")
        stand: dict[str, Any] = {
            name: getattr(self, name).copy() for name in ("stand_lon", "stand_lat", "stand_m")
        }
        for name, values in stand.items():
            values[points] = getattr(new, name)
        columns: dict[str, Any] = {
            name: np.concatenate([getattr(old, name), getattr(new, name)])[order]
            for name in ("place", "edge", "offset_m", "leg_m", "apart")
        }
        area_point = np.concatenate([old.area_point, number[new.area_point]]).astype(np.int32)
        ties = replace(
            self, point=point[order], **columns, **stand,
            area_point=area_point, area=np.concatenate([old.area, new.area]),
        )  # fmt: skip
        return ties, order

    def renumbered(self, number: NDArray[np.int64]) -> Ties:
        """Return the ties with other place numbers."""
        points = replace(self.points, place=number[self.points.place].astype(np.int32))
        return replace(self, points=points, place=number[self.place].astype(np.int32))


def points_of(places: gpd.GeoDataFrame) -> Points:
    """Return the points of located places (EPSG:4326), in the order of the rows.

    A point stands for itself, a multipoint for several entries; a boundary is represented by its
    ``lon``/``lat`` columns, or by a point on its surface where it has none.
    """
    import shapely

    geometry = np.asarray(places.geometry.array, dtype=object)
    kind = shapely.get_type_id(geometry)
    lon = (
        places["lon"].to_numpy(dtype=np.float64, copy=True)
        if "lon" in places
        else np.full(len(places), np.nan)
    )
    lat = (
        places["lat"].to_numpy(dtype=np.float64, copy=True)
        if "lat" in places
        else np.full(len(places), np.nan)
    )
    bare = np.isnan(lon) & (kind >= 0) & (kind != 4) & ~shapely.is_empty(geometry)
    surface = shapely.point_on_surface(geometry[bare])
    lon[bare], lat[bare] = shapely.get_x(surface), shapely.get_y(surface)
    many = (kind == 4) & ~shapely.is_empty(geometry)
    entry, owner = shapely.get_coordinates(geometry[many], return_index=True)
    one = np.flatnonzero(~many & ~np.isnan(lon))
    place = np.concatenate([one, np.flatnonzero(many)[owner]])
    order = np.argsort(place, kind="stable")
    return Points(
        place=place[order].astype(np.int32),
        lon=np.concatenate([lon[one], entry[:, 0]])[order],
        lat=np.concatenate([lat[one], entry[:, 1]])[order],
        n_places=len(places),
    )


def tie(
    network: WalkNetwork, points: Points, *, max_snap_m: float = MAX_SNAP_M, index: EdgeIndex | None = None
) -> Ties:
    """Tie points to the nearest point on a walkable edge.

    An edge on the ground of a connected piece of at least 500 m is taken where one lies within
    ``max_snap_m``; else one on a bridge or in a tunnel, else one of a shorter piece (``ISLAND``). A
    point in a pedestrian area is tied in straight lines to all corners of the area that it sees.

    Parameters
    ----------
    network, points
        The streets, and what is tied to them.
    max_snap_m
        A point farther than this from every edge stays untied.
    index
        In which edges and areas are found; ``network.index``, all of them, by default.
    """
    index = network.index if index is None else index
    x, y = index.project(points.lon, points.lat)
    n = len(points.place)
    feet = index.feet(x, y, within_m=max_snap_m)
    edge = feet.edge.astype(np.int64)
    tied = np.flatnonzero(edge >= 0)
    metres, edge_class = np.full(n, np.nan), np.full(n, -1, dtype=np.int8)
    metres[tied], edge_class[tied] = feet.metres[tied], index.edge_class[edge[tied]]
    offset = feet.offset_m[tied]
    foot_lon, foot_lat = index.unproject(feet.x[tied], feet.y[tied])
    stand_lon, stand_lat = points.lon.copy(), points.lat.copy()
    stand_lon[tied], stand_lat[tied] = foot_lon, foot_lat
    inside = areas_at(network, points.lon, points.lat, edge_class, index=index)
    within = np.isin(np.arange(n), inside[0])
    stand_lon[within], stand_lat[within] = points.lon[within], points.lat[within]
    stand_m = distance_m(points.lon, points.lat, stand_lon, stand_lat)
    outside = np.flatnonzero((edge >= 0) & ~within)
    point, area = areas_at(network, stand_lon[outside], stand_lat[outside], edge_class[outside], index=index)
    area_point, area = np.concatenate([inside[0], outside[point]]), np.concatenate([inside[1], area])
    corner_point, corner_edge, corner_offset, across = _to_corners(
        network, area_point, area, stand_lon, stand_lat
    )
    plain = ~within[tied]
    point = np.concatenate([tied[plain], corner_point])
    order = np.argsort(point, kind="stable")
    edge_class[inside[0]] = network.area_class[inside[1]]
    metres[within] = 0.0
    far = np.flatnonzero(np.isnan(metres))
    metres[far] = index.nearest_m(x[far], y[far])
    return Ties(
        points=points,
        point=point[order].astype(np.int32),
        place=points.place[point[order]],
        edge=np.concatenate([edge[tied][plain], corner_edge])[order].astype(np.int32),
        offset_m=np.concatenate([offset[plain], corner_offset])[order],
        leg_m=(stand_m[point] + np.concatenate([np.zeros(int(plain.sum())), across]))[order],
        apart=np.zeros(len(order), dtype=bool),
        stand_lon=stand_lon,
        stand_lat=stand_lat,
        stand_m=stand_m,
        area_point=area_point.astype(np.int32),
        area=area.astype(np.int32),
        status=_status(points, edge_class),
        snap_m=_least(points, metres),
    )


def areas_at(
    network: WalkNetwork,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    edge_class: NDArray[np.int8],
    *,
    index: EdgeIndex,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the points that stand in an area, and the area; edges of a better class than the area win."""
    import shapely

    none = np.zeros(0, dtype=np.int64)
    if not network.areas or not len(lon):
        return none, none
    shapes = shapely.points(lon, lat)
    point, area = index.areas.query(shapes, predicate="dwithin", distance=_ON_AREA_DEG)
    area_class = network.area_class[area]
    found = np.where(edge_class[point] < 0, N_CLASSES, edge_class[point])
    best = np.full(len(lon), N_CLASSES, dtype=np.int64)
    np.minimum.at(best, point, area_class)
    keep = (area_class <= found) & (area_class == best[point])
    order = np.lexsort((area[keep], point[keep]))
    return point[keep][order], area[keep][order]


def _to_corners(
    network: WalkNetwork,
    point: NDArray[np.int64],
    area: NDArray[np.int64],
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Tie points that stand in areas to the corners they see: point, edge, offset, metres across."""
    first = network.area_ptr[area]
    count = network.area_ptr[area + 1] - first
    row = np.repeat(np.arange(len(point)), count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    corner = network.area_node[np.repeat(first, count) + within]
    here = np.column_stack([lon[point[row]], lat[point[row]]])
    there = np.column_stack([network.node_lon[corner], network.node_lat[corner]])
    seen = sees(network.index.area_shapes, area[row], here, there)
    here, there, row, corner = here[seen], there[seen], row[seen], corner[seen]
    edge, offset = _at_node(network, corner)
    return point[row], edge, offset, distance_m(here[:, 0], here[:, 1], there[:, 0], there[:, 1])


def _at_node(network: WalkNetwork, nodes: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return, for each node, an edge that ends there and the offset of that end."""
    edge, from_u = network.edge_at_node
    found = edge[nodes]
    return found, np.where(from_u[nodes], 0.0, network.edge_length_m[found])


def _status(points: Points, edge_class: NDArray[np.int8]) -> NDArray[np.int8]:
    status = np.full(points.n_places, NOT_LOCATED, dtype=np.int8)
    of_point = np.where(edge_class < 0, OFF_NETWORK, np.where(edge_class >= FIRST_SHORT_CLASS, ISLAND, TIED))
    np.minimum.at(status, points.place, of_point.astype(np.int8))
    return status


def _least(points: Points, metres: NDArray[np.float64]) -> NDArray[np.float64]:
    least = np.full(points.n_places, np.inf)
    np.fmin.at(least, points.place, metres)  # there may be no street at all that a walker can use
    return np.where(np.isinf(least), np.nan, least)
