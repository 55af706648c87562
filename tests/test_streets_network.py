"""The network itself: joined without loss, kept between runs, never from a damaged file."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import osmium
import pytest

import walkshed
from conftest import ROOT
from osm_maker import Town
from walkshed.geodesy import distance_m
from walkshed.streets import ahead
from walkshed.streets import cache_key as kept
from walkshed.streets.ahead import built_ahead
from walkshed.streets.network import connected_pieces
from walkshed.streets.rules import barrier_code, way_code

SAMPLE = ROOT / "data" / "ronghang" / "streets.osm.pbf"


def arrays_of(network):
    return {
        f.name: getattr(network, f.name)
        for f in fields(network)
        if isinstance(getattr(network, f.name), np.ndarray)
    }


def same(one, other) -> bool:
    return all(
        np.array_equal(a, b) for a, b in zip(arrays_of(one).values(), arrays_of(other).values(), strict=True)
    )


def test_joining_chains_loses_no_metre_and_leaves_no_plain_node(helsinki):
    """Against the raw ways: every distinct piece of street once."""
    pieces = {}
    barriers = set()
    for item in osmium.FileProcessor(str(helsinki)).with_locations():
        if item.is_node() and barrier_code(item.tags):
            barriers.add((item.location.x, item.location.y))
        if not item.is_way() or way_code(item.tags) < 0:
            continue
        nodes = [(node.ref, node.location) for node in item.nodes]
        for (a, p), (b, q) in pairwise(nodes):
            if p.valid() and q.valid() and a != b:
                key = (min(a, b), max(a, b), way_code(item.tags) & ~(1 << 14))
                pieces[key] = float(distance_m(p.lon, p.lat, q.lon, q.lat))
    network = walkshed.read_streets(helsinki)
    drawn = network.edges()
    drawn = drawn[(drawn["kind"] != "crossing_area") & (drawn["way"] > 0)]
    assert drawn["length_m"].sum() == pytest.approx(sum(pieces.values()), rel=1e-6)
    ends = np.concatenate([network.edge_u, network.edge_v])
    met = {}
    for node, code in zip(ends.tolist(), np.tile(network.edge_code, 2).tolist(), strict=True):
        met.setdefault(node, []).append(code)
    corners = set(network.area_node.tolist())
    loops = set(network.edge_u[network.edge_u == network.edge_v].tolist())
    directed = {n for n, codes in met.items() if any(code >> 8 & 3 or code >> 16 & 3 for code in codes)}
    plain = [
        n
        for n, codes in met.items()
        if len(codes) == 2 and codes[0] == codes[1] and not network.node_barrier[n]
    ]
    crossings = set(np.flatnonzero(network.node_crossing).tolist())
    assert set(plain) <= corners | loops | directed | crossings


def test_edges_are_as_long_as_their_shape_and_end_at_their_nodes():
    network = walkshed.read_streets(SAMPLE)
    for e in range(network.n_edges):
        part = slice(network.coord_ptr[e], network.coord_ptr[e + 1])
        lon, lat = network.coord_lon[part], network.coord_lat[part]
        assert network.edge_length_m[e] == pytest.approx(
            distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:]).sum(), abs=1e-6
        )
        assert (lon[0], lat[0]) == (network.node_lon[network.edge_u[e]], network.node_lat[network.edge_u[e]])
        assert (lon[-1], lat[-1]) == (
            network.node_lon[network.edge_v[e]],
            network.node_lat[network.edge_v[e]],
        )


def test_components_are_those_of_networkx():
    network = walkshed.read_streets(SAMPLE)
    graph = nx.Graph(zip(network.edge_u.tolist(), network.edge_v.tolist(), strict=True))
    sizes = sorted(len(piece) for piece in nx.connected_components(graph))
    assert sizes == sorted(Counter(network.component.tolist()).values())


def test_a_kept_network_is_the_one_that_was_built(tmp_path):
    built = walkshed.read_streets(SAMPLE, cache=tmp_path)
    again = walkshed.read_streets(SAMPLE, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    assert same(built, again)
    assert built.notices == again.notices
    assert [a.wkb for a in built.areas] == [a.wkb for a in again.areas]


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "another format"])
def test_a_damaged_kept_network_is_built_anew_and_told(tmp_path, damage):
    built = walkshed.read_streets(SAMPLE, cache=tmp_path)
    path = next(tmp_path.iterdir())
    whole = path.read_bytes()
    middle = len(whole) // 2
    spoiled = {
        "cut": whole[:middle],
        "flipped": whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :],
        "empty": b"",
        "another format": b"hello",
    }[damage]
    path.write_bytes(spoiled)
    again = walkshed.read_streets(SAMPLE, cache=tmp_path)
    assert same(built, again)
    assert "streets.cache_damaged" in {notice.code for notice in again.notices}
    assert "streets.cache_damaged" not in {
        n.code for n in walkshed.read_streets(SAMPLE, cache=tmp_path).notices
    }


def test_another_content_is_another_kept_network(tmp_path):
    town = Town()
    town.way([town.node(0, 0), town.node(900, 0)], highway="footway")
    first = walkshed.read_streets(town.write(tmp_path / "a.osm"), cache=tmp_path / "kept")
    town.way([town.node(0, 100), town.node(700, 100)], highway="footway")
    second = walkshed.read_streets(town.write(tmp_path / "a.osm"), cache=tmp_path / "kept")
    assert (first.n_edges, second.n_edges) == (1, 2)


def test_a_network_built_ahead_is_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr("walkshed.streets.ahead._WORTH_BYTES", 1)
    with built_ahead(SAMPLE, cache=tmp_path):
        pass
    target = kept.cache_file(tmp_path, SAMPLE, None, None)
    assert target.exists()
    assert same(walkshed.read_streets(SAMPLE, cache=tmp_path), walkshed.read_streets(SAMPLE))


def test_a_run_uses_what_was_built_ahead(tmp_path, monkeypatch):
    monkeypatch.setattr("walkshed.streets.ahead._WORTH_BYTES", 1)
    study = walkshed.init_study(tmp_path / "s")
    built = []
    monkeypatch.setattr("walkshed.streets.reading.build_network", lambda *_a, **_k: built.append("again"))
    walkshed.run(study)
    assert built == []
    assert len(list((study / ".walkshed").iterdir())) == 1


@pytest.mark.parametrize("named", ["study.toml", "."])
def test_a_study_that_nobody_has_read_has_its_streets_built_by_the_one_process(tmp_path, monkeypatch, named):
    monkeypatch.setattr(ahead, "_WORTH_BYTES", 1)
    monkeypatch.setattr(ahead, "_WORKERS", {})
    study = walkshed.init_study(tmp_path / "s")
    monkeypatch.chdir(study)
    ahead.start_for(Path(named))
    walkshed.read_study(study).build_streets_ahead()
    assert len(ahead._WORKERS) == 1
    for worker in ahead._WORKERS.values():
        assert worker.wait() == 0
    assert len(list((study / ".walkshed").glob("*.npz"))) == 1


@pytest.mark.parametrize(
    "text", ["", "streets = 3", "[streets]\nfile = 7", "[streets\n", "[streets]\nfile = 'gone.osm'"]
)
def test_a_study_that_is_odd_starts_nothing_before_it_is_read(tmp_path, monkeypatch, text):
    monkeypatch.setattr(ahead, "_WORKERS", {})
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    ahead.start_for(tmp_path)
    ahead.start_for(tmp_path / "nowhere")
    assert ahead._WORKERS == {}


def test_a_file_that_cannot_be_built_ahead_is_judged_by_the_first_process(tmp_path, monkeypatch):
    monkeypatch.setattr("walkshed.streets.ahead._WORTH_BYTES", 1)
    bad = tmp_path / "bad.osm.pbf"
    bad.write_bytes(b"no streets here" * 100)
    with built_ahead(bad, cache=tmp_path / "kept"):
        pass
    with pytest.raises(walkshed.InputError, match="not a readable"):
        walkshed.read_streets(bad, cache=tmp_path / "kept")


def test_only_the_part_around_a_box_is_read_and_walks_in_it_stay(helsinki):
    whole = walkshed.read_streets(helsinki)
    west, south, east, north = whole.bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    part = walkshed.read_streets(helsinki, box=(lon - 0.012, lat - 0.006, lon + 0.012, lat + 0.006))
    assert part.n_edges < whole.n_edges
    for dx, dy in ((0.002, 0.001), (-0.002, 0.001), (0.001, -0.002)):
        one = walkshed.route(whole, (lon, lat), (lon + dx, lat + dy))
        other = walkshed.route(part, (lon, lat), (lon + dx, lat + dy))
        assert one.walk_m == pytest.approx(other.walk_m, abs=0.1)


@pytest.mark.parametrize("shape", ["sparse", "dense", "a path", "a path in disorder", "a star", "no edge"])
def test_connected_pieces_are_those_of_another_library(shape):
    n = 3000
    rng = np.random.default_rng(7)
    order = rng.permutation(n)
    u, v = {
        "sparse": rng.integers(0, n, (2, n // 2)),
        "dense": rng.integers(0, n, (2, 5 * n)),
        "a path": np.array([np.arange(n - 1), np.arange(1, n)]),
        "a path in disorder": np.array([order[:-1], order[1:]]),
        "a star": np.array([np.full(n - 1, n - 1), rng.permutation(n - 1)]),
        "no edge": np.zeros((2, 0), dtype=np.int64),
    }[shape]
    piece = connected_pieces(u.astype(np.int32), v.astype(np.int32), n)
    graph = nx.Graph(zip(u.tolist(), v.tolist(), strict=True))
    graph.add_nodes_from(range(n))
    expected = sorted(nx.connected_components(graph), key=min)
    assert [set(np.flatnonzero(piece == k).tolist()) for k in range(piece.max() + 1)] == expected
