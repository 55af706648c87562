"""What of a table's words may be sent: names and addresses of places, nothing of a person.

A telephone number, an identity number, a floor, a flat or a room says who lives there, not where the
estate is: it is cut off before anything is asked.
"""

from __future__ import annotations

import re
import unicodedata

_NUMERAL = "[0-9一二三四五六七八九十百]+"
_PERSONAL = (
    # brackets that speak of somebody to call
    re.compile(r"[(\[][^)\]]*(?:联系|电话|手机|tel|phone)[^)\]]*[)\]]", re.IGNORECASE),
    re.compile(r"(?:联系人|联系电话|电话|手机|tel|phone)\s*[::]?.*$", re.IGNORECASE),
    re.compile(r"(?<![0-9])[0-9]{17}[0-9Xx](?![0-9A-Za-z])"),
    re.compile(r"(?<![0-9])(?:\+?86[- ]?)?1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}(?![0-9])"),
    re.compile(r"(?<![0-9])(?:0[0-9]{2,3}[- ]?)?[0-9]{7,8}(?![0-9])"),
)
_EMPTY = re.compile(r"[(\[]\s*[)\]]")
_ROOM = (
    re.compile(rf"{_NUMERAL}\s*(?:单元|室|房(?!产)|户|层|楼层).*$"),
    re.compile(rf"(?<![0-9]){_NUMERAL}\s*楼.*$"),
    # 12-3-501 and 38号-501: building, stair and flat; 12-14号 is a range of houses and stays
    re.compile(r"(?<=[0-9])-[0-9]{1,2}-[0-9]{3,4}(?![0-9号]).*$"),
    re.compile(r"(?<=[0-9号幢栋座])-[0-9]{3,4}(?![0-9号弄]).*$"),
    re.compile(r"(?<=[号幢栋座])\s*[0-9]{3,4}\s*$"),
    re.compile(r",?\s*\b(?:room|rm|apt|apartment|flat|unit|floor|suite)\b\.?\s*[0-9a-z-]*.*$", re.IGNORECASE),
)


def sendable_name(text: str) -> str:
    """Return a place's name as it may be asked for.

    Examples
    --------
    >>> sendable_name("香雪苑（联系电话 13912345678）")
    '香雪苑'
    >>> sendable_name(" 荣德苑　一期 ")
    '荣德苑 一期'
    """
    text = unicodedata.normalize("NFKC", text)
    for pattern in _PERSONAL:
        text = pattern.sub(" ", text)
    text = _EMPTY.sub(" ", text)
    return " ".join(text.split()).strip(" ,;、。-")


def sendable_address(text: str) -> str:
    """Return an address as it may be asked for: down to the house, never to the flat.

    Examples
    --------
    >>> sendable_address("天河路12号3幢2单元501室")
    '天河路12号3幢'
    >>> sendable_address("天河路12-14号"), sendable_address("香雪路8号3号楼")
    ('天河路12-14号', '香雪路8号3号楼')
    """
    text = sendable_name(text)
    for pattern in _ROOM:
        text = pattern.sub("", text)
    return text.strip(" ,;、。-")


def sendable_city(text: str) -> str:
    """Return a city as the services list it: without its province.

    Examples
    --------
    >>> sendable_city("江苏省无锡市"), sendable_city("内蒙古自治区呼和浩特市"), sendable_city("Helsinki")
    ('无锡市', '呼和浩特市', 'Helsinki')
    """
    city = sendable_name(text)
    return re.sub(r"^[^市区县省]{2,8}?(?:省|自治区)(?=.)", "", city)


def with_city(text: str, city: str) -> str:
    """Return an address that names its city, once.

    Examples
    --------
    >>> with_city("梅园路8号", "无锡市"), with_city("江苏省无锡市梅园路8号", "无锡市")
    ('无锡市梅园路8号', '江苏省无锡市梅园路8号')
    """
    return text if not city or city in text else f"{city}{text}"


def words_with_city(text: str, city: str) -> str:
    """Return a place and its city as geocoders of OpenStreetMap take them.

    In Chinese the city comes first: behind the name, a real Nominatim misses names such as 太康新村一期.

    Examples
    --------
    >>> words_with_city("太康新村一期", "无锡市"), words_with_city("Mannerheimintie 10", "Helsinki")
    ('无锡市 太康新村一期', 'Mannerheimintie 10, Helsinki')
    """
    if not city or city in text:
        return text
    return f"{city} {text}" if is_chinese(city + text) else f"{text}, {city}"


def is_chinese(text: str) -> bool:
    """Whether there is a Chinese character in a text."""
    return any("\u3400" <= letter <= "\u9fff" for letter in text)
