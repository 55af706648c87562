"""The results as Markdown tables."""

from __future__ import annotations

import csv
import datetime as dt
import os
import platform
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from peers import PEERS, versions_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from job import Job
    from run_job import Bench

LIBRARIES = ("numpy", "scipy", "pandas", "geopandas", "shapely", "osmium", "pyproj", "pyarrow", "contourpy")
STAGES = ("read", "build", "ties", "graph", "nearest", "pairs", "all pairs", "ground", "polygons")
RATES = {
    "ranges": "within the longest standard", "anywhere": "however far", "asked": "told which are within the standard",
}  # fmt: skip
SAME_STAGE = {"convert": "read", "tiles": "build", "project": "build"}
"""Peers' stages that do what another stage of ours does."""


def report(bench: Bench, load: float) -> str:
    """Return everything that was done as one Markdown page."""
    parts = [
        [
            "# Results of the benchmark",
            "",
            "What is compared, and what is not equivalent: README.md. Times in seconds unless said.",
        ],
        _aims(bench),
        *_whole(bench),
        *_stages(bench),
        _million(bench),
        _growth(bench),
        _machine(bench, load),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _aims(bench: Bench) -> list[str]:
    lines = []
    for (city, write), jobs in bench.whole.items():
        done = [job for job in jobs if job.seconds]
        ours = next((job for job in done if job.name == "walkshed"), None)
        peers = [job for job in done if job is not ours]
        if ours and peers:
            best = min(peers, key=lambda job: job.wall)
            said = (
                "faster than every peer that could be run" if ours.wall < best.wall else "**not the fastest**"
            )
            lines.append(
                f"- {city}, {' + '.join(write)}: {said}: {ours.wall:.2f} s beside {best.wall:.2f} s of {best.name}; "
                f"{max(ours.peak_mb):,.0f} MB (aim: under 700 MB on Porto)"
            )
    for city, job in bench.stages.items():
        if not job.records:
            continue
        stages = job.stages()
        ratio = stages["nearest"] / stages["bare"]
        lines.append(
            f"- {city}: nearest for all nodes takes {ratio:.2f} times scipy's bare call (aim: 1.5 at most)"
        )
        lines.append(
            f"- {city}: catchments for three cut-offs {job.records[-1]['polygon_ms']:.2f} ms a venue once the ground is tied to "
            f"the streets, {job.records[-1]['first_polygon_ms']:.2f} ms with that (aim: under 2)"
        )
        lines += [
            f"- {city}: {_rate(job, ours_by) / rate:.1f} times the pairs a second of pandana {how} (aim: 10)"
            for how, ours_by, rate in _pandana_rates(bench, city)
        ]
    return ["## Beside the aims", "", *lines] if lines else []


def _pandana_rates(bench: Bench, city: str) -> Iterator[tuple[str, str, float]]:
    for (where, _), jobs in bench.whole.items():
        for job in jobs:
            rates = job.records[-1].get("rates", {}) if where == city and job.records else {}
            if "asked" in rates:
                yield "by ranges and a join, within the longest standard", "ranges", rates["ranges"]
                yield "by shortest_path_lengths, however far", "anywhere", rates["anywhere"]
                yield (
                    "by shortest_path_lengths, told which pairs are within the standard",
                    "ranges",
                    rates["asked"],
                )


def _rate(job: Job, by: str) -> float:
    return sorted(run["rates"][by] for run in job.records)[len(job.records) // 2]


def _whole(bench: Bench) -> Iterator[list[str]]:
    size = bench.size
    for (city, write), jobs in bench.whole.items():
        yield [
            f"## The whole job, cold: {city}, {' + '.join(write)}",
            "",
            f"{size.estates:,} estates, {size.venues:,} venues, 5/10/15 minutes; medians, the jobs taking turns.",
            "",
            "| job | wall time | spread | peak memory | stages (s) |",
            "|---|---|---|---|---|",
            *(job.row() for job in jobs),
            "",
            "Estates covered at 5, 10 and 15 minutes:",
            "",
            *(
                f"- {job.name}: {', '.join(f'{share:.1%}' for share in _shares(job))}"
                for job in jobs
                if job.seconds
            ),
        ]


def _shares(job: Job) -> list[float]:
    if "covered" in job.records[-1]:
        return list(job.records[-1]["covered"].values())
    with (job.record.parent / "coverage.csv").open(encoding="utf-8-sig", newline="") as file:
        count = Counter((row["standard"], row["status"] == "covered") for row in csv.DictReader(file))
    names = ("5 min", "10 min", "15 min")
    return [count[name, True] / (count[name, True] + count[name, False]) for name in names]


def _stages(bench: Bench) -> Iterator[list[str]]:
    for city, ours in bench.stages.items():
        if not ours.records:
            yield [f"## Stages: {city}", "", f"not done: {ours.failure}"]
            continue
        drawn = [jobs for (where, write), jobs in bench.whole.items() if where == city and len(write) > 1]
        peers = [job for jobs in drawn for job in jobs if job.records and job.name != "walkshed"]
        rows = [
            f"| {name} | " + " | ".join(_cell(job, name) for job in (ours, *peers)) + " |" for name in STAGES
        ]
        rows.append(
            f"| scipy's bare call for nearest | {ours.stages()['bare']:.3f}" + " | –" * len(peers) + " |"
        )
        for label, key, form in (
            ("pairs found", "pairs", ",.0f"),
            ("catchments, ms a venue", "polygon_ms", ".2f"),
            ("the ground with them", "first_polygon_ms", ".2f"),
        ):
            rows.append(
                f"| {label} | " + " | ".join(_number(job, key, form) for job in (ours, *peers)) + " |"
            )
        by_name = {job.name: job.records[-1].get("rates", {}) for job in _of_city(bench, city)}
        by_name[ours.name] = {by: _rate(ours, by) for by in ours.records[-1]["rates"]}
        rows += [
            f"| pairs a second, {label} | "
            + " | ".join(
                f"{by_name[j.name][by]:,.0f}" if by in by_name[j.name] else "–" for j in (ours, *peers)
            )
            + " |"
            for by, label in RATES.items()
        ]
        network = f"{ours.records[-1]['nodes']:,} nodes and {ours.records[-1]['edges']:,} edges after joining plain nodes"
        yield [
            f"## Stages: {city}",
            "",
            f"Ours one by one in one process ({network}); the peers' from the whole job with catchments.",
            "",
            "| stage | " + " | ".join(job.name for job in (ours, *peers)) + " |",
            "|---|" + "---|" * (1 + len(peers)),
            *filter(None, rows),
        ]


def _of_city(bench: Bench, city: str) -> list[Job]:
    """Return the jobs of a city that ran, the shorter ones (which ask for the rates) last."""
    groups = sorted((key for key in bench.whole if key[0] == city), key=lambda key: -len(key[1]))
    return [job for key in groups for job in bench.whole[key] if job.records]


def _cell(job: Job, stage: str) -> str:
    stages = job.stages()
    seconds = [s for name, s in stages.items() if SAME_STAGE.get(name, name) == stage]
    return f"{sum(seconds):.3f}" if seconds else "–"


def _number(job: Job, key: str, form: str) -> str:
    value = job.records[-1].get(key)
    return "–" if value is None else format(value, form)


def _million(bench: Bench) -> list[str]:
    if not bench.million:
        return []
    ours, *others = bench.million
    lines = [
        f"## {bench.size.nodes:,} nodes: {bench.extracts[0].name.split('.')[0]}'s edges cut into pieces",
        "",
    ]
    if ours.records:
        record = ours.records[-1]
        check = record["check"]
        lines += [
            (
                f"{record['nodes']:,} nodes, {record['edges']:,} edges, {record['pairs']:,} pairs. Of {check['compared']:,} walks "
                f"between old nodes {check['lost']} are lost, and none changes by more than {check['largest_m']:.1e} m."
            ),
            "",
        ]
    lines += ["| job | wall time | spread | peak memory | stages (s) |", "|---|---|---|---|---|", ours.row()]
    return lines + [
        job.row().replace(job.name, f"{job.name.split(' + ')[1]}, building only") for job in others
    ]


def _growth(bench: Bench) -> list[str]:
    if not bench.growth:
        return []
    rows = []
    for estates, venues, job in bench.growth:
        if job.failure:
            rows.append(f"| {estates:,} | {venues:,} | not done: {job.failure} | | | | |")
            continue
        s = job.stages()
        parts = [
            *(s[name] for name in ("read", "walks", "report")),
            sum(v for k, v in s.items() if k.startswith("write")),
        ]
        cells = " | ".join(f"{value:.2f}" for value in (*parts, job.wall - sum(parts), job.wall))
        rows.append(f"| {estates:,} | {venues:,} | {cells} | {job.peak_mb[0]:,.0f} MB |")
    return [
        f"## Growth: {bench.extracts[0].name.split('.')[0]}, tables + catchments, cold, one run each",
        "",
        "| estates | venues | read | walks | report | drawing and writing | start | whole | peak memory |",
        "|---|---|---|---|---|---|---|---|---|",
        *rows,
    ]


def _machine(bench: Bench, load: float) -> list[str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    chip = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").is_file():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        chip = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), chip)
    own = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    peers = [
        f"- {peer.name}: {why or versions_of(peer, python)}"
        for peer in PEERS
        for python, why in [bench.pythons.get(peer.key, (None, ""))]
        if python is not None
    ]
    return [
        "## Machine and versions",
        "",
        (
            f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, {chip}, {os.cpu_count()} cores, {memory:.0f} GB, "
            f"{platform.system()} {platform.release()}, load before the runs {load:.1f}."
        ),
        "",
        f"- walkshed: Python {platform.python_version()}, {own}",
        *peers,
    ]
