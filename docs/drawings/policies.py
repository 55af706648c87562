"""The same town under the three policies: who may pass, and how far the walk then is."""

from __future__ import annotations

from gated_town import draw_town, gated_town
from town import BAD, WALK, estate_xy, keep, line, note, sheet, spot, walks

figure, panels = sheet(panels=3, width=9.8, height=3.2)
result = gated_town(outside=False).run()
NAMES = {"A": (-8, -13), "B": (-10, -14), "C": (-4, -17), "D": (8, -4)}
SAID = {
    "open": "walls and gates are ignored",
    "residents": "nobody cuts through; visitors may come\nto a venue inside, by its gates for everyone",
    "closed": "a venue inside a wall\nserves that estate alone",
}
for axes, (policy, said) in zip(panels, SAID.items(), strict=True):
    draw_town(axes, result, words=False)
    found = walks(result, policy)
    for name in result.estates.index:
        length = f"{found[name][1]:.0f} m" if name in found else "no way"
        if name in found:
            line(axes, found[name][2], color=WALK, linewidth=1.8)
        spot(
            axes, estate_xy(result, name), kind="estate", label=f"{name} {length}", at=NAMES[name],
            **({} if name in found else {"color": BAD, "marker": "x", "markeredgecolor": BAD}),
        )  # fmt: skip
    axes.set(title=policy, xlim=(-50, 870), ylim=(-70, 330))
    note(axes, said)
keep(figure, "policies")
