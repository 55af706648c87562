"""The benchmark's places: estates and venues beside random street points of an extract, the same every time."""

from __future__ import annotations

import argparse
import csv
import random
from pathlib import Path

import osmium

WALKED = {
    *("footway", "path", "pedestrian", "steps", "living_street", "residential", "service", "unclassified"),
    *("tertiary", "secondary", "primary", "cycleway", "track"),
}
NOISE_DEG = 2.5e-4
"""About 25 metres: a house stands beside its street, not on it."""


def street_points(extract: Path) -> list[tuple[float, float]]:
    """Return a node of every few of each walkable way, in the file's order."""
    points = []
    streets = osmium.FileProcessor(str(extract)).with_locations()
    streets = streets.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
    for way in streets.with_filter(osmium.filter.KeyFilter("highway")):
        if way.tags["highway"] in WALKED:
            points += [(n.lon, n.lat) for k, n in enumerate(way.nodes) if k % 2 == 0 and n.location.valid()]
    return points


def write_places(path: Path, points: list[tuple[float, float]], count: int, rng: random.Random) -> None:
    """Write a table of places: id, name, longitude and latitude, and homes."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "name", "households", "lon", "lat"])
        for number in range(count):
            lon, lat = rng.choice(points)
            lon, lat = rng.gauss(lon, NOISE_DEG), rng.gauss(lat, NOISE_DEG)
            out.writerow(
                [
                    f"{path.stem[0]}{number}",
                    f"{path.stem} {number}",
                    rng.randrange(10, 900),
                    f"{lon:.7f}",
                    f"{lat:.7f}",
                ]
            )


def main() -> None:
    """Write estates.csv and venues.csv into a folder; a smaller benchmark takes their first rows."""
    parse = argparse.ArgumentParser(description=__doc__)
    parse.add_argument("extract", type=Path)
    parse.add_argument("folder", type=Path)
    parse.add_argument("--estates", type=int, default=200_000)
    parse.add_argument("--venues", type=int, default=2_000)
    given = parse.parse_args()
    points = street_points(given.extract)
    given.folder.mkdir(parents=True, exist_ok=True)
    write_places(given.folder / "venues.csv", points, given.venues, random.Random(20_261_102))
    write_places(given.folder / "estates.csv", points, given.estates, random.Random(20_261_101))


if __name__ == "__main__":
    main()
