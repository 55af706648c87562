"""Which OSM ways and barriers let a person pass on foot (docs/method.md, "Ways").

A rule looks at tags only, through ``get``, so that it can be given a plain ``dict`` or the reader's
own tag list. Answers are packed into integers, because a city has fifty thousand ways.

A way's code: bits 0-4 kind, 5-6 structure, 7 private, 8-9 one-way, 10-13 layer + 8, 14 area, 15
``foot=designated``, 16-17 which way steps lead up, 18 for wheels otherwise than its kind says. A node's mark:
bits 0-2 barrier, 3-4 crossing or lift.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RULES_VERSION = 6
"""Part of the cache's key: raise it whenever a rule here changes."""

KINDS = (
    "footway", "path", "pedestrian", "steps", "living_street", "residential", "service", "unclassified", "road",
    "track", "cycleway", "bridleway", "tertiary", "secondary", "primary", "trunk", "motorway", "corridor",
    "elevator", "platform", "pier", "crossing_area", "gate_link",
)  # fmt: skip
"""Names of the edge kinds; ``crossing_area`` is a straight line across a pedestrian area, ``gate_link`` one from a
filed gate to the streets."""

KIND_CODE = {name: code for code, name in enumerate(KINDS)}
_STEPS = KIND_CODE["steps"]
_FOOTWAYS = frozenset({
    "footway", "path", "pedestrian", "steps", "cycleway", "bridleway", "corridor", "elevator", "platform", "pier",
    "crossing_area",
})  # fmt: skip
_IS_FOOTWAY = np.array([number < len(KINDS) and KINDS[number] in _FOOTWAYS for number in range(32)])
_HIGHWAYS = {
    name: code for name, code in KIND_CODE.items() if name not in {"pier", "crossing_area", "gate_link"}
} | {f"{road}_link": KIND_CODE[road] for road in ("tertiary", "secondary", "primary", "trunk", "motorway")}

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
NO_BARRIER, OPEN_GATE, CLOSED_GATE, WALL, PRIVATE_GATE, PASSABLE = 0, 1, 2, 3, 4, 5
"""Barriers: a gate that lets everyone through, one that is locked or closed, a wall, a gate for residents,
and what else one passes on foot (bollard, block, stile ...)."""
SHUT = (CLOSED_GATE, PRIVATE_GATE)
"""Barriers that stop who does not live behind them."""
NO_CROSSING, CROSSING, SIGNALS, LIFT = 0, 1, 2, 3
"""Where a walker waits: at a crossing without lights, at one with lights, at a lift."""
NO_INCLINE, UP, DOWN = 0, 1, 2
AREA_BIT, DESIGNATED_BIT, INCLINE_SHIFT, WHEELS_BIT = 1 << 14, 1 << 15, 16, 1 << 18
MARK_BARRIER, MARK_CROSSING_SHIFT = 7, 3
_GATES = frozenset({
    "gate", "lift_gate", "swing_gate", "sliding_gate", "sliding_beam", "kissing_gate", "hampshire_gate",
    "turnstile", "full-height_turnstile", "entrance", "wicket_gate", "sally_port",
})  # fmt: skip
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


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
    code = (
        kind
        | structure << 5
        | (allowed == "private") << 7
        | oneway << 8
        | (_layer(tags, structure) + 8) << 10
        | area << 14
        | (tags.get("foot") == "designated") << 15
    )
    if kind == _STEPS:
        return code | incline_of(tags.get("incline")) << INCLINE_SHIFT | _wheels_up_steps(tags) * WHEELS_BIT
    return code | WHEELS_BIT if tags.get("wheelchair") == "no" else code


def incline_of(word: str | None) -> int:
    """Return whether ``incline`` leads up or down from a way's first node to its last, 0 where it does not say.

    Examples
    --------
    >>> incline_of("up"), incline_of("-30%"), incline_of("0"), incline_of("steep")
    (1, 2, 0, 0)
    """
    if word is None or word in {"up", "down"}:
        return {None: NO_INCLINE, "up": UP, "down": DOWN}[word]
    found = _NUMBER.match(word.strip())
    slope = float(found[0]) if found else 0.0
    return UP if slope > 0 else DOWN if slope < 0 else NO_INCLINE


def _wheels_up_steps(tags: Tags) -> bool:
    """Tell whether a wheelchair gets along steps: a plain ``ramp=yes`` may be a groove for bicycles."""
    return tags.get("ramp:wheelchair") == "yes" or tags.get("wheelchair") in {"yes", "designated"}


def kind_of(code: int) -> str:
    """Return the name of the kind in a packed way code."""
    return KINDS[code & 31]


def is_directed(code: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Tell which packed way codes depend on the direction in which the way is drawn: one-way, or up and down."""
    return np.asarray(code & (3 << 8 | 3 << INCLINE_SHIFT) > 0)


def on_foot(code: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Tell which packed way codes are of ways apart from cars: who meets a crossing on one of them crosses a road.

    Examples
    --------
    >>> on_foot(np.array([way_code({"highway": "footway"}), way_code({"highway": "residential"})])).tolist()
    [True, False]
    """
    return np.asarray(_IS_FOOTWAY[code & 31])


def barrier_code(tags: Tags) -> int:
    """Return what a barrier node does to a walker.

    Examples
    --------
    >>> barrier_code({"barrier": "gate", "access": "private"}) == PRIVATE_GATE
    True
    >>> barrier_code({"barrier": "gate", "locked": "yes"}) == CLOSED_GATE
    True
    >>> barrier_code({"barrier": "bollard"}) == PASSABLE
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
    if tags.get("locked") == "yes" or allowed == "closed":
        return CLOSED_GATE
    if allowed == "private":
        return PRIVATE_GATE
    return OPEN_GATE if barrier in _GATES else PASSABLE


def crossing_code(tags: Tags) -> int:
    """Return where a node makes a walker wait: nowhere, at a crossing without or with lights, at a lift.

    Examples
    --------
    >>> crossing_code({"highway": "crossing", "crossing": "traffic_signals"}) == SIGNALS
    True
    >>> crossing_code({"highway": "crossing"}), crossing_code({"highway": "traffic_signals"})
    (1, 0)
    """
    highway, crossing = tags.get("highway"), tags.get("crossing")
    if highway == "elevator":
        return LIFT
    if crossing in {"no", "none"} or (crossing is None and highway != "crossing"):
        return NO_CROSSING
    return SIGNALS if crossing == "traffic_signals" or tags.get("crossing:signals") == "yes" else CROSSING


def node_mark(tags: Tags) -> int:
    """Return a node's barrier and crossing packed into one integer, 0 for neither.

    Examples
    --------
    >>> mark = node_mark({"barrier": "bollard", "highway": "crossing"})
    >>> mark & MARK_BARRIER == PASSABLE, mark >> MARK_CROSSING_SHIFT == CROSSING
    (True, True)
    """
    return barrier_code(tags) | crossing_code(tags) << MARK_CROSSING_SHIFT
