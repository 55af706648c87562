"""Beside the optimum: a plan's curve, order, alternatives and fallbacks, with no more work than they are worth."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Text
from walkshed.progress import silent
from walkshed.siting.alternatives import fallbacks, near_equal
from walkshed.siting.curve import coverage_curve
from walkshed.siting.further import eased
from walkshed.siting.order import phased_order

if TYPE_CHECKING:
    from walkshed.errors import Findings
    from walkshed.progress import Progress
    from walkshed.siting.plan import Plan
    from walkshed.siting.proposal import Limits

_ASKED = 30
"""Of so many sites, those whose loss would cost most, it is asked what replaces them; so many points has a long curve."""
INTERRUPTED = Text(
    "stopped by Ctrl-C: the plan is the best that was found; some of its order, curve and alternatives are left out",
    "已用 Ctrl-C 中断：方案为当时找到的最好方案；次序、曲线或替代方案未全部计算",
)


def completed(plan: Plan, findings: Findings, *, progress: Progress = silent) -> Plan:
    """Return the plan with its curve, order and alternatives; after Ctrl-C with as much of it as there is.

    Where the plan was hard to prove, or once a question was, the others are answered by local search, with a bound
    from a short subgradient: still true, not always settled.
    """
    try:
        if plan.proposal.state == "interrupted":
            raise KeyboardInterrupt  # noqa: TRY301 - whoever stops the search wants no more questions either
        for add in (_with_order, _with_near, _with_fallbacks):
            plan = add(plan, eased(plan.siting.limits(), plan.proposal), progress)
    except KeyboardInterrupt:
        findings.notice("siting.interrupted", INTERRUPTED)
    return plan


def _with_order(plan: Plan, limits: Limits, progress: Progress) -> Plan:
    proposal, siting, sites = plan.proposal, plan.siting, plan.candidates
    problem = proposal.problem
    most = siting.curve_to(len(proposal.chosen))
    curve = coverage_curve(
        problem,
        proposal.objective,
        most=most,
        at=curve_numbers(most, len(proposal.chosen)),
        constraints=proposal.constraints,
        limits=limits,
        known=[proposal],
        thrifty=True,
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
    return replace(plan, curve=curve, order=order)


def _with_near(plan: Plan, limits: Limits, progress: Progress) -> Plan:
    siting = plan.siting
    if not siting.alternatives:
        return plan
    near = near_equal(
        plan.proposal, within_share=siting.near_share, most=siting.alternatives, limits=limits, thrifty=True,
        progress=progress,
    )  # fmt: skip
    return replace(plan, near=near)


def _with_fallbacks(plan: Plan, limits: Limits, progress: Progress) -> Plan:
    if not plan.siting.alternatives:
        return plan
    asked = plan.gains.nlargest(_ASKED, "sole").index
    chosen = sorted(plan.sequence[row] for row in asked)
    replaced = fallbacks(
        plan.proposal, sites=chosen, within_share=plan.siting.near_share, limits=limits, thrifty=True,
        progress=progress,
    )  # fmt: skip
    return replace(plan, fallbacks=replaced)


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
