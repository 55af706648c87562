"""Streets from a line layer of a GIS to the same :class:`WalkNetwork` an OSM file gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Finding, Findings, Source, Text, input_error
from walkshed.osm import Ways
from walkshed.progress import silent
from walkshed.streets.build import build_network
from walkshed.streets.diagnosis import diagnose
from walkshed.streets.layer_columns import code_rows, wanted
from walkshed.streets.layer_file import GRID, open_line_layer
from walkshed.streets.line_layer import MOST_TOLERANCE_M, TOLERANCE_M
from walkshed.streets.noding import node_lines

if TYPE_CHECKING:
    from os import PathLike

    from numpy.typing import NDArray

    from walkshed.progress import Progress
    from walkshed.streets.layer_file import Lines
    from walkshed.streets.network import WalkNetwork
    from walkshed.streets.noding import Noded

_MOST_ROWS = 200


def read_line_layer(
    path: str | PathLike[str],
    *,
    layer: str | None = None,
    tolerance_m: float = TOLERANCE_M,
    cross: bool = False,
    box: tuple[float, float, float, float] | None = None,
    progress: Progress = silent,
) -> WalkNetwork:
    """Read the walkable streets of a line layer.

    Lines meet where they share a vertex, and where an end or a vertex of one lies on the other (within 2 cm).
    A loose end, one that meets nothing, is joined to other loose ends and to the nearest street within
    the tolerance. Lines of different level (bridge, tunnel, layer) meet only where a line ends on a
    vertex of the other; lines that merely cross do not meet. Coordinates are kept to 1e-7 degree (1 cm), as in OSM.

    Parameters
    ----------
    path
        ``.gpkg``, ``.parquet``, ``.geojson``, ``.shp`` or ``.fgb``, in any coordinate system.
    layer
        The layer's name; needed only where a file holds several layers of lines.
    tolerance_m
        How far a loose end may lie from what it is joined to, 0 to 10 m; 0 joins only what touches.
    cross
        Whether lines of one level meet wherever they cross.
    box
        West, south, east and north in degrees: lines wholly outside are not read.
    progress
        Told what is being done.

    Returns
    -------
    WalkNetwork
        In EPSG:4326, with lengths in geodesic metres; what was joined, left out and doubted is in its notices.

    Raises
    ------
    InputError
        The file cannot be read, says no coordinate system, or holds no walkable line; all faults at once.

    Examples
    --------
    >>> network = read_line_layer("streets.gpkg", layer="roads")  # doctest: +SKIP
    """
    file = Path(path)
    _check_tolerance(tolerance_m, file)
    progress(Text("reading streets", "读取道路"))
    found = Findings()
    read = open_line_layer(file, layer=layer, wanted=wanted, found=found)
    coded = code_rows(read.columns, read.source, found)
    found.raise_faults()
    lines, code, way = _walkable(read.lines, coded.code, coded.way, box)
    if not len(lines):
        text = Text("no walkable line lies in the area asked for", "所需范围内没有可步行的线")
        raise input_error("streets.no_way", text, read.source)
    progress(Text("joining the lines", "连接道路"))
    level = (code >> 10 & 15).astype(np.int64) - 8
    noded = node_lines(
        lines,
        level,
        outline=code >> 14 & 1 > 0,
        ground=(code >> 5 & 3 == 0) & coded.from_osm,
        tolerance_m=tolerance_m,
        cross=cross,
    )
    progress(Text("building the network", "构建路网"))
    ways = _as_ways(noded, code[noded.line], way[noded.line])
    network = build_network(ways, name=file.name)
    _say_joints(noded.counts, tolerance_m, read.source, found)
    diagnosis = [one for one in diagnose(network) if not one.code.startswith("streets.unmet_crossing")]
    crossings = _unmet(noded, way, read.source)
    counts = read.counts | {"lines": len(lines)} | noded.counts | network.counts
    return replace(network, counts=counts, notices=(*found.notices, *network.notices, *diagnosis, *crossings))


def _check_tolerance(tolerance_m: float, file: Path) -> None:
    if not 0 <= tolerance_m <= MOST_TOLERANCE_M:
        text = Text(
            f"the tolerance must be between 0 and {MOST_TOLERANCE_M:g} m",
            f"容差应在 0 到 {MOST_TOLERANCE_M:g} 米之间",
        )
        raise input_error("streets.tolerance", text, Source(file.name, value=f"{tolerance_m:g}"))


def _walkable(
    lines: Lines,
    code: NDArray[np.int32],
    way: NDArray[np.int64],
    box: tuple[float, float, float, float] | None,
) -> tuple[Lines, NDArray[np.int32], NDArray[np.int64]]:
    """Return the lines that are walked, their attributes and numbers, in an order of their own."""
    keep = code[lines.row] >= 0
    if box is not None and len(lines):
        west, south, east, north = (degrees * GRID for degrees in box)
        at = lines.start[:-1]
        keep &= (np.maximum.reduceat(lines.x, at) >= west) & (np.minimum.reduceat(lines.x, at) <= east)
        keep &= (np.maximum.reduceat(lines.y, at) >= south) & (np.minimum.reduceat(lines.y, at) <= north)
    lines = lines.take(np.flatnonzero(keep))
    lines = lines.take(_order(lines, code[lines.row], way[lines.row]))
    return lines, code[lines.row], way[lines.row]


def _order(lines: Lines, code: NDArray[np.int32], way: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sort lines by what they are, so that the order of the layer's rows is irrelevant."""
    count = np.diff(lines.start)
    if not len(count):
        return np.zeros(0, dtype=np.int64)
    within = np.arange(len(lines.x)) - np.repeat(lines.start[:-1], count)
    power = np.cumprod(np.full(int(count.max()), 6_364_136_223_846_793_005, dtype=np.uint64))
    mixed = lines.x.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + lines.y.astype(np.uint64)
    shape = np.add.reduceat(mixed * power[within], lines.start[:-1])  # wraps around, as hashes do
    first = lines.start[:-1]
    return np.lexsort((way, code, shape, lines.y[first], lines.x[first]))


def _as_ways(noded: Noded, code: NDArray[np.int32], way: NDArray[np.int64]) -> Ways:
    """Return the lines as the ways of an OSM file, of which a network is built."""
    none = np.zeros(0, dtype=np.int64)
    return Ways(
        way=way,
        code=code,
        start=noded.start,
        ref=noded.ref,
        x=noded.x,
        y=noded.y,
        marked=none,
        mark=none.astype(np.int8),
        areas=[],
    )


def _say_joints(counts: dict[str, int], tolerance_m: float, source: Source, found: Findings) -> None:
    snapped, on_street = counts["ends_snapped"], counts["ends_joined_to_streets"]
    if snapped or on_street:
        text = Text(
            f"{snapped:,} loose ends were joined to each other and {on_street:,} to the street beside them, over "
            f"gaps of up to {tolerance_m:g} m",
            f"在 {tolerance_m:g} 米容差内，{snapped:,} 个悬挂端点相互连接，{on_street:,} 个连接到旁边的道路",
        )
        found.notice("streets.ends_joined", text, source)
    if n := counts["vertices_on_lines"]:
        text = Text(
            f"{n:,} vertices lie on a line that has no vertex there; the lines were joined",
            f"{n:,} 个节点落在另一条没有对应节点的线上，已连接",
        )
        found.notice("streets.touching", text, source)
    if n := counts["vertices_held_apart"]:
        text = Text(
            f"at {n:,} vertices lines of different level pass over each other; they were not joined there",
            f"有 {n:,} 个节点处不同层的道路上下穿过，未连接",
        )
        found.notice("streets.levels", text, source)
    if n := counts["crossings_joined"]:
        text = Text(
            f"{n:,} crossings without a common vertex were joined, as asked",
            f"已按要求连接 {n:,} 处没有共同节点的交叉",
        )
        found.notice("streets.crossings_joined", text, source)
    if n := counts["lines_collapsed"]:
        text = Text(
            f"{n:,} lines were shorter than the gaps that were closed; left out",
            f"{n:,} 条线比所弥合的间隙还短，已略去",
        )
        found.notice("streets.collapsed", text, source)


def _unmet(noded: Noded, way: NDArray[np.int64], source: Source) -> list[Finding]:
    """Say where lines of one level cross without meeting: mostly a fault of the drawing."""
    unmet = noded.unmet
    if not len(unmet.first):
        return []
    text = Text(
        f"{len(unmet.first):,} times two lines cross on the same level without a common vertex; walks cannot turn there",
        f"{len(unmet.first):,} 处同层的线相交却没有共同节点，无法在该处转弯",
    )
    found = [Finding("streets.unmet_crossings", text, source)]
    shown = np.lexsort((unmet.lat, unmet.lon))[:_MOST_ROWS]
    one, other = way[unmet.first[shown]].tolist(), way[unmet.second[shown]].tolist()
    for a, b, lon, lat in zip(one, other, unmet.lon[shown].tolist(), unmet.lat[shown].tolist(), strict=True):
        low, high = min(a, b), max(a, b)
        here = Text(
            f"line {low} crosses line {high} without a common vertex",
            f"线 {low} 与线 {high} 相交但没有共同节点",
        )
        place = source.at(value=f"line {low} @ {lon:.6f},{lat:.6f}")
        found.append(Finding("streets.unmet_crossing", here, place))
    return found
