"""The line of every estate's walk to its nearest venue, all read off one search."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.walking.direct import direct_walks
from walkshed.walking.graph import with_sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from walkshed.profiles import Profile
    from walkshed.streets.ties import Ties
    from walkshed.walking.access import Access
    from walkshed.walking.graph import SearchGraph
    from walkshed.walking.walkers import By, Search

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_SAME_M, _SAME_MIN = 0.06, 0.0051
"""A line belongs to a walk rounded to 0.1 m, or to 0.01 min, if its own number is no farther than this from it."""
_SAME_PLACE_DEG = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class WalkLines:
    """Lines of walks, one after another, from the estate to the venue, off-street legs included.

    Attributes
    ----------
    estate, venue
        For each line the estate's and the venue's number (rows of the tables); estates ascend.
    ptr
        Line ``i`` has the vertices ``ptr[i]`` to ``ptr[i + 1] - 1``.
    lon, lat
        The vertices, in degrees (WGS84).
    """

    estate: NDArray[np.int32]
    venue: NDArray[np.int32]
    ptr: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self.estate)

    def of(self, estates: NDArray[np.integer[Any]]) -> WalkLines:
        """Return the lines of some estates only."""
        kept = np.isin(self.estate, estates)
        count = np.diff(self.ptr)
        within = np.repeat(kept, count)
        ptr = np.concatenate([[0], np.cumsum(count[kept])]).astype(np.int64)
        return WalkLines(self.estate[kept], self.venue[kept], ptr, self.lon[within], self.lat[within])


def walk_lines(
    access: Access,
    *,
    profile: Profile | str = "",
    eligible: NDArray[np.bool_] | None = None,
    by: By = "minutes",
) -> WalkLines:
    """Return the line of each estate's walk to the venue that :meth:`Access.nearest` names.

    Estates that reach no venue have no line. The line of the shortest walk is as long as the walk, to 0.2 m; that of
    the quickest takes as long, and may be longer.

    Parameters
    ----------
    access
        From :func:`walkshed.access`.
    profile
        One of the profiles of ``access``; the first by default.
    eligible
        One per venue, whether it may be chosen; all by default.
    by
        What is least: ``"minutes"`` or ``"metres"``.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> from walkshed.walking.walk_lines import walk_lines
    >>> result = walkshed.run(walkshed.init_study(tempfile.mkdtemp() + "/ronghang"))
    >>> lines = walk_lines(result.access)
    >>> len(lines) == len(result.access.nearest()) == len(lines.ptr) - 1
    True
    """
    if eligible is None:
        eligible = np.ones(len(access.venue_ids), dtype=bool)
    near = access.nearest(profile, eligible=eligible, by=by)
    walker = access.walker(profile)
    cost, same = near.walk_dm / 10, _SAME_M
    if by == "minutes" and not walker.alone:
        a_minute = walker.profile.metres(1)
        cost, same = near.walk_cmin / 100 * a_minute, _SAME_MIN * a_minute
    wanted = _Wanted(near.estate.astype(np.int64), near.venue.astype(np.int64), cost, same)
    lines = _Lines(walker.search(by))
    left = lines.straight(wanted)
    left = lines.traced(wanted, left, eligible)
    # Where several venues are equally far the search may have come from another one than the table names.
    for home in lines.graph.layers.homecomings:
        left = lines.traced(wanted, left, eligible, graph=lines.graph.coming_home(home))
    for venue in np.unique(wanted.venue[left]).tolist():
        only = np.arange(len(eligible)) == venue
        mine = left[wanted.venue[left] == venue]
        far = float(wanted.metres[mine].max()) + 1
        mine = lines.traced(wanted, mine, only, limit_m=far)
        for home in lines.graph.layers.homecomings:
            mine = lines.traced(wanted, mine, only, limit_m=far, graph=lines.graph.coming_home(home))
    return lines.collected(wanted)


@dataclass(frozen=True, slots=True, eq=False)
class _Wanted:
    """The walks whose lines are asked for: their cost in level metres, and how far off it may be by rounding."""

    estate: Ints
    venue: Ints
    metres: Floats
    same: float


class _Lines:
    """Collects the vertices of lines, piece by piece; each piece knows its line and its place in it."""

    def __init__(self, search: Search) -> None:
        self.graph = search.graph
        self.homes, self.venues = search.footing.estates, search.footing.venues
        self.edges = _Edges(search.graph)
        self._line: list[Ints] = []
        self._rank: list[Ints] = []
        self._xy: list[Floats] = []

    def add(self, line: Ints, rank: Ints | int, count: Ints, xy: Floats) -> None:
        """Add one piece for each of ``line``, with ``count`` vertices each."""
        self._line.append(np.repeat(line, count))
        self._rank.append(np.repeat(np.broadcast_to(np.asarray(rank, dtype=np.int64), line.shape), count))
        self._xy.append(xy)

    def straight(self, wanted: _Wanted) -> Ints:
        """Add the walks that touch no junction; return the numbers of the others."""
        done = np.zeros(len(wanted.estate), dtype=bool)
        if not len(done):
            return np.zeros(0, dtype=np.int64)
        for i, j, metres, across in _direct_ties(self.graph, self.homes, self.venues):
            homes, venues = _places(self.homes, i, across=across), _places(self.venues, j, across=across)
            line = _rows_of(wanted, homes)
            fits = (line >= 0) & (wanted.venue[line] == venues) & ~done[line]
            fits &= np.abs(metres - wanted.metres[line]) <= wanted.same
            chosen = np.flatnonzero(fits)[np.unique(line[fits], return_index=True)[1]]
            line, home, venue = line[chosen], i[chosen], j[chosen]
            done[line] = True
            way = _to_stand if across else _approach
            ways = way(self.homes, home), way(self.venues, venue)
            self.add(line, 0, *_both(ways[0]))
            if not across:
                offsets = self.homes.offset_m[home], self.venues.offset_m[venue]
                self.add(line, 1, *self.edges.part(self.homes.edge[home], *offsets))
            self.add(line, 2, *_both(ways[1][:, ::-1]))
        return np.flatnonzero(~done)

    def traced(
        self,
        wanted: _Wanted,
        left: Ints,
        eligible: NDArray[np.bool_],
        *,
        limit_m: float = np.inf,
        graph: SearchGraph | None = None,
    ) -> Ints:
        """Add the walks over junctions; return the numbers of those whose venue the search did not find."""
        if not len(left):
            return left
        tree = _Tree(self.graph if graph is None else graph, self.venues, eligible, limit_m)
        row = _rows_of(_part(wanted, left), self.homes.place.astype(np.int64))
        ties = np.flatnonzero(row >= 0)
        exit_u, to_u, exit_v, to_v = self.graph.exits(self.homes)
        node = np.concatenate([exit_u[ties], exit_v[ties]])
        metres = tree.away[node] + np.concatenate([to_u[ties], to_v[ties]])
        line = np.tile(left[row[ties]], 2)
        tie, at_v = np.tile(ties, 2), np.repeat([False, True], len(ties))
        fits = (tree.venue[node] == wanted.venue[line]) & (
            np.abs(metres - wanted.metres[line]) <= wanted.same
        )
        order = np.flatnonzero(fits)[np.lexsort((metres[fits], line[fits]))]
        first = order[np.unique(line[order], return_index=True)[1]]
        line, tie, node = line[first], tie[first], node[first]
        self.add(line, 0, *_both(_approach(self.homes, tie)))
        self.add(line, 1, *self._leg(self.homes, tie, at_v[first]))
        self._follow(tree, line, node)
        return np.setdiff1d(left, line, assume_unique=True)

    def _leg(self, ties: Ties, tie: Ints, at_v: NDArray[np.bool_]) -> tuple[Ints, Floats]:
        """Return the ways along an edge from ties to one of its ends (without the end itself)."""
        edge = ties.edge[tie]
        end = np.where(at_v, self.graph.network.edge_length_m[edge], 0.0)
        return self.edges.part(edge, ties.offset_m[tie], end)

    def _follow(self, tree: _Tree, line: Ints, node: Ints) -> None:
        """Go from node to node until the venues, all lines at once."""
        step = 2
        lines, here, rank = [], [], []
        while len(line):
            ahead = tree.before[node].astype(np.int64)
            at_end = ahead >= self.graph.n
            if at_end.any():
                self._arrive(tree, line[at_end], node[at_end], step)
            line, node, ahead = line[~at_end], node[~at_end], ahead[~at_end]
            lines.append(line)
            here.append(np.column_stack([node, ahead]))
            rank.append(np.full(len(line), step))
            node, step = ahead, step + 1
        if lines:
            arcs = np.concatenate(here)
            count, xy = self.edges.arcs(arcs[:, 0], arcs[:, 1])
            self.add(np.concatenate(lines), np.concatenate(rank), count, xy)

    def _arrive(self, tree: _Tree, line: Ints, node: Ints, step: int) -> None:
        """Add the last node and the leg to the venue."""
        tie, at_v = tree.arrival(node)
        ends = np.where(at_v, self.graph.network.edge_length_m[self.venues.edge[tie]], 0.0)
        count, xy = self.edges.part(self.venues.edge[tie], ends, self.venues.offset_m[tie])
        self.add(line, step, count, xy)
        self.add(line, step + 1, *_both(_approach(self.venues, tie)[:, ::-1]))

    def collected(self, wanted: _Wanted) -> WalkLines:
        """Put the pieces in order, without vertices that repeat."""
        none = np.zeros(0, dtype=np.int64)
        line = np.concatenate([none, *self._line])
        order = np.lexsort((np.concatenate([none, *self._rank]), line))
        line = line[order]
        xy = np.concatenate([np.zeros((0, 2)), *self._xy])[order]
        keep = np.ones(len(line), dtype=bool)
        keep[1:] = (line[1:] != line[:-1]) | (np.abs(np.diff(xy, axis=0)) > _SAME_PLACE_DEG).any(axis=1)
        line, xy = line[keep], xy[keep]
        count = np.bincount(line, minlength=len(wanted.estate))
        there = np.flatnonzero(count)
        return WalkLines(
            wanted.estate[there].astype(np.int32),
            wanted.venue[there].astype(np.int32),
            np.concatenate([[0], np.cumsum(count[there])]).astype(np.int64),
            np.ascontiguousarray(xy[:, 0]),
            np.ascontiguousarray(xy[:, 1]),
        )


class _Tree:
    """Which node comes next on the way to the nearest eligible venue."""

    def __init__(self, graph: SearchGraph, venues: Ties, eligible: NDArray[np.bool_], limit_m: float) -> None:
        from scipy.sparse.csgraph import dijkstra

        self._tie, node, self._at_v, metres = graph.seed_ties(venues)
        place = venues.place[self._tie].astype(np.int64)
        use = np.flatnonzero(eligible[place])
        members, row = np.unique(place[use], return_inverse=True)
        arcs = with_sources(graph.arcs, row, node[use], metres[use], len(members))
        away, before, source = dijkstra(
            arcs, directed=True, indices=graph.n + np.arange(len(members)), min_only=True,
            return_predecessors=True, limit=limit_m,
        )  # fmt: skip
        self.away, self.before = away[: graph.n], before[: graph.n]
        found = source[: graph.n] >= graph.n
        self.venue = np.full(graph.n, -1, dtype=np.int64)
        self.venue[found] = members[source[: graph.n][found] - graph.n]
        order = use[np.lexsort((metres[use], node[use], place[use]))]
        self._span = graph.n
        self._key, self._seed = place[order] * graph.n + node[order], order

    def arrival(self, node: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        """Return the tie by which a walk reaches its venue from its last node, and whether from the edge's v."""
        at = self._seed[np.searchsorted(self._key, self.venue[node] * self._span + node)]
        return self._tie[at], self._at_v[at]


class _Edges:
    """The shapes of a network's edges, taken many at a time."""

    def __init__(self, graph: SearchGraph) -> None:
        network = graph.network
        self._ptr = np.asarray(network.coord_ptr, dtype=np.int64)
        self._xy = np.column_stack([network.coord_lon, network.coord_lat])
        self._length = network.edge_length_m
        step = np.hypot(*np.diff(network.index.xy, axis=0, prepend=network.index.xy[:1]).T)
        step[self._ptr[:-1]] = 0.0
        run = np.cumsum(step)
        run -= np.repeat(run[self._ptr[:-1]], np.diff(self._ptr))
        whole = np.repeat(run[self._ptr[1:] - 1], np.diff(self._ptr))
        self._share = np.divide(run, whole, out=np.zeros_like(run), where=whole > 0)
        # Shares of all edges ascend together once the edge's number is added to them.
        self._along = self._share + np.repeat(np.arange(len(self._ptr) - 1), np.diff(self._ptr)) * 2.0
        self._graph = graph

    def arcs(self, here: Ints, there: Ints) -> tuple[Ints, Floats]:
        """Return the cheapest edges between neighbours, from ``here`` up to the vertex before ``there``."""
        arc = self._graph.arcs_between(here, there)
        edge, turned = np.maximum(self._graph.arc_edge[arc], 0), ~self._graph.arc_ahead[arc]
        count = np.where(self._graph.arc_edge[arc] < 0, 0, self._ptr[edge + 1] - self._ptr[edge] - 1)
        vertex = _counted(np.where(turned, self._ptr[edge + 1] - 1, self._ptr[edge]), count, turned)
        return count, self._xy[vertex]

    def part(self, edge: NDArray[Any], start_m: Floats, end_m: Floats) -> tuple[Ints, Floats]:
        """Return the parts of edges between two offsets, both ends included."""
        edge = edge.astype(np.int64)
        length = np.where(self._length[edge] > 0, self._length[edge], 1.0)
        start, end = np.clip(start_m / length, 0, 1), np.clip(end_m / length, 0, 1)
        turned = end < start
        all_of = self._ptr[edge + 1] - self._ptr[edge]
        vertex = _counted(np.where(turned, self._ptr[edge + 1] - 1, self._ptr[edge]), all_of, turned)
        query = np.repeat(np.arange(len(edge)), all_of)
        share = self._share[vertex]
        inside = (share > np.minimum(start, end)[query]) & (share < np.maximum(start, end)[query])
        query, vertex = query[inside], vertex[inside]
        count = np.bincount(query, minlength=len(edge)) + 2
        xy = np.empty((int(count.sum()), 2))
        last = np.cumsum(count)
        first = last - count
        xy[first], xy[last - 1] = self._at(edge, start), self._at(edge, end)
        middle = np.ones(len(xy), dtype=bool)
        middle[first] = middle[last - 1] = False
        xy[middle] = self._xy[vertex]
        return count, xy

    def _at(self, edge: Ints, share: Floats) -> Floats:
        """Return the place on each edge at a share of its length."""
        after = np.searchsorted(self._along, share + edge * 2.0)
        after = np.clip(after, self._ptr[edge] + 1, self._ptr[edge + 1] - 1)
        low, high = self._share[after - 1], self._share[after]
        weight = np.divide(share - low, high - low, out=np.zeros_like(share), where=high > low)[:, None]
        return np.asarray(self._xy[after - 1] * (1 - weight) + self._xy[after] * weight)


def _counted(first: Ints, count: Ints, turned: NDArray[np.bool_]) -> Ints:
    """Return ``count`` running numbers from each ``first``, downwards where turned."""
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.asarray(np.repeat(first, count) + within * np.repeat(np.where(turned, -1, 1), count))


def _direct_ties(graph: SearchGraph, homes: Ties, venues: Ties) -> Sequence[tuple[Ints, Ints, Floats, bool]]:
    """Return the walks along one edge (tie, tie, metres, False) and across one area (point, point, metres, True)."""
    numbered = []
    for ties in (homes, venues):
        points = replace(ties.points, place=np.arange(len(ties.points.place), dtype=np.int32))
        numbered.append(replace(ties, points=points, place=np.arange(len(ties.edge), dtype=np.int32)))
    none = [np.zeros(len(ties.edge), dtype=bool) for ties in numbered]
    every = [np.ones(len(ties.area), dtype=bool) for ties in numbered]
    along = direct_walks(graph, *(ties.only(~no) for ties, no in zip(numbered, none, strict=True)))
    across = direct_walks(
        graph, *(ties.only(no, all_) for ties, no, all_ in zip(numbered, none, every, strict=True))
    )
    return (
        (along.estate, along.venue, along.metres, False),
        (across.estate, across.venue, across.metres, True),
    )


def _places(ties: Ties, number: Ints, *, across: bool) -> Ints:
    place = ties.points.place if across else ties.place
    return place[number].astype(np.int64)


def _approach(ties: Ties, tie: NDArray[Any]) -> Floats:
    """Return for each tie its point, and where a walk from there meets the streets, shape (n, 2, 2)."""
    ends = _to_stand(ties, ties.point[tie])
    apart = ties.apart[tie]
    ends[apart, 1] = ends[apart, 0]  # the leg leads to the edge itself, where the next piece begins
    return ends


def _to_stand(ties: Ties, point: NDArray[Any]) -> Floats:
    """Return for each point itself and where it stands on the streets, shape (n, 2, 2)."""
    points = ties.points
    ends = [
        [points.lon[point], points.lat[point]],
        [ties.stand_lon[point], ties.stand_lat[point]],
    ]
    return np.moveaxis(np.array(ends), 2, 0)


def _both(pairs: Floats) -> tuple[Ints, Floats]:
    return np.full(len(pairs), 2, dtype=np.int64), pairs.reshape(-1, 2)


def _rows_of(wanted: _Wanted, estate: Ints) -> Ints:
    """Return in which row of ``wanted`` each estate stands; -1 where it does not."""
    if not len(wanted.estate):
        return np.full(len(estate), -1, dtype=np.int64)
    row = np.minimum(np.searchsorted(wanted.estate, estate), len(wanted.estate) - 1)
    return np.where(wanted.estate[row] == estate, row, -1)


def _part(wanted: _Wanted, rows: Ints) -> _Wanted:
    return _Wanted(wanted.estate[rows], wanted.venue[rows], wanted.metres[rows], wanted.same)
