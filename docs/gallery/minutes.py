"""How many households reach a venue in how many minutes, two walkers apart."""

from __future__ import annotations

from begin import CLASSES, keep, plt, result

households = result.estates["households"].fillna(0)
figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
for profile, colour in zip(("adult", "70-79"), (CLASSES["10"], CLASSES["more"]), strict=True):
    rows = (
        result.coverage.query("profile == @profile and standard == '5 min'")
        .dropna(subset="walk_min")
        .sort_values("walk_min")
    )
    share = rows["estate_id"].map(households).cumsum() / households.sum()
    axes.step(rows["walk_min"], 100 * share, where="post", color=colour, linewidth=2, label=profile)
for minutes in (5, 10, 15):
    axes.axvline(minutes, color="#c9c7c0", linewidth=0.8, zorder=0)
axes.set(xlim=(0, 25), ylim=(0, 100), xlabel="minutes to the nearest open venue", ylabel="% of households")
axes.spines[["top", "right"]].set_visible(False)
axes.legend(frameon=False, loc="lower right")
keep(figure, "minutes.png")
