"""Plane geometry for the schematic, in metres east and north of the district's centre.

Written out in plain Python rather than taken from a geometry library, whose next release may order or
simplify vertices differently: the sample must come out the same on every machine.
"""

from __future__ import annotations

import math
from itertools import pairwise

Point = tuple[float, float]
Line = list[Point]

CENTRE = (120.255, 31.575)
_E2 = 0.0066943799901413165
_SIN = math.sin(math.radians(CENTRE[1]))
_N = 6378137.0 / math.sqrt(1 - _E2 * _SIN**2)
_LON_M = math.radians(1) * _N * math.cos(math.radians(CENTRE[1]))
_LAT_M = math.radians(1) * _N * (1 - _E2) / (1 - _E2 * _SIN**2)


def to_lonlat(p: Point) -> Point:
    """Return WGS84 degrees, rounded to OpenStreetMap's seven decimals."""
    return round(CENTRE[0] + p[0] / _LON_M, 7), round(CENTRE[1] + p[1] / _LAT_M, 7)


def to_metres(lonlat: Point) -> Point:
    """Return metres east and north of the centre (within a few centimetres over 4 km)."""
    return (lonlat[0] - CENTRE[0]) * _LON_M, (lonlat[1] - CENTRE[1]) * _LAT_M


def add(p: Point, v: Point, times: float = 1.0) -> Point:
    """Return ``p`` moved along ``v``."""
    return p[0] + v[0] * times, p[1] + v[1] * times


def distance(a: Point, b: Point) -> float:
    """Return the straight distance."""
    return math.hypot(b[0] - a[0], b[1] - a[1])


def direction(a: Point, b: Point) -> Point:
    """Return the unit vector from ``a`` to ``b``."""
    d = distance(a, b)
    return (b[0] - a[0]) / d, (b[1] - a[1]) / d


def left(v: Point) -> Point:
    """Return ``v`` turned a quarter to the left."""
    return -v[1], v[0]


def length(line: Line) -> float:
    """Return the length of a line."""
    return math.fsum(distance(a, b) for a, b in pairwise(line))


def along(line: Line, metres: float) -> tuple[Point, Point]:
    """Return the point at ``metres`` from the start, and the line's direction there."""
    rest = metres
    for a, b in pairwise(line):
        d = distance(a, b)
        if rest <= d:
            return add(a, direction(a, b), rest), direction(a, b)
        rest -= d
    return line[-1], direction(line[-2], line[-1])


def at(line: Line, share: float) -> tuple[Point, Point]:
    """Return the point at a share (0..1) of the length, and the direction there."""
    return along(line, share * length(line))


def piece(line: Line, start: float, end: float) -> Line:
    """Return the part of a line between two distances from its start."""
    out, done = [along(line, start)[0]], 0.0
    for a, b in pairwise(line):
        done += distance(a, b)
        if start + 0.01 < done < end - 0.01:
            out.append(b)
    return [*out, along(line, end)[0]]


def crossing(a: Point, b: Point, c: Point, d: Point) -> Point | None:
    """Return where the lines through a-b and c-d meet (None if nearly parallel)."""
    det = (b[0] - a[0]) * (d[1] - c[1]) - (b[1] - a[1]) * (d[0] - c[0])
    if abs(det) <= 1e-3 * distance(a, b) * distance(c, d):
        return None
    t = ((c[0] - a[0]) * (d[1] - c[1]) - (c[1] - a[1]) * (d[0] - c[0])) / det
    return add(a, (b[0] - a[0], b[1] - a[1]), t)


def position(p: Point, a: Point, b: Point) -> tuple[float, float]:
    """Return the share along segment a-b (0..1) of the place nearest to ``p``, and its distance."""
    d2 = distance(a, b) ** 2
    if d2 == 0:
        return 0.0, distance(p, a)
    t = ((p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])) / d2
    t = min(1.0, max(0.0, t))
    return t, distance(p, add(a, (b[0] - a[0], b[1] - a[1]), t))


def nearest_on(line: Line, p: Point) -> Point:
    """Return the place on a line nearest to ``p``."""
    best: tuple[float, Point] = (math.inf, p)
    for a, b in pairwise(line):
        t, d = position(p, a, b)
        best = min(best, (d, add(a, (b[0] - a[0], b[1] - a[1]), t)))
    return best[1]


def from_line(line: Line, p: Point) -> float:
    """Return the distance of ``p`` from a line."""
    return min(position(p, a, b)[1] for a, b in pairwise(line))


def hits(line: Line, a: Point, b: Point) -> Line:
    """Return where segment a-b crosses a line, ordered from ``a``."""
    out = []
    for c, d in pairwise(line):
        p = crossing(a, b, c, d)
        if p and position(p, a, b)[1] < 1e-6 and position(p, c, d)[1] < 1e-6:
            out.append((round(distance(a, p), 4), p))
    return [p for _, p in sorted(out)]


def inside(ring: Line, p: Point) -> bool:
    """Tell whether ``p`` lies in a ring."""
    odd = False
    for a, b in pairwise([*ring, ring[0]]):
        if (a[1] > p[1]) != (b[1] > p[1]) and p[0] < a[0] + (p[1] - a[1]) * (b[0] - a[0]) / (b[1] - a[1]):
            odd = not odd
    return odd


def area(ring: Line) -> float:
    """Return a ring's area in square metres (positive: counter-clockwise)."""
    return math.fsum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise([*ring, ring[0]])) / 2


def centroid(ring: Line) -> Point:
    """Return a ring's centre of gravity."""
    x = y = 0.0
    for a, b in pairwise([*ring, ring[0]]):
        w = a[0] * b[1] - b[0] * a[1]
        x, y = x + (a[0] + b[0]) * w, y + (a[1] + b[1]) * w
    return x / 6 / area(ring), y / 6 / area(ring)


def inset(ring: Line, by: list[float]) -> Line:
    """Return a counter-clockwise open ring with edge k moved inwards by ``by[k]`` metres.

    Vertices on a nearly straight run that would leave a short edge are dropped first: a short edge
    moved inwards past a corner would fold over.
    """
    ring, by = _long_edges(ring, by)
    n = len(ring)
    moved = []
    for k in range(n):
        a, b = ring[k], ring[(k + 1) % n]
        v = left(direction(a, b))
        moved.append((add(a, v, by[k]), add(b, v, by[k])))
    out = []
    for k in range(n):
        (a, b), (c, d) = moved[k - 1], moved[k]
        p = crossing(a, b, c, d)
        mid = ((b[0] + c[0]) / 2, (b[1] + c[1]) / 2)
        out.append(p if p and distance(p, mid) < 60 else mid)
    return out


def _long_edges(ring: Line, by: list[float]) -> tuple[Line, list[float]]:
    ring, by = list(ring), list(by)
    k = 0
    while k < len(ring) and len(ring) > 4:
        a, p, b = ring[k - 1], ring[k], ring[(k + 1) % len(ring)]
        u, v = direction(a, p), direction(p, b)
        straight = u[0] * v[0] + u[1] * v[1] > 0.88
        if straight and min(distance(a, p), distance(p, b)) < 40:
            if distance(p, b) > distance(a, p):
                by[k - 1] = by[k]
            del ring[k], by[k]
            k = 0
        else:
            k += 1
    return ring, by


def rounded(ring: Line, share: float, wobble: float, parts: int = 24) -> Line:
    """Return an uneven closed curve inside a ring, at about ``share`` of the way from centre to edge."""
    middle, out = centroid(ring), []
    for k in range(parts):
        turn = 2 * math.pi * k / parts
        edge = hits([*ring, ring[0]], middle, add(middle, (math.cos(turn), math.sin(turn)), 900))[0]
        reach = share * (
            1 + wobble * math.sin(3 * turn + middle[0]) + wobble * math.sin(5 * turn + middle[1])
        )
        out.append(add(middle, direction(middle, edge), min(0.93, reach) * min(distance(middle, edge), 190)))
    return out


def beside(line: Line, metres: float) -> Line:
    """Return a line ``metres`` to the left (to the right if negative)."""
    out = []
    for k, p in enumerate(line):
        before = line[max(k - 1, 0)]
        after = line[min(k + 1, len(line) - 1)]
        out.append(add(p, left(direction(before, after)), metres))
    return out


def bend(nodes: Line, step: float = 60.0) -> list[Line]:
    """Return smooth edges through nodes (a Hermite curve), one line per gap between two of them."""
    out = []
    last = len(nodes) - 1
    for k in range(last):
        a, b = nodes[k], nodes[k + 1]
        d = distance(a, b)
        ta = direction(nodes[max(k - 1, 0)], b)
        tb = direction(a, nodes[min(k + 2, last)])
        parts = max(2, round(d / step))
        edge = []
        for i in range(parts + 1):
            t = i / parts
            h = (2 * t**3 - 3 * t**2 + 1, t**3 - 2 * t**2 + t, -2 * t**3 + 3 * t**2, t**3 - t**2)
            edge.append(
                tuple(h[0] * a[c] + h[1] * d * ta[c] + h[2] * b[c] + h[3] * d * tb[c] for c in (0, 1))
            )
        edge[0], edge[-1] = a, b
        out.append([(p[0], p[1]) for p in edge])
    return out
