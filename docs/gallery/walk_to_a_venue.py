"""A resident of 桃源人家 walks to the nearest venue: today, and before 山语银城片区活动中心 was there."""

from __future__ import annotations

import walkshed
from begin import METRES, VENUE, gpd, keep, points, result, sheet

home = result.estates.query("name == '桃源人家'")
is_open = result.venues.query("status == 'open'")
figure, (axes,) = sheet(height=6.2)
lines = []
for venues, style in ((is_open, "-"), (is_open.query("name != '山语银城片区活动中心'"), "--")):
    access = walkshed.access(result.network, home, venues)
    nearest = access.k_nearest(1).iloc[0]
    there = venues.loc[[nearest["venue_id"]]]
    way = walkshed.route(
        result.network, home.geometry.iloc[0], there.geometry.iloc[0], walls=access.walls, policy="residents"
    )
    lines.append(gpd.GeoSeries([way.line], crs="EPSG:4326").to_crs(METRES))
    words = f"{way.walk_m:,.0f} m, {way.walk_min:.1f} min to {there['name'].iloc[0]}"
    lines[-1].plot(ax=axes, color=VENUE, linewidth=2.4, linestyle=style, zorder=5, label=words)
    points(axes, there)
home.to_crs(METRES).plot(ax=axes, color="#fbe9c6", edgecolor="black", zorder=2)
west, south, east, north = lines[-1].buffer(250).total_bounds
axes.set(xlim=(west, east), ylim=(south, north))
axes.legend(loc="lower left")
keep(figure, "walk_to_a_venue.png")
