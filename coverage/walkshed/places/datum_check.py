"""Which datum do coordinates fit? Each shift is tried against the streets, buildings and names of the map.

The places of a table lie at buildings, in estates and beside streets, not on carriageways; those whose name
stands on the map lie there. Coordinates read in the wrong datum lie some 500 to 1,200 m off, where they meet
all this by chance only. How well chance does is measured on the same places and the same map, with several
hundred arbitrary shifts of like length: a datum is named only if it explains the places better than every one
of them, or nearly all lie at their names in it alone, and no second datum explains what is left. Else the answer
is that the data cannot tell.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.crs import SHIFTED, WGS84, check_crs
from walkshed.datum import convert, in_box
from walkshed.errors import Finding, Source, Text
from walkshed.geodesy import distance_m
from walkshed.places.datum_deciding import decided
from walkshed.places.datum_evidence import Ground, name_distances, name_likelihoods, named_targets
from walkshed.places.datum_rows import AT_NAME_M, DATUMS, in_several, named_in, votes_of, ways_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from walkshed.streets.network import WalkNetwork

    Floats = NDArray[np.float64]

_MOST = 200
_FEWEST = 10
_FEWEST_NAMED = 3


@dataclass(frozen=True)
class DatumFit:
    """What the check found.

    Attributes
    ----------
    declared
        The system the coordinates were said to be in.
    verdict
        The datum they fit (``"EPSG:4326"``, ``"GCJ-02"``, ``"BD-09"``), ``"mixed"`` where names show that some
        rows are in one and some in another, "" where the data cannot tell.
    points, named
        How many places were looked at, and how many of them bear a name that stands on the map.
    votes
        Datum -> ids of the places that lie at their name on the map in this datum, and in no other.
    off_m
        Median distance in metres of the places as declared from where they lie in the datum that fits.
    reason
        Why the data cannot tell; blank otherwise.
    leaning
        Where it cannot be told whether all places are in one datum, the one that most of them fit; blank otherwise.
    """

    declared: str
    verdict: str
    points: int = 0
    named: int = 0
    votes: dict[str, tuple[Hashable, ...]] = field(default_factory=dict)
    off_m: float = 0.0
    reason: Text = field(default_factory=lambda: Text("", ""))
    leaning: str = ""

    @property
    def leans_away(self) -> bool:
        """Whether most places fit another datum than the declared, though not all need be in it."""
        return bool(self.leaning) and self.leaning != (self.declared if self.declared in SHIFTED else WGS84)

    @property
    def agrees(self) -> bool | None:
        """Whether the declared datum fits; None where the data cannot tell."""
        if not self.verdict:
            return None
        return self.verdict == (self.declared if self.declared in SHIFTED else WGS84)

    @property
    def text(self) -> Text:
        """The result in a sentence."""
        if self.leans_away:
            return Text(
                f"most of the {self.points} places fit {self.leaning} and not the declared {self.declared}, but "
                f"whether all do cannot be told: {self.reason.en}",
                f"{self.points} 处地点大多符合 {self.leaning}，而不是所声明的 {self.declared}，"
                f"但无法判断是否全部如此：{self.reason.zh}",
            )
        if not self.verdict:
            return Text(
                f"whether the coordinates are {self.declared} cannot be told: {self.reason.en}",
                f"无法判断坐标是否为 {self.declared}：{self.reason.zh}",
            )
        if self.verdict == "mixed":
            return self._mixed
        if self.agrees:
            return Text(
                f"the coordinates fit {self.declared}, as declared", f"坐标与所声明的 {self.declared} 相符"
            )
        count, metres = len(self.votes.get(self.verdict, ())), self.off_m
        names = (
            Text(
                f"{count} of {self.named} names are {metres:,.0f} m off",
                f"{self.named} 个名称中有 {count} 个偏离 {metres:,.0f} 米",
            )
            if count
            else Text(
                f"the {self.points} places are {metres:,.0f} m off",
                f"{self.points} 处地点偏离 {metres:,.0f} 米",
            )
        )
        return Text(
            f"the coordinates fit {self.verdict}, not the declared {self.declared}: {names.en}; "
            f'set crs = "{self.verdict}"',
            f"坐标符合 {self.verdict}，而不是所声明的 {self.declared}：{names.zh}；请写 crs = “{self.verdict}”",
        )

    @property
    def _mixed(self) -> Text:
        votes = [(datum, ids) for datum, ids in self.votes.items() if ids]
        few = min(votes, key=lambda one: len(one[1]))
        listed = [str(one) for one in few[1][:8]]
        more = "…" if len(few[1]) > len(listed) else ""
        counts_en = ", ".join(f"{len(ids)} names fit {datum}" for datum, ids in votes)
        counts_zh = "，".join(f"{len(ids)} 个名称符合 {datum}" for datum, ids in votes)
        return Text(
            f"the coordinates are in several datums: {counts_en}; of the fewest: {', '.join(listed)}{more}; "
            "bring all rows into one datum, or put each datum's rows into a file of their own",
            f"坐标混用了多种坐标系：{counts_zh}；较少的一种：{'、'.join(listed)}{more}；请统一坐标系，或按坐标系分成不同的文件",
        )

    def finding(self, source: Source | None = None) -> Finding | None:
        """Return the notice for a person; None where the declared datum fits."""
        if self.agrees:
            return None
        code = {"": "crs.cannot_tell", "mixed": "crs.mixed"}.get(self.verdict, "crs.does_not_fit")
        code = "crs.does_not_fit_in_part" if self.leans_away else code
        return Finding(code, self.text, source or Source())


def datum_fit(
    points: gpd.GeoDataFrame,
    *,
    names: Sequence[str] | None = None,
    network: WalkNetwork | None = None,
    features: gpd.GeoDataFrame | None = None,
    declared: str = WGS84,
) -> DatumFit:
    """Tell which datum places are in.

    Parameters
    ----------
    points
        Places in EPSG:4326, the declared datum already undone, as the tables give them; of an area a point on its
        surface counts. Missing geometries are passed over.
    names
        The name of each, "" where there is none; None uses the column ``name`` if there is one.
    network
        The walking network of the same ground.
    features
        What else is on the map, in EPSG:4326: polygons (buildings, estates) and points, with ``name`` and, where
        there are further names, ``other_names`` (a sequence of texts).
    declared
        The system the places were said to be in; any EPSG code counts as unshifted.

    Returns
    -------
    DatumFit
        Outside China always EPSG:4326, for there is no other.

    Raises
    ------
    InputError
        ``crs.unknown`` for a ``declared`` that is no coordinate system.

    Notes
    -----
    A wrong datum is named in less than 3 of 401 cases, for it has to beat every arbitrary shift. Where rows are in
    several datums and names do not say which, the answer is that it cannot be told, as far as a map with buildings
    shows it: a few rows of twenty in another datum than the rest may lie well by chance.

    Examples
    --------
    >>> import geopandas, shapely
    >>> places = [shapely.Point(7.42 + i / 1000, 43.73) for i in range(20)]
    >>> fit = datum_fit(geopandas.GeoDataFrame(geometry=places, crs="EPSG:4326"))
    >>> fit.verdict, fit.agrees
    ('EPSG:4326', True)
    """
    system = check_crs(declared)
    base = system if system in SHIFTED else WGS84
    ids, called, lon, lat = _places(points, names)
    raw = convert(lon, lat, source=WGS84, target=base)
    inside = in_box(*raw)
    if len(lon) and 2 * inside.sum() < len(lon):
        return DatumFit(system, WGS84 if base == WGS84 else system, len(lon))
    keep = np.flatnonzero(inside)
    ground = Ground(network, features, (raw[0][keep], raw[1][keep]))
    targets = named_targets([called[n] for n in keep], ground)
    keep, targets = _thinned(keep, targets, raw)
    named = sum(target is not None for target in targets)
    few = len(keep) < _FEWEST and named < _FEWEST_NAMED
    if few or ground.bare:
        return DatumFit(system, "", len(keep), named, reason=_TOO_FEW if few else _NO_MAP)
    tried = [np.column_stack(convert(raw[0][keep], raw[1][keep], source=d, target=WGS84)) for d in DATUMS]
    ways, shifts = ways_of([ground.project(at) for at in tried])
    metres = name_distances(ways, targets)
    votes = votes_of(metres, [ids[n] for n in keep])
    leaning = ""
    if in_several(metres, shifts, votes):
        verdict, reason = "mixed", Text("", "")
    else:
        likely, off_share, kinds = ground.likelihoods(ways, len(DATUMS))
        likely *= name_likelihoods(metres, len(DATUMS))
        at_name = metres[: len(DATUMS)] <= AT_NAME_M
        clear = named_in(metres, shifts, votes)
        verdict, reason, leaning = decided(likely, off_share, kinds, at_name, clear=clear, built=ground.built)
    off = _off_m(tried, verdict, base)
    return DatumFit(system, verdict, len(keep), named, votes, off, reason, leaning)


def datum_of_rows(points: gpd.GeoDataFrame, *, features: gpd.GeoDataFrame, declared: str = WGS84) -> DatumFit:
    """Tell by names alone whether rows are in several datums, and which: every row is looked at.

    Parameters
    ----------
    points, features, declared
        As for :func:`datum_fit`; the names of ``points`` stand in its column ``name``.

    Returns
    -------
    DatumFit
        Of verdict ``"mixed"``, or "": then names do not show that rows are in several datums.

    Examples
    --------
    >>> import geopandas, shapely
    >>> places = geopandas.GeoDataFrame({"name": ["a"]}, geometry=[shapely.Point(120, 31)], crs="EPSG:4326")
    >>> datum_of_rows(places, features=places).verdict
    ''
    """
    system = check_crs(declared)
    base = system if system in SHIFTED else WGS84
    ids, called, lon, lat = _places(points, None)
    raw = convert(lon, lat, source=WGS84, target=base)
    inside = np.flatnonzero(in_box(*raw))
    ground = Ground(None, features, (raw[0][inside], raw[1][inside]))
    targets = named_targets([called[n] for n in inside], ground)
    keep = [n for n, target in enumerate(targets) if target is not None]
    named, targets = inside[keep], [targets[n] for n in keep]
    if len(named) < _FEWEST_NAMED:
        return DatumFit(system, "", len(inside), len(named), reason=_TOO_FEW)
    tried = [np.column_stack(convert(raw[0][named], raw[1][named], source=d, target=WGS84)) for d in DATUMS]
    moved = [ground.project(at) for at in tried]
    votes = votes_of(name_distances(np.stack(moved), targets), [ids[n] for n in named])
    first = max(DATUMS, key=lambda datum: len(votes[datum]))
    settled = set(votes[first])  # what lies right cannot speak for another datum: only the rest is tried
    ways, shifts = ways_of(moved)
    metres = name_distances(
        ways, [None if ids[n] in settled else t for n, t in zip(named, targets, strict=True)]
    )
    if not in_several(metres, shifts, votes):
        return DatumFit(system, "", len(inside), len(named), votes)
    return DatumFit(system, "mixed", len(inside), len(named), votes)


_TOO_FEW = Text(
    f"there are fewer than {_FEWEST} places in different spots, and fewer than {_FEWEST_NAMED} names that stand on "
    "the map",
    f"不同位置的地点不足 {_FEWEST} 处，地图上能对上的名称也不足 {_FEWEST_NAMED} 个",
)
_NO_MAP = Text("there are no streets, buildings or names to compare with", "没有可供比对的道路、建筑或名称")


def _places(
    points: gpd.GeoDataFrame, names: Sequence[str] | None
) -> tuple[list[Hashable], list[str], Floats, Floats]:
    """Return ids, names and positions of what has a place."""
    import shapely

    given = np.asarray(points.geometry.to_numpy(), dtype=object)
    if names is None:
        names = points["name"].tolist() if "name" in points else [""] * len(points)
    placed = np.flatnonzero(~(shapely.is_missing(given) | shapely.is_empty(given)))
    surface = shapely.point_on_surface(given[placed])
    called = list(names)
    texts = [called[n] if isinstance(called[n], str) else "" for n in placed.tolist()]
    index = points.index.tolist()
    return [index[n] for n in placed.tolist()], texts, shapely.get_x(surface), shapely.get_y(surface)


def _thinned(
    keep: NDArray[np.int64], targets: list[Any], raw: tuple[Floats, Floats]
) -> tuple[NDArray[np.int64], list[Any]]:
    """Return places of different spots, no more than enough, those with a name on the map first."""
    order = sorted(range(len(keep)), key=lambda n: (targets[n] is None, n))
    seen: set[tuple[float, float]] = set()
    chosen: list[int] = []
    for n in order:
        spot = (round(float(raw[0][keep[n]]), 6), round(float(raw[1][keep[n]]), 6))
        if spot not in seen:
            seen.add(spot)
            chosen.append(n)
    if len(chosen) > _MOST:
        chosen = [chosen[n] for n in np.linspace(0, len(chosen) - 1, _MOST).astype(int)]
    chosen.sort()
    return keep[chosen], [targets[n] for n in chosen]


def _off_m(tried: list[Floats], verdict: str, base: str) -> float:
    if verdict not in DATUMS:
        return 0.0
    right, said = tried[DATUMS.index(verdict)], tried[DATUMS.index(base)]
    return float(np.median(distance_m(*right.T, *said.T)))
