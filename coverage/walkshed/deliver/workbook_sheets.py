"""The sheets of ``report.xlsx``: what to look at first, then the tables of the run, then how it was done."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from walkshed.deliver import document_words
from walkshed.deliver.document_data import method_blocks, source_blocks
from walkshed.deliver.document_parts import Heading, Paragraph, Points, Table
from walkshed.deliver.tables import notices_table
from walkshed.deliver.words import LEVELS, MEASURES

if TYPE_CHECKING:
    import pandas as pd

    from walkshed.deliver.document_parts import Block
    from walkshed.result import StudyResult
    from walkshed.study import Study

_TO_LOOK_AT = ("doubtful", "not_found", "not_located")


@dataclass(frozen=True, slots=True)
class Chart:
    """A bar chart beside a table: the values of one column by another, for some of its rows."""

    title: str
    categories: str
    values: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table, and how its columns look: number formats of their own, bars for shares, a chart, one wide column."""

    table: pd.DataFrame
    formats: dict[str, str] = field(default_factory=dict)
    bars: tuple[str, ...] = ()
    chart: Chart | None = None
    wide: str = ""


def sheets_of(result: StudyResult) -> dict[str, Sheet]:
    """Return the sheets by key of :data:`walkshed.deliver.workbook.SHEETS`, in the order of the workbook."""
    study = result.study
    places = _places(result)
    coverage = result.coverage.copy()
    coverage.insert(1, "name", coverage["estate_id"].map(result.estates["name"]))
    coverage.insert(7, "venue_name", coverage["venue_id"].map(result.venues["name"]))
    estates = result.estate_table.reset_index()
    at = list(estates.columns).index("venue_id") + 1
    estates.insert(at, "venue_name", estates["venue_id"].map(result.venues["name"]))
    ranking = result.gate_ranking
    sheets = {
        "overview": _overview(result),
        "gaps": Sheet(_gaps(result)),
        "summary": Sheet(result.summary, bars=("covered_share",)),
        **({} if result.by_age is None else {"by_age": Sheet(result.by_age, bars=("covered_share",))}),
        "floor_area": Sheet(result.measures.floor_area),
        "load": Sheet(_load(result), bars=("load_share",)),
        **_allocation(result),
        "coverage": Sheet(coverage),
        "estates": Sheet(estates),
        "venues": Sheet(result.venue_table),
        "reasons": Sheet(result.reasons),
        **({} if ranking is None else {"gates": Sheet(ranking.table)}),
        **({} if places.empty else {"places": Sheet(places)}),
        "notices": Sheet(notices_table(result.all_notices, study.language)),
        **{key: Sheet(table) for key, table in (_proposals(result) | _scenarios(result)).items()},
        "method": Sheet(_method(result), wide="text"),
    }
    return {key: _labelled(sheet, study) for key, sheet in sheets.items()}


def _labelled(sheet: Sheet, study: Study) -> Sheet:
    """Return a sheet that says standards as a person reads them, like the overview."""
    labels = {standard.name: standard.label(study.language) for standard in study.standards}
    if "standard" not in sheet.table or len(set(labels.values())) < len(labels):
        return sheet
    said = sheet.table["standard"].map(lambda name: labels.get(name, name))
    return replace(sheet, table=sheet.table.assign(standard=said))


def _overview(result: StudyResult) -> Sheet:
    """One row for each unit: demand, the share within each standard, typical minutes, floor area."""
    study, main = result.study, result.headline.measure
    walker = study.profiles[0].name
    key = ["level", "unit"]

    def of(table: pd.DataFrame) -> pd.DataFrame:
        return table[(table["profile"] == walker) & (table["measure"] == main)]

    rows = of(result.summary)
    names = [standard.name for standard in study.standards]
    labels = [standard.label(study.language) for standard in study.standards]
    if len(set(labels)) < len(labels):
        labels = names
    table = rows.loc[rows["standard"] == names[0], [*key, "total"]].set_index(key)
    title = MEASURES[main].in_(study.language) if main in MEASURES else main
    table = table.rename(columns={"total": title})
    for name, label in zip(names, labels, strict=True):
        table[label] = rows[rows["standard"] == name].set_index(key)["covered_share"]
    table[["median_min", "p90_min"]] = of(result.measures_at_home.walks).set_index(key)[
        ["median_min", "p90_min"]
    ]
    room = result.measures.floor_area.set_index(key)
    judged = room["unplaced_m2"] == 0  # where venues name no unit, a figure would be too low
    table["m2_per_100_households"] = room["m2_per_100_households"].where(judged)
    table["meets"] = room["meets"]
    table = table.reset_index()
    chart = None
    second = table["level"] == (study.levels[0] if study.levels else "total")
    if study.levels and second.any():
        at = np.flatnonzero(second)
        level = LEVELS[study.levels[0]].in_(study.language) if study.levels[0] in LEVELS else study.levels[0]
        said = f"{labels[0]} · {level}"
        chart = Chart(said, "unit", labels[0], int(at[0]), int(at[-1]))
    return Sheet(table, formats=dict.fromkeys(labels, "0.0%"), bars=tuple(labels), chart=chart)


def _gaps(result: StudyResult) -> pd.DataFrame:
    """Return the estates that are not covered by the first walker and standard, the worst first."""
    study = result.study
    first = (study.profiles[0].name, study.standards[0].name)
    rows = result.coverage[
        (result.coverage["profile"] == first[0])
        & (result.coverage["standard"] == first[1])
        & (result.coverage["status"] != "covered")
    ].copy()
    main = result.headline.measure
    carried = [name for name in ("name", *study.levels, main) if name in result.estates]
    for name in reversed(carried):
        rows.insert(1, name, rows["estate_id"].map(result.estates[name]))
    names = rows["venue_id"].map(result.venues["name"])
    rows["venue_name"] = names.mask(names == "", rows["venue_id"])  # no other column says which it is
    why = result.reasons
    why = why[(why["profile"] == first[0]) & (why["standard"] == first[1])].set_index("estate_id")
    for name in ("gate", "gate_walk_min"):
        rows[name] = rows["estate_id"].map(why[name])
    known = rows["status"].eq("uncovered").to_numpy()
    minutes = rows["walk_min"].fillna(np.inf).to_numpy()
    order = np.lexsort((np.arange(len(rows)), -minutes, ~known))
    columns = ["estate_id", *carried, "status", "reason", "walk_min", "walk_min_low", "walk_min_high"]
    return rows[[*columns, "venue_name", "gate", "gate_walk_min"]].iloc[order].reset_index(drop=True)


def _load(result: StudyResult) -> pd.DataFrame:
    """Return what each venue would take if everybody went to the nearest, with its name and whom it serves alone."""
    study, main = result.study, result.headline.measure
    table = result.measures_at_home.load.copy()
    table.insert(1, "name", table["venue_id"].map(result.venues["name"]))
    own = result.venue_table
    own = own[
        (own["profile"] == study.profiles[0].name)
        & (own["standard"] == study.standards[0].name)
        & (own["measure"] == main)
    ].set_index("venue_id")
    table.insert(4, "sole", table["venue_id"].map(own["sole"]))
    return _in_their_unit(table, result)


def _in_their_unit(table: pd.DataFrame, result: StudyResult) -> pd.DataFrame:
    """Return a table of room with columns that say what it is counted in: floor area, if not places."""
    if result.study.capacity == "places":
        return table.rename(columns={"load": "load_places", "left": "left_places"})
    return table.rename(columns={"capacity": "floor_area_m2", "left": "left_m2"})


def _allocation(result: StudyResult) -> dict[str, Sheet]:
    """Return who goes where when room counts, and what each venue takes; nothing where the study does not ask for it."""
    if result.allocation is None or result.allocation_table is None:
        return {}
    rows, venues = result.allocation_table.copy(), result.allocation.venues.copy()
    rows.insert(1, "name", rows["estate_id"].map(result.estates["name"]))
    at = list(rows.columns).index("venue_id") + 1
    rows.insert(at, "responsible", rows["venue_id"].map(result.venues["name"]))
    by = "walk_m" if result.study.standards[0].measure == "metres" else "walk_min"
    venues.insert(1, "name", venues["venue_id"].map(result.venues["name"]))
    counted = venues["venue_id"].isin(result.measures.load["venue_id"])
    return {
        "allocation": Sheet(
            rows.rename(columns={"cost": by, "share": "placed_share", "demand": "demand_all"})
        ),
        "allocation_venues": Sheet(
            _in_their_unit(venues[counted].rename(columns={"demand": "demand_given"}), result),
            bars=("load_share",),
        ),
    }


def _places(result: StudyResult) -> pd.DataFrame:
    """Return the places somebody should look at: in doubt, or not found."""
    import pandas as pd

    frames = []
    for kind, frame in (("estate", result.estates), ("venue", result.venues)):
        found = frame[frame["location_status"].isin(_TO_LOOK_AT)]
        columns = [
            name
            for name in ("name", "address", "community", "location_status", "lon", "lat")
            if name in found
        ]
        table = pd.DataFrame(found[columns])
        table.insert(0, "id", found.index.astype(str))
        table.insert(0, "place", kind)
        frames.append(table)
    return pd.concat(frames, ignore_index=True)


def _method(result: StudyResult) -> pd.DataFrame:
    """Return how it was done, what that leaves out and what was read, a sentence a row."""
    import pandas as pd

    rows: list[tuple[str, str]] = []
    section = document_words.METHOD.in_(result.study.language)
    for block in (*method_blocks(result.study), *source_blocks(result)):
        if isinstance(block, Heading):
            section = block.text
        rows.extend((section, text) for text in _texts(block))
    return pd.DataFrame(rows, columns=["section", "text"])


def _texts(block: Block) -> list[str]:
    if isinstance(block, Points):
        return list(block.texts)
    if isinstance(block, Paragraph):
        return [block.text]
    if isinstance(block, Table):
        return [" · ".join(part for part in row if part) for row in block.rows]
    return []


def _scenarios(result: StudyResult) -> dict[str, pd.DataFrame]:
    """Return the tables of the scenarios; of the estates those for which something is different."""
    if not result.scenarios:
        return {}
    from walkshed.deliver.scenario_words import ELSEWHERE

    estates = result.scenario_estates
    other = (estates["change"] != "same") | ~estates["walk"].isin(["same", ""])
    return {
        "scenarios": result.scenario_units.rename(columns=ELSEWHERE),
        "scenario_estates": estates[other].reset_index(drop=True).rename(columns=ELSEWHERE),
    }


def _proposals(result: StudyResult) -> dict[str, pd.DataFrame]:
    if result.proposed is None:
        return {}
    from walkshed.deliver.proposals import proposal_sheets

    return proposal_sheets(result.proposed.plan, result.study.language)
