"""From several sources to one answer for each row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, radians
from typing import TYPE_CHECKING, Any

from walkshed.errors import Findings, InputError, Text
from walkshed.geodesy import distance_m
from walkshed.places.answer import Answer, Seen, joined
from walkshed.places.community import Community, communities_of, community_key
from walkshed.places.judging import OWN_SOURCES, Rules, judge, settle
from walkshed.places.likeness import city_in, named_city
from walkshed.places.shifts import Shift, common_shift
from walkshed.progress import silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import geopandas as gpd

    from walkshed.places.candidate import Candidate, Geocoder, Query
    from walkshed.progress import Progress

_MOST_LETTERS = 60
"""A longer name is a description: it is looked for, but never sure."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of the study's places before anything is looked for.

    Attributes
    ----------
    given
        By kind and id, the longitude and latitude of the rows whose place the table or a person gives.
    community
        By kind and id, the community a row declares.
    named
        The named objects of the study's OpenStreetMap file, for the boundaries of communities.
    boundaries
        A layer of communities of one's own, with a column ``name``.
    outline
        From an object's ref to its outline.
    city
        The city of the study; "" takes it from the rows that are looked for.
    """

    given: Mapping[tuple[str, str], tuple[float, float]]
    community: Mapping[tuple[str, str], str]
    named: gpd.GeoDataFrame | None = None
    boundaries: gpd.GeoDataFrame | None = None
    outline: Callable[[str], Any] = lambda _ref: None
    city: str = ""

    def communities(
        self, more: Mapping[tuple[str, str], tuple[float, float]] | None = None
    ) -> dict[str, Community]:
        """Return the communities whose place is known, with the places of ``more`` rows for the medians."""
        members: dict[str, list[tuple[float, float]]] = {}
        for key, at in {**self.given, **(more or {})}.items():
            if name := community_key(self.community.get(key, "")):
                members.setdefault(name, []).append(at)
        return communities_of(
            self.community.values(), named=self.named, layer=self.boundaries, members=members
        )


def find_places(
    queries: Sequence[Query],
    sources: Sequence[Geocoder],
    *,
    ground: Ground,
    rules: Rules | None = None,
    findings: Findings | None = None,
    progress: Progress = silent,
) -> list[Answer]:
    """Return one answer for each row that is looked for, in their order.

    Parameters
    ----------
    queries
        The rows whose place is not given.
    sources
        Where to look, the most trusted first. One that fails is told and left out from there on.
    ground
        What is known besides: places that are given, communities, outlines.
    rules
        What is near enough and like enough.
    findings
        Takes notices of sources that fail or are shifted.
    progress
        Told how far it is.

    Returns
    -------
    list of Answer
        ``matched`` only where a candidate bears the name (or the address), is as precise as an estate or a
        building, lies where its community is, is the only such place, and no other source or row contradicts.

    Examples
    --------
    >>> from walkshed.places.candidate import Query
    >>> [answer] = find_places([Query("1", "桃源人家")], [], ground=Ground({}, {}))
    >>> answer.status, answer.reason.en
    ('not_found', 'no source knows such a name or address')
    """
    rules, findings = rules or Rules(), Findings() if findings is None else findings
    offered = _asked(queries, sources, findings, progress)
    shifted = _shifted(queries, offered, rules)
    findings.notices.extend(shift.notice for shift in shifted.values())
    home = ground.city or home_city(queries)
    first = _settled(queries, offered, ground.communities(), ground, rules, shifted, home)
    # places that are sure without it tell where their community is, for those that are not
    known = {a.key: (a.lon, a.lat) for a in first if a.lon is not None and a.lat is not None}
    answers = _settled(queries, offered, ground.communities(known), ground, rules, shifted, home)
    return _one_spot_each([_not_asked(answer, sources) for answer in answers], ground, rules)


def _asked(
    queries: Sequence[Query], sources: Sequence[Geocoder], findings: Findings, progress: Progress
) -> list[list[Candidate]]:
    """Return all candidates of each row."""
    offered: list[list[Candidate]] = [[] for _ in queries]
    for source in sources:
        for number, query in enumerate(queries):
            progress(
                Text(f"looking for places: {source.name}", f"查找地点：{source.name}"), number / len(queries)
            )
            if not (query.name.strip() or query.address.strip()):
                continue
            try:
                offered[number].extend(source.find(query))
            except InputError as error:
                findings.notices.extend(error.faults)
                left = len(queries) - number
                text = Text(
                    f"{source.name} is not asked any more; {left} places were not looked for there",
                    f"不再查询 {source.name}；有 {left} 个地点未在该来源查找",
                )
                findings.notice("places.source_stopped", text)
                break
        findings.notices.extend(getattr(source, "findings", ()))
    return offered


def _unanswered(query: Query, sources: Iterable[Geocoder]) -> list[str]:
    """Return the sources that could not be asked about a row: that they know nothing of it says nothing."""
    return [source.name for source in sources if query.id in getattr(source, "unanswered", ())]


def _not_asked(answer: Answer, sources: Sequence[Geocoder]) -> Answer:
    names = _unanswered(answer.query, sources) if answer.status == "not_found" else []
    if not names:
        return answer
    listed = ", ".join(names)
    text = Text(
        f"{answer.reason.en}; {listed} could not be asked about it yet",
        f"{answer.reason.zh}；尚未能向 {listed} 查询",
    )
    return replace(answer, code="places.not_asked", reason=text)


def _shifted(
    queries: Sequence[Query], offered: Sequence[Sequence[Candidate]], rules: Rules
) -> dict[str, Shift]:
    """Return the sources whose answers all lie to one side of the same names on this machine."""
    pairs: dict[str, list[tuple[tuple[float, float], tuple[float, float]]]] = {}
    for query, candidates in zip(queries, offered, strict=True):
        fine = [one for one in candidates if judge(query, one, community=None, rules=rules).sure]
        ours = [one for one in fine if one.source in OWN_SOURCES]
        if len({one.ref or (one.lon, one.lat) for one in ours}) != 1:
            continue
        here = (ours[0].lon, ours[0].lat)
        for name in {one.source for one in fine} - OWN_SOURCES:
            there = next((one.lon, one.lat) for one in fine if one.source == name)
            pairs.setdefault(name, []).append((there, here))
    found = (
        common_shift(name, [there for there, _ in both], [here for _, here in both])
        for name, both in sorted(pairs.items())
    )
    return {shift.source: shift for shift in found if shift is not None}


def home_city(queries: Iterable[Query]) -> str:
    """Return the city of a study: as it is said, else the one that most of its addresses (or names) say, else "".

    Examples
    --------
    >>> from walkshed.places.candidate import Query
    >>> home_city([Query("1", "甲", "无锡市梁溪路1号"), Query("2", "乙", "无锡市某路2号"), Query("3", "丙", "苏州市某路3号")])
    '无锡市'
    >>> home_city([Query("1", "甲", "梁溪路1号"), Query("2", "乙", "某路2号"), Query("3", "丙", "苏州市某路3号")])
    ''
    """
    asked = list(queries)
    for query in asked:
        if city := named_city(query.city):
            return city
    # names often begin with the city where there is no column of addresses
    texts = [q.address for q in asked if q.address.strip()] or [q.name for q in asked if q.name.strip()]
    counts: dict[str, int] = {}
    for text in texts:
        if city := city_in(text):
            counts[city] = counts.get(city, 0) + 1
    most = max(counts, key=lambda city: (counts[city], city), default="")
    return most if most and 2 * counts[most] > max(sum(counts.values()), len(texts) - 1) else ""


def _settled(
    queries: Sequence[Query],
    offered: Sequence[Sequence[Candidate]],
    communities: Mapping[str, Community],
    ground: Ground,
    rules: Rules,
    shifted: Mapping[str, Shift],
    home: str,
) -> list[Answer]:
    answers = []
    for query, candidates in zip(queries, offered, strict=True):
        if not (query.name.strip() or query.address.strip()):
            text = Text("the row has neither a name nor an address", "该行既无名称也无地址")
            answers.append(Answer(query, "not_found", "places.nothing_to_ask", text))
            continue
        community = communities.get(community_key(query.community)) if query.community else None
        seen = [judge(query, one, community=community, rules=rules) for one in candidates]
        seen = [_with_source(one, shifted) for one in seen]
        if (doubt := _unusual(query, home)) is not None:
            seen = [one.doubted(doubt) for one in seen]
        answers.append(settle(query, seen, community=community, rules=rules, outline=ground.outline))
    return answers


def _with_source(seen: Seen, shifted: Mapping[str, Shift]) -> Seen:
    shift = shifted.get(seen.candidate.source)
    if shift is None:
        return seen
    name, metres = shift.source, shift.metres
    return seen.doubted(
        Text(
            f"all answers of {name} are shifted by {metres:,.0f} m", f"{name} 的结果整体偏移 {metres:,.0f} 米"
        )
    )


def _unusual(query: Query, home: str) -> Text | None:
    """Return the doubt about the question itself."""
    city = city_in(query.address) or city_in(query.name)
    if home and city and city.removesuffix("市") != home.removesuffix("市"):
        return Text(f"its address is in {city}, the study in {home}", f"地址在{city}，研究区在{home}")
    if city and not home:
        return Text(
            f"its address is in {city}, which most addresses do not name; say [places] city",
            f"地址在{city}，而多数地址未写此城市；请在 [places] 中写明 city",
        )
    name = query.name.strip()
    if len(name) == 1:
        return Text("a name of one character says too little", "名称只有一个字，无法确定")
    if len(name) > _MOST_LETTERS:
        return Text(
            f"the name has {len(name)} characters and looks like a description",
            f"名称有 {len(name)} 个字符，像是描述文字",
        )
    return None


def _one_spot_each(answers: list[Answer], ground: Ground, rules: Rules) -> list[Answer]:
    """Doubt the rows that landed where another row is: sources fall back to a street or district centre."""
    spots = [(*key, *at, "") for key, at in ground.given.items()]
    spots += [
        (*a.key, a.lon, a.lat, a.best.candidate.ref if a.best else "")
        for a in answers
        if a.lon is not None and a.lat is not None
    ]
    names = {answer.key: answer.query.name for answer in answers}
    addresses = {answer.key: "".join(answer.query.address.split()) for answer in answers}
    shared = shared_spots(spots, rules.same_m)
    made = []
    for answer in answers:
        rivals = [
            key
            for key in shared.get(answer.key, ())
            if key[0] == answer.key[0]
            and not (
                key[0] == "venue" and addresses[answer.key] and addresses[answer.key] == addresses.get(key)
            )
        ]
        if answer.status != "matched" or not rivals:
            made.append(answer)
            continue
        listed = ", ".join(names.get(key) or key[1] for key in rivals[:3])
        text = Text(
            f"stands on the same spot as {listed}: one of them is elsewhere, or it is the centre of a street or district",
            f"与“{listed}”位于同一点：其中之一不在此处，或只是道路、行政区的中心点",
        )
        made.append(answer.doubted("places.one_spot", joined([text, answer.reason])))
    return made


def shared_spots(
    spots: Sequence[tuple[str, str, float, float, str]], same_m: float
) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Return for each row the other rows that are the same object or stand on the same spot.

    Parameters
    ----------
    spots
        Kind, id, longitude, latitude and the object ("" for none) of each row.
    same_m
        Up to which distance two places are one spot.

    Examples
    --------
    >>> shared_spots([("estate", "1", 120.0, 31.0, ""), ("estate", "2", 120.0, 31.00001, "")], 3.0)
    {('estate', '2'): [('estate', '1')], ('estate', '1'): [('estate', '2')]}
    """
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    cells: dict[object, list[tuple[str, str, float, float, str]]] = {}
    size = max(same_m, 0.1) / 100_000
    # towards the poles a degree of longitude is shorter, and as many metres are more of it
    wide = size / max(0.01, min((cos(radians(spot[3])) for spot in spots), default=1.0))
    for spot in spots:
        column, row = int(spot[2] // wide), int(spot[3] // size)
        near: list[tuple[str, str, float, float, str]] = []
        for dx in (-1, 0, 1):
            for dy in (-1, 0, 1):
                near += cells.get((column + dx, row + dy), [])
        near = [one for one in near if float(distance_m(one[2], one[3], spot[2], spot[3])) <= same_m]
        near += [one for one in cells.get(spot[4], []) if spot[4] and one not in near]
        for other in near:
            found.setdefault((spot[0], spot[1]), []).append((other[0], other[1]))
            found.setdefault((other[0], other[1]), []).append((spot[0], spot[1]))
        cells.setdefault((column, row), []).append(spot)
        if spot[4]:
            cells.setdefault(spot[4], []).append(spot)
    return found
