"""Walls and gates: towns by hand, laws, and the library against the slow second implementation.

The second implementation (``reference_gates.py``) walks (node, phase) states one by one. It is itself held to
the towns by hand and to the laws; ``-k reference`` runs those parts alone.
"""

from __future__ import annotations

import datetime as dt
import math
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import walkshed
from gated_towns import CASES, POLICIES, Case, GatedTown, GateRow, gated_towns
from reference import GEOD
from reference_gates import GatedReference, Streets, is_open, venues_of
from walkshed.report.coverage import coverage

if TYPE_CHECKING:
    from pathlib import Path

    Walks = dict[tuple[str, str], float]

DAY = dt.date(2026, 11, 1)
ANY_WALK = walkshed.Standard(metres=200_000)
SAME_WALK_M = 0.1
BY_HAND_M = 0.15
"""Nodes of a file may stand 0.8 cm off, and walks are rounded to a tenth of a metre."""

law = settings(
    max_examples=25 if os.environ.get("WALKSHED_FULL") == "1" else 5,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
agreement = settings(law, max_examples=12)
long_agreement = settings(law, max_examples=120)


def walks_of(access: walkshed.Access) -> Walks:
    """Return the long table as the second implementation has it."""
    long = access.to_frame()
    return dict(zip(zip(long["estate_id"], long["venue_id"], strict=True), long["walk_m"], strict=True))


def access_of(town: GatedTown, policy: str, **options: Any) -> walkshed.Access:
    """Ask the library for all walks of a town."""
    with town.file() as path:
        streets = walkshed.read_streets(path)
    return walkshed.access(
        streets,
        town.estate_frame(),
        town.venue_frame(),
        gates=town.gate_frame(),
        policy=policy,
        time=town.time,
        **({"standards": [ANY_WALK]} | options),
    )


def library_walks(town: GatedTown) -> dict[str, Walks]:
    """Return the library's walks under every policy."""
    return {policy: walks_of(access_of(town, policy)) for policy in POLICIES}


def reference_of(town: GatedTown, **options: Any) -> GatedReference:
    with town.file() as path:
        return GatedReference(path, town.estate_frame(), town.gate_frame(), town.time, **options)


def reference_walks(town: GatedTown) -> dict[str, Walks]:
    """Return the second implementation's walks under every policy."""
    slow, venues = reference_of(town), venues_of(town.venue_frame())
    return {policy: slow.walks(venues, policy) for policy in POLICIES}


both = pytest.mark.parametrize("walk", [reference_walks, library_walks], ids=["reference", "library"])
"""Every law holds for both implementations."""


# --- towns by hand ---------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_walks_as_worked_out_by_hand(case: Case, walk):
    walks = walk(case.town())
    for policy in POLICIES:
        for pair, metres in case.expected(policy).items():
            found = walks[policy].get(pair)
            assert found == (metres if metres is None else pytest.approx(metres, abs=BY_HAND_M)), (
                policy,
                pair,
            )


def test_the_towns_by_hand_are_many_and_leave_nothing_to_a_hairs_breadth_reference():
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))
    assert len(names) >= 100
    for case in CASES:
        slow, venues = reference_of(case.town()), venues_of(case.town().venue_frame())
        assert slow.doubts == [], case.name
        assert not any(slow.doubtful(home) for home in slow.homes), case.name
        assert not any(slow.doubtful(venue=venue) for venue in venues.values()), case.name


def test_residents_is_the_policy_if_nothing_is_said():
    case = next(case for case in CASES if case.name == "nobody cuts through an estate")
    town = case.town()
    with town.file() as path:
        streets = walkshed.read_streets(path)
    unsaid = walkshed.access(streets, town.estate_frame(), town.venue_frame(), standards=[ANY_WALK])
    assert walks_of(unsaid) == walks_of(access_of(town, "residents")) != walks_of(access_of(town, "open"))


@pytest.mark.parametrize("case", CASES[::4], ids=lambda case: case.name)
@pytest.mark.parametrize("policy", POLICIES)
def test_the_nearest_venue_is_the_first_of_all_pairs_however_short_the_standard(case, policy):
    town = case.town()
    everything = walks_of(access_of(town, policy))
    short = access_of(town, policy, standards=[walkshed.Standard(metres=1)])
    near = short.nearest()
    found = {
        short.estate_ids[e]: w / 10 for e, w in zip(near.estate.tolist(), near.walk_dm.tolist(), strict=True)
    }
    least: dict[str, float] = {}
    for (home, _), metres in everything.items():
        least[home] = min(metres, least.get(home, math.inf))
    assert found == {home: pytest.approx(metres, abs=SAME_WALK_M) for home, metres in least.items()}


def test_where_the_gates_come_from_reference():
    def source(name: str) -> dict[str, str]:
        return reference_of(next(case for case in CASES if case.name == name).town()).source

    assert source("one estate with one gate") == {"home": "crossing"}
    assert source("where OSM has one gate the other crossings are wall") == {"home": "osm"}
    assert source("the file's gate counts, not the barrier beside it") == {"home": "file"}
    unknown = reference_of(
        next(case for case in CASES if case.name.startswith("a boundary without any crossing")).town()
    )
    assert (unknown.source, unknown.gates_unknown) == ({}, {"home"})


@pytest.mark.parametrize(
    ("hours", "time", "open_then"),
    [
        ("", "03:00", True),
        ("06:00-22:00", "", True),
        ("06:00-22:00", "05:59", False),
        ("06:00-22:00", "22:00", True),
        ("6:00–22:00", "06:01", True),
        ("22:00-06:00", "00:00", True),
        ("06:30-09:00; 16:00-19:00", "12:00", False),
        ("06:30至09:00，16:00至19:00", "16:30", True),
    ],
)
def test_hours_of_the_reference(hours, time, open_then):
    assert is_open(hours, time) is open_then


def test_starting_at_the_gates_has_no_leg_reference():
    # The estate's gates are at (100, 0) and (100, 200); 50 m on to the streets, 400 m along the southern one.
    case = next(case for case in CASES if case.name == "nobody cuts through an estate")
    town = case.town()
    slow = reference_of(town, start="gates")
    venues = venues_of(town.venue_frame())
    assert slow.walk_m("home", venues["far"]) == pytest.approx(50 + 400 + 10, abs=BY_HAND_M)
    assert slow.walk_m("home", venues["north"]) == pytest.approx(50 + 10 + 10, abs=BY_HAND_M)
    assert slow.walk_m("out", venues["far"]) == pytest.approx(10 + 390 + 10, abs=BY_HAND_M)


# --- laws ------------------------------------------------------------------------------------------------


@both
@law
@given(town=gated_towns())
def test_fewer_may_pass_never_shortens_a_walk(walk, town):
    walks = walk(town)
    for pair in {pair for policy in POLICIES for pair in walks[policy]}:
        metres = [walks[policy].get(pair, math.inf) for policy in POLICIES]
        assert metres == pytest.approx(sorted(metres), abs=1e-6), pair


@law
@given(town=gated_towns(), metres=st.sampled_from([150.0, 300.0, 500.0]))
def test_coverage_under_closed_residents_and_open_grows_for_each_estate(town, metres):
    standard = walkshed.Standard(metres=metres)
    covered = {}
    for policy in POLICIES:
        answer = access_of(town, policy, standards=[standard])
        table = coverage(
            answer,
            town.estate_frame(),
            town.venue_frame(),
            profiles=answer.profiles,
            standards=[standard],
            date=DAY,
        )
        covered[policy] = set(table.loc[table["status"] == "covered", "estate_id"])
    assert covered["closed"] <= covered["residents"] <= covered["open"]


@both
@law
@given(town=gated_towns(), number=st.integers(0, 20))
def test_opening_a_gate_to_everyone_never_lengthens_a_walk(walk, town, number):
    shut = [row for row in town.gates if row.open_to in {"residents", "closed"} or row.hours]
    assume(shut)
    before = walk(town)
    row = shut[number % len(shut)]
    after = walk(replace(town, gates=[replace(g, **_wide(g)) if g is row else g for g in town.gates]))
    assert before["open"] == pytest.approx(after["open"], abs=1e-6)
    for policy in ("residents", "closed"):
        for pair, metres in before[policy].items():
            assert after[policy].get(pair, math.inf) <= metres + 1e-6, (policy, pair)


def _wide(row: GateRow) -> dict[str, str]:
    """Return what opens a gate; one that is a passage stays one."""
    return {"open_to": "public" if row.open_to == "public" else "everyone", "hours": ""}


@both
@law
@given(town=gated_towns(private=False))
def test_without_walls_and_private_ways_gates_change_nothing(walk, town):
    estates = {name: replace(estate, gated=False) for name, estate in town.estates.items()}
    walks = walk(replace(town, estates=estates, gates=[]))
    assert walks["open"] == pytest.approx(walks["residents"], abs=1e-6)
    assert walks["open"] == pytest.approx(walks["closed"], abs=1e-6)


@both
@law
@given(town=gated_towns())
def test_the_order_of_the_rows_is_irrelevant(walk, town):
    turned = replace(
        town,
        estates=dict(reversed(town.estates.items())),
        venues=dict(reversed(town.venues.items())),
        gates=town.gates[::-1],
    )
    one, other = walk(town), walk(turned)
    for policy in POLICIES:
        assert one[policy] == pytest.approx(other[policy], abs=SAME_WALK_M)


@both
@law
@given(town=gated_towns())
def test_a_walk_is_never_shorter_than_the_straight_line(walk, town):
    homes, rooms = town.estate_frame(), town.venue_frame()
    slow = reference_of(town)
    for walks in walk(town).values():
        for (home, room), metres in walks.items():
            ends = rooms.geometry[room]
            straight = min(
                GEOD.inv(*start, end.x, end.y)[2]
                for start in slow.homes[home].points
                for end in (ends.geoms if ends.geom_type == "MultiPoint" else [ends])
            )
            assert metres >= straight - SAME_WALK_M, (home, room)
    assert list(homes.index) == list(slow.homes)


def _holds(sides: list[tuple[float, float]], point: tuple[float, float], grown: float) -> bool:
    return shapely.Polygon(sides).buffer(grown, join_style="mitre").covers(shapely.Point(point))


def _box_of(town: GatedTown, name: str) -> list[tuple[float, float]] | None:
    """Return an estate's boundary, wherever it is drawn."""
    rings = {tags.get("name"): ring for ring, tags in town.sketch.rings}
    return town.estates[name].boundary or rings.get(name)


@both
@law
@given(town=gated_towns())
def test_own_residents_reach_a_venue_inside_whether_visitors_may_or_not(walk, town):
    names = sorted({row.estate for row in town.gates})
    assume(names)
    sides = _box_of(town, names[0])
    homes = [name for name, one in town.estates.items() if all(_holds(sides, xy, -1) for xy in one.points)]
    rooms = [
        name
        for name, room in town.venues.items()
        if room.opens_to != "street" and all(_holds(sides, xy, -6) for xy in room.points)
    ]
    assume(homes and rooms)
    walks = []
    for word in ("everyone", "residents"):
        gates = [
            replace(row, open_to=word)
            if row.estate == names[0] and row.open_to in {"everyone", "residents"}
            else row
            for row in town.gates
        ]
        walks.append(walk(replace(town, gates=gates)))
    for policy in POLICIES:
        for pair in ((home, room) for home in homes for room in rooms):
            one, other = (walk[policy].get(pair, math.inf) for walk in walks)
            assert one == pytest.approx(other, abs=1e-6), (policy, pair)


@both
@law
@given(town=gated_towns())
def test_no_walk_passes_a_wall_whose_every_gate_is_closed(walk, town):
    assume(town.gates)
    town = replace(town, gates=[replace(row, open_to="closed") for row in town.gates])
    shut = sorted(name for name, source in reference_of(town).source.items() if source == "file")
    assume(shut)
    walks = walk(town)
    tested = 0
    for name in shut:
        sides = _box_of(town, name)
        inside = {n for n, one in town.estates.items() if all(_holds(sides, xy, -1) for xy in one.points)}
        outside = {n for n, one in town.estates.items() if not any(_holds(sides, xy, 1) for xy in one.points)}
        rooms_in = {
            n
            for n, room in town.venues.items()
            if room.opens_to != "street" and all(_holds(sides, xy, -6) for xy in room.points)
        }
        rooms_out = {
            n for n, room in town.venues.items() if not any(_holds(sides, xy, 6) for xy in room.points)
        }
        for policy in ("residents", "closed"):
            passed = {
                (home, room)
                for home, room in walks[policy]
                if (home in inside and room in rooms_out) or (home in outside and room in rooms_in)
            }
            assert passed == set(), (name, policy)
            tested += len(inside) * len(rooms_out) + len(outside) * len(rooms_in)
    assume(tested)


@both
@law
@given(town=gated_towns())
def test_under_closed_a_venue_inside_serves_that_estate_alone(walk, town):
    filed = {row.estate for row in town.gates}
    gated = [name for name in reference_of(town).walled if name in filed]  # without a usable gate: no wall
    assume(gated)
    walks = walk(town)["closed"]
    for name in gated:
        sides = _box_of(town, name)
        rooms = [
            n
            for n, room in town.venues.items()
            if room.opens_to != "street" and all(_holds(sides, xy, -6) for xy in room.points)
        ]
        strangers = [
            n for n, one in town.estates.items() if not any(_holds(sides, xy, 1) for xy in one.points)
        ]
        assert not {(home, room) for home in strangers for room in rooms} & walks.keys()


# --- library and reference -------------------------------------------------------------------------------


def disagreements(
    slow: GatedReference, venues: dict[str, Any], walks: dict[str, Walks]
) -> tuple[dict[Any, Any], int]:
    """Return where the library and the second implementation differ, and how many pairs were compared.

    Places whose tie hangs on a few centimetres are left out.
    """
    homes = [name for name in slow.homes if not slow.doubtful(name)]
    rooms = {name: venue for name, venue in venues.items() if not slow.doubtful(venue=venue)}
    wrong, count = {}, 0
    for policy in POLICIES:
        for home in homes:
            for name, venue in rooms.items():
                ours = walks[policy].get((home, name), math.inf)
                theirs = slow.walk_m(home, venue, policy)
                count += math.isfinite(theirs)
                same = abs(ours - theirs) <= SAME_WALK_M if math.isfinite(ours + theirs) else ours == theirs
                if not same:
                    wrong[policy, home, name] = (ours, theirs)
    return wrong, count


def compare(town: GatedTown) -> None:
    slow = reference_of(town)
    assume(not slow.doubts)
    wrong, _ = disagreements(slow, venues_of(town.venue_frame()), library_walks(town))
    assert wrong == {}


@agreement
@given(town=gated_towns())
def test_random_towns_agree(town):
    compare(town)


@pytest.mark.full
@long_agreement
@given(town=gated_towns())
def test_many_random_towns_agree(town):
    compare(town)


@pytest.mark.full
@settings(law, max_examples=40)
@given(town=gated_towns(slots=3))
def test_larger_random_towns_agree(town):
    compare(town)


@law
@given(town=gated_towns())
def test_the_nearest_venue_of_random_towns_agrees(town):
    slow = reference_of(town)
    assume(not slow.doubts)
    venues = venues_of(town.venue_frame())
    assume(not any(slow.doubtful(venue=venue) for venue in venues.values()))
    for policy in POLICIES:
        answer = access_of(town, policy, standards=[walkshed.Standard(metres=10)])
        near = answer.nearest()
        ours = {
            answer.estate_ids[e]: w / 10
            for e, w in zip(near.estate.tolist(), near.walk_dm.tolist(), strict=True)
        }
        for home in slow.homes:
            best = slow.nearest(home, venues, policy)
            if not slow.doubtful(home):
                assert ours.get(home) == (
                    best if best is None else pytest.approx(best[1], abs=SAME_WALK_M)
                ), (policy, home)


# --- real streets ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GatedCity:
    """A real extract whose residential areas are made gated estates, with gates of every kind."""

    path: Path
    estates: gpd.GeoDataFrame
    venues: gpd.GeoDataFrame
    gates: gpd.GeoDataFrame

    def reference(self) -> GatedReference:
        return GatedReference(self.path, self.estates, self.gates, "23:30")

    def access(self, streets: walkshed.WalkNetwork, policy: str) -> walkshed.Access:
        return walkshed.access(
            streets,
            self.estates,
            self.venues,
            gates=self.gates,
            policy=policy,
            time="23:30",
            standards=[ANY_WALK],
        )


def gated_city(path: Path, seed: int = 20261101) -> GatedCity:
    """Make up estates, gates and venues on a real extract."""
    rng = np.random.default_rng(seed)
    streets = Streets(path)
    areas = [(name, shape) for use, name, shape in streets.polygons if use == "landuse" and shape.area > 0]
    corners = np.array([streets.lonlat[edge.u] for edge in streets.edges])
    estates, venues, gates, spots = [], [], [], []

    def beside_a_street(spread: float = 3e-4) -> shapely.Point:
        return shapely.Point(corners[rng.integers(len(corners))] + rng.normal(0, spread, 2))

    for number, (name, shape) in enumerate(areas):
        inside = shapely.point_on_surface(shape)
        from_osm = number % 4 == 1 and name
        estates.append(
            {
                "estate_id": f"e{number}",
                "name": name or f"area {number}",
                "gated": None if number % 5 == 2 else number % 7 != 3,
                "geometry": inside if from_osm else shape,
                "lon": inside.x,
                "lat": inside.y,
            }
        )
        west, south, east, north = shape.bounds
        for _ in range(2):
            spot = shapely.Point(west + (east - west) * rng.random(), south + (north - south) * rng.random())
            venues.append({"geometry": spot, "opens_to": ""})
            spots.append(
                shapely.Point(west + (east - west) * rng.random(), south + (north - south) * rng.random())
            )
        for _ in range(int(rng.integers(2, 5)) if number % 2 else 0):
            at = shape.boundary.interpolate(rng.random(), normalized=True)
            open_to = str(rng.choice(["everyone", "residents", "closed", "public"], p=[0.4, 0.3, 0.1, 0.2]))
            hours = "06:00-22:00" if rng.random() < 0.2 else ""
            gates.append({"estate_id": f"e{number}", "geometry": at, "open_to": open_to, "hours": hours})
    spots += [beside_a_street() for _ in range(12)]
    for number, point in enumerate(spots):
        estates.append(
            {
                "estate_id": f"h{number}",
                "name": f"home {number}",
                "gated": None,
                "geometry": point,
                "lon": point.x,
                "lat": point.y,
            }
        )
    venues += [
        {"geometry": beside_a_street(), "opens_to": str(rng.choice(["", "", "street", "estate"]))}
        for _ in range(20)
    ]
    return GatedCity(
        path,
        _frame(estates).set_index("estate_id"),
        _frame([{"venue_id": f"v{n}"} | venue for n, venue in enumerate(venues)]).set_index("venue_id"),
        _frame(gates),
    )


def _frame(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:4326")
    frame["lon"] = [shapely.point_on_surface(shape).x for shape in frame.geometry]
    frame["lat"] = [shapely.point_on_surface(shape).y for shape in frame.geometry]
    if "gated" in frame:
        frame["gated"] = pd.Series([row["gated"] for row in rows], dtype="object", index=frame.index)
    return frame


def _city(request: pytest.FixtureRequest) -> tuple[GatedCity, GatedReference]:
    city = gated_city(request.getfixturevalue("shared_data")(f"osm/{request.param}.osm.pbf"))
    return city, city.reference()


@pytest.fixture(scope="module", params=["beijing_haidian"])
def city(request):
    """Return Haidian's residential areas as gated estates, and the second implementation's answer."""
    return _city(request)


@pytest.fixture(scope="module", params=["nanjing_center", "monaco"])
def larger_city(request):
    """Return the same for two larger extracts."""
    return _city(request)


def agree_on(city: GatedCity, slow: GatedReference, *, at_least: int) -> None:
    streets = walkshed.read_streets(city.path)
    walks = {policy: walks_of(city.access(streets, policy)) for policy in POLICIES}
    wrong, count = disagreements(slow, venues_of(city.venues), walks)
    assert wrong == {}
    assert count > at_least


def test_haidians_walls_are_of_every_kind_reference(city):
    _, slow = city
    assert slow.doubts == []
    assert set(slow.source.values()) == {"file", "osm", "crossing"}
    assert len(slow.walled) >= 6
    legs = [leg for home in slow.homes.values() for point in home.points for leg in slow.stand(point).legs]
    assert any(leg.straight for leg in legs)
    assert any(not leg.good for leg in legs)
    assert {gate.open_to for gate in slow.gates} >= {"everyone", "residents", "closed", "public"}


def test_policies_differ_in_haidian_reference(city):
    town, slow = city
    walks = {policy: slow.walks(venues_of(town.venues), policy) for policy in POLICIES}
    assert walks["closed"].keys() < walks["residents"].keys() < walks["open"].keys()
    for pair, metres in walks["residents"].items():
        assert walks["open"][pair] <= metres + 1e-6
        assert metres <= walks["closed"].get(pair, math.inf) + 1e-6
    assert any(metres > walks["open"][pair] + 50 for pair, metres in walks["residents"].items())


def test_haidian_agrees(city):
    agree_on(*city, at_least=1000)


@pytest.mark.full
def test_larger_cities_agree(larger_city):
    agree_on(*larger_city, at_least=1000)
