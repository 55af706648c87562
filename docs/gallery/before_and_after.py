"""The same map before 山语银城片区活动中心 was there, and today: who has it nearer."""

from __future__ import annotations

from begin import estates_by_minutes, keep, points, result, sheet

before = result.scenarios["山语银城片区活动中心建成前"].result
figure, panels = sheet(2, width=10, height=5)
for axes, run, words in zip(panels, (before, result), ("before the centre was there", "today"), strict=True):
    estates_by_minutes(axes, run)
    is_open = run.venues[run.venues["status"] == "open"]
    points(axes, is_open)
    covered = run.headline.covered
    axes.set_title(f"{words}: {covered:,.0f} households within 5 min", fontsize=9)
figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
keep(figure, "before_and_after.png")
