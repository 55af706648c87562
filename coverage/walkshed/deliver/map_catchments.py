"""The catchments the map draws: merged for each walker and standard, and each venue's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.deliver.map_lines import pack, packed_shapes, rings_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.deliver.map_data import Scale

MERGED_TO_DEGREES = 2e-5
OWN_TO_DEGREES = 4e-5
"""Outlines are drawn to 10 m; vertices nearer than this (2 m, 4 m) to the line without them are left out."""
OWN_AT_MOST = 4_000_000
"""Letters that the venues' own catchments may take; beyond it the page shows merged ones only, and says so."""


def catchment_values(
    merged: gpd.GeoDataFrame | None,
    own: gpd.GeoDataFrame | None,
    *,
    scales: Sequence[Scale],
    profiles: Sequence[str],
    venue_ids: pd.Index[Any],
) -> dict[str, Any]:
    """Return outlines by scale, profile and standard: all venues together, and one by one.

    Parameters
    ----------
    merged
        Columns profile, standard, geometry (EPSG:4326).
    own
        The same and venue_id. Left out if it would make the page too large.
    """
    values: dict[str, Any] = {"merged": None, "own": None, "leftOut": False}
    if merged is not None and len(merged):
        values["merged"] = _by_scale(merged, scales, profiles, None, MERGED_TO_DEGREES)
    if own is not None and len(own):
        packed = _by_scale(own, scales, profiles, venue_ids, OWN_TO_DEGREES)
        small = _letters(packed) <= OWN_AT_MOST
        values["own"], values["leftOut"] = (packed, False) if small else (None, True)
    return values


def _by_scale(
    table: gpd.GeoDataFrame,
    scales: Sequence[Scale],
    profiles: Sequence[str],
    venue_ids: pd.Index[Any] | None,
    tolerance: float,
) -> list[list[list[dict[str, Any]]]]:
    key = [table["profile"].to_numpy(dtype=object), table["standard"].to_numpy(dtype=object)]
    geometry = np.asarray(table.geometry.array, dtype=object)
    owner = np.zeros(len(table), np.int64) if venue_ids is None else venue_ids.get_indexer(table["venue_id"])
    packed: list[list[list[dict[str, Any]]]] = []
    for scale in scales:
        packed.append([])
        for profile in profiles:
            rows = [(key[0] == profile) & (key[1] == name) & (owner >= 0) for name in scale.names]
            packed[-1].append([_packed(geometry[mine], owner[mine], tolerance) for mine in rows])
    return packed


def _packed(shapes: NDArray[np.object_], owner: NDArray[Any], tolerance: float) -> dict[str, Any]:
    """Return the rings of some shapes and whose they are."""
    import shapely

    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    order = np.argsort(owner[there], kind="stable")
    thinned = shapely.simplify(shapes[there][order], tolerance)
    rings, row = rings_of(thinned)
    whose = np.asarray(owner[there][order][row], dtype=np.int64)
    return {"owner": pack(np.diff(whose, prepend=0)), **packed_shapes(rings)}


def _letters(packed: list[list[list[dict[str, Any]]]]) -> int:
    return sum(
        len(text)
        for scale in packed
        for profile in scale
        for cut in profile
        for text in cut.values()
        if isinstance(text, str)
    )
