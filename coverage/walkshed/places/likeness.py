"""Whether a name or an address that a source answers with is the one that was asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from walkshed.errors import Text
from walkshed.naming import ACCEPT, match, normalise, split_address

_NUMBER_FIRST = re.compile(r"\s*(\d+\s?[a-zA-Z]?)\s*,?\s+(?=[^\W\d])(.+)")
_NUMBER_LAST = re.compile(r"\s*(.*?[^\W\d].*?)[\s,]+(?:n[ºo°.]*\s*)?(\d+\s?[a-zA-Z]?)\s*(?:,.*)?")


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two names are: 0 to 1, whether that is sure without review, and why."""

    score: float
    sure: bool
    evidence: Text


_NOTHING = Likeness(0.0, False, Text("nothing in common", "毫无相同之处"))


def alike(asked: str, found: str) -> Likeness:
    """Compare two names by :func:`walkshed.naming.match`, also without the road that may stand before the second.

    Examples
    --------
    >>> alike("桃源人家", "无锡市滨湖区梁溪路12号桃源人家").sure
    True
    >>> alike("幸福小区一期", "幸福小区二期").sure
    False
    """
    best = _NOTHING
    if not asked.strip():
        return best
    for name in dict.fromkeys((found, split_address(found).rest)):
        if not name.strip():
            continue
        for one in match(asked, [name])[:1]:
            sure = one.score >= ACCEPT and not one.hard_conflict
            if (sure, one.score) > (best.sure, best.score):
                best = Likeness(one.score, sure, one.evidence)
    return best


def city_in(text: str) -> str:
    """Return the city an address names, "" where it names none.

    Examples
    --------
    >>> city_in("江苏省无锡市滨湖区梁溪路 10 号"), city_in("苏州市天河路12号"), city_in("梁溪路华润超市")
    ('无锡市', '苏州市', '')
    """
    return split_address(text).city


def named_city(place: str) -> str:
    """Return the city in the name of a place and its surroundings, "" where it says none.

    Examples
    --------
    >>> named_city("荣巷街道, 无锡市"), named_city("无锡市，江苏省"), named_city("荣巷街道")
    ('无锡市', '无锡市', '')
    """
    parts = [part.strip() for part in re.split("[,，]", place)]
    return next((part for part in parts if part.endswith(("市", "自治州", "地区", "盟"))), "")


def street_key(street: str, number: str) -> tuple[str, str]:
    """Return a street and a house number in the form in which they are compared.

    Examples
    --------
    >>> street_key("天河路", "十二号") == street_key("天河路 ", "12")
    True
    """
    return normalise(street), re.sub(r"号$", "", normalise(number))


def address_key(text: str) -> tuple[str, str] | None:
    """Return the street and the house number of an address in the form in which they are compared.

    Chinese addresses have the number behind 号 or 弄, others before or behind the street's name. None where no
    street is named; the number is "" where there is none.

    Examples
    --------
    >>> address_key("江苏省无锡市梁溪路12号桃源人家"), address_key("12 Rue Grimaldi"), address_key("Calle Mayor, 3")
    (('梁溪路', '12'), ('ruegrimaldi', '12'), ('callemayor', '3'))
    """
    parts = split_address(text)
    if parts.road:
        return street_key(parts.road, parts.number)
    for pattern, street, number in ((_NUMBER_FIRST, 2, 1), (_NUMBER_LAST, 1, 2)):
        if found := pattern.fullmatch(text):
            return street_key(found[street].partition(",")[0], found[number])
    return None


def same_address(asked: str, found: str) -> bool:
    """Tell whether two addresses are the same house number of the same street, in no different city.

    Examples
    --------
    >>> same_address("梁溪路12号", "江苏省无锡市滨湖区梁溪路12号"), same_address("苏州市梁溪路12号", "无锡市梁溪路12号")
    (True, False)
    """
    one, other = address_key(asked), address_key(found)
    if one is None or one != other or not one[1]:
        return False
    cities = {city_in(asked), city_in(found)} - {""}
    return len(cities) < 2
