"""Cutting edges in two: where walls cross streets, and where a gate of its own meets them."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.streets.network import WalkNetwork

_AT_END_M = 0.02
"""A cut nearer than this to an edge's end is the end itself: OSM's own rounding."""


def cut_edges(
    network: WalkNetwork, edge: NDArray[np.int64], offset_m: NDArray[np.float64]
) -> tuple[WalkNetwork, NDArray[np.int64], NDArray[np.int64]]:
    """Return the network with nodes at given offsets of its edges.

    Lengths of the pieces add up to the edge's. A cut at an edge's end, or within 2 cm of another
    cut, makes no new node.

    Parameters
    ----------
    network
        What to cut; stays as it is.
    edge, offset_m
        Where: the edge, and metres from its ``u`` end.

    Returns
    -------
    network
        Edges that are not cut keep their numbers; the first piece of a cut edge has the edge's
        number, the others come after all edges, in order.
    node
        For each cut, the node that stands there.
    parent
        For each edge of the answer, the edge it was.
    """
    length = network.edge_length_m[edge]
    order = np.lexsort((offset_m, edge))
    at = np.clip(offset_m, 0.0, length)
    node = np.full(len(edge), -1, dtype=np.int64)
    node[at <= _AT_END_M] = network.edge_u[edge[at <= _AT_END_M]]
    end = (node < 0) & (at >= length - _AT_END_M)
    node[end] = network.edge_v[edge[end]]
    made: list[int] = []
    last_edge, last_at, last_node = -1, 0.0, -1
    for cut in order[node[order] < 0].tolist():
        if edge[cut] == last_edge and at[cut] - last_at <= _AT_END_M:
            node[cut] = last_node
            continue
        last_edge, last_at, last_node = int(edge[cut]), float(at[cut]), network.n_nodes + len(made)
        node[cut] = last_node
        made.append(cut)
    if not made:
        return network, node, np.arange(network.n_edges)
    new, parent = _pieces(network, edge[made], at[made])
    return new, node, parent


def _pieces(
    network: WalkNetwork, edge: NDArray[np.int64], at: NDArray[np.float64]
) -> tuple[WalkNetwork, NDArray[np.int64]]:
    """Build the network whose edges are cut at ascending (edge, metres) places; new nodes are numbered in order."""
    import shapely
    from shapely.ops import substring

    from walkshed.crs import unproject

    index = network.index
    length = np.maximum(network.edge_length_m[edge], 1e-9)
    points = shapely.line_interpolate_point(index.lines[edge], at / length, normalized=True)
    lon, lat = unproject(shapely.get_x(points), shapely.get_y(points), index.crs)
    split = np.unique(edge)
    u, v, metres = network.edge_u.copy(), network.edge_v.copy(), network.edge_length_m.copy()
    shapes: dict[int, NDArray[np.float64]] = {}
    more_u: list[int] = []
    more_v: list[int] = []
    more_m: list[float] = []
    more_parent: list[int] = []
    for number in split.tolist():
        mine = np.flatnonzero(edge == number)
        nodes = [int(network.edge_u[number]), *(network.n_nodes + mine).tolist(), int(network.edge_v[number])]
        stops = [0.0, *at[mine].tolist(), float(network.edge_length_m[number])]
        line, whole = index.lines[number], float(network.edge_length_m[number]) or 1.0
        for part, (start, stop) in enumerate(pairwise(stops)):
            xy = shapely.get_coordinates(substring(line, start / whole, stop / whole, normalized=True))
            if len(xy) == 1:
                xy = np.repeat(xy, 2, axis=0)
            if part == 0:
                v[number], metres[number] = nodes[1], stop
                shapes[number] = xy
            else:
                shapes[network.n_edges + len(more_u)] = xy
                more_u.append(nodes[part])
                more_v.append(nodes[part + 1])
                more_m.append(stop - start)
                more_parent.append(number)
    parent = np.concatenate([np.arange(network.n_edges), np.array(more_parent, dtype=np.int64)])
    ptr, coord_lon, coord_lat = _coordinates(network, shapes, len(parent), index.crs)
    made: dict[str, Any] = {
        "edge_u": np.concatenate([u, np.array(more_u, dtype=np.int64)]).astype(np.int32),
        "edge_v": np.concatenate([v, np.array(more_v, dtype=np.int64)]).astype(np.int32),
        "edge_length_m": np.concatenate([metres, more_m]),
        "coord_ptr": ptr,
        "coord_lon": coord_lon,
        "coord_lat": coord_lat,
    }
    return _with_nodes(network, lon, lat, parent, made), parent


def _coordinates(
    network: WalkNetwork, shapes: dict[int, NDArray[np.float64]], n: int, crs: Any
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the vertices of all edges, those of ``shapes`` (metres) in place of the old ones."""
    from walkshed.crs import unproject

    count = np.diff(network.coord_ptr)
    size = np.zeros(n, dtype=np.int64)
    size[: network.n_edges] = count
    numbers = sorted(shapes)
    for number in numbers:
        size[number] = len(shapes[number])
    ptr = np.concatenate([[0], np.cumsum(size)])
    lon, lat = np.empty(ptr[-1]), np.empty(ptr[-1])
    kept = np.ones(n, dtype=bool)
    kept[numbers] = False
    kept[network.n_edges :] = False
    old = np.repeat(kept[: network.n_edges], count)
    new = np.repeat(kept, size)
    lon[new], lat[new] = network.coord_lon[old], network.coord_lat[old]
    xy = np.concatenate([shapes[number] for number in numbers])
    lon[~new], lat[~new] = unproject(xy[:, 0], xy[:, 1], crs)
    return ptr, lon, lat


def with_links(
    network: WalkNetwork,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    u: NDArray[np.int64],
    v: NDArray[np.int64],
    *,
    length_m: NDArray[np.float64],
    code: int,
) -> WalkNetwork:
    """Return the network with more nodes (in degrees) and straight edges between nodes, new ones included."""
    n = network.n_edges
    all_lon, all_lat = np.concatenate([network.node_lon, lon]), np.concatenate([network.node_lat, lat])
    ends = np.column_stack([u, v]).ravel()
    made: dict[str, Any] = {
        "edge_u": np.concatenate([network.edge_u, u]).astype(np.int32),
        "edge_v": np.concatenate([network.edge_v, v]).astype(np.int32),
        "edge_length_m": np.concatenate([network.edge_length_m, length_m]),
        "edge_code": np.concatenate([network.edge_code, np.full(len(u), code)]).astype(np.int32),
        "coord_ptr": np.concatenate(
            [network.coord_ptr, network.coord_ptr[-1] + 2 * np.arange(1, len(u) + 1)]
        ),
        "coord_lon": np.concatenate([network.coord_lon, all_lon[ends]]),
        "coord_lat": np.concatenate([network.coord_lat, all_lat[ends]]),
    }
    parent = np.concatenate([np.arange(n), np.full(len(u), -1)])
    return _with_nodes(network, lon, lat, parent, made)


def _with_nodes(
    network: WalkNetwork,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    parent: NDArray[np.int64],
    made: dict[str, Any],
) -> WalkNetwork:
    """Fill in the other columns: new nodes are plain, pieces have what their edge had, links have nothing."""
    columns: dict[str, Any] = {
        "node_lon": np.concatenate([network.node_lon, lon]),
        "node_lat": np.concatenate([network.node_lat, lat]),
        **made,
    }
    for column in fields(network):
        name, value = column.name, getattr(network, column.name)
        if name in columns or not isinstance(value, np.ndarray):
            continue
        if name.startswith("node_"):
            columns[name] = np.concatenate([value, np.zeros(len(lon), dtype=value.dtype)])
        elif name.startswith("edge_"):
            columns[name] = np.where(parent >= 0, value[np.maximum(parent, 0)], 0).astype(value.dtype)
    made_network = replace(network, **columns)
    vars(made_network)["bounds"] = network.bounds  # so that its local metres stay the same
    return made_network
