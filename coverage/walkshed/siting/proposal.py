"""Proposal: an answer with its value, its bound and its gap."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from walkshed.errors import Text

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.siting.constraints import Constraint
    from walkshed.siting.objectives import Objective
    from walkshed.siting.problem import Problem

Method = Literal["auto", "greedy", "local", "exact"]
State = Literal["optimal", "within_gap", "limit", "interrupted", "infeasible", "heuristic"]
STATES: dict[str, Text] = {
    "optimal": Text("optimal, proven", "已证明最优"),
    "within_gap": Text("within the gap asked for, proven", "已证明在要求的差距以内"),
    "limit": Text(
        "a limit was hit: the best answer so far, with its bound", "达到计算上限：给出目前最好的方案及其界"
    ),
    "interrupted": Text(
        "interrupted: the best answer so far, with its bound", "计算被中断：给出目前最好的方案及其界"
    ),
    "infeasible": Text("no plan meets the constraints", "没有方案能满足全部约束"),
    "heuristic": Text("a heuristic's answer, with a bound", "启发式方案，附界"),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much work may be done: counts, so that a run repeats exactly; a time limit gives that up.

    Attributes
    ----------
    method
        ``"greedy"``, ``"local"`` (greedy, then swaps), ``"exact"`` (then HiGHS), or ``"auto"``: exact, with
        a Lagrangian bound first where the problem is large.
    gap
        Stop when (bound - value) / value is proven to be within this; 0 asks for the optimum.
    nodes
        Of the branch-and-bound tree; None: the fewer the larger the program is, none where it is too large.
    swaps
        Of the local search.
    offers
        Of the annealing that large coverings get.
    lagrangian_steps
        Of the subgradient.
    cut_rounds
        How many times cuts are added to the relaxation of a large covering; none where it has more than 1,500,000 entries.
    seconds
        None by default. A run that this stops is marked as not reproducible.
    """

    method: Method = "auto"
    gap: float = 0.0
    nodes: int | None = None
    swaps: int = 10_000
    offers: int = 1_000_000
    lagrangian_steps: int = 600
    cut_rounds: int = 2
    seconds: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """An answer: which sites to open, how good that is, and how good any plan could be.

    Attributes
    ----------
    problem, objective, constraints
        What was asked.
    chosen
        Numbers of the new sites, fixed ones included, ascending; int64.
    open_anyway
        Numbers of the sites that were open anyway (existing, planned by the year).
    value
        In the objective's unit (see the objectives); NaN if there is no plan.
    bound
        No plan is better than this: above ``value`` where most is sought, below where least.
    state
        One of :data:`STATES`.
    site
        The site that serves each demand row, by criterion; -1 where none does; int64[criteria, n]. Covering:
        the nearest open one within the standard (with capacity: the one it is assigned to).
    walk
        That walk in metres, minutes or the table's unit; NaN where none; float64[criteria, n].
    covered
        Whether the row counts as covered under the standard (and the backup); bool[criteria, n].
    unreached
        Demand rows that no site that could be open reaches; int64.
    attainable_share
        If infeasible: the most that any plan within the other constraints can cover, where that can be said; else NaN.
    preventing
        If infeasible: numbers of the demand rows that prevent it; int64.
    notes
        What else is to be said, in both languages.
    work
        What was done: the counts of every step ("swaps", "nodes", "lagrangian_steps", "seconds" …).
    reproducible
        False if a time limit or an interruption stopped it.
    """

    problem: Problem = field(repr=False)
    objective: Objective
    constraints: tuple[Constraint, ...]
    chosen: NDArray[np.int64]
    open_anyway: NDArray[np.int64]
    value: float
    bound: float
    state: State
    site: NDArray[np.int64] = field(repr=False)
    walk: NDArray[np.float64] = field(repr=False)
    covered: NDArray[np.bool_] = field(repr=False)
    unreached: NDArray[np.int64] = field(repr=False)
    attainable_share: float = float("nan")
    preventing: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64), repr=False)
    notes: tuple[Text, ...] = ()
    work: dict[str, Any] = field(default_factory=dict, repr=False)
    reproducible: bool = True

    @property
    def gap(self) -> float:
        """How far the value may be from the best: ``|bound - value| / |value|``; 0 is proven optimal."""
        if np.isnan(self.value):
            return float("nan")
        difference = abs(self.bound - self.value)
        return 0.0 if difference == 0 else float(difference / abs(self.value)) if self.value else float("inf")

    @property
    def chosen_ids(self) -> list[str]:
        """Ids of the new sites, in the order of the table."""
        return [str(one) for one in self.problem.sites.ids[self.chosen]]

    @property
    def covered_weight(self) -> float:
        """The demand that is covered, over all standards."""
        return float(
            sum(c.weights[row].sum() for c, row in zip(self.problem.criteria, self.covered, strict=True))
        )

    @property
    def covered_share(self) -> float:
        """The same as a share of all demand."""
        total = self.problem.total_weight
        return self.covered_weight / total if total else float("nan")

    @property
    def status(self) -> Text:
        """How it ended, in words."""
        return STATES[self.state]

    def sites_frame(self) -> pd.DataFrame:
        """Return the chosen sites: site_id, name, cost, subsidy_per_year, floor_area_m2, community, served_weight."""
        import pandas as pd

        sites = self.problem.sites
        served = np.zeros(self.problem.m)
        for one, row, counted in zip(self.problem.criteria, self.site, self.covered, strict=True):
            here = counted & (row >= 0)
            np.add.at(served, row[here], one.weights[here])
        columns = {"site_id": sites.ids, "name": sites.name, "status": sites.status, "cost": sites.cost,
                   "subsidy_per_year": sites.subsidy_per_year, "floor_area_m2": sites.floor_area_m2,
                   "community": sites.community, "served_weight": served}  # fmt: skip
        return pd.DataFrame({name: column[self.chosen] for name, column in columns.items()})

    def demand_frame(self) -> pd.DataFrame:
        """Return one row per demand × standard: demand_id, standard, weight, site_id, walk, covered."""
        import pandas as pd

        problem = self.problem
        ids = np.append(problem.sites.ids, "")
        frames = [
            pd.DataFrame(
                {
                    "demand_id": problem.demand.ids,
                    "standard": one.name,
                    "weight": one.weights,
                    "site_id": ids[site],
                    problem.measure or "cost": walk,
                    "covered": covered,
                }
            )
            for one, site, walk, covered in zip(
                problem.criteria, self.site, self.walk, self.covered, strict=True
            )
        ]
        return pd.concat(frames, ignore_index=True)
