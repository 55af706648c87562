"""Candidates: where a venue could stand — rooms of a file, plausible buildings, points along the streets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.crs import metric_crs, project
from walkshed.errors import Finding, Source, Text
from walkshed.geodesy import distance_m
from walkshed.streets.network import BIG_COMPONENT_M
from walkshed.streets.rules import KIND_CODE, NO_STRUCTURE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.streets.network import WalkNetwork

    Floats = NDArray[np.float64]

COLUMNS = (
    "name", "address", "community", "area", "source", "floor_area_m2", "cost", "subsidy_per_year",
    "capacity", "owner", "year", "siting_status", "tier", "kind", "lon", "lat", "geometry",
)  # fmt: skip
"""The columns every frame of candidates has, in order; its index is ``candidate_id``."""

_WORDS = frozenset(
    {"name", "address", "community", "area", "source", "owner", "siting_status", "tier", "kind"}
)
_STATUS = {"required": "fixed", "forbidden": "forbidden", "optional": "candidate"}

_NEVER = tuple(KIND_CODE[name] for name in ("elevator", "crossing_area", "motorway", "trunk"))
_SAMPLES_A_CELL = 8


def room_candidates(rooms: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the candidates of a table of rooms, as :func:`walkshed.tables.rooms.read_rooms` reads it.

    Every row is kept: a room that must be opened is ``fixed``, one that must not is ``forbidden``.
    """
    columns = {name: rooms[name] for name in COLUMNS if name in rooms}
    columns["source"] = "room"
    columns["siting_status"] = rooms["choice"].map(_STATUS)
    return _frame(columns, rooms.geometry.to_numpy(dtype=object), rooms.index)


def building_candidates(
    buildings: gpd.GeoDataFrame,
    *,
    kinds: Collection[str] | None = None,
    least_m2: float = 100.0,
    most_m2: float = 20_000.0,
    prefix: str = "B",
) -> gpd.GeoDataFrame:
    """Return buildings of an extract as candidates.

    Parameters
    ----------
    buildings
        As :func:`walkshed.osm_public.read_public_buildings` reads them: outlines (or points) in EPSG:4326, their ids
        as index; with the columns kind and, where there are, name, address and floor_area_m2.
    kinds
        Only these; all of them by default.
    least_m2, most_m2
        Smaller and larger outlines are left out (a kiosk, a factory hall); points have no outline and stay.
    prefix
        Put before each id, so that buildings and rooms cannot share one.

    Returns
    -------
    geopandas.GeoDataFrame
        In the order of ``buildings``. ``floor_area_m2`` is the table's own where it is given; a building is
        not a room, so its outline is never taken for the floor area of one.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> outlines = gpd.GeoDataFrame(
    ...     {"kind": ["public", "retail"], "name": ["旧礼堂", ""]},
    ...     geometry=[box(120.25, 31.55, 120.2503, 31.5502)] * 2, index=["w1", "w2"], crs=4326,
    ... )
    >>> building_candidates(outlines, kinds=["public"])[["name", "source"]].values.tolist()
    [['旧礼堂', 'building']]
    """
    import shapely

    from walkshed.geodesy import area_m2

    shapes = buildings.geometry.to_numpy(dtype=object)
    wanted = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if kinds is not None:
        wanted &= buildings["kind"].isin(list(kinds)).to_numpy(dtype=bool)
    outline = np.isin(shapely.get_type_id(shapes), (3, 6))
    for position in np.flatnonzero(wanted & outline):
        wanted[position] = least_m2 <= area_m2(shapes[position]) <= most_m2
    mine = buildings[wanted]
    columns: dict[str, Any] = {
        name: mine[name] for name in ("name", "address", "floor_area_m2") if name in mine
    }
    columns["source"] = "building"
    points = shapely.point_on_surface(shapes[wanted])
    ids = [f"{prefix}{one}" for one in mine.index]
    return _frame(columns, np.where(outline[wanted], points, shapes[wanted]), ids)


def street_candidates(
    network: WalkNetwork,
    *,
    every_m: float,
    around: gpd.GeoDataFrame | None = None,
    reach_m: float | None = None,
    prefix: str = "G",
) -> gpd.GeoDataFrame:
    """Return points along the streets, one for each cell of a grid that a street passes.

    A grid of ``every_m`` metres is laid over the streets; in each cell the point of a street nearest to
    the cell's centre is taken. Every place on a street thus has a candidate within ``every_m`` · √2 as
    the crow flies, and no two candidates share a cell. Streets on bridges and in tunnels, private
    ways, lifts and pieces of the network shorter than 500 m in all hold none.

    Parameters
    ----------
    network
        From :func:`walkshed.read_streets`.
    every_m
        The spacing in metres, 10 or more.
    around, reach_m
        With both: only points within ``reach_m`` as the crow flies of one of these places can serve
        anybody, and only they are returned.
    prefix
        The ids are this and a number, from west to east and south to north.

    Raises
    ------
    ValueError
        ``every_m`` is below 10.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> folder = walkshed.init_study(tempfile.mkdtemp() + "/ronghang")
    >>> streets = walkshed.read_streets(folder / "streets.osm.pbf")
    >>> points = street_candidates(streets, every_m=400)
    >>> points.index[0], points["source"].unique().tolist()
    ('G0001', ['street'])
    """
    import shapely

    if not every_m >= 10:
        raise ValueError(f"street points every {every_m:g} m are too many; give 10 m or more")
    lon, lat = _samples(network, every_m / _SAMPLES_A_CELL)
    if not len(lon):
        return _frame({"source": "street"}, np.zeros(0, dtype=object), [])
    west, south, east, north = network.bounds
    crs = metric_crs((west + east) / 2, (south + north) / 2)
    x, y = project(lon, lat, crs)
    if around is not None and reach_m is not None:
        near = _near(x, y, *project(around["lon"].to_numpy(), around["lat"].to_numpy(), crs), reach_m)
        lon, lat, x, y = lon[near], lat[near], x[near], y[near]
    x, y = x.round(2), y.round(2)  # the last bits of a projection differ between machines
    cell_x, cell_y = np.floor(x / every_m), np.floor(y / every_m)
    off = np.hypot(x - (cell_x + 0.5) * every_m, y - (cell_y + 0.5) * every_m).round(3)
    order = np.lexsort((lat, lon, off, cell_y, cell_x))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(cell_x[order]) != 0) | (np.diff(cell_y[order]) != 0)
    chosen = order[first]
    width = max(4, len(str(len(chosen))))
    ids = [f"{prefix}{number:0{width}d}" for number in range(1, len(chosen) + 1)]
    points = shapely.points(lon[chosen].round(7), lat[chosen].round(7))
    return _frame({"source": "street"}, np.asarray(points, dtype=object), ids)


def joined_candidates(*frames: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return several frames of candidates as one, in their order.

    Raises
    ------
    ValueError
        An id stands in two of them.
    """
    import geopandas as gpd
    import pandas as pd

    whole = pd.concat([frame.reindex(columns=list(COLUMNS)) for frame in frames])
    twice = whole.index[whole.index.duplicated()].unique().tolist()
    if twice:
        raise ValueError(f"candidates from two sources share the ids {', '.join(map(str, twice[:5]))}")
    return gpd.GeoDataFrame(whole, geometry="geometry", crs="EPSG:4326").rename_axis("candidate_id")


def unlike_venues(candidates: gpd.GeoDataFrame, venue_ids: pd.Index[str], *, source: Source) -> list[Finding]:
    """Return a fault for every candidate whose id an existing venue has."""
    return [
        Finding(
            "siting.id_of_venue",
            Text(
                "is the id of an existing venue; give the room another",
                "与现有场所的编号相同；请为候选用房另取编号",
            ),
            source.at(value=one),
        )
        for one in candidates.index[candidates.index.isin(venue_ids)]
    ]


def _frame(
    columns: Mapping[str, Any], geometry: NDArray[np.object_], ids: Sequence[str] | pd.Index[str]
) -> gpd.GeoDataFrame:
    """Return a frame of candidates; what a source does not say is blank."""
    import geopandas as gpd
    import pandas as pd
    import shapely

    index = pd.Index([str(one) for one in ids], dtype="str", name="candidate_id")
    whole: dict[str, Any] = {}
    for name in COLUMNS[:-3]:
        blank = "candidate" if name == "siting_status" else "" if name in _WORDS else np.nan
        values = columns.get(name, blank)
        if isinstance(values, pd.Series):
            values = values.fillna("").to_numpy() if name in _WORDS else values.to_numpy(dtype=np.float64)
        whole[name] = pd.Series(values, index=index, dtype="str" if name in _WORDS else "float64")
    points = np.where(shapely.get_type_id(geometry) == 4, shapely.get_geometry(geometry, 0), geometry)
    whole["lon"], whole["lat"] = shapely.get_x(points), shapely.get_y(points)
    frame = pd.DataFrame(whole, index=index)
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(geometry, index=index, crs="EPSG:4326"))


def _samples(network: WalkNetwork, step_m: float) -> tuple[Floats, Floats]:
    """Return points on the streets where a venue may stand, at most ``step_m`` apart along each of them."""
    piece = network.component_length_m[network.component[network.edge_u]] >= BIG_COMPONENT_M
    if not piece.any():  # a small town's own streets
        piece[:] = True
    use = (network.edge_structure == NO_STRUCTURE) & ~network.edge_private & piece
    use &= ~np.isin(network.edge_kind, _NEVER)
    # every piece between two vertices of an edge that is used
    start = np.arange(len(network.coord_lon) - 1)
    last = np.zeros(len(network.coord_lon), dtype=bool)
    last[network.coord_ptr[1:] - 1] = True
    owner = np.repeat(np.arange(network.n_edges), np.diff(network.coord_ptr))
    start = start[~last[:-1] & use[owner[:-1]]]
    lon, lat = network.coord_lon, network.coord_lat
    length = distance_m(lon[start], lat[start], lon[start + 1], lat[start + 1])
    parts = np.maximum(1, np.ceil(length / step_m)).astype(np.int64)
    of = np.repeat(np.arange(len(start)), parts)
    share = (np.arange(len(of)) - np.repeat(np.cumsum(parts) - parts, parts) + 0.5) / parts[of]
    a, b = start[of], start[of] + 1
    return lon[a] + share * (lon[b] - lon[a]), lat[a] + share * (lat[b] - lat[a])


def _near(x: Floats, y: Floats, place_x: Floats, place_y: Floats, reach_m: float) -> NDArray[np.bool_]:
    """Return which points lie within reach of a place; a thousandth more, for the projection."""
    from scipy.spatial import cKDTree

    there = np.isfinite(place_x)
    if not there.any():
        return np.zeros(len(x), dtype=bool)
    tree = cKDTree(np.column_stack([place_x[there], place_y[there]]))
    far, _ = tree.query(np.column_stack([x, y]), distance_upper_bound=reach_m * 1.001)
    return np.asarray(np.isfinite(far))
