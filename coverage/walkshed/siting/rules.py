"""Rules: the constraints of a plan as numbers over the sites that may still be chosen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from walkshed.siting.constraints import (
    Backup,
    Budget,
    Capacity,
    CommunityShare,
    Fixed,
    FloorArea,
    Forbidden,
    NewSites,
    NotThese,
    PlannedBy,
    Spacing,
    Subsidy,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from walkshed.siting.constraints import Constraint
    from walkshed.siting.problem import Problem

SLACK = 1e-9
"""Sums of money and area are compared with this relative slack: 0.1 + 0.2 is within a budget of 0.3."""


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """The constraints as numbers; k is the number of free sites (candidates and fixed ones).

    Attributes
    ----------
    free, open_anyway
        Numbers of the problem's sites.
    p
        At most so many of the free; k where nothing says so.
    fixed
        bool[k].
    purses
        Sums that are bounded from above: pairs of (amount per site float64[k], total).
    floors
        Sums that are bounded from below: pairs of (amount per site float64[k], total still needed), an
        entry a community.
    clashes
        Pairs of free sites that stand too close; int64[q, 2], a < b.
    times
        How many open sites a row needs.
    capacity, open_capacity
        In units of demand; None without a capacity.
    shares
        The share wanted by community.
    excluded
        Sets of free sites that are no answer.
    """

    free: NDArray[np.int64]
    open_anyway: NDArray[np.int64]
    p: int
    fixed: NDArray[np.bool_]
    purses: tuple[tuple[NDArray[np.float64], float], ...] = ()
    floors: tuple[tuple[NDArray[np.float64], float], ...] = ()
    clashes: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))
    times: int = 1
    capacity: NDArray[np.float64] | None = None
    open_capacity: NDArray[np.float64] | None = None
    shares: dict[str, float] = field(default_factory=dict)
    excluded: tuple[frozenset[int], ...] = ()

    @property
    def k(self) -> int:
        """The number of free sites."""
        return len(self.free)

    @property
    def plain(self) -> bool:
        """Whether only p (and fixed sites) bind: any p sites are a plan."""
        return (
            not (self.purses or self.floors or len(self.clashes) or self.excluded or self.shares)
            and self.capacity is None
        )

    @property
    def hereditary(self) -> bool:
        """Whether a part of a plan (with its fixed sites) is a plan too: nothing is demanded from below."""
        return not (self.floors or self.shares or self.excluded)

    def restricted(self, keep: NDArray[np.int64]) -> Rules:
        """Return the rules over some of the free sites only (the others are not chosen)."""
        number = np.full(self.k, -1, dtype=np.int64)
        number[keep] = np.arange(len(keep))
        clashes = number[self.clashes]
        return replace(
            self,
            free=self.free[keep],
            fixed=self.fixed[keep],
            purses=tuple((amount[keep], total) for amount, total in self.purses),
            floors=tuple((amount[keep], total) for amount, total in self.floors),
            clashes=clashes[(clashes >= 0).all(axis=1)],
            capacity=None if self.capacity is None else self.capacity[keep],
            excluded=tuple(
                frozenset(int(number[j]) for j in one)
                for one in self.excluded
                if all(number[j] >= 0 for j in one)
            ),
        )

    def fits(self, mask: NDArray[np.bool_]) -> bool:
        """Whether a set of free sites keeps to everything that bounds it from above."""
        if mask.sum() > self.p:
            return False
        if len(self.clashes) and (mask[self.clashes[:, 0]] & mask[self.clashes[:, 1]]).any():
            return False
        return all(amount[mask].sum() <= total + SLACK * max(1.0, total) for amount, total in self.purses)

    def allows(self, mask: NDArray[np.bool_]) -> bool:
        """Whether a set of free sites keeps to every rule on sites alone (coverage and capacity apart)."""
        if not self.fits(mask) or (self.fixed & ~mask).any():
            return False
        if any(amount[mask].sum() < total - SLACK * max(1.0, total) for amount, total in self.floors):
            return False
        return not self.excluded or frozenset(np.flatnonzero(mask).tolist()) not in self.excluded


def rules_of(problem: Problem, constraints: Sequence[Constraint]) -> Rules:
    """Turn constraints that :func:`walkshed.siting.refuse.check` has passed into numbers."""
    status = problem.sites.status.copy()
    for one in constraints:
        if isinstance(one, Fixed):
            status[problem.number(one.sites)] = "fixed"
    for one in constraints:
        if isinstance(one, Forbidden):
            status[problem.number(one.sites)] = "forbidden"
    year = next((one.year for one in constraints if isinstance(one, PlannedBy)), None)
    open_anyway = problem.open_sites(year)
    free = np.flatnonzero(np.isin(status, ["candidate", "fixed"]))
    free = np.setdiff1d(free, open_anyway)
    clashes = np.zeros((0, 2), dtype=np.int64)
    for one in constraints:
        if isinstance(one, Spacing):
            free, clashes = _spaced(problem, free, open_anyway, one.metres)
    capacity, open_capacity = _capacities(problem, free, open_anyway, constraints)
    position = {int(j): at for at, j in enumerate(free)}
    excluded = tuple(
        frozenset(position.get(int(j), -1) for j in problem.number(ids))
        for one in constraints
        if isinstance(one, NotThese)
        for ids in one.sets
    )
    return Rules(
        free=free,
        open_anyway=open_anyway,
        p=min([one.p for one in constraints if isinstance(one, NewSites)] + [len(free)]),
        fixed=status[free] == "fixed",
        purses=_purses(problem, free, constraints),
        floors=_floors(problem, free, open_anyway, constraints),
        clashes=clashes,
        times=next((one.times for one in constraints if isinstance(one, Backup)), 1),
        capacity=capacity,
        open_capacity=open_capacity,
        shares=_shares(problem, constraints),
        excluded=tuple(one for one in excluded if -1 not in one),
    )


def _purses(
    problem: Problem, free: NDArray[np.int64], constraints: Sequence[Constraint]
) -> tuple[tuple[NDArray[np.float64], float], ...]:
    purses = []
    for one in constraints:
        if isinstance(one, Budget):
            purses.append((problem.sites.cost[free], float(one.total)))
        if isinstance(one, Subsidy):
            purses.append((problem.sites.subsidy_per_year[free], float(one.per_year)))
    return tuple(purses)


def _floors(
    problem: Problem,
    free: NDArray[np.int64],
    open_anyway: NDArray[np.int64],
    constraints: Sequence[Constraint],
) -> tuple[tuple[NDArray[np.float64], float], ...]:
    floors = []
    for _community, needed, area in floor_needs(problem, constraints):
        missing = needed - area[open_anyway].sum()
        if missing > 0:
            floors.append((area[free], float(missing)))
    return tuple(floors)


def floor_needs(
    problem: Problem, constraints: Sequence[Constraint]
) -> list[tuple[str, float, NDArray[np.float64]]]:
    """Return each community that needs floor area, how much, and each site's area in it (0 where it is blank)."""
    area = np.nan_to_num(problem.sites.floor_area_m2)
    households = np.nan_to_num(problem.demand.households)
    return [
        (
            community,
            float(one.m2_per_100_households * households[problem.demand.community == community].sum() / 100),
            np.where(problem.sites.community == community, area, 0.0),
        )
        for one in constraints
        if isinstance(one, FloorArea)
        for community in one.communities or sorted({c for c in problem.demand.community.tolist() if c})
    ]


def _shares(problem: Problem, constraints: Sequence[Constraint]) -> dict[str, float]:
    shares: dict[str, float] = {}
    for one in constraints:
        if isinstance(one, CommunityShare):
            shares |= dict.fromkeys(sorted({c for c in problem.demand.community.tolist() if c}), one.share)
            shares |= dict(one.by_community or {})
    return {community: share for community, share in shares.items() if share > 0}


def _capacities(
    problem: Problem,
    free: NDArray[np.int64],
    open_anyway: NDArray[np.int64],
    constraints: Sequence[Constraint],
) -> tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]:
    for one in constraints:
        if isinstance(one, Capacity):
            column = problem.sites.capacity if one.of == "places" else problem.sites.floor_area_m2
            return column[free] / one.per_weight, column[open_anyway] / one.per_weight
    return None, None


def _spaced(
    problem: Problem, free: NDArray[np.int64], open_anyway: NDArray[np.int64], metres: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Drop free sites too close to an open one, and pair those too close to each other."""
    near = close_pairs(problem, np.concatenate([free, open_anyway]), metres)
    k = len(free)
    beside = near[(near[:, 0] < k) & (near[:, 1] >= k), 0]
    keep = np.ones(k, dtype=bool)
    keep[beside] = False
    number = np.cumsum(keep) - 1
    near = near[(near[:, 1] < k)]
    near = near[keep[near[:, 0]] & keep[near[:, 1]]]
    return free[keep], number[near].astype(np.int64)


def close_pairs(problem: Problem, sites: NDArray[np.int64], metres: float) -> NDArray[np.int64]:
    """Return the pairs of sites (as positions in ``sites``, a < b) closer than ``metres``; int64[q, 2]."""
    from scipy.spatial import cKDTree

    from walkshed.geodesy import distance_m

    lon, lat = problem.sites.lon[sites], problem.sites.lat[sites]
    if len(sites) < 2:
        return np.zeros((0, 2), dtype=np.int64)
    middle = np.radians(lat.mean())
    # a metre grid good to a percent finds them, the geodesic decides
    grid = np.column_stack([lon * np.cos(middle), lat]) * 111_320.0
    near = cKDTree(grid).query_pairs(metres * 1.05 + 1, output_type="ndarray").astype(np.int64)
    near = near[np.lexsort((near[:, 1], near[:, 0]))]
    a, b = near[:, 0], near[:, 1]
    closer: NDArray[np.int64] = near[distance_m(lon[a], lat[a], lon[b], lat[b]) < metres]
    return closer
