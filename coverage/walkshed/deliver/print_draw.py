"""The view of a printed sheet, and what is written on its map: names, scale bar, north arrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.deliver import print_words as words
from walkshed.deliver.map_words import UNITS
from walkshed.deliver.palette import INK
from walkshed.deliver.print_labels import Label, place_labels, shortened
from walkshed.deliver.print_shapes import circle_points
from walkshed.deliver.print_style import (
    POINTS_PER_MM,
    Paper,
    measure_at,
    round_denominator,
    round_length_m,
    writable,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from walkshed.deliver.print_data import PrintData

_NAME_POINTS, _SMALL_POINTS = 7.5, 6.5
_LONGEST_NAME = 110.0
_LINE = 1.3
_FEW = 10


@dataclass(frozen=True, slots=True)
class View:
    """The ground a sheet shows: the middle in metres, the scale, and the size of the map on paper."""

    x: float
    y: float
    denominator: int
    width_mm: float
    height_mm: float

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top in metres."""
        half_x, half_y = (self.denominator * size / 2000 for size in (self.width_mm, self.height_mm))
        return self.x - half_x, self.y - half_y, self.x + half_x, self.y + half_y

    @property
    def size_points(self) -> tuple[float, float]:
        """Width and height of the map in points."""
        return self.width_mm * POINTS_PER_MM, self.height_mm * POINTS_PER_MM

    @property
    def m_per_point(self) -> float:
        """Metres on the ground that a point on paper stands for."""
        return self.denominator / 1000 / POINTS_PER_MM


def view_of(box: tuple[float, float, float, float], paper: Paper, *, free_mm: float = 12.0) -> View:
    """Return the view that shows a box of ground (left, bottom, right, top in metres) at a round scale."""
    _, _, width, height = paper.map_box_mm
    across, up = max(box[2] - box[0], 100.0), max(box[3] - box[1], 100.0)
    scale = round_denominator(across, up, width_mm=width - 2 * free_mm, height_mm=height - 2 * free_mm)
    return View((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, scale, width, height)


def draw_names(
    axes: Axes,
    data: PrintData,
    view: View,
    *,
    theme: str,
    focus: NDArray[np.bool_],
    furniture: list[Any],
    few: bool = False,
) -> int:
    """Write the names that find room, the longest walks first; returns how many found none.

    With ``few``, on a small picture, only the longest walks or the venues are named, and nothing is missed.
    """
    inside = _wanted(data, view, theme, focus, few=few and theme != "catchments")
    left, bottom, _, _ = view.extent
    scale = view.m_per_point
    labels = [
        Label(
            (x - left) / scale, (y - bottom) / scale, measure_at(size)(text) + 2, size * _LINE, clear, on_area
        )
        for text, x, y, size, _, clear, on_area in inside
    ]
    width, height = view.size_points
    places = place_labels(
        labels, frame=(2, 2, width - 2, height - 2), obstacles=[*furniture, *_symbols(data, view)]
    )
    for (text, x, y, size, colour, _, _), label, place in zip(inside, labels, places, strict=True):
        if place is None:
            continue
        at = left + (place[0] + 1) * scale, bottom + (place[1] + label.height / 2) * scale
        _leader(axes, label, place, (x, y), (left, bottom), scale)
        axes.text(
            *at, text, fontsize=size, color=colour, ha="left", va="center_baseline", zorder=8, clip_on=True,
            bbox={"facecolor": "white", "alpha": 0.72, "linewidth": 0, "pad": 0.4},
        )  # fmt: skip
    return 0 if few else sum(place is None for place in places)


def _leader(
    axes: Axes, label: Label, place: tuple[float, float], point: Any, corner: Any, scale: float
) -> None:
    """Join a name that had to stand away from its point to it by a thin line."""
    near_x = min(max(label.x, place[0]), place[0] + label.width)
    near_y = min(max(label.y, place[1]), place[1] + label.height)
    if np.hypot(near_x - label.x, near_y - label.y) > 1.8 * label.clear:
        axes.plot(
            [point[0], corner[0] + near_x * scale], [point[1], corner[1] + near_y * scale],
            color=INK, linewidth=0.4, zorder=7,
        )  # fmt: skip


def _symbols(data: PrintData, view: View) -> list[tuple[float, float, float, float]]:
    """Return the boxes of the venues' symbols, in points."""
    left, bottom, _, _ = view.extent
    there = data.venues.there
    x, y = (
        (data.venues.x[there] - left) / view.m_per_point,
        (data.venues.y[there] - bottom) / view.m_per_point,
    )
    return [(a - 3.4, b - 3.4, a + 3.4, b + 3.4) for a, b in zip(x.tolist(), y.tolist(), strict=True)]


def _wanted(
    data: PrintData, view: View, theme: str, focus: NDArray[np.bool_], *, few: bool
) -> list[tuple[str, float, float, float, str, float, bool]]:
    """Return text, x, y, size, colour, distance and whether on an area, of every name in view, the worst gap first."""
    gaps = [int(row) for row in data.gaps if focus[row]]
    gap_rank = {row: number for number, row in enumerate(gaps, start=1)}
    rows = [row for row in gaps if data.estates.there[row]] if theme != "catchments" else []
    if theme != "catchments":
        rest = data.classes < 0 if theme == "gaps" else data.classes <= 0
        covered = np.flatnonzero(focus & data.estates.there & rest)
        rows += sorted(covered.tolist(), key=lambda row: -float(np.nan_to_num(data.households[row])))
    first = sum(row in gap_rank for row in rows[:10])
    venues = [("venue", row) for row in np.flatnonzero(data.venues.there).tolist()]
    estates = [("estate", row) for row in rows]
    order = [*estates[:first], *venues, *estates[first:]]
    small = _NAME_POINTS if theme == "catchments" else _SMALL_POINTS
    circles = circle_points(data, np.arange(len(data.classes)))
    left, bottom, right, top = view.extent
    found = []
    for kind, row in order:
        places = data.venues if kind == "venue" else data.estates
        x, y = float(places.x[row]), float(places.y[row])
        if not (left < x < right and bottom < y < top):
            continue
        if kind == "venue":
            text = _fitting(data.venues.name[row], small)
            one = (text, x, y, small, "#a34700" if data.counts[row] else "#6a6f77", 5.2, False)
        else:
            rank = gap_rank.get(row) if theme == "gaps" else None
            text = _estate_label(data, row, rank, always=not focus.all())
            area = data.shapes[row] is not None
            one = (text, x, y, _NAME_POINTS, INK, 3.0 if area else 1.0 + float(circles[row]) / 2, area)
        if text.strip():
            found.append(one)
        if few and len(found) == _FEW:
            break
    return found


def _estate_label(data: PrintData, row: int, rank: int | None, *, always: bool) -> str:
    name = _fitting(data.estates.name[row], _NAME_POINTS)
    number = f"{rank} " if rank is not None else ""
    judged = data.classes[row] > 0 or (always and data.classes[row] == 0)
    return f"{number}{name} {walk_text(data, row)}".strip() if judged else name


def _fitting(name: str, size: float) -> str:
    return shortened(writable(name), _LONGEST_NAME, measure_at(size))


def walk_text(data: PrintData, row: int) -> str:
    """Return an estate's walk in words, as the tables round it."""
    walk = float(data.walk[row])
    if not np.isfinite(walk):
        return words.NO_WALK.in_(data.language)
    return f"{walk:.{2 if data.scale.unit == 'min' else 1}f} {UNITS[data.scale.unit].in_(data.language)}"


def draw_furniture(axes: Axes, data: PrintData, view: View) -> list[tuple[float, float, float, float]]:
    """Draw the scale bar and the north arrow; returns the boxes they take, in points."""
    from matplotlib.patches import Polygon, Rectangle

    width, height = view.size_points
    unit = 1 / view.m_per_point
    length = round_length_m(0.3 * width / unit)
    bar = length * unit
    axes.add_patch(
        Rectangle(
            (6, 6), bar + 46, 26, transform=_points(axes, view), facecolor="white", alpha=0.85, zorder=9
        )
    )
    for part in range(4):
        axes.add_patch(Rectangle(
            (14 + part * bar / 4, 11), bar / 4, 3.6, transform=_points(axes, view), linewidth=0.6, edgecolor=INK,
            facecolor=INK if part % 2 == 0 else "white", zorder=10, gid="scale-bar",
        ))  # fmt: skip
    for share in (0, 0.5, 1):
        text = _length_text(length * share, length, data.language, unit=share == 1)
        axes.text(
            14 + bar * share,
            18,
            text,
            transform=_points(axes, view),
            fontsize=7,
            ha="center",
            va="bottom",
            zorder=10,
            color=INK,
        )
    middle, high = width - 20, height - 14
    arrow = [(middle, high), (middle - 7, high - 25), (middle, high - 20), (middle + 7, high - 25)]
    axes.add_patch(
        Rectangle(
            (middle - 13, high - 42),
            26,
            50,
            transform=_points(axes, view),
            facecolor="white",
            alpha=0.85,
            zorder=9,
        )
    )
    axes.add_patch(
        Polygon(arrow, transform=_points(axes, view), facecolor=INK, edgecolor=INK, linewidth=0.5, zorder=10)
    )
    axes.text(
        middle, high - 38, words.NORTH.in_(data.language), transform=_points(axes, view), fontsize=9, ha="center",
        va="bottom", zorder=10, color=INK, weight="bold",
    )  # fmt: skip
    return [(6, 6, bar + 54, 34), (middle - 15, high - 44, middle + 15, height)]


def _length_text(length_m: float, whole_m: float, language: Any, *, unit: bool) -> str:
    kilometres = whole_m >= 1000
    number = f"{length_m / 1000 if kilometres else length_m:g}"
    return f"{number} {(words.KILOMETRES if kilometres else words.METRES).in_(language)}" if unit else number


def _points(axes: Axes, view: View) -> Any:
    """Return the transform from points within the map to the sheet."""
    from matplotlib.transforms import Affine2D

    width, height = view.size_points
    return Affine2D().scale(1 / width, 1 / height) + axes.transAxes
