"""Baidu (百度): POI search, and addresses to coordinates; asked for GCJ-02, its own default is BD-09.

After its documents: https://lbsyun.baidu.com/docs/webapi?title=geocoding/guide/webservice-geocoding-base
(geocoding/v3, with ``ret_coordtype``, ``confidence`` and ``level``),
https://lbsyun.baidu.com/docs/webapi?title=placev3/guide/webservice-placeapiV3/interfaceDocumentV2 (place/v2)
and https://lbsyun.baidu.com/index.php?title=webapi/appendix (status).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from walkshed.errors import Text
from walkshed.places.candidate import LEVELS
from walkshed.places.geocoders.answers import Hit
from walkshed.places.geocoders.provider import (
    Ask,
    Declared,
    Provider,
    refused,
    refused_query,
    said,
    server_error,
    stop_for_key,
    stop_for_quota,
    too_fast,
)
from walkshed.places.geocoders.reading import CHINA, hits_of, point_of, word_of
from walkshed.places.geocoders.wording import with_city

if TYPE_CHECKING:
    from collections.abc import Iterator

    from walkshed.places.candidate import Level, Query
    from walkshed.web import FailedError

_QUOTA = {4, 301, 302}
_FAST = {401, 402}
_QUERY = {2, 8}
_KEY = {3, 5, 9, 101, 102, *range(200, 300), 311, 502, 503}
_NOTHING = "无相关结果"


class Baidu(Provider):
    """Baidu's web service."""

    declared: ClassVar[Declared] = Declared(
        name="baidu",
        label="Baidu 百度",
        url="https://api.map.baidu.com",
        datum="GCJ-02",
        pause_s=0.4,
        quota=Text(
            "a personal account has 100 searches and 5,000 addresses a day",
            "个人开发者每日 100 次地点检索、5000 次地理编码",
        ),
        most_bytes=84,
        levels={
            **dict.fromkeys(
                (
                    "门址", "商务大厦", "政府机构", "生活服务", "休闲娱乐", "餐饮", "宾馆", "购物", "金融", "教育",
                    "医疗", "汽车服务", "停车场/停车区", "加油站", "火车站", "长途汽车站", "飞机场", "机场",
                    "港口/码头",
                ),
                "building",
            ),
            **dict.fromkeys(("地产小区", "工业园区", "旅游景点", "绿地"), "estate"),
            **dict.fromkeys(
                ("道路", "交叉路口", "桥", "收费区/收费站", "收费处/收费站"), "street"
            ),
            **dict.fromkeys(("村庄", "商圈"), "community"),
            **dict.fromkeys(("乡镇", "区县", "城市", "省", "国家", "UNKNOWN"), "district"),
        },
        key_variable="WALKSHED_BAIDU_KEY",
        key_parameter="ak",
        key_page="lbsyun.baidu.com",
    )  # fmt: skip

    def asks(self, query: Query) -> Iterator[Ask]:
        """Yield the search for the name, then the address, or the name as an address."""
        datum = (("ret_coordtype", _COORDTYPES[self._means.datum]), ("output", "json"))
        if query.name:
            region = (("region", query.city or "全国"), ("city_limit", "true"))
            size = (("scope", "2"), ("page_size", "10"))
            yield Ask("search", "/place/v2/search", (("query", query.name), *region, *size, *datum))
        address = with_city(query.address or query.name, query.city)
        city = (("city", query.city),) if query.city else ()
        yield Ask("geocode", "/geocoding/v3/", (("address", address), *city, *datum))

    def read(self, ask: Ask, data: Any) -> list[Hit]:
        """Return the places of an answer."""
        if (failed := self.explain(data)) is not None:
            raise failed
        if ask.interface == "search":
            return hits_of(data["results"], self._poi)
        # "internal error: no such result" is how it says that there is none
        return hits_of([data["result"]], self._geocode) if int(data["status"]) == 0 else []

    def explain(self, data: Any) -> FailedError | None:
        """Return what an answer's ``status`` means, None if it is a success or a true "nothing"."""
        status, message = int(data["status"]), word_of(data.get("message", data.get("msg")))
        if status == 0 or (status == 1 and _NOTHING in message):
            return None
        says = said(status, message)
        if status in _QUOTA:
            return stop_for_quota(says, self.declared.quota)
        if status in _KEY:
            return stop_for_key(says, self.declared.key_variable)
        if status in _FAST:
            return too_fast(says)
        if status in _QUERY:
            return refused_query(says)
        return server_error(says) if status == 1 else refused(says)

    def _poi(self, item: Any) -> Hit | None:
        if "location" not in item:  # a city with its number of results, or a suggested word
            return None
        lon, lat = point_of(item["location"]["lng"], item["location"]["lat"], within=CHINA)
        detail = item.get("detail_info") or {}
        kind = word_of(detail.get("classified_poi_tag")) or word_of(detail.get("tag"))
        return Hit(
            lon, lat, word_of(item["name"]), _level_of_poi(kind), word=kind,
            address=word_of(item.get("address")), id=word_of(item.get("uid")),
        )  # fmt: skip

    def _geocode(self, result: Any) -> Hit:
        lon, lat = point_of(result["location"]["lng"], result["location"]["lat"], within=CHINA)
        word, sure = word_of(result.get("level")), int(result.get("confidence", 0))
        level = _no_finer(self.declared.level_of(word), sure)
        shown = f"{word or 'UNKNOWN'} {sure}"
        return Hit(
            lon, lat, "", level, word=shown, score=min(sure, int(result.get("comprehension", 100))) / 100
        )


_COORDTYPES = {"GCJ-02": "gcj02ll", "BD-09": "bd09ll"}


def _no_finer(level: Level, confidence: int) -> Level:
    """Return a level that is no finer than the error Baidu gives for its confidence: 60 is 500 m, 40 is 2 km."""
    limit: Level = "building" if confidence >= 70 else "street" if confidence >= 60 else "community"
    limit = limit if confidence >= 40 else "district"
    return max(level, limit, key=LEVELS.index)


def _level_of_poi(kind: str) -> Level:
    """Return the level of a POI by its kind, as in 房地产;住宅区 or 行政地标;村庄."""
    if any(word in kind for word in ("住宅区", "宿舍", "地产小区")):
        return "estate"
    if any(word in kind for word in ("村庄", "商圈", "社区;")) and "行政" in kind:
        return "community"
    if "行政" in kind:
        return "district"
    return "street" if any(word in kind for word in ("道路", "公交车站", "路口", "地铁站")) else "building"
