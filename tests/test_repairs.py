"""Street repairs: gaps that are suspected, the file a planner edits, and what becomes of the network."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import sqlite3
from dataclasses import fields
from xml.dom import minidom

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, MultiLineString, Point, Polygon

import walkshed
from osm_maker import Town
from walkshed.errors import Findings, InputError, OutputError
from walkshed.report.changes import changes, changes_said
from walkshed.streets.gaps import suspected_gaps
from walkshed.streets.layer import read_line_layer
from walkshed.streets.repairs import Repairs, apply_repairs, read_repairs
from walkshed.streets.repairs_file import write_repairs
from walkshed.streets.rules import CLOSED_GATE, OPEN_GATE, WALL
from walkshed.walking.access import access

DAY = dt.date(2026, 11, 1)
PLACE = Town()


def at(x, y):
    return PLACE.lonlat(x, y)


def line(*spots):
    return LineString([at(*spot) for spot in spots])


def frame(shapes, crs="EPSG:4326", **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs, index=range(len(shapes)))


@pytest.fixture
def file(tmp_path):
    """Return the function that writes a repairs file as a planner's GIS would."""

    def make(paths=(), links=(), actions=(), suspected=None, name="repairs.gpkg", crs="EPSG:4326", **columns):
        path = tmp_path / name
        path.unlink(missing_ok=True)
        parts = {
            "paths": frame(paths, crs, **(columns or {"note": [""] * len(paths)})),
            "links": frame(links, crs, action=list(actions) or [""] * len(links)),
        }
        if suspected is not None:
            parts["suspected"] = suspected
        for layer, part in parts.items():
            shapes = part if crs is not None else part.set_crs(None, allow_override=True)
            with np.errstate(all="ignore"):
                pyogrio.write_dataframe(
                    shapes, path, layer=layer, geometry_type=None if len(part) else "Unknown"
                )
        return path

    return make


@pytest.fixture
def town(tmp_path):
    """Return the function that reads a hand-made town."""

    def make(made):
        return walkshed.read_streets(made.write(tmp_path / f"{len(list(tmp_path.iterdir()))}.osm.pbf"))

    return make


def places(spots, prefix):
    points = [Point(at(*spot)) for spot in spots]
    return gpd.GeoDataFrame(
        {
            "name": "",
            "lon": [p.x for p in points],
            "lat": [p.y for p in points],
            "location_status": "given",
            "status": "open",
            "tier": "",
            "kind": "",
        },
        geometry=points,
        crs="EPSG:4326",
        index=pd.Index([f"{prefix}{n}" for n in range(len(spots))], name=f"{prefix}_id"),
    )


def walk(network, start, end):
    """Return the walk in metres between two spots, nan where there is none."""
    reached = access(
        network,
        places([start], "e"),
        places([end], "v"),
        standards=[walkshed.Standard(minutes=60)],
        max_snap_m=6,
    )
    found = reached.to_frame()
    return float(found["walk_m"].iloc[0]) if len(found) else math.nan


def graph(network):
    """Return the network as networkx sees it: an independent reading of the same arrays."""
    made = nx.MultiGraph()
    made.add_nodes_from(range(network.n_nodes))
    for u, v, metres in zip(network.edge_u, network.edge_v, network.edge_length_m, strict=True):
        made.add_edge(int(u), int(v), weight=float(metres))
    return made


def sound(network):
    """Hold a network against its own contract."""
    for one in fields(network):
        value = getattr(network, one.name)
        if isinstance(value, np.ndarray) and one.name.startswith("node_"):
            assert len(value) == network.n_nodes, one.name
        if isinstance(value, np.ndarray) and one.name.startswith("edge_"):
            assert len(value) == network.n_edges, one.name
    assert len(network.coord_ptr) == network.n_edges + 1
    assert network.coord_ptr[-1] == len(network.coord_lon) == len(network.coord_lat)
    assert (np.diff(network.coord_ptr) >= 2).all()
    ends = set(network.edge_u.tolist()) | set(network.edge_v.tolist())
    assert ends == set(range(network.n_nodes))  # nothing stands alone
    geod = Geod(ellps="WGS84")
    for e in range(network.n_edges):
        here = slice(network.coord_ptr[e], network.coord_ptr[e + 1])
        lon, lat = network.coord_lon[here], network.coord_lat[here]
        assert network.edge_length_m[e] == pytest.approx(geod.line_length(lon, lat), abs=1e-3)
        for node, n in ((network.edge_u[e], 0), (network.edge_v[e], -1)):
            assert geod.inv(lon[n], lat[n], network.node_lon[node], network.node_lat[node])[2] < 0.06
    if len(network.areas):
        assert network.area_node.max() < network.n_nodes
        assert len(network.area_ptr) == len(network.areas) + 1 == len(network.area_structure) + 1
    return network


def repaired(network, path, **options):
    return sound(apply_repairs(network, read_repairs(path), **options))


def codes(network):
    return [one.code for one in network.notices]


class Mapped(Town):
    """A town whose ways meet wherever one has a vertex on another's: every 50 m there is a node."""

    def road(self, *spots, **tags):
        """Add a way through spots and through every 50 m between them; nodes at one spot are one."""
        tags = tags or {"highway": "residential"}
        refs = []
        for (x0, y0), (x1, y1) in itertools.pairwise(spots):
            steps = max(1, round(math.hypot(x1 - x0, y1 - y0) / 50))
            refs += [self.spot(x0 + (x1 - x0) * n / steps, y0 + (y1 - y0) * n / steps) for n in range(steps)]
        return self.way([*refs, self.spot(*spots[-1])], tags)

    def spot(self, x, y):
        """Return the node at a spot, made if there is none."""
        here = (round(x, 3), round(y, 3))
        same = [one for one, _ in self.nodes.values() if (one.x, one.y) == here]
        return same[0] if same else self.node(*here)


def two_streets():
    """Return two parallel streets 100 m apart, joined at their western end."""
    made = Mapped()
    made.road((0, 0), (400, 0))
    made.road((0, 0), (0, 100), (400, 100))
    return made


# --- adding paths ----------------------------------------------------------------------------------------


def test_a_path_between_two_streets_is_walked(town, file):
    network = town(two_streets())
    assert walk(network, (300, 0), (300, 100)) == pytest.approx(700, abs=0.3)
    new = repaired(network, file([line((300, 0), (300, 100))]))
    assert walk(new, (300, 0), (300, 100)) == pytest.approx(100, abs=0.3)
    assert walk(new, (380, 0), (380, 100)) == pytest.approx(260, abs=0.3)
    assert (new.n_edges, new.n_nodes) == (network.n_edges + 3, network.n_nodes + 2)
    assert new.counts["path_joints"] == 2
    assert new.counts["path_metres"] == 100
    assert walk(network, (300, 0), (300, 100)) == pytest.approx(700, abs=0.3)  # the old one is as it was


@pytest.mark.parametrize(("short", "meets"), [(2.5, True), (3.5, False)])
def test_an_end_within_the_tolerance_meets_the_street(town, file, short, meets):
    network = town(two_streets())
    new = repaired(network, file([line((300, 0), (300, 100 - short))]))
    now = walk(new, (300, 0), (300, 100))
    assert now == pytest.approx(100 if meets else 700, abs=0.3)
    assert ("repairs.loose_end" in codes(new)) is not meets
    wider = repaired(network, file([line((300, 0), (300, 100 - short))]), tolerance_m=4.0)
    assert walk(wider, (300, 0), (300, 100)) == pytest.approx(100, abs=0.3)


def test_a_path_that_merely_crosses_a_street_does_not_meet_it_unless_asked(town, file):
    made = two_streets()
    made.road((0, 100), (0, 200), (400, 200))
    network = town(made)
    path = file([line((320, 0), (320, 200))])
    new = repaired(network, path)
    assert walk(new, (320, 0), (320, 200)) == pytest.approx(200, abs=0.3)
    assert walk(new, (340, 0), (340, 100)) == pytest.approx(780, abs=0.3)
    assert codes(new).count("repairs.unmet_crossing") == 1
    asked = repaired(network, path, cross=True)
    assert walk(asked, (340, 0), (340, 100)) == pytest.approx(140, abs=0.3)
    assert "repairs.unmet_crossing" not in codes(asked)
    vertex = repaired(network, file([line((320, 0), (320, 100), (320, 200))]))
    assert walk(vertex, (340, 0), (340, 100)) == pytest.approx(140, abs=0.3)


def test_paths_meet_each_other(town, file):
    network = town(two_streets())
    new = repaired(
        network,
        file([line((300, 0), (300, 50)), line((200, 50), (300, 50), (399, 50)), line((200, 50), (200, 100))]),
    )
    assert walk(new, (300, 0), (200, 100)) == pytest.approx(50 + 100 + 50, abs=0.3)
    assert [code for code in codes(new) if code == "repairs.loose_end"] == ["repairs.loose_end"]


def test_a_bridge_passes_over_a_street(town, file):
    made = two_streets()
    made.road((0, 100), (0, 200), (400, 200))
    network = town(made)
    bridge = line((300, 0), (300, 100), (300, 200))  # with a vertex where it passes over
    new = repaired(network, file([bridge], kind=["天桥"]))
    assert walk(new, (300, 0), (300, 200)) == pytest.approx(200, abs=0.3)
    assert walk(new, (290, 100), (300, 0)) > 600
    flat = repaired(network, file([bridge], kind=["人行道"]))
    assert walk(flat, (290, 100), (300, 0)) == pytest.approx(110, abs=0.5)


def test_a_dead_end_beside_a_path_is_joined_to_it_and_others_stay_dead(town, file):
    made = two_streets()
    made.road((200, 0), (200, 48), highway="footway")  # ends 2 m beside the path to be
    made.road((100, 0), (100, 40), highway="footway")
    made.road((100, 42), (100, 45), highway="footway")  # 2 m from that dead end: no business of the path's
    network = town(made)
    new = repaired(network, file([line((0, 50), (60, 50), (150, 50), (400, 50))]))
    assert walk(new, (200, 20), (0, 50)) == pytest.approx(28 + 2 + 200, abs=3)
    assert len(network.component_length_m) == len(new.component_length_m) == 2
    assert new.component_length_m.min() == pytest.approx(3, abs=0.1)


def test_streets_that_touch_without_a_common_node_stay_as_they_are(town, file):
    """The mending is the path's: what the file says of its own streets is not ours to change."""
    made = two_streets()
    made.road((100, 0.005), (100, -80), highway="footway")  # touches the street, but shares no node
    network = town(made)
    assert len(network.component_length_m) == 2
    new = repaired(network, file([line((98, 0), (98, 100))]))
    assert len(new.component_length_m) == 2


def test_a_path_far_from_every_street_is_left_out_and_one_that_meets_nothing_is_told(town, file):
    network = town(two_streets())
    far = repaired(network, file([line((5000, 5000), (5100, 5000))]))
    assert codes(far)[-1] == "repairs.far"
    assert far.n_edges == network.n_edges
    alone = repaired(network, file([line((200, 300), (300, 300))]))
    assert "repairs.alone" in codes(alone)
    assert alone.n_edges == network.n_edges + 1
    assert len(alone.component_length_m) == 2


def test_a_path_that_crosses_itself_is_added_and_told(town, file):
    network = town(two_streets())
    loop = line((300, 0), (300, 60), (340, 60), (340, 30), (280, 30), (280, 100))
    new = repaired(network, file([loop]))
    assert walk(new, (300, 0), (280, 100)) == pytest.approx(60 + 40 + 30 + 60 + 70, abs=0.5)
    assert "repairs.unmet_crossing" in codes(new)
    short = repaired(network, file([loop]), cross=True)
    assert walk(short, (300, 0), (280, 100)) == pytest.approx(30 + 20 + 70, abs=0.5)


def test_a_path_to_a_wall_meets_neither_side_until_the_wall_is_opened(town, file):
    made = Mapped()
    wall = made.node(100, 0, barrier="wall")
    made.way([made.node(0, 0), wall, made.node(200, 0)], highway="residential")
    network = town(made)
    assert math.isnan(walk(network, (50, 0), (150, 0)))
    path = [line((100, 0), (100, 50))]
    new = repaired(network, file(path))
    assert "repairs.at_wall" in codes(new)
    assert math.isnan(walk(new, (50, 0), (150, 0)))
    opened = repaired(network, file(path, [Point(at(101, 1))], ["open"]))
    assert walk(opened, (50, 0), (150, 0)) == pytest.approx(100, abs=0.3)
    assert walk(opened, (50, 0), (100, 50)) == pytest.approx(100, abs=0.3)


def test_the_order_and_direction_in_which_paths_are_drawn_is_irrelevant(town, file):
    network = town(two_streets())
    drawn = [
        line((300, 0), (300, 50)),
        line((300, 50), (250, 99)),
        line((100, 1), (100, 100)),
        line((60, 0), (60, 30)),
    ]
    one, other = (repaired(network, file(shapes)) for shapes in (drawn, drawn[::-1]))
    for name in ("node_lon", "node_lat", "edge_u", "edge_v", "edge_length_m", "coord_lon", "coord_lat"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()
    turned = repaired(network, file([shape.reverse() for shape in drawn]))
    assert walk(turned, (300, 20), (100, 80)) == pytest.approx(walk(one, (300, 20), (100, 80)), abs=0.1)


def test_nothing_to_repair_changes_nothing(town, file):
    network = town(two_streets())
    new = apply_repairs(network, read_repairs(file()))
    assert new.edge_length_m is network.edge_length_m


spots = st.tuples(st.integers(-50, 450), st.integers(-50, 450))
drawings = st.lists(st.lists(spots, min_size=2, max_size=4, unique=True), min_size=1, max_size=4)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawings)
def test_a_repaired_network_is_the_line_layer_of_streets_and_paths_together(tmp_path_factory, drawn):
    """A second road to the same network: streets and paths as one line layer, read as such."""
    folder = tmp_path_factory.mktemp("both")
    made = Mapped()
    made.lattice(4, 4, 130, x0=5, y0=5)
    network = walkshed.read_streets(made.write(folder / "town.osm.pbf"))
    lines = [line(*shape) for shape in drawn]
    repairs = Repairs(
        walkshed.errors.Source("repairs.gpkg"),
        frame(lines, layer="paths", row=range(1, len(lines) + 1), kind="footway", note=""),
        np.array([walkshed.streets.rules.way_code({"highway": "footway"})] * len(lines), dtype=np.int32),
        frame([], action=[], row=[]),
    )
    new = sound(apply_repairs(network, repairs, tolerance_m=2.0))
    both = frame(
        [*network.lines, *lines], highway=["residential"] * network.n_edges + ["footway"] * len(lines)
    )
    both.to_file(folder / "both.gpkg")
    layer = read_line_layer(folder / "both.gpkg", tolerance_m=2.0)
    assert new.length_km == pytest.approx(layer.length_km, abs=0.02)
    ends = [shape[0] for shape in drawn] + [(5, 5), (395, 265), (135, 395)]
    ours, theirs = matrix(new, ends), matrix(layer, ends)
    assert ours.to_numpy() == pytest.approx(theirs.to_numpy(), abs=5.0, nan_ok=True)


def matrix(network, spots):
    """Return the walks in metres between all spots, nan where there is none."""
    reached = access(
        network,
        places(spots, "e"),
        places(spots, "v"),
        standards=[walkshed.Standard(minutes=60)],
        max_snap_m=0.05,
    )
    names = [f"{prefix}{n}" for prefix in "ev" for n in range(len(spots))]
    table = reached.to_frame().pivot_table(index="estate_id", columns="venue_id", values="walk_m")
    return table.reindex(index=names[: len(spots)], columns=names[len(spots) :])


def test_a_path_along_a_street_is_not_added_twice(town, file):
    network = town(two_streets())
    along = line(*((x, 100) for x in range(100, 301, 50)), (300, 0))
    new = repaired(network, file([along, along]))
    assert new.length_km == pytest.approx(network.length_km + 0.1, abs=1e-4)
    assert codes(new).count("repairs.repeated") == 1
    assert walk(new, (300, 0), (200, 100)) == pytest.approx(200, abs=0.3)


# --- opening and closing ---------------------------------------------------------------------------------


def square():
    """Return a square of four streets, 200 m a side."""
    made = Mapped()
    made.road((0, 0), (200, 0), (200, 200), (0, 200), (0, 0))
    made.road((200, 0), (300, 0))
    return made


def test_a_point_closes_the_street_it_stands_on_at_that_place(town, file):
    network = town(square())
    assert walk(network, (20, 0), (180, 0)) == pytest.approx(160, abs=0.3)
    new = repaired(network, file(links=[Point(at(100, 4))], actions=["close"]))
    assert walk(new, (20, 0), (180, 0)) == pytest.approx(640, abs=0.3)
    assert walk(new, (20, 0), (95, 0)) == pytest.approx(75, abs=0.3)
    assert (new.node_barrier == WALL).sum() == 2
    assert new.counts["streets_closed"] == 1
    assert new.length_km == pytest.approx(network.length_km, abs=1e-6)


def test_a_line_closes_the_street_along_it_and_not_those_it_crosses(town, file):
    made = square()
    made.road((100, -50), (100, 50), highway="footway")
    network = town(made)
    closed = line((20, 1), (180, -1))
    new = repaired(network, file(links=[closed], actions=["close"]))
    assert walk(new, (10, 0), (190, 0)) == pytest.approx(620, abs=0.5)
    assert new.length_km == pytest.approx(network.length_km - 0.16, abs=0.002)
    assert walk(new, (100, -40), (100, 40)) == pytest.approx(80, abs=0.3)
    before = shapely.length(network.index.lines).sum()
    assert shapely.length(new.index.lines).sum() == pytest.approx(before - 160, abs=2)


def test_a_gate_is_closed_and_opened(town, file):
    made = Mapped()
    gate = made.node(100, 0, barrier="gate")
    made.way([made.node(0, 0), gate, made.node(200, 0)], highway="residential")
    network = town(made)
    assert walk(network, (20, 0), (180, 0)) == pytest.approx(160, abs=0.3)
    shut = repaired(network, file(links=[Point(at(104, 2))], actions=["close"]))
    assert shut.node_barrier.max() == CLOSED_GATE
    assert math.isnan(walk(shut, (20, 0), (180, 0)))
    again = repaired(shut, file(links=[Point(at(97, 2))], actions=["open"]))
    assert walk(again, (20, 0), (180, 0)) == pytest.approx(160, abs=0.3)
    assert again.node_barrier.max() == OPEN_GATE


def test_a_private_street_is_made_public(town, file):
    made = Mapped()
    made.road((0, 0), (100, 0), highway="service", access="private")
    made.road((100, 0), (200, 0), highway="residential")
    network = town(made)
    assert network.edge_private.sum() == 1
    for shape in (Point(at(50, 5)), line((5, 0), (95, 0))):
        assert not repaired(network, file(links=[shape], actions=["打开"])).edge_private.any()


@pytest.mark.parametrize(
    ("shape", "action", "code"),
    [
        (Point(at(100, 80)), "close", "repairs.no_street"),
        (Point(at(200, 0.2)), "close", "repairs.junction"),
        (Point(at(100, 0)), "open", "repairs.no_effect"),
        (line((50, 50), (150, 50)), "close", "repairs.no_street"),
        (line((100, -20), (100, 20)), "close", "repairs.no_street"),
    ],
)
def test_a_link_without_effect_is_told(town, file, shape, action, code):
    network = town(square())
    new = repaired(network, file(links=[shape], actions=[action]))
    assert codes(new)[-1] == code
    assert new.length_km == pytest.approx(network.length_km, abs=1e-9)
    assert walk(new, (20, 0), (180, 0)) == pytest.approx(160, abs=0.3)


def test_a_square_keeps_its_crossings_when_a_street_beside_it_is_closed(town, file):
    made = Mapped()
    corners = [made.node(*one) for one in ((0, 0), (100, 0), (100, 100), (0, 100))]
    made.ring(corners, highway="pedestrian", area="yes")
    made.way([corners[1], made.node(300, 0)], highway="residential")
    made.way([corners[3], made.node(-200, 100)], highway="residential")
    network = town(made)
    new = repaired(network, file([line((200, 0), (200, 80))], [Point(at(250, 0))], ["close"]))
    assert len(new.areas) == 1
    assert walk(new, (200, 80), (-50, 100)) == pytest.approx(80 + 100 + math.hypot(100, 100) + 50, abs=0.5)


# --- the file --------------------------------------------------------------------------------------------


def test_every_fault_of_a_file_is_told_at_once(tmp_path):
    path = tmp_path / "repairs.gpkg"
    polygon = Polygon([at(0, 0), at(10, 0), at(10, 10)])
    paths = frame(
        [line((0, 0), (9, 9)), polygon, LineString([(500, 31), (501, 31)])], kind=["小道儿", "", ""]
    )
    pyogrio.write_dataframe(paths, path, layer="paths", geometry_type="Unknown")
    links = frame([Point(at(0, 0)), Point(at(1, 1)), polygon], action=["shut it", "", "open"])
    pyogrio.write_dataframe(links, path, layer="links", geometry_type="Unknown")
    with pytest.raises(InputError) as raised:
        read_repairs(path)
    told = {(fault.code, fault.source.sheet, fault.source.row) for fault in raised.value.faults}
    assert told == {
        ("repairs.kind", "paths", 1),
        ("repairs.geometry", "paths", 2),
        ("repairs.out_of_range", "paths", 3),
        ("word.unknown", "links", 1),
        ("repairs.blank_action", "links", 2),
        ("repairs.geometry", "links", 3),
    }
    assert all(fault.text.zh and fault.text.en for fault in raised.value.faults)


def test_a_missing_layer_a_missing_system_and_a_missing_file_are_faults(tmp_path, file):
    path = tmp_path / "one.gpkg"
    pyogrio.write_dataframe(frame([line((0, 0), (9, 9))]), path, layer="path")
    with pytest.raises(InputError) as raised:
        read_repairs(path)
    assert [fault.code for fault in raised.value.faults] == ["repairs.no_layer"] * 2
    assert "path" in str(raised.value)
    with pytest.warns(UserWarning, match="crs"):
        nowhere = file([line((0, 0), (9, 9))], crs=None)
    with pytest.raises(InputError, match="coordinate system"):
        read_repairs(nowhere)
    with pytest.raises(InputError, match="no such file"):
        read_repairs(tmp_path / "none.gpkg")
    (tmp_path / "bad.gpkg").write_bytes(b"SQLite format 3\0" + b"x" * 100)
    with pytest.raises(InputError, match="GeoPackage"):
        read_repairs(tmp_path / "bad.gpkg")
    with pytest.raises(InputError, match=r"\.gpkg"):
        read_repairs(tmp_path / "repairs.geojson")


def test_heights_empty_features_and_multilines_are_read_and_told(tmp_path, town):
    path = tmp_path / "repairs.gpkg"
    high = shapely.force_3d(line((300, 0), (300, 100)), 12.0)
    several = MultiLineString([line((200, 0), (200, 100)), line((100, 0), (100, 100))])
    nothing = line((50, 50), (50, 50))
    pyogrio.write_dataframe(
        frame([high, several, None, nothing]), path, layer="paths", geometry_type="Unknown"
    )
    pyogrio.write_dataframe(
        frame([], action=pd.Series([], dtype="str")), path, layer="links", geometry_type="Point"
    )
    repairs = read_repairs(path)
    assert repairs.paths["row"].tolist() == [1, 2, 2, 4]
    assert {notice.code for notice in repairs.notices} == {"repairs.flattened", "repairs.empty"}
    network = town(two_streets())
    new = sound(apply_repairs(network, repairs))
    assert "repairs.collapsed" in codes(new)
    assert new.counts["paths_added"] == 3
    assert walk(new, (200, 0), (200, 100)) == pytest.approx(100, abs=0.3)


def test_a_file_in_another_system_is_brought_home(town, file):
    network = town(two_streets())
    there = frame([line((300, 0), (300, 100))]).to_crs(4549).geometry
    new = repaired(network, file(there, crs="EPSG:4549"))
    assert walk(new, (300, 0), (300, 100)) == pytest.approx(100, abs=0.3)


def some_gaps():
    shapes = [line((300, 0), (300, 100)), line((100, 0), (100, 100)), line((10, 0), (10, 100))]
    gaps = frame(
        shapes,
        kind=["near_miss"] * 3,
        priority=[1, 2, 3],
        note_en=["a", "b", "c"],
        note_zh=["甲", "乙", "丙"],
    )
    return gaps.set_index(pd.RangeIndex(1, 4, name="gap"))


def edit(path, layer, change):
    """Change a layer as a GIS does, leaving the others."""
    table = pyogrio.read_dataframe(path, layer=layer)
    pyogrio.write_dataframe(change(table), path, layer=layer, append=False)


def test_an_accepted_gap_is_a_path(town, tmp_path):
    path = write_repairs(tmp_path / "repairs.gpkg", some_gaps(), date=DAY)
    edit(path, "suspected", lambda table: table.assign(accept=["是", "", "no"]))
    repairs = read_repairs(path)
    assert repairs.paths["layer"].tolist() == ["suspected"]
    new = sound(apply_repairs(town(two_streets()), repairs))
    assert walk(new, (300, 0), (300, 100)) == pytest.approx(100, abs=0.3)
    assert walk(new, (100, 0), (100, 100)) == pytest.approx(300, abs=0.3)


def test_what_a_planner_put_into_the_file_survives_the_next_run(tmp_path):
    path = write_repairs(tmp_path / "repairs.gpkg", some_gaps(), date=DAY)
    edit(path, "suspected", lambda table: table.assign(accept=["yes", "", "no"]))
    drawn = frame([line((0, 0), (50, 50))], kind=["steps"], layer=["1"], note=["楼梯"], who=["规划科"])
    edit(path, "paths", lambda _: drawn)
    edit(path, "links", lambda _: frame([Point(at(5, 5))], action=["close"], note=["施工"]))
    write_repairs(path, some_gaps().iloc[[1, 2]], date=DAY)
    paths, links, suspected = (
        pyogrio.read_dataframe(path, layer=one) for one in ("paths", "links", "suspected")
    )
    assert paths["kind"].tolist() == ["steps", "footway"]
    assert paths["note"].tolist() == ["楼梯", "accepted: a"]
    assert paths["who"].iloc[0] == "规划科"
    assert links["note"].tolist() == ["施工"]
    assert suspected["accept"].fillna("").tolist() == ["", "no"]
    again = read_repairs(path)
    assert (len(again.paths), len(again.links)) == (2, 1)
    before = path.read_bytes()
    write_repairs(path, some_gaps().iloc[[1, 2]], date=DAY)
    assert path.read_bytes() == before


def test_a_file_that_cannot_be_read_is_not_overwritten(tmp_path):
    path = tmp_path / "repairs.gpkg"
    path.write_bytes(b"not mine")
    with pytest.raises(OutputError, match="left as it is"):
        write_repairs(path, some_gaps(), date=DAY)
    assert path.read_bytes() == b"not mine"
    assert [one.name for one in tmp_path.iterdir()] == ["repairs.gpkg"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_file_has_styles_and_forms_that_are_well_formed(tmp_path, language):
    path = write_repairs(tmp_path / "repairs.gpkg", some_gaps(), date=DAY, language=language)
    assert (
        path.read_bytes()
        == write_repairs(tmp_path / "b.gpkg", some_gaps(), date=DAY, language=language).read_bytes()
    )
    kinds = dict(pyogrio.list_layers(path).tolist())
    assert {name: kinds[name] for name in ("suspected", "paths", "links")} == {
        "suspected": "LineString",
        "paths": "LineString",
        "links": "Point",
    }
    with sqlite3.connect(path) as db:
        styles = dict(db.execute("SELECT f_table_name, styleQML FROM layer_styles"))
    assert set(styles) == {"suspected", "paths", "links"}
    for qml in styles.values():
        minidom.parseString(qml)  # noqa: S318 - our own file
    offered = minidom.parseString(styles["links"]).getElementsByTagName("fieldConfiguration")[0]  # noqa: S318 - our own file
    words = {one.getAttribute("value") for one in offered.getElementsByTagName("Option")} - {""}
    assert words == {"open", "close"}


def test_an_untouched_file_repairs_nothing(tmp_path):
    repairs = read_repairs(write_repairs(tmp_path / "repairs.gpkg", some_gaps(), date=DAY))
    assert repairs.is_empty
    findings = Findings()
    read_repairs(tmp_path / "none.gpkg", findings=findings)
    assert [fault.code for fault in findings.faults] == ["file.missing"]


# --- suspected gaps --------------------------------------------------------------------------------------


def bounded(shapes, points=None):
    polygons = [Polygon([at(*spot) for spot in shape]) for shape in shapes]
    points = points or [None] * len(shapes)
    spots = [
        at(*spot) if spot else (p.centroid.x, p.centroid.y) for spot, p in zip(points, polygons, strict=True)
    ]
    return gpd.GeoDataFrame(
        {"name": "", "lon": [x for x, _ in spots], "lat": [y for _, y in spots]},
        geometry=polygons,
        crs="EPSG:4326",
        index=pd.Index([f"E{n}" for n in range(len(shapes))], name="estate_id"),
    )


NOBODY = bounded([]).set_geometry(gpd.GeoSeries([], crs="EPSG:4326"))


def box(x0, y0, x1, y1):
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def metres(gap):
    """Return a gap's line in the town's metres."""
    return [tuple(round(v, 1) for v in PLACE._plane(*spot)) for spot in gap.coords]


def test_a_dead_end_just_short_of_a_street_is_a_near_miss(town):
    made = two_streets()
    made.road((200, 0), (200, 96), highway="footway")
    gaps = suspected_gaps(town(made), NOBODY)
    assert gaps["kind"].tolist() == ["near_miss"]
    assert metres(gaps.geometry.iloc[0]) == [(200, 96), (200, 100)]
    assert gaps["gap_m"].iloc[0] == pytest.approx(4, abs=0.05)
    assert gaps["now_m"].iloc[0] == pytest.approx(96 + 200 + 100 + 200, abs=0.5) or math.isnan(
        gaps["now_m"].iloc[0]
    )
    assert gaps["priority"].iloc[0] == 2


def test_ends_that_are_reached_anyway_are_no_gaps(town):
    made = two_streets()
    made.road((0, 0), (-3, 20), (-3, 98), highway="footway")  # ends 3.6 m from where its street goes on
    made.road((400, 0), (405, 3), (402, 6), highway="footway")  # a hook
    gaps = suspected_gaps(town(made), NOBODY)
    assert [g for g in gaps["gap_m"] if g < 3] == []


def test_two_ends_that_miss_each_other_are_told_once(town):
    made = two_streets()
    made.road((200, 0), (200, 48), highway="footway")
    made.road((200, 100), (200, 51), highway="footway")
    gaps = suspected_gaps(town(made), NOBODY)
    assert gaps["gap_m"].round(1).tolist() == [3.0]


def test_pieces_that_come_near_are_told_with_the_smaller_length(town):
    made = square()
    made.road((50, 210), (50, 510), highway="footway")
    made.road((900, 0), (1000, 0), highway="footway")
    gaps = suspected_gaps(town(made), NOBODY)
    assert gaps[["kind", "priority"]].to_numpy().tolist() == [["pieces_apart", 3]]
    assert gaps["gap_m"].iloc[0] == pytest.approx(10, abs=0.1)
    assert gaps["piece_m"].iloc[0] == pytest.approx(300, abs=1)


def test_pieces_apart_at_a_wall_or_on_another_level_are_no_gaps(town):
    made = square()
    wall = made.node(300, 50, barrier="wall")
    made.way([made.node(300, 0), wall, made.node(300, 100)], highway="footway")
    made.road((-50, 100), (260, 100), highway="footway", bridge="yes", layer="1")
    gaps = suspected_gaps(town(made), NOBODY)
    assert all(max(map(abs, (a[1] - 50 for a in metres(g)))) > 5 for g in gaps.geometry)
    assert not any(abs(y - 100) < 1 and x < 270 for g in gaps.geometry for x, y in metres(g))


def test_streets_that_cross_without_a_node_get_a_line_that_mends_them(town, file):
    made = Mapped()
    made.road((0, 0), (200, 0), highway="residential")
    made.road((110, -50), (110, 50), highway="footway")
    network = town(made)
    gaps = suspected_gaps(network, NOBODY)
    assert gaps["kind"].tolist() == ["pieces_apart"]
    new = repaired(network, file(gaps.geometry.tolist()))
    assert walk(new, (50, 0), (110, 40)) == pytest.approx(100, abs=2)


def test_an_estate_without_inner_path_is_led_to_from_the_nearest_street(town):
    made = two_streets()
    estates = bounded([box(100, 200, 300, 400), box(100, 10, 300, 90)], [(150, 300), None])
    gaps = suspected_gaps(town(made), estates)
    assert gaps["kind"].tolist() == ["no_inner_path"] * 2
    assert gaps["estate_id"].tolist() == ["E1", "E0"]
    lines = {ident: metres(g) for ident, g in zip(gaps["estate_id"], gaps.geometry, strict=True)}
    assert lines["E0"] == [(150, 100), (150, 300)]
    made.road((200, 100), (200, 350), highway="service", access="private")
    made.road((200, 0), (200, 60), highway="footway")
    assert "no_inner_path" not in suspected_gaps(town(made), estates)["kind"].tolist()


def test_a_dead_end_at_a_boundary_points_at_the_path_behind_it(town):
    made = two_streets()
    made.road((200, 100), (200, 140), highway="footway")  # ends 10 m before the wall
    made.road((150, 185), (250, 185), highway="footway")  # 45 m behind
    estates = bounded([box(100, 150, 300, 300)])
    gaps = suspected_gaps(town(made), estates)
    found = gaps[gaps["kind"] == "boundary_dead_end"]
    assert metres(found.geometry.iloc[0]) == [(200, 140), (200, 185)]
    assert found["estate_id"].tolist() == ["E0"]
    made.road((205, 100), (205, 200), highway="footway")  # a way in, 5 m beside
    assert "boundary_dead_end" not in suspected_gaps(town(made), estates)["kind"].tolist()


@pytest.mark.parametrize("name", ["beijing_haidian", pytest.param("las_palmas", marks=pytest.mark.full)])
def test_the_gaps_of_a_real_city_are_mended_by_accepting_them(shared_data, tmp_path, name):
    network = walkshed.read_streets(shared_data(f"osm/{name}.osm.pbf"))
    gaps = suspected_gaps(network, NOBODY)
    assert len(gaps) > 10
    assert gaps["priority"].is_monotonic_increasing
    geod = Geod(ellps="WGS84")
    assert np.allclose(gaps["gap_m"], [geod.geometry_length(g) for g in gaps.geometry], atol=0.06)
    accepted = gaps.assign(accept="yes")
    repairs = read_repairs(_written(tmp_path, accepted))
    new = apply_repairs(network, repairs)
    assert new.counts["paths_left_out"] <= 0.01 * len(gaps)
    apart = int((gaps["kind"] == "pieces_apart").sum())
    # every pair that is joined takes one piece away, but for rings of pieces
    gone = len(network.component_length_m) - len(new.component_length_m)
    assert gone >= 0.9 * min(apart, len(network.component_length_m) - 1) - (
        apart - len(_forest(network, gaps))
    )
    assert new.length_km == pytest.approx(network.length_km + gaps["gap_m"].sum() / 1000, rel=0.02)
    left = suspected_gaps(new, NOBODY)
    assert len(left) < 0.2 * len(gaps)


def _forest(network, gaps):
    """Return the pairs of pieces that gaps join and no ring needs: a spanning forest, by networkx."""
    made = nx.Graph()
    tree = shapely.STRtree(network.lines)
    for gap in gaps.geometry[gaps["kind"] == "pieces_apart"]:
        ends = [network.component[network.edge_u[tree.nearest(Point(end))]] for end in gap.coords]
        made.add_edge(*map(int, ends))
    return list(nx.minimum_spanning_edges(made, data=False))


def _written(folder, suspected):
    path = folder / "repairs.gpkg"
    write_repairs(path, suspected.drop(columns="accept"), date=DAY)
    edit(path, "suspected", lambda table: table.assign(accept="yes"))
    return path


def edges_of(network, number):
    """Return the edges as pairs of node numbers with their length."""
    return {
        (*sorted((number[u], number[v])), round(metres, 6))
        for u, v, metres in zip(
            network.edge_u.tolist(), network.edge_v.tolist(), network.edge_length_m.tolist(), strict=True
        )
    }


def test_a_repaired_city_walks_as_networkx_says(shared_data, file):
    """Real streets: what is not concerned stays exactly as it was, and walks through the new path are right."""
    network = walkshed.read_streets(shared_data("osm/beijing_haidian.osm.pbf"))
    random = np.random.default_rng(4)
    nodes = random.choice(network.n_nodes, 40, replace=False)
    x, y = network.index.project(network.coord_lon, network.coord_lat)
    at = np.column_stack(network.index.project(network.node_lon, network.node_lat))
    vertices = shapely.STRtree(shapely.points(x, y))
    pairs = []
    for a, b in nodes.reshape(
        -1, 2
    ):  # drawn straight, those that pass a vertex by a few centimetres left out
        between = shapely.line_interpolate_point(LineString([at[a], at[b]]), [0.5], normalized=True)[0]
        inner = LineString(
            [at[a] + (between.coords[0] - at[a]) * 1e-3, at[b] + (between.coords[0] - at[b]) * 1e-3]
        )
        if not len(vertices.query(inner, predicate="dwithin", distance=0.05)):
            pairs.append((int(a), int(b)))
    assert len(pairs) > 10
    paths = [
        LineString([(network.node_lon[a], network.node_lat[a]), (network.node_lon[b], network.node_lat[b])])
        for a, b in pairs
    ]
    new = repaired(network, file(paths), tolerance_m=0.0)
    by_place = {(lon, lat): n for n, (lon, lat) in enumerate(zip(new.node_lon, new.node_lat, strict=True))}
    number = [by_place.get((lon, lat)) for lon, lat in zip(network.node_lon, network.node_lat, strict=True)]
    assert None not in number
    old = edges_of(network, number)
    now = edges_of(new, range(new.n_nodes))
    assert len(old & now) > 0.9 * len(old)
    ours, theirs = graph(network), graph(new)
    geod = Geod(ellps="WGS84")
    for a, b in pairs:
        ours.add_edge(
            int(a),
            int(b),
            weight=geod.inv(
                network.node_lon[a], network.node_lat[a], network.node_lon[b], network.node_lat[b]
            )[2],
        )
    source = int(nodes[0])
    expected = nx.single_source_dijkstra_path_length(ours, source)
    found = nx.single_source_dijkstra_path_length(theirs, number[source])
    reached = [n for n in expected if number[n] in found]
    assert len(reached) == len(expected)
    difference = np.array([found[number[n]] - expected[n] for n in reached])
    assert np.abs(difference).max() < 0.1


# --- what changed for whom -------------------------------------------------------------------------------


def covered(rows):
    columns = ["estate_id", "status", "walk_m", "walk_min"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(profile="adult", standard="5 min", reason="", venue_id="V", covered_share=0.0)


def test_changes_say_who_gained_and_who_lost():
    nan = math.nan
    before = covered([("A", "uncovered", 500, 6.4), ("B", "covered", 300, 3.8), ("C", "uncovered", nan, nan),
                      ("D", "covered", 200, 2.6), ("F", "covered", 100, 1.3)])  # fmt: skip
    after = covered([("A", "covered", 380, 4.9), ("B", "uncovered", 600, 7.7), ("C", "uncovered", 900, 11.5),
                     ("D", "covered", 200, 2.6), ("E", "covered", 100, 1.3)])  # fmt: skip
    table = changes(before, after)
    assert dict(zip(table["estate_id"], table["change"], strict=True)) == {
        "A": "gained", "B": "lost", "C": "nearer", "D": "same", "E": "", "F": "",
    }  # fmt: skip
    assert table.set_index("estate_id").loc["A", "difference_min"] == pytest.approx(-1.5)
    assert changes_said(table)[0].en == (
        "adult, 5 min: 1 estates came inside the standard, 1 fell out; of the others 1 walk less and 0 more"
    )
