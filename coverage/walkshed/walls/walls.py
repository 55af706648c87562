"""Walls: which estates are walled, where their gates are, and what that does to the streets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.geodesy import distance_m
from walkshed.streets.rules import CLOSED_GATE, KIND_CODE, NO_BARRIER, OPEN_GATE, PRIVATE_GATE, way_code
from walkshed.walls import notices as say
from walkshed.walls.boundary import OWN, Boundaries, boundaries
from walkshed.walls.gates import (
    AT_CROSSING_M,
    FILED,
    Filed,
    Found,
    Gates,
    WaySearch,
    around,
    find_gates,
    node_xy,
)
from walkshed.walls.hours import is_open
from walkshed.walls.sight import nearest_seen
from walkshed.walls.splitting import cut_edges, with_links
from walkshed.walls.zones import PUBLIC, Yards, crossing_places, crossings, piece_zones, private_grounds

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from walkshed.errors import Finding
    from walkshed.streets.network import WalkNetwork

_LINK_CODE = way_code({"highway": "footway"}) & ~31 | KIND_CODE["gate_link"]
_PRIVATE_BIT = 1 << 7
_BARRIERS = (OPEN_GATE, CLOSED_GATE, PRIVATE_GATE)
_BUILDING_M2 = 600.0
"""A smaller polygon of the table is a building's outline; OpenStreetMap's gates never make it a wall."""


@dataclass(frozen=True, eq=False)
class Walls:
    """Walled estates on a network whose edges are cut at their walls.

    Attributes
    ----------
    network
        The streets, with nodes where walls and filed gates meet them.
    estate_ids
        The estates' ids, in the order of their table.
    boundaries
        The boundary of every estate, walled or not.
    yards
        The polygons of the walled estates, in the network's local metres.
    zone
        For each edge the place in ``yards`` of the walled estate it lies in, -1 for none.
    ground
        For each edge the private ground it belongs to, -1 for none.
    gates
        The gates of the walled estates.
    neutral
        Barrier nodes that belong to estates' gates and stop nobody by themselves.
    gated
        For each estate why it counts as gated: ``"row"``, ``"gates"``, ``"osm"`` or "".
    unknown
        Estates that are gated, but for which no source has a gate (``gates_unknown``).
    notices
        What was assumed or is in doubt.
    """

    network: WalkNetwork
    estate_ids: NDArray[np.object_]
    boundaries: Boundaries
    yards: Yards
    zone: NDArray[np.int64]
    ground: NDArray[np.int64]
    gates: Gates
    neutral: NDArray[np.int64]
    gated: NDArray[np.object_]
    unknown: NDArray[np.int64]
    notices: tuple[Finding, ...] = ()

    @cached_property
    def node_xy(self) -> NDArray[np.float64]:
        """The nodes in the network's local metres."""
        return node_xy(self.network)

    @cached_property
    def doors(self) -> dict[int, list[tuple[int, int, float]]]:
        """For each walled estate its gates' nodes, with a piece of its own that ends there and the end's offset."""
        network = self.network
        inner: dict[tuple[int, int], tuple[int, float]] = {}
        for edge in np.flatnonzero(self.zone != PUBLIC).tolist():
            yard, length = int(self.zone[edge]), float(network.edge_length_m[edge])
            inner.setdefault((yard, int(network.edge_u[edge])), (edge, 0.0))
            inner.setdefault((yard, int(network.edge_v[edge])), (edge, length))
        doors: dict[int, list[tuple[int, int, float]]] = {}
        at = zip(self.gates.yard.tolist(), self.gates.node.tolist(), strict=True)
        for yard, node in dict.fromkeys(at):
            doors.setdefault(yard, []).append((node, *inner[yard, node]))
        return doors

    @property
    def any(self) -> bool:
        """Whether there is a wall or a private ground at all."""
        return len(self.yards.estate) > 0 or bool((self.ground >= 0).any())

    def __repr__(self) -> str:
        """Say how many there are."""
        return (
            f"<Walls of {len(self.yards.estate):,} estates with {len(self.gates):,} gates, "
            f"{len(np.unique(self.ground[self.ground >= 0])):,} private grounds>"
        )


def without_walls(network: WalkNetwork, *, n_estates: int = 0) -> Walls:
    """Return the streets as they are, without any wall or private ground."""
    none = np.zeros(0, dtype=np.int64)
    nothing = np.zeros(0, dtype=object)
    outside = np.full(network.n_edges, PUBLIC, dtype=np.int64)
    polygon = np.full(n_estates, None, dtype=object)
    bounds = Boundaries(polygon, np.zeros(n_estates, np.int8), np.zeros(n_estates, np.int64), none, none)
    gated = np.full(n_estates, "", dtype=object)
    return Walls(
        network, gated.copy(), bounds, Yards(none, nothing), outside, outside, Gates.of([]), none, gated, none
    )


def build_walls(
    network: WalkNetwork,
    estates: gpd.GeoDataFrame,
    gates: gpd.GeoDataFrame | None = None,
    *,
    minute: int | None = None,
    max_snap_m: float = 150.0,
    file: str = "",
    gates_file: str = "",
) -> Walls:
    """Find the walled estates and their gates, and cut the streets at the walls.

    Parameters
    ----------
    network
        From :func:`walkshed.read_streets`.
    estates
        As :func:`walkshed.read_estates` gives them (EPSG:4326); ``gated`` may be absent.
    gates
        As :func:`walkshed.read_gates` gives them.
    minute
        The study's time in minutes after midnight; None where gates count as open at all hours.
    max_snap_m
        How far a filed gate may lie from its estate and from the streets it is joined to.
    file, gates_file
        What the notices call the tables.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> folder = walkshed.init_study(tempfile.mkdtemp() + "/ronghang")
    >>> streets = walkshed.read_streets(folder / "streets.osm.pbf")
    >>> estates = walkshed.read_estates(folder / "estates.xlsx")
    >>> gates = walkshed.read_gates(folder / "gates.csv")
    >>> len(build_walls(streets, estates, gates).yards.estate) > 10
    True
    """
    tell = say.Teller(estates, gates, file, gates_file)
    found = boundaries(network, estates)
    tell.about_boundaries(found)
    table = _Table.of(network, estates, gates, minute)
    tell.about_hours(table.unreadable)
    gated, candidates = _gated(network, found, table)
    tell.about_gated(gated, found, candidates.estate)
    cut = _cut_at(network, candidates.shape)
    filed = table.filed(candidates, max_snap_m, tell)
    yards, look, useless = _settled(cut, candidates, filed, max_snap_m)
    for row in useless:
        tell.gate_on_no_way(row, max_snap_m)
    unknown = np.setdiff1d(candidates.estate, yards.estate)
    tell.about_unknown(unknown)
    network, zone, rows = _join_alone(cut, yards, look, filed, max_snap_m)
    network, zone, rows = _with_stubs(network, zone, rows)
    network = _with_barriers(network, [node for _, node, *_ in rows])
    tell.about_yards(yards)
    return Walls(
        network=network,
        estate_ids=estates.index.to_numpy(dtype=object),
        boundaries=found,
        yards=yards,
        zone=zone,
        ground=private_grounds(network, zone),
        gates=Gates.of(rows),
        neutral=look.neutral,
        gated=gated,
        unknown=unknown,
        notices=tuple(tell.said),
    )


@dataclass(eq=False)
class _Table:
    """What the tables say about gates, by estate number."""

    row_says: list[Any]
    named: dict[int, list[int]]
    xy: NDArray[np.float64]
    open_to: NDArray[np.object_]
    said: NDArray[np.object_]
    unreadable: list[int]

    @classmethod
    def of(
        cls,
        network: WalkNetwork,
        estates: gpd.GeoDataFrame,
        gates: gpd.GeoDataFrame | None,
        minute: int | None,
    ) -> _Table:
        row_says = [
            None if value is None or value != value else bool(value)  # noqa: PLR0124 - NaN is not itself
            for value in (estates["gated"].tolist() if "gated" in estates else [None] * len(estates))
        ]
        none = np.zeros(0, dtype=object)
        if gates is None or not len(gates):
            return cls(row_says, {}, np.zeros((0, 2)), none, none, [])
        number = {str(estate): place for place, estate in enumerate(estates.index)}
        named: dict[int, list[int]] = {}
        for row, owner in enumerate(gates["estate_id"].astype(str)):
            if owner in number:
                named.setdefault(number[owner], []).append(row)
        said = gates["open_to"].to_numpy(dtype=object).copy()
        said[said == ""] = "everyone"
        now, unreadable = said.copy(), []
        for row, hours in enumerate(gates["hours"].astype(str) if "hours" in gates else []):
            state = is_open(hours, 720 if minute is None else minute)
            if state is None:
                unreadable.append(row)
            elif minute is not None and not state:
                now[row] = "closed"
        lon, lat = (gates[name].to_numpy(dtype=np.float64) for name in ("lon", "lat"))
        xy = np.full((len(gates), 2), np.nan)
        at = ~np.isnan(lon)
        xy[at] = np.column_stack(network.index.project(lon[at], lat[at]))
        return cls(row_says, named, xy, now, said, unreadable)

    def filed(self, yards: Yards, max_snap_m: float, tell: say.Teller) -> Filed:
        """Return the rows that can be used: located, and near the boundary of their walled estate."""
        import shapely

        rows: dict[int, list[int]] = {}
        for estate, own in self.named.items():
            place = yards.number.get(estate)
            for row in own:
                if place is None:
                    tell.gate_without_wall(row, estate)
                elif np.isnan(self.xy[row, 0]):
                    tell.gate_not_located(row)
                else:
                    away = shapely.distance(shapely.boundary(yards.shape[place]), shapely.Point(self.xy[row]))
                    if away > max_snap_m:
                        tell.gate_far(row, float(away), max_snap_m)
                    else:
                        rows.setdefault(place, []).append(row)
        return Filed(rows, self.xy, self.open_to, self.said)


def _gated(network: WalkNetwork, found: Boundaries, table: _Table) -> tuple[NDArray[np.object_], Yards]:
    """Return why each estate is gated, and the polygons (local metres) of those that may be walled."""
    import shapely

    n = len(found.polygon)
    gated = np.full(n, "", dtype=object)
    gated[[estate for estate in range(n) if table.row_says[estate]]] = "row"
    for estate in table.named:
        gated[estate] = gated[estate] or "gates"
    can = np.flatnonzero(found.can_wall)
    index = network.index
    shapes = shapely.transform(found.polygon[can], lambda c: np.column_stack(index.project(c[:, 0], c[:, 1])))
    shapes = np.asarray(shapes, dtype=object)
    shapes = np.array([_valid(shape) for shape in shapes], dtype=object)
    undecided = np.array([gated[e] == "" and table.row_says[e] is None for e in can.tolist()], dtype=bool)
    undecided &= (found.source[can] != OWN) | (shapely.area(shapes) >= _BUILDING_M2)
    asked = _may_be_gated(network, shapes, np.flatnonzero(undecided))
    cut = _cut_at(network, shapes[asked])
    for place in asked:
        if _osm_says_gated(cut, shapes[place]):
            gated[can[place]] = "osm"
    walled = np.array([gated[e] != "" for e in can.tolist()], dtype=bool)
    return gated, Yards(can[walled], shapes[walled])


def _may_be_gated(network: WalkNetwork, shapes: NDArray[np.object_], places: NDArray[np.int64]) -> list[int]:
    """Return the polygons near whose boundary there is a private way or a barrier at all."""
    import shapely

    if not len(places):
        return []
    index = network.index
    marked = network.edge_private | np.isin(network.node_barrier[network.edge_u], _BARRIERS)
    marked |= np.isin(network.node_barrier[network.edge_v], _BARRIERS)
    edges = np.flatnonzero(marked)
    rims = shapely.boundary(shapes[places])
    _, near = shapely.STRtree(rims).query(index.lines[edges], predicate="dwithin", distance=2 * AT_CROSSING_M)
    return sorted(places[np.unique(near)].tolist())


def _cut_at(network: WalkNetwork, shapes: NDArray[np.object_]) -> WalkNetwork:
    edge, offset, _ = crossing_places(network, shapes)
    return cut_edges(network, edge, offset)[0]


def _osm_says_gated(cut: WalkNetwork, shape: Any) -> bool:
    """Tell whether somewhere along a polygon a private way or a way with a gate leads through its boundary."""
    alone = Yards(np.zeros(1, dtype=np.int64), np.array([shape], dtype=object))
    inside = piece_zones(cut, alone) != PUBLIC
    search = WaySearch(cut, inside, around(cut, shape, inside))
    return any(search.says_gated(int(node)) for node in crossings(cut, inside).tolist())


def _valid(shape: Any) -> Any:
    import shapely

    return (
        shape
        if shapely.is_valid(shape)
        else shapely.make_valid(shape, method="structure", keep_collapsed=False)
    )


def _settled(
    network: WalkNetwork, yards: Yards, filed: Filed, max_snap_m: float
) -> tuple[Yards, Found, list[int]]:
    """Take out filed gates without a street, and estates for which no source has a gate, until all is settled.

    Returns the walled estates, their gates so far, and the rows of gates that are of no use.
    """
    rows = {int(yards.estate[place]): list(own) for place, own in filed.rows.items()}
    useless: list[int] = []
    while True:
        own = {yards.number[estate]: mine for estate, mine in rows.items() if mine and estate in yards.number}
        now = Filed(own, filed.xy, filed.open_to, filed.said)
        look = find_gates(network, yards, piece_zones(network, yards), now)
        keep = np.ones(len(yards.estate), dtype=bool)
        keep[look.gateless] = False
        out_edge, _ = _outside(network, yards, look, filed, max_snap_m)
        lost = [alone for alone, edge in zip(look.alone, out_edge.tolist(), strict=True) if edge < 0]
        for place, row in lost:
            rows[int(yards.estate[place])].remove(row)
            useless.append(row)
        if keep.all() and not lost:
            return yards, look, sorted(useless)
        yards = yards.only(keep)


def _outside(
    network: WalkNetwork, yards: Yards, look: Found, filed: Filed, max_snap_m: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the nearest edge outside for each filed gate at which no way crosses, and the share of its length."""
    place = np.array([yard for yard, _ in look.alone], dtype=np.int64)
    xy = filed.xy[[row for _, row in look.alone]]
    want = yards.parent[place]
    edge, share, _ = nearest_seen(network, look.zone, yards, xy, want=want, within_m=max_snap_m, exempt=place)
    return edge, share


def _join_alone(
    network: WalkNetwork, yards: Yards, look: Found, filed: Filed, max_snap_m: float
) -> tuple[WalkNetwork, NDArray[np.int64], list[tuple[int, int, str, str, int, int]]]:
    """Give filed gates at which no way crosses a node of their own, linked to the streets on both sides."""
    rows, zone = list(look.rows), look.zone
    if not look.alone:
        return network, zone, rows
    place = np.array([yard for yard, _ in look.alone], dtype=np.int64)
    row = np.array([number for _, number in look.alone], dtype=np.int64)
    xy = filed.xy[row]
    outer = yards.parent[place]
    out_edge, out_share = _outside(network, yards, look, filed, max_snap_m)
    in_edge, in_share, _ = nearest_seen(
        network, zone, yards, xy, want=place, within_m=max_snap_m, exempt=place
    )
    use, inner = np.arange(len(row)), np.flatnonzero(in_edge >= 0)
    edge = np.concatenate([out_edge[use], in_edge[inner]])
    offset = np.concatenate([out_share[use], in_share[inner]]) * network.edge_length_m[edge]
    private = network.edge_private[edge]
    network, foot, parent = cut_edges(network, edge, offset)
    zone = zone[parent]
    own = np.full(len(row), -1, dtype=np.int64)
    own[use] = network.n_nodes + np.arange(len(use))
    lon, lat = network.index.unproject(xy[use, 0], xy[use, 1])
    start = np.concatenate([own[use], own[inner]])
    all_lon, all_lat = np.concatenate([network.node_lon, lon]), np.concatenate([network.node_lat, lat])
    metres = distance_m(all_lon[start], all_lat[start], all_lon[foot], all_lat[foot])
    linked = with_links(network, lon, lat, start, foot, length_m=metres, code=_LINK_CODE)
    linked.edge_code[network.n_edges :][private] |= _PRIVATE_BIT
    zone = np.concatenate([zone, outer[use], place[inner]])
    rows.extend(
        (int(place[g]), int(own[g]), str(filed.open_to[row[g]]), str(filed.said[row[g]]), FILED, int(row[g]))
        for g in use.tolist()
    )
    return linked, zone, rows


def _with_barriers(network: WalkNetwork, nodes: list[int]) -> WalkNetwork:
    """Mark the nodes of gates as gates, so that walkers whom a gate delays are delayed there."""
    barrier = network.node_barrier.copy()
    at = np.array(nodes, dtype=np.int64)
    barrier[at[barrier[at] == NO_BARRIER]] = OPEN_GATE
    return network.with_barriers(barrier)


def _with_stubs(
    network: WalkNetwork,
    zone: NDArray[np.int64],
    rows: list[tuple[int, int, str, str, int, int]],
) -> tuple[WalkNetwork, NDArray[np.int64], list[tuple[int, int, str, str, int, int]]]:
    """Give gates at which no piece of their own estate ends one of no length, so that one can stand inside."""
    inner: dict[int, set[int]] = {}
    for edge in np.flatnonzero(zone != PUBLIC).tolist():
        inner.setdefault(int(zone[edge]), set()).update(
            (int(network.edge_u[edge]), int(network.edge_v[edge]))
        )
    bare = sorted({(yard, node) for yard, node, *_ in rows if node not in inner.get(yard, ())})
    if not bare:
        return network, zone, rows
    node = np.array([node for _, node in bare], dtype=np.int64)
    made = network.n_nodes + np.arange(len(bare))
    network = with_links(
        network,
        network.node_lon[node],
        network.node_lat[node],
        node,
        made,
        length_m=np.zeros(len(bare)),
        code=_LINK_CODE,
    )
    return network, np.concatenate([zone, [yard for yard, _ in bare]]).astype(np.int64), rows
