"""Walks are exact: the library against the slow second implementation, on towns by hand and on real streets.

The second implementation (``reference.py``) shares nothing with the library: every OSM node is a node of its
graph, every place is inserted, every area is crossed by all the lines that fit, and networkx does the rest.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

import walkshed
from conftest import open_access
from osm_maker import Town
from reference import GEOD, Reference
from rule_cases import CASES, TOLERANCE_M, Case

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    Lonlat = tuple[float, float]
    Places = dict[str, list[Lonlat]]

ANY_WALK = walkshed.Standard(metres=200_000)
SHORT_WALK = walkshed.Standard(metres=250)
SAME_WALK_M = 0.1
BY_HAND_M = TOLERANCE_M + 0.05
"""The towns' own tolerance, and the library's rounding to a tenth of a metre."""


def table(places: Mapping[str, Sequence[Lonlat]]) -> gpd.GeoDataFrame:
    """Return places as the library takes them: points, and multipoints where there are several."""
    shapes = [
        shapely.Point(some[0]) if len(some) == 1 else shapely.MultiPoint(some) for some in places.values()
    ]
    return gpd.GeoDataFrame(geometry=shapes, index=list(places), crs="EPSG:4326")


def walks_of(access: walkshed.Access) -> dict[tuple[str, str], float]:
    """Return the long table as the second implementation has it."""
    long = access.to_frame()
    return dict(zip(zip(long["estate_id"], long["venue_id"], strict=True), long["walk_m"], strict=True))


def nearest_of(access: walkshed.Access) -> dict[str, tuple[str, float]]:
    """Return each estate's nearest venue and its walk."""
    near = access.nearest()
    homes, venues = access.estate_ids[near.estate], access.venue_ids[near.venue]
    return {h: (v, w / 10) for h, v, w in zip(homes, venues, near.walk_dm.tolist(), strict=True)}


# -- towns by hand ----------------------------------------------------------------------------------------


def town_of(case: Case, folder: Path, ending: str = ".osm") -> tuple[walkshed.WalkNetwork, Any, Any]:
    home, venue = case.points()
    streets = walkshed.read_streets(case.write(folder / f"town{ending}"))
    return streets, table({"home": home}), table({"venue": venue})


def near(walk_m: float) -> Any:
    return pytest.approx(walk_m, abs=BY_HAND_M)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_walks_as_worked_out_by_hand(case, tmp_path):
    streets, home, venue = town_of(case, tmp_path)
    full = open_access(streets, home, venue, standards=[ANY_WALK])
    short = open_access(streets, home, venue, standards=[walkshed.Standard(metres=1)])
    route = walkshed.route(streets, home.geometry.iloc[0], venue.geometry.iloc[0])
    if case.walk_m is None:
        assert walks_of(full) == {}
        assert nearest_of(short) == {}
        assert short.k_nearest(2).empty
        assert route is None
        return
    assert walks_of(full) == {("home", "venue"): near(case.walk_m)}
    assert nearest_of(full) == {"home": ("venue", near(case.walk_m))}
    assert nearest_of(short) == {"home": ("venue", near(case.walk_m))}
    for access in (full, short):
        ranked = access.k_nearest(2)
        assert ranked[["estate_id", "rank", "venue_id"]].to_numpy().tolist() == [["home", 1, "venue"]]
        assert ranked["walk_m"].item() == near(case.walk_m)
    assert route is not None
    assert route.walk_m == near(case.walk_m)
    assert GEOD.geometry_length(route.line) == near(case.walk_m)


@pytest.mark.parametrize("ending", [".osm", ".osm.pbf", ".osm.gz", ".osm.bz2"])
def test_every_format_holds_the_same_streets(ending, tmp_path):
    town = Town()
    grid = town.lattice(3, 3, 200)
    town.way([grid[0][0], town.missing(), grid[2][2]], highway="footway")
    square = [town.node(x, y) for x, y in ((400, 400), (500, 400), (500, 500), (400, 500))]
    town.ring([grid[2][2], *square[1:]], highway="pedestrian", area="yes")
    streets = walkshed.read_streets(town.write(tmp_path / f"town{ending}"))
    homes, venues = table({"a": [town.lonlat(0, 100)]}), table({"v": [town.lonlat(500, 500)]})
    walk = walks_of(open_access(streets, homes, venues, standards=[ANY_WALK]))
    assert walk == {("a", "v"): near(700 + 100 * 2**0.5)}


# -- real streets -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class City:
    """One extract read by both, places put on it at random, and the second implementation's walks."""

    streets: walkshed.WalkNetwork
    homes: Places
    venues: Places
    walks: dict[tuple[str, str], float]

    def access(self, standard: walkshed.Standard) -> walkshed.Access:
        return open_access(self.streets, table(self.homes), table(self.venues), standards=[standard])

    def venues_by_walk(self, home: str) -> list[tuple[float, str]]:
        """Return every venue that a home reaches, the nearest first."""
        return sorted((self.walks[home, v], v) for v in self.venues if (home, v) in self.walks)


def places_on(reference: Reference, count: int, rng: np.random.Generator, name: str) -> Places:
    """Put places beside streets and in areas, a few far off, every fifth one with two or three points."""
    ends = np.array([reference.lonlat[edge.u] for edge in reference.edges])
    corners = [node for area in reference.areas for node in area.nodes]
    places: Places = {}
    for number in range(count):
        points = []
        for _ in range(1 if number % 5 else int(rng.integers(2, 4))):
            spot = ends[rng.integers(len(ends))]
            if corners and number % 4 == 1:  # in or beside a pedestrian area
                spot = np.array(reference.lonlat[corners[rng.integers(len(corners))]])
            spread = 3e-3 if number % 11 == 3 else 3e-4
            lon, lat = spot + rng.normal(0, spread, 2)
            points.append((float(lon), float(lat)))
        places[f"{name}{number}"] = points
    return places


def city_of(path: Path) -> City:
    reference = Reference(path, outline_sees=True)
    rng = np.random.default_rng(20261101)
    homes, venues = places_on(reference, 150, rng, "h"), places_on(reference, 12, rng, "v")
    return City(walkshed.read_streets(path), homes, venues, reference.walk(homes, venues))


@pytest.fixture(scope="module", params=["helsinki", "haidian", "monaco"])
def city(request) -> City:
    if request.param == "helsinki":
        return city_of(request.getfixturevalue("helsinki"))
    shared_data = request.getfixturevalue("shared_data")
    extract = {"haidian": "beijing_haidian", "monaco": "monaco"}[request.param]
    return city_of(shared_data(f"osm/{extract}.osm.pbf"))


def test_all_pairs_agree(city):
    ours = walks_of(city.access(ANY_WALK))
    assert ours.keys() == city.walks.keys()
    assert 0 < len(ours) < len(city.homes) * len(city.venues)  # some places are out of reach, most are not
    wrong = {p: (ours[p], city.walks[p]) for p in ours if abs(ours[p] - city.walks[p]) > SAME_WALK_M}
    assert wrong == {}


def test_pairs_within_a_standard_agree(city):
    ours = walks_of(city.access(SHORT_WALK))
    within = {pair: walk for pair, walk in city.walks.items() if walk <= 250}
    doubtful = {pair for pair, walk in city.walks.items() if abs(walk - 250) <= SAME_WALK_M}
    assert ours.keys() - doubtful == within.keys() - doubtful
    assert len(within) > 5
    assert all(
        ours[pair] == pytest.approx(within[pair], abs=SAME_WALK_M) for pair in within.keys() & ours.keys()
    )


def test_the_nearest_venue_is_found_however_far(city):
    nearest = nearest_of(city.access(SHORT_WALK))
    assert nearest.keys() == {home for home, _ in city.walks}
    for home, (venue, walk) in nearest.items():
        least, _ = city.venues_by_walk(home)[0]
        assert walk == pytest.approx(least, abs=SAME_WALK_M)
        assert city.walks[home, venue] == pytest.approx(least, abs=2 * SAME_WALK_M)


@pytest.mark.parametrize("standard", [SHORT_WALK, ANY_WALK], ids=["searched further", "within the cut"])
def test_the_three_nearest_are_found(city, standard):
    ranked = city.access(standard).k_nearest(3)
    for home in city.homes:
        rows = ranked[ranked["estate_id"] == home]
        best = city.venues_by_walk(home)[:3]
        assert rows["rank"].tolist() == list(range(1, len(best) + 1))
        assert rows["walk_m"].tolist() == pytest.approx([walk for walk, _ in best], abs=SAME_WALK_M)
        assert rows["venue_id"].is_unique
        for venue, walk in zip(rows["venue_id"], rows["walk_m"], strict=True):
            assert city.walks[home, venue] == pytest.approx(walk, abs=SAME_WALK_M)


def test_a_routes_line_is_as_long_as_the_walk(city):
    homes, venues = table(city.homes).geometry, table(city.venues).geometry
    for home, venue in itertools.product(list(city.homes)[::6], list(city.venues)[::3]):
        route = walkshed.route(city.streets, homes[home], venues[venue])
        walk = city.walks.get((home, venue))
        if walk is None:
            assert route is None
            continue
        assert route is not None
        assert route.walk_m == pytest.approx(walk, abs=SAME_WALK_M)
        assert GEOD.geometry_length(route.line) == pytest.approx(walk, abs=0.2)
        for end, places in (
            (route.line.coords[0], city.homes[home]),
            (route.line.coords[-1], city.venues[venue]),
        ):
            assert min(GEOD.inv(*end, *point)[2] for point in places) < 0.01


def test_a_route_keeps_to_the_streets(city):
    # Between the legs (off the street, and across an area to its corner) every step follows an edge.
    homes, venues = table(city.homes).geometry, table(city.venues).geometry
    tree = shapely.STRtree(city.streets.lines)
    steps = []
    for home, venue in zip(list(city.homes)[::2], itertools.cycle(city.venues), strict=False):
        route = walkshed.route(city.streets, homes[home], venues[venue])
        if route is not None:
            steps += [(a, b) for a, b in itertools.pairwise(route.line.coords)][2:-2]
    assert len(steps) > 500
    middles = shapely.line_interpolate_point(shapely.linestrings(steps), 0.5, normalized=True)
    pairs, away = tree.query_nearest(middles, return_distance=True, all_matches=False)
    assert len(pairs[0]) == len(steps)
    assert away.max() < 2e-7  # degrees: two centimetres
