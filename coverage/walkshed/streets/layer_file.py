"""Opening a line layer: from any vector file to vertices on OSM's own grid of 1e-7 degree."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.crs import is_degrees, unproject
from walkshed.errors import InputError, Source, Text, input_error
from walkshed.tables.sheet import check_file
from walkshed.tables.tally import row_ranges
from walkshed.tables.vector import VECTORS, dbf_encoding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.errors import Findings

GRID = 1e7
"""Steps of a degree: the precision of OSM, about a centimetre."""

_LINE, _RING = 1, 2
_FIRST_MULTI = 4
_KINDS = {0: ("points", "点"), 3: ("polygons", "面"), _LINE: ("lines", "线"), _RING: ("lines", "线")}
_NO_CRS = Text(
    "the layer does not say its coordinate system; set one in your GIS (for a shapefile: its .prj file)",
    "图层没有坐标系信息；请在 GIS 软件中定义坐标系（shapefile 需带 .prj 文件）",
)


@dataclass(slots=True)
class Lines:
    """Lines as flat arrays: vertices in 1e-7 degree, where each line begins, and its row in the layer (from 0)."""

    x: NDArray[np.int32]
    y: NDArray[np.int32]
    start: NDArray[np.int64]
    row: NDArray[np.int64]

    def take(self, order: NDArray[np.int64]) -> Lines:
        """Return the lines named, in that order."""
        count = np.diff(self.start)[order]
        start = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
        at = np.arange(start[-1]) - np.repeat(start[:-1] - self.start[order], count)
        return Lines(self.x[at], self.y[at], start, self.row[order])

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self.row)


_NO_LINES = Lines(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(1, np.int64), np.zeros(0, np.int64))


@dataclass(slots=True)
class LayerFile:
    """What was read: the columns asked for, one row per feature, and the lines."""

    source: Source
    columns: pd.DataFrame
    lines: Lines
    counts: dict[str, int]


def open_line_layer(
    path: Path, *, layer: str | None, wanted: Callable[[str], bool], found: Findings
) -> LayerFile:
    """Read the lines of a layer.

    Parameters
    ----------
    layer
        Its name; None reads the only layer of lines.
    wanted
        Tells by its name whether a column is to be read.
    found
        Takes the notices, and the faults of the geometry: then there are no lines.

    Raises
    ------
    InputError
        The file cannot be read, or is no layer of lines.
    """
    if path.suffix.lower() not in VECTORS:
        text = Text(
            "a layer of streets is a .gpkg, .parquet, .geojson, .shp or .fgb file",
            "道路图层应为 .gpkg、.parquet、.geojson、.shp 或 .fgb 文件",
        )
        raise input_error("streets.unknown_format", text, Source(path.name))
    opened = None
    if check_file(path, found):
        # Drivers warn of dimensions and fields they drop; what matters of it is said below.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            opened = _opened(path, layer, wanted, found)
    if opened is None:
        raise InputError(found.faults)
    frame, source = opened
    if getattr(frame, "active_geometry_name", None) is None:
        raise input_error("streets.no_line", Text("the layer has no geometry", "图层没有图形"), source)
    return _laid(frame, source, found)


def _opened(
    path: Path, layer: str | None, wanted: Callable[[str], bool], found: Findings
) -> tuple[Any, Source] | None:
    try:
        if path.suffix.lower() in {".parquet", ".geoparquet"}:
            return _open_parquet(path, wanted, found)
        return _open(path, layer, wanted, found)
    except Exception as error:  # noqa: BLE001  every driver has its own
        detail = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        text = Text(
            f"cannot be read as a {path.suffix} layer ({detail}); it may be damaged or cut short, or one "
            "of its companion files is missing",
            f"无法作为 {path.suffix} 图层读取（{detail}）；文件可能损坏、不完整或缺少附属文件",
        )
        found.fault("file.unreadable", text, Source(path.name))
        return None


def _open(
    path: Path, layer: str | None, wanted: Callable[[str], bool], found: Findings
) -> tuple[Any, Source] | None:
    import pyogrio

    name = _layer_name(path, layer, pyogrio.list_layers(path), found)
    if name is None:
        return None
    options: dict[str, Any] = {}
    encoding = dbf_encoding(path)
    if encoding:
        options["encoding"] = encoding
    about = pyogrio.read_info(path, layer=name, **options)
    source = Source(path.name, layer or "")
    options["columns"] = [column for column in about["fields"] if wanted(str(column))]
    frame = pyogrio.read_dataframe(
        path,
        layer=name,
        on_invalid="ignore",
        fid_as_index=path.suffix.lower() == ".gpkg",
        **options,
    )
    return frame, source


def _layer_name(path: Path, layer: str | None, layers: Any, found: Findings) -> str | None:
    """Return which layer to read: the one that is named, else the only one of lines."""
    kinds = {str(name): str(kind or "") for name, kind in layers}
    if layer is not None:
        if layer in kinds:
            return layer
        text = Text(
            f'there is no layer "{layer}"; the layers are {", ".join(kinds)}',
            f"没有图层“{layer}”；现有：{'、'.join(kinds)}",
        )
        found.fault("streets.unknown_layer", text, Source(path.name, layer))
        return None
    if len(kinds) == 1:
        return next(iter(kinds))
    lines = [name for name, kind in kinds.items() if "Line" in kind]
    choice = lines or [name for name, kind in kinds.items() if "Unknown" in kind or "Collection" in kind]
    if len(choice) == 1:
        return choice[0]
    if choice:
        text = Text(
            f"the file holds several layers of lines: {', '.join(choice)}; name the streets' one with layer",
            f"文件中有多个线图层：{'、'.join(choice)}；请用 layer 指定道路图层",
        )
        found.fault("streets.which_layer", text, Source(path.name))
    else:
        shown = ", ".join(f"{name} ({kind or '-'})" for name, kind in kinds.items())
        text = Text(f"the file holds no layer of lines: {shown}", f"文件中没有线图层：{shown}")
        found.fault("streets.no_line", text, Source(path.name))
    return None


def _open_parquet(path: Path, wanted: Callable[[str], bool], found: Findings) -> tuple[Any, Source] | None:
    import geopandas as gpd
    import pyarrow.parquet

    schema = pyarrow.parquet.read_schema(path)
    about = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
    if "primary_column" not in about:
        text = Text(
            "is a plain table without geometry, no GeoParquet layer",
            "是没有图形的普通表，不是 GeoParquet 图层",
        )
        found.fault("streets.no_line", text, Source(path.name))
        return None
    columns = [name for name in schema.names if wanted(name)]
    return gpd.read_parquet(path, columns=[*columns, about["primary_column"]]), Source(path.name)


def _laid(frame: Any, source: Source, found: Findings) -> LayerFile:
    """Take the geometry apart, and say of it what is left out or wrong."""
    import shapely

    shapes = np.asarray(frame.geometry.array, dtype=object)
    blank = np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    parts, row, others = _line_parts(shapes)
    counts = {"features": len(shapes), "features_blank": len(blank), "lines_read": len(parts)}
    lines = _NO_LINES
    if not len(parts):
        _no_line(others, source, found)
    else:
        if len(blank):
            text = Text(
                f"{len(blank):,} features have no geometry; left out",
                f"{len(blank):,} 个要素没有图形，已略去",
            )
            _notice(found, "streets.empty_geometry", text, source, blank)
        for kind, rows in others.items():
            text = Text(
                f"{len(rows):,} features are {_KINDS[kind][0]}, not lines; left out",
                f"{len(rows):,} 个要素是{_KINDS[kind][1]}而不是线，已略去",
            )
            _notice(found, "streets.not_a_line", text, source, rows)
        if (shapely.has_z(parts) | shapely.has_m(parts)).any():
            text = Text(
                "heights and measures (Z, M) are not used: lengths are those on the map",
                "不使用高程和测量值（Z、M）：长度按平面计",
            )
            found.notice("streets.flattened", text, source)
        if frame.crs is not None:
            lines = _on_grid(parts, row, frame.crs, source, found)
    if frame.crs is None:
        found.fault("crs.missing", _NO_CRS, source)
    return LayerFile(source, frame.drop(columns=frame.geometry.name), lines, counts)


def _no_line(said: dict[int, NDArray[np.int64]], source: Source, found: Findings) -> None:
    if said:
        en, zh = (" and ".join(_KINDS[k][0] for k in said), "和".join(_KINDS[k][1] for k in said))
        text = Text(
            f"the layer holds {en}, no lines; streets are lines along their middle",
            f"图层中是{zh}，没有线；道路应为中心线",
        )
    else:
        text = Text("the layer is empty: it holds no line", "图层是空的：没有线")
    found.fault("streets.no_line", text, source)


def _line_parts(
    shapes: NDArray[np.object_],
) -> tuple[NDArray[np.object_], NDArray[np.int64], dict[int, NDArray[np.int64]]]:
    """Return single lines, their rows, and the rows of what is no line, by kind of geometry."""
    import shapely

    parts, row = shapely.get_parts(shapes, return_index=True)
    while (shapely.get_type_id(parts) >= _FIRST_MULTI).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        row = row[inner]
    full = ~(shapely.is_empty(parts) | shapely.is_missing(parts))
    parts, row = parts[full], row[full]
    kind = shapely.get_type_id(parts)
    kind[kind == _RING] = _LINE
    said = {int(other): np.unique(row[kind == other]) for other in np.unique(kind[kind != _LINE])}
    return parts[kind == _LINE], row[kind == _LINE].astype(np.int64), said


def _on_grid(
    parts: NDArray[np.object_], row: NDArray[np.int64], crs: Any, source: Source, found: Findings
) -> Lines:
    """Bring the vertices to WGS84 and round them to OSM's grid, without vertices that repeat."""
    import shapely

    at, line = shapely.get_coordinates(parts, return_index=True)
    try:
        lon, lat = _degrees(at[:, 0], at[:, 1], crs)
    except RuntimeError:  # what pyproj says of a plane that is tied to no place on earth
        text = Text(
            f"longitude and latitude cannot be told from the layer's coordinate system ({crs.name}); save it in "
            "one that has an EPSG code",
            f"无法由图层坐标系（{crs.name}）得到经纬度；请在 GIS 软件中转换到有 EPSG 代码的坐标系",
        )
        found.fault("crs.unknown", text, source)
        return _NO_LINES
    wrong = ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90))
    if wrong.any():
        rows = np.unique(row[line[wrong]])
        name = crs.to_string() if len(crs.to_string()) < 60 else crs.name
        text = Text(
            f"{len(rows):,} lines lie nowhere on earth in {name}; check the layer's coordinate system, and "
            f"whether x and y are swapped (rows {row_ranges((rows + 1).tolist())})",
            f"按 {name}，{len(rows):,} 条线不在地球上；请检查图层坐标系以及经纬度是否颠倒"
            f"（第 {row_ranges((rows + 1).tolist())} 行）",
        )
        first = at[np.flatnonzero(wrong)[0]]
        place = source.at(row=int(rows[0]) + 1, column="geometry", value=f"{first[0]:g} {first[1]:g}")
        found.fault("streets.out_of_range", text, place)
        return _NO_LINES
    x, y = np.rint(lon * GRID).astype(np.int32), np.rint(lat * GRID).astype(np.int32)
    moves = np.ones(len(x), dtype=bool)
    moves[1:] = (line[1:] != line[:-1]) | (x[1:] != x[:-1]) | (y[1:] != y[:-1])
    count = np.bincount(line[moves], minlength=len(parts))
    some = count > 1
    moves &= some[line]
    if not some.any():
        found.fault("streets.no_line", Text("none of its lines has any length", "所有线的长度均为零"), source)
        return _NO_LINES
    if not some.all():
        rows = np.unique(row[~some])
        n = int((~some).sum())
        text = Text(f"{n:,} lines have no length; left out", f"{n:,} 条线长度为零，已略去")
        _notice(found, "streets.no_length", text, source, rows)
    start = np.concatenate([[0], np.cumsum(count[some])]).astype(np.int64)
    return Lines(x[moves], y[moves], start, row[some])


def _degrees(
    x: NDArray[np.float64], y: NDArray[np.float64], crs: Any
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    flat = crs.to_2d()
    if is_degrees(flat):
        outside = ~((np.abs(x) <= 180) & (np.abs(y) <= 90))
        if outside.any():
            return np.where(outside, np.nan, x), y
    if flat.equals("EPSG:4326", ignore_axis_order=True):
        return x, y
    return unproject(x, y, flat)


def _notice(
    found: Findings, code: str, text: Text, source: Source, rows: Sequence[int] | NDArray[np.int64]
) -> None:
    """Say something of rows (counted from 0), naming the first ones."""
    named = row_ranges(int(row) + 1 for row in rows[:1000])
    more = Text(f"{text.en} (rows {named})", f"{text.zh}（第 {named} 行）")
    found.notice(code, more, source)
