"""Refuse: what cannot be asked, or not of these data, said in sentences before anything is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Findings, Source, Text
from walkshed.siting.constraints import (
    Backup,
    Budget,
    Capacity,
    CommunityShare,
    Constraint,
    Fixed,
    FloorArea,
    Forbidden,
    NewSites,
    NotThese,
    PlannedBy,
    Spacing,
    Subsidy,
)
from walkshed.siting.rules import SLACK, close_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from walkshed.siting.objectives.goals import Objective
    from walkshed.siting.problem import Problem

SEVERAL = (Fixed, Forbidden, NotThese)
"""Constraints that may stand in the list more than once."""

_NAMES = {
    NewSites: Text("a number of new sites", "新设施数量"),
    Fixed: Text("fixed sites", "必选点"),
    Forbidden: Text("forbidden sites", "禁选点"),
    PlannedBy: Text("planned sites by year", "按年份的规划点"),
    Capacity: Text("capacity", "容量"),
    Backup: Text("backup coverage", "重复覆盖"),
    Spacing: Text("spacing", "最小间距"),
    Budget: Text("a budget", "建设预算"),
    Subsidy: Text("a yearly subsidy", "年度补贴"),
    FloorArea: Text("floor area per 100 households", "百户建筑面积"),
    CommunityShare: Text("a share of each community", "各社区覆盖下限"),
    NotThese: Text("excluded plans", "排除的方案"),
}


def combines(objective: str, kind: type, *, with_capacity: bool = False, standards: int = 1) -> Text | None:
    """Return why an objective and a constraint do not combine, or None if they do.

    Examples
    --------
    >>> combines("p_median", Backup).en
    'least total walk counts the nearest site only, so it does not combine with backup coverage; use p_center or mclp'
    >>> combines("mclp", Backup) is None
    True
    """
    if kind is Backup and objective == "p_median":
        return Text(
            "least total walk counts the nearest site only, so it does not combine with backup coverage; use p_center or mclp",
            "总步行最短只计最近的点，不能与重复覆盖同时使用；请改用 p_center 或 mclp",
        )
    if kind is Backup and with_capacity:
        return Text(
            "with capacity an estate goes to one site as a whole, so it cannot be covered twice; leave out one of the two",
            "有容量限制时一个小区整体归入一个点，不能同时要求重复覆盖；请去掉其中一项",
        )
    if kind is Capacity and standards > 1:
        return Text(
            "capacity is shared by all who come, so it takes one standard; solve standard by standard",
            "容量由所有使用者共用，只能采用一个标准；请按标准分别求解",
        )
    return None


def check(problem: Problem, objective: Objective, constraints: Sequence[Constraint]) -> None:
    """Raise one error with every reason why this cannot be asked.

    Raises
    ------
    walkshed.errors.InputError
        What does not combine; p larger than the candidates; a budget below the cheapest; fixed sites that break
        the budget, p or the spacing; blank costs, capacities or positions where they are needed; no
        candidate within reach of anyone.
    """
    findings = Findings()
    _combinations(problem, objective, constraints, findings)
    status = _statuses(problem, constraints, findings)
    findings.raise_faults()
    year = next((one.year for one in constraints if isinstance(one, PlannedBy)), None)
    open_anyway = problem.open_sites(year)
    free = np.setdiff1d(np.flatnonzero(np.isin(status, ["candidate", "fixed"])), open_anyway)
    fixed = np.setdiff1d(np.flatnonzero(status == "fixed"), open_anyway)
    _planned_years(problem, findings, year)
    _numbers(objective, constraints, free, fixed, findings)
    _money(problem, constraints, free, fixed, findings)
    _columns(problem, constraints, free, open_anyway, findings)
    _spacing(problem, constraints, fixed, open_anyway, findings)
    _communities(problem, constraints, findings)
    _reach(problem, free, open_anyway, findings)
    findings.raise_faults()


def _combinations(
    problem: Problem, objective: Objective, constraints: Sequence[Constraint], findings: Findings
) -> None:
    kinds = [type(one) for one in constraints]
    for kind in dict.fromkeys(kinds):
        if kind not in _NAMES:
            raise TypeError(f"{kind.__name__} is no constraint")
        name = _NAMES[kind]
        if kinds.count(kind) > 1 and kind not in SEVERAL:
            text = Text(f"{name.en} is asked for more than once", f"“{name.zh}”重复给出")
            findings.fault("siting.twice", text)
        why = combines(objective.name, kind, with_capacity=Capacity in kinds, standards=len(problem.criteria))
        if why is not None:
            findings.fault("siting.combination", why)
    bounded = {NewSites, Budget, Subsidy} & set(kinds)
    if objective.name != "lscp" and not bounded:
        findings.fault(
            "siting.unbounded",
            Text(
                "nothing limits how many sites open; give a number of new sites, a budget or a yearly subsidy",
                "没有限制新设施数量；请给出新设施数量、建设预算或年度补贴",
            ),
        )


def _statuses(problem: Problem, constraints: Sequence[Constraint], findings: Findings) -> NDArray[np.object_]:
    status = problem.sites.status.copy()
    known = {one: at for at, one in enumerate(problem.sites.ids)}
    for kind, word in ((Fixed, "fixed"), (Forbidden, "forbidden"), (NotThese, "")):
        for one in constraints:
            if not isinstance(one, kind):
                continue
            ids = [j for part in one.sets for j in part] if isinstance(one, NotThese) else list(one.sites)
            for j in ids:
                if j not in known:
                    text = Text(f"there is no site {j}", f"没有编号为 {j} 的备选点")
                    findings.fault("siting.unknown_site", text, Source(value=str(j)))
                elif word == "forbidden" and status[known[j]] == "fixed":
                    text = Text(f"site {j} is both fixed and forbidden", f"点 {j} 既必选又禁选")
                    findings.fault("siting.fixed_forbidden", text)
                elif word:
                    status[known[j]] = word
    return status


def _planned_years(problem: Problem, findings: Findings, year: float | None) -> None:
    blank = (problem.sites.status == "planned") & np.isnan(problem.sites.year)
    if year is not None and blank.any():
        ids = some_ids(problem, np.flatnonzero(blank))
        findings.fault(
            "siting.no_year",
            Text(f"planned sites without a year: {ids}", f"规划点没有年份：{ids}"),
            Source(column="year"),
        )


def _numbers(
    objective: Objective,
    constraints: Sequence[Constraint],
    free: NDArray[np.int64],
    fixed: NDArray[np.int64],
    findings: Findings,
) -> None:
    for one in constraints:
        if not isinstance(one, NewSites):
            continue
        if one.p > len(free):
            findings.fault(
                "siting.p_too_large",
                Text(
                    f"{one.p} new sites are asked for, but only {len(free)} may be chosen",
                    f"要求新设 {one.p} 处，但可选的点只有 {len(free)} 个",
                ),
            )
        if one.p < len(fixed):
            findings.fault(
                "siting.fixed_over_p",
                Text(
                    f"{len(fixed)} sites are fixed, but only {one.p} new sites are allowed",
                    f"必选点有 {len(fixed)} 个，但只允许新设 {one.p} 处",
                ),
            )
    if not len(free) and objective.name != "mclp":
        text = Text("there is no site to choose from", "没有可选的点")
        findings.fault("siting.no_candidates", text)


def _money(
    problem: Problem,
    constraints: Sequence[Constraint],
    free: NDArray[np.int64],
    fixed: NDArray[np.int64],
    findings: Findings,
) -> None:
    for one in constraints:
        if isinstance(one, Budget):
            amount, total, column, name = problem.sites.cost, one.total, "cost", _NAMES[Budget]
        elif isinstance(one, Subsidy):
            amount, total, column, name = (
                problem.sites.subsidy_per_year, one.per_year, "subsidy_per_year", _NAMES[Subsidy],
            )  # fmt: skip
        else:
            continue
        blank = free[np.isnan(amount[free])]
        if len(blank):
            ids = some_ids(problem, blank)
            findings.fault(
                "siting.blank_amount",
                Text(
                    f"{name.en} needs the {column} of every candidate; blank: {ids}",
                    f"“{name.zh}”要求每个备选点填写 {column}；空白：{ids}",
                ),
                Source(column=column),
            )
            continue
        must = float(amount[fixed].sum())
        if must > total * (1 + SLACK):
            findings.fault(
                "siting.fixed_over_budget",
                Text(
                    f"the fixed sites alone need {must:,.6g}, more than {name.en} of {total:,.6g}",
                    f"仅必选点就需要 {must:,.6g}，超过{name.zh} {total:,.6g}",
                ),
            )
        elif len(free) and amount[free].min() > total * (1 + SLACK):
            cheapest = float(amount[free].min())
            findings.fault(
                "siting.budget_too_small",
                Text(
                    f"{name.en} of {total:,.6g} is below the cheapest candidate ({cheapest:,.6g})",
                    f"{name.zh} {total:,.6g} 低于最便宜的备选点（{cheapest:,.6g}）",
                ),
            )


def _columns(
    problem: Problem,
    constraints: Sequence[Constraint],
    free: NDArray[np.int64],
    open_anyway: NDArray[np.int64],
    findings: Findings,
) -> None:
    needed = np.concatenate([free, open_anyway])
    for one in constraints:
        if isinstance(one, Capacity):
            column = "capacity" if one.of == "places" else "floor_area_m2"
        elif isinstance(one, Spacing):
            column = "lon"
        else:
            continue
        values = getattr(problem.sites, column)
        blank = needed[np.isnan(values[needed])]
        if len(blank):
            ids, name = some_ids(problem, blank), _NAMES[type(one)]
            findings.fault(
                "siting.blank_column",
                Text(
                    f"{name.en} needs {column} of every site; blank (write inf for no limit): {ids}"
                    if column != "lon"
                    else f"{name.en} needs the place (lon, lat) of every site; blank: {ids}",
                    f"“{name.zh}”要求每个点填写 {column}；空白：{ids}",
                ),
                Source(column=column),
            )


def _spacing(
    problem: Problem,
    constraints: Sequence[Constraint],
    fixed: NDArray[np.int64],
    open_anyway: NDArray[np.int64],
    findings: Findings,
) -> None:
    for one in constraints:
        if not isinstance(one, Spacing) or np.isnan(problem.sites.lon[fixed]).any():
            continue
        everyone = np.concatenate([fixed, open_anyway])
        if np.isnan(problem.sites.lon[everyone]).any():
            continue
        for a, b in close_pairs(problem, everyone, one.metres).tolist():
            if a < len(fixed):
                left, right = problem.sites.ids[everyone[a]], problem.sites.ids[everyone[b]]
                findings.fault(
                    "siting.fixed_too_close",
                    Text(
                        f"fixed site {left} is closer than {one.metres:g} m to {right}",
                        f"必选点 {left} 与 {right} 的距离小于 {one.metres:g} 米",
                    ),
                )


def _communities(problem: Problem, constraints: Sequence[Constraint], findings: Findings) -> None:
    known = {name for name in problem.demand.community.tolist() if name}
    for one in constraints:
        if isinstance(one, FloorArea) and np.isnan(problem.demand.households).all():
            text = Text(
                "floor area per 100 households needs the households of the demand",
                "百户建筑面积要求需求表有户数",
            )
            findings.fault("siting.no_households", text, Source(column="households"))
        if isinstance(one, FloorArea | CommunityShare) and not known:
            name = _NAMES[type(one)]
            text = Text(f"{name.en} needs the community of the demand", f"“{name.zh}”要求需求表有社区")
            findings.fault("siting.no_community", text, Source(column="community"))
        named = one.communities if isinstance(one, FloorArea) else ()
        named = tuple(one.by_community or ()) if isinstance(one, CommunityShare) else named
        for name_ in named:
            if name_ not in known:
                text = Text(f"there is no community {name_} in the demand", f"需求表中没有社区“{name_}”")
                findings.fault("siting.unknown_community", text, Source(value=name_))


def _reach(
    problem: Problem, free: NDArray[np.int64], open_anyway: NDArray[np.int64], findings: Findings
) -> None:
    usable = np.zeros(problem.m, dtype=bool)
    usable[free] = usable[open_anyway] = True
    weighs = np.any([one.weights > 0 for one in problem.criteria], axis=0)
    at = problem.indptr
    for j in np.flatnonzero(usable):
        if weighs[problem.rows[at[j] : at[j + 1]]].any():
            return
    findings.fault(
        "siting.no_reach",
        Text(
            "no site that could be open is within reach of anyone; look at the standard, and at where the candidates are",
            "没有任何可用的点在任何人的步行范围内；请检查标准与备选点位置",
        ),
    )


def some_ids(problem: Problem, sites: NDArray[np.int64], most: int = 5) -> str:
    """Return the ids of the first few sites, and how many there are."""
    shown = ", ".join(str(one) for one in problem.sites.ids[sites[:most]])
    return shown + (f" … ({len(sites)})" if len(sites) > most else "")
