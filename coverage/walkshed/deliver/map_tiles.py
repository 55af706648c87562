"""Background maps that a reader may switch on where there is a network, and the only hosts they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from walkshed.errors import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from walkshed.errors import Language

KEY = "{tk}"
"""Where the reader's own key goes in an address."""


@dataclass(frozen=True, slots=True)
class Tiles:
    """One background: its host, what it asks of it, and whom to credit.

    Attributes
    ----------
    host
        The one origin it fetches from.
    paths
        What lies on top of what; ``{x}``, ``{y}``, ``{z}`` as Leaflet fills them in.
    finest
        The finest zoom there are pictures for.
    shifted
        Whether the pictures are in GCJ-02, so that everything drawn has to be shifted to match.
    china_only
        Whether it shows little outside China.
    """

    name: Text
    host: str
    paths: tuple[str, ...]
    credit: Text
    finest: int
    shifted: bool = False
    china_only: bool = False


_WMTS = (
    "/{0}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={0}&STYLE=default"
    "&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={{tk}}"
)
TILES = {
    "osm": Tiles(
        name=Text("OpenStreetMap", "OpenStreetMap"),
        host="https://tile.openstreetmap.org",
        paths=("/{z}/{x}/{y}.png",),
        credit=Text("Background © OpenStreetMap contributors", "底图 © OpenStreetMap contributors"),
        finest=19,
    ),
    "tianditu": Tiles(
        name=Text("Tianditu (with your key)", "天地图（需密钥）"),
        host="https://t0.tianditu.gov.cn",
        paths=(_WMTS.format("vec"), _WMTS.format("cva")),
        credit=Text("Background © Tianditu (National Platform for Geospatial Information)", "底图 © 国家地理信息公共服务平台“天地图”"),
        finest=18,
        china_only=True,
    ),
    "amap": Tiles(
        name=Text("Amap (shifted, GCJ-02)", "高德地图（GCJ-02 偏移）"),
        host="https://webrd01.is.autonavi.com",
        paths=("/appmaptile?lang=zh_cn&size=1&scale=1&style=8&x={x}&y={y}&z={z}",),
        credit=Text("Background © AutoNavi (Amap)", "底图 © 高德地图"),
        finest=18,
        shifted=True,
        china_only=True,
    ),
}  # fmt: skip
_CHINA = (72.004, 0.8293, 137.8347, 55.8271)
"""The box outside which GCJ-02 is WGS84; the rough outline of the public algorithm."""


def tiles_at(bounds: list[list[float]] | None) -> tuple[str, ...]:
    """Return which backgrounds are of use for a study within [[south, west], [north, east]].

    Examples
    --------
    >>> tiles_at([[41.1, -8.7], [41.2, -8.5]]), len(tiles_at([[31.5, 120.2], [31.6, 120.3]]))
    (('osm',), 3)
    """
    if bounds is None:
        return ("osm",)
    (south, west), (north, east) = bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    inside = _CHINA[0] <= lon <= _CHINA[2] and _CHINA[1] <= lat <= _CHINA[3]
    return tuple(name for name, tiles in TILES.items() if inside or not tiles.china_only)


def tile_values(names: Sequence[str], *, tianditu_key: str, language: Language) -> list[dict[str, Any]]:
    """Return what the page needs to know of the backgrounds; a key only where one is given.

    Examples
    --------
    >>> [(value["id"], value["needsKey"]) for value in tile_values(["osm"], tianditu_key="", language="en")]
    [('osm', False)]
    """
    return [
        {
            "id": name,
            "name": TILES[name].name.in_(language),
            "urls": [TILES[name].host + path for path in TILES[name].paths],
            "credit": TILES[name].credit.in_(language),
            "finest": TILES[name].finest,
            "shifted": TILES[name].shifted,
            "needsKey": any(KEY in path for path in TILES[name].paths),
            "key": tianditu_key if name == "tianditu" else "",
        }
        for name in names
    ]


def tile_hosts(names: Sequence[str]) -> tuple[str, ...]:
    """Return the origins that a page with these backgrounds may ask for pictures."""
    return tuple(TILES[name].host for name in names)
