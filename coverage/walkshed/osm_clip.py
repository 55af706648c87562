"""Cutting a part out of an OpenStreetMap file: everything in a box, ways whole, with the file's date."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

from walkshed.errors import OutputError
from walkshed.osm_file import check_file, opened, snapshot_of, unreadable

if TYPE_CHECKING:
    from os import PathLike


def clip_osm(
    path: str | PathLike[str], target: str | PathLike[str], *, box: tuple[float, float, float, float]
) -> None:
    """Write the part of an OpenStreetMap file that lies in a box.

    Kept are the nodes in the box, the ways that have one of them, whole, and the relations that are areas and have
    one of those ways; of relations the members outside are not completed.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.
    target
        The ``.osm.pbf`` to write; one that is there is written over.
    box
        West, south, east, north in degrees.

    Raises
    ------
    InputError
        The file is missing, empty, truncated or no OSM file.
    OutputError
        The target cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from walkshed.osm_names import read_named
    >>> from walkshed.sample import sample_folder
    >>> whole, part = sample_folder() / "streets.osm.pbf", tempfile.mkdtemp() + "/part.osm.pbf"
    >>> clip_osm(whole, part, box=(120.235, 31.565, 120.245, 31.575))
    >>> 0 < len(read_named(part)) < len(read_named(whole))
    True
    """
    from pathlib import Path

    import osmium

    file, made = Path(path), Path(target)
    source = check_file(file)
    west, south, east, north = box
    nodes: set[int] = set()
    ways: set[int] = set()
    header = osmium.io.Header()
    header.set("generator", "walkshed")
    if snapshot := snapshot_of(file):
        header.set("osmosis_replication_timestamp", snapshot)
    try:
        item: Any
        for item in osmium.FileProcessor(opened(file), osmium.osm.NODE):
            at = item.location
            if at.valid() and west <= at.lon <= east and south <= at.lat <= north:
                nodes.add(item.id)
        kept = set(nodes)
        for item in osmium.FileProcessor(opened(file), osmium.osm.WAY):
            refs = [node.ref for node in item.nodes]
            if any(ref in nodes for ref in refs):
                ways.add(item.id)
                kept.update(refs)
        _write(file, made, kept, ways, header)
    except RuntimeError as error:
        raise unreadable(source, error) from error


def _write(file: Any, made: Any, nodes: set[int], ways: set[int], header: Any) -> None:
    import osmium

    try:
        writer = osmium.SimpleWriter(str(made), header=header, overwrite=True)
    except RuntimeError as error:
        raise OutputError(f"{made} cannot be written ({error}) · 无法写入") from error
    item: Any
    for item in osmium.FileProcessor(opened(file)):
        if item.is_node():
            wanted = item.id in nodes
        elif item.is_way():
            wanted = item.id in ways
        else:
            area = item.tags.get("type") in {"multipolygon", "boundary", "site"}
            wanted = area and any(member.type == "w" and member.ref in ways for member in item.members)
        if wanted:
            writer.add(item)
    try:
        writer.close()
    except RuntimeError as error:
        # a writer that failed ends the whole process when it is taken away: it has to stay
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(writer))
        raise OutputError(f"{made} cannot be written ({error}) · 无法写入") from error
