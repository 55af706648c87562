"""Where the communities are that the tables name: by their boundary, else by their located members."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from walkshed.geodesy import distance_m

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd

_MEMBERS = 3
"""A median of fewer members is one member's own place."""
_WORDS = re.compile(r"(?:社区|居委会|居民委员会|村委会|村民委员会|社区居委会|社区村|居民区)+$")


@dataclass(frozen=True, slots=True)
class Community:
    """A community and where it is.

    Attributes
    ----------
    name
        As the tables write it.
    shape
        Its boundary in degrees, None where none is known.
    lon, lat
        The median of its members; used where there is no boundary.
    members
        How many members the median is of.
    """

    name: str
    shape: Any = None
    lon: float = float("nan")
    lat: float = float("nan")
    members: int = 0

    def distance_m(self, lon: float, lat: float) -> float:
        """Return the metres from a point: 0 inside the boundary, to the boundary, or to the median."""
        if self.shape is None:
            return float(distance_m(self.lon, self.lat, lon, lat))
        import shapely

        here = shapely.Point(lon, lat)
        if self.shape.covers(here):
            return 0.0
        # the nearest corner in degrees is near enough to the nearest in metres, once longitudes are shrunk
        foot = _nearest(self.shape, lon, lat)
        return float(distance_m(foot[0], foot[1], lon, lat))

    def holds(self, lon: float, lat: float) -> bool:
        """Tell whether a point is inside the boundary; False without one."""
        import shapely

        return self.shape is not None and bool(self.shape.covers(shapely.Point(lon, lat)))


def _nearest(shape: Any, lon: float, lat: float) -> tuple[float, float]:
    import numpy as np
    import shapely

    shrink = float(np.cos(np.radians(lat)))
    scaled = shapely.transform(shape.boundary, lambda at: at * (shrink, 1.0))
    line = shapely.shortest_line(scaled, shapely.Point(lon * shrink, lat))
    x, y = line.coords[0]
    return x / shrink, y


def community_key(name: str) -> str:
    """Return a community's name in the form that is compared.

    Examples
    --------
    >>> community_key("龙山社区居委会"), community_key(" 龙山 "), community_key("Ａ区")
    ('龙山', '龙山', 'A区')
    """
    plain = "".join(unicodedata.normalize("NFKC", name).split())
    return _WORDS.sub("", plain) or plain


def communities_of(
    names: Iterable[str],
    *,
    named: gpd.GeoDataFrame | None = None,
    layer: gpd.GeoDataFrame | None = None,
    members: Mapping[str, Iterable[tuple[float, float]]] | None = None,
) -> dict[str, Community]:
    """Return the communities whose place is known, by :func:`community_key`.

    Parameters
    ----------
    names
        As the tables write them.
    named
        The named objects of the study's OpenStreetMap file: outlines of communities are taken from it.
    layer
        A layer of boundaries of one's own, with a column ``name``; it goes before ``named``.
    members
        By key, the places of the members that are known; used where there is no boundary, from three members on.

    Examples
    --------
    >>> made = communities_of(["龙山社区"], members={"龙山": [(120.0, 31.0), (120.0, 31.002), (120.0, 31.001)]})
    >>> made["龙山"].members, round(made["龙山"].distance_m(120.0, 31.0))
    (3, 111)
    """
    import numpy as np

    shapes = _outlines(named) | _outlines(layer)
    found = {}
    for name in names:
        key = community_key(name)
        if not key or key in found:
            continue
        at = np.array(list((members or {}).get(key, ())), dtype=np.float64).reshape(-1, 2)
        lon, lat = np.median(at, axis=0).tolist() if len(at) else (float("nan"), float("nan"))
        if key in shapes:
            found[key] = Community(name, shapes[key], lon, lat, len(at))
        elif len(at) >= _MEMBERS:
            found[key] = Community(name, None, lon, lat, len(at))
    return found


def _outlines(frame: gpd.GeoDataFrame | None) -> dict[str, Any]:
    """Return the outlines of communities by key; a name that stands for two outlines stands for none."""
    if frame is None or not len(frame):
        return {}
    small = frame if "group" not in frame else frame[frame["group"] == "community"]
    found: dict[str, list[Any]] = {}
    others = small["other_names"] if "other_names" in small else [()] * len(small)
    for name, more, shape in zip(small["name"], others, small.geometry, strict=True):
        if shape is None or shape.geom_type not in {"Polygon", "MultiPolygon"}:
            continue
        for key in {community_key(one) for one in (str(name), *more)} - {""}:
            found.setdefault(key, []).append(shape)
    return {key: shapes[0] for key, shapes in found.items() if len(shapes) == 1}
