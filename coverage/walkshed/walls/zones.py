"""Which estate each piece of street lies in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.streets.rules import KIND_CODE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from walkshed.streets.network import WalkNetwork

BAND_M = 5.0
"""A way wholly within this of a boundary runs along the wall, outside."""
PUBLIC = -1
"""The zone of everything that lies in no walled estate."""
_ENCLOSED_SHARE = 0.95
_THOROUGHFARES = [KIND_CODE[name] for name in ("tertiary", "secondary", "primary", "trunk", "motorway")]
_DESIGNATED = 1 << 15


@dataclass(frozen=True, eq=False)
class Yards:
    """The polygons of walled estates, in the network's local metres.

    Attributes
    ----------
    estate
        The estates' numbers, ascending.
    shape
        Their polygons.
    """

    estate: NDArray[np.int64]
    shape: NDArray[np.object_]

    def only(self, keep: NDArray[np.bool_]) -> Yards:
        """Return the marked ones."""
        return Yards(self.estate[keep], self.shape[keep])

    @cached_property
    def number(self) -> dict[int, int]:
        """The place of each estate in :attr:`estate`."""
        return {int(estate): place for place, estate in enumerate(self.estate)}

    @cached_property
    def size(self) -> NDArray[np.float64]:
        """Areas in square metres."""
        import shapely

        return np.asarray(shapely.area(self.shape), dtype=np.float64)

    @cached_property
    def tree(self) -> Any:
        """A spatial tree of the polygons."""
        import shapely

        return shapely.STRtree(self.shape)

    @cached_property
    def rim(self) -> NDArray[np.object_]:
        """The ground within :data:`BAND_M` of each boundary."""
        import shapely

        made = shapely.buffer(shapely.boundary(self.shape), BAND_M, quad_segs=16)
        shapely.prepare(made)
        return np.asarray(made)

    @cached_property
    def core(self) -> NDArray[np.object_]:
        """Each polygon without its rim: a straight line through it crosses a wall."""
        import shapely

        made = shapely.buffer(self.shape, -BAND_M)
        shapely.prepare(made)
        return np.asarray(made)

    @cached_property
    def grown(self) -> NDArray[np.object_]:
        """Each polygon with its rim: a straight line out of it crosses a wall."""
        import shapely

        made = shapely.buffer(self.shape, BAND_M, quad_segs=16)
        shapely.prepare(made)
        return np.asarray(made)

    @cached_property
    def parent(self) -> NDArray[np.int64]:
        """For each polygon the place of the smallest one that encloses it, -1 where none does."""
        import shapely

        parent = np.full(len(self.estate), -1, dtype=np.int64)
        if not len(parent):
            return parent
        child, other = self.tree.query(self.shape, predicate="intersects")
        larger = (child != other) & (
            (self.size[other] > self.size[child]) | ((self.size[other] == self.size[child]) & (other < child))
        )
        child, other = child[larger], other[larger]
        share = shapely.area(shapely.intersection(self.shape[child], self.shape[other])) / self.size[child]
        encloses = share >= _ENCLOSED_SHARE
        child, other = child[encloses], other[encloses]
        order = np.lexsort((other, -self.size[other], child))
        parent[child[order]] = other[order]  # the smallest is written last
        return parent

    def chain(self, place: int) -> list[int]:
        """Return a polygon's place and those of all that enclose it, innermost first."""
        found: list[int] = []
        while place >= 0 and place not in found:
            found.append(place)
            place = int(self.parent[place])
        return found

    def family(self, place: int) -> NDArray[np.bool_]:
        """Which polygons are this one or lie in it."""
        inside = np.zeros(len(self.estate), dtype=bool)
        for other in range(len(self.estate)):
            inside[other] = place in self.chain(other)
        return inside

    def holding(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the place of the smallest polygon that holds each point, :data:`PUBLIC` where none does."""
        import shapely

        place = np.full(len(x), PUBLIC, dtype=np.int64)
        if not len(self.estate):
            return place
        point, shape = self.tree.query(shapely.points(x, y), predicate="intersects")
        order = np.lexsort((shape, -self.size[shape], point))
        place[point[order]] = shape[order]
        return place


def crossing_places(
    network: WalkNetwork, shapes: Sequence[Any] | NDArray[np.object_]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return where edges cross or touch the boundary of polygons (local metres): edge, metres along it, polygon."""
    import shapely

    index = network.index
    none = np.zeros(0, dtype=np.int64)
    if not len(shapes):
        return none, np.zeros(0), none
    rims = shapely.boundary(np.asarray(shapes, dtype=object))
    bounds = shapely.total_bounds(rims)
    near = index.in_box(bounds)
    row, polygon = shapely.STRtree(rims).query(index.lines[near], predicate="intersects")
    meets = shapely.intersection(index.lines[near[row]], rims[polygon])
    points, owner = shapely.get_coordinates(meets, return_index=True)
    edge, polygon = near[row[owner]], polygon[owner]
    share = np.nan_to_num(
        shapely.line_locate_point(index.lines[edge], shapely.points(points), normalized=True)
    )
    order = np.lexsort((share, edge, polygon))
    return edge[order], (share * network.edge_length_m[edge])[order], polygon[order].astype(np.int64)


def piece_zones(network: WalkNetwork, yards: Yards) -> NDArray[np.int64]:
    """Return the zone of each edge, whose pieces end at the walls: a place in ``yards``, or :data:`PUBLIC`.

    A piece lies in the smallest polygon that holds its middle and along whose boundary it does not
    run. Thoroughfares lie in none.
    """
    import shapely

    zone = np.full(network.n_edges, PUBLIC, dtype=np.int64)
    if not len(yards.estate):
        return zone
    near = np.unique(
        np.concatenate([network.index.in_box(shapely.bounds(shape)) for shape in yards.shape])
    ).astype(np.int64)
    code = network.edge_code[near]
    near = near[~np.isin(network.edge_kind[near], _THOROUGHFARES) & (code & _DESIGNATED == 0)]
    lines = network.index.lines[near]
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    piece, shape = yards.tree.query(middle, predicate="intersects")
    along = shapely.covers(yards.rim[shape], lines[piece])
    piece, shape = piece[~along], shape[~along]
    order = np.lexsort((shape, -yards.size[shape], piece))
    zone[near[piece[order]]] = shape[order]  # the smallest is written last
    return zone


def private_grounds(network: WalkNetwork, zone: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of the private ground each edge belongs to, -1 where it is none.

    Private ways outside walled estates that share nodes form one private ground.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ground = np.full(network.n_edges, -1, dtype=np.int64)
    private = np.flatnonzero(network.edge_private & (zone == PUBLIC))
    if not len(private):
        return ground
    ends, local = np.unique(
        np.concatenate([network.edge_u[private], network.edge_v[private]]), return_inverse=True
    )
    u, v = local[: len(private)], local[len(private) :]
    links = coo_array((np.ones(len(private), np.int8), (u, v)), shape=(len(ends), len(ends)))
    ground[private] = connected_components(links, directed=False)[1][u]
    return ground


def crossings(network: WalkNetwork, inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the nodes at which edges inside meet edges outside."""
    degree = np.bincount(network.edge_u, minlength=network.n_nodes) + np.bincount(
        network.edge_v, minlength=network.n_nodes
    )
    mine = np.concatenate([network.edge_u[inside], network.edge_v[inside]])
    node, count = np.unique(mine, return_counts=True)
    return np.asarray(node[count < degree[node]], dtype=np.int64)
