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

_TOLD = frozenset({"crs.does_not_fit", "crs.mixed"})
_ENOUGH = 5


def datum_notices(
    study: Study,
    network: WalkNetwork,
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    *,
    everything: bool = False,
) -> list[Finding]:
    """Say which table's coordinates do not fit the streets and names of the map.

    Only in China, where maps are published in shifted datums, and only for streets of an OpenStreetMap file.

    Parameters
    ----------
    study, network, estates, venues
        The study, its streets and its located tables.
    everything
        Say also where it cannot be told.
    """
    from walkshed.datum import in_box
    from walkshed.osm import SUFFIXES
    from walkshed.places.datum_check import datum_fit

    west, south, east, north = network.bounds
    china = bool(np.all(in_box(np.array([west, east]), np.array([south, north]))))
    if not china or not study.streets.name.lower().endswith(SUFFIXES) or not study.streets.is_file():
        return []
    from walkshed.osm_names import read_named

    features = read_named(study.streets)
    said = []
    for table, spec in ((estates, study.estates), (venues, study.venues)):
        given = table[table["location_status"] == "given"]
        if len(given) < _ENOUGH:
            continue
        fit = datum_fit(given, network=network, features=features, declared=spec.crs)
        found = fit.finding(Source(spec.file.name))
        if found is not None and (everything or found.code in _TOLD):
            said.append(found)
    return said
