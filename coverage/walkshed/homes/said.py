"""What is said of homes: buildings that count nowhere, numbers that do not fit, what was assumed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Text
from walkshed.homes.owners import NOT_LOCATED, OUTSIDE, UNKNOWN_ESTATE
from walkshed.homes.parts import IN_BUILDINGS
from walkshed.homes.sizes import EQUAL, OWN
from walkshed.tables.tally import Tally, row_ranges

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from walkshed.errors import Findings, Source
    from walkshed.homes.parts import About

_NOWHERE = {
    OUTSIDE: Text(
        "{n} buildings stand in no estate's boundary and name no estate; nobody is counted there{rows}",
        "{n} 栋建筑不在任何小区边界内，也没有写明所属小区；不计入{rows}",
    ),
    UNKNOWN_ESTATE: Text(
        "{n} buildings name an estate that is not in the table of estates; nobody is counted there{rows}",
        "{n} 栋建筑所写的小区不在小区表中；不计入{rows}",
    ),
    NOT_LOCATED: Text(
        "{n} buildings have no place: those that name an estate keep their part of its people, who count as not "
        "located; the others count nowhere{rows}",
        "{n} 栋建筑没有坐标：写明小区的仍按比例计入该小区（视为未定位），其余不计入{rows}",
    ),
}


def tell_buildings(buildings: gpd.GeoDataFrame, source: Source, found: Findings) -> None:
    """Say which buildings count nowhere, and which stand far from the estate they name."""
    status = buildings["status"].to_numpy()
    rows = buildings["source_row"].to_numpy(dtype=np.int64) if "source_row" in buildings else None
    for what, text in _NOWHERE.items():
        where = np.flatnonzero(status == what)
        if len(where):
            en, zh = (one.format(n=f"{len(where):,}", rows=_listed(rows, where, zh=z)) for one, z in
                      ((text.en, False), (text.zh, True)))  # fmt: skip
            found.notice(f"homes.{what}", Text(en, zh), source)
    away = buildings["away_m"].to_numpy()
    tally = Tally(found, source)
    for n in np.flatnonzero(away > 0).tolist():
        name = str(buildings["building_id"].iloc[n])
        said = Text(
            f"stands {away[n]:,.0f} m outside the estate it names; it counts there all the same",
            f"位于所写小区以外 {away[n]:,.0f} 米；仍计入该小区",
        )
        row = 0 if rows is None else int(rows[n])
        tally.notice("homes.away", said, row=row, column="building_id", value=name)
    tally.tell()


def _listed(rows: NDArray[np.int64] | None, where: NDArray[np.int64], *, zh: bool) -> str:
    named = [] if rows is None else [row for row in rows[where].tolist() if row > 0]
    if not named:
        return ""
    return f"（第 {row_ranges(named)} 行）" if zh else f" (rows {row_ranges(named)})"


def tell_estates(about: Sequence[About], estates: gpd.GeoDataFrame, source: Source, found: Findings) -> None:
    """Say which estates keep their own point, and where the buildings' numbers do not fit."""
    rows = estates["source_row"].to_numpy(dtype=np.int64) if "source_row" in estates else None
    alone = np.flatnonzero([one.status != IN_BUILDINGS for one in about])
    if len(alone):
        text = Text(
            f"{len(alone):,} estates have no building with a place; all their people are at the estate's own point"
            f"{_listed(rows, alone, zh=False)}",
            f"{len(alone):,} 个小区没有可定位的建筑，全部人口按小区自身的点计{_listed(rows, alone, zh=True)}",
        )
        found.notice("homes.no_buildings", text, source)
    tally = Tally(found, source)
    totals = estates["households"].tolist() if "households" in estates else [math.nan] * len(about)
    for n, (one, total) in enumerate(zip(about, totals, strict=True)):
        if one.status == IN_BUILDINGS:
            row = 0 if rows is None else int(rows[n])
            for code, text in _doubts(one, float(total)):
                tally.notice(code, text, row=row, column="estate_id", value=str(estates.index[n]))
    tally.tell()


def _doubts(about: About, total: float) -> list[tuple[str, Text]]:
    """Return what is to be said of one estate."""
    said = []
    n, own = about.buildings, about.own_sum
    if not about.fits and math.isnan(own):
        text = Text(
            f"the buildings that have a number of households have more in all than the estate ({total:,.0f}); "
            "their numbers are left aside and the floor area is used",
            f"已填户数的楼栋合计超过小区户数（{total:,.0f}）；不采用这些户数，改按建筑面积分摊",
        )
        said.append(("homes.sum_differs", text))
    elif not about.fits:
        text = Text(
            f"its buildings have {own:,.0f} households in all, the table of estates says {total:,.0f}; the estate's "
            "number is kept and spread in their proportion",
            f"各楼栋户数合计 {own:,.0f}，小区表为 {total:,.0f}；以小区表为准，按楼栋比例分摊",
        )
        said.append(("homes.sum_differs", text))
    if math.isnan(total) and own > 0:
        text = Text(
            f"its number of households is blank, but its buildings have {own:,.0f} in all; it stays blank: write it "
            "into the table of estates",
            f"小区户数为空，而各楼栋合计 {own:,.0f} 户；仍按空白处理，请填入小区表",
        )
        said.append(("homes.no_total", text))
    if about.empty and total < n:
        text = Text(
            f"it has {total:,.0f} households and {n} buildings; {about.empty} of them get none",
            f"{total:,.0f} 户、{n} 栋楼；其中 {about.empty} 栋没有分到住户",
        )
        said.append(("homes.fewer_than_buildings", text))
    if about.basis == EQUAL:
        text = Text(
            f"nothing says how large its {n} buildings are; each counts the same",
            f"{n} 栋建筑均无面积或户数，按相同权重分摊",
        )
        said.append(("homes.no_size", text))
    if about.guessed and about.basis != OWN:
        text = Text(
            f"{about.guessed} of its {n} buildings have no size; each counts as large as the mean of the others",
            f"{n} 栋中有 {about.guessed} 栋没有面积，按其他楼栋的平均值计",
        )
        said.append(("homes.size_assumed", text))
    if about.same_id:
        text = Text(
            f"{about.same_id} of its buildings have the number of another; they are told apart as (2), (3) …",
            f"有 {about.same_id} 栋与其他楼栋编号相同，以 (2)、(3) 等区分",
        )
        said.append(("homes.same_id", text))
    return said
