"""``study.toml``: reading it as a text, its shape, and its faults in sentences with their line."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from walkshed.errors import Findings, Language, Source, Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Where = tuple[str | int, ...]
"""A key's way down from the top, as ``("standards", 0, "minutes")``."""

_REPEATED = frozenset({"profiles", "standards", "scenarios"})
_HEADER = re.compile(r"\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_WHERE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
_SYNTAX = (
    ("Unescaped '\\'", "in paths write / instead of \\, or put the path in single quotes", "路径请用 / 代替 \\，或用单引号括起"),
    ("Illegal character '\\n'", "a quotation mark is not closed on this line", "这一行的引号没有配对"),
    ("Cannot overwrite", "the same key or section stands there twice", "同一项或同一节出现了两次"),
    ("Cannot declare", "the same section stands there twice; write it once", "同一节出现了两次，请合并"),
    ("Invalid value", 'text needs straight quotation marks, as "…"', '文字要用英文直引号括起，如 "…"'),
    ("Expected '=' after a key", "a line reads: key = value", "每行应写成：项 = 值（英文等号）"),
    ("Invalid statement", "a line reads: key = value, with Latin letters and signs", "每行应写成：项 = 值（英文字母和符号）"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeySource(Source):
    """A place in ``study.toml``: ``column`` holds section and key, ``row`` the line."""

    def in_(self, language: Language) -> str:
        """Return the place as a person reads it."""
        zh = language == "zh"
        row = "" if self.row is None else (f"第 {self.row} 行" if zh else f"line {self.row}")
        value = self.value and (f"值“{self.value}”" if zh else f'value "{self.value}"')
        return ("，" if zh else ", ").join(part for part in (self.file, row, self.column, value) if part)


@dataclass(frozen=True, slots=True)
class StudyFile:
    r"""The file's name and its text.

    Examples
    --------
    >>> file = StudyFile("study.toml", '[study]\nname = 3\n')
    >>> file.at("study", "name", value=3).in_("en")
    'study.toml, line 2, [study] name, value "3"'
    """

    name: str
    text: str = ""

    def at(self, *where: str | int, value: object = "") -> KeySource:
        """Return the place of a key."""
        shown = str(value).lower() if isinstance(value, bool) else value
        source = KeySource(self.name).at(row=self.line(where), column=key_path(where), value=shown)
        return KeySource(source.file, source.sheet, source.row, source.column, source.value)

    def line(self, where: Where) -> int | None:
        """Return the line of a key, else that of its section, counted from 1; None if neither is there."""
        if not where:
            return None
        section, *rest = where
        number = rest.pop(0) if rest and isinstance(rest[0], int) else 0
        key = next((part for part in rest if isinstance(part, str)), "")
        wanted = re.compile(rf"""\s*["']?{re.escape(str(key or section))}["']?\s*[=.]""")
        inside, seen, best = not key, -1, None
        for line, text in enumerate(self.text.splitlines(), start=1):
            header = _HEADER.match(text)
            if header:
                if not key and best is None and inside and seen < 0 and header[1] != section:
                    inside = False
                seen += header[1] == section
                inside = bool(key) and header[1] == section and seen == number
                if header[1] == section and seen == number:
                    best = line
            elif inside and wanted.match(text):
                return line
        return best


def key_path(where: Where) -> str:
    """Return a key's way as a person reads it.

    Examples
    --------
    >>> key_path(("standards", 0, "minutes")), key_path(("streets", "gates")), key_path(("study",))
    ('[[standards]] 1 minutes', '[streets] gates', '[study]')
    """
    if not where:
        return ""
    section, *rest = where
    number = f" {rest.pop(0) + 1}" if rest and isinstance(rest[0], int) else ""  # type: ignore[operator]
    head = f"[[{section}]]{number}" if section in _REPEATED else f"[{section}]"
    return " ".join([head, *(str(part + 1) if isinstance(part, int) else part for part in rest)])


def parse_study(path: Path, findings: Findings) -> tuple[StudyFile, dict[str, Any]]:
    """Read the file; what is wrong with it as a file goes to ``findings``, whose language it sets."""
    file = StudyFile(path.name)
    try:
        data = path.read_bytes()
    except OSError as error:
        _tell_unread(path, error, findings)
        return file, {}
    # Before the file can be parsed, its language is a guess; Chinese is the default of the key, too.
    findings.language = "en" if re.search(rb"^\s*language\s*=\s*[\"']en", data, re.MULTILINE) else "zh"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        said = Text(
            "the file is not saved as UTF-8; in the editor choose Save as, encoding UTF-8",
            "文件不是 UTF-8 编码；请在编辑器（如记事本）中选“另存为”，编码选 UTF-8",
        )
        findings.fault("study.encoding", said, KeySource(path.name))
        return file, {}
    file = StudyFile(path.name, text)
    try:
        return file, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        _tell_syntax(file, error, findings)
        return file, {}


def _tell_unread(path: Path, error: OSError, findings: Findings) -> None:
    if not isinstance(error, FileNotFoundError):
        both = f"{path} cannot be read ({error.strerror}) · 无法读取 {path}（{error.strerror}）"
        findings.fault("study.unreadable", Text(both, both), KeySource(path.name))
        return
    near = [p.name for p in path.parent.glob("*.toml")] if path.parent.is_dir() else []
    hint = get_close_matches(path.name, near, n=1) or near[:1]
    en = f"there is no study file {path}" + (
        f"; did you mean {hint[0]}?" if hint else "; walkshed init makes one"
    )
    zh = f"找不到研究文件 {path}" + (f"；是否为 {hint[0]}？" if hint else "；可用 walkshed init 新建")
    # Nothing says which language the reader has.
    findings.fault("study.missing_file", Text(f"{en} · {zh}", f"{en} · {zh}"), KeySource(path.name))


def _tell_syntax(file: StudyFile, error: tomllib.TOMLDecodeError, findings: Findings) -> None:
    detail = str(error)
    place = _WHERE.search(detail)
    plain = detail[: place.start()] if place else detail
    row = int(place[1]) if place and place[1] else None
    en, zh = next(((en, zh) for start, en, zh in _SYNTAX if plain.startswith(start)), ("", ""))
    lines = file.text.splitlines()
    shown = lines[row - 1].strip() if row is not None and row <= len(lines) else ""
    text = Text(
        f"this is not valid TOML ({plain})" + (f": {en}" if en else ""),
        f"TOML 语法有误（{plain}）" + (f"：{zh}" if zh else ""),
    )
    source = KeySource(file.name, "", row, "", shown if len(shown) <= 80 else shown[:79] + "…")
    findings.fault("study.syntax", text, source)


def _day(value: object) -> object:
    """Take a date in any of the forms tables take it in."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, str):
        from walkshed.tables.dates import read_date

        return read_date(value).value or value
    return value


def _time(value: object) -> object:
    """Take a time of day, as text or as TOML writes one."""
    return f"{value:%H:%M}" if isinstance(value, dt.time) else value


def _code(value: object) -> object:
    """Take the bare number of an EPSG code."""
    return f"EPSG:{value}" if isinstance(value, int) and not isinstance(value, bool) else value


class _Part(BaseModel):
    # strict: "5" is no number and true is no number, lest a slip of the pen decide a result
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, strict=True, allow_inf_nan=False)


class _StudyPart(_Part):
    name: str = Field(min_length=1)
    language: Literal["zh", "en"] = "zh"
    note: str = ""
    map_approval: str = ""
    date: Annotated[dt.date | None, BeforeValidator(_day)] = None
    time: Annotated[str | None, BeforeValidator(_time)] = None
    profiles: list[str] = []
    speed_range: float = Field(default=0.1, ge=0, le=0.5)


class _Streets(_Part):
    file: str | None = Field(default=None, min_length=1)
    place: str | None = Field(default=None, min_length=1)
    layer: str | None = None
    tolerance_m: float = Field(default=0.5, ge=0, le=10)
    cross: bool = False
    gates: Literal["open", "residents", "closed"] = "residents"
    repairs: str | None = Field(default=None, min_length=1)
    dem: str | None = Field(default=None, min_length=1)
    max_snap_m: float = Field(default=150.0, gt=0, le=1000)
    buffer_m: float = Field(default=3000.0, gt=0, le=100_000)


class _Table(_Part):
    file: str = Field(min_length=1)
    sheet: str | None = None
    crs: Annotated[str, BeforeValidator(_code)] = "EPSG:4326"
    columns: dict[str, str] = {}


class _Checks(_Part):
    file: str = Field(min_length=1)
    sheet: str | None = None
    columns: dict[str, str] = {}


class _Venues(_Table):
    capacity: Literal["", "places", "m2"] = ""
    need: float | None = Field(default=None, gt=0)


class _Estates(_Table):
    levels: list[str] = ["community", "area"]
    weights: list[str] = []
    start: Literal["point", "buildings", "gates"] | None = None


class _Buildings(_Part):
    file: str | None = Field(default=None, min_length=1)
    source: Literal["osm"] | None = None
    sheet: str | None = None
    crs: Annotated[str, BeforeValidator(_code)] = "EPSG:4326"
    columns: dict[str, str] = {}


class _Profile(_Part):
    name: str = Field(min_length=1)
    speed_mps: float
    stairs_up_mps: float | None = None
    stairs_down_mps: float | None = None
    crossing_s: float = 0.0
    signal_s: float = 0.0
    gate_s: float = 0.0
    lift_s: float = 0.0
    slope: Literal["tobler"] | list[list[float]] | None = None
    step_free: bool = False
    people: str = ""


class _Standard(_Part):
    name: str = ""
    minutes: float | None = None
    metres: float | None = None
    tier: Literal["", "area", "community", "sub_district"] = ""
    kind: str = ""


class _Places(_Part):
    providers: list[str] = []
    known: str | None = Field(default=None, min_length=1)
    known_crs: Annotated[str, BeforeValidator(_code)] = "EPSG:4326"
    communities: str | None = Field(default=None, min_length=1)
    city: str = ""
    options: dict[str, dict[str, Any]] = {}


class _Siting(_Part):
    file: str | None = Field(default=None, min_length=1)
    sheet: str | None = None
    crs: Annotated[str, BeforeValidator(_code)] = "EPSG:4326"
    columns: dict[str, str] = {}
    objective: Literal["cover", "fewest", "total_walk", "worst_walk"] = "cover"
    sites: int | None = None
    share: float = 1.0
    standard: str = ""
    profile: str = ""
    measure: str = ""
    buildings: bool = False
    street_points_m: float | None = None
    gates: bool = False
    budget: float | None = None
    subsidy_budget: float | None = None
    subsidy_years: float = 0.0
    spacing_m: float | None = None
    floor_area_m2_per_100_households: float | None = None
    community_share: float | None = None
    times: int = 1
    capacity: Literal["", "places", "m2"] = ""
    need: float = 1.0
    a_year: int = 1
    first_year: int | None = None
    planned_by: int | None = None
    near_share: float = 0.01
    alternatives: int = 10
    curve: int | None = None
    gap: float = 0.0
    nodes: int | None = None
    seconds: float | None = None


class _Scenario(_Part):
    name: str = Field(min_length=1)
    open: list[str] = []
    close: list[str] = []
    move: dict[str, Annotated[list[float], Field(min_length=2, max_length=2)]] = {}
    add: str | None = Field(default=None, min_length=1)
    open_gates: list[str] = []
    close_gates: list[str] = []
    repairs: str | None = Field(default=None, min_length=1)
    estates: str | None = Field(default=None, min_length=1)
    columns: dict[str, str] = {}
    cost: float | None = None


class _Output(_Part):
    folder: str = Field(default="out", min_length=1)
    write: list[
        Literal[
            "tables", "layers", "catchments", "map", "workbook", "parquet", "surface", "print", "document"
        ]
    ] = Field(default=["tables", "layers", "catchments", "map", "workbook"], min_length=1)
    community_maps: list[Literal["coverage", "catchments", "gaps", "proposals", "scenarios"]] = ["coverage"]


class Schema(_Part):
    """The whole file."""

    study: _StudyPart
    streets: _Streets
    estates: _Estates
    venues: _Venues
    gates: _Table | None = None
    buildings: _Buildings | None = None
    checks: _Checks | None = None
    siting: _Siting | None = None
    profiles: list[_Profile] = []
    standards: list[_Standard] = []
    scenarios: list[_Scenario] = []
    places: _Places = _Places()
    output: _Output = _Output()


def checked(data: dict[str, Any], findings: Findings, file: StudyFile) -> Schema | None:
    """Return the file's content in shape, or None after noting every fault."""
    _check_streets(data.get("streets"), findings, file)
    try:
        return Schema.model_validate(data)
    except ValidationError as error:
        for fault in error.errors():
            _note(fault, findings, file)
    return None


def _check_streets(streets: object, findings: Findings, file: StudyFile) -> None:
    """Streets come from a file or from a named place: exactly one of the two."""
    if not isinstance(streets, dict) or ("file" in streets) != ("place" in streets):
        return
    if "file" in streets:
        text = Text(
            '"file" and "place" both say where the streets come from; keep one',
            "“file”和“place”都指定了道路来源，只保留一个",
        )
    else:
        text = Text(
            '"file" is missing (an OSM file: .osm.pbf, .osm, .osm.gz, .osm.bz2; or a line layer: .gpkg, .parquet, '
            '.geojson, .shp, .fgb); or name a place with "place"',
            "缺少“file”（OSM 文件：.osm.pbf、.osm、.osm.gz、.osm.bz2；或线图层：.gpkg、.parquet、.geojson、.shp、.fgb）；"
            "也可用“place”写地名",
        )
    findings.fault("study.missing_key", text, file.at("streets"))


def _note(fault: Any, findings: Findings, file: StudyFile) -> None:
    where = tuple(fault["loc"])
    keys = tuple(part for part in where if isinstance(part, str))
    value = fault.get("input")
    shown = "" if isinstance(value, dict | list) or fault["type"] in {"missing", "extra_forbidden"} else value
    place = file.at(*where, value=shown)
    if fault["type"] == "extra_forbidden":
        _note_unknown_key(keys, findings, place)
    elif fault["type"] == "missing":
        name = f'"{where[-1]}"' if len(where) > 1 else key_path(where)
        zh = name.replace('"', "“", 1).replace('"', "”") if len(where) > 1 else f"{name} 一节"
        text = Text(f"{name} is missing", f"缺少{zh if len(where) > 1 else ' ' + zh}")
        findings.fault("study.missing_key", text, file.at(*where[:-1]))
    elif fault["type"] == "literal_error":
        _note_unknown_word(str(value), fault["ctx"]["expected"], findings, place)
    else:
        findings.fault("study.value", _sentence(where, fault), place)


def _note_unknown_key(keys: Sequence[str], findings: Findings, place: Source) -> None:
    known = _known_keys(keys[:-1])
    near = get_close_matches(keys[-1].lower(), known, n=1, cutoff=0.5)
    homes = [key_path((name,)) for name in Schema.model_fields if keys[-1] in _known_keys((name,))]
    hint = Text(f"; there are {', '.join(known)}", f"；可用：{'、'.join(known)}")
    if near:
        hint = Text(f'; did you mean "{near[0]}"?', f"；是否为“{near[0]}”？")
    elif homes:
        hint = Text(f"; it belongs in {' or '.join(homes)}", f"；它属于 {' 或 '.join(homes)}")
    text = Text(f'there is no key "{keys[-1]}" here{hint.en}', f"此处没有“{keys[-1]}”这一项{hint.zh}")
    findings.fault("study.unknown_key", text, place)


def _note_unknown_word(value: str, expected: str, findings: Findings, place: Source) -> None:
    words = [word.strip(" '") for word in expected.replace(" or ", ", ").split(",")]
    near = get_close_matches(value.lower(), words, n=1, cutoff=0.5)
    text = Text(
        f'"{value}" is not one of {", ".join(word for word in words if word)}'
        + (f'; did you mean "{near[0]}"?' if near else ""),
        f"“{value}”不在可用值之中：{'、'.join(word for word in words if word)}"
        + (f"；是否为“{near[0]}”？" if near else ""),
    )
    findings.fault("study.unknown_word", text, place)


def _known_keys(parents: Sequence[str]) -> list[str]:
    models: dict[str, type[BaseModel]] = {
        "study": _StudyPart, "streets": _Streets, "estates": _Estates, "venues": _Table, "gates": _Table,
        "buildings": _Buildings, "checks": _Checks, "siting": _Siting, "profiles": _Profile, "standards": _Standard,
        "scenarios": _Scenario, "places": _Places, "output": _Output,
    }  # fmt: skip
    model = models.get(parents[0], Schema) if parents else Schema
    return list(model.model_fields)


def _sentence(where: Where, fault: Any) -> Text:
    """Say what a value should be."""
    context = fault.get("ctx", {})
    kind, key = fault["type"], where[-1]
    if kind in {"model_type", "model_attributes_type"} or (kind == "list_type" and len(where) == 1):
        repeated = kind == "list_type"
        head = f"[[{key}]]" if repeated else key_path(where)
        return Text(
            f"is a section of its own: write {head} on a line, its keys below",
            f"应为单独一节：先写一行 {head}，各项写在其下",
        )
    if kind == "list_type":
        item = {"profiles": "adult", "write": "map", "levels": "community"}.get(str(key), "…")
        return Text(f'should be a list, as ["{item}"]', f'应为列表，如 ["{item}"]')
    if kind == "dict_type":
        return Text('should be pairs, as { name = "小区名称" }', '应成对书写，如 { name = "小区名称" }')
    if kind in {"greater_than", "less_than_equal"}:
        limit = context.get("gt", context.get("le", 0))
        above = kind == "greater_than"
        return Text(
            f"should be {'above' if above else 'at most'} {limit:g}",
            f"应{'大于' if above else '不大于'} {limit:g}",
        )
    said = _SENTENCES.get(kind)
    return said or Text(f"{fault['msg'][0].lower()}{fault['msg'][1:]}", f"值不正确（{fault['msg']}）")


_SENTENCES = {
    "string_type": Text("should be text, in quotation marks", "应为文字（加英文引号）"),
    "string_too_short": Text("should not be blank", "不能为空"),
    "too_short": Text("should name at least one", "至少写一项"),
    "int_type": Text("should be a whole number, without quotation marks", "应为整数（不加引号）"),
    "bool_type": Text("should be true or false, without quotation marks", "应为 true 或 false（不加引号）"),
    "float_type": Text("should be a number, without quotation marks", "应为数字（不加引号）"),
    "finite_number": Text("should be a number", "应为普通数字"),
    "date_type": Text("should be a date, as 2026-11-01", "应为日期，如 2026-11-01"),
}
