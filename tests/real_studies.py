"""Study folders made from an OSM extract's own tags: its homes are the estates, its public places the venues.

What a planner would send, as far as a map can know it: ids, names, homes estimated from footprints, and the
part of town a building stands in. The tables come in the format their file names ask for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import osmium
import pandas as pd
import pyproj
import shapely

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

GEOD = pyproj.Geod(ellps="WGS84")

HOMES = {"house", "residential", "apartments", "terrace", "detached", "dormitory"}
COMMUNITY = {"community_centre", "social_centre", "library", "social_facility", "townhall"}
CIVIC = COMMUNITY | {"arts_centre", "theatre", "cinema", "marketplace", "place_of_worship"}

ESTATES: dict[str, dict[str, set[str]]] = {
    "residential": {"building": HOMES},
    "quarters": {"building": HOMES, "landuse": {"residential"}},
}
VENUES: dict[str, dict[str, set[str]]] = {
    "community": {"amenity": COMMUNITY},
    "civic": {"amenity": CIVIC},
    "daily": {"amenity": CIVIC, "shop": {"supermarket", "convenience", "books", "department_store"}},
}
PARTS_OF_TOWN = {"suburb", "neighbourhood", "quarter"}
LEVELS = {"apartments": 5, "dormitory": 5, "residential": 4, "terrace": 2}
HOME_M2 = 90.0

ENGLISH = {
    "id": "id",
    "name": "name",
    "address": "address",
    "community": "community",
    "households": "households",
    "kind": "kind",
    "lon": "lon",
    "lat": "lat",
}
CHINESE = {
    "id": "编号",
    "name": "名称",
    "address": "地址",
    "community": "所属社区",
    "households": "总户数",
    "kind": "类别",
    "lon": "经度",
    "lat": "纬度",
}


@dataclass(frozen=True)
class Real:
    """How one real extract is made into a study; ``file`` is its place in the shared data."""

    file: str
    estates_from: str
    venues_from: str
    estates_as: str
    venues_as: str
    language: str = "en"
    encoding: str = "utf-8-sig"

    def make(self, extract: Path, folder: Path, **changes: Any) -> Path:
        """Make the study, its tables as usual for this extract unless said otherwise."""
        options = {
            name: getattr(self, name)
            for name in ("estates_from", "venues_from", "estates_as", "venues_as", "language", "encoding")
        }
        return make_study(extract, folder, **(options | changes))


REAL = {
    "helsinki": Real("", "residential", "civic", "estates.geojson", "venues.xlsx"),
    "las_palmas": Real("osm/las_palmas.osm.pbf", "residential", "community", "estates.gpkg", "venues.csv"),
    "monaco": Real("osm/monaco.osm.pbf", "residential", "civic", "estates.xlsx", "venues.geojson"),
    "haidian": Real(
        "osm/beijing_haidian.osm.pbf", "quarters", "daily", "estates.csv", "venues.xlsx", "zh", "gb18030"
    ),
    "nanjing": Real(
        "osm/nanjing_center.osm.pbf", "quarters", "civic", "estates.parquet", "venues.csv", "zh", "gb18030"
    ),
}
"""The real studies; between them, every format a table may have but .xls and .shp."""


def make_study(
    extract: Path,
    folder: Path,
    *,
    estates_from: str = "residential",
    venues_from: str = "community",
    estates_as: str = "estates.gpkg",
    venues_as: str = "venues.csv",
    language: str = "en",
    encoding: str = "utf-8-sig",
    write: Collection[str] = ("tables", "layers", "map", "workbook"),
    shuffle: int | None = None,
) -> Path:
    """Write estates, venues and ``study.toml`` into a folder; returns the study file.

    Parameters
    ----------
    extract
        An OSM file.
    folder
        A new folder.
    estates_from, venues_from
        Keys of :data:`ESTATES` and :data:`VENUES`: which of the extract's things they are.
    estates_as, venues_as
        File names; the ending is the format. Vector formats hold the outlines, others points.
    language
        Of the headers and of the results, ``"en"`` or ``"zh"``.
    encoding
        Of .csv files.
    write
        What a run shall write.
    shuffle
        Put the rows of both tables in a random order of this seed.
    """
    folder.mkdir(parents=True)
    things = _read(extract, {**ESTATES[estates_from], "place": PARTS_OF_TOWN}, VENUES[venues_from])
    estates = _estates(things["estates"], things["parts"])
    venues = _venues(things["venues"])
    if shuffle is not None:
        estates = estates.sample(frac=1, random_state=shuffle)
        venues = venues.sample(frac=1, random_state=shuffle)
    headers = CHINESE if language == "zh" else ENGLISH
    _write_table(estates, folder / estates_as, headers=headers, encoding=encoding)
    _write_table(venues, folder / venues_as, headers=headers, encoding=encoding)
    study = folder / "study.toml"
    study.write_text(
        f"""[study]
name = {json.dumps(extract.name.split(".")[0])}
note = "estates and venues from OpenStreetMap's tags"
language = "{language}"
date = 2026-11-01

[streets]
file = {json.dumps(extract.resolve().as_posix())}
gates = "open"

[estates]
file = "{estates_as}"
levels = ["community"]

[venues]
file = "{venues_as}"

[[standards]]
minutes = 5

[[standards]]
minutes = 10

[[standards]]
minutes = 15

[[standards]]
metres = 300

[output]
write = {json.dumps(list(write))}
""",
        encoding="utf-8",
    )
    return study


# -- reading the extract ----------------------------------------------------------------------------------


def _read(
    extract: Path, estates: dict[str, set[str]], venues: dict[str, set[str]]
) -> dict[str, list[dict[str, Any]]]:
    """Return everything with one of the tags: what it is, its tags, its outline or point (None if broken)."""
    found: dict[str, dict[str, dict[str, Any]]] = {"estates": {}, "venues": {}, "parts": {}}
    make = osmium.geom.WKBFactory()
    wanted = osmium.filter.KeyFilter(*{*estates, *venues})
    obj: Any
    for obj in osmium.FileProcessor(str(extract)).with_areas(wanted).with_filter(wanted):
        tags = {tag.k: tag.v for tag in obj.tags}
        of_estate = any(tags.get(key) in words for key, words in estates.items() if key != "place")
        of_venue = any(tags.get(key) in words for key, words in venues.items())
        part = obj.is_node() and tags.get("place") in PARTS_OF_TOWN and "name" in tags
        geometry = None
        if obj.is_area():
            ref = f"{'w' if obj.from_way() else 'r'}{obj.orig_id()}"
            geometry = shapely.from_wkb(make.create_multipolygon(obj))
        else:
            ref = f"{'n' if obj.is_node() else 'w' if obj.is_way() else 'r'}{obj.id}"
            if obj.is_node():
                geometry = shapely.Point(obj.location.lon, obj.location.lat)
        for kind, is_one in (("estates", of_estate), ("venues", of_venue), ("parts", part)):
            if is_one and (ref not in found[kind] or geometry is not None):
                found[kind][ref] = {"id": ref, "tags": tags, "geometry": geometry}
    return {kind: [things[ref] for ref in sorted(things)] for kind, things in found.items()}


def _frame(things: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    tags = [thing["tags"] for thing in things]
    street = [f"{t.get('addr:street', '')} {t.get('addr:housenumber', '')}".strip() for t in tags]
    columns = {
        "id": [thing["id"] for thing in things],
        "name": [t.get("name:zh", t.get("name", "")) for t in tags],
        "address": street,
    }
    frame = gpd.GeoDataFrame(columns, geometry=[thing["geometry"] for thing in things], crs="EPSG:4326")
    solid = frame.geometry.geom_type == "MultiPolygon"
    single = solid & (shapely.get_num_geometries(frame.geometry.array) == 1)
    frame.loc[single, "geometry"] = shapely.get_geometry(frame.geometry.array[single], 0)
    return frame


def _estates(things: list[dict[str, Any]], parts: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    frame = _frame(things)
    homes = []
    for thing in things:
        tags, outline = thing["tags"], thing["geometry"]
        kind = tags.get("building", "quarter")
        if outline is None or outline.geom_type == "Point" or kind == "quarter":
            homes.append(None)  # the map cannot tell
            continue
        floors = tags.get("building:levels", "")
        levels = float(floors) if floors.replace(".", "", 1).isdigit() else LEVELS.get(kind, 1)
        footprint = abs(GEOD.geometry_area_perimeter(outline)[0])
        homes.append(1 if kind in {"house", "detached"} else max(1, round(footprint * levels / HOME_M2)))
    frame["households"] = pd.array(homes, dtype="Int64")
    frame["community"] = _part_of_town(frame, parts)
    return frame


def _part_of_town(frame: gpd.GeoDataFrame, parts: list[dict[str, Any]]) -> list[str]:
    """Name the nearest part of town on the map; blank where the estate has no place."""
    if not parts:
        return [""] * len(frame)
    names = [part["tags"]["name"] for part in parts]
    tree = shapely.STRtree([part["geometry"] for part in parts])
    return [
        "" if geometry is None else names[int(tree.nearest(shapely.Point(geometry.centroid)))]
        for geometry in frame.geometry
    ]


def _venues(things: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    frame = _frame(things)
    frame["kind"] = [thing["tags"].get("amenity") or thing["tags"]["shop"] for thing in things]
    return frame


# -- writing tables ---------------------------------------------------------------------------------------


def _write_table(frame: gpd.GeoDataFrame, path: Path, *, headers: dict[str, str], encoding: str) -> None:
    ending = path.suffix
    if ending in {".gpkg", ".geojson", ".parquet"}:
        named = frame.rename(columns=headers)
        if ending == ".parquet":
            named.to_parquet(path, index=False)
        else:
            named.to_file(path, index=False)
        return
    table = pd.DataFrame(frame.drop(columns="geometry"))
    inside = frame.geometry.representative_point()
    table["lon"], table["lat"] = inside.x.round(7), inside.y.round(7)
    table = table.rename(columns=headers)
    if ending == ".csv":
        table.to_csv(path, index=False, encoding=encoding, errors="replace")
    else:
        table.to_excel(path, index=False)
