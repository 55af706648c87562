"""With other tools: OSMnx and networkx, pysal's access, spopt, r5's column names, GeoParquet."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx as ox
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

import walkshed
from conftest import open_access
from osm_maker import Town
from walkshed.deliver.geoparquet import write_geoparquet
from walkshed.streets.osmnx_graph import tags_of, to_osmnx
from walkshed.streets.osmnx_parts import TAGS
from walkshed.streets.osmnx_reading import from_osmnx
from walkshed.streets.rules import KINDS, NOT_WALKABLE, SHUT, kind_of, way_code
from walkshed.walking.access import Pairs
from walkshed.walking.frames import long_frame, sparse_matrix, wide_frame
from walkshed.walking.graph import SearchGraph

ANY_WALK = [walkshed.Standard(metres=200_000)]
ARRAYS = (
    "node_lon", "node_lat", "node_barrier", "node_crossing", "edge_u", "edge_v", "edge_length_m", "edge_code", "edge_way",
    "coord_ptr", "coord_lon", "coord_lat", "area_structure", "area_steps", "area_ptr", "area_node",
)  # fmt: skip
STEP = 100.0
SIDE = 5
law = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def places(town: Town, spots: dict[str, tuple[float, float]]) -> gpd.GeoDataFrame:
    shapes = [shapely.Point(town.lonlat(*spot)) for spot in spots.values()]
    return gpd.GeoDataFrame(geometry=shapes, index=list(spots), crs=4326)


def read(town: Town) -> walkshed.WalkNetwork:
    return walkshed.read_streets(town.write(Path(tempfile.mkdtemp()) / "town.osm"))


def walks(network, homes, venues) -> pd.DataFrame:
    table = open_access(network, homes, venues, standards=ANY_WALK).to_frame()
    return table.sort_values(["estate_id", "venue_id"], ignore_index=True)[
        ["estate_id", "venue_id", "walk_m"]
    ]


def same_walks(left, right, homes, venues, *, within_m: float = 0.1) -> None:
    one, other = walks(left, homes, venues), walks(right, homes, venues)
    pd.testing.assert_frame_equal(one, other, rtol=0, atol=within_m + 1e-6)
    assert len(one)


def scattered(network, n: int, prefix: str, seed: int) -> gpd.GeoDataFrame:
    """Return places beside random vertices of a network, up to some 30 m off."""
    random = np.random.default_rng(seed)
    at = random.integers(0, len(network.coord_lon), n)
    lon = network.coord_lon[at] + random.uniform(-3e-4, 3e-4, n)
    lat = network.coord_lat[at] + random.uniform(-3e-4, 3e-4, n)
    return gpd.GeoDataFrame(
        geometry=shapely.points(lon, lat), index=[f"{prefix}{i}" for i in range(n)], crs=4326
    )


def same_arrays(left, right) -> None:
    for name in ARRAYS:
        one, other = getattr(left, name), getattr(right, name)
        assert one.dtype == other.dtype, name
        np.testing.assert_array_equal(one, other, err_msg=name)
    assert list(left.areas) == list(right.areas)


def full_town() -> Town:
    """Return a town with one of everything: gates, a wall, a square, a bridge, one-way paths, a loop."""
    town = Town()
    grid = town.lattice(4, 4, 150)
    town.way([grid[0][0], (75, -60), grid[1][0]], highway="steps", oneway__foot="yes", bridge="yes")
    town.way([grid[2][0], (375, -60), grid[3][0]], highway="footway", oneway__foot="-1", layer="-1")
    closed, opened = town.node(-75, 0, barrier="gate", access="private"), town.node(-75, 150, barrier="gate")
    town.way([grid[0][0], closed, (-150, 0), (-150, 150)], highway="service", access="private")
    town.way([grid[0][1], opened, (-150, 150)], highway="service", access="private")
    town.way([grid[0][2], town.node(-75, 300, barrier="wall"), (-150, 300)], highway="path")
    corners = [town.node(x, y) for x, y in ((550, 450), (650, 450), (650, 550), (550, 550), (590, 500))]
    town.way([grid[3][3], corners[0]], highway="residential")
    town.ring(corners, highway="pedestrian", area="yes")
    town.way([corners[2], (800, 560)], man_made="pier")
    town.way([grid[1][3], (150, 520), (230, 520), grid[1][3]], highway="living_street")
    return town


@pytest.fixture(scope="module")
def town() -> Town:
    return full_town()


@pytest.fixture(scope="module")
def streets(town) -> walkshed.WalkNetwork:
    return read(town)


@pytest.fixture(scope="module")
def graph(streets) -> nx.MultiDiGraph:
    return to_osmnx(streets)


@pytest.fixture(scope="module")
def homes(town) -> gpd.GeoDataFrame:
    spots = [(x, y) for x in (-160, -20, 220, 460) for y in (-70, 110, 330, 500)]
    return places(town, {f"h{i}": spot for i, spot in enumerate(spots)})


@pytest.fixture(scope="module")
def venues(town) -> gpd.GeoDataFrame:
    return places(town, {"corner": (0, 20), "square": (610, 470), "gated": (-150, 80), "pier": (760, 560)})


# -- to OSMnx ---------------------------------------------------------------------------------------------


def test_osmnx_finds_nothing_to_object_to(graph):
    ox.convert.validate_graph(graph, strict=True)
    assert graph.graph["crs"] == "epsg:4326"
    assert graph.graph["simplified"] is True


def test_osmnx_makes_tables_of_it_and_the_graph_again(graph, streets):
    nodes, edges = ox.graph_to_gdfs(graph)
    assert {"x", "y", "street_count", "geometry"} <= set(nodes.columns)
    wanted = {
        "osmid",
        "length",
        "geometry",
        "highway",
        "oneway",
        "reversed",
        "bridge",
        "access",
        "kind",
        "edge",
    }
    assert wanted <= set(edges.columns)
    assert edges.crs == streets.edges().crs
    drawn = streets.edges().loc[edges["edge"]].geometry.normalize()
    assert shapely.equals_exact(edges.geometry.normalize().to_numpy(), drawn.to_numpy()).all()
    again = from_osmnx(ox.graph_from_gdfs(nodes, edges, graph_attrs=graph.graph))
    same = ["length_m", "kind", "structure", "private", "way", "geometry"]
    pd.testing.assert_frame_equal(again.edges()[same], streets.edges()[same])


def test_a_street_is_two_edges_and_a_one_way_path_one(graph, streets):
    arcs = pd.DataFrame([about for *_, about in graph.edges(data=True)])
    by_edge = arcs.groupby("edge")["reversed"].agg(["size", "first"])
    assert (by_edge["size"] == np.where(streets.edge_oneway == 0, 2, 1)).all()
    assert not by_edge.loc[streets.edge_oneway == 1, "first"].any()
    assert by_edge.loc[streets.edge_oneway == 2, "first"].all()
    assert (arcs["oneway"] == (streets.edge_oneway[arcs["edge"]] > 0)).all()


def test_a_bent_edge_is_drawn_from_its_first_node_to_its_second(graph):
    bent = 0
    for start, end, about in graph.edges(data=True):
        if "geometry" in about:
            bent += 1
            ends = [(graph.nodes[node]["x"], graph.nodes[node]["y"]) for node in (start, end)]
            assert [about["geometry"].coords[0], about["geometry"].coords[-1]] == ends
    assert bent


def test_nobody_passes_a_closed_gate(graph, streets):
    gates = [node for node, about in graph.nodes(data=True) if about.get("access") == "private"]
    assert len(gates) == 2
    assert len({(graph.nodes[node]["x"], graph.nodes[node]["y"]) for node in gates}) == 1
    assert graph.number_of_nodes() == streets.n_nodes + 1
    assert all(graph.nodes[node]["street_count"] == 1 for node in gates)


def test_the_nearest_node_is_the_place_itself(graph):
    flat = ox.project_graph(graph)
    nodes = [node for node, about in flat.nodes(data=True) if "gate" not in about][::7]
    x, y = ([flat.nodes[node][axis] for node in nodes] for axis in "xy")
    found = ox.nearest_nodes(flat, x, y).tolist()  # the two ends at a wall stand on one spot
    assert [(flat.nodes[node]["x"], flat.nodes[node]["y"]) for node in found] == list(zip(x, y, strict=True))


def networkx_metres(graph, sources) -> pd.DataFrame:
    """Return the lengths of networkx's shortest paths, by target and source."""
    found = {node: nx.single_source_dijkstra_path_length(graph, node, weight="length") for node in sources}
    return pd.DataFrame(found)


def searched_metres(network, sources) -> pd.DataFrame:
    """Return what the library's own search graph says, as its users do: against the walkers' direction."""
    metres = dijkstra(SearchGraph(network).arcs.T, directed=True, indices=sources)[:, : network.n_nodes]
    table = pd.DataFrame(metres.T, columns=sources)
    return table.where(np.isfinite(table))


def same_metres(graph, network, sources) -> None:
    shared = np.flatnonzero(~np.isin(network.node_barrier, SHUT))
    ours = searched_metres(network, sources).loc[shared]
    theirs = networkx_metres(graph, sources).reindex(shared)
    pd.testing.assert_frame_equal(theirs, ours, rtol=1e-12, atol=1e-6, check_names=False)


def test_shortest_paths_of_networkx_are_ours(graph, streets):
    same_metres(graph, streets, np.flatnonzero(~np.isin(streets.node_barrier, SHUT)).tolist())


def test_shortest_paths_of_networkx_are_the_walks_of_the_access_table():
    town = Town()
    spots = [spot for row in town.lattice(4, 3, 130) for spot in row]
    town.way([spots[0], spots[4]], highway="footway", oneway__foot="yes")
    network = read(town)
    graph = to_osmnx(network)
    at = {
        f"n{node}": shapely.Point(lon, lat)
        for node, (lon, lat) in enumerate(zip(network.node_lon, network.node_lat, strict=True))
    }
    table = gpd.GeoDataFrame(geometry=list(at.values()), index=list(at), crs=4326)
    long = walks(network, table, table)
    assert len(long) == len(at) ** 2
    for home, venue, walk_m in long.itertuples(index=False):
        path = nx.shortest_path_length(graph, int(home[1:]), int(venue[1:]), weight="length")
        assert walk_m == pytest.approx(path, abs=0.0501)


def all_codes() -> set[int]:
    """Return every packed code that tags can give."""
    kinds = [
        {"man_made": "pier"},
        *({"highway": kind} for kind in KINDS if kind not in {"pier", "crossing_area", "gate_link"}),
    ]
    choices = (
        kinds,
        ({}, {"access": "private"}),
        ({}, {"bridge": "yes"}, {"tunnel": "yes"}),
        ({}, {"oneway:foot": "yes"}, {"oneway:foot": "-1"}),
        ({}, {"layer": "-7"}, {"layer": "0"}, {"layer": "5"}),
        ({}, {"area": "yes"}),
        ({}, {"foot": "yes"}, {"foot": "designated"}, {"sidewalk": "both"}),
        ({}, {"incline": "up"}, {"incline": "-5%"}),
        ({}, {"wheelchair": "yes"}, {"wheelchair": "no"}),
    )
    found = set()
    for some in itertools.product(*choices):
        tags: dict[str, str] = {}
        for part in some:
            tags |= part
        found.add(way_code(tags))
    return found - {NOT_WALKABLE}


def test_every_code_is_told_in_tags_that_are_read_as_that_code():
    codes = all_codes()
    assert {kind_of(code) for code in codes} == {*KINDS} - {"crossing_area", "gate_link"}
    assert {code: way_code(tags_of(code)) for code in codes} == {code: code for code in codes}


def test_no_tag_of_the_rules_is_overlooked():
    asked: set[str] = set()

    class Listening(dict):
        def get(self, key, default=None):
            asked.add(key)
            return super().get(key, default)

    for kind in (*KINDS, "trunk_link", "nothing"):
        way_code(Listening(highway=kind))
    way_code(Listening(man_made="pier"))
    assert asked <= set(TAGS)


# -- from OSMnx: there and back ---------------------------------------------------------------------------


def test_there_and_back_is_the_same_network(streets, graph):
    same_arrays(streets, from_osmnx(graph))


def test_graphml_loses_nothing(streets, graph, tmp_path):
    ox.save_graphml(graph, tmp_path / "town.graphml")
    loaded = ox.load_graphml(tmp_path / "town.graphml")
    ox.convert.validate_graph(loaded, strict=True)
    same_arrays(streets, from_osmnx(loaded))
    same_metres(loaded, streets, [0, streets.n_nodes - 1])


def test_a_projected_graph_comes_back_to_degrees(streets, graph, homes, venues):
    flat = ox.project_graph(graph)
    assert str(flat.graph["crs"]) != "epsg:4326"
    back = from_osmnx(flat)
    np.testing.assert_allclose(back.coord_lon, streets.coord_lon, rtol=0, atol=1e-9)
    np.testing.assert_allclose(back.coord_lat, streets.coord_lat, rtol=0, atol=1e-9)
    same_walks(streets, back, homes, venues)


def test_an_undirected_graph_is_read_as_well(homes, venues):
    # OSMnx drops the direction of one-way edges there, so the town has none
    town = Town()
    grid = town.lattice(4, 4, 150)
    town.way([grid[0][0], (75, -60), grid[1][0]], highway="footway")
    network = read(town)
    undirected = ox.convert.to_undirected(to_osmnx(network))
    assert from_osmnx(undirected).n_edges == network.n_edges
    near = homes.iloc[4:]
    same_walks(network, from_osmnx(undirected), near, venues.loc[["corner"]])


def test_the_graph_is_left_as_it_is(streets):
    graph = to_osmnx(streets)
    before = nx.MultiDiGraph(graph)
    from_osmnx(graph)
    assert nx.utils.graphs_equal(graph, before)


pieces = st.integers(0, 2 * SIDE * (SIDE - 1) - 1)


@st.composite
def towns(draw) -> Town:
    """Draw a lattice with gaps, one-way and private pieces, bridges, gates, walls and bent streets."""
    town = Town()
    barriers = draw(st.dictionaries(pieces, st.sampled_from(["gate", "closed", "wall"]), max_size=5))
    kinds = draw(
        st.lists(st.sampled_from(["residential", "footway", "steps", "primary"]), min_size=1, max_size=5)
    )
    gaps, oneway = draw(st.sets(pieces, max_size=12)), draw(st.sets(pieces, max_size=5))
    bridges, bent = draw(st.sets(pieces, max_size=4)), draw(st.sets(pieces, max_size=10))
    nodes = [[town.node(x * STEP, y * STEP) for x in range(SIDE)] for y in range(SIDE)]
    ends = [(nodes[y][x], nodes[y][x + 1]) for y in range(SIDE) for x in range(SIDE - 1)]
    ends += [(nodes[y][x], nodes[y + 1][x]) for y in range(SIDE - 1) for x in range(SIDE)]
    for number, (start, end) in enumerate(ends):
        if number in gaps:
            continue
        tags = {"highway": kinds[number % len(kinds)]}
        tags |= {"oneway:foot": "yes"} if number in oneway else {}
        tags |= {"bridge": "yes"} if number in bridges else {}
        off = 20.0 if number in bent else 0.0
        word = barriers.get(number)
        about = {"barrier": "wall" if word == "wall" else "gate"} if word else {}
        about |= {"access": "private"} if word == "closed" else {}
        middle = town.node((start.x + end.x) / 2 + off, (start.y + end.y) / 2 + off, about)
        town.way([start, middle, end], tags)
    return town


spot = st.tuples(st.floats(-80, SIDE * STEP), st.floats(-80, SIDE * STEP))


@law
@given(towns(), st.lists(spot, min_size=1, max_size=8), st.lists(spot, min_size=1, max_size=4))
def test_round_trips_keep_every_walk(town, homes, rooms):
    network = read(town)
    graph = to_osmnx(network)
    back = from_osmnx(graph)
    same_arrays(network, back)
    estates = places(town, {f"h{i}": at for i, at in enumerate(homes)})
    venues = places(town, {f"v{i}": at for i, at in enumerate(rooms)})
    pd.testing.assert_frame_equal(walks(network, estates, venues), walks(back, estates, venues))
    open_nodes = np.flatnonzero(network.node_barrier != 2)
    same_metres(graph, network, open_nodes[:2].tolist())


def test_the_sample_comes_back_whole(sample):
    network = walkshed.read_streets(sample / "streets.osm.pbf")
    same_arrays(network, from_osmnx(to_osmnx(network)))


def test_helsinki_comes_back_with_the_same_walks(helsinki):
    network = walkshed.read_streets(helsinki)
    graph = to_osmnx(network)
    back = from_osmnx(graph)
    # overlapping squares share some of the lines across them: each is kept once
    assert 0 <= network.n_edges - back.n_edges < 30
    same_walks(network, back, scattered(network, 60, "h", 1), scattered(network, 12, "v", 2), within_m=0)
    same_metres(graph, network, [10, 2000])


# -- from OSMnx: its own graphs ---------------------------------------------------------------------------


@pytest.fixture
def osmnx_tags(monkeypatch):
    """Let OSMnx keep the tags that walkers' rules look at."""
    monkeypatch.setattr(ox.settings, "useful_tags_way", [*ox.settings.useful_tags_way, *TAGS])
    monkeypatch.setattr(
        ox.settings,
        "useful_tags_node",
        [*ox.settings.useful_tags_node, "barrier", "access", "locked", "foot"],
    )


def osmnx_town() -> Town:
    """Return a town without areas and gates, for which OSMnx has no words."""
    town = Town()
    grid = town.lattice(4, 4, 150)
    town.way([grid[0][0], (75, -60), grid[1][0]], highway="residential", oneway="yes")
    town.way([grid[2][0], (375, -60), grid[3][0]], highway="footway", bridge="yes")
    town.way([(0, 600), grid[0][3]], highway="path", oneway__foot="yes")
    town.way([grid[3][3], (600, 450), (600, 300), grid[3][2]], highway="primary", oneway="yes")
    town.way([grid[3][0], (900, 0)], highway="motorway")
    town.way([(450, 520), (500, 560)], highway="construction")
    return town


@pytest.mark.usefixtures("osmnx_tags")
@pytest.mark.parametrize("simplify", [False, True])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_graph_of_osmnx_gives_the_walks_of_the_file_it_was_read_from(
    simplify, bidirectional, tmp_path, homes, venues
):
    path = osmnx_town().write(tmp_path / "town.osm")
    network = walkshed.read_streets(path)
    theirs = ox.graph_from_xml(path, simplify=simplify, bidirectional=bidirectional, retain_all=True)
    taken = from_osmnx(theirs)
    assert taken.n_edges == network.n_edges
    assert taken.n_nodes == network.n_nodes
    assert taken.length_km == pytest.approx(network.length_km, abs=1e-6)
    assert sorted(taken.edge_code) == sorted(network.edge_code)
    same_walks(network, taken, homes, venues)


@pytest.mark.usefixtures("osmnx_tags")
def test_walls_and_gates_on_the_nodes_of_a_graph_count(tmp_path):
    town = Town()
    south, north = town.node(0, 0), town.node(0, 300)
    town.way([south, town.node(100, 0, barrier="wall"), (800, 0)], highway="footway")
    town.way([south, north], highway="footway")
    town.way([north, town.node(100, 300, barrier="gate", access="private"), (200, 300)], highway="footway")
    path = town.write(tmp_path / "town.osm")
    taken = from_osmnx(ox.graph_from_xml(path, simplify=False, bidirectional=True, retain_all=True))
    network = walkshed.read_streets(path)
    table = places(town, {"west": (50, 0), "east": (150, 0), "north": (50, 300), "beyond": (150, 300)})
    same_walks(network, taken, table, table)
    long = walks(taken, table, table)
    one_side = set(itertools.product(["west", "north"], repeat=2))
    assert set(zip(long["estate_id"], long["venue_id"], strict=True)) == {
        *one_side, ("east", "east"), ("beyond", "beyond"),
    }  # fmt: skip


def line_graph(*edges: dict[str, object], **attributes: object) -> nx.MultiDiGraph:
    """Return nodes 0, 1, 2 … on a line eastward, 0.001 degree apart, and an edge from each to the next."""
    graph = nx.MultiDiGraph(**({"crs": "EPSG:4326"} | attributes))
    for number in range(len(edges) + 1):
        graph.add_node(number, x=24.9 + number / 1000, y=60.2)
    for number, about in enumerate(edges):
        graph.add_edge(number, number + 1, **({"osmid": number + 1, "highway": "residential"} | about))
    return graph


def codes_of(network) -> set[str]:
    return {notice.code for notice in network.notices}


def test_a_drive_graphs_one_way_streets_are_walked_both_ways():
    taken = from_osmnx(line_graph({"oneway": True}))
    assert taken.edge_oneway.tolist() == [0]


@pytest.mark.parametrize(("is_reversed", "direction"), [(False, (0, 1)), (True, (1, 0))])
def test_oneway_foot_follows_the_way_that_an_edge_may_run_against(is_reversed, direction):
    taken = from_osmnx(line_graph({"oneway:foot": "yes", "reversed": is_reversed}))
    assert (taken.edge_u.item(), taken.edge_v.item()) == direction
    assert taken.edge_oneway.tolist() == [1]


def test_one_way_paths_there_and_back_along_one_line_are_two():
    graph = line_graph({"oneway:foot": "yes"})
    graph.add_edge(1, 0, **{"highway": "residential", "oneway:foot": "yes", "osmid": 2})
    taken = from_osmnx(graph)
    assert sorted(zip(taken.edge_u, taken.edge_v, strict=True)) == [(0, 1), (1, 0)]


def test_a_direction_that_simplifying_lost_is_walked_both_ways_and_said():
    taken = from_osmnx(line_graph({"oneway:foot": "yes", "reversed": [True, False]}))
    assert taken.edge_oneway.tolist() == [0]
    assert "streets.oneway_unclear" in codes_of(taken)


@pytest.mark.parametrize("order", [["steps", "footway"], ["footway", "steps"]])
def test_of_a_list_the_alphabetically_first_counts_in_any_order(order):
    taken = from_osmnx(line_graph({"highway": order, "osmid": [9, 4], "access": ["yes", "private"]}))
    assert taken.edges()[["kind", "private", "way"]].to_numpy().tolist() == [["footway", True, 4]]
    assert "streets.lists" in codes_of(taken)


def test_missing_lengths_are_computed_and_the_spheres_replaced():
    sphere = float(ox.distance.great_circle(60.2, 24.9, 60.2, 24.901))
    metres = shapely.LineString([(24.9, 60.2), (24.901, 60.2)])
    exact = ox.projection.project_geometry(metres)[0].length
    for given_length in (None, float("nan"), sphere, round(sphere, 3), str(sphere)):
        taken = from_osmnx(line_graph({"length": given_length}))
        assert taken.edge_length_m.item() == pytest.approx(exact, rel=5e-4)
        assert abs(taken.edge_length_m.item() - sphere) > 0.1
        assert "streets.lengths_kept" not in codes_of(taken)


def test_a_length_of_ones_own_is_kept_and_said():
    taken = from_osmnx(line_graph({"length": 80.0}, {"length": None}, {"length": 60.0}))
    own = from_osmnx(line_graph({})).edge_length_m.item()
    assert taken.n_edges == 1  # plain nodes are joined, and lengths added up
    assert taken.edge_length_m.item() == pytest.approx(80 + 60 + own)
    assert taken.coord_lon.tolist() == pytest.approx([24.9, 24.901, 24.902, 24.903])
    assert "streets.lengths_kept" in codes_of(taken)


def test_edges_without_a_word_on_what_they_are_count_as_roads():
    assert from_osmnx(line_graph({"highway": None})).edges()["kind"].tolist() == ["road"]


def test_yes_and_no_may_be_true_and_false():
    taken = from_osmnx(line_graph({"bridge": False, "tunnel": "False"}, {"tunnel": True}))
    assert taken.edge_structure.tolist() == [0, 2]


def test_what_is_not_for_walkers_is_left_out_and_said():
    taken = from_osmnx(line_graph({"highway": "motorway"}, {}, {"access": "no"}))
    assert taken.n_edges == 1
    assert taken.n_nodes == 2
    assert "streets.not_walkable" in codes_of(taken)


def test_parallel_streets_stay_two_and_the_same_line_twice_is_one():
    line = shapely.LineString([(24.901, 60.2), (24.9015, 60.201), (24.902, 60.2)])
    graph = line_graph({}, {}, {})
    graph.add_edge(1, 2, highway="residential", osmid=2, geometry=line)
    graph.add_edge(2, 1, highway="residential", osmid=2, geometry=line.reverse())
    graph.add_edge(2, 1, highway="residential", osmid=9)
    taken = from_osmnx(graph)
    assert taken.n_edges == 4
    assert sorted(np.diff(taken.coord_ptr)) == [2, 2, 2, 3]


@pytest.mark.parametrize(
    ("graph", "code"),
    [
        (nx.MultiDiGraph(crs="EPSG:4326"), "streets.no_way"),
        (line_graph({"highway": "motorway"}), "streets.no_way"),
        (line_graph({}, crs=None), "crs.missing"),
        (line_graph({}, crs="EPSG:999999"), "crs.unknown"),
        (line_graph({"length": -5.0}), "streets.graph_number"),
        (line_graph({"length": "long"}), "streets.graph_number"),
        (line_graph({"geometry": shapely.Point(24.9, 60.2)}), "streets.graph_geometry"),
        (line_graph({"geometry": shapely.LineString([(24.9, 60.2), (np.inf, 60.2), (24.901, 60.2)])}),
         "streets.graph_position"),
    ],
)  # fmt: skip
def test_what_is_no_graph_of_streets_is_refused_in_a_sentence(graph, code):
    with pytest.raises(walkshed.InputError) as caught:
        from_osmnx(graph)
    assert [fault.code for fault in caught.value.faults] == [code]


@pytest.mark.parametrize("x", [None, float("nan"), 385_000.0])
def test_a_node_without_a_place_is_named(x):
    graph = line_graph({})
    graph.nodes[1]["x"] = x
    with pytest.raises(walkshed.InputError, match="node 1"):
        from_osmnx(graph)


# -- tables of walks --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lattice():
    """Return a lattice of nine crossings 100 m apart, four estates at its corners and a fifth out of reach."""
    town = Town()
    town.lattice(3, 3, 100)
    estates = places(town, {"a": (0, 0), "b": (200, 0), "c": (0, 200), "d": (200, 200), "far": (9000, 0)})
    estates = estates.assign(people=[10, 20, 30, 40, 50]).rename_axis("estate_id")
    venues = places(town, {"v": (0, 0), "w": (200, 100), "off": (9000, 9000)})
    venues = venues.assign(seats=[5, 6, 7]).rename_axis("venue_id")
    profiles = [walkshed.ADULT, walkshed.Profile("slow", walkshed.ADULT.speed_mps / 2)]
    standard = [walkshed.Standard(metres=300)]
    return (
        estates,
        venues,
        open_access(read(town), estates, venues, profiles=profiles, standards=standard),
    )


def ids(reach) -> dict[str, pd.Index]:
    return {"estate_ids": reach.estate_ids, "venue_ids": reach.venue_ids}


METRES = pd.DataFrame(
    [[0, 300, np.inf], [200, 100, np.inf], [200, 300, np.inf], [np.inf, 100, np.inf], [np.inf] * 3],
    index=pd.Index(["a", "b", "c", "d", "far"], name="estate_id"),
    columns=pd.Index(["v", "w", "off"], name="venue_id"),
)
"""By hand; a venue 400 m away is beyond the standard."""


def test_the_matrix_has_every_estate_and_venue(lattice):
    _, _, reach = lattice
    matrix = wide_frame(reach.pairs["adult"], **ids(reach), values="walk_m")
    pd.testing.assert_frame_equal(matrix, METRES)
    minutes = wide_frame(reach.pairs["slow"], **ids(reach), missing=999)
    speed = walkshed.ADULT.speed_mps / 2 * 60
    pd.testing.assert_frame_equal(minutes, (METRES / speed).round(2).replace(np.inf, 999))


def test_the_sparse_matrix_holds_the_pairs_of_the_long_table(lattice):
    _, _, reach = lattice
    pairs = reach.pairs["adult"]
    turned = Pairs(pairs.estate[::-1], pairs.venue[::-1], pairs.walk_dm[::-1], pairs.walk_cmin[::-1])
    sparse = sparse_matrix(turned, shape=(5, 3), values="walk_m")
    assert sparse.shape == (5, 3)
    assert sparse.nnz == np.isfinite(METRES.to_numpy()).sum()
    for row, home in enumerate(reach.estate_ids):
        part = slice(sparse.indptr[row], sparse.indptr[row + 1])
        kept = dict(zip(reach.venue_ids[sparse.indices[part]], sparse.data[part], strict=True))
        assert kept == METRES.loc[home][np.isfinite(METRES.loc[home])].to_dict()


def test_from_id_to_id_travel_time(lattice):
    _, _, reach = lattice
    table = long_frame({"slow": reach.pairs["slow"]}, **ids(reach), columns="r5")
    assert list(table.columns) == ["from_id", "to_id", "travel_time"]
    by_pair = table.set_index(["from_id", "to_id"])["travel_time"]
    assert by_pair["b", "w"] == pytest.approx(100 / (walkshed.ADULT.speed_mps / 2) / 60, abs=0.005)
    assert len(by_pair) == np.isfinite(METRES.to_numpy()).sum()


def test_the_long_table_is_the_one_of_access(lattice):
    _, _, reach = lattice
    pd.testing.assert_frame_equal(long_frame(reach.pairs, **ids(reach)), reach.to_frame())


def test_r5_names_are_of_one_profile_and_other_words_are_refused(lattice):
    _, _, reach = lattice
    with pytest.raises(ValueError, match="adult, slow"):
        long_frame(reach.pairs, **ids(reach), columns="r5")
    with pytest.raises(ValueError, match="walkshed"):
        long_frame(reach.pairs, **ids(reach), columns="r5py")
    with pytest.raises(ValueError, match="walk_min"):
        wide_frame(reach.pairs["adult"], **ids(reach), values="minutes")


def test_pysal_access_takes_the_tables_as_they_are(lattice):
    from access import Access

    estates, venues, reach = lattice
    table = long_frame({"adult": reach.pairs["adult"]}, **ids(reach))
    theirs = Access(
        demand_df=estates, demand_value="people", supply_df=venues, supply_value="seats",
        cost_df=table, cost_origin="estate_id", cost_dest="venue_id", cost_name="walk_m",
    )  # fmt: skip
    theirs.weighted_catchment(name="within", max_cost=250)
    theirs.two_stage_fca(name="fca", max_cost=250)
    # within 250 m: a reaches v; b reaches v and w; c reaches v; d reaches w; nobody else reaches anything
    v, w = 5 / (10 + 20 + 30), 6 / (20 + 40)
    wanted = pd.DataFrame(
        {
            "people": estates["people"],
            "within_seats": [5, 11, 5, 6, np.nan],
            "fca_seats": [v, v + w, v, w, np.nan],
        }
    )
    pd.testing.assert_frame_equal(theirs.access_df, wanted)


@pytest.mark.filterwarnings("ignore:.*PuLP 4.0.*:DeprecationWarning")
def test_spopt_takes_the_matrix_as_it_is(lattice):
    import pulp
    from spopt.locate import LSCP, MCLP, PMedian

    estates, _, reach = lattice
    solver = pulp.PULP_CBC_CMD(msg=False)
    cost = wide_frame(reach.pairs["adult"], **ids(reach), values="walk_m").to_numpy()
    people = estates["people"].to_numpy()
    # within 200 m v serves a, b, c (60 people) and w serves b, d (60); within 100 m v serves a, w b and d
    near = MCLP.from_cost_matrix(cost, people, service_radius=100, p_facilities=1).solve(solver)
    assert near.problem.objective.value() == 60
    assert near.fac2cli == [[], [1, 3], []]
    both = MCLP.from_cost_matrix(cost, people, service_radius=200, p_facilities=2).solve(solver)
    assert both.problem.objective.value() == 100
    # the fifth estate has no venue: a location set covering of the others takes w alone within 300 m
    cover = LSCP.from_cost_matrix(cost[:4], service_radius=300).solve(solver)
    assert cover.fac2cli == [[], [0, 1, 2, 3], []]
    finite = wide_frame(reach.pairs["adult"], **ids(reach), values="walk_m", missing=10_000).to_numpy()
    median = PMedian.from_cost_matrix(finite[:4], people[:4], p_facilities=1).solve(solver)
    assert median.problem.objective.value() == 10 * 300 + 20 * 100 + 30 * 300 + 40 * 100


# -- GeoParquet -------------------------------------------------------------------------------------------


def test_streets_go_to_geoparquet_and_back(streets, tmp_path):
    edges = streets.edges()
    edges.to_parquet(tmp_path / "edges.parquet")
    back = gpd.read_parquet(tmp_path / "edges.parquet")
    pd.testing.assert_frame_equal(back, edges)
    assert back.crs.to_epsg() == 4326


def test_places_go_to_geoparquet_and_are_read_back_the_same(sample_result, tmp_path):
    for read_table, table in (
        (walkshed.read_estates, sample_result.estates),
        (walkshed.read_venues, sample_result.venues),
    ):
        table.to_parquet(tmp_path / "places.parquet")
        back = read_table(tmp_path / "places.parquet")
        # a layer counts its rows from 1, and a place that was found by its name is given there
        ours = [name for name in table.columns if name not in {"source_row", "location_status"}]
        pd.testing.assert_frame_equal(back[ours], table[ours])
        assert back.crs.to_epsg() == 4326


def test_a_projected_geoparquet_is_brought_to_degrees(sample_result, tmp_path):
    located = sample_result.estates[sample_result.estates["lon"].notna()]
    given_columns = located[["name", "community", "households", "geometry"]]
    given_columns.to_crs(4549).to_parquet(tmp_path / "estates.parquet")
    back = walkshed.read_estates(tmp_path / "estates.parquet")
    assert back.index.equals(located.index)
    assert back.geometry.geom_equals_exact(located.geometry, 1e-8).all()


def test_results_are_written_as_geoparquet(sample_result, tmp_path):
    result = sample_result
    write_geoparquet(
        tmp_path,
        estates=result.estates,
        venues=result.venues,
        gates=result.gates,
        coverage=result.coverage,
        estate_table=result.estate_table,
    )
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{n}.parquet" for n in ("estates", "venues", "gates", "coverage")
    }
    coverage = gpd.read_parquet(tmp_path / "coverage.parquet")
    assert coverage.crs.to_epsg() == 4326
    pd.testing.assert_frame_equal(pd.DataFrame(coverage.drop(columns="geometry")), result.coverage)
    shapes = result.estates.geometry.reindex(coverage["estate_id"]).to_numpy()
    assert all(
        one is None if other is None else one.equals(other)
        for one, other in zip(coverage.geometry, shapes, strict=True)
    )
    estates = gpd.read_parquet(tmp_path / "estates.parquet")
    assert estates.index.equals(result.estates.index)
    assert set(result.estate_table.columns) <= set(estates.columns)


def test_mixed_columns_do_not_stop_geoparquet(sample_result, tmp_path):
    result = sample_result
    venues = result.venues.assign(floor=[1 if n % 2 else "B1" for n in range(len(result.venues))])
    with pytest.raises(Exception, match="floor"):
        venues.to_parquet(tmp_path / "venues.parquet")
    write_geoparquet(
        tmp_path, estates=result.estates, venues=venues, gates=None, coverage=result.coverage,
        estate_table=result.estate_table,
    )  # fmt: skip
    assert set(gpd.read_parquet(tmp_path / "venues.parquet")["floor"]) == {"1", "B1"}
    assert venues["floor"].iloc[1] == 1
