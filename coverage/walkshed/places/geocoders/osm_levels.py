"""How precise an answer of an OpenStreetMap geocoder is, by the tag of what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from walkshed.places.candidate import Level

_PLACES: dict[str, Level] = {
    "house": "building", "houses": "building", "plot": "estate", "city_block": "estate", "allotments": "estate",
    "farm": "estate", "isolated_dwelling": "estate", "square": "street",
    "neighbourhood": "community", "quarter": "community", "hamlet": "community", "village": "community",
    "locality": "community",
}  # fmt: skip
_ESTATES = {"residential", "commercial", "retail", "industrial", "education", "institutional", "construction"}


def level_of_tag(key: str, value: str, *, rank: int = 30) -> Level:
    """Return the level of a found object.

    Parameters
    ----------
    key, value
        Its main tag.
    rank
        Nominatim's ``place_rank``: 30 is a house or a thing in one, 26 and 27 a street, 25 to 20 a quarter.

    Examples
    --------
    >>> level_of_tag("landuse", "residential", rank=24), level_of_tag("place", "house")
    ('estate', 'building')
    >>> level_of_tag("place", "neighbourhood", rank=20), level_of_tag("boundary", "administrative", rank=12)
    ('community', 'district')
    """
    if key == "place":
        return _PLACES.get(value, "district")
    if key in {"landuse", "leisure", "natural"}:
        return "estate" if key == "leisure" or value in _ESTATES else "community"
    if key in {"highway", "railway", "public_transport"}:
        return "street"
    if key in {"boundary", "waterway"}:
        return "community" if rank >= 20 else "district"
    return "building" if rank >= 28 else "street" if rank >= 26 else "community" if rank >= 20 else "district"
