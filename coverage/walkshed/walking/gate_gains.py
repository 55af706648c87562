"""What a gate would change: every walk with one gate opened to everyone, or an estate made a passage.

A shortest walk uses a newly opened gate at most once in each direction. So its cost is that of the way to the
gate as it is today, and of the way on from the gate as it is today; nothing is searched anew for each gate,
and the answers are exact (docs/method.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from walkshed.walking.layers import Inside
    from walkshed.walking.walkers import Search

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_AT_ONCE = 64


@dataclass(frozen=True, slots=True, eq=False)
class Door:
    """One gate of a walled estate: its place among the walled ones, its node, and whom it lets pass today."""

    yard: int
    node: int
    open_to: str


class GateGains:
    """Walks to the nearest venue if gates were opened.

    Parameters
    ----------
    search
        From :meth:`walkshed.walking.access.Access.search`, under ``residents`` or ``closed``.
    doors
        The gates, one for each estate and node.
    limit_m
        Level metres beyond which nobody looks.
    """

    def __init__(self, search: Search, doors: Sequence[Door], *, limit_m: float) -> None:
        inside = search.graph.layers.inside
        if inside is None:
            raise ValueError("under the policy open no gate changes anything")
        self._search, self._inside, self.limit_m = search, inside, limit_m
        self.doors = list(doors)
        self._walls = search.footing.walls
        self._n_yards = len(self._walls.yards.estate)

    def opened(self, venues: Floats) -> Floats:
        """Return each estate's walk to its nearest venue over each gate, if that one alone were open to everyone.

        Parameters
        ----------
        venues
            For each venue 0 where it counts, infinite where it does not.

        Returns
        -------
        numpy.ndarray
            Level metres, shape (gates, estates); infinite where the gate leads nowhere, or is open already.
        """
        found = np.full((len(self.doors), self._search.footing.estates.points.n_places), np.inf)
        inward, outward = self._on(self._arriving, venues), self._on(self._outside, venues)
        for number, door in enumerate(self.doors):
            if door.open_to in {"everyone", "public"} and self._search.footing.policy == "residents":
                continue
            found[number] = self._to(self._outside_in)[number] + inward[number]
            if door.open_to == "closed":
                leaving = self._to(self._setting_out)[number] + outward[number]
                found[number] = np.minimum(found[number], leaving)
        return found

    def passage(self, yard: int, venues: Floats) -> Floats:
        """Return each estate's walk to its nearest venue if all gates of an estate were public.

        Estates within another one are no passages: their answer is infinite.
        """
        own = [number for number, door in enumerate(self.doors) if door.yard == yard]
        n_places = self._search.footing.estates.points.n_places
        if self._walls.yards.parent[yard] >= 0 or not own:
            return np.full(n_places, np.inf)
        there = np.minimum(self._to(self._street)[own], self._to(self._setting_out)[own])
        on = np.minimum(self._on(self._street, venues)[own], self._on(self._arriving, venues)[own])
        between = np.minimum(
            self._forward(self._street)[own][:, self._column(np.array([self._street[i][0] for i in own]))],
            self._forward(self._arriving)[own][
                :, self._column(np.array([self._arriving[i][0] for i in own]))
            ],
        )
        for middle in range(len(own)):  # Floyd and Warshall: through the estate as often as it helps
            between = np.minimum(between, between[:, [middle]] + between[[middle], :])
        np.fill_diagonal(between, 0.0)
        through = there + np.min(between + on[None, :], axis=1)[:, None]
        # from or to a private ground at a gate: in or out, but not through
        inward = self._to(self._outside_in)[own] + self._on(self._arriving, venues)[own, None]
        outward = self._to(self._setting_out)[own] + self._on(self._outside, venues)[own, None]
        return np.asarray(np.minimum(np.minimum(through, inward), outward).min(axis=0))

    # the vertices at each gate: on the street, and inside, in either direction

    @cached_property
    def _street(self) -> list[list[int]]:
        return [[door.node] for door in self.doors]

    @cached_property
    def _setting_out(self) -> list[list[int]]:
        return [[self._inside.setting_out(door.yard, door.node)] for door in self.doors]

    @cached_property
    def _arriving(self) -> list[list[int]]:
        return [[self._inside.arriving(door.yard, door.node)] for door in self.doors]

    @cached_property
    def _outside_in(self) -> list[list[int]]:
        """Where a visitor stands before he comes in."""
        return [self._around(door, arrive=True) for door in self.doors]

    @cached_property
    def _outside(self) -> list[list[int]]:
        """Where a resident stands after he has gone out."""
        return [self._around(door, arrive=False) for door in self.doors]

    def _around(self, door: Door, *, arrive: bool) -> list[int]:
        inside: Inside = self._inside
        outer = int(self._walls.yards.parent[door.yard])
        if outer >= 0:
            out = inside.setting_out(outer, door.node)
            return [out, inside.arriving(outer, door.node)] if arrive else [out]
        grounds = inside.zones_at(door.node, first=self._n_yards)
        at = inside.arriving if arrive else inside.setting_out
        return [door.node, *(at(ground, door.node) for ground in grounds)]

    # searches, each made once

    def _to(self, vertices: list[list[int]]) -> Floats:
        """Return each estate's way to any of the vertices of each gate."""
        key = id(vertices)
        if key not in self._ways_to:
            graph, ties = self._search.graph, self._search.footing.estates
            exit_u, to_u, exit_v, to_v = graph.exits(ties)
            found = np.full((len(vertices), ties.points.n_places), np.inf)
            flat, owner = _flat(vertices)
            for start in range(0, len(flat), _AT_ONCE):
                part = slice(start, start + _AT_ONCE)
                away = self._dijkstra(graph.arcs, flat[part])
                way = np.minimum(away[:, exit_u] + to_u, away[:, exit_v] + to_v)
                for row, gate in enumerate(owner[part].tolist()):
                    np.minimum.at(found[gate], ties.place, way[row])
            self._ways_to[key] = found
        return self._ways_to[key]

    @cached_property
    def _ways_to(self) -> dict[int, Floats]:
        return {}

    def _forward(self, vertices: list[list[int]]) -> Floats:
        """Return the way from any of the vertices of each gate to the vertices that are wanted."""
        key = id(vertices)
        if key not in self._ways_from:
            flat, owner = _flat(vertices)
            found = np.full((len(vertices), len(self._wanted)), np.inf)
            for start in range(0, len(flat), _AT_ONCE):
                part = slice(start, start + _AT_ONCE)
                away = self._dijkstra(self._turned, flat[part])
                for row, gate in enumerate(owner[part].tolist()):
                    np.minimum(found[gate], away[row, self._wanted], out=found[gate])
            self._ways_from[key] = found
        return self._ways_from[key]

    @cached_property
    def _ways_from(self) -> dict[int, Floats]:
        return {}

    @cached_property
    def _wanted(self) -> Ints:
        """The vertices to which ways are asked for: those at venues and at gates."""
        _, node, _ = self._search.graph.seeds(self._search.footing.venues)
        at_gates = [vertex for own in (*self._street, *self._arriving) for vertex in own]
        return np.unique(np.concatenate([node, np.array(at_gates, dtype=np.int64)]))

    def _column(self, vertices: Ints) -> Ints:
        return np.searchsorted(self._wanted, vertices)

    @cached_property
    def _turned(self) -> Any:
        return self._search.graph.arcs.T.tocsr()

    def _on(self, vertices: list[list[int]], venues: Floats) -> Floats:
        """Return the way from each gate to the nearest venue that counts."""
        place, node, cost = self._search.graph.seeds(self._search.footing.venues)
        ends = self._forward(vertices)[:, self._column(node)] + cost + venues[place]
        return ends.min(axis=1) if ends.shape[1] else np.full(len(vertices), np.inf)

    def _dijkstra(self, arcs: Any, indices: Ints) -> Floats:
        from scipy.sparse.csgraph import dijkstra

        return np.atleast_2d(dijkstra(arcs, directed=True, indices=indices, limit=self.limit_m))


def _flat(vertices: list[list[int]]) -> tuple[Ints, Ints]:
    flat = np.array([vertex for own in vertices for vertex in own], dtype=np.int64)
    owner = np.repeat(np.arange(len(vertices)), [len(own) for own in vertices])
    return flat, owner
