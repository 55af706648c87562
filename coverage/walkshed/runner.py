"""Running a study: tables and streets in, answers out."""

from __future__ import annotations

import time as clock
from contextlib import contextmanager
from typing import TYPE_CHECKING

from walkshed.errors import Finding, Findings, Source, Text
from walkshed.inputs import read_inputs
from walkshed.progress import silent
from walkshed.report.checks import place_notices
from walkshed.report.coverage import coverage as cover
from walkshed.report.coverage import estate_table
from walkshed.report.summary import summary
from walkshed.report.venues import opening_notices, venue_table
from walkshed.result import StudyResult
from walkshed.streets.ties import points_of, tie
from walkshed.study import Study, read_study
from walkshed.walking.access import access as walk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from walkshed.progress import Progress


def run(
    study: Study | str | PathLike[str],
    *,
    offline: bool = False,
    findings: Findings | None = None,
    progress: Progress = silent,
) -> StudyResult:
    """Run a study: read its inputs, walk, and report.

    Parameters
    ----------
    study
        A :class:`Study`, or the path of a ``study.toml`` or of its folder.
    offline
        Never use the network; streets of a named place must then be in the cache.
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
    with timer("read"):
        inputs = read_inputs(study, findings, offline=offline, progress=progress)
    study, estates, venues, network = inputs.study, inputs.estates, inputs.venues, inputs.network
    who, how_far, day = study.profiles, study.standards, study.date
    with timer("walks"):
        access = walk(
            network,
            estates,
            venues,
            profiles=who,
            standards=how_far,
            max_snap_m=study.max_snap_m,
            progress=progress,
        )
    progress(Text("adding up", "汇总"))
    with timer("report"):
        covered = cover(access, estates, venues, profiles=who, standards=how_far, date=day)
        served = venue_table(
            access, estates, venues, covered, profiles=who, standards=how_far, date=day, weights=study.weights
        )
        notices = [
            *findings.notices,
            *network.notices,
            *opening_notices(venues, day, Source(study.venues.file.name)),
            *place_notices(study, network, estates, venues, access.estate_ties, access.venue_ties),
        ]
        return StudyResult(
            study=study,
            estates=estates,
            venues=venues,
            gates=inputs.gates,
            network=network,
            access=access,
            coverage=covered,
            estate_table=estate_table(access, estates, venues, date=day),
            venue_table=served,
            summary=summary(estates, covered, levels=study.levels, weights=study.weights),
            notices=tuple(notices),
            sent=inputs.sent,
            durations=timer.seconds,
        )


def check(
    study: Study | str | PathLike[str], *, offline: bool = False, progress: Progress = silent
) -> tuple[Study, list[Finding]]:
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
    inputs = read_inputs(study, findings, offline=offline, progress=progress)
    study, estates, venues, network = inputs.study, inputs.estates, inputs.venues, inputs.network
    ties = [tie(network, points_of(places), max_snap_m=study.max_snap_m) for places in (estates, venues)]
    opening = opening_notices(venues, study.date, Source(study.venues.file.name))
    odd = place_notices(study, network, estates, venues, *ties)
    return study, [*findings.notices, *network.notices, *opening, *odd]


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
