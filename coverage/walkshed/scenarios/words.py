"""What a scenario says in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walkshed.compare.tally import total_row
from walkshed.compare.words import amount
from walkshed.errors import Text
from walkshed.report.measures import main_measure

if TYPE_CHECKING:
    from walkshed.scenarios.running import ScenarioResult

NOTHING = Text(
    "changes nothing: every estate is covered as before and walks as far as before",
    "没有任何变化：所有小区的达标情况和步行距离均与现状相同",
)
_OF = {
    "households": Text("household gained", "户"),
    "residents": Text("resident gained", "人"),
    "estates": Text("estate gained", "个小区"),
}


def said_of(one: ScenarioResult) -> tuple[Text, ...]:
    """Return what a scenario changes: for the first walker by each standard, what it costs, and where nothing does."""
    if one.changes_nothing:
        return (NOTHING,)
    said = list(one.comparison.headlines[: len(one.before.study.standards)])
    cost = cost_said(one)
    return (*said, cost) if cost is not None else tuple(said)


def cost_said(one: ScenarioResult) -> Text | None:
    """Return what a scenario costs, in all and for each household that comes inside the first standard."""
    cost = one.scenario.cost
    if cost is None:
        return None
    study, measure = one.before.study, main_measure(one.before.estates)
    row = total_row(
        one.summary, profile=study.profiles[0].name, standard=study.standards[0].name, measure=measure
    )
    en, zh = f"costs {amount(cost)} yuan", f"费用 {amount(cost)} 元"
    if row["gained"] > 0:
        each, noun = amount(round(cost / float(row["gained"]), 1)), _OF[measure]
        en += f", {each} yuan per {noun.en} ({study.standards[0].label('en')})"
        zh += f"，每新增一{noun.zh} {each} 元（{study.standards[0].label('zh')}）"
    return Text(f"{en}.", f"{zh}。")
