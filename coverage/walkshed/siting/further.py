"""Further questions: what is asked beside a plan, with less work once one of them was hard, and no more after Ctrl-C."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from walkshed.siting.solve import solve

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from walkshed.siting.constraints import Constraint
    from walkshed.siting.objectives import Objective
    from walkshed.siting.problem import Problem
    from walkshed.siting.proposal import Limits, Proposal

QUICK_NODES, QUICK_PIVOTS = 200, 5_000
"""A question that took more nodes or simplex iterations was hard."""


def ask(
    problem: Problem,
    objective: Objective,
    constraints: Sequence[Constraint],
    *,
    limits: Limits,
    start: Sequence[int] | NDArray[np.int64] = (),
) -> Proposal:
    """Solve a further question.

    Raises
    ------
    KeyboardInterrupt
        It was interrupted: the questions behind it are not asked.
    """
    found = solve(problem, objective, constraints, limits=limits, start=start)
    if found.state == "interrupted":
        raise KeyboardInterrupt
    return found


def eased(limits: Limits, found: Proposal) -> Limits:
    """Return how much may be done for the next question: local search and a short subgradient after a hard one.

    The answers are still true, but not always settled.
    """
    work = found.work
    hard = found.state == "limit" or work.get("nodes", 0) > QUICK_NODES
    if hard or work.get("simplex_iterations", 0) > QUICK_PIVOTS:
        return replace(limits, method="local", lagrangian_steps=100)
    return limits
