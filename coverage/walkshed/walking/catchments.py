"""Catchments: the ground from which a venue is within a walk, as polygons.

A polygon is drawn for people to look at; coverage is decided on the walk itself. Both follow the
same rules: a place belongs to a catchment if the off-street leg to the street it is tied to, and
the walk from there, are together within the cut-off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    from walkshed.walking.ground import Window
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
    return drawn(access, standards=standards, profiles=profiles, venues=venues, progress=progress)[0]


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
    progress: Progress = silent,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return :func:`catchments` and :func:`nearest_catchments`, from one look at the ground."""
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
        fields = Fields(search, wanted, max(cuts[cut_number][2] for cut_number in own_cuts))
        for share, venue, window, walk in fields:
            mine = fields.mine(venue, window)
            for cut_number in own_cuts:
                whole.add(window, walk, cuts[cut_number][2], (venue, cut_number))
                shares.add(window, walk, cuts[cut_number][2], (venue, cut_number), mine=mine)
            progress(stage, (done + share) / len(searches))
    split = shares.frame(cuts)
    return whole.frame(cuts), split[~split.geometry.is_empty].reset_index(drop=True)


class Drawing:
    """Collects the outlines of many catchments and makes all polygons at once (in local metres)."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.rows: list[tuple[int, int]] = []
        self.coords: list[NDArray[np.float64]] = []
        self.rings: list[NDArray[np.int64]] = []
        self.parts: list[int] = []
        self.shape_of_part: list[int] = []

    def add(
        self,
        window: Window,
        metres: NDArray[np.float64],
        cut: float,
        row: tuple[int, int],
        *,
        mine: NDArray[np.bool_] | None = None,
    ) -> None:
        """Add one catchment, of a venue and a cut-off: the points of the grid from which the walk is at most ``cut``.

        Of the points that are not ``mine`` none is in it, and the boundary to those within the cut runs midway.
        """
        import contourpy

        # Between two points the boundary is placed by interpolation; where the walk jumps, midway.
        level = np.clip(metres - cut, -CELL_M, CELL_M)
        if mine is not None:
            level = _ending_midway(level, (level <= 0) & ~mine)
        if (level <= 0).any():
            rows, columns = np.nonzero(level < CELL_M)
            box = (
                slice(max(rows.min() - 1, 0), rows.max() + 2),
                slice(max(columns.min() - 1, 0), columns.max() + 2),
            )
            generator = contourpy.SerialContourGenerator(  # contour_generator makes masked arrays first, which is slow
                *np.meshgrid(window.x[box[1]], window.y[box[0]]), level[box], np.zeros(level[box].shape, dtype=bool), corner_mask=True,
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
        """Return one valid polygon or multipolygon for each catchment added."""
        import shapely

        shapes = np.full(len(self.rows), shapely.MultiPolygon(), dtype=object)
        if not self.coords:
            return shapes
        rings = np.concatenate([[0], np.cumsum(np.concatenate(self.rings))])
        parts = np.concatenate([[0], np.cumsum(self.parts)])
        polygon = shapely.GeometryType.POLYGON
        polygons = shapely.from_ragged_array(polygon, np.concatenate(self.coords), (rings, parts))
        owner = np.array(self.shape_of_part)
        shapely.multipolygons(polygons, indices=owner, out=shapes)
        return valid(shapes)

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
