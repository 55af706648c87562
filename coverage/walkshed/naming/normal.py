"""One way to write a name: width, case, traditional forms, numerals and punctuation made alike."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰〇零邨", "一二三四五六七八九十百00村")
_DIGIT = {char: str(number) for number, char in enumerate("0一二三四五六七八九")}
_NUMERALS = re.compile(r"[0一二三四五六七八九十百]+")
_TENS = re.compile(r"(?:([一二三四五六七八九])百)?0?(?:([一二三四五六七八九])?(十))?([一二三四五六七八九])?")
_ROMAN = {
    roman: str(n)
    for n, roman in enumerate(["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"], 1)
}
_ROMAN_KEY = re.compile(r"(?<![a-z])([ivx]{2,4}(?=\s*(?:期|区|号|幢|栋|座))|[ivx]{1,4}(?=\s*期))")
_BRACKETS = str.maketrans("[]{}<>【】〔〕〖〗《》「」『』〈〉", "()()()()()()()()()()")
_UNITS = "期区村幢栋座弄"
_AND = r"\s*[、,/~&至到和及与\-]\s*"
_SEVERAL = re.compile(rf"(?<=\d){_AND}(?=(?:\d+{_AND})*\d+(?:[{_UNITS}]|号[楼幢栋]))")
_SPOKEN = re.compile(r"(?<![0-9一二三四五六七八九十百])[一二三四五六七八九]{2,4}(?=期)")
_HASH = re.compile(r"(\d)\s*#|#\s*(\d+)")
_NOISE = re.compile(r"(?<=\d)([+-])(?=\d)|[^\w()]|_")


def simplified(text: str) -> str:
    """Return a text in simplified characters (OpenCC's table t2s).

    Examples
    --------
    >>> simplified("萬科城市花園")
    '万科城市花园'
    """
    if text.isascii():
        return text
    return _converter()(text)


@lru_cache(maxsize=1)
def _converter() -> Callable[[str], str]:
    import opencc

    convert: Callable[[str], str] = opencc.OpenCC("t2s").convert
    return convert


def tidied(text: str) -> str:
    """Return a text in half width and simplified characters, all brackets round; case and numerals stay.

    Examples
    --------
    >>> tidied("天河路１２號【東門】")
    '天河路12号(东门)'
    """
    plain = unicodedata.normalize("NFKC", text).translate(_BRACKETS)
    return simplified("".join(char for char in plain if unicodedata.category(char) != "Cf"))


@lru_cache(maxsize=65_536)
def normalise(text: str) -> str:
    """Return a name in the one way in which names are compared.

    Unicode NFKC (full and half width, Ⅱ and ②), lower case, simplified characters, all brackets round, Chinese
    numerals in Arabic figures, Roman ones before 期 likewise, ``#`` as 号, all other punctuation and blanks
    gone. It is for comparing, not for showing.

    Examples
    --------
    >>> normalise("萬科城 第三期"), normalise("Ｂ区１２＃楼"), normalise("幸福里（Ⅱ期）"), normalise("一百二十三号")
    ('万科城第3期', 'b区12号楼', '幸福里(2期)', '123号')
    """
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_BRACKETS)
    plain = simplified("".join(char for char in plain if unicodedata.category(char) != "Cf")).translate(
        _FORMAL
    )
    plain = _SPOKEN.sub(lambda found: "、".join(found[0]), plain)
    plain = _NUMERALS.sub(lambda found: _figures(found[0]), plain)
    plain = _ROMAN_KEY.sub(lambda found: _ROMAN.get(found[1], found[1]), plain)
    plain = _HASH.sub(lambda found: f"{found[1] or found[2]}号", plain).replace("号号", "号")
    plain = _SEVERAL.sub("+", plain)
    return _NOISE.sub(lambda found: found[1] or "", plain)


def _figures(run: str) -> str:
    """Return a run of Chinese numerals in figures; one that is no number, as 百 in 百家湖, stays."""
    if not ("十" in run or "百" in run):
        return "".join(_DIGIT[char] for char in run)
    found = _TENS.fullmatch(run)
    if found is None or (found[1] is None and "百" in run):
        return "".join(_DIGIT.get(char, char) for char in run)
    hundreds, tens, ten, ones = found.groups()
    value = 100 * int(_DIGIT.get(hundreds or "0", "0")) + int(_DIGIT.get(ones or "0", "0"))
    return str(value + (10 * int(_DIGIT[tens]) if tens else 10 if ten else 0))
