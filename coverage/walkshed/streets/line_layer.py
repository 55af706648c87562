"""How a line layer is to be read; loads no heavy library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TOLERANCE_M = 0.5
"""Wider than the slips of drawing and rounding, narrower than the gap between two footways that are separate."""

MOST_TOLERANCE_M = 10.0
SUFFIXES = frozenset({".gpkg", ".geojson", ".json", ".parquet", ".geoparquet", ".shp", ".fgb"})
"""The endings of layers."""


@dataclass(frozen=True, slots=True)
class LineLayer:
    """How to read a line layer: see :func:`walkshed.streets.layer.read_line_layer`."""

    layer: str | None = None
    tolerance_m: float = TOLERANCE_M
    cross: bool = False


def is_layer(path: Path) -> bool:
    """Whether a file is a layer of lines by its ending, not an OSM file."""
    return path.suffix.lower() in SUFFIXES
