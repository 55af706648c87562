"""Names that are easily confused, and the ways in which people write them: made by rule, from one seed.

The rules follow what Chinese planners' lists look like: estates in phases (一期), lettered zones (A区), compass
parts (东区, 东苑), sides inside the name (东里) and numbered villages (一村), cores that differ in one character or sound alike, and one core
with several endings. Nothing here knows how the library compares names.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CORES = (
    "山语银城", "山语金城", "万科城", "万客城", "桃源", "桃园", "大丁", "大渲",
    "小渲", "香雪", "逸泉", "新峰", "龙山", "青龙山", "荣巷", "太康",
    "勤新", "锦绣江南", "锦绣江北", "阳光城市", "金色江南", "湖滨一号", "蠡湖", "望湖",
    "观湖", "五里湖", "六里湖", "三元", "四元", "东方", "西湖", "银杏",
    "金桂", "丹桂", "书香门第", "水岸新都", "城市之光",
)  # fmt: skip
ENDINGS = ("苑", "花园", "家园", "新村", "小区", "公寓", "人家", "佳苑", "")
NUMERALS = "零一二三四五六七八九"
ROMAN = ("", "Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ", "Ⅴ")
TYPOS = "明华宁福康泰和润景瑞丽安嘉雅慧枫柏樱荷莲竹云霞星辰海川岭峰谷泉溪河江洲岛港湾"


@dataclass(frozen=True)
class Made:
    """A made estate: the parts of its name, and the name."""

    core: str
    ending: str
    kind: str
    value: str

    @property
    def tail(self) -> str:
        """The part that tells it from its siblings, as the plate at its gate has it."""
        number = NUMERALS[int(self.value)] if self.value.isdigit() else self.value
        return {"phase": f"{number}期", "zone": f"{self.value}区", "compass": f"{self.value}区",
                "village": f"{number}村", "side": f"{self.value}里", "": ""}[self.kind]  # fmt: skip

    @property
    def name(self) -> str:
        """The whole name."""
        return f"{self.core}{self.ending}{self.tail}"


@dataclass(frozen=True)
class Query:
    """A name as somebody wrote it: whose it is, and how it was distorted."""

    text: str
    truth: str
    how: str


def estates() -> list[Made]:
    """Return the confusable estates: families of siblings, and for each third core another ending of one core."""
    made: list[Made] = []
    for n, core in enumerate(CORES):
        ending = ENDINGS[n % len(ENDINGS)]
        kind = ("phase", "zone", "compass", "village")[n % 4]
        values = {"phase": "1234", "zone": "ABCD", "compass": "东南西北", "village": "1234"}[kind]
        made += [Made(core, ending, kind, value) for value in values]
        if n % 2 == 0:
            kind = ("compass", "phase")[n % 4 == 2]
            values = {"phase": "123", "compass": "东西"}[kind]
            made += [Made(core, ENDINGS[(n + 4) % len(ENDINGS)], kind, value) for value in values]
        if n % 3 == 0:
            made.append(Made(core, ENDINGS[(n + 1) % len(ENDINGS)], "", ""))
        if n % 4 == 1:
            made += [Made(core, "", "side", value) for value in "东西"]
    return made


def wide(text: str) -> str:
    """Return ASCII in full width."""
    return "".join(chr(ord(c) + 0xFEE0) if 0x21 <= ord(c) < 0x7F else c for c in text)


@cache
def _table() -> Callable[[str], str]:
    import opencc

    return opencc.OpenCC("s2tw").convert


def traditional(text: str) -> str:
    """Return a text in the traditional characters of Taiwan, by OpenCC's other table."""
    return str(_table()(text))


def rewritten(made: Made, rng: random.Random) -> str:
    """Return the name with its number, letter or compass part written in another usual way."""
    head = made.core + made.ending
    if made.kind in ("phase", "village"):
        unit, number = made.tail[-1], int(made.value)
        ways = [f"{number}{unit}", f"第{number}{unit}", f"第{NUMERALS[number]}{unit}", f" {number} {unit}"]
        if unit == "期":
            ways += [f"{ROMAN[number]}期", f"{'I' * number if number < 4 else 'IV'}期"]
        tail = rng.choice(ways)
    else:
        tail = made.tail.lower()
    return head + rng.choice(
        [tail, f"（{tail.strip()}）", f"({tail.strip()})", f"·{tail}", f"-{tail.strip()}"]
    )


def reended(made: Made, rng: random.Random) -> str:
    """Return the name with another ending, or none."""
    if made.kind == "side":
        return made.name + rng.choice(["小区", "住宅小区"])
    if made.ending == "小区":
        other = rng.choice(["", "住宅小区"])
    elif made.ending.endswith("苑"):
        other = rng.choice([made.ending[:-1] + "园", made.ending + "小区", ""])
    elif made.ending.endswith("园"):
        other = rng.choice([made.ending[:-1] + "苑", made.ending + "小区", ""])
    else:
        other = rng.choice([made.ending + "小区", rng.choice(["花园", "公寓", "新村"])])
    return made.core + other + made.tail


def mistyped(made: Made, rng: random.Random, taken: set[str]) -> str:
    """Return the name with one slip in its core that makes it no other core."""
    core = made.core
    while True:
        at = rng.randrange(len(core))
        typo = rng.choice(TYPOS)
        slips = [core[:at] + typo + core[at + 1 :], core[:at] + typo + core[at:]]
        if len(core) > 2:
            slips.append(core[:at] + core[at + 1 :])
        if at + 1 < len(core):
            slips.append(core[:at] + core[at + 1] + core[at] + core[at + 2 :])
        slip = rng.choice(slips)
        if slip not in taken and not any(other.startswith(slip) or slip.startswith(other) for other in taken):
            return slip + made.ending + made.tail


def queries(made: list[Made], *, rounds: int, seed: int = 20240521) -> list[Query]:
    """Return distorted queries, ``rounds`` of each kind for each estate where the kind applies."""
    rng = random.Random(seed)
    cores = {one.core for one in made}
    asked: list[Query] = []
    for one in made:
        for _ in range(rounds):
            ways = {
                "plain": one.name,
                "written otherwise": rewritten(one, rng),
                "width": wide(rewritten(one, rng)) if one.kind else " ".join(one.name),
                "traditional": traditional(rng.choice([one.name, rewritten(one, rng)])),
                "ending": reended(one, rng),
                "typo": mistyped(one, rng, cores - {one.core}),
                "prefix": rng.choice(["无锡市滨湖区", "滨湖区", "江苏省无锡市", "荣巷街道"]) + one.name,
                "former": f"{one.name}（原{rng.choice(TYPOS)}{rng.choice(TYPOS)}新村）",
            }
            if one.kind in ("zone", "compass"):
                ways["missing 区"] = one.name.removesuffix("区")
            asked += [Query(text, one.name, how) for how, text in ways.items()]
    return asked


def dropped(made: list[Made]) -> list[Query]:
    """Return for each estate with siblings its name without what tells it from them."""
    return [Query(one.core + one.ending, one.name, "dropped") for one in made if one.kind]
