"""Running scenarios: each one from the run of the study as it is, with only that done again which it touches."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.answering import Timer, answer, same_places, walks_of, walls_of
from walkshed.compare.comparison import Comparison, compare_results
from walkshed.errors import Text
from walkshed.report.venues import open_on
from walkshed.scenarios.planned import gates_named
from walkshed.scenarios.words import said_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    import geopandas as gpd
    import pandas as pd

    from walkshed.answering import Walks
    from walkshed.errors import Finding
    from walkshed.inputs import Inputs
    from walkshed.progress import Progress
    from walkshed.result import StudyResult
    from walkshed.scenarios.planned import Planned
    from walkshed.scenarios.scenario import Scenario
    from walkshed.study import Study
    from walkshed.walls.walls import Walls


PARTS = ("tables", "layers", "parquet")
"""What is written of each scenario besides the files that show all of them."""


@dataclass(frozen=True, eq=False)
class ScenarioResult:
    """What the study would be in a scenario.

    Attributes
    ----------
    scenario
        As the study file has it.
    before
        The study as it is.
    notices
        What of the scenario has no effect, or is in doubt.
    """

    scenario: Scenario
    before: StudyResult
    notices: tuple[Finding, ...]
    _made: Callable[[], StudyResult] = field(repr=False)

    @cached_property
    def result(self) -> StudyResult:
        """The study in the scenario, with the same tables; walked when it is first asked for."""
        return self._made()

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.scenario.name

    @cached_property
    def comparison(self) -> Comparison:
        """The scenario (after) compared with the study as it is (before)."""
        return compare_results(self.before, self.result)

    @property
    def table(self) -> pd.DataFrame:
        """Estate by estate: minutes, status and change; see :class:`walkshed.compare.Comparison`."""
        return self.comparison.table

    @property
    def summary(self) -> pd.DataFrame:
        """Unit by unit: coverage before and after, gained and lost; see :func:`walkshed.compare.tally.tally`."""
        return self.comparison.summary

    @property
    def changes_nothing(self) -> bool:
        """Whether no estate is covered otherwise or walks another way, and no number is another."""
        table, summary = self.table, self.summary
        same = bool((table["change"] == "same").all() and (table["walk"] == "same").all())
        return same and not summary[["gained", "lost", "other"]].to_numpy().any()

    @cached_property
    def venue_changes(self) -> dict[str, str]:
        """The ids of the venues that are others, with what happened: ``new``, ``opened``, ``closed``, ``moved``."""
        return _venue_changes(self.before.venues, self.result.venues, self.before.study.date)

    @cached_property
    def said(self) -> tuple[Text, ...]:
        """What changes, in sentences: the first walker by each standard, the cost, and where nothing does."""
        return said_of(self)


def run_scenarios(
    before: StudyResult, walks: Walks, planned: tuple[Planned, ...], *, progress: Progress
) -> Mapping[str, ScenarioResult]:
    """Return every scenario of a study by its name; each is walked when its result is first asked for.

    Parameters
    ----------
    before, walks
        The study as it is.
    planned
        What each scenario changes.
    progress
        Told which one is on.
    """
    return {
        one.scenario.name: ScenarioResult(
            one.scenario, before, one.notices, partial(_run, one, walks, progress)
        )
        for one in planned
    }


def _run(one: Planned, walks: Walks, progress: Progress) -> StudyResult:
    progress(Text(f"scenario {one.scenario.name}", f"情景：{one.scenario.name}"))
    study, inputs = _study(one), _inputs(one, walks.inputs)
    timer = Timer()
    with timer("walls"):
        walls = walls_of(study, inputs, before=walks)
        walls = _with_gates(walls, one.gates, inputs.gates)
    with timer("walks"):
        walked = walks_of(study, inputs, walls, progress=progress, before=walks)
    known = same_places(inputs.estates, walks.inputs.estates)  # the base run has looked at their datum
    return answer(study, walked, one.notices, timer=timer, progress=progress, datum_known=known)


def _study(one: Planned) -> Study:
    """Return the study as it is in the scenario, which is what its record says."""
    study, scenario = one.study, one.scenario
    told: dict[str, Any] = {key: _plain(getattr(scenario, key)) for key in ("name", *scenario.changes)}
    if scenario.cost is not None:
        told["cost"] = scenario.cost
    return replace(
        study, scenarios=(), siting=None, write=tuple(part for part in study.write if part in PARTS),
        parameters={**study.parameters, "scenario": told},
    )  # fmt: skip


def _plain(value: Any) -> Any:
    from pathlib import Path

    if isinstance(value, Path):
        return value.name
    return list(value) if isinstance(value, tuple) else value


def _inputs(one: Planned, inputs: Inputs) -> Inputs:
    network = inputs.network
    if one.repairs is not None:
        from walkshed.streets.repairs import apply_repairs

        network = apply_repairs(network, one.repairs)
    return replace(
        inputs, study=one.study, estates=one.estates, venues=one.venues, network=network, candidates=None, planned=()
    )  # fmt: skip


def _with_gates(walls: Walls, gates: Mapping[str, str], table: gpd.GeoDataFrame | None) -> Walls:
    """Return the walls with some gates open to everyone, or closed, at all hours."""
    if not gates:
        return walls
    from walkshed.report.gates import gates_of_walls

    ids = gates_of_walls(walls, table).index.to_numpy(dtype=object)
    doors = list(zip(walls.gates.yard.tolist(), walls.gates.node.tolist(), strict=True))
    now, said = walls.gates.open_to.copy(), walls.gates.said.copy()
    for gate, word in gates.items():
        chosen = np.isin(ids, gates_named(gate, walls, table))
        at = {door for door, mine in zip(doors, chosen.tolist(), strict=True) if mine}
        rows = [number for number, door in enumerate(doors) if door in at]
        now[rows] = word
        said[rows] = word
    return replace(walls, gates=replace(walls.gates, open_to=now, said=said))


def _venue_changes(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, date: dt.date) -> dict[str, str]:
    was = dict(zip(before.index, open_on(before, date).tolist(), strict=True))
    now = dict(zip(after.index, open_on(after, date).tolist(), strict=True))
    found = {}
    for ident in after.index:
        if ident not in was:
            found[str(ident)] = "new"
        elif was[ident] != now[ident]:
            found[str(ident)] = "opened" if now[ident] else "closed"
        elif _there(before, ident) != _there(after, ident):
            found[str(ident)] = "moved"
    return found


def _there(venues: gpd.GeoDataFrame, ident: str) -> bytes | None:
    shape = venues.geometry[ident]
    return None if shape is None or shape.is_empty else bytes(shape.wkb)
