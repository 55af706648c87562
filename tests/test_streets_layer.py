"""Streets from a line layer: what meets, what does not, and what is said of a bad layer."""

from __future__ import annotations

import math
import sqlite3
import struct
import warnings
from itertools import pairwise

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point, box

import walkshed
from conftest import ROOT
from osm_maker import Town
from walkshed.errors import InputError
from walkshed.streets.layer import read_line_layer
from walkshed.streets.network import WalkNetwork
from walkshed.walking.access import access

TAGS = (
    "highway", "foot", "access", "bridge", "tunnel", "layer", "area", "motorroad", "railway", "public_transport",
    "man_made", "oneway:foot", "sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right",
)  # fmt: skip
METRES = 4549
"""A plane to draw in: CGCS2000, 120E. The town lies around ORIGIN."""
ORIGIN = (520_000.0, 3_490_000.0)


# --- making layers ---------------------------------------------------------------------------------------


def layer(lines, crs=METRES, **columns):
    """Return lines, drawn in metres around the origin, as a frame."""
    shapes = [LineString(line) if isinstance(line, (list, tuple)) else line for line in lines]
    if crs == METRES:
        shapes = list(shapely.transform(shapes, lambda at: at + ORIGIN))
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs, index=range(len(shapes)))


def write(frame, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if path.suffix == ".parquet":
            frame.to_parquet(path)
        else:
            frame.to_file(path)
    return path


@pytest.fixture
def read(tmp_path):
    """Return the function that writes lines as a layer and reads it back as a network."""
    count = iter(range(10_000))

    def make(lines, columns=None, crs=METRES, suffix=".gpkg", **options) -> WalkNetwork:
        frame = lines if isinstance(lines, gpd.GeoDataFrame) else layer(lines, crs, **(columns or {}))
        return read_line_layer(write(frame, tmp_path / f"streets{next(count)}{suffix}"), **options)

    return make


def codes(network):
    return [one.code for one in network.notices]


def said(network, code):
    return [one for one in network.notices if one.code == code]


def pieces(network):
    return len(network.component_length_m)


def frame_of(points, prefix):
    """Return places (degrees) as the tables' frames have them."""
    lon, lat = np.asarray(points, dtype=float).T
    return gpd.GeoDataFrame(
        {"name": "", "lon": lon, "lat": lat, "location_status": "given"},
        geometry=gpd.points_from_xy(lon, lat),
        crs="EPSG:4326",
        index=pd.Index([f"{prefix}{n}" for n in range(len(lon))], name=f"{prefix}_id"),
    )


def walks(network, homes, rooms):
    """Return the walks of up to 25 min between places, by their pair."""
    found = access(
        network, frame_of(homes, "e"), frame_of(rooms, "v"), standards=[walkshed.Standard(minutes=25)]
    )
    return found.to_frame().set_index(["estate_id", "venue_id"])["walk_m"]


def walk(network, start, end):
    """Return the walk between two points of the plane, nan where there is none."""
    at = gpd.GeoSeries([Point(start), Point(end)], crs=METRES).translate(*ORIGIN).to_crs(4326)
    found = walks(network, [(at[0].x, at[0].y)], [(at[1].x, at[1].y)])
    return float(found.iloc[0]) if len(found) else math.nan


def sprinkled(network, n, seed):
    """Return points near the network's nodes, all over it and close enough to reach each other."""
    random = np.random.default_rng(seed)
    hubs = np.random.default_rng(5).integers(0, network.n_nodes, 4)
    at = hubs[random.integers(0, len(hubs), n)]
    lon = network.node_lon[at] + random.uniform(-0.006, 0.006, n)
    return np.column_stack([lon, network.node_lat[at] + random.uniform(-0.005, 0.005, n)])


def same_walks(one, other, *, within=0.15):
    """Hold two networks against each other: as many walks, and as long."""
    homes, rooms = sprinkled(one, 150, 1), sprinkled(one, 30, 2)
    a, b = walks(one, homes, rooms), walks(other, homes, rooms)
    assert len(a) > 100
    both = pd.concat([a, b], axis=1, keys=["one", "other"])
    assert both.notna().all(axis=None)
    assert (both["one"] - both["other"]).abs().max() <= within


def alike(one, other):
    """Whether two networks are the same, byte for byte."""
    names = [name for name in WalkNetwork.__dataclass_fields__ if isinstance(getattr(one, name), np.ndarray)]
    assert len(names) > 10
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in names)


# --- an OSM file's ways as lines, by another road than the reader's ---------------------------------------


def ways_of(path):
    """Return the ways of an OSM file by pyosmium alone: id, tags and nodes, split where nodes are missing."""
    found = []
    for way in osmium.FileProcessor(str(path)).with_locations():
        if not way.is_way():
            continue
        runs = [[]]
        for node in way.nodes:
            if node.location.valid():
                runs[-1].append((node.location.x, node.location.y))
            else:
                runs.append([])
        tags = {tag.k: tag.v for tag in way.tags if tag.k in TAGS}
        found += [(way.id, tags, run) for run in runs if len(run) > 1]
    return found


def as_layer(ways):
    columns = {"osm_id": [way for way, _, _ in ways]} | {
        tag: [tags.get(tag) for _, tags, _ in ways] for tag in TAGS
    }
    shapes = [LineString(np.array(run) / 1e7) for _, _, run in ways]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326")


def as_osm(ways, path):
    """Write the ways alone: a layer of lines has no barriers, no relations, and one node at one place."""
    make, nodes = osmium.osm.mutable, {}
    lines = [(way, tags, [nodes.setdefault(at, len(nodes) + 1) for at in run]) for way, tags, run in ways]
    with osmium.SimpleWriter(str(path)) as out:
        for (x, y), ref in nodes.items():
            out.add_node(make.Node(id=ref, version=1, location=(x / 1e7, y / 1e7)))
        for way, tags, refs in lines:
            out.add_way(make.Way(id=way, version=1, nodes=refs, tags=tags))
    return path


def split_anywhere(frame, seed):
    """Cut every line at random ones of its vertices into lines of their own, in a random order."""
    random = np.random.default_rng(seed)
    row, shapes = [], []
    for number, shape in enumerate(frame.geometry):
        at = np.asarray(shape.coords)
        inner = np.flatnonzero(random.random(len(at) - 2) < 0.4) + 1
        closed = frame["area"].iloc[number] == "yes"  # an area's outline must stay whole to be an area
        for first, last in pairwise([0, *([] if closed else inner.tolist()), len(at) - 1]):
            row.append(number)
            shapes.append(LineString(at[first : last + 1]))
    cut = frame.iloc[row].set_geometry(gpd.GeoSeries(shapes, index=frame.index[row], crs=frame.crs))
    assert len(cut) > len(frame)
    return cut.sample(frac=1, random_state=seed).reset_index(drop=True)


SOURCES = ["town", "ronghang", "helsinki"]


@pytest.fixture(scope="module", params=SOURCES)
def osm_ways(request):
    """Return the ways of a hand-made town, of the sample and of Helsinki."""
    if request.param == "helsinki":
        return ways_of(request.getfixturevalue("helsinki"))
    if request.param == "ronghang":
        return ways_of(ROOT / "data" / "ronghang" / "streets.osm.pbf")
    return ways_of(a_town().write(request.getfixturevalue("tmp_path_factory").mktemp("town") / "town.osm"))


def a_town():
    """Return a town of streets, a square, a one-way path, a bridge over two streets with stairs up to it."""
    town = Town()
    grid = town.lattice(6, 6, 100)
    town.ring([(120, 120), (180, 120), (180, 180), (120, 180)], highway="pedestrian", area="yes")
    square = [spot for spot, _ in town.nodes.values()][-4:]
    town.way([grid[1][1], square[0]], highway="footway")
    town.way([square[2], grid[2][2]], highway="steps")
    town.way([grid[3][3], (330, 360), grid[4][4]], highway="footway", oneway__foot="yes")
    middle = town.node(250, 250)
    town.way([grid[2][0], (250, 50), middle, (250, 450), grid[2][5]], highway="footway", bridge="yes")
    town.way([middle, grid[2][2]], highway="steps")
    town.way([grid[5][5], (600, 500), (650, 550)], highway="service", access="private")
    return town


# --- laws ------------------------------------------------------------------------------------------------


def test_the_ways_of_an_osm_file_give_the_same_walks_as_lines(osm_ways, read, tmp_path):
    network = walkshed.read_streets(as_osm(osm_ways, tmp_path / "ways.osm.pbf"))
    lines = read(as_layer(osm_ways), tolerance_m=0)
    same_walks(network, lines)
    assert np.isin(lines.edge_way, [way for way, _, _ in osm_ways]).all()
    assert set(np.unique(lines.edge_code)) == set(np.unique(network.edge_code))
    assert lines.length_km == pytest.approx(network.length_km, rel=1e-4)


def test_where_lines_are_split_does_not_matter(osm_ways, read):
    whole = as_layer(osm_ways)
    for tolerance in (0.0, 0.5, 3.0):
        same_walks(read(whole, tolerance_m=tolerance), read(split_anywhere(whole, 3), tolerance_m=tolerance))


def test_the_order_of_the_rows_is_irrelevant(osm_ways, read):
    frame = as_layer(osm_ways)
    for cross in (False, True):
        one = read(frame, cross=cross)
        other = read(frame.sample(frac=1, random_state=4).reset_index(drop=True), cross=cross)
        assert alike(one, other)
        assert codes(one) == codes(other)


def test_a_larger_tolerance_never_lengthens_a_walk_by_more_than_the_gaps(helsinki, read):
    frame = as_layer(ways_of(helsinki))
    strict, loose = read(frame, tolerance_m=0), read(frame, tolerance_m=2)
    assert loose.counts["ends_snapped"] + loose.counts["ends_joined_to_streets"] > 0
    main = np.flatnonzero(strict.component == strict.component_length_m.argmax())
    at = np.random.default_rng(2).choice(main, 150, replace=False)  # on the streets: their ties stay the same
    places = np.column_stack([strict.node_lon, strict.node_lat])[at]
    both = pd.concat([walks(strict, places, places), walks(loose, places, places)], axis=1)
    assert len(both) > 10_000
    assert both.notna().all(axis=None)
    assert (both.iloc[:, 1] - both.iloc[:, 0]).max() < 8


@pytest.mark.parametrize("crs", [4326, 4549, 32651, 3857])
def test_formats_agree_byte_for_byte(read, crs, tmp_path):
    town = as_layer(ways_of(a_town().write(tmp_path / "town.osm"))).to_crs(crs)
    town = town[["osm_id", "highway", "access", "bridge", "area", "oneway:foot", "geometry"]]
    gaps = (
        town.geometry.iloc[:2].to_crs(METRES).translate(30.0, 0.3).to_crs(crs)
    )  # something to join by tolerance
    town = pd.concat(
        [town, gpd.GeoDataFrame({"osm_id": [901, 902], "highway": "path"}, geometry=gaps.to_list(), crs=crs)]
    )
    suffixes = [".gpkg", ".parquet", ".fgb", ".shp", *([".geojson"] if crs == 4326 else [])]
    networks = [read(town, suffix=suffix) for suffix in suffixes]
    assert networks[0].counts["ends_joined_to_streets"] > 0
    assert all(alike(networks[0], other) for other in networks[1:])


def test_a_layer_in_another_plane_gives_the_same_streets(read, tmp_path):
    town = as_layer(ways_of(a_town().write(tmp_path / "town.osm")))
    degrees = read(town)
    for crs in (4490, 4549, 3857):
        same_walks(degrees, read(town.to_crs(crs)))


def test_our_own_edges_can_be_read_back(tmp_path, read):
    network = walkshed.read_streets(a_town().write(tmp_path / "town.osm"))
    back = read(network.edges())
    assert back.edge_structure.max() == 1
    assert back.edge_private.any()
    open_ = read(network.edges().drop(columns="private"))
    assert not open_.edge_private.any()
    at = network.edge_kind == 0
    assert set(back.edge_way) == set(network.edge_way)
    assert network.edge_length_m[at & (network.edge_oneway == 0)].sum() > 0


nearby = st.floats(-60, 60).map(lambda metres: round(metres, 2))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.lists(st.tuples(nearby, nearby), min_size=2, max_size=6), min_size=1, max_size=8),
    tolerance=st.sampled_from([0.0, 0.5, 5.0]),
    cross=st.booleans(),
    random=st.randoms(use_true_random=False),
)
def test_any_scribble_becomes_a_sound_network(read, lines, tolerance, cross, random):
    lines = [line for line in lines if max(math.dist(a, b) for a, b in pairwise(line)) > 6]
    if not lines:
        return
    network = read(lines, tolerance_m=tolerance, cross=cross)
    drawn = sum(LineString(line).length for line in lines)
    n_gaps = network.counts["ends_snapped"] + network.counts["ends_joined_to_streets"]
    assert network.length_km * 1000 <= drawn * 1.001 + n_gaps * 2 * tolerance + 0.1 * len(lines)
    assert (network.edge_length_m > 0).all()
    at = network.coord_ptr
    assert np.array_equal(network.coord_lon[at[:-1]], network.node_lon[network.edge_u])
    assert np.array_equal(network.coord_lat[at[1:] - 1], network.node_lat[network.edge_v])
    mixed = random.sample(lines, len(lines))
    if len({tuple(line[0]) for line in lines}) == len(
        lines
    ):  # feature numbers follow the rows, all else does not
        other = read(mixed, tolerance_m=tolerance, cross=cross)
        assert other.edge_length_m.tobytes() == network.edge_length_m.tobytes()


# --- what meets ------------------------------------------------------------------------------------------

STREET = [(0, 0), (200, 0)]


@pytest.mark.parametrize("gap", [0.0, 0.01, 0.3, 0.49])
def test_an_end_beside_a_line_joins_it_within_the_tolerance(read, gap):
    network = read([STREET, [(80, gap), (80, 100)]])
    assert walk(network, (10, 0), (80, 90)) == pytest.approx(160, abs=gap + 0.15)
    assert walk(network, (190, 0), (80, 90)) == pytest.approx(200, abs=gap + 0.15)
    assert network.n_nodes == 4


@pytest.mark.parametrize("gap", [0.51, 0.6, 2.0])
def test_an_end_farther_off_does_not(read, gap):
    lines = [STREET, [(80, gap), (80, 100)]]
    network = read(lines)
    assert pieces(network) == 2
    assert network.counts["ends_joined_to_streets"] == 0
    assert pieces(read(lines, tolerance_m=gap + 0.02)) == 1


def test_an_end_that_overshoots_is_cut_back(read):
    network = read([STREET, [(80, -0.4), (80, 100)]])
    assert walk(network, (10, 0), (80, 90)) == pytest.approx(160, abs=0.15)
    assert network.n_nodes == 4
    assert not said(network, "streets.unmet_crossings")


def test_ends_that_miss_each_other_are_snapped_together_and_counted(read):
    lines = [[(0, 0), (100, 0)], [(100.3, 0.1), (200, 0)], [(100.1, 0.35), (100, 100)]]
    network = read(lines)
    assert (pieces(network), network.n_nodes) == (1, 4)
    assert network.counts["ends_snapped"] == 3
    assert "3" in said(network, "streets.ends_joined")[0].text.en
    assert pieces(read(lines, tolerance_m=0.05)) == 3


def test_ends_join_in_a_chain_although_the_outer_ones_are_farther_apart(read):
    network = read([[(0, 0), (0, 90)], [(0.4, 0), (90, 0)], [(0.8, 0), (0.8, -90)]])
    assert pieces(network) == 1


def test_an_end_at_a_junction_goes_to_the_junction(read):
    network = read(
        [[(0, 0), (100, 0)], [(100, 0), (200, 0)], [(100, 0), (100, 50)], [(100.2, -0.3), (100, -80)]]
    )
    assert network.n_nodes == 5


def test_lines_that_only_cross_do_not_meet_unless_asked(read):
    lines = [STREET, [(100, -100), (100, 100)]]
    network = read(lines)
    assert pieces(network) == 2
    assert network.counts["crossings_unmet"] == 1
    assert "1" in said(network, "streets.unmet_crossings")[0].text.en
    assert len(said(network, "streets.unmet_crossing")) == 1
    joined = read(lines, cross=True)
    assert walk(joined, (10, 0), (100, 90)) == pytest.approx(180, abs=0.15)
    assert not said(joined, "streets.unmet_crossings")
    assert joined.counts["crossings_joined"] == 1


def test_a_vertex_that_both_lines_have_is_a_junction(read):
    network = read([[(0, 0), (100, 0), (200, 0)], [(100, -100), (100, 0), (100, 100)]])
    assert walk(network, (10, 0), (100, 90)) == pytest.approx(180, abs=0.15)
    assert network.counts["crossings_unmet"] == 0


def test_two_lines_that_end_together_on_a_third_meet_it(read):
    network = read([STREET, [(80, 0), (80, 100)], [(80, 0), (80, -100)]])
    assert network.n_nodes == 5
    assert network.counts["vertices_on_lines"] == 1


def test_a_line_that_overlaps_another_counts_once(read):
    network = read([STREET, [(50, 0), (150, 0)], [(150, 0), (250, 0)], STREET])
    assert network.length_km * 1000 == pytest.approx(250, abs=0.2)
    assert "streets.repeated" in codes(network)


@pytest.mark.parametrize(
    ("columns", "meets"),
    [
        ({"bridge": [None, "yes"]}, False),
        ({"layer": [0, 1]}, False),
        ({"tunnel": ["T", "F"]}, False),
        ({"bridge": ["F", "T"], "layer": [0, 0]}, False),
        ({"structure": ["ground", "tunnel"]}, False),
        ({"other_tags": [None, '"bridge"=>"yes","layer"=>"1"']}, False),
        ({"other_tags": [None, '{"bridge":"yes"}']}, False),
        ({"桥梁": ["否", "是"]}, False),
        ({"bridge": ["yes", "yes"]}, True),
        ({"bridge": ["no", "no"]}, True),
        ({"tunnel": [None, "building_passage"]}, True),
        ({"layer": ["roads", "paths"]}, True),
        ({}, True),
    ],
)
def test_lines_of_different_level_never_join_in_the_middle(read, columns, meets):
    for lines in (
        [[(0, 0), (100, 0), (200, 0)], [(100, -100), (100, 0), (100, 100)]],
        [STREET, [(80, 0.2), (80, 100)]],
        [STREET, [(80, 0), (80, 100)]],
    ):
        assert pieces(read(lines, columns)) == (1 if meets else 2)


@pytest.mark.parametrize(
    ("columns", "meets"),
    [
        ({"layer": [0, 1]}, False),
        ({"layer": [0, 1], "osm_id": [1, 2]}, True),
        ({"layer": [0, 1], "bridge": [None, "yes"], "osm_id": [1, 2]}, False),
        ({"layer": [1, 1], "bridge": [None, "yes"], "osm_id": [1, 2]}, True),
        ({"other_tags": [None, '"tunnel"=>"yes"']}, False),
        ({"other_tags": [None, '"layer"=>"-1"']}, True),
    ],
)
def test_a_node_of_osm_is_a_junction_unless_on_a_bridge_or_in_a_tunnel(read, columns, meets):
    lines = [[(0, 0), (100, 0), (200, 0)], [(100, -100), (100, 0), (100, 100)]]
    assert pieces(read(lines, columns)) == (1 if meets else 2)


def test_a_bridge_meets_its_ramps_where_the_ends_coincide(read):
    lines = [[(0, 0), (100, 0)], [(100, 0), (200, 0)], [(200, 0), (300, 0)], [(150, -90), (150, 90)]]
    network = read(lines, {"bridge": ["no", "yes", "no", "no"]})
    assert walk(network, (10, 0), (290, 0)) == pytest.approx(280, abs=0.15)
    assert pieces(network) == 2
    assert network.counts["crossings_unmet"] == 0
    assert pieces(read([lines[0], [(100.2, 0), (200, 0)]], {"bridge": ["no", "yes"]})) == 2


def test_stairs_that_end_on_a_vertex_of_a_bridge_lead_onto_it(read):
    lines = [[(0, 0), (100, 0), (200, 0)], [(100, 0), (100, 80)]]
    assert pieces(read(lines, {"bridge": ["yes", "no"]})) == 1


def test_a_square_is_met_at_its_corners_whatever_the_level(read):
    square = [(0, 0), (60, 0), (60, 60), (0, 60), (0, 0)]
    columns = {"highway": ["pedestrian", "footway"], "area": ["yes", None], "layer": [0, 1]}
    network = read([square, [(60, -50), (60, 0), (90, 10)]], columns)
    assert (pieces(network), len(network.areas)) == (1, 1)


def test_a_square_with_a_slit_too_narrow_to_see_is_still_a_square(read):
    slit = [(30, 0), (30, 40), (30.3, 40), (30.015, 20), (30.3, 0)]
    network = read(
        [[(0, 0), *slit, (60, 0), (60, 60), (0, 60), (0, 0)]], {"highway": ["pedestrian"], "area": ["yes"]}
    )
    assert (len(network.areas), network.counts["areas_not_closed"]) == (1, 0)


def test_an_eight_is_crossed_at_its_own_vertex_only(read):
    tail = [(0, 0), (50, 50), (100, 100), (100, 0), (50, 50), (0, 100)]
    touching = read([tail])
    assert walk(touching, (0, 0), (0, 100)) == pytest.approx(2 * math.hypot(50, 50), abs=0.2)
    crossing = read([[(0, 0), (100, 100), (100, 0), (0, 100)]])
    assert walk(crossing, (0, 0), (0, 100)) == pytest.approx(100 + 2 * math.hypot(100, 100), abs=0.2)
    assert crossing.counts["crossings_unmet"] == 1
    eight = [(50, 50), (100, 100), (100, 0), (50, 50), (0, 100), (0, 0), (50, 50)]
    assert read([eight]).length_km * 1000 == pytest.approx(LineString(eight).length, abs=0.2)


def test_a_line_that_comes_back_to_its_own_middle_closes_the_loop(read):
    network = read([[(0, 0), (100, 0), (100, 100), (50, 100), (50, 0.3)]])
    assert walk(network, (10, 0), (50, 90)) == pytest.approx(130, abs=0.5)


def test_dashes_become_a_street_and_do_not_fold_up(read):
    dashes = [[(at / 10, 0), (at / 10 + 0.3, 0)] for at in range(0, 3000, 4)]
    network = read(dashes)
    assert pieces(network) == 1
    assert network.length_km * 1000 == pytest.approx(299.9, abs=0.5)


def test_a_stub_shorter_than_the_gap_before_it_joins_nothing(read):
    parallel = [(0, 0.7), (200, 0.7)]
    assert pieces(read([STREET, [(80, 0), (80, 0.3)], parallel])) == 2
    assert pieces(read([STREET, [(80, 0), (80, 0.4)], parallel])) == 1


def test_a_tiny_hook_is_not_closed_but_a_ring_is(read):
    assert read([[(0, 0), (0, 0.6), (0.4, 0.6), (0.4, 0)]]).n_nodes == 2
    assert read([[(0, 0), (0, 60), (60, 60), (0.4, 0)]]).n_nodes == 1


def test_a_street_keeps_its_place_when_an_end_is_joined_to_it(read):
    network = read([[(0, 0), (80, 0), (200, 0)], [(79.7, 0.3), (70, 100)]])
    at = gpd.GeoSeries([Point(80, 0)], crs=METRES).translate(*ORIGIN).to_crs(4326)[0]
    assert np.hypot(network.node_lon - at.x, network.node_lat - at.y).min() < 1.5e-7


def test_vertices_a_centimetre_apart_do_not_collapse(read):
    dense = [(at * 0.013, 0) for at in range(1001)]
    assert 12.9 < read([dense]).length_km * 1000 < 15


def test_tiny_pieces_are_a_street_like_any_other(read):
    whole = [(0, 0), (300, 0)]
    tiny = [[(at / 10, 0), ((at + 1) / 10, 0)] for at in range(3000)]
    other = [(150, 0.3), (150, 100)]
    for lines in ([whole, other], [*tiny, other]):
        network = read(lines)
        assert walk(network, (0, 0), (150, 100)) == pytest.approx(250, abs=0.5)


def test_the_price_of_a_network_grows_with_its_size_alone(read):
    lattice = [[(x, 100 * y), (x + 1, 100 * y)] for y in range(20) for x in range(1000)]
    lattice += [[(100 * x, y), (100 * x, y + 1)] for y in range(1900) for x in range(11)]
    network = read(layer(lattice).sample(frac=1, random_state=1), {})
    assert (pieces(network), network.n_nodes) == (1, 11 * 20 - 4)
    assert walk(network, (0, 0), (1000, 300)) == pytest.approx(1300, abs=0.3)


# --- columns ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ({"highway": ["steps"]}, "steps"),
        ({"HIGHWAY": ["Primary_Link"]}, "primary"),
        ({"fclass": ["track_grade3"]}, "track"),
        ({"fclass": ["unknown"]}, "road"),
        ({"TYPE": ["pedestrian"]}, "pedestrian"),
        ({"kind": ["cycleway"]}, "cycleway"),
        ({"等级": ["次干路"]}, "secondary"),
        ({"类型": ["人行道"]}, "footway"),
        ({"type": ["asphalt"], "kind": ["path"]}, "path"),
        ({"owner": ["city"]}, "footway"),
        ({"highway": ["trunk"], "sidewalk": ["both"]}, "trunk"),
        ({"highway": ["motorway"], "foot": ["yes"]}, "motorway"),
        ({"highway": [None], "railway": ["platform"]}, "platform"),
        ({"highway": [None], "other_tags": ['"public_transport"=>"platform"']}, "platform"),
    ],
)
@pytest.mark.parametrize("suffix", [".gpkg", ".shp"])
def test_columns_are_understood(read, columns, kind, suffix):
    columns = {name: [values[0], None] for name, values in columns.items()}
    network = read([STREET, [(0, 300), (200, 300)]], columns, suffix=suffix)
    assert network.edges()["kind"].iloc[0] == kind


@pytest.mark.parametrize(
    ("columns", "left"),
    [
        ({"highway": ["footway", "motorway"]}, 1),
        ({"highway": ["footway", "construction"]}, 1),
        ({"highway": ["footway", "residential"], "foot": [None, "no"]}, 1),
        ({"highway": ["footway", "residential"], "access": [None, "no"], "foot": [None, "yes"]}, 2),
        ({"道路等级": ["支路", "高速公路"]}, 1),
        ({"fclass": ["footway", "trunk"]}, 1),
        ({"highway": ["footway", None]}, 1),
    ],
)
def test_what_is_not_walked_is_left_out_and_said(read, columns, left):
    network = read([STREET, [(0, 30), (200, 30)]], columns)
    assert network.n_edges == left
    assert len(said(network, "streets.not_walked")) == 2 - left


def test_private_oneway_and_number_of_a_line_are_kept(read):
    columns = {
        "highway": "footway",
        "access": ["private", None],
        "oneway_foot": [None, "yes"],
        "id": ["7", "12"],
    }
    for suffix in (".gpkg", ".shp", ".parquet"):
        network = read([STREET, [(0, 30), (200, 30)]], columns, suffix=suffix)
        assert network.edge_way.tolist() == [7, 12]
        assert network.edge_private.tolist() == [True, False]
        assert network.edge_oneway.tolist() == [0, 1]


def test_without_numbers_an_edge_names_its_feature(read):
    assert sorted(read([STREET, [(0, 30), (200, 30)]], {"id": ["a", "b"]}).edge_way) == [1, 2]


def test_a_layer_without_classes_or_levels_says_so(read):
    network = read([STREET])
    assert {"streets.no_class", "streets.no_level"} <= set(codes(network))
    network = read([STREET], {"type": ["asphalt"], "bridge": ["no"]})
    assert said(network, "streets.no_class")[0].source.column == "type"
    assert "streets.no_level" not in codes(network)


# --- bad input -------------------------------------------------------------------------------------------


def faults(path, **options):
    with pytest.raises(InputError) as caught:
        read_line_layer(path, **options)
    for fault in caught.value.faults:
        assert fault.text.en
        assert any("一" <= letter <= "鿿" for letter in fault.text.zh)
    return [fault.code for fault in caught.value.faults]


def test_a_layer_without_a_coordinate_system_is_refused_with_all_else_that_is_wrong(tmp_path):
    for suffix in (".gpkg", ".shp", ".parquet", ".fgb"):
        frame = layer([STREET], crs=None, highway=["motorway"])
        assert faults(write(frame, tmp_path / f"a{suffix}")) == ["crs.missing", "streets.no_way"]


@pytest.mark.parametrize("crs", [4326, 4490, METRES])
def test_coordinates_off_the_earth_are_a_fault_that_names_the_row(tmp_path, crs):
    shapes = [LineString([(120.2, 31.5), (120.3, 31.5)]), LineString([(520000, 1e9), (520000, np.inf)])]
    if crs == METRES:
        shapes[0] = LineString([(520000, 3490000), (520100, 3490000)])
    path = write(gpd.GeoDataFrame(geometry=shapes, crs=crs), tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="row 2") as caught:
        read_line_layer(path)
    assert [fault.code for fault in caught.value.faults] == ["streets.out_of_range"]


def test_a_layer_in_a_plane_of_its_own_is_refused(tmp_path):
    local = 'ENGCRS["site grid",EDATUM["site"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],LENGTHUNIT["metre",1]]'
    path = write(gpd.GeoDataFrame(geometry=[LineString(STREET)], crs=local), tmp_path / "a.parquet")
    assert faults(path) == ["crs.unknown"]


def test_heights_parts_and_empty_features_are_taken_as_they_come(read):
    shapes = [
        LineString([(0, 0, 5), (200, 0, 9)]),
        MultiLineString([[(80, 0.1), (80, 100)], [(20, 0), (20, -100)]]),
        None,
        LineString(),
        shapely.GeometryCollection([LineString([(0, 0), (-90, 0)]), Point(3, 3)]),
        Point(0, 0),
        box(0, 0, 5, 5),
        LineString([(7, 7), (7, 7)]),
    ]
    moved = [None if shape is None else shapely.transform(shape, lambda at: at + ORIGIN) for shape in shapes]
    moved[0] = shapely.force_3d(moved[0], 5.0)
    network = read(gpd.GeoDataFrame(geometry=moved, crs=METRES), suffix=".parquet")
    assert pieces(network) == 1
    assert network.length_km * 1000 == pytest.approx(490, abs=0.5)
    assert {"streets.flattened", "streets.empty_geometry", "streets.no_length"} <= set(codes(network))
    assert "3–4" in said(network, "streets.empty_geometry")[0].text.en
    assert len(said(network, "streets.not_a_line")) == 2


def test_measures_are_dropped(tmp_path):
    path = write(layer([STREET]), tmp_path / "a.gpkg")
    with sqlite3.connect(path) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f'DROP TRIGGER "{name}"')
        x, y = ORIGIN
        blob = b"GP\0\1" + struct.pack("<iBII6d", METRES, 1, 2002, 2, x, y, 1.0, x + 200, y, 2.0)
        db.execute("UPDATE a SET geom = ?", (blob,))
    db.close()
    assert read_line_layer(path).length_km * 1000 == pytest.approx(200, abs=0.1)


def test_curves_are_walked_as_fine_straight_pieces(tmp_path):
    path = write(layer([STREET]), tmp_path / "a.gpkg")
    x, y = ORIGIN
    arc = struct.pack("<BII6d", 1, 8, 3, x, y, x + 100, y + 100, x + 200, y)
    line = struct.pack("<BII4d", 1, 2, 2, x + 200, y, x + 300, y)
    blob = b"GP\0\1" + struct.pack("<i", METRES) + struct.pack("<BII", 1, 9, 2) + arc + line
    with sqlite3.connect(path) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f'DROP TRIGGER "{name}"')
        db.execute("UPDATE a SET geom = ?", (blob,))
        db.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = 'COMPOUNDCURVE'")
    db.close()
    assert read_line_layer(path).length_km * 1000 == pytest.approx(math.pi * 100 + 100, rel=1e-3)


def test_layers_without_lines_are_refused(tmp_path):
    assert faults(write(layer([Point(0, 0), box(0, 0, 1, 1)]), tmp_path / "a.gpkg")) == ["streets.no_line"]
    assert faults(write(layer([STREET]).iloc[:0], tmp_path / "b.gpkg")) == ["streets.no_line"]
    assert faults(write(layer([LineString([(1, 1), (1, 1)])]), tmp_path / "c.parquet")) == ["streets.no_line"]
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "d.parquet")
    assert faults(tmp_path / "d.parquet") == ["streets.no_line"]


def test_the_layer_of_a_geopackage_is_named_where_there_are_several(tmp_path):
    path = tmp_path / "city.gpkg"
    layer([STREET]).to_file(path, layer="roads")
    layer([Point(0, 0)]).to_file(path, layer="stops")
    assert read_line_layer(path).n_edges == 1
    layer([STREET, [(0, 30), (200, 30)]]).to_file(path, layer="paths")
    with pytest.raises(InputError, match="roads, paths"):
        read_line_layer(path)
    assert read_line_layer(path, layer="paths").n_edges == 2
    with pytest.raises(InputError, match="stops") as caught:
        read_line_layer(path, layer="street")
    assert caught.value.faults[0].code == "streets.unknown_layer"
    assert faults(path, layer="stops") == ["streets.no_line"]


def test_files_that_are_no_layer_are_refused(tmp_path):
    assert faults(tmp_path / "none.gpkg") == ["file.missing"]
    for name in ("a.gpkg", "a.shp", "a.parquet", "a.geojson", "a.fgb"):
        (tmp_path / name).write_bytes(b"")
        assert faults(tmp_path / name) == ["file.empty"]
        (tmp_path / name).write_bytes(b"not a layer at all, but long enough to look like something" * 20)
        assert faults(tmp_path / name) == ["file.unreadable"]
    (tmp_path / "a.dxf").write_text("0")
    assert faults(tmp_path / "a.dxf") == ["streets.unknown_format"]
    for tolerance in (-1, 50, math.nan):
        assert faults(tmp_path / "none.gpkg", tolerance_m=tolerance) == ["streets.tolerance"]


def test_a_class_column_without_any_walkable_street_is_refused_with_its_words(tmp_path):
    path = write(layer([STREET, STREET], highway=["motorway", "construction"]), tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="construction 1, motorway 1"):
        read_line_layer(path)


def test_chinese_words_of_a_shapefile_without_a_code_page_are_read(tmp_path):
    path = tmp_path / "a.shp"
    layer([STREET, [(0, 30), (200, 30)]], 等级=["支路", "高速公路"]).to_file(path, encoding="GB18030")
    path.with_suffix(".cpg").unlink()
    assert read_line_layer(path).edges()["kind"].tolist() == ["tertiary"]


def test_only_lines_in_the_box_are_read(read):
    frame = layer([STREET, [(5000, 0), (5100, 0)]])
    west, south, east, north = frame.iloc[:1].to_crs(4326).total_bounds
    inside = read(frame, box=(west, south - 1e-4, east, north + 1e-4))
    assert inside.n_edges == 1
    assert read(frame).n_edges == 2
