"""The area of a drafted study: a named part of an OpenStreetMap file, or a layer of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from walkshed.errors import Findings, Source, Text, input_error
from walkshed.naming import NameIndex
from walkshed.places.community import community_key
from walkshed.places.outlines import read_outlines

if TYPE_CHECKING:
    import geopandas as gpd

_LAYERS = frozenset({".geojson", ".json", ".gpkg", ".shp", ".fgb", ".parquet", ".kml"})
_ABOUT_M = 50.0


@dataclass(frozen=True, slots=True)
class StudyArea:
    """Where a study is.

    Attributes
    ----------
    name
        Its name.
    shape
        Its outline in degrees; None is the whole file.
    ref
        The object it was taken from, "" for a layer.
    """

    name: str
    shape: Any = None
    ref: str = ""


def study_area(within: str | Path | None, *, named: gpd.GeoDataFrame, file: str) -> StudyArea:
    """Return the area a draft is made of.

    Parameters
    ----------
    within
        The name of a place whose outline the file holds, or a layer of polygons; None is the whole file.
    named
        As :func:`walkshed.osm_names.read_named` returns it.
    file
        The OpenStreetMap file's name, for faults.

    Raises
    ------
    InputError
        The file holds no such outline, or several; the layer cannot be read.

    Examples
    --------
    >>> from walkshed.osm_names import read_named
    >>> from walkshed.sample import sample_folder
    >>> named = read_named(sample_folder() / "streets.osm.pbf")
    >>> study_area("桃源人家", named=named, file="streets.osm.pbf").shape.geom_type
    'Polygon'
    """
    if within is None:
        return StudyArea("")
    path = Path(within)
    if path.suffix.lower() in _LAYERS:
        return _of_layer(path)
    return _of_name(str(within).strip(), named, file)


def _of_layer(path: Path) -> StudyArea:
    import shapely

    findings = Findings()
    layer = read_outlines(path, findings=findings)
    findings.raise_faults()
    names = [name for name in layer["name"] if name]
    return StudyArea(names[0] if len(names) == 1 else path.stem, shapely.union_all(layer.geometry.to_numpy()))


def _of_name(name: str, named: gpd.GeoDataFrame, file: str) -> StudyArea:
    areas = named[named.geometry.geom_type.isin(["Polygon", "MultiPolygon"])]
    areas = areas[areas["group"].isin(["place", "community", "estate"])]
    keys = [(row.name, *row.other_names) for row in areas.reset_index(drop=True).itertuples(index=False)]
    exact = [
        n for n, names in enumerate(keys) if community_key(name) in {community_key(one) for one in names}
    ]
    found = exact or [
        match.index
        for match in NameIndex(keys).match(name, limit=5)
        if match.exact and not match.hard_conflict
    ]
    if not found:
        raise _not_there(name, keys, named, file)
    apart = [n for n in found[1:] if not _same(areas.geometry.iloc[n], areas.geometry.iloc[found[0]])]
    if apart:
        listed = "; ".join(
            f"{areas.index[n]} {areas['name'].iloc[n]} ({areas['what'].iloc[n]})" for n in found[:6]
        )
        text = Text(
            f'several outlines are called "{name}": {listed}; give a layer with the one you mean',
            f"有多个名为“{name}”的范围：{listed}；请用图层文件指定",
        )
        raise input_error("draft.several_areas", text, Source(file).at(value=name))
    first = found[0]
    return StudyArea(str(areas["name"].iloc[first]), areas.geometry.iloc[first], str(areas.index[first]))


def _same(one: Any, other: Any) -> bool:
    return bool(one.symmetric_difference(other).area <= 0.05 * max(one.area, other.area))


def _not_there(name: str, keys: list[tuple[str, ...]], named: gpd.GeoDataFrame, file: str) -> Exception:
    near = [match.name for match in NameIndex(keys).match(name, limit=5)] if keys else []
    points = set(named.loc[named["group"].isin(["place", "community"]), "name"]) & {name}
    if points:
        why = Text(
            "the file holds it as a point, or not with its whole outline", "文件中只有其点位，或边界不完整"
        )
    elif near:
        why = Text(f"near to it are {', '.join(near)}", f"相近的有 {'、'.join(near)}")
    else:
        why = Text("no outline in it has such a name", "文件中没有名称相近的范围")
    text = Text(
        f'there is no outline called "{name}": {why.en}; give a layer of polygons instead (.geojson, .gpkg, .shp)',
        f"没有名为“{name}”的范围：{why.zh}；也可改用面图层（.geojson、.gpkg、.shp）",
    )
    return input_error("draft.no_area", text, Source(file).at(value=name))
