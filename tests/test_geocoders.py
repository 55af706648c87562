"""Geocoding services: what is asked, what is made of an answer, what is kept, what goes wrong, what never leaks.

Nobody but a server on this machine is asked; it answers as the documents of the six services say.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
import logging
import pickle
import re
import socket
import subprocess
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod

import walkshed
from conftest import need_program
from geocoder_server import KEYS, ROUTES, WORLD, Fault, Known, bd_of_gcj, gcj_of_wgs, serving_geocoders
from walkshed.places.candidate import LEVELS, Query
from walkshed.places.geocoders import PROVIDERS, make_geocoders
from walkshed.places.geocoders.pace import Pace
from walkshed.places.geocoders.transport import MOST_BYTES
from walkshed.places.geocoders.wording import sendable_address, sendable_name
from walkshed.web import LONGEST_WAIT_S, WAITS_S

GEOD = Geod(ellps="WGS84")
ALL = tuple(PROVIDERS)
CHINESE = tuple(KEYS)
CITY = "无锡市"
HOME = Query("e1", "香雪苑", city=CITY)
HOUSE = Query("e2", "无人知晓的小区", address="香雪路8号", city=CITY)
NOWHERE = Query("e3", "没有这个地方", city=CITY)
EACH = pytest.mark.parametrize("name", ALL)
EACH_CHINESE = pytest.mark.parametrize("name", CHINESE)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Leave out a proxy of this machine."""
    for variable in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(scope="module")
def running():
    with serving_geocoders() as server:
        yield server


@pytest.fixture
def server(running):
    """Return the server, as if new."""
    running.world, running.faults, running.always = WORLD, [], None
    running.asked, running.quota, running.shift = [], None, None
    return running


class Clock:
    """A clock that tests turn on."""

    def __init__(self):
        self.now = dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC)

    def __call__(self):
        return self.now


@pytest.fixture
def make(server, tmp_path):
    """Return a function that makes one service bound to the server; pauses are in ``make.waits``."""
    clock, waits, sent = Clock(), [], []

    def one(name, **more):
        own = {"url": server.url, "timeout_s": 5.0} | more.pop("own", {})
        given = {
            "settings": {name: own},
            "cache": tmp_path / ".walkshed",
            "sent": sent,
            "environ": {f"WALKSHED_{key.upper()}_KEY": value for key, value in KEYS.items()},
            "pace": Pace(clock=lambda: 0.0, sleep=waits.append),
            "sleep": waits.append,
            "clock": clock,
        }
        (made,) = make_geocoders([name], **given | more)
        return made

    one.clock, one.waits, one.sent, one.cache = clock, waits, sent, tmp_path / ".walkshed"
    return one


def kept_files(make):
    folder = make.cache / "geocoding"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def metres(candidate, known):
    return GEOD.inv(candidate.lon, candidate.lat, known.lon, known.lat)[2]


# --- what comes of it ------------------------------------------------------------------------------------


@EACH
def test_an_estate_is_found_where_it_is_in_its_city(name, make):
    (found,) = make(name).find(HOME)
    assert (found.source, found.level, found.name) == (name, "estate", "香雪苑")
    assert metres(found, WORLD[0]) < 1.0
    assert 0 <= found.score <= 1
    assert found.evidence.en
    assert found.evidence.zh


@EACH
def test_without_a_city_all_of_that_name_are_offered_or_nothing_is_asked(name, make):
    geocoder = make(name)
    found = geocoder.find(Query("e", "香雪苑"))
    if name == "tencent":  # whose documents ask for a city
        assert not found
        assert geocoder.unanswered == {"e"}
    else:
        assert sorted(round(one.lon, 2) for one in found) == [120.24, 120.62]


@EACH
def test_what_is_not_found_by_name_is_looked_for_by_address(name, make):
    (found,) = make(name).find(HOUSE)
    assert metres(found, WORLD[0]) < 1.0
    assert found.level == "building"


@EACH
def test_a_city_may_be_written_with_its_province(name, make):
    (found,) = make(name).find(Query("e", "香雪苑", city="江苏省无锡市"))
    assert metres(found, WORLD[0]) < 1.0


@EACH
def test_the_same_name_is_enough_and_the_address_is_not_asked_for(name, make, server):
    make(name).find(Query("e", "香雪苑", address="梅园路23号", city=CITY))
    assert len(server.asked) == 1


@EACH
def test_a_street_is_a_street_not_an_estate(name, make):
    (found,) = [one for one in make(name).find(Query("e", "梅园路", city=CITY)) if one.name == "梅园路"]
    assert found.level == "street"


@EACH
def test_both_phases_are_offered_for_a_name_without_one(name, make, server):
    server.world = (*WORLD[1:3], Known("荣德苑三期（东）", 120.25, 31.58))
    found = make(name).find(Query("e", "荣德苑", city=CITY))
    assert [one.name for one in found] == ["荣德苑一期", "荣德苑二期", "荣德苑三期（东）"]


@EACH
def test_the_very_name_comes_first(name, make, server):
    server.world = (Known("香雪苑北区", 120.1, 31.5), Known("香雪苑", 120.2, 31.6))
    assert make(name).find(HOME)[0].name == "香雪苑"


@EACH
def test_nothing_found_is_nothing(name, make):
    geocoder = make(name)
    assert geocoder.find(NOWHERE) == []
    assert not geocoder.unanswered
    assert not geocoder.findings
    assert not geocoder.stopped


@pytest.mark.parametrize("name", ["amap", "baidu", "tencent"])
def test_shifted_coordinates_are_undone_and_the_evidence_says_so(name, make):
    (found,) = make(name).find(HOME)
    assert metres(found, WORLD[0]) < 1.0
    assert "GCJ-02" in found.evidence.en
    assert found.ref == WORLD[0].id


@pytest.mark.parametrize("name", ["nominatim", "photon", "tianditu"])
def test_unshifted_coordinates_are_left_alone(name, make):
    (found,) = make(name).find(HOME)
    assert metres(found, WORLD[0]) < 1.0
    assert "GCJ-02" not in found.evidence.en
    if name != "tianditu":
        assert found.ref == f"way/{int(WORLD[0].id[1:])}"


def test_the_datum_can_be_set_right_by_the_study(make, server):
    server.shift = lambda lon, lat: (lon, lat)
    (found,) = make("amap", own={"datum": "WGS84"}).find(HOME)
    assert metres(found, WORLD[0]) < 1.0


def test_baidu_can_be_asked_for_its_own_datum(make, server):
    (found,) = make("baidu", own={"datum": "BD-09"}).find(HOME)
    assert server.asked[0].fields["ret_coordtype"] == "bd09ll"
    assert metres(found, WORLD[0]) < 1.0
    assert "BD-09" in found.evidence.en


def test_the_server_of_the_tests_shifts_as_published():
    # the point that eviltransform and coordtransform publish
    assert gcj_of_wgs(116.404, 39.915) == pytest.approx((116.41024449916938, 39.91640428150164), abs=1e-9)
    assert bd_of_gcj(116.404, 39.915) == pytest.approx((116.41036949371029, 39.92133699351021), abs=1e-9)


# --- precision -------------------------------------------------------------------------------------------

AMAP_WORDS = {
    "门牌号": "building", "门址": "building", "兴趣点": "building", "单元号": "building", "住宅区": "estate",
    "道路": "street", "道路交叉路口": "street", "公交站台、地铁站": "street", "村庄": "community", "热点商圈": "community",
    "开发区": "district", "乡镇": "district", "区县": "district", "市": "district", "省": "district",
    "国家": "district", "未知": "district", "": "district", "新的级别": "district",
}  # fmt: skip


@pytest.mark.parametrize("word", AMAP_WORDS)
def test_amap_levels(word, make, server):
    geocode = {"formatted_address": "x", "location": "120.25,31.55", "level": word}
    server.faults = [
        Fault.of({"status": "1", "infocode": "10000", "count": "0", "pois": []}),
        Fault.of({"status": "1", "infocode": "10000", "count": "1", "geocodes": [geocode]}),
    ]
    (found,) = make("amap").find(HOUSE)
    assert found.level == AMAP_WORDS[word]


BAIDU_WORDS = [
    ("门址", 80, "building"), ("商务大厦", 70, "building"), ("地产小区", 80, "estate"), ("道路", 80, "street"),
    ("村庄", 80, "community"), ("区县", 80, "district"), ("城市", 20, "district"), ("UNKNOWN", 80, "district"),
    # sure of the kind, but by its own documents more than 500 m, 1 km, 2 km off
    ("地产小区", 60, "street"), ("门址", 50, "community"), ("地产小区", 30, "district"), ("新的级别", 90, "district"),
]  # fmt: skip


@pytest.mark.parametrize(("word", "confidence", "level"), BAIDU_WORDS)
def test_baidu_levels_are_no_finer_than_its_confidence(word, confidence, level, make, server):
    point = {"lng": 120.25, "lat": 31.55}
    result = {"location": point, "precise": 1, "confidence": confidence, "comprehension": 100, "level": word}
    server.faults = [Fault.of({"status": 0, "results": []}), Fault.of({"status": 0, "result": result})]
    (found,) = make("baidu").find(HOUSE)
    assert found.level == level
    assert found.score == confidence / 100


@pytest.mark.parametrize(
    ("number", "level"),
    [(1, "district"), (2, "district"), (3, "district"), (4, "community"), (5, "district"), (6, "community"),
     (7, "street"), (8, "street"), (9, "building"), (10, "estate"), (11, "building"), (12, "district")],
)  # fmt: skip
def test_tencent_levels(number, level, make, server):
    result = {"location": {"lng": 120.25, "lat": 31.55}, "reliability": 7, "level": number}
    server.faults = [Fault.of({"status": 0, "data": []}), Fault.of({"status": 0, "result": result})]
    (found,) = make("tencent").find(HOUSE)
    assert (found.level, found.score) == (level, 0.7)


@pytest.mark.parametrize(
    "code", ["120302", "120304", "190301", "190104", "190108", "150700", "141400", "120302|120000"]
)
def test_amap_kinds_of_poi(code, make, server):
    expected = {"120302": "estate", "120304": "building", "190301": "street", "190104": "district",
                "190108": "community", "150700": "street", "141400": "building"}  # fmt: skip
    poi = {"id": "B1", "name": "香雪苑", "typecode": code, "location": "120.25,31.55", "address": []}
    server.faults = [Fault.of({"status": "1", "infocode": "10000", "pois": [poi]})]
    assert make("amap").find(Query("e", "香雪苑"))[0].level == expected[code.partition("|")[0]]


@pytest.mark.parametrize("name", ALL)
def test_every_declared_level_is_one_of_ours(name):
    declared = PROVIDERS[name].declared
    assert set(declared.levels.values()) <= set(LEVELS)
    assert declared.datum in {"WGS84", "CGCS2000", "GCJ-02", "BD-09"}
    assert declared.pause_s >= 0.2
    assert declared.quota.en
    assert re.search(r"[\u4e00-\u9fff]", declared.quota.zh)
    assert bool(declared.key_variable) == (name in KEYS) == bool(declared.key_page)


# --- what leaves the machine -----------------------------------------------------------------------------

ALLOWED = {
    "amap": {"keywords", "city", "citylimit", "offset", "page", "extensions", "output", "address", "key"},
    "baidu": {
        "query",
        "region",
        "city_limit",
        "scope",
        "page_size",
        "ret_coordtype",
        "output",
        "address",
        "city",
        "ak",
    },
    "tencent": {"keyword", "boundary", "page_size", "output", "address", "key"},
    "tianditu": {"postStr", "type", "ds", "tk"},
    "nominatim": {"q", "format", "limit"},
    "photon": {"q", "limit", "lang"},
}


@EACH
def test_only_names_addresses_and_the_city_are_sent(name, make, server):
    secretive = Query(
        "row-4711", "香雪苑甲（联系人张三 13912345678）", address="香雪路8号3幢2单元501室", community="荣巷社区", city=CITY,
        kind="venue", near=(120.2393, 31.5761),
    )  # fmt: skip
    make(name).find(secretive)
    assert len(server.asked) == 2
    for one in server.asked:
        assert set(one.fields) <= ALLOWED[name]
        said = json.dumps([one.fields, one.headers], ensure_ascii=False)
        for word in ("4711", "荣巷", "张三", "139", "501", "单元", "120.2", "31.5", "venue"):
            assert word not in said
        assert one.headers["User-Agent"] == f"walkshed/{walkshed.__version__}"
        assert "Referer" not in one.headers
        assert "Cookie" not in one.headers


@EACH
def test_every_request_is_noted_without_the_key(name, make, server):
    make(name).find(HOUSE)
    assert len(make.sent) == len(server.asked) == 2
    for note, asked in zip(make.sent, server.asked, strict=True):
        assert note.service == PROVIDERS[name].declared.label
        assert note.url == server.url + asked.path
        plain = {key: value for key, value in asked.fields.items() if key not in {"key", "ak", "tk"}}
        assert note.what == " ".join(f"{key}={value}" for key, value in plain.items())


@EACH
def test_no_request_is_made_by_making_or_offline(name, make, server):
    geocoder = make(name, offline=True, environ={})
    assert geocoder.find(HOME) == []
    assert geocoder.unanswered == {"e1"}
    assert not server.asked
    assert not make.sent
    assert not kept_files(make)


def test_nothing_is_made_where_none_is_named(tmp_path):
    assert make_geocoders([], cache=tmp_path) == []


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("香雪苑（联系电话:0510-85551234）", "香雪苑"),
        ("香雪苑 联系人 李四", "香雪苑"),
        ("香雪苑13912345678", "香雪苑"),
        ("香雪苑320211199001011234", "香雪苑"),
        ("１２号院", "12号院"),
        ("1950年代小区", "1950年代小区"),
    ],
)
def test_names_lose_what_is_of_a_person(written, sent):
    assert sendable_name(written) == sent


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("天河路12号3幢501室", "天河路12号3幢"),
        ("天河路12号3栋2单元", "天河路12号3栋"),
        ("香雪路8号二楼", "香雪路8号"),
        ("香雪路8号3层", "香雪路8号"),
        ("香雪苑12-3-501", "香雪苑12"),
        ("香雪苑38号-501", "香雪苑38号"),
        ("梁溪路12-14号", "梁溪路12-14号"),
        ("香雪路8号3号楼", "香雪路8号3号楼"),
        ("Mannerheimintie 10, apt 5", "Mannerheimintie 10"),
        ("Mannerheimintie 10", "Mannerheimintie 10"),
        ("香雪路8号 电话13912345678", "香雪路8号"),
    ],
)
def test_addresses_end_at_the_house(written, sent):
    assert sendable_address(written) == sent


@given(
    st.text(alphabet="香雪苑路号 （）()-8一二", max_size=12), st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
)
def test_no_telephone_number_ever_passes(words, number):
    for made in (f"{words}{number}", f"{number} {words}", f"{words}（{number}）"):
        if re.search(rf"(?<![0-9]){number}(?![0-9])", made):
            assert number not in sendable_name(made)
            assert number not in sendable_address(made)


@EACH
@pytest.mark.parametrize("text", ["", " ", "苑", "（13912345678）", "x" * 500, "很长" * 200])
def test_names_that_cannot_be_asked_for_are_told_and_not_sent(text, name, make, server):
    geocoder = make(name)
    assert geocoder.find(Query("e", text, city=CITY)) == []
    assert geocoder.unanswered == {"e"}
    assert [finding.code for finding in geocoder.findings] == ["places.not_asked"]
    assert not server.asked


# --- kept answers ----------------------------------------------------------------------------------------


@EACH
def test_an_answer_is_asked_for_once(name, make, server):
    first = make(name).find(HOUSE)
    asked = len(server.asked)
    assert make(name).find(HOUSE) == first
    assert make(name, offline=True, environ={}).find(HOUSE) == first
    assert len(server.asked) == asked


@EACH
def test_two_studies_of_one_day_keep_the_same_bytes(name, make):
    make(name).find(HOUSE)
    first = {path.name: path.read_bytes() for path in kept_files(make)}
    for path in kept_files(make):
        path.unlink()
    make(name).find(HOUSE)
    assert {path.name: path.read_bytes() for path in kept_files(make)} == first


@EACH
def test_not_found_is_believed_for_a_while(name, make, server):
    make(name).find(NOWHERE)
    asked = len(server.asked)
    make.clock.now += dt.timedelta(days=29)
    assert make(name).find(NOWHERE) == []
    assert len(server.asked) == asked
    server.world = (*WORLD, Known("没有这个地方", 120.24, 31.58))
    make.clock.now += dt.timedelta(days=2)
    offline = make(name, offline=True)
    assert offline.find(NOWHERE) == []
    assert not offline.unanswered
    (found,) = make(name).find(NOWHERE)
    assert found.name == "没有这个地方"


@EACH
def test_what_was_found_is_believed_for_good(name, make, server):
    first = make(name).find(HOME)
    make.clock.now += dt.timedelta(days=4000)
    assert make(name).find(HOME) == first
    assert len(server.asked) == 1


def test_how_long_not_found_is_believed_can_be_set(make, server):
    make("nominatim").find(NOWHERE)
    make.clock.now += dt.timedelta(days=3)
    make("nominatim", own={"not_found_days": 2}).find(NOWHERE)
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "{",
        "[]",
        "null",
        '{"hits": 3}',
        "other question",
        "text for a number",
        "unknown level",
        "infinite",
        "binary",
    ],
)
def test_a_damaged_kept_answer_is_asked_for_again(damage, make, server):
    make("amap").find(HOME)
    (path,) = kept_files(make)
    data = json.loads(path.read_text(encoding="utf-8"))
    edited = damage in {"other question", "text for a number", "unknown level", "infinite"}
    if damage == "other question":
        data["asked"][0][1] = "桃源人家"
    elif damage == "text for a number":
        data["hits"][0]["lon"] = "120"
    elif damage == "unknown level":
        data["hits"][0]["level"] = "room"
    elif damage == "infinite":
        data["hits"][0]["lat"] = float("inf")
    if damage == "binary":
        path.write_bytes(b"\xff\xfe\x00")
    else:
        path.write_text(json.dumps(data) if edited else damage, encoding="utf-8")
    (found,) = make("amap").find(HOME)
    assert found.name == "香雪苑"
    assert len(server.asked) == 2


@EACH_CHINESE
def test_telephone_numbers_that_were_sent_along_are_not_kept(name, make):
    make(name).find(HOME)
    (path,) = kept_files(make)
    assert "85551234" not in path.read_text(encoding="utf-8")


def test_another_server_or_city_is_another_answer(make, server):
    make("nominatim").find(HOME)
    make("nominatim").find(Query("e", "香雪苑", city="苏州市"))
    make("nominatim", own={"url": server.url.replace("127.0.0.1", "localhost")}).find(HOME)
    assert len(server.asked) == len(kept_files(make)) == 3


def test_the_key_makes_no_other_answer(make, server):
    make("amap").find(HOME)
    assert make("amap", environ={"WALKSHED_AMAP_KEY": "another-key-0123"}).find(HOME)
    assert len(server.asked) == 1


def test_an_answer_that_cannot_be_kept_is_used_and_told_once(make, tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    geocoder = make("amap", cache=tmp_path / "file")
    assert geocoder.find(HOME)
    assert geocoder.find(Query("e", "荣德苑一期", city=CITY))
    assert [finding.code for finding in geocoder.findings] == ["places.not_kept"]


# --- faults of the services, by their documents ------------------------------------------------------------

QUOTA, KEY, FAST, QUERY, NO = (
    "places.quota",
    "places.key",
    "places.busy",
    "places.refused_query",
    "places.refused",
)


def amap(code, info):
    return Fault.of({"status": "0", "info": info, "infocode": code})


def baidu(status, message):
    return Fault.of({"status": status, "message": message})


def tencent(status, message):
    return Fault.of({"status": status, "message": message})


def tianditu(code, text, status=200):
    return Fault.of({"status": {"infocode": code, "cndesc": text}}, status=status)


def gate(code, text, status):
    return Fault.of({"code": code, "msg": text, "resolve": "请到API控制台处理"}, status=status)


DOCUMENTED = [
    ("amap", amap("10001", "INVALID_USER_KEY"), KEY),
    ("amap", amap("10002", "SERVICE_NOT_AVAILABLE"), KEY),
    ("amap", amap("10003", "DAILY_QUERY_OVER_LIMIT"), QUOTA),
    ("amap", amap("10004", "ACCESS_TOO_FREQUENT"), FAST),
    ("amap", amap("10005", "INVALID_USER_IP"), KEY),
    ("amap", amap("10006", "INVALID_USER_DOMAIN"), KEY),
    ("amap", amap("10007", "INVALID_USER_SIGNATURE"), KEY),
    ("amap", amap("10008", "INVALID_USER_SCODE"), KEY),
    ("amap", amap("10009", "USERKEY_PLAT_NOMATCH"), KEY),
    ("amap", amap("10010", "IP_QUERY_OVER_LIMIT"), QUOTA),
    ("amap", amap("10011", "NOT_SUPPORT_HTTPS"), KEY),
    ("amap", amap("10012", "INSUFFICIENT_PRIVILEGES"), KEY),
    ("amap", amap("10013", "USER_KEY_RECYCLED"), KEY),
    ("amap", amap("10014", "QPS_HAS_EXCEEDED_THE_LIMIT"), FAST),
    ("amap", amap("10015", "GATEWAY_TIMEOUT"), FAST),
    ("amap", amap("10016", "SERVER_IS_BUSY"), FAST),
    ("amap", amap("10017", "RESOURCE_UNAVAILABLE"), FAST),
    ("amap", amap("10019", "CQPS_HAS_EXCEEDED_THE_LIMIT"), FAST),
    ("amap", amap("10020", "CKQPS_HAS_EXCEEDED_THE_LIMIT"), FAST),
    ("amap", amap("10021", "CUQPS_HAS_EXCEEDED_THE_LIMIT"), FAST),
    ("amap", amap("10026", "INVALID_REQUEST"), KEY),
    ("amap", amap("10029", "ABROAD_DAILY_QUERY_OVER_LIMIT"), FAST),
    ("amap", amap("10041", "USER_INTERFACE_QUERY_EXPIRED"), KEY),
    ("amap", amap("10044", "USER_DAILY_QUERY_OVER_LIMIT"), QUOTA),
    ("amap", amap("10045", "USER_ABROAD_DAILY_QUERY_OVER_LIMIT"), QUOTA),
    ("amap", amap("20000", "INVALID_PARAMS"), QUERY),
    ("amap", amap("20001", "MISSING_REQUIRED_PARAMS"), QUERY),
    ("amap", amap("20002", "ILLEGAL_REQUEST"), QUERY),
    ("amap", amap("20003", "UNKNOWN_ERROR"), FAST),
    ("amap", amap("30001", "ENGINE_RESPONSE_DATA_ERROR"), QUERY),
    ("amap", amap("40000", "QUOTA_PLAN_RUN_OUT"), QUOTA),
    ("amap", amap("99999", "SOMETHING_NEW"), NO),
    ("baidu", baidu(1, "服务器内部错误"), FAST),
    ("baidu", baidu(2, "Parameter Invalid"), QUERY),
    ("baidu", baidu(3, "Verify Failure"), KEY),
    ("baidu", baidu(4, "Quota Failure"), QUOTA),
    ("baidu", baidu(5, "AK Failure"), KEY),
    ("baidu", baidu(8, "Parse Proto Failure"), QUERY),
    ("baidu", baidu(9, "Permission Denied"), KEY),
    ("baidu", baidu(101, "AK参数不存在"), KEY),
    ("baidu", baidu(200, "APP不存在，AK有误请检查再重试"), KEY),
    ("baidu", baidu(203, "APP类型错误"), KEY),
    ("baidu", baidu(210, "APP IP校验失败"), KEY),
    ("baidu", baidu(211, "APP SN校验失败"), KEY),
    ("baidu", baidu(240, "APP 服务被禁用"), KEY),
    ("baidu", baidu(261, "服务被禁用"), KEY),
    ("baidu", baidu(301, "永久配额超限，限制访问"), QUOTA),
    ("baidu", baidu(302, "天配额超限，限制访问"), QUOTA),
    ("baidu", baidu(401, "当前并发量已经超过约定并发配额，限制访问"), FAST),
    ("baidu", baidu(402, "服务总并发量也已经超过设定的总并发配额"), FAST),
    ("baidu", baidu(502, "未获取商用授权"), KEY),
    ("baidu", baidu(777, "?"), NO),
    ("tencent", tencent(110, "请求来源未被授权"), KEY),
    ("tencent", tencent(111, "签名验证失败"), KEY),
    ("tencent", tencent(112, "IP未被授权"), KEY),
    ("tencent", tencent(113, "此功能未被授权"), KEY),
    ("tencent", tencent(120, "此key每秒请求量已达到上限"), FAST),
    ("tencent", tencent(121, "此key每日调用量已达到上限"), QUOTA),
    ("tencent", tencent(190, "无效的KEY"), KEY),
    ("tencent", tencent(199, "此key未开启webservice功能"), KEY),
    ("tencent", tencent(301, "缺少必要字段key"), KEY),
    ("tencent", tencent(311, "key格式错误"), KEY),
    ("tencent", tencent(306, "缺少参数"), QUERY),
    ("tencent", tencent(310, "参数格式错误"), QUERY),
    ("tencent", tencent(330, "参数长度错误"), QUERY),
    ("tencent", tencent(341, "缺少keyword（关键词）"), QUERY),
    ("tencent", tencent(348, "参数错误"), QUERY),
    ("tencent", tencent(395, "传入参数不合法"), QUERY),
    ("tencent", tencent(500, "后端超时"), FAST),
    ("tencent", tencent(1000, "?"), NO),
    ("tianditu", tianditu(2001, "参数错误"), QUERY),
    ("tianditu", tianditu(2003, "缺少必填参数"), QUERY),
    ("tianditu", tianditu(2005, "经纬度错误"), QUERY),
    ("tianditu", tianditu(3000, "服务异常"), FAST),
    ("tianditu", tianditu(7000, "未知错误"), FAST),
    ("tianditu", tianditu(9999, "?"), NO),
    ("tianditu", gate(1, "非法Key", 403), KEY),
    ("tianditu", gate(301006, "权限类型错误", 200), KEY),
    ("tianditu", gate(302001, "访问次数超限", 418), QUOTA),
    ("tianditu", gate(5, "维护中", 403), NO),
    ("nominatim", Fault.of({"error": {"code": 400, "message": "Bad parameter"}}, status=400), QUERY),
    ("nominatim", Fault.of({"error": {"code": 500, "message": "Internal"}}, status=500), NO),
    ("photon", Fault.of({"message": "The query was empty"}, status=400), QUERY),
]  # fmt: skip
AGAIN = {FAST}


def ids(case):
    return case if isinstance(case, str) else ""


@pytest.mark.parametrize(("name", "fault", "code"), DOCUMENTED, ids=ids)
def test_documented_failures(name, fault, code, make, server):
    server.always = fault
    geocoder = make(name)
    assert geocoder.find(HOME) == []
    tries = 1 + len(WAITS_S) if code in AGAIN else 1
    assert len(server.asked) == len(make.sent) == tries
    waited = [wait for wait in make.waits if wait > 0]
    assert waited == list(WAITS_S[: tries - 1])
    (finding,) = geocoder.findings
    assert finding.code == code
    assert geocoder.stopped == (code != QUERY)
    assert geocoder.unanswered == {"e1"}
    assert not kept_files(make)
    for text in (finding.text.en, finding.text.zh):
        assert PROVIDERS[name].declared.label in text
    assert re.search(r"[\u4e00-\u9fff]", finding.text.zh)
    assert not re.search("[，。；：“”]", re.sub(r"\([^()]*(?:\([^()]*\))?[^()]*\)", "", finding.text.en))
    if code == KEY and name in KEYS:
        assert f"WALKSHED_{name.upper()}_KEY" in finding.text.en


@pytest.mark.parametrize(("name", "fault"), [case[:2] for case in DOCUMENTED if case[2] in AGAIN], ids=ids)
def test_what_passes_is_waited_for(name, fault, make, server):
    server.faults = [fault, fault]
    geocoder = make(name)
    (found,) = geocoder.find(HOME)
    assert found.name == "香雪苑"
    assert [wait for wait in make.waits if wait > 0] == list(WAITS_S[:2])
    assert not geocoder.findings


@EACH
def test_one_refused_question_is_not_the_end(name, make, server):
    own = {case[0]: case[1] for case in DOCUMENTED if case[2] == QUERY}
    server.faults = [own[name]]
    geocoder = make(name)
    assert geocoder.find(NOWHERE) == []
    assert geocoder.findings[0].source.value == NOWHERE.name
    (found,) = geocoder.find(HOME)
    assert found.name == "香雪苑"
    assert geocoder.unanswered == {NOWHERE.id}


@EACH
@pytest.mark.parametrize("status", [400, 414])
def test_questions_refused_one_after_the_other_are_the_end(status, name, make, server):
    server.always = Fault(status, "<html>Bad Request</html>", "text/html")
    geocoder = make(name)
    for number in range(9):
        assert geocoder.find(Query(f"e{number}", f"香雪苑{number}", city=CITY)) == []
        assert geocoder.stopped == (number >= 4)
    assert [finding.code for finding in geocoder.findings] == [QUERY] * 5
    assert len(server.asked) == 5
    assert len(geocoder.unanswered) == 9
    assert not kept_files(make)


@EACH
def test_a_used_up_quota_stops_and_the_next_run_goes_on_from_there(name, make, server, caplog):
    queries = [Query(f"e{n}", known.name, city=known.city) for n, known in enumerate(WORLD[:4])]
    server.quota = 2
    geocoder = make(name)
    found = [geocoder.find(query) for query in queries]
    assert [len(one) for one in found] == [1, 1, 0, 0]
    assert geocoder.stopped
    assert geocoder.unanswered == {"e2", "e3"}
    assert len(server.asked) == 3
    (finding,) = geocoder.findings
    assert "next run goes on" in finding.text.en
    assert "下次运行" in finding.text.zh
    assert caplog.text == ""  # a warning would be printed once more, in English only
    # what is kept is still used by the one that stopped, and nobody is asked
    assert geocoder.find(queries[0]) == found[0]
    assert len(server.asked) == 3
    server.quota = None
    fresh = make(name)
    assert [len(fresh.find(query)) for query in queries] == [1, 1, 1, 1]
    assert len(server.asked) == 5
    assert not fresh.unanswered


def test_a_limit_of_ones_own_holds_over_runs(make, server, monkeypatch):
    monkeypatch.setattr("walkshed.places.geocoders.answers.Answers.asked_lately", lambda *_: 3)
    geocoder = make("nominatim", own={"per_day": 4})
    assert geocoder.find(HOME)
    assert not geocoder.find(Query("e2", "荣德苑一期", city=CITY))
    assert geocoder.stopped
    assert geocoder.findings[0].code == QUOTA
    assert len(server.asked) == 1


def test_kept_answers_of_the_last_day_count(make):
    import os

    geocoder = make("nominatim")
    geocoder.find(HOME)
    geocoder.find(NOWHERE)
    answers = geocoder._means.answers
    now = make.clock.now.timestamp()
    for path, age_s in zip(kept_files(make), (3600, 90_000), strict=True):
        os.utime(path, (now - age_s, now - age_s))
    assert answers.asked_lately("nominatim") == 1
    assert answers.asked_lately("amap") == 0


# --- bad answers and bad lines ---------------------------------------------------------------------------

BAD = {
    "a web page": Fault(
        body="<!DOCTYPE html><html><body>请登录</body></html>", kind="text/html; charset=utf-8"
    ),
    "half a JSON": Fault(body='{"status": "1", "pois": ['),
    "nothing": Fault(body=""),
    "text": Fault(body="OK"),
    "not a number": Fault(body='{"status": NaN}'),
    "null": Fault(body="null"),
    "a list": Fault(body="[[]]"),
    "a number": Fault(body="7"),
    "another shape": Fault.of({"infocode": "10000", "features": 3, "results": 3}),
    "deep": Fault(body="[" * 100_000),
    "an unnamed encoding": Fault(body='{"info": "香雪苑"}'.encode("gb18030")),
    "a wrong encoding": Fault(body="{}".encode("utf-16"), kind="application/json; charset=utf-8"),
    "far too much": Fault(body=b" " * (MOST_BYTES + 1)),
}


@EACH
@pytest.mark.parametrize("kind", BAD)
def test_a_bad_answer_is_told_and_never_kept(kind, name, make, server):
    server.always = BAD[kind]
    geocoder = make(name)
    assert geocoder.find(HOME) == []
    assert geocoder.findings
    assert all(finding.code.startswith("places.") for finding in geocoder.findings)
    assert geocoder.unanswered == {"e1"}
    assert not kept_files(make)
    assert len(server.asked) == 1
    server.always = None
    assert make(name).find(HOME)


@EACH
@pytest.mark.parametrize("charset", ["GBK", "gb2312", '"GB18030"'])
def test_a_chinese_encoding_that_is_named_is_read(charset, name, make, server):
    first = make(name).find(HOME)
    plain = server.reply(server.asked[0])
    for path in kept_files(make):
        path.unlink()
    server.faults = [Fault(body=plain.body.encode("gb18030"), kind=f"application/json;charset={charset}")]
    assert make(name).find(HOME) == first


@EACH
def test_a_byte_order_mark_and_gzip_are_undone(name, make, server):
    import gzip

    first = make(name).find(HOME)
    plain = server.reply(server.asked[0])
    for path in kept_files(make):
        path.unlink()
    packed = gzip.compress(b"\xef\xbb\xbf" + plain.body.encode())
    server.faults = [Fault(body=packed, headers={"Content-Encoding": "gzip"})]
    assert make(name).find(HOME) == first


LINES = {
    "cut in the middle": (Fault(body='{"status": "1"}' * 50, cut_at=100), "places.busy", True),
    "cut at once": (Fault(body="{}", cut_at=0), "places.busy", True),
    "HTTP 429": (Fault(429), "place.busy", True),
    "HTTP 503": (Fault(503, headers={"Retry-After": "7"}), "place.busy", True),
    "HTTP 500": (Fault(500), "place.refused", False),
    "HTTP 403": (Fault(403), "place.refused", False),
    "HTTP 404": (Fault(404), "place.refused", False),
    "a sign-in page": (Fault(302, headers={"Location": "http://login.example.org/"}), "place.refused", False),
    "packed badly": (Fault(body=b"no gzip", headers={"Content-Encoding": "gzip"}), "places.busy", True),
}


@EACH
@pytest.mark.parametrize("kind", LINES)
def test_a_bad_line(kind, name, make, server):
    fault, code, again = LINES[kind]
    server.always = fault
    geocoder = make(name)
    assert geocoder.find(HOME) == []
    assert [finding.code for finding in geocoder.findings] == [code]
    assert geocoder.stopped
    assert len(server.asked) == (1 + len(WAITS_S) if again else 1)
    assert not kept_files(make)
    assert geocoder.find(NOWHERE) == []
    assert geocoder.unanswered == {"e1", "e3"}
    assert len(geocoder.findings) == 1
    if again:
        server.always, server.faults = None, [fault]
        assert make(name).find(HOME)


@pytest.mark.parametrize(
    "fault", [Fault(silent_s=0.6), Fault(body="{}" * 40, drip_s=0.02)], ids=["silent", "drip"]
)
def test_a_slow_server_is_not_waited_for(fault, make, server):
    server.faults = [fault]
    geocoder = make("amap", own={"timeout_s": 0.2})
    assert geocoder.find(HOME)
    assert [wait for wait in make.waits if wait > 0] == [WAITS_S[0]]
    server.asked.clear()


def test_a_pause_of_an_hour_is_not_waited_for(make, server):
    server.always = Fault(429, headers={"Retry-After": str(LONGEST_WAIT_S + 1)})
    geocoder = make("nominatim")
    geocoder.find(HOME)
    assert len(server.asked) == 1
    assert geocoder.stopped


def test_nobody_there(make):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        geocoder = make("amap", own={"url": f"http://127.0.0.1:{taken.getsockname()[1]}"})
    assert geocoder.find(HOME) == []
    assert [finding.code for finding in geocoder.findings] == ["places.unreachable"]
    assert geocoder.find(NOWHERE) == []
    assert len(make.sent) == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Return a certificate for localhost that nobody has signed, with its key."""
    openssl = need_program("openssl")
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    subprocess.run(
        [
            openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost", "-keyout", str(path.with_suffix(".key")), "-out", str(path),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    path.write_bytes(path.read_bytes() + path.with_suffix(".key").read_bytes())
    return path


@EACH
def test_over_https_the_certificate_is_checked(name, make, certificate, monkeypatch):
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(variable, raising=False)
    with serving_geocoders(certificate) as secure:
        geocoder = make(name, own={"url": secure.url})
        assert geocoder.find(HOME) == []
        (finding,) = geocoder.findings
        assert finding.code == "places.unreachable"
        assert "certificate" in finding.text.en
        assert not secure.asked
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert make(name, own={"url": secure.url}).find(HOME)


def test_an_office_proxy_is_used(make, server, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert make("nominatim", own={"url": "http://nominatim.example.org"}).find(HOME)
    assert server.asked[0].target.startswith("http://nominatim.example.org/search?")


POSITIONS = [
    (0, 0),
    ("0", "0.0"),
    (120.25, 95.0),
    (31.55, 120.25),
    ("", ""),
    (None, None),
    ("a", "b"),
    (True, True),
    ([], []),
]


def placed(name, lon, lat):
    """Return an answer with one place at a position of one's own."""
    text = f"{lon},{lat}"
    point = {"lng": lon, "lat": lat}
    return Fault.of({
        "amap": {"status": "1", "infocode": "10000", "pois": [{"id": "B1", "name": "香雪苑", "typecode": "120302", "location": text}]},
        "baidu": {"status": 0, "results": [{"name": "香雪苑", "location": point, "uid": "1", "detail_info": {"tag": "房地产;住宅区"}}]},
        "tencent": {"status": 0, "data": [{"id": 1, "title": "香雪苑", "category": "房产小区:住宅区", "location": point}]},
        "tianditu": {"status": {"infocode": 1000}, "pois": [{"name": "香雪苑", "lonlat": text, "typeName": "住宅小区"}]},
        "nominatim": [{"name": "香雪苑", "lon": lon, "lat": lat, "category": "landuse", "type": "residential", "osm_type": "way", "osm_id": 1}],
        "photon": {"features": [{"geometry": {"coordinates": [lon, lat]}, "properties": {"name": "香雪苑", "osm_key": "landuse", "osm_value": "residential", "osm_type": "W", "osm_id": 1}}]},
    }[name])  # fmt: skip


@EACH
@pytest.mark.parametrize("at", POSITIONS, ids=str)
def test_a_position_that_is_none_is_no_place_and_not_kept(at, name, make, server):
    server.always = placed(name, *at)
    geocoder = make(name)
    swapped_on_earth = at == (31.55, 120.25)
    assert geocoder.find(HOME) == []
    assert geocoder.unanswered == {"e1"}
    assert geocoder.findings
    assert not kept_files(make)
    assert not swapped_on_earth or geocoder.findings[0].code == "places.bad_position"


@EACH
def test_numbers_may_come_as_text(name, make, server):
    server.faults = [placed(name, "120.25", "31.55")]
    (text,) = make(name).find(HOME)
    for path in kept_files(make):
        path.unlink()
    server.faults = [placed(name, 120.25, 31.55)]
    (number,) = make(name).find(HOME)
    assert (text.lon, text.lat) == (number.lon, number.lat)


def test_a_city_with_a_number_of_results_is_no_place(make, server):
    server.faults = [
        Fault.of({"status": 0, "result_type": "city_type", "results": [{"name": "无锡市", "num": 3}]})
    ]
    geocoder = make("baidu")
    assert geocoder.find(NOWHERE) == []
    assert not geocoder.findings


def test_places_far_too_common_are_no_place_for_tianditu(make, server):
    server.faults = [Fault.of({"resultType": 2, "statistics": {"count": 9}, "status": {"infocode": 1000}})]
    assert make("tianditu").find(NOWHERE) == []


def test_an_area_of_tianditu_is_a_district(make, server):
    area = {"name": "无锡市", "lonlat": "120.30,31.57", "adminCode": 156320200}
    server.faults = [Fault.of({"resultType": 3, "area": area, "status": {"infocode": 1000}})]
    assert make("tianditu").find(Query("e", "无锡市"))[0].level == "district"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-200, 20000) | st.floats(allow_nan=False) | st.sampled_from(["", "0", "1", "x", "120.2,31.5"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from([
            "status", "infocode", "pois", "geocodes", "results", "result", "data", "location", "lng", "lat", "lon", "level",
            "features", "geometry", "coordinates", "properties", "name", "title", "lonlat", "error", "message", "code", "msg", "area",
        ]),
        inner, max_size=6,
    ),
    max_leaves=20,
)  # fmt: skip


@EACH
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=json_values)
def test_whatever_comes_nothing_breaks_and_places_are_on_the_earth(name, data, make):
    geocoder = make(name)
    geocoder._once = lambda ask, *_: geocoder._read(ask, copy.deepcopy(data))
    for path in kept_files(make):
        path.unlink()
    found = geocoder.find(HOME)
    assert all(-180 <= one.lon <= 180 and -90 <= one.lat <= 90 and one.level in LEVELS for one in found)
    assert found or geocoder.findings or kept_files(make)


# --- the key ---------------------------------------------------------------------------------------------


def chain_of(error):
    """Return an exception and all that led to it, with everything they carry."""
    seen = []
    while error is not None and error not in seen:
        seen.append(error)
        error = error.__cause__ or error.__context__
    return seen


def everything(error):
    said = []
    for one in chain_of(error):
        said += [
            repr(one),
            str(one),
            repr(one.args),
            repr(getattr(one, "__dict__", {})),
            repr(getattr(one, "__notes__", [])),
        ]
        frame = one.__traceback__
        while frame is not None:
            if "geocoders" not in frame.tb_frame.f_code.co_filename:
                said.append(repr(frame.tb_frame.f_locals)[:200_000])
            frame = frame.tb_next
    return "\n".join(said)


LEAKS = {
    "success": None,
    "wrong key, echoed": "echo",
    "cut": Fault(body="{}" * 50, cut_at=10),
    "page": BAD["a web page"],
    "redirect": LINES["a sign-in page"][0],
    "HTTP 500": Fault(500),
    "garbage": Fault(body=b"\xff\xfe\xfd"),
    "timeout": Fault(silent_s=0.5),
}


@EACH_CHINESE
@pytest.mark.parametrize("kind", LEAKS)
def test_the_key_reaches_nothing_but_its_service(kind, name, make, server, caplog, capsys):
    key = KEYS[name]
    caplog.set_level(logging.DEBUG)
    fault = LEAKS[kind]
    if fault == "echo":
        poi = f"name {key}"
        fault = Fault.of({
            "status": {"amap": "0", "baidu": 200, "tencent": 190, "tianditu": {"infocode": 9999, "cndesc": poi}}[name],
            "infocode": "10001", "info": poi, "message": poi, "msg": f"{key} 非法Key", "code": 1,
        })  # fmt: skip
    server.always = fault
    told = []
    geocoder = make(
        name, own={"timeout_s": 0.2} if kind == "timeout" else {}, progress=lambda text, *_: told.append(text)
    )
    found = geocoder.find(HOUSE)
    if kind != "timeout":
        assert any(key in asked.target for asked in server.asked), "the service itself does get it"
    written = "\n".join(path.read_text(encoding="utf-8") + str(path) for path in kept_files(make))
    out, err = capsys.readouterr()
    shown = (geocoder, geocoder.__dict__, geocoder._means, found, geocoder.findings, make.sent, told)
    for text in (
        written,
        out,
        err,
        caplog.text,
        *(repr(one) for one in shown),
        *(record.getMessage() for record in caplog.records),
    ):
        assert key not in text
    with pytest.raises(TypeError):
        pickle.dumps(geocoder._means.secret)


@EACH_CHINESE
@pytest.mark.parametrize("kind", ["cut", "page", "HTTP 500", "garbage", "redirect", "timeout", "nobody"])
def test_no_chain_of_exceptions_carries_the_key(kind, name, make, server):
    geocoder = make(name, own={"timeout_s": 0.2})
    means = geocoder._means
    server.always = LEAKS.get(kind, Fault(500))
    url = "http://127.0.0.1:9" if kind == "nobody" else server.url
    from walkshed.places.geocoders.transport import ask_json
    from walkshed.web import FailedError

    with pytest.raises(FailedError) as caught:
        ask_json(f"{url}/x", (("a", "b"),), secret=means.secret, headers={}, timeout_s=0.2)
    assert KEYS[name] not in everything(caught.value)
    assert len(chain_of(caught.value)) == 1


def test_a_place_named_like_the_key_is_kept_without_it(make, server):
    key = KEYS["amap"]
    poi = {
        "id": key,
        "name": f"香雪苑{key}",
        "typecode": "120302",
        "address": key,
        "location": "120.25,31.55",
    }
    server.faults = [Fault.of({"status": "1", "infocode": "10000", "pois": [poi]})]
    (found,) = make("amap").find(Query("e", "香雪苑", city=CITY))[:1]
    assert found.name == "香雪苑***"
    assert all(key not in path.read_text(encoding="utf-8") for path in kept_files(make))


def test_user_and_password_of_an_own_server_are_told_to_nobody(make, server):
    geocoder = make("nominatim", own={"url": server.url.replace("//", "//planner:s3cr%40t@")})
    assert geocoder.find(HOME)
    assert server.asked[0].headers["Authorization"] == "Basic cGxhbm5lcjpzM2NyQHQ="  # planner:s3cr@t
    written = "".join(path.read_text(encoding="utf-8") for path in kept_files(make))
    assert "s3cr" not in written + repr(geocoder) + repr(make.sent)


# --- pace ------------------------------------------------------------------------------------------------


def test_the_public_servers_are_asked_at_their_pace_and_ones_own_as_fast_as_it_can(make, tmp_path):
    public = {name: kind.declared.pause_s for name, kind in PROVIDERS.items()}
    environ = {f"WALKSHED_{key.upper()}_KEY": value for key, value in KEYS.items()}
    for made in make_geocoders(list(PROVIDERS), cache=tmp_path, environ=environ):
        assert made._means.pause_s == public[made.name] > 0
        assert made._means.url == made.declared.url
    assert public["nominatim"] >= 1.0
    assert make("nominatim")._means.pause_s == 0.0
    assert make("nominatim", own={"pause_s": 0.5})._means.pause_s == 0.5


def test_requests_keep_their_distance(make):
    now, waits = [0.0], []

    def sleep(seconds):
        waits.append(seconds)
        now[0] += seconds

    geocoder = make("nominatim", own={"pause_s": 1.0}, pace=Pace(clock=lambda: now[0], sleep=sleep))
    geocoder.find(HOME)
    now[0] += 0.25
    geocoder.find(NOWHERE)
    geocoder.find(HOME)  # kept: no pause
    now[0] += 5.0
    geocoder.find(Query("e", "荣德苑一期", city=CITY))
    assert waits == [0.75]


@settings(max_examples=100)
@given(st.lists(st.tuples(st.floats(0, 3), st.sampled_from("ab")), max_size=30))
def test_no_two_requests_to_one_server_are_closer_than_its_pause(steps):
    now, times = [0.0], {"a": [], "b": []}

    def sleep(seconds):
        now[0] += seconds

    pace = Pace(clock=lambda: now[0], sleep=sleep)
    for gap, server in steps:
        now[0] += gap
        pace.wait(server, 1.0)
        times[server].append(now[0])
    for row in times.values():
        assert all(later - earlier >= 1.0 - 1e-9 for earlier, later in pairwise(row))


# --- making them -----------------------------------------------------------------------------------------


def faults_of(names, **more):
    with pytest.raises(walkshed.InputError) as caught:
        make_geocoders(names, cache="nowhere", **{"environ": {}} | more)
    return caught.value.faults


@pytest.mark.parametrize(
    ("written", "meant"), [("nominatm", "nominatim"), ("高德", "amap"), ("AMAP", "amap"), ("bing", "")]
)
def test_an_unknown_service_is_told_with_the_one_that_may_be_meant(written, meant):
    (fault,) = faults_of([written], settings={written: {}})
    assert fault.code == "places.unknown_provider"
    assert (f'did you mean "{meant}"' in fault.text.en) == bool(meant)
    assert all(name in fault.text.zh for name in ALL)


@EACH_CHINESE
def test_a_missing_key_is_told_with_its_variable(name):
    (fault,) = faults_of([name])
    assert fault.code == "places.no_key"
    assert f"WALKSHED_{name.upper()}_KEY" in fault.text.en
    assert f"WALKSHED_{name.upper()}_KEY" in fault.text.zh


@pytest.mark.parametrize("key", ["short", "with space inside", "密钥密钥密钥密钥", "x" * 300])
def test_what_is_no_key_is_told_without_showing_it(key):
    (fault,) = faults_of(["amap"], environ={"WALKSHED_AMAP_KEY": key})
    assert fault.code == "places.bad_key"
    assert key not in fault.in_("en") + fault.in_("zh")


def test_quotes_and_blanks_around_a_key_do_not_matter(make):
    assert make("amap", environ={"WALKSHED_AMAP_KEY": f' "{KEYS["amap"]}"\n'}).find(HOME)


def test_all_faults_come_at_once():
    settings_ = {
        "nominatim": {"url": "ftp://x", "pause_s": -1, "speed": 3},
        "amap": {"key": "abcdefgh12345678"},
        "bing": {},
    }
    faults = faults_of(["nominatim", "nominatim", "amap", "gogle"], settings=settings_)
    assert sorted(fault.code for fault in faults) == sorted([
        "places.named_twice", "places.unknown_provider", "places.unknown_provider", "places.bad_endpoint",
        "places.setting", "places.setting", "places.setting", "places.no_key",
    ])  # fmt: skip
    assert not any("abcdefgh" in fault.in_(language) for fault in faults for language in ("en", "zh"))
    for fault in faults:
        assert re.search(r"[\u4e00-\u9fff]", fault.text.zh)
        assert not re.search("[，。；：“”]", fault.text.en)


@pytest.mark.parametrize(
    "url",
    ["10.0.0.5:8088", "http://", "https://a b", "http://x?key=1", "http://x:99999", "file:///etc/passwd"],
)
def test_an_address_that_is_none(url):
    (fault,) = faults_of(["nominatim"], settings={"nominatim": {"url": url}})
    assert fault.code == "places.bad_endpoint"


@pytest.mark.parametrize("value", [True, "3", None, -1, float("nan"), float("inf"), 1e12])
def test_settings_that_are_no_numbers(value):
    (fault,) = faults_of(["nominatim"], settings={"nominatim": {"per_day": value}})
    assert fault.code == "places.setting"


def test_an_own_server_may_stand_in_the_environment(tmp_path):
    (made,) = make_geocoders(
        ["photon"], cache=tmp_path, environ={"WALKSHED_PHOTON_URL": "http://10.0.0.5:2322/"}
    )
    assert made._means.url == "http://10.0.0.5:2322"


def test_the_server_speaks_every_dialect():
    assert {service for service, _ in ROUTES.values()} == set(ALL)
