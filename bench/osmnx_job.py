"""The same job with OSMnx and networkx: a simplified graph, a search from every venue, concave hulls.

Run by ``run_job.py`` with a Python of its own: extract, folder with the tables, folder for the answers, ``1`` to draw.
OSMnx reads XML without gaps, so that the walkable ways are first converted, without the nodes the extract lacks.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import geopandas as gpd
import networkx as nx
import osmium
import osmnx as ox
import pandas as pd
import shapely

MINUTES = (5, 10, 15)
METRES_PER_MINUTE = 1.3 * 60
LIMIT_M = MINUTES[-1] * METRES_PER_MINUTE
NOT_WALKED = {
    *("motorway", "motorway_link", "trunk", "trunk_link", "construction", "proposed", "abandoned"),
    *("raceway", "bus_guideway", "razed", "no", "planned", "platform", "elevator", "corridor"),
}


def convert(extract: Path, xml: Path) -> None:
    """Write the walkable ways and their nodes as OSM XML."""
    ways, used = [], {}
    streets = osmium.FileProcessor(str(extract)).with_locations()
    streets = streets.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
    for way in streets.with_filter(osmium.filter.KeyFilter("highway")):
        tags = {tag.k: tag.v for tag in way.tags}
        if (
            tags["highway"] in NOT_WALKED
            or tags.get("foot") == "no"
            or tags.get("access") in {"no", "private"}
        ):
            continue
        here = [(n.ref, (n.lon, n.lat)) for n in way.nodes if n.location.valid()]
        if len(here) > 1:
            used.update(here)
            ways.append((way.id, [ref for ref, _ in here], tags))
    with osmium.SimpleWriter(str(xml), overwrite=True) as out:
        for ref in sorted(used):
            out.add_node(osmium.osm.mutable.Node(id=ref, version=1, location=used[ref]))
        for number, refs, tags in ways:
            out.add_way(osmium.osm.mutable.Way(id=number, version=1, nodes=refs, tags=tags))


def reached(graph: nx.MultiGraph, venues: pd.DataFrame) -> dict[int, dict[int, float]]:
    """Return for every venue's node the metres to the nodes within the longest walk."""
    return {
        node: nx.single_source_dijkstra_path_length(graph, node, cutoff=LIMIT_M, weight="length")
        for node in venues["node"].unique()
    }


def polygons(
    graph: nx.MultiGraph, reach: dict[int, dict[int, float]], venues: pd.DataFrame
) -> gpd.GeoDataFrame:
    """Return a concave hull of the nodes within reach, for every venue and number of minutes."""
    nodes = ox.graph_to_gdfs(graph, edges=False)[["x", "y"]]
    rows = []
    for venue in venues.itertuples():
        walk = pd.Series(reach[venue.node])
        for minutes in MINUTES:
            near = walk.index[walk <= minutes * METRES_PER_MINUTE]
            points = shapely.multipoints(nodes.loc[near].to_numpy())
            rows.append((venue.id, minutes, shapely.concave_hull(points, ratio=0.3)))
    columns = ["venue_id", "minutes", "geometry"]
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=graph.graph["crs"]).to_crs(
        "EPSG:4326"
    )


def main() -> None:
    """Write coverage.csv, access.parquet and, where asked, catchments.gpkg."""
    extract, study, folder, draw = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4] == "1"
    folder.mkdir(parents=True)
    clock, seconds = time.perf_counter(), {}

    def stage(name: str) -> None:
        nonlocal clock
        seconds[name] = round(time.perf_counter() - clock, 4)
        clock = time.perf_counter()

    convert(extract, folder / "streets.osm")
    stage("convert")
    graph = ox.graph_from_xml(folder / "streets.osm", bidirectional=True)
    stage("read")
    graph = nx.MultiGraph(ox.convert.to_undirected(ox.project_graph(graph)))
    stage("project")
    estates, venues = pd.read_csv(study / "estates.csv"), pd.read_csv(study / "venues.csv")
    for places in (estates, venues):
        points = gpd.GeoSeries.from_xy(places["lon"], places["lat"], crs="EPSG:4326").to_crs(
            graph.graph["crs"]
        )
        places["node"] = ox.nearest_nodes(graph, points.x, points.y)
    stage("ties")
    metres = nx.multi_source_dijkstra_path_length(graph, set(venues["node"]), weight="length")
    stage("nearest")
    reach = reached(graph, venues)
    far = [(venue, node, m) for venue, walk in reach.items() for node, m in walk.items()]
    pairs = pd.DataFrame(far, columns=["source", "destination", "length"])
    pairs = pairs.merge(venues[["id", "node"]], left_on="source", right_on="node").drop(columns="node")
    pairs = pairs.merge(
        estates[["id", "node"]], left_on="destination", right_on="node", suffixes=("_venue", "")
    )
    stage("pairs")
    if draw:
        drawn = polygons(graph, reach, venues)
        stage("polygons")
        drawn.to_file(folder / "catchments.gpkg", layer="catchments")
    walk = estates["node"].map(metres)
    tables = [
        pd.DataFrame(
            {"id": estates["id"], "minutes": m, "walk_m": walk, "covered": walk <= m * METRES_PER_MINUTE}
        )
        for m in MINUTES
    ]
    pd.concat(tables).to_csv(folder / "coverage.csv", index=False)
    pairs[["id", "id_venue", "length"]].to_parquet(folder / "access.parquet", index=False)
    stage("write")
    record = {
        "seconds": seconds,
        "covered": {str(m): float(t["covered"].mean()) for m, t in zip(MINUTES, tables, strict=True)},
        "pairs": len(pairs),
        "rates": {"ranges": len(pairs) / seconds["pairs"]},
        "polygon_ms": 1000 * seconds["polygons"] / len(venues) if draw else None,
    }
    (folder / "run.json").write_text(json.dumps(record))


if __name__ == "__main__":
    main()
