"""Problem: who could be served from where, as sparse arrays; every model of siting works on this alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.errors import Finding, Findings, Text
from walkshed.siting.tables import Demand, Sites, found

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SCALES = {"walk_m": 10, "walk_min": 100, "": 1}
"""Costs are whole decimetres or hundredths of a minute where they come from Access: what one unit is divided by."""


@dataclass(frozen=True, slots=True, eq=False)
class Criterion:
    """One standard of a problem: whom it counts, how much, and which pairs meet it.

    Attributes
    ----------
    name
        As it stands in tables, e.g. "5 min".
    limit
        In the unit people use (minutes, metres, or the cost table's own); covered is ≤. NaN where
        the covers were given as such.
    weights
        What each demand row counts under this standard; float64[n].
    covers
        One a pair of the problem: whether the site serves that demand; bool[nnz]. A pair whose
        walk is too long, or whose site is of another tier or kind, is False.
    eligible
        One a site: whether its tier and kind count; bool[m].
    """

    name: str
    limit: float
    weights: NDArray[np.float64]
    covers: NDArray[np.bool_]
    eligible: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Problem:
    """Who could be served from where: the sparse cost table of a siting study.

    Made by :func:`walkshed.siting.from_access` or :func:`walkshed.siting.from_costs`, never by hand.
    Sites are numbered 0..m-1 and demand rows 0..n-1 in the order of :attr:`sites` and :attr:`demand`;
    ids stand in those tables. Pairs are sorted by site, then by demand (CSR by site): those of site
    ``j`` are ``indptr[j]:indptr[j + 1]``.

    Attributes
    ----------
    demand, sites
        The two tables; no row of them ever vanishes from an answer.
    indptr
        int64[m + 1].
    rows
        The demand row of each pair; int32[nnz].
    cost
        The walk of each pair in whole units (decimetres, hundredths of a minute) as int32, or
        float64 from a cost table; :attr:`unit_costs` are in metres or minutes.
    measure
        ``"walk_m"``, ``"walk_min"`` or ``""`` (a cost table's own unit).
    criteria
        The standards, at least one; several count side by side (a row is then demand × standard).
    notices
        What was assumed on the way.

    Examples
    --------
    >>> import numpy as np
    >>> from walkshed.siting import from_costs
    >>> walks = np.array([[1.0, 9.0], [2.0, 3.0], [8.0, 1.0]])
    >>> problem = from_costs(walks, limit=3, weights=[10, 20, 30])
    >>> problem
    <Problem 3 demand rows (60), 2 sites, 6 pairs, 4 of them within 3>
    >>> problem.covered([0]).tolist(), problem.covered_weight([0]), problem.covered_weight([0, 1])
    ([True, True, False], 30.0, 60.0)
    """

    demand: Demand
    sites: Sites
    indptr: NDArray[np.int64]
    rows: NDArray[np.int32]
    cost: NDArray[Any]
    measure: str
    criteria: tuple[Criterion, ...]
    notices: tuple[Finding, ...] = field(default=(), repr=False)

    @property
    def n(self) -> int:
        """The number of demand rows."""
        return len(self.demand)

    @property
    def m(self) -> int:
        """The number of sites."""
        return len(self.sites)

    @property
    def scale(self) -> int:
        """What a stored cost is divided by to give metres or minutes."""
        return SCALES[self.measure]

    @property
    def unit_costs(self) -> NDArray[np.float64]:
        """Costs of the pairs in metres, minutes or the table's own unit; float64[nnz]."""
        return np.asarray(self.cost, dtype=np.float64) / self.scale

    @property
    def total_weight(self) -> float:
        """All demand, over all standards: what a covered share is a share of."""
        return float(sum(one.weights.sum() for one in self.criteria))

    def site_of_pairs(self) -> NDArray[np.int32]:
        """Return the site of each pair; int32[nnz]."""
        return np.repeat(np.arange(self.m, dtype=np.int32), np.diff(self.indptr))

    def number(self, ids: Sequence[str] | str) -> NDArray[np.int64]:
        """Return the numbers of sites by their ids.

        Raises
        ------
        walkshed.errors.InputError
            One is not there; all that are not there are named.
        """
        findings = Findings()
        rows = found(self.sites.ids, ids, findings, what=Text("sites", "备选点"))
        findings.raise_faults()
        return rows

    def open_sites(self, year: float | None = None) -> NDArray[np.int64]:
        """Return the numbers of the sites that are open anyway: existing ones and, by ``year``, planned ones.

        Without a year no planned site is open.
        """
        status = self.sites.status
        is_open = status == "existing"
        if year is not None:
            is_open = is_open | ((status == "planned") & (self.sites.year <= year))
        return np.flatnonzero(is_open)

    def serves(
        self, chosen: Sequence[int] | NDArray[np.integer[Any]], *, criterion: int = 0
    ) -> NDArray[np.int64]:
        """Return how many of the chosen sites (by number) serve each demand row; int64[n]."""
        covers = self.criteria[criterion].covers
        parts = []
        for j in chosen:
            here = slice(self.indptr[j], self.indptr[j + 1])
            parts.append(self.rows[here][covers[here]])
        all_rows = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int32)
        return np.bincount(all_rows, minlength=self.n)

    def covered(
        self,
        chosen: Sequence[int] | NDArray[np.integer[Any]],
        *,
        criterion: int = 0,
        times: int = 1,
    ) -> NDArray[np.bool_]:
        """Whether each demand row is served by at least ``times`` of the chosen sites; bool[n]."""
        return self.serves(chosen, criterion=criterion) >= times

    def covered_weight(self, chosen: Sequence[int] | NDArray[np.integer[Any]], *, times: int = 1) -> float:
        """Return the demand that the chosen sites serve, over all standards."""
        return float(
            sum(
                one.weights[self.covered(chosen, criterion=k, times=times)].sum()
                for k, one in enumerate(self.criteria)
            )
        )

    def nearest(
        self, chosen: Sequence[int] | NDArray[np.integer[Any]], *, criterion: int = 0
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return each demand row's nearest of the chosen sites that the standard counts, and that walk.

        Returns
        -------
        site
            Its number, the first in the order of ``chosen`` among equals; -1 if none is in the table. int64[n].
        cost
            Metres, minutes or the table's unit; infinite where there is none. float64[n].
        """
        eligible = self.criteria[criterion].eligible
        site = np.full(self.n, -1, dtype=np.int64)
        best = np.full(self.n, np.inf)
        for j in chosen:
            if not eligible[j]:
                continue
            here = slice(self.indptr[j], self.indptr[j + 1])
            rows, cost = self.rows[here], self.cost[here] / self.scale
            nearer = cost < best[rows]
            site[rows[nearer]], best[rows[nearer]] = j, cost[nearer]
        return site, best

    def with_status(self, status: str, sites: Sequence[int] | NDArray[np.integer[Any]]) -> Problem:
        """Return the same problem with another status for some sites, e.g. a chosen one as ``"existing"``."""
        new = self.sites.status.copy()
        new[np.asarray(sites, dtype=np.int64)] = status
        return replace(self, sites=replace(self.sites, status=new))

    def __repr__(self) -> str:
        """Say how large the problem is."""
        first = self.criteria[0]
        limit = "" if np.isnan(first.limit) else f" within {first.limit:g}"
        return (
            f"<Problem {self.n:,} demand rows ({self.demand.weights.sum():,.0f}), {self.m:,} sites, "
            f"{len(self.rows):,} pairs, {int(first.covers.sum()):,} of them{limit}>"
        )
