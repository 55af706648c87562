"""A :class:`WalkNetwork` as a graph that OSMnx takes for one of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.streets.rules import (
    AREA_BIT,
    BACKWARD_ONLY,
    BOTH_WAYS,
    BRIDGE,
    CLOSED_GATE,
    CROSSING,
    DESIGNATED_BIT,
    DOWN,
    FORWARD_ONLY,
    INCLINE_SHIFT,
    KIND_CODE,
    KINDS,
    LIFT,
    OPEN_GATE,
    PASSABLE,
    PRIVATE_GATE,
    SHUT,
    SIGNALS,
    TUNNEL,
    UP,
    WALL,
    WHEELS_BIT,
    kind_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import networkx as nx
    from numpy.typing import NDArray

    from walkshed.streets.network import WalkNetwork

MAKER = "walkshed"
"""What ``created_with`` says of a graph made here."""

_CROSSING = KIND_CODE["crossing_area"]
_BARRIER_TAGS: dict[int, dict[str, str]] = {
    OPEN_GATE: {"barrier": "gate"},
    CLOSED_GATE: {"barrier": "gate", "locked": "yes"},
    WALL: {"barrier": "wall"},
    PRIVATE_GATE: {"barrier": "gate", "access": "private"},
    PASSABLE: {"barrier": "bollard"},
}
_CROSSING_TAGS: dict[int, dict[str, str]] = {
    CROSSING: {"highway": "crossing"},
    SIGNALS: {"highway": "crossing", "crossing": "traffic_signals"},
    LIFT: {"highway": "elevator"},
}


def to_osmnx(network: WalkNetwork) -> nx.MultiDiGraph:
    """Return the network as a graph that OSMnx takes for one of its own.

    Nodes are numbered as in the network and carry ``x``, ``y`` and ``street_count``. Edges carry what
    OSMnx gives them (``osmid``, ``length``, ``highway``, ``oneway``, ``reversed``, ``geometry`` where they
    bend, ``bridge``, ``tunnel``, ``access``), as well as ``kind``, walkshed's own word, and ``edge``, the row of
    :meth:`WalkNetwork.edges`. A street walked both ways is two edges.

    Shortest paths weighted by ``length`` are walkshed's in metres: nobody passes a gate that is closed to the
    public, because each street has its own node there. Areas are crossed by the straight lines between
    their corners; that a place inside an area sees every corner is kept for
    :func:`~walkshed.streets.osmnx_reading.from_osmnx`, but OSMnx knows nothing of it.

    Parameters
    ----------
    network
        From :func:`walkshed.read_streets`.

    Returns
    -------
    networkx.MultiDiGraph
        In EPSG:4326, with lengths in geodesic metres.
    """
    import networkx as nx

    closed = np.isin(network.node_barrier, SHUT)
    ends = np.concatenate([network.edge_u, network.edge_v]).astype(np.int64)
    ends, origin = own_ends(ends, closed)
    graph = nx.MultiDiGraph(
        crs="epsg:4326",
        simplified=True,
        created_with=MAKER,
        created_date=network.snapshot,
        name=network.name,
    )
    if network.areas:
        graph.graph["walkshed_areas"] = _areas_as_text(network)
    graph.add_nodes_from(_nodes(network, ends, origin))
    graph.add_edges_from(_arcs(network, ends))
    return graph


def own_ends(
    ends: NDArray[np.int64], marked: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give every edge end at a marked node a node of its own; the first keeps the old one.

    Parameters
    ----------
    ends
        The node at each edge end.
    marked
        One per node.

    Returns
    -------
    ends
        The node at each edge end afterwards.
    origin
        For each node, old and new, the old node at its place.

    Examples
    --------
    >>> ends, origin = own_ends(np.array([0, 1, 1, 1, 2]), np.array([False, True, False]))
    >>> ends.tolist(), origin.tolist()
    ([0, 1, 3, 4, 2], [0, 1, 2, 1, 1])
    """
    at = np.flatnonzero(marked[ends])
    here = ends[at]
    further = np.ones(len(at), dtype=bool)
    further[np.unique(here, return_index=True)[1]] = False
    out = ends.copy()
    out[at[further]] = len(marked) + np.arange(int(further.sum()))
    return out, np.concatenate([np.arange(len(marked)), here[further]])


def tags_of(code: int) -> dict[str, str]:
    """Return OSM tags that :func:`walkshed.streets.rules.way_code` reads as this packed code.

    A line across an area is given the tags of a pedestrian street.

    Examples
    --------
    >>> from walkshed.streets.rules import way_code
    >>> tags_of(way_code({"highway": "steps", "tunnel": "yes", "oneway:foot": "yes"}))
    {'highway': 'steps', 'tunnel': 'yes', 'oneway:foot': 'yes'}
    """
    kind = "pedestrian" if code & 31 == _CROSSING else kind_of(code)
    tags = {"man_made": "pier"} if kind == "pier" else {"highway": kind}
    private = bool(code >> 7 & 1)
    if private:
        tags["access"] = "private"
    if kind == "trunk" and private:
        tags["sidewalk"] = "yes"
    elif kind in {"trunk", "motorway"}:
        tags["foot"] = "yes"
    if code & DESIGNATED_BIT:
        tags["foot"] = "designated"
    if code & WHEELS_BIT:
        tags["wheelchair"] = "yes" if kind == "steps" else "no"
    tags |= {UP: {"incline": "up"}, DOWN: {"incline": "down"}}.get(code >> INCLINE_SHIFT & 3, {})
    structure, layer = code >> 5 & 3, (code >> 10 & 15) - 8
    tags |= {BRIDGE: {"bridge": "yes"}, TUNNEL: {"tunnel": "yes"}}.get(structure, {})
    if layer != (0, 1, -1)[structure]:
        tags["layer"] = str(layer)
    tags |= {FORWARD_ONLY: {"oneway:foot": "yes"}, BACKWARD_ONLY: {"oneway:foot": "-1"}}.get(
        code >> 8 & 3, {}
    )
    return tags | ({"area": "yes"} if code & AREA_BIT else {})


def _nodes(
    network: WalkNetwork, ends: NDArray[np.int64], origin: NDArray[np.int64]
) -> Iterator[tuple[int, dict[str, Any]]]:
    street = np.tile(network.edge_kind != _CROSSING, 2)
    streets = np.bincount(ends[street], minlength=len(origin)).tolist()
    split = np.bincount(origin)[origin] > 1
    columns = (
        network.node_lon[origin],
        network.node_lat[origin],
        network.node_barrier[origin],
        network.node_crossing[origin],
        origin,
        split,
    )
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for node, (lon, lat, barrier, crossing, old, is_split) in enumerate(rows):
        marks = {**_BARRIER_TAGS.get(barrier, {}), **_CROSSING_TAGS.get(crossing, {})}
        about = {"x": lon, "y": lat, "street_count": streets[node], **marks}
        yield node, about | ({"gate": old} if is_split else {})


def _arcs(network: WalkNetwork, ends: NDArray[np.int64]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Yield the directed edges: there, and back where walkers may."""
    import shapely

    n = network.n_edges
    bent = np.diff(network.coord_ptr) > 2
    lines, back = np.full(n, None, dtype=object), np.full(n, None, dtype=object)
    lines[bent] = network.lines[bent]
    back[bent] = shapely.reverse(lines[bent])
    tags = {code: tags_of(code) for code in np.unique(network.edge_code).tolist()}
    columns = (ends[:n], ends[n:], network.edge_code, network.edge_way, network.edge_length_m, lines, back)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for edge, (u, v, code, way, length, line, line_back) in enumerate(rows):
        oneway = code >> 8 & 3
        about = {"osmid": way, **tags[code], "kind": KINDS[code & 31], "length": length, "edge": edge}
        about["oneway"] = oneway != BOTH_WAYS
        ways = ((u, v, line, False), (v, u, line_back, True))
        for start, end, shape, is_back in ways:
            if oneway == (FORWARD_ONLY if is_back else BACKWARD_ONLY):
                continue
            own = about | {"reversed": is_back}
            yield start, end, own if shape is None else own | {"geometry": shape}


def _areas_as_text(network: WalkNetwork) -> str:
    """Return the pedestrian areas as JSON, which GraphML can hold; shapes to the last bit."""
    ptr = network.area_ptr.tolist()
    return json.dumps(
        [
            {
                "wkb": area.wkb_hex,
                "structure": int(structure),
                "steps": bool(steps),
                "nodes": network.area_node[a:b].tolist(),
            }
            for area, structure, steps, a, b in zip(
                network.areas, network.area_structure, network.area_steps, ptr[:-1], ptr[1:], strict=True
            )
        ]
    )
