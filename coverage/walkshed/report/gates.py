"""Gate by gate: who would gain if it were open to everyone, or if an estate were a passage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.errors import Text
from walkshed.progress import silent
from walkshed.report.measures import measures_of
from walkshed.report.venues import eligible_for
from walkshed.walking.gate_gains import Door, GateGains
from walkshed.walking.pairs import centiminutes, decimetres
from walkshed.walls.gates import ORIGINS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.profiles import Profile
    from walkshed.progress import Progress
    from walkshed.standards import Standard
    from walkshed.walking.access import Access
    from walkshed.walls.walls import Walls

_MOST_OPEN = {"public": 3, "everyone": 2, "residents": 1, "closed": 0}
_NOTHING = np.iinfo(np.int32).max


@dataclass(frozen=True, eq=False)
class GateRanking:
    """The gates' ranking, and the gate that helps each estate most.

    Attributes
    ----------
    table
        One row per gate (or passage) × profile × standard × measure: gate, action (``open`` to everyone, or
        ``passage``), estate_id, name, lon, lat, open_to (today), origin, gained (what newly comes inside the
        standard), improved (what walks less), saved (what all who walk less save, in the standard's own measure,
        weighted), who (ids of the estates that newly come inside, with ``;`` between), rank. The best first.
    helps
        profile, standard, estate_id, gate, walk_min: for each estate the gate that shortens its walk most.
    """

    table: pd.DataFrame
    helps: pd.DataFrame


def gate_frame(access: Access, gates: gpd.GeoDataFrame | None = None) -> gpd.GeoDataFrame:
    """Return the gates of the walled estates: where they are, whom they let pass, and where that is known from.

    Parameters
    ----------
    access
        From :func:`walkshed.access`.
    gates
        The table of gates, for the names of those that come from there.

    Returns
    -------
    geopandas.GeoDataFrame
        Indexed by ``gate`` (the estate's id and a number), EPSG:4326: estate_id, name, lon, lat, open_to (at the
        study's time), said (without regard to the hour), origin (``file``, ``osm``, ``crossing``).
    """
    return gates_of_walls(access.walls, gates)


def gates_of_walls(walls: Walls, gates: gpd.GeoDataFrame | None = None) -> gpd.GeoDataFrame:
    """Return the gates of some walls, as :func:`gate_frame` does."""
    import geopandas as gpd

    found, network = walls.gates, walls.network
    owner = walls.estate_ids[walls.yards.estate[found.yard]] if len(found) else np.zeros(0, dtype=object)
    names = np.full(len(found), "", dtype=object)
    if gates is not None and "name" in gates:
        filed = np.flatnonzero(found.row >= 0)
        names[filed] = gates["name"].astype(str).to_numpy(dtype=object)[found.row[filed]]
    count: dict[str, int] = {}
    ids = []
    for estate in owner.tolist():
        count[estate] = count.get(estate, 0) + 1
        ids.append(f"{estate}#{count[estate]}")
    lon, lat = network.node_lon[found.node].round(7), network.node_lat[found.node].round(7)
    table = {
        "estate_id": owner,
        "name": names,
        "lon": lon,
        "lat": lat,
        "open_to": found.open_to,
        "said": found.said,
        "origin": np.array(ORIGINS, dtype=object)[found.origin],
    }
    frame = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326", index=ids)
    return frame.rename_axis("gate")


def rank_gates(
    access: Access,
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    *,
    profiles: Sequence[Profile],
    standards: Sequence[Standard],
    date: dt.date,
    gates: gpd.GeoDataFrame | None = None,
    weights: Sequence[str] = (),
    owner: NDArray[np.object_] | None = None,
    progress: Progress = silent,
) -> GateRanking | None:
    """Rank every gate that is closed or for residents by what it would bring if it were open to everyone.

    Each estate with several gates is ranked as a passage too: all its gates public. Exact: the same numbers as a
    run with that gate changed gives. None under a policy that knows no gates, and where there are none.

    Parameters
    ----------
    access
        Under the policy ``residents``.
    estates, venues, gates
        The located tables.
    profiles, standards, date, weights
        As for :func:`walkshed.report.coverage.coverage` and the summary.
    owner
        For each row of ``estates`` whose it is, where the rows are homes of estates (``walkshed.homes.Homes.table``):
        ``who`` then names the estates with a home that newly comes inside.
    """
    import pandas as pd

    if access.policy != "residents" or not len(access.walls.gates):
        return None
    frame = gate_frame(access, gates)
    doors, ids = unique_doors(access, frame)
    measures = measures_of(estates, weights)
    rows: list[dict[str, object]] = []
    helps: list[pd.DataFrame] = []
    stage, done = Text("ranking gates", "比较各大门"), 0
    for profile in profiles:
        for standard in standards:
            progress(stage, done / (len(profiles) * len(standards)))
            done += 1
            counted = eligible_for(venues, standard, date)
            one = _Ranking(access, profile, standard, counted, doors, owner)
            for number, action, walk in one.changes():
                key = ids[number] if action == "open" else _estate(access, doors[number].yard)
                rows.extend(one.rows(key, action, walk, measures, frame.loc[ids[number]]))
            helps.append(one.helps(ids))
    table = pd.DataFrame(rows, columns=_COLUMNS)
    return GateRanking(_ranked(table), pd.concat(helps, ignore_index=True))


_COLUMNS = (
    "rank", "gate", "action", "estate_id", "name", "lon", "lat", "open_to", "origin", "profile", "standard",
    "measure", "gained", "improved", "saved", "who",
)  # fmt: skip


def unique_doors(access: Access, frame: gpd.GeoDataFrame) -> tuple[list[Door], list[str]]:
    """Return one door for each estate and node, the most open of those that stand there, and their ids."""
    gates = access.walls.gates
    best: dict[tuple[int, int], int] = {}
    for number, (yard, node) in enumerate(zip(gates.yard.tolist(), gates.node.tolist(), strict=True)):
        other = best.get((yard, node))
        if other is None or _MOST_OPEN[gates.open_to[number]] > _MOST_OPEN[gates.open_to[other]]:
            best[yard, node] = number
    chosen = sorted(best.values())
    doors = [Door(int(gates.yard[n]), int(gates.node[n]), str(gates.open_to[n])) for n in chosen]
    return doors, [str(frame.index[n]) for n in chosen]


def _estate(access: Access, yard: int) -> str:
    return str(access.walls.estate_ids[access.walls.yards.estate[yard]])


class _Ranking:
    """The changes of one profile and standard."""

    def __init__(
        self,
        access: Access,
        profile: Profile,
        standard: Standard,
        eligible: NDArray[np.bool_],
        doors: Sequence[Door],
        owner: NDArray[np.object_] | None,
    ) -> None:
        self.profile, self.standard = profile, standard
        self.doors, self.ids = doors, access.estate_ids.to_numpy(dtype=object)
        self.owner = self.ids if owner is None else owner
        limit = standard.reach_m(profile) + 1.0
        self.gains = GateGains(access.search(profile, by=standard.measure), doors, limit_m=limit)
        self.venues = np.where(eligible, 0.0, np.inf)
        near = access.nearest(profile, eligible=eligible, by=standard.measure)
        self.today = np.full(len(self.ids), _NOTHING, dtype=np.int64)
        self.today[near.estate] = near.walk_cmin if standard.minutes is not None else near.walk_dm
        self.limit = round(standard.limit * (100 if standard.minutes is not None else 10))
        self.over = self.gains.opened(self.venues)

    def rounded(self, level_m: NDArray[np.float64]) -> NDArray[np.int64]:
        """Round walks as those of the access table are."""
        known = np.isfinite(level_m)
        cost = np.where(known, level_m, 0.0)
        unit = centiminutes(cost, self.profile) if self.standard.minutes is not None else decimetres(cost)
        return np.where(known, unit, _NOTHING).astype(np.int64)

    def changes(self) -> list[tuple[int, str, NDArray[np.int64]]]:
        """Return each change (the number of a gate, or of a passage's first gate) and every estate's walk then."""
        found = []
        for number, walk in enumerate(self.over):
            if np.isfinite(walk).any():
                found.append((number, "open", np.minimum(self.today, self.rounded(walk))))
        first = {door.yard: number for number, door in reversed(list(enumerate(self.doors)))}
        for yard, number in sorted(first.items()):
            mine = [door for door in self.doors if door.yard == yard]
            if len(mine) > 1 and any(door.open_to != "public" for door in mine):
                walk = self.gains.passage(yard, self.venues)
                if np.isfinite(walk).any():
                    found.append((number, "passage", np.minimum(self.today, self.rounded(walk))))
        return found

    def rows(
        self,
        key: str,
        action: str,
        walk: NDArray[np.int64],
        measures: dict[str, NDArray[np.float64]],
        gate: Any,
    ) -> list[dict[str, object]]:
        """Return the ranking's rows of one change, one for each measure."""
        gained = (walk <= self.limit) & (self.today > self.limit)
        less = walk < self.today
        saved = np.where(less & (self.today < _NOTHING), self.today - walk, 0)
        unit = 100 if self.standard.minutes is not None else 10
        about = {
            "gate": key, "action": action, "estate_id": gate["estate_id"], "name": gate["name"], "lon": gate["lon"],
            "lat": gate["lat"], "open_to": gate["open_to"], "origin": gate["origin"],
            "profile": self.profile.name, "standard": self.standard.name,
            "who": ";".join(dict.fromkeys(self.owner[gained].tolist())),
        }  # fmt: skip
        if action == "passage":
            about |= {"name": "", "open_to": "", "origin": ""}
        return [
            about
            | {
                "measure": measure,
                "gained": float(np.nan_to_num(values)[gained].sum()),
                "improved": float(np.nan_to_num(values)[less].sum()),
                "saved": round(float((np.nan_to_num(values) * saved).sum()) / unit, 2),
            }
            for measure, values in measures.items()
        ]

    def helps(self, ids: Sequence[str]) -> pd.DataFrame:
        """Return for each estate the gate that alone would shorten its walk most."""
        import pandas as pd

        best = np.argmin(self.over, axis=0) if len(self.over) else np.zeros(0, dtype=np.int64)
        walk = self.over.min(axis=0) if len(self.over) else np.zeros(0)
        better = self.rounded(walk) < self.today if len(self.over) else np.zeros(0, dtype=bool)
        return pd.DataFrame(
            {
                "profile": self.profile.name,
                "standard": self.standard.name,
                "estate_id": self.ids[: len(better)][better],
                "gate": np.array(ids, dtype=object)[best[better]],
                "walk_min": (centiminutes(walk[better], self.profile) / 100),
            }
        )


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    """Put the best first within each profile, standard and measure, and number them."""
    table = table.assign(_row=np.arange(len(table)))
    table = table.sort_values(
        ["profile", "standard", "measure", "gained", "saved", "improved", "_row"],
        ascending=[True, True, True, False, False, False, True],
        kind="stable",
    )
    rank = table.groupby(["profile", "standard", "measure"], sort=False).cumcount() + 1
    return table.assign(rank=rank).drop(columns="_row").reset_index(drop=True)
