"""Small towns drawn in metres, run through walkshed like any study, and what the drawings of them share."""

from __future__ import annotations

import itertools
import json
import math
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pyproj
import shapely
from matplotlib import pyplot as plt

import walkshed
from walkshed.deliver.palette import INK, PAPER, VENUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    XY = tuple[float, float]

mpl.use("Agg")
STREET, WALK, WALL, ESTATE, GOOD, BAD, DOUBT = (
    "#c9c7c0", "#2c728e", "#7a5c3e", "#fbe9c6", "#21908c", "#440154", "#7d828a",
)  # fmt: skip
METRES = "+proj=tmerc +lat_0=31.57 +lon_0=120.25 +k=1 +x_0=0 +y_0=0 +ellps=WGS84"
STUDY = """[study]
name = "Drawing"
language = "en"
date = 2026-11-01

[streets]
file = "streets.osm"

[estates]
file = "estates.geojson"

[venues]
file = "venues.csv"
"""
_PLANE = pyproj.Proj(METRES)


def degrees(x: float, y: float) -> tuple[float, float]:
    """Return longitude and latitude of a point in metres."""
    lon, lat = _PLANE(x, y, inverse=True)
    return float(lon), float(lat)


def metres(shape: Any) -> Any:
    """Return a geometry of longitudes and latitudes in metres."""
    return shapely.transform(shape, lambda xy: np.column_stack(_PLANE(xy[:, 0], xy[:, 1])))


@dataclass
class Town:
    """Streets, estates, venues and gates in metres; where the corners of two ways meet, the ways do."""

    ways: list[tuple[list[XY], dict[str, str]]] = field(default_factory=list)
    barriers: dict[XY, dict[str, str]] = field(default_factory=dict)
    estates: dict[str, dict[str, Any]] = field(default_factory=dict)
    venues: list[dict[str, Any]] = field(default_factory=list)
    gates: list[dict[str, Any]] = field(default_factory=list)

    def way(self, *points: XY, **tags: str) -> Town:
        """Draw a way, a street unless tags say otherwise."""
        self.ways.append((list(points), {"highway": "residential"} | tags))
        return self

    def grid(self, xs: Sequence[float], ys: Sequence[float]) -> Town:
        """Draw streets northward at some eastings and eastward at some northings."""
        for x in xs:
            self.way(*[(x, y) for y in ys])
        for y in ys:
            self.way(*[(x, y) for x in xs])
        return self

    def estate(self, name: str, at: XY, *, box: Sequence[float] = (), gated: bool = False) -> Town:
        """Put an estate at a point, with a boundary (west, south, east, north) where it has one."""
        shape = shapely.box(*box) if box else None
        self.estates[name] = {"at": at, "shape": shape, "gated": gated}
        return self

    def venue(self, name: str, at: XY, **columns: Any) -> Town:
        """Put an open venue at a point."""
        lon, lat = degrees(*at)
        self.venues.append(
            {"venue_id": name, "name": name, "lon": lon, "lat": lat, "status": "open", **columns}
        )
        return self

    def gate(self, estate: str, at: XY, open_to: str = "everyone") -> Town:
        """Put a gate into an estate's wall."""
        lon, lat = degrees(*at)
        self.gates.append({"estate_id": estate, "lon": lon, "lat": lat, "open_to": open_to})
        return self

    def run(self, more: str = "") -> walkshed.StudyResult:
        """Run the town as a study; ``more`` is added to its study.toml."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self._write_streets(folder / "streets.osm")
            self._write_estates(folder / "estates.geojson")
            pd.DataFrame(self.venues).to_csv(folder / "venues.csv", index=False)
            gates = ""
            if self.gates:
                pd.DataFrame(self.gates).to_csv(folder / "gates.csv", index=False)
                gates = '\n[gates]\nfile = "gates.csv"\n'
            (folder / "study.toml").write_text(f"{STUDY}{gates}\n{more}", encoding="utf-8")
            return walkshed.run(folder)

    def _write_estates(self, path: Path) -> None:
        features = []
        for name, estate in self.estates.items():
            lon, lat = degrees(*estate["at"])
            shape = estate["shape"] or shapely.Point(estate["at"])
            around = shapely.transform(shape, lambda xy: [degrees(x, y) for x, y in xy])
            row = {"estate_id": name, "name": name, "households": 100, "lon": lon, "lat": lat}
            row |= {"gated": "yes"} if estate["gated"] else {}
            features.append(
                {"type": "Feature", "properties": row, "geometry": shapely.geometry.mapping(around)}
            )
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")

    def _write_streets(self, path: Path) -> None:
        root, numbers = ET.Element("osm", version="0.6"), {}
        lines = [(self._joined(points), tags) for points, tags in self.ways]
        for xy in dict.fromkeys(itertools.chain.from_iterable(line for line, _ in lines)):
            numbers[xy] = str(len(numbers) + 1)
            lon, lat = degrees(*xy)
            node = ET.SubElement(
                root, "node", id=numbers[xy], version="1", lon=f"{lon:.7f}", lat=f"{lat:.7f}"
            )
            _tagged(node, self.barriers.get(xy, {}))
        for number, (line, tags) in enumerate(lines, start=1):
            way = ET.SubElement(root, "way", id=str(number), version="1")
            for xy in line:
                ET.SubElement(way, "nd", ref=numbers[xy])
            _tagged(way, tags)
        ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)

    def _joined(self, points: list[XY]) -> list[XY]:
        """Return a way's points with the corners and ends of others that lie on it."""
        known = {xy for line, _ in self.ways for xy in line} | set(self.barriers)
        line = [points[0]]
        for a, b in itertools.pairwise(points):
            on = [xy for xy in known if xy not in (a, b) and _between(a, xy, b)]
            line += [*sorted(on, key=lambda xy, a=a: math.dist(a, xy)), b]
        return line


def _between(a: XY, xy: XY, b: XY) -> bool:
    return math.dist(a, xy) + math.dist(xy, b) - math.dist(a, b) < 1e-9


def _tagged(element: ET.Element, tags: dict[str, str]) -> None:
    for key, value in tags.items():
        ET.SubElement(element, "tag", k=key, v=value)


# --- drawing ---------------------------------------------------------------------------------------------


def sheet(*, panels: int = 1, width: float = 7.6, height: float = 4.2) -> tuple[Figure, list[Axes]]:
    """Return a figure of panels side by side in which a metre is as long upward as sideways."""
    size = 8.5 * max(1.0, width / 8)  # a page shows wide drawings smaller
    plt.rcParams.update({
        "font.family": "DejaVu Sans", "font.size": size, "svg.hashsalt": "walkshed", "text.color": INK,
        "axes.titlesize": size + 1, "axes.titlecolor": INK,
    })  # fmt: skip
    figure, axes = plt.subplots(1, panels, figsize=(width, height), squeeze=False, layout="constrained")
    for one in axes[0]:
        one.set_aspect("equal")
        one.set_axis_off()
    return figure, list(axes[0])


def streets(axes: Axes, result: walkshed.StudyResult, **style: Any) -> None:
    """Draw the streets as the library reads them."""
    lines = metres(result.network.edges().geometry.to_numpy())
    gpd.GeoSeries(lines).plot(ax=axes, aspect=None, **{"color": STREET, "linewidth": 4, "zorder": 1} | style)


def line(axes: Axes, points: Iterable[XY], **style: Any) -> None:
    """Draw a line through points in metres."""
    xs, ys = zip(*points, strict=True)
    axes.plot(xs, ys, **{"color": WALK, "linewidth": 2.2, "zorder": 5, "solid_capstyle": "round"} | style)


def area(axes: Axes, shape: Any, **style: Any) -> None:
    """Fill a polygon, or several, in metres."""
    gpd.GeoSeries([shape]).plot(ax=axes, aspect=None, **{"linewidth": 0, "zorder": 0} | style)


def spot(axes: Axes, xy: XY, *, kind: str, label: str = "", at: XY = (9, 9), **style: Any) -> None:
    """Draw an estate (round) or a venue (square) with its name."""
    shape = {"marker": "s", "color": VENUE} if kind == "venue" else {"marker": "o", "color": INK}
    axes.plot(*xy, **{"markersize": 7, "markeredgecolor": "white", "zorder": 8} | shape | style)
    if label:
        write(axes, xy, label, at=at)


def write(axes: Axes, xy: XY, text: str, *, at: XY = (0, 0), **style: Any) -> None:
    """Write beside a point; ``at`` is in points from it."""
    box = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 1.2}
    axes.annotate(text, xy, at, textcoords="offset points", zorder=10, **{"bbox": box} | style)


def note(axes: Axes, text: str) -> None:
    """Write under a panel."""
    axes.text(0.5, -0.03, text, transform=axes.transAxes, ha="center", va="top")


def estate_xy(result: walkshed.StudyResult, name: str) -> XY:
    """Return where an estate stands, in metres."""
    row = result.estates.loc[name]
    return _PLANE(row["lon"], row["lat"])


def venue_xy(result: walkshed.StudyResult, name: str) -> XY:
    """Return where a venue stands, in metres."""
    row = result.venues.loc[name]
    return _PLANE(row["lon"], row["lat"])


def walks(result: walkshed.StudyResult, policy: str = "residents") -> dict[str, tuple[str, float, Any]]:
    """Return for each estate its nearest venue under a policy, the metres, and the line of the walk in metres."""
    from walkshed.walking.walk_lines import walk_lines

    access = result.access.under(policy)
    near, lines, found = access.nearest(), walk_lines(access), {}
    for number in range(len(lines)):
        part = slice(lines.ptr[number], lines.ptr[number + 1])
        drawn = shapely.linestrings(lines.lon[part], lines.lat[part])
        length = float(near.walk_dm[near.estate == lines.estate[number]][0]) / 10
        name, venue = access.estate_ids[lines.estate[number]], access.venue_ids[lines.venue[number]]
        found[name] = (venue, length, shapely.get_coordinates(metres(drawn)))
    return found


def keep(figure: Figure, name: str) -> None:
    """Write a drawing into the current folder; the same drawing gives the same bytes."""
    figure.savefig(
        f"{name}.svg", metadata={"Date": None}, facecolor="white", bbox_inches="tight", pad_inches=0.05
    )
    plt.close(figure)


__all__ = [
    "BAD", "DOUBT", "ESTATE", "GOOD", "INK", "PAPER", "STREET", "VENUE", "WALK", "WALL", "Town", "area", "estate_xy",
    "keep", "line", "metres", "note", "sheet", "spot", "streets", "venue_xy", "walks", "write",
]  # fmt: skip
