"""solve(): the one way from a problem to a proposal."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.errors import Text
from walkshed.progress import silent
from walkshed.siting.constraints import FloorArea
from walkshed.siting.effort import Effort
from walkshed.siting.objectives.assigned import assigned_sites
from walkshed.siting.objectives.center import least_worst
from walkshed.siting.objectives.cover import most_covered
from walkshed.siting.objectives.fewest import fewest_sites
from walkshed.siting.objectives.goals import Lscp, Mclp, PCenter, PMedian, objective_of
from walkshed.siting.objectives.median import least_total
from walkshed.siting.objectives.value import assignment, covered_rows, reachable_rows, value_of
from walkshed.siting.proposal import Limits, Proposal
from walkshed.siting.refuse import check, some_ids
from walkshed.siting.rules import floor_needs, rules_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from walkshed.progress import Progress
    from walkshed.siting.constraints import Constraint
    from walkshed.siting.objectives.goals import Objective
    from walkshed.siting.problem import Problem
    from walkshed.siting.proposal import State
    from walkshed.siting.rules import Rules

DEFAULT = Limits()
THREADED = 20_000
"""With more pairs than this the vectors are long enough for linear algebra to take several threads."""


def solve(
    problem: Problem,
    objective: Objective | str = "mclp",
    constraints: Sequence[Constraint] = (),
    *,
    limits: Limits = DEFAULT,
    start: Sequence[int] | NDArray[np.int64] = (),
    progress: Progress = silent,
) -> Proposal:
    """Say which sites to open, how good that is, and how good any plan could be.

    Identical demand rows are merged and replaceable sites removed (exactly); a lazy greedy and a local search
    find a plan; Lagrangian multipliers bound what is possible and settle single sites; HiGHS proves the rest.

    Parameters
    ----------
    problem
        From :func:`walkshed.siting.from_access` or :func:`walkshed.siting.from_costs`.
    objective
        ``"mclp"``, ``"lscp"``, ``"p_median"``, ``"p_center"``, or one with its parameters: ``Lscp(share=0.9)``.
    constraints
        One list, the same for every objective: see :mod:`walkshed.siting.constraints`.
    limits
        How much work may be done. The same limits give the same answer, unless there is one in seconds.
    start
        Numbers of new sites of a plan known to be good.
    progress
        Told what is being done.

    Returns
    -------
    Proposal
        With value, bound and gap, always: also where there is no plan (``infeasible``, with the share that is
        attainable and the rows that prevent it), where a limit was hit, and where Ctrl-C was pressed.

    Raises
    ------
    walkshed.errors.InputError
        This cannot be asked, or not of these data; every reason in a sentence.

    Examples
    --------
    >>> import numpy as np
    >>> from walkshed.siting import NewSites, from_costs, solve
    >>> walks = np.array([[1.0, 9.0, 9.0], [2.0, 3.0, 9.0], [8.0, 1.0, 9.0], [9.0, 9.0, 2.0]])
    >>> problem = from_costs(walks, limit=3, weights=[10, 20, 30, 25])
    >>> plan = solve(problem, "mclp", [NewSites(2)])
    >>> plan.chosen_ids, plan.value, plan.bound, plan.gap, plan.status.en
    (['1', '2'], 75.0, 75.0, 0.0, 'optimal, proven')
    """
    goal = objective_of(objective)
    check(problem, goal, constraints)
    rules = rules_of(problem, constraints)
    effort = Effort(limits, goal.sense, progress=progress)
    effort.notes.extend(_assumed(problem, rules, constraints))
    given = np.isin(rules.free, np.asarray(start, dtype=np.int64)) if len(start) else None
    interrupted = False
    try:
        with _one_thread(problem):
            _search(problem, rules, goal, effort, given)
            if effort.impossible and not effort.by_clock:
                _explain(problem, rules, goal, constraints, effort)
    except KeyboardInterrupt:
        interrupted = True
    return _proposal(problem, rules, goal, tuple(constraints), effort, interrupted=interrupted)


def _one_thread(problem: Problem) -> AbstractContextManager[Any]:
    """Keep numpy's linear algebra to one thread: more sum in another order, and wait for each other most of the time."""
    if len(problem.rows) <= THREADED:
        return nullcontext()
    from threadpoolctl import threadpool_limits

    alone: AbstractContextManager[Any] = threadpool_limits(1)
    return alone


def evaluate(
    problem: Problem,
    chosen: Sequence[int] | NDArray[np.int64],
    objective: Objective | str = "mclp",
    constraints: Sequence[Constraint] = (),
) -> float:
    """Return the value of a given plan (numbers of new sites), NaN if it breaks a constraint.

    The number of sites and the money are constraints like the others; with a capacity the best assignment
    of whole estates is found by HiGHS.

    Examples
    --------
    >>> import numpy as np
    >>> from walkshed.siting import from_costs
    >>> problem = from_costs(np.array([[1.0, 9.0], [9.0, 2.0]]), limit=3, weights=[10, 20])
    >>> evaluate(problem, [0]), evaluate(problem, [0], "p_median")
    (10.0, 190.0)
    """
    goal = objective_of(objective)
    rules = rules_of(problem, constraints)
    mask = np.isin(rules.free, np.asarray(chosen, dtype=np.int64))
    known = np.concatenate([rules.free, rules.open_anyway])
    if not np.isin(np.asarray(chosen, dtype=np.int64), known).all():
        return float("nan")
    if rules.capacity is None:
        return value_of(problem, rules, goal, mask)
    if not rules.allows(mask):
        return float("nan")
    effort = Effort(DEFAULT, goal.sense)
    assigned_sites(problem, rules, goal, effort, None, plan=mask)
    return effort.value


def _search(
    problem: Problem, rules: Rules, goal: Objective, effort: Effort, start: NDArray[np.bool_] | None
) -> None:
    if rules.capacity is not None:
        assigned_sites(problem, rules, goal, effort, start)
    elif not rules.k:
        _nothing_to_choose(problem, rules, goal, effort)
    elif isinstance(goal, Mclp):
        most_covered(problem, rules, effort, start)
    elif isinstance(goal, Lscp):
        fewest_sites(problem, rules, goal, effort, start)
    elif isinstance(goal, PMedian):
        least_total(problem, rules, goal, effort, start)
    else:
        least_worst(problem, rules, effort, start)


def _nothing_to_choose(problem: Problem, rules: Rules, goal: Objective, effort: Effort) -> None:
    """Every candidate is forbidden, open already or too close: what is open anyway is the plan, or there is none."""
    none = np.zeros(0, dtype=bool)
    value = value_of(problem, rules, goal, none)
    if np.isnan(value):
        effort.impossible = True
    else:
        effort.offer(np.zeros(0, dtype=np.int64), value)
        effort.prove(value)


def _explain(
    problem: Problem, rules: Rules, goal: Objective, constraints: Sequence[Constraint], effort: Effort
) -> None:
    """Say what share is attainable, and which demand prevents more."""
    everything = np.concatenate([rules.free, rules.open_anyway])
    weight = np.array([one.weights for one in problem.criteria])
    reach = np.array(
        [problem.covered(everything, criterion=k, times=rules.times) for k in range(len(problem.criteria))]
    )
    if isinstance(goal, PMedian | PCenter):
        reach = reachable_rows(problem, everything)
    effort.attainable_share = float((weight * reach).sum() / weight.sum())
    effort.preventing = np.flatnonzero(((weight > 0) & ~reach).any(axis=0))
    if not isinstance(goal, Lscp):
        if not len(effort.preventing):  # it is not that nobody could reach them
            effort.attainable_share = float("nan")
        effort.notes.extend(_short(problem, rules, constraints, effort))
        effort.notes.append(
            Text(
                "the constraints contradict each other or ask more of the sites than they give; loosen one",
                "约束互相矛盾，或超出备选点所能满足的范围；请放宽其中一项",
            )
        )
        return
    if effort.attainable_share + 1e-12 < goal.share:
        return
    # every row could be covered, but not under the other constraints: the most that can be
    best = Effort(effort.limits, 1, progress=effort.progress)
    _search(problem, rules, Mclp(), best, None)
    if best.best is None:
        effort.attainable_share = float("nan")
        return
    effort.attainable_share = best.bound / float(weight.sum())
    chosen = np.concatenate([rules.free[best.best], rules.open_anyway])
    got = covered_rows(problem, rules, chosen, best.assigned)
    effort.preventing = np.flatnonzero(((weight > 0) & ~got).any(axis=0))


def _short(
    problem: Problem, rules: Rules, constraints: Sequence[Constraint], effort: Effort
) -> Iterator[Text]:
    """Say which community has too little floor area, and what share of each could be covered, to a hundredth."""
    there = np.concatenate([rules.free, rules.open_anyway])
    for name, needed, area in floor_needs(problem, constraints):
        if area[there].sum() < needed:
            has = area[there].sum()
            yield Text(
                f"{name} needs {needed:,.0f} m²; its sites have {has:,.0f} m² together",
                f"{name}需要 {needed:,.0f} 平方米，其全部点位合计仅 {has:,.0f} 平方米",
            )
    low, high = 0.0, max(rules.shares.values(), default=0.0)
    while high - low > 0.005:
        middle = (low + high) / 2
        asked = {name: min(share, middle) for name, share in rules.shares.items()}
        trial = Effort(effort.limits, 1, progress=effort.progress)
        _search(problem, replace(rules, shares=asked), Mclp(), trial, None)
        if trial.best is None and not trial.impossible:
            return
        low, high = (low, middle) if trial.best is None else (middle, high)
    if low:
        share = f"{int(100 * low)}%"
        yield Text(
            f"no more than about {share} can be covered in every community",
            f"每个社区最多约可覆盖 {share}",
        )


def _assumed(problem: Problem, rules: Rules, constraints: Sequence[Constraint]) -> Iterator[Text]:
    """Say which sites count as having no floor area, where it matters."""
    if any(isinstance(one, FloorArea) for one in constraints):
        there = np.concatenate([rules.free, rules.open_anyway])
        blank = there[np.isnan(problem.sites.floor_area_m2[there]) & (problem.sites.kind[there] != "gate")]
        if len(blank):
            ids = some_ids(problem, blank)
            yield Text(
                f"sites whose floor area is not given count as 0 m²: {ids}",
                f"未填面积的点按 0 平方米计：{ids}",
            )


def _proposal(
    problem: Problem,
    rules: Rules,
    goal: Objective,
    constraints: tuple[Constraint, ...],
    effort: Effort,
    *,
    interrupted: bool,
) -> Proposal:
    found = effort.best is not None
    chosen = np.sort(rules.free[effort.best]) if effort.best is not None else np.zeros(0, dtype=np.int64)
    all_open = np.concatenate([chosen, rules.open_anyway])
    within = isinstance(goal, Mclp | Lscp)
    site, walk = assignment(problem, all_open, within=within, assigned=effort.assigned if found else None)
    covered = covered_rows(problem, rules, all_open, effort.assigned if found else None)
    unreached = np.zeros(0, dtype=np.int64)
    if not within:
        reach = reachable_rows(problem, np.concatenate([rules.free, rules.open_anyway]))
        unreached = np.flatnonzero(~reach.any(axis=0))
    state = _state(effort, found=found, interrupted=interrupted)
    bound = effort.bound
    if state == "optimal":
        bound = effort.value
    notes = list(effort.notes)
    if effort.by_clock:
        notes.append(
            Text(
                "a time limit ended it: another run may end elsewhere", "由时间上限终止：再次运行结果可能不同"
            )
        )
    return Proposal(
        problem=problem,
        objective=goal,
        constraints=constraints,
        chosen=chosen,
        open_anyway=rules.open_anyway,
        value=effort.value,
        bound=bound,
        state=state,
        site=site,
        walk=walk,
        covered=covered,
        unreached=unreached,
        attainable_share=effort.attainable_share,
        preventing=effort.preventing,
        notes=tuple(notes),
        work=dict(effort.work),
        reproducible=not (effort.by_clock or interrupted),
    )


def _state(effort: Effort, *, found: bool, interrupted: bool) -> State:
    if interrupted:
        return "interrupted"
    if effort.impossible:
        return "infeasible"
    if not found:
        return "limit"
    least = 0.999 * effort.step if effort.step else 1e-9 * max(1.0, abs(effort.value))
    if (effort.bound - effort.value) * effort.sense <= least:
        return "optimal"
    if effort.proven():
        return "within_gap"
    return "heuristic" if effort.limits.method in {"greedy", "local"} else "limit"
