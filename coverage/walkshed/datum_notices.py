"""Whether the tables' coordinates fit the map: a datum that nobody has named moves a place by more than a catchment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Source

if TYPE_CHECKING:
    import geopandas as gpd

    from walkshed.errors import Finding
    from walkshed.streets.network import WalkNetwork
    from walkshed.study import Study

_TOLD = frozenset({"crs.does_not_fit", "crs.does_not_fit_in_part", "crs.mixed"})
_ENOUGH = 5


def datum_notices(
    study: Study,
    network: WalkNetwork | None,
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    *,
    named: gpd.GeoDataFrame | None = None,
    everything: bool = False,
) -> list[Finding]:
    """Say which table's coordinates do not fit the streets and names of the map.

    Only in China, where maps are published in shifted datums, and only for streets of an OpenStreetMap file.

    Parameters
    ----------
    study, network, estates, venues
        The study, its streets (None where they are not read) and its located tables.
    named
        What bears a name on the map, where it has been read; the file of streets is read for it otherwise.
    everything
        Say also where it cannot be told.

    Notes
    -----
    Names are held against the tables first. Where they do not decide, all buildings of the file are read, too.
    """
    from walkshed.datum import in_box
    from walkshed.osm_file import SUFFIXES
    from walkshed.places.datum_check import datum_fit

    if network is None:
        china = bool(in_box(estates["lon"], estates["lat"]).any())
    else:
        west, south, east, north = network.bounds
        china = bool(np.all(in_box(np.array([west, east]), np.array([south, north]))))
    if not china or not study.streets.name.lower().endswith(SUFFIXES) or not study.streets.is_file():
        return []
    from walkshed.osm_names import read_named

    names = read_named(study.streets) if named is None else named
    ground: list[gpd.GeoDataFrame] = []
    said = []
    for table, spec in ((estates, study.estates), (venues, study.venues)):
        given = table[table["location_status"] == "given"]
        if len(given) < _ENOUGH:
            continue
        fit = datum_fit(given, network=network, features=names, declared=spec.crs)
        if not fit.verdict or 2 * fit.named < fit.points:
            if not ground:
                ground.append(_with_buildings(names, study))
            fit = datum_fit(given, network=network, features=ground[0], declared=spec.crs)
        found = fit.finding(Source(spec.file.name))
        if found is not None and (everything or found.code in _TOLD):
            said.append(found)
    return said


def _with_buildings(names: gpd.GeoDataFrame, study: Study) -> gpd.GeoDataFrame:
    """Return what bears a name, and every building."""
    import pandas as pd

    from walkshed.osm_buildings import building_outlines

    buildings = building_outlines(study.streets)
    made: gpd.GeoDataFrame = pd.concat([names[["name", "other_names", "geometry"]], buildings])
    return made
