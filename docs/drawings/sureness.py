"""How sure an answer is: the minutes at best and at worst against the standard."""

from __future__ import annotations

from matplotlib import pyplot as plt

from town import BAD, DOUBT, GOOD, Town, keep, sheet

WORDS = {
    (True, "covered"): (GOOD, "covered, certain"),
    (True, "uncovered"): (BAD, "uncovered, certain"),
    (False, "covered"): (DOUBT, "not certain"),
    (False, "uncovered"): (DOUBT, "not certain"),
}
town = Town().grid([0, 20, 60, 100, 260, 300, 380, 430, 560, 700], [0]).venue("venue", (0, -20))
for name, x, leg in (("A", 100, 15), ("B", 235, -20), ("C", 285, -60), ("D", 370, 20), ("E", 480, 10)):
    town.estate(name, (x, leg))
town.way((260, 0), (260, 60), (260, 120), highway="footway")
town.way((260, 120), (200, 120), (40, 120), (40, 240), (20, 240), (20, 0), highway="footway")
town.barriers[260, 60] = {"barrier": "gate", "locked": "yes"}
town.barriers[200, 120] = {"barrier": "gate"}
town.estate("F", (262, 110), box=(200, 60, 330, 180), gated=True)
result = town.run()
rows = result.coverage[result.coverage["standard"] == "5 min"].reset_index(drop=True)

plt.close(sheet()[0])
figure, axes = plt.subplots(figsize=(7.4, 2.9), layout="constrained")
seen = set()
for number, row in rows.iterrows():
    colour, words = WORDS[bool(row["certain"]), row["status"]]
    axes.plot(
        [row["walk_min_low"], row["walk_min_high"]], [number, number], color=colour, linewidth=7, alpha=0.55,
        solid_capstyle="butt", label="" if words in seen else words,
    )  # fmt: skip
    axes.plot(row["walk_min"], number, marker="o", color=colour, markeredgecolor="white")
    seen.add(words)
axes.axvline(5, color="black", linewidth=1.2, linestyle=(0, (3, 2)))
axes.set(
    yticks=rows.index, yticklabels=rows["estate_id"], xlabel="minutes to the nearest venue", xlim=(0, None)
)
axes.invert_yaxis()
axes.spines[["top", "right", "left"]].set_visible(False)
axes.tick_params(axis="y", length=0)
axes.text(5.05, -0.45, "the standard: 5 min", va="bottom")
axes.legend(frameon=False, loc="upper right")
keep(figure, "sureness")
