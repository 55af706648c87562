"""A gate as a site: opening it brings estates within the standard of what is open anyway, at its own cost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Findings, Text
from walkshed.siting.tables import Sites

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.siting.problem import Criterion, Problem
    from walkshed.standards import Standard

PREFIX = "gate:"
"""Put before a gate's id, so that gates and rooms cannot share one."""


def with_gates(
    problem: Problem,
    gates: pd.DataFrame,
    walks: pd.DataFrame,
    *,
    standards: Sequence[Standard] = (),
    findings: Findings | None = None,
) -> Problem:
    """Return the problem with gates that could be opened as further sites.

    A gate serves the estates that reach an existing (or required) venue within the standard if that gate alone
    is opened. Gates that help only together, or that help to reach a *new* room, are not seen here: walk the
    chosen plan again with all its gates open and report both numbers.

    Parameters
    ----------
    problem
        With rooms as its sites, existing venues included.
    gates
        Index: the gate's id. Columns, where there are: name, cost, subsidy_per_year, community, owner, lon, lat,
        siting_status (candidate, fixed, forbidden).
    walks
        One row per gate and estate that gains by it: ``gate_id``, ``demand_id``, and the walk with that gate open, as
        ``walk_m`` and ``walk_min`` (a cost table's problem: ``cost``). Estates that are covered anyway may be among them.
    standards
        Those the problem was made of: in minutes or in metres. Without them all are in the problem's own measure.
    findings
        Collects faults: walks of gates or estates that are not there. If None, they are raised.

    Returns
    -------
    Problem
        The sites of ``problem``, numbered as before, then the gates, ids prefixed with ``gate:``, kind ``gate``.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from walkshed.siting import from_costs
    >>> problem = from_costs(np.array([[1.0], [9.0]]), limit=3, weights=[10, 20], demand_ids=["a", "b"])
    >>> gates = pd.DataFrame({"cost": [5000.0]}, index=["east"])
    >>> walks = pd.DataFrame({"gate_id": ["east"], "demand_id": ["b"], "cost": [2.5]})
    >>> whole = with_gates(problem, gates, walks)
    >>> whole.sites.ids.tolist(), whole.covered_weight([1])
    (['0', 'gate:east'], 20.0)
    """
    own = findings if findings is not None else Findings()
    table = gates.copy()
    table.index = [f"{PREFIX}{one}" for one in gates.index]
    added = Sites.from_frame(table, list(table.index), findings=own)
    added = replace(added, kind=np.full(len(added), "gate", dtype=object))
    site, row = _numbered(problem, gates, walks, own)
    if findings is None:
        own.raise_faults()
    known = (site >= 0) & (row >= 0)
    order = np.lexsort((row[known], site[known]))
    site, row = site[known][order], row[known][order]
    walked = walks.loc[known].iloc[order]
    column_of = {one.name: "walk_m" if one.metres is not None else "walk_min" for one in standards}
    criteria = tuple(
        _criterion(one, walked, column_of.get(one.name, problem.measure or "cost"), len(added))
        for one in problem.criteria
    )
    counts = np.bincount(site, minlength=len(added))
    return replace(
        problem,
        sites=problem.sites.joined(added),
        indptr=np.concatenate([problem.indptr, problem.indptr[-1] + np.cumsum(counts)]).astype(np.int64),
        rows=np.concatenate([problem.rows, row.astype(np.int32)]),
        cost=np.concatenate([problem.cost, _stored(problem, walked)]),
        criteria=criteria,
    )


def _numbered(
    problem: Problem, gates: pd.DataFrame, walks: pd.DataFrame, findings: Findings
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the number of each walk's gate and demand row; what is not there is a fault, and -1."""
    gate_of = {str(one): number for number, one in enumerate(gates.index)}
    row_of = {str(one): number for number, one in enumerate(problem.demand.ids)}
    site = np.array([gate_of.get(str(one), -1) for one in walks["gate_id"]], dtype=np.int64)
    row = np.array([row_of.get(str(one), -1) for one in walks["demand_id"]], dtype=np.int64)
    for lost, column, what in (
        (site < 0, "gate_id", Text("gates", "大门")),
        (row < 0, "demand_id", Text("estates", "小区")),
    ):
        if lost.any():
            names = list(dict.fromkeys(walks[column].astype(str).to_numpy()[lost]))
            shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
            findings.fault(
                "siting.gate_walks",
                Text(
                    f"walks through gates name {what.en} that are not in the tables: {shown}",
                    f"经大门的步行数据中有表中没有的{what.zh}：{shown}",
                ),
            )
    twice = (site >= 0) & (row >= 0) & walks.duplicated(["gate_id", "demand_id"]).to_numpy(dtype=bool)
    if twice.any():
        first = walks.loc[twice].iloc[0]
        findings.fault(
            "siting.duplicate_pair",
            Text(
                f"the walk of {first['demand_id']} through {first['gate_id']} stands twice",
                f"{first['demand_id']} 经 {first['gate_id']} 的步行重复出现",
            ),
        )
    return site, row


def _stored(problem: Problem, walks: pd.DataFrame) -> NDArray[np.float64 | np.int32]:
    """Return the walks in the problem's own whole units."""
    values = walks[problem.measure or "cost"].to_numpy(dtype=np.float64)
    return values if not problem.measure else np.rint(values * problem.scale).astype(np.int32)


def _criterion(one: Criterion, walks: pd.DataFrame, column: str, n_gates: int) -> Criterion:
    """Return a standard with the gates' walks; a gate leads to venues of the right tier and kind or is not there."""
    digits = {"walk_m": 10, "walk_min": 100}.get(column)
    values = walks[column].to_numpy(dtype=np.float64)
    limit = one.limit
    if digits and not np.isnan(limit):  # the same whole numbers that Access decides on
        values, limit = np.rint(values * digits), round(limit * digits)
    with np.errstate(invalid="ignore"):
        near = np.ones(len(values), dtype=bool) if np.isnan(limit) else values <= limit
    return replace(
        one,
        covers=np.concatenate([one.covers, near]),
        eligible=np.concatenate([one.eligible, np.ones(n_gates, dtype=bool)]),
    )
