"""What the map's page is given of gates: where they are and whom they let pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from walkshed.deliver.map_data import _located
from walkshed.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from walkshed.errors import Language

OPEN_TO = {
    "everyone": Text("residents and visitors", "居民和访客"),
    "public": Text("everybody: a passage", "公共通道"),
    "residents": Text("residents only", "仅居民"),
    "closed": Text("closed", "关闭"),
}
"""Whom a gate lets pass, as the legend says it, in the order of the legend."""


def gate_values(gates: gpd.GeoDataFrame | None, *, language: Language) -> dict[str, Any] | None:
    """Return the gates of the walled estates for the page; None where there are none.

    Parameters
    ----------
    gates
        From :func:`walkshed.report.gates.gate_frame`.
    language
        The page's.
    """
    if gates is None or not len(gates):
        return None
    words = list(OPEN_TO)
    return {
        "openTo": "".join(str(words.index(word)) for word in gates["open_to"]),
        "words": [text.in_(language) for text in OPEN_TO.values()],
        "title": Text("Gates of estates", "小区大门").in_(language),
        "note": Text("drawn from close by", "放大后显示").in_(language),
        **_located(gates),
    }
