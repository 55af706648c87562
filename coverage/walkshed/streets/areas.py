"""Pedestrian areas: a square is crossed in straight lines, not only walked around."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_TOLERANCE_M = 0.02
_MOST_CORNERS = 400


@dataclass(frozen=True, slots=True)
class CrossableArea:
    """A polygon in degrees, its corner nodes, and the straight lines that cross it."""

    polygon: Any
    corners: NDArray[np.int64]
    pairs: NDArray[np.int64]
    way: int
    code: int


def crossable(
    polygon: Any,
    corner_lon: NDArray[np.float64],
    corner_lat: NDArray[np.float64],
    corners: NDArray[np.int64],
    shared: NDArray[np.bool_],
    *,
    way: int,
    code: int,
) -> CrossableArea:
    """Join the corners that see each other inside the polygon.

    Lines run between the corners that other ways share and, where the polygon is not convex, by
    way of its inward corners, so that the shortest way inside the area is among them.

    Parameters
    ----------
    polygon
        Shapely polygon in degrees, holes allowed.
    corner_lon, corner_lat, corners, shared
        The corner nodes: position in degrees, node number, and whether another way uses the node.
    way, code
        OSM id and packed walking code of the area.
    """
    inward = _inward(polygon, corner_lon, corner_lat)
    use = np.flatnonzero(shared | inward)
    if len(use) > _MOST_CORNERS:
        use = np.flatnonzero(shared)[:_MOST_CORNERS]
    first, second = np.triu_indices(len(use), k=1)
    first, second = use[first], use[second]
    if inward.any():
        at = np.column_stack([corner_lon, corner_lat])
        seen = sees(polygon, at[first], at[second])
        first, second = first[seen], second[seen]
    pairs = np.column_stack([corners[first], corners[second]])
    return CrossableArea(polygon, corners, pairs, way, code)


def sees(polygon: Any, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether the straight line between each start and end (degrees, shape (n, 2)) stays inside the polygon."""
    import shapely

    if len(start) == 0:
        return np.zeros(0, dtype=bool)
    grown = polygon.buffer(_TOLERANCE_M / 111_000, join_style="mitre")
    shapely.prepare(grown)
    return np.asarray(shapely.covers(grown, shapely.linestrings(np.stack([start, end], axis=1))), dtype=bool)


def _inward(polygon: Any, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which corners point into the polygon (where a shortest way may bend)."""
    import shapely

    found: set[tuple[float, float]] = set()
    oriented = shapely.geometry.polygon.orient(polygon)  # outer ring anticlockwise, holes clockwise
    for ring in (oriented.exterior, *oriented.interiors):
        points = np.asarray(ring.coords)[:-1, :2]
        before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
        a, b = points - before, after - points
        turn = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
        found.update(map(tuple, points[turn < 0].tolist()))
    return np.array([(x, y) in found for x, y in zip(lon.tolist(), lat.tolist(), strict=True)], dtype=bool)


def polygons_of(rings: Sequence[tuple[NDArray[np.float64], bool]]) -> list[Any]:
    """Build the polygons that line pieces enclose, each piece with whether it belongs to a hole; none if they do not close."""
    import shapely

    if len(rings) == 1 and len(rings[0][0]) > 3:
        ring = rings[0][0]
        simple = shapely.Polygon(ring) if (ring[0] == ring[-1]).all() else None
        if simple is not None and simple.is_valid:
            return [simple]

    def filled(*, hole: bool) -> Any:
        lines = [
            shapely.linestrings(coords) for coords, is_hole in rings if is_hole == hole and len(coords) > 1
        ]
        return shapely.union_all(shapely.get_parts(shapely.polygonize(lines))) if lines else shapely.Polygon()

    parts = shapely.get_parts(shapely.difference(filled(hole=False), filled(hole=True)))
    return [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]
