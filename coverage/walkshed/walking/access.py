"""Access: who reaches what, in metres and minutes, on foot."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from walkshed.errors import Text
from walkshed.profiles import ADULT
from walkshed.progress import silent
from walkshed.standards import DEFAULT_STANDARDS
from walkshed.streets.ties import MAX_SNAP_M, points_of
from walkshed.walking.footing import Footing, opens_of
from walkshed.walking.frames import Columns, Measure, long_frame, sparse_matrix, wide_frame
from walkshed.walking.pairs import Pairs
from walkshed.walking.walkers import By, Search, Walker, pairs_within, walkers_of
from walkshed.walls.hours import minute_of
from walkshed.walls.walls import build_walls

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.profiles import Profile
    from walkshed.progress import Progress
    from walkshed.standards import Standard
    from walkshed.streets.network import WalkNetwork
    from walkshed.streets.ties import Ties
    from walkshed.walking.graph import SearchGraph
    from walkshed.walking.ground import Ground
    from walkshed.walking.layers import Policy
    from walkshed.walking.slope import Terrain
    from walkshed.walls.walls import Walls


@dataclass(frozen=True, eq=False)
class Access:
    """The origin-destination table of a study, sparse and integer-coded.

    Attributes
    ----------
    footing
        Where places meet the streets, with walls, gates and the policy.
    estate_ids, venue_ids
        Ids in the order of the tables.
    doubtful_venues
        Which venues have a place that nobody has confirmed, so that they are nowhere.
    estate_ties, venue_ties
        Where they touch the streets.
    profiles, standards, terrain
        The walkers, how far is near enough, and heights for those who mind slopes (may be None).
    cut_m
        For each profile, the longest walk that :attr:`pairs` holds.
    pairs
        For each profile, every pair that meets the longest standard in metres or the longest in minutes, sorted by
        estate and venue; both numbers of it, each the least of its own measure.
    max_snap_m
        How far a place may lie from its street.
    graph
        The streets as they were searched, in metres, for the first profile.
    walkers
        For each profile, how it was searched by either measure.
    """

    network: WalkNetwork
    footing: Footing
    estate_ids: pd.Index[str]
    venue_ids: pd.Index[str]
    doubtful_venues: NDArray[np.bool_] = field(repr=False)
    estate_ties: Ties
    venue_ties: Ties
    profiles: tuple[Profile, ...]
    standards: tuple[Standard, ...]
    terrain: Terrain | None
    cut_m: dict[str, float]
    pairs: dict[str, Pairs]
    max_snap_m: float
    graph: SearchGraph = field(repr=False)
    walkers: dict[str, Walker] = field(repr=False)
    _rank: NDArray[np.int64] = field(repr=False)
    _cut_dm: int = field(repr=False)
    _cut_cmin: int = field(repr=False)
    _known: dict[tuple[str, str, bytes], Pairs] = field(default_factory=dict, repr=False)
    _under: dict[Policy, Access] = field(default_factory=dict, repr=False)

    @property
    def walls(self) -> Walls:
        """The walls and gates on the streets."""
        return self.footing.walls

    @property
    def policy(self) -> Policy:
        """Who passes gates."""
        return self.footing.policy

    def under(self, policy: Policy, *, progress: Progress = silent) -> Access:
        """Return who reaches what under another policy; the same places on the same streets."""
        if policy == self.policy:
            return self
        if policy not in self._under:
            footing = self.footing.under(policy)
            self._under[policy] = _walked(
                footing,
                self.estate_ids,
                self.venue_ids,
                self.doubtful_venues,
                self.profiles,
                self.standards,
                self.terrain,
                progress,
            )
        return self._under[policy]

    def to_venues(self, venues: gpd.GeoDataFrame, *, progress: Progress = silent) -> Access:
        """Return who reaches other venues: the same estates with their legs, on the same streets under the same policy."""
        footing = self.footing.to_venues(points_of(venues), opens=opens_of(venues))
        return _walked(
            footing,
            self.estate_ids,
            venues.index,
            _doubtful(venues),
            self.profiles,
            self.standards,
            self.terrain,
            progress,
        )

    def to_frame(self, *, columns: Columns = "walkshed", profile: Profile | str = "") -> pd.DataFrame:
        """Return the long table: estate_id, venue_id, profile, walk_m, walk_min.

        Parameters
        ----------
        columns
            ``"r5"`` gives ``from_id, to_id, travel_time`` (minutes of one profile), the names that
            r5py and r5r use.
        profile
            Only this one's walks; all by default.
        """
        names = [self._profile(profile).name] if profile else [walker.name for walker in self.profiles]
        pairs = {name: self.pairs[name] for name in names}
        return long_frame(pairs, estate_ids=self.estate_ids, venue_ids=self.venue_ids, columns=columns)

    def to_matrix(
        self, profile: Profile | str = "", *, values: Measure = "walk_min", missing: float = np.inf
    ) -> pd.DataFrame:
        """Return walks as a matrix, estates by venues; pairs beyond the cut are ``missing``."""
        pairs = self.pairs[self._profile(profile).name]
        ids = {"estate_ids": self.estate_ids, "venue_ids": self.venue_ids}
        return wide_frame(pairs, **ids, values=values, missing=missing)

    def to_sparse(self, profile: Profile | str = "", *, values: Measure = "walk_min") -> Any:
        """Return walks as a scipy sparse matrix, estates by venues."""
        shape = len(self.estate_ids), len(self.venue_ids)
        return sparse_matrix(self.pairs[self._profile(profile).name], shape=shape, values=values)

    def nearest(
        self, profile: Profile | str = "", *, eligible: NDArray[np.bool_] | None = None, by: By = "minutes"
    ) -> Pairs:
        """Return each estate's walk to its nearest venue, however far; one row an estate that reaches any.

        Parameters
        ----------
        profile
            One of :attr:`profiles`; the first by default.
        eligible
            One per venue, whether it may be chosen; all by default.
        by
            What is near: ``"minutes"`` or ``"metres"``. The row holds both numbers of the walk to that venue.
        """
        walker = self.walker(profile)
        if eligible is None:
            eligible = np.ones(len(self.venue_ids), dtype=bool)
        key = walker.profile.name, "" if walker.alone else by, eligible.tobytes()
        if key not in self._known:
            self._known[key] = self._nearest(walker, eligible, by)
        return self._known[key]

    def _nearest(self, walker: Walker, eligible: NDArray[np.bool_], by: By) -> Pairs:
        near = self._best(self._complete(walker, by), eligible, walker, by)
        reached = np.zeros(len(self.estate_ids), dtype=bool)
        reached[near.estate] = True
        # an estate with a venue within the cut keeps that very number, so that all tables agree to the digit
        far = walker.search(by).nearest(eligible, rank=self._rank)
        far = far.where(~reached[far.estate])
        if walker.alone or not len(far.estate):
            return near.and_also(Pairs.of(far, walker.profile))
        other = walker.search("metres" if by == "minutes" else "minutes").nearest(eligible, rank=self._rank)
        cost = other.cost_of(far.estate, far.venue)  # mostly it is the nearest by both
        return near.and_also(walker.completed(walker.rounded(far, cost, by), by))

    def _complete(self, walker: Walker, by: By) -> Pairs:
        """Return the pairs up to the longest standard of a measure: beyond it they are not all there."""
        pairs = self.pairs[walker.profile.name]
        if walker.alone:
            return pairs
        return pairs.where(walker.column(pairs, by) <= (self._cut_cmin if by == "minutes" else self._cut_dm))

    def k_nearest(self, k: int, profile: Profile | str = "", *, by: By = "minutes") -> pd.DataFrame:
        """Return each estate's ``k`` nearest venues, however far, as a long table with ``rank`` 1..k.

        Estates that reach fewer than ``k`` venues have fewer rows. ``by`` says what is near, as in :meth:`nearest`.

        Examples
        --------
        >>> import walkshed, tempfile
        >>> folder = walkshed.init_study(tempfile.mkdtemp() + "/ronghang")
        >>> streets = walkshed.read_streets(folder / "streets.osm.pbf")
        >>> estates = walkshed.read_estates(folder / "estates.xlsx")
        >>> venues = walkshed.read_venues(folder / "venues.xlsx")
        >>> walks = walkshed.access(streets, estates, venues)
        >>> walks.k_nearest(2).head(2)
          estate_id  rank venue_id  walk_m  walk_min
        0       001     1      P01   713.4      9.15
        1       001     2      P08  1018.1     13.05
        """
        import pandas as pd

        walker = self.walker(profile)
        pairs, cut = self._complete(walker, by), self.cut_m[walker.profile.name]
        while np.isfinite(cut):
            few = np.bincount(pairs.estate, minlength=len(self.estate_ids)) < min(k, len(self.venue_ids))
            if not few.any():
                break
            cut = cut * 4 if cut < 20_000 else np.inf
            more = walker.search(by).within(cut, estates=few)
            unknown = np.full(len(more.estate), np.inf)
            pairs = pairs.where(~few[pairs.estate]).and_also(walker.rounded(more, unknown, by))
        order = np.lexsort((self._rank[pairs.venue], walker.column(pairs, by), pairs.estate))
        pairs = pairs.sorted_by(order)
        first = np.searchsorted(pairs.estate, pairs.estate, side="left")
        rank = np.arange(len(pairs)) - first + 1
        keep = rank <= k
        pairs = walker.completed(pairs.where(keep), by)
        columns = {
            "estate_id": self.estate_ids.to_numpy()[pairs.estate],
            "rank": rank[keep],
            "venue_id": self.venue_ids.to_numpy()[pairs.venue],
            "walk_m": pairs.walk_dm / 10,
            "walk_min": pairs.walk_cmin / 100,
        }
        return pd.DataFrame(columns)

    @property
    def ground(self) -> Ground:
        """The ground between the streets, from which catchments are drawn."""
        return self.search(by="metres").footing.ground

    def search(self, profile: Profile | str = "", *, by: By = "minutes") -> Search:
        """Return the streets as they were searched for a profile's measure, and where places stand on them."""
        return self.walker(profile).search(by)

    def walker(self, profile: Profile | str = "") -> Walker:
        """Return how a profile is searched by either measure; the first by default."""
        return self.walkers[self._profile(profile).name]

    def _profile(self, profile: Profile | str) -> Profile:
        if not profile:
            return self.profiles[0]
        name = profile if isinstance(profile, str) else profile.name
        for walker in self.profiles:
            if walker.name == name:
                return walker
        raise KeyError(f"no profile {name!r}; there are {', '.join(p.name for p in self.profiles)}")

    def _best(self, pairs: Pairs, eligible: NDArray[np.bool_], walker: Walker, by: By) -> Pairs:
        """Return each estate's shortest pair; of equal ones the venue whose id comes first."""
        if not eligible.all():
            pairs = pairs.where(eligible[pairs.venue])
        if not len(pairs):
            return pairs
        start = np.flatnonzero(np.concatenate([[True], pairs.estate[1:] != pairs.estate[:-1]]))
        ranked = walker.column(pairs, by).astype(np.int64) * len(self.venue_ids) + self._rank[pairs.venue]
        least = np.repeat(np.minimum.reduceat(ranked, start), np.diff(np.append(start, len(pairs))))
        return pairs.where(ranked == least)

    def __repr__(self) -> str:
        """Say how many pairs there are."""
        counts = ", ".join(
            f"{p.name} {len(self.pairs[p.name]):,} pairs within {self.cut_m[p.name]:,.0f} m"
            for p in self.profiles
        )
        return f"<Access {len(self.estate_ids):,} estates, {len(self.venue_ids):,} venues: {counts}>"


def access(
    network: WalkNetwork,
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    *,
    profiles: Sequence[Profile] = (ADULT,),
    standards: Sequence[Standard] = DEFAULT_STANDARDS,
    gates: gpd.GeoDataFrame | None = None,
    policy: Policy = "residents",
    time: str = "",
    start: Literal["point", "gates"] = "point",
    walls: Walls | None = None,
    max_snap_m: float = MAX_SNAP_M,
    terrain: Terrain | None = None,
    progress: Progress = silent,
) -> Access:
    """Compute who reaches what: every estate-venue walk within the longest standard.

    Parameters
    ----------
    network
        From :func:`walkshed.read_streets`.
    estates, venues
        Places in EPSG:4326, their ids as index: points, multipoints (several entries) or boundaries.
        Places without geometry stay without a walk.
    profiles, standards
        Who walks, and how far is near enough; pairs are cut at each profile's longest standard.
    gates
        The estates' gates, as :func:`walkshed.read_gates` gives them.
    policy
        Who passes an estate's gates: ``"open"`` ignores walls; under ``"residents"`` the inside of a gated
        estate serves those who live there and visitors to a venue inside; ``"closed"`` keeps visitors out
        (docs/method.md).
    time
        A time of day, as ``"10:00"``: gates whose hours exclude it are closed. Without, hours do not count.
    start
        ``"gates"`` lets walled estates start at their gates that are not closed.
    walls
        From :func:`walkshed.walls.build_walls`, where they are known already; ``network``, ``gates`` and
        ``time`` are then not looked at.
    max_snap_m
        A place farther than this from every street stays untied.
    terrain
        Heights, from :func:`walkshed.walking.slope.read_terrain`, for profiles with a slope.
    progress
        Told how far the search has come.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> folder = walkshed.init_study(tempfile.mkdtemp() + "/ronghang")
    >>> streets = walkshed.read_streets(folder / "streets.osm.pbf")
    >>> estates = walkshed.read_estates(folder / "estates.xlsx")
    >>> venues = walkshed.read_venues(folder / "venues.xlsx")
    >>> walks = walkshed.access(streets, estates, venues)
    >>> walks
    <Access 81 estates, 32 venues: adult 307 pairs within 1,170 m>
    >>> walks.to_frame().head(2)
      estate_id venue_id profile  walk_m  walk_min
    0       001      P01   adult   713.4      9.15
    1       001      P02   adult  1092.1     14.00
    """
    progress(Text("tying places to streets", "把地点接到道路上"))
    if walls is None:
        minute = minute_of(time) if time else None
        walls = build_walls(network, estates, gates, minute=minute, max_snap_m=max_snap_m)
    footing = Footing.of(
        walls, points_of(estates), points_of(venues), policy=policy, max_snap_m=max_snap_m,
        opens=opens_of(venues), from_gates=start == "gates",
    )  # fmt: skip
    doubtful = _doubtful(venues)
    return _walked(footing, estates.index, venues.index, doubtful, profiles, standards, terrain, progress)


def _doubtful(venues: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Tell which venues have a place that nobody has confirmed."""
    if "location_status" not in venues:
        return np.zeros(len(venues), dtype=bool)
    return np.asarray(venues["location_status"] == "doubtful", dtype=bool)


def _walked(
    footing: Footing,
    estate_ids: pd.Index[str],
    venue_ids: pd.Index[str],
    doubtful_venues: NDArray[np.bool_],
    profiles: Sequence[Profile],
    standards: Sequence[Standard],
    terrain: Terrain | None,
    progress: Progress,
) -> Access:
    walkers = walkers_of(profiles, footing, terrain=terrain)
    rank = np.empty(len(venue_ids), dtype=np.int64)
    rank[np.argsort(venue_ids.to_numpy().astype(str), kind="stable")] = np.arange(len(venue_ids))
    metres = max((s.metres for s in standards if s.metres is not None), default=0.0)
    minutes = max((s.minutes for s in standards if s.minutes is not None), default=0.0)
    return Access(
        network=footing.network,
        footing=footing,
        estate_ids=estate_ids,
        venue_ids=venue_ids,
        doubtful_venues=doubtful_venues,
        estate_ties=footing.estates,
        venue_ties=footing.venues,
        profiles=tuple(profiles),
        cut_m={p.name: max(standard.reach_m(p) for standard in standards) for p in profiles},
        pairs=pairs_within(walkers, metres=metres, minutes=minutes, progress=progress),
        standards=tuple(standards),
        terrain=terrain,
        max_snap_m=footing.max_snap_m,
        graph=walkers[profiles[0].name].metres.graph,
        walkers=walkers,
        _rank=rank,
        _cut_dm=round(metres * 10),
        _cut_cmin=round(minutes * 100),
    )
