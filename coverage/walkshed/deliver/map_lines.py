"""Lines and points as short text: quantised, one value after another, packed and base64.

A place becomes a whole number of millionths of a degree (about 0.1 m), a vertex of a line or a ring one of
hundred-thousandths (1 m); only the difference to the value before is kept, and small numbers take one byte.
``lines.js`` is the other half.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.streets.network import WalkNetwork

STEPS_PER_DEGREE = 1_000_000
SHAPE_STEPS_PER_DEGREE = 100_000
THINNED_TO_DEGREES = 8e-6
"""Vertices nearer than this (under 1 m) to the line without them are left out."""

# How a kind of street is drawn: main road, street, service way, path.
_RANKS = {
    "primary": 0, "secondary": 0, "trunk": 0, "motorway": 0,
    "tertiary": 1, "unclassified": 1, "residential": 1, "living_street": 1, "road": 1,
    "service": 2, "pedestrian": 2, "track": 2,
}  # fmt: skip
_PATH = 3


def pack(numbers: NDArray[np.int64]) -> str:
    """Return whole numbers as base64 of seven-bit groups, low group first, sign in the lowest bit.

    Examples
    --------
    >>> pack(np.array([0, -1, 1, 64]))
    'AAECgAE='
    """
    left = ((numbers << 1) ^ (numbers >> 63)).astype(np.uint64)
    width = np.ones(len(left), dtype=np.int64)
    for bits in range(7, 64, 7):
        width += left >= np.uint64(1) << np.uint64(bits)
    start = np.cumsum(width) - width
    packed = np.zeros(int(width.sum()), dtype=np.uint8)
    for group in range(int(width.max(initial=0))):
        there = width > group
        more = np.where(width[there] > group + 1, 128, 0).astype(np.uint8)
        packed[start[there] + group] = (left[there] & np.uint64(127)).astype(np.uint8) | more
        left = left >> np.uint64(7)
    return base64.b64encode(packed.tobytes()).decode("ascii")


def packed_points(
    lon: NDArray[np.float64], lat: NDArray[np.float64], *, steps_per_degree: int = STEPS_PER_DEGREE
) -> str:
    """Return points as the packed differences to the point before."""
    steps = np.rint(np.column_stack([lon, lat]) * steps_per_degree).astype(np.int64)
    return pack(np.diff(steps, axis=0, prepend=np.zeros((1, 2), dtype=np.int64)).ravel())


def packed_streets(network: WalkNetwork) -> dict[str, Any]:
    """Return the network's edges, main roads first, near ones side by side, thinned to what can be seen.

    The straight walks across a pedestrian area are left out; its outline is under ``plazas`` instead.
    """
    import shapely

    from walkshed.streets.rules import KINDS

    drawn = ~np.isin(network.edge_kind, [KINDS.index("crossing_area"), KINDS.index("gate_link")])
    counts = np.asarray(network.coord_ptr[1:] - network.coord_ptr[:-1], dtype=np.int64)
    vertex_drawn = np.repeat(drawn, counts)
    xy = np.column_stack([network.coord_lon, network.coord_lat])[vertex_drawn]
    lines = shapely.linestrings(xy, indices=np.repeat(np.arange(int(drawn.sum())), counts[drawn]))
    lines = shapely.simplify(lines, THINNED_TO_DEGREES, preserve_topology=False)
    rank_of_kind = np.array([_RANKS.get(kind, _PATH) for kind in KINDS], dtype=np.int64)
    ranks = rank_of_kind[np.asarray(network.edge_kind, dtype=np.int64)[drawn]]
    order = np.lexsort((_place_on_curve(lines), ranks))
    ranked = np.bincount(ranks, minlength=_PATH + 1).tolist()
    plazas = packed_shapes(shapely.get_exterior_ring(np.array(network.areas, dtype=object)))
    return {"ranks": ranked, "plazas": plazas, **packed_shapes(lines[order])}


def rings_of(shapes: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the rings of polygons, multipolygons and collections, and which shape each is of."""
    import shapely

    parts, shape = shapely.get_parts(shapes, return_index=True)
    # A collection's own parts may be multipolygons.
    parts, part = shapely.get_parts(parts, return_index=True)
    rings, owner = shapely.get_rings(parts, return_index=True)
    return rings, shape[part][owner].astype(np.int64)


def packed_shapes(lines: NDArray[Any]) -> dict[str, Any]:
    """Return LineStrings or rings for the page to unpack."""
    import shapely

    xy, owner = shapely.get_coordinates(lines, return_index=True)
    counts = np.bincount(owner, minlength=len(lines)).astype(np.int64)
    packed = packed_points(xy[:, 0], xy[:, 1], steps_per_degree=SHAPE_STEPS_PER_DEGREE)
    return {"n": len(counts), "counts": pack(counts), "xy": packed}


def _place_on_curve(lines: NDArray[Any]) -> NDArray[np.uint64]:
    """Return where each line lies on a curve that keeps neighbours together (Morton's)."""
    import shapely

    bounds = shapely.bounds(lines)
    if not len(bounds):
        return np.zeros(0, dtype=np.uint64)
    middle = (bounds[:, :2] + bounds[:, 2:]) / 2
    low = middle.min(axis=0)
    span = np.maximum((middle.max(axis=0) - low).max(), 1e-9)
    cells = ((middle - low) / span * 0xFFFF).astype(np.uint64)
    curve = np.zeros(len(cells), dtype=np.uint64)
    for bit in range(16):
        for axis in (0, 1):
            curve |= ((cells[:, axis] >> np.uint64(bit)) & np.uint64(1)) << np.uint64(2 * bit + axis)
    return curve
