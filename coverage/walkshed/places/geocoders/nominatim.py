"""Nominatim: OpenStreetMap's geocoder, the public one or an office's own; WGS84.

After its documents: https://nominatim.org/release-docs/latest/api/Search/ (format jsonv2) and
https://operations.osmfoundation.org/policies/nominatim/ (one request a second, a name of one's own, results kept).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from walkshed.errors import Text
from walkshed.places.geocoders.answers import Hit
from walkshed.places.geocoders.osm_levels import level_of_tag
from walkshed.places.geocoders.provider import Ask, Declared, Provider, refused, refused_query, said
from walkshed.places.geocoders.reading import hits_of, point_of, word_of
from walkshed.places.geocoders.wording import is_chinese, words_with_city

if TYPE_CHECKING:
    from collections.abc import Iterator

    from walkshed.places.candidate import Query
    from walkshed.web import FailedError


class Nominatim(Provider):
    """A Nominatim server."""

    declared: ClassVar[Declared] = Declared(
        name="nominatim",
        label="Nominatim",
        url="https://nominatim.openstreetmap.org",
        datum="WGS84",
        pause_s=1.0,
        quota=Text(
            "the public server is for a few hundred places, not for a whole city; run one's own for that",
            "公共服务器只适合几百个地点；全市范围请自建服务器",
        ),
        most_bytes=400,
        levels={},
    )

    def asks(self, query: Query) -> Iterator[Ask]:
        """Yield the name with its city, then the address with its house number apart."""
        if query.name:
            yield self._ask(query.name, query.city)
        if query.address:
            yield self._ask(apart(query.address), query.city)

    def _ask(self, text: str, city: str) -> Ask:
        return Ask(
            "search", "/search", (("q", words_with_city(text, city)), ("format", "jsonv2"), ("limit", "10"))
        )

    def read(self, _ask: Ask, data: Any) -> list[Hit]:
        """Return the places of an answer."""
        if isinstance(data, dict):
            raise self.explain(data) or refused("")
        return hits_of(data, self._place)

    def explain(self, data: Any) -> FailedError | None:
        """Return what an error of its own says."""
        error = data["error"]
        code, message = (error.get("code"), error.get("message")) if isinstance(error, dict) else ("", error)
        return refused_query(said(code, message)) if str(code) == "400" else refused(said(code, message))

    def _place(self, item: Any) -> Hit:
        lon, lat = point_of(item["lon"], item["lat"])
        key, value = word_of(item.get("category")), word_of(item.get("type"))
        return Hit(
            lon, lat, word_of(item.get("name")), level_of_tag(key, value, rank=int(item.get("place_rank", 30))),
            word=f"{key}={value}", address=word_of(item.get("display_name")),
            id=f"{item['osm_type']}/{item['osm_id']}" if item.get("osm_id") else "",
        )  # fmt: skip


def apart(address: str) -> str:
    """Return an address with its house number apart: Nominatim finds 天河路 12号, but not 天河路12号.

    Districts and communities in front of the road are left out: where OpenStreetMap lacks one of them,
    nothing would be found. The city is named besides, by whoever asks.

    Examples
    --------
    >>> apart("滨湖区天河路12号桃源人家3幢"), apart("Mannerheimintie 10")
    ('天河路 12号', 'Mannerheimintie 10')
    """
    if not is_chinese(address):
        return address
    from walkshed.naming import split_address

    parts = split_address(address)
    return f"{parts.road} {parts.number}".strip() or parts.rest or address
