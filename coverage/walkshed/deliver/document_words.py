"""The words of the report document, in English and Chinese."""

from __future__ import annotations

from walkshed.errors import Text

TITLE = Text("{name}: report on walking coverage", "{name}：步行覆盖报告")
ON_DATE = Text("Date of the study: {day}", "研究日期：{day}")
QUESTION = Text("The question", "问题")
QUESTION_TEXT = Text(
    "For how many of the {total} {measure} of {name} is an open venue within {standard} on foot, where not, and why?",
    "{name}共 {total} {measure}，其中有多少能在{standard}内步行到达开放场所？哪里不能，原因何在？",
)
ANSWER = Text("The answer", "结论")
UNCERTAINTY = Text(
    "What is not sure of speed, of the ways to and from the street and of the gates leaves room for {low} to {high} "
    "({low_count} to {high_count} of {total}){unknown}.",
    "考虑步速、出入道路路段与大门的不确定性，覆盖率在 {low} 至 {high} 之间（{low_count} 至 {high_count}，共 {total}）{unknown}。",
)
IF_UNKNOWN = Text(
    "; if all that cannot be judged were within, it would be {most} at the most",
    "；若无法判断者全部可达，最高为 {most}",
)
COUNTED = {
    "estates": Text("estates", "个小区"),
    "households": Text("households", "户"),
    "residents": Text("residents", "人"),
}
SOLE = Text("within reach of no other", "仅此一处可达")
GAPS = Text(
    "{estates} of {all_estates} estates are beyond the standard; the longest walk is that of {name}, {walk}{venue}{why}.",
    "{all_estates} 个小区中有 {estates} 个未达标；步行最远的是{name}，{walk}{venue}{why}。",
)
TO_VENUE = Text(" to {venue}", "（至{venue}）")
WHY = Text(" ({reason})", "，原因：{reason}")
NO_GAPS = Text("No estate is beyond the standard.", "没有小区超出标准。")
NO_WALK = Text("no walk", "无法步行到达")

MAPS = Text("Maps", "地图")
MAP_SOURCE = Text("{title}. {source}. {notice}", "{title}。{source}。{notice}")
NO_MAPS = Text("The maps are left out: {why}", "未附地图：{why}")
BY_COMMUNITY = Text("Coverage by {level}", "按{level}汇总的覆盖情况")
BY_COMMUNITY_TEXT = Text(
    "{measure}, {profile}. What cannot be judged counts against the share.",
    "{measure}，{profile}。无法判断者不计入达标。",
)
TOTALS = Text("All measures and standards", "各项指标与标准")
WORST = Text("The ten longest walks", "步行最远的十个小区")
WORST_TEXT = Text("Estates beyond {standard}, {profile}.", "超出{standard}的小区，{profile}。")
UNKNOWN = Text("Estates that cannot be judged", "无法判断的小区")
LOAD = Text("Load of the venues", "场所负荷")
LOAD_TEXT = Text(
    "{measure} for which the venue is the nearest, within {standard}, and within {standard} of no other; {profile}. "
    "Venues that do not count on the date say why.",
    "以该场所为最近、在{standard}内、以及{standard}内仅此一处的{measure}；{profile}。研究日期不计入的场所注明原因。",
)
MORE = Text(
    "{count} more are in report.xlsx and the CSV files.", "其余 {count} 项见 report.xlsx 与 CSV 文件。"
)
METHOD = Text("Method", "方法")
LIMITS = Text("Limits", "局限")
SOURCES = Text("Data", "数据来源")
SOURCES_TEXT = Text(
    "The SHA-256 sum tells whether a file is the one that was used.", "SHA-256 校验值用于确认是否为同一文件。"
)
NOTICES = Text(
    "{count} notices say what the run assumed, repaired or doubts; they are listed in notices.csv.",
    "本次运行共有 {count} 条提示，说明所作假设、修正与存疑之处，详见 notices.csv。",
)

SCENARIOS = Text("Scenarios", "情景比较")
SCENARIOS_TEXT = Text(
    "Each scenario compared with the study as it is: {measure}, {profile}. Gained: comes inside the standard; lost: falls out of it. "
    "The cost is that of the scenario as a whole, in yuan.",
    "各情景与现状比较：{measure}，{profile}。新增：新达标；减少：不再达标。费用为整个情景的费用，单位为元。",
)
SCENARIO_HEADS = (
    Text("scenario", "情景"), Text("standard", "标准"), Text("as it is", "现状"), Text("scenario", "情景后"),
    Text("gained", "新增"), Text("lost", "减少"), Text("cost", "费用"), Text("cost for each gained", "每新增一单位费用"),
)  # fmt: skip
SCENARIO_SAME = Text("{names}: nothing changes.", "{names}：没有任何变化。")

RANK, REASON, CAPACITY = Text("No.", "序号"), Text("reason", "原因"), Text("capacity", "容量")
USE, FILE, DAY, SHA = (
    Text("use", "用途"),
    Text("file", "文件"),
    Text("date", "日期"),
    Text("SHA-256", "SHA-256"),
)
NOTE = Text("remark", "备注")
ROLES = {
    "study": Text("study", "研究设置"),
    "streets": Text("streets", "道路"),
    "estates": Text("estates", "小区"),
    "venues": Text("venues", "场所"),
    "gates": Text("gates", "大门"),
    "buildings": Text("buildings", "建筑"),
    "checks": Text("walked by hand", "实地步行"),
    "repairs": Text("repairs", "路网修正"),
    "dem": Text("heights", "高程"),
    "scenarios": Text("scenarios", "情景"),
}
WALKED = Text(
    "Every walk follows the streets, from the estate to the nearest venue that counts on the date; a walk is covered if it "
    "is no longer than the standard. Straight lines and the drawn areas decide nothing.",
    "步行沿道路计算，从小区到研究日期可用的最近场所；不超过标准即为达标。直线距离与图上范围均不作为判定依据。",
)
POLICIES = {
    "open": Text(
        "Walls and gates: not counted; everybody may pass everywhere.", "围墙与大门：不计，视为均可通行。"
    ),
    "residents": Text(
        "Walls and gates: counted; the inside of a gated estate serves those who live there and visitors to a venue inside.",
        "围墙与大门：计入；封闭小区内部道路只供本小区居民和前往其内场所者使用。",
    ),
    "closed": Text(
        "Walls and gates: counted; a venue inside a gated estate serves that estate alone.",
        "围墙与大门：计入；封闭小区内的场所只服务本小区。",
    ),
}
STARTS = {
    "point": Text("Walks start at the estate's point.", "步行起点：小区的点位。"),
    "buildings": Text(
        "Walks start at the buildings, over which the households are spread.",
        "步行起点：各栋建筑，户数按建筑分摊。",
    ),
    "gates": Text("Walks start at the estate's gates.", "步行起点：小区大门。"),
}
PROFILE = Text(
    "Walker: {name}, {speed:g} m/s on the level{more}.", "步行者：{name}，平地 {speed:g} 米/秒{more}。"
)
SPEED_ALONE = Text("; nothing else slows the walk", "；不计其他延误")
UNVERIFIED = Text(" Not verified: {fields}", "未核实的参数：{fields}")
FIELDS = {
    "speed_mps": Text("speed", "步速"),
    "stairs_up_mps": Text("stairs upward", "上楼梯"),
    "stairs_down_mps": Text("stairs downward", "下楼梯"),
    "crossing_s": Text("crossing", "过街"),
    "signal_s": Text("traffic light", "信号灯"),
    "gate_s": Text("gate", "过门"),
    "lift_s": Text("lift", "电梯"),
}
STANDARD = Text("Standard: {name}.", "标准：{name}。")
SNAP = Text(
    "A place farther than {snap:g} m from every street cannot be judged.",
    "距所有道路超过 {snap:g} 米的地点无法判断。",
)
SLACK = Text(
    "An estate is certain if walkers {slack:.0%} faster and slower agree.",
    "步速快慢 {slack:.0%} 结论一致的小区视为确定。",
)
LIMIT_TEXTS = (
    Text(
        "Streets are as complete as their source is; inner paths of estates are often missing.",
        "道路的完整程度取决于数据源，小区内部步道常有缺失。",
    ),
    Text(
        "Shade, rain, crowds and the quality of a path cost nothing.",
        "未计遮阴、雨雪、拥挤与步道质量的影响。",
    ),
    Text(
        "Coordinates are believed; a table in a shifted datum that does not say so is off by hundreds of metres.",
        "坐标按所注坐标系采用；未注明的偏移坐标会有数百米误差。",
    ),
    Text(
        "The maps are drawings; where drawing and walk differ, the walk decides.",
        "地图仅为示意；图形与步行结果不一致时以步行为准。",
    ),
)
ONE_POINT = Text(
    "An estate is one place; in a large estate the homes at the far end walk farther.",
    "每个小区按一个起点计算，大型小区远端住户步行更远。",
)
SNAPSHOT = Text("OpenStreetMap as of {day}", "OpenStreetMap 数据日期 {day}")
NO_DOCX = Text(
    "report.docx was left out: it needs python-docx, which is not installed; pip install python-docx. report.html says the same",
    "未生成 report.docx：需要 python-docx，但尚未安装；请执行 pip install python-docx。report.html 内容相同",
)
PAGE = Text("Page", "第")
YES_NO = {True: Text("yes", "是"), False: Text("no", "否")}
