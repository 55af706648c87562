"""Running a study: tables and streets in, answers out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from walkshed.answering import Timer, answer, drawn_meanwhile, options_of, start_of, walks_of, walls_of
from walkshed.datum_notices import datum_notices
from walkshed.errors import Finding, Findings, Source, Text
from walkshed.inputs import read_inputs
from walkshed.progress import silent
from walkshed.report.checks import place_notices
from walkshed.report.venues import opening_notices
from walkshed.scenarios.planned import planned_gates
from walkshed.scenarios.running import run_scenarios
from walkshed.streets.ties import points_of, tie
from walkshed.study import Study, read_study
from walkshed.walking.access import access as walk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    import geopandas as gpd

    from walkshed.answering import Walks
    from walkshed.progress import Progress
    from walkshed.result import StudyResult
    from walkshed.siting_run import Proposed
    from walkshed.standards import Standard
    from walkshed.walking.access import Access
    from walkshed.walls.walls import Walls


def run(
    study: Study | str | PathLike[str],
    *,
    offline: bool = False,
    findings: Findings | None = None,
    progress: Progress = silent,
    draw_meanwhile: bool = False,
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
    draw_meanwhile
        Draw the catchments that the study writes in a second process, while this one works out the tables; for a
        program that writes the result at once.

    Returns
    -------
    StudyResult
        Nothing is written until :meth:`StudyResult.write`. Its ``scenarios`` hold the study's scenarios by name.

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
    timer = Timer()
    with timer("read"):
        inputs = read_inputs(study, findings, offline=offline, progress=progress)
    study = inputs.study
    with timer("walls"):
        progress(Text("finding walls and gates", "查找围墙与大门"))
        walls = walls_of(study, inputs)
    planned = planned_gates(inputs, walls, findings)
    drawing = drawn_meanwhile(study, inputs, walls) if draw_meanwhile else None
    with timer("walks"):
        walks = walks_of(study, inputs, walls, progress=progress)
    proposed = None
    if study.siting is not None and inputs.candidates is not None:
        with timer("siting"):
            proposed = _proposed(study, walks, findings, progress)
    result = answer(
        study, walks, findings.notices, timer=timer, progress=progress, proposed=proposed, drawing=drawing
    )
    if not planned:
        return result
    return replace(result, scenarios=run_scenarios(result, walks, planned, progress=progress))


def _proposed(study: Study, walks: Walks, findings: Findings, progress: Progress) -> Proposed:
    """Return where to build next."""
    from walkshed.siting_run import propose_for

    inputs, walls, homes = walks.inputs, walks.walls, walks.homes
    assert inputs.candidates is not None  # noqa: S101 - the caller has looked
    options = options_of(study, walls, walks.terrain, progress)
    if homes is None:
        options["start"] = start_of(study)
    people = inputs.estates if homes is None else homes.units

    def walk_to(places: gpd.GeoDataFrame, more: Sequence[Standard], other: Walls | None) -> Access:
        changed = {
            "standards": (*study.standards, *more), "walls": walls if other is None else other,
        }  # fmt: skip
        return walk(walls.network, people, places, **{**options, **changed})

    return propose_for(
        study, access=walks.access if walks.units is None else walks.units, walk_to=walk_to, estates=inputs.estates,
        homes=homes, venues=inputs.venues, candidates=inputs.candidates, gate_rows=inputs.gates, findings=findings,
        progress=progress,
    )  # fmt: skip


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
    inputs = read_inputs(study, findings, offline=offline, progress=progress, everything=True)
    study, estates, venues = inputs.study, inputs.estates, inputs.venues
    walls = walls_of(study, inputs)
    planned = planned_gates(inputs, walls, findings)
    network = walls.network
    ties = [tie(network, points_of(places), max_snap_m=study.max_snap_m) for places in (estates, venues)]
    opening = opening_notices(venues, study.date, Source(study.venues.file.name))
    odd = place_notices(study, network, estates, venues, *ties)
    odd += datum_notices(study, network, estates, venues, named=inputs.named, everything=True)
    own = [notice for one in planned for notice in one.notices]
    return study, [*findings.notices, *network.notices, *walls.notices, *opening, *odd, *own]
