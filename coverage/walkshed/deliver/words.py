"""The words of the results that more than one file shows, in English and Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walkshed.deliver import proposal_words, scenario_words
from walkshed.errors import Text
from walkshed.profiles import PRESETS
from walkshed.standards import TIERS

if TYPE_CHECKING:
    from walkshed.errors import Language

COLUMNS = {
    "estate_id": Text("estate id", "小区编号"),
    "venue_id": Text("venue id", "场所编号"),
    "venue_name": Text("nearest venue", "最近场所"),
    "name": Text("name", "名称"),
    "address": Text("address", "地址"),
    "community": Text("community", "社区"),
    "area": Text("area", "片区"),
    "households": Text("households", "户数"),
    "residents": Text("residents", "居住人口"),
    "aged_60_plus": Text("aged 60+", "60岁以上"),
    "gated": Text("gated", "封闭"),
    "lon": Text("longitude", "经度"),
    "lat": Text("latitude", "纬度"),
    "location_status": Text("location", "定位"),
    "snap_m": Text("to street, m", "距道路（米）"),
    "walk_m": Text("walk, m", "步行距离（米）"),
    "walk_min": Text("walk, min", "步行时间（分钟）"),
    "detour_ratio": Text("detour ratio", "绕行系数"),
    "profile": Text("walker", "步行者"),
    "standard": Text("standard", "标准"),
    "status": Text("status", "状态"),
    "reason": Text("reason", "原因"),
    "covered_share": Text("covered, %", "覆盖率"),
    "unknown_share": Text("unknown, %", "未知比例"),
    "walk_min_low": Text("min, fast walker", "分钟（较快）"),
    "walk_min_high": Text("min, slow walker", "分钟（较慢）"),
    "certain": Text("certain", "确定"),
    "level": Text("level", "层级"),
    "unit": Text("unit", "单元"),
    "measure": Text("measure", "指标"),
    "total": Text("total", "总数"),
    "covered": Text("covered", "达标"),
    "uncovered": Text("not covered", "未达标"),
    "unknown": Text("unknown", "未知"),
    "no_value": Text("without number", "缺数"),
    "kind": Text("kind", "类别"),
    "tier": Text("tier", "层级"),
    "floor_area_m2": Text("floor area, m²", "面积（平方米）"),
    "capacity": Text("capacity", "容量"),
    "opening_date": Text("opens", "开放日期"),
    "within": Text("demand within", "范围内需求"),
    "nearest": Text("nearest for", "最近服务"),
    "sole": Text("sole venue of", "唯一服务"),
    "placed": Text("placed", "已定位"),
    "code": Text("code", "代码"),
    "file": Text("file", "文件"),
    "sheet": Text("sheet", "工作表"),
    "row": Text("row", "行"),
    "column": Text("column", "列"),
    "value": Text("value", "值"),
    "text": Text("what", "说明"),
}
COLUMNS |= {
    "over": Text("beyond the standard", "超出标准"),
    "gate": Text("gate that would help", "最有帮助的大门"),
    "gate_walk_min": Text("walk with it open (min)", "打开后步行（分钟）"),
    "straight_m": Text("straight line (m)", "直线距离（米）"),
    "rank": Text("rank", "名次"),
    "action": Text("change", "措施"),
    "open_to": Text("lets pass today", "目前通行对象"),
    "origin": Text("known from", "来源"),
    "gained": Text("newly within the standard", "新达标"),
    "improved": Text("walk less", "步行缩短"),
    "saved": Text("saved in all", "合计节省"),
    "who": Text("estates newly within", "新达标小区"),
    "walked_min": Text("walked in person (min)", "实走（分钟）"),
    "difference_min": Text("ours less walked (min)", "计算减实走（分钟）"),
    "ratio": Text("ours / walked", "计算/实走"),
    "within": Text("within our range", "在范围内"),
} | {key: COLUMNS[key] for key in ("within",) if key in COLUMNS}
COLUMNS |= {
    "id": Text("id", "编号"),
    "profile_own": Text("walker of those", "该人群步行者"),
    "people": Text("those counted in", "人群"),
    "own": Text("of them", "其中"),
    "place": Text("table", "表"),
    "section": Text("about", "内容"),
    "estates": Text("estates", "小区数"),
    "venues": Text("venues", "场所数"),
    "median_min": Text("median walk, min", "步行中位数（分钟）"),
    "p90_min": Text("90 % walk at most, min", "九成不超过（分钟）"),
    "m2_per_head": Text("m² per head", "人均面积（平方米）"),
    "m2_per_100_households": Text("m² per 100 households", "每百户面积（平方米）"),
    "unplaced_m2": Text("m² that may be here", "未标明单元的面积（平方米）"),
    "standard_m2": Text("asked for, m² per 100 households", "标准（平方米/百户）"),
    "meets": Text("meets 30 m² per 100 households", "达到每百户30平方米"),
    "missing_m2": Text("missing, m²", "缺口（平方米）"),
    "no_area": Text("venues without floor area", "缺面积的场所"),
    "no_households": Text("estates without households", "缺户数的小区"),
    "no_residents": Text("estates without residents", "缺人口的小区"),
    "demand": Text("nearest for", "就近需求"),
    "load": Text("needs, m²", "所需面积（平方米）"),
    "load_places": Text("needs, places", "所需容量"),
    "load_share": Text("used", "占用率"),
    "unit_id": Text("home", "楼栋编号"),
    "responsible": Text("responsible venue", "责任场所"),
    "demand_all": Text("demand", "需求"),
    "demand_given": Text("takes", "接纳需求"),
    "placed_share": Text("share of it", "所占份额"),
    "left_m2": Text("left, m²", "剩余面积（平方米）"),
    "left_places": Text("places left", "剩余容量"),
}
COLUMNS = (
    scenario_words.COLUMNS | proposal_words.COLUMNS | COLUMNS
)  # a word that both have is that of the run's own tables
MEASURES = {
    "estates": Text("estates", "小区数"),
    "households": Text("households", "户数"),
    "residents": Text("residents", "居住人口"),
    "aged_60_plus": Text("aged 60+", "60岁以上人口"),
}
LEVELS = {
    "total": Text("total", "合计"),
    "community": Text("community", "社区"),
    "area": Text("area", "片区"),
}
LOCATIONS = {
    "given": Text("given", "已给定"),
    "matched": Text("matched", "已匹配"),
    "doubtful": Text("in doubt", "存疑"),
    "not_located": Text("not located", "未定位"),
    "not_found": Text("not found", "未找到"),
}
REASONS = {
    "not_located": Text("its place is not known", "未定位"),
    "doubtful_location": Text("its place is in doubt", "位置存疑"),
    "off_network": Text("no walkable street near it on the map", "附近没有可步行道路数据"),
    "island": Text("its streets do not join the rest", "所在道路与路网不相连"),
    "no_open_venue": Text("no open venue of this kind", "没有开放的同类场所"),
    "gates": Text("within reach only if gates were open", "受封闭小区大门所限"),
    "missing_path": Text("a path seems to be missing from the map", "可能缺少步道数据"),
    "venue_full": Text("the venue is full", "场所容量已满"),
    "too_far": Text("too far", "距离过远"),
}
STATUSES = {
    "covered": Text("within the standard", "达标"),
    "uncovered": Text("not within", "未达标"),
    "unknown": Text("cannot be judged", "无法判断"),
}
VENUE_STATUSES = {
    "open": Text("open", "开放"),
    "under_construction": Text("under construction", "在建"),
    "planned": Text("planned", "规划"),
    "closed": Text("closed", "关闭"),
}
VENUE_REASONS = {
    "not_located": REASONS["not_located"],
    "doubtful_location": REASONS["doubtful_location"],
    "off_network": REASONS["off_network"],
    "not_open": Text("not open at the study's date", "研究日期未开放"),
    "other_tier": Text("of another tier", "层级不符"),
    "other_kind": Text("of another kind", "类别不符"),
}
LOADS = {
    "within": Text("has room", "有余量"),
    "over": Text("over its room", "超出容量"),
    "no_room": Text("no room at all", "无容量"),
    "idle": Text("nearest for nobody", "无人就近"),
}
_WALKERS = {name: one.title for name, one in PRESETS.items() if one.title is not None}
_VOCABULARIES: dict[str, dict[str, Text]] = {
    **proposal_words.VOCABULARIES,
    **dict.fromkeys(("change", "walk"), scenario_words.CHANGES),
    "status": STATUSES | VENUE_STATUSES | LOADS,
    "place": {"estate": Text("estates", "小区"), "venue": Text("venues", "场所")},
    **dict.fromkeys(("status_before", "status_after"), STATUSES),
    **dict.fromkeys(("reason_before", "reason_after"), REASONS),
    "reason": VENUE_REASONS | REASONS,
    "measure": MEASURES,
    "level": LEVELS,
    "location_status": LOCATIONS,
    "tier": TIERS,
    "unit": {"total": LEVELS["total"], "(blank)": Text("(blank)", "（空白）")},
    **dict.fromkeys(("profile", "profile_own"), _WALKERS),
    "people": MEASURES,
}


def title(column: str, language: Language) -> str:
    """Return a column's title; one that is the planner's own stays as it is.

    Examples
    --------
    >>> title("walk_min", "zh")
    '步行时间（分钟）'
    """
    return COLUMNS[column].in_(language) if column in COLUMNS else column


def shown(column: str, value: object, language: Language) -> object:
    """Return a code of a column as a person reads it; anything else stays as it is.

    Examples
    --------
    >>> shown("status", "covered", "zh")
    '达标'
    """
    word = _VOCABULARIES.get(column, {}).get(value) if isinstance(value, str) else None
    return word.in_(language) if word else value
