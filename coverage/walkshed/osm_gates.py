"""The gates of an OpenStreetMap file: nodes that are a way in, with who may pass; one of the doors to osmium."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from walkshed.osm_file import check_file, opened, unreadable

if TYPE_CHECKING:
    from os import PathLike

    import geopandas as gpd

_GATE_KINDS = frozenset({
    "gate", "lift_gate", "swing_gate", "sliding_gate", "kissing_gate", "turnstile", "full-height_turnstile",
    "entrance", "wicket_gate", "sliding_beam", "hampshire_gate", "toll_booth",
})  # fmt: skip


def read_gate_nodes(
    path: str | PathLike[str], *, box: tuple[float, float, float, float] | None = None
) -> gpd.GeoDataFrame:
    """Read the nodes that are gates: ``barrier=gate``, ``lift_gate``, ``turnstile`` and their like.

    Returns
    -------
    geopandas.GeoDataFrame
        In EPSG:4326, indexed by ``ref``, in the order of the ids: ``barrier``, ``name``, ``access`` (``foot``, else
        ``access``, "" where neither is said), ``locked``, ``hours``, ``lon``, ``lat``, ``geometry``.

    Raises
    ------
    InputError
        As for :func:`walkshed.osm_names.read_named`.

    Examples
    --------
    >>> from walkshed.sample import sample_folder
    >>> read_gate_nodes(sample_folder() / "streets.osm.pbf").index.name
    'ref'
    """
    from pathlib import Path

    import geopandas as gpd
    import osmium
    import pandas as pd
    import shapely

    file = Path(path)
    source = check_file(file)
    rows: dict[int, tuple[Any, ...]] = {}
    keys = osmium.filter.KeyFilter("barrier")
    try:
        nodes: Any = osmium.FileProcessor(opened(file), osmium.osm.NODE).with_filter(keys)
        for node in nodes:
            tags, lon, lat = node.tags, node.location.lon, node.location.lat
            if tags["barrier"] not in _GATE_KINDS or _outside(box, lon, lat):
                continue
            access = tags.get("foot") or tags.get("access") or ""
            hours = tags.get("opening_hours") or ""
            rows[node.id] = (
                tags["barrier"], tags.get("name", ""), access, tags.get("locked") == "yes", hours, lon, lat,
            )  # fmt: skip
    except RuntimeError as error:
        raise unreadable(source, error) from error
    names = ("barrier", "name", "access", "locked", "hours", "lon", "lat")
    ids = sorted(rows)
    columns = {name: [rows[ident][number] for ident in ids] for number, name in enumerate(names)}
    points = shapely.points(columns["lon"], columns["lat"]) if ids else []
    frame = gpd.GeoDataFrame(columns, geometry=list(points), crs="EPSG:4326", columns=[*names, "geometry"])
    frame.index = pd.Index([f"node/{ident}" for ident in ids], dtype="str", name="ref")
    return frame


def _outside(box: tuple[float, float, float, float] | None, lon: float, lat: float) -> bool:
    return box is not None and not (box[0] <= lon <= box[2] and box[1] <= lat <= box[3])
