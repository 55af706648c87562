"""The results as a GeoPackage with styles that QGIS applies by itself."""

from __future__ import annotations

import contextlib
import sqlite3
from html import escape
from typing import TYPE_CHECKING

from walkshed.deliver import palette

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from walkshed.standards import Standard


def write_layers(
    path: Path,
    *,
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    gates: gpd.GeoDataFrame | None,
    coverage: pd.DataFrame,
    estate_table: pd.DataFrame,
    standards: Sequence[Standard],
    date: dt.date,
) -> None:
    """Write ``coverage.gpkg``: estates (points), estate_areas, venues, gates and the coverage table.

    The layers ``estates`` and ``estate_areas`` carry the nearest walk and, for the first profile and
    standard, status and reason; all others stand in the table ``coverage``. Every place keeps its
    row, those without a location with an empty geometry.
    """
    with _dated(date):
        points = _estate_points(estates, estate_table, coverage)
        _write(points, path, "estates")
        boundary = estates.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).to_numpy()
        styles = {"estates": _graduated("walk_min", standards, point=True)}
        if boundary.any():
            areas = points[boundary].set_geometry(estates.geometry[boundary].to_numpy(), crs=4326)
            _write(areas, path, "estate_areas")
            styles["estate_areas"] = _graduated("walk_min", standards, point=False)
        _write(_plain(venues), path, "venues")
        styles["venues"] = _by_status()
        if gates is not None and len(gates):
            _write(gates, path, "gates")
            styles["gates"] = _simple_marker("square", palette.INK, 2)
        _write(coverage, path, "coverage")
    _add_styles(path, styles, date)


def write_catchments(
    path: Path, layers: dict[str, gpd.GeoDataFrame], *, standards: Sequence[Standard], date: dt.date
) -> None:
    """Add catchments and reached streets to ``coverage.gpkg``, each with a style by standard."""
    names = [standard.name for standard in standards]
    with _dated(date):
        for name, frame in layers.items():
            if len(frame):
                _write(frame, path, name)
    _add_styles(
        path,
        {name: _by_standard(names, line="streets" in name) for name in layers if len(layers[name])},
        date,
    )


@contextlib.contextmanager
def _dated(date: dt.date) -> Iterator[None]:
    """Let GDAL write the study's date instead of the clock's, so that equal runs give equal files."""
    import pyogrio

    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{date.isoformat()}T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _estate_points(
    estates: gpd.GeoDataFrame, estate_table: pd.DataFrame, coverage: pd.DataFrame
) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import numpy as np
    import shapely

    first = coverage.drop_duplicates("estate_id").set_index("estate_id")
    table = estate_table.copy()
    for column in ("standard", "status", "reason"):
        table[f"{column}_first" if column in table else column] = first[column].reindex(table.index)
    lon, lat = estates["lon"].to_numpy(), estates["lat"].to_numpy()
    points = np.full(len(estates), None, dtype=object)
    located = ~np.isnan(lon)
    points[located] = shapely.points(lon[located], lat[located])
    return gpd.GeoDataFrame(_plain_columns(table), geometry=points, crs="EPSG:4326")


def _plain(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    import geopandas as gpd

    return gpd.GeoDataFrame(
        _plain_columns(frame.drop(columns="geometry")), geometry=frame.geometry, crs=frame.crs
    )


def _plain_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Turn mixed columns into text, which every GIS can hold."""
    import pandas as pd

    out = pd.DataFrame(table)
    for column in out.columns:
        if out[column].dtype == object:
            out[column] = out[column].map(lambda value: None if pd.isna(value) else str(value))
    return out


def _write(frame: pd.DataFrame, path: Path, layer: str) -> None:
    import pyogrio

    table = frame.reset_index(names=frame.index.name) if frame.index.name else frame
    pyogrio.write_dataframe(table, path, layer=layer, driver="GPKG", promote_to_multi=False)


def _add_styles(path: Path, styles: dict[str, str], date: dt.date) -> None:
    """Fill the table ``layer_styles``, in which QGIS looks for a layer's default style."""
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "CREATE TABLE IF NOT EXISTS layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT(256), "
            "f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), "
            "styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), "
            "update_time DATETIME)"
        )
        db.execute(
            "INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
            (f"{date.isoformat()}T00:00:00.000Z",),
        )
        db.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
            "styleQML, styleSLD, useAsDefault, description, owner, update_time) "
            "VALUES ('', '', ?, 'geom', ?, ?, '', 1, 'walkshed', '', ?)",
            [
                (name, f"walkshed {name}", qml, f"{date.isoformat()}T00:00:00.000Z")
                for name, qml in styles.items()
            ],
        )


def _graduated(column: str, standards: Sequence[Standard], *, point: bool) -> str:
    """Return a QML style with one class for each standard in minutes, or for 5, 10 and 15 minutes."""
    limits = sorted({s.minutes for s in standards if s.minutes is not None}) or [5.0, 10.0, 15.0]
    colours = palette.class_colours(len(limits) + 1)
    bounds = [0.0, *limits, 100_000.0]
    ranges, symbols = [], []
    for number, colour in enumerate(colours):
        low, high = bounds[number], bounds[number + 1]
        label = f"≤ {high:g} min" if high < bounds[-1] else f"> {low:g} min"
        ranges.append(
            f'<range lower="{low:g}" upper="{high:g}" symbol="{number}" label="{escape(label)}" render="true"/>'
        )
        symbols.append(_symbol(str(number), "circle" if point else "", colour, 3))
    body = f"<ranges>{''.join(ranges)}</ranges><symbols>{''.join(symbols)}</symbols>"
    return _qml(
        f'<renderer-v2 type="graduatedSymbol" attr="{column}" graduatedMethod="GraduatedColor">{body}</renderer-v2>'
    )


def _by_standard(names: Sequence[str], *, line: bool) -> str:
    colours = palette.class_colours(len(names) + 1)
    categories, symbols = [], []
    for number, name in enumerate(names):
        value = escape(name, quote=True)
        categories.append(f'<category value="{value}" symbol="{number}" label="{value}" render="true"/>')
        symbols.append(_symbol(str(number), "line" if line else "", colours[number], 0.6))
    body = f"<categories>{''.join(categories)}</categories><symbols>{''.join(symbols)}</symbols>"
    return _qml(f'<renderer-v2 type="categorizedSymbol" attr="standard">{body}</renderer-v2>')


def _by_status() -> str:
    values = {
        "open": palette.VENUE,
        "under_construction": palette.NOT_YET,
        "planned": palette.NOT_YET,
        "closed": palette.INK,
    }
    categories, symbols = [], []
    for number, (value, colour) in enumerate(values.items()):
        categories.append(f'<category value="{value}" symbol="{number}" label="{value}" render="true"/>')
        symbols.append(_symbol(str(number), "diamond", colour, 4))
    body = f"<categories>{''.join(categories)}</categories><symbols>{''.join(symbols)}</symbols>"
    return _qml(f'<renderer-v2 type="categorizedSymbol" attr="status">{body}</renderer-v2>')


def _simple_marker(shape: str, colour: str, size: float) -> str:
    return _qml(
        f'<renderer-v2 type="singleSymbol"><symbols>{_symbol("0", shape, colour, size)}</symbols></renderer-v2>'
    )


def _symbol(name: str, shape: str, colour: str, size: float) -> str:
    rgb = ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5)) + ",255"
    if shape == "line":
        options = {"line_color": rgb, "line_width": f"{size:g}", "line_style": "solid", "capstyle": "round"}
        kind, layer = "line", "SimpleLine"
    elif shape:
        options = {
            "name": shape,
            "color": rgb,
            "size": f"{size:g}",
            "outline_color": "255,255,255,255",
            "outline_width": "0.2",
        }
        kind, layer = "marker", "SimpleMarker"
    else:
        options = {
            "color": rgb.replace(",255", ",130"),
            "outline_color": "90,90,90,255",
            "outline_width": "0.2",
            "style": "solid",
        }
        kind, layer = "fill", "SimpleFill"
    inner = "".join(
        f'<Option name="{key}" type="QString" value="{value}"/>' for key, value in options.items()
    )
    return (
        f'<symbol name="{name}" type="{kind}" alpha="1" clip_to_extent="1"><layer class="{layer}" enabled="1" pass="0" '
        f'locked="0"><Option type="Map">{inner}</Option></layer></symbol>'
    )


def _qml(renderer: str) -> str:
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'><qgis version=\"3.28\" styleCategories=\"Symbology\">{renderer}</qgis>"
