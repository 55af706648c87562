"""What a set of sites is worth by an objective, whatever was asked of the plan as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.siting.constraints import Backup, Capacity, PlannedBy
from walkshed.siting.objectives import Lscp, Mclp, PMedian

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from walkshed.siting.constraints import Constraint
    from walkshed.siting.objectives import Objective
    from walkshed.siting.problem import Problem

    Chosen = Sequence[int] | NDArray[np.integer[Any]]


def tracked(objective: Objective) -> Objective:
    """Return what is followed from year to year: of "fewest sites" it is the demand covered so far.

    Examples
    --------
    >>> tracked(Lscp(share=0.9))
    Mclp()
    """
    return Mclp() if isinstance(objective, Lscp) else objective


def times_of(constraints: Sequence[Constraint]) -> int:
    """Return how many open sites a row of demand needs to count as covered."""
    return max((one.times for one in constraints if isinstance(one, Backup)), default=1)


def is_better(objective: Objective, value: float, other: float) -> bool:
    """Tell whether a value is better than another one in the objective's sense.

    Examples
    --------
    >>> is_better(Mclp(), 5, 3), is_better(PMedian(), 5, 3)
    (True, False)
    """
    return objective.sense * value > objective.sense * other


def worth(
    problem: Problem,
    objective: Objective,
    new: Chosen,
    *,
    constraints: Sequence[Constraint] = (),
    year: float | None = None,
) -> float:
    """Return what opening exactly these sites is worth, beside those that are open anyway.

    Parameters
    ----------
    problem, objective
        ``Mclp`` and ``Lscp`` count the demand covered, ``PMedian`` the total walk, ``PCenter`` the worst one.
        In the last two a row that some site could serve but none of these does counts as the longest walk
        of the table (``PMedian(beyond=…)``: as that), so that plans on their way can be compared.
    new
        Numbers of the sites.
    constraints
        Backup and Capacity change what is covered; the others say what may be chosen and are not looked at.
    year
        Planned sites are open by it.

    Examples
    --------
    >>> import numpy as np
    >>> from walkshed.siting import from_costs
    >>> problem = from_costs(np.array([[1.0, 9.0], [2.0, 3.0], [8.0, 1.0]]), limit=3, weights=[10, 20, 30])
    >>> worth(problem, Mclp(), [0]), worth(problem, PMedian(), [0, 1])
    (30.0, 80.0)
    """
    opened = np.union1d(problem.open_sites(year), np.asarray(new, dtype=np.int64))
    goal = tracked(objective)
    if isinstance(goal, Mclp):
        room = next((one for one in constraints if isinstance(one, Capacity)), None)
        if room is not None:
            from walkshed.siting.solve import evaluate

            by = () if year is None else (PlannedBy(year),)
            return evaluate(problem, [*new], goal, (room, *by))
        return problem.covered_weight(opened, times=times_of(constraints))
    return _walked(problem, goal, opened)


def _walked(problem: Problem, goal: Objective, opened: NDArray[np.int64]) -> float:
    costs = problem.unit_costs
    weights = problem.criteria[0].weights
    longest = float(costs.max(initial=0.0))
    reached = np.zeros(problem.n, dtype=bool)
    could = np.isin(problem.sites.status, ("candidate", "existing", "planned", "fixed"))
    could &= problem.criteria[0].eligible
    reached[problem.rows[could[problem.site_of_pairs()]]] = True
    _, walk = problem.nearest(opened)
    if isinstance(goal, PMedian):
        beyond = goal.beyond
        if beyond is not None:
            return float((weights * np.minimum(walk, beyond)).sum())
        walk = np.where(np.isinf(walk), longest, walk)
        return float((weights * walk)[reached].sum())
    counted = reached & (weights > 0)
    return float(np.where(np.isinf(walk), longest, walk)[counted].max(initial=0.0))
