"""Why an estate is not covered, with the evidence: the remedy differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.geodesy import distance_m
from walkshed.report.venues import eligible_for
from walkshed.walking.pairs import Walks

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.profiles import Profile
    from walkshed.standards import Standard
    from walkshed.walking.access import Access
    from walkshed.walking.pairs import Pairs

    Found = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]

USUAL_DETOUR = 1.41
"""A walk on a pure grid is at most this many times its straight line (docs/method.md)."""
ODD_DETOUR = 2.5
"""A walk this many times its straight line says that a path is missing, on the map or on the ground."""
NEAR_GAP_M = 60.0
"""A suspected gap this near to the straight line is told as the place."""
_ROUNDED_M = 0.1


def within(pairs: Pairs, standard: Standard) -> NDArray[np.bool_]:
    """Tell which rounded walks meet a standard."""
    if standard.minutes is not None:
        return np.asarray(pairs.walk_cmin <= round(standard.minutes * 100))
    return np.asarray(pairs.walk_dm <= round(standard.limit * 10))


def if_gates_were_open(
    opened: Access, profile: Profile, standard: Standard, eligible: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Tell which estates would be covered if all gates stood open to everyone."""
    near = opened.nearest(profile, eligible=eligible, by=standard.measure)
    found = np.zeros(len(opened.estate_ids), dtype=bool)
    found[near.estate[within(near, standard)]] = True
    return found


class Detours:
    """Walks that are oddly long for their straight lines, so that a path seems to be missing.

    Parameters
    ----------
    opened
        Access under the policy ``open``: a detour that a gate makes is told as the gate's.
    estates, venues
        Their points (lon, lat).
    """

    def __init__(self, opened: Access, estates: gpd.GeoDataFrame, venues: gpd.GeoDataFrame) -> None:
        self.opened = opened
        self._here = np.column_stack([estates["lon"], estates["lat"]]).astype(np.float64)
        self._there = np.column_stack([venues["lon"], venues["lat"]]).astype(np.float64)
        self._known: dict[tuple[Profile, Standard, bytes], tuple[NDArray[np.bool_], Found]] = {}

    def of(
        self, profile: Profile, standard: Standard, eligible: NDArray[np.bool_], estates: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Return for each estate the venue that should be near, the straight metres and the walk's (inf: none).

        The venue is -1 where nothing is odd. A venue should be near if the straight line to it, with a
        usual detour, is within the standard; the walk is odd if it is :data:`ODD_DETOUR` times as long or
        longer.
        """
        key = profile, standard, eligible.tobytes()
        if key not in self._known or (estates & ~self._known[key][0]).any():
            self._known[key] = estates.copy(), self._look(profile, standard, eligible, estates)
        venue, straight_m, walk_m = self._known[key][1]
        return np.where(estates, venue, -1), straight_m, walk_m

    def _look(
        self, profile: Profile, standard: Standard, eligible: NDArray[np.bool_], estates: NDArray[np.bool_]
    ) -> Found:
        n = len(self._here)
        venue, straight_m, walk_m = np.full(n, -1, dtype=np.int64), np.full(n, np.nan), np.full(n, np.nan)
        reach = standard.reach_m(profile) / USUAL_DETOUR
        near, far = self._straight_pairs(reach, estates, eligible)
        metres = distance_m(*self._here[near].T, *self._there[far].T)
        doubt = ~self._direct_enough(profile, near, far, metres)
        near, far, metres = near[doubt], far[doubt], metres[doubt]
        if not len(near):
            return venue, straight_m, walk_m
        ask = np.zeros(n, dtype=bool)
        ask[near] = True
        rooms = np.zeros(len(self._there), dtype=bool)
        rooms[far] = True
        walks = self.opened.search(profile, by="metres").within(
            reach * ODD_DETOUR + 1.0, estates=ask, venues=rooms
        )
        walk = walks.cost_of(near.astype(np.int32), far.astype(np.int32))
        odd = (walk >= ODD_DETOUR * np.maximum(metres, 1.0)) & (metres >= 1.0)
        order = np.lexsort((far, metres))[::-1]
        order = order[odd[order]]
        venue[near[order]], straight_m[near[order]], walk_m[near[order]] = (
            far[order],
            metres[order],
            walk[order],
        )
        return venue, straight_m, walk_m

    def _direct_enough(
        self,
        profile: Profile,
        estate: NDArray[np.int64],
        venue: NDArray[np.int64],
        straight_m: NDArray[np.float64],
    ) -> NDArray[np.bool_]:
        """Tell which pairs are known to be joined by a walk that is not odd; the others have to be looked for."""
        pairs = self.opened.pairs[profile.name]
        walked = Walks(pairs.estate, pairs.venue, np.where(pairs.walk_dm >= 0, pairs.walk_dm / 10, np.inf))
        walk_m = walked.cost_of(estate.astype(np.int32), venue.astype(np.int32))
        return np.asarray(walk_m + _ROUNDED_M < ODD_DETOUR * straight_m)

    def _straight_pairs(
        self, reach_m: float, estates: NDArray[np.bool_], eligible: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the pairs of an estate and a venue no farther apart than ``reach_m``, a little generously."""
        import shapely

        project = self.opened.network.index.project
        home = np.flatnonzero(estates & ~np.isnan(self._here).any(axis=1))
        room = np.flatnonzero(eligible & ~np.isnan(self._there).any(axis=1))
        none = np.zeros(0, dtype=np.int64)
        if not len(home) or not len(room):
            return none, none
        here, there = (
            shapely.points(np.column_stack(project(*points.T)))
            for points in (self._here[home], self._there[room])
        )
        i, j = shapely.STRtree(there).query(here, predicate="dwithin", distance=reach_m)
        return home[i], room[j]


def reasons(
    access: Access,
    opened: Access,
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    coverage: pd.DataFrame,
    *,
    profiles: Sequence[Profile],
    standards: Sequence[Standard],
    date: dt.date,
    gates: pd.DataFrame | None = None,
    gaps: gpd.GeoDataFrame | None = None,
    detours: Detours | None = None,
) -> pd.DataFrame:
    """Return the evidence for every row of coverage that is not covered.

    Parameters
    ----------
    access, opened
        Who reaches what under the study's policy, and if all gates stood open.
    coverage
        With its reasons.
    gates
        The gates' ranking, for the gate that would help each estate most.
    gaps
        Suspected gaps in the streets, for where a path seems to be missing.
    detours
        Of ``opened`` and the same places, where some are known already.

    Returns
    -------
    pandas.DataFrame
        estate_id, profile, standard, reason, venue_id (the venue the evidence is about), walk_m, walk_min
        (the walk to it; with gates open where the reason is ``gates``), over (how much the walk is beyond
        the standard, in its own measure), gate (the gate that would help most), gate_walk_min (the walk if it alone
        were open to everyone), straight_m, detour_ratio, lon, lat (where the path seems to be missing), snap_m
        (how far from any street). Blank where it says nothing.
    """
    import pandas as pd

    number = pd.Series(np.arange(len(estates)), index=estates.index)
    by_choice: Mapping[Any, pd.DataFrame] = dict(list(coverage.groupby(["profile", "standard"], sort=False)))
    detours = detours or Detours(opened, estates, venues)
    frames = []
    for profile in profiles:
        for standard in standards:
            rows = by_choice[profile.name, standard.name]
            rows = rows[rows["status"] != "covered"]
            table = _evidence(
                rows, number[rows["estate_id"]].to_numpy(), access, opened, detours, profile, standard,
                eligible_for(venues, standard, date), estates, venues, gaps,
            )  # fmt: skip
            if gates is not None:
                table = _with_gates(table, gates, profile, standard)
            frames.append(table)
    found = pd.concat(frames, ignore_index=True)
    place = number[found["estate_id"]].to_numpy()
    return found.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)


def _evidence(
    rows: pd.DataFrame,
    estate: NDArray[np.int64],
    access: Access,
    opened: Access,
    detours: Detours,
    profile: Profile,
    standard: Standard,
    eligible: NDArray[np.bool_],
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    gaps: gpd.GeoDataFrame | None,
) -> pd.DataFrame:
    reason = rows["reason"].to_numpy(dtype=object)
    table = rows[["estate_id", "profile", "standard", "reason", "venue_id", "walk_m", "walk_min"]].copy()
    walk = table["walk_min" if standard.measure == "minutes" else "walk_m"].to_numpy()
    table["over"] = np.where(reason == "too_far", np.round(walk - standard.limit, 2), np.nan)
    table["gate"] = ""
    table[["gate_walk_min", "straight_m", "detour_ratio", "lon", "lat"]] = np.nan
    snap = access.estate_ties.snap_m[estate].round(1)
    table["snap_m"] = np.where(np.isin(reason, ("off_network", "island")), snap, np.nan)
    ids = access.venue_ids.to_numpy(dtype=object)
    gated = np.flatnonzero(reason == "gates")
    if len(gated):
        near = opened.nearest(profile, eligible=eligible, by=standard.measure)
        at = np.full(len(access.estate_ids), -1, dtype=np.int64)
        at[near.estate] = np.arange(len(near))
        row = at[estate[gated]]
        _fill(table, gated, venue_id=ids[near.venue[row]], walk_m=near.walk_dm[row] / 10, walk_min=near.walk_cmin[row] / 100)  # fmt: skip
    missing = np.flatnonzero(reason == "missing_path")
    if len(missing):
        asked = np.zeros(len(access.estate_ids), dtype=bool)
        asked[estate[missing]] = True
        venue, straight_m, walk_m = detours.of(profile, standard, eligible, asked)
        missing = missing[venue[estate[missing]] >= 0]
        who = estate[missing]
        walked = np.where(np.isfinite(walk_m[who]), walk_m[who], np.nan)
        lon, lat = _where(estates, venues, who, venue[who], gaps)
        _fill(
            table, missing, venue_id=ids[venue[who]], walk_m=walked.round(1), walk_min=np.nan,
            straight_m=straight_m[who].round(1), detour_ratio=(walked / straight_m[who]).round(2),
            lon=lon.round(7), lat=lat.round(7),
        )  # fmt: skip
    return table


def _fill(table: pd.DataFrame, rows: NDArray[np.int64], **columns: Any) -> None:
    """Put values into some rows of a table."""
    for name, values in columns.items():
        column = table[name].to_numpy(copy=True)
        column[rows] = values
        table[name] = column


def _where(
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    estate: NDArray[np.int64],
    venue: NDArray[np.int64],
    gaps: gpd.GeoDataFrame | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where the paths seem to be missing: the suspected gap on the straight line, else its middle."""
    import shapely

    here, there = (
        np.column_stack([places["lon"].to_numpy()[number], places["lat"].to_numpy()[number]]).astype(
            np.float64
        )
        for places, number in ((estates, estate), (venues, venue))
    )
    lon, lat = ((here + there) / 2).T
    if gaps is None or not len(gaps) or not len(estate):
        return lon, lat
    lines = shapely.linestrings(np.stack([here, there], axis=1))
    shrunk = np.cos(np.radians(np.maximum(abs(here[:, 1]), abs(there[:, 1]))))
    degrees = 1.01 * NEAR_GAP_M / (110_000 * np.maximum(shrunk, 0.01))
    line, gap = gaps.sindex.query(lines, predicate="dwithin", distance=degrees)
    near = shapely.get_coordinates(shapely.shortest_line(gaps.geometry.to_numpy()[gap], lines[line]))
    start, end = near[::2], near[1::2]
    away = distance_m(*start.T, *end.T)
    order = np.lexsort((gap, away, line))[::-1]  # the nearest is written last
    order = order[away[order] <= NEAR_GAP_M]
    lon[line[order]], lat[line[order]] = start[order].T
    return lon, lat


def _with_gates(
    table: pd.DataFrame, gates: pd.DataFrame, profile: Profile, standard: Standard
) -> pd.DataFrame:
    """Name the gate that would help each estate most, from the ranking's single walks."""
    helps = gates[(gates["profile"] == profile.name) & (gates["standard"] == standard.name)]
    best = helps.set_index("estate_id")
    own = table["estate_id"].isin(best.index).to_numpy() & (table["reason"] == "gates").to_numpy()
    ids = table.loc[own, "estate_id"]
    table.loc[own, "gate"] = best["gate"].reindex(ids).to_numpy()
    table.loc[own, "gate_walk_min"] = best["walk_min"].reindex(ids).to_numpy()
    return table
