"""The lines of all walks as one tree: walks to the same venue share their last streets, and share them here.

Each vertex of the tree knows the next one on the way to the venue; an estate needs only the vertex it
starts at. ``walks.js`` reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.deliver.map_data import scales_of
from walkshed.deliver.map_lines import SHAPE_STEPS_PER_DEGREE, pack
from walkshed.report.venues import eligible_for
from walkshed.walking.walk_lines import walk_lines

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from walkshed.profiles import Profile
    from walkshed.standards import Standard
    from walkshed.walking.access import Access
    from walkshed.walking.walk_lines import WalkLines
    from walkshed.walking.walkers import By

    Ints = NDArray[np.int64]

_STRAIGHT_STEPS = 1.2
"""A vertex this near to the line without it (about 1 m) is left out, where no walk starts or joins."""
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Tree:
    """Vertices in quantised degrees, parents before children; -1 is the parent of a walk's last vertex."""

    parent: Ints
    xy: Ints
    start: Ints


def walks_of(
    access: Access | None,
    venues: gpd.GeoDataFrame,
    *,
    standards: Sequence[Standard],
    profiles: Sequence[Profile],
    date: dt.date,
) -> dict[str, Any] | None:
    """Return the walks, each different set once (``sets``), and which set a scale and profile have (``of``).

    Where gates are walked, a set also has the walks with all gates open (``open``), of those whom that helps.
    """
    if access is None:
        return None
    opened = None if access.policy == "open" else access.under("open")
    known: dict[bytes, int] = {}
    sets: list[dict[str, Any]] = []
    by_name = {standard.name: standard for standard in standards}
    of_scale = []
    for scale in scales_of(standards):
        eligible = eligible_for(venues, by_name[scale.names[0]], date)
        of_profile = []
        for profile in profiles:
            by = by_name[scale.names[0]].measure
            near = access.nearest(profile, eligible=eligible, by=by)
            way = (
                "" if access.walker(profile).alone else f"{profile.name}/{by}"
            )  # another line to the same venue
            key = way.encode() + near.estate.tobytes() + near.venue.tobytes()
            if key not in known:
                known[key] = len(sets)
                lines = walk_lines(access, profile=profile, eligible=eligible, by=by)
                sets.append(packed_walks(lines, len(access.estate_ids)))
                if opened is not None:
                    sets[-1]["open"] = _if_gates_were_open(access, opened, profile, eligible, by)
            of_profile.append(known[key])
        of_scale.append(of_profile)
    return {"sets": sets, "of": of_scale}


def _if_gates_were_open(
    access: Access, opened: Access, profile: Profile, eligible: NDArray[np.bool_], by: By
) -> dict[str, Any] | None:
    """Return the walks that are shorter with all gates open, with estates, minutes and metres; None if none is."""
    cost = "walk_cmin" if by == "minutes" else "walk_dm"
    least = np.iinfo(np.int64).max
    now = np.full(len(access.estate_ids), least)
    near, then = (one.nearest(profile, eligible=eligible, by=by) for one in (access, opened))
    now[near.estate] = getattr(near, cost)
    helped = np.flatnonzero(getattr(then, cost) < now[then.estate])
    if not len(helped):
        return None
    lines = walk_lines(opened, profile=profile, eligible=eligible, by=by)
    some = lines.of(then.estate[helped])
    return packed_walks(some, len(access.estate_ids)) | {
        "estate": then.estate[helped].tolist(),
        "min": (then.walk_cmin[helped] / 100).tolist(),
        "m": (then.walk_dm[helped] / 10).tolist(),
    }


def packed_walks(lines: WalkLines, n_estates: int) -> dict[str, Any]:
    """Return walks for the page to unpack: the tree, and for each estate its vertex + 1 (0: no walk)."""
    tree = _thinned(_tree_of(lines))
    first = np.zeros(n_estates, dtype=np.int64)
    first[lines.estate] = tree.start + 1
    from_xy = np.where(tree.parent[:, None] >= 0, tree.xy[tree.parent], 0)
    return {
        "parent": pack(np.diff(tree.parent, prepend=-1)),
        "xy": pack((tree.xy - from_xy).ravel()),
        "first": pack(np.diff(first, prepend=0)),
    }


def _tree_of(lines: WalkLines) -> Tree:
    """Join the lines from their ends backwards, as long as they go through the same vertices."""
    steps = np.rint(np.column_stack([lines.lon, lines.lat]) * SHAPE_STEPS_PER_DEGREE).astype(np.int64)
    owner = np.repeat(np.arange(len(lines)), np.diff(lines.ptr))
    moved = np.ones(len(steps), dtype=bool)
    moved[1:] = (owner[1:] != owner[:-1]) | (np.diff(steps, axis=0) != 0).any(axis=1)
    steps, owner = steps[moved], owner[moved]
    last = np.cumsum(np.bincount(owner, minlength=len(lines))) - 1
    first = np.concatenate([[-1], last[:-1]]) + 1
    low = steps.min(axis=0, initial=0)
    place = (
        (steps[:, 0] - low[0]) * (int(np.ptp(steps[:, 1])) + 1 if len(steps) else 1) + steps[:, 1] - low[1]
    )
    _, spot = np.unique(place, return_inverse=True)
    n_spots = int(spot.max(initial=0)) + 1
    at, parent = last.copy(), np.full(len(lines), -1, dtype=np.int64)
    line, n = np.arange(len(lines)), 0
    parents, places, start = [], [], np.zeros(len(lines), dtype=np.int64)
    while len(line):
        _, found, number = np.unique(
            (parent + 1) * n_spots + spot[at], return_index=True, return_inverse=True
        )
        parents.append(parent[found])
        places.append(at[found])
        start[line] = n + number
        onward = at > first[line]
        parent, at, line = (n + number)[onward], at[onward] - 1, line[onward]
        n += len(found)
    none = np.zeros(0, dtype=np.int64)
    return Tree(np.concatenate([none, *parents]), steps[np.concatenate([none, *places])], start)


def _thinned(tree: Tree) -> Tree:
    """Leave out vertices on nearly straight pieces between one vertex and another."""
    for parity in range(_ROUNDS):
        n = len(tree.parent)
        children = np.bincount(tree.parent[tree.parent >= 0], minlength=n)
        child = np.full(n, -1, dtype=np.int64)
        child[tree.parent[tree.parent >= 0]] = np.flatnonzero(tree.parent >= 0)
        loose = (children == 1) & (tree.parent >= 0)
        loose[tree.start] = False
        loose &= _depth(tree.parent) % 2 == parity % 2
        some = np.flatnonzero(loose)
        off = _off_line(tree.xy[tree.parent[some]], tree.xy[some], tree.xy[child[some]])
        gone = np.zeros(n, dtype=bool)
        gone[some[off <= _STRAIGHT_STEPS]] = True
        up = np.where(gone[tree.parent] & (tree.parent >= 0), tree.parent[tree.parent], tree.parent)
        number = np.cumsum(~gone) - 1
        kept = ~gone
        parent = np.where(up[kept] >= 0, number[up[kept]], -1)
        tree = Tree(parent, tree.xy[kept], number[tree.start])
    return _by_parent(tree)


def _by_parent(tree: Tree) -> Tree:
    """Return the tree numbered anew so that parents ascend: small steps, which pack well."""
    depth = _depth(tree.parent)
    number = np.zeros(len(depth), dtype=np.int64)
    place, done = np.zeros(len(depth), dtype=np.int64), 0
    levels = (
        np.split(np.argsort(depth, kind="stable"), np.cumsum(np.bincount(depth))[:-1]) if len(depth) else []
    )
    for level in levels:
        up = tree.parent[level]
        ordered = level[np.argsort(np.where(up >= 0, number[up], -1), kind="stable")]
        number[ordered] = done + np.arange(len(ordered))
        place[done : done + len(ordered)] = ordered
        done += len(ordered)
    parent = tree.parent[place]
    return Tree(np.where(parent >= 0, number[parent], -1), tree.xy[place], number[tree.start])


def _depth(parent: Ints) -> Ints:
    """Return how many vertices follow each on its way; doubling the stride finds it in few rounds."""
    depth = (parent >= 0).astype(np.int64)
    up = parent.copy()
    while (up >= 0).any():
        there = up >= 0
        depth[there] += depth[up[there]]
        up[there] = up[up[there]]
    return depth


def _off_line(start: Ints, middle: Ints, end: Ints) -> NDArray[np.float64]:
    """Return how far the middle lies from the piece between start and end, in steps."""
    along, out = (end - start).astype(np.float64), (middle - start).astype(np.float64)
    square = np.maximum((along**2).sum(axis=1), 1e-9)
    share = np.clip((along * out).sum(axis=1) / square, 0, 1)[:, None]
    return np.asarray(np.hypot(*(out - share * along).T))
