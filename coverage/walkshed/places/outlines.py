"""Layers of named outlines of one's own: the boundaries of communities, or of a study's area."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walkshed.crs import to_wgs84
from walkshed.errors import Findings, InputError, Source, Text

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

_NAMES = ("name", "名称", "社区", "社区名称", "community", "NAME", "Name", "村社区", "居委会", "name:zh")


def read_outlines(path: str | Path, *, findings: Findings | None = None) -> gpd.GeoDataFrame:
    """Read a layer of polygons, with the column that names them as ``name``.

    Parameters
    ----------
    path
        .gpkg .geojson .shp .fgb .parquet, with its coordinate system.
    findings
        Where faults and notices go. Without it, faults are raised together.

    Returns
    -------
    geopandas.GeoDataFrame
        In EPSG:4326: ``name`` ("" where there is no such column) and ``geometry``; valid polygons only.

    Raises
    ------
    InputError
        The file is missing, cannot be read, has no coordinate system or no polygon.

    Examples
    --------
    >>> import geopandas, shapely, tempfile
    >>> layer = geopandas.GeoDataFrame({"社区": ["龙山"]}, geometry=[shapely.box(120, 31, 121, 32)], crs=4326)
    >>> path = tempfile.mkdtemp() + "/c.geojson"
    >>> layer.to_file(path)
    >>> read_outlines(path)["name"].tolist()
    ['龙山']
    """
    from pathlib import Path

    found = Findings() if findings is None else findings
    file = Path(path)
    frame = _read(file, found)
    if findings is None:
        found.raise_faults()
    return frame


def _read(file: Path, found: Findings) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import shapely

    source = Source(file.name)
    empty = gpd.GeoDataFrame({"name": []}, geometry=[], crs="EPSG:4326")
    if not file.is_file():
        found.fault(
            "outlines.missing_file", Text(f"there is no such file: {file}", f"找不到文件：{file}"), source
        )
        return empty
    try:
        layer = gpd.read_parquet(file) if file.suffix.lower() == ".parquet" else gpd.read_file(file)
        layer = to_wgs84(layer)
    except InputError as error:
        found.faults.extend(error.faults)
        return empty
    except Exception as error:  # noqa: BLE001 - GDAL and Arrow raise classes of their own
        text = Text(f"is no layer that can be read ({error})", f"无法作为图层读取（{error}）")
        found.fault("outlines.unreadable", text, source)
        return empty
    shapes = shapely.make_valid(layer.geometry.to_numpy())
    areas = [_areas(shape) for shape in shapes]
    kept = [area is not None for area in areas]
    if not any(kept):
        found.fault("outlines.no_polygon", Text("holds no polygon", "其中没有面"), source)
        return empty
    if not all(kept):
        text = Text(
            f"{kept.count(False)} of {len(kept)} features are no polygons and are left out",
            f"{len(kept)} 个要素中有 {kept.count(False)} 个不是面，未采用",
        )
        found.notice("outlines.left_out", text, source)
    column = next((name for name in _NAMES if name in layer.columns), None)
    names = [
        "" if column is None or value is None else str(value)
        for value in (layer[column] if column else [""] * len(layer))
    ]
    return gpd.GeoDataFrame(
        {"name": [name for name, fine in zip(names, kept, strict=True) if fine]},
        geometry=[area for area in areas if area is not None],
        crs="EPSG:4326",
    )


def _areas(shape: object) -> object:
    """Return the polygons of a shape as one, None where there are none."""
    import shapely

    if shape is None:
        return None
    parts = [
        one
        for one in shapely.get_parts(shape)
        if one.geom_type in {"Polygon", "MultiPolygon"} and not one.is_empty
    ]
    return shapely.union_all(parts) if parts else None
