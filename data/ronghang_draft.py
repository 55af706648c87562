"""A drawing that becomes OpenStreetMap: ways that meet get a shared node, then all is written as .osm.pbf."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from ronghang_geometry import Line, Point, add, crossing, distance, position, to_lonlat

if TYPE_CHECKING:
    from pathlib import Path

Tags = dict[str, str]
TOUCH = 0.25
"""Vertices closer than this (metres) are one place."""
STAMP = "2026-10-01T00:00:00Z"


@dataclass
class Way:
    """A line or closed ring; ``grade`` 0 is the ground, 1 a bridge, -1 a tunnel."""

    points: Line
    tags: Tags
    grade: int = 0
    woven: bool = True


@dataclass
class Draft:
    """Ways, loose points and relations, in the order they were drawn."""

    ways: list[Way] = field(default_factory=list)
    pois: list[tuple[Point, Tags]] = field(default_factory=list)
    relations: list[tuple[list[tuple[int, str]], Tags]] = field(default_factory=list)
    marks: list[tuple[Point, Tags]] = field(default_factory=list)

    def way(self, points: Line, tags: Tags, *, grade: int = 0) -> int:
        """Draw something one moves on: it shares a node wherever it meets another on the same grade."""
        if grade:
            tags = {**tags, "bridge" if grade > 0 else "tunnel": "yes", "layer": str(grade)}
        self.ways.append(Way(list(points), tags, grade))
        return len(self.ways) - 1

    def loose(self, points: Line, tags: Tags) -> int:
        """Draw a line that shares no node with any other: water, walls, mapping mistakes."""
        self.ways.append(Way(list(points), tags, woven=False))
        return len(self.ways) - 1

    def ring(self, points: Line, tags: Tags) -> int:
        """Draw an outline that shares no node with the streets."""
        return self.loose([*points, points[0]], tags)

    def mark(self, p: Point, tags: Tags) -> None:
        """Tag the vertex of a way at ``p``."""
        self.marks.append((p, tags))

    def poi(self, p: Point, tags: Tags) -> None:
        """Draw a point of its own."""
        self.pois.append((p, tags))

    def relation(self, members: list[tuple[int, str]], tags: Tags) -> None:
        """Bind ways (their number and role) into a relation."""
        self.relations.append((members, tags))

    # -- weaving ------------------------------------------------------------------------------

    def weave(self) -> None:
        """Give ways of one grade a common vertex wherever they touch or cross."""
        grid: dict[tuple[int, int], Line] = defaultdict(list)
        for way in self.ways:
            if way.woven:
                ends = {0, len(way.points) - 1}
                way.points = [
                    _snap(grid, p) if way.grade == 0 or k in ends else p for k, p in enumerate(way.points)
                ]
                way.points = [p for k, p in enumerate(way.points) if k == 0 or p != way.points[k - 1]]
        extra: dict[tuple[int, int], Line] = defaultdict(list)
        for one, two in sorted(self._near_segments()):
            self._meet(one, two, extra, grid)
        for number, way in enumerate(self.ways):
            points: Line = [way.points[0]]
            for k, (a, b) in enumerate(pairwise(way.points)):
                for p in [*sorted(extra[number, k], key=lambda q, a=a: distance(a, q)), b]:
                    if p != points[-1]:
                        points.append(p)
            if way.woven:
                way.points = points

    def _near_segments(self) -> set[tuple[tuple[int, int], tuple[int, int]]]:
        cells: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        for number, way in enumerate(self.ways):
            if not way.woven or way.grade:
                continue
            for k, (a, b) in enumerate(pairwise(way.points)):
                xs, ys = sorted((a[0], b[0])), sorted((a[1], b[1]))
                for cx in range(int((xs[0] - 1) // 80), int((xs[1] + 1) // 80) + 1):
                    for cy in range(int((ys[0] - 1) // 80), int((ys[1] + 1) // 80) + 1):
                        cells[cx, cy].append((number, k))
        return {(s, t) for held in cells.values() for s in held for t in held if s < t}

    def _meet(
        self,
        one: tuple[int, int],
        two: tuple[int, int],
        extra: dict[tuple[int, int], Line],
        grid: dict[tuple[int, int], Line],
    ) -> None:
        a, b = self.ways[one[0]].points[one[1] : one[1] + 2]
        c, d = self.ways[two[0]].points[two[1] : two[1] + 2]
        if {a, b} & {c, d}:
            return
        touched = False
        for key, s, t, ends in ((one, a, b, (c, d)), (two, c, d, (a, b))):
            for p in ends:
                if position(p, s, t)[1] < TOUCH:
                    extra[key].append(p)
                    touched = True
        p = crossing(a, b, c, d)
        if touched or p is None or position(p, a, b)[1] > 1e-6 or position(p, c, d)[1] > 1e-6:
            return
        p = _snap(grid, p)
        extra[one].append(p)
        extra[two].append(p)

    # -- writing ------------------------------------------------------------------------------

    def write(self, path: Path, *, first_id: int = 9_000_000_001) -> None:
        """Write nodes, ways and relations in order, with fixed ids, versions and times."""
        import osmium
        from osmium.osm import Location, mutable

        nodes, refs = self._nodes()
        fixed = {"version": 1, "timestamp": STAMP, "changeset": 1}
        header = osmium.io.Header()
        header.set("generator", "make_ronghang.py: schematic, 示意数据, not surveyed")
        header.set("osmosis_replication_timestamp", STAMP)
        lons, lats = [p[0] for p, _ in nodes], [p[1] for p, _ in nodes]
        header.add_box(osmium.osm.Box(min(lons), min(lats), max(lons), max(lats)))
        path.unlink(missing_ok=True)
        with osmium.SimpleWriter(str(path), header=header) as writer:
            for k, (lonlat, tags) in enumerate(nodes):
                writer.add_node(
                    mutable.Node(id=first_id + k, location=Location(*lonlat), tags=_sorted(tags), **fixed)
                )
            for k, (way, ref) in enumerate(zip(self.ways, refs, strict=True)):
                ids = [first_id + n for n in ref]
                writer.add_way(mutable.Way(id=first_id + k, nodes=ids, tags=_sorted(way.tags), **fixed))
            for k, (members, tags) in enumerate(self.relations):
                parts = [("w", first_id + n, role) for n, role in members]
                writer.add_relation(
                    mutable.Relation(id=first_id + k, members=parts, tags=_sorted(tags), **fixed)
                )

    def _nodes(self) -> tuple[list[tuple[Point, Tags]], list[list[int]]]:
        """Return the nodes and every way's node numbers; outlines share none with woven ways."""
        number: dict[tuple[bool, Point], int] = {}
        places: list[tuple[Point, Tags]] = []
        refs = []
        for way in self.ways:
            ref = []
            for p in way.points:
                key = (way.woven, p)
                if key not in number:
                    number[key] = len(places)
                    places.append((to_lonlat(p), {}))
                ref.append(number[key])
            refs.append(ref)
        for p, tags in self.marks:
            hit = min((q for woven, q in number if woven), key=lambda q, p=p: distance(p, q))
            if distance(hit, p) > TOUCH:
                raise ValueError(f"no vertex at {p} for {tags}")
            places[number[True, hit]][1].update(tags)
        return [*places, *((to_lonlat(p), tags) for p, tags in self.pois)], refs


def _snap(grid: dict[tuple[int, int], Line], p: Point) -> Point:
    cx, cy = round(p[0]), round(p[1])
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            for q in grid[cx + dx, cy + dy]:
                if distance(p, q) < TOUCH:
                    return q
    p = (round(p[0], 2), round(p[1], 2))
    grid[cx, cy].append(p)
    return p


def _sorted(tags: Tags) -> Tags:
    return dict(sorted(tags.items()))


def rectangle(centre: Point, wide: float, deep: float, axis: Point) -> Line:
    """Return a rectangle's four corners, ``wide`` along ``axis``, counter-clockwise."""
    across = (-axis[1], axis[0])
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return [add(add(centre, axis, u * wide / 2), across, v * deep / 2) for u, v in corners]
