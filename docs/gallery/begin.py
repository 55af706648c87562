"""What every script of the gallery begins with: the sample, run once, and a sheet with its streets."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import matplotlib as mpl
from matplotlib import pyplot as plt

import walkshed
from walkshed.deliver.palette import INK, UNKNOWN, VENUE, class_colours
from walkshed.deliver.print_style import settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

mpl.use("Agg")
plt.rcParams.update(settings())  # a Chinese font, where there is one

folder = tempfile.TemporaryDirectory()
study = walkshed.init_study(Path(folder.name) / "ronghang")  # or the folder of your own study
result = walkshed.run(study)
METRES = result.estates.estimate_utm_crs()
CLASSES = dict(zip(("5", "10", "15", "more"), class_colours(4), strict=True))


def sheet(panels: int = 1, *, width: float = 8.0, height: float = 5.6) -> tuple[Figure, list[Axes]]:
    """Return a figure of maps side by side, with the streets on them."""
    figure, axes = plt.subplots(1, panels, figsize=(width, height), squeeze=False, layout="constrained")
    for one in axes[0]:
        lines = result.network.edges().to_crs(METRES)
        lines.plot(ax=one, color="#d5d3cc", linewidth=0.5, zorder=1)
        one.set_axis_off()
    return figure, list(axes[0])


def estates_by_minutes(axes: Axes, run: walkshed.StudyResult = result) -> None:
    """Fill the estates with the colour of their walk; what cannot be judged stays hollow."""
    shapes = result.estates_with_areas.to_crs(METRES).dropna(subset="geometry")
    minutes = run.estate_table["walk_min"].reindex(shapes.index)
    for (name, colour), low, high in zip(CLASSES.items(), (0, 5, 10, 15), (5, 10, 15, 999), strict=True):
        some = shapes[(minutes > low) & (minutes <= high)]
        words = f"to {name} min" if name != "more" else "more"
        some.plot(ax=axes, color=colour, edgecolor="white", linewidth=0.4, zorder=3)
        axes.plot([], [], marker="s", linestyle="none", color=colour, label=words)
    shapes[minutes.isna()].plot(ax=axes, facecolor="none", edgecolor=UNKNOWN, hatch="///", zorder=3)


def points(axes: Axes, frame: gpd.GeoDataFrame, **style: object) -> None:
    """Draw places as squares in the colour of venues."""
    look = {
        "color": VENUE,
        "marker": "s",
        "markersize": 22,
        "edgecolor": "white",
        "linewidth": 0.6,
        "zorder": 6,
    }
    frame.to_crs(METRES).plot(ax=axes, **look | style)


def keep(figure: Figure, name: str) -> None:
    """Write a picture into the current folder."""
    figure.savefig(name, dpi=110, facecolor="white", metadata={"Software": None})
    plt.close(figure)


__all__ = [
    "CLASSES", "INK", "METRES", "VENUE", "estates_by_minutes", "folder", "gpd", "keep", "plt", "points", "result",
    "sheet", "study",
]  # fmt: skip
