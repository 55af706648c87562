"""What the printed maps draw, in metres on a plane: the picture says what the tables say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.crs import metric_crs, project
from walkshed.deliver.map_data import Scale, classes_of, scales_of
from walkshed.deliver.map_lines import _PATH, _RANKS
from walkshed.deliver.print_labels import plain
from walkshed.report.summary import units_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.errors import Language
    from walkshed.profiles import Profile
    from walkshed.standards import Standard
    from walkshed.streets.network import WalkNetwork

MERGED_TO_M = 2.0
"""Outlines of catchments are drawn to 10 m; vertices nearer than this to the line without them are left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Points with an id and a name, in the order of their table; x and y in metres, nan where the place is not known."""

    ident: list[str]
    name: list[str]
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    @property
    def there(self) -> NDArray[np.bool_]:
        """Which have a place."""
        return np.isfinite(self.x)

    def called(self, row: int) -> str:
        """Return how a list calls one: by its name, or by its id where it has none."""
        return self.name[row] or self.ident[row]


@dataclass(frozen=True, slots=True, eq=False)
class PrintData:
    """Everything the sheets of one study draw.

    Attributes
    ----------
    language, date, study_name, note
        What the study says of itself.
    profile, scale
        The walker, and the standards that share the scale of colours.
    estates, venues
        Where they stand.
    classes
        Each estate's class on the scale, as on the interactive map; -1 is unknown.
    walk
        Each estate's walk to its nearest venue, in the unit of the scale; nan where there is none.
    venue_of
        The row of that venue, -1 where there is none.
    shapes
        The estates' boundaries, None where not known.
    communities
        Each estate's community.
    counts
        Which venues count on the date.
    streets
        Lines by rank: main roads, streets, service ways, paths.
    plazas
        Pedestrian areas.
    ground
        What lies within each standard of the scale, None where nothing was drawn.
    summary
        The rows of the summary for this walker and these standards.
    proposed
        Which venues are only proposed, or only in the scenario.
    scenario
        The scenario that is shown; "" for the study as it is.
    """

    language: Language
    date: dt.date
    study_name: str
    note: str
    profile: Profile
    scale: Scale
    standards: tuple[Standard, ...]
    estates: Places
    venues: Places
    classes: NDArray[np.int64]
    walk: NDArray[np.float64]
    venue_of: NDArray[np.int64]
    shapes: NDArray[np.object_]
    communities: NDArray[np.object_]
    counts: NDArray[np.bool_]
    households: NDArray[np.float64]
    streets: tuple[NDArray[np.object_], ...]
    plazas: NDArray[np.object_]
    ground: tuple[Any, ...]
    summary: pd.DataFrame
    proposed: NDArray[np.bool_]
    scenario: str = ""

    @property
    def gaps(self) -> NDArray[np.int64]:
        """Rows of the estates beyond the first standard, the longest walk first."""
        return worst_first(self.classes > 0, self.walk, self.households)


def worst_first(
    beyond: NDArray[np.bool_], walk: NDArray[np.float64], households: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the rows that are beyond: no walk at all first, then the longest, then the most households.

    Examples
    --------
    >>> worst_first(np.array([True, True, False, True]), np.array([7, np.nan, 9, 8]), np.ones(4)).tolist()
    [1, 3, 0]
    """
    rows = np.flatnonzero(beyond)
    far = np.nan_to_num(walk[rows], nan=np.inf)
    return rows[np.lexsort((rows, -np.nan_to_num(households[rows]), -far))]


def print_data(
    *,
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    coverage: pd.DataFrame,
    venue_table: pd.DataFrame,
    summary: pd.DataFrame,
    network: WalkNetwork,
    profiles: Sequence[Profile],
    standards: Sequence[Standard],
    language: Language,
    date: dt.date,
    study_name: str,
    note: str = "",
    boundaries: NDArray[np.object_] | None = None,
    merged: gpd.GeoDataFrame | None = None,
    proposed: Collection[str] = (),
    scenario: str = "",
    middle: tuple[float, float] | None = None,
) -> PrintData | None:
    """Return what the sheets draw, for the first walker and the first scale; None if no estate has a place.

    Parameters
    ----------
    estates, venues
        The located tables (EPSG:4326).
    coverage, venue_table, summary
        The tables of coverage.csv, venues.csv and summary.csv.
    boundaries
        The estates' boundaries in degrees, one each; None where not known.
    merged
        Catchments of all venues together: profile, standard, geometry (EPSG:4326).
    proposed
        Ids of venues that are only proposed, or only in the scenario; they count, and are drawn as stars.
    scenario
        The name of the scenario whose tables these are.
    middle
        Longitude and latitude of the plane's middle, so that sheets can be laid on each other; that of the estates by
        default.
    """
    if not np.isfinite(estates["lon"].to_numpy(dtype=float)).any():
        return None
    crs = metric_crs(*(middle or middle_of(estates)))
    profile, scale = profiles[0], scales_of(standards)[0]
    mine = coverage[coverage["profile"] == profile.name]
    rows = [
        mine[mine["standard"] == name].set_index("estate_id").reindex(estates.index) for name in scale.names
    ]
    used = (venue_table["reason"] == "") & (venue_table["standard"] == scale.names[0])
    counting = venue_table.loc[used & (venue_table["profile"] == profile.name), "venue_id"].unique()
    streets, plazas = _streets(network, crs)
    part = summary[(summary["profile"] == profile.name) & summary["standard"].isin(scale.names)]
    return PrintData(
        language=language, date=date, study_name=plain(study_name), note=plain(note), profile=profile, scale=scale,
        standards=tuple(next(one for one in standards if one.name == name) for name in scale.names),
        estates=_places(estates, crs), venues=_places(venues, crs), classes=classes_of(rows),
        walk=rows[-1]["walk_min" if scale.unit == "min" else "walk_m"].to_numpy(dtype=float),
        venue_of=venues.index.get_indexer(rows[-1]["venue_id"]),
        shapes=_boundaries(estates, boundaries, crs), communities=units_of(estates, ["community"])["community"],
        counts=venues.index.isin([*counting, *proposed]), proposed=venues.index.isin(list(proposed)), households=estates["households"].to_numpy(dtype=float),
        streets=streets, plazas=plazas, ground=_ground(merged, profile.name, scale, crs), summary=part,
        scenario=plain(scenario),
    )  # fmt: skip


def middle_of(estates: gpd.GeoDataFrame) -> tuple[float, float]:
    """Return the mean longitude and latitude of what has a place."""
    return float(np.nanmean(estates["lon"].to_numpy(float))), float(
        np.nanmean(estates["lat"].to_numpy(float))
    )


def _places(frame: gpd.GeoDataFrame, crs: Any) -> Places:
    x, y = project(frame["lon"].to_numpy(dtype=float), frame["lat"].to_numpy(dtype=float), crs)
    names = [plain("" if name is None or name != name else name) for name in frame["name"]]  # noqa: PLR0124 - NaN
    return Places([plain(ident) for ident in frame.index], names, x, y)


def _projected(shapes: Any, crs: Any) -> NDArray[np.object_]:
    import shapely

    def onto(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(project(xy[:, 0], xy[:, 1], crs))

    moved: NDArray[np.object_] = shapely.transform(np.array(shapes, dtype=object), onto)
    return moved


def _boundaries(
    estates: gpd.GeoDataFrame, known: NDArray[np.object_] | None, crs: Any
) -> NDArray[np.object_]:
    """Return the boundaries: the table's own, else the one that was found."""
    import shapely

    own = estates.geometry.to_numpy(dtype=object)
    areal = np.isin(shapely.get_type_id(own), (3, 6)) & ~shapely.is_empty(own)
    found = np.full(len(own), None, dtype=object) if known is None else known
    whole = np.where(areal, own, found)
    there = np.array([shape is not None for shape in whole], dtype=bool)
    out = np.full(len(whole), None, dtype=object)
    out[there] = _projected(whole[there], crs)
    return out


def _streets(network: WalkNetwork, crs: Any) -> tuple[tuple[NDArray[np.object_], ...], NDArray[np.object_]]:
    """Return the lines of each rank and the pedestrian areas, whose inner walks are not drawn."""
    import shapely

    from walkshed.streets.rules import KINDS

    drawn = ~np.isin(network.edge_kind, [KINDS.index("crossing_area"), KINDS.index("gate_link")])
    counts = np.asarray(network.coord_ptr[1:] - network.coord_ptr[:-1], dtype=np.int64)
    x, y = project(network.coord_lon, network.coord_lat, crs)
    xy = np.column_stack([x, y])[np.repeat(drawn, counts)]
    lines = shapely.linestrings(xy, indices=np.repeat(np.arange(int(drawn.sum())), counts[drawn]))
    rank = np.array([_RANKS.get(kind, _PATH) for kind in KINDS], dtype=np.int64)
    ranks = rank[np.asarray(network.edge_kind, dtype=np.int64)[drawn]]
    plazas = _projected(list(network.areas), crs) if len(network.areas) else np.zeros(0, dtype=object)
    return tuple(lines[ranks == number] for number in range(_PATH + 1)), plazas


def _ground(merged: gpd.GeoDataFrame | None, profile: str, scale: Scale, crs: Any) -> tuple[Any, ...]:
    import shapely

    if merged is None:
        return (None,) * len(scale.names)
    found: list[Any] = []
    for name in scale.names:
        mine = merged[(merged["profile"] == profile) & (merged["standard"] == name)]
        shapes = [shape for shape in mine.geometry if shape is not None and not shape.is_empty]
        whole = shapely.union_all(shapes) if len(shapes) > 1 else shapes[0] if shapes else None
        found.append(None if whole is None else shapely.simplify(_projected([whole], crs)[0], MERGED_TO_M))
    return tuple(found)
