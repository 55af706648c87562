"""Residential areas and neighbourhoods of an OSM file: ground with a name, where people live."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.errors import Finding, Source, Text
from walkshed.streets.areas import polygons_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from walkshed.osm import Outline
    from walkshed.streets.rules import Tags

RESIDENTIAL, PLACE = 0, 1
"""Kinds: ``landuse=residential``, and ``place=neighbourhood`` or ``quarter``."""

_PLACES = frozenset({"neighbourhood", "quarter"})
_NAMES = ("name", "name:zh", "name:en")
_OTHER_NAMES = (
    "name:zh", "name:zh-Hans", "name:zh-Hant", "name:en", "alt_name", "alt_name:zh", "old_name", "official_name",
    "short_name", "loc_name",
)  # fmt: skip


def _none_of_int() -> NDArray[np.int64]:
    return np.zeros(0, dtype=np.int64)


def _none_of_kind() -> NDArray[np.int8]:
    return np.zeros(0, dtype=np.int8)


@dataclass(frozen=True, slots=True, eq=False)
class Grounds:
    """Named or nameless ground, one entry for each outer ring.

    Attributes
    ----------
    polygons : tuple of shapely.Polygon
        In degrees (EPSG:4326), valid, holes kept.
    name : tuple of str
        ``name``, else ``name:zh``, else ``name:en``; "" without any.
    other_names : tuple of tuples of str
        What else it is called (``alt_name``, ``old_name``, ``official_name``, ``name:zh`` ...), without ``name``.
    kind : int8
        :data:`RESIDENTIAL` or :data:`PLACE`.
    osm_id : int64
        The way, or a relation with a negative number; several entries may share one.
    """

    polygons: tuple[Any, ...] = ()
    name: tuple[str, ...] = ()
    other_names: tuple[tuple[str, ...], ...] = ()
    kind: NDArray[np.int8] = field(default_factory=_none_of_kind)
    osm_id: NDArray[np.int64] = field(default_factory=_none_of_int)

    def __len__(self) -> int:
        """Return the number of polygons."""
        return len(self.polygons)


def ground_rule(tags: Tags) -> tuple[int, tuple[str, ...]] | None:
    """Return the kind and the names (the first is the name) of residential ground, None for other tags.

    Examples
    --------
    >>> ground_rule({"landuse": "residential", "name:zh": "桃源人家", "alt_name": "桃源;桃源小区"})
    (0, ('桃源人家', '桃源', '桃源小区'))
    >>> ground_rule({"landuse": "forest"}) is None
    True
    """
    if tags.get("landuse") == "residential":
        kind = RESIDENTIAL
    elif tags.get("place") in _PLACES:
        kind = PLACE
    else:
        return None
    words = [tags.get(key) or "" for key in (*_NAMES, *_OTHER_NAMES)]
    found = [part.strip() for word in words for part in word.split(";")]
    return kind, tuple(dict.fromkeys(part for part in found if part)) or ("",)


def grounds_of(outlines: Sequence[Outline], *, name: str) -> tuple[Grounds, list[Finding]]:
    """Return the outlines as polygons; what is clipped or does not close is left out, counted and told.

    Parameters
    ----------
    outlines
        From :func:`walkshed.osm.read_ways`.
    name
        The file's name, for the notice.
    """
    import shapely

    rows: list[tuple[Any, Outline]] = []
    broken = 0
    for outline in outlines:
        lines = [(np.column_stack([x, y]) / 1e7, hole) for x, y, hole in outline.lines]
        polygons = [] if outline.lost or not lines else polygons_of(lines)
        polygons = [polygon for polygon in polygons if polygon.area > 0]
        broken += not polygons
        rows.extend((polygon, outline) for polygon in polygons)
    grounds = Grounds(
        polygons=tuple(shapely.normalize(polygon) for polygon, _ in rows),
        name=tuple(outline.names[0] for _, outline in rows),
        other_names=tuple(outline.names[1:] for _, outline in rows),
        kind=np.array([outline.kind for _, outline in rows], dtype=np.int8),
        osm_id=np.array([outline.item for _, outline in rows], dtype=np.int64),
    )
    if not broken:
        return grounds, []
    text = Text(
        f"{broken:,} residential areas do not close in the file (clipped or drawn open); they bound no estate",
        f"文件中有 {broken:,} 个居住区轮廓不闭合（被裁剪或未画完），不作为小区边界",
    )
    return grounds, [Finding("streets.ground_open", text, Source(name))]
