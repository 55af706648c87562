"""Grafting added paths onto a network: where they meet the streets, by the topology of a line layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from walkshed.geodesy import distance_m
from walkshed.streets.layer_file import GRID, Lines
from walkshed.streets.noding import node_lines
from walkshed.streets.rules import AREA_BIT, KINDS, NO_BARRIER, WALL, way_code

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.streets.network import WalkNetwork
    from walkshed.streets.noding import Noded
    from walkshed.streets.patch import Patch

_AROUND_M = 30.0
_SLACK_M = 0.05
_END = 1e-6
_STEP = way_code({"highway": "footway"})


@dataclass(slots=True)
class Grafted:
    """What became of the added paths; paths are named by their number among those given.

    Attributes
    ----------
    ends_joined
        How many ends and vertices of paths meet a street.
    alone
        Paths of which no part meets a street, with the metres to the nearest one.
    loose
        Ends that meet nothing: path, longitude, latitude, metres to the nearest street.
    unmet
        Crossings without a common vertex: path, longitude, latitude.
    at_wall
        Ends that meet a wall: path, longitude, latitude.
    collapsed
        Paths shorter than the gaps they close.
    repeated
        Paths that run along a street or another path; what is there already is not added.
    """

    ends_joined: int = 0
    alone: list[tuple[int, float]] = field(default_factory=list)
    loose: list[tuple[int, float, float, float]] = field(default_factory=list)
    unmet: list[tuple[int, float, float]] = field(default_factory=list)
    at_wall: list[tuple[int, float, float]] = field(default_factory=list)
    collapsed: list[int] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)


def graft(
    patch: Patch, lines: NDArray[np.object_], code: NDArray[np.int32], *, tolerance_m: float, cross: bool
) -> Grafted:
    """Add lines (LineStrings in degrees) with packed attributes to a network.

    They meet each other and the streets as the lines of a line layer do
    (:func:`walkshed.streets.layer.read_line_layer`): at shared vertices, where an end or a vertex lies on the other
    (2 cm), and a loose end within the tolerance; on one level only, unless a line ends on the other's vertex. What
    the streets are among themselves is not touched.
    """
    order = _order(lines, code)
    paths = _on_grid(lines[order])
    if not len(paths):
        return Grafted(collapsed=list(range(len(lines))))
    first = order[paths.row]
    near = _near(patch.network, lines[first], tolerance_m)
    noded = _noded(patch.network, paths, code[first], near, tolerance_m=tolerance_m, cross=cross)
    return _Graft(patch, noded, near, first, code, tolerance_m).done(len(lines))


def _order(lines: NDArray[np.object_], code: NDArray[np.int32]) -> NDArray[np.int64]:
    """Sort lines by what they are, so that the order in which they were drawn is irrelevant."""
    import shapely

    words = shapely.to_wkb(lines, byte_order=0)
    return np.array(sorted(range(len(lines)), key=lambda n: (words[n], int(code[n]))), dtype=np.int64)


def _on_grid(lines: NDArray[np.object_]) -> Lines:
    """Return lines on OSM's grid, without vertices that repeat and lines of no length."""
    import shapely

    at, line = shapely.get_coordinates(lines, return_index=True)
    grid = np.rint(at * GRID).astype(np.int64)
    moves = np.ones(len(grid), dtype=bool)
    moves[1:] = (line[1:] != line[:-1]) | (grid[1:] != grid[:-1]).any(axis=1)
    count = np.bincount(line[moves], minlength=len(lines))
    moves &= (count > 1)[line]
    row = np.flatnonzero(count > 1)
    start = np.concatenate([[0], np.cumsum(count[row])]).astype(np.int64)
    x, y = grid[moves].astype(np.int32).T
    return Lines(x.copy(), y.copy(), start, row)


def _near(network: WalkNetwork, lines: NDArray[np.object_], tolerance_m: float) -> NDArray[np.int64]:
    """Return the streets near enough to matter to lines; lines drawn across areas do not."""
    import shapely

    index = network.index
    metric = shapely.transform(lines, lambda at: np.column_stack(index.project(at[:, 0], at[:, 1])))
    reach = max(_AROUND_M, 5 * tolerance_m)
    _, edge = shapely.STRtree(index.lines).query(metric, predicate="dwithin", distance=reach)
    drawn = [KINDS.index(kind) for kind in ("crossing_area", "gate_link") if kind in KINDS]
    return np.unique(edge[~np.isin(network.edge_kind[edge], drawn)])


def _noded(
    network: WalkNetwork,
    paths: Lines,
    code: NDArray[np.int32],
    near: NDArray[np.int64],
    *,
    tolerance_m: float,
    cross: bool,
) -> Noded:
    """Find where the paths meet each other and the streets near them."""
    count = np.diff(network.coord_ptr)[near]
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    at = np.repeat(network.coord_ptr[near], count) + within
    x, y = (np.rint(values[at] * GRID).astype(np.int32) for values in (network.coord_lon, network.coord_lat))
    start = np.concatenate([paths.start, paths.start[-1] + np.cumsum(count)]).astype(np.int64)
    number = np.arange(len(paths) + len(near))
    every = Lines(np.concatenate([paths.x, x]), np.concatenate([paths.y, y]), start, number)
    codes = np.concatenate([code, network.edge_code[near]])
    outline = (codes & AREA_BIT > 0) & (number >= len(paths))
    return node_lines(
        every,
        (codes >> 10 & 15).astype(np.int64) - 8,
        outline=outline,
        ground=codes >> 5 & 3 == 0,
        tolerance_m=tolerance_m,
        cross=cross,
    )


class _Graft:
    """Turns what meets into nodes, splits and edges."""

    def __init__(
        self,
        patch: Patch,
        noded: Noded,
        near: NDArray[np.int64],
        first: NDArray[np.int64],
        code: NDArray[np.int32],
        tolerance_m: float,
    ) -> None:
        self.patch, self.network, self.index = patch, patch.network, patch.network.index
        self.noded, self.near, self.first, self.code = noded, near, first, code
        self.reach_m = tolerance_m + _SLACK_M
        self.n_paths = len(first)
        self.out = Grafted()
        self.line_of = np.repeat(noded.line, np.diff(noded.start))
        self.node: dict[int, int] = {}
        self.joined: set[int] = set()
        self.again: set[int] = set()
        self.walled: set[int] = set()

    def done(self, n_given: int) -> Grafted:
        """Add everything and say what became of it."""
        of_path = self.line_of < self.n_paths
        own, times = np.unique(self.noded.ref[of_path], return_counts=True)
        shared = np.flatnonzero(~of_path & np.isin(self.noded.ref, own))
        streets: dict[int, list[int]] = {}
        for place in shared.tolist():
            streets.setdefault(int(self.noded.ref[place]), []).append(place)
        for ref in sorted(streets):
            self._join(ref, streets[ref])
        stops = set(own[times > 1].tolist()) | self.joined
        lines = [
            (line, begin, end)
            for line, begin, end in zip(
                self.noded.line.tolist(),
                self.noded.start[:-1].tolist(),
                self.noded.start[1:].tolist(),
                strict=True,
            )
            if line < self.n_paths
        ]
        for place in self._repeated(lines):
            stops |= set(self.noded.ref[place : place + 2].tolist())
        for line, begin, end in lines:
            self._draw(line, begin, end, stops)
        drawn = {line for line, _, _ in lines}
        self._tell(drawn, stops, n_given)
        return self.out

    def _join(self, ref: int, places: list[int]) -> None:
        """Find the node of the network at which paths meet streets; streets are split where they have none."""
        nodes: set[int] = set()
        splits: list[tuple[int, float, float, float]] = []
        for place in places:
            edge = int(self.near[self.line_of[place] - self.n_paths])
            begin = int(np.searchsorted(self.noded.start, place, side="right")) - 1
            at_u, at_v = place == self.noded.start[begin], place == self.noded.start[begin + 1] - 1
            lon, lat = self.noded.x[place] / GRID, self.noded.y[place] / GRID
            share, foot_lon, foot_lat, away = self._foot(edge, lon, lat)
            if at_u or at_v:
                node = int((self.network.edge_u if at_u else self.network.edge_v)[edge])
                if self._metres(node, lon, lat) <= self.reach_m:
                    nodes.add(node)
            elif away <= self.reach_m:
                if share <= _END or share >= 1 - _END:
                    nodes.add(int((self.network.edge_u if share <= _END else self.network.edge_v)[edge]))
                else:
                    splits.append((edge, share, foot_lon, foot_lat))
        walls = {node for node in nodes if self.network.node_barrier[node] == WALL}
        if walls and not (nodes - walls) and not splits:
            self.walled.add(ref)
            return
        nodes -= walls
        if not nodes and not splits:
            return
        self.joined.add(ref)
        self.node[ref] = self._united(sorted(nodes), splits)

    def _united(self, nodes: list[int], splits: list[tuple[int, float, float, float]]) -> int:
        """Return the one node at which a path meets several streets; where these lie apart a short step joins them."""
        plain = [node for node in nodes if self.network.node_barrier[node] == NO_BARRIER]
        node = (plain or nodes or [-1])[0]
        if node < 0:
            node = self.patch.add_node(splits[0][2], splits[0][3])
        for other in plain:
            if other != node:
                self._link(node, other)
        for edge, share, lon, lat in splits:
            here = node
            if self._metres(node, lon, lat) > _SLACK_M:
                here = self.patch.add_node(lon, lat)
                self._link(node, here)
            self.patch.split(edge, share, here)
        return node

    def _link(self, node: int, other: int) -> None:
        """Make two nodes one, or join them by a step where they lie apart."""
        here, there = self.patch.where(node), self.patch.where(other)
        if self._metres(node, *there) <= _SLACK_M:
            self.patch.unite(node, other)
        else:
            self.patch.add_edge(node, other, np.array([here, there]), code=_STEP)

    def _foot(self, edge: int, lon: float, lat: float) -> tuple[float, float, float, float]:
        """Return the nearest place on a street: share of its length, longitude, latitude, and metres to it."""
        import shapely

        x, y = self.index.project(np.array([lon]), np.array([lat]))
        point, line = shapely.Point(x[0], y[0]), self.index.lines[edge]
        share = float(np.nan_to_num(shapely.line_locate_point(line, point, normalized=True)))
        foot = shapely.line_interpolate_point(line, share, normalized=True)
        at_lon, at_lat = self.index.unproject(np.array([foot.x]), np.array([foot.y]))
        return share, round(float(at_lon[0]), 7), round(float(at_lat[0]), 7), float(foot.distance(point))

    def _metres(self, node: int, lon: float, lat: float) -> float:
        return float(distance_m(lon, lat, *self.patch.where(node)))

    def _repeated(self, lines: list[tuple[int, int, int]]) -> set[int]:
        """Find the pieces of paths that a street or another piece runs along already, by the place they begin at."""
        ref, beside = self.noded.ref, np.flatnonzero(self.line_of[:-1] == self.line_of[1:])
        beside = beside[self.line_of[beside] >= self.n_paths]
        drawn = {
            _pair(a, b)
            for a, b in zip(ref[beside].tolist(), ref[beside + 1].tolist(), strict=True)
            if a in self.joined and b in self.joined
        }
        for line, begin, end in lines:
            for place in range(begin, end - 1):
                pair = _pair(int(ref[place]), int(ref[place + 1]))
                if pair in drawn:
                    self.again.add(place)
                    self.out.repeated.append(int(self.first[line]))
                drawn.add(pair)
        return self.again

    def _draw(self, line: int, begin: int, end: int, stops: set[int]) -> None:
        """Add the edges of one path between the nodes on it."""
        refs = self.noded.ref[begin:end].tolist()
        places = np.column_stack([self.noded.x[begin:end], self.noded.y[begin:end]]) / GRID
        last = len(refs) - 1
        at = [n for n, ref in enumerate(refs) if n in (0, last) or ref in stops]
        code = int(self.code[self.first[line]])
        for one, other in pairwise(at):
            if other == one + 1 and begin + one in self.again:
                continue
            u, v = (self._node(refs[n], places[n]) for n in (one, other))
            shape = places[one : other + 1].copy()
            shape[0], shape[-1] = self.patch.where(u), self.patch.where(v)
            if u != v or other > one + 1:  # else both came to the same place
                self.patch.add_edge(u, v, shape, code=code)

    def _node(self, ref: int, place: NDArray[np.float64]) -> int:
        if ref not in self.node:
            self.node[ref] = self.patch.add_node(float(place[0]), float(place[1]))
        return self.node[ref]

    def _tell(self, drawn: set[int], stops: set[int], n_given: int) -> None:
        out, noded = self.out, self.noded
        out.ends_joined = len(self.joined)
        kept = {int(self.first[line]) for line in drawn}
        out.collapsed = [n for n in range(n_given) if n not in kept]
        meets = self._meets_streets(drawn)
        for n, line in enumerate(noded.line.tolist()):
            if line >= self.n_paths:
                continue
            path = int(self.first[line])
            ends = (int(noded.start[n]), int(noded.start[n + 1]) - 1)
            away = {place: self._away(place) for place in ends if int(noded.ref[place]) not in stops}
            walled = any(int(noded.ref[place]) in self.walled for place in away)
            if not meets[line] and not walled:
                out.alone.append((path, min(map(self._away, ends))))
                continue
            for place, metres in away.items():
                lon, lat = noded.x[place] / GRID, noded.y[place] / GRID
                if int(noded.ref[place]) in self.walled:
                    out.at_wall.append((path, lon, lat))
                else:
                    out.loose.append((path, lon, lat, metres))
        for a, b, lon, lat in zip(
            noded.unmet.first.tolist(),
            noded.unmet.second.tolist(),
            noded.unmet.lon,
            noded.unmet.lat,
            strict=True,
        ):
            if min(a, b) < self.n_paths:
                out.unmet.append((int(self.first[min(a, b)]), float(lon), float(lat)))
        out.repeated = sorted(set(out.repeated))
        for told in (out.alone, out.loose, out.unmet, out.at_wall):
            told.sort()

    def _meets_streets(self, drawn: set[int]) -> dict[int, bool]:
        """Tell which paths meet a street, by themselves or through other paths."""
        group = {line: line for line in drawn}

        def head(line: int) -> int:
            while group[line] != line:
                line = group[line]
            return line

        at: dict[int, int] = {}
        joined: set[int] = set()
        for line, ref in zip(self.line_of.tolist(), self.noded.ref.tolist(), strict=True):
            if line >= self.n_paths:
                continue
            if ref in self.joined:
                joined.add(line)
            group[head(line)] = head(at.setdefault(ref, line))
        good = {head(line) for line in joined}
        return {line: head(line) in good for line in drawn}

    def _away(self, place: int) -> float:
        """Metres from a place to the nearest street of the network."""
        import shapely

        lon, lat = self.noded.x[[place]] / GRID, self.noded.y[[place]] / GRID
        point = shapely.points(*self.index.project(lon, lat))
        if not hasattr(self, "_tree"):
            self._tree = shapely.STRtree(self.index.lines)
        _, metres = self._tree.query_nearest(point, return_distance=True, all_matches=False)
        return float(metres[0])


def _pair(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)
