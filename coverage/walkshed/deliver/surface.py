"""The walking-time surface as a GeoTIFF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walkshed.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

    from walkshed.walking.surface import Surface


def write_surface(surface: Surface, path: Path) -> None:
    """Write a surface as a compressed GeoTIFF of minutes, blank cells as no data.

    Raises
    ------
    OutputError
        rasterio is not installed (``pip install walkshed[raster]``).
    """
    try:
        import rasterio
        from affine import Affine
    except ImportError as error:
        raise OutputError(
            'a GeoTIFF needs rasterio: pip install "walkshed[raster]", or leave "surface" out of [output] write '
            '· 写出 GeoTIFF 需要安装 rasterio：pip install "walkshed[raster]"'
        ) from error
    rows, columns = surface.minutes.shape
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=columns,
        height=rows,
        count=1,
        dtype="float32",
        crs=surface.crs.to_wkt(),
        transform=Affine(surface.cell_m, 0.0, surface.west, 0.0, -surface.cell_m, surface.north),
        nodata=float("nan"),
        compress="deflate",
        predictor=3,
        tiled=True,
    ) as file:
        file.write(surface.minutes, 1)
        file.set_band_description(1, "minutes to the nearest venue")
