"""A real Nominatim, fed real and made files, asked over HTTP by our own client: what our client says, it finds."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import numpy as np
import osmium
import pytest
import shapely
from pyproj import Geod

from conftest import FULL, ROOT, need_program
from walkshed.places.candidate import Query
from walkshed.places.geocoders import make_geocoders

pytestmark = pytest.mark.full

GEOD = Geod(ellps="WGS84")
SAMPLE = ROOT / "data" / "ronghang" / "streets.osm.pbf"
PYTHON = "/usr/bin/python3"
PACKAGES = (
    "nominatim-db>=5.3,<6",
    "nominatim-api>=5.3,<6",
    "psycopg[binary]>=3.2",
    "falcon>=4",
    "uvicorn>=0.30",
)
CITY = "无锡市"
OWN = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6" generator="hand">
 <node id="9100000001" version="1" lat="31.5500" lon="120.2500"/>
 <node id="9100000002" version="1" lat="31.5500" lon="120.2600"/>
 <node id="9100000003" version="1" lat="31.5503" lon="120.2520"><tag k="addr:street" v="天河路"/><tag k="addr:housenumber" v="12号"/></node>
 <node id="9100000004" version="1" lat="31.5503" lon="120.2540"><tag k="addr:street" v="天河路"/><tag k="addr:housenumber" v="14号"/></node>
 <node id="9100000005" version="1" lat="31.5497" lon="120.2560"><tag k="addr:street" v="天河路"/><tag k="addr:housenumber" v="112号"/></node>
 <node id="9100000006" version="1" lat="31.5400" lon="120.2400"><tag k="place" v="city"/><tag k="name" v="无锡市"/></node>
 <node id="9100000007" version="1" lat="31.3000" lon="120.6200"><tag k="place" v="city"/><tag k="name" v="苏州市"/></node>
 <node id="9100000021" version="1" lat="31.3010" lon="120.6210"/>
 <node id="9100000022" version="1" lat="31.3010" lon="120.6230"/>
 <node id="9100000023" version="1" lat="31.3025" lon="120.6230"/>
 <node id="9100000024" version="1" lat="31.3025" lon="120.6210"/>
 <way id="9100000011" version="1"><nd ref="9100000001"/><nd ref="9100000002"/><tag k="highway" v="residential"/><tag k="name" v="天河路"/></way>
 <way id="9100000012" version="1"><nd ref="9100000021"/><nd ref="9100000022"/><nd ref="9100000023"/><nd ref="9100000024"/><nd ref="9100000021"/>
  <tag k="landuse" v="residential"/><tag k="name" v="{twin}"/></way>
</osm>
"""


# --- a server of one's own, from nothing -------------------------------------------------------------------


def missing(what: str) -> NoReturn:
    """Skip by name, or fail in the full run."""
    if FULL:
        pytest.fail(f"the full run needs {what}; .ci/run installs it")
    pytest.skip(f"needs {what}")


def postgres_programs() -> Path:
    """Return the folder of PostgreSQL's programs with PostGIS; skip by name, or fail in the full run."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (Path("/usr/share/postgresql") / folder.parent.name / "extension" / "postgis.control").exists():
            return folder
    missing("PostgreSQL with PostGIS (postgresql-15-postgis-3 and its scripts)")


def run(*command: object, cwd: Path, log: Path) -> None:
    """Run a command to its end; what it said is shown where it fails."""
    with log.open("ab") as out:
        done = subprocess.run([str(word) for word in command], cwd=cwd, stdout=out, stderr=out, check=False)
    assert done.returncode == 0, log.read_text(encoding="utf-8", errors="replace")[-4000:]


def environment(folder: Path) -> Path:
    """Return the folder of Nominatim's programs, in an environment of its own."""
    venv = folder / "venv"
    log = folder / "pip.log"
    run(PYTHON, "-m", "venv", "--system-site-packages", venv, cwd=folder, log=log)
    run(venv / "bin" / "pip", "install", "--quiet", *PACKAGES, cwd=folder, log=log)
    return venv / "bin"


@contextmanager
def database(folder: Path):
    """Run a cluster of its own as a user without rights, on a socket in its folder; yields the socket's folder."""
    programs = postgres_programs()
    data, sockets = folder / "data", folder / "sockets"
    sockets.mkdir()
    # PostgreSQL does not run as root
    other = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if other:
        folder.chmod(0o755)
        shutil.chown(sockets, "postgres")
        data.mkdir()
        shutil.chown(data, "postgres")
    log = sockets / "postgres.log"
    first = [*other, programs / "initdb", "-D", data, "-A", "trust", "-U", "nominatim", "-E", "UTF8"]
    run(*first, "--locale=C.UTF-8", "--no-sync", cwd=sockets, log=folder / "initdb.log")
    options = (
        f"-c listen_addresses='' -c unix_socket_directories={sockets} -c fsync=off -c synchronous_commit=off "
        "-c full_page_writes=off -c autovacuum=off"
    )
    control = [*other, programs / "pg_ctl", "-D", data, "-w"]
    run(*control, "-l", log, "-o", options, "start", cwd=sockets, log=folder / "start.log")
    try:
        yield sockets
    finally:
        run(*control, "-m", "immediate", "stop", cwd=sockets, log=folder / "stop.log")


@contextmanager
def serving(programs: Path, project: Path):
    """Run the server on a free port of this machine; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with (project / "serve.log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "nominatim", "serve", "--server", f"127.0.0.1:{port}"],
            cwd=project,
            stdout=log,
            stderr=log,
        )
    try:
        for _ in range(300):
            assert server.poll() is None, (project / "serve.log").read_text(encoding="utf-8")[-4000:]
            try:
                with urlopen(f"{url}/status", timeout=5):  # noqa: S310 - our own server
                    break
            except (URLError, OSError):
                time.sleep(0.1)
        yield url
    finally:
        server.kill()
        server.wait(timeout=20)


@pytest.fixture(scope="module")
def estates():
    """Return the named estates of the sample study's OSM file: name to outlines."""
    areas: dict[str, list[shapely.Geometry]] = {}
    factory = osmium.geom.WKBFactory()
    for item in osmium.FileProcessor(str(SAMPLE)).with_areas():
        if item.is_area() and item.tags.get("landuse") == "residential" and "name" in item.tags:
            shape = shapely.from_wkb(bytes.fromhex(factory.create_multipolygon(item)))
            areas.setdefault(item.tags["name"], []).append(shape)
    return areas


@pytest.fixture(scope="module")
def twin(estates):
    """Return the name of an estate that gets a namesake in another city."""
    return min(name for name, shapes in estates.items() if len(shapes) == 1)


@pytest.fixture(scope="module")
def nominatim(helsinki, twin):
    """Return the address of a running Nominatim that knows the sample, Helsinki and some houses of our own."""
    need_program("osm2pgsql")
    if subprocess.run([PYTHON, "-c", "import icu, venv"], capture_output=True, check=False).returncode:
        missing("Debian's python3-icu and python3-venv")
    folder = Path(tempfile.mkdtemp(prefix="walkshed-nominatim-"))
    try:
        with database(folder) as sockets:
            programs = environment(folder)
            project = folder / "project"
            project.mkdir()
            lines = (
                f"NOMINATIM_DATABASE_DSN=pgsql:dbname=nominatim;host={sockets};user=nominatim",
                "NOMINATIM_DATABASE_WEBUSER=nominatim",
                "NOMINATIM_IMPORT_STYLE=full",
            )
            (project / ".env").write_text("\n".join(lines) + "\n", encoding="utf-8")
            (folder / "own.osm").write_text(OWN.format(twin=twin), encoding="utf-8")
            files = [word for path in (SAMPLE, helsinki, folder / "own.osm") for word in ("--osm-file", path)]
            run(
                programs / "nominatim",
                "import",
                *files,
                "--threads",
                "2",
                cwd=project,
                log=folder / "import.log",
            )
            with serving(programs, project) as url:
                yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def ask(nominatim, tmp_path):
    """Return our client bound to the real server."""
    sent = []
    (client,) = make_geocoders(
        ["nominatim"], settings={"nominatim": {"url": nominatim}}, cache=tmp_path, sent=sent, environ={}
    )
    client.sent_list = sent
    return client


def raw(url, text):
    """Ask the server past our client."""
    with urlopen(f"{url}/search?{urlencode({'q': text, 'format': 'jsonv2'})}", timeout=20) as answer:  # noqa: S310 - our own server
        return answer.read().decode()


def metres(candidate, lon, lat):
    return GEOD.inv(candidate.lon, candidate.lat, lon, lat)[2]


# --- what it finds ---------------------------------------------------------------------------------------


def test_every_estate_of_the_sample_is_found_on_its_own_ground(ask, estates):
    assert len(estates) > 50
    for name, shapes in estates.items():
        found = [one for one in ask.find(Query(name, name, city=CITY)) if one.name == name]
        assert found, name
        assert all(one.level == "estate" for one in found), name
        assert all(
            min(shape.distance(shapely.Point(one.lon, one.lat)) for shape in shapes) < 2e-4 for one in found
        )
        assert {one.ref.partition("/")[0] for one in found} <= {"way", "relation"}
    assert not ask.findings
    assert not ask.unanswered
    assert len(ask.sent_list) == ask.sent_now == len(estates)


def test_venues_and_communities_have_their_levels(ask):
    for item in osmium.FileProcessor(str(SAMPLE), osmium.osm.NODE):
        if "name" not in item.tags or not {"amenity", "place"} & {tag.k for tag in item.tags}:
            continue
        wanted = "building" if "amenity" in item.tags else "community"
        if item.tags.get("place") == "suburb":
            wanted = "district"
        found = ask.find(Query("v", item.tags["name"], city=CITY, kind="venue"))
        near = [one for one in found if metres(one, item.location.lon, item.location.lat) < 1]
        assert [one.level for one in near] == [wanted], item.tags["name"]


def test_a_name_in_two_cities_is_ambiguous_without_the_city_and_clear_with_it(ask, twin):
    both = [one for one in ask.find(Query("t", twin)) if one.name == twin]
    assert sorted(one.lat > 31.4 for one in both) == [False, True]
    (here,) = [one for one in ask.find(Query("t", twin, city=CITY)) if one.name == twin]
    (there,) = [one for one in ask.find(Query("t", twin, city="苏州市")) if one.name == twin]
    assert here.lat > 31.4 > there.lat


def test_what_is_nowhere_is_not_found(ask):
    for query in (Query("n", "没有这个地方", city=CITY), Query("m", "Ei mitään täällä", city="Helsinki")):
        assert ask.find(query) == []
    assert not ask.findings
    assert not ask.unanswered


def test_chinese_house_numbers_are_found_because_they_are_split_off(ask, nominatim):
    assert raw(nominatim, "天河路12号") == "[]"
    for written in ("天河路12号", "天河路 12号", "天河路十二号", "无锡市天河路12号3幢501室", "天河路１２号"):
        (found,) = ask.find(Query("h", "无名氏之家园", address=written, city=CITY))
        assert found.level == "building"
        assert found.ref == "node/9100000003"
        assert metres(found, 120.2520, 31.5503) < 1
    (other,) = ask.find(Query("h", "无名氏之家园", address="天河路112号", city=CITY))
    assert other.ref == "node/9100000005"


def test_a_house_number_that_is_not_there_is_not_found_and_a_street_is_only_a_street(ask):
    assert not [
        one
        for one in ask.find(Query("h", "无名氏之家园", address="天河路99号", city=CITY))
        if one.level == "building"
    ]
    found = ask.find(Query("h", "无名氏之家园", address="天河路", city=CITY))
    assert found
    assert {one.level for one in found} == {"street"}


def test_houses_of_helsinki_are_found_where_they_are(ask, helsinki):
    houses = [
        (item.tags["addr:street"], item.tags["addr:housenumber"], item.location.lon, item.location.lat)
        for item in osmium.FileProcessor(str(helsinki), osmium.osm.NODE)
        if {"addr:street", "addr:housenumber"} <= {tag.k for tag in item.tags}
    ]
    rng = np.random.default_rng(11)
    chosen = rng.choice(len(houses), 60, replace=False)
    missed = []
    for index in chosen:
        street, number, lon, lat = houses[index]
        found = ask.find(Query("x", "", address=f"{street} {number}", city="Helsinki"))
        assert all(one.source == "nominatim" for one in found)
        # one number may be several doors of a block
        if not any(one.level == "building" and metres(one, lon, lat) < 150 for one in found):
            missed.append((street, number))
    assert len(missed) <= 3, missed


def test_names_of_helsinki(ask):
    found = ask.find(Query("s", "Mannerheimintie", city="Helsinki"))
    assert found
    assert {one.level for one in found if one.name == "Mannerheimintie"} == {"street"}


def test_what_was_asked_once_is_kept_and_is_the_same_without_the_server(ask, nominatim, tmp_path, estates):
    queries = [Query(name, name, city=CITY) for name in sorted(estates)[:10]]
    first = [ask.find(query) for query in queries]
    asked = ask.sent_now
    assert [ask.find(query) for query in queries] == first
    assert ask.sent_now == asked
    (offline,) = make_geocoders(
        ["nominatim"], settings={"nominatim": {"url": nominatim}}, cache=tmp_path, offline=True, environ={}
    )
    assert [offline.find(query) for query in queries] == first
    assert offline.sent_now == 0


def test_a_request_the_server_refuses_is_told_by_its_own_words(ask, monkeypatch):
    from walkshed.places.geocoders.provider import Ask

    monkeypatch.setattr(
        ask,
        "asks",
        lambda _query: iter(
            [Ask("search", "/search", (("q", "x"), ("format", "jsonv2"), ("limit", "many")))]
        ),
    )
    assert ask.find(Query("q", "香雪苑")) == []
    (finding,) = ask.findings
    assert finding.code == "places.refused_query"
    assert "limit" in finding.text.en
    assert not ask.stopped
