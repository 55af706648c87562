"""Tencent (腾讯): POI search, and addresses to coordinates; GCJ-02.

After its documents: https://lbs.qq.com/service/webService/webServiceGuide/address/Geocoder (geocoder/v1, with
``reliability`` and ``level``), https://lbs.qq.com/service/webService/webServiceGuide/search/webServiceSearch
(place/v1/search) and https://lbs.qq.com/service/webService/webServiceGuide/status.
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
from walkshed.places.geocoders.reading import CHINA, hits_of, point_of, word_of
from walkshed.places.geocoders.wording import with_city

if TYPE_CHECKING:
    from collections.abc import Iterator

    from walkshed.places.candidate import Level, Query
    from walkshed.web import FailedError

_NOTHING = {347, 387, 393}
_QUOTA = {121}
_FAST = {120}
_KEY = {110, 111, 112, 113, 160, 161, 190, 199, 301, 311}


class Tencent(Provider):
    """Tencent's web service."""

    declared: ClassVar[Declared] = Declared(
        name="tencent",
        label="Tencent 腾讯",
        url="https://apis.map.qq.com",
        datum="GCJ-02",
        pause_s=0.25,
        quota=Text(
            "a personal account has 200 searches and 6,000 addresses a day (2025)",
            "个人开发者每日 200 次地点搜索、6000 次地址解析（2025 年）",
        ),
        most_bytes=96,
        levels={
            "9": "building", "11": "building", "10": "estate", "7": "street", "8": "street",
            "4": "community", "6": "community", "1": "district", "2": "district", "3": "district", "5": "district",
        },
        key_variable="WALKSHED_TENCENT_KEY",
        key_parameter="key",
        key_page="lbs.qq.com",
    )  # fmt: skip

    def asks(self, query: Query) -> Iterator[Ask]:
        """Yield the search for the name in the city, then the address, or the name as an address."""
        if query.name and query.city:
            where = (("boundary", f"region({query.city},0)"), ("page_size", "10"), ("output", "json"))
            yield Ask("search", "/ws/place/v1/search", (("keyword", query.name), *where))
        address = with_city(query.address or query.name, query.city)
        yield Ask("geocode", "/ws/geocoder/v1/", (("address", address), ("output", "json")))

    def read(self, ask: Ask, data: Any) -> list[Hit]:
        """Return the places of an answer."""
        if int(data["status"]) in _NOTHING:
            return []
        if (failed := self.explain(data)) is not None:
            raise failed
        return (
            hits_of(data["data"], self._poi)
            if ask.interface == "search"
            else hits_of([data["result"]], self._geocode)
        )

    def explain(self, data: Any) -> FailedError | None:
        """Return what an answer's ``status`` means, None if it is a success."""
        status = int(data["status"])
        if status == 0:
            return None
        says = said(status, data.get("message"))
        if status in _QUOTA:
            return stop_for_quota(says, self.declared.quota)
        if status in _KEY:
            return stop_for_key(says, self.declared.key_variable)
        if status in _FAST:
            return too_fast(says)
        if 300 <= status < 400:  # among them an address without a city
            return refused_query(says)
        return server_error(says) if 500 <= status < 600 else refused(says)

    def _poi(self, item: Any) -> Hit:
        lon, lat = point_of(item["location"]["lng"], item["location"]["lat"], within=CHINA)
        kind = word_of(item.get("category"))
        return Hit(
            lon, lat, word_of(item["title"]), _level_of_poi(kind), word=kind,
            address=word_of(item.get("address")), id=str(item.get("id", "")),
        )  # fmt: skip

    def _geocode(self, result: Any) -> Hit:
        lon, lat = point_of(result["location"]["lng"], result["location"]["lat"], within=CHINA)
        word, sure = str(result.get("level", "")), int(result.get("reliability", 0))
        parts = result.get("address_components") or {}
        names = ("province", "city", "district", "street", "street_number")
        address = "".join(dict.fromkeys(word_of(parts.get(name)) for name in names))
        level = self.declared.level_of(word)
        return Hit(lon, lat, word_of(result.get("title")), level, word=word, address=address, score=sure / 10)


def _level_of_poi(kind: str) -> Level:
    """Return the level of a POI by its kind, as in 房产小区:住宅区:住宅小区."""
    if kind.startswith("房产小区") and "写字楼" not in kind and "商务楼宇" not in kind:
        return "estate"
    if kind.startswith("地名地址:行政地名"):
        return "district"
    return (
        "street"
        if any(word in kind for word in ("道路", "交通地名", "公交", "地铁站", "路口"))
        else "building"
    )
