"""The shifted Chinese datums in planners' tables: named by ``crs`` or by a header, undone, and told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from walkshed.crs import SHIFTED, WGS84, is_degrees, shifted_datum
from walkshed.datum import convert, in_box
from walkshed.errors import Text
from walkshed.geodesy import distance_m

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from walkshed.errors import Findings
    from walkshed.tables.table import Table

    Floats = NDArray[np.float64]

_UNSHIFTED = re.compile(r"wgs|gps|cgcs|epsg|天地图|国家2000", re.IGNORECASE)


def column_datum(table: Table, crs: str, found: Findings) -> str:
    """Return the system of the coordinate columns: that of ``crs``, or the shifted datum their headers name.

    A header that contradicts ``crs`` or the other header is a fault.
    """
    said = {
        table.header(ours): header_datum(table.header(ours)) for ours in ("lon", "lat") if table.has(ours)
    }
    named = {header: datum for header, datum in said.items() if datum}
    if not named:
        return crs
    header, datum = next(iter(named.items()))
    others = [other for other in named.values() if other != datum]
    if not others and datum == crs:
        return crs
    if not others and crs == WGS84:
        found.notice(
            "crs.from_header",
            Text(
                f'the header says {datum}; write crs = "{datum}" to say so yourself',
                f"按表头视为 {datum}；也可写明 crs = “{datum}”",
            ),
            table.source.at(column=header),
        )
        return datum
    if not others and datum == WGS84 and is_degrees(crs) and crs not in SHIFTED:
        return crs
    against = Text(others[0], others[0]) if others else Text(f'crs = "{crs}"', f"crs = “{crs}”")
    found.fault(
        "crs.contradiction",
        Text(
            f"the header says {datum}, which contradicts {against.en}; correct the header or crs",
            f"表头写的是 {datum}，与 {against.zh} 矛盾；请改正表头或 crs",
        ),
        table.source.at(column=header),
    )
    return crs


def header_datum(header: str) -> str:
    """Return the datum a coordinate column's header names, "" where it names none.

    Examples
    --------
    >>> header_datum("经度（高德）"), header_datum("bd09_lon"), header_datum("经度(WGS84)"), header_datum("经度")
    ('GCJ-02', 'BD-09', 'EPSG:4326', '')
    """
    return shifted_datum(header) or (WGS84 if _UNSHIFTED.search(header) else "")


def tell_undone(table: Table, crs: str, lon: Floats, lat: Floats, found: Findings) -> None:
    """Say which datum was undone, how far the places moved, and which lie where nothing is shifted.

    Parameters
    ----------
    lon, lat
        Where the places lie now, in WGS84; nan where not located.
    """
    import numpy as np

    placed = np.isfinite(lon)
    if crs not in SHIFTED or not placed.any():
        return
    inside = placed & in_box(lon, lat)
    if inside.any():
        back = convert(lon[inside], lat[inside], source=WGS84, target=crs)
        moved = distance_m(lon[inside], lat[inside], *back)
        low, high, count = float(moved.min()), float(moved.max()), int(inside.sum())
        found.notice(
            "crs.undone",
            Text(
                f"{crs} was undone: {count} places were moved by {low:,.0f} to {high:,.0f} m, to WGS84",
                f"已由 {crs} 还原为 WGS84：{count} 处坐标移动 {low:,.0f}–{high:,.0f} 米",
            ),
            table.source,
        )
    outside = int((placed & ~inside).sum())
    if outside:
        found.notice(
            "crs.not_shifted_there",
            Text(
                f"{outside} places lie outside China, where {crs} is WGS84; they were left as they are",
                f"{outside} 处坐标在中国境外，{crs} 在那里与 WGS84 相同，未作改动",
            ),
            table.source,
        )
