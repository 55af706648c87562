"""Running a study: tables and streets in, answers out."""

from __future__ import annotations

import time as clock
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from walkshed.datum_notices import datum_notices
from walkshed.errors import Finding, Findings, Source, Text
from walkshed.homes import spread
from walkshed.inputs import read_inputs
from walkshed.progress import silent
from walkshed.report.checks import leg_notices, place_notices
from walkshed.report.coverage import coverage as cover
from walkshed.report.coverage import estate_table
from walkshed.report.homes_coverage import coverage_of_homes, demand_of_homes
from walkshed.report.summary import summary
from walkshed.report.venues import opening_notices, venue_table
from walkshed.result import StudyResult
from walkshed.streets.ties import points_of, tie
from walkshed.study import Study, read_study
from walkshed.walking.access import access as walk
from walkshed.walls.hours import minute_of
from walkshed.walls.walls import build_walls

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike

    import geopandas as gpd

    from walkshed.homes import Homes
    from walkshed.inputs import Inputs
    from walkshed.progress import Progress
    from walkshed.standards import Standard
    from walkshed.streets.network import WalkNetwork
    from walkshed.walking.access import Access
    from walkshed.walking.slope import Terrain
    from walkshed.walls.walls import Walls


_BY_POINTS = Text(
    "the proposal counts each estate at its own point, not at its buildings; the coverage above counts by buildings",
    "选址方案按小区坐标点计算，未按建筑分布计算；上方的覆盖率按建筑计算",
)


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
    with timer("walls"):
        progress(Text("finding walls and gates", "查找围墙与大门"))
        walls = _walls(study, inputs)
    network = walls.network
    options: dict[str, Any] = {
        "walls": walls, "policy": study.policy, "profiles": who, "standards": how_far,
        "max_snap_m": study.max_snap_m, "terrain": _terrain(study, network), "progress": progress,
    }  # fmt: skip
    homes = units = None
    with timer("walks"):
        start: Any = "gates" if study.start == "gates" else "point"
        access = walk(network, estates, venues, start=start, **options)
        if study.start == "buildings" and inputs.buildings is not None:
            homes = _homes(study, inputs, walls)
            units = walk(network, homes.units, venues, **options)
    proposed = None
    if study.siting is not None and inputs.candidates is not None:
        if homes is not None:
            findings.notice("siting.by_points", _BY_POINTS, Source("study.toml", column="[siting]"))
        from walkshed.siting_run import propose_for

        def walk_to(places: gpd.GeoDataFrame, more: Sequence[Standard], other: Walls | None) -> Access:
            changed = {"standards": (*how_far, *more), "walls": walls if other is None else other}
            return walk(network, estates, places, start=start, **{**options, **changed})

        with timer("siting"):
            proposed = propose_for(
                study, access=access, walk_to=walk_to, estates=estates, venues=venues,
                candidates=inputs.candidates, gate_rows=inputs.gates, findings=findings, progress=progress,
            )  # fmt: skip
    progress(Text("adding up", "汇总"))
    with timer("report"):
        told: dict[str, Any] = {"profiles": who, "standards": how_far, "date": day}
        spread_table = at_points = None
        if homes is None or units is None:
            covered = cover(access, estates, venues, speed_range=study.speed_range, **told)
            served = venue_table(access, estates, venues, covered, weights=study.weights, **told)
        else:
            at_points = cover(access, estates, venues, speed_range=study.speed_range, **told)
            at_home = cover(units, homes.units, venues, speed_range=study.speed_range, **told)
            covered, spread_table = coverage_of_homes(
                at_home, homes, estates, profiles=who, standards=how_far
            )
            demand = demand_of_homes(homes)
            served = venue_table(units, homes.units, venues, at_home, measures=demand, **told)
        notices = [
            *findings.notices,
            *network.notices,
            *walls.notices,
            *(homes.notices if homes is not None else ()),
            *opening_notices(venues, day, Source(study.venues.file.name)),
            *leg_notices(access, study),
            *place_notices(study, network, estates, venues, access.estate_ties, access.venue_ties),
            *datum_notices(study, network, estates, venues, named=inputs.named),
        ]
        if options["terrain"] is not None:
            notices.extend(options["terrain"].notices)
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
            proposed=proposed,
            durations=timer.seconds,
            homes=spread_table,
            at_points=at_points,
            checks=inputs.checks,
        )


def _terrain(study: Study, network: WalkNetwork) -> Terrain | None:
    """Read the heights of the streets, where the study has a raster and a profile minds slopes."""
    if study.dem is None or all(profile.slope is None for profile in study.profiles):
        return None
    from walkshed.walking.slope import read_terrain

    return read_terrain(network, study.dem)


def _homes(study: Study, inputs: Inputs, walls: Walls) -> Homes:
    """Spread the estates' households over the buildings."""
    assert inputs.buildings is not None  # noqa: S101 - the caller has looked
    file = study.buildings.file.name if study.buildings else study.streets.name
    return spread(
        inputs.estates, inputs.buildings, boundaries=walls.boundaries.polygon, weights=study.weights,
        source=Source(file), estates_source=Source(study.estates.file.name),
    )  # fmt: skip


def _walls(study: Study, inputs: Inputs) -> Walls:
    """Find the walls and gates of a study."""
    return build_walls(
        inputs.network, inputs.estates, inputs.gates,
        minute=minute_of(study.time) if study.time else None, max_snap_m=study.max_snap_m,
        file=study.estates.file.name, gates_file=study.gates.file.name if study.gates else "",
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
    walls = _walls(study, inputs)
    network = walls.network
    ties = [tie(network, points_of(places), max_snap_m=study.max_snap_m) for places in (estates, venues)]
    opening = opening_notices(venues, study.date, Source(study.venues.file.name))
    odd = place_notices(study, network, estates, venues, *ties)
    odd += datum_notices(study, network, estates, venues, named=inputs.named, everything=True)
    return study, [*findings.notices, *network.notices, *walls.notices, *opening, *odd]


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
