"""Gates drafted from OpenStreetMap: its gate nodes near the outlines of drafted estates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walkshed.crs import metric_crs, project

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

NEAR_M = 30.0
"""How far from an estate's boundary line a gate may be mapped and still be its gate."""
_OPEN_TO = {
    "yes": "everyone", "permissive": "everyone", "designated": "everyone", "public": "everyone",
    "customers": "everyone", "destination": "everyone",
    "private": "residents", "residents": "residents", "permit": "residents", "no": "closed",
}  # fmt: skip


def draft_gates(estates: gpd.GeoDataFrame, gates: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the gates of the estates that have an outline.

    Parameters
    ----------
    estates
        As :func:`walkshed.places.draft_estates.draft_estates` returns them.
    gates
        As :func:`walkshed.osm_gates.read_gate_nodes` returns them.

    Returns
    -------
    pandas.DataFrame
        estate_id, name, lon, lat, open_to ("" where its tags do not say), hours, ref; by estate and object. A gate
        near several estates belongs to the nearest.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> estates = gpd.GeoDataFrame(geometry=[shapely.box(120.0, 31.0, 120.002, 31.002)], index=["E1"], crs=4326)
    >>> nodes = gpd.GeoDataFrame(
    ...     {"barrier": "gate", "name": "", "access": ["private", ""], "locked": False, "hours": "", "lon": [120.0, 120.1],
    ...      "lat": [31.001, 31.0]}, geometry=gpd.points_from_xy([120.0, 120.1], [31.001, 31.0]), crs=4326,
    ...     index=["node/1", "node/2"])
    >>> draft_gates(estates, nodes)[["estate_id", "open_to"]].values.tolist()
    [['E1', 'residents']]
    """
    import numpy as np
    import pandas as pd
    import shapely

    areal = estates[estates.geometry.geom_type.isin(["Polygon", "MultiPolygon"])]
    rows = []
    if len(areal) and len(gates):
        west, south, east, north = areal.total_bounds.tolist()
        crs = metric_crs((west + east) / 2, (south + north) / 2)
        lines = shapely.transform(
            shapely.boundary(areal.geometry.to_numpy()),
            lambda at: np.column_stack(project(at[:, 0], at[:, 1], crs)),
        )
        x, y = project(gates["lon"].to_numpy(), gates["lat"].to_numpy(), crs)
        number, line = shapely.STRtree(lines).query_nearest(
            shapely.points(x, y), max_distance=NEAR_M, all_matches=False
        )
        for gate, estate in zip(number.tolist(), line.tolist(), strict=True):
            row = gates.iloc[gate]
            open_to = "closed" if row["locked"] else _OPEN_TO.get(row["access"], "")
            rows.append(
                (
                    areal.index[estate],
                    row["name"],
                    row["lon"],
                    row["lat"],
                    open_to,
                    row["hours"],
                    gates.index[gate],
                )
            )
    columns = ["estate_id", "name", "lon", "lat", "open_to", "hours", "ref"]
    return pd.DataFrame(sorted(rows, key=lambda one: (one[0], one[-1])), columns=columns)
