"""The words of the scenarios' tables, in English and Chinese."""

from __future__ import annotations

from walkshed.errors import Text

SHEETS = {
    "scenarios": Text("Scenarios", "情景"),
    "scenario_estates": Text("Scenarios by estate", "情景（小区）"),
}
"""Sheets of the workbook."""

_OF = {
    "total": Text("total", "总数"),
    "covered": Text("covered", "达标"),
    "unknown": Text("unknown", "未知"),
    "covered_share": Text("covered, %", "覆盖率"),
    "mean_min": Text("mean walk, min", "平均步行（分钟）"),
    "status": Text("status", "状态"),
    "reason": Text("reason", "原因"),
    "venue_id": Text("nearest venue id", "最近场所编号"),
    "walk_min": Text("walk, min", "步行时间（分钟）"),
    "walk_m": Text("walk, m", "步行距离（米）"),
}
_WHEN = {"before": Text("as it is", "现状"), "after": Text("scenario", "情景")}

COLUMNS = {
    "scenario": Text("scenario", "情景"),
    "name_before": Text("name as it is", "现状名称"),
    **{
        f"{name}_{when}": Text(f"{said.en}, {at.en}", f"{said.zh}（{at.zh}）")
        for name, said in _OF.items()
        for when, at in _WHEN.items()
    },
    "change": Text("change", "变化"),
    "walk": Text("walk becomes", "步行变化"),
    "lost_here": Text("not within any more", "不再达标"),
    "covered_share_here": Text("covered, %, scenario", "覆盖率（情景）"),
    "other": Text("new, gone or other numbers", "增减或数字变化"),
    "net": Text("net change", "净变化"),
    "change_points": Text("percentage points", "百分点变化"),
    "mean_min_change": Text("mean walk, change (min)", "平均步行变化（分钟）"),
    "walk_min_change": Text("walk, change (min)", "步行变化（分钟）"),
    "walk_m_change": Text("walk, change (m)", "步行变化（米）"),
    "cost_per_gained": Text("yuan for each newly within", "每新增一单位费用（元）"),
}
"""Titles of the columns that no other table has."""

CHANGES = {
    "gained": Text("gained", "新达标"),
    "lost": Text("lost", "不再达标"),
    "same": Text("same", "不变"),
    "new": Text("new", "新增"),
    "gone": Text("gone", "已无"),
    "nearer": Text("nearer", "更近"),
    "farther": Text("farther", "更远"),
}
ELSEWHERE = {"lost": "lost_here", "covered_share_after": "covered_share_here"}
"""Columns that the proposals' tables have too, where they mean something else."""

FORMATS = {
    **dict.fromkeys(("covered_share_before", "covered_share_here"), "0.0%"),
    **dict.fromkeys(("mean_min_before", "mean_min_after", "walk_min_before", "walk_min_after"), "0.00"),
    **dict.fromkeys(("mean_min_change", "walk_min_change"), "+0.00;-0.00;0.00"),
    **dict.fromkeys(("walk_m_before", "walk_m_after"), "#,##0.0"),
    "walk_m_change": "+#,##0.0;-#,##0.0;0.0",
    "change_points": "+0.0;-0.0;0.0",
    "cost_per_gained": "#,##0.00",
}
"""How the workbook shows numbers."""
