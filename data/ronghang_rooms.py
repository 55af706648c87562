"""Candidate rooms of the schematic: empty shops, old offices, a shed; what they would cost, and from when."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from ronghang_estates import COMMUNITIES, frontage
from ronghang_geometry import to_lonlat
from ronghang_tables import _book, _merge, _write_row

if TYPE_CHECKING:
    from pathlib import Path

    from ronghang_estates import Estate
    from ronghang_geometry import Point

COLUMNS = (
    "编号 社区 名称 地址 经度 纬度 建筑面积（平方米） 改造费用（万元） "
    "年运营补贴（万元） 容纳人数 产权单位 可用年份 取舍 联系人"
)
WITHOUT_PLACE = "松涛雅居架空层"
"""Nobody has measured yet where it is."""

# the estate before which it stands, on which side, how far along; what it is; area, cost and subsidy, owner, year, choice
ROOMS: tuple[tuple[str, str, float, str, int, object, float, str, object, str], ...] = (
    ("听松苑", "w", 0.55, "听松苑原物业用房", 210, 14, 2.0, "街道办事处", None, ""),
    ("松涛雅居", "e", 0.50, "松涛雅居架空层", 180, 10, 2.0, "街道办事处", None, ""),
    ("望山佳苑", "s", 0.45, "望山佳苑沿街商铺", 320, 46, 2.5, "区国资公司", None, ""),
    ("荣巷新村", "w", 0.40, "荣巷新村原卫生室", 260, 22, 2.0, "社区居委会", None, ""),
    ("南荣新村", "n", 0.60, "南荣新村旧粮站", 540, 58, 3.0, "区国资公司", None, ""),
    ("梅西小区", "e", 0.50, "梅西小区闲置车棚", 240, "约18万元", 2.0, "街道办事处", None, ""),
    ("太康新村二期", "e", 0.35, "太康新村原居委会", 280, 20, 2.0, "社区居委会", None, ""),
    ("仁惠里", "n", 0.50, "仁惠里底商", 410, 45, 2.5, "区国资公司", None, ""),
    ("荷塘月色", "e", 0.55, "荷塘月色原售楼处", 460, 52, 2.5, "开发企业代管", None, ""),
    ("和畅家园", "s", 0.50, "和畅家园临街门面", 300, 38, 2.5, "区国资公司", None, ""),
    ("勤新一村", "e", 0.50, "勤新一村原工人俱乐部", 620, 64, 3.0, "区总工会", None, ""),
    ("东方雅苑", "s", 0.45, "东方雅苑会所", 520, 40, 3.0, "业主大会代管", "2028年", ""),
    ("青石里", "s", 0.50, "青石里地下室", 350, 16, 2.0, "街道办事处", None, "排除"),
    ("迎龙苑", "n", 0.50, "迎龙苑便民站", 230, 24, 2.0, "社区居委会", None, ""),
    ("清泉公寓", "n", 0.50, "清泉公寓一层", 270, 26, 2.0, "街道办事处", None, ""),
    ("秋实里", "n", 0.50, "秋实里幼儿园旧址", 680, 55, 3.0, "区教育局", 2027, ""),
    ("万年新村", "e", 0.40, "万年新村仓库", 420, 30, 2.5, "区国资公司", None, ""),
    ("新峰家园", "s", 0.50, "新峰家园原粮管所", 480, 42, 2.5, "区国资公司", None, ""),
    ("丰泽家园", "e", 0.50, "丰泽家园门卫楼", 190, 12, 2.0, "社区居委会", None, ""),
)


@dataclass
class Room:
    """A room that could be opened."""

    ident: str
    community: str
    name: str
    address: str
    place: Point
    floor_m2: int
    cost: object
    subsidy: float
    owner: str
    year: object
    choice: str


def make_rooms(estates: list[Estate]) -> list[Room]:
    """Place each room on the street side of its estate, community by community."""
    by_name = {estate.name: estate for estate in estates}
    order = list(COMMUNITIES)
    rooms = []
    for host, letter, share, name, floor, cost, subsidy, owner, year, choice in ROOMS:
        estate = by_name[host]
        street = estate.block.side(letter).name if estate.block else ""
        place = frontage(estate, letter, share)
        rooms.append(
            Room("", estate.community, name, street, place, floor, cost, subsidy, owner, year, choice)
        )
    rooms.sort(key=lambda room: order.index(room.community))
    for number, room in enumerate(rooms, start=1):
        room.ident = f"K{number:02d}"
        room.address = f"{room.address}{3 + 8 * number}号" if room.address else ""
    return rooms


def write_rooms(path: Path, rooms: list[Room]) -> None:
    """Write the rooms as an office sends them: communities merged, costs in 万元, a total at the end."""
    title = "荣巷街道候选用房一览表（示意数据，非真实位置）"
    widths = {"名称": 22, "地址": 16, "经度": 12, "纬度": 12, "产权单位": 14}
    widths |= {name: 18 for name in COLUMNS.split() if "（" in name}
    book, page, cell = _book(path, "候选用房", title, COLUMNS.split(), widths)
    row = 3
    for community, mine in groupby(rooms, key=lambda room: room.community):
        first = row
        for room in mine:
            _write_row(page, row, _cells(room), cell)
            row += 1
        _merge(page, first, row - 1, 1, f"{community}社区", cell)
    page.merge_range(row, 0, row, 5, "合计", cell)
    page.write_number(row, 6, sum(room.floor_m2 for room in rooms), cell)
    book.close()


def _cells(room: Room) -> list[object]:
    lon, lat = to_lonlat(room.place)
    known = room.name != WITHOUT_PLACE
    return [
        room.ident,
        None,
        room.name,
        room.address or None,
        round(lon, 6) if known else None,
        round(lat, 6) if known else None,
        room.floor_m2,
        room.cost,
        room.subsidy,
        room.floor_m2 // 4,
        room.owner,
        room.year,
        room.choice or None,
        "示例",
    ]
