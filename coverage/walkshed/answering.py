"""From tables and streets to answers: walls, walks, coverage; with everything reused that did not change."""

from __future__ import annotations

import time as clock
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from walkshed.datum_notices import datum_notices
from walkshed.errors import Finding, Source, Text
from walkshed.homes import spread
from walkshed.meanwhile import Meanwhile
from walkshed.profiles import PRESETS
from walkshed.progress import silent
from walkshed.report.checks import leg_notices, place_notices
from walkshed.report.coverage import coverage as cover
from walkshed.report.coverage import estate_table
from walkshed.report.drawing import draw_areas
from walkshed.report.homes_coverage import coverage_of_homes, demand_of_homes
from walkshed.report.reasons import Detours
from walkshed.report.summary import summary
from walkshed.report.venues import opening_notices, venue_table
from walkshed.result import StudyResult
from walkshed.walking.access import access as walk
from walkshed.walls.hours import minute_of
from walkshed.walls.walls import build_walls

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd

    from walkshed.homes import Homes
    from walkshed.inputs import Inputs
    from walkshed.progress import Progress
    from walkshed.report.drawing import Areas
    from walkshed.streets.network import WalkNetwork
    from walkshed.study import Study
    from walkshed.walking.access import Access
    from walkshed.walking.slope import Terrain
    from walkshed.walls.walls import Walls

_TYING = ("lon", "lat", "location_status", "opens_to")
_WALLING = ("name", "lon", "lat", "location_status", "gated")


class Timer:
    """Seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Time a stage."""
        start = clock.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = round(clock.perf_counter() - start, 3)


@dataclass(frozen=True, slots=True, eq=False)
class Walks:
    """What was walked: the walls, and everybody's walks to the venues.

    Attributes
    ----------
    inputs
        From what.
    walls, terrain
        The streets, with walls and gates; their heights, where somebody minds slopes.
    access
        Walks from the estates.
    homes, units
        With buildings, where the households are, and their walks.
    """

    inputs: Inputs
    walls: Walls
    terrain: Terrain | None
    access: Access
    homes: Homes | None = None
    units: Access | None = None


def walls_of(study: Study, inputs: Inputs, *, before: Walks | None = None) -> Walls:
    """Find the walls and gates of a study; those of ``before`` where streets, gates and estates' places are the same."""
    if before is not None and _same_ground(inputs, before.inputs):
        return before.walls
    return build_walls(
        inputs.network, inputs.estates, inputs.gates,
        minute=minute_of(study.time) if study.time else None, max_snap_m=study.max_snap_m,
        file=study.estates.file.name, gates_file=study.gates.file.name if study.gates else "",
    )  # fmt: skip


def _same_ground(now: Inputs, was: Inputs) -> bool:
    return (
        now.network is was.network
        and now.gates is was.gates
        and same_places(now.estates, was.estates, columns=_WALLING)
    )


def same_places(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame, *, columns: Sequence[str] = _TYING) -> bool:
    """Tell whether two tables have the same ids at the same places, with the same in ``columns``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> one = gpd.GeoDataFrame(index=["V1"], geometry=gpd.points_from_xy([120.25], [31.57]), crs="EPSG:4326")
    >>> same_places(one, one.copy()), same_places(one, one.translate(0.001).to_frame("geometry"))
    (True, False)
    """
    if one is other:
        return True
    if not one.index.equals(other.index):
        return False
    if not all(one[name].equals(other[name]) for name in columns if name in one and name in other):
        return False
    shapes = zip(one.geometry.to_wkb(), other.geometry.to_wkb(), strict=True)
    return all(a == b for a, b in shapes)


def walks_of(
    study: Study, inputs: Inputs, walls: Walls, *, progress: Progress, before: Walks | None = None
) -> Walks:
    """Walk from the estates, and the buildings, to the venues.

    Parameters
    ----------
    study, inputs, walls
        On what.
    progress
        Told the stage.
    before
        Walks of which everything is kept that is the same: all of them where walls, estates and venues are; the
        estates' legs where the walls are.
    """
    if before is None or walls is not before.walls or walls.network is not before.walls.network:
        return _walks(study, inputs, walls, progress)
    same = same_places(inputs.venues, before.inputs.venues)
    access = before.access if same else before.access.to_venues(inputs.venues, progress=progress)
    homes, units = before.homes, before.units
    if homes is not None and units is not None:
        if inputs.estates is not before.inputs.estates:
            homes = _homes(study, inputs, walls)
            units = walk(
                walls.network,
                homes.units,
                inputs.venues,
                **options_of(study, walls, before.terrain, progress),
            )
        elif not same:
            units = units.to_venues(inputs.venues, progress=progress)
    return replace(before, inputs=inputs, access=access, homes=homes, units=units)


def _walks(study: Study, inputs: Inputs, walls: Walls, progress: Progress) -> Walks:
    terrain = _terrain(study, walls.network)
    options = options_of(study, walls, terrain, progress)
    access = walk(walls.network, inputs.estates, inputs.venues, start=start_of(study), **options)
    if study.start != "buildings" or inputs.buildings is None:
        return Walks(inputs, walls, terrain, access)
    homes = _homes(study, inputs, walls)
    units = walk(walls.network, homes.units, inputs.venues, **options)
    return Walks(inputs, walls, terrain, access, homes, units)


_DRAWN = {"catchments", "map", "workbook", "document", "print"}
_WORTH = 20  # venues whose catchments take longer than making a process


def drawn_meanwhile(study: Study, inputs: Inputs, walls: Walls) -> Meanwhile[Areas] | None:
    """Begin to draw the catchments in a second process, where the study writes any and there are many.

    A catchment does not depend on the estates: the second process walks from the venues alone.
    """
    if not _DRAWN & set(study.write) or len(inputs.venues) < _WORTH:
        return None

    def work() -> Areas:
        options = options_of(study, walls, _terrain(study, walls.network), silent)
        access = walk(walls.network, inputs.estates.iloc[:0], inputs.venues, **options)
        return draw_areas(access, inputs.venues, study)

    _ = walls.network.index.pieces  # both need them: they are made, and held, once
    return Meanwhile.start(work)


def start_of(study: Study) -> Any:
    """Return where the estates' own walks start."""
    return "gates" if study.start == "gates" else "point"


def options_of(study: Study, walls: Walls, terrain: Terrain | None, progress: Progress) -> dict[str, Any]:
    """Return what the study says of every walk."""
    return {
        "walls": walls, "policy": study.policy, "profiles": study.profiles, "standards": study.standards,
        "max_snap_m": study.max_snap_m, "terrain": terrain, "progress": progress,
    }  # fmt: skip


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


def answer(
    study: Study,
    walks: Walks,
    said: Sequence[Finding],
    *,
    timer: Timer,
    progress: Progress,
    datum_known: bool = False,
    **more: Any,
) -> StudyResult:
    """Judge and add up what was walked.

    Parameters
    ----------
    study, walks
        What was walked.
    said
        The notices so far.
    timer
        Takes how long it lasts.
    progress
        Told the stage.
    datum_known
        Whether somebody has looked already for a datum that the tables do not name.
    more
        Further attributes of the result: ``proposed``.
    """
    progress(Text("adding up", "汇总"))
    inputs, access, homes, units = walks.inputs, walks.access, walks.homes, walks.units
    estates, venues = inputs.estates, inputs.venues
    with timer("report"):
        told: dict[str, Any] = {"profiles": study.profiles, "standards": study.standards, "date": study.date}
        spread_table = at_points = None
        detours = Detours(access.under("open"), estates, venues)
        if homes is None or units is None:
            covered = cover(access, estates, venues, speed_range=study.speed_range, detours=detours, **told)
            served = venue_table(access, estates, venues, covered, weights=study.weights, **told)
        else:
            at_points = cover(access, estates, venues, speed_range=study.speed_range, detours=detours, **told)
            at_home = cover(units, homes.units, venues, speed_range=study.speed_range, **told)
            covered, spread_table = coverage_of_homes(
                at_home, homes, estates, profiles=study.profiles, standards=study.standards
            )
            demand = demand_of_homes(homes)
            served = venue_table(units, homes.units, venues, at_home, measures=demand, **told)
        return StudyResult(
            study=study,
            estates=estates,
            venues=venues,
            gates=inputs.gates,
            network=walks.walls.network,
            access=access,
            coverage=covered,
            estate_table=estate_table(access, estates, venues, date=study.date),
            venue_table=served,
            summary=summary(estates, covered, levels=study.levels, weights=study.weights),
            notices=(*said, *_notices(study, walks, datum_known=datum_known)),
            sent=inputs.sent,
            durations=timer.seconds,
            homes=spread_table,
            units=units,
            unit_table=None if homes is None else homes.table(estates),
            at_points=at_points,
            detours=detours,
            checks=inputs.checks,
            **more,
        )


def _notices(study: Study, walks: Walks, *, datum_known: bool) -> list[Finding]:
    """Return what the walks assumed, repaired or doubt."""
    walls, access, homes = walks.walls, walks.access, walks.homes
    network, estates, venues = walls.network, walks.inputs.estates, walks.inputs.venues
    return [
        *network.notices,
        *walls.notices,
        *(homes.notices if homes is not None else ()),
        *opening_notices(venues, study.date, Source(study.venues.file.name)),
        *leg_notices(access, study),
        *place_notices(study, network, estates, venues, access.estate_ties, access.venue_ties),
        *(() if datum_known else datum_notices(study, network, estates, venues, named=walks.inputs.named)),
        *_people_notices(study, estates),
        *(walks.terrain.notices if walks.terrain is not None else ()),
    ]


def _people_notices(study: Study, estates: gpd.GeoDataFrame) -> list[Finding]:
    """Say which walker's people no column of the estates counts; presets are content without."""
    return [
        Finding(
            "profile.no_people",
            Text(
                f'the estates have no column "{one.people}" of numbers, so nobody is counted as "{one.name}"; use '
                "aged_60_plus, or name the column in [estates] weights",
                f"小区表中没有数值列“{one.people}”，不按“{one.name}”统计人群；可用 aged_60_plus，或在 [estates] weights 中列出",
            ),
            Source("study.toml", column="[[profiles]] people", value=one.people),
        )
        for one in study.profiles
        if one.people and one.name not in PRESETS
        and (one.people not in estates or estates[one.people].isna().all())
    ]  # fmt: skip
