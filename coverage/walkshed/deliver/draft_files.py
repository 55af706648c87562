"""The files of a drafted study: workbooks to correct, gates, outlines, and a ``study.toml`` that explains itself."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from walkshed.errors import Text
from walkshed.places.draft_estates import HOUSEHOLD_M2

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from walkshed.errors import Language

ESTATES, VENUES, GATES, STREETS = "estates.xlsx", "venues.xlsx", "gates.csv", "streets.osm.pbf"
BOUNDARY, OUTLINES, STUDY = "boundary.geojson", "estate_areas.geojson", "study.toml"

HOUSEHOLDS = Text("households (estimated)", "户数（估算）")
"""The header of the estimated households; study.toml says that it is the column of households."""
_TO_CHECK = Text("draft from OpenStreetMap, to be checked", "OpenStreetMap 草稿，待核实")
_OUTSIDE = Text("; outside the area", "；在范围外")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a drafted workbook.

    Attributes
    ----------
    header
        What stands above it.
    cells
        Texts and numbers; None and NaN are blanks.
    width, form
        Its width in digits, and the format of its numbers.
    estimate
        Whether it is an estimate: drawn in another colour.
    """

    header: str
    cells: Sequence[object]
    width: int = 12
    form: str = "General"
    estimate: bool = False


def estate_columns(estates: gpd.GeoDataFrame, language: Language) -> list[Column]:
    """Return the columns of the workbook of estates."""
    zh = language == "zh"
    blank = [""] * len(estates)
    said = [_TO_CHECK.in_(language)] * len(estates)
    return [
        Column("编号" if zh else "estate_id", estates.index.tolist(), 8),
        Column("小区" if zh else "name", estates["name"].tolist(), 26),
        Column("地址" if zh else "address", blank, 20),
        Column("社区" if zh else "community", estates["community"].tolist(), 16),
        Column("片区" if zh else "area", blank, 12),
        Column(HOUSEHOLDS.in_(language), estates["households"].tolist(), 14, "#,##0", estimate=True),
        Column("经度" if zh else "lon", estates["lon"].round(6).tolist(), 12, "0.000000"),
        Column("纬度" if zh else "lat", estates["lat"].round(6).tolist(), 12, "0.000000"),
        Column("封闭" if zh else "gated", blank, 8),
        Column("用地（平方米）" if zh else "land_m2", estates["land_area_m2"].tolist(), 14, "#,##0"),
        Column("住宅楼数（OSM）" if zh else "osm_buildings", estates["buildings"].tolist(), 15, "#,##0"),
        Column("住宅建筑面积（估算）" if zh else "floor_m2_estimated", estates["floor_area_m2"].tolist(), 18, "#,##0", estimate=True),
        Column("OSM 对象" if zh else "osm_object", estates["ref"].tolist(), 20),
        Column("说明" if zh else "remark", said, 30),
    ]  # fmt: skip


def venue_columns(venues: gpd.GeoDataFrame, language: Language) -> list[Column]:
    """Return the columns of the workbook of venues; without any, one row that says so and counts for nothing."""
    zh = language == "zh"
    none = not len(venues)
    name = Text("(no venue found: overwrite this row)", "（未找到场所，请改写本行）").in_(language)
    outside = [_OUTSIDE.in_(language) if out else "" for out in venues["outside"]]
    said = [_TO_CHECK.in_(language) + out for out in outside]
    texts = {key: venues[key].tolist() for key in ("name", "address", "community", "ref")}
    kinds = venues["kind_zh" if zh else "kind_en"].tolist()
    planned = "规划" if zh else "planned"
    rows = 1 if none else len(venues)
    blank = [""] * rows
    return [
        Column("编号" if zh else "venue_id", ["V01"] if none else venues.index.tolist(), 8),
        Column("名称" if zh else "name", [name] if none else texts["name"], 30),
        Column("类别" if zh else "kind", blank if none else kinds, 18),
        Column("层级" if zh else "tier", blank, 10),
        Column("地址" if zh else "address", blank if none else texts["address"], 26),
        Column("社区" if zh else "community", blank if none else texts["community"], 16),
        Column("面积" if zh else "floor_area_m2", blank, 10),
        Column("状态" if zh else "status", [planned] if none else blank, 10),
        Column("经度" if zh else "lon", blank if none else venues["lon"].round(6).tolist(), 12, "0.000000"),
        Column("纬度" if zh else "lat", blank if none else venues["lat"].round(6).tolist(), 12, "0.000000"),
        Column("OSM 对象" if zh else "osm_object", blank if none else texts["ref"], 20),
        Column("说明" if zh else "remark", blank if none else said, 34),
    ]


def write_table(path: Path, columns: Sequence[Column], *, sheet: str) -> None:
    """Write a workbook of one table; the same table is the same bytes."""
    import xlsxwriter

    memory = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(memory, options) as book:
        book.set_properties({"created": dt.datetime(2024, 1, 1)})  # noqa: DTZ001 - a fixed date
        font = {"font_name": "Microsoft YaHei", "font_size": 10}
        page = book.add_worksheet(sheet)
        for number, column in enumerate(columns):
            colour = "#BF8F00" if column.estimate else "#1F4E79"
            head = book.add_format(
                {
                    **font,
                    "bold": True,
                    "bg_color": colour,
                    "font_color": "#FFFFFF",
                    "border": 1,
                    "text_wrap": True,
                }
            )
            fill = {"bg_color": "#FFF2CC"} if column.estimate else {}
            form = book.add_format(
                {**font, **fill, "num_format": column.form if column.form != "General" else "@"}
            )
            page.set_column(number, number, column.width)
            page.write_string(0, number, column.header, head)
            for row, value in enumerate(column.cells, start=1):
                if isinstance(value, str):
                    page.write_string(row, number, value, form) if value else page.write_blank(
                        row, number, None, form
                    )
                elif value is not None and value == value:  # noqa: PLR0124 - nan is a blank
                    page.write_number(row, number, value, form)
                else:
                    page.write_blank(row, number, None, form)
        page.freeze_panes(1, 2)
        if columns and columns[0].cells:
            page.autofilter(0, 0, len(columns[0].cells), len(columns) - 1)
    path.write_bytes(memory.getvalue())


def write_gates(path: Path, gates: pd.DataFrame, *, language: Language) -> None:
    """Write the gates as CSV (UTF-8 with byte-order mark)."""
    zh = language == "zh"
    words = {"everyone": "所有人", "residents": "居民", "closed": "关闭"} if zh else {}
    head = ["小区编号", "名称", "经度", "纬度", "开放对象", "开放时间", "OSM 对象"]
    head = head if zh else ["estate_id", "name", "lon", "lat", "open_to", "hours", "osm_object"]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        row: Any
        for row in gates.itertuples(index=False):
            open_to = words.get(row.open_to, row.open_to)
            writer.writerow([
                row.estate_id, row.name, f"{row.lon:.7f}", f"{row.lat:.7f}", open_to, row.hours, row.ref,
            ])  # fmt: skip


def write_outlines(path: Path, shapes: Sequence[tuple[dict[str, str], Any]]) -> None:
    """Write outlines as GeoJSON, seven decimals, the same for the same outlines."""
    import shapely

    features = [
        {
            "type": "Feature",
            "properties": about,
            "geometry": json.loads(shapely.to_geojson(shapely.set_precision(shape, 1e-7))),
        }
        for about, shape in shapes
    ]
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in features)
    path.write_text(
        f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n', encoding="utf-8", newline="\n"
    )


def study_toml(
    *, name: str, language: Language, source: Sequence[str], gates: bool, venues: bool, boundary: bool
) -> str:
    """Return the study file of a draft.

    Parameters
    ----------
    name
        The study's title.
    source
        Lines on where everything comes from, for the file's head.
    gates, venues, boundary
        Whether there are any.

    Examples
    --------
    >>> text = study_toml(name='A "B"', language="en", source=["x"], gates=False, venues=True, boundary=False)
    >>> import tomllib
    >>> tomllib.loads(text)["study"]["name"]
    'A "B"'
    """
    zh = language == "zh"
    note = Text(
        "draft from OpenStreetMap: households are estimates, venues are to be checked",
        "OpenStreetMap 草稿：户数为估算，场所待核实",
    ).in_(language)
    head = "".join(f"# {' '.join(line.split())}\n" for line in source)
    place = {
        "name": Text("its title", "标题"),
        "note": Text("printed on every map and table", "印在每张图表上"),
    }
    gate_lines = f'[gates]\nfile = "{GATES}"\n' if gates else f'# [gates]\n# file = "{GATES}"\n'
    outline = (
        Text(f"# {BOUNDARY}: the study's area; {OUTLINES}: the estates' outlines, for a GIS\n",
             f"# {BOUNDARY}：研究范围；{OUTLINES}：小区范围，供 GIS 使用\n").in_(language)
        if boundary else Text(f"# {OUTLINES}: the estates' outlines, for a GIS\n", f"# {OUTLINES}：小区范围，供 GIS 使用\n").in_(language)
    )  # fmt: skip
    missing = "" if venues else Text(
        "# No venue was found: write yours into venues.xlsx, or nobody is covered.\n",
        "# 未找到场所：请在 venues.xlsx 中填写，否则全部不达标。\n",
    ).in_(language)  # fmt: skip
    estimate = Text(
        f"an ESTIMATE: floor area (footprint × floors) / {HOUSEHOLD_M2:g} m² a household; replace it by counts",
        f"估算值：建筑面积（基底 × 层数）÷ 每户 {HOUSEHOLD_M2:g} 平方米；请改为实际户数",
    ).in_(language)
    check = Text(
        "in which order to correct: venues.xlsx, estates.xlsx, gates.csv; then walkshed run",
        "修改顺序：venues.xlsx、estates.xlsx、gates.csv，然后 walkshed run",
    ).in_(language)
    gates_said = Text(
        "residents | open | closed: who passes the gates of estates",
        "residents | open | closed：小区大门策略",
    ).in_(language)
    return (
        f"{head}# {check}\n{outline}{missing}\n"
        f"[study]\nname = {_quoted(name)}  # {place['name'].in_(language)}\n"
        f'language = "{"zh" if zh else "en"}"\n'
        f"note = {_quoted(note)}  # {place['note'].in_(language)}\n"
        'profiles = ["adult"]\n\n'
        f'[streets]\nfile = "{STREETS}"\ngates = "residents"  # {gates_said}\n\n'
        f'[estates]\nfile = "{ESTATES}"\n'
        f"# {estimate}\n"
        f"columns = {{ households = {_quoted(HOUSEHOLDS.in_(language))} }}\n\n"
        f'[venues]\nfile = "{VENUES}"\n\n'
        f"{gate_lines}\n"
        "[[standards]]\nminutes = 5\n[[standards]]\nminutes = 10\n[[standards]]\nminutes = 15\n\n"
        '[output]\nfolder = "out"\n'
    )


def _quoted(text: str) -> str:
    # JSON's strings are TOML's basic strings, but for one sign
    return json.dumps("".join(letter for letter in text if letter.isprintable()), ensure_ascii=False).replace(
        "\x7f", ""
    )
