"""Finding edges near a place: the network's shapes in metres, as pieces in buckets and in spatial trees."""

from __future__ import annotations

from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.crs import metric_crs, project, unproject
from walkshed.kernel.streets import Streets
from walkshed.streets.rules import KIND_CODE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from walkshed.kernel.streets import Feet
    from walkshed.streets.network import WalkNetwork

N_CLASSES = 4
"""Edge classes in order of preference: long piece on the ground, long piece on a bridge or in a
tunnel, short piece on the ground, short piece on a bridge or in a tunnel."""
FIRST_SHORT_CLASS = 2
_LINK = KIND_CODE["gate_link"]


class EdgeIndex:
    """The edges in local metres: for the nearest one in pieces, for all within reach a spatial tree for each edge class."""

    def __init__(self, network: WalkNetwork, *, long_m: float) -> None:
        west, south, east, north = network.bounds
        self.crs: Any = metric_crs((west + east) / 2, (south + north) / 2)
        self._network = network
        self._no_area: NDArray[np.bool_] | None = None
        short = network.component_length_m[network.component[network.edge_u]] < long_m
        self.edge_class = FIRST_SHORT_CLASS * short.astype(np.int8) + (network.edge_structure > 0)
        self.edge_class[network.edge_kind == _LINK] = N_CLASSES  # no place is tied to a gate's own link
        self._trees: dict[int, tuple[Any, NDArray[np.int64]]] = {}

    def without(self, edges: NDArray[np.bool_], *, areas: NDArray[np.bool_]) -> EdgeIndex:
        """Return an index in which the marked edges and areas cannot be found; all else is shared."""
        other = copy(self)
        vars(other).pop("areas", None)
        edge_class = np.where(edges, -1, self.edge_class).astype(np.int8)
        vars(other).update(xy=self.xy, lines=self.lines, pieces=self.pieces)
        vars(other).update(edge_class=edge_class, _no_area=areas, _trees={})
        return other

    @cached_property
    def xy(self) -> NDArray[np.float64]:
        """The vertices of all edges in metres, shape (n, 2)."""
        x_and_y = np.stack(self.project(self._network.coord_lon, self._network.coord_lat))
        return x_and_y.T  # so that all x stand together, and all y

    @cached_property
    def lines(self) -> NDArray[np.object_]:
        """Each edge's shape as a LineString in metres."""
        import shapely

        network = self._network
        index = np.repeat(np.arange(network.n_edges), np.diff(network.coord_ptr))
        return np.asarray(shapely.linestrings(self.xy, indices=index))

    @cached_property
    def _oneway(self) -> NDArray[np.uint8]:
        return self._network.edge_oneway

    @cached_property
    def pieces(self) -> Streets:
        """The edges in straight pieces, of whatever class."""
        return Streets(self.xy, self._network.coord_ptr, self._network.edge_length_m)

    @cached_property
    def area_shapes(self) -> NDArray[np.object_]:
        """The polygons of the pedestrian areas (in degrees)."""
        shapes = np.empty(len(self._network.areas), dtype=object)
        shapes[:] = self._network.areas
        return shapes

    @cached_property
    def areas(self) -> Any:
        """A spatial tree of the pedestrian areas (in degrees)."""
        import shapely

        shapes = self.area_shapes
        if self._no_area is not None:
            shapes = shapes.copy()
            shapes[self._no_area] = shapely.Polygon()  # a tree never finds what is empty
        return shapely.STRtree(shapes)

    def project(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Turn degrees into the index's metres."""
        return project(lon, lat, self.crs)

    def unproject(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Turn the index's metres into degrees."""
        return unproject(x, y, self.crs)

    def feet(
        self,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        *,
        within_m: float,
        zone: NDArray[np.int64] | None = None,
        edge_zone: NDArray[np.int64] | None = None,
    ) -> Feet:
        """Return where points meet the nearest edge of the best class that has one near enough.

        Of edges equally near one that is walked both ways is taken, then the one with the lowest number.

        Parameters
        ----------
        x, y
            In the index's metres.
        within_m
            How far an edge may be.
        zone, edge_zone
            One per point and one per edge: only edges of a point's own zone are found. Without, all are.
        """
        return self.pieces.nearest(
            x, y, within_m=within_m, edge_class=self.edge_class, n_classes=N_CLASSES,
            oneway=self._oneway, zone=zone, edge_zone=edge_zone,
        )  # fmt: skip

    def nearest_m(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far points are from the nearest edge of any class; NaN where there is none at all."""
        alike = np.where((self.edge_class >= 0) & (self.edge_class < N_CLASSES), 0, -1).astype(np.int8)
        feet = self.pieces.nearest(x, y, within_m=np.inf, edge_class=alike, n_classes=1, oneway=self._oneway)
        return np.where(feet.edge >= 0, feet.metres, np.nan)

    def within(
        self, points: NDArray[np.object_], edge_class: int, *, within_m: float
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return all pairs of a point and an edge of a class that are no farther apart than ``within_m``."""
        tree, edges = self._tree(edge_class)
        none = np.zeros(0, dtype=np.int64)
        if not len(edges) or not len(points):
            return none, none
        point, edge = tree.query(points, predicate="dwithin", distance=within_m)
        return point.astype(np.int64), edges[edge]

    def in_box(self, box: Sequence[float], edge_class: int | None = None) -> NDArray[np.int64]:
        """Return the edges of a class, or of all, whose bounds touch a box (west, south, east, north in metres)."""
        import shapely

        found = [np.zeros(0, dtype=np.int64)]
        for this in range(N_CLASSES) if edge_class is None else (edge_class,):
            tree, edges = self._tree(this)
            if len(edges):
                found.append(edges[tree.query(shapely.box(*box))])
        return np.sort(np.concatenate(found))

    def _tree(self, edge_class: int) -> tuple[Any, NDArray[np.int64]]:
        import shapely

        if edge_class not in self._trees:
            edges = np.flatnonzero(self.edge_class == edge_class)
            self._trees[edge_class] = (shapely.STRtree(self.lines[edges]), edges)
        return self._trees[edge_class]
