"""The same job with Valhalla and geopandas: tiles, isochrones of every venue, point in polygon, a table.

Run by ``run_job.py`` with a Python of its own: extract, folder with the tables, folder for the answers, ``1`` to
write the polygons too (they are made in any case: they decide).
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import pandas as pd
import valhalla
from shapely.geometry import shape

MINUTES = (5, 10, 15)
WALKING_KMH = 1.3 * 3.6


def build_tiles(extract: Path, folder: Path) -> dict:
    """Build the routing tiles and return their configuration."""
    tiles = folder / "tiles"
    tiles.mkdir()
    config = valhalla.get_config(tile_extract="", tile_dir=tiles)
    for unused in ("tile_extract", "admin", "timezone", "landmarks", "transit_dir"):
        config["mjolnir"].pop(unused, None)
    config["mjolnir"]["concurrency"] = 2
    config["service_limits"]["isochrone"]["max_contours"] = 4
    (folder / "valhalla.json").write_text(json.dumps(config), encoding="utf-8")
    program = Path(valhalla.__file__).parent / "bin" / "valhalla_build_tiles"
    subprocess.run([program, "-c", folder / "valhalla.json", extract], check=True, capture_output=True)
    return config


def isochrones(config: dict, venues: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return every venue's walking polygon at each number of minutes."""
    actor = valhalla.Actor(config)
    rows = []
    for venue in venues.itertuples():
        asked = {
            "locations": [{"lat": venue.lat, "lon": venue.lon}],
            "costing": "pedestrian",
            "costing_options": {"pedestrian": {"walking_speed": WALKING_KMH}},
            "contours": [{"time": minutes} for minutes in MINUTES],
            "polygons": True,
            "reverse": True,
        }
        answer = actor.isochrone(asked)
        answer = json.loads(answer) if isinstance(answer, str) else answer
        rows += [(venue.id, f["properties"]["contour"], shape(f["geometry"])) for f in answer["features"]]
    return gpd.GeoDataFrame(
        rows, columns=["venue_id", "minutes", "geometry"], geometry="geometry", crs="EPSG:4326"
    )


def main() -> None:
    """Write coverage.csv: for each estate and number of minutes, whether any polygon holds it."""
    extract, study, folder, draw = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4] == "1"
    folder.mkdir(parents=True)
    clock, stages = time.perf_counter(), {}

    def stage(name: str) -> None:
        nonlocal clock
        stages[name] = round(time.perf_counter() - clock, 3)
        clock = time.perf_counter()

    config = build_tiles(extract, folder)
    stage("tiles")
    estates = pd.read_csv(study / "estates.csv")
    venues = pd.read_csv(study / "venues.csv")
    polygons = isochrones(config, venues)
    stage("polygons")
    points = gpd.GeoDataFrame(estates, geometry=gpd.points_from_xy(estates.lon, estates.lat), crs="EPSG:4326")
    held = gpd.sjoin(points[["id", "geometry"]], polygons, predicate="within")
    stage("point in polygon")
    rows = []
    for minutes in MINUTES:
        covered = set(held.loc[held["minutes"] == minutes, "id"])
        table = estates[["id"]].assign(minutes=minutes, covered=estates["id"].isin(covered))
        rows.append(table)
    pd.concat(rows).to_csv(folder / "coverage.csv", index=False)
    held[["id", "venue_id", "minutes"]].to_parquet(folder / "pairs.parquet", index=False)
    if draw:
        polygons.to_file(folder / "catchments.gpkg", layer="catchments")
    stage("write")
    record = {
        "seconds": stages,
        "covered": {str(m): float(t["covered"].mean()) for m, t in zip(MINUTES, rows, strict=True)},
        "polygon_ms": 1000 * stages["polygons"] / len(venues),
    }
    (folder / "run.json").write_text(json.dumps(record))


if __name__ == "__main__":
    main()
