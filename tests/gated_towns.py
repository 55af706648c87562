"""Towns with walls and gates: by hand, with their walks worked out in the comments, and at random.

Everything is drawn in metres around an origin. Most of the towns by hand have the same streets: two eastward
ones at y = -50 and y = 250, two northward ones at x = -100 and x = 300, and an estate from (0, 0) to
(200, 200) between them. Most legs are of 10 m. A walk is given for the policies open, residents, closed.
"""

from __future__ import annotations

import itertools
import math
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely
from hypothesis import strategies as st

from osm_maker import Spot, Town

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    XY = tuple[float, float]
    Walk = float | None
    Walks = dict[tuple[str, str], Walk | tuple[Walk, Walk, Walk]]

POLICIES = ("open", "residents", "closed")
NO_WAY = None


# --- drawing ---------------------------------------------------------------------------------------------


@dataclass
class Sketch:
    """Streets drawn in metres: wherever a corner or an end of one lies on another, they meet."""

    lines: list[tuple[list[XY], dict[str, str]]] = field(default_factory=list)
    barriers: dict[XY, dict[str, str]] = field(default_factory=dict)
    rings: list[tuple[list[XY], dict[str, str]]] = field(default_factory=list)
    relations: list[tuple[list[tuple[list[XY], str]], dict[str, str]]] = field(default_factory=list)

    def way(self, *points: XY, **tags: str) -> Sketch:
        """Draw a way, a footway unless tags say otherwise."""
        self.lines.append((list(points), {"highway": "footway"} | tags))
        return self

    def barrier(self, x: float, y: float, **tags: str) -> Sketch:
        """Put a barrier on the ways that pass here, a gate unless tags say otherwise."""
        self.barriers[x, y] = {"barrier": "gate"} | tags
        return self

    def ring(self, points: Sequence[XY], **tags: str) -> Sketch:
        """Draw a closed outline, of landuse=residential unless tags say otherwise."""
        self.rings.append((list(points), tags if "place" in tags else {"landuse": "residential"} | tags))
        return self

    def relation(self, rings: Sequence[tuple[Sequence[XY], str]], **tags: str) -> Sketch:
        """Draw a multipolygon of outlines, each with its role."""
        self.relations.append(([(list(ring), role) for ring, role in rings], tags))
        return self

    def town(self) -> Town:
        """Return the town, its ways joined."""
        town = Town()
        ends = {xy for line, _ in self.lines for xy in line} | set(self.barriers)
        spots: dict[XY, Spot] = {}

        def spot(xy: XY) -> Spot:
            if xy not in spots:
                spots[xy] = town.node(*xy, self.barriers.get(xy))
            return spots[xy]

        for line, tags in self.lines:
            nodes = [line[0]]
            for a, b in itertools.pairwise(line):
                on = [xy for xy in ends if xy not in (a, b) and _lies_on(xy, a, b)]
                nodes += [*sorted(on, key=lambda xy, a=a: math.dist(a, xy)), b]
            town.way([spot(xy) for xy in nodes], tags)
        for ring, tags in self.rings:
            town.ring([spot(xy) for xy in ring], tags)
        for members, tags in self.relations:
            ways = [(town.ring([spot(xy) for xy in ring]), role) for ring, role in members]
            town.relation(ways, tags)
        return town


def _lies_on(xy: XY, a: XY, b: XY) -> bool:
    return math.dist(a, xy) + math.dist(xy, b) - math.dist(a, b) < 1e-9


def box(west: float, south: float, east: float, north: float) -> list[XY]:
    """Return a rectangle's corners."""
    return [(west, south), (east, south), (east, north), (west, north)]


@dataclass
class Estate:
    """An estate as its row says: entries, boundary (None: a point only), gated or not, name."""

    points: list[XY]
    boundary: list[XY] | None = None
    gated: bool | None = True
    name: str = ""


@dataclass
class GateRow:
    """A row of the file of gates."""

    estate: str
    x: float
    y: float
    open_to: str = "everyone"
    hours: str = ""


@dataclass
class Venue:
    """A venue as its row says: entrances, and what it opens to."""

    points: list[XY]
    opens_to: str = ""


@dataclass
class GatedTown:
    """Streets, estates, gates and venues: all that one run needs."""

    sketch: Sketch
    estates: dict[str, Estate]
    venues: dict[str, Venue]
    gates: list[GateRow] = field(default_factory=list)
    time: str = ""

    @contextmanager
    def file(self) -> Iterator[Path]:
        """Write the streets to a file that lives as long as it is needed."""
        with tempfile.TemporaryDirectory(prefix="walkshed-gated-") as folder:
            yield self.sketch.town().write(Path(folder) / "town.osm.pbf")

    def estate_frame(self) -> gpd.GeoDataFrame:
        """Return the estates as ``walkshed.read_estates`` does."""
        rows = []
        for number, (ident, estate) in enumerate(self.estates.items()):
            points = [_lonlat(xy) for xy in estate.points]
            shape: Any = shapely.Point(points[0]) if len(points) == 1 else shapely.MultiPoint(points)
            if estate.boundary is not None:
                shape = shapely.Polygon([_lonlat(xy) for xy in estate.boundary])
            rows.append(
                {
                    "estate_id": ident,
                    "name": estate.name or ident,
                    "households": 100.0 * (number + 1),
                    "lon": points[0][0],
                    "lat": points[0][1],
                    "location_status": "given",
                    "gated": estate.gated,
                    "source_row": number + 2,
                    "geometry": shape,
                }
            )
        return _frame(rows, "estate_id")

    def gate_frame(self) -> gpd.GeoDataFrame | None:
        """Return the gates as ``walkshed.read_gates`` does, None if there are none."""
        if not self.gates:
            return None
        rows = []
        for number, gate in enumerate(self.gates):
            lon, lat = _lonlat((gate.x, gate.y))
            rows.append(
                {
                    "estate_id": gate.estate,
                    "lon": lon,
                    "lat": lat,
                    "open_to": gate.open_to,
                    "hours": gate.hours,
                    "name": "",
                    "source_row": number + 2,
                    "geometry": shapely.Point(lon, lat),
                }
            )
        return _frame(rows, None)

    def venue_frame(self) -> gpd.GeoDataFrame:
        """Return the venues as ``walkshed.read_venues`` does."""
        rows = []
        for number, (ident, venue) in enumerate(self.venues.items()):
            points = [_lonlat(xy) for xy in venue.points]
            rows.append(
                {
                    "venue_id": ident,
                    "name": ident,
                    "status": "open",
                    "tier": "area",
                    "kind": "活动中心",
                    "opening_date": pd.NaT,
                    "opens_to": venue.opens_to,
                    "lon": points[0][0],
                    "lat": points[0][1],
                    "location_status": "given",
                    "source_row": number + 2,
                    "geometry": shapely.Point(points[0]) if len(points) == 1 else shapely.MultiPoint(points),
                }
            )
        return _frame(rows, "venue_id")


_PLANE = Town()


def _lonlat(xy: XY) -> tuple[float, float]:
    return _PLANE.lonlat(*xy)


def _frame(rows: list[dict[str, Any]], index: str | None) -> gpd.GeoDataFrame:
    shapes = [row.pop("geometry") for row in rows]
    table = pd.DataFrame(rows)
    if "gated" in table:
        table["gated"] = pd.Series([row["gated"] for row in rows], dtype="object")
    if index is not None:
        table = table.set_index(index)
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326")


# --- towns by hand ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A town by hand, and its walks in metres: one number for all policies, or (open, residents, closed)."""

    name: str
    town: Callable[[], GatedTown]
    walks: Walks
    choice: bool = False

    def expected(self, policy: str) -> dict[tuple[str, str], Walk]:
        """Return the walks under a policy, None where there is no way."""
        number = POLICIES.index(policy)
        return {pair: walk[number] if isinstance(walk, tuple) else walk for pair, walk in self.walks.items()}


CASES: list[Case] = []


def case(
    name: str,
    sketch: Callable[[Sketch], object],
    estates: dict[str, Estate],
    venues: dict[str, XY | list[XY] | Venue],
    walks: Walks,
    *,
    gates: Sequence[GateRow] = (),
    time: str = "",
    choice: bool = False,
) -> None:
    """Add one case; ``choice`` where the rules leave room and the case records what was chosen."""

    def town() -> GatedTown:
        drawing = Sketch()
        sketch(drawing)
        rooms = {
            ident: room if isinstance(room, Venue) else Venue(room if isinstance(room, list) else [room])
            for ident, room in venues.items()
        }
        return GatedTown(drawing, estates, rooms, list(gates), time)

    CASES.append(Case(name, town, walks, choice))


def around(town: Sketch, *, east: bool = True) -> None:
    """Draw the streets around the estate."""
    town.way((-500, -50), (700, -50), highway="residential")
    town.way((-500, 250), (700, 250), highway="residential")
    town.way((-100, -50), (-100, 250), highway="residential")
    if east:
        town.way((300, -50), (300, 250), highway="residential")


def with_path(*more: Callable[[Sketch], object], **tags: str) -> Callable[[Sketch], None]:
    """Draw the streets and a path from the south into the estate, to its middle."""

    def sketch(town: Sketch) -> None:
        around(town)
        town.way((100, -50), (100, 90), **tags)
        for draw in more:
            draw(town)

    return sketch


def with_path_through(*more: Callable[[Sketch], object], **tags: str) -> Callable[[Sketch], None]:
    """Draw the streets and a path through the estate, from south to north."""

    def sketch(town: Sketch) -> None:
        around(town)
        town.way((100, -50), (100, 250), **tags)
        for draw in more:
            draw(town)

    return sketch


def bare(*more: Callable[[Sketch], object]) -> Callable[[Sketch], None]:
    """Draw the streets around and nothing inside."""

    def sketch(town: Sketch) -> None:
        around(town)
        for draw in more:
            draw(town)

    return sketch


def walled(points: XY | list[XY] = (110, 90), *, gated: bool | None = True) -> Estate:
    """Return the estate in the middle of the streets."""
    return Estate(points if isinstance(points, list) else [points], box(0, 0, 200, 200), gated)


def somebody(x: float, y: float) -> Estate:
    """Return people who live in no estate with a boundary."""
    return Estate([(x, y)], None, None)


# Where people and venues are again and again, and what they walk.
FAR = (500, -60)  # 10 m south of the southern street, 400 m east of the path
OUT = somebody(110, -60)  # 10 m south of the southern street, 10 m east of the path
NORTH = (110, 260)  # 10 m north of the northern street, 10 m east of the path
INSIDE = (110, 150)  # 10 m east of the path, in the estate
HOME_TO_FAR = 10 + 140 + 400 + 10  # path from y = 90 to -50
HOME_TO_NORTH = 10 + 160 + 10 + 10  # path from y = 90 to 250
HOME_AROUND_TO_NORTH = 10 + 140 + (200 + 300 + 190) + 10  # out in the south, round in the east
HOME_AROUND_TO_FAR = 10 + 160 + (200 + 300 + 200) + 10  # out in the north, round in the east
CUT_THROUGH = 10 + 10 + 300 + 10 + 10  # from OUT by the path to NORTH
GO_AROUND = 10 + (190 + 300 + 190) + 10  # from OUT by the eastern street to NORTH
OUT_TO_INSIDE = 10 + 10 + 200 + 10  # from OUT by the path to INSIDE
HOME_TO_INSIDE = 10 + 60 + 10


def one_estate() -> None:
    """Cases of one estate."""
    case(
        "one estate with one gate",
        with_path(),
        {"home": walled()},
        {"far": FAR},
        {("home", "far"): HOME_TO_FAR},
    )
    case(
        "nobody cuts through an estate",
        with_path_through(),
        {"home": walled(), "out": OUT},
        {"far": FAR, "north": NORTH, "in": INSIDE},
        {
            ("out", "north"): (CUT_THROUGH, GO_AROUND, GO_AROUND),
            ("home", "north"): HOME_TO_NORTH,
            ("home", "far"): HOME_TO_FAR,
            ("home", "in"): HOME_TO_INSIDE,
            ("out", "in"): (OUT_TO_INSIDE, OUT_TO_INSIDE, NO_WAY),
            ("out", "far"): 10 + 390 + 10,
        },
    )
    case(
        "residents-only gates keep visitors out",
        with_path_through(),
        {"home": walled(), "out": OUT},
        {"in": INSIDE, "north": NORTH},
        {
            ("out", "in"): (OUT_TO_INSIDE, NO_WAY, NO_WAY),
            ("home", "in"): HOME_TO_INSIDE,
            ("home", "north"): HOME_TO_NORTH,
            ("out", "north"): (CUT_THROUGH, GO_AROUND, GO_AROUND),
        },
        gates=[GateRow("home", 100, 0, "residents"), GateRow("home", 100, 200, "residents")],
    )

    def two_paths(town: Sketch) -> None:
        around(town)
        town.way((50, -50), (50, 90))
        town.way((150, -50), (150, 90))

    again = 10 + 140 + 100 + 140 + 10  # out by the one path and in by the other
    for words in (("everyone", "everyone"), ("residents", "residents"), ("public", "residents")):
        visit = 10 + 40 + 140 + 10 if words[1] == "everyone" else NO_WAY
        case(
            f"residents come back in by another gate: {' and '.join(words)}",
            two_paths,
            {"home": walled((60, 90)), "out": OUT},
            {"in": (140, 90)},
            {("home", "in"): again, ("out", "in"): (10 + 40 + 140 + 10, visit, NO_WAY)},
            gates=[GateRow("home", 50, 0, words[0]), GateRow("home", 150, 0, words[1])],
        )
    case(
        "residents do not come back in by a closed gate",
        two_paths,
        {"home": walled((60, 90))},
        {"in": (140, 90), "far": FAR},
        {("home", "in"): (again, NO_WAY, NO_WAY), ("home", "far"): 10 + 140 + 450 + 10},
        gates=[GateRow("home", 50, 0, "residents"), GateRow("home", 150, 0, "closed")],
    )
    case(
        "an estate whose only gate is closed",
        with_path(),
        {"home": walled(), "out": OUT},
        {"far": FAR, "in": (110, 50)},
        {
            ("home", "far"): (HOME_TO_FAR, NO_WAY, NO_WAY),
            ("home", "in"): 10 + 40 + 10,
            ("out", "in"): (10 + 10 + 100 + 10, NO_WAY, NO_WAY),
            ("out", "far"): 10 + 390 + 10,
        },
        gates=[GateRow("home", 100, 0, "closed")],
    )
    several = {"home": walled()}
    case(
        "several entries and entrances: the best pair counts",
        with_path_through(lambda town: town.ring(box(0, 0, 200, 200), name="home")),
        {"home": Estate([(110, 50), (110, 150)])},
        {"two": [FAR, NORTH]},
        {("home", "two"): 10 + 100 + 10 + 10},
    )
    case(
        "several entries and entrances: the best open gate counts",
        with_path_through(lambda town: town.ring(box(0, 0, 200, 200), name="home")),
        {"home": Estate([(110, 50), (110, 150)])},
        {"two": [FAR, NORTH]},
        {("home", "two"): (10 + 100 + 10 + 10, 10 + 100 + 400 + 10, 10 + 100 + 400 + 10)},
        gates=[GateRow("home", 100, 0), GateRow("home", 100, 200, "closed")],
    )
    case(
        "a venue with an entrance on either side of the wall",
        with_path_through(),
        {"home": walled(), "out": OUT},
        {"both": [NORTH, INSIDE]},
        {
            ("home", "both"): HOME_TO_INSIDE,
            ("out", "both"): (OUT_TO_INSIDE, OUT_TO_INSIDE, GO_AROUND),
        },
    )
    case(
        "two rows for one gate: whom either lets pass",
        with_path(),
        several,
        {"far": FAR},
        {("home", "far"): HOME_TO_FAR},
        gates=[GateRow("home", 100, 0, "closed"), GateRow("home", 101, 0, "residents")],
        choice=True,
    )


def opening_hours() -> None:
    """Cases of gates with hours."""
    for hours, time, is_open in (
        ("06:00-22:00", "23:30", False),
        ("06:00-22:00", "12:00", True),
        ("06:00-22:00", "", True),
        ("22:00-06:00", "23:30", True),
        ("22:00-06:00", "12:00", False),
        ("06:30-09:00, 16:00-19:00", "17:15", True),
        ("06:30-09:00, 16:00-19:00", "12:00", False),
    ):
        night = HOME_TO_FAR if is_open else HOME_AROUND_TO_FAR
        visit = OUT_TO_INSIDE if is_open else 10 + (190 + 300 + 200) + 100 + 10
        case(
            f"a gate open {hours}, at {time or 'no time'}",
            with_path_through(),
            {"home": walled(), "out": OUT},
            {"far": FAR, "in": INSIDE},
            {("home", "far"): (HOME_TO_FAR, night, night), ("out", "in"): (OUT_TO_INSIDE, visit, NO_WAY)},
            gates=[GateRow("home", 100, 0, "everyone", hours), GateRow("home", 100, 200)],
            time=time,
        )
    case(
        "a passage that is closed at night",
        with_path_through(),
        {"home": walled(), "out": OUT},
        {"north": NORTH},
        {("out", "north"): (CUT_THROUGH, GO_AROUND, GO_AROUND), ("home", "north"): HOME_TO_NORTH},
        gates=[GateRow("home", 100, 0, "public", "06:00-22:00"), GateRow("home", 100, 200, "public")],
        time="23:30",
    )


def neighbours() -> None:
    """Cases of one estate next to another."""
    west_box, east_box = box(0, 0, 100, 200), box(100, 0, 200, 200)
    pair = {"west": Estate([(50, 110)], west_box), "east": Estate([(150, 110)], east_box)}
    outside = {"wester": somebody(-110, 100)}

    def across(town: Sketch) -> None:
        around(town)
        town.way((-100, 100), (300, 100))

    next_door = 10 + 100 + 10
    round_streets = 150 + 400 + 150  # from (-100, 100) by the south to (300, 100)
    case(
        "estate next to estate",
        across,
        pair | outside,
        {"in east": (150, 110), "east street": (310, 100)},
        {
            ("west", "in east"): (next_door, next_door, NO_WAY),
            ("wester", "in east"): (10 + 250 + 10, 10 + round_streets + 150 + 10, NO_WAY),
            ("west", "east street"): (10 + 250 + 10, *[10 + 150 + round_streets + 10] * 2),
            ("wester", "east street"): (10 + 400 + 10, *[10 + round_streets + 10] * 2),
            ("east", "in east"): 20,  # to the path and back: both stand at its same point
        },
    )
    case(
        "no gate in the wall between two estates",
        across,
        pair,
        {"in east": (150, 110)},
        {("west", "in east"): (next_door, 10 + 150 + round_streets + 150 + 10, NO_WAY)},
        gates=[GateRow("west", 0, 100), GateRow("east", 200, 100)],
    )
    case(
        "only a gate between two estates",
        lambda town: (across(town), town.barrier(100, 100)),
        {"west": Estate([(50, 110)], west_box, None), "east": Estate([(150, 110)], east_box, None)},
        {"in east": (150, 110), "far": FAR},
        {
            ("west", "in east"): (next_door, next_door, NO_WAY),
            ("west", "far"): (10 + 250 + 150 + 200 + 10, NO_WAY, NO_WAY),
        },
    )
    case(
        "visitors of one estate do not go on into the next",
        across,
        pair | outside,
        {"in west": (50, 110), "in east": (150, 110)},
        {
            ("wester", "in east"): (10 + 250 + 10, NO_WAY, NO_WAY),
            ("wester", "in west"): (10 + 150 + 10, 10 + 150 + 10, NO_WAY),
            ("west", "in east"): (next_door, next_door, NO_WAY),
        },
        gates=[
            GateRow("west", 0, 100),
            GateRow("west", 100, 100),
            GateRow("east", 100, 100),
            GateRow("east", 200, 100, "closed"),
        ],
    )

    def lane(town: Sketch) -> None:
        around(town)
        town.way((100, -50), (100, 100), highway="service")
        town.way((50, 100), (150, 100))

    apart = {
        "west": Estate([(50, 110)], box(0, 0, 95, 200)),
        "east": Estate([(150, 110)], box(105, 0, 200, 200)),
    }
    for tags, visit in ({}, next_door), ({"access": "private"}, NO_WAY):
        case(
            f"one gate at the end of a lane for two estates {tags}",
            lambda town, tags=tags: (lane(town), town.barrier(100, 100, **tags)),
            apart,
            {"in east": (150, 110), "far": FAR},
            {
                ("west", "in east"): (next_door, visit, NO_WAY),
                ("west", "far"): 10 + 50 + 150 + 400 + 10,
                ("east", "in east"): 20,
            },
        )
    case(
        "one row of the file each for a gate of two estates",
        across,
        pair,
        {"in east": (150, 110), "far": FAR},
        {
            ("west", "in east"): (next_door, NO_WAY, NO_WAY),
            ("west", "far"): (10 + 250 + 150 + 200 + 10, NO_WAY, NO_WAY),
            ("east", "far"): (10 + 150 + 150 + 200 + 10, NO_WAY, NO_WAY),
        },
        gates=[GateRow("west", 100, 100, "everyone"), GateRow("east", 100, 100, "residents")],
    )


def nested() -> None:
    """Cases of an estate in an estate."""
    inner = Estate([(110, 100)], box(60, 60, 140, 140))
    outer = walled((110, 30))

    def path(town: Sketch) -> None:
        around(town)
        town.way((100, -50), (100, 120))

    far_to_inner = 10 + 400 + 150 + 10
    case(
        "an estate in an estate",
        path,
        {"inner": inner, "outer": outer, "far": somebody(*FAR)},
        {"far": FAR, "in outer": (110, 30), "in inner": (110, 110)},
        {
            ("inner", "far"): 10 + 150 + 400 + 10,
            ("outer", "far"): 10 + 80 + 400 + 10,
            ("inner", "in outer"): 10 + 70 + 10,  # who lives in the inner one lives in the outer one too
            ("outer", "in inner"): (10 + 80 + 10, 10 + 80 + 10, NO_WAY),
            ("far", "in inner"): (far_to_inner + 10, far_to_inner + 10, NO_WAY),
            ("inner", "in inner"): 10 + 10 + 10,
        },
    )
    case(
        "a residents-only gate of the inner estate stops the outer one's people",
        path,
        {"inner": inner, "outer": outer, "far": somebody(*FAR)},
        {"in inner": (110, 110), "in outer": (110, 30)},
        {
            ("outer", "in inner"): (10 + 80 + 10, NO_WAY, NO_WAY),
            ("far", "in inner"): (far_to_inner + 10, NO_WAY, NO_WAY),
            ("far", "in outer"): (10 + 400 + 80 + 10, 10 + 400 + 80 + 10, NO_WAY),
            ("inner", "in outer"): 10 + 70 + 10,
        },
        gates=[GateRow("inner", 100, 60, "residents")],
    )
    case(
        "a residents-only gate of the outer estate stops visitors of the inner one",
        path,
        {"inner": inner, "outer": outer, "far": somebody(*FAR)},
        {"in inner": (110, 110)},
        {
            ("outer", "in inner"): (10 + 80 + 10, 10 + 80 + 10, NO_WAY),
            ("far", "in inner"): (far_to_inner + 10, NO_WAY, NO_WAY),
        },
        gates=[GateRow("outer", 100, 0, "residents")],
    )

    def two_paths(town: Sketch) -> None:
        around(town)
        town.way((80, -50), (80, 100))
        town.way((120, -50), (120, 100))

    for word in ("residents", "everyone"):
        case(
            f"back into the inner estate through both walls, gates for {word}",
            two_paths,
            {"inner": Estate([(75, 100)], box(60, 60, 140, 140)), "outer": walled((180, 30))},
            {"in inner": (125, 100)},
            {("inner", "in inner"): 5 + 150 + 40 + 150 + 5},
            gates=[GateRow(of, x, y, word) for of, y in (("inner", 60), ("outer", 0)) for x in (80, 120)],
        )

    def shared_side(town: Sketch) -> None:
        around(town)
        town.way((-100, 40), (40, 40))

    corner = Estate([(40, 50)], box(0, 0, 80, 80))
    west = (-110, 40)
    case(
        "an inner estate with a way out through the outer wall",
        shared_side,
        {"inner": corner, "outer": walled((30, 150)), "far": somebody(*FAR)},
        {"west": west, "in inner": (40, 50)},
        {
            ("inner", "west"): 10 + 140 + 10,
            ("far", "in inner"): (10 + 600 + 90 + 140 + 10, 10 + 600 + 90 + 140 + 10, NO_WAY),
        },
    )
    into = 10 + 600 + 90 + 140 + 10  # from FAR along the southern and up the western street
    case(
        "the inner estate's way out is a crossing of the outer one too",
        lambda town: (shared_side(town), town.way((100, -50), (100, 90))),
        {"inner": corner, "outer": walled(), "far": somebody(*FAR)},
        {"west": west, "in inner": (40, 50)},
        {("inner", "west"): 10 + 140 + 10, ("far", "in inner"): (into, into, NO_WAY)},
    )
    case(
        "where two walls are one, visitors need a gate in either",
        shared_side,
        {"inner": corner, "outer": walled((30, 150)), "far": somebody(*FAR)},
        {"west": west, "in inner": (40, 50)},
        {("inner", "west"): 10 + 140 + 10, ("far", "in inner"): (into, NO_WAY, NO_WAY)},
        gates=[GateRow("inner", 0, 40, "everyone"), GateRow("outer", 0, 40, "residents")],
    )

    # 2 m behind both walls: 20 m to the inner path, 40 m to a path of the outer estate, 10 m to the street
    case(
        "a shop in two walls that are one opens to the street",
        lambda town: (
            town.way((-500, -50), (700, -50), highway="residential"),
            town.way((-8, -50), (-8, 250), highway="residential"),
            town.way((-8, 30), (60, 30)),
            town.way((-8, 90), (60, 90)),
        ),
        {"inner": Estate([(40, 40)], box(0, 0, 80, 80)), "outer": walled((40, 100))},
        {"shop": (2, 50)},
        {
            ("inner", "shop"): (10 + 48 + 20 + 10, 10 + 48 + 20 + 10, 10 + 48 + 20 + 10),
            ("outer", "shop"): 10 + 48 + 40 + 10,
        },
    )

    def across(town: Sketch) -> None:
        around(town)
        town.way((-100, 100), (300, 100))

    case(
        "an inner estate from wall to wall makes no passage",
        across,
        {
            "inner": Estate([(110, 110)], box(0, 60, 200, 140)),
            "outer": walled((110, 30)),
            "wester": somebody(-110, 100),
        },
        {"east": (310, 100)},
        {
            ("wester", "east"): (10 + 400 + 10, *[10 + 150 + 400 + 150 + 10] * 2),
            ("inner", "east"): 10 + 190 + 10,
        },
        gates=[
            GateRow(of, x, 100, word)
            for of, word in (("inner", "public"), ("outer", "everyone"))
            for x in (0, 200)
        ],
        choice=True,
    )
    case(
        "an inner estate whose way out is no gate of the outer one",
        lambda town: (shared_side(town), town.way((100, -50), (100, 90))),
        {"inner": corner, "outer": walled()},
        {"west": west, "far": FAR},
        {("inner", "west"): (10 + 140 + 10, NO_WAY, NO_WAY), ("outer", "far"): HOME_TO_FAR},
        gates=[GateRow("outer", 100, 0)],
    )
    case(
        "an inner estate's public gates make no passage",
        with_path_through(),
        {"inner": inner, "outer": outer, "out": OUT},
        {"north": NORTH, "in outer": (110, 170)},
        {
            ("out", "north"): (CUT_THROUGH, GO_AROUND, GO_AROUND),
            # the outer one's people leave it and come back, they do not pass the inner one
            ("outer", "in outer"): (10 + 140 + 10, *[10 + 80 + (200 + 300 + 200) + 80 + 10] * 2),
        },
        gates=[GateRow("inner", 100, 60, "public"), GateRow("inner", 100, 140, "public")],
    )


def passages() -> None:
    """Cases of public gates."""
    both = [GateRow("home", 100, 0, "public"), GateRow("home", 100, 200, "public")]
    case(
        "two public gates make a passage",
        with_path_through(),
        {"home": walled(), "out": OUT},
        {"north": NORTH, "in": INSIDE},
        {
            ("out", "north"): CUT_THROUGH,
            ("out", "in"): (OUT_TO_INSIDE, OUT_TO_INSIDE, NO_WAY),
            ("home", "north"): HOME_TO_NORTH,
        },
        gates=both,
    )
    case(
        "one public gate makes no passage",
        with_path_through(),
        {"home": walled(), "out": OUT},
        {"north": NORTH, "in": INSIDE},
        {
            ("out", "north"): (CUT_THROUGH, GO_AROUND, GO_AROUND),
            ("out", "in"): (OUT_TO_INSIDE, OUT_TO_INSIDE, NO_WAY),
        },
        gates=[both[0], GateRow("home", 100, 200, "everyone")],
    )

    def with_east_exit(town: Sketch) -> None:
        around(town, east=False)
        town.way((100, -50), (100, 250))
        town.way((100, 120), (300, 120))

    by_path = 10 + 10 + 170 + 200 + 10
    for word, walk in ("everyone", NO_WAY), ("public", by_path):
        case(
            f"who passes through leaves by a public gate: the eastern one is for {word}",
            with_east_exit,
            {"home": walled(), "out": OUT},
            {"east": (310, 120)},
            {("out", "east"): (by_path, walk, walk), ("home", "east"): 10 + 30 + 200 + 10},
            gates=[*both, GateRow("home", 200, 120, word)],
        )


def private_ways() -> None:
    """Cases of private ways outside of estates."""
    lane = {"access": "private", "highway": "service"}
    case(
        "nobody cuts through a private way",
        with_path_through(**lane),
        {"out": OUT, "on it": somebody(110, 90)},
        {"north": NORTH, "in": INSIDE, "far": FAR},
        {
            ("out", "north"): (CUT_THROUGH, GO_AROUND, GO_AROUND),
            ("on it", "north"): HOME_TO_NORTH,
            ("on it", "far"): HOME_TO_FAR,
            ("out", "in"): OUT_TO_INSIDE,
            ("on it", "in"): HOME_TO_INSIDE,
        },
    )

    def two_lanes(town: Sketch) -> None:
        around(town)
        town.way((100, -50), (100, 90), **lane)
        town.way((200, -50), (200, 90), **lane)

    case(
        "from one private way to another",
        two_lanes,
        {"home": somebody(110, 90)},
        {"in": (210, 90)},
        {("home", "in"): 10 + 140 + 100 + 140 + 10},
    )

    def driveway(town: Sketch) -> None:
        around(town)
        town.way((100, -50), (100, 0), **lane)
        town.way((100, 0), (100, 90))

    case(
        "a private piece that leads to an estate's gate",
        driveway,
        {"home": walled(), "out": OUT, "on it": somebody(110, -20)},
        {"far": FAR, "in": (110, 50), "on it": (110, -20)},
        {
            ("home", "far"): HOME_TO_FAR,
            ("out", "in"): (10 + 10 + 100 + 10, 10 + 10 + 100 + 10, NO_WAY),
            ("on it", "in"): (10 + 70 + 10, 10 + 70 + 10, NO_WAY),
            ("home", "on it"): 10 + 110 + 10,
            ("on it", "far"): 10 + 30 + 400 + 10,
        },
    )

    def between(town: Sketch) -> None:
        around(town)
        town.way((50, 100), (90, 100))
        town.way((90, 100), (110, 100), **lane)
        town.way((110, 100), (150, 100))
        town.way((100, 100), (100, -50), **lane)

    next_door = 10 + 100 + 10
    case(
        "a private lane between two estates, which it shows to be gated",
        between,
        {
            "west": Estate([(50, 110)], box(0, 0, 90, 200), None),
            "east": Estate([(150, 110)], box(110, 0, 200, 200), None),
            "out": OUT,
        },
        {"in east": (150, 110), "far": FAR},
        {
            ("west", "in east"): (next_door, next_door, NO_WAY),
            ("west", "far"): 10 + 50 + 150 + 400 + 10,
            ("out", "in east"): (10 + 10 + 150 + 50 + 10, 10 + 10 + 150 + 50 + 10, NO_WAY),
        },
    )


def shop_fronts() -> None:
    """Cases of venues in a wall: the southern street is 51 m from (.., 1), the path 60 m or 40 m."""
    front = 10 + 340 + 51  # from FAR along the street to x = 160
    inside = 10 + 400 + 51 + 60  # from FAR by the path to y = 1
    people = {"home": walled(), "far": somebody(*FAR)}
    own = 10 + 89 + 60  # from home by the path to y = 1
    own_round = 10 + 140 + 60 + 51  # out by the path and along the street
    residents_only = [GateRow("home", 100, 0, "residents")]
    case(
        "a venue in the wall, nearer to the street",
        with_path(),
        people,
        {"shop": (160, 1)},
        {("far", "shop"): front, ("home", "shop"): own_round},
    )
    case(
        "a venue in the wall, nearer to the path inside",
        with_path(),
        people,
        {"shop": (140, 4)},
        {
            ("far", "shop"): (10 + 400 + 54 + 40, 10 + 400 + 54 + 40, NO_WAY),
            ("home", "shop"): 10 + 86 + 40,
        },
    )
    case(
        "a venue in the wall that opens to the street",
        with_path(),
        people,
        {"shop": Venue([(160, 1)], "street")},
        {("far", "shop"): front, ("home", "shop"): own_round},
        gates=residents_only,
    )
    # 10 m behind the wall: 20 m to a branch of the path at y = 30, 60 m to the street
    by_path, own_by_path = 10 + 400 + 80 + 60 + 20, 10 + 60 + 60 + 20
    case(
        "a venue behind the wall, by what it opens to",
        with_path(lambda town: town.way((100, 30), (180, 30))),
        people,
        {
            "blank": (160, 10),
            "to street": Venue([(160, 10)], "street"),
            "to estate": Venue([(160, 10)], "estate"),
        },
        {
            ("far", "blank"): (by_path, by_path, NO_WAY),
            ("far", "to estate"): (by_path, by_path, NO_WAY),
            ("far", "to street"): 10 + 340 + 60,
            ("home", "blank"): own_by_path,
            ("home", "to estate"): own_by_path,
            ("home", "to street"): (own_by_path, *[10 + 140 + 60 + 60] * 2),
        },
    )
    case(
        "a venue in the wall that opens to the estate",
        with_path(),
        people,
        {"shop": Venue([(160, 1)], "estate")},
        {("far", "shop"): (front, inside, NO_WAY), ("home", "shop"): own},
    )
    case(
        "a venue in the wall that opens to the estate, behind a residents-only gate",
        with_path(),
        people,
        {"shop": Venue([(160, 1)], "estate"), "blank": (160, 1)},
        {
            ("far", "shop"): (front, NO_WAY, NO_WAY),
            ("home", "shop"): own,
            ("far", "blank"): front,
            ("home", "blank"): own_round,
        },
        gates=residents_only,
    )
    case(
        "a venue deep inside that opens to the street",
        with_path(),
        people,
        {"hall": Venue([(150, 60)], "street"), "blank": (150, 60)},
        # the nearest place outside is the path's end at the wall, through the wall
        {
            ("far", "hall"): 10 + 400 + 50 + math.hypot(50, 60),
            ("home", "hall"): (10 + 30 + 50, *[10 + 90 + math.hypot(50, 60)] * 2),
            ("home", "blank"): 10 + 30 + 50,
            ("far", "blank"): (10 + 400 + 110 + 50, 10 + 400 + 110 + 50, NO_WAY),
        },
    )


def osm_gates() -> None:
    """Cases of barrier nodes on the ways that cross a boundary."""
    visit = 10 + 400 + 100 + 10  # from FAR by the path to y = 50
    people = {"home": walled(gated=None), "far": somebody(*FAR)}
    room = {"far": FAR, "in": (110, 50)}
    for tags, who in (
        ({}, "everyone"),
        ({"foot": "yes", "access": "private"}, "everyone"),
        ({"access": "permissive"}, "everyone"),
        ({"foot": "designated"}, "everyone"),
        ({"access": "private"}, "residents"),
        ({"access": "residents"}, "residents"),
        ({"foot": "permit"}, "residents"),
        ({"access": "no"}, "closed"),
        ({"locked": "yes"}, "closed"),
        ({"barrier": "lift_gate"}, "everyone"),
        ({"barrier": "swing_gate", "access": "private"}, "residents"),
    ):
        leave = NO_WAY if who == "closed" else HOME_TO_FAR
        enter = visit if who == "everyone" else NO_WAY
        for y in (-20, 0, 20):
            case(
                f"an OSM gate at y = {y} with {tags}",
                with_path(lambda town, y=y, tags=tags: town.barrier(100, y, **tags)),
                people,
                room,
                {("home", "far"): (HOME_TO_FAR, leave, leave), ("far", "in"): (visit, enter, NO_WAY)},
            )

    def inner_branch(town: Sketch) -> None:
        town.barrier(100, 20)
        town.way((100, 10), (20, 10), (20, 100))

    # A way that branches off before the gate is inside and reaches none: straight to the gate over 70 m by 80 m,
    # then by the path. Under open too the straight leg is the shorter one.
    straight = math.hypot(70, 80) + 70 + 400 + 10
    case(
        "an OSM gate 20 m inside cuts the way there",
        with_path(inner_branch),
        {"home": walled((30, 100))},
        {"far": FAR},
        {("home", "far"): straight},
    )

    def outer_branch(town: Sketch) -> None:
        town.barrier(100, -20)
        town.way((100, -10), (-100, -10))

    # A way that branches off outside of the wall but within the gate is cut off from the path.
    detour = 10 + 140 + 200 + 40 + 100 + 10
    case(
        "an OSM gate 20 m outside cuts the way there",
        with_path(outer_branch),
        {"home": walled()},
        {"branch": (0, -20)},
        {("home", "branch"): (10 + 100 + 100 + 10, detour, detour)},
    )

    def two_ways(town: Sketch) -> None:
        around(town)
        town.way((60, 90), (100, 90))
        town.way((100, 90), (100, -50))
        outer_branch(town)

    # The way that crosses goes on in another one at (100, 90), and has a branch before the gate.
    case(
        "an OSM gate beyond a branch, on a way that is continued by another",
        two_ways,
        {"home": walled((70, 100))},
        {"branch": (0, -20)},
        {("home", "branch"): (10 + 30 + 100 + 100 + 10, *[30 + detour] * 2)},
    )
    one_gate = (HOME_TO_NORTH, HOME_AROUND_TO_NORTH, HOME_AROUND_TO_NORTH)
    case(
        "where OSM has one gate the other crossings are wall",
        with_path_through(lambda town: town.barrier(100, -10)),
        {"home": walled()},
        {"north": NORTH, "far": FAR},
        {("home", "north"): one_gate, ("home", "far"): HOME_TO_FAR},
    )
    case(
        "a gated estate's bollard is a gate",
        with_path_through(lambda town: town.barrier(100, -10, barrier="bollard")),
        {"home": walled()},
        {"north": NORTH},
        {("home", "north"): one_gate},
    )
    case(
        "a barrier 40 m along the way is no gate of the estate",
        with_path_through(lambda town: town.barrier(100, -40)),
        {"home": walled()},
        {"north": NORTH},
        {("home", "north"): HOME_TO_NORTH},
    )
    case(
        "a closed barrier 40 m along the way stops everybody",
        with_path(lambda town: town.barrier(100, -40, locked="yes")),
        {"home": walled()},
        {"far": FAR},
        {("home", "far"): NO_WAY},
    )
    case(
        "the file's gate counts, not the barrier beside it",
        with_path(lambda town: town.barrier(100, 10, locked="yes")),
        people,
        room,
        {("home", "far"): HOME_TO_FAR, ("far", "in"): (visit, NO_WAY, NO_WAY)},
        gates=[GateRow("home", 100, 0, "residents")],
    )


def who_is_gated() -> None:
    """Cases of what makes an estate gated, and what does not."""
    cut = (CUT_THROUGH, GO_AROUND, GO_AROUND)

    def told(
        name: str,
        estate: Estate,
        walk: Any,
        *draw: Callable[[Sketch], object],
        gates: Sequence[GateRow] = (),
        others: dict[str, Estate] | None = None,
        **tags: str,
    ) -> None:
        people = {"home": estate, "out": OUT} | (others or {})
        case(
            name,
            with_path_through(*draw, **tags),
            people,
            {"north": NORTH},
            {("out", "north"): walk},
            gates=gates,
        )

    ring = box(0, 0, 200, 200)
    told("nothing says that it is gated", walled(gated=None), CUT_THROUGH)
    told("its row says that it is gated", walled(), cut)
    told(
        "its row says no although OSM has a gate",
        walled(gated=False),
        CUT_THROUGH,
        lambda t: t.barrier(100, 9),
    )
    told("OSM has a gate on its boundary", walled(gated=None), cut, lambda t: t.barrier(100, 9))
    told(
        "OSM has a bollard on its boundary",
        walled(gated=None),
        CUT_THROUGH,
        lambda t: t.barrier(100, 9, barrier="bollard"),
    )
    told("OSM has a gate 40 m inside", walled(gated=None), CUT_THROUGH, lambda t: t.barrier(100, 40))
    told("a private way crosses its boundary", walled(gated=None), cut, access="private")
    told(
        "the file names it although its row says no",
        walled(gated=False),
        cut,
        gates=[GateRow("home", 100, 0)],
    )
    told(
        "OSM's boundary of the same name",
        Estate([(110, 90)], None, True, "桃源人家"),
        cut,
        lambda t: t.ring(ring, name="桃源人家"),
    )
    told(
        "OSM's boundary around its point",
        Estate([(110, 90)], None, True, "桃源人家"),
        cut,
        lambda t: t.ring(ring, name="山语银城"),
    )
    told(
        "OSM's boundary of the same name, its point 60 m outside",
        Estate([(-60, 90)], None, True, "桃源人家"),
        cut,
        lambda t: t.ring(ring, name="桃源人家"),
    )
    told(
        "OSM's boundary holds two estates' points",
        Estate([(110, 90)], None, True, "桃源人家"),
        CUT_THROUGH,
        lambda t: t.ring(ring, name="山语银城"),
        others={"other": Estate([(50, 50)], None, True, "大丁佳苑")},
    )
    told(
        "OSM's boundary as a multipolygon with a hole",
        Estate([(110, 90)], None, True, "桃源人家"),
        cut,
        lambda t: t.relation(
            [(ring, "outer"), (box(140, 140, 180, 180), "inner")], landuse="residential", name="桃源人家"
        ),
    )
    told(
        "a place=neighbourhood never walls",
        Estate([(110, 90)], None, True, "桃源人家"),
        CUT_THROUGH,
        lambda t: t.ring(ring, place="neighbourhood", name="桃源人家"),
    )
    told("gated by its row, but no boundary is known", Estate([(110, 90)]), CUT_THROUGH)
    # 80 m south to the street through the wall, as if it were not there
    case(
        "a boundary without any crossing, and no gate known",
        bare(),
        {"home": walled((100, 30))},
        {"far": FAR},
        {("home", "far"): 80 + 400 + 10},
    )
    case(
        "boundary and way share a node",
        lambda town: (
            with_path_through()(town),
            town.ring([(0, 0), (100, 0), (200, 0), (200, 200), (100, 200), (0, 200)], name="home"),
            town.way((100, 0), (99, 1), highway="proposed"),  # so that the path has nodes there
            town.way((100, 200), (99, 199), highway="proposed"),
        ),
        {"home": Estate([(110, 90)]), "out": OUT},
        {"north": NORTH, "far": FAR, "in": INSIDE},
        {
            ("out", "north"): cut,
            ("home", "far"): HOME_TO_FAR,
            ("out", "in"): (OUT_TO_INSIDE, OUT_TO_INSIDE, NO_WAY),
        },
    )
    case(
        "the boundary runs along the streets' centre lines",
        with_path_through(),
        {"home": Estate([(110, 90)], box(-100, -50, 300, 250)), "out": OUT},
        {"north": NORTH, "far": FAR, "in": INSIDE},
        {
            ("out", "north"): cut,
            ("home", "far"): HOME_TO_FAR,
            ("out", "in"): (OUT_TO_INSIDE, OUT_TO_INSIDE, NO_WAY),
        },
    )


def file_gates() -> None:
    """Cases of where a gate of the file comes to lie."""
    case(
        "a gate of the file 20 m from a crossing takes it",
        with_path_through(),
        {"home": walled()},
        {"far": FAR, "north": NORTH},
        {
            ("home", "far"): HOME_TO_FAR,
            ("home", "north"): (HOME_TO_NORTH, HOME_AROUND_TO_NORTH, HOME_AROUND_TO_NORTH),
        },
        gates=[GateRow("home", 120, 0)],
    )
    # (0, 90): 100 m of link to the western street, 100 m to the path's end
    west = 10 + 100 + 100 + 140 + 600 + 10
    case(
        "a gate of the file far from any crossing is linked to both sides",
        with_path(),
        {"home": walled(), "far": somebody(*FAR)},
        {"west": (-110, 90), "far": FAR, "in": (110, 50)},
        {
            ("home", "west"): 10 + 100 + 100 + 10,
            ("home", "far"): (HOME_TO_FAR, west, west),
            ("far", "in"): (10 + 400 + 100 + 10, 10 + 600 + 140 + 200 + 40 + 10, NO_WAY),
        },
        gates=[GateRow("home", 0, 90)],
    )
    case(
        "a gate of the file far from the estate has no effect",
        with_path_through(),
        {"home": walled(), "out": OUT},
        {"far": FAR, "north": NORTH},
        {
            ("home", "far"): HOME_TO_FAR,
            ("home", "north"): HOME_TO_NORTH,
            ("out", "north"): (CUT_THROUGH, GO_AROUND, GO_AROUND),
        },
        gates=[GateRow("home", -300, 90, "closed")],
    )
    # (60, 0): 40 m by 30 m from home, then 50 m of link to the street
    case(
        "without inner paths one walks straight to the gate",
        bare(),
        {"home": walled((100, 30)), "far": somebody(*FAR)},
        {"far": FAR, "in": (20, 30), "at home": (100, 30)},
        {
            ("home", "far"): (80 + 400 + 10, 50 + 50 + 440 + 10, 50 + 50 + 440 + 10),
            ("home", "in"): 50 + 50,
            ("far", "at home"): (10 + 400 + 80, 10 + 440 + 50 + 50, NO_WAY),
        },
        gates=[GateRow("home", 60, 0)],
    )
    # (360, 100) is 160 m from the boundary, 60 m beyond the eastern street
    case(
        "one of two gates of the file is too far away",
        bare(),
        {"home": walled((100, 30))},
        {"east": (310, 100)},
        {("home", "east"): (80 + 200 + 150 + 10, *[50 + 50 + 240 + 150 + 10] * 2)},
        gates=[GateRow("home", 60, 0), GateRow("home", 360, 100)],
    )
    corner = [(0.0, 0.0), (200.0, 0.0), (200.0, 100.0), (100.0, 100.0), (100.0, 200.0), (0.0, 200.0)]
    case(
        "the straight line stays inside the boundary",
        bare(),
        {"home": Estate([(40, 160)], corner)},
        {"east": (310, 60)},
        {("home", "east"): math.hypot(60, 60) + math.hypot(100, 40) + 100 + 10},
        gates=[GateRow("home", 200, 60)],
    )

    def two_arms(town: Sketch) -> None:
        around(town)
        town.way((180, -50), (180, 95))
        town.way((-100, 70), (10, 70))

    # The path in the other arm is 127 m away, but across the corner that is outside.
    case(
        "a leg stays inside the boundary",
        two_arms,
        {"home": Estate([(95, 190)], corner)},
        {"west": (-110, 70)},
        {("home", "west"): math.hypot(85, 120) + 110 + 10},
    )

    def islands(town: Sketch) -> None:
        around(town)
        town.way((50, 40), (150, 40))
        town.way((50, 120), (150, 120))

    # The gate is linked to the lower path; who is tied to the upper one walks straight.
    case(
        "straight from an inner path that reaches no gate",
        islands,
        {"home": walled((60, 130))},
        {"far": FAR},
        {("home", "far"): math.hypot(40, 130) + 50 + 400 + 10},
        gates=[GateRow("home", 100, 0)],
    )
    case(
        "over the inner path that reaches the gate",
        islands,
        {"home": walled((60, 45))},
        {"far": FAR},
        # blind: 95 m south to the street; good: 5 m to the path, 40 m along it, 40 m and 50 m of links
        {("home", "far"): (95 + 440 + 10, *[5 + 40 + 40 + 50 + 400 + 10] * 2)},
        gates=[GateRow("home", 100, 0)],
    )
    case(
        "a gate of the file on a thoroughfare's estate",
        with_path_through(lambda town: town.way((100, 90), (150, 90)), highway="tertiary"),
        {"home": Estate([(150, 100)], box(0, 0, 220, 200))},
        {"north": NORTH},
        # (220, 90): 70 m to the branch's end, 80 m to the eastern street; the branch's own end is wall
        {("home", "north"): (10 + 50 + 160 + 10 + 10, *[10 + 70 + 80 + 160 + 190 + 10] * 2)},
        gates=[GateRow("home", 220, 90)],
    )


def what_is_outside() -> None:
    """Cases of ways that are outside although they lie within, and places near a wall."""

    def along(y: float) -> Callable[[Sketch], None]:
        return with_path(lambda town: town.way((-100, y), (300, y)))

    west, east = somebody(-110, 3), (310, 3)
    case(
        "a way 3 m behind the wall is outside",
        along(3),
        {"home": walled(), "wester": west},
        {"east": east, "far": FAR},
        {("wester", "east"): 10 + 400 + 10, ("home", "far"): HOME_TO_FAR},
    )
    case(
        "a way 8 m behind the wall is inside",
        along(8),
        {"home": walled(), "wester": somebody(-110, 8)},
        {"east": (310, 8), "far": FAR},
        {
            ("wester", "east"): (10 + 400 + 10, *[10 + 58 + 400 + 58 + 10] * 2),
            ("home", "far"): HOME_TO_FAR,
        },
    )
    case(
        "a home beside a way along the wall is tied further in",
        along(3),
        {"home": walled((150, 12))},
        {"far": FAR},
        {("home", "far"): (9 + 150 + 53 + 200 + 10, *[50 + 62 + 400 + 10] * 2)},
    )
    branch = Estate([(150, 100)], box(0, 0, 200, 200))
    for tags in (
        {"highway": "tertiary"},
        {"highway": "primary_link"},
        {"highway": "footway", "foot": "designated"},
    ):
        case(
            f"everybody walks through on {tags}",
            with_path_through(lambda town: town.way((100, 90), (150, 90)), **tags),
            {"home": branch, "out": OUT},
            {"north": NORTH, "far": FAR, "in": (150, 100)},
            {
                ("out", "north"): CUT_THROUGH,
                ("home", "far"): 10 + 50 + 140 + 400 + 10,
                ("out", "in"): (10 + 10 + 140 + 50 + 10, 10 + 10 + 140 + 50 + 10, NO_WAY),
            },
        )
    case(
        "the nearest street is outside the wall",
        with_path(),
        {"home": walled((30, 10))},
        {"west": (-300, -60)},
        # blind: 60 m south through the wall; good: 70 m east to the path
        {("home", "west"): (60 + 330 + 10, *[70 + 60 + 400 + 10] * 2)},
    )
    case(
        "an estate's point lies outside of its boundary",
        with_path_through(),
        {"home": Estate([(110, -60)], box(0, 0, 200, 200))},
        {"north": NORTH, "in": INSIDE},
        {
            ("home", "north"): (CUT_THROUGH, GO_AROUND, GO_AROUND),
            ("home", "in"): (OUT_TO_INSIDE, NO_WAY, NO_WAY),
        },
        gates=[GateRow("home", 100, 0, "residents"), GateRow("home", 100, 200, "residents")],
        choice=True,
    )
    case(
        "an entry on either side of the wall",
        with_path_through(lambda town: town.ring(box(0, 0, 200, 200), name="home")),
        {"home": Estate([(110, 90), (110, -60)])},
        {"far": FAR, "in": INSIDE, "north": NORTH},
        {
            ("home", "far"): 10 + 390 + 10,
            ("home", "in"): HOME_TO_INSIDE,
            ("home", "north"): (HOME_TO_NORTH, GO_AROUND, GO_AROUND),
        },
        gates=[GateRow("home", 100, 0, "residents"), GateRow("home", 100, 200, "closed")],
    )


for add_cases in (
    *(one_estate, opening_hours, neighbours, nested, passages, private_ways),
    *(shop_fronts, osm_gates, who_is_gated, file_gates, what_is_outside),
):
    add_cases()


# --- towns at random -------------------------------------------------------------------------------------

BLOCK = 120.0
"""Metres between the streets of a random lattice."""
SLOT = 2 * BLOCK
"""An estate, a pair or a nest of estates has four blocks to itself."""
LATTICE_KINDS = ("residential", "residential", "residential", "footway", "steps", "tertiary", "lane")
GATE_TAGS: tuple[dict[str, str], ...] = (
    {},
    {"access": "private"},
    {"access": "yes"},
    {"locked": "yes"},
    {"barrier": "lift_gate", "foot": "designated"},
    {"barrier": "bollard"},
)
WORDS = ("everyone", "everyone", "residents", "residents", "closed", "public")
WEST_OFFSETS = (-3.3, 3.2, 12.4, 31.7, 57.3)
EAST_OFFSETS = (3.4, 12.9, 30.6, 56.8)


@dataclass
class _Random:
    """What a random town is made of while it is drawn; ``pick`` chooses, so that Hypothesis can shrink."""

    draw: Any
    town: GatedTown
    boxes: dict[str, tuple[float, float, float, float]] = field(default_factory=dict)
    odd: float = 0.0

    def pick(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def maybe(self, *, times_in_four: int = 2) -> bool:
        return self.pick(*[False] * (4 - times_in_four), *[True] * times_in_four)

    def jitter(self) -> float:
        """Return some metres that are never the same twice, so that nothing is equally near by chance."""
        self.odd = (self.odd + 0.618034) % 1.0
        return 4.0 * self.odd - 2.0


def _draw_lattice(town: _Random, size: int) -> None:
    """Draw the lattice, each street in one piece or with a gap, and some streets private."""
    span = [number * BLOCK for number in range(size)]
    for fixed, eastward in itertools.product(span, (True, False)):
        kind = town.pick(*LATTICE_KINDS)
        tags = {"highway": "service", "access": "private"} if kind == "lane" else {"highway": kind}
        gap = town.pick(*[None] * 5, *range(size - 1))
        for run in [span] if gap is None else [span[: gap + 1], span[gap + 1 :]]:
            if len(run) > 1:
                town.town.sketch.way(*[(at, fixed) if eastward else (fixed, at) for at in run], **tags)


def _add_estate(town: _Random, name: str, sides: tuple[float, float, float, float]) -> None:
    west, south, east, north = sides
    point = (
        west + (east - west) * town.pick(0.2, 0.5, 0.8) + town.jitter(),
        south + (north - south) * town.pick(0.25, 0.55, 0.8) + town.jitter(),
    )
    town.boxes[name] = sides
    gated, in_osm = town.pick(True, True, True, None, None, False), town.maybe(times_in_four=1)
    points = [point]
    if in_osm:
        town.town.sketch.ring(box(*sides), name=name)
        if town.maybe():
            points.append((west + town.jitter() + 30, south + (north - south) * 0.4 + town.jitter()))
        if town.maybe(times_in_four=1):
            points.append((west - 25 + town.jitter(), south + 40 + town.jitter()))
    town.town.estates[name] = Estate(points, None if in_osm else box(*sides), gated, name)


def _fill_slot(town: _Random, number: int, west: float, south: float) -> None:
    """Put nothing, one estate, two side by side, or one in another into four blocks."""
    kind = town.pick("nothing", "one", "one", "pair", "strip", "nest", "corner nest")
    if kind == "nothing":
        return
    x1, y1 = west + town.pick(*WEST_OFFSETS), south + town.pick(*WEST_OFFSETS)
    x2, y2 = west + SLOT - town.pick(*EAST_OFFSETS), south + SLOT - town.pick(*EAST_OFFSETS)
    middle = (x1 + x2) / 2 + town.pick(-11.3, 14.9)
    name = f"e{number}"
    if kind in {"pair", "strip"}:
        between = 0.0 if kind == "pair" else 7.6
        _add_estate(town, f"{name}a", (x1, y1, middle - between, y2))
        _add_estate(town, f"{name}b", (middle + between, y1, x2, y2))
        return
    _add_estate(town, name, (x1, y1, x2, y2))
    if kind == "nest":
        _add_estate(town, f"{name}in", (x1 + 31.1, y1 + 28.3, x2 - 33.7, y2 - 35.9))
    elif kind == "corner nest":
        _add_estate(town, f"{name}in", (x1, y1 + 27.7, middle, y2 - 33.1))


def _draw_paths(town: _Random, west: float, south: float, size: int) -> None:
    """Draw paths from the streets into the slot, with gates where they cross a boundary."""
    far = (size - 1) * BLOCK
    for _ in range(town.pick(0, 1, 2, 3)):
        eastward = town.maybe()
        start, across = (west, south) if eastward else (south, west)
        fixed = across + town.pick(0.13, 0.29, 0.41, 0.61, 0.73, 0.88) * SLOT + town.jitter()
        ends = sorted(
            start + share * SLOT for share in town.pick((0, 0.37), (0, 1), (0.68, 1), (0, 0.83), (0.3, 0.7))
        )
        ends = [min(max(end, 0.0), far) for end in ends]
        private = {"access": "private"} if town.maybe(times_in_four=1) else {}
        stops = [start + BLOCK] if ends[0] < start + BLOCK < ends[1] and town.maybe() else []
        line = [(at, fixed) if eastward else (fixed, at) for at in (ends[0], *stops, ends[1])]
        town.town.sketch.way(*line, **private)
        for sides in town.boxes.values():
            for wall in (sides[0], sides[2]) if eastward else (sides[1], sides[3]):
                at = wall + town.pick(-21.6, -9.4, 0.0, 8.7, 22.3)
                if ends[0] < at < ends[1] and town.maybe():
                    spot = (at, fixed) if eastward else (fixed, at)
                    town.town.sketch.barrier(*spot, **town.pick(*GATE_TAGS))


def _draw_barriers(town: _Random, west: float, south: float) -> None:
    """Put barriers on the slot's middle streets, where they cross a boundary or somewhere else."""
    middle = west + BLOCK
    for _, y1, _, y2 in [sides for sides in town.boxes.values() if sides[0] < middle < sides[2]]:
        for wall in (y1, y2):
            if town.maybe(times_in_four=1):
                town.town.sketch.barrier(middle, wall + town.pick(-7.7, 0.0, 6.9), **town.pick(*GATE_TAGS))
    if town.maybe(times_in_four=1):
        town.town.sketch.barrier(west + 0.31 * SLOT, south + BLOCK, **town.pick(*GATE_TAGS))


def _add_rows(town: _Random) -> None:
    """Put some gates into the file: near crossings, between them, beside the wall."""
    for name, (x1, y1, x2, y2) in town.boxes.items():
        for _ in range(town.pick(0, 0, 0, 1, 2)):
            share = town.pick(0.11, 0.33, 0.52, 0.71, 0.9)
            off = town.pick(-8.2, 0.0, 6.1)
            x, y = x1 + share * (x2 - x1) + town.jitter(), y1 + share * (y2 - y1) + town.jitter()
            spot = town.pick((x1 + off, y), (x2 + off, y), (x, y1 + off), (x, y2 + off))
            hours = town.pick("", "", "06:00-22:00")
            town.town.gates.append(GateRow(name, *spot, town.pick(*WORDS), hours))


def _add_people(town: _Random, size: int) -> None:
    """Put people who live in no estate, and venues inside, outside and in the walls."""
    far = (size - 1) * BLOCK

    def anywhere() -> XY:
        return tuple(far * town.pick(0.03, 0.21, 0.37, 0.56, 0.74, 0.97) + 3 * town.jitter() for _ in "xy")

    for number in range(2):
        town.town.estates[f"out{number}"] = Estate([anywhere()], None, None)
    for number in range(town.pick(2, 3, 4)):
        points = [anywhere() for _ in range(town.pick(1, 1, 1, 2))]
        town.town.venues[f"v{number}"] = Venue(points, town.pick("", "", "street", "estate"))
    for name, (x1, y1, x2, y2) in town.boxes.items():
        x, y = x1 + 0.45 * (x2 - x1) + town.jitter(), y1 + 0.4 * (y2 - y1) + town.jitter()
        town.town.venues[f"in {name}"] = Venue([(x, y)])
        if town.maybe(times_in_four=1):
            spot = town.pick((x1 + 2.4, y), (x, y2 - 1.9), (x2 + 1.6, y))
            town.town.venues[f"front {name}"] = Venue([spot], town.pick("", "street", "estate"))


@st.composite
def gated_towns(draw: Any, *, slots: int = 2, private: bool = True) -> GatedTown:
    """Return a street lattice with up to four estates, side by side or one in another, gates and venues.

    Parameters
    ----------
    slots
        How many places for estates there are in either direction.
    private
        Whether there may be private ways.
    """
    size = 2 * slots + 1
    town = _Random(draw, GatedTown(Sketch(), {}, {}))
    _draw_lattice(town, size)
    corners = list(itertools.product(range(slots), repeat=2))
    for number, (x, y) in enumerate(corners):
        if len(town.boxes) < 3:
            _fill_slot(town, number, x * SLOT, y * SLOT)
    for x, y in corners:
        _draw_paths(town, x * SLOT, y * SLOT, size)
        _draw_barriers(town, x * SLOT, y * SLOT)
    _add_rows(town)
    _add_people(town, size)
    town.town.time = town.pick("", "12:00", "23:30")
    if not private:
        for _, tags in town.town.sketch.lines:
            tags.pop("access", None)
    return town.town
