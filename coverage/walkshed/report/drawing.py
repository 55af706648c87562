"""The catchments of a study's venues, and whether drawing and walk say the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from walkshed.errors import Finding, Text
from walkshed.progress import silent
from walkshed.report.venues import eligible_for
from walkshed.walking.catchments import drawn
from walkshed.walking.ground import CELL_M
from walkshed.walking.merging import merged_catchments
from walkshed.walking.reached import reached_streets

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.meanwhile import Meanwhile
    from walkshed.profiles import Profile
    from walkshed.progress import Progress
    from walkshed.standards import Standard
    from walkshed.walking.access import Access


class _Study(Protocol):
    @property
    def profiles(self) -> Sequence[Profile]: ...
    @property
    def standards(self) -> Sequence[Standard]: ...
    @property
    def date(self) -> dt.date: ...


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Catchments of the venues that count for each standard (GeoDataFrames in EPSG:4326).

    Attributes
    ----------
    venues
        One polygon for each venue, profile and standard.
    merged
        Those of one profile and standard dissolved.
    nearest
        The same ground split by the nearest venue.
    streets
        The streets within reach, cut where the walk ends.
    """

    venues: gpd.GeoDataFrame
    merged: gpd.GeoDataFrame
    nearest: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame


class Areas(NamedTuple):
    """The polygons of :class:`Drawn`."""

    venues: gpd.GeoDataFrame
    merged: gpd.GeoDataFrame
    nearest: gpd.GeoDataFrame


def draw(
    access: Access,
    venues: gpd.GeoDataFrame,
    study: _Study,
    *,
    progress: Progress = silent,
    drawing: Meanwhile[Areas] | None = None,
) -> Drawn:
    """Draw the catchments of the venues that count on the study's date, standard by standard.

    Parameters
    ----------
    drawing
        A second process that draws their polygons.
    """
    streets = draw_streets(access, venues, study)
    areas = None if drawing is None else drawing.result()
    if areas is None:
        areas = draw_areas(access, venues, study, progress=progress)
    return Drawn(*areas, streets)


def draw_areas(
    access: Access, venues: gpd.GeoDataFrame, study: _Study, *, progress: Progress = silent
) -> Areas:
    """Draw the polygons of catchments."""
    parts: list[tuple[gpd.GeoDataFrame, ...]] = []
    for count, standards in _standards_by_venues(venues, study):
        own, shares = drawn(access, standards=standards, venues=count, progress=progress)
        parts.append((own, merged_catchments(own), shares))
    return Areas(*(_joined(frames, access, study) for frames in zip(*parts, strict=True)))


def draw_streets(access: Access, venues: gpd.GeoDataFrame, study: _Study) -> gpd.GeoDataFrame:
    """Draw the streets within reach."""
    parts = [
        reached_streets(access, standards=standards, venues=count)
        for count, standards in _standards_by_venues(venues, study)
    ]
    return _joined(parts, access, study)


def _standards_by_venues(
    venues: gpd.GeoDataFrame, study: _Study
) -> list[tuple[NDArray[np.bool_], list[Standard]]]:
    """Return which venues count, each time with the standards for which it is those."""
    groups: dict[bytes, list[Standard]] = {}
    for standard in study.standards:
        groups.setdefault(eligible_for(venues, standard, study.date).tobytes(), []).append(standard)
    return [(np.frombuffer(key, dtype=bool), standards) for key, standards in groups.items()]


def _joined(frames: Sequence[gpd.GeoDataFrame], access: Access, study: _Study) -> gpd.GeoDataFrame:
    """Return frames as one: by venue, profile and standard."""
    import pandas as pd

    frame = pd.concat(frames, ignore_index=True)
    rank = frame["standard"].map({standard.name: number for number, standard in enumerate(study.standards)})
    keys = [access.venue_ids.get_indexer(frame["venue_id"])] if "venue_id" in frame else []
    profile = frame["profile"].map({p.name: n for n, p in enumerate(study.profiles)})
    sorting = np.lexsort((rank.to_numpy(), profile.to_numpy(), *keys))
    return frame.iloc[sorting].reset_index(drop=True)


def disagreements(access: Access, coverage: pd.DataFrame, drawn: Drawn) -> pd.DataFrame:
    """Return the estates that the merged catchment shows otherwise than the walk decides.

    Coverage is decided on the walk. The drawing knows it only on a grid, so that an estate within
    10 m of the boundary, or of the cut-off, may fall on the other side; ``near_boundary`` says whether
    that is so.
    An estate with several entries agrees if any of them lies in the polygon.

    Returns
    -------
    pandas.DataFrame
        estate_id, profile, standard, status, drawn (``inside`` or ``outside``), boundary_m (metres to
        the polygon's boundary), over_m (by how much the walk exceeds the cut-off) and near_boundary.
    """
    import pandas as pd
    import shapely

    points = access.estate_ties.points
    index = access.network.index
    shapes = shapely.points(*index.project(points.lon, points.lat))
    ids = access.estate_ids.to_numpy(dtype=object)
    names = (
        "estate_id", "profile", "standard", "status", "drawn", "boundary_m", "over_m", "near_boundary",
    )  # fmt: skip
    frames = []
    for row in drawn.merged.itertuples(index=False):
        polygon = shapely.transform(
            row.geometry, lambda ll: np.column_stack(index.project(ll[:, 0], ll[:, 1]))
        )
        shapely.prepare(polygon)
        inside = np.zeros(points.n_places, dtype=bool)
        np.logical_or.at(inside, points.place, shapely.intersects(polygon, shapes))
        away = np.full(points.n_places, np.inf)
        own = coverage[(coverage["profile"] == row.profile) & (coverage["standard"] == row.standard)]
        covered = (own["status"] == "covered").to_numpy()
        other = np.flatnonzero(inside != covered)
        use = np.flatnonzero(np.isin(points.place, other))
        np.minimum.at(away, points.place[use], shapely.distance(shapely.boundary(polygon), shapes[use]))
        walk = _level_m(access, row.profile, row.standard, own)[other]
        frames.append(pd.DataFrame({
            "estate_id": ids[other],
            "profile": row.profile,
            "standard": row.standard,
            "status": own["status"].to_numpy()[other],
            "drawn": np.where(inside[other], "inside", "outside"),
            "boundary_m": away[other].round(1),
            "over_m": (walk - row.metres).round(1),
            "near_boundary": (away[other] <= CELL_M / 2) | (np.abs(walk - row.metres) <= CELL_M / 2),
        }))  # fmt: skip
    if not frames:
        return pd.DataFrame({name: [] for name in names}).astype({"near_boundary": bool})
    return pd.concat(frames, ignore_index=True)


def _level_m(access: Access, profile: str, standard: str, own: pd.DataFrame) -> NDArray[np.float64]:
    """Return the walks in the metres in which a catchment's cut-off is given."""
    walker = access.walker(profile)
    by_minutes = any(one.name == standard and one.minutes is not None for one in access.standards)
    if walker.alone or not by_minutes:
        return own["walk_m"].to_numpy(dtype=np.float64)
    return np.asarray(own["walk_min"].to_numpy(dtype=np.float64) * walker.profile.metres(1))


def drawing_notices(apart: pd.DataFrame, total: int) -> list[Finding]:
    """Say how far drawing and walk differ, given :func:`disagreements` and the rows of the coverage table."""
    if apart.empty:
        return []
    n, beyond = len(apart), int((~apart["near_boundary"]).sum())
    text = Text(
        f"for {n:,} of {total:,} rows of coverage.csv the drawn catchment shows an estate on the other side of the "
        f"boundary, {beyond:,} of them farther than the drawing's {CELL_M / 2:g} m; the walk decides, not the drawing",
        f"coverage.csv 的 {total:,} 行中有 {n:,} 行，小区在步行圈图上落在边界另一侧，其中 {beyond:,} 行超出绘图精度 "
        f"{CELL_M / 2:g} 米；以步行距离为准，不以图形为准",
    )
    return [Finding("catchments.drawn_otherwise", text)]
