"""Reading the ways of OpenStreetMap files; one of the doors to osmium.

Nothing here knows what is walkable: the caller passes the rule that turns a way's tags into an
integer, and gets flat arrays back. Coordinates are kept as OSM's own integers (1e-7 degree).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.errors import Text, input_error
from walkshed.osm_file import check_file, opened, snapshot_of, unreadable
from walkshed.osm_opl import MISSING, AskedOnce, TemporaryFileError, nodes_of, opl_lines, plain, tags_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_WAY_KEYS = ("highway", "railway", "public_transport", "man_made", "barrier", "crossing")
_GROUND_KEYS = ("landuse", "place")


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
        The file is missing, empty, truncated or no OSM file, or the temporary folder is full.
    """
    import osmium

    source = check_file(path)
    found = _Collector(way_rule, node_rule, ground_rule, box)
    try:
        for lines in opl_lines(path, opened(path), osmium.filter.KeyFilter(*_WAY_KEYS, *_GROUND_KEYS)):
            tick()
            found.take(lines)
        _read_members(path, found.areas, found.grounds)
    except RuntimeError as error:
        raise unreadable(source, error) from error
    except TemporaryFileError as error:
        text = Text(
            f"the streets cannot be read: the folder for temporary files takes no more ({error})",
            f"无法读取路网：临时文件夹无法写入（{error}）",
        )
        raise input_error("streets.no_room", text, source) from error
    return found.ways(snapshot_of(path))


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
        self.way_code = AskedOnce(way_rule)
        self.way, self.code = array("q"), array("i")
        self.length, self.ref, self.at = [_none(0)], [_none(0)], [_none(0, 2).astype(np.int32)]
        self.marked, self.mark = array("q"), array("b")
        self.areas: list[Area] = []
        self.grounds: list[Outline] = []

    def take(self, lines: list[str]) -> None:
        """Take in lines of OPL: nodes, ways and relations."""
        ways: list[tuple[int, int, Outline | None, str]] = []
        areas: list[tuple[int, dict[str, str], str]] = []
        way_code = self.way_code
        for line in lines:
            number, word, rest = line.split(" ", 2)
            item = int(number[1:])
            if line[0] == "w":
                may_be_ground = any(key in word for key in _GROUND_KEYS)
                code, ground = way_code(word), self.ground_rule(tags_of(word)) if may_be_ground else None
                if code >= 0 or ground is not None:
                    ways.append((item, code, None if ground is None else Outline(item, *ground), rest))
            elif line[0] == "n":
                self._take_node(item, tags_of(word))
            elif (tags := tags_of(word)).get("type") in {"multipolygon", "boundary"}:
                areas.append((item, tags, rest.strip()[1:]))
        if ways:
            self._take_ways(ways)
        for area in areas:
            self._take_area(*area)

    def _take_ways(self, kept: list[tuple[int, int, Outline | None, str]]) -> None:
        length, ref, at = nodes_of([nodes for *_, nodes in kept])
        there = length > 0
        if self.box is not None:
            there[there] = _in_box(at, length[there], self.box)
        start = np.cumsum(length) - length
        for way, (_, _, ground, _) in enumerate(kept):
            if ground is not None and there[way]:
                nodes = at[start[way] : start[way] + length[way]]
                ground.add(nodes[:, 0].copy(), nodes[:, 1].copy())
                self.grounds.append(ground)
        code = np.array([code for _, code, *_ in kept], dtype=np.int32)
        there &= code >= 0
        self.way.extend(way for (way, *_), use in zip(kept, there.tolist(), strict=True) if use)
        self.code.extend(code[there].tolist())
        of_kept = np.repeat(there, length)
        self.length.append(length[there])
        self.ref.append(ref[of_kept])
        self.at.append(at[of_kept])

    def _take_node(self, item: int, tags: dict[str, str]) -> None:
        mark = self.node_rule(tags)
        if mark:
            self.marked.append(item)
            self.mark.append(mark)

    def _take_area(self, item: int, tags: dict[str, str], members: str) -> None:
        code = self.way_rule(tags) if tags["type"] == "multipolygon" else -1
        ground = self.ground_rule(tags)
        if code < 0 and ground is None:
            return
        named = [member[1:].partition("@") for member in members.split(",") if member[:1] == "w"]
        ways = [(int(ref), plain(role)) for ref, _, role in named]
        if code >= 0:
            self.areas.append(Area(item, code, ways))
        if ground is not None:
            self.grounds.append(Outline(-item, *ground, ways))

    def ways(self, snapshot: str) -> Ways:
        at = np.concatenate(self.at)
        return Ways(
            way=np.array(self.way, dtype=np.int64),
            code=np.array(self.code, dtype=np.int32),
            start=np.concatenate([[0], np.cumsum(np.concatenate(self.length))]).astype(np.int64),
            ref=np.concatenate(self.ref),
            x=at[:, 0].copy(),
            y=at[:, 1].copy(),
            marked=np.array(self.marked, dtype=np.int64),
            mark=np.array(self.mark, dtype=np.int8),
            areas=self.areas,
            snapshot=snapshot,
            grounds=[one for one in self.grounds if self.box is None or _touches(one, self.box)],
        )


def _none(*shape: int) -> NDArray[np.int64]:
    return np.zeros(shape, dtype=np.int64)


def _touches(outline: Outline, box: tuple[float, float, float, float]) -> bool:
    """Tell whether any of an outline lies in a box; one of whose ways none is in the file is kept, to be counted."""
    if not outline.lines:
        return True
    at = np.column_stack([np.concatenate([line[axis] for line in outline.lines]) for axis in (0, 1)])
    return bool(len(at)) and bool(_in_box(at, np.array([len(at)]), box)[0])


def _in_box(
    at: NDArray[np.int32], length: NDArray[np.int64], box: tuple[float, float, float, float]
) -> NDArray[np.bool_]:
    """Tell which lines (none of them empty) reach into a box by their bounds; one without any known node does not."""
    west, south, east, north = (degrees * 1e7 for degrees in box)
    start = np.cumsum(length) - length
    known = at[:, 0] != MISSING
    low = np.minimum.reduceat(np.where(known[:, None], at, MISSING), start, axis=0)
    high = np.maximum.reduceat(np.where(known[:, None], at, -MISSING), start, axis=0)
    inside = (high[:, 0] >= west) & (low[:, 0] <= east) & (high[:, 1] >= south) & (low[:, 1] <= north)
    return np.asarray(inside & np.logical_or.reduceat(known, start))


def _read_members(path: Path, areas: list[Area], grounds: list[Outline]) -> None:
    """Fetch the nodes of the relations' member ways: they often carry no tag of their own."""
    relations: list[Area | Outline] = [*areas, *grounds]
    wanted = {ref for relation in relations for ref, _ in relation.members}
    if not wanted:
        return
    import osmium

    filters = osmium.filter.EntityFilter(osmium.osm.WAY), osmium.filter.IdFilter(wanted)
    rings: dict[int, tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]] = {}
    for lines in opl_lines(path, opened(path), *filters):
        found = [line.split(" ", 2) for line in lines]
        length, refs, at = nodes_of([nodes for *_, nodes in found])
        cut = np.cumsum(length)[:-1]
        parts = zip(found, np.split(refs, cut), np.split(at, cut), strict=True)
        rings |= {int(way[1:]): (own, xy[:, 0], xy[:, 1]) for (way, *_), own, xy in parts}
    for area in areas:
        area.rings = {ref: rings[ref] for ref, _ in area.members if ref in rings}
    for ground in grounds:
        for ref, role in ground.members:
            if ref in rings:
                ground.add(*rings[ref][1:], hole=role == "inner")
            else:
                ground.lost = True
