"""The line of each estate's walk: as long as the walk, from the estate to the venue, over the streets."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod

import walkshed
from conftest import open_access
from osm_maker import Town
from rule_cases import CASES
from walkshed.walking.walk_lines import walk_lines

GEOD = Geod(ellps="WGS84")
LONG_M = 0.2
ANY_WALK = walkshed.Standard(metres=50_000)


def places(points, names):
    shapes = [
        shapely.Point(some) if isinstance(some[0], float) else shapely.MultiPoint(some) for some in points
    ]
    return gpd.GeoDataFrame(geometry=shapes, index=list(names), crs="EPSG:4326")


def line(lines, i):
    part = slice(lines.ptr[i], lines.ptr[i + 1])
    return shapely.LineString(np.column_stack([lines.lon[part], lines.lat[part]]))


def is_near(point, geometry, within_m=0.2):
    """Whether a (lon, lat) is one of the points of a place."""
    spots = shapely.get_coordinates(geometry)
    return min(GEOD.inv(*point, *spot)[2] for spot in spots) <= within_m


def assert_lines_are_the_walks(access, estates, venues, *, eligible=None, profile=""):
    near, lines = (
        access.nearest(profile, eligible=eligible),
        walk_lines(access, profile=profile, eligible=eligible),
    )
    assert lines.estate.tolist() == near.estate.tolist()
    assert lines.venue.tolist() == near.venue.tolist()
    for i in range(len(lines)):
        drawn = line(lines, i)
        assert GEOD.geometry_length(drawn) == pytest.approx(near.walk_dm[i] / 10, abs=LONG_M)
        assert is_near(drawn.coords[0], estates.geometry.iloc[lines.estate[i]])
        assert is_near(drawn.coords[-1], venues.geometry.iloc[lines.venue[i]])
    return lines


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_towns_by_hand(case, tmp_path):
    streets = walkshed.read_streets(case.write(tmp_path / "town.osm"))
    town = case.town()
    at = [
        [town.lonlat(*xy) for xy in (some if isinstance(some, list) else [some])]
        for some in (case.home, case.venue)
    ]
    estates, venues = places(at[:1], ["home"]), places(at[1:], ["venue"])
    access = open_access(streets, estates, venues, standards=[ANY_WALK])
    lines = assert_lines_are_the_walks(access, estates, venues)
    route = walkshed.route(streets, estates.geometry.iloc[0], venues.geometry.iloc[0])
    assert len(lines) == (case.walk_m is not None) == (route is not None)
    if route is not None:
        assert GEOD.geometry_length(line(lines, 0)) == pytest.approx(
            GEOD.geometry_length(route.line), abs=LONG_M
        )


def test_the_sample(sample_result):
    access = sample_result.access
    lines = walk_lines(access)
    near = access.nearest()
    assert len(lines) == len(near) > 50
    for i in range(len(lines)):
        estate, venue = (
            sample_result.estates.geometry.iloc[lines.estate[i]],
            sample_result.venues.geometry.iloc[lines.venue[i]],
        )
        route = walkshed.route(access.network, estate, venue, walls=access.walls, policy=access.policy)
        assert GEOD.geometry_length(line(lines, i)) == pytest.approx(route.walk_m, abs=LONG_M)


@pytest.fixture(scope="module")
def city(helsinki):
    streets = walkshed.read_streets(helsinki)
    rng = np.random.default_rng(5)
    spots = np.column_stack([streets.coord_lon, streets.coord_lat])
    xy = spots[rng.integers(len(spots), size=330)] + rng.normal(0, 3e-4, (330, 2))
    points = [tuple(map(float, one)) for one in xy]
    several = [points[i : i + 2] if i % 7 == 0 else points[i] for i in range(300)]
    estates, venues = places(several, range(300)), places(points[300:], [f"v{i}" for i in range(30)])
    standards = [walkshed.Standard(metres=400)]
    return open_access(streets, estates, venues, standards=standards), estates, venues


def test_a_real_city(city):
    access, estates, venues = city
    lines = assert_lines_are_the_walks(access, estates, venues)
    assert len(lines) > 200
    for i in range(0, len(lines), 10):
        ends = estates.geometry.iloc[lines.estate[i]], venues.geometry.iloc[lines.venue[i]]
        drawn, route = line(lines, i), walkshed.route(access.network, *ends)
        assert GEOD.geometry_length(drawn) == pytest.approx(route.walk_m, abs=LONG_M)
        assert shapely.hausdorff_distance(drawn, route.line) < 2e-3


def test_only_venues_that_may_be_chosen_are_walked_to(city):
    access, estates, venues = city
    eligible = np.arange(30) % 3 == 0
    lines = assert_lines_are_the_walks(access, estates, venues, eligible=eligible)
    assert set(lines.venue.tolist()) <= set(np.flatnonzero(eligible).tolist())
    assert len(walk_lines(access, eligible=np.zeros(30, dtype=bool))) == 0


def test_of_venues_equally_far_the_line_leads_to_the_one_the_table_names(tmp_path):
    town = Town()
    grid = town.lattice(4, 4, 100)
    town.way([grid[0][0], (-300.0, 0.0)], highway="footway")
    streets = walkshed.read_streets(town.write(tmp_path / "town.osm"))
    spots = [(150.0, 5.0), (150.0, 5.0), (150.02, 295.0), (5.0, 150.0)]
    for order in ("abcd", "dcba", "badc"):
        venues = places([town.lonlat(*spot) for spot in spots], order)
        homes = [(50.0, 150.0), (150.0, 150.0), (250.0, 150.0), (145.0, 3.0), (-200.0, 4.0)]
        estates = places([town.lonlat(*home) for home in homes], range(5))
        access = open_access(streets, estates, venues, standards=[ANY_WALK])
        assert len(assert_lines_are_the_walks(access, estates, venues)) == 5


def test_no_estates_no_lines(city):
    access, estates, venues = city
    nobody = open_access(access.network, estates.iloc[:0], venues)
    lines = walk_lines(nobody)
    assert (len(lines), lines.ptr.tolist(), len(lines.lon)) == (0, [0], 0)
