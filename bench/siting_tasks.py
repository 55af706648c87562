"""The tasks of the siting benchmark: instances, and how each library builds and solves them."""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

if TYPE_CHECKING:
    from collections.abc import Callable

    from scipy import sparse

DATA = Path(os.environ.get("WALKSHED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
RADIUS = 500.0
SHORT_S, AGAIN = 1.0, 4
"""A task of less than a second is done four times more, and the median counts."""


@dataclass(frozen=True)
class Task:
    """One instance: n demand points, m sites, p, the model; or where a published one is."""

    name: str
    kind: str
    model: str
    p: int = 0
    n: int = 0
    m: int = 0
    size: float = 0.0
    needs: str = ""
    peer: bool = True
    quick: bool = False
    times: float = 1
    """So many times as fast as the peer is the aim."""
    most_s: float = 0
    most_gap: float | None = None
    most_gb: float = 0
    says: str = ""


TASKS = (
    *(Task(f"San Francisco {model}", "sf", model, p, needs="location/spopt_sf", quick=True)
      for model, p in (("mclp", 4), ("lscp", 0), ("p_median", 4), ("p_center", 4))),
    *(Task(f"SJC {n} mclp p = {p}", "sjc", "mclp", p, n, n, needs="location/sjc", quick=True)
      for n, p in ((324, 5), (402, 6), (500, 8))),
    Task("mclp 5,000 × 500", "city", "mclp", 20, 5_000, 500, 8_000.0, quick=True, times=50),
    Task("lscp 5,000 × 500", "city", "lscp", 0, 5_000, 500, 8_000.0, quick=True, times=50),
    Task("mclp 50,000 × 3,000, p = 100", "city", "mclp", 100, 50_000, 3_000, 20_000.0, peer=False, most_s=60, most_gap=0.01),
    Task("p-median 5,000 × 5,000, p = 50", "city", "p_median", 50, 5_000, 5_000, 15_000.0, peer=False, says="gap"),
    Task("all street points of Porto, p = 100", "porto", "mclp", 100, 28_000, needs="osm/porto.osm.pbf", peer=False,
         most_s=120, most_gb=4, says="gap"),
    Task("mclp 20,000 × 2,000", "city", "mclp", 50, 20_000, 2_000, 15_000.0, times=50),
    Task("lscp 20,000 × 2,000", "city", "lscp", 0, 20_000, 2_000, 15_000.0, times=50),
)  # fmt: skip


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


def table_of(task: Task, *, full: bool) -> tuple[Any, np.ndarray, float]:
    """Return costs (demand × sites), weights and the standard; ``full``: every pair, as spopt wants it."""
    if task.kind == "sf":
        folder = DATA / task.needs
        walks = pd.read_csv(folder / "SF_network_distance_candidateStore_16_censusTract_205_new.csv")
        tracts = pd.read_csv(folder / "SF_demand_205_centroid_uniform_weight.csv").sort_values("NAME")
        wide = walks.pivot_table(index="DestinationName", columns="name", values="distance")
        return wide.loc[tracts["NAME"]].to_numpy(), tracts["POP2000"].to_numpy(dtype=float), 5_000.0
    if task.kind == "sjc":
        folder = DATA / task.needs
        spots = np.loadtxt(folder / f"SJC{task.n}.txt", skiprows=1)[: task.n]
        return cdist(spots, spots), np.loadtxt(folder / f"demand-SJC{task.n}.dat").ravel()[: task.n], 800.0
    homes, rooms, weight = city(task.n, task.m, task.size)
    if task.model == "p_median":
        return np.rint(cdist(homes, rooms)), weight, np.inf
    table = near(homes, rooms).tocsr()
    if task.model == "lscp":  # rows that nobody serves are left out, for both
        reached = np.flatnonzero(np.diff(table.indptr))
        table, homes, weight = table[reached], homes[reached], np.ones(len(reached))
    return cdist(homes, rooms) if full else table, weight, RADIUS


def answer(who: str, task: Task) -> dict[str, Any]:
    """Build and solve; short tasks several times."""
    if task.kind == "porto":
        return porto(task)
    table, weight, limit = table_of(task, full=who == "spopt")
    do: Callable[..., dict[str, Any]] = ours if who == "walkshed" else spopt
    do(np.array([[1.0, 9.0], [9.0, 1.0]]), np.ones(2), 5.0, task.model, 1)  # imports are not counted
    got = [do(table, weight, limit, task.model, task.p)]
    if got[0]["build"] + got[0]["solve"] < SHORT_S:
        got += [do(table, weight, limit, task.model, task.p) for _again in range(AGAIN)]
    times = {name: statistics.median(one[name] for one in got) for name in ("build", "solve", "cpu")}
    return got[0] | times


def ours(table: Any, weight: np.ndarray, limit: float, model: str, p: int) -> dict[str, Any]:
    """Build and solve with walkshed."""
    from walkshed.siting import NewSites, from_costs, solve

    began, cpu = time.perf_counter(), time.process_time()
    problem = from_costs(table, limit=limit, weights=weight)
    built = time.perf_counter()
    plan = solve(problem, model, [] if model == "lscp" else [NewSites(p)])
    return {
        "build": built - began, "solve": time.perf_counter() - built, "cpu": time.process_time() - cpu,
        "value": plan.value, "bound": plan.bound, "state": plan.state,
    }  # fmt: skip


def spopt(table: np.ndarray, weight: np.ndarray, limit: float, model: str, p: int) -> dict[str, Any]:
    """Build and solve with spopt, PuLP and HiGHS."""
    import pulp
    from spopt.locate import LSCP, MCLP, PCenter, PMedian

    began, cpu = time.perf_counter(), time.process_time()
    if model == "mclp":
        made = MCLP.from_cost_matrix(table, weight, limit, p_facilities=p)
    elif model == "lscp":
        made = LSCP.from_cost_matrix(table, limit)
    elif model == "p_median":
        made = PMedian.from_cost_matrix(table, weight, p_facilities=p)
    else:
        made = PCenter.from_cost_matrix(table, p_facilities=p)
    built = time.perf_counter()
    made.solve(pulp.HiGHS(msg=False), results=False)
    value = pulp.value(made.problem.objective)
    return {
        "build": built - began, "solve": time.perf_counter() - built, "cpu": time.process_time() - cpu,
        "value": value, "bound": value, "state": pulp.LpStatus[made.problem.status].lower(),
    }  # fmt: skip


def porto(task: Task) -> dict[str, Any]:
    """Tie, search and solve: estates in Porto's middle, a candidate every 10 m of street around them."""
    import geopandas as gpd

    from walkshed import Standard, read_streets
    from walkshed.siting import NewSites, from_streets, solve
    from walkshed.siting.candidates import street_candidates

    network = read_streets(DATA / task.needs)
    random, start = np.random.default_rng(0), network.coord_ptr[:-1]
    lon, lat = network.coord_lon[start], network.coord_lat[start]
    inside = (np.abs(lon + 8.611) < 0.071) & (np.abs(lat - 41.149) < 0.053)  # some 6 km each way
    share = network.edge_length_m * inside
    at = start[random.choice(len(share), task.n, p=share / share.sum())]
    x = network.coord_lon[at] + random.normal(0, 2e-4, task.n)
    y = network.coord_lat[at] + random.normal(0, 2e-4, task.n)
    estates = gpd.GeoDataFrame(
        {"name": "", "lon": x, "lat": y, "households": random.integers(50, 800, task.n).astype(float)},
        index=pd.Index([f"e{i}" for i in range(task.n)], name="estate_id"),
        geometry=gpd.points_from_xy(x, y), crs="EPSG:4326",
    )  # fmt: skip
    began, cpu = time.perf_counter(), time.process_time()
    points = street_candidates(network, every_m=10, around=estates, reach_m=RADIUS)
    problem = from_streets(network, estates, points, standard=Standard(metres=RADIUS))
    built = time.perf_counter()
    plan = solve(problem, "mclp", [NewSites(task.p)])
    return {
        "build": built - began, "solve": time.perf_counter() - built, "cpu": time.process_time() - cpu,
        "value": plan.value, "bound": plan.bound, "state": plan.state,
        "size": f"{problem.n:,} estates, {problem.m:,} points, {len(problem.rows):,} pairs",
    }  # fmt: skip
