"""What was chosen for one place: a number, a word, a mark, coordinates of one's own, or something that is none."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from walkshed import datum
from walkshed.crs import BD09, GCJ02, WGS84, check_crs
from walkshed.errors import InputError, Text
from walkshed.places.decisions import Decision
from walkshed.tables.values import folded, is_blank, read_coordinate

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPED_BEFORE = "typed"
"""The source of a candidate that stands for coordinates which a person typed earlier."""


NOWHERE = Text("none of them", "都不是")
GIVEN = Text("the table is right", "表中坐标正确")
AGAIN = Text("look again", "重新查找")
DATUMS = {WGS84: "WGS84", GCJ02: "GCJ-02", BD09: "BD-09"}

_NOWHERE = frozenset(
    {"none of them", "none", "0", "都不是", "无", "不是", "都不对", "没有", "no", "n", "否", "x0"}
)
_GIVEN = frozenset({"the table is right", "given", "table", "表中坐标正确", "表中坐标", "原坐标", "正确"})
_AGAIN = frozenset({"look again", "again", "undo", "重新查找", "撤销", "重查"})
_MARKS = frozenset({"x", "✓", "√", "✔", "v", "y", "yes", "ok", "是", "选", "选中", "对", "true"})
NUMBER = re.compile(r"(?:no\.?|候选|第)?\s*(\d{1,2})(?:\.0*)?\s*(?:号|个)?")


@dataclass(frozen=True, slots=True)
class Offer:
    """A candidate as it was offered."""

    number: int
    lon: float
    lat: float
    source: str
    ref: str
    place: str


@dataclass(slots=True)
class Block:
    """What the sheet says about one place, wherever its rows stand now.

    Attributes
    ----------
    kind, id, name, row
        The place, and the first row that names it.
    choices
        Row, the candidate whose row it is (0 for the place's own), and what stands in the column of choices.
    own
        Row, longitude, latitude and datum as they were typed.
    seen
        By candidate the row, longitude and latitude that stand there now.
    """

    kind: str
    id: str
    name: str
    row: int
    choices: list[tuple[int, int, str]] = field(default_factory=list)
    own: list[tuple[int, str, str, str]] = field(default_factory=list)
    seen: dict[int, tuple[int, str, str]] = field(default_factory=dict)


def place_at(lon: object, lat: object) -> tuple[float, float] | None:
    """Return two cells as longitude and latitude in degrees, None where they are none.

    Examples
    --------
    >>> place_at("120.25", 31.57), place_at("", 31.57), place_at(31.57, 120.25)
    ((120.25, 31.57), None, None)
    """
    x, y = read_coordinate(lon), read_coordinate(lat)
    if x.problem or y.problem or not (abs(x.value) <= 180 and abs(y.value) <= 90):
        return None
    return float(x.value), float(y.value)


def outcome(
    block: Block, offers: Mapping[int, Offer], given: tuple[float, float] | None
) -> Decision | str | Text | None:
    """Return what was chosen for a place.

    Parameters
    ----------
    block
        What the sheet says about the place.
    offers
        Its candidates by number.
    given
        The coordinates that the table gives, None where it gives none.

    Returns
    -------
    Decision, str, Text or None
        The decision; ``"again"`` where an earlier one is taken back; what is wrong; None where nothing was chosen.

    Examples
    --------
    >>> block = Block("estate", "001", "桃源人家", 2, choices=[(2, 0, "1号")])
    >>> outcome(block, {1: Offer(1, 120.25, 31.57, "amap", "", "桃源人家")}, None).choice
    'candidate'
    """
    meant = {_meant(stands, word) for _, stands, word in block.choices}
    if block.own and meant != {"again"}:
        return _typed(block, given)
    if not meant:
        return None
    words = ", ".join(word for _, _, word in block.choices)
    if None in meant:
        return Text(
            f'"{words}" is no choice; write the number of a candidate', f"“{words}”无法识别，请填写候选号"
        )
    if len(meant) > 1:
        return Text(f"several choices ({words}); make one", f"有多个选择（{words}），请只选一个")
    [choice] = meant
    if isinstance(choice, int):
        return _of_number(block, choice, offers, given)
    return _of_word(block, str(choice), given)


def _of_number(
    block: Block, number: int, offers: Mapping[int, Offer], given: tuple[float, float] | None
) -> Decision | Text:
    offer = offers.get(number)
    if offer is None:
        return Text(f"there is no candidate {number}", f"没有候选 {number}")
    lon, lat = offer.lon, offer.lat
    if offer.source == TYPED_BEFORE:
        return Decision(block.kind, block.id, block.name, "typed", lon, lat, given=given)
    about = (offer.source, offer.ref, offer.place)
    return Decision(block.kind, block.id, block.name, "candidate", lon, lat, *about, given)


def _of_word(block: Block, word: str, given: tuple[float, float] | None) -> Decision | str | Text:
    if word == "again":
        return word
    if word == "nowhere":
        return Decision(block.kind, block.id, block.name, "nowhere", given=given)
    if given is None:
        return Text("the table gives no coordinates to confirm", "表中没有坐标，无法确认")
    return Decision(block.kind, block.id, block.name, "given", *given, given=given)


def _meant(stands: int, word: str) -> int | str | None:
    """Return what a cell of the column of choices means: a number, a word, or None for neither.

    On the row of a candidate a mark means that candidate.
    """
    plain = folded(word).lower().strip()
    for meaning, words in (("nowhere", _NOWHERE), ("given", _GIVEN), ("again", _AGAIN)):
        if plain in words:
            return meaning
    if stands and plain in _MARKS:
        return stands
    found = NUMBER.fullmatch(plain)
    if found is None:
        return None
    number = int(found[1])
    return None if stands and number != stands else number


def _typed(block: Block, given: tuple[float, float] | None) -> Decision | Text:
    """Return the decision that typed coordinates are, or what is wrong with them."""
    places = set()
    for _, lon, lat, crs in block.own:
        at = _typed_at(lon, lat, crs)
        if isinstance(at, Text):
            return at
        places.add(at)
    if len(places) > 1:
        return Text("several coordinates of one's own; give one", "有多组手填坐标，请只填一组")
    [place] = places
    return Decision(block.kind, block.id, block.name, "typed", *place, given=given)


def _typed_at(lon: str, lat: str, crs: str) -> tuple[float, float] | Text:
    if not lat or not lon:
        halves = re.split(r"[,;，；\s]+", (lon or lat).strip())
        if len(halves) != 2:
            return Text("one of the two coordinates is missing; both are needed", "经纬度缺一，两者都要填")
        lon, lat = halves
    at = place_at(lon, lat)
    if at is None and (swapped := place_at(lat, lon)) is not None and abs(swapped[0]) > 90:
        return Text(f"longitude and latitude ({lon}, {lat}) are swapped", f"经纬度（{lon}，{lat}）填反了")
    if at is None or at == (0.0, 0.0):
        return Text(
            f"{lon}, {lat} is no place in degrees, such as 120.305, 31.574",
            f"{lon}，{lat} 不是经纬度（应如 120.305，31.574）",
        )
    system = _datum(crs)
    if system is None:
        return Text(f'"{crs}" is no datum; choose one of the list', f"坐标系“{crs}”无法识别，请从列表选择")
    x, y = datum.convert(at[0], at[1], source=system, target=WGS84)
    return round(float(x), 7), round(float(y), 7)


def _datum(word: str) -> str | None:
    if is_blank(word):
        return WGS84
    try:
        system = check_crs(word)
    except InputError:
        return None
    return WGS84 if system == "EPSG:4490" else system if system in DATUMS else None
