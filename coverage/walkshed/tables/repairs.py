"""Reading ``repairs.gpkg``: paths a planner draws, streets a planner opens or closes, suspected gaps accepted."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from walkshed.crs import to_wgs84
from walkshed.errors import InputError, Source, Text
from walkshed.tables.sheet import check_file
from walkshed.tables.tally import Tally, row_ranges
from walkshed.tables.values import text_of
from walkshed.tables.words import Vocabulary

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray

    from walkshed.errors import Findings

SUSPECTED, PATHS, LINKS = "suspected", "paths", "links"
"""The layers of the file."""

ACTION = Vocabulary(
    "action",
    {
        "open": ("打开", "开放", "开通", "放行", "开", "opened", "yes"),
        "close": ("关闭", "封闭", "断开", "关", "closed", "no"),
    },
)
ACCEPT = Vocabulary(
    "accept",
    {
        "yes": ("是", "接受", "采纳", "确认", "同意", "y", "1", "true", "accept", "ok"),
        "no": ("否", "不是", "拒绝", "不采纳", "n", "0", "false", "reject"),
    },
)

_POINT, _LINE = 0, 1
_ALLOWED = {SUSPECTED: {_LINE}, PATHS: {_LINE}, LINKS: {_POINT, _LINE}}
_KINDS = {0: Text("a point", "点"), 1: Text("a line", "线"), 3: Text("a polygon", "面")}
_WANTED = {
    SUSPECTED: Text("a line", "线"),
    PATHS: Text("a line", "线"),
    LINKS: Text("a point or a line", "点或线"),
}


@dataclass(frozen=True, eq=False)
class RepairLayers:
    """The layers of a repairs file, in EPSG:4326, single lines and points; ``row`` is the feature's fid, as QGIS shows it.

    Attributes
    ----------
    source
        The file.
    suspected
        Suspected gaps with accept ("yes", "no" or ""); empty where the layer is not there.
    paths
        Lines to be added.
    links
        Points and lines with action ("open", "close").
    """

    source: Source
    suspected: gpd.GeoDataFrame
    paths: gpd.GeoDataFrame
    links: gpd.GeoDataFrame


def read_layers(path: str | Path, *, found: Findings) -> RepairLayers | None:
    """Read the layers of a repairs file; says every fault, and returns None where it cannot be read at all."""
    path = Path(path)
    source = Source(path.name)
    names = _layers(path, found)
    if names is None:
        return None
    frames: dict[str, Any] = {}
    for layer in (SUSPECTED, PATHS, LINKS):
        if layer in names:
            frames[layer] = _frame(path, layer, found)
        elif layer != SUSPECTED:
            listed = ", ".join(names) or "-"
            text = Text(
                f'there is no layer "{layer}"; the layers are {listed}. Give it that name, or add an empty one',
                f"没有图层“{layer}”；现有图层：{listed}。请改名，或补一个空图层",
            )
            found.fault("repairs.no_layer", text, source)
    links = frames.get(LINKS)
    if links is not None:
        frames[LINKS] = _worded(links, ACTION, needed=True, source=Source(path.name, LINKS), found=found)
    suspected = frames.get(SUSPECTED)
    if suspected is not None:
        own = Source(path.name, SUSPECTED)
        frames[SUSPECTED] = _worded(suspected, ACCEPT, needed=False, source=own, found=found)
    got = [frames[one] if frames.get(one) is not None else _empty() for one in (SUSPECTED, PATHS, LINKS)]
    return RepairLayers(source, *got)


def _empty() -> gpd.GeoDataFrame:
    import geopandas as gpd

    return gpd.GeoDataFrame({"row": [], "accept": [], "action": []}, geometry=[], crs="EPSG:4326")


def _layers(path: Path, found: Findings) -> list[str] | None:
    import pyogrio

    if path.suffix.lower() != ".gpkg":
        text = Text("repairs are read from a GeoPackage (.gpkg)", "道路修补文件应为 GeoPackage（.gpkg）")
        found.fault("repairs.format", text, Source(path.name))
        return None
    if not check_file(path, found):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [str(name) for name in pyogrio.list_layers(path)[:, 0] if name != "layer_styles"]
    except Exception as error:  # noqa: BLE001 - every driver has its own
        detail = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        text = Text(
            f"cannot be read as a GeoPackage ({detail}); it may be damaged, or is not yet saved",
            f"无法作为 GeoPackage 读取（{detail}）；文件可能损坏或尚未保存",
        )
        found.fault("file.unreadable", text, Source(path.name))
        return None


def _frame(path: Path, layer: str, found: Findings) -> gpd.GeoDataFrame | None:
    """Return a layer in EPSG:4326, its features single lines or points."""
    import geopandas as gpd
    import numpy as np
    import pyogrio

    source = Source(path.name, layer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of dimensions that are dropped: said below
        frame = pyogrio.read_dataframe(path, layer=layer, fid_as_index=True)
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        text = Text("the layer has no geometry", "图层没有图形")
        found.fault("repairs.no_geometry", text, source)
        return None
    frame = frame.rename_geometry("geometry") if frame.active_geometry_name != "geometry" else frame
    frame["row"] = np.asarray(frame.index, dtype=np.int64)
    if not len(frame) and frame.crs is None:
        return frame.set_crs("EPSG:4326")
    try:
        frame = to_wgs84(frame)
    except InputError as error:
        found.faults.extend(type(fault)(fault.code, fault.text, source) for fault in error.faults)
        return None
    return _single(frame, layer, source, found)


def _single(frame: gpd.GeoDataFrame, layer: str, source: Source, found: Findings) -> gpd.GeoDataFrame:
    """Take features apart, and say what is empty, of another kind, high or nowhere on earth."""
    import numpy as np
    import shapely

    shapes = np.asarray(frame.geometry.array, dtype=object)
    blank = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if blank.any():
        rows = row_ranges(frame["row"][blank])
        text = Text(
            f"features without geometry are left out: rows {rows}", f"没有图形的要素已略去：第 {rows} 行"
        )
        found.notice("repairs.empty", text, source)
    high = shapely.has_z(shapes) | shapely.has_m(shapes)
    if high.any():
        text = Text("heights and measures (Z, M) are not used", "不使用高程和测量值（Z、M）")
        found.notice("repairs.flattened", text, source)
    flat = frame[~blank].copy()
    flat["geometry"] = shapely.force_2d(shapes[~blank])
    flat = flat.explode(ignore_index=True)
    tally = Tally(found, source)
    keep = np.ones(len(flat), dtype=bool)
    nowhere = _nowhere(np.asarray(flat.geometry.array, dtype=object))
    kinds = shapely.get_type_id(np.asarray(flat.geometry.array, dtype=object))
    kinds[kinds == 2] = _LINE
    for n, (row, kind) in enumerate(zip(flat["row"].tolist(), kinds.tolist(), strict=True)):
        if kind not in _ALLOWED[layer]:
            is_, wanted = _KINDS.get(kind, Text("of another kind", "其他类型")), _WANTED[layer]
            text = Text(f"is {is_.en}; here {wanted.en} is wanted", f"图形是{is_.zh}；此图层应为{wanted.zh}")
            tally.fault("repairs.geometry", text, row=row, column="geometry")
        elif nowhere[n]:
            text = Text(
                "lies nowhere on earth; check the layer's coordinate system",
                "不在地球上；请检查图层坐标系",
            )
            tally.fault("repairs.out_of_range", text, row=row, column="geometry")
        else:
            continue
        keep[n] = False
    tally.tell()
    return flat[keep].reset_index(drop=True)


def _nowhere(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    import numpy as np
    import shapely

    at, owner = shapely.get_coordinates(shapes, return_index=True)
    bad = np.zeros(len(shapes), dtype=bool)
    bad[owner[~((np.abs(at[:, 0]) <= 180) & (np.abs(at[:, 1]) <= 90))]] = True
    return bad


def _worded(
    frame: gpd.GeoDataFrame, words: Vocabulary, *, needed: bool, source: Source, found: Findings
) -> gpd.GeoDataFrame:
    """Read the column that says what is to be done with each feature."""
    import pandas as pd

    out = frame.copy()
    name = words.column
    if name not in out.columns:
        if needed and len(out):
            text = Text(
                f'no column "{name}" says what is to be done: open or close',
                f"缺少“{name}”列；请填写 打开（open）或 关闭（close）",
            )
            found.fault("repairs.no_action", text, source)
            out = out.iloc[:0]
        out[name] = pd.Series([""] * len(out), index=out.index, dtype="str")
        return out
    tally = Tally(found, source)
    said = []
    for row, cell in zip(out["row"].tolist(), out[name].astype(object).tolist(), strict=True):
        value = "" if pd.isna(cell) else cell
        reading = words.read(value)
        if reading.problem:
            tally.fault(*reading.problem, row=row, column=name, value=value)
        elif needed and text_of(value) == "":
            text = Text("is blank; write open or close", "为空；请填写 打开（open）或 关闭（close）")
            tally.fault("repairs.blank_action", text, row=row, column=name)
        said.append(str(reading.value))
    out[name] = pd.Series(said, index=out.index, dtype="str")
    tally.tell()
    return out[out[name] != ""] if needed else out
