"""One program, run as a whole process and cold: its wall time, its peak memory, and what it says of itself."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Only the standard library is loaded here: a child's peak memory is never counted below its parent's.

SLOW_S = 30.0
"""A job that takes longer is run once, not as often as the others."""


@dataclass
class Job:
    """One way to do a job, and what it took each time."""

    name: str
    command: list[str]
    fresh: list[Path]
    """Folders that are removed before each run: nothing is kept from the run before."""
    record: Path
    """A JSON file that the program leaves: at least its stages, as ``{"seconds": {"stage": 1.2}}``."""
    note: str = ""
    failure: str = ""
    seconds: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)

    @property
    def wall(self) -> float:
        """Median wall time in seconds."""
        return statistics.median(self.seconds)

    def again(self) -> bool:
        """Tell whether another run is worth its time."""
        return not self.failure and not (self.seconds and self.wall > SLOW_S)

    def run(self, *, limit_s: float, environment: dict[str, str]) -> None:
        """Run once, cold; a program that takes longer than ``limit_s`` is stopped."""
        for folder in self.fresh:
            shutil.rmtree(folder, ignore_errors=True)
        self.record.parent.parent.mkdir(parents=True, exist_ok=True)
        log = self.record.parent.parent / f"{self.record.parent.name}.log"
        with log.open("wb") as out:
            start = time.perf_counter()
            process = subprocess.Popen(
                self.command, stdout=out, stderr=out, env=environment, start_new_session=True
            )
            watch = _Watch(process.pid, limit_s)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            watch.end()
        process.returncode = os.waitstatus_to_exitcode(status)
        peak = max(watch.peak_mb, usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2))
        if watch.stopped:
            self.failure = f"stopped after {limit_s:,.0f} s (it held {peak:,.0f} MB)"
        elif process.returncode:
            said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            self.failure = plain(said[-1]) if said else f"it ended with code {process.returncode}"
        else:
            self.seconds.append(seconds)
            self.peak_mb.append(peak)
            self.records.append(json.loads(self.record.read_text(encoding="utf-8")))

    def stages(self) -> dict[str, float]:
        """Return the median seconds of each stage the program names."""
        names = self.records[0]["seconds"]
        return {
            name: statistics.median(run["seconds"].get(name, 0.0) for run in self.records) for name in names
        }

    def row(self) -> str:
        """Return the job's line of the table."""
        if self.failure or not self.seconds:
            return f"| {self.name} | – | – | – | not done: {self.failure or self.note} |"
        parts = ", ".join(f"{name} {seconds:.2f}" for name, seconds in self.stages().items())
        spread = f"{min(self.seconds):.2f}–{max(self.seconds):.2f} s, {len(self.seconds)}×"
        return f"| {self.name} | {self.wall:.2f} s | {spread} | {max(self.peak_mb):,.0f} MB | {parts} |"


def plain(said: str) -> str:
    """Return a program's last words for a table's cell, without addresses."""
    return re.sub(r"\w+://\S+", "…", said).replace("|", "/")[:160]


class _Watch:
    """Looks at a process and its children: adds up what they hold, and stops them at the limit."""

    def __init__(self, pid: int, limit_s: float) -> None:
        self.pid, self.until = pid, time.monotonic() + limit_s
        self.peak_mb, self.stopped = 0.0, False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.2):  # to look costs the process time
            self.peak_mb = max(self.peak_mb, held_mb(self.pid))
            if time.monotonic() > self.until:
                self.stopped = True
                os.killpg(self.pid, signal.SIGKILL)  # its own session, started above
                return


def held_mb(pid: int) -> float:
    """Return what a process and its children hold together; 0 where the system does not say.

    What several of them hold in common, like libraries, or the memory of a process and its copy, is counted once
    (Linux's proportional set size).
    """
    held, todo = 0, [pid]
    while todo:
        folder = Path("/proc") / str(todo.pop())
        try:
            held += int(
                re.search(r"^Pss:\s+(\d+) kB", (folder / "smaps_rollup").read_text(), re.MULTILINE)[1]
            )
            todo += map(int, (folder / "task" / folder.name / "children").read_text().split())
        except (OSError, ValueError, TypeError):
            continue
    return held / 1024
