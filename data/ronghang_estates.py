"""The estates of the schematic: who is called what, how many live there, walls, gates and inner ways."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ronghang_draft import rectangle
from ronghang_geometry import (
    Line,
    Point,
    add,
    area,
    at,
    centroid,
    direction,
    distance,
    hits,
    inset,
    left,
    nearest_on,
)
from ronghang_plan import CANAL

if TYPE_CHECKING:
    from ronghang_draft import Draft
    from ronghang_plan import Block, Plan

HOUSEHOLDS = 33_120
# a community's middle (metres), how many areas it has, its estates' names (invented but for a few)
COMMUNITIES: dict[str, tuple[Point, int, str]] = {
    "龙山": (
        (-1480, 1000),
        3,
        "龙坡新村 望山佳苑 松涛雅居 听松苑 翠屏里 岭下家园 枫林晚庭 云栖苑 半山小筑 隐秀园 山前一村",
    ),
    "荣巷": (
        (-420, 250),
        4,
        (
            "荣德苑一期 荣德苑二期 荣巷新村 古街小区 蚕桑里 书香名邸 百年里 "
            "荣锦花园 南荣新村 中街公寓 学前雅苑 西浜家园 转河里"
        ),
    ),
    "梅园": (
        (-1500, 80),
        4,
        "梅岭人家 暗香居 疏影苑 横塘新村 梅东小区 梅西小区 花信里 踏雪花园 寒香公寓 梅林雅苑 早春里 小桃源",
    ),
    "太康": (
        (-950, -1050),
        4,
        (
            "太康新村一期 太康新村二期 大渲北苑 蠡溪苑 湖滨人家 渔港家园 南塘公寓 "
            "采莲里 荷塘月色 碧波花园 望湖名邸 芦荻苑 仁惠里"
        ),
    ),
    "勤新": (
        (1350, 700),
        4,
        (
            "勤新花园 勤新一村 勤新二村 建设里 工运新村 东方雅苑 和畅家园 铁东小区 "
            "杏花公寓 银杏苑 勤学里 迎宾花园 同心家园 东绛苑 联丰里 春申名邸"
        ),
    ),
    "青龙山": (
        (250, 1350),
        3,
        "青龙佳苑 龙泉新村 北麓花园 青石里 迎龙苑 清泉公寓 林语华庭 山北小区 柳塘里 竹海苑",
    ),
    "新峰": (
        (900, -800),
        3,
        (
            "新峰苑 稻香新村 兴隆花园 石桥里 丰泽家园 南丰公寓 峰景名邸 锦绣苑 "
            "棠梨里 万年新村 茶场小区 金穗苑 秋实里 滨河一村 滨河二村"
        ),
    ),
}
NAMED = {
    (0, 8, 0): ("桃源人家", "old", "es"),
    (1, 8, 0): ("山语银城", "new", "ws"),
    (1, 5, 0): ("香雪苑", "mid", "ws"),
    (3, 5, 1): ("大丁佳苑", "mid", "nsw"),
    (1, 6, 0): ("梅里雅居", "new", "ew"),
    (2, 6, 1): ("山麓花园", "old", "ns"),
    (0, 6, 0): ("梅景花园", "old", "swe"),
    (1, 0, 0): ("大渲南苑", "old", "nes"),
    (5, 7, 0): ("逸泉苑", "mid", "wen"),
    (8, 1, 0): ("新峰家园", "mid", "nse"),
    (7, 6, 0): ("青龙山过渡安置房", "temporary", ""),
    (0, 1, 1): ("太康旧村", "unmapped", ""),
}
SOUTH = ("太康", "新峰")  # the communities beyond the canal
OPEN_ESTATES = {(2, 5, 0), (1, 4, 0), (4, 4, 0), (7, 5, 0), (3, 2, 0), (7, 0, 0)}
HOSTS = {"龙山": [(1, 8, 0), (1, 6, 0), (2, 6, 1)]}  # whose areas' centres stand where is part of the story
DENSITY = {"old": 78.0, "mid": 60.0, "new": 68.0, "temporary": 300.0, "unmapped": 55.0, "islet": 40.0}
AGED = {
    "old": (0.21, 0.35),
    "mid": (0.14, 0.22),
    "new": (0.10, 0.15),
    "temporary": (0.24, 0.3),
    "unmapped": (0.33, 0.38),
    "islet": (0.34, 0.38),
}
# spacing of the rows of houses, a house's length and depth, the gap between two, storeys
HOUSES = {
    "old": (36.0, 46.0, 11.0, 9.0, (5, 6, 6)),
    "mid": (47.0, 52.0, 13.0, 14.0, (6, 11, 11)),
    "new": (72.0, 30.0, 18.0, 30.0, (18, 26, 33)),
}
DOORS = {"s": "南门", "e": "东门", "n": "北门", "w": "西门"}


@dataclass
class Gate:
    """A way in: where it is, on which side, where it meets the street and the inner loop."""

    place: Point
    name: str
    street: Point
    inner: Point
    street_name: str
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Estate:
    """One estate."""

    name: str
    era: str
    ring: Line
    key: tuple[int, int, int]
    block: Block | None = None
    doors: str = ""
    gates: list[Gate] = field(default_factory=list)
    loop: Line = field(default_factory=list)
    point: Point = (0.0, 0.0)
    community: str = ""
    area: str = ""
    households: int = 0
    residents: int = 0
    aged: int = 0
    ident: str = ""

    @property
    def walled(self) -> bool:
        """Tell whether there is a wall with gates in it."""
        return self.key not in OPEN_ESTATES and self.era in HOUSES


def make_estates(plan: Plan) -> list[Estate]:
    """Make the estates: outline, era, community, area, numbers, gates."""
    rng = random.Random(2)
    estates = []
    for block in plan.blocks:
        if block.use not in "RVHTWSZX" or (block.use in "SZ" and block.part == 1):
            continue
        key = (*block.cell, block.part)
        name, era, doors = NAMED.get(key, ("", "", ""))
        roll = rng.random()
        middle = centroid(block.outline())
        era = era or ("old" if roll < 0.40 - middle[0] / 12_000 else "mid" if roll < 0.72 else "new")
        estate = Estate(name, era, block.outline(), key, block, doors)
        if era == "temporary":
            estate.ring = rectangle(add(middle, (26.0, 0.0)), 70, 56, (1.0, 0.0))
        estate.point = _point(estate, rng)
        estates.append(estate)
    islet = [(-700 + r * math.cos(a), -1985 + 0.8 * r * math.sin(a)) for a, r in _circle(50)]
    estates.append(Estate("鹭洲渔村", "islet", islet, (-1, -1, 0), point=(-700.0, -1983.0)))
    _name(estates)
    _areas(estates)
    _people(estates, rng)
    for estate in estates:
        _open_gates(estate, rng)
    return estates


def _circle(radius: float, parts: int = 14) -> list[tuple[float, float]]:
    return [(2 * math.pi * k / parts, radius * (1 + 0.12 * math.sin(k * 2.4))) for k in range(parts)]


def _point(estate: Estate, rng: random.Random) -> Point:
    middle = centroid(estate.ring)
    if estate.era not in HOUSES:
        return middle
    return add(middle, ((rng.random() - 0.5) * 50, (rng.random() - 0.5) * 50))


def _name(estates: list[Estate]) -> None:
    names = {community: iter(given.split()) for community, (_, _, given) in COMMUNITIES.items()}
    for estate in estates:
        near = [c for c in COMMUNITIES if (c in SOUTH) == (estate.key[1] < CANAL)]
        estate.community = min(near, key=lambda c, p=estate.point: distance(COMMUNITIES[c][0], p))
        estate.name = estate.name or next(names[estate.community])


def _areas(estates: list[Estate]) -> None:
    """Group each community's estates around its hosts, which lie as far apart as they can."""
    for community, (_, count, _) in COMMUNITIES.items():
        mine = [e for e in estates if e.community == community]
        able = [e for e in mine if e.era in HOUSES]
        hosts = [e for e in able if e.key in HOSTS.get(community, [])]
        hosts = hosts or [e for e in able if e.key in NAMED] or [max(able, key=lambda e: area(e.ring))]
        while len(hosts) < count:
            rest = [e for e in able if e not in hosts]
            hosts.append(max(rest, key=lambda e: min(distance(e.point, h.point) for h in hosts)))
        for estate in mine:
            host = min(hosts, key=lambda h: distance(h.point, estate.point))
            estate.area = "新峰片区" if host.name == "新峰家园" else f"{host.name}片区"


def _people(estates: list[Estate], rng: random.Random) -> None:
    raw = [area(e.ring) / 1e4 * DENSITY[e.era] * (0.8 + 0.4 * rng.random()) for e in estates]
    scale = HOUSEHOLDS / math.fsum(raw)
    for estate, value in zip(estates, raw, strict=True):
        estate.households = round(value * scale)
        size = {"old": 2.25, "new": 2.75}.get(estate.era, 2.5) * (0.94 + 0.12 * rng.random())
        estate.residents = round(estate.households * size)
        low, high = AGED[estate.era]
        estate.aged = round(estate.residents * (low + (high - low) * rng.random()))
    communities, areas = list(COMMUNITIES), list(dict.fromkeys(e.area for e in estates))
    estates.sort(key=lambda e: (communities.index(e.community), areas.index(e.area), -e.households))
    for number, estate in enumerate(estates, start=1):
        estate.ident = f"{number:03d}"


def _open_gates(estate: Estate, rng: random.Random) -> None:
    """Choose the sides with a gate and find where each meets street, wall and inner loop."""
    if estate.block is None or estate.era not in HOUSES:
        return
    ring = estate.ring
    estate.loop = inset(ring, [17.0] * len(ring))
    doors = estate.doors
    if not doors:
        able = [d for d in "sewn" if estate.block.side(d).street not in ("", "trunk")]
        start = int(rng.random() * len(able))
        wanted = 1 + (rng.random() < 0.75) + (area(ring) > 95_000) + (not estate.walled)
        doors = "".join((able[start:] + able[:start])[:wanted])
    for letter in doors:
        side = estate.block.side(letter)
        if side.street in ("", "trunk"):
            raise ValueError(f"{estate.name}: nobody can walk to a gate on side {letter}")
        place, ahead = at(side.line, 0.34 + 0.32 * rng.random())
        far = add(place, left(ahead), 120)
        wall, inner = hits([*ring, ring[0]], place, far), hits([*estate.loop, estate.loop[0]], place, far)
        if wall and inner:
            spot = add(wall[0], left(ahead), 6 * rng.random())
            estate.gates.append(Gate(spot, DOORS[letter], place, inner[0], side.name))


def draw_estate(draft: Draft, estate: Estate, rng: random.Random) -> None:
    """Draw outline, loop, gates, rows of houses and the paths between them."""
    tags = {"landuse": "residential", "residential": "apartments", "name": estate.name}
    if estate.key == (3, 2, 0):
        _as_multipolygon(draft, estate, tags)
    elif estate.key == (4, 4, 0):
        half = len(estate.ring) // 2
        parts = estate.ring[: half + 1], [*estate.ring[half:], estate.ring[0]]
        draft.relation([(draft.loose(p, {}), "outer") for p in parts], {**tags, "type": "multipolygon"})
    else:
        draft.ring(estate.ring, tags)
    if estate.era == "unmapped":
        _houses(draft, estate, HOUSES["old"], inset(estate.ring, [10.0] * len(estate.ring)), rng, paths=False)
    elif estate.era in HOUSES:
        kind = {"old": "residential", "mid": "service", "new": "service"}[estate.era]
        draft.way([*estate.loop, estate.loop[0]], {"highway": kind})
        _gate_ways(draft, estate)
        _houses(draft, estate, HOUSES[estate.era], estate.loop, rng, paths=True)


def _as_multipolygon(draft: Draft, estate: Estate, tags: dict[str, str]) -> None:
    """Draw the outline as a relation whose hole is a kindergarten."""
    hole = rectangle(add(estate.point, (0.0, -60.0)), 46, 34, (1.0, 0.0))
    yard = draft.ring(hole, {"amenity": "kindergarten", "name": "荣巷实验幼儿园（示意）"})
    outer = draft.ring(estate.ring, {})
    draft.relation([(outer, "outer"), (yard, "inner")], {**tags, "type": "multipolygon"})


def _gate_ways(draft: Draft, estate: Estate) -> None:
    for k, gate in enumerate(estate.gates):
        tags = {"highway": "service", "service": "driveway"} if k == 0 else {"highway": "footway"}
        if not estate.walled:
            draft.way([gate.street, gate.inner], {"highway": "residential" if k == 0 else "footway"})
            continue
        draft.way([gate.street, gate.place, gate.inner], tags)
        draft.mark(gate.place, {"barrier": "lift_gate" if k == 0 else "gate", **gate.tags})


def _houses(
    draft: Draft,
    estate: Estate,
    houses: tuple[float, float, float, float, tuple[int, int, int]],
    loop: Line,
    rng: random.Random,
    *,
    paths: bool,
) -> None:
    """Draw south-facing rows of houses, a path between every two rows and one across them."""
    spacing, _, deep, gap, storeys = houses
    turn = math.radians(2 + 7 * rng.random())
    u = (math.cos(turn), math.sin(turn))
    v = left(u)
    middle = centroid(loop)
    ring = [*loop, loop[0]]
    spine = hits(ring, add(middle, v, -600), add(middle, v, 600))
    if paths:
        draft.way([spine[0], spine[-1]], {"highway": "living_street" if estate.era == "new" else "service"})
    for k in range(-12, 13):
        row = _span(ring, add(middle, v, k * spacing), u)
        if paths and row and distance(*row) > 50 and rng.random() < 0.8:
            draft.way(list(row), {"highway": "footway"})
        base = (k + 0.5) * spacing
        spans = [_span(ring, add(middle, v, base + d), u) for d in (-deep / 2 - 4, deep / 2 + 4)]
        if not all(spans):
            continue
        start = max(_measure(s[0], middle, u) for s in spans if s) + 9
        end = min(_measure(s[1], middle, u) for s in spans if s) - 9
        long = min(houses[1], max(18.0, (end - start) / 2 - 12))
        x = start
        while x + long <= end:
            roll = rng.random()
            if (x > 7 or x + long < -7) and roll > 0.07:
                spot = add(add(middle, v, base), u, x + long / 2)
                levels = str(storeys[int(rng.random() * 3)])
                draft.ring(
                    rectangle(spot, long, deep, u), {"building": "apartments", "building:levels": levels}
                )
                x += long + gap
            else:
                x += 8


def _span(ring: Line, p: Point, u: Point) -> tuple[Point, Point] | None:
    found = hits(ring, add(p, u, -600), add(p, u, 600))
    return (found[0], found[-1]) if len(found) > 1 else None


def _measure(p: Point, origin: Point, u: Point) -> float:
    return (p[0] - origin[0]) * u[0] + (p[1] - origin[1]) * u[1]


def frontage(estate: Estate, letter: str, share: float, depth: float = 7.0) -> Point:
    """Return a place before an estate's wall: ``depth`` metres from the street's middle line."""
    if estate.block is None:
        return estate.point
    place, ahead = at(estate.block.side(letter).line, share)
    return add(place, left(ahead), depth)


def behind_gate(estate: Estate) -> Point:
    """Return a place inside an estate, a few steps from where its first gate meets the inner loop."""
    gate = estate.gates[0]
    loop = [*estate.loop, estate.loop[0]]
    return add(nearest_on(loop, gate.inner), direction(gate.street, gate.inner), 6)
