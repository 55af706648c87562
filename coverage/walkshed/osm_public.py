"""The buildings of an OpenStreetMap file in which a public room may be found; one of the doors to osmium.

**Which buildings.** ``building`` is one of :data:`PLAUSIBLE`; or it is a plain ``building=yes`` that one of :data:`USES`
gives a plausible use. Nobody's home, no place of worship, hospital, station or garage, nothing under
construction, demolished or ruined. Which of them could really be had nobody can read in a map: the list is a
place to start asking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from walkshed.osm_file import check_file, opened, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from os import PathLike
    from pathlib import Path

    import geopandas as gpd

PLAUSIBLE = frozenset(
    "civic college commercial community_centre government hall industrial kindergarten library office public retail "  # noqa: SIM905 - a list of words
    "school service shop sports_hall supermarket university warehouse".split()
)
"""Values of ``building``."""

USES: dict[str, frozenset[str]] = {
    "amenity": frozenset(
        "arts_centre cinema college community_centre kindergarten library marketplace post_office public_building "  # noqa: SIM905 - a list of words
        "restaurant school social_centre social_facility theatre townhall university".split()
    ),
    "shop": frozenset({"*"}),
    "office": frozenset({"*"}),
    "leisure": frozenset({"fitness_centre", "sports_centre", "sports_hall"}),
    "club": frozenset({"*"}),
}
"""What gives a plain building a plausible use; ``*`` is any value but no."""

_GONE = ("ruins", "demolished", "construction", "proposed", "abandoned")
_ADDRESS = ("addr:street", "addr:housenumber")


def is_plausible(tags: Mapping[str, str]) -> bool:
    """Tell by its tags whether a public room may be found in a building.

    Examples
    --------
    >>> is_plausible({"building": "retail"}), is_plausible({"building": "yes", "shop": "vacant"})
    (True, True)
    >>> is_plausible({"building": "apartments", "shop": "bakery"}), is_plausible({"building": "yes"})
    (False, False)
    """
    kind = tags.get("building", "")
    if any(tags.get(key, "no") != "no" for key in _GONE):
        return False
    if kind in PLAUSIBLE:
        return True
    return kind == "yes" and any(
        tags.get(key, "no") in words or ("*" in words and tags.get(key, "no") != "no")
        for key, words in USES.items()
    )


def read_public_buildings(
    path: str | PathLike[str], *, box: tuple[float, float, float, float] | None = None
) -> gpd.GeoDataFrame:
    """Read the buildings in which a public room may be found.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``. A building whose outline the file does not hold whole
        is left out.
    box
        West, south, east and north in degrees: buildings wholly outside are left out.

    Returns
    -------
    geopandas.GeoDataFrame
        Outlines in EPSG:4326, ways before relations, each by id: index ``building_id`` (``w`` or ``r`` and the OSM
        id), kind (the value of ``building``, of a plain one its use), name, address.

    Raises
    ------
    InputError
        The file is missing, empty, truncated or of another kind.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> folder = walkshed.init_study(tempfile.mkdtemp() + "/ronghang")
    >>> list(read_public_buildings(folder / "streets.osm.pbf").columns)
    ['kind', 'name', 'address', 'geometry']
    """
    from pathlib import Path as _Path

    import geopandas as gpd
    import pandas as pd
    import shapely

    file = _Path(path)
    source = check_file(file)
    try:
        rows = list(_rows(file))
    except RuntimeError as error:
        raise unreadable(source, error) from error
    rows.sort(key=lambda row: (row["building_id"][0] == "r", int(row["building_id"][1:])))
    shapes = shapely.from_wkb([row["outline"] for row in rows])
    index = pd.Index([row["building_id"] for row in rows], dtype="str", name="building_id")
    columns = {
        name: pd.Series([row[name] for row in rows], index=index, dtype="str")
        for name in ("kind", "name", "address")
    }
    frame = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, index=index, crs="EPSG:4326"))
    if box is None or not len(frame):
        return frame
    west, south, east, north = shapely.bounds(frame.geometry.to_numpy()).T
    return frame[(west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1])]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    import osmium

    keys = osmium.filter.KeyFilter("building")
    factory = osmium.geom.WKBFactory()
    item: Any
    for item in osmium.FileProcessor(opened(path)).with_areas(keys).with_filter(keys):
        if not item.is_area():
            continue
        tags = dict(item.tags)
        if not is_plausible(tags):
            continue
        try:
            outline = factory.create_multipolygon(item)
        except RuntimeError:  # a ring the file does not hold whole
            continue
        kind = tags["building"]
        use = next((tags[key] for key in USES if key in tags), "")
        yield {
            "building_id": f"{'w' if item.from_way() else 'r'}{item.orig_id()}",
            "kind": use if kind == "yes" else kind,
            "name": tags.get("name", ""),
            "address": "".join(tags.get(key, "") for key in _ADDRESS)
            if not tags.get("addr:street", "").isascii()
            else " ".join(filter(None, (tags.get(key, "") for key in _ADDRESS))),
            "outline": outline,
        }
