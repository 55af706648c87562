"""What a name is made of: its core, its soft ending, and the hard keys that tell siblings apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from walkshed.naming.normal import normalise

KeyKind = Literal["phase", "zone", "compass", "side", "village", "number", "building", "house", "gate"]
DIVIDING = frozenset({"phase", "zone", "compass", "side", "village", "number"})
"""Keys by which an estate is divided into estates; the others name something inside one."""


class Key(NamedTuple):
    """A hard key: two names that differ in one are two places.

    A ``compass`` word names a part of an estate (南区), a ``side`` belongs to the estate's own name (南苑, 东里).
    """

    kind: KeyKind
    value: str


@dataclass(frozen=True, slots=True)
class Form:
    """One way in which a name may be meant.

    Attributes
    ----------
    core
        What is left without ending and keys, normalised.
    ending
        The soft ending (苑, 花园, 新村 …), "" for none.
    generic
        Whether 小区 or the like stood there besides.
    keys
        The hard keys, sorted.
    extra
        What else stood in brackets.
    places
        Province, city, district, sub-district and community that stood before it, as (level, name).
    """

    core: str
    ending: str = ""
    generic: bool = False
    keys: tuple[Key, ...] = ()
    extra: str = ""
    places: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The form written in one way: equal texts are equal names."""
        generic = "小区" if self.generic else ""
        keys = "".join(f" {kind}={value}" for kind, value in self.keys)
        return f"{self.core}{self.ending}{generic}{keys}" + (f" ({self.extra})" if self.extra else "")


_N = r"\d+(?:\+\d+)*"
_KEYS: tuple[tuple[KeyKind, re.Pattern[str]], ...] = (
    ("phase", re.compile(rf"第?({_N})期(?:工程|项目)?|phase({_N})")),
    ("building", re.compile(rf"第?((?:{_N}|\d+-\d+)[a-z]?)(?:号楼|号幢|号栋|幢|栋|座|号房|楼(?=$|\())")),
    ("building", re.compile(r"(?<![a-z])([a-z]\d{0,2})(?:座|栋|幢|号楼|楼)")),
    ("building", re.compile(r"(?<=.)([甲乙丙丁])(?:座|栋|幢|号楼|楼)")),
    ("zone", re.compile(r"(?<![a-z])([a-z]\d{0,2}(?:组团|地块|街坊)|[a-z]\d{0,2}(?=片?区))(?:片?区)?")),
    ("zone", re.compile(rf"第?({_N}(?:组团|地块|街坊)|{_N}(?=[片小]?区))(?:[片小]?区)?")),
    ("zone", re.compile(r"(?<=.)([甲乙丙丁](?:组团|地块)|[甲乙丙丁](?=区))区?")),
    ("village", re.compile(rf"第?({_N})(?:村|(?=新村))")),
    ("house", re.compile(r"([甲乙丙丁附]?\d+(?:-\d+)*(?:弄\d+)?)(?:号院|号大院|号(?!线)|弄|院)")),
    ("gate", re.compile(r"(?<=..)([东南西北正大后侧]\d{0,2})门$")),
)
_COMPASS_UNIT = re.compile(
    r"(?<=..)(东南|东北|西南|西北|[东南西北中])(区|片区|组团|院|里|村|街坊|地块|院区|门)$"
)
_PART = frozenset({"区", "片区", "门"})
"""What divides an estate; before any other word a compass word is a side: 静淑东里 is not 静淑东区."""
_COMPASS_BARE = re.compile(r"(?<=..)(东南|东北|西南|西北|[东南西北中])$")
_LETTER_BARE = re.compile(r"(?<=[^\x00-\x7f])([a-z])$")
_NUMBER_BARE = re.compile(rf"(?<=[^\x00-\x7f])({_N})$")
_GENERIC = re.compile(r"(?<=.)(?:住宅小区|居住小区|生活小区|小区|住宅区|居住区|生活区)$")
_ENDINGS = re.compile(
    r"(?<=.)(花园|花苑|家园|家苑|嘉园|嘉苑|佳园|佳苑|雅园|雅苑|名园|名苑|新园|新苑|新村|公寓|人家|苑|园)$"
)
_BRACKET = re.compile(r"\(([^()]*)\)?")
_FORMER = re.compile(r"(?:原名|原称|原|又名|又称|亦称|别名|曾用名|旧称|旧名|俗称|现名|即)(?=.{2})")
_INLINE = re.compile(r"(?<=.{2})(?:又名|原名|曾用名|别名|旧称)(?=.{2})")
_PLACE = re.compile(r".{2,}(?:省|市|县|区|街道|镇|乡|社区|村委会|居委会)$")
_LEVELS = {
    "省": "province", "市": "city", "区": "district", "县": "district", "道": "township", "镇": "township",
    "乡": "township",
}  # fmt: skip
_COMMON = re.compile(
    r"(?:第?\d+|[东南西北中]|党群|便民|综合|社区|街道|文化|文体|体育|老年|养老|日间|照料|医疗|卫生|健康|妇幼|保健|残疾人|志愿者|政务|"
    r"行政|公共|人民|实验|外国语|高级|初级|服务|活动|会议|展览|教育|办事|管理|委员|居民|村民|少年|儿童|青年|中心|幼儿园|小学|"
    r"中学|大学|学校|学院|医院|图书|博物|美术|科技|体育|政府|派出|公安|法院|邮政|消防|公园|广场|市场|菜场|超市|食堂|车站|"
    r"处|站|室|馆|所|会|院|宫|局|厅|队|点|部|门|大楼|大厦|楼|花园|小区|新村|公寓)+"
)
_PREFIXES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("province", re.compile(r"[^\d\W]{2,3}省|(?:内蒙古|西藏|广西壮族|宁夏回族|新疆维吾尔)自治区")),
    ("city", re.compile(r"[^\d\W]{2,5}?(?<![城超门夜上])市")),
    ("district", re.compile(r"[^\d\W]{1,5}?(?<![小社园校片厂景库宅活住院地城a-z东南西北中])(?:区|县|旗)")),
    ("township", re.compile(r"[^\d\W]{2,5}?(?:街道(?:办事处)?|(?<![小古])镇|乡)")),
    ("community", re.compile(r"[^\d\W]{2,5}?社区(?:居委会)?")),
)


@lru_cache(maxsize=131_072)
def parse(name: str) -> tuple[Form, ...]:
    """Return the ways in which a name may be meant, the plainest first; none for a name without a letter.

    A name in brackets after 原 or 又名 is a form of its own, and so is what follows a city and district.

    Examples
    --------
    >>> [form.text for form in parse("萬科城市花園（二期）Ａ区")]
    ['万科城市花园 phase=2 zone=a']
    >>> [form.text for form in parse("桃源人家（原大渲新村）")]
    ['桃源人家', '大渲新村']
    >>> [form.core for form in parse("无锡市滨湖区大渲南苑小区")]
    ['无锡市滨湖区大渲', '大渲']
    >>> parse("大渲南苑")[0].keys
    (Key(kind='side', value='南'),)
    >>> [parse(name)[0].text for name in ("静淑东里", "静淑东里小区", "静淑东区")]
    ['静淑里 side=东', '静淑里小区 side=东', '静淑 compass=东']
    """
    text = normalise(name)
    own, former, extra, places = _brackets(text)
    forms: dict[str, Form] = {}
    for part in (own, *former):
        for form in _with_places(part, extra if part == own else "", places):
            forms.setdefault(form.text, form)
    return tuple(forms.values())


def _brackets(text: str) -> tuple[str, list[str], str, tuple[tuple[str, str], ...]]:
    """Return the name without its brackets, its former names, what else stood there, and places."""
    own, former, extra = _BRACKET.sub("", text).replace(")", ""), [], ""
    places: list[tuple[str, str]] = []
    for found in _BRACKET.finditer(text):
        inner = found[1]
        marked = _FORMER.match(inner)
        if marked:
            former.append(inner[marked.end() :])
        elif inner and not own:
            own = inner
        elif inner and _only_keys(inner):
            own += inner
        elif _PLACE.fullmatch(inner):
            level = "community" if inner.endswith(("社区", "会")) else _LEVELS[inner[-1]]
            places.append((level, inner))
        else:
            extra += inner
    inline = _INLINE.search(own)
    if inline:
        former.append(own[inline.end() :])
        own = own[: inline.start()]
    return own, former, extra, tuple(places)


def _only_keys(text: str) -> bool:
    rest, keys = _take_keys(text)
    return (bool(keys) and not rest) or re.fullmatch(
        r"[东南西北中][区苑园院里村]|[a-z]|\d+", text
    ) is not None


def _with_places(text: str, extra: str, places: tuple[tuple[str, str], ...]) -> list[Form]:
    if not text:
        return []
    forms = [_form(text, extra, places)]
    rest, found = text, list(places)
    for level, pattern in _PREFIXES:
        prefix = pattern.match(rest)
        if prefix and _has_core(rest[prefix.end() :]):
            found.append((level, prefix[0]))
            rest = rest[prefix.end() :]
    if rest != text:
        forms.append(_form(rest, extra, tuple(found)))
    return forms


def _has_core(rest: str) -> bool:
    """Tell whether what follows a place is a name of its own, not only 花园, 二期 or 图书馆."""
    return len(_form(rest, "", ()).core) > 1 and not _only_keys(rest) and _COMMON.fullmatch(rest) is None


def _form(text: str, extra: str, places: tuple[tuple[str, str], ...]) -> Form:
    rest, keys = _take_keys(text)
    if not rest:  # a building called 12号楼 is its own core
        return Form(text, extra=extra, places=places)
    rest, generic, ending, more = _endings(rest)
    keys = sorted({*keys, *more})
    return Form(rest, ending, generic, tuple(keys), extra, places)


def _take_keys(text: str) -> tuple[str, list[Key]]:
    keys: list[Key] = []
    for kind, pattern in _KEYS:
        while True:
            found = pattern.search(text)
            if found is None:
                break
            value = next(group for group in found.groups() if group)
            keys.append(Key(kind, _plain(value)))
            text = text[: found.start()] + text[found.end() :]
    return text, keys


def _plain(value: str) -> str:
    return re.sub(r"\d+", lambda found: found[0].lstrip("0") or "0", value)


def _endings(text: str) -> tuple[str, bool, str, list[Key]]:
    """Return the core, whether 小区 stood there, the ending, and the keys between."""
    keys: list[Key] = []
    rest, ending = _GENERIC.sub("", text), ""
    generic = rest != text
    unit = _COMPASS_UNIT.search(rest)
    if unit:
        rest = rest[: unit.start()]
        kind: KeyKind = "gate" if unit[2] == "门" else "compass" if unit[2] in _PART else "side"
        keys.append(Key(kind, unit[1]))
        ending = unit[2] if kind == "side" else ""
    rest, found = _bare(rest)
    keys += found
    if keys:  # 香雪小区东区, 香雪小区东, 香雪小区2
        shorter = _GENERIC.sub("", rest)
        generic, rest = generic or shorter != rest, shorter
    soft = None if ending else _ENDINGS.search(rest)
    if soft:
        ending, rest = soft[1], rest[: soft.start()]
        rest, found = _bare(rest)
        keys += [Key("side", key.value) if key.kind == "compass" else key for key in found]
    return rest, generic, ending, keys


def _bare(text: str) -> tuple[str, list[Key]]:
    """Take a letter or a number off the end, and a compass word before it: 大渲南苑, 万科城东A."""
    keys: list[Key] = []
    for kind, pattern in (("zone", _LETTER_BARE), ("number", _NUMBER_BARE), ("compass", _COMPASS_BARE)):
        found = pattern.search(text)
        if found and not (keys and kind == "number"):
            text = text[: found.start()]
            keys.append(Key(kind, _plain(found[1])))  # type: ignore[arg-type]
    return text, keys
