"""What speaks for and against a match, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walkshed.errors import Text

if TYPE_CHECKING:
    from walkshed.naming.judging import Verdict
    from walkshed.naming.parts import Form

_KINDS = {
    "phase": Text("phase", "期数"),
    "zone": Text("zone", "分区"),
    "compass": Text("compass part", "方位"),
    "side": Text("side", "方位"),
    "village": Text("village number", "村号"),
    "number": Text("number", "编号"),
    "building": Text("building", "楼号"),
    "house": Text("house number", "门牌号"),
    "gate": Text("gate", "门"),
}
_SHOWN = {
    "phase": "{}期", "zone": "{}区", "compass": "{}区", "side": "方位“{}”", "village": "{}村", "number": "编号{}", "building": "{}号楼",
    "house": "{}号", "gate": "{}门", "place": "{}",
}  # fmt: skip


def evidence(verdict: Verdict, there: Form, asked: Form) -> Text:
    """Return what agrees and what does not, in words."""
    if verdict.exact and not verdict.conflict:
        return Text("the same name", "名称相同")
    parts = [_WORDS[what](detail, there, asked) for what, detail in verdict.reason]
    shown = [part for part in parts if part.en]
    return Text("; ".join(part.en for part in shown), "；".join(part.zh for part in shown))


def _said_ending(detail: str, there: Form, asked: Form) -> Text:
    one, other = asked.ending, there.ending
    if detail == "same":
        return Text(f'the same core "{asked.core}"', f"核心名“{asked.core}”相同")
    if detail == "generic":
        return Text("only one says 小区", "仅一方带“小区”")
    if detail == "missing":
        return Text(
            f"only one has the ending {one or other or '小区'}", f"仅一方带后缀“{one or other or '小区'}”"
        )
    return Text(f"ending {one}, there {other}", f"后缀为“{one}”，对方为“{other}”")


def _said_spelling(detail: str, there: Form, asked: Form) -> Text:
    return Text(
        f'"{asked.core}" and "{there.core}" are {detail} % alike',
        f"“{asked.core}”与“{there.core}”相似度 {detail} %",
    )


def _key(form: Form, kind: str) -> Text | None:
    """Return a form's key of a kind as it is read; None where it has none."""
    if kind == "place":
        value = "".join(name for _, name in form.places)
    else:
        value = "/".join(key.value for key in form.keys if key.kind == kind).upper()
    if not value:
        return None
    zh = value if value.endswith(("组团", "地块", "街坊")) else _SHOWN[kind].format(value)
    return Text(zh if kind == "place" else f"{_KINDS[kind].en} {value}", zh)


def _said_differs(detail: str, there: Form, asked: Form) -> Text:
    one, other = _key(asked, detail) or Text("", ""), _key(there, detail) or Text("", "")
    return Text(f"asked for {one.en}, this is {other.en}", f"所查为{one.zh}，对方为{other.zh}")


def _said_lacks(detail: str, there: Form, asked: Form) -> Text:
    mine, theirs = _key(asked, detail), _key(there, detail)
    if mine:
        return Text(f"it does not say {mine.en}", f"对方未注明{mine.zh}")
    other = theirs or Text("", "")
    return Text(f"it is {other.en}, which was not asked for", f"对方为{other.zh}，所查名称未注明")


def _said_siblings(detail: str, _there: Form, _asked: Form) -> Text:
    word = _KINDS[detail]
    return Text(
        f"several differ in {word.en}, which the name asked for does not say",
        f"另有只差{word.zh}的同名小区，所查名称未注明{word.zh}",
    )


_WORDS = {
    "ending": _said_ending,
    "spelling": _said_spelling,
    "differs": _said_differs,
    "lacks": _said_lacks,
    "siblings": _said_siblings,
    "extra": lambda *_: Text("what stands in brackets differs", "括号内容不同"),
    "marked": lambda *_: Text(
        "they differ in a character that tells neighbours apart", "相差的字常用来区分相邻的小区"
    ),
}
