"""What a study reads: its tables and its streets, all faults together."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from walkshed.errors import InputError, Text
from walkshed.progress import silent
from walkshed.report.checks import input_faults
from walkshed.streets.ahead import built_ahead
from walkshed.streets.reading import read_streets

if TYPE_CHECKING:
    import geopandas as gpd

    from walkshed.errors import Findings
    from walkshed.progress import Progress
    from walkshed.streets.network import WalkNetwork
    from walkshed.study import Study
    from walkshed.web import Sent


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Everything a run starts from; ``sent`` lists what was asked of whom."""

    study: Study
    estates: gpd.GeoDataFrame
    venues: gpd.GeoDataFrame
    gates: gpd.GeoDataFrame | None
    network: WalkNetwork
    sent: tuple[Sent, ...]


def read_inputs(study: Study, findings: Findings, *, offline: bool, progress: Progress) -> Inputs:
    """Read a study's tables and streets.

    Raises
    ------
    InputError
        The inputs have faults; those of all of them are listed.
    """
    sent: tuple[Sent, ...] = ()
    if study.place:
        study, sent = _fetch(study, findings, offline=offline, progress=progress)
    cache = study.cache
    ahead = nullcontext() if study.reads_part else built_ahead(study.streets, cache=cache)
    with ahead:
        estates, venues, gates = _read_tables(study, findings, progress=progress)
        import scipy.sparse.csgraph  # noqa: F401 - the walks need it; while the other process works it costs nothing
    network = None
    if study.streets.name:
        try:
            box = reading_box(study, estates, venues)
            network = read_streets(study.streets, cache=cache, box=box, lines=study.lines, progress=progress)
        except InputError as error:
            findings.faults.extend(error.faults)
    findings.raise_faults()
    assert network is not None  # noqa: S101 - or its faults were raised
    if study.place:
        network = network.renamed(study.place)
    return Inputs(study, estates, venues, gates, network, sent)


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
    study: Study, findings: Findings, *, progress: Progress = silent
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame | None]:
    """Read a study's estates, venues and gates; faults are collected, not raised."""
    from walkshed.tables import read_estates, read_gates, read_venues

    progress(Text("reading tables", "读取表格"))
    spec = study.estates
    estates = read_estates(
        spec.file, sheet=spec.sheet, crs=spec.crs, columns=spec.columns,
        levels=study.levels, weights=study.weights, findings=findings,
    )  # fmt: skip
    spec = study.venues
    venues = read_venues(spec.file, sheet=spec.sheet, crs=spec.crs, columns=spec.columns, findings=findings)
    gates = None
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
    input_faults(study, estates, venues, findings)
    return estates, venues, gates


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
