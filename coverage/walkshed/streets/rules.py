"""Which OSM ways and barriers let a person pass on foot (docs/method.md, "Ways").

A rule looks at tags only, through ``get``, so that it can be given a plain ``dict`` or the reader's
own tag list. A way's answer is packed into one integer, because a city has fifty thousand ways.
"""

from __future__ import annotations

from typing import Protocol

RULES_VERSION = 5
"""Part of the cache's key: raise it whenever a rule here changes."""

KINDS = (
    "footway", "path", "pedestrian", "steps", "living_street", "residential", "service", "unclassified", "road",
    "track", "cycleway", "bridleway", "tertiary", "secondary", "primary", "trunk", "motorway", "corridor",
    "elevator", "platform", "pier", "crossing_area",
)  # fmt: skip
"""Names of the edge kinds; ``crossing_area`` is a straight line across a pedestrian area."""

KIND_CODE = {name: code for code, name in enumerate(KINDS)}
_HIGHWAYS = {name: code for name, code in KIND_CODE.items() if name not in {"pier", "crossing_area"}} | {
    f"{road}_link": KIND_CODE[road] for road in ("tertiary", "secondary", "primary", "trunk", "motorway")
}

_NEVER = frozenset({"construction", "proposed", "abandoned", "raceway", "bus_guideway"})
_PASS = frozenset({"yes", "designated", "permissive", "destination", "customers"})
_PRIVATE = frozenset({"private", "permit", "residents", "delivery", "agricultural", "forestry"})
_CLOSED = frozenset({"no", "use_sidepath", "military"})
_WALLS = frozenset({
    "wall", "fence", "hedge", "retaining_wall", "city_wall", "guard_rail", "ditch", "cable_barrier",
})  # fmt: skip
_SIDEWALKS = ("sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right")
_NO_SIDEWALK = frozenset({None, "no", "none", "separate"})  # a separate one is a way of its own
_AREA_KINDS = frozenset(
    KIND_CODE[name]
    for name in (
        "footway",
        "path",
        "pedestrian",
        "steps",
        "living_street",
        "corridor",
        "elevator",
        "platform",
        "pier",
    )
)

NOT_WALKABLE = -1
BOTH_WAYS, FORWARD_ONLY, BACKWARD_ONLY = 0, 1, 2
_ONEWAY = {
    **dict.fromkeys(("yes", "true", "1"), FORWARD_ONLY),
    **dict.fromkeys(("-1", "reverse"), BACKWARD_ONLY),
}
NO_STRUCTURE, BRIDGE, TUNNEL = 0, 1, 2
NO_BARRIER, OPEN_GATE, CLOSED_GATE, WALL = 0, 1, 2, 3


class Tags(Protocol):
    """Anything that answers ``get(key)`` with a string or None."""

    def get(self, key: str, /) -> str | None:
        """Return the tag's value, or None."""


def permission(tags: Tags) -> str:
    """Return ``"pass"``, ``"private"``, ``"closed"``, or "" where nothing known is said; ``foot`` overrides ``access``.

    Examples
    --------
    >>> permission({"access": "private", "foot": "yes"})
    'pass'
    >>> permission({"access": "residents"})
    'private'
    """
    for key in ("foot", "access"):
        word = tags.get(key)
        if word is None:
            continue
        for answer, words in (("pass", _PASS), ("private", _PRIVATE), ("closed", _CLOSED)):
            if word in words:
                return answer
    return ""


def _kind(tags: Tags) -> int:
    highway = tags.get("highway")
    if highway in _NEVER:
        return NOT_WALKABLE
    if highway is not None:
        kind = _HIGHWAYS.get(highway, NOT_WALKABLE)
        if kind != NOT_WALKABLE:
            return kind
    if tags.get("public_transport") == "platform" or tags.get("railway") == "platform":
        return KIND_CODE["platform"]
    return KIND_CODE["pier"] if tags.get("man_made") == "pier" else NOT_WALKABLE


def _fast_road_allows(tags: Tags, kind: int) -> bool:
    foot = tags.get("foot")
    if kind == KIND_CODE["motorway"] or tags.get("motorroad") == "yes":
        return foot in {"yes", "designated"}
    if kind == KIND_CODE["trunk"]:
        sidewalk = any(tags.get(key) not in _NO_SIDEWALK for key in _SIDEWALKS)
        return foot in {"yes", "designated", "permissive"} or sidewalk
    return True


def _structure(tags: Tags) -> int:
    if tags.get("bridge") not in {None, "no"}:
        return BRIDGE
    return TUNNEL if tags.get("tunnel") not in {None, "no", "building_passage"} else NO_STRUCTURE


def _layer(tags: Tags, structure: int) -> int:
    word = tags.get("layer")
    if word is None:
        return (0, 1, -1)[structure]
    try:
        return max(-7, min(7, int(float(word))))
    except ValueError:
        return 0


def way_code(tags: Tags) -> int:
    """Return a way's packed walking attributes, or :data:`NOT_WALKABLE`.

    Examples
    --------
    >>> kind_of(way_code({"highway": "steps"}))
    'steps'
    >>> way_code({"highway": "construction"})
    -1
    """
    kind = _kind(tags)
    if kind == NOT_WALKABLE:
        return NOT_WALKABLE
    allowed = permission(tags)
    if allowed == "closed" or not _fast_road_allows(tags, kind):
        return NOT_WALKABLE
    structure = _structure(tags)
    oneway = _ONEWAY.get(tags.get("oneway:foot") or "", BOTH_WAYS)
    area = kind in _AREA_KINDS and (tags.get("area") == "yes" or tags.get("type") == "multipolygon")
    return (
        kind
        | structure << 5
        | (allowed == "private") << 7
        | oneway << 8
        | (_layer(tags, structure) + 8) << 10
        | area << 14
    )


def kind_of(code: int) -> str:
    """Return the name of the kind in a packed way code."""
    return KINDS[code & 31]


def barrier_code(tags: Tags) -> int:
    """Return what a barrier node does to a walker: nothing, an open gate, a closed gate or a wall.

    Examples
    --------
    >>> barrier_code({"barrier": "gate", "access": "private"}) == CLOSED_GATE
    True
    >>> barrier_code({"barrier": "fence"}) == WALL
    True
    """
    barrier = tags.get("barrier")
    if barrier in {None, "no"}:
        return NO_BARRIER
    allowed = permission(tags)
    if barrier in _WALLS:
        return NO_BARRIER if allowed == "pass" else WALL
    return CLOSED_GATE if tags.get("locked") == "yes" or allowed in {"private", "closed"} else OPEN_GATE
