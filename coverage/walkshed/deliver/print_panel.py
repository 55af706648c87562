"""What stands around the map on a printed sheet: title, legend, numbers, list of gaps, source and notice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.deliver import print_words as words
from walkshed.deliver.map_words import class_labels
from walkshed.deliver.palette import INK, NOT_YET, UNKNOWN, VENUE, class_colours
from walkshed.deliver.print_draw import walk_text
from walkshed.deliver.print_labels import plain, shortened, wrapped
from walkshed.deliver.print_shapes import COVERED_PALE, EDGE_OF_REACH
from walkshed.deliver.print_style import POINTS_PER_MM, Paper, measure_at, writable
from walkshed.deliver.words import MEASURES, STATUSES

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from walkshed.deliver.print_data import PrintData

SIZE, HEAD, TITLE = 8.0, 9.5, 19.0
_LEADING = 1.5
_PATCH = 12.0
_MOST_NAMES = 12


@dataclass(slots=True)
class Panel:
    """A column of the sheet that is written from the top down; everything in points from the lower left."""

    figure: Figure
    left: float
    top: float
    width: float
    bottom: float

    def head(self, text: str) -> None:
        """Write a heading."""
        self.top -= 0.6 * HEAD
        self._write(text, HEAD, weight="bold")

    def text(self, text: str, *, size: float = SIZE, indent: float = 0.0, colour: str = INK) -> None:
        """Write a paragraph, broken into lines; what would fall below the column is left out."""
        for line in wrapped(writable(text), self.width - indent, measure_at(size)):
            self._write(line, size, indent=indent, colour=colour)

    def row(self, text: str, draw: Any) -> None:
        """Write one line of the legend with its sign before it."""
        if self.top - SIZE * _LEADING < self.bottom:
            return
        draw(self.left, self.top - SIZE * _LEADING / 2)
        self.text(text, indent=_PATCH * 1.7)

    def _write(
        self, text: str, size: float, *, indent: float = 0.0, weight: str = "normal", colour: str = INK
    ) -> None:
        self.top -= size * _LEADING
        if self.top < self.bottom:
            return
        write(
            self.figure,
            self.left + indent,
            self.top + size * _LEADING / 2,
            text,
            size,
            weight=weight,
            color=colour,
        )


def write(figure: Figure, x: float, y: float, text: str, size: float, **style: Any) -> None:
    """Write on the sheet, at points from its lower left corner."""
    width, height = (inches * 72 for inches in figure.get_size_inches())
    style = {"ha": "left", "va": "center_baseline", "color": INK, **style}
    figure.text(x / width, y / height, text, fontsize=size, **style)


def legend(
    figure: Figure,
    data: PrintData,
    paper: Paper,
    *,
    theme: str,
    unit: str,
    focus: NDArray[np.bool_],
    left_out: int,
) -> None:
    """Write the panel at the right of the map."""
    box = paper.map_box_mm
    panel = Panel(
        figure,
        left=(box[0] + box[2] + 4) * POINTS_PER_MM,
        top=(box[1] + box[3]) * POINTS_PER_MM + 4,
        width=paper.panel_mm * POINTS_PER_MM,
        bottom=box[1] * POINTS_PER_MM,
    )
    _signs(panel, data, theme, focus)
    _numbers(panel, data, unit)
    if theme != "catchments":
        _worst(panel, data, focus, most=10 if paper.name else 5)
    _below(panel, data, focus, left_out)


def _signs(panel: Panel, data: PrintData, theme: str, focus: NDArray[np.bool_]) -> None:
    from matplotlib.lines import Line2D

    language = data.language
    panel.head(words.LEGEND.in_(language))
    colours = class_colours(len(data.scale.cuts) + 1)
    labels = class_labels(data.scale.cuts, data.scale.unit, language)
    ground = theme == "catchments"
    panel.text((words.GROUND if ground else words.ESTATES).in_(language))
    for step, (label, colour) in enumerate(zip(labels, colours, strict=True)):
        if ground and step == len(colours) - 1:
            continue
        pale = theme == "gaps" and step == 0
        count = words.COUNTED.in_(language).format(count=int(((data.classes == step) & focus).sum()))
        style = {
            "facecolor": COVERED_PALE if pale else colour,
            "edgecolor": INK,
            "alpha": 0.36 if ground else 1,
        }
        panel.row(label if ground else f"{label} · {count}", _box(panel, style))
    unknown = int(((data.classes < 0) & focus).sum())
    if unknown and not ground:
        text = f"{STATUSES['unknown'].in_(language)} · {words.COUNTED.in_(language).format(count=unknown)}"
        panel.row(text, _box(panel, {"facecolor": "none", "edgecolor": UNKNOWN, "hatch": "////"}))
    if not ground and data.ground[0] is not None:
        text = f"{words.GROUND.in_(language)} {data.standards[0].label(language)}"
        line = {name: EDGE_OF_REACH[name] for name in ("linewidth", "linestyle")}
        colour = EDGE_OF_REACH["edgecolor"]
        panel.row(text, lambda x, y: _add(panel, Line2D([x, x + 15], [y, y], color=colour, **line)))
    if theme == "gaps" and (data.classes > 0)[focus].any():
        panel.text(words.NUMBERED.in_(language), size=SIZE - 1, colour="#4a5058")
    if any(shape is not None for shape in data.shapes):
        panel.text(words.BOUNDARY.in_(language), size=SIZE - 1, colour="#4a5058")
    if any(shape is None for shape in data.shapes[data.estates.there]):
        panel.text(words.CIRCLE.in_(language), size=SIZE - 1, colour="#4a5058")
    _venue_signs(panel, data)


def _venue_signs(panel: Panel, data: PrintData) -> None:
    language = data.language
    panel.head(words.VENUES.in_(language))
    for counts, said in ((True, words.VENUE_OPEN), (False, words.VENUE_NOT)):
        if (data.counts == counts)[data.venues.there & ~data.proposed].any():
            marker = {
                "markerfacecolor": VENUE if counts else "white",
                "markeredgecolor": VENUE if counts else NOT_YET,
            }
            panel.row(said.in_(language), _square(panel, marker))

    if (data.proposed & data.venues.there).any():
        star = {"marker": "*", "markersize": 10.0, "markerfacecolor": VENUE, "markeredgecolor": INK}
        panel.row(
            (words.VENUE_SCENARIO if data.scenario else words.VENUE_NEW).in_(language), _square(panel, star)
        )


def _box(panel: Panel, style: dict[str, Any]) -> Any:
    from matplotlib.patches import Rectangle

    return lambda x, y: _add(panel, Rectangle((x, y - 4), 15, 8, linewidth=0.5, **style))


def _square(panel: Panel, style: dict[str, Any]) -> Any:
    from matplotlib.lines import Line2D

    whole = {"marker": "s", "markersize": 6.5, **style}
    return lambda x, y: _add(panel, Line2D([x + 7.5], [y], linestyle="", **whole))


def _add(panel: Panel, artist: Any) -> None:
    artist.set_transform(_sheet(panel.figure))
    panel.figure.add_artist(artist)


def _sheet(figure: Figure) -> Any:
    """Return the transform from points on the sheet to it."""
    from matplotlib.transforms import Affine2D

    width, height = (inches * 72 for inches in figure.get_size_inches())
    return Affine2D().scale(1 / width, 1 / height) + figure.transFigure


def _numbers(panel: Panel, data: PrintData, unit: str) -> None:
    """Write the shares of the summary for this sheet's unit, measure by measure."""
    language = data.language
    level, name = ("community", unit) if unit else ("total", "total")
    rows = data.summary[(data.summary["level"] == level) & (data.summary["unit"] == name)]
    panel.head(words.SUMMARY.in_(language))
    for standard in data.standards:
        for row in rows[rows["standard"] == standard.name].to_dict("records"):
            if row["measure"] not in ("estates", "households"):
                continue
            told = {
                "measure": MEASURES[row["measure"]].in_(language), "standard": standard.label(language),
                "covered": f"{row['covered']:,.0f}", "total": f"{row['total']:,.0f}",
                "share": f"{row['covered_share']:.1%}",
            }  # fmt: skip
            text = words.SHARE if row["total"] else words.NO_DEMAND
            panel.text(text.in_(language).format(**told))


def _worst(panel: Panel, data: PrintData, focus: NDArray[np.bool_], *, most: int) -> None:
    language = data.language
    standard = data.standards[0].label(language)
    rows = [int(row) for row in data.gaps if focus[row]][:most]
    if not rows:
        panel.text(words.NO_GAPS.in_(language).format(standard=standard))
        return
    panel.head(words.WORST.in_(language).format(standard=standard))
    measure = measure_at(SIZE)
    for number, row in enumerate(rows, start=1):
        walk = walk_text(data, row)
        name = shortened(writable(data.estates.called(row)), panel.width - measure(walk) - 26, measure)
        if panel.top - SIZE * _LEADING < panel.bottom:
            return
        panel.text(f"{number}")
        y = panel.top + SIZE * _LEADING / 2
        write(panel.figure, panel.left + 16, y, name, SIZE)
        write(panel.figure, panel.left + panel.width, y, walk, SIZE, ha="right")


def _below(panel: Panel, data: PrintData, focus: NDArray[np.bool_], left_out: int) -> None:
    language = data.language
    lost = [data.estates.called(int(row)) for row in np.flatnonzero(focus & ~data.estates.there)]
    panel.top -= SIZE
    if lost:
        comma = "、" if language == "zh" else ", "
        names = comma.join(name[:20] for name in lost[:_MOST_NAMES])
        if len(lost) > _MOST_NAMES:
            names = words.AND_MORE.in_(language).format(names=names, more=len(lost) - _MOST_NAMES)
        panel.text(words.UNPLACED.in_(language).format(names=names), size=SIZE - 1)
    if left_out:
        panel.text(words.LEFT_OUT.in_(language).format(count=left_out), size=SIZE - 1)


def title(figure: Figure, data: PrintData, paper: Paper, *, theme: str, unit: str) -> None:
    """Write the title of the sheet above the map."""
    language = data.language
    left, right = paper.margin_mm * POINTS_PER_MM, (paper.width_mm - paper.margin_mm) * POINTS_PER_MM
    top = (paper.height_mm - paper.margin_mm) * POINTS_PER_MM
    parts = [data.study_name, plain(unit), words.TITLES[theme].in_(language).format(name=data.scenario)]
    day = words.DATE.in_(language).format(day=f"{data.date:%Y-%m-%d}")
    walker = words.WALKER.in_(language).format(
        profile=data.profile.label(language), speed=data.profile.speed_mps
    )
    facts = shortened(writable(f"{walker} · {day}"), 0.4 * (right - left), measure_at(HEAD))
    room = right - left - measure_at(HEAD)(facts) - 20
    text = shortened(
        writable(" · ".join(part for part in parts if part)), room, measure_at(TITLE, weight="bold")
    )
    write(figure, left, top - TITLE * 0.6, text, TITLE, weight="bold")
    write(figure, right, top - TITLE * 0.6, facts, HEAD, ha="right")
    if data.note:
        note = shortened(writable(data.note), right - left, measure_at(HEAD))
        write(figure, left, top - TITLE * 1.75, note, HEAD, color="#a34700")


def foot(
    figure: Figure, data: PrintData, paper: Paper, *, denominator: int, source: str, approval: str
) -> None:
    """Write scale, source, attribution and the sketch notice, or the approval number, below the map."""
    from walkshed import __version__

    language = data.language
    left, right = paper.margin_mm * POINTS_PER_MM, (paper.width_mm - paper.margin_mm) * POINTS_PER_MM
    scale = words.SCALE.in_(language).format(
        denominator=f"{denominator:,}".replace(",", "\u00a0"), paper=paper.name
    )
    notice = (
        words.APPROVAL.in_(language).format(number=plain(approval))
        if approval
        else words.SKETCH.in_(language)
    )
    high = (paper.margin_mm + paper.foot_mm) * POINTS_PER_MM - 12
    write(figure, left, high, writable(scale), SIZE)
    write(
        figure,
        right,
        high,
        shortened(writable(notice), right - left - 160, measure_at(SIZE)),
        SIZE,
        ha="right",
    )
    made = words.MADE.in_(language).format(version=__version__)
    write(figure, left, high - 13, shortened(writable(source), right - left - 160, measure_at(SIZE)), SIZE)
    write(figure, right, high - 13, writable(made), SIZE, ha="right")
