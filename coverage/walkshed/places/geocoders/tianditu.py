"""Tianditu (天地图): POI search, and addresses to coordinates; CGCS2000, which is WGS84 to a few centimetres.

After its documents: http://lbs.tianditu.gov.cn/server/geocodinginterface.html (geocoder) and
http://lbs.tianditu.gov.cn/server/search2.html (v2/search and its information codes). How it refuses a key
or a quota is not documented; it sends a ``code``, a ``msg`` and a ``resolve``, whose words decide here.
"""

from __future__ import annotations

import json
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
)
from walkshed.places.geocoders.reading import CHINA, hits_of, pair_of, point_of, word_of
from walkshed.places.geocoders.wording import with_city

if TYPE_CHECKING:
    from collections.abc import Iterator

    from walkshed.places.candidate import Level, Query
    from walkshed.web import FailedError

_CHINA = "73,3,136,54"
_QUOTA_WORDS = ("超限", "配额", "次数", "上限", "限额")
_KEY_WORDS = ("key", "Key", "KEY", "密钥", "权限", "token", "白名单", "tk")


class Tianditu(Provider):
    """The national geographic service's web service."""

    declared: ClassVar[Declared] = Declared(
        name="tianditu",
        label="Tianditu 天地图",
        url="https://api.tianditu.gov.cn",
        datum="CGCS2000",
        pause_s=0.4,
        quota=Text("what an account has a day is in its console", "每日限额见控制台"),
        most_bytes=240,
        levels={
            **dict.fromkeys(("门址", "门牌号", "兴趣点", "POI", "商务大厦", "政府机构"), "building"),
            **dict.fromkeys(("地产小区", "住宅区", "小区"), "estate"),
            # a "place name or address" may be a house or a hamlet: no finer than a street
            **dict.fromkeys(("地名地址", "道路", "交叉路口", "街巷"), "street"),
            **dict.fromkeys(("村庄", "村", "社区", "商圈"), "community"),
            **dict.fromkeys(("乡镇", "街道", "区县", "市", "城市", "省", "国家"), "district"),
        },
        key_variable="WALKSHED_TIANDITU_KEY",
        key_parameter="tk",
        key_page="console.tianditu.gov.cn",
    )  # fmt: skip

    def asks(self, query: Query) -> Iterator[Ask]:
        """Yield the search for the name, then the address, or the name as an address."""
        if query.name:
            words = {"keyWord": query.name, "start": "0", "count": "10", "show": "2"}
            where = (
                {"queryType": "12", "specify": query.city}
                if query.city
                else {"queryType": "7", "mapBound": _CHINA, "level": "12"}
            )
            yield Ask("search", "/v2/search", (("postStr", _packed(words | where)), ("type", "query")))
        address = with_city(query.address or query.name, query.city)
        yield Ask("geocode", "/geocoder", (("ds", _packed({"keyWord": address})),))

    def read(self, ask: Ask, data: Any) -> list[Hit]:
        """Return the places of an answer."""
        if (failed := self.explain(data)) is not None:
            raise failed
        if ask.interface == "search":
            if int(data["status"]["infocode"]) == 3001:
                return []
            area = data.get("area")
            return [
                *hits_of(data.get("pois") or [], self._poi),
                *hits_of([area] if isinstance(area, dict) else area or [], self._area),
            ]
        return [] if str(data["status"]) == "101" else hits_of([data["location"]], self._geocode)

    def explain(self, data: Any) -> FailedError | None:
        """Return what an answer's status means, None if it is a success or a true "nothing"."""
        status = data.get("status")
        if isinstance(status, dict):
            return self._explain_search(int(status["infocode"]), status.get("cndesc"))
        if status is None:
            return self._explain_gate(data)
        if str(status) in {"0", "101"}:
            return None
        says = said(status, data.get("msg"))
        return refused_query(says) if str(status) in {"1", "404"} else refused(says)

    def _explain_search(self, code: int, message: object) -> FailedError | None:
        if code in {1000, 3001}:
            return None
        says = said(code, message)
        if 2000 <= code < 3000:
            return refused_query(says)
        return server_error(says) if code in {3000, 7000} else refused(says)

    def _explain_gate(self, data: Any) -> FailedError:
        says = said(data["code"], data["msg"])
        words = f"{data['msg']} {data.get('resolve', '')}"
        if any(word in words for word in _QUOTA_WORDS):
            return stop_for_quota(says, self.declared.quota)
        key = any(word in words for word in _KEY_WORDS)
        return stop_for_key(says, self.declared.key_variable) if key else refused(says)

    def _poi(self, item: Any) -> Hit:
        lon, lat = pair_of(item["lonlat"], within=CHINA)
        kind = word_of(item.get("typeName"))
        stop = str(item.get("poiType", "")) == "102"
        return Hit(
            lon, lat, word_of(item["name"]), "street" if stop else _level_of_poi(kind), word=kind or "POI",
            address=word_of(item.get("address")), id=word_of(item.get("hotPointID")),
        )  # fmt: skip

    def _area(self, item: Any) -> Hit:
        lon, lat = pair_of(item["lonlat"], within=CHINA)
        return Hit(
            lon, lat, word_of(item.get("name")), "district", word="行政区", id=str(item.get("adminCode", ""))
        )

    def _geocode(self, item: Any) -> Hit:
        lon, lat = point_of(item["lon"], item["lat"], within=CHINA)
        word = word_of(item.get("level"))
        score = item.get("score")
        sure = None if score is None else min(1.0, max(0.0, float(score) / 100))
        return Hit(
            lon, lat, word_of(item.get("keyWord")), self.declared.level_of(word), word=word, score=sure
        )


def _packed(words: dict[str, str]) -> str:
    return json.dumps(words, ensure_ascii=False, separators=(",", ":"))


def _level_of_poi(kind: str) -> Level:
    """Return the level of a POI by the name of its kind."""
    if any(word in kind for word in ("住宅", "小区", "宿舍")):
        return "estate"
    if any(word in kind for word in ("村", "社区名", "居民地")):
        return "community"
    return "street" if any(word in kind for word in ("道路", "公交站", "地铁站", "路口")) else "building"
