"""A server on this machine that answers as six geocoding services do, each by its own documents.

It knows a few places by their true position (WGS84), and gives them in the service's datum, by a
plain implementation of the published formulas of its own. Faults are handed to it in advance.
"""

from __future__ import annotations

import json
import math
import socket
import ssl
import struct
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEYS = {
    "amap": "a3f09c17d2be4486a3f09c17d2be4486",
    "baidu": "Bd7yQ2mZxK41pLwE9tVsRc38uHnJ06Ga",
    "tencent": "OB4BZ-D4W3U-B7VVO-4PJWW-6TKDJ-WPB77",
    "tianditu": "9e3c5f70b1d24a8e9e3c5f70b1d24a8e",
}
"""What the server takes for a right key; all invented."""


def gcj_of_wgs(lon: float, lat: float) -> tuple[float, float]:
    """Return WGS84 as GCJ-02, term by term as published."""
    a, ee = 6378245.0, 0.00669342162296594323
    x, y = lon - 105.0, lat - 35.0
    wave = (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + wave
    north += (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    north += (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + wave
    east += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    phi = math.radians(lat)
    magic = 1 - ee * math.sin(phi) ** 2
    north = north * 180.0 / ((a * (1 - ee)) / (magic * math.sqrt(magic)) * math.pi)
    east = east * 180.0 / (a / math.sqrt(magic) * math.cos(phi) * math.pi)
    return lon + east, lat + north


def bd_of_gcj(lon: float, lat: float) -> tuple[float, float]:
    """Return GCJ-02 as BD-09."""
    turn = math.pi * 3000.0 / 180.0
    z = math.hypot(lon, lat) + 0.00002 * math.sin(lat * turn)
    theta = math.atan2(lat, lon) + 0.000003 * math.cos(lon * turn)
    return z * math.cos(theta) + 0.0065, z * math.sin(theta) + 0.006


@dataclass(frozen=True)
class Known:
    """A place the server knows, by its true position."""

    name: str
    lon: float
    lat: float
    kind: str = "estate"
    address: str = ""
    city: str = "无锡市"

    @property
    def id(self) -> str:
        return f"B{sum(map(ord, self.name + self.city)):09d}"


WORLD = (
    Known("香雪苑", 120.2393056, 31.576128, address="香雪路8号"),
    Known("荣德苑一期", 120.2444829, 31.5791846, address="梅园路21号"),
    Known("荣德苑二期", 120.2494911, 31.5803803, address="梅园路23号"),
    Known("山语银城片区活动中心", 120.2364032, 31.5874593, kind="venue", address="龙山西路3号"),
    Known("香雪苑", 120.6200001, 31.3000002, address="人民路1号", city="苏州市"),
    Known("梅园路", 120.2379640, 31.5760596, kind="street"),
)


@dataclass(frozen=True)
class Fault:
    """An answer that goes wrong, or any other of one's own."""

    status: int = 200
    body: str | bytes = ""
    kind: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    cut_at: int | None = None
    silent_s: float = 0.0
    drip_s: float = 0.0

    @classmethod
    def of(cls, data: object, **more: object) -> Fault:
        """Return an answer in JSON."""
        return cls(body=json.dumps(data, ensure_ascii=False), **more)


@dataclass(frozen=True)
class Asked:
    """A request as it came in."""

    service: str
    path: str
    fields: dict[str, str]
    headers: dict[str, str]
    target: str


class GeocoderServer:
    """The server: what it knows, what will go wrong next, what it was asked, and what it lies about."""

    def __init__(self) -> None:
        self.url = ""
        self.world: tuple[Known, ...] = WORLD
        self.faults: list[Fault] = []
        self.always: Fault | None = None
        self.asked: list[Asked] = []
        self.quota: int | None = None
        self.shift: Callable[[float, float], tuple[float, float]] | None = None

    def reply(self, asked: Asked) -> Fault:
        """Answer a request, wrongly if a fault is waiting for it."""
        if self.faults:
            return self.faults.pop(0)
        if self.always is not None:
            return self.always
        _, answer = ROUTES.get(asked.path, ("", None))
        if answer is None:
            return Fault(404, "<html><body>not found</body></html>", "text/html")
        over = self.quota is not None and len(self.asked) > self.quota
        return answer(self, asked.fields, over=over)

    def found(self, text: str, city: str = "", *, exact: bool = True) -> list[Known]:
        """Return the places of a name, or whose address stands in a text."""
        there = [place for place in self.world if not city or place.city == city]
        if exact:
            return [place for place in there if text and text in place.name]
        return [place for place in there if place.address and place.address in text and place.city in text]

    def gcj(self, place: Known) -> tuple[float, float]:
        """Return a position as Amap, Tencent and Baidu (when asked) give it, to six places."""
        lon, lat = (self.shift or gcj_of_wgs)(place.lon, place.lat)
        return round(lon, 6), round(lat, 6)


# --- each service by its documents -----------------------------------------------------------------------


def _amap_fault(code: str, info: str) -> Fault:
    return Fault.of({"status": "0", "info": info, "infocode": code})


def _amap_gate(fields: dict[str, str], needed: str, *, over: bool) -> Fault | None:
    if fields.get("key") != KEYS["amap"]:
        return _amap_fault("10001", "INVALID_USER_KEY")
    if over:
        return _amap_fault("10003", "DAILY_QUERY_OVER_LIMIT")
    return None if fields.get(needed) else _amap_fault("20001", "MISSING_REQUIRED_PARAMS")


def _amap_search(server: GeocoderServer, fields: dict[str, str], *, over: bool) -> Fault:
    if (gate := _amap_gate(fields, "keywords", over=over)) is not None:
        return gate
    types = {
        "estate": ("120302", "商务住宅;住宅区;住宅小区"),
        "venue": ("141400", "科教文化服务;文化宫;文化宫"),
        "street": ("190301", "地名地址信息;交通地名;道路名"),
    }
    pois = []
    for place in server.found(fields["keywords"], fields.get("city", "")):
        lon, lat = server.gcj(place)
        code, kind = types[place.kind]
        pois.append({
            "id": place.id, "parent": [], "name": place.name, "type": kind, "typecode": code, "biz_type": [],
            "address": place.address or [], "location": f"{lon:.6f},{lat:.6f}", "tel": "0510-85551234",
            "pname": "江苏省", "cityname": place.city, "adname": "滨湖区", "distance": [],
        })  # fmt: skip
    suggestion = {"keywords": [], "cities": []}
    return Fault.of({
        "status": "1", "count": str(len(pois)), "info": "OK", "infocode": "10000", "suggestion": suggestion, "pois": pois
    })  # fmt: skip


def _amap_geocode(server: GeocoderServer, fields: dict[str, str], *, over: bool) -> Fault:
    if (gate := _amap_gate(fields, "address", over=over)) is not None:
        return gate
    geocodes = []
    for place in server.found(fields["address"], exact=False):
        lon, lat = server.gcj(place)
        geocodes.append({
            "formatted_address": f"江苏省{place.city}滨湖区{place.address}", "country": "中国", "province": "江苏省",
            "city": place.city, "citycode": "0510", "district": "滨湖区", "street": place.address, "number": [],
            "adcode": "320211", "location": f"{lon:.6f},{lat:.6f}", "level": "门牌号",
        })  # fmt: skip
    return Fault.of({
        "status": "1", "info": "OK", "infocode": "10000", "count": str(len(geocodes)), "geocodes": geocodes
    })  # fmt: skip


def _baidu_gate(fields: dict[str, str], *, over: bool) -> Fault | None:
    if "ak" not in fields:
        return Fault.of({"status": 101, "message": "AK参数不存在"})
    if fields["ak"] != KEYS["baidu"]:
        return Fault.of({"status": 200, "message": "APP不存在，AK有误请检查再重试"})
    return Fault.of({"status": 302, "message": "天配额超限，限制访问"}) if over else None


def _baidu_point(server: GeocoderServer, place: Known, fields: dict[str, str]) -> dict[str, float]:
    lon, lat = server.gcj(place)
    if fields.get("ret_coordtype") != "gcj02ll":
        lon, lat = bd_of_gcj(lon, lat)
    return {"lat": lat, "lng": lon}


def _baidu_search(server: GeocoderServer, fields: dict[str, str], *, over: bool) -> Fault:
    if (gate := _baidu_gate(fields, over=over)) is not None:
        return gate
    tags = {"estate": "房地产;住宅区", "venue": "文化传媒;文化宫", "street": "道路;道路名"}
    city = "" if fields["region"] == "全国" else fields["region"]
    results = [
        {
            "name": place.name, "location": _baidu_point(server, place, fields), "address": place.address,
            "province": "江苏省", "city": place.city, "area": "滨湖区", "detail": 1, "uid": place.id,
            "telephone": "(0510)85551234", "detail_info": {"tag": tags[place.kind], "classified_poi_tag": tags[place.kind]},
        }
        for place in server.found(fields["query"], city)
    ]  # fmt: skip
    return Fault.of({"status": 0, "message": "ok", "result_type": "poi_type", "results": results})


def _baidu_geocode(server: GeocoderServer, fields: dict[str, str], *, over: bool) -> Fault:
    if (gate := _baidu_gate(fields, over=over)) is not None:
        return gate
    found = server.found(fields["address"], fields.get("city", ""), exact=False)
    if not found:
        return Fault.of({"status": 1, "msg": "Internal Service Error:无相关结果", "results": []})
    point = _baidu_point(server, found[0], fields)
    result = {"location": point, "precise": 1, "confidence": 80, "comprehension": 100, "level": "门址"}
    return Fault.of({"status": 0, "result": result})


def _tencent_gate(fields: dict[str, str], *, over: bool) -> Fault | None:
    if "key" not in fields:
        return Fault.of({"status": 301, "message": "缺少必要字段key"})
    if fields["key"] != KEYS["tencent"]:
        return Fault.of({"status": 190, "message": "无效的KEY"})
    return Fault.of({"status": 121, "message": "此key每日调用量已达到上限"}) if over else None


def _tencent_search(server: GeocoderServer, fields: dict[str, str], *, over: bool) -> Fault:
    if (gate := _tencent_gate(fields, over=over)) is not None:
        return gate
    city = fields["boundary"].removeprefix("region(").removesuffix(",0)")
    kinds = {"estate": "房产小区:住宅区:住宅小区", "venue": "文化场馆:文化宫", "street": "地名地址:道路名"}
    data = []
    for place in server.found(fields["keyword"], city):
        lon, lat = server.gcj(place)
        data.append({
            "id": place.id, "title": place.name, "address": f"江苏省{place.city}{place.address}", "tel": "0510-85551234",
            "category": kinds[place.kind], "type": 0, "location": {"lat": lat, "lng": lon},
            "ad_info": {"adcode": 320211, "province": "江苏省", "city": place.city, "district": "滨湖区"},
        })  # fmt: skip
    return Fault.of({"status": 0, "message": "query ok", "count": len(data), "request_id": "1", "data": data})


def _tencent_geocode(server: GeocoderServer, fields: dict[str, str], *, over: bool) -> Fault:
    if (gate := _tencent_gate(fields, over=over)) is not None:
        return gate
    if "市" not in fields["address"]:
        return Fault.of({"status": 348, "message": "参数错误"})
    found = server.found(fields["address"], exact=False)
    if not found:
        return Fault.of({"status": 347, "message": "查询无结果"})
    lon, lat = server.gcj(found[0])
    result = {
        "title": found[0].address, "location": {"lng": lon, "lat": lat}, "ad_info": {"adcode": "320211"},
        "address_components": {
            "province": "江苏省", "city": found[0].city, "district": "滨湖区", "street": "", "street_number": found[0].address,
        },
        "similarity": 0.99, "deviation": 1000, "reliability": 8, "level": 9,
    }  # fmt: skip
    return Fault.of({"status": 0, "message": "query ok", "result": result})


def _tianditu_gate(fields: dict[str, str], *, over: bool) -> Fault | None:
    if fields.get("tk") != KEYS["tianditu"]:
        return Fault.of({"msg": "非法Key", "resolve": "请到API控制台重新申请Key", "code": 1}, status=403)
    if over:
        return Fault.of({"msg": "访问次数超限", "resolve": "请到控制台查看", "code": 302001}, status=418)
    return None


def _tianditu_search(server: GeocoderServer, fields: dict[str, str], *, over: bool) -> Fault:
    if (gate := _tianditu_gate(fields, over=over)) is not None:
        return gate
    words = json.loads(fields["postStr"])
    missing = {"12": {"specify"}, "7": {"mapBound", "level"}}[words["queryType"]] - set(words)
    if missing or not words.get("keyWord"):
        return Fault.of({"status": {"infocode": 2003, "cndesc": "缺少必填参数"}})
    kinds = {"estate": "住宅小区", "venue": "文化宫", "street": "道路名"}
    pois = [
        {
            "name": place.name, "address": place.address, "lonlat": f"{place.lon:.5f},{place.lat:.5f}", "poiType": "101",
            "hotPointID": place.id, "phone": "0510-85551234", "typeName": kinds[place.kind], "source": "0",
        }
        for place in server.found(words["keyWord"], words.get("specify", ""))
    ]  # fmt: skip
    if not pois:
        return Fault.of({"status": {"infocode": 3001, "cndesc": "没有找到数据"}})
    return Fault.of({
        "resultType": 1, "count": str(len(pois)), "keyWord": words["keyWord"], "pois": pois,
        "status": {"infocode": 1000, "cndesc": "服务正常"},
    })  # fmt: skip


def _tianditu_geocode(server: GeocoderServer, fields: dict[str, str], *, over: bool) -> Fault:
    if (gate := _tianditu_gate(fields, over=over)) is not None:
        return gate
    text = json.loads(fields["ds"])["keyWord"]
    found = server.found(text, exact=False)
    if not found:
        return Fault.of({"msg": "没有找到数据", "searchVersion": "6.4.9V", "status": "101"})
    location = {
        "score": 90, "level": "门址", "lon": f"{found[0].lon:.6f}", "lat": f"{found[0].lat:.6f}", "keyWord": text
    }  # fmt: skip
    return Fault.of({"msg": "ok", "location": location, "searchVersion": "6.4.9V", "status": "0"})


def _osm_found(server: GeocoderServer, text: str) -> list[tuple[Known, bool]]:
    """Return what OpenStreetMap's geocoders find: all words have to fit, and a house number stands apart."""
    words = text.replace(",", " ").split()
    found = []
    for place in server.world:
        street = "".join(sign for sign in place.address if not sign.isdigit() and sign != "号")
        number = place.address[len(street) :]
        if words and all(word in place.name or word == place.city for word in words):
            found.append((place, False))
        elif place.address and {street, number} <= set(words) and set(words) <= {street, number, place.city}:
            found.append((place, True))
    return found


_TAGS = {
    "estate": ("landuse", "residential", 24), "venue": ("amenity", "community_centre", 30), "street": ("highway", "tertiary", 26)
}  # fmt: skip


def _nominatim(server: GeocoderServer, fields: dict[str, str], *, over: bool) -> Fault:
    if over:
        return Fault(429, "<html><body>Too many requests</body></html>", "text/html", {"Retry-After": "3600"})
    if fields.get("format") != "jsonv2":
        return Fault.of({"error": {"code": 400, "message": "Parameter 'format' must be one of"}}, status=400)
    places = []
    for place, house in _osm_found(server, fields["q"]):
        key, value, rank = ("place", "house", 30) if house else _TAGS[place.kind]
        places.append({
            "place_id": 1, "licence": "Data © OpenStreetMap contributors, ODbL 1.0. http://osm.org/copyright",
            "osm_type": "way", "osm_id": int(place.id[1:]), "lat": f"{place.lat:.7f}", "lon": f"{place.lon:.7f}",
            "category": key, "type": value, "place_rank": rank, "importance": 0.08, "addresstype": value,
            "name": "" if house else place.name, "display_name": f"{place.name}, {place.city}, 中国",
        })  # fmt: skip
    return Fault.of(places)


def _photon(server: GeocoderServer, fields: dict[str, str], *, over: bool) -> Fault:
    if over:
        return Fault(429, "", "text/plain", {"Retry-After": "3600"})
    if fields.get("lang", "default") not in {"default", "en", "de", "fr"}:
        return Fault.of(
            {"message": "Language is not supported. Supported are: default, en, de, fr"}, status=400
        )
    features = []
    for place, house in _osm_found(server, fields["q"]):
        key, value, _ = ("place", "house", 30) if house else _TAGS[place.kind]
        kind = {"estate": "locality", "venue": "house", "street": "street"}[place.kind]
        features.append({
            "type": "Feature", "geometry": {"type": "Point", "coordinates": [place.lon, place.lat]},
            "properties": {
                "name": place.name, "city": place.city, "country": "中国", "countrycode": "CN", "osm_key": key,
                "osm_value": value, "osm_type": "W", "osm_id": int(place.id[1:]), "type": "house" if house else kind,
            },
        })  # fmt: skip
    return Fault.of({"type": "FeatureCollection", "features": features})


ROUTES = {
    "/v3/place/text": ("amap", _amap_search),
    "/v3/geocode/geo": ("amap", _amap_geocode),
    "/place/v2/search": ("baidu", _baidu_search),
    "/geocoding/v3/": ("baidu", _baidu_geocode),
    "/ws/place/v1/search": ("tencent", _tencent_search),
    "/ws/geocoder/v1/": ("tencent", _tencent_geocode),
    "/v2/search": ("tianditu", _tianditu_search),
    "/geocoder": ("tianditu", _tianditu_geocode),
    "/search": ("nominatim", _nominatim),
    "/api": ("photon", _photon),
}


# --- the server itself -----------------------------------------------------------------------------------


def _handler(server: GeocoderServer) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - the class is the function
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            # the standard form: %20 or + for a space, UTF-8, nothing else
            fields = dict(parse_qsl(parts.query, keep_blank_values=True, encoding="utf-8", errors="strict"))
            asked = Asked(ROUTES.get(parts.path, ("",))[0], parts.path, fields, dict(self.headers), self.path)
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
                self._body(body[: answer.cut_at], answer.drip_s)
                if answer.cut_at is not None:
                    self._cut()
            except ConnectionError:
                self.close_connection = True

        def _body(self, body: bytes, drip_s: float) -> None:
            if not drip_s:
                self.wfile.write(body)
                return
            for number in range(len(body)):
                self.wfile.write(body[number : number + 1])
                self.wfile.flush()
                time.sleep(drip_s)

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
        """Say nothing of a line that was cut or not trusted: the tests do both."""
        if not isinstance(sys.exception(), ConnectionError | ssl.SSLError):
            super().handle_error(request, client_address)


@contextmanager
def serving_geocoders(certificate: Path | None = None) -> Iterator[GeocoderServer]:
    """Run a server on this machine as long as the block lasts, with a certificate and its key by https."""
    server = GeocoderServer()
    http = _Quiet(("127.0.0.1", 0), _handler(server))
    server.url = f"http://127.0.0.1:{http.server_port}"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        http.socket = context.wrap_socket(http.socket, server_side=True)
        server.url = f"https://localhost:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
