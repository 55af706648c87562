"""Photon: a geocoder for OpenStreetMap by Komoot, the public one or an office's own; WGS84.

After its documents: https://github.com/komoot/photon/blob/master/docs/api-v1.md (api, GeoJSON).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from walkshed.errors import Text
from walkshed.places.geocoders.answers import Hit
from walkshed.places.geocoders.nominatim import apart
from walkshed.places.geocoders.osm_levels import level_of_tag
from walkshed.places.geocoders.provider import Ask, Declared, Provider, refused, refused_query, said
from walkshed.places.geocoders.reading import hits_of, point_of, word_of
from walkshed.places.geocoders.wording import words_with_city

if TYPE_CHECKING:
    from collections.abc import Iterator

    from walkshed.places.candidate import Query
    from walkshed.web import FailedError

_TYPES = {"N": "node", "W": "way", "R": "relation"}
_RANKS = {"country": 4, "state": 8, "county": 12, "city": 16, "district": 18, "locality": 22, "street": 26}


class Photon(Provider):
    """A Photon server."""

    declared: ClassVar[Declared] = Declared(
        name="photon",
        label="Photon",
        url="https://photon.komoot.io",
        datum="WGS84",
        pause_s=1.0,
        quota=Text(
            "the public server slows down who asks much; run one's own for a whole city",
            "公共服务器会限制大量请求；全市范围请自建服务器",
        ),
        most_bytes=400,
        levels={},
    )

    def asks(self, query: Query) -> Iterator[Ask]:
        """Yield the name with its city, then the address with its house number apart.

        The public server knows no Chinese labels (``lang=zh`` is refused): names come as the place writes them.
        """
        for text in (query.name, apart(query.address) if query.address else ""):
            if text:
                words = words_with_city(text, query.city)
                yield Ask("search", "/api", (("q", words), ("limit", "10"), ("lang", "default")))

    def read(self, _ask: Ask, data: Any) -> list[Hit]:
        """Return the places of an answer."""
        if "features" not in data:
            raise self.explain(data) or refused("")
        return hits_of(data["features"], self._place)

    def explain(self, data: Any) -> FailedError | None:
        """Return what an error of its own says."""
        return refused_query(said("", data["message"]))

    def _place(self, item: Any) -> Hit:
        lon, lat = point_of(*item["geometry"]["coordinates"][:2])
        tags = item["properties"]
        key, value = word_of(tags.get("osm_key")), word_of(tags.get("osm_value"))
        names = ("street", "housenumber", "district", "city", "county", "state", "country")
        parts = dict.fromkeys(filter(None, (word_of(tags.get(name)) for name in names)))
        kind = _TYPES.get(word_of(tags.get("osm_type")), "")
        return Hit(
            lon, lat, word_of(tags.get("name")),
            level_of_tag(key, value, rank=_RANKS.get(word_of(tags.get("type")), 30)),
            word=f"{key}={value}", address=", ".join(parts), id=f"{kind}/{tags['osm_id']}" if kind else "",
        )  # fmt: skip
