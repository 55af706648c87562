"""The streets within a walk of a venue, cut exactly where the walk ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.geodesy import distance_m
from walkshed.walking.nearest import distance_to_sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from walkshed.profiles import Profile
    from walkshed.standards import Standard
    from walkshed.streets.network import WalkNetwork
    from walkshed.walking.access import Access
    from walkshed.walking.walkers import Search


def reached_streets(
    access: Access,
    *,
    standards: Sequence[Standard],
    profiles: Sequence[Profile] | None = None,
    venues: NDArray[np.bool_] | None = None,
) -> gpd.GeoDataFrame:
    """Return the streets from which any of the venues is within the cut-off.

    Parameters
    ----------
    access
        From :func:`walkshed.access`.
    standards, profiles
        The cut-offs, and who walks (those of ``access`` by default).
    venues
        One per venue, whether it counts; all by default.

    Returns
    -------
    geopandas.GeoDataFrame
        profile, standard, metres, length_m and the lines (EPSG:4326 MultiLineString), one row for
        each profile and standard. Partial edges end where the walk is used up, to the millimetre.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> folder = walkshed.init_study(tempfile.mkdtemp() + "/ronghang")
    >>> streets = walkshed.read_streets(folder / "streets.osm.pbf")
    >>> estates = walkshed.read_estates(folder / "estates.xlsx")
    >>> venues = walkshed.read_venues(folder / "venues.xlsx")
    >>> walks = walkshed.access(streets, estates, venues)
    >>> reached = walkshed.reached_streets(walks, standards=[walkshed.Standard(minutes=5)])
    >>> reached[["profile", "standard", "metres"]]
      profile standard  metres
    0   adult    5 min   390.0
    >>> bool(reached["length_m"].iloc[0] < streets.edges()["length_m"].sum())
    True
    """
    import geopandas as gpd
    import shapely

    wanted = np.ones(len(access.venue_ids), dtype=bool) if venues is None else venues
    rows, shapes = [], []
    along = _along(access.network)
    known: dict[int, NDArray[np.float64]] = {}
    for profile in profiles or access.profiles:
        for standard in standards:
            cut, search = standard.reach_m(profile), access.search(profile, by=standard.measure)
            if id(search) not in known:
                known[id(search)] = distance_to_sources(search.graph, search.footing.venues, wanted)[0]
            edge, start, end = reached_pieces(search, known[id(search)], wanted, cut)
            lines = cut_lines(access.network, along, edge, start, end)
            rows.append((profile.name, standard.name, cut, round(float((end - start).sum()), 1)))
            shapes.append(shapely.multilinestrings(lines) if len(lines) else shapely.MultiLineString())
    columns = [list(column) for column in zip(*rows, strict=True)]
    names = ("profile", "standard", "metres", "length_m")
    return gpd.GeoDataFrame(dict(zip(names, columns, strict=True)), geometry=shapes, crs="EPSG:4326")


def reached_pieces(
    search: Search, to_node: NDArray[np.float64], wanted: NDArray[np.bool_], cut_m: float
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the parts of edges within ``cut_m`` level metres: edge, and where they start and end (metres from u).

    The parts of one edge do not overlap.
    """
    graph = search.graph
    length = graph.network.edge_length_m
    ahead, back = graph.costs
    left_u = cut_m - to_node[graph.start_u] - graph.pace.at_u
    left_v = cut_m - to_node[graph.start_v] - graph.pace.at_v
    from_u = np.where(graph.backward, np.clip(left_u / back, 0, length), 0.0)
    from_v = np.where(graph.forward, np.clip(left_v / ahead, 0, length), 0.0)
    own_edge, own_start, own_end = _own_pieces(search, wanted, cut_m)
    number = np.arange(len(length))
    edge = np.concatenate([number, number, own_edge])
    start = np.concatenate([np.zeros(len(length)), length - from_v, own_start])
    end = np.concatenate([from_u, length, own_end])
    keep = end - start > 1e-6
    edge, start, end = edge[keep], start[keep], end[keep]
    order = np.lexsort((start, edge))
    edge, start, end = edge[order], start[order], end[order]
    return _without_overlap(edge, start, end)


def _own_pieces(
    search: Search, wanted: NDArray[np.bool_], cut_m: float
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the parts of the venues' own edges from which they are reached directly."""
    graph, ties = search.graph, search.footing.venues
    use = wanted[ties.place] & (ties.leg_m < cut_m)
    edge, offset, left = ties.edge[use].astype(np.int64), ties.offset_m[use], cut_m - ties.leg_m[use]
    length = graph.network.edge_length_m[edge]
    ahead, back = graph.costs
    start = np.where(graph.forward[edge], np.maximum(offset - left / ahead[edge], 0), offset)
    end = np.where(graph.backward[edge], np.minimum(offset + left / back[edge], length), offset)
    return edge, start, end


def _without_overlap(
    edge: NDArray[np.int64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Join parts of one edge that touch; the parts come sorted by edge and start."""
    if not len(edge):
        return edge, start, end
    base = edge * (end.max() + 1.0)  # one line for all edges, so that a running maximum stays on its own
    low, high = base + start, base + end
    far = np.maximum.accumulate(high)
    first = np.ones(len(edge), dtype=bool)
    first[1:] = low[1:] > far[:-1] + 1e-9
    at = np.flatnonzero(first)
    last = np.append(at[1:] - 1, len(edge) - 1)
    return edge[at], start[at], far[last] - base[at]


def _along(network: WalkNetwork) -> NDArray[np.float64]:
    """Return the metres to each vertex along all edges, one after the other."""
    lon, lat = network.coord_lon, network.coord_lat
    piece = distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
    piece[network.coord_ptr[1:-1] - 1] = 0.0
    return np.concatenate([[0.0], np.cumsum(piece)])


def cut_lines(
    network: WalkNetwork,
    along: NDArray[np.float64],
    edge: NDArray[np.int64],
    start_m: NDArray[np.float64],
    end_m: NDArray[np.float64],
) -> NDArray[np.object_]:
    """Return parts of edges as LineStrings in degrees; offsets are metres from each edge's u."""
    import shapely

    lon, lat, piece = network.coord_lon, network.coord_lat, np.diff(along)
    zero = along[network.coord_ptr[edge]]
    low, high = zero + start_m, zero + end_m
    first, last = network.coord_ptr[edge], network.coord_ptr[edge + 1] - 1
    # the vertices strictly between the two cuts
    begin = np.clip(np.searchsorted(along, low, side="right"), first + 1, last)
    stop = np.clip(np.searchsorted(along, high, side="left"), begin, last)
    inner = stop - begin
    size = inner + 2
    place = np.cumsum(size) - size
    coords = np.empty((int(size.sum()), 2))
    for at, goal, after in ((place, low, begin), (place + size - 1, high, np.maximum(stop, first + 1))):
        share = np.divide(
            goal - along[after - 1], piece[after - 1], out=np.zeros(len(goal)), where=piece[after - 1] > 0
        )
        share = np.clip(share, 0.0, 1.0)
        coords[at, 0] = lon[after - 1] + share * (lon[after] - lon[after - 1])
        coords[at, 1] = lat[after - 1] + share * (lat[after] - lat[after - 1])
    within = np.arange(int(inner.sum())) - np.repeat(np.cumsum(inner) - inner, inner)
    vertex, into = np.repeat(begin, inner) + within, np.repeat(place + 1, inner) + within
    coords[into, 0], coords[into, 1] = lon[vertex], lat[vertex]
    return np.asarray(shapely.linestrings(coords, indices=np.repeat(np.arange(len(edge)), size)))
