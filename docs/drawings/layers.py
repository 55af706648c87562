"""The layered graph of a gated town, as the library searches it: set out, streets, arrive."""

from __future__ import annotations

import itertools

import numpy as np
import shapely
from matplotlib import pyplot as plt

from gated_town import BOXES, gated_town
from town import ESTATE, INK, STREET, VENUE, WALK, WALL, estate_xy, keep, metres, sheet, venue_xy, walks

STEP, HEIGHT = 330, {"set out": 2, "streets": 1, "arrive": 0}
result = gated_town(outside=False).run()
layers = result.access.footing.layers
inside, origin = layers.inside, layers.origin
network = result.access.walls.network
places = shapely.get_coordinates(metres(shapely.points(network.node_lon, network.node_lat)))
figure, (axes,) = sheet(height=6.4)


def lifted(xy: np.ndarray, layer: str) -> np.ndarray:
    """Return points on the ground as they are drawn on one of the three storeys."""
    x, y = np.asarray(xy, dtype=float).T
    return np.column_stack([x + 0.55 * y, 0.42 * y + STEP * HEIGHT[layer]])


def layer_of(vertex: int) -> str:
    """Return the layer a vertex of the library's graph is in."""
    if vertex < inside.out:
        return "streets"
    return "set out" if vertex < inside.come else "arrive"


def at(vertex: int) -> np.ndarray:
    """Return where a vertex is drawn."""
    return lifted(places[origin[vertex]][None], layer_of(vertex))[0]


for layer in HEIGHT:
    ground = lifted([(-30, -40), (870, -40), (870, 340), (-30, 340)], layer)
    axes.add_patch(plt.Polygon(ground, facecolor="#f4f3ef", edgecolor="#e0ded6", zorder=0))
    axes.text(*(ground[3] + (-18, -6)), layer, ha="right", va="top", fontweight="bold", fontsize=10)
    for name, box in BOXES.items():
        shade = {"facecolor": ESTATE} if layer != "streets" else {"facecolor": "none"}
        corners = lifted(shapely.box(*box).exterior.coords, layer)
        axes.add_patch(
            plt.Polygon(
                corners,
                edgecolor=WALL,
                linewidth=1.2,
                linestyle="-" if layer != "streets" else ":",
                zorder=1,
                **shade,
            )
        )
        axes.text(
            *(corners[2] + (8, -16)), f"inside {name}" if layer != "streets" else "", fontsize=7.5, color=WALL
        )
last = inside.come + len(inside.keys)  # behind it: residents of B who come home by their own gate
for edges, u, v in layers.copies:
    for edge, a, b in zip(edges.tolist(), u.tolist(), v.tolist(), strict=True):
        if max(a, b) >= last:
            continue
        part = slice(network.coord_ptr[edge], network.coord_ptr[edge + 1])
        shape = shapely.linestrings(network.coord_lon[part], network.coord_lat[part])
        axes.plot(
            *lifted(shapely.get_coordinates(metres(shape)), layer_of(a)).T,
            color=STREET,
            linewidth=3,
            zorder=2,
        )
        for vertex in (a, b):
            axes.plot(
                *at(vertex),
                marker="o",
                color="white",
                markeredgecolor=INK,
                markersize=3.4,
                markeredgewidth=0.7,
                zorder=4,
            )
for tail, head in zip(*(ends.tolist() for ends in layers.free), strict=True):
    if max(tail, head) >= last:
        continue
    axes.annotate(
        "",
        at(head),
        at(tail),
        arrowprops={"arrowstyle": "-|>", "color": WALL, "linewidth": 1.1, "shrinkA": 2, "shrinkB": 2},
        zorder=5,
    )

# A walk from estate A to the venue inside B, storey by storey.
way = walks(result)["A"][2]
yards = {name: shapely.box(*box) for name, box in BOXES.items()}
storeys = []
for a, b in itertools.pairwise(way):
    middle = shapely.Point((a + b) / 2)
    storeys.append(
        "set out" if yards["A"].contains(middle) else "arrive" if yards["B"].contains(middle) else "streets"
    )
drawn = [lifted([a, b], layer) for (a, b), layer in zip(itertools.pairwise(way), storeys, strict=True)]
axes.plot(*np.concatenate(drawn).T, color=WALK, linewidth=2.6, zorder=6, solid_capstyle="round")
home, goal = (
    lifted([estate_xy(result, "A")], "set out")[0],
    lifted([venue_xy(result, "inside B")], "arrive")[0],
)
axes.plot(*home, marker="o", color=INK, markersize=7, markeredgecolor="white", zorder=8)
axes.plot(*goal, marker="s", color=VENUE, markersize=7, markeredgecolor="white", zorder=8)
axes.annotate("a resident of A sets out", home, (-20, -24), textcoords="offset points", zorder=9)
axes.annotate("and arrives at a venue inside B", goal, (12, -20), textcoords="offset points", zorder=9)
axes.text(1060, STEP * 2 + 20, "arrows: gates,\none way only", color=WALL, fontsize=8.5)
keep(figure, "layers")
