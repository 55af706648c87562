"""Walks through gates the slow and obvious way: the second opinion on walls, gates and policies.

Every piece of street lies in one zone, a walker is a node and a phase, and what he may do next is written
down as one function, :meth:`GatedReference.moves`. Dijkstra by a heap and dictionaries does the rest. Streets
and areas are read as in ``reference.py``; nothing here is shared with the library.

Where a decision hangs on a few centimetres (two streets equally near, a leg that just touches five metres),
two right programs may decide differently. Such decisions are kept in ``doubts``, and places for which they
matter are told by :meth:`GatedReference.doubtful`, so that comparisons can leave them out.
"""

from __future__ import annotations

import heapq
import itertools
import math
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import networkx as nx
import numpy as np
import osmium
import shapely
from shapely.ops import nearest_points

from reference import GEOD, SAME_M, Reference, barrier, is_structure, join_rings, kind_of_way, permission

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd

    from reference import Point, Tags

    Zone = tuple[str, Hashable]
    Phase = tuple[str, Hashable]
    State = tuple[Hashable, Phase]

ALONG_WALL_M = 5.0
"""A way this close to a boundary all along is outside; a leg may be this sloppy about a wall."""
GATE_REACH_M = 30.0
"""A gate this near a crossing belongs to it."""
NAME_REACH_M = 500.0
"""An OSM boundary of the same name may be this far from the estate's point."""
TOUCH_M = 0.02
"""Nearer than this is the same place: OSM's own rounding."""
CLOSE_CALL_M = 0.1
"""Two right programs may differ by this much before they decide."""

PUBLIC: Zone = ("public", "")
STREET: Phase = ("S", "")

THOROUGHFARES = {"tertiary", "secondary", "primary", "trunk", "motorway"}
WALL_KINDS = {"wall", "city_wall", "retaining_wall", "fence", "hedge", "guard_rail", "ditch", "cable_barrier"}
GATE_KINDS = {"gate", "lift_gate", "swing_gate", "sliding_gate", "kissing_gate", "turnstile"}
"""The barriers that make an estate gated; any barrier but a wall can be the gate of a gated one."""


def estate_zone(name: str) -> Zone:
    """Return the zone inside an estate."""
    return ("estate", name)


def is_open(hours: str, time: str) -> bool:
    """Tell whether a gate with these hours ("06:00-22:00", several with commas) is open at a time ("23:30")."""
    span = r"(\d{1,2})[:：](\d\d)\s*[-–—~至到]\s*(\d{1,2})[:：](\d\d)"
    spans = [tuple(map(int, found)) for found in re.findall(span, hours)]
    if not time or not spans:
        return True
    hour, minute = map(int, time.split(":"))
    now = 60 * hour + minute
    for h1, m1, h2, m2 in spans:
        start, end = 60 * h1 + m1, 60 * h2 + m2
        if (start <= now <= end) if start <= end else (now >= start or now <= end):
            return True
    return False


def osm_open_to(tags: Tags) -> str:
    """Return whom an OSM gate lets pass."""
    if tags.get("locked") == "yes":
        return "closed"
    return {"pass": "everyone", "private": "residents", "closed": "closed", "": "everyone"}[permission(tags)]


def plain_name(name: str) -> str:
    """Return a name as it is compared."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


# --- streets with what the walls need to know ------------------------------------------------------------


@dataclass
class Segment:
    """A straight piece between two nodes of the file, with the tags that matter here."""

    u: Hashable
    v: Hashable
    ends: tuple[Point, Point]
    forward: bool
    backward: bool
    look: tuple[Any, ...]
    private: bool
    thoroughfare: bool
    rank: int
    ways: set[str]


class Streets(Reference):
    """The streets of ``reference.py``, which also remember private ways, thoroughfares and barriers."""

    def __init__(self, path: Path | str) -> None:
        self.tags_of: dict[str, Tags] = {}
        self.drawn: dict[tuple[Any, ...], Segment] = {}
        self.barriers: dict[int, Tags] = {}
        self.polygons: list[tuple[str, str, Any]] = []
        super().__init__(path)
        for key, segment in self.drawn.items():
            edge = self._edge_at[frozenset(key[:2]), key[2]]
            segment.rank = self.edges[edge].rank
            segment.u, segment.v = self._key(key[0], edge, {"wall"}), self._key(key[1], edge, {"wall"})
        self.segments = [*self.drawn.values(), *self._across_areas()]
        self._read_more(path)

    def _add_way(self, name: str, nodes: list[int], tags: Tags) -> None:
        self.tags_of[name] = tags
        super()._add_way(name, nodes, tags)

    def _add_relation(self, name: str, members: list[tuple[int, str]], tags: Tags, ways: Any) -> None:
        self.tags_of[name] = tags
        super()._add_relation(name, members, tags, ways)

    def _add_line(
        self,
        name: str,
        nodes: list[int],
        ways: tuple[bool, bool],
        *,
        structure: bool,
        area: int | None = None,
    ) -> None:
        super()._add_line(name, nodes, ways, structure=structure, area=area)
        for u, v in itertools.pairwise(nodes):
            if u == v or u not in self.lonlat or v not in self.lonlat:
                continue
            low, high, on, back = (u, v, *ways) if u < v else (v, u, *reversed(ways))
            segment = self._segment(name, low, high, forward=on, backward=back)
            key = (low, high, structure, on, back, segment.look)
            self.drawn.setdefault(key, segment).ways.add(name)

    def _segment(
        self, name: str, u: int, v: int, *, forward: bool = True, backward: bool = True, line: bool = False
    ) -> Segment:
        tags = self.tags_of[name]
        kind = "across" if line else kind_of_way(tags).removesuffix("_link")
        private = permission(tags) == "private"
        thoroughfare = kind in THOROUGHFARES or tags.get("foot") == "designated"
        look = (kind, is_structure(tags), tags.get("layer"), private, thoroughfare)
        ends = (self.lonlat[u], self.lonlat[v])
        return Segment(u, v, ends, forward, backward, look, private, thoroughfare, 0, {name})

    def _across_areas(self) -> Iterator[Segment]:
        for number, area in enumerate(self.areas):
            for one in area.nodes:
                for other in self._seen(area, self.lonlat[one]):
                    if one < other:
                        segment = self._segment(area.source, one, other, line=True)
                        segment.rank = area.rank
                        segment.u = self._area_key(one, number, {"wall"})
                        segment.v = self._area_key(other, number, {"wall"})
                        yield segment

    def _read_more(self, path: Path | str) -> None:
        """Read barrier nodes and the polygons that may be boundaries."""
        lines: dict[int, list[int]] = {}
        thing: Any
        for thing in osmium.FileProcessor(str(path)):
            tags = {tag.k: tag.v for tag in thing.tags}
            use = "landuse" if tags.get("landuse") == "residential" else ""
            if not use and tags.get("place") in {"neighbourhood", "quarter"}:
                use = "place"
            if thing.is_node() and tags.get("barrier", "no") != "no":
                self.barriers[thing.id] = tags
            elif thing.is_way():
                lines[thing.id] = [node.ref for node in thing.nodes]
                if use:
                    self._add_polygon(use, tags, [lines[thing.id]], [])
            elif thing.is_relation() and use and tags.get("type") == "multipolygon":
                roles = [(m.ref, m.role) for m in thing.members if m.type == "w"]
                outer = [lines.get(ref, []) for ref, role in roles if role != "inner"]
                inner = [lines.get(ref, []) for ref, role in roles if role == "inner"]
                self._add_polygon(use, tags, outer, inner)

    def _add_polygon(self, use: str, tags: Tags, outer: list[list[int]], inner: list[list[int]]) -> None:
        lines = outer + inner
        if not all(lines) or not all(node in self.lonlat for line in lines for node in line):
            return  # cut off at the rim of the file
        shells, holes = join_rings(outer), join_rings(inner)
        if not shells or holes is None or any(len(ring) < 4 for ring in shells + holes):
            return
        area, out = (
            shapely.union_all([shapely.Polygon([self.lonlat[node] for node in ring]) for ring in rings])
            for rings in (shells, holes)
        )
        self.polygons.append((use, tags.get("name", ""), area - out))


@dataclass
class Piece:
    """A stretch of street without a branch, in one zone; ``stops`` are its ends and where links meet it."""

    u: Hashable
    v: Hashable
    line: list[Point]
    like: Segment
    ways: set[str]
    zone: Zone = PUBLIC
    link: bool = False
    stops: list[tuple[float, Hashable]] = field(default_factory=list)

    @property
    def length_m(self) -> float:
        """Geodesic length."""
        return float(sum(GEOD.inv(*a, *b)[2] for a, b in itertools.pairwise(self.line)))


def join_segments(segments: Sequence[Segment], kept: set[Hashable]) -> list[Piece]:
    """Join segments over nodes where nothing branches, nothing changes and no barrier stands."""
    at: defaultdict[Hashable, list[int]] = defaultdict(list)
    for index, segment in enumerate(segments):
        at[segment.u].append(index)
        at[segment.v].append(index)

    def follower(node: Hashable, index: int) -> int | None:
        if node in kept or len(at[node]) != 2 or at[node][0] == at[node][1]:
            return None
        other = at[node][0] if at[node][1] == index else at[node][1]
        pair = (segments[index], segments[other])
        if pair[0].look != pair[1].look or not all(one.forward and one.backward for one in pair):
            return None
        return other

    done: set[int] = set()
    pieces = []
    for first in range(len(segments)):
        if first in done:
            continue
        done.add(first)
        line, ends, ways = list(segments[first].ends), [segments[first].u, segments[first].v], set()
        ways |= segments[first].ways
        for side in (1, 0):
            index = first
            while (following := follower(ends[side], index)) is not None and following not in done:
                done.add(following)
                index, segment = following, segments[following]
                onward = segment.u == ends[side]
                ends[side] = segment.v if onward else segment.u
                point = segment.ends[1] if onward else segment.ends[0]
                line = [*line, point] if side else [point, *line]
                ways |= segment.ways
        pieces.append(Piece(ends[0], ends[1], line, segments[first], ways))
    return pieces


# --- places ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Venue:
    """A venue: its entrances, and which side of the wall it opens to ("street", "estate" or "")."""

    points: tuple[Point, ...]
    opens_to: str = ""


@dataclass
class Home:
    """An estate: its entries, and its boundary if it has one (``source``: table, landuse, place or "")."""

    name: str
    points: list[Point]
    boundary: Any
    source: str
    row_says: bool | None


@dataclass(frozen=True)
class Gate:
    """A gate of an estate at a node, and whom it lets pass at the study's time."""

    estate: str
    node: Hashable
    open_to: str
    source: str


class Foot(NamedTuple):
    """The nearest point of a piece to a place."""

    rank: int
    away_m: float
    piece: int
    offset_m: float
    lonlat: Point


@dataclass(frozen=True)
class Leg:
    """A way from a place onto the streets: onto a piece, or straight to a gate's node."""

    leg_m: float
    good: bool
    zone: Zone
    foot: Foot | None = None
    node: Hashable = None

    @property
    def straight(self) -> bool:
        """Whether it leads straight to a gate."""
        return self.foot is None


@dataclass
class Stand:
    """All the legs of one point, the zone it is at home in, and whether a hair's breadth decided."""

    home: Zone
    legs: list[Leg]
    doubtful: bool


def points_of(row: Any) -> list[Point]:
    """Return where somebody starts from one row of a table."""
    shape = row.geometry
    if shape is None or shape.is_empty:
        return []
    if shape.geom_type == "MultiPoint":
        return [(point.x, point.y) for point in shape.geoms]
    lon, lat = row.get("lon", math.nan), row.get("lat", math.nan)
    if math.isnan(lon):
        point = shapely.point_on_surface(shape)
        lon, lat = point.x, point.y
    return [(float(lon), float(lat))]


def venues_of(frame: gpd.GeoDataFrame) -> dict[str, Venue]:
    """Return the venues of a table."""
    return {
        str(name): Venue(tuple(points_of(row)), row.get("opens_to", "") or "")
        for name, row in frame.iterrows()
    }


# --- the town with its walls -----------------------------------------------------------------------------


def _may_meet(one: Any, other: Any) -> bool:
    """Tell whether the bounds of two shapes touch."""
    (w1, s1, e1, n1), (w2, s2, e2, n2) = one.bounds, other.bounds
    return bool(w1 <= e2 and w2 <= e1 and s1 <= n2 and s2 <= n1)


class GatedReference:
    """Walks under all three policies on one OSM file.

    Parameters
    ----------
    path
        An OSM file.
    estates
        As ``walkshed.read_estates`` gives them.
    gates
        As ``walkshed.read_gates`` gives them.
    time
        The study's time of day, as "23:30"; gates that have hours are closed outside of them.
    max_snap_m
        How far a place, or a gate of the file, may lie from the streets.
    start
        "point", or "gates": estates start at their gates, without a leg.
    """

    def __init__(
        self,
        path: Path | str,
        estates: gpd.GeoDataFrame,
        gates: gpd.GeoDataFrame | None = None,
        time: str = "",
        *,
        max_snap_m: float = 150.0,
        start: str = "point",
    ) -> None:
        self.streets, self.max_snap_m, self.start = Streets(path), max_snap_m, start
        self.doubts: list[str] = []
        kept = {node for area in self.streets.areas for node in area.nodes} | set(self.streets.barriers)
        self.chains = join_segments(self.streets.segments, kept)
        self.area_nodes = {node for area in self.streets.areas for node in area.nodes}
        self.rows = self._rows(gates, time)
        self.homes = self._homes(estates)
        self.shapes = {name: self._flat(home.boundary) for name, home in self.homes.items() if home.boundary}
        self._grown_shapes: dict[tuple[str, float, bool], Any] = {}
        self.gates: list[Gate] = []
        self.gates_unknown: set[str] = set()
        self._wall({name for name in self.homes if self._is_gated(name)})
        self._place_gates()
        self._finish()

    # --- tables ------------------------------------------------------------------------------------------

    @staticmethod
    def _rows(gates: gpd.GeoDataFrame | None, time: str) -> dict[str, list[tuple[Point | None, str]]]:
        """Return each estate's gates of the file: where, and whom they let pass at the study's time."""
        rows: defaultdict[str, list[tuple[Point | None, str]]] = defaultdict(list)
        for _, row in gates.iterrows() if gates is not None else ():
            open_to = row.get("open_to") or "everyone"
            open_to = open_to if is_open(row.get("hours") or "", time) else "closed"
            point = row.geometry
            rows[row["estate_id"]].append(
                (None if point is None or point.is_empty else (point.x, point.y), open_to)
            )
        return dict(rows)

    def _homes(self, estates: gpd.GeoDataFrame) -> dict[str, Home]:
        homes = {}
        for name, row in estates.iterrows():
            flag = row.get("gated", None)
            says = None if flag is None or flag != flag else bool(flag)  # noqa: PLR0124 - NaN is not itself
            shape = row.geometry
            polygon = shape is not None and shape.geom_type in {"Polygon", "MultiPolygon"}
            homes[str(name)] = Home(
                row.get("name", "") or "",
                points_of(row),
                shape if polygon else None,
                "table" if polygon else "",
                says,
            )
        for name, home in homes.items():
            if home.boundary is None and home.points:
                others = [point for other in homes if other != name for point in homes[other].points]
                home.boundary, home.source = self._match(home, others)
        return homes

    def _match(self, home: Home, others: list[Point]) -> tuple[Any, str]:
        """Return the OSM polygon that is an estate's boundary."""
        here = shapely.Point(self._xy(home.points[0]))
        for use in ("landuse", "place"):
            polygons = [
                (name, shape, self._flat(shape)) for of, name, shape in self.streets.polygons if of == use
            ]
            named = [
                (flat.distance(here), flat.area, number)
                for number, (name, _, flat) in enumerate(polygons)
                if name and plain_name(name) == plain_name(home.name) and flat.distance(here) <= NAME_REACH_M
            ]
            around = [
                (0.0, flat.area, number)
                for number, (_, _, flat) in enumerate(polygons)
                if flat.covers(here) and not any(flat.covers(shapely.Point(self._xy(one))) for one in others)
            ]
            for found in (named, around):
                if found:
                    return polygons[min(found)[2]][1], use
        return None, ""

    # --- plane geometry ----------------------------------------------------------------------------------

    def _xy(self, point: Point) -> tuple[float, float]:
        x, y = self.streets._plane(*point)
        return float(x), float(y)

    def _flat(self, shape: Any) -> Any:
        return shapely.transform(shape, lambda at: np.array([self._xy(point) for point in at]))

    def _line(self, *points: Point) -> Any:
        at = [self._xy(point) for point in points]
        return (
            shapely.LineString(at) if math.dist(at[0], at[-1]) > 1e-6 or len(at) > 2 else shapely.Point(at[0])
        )

    # --- who is gated ------------------------------------------------------------------------------------

    def _is_gated(self, name: str) -> bool:
        home = self.homes[name]
        if name not in self.shapes or home.source == "place":
            return False
        if home.row_says or name in self.rows:
            return True
        if home.row_says is False:
            return False
        self._zone({name})
        return any(
            any(self.pieces[index].like.private for index in self._crossing_pieces(node, name))
            or any(
                self.streets.barriers[one]["barrier"] in GATE_KINDS for one in self._barriers_by(node, name)
            )
            for node in self._crossings(name)
        )

    def _wall(self, gated: set[str]) -> None:
        """Wall the gated estates for which some source gives a gate; the others are not walled."""
        while True:
            self._zone(gated)
            self.gates_unknown |= (lost := {name for name in gated if not self._source(name)})
            gated = gated - lost
            if not lost:
                return

    def _source(self, name: str) -> str:
        """Return where an estate's gates come from."""
        if any(True for _ in self._usable_rows(name)):
            return "file"
        crossings = self._crossings(name)
        if any(self._barriers_by(node, name) for node in crossings):
            return "osm"
        return "crossing" if crossings else ""

    def _close_call(self, value: float, limit: float, what: str, by: float = CLOSE_CALL_M) -> None:
        if abs(value - limit) <= by:
            self.doubts.append(what)

    # --- zones -------------------------------------------------------------------------------------------

    def _zone(self, walled: set[str]) -> None:
        """Cut the streets at the walls and say in which zone every piece is."""
        self.walled = {name: self.shapes[name] for name in sorted(walled)}
        self.outwards = sorted(self.walled, key=lambda name: (self.walled[name].area, name))
        self.parent = {name: self._enclosing(name) for name in self.walled}
        self.pieces = [
            piece for number, chain in enumerate(self.chains) for piece in self._cut(chain, number)
        ]
        for piece in self.pieces:
            piece.zone = self._zone_of(piece)
        self._index()
        self._measure()

    def _index(self) -> None:
        self.at: defaultdict[Hashable, list[int]] = defaultdict(list)
        for index, piece in enumerate(self.pieces):
            for node in dict.fromkeys((piece.u, piece.v)):
                self.at[node].append(index)

    def _enclosing(self, name: str) -> str | None:
        """Return the walled estate that encloses another directly."""
        shape = self.walled[name]
        for other in self.outwards:
            wider = self.walled[other]
            if other != name and wider.area > shape.area and wider.buffer(0.5).covers(shape):
                return other
        return None

    def chain_of(self, name: str | None) -> list[str]:
        """Return an estate and all that enclose it, from the inside out."""
        chain = []
        while name is not None:
            chain.append(name)
            name = self.parent[name]
        return chain

    def _inside(self, name: str) -> set[Zone]:
        """Return the zones of an estate and of the estates in it."""
        return {estate_zone(other) for other in self.walled if name in self.chain_of(other)}

    def _cut(self, chain: Piece, number: int) -> list[Piece]:
        """Cut one chain where it crosses the boundary line of a walled estate."""
        at = [self._xy(point) for point in chain.line]
        where: set[float] = set()
        gone = 0.0
        for a, b in itertools.pairwise(at):
            segment = shapely.LineString([a, b])
            for shape in self.walled.values():
                if not _may_meet(segment, shape):
                    continue
                met = segment.intersection(shape.boundary)
                where |= {gone + math.dist(a, xy) for xy in shapely.get_coordinates(met)}
            gone += segment.length
        cuts = [0.0]
        for position in sorted(where):
            if position - cuts[-1] > SAME_M and gone - position > SAME_M:
                cuts.append(position)
        cuts.append(gone)
        nodes = [chain.u, *(("cut", number, round(cut, 3)) for cut in cuts[1:-1]), chain.v]
        lines = [self._stretch(chain.line, at, one, other) for one, other in itertools.pairwise(cuts)]
        return [
            Piece(u, v, line, chain.like, chain.ways)
            for (u, v), line in zip(itertools.pairwise(nodes), lines, strict=True)
        ]

    @staticmethod
    def _stretch(line: list[Point], at: list[tuple[float, float]], start: float, end: float) -> list[Point]:
        """Return the part of a line between two distances from its beginning (metres of the plane)."""
        gone = [0.0, *itertools.accumulate(math.dist(a, b) for a, b in itertools.pairwise(at))]

        def point(where: float) -> Point:
            last = max(i for i in range(len(line) - 1) if gone[i] <= where or i == 0)
            share = (where - gone[last]) / max(gone[last + 1] - gone[last], 1e-12)
            (x1, y1), (x2, y2) = line[last], line[last + 1]
            return (x1 + share * (x2 - x1), y1 + share * (y2 - y1))

        between = [p for p, metres in zip(line, gone, strict=True) if start + 1e-9 < metres < end - 1e-9]
        return [
            line[0] if start <= 0 else point(start),
            *between,
            line[-1] if end >= gone[-1] else point(end),
        ]

    def _zone_of(self, piece: Piece) -> Zone:
        if piece.like.thoroughfare:
            return PUBLIC
        line = self._line(*piece.line)
        middle = line.interpolate(0.5, normalized=True) if line.length else line
        for name in self.outwards:
            shape = self.walled[name]
            if shape.covers(middle) and not self._along_wall(line, name):
                return estate_zone(name)
        return PUBLIC

    def _along_wall(self, line: Any, name: str) -> bool:
        near, at, far = (
            self._grown(name, ALONG_WALL_M + more, wall=True).covers(line)
            for more in (-CLOSE_CALL_M, 0.0, CLOSE_CALL_M)
        )
        if near != far:
            self.doubts.append(f"a way about five metres from the wall of {name}")
        return bool(at)

    def _grown(self, name: str, by: float, *, wall: bool = False) -> Any:
        """Return an estate's polygon (or its boundary line) grown by some metres, or shrunk."""
        key = (name, by, wall)
        if key not in self._grown_shapes:
            shape = self.shapes[name].boundary if wall else self.shapes[name]
            self._grown_shapes[key] = shape.buffer(by, quad_segs=32)
            shapely.prepare(self._grown_shapes[key])
        return self._grown_shapes[key]

    # --- crossings and gates -----------------------------------------------------------------------------

    def _crossings(self, name: str) -> list[Hashable]:
        """Return the nodes where a piece of an estate (or of one in it) meets a piece outside of it."""
        inside = self._inside(name)
        return [
            node
            for node, indices in self.at.items()
            if len({self.pieces[index].zone in inside for index in indices}) == 2
        ]

    def _crossing_pieces(self, node: Hashable, name: str) -> list[int]:
        """Return the pieces of the way that crosses: both sides of it, or at a junction the inner ones."""
        inside = self._inside(name)
        if len(self.at[node]) == 2:
            return self.at[node]
        return [index for index in self.at[node] if self.pieces[index].zone in inside]

    def _barriers_by(self, node: Hashable, name: str) -> dict[int, tuple[float, list[int]]]:
        """Return the barriers along the way that crosses: how far, and the pieces between."""
        ways = set().union(*(self.pieces[index].ways for index in self._crossing_pieces(node, name)))
        found: dict[int, tuple[float, list[int]]] = {}
        for way in sorted(ways):
            steps, done = itertools.count(), set()
            todo: list[tuple[float, int, Hashable, list[int]]] = [(0.0, next(steps), node, [])]
            while todo:
                gone, _, here, path = heapq.heappop(todo)
                if here in done or gone > GATE_REACH_M + 1:
                    continue
                done.add(here)
                if here in self.streets.barriers and self.streets.barriers[here]["barrier"] not in WALL_KINDS:
                    self._close_call(gone, GATE_REACH_M, f"a barrier 30 m from a crossing of {name}")
                    if gone <= GATE_REACH_M and gone < found.get(here, (math.inf, []))[0]:
                        found[here] = (gone, path)
                for index in self.at[here]:
                    piece = self.pieces[index]
                    if way in piece.ways:
                        there = piece.v if piece.u == here else piece.u
                        heapq.heappush(todo, (gone + piece.length_m, next(steps), there, [*path, index]))
        return found

    def _place_gates(self) -> None:
        """Find every walled estate's gates, the first source that has any, and move walls to them."""
        self.source = {name: self._source(name) for name in self.walled}
        self.belongs: set[Hashable] = set()
        moved = [move for name in reversed(self.outwards) for move in self._osm_gates(name)]
        for name, path, node_is_inside in sorted(moved, key=lambda move: not move[2]):  # outward moves first
            outer = self.parent[name]
            for index in path:
                if not node_is_inside:
                    self.pieces[index].zone = estate_zone(name)
                elif self.pieces[index].zone in self._inside(name):
                    self.pieces[index].zone = PUBLIC if outer is None else estate_zone(outer)
        for name in self.walled:
            if self.source[name] == "crossing":
                self.gates += [Gate(name, node, "everyone", "crossing") for node in self._crossings(name)]
        links: list[Piece] = []
        for name in self.walled:
            if self.source[name] == "file":
                self._place_rows(name, links)
        self.pieces += links

    def _osm_gates(self, name: str) -> list[tuple[str, list[int], bool]]:
        """Note the barriers near an estate's crossings; if they are its gates, return which pieces change sides."""
        taken: dict[Hashable, None] = {}
        moves = []
        for node in self._crossings(name):
            near = self._barriers_by(node, name)
            self.belongs |= near.keys()
            if self.source[name] != "osm" or not near:
                continue
            away = sorted((metres, one) for one, (metres, _) in near.items())
            if len(away) > 1 and away[1][0] - away[0][0] < CLOSE_CALL_M:
                self.doubts.append(f"two barriers equally near a crossing of {name}")
            gate = away[0][1]
            taken[gate] = None
            point = shapely.Point(self._xy(self.streets.lonlat[gate]))
            if near[gate][0] > CLOSE_CALL_M:
                beyond = self.walled[name].boundary.distance(point)
                self._close_call(beyond, 0.0, f"a gate on the boundary of {name}, away from the crossing")
            moves.append((name, near[gate][1], bool(self.walled[name].covers(point))))
        self.gates += [Gate(name, node, osm_open_to(self.streets.barriers[node]), "osm") for node in taken]
        return moves

    def _usable_rows(self, name: str) -> Iterator[tuple[int, Point, str, Hashable | None]]:
        """Return the gates of the file that lead out: near a crossing (which one), or in reach of what is outside."""
        edge, crossings = self.walled[name].boundary, self._crossings(name)
        for number, (point, open_to) in enumerate(self.rows.get(name, [])):
            if point is None:
                continue
            away = edge.distance(shapely.Point(self._xy(point)))
            self._close_call(away, self.max_snap_m, f"a gate of {name} far off")
            if away > self.max_snap_m:
                continue
            near = sorted((GEOD.inv(*point, *self._where(node))[2], n) for n, node in enumerate(crossings))
            for away, _ in near[:2]:
                self._close_call(away, GATE_REACH_M, f"a gate of {name} 30 m from a crossing")
            if near and near[0][0] <= GATE_REACH_M:
                if len(near) > 1 and near[1][0] - near[0][0] < CLOSE_CALL_M:
                    self.doubts.append(f"a gate of {name} between two crossings")
                yield number, point, open_to, crossings[near[0][1]]
            elif self._link_feet(name, point, self._outside(name)):
                yield number, point, open_to, None

    def _place_rows(self, name: str, links: list[Piece]) -> None:
        """Place the gates of the file: at the nearest crossing, else linked to both sides."""
        for number, point, open_to, crossing in self._usable_rows(name):
            node = ("gate", name, number) if crossing is None else crossing
            self.gates.append(Gate(name, node, open_to, "file"))
            for zone in (estate_zone(name), self._outside(name)) if crossing is None else ():
                link = self._link(name, node, point, zone)
                if link is not None:
                    links.append(link)

    def _outside(self, name: str) -> Zone:
        """Return the zone around an estate."""
        outer = self.parent[name]
        return PUBLIC if outer is None else estate_zone(outer)

    def _link_feet(self, name: str, point: Point, zone: Zone) -> list[Foot]:
        """Return where a gate's link to a zone may end, the best first: it crosses no other wall."""
        return [
            foot
            for foot in self._feet(point)
            if self.pieces[foot.piece].zone == zone and self._clear(self._line(point, foot.lonlat), name)
        ]

    def _where(self, node: Hashable) -> Point:
        piece = self.pieces[self.at[node][0]]
        return piece.line[0] if piece.u == node else piece.line[-1]

    def _link(self, name: str, node: Hashable, point: Point, zone: Zone) -> Piece | None:
        """Join a gate to the nearest piece of a zone by a straight link that crosses no other wall."""
        feet = self._link_feet(name, point, zone)
        if not feet:
            return None
        if self._undecided(feet):
            self.doubts.append(f"a link of a gate of {name}")
        best = feet[0]
        piece = self.pieces[best.piece]
        end = next((stop for away, stop in piece.stops if abs(away - best.offset_m) <= SAME_M), None)
        if end is None:
            end = ("link", name, node, zone)
            piece.stops = sorted([*piece.stops, (best.offset_m, end)], key=lambda stop: stop[0])
        like = Segment(node, end, (point, best.lonlat), True, True, (), piece.like.private, False, 0, set())
        return Piece(node, end, [point, best.lonlat], like, set(), zone, link=True)

    def _clear(self, line: Any, gate_of: str) -> bool:
        """Tell whether a gate's link crosses no other wall."""
        outer = self.chain_of(gate_of)[1:]
        return all(
            self._grown(name, ALONG_WALL_M).covers(line)
            if name in outer
            else not self._grown(name, -ALONG_WALL_M).intersects(line)
            for name in self.walled
            if name != gate_of
        )

    def _finish(self) -> None:
        """Give the private grounds numbers, take closed barriers out, and index everything for walking."""
        self._index()
        ground = nx.Graph()
        for index, piece in enumerate(self.pieces):
            if piece.zone == PUBLIC and piece.like.private:
                nx.add_path(
                    ground,
                    [("piece", index), *(("node", node) for _, node in piece.stops or self._ends(piece))],
                )
        for number, component in enumerate(nx.connected_components(ground)):
            for what, index in component:
                if what == "piece":
                    self.pieces[index].zone = ("ground", number)
        self.touch: defaultdict[Hashable, list[int]] = defaultdict(list)
        self.drawn_at: list[list[Hashable]] = []
        self.meet: defaultdict[Hashable, list[tuple[int, int]]] = defaultdict(list)
        for index, piece in enumerate(self.pieces):
            piece.stops = piece.stops or self._ends(piece)
            self.drawn_at.append([node for _, node in piece.stops])
            for number, (away, node) in enumerate(piece.stops):
                self.touch[node].append(index)
                own = (node, "closed", index) if self._stops_all(node) else node
                piece.stops[number] = (away, own)
                self.meet[own].append((index, number))
        self.gates_at: dict[Hashable, list[Gate]] = {}
        for gate in self.gates:
            self.gates_at.setdefault(gate.node, []).append(gate)
        self._stands: dict[tuple[Point, str], Stand] = {}
        self._reached: dict[Hashable, dict[State, float]] = {}

    def _stops_all(self, node: Hashable) -> bool:
        """Tell whether a node is a closed barrier that is no estate's gate."""
        return (
            node in self.streets.barriers
            and barrier(self.streets.barriers[node]) == "gate"
            and node not in self.belongs
        )

    @staticmethod
    def _ends(piece: Piece) -> list[tuple[float, Hashable]]:
        return [(0.0, piece.u), (piece.length_m, piece.v)]

    # --- legs --------------------------------------------------------------------------------------------

    def _measure(self) -> None:
        """Lay out all the straight parts of all pieces, to find the nearest ones."""
        rows = []
        for index, piece in enumerate(self.pieces):
            piece.stops = self._ends(piece)
            gone = 0.0
            for a, b in itertools.pairwise(piece.line):
                rows.append((*a, *b, index, gone))
                gone += GEOD.inv(*a, *b)[2]
        self._parts = np.array(rows).reshape(-1, 6)

    def _feet(self, point: Point) -> list[Foot]:
        """Return the nearest point of every piece within reach, the best piece first."""
        e2, sin = GEOD.es, math.sin(math.radians(point[1]))
        across = GEOD.a / math.sqrt(1 - e2 * sin**2)
        along = across * (1 - e2) / (1 - e2 * sin**2)
        scale = np.radians([across * math.cos(math.radians(point[1])), along])
        start, end = (self._parts[:, :2] - point) * scale, (self._parts[:, 2:4] - point) * scale
        run = end - start
        share = np.clip(-(start * run).sum(axis=1) / np.maximum((run**2).sum(axis=1), 1e-12), 0, 1)
        away = np.hypot(*(start + share[:, None] * run).T).round(6)
        best: dict[int, Foot] = {}
        for row in np.flatnonzero(away <= self.max_snap_m + CLOSE_CALL_M):
            x1, y1, x2, y2, index, gone = self._parts[row]
            if int(index) in best and best[int(index)].away_m <= away[row]:
                continue
            foot = (float(x1 + share[row] * (x2 - x1)), float(y1 + share[row] * (y2 - y1)))
            offset = float(gone + GEOD.inv(x1, y1, *foot)[2])
            rank = self.pieces[int(index)].like.rank
            best[int(index)] = Foot(rank, float(away[row]), int(index), offset, foot)
        return sorted(foot for foot in best.values() if foot.away_m <= self.max_snap_m)

    def _undecided(self, feet: list[Foot]) -> bool:
        """Tell whether a hair's breadth decides which of some feet is the best."""
        best, rest = feet[0], feet[1:]
        if abs(best.away_m - self.max_snap_m) < CLOSE_CALL_M:
            return True
        return any(
            other.rank == best.rank
            and other.away_m - best.away_m < CLOSE_CALL_M
            and (
                GEOD.inv(*other.lonlat, *best.lonlat)[2] > CLOSE_CALL_M
                or self.pieces[other.piece].zone != self.pieces[best.piece].zone
            )
            for other in rest
        )

    def innermost(self, point: Point) -> str | None:
        """Return the innermost walled estate whose boundary holds a point."""
        here = shapely.Point(self._xy(point))
        return next((name for name in self.outwards if self.walled[name].covers(here)), None)

    def _is_good(
        self, point: Point, foot: Foot, home: str | None, through: str | None, by: float = ALONG_WALL_M
    ) -> bool:
        """Tell whether a leg ends in its home zone and crosses no wall (but that of ``through``)."""
        zone = self.pieces[foot.piece].zone
        if zone != (PUBLIC if home is None else estate_zone(home)) and not (
            home is None and zone[0] == "ground"
        ):
            return False
        line = self._line(point, foot.lonlat)
        around = self.chain_of(home)
        if home is not None and not self._grown(home, by).covers(line):
            return False
        return not any(
            self._grown(name, -by).intersects(line)
            for name in self.walled
            if name not in around and name != through
        )

    def stand(self, point: Point, opens_to: str = "home") -> Stand:
        """Return the legs of a point: of an estate ("home"), or of a venue that opens to street, estate or ""."""
        key = (point, opens_to)
        if key not in self._stands:
            self._stands[key] = self._stand(point, opens_to)
        return self._stands[key]

    def _stand(self, point: Point, opens_to: str) -> Stand:
        feet, inside = self._feet(point), self.innermost(point)
        here = shapely.Point(self._xy(point))
        doubtful = any(shape.boundary.distance(here) < CLOSE_CALL_M for shape in self.walled.values())
        doubtful |= any(area.shape.distance(here) < CLOSE_CALL_M for area in self.streets.areas)
        doubtful |= bool(feet) and self._undecided(feet)
        home, through = inside, None
        if opens_to == "street" and inside is not None:
            home, through = self.parent[inside], inside
        choices = [*self.chain_of(home), None] if opens_to == "" else [home]
        found = []
        for choice in choices:
            good = [foot for foot in feet if self._is_good(point, foot, choice, through)]
            for by in (ALONG_WALL_M - CLOSE_CALL_M, ALONG_WALL_M + CLOSE_CALL_M):
                nearer = [foot for foot in feet if self._is_good(point, foot, choice, through, by)]
                doubtful |= nearer[:1] != good[:1]
            doubtful |= bool(good) and self._undecided(good)
            found += [(foot, choice) for foot in good[:1]]
        found.sort(key=lambda one: one[0])
        if len(found) > 1:
            doubtful |= self._undecided([foot for foot, _ in found])
        best = found[0][0] if found else None
        home = found[0][1] if found else home
        legs = [self._leg(point, foot, good=False) for foot in feet[:1] if foot != best]
        legs += [self._leg(point, best, good=True)] if best is not None else []
        doubtful |= any(
            {piece.stops[0][1], piece.stops[-1][1]} <= self.area_nodes
            for piece in (self.pieces[leg.foot.piece] for leg in legs if leg.foot is not None)
        )
        if home is not None and (best is None or not self._reaches_gate(best.piece, home)):
            legs += self._straight(point, home)
        return Stand(PUBLIC if home is None else estate_zone(home), legs, doubtful)

    def _leg(self, point: Point, foot: Foot, *, good: bool) -> Leg:
        return Leg(GEOD.inv(*point, *foot.lonlat)[2], good, self.pieces[foot.piece].zone, foot)

    def _reaches_gate(self, index: int, name: str) -> bool:
        """Tell whether the connected pieces of an estate's zone reach one of its gates, of whatever kind."""
        todo, seen = [index], {index}
        while todo:
            here = todo.pop()
            # as components of streets are: pieces that share a node, even if a closed barrier stands there
            for node in self.drawn_at[here]:
                if any(gate.estate == name for gate in self.gates_at.get(node, ())):
                    return True
                for other in self.touch[node]:
                    if other not in seen and self.pieces[other].zone == estate_zone(name):
                        seen.add(other)
                        todo.append(other)
        return False

    def _straight(self, point: Point, name: str) -> list[Leg]:
        """Return the straight legs to every gate of an estate, inside its boundary."""
        legs = []
        for node in dict.fromkeys(gate.node for gate in self.gates if gate.estate == name):
            index, number = self.meet[node][0] if self.meet[node] else (None, 0)
            if index is None:
                at = next(p for n, (p, _) in enumerate(self.rows[name]) if node == ("gate", name, n))
            else:
                piece = self.pieces[index]
                at = piece.line[0] if number == 0 else piece.line[-1]
            metres = self.inside_m(name, point, at)
            if math.isfinite(metres):
                legs.append(Leg(metres, True, estate_zone(name), None, node))
        return legs

    def inside_m(self, name: str, start: Point, end: Point) -> float:
        """Return the length of the shortest line inside an estate's boundary (and out to a gate beyond it)."""
        shape = self.walled[name]
        room = shape.buffer(TOUCH_M, join_style="mitre")
        here, there = (shapely.Point(self._xy(point)) for point in (start, end))
        hair = 0.0
        if not room.covers(there):
            nearest = nearest_points(shape, there)[0]
            hair, there = there.distance(nearest), nearest
        corners = [(here.x, here.y), (there.x, there.y), *map(tuple, shapely.get_coordinates(shape))]
        graph = nx.Graph()
        graph.add_nodes_from(range(len(corners)))
        for (i, a), (j, b) in itertools.combinations(enumerate(corners), 2):
            if math.dist(a, b) < 1e-6 or room.covers(shapely.LineString([a, b])):
                graph.add_edge(i, j, weight=math.dist(a, b))
        try:
            return hair + float(nx.dijkstra_path_length(graph, 0, 1))
        except nx.NetworkXNoPath:
            return math.inf

    # --- who may go where --------------------------------------------------------------------------------

    def lets_out(self, name: str, node: Hashable) -> bool:
        """Tell whether residents may leave an estate at a node."""
        return any(gate.estate == name and gate.open_to != "closed" for gate in self.gates_at.get(node, ()))

    def lets_in(self, name: str, node: Hashable, policy: str, welcome: frozenset[str]) -> bool:
        """Tell whether a walker to a venue inside may enter an estate at a node; ``welcome``: as its resident."""
        for gate in self.gates_at.get(node, ()):
            if gate.estate == name and gate.open_to != "closed":
                if name in welcome:
                    return True
                if policy == "residents" and gate.open_to in {"everyone", "public"}:
                    return True
        return False

    def is_passage(self, name: str, node: Hashable) -> bool:
        """Tell whether a node is a public gate of an estate that no other encloses."""
        return self.parent[name] is None and any(
            gate.estate == name and gate.open_to == "public" for gate in self.gates_at.get(node, ())
        )

    def moves(self, state: State, policy: str, welcome: frozenset[str]) -> Iterator[tuple[State, float]]:
        """Return every step that may follow a state, and its metres."""
        node, phase = state
        for index, number in self.meet[node]:
            piece = self.pieces[index]
            if policy == "open" or self._walks(phase, piece.zone):
                for other in (number - 1, number + 1):
                    allowed = piece.like.forward if other > number else piece.like.backward
                    if 0 <= other < len(piece.stops) and allowed:
                        length = abs(piece.stops[other][0] - piece.stops[number][0])
                        yield (piece.stops[other][1], phase), length
        if policy != "open":
            for following in self._changes(node, phase, policy, welcome):
                yield (node, following), 0.0

    @staticmethod
    def _walks(phase: Phase, zone: Zone) -> bool:
        """Tell whether a phase walks the pieces of a zone."""
        kind, where = phase
        if kind == "S":
            return zone == PUBLIC
        return estate_zone(where) == zone if kind == "Q" else where == zone

    def _changes(self, node: Hashable, phase: Phase, policy: str, welcome: frozenset[str]) -> Iterator[Phase]:
        """Return the phases to which one may change at a node."""
        kind, where = phase
        grounds = {
            self.pieces[index].zone for index, _ in self.meet[node] if self.pieces[index].zone[0] == "ground"
        }
        if not grounds and node not in self.gates_at:
            return
        estates = [name for name in self.walled if self.lets_in(name, node, policy, welcome)]
        outermost = [name for name in estates if self.parent[name] is None]
        if kind == "S":
            yield from (("V", estate_zone(name)) for name in outermost)
            yield from (("V", ground) for ground in grounds)
            yield from (("Q", name) for name in self.walled if self.is_passage(name, node))
        elif kind == "Q":
            if self.is_passage(where, node):
                yield STREET
        elif where[0] == "ground":
            if where in grounds:
                if kind == "R":
                    yield STREET
                else:
                    yield from (("V", estate_zone(name)) for name in outermost)
        else:
            yield from (
                ("V", estate_zone(name))
                for name in estates
                if self.parent[name] is not None and estate_zone(self.parent[name]) == where
            )
            if kind == "R" and self.lets_out(where[1], node):
                outer = self.parent[where[1]]
                if outer is not None:
                    yield ("R", estate_zone(outer))
                else:
                    yield STREET
                    yield from (("R", ground) for ground in grounds)

    # --- walks -------------------------------------------------------------------------------------------

    def _begins(self, leg: Leg, policy: str) -> Iterator[tuple[State, float]]:
        phase = STREET if policy == "open" or leg.zone == PUBLIC else ("R", leg.zone)
        if leg.foot is None:
            yield (leg.node, phase), leg.leg_m
            return
        piece = self.pieces[leg.foot.piece]
        for away, node in piece.stops:
            ahead = away - leg.foot.offset_m
            if (ahead >= -SAME_M and piece.like.forward) or (ahead <= SAME_M and piece.like.backward):
                yield (node, phase), leg.leg_m + abs(ahead)

    def _ends_at(self, leg: Leg, policy: str) -> Iterator[tuple[State, float]]:
        phases = [STREET] if policy == "open" or leg.zone == PUBLIC else [("V", leg.zone), ("R", leg.zone)]
        if leg.foot is None:
            yield from (((leg.node, phase), leg.leg_m) for phase in phases)
            return
        piece = self.pieces[leg.foot.piece]
        for away, node in piece.stops:
            ahead = leg.foot.offset_m - away
            if (ahead >= -SAME_M and piece.like.forward) or (ahead <= SAME_M and piece.like.backward):
                yield from (((node, phase), leg.leg_m + abs(ahead)) for phase in phases)

    def _along_one(self, start: Leg, end: Leg) -> float:
        """Return the walk between two legs that meet one piece."""
        if start.foot is None or end.foot is None or start.foot.piece != end.foot.piece:
            return math.inf
        like, ahead = self.pieces[start.foot.piece].like, end.foot.offset_m - start.foot.offset_m
        allowed = (ahead >= -SAME_M and like.forward) or (ahead <= SAME_M and like.backward)
        return start.leg_m + abs(ahead) + end.leg_m if allowed else math.inf

    def _spread(
        self, begins: Iterable[tuple[State, float]], policy: str, welcome: frozenset[str]
    ) -> dict[State, float]:
        """Return the metres to every state that can be reached."""
        metres: dict[State, float] = {}
        tie_breaker = itertools.count()
        todo = [(gone, next(tie_breaker), state) for state, gone in begins]
        heapq.heapify(todo)
        while todo:
            gone, _, state = heapq.heappop(todo)
            if state in metres:
                continue
            metres[state] = gone
            for following, length in self.moves(state, policy, welcome):
                if following not in metres:
                    heapq.heappush(todo, (gone + length, next(tie_breaker), following))
        return metres

    def _legs(self, estate: str, policy: str) -> list[Leg]:
        """Return an estate's legs under a policy."""
        if self.start == "gates":
            own = [gate for gate in self.gates if gate.estate == estate and gate.open_to != "closed"]
            if own:
                return [Leg(0.0, True, estate_zone(estate), None, gate.node) for gate in own]
        stands = [self.stand(point) for point in self.homes[estate].points]
        return [leg for stand in stands for leg in stand.legs if leg.good or policy == "open"]

    def lives_in(self, estate: str) -> set[str]:
        """Return the walled estates whose boundary holds a point of an estate."""
        at = [shapely.Point(self._xy(point)) for point in self.homes[estate].points]
        return {name for name, shape in self.walled.items() if any(shape.covers(here) for here in at)}

    def _welcome(self, estate: str, home: Zone, policy: str) -> frozenset[str]:
        """Return the estates that an estate's people enter as residents on the way to a venue at home in a zone."""
        around = self.chain_of(str(home[1])) if home[0] == "estate" else []
        lives = self.lives_in(estate)
        if policy == "closed":
            return frozenset(around) if around and around[0] in lives else frozenset()
        return frozenset(name for name in around if name in lives)

    def walk_m(self, estate: str, venue: Venue, policy: str = "residents") -> float:
        """Return the shortest walk from an estate to a venue in metres, infinite if there is none."""
        starts = self._legs(estate, policy)
        best = math.inf
        for point in venue.points:
            stand = self.stand(point, venue.opens_to)
            welcome = self._welcome(estate, stand.home, policy)
            key = (estate, policy, welcome)
            if key not in self._reached:
                begins = [begin for leg in starts for begin in self._begins(leg, policy)]
                self._reached[key] = self._spread(begins, policy, welcome)
            for end in stand.legs:
                if not (end.good or policy == "open"):
                    continue
                reached = self._reached[key]
                walks = [reached.get(state, math.inf) + left for state, left in self._ends_at(end, policy)]
                best = min([best, *walks, *(self._along_one(start, end) for start in starts)])
        return best

    def walks(self, venues: Mapping[str, Venue], policy: str = "residents") -> dict[tuple[str, str], float]:
        """Return the shortest walk of every pair that has one."""
        pairs = itertools.product(self.homes, venues)
        found = {(home, name): self.walk_m(home, venues[name], policy) for home, name in pairs}
        return {pair: metres for pair, metres in found.items() if math.isfinite(metres)}

    def nearest(
        self, estate: str, venues: Mapping[str, Venue], policy: str = "residents"
    ) -> tuple[str, float] | None:
        """Return an estate's nearest venue and its walk, None if it reaches none."""
        found = [(self.walk_m(estate, venue, policy), name) for name, venue in venues.items()]
        metres, name = min(found, default=(math.inf, ""))
        return (name, metres) if math.isfinite(metres) else None

    def doubtful(self, estate: str = "", venue: Venue | None = None) -> bool:
        """Tell whether a hair's breadth decides where an estate or a venue meets the streets."""
        stands = [self.stand(point) for point in self.homes[estate].points] if estate else []
        stands += [self.stand(point, venue.opens_to) for point in venue.points] if venue else []
        return any(stand.doubtful for stand in stands)
