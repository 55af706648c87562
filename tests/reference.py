"""Walks the slow and obvious way: the second opinion that the library is compared with.

Every OSM node is a node of the graph, every point is inserted as a node, every area is crossed by all the
straight lines that fit into it, and networkx does the rest. Nothing here is shared with the library.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import osmium
import pyproj
import shapely

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence
    from pathlib import Path

    Point = tuple[float, float]
    Points = Mapping[str, Sequence[Point]]
    Tags = Mapping[str, str]

GEOD = pyproj.Geod(ellps="WGS84")
BIG_M = 500.0
"""A component at least this long in all is part of the town; a smaller one is an island."""
TOUCH_M = 0.005
"""A point this close to an area is on it, and a line may leave it by this much: OSM's own rounding."""
SAME_M = 0.01
"""A tie this close to the end of an edge is at the end."""

# --- the walking rules -----------------------------------------------------------------------------------

PASS = {"yes", "designated", "permissive", "destination", "customers"}
PRIVATE = {"private", "permit", "residents", "delivery", "agricultural", "forestry"}
CLOSED = {"no", "use_sidepath", "military"}

WALKABLE = {
    *("footway", "path", "pedestrian", "steps", "living_street", "residential", "service", "unclassified"),
    *("road", "track", "cycleway", "bridleway", "tertiary", "secondary", "primary"),
    *("tertiary_link", "secondary_link", "primary_link", "corridor", "elevator", "platform"),
}
TRUNK = {"trunk", "trunk_link"}
MOTORWAY = {"motorway", "motorway_link"}
NEVER = {"construction", "proposed", "abandoned", "raceway", "bus_guideway"}
FOR_FEET = {
    *("footway", "path", "pedestrian", "steps", "living_street", "corridor", "elevator", "platform", "pier"),
}
"""What can be a place to cross as one pleases when it is mapped as an area."""

WALLS = {"wall", "city_wall", "retaining_wall", "fence", "hedge", "guard_rail", "ditch"}
"""Node barriers that stop a walker unless something says otherwise; all others let him through."""


def permission(tags: Tags) -> str:
    """Return what foot=, and failing that access=, says: "pass", "private", "closed" or "" for nothing."""
    for key in ("foot", "access"):
        word = tags.get(key, "")
        for answer, words in (("pass", PASS), ("private", PRIVATE), ("closed", CLOSED)):
            if word in words:
                return answer
    return ""


def kind_of_way(tags: Tags) -> str:
    """Return the kind of street this is, "" if it is none a walker may take."""
    highway, foot = tags.get("highway", ""), tags.get("foot", "")
    kind = ""
    if highway in NEVER:
        return ""
    if highway in WALKABLE:
        kind = highway
    elif highway in TRUNK:
        kind = highway if foot in {"yes", "designated", "permissive"} or has_sidewalk(tags) else ""
    elif highway in MOTORWAY:
        kind = highway if foot in {"yes", "designated"} else ""
    elif "platform" in (tags.get("public_transport"), tags.get("railway")):
        kind = "platform"
    elif tags.get("man_made") == "pier":
        kind = "pier"
    if tags.get("motorroad") == "yes" and foot not in {"yes", "designated"}:
        return ""
    return "" if permission(tags) == "closed" else kind


def has_sidewalk(tags: Tags) -> bool:
    """Tell whether a sidewalk runs along the road itself (one drawn as a way of its own does not count)."""
    keys = ("sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right")
    return any(tags.get(key, "no") not in {"no", "none", "separate"} for key in keys)


def directions(tags: Tags) -> tuple[bool, bool]:
    """Return whether a walker may go forward and backward: oneway= is for vehicles."""
    word = tags.get("oneway:foot", "no")
    return word not in {"-1", "reverse"}, word not in {"yes", "true", "1"}


def is_structure(tags: Tags) -> bool:
    """Tell bridges and tunnels; a passage through a building is at street level."""
    return tags.get("bridge", "no") != "no" or tags.get("tunnel", "no") not in {"no", "building_passage"}


def barrier(tags: Tags) -> str:
    """Return "wall" (cuts a way), "gate" (a closed one) or "" (can be passed) for a node."""
    kind, word = tags.get("barrier", ""), permission(tags)
    if not kind:
        return ""
    if kind in WALLS:
        return "" if word == "pass" else "wall"
    return "gate" if word in {"private", "closed"} or tags.get("locked") == "yes" else ""


# --- what is read ----------------------------------------------------------------------------------------


@dataclass
class Edge:
    """A straight piece of street between two nodes of the file."""

    u: int
    v: int
    forward: bool
    backward: bool
    structure: bool
    length_m: float
    ways: list[str] = field(default_factory=list)
    areas: list[int] = field(default_factory=list)
    rank: int = 0


@dataclass
class Area:
    """A pedestrian area: the pieces of its outline by node, and its shape in local metres."""

    outline: list[tuple[int, int]]
    shape: Any
    structure: bool
    source: str
    rank: int = 0

    @property
    def nodes(self) -> list[int]:
        """The area's nodes, each once."""
        return list(dict.fromkeys(itertools.chain.from_iterable(self.outline)))


@dataclass
class Tie:
    """Where a point meets the streets: on an edge, or (``areas``) inside areas, which it crosses freely."""

    leg_m: float
    lon: float
    lat: float
    rank: int
    edge: int | None = None
    areas: tuple[int, ...] = ()

    @property
    def island(self) -> bool:
        """Whether only a small component was near."""
        return self.rank >= 2

    @property
    def structure(self) -> bool:
        """Whether only a bridge or a tunnel was near."""
        return self.rank in {1, 3}


@dataclass
class Guest:
    """Somebody in an area, who sees its nodes and the others in it."""

    key: Hashable
    lon: float
    lat: float
    leaves: bool
    arrives: bool


def join_rings(lines: list[list[int]]) -> list[list[int]] | None:
    """Join lines of nodes end to end into closed rings; None if any stays open."""
    lines, rings = [list(line) for line in lines], []
    while lines:
        ring = lines.pop(0)
        while ring[0] != ring[-1]:
            following = next((line for line in lines if ring[-1] in (line[0], line[-1])), None)
            if following is None:
                return None
            lines.remove(following)
            ring += following[1:] if following[0] == ring[-1] else following[-2::-1]
        rings.append(ring)
    return rings


def outline_of(rings: list[list[int]]) -> list[tuple[int, int]]:
    """Return the rings' pieces, but none where two rings lie side by side: that is inside a building."""
    pieces = [pair for ring in rings for pair in itertools.pairwise(ring) if pair[0] != pair[1]]
    times = Counter(frozenset(pair) for pair in pieces)
    return [pair for pair in pieces if times[frozenset(pair)] == 1]


class Reference:
    """Walks under the policy ``open`` on one OSM file.

    Parameters
    ----------
    path
        An OSM file.
    max_snap_m
        How far a point may lie from the streets.
    outline_sees
        Whether someone who meets an area on its outline, coming from outside, crosses it in a straight line
        at once (True), or first walks along the outline to one of its nodes (False).
    """

    same_m = SAME_M

    def __init__(self, path: Path | str, max_snap_m: float = 150.0, *, outline_sees: bool = False) -> None:
        self.max_snap_m, self.outline_sees = max_snap_m, outline_sees
        self.lonlat: dict[int, Point] = {}
        self.edges: list[Edge] = []
        self.areas: list[Area] = []
        self.notes: list[str] = []
        self._edge_at: dict[tuple[frozenset[int], bool], int] = {}
        self._node_barrier: dict[int, str] = {}
        ways, relations = self._read(path)
        lon, lat = next(iter(self.lonlat.values()), (0.0, 0.0))
        self._plane = pyproj.Proj(f"+proj=tmerc +lat_0={lat} +lon_0={lon} +k=1 +ellps=WGS84")
        for ref, (nodes, tags) in ways.items():
            self._add_way(f"w{ref}", nodes, tags)
        for ref, (members, tags) in relations.items():
            self._add_relation(f"r{ref}", members, tags, ways)
        self._rank()
        self.graph = self._build_graph()
        self._ends = np.array([(*self.lonlat[e.u], *self.lonlat[e.v]) for e in self.edges]).reshape(-1, 4)

    # --- reading -----------------------------------------------------------------------------------------

    def _read(self, path: Path | str) -> tuple[dict[int, Any], dict[int, Any]]:
        ways: dict[int, Any] = {}
        relations: dict[int, Any] = {}
        thing: Any
        for thing in osmium.FileProcessor(str(path)):
            tags = {tag.k: tag.v for tag in thing.tags}
            if thing.is_node() and thing.location.valid():
                self.lonlat[thing.id] = (thing.location.lon, thing.location.lat)
                if barrier(tags):
                    self._node_barrier[thing.id] = barrier(tags)
            elif thing.is_way():
                ways[thing.id] = ([node.ref for node in thing.nodes], tags)
            elif thing.is_relation() and tags.get("type") == "multipolygon":
                relations[thing.id] = ([(m.ref, m.role) for m in thing.members if m.type == "w"], tags)
        return ways, relations

    def _add_way(self, name: str, nodes: list[int], tags: Tags) -> None:
        kind = kind_of_way(tags)
        if not kind:
            return
        closed = len(nodes) > 3 and nodes[0] == nodes[-1]
        is_area = tags.get("area") == "yes" and kind in FOR_FEET and closed
        if not (is_area and self._add_area(name, [nodes], [], tags)):
            self._add_line(name, nodes, directions(tags), structure=is_structure(tags))

    def _add_relation(self, name: str, members: list[tuple[int, str]], tags: Tags, ways: Any) -> None:
        if kind_of_way(tags) not in FOR_FEET:
            return
        here = {way: ways[way][0] for way, _ in members if way in ways}
        outer = join_rings([here[way] for way, role in members if way in here and role in {"outer", ""}])
        inner = join_rings([here[way] for way, role in members if way in here and role == "inner"])
        complete = all(way in ways for way, _ in members)
        if complete and outer and inner is not None and self._add_area(name, outer, inner, tags):
            return
        for nodes in here.values():
            self._add_line(name, nodes, (True, True), structure=is_structure(tags))

    def _add_line(
        self,
        name: str,
        nodes: list[int],
        ways: tuple[bool, bool],
        *,
        structure: bool,
        area: int | None = None,
    ) -> None:
        forward, backward = ways
        for u, v in itertools.pairwise(nodes):
            if u == v or u not in self.lonlat or v not in self.lonlat:
                continue  # a node the file does not hold splits the way
            at = (frozenset((u, v)), structure)
            if at not in self._edge_at:
                self._edge_at[at] = len(self.edges)
                length = GEOD.inv(*self.lonlat[u], *self.lonlat[v])[2]
                self.edges.append(Edge(u, v, False, False, structure, length))
            edge = self.edges[self._edge_at[at]]
            edge.forward |= forward if edge.u == u else backward
            edge.backward |= backward if edge.u == u else forward
            edge.ways.append(name)
            if area is not None:
                edge.areas.append(area)

    def _add_area(self, name: str, outer: list[list[int]], inner: list[list[int]], tags: Tags) -> bool:
        """Add one area for each outer ring; False (and nothing added) if they make no sound polygon."""
        if not all(node in self.lonlat and len(ring) > 3 for ring in outer + inner for node in ring):
            return False
        found = []
        for ring in outer:
            shell = shapely.Polygon(self._xy(ring))
            holes = [hole for hole in inner if shell.covers(shapely.Polygon(self._xy(hole)))]
            shapes = [shell, *(shapely.Polygon(self._xy(hole)) for hole in holes)]
            if not all(shape.is_valid and shape.area > 0 for shape in shapes):
                self.notes.append(f"{name}: not a sound polygon, its outline only")
                return False
            found.append((outline_of([ring, *holes]), shell - shapely.union_all(shapes[1:])))
        for outline, shape in found:
            room = shape.buffer(TOUCH_M, join_style="mitre")
            shapely.prepare(room)
            self.areas.append(Area(outline, room, is_structure(tags), name))
            for pair in outline:
                self._add_line(
                    name, list(pair), (True, True), structure=is_structure(tags), area=len(self.areas) - 1
                )
        return True

    def _xy(self, nodes: Iterable[int]) -> list[tuple[float, float]]:
        return [self._plane(*self.lonlat[node]) for node in nodes]

    # --- the graph ---------------------------------------------------------------------------------------

    def _key(self, node: int, index: int, cut: set[str]) -> Hashable:
        """Name the graph's node for an edge's end: where a barrier cuts, every edge ends by itself."""
        if self._node_barrier.get(node) not in cut:
            return node
        areas = self.edges[index].areas
        return (node, "area", areas[0]) if areas else (node, "edge", index)

    def _area_key(self, node: int, area: int, cut: set[str]) -> Hashable:
        return (node, "area", area) if self._node_barrier.get(node) in cut else node

    def _rank(self) -> None:
        """Rank edges and areas: 0 town, 1 bridge or tunnel of the town, 2 island, 3 bridge of an island."""
        cut = {"wall"}
        drawn = nx.Graph()
        for index, edge in enumerate(self.edges):
            drawn.add_edge(self._key(edge.u, index, cut), self._key(edge.v, index, cut))
        for number, area in enumerate(self.areas):
            nx.add_path(drawn, [self._area_key(node, number, cut) for node in area.nodes])
        component = {
            key: number for number, keys in enumerate(nx.connected_components(drawn)) for key in keys
        }
        lengths: defaultdict[int, dict[frozenset[int], float]] = defaultdict(dict)
        for index, edge in enumerate(self.edges):
            lengths[component[self._key(edge.u, index, cut)]][frozenset((edge.u, edge.v))] = edge.length_m
        total = {number: sum(of.values()) for number, of in lengths.items()}
        for index, edge in enumerate(self.edges):
            small = total[component[self._key(edge.u, index, cut)]] < BIG_M
            edge.rank = 2 * small + edge.structure
        for number, area in enumerate(self.areas):
            small = total[component[self._area_key(area.nodes[0], number, cut)]] < BIG_M
            area.rank = 2 * small + area.structure

    def _build_graph(self) -> nx.DiGraph:
        cut = {"wall", "gate"}
        graph = nx.DiGraph()
        for index, edge in enumerate(self.edges):
            u, v = self._key(edge.u, index, cut), self._key(edge.v, index, cut)
            if edge.forward:
                self._link(graph, u, v, edge.length_m)
            if edge.backward:
                self._link(graph, v, u, edge.length_m)
        for number, area in enumerate(self.areas):
            for one in area.nodes:
                for other in self._seen(area, self.lonlat[one]):
                    if one != other:
                        length = GEOD.inv(*self.lonlat[one], *self.lonlat[other])[2]
                        here, there = (self._area_key(node, number, cut) for node in (one, other))
                        self._link(graph, here, there, length)
        return graph

    @staticmethod
    def _link(graph: nx.DiGraph, u: Hashable, v: Hashable, length_m: float) -> None:
        if not graph.has_edge(u, v) or graph[u][v]["weight"] > length_m:
            graph.add_edge(u, v, weight=length_m)

    def _seen(self, area: Area, where: Point) -> list[int]:
        """Return the area's nodes to which a straight line from here stays inside."""
        nodes, here = area.nodes, self._plane(*where)
        lines = shapely.linestrings([(here, there) for there in self._xy(nodes)])
        return [node for node, inside in zip(nodes, shapely.covers(area.shape, lines), strict=True) if inside]

    # --- ties --------------------------------------------------------------------------------------------

    def tie(self, point: Point) -> Tie | None:
        """Return where one point meets the streets, None if they are too far."""
        here = shapely.Point(self._plane(*point))
        inside = [n for n, area in enumerate(self.areas) if area.shape.covers(here)]
        found = self._nearest_edge(point)
        area_rank = min((self.areas[n].rank for n in inside), default=9)
        if inside and (found is None or area_rank <= found.rank):
            areas = tuple(n for n in inside if self.areas[n].rank == area_rank)
            return Tie(0.0, *point, area_rank, None, areas)
        return found

    def _nearest_edge(self, point: Point) -> Tie | None:
        if not self.edges:
            return None
        lon, lat = point
        # The plane that touches the earth at the point: exact to millimetres within reach of a leg.
        e2, sin = GEOD.es, math.sin(math.radians(lat))
        across = GEOD.a / math.sqrt(1 - e2 * sin**2)
        along = across * (1 - e2) / (1 - e2 * sin**2)
        scale = np.radians([across * math.cos(math.radians(lat)), along])
        start = (self._ends[:, :2] - point) * scale
        end = (self._ends[:, 2:] - point) * scale
        run = end - start
        square = np.maximum((run**2).sum(axis=1), 1e-12)
        share = np.clip(-(start * run).sum(axis=1) / square, 0, 1)
        distance = np.hypot(*(start + share[:, None] * run).T).round(6)
        near = list(np.flatnonzero(distance <= self.max_snap_m))
        if not near:
            return None
        best = min(near, key=lambda i: (self.edges[i].rank, distance[i], i))
        foot = self._ends[best, :2] + share[best] * (self._ends[best, 2:] - self._ends[best, :2])
        leg = GEOD.inv(lon, lat, *foot)[2]
        return Tie(leg, float(foot[0]), float(foot[1]), self.edges[best].rank, int(best))

    def ties(self, points: Points) -> dict[tuple[str, int], Tie | None]:
        """Return the tie of every point of every place, by (id, number of the point)."""
        return {(name, i): self.tie(point) for name, some in points.items() for i, point in enumerate(some)}

    # --- walks -------------------------------------------------------------------------------------------

    def walk(self, from_points: Points, to_points: Points) -> dict[tuple[str, str], float]:
        """Return the shortest walk in metres for every pair that has one."""
        graph = self.graph.copy()
        feet: defaultdict[int, dict[Hashable, Tie]] = defaultdict(dict)
        guests: defaultdict[int, list[Guest]] = defaultdict(list)
        for role, places in (("from", from_points), ("to", to_points)):
            for (name, number), tie in self.ties(places).items():
                self._insert(graph, (role, name, number), places[name][number], tie, feet, guests)
        for index, on_edge in feet.items():
            self._thread(graph, index, on_edge)
        for number, some in guests.items():
            self._seat(graph, number, some)
        walks: dict[tuple[str, str], float] = {}
        against = graph.reverse(copy=False)
        for venue in to_points:
            if ("to", venue) not in graph:
                continue
            reached = nx.single_source_dijkstra_path_length(against, ("to", venue))
            walks |= {
                (home, venue): reached["from", home] for home in from_points if ("from", home) in reached
            }
        return walks

    def _insert(
        self,
        graph: nx.DiGraph,
        key: tuple[str, str, int],
        point: Point,
        tie: Tie | None,
        feet: defaultdict[int, dict[Hashable, Tie]],
        guests: defaultdict[int, list[Guest]],
    ) -> None:
        """Add one point of a place, one-way: out of a home, into a venue: no walk passes through it."""
        if tie is None:
            return
        leaves = key[0] == "from"

        def add(outer: Hashable, inner: Hashable, length_m: float) -> None:
            self._link(graph, *((outer, inner) if leaves else (inner, outer)), length_m)

        add(key[:2], key, 0.0)
        for number in tie.areas:
            guests[number].append(Guest(key, *point, leaves, not leaves))
        if tie.edge is not None:
            edge = self.edges[tie.edge]
            foot: Hashable = ("foot", *key)
            for node in (edge.u, edge.v):
                if GEOD.inv(tie.lon, tie.lat, *self.lonlat[node])[2] <= self.same_m:
                    foot = self._key(node, tie.edge, {"wall", "gate"})
                    break
            else:
                feet[tie.edge][foot] = tie
            add(key, foot, tie.leg_m)
            for number in edge.areas if self.outline_sees else ():
                guests[number].append(Guest(foot, tie.lon, tie.lat, True, True))

    def _thread(self, graph: nx.DiGraph, index: int, on_edge: dict[Hashable, Tie]) -> None:
        """Insert the feet into their edge, in order from one end to the other."""
        edge, cut = self.edges[index], {"wall", "gate"}
        u, v = self._key(edge.u, index, cut), self._key(edge.v, index, cut)
        start, end = self.lonlat[edge.u], self.lonlat[edge.v]
        beads = [(GEOD.inv(*start, tie.lon, tie.lat)[2], key) for key, tie in on_edge.items()]
        chain = [(0.0, u), *sorted(beads, key=lambda bead: bead[0]), (GEOD.inv(*start, *end)[2], v)]
        for (here, one), (there, other) in itertools.pairwise(chain):
            gap = max(there - here, 0.0)
            if edge.forward or gap < 1e-6:
                self._link(graph, one, other, gap)
            if edge.backward or gap < 1e-6:
                self._link(graph, other, one, gap)

    def _seat(self, graph: nx.DiGraph, number: int, guests: list[Guest]) -> None:
        """Let everybody in an area see its nodes and each other."""
        area, cut = self.areas[number], {"wall", "gate"}
        for guest in guests:
            for node in self._seen(area, (guest.lon, guest.lat)):
                length = GEOD.inv(guest.lon, guest.lat, *self.lonlat[node])[2]
                if guest.leaves:
                    self._link(graph, guest.key, self._area_key(node, number, cut), length)
                if guest.arrives:
                    self._link(graph, self._area_key(node, number, cut), guest.key, length)
        for one, other in itertools.permutations(guests, 2):
            line = [self._plane(one.lon, one.lat), self._plane(other.lon, other.lat)]
            if one.leaves and other.arrives and area.shape.covers(shapely.LineString(line)):
                length = GEOD.inv(one.lon, one.lat, other.lon, other.lat)[2]
                self._link(graph, one.key, other.key, length)
