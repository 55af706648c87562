"""One estate after the other: its buildings, what each holds of it, and what is doubted."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from walkshed.homes.remainder import largest_remainder
from walkshed.homes.sizes import EQUAL, FLOORS, floor_areas, weights_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from walkshed.homes.owners import Owners
    from walkshed.homes.sizes import Weights

IN_BUILDINGS, NO_BUILDINGS, NONE_LOCATED = "buildings", "no_buildings", "none_located"
"""Where an estate's people are: in its buildings; at its own point, because it has no buildings, or because none
of them has a place."""


class About(NamedTuple):
    """What became of one estate.

    ``own_sum`` is what its buildings' own households add up to (NaN: some are blank), ``guessed`` how many have
    an assumed size, ``same_id`` how many have another's number.
    """

    status: str
    buildings: int = 0
    basis: str = ""
    fits: bool = True
    empty: int = 0
    own_sum: float = math.nan
    guessed: int = 0
    same_id: int = 0


@dataclass(slots=True)
class Units:
    """The units as they come: number of the building (-1: the estate's own point), of the estate, id, share, counts."""

    counts: dict[str, list[float]]
    building: list[int] = field(default_factory=list)
    estate: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    share: list[float] = field(default_factory=list)
    about: list[About] = field(default_factory=list)


def divide(
    estates: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, owners: Owners, measures: Sequence[str]
) -> Units:
    """Divide every estate among its buildings."""
    units = Units({name: [] for name in measures})
    sizes = _Sizes(buildings)
    totals = {name: estates[name].to_numpy(dtype=np.float64).tolist() for name in measures}
    ids = [str(one) for one in buildings["building_id"]]
    order = np.argsort(owners.estate, kind="stable")
    numbers = np.arange(len(estates))
    first, last = (np.searchsorted(owners.estate[order], numbers, side=side) for side in ("left", "right"))
    for number, ident in enumerate(estates.index):
        members = order[first[number] : last[number]]
        total = {name: values[number] for name, values in totals.items()}
        if not np.isfinite(owners.lon[members]).any():
            units.about.append(About(NONE_LOCATED if len(members) else NO_BUILDINGS))
            _add(units, number, [-1], [f"{ident}/"], [1.0], {name: [one] for name, one in total.items()})
            continue
        names, same = _told_apart(
            [ids[n] for n in members.tolist()], owners.lon[members], owners.lat[members]
        )
        given, share, about = _divided(sizes, members, total, names)
        units.about.append(about._replace(same_id=same))
        _add(units, number, members.tolist(), [f"{ident}/{name}" for name in names], share, given)
    return units


def _add(
    units: Units,
    number: int,
    building: list[int],
    ids: list[str],
    share: list[float],
    given: dict[str, list[float]],
) -> None:
    units.building.extend(building)
    units.estate.extend([number] * len(building))
    units.ids.extend(ids)
    units.share.extend(share)
    for name, values in given.items():
        units.counts[name].extend(values)


class _Sizes:
    """The buildings' columns as arrays."""

    def __init__(self, buildings: gpd.GeoDataFrame) -> None:
        import pandas as pd

        self.numbers = {
            str(name): pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
            for name, column in buildings.items()
            if name != "geometry" and name not in {"building_id", "estate_id", "name"}
        }
        none = np.full(len(buildings), np.nan)
        self.floor, self.area, self.levels = (
            self.numbers.get(name, none) for name in ("floor_area_m2", "area_m2", "levels")
        )
        said = buildings["levels_from"] if "levels_from" in buildings else [""] * len(buildings)
        self.assumed = np.array([one == "assumed" for one in said], dtype=bool)

    def floors(self, members: NDArray[np.int64]) -> tuple[NDArray[np.float64], int]:
        return floor_areas(
            self.floor[members], self.area[members], self.levels[members], self.assumed[members]
        )


def _divided(
    sizes: _Sizes, members: NDArray[np.int64], total: dict[str, float], names: list[str]
) -> tuple[dict[str, list[float]], list[float], About]:
    """Return each building's part of every count, its share of the estate, and what is to be said."""
    area, guessed = sizes.floors(members)
    sized = not np.isnan(area).any()
    base: Weights = [Fraction(one) for one in area.tolist()] if sized else [Fraction(1)] * len(members)
    basis, fits, own_sum = (FLOORS if sized else EQUAL), True, math.nan
    households = total.get("households", math.nan)
    if "households" in sizes.numbers:
        own = sizes.numbers["households"][members]
        own_sum = math.fsum(own.tolist())
        base, basis, fits = weights_of(own, households, base, basis)
    given: dict[str, list[float]] = {}
    for name, count in total.items():
        if math.isnan(count):
            given[name] = [math.nan] * len(members)
            continue
        weights = base
        if name != "households" and name in sizes.numbers:
            weights, _, _ = weights_of(sizes.numbers[name][members], count, base, basis)
        given[name] = largest_remainder(count, weights, names=names)
    everything = sum(base)
    share = [float(one / everything) if everything else 1 / len(base) for one in base]
    empty = sum(one == 0 for one in given["households"]) if households > 0 else 0
    return given, share, About(IN_BUILDINGS, len(members), basis, fits, empty, own_sum, guessed)


def _told_apart(ids: list[str], lon: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[list[str], int]:
    """Return the buildings' ids; of several that are the same all but the westernmost get a number."""
    same = len(ids) - len(set(ids))
    if not same:
        return ids, 0
    seen: set[str] = set(ids)
    first: set[str] = set()
    told = list(ids)
    places = zip(
        ids, np.nan_to_num(lon, nan=np.inf), np.nan_to_num(lat, nan=np.inf), range(len(ids)), strict=True
    )
    for ident, _, _, position in sorted(places):
        if ident not in first:
            first.add(ident)
            continue
        count = 2
        while (name := f"{ident} ({count})") in seen:
            count += 1
        seen.add(name)
        told[position] = name
    return told, same
