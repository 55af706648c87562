"""Siting beside its peers: spopt (PuLP with HiGHS) on the same cost tables, build and solve, in one run.

``python bench/siting.py [--quick] [--limit SECONDS] [--out FILE]``. spopt runs in a process of its own with a time
limit. The instances are generated, clustered like a city, and seeded.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from scipy import sparse

SIZES = ((5_000, 500, 20, 8_000.0), (20_000, 2_000, 50, 15_000.0))
LARGE = (50_000, 3_000, 100, 20_000.0)
RADIUS = 500.0


def city(
    n: int, m: int, size: float, *, seed: int = 0, centres: int = 60
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return demand points, candidate points and weights: centres of unequal size in a square of ``size`` metres."""
    random = np.random.default_rng(seed)
    middle = random.uniform(0, size, (centres, 2))
    share = random.pareto(1.2, centres) + 0.2
    homes = middle[random.choice(centres, n, p=share / share.sum())] + random.normal(0, size / 25, (n, 2))
    rooms = homes[random.choice(n, m, replace=False)] + random.normal(0, 50, (m, 2))
    return homes, rooms, random.integers(1, 300, n).astype(float)


def near(homes: np.ndarray, rooms: np.ndarray) -> sparse.coo_matrix:
    """Return the walks within the radius."""
    return cKDTree(homes).sparse_distance_matrix(cKDTree(rooms), RADIUS, output_type="coo_matrix")


def ours(task: dict[str, object]) -> dict[str, object]:
    """Build and solve with walkshed."""
    from walkshed.siting import NewSites, PMedian, from_costs, solve

    n, m, p, size = task["n"], task["m"], task["p"], task["size"]
    homes, rooms, weight = city(n, m, size)
    if task["model"] == "p_median":
        from scipy.spatial.distance import cdist

        table = np.rint(cdist(homes, rooms))
    else:
        table = near(homes, rooms)
        if task["model"] == "lscp":  # rows that nobody serves are left out, for both
            table = table.tocsr()[np.flatnonzero(np.diff(table.tocsr().indptr))]
            weight = np.ones(table.shape[0])
    began = time.perf_counter()
    problem = from_costs(table, limit=np.inf if task["model"] == "p_median" else RADIUS, weights=weight)
    built = time.perf_counter()
    goal = PMedian() if task["model"] == "p_median" else task["model"]
    plan = solve(problem, goal, [] if task["model"] == "lscp" else [NewSites(p)])
    return {
        "build_s": built - began, "solve_s": time.perf_counter() - built, "value": plan.value,
        "bound": plan.bound, "state": plan.state,
    }  # fmt: skip


def spopt(task: dict[str, object]) -> dict[str, object]:
    """Build and solve with spopt, PuLP and HiGHS."""
    import pulp
    from scipy.spatial.distance import cdist
    from spopt.locate import LSCP, MCLP

    homes, rooms, weight = city(task["n"], task["m"], task["size"])
    table = cdist(homes, rooms)
    if task["model"] == "lscp":
        table = table[(table <= RADIUS).any(axis=1)]
    began = time.perf_counter()
    if task["model"] == "mclp":
        model = MCLP.from_cost_matrix(table, weight, RADIUS, p_facilities=task["p"])
    else:
        model = LSCP.from_cost_matrix(table, RADIUS)
    built = time.perf_counter()
    model.solve(pulp.HiGHS(msg=False), results=False)
    value = pulp.value(model.problem.objective)
    return {
        "build_s": built - began,
        "solve_s": time.perf_counter() - built,
        "value": value,
        "bound": value,
        "state": "optimal",
    }


def run(who: str, task: dict[str, object], limit: float) -> dict[str, object]:
    """Run a task in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        command = [sys.executable, __file__, "--child", who, json.dumps(task), str(answer)]
        try:
            done = subprocess.run(command, timeout=limit, capture_output=True, text=True, check=False)
        except subprocess.TimeoutExpired:
            return {"state": f"stopped after {limit:.0f} s"}
        if not answer.exists():
            last = (done.stderr.strip().splitlines() or ["no answer"])[-1]
            return {"state": f"failed: {last[:100]}"}
        return json.loads(answer.read_text())


def child(who: str, task: dict[str, object], answer: Path) -> None:
    """Do one task and write down what it took."""
    got = {"ours": ours, "spopt": spopt}[who](task)
    got["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    answer.write_text(json.dumps(got))


def line(name: str, who: str, got: dict[str, object]) -> str:
    """Return one row of the table."""
    if "value" not in got:
        return f"| {name} | {who} | | | | | {got['state']} | |"
    gap = abs(got["bound"] - got["value"]) / max(1e-9, abs(got["value"]))
    return (
        f"| {name} | {who} | {got['build_s']:.2f} | {got['solve_s']:.2f} | {got['value']:,.0f} | {gap:.2%} "
        f"| {got['state']} | {got['peak_gb']:.2f} |"
    )


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the smallest instance only")
    parser.add_argument("--limit", type=float, default=1_800.0, help="seconds a peer may take")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.child[0], json.loads(given.child[1]), Path(given.child[2]))
        return
    rows = [
        f"Load when it began: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.", "",
        "| instance | who | build s | solve s | value | gap | state | peak GB |", "|---|---|--:|--:|--:|--:|---|--:|",
    ]  # fmt: skip
    for n, m, p, size in SIZES[:1] if given.quick else SIZES:
        for model in ("mclp", "lscp"):
            task = {"n": n, "m": m, "p": p, "size": size, "model": model}
            for who in ("ours", "spopt"):
                rows.append(line(f"{model} {n:,} × {m:,}", who, run(who, task, given.limit)))
                print(rows[-1], flush=True)
    if not given.quick:
        n, m, p, size = LARGE
        task = {"n": n, "m": m, "p": p, "size": size, "model": "mclp"}
        rows.append(line(f"mclp {n:,} × {m:,}, p = {p}", "ours", run("ours", task, given.limit)))
        task = {"n": 5_000, "m": 5_000, "p": 50, "size": 15_000.0, "model": "p_median"}
        rows.append(line("p-median 5,000 × 5,000, p = 50", "ours", run("ours", task, given.limit)))
    text = "\n".join(rows) + "\n"
    print(text)
    if given.out:
        given.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
