"""Programmes: linear and integer programmes, solved by HiGHS; no other measure talks to the solver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NODES = 300
"""So many nodes of the search tree at most; a limit in nodes gives the same answer on every machine."""

_CORES = (1.2, 2.0, 4.0)
"""The first cores have so many columns a row."""


@dataclass(frozen=True, slots=True, eq=False)
class Programme:
    """Minimise cost · x subject to low ≤ rows · x ≤ high and lower ≤ x ≤ upper; ``rows`` is a scipy sparse array."""

    cost: NDArray[np.float64]
    rows: Any
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    lower: float = 0.0
    upper: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """What the solver answered.

    Attributes
    ----------
    x
        The best found, None if none.
    value
        What it costs; infinite if none.
    bound
        Nothing costs less.
    proven
        Whether it is the optimum.
    """

    x: NDArray[np.float64] | None
    value: float
    bound: float
    proven: bool


def relaxed(programme: Programme) -> tuple[Solved, NDArray[np.float64]]:
    """Solve a programme in fractions with HiGHS [1]_; also return the reduced costs.

    Raises
    ------
    ArithmeticError
        There is no solution, or the solver gave up.

    References
    ----------
    .. [1] Q. Huangfu, J. A. J. Hall, "Parallelizing the dual revised simplex method", *Mathematical Programming
       Computation* 10, 2018, 119-142.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> room = Programme(np.array([-3.0, -2.0]), csr_array([[2.0, 2.0]]), np.array([-np.inf]), np.array([3.0]))
    >>> relaxed(room)[0].x
    array([1. , 0.5])
    """
    highs, optimal, _ = _run(programme, np.ones(len(programme.cost), dtype=bool), {})
    if not optimal:
        raise ArithmeticError("the linear programme has no answer")
    solution = highs.getSolution()
    value = float(highs.getInfo().objective_function_value)
    return Solved(np.asarray(solution.col_value), value, value, proven=True), np.asarray(solution.col_dual)


def in_whole(
    programme: Programme,
    *,
    start: NDArray[np.float64] | None = None,
    step: float = 0.0,
    gap: float = 0.0,
    offset: float = 0.0,
    nodes: int = NODES,
) -> Solved:
    """Solve a programme in whole numbers (0 and 1), by its core.

    The relaxation gives a bound, and for each column its reduced cost: how much dearer everything becomes at least if
    it is used. Columns of low reduced cost, the core, are solved by branch and bound. A column whose reduced cost is more
    than the gap between answer and bound is in no better answer, so that once the core holds all others its optimum is
    the optimum (reduced-cost fixing in a core, as for knapsacks [1]_).

    Parameters
    ----------
    start
        A solution that is known.
    step
        Answers differ by multiples of this; 0 if they may differ by anything.
    gap, offset
        An answer is good enough whose distance to the bound is this share of ``offset`` + its cost; it is then not
        proven, unless it is nearer than a step.
    nodes
        Of each search tree.

    References
    ----------
    .. [1] E. Balas, E. Zemel, "An algorithm for large zero-one knapsack problems", *Operations Research* 28(5), 1980,
       1130-1154.
    """
    base, reduced = relaxed(programme)
    columns = len(programme.cost)
    best = start
    value = float(programme.cost @ start) if start is not None else np.inf
    # nothing beats the best by less than a step, so columns beyond gap - step are in no better answer
    sure = step * (1 - 1e-3)
    spare = max(gap * max(0.0, offset + base.bound), sure)
    in_order = np.sort(reduced)
    sizes = [min(columns, int(size * programme.rows.shape[0])) for size in _CORES]
    spans = [float(in_order[size - 1]) for size in sizes]
    span = spans.pop(0)
    while True:
        core = reduced <= span
        if best is not None:
            core |= best > 0
        found = _branch(programme, core, spare=spare, nodes=nodes, bound=base.bound)
        if found.x is not None and found.value < value:
            best, value = found.x, found.value
        needed = value - base.bound - spare
        if core.all() or needed <= span:
            bound = min(
                value, max(base.bound, found.bound if core.all() else min(found.bound, base.bound + span))
            )
            proven = value - bound <= max(step * (1 - 1e-4), 1e-9 * abs(value))
            return Solved(best, value, value if proven else bound, proven=proven)
        span = min(needed, max(span, spans.pop(0))) if spans else needed


def _branch(
    programme: Programme, core: NDArray[np.bool_], *, spare: float, nodes: int, bound: float
) -> Solved:
    """Search the core by branch and bound; ``bound`` is that of the relaxation."""
    options = {
        "mip_max_nodes": nodes,
        "mip_rel_gap": spare / max(1.0, abs(bound)),
        "mip_abs_gap": max(spare, 1e-9),
        "mip_feasibility_tolerance": 1e-7,
    }
    highs, optimal, impossible = _run(programme, core, options, whole=True)
    info = highs.getInfo()
    if impossible:
        return Solved(None, np.inf, np.inf, proven=True)
    least = float(info.mip_dual_bound)
    if info.primal_solution_status != 2:  # no feasible point was found
        return Solved(None, np.inf, least, proven=False)
    x = np.zeros(len(core))
    x[core] = np.rint(highs.getSolution().col_value)
    value = float(programme.cost @ x)
    return Solved(x, value, min(value, least), proven=optimal)


def _run(
    programme: Programme, core: NDArray[np.bool_], options: dict[str, Any], *, whole: bool = False
) -> tuple[Any, bool, bool]:
    """Run HiGHS over some of the columns; return it, and whether the answer is optimal or there can be none.

    Not in parallel, with a fixed seed: the same programme gives the same answer.
    """
    import highspy

    make: Any = highspy.Highs  # it has no types
    highs = make()
    for name, value in {
        "output_flag": False,
        "parallel": "off",
        "threads": 1,
        "random_seed": 0,
        **options,
    }.items():
        highs.setOptionValue(name, value)
    rows = programme.rows.tocsc()[:, np.flatnonzero(core)]
    columns = int(core.sum())
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = columns, rows.shape[0]
    model.col_cost_ = programme.cost[core]
    model.col_lower_, model.col_upper_ = np.full(columns, programme.lower), np.full(columns, programme.upper)
    model.row_lower_, model.row_upper_ = programme.low, programme.high
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.num_col_, model.a_matrix_.num_row_ = columns, rows.shape[0]
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = (
        rows.indptr,
        rows.indices,
        rows.data,
    )
    if whole:
        model.integrality_ = [highspy.HighsVarType.kInteger] * columns
    highs.passModel(model)
    highs.run()
    status, kinds = highs.getModelStatus(), highspy.HighsModelStatus
    return highs, status == kinds.kOptimal, status in {kinds.kInfeasible, kinds.kUnboundedOrInfeasible}
