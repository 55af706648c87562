"""Access: who reaches what, in metres and minutes, on foot."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.errors import Text
from walkshed.profiles import ADULT
from walkshed.progress import silent
from walkshed.standards import DEFAULT_STANDARDS
from walkshed.streets.ties import MAX_SNAP_M, Ties, points_of, tie
from walkshed.walking.direct import DirectWalks, direct_walks
from walkshed.walking.frames import Columns, Measure, long_frame, sparse_matrix, wide_frame
from walkshed.walking.graph import SearchGraph
from walkshed.walking.nearest import nearest_walks
from walkshed.walking.pairs import Walks, walks_within

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.profiles import Profile
    from walkshed.progress import Progress
    from walkshed.standards import Standard
    from walkshed.streets.network import WalkNetwork
    from walkshed.walking.ground import Ground

_ROUNDING_M = 0.06
"""Searched beyond the longest standard, so that a walk which rounds down to it is found."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Integer-coded walks of one profile: estate, venue, decimetres and hundredths of a minute.

    Walks are rounded once, here, to 0.1 m and 0.01 min; every decision uses these numbers.
    """

    estate: NDArray[np.int32]
    venue: NDArray[np.int32]
    walk_dm: NDArray[np.int32]
    walk_cmin: NDArray[np.int32]

    @classmethod
    def of(cls, walks: Walks, profile: Profile) -> Pairs:
        """Round exact walks for a profile."""
        minutes = walks.metres / (profile.speed_mps * 60)
        return cls(
            walks.estate,
            walks.venue,
            np.rint(walks.metres * 10).astype(np.int32),
            np.rint(minutes * 100).astype(np.int32),
        )

    def where(self, keep: NDArray[np.bool_]) -> Pairs:
        """Return the pairs for which ``keep`` holds."""
        return Pairs(self.estate[keep], self.venue[keep], self.walk_dm[keep], self.walk_cmin[keep])

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.estate)


@dataclass(frozen=True, eq=False)
class Access:
    """The origin-destination table of a study, sparse and integer-coded.

    Attributes
    ----------
    estate_ids, venue_ids
        Ids in the order of the tables.
    estate_ties, venue_ties
        Where they touch the streets.
    profiles
        The walkers.
    cut_m
        For each profile, the longest walk that :attr:`pairs` holds.
    pairs
        For each profile, every pair within the cut, sorted by estate and venue.
    max_snap_m
        How far a place may lie from its street.
    graph
        The streets as they were searched.
    """

    network: WalkNetwork
    estate_ids: pd.Index[str]
    venue_ids: pd.Index[str]
    estate_ties: Ties
    venue_ties: Ties
    profiles: tuple[Profile, ...]
    cut_m: dict[str, float]
    pairs: dict[str, Pairs]
    max_snap_m: float
    graph: SearchGraph = field(repr=False)
    _direct: DirectWalks = field(repr=False)
    _rank: NDArray[np.int64] = field(repr=False)

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

    def nearest(self, profile: Profile | str = "", *, eligible: NDArray[np.bool_] | None = None) -> Pairs:
        """Return each estate's walk to its nearest venue, however far; one row an estate that reaches any.

        Parameters
        ----------
        profile
            One of :attr:`profiles`; the first by default.
        eligible
            One per venue, whether it may be chosen; all by default.
        """
        walker = self._profile(profile)
        if eligible is None:
            eligible = np.ones(len(self.venue_ids), dtype=bool)
        near = self._best(self.pairs[walker.name], eligible)
        reached = np.zeros(len(self.estate_ids), dtype=bool)
        reached[near.estate] = True
        # an estate with a venue within the cut keeps that very number, so that all tables agree to the digit
        far = Pairs.of(self._uncut(eligible), walker)
        far = far.where(~reached[far.estate])
        columns = [np.concatenate(both) for both in zip(_columns(near), _columns(far), strict=True)]
        order = np.argsort(columns[0], kind="stable")
        return Pairs(*(column[order] for column in columns))

    def k_nearest(self, k: int, profile: Profile | str = "") -> pd.DataFrame:
        """Return each estate's ``k`` nearest venues, however far, as a long table with ``rank`` 1..k.

        Estates that reach fewer than ``k`` venues have fewer rows.

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
        0       001     1      P01   694.5      8.90
        1       001     2      P08  1007.3     12.91
        """
        import pandas as pd

        walker = self._profile(profile)
        pairs, cut = self.pairs[walker.name], self.cut_m[walker.name]
        while np.isfinite(cut):
            few = np.bincount(pairs.estate, minlength=len(self.estate_ids)) < min(k, len(self.venue_ids))
            if not few.any():
                break
            cut = cut * 4 if cut < 20_000 else np.inf
            more = Pairs.of(self._within(cut, few), walker)
            kept = pairs.where(~few[pairs.estate])
            pairs = Pairs(
                *(np.concatenate(both) for both in zip(_columns(kept), _columns(more), strict=True))
            )
        order = np.lexsort((self._rank[pairs.venue], pairs.walk_dm, pairs.estate))
        pairs = Pairs(*(column[order] for column in _columns(pairs)))
        first = np.searchsorted(pairs.estate, pairs.estate, side="left")
        rank = np.arange(len(pairs)) - first + 1
        keep = rank <= k
        pairs = pairs.where(keep)
        columns = {
            "estate_id": self.estate_ids.to_numpy()[pairs.estate],
            "rank": rank[keep],
            "venue_id": self.venue_ids.to_numpy()[pairs.venue],
            "walk_m": pairs.walk_dm / 10,
            "walk_min": pairs.walk_cmin / 100,
        }
        return pd.DataFrame(columns)

    @cached_property
    def ground(self) -> Ground:
        """The ground between the streets, from which catchments are drawn."""
        from walkshed.walking.ground import Ground

        return Ground(self.network, max_snap_m=self.max_snap_m)

    def _profile(self, profile: Profile | str) -> Profile:
        if not profile:
            return self.profiles[0]
        name = profile if isinstance(profile, str) else profile.name
        for walker in self.profiles:
            if walker.name == name:
                return walker
        raise KeyError(f"no profile {name!r}; there are {', '.join(p.name for p in self.profiles)}")

    def _best(self, pairs: Pairs, eligible: NDArray[np.bool_]) -> Pairs:
        """Return each estate's shortest pair; of equal ones the venue whose id comes first."""
        if not eligible.all():
            pairs = pairs.where(eligible[pairs.venue])
        if not len(pairs):
            return pairs
        start = np.flatnonzero(np.concatenate([[True], pairs.estate[1:] != pairs.estate[:-1]]))
        ranked = pairs.walk_dm.astype(np.int64) * len(self.venue_ids) + self._rank[pairs.venue]
        least = np.repeat(np.minimum.reduceat(ranked, start), np.diff(np.append(start, len(pairs))))
        return pairs.where(ranked == least)

    def _uncut(self, eligible: NDArray[np.bool_]) -> Walks:
        by_rank = np.argsort(self._rank)
        walks = nearest_walks(
            self.graph, self.estate_ties, self.venue_ties.renumbered(self._rank),
            DirectWalks(self._direct.estate, self._rank[self._direct.venue], self._direct.metres), eligible[by_rank],
        )  # fmt: skip
        return Walks(walks.estate, by_rank[walks.venue].astype(np.int32), walks.metres)

    def _within(self, limit_m: float, estates: NDArray[np.bool_]) -> Walks:
        direct = self._direct
        use = estates[direct.estate]
        return walks_within(
            self.graph,
            self.estate_ties.where(estates),
            self.venue_ties,
            DirectWalks(direct.estate[use], direct.venue[use], direct.metres[use]),
            limit_m,
        )

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
    max_snap_m: float = MAX_SNAP_M,
    progress: Progress = silent,
) -> Access:
    """Compute who reaches what: every estate-venue walk within the longest standard.

    Gates and walls of estates are ignored (policy ``open``).

    Parameters
    ----------
    network
        From :func:`walkshed.read_streets`.
    estates, venues
        Places in EPSG:4326, their ids as index: points, multipoints (several entries) or boundaries.
        Places without geometry stay without a walk.
    profiles, standards
        Who walks, and how far is near enough; pairs are cut at each profile's longest standard.
    max_snap_m
        A place farther than this from every street stays untied.
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
    <Access 81 estates, 32 venues: adult 325 pairs within 1,170 m>
    >>> walks.to_frame().head(2)
      estate_id venue_id profile  walk_m  walk_min
    0       001      P01   adult   694.5       8.9
    1       001      P02   adult  1092.0      14.0
    """
    graph = SearchGraph(network)
    progress(Text("tying places to streets", "把地点接到道路上"))
    estate_ties = tie(network, points_of(estates), max_snap_m=max_snap_m)
    venue_ties = tie(network, points_of(venues), max_snap_m=max_snap_m)
    direct = direct_walks(graph, estate_ties, venue_ties)
    cut = {
        p.name: max(standard.reach_m(p) for standard in standards) + _ROUNDING_M * max(1.0, p.speed_mps * 6)
        for p in profiles
    }
    stage = Text("searching walks", "计算步行路径")
    walks = walks_within(
        graph, estate_ties, venue_ties, direct, max(cut.values()), tick=lambda share: progress(stage, share)
    )
    rank = np.empty(len(venues), dtype=np.int64)
    rank[np.argsort(venues.index.to_numpy().astype(str), kind="stable")] = np.arange(len(venues))
    pairs = {}
    for profile in profiles:
        rounded = Pairs.of(walks, profile)
        metres = max((s.metres for s in standards if s.metres is not None), default=0.0)
        minutes = max((s.minutes for s in standards if s.minutes is not None), default=0.0)
        keep = (rounded.walk_dm <= round(metres * 10)) | (rounded.walk_cmin <= round(minutes * 100))
        pairs[profile.name] = rounded.where(keep)
    return Access(
        network=network,
        estate_ids=estates.index,
        venue_ids=venues.index,
        estate_ties=estate_ties,
        venue_ties=venue_ties,
        profiles=tuple(profiles),
        cut_m={p.name: max(standard.reach_m(p) for standard in standards) for p in profiles},
        pairs=pairs,
        max_snap_m=max_snap_m,
        graph=graph,
        _direct=direct,
        _rank=rank,
    )


def _columns(pairs: Pairs) -> tuple[NDArray[np.int32], ...]:
    return pairs.estate, pairs.venue, pairs.walk_dm, pairs.walk_cmin
