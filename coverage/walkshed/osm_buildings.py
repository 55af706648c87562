"""The buildings people live in, of an OpenStreetMap file; one of the doors to osmium.

**Which buildings.** Lived in by their tag: ``building`` is one of :data:`HOMES`. ``building=yes`` says nothing of
its use and counts too, unless another tag gives it one (:data:`USES`) or it covers less than
:data:`LEAST_M2`. Everything else is left out: commercial, school, garage, roof, construction, ruins and so on,
and whatever is tagged as abandoned or demolished.

**How many floors.** ``building:levels``; else ``height`` at :data:`FLOOR_M` metres a floor; else an assumption by
kind, :data:`ASSUMED_LEVELS`. The column ``levels_from`` says which.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from walkshed.errors import Findings, Source, Text
from walkshed.geodesy import area_m2
from walkshed.osm_file import check_file, opened, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from os import PathLike
    from pathlib import Path

    import geopandas as gpd

_HOUSES = frozenset(
    "house detached semidetached_house semi terrace terraced_house bungalow cabin farm villa "  # noqa: SIM905 - a list of words
    "houseboat static_caravan ger trullo stilt_house longhouse".split()
)
HOMES = _HOUSES | {"apartments", "residential", "dormitory", "flats", "block", "mixed_use"}
"""Values of ``building`` that people live in."""

USES = frozenset(
    "amenity shop office tourism leisure healthcare craft industrial man_made power railway aeroway aerialway "  # noqa: SIM905 - a list of words
    "military public_transport emergency telecom religion sport club highway".split()
)
"""Keys that give a plain ``building=yes`` another use."""

_GONE = ("abandoned", "ruins", "demolished", "disused", "construction", "proposed")
LEAST_M2 = 20.0
"""A plain building smaller than this is a shed, a booth or a substation."""

FLOOR_M = 3.0
"""Height of a floor with its ceiling."""

ASSUMED_LEVELS = {"house": 2.0, "block": 4.0}
"""Floors where nothing is said: houses, everything else. The medians of building:levels in extracts of six cities
(Las Palmas, Porto, Porto Alegre, Monaco, Nanjing, Beijing): house 2, residential 4, apartments 4."""

_MOST_LEVELS = 130.0
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


def read_osm_buildings(
    path: str | PathLike[str],
    *,
    box: tuple[float, float, float, float] | None = None,
    findings: Findings | None = None,
) -> gpd.GeoDataFrame:
    """Read the buildings people live in, with what tells how many live in each.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``. A building whose outline the file does not hold whole
        is left out.
    box
        West, south, east and north in degrees: buildings wholly outside are left out.
    findings
        Takes the notices: how many have an assumed number of floors.

    Returns
    -------
    geopandas.GeoDataFrame
        In EPSG:4326, ways before relations, each by id: the columns of a table of buildings
        (:data:`walkshed.tables.buildings.COLUMNS`), then kind (the value of ``building``) and housenumber.
        building_id is ``w`` or ``r`` and the OSM id; estate_id, the counts and floor_area_m2 are blank; area_m2 is
        the geodesic area of the footprint, levels_from ``levels``, ``height`` or ``assumed``; lon, lat is a point
        on the footprint; source_row is 0, because there is no row.

    Raises
    ------
    InputError
        The file is missing, empty, truncated or of another kind.

    Examples
    --------
    >>> buildings = read_osm_buildings("city.osm.pbf", box=(120.2, 31.5, 120.3, 31.6))  # doctest: +SKIP
    """
    from pathlib import Path as _Path

    file = _Path(path)
    source = check_file(file)
    try:
        rows = list(_rows(file))
    except RuntimeError as error:
        raise unreadable(source, error) from error
    rows.sort(key=lambda row: (row["building_id"][0] == "r", int(row["building_id"][1:])))
    frame = _frame(rows, box)
    if findings is not None:
        _tell(frame, source, findings)
    return frame


def building_outlines(
    path: str | PathLike[str], *, box: tuple[float, float, float, float] | None = None
) -> gpd.GeoDataFrame:
    """Read the outline of every building, lived in or not.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.
    box
        West, south, east and north in degrees: buildings wholly outside are left out.

    Returns
    -------
    geopandas.GeoDataFrame
        In EPSG:4326: name ("" where there is none) and geometry, as the file has them in order.

    Raises
    ------
    InputError
        The file is missing, empty, truncated or of another kind.

    Examples
    --------
    >>> from walkshed.sample import sample_folder
    >>> len(building_outlines(sample_folder() / "streets.osm.pbf")) > 500
    True
    """
    from pathlib import Path as _Path

    import geopandas as gpd
    import numpy as np
    import shapely

    file = _Path(path)
    source = check_file(file)
    try:
        found = list(_outlines(file))
    except RuntimeError as error:
        raise unreadable(source, error) from error
    names = np.array([name for name, _ in found], dtype=object)
    shapes = np.array(shapely.from_wkb([outline for _, outline in found]), dtype=object)
    if box is not None and len(shapes):
        west, south, east, north = shapely.bounds(shapes).T
        keep = (west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1])
        names, shapes = names[keep], shapes[keep]
    return gpd.GeoDataFrame({"name": names}, geometry=list(shapes), crs="EPSG:4326")


def _outlines(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield the name and the outline in WKB of every building."""
    import osmium

    keys = osmium.filter.KeyFilter("building")
    factory = osmium.geom.WKBFactory()
    item: Any
    for item in osmium.FileProcessor(opened(path)).with_areas(keys).with_filter(keys):
        if not item.is_area() or item.tags["building"] == "no":
            continue
        try:
            outline = factory.create_multipolygon(item)
        except RuntimeError:  # a ring the file does not hold whole
            continue
        yield item.tags.get("name", ""), outline


def is_home(tags: Mapping[str, str]) -> bool:
    """Tell by its tags whether people may live in a building.

    Examples
    --------
    >>> is_home({"building": "apartments", "shop": "bakery"}), is_home({"building": "yes", "shop": "bakery"})
    (True, False)
    >>> is_home({"building": "yes"}), is_home({"building": "garage"}), is_home({"building": "construction"})
    (True, False, False)
    """
    kind = tags.get("building", "")
    if kind not in HOMES and kind != "yes":
        return False
    if any(tags.get(key, "no") != "no" for key in _GONE):
        return False
    return kind in HOMES or not any(tags.get(key, "no") != "no" for key in USES)


def levels_of(tags: Mapping[str, str]) -> tuple[float, str]:
    """Return how many floors a building has above the ground, and what says so.

    Examples
    --------
    >>> levels_of({"building": "yes", "building:levels": "6"}), levels_of({"building": "yes", "height": "17.5 m"})
    ((6.0, 'levels'), (6.0, 'height'))
    >>> levels_of({"building": "house"}), levels_of({"building": "yes", "building:levels": "3;5"})
    ((2.0, 'assumed'), (5.0, 'levels'))
    """
    said = [float(one.replace(",", ".")) for one in _NUMBER.findall(tags.get("building:levels", ""))]
    if said and 0 < max(said) <= _MOST_LEVELS:
        return max(said), "levels"
    height = _metres(tags.get("height", ""))
    if 0 < height <= FLOOR_M * _MOST_LEVELS * 2:
        return max(1.0, float(round(height / FLOOR_M))), "height"
    return ASSUMED_LEVELS["house" if tags.get("building") in _HOUSES else "block"], "assumed"


def _metres(text: str) -> float:
    """Return a height as OSM writes it, 0 where it says none: metres, or feet with ' or ft."""
    found = _NUMBER.match(text.strip())
    if found is None:
        return 0.0
    unit = text.strip()[found.end() :].strip().lower()
    feet = unit.startswith(("'", "ft", "feet"))
    return float(found[0].replace(",", ".")) * (0.3048 if feet else 1.0) if feet or unit in {"", "m"} else 0.0


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the buildings that people may live in, each with its outline in WKB."""
    import osmium

    keys = osmium.filter.KeyFilter("building")
    factory = osmium.geom.WKBFactory()
    item: Any
    for item in osmium.FileProcessor(opened(path)).with_areas(keys).with_filter(keys):
        if not item.is_area():
            continue
        tags = dict(item.tags)
        if not is_home(tags):
            continue
        try:
            outline = factory.create_multipolygon(item)
        except RuntimeError:  # a ring the file does not hold whole
            continue
        levels, said_by = levels_of(tags)
        yield {
            "building_id": f"{'w' if item.from_way() else 'r'}{item.orig_id()}",
            "name": tags.get("name", ""),
            "kind": tags["building"],
            "housenumber": tags.get("addr:housenumber", ""),
            "levels": levels,
            "levels_from": said_by,
            "outline": outline,
        }


def _frame(rows: list[dict[str, Any]], box: tuple[float, float, float, float] | None) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import shapely

    shapes = np.array(shapely.from_wkb([row["outline"] for row in rows]), dtype=object)
    single = shapely.get_num_geometries(shapes) == 1
    shapes = np.where(single, shapely.get_geometry(shapes, 0), shapes)
    covered = np.array([area_m2(shape) for shape in shapes], dtype=np.float64)
    keep = (covered >= LEAST_M2) | np.array([row["kind"] != "yes" for row in rows], dtype=bool)
    if box is not None:
        west, south, east, north = shapely.bounds(shapes).T
        keep &= (west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1])
    rows = [row for row, kept in zip(rows, keep, strict=True) if kept]
    shapes, covered = shapes[keep], covered[keep]
    on = shapely.point_on_surface(shapes)
    texts = {
        name: pd.Series([row[name] for row in rows], dtype="str")
        for name in ("building_id", "name", "levels_from", "kind", "housenumber")
    }
    levels = np.array([row["levels"] for row in rows], dtype=np.float64)
    none = np.full(len(rows), np.nan)
    data = {
        "building_id": texts["building_id"],
        "estate_id": pd.Series([""] * len(rows), dtype="str"),
        "name": texts["name"],
        "households": none,
        "residents": none,
        "aged_60_plus": none,
        "levels": levels,
        "levels_from": texts["levels_from"],
        "floor_area_m2": none,
        "area_m2": covered,
        "lon": shapely.get_x(on).astype(np.float64),
        "lat": shapely.get_y(on).astype(np.float64),
        "location_status": pd.Series(["given"] * len(rows), dtype="str"),
        "geometry": gpd.GeoSeries(shapes, crs="EPSG:4326"),
        "source_row": np.zeros(len(rows), dtype=np.int64),
        "kind": texts["kind"],
        "housenumber": texts["housenumber"],
    }
    return gpd.GeoDataFrame(data, geometry="geometry", crs="EPSG:4326")


def _tell(frame: gpd.GeoDataFrame, source: Source, findings: Findings) -> None:
    n, assumed = len(frame), int((frame["levels_from"] == "assumed").sum())
    if not n:
        text = Text("holds no building that people may live in", "文件中没有可居住的建筑")
        findings.notice("buildings.none", text, source)
    elif assumed:
        house, block = ASSUMED_LEVELS["house"], ASSUMED_LEVELS["block"]
        text = Text(
            f"of {n:,} buildings that people may live in {assumed:,} say neither floors nor height; "
            f"{house:g} floors are assumed for houses, {block:g} for others",
            f"{n:,} 栋可能有人居住的建筑中，{assumed:,} 栋没有层数和高度；独户住宅按 {house:g} 层、其他按 {block:g} 层计",
        )
        findings.notice("buildings.assumed_levels", text, source)
