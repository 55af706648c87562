"""What each scenario changes of the inputs: its tables read, its venues and gates found, all faults together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from walkshed.errors import Finding, Findings, Text
from walkshed.report.gates import gates_of_walls

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import geopandas as gpd

    from walkshed.inputs import Inputs
    from walkshed.scenarios.scenario import Scenario
    from walkshed.streets.repairs import Repairs
    from walkshed.study import Study
    from walkshed.walls.walls import Walls

_MOST_NEAR = 3


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """A scenario with what it changes.

    Attributes
    ----------
    scenario
        As the study file has it.
    study
        The study, with the scenario's table of estates.
    estates, venues
        The located tables as they are in the scenario: the study's own objects where nothing changes.
    repairs
        Further corrections of the streets.
    gates
        Gates by id or name, with whom they let pass.
    notices
        What has no effect, or is in doubt.
    """

    scenario: Scenario
    study: Study
    estates: gpd.GeoDataFrame
    venues: gpd.GeoDataFrame
    repairs: Repairs | None = None
    gates: dict[str, str] = field(default_factory=dict)
    notices: tuple[Finding, ...] = ()


def planned_gates(inputs: Inputs, walls: Walls, findings: Findings) -> tuple[Planned, ...]:
    """Return the scenarios of some inputs, once it is known that there are the gates they name.

    Raises
    ------
    InputError
        A scenario names a gate that there is not; all of them are listed.
    """
    for one in inputs.planned:
        for gate, word in one.gates.items():
            key = "open_gates" if word == "everyone" else "close_gates"
            found = gates_named(gate, walls, inputs.gates)
            if not found and not _filed(gate, inputs):
                frame = gates_of_walls(walls, inputs.gates)
                names = [name for name in frame["name"] if name]
                unknown_name("gate", gate, [*frame.index, *names], one.scenario, key, findings)
            elif len(found) > 1:
                listed = ", ".join(found)
                text = Text(
                    f"{len(found)} gates have this name; write the id of one: {listed}",
                    f"有 {len(found)} 个大门同名；请写其编号：{listed}",
                )
                findings.fault("scenario.several_gates", text, one.scenario.at(key, gate))
    findings.raise_faults()
    return tuple(_without_effect(one, inputs, walls) for one in inputs.planned)


def gates_named(gate: str, walls: Walls, gates: gpd.GeoDataFrame | None) -> list[str]:
    """Return the ids of the gates that a planner means by an id or a name."""
    frame = gates_of_walls(walls, gates)
    if gate in frame.index:
        return [gate]
    return [str(one) for one in frame.index[frame["name"] == gate]]


def _without_effect(one: Planned, inputs: Inputs, walls: Walls) -> Planned:
    """Say which gates are as the scenario wants them already, or are not looked at."""
    said = []
    for gate, word in one.gates.items():
        key = "open_gates" if word == "everyone" else "close_gates"
        if one.study.policy == "open":
            text = Text(
                'has no effect: under gates = "open" no gate is looked at',
                "不起作用：gates = “open” 时不计大门",
            )
            said.append(Finding("scenario.gates_open", text, one.scenario.at(key, gate)))
            continue
        found = gates_named(gate, walls, inputs.gates)
        if not found:
            text = Text(
                "has no effect: the gate is in the table, but stands at no wall that is walked",
                "不起作用：该大门在表中，但不在任何计入的围墙上",
            )
            said.append(Finding("scenario.gate_nowhere", text, one.scenario.at(key, gate)))
            continue
        if gates_of_walls(walls, inputs.gates)["open_to"][found[0]] == word:
            text = Text(
                f"has no effect: the gate is {'open to everyone' if word == 'everyone' else 'closed'} already",
                f"不起作用：该大门本来就{'对所有人开放' if word == 'everyone' else '关闭'}",
            )
            said.append(Finding("scenario.no_effect", text, one.scenario.at(key, gate)))
    return replace(one, notices=(*one.notices, *said)) if said else one


def _filed(gate: str, inputs: Inputs) -> bool:
    """Tell whether the table of gates has this name, though it may stand at no wall."""
    table = inputs.gates
    return table is not None and "name" in table and bool((table["name"].astype(str) == gate).any())


_KINDS = {"venue": Text("venue", "场所"), "gate": Text("gate", "大门")}


def unknown_name(
    kind: str, wanted: str, known: Iterable[str], scenario: Scenario, key: str, findings: Findings
) -> None:
    """Note a venue or gate that there is not, with those that are called nearly so."""
    names = list(dict.fromkeys(str(name) for name in known))
    near = get_close_matches(wanted, names, n=_MOST_NEAR, cutoff=0.5)
    en, zh = _KINDS[kind].en, _KINDS[kind].zh
    if near:
        hint = Text(f"; did you mean {', '.join(near)}?", f"；是否为{'、'.join(near)}？")
    elif names:
        shown = names[:_MOST_NEAR]
        hint = Text(f"; there are {', '.join(shown)} …", f"；现有{'、'.join(shown)}……")
    else:
        hint = Text("; there is none", "；一个也没有")
    text = Text(f"there is no {en} with this id or name{hint.en}", f"没有编号或名称为此的{zh}{hint.zh}")
    findings.fault(f"scenario.no_{kind}", text, scenario.at(key, wanted))


def rows_named(wanted: str, frame: gpd.GeoDataFrame) -> list[str]:
    """Return the ids that a planner means by an id or a name.

    Examples
    --------
    >>> import geopandas as gpd
    >>> venues = gpd.GeoDataFrame({"name": ["中心", "食堂", "食堂"]}, index=["V1", "V2", "V3"])
    >>> rows_named("V1", venues), rows_named("食堂", venues), rows_named("图书馆", venues)
    (['V1'], ['V2', 'V3'], [])
    """
    if wanted in frame.index:
        return [wanted]
    names = frame["name"].fillna("").astype(str).str.strip()
    return [str(one) for one in frame.index[(names == wanted.strip()) & (names != "")]]


def known_names(frame: gpd.GeoDataFrame) -> Collection[str]:
    """Return every id and name of a table."""
    return [*map(str, frame.index), *(str(name) for name in frame["name"] if name)]
