"""A scenario as ``study.toml`` has it: a name, and what is different."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from walkshed.errors import Findings, Source, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

CHANGES = ("open", "close", "move", "add", "open_gates", "close_gates", "repairs", "estates", "columns")
"""The keys that change something; a scenario has at least one of them."""
_LONGEST_FOLDER = 40


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is different in a scenario.

    Attributes
    ----------
    name
        Its name, on one line.
    open, close
        Ids or names of venues that are open, whatever their status and opening date say, and that are closed.
    move
        Longitude and latitude of venues that stand elsewhere, in the coordinate system of the table of venues.
    add
        A table of further venues, read as the table of venues is.
    open_gates, close_gates
        Gates open to everyone at all hours, and closed ones: ids as in ``gates.csv`` of the results, or names as in the
        table of gates.
    repairs
        Corrections of the streets that are made after those of ``[streets]``.
    estates, columns
        Another table of estates, and other columns of it: another year's households.
    cost
        What it costs, in yuan; None where nothing is said.
    folder
        The name of its folder of results.
    sources
        Where each key stands in ``study.toml``.

    Examples
    --------
    >>> Scenario("before the centre", close=("P01",)).changes
    ('close',)
    """

    name: str
    open: tuple[str, ...] = ()
    close: tuple[str, ...] = ()
    move: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    add: Path | None = None
    open_gates: tuple[str, ...] = ()
    close_gates: tuple[str, ...] = ()
    repairs: Path | None = None
    estates: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    cost: float | None = None
    folder: str = ""
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False, compare=False)

    @property
    def changes(self) -> tuple[str, ...]:
        """The keys that change something."""
        return tuple(key for key in CHANGES if getattr(self, key))

    def at(self, key: str, value: object = "") -> Source:
        """Return the place of a key in ``study.toml``."""
        known = self.sources.get(key) or Source("study.toml", column=f"[[scenarios]] {self.name} {key}")
        return replace(known, value=str(value)) if value != "" else known


def one_line(name: str) -> str:
    r"""Return a name without line breaks.

    Examples
    --------
    >>> one_line("before\n the centre ")
    'before the centre'
    """
    return " ".join(name.split())


def folder_names(names: Sequence[str]) -> list[str]:
    """Return a folder's name for each scenario, as every system takes it, no two alike.

    Examples
    --------
    >>> folder_names(["建成前 / before", "=HYPERLINK()", "建成前：before"])
    ['建成前_before', 'HYPERLINK', '建成前_before-2']
    """
    taken: set[str] = set()
    made = []
    for name in names:
        plain = re.sub(r"[^\w-]+", "_", name).strip("_")[:_LONGEST_FOLDER] or "scenario"
        unique, number = plain, 1
        # Windows and macOS do not tell capitals from small letters.
        while unique.casefold() in taken:
            number += 1
            unique = f"{plain}-{number}"
        taken.add(unique.casefold())
        made.append(unique)
    return made


def check_scenarios(
    scenarios: Sequence[Scenario], findings: Findings, *, at: Callable[[int, str, str], Source]
) -> None:
    """Note every fault that a scenario has in itself: a name that stands twice, nothing that changes, opened and closed.

    Parameters
    ----------
    scenarios
        In the order of the file.
    findings
        Takes the faults.
    at
        Gives the place of a scenario's key: its number, the key, the value.
    """
    for number, one in enumerate(scenarios):
        twins = [other for other in scenarios[:number] if other.name.casefold() == one.name.casefold()]
        if twins:
            text = Text(f'two scenarios are called "{one.name}"', f"有两个情景都叫“{one.name}”")
            findings.fault("scenario.twice", text, at(number, "name", ""))
        if not one.changes:
            text = Text(
                f'"{one.name}" changes nothing; write what is different: {", ".join(CHANGES)}',
                f"“{one.name}”没有任何变化；请写明变化：{'、'.join(CHANGES)}",
            )
            findings.fault("scenario.empty", text, at(number, "name", ""))
        for first, second in (("open", "close"), ("open_gates", "close_gates")):
            for both in sorted({*getattr(one, first)} & {*getattr(one, second)}):
                text = Text(
                    f'"{both}" is both in {first} and in {second}; keep one of them',
                    f"“{both}”同时写在 {first} 和 {second} 中，只保留一处",
                )
                findings.fault("scenario.both", text, at(number, second, both))
        if one.cost is not None and one.cost < 0:
            text = Text("a cost should be 0 or more, in yuan", "费用应为 0 或更大的数，单位为元")
            findings.fault("scenario.cost", text, at(number, "cost", f"{one.cost:g}"))
