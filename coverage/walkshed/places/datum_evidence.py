"""What the map says of a spot: in a building, beside one, in an estate, on a carriageway, at a name."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.crs import metric_crs, project
from walkshed.naming import NameIndex, decide

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from walkshed.streets.network import WalkNetwork

    Floats = NDArray[np.float64]

# Kinds of spots, and how often places that lie right are found there (a rough prior: only its ratios to what
# chance finds matter, and chance is measured): in a building, within 12 m of one, on a carriageway, within 40 m
# of a building, in an estate or the like, within 60 m of a street, within 200 m of one, off the map.
_RIGHT = np.array([0.50, 0.14, 0.03, 0.10, 0.10, 0.08, 0.05, 0.0])
_OFF_MAP = len(_RIGHT) - 1
IN_BUILDING = 0
APART = (2, 4, 5, 6, _OFF_MAP)
"""Kinds of spots where places that lie right seldom are: away from every building, or on a carriageway."""
_BUILDING_M2 = 15_000.0
_ESTATE_M2 = 1_000_000.0
_BESIDE_M, _NEAR_M, _CARRIAGEWAY_M, _STREET_M, _MAP_M = 12.0, 40.0, 3.0, 60.0, 200.0
_FLOOR = 0.002
# At its name (75 m), not far (250 m), far: how often places that lie right are.
_NAME_RIGHT = np.array([0.75, 0.15, 0.10])
_NAME_M = (75.0, 250.0)


class Ground:
    """The map in local metres, ready to be asked about many spots.

    Parameters
    ----------
    network, features
        As for :func:`walkshed.places.datum_check.datum_fit`.
    about
        Longitudes and latitudes of the places, to lay the metric system where there is no network.
    """

    def __init__(
        self, network: WalkNetwork | None, features: gpd.GeoDataFrame | None, about: tuple[Floats, Floats]
    ) -> None:
        import shapely

        if network is not None and network.n_edges:
            self._crs: Any = network.index.crs
            self._lines = network.index.lines
        else:
            lon, lat = (float(np.median(part)) if len(part) else 0.0 for part in about)
            self._crs, self._lines = metric_crs(lon, lat), np.zeros(0, dtype=object)
        shapes = np.zeros(0, dtype=object)
        if features is not None and len(features):
            shapes = np.asarray(features.geometry.to_numpy(), dtype=object)
            shapes = shapely.transform(shapes, self.project)
        self._shapes, self._features = shapes, features
        areas = np.isin(shapely.get_type_id(shapes), (3, 6)) & shapely.is_valid(shapes)
        self._size = np.where(areas, shapely.area(shapes), np.nan)
        self._small = ~areas | (self._size <= 4 * _ESTATE_M2)

    @cached_property
    def _trees(self) -> tuple[Any, Any, Any]:
        """The buildings, the estates and the streets."""
        import shapely

        size = self._size
        return (
            shapely.STRtree(self._shapes[size <= _BUILDING_M2]),
            shapely.STRtree(self._shapes[(size > _BUILDING_M2) & (size <= _ESTATE_M2)]),
            shapely.STRtree(self._lines),
        )

    @property
    def bare(self) -> bool:
        """Whether there is nothing to compare with."""
        return not (len(self._lines) or len(self._shapes))

    def project(self, lonlat: Floats) -> Floats:
        """Turn degrees into the map's metres, shape (n, 2)."""
        return np.column_stack(project(lonlat[:, 0], lonlat[:, 1], self._crs))

    def likelihoods(self, ways: Floats, first: int) -> tuple[Floats, Floats, NDArray[np.int64]]:
        """Return how much likelier each spot's kind is for a right place than by chance, and what is off the map.

        Parameters
        ----------
        ways
            Shape (ways, places, 2): the same places moved in several ways, in metres.
        first
            How many of the ways are on trial; the others are chance.

        Returns
        -------
        likely
            Shape (ways, places); 1 for a spot off the map, which says nothing: a map may end anywhere.
        off_share
            For each way the share of the places far from every street; 0 where no streets are known.
        kinds
            Shape (first, places): what kind of spot each is, an index into the kinds; :data:`IN_BUILDING` and
            :data:`APART` are some of them.
        """
        kinds = self._kinds(ways.reshape(-1, 2)).reshape(ways.shape[:2])
        chance = np.bincount(kinds[first:].ravel(), minlength=len(_RIGHT)).astype(np.float64)
        chance[_OFF_MAP] = 0
        chance = (chance / max(chance.sum(), 1) + _FLOOR) / (1 + _OFF_MAP * _FLOOR)
        ratio = _RIGHT / chance
        ratio[_OFF_MAP] = 1.0
        off = (kinds == _OFF_MAP).mean(axis=1) * bool(len(self._lines))
        return ratio[kinds], np.asarray(off), kinds[:first]

    @property
    def built(self) -> bool:
        """Whether the map has buildings."""
        return bool(len(self._trees[0].geometries))

    def _kinds(self, at: Floats) -> NDArray[np.int64]:
        import shapely

        spots = shapely.points(at)
        buildings, estates, streets = self._trees
        building, street = _nearest(buildings, spots), _nearest(streets, spots)
        inside = np.zeros(len(spots), dtype=bool)
        inside[estates.query(spots, predicate="intersects")[0]] = True
        return np.select(
            [
                building <= 0,
                building <= _BESIDE_M,
                street < _CARRIAGEWAY_M,
                building <= _NEAR_M,
                inside,
                street <= _STREET_M,
                street <= _MAP_M,
            ],
            range(_OFF_MAP),
            _OFF_MAP,
        )

    @cached_property
    def _names(self) -> tuple[NameIndex, list[int]]:
        """The names on the map, and the shape each belongs to; lines and very large areas are left out."""
        import shapely

        features = self._features
        if features is None or "name" not in features:
            return NameIndex([]), []
        kinds = shapely.get_type_id(self._shapes)
        usable = np.flatnonzero(np.isin(kinds, (0, 3, 4, 6)) & self._small).tolist()
        first = features["name"].tolist()
        others = features["other_names"].tolist() if "other_names" in features else [()] * len(features)
        names = [(first[n], *(others[n] if isinstance(others[n], (tuple, list)) else ())) for n in usable]
        return NameIndex(
            [[name for name in some if isinstance(name, str) and name] for some in names]
        ), usable

    def at_name(self, name: str) -> Any | None:
        """Return the shape, or shapes together, that bear a name without doubt; None where there is none."""
        import shapely

        index, usable = self._names
        decision = decide(index.match(name, limit=100, alike=False)) if name and usable else None
        if (
            decision is None
            or decision.best is None
            or not (decision.verdict == "accept" or decision.same_name)
        ):
            return None
        found = [self._shapes[usable[one.index]] for one in (decision.best, *decision.rivals)]
        return shapely.geometrycollections(found) if len(found) > 1 else found[0]


def named_targets(names: Sequence[str], ground: Ground) -> list[Any]:
    """Return for each name the shape on the map that bears it, or None."""
    known: dict[str, Any] = {}
    for name in names:
        if name not in known:
            known[name] = ground.at_name(name)
    return [known[name] for name in names]


def name_distances(ways: Floats, targets: Sequence[Any]) -> Floats:
    """Return in metres how far each place lies from its name in each way, nan where the map has no such name."""
    import shapely

    metres = np.full(ways.shape[:2], np.nan)
    for place, target in enumerate(targets):
        if target is not None:
            metres[:, place] = shapely.distance(shapely.points(ways[:, place]), target)
    return metres


def name_likelihoods(metres: Floats, first: int) -> Floats:
    """Return how much likelier it is for a right place than by chance to lie so far from its name on the map.

    Parameters
    ----------
    metres
        As :func:`name_distances` returns it; nan counts as 1.
    first
        How many of the ways are on trial; the others are chance.
    """
    kinds = np.digitize(metres, _NAME_M, right=True)
    made = np.ones(metres.shape)
    for place in np.flatnonzero(np.isfinite(metres[0])):
        chance = np.bincount(kinds[first:, place], minlength=3) + 0.5
        made[:, place] = (_NAME_RIGHT / (chance / chance.sum()))[kinds[:, place]]
    return made


def _nearest(tree: Any, spots: NDArray[np.object_]) -> Floats:
    """Return the distance of each spot from the nearest shape of a tree, inf where the tree is empty."""
    metres = np.full(len(spots), np.inf)
    if len(tree.geometries):
        found, distance = tree.query_nearest(
            spots, return_distance=True, all_matches=False, max_distance=_MAP_M + 1
        )
        metres[found[0]] = distance
    return metres
