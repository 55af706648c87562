"""All estate-venue pairs within a cut-off, found tile by tile from the venues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from walkshed.walking.tiles import TiledSearch, ranges_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

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
    """Return the shortest walk of every estate-venue pair that costs at most ``limit_m`` (level metres).

    Venues are taken tile by tile: such a walk cannot leave the tile's box grown by as much, so that only
    the streets in there are searched.
    """
    finder = _PairFinder(TiledSearch(graph, venues, limit_m), estates, direct)
    parts: list[Walks] = []
    tiles = finder.search.tiles()
    for done, members in enumerate(tiles):
        parts.extend(finder.pairs(members))
        tick((done + 1) / len(tiles))
    if not parts:
        none = np.zeros(0, dtype=np.int32)
        return Walks(none, none, np.zeros(0))
    return _in_order(parts, (estates.points.n_places, finder.search.n_venues))


def _in_order(parts: list[Walks], shape: tuple[int, int]) -> Walks:
    """Return walks as one, by estate and venue: a sparse matrix sorts them in no time."""
    from scipy.sparse import coo_array

    estate = np.concatenate([part.estate for part in parts])
    venue = np.concatenate([part.venue for part in parts])
    metres = np.concatenate([part.metres for part in parts])
    rows = coo_array((metres, (estate, venue)), shape=shape).tocsr()
    estate = np.repeat(np.arange(shape[0], dtype=np.int32), np.diff(rows.indptr))
    return Walks(estate, rows.indices.astype(np.int32), rows.data)


class _PairFinder:
    def __init__(self, search: TiledSearch, estates: Ties, direct: DirectWalks) -> None:
        self.search, self.limit_m, self.direct = search, search.limit_m, direct
        graph = search.graph
        self.exit_u, self.to_u, self.exit_v, self.to_v = graph.exits(estates)
        self.estate = estates.place.astype(np.int64)
        # an estate's edge may leave a tile's box: one of its ends lies in there
        ends = (graph.network.edge_u[estates.edge], graph.network.edge_v[estates.edge])
        self.exits_by_y = [np.argsort(graph.xy[end, 1], kind="stable") for end in ends]
        self.exit_xy = [graph.xy[end[by_y]] for end, by_y in zip(ends, self.exits_by_y, strict=True)]
        self.direct_order = np.argsort(direct.venue, kind="stable")
        self.direct_venue = direct.venue[self.direct_order]
        self.number = np.zeros(max(1, estates.points.n_places), dtype=np.int64)

    def pairs(self, members: NDArray[np.int64]) -> Iterator[Walks]:
        """Yield the shortest walk of each pair of one tile's venues."""
        exits = self._exits_in(self.search.box(members))
        leaving = _Leaving(self, exits, np.unique(self.direct.estate[self._direct_of(members)]))
        if not len(leaving.estates):
            return
        self.number[leaving.estates] = np.arange(len(leaving.estates))
        for chunk, reached in self.search.search(members, width=len(exits) + len(leaving.estates)):
            metres = leaving.walks(reached, self.search.column)
            own = self._direct_of(chunk)
            at = np.searchsorted(chunk, self.direct.venue[own]), self.number[self.direct.estate[own]]
            np.minimum.at(metres, at, self.direct.metres[own])
            found = np.flatnonzero(metres <= min(self.limit_m, _NO_WALK_M))
            row = found // metres.shape[1]
            estate = leaving.estates[found - row * metres.shape[1]]
            yield Walks(estate.astype(np.int32), chunk[row].astype(np.int32), metres.ravel()[found])

    def _exits_in(self, box: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the ways out with an end in the box, ascending and so by estate."""
        found = []
        for by_y, xy in zip(self.exits_by_y, self.exit_xy, strict=True):
            rows = slice(*np.searchsorted(xy[:, 1], [box[1], box[3]]))
            found.append(by_y[rows][(xy[rows, 0] >= box[0]) & (xy[rows, 0] <= box[2])])
        return np.union1d(*found)

    def _direct_of(self, members: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the direct walks to some venues."""
        return np.asarray(self.direct_order[ranges_of(self.direct_venue, members)], dtype=np.int64)


class _Leaving:
    """The ways out of the estates that one tile's venues may be reached from.

    ``estates`` are their numbers: first those with one way out, then those with several, then those from
    which a venue is reached directly only.
    """

    def __init__(self, finder: _PairFinder, exits: NDArray[np.int64], directly: NDArray[np.int64]) -> None:
        of = finder.estate[exits]
        new = np.ones(len(of), dtype=bool)
        new[1:] = of[1:] != of[:-1]
        first = np.flatnonzero(new)
        alone = np.diff(np.append(first, len(of))) == 1
        once = np.repeat(alone, np.diff(np.append(first, len(of))))
        order = np.concatenate([exits[once], exits[~once]])
        self.n_once, self.begin = int(once.sum()), np.flatnonzero(new[~once])
        there = np.concatenate([of[once], of[~once][self.begin]])
        finder.number[directly] = -1
        finder.number[there] = 0
        seen = finder.number[directly] == 0
        self.estates = np.concatenate([there, directly[~seen]])
        self.u, self.to_u = finder.exit_u[order], finder.to_u[order]
        self.v, self.to_v = finder.exit_v[order], finder.to_v[order]

    def walks(self, reached: NDArray[np.float64], column: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the shortest walk from each estate over an end of its edge, to each venue (a row)."""
        walk = np.take(reached, column[self.u], axis=1)
        walk += self.to_u
        by_v = np.take(reached, column[self.v], axis=1)
        by_v += self.to_v
        np.minimum(walk, by_v, out=walk)
        least = np.full((len(reached), len(self.estates)), np.inf)
        least[:, : self.n_once] = walk[:, : self.n_once]
        if len(self.begin):
            end = self.n_once + len(self.begin)
            least[:, self.n_once : end] = np.minimum.reduceat(walk[:, self.n_once :], self.begin, axis=1)
        return least
