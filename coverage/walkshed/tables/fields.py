"""The columns we know and the headers that mean them, in Chinese and English: the one vocabulary."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import Literal

from walkshed.errors import Text
from walkshed.tables.values import folded

Kind = Literal["estates", "venues", "gates", "rooms", "buildings", "checks"]
"""Which table it is."""

WEAK = 3
"""The rank from which a header means a field only if no other column does."""

_ANY_UNIT = "必填 选填 可选 必须 required optional"
_PEOPLE_UNIT = f"{_ANY_UNIT} 人 位 个 名 people persons 人数"
_HOUSEHOLD_UNIT = f"{_ANY_UNIT} 户 套 households 户数"
_AREA_UNIT = f"{_ANY_UNIT} m2 m² 平方米 平米 平方 sqm 平"
_MONEY_UNIT = (
    f"{_ANY_UNIT} 元 万元 千元 人民币 人民币元 yuan rmb cny 元/年 万元/年 千元/年 每年 a_year per_year"
)
_DEGREE_UNIT = (
    f"{_ANY_UNIT} 度 ° wgs84 wgs-84 epsg:4326 cgcs2000 2000 degrees deg 十进制 十进制度 m 米 e n x y"
)


@dataclass(frozen=True)
class Field:
    """One column we know.

    Parameters
    ----------
    name
        Our name.
    zh
        The Chinese header of the templates.
    about
        What the column holds, for the templates' second sheet.
    standard
        Further names as good as ``zh``.
    words
        Other headers that mean it.
    weak
        Headers that mean it only if no other does, the best first.
    units
        What may stand in brackets behind the header of a number; None allows anything.
    """

    name: str
    zh: str
    about: Text
    standard: str = ""
    words: str = ""
    weak: str = ""
    units: str | None = None

    def ranks(self) -> dict[str, int]:
        """Return each header that means this field with its rank, 0 for our own name."""
        ranks: dict[str, int] = {}
        for rank, words in enumerate(([self.name], [self.zh, *self.standard.split()], self.words.split())):
            for word in words:
                ranks.setdefault(header_key(word), rank)
        for rank, word in enumerate(self.weak.split(), start=WEAK):
            ranks.setdefault(header_key(word), rank)
        return ranks


def header_key(header: str) -> str:
    """Return a header in the form that is compared.

    Examples
    --------
    >>> header_key(" * Floor_Area  m²")
    'flooraream2'
    """
    return re.sub(r"[\s_\-./:*#'\"()\[\]【】、,;·★※]", "", folded(header).casefold())


_OLD = "".join(
    f"{a}{b}{c} "
    for a, b, c in product(
        ("60岁", "60周岁", "60"),
        ("以上", "及以上", "(含)以上", "+"),
        ("", "人口", "人数", "人口数", "老人", "老人数", "老年人", "老年人数", "老年人口", "居民", "居民数"),
    )
)
_ADDRESS = Field(
    "address",
    "地址",
    Text("street address", "详细地址"),
    words="详细地址 所在地址 小区地址 场所地址 活动地址 设施地址 "
    "坐落 位置 具体位置 addr location full_address street_address",
)
_COMMUNITY = Field(
    "community",
    "社区",
    Text("the community (居委会) it belongs to", "所属社区"),
    words="所属社区 所在社区 社区名称 社区名 社区居委会 "
    "居委会 社区村 村社区 community_name neighbourhood_committee",
)
_AREA = Field(
    "area",
    "片区",
    Text("the area (part of a community) it belongs to", "所属片区"),
    words="所属片区 所在片区 片区名称 片区名 area_name",
)
_LON = Field(
    "lon",
    "经度",
    Text("longitude in decimal degrees (WGS84); blank if not known", "经度，十进制度（WGS84）；不知道请留空"),
    words="东经 lng long longitude 经度坐标",
    weak="x坐标 坐标x point_x x coord_x easting",
    units=_DEGREE_UNIT,
)
_LAT = Field(
    "lat",
    "纬度",
    Text("latitude in decimal degrees (WGS84); blank if not known", "纬度，十进制度（WGS84）；不知道请留空"),
    words="北纬 latitude 纬度坐标",
    weak="y坐标 坐标y point_y y coord_y northing",
    units=_DEGREE_UNIT,
)

ESTATES = (
    Field(
        "estate_id",
        "编号",
        Text("a unique id of your own; without it the name is used", "唯一编号；没有则使用名称"),
        standard="id",
        words="小区编号 小区编码 小区代码 小区id 居住区编号 编码 代码 estateno code estate_code",
    ),
    Field(
        "name",
        "小区",
        Text("name of the estate", "小区名称"),
        standard="名称",
        words="小区名称 小区名 居住小区 居住区 居住区名称 楼盘 楼盘名称 住宅小区 小区全称 estate estate_name",
    ),
    _ADDRESS,
    _COMMUNITY,
    _AREA,
    Field(
        "households",
        "户数",
        Text("number of households", "户数"),
        words="总户数 住户数 居民户数 家庭户数 住户数量 "
        "hh num_households household_count number_of_households total_households",
        weak="常住户数 household",
        units=_HOUSEHOLD_UNIT,
    ),
    Field(
        "residents",
        "人口",
        Text("number of residents", "居住人口"),
        words="人口数 总人口 居民数 居民人数 居住人口 "
        "常住人口 总人数 人口总数 population pop total_population",
        weak="户籍人口",
        units=_PEOPLE_UNIT,
    ),
    Field(
        "aged_60_plus",
        "60岁以上",
        Text("residents aged 60 and over", "60 岁及以上人数"),
        words=_OLD
        + "老年人数 老年人口 老年人口数 老人数 aged_60_pl age_60_plus 60plus over_60 aged60 pop_60_plus",
        units=_PEOPLE_UNIT,
    ),
    _LON,
    _LAT,
    Field(
        "gated",
        "封闭",
        Text("is the estate walled: 是 or 否; blank if not known", "是否封闭管理：是 或 否；不知道请留空"),
        words="是否封闭 封闭小区 是否封闭小区 封闭管理 是否封闭管理 is_gated walled",
    ),
)

VENUES = (
    Field(
        "venue_id",
        "编号",
        Text(
            "a unique id of your own; several rows with one id are one venue's entrances",
            "唯一编号；同一编号的多行表示同一场所的多个出入口",
        ),
        standard="id",
        words="场所编号 设施编号 场馆编号 活动中心编号 站点编号 编码 代码 code venue_code facility_id",
    ),
    Field(
        "name",
        "名称",
        Text("name of the venue", "场所名称"),
        words="场所名称 设施名称 场馆名称 活动中心名称 中心名称 "
        "站点名称 venue venue_name facility facility_name",
        weak="场所 设施 场馆 活动中心",
    ),
    Field(
        "kind",
        "类别",
        Text(
            "what it is: 活动中心, 食堂, 图书馆 … in your own words", "类别：活动中心、食堂、图书馆等，自定"
        ),
        words="类型 种类 设施类别 设施类型 场所类型 场所类别 type category venue_type facility_type",
    ),
    Field(
        "tier",
        "层级",
        Text("whom it serves: 片区, 社区 or 街道", "服务层级：片区、社区 或 街道"),
        words="级别 等级 服务层级 设施级别 设施层级 level",
    ),
    _ADDRESS,
    _COMMUNITY,
    _AREA,
    Field(
        "floor_area_m2",
        "面积",
        Text("floor area in square metres", "建筑面积（平方米）"),
        words="建筑面积 场地面积 室内面积 场所面积 面积m2 面积平方米 "
        "建筑面积m2 floor_area gross_floor_area gfa area_m2 area_sqm",
        weak="使用面积",
        units=_AREA_UNIT,
    ),
    Field(
        "capacity",
        "容量",
        Text("how many people it takes", "可容纳人数"),
        words="容纳人数 可容纳人数 座位数 seats places",
        units=_PEOPLE_UNIT + " 座",
    ),
    Field(
        "status",
        "状态",
        Text("开放, 在建, 规划 or 关闭; blank means open", "开放、在建、规划 或 关闭；留空视为开放"),
        words="建设状态 开放状态 使用状态 运营状态 建设情况 开放情况 state",
    ),
    Field(
        "opening_date",
        "开放日期",
        Text("when it opens or opened, such as 2024-05-01", "开放（启用）日期，如 2024-05-01"),
        words="启用日期 开业日期 投用日期 启用时间 投用时间 "
        "建成时间 计划开放日期 opening_da open_date opened date_opened",
        weak="开放时间 开业时间",
    ),
    Field(
        "opens_to",
        "开口",
        Text(
            "where the door of a venue in a gated estate is: 街道 (the street) or 小区 (inside); blank: by its place",
            "封闭小区里的场所开门朝向：街道 或 小区；留空按位置判断",
        ),
        words="开门朝向 门朝向 出入口朝向 opens door",
    ),
    _LON,
    _LAT,
)

GATES = (
    Field(
        "estate_id",
        "小区编号",
        Text("the estate's id in the table of estates", "所属小区在小区表中的编号"),
        words="所属小区编号 小区id 小区编码 小区代码 estate estate_code",
        weak="小区 小区名称 小区名 所属小区 estate_name 编号 id",
    ),
    Field(
        "name",
        "名称",
        Text("name of the gate", "出入口名称"),
        words="门名称 大门名称 出入口名称 出入口 大门 门 gate gate_name",
    ),
    _LON,
    _LAT,
    Field(
        "open_to",
        "开放对象",
        Text(
            "who may pass: 所有人, 居民, 关闭, or 公共通道 (a passage for all); blank means 所有人",
            "谁可以通行：所有人、居民、关闭 或 公共通道；留空视为所有人",
        ),
        words="通行对象 对谁开放 开放类型 通行权限 通行人员 access",
        weak="开放",
    ),
    Field(
        "hours",
        "开放时间",
        Text("when it is open, in your own words", "开放时段，如 6:00-22:00"),
        words="通行时间 开门时间 时段 开放时段 opening_hours open_hours",
    ),
)

ROOMS = (
    Field(
        "room_id",
        "编号",
        Text("a unique id of your own; without it the name is used", "唯一编号；没有则使用名称"),
        standard="id",
        words="房源编号 用房编号 场地编号 候选编号 候选点编号 点位编号 编码 代码 code roomid site_id candidate_id",
    ),
    Field(
        "name",
        "名称",
        Text("name of the room", "候选用房名称"),
        words="房源名称 用房名称 场地名称 候选点名称 候选点 候选用房 点位名称 点位 房源 用房 site site_name room_name candidate",
        weak="场地 场所名称",
    ),
    _ADDRESS,
    _COMMUNITY,
    _AREA,
    Field(
        "floor_area_m2",
        "面积",
        Text("floor area in square metres", "建筑面积（平方米）"),
        words="建筑面积 场地面积 室内面积 可用面积 房屋面积 面积m2 面积平方米 "
        "建筑面积m2 floor_area gross_floor_area gfa area_m2 area_sqm",
        weak="使用面积",
        units=_AREA_UNIT,
    ),
    Field(
        "cost",
        "改造费用",
        Text(
            "what it costs once to open it, in yuan (or write 万元 in the header)",
            "一次性开办费用，元（表头可注明万元）",
        ),
        words="费用 造价 投资 总投资 估算投资 投资额 投资估算 建设费用 建设投资 改造成本 改造投资 成本 预算 概算 一次性投入 "
        "costs capital_cost investment price conversion_cost",
        units=_MONEY_UNIT,
    ),
    Field(
        "subsidy_per_year",
        "年补贴",
        Text(
            "what it costs every year to run it, in yuan (or write 万元 in the header)",
            "每年运营补贴，元（表头可注明万元）",
        ),
        words="年运营补贴 运营补贴 补贴 年度补贴 每年补贴 年运营费 年运营费用 运营费用 年运行费用 年租金 租金 年费用 "
        "subsidy annual_subsidy yearly_subsidy yearly_cost annual_cost running_cost rent annual_rent",
        units=_MONEY_UNIT,
    ),
    Field(
        "capacity",
        "容量",
        Text("how many people it takes", "可容纳人数"),
        words="容纳人数 可容纳人数 座位数 seats places",
        units=_PEOPLE_UNIT + " 座",
    ),
    Field(
        "owner",
        "产权单位",
        Text("the body that owns it; never a person", "产权单位（请勿填写个人）"),
        words="产权 权属 权属单位 所有权单位 房屋权属 管理单位 owned_by owning_body proprietor",
    ),
    Field(
        "year",
        "可用年份",
        Text("the first year it can be opened in, such as 2027", "最早可投入使用的年份，如 2027"),
        words="可用时间 可启用年份 启用年份 最早年份 交付年份 available available_from first_year from_year year_available",
        weak="年份",
    ),
    Field(
        "choice",
        "取舍",
        Text("必选 (must be opened), 排除 (must not), blank: open to choice", "必选、排除；留空表示可选"),
        words="必选/排除 必选 是否必选 required required_or_forbidden",
    ),
    _LON,
    _LAT,
)

BUILDINGS = (
    Field(
        "building_id",
        "楼号",
        Text(
            "the building's number; two buildings of one estate have different ones",
            "楼栋编号；同一小区内不能重复",
        ),
        words="楼栋 楼栋号 楼栋编号 楼栋编码 楼幢 楼幢号 幢号 栋号 楼号编号 建筑编号 建筑物编号 建筑id 楼栋id "
        "building building_no building_number building_code osm_id",
        weak="编号 编码 代码 id code fid objectid",
    ),
    Field(
        "estate_id",
        "小区编号",
        Text(
            "the estate's id in the table of estates; blank: the estate whose boundary it stands in",
            "所属小区在小区表中的编号；留空则按所在的小区边界判断",
        ),
        words="所属小区编号 小区id 小区编码 小区代码 estate estate_code",
        weak="小区 小区名称 小区名 所属小区 estate_name",
    ),
    Field(
        "name",
        "名称",
        Text("name of the building", "楼栋名称"),
        words="楼栋名称 楼名 楼宇名称 建筑名称 建筑物名称 building_name",
    ),
    *(field for field in ESTATES if field.name in {"households", "residents", "aged_60_plus"}),
    Field(
        "levels",
        "层数",
        Text("how many floors stand above the ground", "地上层数"),
        words="地上层数 总层数 楼层数 建筑层数 地上楼层 floors storeys stories num_floors number_of_floors "
        "floor_count building_levels",
        weak="楼层 楼高层数",
        units=f"{_ANY_UNIT} 层 floors storeys levels",
    ),
    Field(
        "floor_area_m2",
        "建筑面积",
        Text("floor area of all floors in square metres", "各层建筑面积合计（平方米）"),
        words="总建筑面积 住宅面积 住宅建筑面积 建筑面积m2 建筑面积平方米 floor_area gross_floor_area gfa",
        weak="面积",
        units=_AREA_UNIT,
    ),
    Field(
        "area_m2",
        "占地面积",
        Text("area of the ground it covers, in square metres", "占地（基底）面积（平方米）"),
        words="基底面积 建筑基底面积 投影面积 footprint_area footprint_m2 footprint_area_m2 ground_area",
        units=_AREA_UNIT,
    ),
    _LON,
    _LAT,
)

CHECKS = (
    Field(
        "estate_id",
        "小区编号",
        Text("where the walk began: an id of the table of estates", "出发小区在小区表中的编号"),
        words="所属小区编号 小区id 小区编码 小区代码 出发小区 起点 起点小区 estate estate_code from origin",
        weak="小区 小区名称 小区名 estate_name",
    ),
    Field(
        "venue_id",
        "场所编号",
        Text("where it ended: an id of the table of venues", "到达场所在场所表中的编号"),
        words="设施编号 场馆编号 场所id 设施id 终点 目的地 目的场所 到达场所 venue venue_code facility facility_id "
        "to destination",
        weak="场所 设施 场馆 场所名称 设施名称 活动中心 venue_name",
    ),
    Field(
        "minutes",
        "实走分钟",
        Text("minutes walked in person, such as 7.5", "实地步行用时（分钟），如 7.5"),
        words="步行分钟 步行时间 实走时间 实测时间 实测分钟 实测用时 用时 耗时 分钟 分钟数 步行用时 "
        "walked_min walked_minutes walk_min walk_minutes time_min min duration_min",
        weak="时间 time duration",
        units=f"{_ANY_UNIT} 分 分钟 min mins minutes minute",
    ),
    Field(
        "profile",
        "步行者",
        Text("who walked: a profile of the study; blank: its first", "谁走的：研究中的步行者；留空为第一种"),
        words="步行人群 人群 年龄段 walker walkers",
    ),
    Field(
        "date",
        "日期",
        Text("the day of the walk, such as 2026-05-01", "实走日期，如 2026-05-01"),
        words="实走日期 实测日期 测量日期 调查日期 步行日期 day walked_on",
    ),
    Field(
        "note",
        "备注",
        Text("anything worth knowing of the walk; no names of persons", "其他情况；请勿填写个人姓名"),
        words="说明 情况说明 remark remarks notes comment comments",
    ),
)

FIELDS: dict[Kind, tuple[Field, ...]] = {
    "estates": ESTATES,
    "venues": VENUES,
    "gates": GATES,
    "rooms": ROOMS,
    "buildings": BUILDINGS,
    "checks": CHECKS,
}
