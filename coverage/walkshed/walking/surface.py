"""The walking time to the nearest venue as a surface: a value for every point of a fine grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.walking.fields import field_of, left_of, walk_directly
from walkshed.walking.nearest import distance_to_sources

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.profiles import Profile
    from walkshed.walking.access import Access


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Minutes on a grid in local metres.

    Attributes
    ----------
    minutes : float32, shape (rows, columns), north first
        Minutes to the nearest venue; NaN where no walk leads there within the limit.
    west, north
        The outer corner of the first cell, in metres of ``crs``.
    cell_m
        The cells' side.
    crs
        The pyproj CRS of the grid.
    """

    minutes: NDArray[np.float32]
    west: float
    north: float
    cell_m: float
    crs: Any


def walking_time_surface(
    access: Access,
    *,
    profile: Profile | None = None,
    venues: NDArray[np.bool_] | None = None,
    limit_min: float = 30.0,
) -> Surface:
    """Return the minutes to the nearest venue for the ground within ``limit_min``.

    Parameters
    ----------
    access
        From :func:`walkshed.access`.
    profile
        Who walks; the first of ``access`` by default.
    venues
        One per venue, whether it counts; all by default.
    limit_min
        Longer walks are left blank.

    Raises
    ------
    ValueError
        No street is within the limit of any venue.
    """
    walker = profile or access.profiles[0]
    wanted = np.ones(len(access.venue_ids), dtype=bool) if venues is None else venues
    search = access.search(walker, by="minutes")
    graph, ground, ties = search.graph, search.footing.ground, search.footing.venues
    metres, _ = distance_to_sources(graph, ties, wanted)
    use = np.minimum(metres[graph.start_u], metres[graph.start_v]) <= walker.metres(limit_min)
    use[ties.edge[wanted[ties.place]]] = True
    if not use.any():
        raise ValueError(f"no street is within {limit_min:g} minutes of a venue")
    ground.prepare(left_of(search, metres, wanted, walker.metres(limit_min)))
    boxes, leg = ground.edge_box[use], ground.max_snap_m + ground.cell_m
    around = np.concatenate([boxes[:, :2].min(axis=0) - leg, boxes[:, 2:].max(axis=0) + leg])
    window = ground.window(around)
    walk, _ = field_of(graph, window, metres)
    walk_directly(search, wanted, window, walk)
    minutes = (walk / (walker.speed_mps * 60)).astype(np.float32)
    minutes[~(minutes <= limit_min)] = np.nan
    half = ground.cell_m / 2
    return Surface(
        minutes=minutes[::-1],
        west=float(window.x[0] - half),
        north=float(window.y[-1] + half),
        cell_m=ground.cell_m,
        crs=access.network.index.crs,
    )
