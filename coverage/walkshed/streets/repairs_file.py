"""Writing ``repairs.gpkg``: suspected gaps for a planner to judge, and two layers to draw in."""

from __future__ import annotations

import contextlib
import sqlite3
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from walkshed.errors import Findings, OutputError, Text
from walkshed.tables.repairs import LINKS, PATHS, SUSPECTED, read_layers

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    import geopandas as gpd

    from walkshed.errors import Language

_COLOURS = {1: "#d55e00", 2: "#e69f00", 3: "#8a8f98"}
"""Of priorities 1 to 3: vermilion and orange of the Okabe-Ito set, grey."""

_PATH, _OPEN, _CLOSE = "#0072b2", "#009e73", "#d55e00"
_NAMES = {
    1: Text("1 first: an estate, or a large piece", "1 优先：涉及小区或较大路网片段"),
    2: Text("2 a detour", "2 绕行"),
    3: Text("3 a small piece", "3 较小片段"),
}
_KINDS = {
    "footway": "人行道 footway",
    "steps": "台阶 steps",
    "path": "小路 path",
    "service": "小区道路 service",
    "residential": "街道 residential",
    "天桥": "天桥 footbridge",
    "地下通道": "地下通道 underpass",
}
_ACTIONS = {"open": "打开 open", "close": "关闭 close"}
_ACCEPTS = {"yes": "是 yes", "no": "否 no"}


def write_repairs(
    path: str | Path, suspected: gpd.GeoDataFrame, *, date: dt.date, language: Language = "en"
) -> Path:
    """Write suspected gaps, and two layers for a planner to draw in, as a GeoPackage.

    Layers: ``suspected`` (the gaps of :func:`walkshed.streets.gaps.suspected_gaps`, with a column accept),
    ``paths`` (lines: kind, layer, note) and ``links`` (points: action, note), with styles and drop-downs that QGIS
    applies by itself. What a planner has already put into a file of that name is kept: paths and links stay,
    accepted gaps become paths, gaps turned down stay turned down.

    Parameters
    ----------
    path
        The file; it appears whole or not at all.
    suspected
        The gaps, EPSG:4326.
    date
        The study's date, which stands in the file instead of the clock's: equal inputs give equal bytes.
    language
        The language of the styles' legend.

    Raises
    ------
    OutputError
        The file cannot be written, or what a planner has put into it cannot be read; it is then untouched.

    Examples
    --------
    >>> import datetime, tempfile, geopandas, pyogrio
    >>> none = geopandas.GeoDataFrame({"kind": [], "priority": []}, geometry=[], crs=4326)
    >>> file = write_repairs(tempfile.mkdtemp() + "/repairs.gpkg", none, date=datetime.date(2026, 11, 1))
    >>> [str(name) for name in pyogrio.list_layers(file)[:, 0] if name != "layer_styles"]
    ['suspected', 'paths', 'links']
    """
    target = Path(path)
    layers = _layers(suspected, _kept(target))
    new = target.with_name(f".{target.name}.new.gpkg")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        with _dated(date):
            for name, (frame, kind) in layers.items():
                _write(frame, new, name, kind)
        _add_styles(new, _styles(language), date)
        new.replace(target)
    except OSError as error:
        raise OutputError(
            Text(f"{target} cannot be written ({error})", f"无法写入 {target}（{error}）").in_(language)
        ) from error
    finally:
        new.unlink(missing_ok=True)
    return target


def _kept(path: Path) -> dict[str, gpd.GeoDataFrame]:
    """Return what a planner has put into a file that is there."""
    if not path.exists():
        return {}
    found = Findings()
    layers = read_layers(path, found=found)
    if layers is None or found.faults:
        told = "; ".join(fault.in_("en") for fault in found.faults)
        raise OutputError(f"{path} holds repairs that cannot be read, and is left as it is: {told}")
    return {SUSPECTED: layers.suspected, PATHS: layers.paths, LINKS: layers.links}


def _layers(
    suspected: gpd.GeoDataFrame, kept: dict[str, gpd.GeoDataFrame]
) -> dict[str, tuple[gpd.GeoDataFrame, str]]:
    import geopandas as gpd
    import numpy as np
    import pandas as pd

    paths, links = (_bare(kept.get(name)) for name in (PATHS, LINKS))
    before = kept.get(SUSPECTED)
    marks: dict[bytes, str] = {}
    if before is not None and len(before):
        accepted = before[before["accept"] == "yes"]
        note = accepted["note_en"] if "note_en" in accepted else pd.Series("", index=accepted.index)
        more = gpd.GeoDataFrame(
            {"kind": "footway", "layer": None, "note": ("accepted: " + note.astype(str)).tolist()},
            geometry=accepted.geometry.to_numpy(),
            crs="EPSG:4326",
        )
        paths = pd.concat([one for one in (paths, more) if one is not None and len(one)] or [more])
        marks = {_key(line): "yes" for line in accepted.geometry}
        marks |= {_key(line): "no" for line in before.geometry[before["accept"] == "no"]}
    new = np.array([marks.get(_key(line)) != "yes" for line in suspected.geometry], dtype=bool)
    told = suspected[new].copy()
    told["accept"] = pd.Series(
        [marks.get(_key(line), "") for line in told.geometry], index=told.index, dtype="str"
    )
    return {
        SUSPECTED: (told, "LineString"),
        PATHS: (_with(paths, ("kind", "layer", "note")), "LineString"),
        LINKS: (_with(links, ("action", "note")), "Point"),
    }


def _key(line: Any) -> bytes:
    """Return what tells a line: its places on OSM's grid."""
    import numpy as np
    import shapely

    return bytes(np.rint(shapely.get_coordinates(line) * 1e7).astype(np.int64).tobytes())


def _bare(frame: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    return None if frame is None else frame.drop(columns=["row"])


def _with(frame: gpd.GeoDataFrame | None, columns: tuple[str, ...]) -> gpd.GeoDataFrame:
    """Return a layer with at least these columns, which are texts."""
    import geopandas as gpd
    import pandas as pd

    if frame is None or not len(frame):
        empty = {name: pd.Series([], dtype="str") for name in columns}
        return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs="EPSG:4326"), crs="EPSG:4326")
    out = frame.reset_index(drop=True)
    for name in columns:
        cells = out[name].tolist() if name in out else [None] * len(out)
        out[name] = pd.Series([None if pd.isna(one) or one == "" else str(one) for one in cells], dtype="str")
    own = [name for name in out.columns if name not in {*columns, "geometry"}]
    return gpd.GeoDataFrame(out[[*columns, *own, "geometry"]], geometry="geometry", crs="EPSG:4326")


def _write(frame: gpd.GeoDataFrame, path: Path, layer: str, kind: str) -> None:
    import pyogrio
    import shapely

    kinds = set(shapely.get_type_id(frame.geometry.to_numpy()).tolist())
    mixed = kinds - {{"Point": 0, "LineString": 1}[kind]}
    table = frame.reset_index() if frame.index.name else frame
    options: dict[str, Any] = {"geometry_type": "Unknown" if mixed else kind}
    pyogrio.write_dataframe(table, path, layer=layer, driver="GPKG", promote_to_multi=False, **options)


@contextlib.contextmanager
def _dated(date: dt.date) -> Iterator[None]:
    """Let GDAL write a date instead of the clock's."""
    import pyogrio

    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{date.isoformat()}T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _add_styles(path: Path, styles: dict[str, str], date: dt.date) -> None:
    """Fill the table in which QGIS looks for a layer's style and form."""
    day = f"{date.isoformat()}T00:00:00.000Z"
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
            (day,),
        )
        db.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
            "styleQML, styleSLD, useAsDefault, description, owner, update_time) "
            "VALUES ('', '', ?, 'geom', ?, ?, '', 1, 'walkshed', '', ?)",
            [(name, f"walkshed {name}", qml, day) for name, qml in styles.items()],
        )


def _styles(language: Language) -> dict[str, str]:
    suspected = [
        (str(one), _NAMES[one].in_(language), _line(colour, 0.8)) for one, colour in _COLOURS.items()
    ]
    actions = [
        ("open", _ACTIONS["open"], _marker("circle", _OPEN)),
        ("close", _ACTIONS["close"], _marker("cross2", _CLOSE)),
        ("", "?", _marker("circle", "#8a8f98")),
    ]
    path = _symbol("0", "line", _line(_PATH, 1.0)[1])
    single = f'<renderer-v2 type="singleSymbol"><symbols>{path}</symbols></renderer-v2>'
    return {
        SUSPECTED: _qml(_categories("priority", suspected), {"accept": _ACCEPTS}),
        PATHS: _qml(single, {"kind": _KINDS}),
        LINKS: _qml(_categories("action", actions), {"action": _ACTIONS}),
    }


def _categories(column: str, classes: list[tuple[str, str, tuple[str, str]]]) -> str:
    categories = "".join(
        f'<category value="{escape(value)}" symbol="{n}" label="{escape(label)}" render="true"/>'
        for n, (value, label, _) in enumerate(classes)
    )
    symbols = "".join(_symbol(str(n), kind, layer) for n, (_, _, (kind, layer)) in enumerate(classes))
    return (
        f'<renderer-v2 type="categorizedSymbol" attr="{column}"><categories>{categories}</categories>'
        f"<symbols>{symbols}</symbols></renderer-v2>"
    )


def _symbol(name: str, kind: str, layer: str) -> str:
    return f'<symbol name="{name}" type="{kind}" alpha="1" clip_to_extent="1">{layer}</symbol>'


def _line(colour: str, width: float) -> tuple[str, str]:
    options = {
        "line_color": _rgb(colour),
        "line_width": f"{width:g}",
        "line_style": "solid",
        "capstyle": "round",
    }
    return "line", _layer("SimpleLine", options)


def _marker(shape: str, colour: str) -> tuple[str, str]:
    options = {
        "name": shape,
        "color": _rgb(colour),
        "size": "3",
        "outline_color": _rgb(colour),
        "outline_width": "0.6",
    }
    return "marker", _layer("SimpleMarker", options)


def _layer(kind: str, options: dict[str, str]) -> str:
    inner = "".join(
        f'<Option name="{key}" type="QString" value="{value}"/>' for key, value in options.items()
    )
    return (
        f'<layer class="{kind}" enabled="1" pass="0" locked="0"><Option type="Map">{inner}</Option></layer>'
    )


def _rgb(colour: str) -> str:
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5)) + ",255"


def _qml(renderer: str, words: dict[str, dict[str, str]]) -> str:
    """Return a style with drop-downs for the columns that have a vocabulary."""
    fields = "".join(
        f'<field name="{column}"><editWidget type="ValueMap"><config><Option type="Map"><Option type="List" name="map">'
        + "".join(
            f'<Option type="Map"><Option type="QString" name="{escape(label)}" value="{escape(value)}"/></Option>'
            for value, label in values.items()
        )
        + "</Option></Option></config></editWidget></field>"
        for column, values in words.items()
    )
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        f'<qgis version="3.28" styleCategories="Symbology|Forms">{renderer}'
        f"<fieldConfiguration>{fields}</fieldConfiguration></qgis>"
    )
