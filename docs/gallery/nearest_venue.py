"""Which venue is nearest on foot, wherever one stands within 15 minutes."""

from __future__ import annotations

from begin import METRES, keep, plt, points, result, sheet

figure, (axes,) = sheet()
split = result.catchments.nearest.query("profile == 'adult' and standard == '15 min'").to_crs(METRES)
colours = plt.get_cmap("tab20")(range(20))[:, :3]
split.plot(
    ax=axes, color=[colours[row % 20] for row in range(len(split))], alpha=0.55, edgecolor="white", zorder=0
)
points(axes, result.venues.loc[split["venue_id"]], color="black")
keep(figure, "nearest_venue.png")
