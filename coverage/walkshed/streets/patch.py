"""Changing a network: streets split, added and removed, nodes made one; everything else stays as it is."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.streets.build import edge_lengths
from walkshed.streets.rules import NO_BARRIER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from walkshed.streets.network import WalkNetwork

_SAME_DEG = 1.5e-7
"""Places this near are one: the rounding of a coordinate."""


@dataclass(slots=True)
class _Edge:
    """An edge that is new, or a part of an old one (``origin``, -1 for none)."""

    u: int
    v: int
    at: NDArray[np.float64]
    code: int
    way: int
    origin: int


@dataclass(slots=True)
class _Cut:
    """A place at which an edge is split: where along it (0..1), and the node on either side of the split."""

    share: float
    before: int
    after: int


class Patch:
    """Changes to a network, collected and then made at once by :meth:`build`.

    Parameters
    ----------
    network
        What is changed; it stays as it is.
    """

    def __init__(self, network: WalkNetwork) -> None:
        self.network = network
        self._barrier = network.node_barrier.copy()
        self._code = network.edge_code.copy()
        self._new_at: list[tuple[float, float]] = []
        self._new_barrier: list[int] = []
        self._same: list[tuple[int, int]] = []
        self._cuts: dict[int, list[_Cut]] = {}
        self._gone: dict[int, list[tuple[float, float]]] = {}
        self._made: list[_Edge] = []

    def add_node(self, lon: float, lat: float, *, barrier: int = NO_BARRIER) -> int:
        """Add a node and return its number."""
        self._new_at.append((lon, lat))
        self._new_barrier.append(barrier)
        return self.network.n_nodes + len(self._new_at) - 1

    def set_barrier(self, node: int, barrier: int) -> None:
        """Say what stands at one of the network's own nodes."""
        self._barrier[node] = barrier

    def set_code(self, edge: int, code: int) -> None:
        """Change the packed attributes of one of the network's own edges."""
        self._code[edge] = code

    def unite(self, one: int, other: int) -> None:
        """Make two nodes one; the one with the lower number stays."""
        self._same.append((one, other))

    def split(self, edge: int, share: float, before: int, after: int | None = None) -> None:
        """Split an edge at a share (0..1) of its length in the plane; two nodes make a cut, one a junction."""
        self._cuts.setdefault(edge, []).append(_Cut(share, before, before if after is None else after))

    def remove(self, edge: int, start: float = 0.0, end: float = 1.0) -> None:
        """Remove the part of an edge between two shares at which it is split, or all of it."""
        self._gone.setdefault(edge, []).append((start, end))

    def add_edge(self, u: int, v: int, at: NDArray[np.float64], *, code: int, way: int = 0) -> None:
        """Add an edge through places (degrees, shape (n, 2)) from node u to node v."""
        self._made.append(_Edge(u, v, np.asarray(at, dtype=np.float64), code, way, -1))

    def where(self, node: int) -> tuple[float, float]:
        """Return where a node is, in degrees."""
        n = self.network.n_nodes
        if node >= n:
            return self._new_at[node - n]
        return float(self.network.node_lon[node]), float(self.network.node_lat[node])

    @property
    def nodes_at(self) -> NDArray[np.float64]:
        """Where all nodes are, the new ones behind the others, shape (n, 2) in degrees."""
        own = np.column_stack([self.network.node_lon, self.network.node_lat])
        return np.concatenate([own, np.array(self._new_at, dtype=np.float64).reshape(-1, 2)])

    def build(self) -> WalkNetwork:
        """Return the changed network; nodes that no street reaches any more are left out."""
        network = self.network
        at = self.nodes_at
        root = self._roots(len(at))
        touched = sorted(self._cuts.keys() | self._gone.keys())
        parts = [part for edge in touched for part in self._parts(edge, at)] + self._made
        keep = np.ones(network.n_edges, dtype=bool)
        keep[touched] = False
        kept = np.flatnonzero(keep)
        u = root[np.concatenate([network.edge_u[kept], [part.u for part in parts]]).astype(np.int64)]
        v = root[np.concatenate([network.edge_v[kept], [part.v for part in parts]]).astype(np.int64)]
        used = np.unique(np.concatenate([u, v]))
        number = np.full(len(at), -1, dtype=np.int64)
        number[used] = np.arange(len(used))
        changed: dict[str, Any] = (
            self._node_fields(used) | self._edge_fields(kept, parts) | self._areas(number[root])
        )
        changed["edge_u"], changed["edge_v"] = number[u].astype(np.int32), number[v].astype(np.int32)
        return replace(network, **changed)

    def _roots(self, n: int) -> NDArray[np.int64]:
        root = np.arange(n)

        def find(node: int) -> int:
            while root[node] != node:
                node = int(root[node])
            return node

        for one, other in self._same:
            a, b = find(one), find(other)
            root[max(a, b)] = min(a, b)
        return np.array([find(node) for node in range(n)], dtype=np.int64) if self._same else root

    def _parts(self, edge: int, at: NDArray[np.float64]) -> list[_Edge]:
        """Return what is left of an edge: its parts between the cuts, without those removed."""
        network = self.network
        code, way = int(self._code[edge]), int(network.edge_way[edge])
        u, v = int(network.edge_u[edge]), int(network.edge_v[edge])
        here = slice(network.coord_ptr[edge], network.coord_ptr[edge + 1])
        line = np.column_stack([network.coord_lon[here], network.coord_lat[here]])
        cuts = sorted(self._cuts.get(edge, []), key=lambda cut: (cut.share, cut.before))
        xy = network.index.xy[here]
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
        along = along / along[-1] if along[-1] > 0 else np.linspace(0.0, 1.0, len(along))
        stops = [_Cut(0.0, u, u), *cuts, _Cut(1.0, v, v)]
        parts = []
        for start, end in pairwise(stops):
            if any(
                low <= start.share + 1e-9 and end.share <= high + 1e-9
                for low, high in self._gone.get(edge, ())
            ):
                continue
            if start.after == end.before and end.share - start.share < 1e-9:
                continue  # twice split at one place
            between = line[(along > start.share) & (along < end.share)]
            shape = np.vstack(
                [_place(start, line, at, first=True), between, _place(end, line, at, first=False)]
            )
            parts.append(_Edge(start.after, end.before, _distinct(shape), code, way, edge))
        return parts

    def _node_fields(self, used: NDArray[np.int64]) -> dict[str, Any]:
        network, n = self.network, self.network.n_nodes
        at = self.nodes_at[used]
        barrier = np.concatenate([self._barrier, np.array(self._new_barrier, dtype=self._barrier.dtype)])
        changed: dict[str, Any] = {}
        for name in _arrays(network, "node_"):
            values = getattr(network, name)
            more = np.zeros(len(self._new_at), dtype=values.dtype)
            changed[name] = np.concatenate([values, more])[used] if len(values) == n else values
        changed |= {"node_lon": at[:, 0].copy(), "node_lat": at[:, 1].copy(), "node_barrier": barrier[used]}
        return changed

    def _edge_fields(self, kept: NDArray[np.int64], parts: Sequence[_Edge]) -> dict[str, Any]:
        """Return the fields of edges; parts take over what is said of the edge they come from."""
        network = self.network
        origin = np.array([part.origin for part in parts], dtype=np.int64)
        changed: dict[str, Any] = {}
        for name in _arrays(network, "edge_"):
            values = getattr(network, name)
            if len(values) == network.n_edges:
                blank = np.append(values, np.zeros(1, dtype=values.dtype))
                changed[name] = np.concatenate([values[kept], blank[origin]])
        count = np.diff(network.coord_ptr)[kept]
        ptr = np.concatenate([[0], np.cumsum(np.concatenate([count, [len(part.at) for part in parts]]))])
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        old = np.repeat(network.coord_ptr[kept], count) + within
        more = np.concatenate([np.zeros((0, 2)), *(part.at for part in parts)])
        lon, lat = (
            np.concatenate([values[old], more[:, side]])
            for side, values in enumerate((network.coord_lon, network.coord_lat))
        )
        length = network.edge_length_m[kept]
        if parts:
            start = ptr[len(kept) :] - ptr[len(kept)]
            length = np.concatenate([length, edge_lengths(more[:, 0], more[:, 1], start)])
        dtype = network.edge_code.dtype
        code = np.array([part.code for part in parts], dtype=dtype)
        changed |= {
            "edge_length_m": length,
            "edge_code": np.concatenate([self._code[kept], code]),
            "edge_way": np.concatenate([network.edge_way[kept], np.array([p.way for p in parts], np.int64)]),
            "coord_ptr": ptr.astype(np.int64),
            "coord_lon": lon,
            "coord_lat": lat,
        }
        return changed

    def _areas(self, number: NDArray[np.int64]) -> dict[str, Any]:
        """Return the areas with their corners' new numbers, without those that no street reaches any more."""
        network, n = self.network, len(self.network.areas)
        corner = number[network.area_node]
        owner = np.repeat(np.arange(n), np.diff(network.area_ptr))
        count = np.bincount(owner[corner >= 0], minlength=n)
        keep = count > 0
        changed: dict[str, Any] = {
            name: getattr(network, name)[keep]
            for name in _arrays(network, "area_")
            if len(getattr(network, name)) == n
        }
        return changed | {
            "areas": tuple(area for area, stays in zip(network.areas, keep.tolist(), strict=True) if stays),
            "area_node": corner[corner >= 0].astype(np.int32),
            "area_ptr": np.concatenate([[0], np.cumsum(count[keep])]).astype(np.int64),
        }


def _arrays(network: WalkNetwork, prefix: str) -> list[str]:
    """Return the fields that hold one value for each node, or for each edge, whatever they are."""
    return [
        one.name
        for one in fields(network)
        if one.name.startswith(prefix) and isinstance(getattr(network, one.name), np.ndarray)
    ]


def _place(
    stop: _Cut, line: NDArray[np.float64], at: NDArray[np.float64], *, first: bool
) -> NDArray[np.float64]:
    """Return where a part begins or ends: the old end of the street stays where it is drawn."""
    if stop.share <= 0.0:
        return line[:1]
    if stop.share >= 1.0:
        return line[-1:]
    return at[[stop.after if first else stop.before]]


def _distinct(shape: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a line without vertices that repeat, of two vertices at least."""
    moves = np.ones(len(shape), dtype=bool)
    moves[1:] = np.abs(np.diff(shape, axis=0)).max(axis=1) > _SAME_DEG
    if moves.sum() < 2:
        return shape[[0, -1]]
    if not moves[-1]:  # the end stays; what stood just before it goes
        moves[np.flatnonzero(moves)[-1]] = moves.sum() < 2 or np.flatnonzero(moves)[-1] == 0
        moves[-1] = True
    return shape[moves]
