"""A network with more nodes and the same walks: every edge is cut into pieces of equal length."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed import WalkNetwork


def split(network: WalkNetwork, n_nodes: int) -> WalkNetwork:
    """Return the network with about ``n_nodes`` nodes; the old ones keep their numbers."""
    n, m = network.n_nodes, network.n_edges
    step = network.edge_length_m.sum() / max(
        n_nodes - n + m / 2, m
    )  # on average half a piece is lost to rounding
    pieces = np.maximum(1, np.ceil(network.edge_length_m / step)).astype(np.int64)
    edge = np.repeat(np.arange(m), pieces)
    first = np.cumsum(pieces) - pieces
    number = np.arange(len(edge)) - np.repeat(first, pieces)  # of the piece along its edge
    cut = np.flatnonzero(number > 0)  # each begins at a new node
    at = number[cut] / pieces[edge[cut]]
    # in the local metres, where ties are made: along a bent edge a share of the degrees is not one of the metres
    points = shapely.line_interpolate_point(network.index.lines[edge[cut]], at, normalized=True)
    lon, lat = network.index.unproject(shapely.get_x(points), shapely.get_y(points))
    u, v = network.edge_u[edge], network.edge_v[edge]
    u[cut] = n + np.arange(len(cut))
    v[cut - 1] = u[cut]
    ptr, coords = _shapes(network, edge[cut], at, np.column_stack([lon, lat]))
    return replace(
        network,
        node_lon=np.concatenate([network.node_lon, lon]),
        node_lat=np.concatenate([network.node_lat, lat]),
        node_barrier=np.concatenate([network.node_barrier, np.zeros(len(cut), dtype=np.int8)]),
        edge_u=u,
        edge_v=v,
        edge_length_m=(network.edge_length_m / pieces)[edge],
        edge_code=network.edge_code[edge],
        edge_way=network.edge_way[edge],
        coord_ptr=ptr,
        coord_lon=coords[:, 0],
        coord_lat=coords[:, 1],
    )


def _shapes(
    network: WalkNetwork,
    cut_edge: NDArray[np.int64],
    cut_at: NDArray[np.float64],
    cut_xy: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the pieces' vertices: the edges' own, and each cut twice, as an end and as a start."""
    xy = np.column_stack([network.coord_lon, network.coord_lat])
    edge = np.repeat(np.arange(network.n_edges), np.diff(network.coord_ptr))
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(network.index.xy, axis=0).T))])
    along -= along[network.coord_ptr[:-1]][edge]
    along /= np.maximum(along[network.coord_ptr[1:] - 1], 1e-300)[edge]
    role = np.concatenate([np.zeros(len(xy), int), np.ones(len(cut_edge), int), np.full(len(cut_edge), 2)])
    at = np.concatenate([along, cut_at, cut_at])
    edge = np.concatenate([edge, cut_edge, cut_edge])
    order = np.lexsort((role, at, edge))
    begins = (role[order] == 2) | np.concatenate([[True], np.diff(edge[order]) > 0])
    return np.append(np.flatnonzero(begins), len(order)), np.concatenate([xy, cut_xy, cut_xy])[order]


def nodes_and_edges(network: WalkNetwork) -> dict[str, NDArray[np.generic]]:
    """Return the network as plain arrays, for a peer."""
    return {
        "lon": network.node_lon,
        "lat": network.node_lat,
        "u": network.edge_u,
        "v": network.edge_v,
        "length": network.edge_length_m,
    }
