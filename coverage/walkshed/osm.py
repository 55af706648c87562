"""Reading OpenStreetMap files; the only door to osmium.

Nothing here knows what is walkable: the caller passes the rule that turns a way's tags into an
integer, and gets flat arrays back. Coordinates are kept as OSM's own integers (1e-7 degree).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.errors import InputError, Source, Text, input_error

if TYPE_CHECKING:
    from collections.abc import Iterator
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
class Outline:
    """A closed way or a relation that bounds ground (a residential area), as it is drawn.

    Attributes
    ----------
    item
        OSM id; a relation's is negative.
    kind, names
        What the rule said of its tags.
    members
        A relation's ways and their roles.
    lines
        Pieces of the outline in 1e-7 degree (x, y), and whether each bounds a hole.
    lost
        Whether a member or a node of it is not in the file.
    """

    item: int
    kind: int
    names: tuple[str, ...]
    members: list[tuple[int, str]] = field(default_factory=list)
    lines: list[tuple[NDArray[np.int32], NDArray[np.int32], bool]] = field(default_factory=list)
    lost: bool = False

    def add(self, x: NDArray[np.int32], y: NDArray[np.int32], *, hole: bool = False) -> None:
        """Add a piece; it is lost where the file lacks one of its nodes."""
        self.lost |= bool((x == MISSING).any()) or not len(x)
        self.lines.append((x, y, hole))


GroundRule = Callable[[Any], "tuple[int, tuple[str, ...]] | None"]
"""From tags to an outline's kind and names; None leaves it out."""


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
        Ids of the marked nodes (barriers, crossings) and the rule's integer for each.
    areas
        Multipolygon relations that the rule kept.
    grounds
        Outlines of ground that the ground rule kept.
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
    grounds: list[Outline] = field(default_factory=list)


def read_ways(
    path: Path,
    *,
    way_rule: Callable[[Any], int],
    node_rule: Callable[[Any], int],
    ground_rule: GroundRule = lambda _tags: None,
    box: tuple[float, float, float, float] | None = None,
    tick: Callable[[], None] = lambda: None,
) -> Ways:
    """Read the ways, marked nodes, areas and outlines of ground of an OSM file, in one pass.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.
    way_rule
        From a way's (or multipolygon relation's) tags to an integer; negative leaves it out.
    node_rule
        From a tagged node's tags to an integer; 0 leaves it out.
    ground_rule
        From the tags of a closed way or a relation to the kind and names of the ground it bounds; None leaves it out.
    box
        West, south, east, north in degrees: ways and grounds wholly outside are left out.
    tick
        Called now and then while reading.

    Raises
    ------
    InputError
        The file is missing, empty, truncated or no OSM file.
    """
    source = _check_file(path)
    found = _Collector(way_rule, node_rule, ground_rule, box)
    try:
        for n, item in enumerate(_tagged(path)):
            if n % 20_000 == 0:
                tick()
            if item.is_way():
                found.take_way(item)
            elif item.is_node():
                found.take_node(item)
            elif item.tags.get("type") in {"multipolygon", "boundary"}:
                found.take_area(item)
        _read_members(path, found.areas, found.grounds)
    except RuntimeError as error:
        raise _unreadable(source, error) from error
    return found.ways(_snapshot(path))


class _Collector:
    """Takes in what the rules keep, as compactly as it can."""

    def __init__(
        self,
        way_rule: Callable[[Any], int],
        node_rule: Callable[[Any], int],
        ground_rule: GroundRule,
        box: tuple[float, float, float, float] | None,
    ) -> None:
        self.way_rule, self.node_rule, self.ground_rule, self.box = way_rule, node_rule, ground_rule, box
        self.way, self.code, self.length = array("q"), array("i"), array("q")
        self.ref, self.x, self.y = array("q"), array("i"), array("i")
        self.marked, self.mark = array("q"), array("b")
        self.areas: list[Area] = []
        self.grounds: list[Outline] = []

    def take_way(self, item: Any) -> None:
        code, ground = self.way_rule(item.tags), self.ground_rule(item.tags)
        if code < 0 and ground is None:
            return
        nodes = [(node.ref, (at := node.location).x, at.y) for node in item.nodes]
        if not nodes or (self.box is not None and _outside(nodes, self.box)):
            return
        if ground is not None:
            outline = Outline(item.id, *ground)
            _, xs, ys = zip(*nodes, strict=True)
            outline.add(np.array(xs, dtype=np.int32), np.array(ys, dtype=np.int32))
            self.grounds.append(outline)
        if code < 0:
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
        code = self.way_rule(item.tags) if item.tags.get("type") == "multipolygon" else -1
        ground = self.ground_rule(item.tags)
        if code < 0 and ground is None:
            return
        members = [(m.ref, m.role) for m in item.members if m.type == "w"]
        if code >= 0:
            self.areas.append(Area(item.id, code, members))
        if ground is not None:
            self.grounds.append(Outline(-item.id, *ground, members))

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
            grounds=[one for one in self.grounds if self.box is None or _touches(one, self.box)],
        )


def _touches(outline: Outline, box: tuple[float, float, float, float]) -> bool:
    """Tell whether any of an outline lies in a box; one of whose ways none is in the file is kept, to be counted."""
    if not outline.lines:
        return True
    x, y = (np.concatenate([line[axis] for line in outline.lines]) for axis in (0, 1))
    there = x != MISSING
    nodes = list(zip(x[there].tolist(), x[there].tolist(), y[there].tolist(), strict=True))
    return not _outside(nodes, box)


def _outside(nodes: list[tuple[int, int, int]], box: tuple[float, float, float, float]) -> bool:
    xs = [x for _, x, _ in nodes if x != MISSING]
    ys = [y for _, x, y in nodes if x != MISSING]
    if not xs:
        return True
    west, south, east, north = (degrees * 1e7 for degrees in box)
    return max(xs) < west or min(xs) > east or max(ys) < south or min(ys) > north


def _tagged(path: Path) -> Iterator[Any]:
    import osmium

    keys = osmium.filter.KeyFilter(
        "highway", "railway", "public_transport", "man_made", "barrier", "crossing", "landuse", "place"
    )
    return iter(osmium.FileProcessor(_opened(path)).with_locations().with_filter(keys))


def _read_members(path: Path, areas: list[Area], grounds: list[Outline]) -> None:
    """Fetch the nodes of the relations' member ways: they often carry no tag of their own."""
    relations: list[Area | Outline] = [*areas, *grounds]
    wanted = {ref for relation in relations for ref, _ in relation.members}
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
    for ground in grounds:
        for ref, role in ground.members:
            if ref in rings:
                ground.add(*rings[ref][1:], hole=role == "inner")
            else:
                ground.lost = True


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
