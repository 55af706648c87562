"""A study: what ``study.toml`` says, checked and in the library's own terms."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from walkshed.errors import Findings, Language, Source, Text
from walkshed.profiles import ADULT, LATER, PRESETS, Profile
from walkshed.standards import DEFAULT_STANDARDS, Standard

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

Part = Literal["tables", "layers", "map", "workbook"]
PARTS: tuple[Part, ...] = ("tables", "layers", "map", "workbook")
"""What a run can write."""


@dataclass(frozen=True, slots=True)
class TableSpec:
    """Where a table stands and how to read it."""

    file: Path
    sheet: str | None = None
    crs: str = "EPSG:4326"
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Study:
    """A study, ready to run.

    Attributes
    ----------
    name, language, note
        Its title, ``"zh"`` or ``"en"``, and a line that is printed wherever results are shown.
    date
        The day the study speaks of: venues that open later do not count.
    profiles, standards
        Who walks, and how far is near enough.
    streets, estates, venues, gates
        The inputs; ``gates`` may be None.
    max_snap_m, buffer_m
        How far a place may lie from a street; how far around the places streets are read.
    levels, weights
        The columns to add up by, and further columns of counts.
    output, write
        The folder of the results, and which of them to write.
    file
        The study file, where there is one.
    """

    name: str
    streets: Path
    estates: TableSpec
    venues: TableSpec
    gates: TableSpec | None = None
    language: Language = "zh"
    note: str = ""
    date: dt.date = field(default_factory=dt.date.today)
    time: str = ""
    profiles: tuple[Profile, ...] = (ADULT,)
    standards: tuple[Standard, ...] = DEFAULT_STANDARDS
    max_snap_m: float = 150.0
    buffer_m: float = 3000.0
    levels: tuple[str, ...] = ("community", "area")
    weights: tuple[str, ...] = ()
    output: Path = Path("out")
    write: tuple[str, ...] = PARTS
    file: Path | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The folder the study lives in; its cache is the folder's ``.walkshed``."""
        return self.file.parent if self.file else self.estates.file.parent

    def _repr_html_(self) -> str:
        from html import escape

        rows = {
            "streets": self.streets.name,
            "estates": self.estates.file.name,
            "venues": self.venues.file.name,
            "date": self.date.isoformat(),
            "profiles": ", ".join(profile.name for profile in self.profiles),
            "standards": ", ".join(standard.name for standard in self.standards),
        }
        cells = "".join(f"<tr><th>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in rows.items())
        return f"<table><caption>{escape(self.name)}</caption>{cells}</table>"


def read_study(path: str | PathLike[str], *, findings: Findings | None = None) -> Study:
    """Read ``study.toml``.

    Parameters
    ----------
    path
        The file, or the folder that holds a ``study.toml``.
    findings
        Takes the notices; faults are raised all the same.

    Raises
    ------
    InputError
        The file is missing, is no TOML, or has faults: unknown keys, wrong values, a standard with
        both or neither of minutes and metres, one that is longer than the streets read allow.
    """
    file = Path(path)
    file = file / "study.toml" if file.is_dir() else file
    own = Findings()
    source = Source(file.name)
    data = _parse(file, own, source)
    own.raise_faults()
    language = data.get("study", {}).get("language") if isinstance(data.get("study"), dict) else None
    own.language = "en" if language == "en" else "zh"
    from walkshed.study_schema import checked

    schema = checked(data, own, source)
    own.raise_faults()
    study = _study(schema, file, own, source)
    own.raise_faults()
    if findings is not None:
        findings.language = own.language
        findings.notices.extend(own.notices)
    return study


def _parse(file: Path, findings: Findings, source: Source) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        near = [p.name for p in file.parent.glob("*.toml")] if file.parent.is_dir() else []
        hint = get_close_matches(file.name, near, n=1) or near[:1]
        findings.fault(
            "study.missing_file",
            Text(
                f"there is no study file {file}"
                + (f"; did you mean {hint[0]}?" if hint else "; walkshed init makes one"),
                f"找不到研究文件 {file}" + (f"；是否为 {hint[0]}？" if hint else "；可用 walkshed init 新建"),
            ),
            source,
        )
    except UnicodeDecodeError:
        text = Text("the file is not saved as UTF-8; save it as UTF-8", "文件不是 UTF-8 编码，请另存为 UTF-8")
        findings.fault("study.encoding", text, source)
    except tomllib.TOMLDecodeError as error:
        findings.fault(
            "study.syntax", Text(f"this is not valid TOML: {error}", f"TOML 语法有误：{error}"), source
        )
    except OSError as error:
        text = Text(f"the file cannot be read: {error}", f"无法读取文件：{error}")
        findings.fault("study.unreadable", text, source)
    return {}


def _study(schema: Any, file: Path, findings: Findings, source: Source) -> Study:  # noqa: ANN401 - pydantic is imported late
    base = file.parent
    table = schema.study
    profiles = _profiles(schema, findings, source)
    standards = _standards(schema, findings, source)
    reach = 2 * schema.streets.buffer_m
    for standard in standards:
        for profile in profiles:
            if standard.reach_m(profile) > reach:
                findings.fault(
                    "study.standard_too_long",
                    Text(
                        f"the standard {standard.name} is a walk of {standard.reach_m(profile):,.0f} m for {profile.name}, "
                        f"but with buffer_m = {schema.streets.buffer_m:g} walks are exact up to {reach:,.0f} m only; "
                        "shorten the standard or raise buffer_m in [streets]",
                        f"标准 {standard.name} 对 {profile.name} 为 {standard.reach_m(profile):,.0f} 米，而 buffer_m = "
                        f"{schema.streets.buffer_m:g} 时步行距离只在 {reach:,.0f} 米内准确；请缩短标准或在 [streets] 中增大 buffer_m",
                    ),
                    source.at(column="[[standards]]", value=standard.name),
                )
    if schema.streets.gates is None:
        findings.notice(
            "study.gates_default",
            Text(
                "[streets] gates is not set: walks ignore estates' walls and gates (open)",
                "[streets] 未设置 gates：步行不考虑小区围墙和大门（open）",
            ),
            source.at(column="[streets] gates"),
        )
    return Study(
        name=table.name,
        language=table.language,
        note=table.note,
        date=table.date or dt.date.today(),
        time=table.time or "",
        profiles=profiles or (ADULT,),
        standards=standards or DEFAULT_STANDARDS,
        streets=base / schema.streets.file,
        max_snap_m=schema.streets.max_snap_m,
        buffer_m=schema.streets.buffer_m,
        estates=_table(schema.estates, base),
        venues=_table(schema.venues, base),
        gates=_table(schema.gates, base) if schema.gates else None,
        levels=tuple(schema.estates.levels),
        weights=tuple(schema.estates.weights),
        output=base / schema.output.folder,
        write=tuple(part for part in PARTS if part in schema.output.write),
        file=file,
        parameters=schema.model_dump(mode="json", exclude_none=True),
    )


def _table(spec: Any, base: Path) -> TableSpec:  # noqa: ANN401
    return TableSpec(base / spec.file, spec.sheet, spec.crs, dict(spec.columns))


def _profiles(schema: Any, findings: Findings, source: Source) -> tuple[Profile, ...]:  # noqa: ANN401
    known = dict(PRESETS)
    for own in schema.profiles:
        try:
            known[own.name] = Profile(own.name, own.speed_mps)
        except ValueError as error:
            text = Text(str(error), f"步行速度 {own.speed_mps} 米/秒不合理，应在 0.1 至 3 之间，如 1.3")
            findings.fault("study.profile", text, source.at(column="[[profiles]]", value=own.name))
    chosen = []
    names = schema.study.profiles or ([own.name for own in schema.profiles] or ["adult"])
    for name in dict.fromkeys(names):
        where = source.at(column="[study] profiles", value=name)
        if name in known:
            chosen.append(known[name])
        elif name in LATER:
            findings.fault(
                "study.profile_later",
                Text(
                    f'the preset "{name}" needs stairs, crossings and lifts to be counted, which is not done yet; '
                    f'use "adult", or [[profiles]] with a name and speed_mps of your own',
                    f"预设“{name}”需要计入台阶、过街和电梯，目前尚未支持；请用 adult，或在 [[profiles]] 中自定名称和 speed_mps",
                ),
                where,
            )
        else:
            near = get_close_matches(name, [*known], n=1)
            hint = f'; did you mean "{near[0]}"?' if near else f"; there are {', '.join(known)}"
            findings.fault(
                "study.unknown_profile",
                Text(
                    f'there is no profile "{name}"{hint}', f"没有步行者类型“{name}”，可用：{'、'.join(known)}"
                ),
                where,
            )
    return tuple(chosen)


def _standards(schema: Any, findings: Findings, source: Source) -> tuple[Standard, ...]:  # noqa: ANN401
    standards: list[Standard] = []
    for number, own in enumerate(schema.standards, start=1):
        where = source.at(column=f"[[standards]] {number}", value=own.name)
        try:
            standard = Standard(own.name, own.minutes, own.metres, own.tier, own.kind)
        except ValueError as error:
            zh = "标准只能以分钟（minutes）或米（metres）之一表示，且须大于 0"
            findings.fault("study.standard", Text(str(error), zh), where)
            continue
        if any(standard.name == other.name for other in standards):
            text = Text(f'two standards are called "{standard.name}"', f"有两个标准都叫“{standard.name}”")
            findings.fault("study.standard_twice", text, where)
        standards.append(standard)
    return tuple(standards)
