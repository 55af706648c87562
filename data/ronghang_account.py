"""A plain check of the sample with networkx: who walks how far, gates left aside."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import networkx as nx

from ronghang_geometry import Line, Point, add, distance, inside, position, to_metres

if TYPE_CHECKING:
    from pathlib import Path

WALKED = """
footway path pedestrian steps living_street residential service unclassified road
track cycleway tertiary secondary primary
"""
SPEED_MPS = 1.30


def read_streets(path: Path) -> nx.Graph:
    """Return every walkable segment as an edge with its length in metres."""
    import osmium

    graph = nx.Graph()
    for way in osmium.FileProcessor(str(path)).with_locations():
        if not way.is_way() or way.tags.get("highway") not in WALKED.split():
            continue
        if way.tags.get("access") == "no" or way.tags.get("area") == "yes":
            continue
        spanned = "bridge" in way.tags or "tunnel" in way.tags
        for a, b in pairwise(way.nodes):
            if a.ref == b.ref:
                continue
            places = [to_metres((n.location.lon, n.location.lat)) for n in (a, b)]
            graph.add_node(a.ref, place=places[0])
            graph.add_node(b.ref, place=places[1])
            graph.add_edge(a.ref, b.ref, weight=distance(*places), spanned=spanned)
    return graph


def without_insides(graph: nx.Graph, rings: list[Line]) -> nx.Graph:
    """Return the streets without what lies inside walls: nobody cuts through another's estate."""
    kept = graph.copy()
    for u, v in graph.edges:
        a, b = graph.nodes[u]["place"], graph.nodes[v]["place"]
        middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
        if any(inside(ring, middle) for ring in rings):
            kept.remove_edge(u, v)
    return kept


def tie(graph: nx.Graph, name: str, p: Point) -> None:
    """Tie a point to the nearest edge of the main network, if one is within 150 m."""
    best: tuple[float, float, int, int] = (math.inf, 0.0, 0, 0)
    large = max(nx.connected_components(graph), key=len)
    for u, v, data in graph.edges(data=True):
        if data.get("spanned") or data.get("leg") or u not in large:
            continue
        a, b = graph.nodes[u]["place"], graph.nodes[v]["place"]
        t, d = position(p, a, b)
        best = min(best, (d, t, u, v))
    d, t, u, v = best
    if d > 150:
        return
    graph.add_node(name, place=p)
    w = graph.edges[u, v]["weight"]
    graph.add_edge(name, u, weight=d + t * w, leg=True)
    graph.add_edge(name, v, weight=d + (1 - t) * w, leg=True)
    a, b = graph.nodes[u]["place"], graph.nodes[v]["place"]
    graph.nodes[name]["tie"] = (u, v, add(a, (b[0] - a[0], b[1] - a[1]), t), d)


def walks(
    graph: nx.Graph, estates: dict[str, Point], venues: dict[str, Point]
) -> dict[str, dict[str, float]]:
    """Return the walk in metres from every estate to every venue it can reach."""
    tied = graph.copy()
    for name, p in {**estates, **venues}.items():
        tie(tied, name, p)
    out: dict[str, dict[str, float]] = {estate: {} for estate in estates}
    for venue in venues:
        if venue not in tied:
            continue
        found = nx.single_source_dijkstra_path_length(tied, venue)
        for estate in estates:
            if estate in found:
                out[estate][venue] = found[estate]
                ends = tied.nodes[estate]["tie"], tied.nodes[venue]["tie"]
                if ends[0][:2] == ends[1][:2]:
                    direct = ends[0][3] + distance(ends[0][2], ends[1][2]) + ends[1][3]
                    out[estate][venue] = min(out[estate][venue], direct)
    return out
