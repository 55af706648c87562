"""The gated town of the drawings: two walled estates, a venue in the street and one inside a wall."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from town import ESTATE, WALL, Town, area, line, spot, streets, venue_xy, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from walkshed import StudyResult

BOXES = {"A": (140, 60, 360, 250), "B": (480, 60, 700, 250)}
GATES = (
    ("A", (360, 155), "everyone"),
    ("A", (140, 155), "residents"),
    ("B", (480, 155), "everyone"),
    ("B", (590, 60), "residents"),
)
MARKS = {"everyone": "white", "residents": "#8a8f98", "closed": "black"}


def gated_town(*, inside: bool = True, outside: bool = True) -> Town:
    """Return the town, with the venue inside estate B, with the one in the street, or with both."""
    town = Town().grid([0, 420, 840], [0, 310])
    town.way((420, 155), (360, 155), (205, 155), (140, 155), (0, 155), highway="footway")
    town.way((205, 155), (205, 100), highway="footway")
    town.way((420, 155), (480, 155), (590, 155), (650, 155), (650, 210), highway="footway")
    town.way((590, 155), (590, 60), (590, 0), highway="footway")
    for name, gate, open_to in GATES:
        town.gate(name, gate, open_to)
    town.estate("A", (222, 100), box=BOXES["A"], gated=True)
    town.estate("B", (570, 175), box=BOXES["B"], gated=True)
    town.estate("C", (-28, 155)).estate("D", (640, -22))
    if inside:
        town.venue("inside B", (635, 200), opens_to="estate")
    if outside:
        town.venue("in the street", (800, 330))
    return town


def draw_town(axes: Axes, result: StudyResult, *, words: bool = True) -> None:
    """Draw streets, walls, gates and venues."""
    streets(axes, result, linewidth=3)
    for name, box in BOXES.items():
        shape = shapely.box(*box)
        area(axes, shape, color=ESTATE)
        line(axes, shape.exterior.coords, color=WALL, linewidth=2, zorder=3)
        write(axes, (box[0], box[3]), name, at=(5, -13), bbox=None, color=WALL, fontweight="bold")
    for _, gate, open_to in GATES:
        axes.plot(*gate, marker="D", color=MARKS[open_to], markersize=5.5, markeredgecolor=WALL, zorder=7)
        if words:
            write(axes, gate, open_to, at=(5, 5), fontsize=7)
    for name in result.venues.index:
        spot(axes, venue_xy(result, name), kind="venue")
