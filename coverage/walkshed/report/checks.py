"""What is odd about places once they meet each other and the streets."""

from __future__ import annotations

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

    from walkshed.standards import Standard
    from walkshed.walking.access import Access

_LONG_LEG_M = 80.0


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


def place_notices(
    study: _Study, estates: gpd.GeoDataFrame, venues: gpd.GeoDataFrame, access: Access
) -> list[Finding]:
    """Say which places lie far from any street or on a cut-off piece, and which estates seem to lack paths."""
    said = []
    for places, ties, file in (
        (estates, access.estate_ties, study.estates.file.name),
        (venues, access.venue_ties, study.venues.file.name),
    ):
        for number in np.flatnonzero((ties.status == OFF_NETWORK) | (ties.status == ISLAND)).tolist():
            row, metres = places.iloc[number], ties.snap_m[number]
            where = Source(file, row=int(row["source_row"]), value=str(places.index[number]))
            if ties.status[number] == OFF_NETWORK:
                text = Text(
                    f"{row['name']} lies {metres:,.0f} m from the nearest walkable street; check its coordinates, or map the path",
                    f"{row['name']}距最近的可步行道路 {metres:,.0f} 米；请核对坐标或补绘步道",
                )
                said.append(Finding("places.off_network", text, where))
            else:
                text = Text(
                    f"{row['name']} stands on a short piece of streets that does not join the rest",
                    f"{row['name']}所在的一小片道路与路网不相连",
                )
                said.append(Finding("places.island", text, where))
    return said + _without_path(study, estates, access)


def _without_path(study: _Study, estates: gpd.GeoDataFrame, access: Access) -> list[Finding]:
    """Estates whose boundary holds no walkable way, or whose point is far from its street."""
    import shapely

    geometry = np.asarray(estates.geometry.array, dtype=object)
    areal = np.isin(shapely.get_type_id(geometry), [3, 6])
    bare = np.zeros(len(estates), dtype=bool)
    if areal.any():
        held = shapely.STRtree(access.network.lines).query(geometry[areal], predicate="intersects")[0]
        bare[np.flatnonzero(areal)] = ~np.isin(np.arange(areal.sum()), held)
    legs = access.estate_ties.snap_m
    far = ~areal & (access.estate_ties.status < OFF_NETWORK) & (legs > _LONG_LEG_M)
    said = []
    for number in np.flatnonzero(bare | far).tolist():
        row = estates.iloc[number]
        where = Source(study.estates.file.name, row=int(row["source_row"]), value=str(estates.index[number]))
        text = Text(
            f"{row['name']} has no mapped path: the nearest street is {legs[number]:,.0f} m away, walked in a straight line",
            f"{row['name']}内没有已绘步道：最近道路在 {legs[number]:,.0f} 米外，按直线步行计算",
        )
        said.append(Finding("estates.without_path", text, where))
    return said
