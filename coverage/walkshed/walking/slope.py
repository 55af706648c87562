"""How steep the streets are: heights from a raster, and what slopes cost. The only door to reading rasters.

Needs rasterio (``pip install walkshed[raster]``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.crs import WGS84
from walkshed.errors import Finding, Source, Text, input_error
from walkshed.geodesy import distance_m
from walkshed.profiles import TOBLER_PER_SLOPE, TOBLER_SHIFT

if TYPE_CHECKING:
    from os import PathLike

    from numpy.typing import NDArray

    from walkshed.profiles import Slope
    from walkshed.streets.network import WalkNetwork

    Floats = NDArray[np.float64]

_AT_ONCE = 4096
_SHORT_M = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Terrain:
    """The heights of a network's vertices.

    Attributes
    ----------
    network
        The streets.
    height_m : float64, one per vertex of the edges
        NaN where the raster knows none.
    covered_share
        Share of the streets' length between vertices of known height.
    notices
        What the raster does not cover.
    """

    network: WalkNetwork
    height_m: Floats
    covered_share: float
    notices: tuple[Finding, ...] = field(default=())

    def costs(self, slope: Slope) -> tuple[Floats, Floats]:
        """Return the level metres that a metre of each edge costs from u to v, and from v to u.

        The mean over an edge's straight pieces. A piece between vertices of unknown height counts as level, and a
        bridge or a tunnel leads straight from the height of one end to that of the other.
        """
        run, rise = self._pieces()
        grade = np.divide(rise, run, out=np.zeros_like(run), where=run > _SHORT_M)
        ptr = self.network.coord_ptr[:-1]
        length = np.add.reduceat(np.append(run, 0.0), ptr)
        share = np.where(length > 0, length, 1.0)
        costs = []
        for turned in (1.0, -1.0):
            whole = np.add.reduceat(np.append(run / speed_share(turned * grade, slope), 0.0), ptr)
            costs.append(np.where(length > 0, whole / share, 1.0))
        return costs[0], costs[1]

    def _pieces(self) -> tuple[Floats, Floats]:
        """Return length and rise of each piece between successive vertices (those between edges: nought)."""
        network = self.network
        lon, lat, ptr = network.coord_lon, network.coord_lat, network.coord_ptr
        run = distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
        run[ptr[1:-1] - 1] = 0.0
        rise = np.nan_to_num(np.diff(self.height_m))
        raised = np.repeat(network.edge_structure > 0, np.diff(ptr))[:-1]
        edge = np.repeat(np.arange(network.n_edges), np.diff(ptr))[:-1]
        over = np.nan_to_num(self.height_m[ptr[1:] - 1] - self.height_m[ptr[:-1]])
        whole = np.bincount(edge, weights=run, minlength=network.n_edges)
        even = np.divide(over, whole, out=np.zeros_like(over), where=whole > _SHORT_M)
        rise = np.where(raised, run * even[edge], rise)
        rise[run <= 0] = 0.0
        return run, rise


def speed_share(grade: Floats, slope: Slope) -> Floats:
    """Return the share of the level speed on a slope (rise by run, upwards positive).

    Parameters
    ----------
    grade
        Slopes in the direction of the walk.
    slope
        ``"tobler"``, or pairs of slope and share.

    Examples
    --------
    >>> speed_share(np.array([-0.05, 0.0, 0.1]), "tobler").round(3).tolist()
    [1.191, 1.0, 0.705]
    >>> speed_share(np.array([-1.0, 0.05]), ((0.0, 1.0), (0.1, 0.5))).tolist()
    [1.0, 0.75]
    """
    if slope is None:
        return np.ones_like(grade)
    if slope == "tobler":
        return np.asarray(np.exp(TOBLER_PER_SLOPE * (TOBLER_SHIFT - np.abs(grade + TOBLER_SHIFT))))
    slopes, shares = zip(*slope, strict=True)
    return np.asarray(np.interp(grade, slopes, shares))


def read_terrain(network: WalkNetwork, path: str | PathLike[str]) -> Terrain:
    """Read the heights of the streets' vertices from a raster, between its cells' middles (bilinear).

    Parameters
    ----------
    network
        The streets.
    path
        A GeoTIFF or another raster with a coordinate system; heights in metres in its first band.

    Raises
    ------
    InputError
        The file is missing, is no raster, says no coordinate system, or rasterio is not installed.
    """
    file = Path(path)
    source = Source(file.name)
    if not file.is_file():
        text = Text(f"there is no raster of heights {file}", f"找不到高程栅格 {file}")
        raise input_error("dem.missing_file", text, source)
    height = _heights(file, network.coord_lon, network.coord_lat, source)
    edge = np.repeat(np.arange(network.n_edges), np.diff(network.coord_ptr))
    run = distance_m(
        network.coord_lon[:-1], network.coord_lat[:-1], network.coord_lon[1:], network.coord_lat[1:]
    )
    run = np.where(edge[1:] == edge[:-1], run, 0.0)
    known = np.isfinite(height[1:]) & np.isfinite(height[:-1])
    share = float(run[known].sum() / run.sum()) if run.sum() > 0 else 0.0
    return Terrain(network, height, share, tuple(_uncovered(share, source)))


def _uncovered(share: float, source: Source) -> list[Finding]:
    if share >= 1.0:
        return []
    left = 1 - share
    said = f"{left:.1%}" if left >= 0.001 else "less than 0.1 %"
    said_zh = f"{left:.1%}" if left >= 0.001 else "不到 0.1%"
    text = Text(
        f"the raster of heights does not cover {said} of the streets' length; it counts as level there",
        f"高程栅格未覆盖 {said_zh} 的道路长度，这些路段按平地计算",
    )
    return [Finding("dem.not_covered", text, source)]


def _heights(file: Path, lon: Floats, lat: Floats, source: Source) -> Floats:
    try:
        import rasterio
    except ImportError as error:
        text = Text(
            'heights from a raster need rasterio: pip install "walkshed[raster]", or leave dem out of [streets]',
            '读取高程栅格需要安装 rasterio：pip install "walkshed[raster]"，或从 [streets] 中删去 dem',
        )
        raise input_error("dem.rasterio", text, source) from error
    from rasterio.errors import RasterioError

    try:
        with rasterio.open(file) as raster:
            if raster.crs is None:
                text = Text(
                    "the raster of heights does not say its coordinate system; set one in your GIS",
                    "高程栅格没有坐标系信息，请在 GIS 软件中定义坐标系",
                )
                raise input_error("dem.no_crs", text, source)
            return _bilinear(raster, *_in_raster(raster, lon, lat, source))
    except RasterioError as error:
        text = Text(f"this is no readable raster ({error})", f"无法读取该栅格文件（{error}）")
        raise input_error("dem.unreadable", text, source) from error


def _in_raster(raster: Any, lon: Floats, lat: Floats, source: Source) -> tuple[Floats, Floats]:
    """Return rows and columns of places, counted in cells from the middle of the first cell."""
    from walkshed.crs import project

    crs = raster.crs.to_wkt()
    try:
        x, y = (lon, lat) if raster.crs.to_string() == WGS84 else project(lon, lat, crs)
    except RuntimeError as error:  # pyproj's CRSError
        text = Text(
            f"the raster's coordinate system is not understood ({error})", f"无法识别栅格的坐标系（{error}）"
        )
        raise input_error("dem.bad_crs", text, source) from error
    back = ~raster.transform
    column, row = back.a * x + back.b * y + back.c, back.d * x + back.e * y + back.f
    return row - 0.5, column - 0.5


def _bilinear(raster: Any, row: Floats, column: Floats) -> Floats:
    """Return the heights between four cells each; NaN outside, and where any of the four has none."""
    height = np.full(len(row), np.nan)
    slack = 0.5  # the outer half of the outermost cells takes their height
    with np.errstate(invalid="ignore"):
        inside = (row >= -slack) & (row <= raster.height - 1 + slack)
        inside &= (column >= -slack) & (column <= raster.width - 1 + slack)
    at = np.flatnonzero(inside)
    row = np.clip(row[at], 0, raster.height - 1)
    column = np.clip(column[at], 0, raster.width - 1)
    tile = (row // _AT_ONCE) * (raster.width // _AT_ONCE + 1) + column // _AT_ONCE
    for number in np.unique(tile).tolist():
        here = np.flatnonzero(tile == number)
        height[at[here]] = _in_window(raster, row[here], column[here])
    return height


def _in_window(raster: Any, row: Floats, column: Floats) -> Floats:
    from rasterio.windows import Window

    top, left = int(row.min()), int(column.min())
    rows = min(int(row.max()) + 2, raster.height) - top
    columns = min(int(column.max()) + 2, raster.width) - left
    cells = raster.read(1, window=Window(left, top, columns, rows), masked=True).astype(np.float64)
    cells = np.where(np.ma.getmaskarray(cells), np.nan, np.ma.getdata(cells))
    down, right = row - top, column - left
    r, c = np.floor(down).astype(np.int64), np.floor(right).astype(np.int64)
    r2, c2 = np.minimum(r + 1, rows - 1), np.minimum(c + 1, columns - 1)
    f, g = down - r, right - c
    total = np.zeros(len(row))
    for weight, cell in (
        ((1 - f) * (1 - g), cells[r, c]),
        ((1 - f) * g, cells[r, c2]),
        (f * (1 - g), cells[r2, c]),
        (f * g, cells[r2, c2]),
    ):
        total += np.where(weight > 0, weight * cell, 0.0)  # a cell that has no weight may lack a height
    return total
