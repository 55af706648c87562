"""Where estates end: the boundary of each, from its row or from OpenStreetMap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.geodesy import distance_m
from walkshed.naming import parse, same_estate
from walkshed.streets.ties import points_of

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from walkshed.streets.network import WalkNetwork

NAMED_NEAR_M = 500.0
"""How far a point may lie from the polygon of the same name; farther off it is another estate's name."""

NO_BOUNDARY, OWN, LANDUSE, PLACE = 0, 1, 2, 3
SOURCES = ("", "table", "landuse", "place")
"""Where a boundary comes from; a place's polygon only says where people live and never walls."""


@dataclass(frozen=True, eq=False)
class Boundaries:
    """The boundary of each estate, in the order of the table.

    Attributes
    ----------
    polygon
        Shapely polygons in degrees (EPSG:4326); None where there is none.
    source
        An index into :data:`SOURCES`, one per estate.
    osm
        The OSM id it comes from (negative: a relation), 0 where it is the table's own.
    far_namesake
        Estates whose name has a polygon, but so far away that it is not theirs.
    shared
        Estates whose point lies in a polygon that holds another estate too, so that it is nobody's.
    """

    polygon: NDArray[np.object_]
    source: NDArray[np.int8]
    osm: NDArray[np.int64]
    far_namesake: NDArray[np.int64]
    shared: NDArray[np.int64]

    @property
    def can_wall(self) -> NDArray[np.bool_]:
        """Whether each estate's boundary may be a wall."""
        return np.isin(self.source, (OWN, LANDUSE))


def name_keys(name: str) -> frozenset[str]:
    """Return the ways in which a name may be meant, in the one spelling in which names are compared.

    The same as in finding places: width, numerals and traditional forms do not matter, phase, zone and side do; a former
    name in brackets is a name.

    Examples
    --------
    >>> name_keys("荣德苑１期") == name_keys("榮德苑（一期）"), name_keys("荣德苑一期") & name_keys("荣德苑二期")
    (True, frozenset())
    """
    return frozenset(form.text for form in parse(name)) or frozenset({"".join(name.split())} - {""})


def boundaries(network: WalkNetwork, estates: gpd.GeoDataFrame) -> Boundaries:
    """Return the boundaries of estates: their own, else those OpenStreetMap has for them.

    An estate without a boundary of its own takes the residential area that has its name and lies
    within :data:`NAMED_NEAR_M` of its point; else the smallest one its point is in, unless another
    estate's point is in there too. Polygons of ``place`` are tried the same way after those of
    ``landuse``.
    """
    import shapely

    geometry = np.asarray(estates.geometry.array, dtype=object)
    own = np.isin(shapely.get_type_id(geometry), (3, 6)) & ~shapely.is_empty(geometry)
    polygon = geometry.copy()
    polygon[~own] = None
    found = Boundaries(
        polygon=polygon,
        source=np.where(own, OWN, NO_BOUNDARY).astype(np.int8),
        osm=np.zeros(len(estates), dtype=np.int64),
        far_namesake=np.zeros(0, dtype=np.int64),
        shared=np.zeros(0, dtype=np.int64),
    )
    grounds = network.grounds
    if not len(grounds.polygons):
        return found
    lon, lat = _first_points(estates)
    names = [str(name) for name in estates["name"]] if "name" in estates else [""] * len(estates)
    matcher = _Matcher(network, lon, lat, names)
    far: set[int] = set()
    shared: set[int] = set()
    for kind, source in ((0, LANDUSE), (1, PLACE)):
        for estate in np.flatnonzero((found.source == NO_BOUNDARY) & ~np.isnan(lon)).tolist():
            ground = matcher.by_name(estate, kind)
            if ground is None and matcher.named_elsewhere(estate, kind):
                far.add(estate)
            if ground is None:
                ground = matcher.by_place(estate, kind)
                if ground == _SHARED:
                    shared.add(estate)
                    continue
            if ground is not None:
                found.polygon[estate] = grounds.polygons[ground]
                found.source[estate], found.osm[estate] = source, grounds.osm_id[ground]
    settled = set(np.flatnonzero(found.source != NO_BOUNDARY).tolist())
    return Boundaries(
        found.polygon,
        found.source,
        found.osm,
        np.array(sorted(far - settled), dtype=np.int64),
        np.array(sorted(shared - settled), dtype=np.int64),
    )


_SHARED = -1


def _first_points(estates: gpd.GeoDataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where each estate is (the first of its entries), NaN where it is nowhere."""
    points = points_of(estates)
    place, first = np.unique(points.place, return_index=True)
    lon, lat = np.full(len(estates), np.nan), np.full(len(estates), np.nan)
    lon[place], lat[place] = points.lon[first], points.lat[first]
    return lon, lat


class _Matcher:
    """Finds the residential area of an estate, by name and by place."""

    def __init__(
        self, network: WalkNetwork, lon: NDArray[np.float64], lat: NDArray[np.float64], names: list[str]
    ) -> None:
        import shapely

        grounds = network.grounds
        self.lon, self.lat, self.names = lon, lat, names
        self.shapes = np.array(grounds.polygons, dtype=object)
        self.kind = np.asarray(grounds.kind)
        self.size = shapely.area(self.shapes)
        self.called = [
            (name, *others) for name, others in zip(grounds.name, grounds.other_names, strict=True)
        ]
        self.named: dict[str, set[int]] = {}
        self.known: dict[str, list[int]] = {}
        for number, some in enumerate(self.called):
            for word in frozenset().union(*map(name_keys, some)):
                self.named.setdefault(word, set()).add(number)
        located = np.flatnonzero(~np.isnan(lon))
        self.inside: dict[int, list[int]] = {}
        self.holds: dict[int, set[int]] = {}
        tree = shapely.STRtree(self.shapes)
        point, shape = tree.query(shapely.points(lon[located], lat[located]), predicate="intersects")
        for estate, ground in zip(located[point].tolist(), shape.tolist(), strict=True):
            self.inside.setdefault(estate, []).append(ground)
            self.holds.setdefault(ground, set()).add(estate)

    def by_name(self, estate: int, kind: int) -> int | None:
        near = [
            (self._away_m(estate, ground), ground)
            for ground in self._namesakes(estate)
            if self.kind[ground] == kind
        ]
        near = [pair for pair in near if pair[0] <= NAMED_NEAR_M]
        return min(near)[1] if near else None

    def named_elsewhere(self, estate: int, kind: int) -> bool:
        return any(self.kind[ground] == kind for ground in self._namesakes(estate))

    def _namesakes(self, estate: int) -> list[int]:
        """Return the residential areas that have an estate's name, phase and side and all."""
        asked = self.names[estate]
        if asked not in self.known:
            self.known[asked] = self._called(asked)
        return self.known[asked]

    def _called(self, asked: str) -> list[int]:
        found = set().union(*(self.named.get(word, ()) for word in name_keys(asked)))
        return sorted(
            ground
            for ground in found
            if any(
                same_estate(asked, name) or name_keys(asked) == name_keys(name)
                for name in self.called[ground]
            )
        )

    def by_place(self, estate: int, kind: int) -> int | None:
        around = [ground for ground in self.inside.get(estate, ()) if self.kind[ground] == kind]
        if not around:
            return None
        smallest = min(around, key=lambda ground: (self.size[ground], ground))
        return smallest if len(self.holds[smallest]) == 1 else _SHARED

    def _away_m(self, estate: int, ground: int) -> float:
        import shapely

        here = shapely.Point(self.lon[estate], self.lat[estate])
        there: Any = shapely.shortest_line(here, self.shapes[ground])
        (x0, y0), (x1, y1) = shapely.get_coordinates(there)
        return float(distance_m(x0, y0, x1, y1))
