"""Gates that could be opened, as sites for a proposal: whom each would bring within reach, and the walls then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from walkshed.report.gates import gate_frame, unique_doors
from walkshed.walking.gate_gains import GateGains
from walkshed.walking.pairs import centiminutes, decimetres

if TYPE_CHECKING:
    from collections.abc import Collection

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.profiles import Profile
    from walkshed.walking.access import Access
    from walkshed.walls import Walls


def gates_to_open(
    access: Access,
    profile: Profile,
    *,
    counts: NDArray[np.bool_],
    gates: gpd.GeoDataFrame | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the gates that are closed or for residents, and everybody's walk with each of them open to everyone.

    Parameters
    ----------
    access
        Under the policy ``residents``.
    counts
        Which venues of ``access`` are walked to.
    gates
        The table of gates; its columns ``cost`` and ``subsidy_per_year``, where there are any, are what opening one costs.

    Returns
    -------
    table
        Index: the gate's id. estate_id, name, lon, lat, cost, subsidy_per_year (0 where nothing is said).
    walks
        gate_id, demand_id, walk_m, walk_min: one row for each estate that gains, up to the longest standard.
    """
    import pandas as pd

    frame = gate_frame(access, gates)
    doors, ids = unique_doors(access, frame)
    use = [number for number, door in enumerate(doors) if door.open_to in {"closed", "residents"}]
    counted = np.where(counts, 0.0, np.inf)
    limit = access.cut_m[profile.name] + 1.0
    metres, minutes = (
        GateGains(access.search(profile, by=by), doors, limit_m=limit).opened(counted)[use]
        if use
        else np.zeros((0, len(access.estate_ids)))
        for by in ("metres", "minutes")
    )
    gate, estate = np.nonzero(np.isfinite(metres) & np.isfinite(minutes))
    names = np.array([ids[number] for number in use], dtype=object)
    table = frame.loc[names, ["estate_id", "name", "lon", "lat"]].copy()
    table = pd.DataFrame(table)
    row = _rows(access, frame, names)
    for column in ("cost", "subsidy_per_year"):
        known = (
            pd.to_numeric(gates[column], errors="coerce").to_numpy()
            if gates is not None and column in gates
            else None
        )
        table[column] = (
            0.0 if known is None else np.where(row >= 0, np.nan_to_num(known[np.maximum(row, 0)]), 0.0)
        )
    walks = pd.DataFrame(
        {
            "gate_id": names[gate],
            "demand_id": access.estate_ids.to_numpy(dtype=object)[estate],
            "walk_m": decimetres(metres[gate, estate]) / 10,
            "walk_min": centiminutes(minutes[gate, estate], profile) / 100,
        }
    )
    return table, walks


def _rows(access: Access, frame: gpd.GeoDataFrame, names: np.ndarray) -> np.ndarray:
    """Return each gate's row in the table of gates, -1 where it is not from there."""
    return np.asarray(access.walls.gates.row[frame.index.get_indexer(names)], dtype=np.int64)


def with_gates_open(access: Access, ids: Collection[str]) -> Walls:
    """Return the walls with some gates open to everyone; ``ids`` as in :func:`walkshed.report.gates.gate_frame`."""
    walls = access.walls
    chosen = np.isin(gate_frame(access).index.to_numpy(dtype=object), list(ids))
    at = set(zip(walls.gates.yard[chosen].tolist(), walls.gates.node[chosen].tolist(), strict=True))
    here = zip(walls.gates.yard.tolist(), walls.gates.node.tolist(), strict=True)
    word = walls.gates.open_to.copy()
    word[[number for number, place in enumerate(here) if place in at]] = "everyone"
    return replace(walls, gates=replace(walls.gates, open_to=word))
