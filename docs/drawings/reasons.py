"""Why an estate is covered, uncovered or unknown: one town, the words as the library gives them."""

from __future__ import annotations

import shapely

from town import (
    BAD,
    DOUBT,
    ESTATE,
    GOOD,
    WALL,
    Town,
    area,
    estate_xy,
    keep,
    line,
    sheet,
    spot,
    streets,
    venue_xy,
    walks,
    write,
)

BOX = (420, 50, 640, 200)
COLOURS = {"covered": GOOD, "uncovered": BAD, "unknown": DOUBT}
town = (
    Town()
    .grid([0, 300, 800, 1100, 1500], [0])
    .way((300, 0), (300, 120), (420, 120), (640, 120), (800, 120), (800, 0))
)
town.way((380, -190), (700, -190), (1100, -190), (1100, 0)).way((1230, 230), (1400, 230))
town.estate("A", (120, 45)).estate("B", (500, 150), box=BOX, gated=True).estate("C", (400, -225))
town.estate("D", (960, 45)).estate("E", (1300, 255)).estate("F", (1700, 190))
town.gate("B", (420, 120), "closed").gate("B", (640, 120)).venue("venue", (300, -25))
result = town.run()
found, rows = walks(result), result.coverage[result.coverage["standard"] == "5 min"].set_index("estate_id")

figure, (axes,) = sheet(width=9.4, height=3.9)
streets(axes, result, linewidth=3)
area(axes, shapely.box(*BOX), color=ESTATE)
line(axes, shapely.box(*BOX).exterior.coords, color=WALL, zorder=3)
for gate, colour in (((420, 120), "black"), ((640, 120), "white")):
    axes.plot(*gate, marker="D", color=colour, markersize=6, markeredgecolor=WALL, zorder=7)
write(axes, (420, 120), "closed gate", at=(-52, 6), fontsize=7)
for number, name in enumerate(result.estates.index):
    row = rows.loc[name]
    if name in found:
        line(
            axes,
            [(x + 5 * number - 8, y + 5 * number - 8) for x, y in found[name][2]],
            color=COLOURS[row["status"]],
            linewidth=1.4,
        )
    walk = f"\n{row['walk_min']:.1f} min" if row["walk_min"] > 0 else ""
    spot(axes, estate_xy(result, name), kind="estate", color=COLOURS[row["status"]])
    write(
        axes, estate_xy(result, name), f"{name}: {row['status']}{walk}" + (f", {row['reason']}" if row["reason"] else ""),
        at=(-16, 9) if name != "C" else (-16, -27), color=COLOURS[row["status"]], fontweight="bold",
    )  # fmt: skip
spot(axes, venue_xy(result, "venue"), kind="venue", label="the open venue", at=(-70, -14))
axes.set(xlim=(-30, 1850), ylim=(-330, 330))
keep(figure, "reasons")
