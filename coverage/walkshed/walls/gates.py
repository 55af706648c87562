"""The gates of walled estates: from the planner's file, from OpenStreetMap, or where streets cross the wall."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.streets.rules import CLOSED_GATE, NO_BARRIER, OPEN_GATE, PRIVATE_GATE, WALL
from walkshed.walls.zones import Yards, crossings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from walkshed.streets.network import WalkNetwork

AT_CROSSING_M = 30.0
"""A gate this near to where a way crosses the boundary is the gate there."""

FILED, OSM, CROSSING = 0, 1, 2
ORIGINS = ("file", "osm", "crossing")
"""Where a gate comes from."""
_GATE_LIKE = (OPEN_GATE, CLOSED_GATE, PRIVATE_GATE)
WORDS = ("everyone", "residents", "closed", "public")


@dataclass(frozen=True, eq=False)
class Gates:
    """The gates of all walled estates, in the order of the estates.

    Attributes
    ----------
    yard
        The place of the gate's estate among the walled ones.
    node
        The network's node at which the wall is open.
    open_to
        One of :data:`WORDS`: what holds at the study's time.
    said
        The same without regard to the hour.
    origin
        An index into :data:`ORIGINS`.
    row
        Its row in the table of gates, -1 where it is not from there.
    """

    yard: NDArray[np.int64]
    node: NDArray[np.int64]
    open_to: NDArray[np.object_]
    said: NDArray[np.object_]
    origin: NDArray[np.int8]
    row: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of gates."""
        return len(self.yard)

    @classmethod
    def of(cls, rows: list[tuple[int, int, str, str, int, int]]) -> Gates:
        """Build the table from rows of yard, node, open_to, said, origin, row."""
        columns = list(zip(*sorted(rows), strict=True)) if rows else [()] * 6
        return cls(
            np.array(columns[0], dtype=np.int64),
            np.array(columns[1], dtype=np.int64),
            np.array(columns[2], dtype=object),
            np.array(columns[3], dtype=object),
            np.array(columns[4], dtype=np.int8),
            np.array(columns[5], dtype=np.int64),
        )


def osm_word(barrier: int) -> str:
    """Return whom an OSM barrier node at an estate's wall lets in."""
    return {PRIVATE_GATE: "residents", CLOSED_GATE: "closed"}.get(barrier, "everyone")


@dataclass(frozen=True, slots=True)
class NearGate:
    """A barrier node near a crossing: metres along the way, the node, and the pieces between."""

    metres: float
    node: int
    pieces: tuple[int, ...]


class WaySearch:
    """Follows ways from where they cross a boundary to the barriers on them.

    Parameters
    ----------
    network
        Streets that are cut at the boundary.
    inside
        Which of its edges lie inside.
    near
        The edges around the boundary.
    """

    def __init__(self, network: WalkNetwork, inside: NDArray[np.bool_], near: NDArray[np.int64]) -> None:
        self.network, self.inside = network, inside
        self.at: dict[int, list[int]] = {}
        for edge in near.tolist():
            for node in {int(network.edge_u[edge]), int(network.edge_v[edge])}:
                self.at.setdefault(node, []).append(edge)

    def crossing_pieces(self, crossing: int) -> list[int]:
        """Return the pieces of the way that crosses: both sides of it, or at a junction the inner ones."""
        pieces = self.at.get(crossing, [])
        return pieces if len(pieces) == 2 else [piece for piece in pieces if self.inside[piece]]

    def barriers(self, crossing: int) -> list[NearGate]:
        """Return the barrier nodes within 30 m along the ways that cross there, nearest first."""
        found: dict[int, NearGate] = {}
        ways = {way for piece in self.crossing_pieces(crossing) for way in self.network.ways_of(piece)}
        for way in sorted(ways):
            for gate in self._along(way, crossing):
                if gate.node not in found or gate.metres < found[gate.node].metres:
                    found[gate.node] = gate
        return sorted(found.values(), key=lambda gate: (gate.metres, gate.node))

    def _along(self, way: int, crossing: int) -> Iterator[NearGate]:
        """Yield the barrier nodes within 30 m along one way, nearest first, each by its shortest stretch."""
        network = self.network
        done: set[int] = set()
        todo: list[tuple[float, int, tuple[int, ...]]] = [(0.0, crossing, ())]
        while todo:
            metres, node, before = heapq.heappop(todo)
            if node in done:
                continue
            done.add(node)
            if self._is_barrier(node):
                yield NearGate(metres, node, before)
            for piece in self.at.get(node, ()):
                far = metres + float(network.edge_length_m[piece])
                if far <= AT_CROSSING_M and way in network.ways_of(piece):
                    u, v = int(network.edge_u[piece]), int(network.edge_v[piece])
                    heapq.heappush(todo, (far, v if u == node else u, (*before, piece)))

    def says_gated(self, crossing: int) -> bool:
        """Tell whether a way that crosses there is private, or has an OSM gate on it within 30 m."""
        network = self.network
        if any(network.edge_private[piece] for piece in self.crossing_pieces(crossing)):
            return True
        return any(int(network.node_barrier[gate.node]) in _GATE_LIKE for gate in self.barriers(crossing))

    def _is_barrier(self, node: int) -> bool:
        return int(self.network.node_barrier[node]) not in {NO_BARRIER, WALL}


@dataclass(eq=False)
class Filed:
    """The rows of the gates file that can be used, by the estate's place among the walled ones."""

    rows: Mapping[int, list[int]]
    xy: NDArray[np.float64]
    open_to: NDArray[np.object_]
    said: NDArray[np.object_]


@dataclass(eq=False)
class Found:
    """What a look at one set of walls gives.

    Attributes
    ----------
    zone
        The pieces' zones, with the walls moved to the barriers on the ways.
    rows
        The gates so far: yard, node, open_to, said, origin, row.
    alone
        Filed gates at which no way crosses: their yard and row.
    neutral
        Barrier nodes that belong to estates' gates and stop nobody by themselves.
    gateless
        The yards for which no source has a gate.
    """

    zone: NDArray[np.int64]
    rows: list[tuple[int, int, str, str, int, int]]
    alone: list[tuple[int, int]]
    neutral: NDArray[np.int64]
    gateless: NDArray[np.int64]


def find_gates(network: WalkNetwork, yards: Yards, zone: NDArray[np.int64], filed: Filed) -> Found:
    """Return the gates of every walled estate; the first source that has any is the whole truth for it.

    Where OpenStreetMap is that source the wall moves to the barriers first; gates of the file and
    crossings are looked for where the walls are then.
    """
    places = np.argsort(yards.size, kind="stable").tolist()
    families = {place: yards.family(place) for place in places}
    look = _Look(network, yards, zone.copy())
    gateless = []
    for place in places:
        crossing, near = look.barriers(place, families[place])
        if filed.rows.get(place):
            look.source[place] = FILED
        elif any(near.values()):
            look.source[place] = OSM
            look.note_moves(place, near)
        elif len(crossing):
            look.source[place] = CROSSING
        else:
            gateless.append(place)
    look.move(families)
    rows = look.osm_rows
    alone: list[tuple[int, int]] = []
    xy = node_xy(network)
    for place, source in look.source.items():
        if source == OSM:
            continue
        at = crossings(network, look.inside(families[place]))
        if source == CROSSING:
            rows.extend((place, int(node), "everyone", "everyone", CROSSING, -1) for node in at.tolist())
            continue
        taken, left = _at_crossings(xy, at, filed.rows[place], filed)
        rows.extend(
            (place, node, str(filed.open_to[row]), str(filed.said[row]), FILED, row) for node, row in taken
        )
        alone.extend((place, row) for row in left)
    return Found(
        look.zone,
        list(dict.fromkeys(rows)),
        alone,
        np.array(sorted(look.neutral), dtype=np.int64),
        np.array(gateless, np.int64),
    )


class _Look:
    """One look at a set of walls: the barriers at them, and the walls that move."""

    def __init__(self, network: WalkNetwork, yards: Yards, zone: NDArray[np.int64]) -> None:
        self.network, self.yards, self.zone = network, yards, zone
        self.neutral: set[int] = set()
        self.source: dict[int, int] = {}
        self.osm_rows: list[tuple[int, int, str, str, int, int]] = []
        self._moves: list[tuple[bool, int, int, tuple[int, ...]]] = []

    def inside(self, family: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which pieces lie in a family of polygons."""
        return np.asarray((self.zone >= 0) & family[np.maximum(self.zone, 0)], dtype=bool)

    def barriers(
        self, place: int, family: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], dict[int, list[NearGate]]]:
        """Return an estate's crossings, and for each the barriers near it."""
        inside = self.inside(family)
        at = crossings(self.network, inside)
        search = WaySearch(self.network, inside, around(self.network, self.yards.shape[place], inside))
        near = {int(node): search.barriers(int(node)) for node in at.tolist()}
        self.neutral.update(gate.node for gates in near.values() for gate in gates)
        return at, near

    def note_moves(self, place: int, near: dict[int, list[NearGate]]) -> None:
        """Take the nearest barrier of each crossing for its gate."""
        import shapely

        network = self.network
        for first in [gates[0] for gates in near.values() if gates]:
            word = osm_word(int(network.node_barrier[first.node]))
            self.osm_rows.append((place, first.node, word, word, OSM, -1))
            lon, lat = network.node_lon[[first.node]], network.node_lat[[first.node]]
            point = shapely.points(np.column_stack(network.index.project(lon, lat)))
            outward = not bool(shapely.intersects(self.yards.shape[place], point)[0])
            self._moves.append((not outward, -len(self._moves), place, first.pieces))

    def move(self, families: Mapping[int, NDArray[np.bool_]]) -> None:
        """Let the pieces between crossings and barriers change sides: those outside first, larger estates first."""
        by_size = {int(place): -self.yards.size[place] for place in families}
        for inward, _, place, pieces in sorted(self._moves, key=lambda m: (m[0], by_size[m[2]], -m[1])):
            for piece in pieces:
                if not inward:
                    self.zone[piece] = place
                elif self.zone[piece] >= 0 and families[place][self.zone[piece]]:
                    self.zone[piece] = self.yards.parent[place]


def node_xy(network: WalkNetwork) -> NDArray[np.float64]:
    """Return the nodes' positions in the network's local metres."""
    return np.column_stack(network.index.project(network.node_lon, network.node_lat))


def around(network: WalkNetwork, shape: Any, inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the edges inside a polygon and a little beyond."""
    import shapely

    west, south, east, north = shapely.bounds(shape).tolist()
    margin = 2 * AT_CROSSING_M
    near = network.index.in_box((west - margin, south - margin, east + margin, north + margin))
    return np.union1d(near, np.flatnonzero(inside))


def _at_crossings(
    xy: NDArray[np.float64], at: NDArray[np.int64], own: list[int], filed: Filed
) -> tuple[list[tuple[int, int]], list[int]]:
    """Split filed gates into those that stand at a crossing, with its node, and the others."""
    taken: list[tuple[int, int]] = []
    left: list[int] = []
    for row in own:
        away = np.hypot(*(xy[at] - filed.xy[row]).T) if len(at) else np.zeros(0)
        nearest = int(np.argmin(away)) if len(away) else -1
        if nearest >= 0 and away[nearest] <= AT_CROSSING_M:
            taken.append((int(at[nearest]), row))
        else:
            left.append(row)
    return taken, left
