"""What speaks for and against a candidate, and which of several is the place: the rules, one row at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from walkshed.errors import Text
from walkshed.geodesy import distance_m
from walkshed.naming.judging import ENDING
from walkshed.places.answer import Answer, Seen
from walkshed.places.candidate import LEVELS
from walkshed.places.likeness import alike, same_address

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from walkshed.places.candidate import Candidate, Query
    from walkshed.places.community import Community

OWN_SOURCES = frozenset({"gazetteer", "known"})
"""Sources on this machine, whose scores are our own matching."""
_TIE = 0.03
_OTHER_ENDING = ENDING["other"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What is near enough and like enough.

    Attributes
    ----------
    sure_score
        From which score on, 0 to 1, a name is the same name.
    agree_m
        How far apart two sources may put one estate; ``agree_venue_m`` for a venue, which is smaller.
    outside_m
        How far outside its community's boundary a place may lie.
    median_m
        How far it may lie from the median of its community's members, where no boundary is known.
    far_m
        How far it may lie from the middle of the study: beyond is another city.
    same_m
        Up to which distance two places are one spot.
    """

    sure_score: float = 0.9
    agree_m: float = 250.0
    agree_venue_m: float = 120.0
    outside_m: float = 300.0
    median_m: float = 2500.0
    far_m: float = 25_000.0
    same_m: float = 3.0


def judge(query: Query, candidate: Candidate, *, community: Community | None, rules: Rules) -> Seen:
    """Return a candidate with everything that speaks against it."""
    doubts: list[Text] = []
    score, name_doubt = _named(query, candidate, rules)
    if candidate.level in {"street", "community", "district"}:
        what = _ONLY[candidate.level]
        doubts.append(
            Text(f"only {what.en} is known, not the place itself", f"只定位到{what.zh}，不是具体地点")
        )
    if name_doubt is not None:
        doubts.append(name_doubt)
    if query.near is not None:
        away = float(distance_m(*query.near, candidate.lon, candidate.lat))
        if away > rules.far_m:
            km = away / 1000
            doubts.append(
                Text(
                    f"lies {km:,.0f} km from the study's other places: another city?",
                    f"距研究区 {km:,.0f} 公里，可能在其他城市",
                )
            )
    metres = None if community is None else community.distance_m(candidate.lon, candidate.lat)
    if community is not None and metres is not None and (doubt := _outside(community, metres, rules)):
        doubts.append(doubt)
    seen = Seen(candidate, score, metres)
    for doubt in doubts:
        seen = seen.doubted(doubt)
    return seen


_ONLY = {
    "street": Text("a street or a stop", "道路或车站"),
    "community": Text("a community", "社区"),
    "district": Text("a district or town", "区县或乡镇"),
}


def _named(query: Query, candidate: Candidate, rules: Rules) -> tuple[float, Text | None]:
    """Return how well the name answers the question, and the doubt about it."""
    if candidate.source in OWN_SOURCES:
        if candidate.score >= rules.sure_score:
            return candidate.score, None
        return candidate.score, candidate.evidence
    like = alike(query.name, candidate.name)
    if like.sure:
        return like.score, None
    if any(same_address(query.address, one) for one in (candidate.address, candidate.name)):
        return max(like.score, rules.sure_score), None
    called = candidate.name or candidate.address
    return like.score, Text(
        f'it is called "{called}" there, not "{query.name}": {like.evidence.en}',
        f"该处名称为“{called}”，不是“{query.name}”：{like.evidence.zh}",
    )


def _outside(community: Community, metres: float, rules: Rules) -> Text | None:
    limit = rules.median_m if community.shape is None else rules.outside_m
    if metres <= limit:
        return None
    if community.shape is None:
        return Text(
            f"lies {metres:,.0f} m from the middle of {community.name}'s other places",
            f"距{community.name}其他地点的中心 {metres:,.0f} 米",
        )
    return Text(
        f"lies {metres:,.0f} m outside the boundary of {community.name}",
        f"在{community.name}边界外 {metres:,.0f} 米",
    )


def in_order(seen: Sequence[Seen]) -> tuple[Seen, ...]:
    """Return candidates best first: sure ones, then by name, precision, and distance from the community."""

    def rank(one: Seen) -> tuple[Any, ...]:
        metres = one.community_m if one.community_m is not None else 0.0
        place = one.candidate
        return (
            not one.sure, -round(one.name_score, 3), LEVELS.index(place.level), round(metres),
            place.source not in OWN_SOURCES, place.source, place.ref, place.lon, place.lat,
        )  # fmt: skip

    return tuple(sorted(seen, key=rank))


def settle(
    query: Query,
    seen: Sequence[Seen],
    *,
    community: Community | None,
    rules: Rules,
    outline: Callable[[str], Any] = lambda _ref: None,
) -> Answer:
    """Return the one answer of all candidates of a row.

    Parameters
    ----------
    query, seen
        What was looked for, and the judged candidates.
    community
        The declared community, where its place is known: it decides between places of one name.
    outline
        From an object's ref to its outline: what another source puts inside it agrees with it.
    """
    ordered = in_order(seen)
    sure = [one for one in ordered if one.sure]
    if not ordered:
        text = Text("no source knows such a name or address", "各来源均无此名称或地址")
        return Answer(query, "not_found", "places.not_found", text)
    if not sure:
        doubt = ordered[0].doubt or Text("", "")
        return Answer(query, "doubtful", "places.unsure", doubt, ordered)
    limit = rules.agree_venue_m if query.kind == "venue" else rules.agree_m
    apart = _Apart(limit, outline)
    agreement = _agreement(sure, apart)
    first, rivals = sure[0], [one for one in sure[1:] if not apart.agree(sure[0], one)]
    rivals += _other_endings(first, ordered, apart)
    if rivals:
        first, rivals, why = _tie_broken(sure, rivals, community, apart)
    else:
        why = Text("", "")
    if rivals:
        code, text = _disagree(first, rivals, apart)
        return Answer(query, "doubtful", code, text, ordered, agreement_m=agreement)
    place = first.candidate
    reason = joined_why(first, why, len({one.candidate.source for one in sure}), agreement)
    ordered = (first, *(one for one in ordered if one is not first))
    return Answer(
        query, "matched", "places.matched", reason, ordered, place.lon, place.lat, agreement_m=agreement
    )


def _other_endings(first: Seen, ordered: Sequence[Seen], apart: _Apart) -> list[Seen]:
    """Return places of the same core and another ending (苑, 花园), which rival a name that is not quite the same."""
    if first.name_score >= 1.0 or first.candidate.source not in OWN_SOURCES:
        return []
    return [
        one
        for one in ordered
        if not one.sure
        and one.candidate.source in OWN_SOURCES
        and one.candidate.level in {"building", "estate"}
        and one.name_score >= _OTHER_ENDING
        and not apart.agree(first, one)
    ]


@dataclass(frozen=True, slots=True)
class _Apart:
    limit_m: float
    outline: Callable[[str], Any]

    def metres(self, one: Seen, other: Seen) -> float:
        a, b = one.candidate, other.candidate
        for inner, outer in ((a, b), (b, a)):
            shape = self.outline(outer.ref) if outer.source in OWN_SOURCES and outer.ref else None
            if shape is not None and _covers(shape, inner):
                return 0.0
        return float(distance_m(a.lon, a.lat, b.lon, b.lat))

    def agree(self, one: Seen, other: Seen) -> bool:
        return self.metres(one, other) <= self.limit_m


def _covers(shape: Any, place: Candidate) -> bool:
    import shapely

    if shape.geom_type not in {"Polygon", "MultiPolygon"}:
        return False
    return bool(shape.covers(shapely.Point(place.lon, place.lat)))


def _agreement(sure: Sequence[Seen], apart: _Apart) -> float | None:
    """Return the largest distance between the first sure candidates of any two sources."""
    firsts: dict[str, Seen] = {}
    for one in sure:
        firsts.setdefault(one.candidate.source, one)
    ones = list(firsts.values())
    if len(ones) < 2:
        return None
    return max(apart.metres(a, b) for number, a in enumerate(ones) for b in ones[number + 1 :])


def _tie_broken(
    sure: Sequence[Seen], rivals: list[Seen], community: Community | None, apart: _Apart
) -> tuple[Seen, list[Seen], Text]:
    """Decide between places of one name by the community, else by a clearly better name of one source."""
    first = sure[0]
    if community is not None and community.shape is not None:
        inside = [one for one in sure if one.community_m == 0.0]
        if inside and all(apart.agree(inside[0], one) for one in inside):
            why = Text(
                f"the only one inside the boundary of {community.name}",
                f"唯一位于{community.name}边界内的一处",
            )
            return inside[0], [], why
    elif community is not None:
        near = sorted(sure, key=lambda one: one.community_m or 0.0)
        others = [one for one in near if not apart.agree(near[0], one)]
        if others and (others[0].community_m or 0.0) > 3 * max(near[0].community_m or 0.0, 300.0):
            why = Text(
                f"the one near {community.name}'s other places", f"最靠近{community.name}其他地点的一处"
            )
            return near[0], [], why
    better = all(
        one.sure
        and one.candidate.source == first.candidate.source
        and one.name_score < first.name_score - _TIE
        for one in rivals
    )
    if better:
        return first, [], Text("its name fits better than the others'", "名称最为吻合")
    return first, rivals, Text("", "")


def _disagree(first: Seen, rivals: Sequence[Seen], apart: _Apart) -> tuple[str, Text]:
    other = rivals[0]
    metres = apart.metres(first, other)
    one, two = first.candidate.source, other.candidate.source
    if one == two:
        count = len(rivals) + 1
        return "places.several", Text(
            f"{count} places answer to this name, {metres:,.0f} m apart; say which one is meant",
            f"有 {count} 处同名地点，相距 {metres:,.0f} 米，请选择",
        )
    return "places.two_sources", Text(
        f"{one} and {two} disagree by {metres:,.0f} m", f"{one} 与 {two} 相差 {metres:,.0f} 米"
    )


def joined_why(first: Seen, why: Text, sources: int, agreement: float | None) -> Text:
    """Return in one sentence why a candidate is the place."""
    place = first.candidate
    en, zh = (
        f'"{place.name or place.address}" of {place.source}',
        f"{place.source}：“{place.name or place.address}”",
    )
    if place.evidence.en:
        en, zh = f"{en}: {place.evidence.en}", f"{zh}，{place.evidence.zh}"
    if why.en:
        en, zh = f"{en}; {why.en}", f"{zh}；{why.zh}"
    if sources > 1 and agreement is not None:
        en = f"{en}; {sources} sources agree within {agreement:,.0f} m"
        zh = f"{zh}；{sources} 个来源相差不超过 {agreement:,.0f} 米"
    return Text(en, zh)
