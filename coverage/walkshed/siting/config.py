"""What a study asks of siting: the section ``[siting]`` as plain data, and what can be wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, Protocol

from walkshed.errors import Source, Text
from walkshed.siting.constraints import (
    Backup,
    Budget,
    Capacity,
    CommunityShare,
    FloorArea,
    NewSites,
    PlannedBy,
    Spacing,
    Subsidy,
)
from walkshed.siting.objectives import Lscp, Mclp, PCenter, PMedian
from walkshed.siting.proposal import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from walkshed.errors import Findings
    from walkshed.profiles import Profile
    from walkshed.siting.constraints import Constraint
    from walkshed.siting.objectives import Objective
    from walkshed.standards import Standard

Goal = Literal["cover", "fewest", "total_walk", "worst_walk"]
GOALS: dict[str, Text] = {
    "cover": Text("most demand within the standard", "达标覆盖最多"),
    "fewest": Text("fewest sites for the share asked for", "以最少点位达到目标比例"),
    "total_walk": Text("least total walk", "总步行距离最短"),
    "worst_walk": Text("least worst walk", "最远步行距离最短"),
}
"""What may be sought, and how it is called."""

NEAR_SHARE = 0.01
"""How much worse than the proposal a plan may be to count as nearly as good."""
MOST_ALTERNATIVES = 10
CURVE_BEYOND = 5
"""The curve goes so many sites beyond those asked for, unless the study says how far."""


@dataclass(frozen=True, slots=True)
class Siting:
    """What is asked for: the keys of ``[siting]`` in study.toml but for those of the table of rooms.

    Attributes
    ----------
    objective
        One of :data:`GOALS`.
    sites
        At most so many new sites; None where only money or the target limits them.
    share
        Of ``fewest``: the share of the demand that must be covered.
    standard, profile, measure
        What is near enough, for whom, and what is counted: by name; the study's first standard and profile and the
        headline's measure where blank.
    rooms
        Whether there is a table of rooms.
    buildings
        Whether plausible buildings of the street file are candidates.
    street_points_m
        Spacing of candidate points along the streets; None for none.
    gates
        Whether opening a gate counts as a site.
    budget, subsidy_budget
        Most that may be spent once, and every year, in the rooms' own currency.
    subsidy_years
        Years of subsidy counted into the price of a covered household.
    spacing_m
        Least distance between two sites, as the crow flies.
    floor_area_m2_per_100_households
        Least floor area in each community.
    community_share
        Least share covered in each community.
    times
        How many sites must be near enough for demand to count as covered.
    capacity
        ``"places"`` or ``"m2"``: a site serves no more than it has room for; ``""``: any number.
    need
        Places, or square metres, that one unit of the measure needs.
    a_year, first_year
        How many sites are opened a year, and from when.
    planned_by
        Venues planned to open by the end of this year count as open.
    near_share, alternatives
        How near the best a plan must be to be told, and how many are.
    curve
        How many sites the curve goes to; None for five more than ``sites``.
    gap, nodes, seconds
        How much the solver may do: see :class:`walkshed.siting.proposal.Limits`.

    Examples
    --------
    >>> asked = Siting(sites=3, budget=1_500_000.0)
    >>> asked.goal(), asked.constraints()
    (Mclp(), (NewSites(p=3), Budget(total=1500000.0)))
    """

    objective: Goal = "cover"
    sites: int | None = None
    share: float = 1.0
    standard: str = ""
    profile: str = ""
    measure: str = ""
    rooms: bool = True
    buildings: bool = False
    street_points_m: float | None = None
    gates: bool = False
    budget: float | None = None
    subsidy_budget: float | None = None
    subsidy_years: float = 0.0
    spacing_m: float | None = None
    floor_area_m2_per_100_households: float | None = None
    community_share: float | None = None
    times: int = 1
    capacity: Literal["", "places", "m2"] = ""
    need: float = 1.0
    a_year: int = 1
    first_year: int | None = None
    planned_by: int | None = None
    near_share: float = NEAR_SHARE
    alternatives: int = MOST_ALTERNATIVES
    curve: int | None = None
    gap: float = 0.0
    nodes: int | None = None
    seconds: float | None = None

    def goal(self, *, beyond: float | None = None) -> Objective:
        """Return the objective; ``beyond`` is what a walk that is not in the table counts as."""
        if self.objective == "fewest":
            return Lscp(self.share)
        if self.objective == "total_walk":
            return PMedian(beyond)
        return PCenter() if self.objective == "worst_walk" else Mclp()

    def constraints(self) -> tuple[Constraint, ...]:
        """Return what a plan must keep to; fixed and forbidden sites stand in the table of sites."""
        asked: list[Constraint] = []
        if self.sites is not None:
            asked.append(NewSites(self.sites))
        if self.budget is not None:
            asked.append(Budget(self.budget))
        if self.subsidy_budget is not None:
            asked.append(Subsidy(self.subsidy_budget))
        if self.spacing_m:
            asked.append(Spacing(self.spacing_m))
        if self.floor_area_m2_per_100_households:
            asked.append(FloorArea(self.floor_area_m2_per_100_households))
        if self.community_share:
            asked.append(CommunityShare(self.community_share))
        if self.times > 1:
            asked.append(Backup(self.times))
        if self.capacity:
            asked.append(Capacity(self.capacity, self.need))
        if self.planned_by is not None:
            asked.append(PlannedBy(float(self.planned_by)))
        return tuple(asked)

    def limits(self) -> Limits:
        """Return how much the solver may do."""
        return Limits(gap=self.gap, nodes=self.nodes, seconds=self.seconds)

    def curve_to(self, chosen: int) -> int:
        """Return how far the curve goes when so many sites were chosen."""
        return self.curve if self.curve is not None else chosen + CURVE_BEYOND


class _At(Protocol):
    def __call__(self, key: str, value: object = ..., /) -> Source:
        """Return the place of a key of the section."""


KEYS: tuple[str, ...] = tuple(field.name for field in fields(Siting) if field.name != "rooms")
"""The keys of the section beside those of the table of rooms (file, sheet, crs, columns)."""


def check_siting(
    siting: Siting,
    findings: Findings,
    *,
    standards: Sequence[Standard],
    profiles: Sequence[Profile],
    measures: Sequence[str] | None = None,
    at: _At | Callable[..., Source] = lambda key, value="": Source(column=key, value=str(value)),
) -> None:
    """Note every fault of the section: what cannot be asked for, and names that are not there.

    Parameters
    ----------
    siting
        The section.
    findings
        Takes the faults.
    standards, profiles
        Those of the study.
    measures
        What can be counted; None where the tables are not read yet.
    at
        Gives the place of a key for the fault: called with the key and the value.
    """
    _check_counts(siting, findings, at)
    _check_names(siting, findings, standards, profiles, measures, at)
    if not (siting.rooms or siting.buildings or siting.street_points_m or siting.gates):
        text = Text(
            "names no candidates: give a table of rooms with file, or buildings = true, or street_points_m = 100",
            "没有候选点来源：请用 file 指定候选用房表，或写 buildings = true，或 street_points_m = 100",
        )
        findings.fault("siting.no_source", text, at("file"))
    if siting.gates and (siting.times > 1 or siting.capacity):
        text = Text(
            "a gate only leads to venues that are there: it has no room of its own and is no second venue, so that gates = true"
            " does not combine with times or capacity",
            "大门只是通往已有场所，自身没有容量，也不是另一处场所；gates = true 不能与 times 或 capacity 同时使用",
        )
        findings.fault("siting.combination", text, at("gates"))
    limited = siting.sites is not None or siting.budget is not None or siting.subsidy_budget is not None
    if siting.objective != "fewest" and not limited:
        text = Text(
            'does not say how many sites: write sites = 3, or a budget, or objective = "fewest"',
            '没有说明新增数量：请写 sites = 3，或 budget，或 objective = "fewest"',
        )
        findings.fault("siting.no_limit", text, at("sites"))


_LEAST: dict[str, tuple[float, bool]] = {
    # the least value, and whether it is itself allowed
    "sites": (1, True), "budget": (0, True), "subsidy_budget": (0, True), "subsidy_years": (0, True),
    "spacing_m": (0, False), "floor_area_m2_per_100_households": (0, False), "times": (1, True), "need": (0, False),
    "a_year": (1, True), "alternatives": (0, True), "curve": (1, True), "gap": (0, True), "nodes": (0, True),
    "seconds": (0, False), "street_points_m": (10, True),
}  # fmt: skip
_MOST: dict[str, float] = {
    "near_share": 0.2,
    "share": 1,
    "community_share": 1,
    "gap": 1,
    "times": 5,
    "sites": 10_000,
}


def _check_counts(siting: Siting, findings: Findings, at: Callable[..., Source]) -> None:
    for key, (least, allowed) in _LEAST.items():
        value: Any = getattr(siting, key)
        if value is None or value > least or (allowed and value == least):
            continue
        en = f"should be {'at least' if allowed else 'above'} {least:g}, not {value:g}"
        zh = f"应{'不小于' if allowed else '大于'} {least:g}，而不是 {value:g}"
        findings.fault("siting.value", Text(en, zh), at(key, f"{value:g}"))
    for key, most in _MOST.items():
        value = getattr(siting, key)
        if value is not None and value > most:
            text = Text(f"should be at most {most:g}, not {value:g}", f"应不大于 {most:g}，而不是 {value:g}")
            findings.fault("siting.value", text, at(key, f"{value:g}"))
    for key in ("share", "community_share", "near_share"):
        value = getattr(siting, key)
        if value is not None and (value < 0 or (key == "share" and value == 0)):
            text = Text(f"is a share from 0 to 1, not {value:g}", f"应为 0 到 1 之间的比例，而不是 {value:g}")
            findings.fault("siting.value", text, at(key, f"{value:g}"))
    for key in ("first_year", "planned_by"):
        value = getattr(siting, key)
        if value is not None and not 1950 <= value <= 2200:
            text = Text(f"is no year of our time: {value}", f"年份不合理：{value}")
            findings.fault("siting.value", text, at(key, str(value)))


def _check_names(
    siting: Siting,
    findings: Findings,
    standards: Sequence[Standard],
    profiles: Sequence[Profile],
    measures: Sequence[str] | None,
    at: Callable[..., Source],
) -> None:
    asked: list[tuple[str, str, list[str], Text]] = [
        ("standard", siting.standard, [one.name for one in standards], Text("standard", "标准")),
        ("profile", siting.profile, [one.name for one in profiles], Text("profile", "步行者")),
    ]
    if measures is not None:
        asked.append(("measure", siting.measure, list(measures), Text("measure", "指标")))
    for key, name, known, what in asked:
        if not name or name in known:
            continue
        near = get_close_matches(name, known, n=1)
        en = f'; did you mean "{near[0]}"?' if near else f"; there are {', '.join(known)}"
        zh = f"；是否为“{near[0]}”？" if near else f"；可用：{'、'.join(known)}"
        text = Text(f'the study has no {what.en} "{name}"{en}', f"研究中没有{what.zh}“{name}”{zh}")
        findings.fault(f"siting.unknown_{key}", text, at(key, name))
