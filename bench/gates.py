"""What gates cost: every policy beside ``open``, five walkers beside one, and the ranking of all gates, on real cities.

``python bench/gates.py [--only CITY]`` writes ``bench/gates.md``. The whole command is timed on a draft of each city, as
``walkshed init --pbf`` makes it. The stages are timed with walls round square estates on a checkerboard, with a gate wherever
a street meets them: more walls than there are, so that they cost something. Extracts are read from the folder that
``WALKSHED_DATA`` names, else from ``../shared/data``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from siting import machine
from siting_tasks import DATA
from timing import median_s
from walkshed.answering import options_of
from walkshed.errors import Findings
from walkshed.inputs import read_inputs
from walkshed.profiles import PRESETS
from walkshed.progress import silent
from walkshed.report.gates import rank_gates
from walkshed.study import read_study
from walkshed.walking.access import access
from walkshed.walls.walls import build_walls

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from walkshed.streets.network import WalkNetwork
    from walkshed.walking.access import Access

HERE = Path(__file__).resolve().parent
CITIES = {
    "Haidian": "beijing_haidian", "Nanjing": "nanjing_center", "Monaco": "monaco", "Las Palmas": "las_palmas",
}  # fmt: skip
POLICIES = ("open", "residents", "closed")
FIVE = ("adult", "60-69", "70-79", "80+", "wheelchair")
TIMES = 3
SQUARE_M = 250.0
ESTATES = 60
WHOLE = [
    "| city | estates | venues | open s | residents s | closed s | five walkers s |",
    "|---|--:|--:|--:|--:|--:|--:|",
]
STAGES = [
    "| city | edges | estates | gates | walls s | open s | residents s | closed s | five walkers s | ranking s |",
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
]


def draft(extract: Path, folder: Path) -> None:
    """Draft a study from an extract, and run it once, so that its streets are kept."""
    command = [sys.executable, "-m", "walkshed", "init", str(folder), "--pbf", str(extract), "--english"]
    subprocess.run(command, check=True, capture_output=True)
    text = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(f'{text}write = ["tables"]\n', encoding="utf-8")
    whole(folder)


def whole(folder: Path, *, policy: str = "residents", profiles: Sequence[str] = ("adult",)) -> float:
    """Return the median seconds of the whole command."""
    file = folder / "study.toml"
    text = re.sub(
        r'^gates = "\w+"', f'gates = "{policy}"', file.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    text = re.sub(r"^profiles = .*", f"profiles = {json.dumps(profiles)}", text, flags=re.MULTILINE)
    file.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "walkshed", "run", str(folder)]
    return median_s(lambda: subprocess.run(command, check=True, capture_output=True), times=TIMES)


def squares(network: WalkNetwork) -> gpd.GeoDataFrame:
    """Return square gated estates on the checkerboard, those with the most street in them."""
    u, index = network.edge_u, network.index
    x, y = index.project(network.node_lon[u], network.node_lat[u])
    cell = np.column_stack([np.floor(x / SQUARE_M), np.floor(y / SQUARE_M)]).astype(int)
    cell, count = np.unique(cell[cell.sum(axis=1) % 2 == 0], axis=0, return_counts=True)
    west, south = (cell[np.argsort(-count, kind="stable")[:ESTATES]] * SQUARE_M).T
    shapes = shapely.box(west, south, west + SQUARE_M, south + SQUARE_M)
    lonlat = shapely.transform(shapes, lambda xy: np.column_stack(index.unproject(xy[:, 0], xy[:, 1])))
    lon, lat = index.unproject(west + SQUARE_M / 2, south + SQUARE_M / 2)
    names = [f"S{number:03}" for number in range(len(lonlat))]
    table = {
        "name": names, "lon": lon, "lat": lat, "location_status": "given", "gated": "yes", "households": 100,
        "source_row": range(len(names)),
    }  # fmt: skip
    return gpd.GeoDataFrame(table, index=names, geometry=lonlat, crs="EPSG:4326").rename_axis("estate_id")


def stages(folder: Path) -> dict[str, float]:
    """Wall squares of a drafted city, and time its walks."""
    study = read_study(folder)
    inputs = read_inputs(study, Findings(), offline=True, progress=silent)
    estates, venues = squares(inputs.network), inputs.venues
    walls = build_walls(inputs.network, estates)
    options = options_of(study, walls, None, silent)
    one, five = [PRESETS["adult"]], [PRESETS[name] for name in FIVE]

    def walk(policy: str = "residents", **more: object) -> Access:
        return access(
            walls.network, estates, venues, **{**options, "profiles": one, "policy": policy, **more}
        )

    told = {"profiles": one, "standards": study.standards, "date": study.date}
    residents = walk()
    return {
        "edges": walls.network.n_edges, "estates": len(estates), "gates": len(walls.gates),
        "walls": median_s(lambda: build_walls(inputs.network, estates), times=TIMES),
        **{policy: median_s(lambda policy=policy: walk(policy), times=TIMES) for policy in POLICIES},
        "five": median_s(lambda: walk(profiles=five), times=TIMES),
        "ranking": median_s(lambda: rank_gates(residents, estates, venues, **told), times=TIMES),
    }  # fmt: skip


def aims(name: str, all_: dict[str, float], stage: dict[str, float]) -> list[str]:
    """Return what was aimed at and what was measured; a missed aim is bold."""
    found = [
        (f"{what}: `residents` costs {got['residents'] / got['open']:.2f} times `open`", got["residents"] / got["open"], 2.0)
        for what, got in (("the whole command", all_), ("the walks alone", stage))
    ] + [
        (f"{what}: five walkers cost {got['five'] / got['residents']:.2f} times one", got["five"] / got["residents"], 2.5)
        for what, got in (("the whole command", all_), ("the walks alone", stage))
    ]  # fmt: skip
    ranked = (
        f"all {stage['gates']:,.0f} gates are ranked in {stage['ranking']:.2f} s",
        stage["ranking"],
        30.0,
    )
    return [
        f"- {name}, {text if value < aim else f'**{text}**'} (aim: under {aim:g})"
        for text, value, aim in [*found, ranked]
    ]


def row(name: str, counts: Iterable[float], seconds: Iterable[float]) -> str:
    """Return one row of a table."""
    cells = [*(f"{one:,.0f}" for one in counts), *(f"{one:.3f}" for one in seconds)]
    return f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    """Measure each city, print the tables and write them down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", default=[], help="a city; may be repeated")
    given = parser.parse_args()
    load, said, tables = os.getloadavg()[0], [], (list(WHOLE), list(STAGES))
    for name, file in CITIES.items():
        extract = DATA / "osm" / f"{file}.osm.pbf"
        if (given.only and name not in given.only) or not extract.exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            study = Path(folder) / "draft"
            draft(extract, study)
            counts = json.loads((study / "out" / "run.json").read_text(encoding="utf-8"))["counts"]
            all_ = {
                **{policy: whole(study, policy=policy) for policy in POLICIES},
                "five": whole(study, profiles=FIVE),
            }
            stage = stages(study)
        said += aims(name, all_, stage)
        tables[0].append(row(name, (counts["estates"], counts["venues"]), all_.values()))
        tables[1].append(row(name, list(stage.values())[:3], list(stage.values())[3:]))
        print(tables[0][-1], tables[1][-1], sep="\n", flush=True)
    text = "\n".join([
        "# What gates cost",
        "",
        f"Written by `make bench`: seconds, medians of {TIMES}. Walkers: adult; five are {', '.join(FIVE)}, under `residents`.",
        "",
        "## Beside the aims",
        "",
        *said,
        "",
        "## The whole command, on a draft, its streets kept from a run before",
        "",
        *tables[0],
        "",
        "## The stages, with walls round square estates",
        "",
        *tables[1],
        "",
        *machine(f"{load:.1f} before the runs, {os.getloadavg()[0]:.1f} after"),
    ])  # fmt: skip
    target = HERE.parent / ".cache" / "bench" / "gates.md" if given.only else HERE / "gates.md"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
