"""What is odd about places once they meet each other and the streets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from walkshed.errors import Finding, Findings, Source, Text
from walkshed.report.venues import open_on
from walkshed.streets.ties import ISLAND, OFF_NETWORK

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from walkshed.standards import Standard
    from walkshed.streets.network import WalkNetwork
    from walkshed.streets.ties import Ties
    from walkshed.walking.access import Access

    Floats = NDArray[np.float64]

_LONG_LEG_M = 80.0
_LARGE_M2 = 5_000.0


class _Table(Protocol):
    @property
    def file(self) -> Path: ...


class _Study(Protocol):
    @property
    def estates(self) -> _Table: ...
    @property
    def venues(self) -> _Table: ...
    @property
    def date(self) -> dt.date: ...
    @property
    def standards(self) -> Sequence[Standard]: ...


def input_faults(
    study: _Study, estates: gpd.GeoDataFrame, venues: gpd.GeoDataFrame, findings: Findings
) -> None:
    """Note what keeps a study from having an answer at all."""
    if findings.faults:
        return
    if not len(estates):
        text = Text("the table holds no estate", "表中没有小区")
        findings.fault("estates.none", text, Source(study.estates.file.name))
    elif estates["lon"].isna().all():
        text = Text(
            "no estate has a place (longitude and latitude): nothing can be judged",
            "所有小区都没有坐标（经度、纬度）：无法判断任何小区",
        )
        findings.notice("estates.none_located", text, Source(study.estates.file.name))
    if not len(venues):
        text = Text("the table holds no venue", "表中没有场所")
        findings.fault("venues.none", text, Source(study.venues.file.name))
    elif not open_on(venues, study.date).any():
        text = Text(
            f"no venue is open on {study.date}: nobody can be covered",
            f"{study.date} 没有开放的场所：所有小区均无法达标",
        )
        findings.notice("venues.none_open", text, Source(study.venues.file.name))
    for standard in study.standards:
        for column, word in (("tier", standard.tier), ("kind", standard.kind)):
            if word and len(venues) and not (venues[column] == word).any():
                text = Text(
                    f'no venue has the {column} "{word}" that the standard "{standard.name}" asks for',
                    f"标准“{standard.name}”要求的{'层级' if column == 'tier' else '类别'}“{word}”没有对应场所",
                )
                findings.notice(
                    "standards.no_such_venue", text, Source(study.venues.file.name, column=column)
                )


@dataclass(frozen=True, slots=True)
class Located:
    """Places of one table and where they touch the streets."""

    places: gpd.GeoDataFrame
    ties: Ties
    file: str
    kind: Text


def place_notices(
    study: _Study,
    network: WalkNetwork,
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    estate_ties: Ties,
    venue_ties: Ties,
) -> list[Finding]:
    """Say which places lie far from any street or on a cut-off piece, and which estates seem to lack paths."""
    both = (
        Located(estates, estate_ties, study.estates.file.name, Text("estates", "小区")),
        Located(venues, venue_ties, study.venues.file.name, Text("venues", "场所")),
    )
    said = [finding for located in both for finding in _outside(located, network)]
    for located in both:
        places, ties, file = located.places, located.ties, located.file
        for number in np.flatnonzero((ties.status == OFF_NETWORK) | (ties.status == ISLAND)).tolist():
            row, metres = places.iloc[number], ties.snap_m[number]
            name = row["name"] or places.index[number]
            where = Source(file, row=int(row["source_row"]), value=str(places.index[number]))
            if ties.status[number] == OFF_NETWORK:
                text = Text(
                    f"{name} lies {metres:,.0f} m from the nearest walkable street; check its coordinates, or map the path",
                    f"{name}距最近的可步行道路 {metres:,.0f} 米；请核对坐标或补绘步道",
                )
                said.append(Finding("places.off_network", text, where))
            else:
                text = Text(
                    f"{name} stands on a short piece of streets that does not join the rest",
                    f"{name}所在的一小片道路与路网不相连",
                )
                said.append(Finding("places.island", text, where))
    return said + _without_path(both[0], network)


def _outside(located: Located, network: WalkNetwork) -> list[Finding]:
    """Say it once where most places of a table lie where the street file has no streets."""
    places, name = located.places, located.kind
    off, known = int((located.ties.status == OFF_NETWORK).sum()), int(places["lon"].notna().sum())
    if not off or 2 * off < known:
        return []
    there = _box(network.node_lon, network.node_lat)
    here = _box(places["lon"].to_numpy(), places["lat"].to_numpy())
    text = Text(
        f"{off} of {known} {name.en} lie far from every street: they stand at {here.en}, the streets at "
        f"{there.en}; is it the right street file, and are the coordinates WGS84 longitude and latitude?",
        f"{known} 个{name.zh}中有 {off} 个远离所有道路：{name.zh}位于{here.zh}，道路位于{there.zh}；"
        "请核对路网文件是否为本地区，坐标是否为 WGS84 经纬度",
    )
    return [Finding("places.outside_streets", text, Source(located.file))]


def _box(lon: Floats, lat: Floats) -> Text:
    west, east, south, north = np.nanmin(lon), np.nanmax(lon), np.nanmin(lat), np.nanmax(lat)
    return Text(
        f"longitude {west:.3f} to {east:.3f}, latitude {south:.3f} to {north:.3f}",
        f"经度 {west:.3f}–{east:.3f}、纬度 {south:.3f}–{north:.3f}",
    )


def _without_path(located: Located, network: WalkNetwork) -> list[Finding]:
    """Estates whose boundary holds no walkable way, or whose point is far from its street.

    A boundary no larger than a building's plot is not expected to hold any.
    """
    import shapely

    estates, ties = located.places, located.ties
    geometry = np.asarray(estates.geometry.array, dtype=object)
    large = np.flatnonzero(np.isin(shapely.get_type_id(geometry), [3, 6]))
    shapes = shapely.transform(
        geometry[large], lambda lonlat: np.column_stack(network.index.project(lonlat[:, 0], lonlat[:, 1]))
    )
    keep = shapely.area(shapes) >= _LARGE_M2
    large, shapes = large[keep], shapes[keep]
    bare = np.zeros(len(estates), dtype=bool)
    if len(large):
        held = shapely.STRtree(network.index.lines).query(shapes, predicate="intersects")[0]
        bare[large] = ~np.isin(np.arange(len(large)), held)
    legs = ties.snap_m
    bare |= (ties.status < OFF_NETWORK) & (legs > _LONG_LEG_M)
    said = []
    for number in np.flatnonzero(bare).tolist():
        row = estates.iloc[number]
        name = row["name"] or estates.index[number]
        where = Source(located.file, row=int(row["source_row"]), value=str(estates.index[number]))
        text = Text(
            f"{name} has no mapped path: the nearest street is {legs[number]:,.0f} m away, walked in a straight line",
            f"{name}内没有已绘步道：最近道路在 {legs[number]:,.0f} 米外，按直线步行计算",
        )
        said.append(Finding("estates.without_path", text, where))
    return said


def leg_notices(access: Access, study: _Study) -> list[Finding]:
    """Say where walks inside estates are straight lines because no path is mapped, and whose point is off."""
    source, said = Source(study.estates.file.name), []
    homes = access.footing.homes
    if homes.straight.any():
        n = len(np.unique(homes.ties.place[homes.straight]))
        text = Text(
            f"inside {n:,} walled estates no mapped path leads to a gate: the walk from there to the gates is a straight "
            "line within the boundary",
            f"{n:,} 个封闭小区内没有通向大门的已绘道路，到大门的步行按边界内直线计算",
        )
        said.append(Finding("walks.straight_inside", text, source))
    walls = access.walls
    lives = np.zeros(len(access.estate_ids), dtype=bool)
    inside = homes.home >= 0
    owner = walls.yards.estate[np.maximum(homes.home, 0)] if len(walls.yards.estate) else homes.home
    lives[owner[inside & (owner == homes.ties.points.place)]] = True
    for estate in walls.yards.estate.tolist():
        if lives[estate] or estate in set(homes.ties.points.place[inside].tolist()):
            continue
        text = Text(
            "the estate's point lies outside its own boundary, so its residents count as living outside the wall; "
            "check the coordinates or the boundary",
            "小区坐标位于自身边界之外，其居民按住在围墙外计算；请核对坐标或边界",
        )
        said.append(Finding("estates.point_outside", text, source.at(value=str(access.estate_ids[estate]))))
    return said
