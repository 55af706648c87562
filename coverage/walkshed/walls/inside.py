"""The shortest way over open ground inside a polygon, where no path is mapped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SLACK_M = 0.05


def straight_within(
    polygon: Any, start: NDArray[np.float64], goals: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the metres from a point to each goal along the shortest line inside a polygon.

    A point or goal outside the polygon is first joined straight to the nearest place of it.

    Parameters
    ----------
    polygon
        A shapely polygon or multipolygon, in metres.
    start
        x and y.
    goals
        Shape (n, 2).

    Returns
    -------
    numpy.ndarray
        Metres, ``inf`` for goals in another part of a multipolygon.

    Examples
    --------
    >>> import shapely
    >>> room = shapely.Polygon([(0, 0), (30, 0), (30, 10), (10, 10), (10, 40), (0, 40)])
    >>> straight_within(room, np.array([0.0, 40.0]), np.array([[0.0, 0.0], [30.0, 0.0]])).round(2).tolist()
    [40.0, 53.98]
    """
    import shapely
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    ends = np.vstack([start[None, :], goals])
    near = shapely.get_coordinates(
        shapely.shortest_line(shapely.points(ends), np.full(len(ends), polygon, dtype=object))
    )[1::2]
    extra = np.hypot(*(near - ends).T)
    corners = shapely.get_coordinates(shapely.simplify(polygon, _SLACK_M))
    nodes = np.vstack([near, corners])
    room = shapely.buffer(polygon, _SLACK_M)
    shapely.prepare(room)
    first, second = np.triu_indices(len(nodes), k=1)
    metres = np.hypot(*(nodes[first] - nodes[second]).T)
    lines = shapely.linestrings(np.stack([nodes[first], nodes[second]], axis=1))
    seen = shapely.covers(room, lines) | (metres < 1e-6)
    shape = (len(nodes), len(nodes))
    graph = csr_array((np.maximum(metres[seen], 1e-9), (first[seen], second[seen])), shape=shape)
    away = dijkstra(graph, directed=False, indices=0)
    return np.asarray(away[1 : len(ends)] + extra[1:] + extra[0], dtype=np.float64)
