"""How each walker is searched: where he stands, at what pace, and the same walk by both measures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from walkshed.errors import Text
from walkshed.progress import silent
from walkshed.walking.direct import DirectWalks, direct_walks
from walkshed.walking.graph import SearchGraph
from walkshed.walking.nearest import nearest_walks
from walkshed.walking.pace import level_pace, metres_pace
from walkshed.walking.pairs import Pairs, Walks, centiminutes, decimetres, walks_within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from walkshed.profiles import Profile
    from walkshed.progress import Progress
    from walkshed.walking.footing import Footing
    from walkshed.walking.slope import Terrain

By = Literal["minutes", "metres"]
"""A measure of walks: two criteria, each with its own nearest venue."""

_ROUNDING_M = 0.06
_FAR_M = 200_000.0
_NO_WALKS = DirectWalks(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
_MORE = 1.5
"""A walk by one measure is looked for this much farther than it costs by the other, then farther yet."""


@dataclass(frozen=True, eq=False)
class Search:
    """The streets at one pace, and the places on them."""

    graph: SearchGraph
    footing: Footing

    @cached_property
    def direct(self) -> DirectWalks:
        """The walks that touch no junction."""
        footing = self.footing
        return direct_walks(self.graph, footing.estates, footing.venues, across=footing.across)

    def within(
        self,
        limit_m: float,
        *,
        estates: NDArray[np.bool_] | None = None,
        venues: NDArray[np.bool_] | None = None,
        tick: Callable[[float], None] = lambda _share: None,
    ) -> Walks:
        """Return the walks of all pairs that cost at most ``limit_m``, of some estates and venues where given."""
        homes, rooms, direct = self.footing.estates, self.footing.venues, self.direct
        if estates is not None:
            homes, direct = homes.where(estates), direct.where(estates[direct.estate])
        if venues is not None:
            rooms, direct = rooms.where(venues), direct.where(venues[direct.venue])
        walks = walks_within(self.graph, homes, rooms, direct, limit_m, tick=tick)
        for lives, coming, graph in self._homecomings():
            own = homes.where(lives), rooms.only(coming[rooms.edge])
            if len(own[0].edge) and len(own[1].edge):
                walks = walks.least(walks_within(graph, *own, _NO_WALKS, limit_m))
        return walks

    def _homecomings(self) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_], SearchGraph]]:
        """Yield for each layer of residents who lives there, on which edges its venues stand, and its graph."""
        footing = self.footing
        for home in self.graph.layers.homecomings:
            lives = footing.homes.lives_in(home.residents, footing.walls)
            yield lives, footing.walls.zone == home.zone, self.graph.coming_home(home)

    def nearest(self, eligible: NDArray[np.bool_], *, rank: NDArray[np.int64]) -> Walks:
        """Return each estate's walk to the nearest eligible venue, however far; of equal ones the lowest in rank."""
        by_rank = np.argsort(rank)
        direct = replace(self.direct, venue=rank[self.direct.venue])
        venues = self.footing.venues.renumbered(rank)
        walks = nearest_walks(self.graph, self.footing.estates, venues, direct, eligible[by_rank])
        for lives, coming, graph in self._homecomings():
            own = self.footing.estates.where(lives), venues.only(coming[venues.edge])
            if len(own[0].edge) and len(own[1].edge):
                more = nearest_walks(graph, *own, _NO_WALKS, eligible[by_rank])
                walks = walks.nearest_of(more)
        return Walks(walks.estate, by_rank[walks.venue].astype(np.int32), walks.metres)

    def cost_of(
        self, estate: NDArray[np.int32], venue: NDArray[np.int32], *, guess: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return what the walks of some pairs cost, however far; infinite where there is none.

        Parameters
        ----------
        estate, venue
            Numbers.
        guess
            What each walk may cost: short ones are looked for nearby, and farther where they are not found.
        """
        cost, guess = np.full(len(estate), np.inf), guess.copy()
        left = np.arange(len(estate))
        footing = self.footing
        while len(left):
            limit = float(np.median(guess[left])) * _MORE + 300.0
            limit = limit if limit < _FAR_M else np.inf
            now = left[guess[left] <= limit]
            homes = np.zeros(footing.estates.points.n_places, dtype=bool)
            rooms = np.zeros(footing.venues.points.n_places, dtype=bool)
            homes[estate[now]], rooms[venue[now]] = True, True
            cost[now] = self.within(limit, estates=homes, venues=rooms).cost_of(estate[now], venue[now])
            guess[now] = limit
            left = left[~np.isfinite(cost[left])] if np.isfinite(limit) else left[:0]
        return cost


@dataclass(frozen=True, eq=False)
class Walker:
    """A profile and the searches of its two measures; one and the same where minutes are speed alone."""

    profile: Profile
    metres: Search
    minutes: Search

    @property
    def alone(self) -> bool:
        """Whether one search answers for both measures."""
        return self.metres is self.minutes

    def search(self, by: By) -> Search:
        """Return the search of a measure."""
        return self.metres if by == "metres" else self.minutes

    def column(self, pairs: Pairs, by: By) -> NDArray[np.int32]:
        """Return the rounded numbers by which pairs are compared: the finer of the two where they say the same."""
        return pairs.walk_cmin if by == "minutes" and not self.alone else pairs.walk_dm

    def rounded(self, walks: Walks, other: NDArray[np.float64], by: By) -> Pairs:
        """Round walks found by one measure, with what they cost by the other (infinite: not known, -1)."""
        if self.alone:
            return Pairs.of(walks, self.profile)
        known = np.isfinite(other)
        metres, level = (walks.metres, other) if by == "metres" else (other, walks.metres)
        pairs = Pairs.of(
            replace(walks, metres=np.where(known | (by == "minutes"), level, 0.0)), self.profile,
            metres=np.where(known | (by == "metres"), metres, 0.0),
        )  # fmt: skip
        unknown = {"metres": "walk_cmin", "minutes": "walk_dm"}[by]
        return replace(pairs, **{unknown: np.where(known, getattr(pairs, unknown), -1).astype(np.int32)})

    def completed(self, pairs: Pairs, by: By) -> Pairs:
        """Return pairs with the numbers that :meth:`rounded` did not know."""
        left = np.flatnonzero((pairs.walk_dm if by == "minutes" else pairs.walk_cmin) < 0)
        if not len(left):
            return pairs
        pairs = pairs.sorted_by(np.arange(len(pairs)))
        if by == "minutes":
            guess = pairs.walk_cmin[left] / 100 * self.profile.metres(1)
            cost = self.metres.cost_of(pairs.estate[left], pairs.venue[left], guess=guess)
            pairs.walk_dm[left] = decimetres(cost)
        else:
            cost = self.minutes.cost_of(pairs.estate[left], pairs.venue[left], guess=pairs.walk_dm[left] / 10)
            pairs.walk_cmin[left] = centiminutes(cost, self.profile)
        return pairs

    def metres_of(self, level_m: float) -> float:
        """Return how many metres the shortest walk of a pair has at most whose quickest costs ``level_m``."""
        return level_m / self.minutes.graph.pace.least


def walkers_of(
    profiles: Sequence[Profile], footing: Footing, *, terrain: Terrain | None = None
) -> dict[str, Walker]:
    """Return the walkers of profiles, by name; they share the searches that are the same.

    Parameters
    ----------
    profiles
        Who walks.
    footing
        Where places meet the streets.
    terrain
        Heights, for the profiles that have a slope.
    """
    network = footing.network
    plain = Search(SearchGraph(network, pace=metres_pace(network), layers=footing.layers), footing)
    by_metres = {False: plain}
    walkers = {}
    for profile in profiles:
        if profile.step_free not in by_metres:
            pace = metres_pace(network, step_free=True)
            by_metres[True] = Search(plain.graph.at_pace(pace), footing.without_steps())
        metres = by_metres[profile.step_free]
        minutes = metres
        if not _speed_alone(profile, terrain):
            pace = level_pace(network, profile, terrain=terrain)
            minutes = Search(plain.graph.at_pace(pace), metres.footing)
        walkers[profile.name] = Walker(profile, metres, minutes)
    return walkers


def _speed_alone(profile: Profile, terrain: Terrain | None) -> bool:
    return (replace(profile, slope=None) if terrain is None else profile).speed_alone


def pairs_within(
    walkers: dict[str, Walker], *, metres: float, minutes: float, progress: Progress = silent
) -> dict[str, Pairs]:
    """Return each walker's pairs that are within some metres or within some minutes.

    Each search is made once, as far as any of its walkers needs it.

    Parameters
    ----------
    walkers
        From :func:`walkers_of`.
    metres, minutes
        The longest standard of either measure; nought where there is none.
    progress
        Told how far the search has come.
    """
    limits: dict[int, tuple[Search, float]] = {}
    for walker in walkers.values():
        for search, limit in _limits(walker, metres, minutes):
            limits[id(search)] = search, max(limit, limits.get(id(search), (search, 0.0))[1])
    stage = Text("searching walks", "计算步行路径")
    whole = sum(limit**2 for _, limit in limits.values()) or 1.0
    found: dict[int, Walks] = {}
    done = 0.0
    for key, (search, limit) in limits.items():
        share = limit**2 / whole
        found[key] = search.within(limit, tick=_part_of(progress, stage, done, share))
        done += share
    return {
        name: _joined(walker, found[id(walker.metres)], found[id(walker.minutes)], metres, minutes)
        for name, walker in walkers.items()
    }


def _part_of(progress: Progress, stage: Text, start: float, share: float) -> Callable[[float], None]:
    return lambda part: progress(stage, start + share * part)


def _limits(walker: Walker, metres: float, minutes: float) -> list[tuple[Search, float]]:
    """Return how far a walker's searches must go, in level metres."""
    profile = walker.profile
    slack = _ROUNDING_M * max(1.0, profile.speed_mps * 6)  # a walk which rounds down to the standard is found
    level = profile.metres(minutes) + slack if minutes else 0.0
    if walker.alone:
        return [(walker.metres, max(level, metres + slack))]
    return [
        (walker.metres, max(metres + slack, walker.metres_of(level))),
        (walker.minutes, max(level, _MORE * (metres + slack))),
    ]


def _joined(walker: Walker, by_metres: Walks, by_minutes: Walks, metres: float, minutes: float) -> Pairs:
    """Return the pairs that are near enough by either measure, with both numbers."""
    dm, cmin = round(metres * 10), round(minutes * 100)
    if walker.alone:
        pairs = Pairs.of(by_metres, walker.profile)
        return pairs.where((pairs.walk_dm <= dm) | (pairs.walk_cmin <= cmin))
    near = by_minutes.where(np.flatnonzero(centiminutes(by_minutes.metres, walker.profile) <= cmin))
    pairs = walker.rounded(near, by_metres.cost_of(near.estate, near.venue), "minutes")
    pairs = walker.completed(pairs, "minutes")  # in the order of the walks, which is that of the tables
    if dm:
        near = by_metres.where(np.flatnonzero(decimetres(by_metres.metres) <= dm))
        more = walker.rounded(near, by_minutes.cost_of(near.estate, near.venue), "metres")
        more = walker.completed(more, "metres")
        pairs = pairs.and_also(more.where(more.walk_cmin > cmin))
        pairs = pairs.sorted_by(np.lexsort((pairs.venue, pairs.estate)))
    return pairs
