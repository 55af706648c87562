"""Our own stages one by one in one process: read, build, ties, nearest beside scipy's bare call, pairs, polygons.

Run by ``run_job.py``: extract, folder with the tables, folder for the answers. With a number as fourth argument the
streets are first split until they have that many nodes, and the walks are compared with those of the streets as they were.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse.csgraph import dijkstra

import walkshed
from split_edges import nodes_and_edges, split
from timing import median_s
from walkshed.osm import read_ways
from walkshed.standards import DEFAULT_STANDARDS
from walkshed.streets.build import build_network
from walkshed.streets.rules import barrier_code, way_code
from walkshed.streets.ties import points_of, tie
from walkshed.walking.direct import direct_walks
from walkshed.walking.graph import SearchGraph
from walkshed.walking.nearest import distance_to_sources
from walkshed.walking.pairs import walks_within

if TYPE_CHECKING:
    import geopandas as gpd

LIMIT_M = max(standard.reach_m(walkshed.ADULT) for standard in DEFAULT_STANDARDS)
TIMES = 5
SAMPLE = 50


class Stages(dict[str, float]):
    """Seconds since the last stage, by name."""

    clock = time.perf_counter()

    def __call__(self, name: str) -> None:
        """Note a stage's seconds."""
        now = time.perf_counter()
        self[name], self.clock = round(now - self.clock, 4), now


def searches(
    network: walkshed.WalkNetwork, estates: gpd.GeoDataFrame, venues: gpd.GeoDataFrame, stage: Stages
) -> dict[str, Any]:
    """Time ties, graph, nearest and pairs; add what was found."""
    points = points_of(estates), points_of(venues)
    at_estates, at_venues = (tie(network, some) for some in points)
    stage("ties")
    graph = SearchGraph(network)
    direct = direct_walks(graph, at_estates, at_venues)
    _ = graph.arcs, graph.xy
    stage("graph")
    walks = walks_within(graph, at_estates, at_venues, direct, LIMIT_M)
    stage("pairs")
    every = walks_within(graph, at_estates, at_venues, direct, np.inf)
    stage("all pairs")
    rates = {"ranges": len(walks.metres) / stage["pairs"], "anywhere": len(every.metres) / stage["all pairs"]}
    everywhere = np.ones(len(venues), dtype=bool)
    ends = np.unique(graph.start_u[at_venues.edge])

    def bare() -> Any:
        return dijkstra(graph.arcs, directed=True, indices=ends, min_only=True, return_predecessors=True)

    stage["bare"] = median_s(bare, times=TIMES)
    stage["nearest"] = median_s(lambda: distance_to_sources(graph, at_venues, everywhere), times=TIMES)
    stage.clock = time.perf_counter()
    return {"nodes": graph.n, "edges": network.n_edges, "pairs": len(walks.metres), "rates": rates}


def difference(
    before: walkshed.WalkNetwork, after: walkshed.WalkNetwork, limit_m: float = 3 * LIMIT_M
) -> dict[str, float]:
    """Return by how much walks between the nodes of both networks differ, for a sample of starts."""
    starts = np.random.default_rng(1).choice(before.n_nodes, SAMPLE, replace=False)
    far = [
        dijkstra(SearchGraph(n).arcs, indices=starts, limit=limit_m)[:, : before.n_nodes]
        for n in (before, after)
    ]
    both = np.isfinite(far[0]) & np.isfinite(far[1])
    # a walk as long as the limit may be found in one and not in the other
    lost = (np.isfinite(far[0]) != np.isfinite(far[1])) & (np.fmin(far[0], far[1]) < limit_m - 0.001)
    return {
        "compared": int(both.sum()),
        "lost": int(lost.sum()),
        "largest_m": float(np.abs(far[0][both] - far[1][both]).max()),
    }


def main() -> None:
    """Write run.json."""
    extract, study, folder = map(Path, sys.argv[1:4])
    target = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    folder.mkdir(parents=True)
    stage = Stages()
    ways = read_ways(extract, way_rule=way_code, node_rule=barrier_code)
    stage("read")
    network = build_network(ways, name=extract.name)
    stage("build")
    record: dict[str, Any] = {}
    if target:
        whole, network = network, split(network, target)
        stage("split")
        record["check"] = difference(whole, network)
        np.savez(folder.parent / "split.npz", **nodes_and_edges(network))
        stage("check")
    estates = walkshed.read_estates(study / "estates.csv", levels=())
    venues = walkshed.read_venues(study / "venues.csv")
    stage("tables")
    record |= searches(network, estates, venues, stage)
    if not target:
        access = walkshed.access(network, estates, venues, policy="open")
        stage("access, once more")
        walkshed.catchments(access, standards=DEFAULT_STANDARDS)
        stage("ground")
        drawn = walkshed.catchments(access, standards=DEFAULT_STANDARDS)
        stage("polygons")
        record["polygon_ms"] = 1000 * stage["polygons"] / drawn["venue_id"].nunique()
        record["first_polygon_ms"] = 1000 * stage["ground"] / drawn["venue_id"].nunique()
        stage["ground"] -= stage["polygons"]
    (folder / "run.json").write_text(json.dumps({**record, "seconds": stage}))


if __name__ == "__main__":
    main()
