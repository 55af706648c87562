"""What a comparison says in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from walkshed.compare.differences import GONE, INPUT, MOVED, NEW, PARAMETER, RENAMED, RUN
from walkshed.compare.tally import total_row
from walkshed.errors import Text
from walkshed.profiles import PRESETS
from walkshed.standards import Standard

if TYPE_CHECKING:
    import pandas as pd

    from walkshed.compare.kept import KeptRun

_NAMES = {
    "households": (Text("households", "住户"), Text("households", "户")),
    "residents": (Text("residents", "居民"), Text("residents", "人")),
    "estates": (Text("estates", "小区"), Text("estates", "个小区")),
}


def headlines(before: KeptRun, after: KeptRun, summary: pd.DataFrame) -> tuple[Text, ...]:
    """Return one sentence for each profile and standard, the most important first.

    The points are the difference of the two percentages as they are shown.
    """
    measures = {run.record["headline"]["measure"] for run in (before, after)}
    measure = measures.pop() if len(measures) == 1 else "estates"
    parameters = after.record["parameters"]
    return tuple(
        _headline(
            total_row(summary, profile=who["name"], standard=far["name"], measure=measure), measure, who, far
        )
        for who in parameters["profiles"]
        for far in parameters["standards"]
    )


def _headline(row: pd.Series, measure: str, who: dict[str, Any], far: dict[str, Any]) -> Text:
    noun, unit = _NAMES.get(measure, (Text(measure, measure), Text(measure, "")))
    first, then = float(row["covered_share_before"]), float(row["covered_share_after"])
    counts = f"{amount(row['covered_before'])} → {amount(row['covered_after'])}"
    en = [f"{amount(row['gained'])} gained", f"{amount(row['lost'])} lost"]
    zh = [f"新增 {amount(row['gained'])}", f"减少 {amount(row['lost'])}"]
    if row["other"]:
        en.append(f"{amount(row['other'], sign=True)} from new or removed estates and changed numbers")
        zh.append(f"因小区增减或户数变化 {amount(row['other'], sign=True)}")
    if first != first or then != then:  # noqa: PLR0124 - NaN: nothing is counted in one of the two
        shares = Text("no share can be given", "无法给出覆盖率")
    else:
        points = round(round(100 * then, 1) - round(100 * first, 1), 1) + 0.0
        shares = Text(
            f"{first:.1%} → {then:.1%} of {noun.en} covered ({points:+.1f} points)",
            f"{noun.zh}覆盖率 {first:.1%} → {then:.1%}（{points:+.1f} 个百分点）",
        )
    walker, standard = _walker(who["name"]), _standard(far)
    return Text(
        f"{standard.en}, {walker.en}: {shares.en}, {counts} {unit.en}; {', '.join(en)}.",
        f"{standard.zh}，{walker.zh}：{shares.zh}，{counts} {unit.zh}；{'，'.join(zh)}。",
    )


def _walker(name: str) -> Text:
    known = PRESETS.get(name)
    return Text(name, name) if known is None else Text(known.label("en"), known.label("zh"))


def _standard(far: dict[str, Any]) -> Text:
    keys = ("name", "minutes", "metres", "tier", "kind")
    standard = Standard(**{key: far[key] for key in keys if key in far})
    return Text(standard.label("en"), standard.label("zh"))


def amount(value: float, *, sign: bool = False) -> str:
    """Return an amount as a person reads it, with one decimal only where it is no whole number.

    Examples
    --------
    >>> amount(1234.0), amount(0.25), amount(-3.0, sign=True)
    ('1,234', '0.2', '-3')
    """
    if value != value:  # noqa: PLR0124 - NaN
        return "–"
    digits = 0 if abs(value - round(value)) < 1e-6 else 1
    return f"{value:{'+' if sign else ''},.{digits}f}"


def notices(table: pd.DataFrame, apart: pd.DataFrame) -> tuple[Text, ...]:
    """Return what a reader must know besides: other inputs and settings, estates that came, went or changed."""
    said = []
    for kind, en, zh in (
        (RUN, "not the same: {}", "两次运行不同之处：{}"),
        (PARAMETER, "other settings: {}", "设置不同：{}"),
        (INPUT, "inputs that changed: {}", "输入文件有变化：{}"),
        (NEW, "new estates: {}", "新增小区：{}"),
        (GONE, "estates that are gone: {}", "不再有的小区：{}"),
        (RENAMED, "estates with another name: {}", "改名的小区：{}"),
        (MOVED, "estates that stand elsewhere: {}", "位置有变的小区：{}"),
    ):
        rows = apart[apart["kind"] == kind]
        if len(rows):
            said.append(Text(en.format(_listed(rows, kind, ", ")), zh.format(_listed(rows, kind, "、"))))
    if not len(apart):
        said.append(Text("both runs have the same inputs and settings", "两次运行的输入与设置相同"))
    doubtful = table[(table["change"] == "lost") & (table["status_after"] == "unknown")][
        "estate_id"
    ].nunique()
    if doubtful:
        said.append(
            Text(
                f"of the estates that lost, {doubtful} cannot be judged any more; they are not known to be out of reach",
                f"不再达标的小区中，有 {doubtful} 个是现在无法判断，并非确定不可达",
            )
        )
    return tuple(said)


def _listed(rows: pd.DataFrame, kind: str, comma: str) -> str:
    """Return the first few by name, and how many there are besides."""
    most = 6
    cells = rows.head(most)[["what", "before", "after"]].astype(str).to_numpy().tolist()
    if kind in {RUN, PARAMETER, RENAMED}:
        names = [f"{what} ({old or '–'} → {new or '–'})" for what, old, new in cells]
    elif kind in {NEW, GONE}:
        names = [f"{what} {new or old}" for what, old, new in cells]
    else:
        names = [what for what, _, _ in cells]
    more = len(rows) - len(names)
    return comma.join([*names, *([f"… +{more}"] if more else [])])
