"""Where the street network suspects a gap: paths that should meet and do not, estates that nothing leads into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.errors import Text
from walkshed.geodesy import distance_m
from walkshed.streets.detour import LocalWalks
from walkshed.streets.network import BIG_COMPONENT_M
from walkshed.streets.rules import CLOSED_GATE, KINDS, WALL

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from walkshed.streets.network import WalkNetwork

NEAR_MISS_M = 5.0
"""A dead end this near to another street probably belongs to it."""

AT_BOUNDARY_M = 15.0
"""A dead end this near to an estate's boundary probably goes on behind it."""

APART_M = 20.0
"""Two pieces of the network that come this near probably meet."""

ACROSS_M = 60.0
"""How far behind a boundary the path is looked for on which a dead end goes on."""

INNER_M = 10.0
"""An estate has paths of its own if this many metres lie inside."""

LONELY_M = 20.0
"""An estate whose point is this near to a street needs no path of its own."""

BEYOND_M = 1_000.0
"""Where the nearest street is farther off than this the streets do not cover the place at all."""

_RIM_M = 5.0
_DETOUR, _LEAST_DETOUR_M = 4.0, 10.0
_MEETING_M, _STEP_M = 0.5, 1.0
KINDS_OF_GAP = ("no_inner_path", "boundary_dead_end", "pieces_apart", "near_miss")
"""The kinds of gaps, in the order of the table."""

_NOTES = {
    "no_inner_path": Text(
        "no walkable way inside the estate's boundary; draw its paths from the gates on",
        "小区边界内没有可步行道路；请从出入口开始补画内部道路",
    ),
    "boundary_dead_end": Text(
        "a way ends at the estate's boundary and nothing goes on behind it: is there a gate?",
        "道路止于小区边界，另一侧没有道路：此处是否有出入口？",
    ),
    "pieces_apart": Text(
        "two pieces of the network come near each other and do not meet", "两片互不相连的路网在此相距很近"
    ),
    "near_miss": Text("a way ends just short of another", "道路端点紧邻另一条道路但未相连"),
}


@dataclass(slots=True)
class _Gaps:
    """Straight lines in local metres, from where a gap is to what is missed, and what is known of them."""

    kind: str
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    estate: NDArray[np.int64]
    now_m: NDArray[np.float64]
    piece_m: NDArray[np.float64]


def suspected_gaps(
    network: WalkNetwork,
    estates: gpd.GeoDataFrame,
    *,
    boundaries: NDArray[np.object_] | None = None,
    near_miss_m: float = NEAR_MISS_M,
) -> gpd.GeoDataFrame:
    """Return where the network probably lacks a piece, each with the line that would close the gap.

    Parameters
    ----------
    network
        The streets.
    estates
        The estates (EPSG:4326), for their ids and points.
    boundaries
        Their polygons in degrees, one each, None where there is none; by default their own geometry.
    near_miss_m
        How far short of another street a dead end may stop to be one that misses it.

    Returns
    -------
    geopandas.GeoDataFrame
        In EPSG:4326, index ``gap`` from 1, the most important first: kind (:data:`KINDS_OF_GAP`); priority (1: it
        concerns an estate, or cuts off a piece of 500 m and more; 2: both sides are joined by a detour; 3: it cuts
        off a shorter piece); estate_id ("" for none); gap_m (geodesic length of the line); now_m (the walk
        between its ends today, NaN if longer than 500 m or none); piece_m (length of the smaller of the two
        pieces, NaN if they are one); note_en, note_zh; geometry (a LineString; for ``no_inner_path`` from the
        nearest street to the estate's point).

    Examples
    --------
    >>> import walkshed, tempfile
    >>> folder = walkshed.init_study(tempfile.mkdtemp() + "/ronghang")
    >>> streets = walkshed.read_streets(folder / "streets.osm.pbf")
    >>> gaps = suspected_gaps(streets, walkshed.read_estates(folder / "estates.xlsx"))
    >>> set(gaps["kind"]) <= set(KINDS_OF_GAP)
    True
    """
    import shapely

    if boundaries is None:
        boundaries = np.asarray(estates.geometry.array, dtype=object).copy()
        boundaries[~np.isin(shapely.get_type_id(boundaries), (3, 6))] = None
    finder = _Finder(network, boundaries)
    found = [
        finder.no_inner_path(estates),
        finder.boundary_dead_ends(),
        finder.pieces_apart(),
        finder.near_misses(near_miss_m),
    ]
    return _frame(network, found, estates)


class _Finder:
    """Looks for gaps in a network; everything in its local metres."""

    def __init__(self, network: WalkNetwork, boundaries: NDArray[np.object_]) -> None:
        import shapely

        self.network, self.index, self.lines = network, network.index, network.index.lines
        self.tree = shapely.STRtree(self.lines)
        self.drawn = np.isin(
            network.edge_kind, [KINDS.index(k) for k in ("crossing_area", "gate_link") if k in KINDS]
        )
        ends = np.concatenate([network.edge_u, network.edge_v])
        barrier = np.isin(network.node_barrier, (WALL, CLOSED_GATE))
        self.dead = np.flatnonzero((np.bincount(ends, minlength=network.n_nodes) == 1) & ~barrier)
        self.own = network.edge_at_node[0][self.dead]
        real = ~self.drawn[self.own]
        self.dead, self.own = self.dead[real], self.own[real]
        self.at = np.column_stack(
            self.index.project(network.node_lon[self.dead], network.node_lat[self.dead])
        ).reshape(-1, 2)
        self.points = shapely.points(self.at)
        self.bounded = np.flatnonzero(~shapely.is_missing(boundaries) & ~shapely.is_empty(boundaries))
        self.shapes = shapely.transform(
            boundaries[self.bounded], lambda at: np.column_stack(self.index.project(at[:, 0], at[:, 1]))
        )
        self.walks = LocalWalks(network)

    def near_misses(self, within_m: float) -> _Gaps:
        """Find dead ends that stop short of another street of their own piece, on the same level."""
        import shapely

        at, edge = self.tree.query(self.points, predicate="dwithin", distance=within_m)
        level, component = self.network.edge_layer, self.network.component[self.network.edge_u]
        keep = (edge != self.own[at]) & ~self.drawn[edge] & (level[edge] == level[self.own[at]])
        keep &= component[edge] == component[self.own[at]]  # other pieces are told as pieces
        at, edge = at[keep], edge[keep]
        away = shapely.distance(self.points[at], self.lines[edge])
        order = np.lexsort((edge, away, at))
        at, edge = at[order], edge[order]
        # of the streets beside an end the nearest that is not reached by a short walk anyway
        taken: dict[int, tuple[int, float]] = {}
        for n, e in zip(at.tolist(), edge.tolist(), strict=True):
            if n not in taken:
                gap = float(shapely.distance(self.points[n], self.lines[e]))
                foot = float(shapely.line_locate_point(self.lines[e], self.points[n], normalized=True))
                now = self.walks.metres(int(self.dead[n]), e, foot)
                if not now <= max(_LEAST_DETOUR_M, _DETOUR * gap):
                    taken[n] = (e, now)
        which = np.array(list(taken), dtype=np.int64)
        other = np.array([e for e, _ in taken.values()], dtype=np.int64)
        _, end, _ = self._between(self.points[which], self.lines[other])
        now_m = np.array([now for _, now in taken.values()], dtype=np.float64)
        once = self._one_way(which, other, end)
        none = np.full(len(which), np.nan)
        gaps = _Gaps("near_miss", self.at[which], end, np.full(len(which), -1), now_m, none)
        return _taken(gaps, once)

    def _one_way(
        self, which: NDArray[np.int64], other: NDArray[np.int64], end: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Tell which gaps are told once only: of two dead ends that miss each other the first tells it."""
        node_of = {int(node): n for n, node in enumerate(self.dead[which].tolist())}
        once = np.ones(len(which), dtype=bool)
        for n, e in enumerate(other.tolist()):
            for node in (int(self.network.edge_u[e]), int(self.network.edge_v[e])):
                m = node_of.get(node)
                if m is None or m >= n or not once[m] or other[m] != self.own[which[n]]:
                    continue
                if np.hypot(*(self.at[which[m]] - end[n])) < _MEETING_M:
                    once[n] = False
        return once

    def _smaller_m(self, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.float64]:
        """Length of the smaller of the two pieces that edges belong to."""
        component, length = self.network.component, self.network.component_length_m
        a, b = component[self.network.edge_u[one]], component[self.network.edge_u[other]]
        return np.asarray(np.minimum(length[a], length[b]))

    def pieces_apart(self) -> _Gaps:
        """Find the pairs of pieces that come near each other on the same level, each pair at its nearest."""
        import shapely

        component = self.network.component[self.network.edge_u]
        largest = int(np.argmax(self.network.component_length_m))
        small = np.flatnonzero((component != largest) & ~self.drawn)
        around = shapely.bounds(self.lines[small]) + np.array([-APART_M, -APART_M, APART_M, APART_M])
        at, edge = self.tree.query(shapely.box(*around.T))
        first = small[at]
        level = self.network.edge_layer
        keep = (component[first] != component[edge]) & ~self.drawn[edge] & (level[first] == level[edge])
        first, edge = first[keep], edge[keep]
        near = shapely.dwithin(self.lines[first], self.lines[edge], APART_M)
        first, edge = first[near], edge[near]
        low = np.minimum(component[first], component[edge])
        high = np.maximum(component[first], component[edge])
        away = shapely.distance(self.lines[first], self.lines[edge])
        order = np.lexsort((edge, first, away.round(3), high, low))
        first, edge, low, high = first[order], edge[order], low[order], high[order]
        one = np.ones(len(first), dtype=bool)
        one[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
        first, edge = first[one], edge[one]
        start, end, real = self._between(self.lines[first], self.lines[edge])
        piece = self._smaller_m(first, edge)
        none = np.full(len(first), np.nan)
        return _taken(_Gaps("pieces_apart", start, end, np.full(len(first), -1), none, piece), real)

    def _between(
        self, first: NDArray[np.object_], other: NDArray[np.object_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        """Return lines from points or streets to streets; where these touch, to a step along them.

        The last answer is False where they touch at a wall: there they are apart on purpose.
        """
        import shapely

        ends = shapely.get_coordinates(shapely.shortest_line(first, other)).reshape(-1, 2, 2)
        start, end = ends[:, 0].copy(), ends[:, 1].copy()
        touch = np.flatnonzero(np.hypot(*(start - end).T) < _MEETING_M)
        for shapes, side in ((first, start), (other, end)):
            lines = shapes[touch]
            which = shapely.get_type_id(lines) == 1
            lines, at = lines[which], touch[which]
            along = shapely.line_locate_point(lines, shapely.points(side[at]))
            step = np.where(along + _STEP_M <= shapely.length(lines), along + _STEP_M, along - _STEP_M)
            side[at] = shapely.get_coordinates(shapely.line_interpolate_point(lines, np.maximum(step, 0.0)))
        walls = np.flatnonzero(self.network.node_barrier == WALL)
        real = np.ones(len(first), dtype=bool)
        if len(walls) and len(touch):
            at = np.column_stack(
                self.index.project(self.network.node_lon[walls], self.network.node_lat[walls])
            )
            near = shapely.STRtree(shapely.points(at)).query(
                shapely.points(start[touch]), predicate="dwithin", distance=2 * _STEP_M
            )[0]
            real[touch[near]] = False
        return start, end, real

    def boundary_dead_ends(self) -> _Gaps:
        """Find dead ends at a boundary behind which nothing goes on."""
        import shapely

        none = np.zeros(0, dtype=np.int64)
        if not len(self.shapes) or not len(self.points):
            empty = np.zeros((0, 2))
            return _Gaps("boundary_dead_end", empty, empty, none, np.zeros(0), np.zeros(0))
        rims = shapely.boundary(self.shapes)
        at, shape = shapely.STRtree(rims).query(self.points, predicate="dwithin", distance=AT_BOUNDARY_M)
        start, end, estate, now = [], [], [], []
        for n, s in zip(at.tolist(), shape.tolist(), strict=True):
            there = self._behind(n, s, rims[s])
            if there is not None:
                start.append(self.at[n])
                end.append(there)
                estate.append(int(self.bounded[s]))
                now.append(np.nan)
        size = (len(start), 2)
        return _Gaps(
            "boundary_dead_end",
            np.array(start).reshape(size),
            np.array(end).reshape(size),
            np.array(estate, dtype=np.int64),
            np.array(now, dtype=np.float64),
            np.full(len(start), np.nan),
        )

    def _behind(self, n: int, s: int, rim: Any) -> NDArray[np.float64] | None:
        """Return where a dead end at a boundary would go on, None if something does or nothing is near."""
        import shapely

        point, shape = self.points[n], self.shapes[s]
        inside = bool(shapely.contains(shape, point))
        near = self.tree.query(point, predicate="dwithin", distance=AT_BOUNDARY_M)
        near = near[~self.drawn[near]]
        if shapely.intersects(self.lines[near], rim).any():
            return None  # a way crosses the boundary beside it
        other = shapely.difference(shapely.box(*_around(self.at[n])), shape) if inside else shape
        reach = self.tree.query(point, predicate="dwithin", distance=ACROSS_M)
        reach = reach[~self.drawn[reach] & (reach != self.own[n])]
        behind = shapely.intersection(self.lines[reach], other)
        away = np.where(shapely.is_empty(behind), np.inf, shapely.distance(behind, point))
        if len(away) and away.min() <= AT_BOUNDARY_M:
            return None  # something is there already
        if len(away) and np.isfinite(away).any():
            line = shapely.shortest_line(point, behind[int(np.argmin(away))])
            return np.asarray(shapely.get_coordinates(line)[1])
        if inside:
            return None  # it ends inside, and outside there is nothing near
        return np.asarray(shapely.get_coordinates(shapely.point_on_surface(shape))[0])

    def no_inner_path(self, estates: gpd.GeoDataFrame) -> _Gaps:
        """Find estates with a boundary and no walkable way inside, and a point well off the streets."""
        import shapely

        shrunk = shapely.buffer(self.shapes, -_RIM_M)
        at, edge = shapely.STRtree(self.lines).query(shrunk, predicate="intersects")
        real = ~self.drawn[edge]
        at, edge = at[real], edge[real]
        inner = shapely.length(shapely.intersection(self.lines[edge], shrunk[at]))
        metres = np.bincount(at, weights=inner, minlength=len(self.shapes))
        bare = np.flatnonzero((metres < INNER_M) & ~shapely.is_empty(shrunk))
        lon, lat = (estates[name].to_numpy(dtype=np.float64)[self.bounded[bare]] for name in ("lon", "lat"))
        own = shapely.points(*self.index.project(lon, lat))
        own = np.where(np.isnan(lon), None, own)
        mine = shapely.contains(self.shapes[bare], own)
        point = np.where(mine, own, shapely.point_on_surface(self.shapes[bare]))
        walkable = np.flatnonzero(~self.drawn)
        nearest = (
            shapely.STRtree(self.lines[walkable]).nearest(point) if len(point) else np.zeros(0, np.int64)
        )
        ends = shapely.get_coordinates(shapely.shortest_line(self.lines[walkable[nearest]], point))
        start, end = ends.reshape(-1, 2, 2)[:, 0], ends.reshape(-1, 2, 2)[:, 1]
        none = np.full(len(bare), np.nan)
        off = np.hypot(*(start - end).T)
        lonely = (off >= LONELY_M) & (off <= BEYOND_M)
        return _taken(_Gaps("no_inner_path", start, end, self.bounded[bare], none, none), lonely)


def _around(at: NDArray[np.float64]) -> tuple[float, float, float, float]:
    x, y = at.tolist()
    return x - ACROSS_M, y - ACROSS_M, x + ACROSS_M, y + ACROSS_M


def _taken(gaps: _Gaps, keep: NDArray[np.bool_]) -> _Gaps:
    return _Gaps(
        gaps.kind, gaps.start[keep], gaps.end[keep], gaps.estate[keep], gaps.now_m[keep], gaps.piece_m[keep]
    )


def _frame(network: WalkNetwork, found: list[_Gaps], estates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd
    import shapely

    kind = np.concatenate([np.full(len(gaps.estate), gaps.kind, dtype=object) for gaps in found])
    start, end = (np.concatenate([getattr(gaps, side) for gaps in found]) for side in ("start", "end"))
    (lon0, lat0), (lon1, lat1) = (
        [degrees.round(7) for degrees in network.index.unproject(at[:, 0], at[:, 1])] for at in (start, end)
    )
    estate = np.concatenate([gaps.estate for gaps in found]).astype(np.int64)
    piece_m = np.concatenate([gaps.piece_m for gaps in found])
    now_m = np.concatenate([gaps.now_m for gaps in found])
    gap_m = distance_m(lon0, lat0, lon1, lat1).round(1)
    apart = ~np.isnan(piece_m)
    priority = np.where(apart & (piece_m < BIG_COMPONENT_M), 3, np.where(apart | (estate >= 0), 1, 2))
    rank = np.array([KINDS_OF_GAP.index(one) for one in kind], dtype=np.int64)
    order = np.lexsort((lat0, lon0, gap_m, -np.nan_to_num(piece_m), rank, priority))
    ends = np.stack([np.column_stack([lon0, lat0]), np.column_stack([lon1, lat1])], axis=1)[order]
    index = pd.RangeIndex(1, len(order) + 1, name="gap")
    ids = np.append(estates.index.astype(object), "")
    notes = [_NOTES[str(one)] for one in kind[order]]
    columns: dict[str, Any] = {
        "kind": pd.Series(kind[order].tolist(), index=index, dtype="str"),
        "priority": priority[order].astype(np.int64),
        "estate_id": pd.Series(ids[estate[order]].tolist(), index=index, dtype="str"),
        "gap_m": gap_m[order],
        "now_m": now_m[order].round(1),
        "piece_m": piece_m[order].round(0),
        "note_en": pd.Series([note.en for note in notes], index=index, dtype="str"),
        "note_zh": pd.Series([note.zh for note in notes], index=index, dtype="str"),
    }
    lines = shapely.linestrings(ends) if len(ends) else np.zeros(0, dtype=object)
    return gpd.GeoDataFrame(columns, geometry=lines, crs="EPSG:4326", index=index)
