"""A server on this machine that answers as Nominatim and Overpass do, from a real extract.

Its Overpass understands what a study asks for, and refuses what it does not understand: statements
``nw["key"="value"](poly:"…");`` in one union, the recursion down, and one printing. Faults are
handed to it in advance, one for each request that should go wrong.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import quoteattr

import numpy as np
import osmium
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BASE = "2024-05-01T10:00:00Z"
_TYPES = {
    "node": "n", "way": "w", "rel": "r", "relation": "r", "nw": "nw", "nr": "nr", "wr": "wr", "nwr": "nwr",
}  # fmt: skip
_STATEMENT = re.compile(r'(\w+)((?:\[[^\]]*\])*)\(poly:"([-\d. ]+)"\);')
_FILTER = re.compile(r'\[(!?)"([^"]+)"(?:(=|~)"([^"]*)")?\]')


class Extract:
    """Everything an extract holds, in memory, and what of it a query selects."""

    def __init__(self, path: Path) -> None:
        self._answers: dict[str, str] = {}
        self.nodes, self.ways, self.relations = {}, {}, {}
        for item in osmium.FileProcessor(str(path)):
            tags = {tag.k: tag.v for tag in item.tags}
            if item.is_node():
                self.nodes[item.id] = (item.location.lon, item.location.lat, tags)
            elif item.is_way():
                self.ways[item.id] = ([node.ref for node in item.nodes], tags)
            else:
                self.relations[item.id] = ([(m.type, m.ref, m.role) for m in item.members], tags)

    def bounds(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north."""
        at = np.array([(lon, lat) for lon, lat, _ in self.nodes.values()])
        return (*at.min(axis=0).tolist(), *at.max(axis=0).tolist())

    def answer(self, query: str) -> str:
        """Run a query, once; a ValueError says what of it is not understood."""
        if query not in self._answers:
            self._answers[query] = self._answer(query)
        return self._answers[query]

    def _answer(self, query: str) -> str:
        found = self._selected(query)
        for kind, ref, _ in [m for r in found["r"] for m in self.relations[r][0] if m[0] != "r"]:
            found[kind].add(ref)
        found["w"] &= set(self.ways)
        found["n"] |= {ref for way in found["w"] for ref in self.ways[way][0]}
        return self._printed({kind: sorted(refs) for kind, refs in found.items()})

    def _selected(self, query: str) -> dict[str, set[int]]:
        head, _, rest = query.partition("\n(\n")
        body, _, tail = rest.partition("\n);\n")
        if not head.startswith("[out:xml]") or tail != "(._;>;);\nout body;":
            raise ValueError(f"line 1: parse error: {head} … {tail}")
        found: dict[str, set[int]] = {"n": set(), "w": set(), "r": set()}
        inside: dict[str, dict[str, set[int]]] = {}
        for line in body.splitlines():
            statement = _STATEMENT.fullmatch(line)
            if statement is None or "".join(m[0] for m in _FILTER.finditer(statement[2])) != statement[2]:
                raise ValueError(f"parse error: {line[:80]}")
            if statement[3] not in inside:
                inside[statement[3]] = self._inside(statement[3])
            for kind in _TYPES[statement[1]]:
                tags = {"n": self.nodes, "w": self.ways, "r": self.relations}[kind]
                found[kind] |= {
                    ref for ref in inside[statement[3]][kind] if _matches(tags[ref][-1], statement[2])
                }
        return found

    def _inside(self, outline: str) -> dict[str, set[int]]:
        numbers = np.array([float(word) for word in outline.split()]).reshape(-1, 2)
        polygon = shapely.Polygon(numbers[:, ::-1])
        shapely.prepare(polygon)
        at = np.array([(lon, lat) for lon, lat, _ in self.nodes.values()])
        refs = np.array(list(self.nodes))
        nodes = set(refs[shapely.intersects_xy(polygon, *at.T)].tolist())
        ways = set()
        for way, (members, _) in self.ways.items():
            line = [self.nodes[ref][:2] for ref in members if ref in self.nodes]
            if len(line) > 1 and polygon.intersects(shapely.LineString(line)):
                ways.add(way)
        held = {"n": nodes, "w": ways, "r": set()}
        relations = {
            ref for ref, (members, _) in self.relations.items() if any(m[1] in held[m[0]] for m in members)
        }
        return {"n": nodes, "w": ways, "r": relations}

    def _printed(self, found: dict[str, list[int]]) -> str:
        out = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<osm version="0.6" generator="Overpass API 0.7.62.5 1bd436f1">',
            "<note>The data is made available under ODbL.</note>",
            f'<meta osm_base="{BASE}"/>\n',
        ]
        for ref in found["n"]:
            if ref in self.nodes:
                lon, lat, tags = self.nodes[ref]
                out += [f'<node id="{ref}" lat="{lat:.7f}" lon="{lon:.7f}">', *_tags(tags), "</node>"]
        for ref in found["w"]:
            nodes, tags = self.ways[ref]
            out += [f'<way id="{ref}">', *(f'<nd ref="{n}"/>' for n in nodes), *_tags(tags), "</way>"]
        for ref in found["r"]:
            if ref in self.relations:
                members, tags = self.relations[ref]
                names = {"n": "node", "w": "way", "r": "relation"}
                said = (f'<member type="{names[t]}" ref="{n}" role={quoteattr(r)}/>' for t, n, r in members)
                out += [f'<relation id="{ref}">', *said, *_tags(tags), "</relation>"]
        return "\n".join([*out, "\n</osm>\n"])


def _tags(tags: dict[str, str]) -> list[str]:
    return [f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items()]


def _matches(tags: dict[str, str], filters: str) -> bool:
    def fits(absent: str, key: str, sign: str, value: str) -> bool:
        if absent or key not in tags:
            return bool(absent) and key not in tags
        if sign == "~":
            return re.search(value, tags[key]) is not None
        return not sign or tags[key] == value

    return all(fits(*one) for one in _FILTER.findall(filters))


def candidate(
    name: str,
    shape: shapely.Geometry,
    *,
    ref: str = "R1",
    importance: float = 0.4,
    group: str = "boundary",
    kind: str = "administrative",
) -> dict[str, object]:
    """Return a place in the form of Nominatim's answers (format=json)."""
    west, south, east, north = shape.bounds
    middle = shape.representative_point()
    return {
        "place_id": int(ref[1:]),
        "licence": "Data © OpenStreetMap contributors, ODbL 1.0. http://osm.org/copyright",
        "osm_type": {"N": "node", "W": "way", "R": "relation"}[ref[0]],
        "osm_id": int(ref[1:]),
        "lat": f"{middle.y:.7f}",
        "lon": f"{middle.x:.7f}",
        "class": group,
        "type": kind,
        "place_rank": 16,
        "importance": importance,
        "addresstype": kind,
        "name": name.partition(",")[0],
        "display_name": name,
        "boundingbox": [f"{south:.7f}", f"{north:.7f}", f"{west:.7f}", f"{east:.7f}"],
        "geojson": json.loads(shapely.to_geojson(shape)),
    }


@dataclass(frozen=True)
class Fault:
    """An answer that goes wrong: a status, a body of one's own, a cut or a silence."""

    status: int = 200
    body: str | bytes = "<html><body>no</body></html>"
    kind: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    cut_at: int | None = None
    silent_s: float = 0.0


@dataclass(frozen=True)
class Asked:
    """A request as it came in."""

    service: str
    path: str
    fields: dict[str, str]
    headers: dict[str, str]
    raw: str


@dataclass
class MapServer:
    """The server: what it knows, what will go wrong next, and what it was asked."""

    extract: Extract
    url: str = ""
    places: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    faults: dict[str, list[Fault]] = field(default_factory=lambda: {"nominatim": [], "overpass": []})
    asked: list[Asked] = field(default_factory=list)

    def of(self, service: str) -> list[Asked]:
        """Return the requests to one service."""
        return [one for one in self.asked if one.service == service]

    def reply(self, asked: Asked) -> Fault:
        """Answer a request, wrongly if a fault is waiting for it."""
        if self.faults.get(asked.service):
            return self.faults[asked.service].pop(0)
        fields = asked.fields
        if asked.service == "nominatim":
            found = self.places.get(fields.get("q", fields.get("osm_ids", "")), [])
            limit = int(fields.get("limit", "50"))
            return Fault(body=json.dumps(found[:limit], ensure_ascii=False), kind="application/json")
        if asked.service == "overpass":
            try:
                return Fault(body=self.extract.answer(fields["data"]), kind="application/osm3s+xml")
            except (ValueError, KeyError) as error:
                return Fault(400, f"<html><body>Error: {error}</body></html>")
        return Fault(404)


def _handler(server: MapServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._serve(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._serve(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _serve(self, raw: str) -> None:
            path = urlsplit(self.path).path
            service = {"/search": "nominatim", "/lookup": "nominatim", "/api/interpreter": "overpass"}.get(
                path, ""
            )
            fields = {key: values[0] for key, values in parse_qs(raw).items()}
            asked = Asked(service, path, fields, dict(self.headers), raw)
            server.asked.append(asked)
            self._send(server.reply(asked))

        def _send(self, answer: Fault) -> None:
            time.sleep(answer.silent_s)
            body = answer.body if isinstance(answer.body, bytes) else answer.body.encode()
            try:
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.kind)
                self.send_header("Content-Length", str(len(body)))
                for key, value in answer.headers.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(body[: answer.cut_at])
                if answer.cut_at is not None:
                    self._cut()
            except ConnectionError:
                self.close_connection = True

        def _cut(self) -> None:
            """End the connection as a broken line does, without a goodbye."""
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            return

    return Handler


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a line that was cut: the tests cut it."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serving(extract: Extract) -> Iterator[MapServer]:
    """Run a server on this machine as long as the block lasts."""
    server = MapServer(extract)
    http = _Quiet(("127.0.0.1", 0), _handler(server))
    server.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
