"""From the places a service gave to candidates in WGS84, best first."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from walkshed.errors import Text
from walkshed.places.candidate import LEVELS, Candidate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from walkshed.places.candidate import Level, Query
    from walkshed.places.geocoders.answers import Hit
    from walkshed.places.geocoders.provider import Declared

SHIFTED = ("GCJ-02", "BD-09")
_BY_LEVEL: dict[Level, float] = {
    "building": 0.8, "estate": 0.8, "street": 0.5, "community": 0.4, "district": 0.1,
}  # fmt: skip
"""How well an answer of a level answers for an estate or a venue, where the service does not say itself."""


def good_enough(hits: Sequence[Hit], query: Query) -> bool:
    """Whether an answer holds the very name at the level of an estate or a building: nothing more is asked."""
    wanted = _plain(query.name)
    return any(hit.level in {"building", "estate"} and wanted and _plain(hit.name) == wanted for hit in hits)


def _plain(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())


def candidates_of(hits: Sequence[Hit], query: Query, *, declared: Declared, datum: str) -> list[Candidate]:
    """Return places as candidates in WGS84, without repetitions, the same name first and the finest first.

    Parameters
    ----------
    hits
        As the service gave them, in its own order.
    query
        What was looked for.
    declared
        Which service it is.
    datum
        Of the coordinates.
    """
    wanted = _plain(query.name)
    order = sorted(
        enumerate(hits),
        key=lambda pair: (_plain(pair[1].name) != wanted, LEVELS.index(pair[1].level), pair[0]),
    )
    made: dict[tuple[str, float, float], Candidate] = {}
    for _, hit in order:
        one = _candidate(hit, declared, datum)
        made.setdefault((hit.name, hit.lon, hit.lat), one)
    return list(made.values())


def _candidate(hit: Hit, declared: Declared, datum: str) -> Candidate:
    lon, lat = to_wgs84(hit.lon, hit.lat, datum)
    word = hit.word or hit.level
    shifted = datum in SHIFTED
    evidence = Text(
        f"{declared.label} answers at its level {word}" + (f", in {datum}" if shifted else ""),
        f"{declared.label} 返回的级别为{word}" + (f"，坐标系 {datum}" if shifted else ""),
    )
    score = _BY_LEVEL[hit.level] if hit.score is None else min(1.0, max(0.0, hit.score))
    return Candidate(
        lon=lon, lat=lat, name=hit.name, level=hit.level, source=declared.name, score=round(score, 3),
        address=hit.address, evidence=evidence, ref=hit.id,
    )  # fmt: skip


def to_wgs84(lon: float, lat: float, datum: str) -> tuple[float, float]:
    """Return a point of a datum in WGS84, to 1e-8 degrees (a millimetre).

    Examples
    --------
    >>> to_wgs84(24.9414, 60.1675, "GCJ-02")  # outside China nothing is shifted
    (24.9414, 60.1675)
    >>> lon, lat = to_wgs84(120.25, 31.55, "GCJ-02")
    >>> 0.003 < 120.25 - lon < 0.006
    True
    """
    if datum not in SHIFTED:
        return float(lon), float(lat)
    from walkshed.datum import convert

    x, y = convert(lon, lat, source=datum, target="EPSG:4326")
    return round(float(x), 8), round(float(y), 8)
