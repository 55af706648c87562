"""Printed maps: A3 sheets of the study and of each community, as PDF and as PNG with 300 dots an inch.

Sheets show the first walker and the standards that share the first scale of colours, with the colours and classes of
the interactive map. North is up, the scale is round and true on the printed sheet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.deliver import print_words as words
from walkshed.deliver.palette import INK, PAPER
from walkshed.deliver.print_data import PrintData, middle_of, print_data
from walkshed.deliver.print_labels import plain
from walkshed.deliver.print_style import (
    A3,
    FIGURE,
    MM_PER_INCH,
    Paper,
    forget_ground,
    missing,
    png_of,
    save,
    settings,
)  # fmt: skip
from walkshed.errors import Finding, Text
from walkshed.report.summary import BLANK

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    import geopandas as gpd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from walkshed.result import StudyResult

    _Box = tuple[float, float, float, float]

THEMES = ("coverage", "catchments", "gaps")
COMMUNITY_SHEETS = (*THEMES, "proposals", "scenarios")
"""The sheets that a community can have; by default it has the first."""
DPI, FIGURE_DPI = 300, 170
MOST_PICTURES = 6
"""So many scenarios get a picture in the document; all have a sheet."""


def print_maps(
    result: StudyResult,
    folder: Path,
    *,
    communities: Collection[str] = ("coverage",),
    approval: str = "",
    dpi: int = DPI,
) -> list[Path]:
    """Write the printed maps of a run.

    Parameters
    ----------
    result
        What was run.
    folder
        Where to write; it is made if it is not there.
    communities
        Which sheets each community gets: any of :data:`COMMUNITY_SHEETS`.
    approval
        The map's approval number (审图号); without one the sheet says that it is a working sketch.
    dpi
        Dots an inch of the PNG.

    Returns
    -------
    list of Path
        The files: ``coverage``, ``catchments`` and ``gaps`` of the study, ``proposals`` where it has any,
        ``communities/NN-name`` (coverage) and ``communities/NN-name-theme``, and where there are scenarios
        ``scenarios/00-as_it_is`` and ``scenarios/NN-name``, each as ``.pdf`` and ``.png``. Empty where nothing can be
        printed; :func:`print_notices` says why.

    Examples
    --------
    >>> import walkshed, tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> result = walkshed.run(walkshed.init_study(folder / "ronghang"))
    >>> files = print_maps(result, folder / "prints", communities=(), dpi=50)
    >>> [file.name for file in files][:2]
    ['coverage.pdf', 'coverage.png']
    """
    data = data_of(result)
    if data is None or _missing(result) is not None:
        return []
    every = _Every(data, data_after(result), scenario_data(result))
    written = []
    for name, shown, theme, unit, ground in _sheets(every, communities):
        with _settings():
            figure = sheet(
                shown, theme=theme, unit=unit, ground=ground, approval=approval, source=source_line(result)
            )
            written += _saved(figure, folder / name, dpi)
    forget_ground()
    return written


@dataclass(frozen=True, slots=True, eq=False)
class _Every:
    """What the sheets of a run draw: the study, the proposal, and the pairs of the scenarios."""

    data: PrintData
    after: PrintData | None
    pairs: list[PrintData]

    def of(self, theme: str, unit: str) -> Iterator[tuple[str, PrintData, str, _Box | None]]:
        """Yield name, data, theme and ground of the sheets of a theme, for a community or the whole study."""
        if theme == "scenarios":
            pairs = [one for one in self.pairs if not unit or (one.communities == unit).any()]
            digits = max(2, len(str(len(self.pairs))))
            for one in pairs if len(pairs) > 1 else []:
                number = self.pairs.index(one)
                name = _file_name(one.scenario) if number else "as_it_is"
                theme = "scenario" if number else "as_it_is"
                yield f"{number:0{digits}}-{name}", one, theme, ground_of(pairs, unit)
        elif theme != "proposals":
            yield theme, self.data, theme, None
        elif self.after is not None and (not unit or (self.after.communities == unit).any()):
            yield theme, self.after, theme, None


def _sheets(
    every: _Every, communities: Collection[str]
) -> Iterator[tuple[str, PrintData, str, str, _Box | None]]:
    """Yield file, data, theme, community and ground of every sheet of a run."""
    for theme in (*THEMES, "proposals"):
        for name, data, drawn, ground in every.of(theme, ""):
            yield name, data, drawn, "", ground
    units = _printable(every.data)
    digits = max(2, len(str(len(units))))
    for number, unit in enumerate(units, start=1):
        stem = f"communities/{number:0{digits}}-{_file_name(unit)}"
        for theme in (one for one in COMMUNITY_SHEETS if one in communities):
            for name, data, drawn, ground in every.of(theme, unit):
                yield stem if theme == "coverage" else f"{stem}-{name}", data, drawn, unit, ground
    for name, data, drawn, ground in every.of("scenarios", ""):
        yield f"scenarios/{name}", data, drawn, "", ground


def _saved(figure: Figure, path: Path, dpi: int) -> list[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return [save(figure, path.with_name(f"{path.name}{ending}"), dpi=dpi) for ending in (".pdf", ".png")]


def print_notices(result: StudyResult) -> list[Finding]:
    """Return why printed maps, or those of some communities, are left out."""
    lacking = _missing(result)
    if lacking is not None:
        return [lacking]
    lon = result.estates["lon"].to_numpy(dtype=float)
    if not np.isfinite(lon).any():
        return [Finding("print.no_place", words.NOTHING)]
    names = _communities(
        result.estates["community"].fillna("").astype(str).str.strip().to_numpy(dtype=object)
    )
    placed = set(names[np.isfinite(lon)])
    return [
        Finding(
            "print.no_place",
            Text(*(text.format(unit=unit) for text in (words.NO_PLACE.en, words.NO_PLACE.zh))),
        )
        for unit in dict.fromkeys(names)
        if unit not in placed and unit != BLANK
    ]


def map_pictures(result: StudyResult) -> list[tuple[str, bytes]]:
    """Return title and PNG of the study's maps as pictures for a document; none where nothing can be drawn."""
    data = data_of(result)
    if data is None or _missing(result) is not None:
        return []
    pictures = []
    for theme in THEMES:
        with _settings():
            figure = sheet(data, theme=theme, paper=FIGURE)
            pictures.append((words.TITLES[theme].in_(data.language), png_of(figure, dpi=FIGURE_DPI)))
    return pictures


def data_after(result: StudyResult) -> PrintData | None:
    """Return what the sheet of the proposals draws: the same classes, walked again with the plan open; None without."""
    after = result.proposed
    if after is None:
        return None
    study = result.study
    new = set(after.venues_after.index) - set(result.venues.index)
    return print_data(
        estates=result.estates, venues=after.venues_after, coverage=after.coverage_after,
        venue_table=result.venue_table, summary=after.summary_after, network=result.network, profiles=study.profiles,
        standards=study.standards, language=study.language, date=study.date, study_name=study.name, note=study.note,
        boundaries=result.access.walls.boundaries.polygon if result.access.walls is not None else None,
        proposed=sorted(new),
    )  # fmt: skip


def scenario_data(result: StudyResult) -> list[PrintData]:
    """Return what the sheets of the scenarios draw, the study as it is first; none where there is no scenario.

    All have the same classes and colours, and no edge of the catchments, which are drawn for the study as it is only.
    """
    if not result.scenarios:
        return []
    found = [_data(result, merged=None)]
    if found[0] is None:
        return []
    for one in result.scenarios.values():
        new = [ident for ident, what in one.venue_changes.items() if what in {"new", "opened"}]
        found.append(
            _data(one.result, merged=None, proposed=new, scenario=one.name, middle=middle_of(result.estates))
        )
    return [data for data in found if data is not None]


def ground_of(sheets: Sequence[PrintData], unit: str = "") -> _Box:
    """Return the ground that holds what each of some sheets shows, so that they can be laid on each other."""
    focus = [
        data.communities == unit if unit else np.ones(len(data.communities), dtype=bool) for data in sheets
    ]
    boxes = np.array([_ground_box(data, one) for data, one in zip(sheets, focus, strict=True)])
    west, south = boxes[:, :2].min(axis=0).tolist()
    east, north = boxes[:, 2:].max(axis=0).tolist()
    return west, south, east, north


def scenario_pictures(result: StudyResult) -> list[tuple[str, bytes]]:
    """Return title and PNG of the study as it is and in each scenario, with the same ground and classes."""
    pairs = scenario_data(result)
    if not pairs or _missing(result) is not None:
        return []
    pictures = []
    for number, data in enumerate(pairs[: 1 + MOST_PICTURES]):
        theme = "scenario" if number else "as_it_is"
        with _settings():
            figure = sheet(data, theme=theme, paper=FIGURE, ground=ground_of(pairs))
            said = words.TITLES[theme].in_(data.language).format(name=data.scenario)
            pictures.append((said, png_of(figure, dpi=FIGURE_DPI)))
    return pictures


def data_of(result: StudyResult) -> PrintData | None:
    """Return what the sheets of a run draw; None if no estate has a place."""
    return _data(result, merged=result.catchments.merged)


def _data(
    result: StudyResult,
    *,
    merged: gpd.GeoDataFrame | None,
    proposed: Collection[str] = (),
    scenario: str = "",
    middle: tuple[float, float] | None = None,
) -> PrintData | None:
    study = result.study
    return print_data(
        estates=result.estates, venues=result.venues, coverage=result.coverage, venue_table=result.venue_table,
        summary=result.summary, network=result.network, profiles=study.profiles, standards=study.standards,
        language=study.language, date=study.date, study_name=study.name, note=study.note,
        boundaries=result.access.walls.boundaries.polygon if result.access.walls is not None else None,
        merged=merged, proposed=proposed, scenario=scenario, middle=middle,
    )  # fmt: skip


def sheet(
    data: PrintData,
    *,
    theme: str = "coverage",
    unit: str = "",
    paper: Paper = A3,
    approval: str = "",
    source: str = "",
    ground: _Box | None = None,
) -> Figure:
    """Draw one sheet.

    Parameters
    ----------
    data
        What :func:`walkshed.deliver.print_data.print_data` returned.
    theme
        ``"coverage"`` (estates by class), ``"catchments"`` (ground within reach) or ``"gaps"`` (who is beyond the
        first standard, numbered), ``"proposals"`` (as coverage, with the plan open), ``"as_it_is"`` or ``"scenario"``.
    unit
        A community; "" shows the whole study.
    paper
        The sheet; a picture for a document has no title and foot.
    approval, source
        The approval number, and the line that says where the streets come from.
    ground
        What to show, in the metres of ``data``; what is drawn by default.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from walkshed.deliver import print_draw as draw
    from walkshed.deliver import print_panel as panel
    from walkshed.deliver import print_shapes as shapes

    focus = data.communities == unit if unit else np.ones(len(data.communities), dtype=bool)
    view = draw.view_of(ground or _ground_box(data, focus), paper, free_mm=12 if paper.name else 4)
    figure = Figure(figsize=(paper.width_mm / MM_PER_INCH, paper.height_mm / MM_PER_INCH), facecolor="white")
    FigureCanvasAgg(figure)
    left, bottom, width, height = paper.map_box_mm
    box = (left / paper.width_mm, bottom / paper.height_mm, width / paper.width_mm, height / paper.height_mm)
    axes = figure.add_axes(box, facecolor=PAPER, xticks=[], yticks=[])
    west, south, east, north = view.extent
    axes.set(xlim=(west, east), ylim=(south, north), autoscale_on=False)
    for side in axes.spines.values():
        side.set(color=INK, linewidth=0.8, zorder=20)
    shapes.draw_ground(axes, data, lines_only=theme != "catchments")
    shapes.draw_base(axes, data, view)
    shapes.draw_estates(axes, data, view, theme=theme, focus=focus)
    shapes.draw_venues(axes, data)
    furniture = draw.draw_furniture(axes, data, view)
    left_out = draw.draw_names(
        axes, data, view, theme=theme, focus=focus, furniture=furniture, few=not paper.name
    )
    panel.legend(figure, data, paper, theme=theme, unit=unit, focus=focus, left_out=left_out)
    if paper.name:
        panel.title(figure, data, paper, theme=theme, unit=unit)
        panel.foot(figure, data, paper, denominator=view.denominator, source=source, approval=approval)
    return figure


def source_line(result: StudyResult) -> str:
    """Return where the streets come from: OpenStreetMap with its licence, or the study's own layer by its name."""
    language = result.study.language
    name = result.network.name or result.study.place or result.study.streets.name
    own = re.search(r"\.(osm|pbf|osm\.gz|osm\.bz2)$", name.lower()) is None and not result.study.place
    line = (words.OWN_STREETS if own else words.ATTRIBUTION).in_(language).format(name=plain(name))
    day = result.network.snapshot[:10]
    return f"{line} · {words.SNAPSHOT.in_(language).format(day=day)}" if day else line


def _ground_box(data: PrintData, focus: NDArray[np.bool_]) -> _Box:
    """Return the ground to show: the estates in focus, their nearest venues, and all venues on the whole map."""
    import shapely

    rows = np.flatnonzero(focus & data.estates.there)
    nearest = data.venue_of[focus & (data.venue_of >= 0)]
    venues = np.arange(len(data.venues.x)) if focus.all() else np.unique(nearest)
    venues = venues[data.venues.there[venues]]
    x = np.concatenate([data.estates.x[rows], data.venues.x[venues]])
    y = np.concatenate([data.estates.y[rows], data.venues.y[venues]])
    bounds = shapely.bounds(np.array([s for s in data.shapes[rows] if s is not None], dtype=object)).reshape(
        -1, 4
    )
    low = np.vstack([bounds[:, :2], np.column_stack([x, y])]).min(axis=0)
    high = np.vstack([bounds[:, 2:], np.column_stack([x, y])]).max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _settings() -> Any:
    import matplotlib as mpl

    options: Any = settings()
    return mpl.rc_context(options)


def _missing(result: StudyResult) -> Finding | None:
    names = [*result.estates["name"].astype(str), *result.venues["name"].astype(str), result.study.name]
    return missing(result.study.language, names)


def _communities(names: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.array([name or BLANK for name in names], dtype=object)


def _printable(data: PrintData) -> list[str]:
    """Return the communities with at least one estate on the map, in the order of the table."""
    there = data.communities[data.estates.there]
    units = [unit for unit in dict.fromkeys(there) if unit != BLANK]
    return units if len(units) > 1 or BLANK in set(there) else []


def _file_name(unit: str) -> str:
    """Return a community's name as every system takes it in a file's name."""
    return re.sub(r'[\\/:*?"<>|\s.=]+', "_", plain(unit)).strip("_")[:40] or "_"
