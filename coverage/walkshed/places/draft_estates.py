"""Estates drafted from OpenStreetMap alone: named residential land, and named residential buildings outside it.

Households are estimated as floor area (footprint × floors) divided by :data:`HOUSEHOLD_M2`, and are only that: an
estimate to be replaced by a count.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from walkshed.errors import Text
from walkshed.geodesy import area_m2, distance_m
from walkshed.osm_buildings import HOMES

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray

    from walkshed.errors import Findings

HOUSEHOLD_M2 = 100.0
"""Floor area of a household, walls and stairs included: an assumption. (About 36.5 m² of dwelling a person in
Chinese cities by the census of 2020, from memory and not verified, times 2.6 persons, plus common parts.)"""
_ONE_ESTATE_M = 400.0
_BLOCK = re.compile(
    r"[\s\-·,，]*第?(?:[A-Za-z]|\d+[A-Za-z]?|[一二三四五六七八九十甲乙丙丁]+)(?:[-~、]\d+)*\s*(?:号楼|号院楼|号房|幢|栋|座|#楼|#|楼|单元)$"
)
_FOREIGN_BLOCK = re.compile(
    r"[\s\-–,]+(?:b[âa]t(?:iment)?|bloc|block|building|bloque|portal|torre|tower|edificio|haus)\.?\s*(?:[A-Z]|\d+|[IVX]+)$",
    re.IGNORECASE,
)
_ONLY_A_BLOCK = re.compile(
    r"(?:building|block|bât\.?|batiment|bloque|portal|edificio)?\s*(?:[a-z]|\d+[a-z]?)(?:号楼|号|幢|栋|座|楼|#)?",
    re.IGNORECASE,
)
COLUMNS = (
    "name", "community", "households", "lon", "lat", "land_area_m2", "buildings", "floor_area_m2", "ref", "geometry",
)  # fmt: skip


def draft_estates(
    named: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, *, within: Any = None, findings: Findings
) -> gpd.GeoDataFrame:
    """Return the named estates of an area.

    Parameters
    ----------
    named, buildings
        As :func:`walkshed.osm_names.read_named` and :func:`walkshed.osm_buildings.read_osm_buildings` return them.
    within
        The area's outline in degrees; None is everywhere.
    findings
        Takes notices of what was left out.

    Returns
    -------
    geopandas.GeoDataFrame
        In EPSG:4326, sorted by name and object: the columns of :data:`COLUMNS`. ``households`` and
        ``floor_area_m2`` are estimates, NaN where no building is mapped; ``geometry`` is the outline, or the point.

    Examples
    --------
    >>> from walkshed.errors import Findings
    >>> from walkshed.osm_buildings import read_osm_buildings
    >>> from walkshed.osm_names import read_named
    >>> from walkshed.sample import sample_folder
    >>> file = sample_folder() / "streets.osm.pbf"
    >>> made = draft_estates(read_named(file), read_osm_buildings(file), findings=Findings())
    >>> len(made) > 50, "桃源人家" in set(made["name"])
    (True, True)
    """
    import shapely

    inside = (
        named if within is None else named[shapely.covers(within, shapely.points(named["lon"], named["lat"]))]
    )
    land = inside[(inside["group"] == "estate") & (inside["what"] == "landuse=residential")]
    land = land[~land.index.str.startswith("node/")]  # land use is of land: a node with it is a slip
    outlines = land.geometry.to_numpy()
    areal = shapely.get_type_id(outlines)
    owner = _owners(outlines, buildings)
    rows = [
        _row(row, shape, buildings[owner == number])
        for number, (row, shape) in enumerate(
            zip(land.reset_index().itertuples(index=False), outlines, strict=True)
        )
    ]
    walls = shapely.union_all(outlines[(areal == 3) | (areal == 6)]) if len(outlines) else None
    blocks = _of_buildings(inside, buildings, walls)
    rows += blocks
    if rows:
        owner[[number for row in blocks for number in row["numbers"]]] = len(outlines)
        _tell_left_out(buildings[owner < 0], within, findings)
    else:
        places = inside[(inside["group"] == "estate") & (inside["what"] != "landuse=residential")]
        rows = [
            _row(row, shape, buildings.iloc[:0])
            for row, shape in zip(places.reset_index().itertuples(index=False), places.geometry, strict=True)
        ]
        if rows:
            text = Text(
                f"no residential land and no residential building has a name; {len(rows)} named neighbourhoods are taken instead",
                f"没有带名称的居住用地或住宅建筑，改取 {len(rows)} 个有名称的地段",
            )
            findings.notice("draft.places_only", text)
    return _frame(rows, inside)


def _tell_left_out(homes: gpd.GeoDataFrame, within: Any, findings: Findings) -> None:
    """Say how many buildings stand in no named estate: most of them, where few estates are mapped."""
    import shapely

    if within is not None:
        homes = homes[shapely.covers(within, shapely.points(homes["lon"], homes["lat"]))]
    if not len(homes):
        return
    households = float((homes["area_m2"] * homes["levels"]).sum()) / HOUSEHOLD_M2
    text = Text(
        f"{len(homes):,} buildings that people may live in, some {households:,.0f} households by the same estimate, "
        "stand in no named estate and are left out",
        f"有 {len(homes):,} 栋可能有人居住的建筑不在有名称的小区内，未列入（按同样方法估算约 {households:,.0f} 户）",
    )
    findings.notice("draft.left_out", text)


def _owners(outlines: NDArray[np.object_], buildings: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Return for each building the smallest outline that holds its point, -1 for none."""
    import numpy as np
    import shapely

    owner = np.full(len(buildings), -1, dtype=np.int64)
    if not len(outlines) or not len(buildings):
        return owner
    points = shapely.points(buildings["lon"], buildings["lat"])
    point, outline = shapely.STRtree(outlines).query(points, predicate="within")
    # the largest first, so that what is written last is the smallest
    order = np.argsort(-shapely.area(outlines[outline]), kind="stable")
    owner[point[order]] = outline[order]
    return owner


def _row(row: Any, shape: Any, homes: gpd.GeoDataFrame) -> dict[str, Any]:
    polygon = shape.geom_type in {"Polygon", "MultiPolygon"}
    floor = float((homes["area_m2"] * homes["levels"]).sum()) if len(homes) else float("nan")
    return {
        "name": row.name,
        "lon": float(row.lon),
        "lat": float(row.lat),
        "land_area_m2": round(area_m2(shape)) if polygon else float("nan"),
        "buildings": len(homes),
        "floor_area_m2": floor,
        "ref": row.ref,
        "geometry": shape,
    }


def block_of(name: str) -> str:
    """Return the name of the estate a building belongs to by its own name: without its number or letter.

    Examples
    --------
    >>> block_of("凯润金城6栋"), block_of("长发中心C座"), block_of("10号楼"), block_of("Athena bât A")
    ('凯润金城', '长发中心', '', 'Athena')
    """
    plain = unicodedata.normalize("NFKC", name).strip()
    if _ONLY_A_BLOCK.fullmatch(plain):
        return ""
    return _FOREIGN_BLOCK.sub("", _BLOCK.sub("", plain)).strip(" -–·,，")


def _of_buildings(named: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, walls: Any) -> list[dict[str, Any]]:
    """Return the estates that only their buildings name, those of one name and neighbourhood together."""
    import shapely

    kinds = {f"building={kind}" for kind in HOMES - {"dormitory"}}
    homes = named[(named["group"] == "building") & named["what"].isin(kinds)]
    if walls is not None and len(homes):
        homes = homes[~shapely.intersects_xy(walls, homes["lon"].to_numpy(), homes["lat"].to_numpy())]
    known = {_same_id(ident): number for number, ident in enumerate(buildings["building_id"])}
    groups: list[tuple[str, list[Any]]] = []
    for row in homes.reset_index().itertuples(index=False):
        name = block_of(row.name)
        if not name:  # 12号楼 of no named estate
            continue
        for other, members in groups:
            first = members[0]
            if (
                _core(other) == _core(name)
                and float(distance_m(first.lon, first.lat, row.lon, row.lat)) <= _ONE_ESTATE_M
            ):
                members.append(row)
                break
        else:
            groups.append((name, [row]))
    return [_group_row(name, members, buildings, known) for name, members in groups]


def _core(name: str) -> str:
    """Return a name without 小区, which the one building says and the next one leaves out."""
    return name.removesuffix("小区") or name


def _same_id(ident: str) -> str:
    return f"{'way' if ident.startswith('w') else 'relation'}/{ident[1:]}"


def _group_row(
    name: str, members: list[Any], buildings: gpd.GeoDataFrame, known: dict[str, int]
) -> dict[str, Any]:
    import shapely

    numbers = [known[row.ref] for row in members if row.ref in known]
    middle = min(members, key=lambda row: sum(abs(row.lon - o.lon) + abs(row.lat - o.lat) for o in members))
    made = _row(middle, shapely.Point(middle.lon, middle.lat), buildings.iloc[numbers])
    made["name"] = next((block for row in members if (block := block_of(row.name)).endswith("小区")), name)
    made["buildings"] = len(members)
    made["numbers"] = numbers
    return made


def _frame(rows: list[dict[str, Any]], named: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import numpy as np
    import pandas as pd

    rows = sorted(rows, key=lambda row: (row["name"], row["ref"]))
    floor = np.array([row["floor_area_m2"] for row in rows], dtype=np.float64)
    communities = communities_at(named, [(row["lon"], row["lat"]) for row in rows])
    data = {
        "name": pd.Series([row["name"] for row in rows], dtype="str"),
        "community": pd.Series(communities, dtype="str"),
        "households": np.where(np.isnan(floor), np.nan, np.maximum(1, np.round(floor / HOUSEHOLD_M2))),
        **{
            key: np.array([row[key] for row in rows], dtype=np.float64)
            for key in ("lon", "lat", "land_area_m2", "buildings")
        },
        "floor_area_m2": np.round(floor),
        "ref": pd.Series([row["ref"] for row in rows], dtype="str"),
    }
    frame = gpd.GeoDataFrame(data, geometry=[row["geometry"] for row in rows], crs="EPSG:4326")
    frame.index = pd.Index(
        [f"E{number:03d}" for number in range(1, len(rows) + 1)], dtype="str", name="estate_id"
    )
    return frame[list(COLUMNS)]


def communities_at(named: gpd.GeoDataFrame, points: list[tuple[float, float]]) -> list[str]:
    """Return the community in whose outline each point lies, "" where the file holds none.

    Parameters
    ----------
    named
        As :func:`walkshed.osm_names.read_named` returns it.
    points
        Longitude and latitude.
    """
    import shapely

    areas = named[
        (named["group"] == "community") & named.geometry.geom_type.isin(["Polygon", "MultiPolygon"])
    ]
    made = [""] * len(points)
    if not len(areas) or not points:
        return made
    shapes = areas.geometry.to_numpy()
    point, area = shapely.STRtree(shapes).query(shapely.points(points), predicate="within")
    for number, place in sorted(
        zip(point.tolist(), area.tolist(), strict=True), key=lambda p: -shapes[p[1]].area
    ):
        made[number] = str(areas["name"].iloc[place])
    return made
