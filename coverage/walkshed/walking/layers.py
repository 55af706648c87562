"""The streets in layers, so that nobody cuts through a gated estate and Dijkstra's algorithm stays right.

Under a policy that knows walls, the inside of each walled estate and each private ground exists
twice: once for those who set out from it, once for those who arrive. Between the two lie the public
streets. Arcs lead from the first to the streets and from the streets to the second, never back, so
that whatever the search finds has its inner parts at the two ends of the walk (docs/method.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from walkshed.streets.rules import CLOSED_GATE, PRIVATE_GATE
from walkshed.walls.zones import PUBLIC

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from walkshed.streets.network import WalkNetwork
    from walkshed.walls.walls import Walls

    Ints = NDArray[np.int64]

Policy = Literal["open", "residents", "closed"]
POLICIES: tuple[Policy, ...] = ("open", "residents", "closed")


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """The vertices at which edges begin and end in one layer: one pair for each edge, -1 where it is not in it."""

    u: Ints
    v: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Homecoming:
    """A layer in which residents of one estate come to venues of a zone, through gates for residents too.

    Attributes
    ----------
    zone
        The estate (its place among the walled ones) the venues lie in.
    residents
        The estate for whose residents it counts: the zone or one that encloses it.
    ends
        Where its edges begin and end.
    """

    zone: int
    residents: int
    ends: Ends


@dataclass(frozen=True, slots=True, eq=False)
class Inside:
    """Where the vertices inside walls are: for each zone at a node one of those who set out, one of those who arrive.

    Attributes
    ----------
    keys
        Zone times ``n_spots`` plus node, ascending; private grounds are numbered after the walled estates.
    n_spots
        How many nodes there are to begin with.
    out, come
        The first vertex of those who set out, and of those who arrive.
    """

    keys: Ints
    n_spots: int
    out: int
    come: int

    def setting_out(self, zone: int, node: int) -> int:
        """Return the vertex of those who set out, at a node inside a zone; it must be there."""
        return self.out + int(np.searchsorted(self.keys, zone * self.n_spots + node))

    def arriving(self, zone: int, node: int) -> int:
        """Return the vertex of those who arrive."""
        return self.setting_out(zone, node) - self.out + self.come

    def zones_at(self, node: int, *, first: int) -> list[int]:
        """Return the zones from ``first`` on that have a vertex at a node."""
        here = self.keys[self.keys % self.n_spots == node] // self.n_spots
        return [int(zone) for zone in here[here >= first]]


@dataclass(frozen=True, eq=False)
class Layers:
    """Vertices and how edges join them, under one policy.

    Attributes
    ----------
    n
        How many vertices there are.
    origin
        The network's node each vertex stands at.
    start
        Where a walk that sets out on an edge meets its ends.
    goals
        Where a walk that arrives on an edge meets its ends, in each layer in which one may arrive.
    copies
        Every layer's edges: the edges' numbers, and their vertices at ``u`` and ``v``.
    free
        Tail and head of the moves from layer to layer, which take no time: as a walker makes them.
    homecomings
        Layers for residents only.
    inside
        The vertices inside walls; None where the policy knows none.
    """

    n: int
    origin: Ints
    start: Ends
    goals: tuple[Ends, ...]
    copies: tuple[tuple[Ints, Ints, Ints], ...]
    free: tuple[Ints, Ints]
    homecomings: tuple[Homecoming, ...] = ()
    inside: Inside | None = None


def open_layers(network: WalkNetwork, neutral: Ints | None = None) -> Layers:
    """Return the single layer of the policy ``open``: only closed barriers of no estate stop the walker.

    Parameters
    ----------
    neutral
        Barrier nodes that belong to estates' gates.
    """
    u, v, origin = _spots(network, neutral)
    ends = Ends(u, v)
    none = np.zeros(0, dtype=np.int64)
    return Layers(
        n=len(origin),
        origin=origin,
        start=ends,
        goals=(ends,),
        copies=((np.arange(network.n_edges), u, v),),
        free=(none, none),
    )


def layers_of(walls: Walls, policy: Policy, *, venue_zones: Sequence[int] = ()) -> Layers:
    """Return the layers of a policy.

    Parameters
    ----------
    walls
        From :func:`walkshed.walls.build_walls`; its network is the one that is searched.
    policy
        ``"open"``, ``"residents"`` or ``"closed"``.
    venue_zones
        The walled estates (their places) in which venues lie.
    """
    if policy == "open" or not walls.any:
        return open_layers(walls.network, walls.neutral)
    return _Builder(walls, policy).build(sorted({zone for zone in venue_zones if zone >= 0}))


def _spots(network: WalkNetwork, neutral: Ints | None) -> tuple[Ints, Ints, Ints]:
    """Give each edge its own end at a barrier nobody passes; returns ends and the node behind each."""
    u, v = network.edge_u.astype(np.int64), network.edge_v.astype(np.int64)
    stops = np.isin(network.node_barrier, (CLOSED_GATE, PRIVATE_GATE))
    if neutral is not None:
        stops[neutral] = False
    n = network.n_nodes
    behind = [np.arange(n, dtype=np.int64)]
    for ends in (u, v):
        hit = np.flatnonzero(stops[ends])
        behind.append(ends[hit].copy())
        ends[hit] = n + np.arange(len(hit))
        n += len(hit)
    return u, v, np.concatenate(behind)


@dataclass(eq=False)
class _Moves:
    """Collects moves from layer to layer."""

    tail: list[Ints] = field(default_factory=list)
    head: list[Ints] = field(default_factory=list)

    def add(self, tail: Ints | int, head: Ints | int) -> None:
        tail, head = np.atleast_1d(tail), np.atleast_1d(head)
        self.tail.append(tail.astype(np.int64))
        self.head.append(head.astype(np.int64))

    def both(self) -> tuple[Ints, Ints]:
        none = np.zeros(0, dtype=np.int64)
        return np.concatenate([none, *self.tail]), np.concatenate([none, *self.head])


class _Builder:
    """Builds the layers of ``residents`` and ``closed``.

    A *key* is an inner zone at a spot: a walled estate's place, or the number of walled estates
    plus a private ground's, times the number of spots, plus the spot. Each key has one vertex in
    the layer of those who set out and one in the layer of those who arrive.
    """

    def __init__(self, walls: Walls, policy: Policy) -> None:
        network, yards = walls.network, walls.yards
        self.walls, self.policy = walls, policy
        self.n_yards = len(yards.estate)
        self.u, self.v, self.origin = _spots(network, walls.neutral)
        self.n_spots = len(self.origin)
        zone = np.where(walls.ground >= 0, self.n_yards + walls.ground, walls.zone)
        self.zone = zone
        self.inner = np.flatnonzero(zone != PUBLIC)
        self.public = np.flatnonzero(zone == PUBLIC)
        self.chain = [yards.chain(place) for place in range(self.n_yards)]
        gates = walls.gates
        self.gates = list(
            dict.fromkeys(zip(gates.yard.tolist(), gates.node.tolist(), gates.open_to.tolist(), strict=True))
        )
        at_gates = [self._key(around, node) for yard, node, _ in self.gates for around in self.chain[yard]]
        on_edges = [zone[self.inner] * self.n_spots + ends[self.inner] for ends in (self.u, self.v)]
        self.keys = np.unique(np.concatenate([*on_edges, np.array(at_gates, dtype=np.int64)]))
        self.out = self.n_spots  # the first vertex of the layer of those who set out
        self.come = self.out + len(self.keys)
        self.n = self.come + len(self.keys)
        self.more_origin: list[Ints] = []
        self.moves = _Moves()
        self.copies: list[tuple[Ints, Ints, Ints]] = []
        self.known = set(self.keys.tolist())

    def build(self, venue_zones: Sequence[int]) -> Layers:
        inner, public = self.inner, self.public
        at_u, at_v = self._places(inner)
        self.copies.append((public, self.u[public], self.v[public]))
        self.copies.append((inner, self.out + at_u, self.out + at_v))
        self.copies.append((inner, self.come + at_u, self.come + at_v))
        start = Ends(self.u.copy(), self.v.copy())
        start.u[inner], start.v[inner] = self.out + at_u, self.out + at_v
        goal = Ends(self.u.copy(), self.v.copy())
        goal.u[inner], goal.v[inner] = self.come + at_u, self.come + at_v
        stay = self._nowhere()
        stay.u[inner], stay.v[inner] = self.out + at_u, self.out + at_v
        self._private_grounds()
        for yard, node, word in self.gates:
            self._through_gate(yard, node, word)
        self._passages()
        homecomings = tuple(
            self._homecoming(zone, residents)
            for zone in venue_zones
            for residents in (self.chain[zone] if self.policy == "residents" else self.chain[zone][:1])
            if self._differs(zone, residents)
        )
        spot = self.keys % self.n_spots
        origin = np.concatenate([self.origin, self.origin[spot], self.origin[spot], *self.more_origin])
        return Layers(
            n=self.n,
            origin=origin,
            start=start,
            goals=(goal, stay),
            copies=tuple(self.copies),
            free=self.moves.both(),
            homecomings=homecomings,
            inside=Inside(self.keys, self.n_spots, self.out, self.come),
        )

    def _key(self, zone: int, spot: int) -> int:
        return zone * self.n_spots + spot

    def _at(self, zone: int, spot: int) -> int:
        """Return the place of a key that exists."""
        return int(np.searchsorted(self.keys, self._key(zone, spot)))

    def _places(self, edges: Ints) -> tuple[Ints, Ints]:
        base = self.zone[edges] * self.n_spots
        return (
            np.searchsorted(self.keys, base + self.u[edges]),
            np.searchsorted(self.keys, base + self.v[edges]),
        )

    def _nowhere(self) -> Ends:
        m = self.walls.network.n_edges
        return Ends(np.full(m, -1, dtype=np.int64), np.full(m, -1, dtype=np.int64))

    def _private_grounds(self) -> None:
        """Let those who start on a private ground leave it anywhere, and those who go to it come in."""
        first = np.searchsorted(self.keys, self.n_yards * self.n_spots)
        place = np.arange(first, len(self.keys))
        spot = self.keys[first:] % self.n_spots
        self.moves.add(self.out + place, spot)
        self.moves.add(spot, self.come + place)

    def _grounds_at(self, node: int) -> list[int]:
        """Return the places of the private grounds' keys at a node."""
        if not hasattr(self, "_by_spot"):
            first = int(np.searchsorted(self.keys, self.n_yards * self.n_spots))
            self._by_spot: dict[int, list[int]] = {}
            for place in range(first, len(self.keys)):
                self._by_spot.setdefault(int(self.keys[place] % self.n_spots), []).append(place)
        return self._by_spot.get(node, [])

    def _through_gate(self, yard: int, node: int, word: str) -> None:
        if word == "closed":
            return
        here = self._at(yard, node)
        around = self.chain[yard][1:2]
        visitors = word != "residents" and self.policy != "closed"
        self._go_out(here, around, node)
        if visitors:
            self._come_in(self.come + here, around, node)

    def _go_out(self, here: int, around: list[int], node: int) -> None:
        """Let residents out: into the estate around theirs, or into the street and the private grounds there."""
        if around:
            self.moves.add(self.out + here, self.out + self._at(around[0], node))
            return
        self.moves.add(self.out + here, node)
        for ground in self._grounds_at(node):
            self.moves.add(self.out + here, self.out + ground)

    def _come_in(self, inside: int, around: list[int], node: int) -> None:
        """Let people in: from the estate around, or from the street and the private grounds there."""
        if around:
            other = self._at(around[0], node)
            self.moves.add(self.come + other, inside)
            self.moves.add(self.out + other, inside)
            return
        self.moves.add(node, inside)
        for ground in self._grounds_at(node):
            self.moves.add(self.come + ground, inside)

    def _passages(self) -> None:
        """Make the inner ways of an estate with public gates streets for all who come in through those."""
        doors: dict[int, list[int]] = {}
        for yard, node, word in self.gates:
            if word == "public" and not self.chain[yard][1:]:
                doors.setdefault(yard, []).append(node)
        for yard, nodes in doors.items():
            spot, ends = self._copy_of([yard])
            for node in nodes:
                inside = spot[self._key(yard, node)]
                self.moves.add(inside, node)
                self.moves.add(node, inside)
            edges = np.flatnonzero(ends.u >= 0)
            self.copies.append((edges, ends.u[edges], ends.v[edges]))

    def _copy_of(self, zones: Sequence[int]) -> tuple[dict[int, int], Ends]:
        """Return new vertices for the keys of some zones, by key, and the ends of the zones' edges."""
        mine = np.flatnonzero(np.isin(self.keys // self.n_spots, zones))
        number = np.full(len(self.keys), -1, dtype=np.int64)
        number[mine] = self.n + np.arange(len(mine))
        self.more_origin.append(self.origin[self.keys[mine] % self.n_spots])
        self.n += len(mine)
        ends = self._nowhere()
        edges = np.flatnonzero(np.isin(self.zone, zones))
        at_u, at_v = self._places(edges)
        ends.u[edges], ends.v[edges] = number[at_u], number[at_v]
        return dict(zip(self.keys[mine].tolist(), number[mine].tolist(), strict=True)), ends

    def _lets_in(self, yard: int, word: str, residents: int) -> bool:
        """Tell whether a gate lets residents of an estate (and of those it lies in) into a yard."""
        own = yard in self.chain[residents]
        if self.policy == "closed":
            return own and word != "closed"
        return word in {"everyone", "public"} or (own and word == "residents")

    def _differs(self, zone: int, residents: int) -> bool:
        """Tell whether residents can come in anywhere where visitors cannot."""
        around = self.chain[zone]
        return any(
            yard in around
            and self._lets_in(yard, word, residents)
            and (self.policy == "closed" or word == "residents")
            for yard, _, word in self.gates
        )

    def _homecoming(self, zone: int, residents: int) -> Homecoming:
        spot, ends = self._copy_of(self.chain[zone])
        for yard, node, word in self.gates:
            if yard not in self.chain[zone] or not self._lets_in(yard, word, residents):
                continue
            inside = spot[self._key(yard, node)]
            around = self.chain[yard][1:2]
            if around:
                outer = self._key(around[0], node)
                self.moves.add(spot[outer], inside)
                self.moves.add(self.out + self._at(around[0], node), inside)
            else:
                self._come_in(inside, [], node)
        edges = np.flatnonzero(ends.u >= 0)
        self.copies.append((edges, ends.u[edges], ends.v[edges]))
        own = self._nowhere()
        mine = np.flatnonzero(self.zone == zone)
        own.u[mine], own.v[mine] = ends.u[mine], ends.v[mine]
        return Homecoming(zone, residents, own)
