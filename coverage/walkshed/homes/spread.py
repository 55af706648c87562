"""From estates and buildings to homes: units with a place of their own that share an estate's counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Finding, Findings, Source
from walkshed.homes.owners import owners_of
from walkshed.homes.parts import IN_BUILDINGS, divide
from walkshed.homes.said import tell_buildings, tell_estates

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.homes.owners import Owners
    from walkshed.homes.parts import Units

COUNTS = ("households", "residents", "aged_60_plus")
"""The recognised counts of an estate."""


@dataclass(frozen=True, eq=False)
class Homes:
    """Where people live.

    Attributes
    ----------
    units
        GeoDataFrame (EPSG:4326), index ``unit_id`` ("estate_id/building_id"; "estate_id/" is the estate's own
        point), in the order of the estates, within one in that of the buildings: estate_id, building_id, estate
        (row number of the estate, from 0), share (of its estate, 0..1, adding up to 1), lon, lat,
        location_status, source_row (of the building; of the estate for its own point), geometry (Point, or
        MultiPoint of several entries; None where not located).
    counts
        DataFrame, same index, one column for each measure: whole numbers that add up to the estate's; NaN where
        the estate's is.
    estates
        DataFrame, index ``estate_id``: status (``buildings``, ``no_buildings``, ``none_located``), buildings (how
        many of its buildings are homes), basis (by what households are spread: ``table``,
        ``table_and_floor_area``, ``floor_area``, ``equal``; "" at a single point), fits (False where the
        buildings' own households do not add up to the estate's), empty (buildings that get no household).
    buildings
        The buildings as given, each with status (``home``, ``outside``, ``unknown_estate``, ``not_located``),
        unit_id ("" for none) and away_m (metres outside the estate it names, 0 where near enough).
    notices
        What was assumed and is doubted.
    """

    units: gpd.GeoDataFrame
    counts: pd.DataFrame
    estates: pd.DataFrame
    buildings: gpd.GeoDataFrame
    notices: tuple[Finding, ...]

    @property
    def estate(self) -> NDArray[np.int64]:
        """The number of each unit's estate."""
        return np.asarray(self.units["estate"], dtype=np.int64)

    def table(self, estates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Return the units as a table like that of the estates: what is known of each estate, with a unit's own counts.

        Parameters
        ----------
        estates
            From which the homes were spread.

        Returns
        -------
        geopandas.GeoDataFrame
            Index ``unit_id``, EPSG:4326: the columns of ``estates`` and of :attr:`units`, the latter where both have one.
        """
        known = estates.drop(columns="geometry").iloc[self.estate].set_axis(self.units.index)
        known = known.drop(columns=[name for name in self.units if name in known])
        return self.units.join(known.assign(**{str(name): self.counts[name] for name in self.counts}))

    def __repr__(self) -> str:
        """Say how many there are."""
        n = int((self.estates["status"] == IN_BUILDINGS).sum())
        return f"<Homes: {len(self.units):,} units; {n:,} of {len(self.estates):,} estates in buildings>"


def spread(
    estates: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    *,
    boundaries: NDArray[np.object_] | None = None,
    weights: Sequence[str] = (),
    source: Source | None = None,
    estates_source: Source | None = None,
) -> Homes:
    """Spread every estate's counts over its buildings, in whole numbers whose totals are kept.

    A building belongs to the estate it names, else to the innermost one whose boundary holds its point. The counts
    follow the buildings' own numbers where the table has them, else the floor area (area times levels), else all
    buildings count the same; what is left over goes by largest remainders
    (:func:`walkshed.homes.largest_remainder`). A count the buildings have no numbers of follows their
    households. An estate without buildings keeps its own point.

    Parameters
    ----------
    estates
        As :func:`walkshed.read_estates` returns them.
    buildings
        As :func:`walkshed.tables.buildings.read_buildings` or
        :func:`walkshed.osm_buildings.read_osm_buildings` returns them.
    boundaries
        The estates' polygons (degrees), one each, None where there is none; by default their own geometry.
    weights
        Further columns of ``estates`` that count people.
    source, estates_source
        The files the two tables come from, for the notices.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> estates = gpd.GeoDataFrame(
    ...     {"name": ["A"], "households": [100.0], "lon": [0.5], "lat": [0.5], "source_row": [2]},
    ...     geometry=[shapely.box(0, 0, 1, 1)], crs=4326, index=pd.Index(["A"], name="estate_id"))
    >>> nan = [float("nan")] * 2
    >>> buildings = gpd.GeoDataFrame(
    ...     {"building_id": ["1", "2"], "estate_id": "", "households": nan, "levels": [6.0, 18.0],
    ...      "levels_from": "table", "floor_area_m2": nan, "area_m2": 300.0, "lon": 0.2, "lat": [0.2, 0.8],
    ...      "source_row": [2, 3]}, geometry=gpd.points_from_xy([0.2, 0.2], [0.2, 0.8]), crs=4326)
    >>> homes = spread(estates, buildings)
    >>> homes.counts["households"].to_dict()
    {'A/1': 25.0, 'A/2': 75.0}
    """
    import shapely

    if boundaries is None:
        boundaries = np.asarray(estates.geometry.array, dtype=object).copy()
        boundaries[~np.isin(shapely.get_type_id(boundaries), (3, 6))] = None
    owners = owners_of(estates, buildings, boundaries)
    measures = [name for name in dict.fromkeys((*COUNTS, *weights)) if name in estates]
    parts = divide(estates, buildings, owners, measures)
    homes = _assembled(estates, buildings, owners, parts)
    found = Findings()
    tell_buildings(homes.buildings, source or Source(), found)
    tell_estates(parts.about, estates, estates_source or Source(), found)
    return replace(homes, notices=tuple(found.notices))


def _assembled(estates: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, owners: Owners, parts: Units) -> Homes:
    import pandas as pd

    index = pd.Index(_unique(parts.ids), dtype="str", name="unit_id")
    about = pd.DataFrame(
        [one[:5] for one in parts.about],
        columns=["status", "buildings", "basis", "fits", "empty"],
        index=estates.index,
    )
    counts = pd.DataFrame({name: np.array(values) for name, values in parts.counts.items()}, index=index)
    units = _units(estates, buildings, owners, parts, index)
    return Homes(units, counts, about, _answered(buildings, owners, parts, index), ())


def _units(
    estates: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    owners: Owners,
    parts: Units,
    index: pd.Index[str],
) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd

    which, estate = np.array(parts.building, dtype=np.int64), np.array(parts.estate, dtype=np.int64)
    alone = which < 0
    own_lon, own_lat = (estates[name].to_numpy(dtype=np.float64) for name in ("lon", "lat"))
    shapes = np.where(
        alone,
        _points(estates, own_lon, own_lat)[estate],
        _points(buildings, owners.lon, owners.lat)[which],
    )
    lon = np.where(alone, own_lon[estate], np.append(owners.lon, np.nan)[which])
    lat = np.where(alone, own_lat[estate], np.append(owners.lat, np.nan)[which])
    rows = np.where(alone, _rows(estates)[estate], _rows(buildings)[which])
    building_ids = np.append(buildings["building_id"].astype(object).to_numpy(), "")
    status = np.where(np.isnan(lon), "not_located", "given").tolist()
    return gpd.GeoDataFrame(
        {
            "estate_id": pd.Series(estates.index.astype(object)[estate], index=index, dtype="str"),
            "building_id": pd.Series(np.where(alone, "", building_ids[which]), index=index, dtype="str"),
            "estate": estate,
            "share": np.array(parts.share),
            "lon": lon,
            "lat": lat,
            "location_status": pd.Series(status, index=index, dtype="str"),
            "source_row": rows,
        },
        geometry=gpd.GeoSeries(shapes, index=index, crs="EPSG:4326"),
        crs="EPSG:4326",
        index=index,
    )


def _answered(
    buildings: gpd.GeoDataFrame, owners: Owners, parts: Units, index: pd.Index[str]
) -> gpd.GeoDataFrame:
    """Return the buildings with what became of each."""
    import pandas as pd

    which = np.array(parts.building, dtype=np.int64)
    unit_id = np.full(len(buildings), "", dtype=object)
    own = which >= 0
    unit_id[which[own]] = index.astype(object)[own]
    out = buildings.copy()
    out["status"] = pd.Series(owners.status.tolist(), index=out.index, dtype="str")
    out["unit_id"] = pd.Series(unit_id.tolist(), index=out.index, dtype="str")
    out["away_m"] = owners.away_m.round(1)
    return out


def _points(
    places: gpd.GeoDataFrame, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> NDArray[np.object_]:
    import shapely

    shapes = np.asarray(places.geometry.array, dtype=object)
    points = np.full(len(shapes) + 1, None, dtype=object)  # one more, for what has none
    located = np.flatnonzero(np.isfinite(lon))
    points[located] = shapely.points(lon[located], lat[located])
    several = np.flatnonzero(shapely.get_type_id(shapes) == 4)
    points[several] = shapes[several]
    return points


def _rows(places: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Return the tables' row numbers, one more at the end; 0 where there are none."""
    rows = (
        places["source_row"].to_numpy(dtype=np.int64)
        if "source_row" in places
        else np.zeros(len(places), int)
    )
    return np.append(rows, 0)


def _unique(names: list[str]) -> list[str]:
    """Return ids that differ: "A/1" of estate "A" and "A" of estate "A/1" would be the same."""
    seen: set[str] = set()
    out = []
    for name in names:
        told, count = name, 1
        while told in seen:
            count += 1
            told = f"{name} ({count})"
        seen.add(told)
        out.append(told)
    return out
