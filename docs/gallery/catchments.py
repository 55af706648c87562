"""The ground within 5, 10 and 15 minutes of any open venue."""

from __future__ import annotations

from begin import CLASSES, METRES, keep, points, result, sheet

figure, (axes,) = sheet()
merged = result.catchments.merged.query("profile == 'adult'").to_crs(METRES)
for minutes in ("15", "10", "5"):  # the longest walk first, so that the shorter ones lie on it
    ground = merged[merged["standard"] == f"{minutes} min"]
    ground.plot(ax=axes, color=CLASSES[minutes], alpha=0.6, zorder=0)
    axes.plot([], [], marker="s", linestyle="none", color=CLASSES[minutes], alpha=0.6, label=f"{minutes} min")
points(axes, result.venues[result.venues["status"] == "open"])
figure.legend(loc="outside right upper", frameon=False)
keep(figure, "catchments.png")
