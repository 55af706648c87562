"""Different walkers: stairs, crossings, gates, lifts, slopes and walks without steps, by hand and against a slow opinion."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkshed
from osm_maker import Town
from reference_time import TimedReference
from test_exact_walks import places_on, table
from test_laws import SIDE, STEP, law, places, spot
from walkshed.errors import InputError
from walkshed.profiles import ADULT, PRESETS, Profile
from walkshed.report.coverage import coverage
from walkshed.streets.cache import load, save
from walkshed.streets.grounds import PLACE, RESIDENTIAL
from walkshed.streets.osmnx_graph import to_osmnx
from walkshed.streets.osmnx_reading import from_osmnx
from walkshed.streets.rules import (
    CLOSED_GATE,
    CROSSING,
    LIFT,
    NO_BARRIER,
    NO_CROSSING,
    OPEN_GATE,
    PASSABLE,
    PRIVATE_GATE,
    SIGNALS,
    WALL,
    barrier_code,
    crossing_code,
)
from walkshed.walking.access import access
from walkshed.walking.slope import read_terrain
from walkshed.walking.walk_lines import walk_lines

SLOW = Profile(
    "slow", 1.0, stairs_up_mps=0.5, stairs_down_mps=0.8, crossing_s=10, signal_s=30, gate_s=20, lift_s=40
)
WHEELS = Profile("wheels", 1.0, step_free=True)
NO_WAY = None
ANY = [walkshed.Standard(minutes=10_000)]
SAME_S = 0.45
"""Half a hundredth of a minute, and the centimetres of a node's coordinates."""


def read(town: Town) -> walkshed.WalkNetwork:
    with tempfile.TemporaryDirectory() as folder:
        return walkshed.read_streets(town.write(Path(folder) / "town.osm"))


def seconds(network, home, venue, profile=SLOW, terrain=None) -> float | None:
    """Return the seconds of one walk, None where there is none."""
    walks = access(
        network, places([home], "e"), places([venue], "v"), profiles=[profile], standards=ANY, terrain=terrain
    ).to_frame()
    return None if walks.empty else walks["walk_min"].item() * 60


def near(value: float | None):
    return None if value is None else pytest.approx(value, abs=SAME_S)


# -- stairs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "westward", "up_s", "down_s"),
    [
        ({"incline": "up"}, False, 300, 262.5),
        ({"incline": "12%"}, False, 300, 262.5),
        ({"incline": "down"}, False, 262.5, 300),
        ({"incline": "-8.5 %"}, False, 262.5, 300),
        ({"incline": "up"}, True, 262.5, 300),
        ({"incline": "down"}, True, 300, 262.5),
        ({}, False, 300, 300),
        ({"incline": "0%"}, True, 300, 300),
        ({"incline": "steep"}, False, 300, 300),
    ],
)
def test_stairs_are_walked_at_their_own_speed_up_and_down(tags, westward, up_s, down_s):
    """200 m of footway at 1 m/s and 50 m of steps at 0.5 or 0.8 m/s; of unknown direction the slower counts."""
    town = Town()
    foot, head = town.node(100, 0), town.node(150, 0)
    town.way([(0, 0), foot], highway="footway")
    town.way([head, foot] if westward else [foot, head], {"highway": "steps", **tags})
    town.way([head, (250, 0)], highway="footway")
    network = read(town)
    assert seconds(network, (0, 0), (250, 0)) == near(up_s)
    assert seconds(network, (250, 0), (0, 0)) == near(down_s)
    assert seconds(network, (0, 0), (250, 0), Profile("level", 1.0)) == near(250)


def test_flights_of_stairs_keep_their_direction_when_joined():
    """Two flights that lead up eastward, drawn towards each other, and a third that leads down again."""
    town = Town()
    a, b, c, d = (town.node(x, 0) for x in (100, 140, 180, 260))
    town.way([(0, 0), a], highway="footway")
    town.way([a, (120, 0), b], highway="steps", incline="up")
    town.way([c, (160, 0), b], highway="steps", incline="down")
    town.way([c, d], highway="steps", incline="down")
    town.way([d, (300, 0)], highway="footway")
    network = read(town)
    assert seconds(network, (0, 0), (300, 0)) == near(140 + 80 / 0.5 + 80 / 0.8)
    assert seconds(network, (300, 0), (0, 0)) == near(140 + 80 / 0.8 + 80 / 0.5)


def test_who_lives_on_the_stairs_walks_his_share_of_them():
    town = Town()
    foot, head = town.node(100, 0), town.node(200, 0)
    town.way([(0, 0), foot], highway="footway")
    town.way([foot, head], highway="steps", incline="up")
    network = read(town)
    assert seconds(network, (130, 5), (0, 0)) == near(5 + 30 / 0.8 + 100)
    assert seconds(network, (0, 0), (130, 5)) == near(5 + 30 / 0.5 + 100)
    assert seconds(network, (130, 5), (180, 5)) == near(5 + 50 / 0.5 + 5)
    assert seconds(network, (180, 5), (130, 5)) == near(5 + 50 / 0.8 + 5)


# -- crossings, gates, lifts -------------------------------------------------------------------------------


def crossroads(**tags: str) -> walkshed.WalkNetwork:
    """Draw a road eastward, and a footway northward that crosses it at a node with these tags."""
    town = Town()
    middle = town.node(0, 0, tags)
    town.way([(-100, 0), middle, (100, 0)], highway="residential")
    town.way([(0, -50), middle, (0, 50)], highway="footway")
    return read(town)


@pytest.mark.parametrize(
    ("tags", "wait_s"),
    [
        ({"highway": "crossing"}, 10),
        ({"crossing": "uncontrolled"}, 10),
        ({"highway": "crossing", "crossing": "zebra", "crossing:signals": "no"}, 10),
        ({"highway": "crossing", "crossing": "traffic_signals"}, 30),
        ({"highway": "traffic_signals", "crossing": "traffic_signals"}, 30),
        ({"highway": "crossing", "crossing": "marked", "crossing:signals": "yes"}, 30),
        ({"highway": "crossing", "crossing": "no"}, 0),
        ({"highway": "traffic_signals"}, 0),
        ({}, 0),
    ],
)
def test_a_crossing_is_waited_at_by_those_who_cross_the_road(tags, wait_s):
    network = crossroads(**tags)
    assert seconds(network, (0, -50), (0, 50)) == near(100 + wait_s)
    assert seconds(network, (-100, 0), (0, 50)) == near(150 + wait_s / 2)
    assert seconds(network, (0, -50), (100, 0)) == near(150 + wait_s / 2)
    assert seconds(network, (-100, 0), (100, 0)) == near(200)
    assert seconds(network, (0, -20), (0, 20)) == near(40 + wait_s)
    assert seconds(network, (0, -20), (0, -45)) == near(25)
    assert seconds(network, (0, -50), (0, 50), Profile("level", 1.0)) == near(100)


def test_a_crossing_on_a_road_alone_changes_nothing():
    plain, marked = Town(), Town()
    for town, tags in ((plain, {}), (marked, {"highway": "crossing"})):
        town.way([(0, 0), town.node(100, 0, tags), (200, 0)], highway="residential")
    one, other = read(plain), read(marked)
    assert (one.n_nodes, one.n_edges) == (other.n_nodes, other.n_edges) == (2, 1)
    assert seconds(other, (0, 0), (200, 0)) == near(200)


@pytest.mark.parametrize("highway", ["footway", "service"])
@pytest.mark.parametrize(
    ("barrier", "wait_s"),
    [("gate", 20), ("kissing_gate", 20), ("turnstile", 20), ("bollard", 0), ("stile", 0), ("wall", NO_WAY)],
)
def test_a_gate_takes_its_time_on_any_way(highway, barrier, wait_s):
    town = Town()
    town.way([(0, 0), town.node(100, 0, barrier=barrier), (200, 0)], highway=highway)
    network = read(town)
    assert seconds(network, (0, 0), (200, 0)) == near(wait_s if wait_s is NO_WAY else 200 + wait_s)
    assert seconds(network, (0, 0), (60, 0)) == near(60)


def test_a_gate_at_a_crossing_takes_both_waits():
    town = Town()
    town.way([(0, 0), town.node(100, 0, barrier="gate", highway="crossing"), (200, 0)], highway="footway")
    assert seconds(read(town), (0, 0), (200, 0)) == near(200 + 20 + 10)


@pytest.mark.parametrize("ends", [{}, {"highway": "elevator"}], ids=["bare ends", "ends mapped as lifts too"])
def test_a_lift_drawn_as_a_way_takes_its_time_once(ends):
    town = Town()
    below, above = town.node(100, 0, ends), town.node(110, 0, ends)
    town.way([(0, 0), below], highway="footway")
    town.way([below, above], highway="elevator")
    town.way([above, (200, 0)], highway="footway")
    network = read(town)
    assert seconds(network, (0, 0), (200, 0)) == near(200 + 40)
    assert seconds(network, (200, 0), (0, 0), WHEELS) == near(200)


def test_a_lift_drawn_as_a_node_takes_its_time_once():
    town = Town()
    town.way([(0, 0), town.node(100, 0, highway="elevator"), (200, 0)], highway="footway")
    assert seconds(read(town), (0, 0), (200, 0)) == near(200 + 40)


def test_a_pedestrian_area_is_left_over_a_crossing_for_half_its_wait():
    """A square of 100 m; its south-east corner is a crossing node of the road, beyond which a footway leads on."""
    town = Town()
    corner = town.node(100, 0, highway="crossing")
    town.ring([(0, 0), corner, (100, 100), (0, 100)], highway="pedestrian", area="yes")
    town.way([corner, (100, -100)], highway="footway")
    town.way([(-500, 0 - 40), (-500, -700)], highway="residential")
    network = read(town)
    assert seconds(network, (60, 40), (100, -100)) == near(math.hypot(40, 40) + 10 + 100)
    assert seconds(network, (100, -100), (60, 40)) == near(math.hypot(40, 40) + 10 + 100)
    assert seconds(network, (20, 80), (80, 20)) == near(math.hypot(60, 60))


# -- without steps -----------------------------------------------------------------------------------------


def up_the_hill(steps: dict[str, str], *, detour: bool = True) -> walkshed.WalkNetwork:
    """Draw two streets 100 m apart, joined by steps, and 300 m to the east by a ramp."""
    town = Town()
    foot, head = town.node(0, 0), town.node(0, 100)
    east = town.node(300, 0), town.node(300, 100)
    town.way([(-400, 0), foot, east[0]], highway="residential")
    town.way([(-400, 100), head, east[1]], highway="residential")
    town.way([foot, head], {"highway": "steps", **steps})
    if detour:
        town.way([*east], highway="footway")
    return read(town)


@pytest.mark.parametrize(
    ("steps", "walk_m"),
    [
        ({}, 700),
        ({"ramp": "yes"}, 700),
        ({"wheelchair": "no"}, 700),
        ({"wheelchair": "yes"}, 100),
        ({"ramp:wheelchair": "yes"}, 100),
        ({"wheelchair": "designated", "incline": "up"}, 100),
    ],
)
def test_without_steps_one_goes_round_by_both_measures(steps, walk_m):
    network = up_the_hill(steps)
    pairs = access(
        network, places([(0, -10)], "e"), places([(0, 110)], "v"),
        profiles=[ADULT, WHEELS, dataclasses.replace(WHEELS, name="waits", crossing_s=5)],
        standards=[walkshed.Standard(metres=900)],
    ).to_frame().set_index("profile")  # fmt: skip
    assert pairs["walk_m"].to_dict() == pytest.approx(
        {"adult": 120, "wheels": walk_m + 20, "waits": walk_m + 20}, abs=0.15
    )
    assert pairs.loc["wheels", "walk_min"] * 60 == near(walk_m + 20)


def test_no_way_without_steps_is_no_walk():
    network = up_the_hill({}, detour=False)
    assert seconds(network, (0, -10), (0, 110), WHEELS) is NO_WAY
    assert seconds(network, (0, -10), (0, 110)) == near(20 + 100 / 0.5)
    assert walkshed.route(network, Town().lonlat(0, -10), Town().lonlat(0, 110), profile=WHEELS) is None


def test_a_way_that_is_not_for_wheelchairs_is_not_taken():
    town = Town()
    a, b = town.node(0, 0), town.node(200, 0)
    town.way([a, b], highway="path", wheelchair="no")
    town.way([a, (0, 100), (200, 100), b], highway="footway")
    town.way([(-300, 0), a], highway="residential")
    network = read(town)
    assert seconds(network, (-50, 0), (200, 0), WHEELS) == near(50 + 400)
    assert seconds(network, (-50, 0), (200, 0), Profile("level", 1.0)) == near(250)


def test_who_cannot_use_steps_and_lives_beside_them_goes_to_the_next_street():
    network = up_the_hill({})
    assert seconds(network, (10, 50), (0, 0), Profile("level", 1.0)) == near(10 + 50)
    assert seconds(network, (10, 40), (0, 0), WHEELS) == near(40 + 10)
    answer = access(network, places([(10, 40)], "e"), places([(0, 0)], "v"), profiles=[ADULT, WHEELS])
    step_free = answer.walker(WHEELS).metres.footing.estates
    assert network.edge_kind[answer.estate_ties.edge].tolist() != network.edge_kind[step_free.edge].tolist()


def test_stairs_drawn_as_an_area_are_not_crossed_on_wheels():
    town = Town()
    foot, head = town.node(0, 0), town.node(0, 40)
    town.way([(-600, 0), foot], highway="residential")
    town.way([(-600, 40), head], highway="residential")
    town.ring([foot, (30, 0), (30, 40), head], highway="steps", area="yes")
    network = read(town)
    assert seconds(network, (15, 20), (-100, 0), WHEELS) is not NO_WAY
    assert seconds(network, (-100, 0), (-100, 40), WHEELS) is NO_WAY
    assert seconds(network, (-100, 0), (-100, 40), Profile("level", 1.0)) == near(240)


# -- slopes ------------------------------------------------------------------------------------------------


def raster(path: Path, height, *, crs="EPSG:4326", hole=None, width=260, named=True) -> Path:
    """Write heights, a function of metres east and north of the town's origin, as a GeoTIFF."""
    import rasterio
    from affine import Affine
    from pyproj import Transformer

    town, rows = Town(), 60
    if crs == "EPSG:4326":
        west, north = town.lonlat(-200, 300)
        step = 1e-4, 1e-4
    else:
        west, north = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(
            *town.lonlat(-200, 300)
        )
        step = 10.0, 10.0
    x = west + (np.arange(width) + 0.5) * step[0]
    y = north - (np.arange(rows) + 0.5) * step[1]
    gx, gy = np.meshgrid(x, y)
    if crs != "EPSG:4326":
        gx, gy = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(gx, gy)
    east, up = town._plane(gx, gy)
    cells = height(east, up).astype("float32")
    if hole is not None:
        cells[hole(east, up)] = -9999
    options = {
        "driver": "GTiff",
        "width": width,
        "height": rows,
        "count": 1,
        "dtype": "float32",
        "nodata": -9999,
    }
    transform = Affine(step[0], 0, west, 0, -step[1], north)
    with rasterio.open(path, "w", crs=crs if named else None, transform=transform, **options) as file:
        file.write(cells, 1)
    return path


def hillside() -> walkshed.WalkNetwork:
    town = Town()
    town.way([(x, 0) for x in range(0, 1001, 50)], highway="footway")
    return read(town)


HIKER = Profile("hiker", 1.0, slope="tobler")


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32651"])
def test_tobler_on_a_hillside(crs, tmp_path):
    """One in ten: exp(3.5 x 0.1) times as long up; down |-0.1 + 0.05| is what the level is, so as long as the level."""
    network = hillside()
    terrain = read_terrain(network, raster(tmp_path / "dem.tif", lambda x, _: 0.1 * x, crs=crs))
    assert terrain.covered_share == pytest.approx(1.0)
    assert terrain.notices == ()
    assert terrain.height_m == pytest.approx(np.linspace(0, 100, 21), abs=0.15)
    up = seconds(network, (0, 0), (1000, 0), HIKER, terrain)
    assert up == pytest.approx(1000 * math.exp(0.35), rel=2e-3)
    assert seconds(network, (1000, 0), (0, 0), HIKER, terrain) == pytest.approx(1000, rel=2e-3)
    assert seconds(network, (250, 0), (750, 0), HIKER, terrain) == pytest.approx(
        500 * math.exp(0.35), rel=2e-3
    )
    assert seconds(network, (0, 0), (1000, 0), HIKER) == near(1000)
    assert seconds(network, (0, 0), (1000, 0), Profile("level", 1.0), terrain) == near(1000)


def test_a_gentle_way_down_is_quicker_than_the_level_and_is_found_within_its_minutes(tmp_path):
    """One in twenty down: exp(-0.175) of the time, so that 16 minutes are enough for 1,000 m at 1 m/s."""
    network = hillside()
    terrain = read_terrain(network, raster(tmp_path / "dem.tif", lambda x, _: 0.05 * x))
    answer = access(
        network, places([(1000, 0)], "e"), places([(0, 0)], "v"), profiles=[HIKER], terrain=terrain,
        standards=[walkshed.Standard(minutes=14.2)],
    )  # fmt: skip
    assert answer.to_frame()["walk_min"].item() * 60 == pytest.approx(1000 * math.exp(-0.175), rel=2e-3)
    assert answer.to_frame()["walk_m"].item() == pytest.approx(1000, abs=0.1)
    assert HIKER.most_mps == pytest.approx(math.exp(0.175))


def test_a_table_of_slopes_is_interpolated(tmp_path):
    network = hillside()
    terrain = read_terrain(network, raster(tmp_path / "dem.tif", lambda x, _: 0.1 * x))
    own = Profile("own", 1.0, slope=((-0.2, 0.8), (0.0, 1.0), (0.2, 0.5)))
    assert seconds(network, (0, 0), (1000, 0), own, terrain) == pytest.approx(1000 / 0.75, rel=3e-3)
    assert seconds(network, (1000, 0), (0, 0), own, terrain) == pytest.approx(1000 / 0.9, rel=3e-3)


def test_a_bridge_leads_straight_over_the_valley(tmp_path):
    town = Town()
    a, b = town.node(400, 0), town.node(600, 0)
    town.way([(0, 0), a], highway="footway")
    town.way([a, (450, 0), (500, 0), (550, 0), b], highway="footway", bridge="yes")
    town.way([b, (1000, 0)], highway="footway")
    network = read(town)

    def valley(x, _y):
        return 50 - 50 * np.exp(-(((x - 500) / 40) ** 2))

    terrain = read_terrain(network, raster(tmp_path / "dem.tif", valley))
    assert seconds(network, (0, 0), (1000, 0), HIKER, terrain) == pytest.approx(1000, rel=5e-3)


def test_streets_without_height_are_level_and_that_is_said(tmp_path):
    network = hillside()
    gap = raster(tmp_path / "gap.tif", lambda x, _: 0.1 * x, hole=lambda x, _: (x > 495) & (x < 705))
    terrain = read_terrain(network, gap)
    assert terrain.covered_share == pytest.approx(0.75, abs=0.051)
    (notice,) = terrain.notices
    assert notice.code == "dem.not_covered"
    share = terrain.covered_share
    expected = 1000 * share * math.exp(0.35) + 1000 * (1 - share)
    assert seconds(network, (0, 0), (1000, 0), HIKER, terrain) == pytest.approx(expected, rel=5e-3)
    short = read_terrain(network, raster(tmp_path / "short.tif", lambda x, _: 0.1 * x, width=70))
    assert 0.3 < short.covered_share < 0.6
    assert f"{1 - short.covered_share:.1%}" in short.notices[0].text.en


def test_a_raster_that_cannot_be_used_is_a_fault(tmp_path):
    nowhere, text = tmp_path / "none.tif", tmp_path / "text.tif"
    text.write_text("no raster")
    flat = raster(tmp_path / "flat.tif", lambda x, _: 0 * x)
    bare = raster(tmp_path / "bare.tif", lambda x, _: 0 * x, named=False)
    assert read_terrain(hillside(), flat).covered_share == pytest.approx(1.0)
    for path, code in ((nowhere, "dem.missing_file"), (text, "dem.unreadable"), (bare, "dem.no_crs")):
        with pytest.raises(InputError) as error:
            read_terrain(hillside(), path)
        assert [fault.code for fault in error.value.faults] == [code]
        assert error.value.faults[0].source.file == path.name


# -- two measures ------------------------------------------------------------------------------------------


def two_rooms():
    """Return streets and places: room v0 is 200 m away over stairs, room v1 is 260 m away on the level."""
    town = Town()
    home = town.node(0, 0)
    town.way([(-600, 0), home], highway="residential")
    town.way([home, (200, 0)], highway="steps")
    town.way([home, (0, 260)], highway="footway")
    return read(town), places([(0, 0)], "e"), places([(200, 0), (0, 260)], "v")


def test_the_nearest_venue_is_by_the_standards_own_measure():
    network, homes, rooms = two_rooms()
    standards = [walkshed.Standard(minutes=5), walkshed.Standard(metres=210), walkshed.Standard(metres=100)]
    answer = access(network, homes, rooms, profiles=[ADULT, SLOW], standards=standards)
    table = coverage(
        answer, homes, rooms, profiles=answer.profiles, standards=standards, date=dt.date(2026, 11, 1)
    ).set_index(["profile", "standard"])
    assert table["venue_id"].to_dict() == {
        ("adult", "5 min"): "v0", ("adult", "210 m"): "v0", ("adult", "100 m"): "v0",
        ("slow", "5 min"): "v1", ("slow", "210 m"): "v0", ("slow", "100 m"): "v0",
    }  # fmt: skip
    slow = table.loc["slow"]
    assert slow["status"].tolist() == ["covered", "covered", "uncovered"]
    assert slow["walk_m"].tolist() == pytest.approx([260, 200, 200], abs=0.15)
    assert (slow["walk_min"] * 60).tolist() == pytest.approx([260, 400, 400], abs=SAME_S)
    ranked = {by: answer.k_nearest(2, "slow", by=by) for by in ("minutes", "metres")}
    assert ranked["minutes"]["venue_id"].tolist() == ["v1", "v0"]
    assert ranked["metres"]["venue_id"].tolist() == ["v0", "v1"]
    assert (ranked["metres"]["walk_min"] * 60).tolist() == pytest.approx([400, 260], abs=SAME_S)


@pytest.mark.parametrize("by", ["minutes", "metres"])
def test_nearest_and_ranked_hold_both_numbers_however_far(by):
    network, homes, rooms = two_rooms()
    answer = access(network, homes, rooms, profiles=[SLOW], standards=[walkshed.Standard(metres=1)])
    near_ = answer.nearest(by=by)
    venue = {"minutes": 1, "metres": 0}[by]
    assert near_.venue.tolist() == [venue]
    assert near_.walk_dm.tolist() == pytest.approx([(2000, 2600)[venue]], abs=1)
    assert near_.walk_cmin.tolist() == pytest.approx([(40_000 / 60, 26_000 / 60)[venue]], abs=1)


@pytest.mark.parametrize("by", ["minutes", "metres"])
def test_lines_and_routes_follow_the_measure_asked_for(by):
    """Over the stairs it is 100 m, round them 140 m."""
    town = Town()
    a, b = town.node(0, 0), town.node(100, 0)
    town.way([(-500, 0), a], highway="footway")
    town.way([a, b], highway="steps")
    town.way([a, (0, 20), (100, 20), b], highway="footway")
    town.way([b, (200, 0)], highway="footway")
    network = read(town)
    answer = access(network, places([(-50, 0)], "e"), places([(150, 0)], "v"), profiles=[SLOW], standards=ANY)
    lines = walk_lines(answer, by=by)
    high = max(town._plane(lon, lat)[1] for lon, lat in zip(lines.lon, lines.lat, strict=True))
    assert high == pytest.approx({"minutes": 20, "metres": 0}[by], abs=0.1)
    route = walkshed.route(network, town.lonlat(-50, 0), town.lonlat(150, 0), profile=SLOW, by=by)
    assert route is not None
    assert route.walk_m == pytest.approx({"minutes": 240, "metres": 200}[by], abs=0.15)
    assert route.walk_min * 60 == near({"minutes": 240, "metres": 100 + 200}[by])


def test_a_catchment_in_minutes_ends_where_the_minutes_do():
    """Three minutes at 1 m/s: 180 m westward; eastward a crossing at 100 m takes a minute of them: 120 m."""
    town = Town()
    middle = town.node(100, 0, highway="crossing")
    town.way([(-1000, 0), middle, (1000, 0)], highway="footway")
    town.way([middle, (100, 400)], highway="residential")
    network = read(town)
    walker = Profile("w", 1.0, crossing_s=60)
    standards = [walkshed.Standard(minutes=3), walkshed.Standard(metres=180)]
    rooms = places([(0, 0)], "v")
    answer = access(network, places([(0, 0)], "e"), rooms, profiles=[walker], standards=standards)
    frame = walkshed.catchments(answer, standards=standards).set_index("standard")
    east = {name: town._plane(shape.bounds[2], 0)[0] for name, shape in frame.geometry.items()}
    bounds = {
        name: [town._plane(lon, town.lat)[0] for lon in (shape.bounds[0], shape.bounds[2])]
        for name, shape in frame.geometry.items()
    }
    assert len(east) == 2
    assert bounds["3 min"] == pytest.approx([-180, 120], abs=10)
    assert bounds["180 m"] == pytest.approx([-180, 180], abs=10)
    reached = walkshed.reached_streets(answer, standards=standards).set_index("standard")["length_m"]
    assert reached["3 min"] == pytest.approx(
        180 + 120 + 50, abs=0.2
    )  # up the road: 180 - 100 - half a minute
    assert reached["180 m"] == pytest.approx(360 + 80, abs=0.2)


# -- rules -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"barrier": "gate"}, OPEN_GATE),
        ({"barrier": "lift_gate", "access": "permissive"}, OPEN_GATE),
        ({"barrier": "full-height_turnstile"}, OPEN_GATE),
        ({"barrier": "gate", "locked": "yes"}, CLOSED_GATE),
        ({"barrier": "gate", "access": "no"}, CLOSED_GATE),
        ({"barrier": "bollard", "foot": "no"}, CLOSED_GATE),
        ({"barrier": "gate", "locked": "yes", "access": "private"}, CLOSED_GATE),
        ({"barrier": "gate", "access": "private"}, PRIVATE_GATE),
        ({"barrier": "swing_gate", "access": "residents"}, PRIVATE_GATE),
        ({"barrier": "bollard", "access": "private"}, PRIVATE_GATE),
        ({"barrier": "gate", "access": "private", "foot": "yes"}, OPEN_GATE),
        ({"barrier": "bollard"}, PASSABLE),
        ({"barrier": "cycle_barrier"}, PASSABLE),
        ({"barrier": "fence"}, WALL),
        ({"barrier": "fence", "foot": "yes"}, NO_BARRIER),
        ({"barrier": "no"}, NO_BARRIER),
        ({}, NO_BARRIER),
    ],
)
def test_what_a_barrier_is(tags, code):
    assert barrier_code(tags) == code


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"highway": "elevator"}, LIFT),
        ({"highway": "crossing"}, CROSSING),
        ({"highway": "crossing", "crossing": "traffic_signals"}, SIGNALS),
        ({"crossing": "unmarked"}, CROSSING),
        ({"highway": "crossing", "crossing": "no"}, NO_CROSSING),
        ({"highway": "traffic_signals"}, NO_CROSSING),
        ({"highway": "bus_stop"}, NO_CROSSING),
    ],
)
def test_what_a_crossing_is(tags, code):
    assert crossing_code(tags) == code


def marked_town() -> Town:
    town = Town()
    a, b, c = town.node(0, 0, highway="crossing"), town.node(100, 0, barrier="gate"), town.node(200, 0)
    town.way([(-400, 0), a, b, c], highway="footway", foot="designated")
    town.way([(0, -300), a, (0, 300)], highway="residential")
    town.way([c, (250, 0)], highway="steps", incline="up", wheelchair="yes")
    town.way([(300, 0), (250, 0)], highway="steps", incline="up")
    town.way([c, town.node(200, 100, highway="elevator"), (200, 200)], highway="footway")
    town.way(
        [b, town.node(100, 90, barrier="bollard", crossing="traffic_signals"), (100, 200)], highway="path"
    )
    town.ring([c, (260, -60), (200, -120), (140, -60)], highway="steps", area="yes")
    return town


def test_a_graph_of_osmnx_and_back_keeps_what_makes_walkers_wait():
    streets = read(marked_town())
    again = from_osmnx(to_osmnx(streets))
    for name in ("node_barrier", "node_crossing", "edge_code", "area_steps"):
        assert np.array_equal(getattr(streets, name), getattr(again, name)), name
    assert sorted(streets.node_crossing[streets.node_crossing > 0]) == [CROSSING, SIGNALS, LIFT]
    assert streets.edge_designated.any()
    assert set(streets.edge_incline.tolist()) == {0, 1}


def test_residential_areas_are_read_with_the_streets(tmp_path):
    town = Town()
    town.way([(-100, 0), (900, 0)], highway="residential")
    town.ring(
        [(0, 10), (100, 10), (100, 110), (0, 110)],
        {"landuse": "residential", "name": "桃源人家", "name:en": "Taoyuan", "alt_name": "桃源;桃园人家"},
    )
    town.ring([(200, 10), (300, 10), (300, 110), (200, 110)], landuse="forest", name="no")
    town.ring([(400, 10), (500, 10), (500, 110)], place="quarter", name__zh="勤新")
    outer = [town.way(line) for line in (
        [(600, 10), (700, 10), (700, 110)], [(700, 110), (600, 110), (600, 10)],
    )]  # fmt: skip
    ends = [town.nodes[ref][0] for ref in (town.ways[outer[0]][0][0], town.ways[outer[0]][0][-1])]
    town.ways[outer[1]][0][0], town.ways[outer[1]][0][-1] = ends[1].ref, ends[0].ref
    inner = town.ring([(640, 40), (660, 40), (660, 60), (640, 60)])
    town.relation([(outer[0], "outer"), (outer[1], "outer"), (inner, "inner")], landuse="residential")
    town.way([(0, 300), (100, 300), town.missing(), (0, 400), (0, 300)], landuse="residential")
    town.way([(0, 500), (100, 500), (100, 600)], landuse="residential")
    path = town.write(tmp_path / "town.osm.pbf")
    streets = walkshed.read_streets(path)
    grounds = streets.grounds
    assert grounds.name == ("桃源人家", "勤新", "")
    assert grounds.other_names == (("Taoyuan", "桃源", "桃园人家"), (), ())
    assert grounds.kind.tolist() == [RESIDENTIAL, PLACE, RESIDENTIAL]
    assert (grounds.osm_id > 0).tolist() == [True, True, False]
    plane = [[town._plane(*xy) for xy in polygon.exterior.coords] for polygon in grounds.polygons]
    assert sorted({(round(x), round(y)) for x, y in plane[0]}) == [(0, 10), (0, 110), (100, 10), (100, 110)]
    assert len(grounds.polygons[2].interiors) == 1
    (said,) = [notice for notice in streets.notices if notice.code == "streets.ground_open"]
    assert said.text.en.startswith("2 residential areas")
    save(streets, tmp_path / "kept.npz")
    kept = load(tmp_path / "kept.npz").grounds
    assert (kept.name, kept.other_names) == (grounds.name, grounds.other_names)
    assert kept.polygons == grounds.polygons
    assert kept.kind.tolist() == grounds.kind.tolist()
    far = walkshed.read_streets(path, box=(*town.lonlat(590, 0), *town.lonlat(720, 200)))
    assert far.grounds.name == ("",)


# -- profiles ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"speed_mps": 0.0}, "0.0 m/s is no walking speed"),
        ({"speed_mps": 5}, "no walking speed"),
        ({"speed_mps": math.nan}, "no walking speed"),
        ({"stairs_up_mps": 2}, "stairs_up_mps = 2: give 0.05 m/s to the level speed, 1 m/s"),
        ({"stairs_down_mps": 0}, "stairs_down_mps = 0"),
        ({"crossing_s": -1}, "crossing_s = -1: give 0 to 900 seconds"),
        ({"lift_s": 5000}, "lift_s = 5000"),
        ({"gate_s": math.nan}, "gate_s = nan"),
        ({"slope": "steep"}, 'should be "tobler"'),
        ({"slope": ()}, "pairs of slope"),
        ({"slope": ((0.1, 1), (0.0, 1))}, "ascend"),
        ({"slope": ((0.0, 0.0),)}, "shares of the level speed"),
        ({"slope": ((0.0, 1.0, 2.0),)}, "pairs of slope"),
        ({"name": " "}, "needs a name"),
    ],
)
def test_numbers_no_walker_has_are_refused(fields, says):
    with pytest.raises(ValueError, match=says):
        Profile(**{"name": "w", "speed_mps": 1.0, **fields})


def test_the_presets():
    assert list(PRESETS) == ["adult", "60-69", "70-79", "80+", "wheelchair"]
    assert len(set(PRESETS.values())) == 5  # they can be told apart and put into a set
    assert ADULT.speed_alone
    assert [one.name for one in PRESETS.values() if one.step_free] == ["wheelchair"]
    for one in PRESETS.values():
        named = {source.field for source in one.sources}
        differs = {
            field.name
            for field in dataclasses.fields(Profile)
            if field.default is not dataclasses.MISSING and getattr(one, field.name) != field.default
        } - {"title", "sources", "step_free", "people"}
        assert named == differs | {"speed_mps"}
        assert not one.verified  # no speed was read in a primary source
        assert one.label("zh") != one.label("en")
    cycle, green = 90, 25
    assert PRESETS["80+"].signal_s == pytest.approx((cycle - green) ** 2 / (2 * cycle), abs=0.05)


@pytest.mark.parametrize(
    "profile", [Profile("a", 1.0, stairs_up_mps=1.0, stairs_down_mps=1.0), Profile("b", 1.0, slope="tobler")]
)
def test_what_changes_nothing_is_not_searched_for(profile):
    network, homes, rooms = two_rooms()
    assert access(network, homes, rooms, profiles=[profile]).walker(profile).alone


# -- laws --------------------------------------------------------------------------------------------------

MARKS = ({}, {}, {"highway": "crossing"}, {"highway": "crossing", "crossing": "traffic_signals"},
         {"barrier": "gate"}, {"barrier": "bollard"}, {"highway": "elevator"})  # fmt: skip
WAYS = (
    {"highway": "residential"}, {"highway": "footway"}, {"highway": "steps", "incline": "up"},
    {"highway": "steps", "incline": "down"}, {"highway": "steps"}, {"highway": "elevator"},
    {"highway": "path", "wheelchair": "no"}, {"highway": "footway", "oneway:foot": "yes"},
)  # fmt: skip


def write_hilly_town(gaps: set[int], kinds: list[int], marks: list[int], reverse: set[int]) -> Path:
    """Write a lattice of streets, stairs and lifts with crossings and gates at its nodes."""
    town, number = Town(), 0
    nodes = [
        [town.node(x * STEP, y * STEP, MARKS[marks[(x * SIDE + y) % len(marks)]]) for x in range(SIDE)]
        for y in range(SIDE)
    ]
    for y in range(SIDE):
        for x in range(SIDE):
            for there in ([nodes[y][x + 1]] if x + 1 < SIDE else []) + (
                [nodes[y + 1][x]] if y + 1 < SIDE else []
            ):
                both = [nodes[y][x], there]
                if number not in gaps:
                    town.way(both[::-1] if number in reverse else both, WAYS[kinds[number % len(kinds)]])
                number += 1
    return Path(town.write(Path(tempfile.mkdtemp(prefix="walkshed-profiles-")) / "town.osm.pbf"))


hilly_towns = st.builds(
    write_hilly_town,
    st.sets(st.integers(0, 59), max_size=20),
    st.lists(st.integers(0, len(WAYS) - 1), min_size=2, max_size=9),
    st.lists(st.integers(0, len(MARKS) - 1), min_size=1, max_size=9),
    st.sets(st.integers(0, 59), max_size=30),
)
homes_ = st.lists(spot, min_size=1, max_size=8)
rooms_ = st.lists(spot, min_size=1, max_size=4)
walkers = st.builds(
    Profile,
    st.just("w"),
    st.sampled_from([0.8, 1.0, 1.3]),
    stairs_up_mps=st.sampled_from([None, 0.3, 0.6]),
    stairs_down_mps=st.sampled_from([None, 0.4, 0.7]),
    crossing_s=st.sampled_from([0.0, 12.0]),
    signal_s=st.sampled_from([0.0, 23.5]),
    gate_s=st.sampled_from([0.0, 10.0]),
    lift_s=st.sampled_from([0.0, 50.0]),
    step_free=st.booleans(),
)
standard_lists = st.lists(
    st.one_of(
        st.builds(lambda m: walkshed.Standard(minutes=m), st.integers(1, 12)),
        st.builds(lambda m: walkshed.Standard(metres=m), st.integers(50, 900)),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda standard: standard.name,
)


def table_of(network, homes, rooms, walker, standards):
    """Return walk_m and walk_min by pair."""
    answer = access(network, places(homes, "e"), places(rooms, "v"), profiles=[walker], standards=standards)
    rows = answer.to_frame()[["estate_id", "venue_id", "walk_m", "walk_min"]].itertuples(index=False)
    return {(home, room): (walk_m, walk_min) for home, room, walk_m, walk_min in rows}


@law
@given(hilly_towns, homes_, rooms_, walkers, standard_lists)
def test_a_pair_is_there_if_either_measure_is_met_with_both_numbers(town, homes, rooms, walker, standards):
    network = walkshed.read_streets(town)
    every = table_of(network, homes, rooms, walker, [walkshed.Standard(metres=1e6), *ANY])
    metres = max((s.metres for s in standards if s.metres), default=0)
    minutes = max((s.minutes for s in standards if s.minutes), default=0)
    kept = {pair: both for pair, both in every.items() if both[0] <= metres or both[1] <= minutes}
    assert table_of(network, homes, rooms, walker, standards) == kept


@law
@given(hilly_towns, homes_, rooms_, walkers)
def test_minutes_are_at_least_metres_by_speed_and_a_slower_walker_is_never_faster(town, homes, rooms, walker):
    network = walkshed.read_streets(town)
    slower = dataclasses.replace(
        walker,
        speed_mps=walker.speed_mps * 0.9,
        stairs_up_mps=min(walker.stairs_up_mps or 9, walker.speed_mps) * 0.8,
        stairs_down_mps=min(walker.stairs_down_mps or 9, walker.speed_mps) * 0.9,
        crossing_s=walker.crossing_s + 3,
        gate_s=walker.gate_s + 4,
    )
    one = table_of(network, homes, rooms, walker, ANY)
    other = table_of(network, homes, rooms, slower, ANY)
    assert one.keys() == other.keys()
    for pair, (walk_m, walk_min) in one.items():
        assert walk_min >= walker.minutes(walk_m) - 0.011
        assert other[pair][1] >= walk_min - 0.011
        assert other[pair][0] == walk_m
    plain = Profile("w", walker.speed_mps, step_free=walker.step_free)
    for pair, (walk_m, walk_min) in table_of(network, homes, rooms, plain, ANY).items():
        assert (walk_m, walk_min) == (one[pair][0], pytest.approx(plain.minutes(walk_m), abs=0.0071))


@law
@given(hilly_towns, homes_, rooms_, walkers, st.integers(1, 8), st.booleans())
def test_a_longer_standard_never_lowers_coverage(town, homes, rooms, walker, minutes, in_metres):
    network = walkshed.read_streets(town)
    estates, venues = places(homes, "e"), places(rooms, "v")
    covered = []
    for limit in (minutes, minutes * 1.4):
        standard = walkshed.Standard(metres=limit * 60) if in_metres else walkshed.Standard(minutes=limit)
        answer = access(network, estates, venues, profiles=[walker], standards=[standard])
        table = coverage(
            answer, estates, venues, profiles=[walker], standards=[standard], date=dt.date(2026, 11, 1)
        )
        covered.append(set(table.loc[table["status"] == "covered", "estate_id"]))
        by_pairs = {estates.index[number] for number in np.unique(answer.pairs["w"].estate)}
        assert covered[-1] == by_pairs
    assert covered[0] <= covered[1]


@law
@given(hilly_towns, homes_, rooms_, walkers, st.sampled_from(["minutes", "metres"]))
def test_the_nearest_is_the_first_of_all_pairs_by_either_measure(town, homes, rooms, walker, by):
    network = walkshed.read_streets(town)
    estates, venues = places(homes, "e"), places(rooms, "v")
    every = table_of(network, homes, rooms, walker, ANY)
    answer = access(network, estates, venues, profiles=[walker], standards=[walkshed.Standard(minutes=1.5)])
    at = 1 if by == "minutes" else 0
    best = {}
    for (home, _), both in every.items():
        best[home] = min(best.get(home, math.inf), both[at])
    found = answer.nearest(by=by)
    assert {estates.index[number] for number in found.estate} == set(best)
    for home, room, dm, cmin in zip(found.estate, found.venue, found.walk_dm, found.walk_cmin, strict=True):
        pair = estates.index[home], venues.index[room]
        assert (dm / 10, cmin / 100) == pytest.approx(every[pair], abs=0.11)
        assert every[pair][at] == pytest.approx(best[pair[0]], abs=0.11)


@law
@given(hilly_towns, homes_, rooms_, walkers)
def test_longer_cut_offs_hold_shorter_ones(town, homes, rooms, walker):
    network = walkshed.read_streets(town)
    answer = access(network, places(homes, "e"), places(rooms, "v"), profiles=[walker])
    frame = walkshed.catchments(answer, standards=[walkshed.Standard(minutes=m) for m in (2, 5)])
    for _, own in frame.groupby("venue_id"):
        small, large = own.sort_values("metres").geometry
        assert small.is_empty or small.difference(large).area <= small.area * 1e-6


# -- real streets, and a slow opinion ----------------------------------------------------------------------


FULL = pytest.mark.full


@pytest.mark.parametrize(
    ("city", "name"),
    [
        ("beijing_haidian", "80+"),
        ("beijing_haidian", "wheelchair"),
        ("helsinki", "80+"),
        pytest.param("helsinki", "wheelchair", marks=FULL),
        pytest.param("monaco", "60-69", marks=FULL),
        pytest.param("monaco", "wheelchair", marks=FULL),
    ],
)
def test_minutes_on_real_streets_agree_with_the_slow_opinion(city, name, request):
    path = (
        request.getfixturevalue("helsinki")
        if city == "helsinki"
        else request.getfixturevalue("shared_data")(f"osm/{city}.osm.pbf")
    )
    profile = PRESETS[name]
    slow = TimedReference(path, profile)
    rng = np.random.default_rng(20261102)
    homes, rooms = places_on(slow, 60, rng, "h"), places_on(slow, 6, rng, "v")
    theirs = slow.walk(homes, rooms)
    metres = TimedReference(path, profile, metres=True).walk(homes, rooms) if profile.step_free else None
    ours = access(
        walkshed.read_streets(path), table(homes), table(rooms), profiles=[profile], standards=ANY, policy="open",
    ).to_frame()  # fmt: skip
    pairs = list(zip(ours["estate_id"], ours["venue_id"], strict=True))
    assert set(pairs) == theirs.keys()
    assert len(pairs) > 250
    wrong = {
        pair: (walk_min * 60, theirs[pair])
        for pair, walk_min in zip(pairs, ours["walk_min"], strict=True)
        if abs(walk_min * 60 - theirs[pair]) > SAME_S
    }
    assert wrong == {}
    if metres is not None:
        assert dict(zip(pairs, ours["walk_m"], strict=True)) == pytest.approx(metres, abs=0.1)
