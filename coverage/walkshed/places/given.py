"""Coordinates that the tables give: looked at, and left as they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from walkshed.errors import Text
from walkshed.geodesy import distance_m
from walkshed.places.answer import Answer, Seen, joined
from walkshed.places.community import Community, community_key
from walkshed.places.finding import shared_spots
from walkshed.places.judging import Rules, judge, settle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from walkshed.places.candidate import Candidate, Query
    from walkshed.places.finding import Ground
    from walkshed.places.gazetteer import Gazetteer


def given_answer(
    query: Query, lon: float, lat: float, *, decided: bool = False, why: Text | None = None
) -> Answer:
    """Return the answer of a row whose place the table or a person gives."""
    text = why or Text("the table gives its coordinates", "表中已有坐标")
    return Answer(query, "given", "places.given", text, (), lon, lat, decided=decided)


def check_given(
    answers: Sequence[Answer], gazetteer: Gazetteer | None, *, ground: Ground, rules: Rules | None = None
) -> list[Answer]:
    """Return given places with what is odd about them; they stay given.

    Looked at: 0, 0; one spot for two estates; far from the declared community; far from where the map on this
    machine has the same name.

    Parameters
    ----------
    answers
        Of status ``given``.
    gazetteer
        The names on this machine: nothing that is given is ever asked of others.
    """
    rules = rules or Rules()
    communities = ground.communities()
    spots = [(*a.key, a.lon, a.lat, "") for a in answers if a.lon is not None and a.lat is not None]
    shared = shared_spots(spots, rules.same_m)
    names = {answer.key: answer.query.name or answer.query.id for answer in answers}
    made = []
    for answer in answers:
        doubts, seen = _odd(answer, gazetteer, communities, ground, rules)
        twins = [key for key in shared.get(answer.key, ()) if key[0] == answer.key[0] == "estate"]
        if twins:
            listed = ", ".join(names[key] for key in twins[:3])
            doubts.insert(0, Text(f"has the same coordinates as {listed}", f"与“{listed}”坐标相同"))
        if doubts:
            answer = replace(answer, code="places.given_odd", reason=joined(doubts), seen=seen)  # noqa: PLW2901
        made.append(answer)
    return made


def _odd(
    answer: Answer,
    gazetteer: Gazetteer | None,
    communities: Mapping[str, Community],
    ground: Ground,
    rules: Rules,
) -> tuple[list[Text], tuple[Seen, ...]]:
    doubts: list[Text] = []
    query, lon, lat = answer.query, answer.lon, answer.lat
    if lon is None or lat is None:
        return doubts, ()
    if lon == 0 and lat == 0:
        return [Text("0, 0 is in the ocean", "0, 0 位于大洋中")], ()
    community = communities.get(community_key(query.community)) if query.community else None
    if community is not None:
        metres = community.distance_m(lon, lat)
        limit = rules.median_m if community.shape is None else rules.outside_m
        if metres > limit:
            doubts.append(
                Text(f"lies {metres:,.0f} m from {community.name}", f"距{community.name} {metres:,.0f} 米")
            )
    if gazetteer is None or not gazetteer.bears(query.name):
        return doubts, ()
    seen = [judge(query, one, community=community, rules=rules) for one in gazetteer.find(query)]
    found = settle(query, seen, community=community, rules=rules, outline=ground.outline)
    best = found.best
    if found.status == "matched" and best is not None:
        shape = ground.outline(best.candidate.ref)
        away = _away(lon, lat, best.candidate, shape)
        if away > (rules.agree_venue_m if query.kind == "venue" else rules.agree_m):
            name = best.candidate.name
            doubts.append(
                Text(
                    f'the map has "{name}" {away:,.0f} m from the given coordinates',
                    f"地图上的“{name}”距所给坐标 {away:,.0f} 米",
                )
            )
    return doubts, found.seen


def _away(lon: float, lat: float, place: Candidate, shape: Any) -> float:
    import shapely

    if (
        shape is not None
        and shape.geom_type in {"Polygon", "MultiPolygon"}
        and shape.covers(shapely.Point(lon, lat))
    ):
        return 0.0
    return float(distance_m(lon, lat, place.lon, place.lat))
