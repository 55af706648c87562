"""Catchments: the ground from which a venue is within a walk, as polygons.

A polygon is drawn for people to look at; coverage is decided on the walk itself. Both follow the
same rules: a place belongs to a catchment if the off-street leg to the street it is tied to, and
the walk from there, are together within the cut-off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from walkshed.errors import Text
from walkshed.progress import silent
from walkshed.walking.fields import Fields
from walkshed.walking.ground import CELL_M

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from walkshed.profiles import Profile
    from walkshed.progress import Progress
    from walkshed.standards import Standard
    from walkshed.walking.access import Access
    from walkshed.walking.walkers import Search


def catchments(
    access: Access,
    *,
    standards: Sequence[Standard],
    profiles: Sequence[Profile] | None = None,
    venues: NDArray[np.bool_] | None = None,
    progress: Progress = silent,
) -> gpd.GeoDataFrame:
    """Draw the catchment of every venue for every profile and standard.

    The polygon holds the places whose walk to the venue, off-street legs included, is within the
    cut-off; it is drawn to 10 m. Longer cut-offs hold shorter ones.

    Parameters
    ----------
    access
        From :func:`walkshed.access`; its venues, ties and streets are used.
    standards, profiles
        The cut-offs, and who walks (those of ``access`` by default).
    venues
        One per venue, whether to draw it; all by default. A venue that is not tied has no row.
    progress
        Told the share done.

    Returns
    -------
    geopandas.GeoDataFrame
        venue_id, profile, standard, metres (the cut-off as a walk on the level), area_m2 and the polygon
        (EPSG:4326), in the order of the venues. A cut-off shorter than the venue's off-street leg
        gives an empty polygon.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> folder = walkshed.init_study(tempfile.mkdtemp() + "/ronghang")
    >>> streets = walkshed.read_streets(folder / "streets.osm.pbf")
    >>> estates = walkshed.read_estates(folder / "estates.xlsx")
    >>> venues = walkshed.read_venues(folder / "venues.xlsx")
    >>> walks = walkshed.access(streets, estates, venues)
    >>> cuts = [walkshed.Standard(minutes=5), walkshed.Standard(minutes=10)]
    >>> drawn = walkshed.catchments(walks, standards=cuts)
    >>> drawn.drop(columns="geometry").head(2)
      venue_id profile standard  metres   area_m2
    0      P01   adult    5 min   390.0  161...
    1      P01   adult   10 min   780.0  854...
    >>> bool(drawn.geometry[1].covers(drawn.geometry[0]))
    True
    """
    return drawn(
        access, standards=standards, profiles=profiles, venues=venues, split=False, progress=progress
    )[0]


def nearest_catchments(
    access: Access,
    *,
    standards: Sequence[Standard],
    profiles: Sequence[Profile] | None = None,
    venues: NDArray[np.bool_] | None = None,
    progress: Progress = silent,
) -> gpd.GeoDataFrame:
    """Draw catchments split by the nearest venue: each piece of ground belongs to one venue.

    Parameters
    ----------
    access, standards, profiles, venues, progress
        As for :func:`catchments`; the venues compete, by each standard's own measure.

    Returns
    -------
    geopandas.GeoDataFrame
        The columns of :func:`catchments`, without the venues that have nothing. The pieces of one profile and standard
        do not overlap, and together they are the merged catchment, but for slivers where territories meet the rim, each
        smaller than a square of the grid.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> folder = walkshed.init_study(tempfile.mkdtemp() + "/ronghang")
    >>> streets = walkshed.read_streets(folder / "streets.osm.pbf")
    >>> estates = walkshed.read_estates(folder / "estates.xlsx")
    >>> venues = walkshed.read_venues(folder / "venues.xlsx")
    >>> walks = walkshed.access(streets, estates, venues)
    >>> cuts = [walkshed.Standard(minutes=5), walkshed.Standard(minutes=10)]
    >>> shares = walkshed.nearest_catchments(walks, standards=cuts)
    >>> whole = walkshed.merged_catchments(walkshed.catchments(walks, standards=cuts))["area_m2"].sum()
    >>> bool(abs(shares["area_m2"].sum() / whole - 1) < 0.002)
    True
    """
    return drawn(access, standards=standards, profiles=profiles, venues=venues, progress=progress)[1]


def drawn(
    access: Access,
    *,
    standards: Sequence[Standard],
    profiles: Sequence[Profile] | None = None,
    venues: NDArray[np.bool_] | None = None,
    split: bool = True,
    progress: Progress = silent,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return :func:`catchments` and :func:`nearest_catchments`, from one look at the ground.

    Unless they are to be ``split``, the second has no rows.
    """
    cuts = [
        (profile, standard, standard.reach_m(profile))
        for profile in (profiles or access.profiles)
        for standard in standards
    ]
    wanted = np.ones(len(access.venue_ids), dtype=bool) if venues is None else venues
    whole, shares = Drawing(access), Drawing(access)
    stage = Text("drawing catchments", "绘制步行圈")
    searches: dict[int, tuple[Search, list[int]]] = {}
    for cut_number, (profile, standard, _) in enumerate(cuts):
        search = access.search(profile, by=standard.measure)
        searches.setdefault(id(search), (search, []))[1].append(cut_number)
    for done, (search, own_cuts) in enumerate(searches.values()):
        own_cuts.sort(key=lambda cut_number: -cuts[cut_number][2])
        fields = Fields(search, wanted, cuts[own_cuts[0]][2])
        for share, venue, window, walk in fields:
            grid = Grid(window.x, window.y, walk, fields.mine(venue, window) if split else None)
            for cut_number in own_cuts:
                cut, row = cuts[cut_number][2], (venue, cut_number)
                grid = grid.near(cut)
                whole.add(row, grid, grid.level(cut))
                if split:
                    shares.add(row, grid, grid.level_of_mine(cut))
            progress(stage, (done + share) / len(searches))
    parts = shares.frame(cuts)
    return whole.frame(cuts), parts[~parts.geometry.is_empty].reset_index(drop=True)


class Grid(NamedTuple):
    """Walks from the points of a grid to a venue; rows from the south.

    Attributes
    ----------
    x, y
        Local metres of columns and rows.
    walk
        Level metres.
    mine
        Whether the venue is the nearest from there; None where that is not asked.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    walk: NDArray[np.float64]
    mine: NDArray[np.bool_] | None

    def near(self, cut: float) -> Grid:
        """Return the part in which walks are within a cut-off or nearly, with a point more on each side."""
        near = self.walk < cut + CELL_M
        rows, columns = (
            slice(max(int(at[0]) - 1, 0), int(at[-1]) + 2) if len(at) else slice(0, 0)
            for at in (np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0)))
        )
        mine = None if self.mine is None else self.mine[rows, columns]
        return Grid(self.x[columns], self.y[rows], self.walk[rows, columns], mine)

    def level(self, cut: float) -> NDArray[np.float64]:
        """Return how far the walks are above a cut-off: between two points the boundary is placed by interpolation.

        Where the walk jumps, it is placed midway.
        """
        return np.clip(self.walk - cut, -CELL_M, CELL_M)

    def level_of_mine(self, cut: float) -> NDArray[np.float64]:
        """Return the level with the points of other venues above nought; the boundary to these runs midway."""
        level = self.level(cut)
        return level if self.mine is None else _ending_midway(level, (level <= 0) & ~self.mine)


class Drawing:
    """Collects the outlines of many catchments and makes all polygons at once (in local metres)."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.rows: list[tuple[int, int]] = []
        self.coords: list[NDArray[np.float64]] = []
        self.rings: list[NDArray[np.int64]] = []
        self.parts: list[int] = []
        self.shape_of_part: list[int] = []

    def add(self, row: tuple[int, int], grid: Grid, level: NDArray[np.float64]) -> None:
        """Add one catchment, of a venue and a cut-off: where the level is at most nought."""
        import contourpy

        if (level <= 0).any():
            x, y = np.broadcast_to(grid.x, level.shape), np.broadcast_to(grid.y[:, None], level.shape)
            generator = contourpy.SerialContourGenerator(  # contour_generator makes masked arrays first, which is slow
                x, y, level, np.zeros(level.shape, dtype=bool), corner_mask=True,
                line_type=contourpy.LineType.Separate, fill_type=contourpy.FillType.OuterOffset,
                quad_as_tri=False, z_interp=contourpy.ZInterp.Linear,
            )  # fmt: skip
            for points, offsets in zip(*generator.filled(-2 * CELL_M, 0.0), strict=True):
                self.coords.append(points)
                self.rings.append(np.diff(offsets).astype(np.int64))
                self.parts.append(len(offsets) - 1)
                self.shape_of_part.append(len(self.rows))
        self.rows.append(row)

    def polygons(self) -> NDArray[np.object_]:
        """Return one polygon or multipolygon for each catchment added; a few have rings that touch themselves."""
        import shapely

        shapes = np.full(len(self.rows), shapely.MultiPolygon(), dtype=object)
        if not self.coords:
            return shapes
        rings = np.concatenate([[0], np.cumsum(np.concatenate(self.rings))])
        parts = np.concatenate([[0], np.cumsum(self.parts)])
        polygon = shapely.GeometryType.POLYGON
        polygons = shapely.from_ragged_array(polygon, np.concatenate(self.coords), (rings, parts))
        owner = np.array(self.shape_of_part)
        return np.asarray(shapely.multipolygons(polygons, indices=owner, out=shapes))

    def frame(self, cuts: Sequence[tuple[Profile, Standard, float]]) -> gpd.GeoDataFrame:
        """Return the catchments in the order of the venues."""
        import geopandas as gpd
        import pandas as pd
        import shapely

        venue, number = np.array(self.rows, dtype=np.int64).reshape(-1, 2).T
        shapes = self.polygons()
        area = shapely.area(shapes)
        unproject = self.access.network.index.unproject
        geometry = valid(shapely.transform(shapes, lambda xy: np.column_stack(unproject(xy[:, 0], xy[:, 1]))))
        order = np.lexsort((number, venue))
        table = {
            "venue_id": self.access.venue_ids.to_numpy(dtype=object)[venue],
            "profile": np.array([profile.name for profile, _, _ in cuts], dtype=object)[number],
            "standard": np.array([standard.name for _, standard, _ in cuts], dtype=object)[number],
            "metres": np.array([cut for _, _, cut in cuts])[number],
            "area_m2": area.round(),
        }
        frame = gpd.GeoDataFrame(pd.DataFrame(table).iloc[order], geometry=geometry[order], crs="EPSG:4326")
        return frame.reset_index(drop=True)


def _ending_midway(level: NDArray[np.float64], taken: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return a level that at the points taken by others is as far above nought as it is below at the points beside."""
    if not taken.any():
        return level
    rows, columns = level.shape
    deep = np.pad(np.where(taken, 0.0, -level), 1, constant_values=0.0)
    beside = np.zeros_like(level)
    for down, right in _BESIDE:
        np.maximum(beside, deep[down : down + rows, right : right + columns], out=beside)
    return np.where(taken, np.where(beside > 0, beside, CELL_M), level)


_BESIDE = [(down, right) for down in range(3) for right in range(3) if (down, right) != (1, 1)]


def valid(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return areal shapes with the few invalid ones (rings that touch themselves) mended."""
    import shapely

    broken = np.flatnonzero(~shapely.is_valid(shapes))
    shapes = shapes.copy()
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    return shapes
