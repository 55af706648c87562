"""A study: what ``study.toml`` says, checked and in the library's own terms."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from walkshed.crs import WGS84
from walkshed.errors import Findings, Language, Text
from walkshed.places.settings import PlacesSettings
from walkshed.profiles import ADULT, PRESETS, Profile
from walkshed.scenarios.scenario import CHANGES, Scenario, check_scenarios, folder_names, one_line
from walkshed.standards import DEFAULT_STANDARDS, Standard
from walkshed.streets.ahead import LARGE_FILE_BYTES
from walkshed.streets.line_layer import LineLayer
from walkshed.walls.hours import minute_of
from walkshed.web import public_url

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from walkshed.profiles import Slope
    from walkshed.siting.config import Siting
    from walkshed.study_schema import StudyFile
    from walkshed.walking.layers import Policy

Start = Literal["point", "buildings", "gates"]
Part = Literal["tables", "layers", "catchments", "map", "workbook", "parquet", "surface", "print", "document"]
ALL_PARTS: tuple[Part, ...] = (
    "tables", "layers", "catchments", "map", "workbook", "parquet", "surface", "print", "document",
)  # fmt: skip
"""What a run can write."""
PARTS: tuple[Part, ...] = ALL_PARTS[:5]
"""What a run writes unless it is told otherwise."""


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
    map_approval
        The number under which its maps were approved (审图号); "" for a working sketch.
    date
        The day the study speaks of: venues that open later do not count.
    profiles, standards
        Who walks, and how far is near enough.
    time
        The time of day the study speaks of, as ``"10:00"``; "" where gates count as open at all hours.
    streets, estates, venues, gates, buildings, checks
        The inputs; the last three may be None.
    capacity, need
        What the venues' room is counted in, ``"places"`` or ``"m2"``, "" where everybody may go to the nearest; and what one
        unit of demand takes of it (0.3 m² or 1 place where None).
    osm_buildings
        Whether the streets' own file says where the buildings stand.
    policy
        Who passes an estate's gates: ``"open"``, ``"residents"`` or ``"closed"``.
    start
        Where residents set out: ``"point"``, ``"buildings"`` or ``"gates"``.
    speed_range
        Walkers are taken to be so much faster or slower, as a share of their speed.
    places
        How rows without coordinates are looked for.
    repairs, dem
        A planner's corrections of the streets, and a raster of heights; both may be None.
    max_snap_m, buffer_m
        How far a place may lie from a street; how far around the places streets are read.
    levels, weights
        The columns to add up by, and further columns of counts.
    output, write
        The folder of the results, and which of them to write.
    community_maps
        Which printed maps each community gets.
    siting, rooms
        What is asked of siting, and the table of candidate rooms; both may be None.
    scenarios
        What would be different, and is compared with the study as it is.
    place
        The named place whose streets are asked for, where no file is given.
    lines
        How to read streets that are a line layer.
    file
        The study file, where there is one.
    """

    name: str
    streets: Path
    estates: TableSpec
    venues: TableSpec
    capacity: Literal["", "places", "m2"] = ""
    need: float | None = None
    gates: TableSpec | None = None
    buildings: TableSpec | None = None
    osm_buildings: bool = False
    checks: TableSpec | None = None
    language: Language = "zh"
    note: str = ""
    map_approval: str = ""
    date: dt.date = field(default_factory=dt.date.today)
    time: str = ""
    profiles: tuple[Profile, ...] = (ADULT,)
    standards: tuple[Standard, ...] = DEFAULT_STANDARDS
    policy: Policy = "residents"
    start: Start = "point"
    speed_range: float = 0.10
    repairs: Path | None = None
    dem: Path | None = None
    places: PlacesSettings = field(default_factory=PlacesSettings)
    max_snap_m: float = 150.0
    buffer_m: float = 3000.0
    levels: tuple[str, ...] = ("community", "area")
    weights: tuple[str, ...] = ()
    output: Path = Path("out")
    write: tuple[str, ...] = PARTS
    community_maps: tuple[str, ...] = ("coverage",)
    place: str = ""
    siting: Siting | None = None
    scenarios: tuple[Scenario, ...] = ()
    rooms: TableSpec | None = None
    lines: LineLayer = field(default_factory=LineLayer)
    file: Path | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The folder the study lives in; its cache is the folder's ``.walkshed``."""
        return self.file.parent if self.file else self.estates.file.parent

    @property
    def cache(self) -> Path:
        """The folder in which networks and answers are kept."""
        return self.folder / ".walkshed"

    @property
    def reads_part(self) -> bool:
        """Whether only the part of the street file around the places is read."""
        return self.streets.is_file() and self.streets.stat().st_size > LARGE_FILE_BYTES

    def build_streets_ahead(self) -> None:
        """Start a second process that builds the network, where that is worth it."""
        from walkshed.streets.ahead import start

        if not self.place and not self.reads_part:
            start(self.streets, cache=self.cache)

    def _repr_html_(self) -> str:
        from html import escape

        rows = {
            "streets": self.place or self.streets.name,
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

    Examples
    --------
    >>> import walkshed, tempfile
    >>> study = walkshed.read_study(walkshed.init_study(tempfile.mkdtemp() + "/ronghang"))
    >>> study.name, study.streets.name, [standard.name for standard in study.standards]
    ('荣巷街道（示意）', 'streets.osm.pbf', ['5 min', '10 min', '15 min', '300 米（片区活动中心）'])
    """
    file = Path(path)
    file = file / "study.toml" if file.is_dir() else file
    from walkshed.study_schema import checked, parse_study

    own = Findings()
    source, data = parse_study(file, own)
    own.raise_faults()
    language = data.get("study", {}).get("language") if isinstance(data.get("study"), dict) else None
    own.language = "en" if language == "en" else "zh"
    schema = checked(data, own, source)
    own.raise_faults()
    study = _study(schema, file, own, source)
    own.raise_faults()
    if findings is not None:
        findings.language = own.language
        findings.notices.extend(own.notices)
    return study


def _study(schema: Any, file: Path, findings: Findings, source: StudyFile) -> Study:
    base = file.parent
    table = schema.study
    profiles = _profiles(schema, findings, source)
    standards = _standards(schema, findings, source)
    _check_time(table.time, findings, source)
    start = _start(schema, findings, source)
    study = Study(
        name=table.name,
        language=table.language,
        note=table.note,
        map_approval=table.map_approval,
        date=table.date or dt.date.today(),  # noqa: DTZ011 - the planner's own day is meant
        time=table.time or "",
        profiles=profiles,
        standards=standards,
        streets=base / schema.streets.file if schema.streets.file else Path(),
        place=schema.streets.place or "",
        lines=LineLayer(schema.streets.layer, schema.streets.tolerance_m, schema.streets.cross),
        places=_places(schema.places, base),
        max_snap_m=schema.streets.max_snap_m,
        buffer_m=schema.streets.buffer_m,
        estates=_table(schema.estates, base),
        venues=_table(schema.venues, base),
        capacity=schema.venues.capacity,
        need=_need(schema, findings, source),
        gates=_table(schema.gates, base) if schema.gates else None,
        buildings=_table(schema.buildings, base) if schema.buildings and schema.buildings.file else None,
        osm_buildings=bool(schema.buildings and schema.buildings.source),
        checks=_table(schema.checks, base) if schema.checks else None,
        policy=schema.streets.gates,
        start=start,
        speed_range=table.speed_range,
        repairs=base / schema.streets.repairs if schema.streets.repairs else None,
        dem=base / schema.streets.dem if schema.streets.dem else None,
        siting=_siting(schema),
        scenarios=_scenarios(schema, base, findings, source),
        rooms=_table(schema.siting, base) if schema.siting and schema.siting.file else None,
        levels=tuple(schema.estates.levels),
        weights=tuple(schema.estates.weights),
        output=base / schema.output.folder,
        write=tuple(part for part in ALL_PARTS if part in schema.output.write),
        community_maps=tuple(schema.output.community_maps),
        file=file,
        parameters=_shown(schema),
    )
    if study.siting is not None:
        from walkshed.siting.config import check_siting

        check_siting(
            study.siting, findings, standards=study.standards, profiles=study.profiles,
            at=lambda key, value="": source.at("siting", key, value=value),
        )  # fmt: skip
    if not findings.faults:
        _check_reach(study, len(schema.standards), findings, source)
    return study


def _check_time(time: str | None, findings: Findings, source: StudyFile) -> None:
    if time and minute_of(time) is None:
        text = Text('should be a time of day, as "10:00"', "应为一天中的时刻，如 “10:00”")
        findings.fault("study.time", text, source.at("study", "time", value=time))


def _start(schema: Any, findings: Findings, source: StudyFile) -> Start:
    """Return where residents set out; from buildings only where the study has some."""
    given, asked = schema.buildings, schema.estates.start
    if given is not None and (given.file is None) == (given.source is None):
        text = Text(
            'buildings come from a "file", or with source = "osm" from the street file: write one of the two',
            "建筑来自“file”（表格），或以 source = “osm” 取自路网文件：两者写其一",
        )
        findings.fault("study.buildings", text, source.at("buildings"))
    if asked == "buildings" and given is None:
        text = Text(
            'start = "buildings" needs a section [buildings] with a file or source = "osm"',
            "start = “buildings” 需要 [buildings] 一节（file 或 source = “osm”）",
        )
        findings.fault("study.start", text, source.at("estates", "start", value=asked))
    return asked or ("buildings" if given is not None else "point")


def _shown(schema: Any) -> dict[str, Any]:
    """Return what was asked for as it may be recorded: a server's address without user and password."""
    said: dict[str, Any] = schema.model_dump(mode="json", exclude_none=True)
    for own in said.get("places", {}).get("options", {}).values():
        if "url" in own:
            own["url"] = public_url(str(own["url"]))
    return said


def _places(spec: Any, base: Path) -> PlacesSettings:
    return PlacesSettings(
        tuple(spec.providers), base / spec.known if spec.known else None, spec.known_crs,
        base / spec.communities if spec.communities else None, spec.city, spec.options,
    )  # fmt: skip


def _siting(schema: Any) -> Siting | None:
    """Return the section [siting] in the library's own terms."""
    if schema.siting is None:
        return None
    from walkshed.siting.config import KEYS, Siting

    return Siting(rooms=bool(schema.siting.file), **{key: getattr(schema.siting, key) for key in KEYS})


def _scenarios(schema: Any, base: Path, findings: Findings, source: StudyFile) -> tuple[Scenario, ...]:
    """Return the scenarios, each with the places of its keys."""
    names = [one_line(own.name) for own in schema.scenarios]
    found = []
    for number, (own, name, folder) in enumerate(
        zip(schema.scenarios, names, folder_names(names), strict=True)
    ):
        found.append(Scenario(
            name, tuple(own.open), tuple(own.close), {key: (x, y) for key, (x, y) in own.move.items()},
            base / own.add if own.add else None, tuple(own.open_gates), tuple(own.close_gates),
            base / own.repairs if own.repairs else None, base / own.estates if own.estates else None,
            dict(own.columns), own.cost, folder,
            {key: source.at("scenarios", number, key) for key in ("name", *CHANGES, "cost")},
        ))  # fmt: skip
    check_scenarios(
        found, findings, at=lambda number, key, value: source.at("scenarios", number, key, value=value)
    )
    return tuple(found)


def _need(schema: Any, findings: Findings, source: StudyFile) -> float | None:
    """Return what one unit of demand takes of a venue's room, which only a study with capacities asks for."""
    if schema.venues.need is not None and not schema.venues.capacity:
        text = Text(
            'has no effect without capacity = "places" or "m2"', "须与 capacity（places 或 m2）一起使用"
        )
        findings.fault("study.value", text, source.at("venues", "need", value=schema.venues.need))
    need: float | None = schema.venues.need
    return need


def _table(spec: Any, base: Path) -> TableSpec:
    crs = getattr(spec, "crs", WGS84)  # walks that were timed have no coordinates
    return TableSpec(base / spec.file, spec.sheet, crs, dict(spec.columns))


def _profiles(schema: Any, findings: Findings, source: StudyFile) -> tuple[Profile, ...]:
    known: dict[str, Profile | None] = dict(PRESETS)
    for number, own in enumerate(schema.profiles):
        if any(own.name == other.name for other in schema.profiles[:number]):
            text = Text(f'two profiles are called "{own.name}"', f"有两种步行者都叫“{own.name}”")
            findings.fault("study.profile_twice", text, source.at("profiles", number, "name", value=own.name))
            continue
        try:
            known[own.name] = Profile(
                own.name, own.speed_mps, own.stairs_up_mps, own.stairs_down_mps, own.crossing_s, own.signal_s,
                own.gate_s, own.lift_s, _slope(own.slope), own.step_free, own.people.strip(),
            )  # fmt: skip
        except ValueError as error:
            _tell_profile(number, own, str(error), findings, source)
            known[own.name] = None
    for number, own in enumerate(schema.profiles):
        if own.slope is not None and schema.streets.dem is None:
            text = Text(
                f'the slope of "{own.name}" has no effect: no heights are given; name a raster, [streets] dem = "heights.tif"',
                f"“{own.name}”的坡度不起作用：没有高程数据；请在 [streets] 中写 dem = “heights.tif”",
            )
            findings.notice("study.slope_unused", text, source.at("profiles", number, "slope"))
    chosen = []
    names = schema.study.profiles or ([own.name for own in schema.profiles] or ["adult"])
    for name in dict.fromkeys(names):
        if name in known:
            chosen.append(known[name])
        else:
            _tell_no_profile(name, known, findings, source)
    return tuple(profile for profile in chosen if profile is not None)


def _tell_profile(number: int, own: Any, said: str, findings: Findings, source: StudyFile) -> None:
    """Say which number of a profile is none that a walker has."""
    field = next((word for word in _PROFILE_FIELDS if said.startswith(word)), "")
    text = Text(said, f"数值不合理：{said}")
    if not 0.1 <= own.speed_mps <= 3:
        field = "speed_mps"
        text = Text(said, f"步行速度 {own.speed_mps:g} 米/秒不合理，应在 0.1 至 3 之间，如 1.3")
    elif field.startswith("stairs"):
        text = Text(said, f"应在 0.05 米/秒与平地步速 {own.speed_mps:g} 米/秒之间")
    elif field.endswith("_s"):
        text = Text(said, "应在 0 至 900 秒之间")
    elif "slope" in said:
        field = "slope"
        text = Text(
            said, "应为 “tobler”，或成对的坡度与平地步速之比，坡度由小到大，如 [[-0.1, 1.0], [0.1, 0.8]]"
        )
    value = getattr(own, field, own.name) if field and field != "slope" else own.name
    shown = f"{value:g}" if isinstance(value, float) else value
    where = (
        source.at("profiles", number, field, value=shown)
        if field
        else source.at("profiles", number, value=shown)
    )
    findings.fault("study.profile", text, where)


_PROFILE_FIELDS = (
    "speed_mps",
    "stairs_up_mps",
    "stairs_down_mps",
    "crossing_s",
    "signal_s",
    "gate_s",
    "lift_s",
)


def _slope(slope: Any) -> Slope:
    return (
        tuple((pair[0], pair[1]) if len(pair) == 2 else tuple(pair) for pair in slope)
        if isinstance(slope, list)
        else slope
    )


def _tell_no_profile(name: str, known: Mapping[str, object], findings: Findings, source: StudyFile) -> None:
    where = source.at("study", "profiles", value=name)
    near = get_close_matches(name, [*known], n=1)
    en = f'; did you mean "{near[0]}"?' if near else f"; there are {', '.join(known)}"
    zh = f"；是否为“{near[0]}”？" if near else f"；可用：{'、'.join(known)}"
    text = Text(f'there is no profile "{name}"{en}', f"没有步行者类型“{name}”{zh}")
    findings.fault("study.unknown_profile", text, where)


def _standards(schema: Any, findings: Findings, source: StudyFile) -> tuple[Standard, ...]:
    standards: list[Standard] = []
    for number, own in enumerate(schema.standards):
        wrong = _wrong_length(own.minutes, own.metres)
        if wrong is not None:
            findings.fault("study.standard", wrong, source.at("standards", number, value=own.name))
            continue
        standard = Standard(own.name, own.minutes, own.metres, own.tier, own.kind)
        if any(standard.name == other.name for other in standards):
            text = Text(
                f'two standards are called "{standard.name}"', f"有两个标准都叫“{standard.label('zh')}”"
            )
            findings.fault("study.standard_twice", text, source.at("standards", number))
        standards.append(standard)
    return tuple(standards) if schema.standards else DEFAULT_STANDARDS


def _wrong_length(minutes: float | None, metres: float | None) -> Text | None:
    if minutes is not None and metres is not None:
        return Text(
            f"has both minutes ({minutes:g}) and metres ({metres:g}), which are two criteria; "
            "keep one, or write two [[standards]]",
            f"同时写了 minutes（{minutes:g}）和 metres（{metres:g}）；这是两种不同的尺度，请只留一种，或写成两个 [[standards]]",
        )
    length = metres if minutes is None else minutes
    if length is None:
        return Text(
            "has neither minutes nor metres; write one, as minutes = 5",
            "没有写 minutes 或 metres；请写其一，如 minutes = 5",
        )
    if length <= 0:
        return Text(f"should be longer than 0, not {length:g}", f"应大于 0，而不是 {length:g}")
    return None


def _check_reach(study: Study, own: int, findings: Findings, source: StudyFile) -> None:
    """Refuse standards that are longer than the streets read allow; ``own`` of them stand in the file."""
    reach = 2 * study.buffer_m
    for number, standard in enumerate(study.standards):
        for profile in study.profiles:
            walk = standard.metres or standard.limit * 60 * profile.most_mps
            if walk <= reach:
                continue
            text = Text(
                f"the standard {standard.label('en')} is a walk of {walk:,.0f} m for {profile.label('en')}, but with "
                f"buffer_m = {study.buffer_m:g} walks are exact up to {reach:,.0f} m only; "
                f"shorten the standard or set buffer_m = {walk / 2:.0f} or more in [streets]",
                f"标准“{standard.label('zh')}”对{profile.label('zh')}为 {walk:,.0f} 米，而 buffer_m = {study.buffer_m:g} "
                f"时步行距离只在 {reach:,.0f} 米内准确；请缩短标准，或在 [streets] 中把 buffer_m 设为 {walk / 2:.0f} 以上",
            )
            where = (
                source.at("standards", number, value=standard.name)
                if own
                else source.at("streets", "buffer_m")
            )
            findings.fault("study.standard_too_long", text, where)
