"""Catchments: hand-computed towns, laws on random ones, and that the drawing says what the walks say."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import walkshed
from conftest import shared
from gated_towns import Estate, GatedTown, GateRow, Sketch, Venue, box
from osm_maker import Town
from test_laws import law, places, spot, towns, write_town
from walkshed.geodesy import area_m2
from walkshed.report.drawing import disagreements, draw
from walkshed.walking.access import access
from walkshed.walking.ground import Ground, Left

STANDARDS = [walkshed.Standard(minutes=m) for m in (3, 5, 8)]


def town_of(tmp_path, *ways, **tags):
    town = Town()
    for way in ways:
        town.way(list(way), tags or {"highway": "footway"})
    return walkshed.read_streets(town.write(tmp_path / "town.osm"))


def drawn(network, rooms, metres=300.0, homes=((0, 0),)):
    standard = walkshed.Standard(metres=metres)
    answer = access(network, places(list(homes), "e"), places(list(rooms), "v"), standards=[standard])
    return answer, walkshed.catchments(answer, standards=[standard])


def holds(frame: gpd.GeoDataFrame, x: float, y: float, row: int = 0) -> bool:
    return bool(frame.geometry.iloc[row].intersects(shapely.Point(Town().lonlat(x, y))))


def test_along_one_street_the_catchment_is_the_leg_and_the_walk_together(tmp_path):
    """|x| + |y| <= 300 and |y| <= 150: 135,000 square metres."""
    network = town_of(tmp_path, [(-1000, 0), (1000, 0)])
    _, frame = drawn(network, [(0, 0)])
    assert area_m2(frame.geometry.iloc[0]) == pytest.approx(135_000, rel=0.02)
    for x, y in ((285, 0), (-285, 0), (180, 100), (0, 135), (150, -135)):
        assert holds(frame, x, y), (x, y)
    for x, y in ((315, 0), (220, 100), (0, 165), (180, -140)):
        assert not holds(frame, x, y), (x, y)


def test_the_venues_own_leg_counts(tmp_path):
    network = town_of(tmp_path, [(-1000, 0), (1000, 0)])
    _, frame = drawn(network, [(0, 100)])
    assert holds(frame, 185, 0)
    assert not holds(frame, 215, 0)


def test_the_other_bank_is_not_within_reach(tmp_path):
    """Two streets 60 m apart that never meet: the line between them is the boundary."""
    network = town_of(tmp_path, [(-1000, 0), (1000, 0)], [(-1000, 60), (1000, 60)])
    _, frame = drawn(network, [(0, 0)])
    assert holds(frame, 0, 18)
    assert not holds(frame, 0, 42)
    assert not holds(frame, 0, 60)


def test_a_square_is_crossed_on_the_drawing_too(tmp_path):
    town = Town()
    corners = [town.node(x, y) for x, y in ((0, 0), (200, 0), (200, 200), (0, 200))]
    town.ring(corners, highway="pedestrian", area="yes")
    town.way([corners[0], (-800, 0)], highway="footway")
    town.way([corners[2], (1000, 200)], highway="footway")
    network = walkshed.read_streets(town.write(tmp_path / "square.osm"))
    _, frame = drawn(network, [(0, 0)], metres=230.0)
    assert holds(frame, 140, 140)  # 198 m straight, 280 m round the edge
    assert not holds(frame, 180, 180)


def test_a_cut_off_shorter_than_the_leg_gives_an_empty_polygon_and_keeps_its_row(tmp_path):
    network = town_of(tmp_path, [(-1000, 0), (1000, 0)])
    _, frame = drawn(network, [(0, 100), (0, 0)], metres=90.0)
    assert frame["venue_id"].tolist() == ["v0", "v1"]
    assert frame.geometry.is_empty.tolist() == [True, False]


def test_a_venue_off_the_streets_has_no_catchment_and_one_on_an_island_has_its_own(tmp_path):
    network = town_of(tmp_path, [(-1000, 0), (1000, 0)], [(0, 2000), (200, 2000)])
    _, frame = drawn(network, [(0, 0), (0, 700), (100, 2010)])
    assert frame["venue_id"].tolist() == ["v0", "v2"]
    assert holds(frame, 150, 2020, row=1)
    assert not holds(frame, 0, 0, row=1)


def test_on_a_bridge_only_where_nothing_else_is_near(tmp_path):
    town = Town()
    town.way([(-1000, 0), (1000, 0)], highway="residential")
    town.way([(0, -800), (0, 800)], highway="primary", bridge="yes", layer="1")
    network = walkshed.read_streets(town.write(tmp_path / "bridge.osm"))
    _, frame = drawn(network, [(300, 0)], metres=400.0)
    assert holds(frame, 10, 60), "the street below, not the bridge above"
    _, frame = drawn(network, [(0, 400)], metres=200.0)
    assert holds(frame, 20, 500), "nothing but the bridge is near"


two_way_towns = st.builds(  # at a venue on a one-way path, a point a hair beyond it is far away
    write_town, st.sets(st.integers(0, 59), max_size=25), st.just([0, 1, 3]), st.just(set())
)


@law
@given(two_way_towns, st.lists(spot, min_size=1, max_size=4), st.lists(spot, min_size=5, max_size=25))
def test_catchments_are_valid_nest_and_say_what_the_walks_say(town, rooms, homes):
    network = walkshed.read_streets(town)
    estates, venues = places(homes, "e"), places(rooms, "v")
    answer = access(network, estates, venues, standards=STANDARDS)
    frame = walkshed.catchments(answer, standards=STANDARDS)
    assert frame.geometry.is_valid.all()
    for _, own in frame.groupby("venue_id"):
        for small, large in zip(own.geometry.iloc[:-1], own.geometry.iloc[1:], strict=True):
            assert area_m2(small.difference(large)) < 1.0
    pairs = answer.to_frame().set_index(["estate_id", "venue_id"])["walk_min"]
    index = network.index
    for row in frame.itertuples():
        shape = shapely.transform(row.geometry, lambda ll: np.column_stack(index.project(ll[:, 0], ll[:, 1])))
        for estate in estates.itertuples():
            point = shapely.Point(
                *(float(v[0]) for v in index.project(np.array([estate.lon]), np.array([estate.lat])))
            )
            near = pairs.get((estate.Index, row.venue_id), np.inf) <= walkshed.Standard(
                name=row.standard, minutes=1
            ).minutes * float(row.standard.split()[0])
            if near != shape.intersects(point):
                assert shape.boundary.distance(point) < 30, "beyond what a grid of 20 m can miss"


@law
@given(towns, st.lists(spot, min_size=2, max_size=5))
def test_the_nearest_venues_share_the_merged_catchment_among_them(town, rooms):
    network = walkshed.read_streets(town)
    answer = access(network, places([(0, 0)], "e"), places(rooms, "v"), standards=STANDARDS)
    frame = walkshed.catchments(answer, standards=STANDARDS)
    merged, shares = (
        walkshed.merged_catchments(frame),
        walkshed.nearest_catchments(answer, standards=STANDARDS),
    )
    assert shares.geometry.is_valid.all()
    for row in merged.itertuples():
        parts = shares.geometry[shares["standard"] == row.standard].to_numpy()
        together = shapely.union_all(parts)
        assert area_m2(together) == pytest.approx(area_m2(row.geometry), rel=0.02, abs=500)
        assert sum(area_m2(part) for part in parts) == pytest.approx(area_m2(together), rel=0.01, abs=200)


@law
@given(two_way_towns, st.lists(spot, min_size=2, max_size=5), st.lists(spot, min_size=5, max_size=20))
def test_each_piece_belongs_to_the_venue_that_is_nearest_there(town, rooms, homes):
    network = walkshed.read_streets(town)
    estates, venues = places(homes, "e"), places(rooms, "v")
    answer = access(network, estates, venues, standards=STANDARDS)
    shares = walkshed.nearest_catchments(answer, standards=STANDARDS)
    near, index = answer.k_nearest(2), network.index
    own = shares[shares["standard"] == "8 min"].set_index("venue_id").geometry
    for estate, rows in near.groupby("estate_id"):
        clear = len(rows) == 1 or rows["walk_m"].iloc[1] - rows["walk_m"].iloc[0] > 60
        if not clear or rows["walk_min"].iloc[0] > 7.5:
            continue
        point = shapely.Point(
            *(
                float(v[0])
                for v in index.project(*(estates.loc[[estate], c].to_numpy() for c in ("lon", "lat")))
            )
        )
        piece = own.get(rows["venue_id"].iloc[0], shapely.Polygon())
        local = shapely.transform(piece, lambda ll: np.column_stack(index.project(ll[:, 0], ll[:, 1])))
        assert not shapely.is_empty(local)
        assert local.distance(point) < 30


def test_a_venue_between_two_junctions_keeps_its_ground(tmp_path):
    town = Town()
    west, east = town.node(-400, 0), town.node(400, 0)
    town.way([west, east], highway="footway")
    town.way([west, (-400, 200)], highway="footway")
    town.way([east, (400, 200)], highway="footway")
    network = walkshed.read_streets(town.write(tmp_path / "middle.osm"))
    standard = walkshed.Standard(metres=500)
    venues = places([(0, 0), (-400, 30), (400, 30)], "v")
    answer = access(network, places([(35, 0)], "e"), venues, standards=[standard])
    shares = walkshed.nearest_catchments(answer, standards=[standard])
    assert holds(shares, 35, 0, row=shares["venue_id"].tolist().index("v0"))
    assert holds(shares, -330, 0, row=shares["venue_id"].tolist().index("v1"))


def test_a_venue_on_a_circle_far_from_its_only_junction_keeps_its_ground(tmp_path):
    """The walk never comes to an end of the venue's street, which both lie 800 m away."""
    turn = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    town = Town()
    circle = [town.node(400 * np.sin(at), 400 - 400 * np.cos(at)) for at in turn]
    town.way([*circle, circle[0]], {"highway": "footway"})
    town.way([circle[0], (0, -700)], {"highway": "footway"})
    network = walkshed.read_streets(town.write(tmp_path / "town.osm"))
    answer, frame = drawn(network, [(0, 810)], homes=[(60, 810), (-60, 810), (0, 880), (150, 700)])
    assert len(answer.to_frame()) == 4
    for x, y in ((60, 810), (-60, 810), (0, 880), (150, 700)):
        assert holds(frame, x, y), (x, y)
    assert area_m2(frame.geometry.iloc[0]) > 100_000


def test_who_sees_the_gate_of_his_estate_is_drawn_however_far_it_is():
    """A walled estate of 600 m without paths, its gate in the south: 10 + 280 + 20 m from the venue, and then straight."""
    around = [(-20, -20), (300, -20), (620, -20), (620, 620), (-20, 620), (-20, -20)]
    sketch = Sketch().way(*around, highway="footway").way((300, -600), (300, -20), highway="footway")
    home = Estate([(300, 300)], box(0, 0, 600, 600), gated=True)
    town = GatedTown(sketch, {"e": home}, {"v": Venue([(310, -300)])}, [GateRow("e", 300, 0)])
    standard = walkshed.Standard(metres=800.0)
    with town.file() as file:
        network = walkshed.read_streets(file)
    answer = access(
        network, town.estate_frame(), town.venue_frame(), gates=town.gate_frame(), standards=[standard]
    )
    assert answer.to_frame()["walk_m"].tolist() == pytest.approx([610], abs=1)
    frame = walkshed.catchments(answer, standards=[standard])
    for x, y in ((300, 130), (300, 190), (300, 300), (300, 470), (100, 400)):
        assert holds(frame, x, y), (x, y)
    for x, y in ((300, 510), (100, 480), (400, 500)):
        assert not holds(frame, x, y), (x, y)


def test_whom_a_metre_costs_less_is_tied_farther_along_a_street_though_less_is_left_at_its_ends(tmp_path):
    network = town_of(tmp_path, [(x, 0) for x in range(0, 2001, 50)])
    level, downhill = (
        Left(*(np.array([left]) for left in ends), least)
        for ends, least in (((950.0, -650.0), 1.0), ((930.0, -670.0), 0.85))
    )
    whole = network.index.xy.min(axis=0) - 100, network.index.xy.max(axis=0) + 100

    def tied(*walkers):
        ground = Ground(network, max_snap_m=150.0)
        for left in walkers:
            ground.prepare(left)
        return (ground.window(np.concatenate(whole)).edge >= 0).tolist()

    assert np.sum(tied(downhill)) > np.sum(tied(level)) + 30
    assert tied(level, downhill) == tied(downhill)
    assert tied(downhill, level, downhill) == tied(downhill)


def test_a_study_of_which_no_venue_is_open_is_written_all_the_same(sample, tmp_path):
    import dataclasses
    import datetime as dt

    study = dataclasses.replace(walkshed.read_study(sample), date=dt.date(1990, 1, 1))
    result = walkshed.run(study)
    assert result.disagreements.empty
    assert (result.write(tmp_path / "out") / "map.html").exists()


@law
@given(two_way_towns, st.lists(spot, min_size=1, max_size=3), st.floats(60, 600))
def test_reached_streets_end_where_the_walk_is_used_up(town, rooms, metres):
    network = walkshed.read_streets(town)
    if network.index.edge_class.any():
        return  # beside a short piece of streets, places go to longer ones farther away
    venues = places(rooms, "v")
    standard = walkshed.Standard(metres=metres)
    answer = access(network, places([(0, 0)], "e"), venues, standards=[standard])
    lines = walkshed.reached_streets(answer, standards=[standard])
    parts = shapely.get_parts(lines.geometry.to_numpy())
    if not len(parts):
        return
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(parts, at)) for at in (0, -1)])
    known = {(round(x, 7), round(y, 7)) for x, y in zip(network.node_lon, network.node_lat, strict=True)}
    cut = np.array([(round(x, 7), round(y, 7)) not in known for x, y in ends])
    frame = gpd.GeoDataFrame(
        {"lon": ends[cut, 0], "lat": ends[cut, 1]},
        geometry=gpd.points_from_xy(ends[cut, 0], ends[cut, 1]),
        crs=4326,
    )
    frame.index = [f"p{i}" for i in range(len(frame))]
    if not len(frame):
        return
    there = access(network, frame, venues, standards=[walkshed.Standard(metres=metres + 50)]).nearest()
    assert there.walk_dm.max(initial=0) / 10 <= metres + 0.15
    assert len(there) == len(frame)


def test_reached_streets_of_one_street_are_measured(tmp_path):
    network = town_of(tmp_path, [(-1000, 0), (1000, 0)])
    answer, _ = drawn(network, [(0, 50)])
    lines = walkshed.reached_streets(answer, standards=[walkshed.Standard(metres=300)])
    assert lines["length_m"].iloc[0] == pytest.approx(500, abs=0.2)


@pytest.mark.parametrize("extract", ["monaco", "beijing_haidian"])
def test_on_real_streets_drawing_and_walk_agree_but_for_the_grid(extract):
    network = walkshed.read_streets(shared(f"osm/{extract}.osm.pbf"))
    rng = np.random.default_rng(7)

    def some(n, prefix):
        node = rng.integers(0, network.n_nodes, n)
        lon = network.node_lon[node] + rng.normal(0, 4e-4, n)
        lat = network.node_lat[node] + rng.normal(0, 4e-4, n)
        frame = places([(0, 0)] * n, prefix)
        frame["lon"], frame["lat"] = lon, lat
        return frame.set_geometry(gpd.points_from_xy(lon, lat), crs=4326)

    estates, venues = some(2000, "e"), some(12, "v")

    class Study:
        profiles = (walkshed.ADULT,)
        standards = (walkshed.Standard(minutes=5), walkshed.Standard(metres=500))
        date = __import__("datetime").date(2026, 11, 1)

    from walkshed.report.coverage import coverage

    answer = access(network, estates, venues, standards=Study.standards)
    table = coverage(
        answer, estates, venues, profiles=Study.profiles, standards=Study.standards, date=Study.date
    )
    apart = disagreements(answer, table, draw(answer, venues, Study))
    assert len(apart) < 0.03 * len(table)
    assert (~apart["near_boundary"]).sum() < 0.005 * len(table)


def test_the_sample_is_drawn_into_its_layers_and_counted(sample_result, tmp_path):
    import json

    folder = sample_result.write(tmp_path / "out")
    layers = {name: gpd.read_file(folder / "coverage.gpkg", layer=name) for name in (
        "catchments", "catchments_merged", "catchments_nearest", "streets_reached")}  # fmt: skip
    assert set(layers["catchments"].columns) >= {"venue_id", "profile", "standard", "geometry"}
    open_ = sample_result.venues.index[sample_result.venues["status"] == "open"]
    assert set(layers["catchments"]["venue_id"]) == set(open_)
    counts = json.loads((folder / "run.json").read_text(encoding="utf-8"))["counts"]
    assert counts["drawn_otherwise"] == len(sample_result.disagreements)
    assert counts["drawn_otherwise_beyond_precision"] <= 0.01 * len(sample_result.coverage)


def test_the_surface_is_a_geotiff_with_the_walks_own_minutes(tmp_path):
    import rasterio
    import rasterio.warp

    from walkshed.deliver.surface import write_surface
    from walkshed.walking.surface import walking_time_surface

    network = town_of(tmp_path, [(-1000, 0), (1000, 0)])
    answer, _ = drawn(network, [(0, 0)])
    write_surface(walking_time_surface(answer, limit_min=8), tmp_path / "walk.tif")
    with rasterio.open(tmp_path / "walk.tif") as file:
        for x, y in ((0, 0), (200, 0), (-300, 60), (400, -100)):
            lon, lat = Town().lonlat(x, y)
            at = rasterio.warp.transform("EPSG:4326", file.crs, [lon], [lat])
            value = float(next(file.sample([(at[0][0], at[1][0])]))[0])
            assert value == pytest.approx((abs(x) + abs(y)) / 1.3 / 60, abs=0.35), (x, y)
        lon, lat = Town().lonlat(0, 400)
        at = rasterio.warp.transform("EPSG:4326", file.crs, [lon], [lat])
        assert np.isnan(next(file.sample([(at[0][0], at[1][0])]))[0])
