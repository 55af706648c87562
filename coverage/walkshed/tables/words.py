"""The columns with a vocabulary: tier, status, opens_to, open_to and gated, in Chinese and English."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from walkshed.errors import Text
from walkshed.tables.values import Reading, folded, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def nearest(word: str, among: Iterable[str]) -> str:
    """Return the most similar of some words, or "" if none is similar.

    Examples
    --------
    >>> nearest("housholds", ["households", "name"])
    'households'
    """
    words = list(among)
    lower = {one.casefold(): one for one in reversed(words)}
    close = difflib.get_close_matches(word.casefold(), list(lower), n=1, cutoff=0.5)
    return lower[close[0]] if close else ""


def did_you_mean(word: str, among: Iterable[str]) -> Text:
    """Return a half sentence that names the nearest word, blank if there is none."""
    near = nearest(word, among)
    return Text(f'; did you mean "{near}"?', f"；是不是“{near}”？") if near else Text("", "")


@dataclass(frozen=True)
class Vocabulary:
    """The words a column may hold.

    Parameters
    ----------
    column
        Our name of the column.
    words
        For each value the words that mean it: the first is the Chinese one of the templates.
    blank
        What a blank cell reads as.
    """

    column: str
    words: Mapping[str, tuple[str, ...]]
    blank: str = ""

    def read(self, cell: object) -> Reading:
        """Read one cell; an unknown word is a problem that lists the allowed ones."""
        text = text_of(cell)
        if text == "":
            return Reading(self.blank)
        plain = _key(text)
        for value, words in self.words.items():
            if plain == _key(value) or any(plain == _key(word) for word in words):
                return Reading(value)
        return Reading(self.blank, problem=self._unknown(text))

    def _unknown(self, text: str) -> tuple[str, Text]:
        allowed = [f"{words[0]} / {value}" for value, words in self.words.items()]
        every = [word for value, words in self.words.items() for word in (*words, value)]
        near = did_you_mean(folded(text), every)
        return (
            "word.unknown",
            Text(
                f"is not a word this column knows; allowed: {', '.join(allowed)}, or blank{near.en}",
                f"不是本列允许的词；可填：{'、'.join(allowed)}，或留空{near.zh}",
            ),
        )


def _key(text: str) -> str:
    return folded(text).casefold().replace(" ", "").replace("_", "").replace("-", "")


TIER = Vocabulary(
    "tier",
    {
        "area": ("片区", "片区级"),
        "community": ("社区", "社区级"),
        "sub_district": ("街道", "街道级", "乡镇", "镇级", "subdistrict"),
    },
)
STATUS = Vocabulary(
    "status",
    {
        "open": (
            "开放",
            "已开放",
            "运营",
            "运营中",
            "已运营",
            "开放中",
            "已启用",
            "启用",
            "使用中",
            "在用",
            "投用",
            "已投用",
        ),
        "under_construction": ("在建", "建设中", "施工", "施工中", "underconstruction"),
        "planned": ("规划", "规划中", "拟建", "待建", "计划", "proposed"),
        "closed": ("关闭", "已关闭", "停用", "已停用", "关停", "暂停", "暂停开放"),
    },
)
OPENS_TO = Vocabulary(
    "opens_to",
    {
        "street": ("街道", "临街", "沿街", "街面", "外侧", "马路", "outside"),
        "estate": ("小区", "小区内", "院内", "内部", "内侧", "inside"),
    },
)
OPEN_TO = Vocabulary(
    "open_to",
    {
        "everyone": ("所有人", "任何人", "全部", "对外开放", "开放", "all", "anyone", "open"),
        "residents": ("居民", "仅居民", "仅限居民", "本小区居民", "业主", "住户", "resident"),
        "closed": ("关闭", "封闭", "不开放", "常闭", "no", "locked"),
        "public": ("公共通道", "公共", "公共通行", "公共道路", "passage"),
    },
    blank="everyone",
)
GATED = Vocabulary(
    "gated",
    {
        "yes": ("是", "封闭", "封闭式", "封闭小区", "封闭管理", "true", "y", "1", "gated"),
        "no": ("否", "开放", "开放式", "开放小区", "不封闭", "非封闭", "false", "n", "0", "open"),
    },
)


def read_flag(cell: object) -> Reading:
    """Read whether an estate is gated: True, False, or None for a blank.

    Examples
    --------
    >>> [read_flag(cell).value for cell in ("是", "开放", 1.0, False, "")]
    [True, False, True, False, None]
    """
    reading = GATED.read(cell)
    value = {"yes": True, "no": False}.get(reading.value)
    return Reading(value, reading.note, reading.problem)
