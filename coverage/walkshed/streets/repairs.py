"""A planner's repairs of the streets: paths added, streets opened and closed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.errors import Finding, Findings, Source, Text
from walkshed.streets.grafting import graft
from walkshed.streets.layer_columns import code_rows, wanted
from walkshed.streets.line_layer import MOST_TOLERANCE_M
from walkshed.streets.links import switch
from walkshed.streets.patch import Patch
from walkshed.streets.repairs_said import FAR_M, tell_paths, tell_rows, tell_sum
from walkshed.streets.rules import AREA_BIT
from walkshed.tables.repairs import LINKS, PATHS, SUSPECTED, read_layers
from walkshed.tables.tally import Tally

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.streets.network import WalkNetwork
    from walkshed.tables.repairs import RepairLayers

TOLERANCE_M = 3.0
"""How far short of a street a hand-drawn path may end and still meet it."""

_KIND = "kind"
_IGNORED = frozenset({"fid", "id", "row", "accept", "action", "geometry"})


@dataclass(frozen=True, eq=False)
class Repairs:
    """What a planner wants changed.

    Attributes
    ----------
    source
        The file.
    paths
        Lines to be added (EPSG:4326, LineStrings): layer (``paths``, or ``suspected`` for an accepted gap), row,
        kind, note.
    code
        The walking attributes of each path, packed as a way's (:mod:`walkshed.streets.rules`).
    links
        Points and lines (EPSG:4326) with action (``open``, ``close``), row, note.
    notices
        What was left out in reading.
    """

    source: Source
    paths: gpd.GeoDataFrame
    code: NDArray[np.int32]
    links: gpd.GeoDataFrame
    notices: tuple[Finding, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not len(self.paths) and not len(self.links)


def read_repairs(path: str | Path, *, findings: Findings | None = None) -> Repairs:
    """Read a planner's repairs from ``repairs.gpkg``.

    Its layer ``paths`` holds lines to be added; its columns are those of a line layer of streets (kind: footway,
    steps, 人行道 …, blank for footway; layer, bridge, tunnel, access …). Its layer ``links`` holds points or lines
    with action ``open`` or ``close``. A line of the layer ``suspected`` with accept = yes is a path as well.

    Parameters
    ----------
    path
        The GeoPackage, in any coordinate system.
    findings
        Where faults and notices go. Without it, faults are raised together.

    Raises
    ------
    InputError
        All faults of the file at once: a layer that is missing, without coordinate system, of the wrong geometry,
        an unknown action or kind.

    Examples
    --------
    >>> repairs = read_repairs("repairs.gpkg")  # doctest: +SKIP
    """
    own = Findings()
    layers = read_layers(path, found=own)
    repairs = _repairs(layers, own) if layers is not None else None
    if findings is None:
        own.raise_faults()
    else:
        findings.faults.extend(own.faults)
        findings.notices.extend(own.notices)
    if repairs is None:
        return Repairs(
            Source(str(getattr(path, "name", path))), _nothing(), np.zeros(0, np.int32), _nothing()
        )
    return replace(repairs, notices=tuple(own.notices))


def _nothing() -> gpd.GeoDataFrame:
    import geopandas as gpd

    return gpd.GeoDataFrame({"row": [], "action": []}, geometry=[], crs="EPSG:4326")


def _repairs(layers: RepairLayers, found: Findings) -> Repairs:
    import geopandas as gpd
    import pandas as pd

    accepted = (
        layers.suspected[layers.suspected["accept"] == "yes"] if len(layers.suspected) else layers.suspected
    )
    taken = pd.DataFrame(accepted.drop(columns=[c for c in accepted.columns if c not in {"row", "geometry"}]))
    frames = [pd.DataFrame(layers.paths).assign(from_layer=PATHS), taken.assign(from_layer=SUSPECTED)]
    every = pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)
    if _KIND not in every:
        every[_KIND] = ""
    code = _codes(every, layers.source, found)
    keep = code >= 0
    note = every["note"] if "note" in every else pd.Series("", index=every.index)
    paths = gpd.GeoDataFrame(
        {
            "layer": every["from_layer"].astype("str"),
            "row": every["row"].astype("int64"),
            "kind": every[_KIND].map(_word).astype("str"),
            "note": note.map(_word).astype("str"),
        },
        geometry=gpd.GeoSeries(every["geometry"].to_numpy(), index=every.index, crs="EPSG:4326"),
        crs="EPSG:4326",
    )
    return Repairs(layers.source, paths[keep].reset_index(drop=True), code[keep], layers.links)


def _word(cell: Any) -> str:
    import pandas as pd

    return "" if pd.isna(cell) else str(cell).strip()


def _codes(every: pd.DataFrame, source: Source, found: Findings) -> NDArray[np.int32]:
    """Return the walking attributes of paths; a kind that is not known or not walked is a fault."""
    import pandas as pd

    kinds = every[_KIND].map(_word)
    columns = {_KIND: kinds.where(kinds != "", "footway")}
    for name in every.columns:
        plain = str(name).lower()
        if wanted(str(name)) and plain not in _IGNORED | {_KIND} and plain not in _OTHER_CLASSES:
            columns[str(name)] = every[name]
    if "layer" not in columns:
        columns["layer"] = pd.Series(None, index=every.index, dtype="object")
    said = Findings()  # of single columns; what matters of it is said below, with its row
    code = code_rows(pd.DataFrame(columns), source, said).code & ~np.int32(AREA_BIT)
    code = np.where(code < 0, -1, code).astype(np.int32)
    known = code_rows(pd.DataFrame({_KIND: [*columns[_KIND], "footway"]}), source, Findings()).code[:-1] >= 0
    tally = Tally(found, Source(source.file, PATHS))
    for n in np.flatnonzero((code < 0) | ~known).tolist():
        text = (
            Text(
                "says that nobody may walk there (access, foot); a path that is added must be walkable",
                "属性表明不可步行（access、foot）；新增道路须可步行",
            )
            if known[n]
            else Text(
                "is no kind of path that is known; write footway, steps, path, residential, 人行道, 台阶 …, or leave "
                "it blank",
                "不是可识别的道路类别；可填 人行道、台阶、footway、steps、path 等，或留空",
            )
        )
        row = int(every["row"].iloc[n])
        tally.fault("repairs.kind", text, row=row, column=_KIND, value=kinds.iloc[n])
        code[n] = -1
    tally.tell()
    return code


_OTHER_CLASSES = frozenset(
    {
        "highway",
        "fclass",
        "type",
        "class",
        "road_class",
        "道路等级",
        "道路类型",
        "道路类别",
        "等级",
        "类型",
        "类别",
    }
)


def apply_repairs(
    network: WalkNetwork, repairs: Repairs, *, tolerance_m: float = TOLERANCE_M, cross: bool = False
) -> WalkNetwork:
    """Return a network with a planner's repairs made: first what is opened and closed, then what is added.

    Added paths meet the streets, and each other, by the topology of a line layer
    (:func:`walkshed.streets.layer.read_line_layer`): at shared vertices, where an end or a vertex lies on the
    other, and loose ends within the tolerance; on one level only. Streets that are not concerned stay exactly as
    they are.

    Parameters
    ----------
    network
        The streets; they are not changed.
    repairs
        From :func:`read_repairs`.
    tolerance_m
        How far a path's loose end may lie from what it meets, 0 to 10 m.
    cross
        Whether paths also meet what they merely cross on one level.

    Returns
    -------
    WalkNetwork
        Added paths have way number 0. Its counts have paths_added, paths_left_out, path_metres, path_joints,
        path_ends_loose, streets_closed, streets_opened, gates_closed, gates_opened; its notices say what was
        done, and what was not, with its row.

    Raises
    ------
    ValueError
        The tolerance is out of range.

    Examples
    --------
    >>> repaired = apply_repairs(streets, repairs)  # doctest: +SKIP
    """
    if not 0 <= tolerance_m <= MOST_TOLERANCE_M:
        raise ValueError(f"the tolerance is between 0 and {MOST_TOLERANCE_M:g} m")
    if repairs.is_empty:
        return network.with_notices(*repairs.notices)
    found = Findings()
    patch = Patch(network)
    counts, said = switch(patch, repairs.links)
    tally = Tally(found, Source(repairs.source.file, LINKS))
    for row, code, text in said:
        tally.notice(code, text, row=row, column="action")
    tally.tell()
    changed = patch.build() if len(repairs.links) else network
    added, more = _with_paths(changed, repairs, tolerance_m, found, cross=cross)
    return replace(
        added,
        counts={**network.counts, **counts, **more},
        notices=(*network.notices, *repairs.notices, *found.notices),
    )


def _with_paths(
    network: WalkNetwork, repairs: Repairs, tolerance_m: float, found: Findings, *, cross: bool
) -> tuple[WalkNetwork, dict[str, int]]:
    shapes = np.asarray(repairs.paths.geometry.array, dtype=object)
    away = _away(network, shapes)
    near = np.flatnonzero(away <= FAR_M)
    patch = Patch(network)
    grafted = graft(patch, shapes[near], repairs.code[near], tolerance_m=tolerance_m, cross=cross)
    changed = patch.build() if len(near) else network
    lost = [int(near[n]) for n in grafted.collapsed]
    metres = float(changed.component_length_m.sum() - network.component_length_m.sum()) if len(near) else 0.0
    counts = {
        "paths_added": len(near) - len(lost),
        "paths_left_out": len(shapes) - len(near) + len(lost),
        "path_metres": round(metres),
        "path_joints": grafted.ends_joined,
        "path_ends_loose": len(grafted.loose) + len(grafted.at_wall) + 2 * len(grafted.alone),
    }
    tell_sum(repairs, counts, tolerance_m, found)
    tell_paths(repairs, near, away, grafted, tolerance_m, found)
    tell_rows(repairs, near, grafted, found)
    return changed, counts


def _away(network: WalkNetwork, shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Metres from lines to the nearest street."""
    import shapely

    index = network.index
    away = np.full(len(shapes), np.inf)
    if len(shapes):
        metric = shapely.transform(shapes, lambda at: np.column_stack(index.project(at[:, 0], at[:, 1])))
        good = np.flatnonzero(np.isfinite(shapely.bounds(metric)).all(axis=1))
        which, metres = shapely.STRtree(index.lines).query_nearest(
            metric[good], return_distance=True, all_matches=False
        )
        away[good[which[0]]] = metres
    return away
