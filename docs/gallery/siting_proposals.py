"""Where to open three more venues, in which order, and how much each further one would bring."""

from __future__ import annotations

from begin import CLASSES, INK, METRES, VENUE, keep, points, result, sheet
from walkshed.siting.plan_rows import estate_rows

plan = result.proposed.plan
chosen = plan.table[plan.table["role"] == "chosen"].set_index("site_id")
figure, (axes,) = sheet(width=9.6, height=5.6)
gained = result.estates_with_areas.loc[estate_rows(plan)["estate_id"].unique()].to_crs(METRES)
gained.plot(ax=axes, color=CLASSES["5"], edgecolor=INK, linewidth=0.5, zorder=2)
points(axes, result.venues[result.venues["status"] == "open"], color="#8a8f98", markersize=14)
sites = result.proposed.venues_after.loc[chosen.index]
points(axes, sites, color=VENUE, marker="*", markersize=190)
for number, (site, at) in enumerate(sites.to_crs(METRES).geometry.items(), start=1):
    words = f"{number}. {chosen['name'][site]} ({chosen['year'][site]}): +{chosen['gain'][site]:,.0f}"
    axes.annotate(words, (at.x, at.y), (8, 6), textcoords="offset points", zorder=9, fontsize=8)
curve, inset = plan.curve.to_frame(), axes.inset_axes([1.06, 0.66, 0.34, 0.26])
inset.plot(curve["sites"], 100 * curve["covered_share"], marker="o", color=INK, markersize=3)
inset.set_xlabel("new venues", fontsize=7)
inset.set_ylabel("% within 5 min", fontsize=7)
inset.tick_params(labelsize=7)
inset.spines[["top", "right"]].set_visible(False)
keep(figure, "siting_proposals.png")
