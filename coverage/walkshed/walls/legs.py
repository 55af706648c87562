"""The legs between places and streets that walls allow, and those that are walked over open ground."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from walkshed.geodesy import distance_m
from walkshed.streets.index import FIRST_SHORT_CLASS
from walkshed.streets.network import BIG_COMPONENT_M
from walkshed.streets.ties import ISLAND, TIED, Points, Ties, tie
from walkshed.walls.inside import straight_within
from walkshed.walls.sight import crosses_wall, nearest_seen, zone_at
from walkshed.walls.zones import PUBLIC

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.streets.index import EdgeIndex
    from walkshed.streets.network import WalkNetwork
    from walkshed.walls.walls import Walls

Start = Literal["point", "gates"]
INSIDE, OUTSIDE, EITHER = 0, 1, 2
"""Where a place in a walled estate opens to: the estate, the street, or what it sees first."""


@dataclass(frozen=True, eq=False)
class Legs:
    """All ways from places to the streets, and which of them respect the walls.

    Attributes
    ----------
    ties
        Every tie that the policy ``open`` offers.
    good
        Which of them cross no wall; the other policies offer only these.
    straight
        Which of them are straight lines over open ground to a gate, because no mapped path leads there.
    home
        For each point the walled estate it stands in (a place among the walled ones), -1 for none.
    """

    ties: Ties
    good: NDArray[np.bool_]
    straight: NDArray[np.bool_]
    home: NDArray[np.int64]

    def under(self, policy: str) -> Ties:
        """Return the ties that a policy offers."""
        if policy == "open" or self.good.all():
            return self.ties
        standing = self._standing
        return self.ties.only(self.good, standing)

    @cached_property
    def _standing(self) -> NDArray[np.bool_]:
        """Stands in pedestrian areas are kept for places outside every wall and their areas too."""
        return np.asarray(self.home[self.ties.area_point] == PUBLIC)

    def tied_again(
        self,
        walls: Walls,
        points: NDArray[np.bool_],
        *,
        max_snap_m: float,
        opens: NDArray[np.int8] | None,
        index: EdgeIndex,
    ) -> Legs:
        """Return the legs with those of the marked points made anew, by another index; where they stand stays."""
        own = self.ties.points
        some = Points(own.place[points], own.lon[points], own.lat[points], own.n_places)
        new = legs(walls, some, max_snap_m=max_snap_m, opens=opens, index=index)
        ties, order = self.ties.with_others(points, new.ties)
        kept = ~points[self.ties.point]
        home = self.home.copy()
        home[points] = new.home
        return Legs(
            ties,
            np.concatenate([self.good[kept], new.good])[order],
            np.concatenate([self.straight[kept], new.straight])[order],
            home,
        )

    def lives_in(self, place: int, walls: Walls) -> NDArray[np.bool_]:
        """Tell for each place whether one of its points stands in a walled estate or in one that lies in it."""
        family = walls.yards.family(place)
        inside = (self.home >= 0) & family[np.maximum(self.home, 0)]
        found = np.zeros(self.ties.points.n_places, dtype=bool)
        found[self.ties.points.place[inside]] = True
        return found


def unwalled(ties: Ties) -> Legs:
    """Return the legs where there are no walls at all."""
    n = len(ties.edge)
    home = np.full(len(ties.points.place), PUBLIC, dtype=np.int64)
    return Legs(ties, np.ones(n, dtype=bool), np.zeros(n, dtype=bool), home)


def legs(
    walls: Walls,
    points: Points,
    *,
    max_snap_m: float,
    opens: NDArray[np.int8] | None = None,
    index: EdgeIndex | None = None,
) -> Legs:
    """Tie places to the streets, with what the walls around them ask for.

    Every point is tied blindly first. Where none of its ties respects the walls, the nearest street
    that does is added; and where no mapped path leads from there to a gate, straight lines to the
    estate's gates.

    Parameters
    ----------
    opens
        For each place :data:`INSIDE`, :data:`OUTSIDE` or :data:`EITHER`; inside by default.
    index
        In which edges are found; the network's own by default.
    """
    network = walls.network
    blind = tie(network, points, max_snap_m=max_snap_m, index=index)
    if not len(walls.yards.estate):
        return unwalled(blind)
    xy = np.column_stack(network.index.project(points.lon, points.lat))
    stands = zone_at(walls.yards, xy)
    home, exempt = _homes(walls, xy, stands, points, opens, max_snap_m, index)
    good = _respects(walls, blind, xy, home, exempt)
    has = np.zeros(len(xy), dtype=bool)
    has[blind.point[good]] = True
    need = np.flatnonzero(~has)
    edge, share, _ = nearest_seen(
        network,
        walls.zone,
        walls.yards,
        xy[need],
        want=home[need],
        within_m=max_snap_m,
        exempt=exempt[need],
        index=index,
    )
    found = edge >= 0
    more = _ties_at(network, points, need[found], edge[found], share[found])
    ties = _joined(blind, more)
    good = np.concatenate([good, np.ones(len(more.edge), dtype=bool)])
    straight = np.zeros(len(good), dtype=bool)
    lines = _straight_lines(walls, ties, good, xy, home)
    ties = _joined(ties, lines)
    good = np.concatenate([good, np.ones(len(lines.edge), dtype=bool)])
    straight = np.concatenate([straight, np.ones(len(lines.edge), dtype=bool)])
    order = np.argsort(ties.point, kind="stable")
    return Legs(_ordered(_with_links(network, ties), order), good[order], straight[order], home)


def _with_links(network: WalkNetwork, ties: Ties) -> Ties:
    """Return the ties, those on paths that a gate joins to the streets no longer as islands."""
    status = ties.status.copy()
    joined = network.linked_length_m[ties.edge] >= BIG_COMPONENT_M
    island = status[ties.place] == ISLAND
    status[ties.place[joined & island]] = TIED
    return replace(ties, status=status)


def _homes(
    walls: Walls,
    xy: NDArray[np.float64],
    stands: NDArray[np.int64],
    points: Points,
    opens: NDArray[np.int8] | None,
    max_snap_m: float,
    index: EdgeIndex | None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the estate each point belongs to, and the one whose wall its leg may cross (-1 for none)."""
    home, exempt = stands.copy(), np.full(len(stands), -1, dtype=np.int64)
    if opens is None:
        return home, exempt
    parent = np.append(walls.yards.parent, PUBLIC)
    way = opens[points.place]
    street = (way == OUTSIDE) & (stands >= 0)
    home[street], exempt[street] = parent[stands[street]], stands[street]
    ask = np.flatnonzero((way == EITHER) & (stands >= 0))
    home[ask] = _first_seen(walls, xy[ask], stands[ask], max_snap_m, index)
    return home, exempt


def _first_seen(
    walls: Walls,
    xy: NDArray[np.float64],
    stands: NDArray[np.int64],
    max_snap_m: float,
    index: EdgeIndex | None,
) -> NDArray[np.int64]:
    """Return for points in walled estates the zone of the nearest street they see: theirs, or one around it."""
    parent = np.append(walls.yards.parent, PUBLIC)
    network = walls.network
    home, zone = stands.copy(), stands.copy()
    best_class, best_m = np.full(len(xy), np.iinfo(np.int64).max), np.full(len(xy), np.inf)
    left = np.arange(len(xy))
    while len(left):
        edge, _, metres = nearest_seen(
            network, walls.zone, walls.yards, xy[left], want=zone[left], within_m=max_snap_m, index=index
        )
        seen = edge >= 0
        edge_class = network.index.edge_class[np.maximum(edge, 0)].astype(np.int64)
        nearer = seen & (
            (edge_class < best_class[left]) | ((edge_class == best_class[left]) & (metres < best_m[left]))
        )
        at = left[nearer]
        home[at], best_class[at], best_m[at] = zone[at], edge_class[nearer], metres[nearer]
        left = left[zone[left] != PUBLIC]
        zone[left] = parent[zone[left]]
    return home


def _respects(
    walls: Walls,
    ties: Ties,
    xy: NDArray[np.float64],
    home: NDArray[np.int64],
    exempt: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Tell which ties lead to a street of the place's own zone without crossing a wall."""
    good = walls.zone[ties.edge] == home[ties.point]
    ask = np.flatnonzero(good)
    point = ties.point[ask]
    foot = _feet(walls.network, ties.edge[ask], ties.offset_m[ask])
    good[ask] = ~crosses_wall(walls.yards, xy[point], foot, home=home[point], exempt=exempt[point])
    return np.asarray(good, dtype=bool)


def _feet(
    network: WalkNetwork, edge: NDArray[np.int32], offset_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    import shapely

    share = offset_m / np.maximum(network.edge_length_m[edge], 1e-9)
    at = shapely.line_interpolate_point(network.index.lines[edge], np.minimum(share, 1.0), normalized=True)
    return np.asarray(shapely.get_coordinates(at), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _More:
    """Ties to be added."""

    point: NDArray[np.int64]
    edge: NDArray[np.int64]
    offset_m: NDArray[np.float64]
    leg_m: NDArray[np.float64]
    status: NDArray[np.int8]


def _ties_at(
    network: WalkNetwork,
    points: Points,
    point: NDArray[np.int64],
    edge: NDArray[np.int64],
    share: NDArray[np.float64],
) -> _More:
    offset = share * network.edge_length_m[edge]
    foot = _feet(network, edge.astype(np.int32), offset)
    lon, lat = network.index.unproject(foot[:, 0], foot[:, 1])
    short = network.index.edge_class[edge] >= FIRST_SHORT_CLASS
    status = np.where(short, ISLAND, TIED).astype(np.int8)
    return _More(point, edge, offset, distance_m(points.lon[point], points.lat[point], lon, lat), status)


def _straight_lines(
    walls: Walls, ties: Ties, good: NDArray[np.bool_], xy: NDArray[np.float64], home: NDArray[np.int64]
) -> _More:
    """Return straight legs to the gates for points in estates whose paths lead to none."""
    leads = _leads_to_gate(walls, ties)
    served = np.zeros(len(home), dtype=bool)
    served[ties.point[good & leads]] = True
    point: list[int] = []
    edge: list[int] = []
    offset: list[float] = []
    leg: list[float] = []
    doors = walls.doors
    for number in np.flatnonzero((home >= 0) & ~served).tolist():
        own = doors.get(int(home[number]), [])
        if not own:
            continue
        goals = walls.node_xy[[node for node, _, _ in own]]
        metres = straight_within(walls.yards.shape[home[number]], xy[number], goals)
        for (_, door, at), away in zip(own, metres.tolist(), strict=True):
            if np.isfinite(away):
                point.append(number)
                edge.append(door)
                offset.append(at)
                leg.append(away)
    return _of_lists(point, edge, offset, leg)


def _of_lists(point: list[int], edge: list[int], offset: list[float], leg: list[float]) -> _More:
    return _More(
        np.array(point, dtype=np.int64),
        np.array(edge, dtype=np.int64),
        np.array(offset, dtype=np.float64),
        np.array(leg, dtype=np.float64),
        np.full(len(point), TIED, dtype=np.int8),
    )


def _leads_to_gate(walls: Walls, ties: Ties) -> NDArray[np.bool_]:
    """Tell for each tie whether the inner pieces at it lead to a gate of the estate, of whatever kind."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    network, zone = walls.network, walls.zone
    inner = np.flatnonzero(zone != PUBLIC)
    if not len(inner):
        return np.ones(len(ties.edge), dtype=bool)
    key_u = zone[inner] * network.n_nodes + network.edge_u[inner]
    key_v = zone[inner] * network.n_nodes + network.edge_v[inner]
    keys, local = np.unique(np.concatenate([key_u, key_v]), return_inverse=True)
    u, v = local[: len(inner)], local[len(inner) :]
    links = coo_array((np.ones(len(inner), np.int8), (u, v)), shape=(len(keys), len(keys)))
    component = connected_components(links, directed=False)[1]
    gate = np.searchsorted(keys, walls.gates.yard * network.n_nodes + walls.gates.node)
    has_gate = np.zeros(int(component.max()) + 1, dtype=bool)
    has_gate[component[gate]] = True
    leads = np.ones(network.n_edges, dtype=bool)
    leads[inner] = has_gate[component[u]]
    return np.asarray(leads[ties.edge], dtype=bool)


def _joined(ties: Ties, more: _More) -> Ties:
    """Add ties; a place that has one now is tied, whatever it was before."""
    point = np.concatenate([ties.point, more.point]).astype(np.int32)
    status = ties.status.copy()
    np.minimum.at(status, ties.points.place[more.point], more.status)
    return replace(
        ties,
        point=point,
        place=ties.points.place[point],
        edge=np.concatenate([ties.edge, more.edge]).astype(np.int32),
        offset_m=np.concatenate([ties.offset_m, more.offset_m]),
        leg_m=np.concatenate([ties.leg_m, more.leg_m]),
        apart=np.concatenate([ties.apart, np.ones(len(more.edge), dtype=bool)]),
        status=status,
    )


def _ordered(ties: Ties, order: NDArray[np.int64]) -> Ties:
    return replace(
        ties,
        point=ties.point[order],
        place=ties.place[order],
        edge=ties.edge[order],
        offset_m=ties.offset_m[order],
        leg_m=ties.leg_m[order],
        apart=ties.apart[order],
    )


def at_gates(walls: Walls, found: Legs, places: NDArray[np.bool_]) -> Legs:
    """Return legs in which the marked places start at those of their estate's gates that are not closed.

    A place whose estate is not walled keeps its legs.
    """
    doors = walls.doors
    shut = set(
        zip(
            walls.gates.yard[walls.gates.open_to == "closed"].tolist(),
            walls.gates.node[walls.gates.open_to == "closed"].tolist(),
            strict=True,
        )
    )
    point: list[int] = []
    edge: list[int] = []
    offset: list[float] = []
    moved = np.zeros(len(found.home), dtype=bool)
    for number in np.flatnonzero((found.home >= 0) & places[found.ties.points.place]).tolist():
        yard = int(found.home[number])
        own = [door for door in doors.get(yard, []) if (yard, door[0]) not in shut]
        if own:
            moved[number] = True
            point.extend([number] * len(own))
            edge.extend(door[1] for door in own)
            offset.extend(door[2] for door in own)
    keep = ~moved[found.ties.point]
    more = _of_lists(point, edge, offset, [0.0] * len(point))
    ties = _joined(found.ties.only(keep, ~moved[found.ties.area_point]), more)
    good = np.concatenate([found.good[keep], np.ones(len(point), dtype=bool)])
    straight = np.concatenate([found.straight[keep], np.zeros(len(point), dtype=bool)])
    order = np.argsort(ties.point, kind="stable")
    return Legs(_ordered(ties, order), good[order], straight[order], found.home)
