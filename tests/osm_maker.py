"""Hand-made OSM files, written in metres around an origin.

>>> town = Town()
>>> a, b = town.node(0, 0), town.node(100, 0)
>>> street = town.way([a, b], highway="residential")
>>> town.length_m(a, b)
100.0
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import osmium
import pyproj

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Spot:
    """One node of a town: its OSM id and its metres east and north of the origin."""

    ref: int
    x: float
    y: float


def _tags(tags: dict[str, str] | None, more: dict[str, str]) -> dict[str, str]:
    # Python spells no colon in a keyword: oneway__foot="yes" means oneway:foot=yes.
    return {**(tags or {}), **{key.rstrip("_").replace("__", ":"): value for key, value in more.items()}}


@dataclass
class Town:
    """A place on paper that can be written as an OSM file.

    The plane is a transverse Mercator projection centred at the origin: 10 km off the origin a metre of
    the plane is a geodesic metre to within 0.13 cm a kilometre. The file itself keeps seven decimals of a
    degree, as every OSM file does, so that each node may stand up to 0.8 cm off.

    Parameters
    ----------
    lon, lat
        Where the origin lies.
    """

    lon: float = 120.25
    lat: float = 31.57
    nodes: dict[int, tuple[Spot, dict[str, str]]] = field(default_factory=dict)
    ways: dict[int, tuple[list[int], dict[str, str]]] = field(default_factory=dict)
    relations: dict[int, tuple[list[tuple[str, int, str]], dict[str, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        plane = f"+proj=tmerc +lat_0={self.lat!r} +lon_0={self.lon!r} +k=1 +x_0=0 +y_0=0 +ellps=WGS84"
        self._plane = pyproj.Proj(plane)

    def lonlat(self, x: float, y: float) -> tuple[float, float]:
        """Longitude and latitude of a point ``x`` metres east and ``y`` metres north of the origin."""
        lon, lat = self._plane(x, y, inverse=True)
        return float(lon), float(lat)

    def node(self, x: float, y: float, tags: dict[str, str] | None = None, /, **more: str) -> Spot:
        """Add a node; ``oneway__foot="yes"`` is how the tag ``oneway:foot=yes`` is written here."""
        spot = Spot(len(self.nodes) + 1, x, y)
        self.nodes[spot.ref] = (spot, _tags(tags, more))
        return spot

    def missing(self, ref: int = 900_000) -> Spot:
        """Name a node that the file does not hold, as at the rim of a clipped extract."""
        return Spot(ref, float("nan"), float("nan"))

    def way(
        self, nodes: Iterable[Spot | tuple[float, float]], tags: dict[str, str] | None = None, /, **more: str
    ) -> int:
        """Add a way through nodes, or through (x, y) pairs for which new nodes are made; returns its id."""
        refs = [(n if isinstance(n, Spot) else self.node(*n)).ref for n in nodes]
        ref = len(self.ways) + 1
        self.ways[ref] = (refs, _tags(tags, more))
        return ref

    def ring(
        self, nodes: Iterable[Spot | tuple[float, float]], tags: dict[str, str] | None = None, /, **more: str
    ) -> int:
        """Add a closed way: as ``way``, back to its first node at the end."""
        spots = [n if isinstance(n, Spot) else self.node(*n) for n in nodes]
        return self.way([*spots, spots[0]], tags, **more)

    def relation(
        self, members: Sequence[tuple[int, str]], tags: dict[str, str] | None = None, /, **more: str
    ) -> int:
        """Add a relation of ways, each given with its role; of type multipolygon unless said."""
        ref = len(self.relations) + 1
        all_tags = {"type": "multipolygon", **_tags(tags, more)}
        self.relations[ref] = ([("w", way, role) for way, role in members], all_tags)
        return ref

    def lattice(
        self,
        nx: int,
        ny: int,
        spacing: float,
        *,
        x0: float = 0.0,
        y0: float = 0.0,
        tags: dict[str, str] | None = None,
    ) -> list[list[Spot]]:
        """Add ``nx`` streets northward and ``ny`` eastward, ``spacing`` m apart; returns ``[ix][iy]``."""
        grid = [[self.node(x0 + ix * spacing, y0 + iy * spacing) for iy in range(ny)] for ix in range(nx)]
        tags = tags or {"highway": "residential"}
        for column in grid if ny > 1 else []:
            self.way(column, tags)
        for iy in range(ny if nx > 1 else 0):
            self.way([column[iy] for column in grid], tags)
        return grid

    def length_m(self, *spots: Spot) -> float:
        """Length of the line through the spots, in the plane's metres."""
        return float(sum(math.hypot(a.x - b.x, a.y - b.y) for a, b in itertools.pairwise(spots)))

    def write(self, path: Path | str) -> Path:
        """Write the file; the ending says how (.osm, .osm.gz, .osm.bz2, .osm.pbf). Returns its path."""
        from pathlib import Path

        path = Path(path)
        make = osmium.osm.mutable
        with osmium.SimpleWriter(str(path), overwrite=True) as out:
            for ref, (spot, tags) in self.nodes.items():
                out.add_node(make.Node(id=ref, version=1, location=self.lonlat(spot.x, spot.y), tags=tags))
            for ref, (refs, tags) in self.ways.items():
                out.add_way(make.Way(id=ref, version=1, nodes=refs, tags=tags))
            for ref, (members, tags) in self.relations.items():
                out.add_relation(make.Relation(id=ref, version=1, members=members, tags=tags))
        return path
