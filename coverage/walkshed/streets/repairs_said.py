"""What is said of added paths: what they meet, what they do not, and what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Source, Text
from walkshed.tables.repairs import PATHS, SUSPECTED
from walkshed.tables.tally import Tally, row_ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.errors import Findings
    from walkshed.streets.grafting import Grafted
    from walkshed.streets.repairs import Repairs

FAR_M = 1_000.0
"""A path farther than this from every street is not added: it is in the wrong place."""


def tell_sum(repairs: Repairs, counts: dict[str, int], tolerance_m: float, found: Findings) -> None:
    """Say how much was added in all."""
    if len(repairs.paths):
        n, metres, joints, loose = (
            counts[name] for name in ("paths_added", "path_metres", "path_joints", "path_ends_loose")
        )
        text = Text(
            f"{n:,} paths were added ({metres:,} m); they meet the streets at {joints:,} places, within {tolerance_m:g} m; "
            f"{loose:,} ends meet nothing",
            f"新增 {n:,} 条道路（{metres:,} 米），与路网在 {joints:,} 处相接（容差 {tolerance_m:g} 米）；{loose:,} 个端点未相接",
        )
        found.notice("repairs.added", text, repairs.source)


class _Told:
    """Says what is to be said of single paths, those of one kind together."""

    def __init__(self, repairs: Repairs, found: Findings) -> None:
        self.paths = repairs.paths
        self.tallies = {one: Tally(found, Source(repairs.source.file, one)) for one in (PATHS, SUSPECTED)}

    def __call__(self, code: str, text: Text, path: int, *, value: str = "") -> None:
        row = self.paths.iloc[path]
        self.tallies[str(row["layer"])].notice(
            code, text, row=int(row["row"]), column="geometry", value=value
        )

    def tell(self) -> None:
        for tally in self.tallies.values():
            tally.tell()


def tell_paths(
    repairs: Repairs,
    near: NDArray[np.int64],
    away: NDArray[np.float64],
    grafted: Grafted,
    tolerance_m: float,
    found: Findings,
) -> None:
    """Say of each path what it does not meet."""
    told = _Told(repairs, found)
    for path in np.flatnonzero(~(away <= FAR_M)).tolist():
        km = f"{away[path] / 1000:,.1f}" if np.isfinite(away[path]) else "?"
        text = Text(
            f"lies {km} km from the nearest street; it was not added. Check its place and its coordinate system",
            f"距最近的道路 {km} 公里；未添加。请检查位置和坐标系",
        )
        told("repairs.far", text, path)
    for n, metres in grafted.alone:
        text = Text(
            f"meets no street; the nearest is {metres:,.1f} m from its ends (the tolerance is {tolerance_m:g} m). It was "
            "added, but leads nowhere",
            f"未与任何道路相接；两端距最近道路 {metres:,.1f} 米（容差 {tolerance_m:g} 米）。已添加，但无法通达",
        )
        told("repairs.alone", text, int(near[n]))
    for n, lon, lat, metres in grafted.loose:
        text = Text(
            f"an end meets nothing; the nearest street is {metres:,.1f} m away",
            f"有一端未相接；最近的道路相距 {metres:,.1f} 米",
        )
        told("repairs.loose_end", text, int(near[n]), value=f"{lon:.6f},{lat:.6f}")
    for n, lon, lat in grafted.at_wall:
        text = Text(
            "an end lies where a wall cuts a street; it meets neither side. Open the wall in the layer links",
            "有一端位于道路被墙隔断处，未与任何一侧相接；如可通行，请在 links 图层中打开",
        )
        told("repairs.at_wall", text, int(near[n]), value=f"{lon:.6f},{lat:.6f}")
    for n, lon, lat in grafted.unmet:
        text = Text(
            "crosses a street, a path or itself without a common vertex; it does not meet it there. Add a vertex if "
            "one can turn there",
            "与道路、其他路径或自身相交但没有共同节点，未在该处连接；如可转弯请加节点",
        )
        told("repairs.unmet_crossing", text, int(near[n]), value=f"{lon:.6f},{lat:.6f}")
    told.tell()


def tell_rows(repairs: Repairs, near: NDArray[np.int64], grafted: Grafted, found: Findings) -> None:
    """Say which paths were there already, and which came to nothing."""
    for code, numbers, text in (
        (
            "repairs.repeated",
            grafted.repeated,
            Text(
                "paths that run along a street or another path are added only where there is none yet: rows {rows}",
                "与已有道路或其他路径重合的部分不重复添加：第 {rows} 行",
            ),
        ),
        (
            "repairs.collapsed",
            grafted.collapsed,
            Text(
                "paths of no length, or shorter than the gap they close, are left out: rows {rows}",
                "长度为零或短于容差的路径已略去：第 {rows} 行",
            ),
        ),
    ):
        if numbers:
            rows = row_ranges(int(repairs.paths["row"].iloc[int(near[n])]) for n in numbers)
            found.notice(code, Text(text.en.format(rows=rows), text.zh.format(rows=rows)), repairs.source)
