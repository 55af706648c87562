"""A catchment follows the walks: beside a circle, across a canal with one bridge, nested and split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from town import (
    BAD,
    INK,
    WALK,
    Town,
    area,
    estate_xy,
    keep,
    line,
    metres,
    note,
    sheet,
    spot,
    streets,
    venue_xy,
)
from walkshed.deliver.palette import class_colours

if TYPE_CHECKING:
    import geopandas as gpd

CANAL = shapely.box(-20, 395, 1220, 435)
XS, SOUTH, NORTH = range(0, 1201, 150), (0, 130, 260, 390), (440, 570, 700)
town = Town().grid(XS, SOUTH).grid(XS, NORTH).way((900, 390), (900, 440), highway="footway", bridge="yes")
town.venue("V1", (450, 330)).venue("V2", (1010, 610)).estate("A", (470, 520)).estate("B", (330, 190))
result = town.run()
drawn = result.catchments

figure, (left, right) = sheet(panels=2, width=9.6, height=3.6)
for axes in (left, right):
    area(axes, CANAL, color="#cfe3ef")
    axes.set(xlim=(-60, 1260), ylim=(-70, 760))


def polygon(frame: gpd.GeoDataFrame, **where: str) -> gpd.GeoDataFrame:
    """Return the row of some standard, in metres."""
    for column, value in where.items():
        frame = frame[frame[column] == value]
    return frame.set_geometry(metres(frame.geometry.to_numpy()), crs=None)


mine = polygon(drawn.venues, venue_id="V1", standard="5 min")
streets(left, result, linewidth=1.6)
area(left, mine.geometry.iloc[0], color=WALK, alpha=0.35)
circle = shapely.Point(450, 330).buffer(float(mine["metres"].iloc[0]))
line(left, circle.exterior.coords, color=BAD, linewidth=1.2, linestyle=(0, (2, 2)))
for name in ("A", "B"):
    row = result.coverage.query("estate_id == @name and standard == '5 min'").iloc[0]
    spot(left, estate_xy(result, name), kind="estate", label=f"{name}: {row['walk_min']:.1f} min", at=(6, 6))
spot(left, venue_xy(result, "V1"), kind="venue")
left.set_title("5 minutes from V1: the walk, and a circle")
note(left, "A lies in the circle, but its walk leads over the bridge:\nonly the walk counts")

for standard, colour in reversed(list(zip(("5 min", "10 min", "15 min"), class_colours(4), strict=False))):
    area(right, polygon(drawn.merged, standard=standard).geometry.iloc[0], color=colour, alpha=0.75)
area(right, CANAL, facecolor="none", edgecolor="#7fa8c0", linewidth=0.8, zorder=2)
streets(right, result, linewidth=0.8, color="white")
nearest = polygon(drawn.nearest, standard="15 min")
for shape in nearest.geometry:
    for part in shapely.get_parts(shapely.boundary(shape)):
        line(right, part.coords, color=INK, linewidth=0.9, zorder=4)
for name in ("V1", "V2"):
    spot(right, venue_xy(result, name), kind="venue", label=name, at=(7, 5))
right.set_title("5 ⊂ 10 ⊂ 15 minutes, split by the nearest venue")
note(
    right,
    "all venues together, longer walks around shorter ones;\nlines part the ground by the venue that is nearest on foot",
)
keep(figure, "catchment")
