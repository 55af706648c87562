"""Given coordinates that lie at their name on the map only if they are read in another datum than was declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from walkshed.crs import SHIFTED, WGS84, check_crs
from walkshed.datum import convert
from walkshed.errors import Finding, Source, Text
from walkshed.geodesy import distance_m
from walkshed.places.answer import Answer, Seen
from walkshed.places.candidate import Candidate
from walkshed.places.datum_check import datum_of_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from walkshed.places.candidate import Query

SOURCE = "table"
"""The source of a candidate that is the table's own coordinates, read in another datum."""


@dataclass(frozen=True, slots=True)
class Astray:
    """A row whose coordinates are in another datum than its table's.

    Attributes
    ----------
    datum
        In which they lie at the row's name on the map.
    lon, lat
        Where they lie then, in degrees, WGS84.
    off_m
        How far from there they lie as declared.
    """

    datum: str
    declared: str
    lon: float
    lat: float
    off_m: float

    def candidate(self, query: Query) -> Seen:
        """Return the place as a candidate for the review."""
        said = Text(f"the table's coordinates read as {self.datum}", f"表中坐标按 {self.datum} 读取")
        return Seen(Candidate(self.lon, self.lat, query.name, "building", SOURCE, 1.0, "", said), 1.0)

    def answer(self, query: Query, seen: Sequence[Seen]) -> Answer:
        """Return the answer of the row: in doubt until a person has decided."""
        why = Text(
            f"its coordinates lie where the map has its name only if they are {self.datum}; as {self.declared}, which "
            f"is declared, they lie {self.off_m:,.0f} m off",
            f"坐标按 {self.datum} 才与地图上的同名地点相符；按所声明的 {self.declared} 偏离 {self.off_m:,.0f} 米",
        )
        return Answer(query, "doubtful", "places.other_datum", why, (self.candidate(query), *seen))


def rows_astray(
    table: gpd.GeoDataFrame,
    *,
    features: gpd.GeoDataFrame,
    declared: str = WGS84,
    source: Source | None = None,
) -> tuple[dict[str, Astray], list[Finding]]:
    """Return the rows whose coordinates are in another datum than was declared, and a notice about them.

    Two rows at least, and more than any arbitrary shift would put at their names: a single row that lies wrong may
    lie wrong for any reason.

    Parameters
    ----------
    table
        Rows with coordinates, in EPSG:4326, the declared datum already undone.
    features
        What is on the map, with its names.
    declared
        The system the table's coordinates were said to be in.

    Examples
    --------
    >>> import geopandas, shapely
    >>> places = geopandas.GeoDataFrame(
    ...     {"name": [f"{word}苑" for word in "甲乙丙丁戊己"]}, crs="EPSG:4326",
    ...     geometry=[shapely.Point(120.25 + n / 200, 31.57) for n in range(6)])
    >>> lon, lat = convert(places.geometry.x, places.geometry.y, source="EPSG:4326", target="GCJ-02")
    >>> moved = [*places.geometry[:4], *(shapely.Point(lon[n], lat[n]) for n in (4, 5))]
    >>> given = places.set_geometry(moved, crs="EPSG:4326")
    >>> found, [notice] = rows_astray(given, features=places)
    >>> list(found), found["5"].datum, round(found["5"].off_m), notice.code
    (['4', '5'], 'GCJ-02', 485, 'crs.mixed')
    """
    fit = datum_of_rows(table, features=features, declared=declared)
    if fit.verdict != "mixed":
        return {}, []
    system = check_crs(declared)
    base = system if system in SHIFTED else WGS84
    points = _points(table)
    found: dict[str, Astray] = {}
    for datum, ids in fit.votes.items():
        for ident in ids if datum != base else ():
            lon, lat = points[ident]
            raw = convert(lon, lat, source=WGS84, target=base)
            x, y = (float(part) for part in convert(*raw, source=datum, target=WGS84))
            found[str(ident)] = Astray(datum, system, x, y, float(distance_m(lon, lat, x, y)))
    notice = fit.finding(source)
    return found, [] if notice is None else [notice]


def _points(table: gpd.GeoDataFrame) -> dict[Any, tuple[float, float]]:
    import shapely

    at = shapely.point_on_surface(table.geometry.to_numpy())
    return dict(
        zip(
            table.index, zip(shapely.get_x(at).tolist(), shapely.get_y(at).tolist(), strict=True), strict=True
        )
    )
