"""The venues of the schematic: an activity centre for every area, one larger centre per community."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ronghang_estates import COMMUNITIES, behind_gate, frontage
from ronghang_geometry import Point, distance

if TYPE_CHECKING:
    from ronghang_draft import Draft
    from ronghang_estates import Estate

BIG = "山语银城片区活动中心"
BIG_M2 = 1080
# 22 smaller rooms: with the big one 9,960 m2, "nearly 10,000"
FLOOR_M2 = (
    520,
    310,
    460,
    280,
    640,
    350,
    420,
    260,
    380,
    540,
    300,
    450,
    330,
    720,
    290,
    410,
    360,
    240,
    480,
    400,
)
FLOOR_M2 += (320, 420)
CENTRE_M2 = (1850, 2400, 1600, 1900, 2100, 1450, 1700)
UNFINISHED = {"逸泉苑片区活动中心": "2027-06-30", "新峰片区活动中心": "2027-09-30"}
INDOORS = (4, 9, 13, 18)  # areas whose room lies inside the walls, behind the main gate
CENTRES_AT = {"龙山": ((2, 6, 1), "s", 0.5)}  # far from 桃源人家: that is the story


@dataclass
class Venue:
    """One entrance of one venue."""

    ident: str
    name: str
    kind: str
    tier: str
    address: str
    community: str
    place: Point
    floor_m2: int
    status: str
    opening: str
    capacity: int


def make_venues(estates: list[Estate]) -> list[Venue]:
    """Place an activity centre at each area's host and a centre in each community's middle."""
    venues: list[Venue] = []
    floors = iter(FLOOR_M2)
    areas = list(dict.fromkeys(e.area for e in estates))
    for number, name in enumerate(areas):
        host = _host([e for e in estates if e.area == name], name)
        title = f"{name}活动中心"
        indoors = number in INDOORS and host.walled and title != BIG
        gate = host.gates[0]
        letter = {"南门": "s", "东门": "e", "北门": "n", "西门": "w"}[gate.name]
        share = 0.62 if title == BIG else 0.3 + 0.4 * (number % 3) / 2
        place = behind_gate(host) if indoors else frontage(host, letter, share)
        floor = BIG_M2 if title == BIG else 500 if title in UNFINISHED else next(floors)
        status = "在建" if title in UNFINISHED else "开放"
        opening = UNFINISHED.get(
            title, f"{2019 + number % 7}-{1 + number * 5 % 12:02d}-{1 + number % 28:02d}"
        )
        address = f"{gate.street_name}{10 + 7 * number}号"
        venues.append(
            Venue(
                f"P{number + 1:02d}",
                title,
                "活动中心",
                "片区",
                address,
                host.community,
                place,
                floor,
                status,
                opening,
                floor // 4,
            )
        )
    for number, community in enumerate(COMMUNITIES):
        host, letter, share = _central(estates, community)
        street = host.block.side(letter).name if host.block else ""
        venues.append(
            Venue(
                f"S{number + 1:02d}",
                f"{community}社区综合服务中心",
                "社区中心",
                "社区",
                f"{street}{100 + 11 * number}号",
                community,
                frontage(host, letter, share),
                CENTRE_M2[number],
                "开放",
                f"{2012 + number}-05-01",
                CENTRE_M2[number] // 5,
            )
        )
    return venues


def _host(estates: list[Estate], area: str) -> Estate:
    """Return the estate an area is called after."""
    return next(e for e in estates if area in (f"{e.name}片区", f"{e.name.removesuffix('家园')}片区"))


def _central(estates: list[Estate], community: str) -> tuple[Estate, str, float]:
    """Return where a community's centre stands: before the estate nearest to the community's middle."""
    fixed = CENTRES_AT.get(community)
    if fixed:
        return next(e for e in estates if e.key == fixed[0]), fixed[1], fixed[2]
    mine = [e for e in estates if e.community == community and e.gates and e.area != f"{e.name}片区"]
    middle = COMMUNITIES[community][0]
    host = min(mine, key=lambda e: distance(e.point, middle))
    letter = {"南门": "s", "东门": "e", "北门": "n", "西门": "w"}[host.gates[-1].name]
    return host, letter, 0.42


def second_entrance(venues: list[Venue], estates: list[Estate]) -> Venue:
    """Return the same community centre once more, at its other door round the corner."""
    first = next(v for v in venues if v.name == "荣巷社区综合服务中心")
    host, letter, _ = _central(estates, "荣巷")
    place = frontage(host, letter, 0.42, 34.0)
    return Venue(**{**vars(first), "place": place})


def draw_venues(draft: Draft, venues: list[Venue]) -> None:
    """Draw each venue as a point of interest."""
    for venue in venues:
        tags = {"amenity": "community_centre", "name": venue.name}
        if venue.status == "在建":
            tags = {"construction:amenity": "community_centre", "name": venue.name}
        draft.poi(venue.place, tags)


def draw_names(draft: Draft) -> None:
    """Draw the communities' names."""
    for community, (place, _, _) in COMMUNITIES.items():
        draft.poi(place, {"place": "neighbourhood", "name": f"{community}社区"})
    draft.poi((0.0, 0.0), {"place": "suburb", "name": "荣巷街道（示意）"})
