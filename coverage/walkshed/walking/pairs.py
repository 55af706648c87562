"""All estate-venue pairs within a cut-off, found from the venues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from walkshed.kernel.search import Arcs, Lists

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from walkshed.kernel.search import Found
    from walkshed.profiles import Profile
    from walkshed.streets.ties import Ties
    from walkshed.walking.direct import DirectWalks
    from walkshed.walking.graph import SearchGraph


_NO_WALK_M = 1e12


@dataclass(frozen=True, slots=True, eq=False)
class Walks:
    """Shortest walks: estate and venue numbers and exact costs (level metres), each pair once, sorted by both."""

    estate: NDArray[np.int32]
    venue: NDArray[np.int32]
    metres: NDArray[np.float64]

    def cost_of(self, estate: NDArray[np.int32], venue: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return the costs of some pairs, infinite for those that are not among the walks."""
        cost = np.full(len(estate), np.inf)
        if len(self.estate) and len(estate):
            span = int(max(self.venue.max(), venue.max())) + 1
            own = self.estate.astype(np.int64) * span + self.venue
            asked = estate.astype(np.int64) * span + venue
            at = np.minimum(np.searchsorted(own, asked), len(own) - 1)
            found = own[at] == asked
            cost[found] = self.metres[at[found]]
        return cost

    def least(self, other: Walks) -> Walks:
        """Return the pairs of both, each with the cheaper of its walks."""
        estate, venue = np.append(self.estate, other.estate), np.append(self.venue, other.venue)
        metres = np.append(self.metres, other.metres)
        order = np.lexsort((metres, venue, estate))
        estate, venue, metres = estate[order], venue[order], metres[order]
        first = np.ones(len(order), dtype=bool)
        first[1:] = (estate[1:] != estate[:-1]) | (venue[1:] != venue[:-1])
        return Walks(estate[first], venue[first], metres[first])

    def nearest_of(self, other: Walks) -> Walks:
        """Return of walks to the nearest the nearer ones; where two are equally far the lower venue."""
        both = self.least(other)
        order = np.lexsort((both.venue, decimetres(both.metres), both.estate))
        first = np.ones(len(order), dtype=bool)
        first[1:] = both.estate[order[1:]] != both.estate[order[:-1]]
        return both.where(order[first])

    def where(self, keep: NDArray[np.bool_] | NDArray[np.int64]) -> Walks:
        """Return the marked or numbered walks."""
        return Walks(self.estate[keep], self.venue[keep], self.metres[keep])


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Integer-coded walks of one profile: estate, venue, decimetres and hundredths of a minute.

    Walks are rounded once, here, to 0.1 m and 0.01 min; every decision uses these numbers. Each of the two is the
    least of its own measure: the shortest walk and the quickest need not be the same.
    """

    estate: NDArray[np.int32]
    venue: NDArray[np.int32]
    walk_dm: NDArray[np.int32]
    walk_cmin: NDArray[np.int32]

    @classmethod
    def of(cls, walks: Walks, profile: Profile, *, metres: NDArray[np.float64] | None = None) -> Pairs:
        """Round exact walks for a profile.

        Parameters
        ----------
        walks
            In level metres.
        profile
            Who walks.
        metres
            The metres of the same pairs' shortest walks, where those are not the level metres.
        """
        metres = walks.metres if metres is None else metres
        return cls(walks.estate, walks.venue, decimetres(metres), centiminutes(walks.metres, profile))

    def where(self, keep: NDArray[np.bool_]) -> Pairs:
        """Return the pairs for which ``keep`` holds."""
        return Pairs(self.estate[keep], self.venue[keep], self.walk_dm[keep], self.walk_cmin[keep])

    def sorted_by(self, order: NDArray[np.int64]) -> Pairs:
        """Return the pairs in another order."""
        return Pairs(self.estate[order], self.venue[order], self.walk_dm[order], self.walk_cmin[order])

    def and_also(self, other: Pairs) -> Pairs:
        """Return these pairs and others, in the order of the estates."""
        both = zip(self._columns(), other._columns(), strict=True)
        pairs = Pairs(*(np.concatenate(column) for column in both))
        return pairs.sorted_by(np.argsort(pairs.estate, kind="stable"))

    def _columns(self) -> tuple[NDArray[np.int32], ...]:
        return self.estate, self.venue, self.walk_dm, self.walk_cmin

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.estate)


def decimetres(metres: NDArray[np.float64]) -> NDArray[np.int32]:
    """Round metres to a tenth."""
    return np.rint(metres * 10).astype(np.int32)


def centiminutes(level_m: NDArray[np.float64], profile: Profile) -> NDArray[np.int32]:
    """Round the minutes of level metres to a hundredth."""
    return np.rint(level_m / (profile.speed_mps * 60) * 100).astype(np.int32)


def walks_within(
    graph: SearchGraph,
    estates: Ties,
    venues: Ties,
    direct: DirectWalks,
    limit_m: float,
    *,
    tick: Callable[[float], None] = lambda _share: None,
) -> Walks:
    """Return the shortest walk of every estate-venue pair that costs at most ``limit_m`` (level metres)."""
    n_estates, n_venues = estates.points.n_places, venues.points.n_places
    u, to_u, v, to_v = graph.exits(estates)
    vertex, metres = np.concatenate([u, v]), np.concatenate([to_u, to_v])
    leaves = np.isfinite(metres)
    search = Arcs(graph.arcs).pairs(
        Lists(*graph.seeds(venues), n_venues),
        Lists(vertex[leaves], np.tile(estates.place, 2)[leaves], metres[leaves], graph.n),
        Lists(direct.venue, direct.estate, direct.metres, n_venues),
        n_estates=n_estates,
        limit_m=min(limit_m, _NO_WALK_M),
    )
    parts = []
    for found in search:
        parts.append(found)
        tick(found.searched / n_venues)
    if not parts:
        none = np.zeros(0, dtype=np.int32)
        return Walks(none, none, np.zeros(0))
    return _in_order(parts, (n_estates, n_venues))


def _in_order(parts: list[Found], shape: tuple[int, int]) -> Walks:
    """Return walks as one, by estate and venue: a sparse matrix sorts them in no time."""
    from scipy.sparse import coo_array

    estate, venue, metres = (np.concatenate([part[at] for part in parts]) for at in range(3))
    rows = coo_array((metres, (estate, venue)), shape=shape).tocsr()
    estate = np.repeat(np.arange(shape[0], dtype=np.int32), np.diff(rows.indptr))
    return Walks(estate, rows.indices.astype(np.int32), rows.data)
