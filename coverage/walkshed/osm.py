"""Reading OpenStreetMap files; the only door to osmium.

Nothing here knows what is walkable: the caller passes the rule that turns a way's tags into an
integer, and gets flat arrays back. Coordinates are kept as OSM's own integers (1e-7 degree).
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.errors import InputError, Source, Text, input_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

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
    found = _Collector(way_rule, node_rule, box)
    try:
        for n, item in enumerate(_tagged(path)):
            if n % 20_000 == 0:
                tick()
            if item.is_way():
                found.take_way(item)
            elif item.is_node():
                found.take_node(item)
            elif item.tags.get("type") == "multipolygon":
                found.take_area(item)
        _read_members(path, found.areas)
    except RuntimeError as error:
        raise _unreadable(source, error) from error
    return found.ways(_snapshot(path))


class _Collector:
    """Takes in what the rules keep, as compactly as it can."""

    def __init__(
        self,
        way_rule: Callable[[Any], int],
        node_rule: Callable[[Any], int],
        box: tuple[float, float, float, float] | None,
    ) -> None:
        self.way_rule, self.node_rule, self.box = way_rule, node_rule, box
        self.way, self.code, self.length = array("q"), array("i"), array("q")
        self.ref, self.x, self.y = array("q"), array("i"), array("i")
        self.marked, self.mark = array("q"), array("b")
        self.areas: list[Area] = []

    def take_way(self, item: Any) -> None:
        code = self.way_rule(item.tags)
        if code < 0:
            return
        nodes = [(node.ref, (at := node.location).x, at.y) for node in item.nodes]
        if not nodes or (self.box is not None and _outside(nodes, self.box)):
            return
        self.way.append(item.id)
        self.code.append(code)
        self.length.append(len(nodes))
        ref, x, y = zip(*nodes, strict=True)
        self.ref.extend(ref)
        self.x.extend(x)
        self.y.extend(y)

    def take_node(self, item: Any) -> None:
        mark = self.node_rule(item.tags)
        if mark:
            self.marked.append(item.id)
            self.mark.append(mark)

    def take_area(self, item: Any) -> None:
        code = self.way_rule(item.tags)
        if code >= 0:
            self.areas.append(Area(item.id, code, [(m.ref, m.role) for m in item.members if m.type == "w"]))

    def ways(self, snapshot: str) -> Ways:
        return Ways(
            way=np.array(self.way, dtype=np.int64),
            code=np.array(self.code, dtype=np.int32),
            start=np.concatenate([[0], np.cumsum(np.array(self.length, dtype=np.int64))]).astype(np.int64),
            ref=np.array(self.ref, dtype=np.int64),
            x=np.array(self.x, dtype=np.int32),
            y=np.array(self.y, dtype=np.int32),
            marked=np.array(self.marked, dtype=np.int64),
            mark=np.array(self.mark, dtype=np.int8),
            areas=self.areas,
            snapshot=snapshot,
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
    return iter(osmium.FileProcessor(_opened(path)).with_locations().with_filter(keys))


def _read_members(path: Path, areas: list[Area]) -> None:
    """Fetch the nodes of the areas' member ways: they often carry no tag of their own."""
    wanted = {ref for area in areas for ref, _ in area.members}
    if not wanted:
        return
    import osmium

    rings = {}
    ways = (
        osmium.FileProcessor(_opened(path))
        .with_locations()
        .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
    )
    item: Any  # only ways pass the filters, which the type of the iterator does not know
    for item in ways.with_filter(osmium.filter.IdFilter(wanted)):
        nodes = [(node.ref, node.x, node.y) for node in item.nodes]
        refs, xs, ys = zip(*nodes, strict=True) if nodes else ((), (), ())
        rings[item.id] = (np.array(refs, np.int64), np.array(xs, np.int32), np.array(ys, np.int32))
    for area in areas:
        area.rings = {ref: rings[ref] for ref, _ in area.members if ref in rings}


def _snapshot(path: Path) -> str:
    import osmium

    reader = osmium.io.Reader(_opened(path), osmium.osm.NOTHING)
    try:
        header = reader.header()
        return str(header.get("osmosis_replication_timestamp") or header.get("timestamp") or "")
    finally:
        reader.close()


def _opened(path: Path) -> Any:
    """Return the file with its format named, because osmium knows endings in small letters only."""
    import osmium

    ending = next(ending for ending in SUFFIXES if path.name.lower().endswith(ending))
    return osmium.io.File(str(path), ending.removeprefix("."))


def _is_osm_name(path: Path) -> bool:
    return path.name.lower().endswith(SUFFIXES)


def _check_file(path: Path) -> Source:
    source = Source(path.name)
    if path.is_dir():
        text = Text("is a folder, not a street file", "是文件夹，不是路网文件")
        raise input_error("streets.missing_file", text, source)
    if not path.is_file():
        folder = path.parent
        near = sorted(p.name for p in folder.glob("*") if _is_osm_name(p)) if folder.is_dir() else []
        names = ", ".join(near[:5])
        if not folder.is_dir():
            where = Text(f": the folder {folder} does not exist", f"：文件夹 {folder} 不存在")
        elif near:
            where = Text(f" in {folder}, which holds {names}", f"（文件夹 {folder}，其中有 {names}）")
        else:
            where = Text(f" in {folder}", f"（文件夹 {folder}）")
        text = Text(f"there is no such street file{where.en}", f"找不到路网文件{where.zh}")
        raise input_error("streets.missing_file", text, source)
    if not _is_osm_name(path):
        text = Text(
            "streets are read from .osm.pbf, .osm, .osm.gz or .osm.bz2 files, or from line layers (.gpkg, .parquet, "
            ".geojson, .shp, .fgb)",
            "路网文件应为 .osm.pbf、.osm、.osm.gz 或 .osm.bz2，或线图层（.gpkg、.parquet、.geojson、.shp、.fgb）",
        )
        raise input_error("streets.unknown_format", text, source)
    try:
        with path.open("rb") as file:
            head = file.read(200)
    except OSError as error:
        text = Text(
            f"the street file cannot be opened ({error.strerror}); check its permissions",
            f"无法打开路网文件（{error.strerror}），请检查权限",
        )
        raise input_error("streets.unreadable", text, source) from error
    _check_head(head, source)
    return source


def _check_head(head: bytes, source: Source) -> None:
    """Refuse what is easily taken for a street file: nothing at all, a web page, an archive."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        text = Text(
            "the street file is empty (0 bytes); download it again",
            "路网文件是空的（0 字节），请重新下载",
        )
        raise input_error("streets.empty_file", text, source)
    if start.startswith((b"<!doctype html", b"<html", b"<head")):
        text = Text(
            "is a web page, not a street file, as when a download ends on an error page; download it again",
            "是网页，不是路网文件，像是下载到了出错页面；请重新下载",
        )
        raise input_error("streets.not_osm", text, source)
    if head.startswith(b"PK\x03\x04"):
        text = Text(
            "is a zip archive; unpack it and name the file inside", "是 zip 压缩包；请解压后填写其中的文件"
        )
        raise input_error("streets.not_osm", text, source)


_CUT_SHORT = (
    "truncated",
    "eof",
    "unexpected end",
    "no element found",
    "unclosed token",
    "read close failed",
    "failed: -7",
)
"""What osmium, expat, zlib and bzip2 say of a file that ends too early."""


def _unreadable(source: Source, error: RuntimeError) -> InputError:
    detail = str(error)
    if any(word in detail.lower() for word in _CUT_SHORT):
        text = Text(
            f"the street file ends too early, as after a broken download ({detail}); download it again",
            f"路网文件不完整，像是下载中断（{detail}），请重新下载",
        )
        return input_error("streets.truncated", text, source)
    text = Text(
        f"this is not a readable OpenStreetMap file ({detail}); expected .osm.pbf, .osm, .osm.gz or .osm.bz2",
        f"不是可读取的 OpenStreetMap 文件（{detail}）；应为 .osm.pbf、.osm、.osm.gz 或 .osm.bz2",
    )
    return input_error("streets.not_osm", text, source)
