"""Siting beside its peers: spopt (PuLP with HiGHS) on the same cost tables, build and solve, in one run.

``python bench/siting.py [--quick] [--only NAME] [--ours] [--kept] [--limit SECONDS]`` writes ``bench/siting.md``. Every task runs
in a process of its own, spopt's with a time limit. What was measured is kept in ``.cache/bench/siting.json``: ``--kept`` takes from
there what is not run now, so that it can be done in parts. The instances are generated, clustered like a city, and seeded; those
with published answers are read from the folder that ``WALKSHED_DATA`` names, else from ``../shared/data``.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from siting_tasks import DATA, TASKS, Task, answer

HERE = Path(__file__).resolve().parent
LIBRARIES = ("numpy", "scipy", "pandas", "highspy", "spopt", "pulp")
CACHE = HERE.parent / ".cache" / "bench"
LOAD = "of the machine when the run began, other people's work included; times are as good as it is low"
HEAD = [
    "| instance | who | build s | solve s | both s | CPU s | value | gap | state | peak GB | load |",
    "|---|---|--:|--:|--:|--:|--:|--:|---|--:|--:|",
]


def run(who: str, task: Task, limit: float) -> dict[str, object]:
    """Run a task in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "answer.json"
        command = [sys.executable, __file__, "--child", who, task.name, str(out)]
        began = time.perf_counter()
        try:
            done = subprocess.run(command, timeout=limit, capture_output=True, text=True, check=False)
        except subprocess.TimeoutExpired:
            return {"state": f"stopped after {limit:.0f} s", "both": limit}
        if not out.exists():
            last = (done.stderr.strip().splitlines() or ["no answer"])[-1]
            return {"state": f"failed: {last[:100]}", "both": time.perf_counter() - began}
        return json.loads(out.read_text())


def child(who: str, name: str, out: Path) -> None:
    """Do one task and write down what it took."""
    got = answer(who, next(task for task in TASKS if task.name == name))
    got["both"] = got["build"] + got["solve"]
    got["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    out.write_text(json.dumps(got))


def gap(got: dict[str, object]) -> float:
    """Return how far the value is from the bound."""
    return abs(got["bound"] - got["value"]) / max(1e-9, abs(got["value"]))


def line(task: Task, who: str, got: dict[str, object]) -> str:
    """Return one row of the table."""
    if "value" not in got:
        return f"| {task.name} | {who} | | | | | | | {got['state']} | | {got['load']:.1f} |"
    return (
        f"| {task.name} | {who} | {got['build']:.3f} | {got['solve']:.3f} | {got['both']:.3f} | {got['cpu']:.3f} "
        f"| {got['value']:,.0f} | {gap(got):.2%} | {got['state']} | {got['peak']:.2f} | {got['load']:.1f} |"
    )


def beside(task: Task, ours: dict[str, object], peer: dict[str, object]) -> list[str]:
    """Return how ours compares with the peer."""
    if "value" not in peer:
        return [f"spopt {peer['state']}, ours ended after {ours['both']:.1f} s"]
    times, cpu = peer["both"] / ours["both"], peer["cpu"] / ours["cpu"]
    same = abs(peer["value"] - ours["value"]) <= 1e-6 * abs(peer["value"])
    return [
        held(f"{times:.0f} times as fast as spopt (aim: {task.times:g})", times >= task.times),
        f"{cpu:.0f} times by CPU time",
        held("the same value" if same else f"another value than spopt's {peer['value']:,.0f}", same),
    ]


def held(text: str, good: object) -> str:
    """Return the text, bold where an aim is missed."""
    return text if good else f"**{text}**"


def aims(done: dict[str, dict[str, dict[str, object]]]) -> list[str]:
    """Return what was aimed at and what was measured, instance by instance."""
    lines = []
    for task in TASKS:
        ours, peer = (done.get(task.name, {}).get(who) for who in ("walkshed", "spopt"))
        if not ours or "value" not in ours:
            continue
        said = beside(task, ours, peer) if peer else []
        if task.most_s:
            text = f"{ours['both']:.0f} s, {ours['cpu']:.0f} s of CPU time (aim: {task.most_s} s)"
            said.append(held(text, ours["both"] <= task.most_s))
        if task.most_gap is not None:
            said.append(
                held(f"{gap(ours):.2%} proven (aim: {task.most_gap:.0%})", gap(ours) <= task.most_gap)
            )
        elif not peer or gap(ours):
            said.append(f"gap {gap(ours):.2%}")
        if task.most_gb:
            said.append(
                held(f"{ours['peak']:.1f} GB (aim: {task.most_gb:g} GB)", ours["peak"] <= task.most_gb)
            )
        if ours.get("size"):
            said.append(str(ours["size"]))
        lines.append(f"- {task.name}: {'; '.join(said)}")
    return lines


def machine(load: str) -> list[str]:
    """Return what it was run on and with."""
    chip = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").is_file():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        chip = next((one.split(":", 1)[1].strip() for one in lines if one.startswith("model name")), chip)
    own = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return [
        "## Machine and versions",
        "",
        (
            f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, {chip}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
            f"load: {load}."
        ),
        "",
        f"Python {platform.python_version()}, {own}",
    ]


def main() -> None:
    """Run everything, print the table and write it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="the small instances only, to .cache/bench/siting.md"
    )
    parser.add_argument(
        "--only", action="append", default=[], help="instances whose name contains this; may be repeated"
    )
    parser.add_argument("--ours", action="store_true", help="run no peers")
    parser.add_argument("--kept", action="store_true", help="take what is not run now from earlier runs")
    parser.add_argument("--limit", type=float, default=600.0, help="seconds a peer may take")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.child[0], given.child[1], Path(given.child[2]))
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    store = CACHE / "siting.json"
    kept = json.loads(store.read_text()) if store.is_file() else {}
    rows, done = list(HEAD), {}
    for task in TASKS:
        chosen = not (given.quick and not task.quick) and (
            not given.only or any(one in task.name for one in given.only)
        )
        if chosen and task.needs and not (DATA / task.needs).exists():
            rows.append(f"| {task.name} | | | | | | | | not run: {task.needs} is not here | | |")
            continue
        for who in ("walkshed", "spopt") if task.peer else ("walkshed",):
            if chosen and not (given.ours and who == "spopt"):
                load = os.getloadavg()[0]
                got = run(who, task, given.limit if who == "spopt" else 3_600.0) | {"load": load}
                kept.setdefault(task.name, {})[who] = got
                store.write_text(json.dumps(kept, ensure_ascii=False, indent=1))
                print(line(task, who, got), flush=True)
            elif not (given.kept and who in kept.get(task.name, {})):
                continue
            done.setdefault(task.name, {})[who] = kept[task.name][who]
            rows.append(line(task, who, kept[task.name][who]))
    about = [
        "# Siting beside spopt",
        "",
        "Written by `make bench`. Seconds of building the problem from a cost table and of solving it, each in a process of its",
        "own after a small warm-up; small instances are the median of five. CPU is user and system time of both. spopt is solved by HiGHS",
        "through PuLP, and stopped where that is said. It takes the whole table of costs and builds a model of it; ours is given the pairs",
        "within the radius, as walks come. Neither is timed making its table. What misses its aim is bold.",
        "",
        "## Beside the aims",
    ]
    text = "\n".join([*about, "", *aims(done), "", "## Measured", "", *rows, "", *machine(LOAD)]) + "\n"
    trial = (given.quick or given.only) and not given.kept
    target = CACHE / "siting.md" if trial else HERE / "siting.md"
    target.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
