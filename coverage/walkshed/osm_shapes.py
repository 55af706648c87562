"""Shapes of OpenStreetMap objects from their coordinates: ways all at once, rings of multipolygons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from walkshed.osm_opl import MISSING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def way_shapes(
    at: NDArray[np.int32], lengths: NDArray[np.int64], road: NDArray[np.bool_]
) -> NDArray[np.object_]:
    """Return each way's outline where it is closed and no street, else its line or its only point.

    Nodes that the file does not hold are left out; a way without any has no shape.

    Parameters
    ----------
    at
        The nodes' coordinates in 1e-7 degree, way after way.
    lengths
        How many nodes each way has.
    road
        Which ways are streets: lines even where they are closed.

    Examples
    --------
    >>> import numpy as np
    >>> at = np.array([[0, 0], [10, 0], [10, 10], [0, 0], [5, 5], [6, 6]], dtype=np.int32) * 1000
    >>> [shape.geom_type for shape in way_shapes(at, np.array([4, 2]), np.array([False, True]))]
    ['Polygon', 'LineString']
    """
    import numpy as np
    import shapely

    way = np.repeat(np.arange(len(lengths)), lengths)
    there = at[:, 0] != MISSING
    way, degrees = way[there], at[there] / 1e7
    count = np.bincount(way, minlength=len(lengths))
    start = np.concatenate([[0], np.cumsum(count)])[:-1]
    closed = np.zeros(len(lengths), dtype=bool)
    known = np.flatnonzero(count > 3)
    ends = degrees[start[known]] == degrees[start[known] + count[known] - 1]
    closed[known] = ends.all(axis=1) & ~road[known]
    shapes = np.full(len(lengths), None, dtype=object)
    for wanted, make in (
        (closed, _outlines),
        (~closed & (count > 1), shapely.linestrings),
        (count == 1, _points),
    ):
        if wanted.any():
            chosen = wanted[way]
            shapes[wanted] = make(degrees[chosen], indices=(np.cumsum(wanted) - 1)[way[chosen]])
    bad = np.flatnonzero(closed & ~shapely.is_valid(shapes))
    for number in bad.tolist():
        line = shapes[number].exterior
        shapes[number] = polygonal(shapely.make_valid(shapes[number])) or shapely.LineString(line)
    return shapes


def _outlines(at: NDArray[np.float64], *, indices: NDArray[np.int64]) -> Any:
    import shapely

    return shapely.polygons(shapely.linearrings(at, indices=indices))


def _points(at: NDArray[np.float64], *, indices: NDArray[np.int64]) -> Any:
    import shapely

    del indices  # one each, in order
    return shapely.points(at)


def polygonal(shape: Any) -> Any:
    """Return the polygons of a shape as one, None where there are none.

    Examples
    --------
    >>> import shapely
    >>> polygonal(shapely.Point(0, 0)) is None
    True
    """
    import shapely

    parts = [part for part in shapely.get_parts(shape) if part.geom_type in {"Polygon", "MultiPolygon"}]
    return shapely.union_all(parts) if parts else None


def rings_of(lines: list[NDArray[np.float64]]) -> Any:
    """Return what lines enclose, as one shape; None where they close nowhere.

    Parameters
    ----------
    lines
        Arrays of longitude and latitude.
    """
    import shapely

    if not lines:
        return None
    made = shapely.polygonize([shapely.LineString(line) for line in lines])
    parts = shapely.get_parts(made)
    return shapely.union_all(parts) if len(parts) else None
