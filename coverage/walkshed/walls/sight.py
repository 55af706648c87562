"""Whether a straight line crosses a wall, and the nearest street that can be seen from a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.streets.index import N_CLASSES
from walkshed.walls.zones import PUBLIC, Yards

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.streets.index import EdgeIndex
    from walkshed.streets.network import WalkNetwork

_NOTHING_M = 1e-6


def crosses_wall(
    yards: Yards,
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    *,
    home: NDArray[np.int64],
    exempt: NDArray[np.int64] | None = None,
) -> NDArray[np.bool_]:
    """Tell for straight lines (local metres, shape (n, 2)) whether they cross a wall.

    Parameters
    ----------
    yards
        The walled polygons.
    home
        For each line the place of the polygon it starts in: it must stay inside, but for its rim.
    exempt
        For each line one polygon whose wall it may cross, -1 for none.
    """
    import shapely

    blocked = np.zeros(len(start), dtype=bool)
    if not len(yards.estate) or not len(start):
        return blocked
    moves = np.flatnonzero(np.hypot(*(end - start).T) > _NOTHING_M)
    lines = shapely.linestrings(np.stack([start[moves], end[moves]], axis=1))
    line, yard = yards.tree.query(lines, predicate="intersects")
    allowed = yard == home[moves[line]]
    if exempt is not None:
        allowed |= yard == exempt[moves[line]]
    around = _enclosing(yards)
    inside = home[moves[line]]
    allowed |= (inside >= 0) & around[np.maximum(inside, 0), yard]
    other = ~allowed
    hit = shapely.intersects(yards.core[yard[other]], lines[line[other]])
    blocked[moves[line[other][hit]]] = True
    own = np.flatnonzero((home[moves] >= 0) & (True if exempt is None else exempt[moves] != home[moves]))
    leaves = ~shapely.covers(yards.grown[home[moves[own]]], lines[own])
    blocked[moves[own[leaves]]] = True
    return blocked


def _enclosing(yards: Yards) -> NDArray[np.bool_]:
    """Return a table: whether polygon ``[i, j]``: j encloses i."""
    n = len(yards.estate)
    table = np.zeros((n, n), dtype=bool)
    for place in range(n):
        table[place, yards.chain(place)[1:]] = True
    return table


def nearest_seen(
    network: WalkNetwork,
    zone: NDArray[np.int64],
    yards: Yards,
    xy: NDArray[np.float64],
    *,
    want: NDArray[np.int64],
    within_m: float,
    home: NDArray[np.int64] | None = None,
    exempt: NDArray[np.int64] | None = None,
    index: EdgeIndex | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the nearest edge of a wanted zone to which a straight line crosses no wall.

    The classes of edges are tried in the order in which places are tied.

    Parameters
    ----------
    xy
        The points, in local metres.
    want
        For each point the zone its edge must lie in.
    home, exempt
        As for :func:`crosses_wall`; ``home`` is ``want`` by default.
    index
        In which edges are found; the network's own by default.

    Returns
    -------
    edge, share, metres
        One per point: the edge (-1 where there is none), the share of its length at the foot, and
        the line's length.
    """
    import shapely

    home = want if home is None else home
    index = network.index if index is None else index
    n = len(xy)
    edge, share, metres = np.full(n, -1, dtype=np.int64), np.zeros(n), np.full(n, np.inf)
    points = shapely.points(xy)
    for this in range(N_CLASSES):
        left = np.flatnonzero(edge < 0)
        if not len(left):
            break
        point, found = index.within(points[left], this, within_m=within_m)
        point = left[point]
        right = zone[found] == want[point]
        point, found = point[right], found[right]
        lines = index.lines[found]
        at = np.nan_to_num(shapely.line_locate_point(lines, points[point], normalized=True))
        foot = shapely.get_coordinates(shapely.line_interpolate_point(lines, at, normalized=True))
        away = np.hypot(*(foot - xy[point]).T)
        seen = ~crosses_wall(
            yards,
            xy[point],
            foot,
            home=home[point],
            exempt=None if exempt is None else exempt[point],
        )
        point, found, at, away = point[seen], found[seen], at[seen], away[seen]
        oneway = network.edge_oneway[found] > 0
        order = np.lexsort((found, oneway, away, point))[::-1]
        edge[point[order]], share[point[order]] = found[order], at[order]  # the nearest is written last
        metres[point[order]] = away[order]
    return edge, share, metres


def zone_at(yards: Yards, xy: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the innermost walled polygon that holds each point, or :data:`PUBLIC`."""
    return yards.holding(xy[:, 0], xy[:, 1]) if len(yards.estate) else np.full(len(xy), PUBLIC)
