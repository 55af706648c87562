"""Small towns, one for every rule of what a walk is: where somebody lives, where he goes, how far.

The distances were worked out by hand, from the metres the towns are drawn in. A node of a file may stand
0.8 cm off (seven decimals of a degree), so compare to ``TOLERANCE_M``. Most legs are of 10 m.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from osm_maker import Spot, Town

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    XY = tuple[float, float]
    Build = Callable[[Town], object]

TOLERANCE_M = 0.1
NO_WAY = None
SQUARE: list[tuple[float, float]] = [(0, 0), (200, 0), (200, 200), (0, 200)]


@dataclass(frozen=True)
class Case:
    """One town, one walk.

    Parameters
    ----------
    name
        The rule, as a test's name.
    build
        Draws the town.
    home, venue
        Metres east and north: a point, or several (entries of an estate, entrances of a venue).
    walk_m
        The walk from home to venue under the policy ``open``, None if there is none.
    choice
        Whether the rules leave room here and this case records what was chosen.
    """

    name: str
    build: Build
    home: XY | list[XY]
    venue: XY | list[XY]
    walk_m: float | None
    choice: bool = False

    def town(self) -> Town:
        """Draw the town."""
        town = Town()
        self.build(town)
        return town

    def write(self, path: Path | str) -> Path:
        """Write the town's OSM file."""
        return self.town().write(path)

    def points(self) -> tuple[list[XY], list[XY]]:
        """Return longitudes and latitudes of home and venue."""
        town = Town()
        both = [spots if isinstance(spots, list) else [spots] for spots in (self.home, self.venue)]
        home, venue = ([town.lonlat(x, y) for x, y in spots] for spots in both)
        return home, venue


CASES: list[Case] = []


def case(
    name: str,
    build: Build,
    home: XY | list[XY],
    venue: XY | list[XY],
    walk_m: float | None,
    *,
    choice: bool = False,
) -> None:
    """Add one case."""
    CASES.append(Case(name, build, home, venue, walk_m, choice))


# --- two streets and a link: can the link be walked? ------------------------------------------------------

LINK_HOME, LINK_VENUE = (-10.0, -100.0), (210.0, -100.0)
LINK_M = 10 + 100 + 200 + 100 + 10


def two_streets(town: Town) -> tuple[Spot, Spot]:
    """Draw two streets northward, 200 m apart and 1200 m long; returns the middle of each."""
    middles = []
    for x in (0.0, 200.0):
        middle = town.node(x, 0)
        town.way([(x, -600), middle, (x, 600)], highway="residential")
        middles.append(middle)
    return middles[0], middles[1]


def link(**tags: str) -> Build:
    """Join the two streets by one way, drawn eastward."""

    def build(town: Town) -> None:
        west, east = two_streets(town)
        town.way([west, (100, 0), east], **tags)

    return build


def barred(**tags: str) -> Build:
    """Join the two streets by a footway with a node so tagged in its middle."""

    def build(town: Town) -> None:
        west, east = two_streets(town)
        town.way([west, town.node(100, 0, **tags), east], highway="footway")

    return build


def link_case(name: str, *, walkable: bool, choice: bool = False, **tags: str) -> None:
    """Add a case for the link between two streets."""
    case(name, link(**tags), LINK_HOME, LINK_VENUE, LINK_M if walkable else NO_WAY, choice=choice)


def barred_case(name: str, *, walkable: bool, choice: bool = False, **tags: str) -> None:
    """Add a case for a barrier node on the link between two streets."""
    case(name, barred(**tags), LINK_HOME, LINK_VENUE, LINK_M if walkable else NO_WAY, choice=choice)


def way_cases() -> None:
    """Cases of which ways are for walkers."""
    walkable = (
        "footway path pedestrian steps living_street residential service unclassified road track cycleway "
        "bridleway tertiary tertiary_link secondary secondary_link primary primary_link corridor elevator "
        "platform"
    )
    for value in walkable.split():
        link_case(f"highway={value} is walked", walkable=True, highway=value)
    link_case("public_transport=platform is walked", walkable=True, public_transport="platform")
    link_case("railway=platform is walked", walkable=True, railway="platform")
    link_case("man_made=pier is walked", walkable=True, man_made="pier")
    for value in ("construction", "proposed", "abandoned", "raceway", "bus_guideway"):
        link_case(f"highway={value} is never walked", walkable=False, highway=value)
        link_case(f"highway={value} not even with foot=yes", walkable=False, highway=value, foot="yes")
    site = {"highway": "construction", "public_transport": "platform"}
    link_case("a platform under construction is not walked", walkable=False, **site)
    link_case("railway=rail is no way for walkers", walkable=False, railway="rail")
    link_case("waterway is no way for walkers", walkable=False, waterway="canal")
    link_case("highway=services is not listed", walkable=False, highway="services")
    link_case("highway=busway is not listed", walkable=False, highway="busway", choice=True)

    for value in ("trunk", "trunk_link"):
        link_case(f"highway={value} alone is not walked", walkable=False, highway=value)
        for foot in ("yes", "designated", "permissive"):
            link_case(f"highway={value} foot={foot}", walkable=True, highway=value, foot=foot)
    for foot in ("destination", "customers", "private"):
        link_case(f"highway=trunk foot={foot} is not enough", walkable=False, highway="trunk", foot=foot)
    for side in ("both", "left", "right", "yes"):
        link_case(f"highway=trunk sidewalk={side}", walkable=True, highway="trunk", sidewalk=side)
    link_case("highway=trunk sidewalk=no", walkable=False, highway="trunk", sidewalk="no")
    link_case("highway=trunk sidewalk=none", walkable=False, highway="trunk", sidewalk="none")
    separate = {"highway": "trunk", "sidewalk": "separate"}
    link_case("highway=trunk sidewalk=separate is drawn elsewhere", walkable=False, choice=True, **separate)
    link_case("highway=trunk sidewalk:left=yes", walkable=True, highway="trunk", sidewalk__left="yes")
    link_case("highway=trunk sidewalk:both=no", walkable=False, highway="trunk", sidewalk__both="no")
    link_case(
        "highway=trunk with a sidewalk, foot=no", walkable=False, highway="trunk", sidewalk="both", foot="no"
    )

    for value in ("motorway", "motorway_link"):
        link_case(f"highway={value} alone is not walked", walkable=False, highway=value)
        for foot, ok in (("yes", True), ("designated", True), ("permissive", False)):
            link_case(f"highway={value} foot={foot}", walkable=ok, highway=value, foot=foot)
    link_case("highway=motorway with a sidewalk", walkable=False, highway="motorway", sidewalk="both")
    motorroad = {"highway": "primary", "motorroad": "yes"}
    link_case("motorroad=yes is not walked", walkable=False, **motorroad)
    link_case("motorroad=yes with a sidewalk", walkable=False, **motorroad, sidewalk="both")
    for foot, ok in (("yes", True), ("designated", True), ("permissive", False)):
        link_case(f"motorroad=yes foot={foot}", walkable=ok, **motorroad, foot=foot)
    trunk = {"highway": "trunk", "motorroad": "yes", "foot": "permissive"}
    link_case("trunk motorroad=yes foot=permissive", walkable=False, **trunk)
    link_case("motorroad=no is a road", walkable=True, highway="primary", motorroad="no")


def permission_cases() -> None:
    """Cases of what access and foot say."""
    for word in ("yes", "designated", "permissive", "destination", "customers"):
        link_case(f"access={word} passes", walkable=True, highway="service", access=word)
        link_case(
            f"foot={word} passes over access=no", walkable=True, highway="service", access="no", foot=word
        )
    for word in ("private", "permit", "residents", "delivery", "agricultural", "forestry"):
        link_case(
            f"access={word} is private: walked when open", walkable=True, highway="service", access=word
        )
    for word in ("no", "use_sidepath", "military"):
        link_case(f"access={word} is closed", walkable=False, highway="service", access=word)
        link_case(
            f"foot={word} is closed over access=yes", walkable=False, highway="path", access="yes", foot=word
        )
    private = {"highway": "service", "access": "no", "foot": "private"}
    link_case("foot=private over access=no is private", walkable=True, **private)
    link_case(
        "foot=no over access=private is closed",
        walkable=False,
        highway="service",
        access="private",
        foot="no",
    )
    link_case(
        "vehicle=no is not for walkers", walkable=True, highway="track", vehicle="no", motor_vehicle="no"
    )
    link_case("access=unknown says nothing", walkable=True, highway="track", access="unknown", choice=True)
    unknown = {"highway": "track", "foot": "unknown", "access": "no"}
    link_case("foot=unknown leaves it to access", walkable=False, choice=True, **unknown)
    link_case("public_transport=platform access=no", walkable=False, public_transport="platform", access="no")


def oneway_cases() -> None:
    """Cases of direction."""
    for word in ("yes", "-1"):
        link_case(f"oneway={word} is for vehicles", walkable=True, highway="service", oneway=word)
    steps = {"highway": "steps", "conveying": "backward"}
    link_case("an escalator against its direction", walkable=True, choice=True, **steps)
    for word, ok in (("yes", True), ("-1", False), ("no", True)):
        link_case(f"oneway:foot={word} along the line", walkable=ok, highway="footway", oneway__foot=word)
    for word, ok in (("yes", False), ("-1", True), ("no", True)):
        build = link(highway="footway", oneway__foot=word)
        walk = LINK_M if ok else NO_WAY
        case(f"oneway:foot={word} against the line", build, LINK_VENUE, LINK_HOME, walk)

    def ring(town: Town) -> None:
        town.ring(SQUARE, highway="footway", oneway__foot="yes")

    def back(town: Town) -> None:
        town.ring(SQUARE, highway="footway", oneway__foot="-1")

    case("oneway:foot on one edge, along", ring, (50, -10), (150, -10), 10 + 100 + 10)
    case("oneway:foot=-1 on one edge, against the line", back, (150, -10), (50, -10), 10 + 100 + 10)
    case("oneway:foot=-1 on one edge, along: all round", back, (50, -10), (150, -10), 10 + 700 + 10)
    case("oneway:foot on one edge, back: all the way round", ring, (150, -10), (50, -10), 10 + 700 + 10)


# --- barrier nodes ----------------------------------------------------------------------------------------


def wall_cases() -> None:
    """Cases of nodes that stop a walker unless they are opened."""
    for kind in ("wall", "fence", "hedge", "retaining_wall"):
        barred_case(f"barrier={kind} blocks", walkable=False, barrier=kind)
        barred_case(f"barrier={kind} foot=yes passes", walkable=True, barrier=kind, foot="yes")
        barred_case(
            f"barrier={kind} access=permissive passes", walkable=True, barrier=kind, access="permissive"
        )
    for kind in ("city_wall", "guard_rail", "ditch"):
        barred_case(f"barrier={kind} blocks", walkable=False, barrier=kind, choice=True)
    barred_case(
        "barrier=wall foot=no access=yes blocks", walkable=False, barrier="wall", foot="no", access="yes"
    )
    barred_case("barrier=wall access=private blocks", walkable=False, barrier="wall", access="private")


def gate_cases() -> None:
    """Cases of nodes that let a walker through unless they are closed."""
    doors = "gate lift_gate swing_gate bollard stile turnstile kissing_gate cycle_barrier block chain kerb"
    for kind in doors.split():
        barred_case(f"barrier={kind} passes", walkable=True, barrier=kind)
    for kind in ("gate", "lift_gate", "bollard", "stile", "turnstile"):
        barred_case(f"barrier={kind} access=private stops", walkable=False, barrier=kind, access="private")
    barred_case("barrier=yes passes", walkable=True, barrier="yes", choice=True)
    for word in ("no", "permit", "residents", "delivery", "military"):
        barred_case(f"barrier=gate access={word} stops", walkable=False, barrier="gate", access=word)
    for word in ("yes", "permissive", "designated", "destination", "customers"):
        barred_case(f"barrier=gate access={word} passes", walkable=True, barrier="gate", access=word)
    barred_case("barrier=gate foot=no stops", walkable=False, barrier="gate", foot="no")
    barred_case("barrier=gate foot=private stops", walkable=False, barrier="gate", foot="private")
    barred_case("barrier=gate locked=yes stops", walkable=False, barrier="gate", locked="yes")
    barred_case("barrier=gate locked=no passes", walkable=True, barrier="gate", locked="no")
    locked = {"barrier": "gate", "locked": "yes", "foot": "yes"}
    barred_case("barrier=gate locked=yes foot=yes is still locked", walkable=False, choice=True, **locked)
    barred_case(
        "barrier=gate access=no foot=yes passes", walkable=True, barrier="gate", access="no", foot="yes"
    )
    barred_case(
        "barrier=gate access=yes foot=no stops", walkable=False, barrier="gate", access="yes", foot="no"
    )
    barred_case(
        "barrier=bollard access=no foot=yes passes", walkable=True, barrier="bollard", access="no", foot="yes"
    )
    barred_case("access=private on a node without barrier", walkable=True, access="private")
    barred_case("a lift mapped as a node is just a node", walkable=True, highway="elevator")


def junction(kind: str) -> Build:
    """Draw a footway off a street, a closed barrier where they meet."""

    def build(town: Town) -> None:
        middle = town.node(0, 0, barrier=kind, access="private")
        town.way([(0, -600), middle, (0, 600)], highway="residential")
        town.way([middle, (600, 0)], highway="footway")

    return build


def yard(kind: str) -> Build:
    """Draw a footway off a street, a closed barrier half way along it."""

    def build(town: Town) -> None:
        west = town.node(0, 0)
        town.way([(0, -600), west, (0, 600)], highway="residential")
        middle = town.node(100, 0, barrier=kind, access="private")
        town.way([west, middle, (200, 0)], highway="footway")

    return build


def barrier_place_cases() -> None:
    """Cases of where a barrier stands."""

    def beside(town: Town) -> None:
        link(highway="footway")(town)
        town.node(100, 1, barrier="wall")

    case("a wall node beside the way", beside, LINK_HOME, LINK_VENUE, LINK_M)

    def fence(town: Town) -> None:
        west, east = two_streets(town)
        middle = town.node(100, 0)
        town.way([west, middle, east], highway="footway")
        town.way([(100, -300), middle, (100, 300)], barrier="fence")

    case("a fence drawn as a way is no barrier node", fence, LINK_HOME, LINK_VENUE, LINK_M)

    for kind in ("wall", "gate"):
        case(f"a closed {kind} at a junction cuts every way", junction(kind), (-10, -100), (100, 10), NO_WAY)
        case(f"a closed {kind} cuts a way from itself", junction(kind), (-10, -100), (-10, 100), NO_WAY)
        case(f"short of the {kind} one walks", junction(kind), (-10, -100), (-10, -300), 220)

    # The 100 m behind a closed gate belong to the town: the home is tied there, and cannot get out.
    case("components are made before gates are closed", yard("gate"), (180, 10), (-10, -100), NO_WAY)
    # Behind a wall they are an island, so that the home is tied to the near end of the path before the wall.
    walk = math.hypot(80, 10) + 100 + 100 + 10
    case("components are made after walls", yard("wall"), (180, 10), (-10, -100), walk)


# --- pedestrian areas -------------------------------------------------------------------------------------

HOLE: list[XY] = [(50, 50), (150, 50), (150, 150), (50, 150)]
DIAGONAL_M = math.hypot(200, 200)


def street_to(town: Town, node: Spot, x: float, y: float) -> None:
    """Draw a street from a node to a far end."""
    town.way([node, (x, y)], highway="residential")


def plaza(**tags: str) -> Build:
    """Draw a square with a street from the west at one corner and one to the east at the opposite corner."""

    def build(town: Town) -> None:
        corners = [town.node(*xy) for xy in SQUARE]
        town.ring(corners, **tags)
        street_to(town, corners[0], -600, 0)
        street_to(town, corners[2], 800, 200)

    return build


def square_relation(
    town: Town, *, hole: bool = False, parts: bool = False, whole: bool = True, **tags: str
) -> None:
    """Draw the same square as a relation; its outer ring may come in two ways, or with one of them lost."""
    corners = [town.node(*xy) for xy in SQUARE]
    if parts:
        # The second half is drawn the other way round, as mappers do.
        outer = [
            town.way([corners[1], corners[0], corners[3]]),
            town.way([corners[1], corners[2], corners[3]]),
        ]
    else:
        outer = [town.ring(corners)]
    members = [(way, "outer") for way in outer]
    if not whole:
        members.append((777, "inner"))
    if hole:
        members.append((town.ring(HOLE), "inner"))
    town.relation(members, **tags)
    street_to(town, corners[0], -600, 0)
    street_to(town, corners[2], 800, 200)


def elbow(town: Town) -> None:
    """Draw an L-shaped plaza, its inner corner at (100, 100), streets at (0, 50) and (150, 200)."""
    west, north = town.node(0, 50), town.node(150, 200)
    town.ring(
        [(0, 0), (200, 0), (200, 200), north, (100, 200), (100, 100), (0, 100), west],
        highway="pedestrian",
        area="yes",
    )
    street_to(town, west, -600, 50)
    street_to(town, north, 150, 800)


def two_plazas(town: Town) -> None:
    """Draw two squares side by side, sharing the two nodes of their common edge."""
    a, b, c, d = (town.node(*xy) for xy in SQUARE)
    e, f = town.node(400, 0), town.node(400, 200)
    town.ring([a, b, c, d], highway="pedestrian", area="yes")
    town.ring([b, e, f, c], highway="pedestrian", area="yes")
    street_to(town, a, -600, 0)
    street_to(town, f, 1000, 200)


AREA_HOME, AREA_VENUE = (-100.0, 10.0), (300.0, 210.0)
ACROSS_M = 10 + 100 + DIAGONAL_M + 100 + 10
AROUND_M = 10 + 100 + 400 + 100 + 10
PEDESTRIAN = {"highway": "pedestrian", "area": "yes"}


def area_kind_cases() -> None:
    """Cases of what is a pedestrian area."""
    home, venue, across, around = AREA_HOME, AREA_VENUE, ACROSS_M, AROUND_M
    crossed: list[dict[str, str]] = [
        {"highway": "pedestrian"},
        {"highway": "footway"},
        {"highway": "platform"},
        {"public_transport": "platform"},
        {"railway": "platform"},
        {"man_made": "pier"},
        {"highway": "pedestrian", "access": "private"},
        {"highway": "pedestrian", "access": "no", "foot": "yes"},
    ]
    for tags in crossed:
        said = " ".join(f"{key}={value}" for key, value in tags.items())
        case(f"area {said} is crossed", plaza(**tags, area="yes"), home, venue, across)
    case("a closed way without area=yes is a ring", plaza(highway="pedestrian"), home, venue, around)
    case("area=no is a ring", plaza(highway="pedestrian", area="no"), home, venue, around)
    case(
        "a service yard is walked round",
        plaza(highway="service", area="yes"),
        home,
        venue,
        around,
        choice=True,
    )
    case("area=yes landuse is no way", plaza(landuse="residential", area="yes"), home, venue, NO_WAY)
    case("area=yes amenity=parking is no way", plaza(amenity="parking", area="yes"), home, venue, NO_WAY)
    case("area:highway is no way", plaza(area__highway="pedestrian", area="yes"), home, venue, NO_WAY)
    case("an area with access=no", plaza(**PEDESTRIAN, access="no"), home, venue, NO_WAY)
    case("an area under construction", plaza(highway="construction", area="yes"), home, venue, NO_WAY)


def area_sight_cases() -> None:
    """Cases of straight lines inside an area."""
    home, venue, pedestrian = AREA_HOME, AREA_VENUE, PEDESTRIAN
    inside = math.hypot(100, 180)
    case("home inside an area", plaza(**pedestrian), (100, 20), venue, inside + 110)
    case("venue inside an area", plaza(**pedestrian), home, (100, 180), 110 + math.hypot(100, 180))
    case("both inside an area", plaza(**pedestrian), (20, 30), (170, 150), math.hypot(150, 120))

    case("round the inner corner", elbow, (-100, 60), (160, 300), 110 + 2 * math.hypot(100, 50) + 110)
    case("both inside, round the inner corner", elbow, (20, 50), (150, 180), 2 * math.hypot(80, 50))
    case("both inside, in sight", elbow, (20, 50), (180, 80), math.hypot(160, 30))
    out = math.hypot(80, 50) + math.hypot(50, 100) + 110
    case("home inside, round the inner corner", elbow, (20, 50), (160, 300), out)

    def striped(town: Town) -> None:
        corners = [town.node(*xy) for xy in SQUARE]
        town.ring(corners, **pedestrian)
        town.way([corners[0], corners[2]], highway="footway")
        street_to(town, corners[2], 800, 200)

    case("a path across an area takes no tie from it", striped, (100, 20), venue, inside + 110)

    def overlapping(town: Town) -> None:
        low, high = town.node(0, 0), town.node(200, 300)
        town.ring([low, (200, 0), (200, 200), (0, 200)], **pedestrian)
        town.ring([(0, 100), (200, 100), high, (0, 300)], **pedestrian)
        street_to(town, low, -600, 0)
        street_to(town, high, 800, 300)

    # They share no node: who stands in both goes either way, but nobody goes through him.
    both = math.hypot(150, 150)
    case("inside two areas at once, down", overlapping, (150, 150), home, both + 110, choice=True)
    case(
        "inside two areas at once, up",
        overlapping,
        (150, 150),
        (300, 310),
        math.hypot(50, 150) + 110,
        choice=True,
    )
    case("two areas that overlap without a shared node", overlapping, (100, 50), (100, 250), NO_WAY)

    walk = 110 + 200 + DIAGONAL_M + 110
    case("two areas side by side, by their shared nodes", two_plazas, home, (500, 210), walk, choice=True)

    def large(town: Town) -> None:
        corner = town.node(0, 0)
        town.ring([corner, (400, 0), (400, 400), (0, 400)], **pedestrian)
        street_to(town, corner, -600, 0)

    walk = math.hypot(200, 200) + 110
    case("far inside a large area is not far from the streets", large, (200, 200), home, walk, choice=True)


def relation(**how: bool) -> Build:
    """Draw the square as a multipolygon relation."""
    return lambda town: square_relation(town, **how, highway="pedestrian")


def relation_cases() -> None:
    """Cases of multipolygons."""
    home, venue = AREA_HOME, AREA_VENUE
    holed = 110 + 2 * math.hypot(150, 50) + 110
    for parts, said in ((False, "one way"), (True, "two ways")):
        case(f"multipolygon of {said} is crossed", relation(parts=parts), home, venue, ACROSS_M)
        case(f"multipolygon of {said} round its hole", relation(parts=parts, hole=True), home, venue, holed)
    # The hole is no part of the area: tied to its edge, along it to the corner, then in sight.
    ring = relation(hole=True)
    case("home in the hole", ring, (100, 60), venue, 10 + 50 + math.hypot(50, 150) + 110)
    case("both inside, the hole between", ring, (100, 20), (180, 100), 2 * math.hypot(50, 30))
    case("both inside, past the hole", ring, (100, 20), (170, 40), math.hypot(70, 20))

    def terrace(town: Town) -> None:
        corners = [town.node(*xy) for xy in SQUARE]
        south, north = town.node(100, 50), town.node(100, 150)
        west = town.ring([(50, 50), south, north, (50, 150)])
        east = town.ring([south, (150, 50), (150, 150), north])
        members = [(town.ring(corners), "outer"), (west, "inner"), (east, "inner")]
        town.relation(members, highway="pedestrian")
        street_to(town, corners[0], -600, 0)
        street_to(town, corners[2], 800, 200)

    case("holes side by side are one", terrace, home, venue, holed)
    walk = 2 * math.hypot(50, 30) + 100
    case("no way through between holes side by side", terrace, (100, 20), (100, 180), walk, choice=True)
    broken = relation(parts=True, whole=False)
    case("a relation that lost a member is walked round", broken, home, venue, AROUND_M, choice=True)

    def route(town: Town) -> None:
        square_relation(town, type="route", route="foot", highway="pedestrian")

    case("a relation of another type is no area", route, home, venue, NO_WAY)


def gate_at(kind: str, **tags: str) -> Build:
    """Draw the square with a barrier at its western corner."""

    def build(town: Town) -> None:
        corners = [town.node(*SQUARE[0], barrier=kind, **tags), *(town.node(*xy) for xy in SQUARE[1:])]
        town.ring(corners, **PEDESTRIAN)
        street_to(town, corners[0], -600, 0)
        street_to(town, corners[2], 800, 200)

    return build


def area_edge_cases() -> None:
    """Cases of how an area meets the rest."""
    home, venue, across, around, pedestrian = AREA_HOME, AREA_VENUE, ACROSS_M, AROUND_M, PEDESTRIAN

    def clipped(town: Town) -> None:
        corners = [town.node(*xy) for xy in SQUARE[:3]]
        town.ring([*corners, town.missing()], **pedestrian)
        street_to(town, corners[0], -600, 0)
        street_to(town, corners[2], 800, 200)

    case("a clipped area keeps its outline", clipped, home, venue, around)

    case("an open gate into an area", gate_at("gate"), home, venue, across)
    case("a closed gate into an area", gate_at("gate", access="private"), home, venue, NO_WAY)
    case("a wall before an area", gate_at("wall"), home, venue, NO_WAY)

    def bow_tie(town: Town) -> None:
        corners = [town.node(*xy) for xy in ((0, 0), (200, 200), (200, 0), (0, 200))]
        town.ring(corners, **pedestrian)
        street_to(town, corners[0], -600, 0)
        street_to(town, corners[2], 800, 0)

    walk = 110 + DIAGONAL_M + 200 + 110
    case("an area that crosses itself keeps its outline", bow_tie, home, (300, 10), walk, choice=True)

    def unjoined(town: Town) -> None:
        town.ring(SQUARE, **pedestrian)
        town.way([(-600, 0), (-1, 0)], highway="residential")
        town.way([(201, 200), (900, 200)], highway="residential")

    case("an area joined to nothing", unjoined, home, venue, NO_WAY)

    def island(town: Town) -> None:
        town.ring([(0, 60), (50, 60), (50, 110), (0, 110)], **pedestrian)
        town.way([(-600, 0), (600, 0)], highway="residential")

    case("inside a small area by itself: the street counts", island, (20, 70), (20, -10), 70 + 10)

    def deck(town: Town) -> None:
        corners = [town.node(x, y + 60) for x, y in SQUARE]
        town.ring(corners, **pedestrian, bridge="yes")
        town.way([(-600, 0), (600, 0)], highway="residential")

    case("under a deck mapped as an area: the street counts", deck, (20, 70), (20, -10), 70 + 10, choice=True)

    def inset(town: Town) -> None:
        town.ring([(0, 60), (105, 60), (105, 165), (0, 165)], **pedestrian)
        town.way([(-600, 0), (600, 0)], highway="residential")

    # 420 m of outline are an island; its two diagonals are nobody's streets and do not make it a town.
    case("an area is as long as its outline", inset, (20, 70), (20, -10), 70 + 10, choice=True)


# --- ties -------------------------------------------------------------------------------------------------


def street(**tags: str) -> Build:
    """Draw one street of 1200 m along y = 0, without a node between."""
    tags = tags or {"highway": "residential"}

    def build(town: Town) -> None:
        town.way([(-600, 0), (600, 0)], tags)

    return build


def flyover(y: float = 100.0, /, **tags: str) -> Build:
    """Draw the street and a second way above it, from (-300, 0) up to ``y``, along and down to (300, 0)."""

    def build(town: Town) -> None:
        west, east = town.node(-300, 0), town.node(300, 0)
        up, down = town.node(-300, y), town.node(300, y)
        town.way([(-600, 0), west, east, (600, 0)], highway="residential")
        town.way([west, up], highway="residential")
        town.way([up, down], {"highway": "residential", **tags})
        town.way([down, east], highway="residential")

    return build


def aside(length_m: float, *, times: int = 1, y: float = 120.0, **tags: str) -> Build:
    """Draw the street and a footway by itself, ``y`` north of it and ``length_m`` long."""

    def build(town: Town) -> None:
        street()(town)
        ends = [town.node(-50, y), town.node(length_m - 50, y)]
        for _ in range(times):
            town.way(ends, {"highway": "footway", **tags})

    return build


def tie_cases() -> None:
    """Cases of where a point meets the streets."""
    case("tied at a right angle, not to a node", street(), (100, 30), (300, -20), 30 + 200 + 20)
    case("across the street", street(), (100, 30), (100, -20), 50)
    case("on the street itself", street(), (100, 0), (400, 0), 300)
    case("beyond the end of a street", street(), (630, 40), (500, -10), 50 + 100 + 10)
    case("149 m from the street", street(), (0, 149), (200, 10), 149 + 200 + 10)
    case("151 m from the street", street(), (0, 151), (200, 10), NO_WAY)
    case("149 m from a venue's street", street(), (200, 10), (0, 149), 149 + 200 + 10)
    case("151 m from a venue's street", street(), (200, 10), (0, 151), NO_WAY)
    case("two entries, the nearer counts", street(), [(0, 20), (150, 20)], (200, 10), 20 + 50 + 10)
    case("two entries, the better leg counts", street(), [(190, 140), (100, 20)], (200, 10), 20 + 100 + 10)
    case("two entrances, the nearer counts", street(), (200, 10), [(0, 20), (150, 20)], 20 + 50 + 10)
    case("best of entries and entrances", street(), [(0, 20), (300, 5)], [(500, 5), (-100, 20)], 140)
    case("one entry off the network, the other counts", street(), [(0, 500), (0, 20)], (200, 10), 230)
    case("all entries off the network", street(), [(0, 500), (0, -500)], (200, 10), NO_WAY)


def structure_cases() -> None:
    """Cases of bridges and tunnels."""
    # Home (0, 95): the flyover is 5 m away, the street 95 m.
    home, venue, under, above = (0.0, 95.0), (0.0, -10.0), 95 + 10, 5 + 300 + 100 + 300 + 10
    for tags in ({"bridge": "yes"}, {"bridge": "viaduct"}, {"tunnel": "yes"}, {"tunnel": "culvert"}):
        said = " ".join(f"{key}={value}" for key, value in tags.items())
        case(f"not tied to {said}", flyover(**tags), home, venue, under)
        case(f"walked over {said}", flyover(**tags), (-310, 90), (310, 90), 10 + 10 + 600 + 10 + 10)
    for tags in ({"bridge": "no"}, {"tunnel": "no"}, {"layer": "1"}, {"covered": "yes"}):
        said = " ".join(f"{key}={value}" for key, value in tags.items())
        case(f"tied to {said}", flyover(**tags), home, venue, above)
    case(
        "tied in a passage through a building",
        flyover(tunnel="building_passage"),
        home,
        venue,
        above,
        choice=True,
    )
    only = 10 + 300 + 300 + 300 + 10
    case("tied to a bridge if nothing else is near", flyover(300, bridge="yes"), (0, 310), venue, only)

    def islet_by_bridge(town: Town) -> None:
        flyover(300, bridge="yes")(town)
        town.way([(-30, 320), (30, 320)], highway="footway")

    case("a bridge of the town before an island's path", islet_by_bridge, (0, 310), venue, only)

    def islet_with_bridge(town: Town) -> None:
        a, b = town.node(0, 320), town.node(60, 320)
        town.way([a, b], highway="footway", bridge="yes")
        town.way([b, (60, 400)], highway="footway")
        street()(town)

    walk = 60 + 40 + 5
    case("an island's path before its bridge", islet_with_bridge, (0, 340), (65, 380), walk)

    def lone_bridge(town: Town) -> None:
        town.way([(0, 320), (60, 320)], highway="footway", bridge="yes")
        street()(town)

    case("an island's bridge before nothing", lone_bridge, (10, 340), (50, 330), 20 + 40 + 10)


def component_cases() -> None:
    """Cases of islands."""
    case("a path of 490 m by itself is passed over", aside(490), (0, 110), (100, -10), 110 + 100 + 10)
    case("a path of 510 m by itself is a town", aside(510), (0, 110), (100, -10), NO_WAY)
    case("a path of 510 m by itself is walked", aside(510), (0, 110), (100, 130), 10 + 100 + 10)
    case("a path drawn twice is as long as once", aside(300, times=2), (0, 110), (100, -10), 220, choice=True)
    case("private ways count as length", aside(510, access="private"), (0, 110), (100, 130), 120)
    far = aside(200, y=400)
    case("both on one island", far, (0, 410), (100, 420), 10 + 100 + 20)
    case("from an island to the town", far, (0, 410), (100, -10), NO_WAY)

    def many(town: Town) -> None:
        street()(town)
        a = town.node(-50, 120)
        town.way([a, (150, 120)], highway="footway")
        town.way([a, (-50, 320)], highway="footway")
        town.way([a, (-250, 120)], highway="footway")

    case("length is of the component in all, not of a way", many, (0, 110), (100, 130), 10 + 100 + 10)


# --- lines of every shape ---------------------------------------------------------------------------------


def cross(*, joined: bool) -> Build:
    """Draw two streets that cross, with or without a node that both have."""

    def build(town: Town) -> None:
        middle = [town.node(0, 0)] if joined else []
        town.way([(-600, 0), *middle, (600, 0)], highway="primary")
        town.way([(0, -600), *middle, (0, 600)], highway="footway")

    return build


def crossing_cases() -> None:
    """Cases of lines that meet, or seem to."""
    case("a crossing with a shared node", cross(joined=True), (-100, 10), (10, -200), 10 + 100 + 200 + 10)
    case("a crossing without a shared node", cross(joined=False), (-100, 10), (10, -200), NO_WAY)

    def twins(town: Town) -> None:
        town.way([(-600, 0), (0, 0)], highway="residential")
        town.way([(0, 0), (600, 0)], highway="residential")

    case("two nodes at one place are not one node", twins, (-100, 10), (100, 10), NO_WAY)

    def tail(town: Town) -> None:
        two_streets(town)
        town.way([(-600, 300), (0, 300)], highway="service")

    case("a way that ends on another without its node", tail, (-100, 310), (-10, 100), NO_WAY)

    def dead_end(town: Town) -> None:
        street()(town)
        for x in (-300.0, 300.0):
            town.way([(x, 0), (x, 200)], highway="service")

    case("side streets that only seem to touch are islands", dead_end, (-310, 100), (310, 100), 710 + 110)


def doubled_cases() -> None:
    """Cases of lines drawn twice."""

    def doubled(town: Town) -> None:
        ends = [town.node(-600, 0), town.node(600, 0)]
        town.way(ends, highway="residential")
        town.way(ends[::-1], highway="footway")

    case("an edge drawn twice", doubled, (100, 30), (300, -20), 250)

    def half_oneway(town: Town) -> None:
        ends = [town.node(-600, 0), town.node(600, 0)]
        town.way(ends, highway="footway", oneway__foot="yes")
        town.way(ends, highway="residential")

    case("an edge drawn twice, once oneway:foot", half_oneway, (300, 10), (100, 10), 220, choice=True)

    def stutter(town: Town) -> None:
        a, b, c = town.node(-600, 0), town.node(0, 0), town.node(600, 0)
        town.way([a, b, b, c], highway="residential")

    case("a node named twice in a row", stutter, (-100, 10), (100, 10), 220)

    def there_and_back(town: Town) -> None:
        a, b, c = town.node(-600, 0), town.node(0, 0), town.node(600, 0)
        town.way([a, b, c, b], highway="residential")

    case("a way that goes back on itself", there_and_back, (-100, 10), (100, 10), 220)


def ring_cases() -> None:
    """Cases of rings and loops."""

    def ring(town: Town) -> None:
        town.ring(SQUARE, highway="footway")

    case("a ring without a junction, the short way round", ring, (10, -10), (-10, 150), 10 + 10 + 150 + 10)
    case("a ring without a junction, over its first node", ring, (30, -10), (-10, 30), 10 + 30 + 30 + 10)
    case("a ring without a junction, on one edge", ring, (50, -10), (150, -20), 10 + 100 + 20)
    case("a ring without a junction, opposite", ring, (100, -10), (100, 210), 10 + 400 + 10)

    def lollipop(town: Town) -> None:
        neck = town.node(0, 0)
        town.way([(-600, 0), neck, (100, -100), (200, 0), (100, 100), neck], highway="residential")

    half = math.hypot(100, 100)
    case("a loop on a stalk", lollipop, (-100, 10), (210, 0), 10 + 100 + 2 * half + 10)
    walk = 2 * math.hypot(5, 5) + 2 * math.hypot(50, 50)
    case("a loop, from side to side over its neck", lollipop, (45, -55), (45, 55), walk)

    def loop(town: Town) -> None:
        neck = town.node(0, 0)
        town.way([(-600, 0), neck], highway="residential")
        town.ring([neck, (100, -100), (100, 100)], highway="residential")

    case("two points on one edge of a loop", loop, (110, -50), (110, 50), 10 + 100 + 10)

    def bow(town: Town) -> None:
        a, b = town.node(0, 0), town.node(200, 0)
        town.way([(-600, 0), a], highway="residential")
        town.way([a, (0, 300), (200, 300), b], highway="residential")
        town.way([a, b], highway="steps")
        town.way([b, (800, 0)], highway="residential")

    case("two points on one bent way, shorter off it", bow, (-10, 50), (210, 50), 10 + 50 + 200 + 50 + 10)
    case("two points on one bent way, shorter on it", bow, (-10, 250), (210, 250), 10 + 50 + 200 + 50 + 10)


def clipped_cases() -> None:
    """Cases of files cut off at a rim."""

    def clipped(town: Town) -> None:
        gap = town.missing()
        town.way([(-700, 0), (-100, 0), gap, (100, 0), (700, 0)], highway="residential")

    case("a clipped way, one side", clipped, (-400, 10), (-200, 10), 220)
    case("a clipped way, the other side", clipped, (400, 10), (200, 10), 220)
    case("a clipped way is not bridged", clipped, (-200, 10), (200, 10), NO_WAY)
    case("a clipped way leaves nothing in the gap", clipped, (-100, 10), (-80, 0), 20 + 10)

    def rim(town: Town) -> None:
        gaps = [town.missing(900_000 + i) for i in range(4)]
        middle = town.node(0, 0)
        town.way([gaps[0], (-600, 0), middle, gaps[1]], highway="residential")
        town.way([gaps[2], middle, gaps[3]], highway="residential")
        town.way([middle, (600, 0), gaps[1], gaps[2]], highway="residential")
        town.way(gaps, highway="residential")

    case("ways that leave the file", rim, (-300, 10), (300, 10), 620)


def lattice_cases() -> None:
    """Cases of plain lines."""

    def lattice(town: Town) -> None:
        town.lattice(4, 4, 100)

    case("a lattice", lattice, (10, 50), (290, 250), 10 + 50 + 300 + 150 + 10)
    case("a lattice, one block", lattice, (110, 150), (190, 150), 10 + 50 + 100 + 50 + 10)

    def bent(town: Town) -> None:
        town.way([(-600, 0), (0, 0), (0, 40), (600, 40)], highway="residential")

    case("a bent way is as long as its line", bent, (-100, -10), (100, 50), 10 + 100 + 40 + 100 + 10)

    def untagged(town: Town) -> None:
        west, east = two_streets(town)
        town.way([west, east])

    case("a way without tags", untagged, LINK_HOME, LINK_VENUE, NO_WAY)


for add_cases in (
    *(way_cases, permission_cases, oneway_cases, wall_cases, gate_cases, barrier_place_cases),
    *(area_kind_cases, area_sight_cases, relation_cases, area_edge_cases),
    *(tie_cases, structure_cases, component_cases),
    *(crossing_cases, doubled_cases, ring_cases, clipped_cases, lattice_cases),
):
    add_cases()
