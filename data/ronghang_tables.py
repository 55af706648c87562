"""The planner's files of the sample: two workbooks as offices send them, a gates list, study.toml."""

from __future__ import annotations

import csv
import datetime as dt
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ronghang_datum import to_gcj02
from ronghang_geometry import to_lonlat

if TYPE_CHECKING:
    from pathlib import Path

    from ronghang_estates import Estate
    from ronghang_venues import Venue

CREATED = dt.datetime(2026, 10, 1)  # noqa: DTZ001 - a workbook has no time zone
NOTE = "示意数据 schematic：位置均为虚构，联系人和电话均为占位符。"
ESTATE_COLUMNS = "编号 社区 片区 小区 地址 经度 纬度 户数 居住人口 60岁以上 封闭 联系人 电话"
VENUE_COLUMNS = (
    "编号 名称 类别 层级 地址 社区 经度（高德） 纬度（高德） 面积 状态 开放日期 容量 联系人 联系电话"
)
FOUND = {"荣德苑一期": "荣德苑1期", "锦绣苑": "錦綉苑"}
"""Estates without coordinates, and how the sheet spells them: found by name."""
AMBIGUOUS = {"太康新村二期": "太康新村"}
"""Without coordinates and without its phase: which of the two is meant is for a person to say."""
UNKNOWN = {"湖滨人家": "水产公司宿舍"}
"""Without coordinates, and called by a name that no map has."""
UNLOCATED = {**FOUND, **AMBIGUOUS, **UNKNOWN}
WRONG_DATUM = ("石桥里", "茶场小区")
"""Estates whose coordinates somebody copied from a map in GCJ-02 into a table that is in WGS84."""
UNCOUNTED = ("青龙山过渡安置房", "荣锦花园")  # nobody wrote down how many live there
PASSAGES = ("大丁佳苑", "香雪苑")
FILED = ("山语银城", "桃源人家", "大丁佳苑", "大渲南苑", "香雪苑", "逸泉苑", "新峰家园")


def write_tables(out: Path, estates: list[Estate], venues: list[Venue]) -> None:
    """Write the two workbooks, the gates and study.toml."""
    write_estates(out / "estates.xlsx", estates)
    write_venues(out / "venues.xlsx", venues)
    write_gates(out / "gates.csv", estates)
    (out / "study.toml").write_text(STUDY, encoding="utf-8", newline="\n")


def _book(
    path: Path, sheet: str, title: str, columns: list[str], widths: dict[str, int]
) -> tuple[Any, Any, Any]:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"title": title, "comments": NOTE, "created": CREATED})
    page = book.add_worksheet(sheet)
    cell = book.add_format({"border": 1, "valign": "vcenter"})
    bold = book.add_format({"bold": True, "border": 1, "align": "center", "bg_color": "#E8EEF4"})
    page.merge_range(
        0, 0, 0, len(columns) - 1, title, book.add_format({"bold": True, "font_size": 14, "align": "center"})
    )
    page.merge_range(1, 0, 1, len(columns) - 1, NOTE, book.add_format({"italic": True, "align": "center"}))
    for k, name in enumerate(columns):
        page.write(2, k, name, bold)
        page.set_column(k, k, widths.get(name, 10))
    page.freeze_panes(3, 0)
    return book, page, cell


def write_estates(path: Path, estates: list[Estate]) -> None:
    """Write the estates by community and area, those cells merged, with a total at the end."""
    title = "荣巷街道居住小区一览表（示意数据，非真实位置）"
    book, page, cell = _book(
        path,
        "小区",
        title,
        ESTATE_COLUMNS.split(),
        {"小区": 18, "地址": 20, "片区": 16, "经度": 12, "纬度": 12},
    )
    row, blank_after = 3, "荣巷"
    for community, mine in groupby(estates, key=lambda e: e.community):
        first = row
        for area, members in groupby(mine, key=lambda e: e.area):
            start = row
            for estate in members:
                _write_row(page, row, _estate_row(estate), cell)
                if estate.name == "同心家园":
                    page.set_row(row, None, None, {"hidden": True})
                row += 1
            _merge(page, start, row - 1, 2, area, cell)
        _merge(page, first, row - 1, 1, f"{community}社区", cell)
        row += community == blank_after
    page.merge_range(row, 0, row, 6, "合计", cell)
    for k, total in enumerate(
        (
            sum(e.households for e in estates),
            sum(e.residents for e in estates if e.name not in UNCOUNTED),
            sum(e.aged for e in estates),
        )
    ):
        page.write_number(row, 7 + k, total, cell)
    book.close()


def _estate_row(estate: Estate) -> list[object]:
    street = estate.gates[0].street_name if estate.gates else ""
    number = int(estate.ident)
    lon, lat = to_lonlat(estate.point)
    if estate.name in WRONG_DATUM:
        lon, lat = to_gcj02((lon, lat))
    located = estate.name not in UNLOCATED
    households: object = estate.households
    if number % 11 == 3:
        households = str(estate.households)
    if estate.name == "太康旧村":
        households = f"约{estate.households}户"
    if estate.name == "香雪苑":
        households = str(estate.households).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    residents: object = None if estate.name in UNCOUNTED else estate.residents
    if estate.residents >= 1300 and number % 3 == 0:
        residents = f"{estate.residents:,}"
    gated = "是" if estate.walled else "否" if estate.key[0] != 3 else None
    return [
        estate.ident,
        None,
        None,
        UNLOCATED.get(estate.name, estate.name),
        f"{street}{2 * number + 6}号" if street and estate.name not in UNKNOWN else None,
        round(lon, 6) if located else None,
        round(lat, 6) if located else None,
        households,
        residents,
        estate.aged,
        gated,
        "示例",
        "000-0000",
    ]


def _merge(page: Any, first: int, last: int, column: int, text: str, cell: Any) -> None:
    if first == last:
        page.write_string(first, column, text, cell)
    else:
        page.merge_range(first, column, last, column, text, cell)


def _write_row(page: Any, row: int, values: list[object], cell: Any) -> None:
    for k, value in enumerate(values):
        if value is None:
            page.write_blank(row, k, None, cell)
        elif isinstance(value, str):
            page.write_string(row, k, value, cell)
        else:
            page.write(row, k, value, cell)


def write_venues(path: Path, venues: list[Venue]) -> None:
    """Write the venues, a few dates as text as people type them."""
    title = "荣巷街道活动场所一览表（示意数据，非真实位置）"
    widths = {"名称": 26, "地址": 18, "经度（高德）": 14, "纬度（高德）": 14, "开放日期": 14, "社区": 12}
    book, page, cell = _book(path, "活动场所", title, VENUE_COLUMNS.split(), widths)
    date = book.add_format({"border": 1, "num_format": "yyyy-mm-dd"})
    for row, venue in enumerate(venues, start=3):
        lon, lat = to_gcj02(to_lonlat(venue.place))
        values = [venue.ident, venue.name, venue.kind, venue.tier, venue.address, f"{venue.community}社区"]
        numbers = [round(lon, 6), round(lat, 6), venue.floor_m2, venue.status, None, venue.capacity]
        _write_row(page, row, [*values, *numbers, "示例", "000-0000"], cell)
        day = dt.date.fromisoformat(venue.opening)
        if row == 5:
            page.write_string(row, 10, f"{day.year}年{day.month}月{day.day}日", cell)
        elif row == 8:
            page.write_string(row, 10, f"{day.year}/{day.month}/{day.day}", cell)
        else:
            page.write_datetime(row, 10, dt.datetime(day.year, day.month, day.day), date)  # noqa: DTZ001
        if venue.name.startswith("山语银城"):
            page.write_string(row, 8, f"{venue.floor_m2:,}", cell)
    book.close()


SHUT = {
    "太康新村一期": (120.234853, 31.567932),
    "龙泉新村": (120.267027, 31.589711),
    "棠梨里": (120.264702, 31.566591),
}
"""Estates whose gate nearest to a venue is kept shut, so that residents walk round: the planner sees what it costs."""


def write_gates(path: Path, estates: list[Estate]) -> None:
    """Write the gates of some estates with whom they let in and when."""
    rows = []
    for estate in estates:
        shut = SHUT.get(estate.name)
        if not estate.walled or not (estate.name in FILED or shut or int(estate.ident) % 9 == 2):
            continue
        for k, gate in enumerate(estate.gates):
            lon, lat = to_lonlat(gate.place)
            to = (
                "公共通道"
                if estate.name in PASSAGES
                else ("关闭" if (round(lon, 6), round(lat, 6)) == shut else "所有人")
                if shut
                else "所有人"
                if k == 0
                else "居民"
                if k == 1
                else "关闭"
            )
            hours = {"所有人": "全天", "公共通道": "06:00-22:00", "居民": "全天", "关闭": ""}[to]
            rows.append(
                [estate.ident, f"{lon:.6f}", f"{lat:.6f}", to, hours, f"{estate.name}{gate.name}（示意）"]
            )
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(["小区编号", "经度", "纬度", "通行对象", "开放时间", "名称"])
        writer.writerows(rows)


STUDY = """\
# 荣巷街道（示意）：位置均为虚构，只供试用。 A schematic: all places are invented, for trying out only.
# 复制本文件夹，换成自己的表格即可。 Copy this folder and put your own tables in.

[study]
name = "荣巷街道（示意）"
note = "示意数据 schematic: 位置均为虚构"  # 印在每张图表上 / printed on every map and table
language = "zh"                             # "zh" 或 or "en"
date = 2026-11-01                           # 这一天已开放的场所才计入 / venues open on this day count
profiles = ["adult", "70-79"]               # 步行者：成年人、70～79 岁 / who walks

[streets]
file = "streets.osm.pbf"  # OSM 路网 / OpenStreetMap extract
gates = "residents"       # 小区内部只供居民和访客 / the inside of an estate serves residents and visitors

[estates]
file = "estates.xlsx"
crs = "EPSG:4326"               # 表中坐标应为 WGS84 / the coordinates are said to be WGS84
levels = ["community", "area"]  # 汇总到社区、片区 / totals by community and area
weights = []                    # 除户数、人口、60岁以上外还要统计的列 / more columns to add up

[venues]
file = "venues.xlsx"
crs = "GCJ-02"  # 坐标取自高德地图 / the coordinates were picked from Amap, which is in GCJ-02

[gates]
file = "gates.csv"  # 可省略 / optional

# 标准：分钟与米是两种不同的尺度，每条只写一种。 Minutes and metres are two criteria; give one of them.
[[standards]]
minutes = 5

[[standards]]
minutes = 10

[[standards]]
minutes = 15

[[standards]]
name = "300 米（片区活动中心）"  # 只看片区一级的场所 / only venues of the tier "area"
metres = 300
tier = "area"

# 选址：下一步在哪里开。 Where to build next.
[siting]
file = "rooms.xlsx"   # 候选用房 / rooms that could be opened
sites = 3             # 新增几处 / how many
budget = 1_500_000    # 一次性费用上限，元 / most that may be spent once
first_year = 2027     # 每年开放一处 / one is opened a year

# 情景：与现状比较。 Scenarios: each one is compared with the study as it is.
[[scenarios]]
name = "山语银城片区活动中心建成前"      # 桃源人家的故事 / before that centre was there
close = ["山语银城片区活动中心"]

[[scenarios]]
name = "两处在建活动中心开放"            # both that are under construction
open = ["P20", "P24"]                    # 编号或名称 / ids or names
cost = 2_400_000                         # 元 / yuan

[[scenarios]]
name = "三处小区大门打开"                # three gates that are closed today
open_gates = ["龙泉新村南门（示意）", "棠梨里南门（示意）", "太康新村一期西门（示意）"]
cost = 90_000

[output]
folder = "out"
"""
