"""Reduce: a problem made smaller without changing any answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.siting.problem import Problem
    from walkshed.siting.rules import Rules

PAIRS_COMPARED = 30_000_000
"""Domination is looked for only where so many pairs of sites (times their words of fingerprint) have to be compared."""


@dataclass(frozen=True, slots=True, eq=False)
class Sparse:
    """Rows × columns as CSR, with an optional value an entry; columns ascend in each row."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    shape: tuple[int, int]
    values: NDArray[Any] | None = None

    @property
    def degree(self) -> NDArray[np.int64]:
        """The number of entries of each row."""
        return np.diff(self.indptr)

    def lengths(self, rows: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Return the number of entries of some rows: few of them cost little."""
        return np.asarray(self.indptr[rows + 1] - self.indptr[rows], dtype=np.int64)

    def of(self, row: int) -> NDArray[np.int32]:
        """Return the columns of a row."""
        return self.indices[self.indptr[row] : self.indptr[row + 1]]

    def row_of_entries(self) -> NDArray[np.int64]:
        """Return the row of each entry."""
        return np.repeat(np.arange(self.shape[0]), self.degree)

    def entries(self, rows: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Return where the entries of some rows stand, row after row."""
        length = self.lengths(rows)
        start = np.repeat(self.indptr[rows] - np.concatenate([[0], np.cumsum(length)[:-1]]), length)
        return np.asarray(start + np.arange(length.sum()), dtype=np.int64)

    def take(self, rows: NDArray[np.integer[Any]]) -> Sparse:
        """Return some of the rows."""
        at = self.entries(rows)
        indptr = np.concatenate([[0], np.cumsum(self.lengths(rows))]).astype(np.int64)
        values = None if self.values is None else self.values[at]
        return Sparse(indptr, self.indices[at], (len(rows), self.shape[1]), values)

    @property
    def transposed(self) -> Sparse:
        """Columns × rows."""
        from scipy import sparse

        n, m = self.shape
        order = np.arange(len(self.indices), dtype=np.int64)
        turned = sparse.csr_matrix((order, self.indices, self.indptr), shape=(n, m)).tocsc()
        values = None if self.values is None else self.values[turned.data]
        return Sparse(turned.indptr.astype(np.int64), turned.indices.astype(np.int32), (m, n), values)

    def to_scipy(self) -> Any:
        """Return a scipy CSR matrix; ones where there are no values."""
        from scipy import sparse

        data = np.ones(len(self.indices)) if self.values is None else self.values
        return sparse.csr_matrix((data, self.indices, self.indptr), shape=self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Covering:
    """A covering problem over free sites, reduced: rows merged, sites that another replaces removed.

    Attributes
    ----------
    sites
        Positions (in ``Rules.free``) of the sites that are left.
    by_row, by_site
        Which sites cover which rows, both ways.
    weight
        float64[rows].
    need
        How many of the sites a row still needs; int64[rows].
    group
        The community's number of each row, where shares by community matter; -1 otherwise.
    member
        The merged row of each demand row of each criterion (criterion-major); -1 already covered, -2 cannot be.
    base
        Demand covered anyway.
    lost
        Demand that no set of sites covers.
    """

    sites: NDArray[np.int64]
    by_row: Sparse
    by_site: Sparse
    weight: NDArray[np.float64]
    need: NDArray[np.int64]
    group: NDArray[np.int64]
    member: NDArray[np.int64]
    base: float
    lost: float


def covering(
    problem: Problem, rules: Rules, *, groups: dict[str, int] | None = None, prune: bool = True
) -> Covering:
    """Reduce the covering part of a problem.

    Rows are demand × standard. Rows that are covered anyway, cannot be covered or weigh nothing are set aside;
    rows with the same sites, need and community are one row; a site whose rows another site covers as well, at
    no greater cost, is dropped where nothing but coverage, p and money counts.
    """
    by_site, need = _pairs(problem, rules)
    weight = np.concatenate([one.weights for one in problem.criteria])
    by_row = by_site.transposed
    group = np.full(problem.n, -1, dtype=np.int64)
    for name, at in (groups or {}).items():
        group[problem.demand.community == name] = at
    group = np.tile(group, len(problem.criteria))
    member = np.zeros(len(weight), dtype=np.int64)
    done, hopeless = need <= 0, by_row.degree < need
    member[done], member[hopeless & ~done] = -1, -2
    left = np.flatnonzero(~done & ~hopeless & (weight > 0))
    member[(weight == 0) & (member == 0)] = -3  # weighs nothing: told from the plan afterwards
    head = merge(by_row.take(left), np.column_stack([need[left], group[left]]))
    first, number = np.unique(head, return_inverse=True)
    member[left] = number
    rows = by_row.take(left[first])
    keep = np.arange(rules.k)
    if prune and only_coverage(rules):
        keep = undominated(rows.transposed, rules.fixed, [amount for amount, _total in rules.purses])
        rows = columns_of(rows, keep)
    return Covering(
        sites=keep,
        by_row=rows,
        by_site=rows.transposed,
        weight=summed(number, weight[left], len(first)),
        need=need[left[first]],
        group=group[left[first]],
        member=member,
        base=float(weight[done].sum()),
        lost=float(weight[hopeless & ~done].sum()),
    )


def shrink(
    problem: Covering, rules: Rules, *, out: NDArray[np.bool_], must: NDArray[np.bool_]
) -> tuple[Covering, Rules]:
    """Return the problem without some sites and with others taken for granted.

    ``sites`` of the result still are positions in the first ``Rules.free``; ``member`` is of no further use.
    """
    keep = np.flatnonzero(~out)
    smaller = rules.restricted(keep)
    smaller = replace(smaller, fixed=smaller.fixed | must[keep])
    taken = problem.by_site.take(np.flatnonzero(must))
    need = problem.need - np.bincount(taken.indices, minlength=len(problem.need))
    rows = columns_of(problem.by_row, keep)
    done = need <= 0
    # what a site taken for granted already gives is not counted twice
    free = np.flatnonzero(~must[keep])
    rows = columns_of(rows, free)
    left = np.flatnonzero(~done & (rows.degree >= need))
    head = merge(rows.take(left), np.column_stack([need[left], problem.group[left]]))
    first, number = np.unique(head, return_inverse=True)
    part = _expanded(rows.take(left[first]), free, len(keep))
    return Covering(
        sites=problem.sites[keep],
        by_row=part,
        by_site=part.transposed,
        weight=summed(number, problem.weight[left], len(first)),
        need=need[left[first]],
        group=problem.group[left[first]],
        member=np.zeros(0, dtype=np.int64),
        base=problem.base + float(problem.weight[done].sum()),
        lost=problem.lost + float(problem.weight[~done & (rows.degree < need)].sum()),
    ), smaller


def _expanded(rows: Sparse, columns: NDArray[np.int64], width: int) -> Sparse:
    return Sparse(rows.indptr, columns[rows.indices].astype(np.int32), (rows.shape[0], width), rows.values)


def only_coverage(rules: Rules) -> bool:
    """Whether nothing but coverage, the number of sites and money counts."""
    return rules.times == 1 and not len(rules.clashes) and not rules.floors and not rules.excluded


def _pairs(problem: Problem, rules: Rules) -> tuple[Sparse, NDArray[np.int64]]:
    """Return free sites × (criterion, demand), and how many sites each row needs beside the open ones."""
    n, criteria = problem.n, len(problem.criteria)
    place = np.full(problem.m, -1, dtype=np.int64)
    place[rules.free] = np.arange(rules.k)
    place[rules.open_anyway] = -2
    of_pair = place[problem.site_of_pairs()]
    need = np.full(n * criteria, rules.times, dtype=np.int64)
    site, row = [], []
    for number, one in enumerate(problem.criteria):
        here = one.covers & (of_pair >= 0)
        site.append(of_pair[here])
        row.append(problem.rows[here].astype(np.int64) + number * n)
        anyway = problem.rows[one.covers & (of_pair == -2)]
        need[number * n : (number + 1) * n] -= np.bincount(anyway, minlength=n)
    sites, rows = np.concatenate(site), np.concatenate(row)
    if criteria > 1:
        order = np.argsort(sites, kind="stable")
        sites, rows = sites[order], rows[order]
    indptr = np.searchsorted(sites, np.arange(rules.k + 1)).astype(np.int64)
    return Sparse(indptr, rows.astype(np.int32), (rules.k, n * criteria)), need


def columns_of(rows: Sparse, keep: NDArray[np.int64]) -> Sparse:
    """Return some of the columns of all rows."""
    number = np.full(rows.shape[1], -1, dtype=np.int32)
    number[keep] = np.arange(len(keep), dtype=np.int32)
    here = number[rows.indices] >= 0
    length = np.bincount(rows.row_of_entries()[here], minlength=rows.shape[0])
    indptr = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    return Sparse(indptr, number[rows.indices[here]], (rows.shape[0], len(keep)))


def summed(at: NDArray[Any], values: NDArray[Any], size: int) -> NDArray[np.float64]:
    """Return the sums of values by number, as floats also where there are none."""
    return np.bincount(at, weights=values, minlength=size).astype(np.float64)


def merge(rows: Sparse, extra: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each row the first row that is the same in columns, values and ``extra`` (itself if none is).

    Found by a hash, then compared entry by entry, so that it is exact.

    Examples
    --------
    >>> rows = Sparse(np.array([0, 2, 3, 5]), np.array([0, 1, 1, 0, 1], dtype=np.int32), (3, 2))
    >>> merge(rows, np.zeros((3, 1), dtype=np.int64)).tolist()
    [0, 1, 0]
    """
    n = rows.shape[0]
    if n == 0:
        return np.zeros(0, dtype=np.int64)
    word = _words(rows.shape[1])[rows.indices]
    if rows.values is not None:
        word = word * _mixed(np.ascontiguousarray(rows.values, dtype=np.float64).view(np.uint64))
    total = np.concatenate([[np.uint64(0)], np.cumsum(word, dtype=np.uint64)])
    key = total[rows.indptr[1:]] - total[rows.indptr[:-1]]
    for column in extra.T:
        key = _mixed(key ^ column.astype(np.uint64))
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.concatenate([[True], key[order][1:] != key[order][:-1]]))
    head = np.empty(n, dtype=np.int64)
    head[order] = np.repeat(order[starts], np.diff(np.append(starts, n)))
    same = (rows.degree == rows.degree[head]) & (extra == extra[head]).all(axis=1)
    twins = np.flatnonzero(same & (head != np.arange(n)))
    mine, theirs = rows.entries(twins), rows.entries(head[twins])
    equal = rows.indices[mine] == rows.indices[theirs]
    if rows.values is not None:
        equal &= rows.values[mine] == rows.values[theirs]
    wrong = np.repeat(twins, rows.degree[twins])[~equal]
    head[~same] = np.flatnonzero(~same)
    head[wrong] = wrong
    return head


def _words(n: int) -> NDArray[np.uint64]:
    return _mixed(np.arange(1, n + 1, dtype=np.uint64))


def _mixed(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mix bits (splitmix64), so that near numbers hash far apart."""
    mixed = value + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def undominated(
    by_site: Sparse, fixed: NDArray[np.bool_], prices: list[NDArray[np.float64]]
) -> NDArray[np.int64]:
    """Return the sites that no other site replaces: one that covers all it covers and costs no more.

    Of sites that are the same in all this, the first stays. Fixed sites stay. Where it would take too long to
    look for proper subsets, only equal sites and sites that cover nothing are dropped: fewer are removed, none wrongly.
    """
    m = by_site.shape[0]
    price = np.column_stack([*prices, np.zeros(m)])
    alike = np.ascontiguousarray(price).view(np.int64)
    head = merge(by_site, alike)
    keep = ((head == np.arange(m)) & (by_site.degree > 0)) | fixed
    alive = np.flatnonzero(keep)
    some = by_site.take(alive)
    a, b = _suspects(some)
    if len(a):
        dear = (price[alive][b] > price[alive][a]).any(axis=1) | fixed[alive][a]
        # of two that replace each other (same rows, same price) the first stays
        mutual = (some.degree[a] == some.degree[b]) & (price[alive][a] == price[alive][b]).all(axis=1)
        possible = ~dear & (~mutual | (b < a))
        a, b = a[possible], b[possible]
        for lane in _fingerprints(some).T:
            maybe = (lane[a] & ~lane[b]) == 0
            a, b = a[maybe], b[maybe]
        keep[alive[_replaced(some, a, b)]] = False
    return np.flatnonzero(keep)


def _replaced(sites: Sparse, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sites a whose rows are all rows of some b; the b with most rows is looked at first."""
    order = np.lexsort((b, -sites.degree[b], a))
    a, b = a[order], b[order]
    found = np.zeros(sites.shape[0], dtype=bool)
    for _turn in range(2):
        first = np.ones(len(a), dtype=bool)
        first[1:] = a[1:] != a[:-1]
        found[a[first][_subset(sites, a[first], b[first])]] = True
        left = ~first & ~found[a]
        a, b = a[left], b[left]
    found[a[_subset(sites, a, b)]] = True
    return np.flatnonzero(found)


def supersets(rows: Sparse) -> NDArray[np.bool_]:
    """Whether the columns of each row hold all columns of some other row (of equal rows the first is spared)."""
    a, b = _suspects(rows)
    possible = (rows.degree[a] < rows.degree[b]) | (a < b)
    a, b = a[possible], b[possible]
    for lane in _fingerprints(rows).T:
        maybe = (lane[a] & ~lane[b]) == 0
        a, b = a[maybe], b[maybe]
    holds = np.zeros(rows.shape[0], dtype=bool)
    holds[b[_subset(rows, a, b)]] = True
    return holds


def _suspects(sites: Sparse) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs (a, b) where b covers the row of a that fewest sites cover; none where there are too many."""
    by_row = sites.transposed
    popularity = by_row.degree[sites.indices]
    nonempty = np.flatnonzero(sites.degree > 0)
    if not len(nonempty):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    least = np.minimum.reduceat(popularity, sites.indptr[nonempty])
    if int(least.sum()) > PAIRS_COMPARED:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    is_least = popularity == np.repeat(least, sites.degree[nonempty])
    first = np.flatnonzero(is_least)
    owner = sites.row_of_entries()[first]
    first = first[np.concatenate([[True], owner[1:] != owner[:-1]])]
    rare = sites.indices[first].astype(np.int64)
    b = by_row.indices[by_row.entries(rare)].astype(np.int64)
    a = np.repeat(nonempty, by_row.degree[rare])
    possible = (a != b) & (sites.degree[b] >= sites.degree[a])
    return a[possible], b[possible]


def _fingerprints(sites: Sparse, lanes: int = 8) -> NDArray[np.uint64]:
    """Return bits of the rows each site covers: if a's are not among b's, b does not cover all of a's rows."""
    prints = np.zeros((sites.shape[0], lanes), dtype=np.uint64)
    bit = _words(sites.shape[1])[sites.indices] % np.uint64(64 * lanes)
    lane, value = (bit // np.uint64(64)).astype(np.int64), np.uint64(1) << (bit % np.uint64(64))
    owner = sites.row_of_entries()
    for one in range(lanes):
        here = lane == one
        np.bitwise_or.at(prints[:, one], owner[here], value[here])
    return prints


def _subset(sites: Sparse, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether all rows of site a are rows of site b, pair by pair."""
    width = sites.shape[1]
    keys = sites.row_of_entries() * width + sites.indices  # ascending
    inside = np.ones(len(a), dtype=bool)
    step = max(1, 20_000_000 // max(1, int(sites.degree.max(initial=1))))
    for start in range(0, len(a), step):
        mine, other = a[start : start + step], b[start : start + step]
        length = sites.degree[mine]
        wanted = np.repeat(other, length) * width + sites.indices[sites.entries(mine)]
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        missing = np.repeat(np.arange(len(mine)), length)[keys[at] != wanted]
        inside[start + missing] = False
    return inside
