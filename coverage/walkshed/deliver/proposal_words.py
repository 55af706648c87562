"""The words of the proposals' tables, in English and Chinese."""

from __future__ import annotations

from walkshed.errors import Text
from walkshed.siting.proposal import STATES

COLUMNS = {
    "role": Text("role", "角色"),
    "step": Text("step", "次序"),
    "year": Text("year", "年份"),
    "site_id": Text("site id", "点位编号"),
    "source": Text("source", "来源"),
    "instead_of": Text("instead of", "替补对象"),
    "owner": Text("owner", "产权单位"),
    "cost": Text("cost, once", "一次性费用"),
    "subsidy_per_year": Text("cost a year", "年补贴"),
    "gain": Text("newly within", "新增覆盖"),
    "gain_alone": Text("newly within, alone", "单独新增"),
    "sole": Text("served by it alone", "独有新增"),
    "shared": Text("shared with others", "共有新增"),
    "newly_covered": Text("estates newly within", "新覆盖小区数"),
    "covered_after": Text("within so far", "累计达标"),
    "covered_share_after": Text("within so far, %", "累计覆盖率"),
    "cost_per_gain": Text("cost for each newly within", "每新增单位费用"),
    "lost": Text("plan worse by", "方案损失"),
    "essential": Text("in every good plan", "好方案必含"),
    "amount": Text("amount", "数量"),
    "walk_before": Text("walk before", "现状步行"),
    "walk_after": Text("walk after", "建成后步行"),
    "sites": Text("new sites", "新增数量"),
    "bound": Text("no plan better than", "上限（界）"),
    "gap": Text("gap", "差距"),
    "state": Text("proof", "证明情况"),
    "added": Text("added", "较前增加"),
    "knee": Text("knee", "拐点"),
    "plan": Text("plan", "方案"),
    "without": Text("without", "未落实点位"),
    "behind_share": Text("worse by, %", "相差比例"),
}
"""Titles of the columns of the proposals' tables that no other table has."""

ROLES = {
    "chosen": Text("proposed", "建议"),
    "runner_up": Text("runner-up", "替补"),
    "other": Text("not chosen", "未选"),
    "forbidden": Text("excluded", "排除"),
    "unplaced": Text("without coordinates", "无坐标"),
    "proposal": Text("the proposal", "建议方案"),
    "near_equal": Text("nearly as good", "相近方案"),
    "without": Text("if a site falls through", "某点位未落实时"),
}
SOURCES = {
    "room": Text("room", "用房"),
    "building": Text("building", "建筑"),
    "street": Text("point on a street", "沿街点"),
    "gate": Text("gate", "大门"),
}
UNITS = {"min": Text("min", "分钟"), "m": Text("m", "米")}
ESSENTIAL = {"true": Text("yes", "是"), "false": Text("no", "否")}
VOCABULARIES = {"essential": ESSENTIAL, "role": ROLES, "source": SOURCES, "state": STATES}
"""For ``walkshed.deliver.words``: what the codes of a column are called."""

FRACTIONS = frozenset(
    {"walk_before", "walk_after", "covered_share_after", "behind_share", "gap", "cost_per_gain"}
)
"""Columns that are no whole numbers even where all their values are."""

FORMATS = {
    "walk_before": "0.00", "walk_after": "0.00", "covered_share_after": "0.0%", "behind_share": "0.00%", "gap": "0.00%",
    "cost_per_gain": "#,##0", "year": "0", "step": "0", "plan": "0",
}  # fmt: skip
"""Number formats of the workbook."""

SHEETS = {
    "proposals_said": Text("Proposal", "选址建议"),
    "proposals": Text("Proposed sites", "建议点位"),
    "proposals_estates": Text("Who gains", "新覆盖小区"),
    "proposals_curve": Text("How many", "数量与效果"),
}
"""Sheets of the workbook."""

LOST = {
    "chosen": Text("plan worse, if it falls through, by", "若未落实，方案损失"),
    "runner_up": Text("plan worse, with it instead, by", "改用它，方案损失"),
}
"""What ``lost`` means on a card, by role."""

PAGE = {
    "proposals": Text("Proposed venues", "建议新增"),
    "proposed": Text("proposed, in order of opening", "建议点位（数字为开放次序）"),
    "proposedOne": Text("proposed", "建议新增"),
    "runnerUp": Text("runner-up", "替补点位"),
    "moreSaid": Text("Order, alternatives, what if …", "次序、替补与其他方案"),
    "proposedGate": Text("gate to open", "建议开放的大门"),
    "beforeAfter": Text("Show", "显示"),
    "before": Text("as it is", "现状"),
    "after": Text("with the proposal", "建成后"),
    "afterNow": Text("With the proposal open", "建议全部建成后"),
}
"""Words of the map's page."""
