"""With what the command ends: coverage by community, what could be done, and where the files are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from walkshed.errors import Text
from walkshed.report.measures import main_measure
from walkshed.report.summary import BLANK, TOTAL

if TYPE_CHECKING:
    from walkshed.result import StudyResult

_MOST_UNITS = 30


def closing_table(result: StudyResult) -> Any:
    """Return a rich table: one row per community, one column per standard, for the first profile."""
    from rich.table import Table
    from rich.text import Text as Rich

    study, language = result.study, result.study.language
    measure = main_measure(result.estates)
    rows = result.summary[
        (result.summary["measure"] == measure) & (result.summary["profile"] == study.profiles[0].name)
    ]
    level = study.levels[0] if study.levels else TOTAL
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    table.add_column(_MEASURES[measure].in_(language) if measure in _MEASURES else measure, justify="right")
    for standard in study.standards:
        table.add_column(standard.label(language), justify="right")
    own = rows[rows["level"] == level].drop_duplicates("unit") if level != TOTAL else rows[:0]
    if len(own) > _MOST_UNITS:
        own = own.sort_values("total", ascending=False, kind="stable")
    units = sorted(own["unit"].tolist(), key=lambda unit: unit == BLANK)
    for wanted, unit in [*((level, unit) for unit in units[:_MOST_UNITS]), (TOTAL, TOTAL)]:
        own = rows[(rows["level"] == wanted) & (rows["unit"] == unit)].set_index("standard")
        shares = [own["covered_share"].get(standard.name, float("nan")) for standard in study.standards]
        name = {TOTAL: Text("total", "合计"), BLANK: Text("(blank)", "（空白）")}.get(unit)
        cells: list[Rich | str] = [
            Rich(name.in_(language) if name else unit),
            f"{own['total'].iloc[0]:,.0f}",
            *map(_share, shares),
        ]
        table.add_row(*cells, style="bold" if wanted == TOTAL else "")
    if len(units) > _MOST_UNITS:
        table.caption = Text(
            f"… {len(units) - _MOST_UNITS} more in summary.csv",
            f"另有 {len(units) - _MOST_UNITS} 个，见 summary.csv",
        ).in_(language)
    return table


_MEASURES = {
    "households": Text("households", "户数"),
    "residents": Text("residents", "人口"),
    "estates": Text("estates", "小区"),
}


def closing_advice(result: StudyResult) -> list[tuple[Text, list[Text]]]:
    """Return what could be done, in sentences with a title each: the gate that would bring most, and the proposal."""
    advice = []
    gate = _best_gate(result)
    if gate is not None:
        advice.append((Text("The gate that would bring most", "最值得打开的大门"), [gate]))
    if result.proposed is not None:
        title = Text("Where to open next", "选址建议")
        advice.append((title, list(result.proposed.plan.sentences[:_PROPOSAL])))
    return advice


_PROPOSAL = 4  # which, whom they bring, how good that is proven to be, what it costs


def _best_gate(result: StudyResult) -> Text | None:
    """Say which gate, open to everyone, would bring most within the first standard; None where none brings anything."""
    if result.gate_ranking is None:
        return None
    study, table = result.study, result.gate_ranking.table
    standard, measure = study.standards[0], main_measure(result.estates)
    rows = table[
        (table["profile"] == study.profiles[0].name) & (table["standard"] == standard.name)
        & (table["measure"] == measure) & (table["action"] == "open") & (table["gained"] > 0)
    ]  # fmt: skip
    if rows.empty:
        return None
    best = rows.iloc[0]
    name = best["name"] or best["gate"]
    estate = result.estates["name"].get(best["estate_id"]) or best["estate_id"]
    unit = _MEASURES[measure]
    return Text(
        f"{name} ({estate}), open to everyone: {best['gained']:,.0f} more {unit.en} within {standard.label('en')}.",
        f"{name}（{estate}）对所有人开放：步行 {standard.label('zh')}内新增 {best['gained']:,.0f} {_UNITS[measure]}。",
    )


_UNITS = {"households": "户", "residents": "人", "estates": "个小区"}


def _share(value: float) -> str:
    return "–" if value != value else f"{value:.1%}"  # noqa: PLR0124 - NaN
