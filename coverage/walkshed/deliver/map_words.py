"""Every word the map shows, in English and Chinese."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from walkshed.deliver.words import STATUSES
from walkshed.errors import Text

if TYPE_CHECKING:
    from walkshed.errors import Language

PAGE = {
    "walk": Text("Estates by walk to nearest venue", "小区：到最近场所的步行"),
    "estates": Text("Estates", "小区"),
    "areas": Text("Estate boundaries", "小区边界"),
    "venues": Text("Venues", "场所"),
    "streets": Text("Streets and paths", "街道与步道"),
    "profile": Text("Walker", "步行者"),
    "standard": Text("Standard", "标准"),
    "date": Text("Date", "日期"),
    "fit": Text("Show everything", "显示全图"),
    "zoomIn": Text("Zoom in", "放大"),
    "zoomOut": Text("Zoom out", "缩小"),
    "legend": Text("Legend and layers", "图例与图层"),
    "close": Text("Close", "关闭"),
    "households": Text("households", "户"),
    "over60": Text("aged 60+", "60岁以上"),
    "countedHere": Text("estates · households", "小区数 · 户数"),
    "householdsHead": Text("households", "户数"),
    "estatesHead": Text("estates", "小区"),
    "size": Text("The larger the circle, the more households", "圆越大，户数越多"),
    "minutes": Text("min", "分钟"),
    "metres": Text("m", "米"),
    "nearest": Text("Nearest venue", "最近场所"),
    "noVenue": Text("No venue can be reached on foot", "步行无法到达任何场所"),
    "noValue": Text("No walk could be measured", "无法测算步行距离"),
    "within": Text("Within", "以内"),
    "floorArea": Text("Floor area", "建筑面积"),
    "squareMetres": Text("m²", "平方米"),
    "opens": Text("Opens", "开放日期"),
    "notOnMap": Text("Not on the map (place unknown)", "未上图（位置未知）"),
    "more": Text("more", "其余"),
    "unknown": STATUSES["unknown"],
    "none": Text("There is no estate in this study.", "本研究没有小区。"),
    "catchments": Text("Ground within a walk of a venue", "步行可达范围"),
    "catchmentOf": Text("Ground within a walk of:", "步行可达范围："),
    "clickVenue": Text("Click a venue to see its own.", "点击场所可查看其单独范围。"),
    "mergedOnly": Text(
        "Shown for all venues together only; each one's own would make this page too large.",
        "仅显示合并范围；逐个场所的范围会使页面过大。",
    ),
    "search": Text("Search estates and venues", "搜索小区或场所"),
    "found": Text("found", "个结果"),
    "foundNone": Text("Nothing has this in its name", "没有名称包含此内容的小区或场所"),
    "venue": Text("venue", "场所"),
    "estate": Text("estate", "小区"),
    "notPlaced": Text("not on the map", "未上图"),
    "tabLegend": Text("Legend", "图例"),
    "tabUnits": Text("Summary", "汇总"),
    "tabGaps": Text("Gaps", "缺口"),
    "level": Text("By", "按"),
    "unit": Text("Unit", "单元"),
    "gapHead": Text("Not within", "未达标"),
    "coveredHead": Text("Within / all", "达标 / 总数"),
    "shareHead": Text("Share", "比例"),
    "unitsNote": Text("Counted: {measure}. Click a row to go there.", "统计：{measure}。点击行可定位。"),
    "gapsNote": Text(
        "Estates not within {cut}, the most {measure} × distance first.",
        "未达 {cut} 标准的小区，按{measure} × 距离从大到小。",
    ),
    "gapsNoteDistance": Text(
        "Estates not within {cut}, the farthest first.", "未达 {cut} 标准的小区，由远到近。"
    ),
    "gapsNone": Text("No estate is beyond this standard.", "没有未达标的小区。"),
    "gapsUnknown": Text("Besides, {n} cannot be judged.", "另有 {n} 个小区无法判断。"),
    "gatesOpen": Text("With all gates open", "大门全部打开时"),
    "outOfReach": Text("out of reach", "无法到达"),
    "showMore": Text("Show more", "显示更多"),
    "base": Text("Background", "底图"),
    "baseNone": Text("none", "无"),
    "baseNote": Text(
        "Needs a network; its provider sees which area is looked at.",
        "需要联网；底图服务方会知道所浏览的区域。",
    ),
    "baseFailed": Text("The background cannot be reached.", "无法获取底图。"),
    "baseShifted": Text(
        "The background is shifted (GCJ-02); everything drawn is shifted to match it.",
        "底图采用 GCJ-02 偏移坐标，图上全部数据已随之平移。",
    ),
    "key": Text("Your key for it", "天地图密钥"),
    "keyUse": Text("Use", "使用"),
    "keyNote": Text("Kept in memory only, until the page is closed.", "仅保留在内存中，关闭页面即清除。"),
    "othersKind": Text("other kinds", "其他类别"),
    "noKind": Text("venue", "场所"),
    "noName": Text("(no name)", "（无名称）"),
}
CLASS_WITHIN = Text("up to {high} {unit}", "{high} {unit}以内")
CLASS_BETWEEN = Text("{low}–{high} {unit}", "{low}–{high} {unit}")
CLASS_BEYOND = Text("over {low} {unit}, or out of reach", "超过 {low} {unit}或无法到达")
SKETCH = Text("Working sketch, not an approved map.", "本图为工作草图，非审定地图。")
APPROVED = Text("Map approval number: ", "审图号：")
OSM_CREDIT = "© OpenStreetMap contributors (ODbL)"
UNITS = {"min": PAGE["minutes"], "m": PAGE["metres"]}


def spoken(table: dict[str, Text], code: str, language: Language) -> str:
    """Return the word for a code, or the code itself where the table has none.

    Examples
    --------
    >>> from walkshed.deliver.words import REASONS
    >>> spoken(REASONS, "too_far", "zh"), spoken(REASONS, "novel", "en")
    ('距离过远', 'novel')
    """
    found = table.get(code)
    return found.in_(language) if found else code


def class_labels(cuts: tuple[float, ...], unit: str, language: Language) -> list[str]:
    """Return the legend's words for the classes between ``cuts``, the one beyond them included.

    Examples
    --------
    >>> class_labels((5, 7.5), "min", "en")
    ['up to 5 min', '5–7.5 min', 'over 7.5 min, or out of reach']
    >>> class_labels((300,), "m", "zh")
    ['300 米以内', '超过 300 米或无法到达']
    """
    shown = [f"{cut:g}" for cut in cuts]
    word = UNITS[unit].in_(language)
    labels = [CLASS_WITHIN.in_(language).format(high=shown[0], unit=word)]
    labels += [
        CLASS_BETWEEN.in_(language).format(low=low, high=high, unit=word)
        for low, high in itertools.pairwise(shown)
    ]
    return [*labels, CLASS_BEYOND.in_(language).format(low=shown[-1], unit=word)]
