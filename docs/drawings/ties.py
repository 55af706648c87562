"""Where a place meets the streets: on an edge, not overhead, and straight across a square."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from town import STREET, Town, area, estate_xy, keep, line, metres, note, sheet, spot, venue_xy, walks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BRIDGE = {"color": "#8d6e63", "linewidth": 2, "linestyle": (0, (4, 1.5))}


def block() -> Town:
    """Return a town of one block."""
    corners = [(0, 0), (300, 0), (300, 240), (0, 240)]
    return Town().way(*corners, corners[0])


def draw(axes: Axes, town: Town, title: str, text: str) -> None:
    """Draw a town with the walk of its estate."""
    result = town.run()
    length, way = walks(result)["estate"][1:]
    for _, edge in result.network.edges().iterrows():
        style = BRIDGE if edge["structure"] == "bridge" else {"color": STREET, "linewidth": 4}
        if edge["kind"] != "crossing_area":
            line(axes, metres(edge.geometry).coords, **style, zorder=1)
    for ring, tags in town.ways:
        if tags.get("area") == "yes":
            area(axes, shapely.Polygon(ring), color="#e3e1da")
    line(axes, way[1:-1])
    for leg in (way[:2], way[-2:]):
        line(axes, leg, linestyle=(0, (1.2, 1.2)))
    spot(axes, estate_xy(result, "estate"), kind="estate", label="estate", at=(-12, 8))
    spot(axes, venue_xy(result, "venue"), kind="venue", label="venue", at=(-10, 9))
    axes.set(title=title, xlim=(-15, 375), ylim=(-12, 250))
    note(axes, f"{text}\nwalk {length:.1f} m")


figure, panels = sheet(panels=3, width=9.6, height=3.2)
draw(
    panels[0],
    block().estate("estate", (110, 42)).venue("venue", (338, 150)),
    "on the nearest edge",
    "the leg ends on the street itself,\nnot at a junction",
)
draw(
    panels[1],
    block()
    .way((0, 90), (300, 90), highway="footway", bridge="yes", layer="1")
    .estate("estate", (110, 68))
    .venue("venue", (338, 150)),
    "not overhead",
    "the footbridge is nearer, but a street\non the ground comes first",
)
draw(
    panels[2],
    block()
    .way((60, 0), (240, 0), (240, 180), (60, 180), (60, 0), highway="pedestrian", area="yes")
    .way((240, 180), (300, 180), highway="footway")
    .estate("estate", (84, 66))
    .venue("venue", (338, 150)),
    "straight across a square",
    "a pedestrian area is crossed\nwhere one wants to go",
)
keep(figure, "ties")
