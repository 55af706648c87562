"""Reading OpenStreetMap files; the only door to osmium.

Nothing here knows what is walkable: the caller passes the rule that turns a way's tags into an
integer, and gets flat arrays back. Coordinates are kept as OSM's own integers (1e-7 degree).
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.errors import InputError, Source, Text, input_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

SUFFIXES = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2", ".pbf")
MISSING = 2_147_483_647
"""The coordinate of a node that a way refers to but the file does not hold."""


@dataclass(slots=True)
class Area:
    """A multipolygon relation's member ways, by their place in :class:`Ways` or by their own nodes."""

    relation: int
    code: int
    members: list[tuple[int, str]]
    rings: dict[int, tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]] = field(
        default_factory=dict
    )


@dataclass(slots=True)
class Ways:
    """The ways a rule kept, as flat arrays.

    Attributes
    ----------
    way, code
        OSM id and the rule's integer, one per way.
    start
        Where each way's nodes begin in ``ref``, ``x``, ``y``; one longer than ``way``.
    ref, x, y
        Node ids and coordinates in 1e-7 degree; a node missing from the file has ``x == MISSING``.
    marked, mark
        Ids of the marked nodes (barriers) and the rule's integer for each.
    areas
        Multipolygon relations that the rule kept.
    snapshot
        The file's own date, "" where it names none.
    """

    way: NDArray[np.int64]
    code: NDArray[np.int32]
    start: NDArray[np.int64]
    ref: NDArray[np.int64]
    x: NDArray[np.int32]
    y: NDArray[np.int32]
    marked: NDArray[np.int64]
    mark: NDArray[np.int8]
    areas: list[Area]
    snapshot: str = ""


def read_ways(
    path: Path,
    *,
    way_rule: Callable[[Any], int],
    node_rule: Callable[[Any], int],
    box: tuple[float, float, float, float] | None = None,
    tick: Callable[[], None] = lambda: None,
) -> Ways:
    """Read the ways, marked nodes and areas of an OSM file.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.
    way_rule
        From a way's (or multipolygon relation's) tags to an integer; negative leaves it out.
    node_rule
        From a tagged node's tags to an integer; 0 leaves it out.
    box
        West, south, east, north in degrees: ways wholly outside are left out.
    tick
        Called now and then while reading.

    Raises
    ------
    InputError
        The file is missing, empty, truncated or no OSM file.
    """
    source = _check_file(path)
    way, code, lengths, ref = array("q"), array("i"), array("q"), array("q")
    x, y = array("i"), array("i")
    marked, mark = array("q"), array("b")
    areas: list[Area] = []
    try:
        for n, item in enumerate(_tagged(path)):
            if n % 20_000 == 0:
                tick()
            if item.is_way():
                answer = way_rule(item.tags)
                if answer < 0:
                    continue
                nodes = [(node.ref, node.x, node.y) for node in item.nodes]
                if box is not None and _outside(nodes, box):
                    continue
                way.append(item.id)
                code.append(answer)
                lengths.append(len(nodes))
                for r, nx, ny in nodes:
                    ref.append(r)
                    x.append(nx)
                    y.append(ny)
            elif item.is_node():
                answer = node_rule(item.tags)
                if answer:
                    marked.append(item.id)
                    mark.append(answer)
            elif item.tags.get("type") == "multipolygon":
                answer = way_rule(item.tags)
                if answer >= 0:
                    members = [(m.ref, m.role) for m in item.members if m.type == "w"]
                    areas.append(Area(item.id, answer, members))
        _read_members(path, areas)
    except RuntimeError as error:
        raise _unreadable(source, error) from error
    return Ways(
        way=np.array(way, dtype=np.int64),
        code=np.array(code, dtype=np.int32),
        start=np.concatenate([[0], np.cumsum(np.array(lengths, dtype=np.int64))]).astype(np.int64),
        ref=np.array(ref, dtype=np.int64),
        x=np.array(x, dtype=np.int32),
        y=np.array(y, dtype=np.int32),
        marked=np.array(marked, dtype=np.int64),
        mark=np.array(mark, dtype=np.int8),
        areas=areas,
        snapshot=_snapshot(path),
    )


def _outside(nodes: list[tuple[int, int, int]], box: tuple[float, float, float, float]) -> bool:
    xs = [x for _, x, _ in nodes if x != MISSING]
    ys = [y for _, x, y in nodes if x != MISSING]
    if not xs:
        return True
    west, south, east, north = (degrees * 1e7 for degrees in box)
    return max(xs) < west or min(xs) > east or max(ys) < south or min(ys) > north


def _tagged(path: Path) -> Iterator[Any]:
    import osmium

    keys = osmium.filter.KeyFilter("highway", "railway", "public_transport", "man_made", "barrier")
    return iter(osmium.FileProcessor(str(path)).with_locations().with_filter(keys))


def _read_members(path: Path, areas: list[Area]) -> None:
    """Fetch the nodes of the areas' member ways: they often carry no tag of their own."""
    wanted = {ref for area in areas for ref, _ in area.members}
    if not wanted:
        return
    import osmium

    rings = {}
    ways = (
        osmium.FileProcessor(str(path))
        .with_locations()
        .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
    )
    for item in ways.with_filter(osmium.filter.IdFilter(wanted)):
        nodes = [(node.ref, node.x, node.y) for node in item.nodes]
        refs, xs, ys = zip(*nodes, strict=True) if nodes else ((), (), ())
        rings[item.id] = (np.array(refs, np.int64), np.array(xs, np.int32), np.array(ys, np.int32))
    for area in areas:
        area.rings = {ref: rings[ref] for ref, _ in area.members if ref in rings}


def _snapshot(path: Path) -> str:
    import osmium

    reader = osmium.io.Reader(str(path), osmium.osm.NOTHING)
    try:
        header = reader.header()
        return str(header.get("osmosis_replication_timestamp") or header.get("timestamp") or "")
    finally:
        reader.close()


def _check_file(path: Path) -> Source:
    source = Source(path.name)
    if not path.is_file():
        near = (
            sorted(p.name for p in path.parent.glob("*") if p.name.endswith(SUFFIXES))
            if path.parent.is_dir()
            else []
        )
        names = ", ".join(near[:5])
        raise input_error(
            "streets.missing_file",
            Text(
                f"there is no street file {path}" + (f"; the folder holds {names}" if near else ""),
                f"找不到街道文件 {path}" + (f"；该文件夹中有 {names}" if near else ""),
            ),
            source,
        )
    if path.stat().st_size == 0:
        raise input_error(
            "streets.empty_file",
            Text(
                "the street file is empty (0 bytes); download it again",
                "街道文件是空的（0 字节），请重新下载",
            ),
            source,
        )
    if not path.name.endswith(SUFFIXES):
        raise input_error(
            "streets.unknown_format",
            Text(
                "streets are read from .osm.pbf, .osm, .osm.gz or .osm.bz2 files",
                "街道文件应为 .osm.pbf、.osm、.osm.gz 或 .osm.bz2",
            ),
            source,
        )
    return source


def _unreadable(source: Source, error: RuntimeError) -> InputError:
    detail = str(error)
    if "truncated" in detail.lower() or "eof" in detail.lower() or "unexpected end" in detail.lower():
        text = Text(
            f"the street file ends too early, as after a broken download ({detail}); download it again",
            f"街道文件不完整，像是下载中断（{detail}），请重新下载",
        )
        return input_error("streets.truncated", text, source)
    text = Text(
        f"this is not a readable OpenStreetMap file ({detail}); expected .osm.pbf, .osm, .osm.gz or .osm.bz2",
        f"不是可读取的 OpenStreetMap 文件（{detail}）；应为 .osm.pbf、.osm、.osm.gz 或 .osm.bz2",
    )
    return input_error("streets.not_osm", text, source)
