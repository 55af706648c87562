"""What lies on the ground of a printed sheet: pedestrian areas, streets, what is within reach, estates, venues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.deliver.map_lines import rings_of
from walkshed.deliver.palette import INK, NOT_YET, STREETS, UNKNOWN, VENUE, class_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from walkshed.deliver.print_data import PrintData
    from walkshed.deliver.print_draw import View

EDGE_OF_REACH: dict[str, Any] = {
    "facecolor": "none",
    "edgecolor": "#59606a",
    "linewidth": 0.7,
    "linestyle": (0, (4, 2.2)),
}
COVERED_PALE = "#dfe3e6"
_STREET_POINTS = (1.7, 1.0, 0.55, 0.4)
_FINEST_AT = (10**9, 60_000, 30_000, 17_500)
"""Streets of a rank are drawn only at scales up to these: on small maps paths would be a blot."""
_GROUND_ALPHA = 0.26
_AT_ONCE = 400
"""So many streets are one path: drawing needs memory for a whole path at a time."""


def draw_base(axes: Axes, data: PrintData, view: View) -> None:
    """Draw pedestrian areas and streets, the main roads on top; thinned to what the scale can show."""
    import shapely
    from matplotlib.collections import PathCollection

    left, bottom, right, top = view.extent
    box = shapely.box(left, bottom, right, top)
    _fill(axes, [shape for shape in data.plazas if shape.intersects(box)], color=STREETS[4], zorder=1)
    for rank in reversed(range(len(data.streets))):
        if view.denominator > _FINEST_AT[rank]:
            continue
        lines = data.streets[rank]
        near = lines[_in_view(lines, view)]
        thin = shapely.simplify(near, 0.2 * view.m_per_point, preserve_topology=False)
        strokes = [_path(thin[at : at + _AT_ONCE]) for at in range(0, len(thin), _AT_ONCE)]
        axes.add_collection(PathCollection(
            strokes, facecolors="none", edgecolors=STREETS[rank], linewidths=_STREET_POINTS[rank], capstyle="round",
            zorder=3,
        ), autolim=False)  # fmt: skip


def draw_ground(axes: Axes, data: PrintData, *, lines_only: bool) -> None:
    """Draw what lies within each standard of an open venue, the farthest first."""
    colours = class_colours(len(data.ground) + 1)
    for step in reversed(range(len(data.ground))):
        shape = data.ground[step]
        if shape is None or shape.is_empty:
            continue
        if not lines_only:
            _fill(axes, [shape], color="white", zorder=1.5)
            _fill(axes, [shape], color=colours[step], alpha=_GROUND_ALPHA + 0.1, zorder=1.5)
            _fill(axes, [shape], facecolor="none", edgecolor=colours[step], linewidth=1.0, zorder=2)
        elif step == 0:
            _fill(axes, [shape], zorder=4.6, **EDGE_OF_REACH)


def draw_estates(axes: Axes, data: PrintData, view: View, *, theme: str, focus: NDArray[np.bool_]) -> None:
    """Draw the estates in view: their boundary where it is known, else a circle that grows with the households.

    The largest first, so that one that lies in another is seen.
    """
    import shapely

    areal = np.array([shape is not None for shape in data.shapes], dtype=bool)
    spots = shapely.points(data.estates.x, data.estates.y)
    shapes = np.where(areal, data.shapes, spots)
    here = np.flatnonzero(data.estates.there & _in_view(shapes, view))
    here = here[np.argsort(-shapely.area(shapes[here]), kind="stable")]
    unknown = data.classes < 0
    for rows, focused in (
        (here[~focus[here]], False),
        (here[(focus & unknown)[here]], True),  # a hatch is of a whole collection
        (here[(focus & ~unknown)[here]], True),
    ):
        styles = {
            cls: _estate_style(data, cls, theme, focused=focused) for cls in set(data.classes[rows].tolist())
        }
        _areas(axes, data, rows[areal[rows]], styles, zorder=4 if focused else 2.5)
        _circles(axes, data, rows[~areal[rows]], styles)


def _in_view(shapes: NDArray[np.object_], view: View) -> NDArray[np.bool_]:
    import shapely

    left, bottom, right, top = view.extent
    west, south, east, north = shapely.bounds(shapes).T
    return np.asarray((west < right) & (east > left) & (south < top) & (north > bottom))


def _areas(
    axes: Axes, data: PrintData, rows: NDArray[np.int64], styles: dict[int, dict[str, Any]], *, zorder: float
) -> None:
    from matplotlib.collections import PathCollection

    if len(rows):
        outlines = [_outline(shape) for shape in data.shapes[rows]]
        axes.add_collection(
            PathCollection(outlines, zorder=zorder, **_each(styles, data.classes[rows])), autolim=False
        )


def _circles(axes: Axes, data: PrintData, rows: NDArray[np.int64], styles: dict[int, dict[str, Any]]) -> None:
    if len(rows):
        sizes = circle_points(data, rows) ** 2
        axes.scatter(
            data.estates.x[rows],
            data.estates.y[rows],
            s=sizes,
            zorder=4.2,
            **_each(styles, data.classes[rows]),
        )


def _each(styles: dict[int, dict[str, Any]], classes: NDArray[np.int64]) -> dict[str, Any]:
    """Return the style of each of some estates, by their classes."""
    from matplotlib.colors import to_rgba

    mine = [styles[cls] for cls in classes.tolist()]
    return {
        "facecolors": [to_rgba(one["facecolor"], one.get("alpha")) for one in mine],
        "edgecolors": [to_rgba(one["edgecolor"], one.get("alpha")) for one in mine],
        "linewidths": [one["linewidth"] for one in mine],
        "hatch": mine[0].get("hatch"),
    }


def circle_points(data: PrintData, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the diameters of some estates' circles, in points."""
    households = np.nan_to_num(data.households)
    most = float(households.max(initial=0.0))
    if not most:
        return np.full(len(rows), 7.0)
    return 5.0 + 6.0 * (households[rows] / most) ** 0.5


def _estate_style(data: PrintData, cls: int, theme: str, *, focused: bool) -> dict[str, Any]:
    """Return how an estate of a class is drawn; one that cannot be judged is hollow and hatched, never filled."""
    colour = class_colours(len(data.scale.cuts) + 1)[cls]
    if not focused:
        return {"facecolor": "#ececea", "edgecolor": "#b6b9bd", "linewidth": 0.5}
    if theme == "catchments":
        return {"facecolor": "none", "edgecolor": INK, "linewidth": 0.5}
    if cls < 0:
        return {"facecolor": "none", "edgecolor": UNKNOWN, "linewidth": 0.9, "hatch": "////"}
    if theme == "gaps" and cls == 0:
        return {"facecolor": COVERED_PALE, "edgecolor": "#b6b9bd", "linewidth": 0.5}
    return {"facecolor": colour, "edgecolor": INK, "linewidth": 0.5, "alpha": 0.92}


def draw_venues(axes: Axes, data: PrintData) -> None:
    """Draw the venues: a vermilion square where it counts on the date, a hollow one where it does not."""
    there = data.venues.there
    axes.scatter(
        data.venues.x[there & data.proposed], data.venues.y[there & data.proposed], s=190, marker="*",
        facecolors=VENUE, edgecolors=INK, linewidths=0.8, zorder=6.2,
    )  # fmt: skip
    for counts in (False, True):
        rows = there & (data.counts == counts) & ~data.proposed
        axes.scatter(
            data.venues.x[rows], data.venues.y[rows], s=46 if counts else 34, marker="s",
            facecolors=VENUE if counts else "white", edgecolors="white" if counts else NOT_YET,
            linewidths=0.8 if counts else 1.3, zorder=6,
        )  # fmt: skip


def _fill(axes: Axes, shapes: list[Any], **style: Any) -> None:
    """Draw polygons with their holes."""
    from matplotlib.patches import PathPatch

    for shape in shapes:
        style.setdefault("linewidth", 0)
        axes.add_artist(PathPatch(_outline(shape), **style))


def _outline(shape: Any) -> Any:
    """Return the rings of a polygon, of many, or of a collection, as one path."""
    return _path(rings_of(np.array([shape], dtype=object))[0], closed=True)


def _path(lines: NDArray[np.object_], *, closed: bool = False) -> Any:
    """Return some lines as one path: files say colour and width once, and drawing is many times faster."""
    import shapely
    from matplotlib.path import Path

    xy, owner = shapely.get_coordinates(lines, return_index=True)
    codes = np.full(len(xy), Path.LINETO, dtype=np.uint8)
    codes[np.flatnonzero(np.diff(owner, prepend=-1))] = Path.MOVETO
    if closed:
        codes[np.flatnonzero(np.diff(owner, append=-1))] = Path.CLOSEPOLY
    return Path(xy, codes)
