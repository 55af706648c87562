"""The schematic district on paper: arterial lines, blocks between them, what stands in each block.

Everything here is invented. Only the names of the communities and of a few estates are real; where
they really lie is not known, and nothing here says it.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from itertools import pairwise

from ronghang_geometry import Line, Point, area, at, bend, centroid, distance, inset, length, piece

X_LINES = (-2000, -1610, -1180, -740, -300, 150, 520, 600, 1010, 1450, 1960)
Y_LINES = (-1500, -1130, -760, -380, -295, 110, 520, 930, 1400, 1930)
RAIL, CANAL = 6, 3  # the thin column between x-lines 6 and 7, the thin row between y-lines 3 and 4

# class and name of every line's street, from west to east and from south to north
X_STREETS = (
    ("tertiary", "龙山西路"),
    ("secondary", "梅园路"),
    ("unclassified", "香雪路"),
    ("primary", "鸿桥路"),
    ("tertiary", "荣巷中街"),
    ("secondary", "青祁路"),
    ("unclassified", "铁西路"),
    ("tertiary", "铁东路"),
    ("trunk", "蠡湖大道"),
    ("tertiary", "太康路"),
    ("secondary", "勤新路"),
)
Y_STREETS = (
    ("tertiary", "环湖路"),
    ("secondary", "大渲路"),
    ("tertiary", "太康南路"),
    ("residential", "沿河南路"),
    ("residential", "沿河北路"),
    ("primary", "梁清路"),
    ("tertiary", "荣兴路"),
    ("primary", "梁溪路"),
    ("secondary", "龙山路"),
    ("tertiary", "山北路"),
)
# where a line has no street: few crossings of canal and railway, the hill, and blocks grown together
NO_STREET = {
    *(("x", i, CANAL) for i in (0, 2, 4, 6, 7, 9)),
    *(("y", j, RAIL) for j in (2, 3, 4, 6, 7, 9)),
    *(("x", i, j) for i in (3, 4) for j in (7, 8)),
    *(("y", 8, i) for i in (2, 3, 4)),
    ("x", 2, 1),
    ("x", 4, 0),
    ("x", 6, 2),
    ("x", 6, 7),
    ("x", 9, 5),
    ("x", 9, 0),
    ("y", 6, 1),
    ("y", 2, 3),
    ("y", 2, 9),
    ("y", 6, 8),
}
BRIDGED = {("y", 8, RAIL), *(("x", i, CANAL) for i in (1, 3, 5, 8, 10))}
TUNNELLED = {("y", 1, RAIL), ("y", 5, RAIL)}

# What stands in the blocks, from north to south, columns from west to east (the railway left out).
# R one estate; V two side by side with a street between; H one above the other; T three; W two with
# only a wall between; S a school beside an estate; Z shops beside an estate; I works; P a park;
# K the plaza; X a building site with temporary housing; ^ the hill
BLOCKS = (
    "H V ^ ^ ^ R I R S",
    "R S ^ ^ ^ V H Z R",
    "V R H Z V R X V R",
    "S V R V P T R W Z",
    "R H S V R K V R P",
    "R V Z S H W I S V",
    "V R P R V S R R H",
    "P R S R R P R P R",
)
SETBACK = {"primary": 25.0, "trunk": 24.0, "secondary": 20.0, "tertiary": 17.0, "": 3.0}
CUT_NAMES = """
桃园巷 松涛路 隐秀路 听蝉巷 锦园路 学前里 蚕桑路 渔港路 花信巷 仁惠路 丁巷 和畅路
劝学路 梅里路 清泉路 吟苑路 书香路 荷塘路 石桥路 杏花路 兴隆路 柳塘路 荣德路 迎龙路
南塘路 采莲路 万年路 茶场路 望湖路 青石路 新峰路 东绛路 稻香路 银杏路 建设里 工运路
"""


@dataclass
class Side:
    """One side of a block: its line, and the class and name of the street on it ('' for none)."""

    line: Line
    street: str = ""
    name: str = ""

    def part(self, start: float, end: float) -> Side:
        """Return the part between two shares of the length."""
        total = length(self.line)
        return Side(piece(self.line, start * total, end * total), self.street, self.name)


@dataclass
class Block:
    """A piece of land with four sides: south and north run eastwards, west and east northwards."""

    south: Side
    east: Side
    north: Side
    west: Side
    use: str = ""
    cell: tuple[int, int] = (0, 0)
    part: int = 0

    def outline(self, setback: float | None = None) -> Line:
        """Return the open ring, counter-clockwise, inside the streets by their setback."""
        ring, by = [], []
        for side, turned in ((self.south, 1), (self.east, 1), (self.north, -1), (self.west, -1)):
            points = side.line[::turned]
            ring += points[:-1]
            depth = SETBACK.get(side.street, 13.0) if setback is None else setback
            by += [depth] * (len(points) - 1)
        return inset(ring, by)

    def side(self, name: str) -> Side:
        """Return a side by its first letter, running counter-clockwise around the block."""
        side = {"s": self.south, "e": self.east, "n": self.north, "w": self.west}[name]
        return Side(side.line[::-1], side.street, side.name) if name in "nw" else side

    def cut(self, way: str, start: float, end: float, street: Side) -> tuple[Block, Block]:
        """Cut in two: 'v' gives west and east, 'h' south and north; ``street`` gets the line."""
        first, second = (self.south, self.north) if way == "v" else (self.west, self.east)
        street.line = _wavy(at(first.line, start)[0], at(second.line, end)[0])
        lows = first.part(0, start), second.part(0, end)
        highs = first.part(start, 1), second.part(end, 1)
        if way == "v":
            return (
                Block(lows[0], street, lows[1], self.west, self.use, self.cell, 0),
                Block(highs[0], self.east, highs[1], street, self.use, self.cell, 1),
            )
        return (
            Block(self.south, lows[1], street, lows[0], self.use, self.cell, 0),
            Block(street, highs[1], self.north, highs[0], self.use, self.cell, 1),
        )


@dataclass
class Plan:
    """The lines' edges, the blocks and the streets that cut them."""

    edges: dict[tuple[str, int, int], Line] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    cuts: list[Side] = field(default_factory=list)
    hill: Line = field(default_factory=list)

    def street(self, key: tuple[str, int, int]) -> tuple[str, str]:
        """Return class and name of an edge's street, '' where there is none."""
        if key in NO_STREET:
            return "", ""
        return (X_STREETS if key[0] == "x" else Y_STREETS)[key[1]]

    def side_of(self, key: tuple[str, int, int]) -> Side:
        """Return an edge as a block's side."""
        return Side(self.edges[key], *self.street(key))


def warp(x: float, y: float) -> Point:
    """Bend and turn the grid so that no street is straight."""
    u = x + 55 * math.sin(y / 820 + 0.6) + 28 * math.sin(x / 610 + y / 1300)
    v = y + 75 * math.sin(x / 900 - 0.4) + 28 * math.sin(x / 430 + 1.1) + 40
    turn = math.radians(6)
    return u * math.cos(turn) - v * math.sin(turn), u * math.sin(turn) + v * math.cos(turn)


def _wavy(a: Point, b: Point) -> Line:
    """Return a gently bent line."""
    middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
    bow = 0.035 * math.sin(a[0] / 37 + a[1] / 53)
    middle = (middle[0] - (b[1] - a[1]) * bow, middle[1] + (b[0] - a[0]) * bow)
    return [p for k, edge in enumerate(bend([a, middle, b])) for p in edge[bool(k) :]]


def make_plan() -> Plan:
    """Lay out the lines, fill the blocks and cut them."""
    rng = random.Random(83)
    plan = Plan()
    nodes = {}
    for j, y in enumerate(Y_LINES):
        for i, x in enumerate(X_LINES):
            dx, dy = (rng.random() - 0.5) * 56, (rng.random() - 0.5) * 56
            if i == RAIL + 1:  # the thin strips keep their width
                dx = nodes[i - 1, j][2]
            if j == CANAL + 1:
                dy = nodes[i, j - 1][3]
            nodes[i, j] = (*warp(x + dx, y + dy), dx, dy)
    for i in range(len(X_LINES)):
        for j, edge in enumerate(bend([nodes[i, j][:2] for j in range(len(Y_LINES))])):
            plan.edges["x", i, j] = edge
    for j in range(len(Y_LINES)):
        for i, edge in enumerate(bend([nodes[i, j][:2] for i in range(len(X_LINES))])):
            plan.edges["y", j, i] = edge
    _fill(plan, rng)
    plan.hill = _hill(plan)
    return plan


def _fill(plan: Plan, rng: random.Random) -> None:
    columns = [i for i in range(len(X_LINES) - 1) if i != RAIL]
    rows = [j for j in range(len(Y_LINES) - 1) if j != CANAL]
    names = iter(CUT_NAMES.split())
    for j, line in zip(reversed(rows), BLOCKS, strict=True):
        for i, use in zip(columns, line.split(), strict=True):
            keys = ("y", j, i), ("x", i + 1, j), ("y", j + 1, i), ("x", i, j)
            block = Block(*(plan.side_of(key) for key in keys), use, (i, j))
            plan.blocks += _divided(block, plan, rng, names)


def _divided(block: Block, plan: Plan, rng: random.Random, names: object) -> list[Block]:
    start, end = 0.5 + (rng.random() - 0.5) * 0.2, 0.5 + (rng.random() - 0.5) * 0.2

    def street(kind: str = "residential") -> Side:
        side = Side([], kind, next(names) if kind else "")  # type: ignore[call-overload]
        if kind:
            plan.cuts.append(side)
        return side

    if block.use in "VT":
        west, east = block.cut("v", start, end, street("unclassified" if block.use == "V" else "tertiary"))
        if block.use == "V":
            return [west, east]
        low, high = east.cut("h", end, start, street())
        low.part, high.part = 1, 2
        return [west, low, high]
    if block.use == "W":
        return list(block.cut("v", start, end, street("")))
    if block.use in "HS":
        return list(block.cut("h", start, end, street("residential" if block.use == "H" else "")))
    if block.use == "Z":
        return list(block.cut("h", 0.68, 0.7, street("living_street")))
    return [block]


def _hill(plan: Plan) -> Line:
    """Return the hill's foot: the hill's blocks, drawn in and made uneven."""
    keys = [("y", 7, i) for i in (2, 3, 4)] + [("x", 5, j) for j in (7, 8)]
    back = [("y", 9, i) for i in (4, 3, 2)] + [("x", 2, j) for j in (8, 7)]
    ring = [p for key in keys for p in plan.edges[key][:-1]]
    ring += [p for key in back for p in plan.edges[key][:0:-1]]
    depth = [48 + 22 * math.sin(k * 1.7) + 14 * math.sin(k * 0.63) for k in range(len(ring))]
    ring = inset(ring, depth)
    corners = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in pairwise([*ring, ring[0]])]
    return [p for p, q in zip(corners, ring, strict=True) if distance(p, q) > 1]


def extent(block: Block) -> tuple[Point, float]:
    """Return a block's centre and area inside its setbacks."""
    ring = block.outline()
    return centroid(ring), area(ring)
