"""Which of the places a geocoder offers is meant: one, or a sentence that asks the person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from walkshed.errors import Source, Text, input_error

_LIKE = 0.1
"""Importances (0..1) that differ by no more cannot decide between two places."""
_SAME_SHARE = 0.5
_SHOWN = 6
_PLACES = frozenset({"boundary", "place"})
_KINDS = {
    "administrative": Text("administrative area", "行政区"),
    "province": Text("province", "省"),
    "state": Text("state", "省级政区"),
    "city": Text("city", "城市"),
    "district": Text("district", "区"),
    "county": Text("county", "县"),
    "town": Text("town", "镇"),
    "suburb": Text("suburb", "城区"),
    "borough": Text("borough", "区"),
    "quarter": Text("quarter", "街区"),
    "neighbourhood": Text("neighbourhood", "社区"),
    "village": Text("village", "村"),
    "hamlet": Text("hamlet", "自然村"),
    "residential": Text("residential area", "住宅区"),
    "building": Text("building", "建筑"),
    "station": Text("station", "车站"),
    "road": Text("road", "道路"),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One place a geocoder offers.

    Attributes
    ----------
    label, kind
        Its name with where it lies, and what it is.
    group
        OSM's key: ``boundary``, ``place``, ``building`` …
    ref
        Its OSM id, as ``R123``; "" where it has none.
    importance
        Between 0 and 1.
    shape
        In degrees.
    """

    label: str
    kind: Text
    group: str
    ref: str
    importance: float
    shape: Any

    @classmethod
    def of(cls, item: Any) -> Candidate:
        """Read one result of Nominatim.

        Raises
        ------
        KeyError, TypeError, ValueError, AttributeError
            The result is not in Nominatim's form.
        """
        import shapely

        kind = str(item.get("addresstype") or item.get("type") or "")
        group = str(item.get("class") or item.get("category") or "")
        kind = group if kind == "yes" else kind
        osm_type, osm_id = item.get("osm_type"), item.get("osm_id")
        shape = item.get("geojson")
        return cls(
            label=str(item["display_name"]),
            kind=_KINDS.get(kind, Text(kind, kind)),
            group=group,
            ref=f"{osm_type[0].upper()}{int(osm_id)}" if osm_type and osm_id else "",
            importance=float(item["importance"]),
            shape=_shape(shape) if shape else shapely.Point(float(item["lon"]), float(item["lat"])),
        )

    @property
    def is_area(self) -> bool:
        """Whether it has an extent."""
        return self.shape.geom_type in {"Polygon", "MultiPolygon"}

    def in_(self, language: str) -> str:
        """Return it as one item of a list."""
        zh = language == "zh"
        what = self.kind.zh if zh else self.kind.en
        if not self.is_area:
            what = f"{what}，只有点位" if zh else f"{what}, a point only"
        more = [part for part in (what.strip("，, "), self.ref if self.is_area else "") if part]
        return f"{self.label}（{'，'.join(more)}）" if zh else f"{self.label} ({', '.join(more)})"


def _shape(geojson: Any) -> Any:
    from shapely.geometry import shape

    made = shape(geojson)
    if made.is_empty:
        raise ValueError("an empty geometry")
    return made


def is_reference(place: str) -> bool:
    """Tell whether a place is given by its OSM id.

    Examples
    --------
    >>> is_reference("R2192363"), is_reference("relation/2192363"), is_reference("荣巷街道")
    (True, False, False)
    """
    return re.fullmatch(r"[RWN]\d{1,15}", place) is not None


def check_candidates(place: str, candidates: list[Candidate], source: Source) -> Candidate:
    """Return the place that is meant: the most important one with an extent, if nothing rivals it.

    Raises
    ------
    InputError
        ``place.unknown``, ``place.point`` or ``place.ambiguous``.
    """
    if not candidates:
        raise input_error("place.unknown", _unknown(place), source)
    ranked = sorted(candidates, key=lambda one: -one.importance)
    areas = [one for one in ranked if one.is_area]
    best = ranked[0]
    if not areas or (best.importance - areas[0].importance > _LIKE and not _within(best, areas[0])):
        raise input_error("place.point", _point(place, best, areas[0] if areas else None), source)
    chosen = areas[0]
    rivals = [one for one in ranked if one is not chosen and _rivals(chosen, one)]
    if rivals:
        raise input_error("place.ambiguous", _ambiguous(place, [chosen, *rivals]), source)
    return chosen


def _rivals(chosen: Candidate, other: Candidate) -> bool:
    """Whether a person may as well have meant the other one."""
    if abs(chosen.importance - other.importance) > _LIKE and other.importance < chosen.importance:
        return False
    # a shop or a school of that name does not rival a town, but another shop rivals a shop
    if other.group != chosen.group and not {chosen.group, other.group} <= _PLACES:
        return False
    if not other.is_area:
        return not _within(other, chosen)
    return not _same_ground(chosen.shape, other.shape)


def _within(point: Candidate, area: Candidate) -> bool:
    import shapely

    return bool(shapely.intersects(shapely.make_valid(area.shape), point.shape))


def _same_ground(one: Any, other: Any) -> bool:
    """Whether two shapes are one place mapped twice, as a district and its boundary."""
    import shapely

    one, other = shapely.make_valid(one), shapely.make_valid(other)
    shared = shapely.area(shapely.intersection(one, other))
    return bool(shared > _SAME_SHARE * shapely.area(shapely.union(one, other)))


def _unknown(place: str) -> Text:
    if is_reference(place):
        return Text(
            f"OpenStreetMap has nothing with the id {place}; check the letter (R relation, W way) and the number",
            f"OpenStreetMap 中没有编号 {place}；请核对字母（R 关系、W 路径）和数字",
        )
    return Text(
        f'OpenStreetMap knows no place called "{place}"; write it with its city and province, '
        'as "荣巷街道, 无锡市, 江苏省", check the spelling, or give a street file with file = …',
        f"OpenStreetMap 中找不到“{place}”；请写全市、省，如“荣巷街道, 无锡市, 江苏省”，并检查用字，"
        "或用 file = … 指定路网文件",
    )


def _point(place: str, best: Candidate, area: Candidate | None) -> Text:
    en = zh = ""
    if area is not None and area.ref:
        en, zh = f"; if you mean {area.in_('en')}, write that id", f"；如指{area.in_('zh')}，请填写其编号"
    line = "Line" in best.shape.geom_type
    what = Text("a line", "一条线") if line else Text("a point", "一个点")
    return Text(
        f'"{place}" is {what.en} in OpenStreetMap, without an extent: {best.label} ({best.kind.en}); '
        f"name the larger place around it (the sub-district, the district), or give a street file with file = …{en}",
        f"“{place}”在 OpenStreetMap 中只是{what.zh}，没有范围：{best.label}（{best.kind.zh}）；"
        f"请改填它所在的街道、区等较大的地点，或用 file = … 指定路网文件{zh}",
    )


def _ambiguous(place: str, candidates: list[Candidate]) -> Text:
    shown = sorted(candidates, key=lambda one: -one.importance)[:_SHOWN]
    more = len(candidates) - len(shown)
    en = "; ".join(f"{n}) {one.in_('en')}" for n, one in enumerate(shown, start=1))
    zh = "；".join(f"{n}）{one.in_('zh')}" for n, one in enumerate(shown, start=1))
    ref = next((one.ref for one in shown if one.is_area and one.ref), "")
    by_id = Text(f', or the id of one, as place = "{ref}"', f'，或直接填写编号，如 place = "{ref}"')
    rest = Text(f"; and {more} more", f"；另有 {more} 处") if more else Text("", "")
    return Text(
        f'"{place}" may be several places: {en}{rest.en}. Write the city or province with it'
        + (by_id.en if ref else ""),
        f"“{place}”可能指多个地点：{zh}{rest.zh}。请加上所在的市或省" + (by_id.zh if ref else ""),
    )
