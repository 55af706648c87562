"""What a study reads: its tables and its streets, all faults together."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from walkshed.errors import Findings, InputError, Text
from walkshed.located import locate_inputs
from walkshed.progress import silent
from walkshed.report.checks import input_faults
from walkshed.streets.ahead import built_ahead
from walkshed.streets.reading import read_streets

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from walkshed.progress import Progress
    from walkshed.scenarios.planned import Planned
    from walkshed.streets.network import WalkNetwork
    from walkshed.study import Study
    from walkshed.web import Sent


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Everything a run starts from.

    ``sent`` lists what was asked of whom, ``named`` what bears a name on the map, ``planned`` what scenarios change.
    """

    study: Study
    estates: gpd.GeoDataFrame
    venues: gpd.GeoDataFrame
    gates: gpd.GeoDataFrame | None
    network: WalkNetwork
    sent: tuple[Sent, ...]
    buildings: gpd.GeoDataFrame | None = None
    checks: pd.DataFrame | None = None
    candidates: gpd.GeoDataFrame | None = None
    named: gpd.GeoDataFrame | None = None
    planned: tuple[Planned, ...] = ()


def read_inputs(
    study: Study, findings: Findings, *, offline: bool, progress: Progress, everything: bool = False
) -> Inputs:
    """Read a study's tables and streets.

    Parameters
    ----------
    study, findings, progress
        What to read; takes what is odd; is told the stage.
    offline
        Never use the network.
    everything
        Look at the places of all rows, also where nothing is in doubt.

    Raises
    ------
    InputError
        The inputs have faults; those of all of them are listed.
    """
    sent: list[Sent] = []
    if study.place:
        study, fetched = _fetch(study, findings, offline=offline, progress=progress)
        sent.extend(fetched)
    cache = study.cache
    ahead = nullcontext() if study.reads_part else built_ahead(study.streets, cache=cache)
    with ahead:
        tables = _read_tables(
            study, findings, everything=everything, offline=offline, sent=sent, progress=progress
        )
        read, (estates, venues, gates, named) = tables
        import scipy.sparse.csgraph  # noqa: F401 - the walks need it; while the other process works it costs nothing
    network = None
    if study.streets.name:
        try:
            box = reading_box(study, estates, venues)
            network = read_streets(study.streets, cache=cache, box=box, lines=study.lines, progress=progress)
            network = _repaired(study, network, findings)
        except InputError as error:
            findings.faults.extend(error.faults)
    buildings, checks = _read_more(study, estates, venues, findings)
    candidates = None
    if study.siting is not None:
        from walkshed.siting_run import read_candidates

        candidates = read_candidates(
            study, estates=estates, venues=venues, network=network, findings=findings
        )
    planned: tuple[Planned, ...] = ()
    if study.scenarios and not findings.faults:
        from walkshed.scenarios.reading import read_planned

        planned = read_planned(
            study, read=read, located=(estates, venues), findings=findings, offline=offline, sent=sent,
            box=reading_box(study, estates, venues), progress=progress,
        )  # fmt: skip
    findings.raise_faults()
    assert network is not None  # noqa: S101 - or its faults were raised
    if study.place:
        network = network.renamed(study.place)
    return Inputs(
        study, estates, venues, gates, network, tuple(sent), buildings, checks, candidates, named, planned
    )


def _repaired(study: Study, network: WalkNetwork, findings: Findings) -> WalkNetwork:
    """Return the streets with a planner's corrections."""
    if study.repairs is None:
        return network
    from walkshed.streets.repairs import apply_repairs, read_repairs

    own = Findings(findings.language)
    repairs = read_repairs(study.repairs, findings=own)
    findings.faults.extend(own.faults)
    return network if own.faults else apply_repairs(network, repairs)


def _read_more(
    study: Study, estates: gpd.GeoDataFrame, venues: gpd.GeoDataFrame, findings: Findings
) -> tuple[gpd.GeoDataFrame | None, pd.DataFrame | None]:
    """Read the buildings and the walked checks of a study, where it has any."""
    from walkshed.tables import read_buildings, read_checks

    names = estates["name"].to_dict()
    buildings = checks = None
    if study.buildings is not None:
        spec = study.buildings
        buildings = read_buildings(
            spec.file,
            sheet=spec.sheet,
            crs=spec.crs,
            columns=spec.columns,
            estate_ids=names,
            findings=findings,
        )
    elif study.osm_buildings and study.streets.is_file():
        from walkshed.osm_buildings import read_osm_buildings

        buildings = read_osm_buildings(
            study.streets, box=reading_box(study, estates, venues), findings=findings
        )
    if study.checks is not None:
        spec = study.checks
        checks = read_checks(
            spec.file, sheet=spec.sheet, columns=spec.columns, estate_ids=names,
            venue_ids=venues["name"].to_dict(), profiles=[p.name for p in study.profiles], findings=findings,
        )  # fmt: skip
    return buildings, checks


def _fetch(
    study: Study, findings: Findings, *, offline: bool, progress: Progress
) -> tuple[Study, tuple[Sent, ...]]:
    """Return the study with the streets of its named place, asked for once and kept."""
    from walkshed.streets.place import fetch_place

    try:
        kept = fetch_place(
            study.place,
            cache=study.cache,
            offline=offline,
            buffer_m=study.buffer_m,
            progress=progress,
        )
    except InputError as error:
        findings.faults.extend(error.faults)
        return study, ()
    findings.notices.append(kept.notice)
    return replace(study, streets=kept.path), tuple(kept.sent)


def _read_tables(
    study: Study,
    findings: Findings,
    *,
    everything: bool,
    offline: bool,
    sent: list[Sent],
    progress: Progress = silent,
) -> tuple[
    tuple[gpd.GeoDataFrame, gpd.GeoDataFrame],
    tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame | None, gpd.GeoDataFrame | None],
]:
    """Return estates and venues as read; estates, venues and gates once located, with the names they were held against.

    Faults are collected, not raised.
    """
    from walkshed.tables import read_estates, read_gates, read_venues

    progress(Text("reading tables", "读取表格"))
    spec = study.estates
    estates = read_estates(
        spec.file, sheet=spec.sheet, crs=spec.crs, columns=spec.columns,
        levels=study.levels, weights=study.weights, findings=findings,
    )  # fmt: skip
    spec = study.venues
    venues = read_venues(spec.file, sheet=spec.sheet, crs=spec.crs, columns=spec.columns, findings=findings)
    gates = named = None
    if study.gates is not None:
        spec = study.gates
        known = estates.index if len(estates) else None
        gates = read_gates(
            spec.file,
            sheet=spec.sheet,
            crs=spec.crs,
            columns=spec.columns,
            estate_ids=known,
            findings=findings,
        )
    read = estates, venues
    if not findings.faults:
        located = locate_inputs(
            study, estates, venues, findings, offline=offline, everything=everything, sent=sent,
            box=reading_box(study, estates, venues), progress=progress,
        )  # fmt: skip
        estates, venues, named = located.estates, located.venues, located.named
    input_faults(study, estates, venues, findings)
    return read, (estates, venues, gates, named)


def reading_box(
    study: Study, estates: gpd.GeoDataFrame, venues: gpd.GeoDataFrame
) -> tuple[float, float, float, float] | None:
    """Return the part of a large street file that can matter: ``buffer_m`` around the places, in degrees."""
    import numpy as np

    if not study.reads_part:
        return None
    lon = np.concatenate([estates["lon"].to_numpy(), venues["lon"].to_numpy()])
    lat = np.concatenate([estates["lat"].to_numpy(), venues["lat"].to_numpy()])
    if np.isnan(lon).all():
        return None
    dlat = study.buffer_m / 110_000
    dlon = dlat / max(0.05, float(np.cos(np.radians(np.nanmax(np.abs(lat))))))
    west, south = np.nanmin(lon) - dlon, np.nanmin(lat) - dlat
    east, north = np.nanmax(lon) + dlon, np.nanmax(lat) + dlat
    # rounded outwards, so that a place more or less rarely asks for another reading
    return (
        float(np.floor(west * 50) / 50), float(np.floor(south * 50) / 50),
        float(np.ceil(east * 50) / 50), float(np.ceil(north * 50) / 50),
    )  # fmt: skip
