"""Everything in an OpenStreetMap file that has a name or an address, with its place and its outline.

Only tags, points and outlines are read here; what a name means to a study is decided in ``places``.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from walkshed.osm_file import check_file, opened, unreadable
from walkshed.osm_shapes import polygonal, rings_of, way_shapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from os import PathLike
    from pathlib import Path

    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

GROUPS = ("estate", "community", "place", "building", "venue", "address", "stop", "road")
"""What kinds of things there are, in the order in which they are sorted."""
COLUMNS = (
    "name", "other_names", "group", "what", "street", "house_number", "address", "admin_level", "levels",
    "lon", "lat", "geometry",
)  # fmt: skip

_NAMES = (
    "name:zh", "name:zh-Hans", "name:zh-Hant", "name:en", "alt_name", "old_name", "official_name", "short_name",
    "loc_name", "alt_name:zh", "old_name:zh", "official_name:zh", "short_name:zh", "int_name",
)  # fmt: skip
_VENUE_KEYS = (
    "amenity", "office", "shop", "leisure", "healthcare", "social_facility", "community_centre", "tourism", "club",
    "craft", "government", "emergency", "historic",
)  # fmt: skip
_STOPS = frozenset({"stop", "station", "halt", "tram_stop", "subway_entrance", "platform"})
_NO_STREET = frozenset(
    {"traffic_signals", "crossing", "motorway_junction", "elevator", "street_lamp", "stop"}
)
_LIVED = frozenset({
    "neighbourhood", "quarter", "city_block", "plot", "hamlet", "isolated_dwelling", "allotments",
})  # fmt: skip
_AREAS = frozenset({"multipolygon", "boundary", "site"})
_COMMUNITY_LEVEL = 9
"""In China 8 is a sub-district (街道), 10 a community (社区); some mappers use 9."""
_COMMUNITY_WORDS = ("社区", "居委会", "村委会", "居民委员会", "村民委员会")


def read_named(path: str | PathLike[str], *, box: Box | None = None) -> gpd.GeoDataFrame:
    """Read what has a name or an address.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.
    box
        West, south, east, north in degrees: what lies wholly outside is left out.

    Returns
    -------
    geopandas.GeoDataFrame
        In EPSG:4326, indexed by ``ref`` (``"way/123"``), sorted by group, kind and id:

        * ``name``, ``other_names`` (a tuple: name:zh, name:en, alt_name, old_name, official_name, short_name …);
        * ``group``, one of :data:`GROUPS`, and ``what``, the tag that decides it, as ``"landuse=residential"``;
        * ``street``, ``house_number``, ``address`` (addr:full), ``admin_level``, ``levels`` (building:levels);
        * ``lon``, ``lat``: a point on the surface of an outline, the middle of a line;
        * ``geometry``: the outline, line or point. An area whose ring the file does not hold whole is a point.

    Raises
    ------
    InputError
        The file is missing, empty, truncated or no OSM file.

    Examples
    --------
    >>> from walkshed.sample import sample_folder
    >>> named = read_named(sample_folder() / "streets.osm.pbf")
    >>> sorted(set(named["group"]) - {"building", "venue", "address", "stop", "place", "community"})
    ['estate', 'road']
    """
    from pathlib import Path

    file = Path(path)
    source = check_file(file)
    found = _Found(box)
    try:
        for item in _named_items(file):
            found.take(item)
        _read_members(file, found.areas)
    except RuntimeError as error:
        raise unreadable(source, error) from error
    found.finish()
    return _frame(found.rows)


@dataclass(slots=True)
class _Area:
    """A relation that is an area, until its members' lines are known."""

    ref: str
    about: dict[str, Any]
    members: list[tuple[int, str]]
    points: list[tuple[float, float]] = field(default_factory=list)
    lines: list[tuple[str, NDArray[np.float64]]] = field(default_factory=list)


class _Found:
    """Takes in what has a name, one row each; the shapes of ways are made at the end, all at once."""

    def __init__(self, box: Box | None) -> None:
        self.box = box
        self.rows: list[dict[str, Any]] = []
        self.areas: list[_Area] = []
        self._ways: list[dict[str, Any]] = []
        self._lengths, self._x, self._y = array("q"), array("i"), array("i")

    def take(self, item: Any) -> None:
        if item.is_relation() and item.tags.get("type") not in _AREAS:
            return
        line = item.is_way() and not (item.is_closed() and len(item.nodes) > 3)
        about = describe(dict(item.tags), line=line)
        if about is None:
            return
        if item.is_node():
            self.add(f"node/{item.id}", about, _point(item.location.lon, item.location.lat))
        elif item.is_way():
            self._take_way(item, about)
        else:
            members = [(member.ref, member.role) for member in item.members if member.type == "w"]
            self.areas.append(_Area(f"relation/{item.id}", about, members))

    def _take_way(self, way: Any, about: dict[str, Any]) -> None:
        at = [(node.x, node.y) for node in way.nodes]
        x, y = zip(*at, strict=True) if at else ((), ())
        self._ways.append({"ref": f"way/{way.id}", **about})
        self._lengths.append(len(at))
        self._x.extend(x)
        self._y.extend(y)

    def add(self, ref: str, about: dict[str, Any], shape: Any) -> None:
        if shape is None or shape.is_empty or not _meets(self.box, *shape.bounds):
            return
        self.rows.append({"ref": ref, **about, "geometry": shape})

    def finish(self) -> None:
        """Make the shapes of the ways and of the areas."""
        import numpy as np

        at = np.column_stack([np.array(self._x, dtype=np.int32), np.array(self._y, dtype=np.int32)])
        road = np.array([row["group"] == "road" for row in self._ways], dtype=bool)
        shapes = way_shapes(at, np.array(self._lengths, dtype=np.int64), road)
        for row, shape in zip(self._ways, shapes, strict=True):
            about = {name: value for name, value in row.items() if name != "ref"}
            self.add(row["ref"], about, shape)
        for area in self.areas:
            self.add(area.ref, area.about, _assembled(area))


def describe(tags: Mapping[str, str], *, line: bool = False) -> dict[str, Any] | None:
    """Return what an object's tags say of its name, kind and address; None where they say nothing of use.

    Parameters
    ----------
    tags
        Key and value, as in OpenStreetMap.
    line
        Whether the object is an open way, which can be a street but no estate.

    Examples
    --------
    >>> about = describe({"landuse": "residential", "name": "富润家园", "old_name": "富润小区;一号院"})
    >>> about["group"], about["name"], about["other_names"]
    ('estate', '富润家园', ('富润小区', '一号院'))
    >>> describe({"route": "bus", "name": "26"}) is None
    True
    """
    others = [part.strip() for key in _NAMES for part in tags.get(key, "").split(";")]
    name = tags.get("name", "").strip() or next((other for other in others if other), "")
    number, street = tags.get("addr:housenumber", "").strip(), tags.get("addr:street", "").strip()
    full = tags.get("addr:full", "").strip()
    if not (name or number or full):
        return None
    group, what = _group(tags, name)
    if not group or (line and group not in {"road", "stop"}):
        return None
    return {
        "name": name,
        "other_names": tuple(dict.fromkeys(other for other in others if other and other != name)),
        "group": group,
        "what": what,
        "street": street or tags.get("addr:place", "").strip(),
        "house_number": number,
        "address": full,
        "admin_level": tags.get("admin_level", ""),
        "levels": tags.get("building:levels", ""),
    }


def _group(tags: Mapping[str, str], name: str) -> tuple[str, str]:
    """Return the group of an object and the tag that decides it; "" for what is of no use."""
    if (traffic := _traffic(tags, name)) is not None:
        return traffic
    if name and (land := _land(tags, name)) is not None:
        return land
    key = next((key for key in _VENUE_KEYS if tags.get(key, "no") != "no"), None)
    if name and key:
        return "venue", f"{key}={tags[key]}"
    if name and tags.get("building", "no") != "no":
        return "building", f"building={tags['building']}"
    if tags.get("addr:housenumber") or tags.get("addr:full"):
        return "address", "addr"
    return "", ""


def _traffic(tags: Mapping[str, str], name: str) -> tuple[str, str] | None:
    """Return what streets and stops are, None for what is neither."""
    highway = tags.get("highway")
    if highway is not None and highway not in {"bus_stop", "platform"}:
        return ("road" if name and highway not in _NO_STREET else "", f"highway={highway}")
    if "public_transport" in tags or highway == "bus_stop" or {tags.get("railway"), highway} & _STOPS:
        return ("stop" if name else "", "public_transport")
    return None


def _land(tags: Mapping[str, str], name: str) -> tuple[str, str] | None:
    """Return what named land is: an estate, a community, a larger place; None for anything else."""
    if tags.get("landuse") == "residential":
        return "estate", "landuse=residential"
    if tags.get("boundary") in {"administrative", "place"}:
        level = tags.get("admin_level", "")
        small = level.isdigit() and int(level) >= _COMMUNITY_LEVEL
        return ("community" if small else "place"), f"boundary={tags['boundary']}"
    place = tags.get("place")
    if not place:
        return None
    if place == "square":
        return "venue", "place=square"
    if name.endswith(_COMMUNITY_WORDS):
        return "community", f"place={place}"
    return ("estate" if place in _LIVED else "place"), f"place={place}"


def _named_items(path: Path) -> Iterator[Any]:
    import osmium

    keys = osmium.filter.KeyFilter("name", "addr:housenumber", "addr:full", *_NAMES)
    return iter(osmium.FileProcessor(opened(path)).with_locations().with_filter(keys))


def _coordinates(way: Any) -> NDArray[np.float64]:
    """Return the coordinates of a way's nodes that the file holds."""
    import numpy as np

    at = [(node.location.lon, node.location.lat) for node in way.nodes if node.location.valid()]
    return np.array(at, dtype=np.float64).reshape(-1, 2)


def _point(lon: float, lat: float) -> Any:
    import shapely

    return shapely.Point(lon, lat)


def _read_members(path: Path, areas: Iterable[_Area]) -> None:
    """Fetch the lines of the areas' member ways, which often carry no name of their own."""
    wanted: dict[int, list[tuple[_Area, str]]] = {}
    for area in areas:
        for ref, role in area.members:
            wanted.setdefault(ref, []).append((area, role))
    if not wanted:
        return
    import osmium

    ways: Any = (
        osmium.FileProcessor(opened(path))
        .with_locations()
        .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
        .with_filter(osmium.filter.IdFilter(list(wanted)))
    )
    for way in ways:
        whole = all(node.location.valid() for node in way.nodes)
        at = _coordinates(way)
        for area, role in wanted[way.id]:
            area.points.extend(at.tolist())
            if whole and len(at) > 1:
                area.lines.append((role, at))


def _assembled(area: _Area) -> Any:
    """Return the outline of a relation, or a point among its members where the file does not hold it whole."""
    import shapely

    outer = rings_of([line for role, line in area.lines if role != "inner"])
    if outer is not None and not outer.is_empty:
        inner = rings_of([line for role, line in area.lines if role == "inner"])
        shape = outer if inner is None else shapely.difference(outer, inner)
        missing = sum(role != "inner" for _, role in area.members) - sum(
            role != "inner" for role, _ in area.lines
        )
        if not missing and not shape.is_empty:
            return polygonal(shape)
    if not area.points:
        return None
    return shapely.point_on_surface(shapely.MultiPoint(area.points))


def _meets(box: Box | None, west: float, south: float, east: float, north: float) -> bool:
    return box is None or (west <= box[2] and east >= box[0] and south <= box[3] and north >= box[1])


def _index(refs: list[str]) -> Any:
    import pandas as pd

    return pd.Index(refs, dtype="str", name="ref")


def _order(row: Mapping[str, Any]) -> tuple[int, str, int]:
    kind, _, ident = row["ref"].partition("/")
    return GROUPS.index(row["group"]), kind, int(ident)


def _frame(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import shapely

    rows = sorted(rows, key=_order)
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [row["geometry"] for row in rows]
    lines = np.isin(shapely.get_type_id(shapes), (1, 5))
    at = np.empty(len(rows), dtype=object)
    at[~lines] = shapely.point_on_surface(shapes[~lines])
    at[lines] = shapely.line_interpolate_point(shapes[lines], 0.5, normalized=True)
    data: dict[str, Any] = {
        name: pd.Series([row[name] for row in rows], dtype="object" if name == "other_names" else "str")
        for name in COLUMNS[:9]
    }
    data["lon"], data["lat"] = shapely.get_x(at).astype(float), shapely.get_y(at).astype(float)
    frame = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(shapes, crs="EPSG:4326"), crs="EPSG:4326")
    frame.index = _index([row["ref"] for row in rows])
    return frame
