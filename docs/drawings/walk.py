"""A walk: leg, streets, leg; beside it the straight line that nobody walks."""

from __future__ import annotations

import numpy as np

from town import BAD, INK, WALK, Town, estate_xy, keep, line, sheet, spot, streets, venue_xy, walks, write

town = Town().grid([0, 150, 300, 450], [0, 140, 280])
town.estate("estate", (62, 44)).venue("venue", (392, 232))
result = town.run()
_, length, way = walks(result)["estate"]
home, goal = estate_xy(result, "estate"), venue_xy(result, "venue")
legs = [float(leg) for leg in (result.access.estate_ties.leg_m[0], result.access.venue_ties.leg_m[0])]
row = result.estate_table.loc["estate"]

figure, (axes,) = sheet(height=4.6)
streets(axes, result)
line(axes, [home, goal], color=BAD, linewidth=1, linestyle=(0, (2, 3)))
line(axes, way[1:-1])
for leg in (way[:2], way[-2:]):
    line(axes, leg, linestyle=(0, (1.2, 1.2)))
spot(axes, home, kind="estate", label="estate", at=(8, 8))
spot(axes, goal, kind="venue", label="venue", at=(8, -12))
write(axes, way[:2].mean(axis=0), f"leg {legs[0]:.1f} m", at=(7, -3), color=WALK)
write(axes, way[-2:].mean(axis=0), f"leg {legs[1]:.1f} m", at=(7, 2), color=WALK)
write(axes, (300, 175), f"along the streets {length - sum(legs):.1f} m", at=(-118, 0), color=WALK)
write(
    axes,
    np.mean([home, goal], axis=0),
    f"as the crow flies {length / row['detour_ratio']:.0f} m",
    at=(-118, -34),
    color=BAD,
)
write(
    axes, (0, 280), f"the walk: {legs[0]:.1f} + {length - sum(legs):.1f} + {legs[1]:.1f} = {length:.1f} m, "
    f"{row['walk_min']:.2f} min at 1.30 m/s", at=(0, 12), color=INK, fontweight="bold",
)  # fmt: skip
keep(figure, "walk")
