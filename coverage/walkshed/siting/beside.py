"""Beside the optimum: a plan's curve, order, alternatives and fallbacks, with no more work than they are worth."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from walkshed.progress import silent
from walkshed.siting.alternatives import fallbacks, near_equal
from walkshed.siting.curve import coverage_curve
from walkshed.siting.order import phased_order

if TYPE_CHECKING:
    from walkshed.progress import Progress
    from walkshed.siting.plan import Plan
    from walkshed.siting.proposal import Limits, Proposal

_ASKED = 30
"""Of so many sites, those whose loss would cost most, it is asked what replaces them; so many points has a long curve."""
_QUICK_NODES = 200


def completed(plan: Plan, *, progress: Progress = silent) -> Plan:
    """Return the plan with its curve, order and alternatives."""
    proposal, siting = plan.proposal, plan.siting
    problem, sites, limits = proposal.problem, plan.candidates, side_limits(proposal, siting.limits())
    most = siting.curve_to(len(proposal.chosen))
    curve = coverage_curve(
        problem,
        proposal.objective,
        most=most,
        at=curve_numbers(most, len(proposal.chosen)),
        constraints=proposal.constraints,
        limits=limits,
        known=[proposal],
        progress=progress,
    )
    available = np.full(problem.m, np.nan)
    available[: len(sites)] = sites["year"].to_numpy(dtype=np.float64)
    order = phased_order(
        problem,
        proposal.objective,
        proposal.chosen,
        constraints=proposal.constraints,
        a_year=siting.a_year,
        first_year=siting.first_year,
        planned_by=siting.planned_by,
        available=available,
        curve=curve,
    )
    plan = replace(plan, curve=curve, order=order)
    if not siting.alternatives:
        return plan
    share = siting.near_share
    near = near_equal(
        proposal, within_share=share, most=siting.alternatives, limits=limits, progress=progress
    )
    asked = plan.gains.nlargest(_ASKED, "sole").index
    chosen = sorted(order.sequence[row] for row in asked)
    replaced = fallbacks(proposal, sites=chosen, within_share=share, limits=limits, progress=progress)
    return replace(plan, near=near, fallbacks=replaced)


def side_limits(proposal: Proposal, limits: Limits) -> Limits:
    """Return how much may be done for each of the further questions: less where the plan itself was hard to prove.

    Then they are answered by local search, with a bound from a short subgradient: still true, not always settled.
    """
    hard = proposal.state != "optimal" or proposal.work.get("nodes", 0) > _QUICK_NODES
    return replace(limits, method="local", lagrangian_steps=100) if hard else limits


def curve_numbers(most: int, chosen: int) -> list[int]:
    """Return the numbers of sites a curve is drawn at: all of a short one, some thirty of a long one.

    Examples
    --------
    >>> curve_numbers(6, 3), len(curve_numbers(305, 300)), 300 in curve_numbers(305, 300)
    ([0, 1, 2, 3, 4, 5, 6], 31, True)
    """
    if most <= _ASKED:
        return list(range(most + 1))
    return sorted({*np.linspace(0, most, _ASKED).round().astype(int).tolist(), chosen})
