"""Pedestrian areas: a square is crossed in straight lines, not only walked around."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_TOLERANCE_M = 0.02
_MOST_CORNERS = 600


@dataclass(frozen=True, slots=True)
class Area:
    """A pedestrian area: its polygon in degrees, its corner nodes, and which of them other ways share."""

    polygon: Any
    corners: NDArray[np.int64]
    shared: NDArray[np.bool_]
    way: int
    code: int


def with_useful_corners(
    areas: Sequence[Area], lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> list[Area]:
    """Leave each area the corners at which a walk may enter, leave or bend.

    These are the ones that other ways share and, where a polygon is not convex, its inward ones; a
    shortest way inside the area passes no other. An area that has none keeps all.
    """
    useful = []
    for area, inward in zip(areas, _inward(areas, lon, lat), strict=True):
        use = area.shared | inward
        use = use if use.any() else np.ones(len(use), dtype=bool)
        useful.append(replace(area, corners=area.corners[use], shared=area.shared[use]))
    return useful


def crossings(
    areas: Sequence[Area], lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Return the straight lines that cross areas: the area's number, and the two nodes of each line.

    The third answer counts the areas with so many corners that only the shared ones are joined.

    Parameters
    ----------
    areas
        From :func:`with_useful_corners`, with corners as node numbers.
    lon, lat
        Position of every node, in degrees.
    """
    pairs = cache(partial(np.triu_indices, k=1))  # most areas have few corners
    simplified = 0
    first, second = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for area in areas:
        use = area.corners
        if len(use) > _MOST_CORNERS:
            simplified += 1
            use = area.corners[area.shared][:_MOST_CORNERS]
        one, other = pairs(len(use))
        first.append(use[one])
        second.append(use[other])
    which = np.repeat(np.arange(len(areas)), [len(ends) for ends in first[1:]])
    ends = np.column_stack([np.concatenate(first), np.concatenate(second)])
    at = np.column_stack([lon, lat])
    seen = sees(
        np.array([area.polygon for area in areas], dtype=object), which, at[ends[:, 0]], at[ends[:, 1]]
    )
    return which[seen], ends[seen], simplified


def sees(
    polygons: NDArray[np.object_],
    which: NDArray[np.int64],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Whether straight lines (degrees, shape (n, 2)) stay inside the polygon ``which`` names for each."""
    import shapely

    if not len(which):
        return np.zeros(0, dtype=bool)
    used, number = np.unique(which, return_inverse=True)
    shapes = polygons[used]
    bent = shapely.area(shapely.convex_hull(shapes)) > shapely.area(shapes) * (1 + 1e-6)
    seen = np.ones(len(which), dtype=bool)  # in a convex area everybody sees everybody
    seen[bent[number]] = False
    doubtful = np.flatnonzero(bent[number])
    grown = shapely.buffer(shapes, _TOLERANCE_M / 111_000, join_style="mitre")
    shapely.prepare(grown)
    middle = (
        start[doubtful] + end[doubtful]
    ) / 2  # a line whose middle is outside need not be looked at whole
    doubtful = doubtful[shapely.intersects_xy(grown[number[doubtful]], *middle.T)]
    lines = shapely.linestrings(np.stack([start[doubtful], end[doubtful]], axis=1))
    seen[doubtful] = shapely.covers(grown[number[doubtful]], lines)
    return seen


def _inward(
    areas: Sequence[Area], lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> list[NDArray[np.bool_]]:
    """Tell for each area which corners point into the polygon (where a shortest way may bend)."""
    import shapely

    # outer rings anticlockwise, holes clockwise: then a right turn points inwards on both
    rings, owner = shapely.get_rings(
        shapely.orient_polygons(np.array([area.polygon for area in areas], dtype=object)), return_index=True
    )
    points, ring = shapely.get_coordinates(rings, return_index=True)
    size = np.bincount(ring, minlength=len(rings))
    last = np.cumsum(size) - 1
    before = np.arange(len(points)) - 1
    before[last - size + 1] = last - 1  # a ring's first point is also its last
    turn = np.zeros(len(points))
    ahead = np.minimum(np.arange(len(points)) + 1, max(len(points) - 1, 0))
    a, b = points - points[before], points[ahead] - points
    turn = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    turn[last] = 0.0
    bends = np.flatnonzero(turn < 0)
    found = set(zip(owner[ring[bends]].tolist(), *points[bends].T.tolist(), strict=True))
    return [
        np.array(
            [
                (n, x, y) in found
                for x, y in zip(lon[area.corners].tolist(), lat[area.corners].tolist(), strict=True)
            ],
            dtype=bool,
        )
        for n, area in enumerate(areas)
    ]


def polygons_of(rings: Sequence[tuple[NDArray[np.float64], bool]]) -> list[Any]:
    """Build the polygons that line pieces enclose, each piece with whether it belongs to a hole; none if they do not close."""
    import shapely

    if len(rings) == 1 and (simple := simple_polygons([rings[0][0]])[0]) is not None:
        return [simple]

    def filled(*, hole: bool) -> Any:
        lines = [
            shapely.linestrings(coords) for coords, is_hole in rings if is_hole == hole and len(coords) > 1
        ]
        return shapely.union_all(shapely.get_parts(shapely.polygonize(lines))) if lines else shapely.Polygon()

    parts = shapely.get_parts(shapely.difference(filled(hole=False), filled(hole=True)))
    return [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]


def simple_polygons(rings: Sequence[NDArray[np.float64]]) -> list[Any]:
    """Return the polygon that each line bounds all by itself; None for one that is open or crosses itself."""
    import shapely

    closed = [n for n, ring in enumerate(rings) if len(ring) > 3 and (ring[0] == ring[-1]).all()]
    found: list[Any] = [None] * len(rings)
    if closed:
        of_ring = np.repeat(np.arange(len(closed)), [len(rings[n]) for n in closed])
        lines = shapely.linearrings(np.concatenate([rings[n] for n in closed]), indices=of_ring)
        polygons = shapely.polygons(lines)
        for n, polygon, valid in zip(closed, polygons, shapely.is_valid(polygons), strict=True):
            found[n] = polygon if valid else None
    return found
