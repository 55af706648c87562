"""Walks from venues over the arcs of a graph, up to a limit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from walkshed.kernel.library import (
    A_COUNT,
    DOUBLE,
    FLOAT64,
    INT,
    INT32,
    INT64,
    NOTHING,
    OUT_FLOAT64,
    OUT_INT32,
    OUT_INT64,
    STRUCT,
    Struct,
    declare,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_pairs = declare(
    "walkshed_pairs", STRUCT, STRUCT, STRUCT, STRUCT, INT, INT, INT, DOUBLE, INT, OUT_INT32, OUT_INT32, OUT_FLOAT64,
    OUT_INT64, result=A_COUNT,
)  # fmt: skip
_by_owner = declare("walkshed_by_owner", INT, INT64, INT, OUT_INT64, OUT_INT64, result=NOTHING)
_reach = declare("walkshed_reach", STRUCT, STRUCT, INT, DOUBLE, OUT_FLOAT64, OUT_INT32, result=A_COUNT)

_AT_ONCE = 32
"""Venues that one call searches: between two calls the work can be interrupted, and others get their turn."""
_ROOM = 1_000_000
_INT32_END = 1 << 31


class Lists:
    """Numbers with their metres, listed by owner.

    Parameters
    ----------
    owner, number, metres
        One each; numbers are kept in their order.
    n_owners
        How many owners there are; some may have nothing.

    Examples
    --------
    >>> seeds = Lists(np.array([1, 0, 1]), np.array([7, 8, 9]), np.array([0.5, 1.0, 2.0]), 3)
    >>> seeds.first.tolist(), seeds.number.tolist()
    ([0, 1, 3, 3], [8, 7, 9])
    """

    def __init__(
        self, owner: NDArray[Any], number: NDArray[Any], metres: NDArray[np.float64], n_owners: int
    ) -> None:
        if n_owners < 0 or (len(owner) and not (owner.min() >= 0 and owner.max() < n_owners)):
            raise ValueError("an owner is not among them")
        self.first, order = np.zeros(n_owners + 1, dtype=np.int64), np.empty(len(owner), dtype=np.int64)
        _by_owner(len(owner), owner.astype(np.int64, copy=False), n_owners, self.first, order)
        if len(number) and not (number.min() >= 0 and number.max() < _INT32_END):
            raise ValueError("a number is out of range")
        self.number = number[order].astype(np.int32)
        self.metres = metres[order].astype(np.float64)
        self.struct = Struct((INT64, self.first), (INT32, self.number), (FLOAT64, self.metres))

    def within(self, end: int) -> Lists:
        """Return the same, sure that all numbers are in ``0..end - 1``: C does not look."""
        if len(self.number) and not (self.number.min() >= 0 and self.number.max() < end):
            raise ValueError("a number is out of range")
        return self


class Found(NamedTuple):
    """Pairs of estate and venue with the metres between them, and how many venues have been searched."""

    estate: NDArray[np.int32]
    venue: NDArray[np.int32]
    metres: NDArray[np.float64]
    searched: int


class Arcs:
    """The arcs of a graph, by the node they lead from.

    Parameters
    ----------
    matrix
        A square CSR matrix of costs, none below nought; ValueError where it is none.
    """

    def __init__(self, matrix: Any) -> None:
        self.n_nodes = int(matrix.shape[0])
        if not matrix.data.min(initial=0.0) >= 0:
            raise ValueError("an arc costs less than nothing, or what is no number")
        _check_arcs(matrix)
        first, following = (
            matrix.indptr.astype(np.int32, copy=False),
            matrix.indices.astype(np.int32, copy=False),
        )
        self.struct = Struct((INT, self.n_nodes), (INT32, first), (INT32, following), (FLOAT64, matrix.data))

    def pairs(
        self, seeds: Lists, exits: Lists, direct: Lists, *, n_estates: int, limit_m: float
    ) -> Iterator[Found]:
        """Yield the shortest walk of each pair within a limit, some venues at a time.

        Parameters
        ----------
        seeds
            By venue: the nodes it is come to from, and what that costs.
        exits
            By node: the estates that are left over it, and what that costs.
        direct
            By venue: the estates from which it is reached otherwise, and what that costs.
        n_estates, limit_m
            How many estates there are, and the longest walk that counts.
        """
        n_venues = len(seeds.first) - 1
        if len(exits.first) != self.n_nodes + 1 or len(direct.first) != n_venues + 1:
            raise ValueError("exits are by node, direct walks by venue")
        ask = _Asked(
            self.struct, seeds.within(self.n_nodes).struct, exits.within(n_estates).struct,
            direct.within(n_estates).struct, n_estates, limit_m,
        )  # fmt: skip
        shares = [(first, min(first + _AT_ONCE, n_venues)) for first in range(0, n_venues, _AT_ONCE)]
        if len(shares) < 2:
            yield from (found for share in shares for found in ask.found(share))
            return
        from concurrent.futures import ThreadPoolExecutor

        threads = ThreadPoolExecutor(min(len(shares), os.cpu_count() or 1))  # C lets go of the interpreter
        try:
            for parts in threads.map(ask.found, shares):
                yield from parts
        finally:
            threads.shutdown(cancel_futures=True)  # what was interrupted ends with the shares under way


def _check_arcs(matrix: Any) -> None:
    """Make sure that a matrix leads from its own nodes to its own nodes: C does not look."""
    first, following, n = matrix.indptr, matrix.indices, matrix.shape[0]
    rows = len(first) == n + 1 and first[0] == 0 and bool((np.diff(first) >= 0).all())
    if not rows or not first[-1] <= min(len(following), len(matrix.data), _INT32_END - 1):
        raise ValueError("the arcs are not listed by their nodes")
    if following.min(initial=0) < 0 or following.max(initial=-1) >= n:
        raise ValueError("an arc leads to a node that is not there")


class _Asked(NamedTuple):
    """What pairs are asked of C, but for the venues."""

    arcs: Struct
    seeds: Struct
    exits: Struct
    direct: Struct
    n_estates: int
    limit_m: float

    def found(self, share: tuple[int, int]) -> list[Found]:
        """Return the pairs of a share of the venues."""
        room = max(_ROOM, self.n_estates)
        estate, venue = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
        metres, done = np.empty(room), np.zeros(1, dtype=np.int64)
        parts, (first, last) = [], share
        while first < last:
            found = _pairs(
                self.arcs, self.seeds, self.exits, self.direct, self.n_estates, first, last, self.limit_m, room, estate,
                venue, metres, done,
            )  # fmt: skip
            first += int(done[0])
            parts.append(Found(estate[:found].copy(), venue[:found].copy(), metres[:found].copy(), first))
        return parts


class Reach:
    """The walks from one venue after another to the nodes of a graph.

    Attributes
    ----------
    metres
        From each node to the venue that was searched last; infinite where it is beyond the limit.
    nodes
        Those that are within it.
    """

    def __init__(self, arcs: Arcs, seeds: Lists, limit_m: float) -> None:
        self._arcs, self._seeds, self._limit_m = arcs, seeds.within(arcs.n_nodes), limit_m
        self.metres = np.full(arcs.n_nodes, np.inf)
        self._reached = np.empty(arcs.n_nodes, dtype=np.int32)
        self.nodes = self._reached[:0]

    def search(self, venue: int) -> None:
        """Search from a venue."""
        if not 0 <= venue < len(self._seeds.first) - 1:
            raise IndexError(f"there is no venue {venue}")
        self.metres[self.nodes] = np.inf
        self.nodes = self._reached[:0]
        try:
            count = _reach(
                self._arcs.struct, self._seeds.struct, venue, self._limit_m, self.metres, self._reached
            )
        except MemoryError:
            self.metres.fill(np.inf)  # nobody knows which ones have been reached
            raise
        self.nodes = self._reached[:count]
