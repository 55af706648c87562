"""What lies between the streets: hill, lake, parks, square, works, schools and shops."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from ronghang_draft import rectangle
from ronghang_geometry import (
    Line,
    Point,
    add,
    area,
    at,
    beside,
    centroid,
    direction,
    distance,
    inset,
    left,
    length,
    nearest_on,
    piece,
    rounded,
)

if TYPE_CHECKING:
    from ronghang_draft import Draft
    from ronghang_plan import Block, Plan

from ronghang_streets import (
    chain,
    draw_canal_and_rail,
    draw_crossings_by_foot,
    draw_motorway,
    draw_sidewalks,
    draw_streets,
)


def draw_city(draft: Draft, plan: Plan) -> None:
    """Draw everything but the estates."""
    draw_streets(draft, plan)
    draw_sidewalks(draft, plan)
    draw_motorway(draft, plan)
    draw_canal_and_rail(draft, plan)
    draw_crossings_by_foot(draft, plan)
    draw_hill(draft, plan)
    draw_lake(draft, plan)
    for block in plan.blocks:
        drawer = {"P": draw_park, "K": draw_plaza, "I": draw_works, "X": draw_site}.get(block.use)
        if drawer:
            drawer(draft, block)
        elif block.use == "S" and block.part == 1:
            draw_school(draft, block)
        elif block.use == "Z" and block.part == 1:
            draw_shops(draft, block)


def winding(a: Point, b: Point, swing: float, turns: float, parts: int = 14) -> Line:
    """Return a winding path."""
    across = left(direction(a, b))
    line = []
    for k in range(parts + 1):
        t = k / parts
        p = (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t)
        line.append(add(p, across, swing * math.sin(turns * math.pi * t) * math.sin(math.pi * t) ** 0.5))
    return line


def draw_hill(draft: Draft, plan: Plan) -> None:
    """Draw the wood, a path round the hill, four ways up with flights of stairs, a pavilion on top."""
    draft.ring(plan.hill, {"natural": "wood", "name": "青龙山", "leaf_type": "mixed"})
    top = centroid(plan.hill)
    draft.poi(add(top, (8.0, 8.0)), {"natural": "peak", "name": "青龙山（示意）", "ele": "98"})
    ring = [(top[0] + (p[0] - top[0]) * 0.55, top[1] + (p[1] - top[1]) * 0.5) for p in plan.hill]
    ring = [add(p, (9 * math.sin(k), 9 * math.cos(1.7 * k))) for k, p in enumerate(ring)]
    draft.way([*ring, ring[0]], {"highway": "path", "name": "环山步道", "surface": "ground"})
    starts = [
        (("x", 2, 7), 0.7, 60.0, 3.0),
        (("y", 7, 3), 0.35, 45.0, 4.0),
        (("x", 5, 8), 0.3, 55.0, 3.0),
        (("y", 9, 3), 0.6, 40.0, 2.0),
    ]
    for key, share, swing, turns in starts:
        trail = winding(at(plan.edges[key], share)[0], top, swing, turns)
        total = length(trail)
        path = {"highway": "path", "surface": "ground"} if swing > 50 else {"highway": "footway"}
        cuts = [0.0, total * 0.42, total * 0.58, total * 0.8, total * 0.93, total]
        for k, (start, end) in enumerate(pairwise(cuts)):
            steps = str(round((end - start) / 0.42))
            stairs = {"highway": "steps", "step_count": steps, "incline": "up", "surface": "stone"}
            draft.way(piece(trail, start, end), stairs if k % 2 else path)


def draw_lake(draft: Draft, plan: Plan) -> None:
    """Draw the lake, the greenway on its shore and the islet that no bridge reaches."""
    shore_road = chain(plan, "y", 0, 0, 5)
    shore = [add(p, (0.0, -26 - 16 * math.sin(k * 1.3))) for k, p in enumerate(beside(shore_road, -48.0))]
    west, east = add(shore[0], (-260.0, 40.0)), add(shore[-1], (150.0, -120.0))
    outer = [west, *shore, east, add(east, (60.0, -420.0)), (west[0], -2190.0)]
    islet = [
        (-700 + r * math.cos(a), -1985 + 0.8 * r * math.sin(a))
        for a, r in ((2 * math.pi * k / 16, 66 * (1 + 0.1 * math.sin(k * 2.1))) for k in range(16))
    ]
    hole = draft.ring(islet, {"place": "islet", "name": "鹭洲"})
    rim = draft.ring(outer, {})
    tags = {"natural": "water", "water": "lake", "name": "蠡湖", "type": "multipolygon"}
    draft.relation([(rim, "outer"), (hole, "inner")], tags)
    draft.ring([*shore, *beside(shore_road, -12.0)[::-1]], {"leisure": "park", "name": "蠡湖公园"})
    greenway = beside(shore_road, -46.0)
    draft.way(greenway, {"highway": "footway", "name": "环湖绿道"})
    for i in range(5):
        for share in (0.03, 0.55):
            spot = at(plan.edges["y", 0, i], share)[0]
            draft.way([spot, nearest_on(greenway, spot)], {"highway": "footway"})
    loop = [
        (-700 + 34 * math.cos(k * math.pi / 5), -1985 + 25 * math.sin(k * math.pi / 5)) for k in range(10)
    ]
    draft.way([*loop, loop[0]], {"highway": "footway"})
    draft.way([loop[2], (-684.0, -1921.0)], {"man_made": "pier", "highway": "footway"})
    for x in (-722.0, -700.0, -678.0):
        draft.ring(rectangle((x, -1985.0), 12, 9, (1.0, 0.0)), {"building": "house", "building:levels": "2"})


def park_paths(draft: Draft, block: Block, ring: Line) -> Line:
    """Draw a loop in a park and a way to it from every street; return the loop."""
    loop = rounded(ring, 0.78, 0.05)
    draft.way([*loop, loop[0]], {"highway": "footway"})
    for letter in "senw":
        side = block.side(letter)
        if side.street not in ("", "trunk"):
            spot = at(side.line, 0.45)[0]
            draft.way([spot, nearest_on([*loop, loop[0]], spot)], {"highway": "footway"})
    return loop


def draw_park(draft: Draft, block: Block) -> None:
    """Draw a park; the one in the middle has a square with a pond in it, mapped as a relation."""
    ring = block.outline(14.0)
    names = {(4, 5): "荣巷公园", (9, 4): "勤新公园", (2, 1): "太康公园", (0, 0): "渔港公园"}
    names |= {(5, 0): "南塘公园", (8, 0): "新峰公园"}
    draft.ring(ring, {"leisure": "park", "name": names[block.cell]})
    loop = park_paths(draft, block, ring)
    middle = centroid(ring)
    seed = block.cell[0] + 2 * block.cell[1]
    sizes = [1.0 + 0.2 * math.sin(2 * a + seed) + 0.12 * math.sin(3 * a + 2 * seed) for a in _angles(16)]
    rim = [
        (middle[0] + 58 * r * math.cos(a), middle[1] + 46 * r * math.sin(a))
        for a, r in zip(_angles(16), sizes, strict=True)
    ]
    if block.cell == (4, 5):
        pond = [(middle[0] + 20 * math.cos(a), middle[1] + 15 * math.sin(a)) for a in _angles(10)]
        outer = draft.way([*rim, rim[0]], {})
        inner = draft.way([*pond, pond[0]], {"natural": "water"})
        tags = {"type": "multipolygon", "highway": "pedestrian", "name": "荣巷广场"}
        draft.relation([(outer, "outer"), (inner, "inner")], tags)
        for k in (0, 4, 8, 12):
            draft.way([rim[k], nearest_on([*loop, loop[0]], rim[k])], {"highway": "footway"})
        return
    draft.ring(rim, {"natural": "water"})
    round_ = [add(middle, (p[0] - middle[0], p[1] - middle[1]), 1.28) for p in rim]
    if block.cell == (0, 0):  # two ends that miss each other by 0.8 m
        first, second = round_[:9], round_[8:]
        second[0] = add(second[0], left(direction(round_[8], round_[9])), 0.8)
        draft.way(first, {"highway": "footway"})
        draft.way([*second, round_[0]], {"highway": "footway"})
    else:
        draft.way([*round_, round_[0]], {"highway": "footway"})
    draft.way([round_[2], nearest_on([*loop, loop[0]], round_[2])], {"highway": "footway"})
    if block.cell == (2, 1):  # a path walled off in the middle
        gap = nearest_on([*loop, loop[0]], round_[10])
        wall = ((gap[0] + round_[10][0]) / 2, (gap[1] + round_[10][1]) / 2)
        across = left(direction(round_[10], gap))
        draft.way([round_[10], wall, gap], {"highway": "path"})
        draft.mark(wall, {"barrier": "wall"})
        draft.loose([add(wall, across, -30), wall, add(wall, across, 30)], {"barrier": "wall"})


def _angles(parts: int) -> list[float]:
    return [2 * math.pi * k / parts for k in range(parts)]


def draw_plaza(draft: Draft, block: Block) -> None:
    """Draw a shopping quarter around a square mapped as a closed way."""
    ring = block.outline(20.0)
    middle = centroid(ring)
    draft.ring(ring, {"landuse": "commercial", "name": "荣巷商业中心（示意）"})
    square = [
        (middle[0] + 64 * math.cos(a) * (1.25 if k % 2 else 1.0), middle[1] + 52 * math.sin(a))
        for k, a in enumerate(_angles(12))
    ]
    name = {"highway": "pedestrian", "area": "yes", "name": "大丁广场", "surface": "paving_stones"}
    draft.way([*square, square[0]], name)
    for letter, k in (("e", 0), ("n", 3), ("w", 6), ("s", 9)):
        side = block.side(letter)
        if side.street:
            draft.way([square[k], at(side.line, 0.5)[0]], {"highway": "pedestrian", "name": "大丁步行街"})
    for u in (-1, 1):
        for v in (-1, 1):
            spot = add(middle, (u * 108.0, v * 92.0))
            draft.ring(rectangle(spot, 84, 62, (1.0, 0.1)), {"building": "retail", "building:levels": "4"})


def draw_works(draft: Draft, block: Block) -> None:
    """Draw a factory with private roads."""
    ring = block.outline()
    draft.ring(ring, {"landuse": "industrial", "name": f"示意厂区 {block.cell[0]}{block.cell[1]}"})
    loop = inset(ring, [40.0] * len(ring))
    private = {"highway": "service", "access": "private"}
    draft.way([*loop, loop[0]], private)
    spot = at(block.west.line, 0.4)[0]
    draft.way([spot, nearest_on([*loop, loop[0]], spot)], private)
    middle = centroid(ring)
    for k in (-1, 0, 1):
        draft.ring(rectangle(add(middle, (0.0, k * 72.0)), 150, 48, (1.0, 0.1)), {"building": "industrial"})


def draw_site(draft: Draft, block: Block) -> None:
    """Draw a building site: a road under construction, nothing one could walk on yet."""
    draft.ring(block.outline(), {"landuse": "construction", "name": "示意工地"})
    a, b = at(block.south.line, 0.3)[0], at(block.north.line, 0.35)[0]
    draft.way(winding(a, b, 12, 2, 5), {"highway": "construction", "construction": "residential"})


def draw_school(draft: Draft, block: Block) -> None:
    """Draw a school and its drive."""
    ring = block.outline()
    draft.ring(ring, {"amenity": "school", "name": f"示意学校 {block.cell[0]}{block.cell[1]}"})
    middle = centroid(ring)
    for side in (block.north, block.west, block.east):
        if side.street not in ("", "trunk"):
            spot = at(side.line, 0.5)[0]
            end = add(spot, direction(spot, middle), 0.55 * distance(spot, middle))
            draft.way([spot, end], {"highway": "service", "access": "private"})
            break
    size = math.sqrt(abs(area(ring)))
    draft.ring(
        rectangle(middle, size * 0.45, 18, (1.0, 0.08)), {"building": "school", "building:levels": "4"}
    )


def draw_shops(draft: Draft, block: Block) -> None:
    """Draw a strip of shops along a street."""
    ring = block.outline()
    draft.ring(ring, {"landuse": "retail", "name": f"示意商街 {block.cell[0]}{block.cell[1]}"})
    line = block.outline(26.0)
    low, high = centroid(line), block.south
    for k in range(1, 6):
        spot, ahead = at(high.line, k / 6)
        spot = add(spot, left(ahead), 32)
        if distance(spot, low) < 400:
            draft.ring(rectangle(spot, 40, 22, ahead), {"building": "retail", "building:levels": "3"})
