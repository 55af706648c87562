"""Vector layers: .gpkg .geojson .parquet .shp .fgb, brought to EPSG:4326 and repaired."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from walkshed.crs import SHIFTED, WGS84, check_crs
from walkshed.datum import to_wgs84
from walkshed.errors import InputError, Source, Text
from walkshed.tables.sheet import check_file, unknown_sheet
from walkshed.tables.tally import Tally

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.errors import Findings

VECTORS = frozenset({".gpkg", ".geojson", ".json", ".parquet", ".geoparquet", ".shp", ".fgb"})


@dataclass(frozen=True)
class Layer:
    """A vector layer as a table: features numbered from 1, geometry in EPSG:4326 or none at all."""

    source: Source
    rows: list[int]
    columns: dict[str, list[object]]
    geometry: NDArray[np.object_] | None


def read_layer(path: Path, *, layer: str | None, crs: str, found: Findings) -> Layer | None:
    """Read a layer, or return None after saying what is wrong.

    Parameters
    ----------
    layer
        Its name; None reads the only or first one.
    crs
        The system to assume where the file says none; EPSG:4326, the default, assumes nothing. A shifted
        datum is undone whatever the file says: no file format has a name for it.
    """
    if not check_file(path, found):
        return None
    # Drivers warn of dimensions and fields that are dropped; what matters of it is said below.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            frame, name = _open(path, layer, found)
        except Exception as error:  # noqa: BLE001  every driver has its own
            found.fault(
                "file.unreadable",
                Text(
                    f"cannot be read as a {path.suffix} layer ({_first_line(error)}); "
                    "it may be damaged or cut short, or one of its companion files is missing",
                    f"无法作为 {path.suffix} 图层读取（{_first_line(error)}）；"
                    "文件可能损坏、不完整或缺少附属文件",
                ),
                Source(path.name),
            )
            return None
        if frame is None:
            return None
        source = Source(path.name, name)
        return _laid(frame, source, crs, found)


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__


def _open(path: Path, layer: str | None, found: Findings) -> tuple[pd.DataFrame | None, str]:
    if path.suffix.lower() in (".parquet", ".geoparquet"):
        return _open_parquet(path), ""
    import geopandas as gpd
    import pyogrio

    names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    if layer is not None and layer not in names:
        unknown_sheet(path, layer, names, found)
        return None, ""
    name = layer or names[0]
    if len(names) > 1 and layer is None:
        found.notice(
            "sheet.others",
            Text(
                f"this layer is read; not read: {', '.join(names[1:])}; name the one you mean with sheet",
                f"读取本图层；未读取：{'、'.join(names[1:])}；可用 sheet 指定",
            ),
            Source(path.name, name),
        )
    options: dict[str, Any] = {}
    encoding = dbf_encoding(path)
    if encoding:
        options["encoding"] = encoding
        found.notice(
            "file.encoding",
            Text(f"its characters are read as {encoding}", f"按 {encoding} 编码读取"),
            Source(path.name),
        )
    return gpd.read_file(path, layer=name, **options), (name if len(names) > 1 else "")


def _open_parquet(path: Path) -> pd.DataFrame:
    import geopandas as gpd
    import pandas as pd

    frame: pd.DataFrame
    try:
        frame = gpd.read_parquet(path)
    except ValueError as error:
        if "geo metadata" not in str(error):
            raise
        frame = pd.read_parquet(path)
    return frame.reset_index() if frame.index.name else frame


def dbf_encoding(path: Path) -> str:
    """Return the encoding of a shapefile's attributes where it says none and it is not plain ASCII."""
    table = path.with_suffix(".dbf")
    if path.suffix.lower() != ".shp" or path.with_suffix(".cpg").exists() or not table.is_file():
        return ""
    data = table.read_bytes()
    if len(data) < 32 or data[29] not in (0, 0x57):
        return ""
    start = int.from_bytes(data[8:10], "little")
    names = b" ".join(data[at : at + 11].split(b"\0")[0] for at in range(32, start - 1, 32))
    text = names + data[start:]
    if text.isascii():
        return ""
    for encoding in ("UTF-8", "GB18030"):
        try:
            text.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return ""


def _laid(frame: pd.DataFrame, source: Source, crs: str, found: Findings) -> Layer | None:
    import geopandas as gpd

    rows = list(range(1, len(frame) + 1))
    geometry = None
    attributes = frame
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        attributes = frame.drop(columns=frame.geometry.name)
        geometry = _geometry(frame, source, crs, found)
        if geometry is None:
            return None
    columns = {str(name): _cells(attributes[name]) for name in attributes.columns}
    return Layer(source, rows, columns, geometry)


def _cells(series: pd.Series[Any]) -> list[object]:
    cells: list[object] = []
    for cell in series.astype(object).where(series.notna(), "").tolist():
        if isinstance(cell, (dict, list, tuple)) or hasattr(cell, "__array__"):
            plain = cell.tolist() if hasattr(cell, "tolist") else cell
            cells.append(json.dumps(plain, ensure_ascii=False, default=str))
        else:
            cells.append(cell)
    return cells


def _geometry(
    frame: gpd.GeoDataFrame, source: Source, crs: str, found: Findings
) -> NDArray[np.object_] | None:
    import geopandas as gpd
    import numpy as np
    import shapely

    shapes = gpd.GeoSeries(frame.geometry)
    if shapes.crs is None and crs != WGS84:
        found.notice(
            "crs.assumed",
            Text(
                f"the layer does not say its coordinate system; {crs} is used",
                f"图层没有坐标系信息，按 {crs} 处理",
            ),
            source,
        )
        shapes = shapes.set_crs(WGS84 if crs in SHIFTED else check_crs(crs))
    tally = Tally(found, source)
    flat = np.asarray(shapely.force_2d(shapes.to_numpy()), dtype=object)
    flat[shapely.is_empty(flat)] = None
    _refuse_lines(flat, tally)
    _repair(flat, tally)
    bad = _not_finite(flat)
    try:
        moved = to_wgs84(
            gpd.GeoDataFrame(geometry=gpd.GeoSeries(flat, crs=shapes.crs)), crs if crs in SHIFTED else None
        )
    except InputError as error:
        found.faults.extend(type(fault)(fault.code, fault.text, source) for fault in error.faults)
        return None
    placed = np.asarray(moved.geometry.to_numpy(), dtype=object)
    for position in np.flatnonzero(bad | _not_finite(placed)):
        tally.fault(
            "point.out_of_range",
            Text(
                f"the geometry lies nowhere on earth in {shapes.crs.to_string()}; "
                "check the layer's coordinate system",
                f"按 {shapes.crs.to_string()} 该图形不在地球上；请检查图层坐标系",
            ),
            row=int(position) + 1,
            column="geometry",
        )
        placed[position] = None
    tally.tell()
    return placed


def _refuse_lines(flat: NDArray[np.object_], tally: Tally) -> None:
    import numpy as np
    import shapely

    kinds = shapely.get_type_id(flat)
    for position in np.flatnonzero(np.isin(kinds, (1, 2, 5, 7))):
        kind = flat[position].geom_type
        tally.fault(
            "geometry.kind",
            Text(
                f"is a {kind}; an estate is a point, several points or a polygon, a venue or gate is a point",
                f"图形类型是 {kind}；小区应为点、多点或面，场所和出入口应为点",
            ),
            row=int(position) + 1,
            column="geometry",
            value=kind,
        )
        flat[position] = None
    # Some formats make every polygon a multipolygon: of one part it is that part.
    for position in np.flatnonzero(np.isin(kinds, (4, 6))):
        if len(flat[position].geoms) == 1:
            flat[position] = flat[position].geoms[0]


def _repair(flat: NDArray[np.object_], tally: Tally) -> None:
    import numpy as np
    import shapely

    kinds = shapely.get_type_id(flat)
    broken = np.isin(kinds, (3, 6)) & ~shapely.is_valid(flat)
    for position in np.flatnonzero(broken):
        reason = shapely.is_valid_reason(flat[position])
        parts = shapely.get_parts(shapely.get_parts(shapely.make_valid(flat[position])))
        areas = [part for part in parts if part.geom_type == "Polygon" and part.area > 0]
        flat[position] = (areas[0] if len(areas) == 1 else shapely.MultiPolygon(areas)) if areas else None
        text = (
            Text(
                f"the boundary crosses itself or is otherwise broken ({reason}); repaired",
                f"边界有误（{reason}），已修复",
            )
            if areas
            else Text(
                f"the boundary encloses nothing ({reason}); the place counts as not located",
                f"边界没有面积（{reason}），视为未定位",
            )
        )
        tally.notice("geometry.repaired", text, row=int(position) + 1, column="geometry")


def _not_finite(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    import numpy as np
    import shapely

    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    bad = np.zeros(len(shapes), dtype=bool)
    bad[owner[~np.isfinite(coordinates).all(axis=1)]] = True
    return bad
