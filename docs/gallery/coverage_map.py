"""Every estate in the colour of its walk to the nearest open venue."""

from __future__ import annotations

from begin import estates_by_minutes, keep, points, result, sheet

figure, (axes,) = sheet()
estates_by_minutes(axes)
points(axes, result.venues[result.venues["status"] == "open"], label="open venue")
figure.legend(loc="outside right upper", frameon=False)
axes.set_title(result.headline.text.en, fontsize=8.5, wrap=True)
keep(figure, "coverage_map.png")
