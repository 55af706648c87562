"""Amap (高德): POI search, and addresses to coordinates; GCJ-02.

After its documents: https://lbs.amap.com/api/webservice/guide/api/georegeo (geocode/geo, with the levels of
7 December 2023), https://lbs.amap.com/api/webservice/guide/api/search (place/text) and
https://lbs.amap.com/api/webservice/guide/tools/info (infocode).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from walkshed.errors import Text
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
from walkshed.places.geocoders.reading import CHINA, hits_of, pair_of, word_of
from walkshed.places.geocoders.wording import with_city

if TYPE_CHECKING:
    from collections.abc import Iterator

    from walkshed.places.candidate import Level, Query
    from walkshed.web import FailedError

# IP_QUERY_OVER_LIMIT and the daily limits end with the day (10010 not even then); the others pass
_QUOTA = {"10003", "10010", "10044", "10045", "40000", "40002", "40003"}
_FAST = {"10004", "10014", "10015", "10019", "10020", "10021", "10029"}
_BUSY = {"10016", "10017", "20003"}
_KEY = {
    "10001",
    "10002",
    "10005",
    "10006",
    "10007",
    "10008",
    "10009",
    "10011",
    "10012",
    "10013",
    "10026",
    "10041",
}
_QUERY = {"20000", "20001", "20002", "20011", "20012", "20800", "20801", "20802"}


class Amap(Provider):
    """Amap's web service."""

    declared: ClassVar[Declared] = Declared(
        name="amap",
        label="Amap 高德",
        url="https://restapi.amap.com",
        datum="GCJ-02",
        pause_s=0.4,
        quota=Text(
            "a personal account has 100 searches and 5,000 addresses a day (2022)",
            "个人开发者每日 100 次搜索、5000 次地理编码（2022 年）",
        ),
        most_bytes=240,  # 80 characters
        levels={
            "门牌号": "building", "门址": "building", "单元号": "building", "楼层": "building", "房间": "building",
            "兴趣点": "building", "住宅区": "estate",
            "道路": "street", "小巷": "street", "道路交叉路口": "street", "公交站台、地铁站": "street",
            "公交地铁站点": "street",
            "村庄": "community", "热点商圈": "community",
            "开发区": "district", "乡镇": "district", "区县": "district", "市": "district", "省": "district",
            "国家": "district", "未知": "district",
        },
        key_variable="WALKSHED_AMAP_KEY",
        key_parameter="key",
        key_page="lbs.amap.com",
    )  # fmt: skip

    def asks(self, query: Query) -> Iterator[Ask]:
        """Yield the search for the name, then the address, or the name as an address."""
        if query.name:
            parameters = [("keywords", query.name)]
            if query.city:
                parameters += [("city", query.city), ("citylimit", "true")]
            parameters += [("offset", "10"), ("page", "1"), ("extensions", "base"), ("output", "JSON")]
            yield Ask("search", "/v3/place/text", tuple(parameters))
        address = with_city(query.address or query.name, query.city)
        yield Ask("geocode", "/v3/geocode/geo", (("address", address), ("output", "JSON")))

    def read(self, ask: Ask, data: Any) -> list[Hit]:
        """Return the places of an answer."""
        if (failed := self.explain(data)) is not None:
            raise failed
        return (
            hits_of(data["pois"], self._poi)
            if ask.interface == "search"
            else hits_of(data["geocodes"], self._geocode)
        )

    def explain(self, data: Any) -> FailedError | None:
        """Return what an answer's ``infocode`` means, None if it is a success."""
        if str(data["status"]) == "1":
            return None
        code, says = str(data.get("infocode", "")), said(data.get("infocode", ""), data.get("info"))
        if code in _QUOTA:
            return stop_for_quota(says, self.declared.quota)
        if code in _KEY:
            return stop_for_key(says, self.declared.key_variable)
        if code in _FAST:
            return too_fast(says)
        if code in _BUSY:
            return server_error(says)
        # 3xxxx: the engine behind it could not work on this text
        return refused_query(says) if code in _QUERY or code.startswith("3") else refused(says)

    def _poi(self, item: Any) -> Hit:
        lon, lat = pair_of(item["location"], within=CHINA)
        kind = str(item.get("typecode", ""))
        return Hit(
            lon, lat, word_of(item["name"]), _level_of_poi(kind), word=word_of(item.get("type")),
            address=word_of(item.get("address")), id=word_of(item.get("id")),
        )  # fmt: skip

    def _geocode(self, item: Any) -> Hit:
        lon, lat = pair_of(item["location"], within=CHINA)
        word = word_of(item.get("level"))
        level = self.declared.level_of(word)
        return Hit(lon, lat, "", level, word=word, address=word_of(item.get("formatted_address")))


def _level_of_poi(typecode: str) -> Level:
    """Return the level of a POI by its code: 1203 housing, 1901 places, 1903 roads, 1505 and 1507 stops."""
    first = typecode.partition("|")[0]
    if first.startswith("1203"):
        return "building" if first == "120304" else "estate"  # a community's centre
    if first.startswith("1901"):
        return "community" if first in {"190108", "190109"} else "district"  # a village
    return "street" if first.startswith(("1903", "1505", "1507")) else "building"
