"""Siting within a run: the candidates a study names, the plan, and the coverage once the plan is open."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Source, Text
from walkshed.progress import silent
from walkshed.report.coverage import coverage as cover
from walkshed.report.gate_sites import gates_to_open, with_gates_open
from walkshed.report.homes_coverage import coverage_of_homes
from walkshed.report.summary import summary
from walkshed.report.venues import eligible_for
from walkshed.siting.candidates import (
    building_candidates,
    joined_candidates,
    room_candidates,
    street_candidates,
    unlike_venues,
)
from walkshed.siting.config import check_siting
from walkshed.siting.gate_sites import PREFIX
from walkshed.siting.opened import opened_venues, with_rooms
from walkshed.siting.plan import Gates, propose
from walkshed.siting.sources import from_access
from walkshed.standards import Standard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd
    import pandas as pd

    from walkshed.errors import Findings
    from walkshed.homes import Homes
    from walkshed.progress import Progress
    from walkshed.siting.plan import Plan
    from walkshed.streets.network import WalkNetwork
    from walkshed.study import Study
    from walkshed.walking.access import Access
    from walkshed.walls import Walls

    WalkTo = Callable[[gpd.GeoDataFrame, Sequence[Standard], Walls | None], Access]


@dataclass(frozen=True, slots=True, eq=False)
class Proposed:
    """A plan, and what a run says of the estates once it is open.

    Attributes
    ----------
    plan
        What to open, and everything beside it.
    venues_after
        The venues with the chosen sites among them.
    coverage_after, summary_after
        As coverage.csv and summary.csv, with the plan open: walked again, not added up.
    """

    plan: Plan
    venues_after: gpd.GeoDataFrame
    coverage_after: pd.DataFrame
    summary_after: pd.DataFrame


def read_candidates(
    study: Study,
    *,
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    network: WalkNetwork | None,
    findings: Findings,
) -> gpd.GeoDataFrame:
    """Return the candidates that a study names: its table of rooms, buildings of the street file, points on streets.

    Faults go to ``findings``; what could be read comes back all the same. Without a network there are no points on
    streets.
    """
    from walkshed.osm_public import read_public_buildings
    from walkshed.report.measures import measures_of
    from walkshed.tables.rooms import read_rooms

    siting = study.siting
    assert siting is not None  # noqa: S101 - only asked for where there is one
    frames: list[gpd.GeoDataFrame] = []
    where = Source("study.toml", column="[siting]")
    check_siting(
        siting, findings, standards=study.standards, profiles=study.profiles,
        measures=list(measures_of(estates, study.weights)), at=lambda key, value="": where.at(column=f"[siting] {key}", value=value),
    )  # fmt: skip
    if study.rooms is not None:
        spec = study.rooms
        rooms = read_rooms(spec.file, sheet=spec.sheet, crs=spec.crs, columns=spec.columns, findings=findings)
        findings.faults.extend(unlike_venues(rooms, venues.index, source=Source(spec.file.name)))
        frames.append(room_candidates(rooms))
    if siting.buildings:
        if network_is_osm(study):
            frames.append(building_candidates(read_public_buildings(study.streets)))
        else:
            text = Text(
                "buildings = true needs streets from an OpenStreetMap file",
                "buildings = true 要求道路来自 OSM 文件",
            )
            findings.fault("siting.no_buildings", text, where.at(column="[siting] buildings"))
    if siting.street_points_m and network is not None:
        reach = max(standard.reach_m(profile) for standard in study.standards for profile in study.profiles)
        frames.append(
            street_candidates(network, every_m=siting.street_points_m, around=estates, reach_m=reach)
        )
    return joined_candidates(*frames) if frames else joined_candidates(_none())


def network_is_osm(study: Study) -> bool:
    """Tell whether the streets come from an OpenStreetMap file."""
    return study.streets.name.endswith((".pbf", ".osm", ".osm.gz", ".osm.bz2"))


def _none() -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd

    from walkshed.siting.candidates import COLUMNS

    index = pd.Index([], dtype="str", name="candidate_id")
    return gpd.GeoDataFrame({name: [] for name in COLUMNS}, index=index, geometry="geometry", crs="EPSG:4326")


def propose_for(
    study: Study,
    *,
    access: Access,
    walk_to: WalkTo,
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame,
    findings: Findings,
    homes: Homes | None = None,
    gates: Gates | None = None,
    gate_rows: gpd.GeoDataFrame | None = None,
    progress: Progress = silent,
) -> Proposed:
    """Propose where to open next, and walk the plan again.

    Parameters
    ----------
    study
        With a section ``[siting]``.
    access
        Walks to the venues there are, from the estates or from ``homes``.
    walk_to
        Walks from the same places, with everything the study says, to other places; searched as far as the study's
        standards and further ones.
    estates, venues, candidates
        The tables.
    findings
        Takes notices; faults are raised.
    homes
        Where the estates' people live, if that is known: then those are served, and estates in parts.
    gates
        Gates that could be opened; those that are walked today, where the study counts gates as sites, by default.
    gate_rows
        The table of gates, for what opening one costs.
    progress
        Told the stage.
    """
    assert study.siting is not None  # noqa: S101 - only asked for where there is one
    people = estates if homes is None else homes.table(estates)
    more = _farther(study, access, venues)
    if gates is None and study.siting.gates:
        gates = _gates(study, access, walk_to, venues, candidates, gate_rows, findings)
    plan = propose(
        walk_to(venues, more, None) if more else access, walk_to(candidates, more, None), study.siting,
        estates=people, venues=venues, sites=candidates,
        standards=study.standards, date=study.date, gates=gates, longest=more[0].limit if more else None,
        findings=findings, progress=progress,
    )  # fmt: skip
    progress(Text("walking the proposal", "按建议方案重新计算步行"))
    after = opened_venues(venues, plan)
    opened = [str(site).removeprefix(PREFIX) for site in plan.chosen_ids if str(site).startswith(PREFIX)]
    walked = walk_to(after, (), with_gates_open(access, opened) if opened else None)
    covered = cover(
        walked, people, after, profiles=study.profiles, standards=study.standards, date=study.date,
        speed_range=study.speed_range,
    )  # fmt: skip
    if plan.found:
        near = from_access(walked, plan.profile, standards=replace(plan.standard, tier="", kind=""))
        there = np.flatnonzero(eligible_for(after, plan.standard, study.date))
        served = near.serves(there) >= study.siting.times
        plan = plan.walked_again(float(plan.proposal.problem.criteria[0].weights[served].sum()))
    if homes is not None:
        covered, _ = coverage_of_homes(
            covered, homes, estates, profiles=study.profiles, standards=study.standards
        )
    totals = summary(estates, covered, levels=study.levels, weights=study.weights)
    return Proposed(plan, after, covered, totals)


def _gates(
    study: Study,
    access: Access,
    walk_to: WalkTo,
    venues: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame,
    gate_rows: gpd.GeoDataFrame | None,
    findings: Findings,
) -> Gates | None:
    """Return the gates that could be opened, for the walker the proposal speaks of.

    They lead to what is open today or planned to be by then, and to the rooms that must be opened.
    """
    siting = study.siting
    if siting is None or access.policy != "residents" or not len(access.walls.gates):
        text = Text(
            'gates = true has no effect: no gate of a walled estate is walked (they are under gates = "residents")',
            "gates = true 不起作用：没有参与计算的封闭小区大门（需 gates = “residents”）",
        )
        findings.notice("siting.no_gates", text, Source("study.toml", column="[siting] gates"))
        return None
    profile = next((one for one in study.profiles if one.name == siting.profile), study.profiles[0])
    standard = next((one for one in study.standards if one.name == siting.standard), study.standards[0])
    required = candidates[(candidates["siting_status"] == "fixed") & candidates["lon"].notna()]
    there = with_rooms(venues, required, standard)
    by_then = study.date if siting.planned_by is None else dt.date(siting.planned_by, 12, 31)
    return Gates(
        *gates_to_open(
            walk_to(there, (), None) if len(required) else access, profile,
            counts=eligible_for(there, standard, max(study.date, by_then)), gates=gate_rows,
        )
    )  # fmt: skip


def _farther(study: Study, access: Access, venues: gpd.GeoDataFrame) -> tuple[Standard, ...]:
    """Return how far to search where the walk itself counts: as far as anybody walks to a venue that is open now.

    A new site that is farther from an estate than that is no gain to it, so nothing is lost. Not farther than
    walks are exact.
    """
    siting = study.siting
    assert siting is not None  # noqa: S101 - only asked for where there is one
    if siting.objective not in {"total_walk", "worst_walk"}:
        return ()
    standard = next((one for one in study.standards if one.name == siting.standard), study.standards[0])
    profile = next((one for one in study.profiles if one.name == siting.profile), study.profiles[0])
    in_metres = standard.metres is not None
    near = access.nearest(
        profile, eligible=eligible_for(venues, standard, study.date), by="metres" if in_metres else "minutes"
    )
    walk = near.walk_dm / 10 if in_metres else near.walk_cmin / 100
    most = 2 * study.buffer_m if in_metres else profile.minutes(2 * study.buffer_m)
    known = [one.limit for one in study.standards if (one.metres is None) == (standard.metres is None)]
    limit = min(float(most), max(float(walk.max(initial=0.0)), *known))
    name = f"{standard.name} +"
    return (Standard(name, metres=limit) if in_metres else Standard(name, minutes=limit),)
