"""Writing a run's results into a folder, part by part."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from walkshed.deliver import record
from walkshed.deliver.tables import notices_table, write_access, write_csv
from walkshed.errors import OutputError, Text

if TYPE_CHECKING:
    from pathlib import Path

    from walkshed.deliver.map_scenarios import ScenarioView
    from walkshed.profiles import Profile
    from walkshed.progress import Progress
    from walkshed.result import StudyResult


def write_result(result: StudyResult, folder: Path, *, before: Path, progress: Progress) -> None:
    """Write what the study asks for, and the record of the run last; ``before`` holds the results of the last run."""
    parts = {
        "tables": _tables,
        "layers": _layers,
        "catchments": _catchments,
        "map": _map,
        "workbook": _workbook,
        "parquet": _parquet,
        "surface": _surface,
        "print": _print,
        "document": _document,
    }
    seconds = dict(result.durations)
    for part in result.study.write:
        progress(Text(f"writing {part}", f"写出 {part}"))
        start = time.perf_counter()
        parts[part](result, folder)
        seconds[f"write {part}"] = round(time.perf_counter() - start, 3)
    if result.scenarios:
        progress(Text("writing scenarios", "写出情景"))
        start = time.perf_counter()
        _scenarios(result, folder)
        seconds["write scenarios"] = round(time.perf_counter() - start, 3)
    if "tables" in result.study.write:
        _notices(result, folder)  # last, because they wait for what a second process draws
        _changes(result, folder, before)
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    record.write_record(folder / "run.json", run_record(result, seconds), files)


def _tables(result: StudyResult, folder: Path) -> None:
    _main_tables(result, folder)
    write_csv(result.reasons, folder / "reasons.csv")
    if result.by_age is not None:
        write_csv(result.by_age, folder / "by_age.csv")
    write_csv(result.measures.floor_area, folder / "floor_area.csv")
    write_csv(result.measures_at_home.load, folder / "load.csv")
    if result.allocation is not None and result.allocation_table is not None:
        write_csv(result.allocation_table, folder / "allocation.csv")
        write_csv(result.allocation.venues, folder / "allocation_venues.csv")
    if result.gate_ranking is not None:
        write_csv(result.gate_ranking.table, folder / "gates.csv")
    if result.walked is not None:
        write_csv(result.walked.table, folder / "walked.csv")
    if result.proposed is not None:
        from walkshed.deliver.proposals import write_proposals

        write_proposals(result.proposed.plan, folder)


def _main_tables(result: StudyResult, folder: Path) -> None:
    """Write the tables that every run and every scenario has."""
    write_csv(result.coverage, folder / "coverage.csv")
    write_csv(result.estate_table, folder / "estates.csv", index=True)
    write_csv(result.venue_table, folder / "venues.csv")
    write_csv(result.summary, folder / "summary.csv")
    if result.homes is not None:
        write_csv(result.homes, folder / "homes.csv")
    write_access(result.access, folder / "access.parquet")


def _scenario_tables(result: StudyResult, folder: Path) -> None:
    _main_tables(result, folder)
    _notices(result, folder)


def _notices(result: StudyResult, folder: Path) -> None:
    write_csv(notices_table(result.all_notices, result.study.language), folder / "notices.csv")


def _changes(result: StudyResult, folder: Path, before: Path) -> None:
    """Say what became different since the last run, where there was one and anything did."""
    import pandas as pd

    from walkshed.report.changes import SAME, changes

    last = before / "coverage.csv"
    if not last.is_file():
        return
    texts = dict.fromkeys(("estate_id", "profile", "standard", "status", "reason", "venue_id"), "str")
    try:
        old = pd.read_csv(last, encoding="utf-8-sig", dtype=texts, keep_default_na=True)
    except (ValueError, OSError, pd.errors.ParserError):
        return  # no file of ours, or one that somebody has changed
    if not set(texts) <= set(old.columns):
        return
    old[list(texts)] = old[list(texts)].fillna("")
    table = changes(old, result.coverage)
    table = table[table["change"] != SAME]
    if len(table):
        write_csv(table, folder / "changes.csv")


def _layers(result: StudyResult, folder: Path) -> None:
    from walkshed.deliver.layers import write_layers

    write_layers(
        folder / "coverage.gpkg",
        estates=result.estates_with_areas,
        venues=result.venues,
        gates=result.gates if result.access.policy == "open" else result.gate_table,
        coverage=result.coverage,
        estate_table=result.estate_table,
        standards=result.study.standards,
        date=result.study.date,
    )
    if result.proposed is not None:
        from walkshed.deliver.proposals import write_proposals_layer

        write_proposals_layer(result.proposed.plan, folder / "coverage.gpkg", date=result.study.date)


def _print(result: StudyResult, folder: Path) -> None:
    from walkshed.deliver.print_map import print_maps

    study = result.study
    print_maps(result, folder / "prints", communities=study.community_maps, approval=study.map_approval)


def _document(result: StudyResult, folder: Path) -> None:
    from walkshed.deliver.document import write_documents

    write_documents(result, folder, approval=result.study.map_approval)


def _surface(result: StudyResult, folder: Path) -> None:
    from walkshed.deliver.surface import write_surface
    from walkshed.report.venues import open_on
    from walkshed.walking.surface import walking_time_surface

    counted = open_on(result.venues, result.study.date)
    try:
        surface = walking_time_surface(result.access, venues=counted)
    except ValueError as error:
        raise OutputError(
            "no open venue stands near a street, so that there is no walking time to draw; leave "
            '"surface" out of [output] write · 没有临近道路的开放场所，无法绘制步行时间；请从 [output] write 中去掉 "surface"'
        ) from error
    write_surface(surface, folder / "walking_time.tif")


def _parquet(result: StudyResult, folder: Path) -> None:
    from walkshed.deliver.geoparquet import write_geoparquet

    write_geoparquet(
        folder,
        estates=result.estates,
        venues=result.venues,
        gates=result.gates,
        coverage=result.coverage,
        estate_table=result.estate_table,
    )


def _catchments(result: StudyResult, folder: Path) -> None:
    from walkshed.deliver.layers import write_catchments

    drawn = result.catchments
    write_catchments(
        folder / "coverage.gpkg",
        {
            "catchments": drawn.venues,
            "catchments_merged": drawn.merged,
            "catchments_nearest": drawn.nearest,
            "streets_reached": drawn.streets,
        },
        standards=result.study.standards,
        date=result.study.date,
    )


def _map(result: StudyResult, folder: Path) -> None:
    from walkshed.deliver.map import coverage_map

    study = result.study
    drawn = "catchments" in study.write
    page = coverage_map(
        estates=result.estates_with_areas,
        venues=result.venues,
        coverage=result.coverage,
        venue_table=result.venue_table,
        network=result.network,
        study_name=study.name,
        note=study.note,
        language=study.language,
        date=study.date,
        standards=study.standards,
        profiles=study.profiles,
        headline=" ".join(text.in_(study.language) for text in result.answers),
        attribution_lines=[_streets_line(result)],
        access=result.access,
        catchments=result.catchments.venues if drawn else None,
        merged=result.catchments.merged if drawn else None,
        summary=result.summary,
        gates=None if result.access.policy == "open" else result.gate_table,
        plan=None if result.proposed is None else result.proposed.plan,
        coverage_after=None if result.proposed is None else result.proposed.coverage_after,
        summary_after=None if result.proposed is None else result.proposed.summary_after,
        scenarios=scenario_views(result),
    )
    (folder / "map.html").write_text(page, encoding="utf-8", newline="\n")


def scenario_views(result: StudyResult) -> list[ScenarioView]:
    """Return the scenarios as the map takes them."""
    from walkshed.deliver.map_scenarios import ScenarioView

    language = result.study.language
    return [
        ScenarioView(
            name=one.name, said=[text.in_(language) for text in one.said], estates=one.result.estates_with_areas,
            venues=one.result.venues, gates=None if result.access.policy == "open" else one.result.gate_table,
            coverage=one.result.coverage, venue_table=one.result.venue_table, summary=one.result.summary,
            changed=one.venue_changes,
            network=None if one.result.network is result.network else one.result.network,
        )
        for one in result.scenarios.values()
    ]  # fmt: skip


def _streets_line(result: StudyResult) -> str:
    name, snapshot = result.network.name, result.network.snapshot[:10]
    words = Text(f"streets: {name} {snapshot}", f"道路：{name} {snapshot}")
    return words.in_(result.study.language).strip()


def _workbook(result: StudyResult, folder: Path) -> None:
    from walkshed.deliver.workbook import write_workbook
    from walkshed.deliver.workbook_sheets import sheets_of

    study = result.study
    heading = [
        study.name,
        *(text.in_(study.language) for text in result.answers),
        *([study.note] if study.note else []),
    ]
    write_workbook(
        folder / "report.xlsx",
        sheets=sheets_of(result),
        heading=heading,
        language=study.language,
        date=study.date,
    )


def _scenario_record(result: StudyResult) -> dict[str, Any]:
    """Return what ``run.json`` says of the scenarios: name, folder and sentences of each."""
    if not result.scenarios:
        return {}
    language = result.study.language
    return {
        "scenarios": [
            {
                "name": one.name,
                "folder": f"scenarios/{one.scenario.folder}",
                "cost": one.scenario.cost,
                "text": [text.in_(language) for text in one.said],
            }
            for one in result.scenarios.values()
        ]
    }


def _scenarios(result: StudyResult, folder: Path) -> None:
    """Write the tables of all scenarios, and a folder of results for each, which can be compared like a run's."""
    if not result.scenarios:
        return
    if "tables" in result.study.write:
        write_csv(result.scenario_units, folder / "scenarios.csv")
        write_csv(result.scenario_estates, folder / "scenario_estates.csv")
    parts = {"tables": _scenario_tables, "layers": _layers, "parquet": _parquet}
    asked = [part for part in parts if part in result.study.write]
    for one in result.scenarios.values() if asked else ():
        own = folder / "scenarios" / one.scenario.folder
        own.mkdir(parents=True)
        for part in asked:
            parts[part](one.result, own)
        files = [path.relative_to(own).as_posix() for path in own.rglob("*") if path.is_file()]
        record.write_record(own / "run.json", run_record(one.result, dict(one.result.durations)), files)


def _drawing_counts(result: StudyResult) -> dict[str, Any]:
    """Return how often drawing and walk say different things, where catchments were drawn."""
    if "catchments" not in result.study.write:
        return {}
    apart = result.disagreements
    return {
        "catchments": len(result.catchments.venues),
        "drawn_otherwise": len(apart),
        "drawn_otherwise_beyond_precision": int((~apart["near_boundary"]).sum()),
    }


def _profile_record(profile: Profile) -> dict[str, Any]:
    """Return a profile's numbers, and whether each was read in its source."""
    numbers = {name: value for name, value in asdict(profile).items() if name not in {"title", "sources"}}
    sources = {one.field: {"source": one.source.en, "verified": one.verified} for one in profile.sources}
    return {**numbers, "sources": sources}


def headline_of(result: StudyResult) -> dict[str, Any]:
    """Return what ``run.json`` says of the headline."""
    told = result.headline
    return {
        "text": told.text.in_(result.study.language),
        "measure": told.measure,
        "covered": told.covered,
        "total": told.total,
        "unknown": told.unknown,
        "low_share": round(told.low_share, 4),
        "high_share": round(told.high_share, 4),
        "at_least": told.at_least,
    }


def parameters_of(result: StudyResult) -> dict[str, Any]:
    """Return what ``run.json`` says of the parameters."""
    study = result.study
    return {
        **study.parameters,
        "profiles": [_profile_record(p) for p in study.profiles],
        "standards": [
            {"name": s.name, "minutes": s.minutes, "metres": s.metres, "tier": s.tier, "kind": s.kind}
            for s in study.standards
        ],
        "gates": study.policy,
        "start": study.start,
        "speed_range": study.speed_range,
        "max_snap_m": study.max_snap_m,
        "buffer_m": study.buffer_m,
    }


def run_record(result: StudyResult, seconds: dict[str, float]) -> dict[str, Any]:
    """Return the content of ``run.json``."""
    from walkshed import __version__
    from walkshed.deliver.proposals import proposal_record
    from walkshed.places.decisions import FILE as DECISIONS

    study = result.study
    decisions = study.folder / DECISIONS
    inputs = [
        study.file,
        study.streets,
        study.estates.file,
        study.venues.file,
        study.gates and study.gates.file,
        study.rooms and study.rooms.file,
        study.buildings and study.buildings.file,
        study.checks and study.checks.file,
        study.repairs,
        study.dem,
        study.places.known,
        study.places.communities,
        decisions if decisions.is_file() else None,
        *(path for one in study.scenarios for path in (one.add, one.repairs, one.estates)),
    ]
    status = (
        result.coverage.groupby(["profile", "standard", "status"], sort=False).size().reset_index(name="n")
    )
    return {
        "study": study.name,
        "note": study.note,
        "date": study.date,
        "headline": headline_of(result),
        "parameters": parameters_of(result),
        "inputs": {
            part.name: record.hash_of(part) for path in inputs if path for part in record.parts_of(path)
        },
        "osm_snapshot": result.network.snapshot,
        "counts": {
            "estates": len(result.estates),
            "venues": len(result.venues),
            "gates": 0 if result.gates is None else len(result.gates),
            "pairs": {name: len(pairs) for name, pairs in result.access.pairs.items()},
            "streets": {
                "nodes": result.network.n_nodes,
                "edges": result.network.n_edges,
                **result.network.counts,
            },
            "status": status.to_dict("records"),
            "notices": len(result.all_notices),
            **_drawing_counts(result),
        },
        **(
            {}
            if result.proposed is None
            else {"siting": proposal_record(result.proposed.plan, study.language)}
        ),
        **_scenario_record(result),
        "sent": [asdict(one) for one in result.sent],
        "versions": record.versions(__version__),
        "machine": record.machine(),
        "finished": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "seconds": seconds,
    }
