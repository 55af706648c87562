"""Joining chains of plain nodes into single edges that keep their shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from walkshed.streets.rules import is_directed, on_foot

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(slots=True)
class Segments:
    """Straight pieces between successive nodes of ways, in the ways' own order.

    ``at`` is the place of a segment's first node in the reader's arrays (its second stands at
    ``at + 1``), ``u`` and ``v`` are node numbers, ``code`` the way's packed attributes.
    """

    at: NDArray[np.int64]
    u: NDArray[np.int64]
    v: NDArray[np.int64]
    code: NDArray[np.int32]
    way: NDArray[np.int64]


@dataclass(slots=True)
class Chains:
    """Edges: end nodes, attributes, and the places of all vertices (``ptr`` bounds each edge's).

    ``way`` is the first of the ways an edge was joined from, ``edge_of`` the edge each segment became part of.
    """

    u: NDArray[np.int64]
    v: NDArray[np.int64]
    code: NDArray[np.int32]
    way: NDArray[np.int64]
    ptr: NDArray[np.int64]
    place: NDArray[np.int64]
    edge_of: NDArray[np.int64]


def plain_nodes(segments: Segments, n_nodes: int, keep: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which nodes only continue a street: two segments alike meet there and nothing is marked."""
    ends = np.concatenate([segments.u, segments.v])
    codes = np.concatenate([segments.code, segments.code])
    first, last = np.zeros(n_nodes, dtype=codes.dtype), np.zeros(n_nodes, dtype=codes.dtype)
    first[ends[::-1]], last[ends] = codes[::-1], codes  # of what is written to one place the last stays
    return np.asarray((np.bincount(ends, minlength=n_nodes) == 2) & ~keep & (first == last))


def met_on_foot(segments: Segments, crossing: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Tell which nodes are crossings or lifts that a way for walkers meets; on a road alone nobody waits there."""
    met = np.zeros(len(crossing), dtype=bool)
    footway = on_foot(segments.code)
    met[segments.u[footway]] = met[segments.v[footway]] = True
    return met & (crossing > 0)


def join(segments: Segments, plain: NDArray[np.bool_]) -> Chains:
    """Join segments over plain nodes, first along each way, then from way to way."""
    n = len(segments.at)
    if n == 0:
        none = np.zeros(0, dtype=np.int64)
        return Chains(none, none, none.astype(np.int32), none, np.zeros(1, dtype=np.int64), none, none)
    follows = (
        (segments.at[1:] == segments.at[:-1] + 1)
        & (segments.v[:-1] == segments.u[1:])
        & plain[segments.u[1:]]
    )
    first = np.flatnonzero(np.concatenate([[True], ~follows]))
    last = np.concatenate([first[1:] - 1, [n - 1]])
    start, end = segments.u[first], segments.v[last]
    runs, backward, edge_first = _link_runs(start, end, plain, directed=is_directed(segments.code[first]))

    begin = np.where(backward, segments.at[last[runs]] + 1, segments.at[first[runs]])
    count = last[runs] - first[runs] + 2
    opening = np.zeros(len(runs), dtype=bool)
    opening[edge_first] = True
    step = np.where(backward, -1, 1)
    begin = np.where(opening, begin, begin + step)  # a joint is written once
    count = np.where(opening, count, count - 1)
    total = np.cumsum(count)
    within = np.arange(total[-1]) - np.repeat(total - count, count)
    place = np.repeat(begin, count) + np.repeat(step, count) * within
    closing = np.concatenate([edge_first[1:] - 1, [len(runs) - 1]])
    edge_of_run = np.empty(len(runs), dtype=np.int64)
    edge_of_run[runs] = np.cumsum(opening) - 1
    return Chains(
        u=np.where(backward[edge_first], end[runs[edge_first]], start[runs[edge_first]]),
        v=np.where(backward[closing], start[runs[closing]], end[runs[closing]]),
        code=segments.code[first[runs[edge_first]]],
        way=segments.way[first[runs[edge_first]]],
        ptr=np.concatenate([[0], total[closing]]),
        place=place,
        edge_of=np.repeat(edge_of_run, last - first + 1),
    )


def _meetings(
    start: NDArray[np.int64], end: NDArray[np.int64], plain: NDArray[np.bool_], loose: NDArray[np.bool_]
) -> dict[int, list[int]]:
    """Return, for each plain node, the runs that end there and may go on."""
    at: dict[int, list[int]] = {}
    for run in np.flatnonzero(loose).tolist():
        for node in (int(start[run]), int(end[run])):
            if plain[node]:
                at.setdefault(node, []).append(run)
    return at


def _link_runs(
    start: NDArray[np.int64], end: NDArray[np.int64], plain: NDArray[np.bool_], *, directed: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]:
    """Order the runs into edges; returns runs, whether each is walked backward, and where each edge begins."""
    ring = start == end
    loose = (plain[start] | plain[end]) & ~ring & ~directed  # a directed run is never turned around
    at = _meetings(start, end, plain, loose)
    done = np.zeros(len(start), dtype=bool)
    runs: list[int] = []
    backward: list[bool] = []
    head: list[int] = []

    def walk(run: int, node: int) -> list[tuple[int, bool]]:
        """Follow the chain that leaves ``run`` through ``node``."""
        found = []
        while len(pair := at.get(node, [])) == 2:
            run = pair[0] if pair[1] == run else pair[1]
            if done[run]:
                break
            done[run] = True
            reverse = int(end[run]) == node
            found.append((run, reverse))
            node = int(start[run]) if reverse else int(end[run])
        return found

    for run in np.flatnonzero(loose).tolist():
        if done[run]:
            continue
        done[run] = True
        after = walk(run, int(end[run]))
        before = [(r, not reverse) for r, reverse in reversed(walk(run, int(start[run])))]
        chain = (*before, (run, False), *after)
        runs.extend(r for r, _ in chain)
        backward.extend(reverse for _, reverse in chain)
        head.extend([run] * len(chain))
    alone = np.flatnonzero(~loose)
    of_edge = np.concatenate([alone, np.array(head, dtype=np.int64)])
    order = np.argsort(of_edge, kind="stable")  # an edge stands where its first run does
    of_edge = of_edge[order]
    return (
        np.concatenate([alone, np.array(runs, dtype=np.int64)])[order],
        np.concatenate([np.zeros(len(alone), dtype=bool), np.array(backward, dtype=bool)])[order],
        np.flatnonzero(np.concatenate([[True], of_edge[1:] != of_edge[:-1]])),
    )
