"""Of a study: every measure from one run, each worked out when it is first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from walkshed.geodesy import distance_m
from walkshed.measures.allocation import Allocation, allocate
from walkshed.measures.area_walks import area_walks
from walkshed.measures.catchment_ratio import LUO_QI, e2sfca
from walkshed.measures.costs import Costs, costs_of, nearest_of
from walkshed.measures.detour import Detours, detours
from walkshed.measures.floor_area import M2_PER_100_HOUSEHOLDS, floor_area
from walkshed.measures.load import nearest_load
from walkshed.measures.pairing import pair_areas
from walkshed.measures.redundancy import redundancy
from walkshed.measures.tiers import TIER_STANDARDS, tiers, tiers_by_unit
from walkshed.measures.typical import typical_walks
from walkshed.report.coverage import coverage as cover
from walkshed.report.measures import main_measure, measures_of
from walkshed.report.summary import BLANK, units_of
from walkshed.report.venues import eligible_for, open_on
from walkshed.streets.ties import ISLAND, NOT_LOCATED, OFF_NETWORK

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.profiles import Profile
    from walkshed.standards import Standard
    from walkshed.walking.access import Access


class _Study(Protocol):
    @property
    def profiles(self) -> Sequence[Profile]: ...
    @property
    def standards(self) -> Sequence[Standard]: ...
    @property
    def date(self) -> dt.date: ...
    @property
    def levels(self) -> Sequence[str]: ...
    @property
    def weights(self) -> Sequence[str]: ...


class StudyMeasures:
    """The measures of a run.

    Tables are long and in the order of the inputs. Those that need a single answer take the first profile, the first
    standard, and the measure of the headline (households, else residents, else estates).

    Parameters
    ----------
    access, estates, venues, coverage
        Of the run; the first two may be those of homes (``walkshed.homes.Homes.table``).
    study
        Its profiles, standards, date, levels and weights.
    capacity
        What room is counted in: ``"m2"`` (the column floor_area_m2) or ``"places"`` (the column capacity).
    need
        What one unit of demand takes of it; for m² by default 0.3, which is 30 m² per 100 households, for places 1.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> result = walkshed.run(walkshed.init_study(tempfile.mkdtemp() + "/ronghang"))
    >>> measures = StudyMeasures(result.access, result.estates, result.venues, result.coverage, result.study)
    >>> list(measures.partners.columns)
    ['group', 'area', 'partners', 'cost']
    >>> measures.allocation.turned_away
    0.0
    """

    def __init__(
        self,
        access: Access,
        estates: gpd.GeoDataFrame,
        venues: gpd.GeoDataFrame,
        coverage: pd.DataFrame,
        study: _Study,
        *,
        capacity: Literal["m2", "places"] = "m2",
        need: float | None = None,
    ) -> None:
        if capacity not in {"m2", "places"}:
            raise ValueError(f'room is counted in "m2" or in "places", not {capacity!r}')
        self.access, self.estates, self.venues, self.coverage, self.study = (
            access, estates, venues, coverage, study,
        )  # fmt: skip
        self.need = need if need is not None else M2_PER_100_HOUSEHOLDS / 100 if capacity == "m2" else 1.0
        column = "floor_area_m2" if capacity == "m2" else "capacity"
        self.room: NDArray[np.float64] = venues[column].to_numpy(dtype=np.float64)
        self.demand: NDArray[np.float64] = measures_of(estates, study.weights)[main_measure(estates)]
        self.units = units_of(estates, study.levels)
        self.open = open_on(venues, study.date)

    @cached_property
    def walks(self) -> pd.DataFrame:
        """The mean, median and 90th percentile of the minutes to the nearest open venue, by unit."""
        import pandas as pd

        unknown = np.isin(self.access.estate_ties.status, (NOT_LOCATED, OFF_NETWORK, ISLAND))
        frames = []
        for profile in self.study.profiles:
            cost = nearest_of(self.access, profile, eligible=self.open).cost
            for measure, values in measures_of(self.estates, self.study.weights).items():
                table = typical_walks(cost, values, units=self.units, unknown=unknown)
                table.insert(2, "profile", profile.name)
                table.insert(3, "measure", measure)
                frames.append(table)
        table = pd.concat(frames, ignore_index=True)
        rank = {level: number for number, level in enumerate(self.units)}
        place = table.groupby("level", sort=False)["unit"].transform(lambda unit: pd.factorize(unit)[0])
        order = np.lexsort((np.arange(len(table)), place.to_numpy(), table["level"].map(rank).to_numpy()))
        return table.iloc[order].reset_index(drop=True)

    @cached_property
    def floor_area(self) -> pd.DataFrame:
        """Floor area per head and per 100 households, by unit."""
        return floor_area(self.estates, self.venues, date=self.study.date, levels=self.study.levels)

    @property
    def _eligible(self) -> NDArray[np.bool_]:
        """The venues that count for the first standard."""
        return eligible_for(self.venues, self.study.standards[0], self.study.date)

    @cached_property
    def _near(self) -> Costs:
        """Walks to venues that count for the first standard, up to it."""
        standard = self.study.standards[0]
        return costs_of(self.access, by=standard.measure, eligible=self._eligible, reach=standard.limit)

    @cached_property
    def load(self) -> pd.DataFrame:
        """Each venue's load if everybody goes to the nearest that counts for the first standard."""
        near = nearest_of(self.access, by=self.study.standards[0].measure, eligible=self._eligible)
        owner = self.estates["estate_id"].to_numpy(dtype=str) if "estate_id" in self.estates else None
        ids = self.access.venue_ids
        table = nearest_load(near, self.demand, self.room, venue_ids=ids, need=self.need, owner=owner)
        table = table.round({"demand": 2, "load": 2, "over": 2, "load_share": 4})
        return table[self._eligible].reset_index(drop=True)

    @cached_property
    def allocation(self) -> Allocation:
        """Who goes where within the first standard if no venue takes more than it has room for."""
        room = np.where(self._eligible, self.room, 0.0)
        return allocate(self._near, self.demand, room, limit=self.study.standards[0].limit, need=self.need)

    @cached_property
    def ratio(self) -> pd.DataFrame:
        """Room per unit of demand, shared with everybody near (E2SFCA; 5, 10 and 15 minutes), by estate."""
        costs = costs_of(self.access, eligible=self.open, reach=LUO_QI.limit)
        return e2sfca(costs, self.demand, self.room)

    @cached_property
    def redundancy(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """How many venues are within the first standard: of estates, and by unit."""
        found = redundancy(self._near, self.demand, limit=self.study.standards[0].limit, units=self.units)
        return found.estates, found.units

    @cached_property
    def detours(self) -> Detours:
        """The walk against the straight line to the nearest open venue: of estates, and by unit."""
        near = nearest_of(self.access, by="metres", eligible=self.open)
        here = self.estates[["lon", "lat"]].to_numpy(dtype=np.float64)
        there = self.venues[["lon", "lat"]].to_numpy(dtype=np.float64)
        line = np.full(len(here), np.nan)
        some = near.venue >= 0
        line[some] = distance_m(*here[some].T, *there[near.venue[some]].T)
        ids = self.access.estate_ids
        return detours(near.cost, line, estate_ids=ids, demand=self.demand, units=self.units)

    @cached_property
    def tiers(self) -> pd.DataFrame:
        """Each estate × tier, judged by its own standard: the study's own, and the usual ones for tiers it leaves out."""
        import pandas as pd

        own = [standard for standard in self.study.standards if standard.tier]
        usual = [one for one in TIER_STANDARDS if one.tier not in {standard.tier for standard in own}]
        table = self.coverage
        if usual:
            more = cover(
                self.access,
                self.estates,
                self.venues,
                profiles=self.study.profiles,
                standards=usual,
                date=self.study.date,
            )
            table = pd.concat([table, more], ignore_index=True)
        place = self.access.estate_ids.get_indexer(pd.Index(table["estate_id"]))
        return tiers(table.iloc[np.argsort(place, kind="stable")], standards=[*own, *usual])

    @cached_property
    def tiers_by_unit(self) -> pd.DataFrame:
        """How much demand meets each tier's standard, all and none, by unit."""
        return tiers_by_unit(self.tiers, self.demand, estate_ids=self.access.estate_ids, units=self.units)

    @cached_property
    def partners(self) -> pd.DataFrame:
        """Areas paired so that partners who share a venue walk least; within communities; empty without areas."""
        import pandas as pd

        if "area" not in self.study.levels:
            return pd.DataFrame(columns=["group", "area", "partners", "cost"])
        blank = self.estates["area"].fillna("").astype(str).str.strip() == ""
        areas = np.where(blank, "", self.units["area"]).astype(object)
        level = list(self.study.levels).index("area")
        above = (
            self.units[self.study.levels[level - 1]] if level else np.full(len(areas), BLANK, dtype=object)
        )
        named = {str(a): str(b) for a, b in zip(areas, above, strict=True) if a}
        costs = costs_of(self.access, eligible=self.open, reach=np.inf)
        return pair_areas(area_walks(costs, self.demand, areas=areas), list(named), within=named)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all of them by name, for a writer."""
        return {
            "walks": self.walks,
            "floor_area": self.floor_area,
            "load": self.load,
            "allocation": self.allocation.rows,
            "allocation_venues": self.allocation.venues,
            "ratio": self.ratio,
            "redundancy": self.redundancy[0],
            "redundancy_units": self.redundancy[1],
            "detours": self.detours.estates,
            "detours_units": self.detours.units,
            "tiers": self.tiers,
            "tiers_units": self.tiers_by_unit,
            "partners": self.partners,
        }
