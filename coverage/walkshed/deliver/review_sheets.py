"""The sheets of the review workbook beside the review itself: all places, how to use it; and its styles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from walkshed.errors import Text
from walkshed.places.answer import STATUSES
from walkshed.places.choosing import AGAIN, GIVEN, NOWHERE
from walkshed.places.decisions import FILE as DECISIONS
from walkshed.places.review import HEADERS, KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from walkshed.errors import Language
    from walkshed.places.answer import Answer

LEVELS = {
    "building": Text("building", "建筑"),
    "estate": Text("estate", "小区"),
    "street": Text("street", "道路"),
    "community": Text("community", "社区"),
    "district": Text("district", "区县"),
}
WIDTHS = {
    "kind": 7, "id": 10, "name": 22, "choose": 13, "own_lon": 13, "own_lat": 13, "own_crs": 12, "status": 9,
    "number": 8, "place": 26, "about": 56, "level": 9, "source": 11, "score": 10, "community_m": 12, "apart_m": 12,
    "lon": 12, "lat": 12, "address": 26, "community": 12, "ref": 16,
}  # fmt: skip
_HELP = (
    Text(
        "Yellow cells are for you. On the first row of a place choose the number of a candidate, or type coordinates.",
        "黄色单元格供填写。在每个地点的第一行选择候选号，或手填经纬度。",
    ),
    Text(
        f'"{NOWHERE.en}" means that no candidate is right: the place stays unlocated and is not asked about again.',
        f"“{NOWHERE.zh}”表示候选都不对：该地点保持未定位，以后不再询问。",
    ),
    Text(
        f'"{GIVEN.en}" confirms coordinates of the table that look odd; "{AGAIN.en}" takes an earlier decision back.',
        f"“{GIVEN.zh}”表示确认表中可疑的坐标；“{AGAIN.zh}”表示撤销以前的决定。",
    ),
    Text(
        "Typed coordinates are longitude and latitude in degrees. Say their datum: those picked on Amap or Tencent "
        "are GCJ-02, on Baidu BD-09; a GPS and OpenStreetMap give WGS84, which is meant where nothing is said.",
        "手填坐标为经纬度（度），请注明坐标系：高德、腾讯拾取为 GCJ-02，百度拾取为 BD-09；GPS 与 OpenStreetMap 为 WGS84（默认）。",
    ),
    Text(
        "Rows may be sorted, filtered, moved or deleted. Save, close the file, and run walkshed locate or walkshed run: "
        f"the choices go into {DECISIONS}, which is what counts from then on. Notes of your own in this workbook are not kept.",
        f"可以排序、筛选、移动或删除行。保存并关闭后运行 walkshed locate 或 walkshed run：选择会写入 {DECISIONS}，此后以它为准。"
        "本工作簿中自己添加的备注不会保留。",
    ),
    Text(
        "Distances are straight lines in metres. © OpenStreetMap contributors, ODbL, for what comes from the gazetteer.",
        "距离为直线距离（米）。gazetteer 来源的数据 © OpenStreetMap 贡献者，ODbL。",
    ),
)


class Styles:
    """The formats of the workbook: heads, the rows of places and of candidates, and what is to be filled in."""

    def __init__(self, book: Any) -> None:
        font = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "top"}
        head = {
            **font,
            "bold": True,
            "bg_color": "#1F4E79",
            "font_color": "#FFFFFF",
            "border": 1,
            "text_wrap": True,
        }
        block = {**font, "bg_color": "#E8ECF0", "top": 2}
        fill = {**font, "bg_color": "#FFF2CC", "border": 1, "border_color": "#BFBFBF"}
        made = book.add_format
        self.head, self.fill_head = made(head), made({**head, "bg_color": "#BF8F00"})
        self.block, self.row = made({**block, "bold": True}), made({**font, "font_color": "#444444"})
        self.block_wrap = made({**block, "text_wrap": True})
        self.wrap = made({**font, "font_color": "#444444", "text_wrap": True})
        self.fill, self.fill_text = made(fill), made({**fill, "num_format": "@"})
        self.fill_degrees = made({**fill, "num_format": "0.000000"})
        self.plain = made(font)
        self._block, self._font, self._made = block, {**font, "font_color": "#444444"}, made
        self._numbers: dict[tuple[bool, str], Any] = {}

    def number(self, form: str, *, block: bool) -> Any:
        """Return the format of a number on the row of a place, or of a candidate."""
        if (block, form) not in self._numbers:
            base = self._block if block else self._font
            self._numbers[block, form] = self._made({**base, "num_format": form})
        return self._numbers[block, form]


FORMS = {"lon": "0.000000", "lat": "0.000000", "score": "0.00", "community_m": "#,##0", "apart_m": "#,##0"}


_ALL = (
    "kind",
    "id",
    "name",
    "status",
    "about",
    "place",
    "level",
    "source",
    "score",
    "community_m",
    "apart_m",
    "lon",
    "lat",
)
_AGREEMENT = Text("sources agree within, m", "来源间相差（米）")


def write_all(sheet: Any, answers: Sequence[Answer], styles: Styles, language: Language) -> None:
    """Write the sheet that lists every place with its status and reason."""
    for column, key in enumerate(_ALL):
        header = _AGREEMENT if key == "apart_m" else HEADERS[key]
        sheet.write_string(0, column, header.in_(language), styles.head)
        sheet.set_column(column, column, WIDTHS[key])
    for row, answer in enumerate(answers, start=1):
        for column, (key, value) in enumerate(_all_cells(answer, language).items()):
            if isinstance(value, int | float):
                sheet.write_number(row, column, value, styles.number(FORMS.get(key, "General"), block=False))
            elif value:
                sheet.write_string(
                    row, column, str(value)[:32_767], styles.wrap if key == "about" else styles.row
                )
    sheet.freeze_panes(1, 3)
    if answers:
        sheet.autofilter(0, 0, len(answers), len(_ALL) - 1)


def _all_cells(answer: Answer, language: Language) -> dict[str, object]:
    cells: dict[str, object] = dict.fromkeys(_ALL, "")
    cells |= {
        "kind": KINDS[answer.query.kind].in_(language),
        "id": answer.query.id,
        "name": answer.query.name,
        "status": STATUSES[answer.status].in_(language),
        "about": answer.reason.in_(language),
    }
    if answer.lon is not None and answer.lat is not None:
        cells |= {"lon": answer.lon, "lat": answer.lat}
    if answer.agreement_m is not None:
        cells["apart_m"] = round(answer.agreement_m)
    if answer.status == "matched" and answer.best is not None:
        best = answer.best
        cells |= {
            "place": best.candidate.name,
            "level": LEVELS[best.candidate.level].in_(language),
            "source": best.candidate.source,
            "score": round(best.name_score, 2),
        }
        if best.community_m is not None:
            cells["community_m"] = round(best.community_m)
    return cells


def write_help(sheet: Any, styles: Styles, language: Language) -> None:
    """Write the sheet that says how the review is done."""
    sheet.set_column(0, 0, 110, styles.plain)
    for row, text in enumerate(_HELP):
        sheet.write_string(row, 0, text.in_(language), styles.wrap)
