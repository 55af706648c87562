"""A study drafted from OpenStreetMap alone: ``walkshed init DIR --place NAME`` or ``--pbf FILE [--within …]``."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from walkshed.errors import Finding, Findings, InputError, OutputError, Source, Text, input_error
from walkshed.places.draft_area import StudyArea, study_area
from walkshed.progress import silent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    import geopandas as gpd
    import pandas as pd

    from walkshed.errors import Language
    from walkshed.progress import Progress
    from walkshed.streets.kept_place import PlaceStreets
    from walkshed.web import Sent

LARGE_FILE_BYTES = 60_000_000
"""Files up to this size are copied whole; of larger ones the part around the area is cut out."""
_BUFFER_M = 3000.0


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A drafted study.

    Attributes
    ----------
    folder
        Where it is, ready to run.
    area
        The area it is of.
    estates, venues, gates
        What was found.
    notices
        What was left out or assumed.
    sent
        What was asked of whom.
    """

    folder: Path
    area: StudyArea
    estates: gpd.GeoDataFrame
    venues: gpd.GeoDataFrame
    gates: pd.DataFrame
    notices: tuple[Finding, ...]
    sent: tuple[Sent, ...] = field(default=())

    @property
    def headline(self) -> Text:
        """What was drafted, in one line."""
        households = float(self.estates["households"].sum())
        unknown = int(self.estates["households"].isna().sum())
        without = (
            Text(
                f" (none for {unknown} without mapped buildings)", f"（{unknown} 个小区没有建筑数据，未估算）"
            )
            if unknown
            else Text("", "")
        )
        return Text(
            f"{len(self.estates)} estates, about {households:,.0f} households by estimate{without.en}, "
            f"{len(self.venues)} candidate venues, {len(self.gates)} gates",
            f"{len(self.estates)} 个小区，估算约 {households:,.0f} 户{without.zh}，"
            f"{len(self.venues)} 个候选场所，{len(self.gates)} 个大门",
        )


def draft_study(
    folder: str | PathLike[str],
    *,
    place: str | None = None,
    pbf: str | PathLike[str] | None = None,
    within: str | PathLike[str] | None = None,
    language: Language = "zh",
    offline: bool = False,
    progress: Progress = silent,
) -> Draft:
    """Make a folder with a study drafted from OpenStreetMap: to be corrected in a spreadsheet program, ready to run.

    It holds the streets (a copy; of a file above 60 MB the part around the area), ``estates.xlsx`` with estimated
    households, ``venues.xlsx`` with candidate venues, ``gates.csv``, the outlines as GeoJSON and a ``study.toml``.

    Parameters
    ----------
    folder
        A folder that does not exist yet, or is empty.
    place
        A place to be asked for, as ``"荣巷街道, 无锡市"``; its name is all that is sent.
    pbf
        An OpenStreetMap file. Either this or ``place``.
    within
        With ``pbf``: the name of a place whose outline the file holds, or a layer of polygons.
    language
        Of the headers and the study.
    offline
        Ask nobody.
    progress
        Told what is being done.

    Raises
    ------
    InputError
        Both or neither of ``place`` and ``pbf``; no such area; nothing in it has a name.
    OutputError
        The folder holds files already, or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from walkshed.sample import sample_folder
    >>> draft = draft_study(tempfile.mkdtemp() + "/draft", pbf=sample_folder() / "streets.osm.pbf")
    >>> sorted(path.name for path in draft.folder.iterdir())
    ['estate_areas.geojson', 'estates.xlsx', 'gates.csv', 'streets.osm.pbf', 'study.toml', 'venues.xlsx']
    """
    target = Path(folder)
    findings = Findings(language)
    _check_target(target)
    _check_asked(place, pbf, within, language)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as part:
            made = _drafted(Path(part), place, pbf, within, findings, offline=offline, progress=progress)
            _moved(Path(part), target)
    except InputError as error:
        raise InputError(error.faults, language=language) from error
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{target} cannot be written: {error} · 无法写入文件夹") from error
    area, estates, venues, gates, sent = made
    return Draft(target, area, estates, venues, gates, tuple(findings.notices), tuple(sent))


def _check_target(target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise OutputError(
            f"{target} is a file, not a folder; choose a new folder · {target} 是文件，请另选文件夹"
        )
    if target.exists() and any(target.iterdir()):
        raise OutputError(f"{target} is not empty; choose a new folder · 文件夹不是空的，请另选一个新文件夹")


def _check_asked(place: str | None, pbf: object, within: object, language: Language) -> None:
    if (place is None) == (pbf is None):
        text = Text(
            "name either a place or a file of streets (--place or --pbf)", "请指定 --place 或 --pbf 其中之一"
        )
        raise input_error("draft.source", text, language=language)
    if place is not None and within is not None:
        text = Text(
            "--within goes with --pbf: a place brings its own outline",
            "--within 只与 --pbf 同用：--place 已有范围",
        )
        raise input_error("draft.source", text, language=language)


def _moved(part: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for path in sorted(part.iterdir()):
        if path.name != ".walkshed":
            shutil.move(str(path), str(target / path.name))


def _drafted(
    part: Path,
    place: str | None,
    pbf: str | PathLike[str] | None,
    within: str | PathLike[str] | None,
    findings: Findings,
    *,
    offline: bool,
    progress: Progress,
) -> tuple[StudyArea, gpd.GeoDataFrame, gpd.GeoDataFrame, pd.DataFrame, Sequence[Sent]]:
    from walkshed.deliver import draft_files as files
    from walkshed.osm_buildings import read_osm_buildings
    from walkshed.osm_gates import read_gate_nodes
    from walkshed.osm_names import read_named
    from walkshed.places.draft_estates import draft_estates
    from walkshed.places.draft_gates import draft_gates
    from walkshed.places.draft_venues import draft_venues

    streets = part / files.STREETS
    if place is not None:
        kept = _fetched(place, part, offline=offline, progress=progress)
        findings.notices.append(kept.notice)
        shutil.copyfile(kept.path, streets)
        named = read_named(streets)
        area = StudyArea(place, kept.polygon, kept.ref)
        shown, day, sent = f"{kept.found} ({kept.ref})", kept.snapshot, kept.sent
    else:
        file = Path(str(pbf))
        named = read_named(file)
        area = study_area(within if within is None else str(within), named=named, file=file.name)
        _take_streets(file, streets, area, findings)
        shown, day, sent = file.name, _day(streets), ()
    progress(Text("reading buildings", "读取建筑"))
    box = None if area.shape is None else tuple(area.shape.bounds)
    estates = draft_estates(
        named, read_osm_buildings(streets, box=box, findings=findings), within=area.shape, findings=findings
    )
    if not len(estates):
        raise _nothing_named(area, shown)
    venues = draft_venues(named, within=area.shape)
    gates = draft_gates(estates, read_gate_nodes(streets, box=box))
    _tell(venues, named, area, findings)
    made = (area, estates, venues, gates, sent)
    _write(part, made, shown, day, findings)
    return made


def _fetched(place: str, part: Path, *, offline: bool, progress: Progress) -> PlaceStreets:
    from walkshed.streets.place import fetch_place

    return fetch_place(
        place, cache=part / ".walkshed", offline=offline, buffer_m=_BUFFER_M, progress=progress
    )


def _take_streets(file: Path, streets: Path, area: StudyArea, findings: Findings) -> None:
    """Put the streets into the study: a copy, so that the study is whole; of a large file the part that matters."""
    import numpy as np

    large = file.stat().st_size > LARGE_FILE_BYTES
    if (not large or area.shape is None) and file.name.lower().endswith(".pbf"):
        shutil.copyfile(file, streets)
        return
    from walkshed.osm_clip import clip_osm

    if area.shape is None:
        box = (-180.0, -90.0, 180.0, 90.0)  # only to write it in the one format that studies are given
    else:
        west, south, east, north = area.shape.bounds
        up = _BUFFER_M / 110_000
        side = up / max(0.05, float(np.cos(np.radians(max(abs(south), abs(north))))))
        box = (west - side, south - up, east + side, north + up)
    clip_osm(file, streets, box=box)
    if area.shape is not None:
        text = Text(
            f"the part within {_BUFFER_M / 1000:g} km of the area was cut out of {file.name}",
            f"已从 {file.name} 中截取范围外 {_BUFFER_M / 1000:g} 公里以内的部分",
        )
        findings.notice("draft.clipped", text, Source(file.name))


def _day(streets: Path) -> str:
    from walkshed.osm_file import snapshot_of

    return snapshot_of(streets)


def _nothing_named(area: StudyArea, shown: str) -> Exception:
    where = f' in "{area.name}"' if area.name else ""
    zh = f"“{area.name}”内" if area.name else "其中"
    text = Text(
        f"nothing{where} that people live in has a name: no estate can be drafted; walkshed init --empty gives blank tables",
        f"{zh}没有带名称的居住用地、住宅或地段，无法起草；可用 walkshed init --empty 获取空白表",
    )
    return input_error("draft.nothing", text, Source(shown))


def _tell(venues: gpd.GeoDataFrame, named: gpd.GeoDataFrame, area: StudyArea, findings: Findings) -> None:
    if not len(venues):
        text = Text(
            "no candidate venue was found; venues.xlsx holds one row to overwrite, which counts for nothing",
            "未找到候选场所；venues.xlsx 中只有一行供改写，不计入结果",
        )
        findings.notice("draft.no_venues", text)
    if area.shape is None:
        text = Text(
            "the whole file is the study's area; --within narrows it to a place or a layer of polygons",
            "以整个文件为研究范围；可用 --within 指定地名或面图层",
        )
        findings.notice("draft.whole_file", text)
    if not (named.geometry[named["group"] == "community"].geom_type != "Point").any():
        text = Text(
            "the file holds no outline of a community; fill in the column of communities by hand",
            "文件中没有社区边界，请手工填写社区列",
        )
        findings.notice("draft.no_communities", text)


def _write(part: Path, made: tuple[Any, ...], shown: str, day: str, findings: Findings) -> None:
    from walkshed.deliver import draft_files as files

    language = findings.language
    area, estates, venues, gates, _ = made
    zh = language == "zh"
    files.write_table(
        part / files.ESTATES, files.estate_columns(estates, language), sheet="小区" if zh else "estates"
    )
    files.write_table(
        part / files.VENUES, files.venue_columns(venues, language), sheet="场所" if zh else "venues"
    )
    files.write_gates(part / files.GATES, gates, language=language)
    areal = estates[estates.geometry.geom_type.isin(["Polygon", "MultiPolygon"])]
    files.write_outlines(
        part / files.OUTLINES,
        [
            ({"estate_id": str(i), "name": n}, s)
            for i, n, s in zip(areal.index, areal["name"], areal.geometry, strict=True)
        ],
    )
    if area.shape is not None:
        files.write_outlines(part / files.BOUNDARY, [({"name": area.name, "ref": area.ref}, area.shape)])
    dated = f", {day[:10]}" if day else ""
    source = [
        f"Draft from OpenStreetMap: {shown}{dated} · © OpenStreetMap contributors, ODbL",
        f"由 OpenStreetMap 起草：{shown}{dated} · © OpenStreetMap 贡献者，ODbL",
        *(f"· {notice.in_(language)}" for notice in findings.notices),
    ]
    title = area.name or Path(shown).name.partition(".")[0]
    text = files.study_toml(
        name=f"{title}（草稿）" if zh else f"{title} (draft)", language=language, source=source,
        gates=bool(len(gates)), venues=bool(len(venues)), boundary=area.shape is not None,
    )  # fmt: skip
    (part / files.STUDY).write_text(text, encoding="utf-8", newline="\n")
