"""Siting by trying everything: the definitions of the models, in plain Python, for small problems."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field

from walkshed.siting import (
    Backup,
    Budget,
    Capacity,
    CommunityShare,
    Fixed,
    FloorArea,
    Forbidden,
    NewSites,
    NotThese,
    PlannedBy,
    Spacing,
    Subsidy,
)

EPS = 1e-9


@dataclass
class Town:
    """A small problem as plain lists; ``walk[i][j]`` is None where there is no way."""

    walk: list[list[float | None]]
    weight: list[float]
    limit: float
    status: list[str]
    cost: list[float]
    subsidy: list[float]
    capacity: list[float]
    area: list[float]
    site_community: list[str]
    year: list[float]
    spot: list[tuple[float, float]]  # metres
    community: list[str]
    households: list[float] = field(default_factory=list)

    @property
    def n(self) -> int:
        return len(self.weight)

    @property
    def m(self) -> int:
        return len(self.status)

    def covers(self, i: int, j: int) -> bool:
        walk = self.walk[i][j]
        return walk is not None and walk <= self.limit


def one(constraints, kind):
    return next((c for c in constraints if isinstance(c, kind)), None)


def free_and_open(town: Town, constraints) -> tuple[list[int], list[int], set[int]]:
    status = list(town.status)
    for c in constraints:
        if isinstance(c, Fixed):
            for j in c.sites:
                status[int(j)] = "fixed"
        if isinstance(c, Forbidden):
            for j in c.sites:
                status[int(j)] = "forbidden"
    planned = one(constraints, PlannedBy)
    is_open = [
        j
        for j in range(town.m)
        if town.status[j] == "existing"
        or (planned is not None and town.status[j] == "planned" and town.year[j] <= planned.year)
    ]
    free = [j for j in range(town.m) if status[j] in {"candidate", "fixed"} and j not in is_open]
    return free, is_open, {j for j in free if status[j] == "fixed"}


def keeps_rules(town: Town, constraints, new: tuple[int, ...], is_open: list[int], fixed: set[int]) -> bool:  # noqa: C901, PLR0911, PLR0912 - one branch a rule
    if not fixed <= set(new):
        return False
    for c in constraints:
        if isinstance(c, NewSites) and len(new) > c.p:
            return False
        if isinstance(c, Budget) and sum(town.cost[j] for j in new) > c.total + EPS:
            return False
        if isinstance(c, Subsidy) and sum(town.subsidy[j] for j in new) > c.per_year + EPS:
            return False
        if isinstance(c, Spacing):
            for a in new:
                for b in [*new, *is_open]:
                    if a != b and math.dist(town.spot[a], town.spot[b]) < c.metres:
                        return False
        if isinstance(c, FloorArea):
            for name in {x for x in town.community if x}:
                homes = sum(
                    h for h, where in zip(town.households, town.community, strict=True) if where == name
                )
                area = sum(town.area[j] for j in [*new, *is_open] if town.site_community[j] == name)
                if area < c.m2_per_100_households * homes / 100 - EPS:
                    return False
        if isinstance(c, NotThese) and any(set(new) == {int(j) for j in part} for part in c.sets):
            return False
    return True


def shares_hold(town: Town, constraints, covered: list[bool]) -> bool:
    c = one(constraints, CommunityShare)
    if c is None:
        return True
    for name in {x for x in town.community if x}:
        mine = [i for i in range(town.n) if town.community[i] == name]
        total = sum(town.weight[i] for i in mine)
        if sum(town.weight[i] for i in mine if covered[i]) < c.share * total - EPS:
            return False
    return True


def value(town: Town, objective: str, constraints, chosen: list[int], *, share=1.0, beyond=None, usable=()):  # noqa: C901, PLR0911 - one branch an objective
    """Return the value of a set of open sites, None if it is no plan (rules on sites apart)."""
    capacity = one(constraints, Capacity)
    if capacity is not None:
        return with_capacity(town, objective, constraints, chosen, share=share, beyond=beyond, usable=usable)
    backup = one(constraints, Backup)
    times = backup.times if backup else 1
    covered = [sum(town.covers(i, j) for j in chosen) >= times for i in range(town.n)]
    if not shares_hold(town, constraints, covered):
        return None
    total = sum(w for w, c in zip(town.weight, covered, strict=True) if c)
    if objective == "mclp":
        return total
    if objective == "lscp":
        if share == 1.0:
            return 0 if all(c or w == 0 for w, c in zip(town.weight, covered, strict=True)) else None
        return 0 if total >= share * sum(town.weight) - EPS else None
    walks = []
    for i in range(town.n):
        if town.weight[i] == 0:
            continue
        mine = sorted(town.walk[i][j] for j in chosen if town.walk[i][j] is not None)
        ever = sum(town.walk[i][j] is not None for j in usable)
        if objective == "p_median" and beyond is not None:
            walks.append((town.weight[i], min([beyond, *mine])))
        elif ever < times:
            continue
        elif len(mine) < times:
            return None
        else:
            walks.append((town.weight[i], mine[times - 1]))
    if objective == "p_median":
        return sum(w * d for w, d in walks)
    return max((d for _w, d in walks), default=0.0)


def with_capacity(town: Town, objective: str, constraints, chosen, *, share, beyond, usable):  # noqa: C901, PLR0912 - the definitions side by side
    """Try every assignment of whole estates."""
    c = one(constraints, Capacity)
    room = {j: (town.capacity[j] if c.of == "places" else town.area[j]) / c.per_weight for j in chosen}
    best = None
    rows = [i for i in range(town.n) if town.weight[i] > 0]
    within = objective in {"mclp", "lscp"}
    options = []
    for i in rows:
        ways: list[int | None] = [
            j for j in chosen if town.walk[i][j] is not None and (town.covers(i, j) or not within)
        ]
        ever = any(town.walk[i][j] is not None for j in usable)
        must = (
            (objective == "lscp" and share == 1.0)
            or (objective == "p_center" and ever)
            or (objective == "p_median" and beyond is None and ever)
        )
        options.append(ways if must else [*ways, None])
    for assigned in itertools.product(*options):
        load: dict[int, float] = {}
        for i, j in zip(rows, assigned, strict=True):
            if j is not None:
                load[j] = load.get(j, 0.0) + town.weight[i]
        if any(load[j] > room[j] + EPS for j in load):
            continue
        covered = [False] * town.n
        for i, j in zip(rows, assigned, strict=True):
            covered[i] = j is not None and town.covers(i, j)
        if not shares_hold(town, constraints, covered):
            continue
        got = sum(town.weight[i] for i, j in zip(rows, assigned, strict=True) if j is not None)
        if objective == "mclp":
            this, better = got, max
        elif objective == "lscp":
            if share < 1.0 and got < share * sum(town.weight) - EPS:
                continue
            this, better = 0, min
        else:
            walk = [
                (town.weight[i], None if j is None else town.walk[i][j])
                for i, j in zip(rows, assigned, strict=True)
            ]
            if objective == "p_median":
                paid = [(w, d) for w, d in walk if d is not None or beyond is not None]
                this = sum(
                    w * (beyond if d is None else d if beyond is None else min(beyond, d)) for w, d in paid
                )
            else:
                this = max((d for _w, d in walk if d is not None), default=0.0)
            better = min
        best = this if best is None else better(best, this)
    return best


def best_plan(town: Town, objective: str, constraints, *, share=1.0, beyond=None):
    """Return the best value over all sets of sites, None where there is no plan."""
    free, is_open, fixed = free_and_open(town, constraints)
    best = None
    spacing = one(constraints, Spacing)
    if spacing is not None:  # a free site too close to an open one is no site at all
        free = [
            j for j in free if all(math.dist(town.spot[j], town.spot[b]) >= spacing.metres for b in is_open)
        ]
    for size in range(len(free) + 1):
        for new in itertools.combinations(free, size):
            if not keeps_rules(town, constraints, new, is_open, fixed):
                continue
            got = value(
                town,
                objective,
                constraints,
                [*new, *is_open],
                share=share,
                beyond=beyond,
                usable=[*free, *is_open],
            )
            if got is None:
                continue
            got = len(new) if objective == "lscp" else got
            better = max if objective == "mclp" else min
            best = got if best is None else better(best, got)
    return best
