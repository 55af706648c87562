"""The tables of all scenarios: unit by unit, and estate by estate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.report.summary import TOTAL

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from walkshed.scenarios.running import ScenarioResult


def scenario_units(scenarios: Iterable[ScenarioResult]) -> pd.DataFrame:
    """Return ``scenarios.csv``: one row per scenario × level × unit × profile × standard × measure.

    The columns of :func:`walkshed.compare.tally.tally` after the scenario's name, then ``cost`` (yuan) and
    ``cost_per_gained`` (cost / gained), both in the rows of the whole study only: a cost is of the scenario as a whole.
    """
    import pandas as pd

    frames = []
    for one in scenarios:
        table = one.summary.copy()
        table.insert(0, "scenario", one.name)
        whole = (table["level"] == TOTAL).to_numpy()
        cost = np.where(whole, np.nan if one.scenario.cost is None else one.scenario.cost, np.nan)
        gained = table["gained"].to_numpy(dtype=np.float64)
        table["cost"] = cost
        table["cost_per_gained"] = np.divide(
            cost, gained, out=np.full(len(table), np.nan), where=gained > 0
        ).round(2)
        frames.append(table)
    return pd.concat(frames, ignore_index=True)


def scenario_estates(scenarios: Iterable[ScenarioResult]) -> pd.DataFrame:
    """Return ``scenario_estates.csv``: ``compare.csv`` of every scenario, after the scenario's name."""
    import pandas as pd

    return pd.concat([one.table.assign(scenario=one.name) for one in scenarios], ignore_index=True).pipe(
        lambda table: table[["scenario", *(name for name in table.columns if name != "scenario")]]
    )
