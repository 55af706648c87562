"""Streets of a named place: what is asked, what is kept, what goes wrong. Nobody but a server on this machine is asked."""

from __future__ import annotations

import errno
import functools
import itertools
import json
import re
import resource
import signal
import socket
import sys
import time
from contextlib import contextmanager
from dataclasses import fields
from email.utils import formatdate
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import osmium
import pytest
import shapely
from pyproj import Geod

import walkshed
from conftest import ROOT, open_access
from overpass_server import BASE, Extract, Fault, candidate, serving
from walkshed import overpass
from walkshed.errors import Source
from walkshed.streets.extent import area_km2, surroundings
from walkshed.streets.place import Endpoints, fetch_place
from walkshed.web import LONGEST_WAIT_S, WAITS_S

GEOD = Geod(ellps="WGS84")
PLACE = "Keskusta, Helsinki"
FOUND = "Keskusta, Helsinki, Uusimaa, Suomi"
INNER = shapely.box(24.9405, 60.1680, 24.9460, 60.1735)
BUFFER_M = 350.0
RONGXIANG = "荣巷街道, 无锡市"


@functools.cache
def extract_of(path):
    return Extract(path)


@pytest.fixture(scope="session")
def streets_of(helsinki):
    """Return the file of an extract by its name."""
    return {"helsinki": helsinki, "ronghang": ROOT / "data" / "ronghang" / "streets.osm.pbf"}


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch, tmp_path):
    """Point everything that is not told otherwise at a port where nobody listens, and leave out osmnx's pause."""
    for name in ("NOMINATIM", "OVERPASS"):
        monkeypatch.setenv(f"WALKSHED_{name}_URL", "http://127.0.0.1:9")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("osmnx._nominatim.time", SimpleNamespace(sleep=lambda _seconds: None))
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)


@pytest.fixture
def server(helsinki):
    """Return a running server that knows central Helsinki."""
    with serving(extract_of(helsinki)) as running:
        running.places[PLACE] = [candidate(FOUND, INNER, ref="R34914")]
        yield running


@pytest.fixture
def fetch(server, tmp_path):
    """Return fetch_place bound to the server, with the pauses it made in ``fetch.waits``."""
    waits = []

    def ask(place=PLACE, **more):
        given = {
            "cache": tmp_path / "cache",
            "buffer_m": BUFFER_M,
            "endpoints": Endpoints(server.url, f"{server.url}/api"),
            "sleep": waits.append,
            "timeout_s": 20.0,
        }
        return fetch_place(place, **given | more)

    ask.waits, ask.cache = waits, tmp_path / "cache"
    return ask


def refused(fetch, code, *words, **more):
    """Assert that a fault comes, with its code and its words in both languages; return its English."""
    with pytest.raises(walkshed.InputError) as caught:
        fetch(**more)
    (fault,) = caught.value.faults
    assert fault.code == code, fault.text.en
    for word in words:
        assert word in fault.text.en or word in fault.text.zh, (word, fault.text)
    assert re.search(r"[\u4e00-\u9fff]", fault.text.zh)
    assert not re.search("[，。；：“”（）]", fault.text.en)
    return fault.text.en


def files_of(fetch):
    return sorted(path.name for path in fetch.cache.iterdir()) if fetch.cache.is_dir() else []


# --- what comes of it ------------------------------------------------------------------------------------


def arrays_of(network):
    return {
        f.name: getattr(network, f.name)
        for f in fields(network)
        if isinstance(getattr(network, f.name), np.ndarray)
    }


@pytest.mark.parametrize("name", ["helsinki", "ronghang"])
def test_a_place_that_holds_the_whole_extract_gives_the_same_network_as_the_extract(
    name, streets_of, fetch, server
):
    server.extract = extract_of(streets_of[name])
    west, south, east, north = server.extract.bounds()
    server.places[PLACE] = [candidate(FOUND, shapely.box(west, south, east, north))]
    fetched, direct = (
        walkshed.read_streets(fetch(buffer_m=3000).path),
        walkshed.read_streets(streets_of[name]),
    )
    for key, value in arrays_of(direct).items():
        np.testing.assert_array_equal(getattr(fetched, key), value, err_msg=key)
    assert [area.wkb for area in fetched.areas] == [area.wkb for area in direct.areas]
    # ways of which the clipped extract holds no node at all lie nowhere: no server can select them
    for key in ("segments", "areas", "walls"):
        assert fetched.counts[key] == direct.counts[key]
    assert len(fetched.edge_u) > 1000
    assert fetched.snapshot == BASE


def test_walks_inside_a_place_are_those_on_the_whole_extract(fetch, helsinki):
    rng = np.random.default_rng(7)
    west, south, east, north = INNER.bounds
    points = gpd.points_from_xy(rng.uniform(west, east, 60), rng.uniform(south, north, 60))
    homes = gpd.GeoDataFrame(index=[f"h{n}" for n in range(30)], geometry=points[:30], crs="EPSG:4326")
    venues = gpd.GeoDataFrame(index=[f"v{n}" for n in range(30)], geometry=points[30:], crs="EPSG:4326")
    standards = [walkshed.Standard(metres=2 * BUFFER_M)]
    part, whole = (
        open_access(walkshed.read_streets(path), homes, venues, standards=standards).to_frame()
        for path in (fetch().path, helsinki)
    )
    assert len(whole) > 300
    assert part.equals(whole)


def test_the_file_holds_everything_of_the_place_that_a_study_may_need(fetch, server):
    whole, got = server.extract, Extract(fetch().path)
    shapely.prepare(INNER)
    inside = {ref for ref, (lon, lat, _) in whole.nodes.items() if INNER.contains(shapely.Point(lon, lat))}
    both = {"highway", "name", "addr:housenumber", "amenity"}
    seen = set()
    for ref in inside:
        if useful := whole.nodes[ref][2].keys() & (both | {"barrier", "entrance", "place"}):
            assert got.nodes[ref] == whole.nodes[ref]
            seen |= useful
    for ref, (nodes, tags) in whole.ways.items():
        useful = tags.keys() & (both | {"building", "leisure", "place"})
        useful |= {"landuse"} if tags.get("landuse") == "residential" else set()
        if useful and inside & set(nodes):
            assert got.ways[ref] == (nodes, tags)
            seen |= useful
    assert seen >= both | {"barrier", "entrance", "building"}
    areas = 0
    for ref, (members, tags) in whole.relations.items():
        ways = {way for kind, way, _ in members if kind == "w"} & whole.ways.keys()
        area = tags.get("type") == "multipolygon" and tags.keys() & {"building", "highway", "leisure"}
        if area and any(inside & set(whole.ways[way][0]) for way in ways):
            assert got.relations[ref] == (members, tags)
            assert ways <= got.ways.keys()
            areas += 1
    assert areas > 10


def test_all_nodes_of_the_ways_come_along_and_nothing_from_far_away(fetch, server):
    got = Extract(fetch().path)
    for nodes, _ in got.ways.values():
        assert set(nodes) & server.extract.nodes.keys() <= got.nodes.keys()
    assert len(got.nodes) < 0.8 * len(server.extract.nodes)
    assert not any(
        tags.get("type") in {"route", "public_transport", "restriction"} for _, tags in got.relations.values()
    )


def test_the_file_is_sorted_and_carries_the_date_of_the_data(fetch):
    kept = fetch()
    order = [("nwr".index(item.type_str()), item.id) for item in osmium.FileProcessor(str(kept.path))]
    assert order == sorted(set(order))
    assert kept.snapshot == BASE
    assert walkshed.read_streets(kept.path).snapshot == BASE


def test_an_answer_out_of_order_is_put_in_order(fetch, server):
    query = overpass.query_of(surroundings(INNER, BUFFER_M))
    body = server.extract.answer(query)
    head, rest = body[: body.index("<node")], body[body.index("<node") : body.index("</osm>")]
    items = re.findall(r"<(node|way|relation) .*?</\1>", rest, re.DOTALL)
    assert items
    shuffled = [match[0] for match in re.finditer(r"<(node|way|relation) .*?</\1>", rest, re.DOTALL)][::-1]
    plain = fetch().path.read_bytes()
    server.faults["overpass"] = [
        Fault(body=head + "\n".join([*shuffled, shuffled[0]]) + "</osm>", kind="application/xml")
    ]
    assert fetch(refresh=True).path.read_bytes() == plain


def test_the_same_answer_gives_the_same_bytes(fetch):
    first = fetch().path.read_bytes()
    assert fetch(refresh=True).path.read_bytes() == first


def test_what_was_found_is_told(fetch):
    kept = fetch()
    assert (kept.place, kept.found, kept.ref) == (PLACE, FOUND, "R34914")
    assert kept.polygon.equals(INNER)
    assert kept.area_km2 == pytest.approx(abs(GEOD.geometry_area_perimeter(INNER)[0]) / 1e6, rel=0.01)
    for language in ("en", "zh"):
        said = kept.notice.in_(language)
        assert PLACE in said
        assert FOUND in said
        assert BASE[:10] in said


def test_a_place_in_several_parts_is_asked_for_at_once(fetch, server):
    extract = server.extract
    streets = {ref for ref, (_, tags) in extract.ways.items() if "highway" in tags}
    corners = [n for way in sorted(streets) for n in extract.ways[way][0] if n in extract.nodes]
    ends = [min(corners, key=lambda n: extract.nodes[n][0]), max(corners, key=lambda n: extract.nodes[n][0])]
    parts = shapely.union_all([shapely.Point(*extract.nodes[n][:2]).buffer(0.0005) for n in ends])
    server.places[PLACE] = [candidate(FOUND, parts)]
    got = Extract(fetch(buffer_m=100).path)
    assert len(server.of("overpass")) == 1
    assert got.nodes.keys() >= set(ends)
    assert len(got.nodes) < len(extract.nodes) / 4


def test_a_place_can_be_named_by_its_id(fetch, server):
    server.places["R34914"] = server.places[PLACE]
    assert fetch("r34914").found == FOUND
    assert server.asked[0].path == "/lookup"


# --- what leaves the machine -----------------------------------------------------------------------------


def outline_of(asked):
    """Return the polygon a request named; every statement names the same."""
    (outline,) = set(re.findall(r'poly:"([^"]*)"', asked.fields["data"]))
    return shapely.Polygon(np.array(outline.split(), dtype=float).reshape(-1, 2)[:, ::-1])


def test_one_request_each_with_nothing_but_the_name_and_the_polygon(fetch, server):
    kept = fetch()
    assert [one.service for one in server.asked] == ["nominatim", "overpass"]
    search, query = server.asked
    assert search.fields == {
        "q": PLACE,
        "format": "json",
        "polygon_geojson": "1",
        "dedupe": "0",
        "limit": "50",
    }
    assert set(query.fields) == {"data"}
    west, south, *_ = INNER.bounds
    server.places["Toinen"] = [
        candidate("Toinen, Suomi", shapely.box(west, south, west + 0.002, south + 0.001))
    ]
    fetch("Toinen")
    plain = [re.sub(r'poly:"[-\d. ]+"', "", one.fields["data"]) for one in server.of("overpass")]
    assert plain[0] == plain[1]  # the polygon is all that differs from place to place
    assert [one.service for one in kept.sent] == ["Nominatim", "Overpass"]
    assert kept.sent[0].what == PLACE
    told = shapely.from_wkt(re.search(r"POLYGON.*", kept.sent[1].what)[0])
    assert (
        told.equals_exact(outline_of(query), 1e-5) or told.symmetric_difference(outline_of(query)).area < 1e-8
    )


def test_who_asks_says_who_it_is(fetch, server):
    fetch()
    for one in server.asked:
        assert one.headers["User-Agent"] == f"walkshed/{walkshed.__version__}"
        assert not any("osmnx" in value.lower() for value in one.headers.values())


@pytest.mark.parametrize("buffer_m", [50.0, 350.0, 3000.0])
def test_the_outline_holds_all_within_the_buffer_and_not_much_more(buffer_m, fetch, server):
    fetch(buffer_m=buffer_m)
    outline = outline_of(server.of("overpass")[0])
    shapely.prepare(outline)
    corners = shapely.get_coordinates(INNER.exterior)
    for azimuth in range(0, 360, 15):
        lon, lat, _ = GEOD.fwd(*corners.T, np.full(len(corners), azimuth), np.full(len(corners), buffer_m))
        assert shapely.covers(outline, shapely.points(lon, lat)).all()
    for lon, lat in shapely.get_coordinates(outline):
        near = shapely.get_coordinates(shapely.shortest_line(INNER, shapely.Point(lon, lat)))[0]
        assert GEOD.inv(lon, lat, *near)[2] < 1.6 * buffer_m + 60


def test_a_jagged_coast_is_thinned_outwards():
    angle = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    radius = 0.2 + 0.01 * np.sin(1500 * angle)
    coast = shapely.Polygon(
        np.column_stack([120.25 + radius * np.cos(angle), 31.57 + radius * np.sin(angle)])
    )
    outline = surroundings(coast, 500)
    assert len(shapely.get_coordinates(outline)) <= 400
    assert outline.covers(coast)
    assert area_km2(outline) < 1.2 * area_km2(coast)


def test_settings_of_osmnx_are_given_back_and_no_folder_is_left(fetch, server, monkeypatch, tmp_path):
    import osmnx as ox

    monkeypatch.setattr(ox.settings, "default_crs", "epsg:3857")
    monkeypatch.setattr(ox.settings, "log_file", True)
    before = {key: value for key, value in vars(ox.settings).items() if key.islower() and not callable(value)}
    fetch()
    refused(fetch, "place.unknown", place="Ei mitään")
    server.faults["nominatim"] = [Fault(403)]
    refused(fetch, "place.refused", place="Muu")
    assert {key: getattr(ox.settings, key) for key in before} == before
    assert not list((tmp_path / "here").iterdir())


def test_secrets_of_an_address_are_told_to_nobody(fetch, server):
    url = server.url.replace("//", "//planner:s3cret@")
    kept = fetch(endpoints=Endpoints(url, f"{url}/api/interpreter"))
    assert "s3cret" not in repr(kept)
    assert "s3cret" not in kept.path.with_name(kept.path.name.replace(".osm.pbf", ".json")).read_text(
        encoding="utf-8"
    )
    assert all("Authorization" in one.headers for one in server.asked)
    server.faults = {"nominatim": [Fault(400)], "overpass": []}
    assert "s3cret" not in refused(fetch, "place.refused", place="Muu", endpoints=Endpoints(url, url))


# --- kept answers ----------------------------------------------------------------------------------------


def test_a_place_read_once_needs_no_network(fetch, server):
    first = fetch()
    asked = len(server.asked)
    again = fetch(buffer_m=int(BUFFER_M))
    there = fetch_place(PLACE, cache=fetch.cache, buffer_m=BUFFER_M, offline=True)
    assert len(server.asked) == asked == 2
    assert again.sent == there.sent == ()
    for key in ("path", "place", "found", "ref", "area_km2", "buffer_m", "snapshot", "fetched"):
        assert getattr(first, key) == getattr(again, key) == getattr(there, key)
    assert again.polygon.equals(first.polygon)
    assert "kept since" in again.notice.text.en
    assert "kept since" not in first.notice.text.en


def test_a_kept_place_needs_no_osmnx(fetch, monkeypatch):
    fetch()
    monkeypatch.setitem(sys.modules, "osmnx", None)
    assert fetch().sent == ()


@pytest.mark.parametrize("written", ["  Keskusta ,Helsinki ", "Keskusta，Helsinki", "Ｋeskusta,　Helsinki"])
def test_spaces_and_wide_signs_do_not_make_another_place(written, fetch, server):
    first = fetch()
    assert fetch(written).path == first.path
    assert len(server.asked) == 2


def test_another_buffer_or_place_is_another_answer(fetch, server):
    server.places["Muu"] = server.places[PLACE]
    assert len({fetch().path, fetch(buffer_m=200.0).path, fetch("Muu").path}) == 3
    assert len(server.of("overpass")) == 3


def test_refresh_asks_again_and_a_failure_leaves_what_was_kept(fetch, server):
    first = fetch()
    data = first.path.read_bytes()
    server.faults["overpass"] = [Fault(400)]
    refused(fetch, "place.refused", refresh=True)
    assert first.path.read_bytes() == data
    assert fetch().sent == ()
    assert len(fetch(refresh=True).sent) == 2
    assert fetch().sent == ()


@pytest.mark.parametrize("damage", ["cut", "no_description", "wrong_description", "other_bytes"])
def test_a_damaged_kept_answer_is_not_trusted(damage, fetch, server):
    path = fetch().path
    beside = path.with_name(path.name.replace(".osm.pbf", ".json"))
    data = path.read_bytes()
    if damage == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "other_bytes":
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    elif damage == "no_description":
        beside.unlink()
    else:
        beside.write_text("[1, 2]", encoding="utf-8")
    refused(fetch, "place.offline", offline=True)
    assert len(fetch().sent) == 2
    assert path.read_bytes() == data
    assert len(server.of("overpass")) == 2


# --- patience --------------------------------------------------------------------------------------------


BOTH = pytest.mark.parametrize("service", ["nominatim", "overpass"])


@BOTH
@pytest.mark.parametrize("statuses", [[429], [502, 503], [504, 429, 503, 502]])
def test_a_busy_server_is_asked_again_after_longer_and_longer_pauses(service, statuses, fetch, server):
    server.faults[service] = [Fault(status) for status in statuses]
    kept = fetch()
    assert fetch.waits == list(WAITS_S[: len(statuses)])
    assert len(server.of(service)) == len(statuses) + 1
    assert [one.service.lower() for one in kept.sent].count(service) == len(statuses) + 1


def test_pauses_at_least_double():
    assert all(later >= 2 * sooner for sooner, later in itertools.pairwise(WAITS_S))


@BOTH
def test_a_server_that_stays_busy_is_left_alone_in_the_end(service, fetch, server):
    server.faults[service] = [Fault(503)] * 20
    refused(fetch, "place.busy", "HTTP 503", "127.0.0.1", "5 times", "5 次", "file =")
    assert fetch.waits == list(WAITS_S)
    assert len(server.of(service)) == 1 + len(WAITS_S)
    assert files_of(fetch) == []


@BOTH
def test_a_server_that_names_a_pause_gets_it(service, fetch, server):
    server.faults[service] = [
        Fault(429, headers={"Retry-After": "33"}),
        Fault(503, headers={"Retry-After": "1"}),
        Fault(503, headers={"Retry-After": formatdate(time.time() + 90, usegmt=True)}),
        Fault(503, headers={"Retry-After": "soon"}),
    ]
    fetch()
    assert fetch.waits[:2] == [33.0, WAITS_S[1]]
    assert 80 < fetch.waits[2] <= 90
    assert fetch.waits[3] == WAITS_S[3]


def test_a_server_that_wants_an_hour_is_given_up_at_once(fetch, server):
    server.faults["overpass"] = [Fault(429, headers={"Retry-After": str(LONGEST_WAIT_S * 30)})]
    refused(fetch, "place.busy", "60 minutes", "60 分钟")
    assert fetch.waits == []


@BOTH
def test_a_silent_server_is_asked_again_then_given_up(service, fetch, server):
    server.faults[service] = [Fault(silent_s=1.2)] * 5
    refused(fetch, "place.busy", "did not answer in time", timeout_s=0.6)
    assert fetch.waits == list(WAITS_S)
    assert files_of(fetch) == []


def test_a_server_that_wakes_up_is_heard(fetch, server):
    server.faults["nominatim"] = [Fault(silent_s=6)]
    fetch(timeout_s=3.0)
    assert fetch.waits == [WAITS_S[0]]


@BOTH
def test_a_cut_connection_is_tried_again(service, fetch, server):
    body = (
        json.dumps(server.places[PLACE])
        if service == "nominatim"
        else server.extract.answer(overpass.query_of(INNER))
    )
    server.faults[service] = [Fault(body=body, cut_at=cut) for cut in (0, 100)]
    fetch()
    assert fetch.waits == list(WAITS_S[:2])
    server.faults[service] = [Fault(body=body, cut_at=100)] * 5
    refused(fetch, "place.busy", "cut the connection", refresh=True)


def test_pauses_are_told(fetch, server):
    said = []
    server.faults["overpass"] = [Fault(504)]
    fetch(progress=lambda stage, _share=None: said.append(stage))
    assert any("5 s" in stage.en and "Overpass" in stage.zh for stage in said)


def test_stopping_in_a_pause_leaves_nothing_half_done(fetch, server):
    server.faults["overpass"] = [Fault(body="<osm>" + " " * 5000)]

    def stop(_seconds):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(sleep=stop)
    assert files_of(fetch) == []


# --- bad answers -----------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (Fault(400), "place.refused", ["HTTP 400", "拒绝"]),
        (Fault(403), "place.refused", ["HTTP 403", "拒绝"]),
        (Fault(500), "place.refused", ["HTTP 500", "内部出错"]),
        (Fault(302, headers={"Location": "http://127.0.0.1:9/login"}), "place.refused", ["sign-in", "认证"]),
        (Fault(), "place.bad_answer", ["127.0.0.1"]),
        (Fault(body="", kind="application/json"), "place.bad_answer", ["127.0.0.1"]),
        (Fault(body=b"\xff\xfe\x00" * 50), "place.bad_answer", ["127.0.0.1"]),
    ],
    ids=lambda value: str(value.status) + str(value.body[:6]) if isinstance(value, Fault) else "",
)
def test_a_refusal_or_nonsense_is_told_at_once_and_not_kept(service, fault, code, words, fetch, server):
    server.faults[service] = [fault]
    refused(fetch, code, *words)
    assert fetch.waits == []
    assert files_of(fetch) == []
    assert fetch().snapshot == BASE  # and the next time all is well


@pytest.mark.parametrize(
    "body",
    [
        '{"error": {"code": 400, "message": "no"}}',
        '["Keskusta"]',
        '[{"display_name": "Keskusta"}]',
        '[{"display_name": "K", "importance": "much", "lat": "60", "lon": "24"}]',
        '[{"display_name": "K", "importance": 0.5, "geojson": {"type": "Polygon", "coordinates": []}}]',
        json.dumps([{k: v for k, v in candidate(FOUND, INNER).items() if k != "boundingbox"}]),
        json.dumps([candidate(FOUND, shapely.box(24, 60, 25, 95))]),
        json.dumps([candidate("荣巷, 无锡市", INNER)], ensure_ascii=False).encode("gb18030"),
    ],
    ids=["error", "strings", "too little", "no number", "empty shape", "no box", "off the Earth", "gb18030"],
)
def test_an_answer_that_is_no_list_of_places_is_told(body, fetch, server):
    server.faults["nominatim"] = [Fault(body=body, kind="application/json")]
    refused(fetch, "place.bad_answer", "Nominatim")
    assert server.of("overpass") == []


@pytest.fixture
def xml(server):
    return server.extract.answer(overpass.query_of(surroundings(INNER, BUFFER_M)))


def remarked(text):
    return f'<?xml version="1.0"?>\n<osm version="0.6"><meta osm_base="{BASE}"/>\n<remark> {text} </remark>\n</osm>'


@pytest.mark.parametrize(
    "remark",
    [
        'runtime error: Query timed out in "query" at line 5 after 181 seconds.',
        'runtime error: Query run out of memory in "recurse" at line 9 using about 1025 MB of RAM.',
    ],
)
def test_a_success_that_remarks_a_failure_is_a_failure(remark, fetch, server, xml):
    for body in (remarked(remark), xml.replace("</osm>", f"<remark> {remark} </remark>\n</osm>")):
        server.faults["overpass"] = [Fault(body=body, kind="application/osm3s+xml")]
        refused(fetch, "place.too_much", remark, "buffer_m", "较小的地点")
        assert fetch.waits == []
        assert files_of(fetch) == []


def test_other_remarks_are_errors_too_and_those_of_load_are_waited_out(fetch, server):
    server.faults["overpass"] = [Fault(body=remarked("runtime error: open64: 2 No such file"))]
    refused(fetch, "place.bad_answer", "open64")
    busy = "runtime error: open64: 0 Success /osm3s_osm_base Dispatcher_Client::request_read_and_idx::timeout. The server is probably too busy"
    server.faults["overpass"] = [Fault(body=remarked(busy))]
    fetch()
    assert fetch.waits == [WAITS_S[0]]


def test_the_word_remark_in_a_tag_is_no_remark(fetch, server, helsinki):
    server.extract = Extract(helsinki)
    way = next(
        ref for ref, (_, tags) in sorted(server.extract.ways.items(), reverse=True) if "highway" in tags
    )
    server.extract.ways[way][1]["note"] = "<remark>runtime error: timed out</remark>"
    for relation in list(server.extract.relations):
        del server.extract.relations[relation]
    got = Extract(fetch(buffer_m=2000).path)
    assert got.ways[way][1]["note"].startswith("<remark>")


def test_an_answer_cut_short_is_asked_for_again_then_told(fetch, server, xml):
    server.faults["overpass"] = [Fault(body=xml[:-2000])]
    fetch()
    assert fetch.waits == [WAITS_S[0]]
    server.faults["overpass"] = [Fault(body=xml[:-2000])] * 5
    refused(fetch, "place.bad_answer", "ends too early", refresh=True)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda xml: xml.replace("</way>", "</wya>", 1),
        lambda xml: xml.replace('v="footway"', 'v="人行道"').encode("gb18030"),
        lambda xml: re.sub(r'lat="[^"]*"', 'lat="north"', xml, count=1),
        lambda xml: re.sub(r'<node id="\d+"', '<node id="one"', xml, count=1),
    ],
    ids=["tags", "encoding", "latitude", "id"],
)
def test_an_answer_that_cannot_be_read_is_told(spoil, fetch, server, xml):
    spoiled = spoil(xml)
    assert spoiled != xml
    server.faults["overpass"] = [Fault(body=spoiled)]
    refused(fetch, "place.bad_answer", "cannot be read", "无法读取")
    assert files_of(fetch) == []


def test_an_answer_without_streets_is_told_and_not_kept(fetch, server):
    server.places["Meri"] = [candidate("Meri, Suomi", shapely.box(24.1, 59.1, 24.2, 59.2))]
    refused(fetch, "place.no_streets", "no street", "没有任何道路", place="Meri")
    assert files_of(fetch) == []


def test_an_answer_without_a_date_is_taken_without(fetch, server, xml):
    server.faults["overpass"] = [Fault(body=re.sub(r"<meta[^>]*/>", "", xml))]
    kept = fetch()
    assert kept.snapshot == ""
    assert walkshed.read_streets(kept.path).snapshot == ""


# --- no network, no library, no room ---------------------------------------------------------------------


def closed_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.mark.parametrize("down", ["nominatim", "overpass", "host"])
def test_a_server_that_cannot_be_reached_is_told_at_once(down, fetch, server):
    urls = {"nominatim": server.url, "overpass": f"{server.url}/api"}
    if down == "host":
        urls["nominatim"] = "http://no-such-host.invalid"
    else:
        urls[down] = f"http://127.0.0.1:{closed_port()}/api"
    refused(fetch, "place.unreachable", "cannot be reached", "没有联网", endpoints=Endpoints(**urls))
    assert fetch.waits == []
    assert files_of(fetch) == []


def test_a_certificate_that_cannot_be_checked_is_told_with_what_to_set(fetch, server):
    url = server.url.replace("http:", "https:")
    refused(fetch, "place.unreachable", "REQUESTS_CA_BUNDLE", "证书", endpoints=Endpoints(url, url))
    assert fetch.waits == []


def test_a_proxy_that_is_not_there_is_told(fetch, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    url = "http://no-such-host.invalid"
    refused(fetch, "place.unreachable", "cannot be reached", "代理", endpoints=Endpoints(url, url))


@pytest.mark.parametrize("refresh", [False, True])
def test_where_the_network_is_forbidden_nobody_is_asked(refresh, fetch, server):
    if refresh:
        fetch()
        server.asked.clear()
    refused(fetch, "place.offline", "--offline", PLACE, "file =", offline=True, refresh=refresh)
    assert server.asked == []


def test_without_osmnx_it_is_said_how_to_get_it(fetch, server, monkeypatch):
    monkeypatch.setitem(sys.modules, "osmnx", None)
    refused(fetch, "place.no_osmnx", 'pip install "walkshed[place]"', "尚未安装")
    assert server.asked == []


@contextmanager
def little_room(limit):
    """Let no file grow beyond a size, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_while_downloading_is_told(fetch):
    with little_room(50_000):
        refused(fetch, "place.not_kept", "make room", "磁盘")
    assert files_of(fetch) == []
    assert fetch.waits == []


def test_a_full_disk_while_writing_is_told(fetch, monkeypatch):
    rooms = []
    looked_at = overpass._looked_at

    def then_no_room(part):
        room = little_room(50_000)
        room.__enter__()
        rooms.append(room)
        return looked_at(part)

    monkeypatch.setattr(overpass, "_looked_at", then_no_room)
    try:
        refused(fetch, "place.not_kept", "make room", "磁盘")
    finally:
        for room in rooms:
            room.__exit__(None, None, None)
    assert rooms
    assert files_of(fetch) == []


def test_a_full_disk_at_the_very_end_leaves_what_was_kept(fetch, monkeypatch):
    first = fetch()
    from pathlib import Path

    def full(self, *_args, **_more):
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        refused(fetch, "place.not_kept", "No space left on device", refresh=True)
    assert fetch().fetched == first.fetched
    assert len(files_of(fetch)) == 2


def test_a_cache_that_is_no_folder_is_told(fetch, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    refused(fetch, "place.not_kept", "permissions", "权限", cache=tmp_path / "file" / "cache")


# --- names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["", "   ", "\t\n", "　", " ，, ", "荣" * 201])
def test_a_blank_or_endless_name_is_told(place, fetch, server):
    refused(fetch, "place.blank", place=place)
    assert server.asked == []


def test_an_unknown_place_is_told_with_a_better_way_to_write_it(fetch, server):
    refused(
        fetch, "place.unknown", "没有这条街道", "无锡市", "city and province", "file =", place="没有这条街道"
    )
    refused(fetch, "place.unknown", "R999", "number", "编号", place="R999")
    assert server.of("overpass") == []


def test_a_chinese_place_is_found_and_asked_for_in_chinese(fetch, server, streets_of):
    server.extract = extract_of(streets_of["ronghang"])
    area = shapely.box(120.245, 31.565, 120.262, 31.585)
    server.places[RONGXIANG] = [candidate("荣巷街道, 滨湖区, 无锡市, 江苏省, 中国", area)]
    kept = fetch("荣巷街道，无锡市", buffer_m=500)
    assert kept.place == RONGXIANG == server.asked[0].fields["q"]
    assert server.asked[0].headers["Accept-Language"].startswith("zh")
    assert "滨湖区" in kept.found
    assert len(walkshed.read_streets(kept.path).edge_u) > 100


def spot(lon, lat, name, **more):
    return candidate(
        name, shapely.Point(lon, lat), **{"ref": "N7", "group": "place", "kind": "suburb"} | more
    )


def box(lon, lat, name, *, size=0.02, **more):
    return candidate(name, shapely.box(lon, lat, lon + size, lat + size), **more)


def test_places_of_like_importance_are_listed_with_where_they_are(fetch, server):
    server.places["朝阳区"] = [
        box(116.4, 39.9, "朝阳区, 北京市", ref="R101", importance=0.52),
        box(125.3, 43.8, "朝阳区, 长春市, 吉林省", ref="R102", importance=0.45, kind="district"),
        spot(104.0, 30.6, "朝阳区, 某市", importance=0.44),
        box(100.0, 30.6, "朝阳, 小村", ref="R103", importance=0.2),
    ]
    said = refused(
        fetch, "place.ambiguous", "北京市", "长春市", "R101", "R102", "administrative area", "行政区", "district", "只有点位", 'place = "R101"',
        place="朝阳区",
    )  # fmt: skip
    assert said.index("北京市") < said.index("长春市") < said.index("某市")
    assert "R103" not in said
    assert server.of("overpass") == []


def test_a_long_list_is_cut(fetch, server):
    server.places["Springfield"] = [
        box(-90 + n, 40, f"Springfield, State {n}", ref=f"R{n + 1}") for n in range(20)
    ]
    said = refused(fetch, "place.ambiguous", "14 more", "另有 14 处", place="Springfield")
    assert "State 5" in said
    assert "State 6" not in said


@pytest.mark.parametrize(
    "other",
    [
        candidate("Keskusta as a suburb", INNER.buffer(0.0005), ref="W8", group="place", kind="suburb"),
        spot(24.943, 60.170, "its own label", importance=0.4),
        box(22.2, 60.4, "Keskusta, Turku", ref="R9", importance=0.29),
        box(
            22.2,
            60.4,
            "Keskusta, a school elsewhere",
            ref="W9",
            group="amenity",
            kind="school",
            importance=0.39,
        ),
        box(
            24.941,
            60.169,
            "Keskusta, a shop in it",
            size=0.0005,
            ref="W9",
            group="shop",
            kind="mall",
            importance=0.39,
        ),
    ],
    ids=["mapped twice", "label", "far less important", "school", "shop inside"],
)
def test_what_is_the_same_or_of_another_sort_is_no_rival(other, fetch, server):
    server.places[PLACE].append(other)
    assert fetch().found == FOUND


def test_a_smaller_district_of_the_same_name_inside_is_a_rival(fetch, server):
    server.places[PLACE].append(
        box(24.941, 60.169, "Keskusta, Keskusta", size=0.001, ref="R9", importance=0.35)
    )
    refused(fetch, "place.ambiguous", "R34914", "R9")


def test_branches_of_a_shop_rival_each_other(fetch, server):
    server.places["Prisma"] = [
        box(24.94 + n / 100, 60.17, f"Prisma {n}", size=0.001, ref=f"W{n + 1}", group="shop", kind="mall", importance=0.0001)
        for n in range(3)
    ]  # fmt: skip
    refused(fetch, "place.ambiguous", "Prisma 2", place="Prisma")


def test_a_point_is_told_with_what_to_do(fetch, server):
    server.places["荣巷"] = [spot(120.25, 31.57, "荣巷, 滨湖区, 无锡市", importance=0.2)]
    refused(
        fetch,
        "place.point",
        "荣巷, 滨湖区, 无锡市",
        "suburb",
        "a point",
        "larger place",
        "file =",
        "街道",
        place="荣巷",
    )
    server.places["N7"] = server.places["荣巷"]
    refused(fetch, "place.point", "a point", place="N7")


def test_a_building_elsewhere_does_not_stand_for_the_place(fetch, server):
    server.places["荣巷"] = [
        spot(120.25, 31.57, "荣巷, 滨湖区, 无锡市", importance=0.2),
        box(118.0, 31.0, "荣巷大厦, 别处", ref="W77", group="building", kind="yes", importance=0.00001),
    ]
    refused(fetch, "place.point", "荣巷, 滨湖区, 无锡市", "W77", place="荣巷")
    assert server.of("overpass") == []


def test_a_street_is_no_place(fetch, server):
    line = shapely.LineString([(24.94, 60.17), (24.95, 60.17)])
    server.places["Esplanadi"] = [
        candidate("Esplanadi, Helsinki", line, ref="W5", group="highway", kind="road")
    ]
    refused(fetch, "place.point", "a line", "一条线", place="Esplanadi")


def test_a_province_is_too_large(fetch, server):
    server.places["江苏省"] = [box(117.5, 31.0, "江苏省, 中国", size=3.0)]
    size = abs(GEOD.geometry_area_perimeter(shapely.box(117.5, 31.0, 120.5, 34.0))[0]) / 1e6
    said = refused(fetch, "place.too_large", "5,000 km²", "平方公里", "district", "file =", place="江苏省")
    told = float(re.search(r"covers ([\d,]+) km²", said)[1].replace(",", ""))
    assert told == pytest.approx(size, rel=0.01)
    assert server.of("overpass") == []


def test_a_place_with_huge_surroundings_is_too_large(fetch, server):
    refused(fetch, "place.too_large", "buffer_m = 90000", buffer_m=90_000.0)
    assert server.of("overpass") == []


def test_a_place_across_the_date_line_is_refused(fetch, server):
    both = shapely.union_all([shapely.box(179.9, -17, 180, -16.9), shapely.box(-180, -17, -179.9, -16.9)])
    server.places["Taveuni"] = [candidate("Taveuni, Fiji", both)]
    refused(fetch, "place.too_large", "date line", place="Taveuni")


def test_a_self_crossing_outline_is_mended(fetch, server):
    bow = shapely.Polygon([(24.940, 60.168), (24.946, 60.173), (24.946, 60.168), (24.940, 60.173)])
    server.places[PLACE] = [candidate(FOUND, bow)]
    kept = fetch()
    assert kept.polygon.is_valid
    assert kept.polygon.bounds == bow.bounds


# --- where to ask ----------------------------------------------------------------------------------------


def test_addresses_come_from_the_environment(fetch, server, monkeypatch):
    monkeypatch.setenv("WALKSHED_NOMINATIM_URL", f"{server.url}/")
    monkeypatch.setenv("WALKSHED_OVERPASS_URL", f"{server.url}/api/interpreter/")
    assert len(fetch(endpoints=None).sent) == 2
    assert [one.path for one in server.asked] == ["/search", "/api/interpreter"]


def test_public_addresses_are_those_of_osmnx(monkeypatch):
    import osmnx as ox

    for name in ("NOMINATIM", "OVERPASS"):
        monkeypatch.setenv(f"WALKSHED_{name}_URL", "")
    public = Endpoints.from_environment()
    assert public == Endpoints()
    assert (public.nominatim, public.overpass) == (
        ox.settings.nominatim_url.rstrip("/"),
        ox.settings.overpass_url,
    )


@pytest.mark.parametrize("value", ["localhost:8080", "ftp://maps.example.org", "C:\\maps"])
def test_an_address_that_is_none_is_told(value, fetch, server, monkeypatch):
    monkeypatch.setenv("WALKSHED_OVERPASS_URL", value)
    refused(fetch, "place.bad_endpoint", "WALKSHED_OVERPASS_URL", "https://", endpoints=None)
    assert server.asked == []


def test_faults_say_where_the_place_is_named(fetch):
    source = Source("study.toml").at(row=7, value="Ei")
    with pytest.raises(walkshed.InputError, match=r"^study.toml, row 7, value \"Ei\": "):
        fetch("Ei", source=source)
    with pytest.raises(walkshed.InputError, match=r"^value \"Ei\": "):
        fetch("Ei")
