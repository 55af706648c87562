"""What lies around a polygon, asked of an Overpass server in one request and kept as an OSM file.

The answer is streamed to disk, looked at, and only then turned into a ``.osm.pbf``: sorted, with the
date of the server's data in its header, whole or not at all.
"""

from __future__ import annotations

import ctypes
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from walkshed.errors import Text, input_error
from walkshed.web import FailedError, failure_of, refuse_status

if TYPE_CHECKING:
    from pathlib import Path

    from walkshed.errors import InputError
    from walkshed.web import Service

QUERY_VERSION = 1
"""Part of the cache's key: raise it whenever more or other things are asked for."""
SERVER_TIMEOUT_S = 180
_SERVER_BYTES = 1 << 30

_SMALL_PLACES = (
    "suburb|quarter|neighbourhood|city_block|town|village|hamlet|isolated_dwelling|farm|plot|square|locality"
)
_WANTED = (
    # what is walked on, and what stands in the way
    ("nw", '["highway"]'),
    ("w", '["railway"="platform"]'),
    ("w", '["public_transport"="platform"]'),
    ("w", '["man_made"="pier"]'),
    ("n", '["barrier"]'),
    # where people live, and the ways in
    ("w", '["landuse"="residential"]'),
    ("w", '["building"]'),
    ("n", '["entrance"]'),
    # what has a name or an address, and where people go
    ("nw", '["name"]'),
    ("nw", '["addr:housenumber"]'),
    ("nw", '["amenity"]'),
    ("w", '["leisure"]'),
    ("nw", '["place"]'),
    # Of the relations only those that are areas, and small ones: a bus route, a motorway or a lake
    # would bring all of its ways along, from far away.
    ("r", '["highway"]["type"="multipolygon"]'),
    ("r", '["railway"="platform"]["type"="multipolygon"]'),
    ("r", '["public_transport"="platform"]["type"="multipolygon"]'),
    ("r", '["man_made"="pier"]["type"="multipolygon"]'),
    ("r", '["landuse"="residential"]["type"="multipolygon"]'),
    ("r", '["building"]["type"="multipolygon"]'),
    ("r", '["amenity"]["type"="multipolygon"]'),
    ("r", '["leisure"]["type"="multipolygon"]'),
    ("r", '["name"]["type"="multipolygon"][!"natural"][!"waterway"][!"boundary"][!"place"]'),
    ("r", f'["place"~"^({_SMALL_PLACES})$"]'),
    ("r", '["boundary"="administrative"]["admin_level"~"^(8|9|10|11)$"]'),
)
_TYPES = {"n": "node", "w": "way", "nw": "nw", "r": "rel"}
_BASE = re.compile(rb'<meta\s[^>]*osm_base="(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"')
_REMARK = re.compile(rb"<remark>(.*?)</remark>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request: the date of the server's data ("" if not said) and how many ways are streets."""

    snapshot: str
    streets: int


def query_of(polygon: Any) -> str:
    """Return the one request for everything a study needs around a place.

    Parameters
    ----------
    polygon
        In degrees, a polygon or several; holes are filled.

    Examples
    --------
    >>> import shapely
    >>> lines = query_of(shapely.box(24.9, 60.1, 25.0, 60.2)).splitlines()
    >>> lines[0], lines[-2:]
    ('[out:xml][timeout:180][maxsize:1073741824];', ['(._;>;);', 'out body;'])
    >>> lines[4]
    'way["public_transport"="platform"](poly:"60.10000 25.00000 60.20000 25.00000 60.20000 24.90000 60.10000 24.90000");'
    """
    import shapely

    outlines = []
    for part in shapely.get_parts(polygon):
        corners = shapely.get_coordinates(part.exterior)[:-1].tolist()
        outlines.append(" ".join(f"{lat:.5f} {lon:.5f}" for lon, lat in corners))
    lines = [f'{_TYPES[kind]}{tags}(poly:"{outline}");' for kind, tags in _WANTED for outline in outlines]
    head = f"[out:xml][timeout:{SERVER_TIMEOUT_S}][maxsize:{_SERVER_BYTES}];"
    # one set, recursed down, printed once: tags are whole and nothing comes twice
    return "\n".join([head, "(", *lines, ");", "(._;>;);", "out body;"])


def ask_overpass(service: Service, polygon: Any, target: Path, *, user_agent: str) -> Answer:
    """Ask for everything in a polygon and write it as an OSM file.

    Parameters
    ----------
    service
        The Overpass server; its URL is that of the interpreter.
    polygon
        In degrees.
    target
        The ``.osm.pbf`` to write; it appears whole or not at all.
    user_agent
        Who asks.

    Raises
    ------
    InputError
        The server is down, refuses, answers wrongly or holds no streets there, or the disk is full.
    """
    part = target.with_name(f"{target.name.split('.')[0]}.{os.getpid()}.part.osm")
    packed = part.with_suffix(".osm.pbf")
    query = query_of(polygon)

    def ask() -> bytes:
        service.note(f"everything inside the polygon {_shown(polygon)}")
        _download(service, query, part, user_agent)
        return _looked_at(part)

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        snapshot = service.persist(ask).decode()
        answer = Answer(snapshot, _pack(service, part, packed, snapshot))
        packed.replace(target)
    except OSError as error:
        raise not_kept(service, target.parent, error.strerror or str(error)) from error
    finally:
        for path in (part, packed):
            with suppress(OSError):  # what went wrong before is what matters
                path.unlink(missing_ok=True)
    return answer


def _shown(polygon: Any) -> str:
    import shapely

    return str(shapely.to_wkt(polygon, rounding_precision=5, trim=True))


def _download(service: Service, query: str, part: Path, user_agent: str) -> None:
    """Stream the answer to disk: that of a city may be larger than the memory."""
    import requests

    try:
        with requests.post(
            service.url,
            data={"data": query},
            headers={"User-Agent": user_agent},
            timeout=(min(10.0, service.timeout_s), service.timeout_s),
            stream=True,
            allow_redirects=False,
        ) as response:
            refuse_status(response.status_code, response.headers)
            with part.open("wb") as file:
                for piece in response.iter_content(1 << 20):
                    file.write(piece)
    except requests.exceptions.RequestException as error:
        raise failure_of(error) from error


def _looked_at(part: Path) -> bytes:
    """Return the date of the data in an answer that came through and is whole."""
    with part.open("rb") as file:
        head = file.read(4096)
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 8192))
        tail = file.read()
    # an element of its own: inside a tag's value the sign < is written otherwise
    if remark := _REMARK.search(head) or _REMARK.search(tail):
        raise _remarked(remark[1].decode("utf-8", "replace").strip())
    if b"<osm" not in head:
        page = b"<html" in head.lower() or b"<!doctype html" in head.lower()
        text = Text(
            "answered with a web page instead of OpenStreetMap data"
            if page
            else "answered with something that is no OpenStreetMap data",
            "返回的是网页，不是 OpenStreetMap 数据" if page else "返回的不是 OpenStreetMap 数据",
        )
        raise FailedError("place.bad_answer", text)
    if not tail.rstrip().endswith(b"</osm>"):
        text = Text("sent an answer that ends too early", "返回的数据不完整")
        raise FailedError("place.bad_answer", text, again=True)
    base = _BASE.search(head)
    return base[1] if base else b""


def _remarked(remark: str) -> FailedError:
    """Say what the server remarks in an answer that looks like a success."""
    if "Dispatcher_Client" in remark or "rate_limited" in remark:
        text = Text(f"is too busy ({remark})", f"繁忙（{remark}）")
        return FailedError("place.busy", text, again=True)
    if any(words in remark.lower() for words in ("timed out", "out of memory", "timeout")):
        text = Text(
            f"could not finish so large a request ({remark}); name a smaller place or lower buffer_m",
            f"无法完成这么大的请求（{remark}）；请改用较小的地点，或减小 buffer_m",
        )
        return FailedError("place.too_much", text)
    return FailedError("place.bad_answer", Text(f"reports an error ({remark})", f"报告错误（{remark}）"))


def _pack(service: Service, part: Path, packed: Path, snapshot: str) -> int:
    """Write the answer as a sorted .osm.pbf with its date; returns the number of ways that are streets."""
    import osmium

    sorter = osmium.MergeInputReader()
    try:
        sorter.add_file(str(part))
        streets = osmium.FileProcessor(str(part), osmium.osm.WAY).with_filter(
            osmium.filter.KeyFilter("highway")
        )
        count = sum(1 for _ in streets)
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        text = Text(f"sent an answer that cannot be read ({error})", f"返回的数据无法读取（{error}）")
        raise service.fault(FailedError("place.bad_answer", text)) from error
    if not count:
        text = Text(
            "knows no street there; a server of one's own may hold another region",
            "在该处没有任何道路；自建服务器可能只含其他地区的数据",
        )
        raise service.fault(FailedError("place.no_streets", text))
    header = osmium.io.Header()
    header.set("generator", "walkshed")
    if snapshot:
        header.set("osmosis_replication_timestamp", snapshot)
    writer = osmium.SimpleWriter(str(packed), header=header, overwrite=True)
    try:
        sorter.apply(writer, simplify=True)
        writer.close()
    except RuntimeError as error:
        # a writer that failed ends the whole process when it is taken away: it has to stay
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(writer))
        raise not_kept(service, packed.parent, str(error)) from error
    return count


def not_kept(service: Service, folder: Path, why: str) -> InputError:
    """Return the fault of an answer that could not be written: a full disk, a folder that is not ours."""
    text = Text(
        f"the streets could not be kept in {folder} ({why}); make room on the disk or check its permissions",
        f"道路数据无法存入 {folder}（{why}）；请清理磁盘空间或检查权限",
    )
    return input_error("place.not_kept", text, service.source)
