"""Streets, pavements, canal, railway and their crossings, drawn from the plan; and a mapper's mistakes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ronghang_draft import Way
from ronghang_geometry import (
    Line,
    Point,
    add,
    along,
    at,
    beside,
    direction,
    distance,
    hits,
    left,
    length,
    nearest_on,
    piece,
)
from ronghang_plan import (
    BRIDGED,
    CANAL,
    NO_STREET,
    RAIL,
    TUNNELLED,
    X_LINES,
    X_STREETS,
    Y_LINES,
    Y_STREETS,
)

if TYPE_CHECKING:
    from ronghang_draft import Draft, Tags
    from ronghang_plan import Plan

ROAD = {
    "trunk": {"lanes": "6", "maxspeed": "70", "sidewalk": "no"},
    "primary": {"lanes": "6", "maxspeed": "60", "sidewalk": "both"},
    "secondary": {"lanes": "4", "maxspeed": "50", "sidewalk": "both"},
    "tertiary": {"lanes": "2", "maxspeed": "40"},
}
# streets that lead out of the district: axis, line, at its end (1) or start (0), how far
EXITS = (
    *(("y", line, 0, metres) for line, metres in ((1, 170), (2, 90), (5, 220), (7, 190), (8, 120))),
    *(
        ("x", line, 1, metres)
        for line, metres in ((0, 110), (1, 180), (5, 170), (8, 150), (9, 80), (10, 120))
    ),
    *(("x", line, 0, metres) for line, metres in ((7, 110), (8, 190), (10, 150))),
)
PAVED = ("梁清路", "鸿桥路")  # whose pavements are drawn as ways of their own
WALKED_ROADS = ("primary", "secondary", "tertiary", "unclassified", "residential", "living_street")
SIDEWALK = 11.0


def draw_streets(draft: Draft, plan: Plan) -> None:
    """Draw the lines' streets, those that lead out of the district and those that cut the blocks."""
    for axis, lines, others, streets in (
        ("x", X_LINES, Y_LINES, X_STREETS),
        ("y", Y_LINES, X_LINES, Y_STREETS),
    ):
        for i in range(len(lines)):
            kind, name = streets[i]
            tags = {"highway": kind, "name": name, **ROAD.get(kind, {})}
            if name in PAVED:
                tags["sidewalk"] = "separate"
            run: Line = []
            for j in range(len(others) - 1):
                key = (axis, i, j)
                edge = plan.edges[key]
                special = key in BRIDGED | TUNNELLED
                if run and (special or key in NO_STREET or length(run) > 1000):
                    draft.way(run, tags)
                    run = []
                if special:
                    spanned(draft, edge, tags, 1 if key in BRIDGED else -1)
                elif key not in NO_STREET:
                    run = [*run, *edge[bool(run) :]]
            if run:
                draft.way(run, tags)
    _draw_exits(draft, plan)
    for side in plan.cuts:
        draft.way(side.line, {"highway": side.street, "name": side.name})


def _draw_exits(draft: Draft, plan: Plan) -> None:
    for axis, line, end, metres in EXITS:
        others = X_LINES if axis == "y" else Y_LINES
        edge = plan.edges[axis, line, len(others) - 2 if end else 0]
        node, before = (edge[-1], edge[-2]) if end else (edge[0], edge[1])
        ahead = direction(before, node)
        middle = add(add(node, ahead, metres / 2), left(ahead), metres / 18)
        kind, name = (X_STREETS if axis == "x" else Y_STREETS)[line]
        tags = {"highway": kind, "name": name, **ROAD.get(kind, {})}
        draft.way([node, middle, add(node, ahead, metres)], tags)


def spanned(draft: Draft, line: Line, tags: Tags, grade: int, margin: float = 20.0) -> None:
    """Draw a line whose middle is a bridge or a tunnel."""
    total = length(line)
    draft.way(piece(line, 0, margin), tags)
    draft.way(piece(line, margin, total - margin), tags, grade=grade)
    draft.way(piece(line, total - margin, total), tags)


def chain(plan: Plan, axis: str, line: int, start: int, end: int) -> Line:
    """Return a line's edges from ``start`` up to ``end`` as one line."""
    out: Line = []
    for k in range(start, end):
        out += plan.edges[axis, line, k][bool(out) :]
    return out


def draw_sidewalks(draft: Draft, plan: Plan) -> None:
    """Draw the pavements of 梁清路 and 鸿桥路, and a zebra crossing half way between the junctions."""
    for axis, line, start, end in (
        ("y", 5, 0, RAIL),
        ("y", 5, RAIL + 1, 10),
        ("x", 3, 0, CANAL),
        ("x", 3, CANAL + 1, 7),
    ):
        road = chain(plan, axis, line, start, end)
        other = "x" if axis == "y" else "y"
        last = len(Y_LINES if other == "x" else X_LINES) - 1
        pavements = []
        for hand in (SIDEWALK, -SIDEWALK):
            pavement = beside(road, hand)
            for k, across in ((0, start), (-1, end)):
                pavement[k] = nearest_on(chain(plan, other, across, 0, last), pavement[k])
            draft.way(pavement, {"highway": "footway", "footway": "sidewalk"})
            pavements.append(pavement)
        for k in range(start, end):
            spot = at(plan.edges[axis, line, k], 0.5)[0]
            zebra = [nearest_on(pavements[0], spot), spot, nearest_on(pavements[1], spot)]
            draft.way(zebra, {"highway": "footway", "footway": "crossing"})


def mark_crossings(draft: Draft) -> None:
    """Tag the nodes that pavements share with roads, and roads with rails (after weaving)."""
    roads = _road_nodes(draft)
    for way in draft.ways:
        if "footway" in way.tags:
            zebra = way.tags["footway"] == "crossing"
            for p in way.points:
                if p in roads:
                    draft.mark(p, {"highway": "crossing", "crossing": "uncontrolled" if zebra else roads[p]})
        if way.tags.get("railway") == "rail" and not way.grade:
            for p in way.points:
                if p in roads:
                    draft.mark(p, {"railway": "level_crossing"})


def _road_nodes(draft: Draft) -> dict[Point, str]:
    """Return the nodes of roads and how one crosses there."""
    roads: dict[Point, str] = {}
    for way in draft.ways:
        kind = way.tags.get("highway", "")
        if way.woven and kind in WALKED_ROADS:
            for p in way.points:
                big = kind in ("primary", "secondary")
                roads[p] = "traffic_signals" if big or roads.get(p) == "traffic_signals" else "uncontrolled"
    return roads


def draw_motorway(draft: Draft, plan: Plan) -> None:
    """Draw the motorway along the east edge, its ramp, and 梁清路 bridging it."""
    edge = chain(plan, "x", 10, 0, 9)
    for hand in (-92.0, -112.0):
        line = beside(edge, hand)[:: 1 if hand < -100 else -1]
        draft.way(
            line, {"highway": "motorway", "name": "环湖高速（示意）", "oneway": "yes", "maxspeed": "100"}
        )
    node = plan.edges["y", 5, 9][-1]
    ahead = direction(plan.edges["y", 5, 9][-2], node)
    road = {"highway": "primary", "name": "梁清路", "sidewalk": "both"}
    draft.way([node, add(node, ahead, 40), add(node, ahead, 72)], road)
    draft.way([add(node, ahead, 72), add(node, ahead, 134)], road, grade=1)
    draft.way([add(node, ahead, 134), add(node, ahead, 210)], road)
    inner = beside(edge, -92.0)
    off = nearest_on(inner, add(node, left(ahead), 360))
    ramp = [off, add(off, (-14.0, -120.0)), add(add(node, ahead, 52), left(ahead), 110), add(node, ahead, 40)]
    draft.way(ramp, {"highway": "motorway_link", "oneway": "yes"})


def draw_canal_and_rail(draft: Draft, plan: Plan) -> None:
    """Draw the canal with the cycleway along it, and the railway that bridges the canal."""
    last = len(X_LINES) - 1
    south, north = chain(plan, "y", CANAL, 0, last), chain(plan, "y", CANAL + 1, 0, last)
    middle = beside(south, 43.0)
    canal = [add(middle[0], (-140.0, 6.0)), *middle, add(middle[-1], (240.0, 30.0))]
    draft.loose(canal, {"waterway": "canal", "name": "梁溪河"})
    draft.ring([*beside(canal, -15.0), *beside(canal, 15.0)[::-1]], {"natural": "water", "water": "canal"})
    greenway = beside(north, -14.0)
    greenway[0] = nearest_on(north, greenway[0])
    greenway[-1] = nearest_on(north, greenway[-1])
    draft.way(greenway, {"highway": "cycleway", "name": "运河绿道", "foot": "yes"})
    for k in range(2, len(north) - 2, 9):  # short steps from the bank street down to the greenway
        draft.way([north[k], nearest_on(greenway, north[k])], {"highway": "footway"})
    west, east = chain(plan, "x", RAIL, 0, 9), chain(plan, "x", RAIL + 1, 0, 9)
    track = [((a[0] + nearest_on(east, a)[0]) / 2, (a[1] + nearest_on(east, a)[1]) / 2) for a in west]
    track = [add(track[0], direction(track[1], track[0]), 240), *track]
    track.append(add(track[-1], direction(track[-2], track[-1]), 120))
    for hand in (-2.5, 2.5):
        rails = beside(track, hand)
        split = _reach(rails, next(p for a, b in pairwise(canal) for p in hits(rails, a, b)))
        tags = {"railway": "rail", "electrified": "contact_line", "gauge": "1435"}
        draft.way(piece(rails, 0, split - 50), tags)
        draft.way(piece(rails, split - 50, split + 50), tags, grade=1)
        draft.way(piece(rails, split + 50, length(rails)), tags)


def _reach(line: Line, place: Point) -> float:
    """Return the distance along a line at which it is nearest to a place."""
    return min(
        (4.0 * k for k in range(int(length(line) // 4))), key=lambda d: distance(along(line, d)[0], place)
    )


def draw_crossings_by_foot(draft: Draft, plan: Plan) -> None:
    """Draw a footbridge with stairs and a lift, one over the canal, and the underpass of the railway."""
    foot = {"highway": "footway"}
    road = plan.edges["y", 5, 2]
    middle, ahead = at(road, 0.2)
    tops = [add(middle, left(ahead), hand) for hand in (16.0, -16.0)]
    draft.way(tops, {**foot, "name": "梁清路人行天桥"}, grade=1)
    for top, hand in zip(tops, (SIDEWALK, -SIDEWALK), strict=True):
        bottom = add(top, ahead, 20)
        draft.way([bottom, top], {"highway": "steps", "step_count": "36", "incline": "up", "handrail": "yes"})
        draft.way([bottom, nearest_on(beside(road, hand), bottom)], foot)
    lift = add(tops[0], ahead, -7)
    draft.way([nearest_on(beside(road, SIDEWALK), lift), lift], {**foot, "wheelchair": "yes"})
    draft.way([lift, tops[0]], {**foot, "level": "1"}, grade=1)
    draft.mark(lift, {"highway": "elevator", "wheelchair": "yes"})

    bank, spot = plan.edges["y", CANAL, 4], at(plan.edges["y", CANAL, 4], 0.55)[0]
    over = [spot, nearest_on(plan.edges["y", CANAL + 1, 4], add(spot, left(at(bank, 0.55)[1]), 85))]
    spanned(draft, over, {**foot, "name": "荷塘步行桥"}, 1, margin=19)

    start = at(plan.edges["x", RAIL, 6], 0.62)[0]
    end = nearest_on(plan.edges["x", RAIL + 1, 6], start)
    ahead, far = direction(start, end), distance(start, end)
    marks = [add(start, ahead, d) for d in (0.0, 10.0, 20.0, far - 20, far - 10, far)]
    stairs = {"highway": "steps", "step_count": "24"}
    draft.way(marks[:2], foot)
    draft.way(marks[1:3], {**stairs, "incline": "down"})
    draft.way(marks[2:4], {**foot, "name": "铁路人行地道", "lit": "yes"}, grade=-1)
    draft.way(marks[3:5], {**stairs, "incline": "up"})
    draft.way(marks[4:], foot)


def _crossed(draft: Draft, ends: Line) -> list[Way]:
    """Return the ways that a straight line between two nodes crosses."""
    return [
        way
        for way in draft.ways
        if way.woven and any(min(distance(p, q) for q in ends) > 0.5 for p in hits(way.points, *ends))
    ]


def plant_faults(draft: Draft) -> None:
    """Add what real extracts have: a missing node, a way drawn twice, a segment without length."""
    foot = [w for w in draft.ways if w.woven and w.tags.get("highway") in ("footway", "service", "path")]
    vertices = sorted({p for w in foot for p in w.points})
    road = next(w for w in draft.ways if w.tags.get("name") == "大渲路" and w.points[0][0] < -1200)
    for metres in range(300, 1200, 10):
        spot, ahead = along(road.points, metres)
        sides = [add(spot, left(ahead), hand) for hand in (38.0, -38.0)]
        ends = [min(vertices, key=lambda p, q=q: distance(p, q)) for q in sides]
        if _crossed(draft, ends) == [road]:
            break
    draft.ways.append(Way(ends, {"highway": "footway", "note": "示意：与道路相交但无公共节点"}))
    twice = next(w for w in draft.ways if w.tags.get("name") == "大丁步行街")
    draft.ways.append(Way(list(twice.points), {"highway": "pedestrian"}))
    stub = ends[0]
    draft.ways.append(Way([stub, stub, add(stub, (6.0, 4.0))], {"highway": "footway"}))
