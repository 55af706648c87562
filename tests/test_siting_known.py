"""Siting against published answers: the exact optimum of every benchmark that is at hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from walkshed.siting import NewSites, from_costs, solve

SJC = {
    324: (5461, 8790, 11604, 12106, 12152),
    402: (6555, 11339, 14690, 15658, 15970, 15984),
    500: (7944, 12454, 15730, 17794, 18859, 19525, 19692, 19707),
}
SAN_FRANCISCO = {
    "mclp": (448255, 671938, 791499, 875247),
    "p_median": (5731159103.675, 4009098972.1349, 3385565397.5315, 2848268129.7145),
    "p_center": (11577.279, 9130.759, 7529.986, 7403.064),
}


def orlib_walks(path) -> tuple[np.ndarray, int]:
    """Return all shortest paths of an OR-Library graph and its p; a repeated edge replaces the earlier one."""
    lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
    n, _edges, p = (int(word) for word in lines[0])
    walk = np.full((n, n), np.inf)
    for a, b, length in lines[1:]:
        walk[int(a) - 1, int(b) - 1] = walk[int(b) - 1, int(a) - 1] = float(length)
    np.fill_diagonal(walk, 0)
    for k in range(n):
        walk = np.minimum(walk, walk[:, k : k + 1] + walk[k])
    return walk, p


@pytest.mark.parametrize("number", range(1, 16))
def test_or_library_p_medians_are_solved_to_the_published_optimum(shared_data, number):
    folder = shared_data("location/orlib_pmed")
    walk, p = orlib_walks(folder / f"pmed{number}.txt")
    published = dict(
        line.split() for line in (folder / "pmedopt.txt").read_text().splitlines()[1:] if line.strip()
    )
    plan = solve(from_costs(walk), "p_median", [NewSites(p)])
    assert plan.value == float(published[f"pmed{number}"])
    assert (plan.state, plan.gap) == ("optimal", 0)
    # the plan itself, measured anew
    assert walk[:, plan.chosen].min(axis=1).sum() == plan.value
    assert len(plan.chosen) <= p


@pytest.mark.parametrize("size", SJC)
def test_sao_jose_dos_campos_is_covered_as_published(shared_data, size):
    folder = shared_data("location/sjc")
    spots = np.loadtxt(folder / f"SJC{size}.txt", skiprows=1)[:size]
    demand = np.loadtxt(folder / f"demand-SJC{size}.dat").ravel()[:size]
    problem = from_costs(cdist(spots, spots), limit=800, weights=demand)
    for p, published in enumerate(SJC[size], start=1):
        plan = solve(problem, "mclp", [NewSites(p)])
        assert (plan.value, plan.bound, plan.state) == (published, published, "optimal")
        near = cdist(spots, spots[plan.chosen]).min(axis=1) <= 800
        assert demand[near].sum() == published


@pytest.fixture(scope="module")
def san_francisco(shared_data):
    folder = shared_data("location/spopt_sf")
    walks = pd.read_csv(folder / "SF_network_distance_candidateStore_16_censusTract_205_new.csv")
    tracts = pd.read_csv(folder / "SF_demand_205_centroid_uniform_weight.csv").set_index("NAME")
    return from_costs(
        walks,
        columns=("DestinationName", "name", "distance"),
        limit=5000,
        demand=tracts.set_axis(tracts.index.astype(str)),
        weight="POP2000",
    )


@pytest.mark.parametrize("objective", SAN_FRANCISCO)
def test_san_francisco_is_solved_as_published(san_francisco, objective):
    for p, published in enumerate(SAN_FRANCISCO[objective], start=1):
        plan = solve(san_francisco, objective, [NewSites(p)])
        assert plan.state == "optimal"
        assert plan.value == pytest.approx(published, abs=1e-3)


def test_san_francisco_needs_eight_stores_to_be_covered(san_francisco):
    plan = solve(san_francisco, "lscp")
    assert (plan.value, plan.bound, plan.state) == (8, 8, "optimal")
    assert plan.covered.all()


def test_york_twenty_new_sites_beside_the_existing_ones(shared_data):
    folder = shared_data("location/york")
    crimes = pd.read_csv(folder / "york_crime_points.csv")
    listed = pd.read_csv(folder / "york_listed_buildings.csv").dropna(subset=["long", "lat"])
    lat1, lat2 = np.radians(crimes["lat"].to_numpy())[:, None], np.radians(listed["lat"].to_numpy())[None, :]
    east = np.radians(crimes["long"].to_numpy())[:, None] - np.radians(listed["long"].to_numpy())[None, :]
    half = np.sin((lat1 - lat2) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin(east / 2) ** 2
    metres = 2 * 6_371_000 * np.arcsin(np.sqrt(half))
    sites = pd.DataFrame({"siting_status": np.where(listed["grade"] == "I", "existing", "candidate")})
    problem = from_costs(np.where(metres <= 100, metres, np.inf), limit=100, sites=sites)
    before, after = solve(problem, "mclp", [NewSites(0)]), solve(problem, "mclp", [NewSites(20)])
    assert (before.value, after.value, after.bound) == (339, 540, 540)
    assert (metres[:, np.concatenate([after.chosen, after.open_anyway])].min(axis=1) <= 100).sum() == 540


def test_a_textbook_case_by_hand():
    """Four estates in a row 100 m apart, a site at each: worked out on paper."""
    walk = np.abs(np.subtract.outer(np.arange(4.0), np.arange(4.0))) * 100
    problem = from_costs(walk, limit=100, weights=[10, 20, 30, 40])
    assert [solve(problem, "mclp", [NewSites(p)]).value for p in (0, 1, 2)] == [0, 90, 100]
    assert solve(problem, "lscp").value == 2
    assert solve(problem, "p_center", [NewSites(2)]).value == 100
    # at 2: 10·200 + 20·100 + 40·100; with 0 or 1 beside 3 …: 20·100 + 30·100 - the best pair is 1 and 3: 10·100 + 30·100
    assert solve(problem, "p_median", [NewSites(1)]).value == 8000
    assert solve(problem, "p_median", [NewSites(2)]).value == 4000
    assert math.isclose(solve(problem, "p_median", [NewSites(4)]).value, 0)
