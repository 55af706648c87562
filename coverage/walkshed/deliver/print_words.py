"""The words of the printed maps, in English and Chinese."""

from __future__ import annotations

from walkshed.errors import Text

ATTRIBUTION = Text(
    "Streets © OpenStreetMap contributors, ODbL 1.0 (openstreetmap.org/copyright)",
    "道路数据 © OpenStreetMap 贡献者，ODbL 1.0（openstreetmap.org/copyright）",
)
OWN_STREETS = Text("Streets: {name}", "道路数据：{name}")
SNAPSHOT = Text("as of {day}", "数据日期 {day}")
SKETCH = Text(
    "Working sketch, not for publication; it shows no administrative boundary.",
    "示意图，仅供内部工作使用，不作公开发布；未绘制行政区划界线。",
)
APPROVAL = Text("Map approval number: {number}", "审图号：{number}")
MADE = Text("Made with walkshed {version}", "由 walkshed {version} 制作")

TITLES = {
    "coverage": Text("Who can walk there", "步行覆盖"),
    "catchments": Text("Ground within a walk of a venue", "步行可达范围"),
    "proposals": Text("Who could, with the proposals open", "建议方案实施后的步行覆盖"),
    "as_it_is": Text("Who can walk there, as it is", "步行覆盖：现状"),
    "scenario": Text("Who could, in the scenario: {name}", "步行覆盖：情景“{name}”"),
    "gaps": Text("Who cannot, the longest walks first", "覆盖缺口（步行最远者优先）"),
}
DATE = Text("Date of the study: {day}", "研究日期：{day}")
WALKER = Text("Walker: {profile}, {speed:g} m/s", "步行者：{profile}，{speed:g} 米/秒")
LEGEND = Text("Legend", "图例")
ESTATES = Text("Estates by walk to nearest venue", "小区：到最近场所的步行")
COUNTED = Text("{count} estates", "{count} 个小区")
GROUND = Text("Ground within", "步行可达范围")
VENUES = Text("Venues", "场所")
VENUE_OPEN = Text("counts on the date", "研究日期可用")
VENUE_NEW = Text("proposed", "建议新增")
VENUE_SCENARIO = Text("new or open in the scenario", "情景中新增或开放")
VENUE_NOT = Text("not open, or does not count", "未开放或不计入")
NUMBERED = Text("Number: place in the list of longest walks", "编号：步行最远名次")
BOUNDARY = Text("Outline: boundary of the estate, where known", "轮廓：小区边界（已知者）")
CIRCLE = Text("Circle: boundary not known", "圆点：边界未知")
SUMMARY = Text("Coverage", "覆盖情况")
SHARE = Text(
    "{covered} of {total} {measure} within {standard}: {share}",
    "{standard}：{covered} / {total}（{measure}）{share}",
)
NO_DEMAND = Text("{standard}: no {measure} counted here", "{standard}：本区无{measure}数据")
WORST = Text("Longest walks beyond {standard}", "超出{standard}的最远步行")
NO_GAPS = Text("No estate is beyond {standard}.", "没有小区超出{standard}。")
NO_WALK = Text("no walk", "无法步行到达")
UNPLACED = Text("Not on the map, place unknown: {names}", "未上图（位置未知）：{names}")
AND_MORE = Text("{names} and {more} more", "{names} 等另 {more} 个")
LEFT_OUT = Text(
    "{count} names found no room; the workbook lists them all.",
    "{count} 个名称因空间不足未标注，完整名单见工作簿。",
)
SCALE = Text("Scale 1:{denominator} on {paper}", "比例尺 1:{denominator}（{paper}）")
METRES, KILOMETRES = Text("m", "米"), Text("km", "公里")
NORTH = Text("N", "北")

NO_FONT = Text(
    "printed maps were left out: this computer has no font with Chinese characters. Install one, such as Noto Sans CJK "
    "(Debian, Ubuntu: apt install fonts-noto-cjk), WenQuanYi Micro Hei (fonts-wqy-microhei), or on Windows the language "
    "feature 'Chinese (Simplified) supplemental fonts' (SimHei, Microsoft YaHei), and run again",
    "未生成打印地图：本机没有中文字体。请安装后重新运行：思源黑体 Noto Sans CJK（Debian/Ubuntu：apt install fonts-noto-cjk）、"
    "文泉驿微米黑（fonts-wqy-microhei），Windows 可在“可选功能”中添加“中文（简体）补充字体”（黑体、微软雅黑）",
)
NO_MATPLOTLIB = Text(
    "printed maps were left out: they need matplotlib, which is not installed; pip install matplotlib",
    "未生成打印地图：需要 matplotlib，但尚未安装；请执行 pip install matplotlib",
)
NO_PLACE = Text(
    "no printed map of {unit}: none of its estates has a place", "未生成“{unit}”的打印地图：其小区均无位置"
)
NOTHING = Text("printed maps were left out: no estate has a place", "未生成打印地图：没有任何小区有位置")
