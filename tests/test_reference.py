"""The slow second implementation is itself held to distances worked out by hand."""

from __future__ import annotations

import random

import pytest

from osm_maker import Town
from reference import GEOD, Reference
from rule_cases import CASES, TOLERANCE_M, Case


def walk_of(case: Case, folder) -> float | None:
    home, venue = case.points()
    streets = Reference(case.write(folder / "town.osm"))
    return streets.walk({"home": home}, {"venue": venue}).get(("home", "venue"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_walks_as_worked_out_by_hand(case, tmp_path):
    walk = walk_of(case, tmp_path)
    if case.walk_m is None:
        assert walk is None
    else:
        assert walk == pytest.approx(case.walk_m, abs=TOLERANCE_M)


def test_the_cases_have_names_of_their_own():
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))
    assert len(names) >= 60


def test_the_plane_of_a_town_is_geodesic_to_a_centimetre_a_kilometre():
    town = Town()
    rng = random.Random(0)
    for _ in range(200):
        a, b = ((rng.uniform(-5000, 5000), rng.uniform(-5000, 5000)) for _ in "ab")
        drawn = ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5
        assert GEOD.inv(*town.lonlat(*a), *town.lonlat(*b))[2] == pytest.approx(drawn, rel=1e-5)


@pytest.mark.parametrize("ending", [".osm", ".osm.pbf", ".osm.gz", ".osm.bz2"])
def test_every_format_holds_the_same_town(ending, tmp_path):
    town = Town()
    grid = town.lattice(3, 3, 200)
    town.way([grid[0][0], town.missing(), grid[2][2]], highway="footway")
    streets = Reference(town.write(tmp_path / f"town{ending}"))
    homes, venues = {"a": [town.lonlat(0, 100)]}, {"v": [town.lonlat(400, 300)]}
    assert len(streets.edges) == 12
    assert streets.walk(homes, venues) == {("a", "v"): pytest.approx(600, abs=TOLERANCE_M)}


def test_on_a_lattice_walks_are_city_block_distances(tmp_path):
    town = Town()
    town.lattice(6, 6, 100)
    streets = Reference(town.write(tmp_path / "town.osm"))
    rng = random.Random(7)

    # Homes stand 5 m east of northward streets and venues 5 m north of eastward ones: a walk from one to the
    # other goes round one corner, and no corner is out of the way.
    homes = {
        f"h{i}": (rng.randrange(6) * 100, rng.randrange(5) * 100 + rng.uniform(10, 90)) for i in range(20)
    }
    venues = {
        f"v{i}": (rng.randrange(5) * 100 + rng.uniform(10, 90), rng.randrange(6) * 100) for i in range(20)
    }
    walks = streets.walk(
        {key: [town.lonlat(x + 5, y)] for key, (x, y) in homes.items()},
        {key: [town.lonlat(x, y + 5)] for key, (x, y) in venues.items()},
    )
    assert len(walks) == 400
    for (home, venue), walk in walks.items():
        (hx, hy), (vx, vy) = homes[home], venues[venue]
        assert walk == pytest.approx(abs(hx - vx) + abs(hy - vy) + 10, abs=TOLERANCE_M)


def test_inserting_others_changes_nobodys_walk(tmp_path):
    case = next(case for case in CASES if case.name == "both inside, round the inner corner")
    town = case.town()
    streets = Reference(case.write(tmp_path / "town.osm"))
    rng = random.Random(3)

    def places() -> dict[str, list[tuple[float, float]]]:
        return {str(i): [town.lonlat(rng.uniform(-150, 210), rng.uniform(-20, 260))] for i in range(12)}

    homes, venues = places(), places()
    together = streets.walk(homes, venues)
    alone = {}
    for home, venue in ((h, v) for h in homes for v in venues):
        alone |= streets.walk({home: homes[home]}, {venue: venues[venue]})
    assert len(alone) > 100
    assert together == pytest.approx(alone, abs=1e-6)


def test_a_tie_says_where_and_how(tmp_path):
    town = Town()
    town.way([(-600, 0), (600, 0)], highway="residential")
    town.way([(-50, 400), (50, 400)], highway="footway", bridge="yes")
    streets = Reference(town.write(tmp_path / "town.osm"))
    places = {"near": [town.lonlat(100, 30), town.lonlat(100, 900)], "islet": [town.lonlat(0, 410)]}
    ties = streets.ties(places)
    assert ties["near", 1] is None
    near, islet = ties["near", 0], ties["islet", 0]
    assert near is not None
    assert islet is not None
    assert near.leg_m == pytest.approx(30, abs=TOLERANCE_M)
    assert GEOD.inv(near.lon, near.lat, *town.lonlat(100, 0))[2] < TOLERANCE_M
    assert (near.island, near.structure, islet.island, islet.structure) == (False, False, True, True)


def test_an_area_met_on_its_outline_can_be_crossed_at_once_if_asked(tmp_path):
    # Home 10 m west of a square's western side, its middle; the street leaves at the north-eastern corner.
    town = Town()
    corners = [town.node(*xy) for xy in ((0, 0), (200, 0), (200, 200), (0, 200))]
    town.ring(corners, highway="pedestrian", area="yes")
    town.way([corners[2], (800, 200)], highway="residential")
    path = town.write(tmp_path / "town.osm")
    homes, venues = {"h": [town.lonlat(-10, 100)]}, {"v": [town.lonlat(300, 210)]}
    along = Reference(path).walk(homes, venues)["h", "v"]
    across = Reference(path, outline_sees=True).walk(homes, venues)["h", "v"]
    assert along == pytest.approx(10 + 100 + 200 + 100 + 10, abs=TOLERANCE_M)
    assert across == pytest.approx(10 + (200**2 + 100**2) ** 0.5 + 100 + 10, abs=TOLERANCE_M)
