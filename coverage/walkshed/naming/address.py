"""Addresses taken apart: places, road, house number, and what stands after it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from walkshed.naming.normal import normalise, tidied


@dataclass(frozen=True, slots=True)
class Address:
    """An address in its parts, "" for what it does not say; house numbers are in figures.

    Attributes
    ----------
    city, district, township, community
        无锡市, 滨湖区, 荣巷街道, 龙山社区.
    road
        天河路, or 人民路 of 人民路与解放路交叉口 (``crossing`` holds the other).
    number
        The house number with its 号 or 弄: 12号, 3弄5号, 附1号.
    rest
        What stands after it, often the estate's name and a building: 桃源人家3幢.
    crossing
        The second road of a crossing.
    """

    province: str = ""
    city: str = ""
    district: str = ""
    township: str = ""
    community: str = ""
    road: str = ""
    number: str = ""
    rest: str = ""
    crossing: str = ""


_HAN = r"[^\d\W]"
_LEVELS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("province", re.compile(rf"{_HAN}{{2,3}}省|(?:内蒙古|西藏|广西壮族|宁夏回族|新疆维吾尔)自治区")),
    ("city", re.compile(rf"{_HAN}{{2,5}}?(?<![城超门夜上])市(?!场)")),
    (
        "district",
        re.compile(rf"{_HAN}{{1,5}}?(?<![小社园校片厂景库宅活住院地东南西北中])[区县旗](?!政府|委)"),
    ),
    (
        "township",
        re.compile(rf"{_HAN}{{2,5}}?(?:街道(?:办事处)?|(?<![小古])镇(?![东南西北中]?[路街])|乡(?![路街]))"),
    ),
    ("community", re.compile(rf"{_HAN}{{2,5}}?社区(?!服务|卫生|活动|党群|文化)")),
)
_D = "[0-9零〇一二三四五六七八九十百]"
_WAY = r"(?:大道|大街|公路|高速|胡同|国道|省道|县道|[路街巷弄道里坊条](?!道))"
_PART = rf"(?:[东南西北中前后]?(?:{_D}+段)?)"
_ROAD = re.compile(rf"(?:{_D}+(?:国道|省道|县道)|.+?{_WAY}{_PART})(?=[甲乙丙丁附]?{_D}|[与和]|$)")
_NUMBER = re.compile(
    rf"[甲乙丙丁附]?{_D}+(?:-{_D}+)*[A-Za-z]?(?:号(?!楼|线|门)|弄)"
    rf"(?:[甲乙丙丁附之]?{_D}+(?:-{_D}+)*号?(?!楼|幢|栋|室|单元|{_D}))?大?院?"
    rf"|{_D}+(?:-{_D}+)*$"
)
_CROSSING = re.compile(rf"[与和](.+?{_WAY})(?:交叉口|交汇处|路口|口)?")
_BLANKS = re.compile(r"[\s,;、]+")


def split_address(text: str) -> Address:
    """Return an address in its parts; the house number split off, as geocoders of OpenStreetMap data need it.

    Parameters
    ----------
    text
        As a planner writes it, in any width and numerals; names of estates go through unharmed as ``rest``, and
        so does a road that is only the beginning of a name, as in 长江路小学.

    Examples
    --------
    >>> found = split_address("天河路十二号")
    >>> found.road, found.number
    ('天河路', '12号')
    >>> found = split_address("江苏省无锡市滨湖区荣巷街道龙山社区梁溪路12-3号桃源人家3幢")
    >>> found.city, found.district, found.township, found.community
    ('无锡市', '滨湖区', '荣巷街道', '龙山社区')
    >>> found.road, found.number, found.rest
    ('梁溪路', '12-3号', '桃源人家3幢')
    >>> split_address("桃源人家").rest
    '桃源人家'
    """
    rest = _BLANKS.sub("", re.sub(r"\([^()]*\)?", "", tidied(text)).replace(")", ""))
    parts: dict[str, str] = {}
    for level, pattern in _LEVELS:
        found = pattern.match(rest)
        if found:
            parts[level] = found[0]
            rest = rest[found.end() :]
    road = _ROAD.match(rest)
    if road:
        after = rest[road.end() :]
        crossing, number = _CROSSING.match(after), _NUMBER.match(after)
        if crossing:
            return Address(**parts, road=road[0], crossing=crossing[1], rest=after[crossing.end() :])
        if number:
            return Address(**parts, road=road[0], number=normalise(number[0]), rest=after[number.end() :])
        if not after and _is_way(road[0]):
            return Address(**parts, road=road[0])
    return Address(**parts, rest=rest)


def _is_way(road: str) -> bool:
    """Tell whether a road without a number is surely one: 天河路 is, 平安里 may be an estate."""
    return re.search(rf"(?:路|街|大道|公路|胡同|国道|省道){_PART}$", road) is not None
