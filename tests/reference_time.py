"""Minutes the slow and obvious way: the second opinion on stairs, crossings, gates, lifts and walks without steps.

As ``reference.py``, with seconds on every straight piece of street: half of a wait at each end of each piece.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import osmium

from reference import GEOD, Reference

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from pathlib import Path

    import networkx as nx

    from reference import Tie
    from walkshed import Profile

    Tags = Mapping[str, str]

GATES = {
    *("gate", "lift_gate", "swing_gate", "sliding_gate", "sliding_beam", "kissing_gate", "hampshire_gate"),
    *("turnstile", "full-height_turnstile", "entrance", "wicket_gate", "sally_port"),
}
FOR_WALKERS = {
    *("footway", "path", "pedestrian", "steps", "cycleway", "bridleway", "corridor", "elevator", "platform"),
    "pier",
}


def kind(tags: Tags) -> str:
    """Return what kind of way this is."""
    highway = tags.get("highway", "")
    if highway:
        return highway.removesuffix("_link")
    return "platform" if "platform" in (tags.get("public_transport"), tags.get("railway")) else "pier"


def leads_up(tags: Tags) -> int:
    """Return 1 where steps lead up from the first node, -1 where down, 0 where nobody knows."""
    word = tags.get("incline", "").rstrip("%° ")
    if word in {"up", "down"}:
        return 1 if word == "up" else -1
    try:
        slope = float(word)
    except ValueError:
        return 0
    return (slope > 0) - (slope < 0)


def wheels(tags: Tags) -> bool:
    """Tell whether a wheelchair gets along a way."""
    if kind(tags) == "steps":
        return tags.get("ramp:wheelchair") == "yes" or tags.get("wheelchair") in {"yes", "designated"}
    return tags.get("wheelchair") != "no"


class TimedReference(Reference):
    """Walks in seconds of one profile, or (``metres``) in metres without what the profile cannot use."""

    same_m = -1.0

    def __init__(self, path: Path | str, profile: Profile, *, metres: bool = False) -> None:
        self.profile, self.in_metres = profile, metres
        self.per_m = 1.0 if metres else 1 / profile.speed_mps
        self._tags: Tags = {}
        self._node_tags: dict[int, Tags] = {}
        self._pieces: dict[tuple[int, int, bool], list[Tags]] = {}
        self._shafts: set[int] = set()
        super().__init__(path, outline_sees=True)
        for index, edge in enumerate(self.edges):
            if not any(wheels(tags) for tags in self._tags_of(edge)) and profile.step_free:
                self._ends[index] = 999.0

    def _read(self, path: Path | str) -> tuple[dict[int, Any], dict[int, Any]]:
        thing: Any
        for thing in osmium.FileProcessor(str(path)):
            if thing.is_node() and len(thing.tags):
                self._node_tags[thing.id] = {tag.k: tag.v for tag in thing.tags}
            elif thing.is_way() and thing.tags.get("highway") == "elevator":
                self._shafts |= {thing.nodes[0].ref, thing.nodes[-1].ref}
        return super()._read(path)

    def _add_way(self, name: str, nodes: list[int], tags: Tags) -> None:
        self._tags = tags
        super()._add_way(name, nodes, tags)

    def _add_relation(self, name: str, members: list[tuple[int, str]], tags: Tags, ways: Any) -> None:
        self._tags = tags
        super()._add_relation(name, members, tags, ways)

    def _add_area(self, name: str, outer: list[list[int]], inner: list[list[int]], tags: Tags) -> bool:
        before = len(self.areas)
        added = super()._add_area(name, outer, inner, tags)
        if self.profile.step_free and not wheels(tags):
            for area in self.areas[before:]:
                area.shape = type(area.shape)()  # nobody stands in it, nobody crosses it
        return added

    def _add_line(self, name: str, nodes: list[int], ways: Any, **how: Any) -> None:
        super()._add_line(name, nodes, ways, **how)
        for u, v in itertools.pairwise(nodes):
            self._pieces.setdefault((u, v, how["structure"]), []).append(self._tags)

    def _tags_of(self, edge: Any) -> list[Tags]:
        both = (edge.u, edge.v, edge.structure), (edge.v, edge.u, edge.structure)
        return [tags for key in both for tags in self._pieces.get(key, [])]

    # --- seconds -----------------------------------------------------------------------------------------

    def _wait(self, node: int, *, on_foot: bool) -> float:
        """Return half of what a node makes one wait who comes to it on a way."""
        profile, tags = self.profile, self._node_tags.get(node, {})
        seconds = profile.gate_s if tags.get("barrier") in GATES else 0.0
        crossing, highway = tags.get("crossing"), tags.get("highway")
        if not on_foot:
            return seconds / 2
        if highway == "elevator":
            seconds += 0.0 if node in self._shafts else profile.lift_s
        elif crossing not in {"no", "none"} and (crossing or highway == "crossing"):
            lights = crossing == "traffic_signals" or tags.get("crossing:signals") == "yes"
            seconds += profile.signal_s if lights else profile.crossing_s
        return seconds / 2

    def _costs(self, index: int, u: int, v: int) -> list[tuple[float, float, float]]:
        """Return, for each way on a piece, what a metre from u to v costs and the waits at u and v."""
        edge, profile, costs = self.edges[index], self.profile, []
        for turn, key in ((1, (u, v, edge.structure)), (-1, (v, u, edge.structure))):
            for tags in self._pieces.get(key, []):
                if profile.step_free and not wheels(tags):
                    continue
                if self.in_metres:
                    costs.append((1.0, 0.0, 0.0))
                    continue
                speed = profile.speed_mps
                if kind(tags) == "steps":
                    up, down = profile.stairs_up_mps or speed, profile.stairs_down_mps or speed
                    speed = {1: up, -1: down, 0: min(up, down)}[leads_up(tags) * turn]
                ends = [self._wait(node, on_foot=kind(tags) in FOR_WALKERS) for node in (u, v)]
                if kind(tags) == "elevator":
                    ends = [wait + profile.lift_s / 2 for wait in ends]
                costs.append((1 / speed, ends[0], ends[1]))
        return costs

    def _across(self, one: int | None, other: int | None, metres: float) -> float:
        waits = [self._wait(node, on_foot=True) for node in (one, other) if node is not None]
        return metres * self.per_m + (0.0 if self.in_metres else sum(waits))

    def _build_graph(self) -> nx.DiGraph:
        import networkx as nx

        cut = {"wall", "gate"}
        graph = nx.DiGraph()
        for index, edge in enumerate(self.edges):
            u, v = self._key(edge.u, index, cut), self._key(edge.v, index, cut)
            if edge.forward:
                for slow, at_u, at_v in self._costs(index, edge.u, edge.v):
                    self._link(graph, u, v, slow * edge.length_m + at_u + at_v)
            if edge.backward:
                for slow, at_v, at_u in self._costs(index, edge.v, edge.u):
                    self._link(graph, v, u, slow * edge.length_m + at_u + at_v)
        for number, area in enumerate(self.areas):
            for one in area.nodes:
                for other in self._seen(area, self.lonlat[one]):
                    if one != other:
                        length = GEOD.inv(*self.lonlat[one], *self.lonlat[other])[2]
                        here, there = (self._area_key(node, number, cut) for node in (one, other))
                        self._link(graph, here, there, self._across(one, other, length))
        return graph

    def _insert(self, graph: Any, key: Any, point: Any, tie: Tie | None, feet: Any, guests: Any) -> None:
        if tie is not None:
            tie.leg_m *= self.per_m
        super()._insert(graph, key, point, tie, feet, guests)

    def _thread(self, graph: nx.DiGraph, index: int, on_edge: dict[Hashable, Tie]) -> None:
        edge, cut = self.edges[index], {"wall", "gate"}
        u, v = self._key(edge.u, index, cut), self._key(edge.v, index, cut)
        start, end = self.lonlat[edge.u], self.lonlat[edge.v]
        beads = sorted((GEOD.inv(*start, tie.lon, tie.lat)[2], str(key), key) for key, tie in on_edge.items())
        chain = [(0.0, u), *((at, key) for at, _, key in beads), (GEOD.inv(*start, *end)[2], v)]
        last = len(chain) - 2
        ahead = self._costs(index, edge.u, edge.v) if edge.forward else []
        back = self._costs(index, edge.v, edge.u) if edge.backward else []
        for number, ((here, one), (there, other)) in enumerate(itertools.pairwise(chain)):
            gap = max(there - here, 0.0)
            for slow, at_u, at_v in ahead:
                self._link(graph, one, other, slow * gap + at_u * (number == 0) + at_v * (number == last))
            for slow, at_v, at_u in back:
                self._link(graph, other, one, slow * gap + at_u * (number == 0) + at_v * (number == last))

    def _seat(self, graph: nx.DiGraph, number: int, guests: Any) -> None:
        import shapely

        area, cut = self.areas[number], {"wall", "gate"}
        for guest in guests:
            for node in self._seen(area, (guest.lon, guest.lat)):
                length = GEOD.inv(guest.lon, guest.lat, *self.lonlat[node])[2]
                cost, key = self._across(node, None, length), self._area_key(node, number, cut)
                if guest.leaves:
                    self._link(graph, guest.key, key, cost)
                if guest.arrives:
                    self._link(graph, key, guest.key, cost)
        for one, other in itertools.permutations(guests, 2):
            line = [self._plane(one.lon, one.lat), self._plane(other.lon, other.lat)]
            if one.leaves and other.arrives and area.shape.covers(shapely.LineString(line)):
                length = GEOD.inv(one.lon, one.lat, other.lon, other.lat)[2]
                self._link(graph, one.key, other.key, self._across(None, None, length))
