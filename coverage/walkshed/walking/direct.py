"""Walks that touch no junction: two places on one edge, or in one pedestrian area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from walkshed.geodesy import distance_m
from walkshed.streets.areas import sees

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.streets.network import WalkNetwork
    from walkshed.streets.ties import Ties
    from walkshed.walking.graph import SearchGraph


@dataclass(frozen=True, slots=True)
class DirectWalks:
    """Estate, venue and cost (level metres) of each direct walk; a pair may occur more than once."""

    estate: NDArray[np.int64]
    venue: NDArray[np.int64]
    metres: NDArray[np.float64]

    def where(self, keep: NDArray[np.bool_]) -> DirectWalks:
        """Return the walks for which ``keep`` holds."""
        return DirectWalks(self.estate[keep], self.venue[keep], self.metres[keep])


def direct_walks(
    graph: SearchGraph, estates: Ties, venues: Ties, *, across: DirectWalks | None = None
) -> DirectWalks:
    """Return the walks along a single edge, and straight across a single area.

    Parameters
    ----------
    graph
        Says what the walks along an edge cost; one across an area costs its metres at any pace.
    estates, venues
        Who walks where.
    across
        The walks across areas, where they are known already.
    """
    i, j = same_pairs(estates.edge.astype(np.int64), venues.edge.astype(np.int64))
    along = graph.along(estates.edge[i], venues.offset_m[j] - estates.offset_m[i])
    passes = np.isfinite(along)
    i, j = i[passes], j[passes]
    along = along[passes] + estates.leg_m[i] + venues.leg_m[j]
    across = walks_across(graph.network, estates, venues) if across is None else across
    return DirectWalks(
        estate=np.concatenate([estates.place[i].astype(np.int64), across.estate]),
        venue=np.concatenate([venues.place[j].astype(np.int64), across.venue]),
        metres=np.concatenate([along, across.metres]),
    )


def same_pairs(
    left: NDArray[np.int64], right: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all index pairs with ``left[i] == right[j]``."""
    order = np.argsort(right, kind="stable")
    low = np.searchsorted(right[order], left, side="left")
    count = np.searchsorted(right[order], left, side="right") - low
    i = np.repeat(np.arange(len(left)), count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return i, order[np.repeat(low, count) + within]


def walks_across(network: WalkNetwork, estates: Ties, venues: Ties) -> DirectWalks:
    """Return the straight walks between places in the same pedestrian area."""
    i, j = same_pairs(estates.area.astype(np.int64), venues.area.astype(np.int64))
    area = estates.area[i].astype(np.int64)
    i, j = estates.area_point[i].astype(np.int64), venues.area_point[j].astype(np.int64)
    start = np.column_stack([estates.stand_lon[i], estates.stand_lat[i]])
    end = np.column_stack([venues.stand_lon[j], venues.stand_lat[j]])
    seen = sees(network.index.area_shapes, area, start, end)
    i, j, start, end = i[seen], j[seen], start[seen], end[seen]
    metres = (
        distance_m(start[:, 0], start[:, 1], end[:, 0], end[:, 1]) + estates.stand_m[i] + venues.stand_m[j]
    )
    homes, rooms = estates.points.place[i].astype(np.int64), venues.points.place[j].astype(np.int64)
    return DirectWalks(homes, rooms, metres)
