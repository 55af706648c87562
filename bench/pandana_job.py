"""The same job with pyrosm and pandana: nodes in range of every venue, joined with the estates' nodes; concave hulls.

Run by ``run_job.py`` with a Python of its own: extract, folder with the tables, folder for the answers, ``1`` to draw.
With ``nodes.npz`` in place of an extract it only builds pandana's network of those nodes and edges.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandana
import pandas as pd
import shapely

MINUTES = (5, 10, 15)
METRES_PER_MINUTE = 1.3 * 60
LIMIT_M = MINUTES[-1] * METRES_PER_MINUTE
SAMPLE = 20_000


class Stages(dict[str, float]):
    """Seconds since the last stage, by name."""

    clock = time.perf_counter()

    def __call__(self, name: str) -> None:
        """Note a stage's seconds."""
        now = time.perf_counter()
        self[name], self.clock = round(now - self.clock, 4), now


def read(extract: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return nodes and edges of the walking network."""
    import pyrosm

    nodes, edges = pyrosm.OSM(str(extract)).get_network(network_type="walking", nodes=True)
    return nodes.set_index("id"), edges


def build(nodes: pd.DataFrame, edges: pd.DataFrame) -> pandana.Network:
    """Return pandana's network, contraction and all."""
    return pandana.Network(nodes["lon"], nodes["lat"], edges["u"], edges["v"], edges[["length"]])


def hulls(reach: pd.DataFrame, nodes: pd.DataFrame, venues: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return a concave hull of the nodes in range, for every venue and number of minutes."""
    reach = reach.assign(lon=nodes["lon"].reindex(reach["destination"]).to_numpy())
    reach["lat"] = nodes["lat"].reindex(reach["destination"]).to_numpy()
    by_node = dict(tuple(reach.groupby("source")))
    rows = []
    for venue in venues.itertuples():
        own = by_node.get(venue.node)
        for minutes in MINUTES if own is not None else ():
            near = own[own["length"] <= minutes * METRES_PER_MINUTE]
            points = shapely.multipoints(near[["lon", "lat"]].to_numpy())
            rows.append((venue.id, minutes, shapely.concave_hull(points, ratio=0.3)))
    columns = ["venue_id", "minutes", "geometry"]
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs="EPSG:4326")


def rates(
    network: pandana.Network, pairs: pd.DataFrame, estates: pd.DataFrame, venues: pd.DataFrame, seconds: float
) -> dict[str, float]:
    """Return pairs a second: by ranges joined with estates; by pandana's own call, of those pairs, and of any."""
    some = pairs.sample(min(SAMPLE, len(pairs)), random_state=1)
    any_ = [table["node"].sample(SAMPLE, replace=True, random_state=1) for table in (estates, venues)]
    return {
        "ranges": len(pairs) / seconds,
        "asked": _rate(network, some["node"], some["source"]),
        "anywhere": _rate(network, *any_),
    }


def _rate(network: pandana.Network, one: pd.Series, other: pd.Series) -> float:
    start = time.perf_counter()
    network.shortest_path_lengths(one.to_numpy(), other.to_numpy())
    return len(one) / (time.perf_counter() - start)


def main() -> None:
    """Write coverage.csv, access.parquet and, where asked, catchments.gpkg."""
    extract, study, folder, draw = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4] == "1"
    folder.mkdir(parents=True)
    stage = Stages()
    if extract.suffix == ".npz":
        given = np.load(extract)
        build(
            pd.DataFrame({k: given[k] for k in ("lon", "lat")}),
            pd.DataFrame({k: given[k] for k in ("u", "v", "length")}),
        )
        stage("build")
        (folder / "run.json").write_text(json.dumps({"seconds": stage}))
        return
    nodes, edges = read(extract)
    stage("read")
    network = build(nodes, edges)
    stage("build")
    estates, venues = pd.read_csv(study / "estates.csv"), pd.read_csv(study / "venues.csv")
    for places in (estates, venues):
        places["node"] = network.get_node_ids(places["lon"], places["lat"]).to_numpy()
    stage("ties")
    beyond = LIMIT_M + 1  # what pandana answers where there is no venue within reach
    network.set_pois("venues", beyond, 1, venues["lon"], venues["lat"])
    nearest = network.nearest_pois(beyond, "venues", num_pois=1)[1]
    stage("nearest")
    reach = network.nodes_in_range(venues["node"].unique().tolist(), LIMIT_M)
    at_venue = reach.merge(venues[["id", "node"]], left_on="source", right_on="node").drop(columns="node")
    pairs = at_venue.merge(
        estates[["id", "node"]], left_on="destination", right_on="node", suffixes=("_venue", "")
    )
    stage("pairs")
    if draw:
        drawn = hulls(reach, nodes, venues)
        stage("polygons")
        drawn.to_file(folder / "catchments.gpkg", layer="catchments")
    walk = nearest.reindex(estates["node"]).to_numpy()
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
        "seconds": dict(stage),
        "covered": {str(m): float(t["covered"].mean()) for m, t in zip(MINUTES, tables, strict=True)},
        "pairs": len(pairs),
        "polygon_ms": 1000 * stage["polygons"] / len(venues) if draw else None,
    }
    if not draw:  # the rates are asked for after the job, in the shorter of the two
        record["rates"] = rates(network, pairs, estates, venues, stage["pairs"])
    (folder / "run.json").write_text(json.dumps(record))


if __name__ == "__main__":
    main()
