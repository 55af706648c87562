"""Places and results as GeoParquet, with their coordinate system, for GeoPandas, DuckDB, QGIS and R."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd


def write_geoparquet(
    folder: Path,
    *,
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    gates: gpd.GeoDataFrame | None,
    coverage: pd.DataFrame,
    estate_table: pd.DataFrame,
) -> None:
    """Write ``estates.parquet``, ``venues.parquet``, ``gates.parquet`` (if there are any) and ``coverage.parquet``.

    Geometries are as given: points, several entries or boundaries; a place that could not be located
    has none. ``estates`` and ``coverage`` hold the columns of the CSV files of these names; each row of
    ``coverage`` has its estate's geometry.
    """
    import geopandas as gpd

    shapes = estates.geometry
    tables = {
        "estates": gpd.GeoDataFrame(
            estate_table, geometry=shapes.reindex(estate_table.index), crs=estates.crs
        ),
        "venues": venues,
        "coverage": gpd.GeoDataFrame(
            coverage, geometry=shapes.reindex(coverage["estate_id"]).to_numpy(), crs=estates.crs
        ),
    }
    if gates is not None and len(gates):
        tables["gates"] = gates
    for name, table in tables.items():
        plain_columns(table).to_parquet(folder / f"{name}.parquet", compression="zstd")


def plain_columns(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the table with mixed columns, such as numbers among words, turned into text.

    Examples
    --------
    >>> import geopandas as gpd
    >>> mixed = gpd.GeoDataFrame({"floor": [1, "B1", None], "gated": [True, None, False]}, geometry=[None] * 3)
    >>> plain_columns(mixed)["floor"].dropna().tolist(), plain_columns(mixed)["gated"].tolist()
    (['1', 'B1'], [True, None, False])
    """
    import pandas as pd

    out = table.copy(deep=False)
    for column in out.columns.difference([out.geometry.name]):
        values = out[column]
        if values.dtype == object and pd.api.types.infer_dtype(values, skipna=True).startswith("mixed"):
            out[column] = values.map(lambda value: None if pd.isna(value) else str(value))
    return out
