"""The shape of ``study.toml``, and its faults in sentences."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - pydantic reads the annotations
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from walkshed.errors import Findings, Source, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

_LATER = {
    ("streets", "place"): Text(
        "streets of a named place are not fetched yet; give an OSM file with file = …",
        "暂不支持按地名下载道路，请用 file = … 指定 OSM 文件",
    ),
    ("streets", "repairs"): Text("street repairs are not read yet", "暂不支持道路修补文件"),
    ("buildings",): Text("buildings are not used yet", "暂不支持建筑表"),
    ("places",): Text(
        "places are not looked up by name yet; give coordinates", "暂不支持按名称查找地点，请提供坐标"
    ),
    ("siting",): Text("sites are not proposed yet", "暂不支持选址"),
    ("scenarios",): Text("scenarios are not compared yet", "暂不支持情景比较"),
}
"""Keys with a meaning that is not built yet: refused with a sentence, never ignored."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class _StudyPart(_Part):
    name: str = Field(min_length=1)
    language: Literal["zh", "en"] = "zh"
    note: str = ""
    date: dt.date | None = None
    time: str | None = None
    profiles: list[str] = []


class _Streets(_Part):
    file: str = Field(min_length=1)
    gates: Literal["open"] | None = None
    max_snap_m: float = Field(default=150.0, gt=0, le=1000)
    buffer_m: float = Field(default=3000.0, gt=0, le=100_000)


class _Table(_Part):
    file: str = Field(min_length=1)
    sheet: str | None = None
    crs: str = "EPSG:4326"
    columns: dict[str, str] = {}


class _Estates(_Table):
    levels: list[str] = ["community", "area"]
    weights: list[str] = []
    start: Literal["point"] = "point"


class _Profile(_Part):
    name: str = Field(min_length=1)
    speed_mps: float


class _Standard(_Part):
    name: str = ""
    minutes: float | None = None
    metres: float | None = None
    tier: Literal["", "area", "community", "sub_district"] = ""
    kind: str = ""


class _Output(_Part):
    folder: str = "out"
    write: list[Literal["tables", "layers", "map", "workbook"]] = ["tables", "layers", "map", "workbook"]


class Schema(_Part):
    """The whole file."""

    study: _StudyPart
    streets: _Streets
    estates: _Estates
    venues: _Table
    gates: _Table | None = None
    profiles: list[_Profile] = []
    standards: list[_Standard] = []
    output: _Output = _Output()


def checked(data: dict[str, Any], findings: Findings, source: Source) -> Schema | None:
    """Return the file's content in shape, or None after noting every fault."""
    try:
        return Schema.model_validate(data)
    except ValidationError as error:
        for fault in error.errors():
            _note(fault, findings, source)
    return None


def _note(fault: Any, findings: Findings, source: Source) -> None:  # noqa: ANN401
    where = tuple(fault["loc"])
    keys = tuple(part for part in where if isinstance(part, str))
    value = fault.get("input")
    shown = "" if isinstance(value, dict | list) or fault["type"] in {"missing", "extra_forbidden"} else value
    place = source.at(column=_path(where), value=shown)
    if fault["type"] == "extra_forbidden":
        _note_unknown_key(keys, findings, place)
    elif fault["type"] == "missing":
        later = keys == ("streets", "file")
        hint = Text(
            " (an OSM file: .osm.pbf, .osm, .osm.gz, .osm.bz2)",
            "（OSM 文件：.osm.pbf、.osm、.osm.gz、.osm.bz2）",
        )
        text = Text(
            f"{_path(where)} is missing" + (hint.en if later else ""),
            f"缺少 {_path(where)}" + (hint.zh if later else ""),
        )
        findings.fault("study.missing_key", text, source)
    elif fault["type"] == "literal_error":
        _note_unknown_word(keys, str(value), fault["ctx"]["expected"], findings, place)
    else:
        text = Text(f"{fault['msg'][0].lower()}{fault['msg'][1:]}", _zh(fault))
        findings.fault("study.value", text, place)


def _note_unknown_key(keys: Sequence[str], findings: Findings, place: Source) -> None:
    if (later := _LATER.get(tuple(keys))) is not None:
        findings.fault("study.not_yet", later, place)
        return
    known = _known_keys(keys[:-1])
    near = get_close_matches(keys[-1], known, n=1, cutoff=0.5)
    text = Text(
        f'there is no key "{keys[-1]}" here'
        + (f'; did you mean "{near[0]}"?' if near else f"; there are {', '.join(known)}"),
        f"此处没有“{keys[-1]}”这一项" + (f"；是否为“{near[0]}”？" if near else f"；可用：{'、'.join(known)}"),
    )
    findings.fault("study.unknown_key", text, place)


def _note_unknown_word(
    keys: Sequence[str], value: str, expected: str, findings: Findings, place: Source
) -> None:
    if keys[-2:] == ("streets", "gates") and value in {"residents", "closed"}:
        text = Text(
            f'the gate policy "{value}" is not walked yet; use gates = "open", which ignores walls and gates',
            f'暂不支持大门策略“{value}”；请用 gates = "open"（不考虑围墙和大门）',
        )
        findings.fault("study.not_yet", text, place)
        return
    if keys[-2:] == ("estates", "start") and value in {"buildings", "gates"}:
        text = Text(
            f'start = "{value}" is not walked yet; use "point"', f'暂不支持 start = "{value}"，请用 point'
        )
        findings.fault("study.not_yet", text, place)
        return
    if keys[-2:] == ("output", "write") and value == "catchments":
        text = Text("catchments are not drawn yet", "暂不支持绘制步行圈")
        findings.fault("study.not_yet", text, place)
        return
    words = [word.strip(" '") for word in expected.replace(" or ", ", ").split(",")]
    near = get_close_matches(value, words, n=1, cutoff=0.5)
    hint = f'; did you mean "{near[0]}"?' if near else ""
    text = Text(
        f'"{value}" is not one of {", ".join(word for word in words if word)}{hint}',
        f"“{value}”不在可用值之中：{'、'.join(word for word in words if word)}",
    )
    findings.fault("study.unknown_word", text, place)


def _known_keys(parents: Sequence[str]) -> list[str]:
    models: dict[str, type[BaseModel]] = {
        "study": _StudyPart, "streets": _Streets, "estates": _Estates, "venues": _Table, "gates": _Table,
        "profiles": _Profile, "standards": _Standard, "output": _Output,
    }  # fmt: skip
    model = models.get(parents[0], Schema) if parents else Schema
    return list(model.model_fields)


def _path(where: Sequence[str | int]) -> str:
    if not where:
        return ""
    section, *rest = where
    repeated = section in {"profiles", "standards"}
    number = f" {rest.pop(0) + 1}" if rest and isinstance(rest[0], int) else ""  # type: ignore[operator]
    head = f"[[{section}]]{number}" if repeated else f"[{section}]"
    return " ".join([head, *(str(part + 1) if isinstance(part, int) else part for part in rest)])


def _zh(fault: Any) -> str:  # noqa: ANN401
    context = fault.get("ctx", {})
    known = {
        "string_type": "应为文字（加引号）",
        "string_too_short": "不能为空",
        "float_parsing": "应为数字",
        "float_type": "应为数字",
        "list_type": '应为列表，如 ["adult"]',
        "dict_type": "应为一节，如 [study]",
        "model_type": "应为一节，如 [study]",
        "date_parsing": "应为日期，如 2026-11-01",
        "date_type": "应为日期，如 2026-11-01",
        "date_from_datetime_parsing": "应为日期，如 2026-11-01",
        "greater_than": f"应大于 {context.get('gt')}",
        "less_than_equal": f"应不大于 {context.get('le')}",
    }
    return known.get(fault["type"], fault["msg"])
