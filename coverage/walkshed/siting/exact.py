"""Exact: HiGHS through highspy, with arrays; nothing else talks to the solver."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.siting.model import Model

_RELAXATIONS: dict[str, dict[str, Any]] = {
    "dual": {},
    "primal": {"solver": "simplex", "simplex_strategy": 4},
}
Ending = Literal["optimal", "infeasible", "limit", "interrupted"]
MIDDLING = 20_000
"""Programs with more entries are first relaxed, to see whether a node can be afforded, and branched on by pseudo-costs."""
BRANCHED = 200_000
"""Programs with more entries are not branched on: the bound would hardly move."""
NODE_WORK, PIVOT_WORK = 10_000_000, 2_000_000_000
"""Entries times nodes, and entries times simplex iterations of one relaxation, that are spent unless said otherwise."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What HiGHS [1]_ answered.

    Attributes
    ----------
    ending
        ``optimal`` within the gap asked for, ``infeasible``, ``limit`` or ``interrupted``.
    x
        The best solution found, None if none.
    bound
        No solution is better; infinite (in the direction of the objective) where nothing is known.
    duals, reduced_costs
        Of the relaxation, where it was asked for; signs as HiGHS gives them.
    nodes, iterations
        The work done.
    by_clock
        Whether a time limit ended it.

    References
    ----------
    .. [1] Q. Huangfu, J. A. J. Hall, "Parallelizing the dual revised simplex method", *Mathematical Programming
       Computation* 10, 2018, 119-142. MIT licence.
    """

    ending: Ending
    x: NDArray[np.float64] | None
    bound: float
    duals: NDArray[np.float64] | None
    reduced_costs: NDArray[np.float64] | None
    nodes: int
    iterations: int
    by_clock: bool


def solve_model(
    model: Model,
    *,
    relaxed: bool = False,
    gap: float = 0.0,
    absolute_gap: float = 1e-6,
    nodes: int | None = None,
    seconds: float | None = None,
    start: NDArray[np.float64] | None = None,
    relaxation: Literal["dual", "primal"] = "dual",
) -> Outcome:
    """Solve a model, or its linear relaxation.

    The same model gives the same answer: one thread, a fixed seed, and limits in nodes and iterations. A pressed
    Ctrl-C ends the search and keeps the best found so far (``interrupted``).

    Parameters
    ----------
    gap, absolute_gap
        Enough when the bound is this near the best solution.
    nodes
        Of the tree; by default the fewer the larger the model is, and none where a node cannot be afforded.
    start
        A solution to start from, one value a column.
    relaxation
        How a linear relaxation is solved: ``"primal"`` is quick where nothing chosen is feasible, as in most
        covered.
    """
    import highspy

    if not model.columns:
        return _empty(model)
    entries = model.entries
    first = None
    if not relaxed and nodes is None and entries > MIDDLING:
        first = solve_model(model, relaxed=True, seconds=seconds)
        if first.ending != "optimal" or entries > BRANCHED:
            ending: Ending = "limit" if first.ending == "optimal" else first.ending
            return replace(first, ending=ending, x=None)
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    options: dict[str, Any] = {
        "output_flag": False, "parallel": "off", "random_seed": 0, "mip_rel_gap": gap,
        "mip_abs_gap": absolute_gap, "mip_feasibility_tolerance": 1e-7,
        "mip_max_nodes": max(1, NODE_WORK // max(1, entries)) if nodes is None else nodes,
    }  # fmt: skip
    if entries > MIDDLING:  # else a single node may try out every column
        options["mip_pscost_minreliable"] = 0
    if seconds is not None:
        options["time_limit"] = max(0.0, seconds)
    if relaxed:
        options |= _RELAXATIONS[relaxation] | {
            "simplex_iteration_limit": max(1_000, PIVOT_WORK // max(1, entries)),
        }
    for name, value in options.items():
        highs.setOptionValue(name, value)
    highs.passModel(_program(model, relaxed=relaxed))
    if start is not None and not relaxed:
        solution = highspy.HighsSolution()
        solution.col_value = start
        highs.setSolution(solution)
    interrupted = _run(highs)
    outcome = _outcome(highs, model, relaxed=relaxed, interrupted=interrupted)
    if first is None:
        return outcome
    tighter = min if model.maximise else max
    return replace(
        outcome,
        bound=tighter(outcome.bound, first.bound) if outcome.ending != "infeasible" else outcome.bound,
        iterations=outcome.iterations + first.iterations,
    )


def _empty(model: Model) -> Outcome:
    """Answer a model without columns: its rows hold at nothing, or they do not."""
    low, high = (np.concatenate([np.zeros(1), *parts]) for parts in (model.row_lower, model.row_upper))
    holds = bool((low <= 0).all() and (high >= 0).all())
    nothing = np.zeros(0)
    return Outcome(
        "optimal" if holds else "infeasible", nothing if holds else None, 0.0 if holds else np.inf,
        None, None, 0, 0, False,
    )  # fmt: skip


def _program(model: Model, *, relaxed: bool) -> Any:
    import highspy

    matrix = model.matrix()
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = model.columns, model.rows
    program.col_cost_ = np.concatenate(model.cost)
    program.col_lower_, program.col_upper_ = np.concatenate(model.lower), np.concatenate(model.upper)
    program.row_lower_ = np.concatenate(model.row_lower) if model.rows else np.zeros(0)
    program.row_upper_ = np.concatenate(model.row_upper) if model.rows else np.zeros(0)
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.num_col_, program.a_matrix_.num_row_ = model.columns, model.rows
    program.a_matrix_.start_, program.a_matrix_.index_ = matrix.indptr, matrix.indices
    program.a_matrix_.value_ = matrix.data
    program.sense_ = highspy.ObjSense.kMaximize if model.maximise else highspy.ObjSense.kMinimize
    if not relaxed:
        kinds = highspy.HighsVarType
        program.integrality_ = [
            kinds.kInteger if whole else kinds.kContinuous for whole in np.concatenate(model.integer).tolist()
        ]
    return program


def _run(highs: Any) -> bool:
    """Run in a thread of its own, so that Ctrl-C is heard; return whether it was pressed."""
    stop = threading.Event()

    def heed(event: Any) -> None:
        if stop.is_set():
            event.interrupt()

    for told in (highs.cbSimplexInterrupt, highs.cbIpmInterrupt, highs.cbMipInterrupt):
        told.subscribe(heed)
    finished = (
        threading.Event()
    )  # a thread that was interrupted in join() would count as ended while it still runs

    def work() -> None:
        try:
            highs.run()
        finally:
            finished.set()

    threading.Thread(target=work, daemon=True).start()
    try:
        finished.wait()
    except KeyboardInterrupt:
        stop.set()
        finished.wait()
        return True
    return False


def _outcome(highs: Any, model: Model, *, relaxed: bool, interrupted: bool) -> Outcome:
    import highspy

    status, info, kinds = highs.getModelStatus(), highs.getInfo(), highspy.HighsModelStatus
    worst = np.inf if model.maximise else -np.inf
    ending: Ending = "limit"
    if interrupted:
        ending = "interrupted"
    elif status == kinds.kOptimal:
        ending = "optimal"
    elif status in {kinds.kInfeasible, kinds.kUnboundedOrInfeasible}:
        ending = "infeasible"
    solution = highs.getSolution()
    feasible = info.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible)
    x = np.asarray(solution.col_value) if feasible else None
    bound = worst
    if relaxed:
        bound = float(info.objective_function_value) if ending == "optimal" else worst
    elif ending != "infeasible" and info.mip_node_count >= 0 and np.isfinite(info.mip_dual_bound):
        bound = float(info.mip_dual_bound)
    return Outcome(
        ending, x, bound,
        np.asarray(solution.row_dual) if relaxed and solution.dual_valid else None,
        np.asarray(solution.col_dual) if relaxed and solution.dual_valid else None,
        max(0, int(info.mip_node_count)), int(info.simplex_iteration_count),
        status == kinds.kTimeLimit,
    )  # fmt: skip
