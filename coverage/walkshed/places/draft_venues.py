"""Candidate venues drafted from OpenStreetMap: community centres, libraries and what Chinese names say is one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from walkshed.errors import Text
from walkshed.geodesy import distance_m
from walkshed.places.draft_estates import communities_at

if TYPE_CHECKING:
    import geopandas as gpd

KINDS = {
    "community_centre": Text("community centre", "社区活动中心"),
    "social_centre": Text("social centre", "社会活动中心"),
    "townhall": Text("public office", "政务服务"),
    "library": Text("library", "图书馆"),
    "social_facility": Text("social facility", "社会服务设施"),
}
"""Values of ``amenity`` that may be venues."""
NAMED = (
    (
        re.compile(r"党群服务|社区服务(?:中心|站)|便民服务|综合服务(?:中心|站)|邻里中心"),
        Text("service centre", "服务中心"),
    ),
    (re.compile(r"居委会|居民委员会|村委会|村民委员会"), Text("residents' committee", "居委会")),
    (re.compile(r"活动(?:中心|站|室)|文化(?:中心|站|活动)"), Text("activity centre", "活动中心")),
    (re.compile(r"养老服务|日间照料|老年(?:大学|食堂|之家)|居家养老"), Text("care for the old", "养老服务")),
)
"""Chinese names that say what a place is, in the order in which they are tried."""
_NOT = re.compile(r"卫生服务|停车|加油|售后|维修|驾校|公交|地铁|旧址|路口")
_SAME_M = 150.0
_BESIDE_M = 1000.0
COLUMNS = ("name", "kind_en", "kind_zh", "address", "community", "lon", "lat", "outside", "ref", "geometry")


def draft_venues(named: gpd.GeoDataFrame, *, within: Any = None) -> gpd.GeoDataFrame:
    """Return the candidate venues of an area, and those within a kilometre of it.

    Parameters
    ----------
    named
        As :func:`walkshed.osm_names.read_named` returns it.
    within
        The area's outline in degrees; None is everywhere.

    Returns
    -------
    geopandas.GeoDataFrame
        In EPSG:4326, sorted by name and object: the columns of :data:`COLUMNS`; ``outside`` marks what lies outside
        the area. One place that is mapped twice, as a point and as a building, stands once.

    Examples
    --------
    >>> from walkshed.osm_names import read_named
    >>> from walkshed.sample import sample_folder
    >>> draft_venues(read_named(sample_folder() / "streets.osm.pbf")).index.name
    'venue_id'
    """
    import numpy as np
    import shapely

    kinds = [_kind(row) for row in named.itertuples()]
    fits = np.array([kind is not None for kind in kinds], dtype=bool)
    outside = np.zeros(len(named), dtype=bool)
    if within is not None and len(named):
        points = shapely.points(named["lon"], named["lat"])
        inside = shapely.covers(within, points)
        outside = ~inside & (_metres_to(within, named) <= _BESIDE_M)
        fits &= inside | outside
    chosen = named[fits]
    rows = [
        {
            "name": row.name, "kind": kind, "outside": bool(out), "lon": row.lon, "lat": row.lat, "ref": row.ref,
            "address": row.address or " ".join(part for part in (row.street, row.house_number) if part),
        }
        for row, kind, out in zip(
            chosen.reset_index().itertuples(index=False),
            [kind for kind in kinds if kind is not None] if within is None else np.array(kinds, dtype=object)[fits],
            outside[fits],
            strict=True,
        )
    ]  # fmt: skip
    return _frame(_once(rows), named)


def _kind(row: Any) -> Text | None:
    """Return what kind of venue an object may be, None for none."""
    if row.group not in {"venue", "building"} or _NOT.search(row.name):
        return None
    key, _, value = row.what.partition("=")
    if key == "amenity" and value in KINDS:
        return KINDS[value]
    return next((kind for pattern, kind in NAMED if pattern.search(row.name)), None)


def _metres_to(within: Any, named: gpd.GeoDataFrame) -> Any:
    import numpy as np
    import shapely

    # degrees of longitude are shortened, so that the nearest corner is the nearest on the ground
    shrink = float(np.cos(np.radians(within.centroid.y)))
    scaled = shapely.transform(within, lambda at: at * (shrink, 1.0))
    return shapely.distance(scaled, shapely.points(named["lon"] * shrink, named["lat"])) * 111_200


def _once(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with each place once; a building goes before a point."""
    made: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda one: (one["name"], one["ref"].startswith("node"), one["ref"])):
        twin = any(
            other["name"] == row["name"]
            and float(distance_m(other["lon"], other["lat"], row["lon"], row["lat"])) <= _SAME_M
            for other in made
        )
        if not twin:
            made.append(row)
    return made


def _frame(rows: list[dict[str, Any]], named: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd
    import shapely

    communities = communities_at(named, [(row["lon"], row["lat"]) for row in rows])
    data = {
        "name": pd.Series([row["name"] for row in rows], dtype="str"),
        "kind_en": pd.Series([row["kind"].en for row in rows], dtype="str"),
        "kind_zh": pd.Series([row["kind"].zh for row in rows], dtype="str"),
        "address": pd.Series([row["address"] for row in rows], dtype="str"),
        "community": pd.Series(communities, dtype="str"),
        "lon": pd.Series([row["lon"] for row in rows], dtype="float64"),
        "lat": pd.Series([row["lat"] for row in rows], dtype="float64"),
        "outside": pd.Series([row["outside"] for row in rows], dtype="bool"),
        "ref": pd.Series([row["ref"] for row in rows], dtype="str"),
    }
    points = [shapely.Point(row["lon"], row["lat"]) for row in rows]
    frame = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(points, crs="EPSG:4326"), crs="EPSG:4326")
    frame.index = pd.Index(
        [f"V{number:02d}" for number in range(1, len(rows) + 1)], dtype="str", name="venue_id"
    )
    return frame[list(COLUMNS)]
