"""Alternatives: plans that are nearly as good, sites that no good plan can do without, and what replaces a lost one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import InputError, Text
from walkshed.progress import silent
from walkshed.siting.config import NEAR_SHARE
from walkshed.siting.constraints import Fixed, NewSites, NotThese, PlannedBy
from walkshed.siting.curve import fixed_sites
from walkshed.siting.further import ask, eased
from walkshed.siting.objectives import Mclp
from walkshed.siting.solve import DEFAULT
from walkshed.siting.worth import worth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from walkshed.progress import Progress
    from walkshed.siting.constraints import Constraint
    from walkshed.siting.problem import Problem
    from walkshed.siting.proposal import Limits, Proposal


@dataclass(frozen=True, slots=True, eq=False)
class Alternative:
    """A plan that is nearly as good as the proposal.

    Attributes
    ----------
    chosen
        Numbers of its new sites, ascending.
    value
        In the objective's unit.
    behind_share
        How much worse than the proposal it is, as a share of the proposal's value; 0 is a tie.
    """

    chosen: NDArray[np.int64]
    value: float
    behind_share: float


@dataclass(frozen=True, slots=True, eq=False)
class NearEqual:
    """The plans within a share of the proposal, the best first.

    Attributes
    ----------
    plans
        Without the proposal itself.
    all_found
        Whether it is proven that there is no other one: the next best plan is worse than the share allows.
    """

    plans: tuple[Alternative, ...]
    all_found: bool


@dataclass(frozen=True, slots=True, eq=False)
class Fallback:
    """What happens if a site of the proposal falls through.

    Attributes
    ----------
    site
        Its number.
    runner_up
        What takes its place if the others stay: numbers, usually one; none where nothing fits or helps.
    runner_up_value
        What the plan is then worth.
    chosen
        The best plan without the site, all others free to change, as numbers.
    value, bound
        What that plan is worth; no plan without the site is worth more than ``bound``.
    lost
        How much worse than the proposal that is, in the objective's unit.
    essential
        True if it is proven that no plan within the share can do without the site; False if there is such a plan;
        None if neither could be shown within the limits.
    """

    site: int
    runner_up: tuple[int, ...]
    runner_up_value: float
    chosen: NDArray[np.int64] = field(repr=False)
    value: float
    bound: float
    lost: float
    essential: bool | None


def near_equal(
    proposal: Proposal,
    *,
    within_share: float = NEAR_SHARE,
    most: int = 10,
    limits: Limits = DEFAULT,
    thrifty: bool = False,
    progress: Progress = silent,
) -> NearEqual:
    """Return the plans that are nearly as good as a proposal.

    The best plan is asked for again and again, each time without those already known, until the next one is
    worse than the share allows or ``most`` are known. For "fewest sites" these are the plans of as many sites.

    Parameters
    ----------
    proposal
        An answer with a plan.
    within_share
        0.01 is one per cent of the proposal's value.
    most
        No more plans than this.
    limits
        For each plan; those of the proposal are not known here.
    thrifty
        Whether local search does once a plan was hard to find: see :func:`walkshed.siting.further.eased`.
    progress
        Told how far the search has come.

    Examples
    --------
    >>> import numpy as np
    >>> from walkshed.siting import Mclp, NewSites, from_costs, solve
    >>> problem = from_costs(np.array([[1.0, 1, 9], [1, 9, 9], [9, 1, 1]]), limit=3, weights=[99, 1, 1])
    >>> others = near_equal(solve(problem, Mclp(), constraints=[NewSites(1)]))
    >>> [(plan.chosen.tolist(), plan.value) for plan in others.plans], others.all_found
    ([([1], 100.0)], True)
    """
    known = [tuple(proposal.chosen_ids)]
    plans: list[Alternative] = []
    if np.isnan(proposal.value):
        return NearEqual((), all_found=True)
    stage = Text("looking for plans that are nearly as good", "寻找效果相近的方案")
    while len(plans) < most:
        progress(stage, len(plans) / most)
        constraints = (*proposal.constraints, NotThese(tuple(known)))
        found = ask(proposal.problem, proposal.objective, constraints, limits=limits)
        limits = eased(limits, found) if thrifty else limits
        if np.isnan(found.value) or not _near(proposal, found.value, within_share):
            settled = found.state == "infeasible" or not _near(proposal, found.bound, within_share)
            return NearEqual(_sorted(plans), all_found=settled)
        plans.append(Alternative(found.chosen, found.value, _behind(proposal, found.value)))
        known.append(tuple(found.chosen_ids))
    return NearEqual(_sorted(plans), all_found=False)


def fallbacks(
    proposal: Proposal,
    *,
    sites: Sequence[int] | None = None,
    within_share: float = NEAR_SHARE,
    limits: Limits = DEFAULT,
    thrifty: bool = False,
    progress: Progress = silent,
) -> tuple[Fallback, ...]:
    """Return, for each site of a proposal, its runner-up and the best plan without it.

    Parameters
    ----------
    proposal
        An answer with a plan.
    sites
        Only these of its sites, by number; all of them by default.
    within_share
        What "as good" means for :attr:`Fallback.essential`.
    limits
        For each of the two plans that are asked for a site.
    thrifty
        Whether local search does once a plan was hard to find: see :func:`walkshed.siting.further.eased`.
    progress
        Told how far it has come.

    Examples
    --------
    >>> import numpy as np
    >>> from walkshed.siting import Mclp, NewSites, from_costs, solve
    >>> problem = from_costs(np.array([[1.0, 1, 9], [1, 9, 9], [9, 9, 1]]), limit=3, weights=[50, 30, 20])
    >>> best = solve(problem, Mclp(), constraints=[NewSites(2)])
    >>> [(one.site, one.runner_up, one.runner_up_value, one.essential) for one in fallbacks(best)]
    [(0, (1,), 70.0, True), (2, (), 80.0, True)]
    """
    if np.isnan(proposal.value):
        return ()
    stage = Text("asking what replaces each site", "逐一计算替补点位")
    answers = []
    asked = proposal.chosen.tolist() if sites is None else [int(one) for one in sites]
    for done, site in enumerate(asked):
        progress(stage, done / len(asked))
        problem, constraints = _without(proposal, site)
        others = np.array([one for one in proposal.chosen.tolist() if one != site], dtype=np.int64)
        kept = Fixed(tuple(str(one) for one in problem.sites.ids[others]))
        beside = _solved(
            proposal, problem, (*constraints, kept) if len(others) else constraints, others, limits
        )
        start = others if np.isnan(beside.value) else beside.chosen
        limits = eased(limits, beside.proposal) if thrifty and beside.proposal else limits
        anew = _solved(proposal, problem, constraints, start, limits)
        limits = eased(limits, anew.proposal) if thrifty and anew.proposal else limits
        answers.append(_fallback(proposal, site, beside, anew, within_share))
    return tuple(answers)


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    """What is needed of a proposal, also where there can be none."""

    chosen: NDArray[np.int64]
    value: float
    bound: float
    state: str
    proposal: Proposal | None = None


_HOPELESS = frozenset({
    "siting.budget_too_small", "siting.fixed_over_budget", "siting.fixed_over_p", "siting.no_candidates",
    "siting.no_reach",
})  # fmt: skip
"""Refusals that only say that nothing is left to choose."""


def _solved(
    proposal: Proposal,
    problem: Problem,
    constraints: tuple[Constraint, ...],
    start: NDArray[np.int64],
    limits: Limits,
) -> _Answer:
    """Return the best plan; where nothing is left to choose, that of opening nothing, if one may."""
    try:
        found = ask(problem, proposal.objective, constraints, limits=limits, start=start)
    except InputError as error:
        if not {fault.code for fault in error.faults} <= _HOPELESS:
            raise
        none = np.zeros(0, dtype=np.int64)
        if not isinstance(proposal.objective, Mclp) or len(fixed_sites(problem, constraints)):
            return _Answer(none, float("nan"), float("nan"), "infeasible")
        year = next((one.year for one in constraints if isinstance(one, PlannedBy)), None)
        value = worth(problem, proposal.objective, none, constraints=constraints, year=year)
        return _Answer(none, value, value, "optimal")
    return _Answer(found.chosen, found.value, found.bound, found.state, found)


def _fallback(proposal: Proposal, site: int, beside: _Answer, anew: _Answer, within_share: float) -> Fallback:
    best = anew
    if not np.isnan(beside.value) and (
        np.isnan(anew.value) or proposal.objective.sense * (beside.value - anew.value) > 0
    ):
        best = beside  # a limit may stop the freer search at a worse plan
    essential: bool | None = None
    if not np.isnan(best.value) and _near(proposal, best.value, within_share):
        essential = False
    elif anew.state == "infeasible" or not _near(proposal, anew.bound, within_share):
        essential = True
    added = np.setdiff1d(beside.chosen, proposal.chosen)
    return Fallback(
        site=site,
        runner_up=tuple(added.tolist()),
        runner_up_value=beside.value,
        chosen=best.chosen,
        value=best.value,
        bound=anew.bound,
        lost=float(proposal.objective.sense * (proposal.value - best.value)),
        essential=essential,
    )


def _without(proposal: Proposal, site: int) -> tuple[Problem, tuple[Constraint, ...]]:
    """Return the problem in which a site cannot be opened, even where it had to be."""
    name = str(proposal.problem.sites.ids[site])
    constraints: list[Constraint] = []
    left = int(np.isin(proposal.problem.sites.status, ("candidate", "fixed")).sum()) - 1
    for one in proposal.constraints:
        if isinstance(one, NewSites):
            constraints.append(NewSites(min(one.p, left)))
            continue
        if isinstance(one, Fixed):
            rest = tuple(other for other in one.sites if other != name)
            constraints += [Fixed(rest)] if rest else []
        else:
            constraints.append(one)
    return proposal.problem.with_status("forbidden", [site]), tuple(constraints)


def _behind(proposal: Proposal, value: float) -> float:
    """Return how much worse than the proposal a value is, as a share of the proposal's."""
    behind = proposal.objective.sense * (proposal.value - value)
    return float(behind / abs(proposal.value)) if proposal.value else float(behind > 0)


def _near(proposal: Proposal, value: float, within_share: float) -> bool:
    return bool(_behind(proposal, value) <= within_share + 1e-12)


def _sorted(plans: Sequence[Alternative]) -> tuple[Alternative, ...]:
    return tuple(sorted(plans, key=lambda plan: (round(plan.behind_share, 12), plan.chosen.tolist())))
