"""Running a study: tables and streets in, answers out."""

from __future__ import annotations

import time as clock
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from walkshed.deliver.folder import swapped_in
from walkshed.errors import Finding, Findings, Source, Text
from walkshed.progress import silent
from walkshed.report.checks import input_faults, place_notices
from walkshed.report.coverage import coverage as cover
from walkshed.report.coverage import estate_table
from walkshed.report.headline import Headline, headline
from walkshed.report.summary import summary
from walkshed.report.venues import opening_notices, venue_table
from walkshed.streets.ahead import built_ahead
from walkshed.streets.reading import read_streets
from walkshed.streets.ties import points_of, tie
from walkshed.study import Study, read_study
from walkshed.walking.access import access as walk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    import geopandas as gpd
    import pandas as pd

    from walkshed.progress import Progress
    from walkshed.streets.network import WalkNetwork
    from walkshed.walking.access import Access

CACHE = ".walkshed"


@dataclass(frozen=True, eq=False)
class StudyResult:
    """Everything a run found out.

    Attributes
    ----------
    study
        What was run.
    estates, venues, gates
        The located tables (EPSG:4326); ``gates`` may be None.
    network, access
        The streets, and who reaches what.
    coverage, estate_table, venue_table, summary
        The tables of coverage.csv, estates.csv, venues.csv and summary.csv.
    notices
        Everything the run assumed, repaired or doubts.
    durations
        Seconds of each stage.
    """

    study: Study
    estates: gpd.GeoDataFrame
    venues: gpd.GeoDataFrame
    gates: gpd.GeoDataFrame | None
    network: WalkNetwork
    access: Access
    coverage: pd.DataFrame
    estate_table: pd.DataFrame
    venue_table: pd.DataFrame
    summary: pd.DataFrame
    notices: tuple[Finding, ...]
    durations: dict[str, float] = field(default_factory=dict)

    @property
    def headline(self) -> Headline:
        """The answer in one sentence, for the first profile and standard."""
        return headline(self.estates, self.venues, self.summary, self.access, self.study)

    def write(self, folder: str | PathLike[str] | None = None, *, progress: Progress = silent) -> Path:
        """Write the results, as ``study.write`` chooses, and return the folder.

        Parameters
        ----------
        folder
            Where to write; the study's own output folder by default.
        progress
            Told what is being written.

        Raises
        ------
        OutputError
            A file cannot be written; the results of the run before are untouched.
        """
        from walkshed.deliver.write import write_result

        target = Path(folder) if folder is not None else self.study.output
        with swapped_in(target) as new:
            write_result(self, new, progress=progress)
        return target

    def _repr_html_(self) -> str:
        from html import escape

        language = self.study.language
        said = escape(self.headline.text.in_(language))
        rows = self.summary[self.summary["level"].isin(["total", "community"])]
        return (
            f"<b>{escape(self.study.name)}</b><br>{said}{rows.to_html(index=False, na_rep='', max_rows=60)}"
        )


def run(
    study: Study | str | PathLike[str], *, findings: Findings | None = None, progress: Progress = silent
) -> StudyResult:
    """Run a study: read its inputs, walk, and report.

    Parameters
    ----------
    study
        A :class:`Study`, or the path of a ``study.toml`` or of its folder.
    findings
        Notices from before the run, to be handed on with its own.
    progress
        Told the stage, and the share done where it is known.

    Returns
    -------
    StudyResult
        Nothing is written until :meth:`StudyResult.write`.

    Raises
    ------
    InputError
        The inputs have faults; all of them are listed.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> folder = walkshed.init_study(tempfile.mkdtemp() + "/ronghang")
    >>> result = walkshed.run(folder)
    >>> sorted(result.coverage["status"].unique())
    ['covered', 'uncovered', 'unknown']
    """
    findings = findings or Findings()
    if not isinstance(study, Study):
        study = read_study(study, findings=findings)
    findings.language = study.language
    timer = _Timer()
    ahead = (
        nullcontext() if is_large(study.streets) else built_ahead(study.streets, cache=study.folder / CACHE)
    )
    with timer("tables and streets"), ahead:
        estates, venues, gates = read_places(study, findings, progress=progress)
    with timer("streets"):
        network = _read_network(study, estates, venues, findings, progress=progress)
    with timer("walks"):
        access = walk(
            network,
            estates,
            venues,
            profiles=study.profiles,
            standards=study.standards,
            max_snap_m=study.max_snap_m,
            progress=progress,
        )
    progress(Text("adding up", "汇总"))
    with timer("report"):
        who, how_far, day = study.profiles, study.standards, study.date
        covered = cover(access, estates, venues, profiles=who, standards=how_far, date=day)
        served = venue_table(
            access, estates, venues, covered, profiles=who, standards=how_far, date=day, weights=study.weights
        )
        notices = [
            *findings.notices,
            *network.notices,
            *opening_notices(venues, study.date, Source(study.venues.file.name)),
            *place_notices(study, network, estates, venues, access.estate_ties, access.venue_ties),
        ]
        return StudyResult(
            study=study,
            estates=estates,
            venues=venues,
            gates=gates,
            network=network,
            access=access,
            coverage=covered,
            estate_table=estate_table(access, estates, venues, date=study.date),
            venue_table=served,
            summary=summary(estates, covered, levels=study.levels, weights=study.weights),
            notices=tuple(notices),
            durations=timer.seconds,
        )


def check(study: Study | str | PathLike[str], *, progress: Progress = silent) -> tuple[Study, list[Finding]]:
    """Read a study's inputs and its streets without walking; returns the study and the notices.

    Raises
    ------
    InputError
        The inputs have faults; all of them are listed.
    """
    findings = Findings()
    if not isinstance(study, Study):
        study = read_study(study, findings=findings)
    findings.language = study.language
    estates, venues, _ = read_places(study, findings, progress=progress)
    network = _read_network(study, estates, venues, findings, progress=progress)
    ties = [tie(network, points_of(places), max_snap_m=study.max_snap_m) for places in (estates, venues)]
    opening = opening_notices(venues, study.date, Source(study.venues.file.name))
    odd = place_notices(study, network, estates, venues, *ties)
    return study, [*findings.notices, *network.notices, *opening, *odd]


def read_places(
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


def _read_network(
    study: Study,
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    findings: Findings,
    *,
    progress: Progress,
) -> WalkNetwork:
    """Read the streets; raises the faults of all inputs together."""
    from walkshed.errors import InputError

    network = None
    try:
        box = reading_box(study, estates, venues)
        network = read_streets(study.streets, cache=study.folder / CACHE, box=box, progress=progress)
    except InputError as error:
        findings.faults.extend(error.faults)
    findings.raise_faults()
    assert network is not None  # noqa: S101 - or its faults were raised
    return network


LARGE_FILE_BYTES = 60_000_000
"""Extracts up to this size are read whole; of larger ones only the part around the places."""


def is_large(streets: Path) -> bool:
    """Whether only a part of a street file is read."""
    return streets.is_file() and streets.stat().st_size > LARGE_FILE_BYTES


def reading_box(
    study: Study, estates: gpd.GeoDataFrame, venues: gpd.GeoDataFrame
) -> tuple[float, float, float, float] | None:
    """Return the part of a large street file that can matter: ``buffer_m`` around the places, in degrees."""
    import numpy as np

    if not is_large(study.streets):
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


class _Timer:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = clock.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = round(clock.perf_counter() - start, 3)
