"""The change of every unit: gained, lost and net, share before and after, agreeing with both summaries to the digit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.compare.kept import TOTAL
from walkshed.errors import Source, Text
from walkshed.report.summary import units_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.compare.kept import KeptRun
    from walkshed.errors import Findings

_KEYS = ["level", "unit", "profile", "standard", "measure"]
_FROM_FILES = ("total", "covered", "unknown", "covered_share")
_DIGITS = 6
_SLACK = 1e-5


def tally(before: KeptRun, after: KeptRun) -> pd.DataFrame:
    """Return the change of each level × unit × profile × standard × measure.

    Totals, covered and unknown amounts and shares are those of the two ``summary.csv``. What lies between them is told
    apart: with an estate's amount :math:`w` and covered share :math:`s`, before (0) and after (1),

    .. math:: w_1 s_1 - w_0 s_0 = w_1 (s_1 - s_0)^+ - w_1 (s_0 - s_1)^+ + (w_1 - w_0) s_0

    which are *gained*, *lost* and, with estates that are new, gone or now in another unit, *other*.

    Parameters
    ----------
    before, after
        Two runs with the same profiles and standards.

    Returns
    -------
    pandas.DataFrame
        In the order of ``after``, then what only ``before`` has: level, unit, profile, standard, measure, total_before,
        total_after, covered_before, covered_after, unknown_before, unknown_after, gained, lost, other, net
        (= gained - lost + other = covered_after - covered_before), covered_share_before, covered_share_after,
        change_points (percentage points), mean_min_before, mean_min_after, mean_min_change (minutes to the nearest
        venue, weighted by the measure as it is after, over the estates that have a walk in both). A unit that one of
        the two does not have is blank there, and counts as 0 in ``net``.
    """
    columns = [*_KEYS, *_FROM_FILES]
    table = after.summary[columns].merge(
        before.summary[columns], on=_KEYS, how="outer", suffixes=("_after", "_before"), sort=False
    )
    order = {key: number for number, key in enumerate(_keys(after.summary))}
    order |= {
        key: len(order) + number for number, key in enumerate(_keys(before.summary)) if key not in order
    }
    rank = np.array([order[key] for key in _keys(table)], dtype=np.int64)
    table = table.iloc[np.argsort(rank, kind="stable")].reset_index(drop=True)
    moved = _moved(before, after)
    found = [moved.get(key, (0.0, 0.0, np.nan, np.nan)) for key in _keys(table)]
    amounts = np.array(found, dtype=np.float64).reshape(len(table), 4)
    table["gained"], table["lost"] = amounts[:, 0].round(_DIGITS), amounts[:, 1].round(_DIGITS)
    old, new = (table[f"covered_{when}"].fillna(0) for when in ("before", "after"))
    table["net"] = (new - old).round(_DIGITS)
    table["other"] = (table["net"] - table["gained"] + table["lost"]).round(_DIGITS) + 0.0
    points = (table["covered_share_after"] - table["covered_share_before"]) * 100
    table["change_points"] = points.round(_DIGITS - 2)
    table["mean_min_before"], table["mean_min_after"] = amounts[:, 2].round(2), amounts[:, 3].round(2)
    table["mean_min_change"] = (table["mean_min_after"] - table["mean_min_before"]).round(2)
    both = [f"{name}_{when}" for name in _FROM_FILES[:3] for when in ("before", "after")]
    shares = ["covered_share_before", "covered_share_after", "change_points"]
    means = ["mean_min_before", "mean_min_after", "mean_min_change"]
    return table[[*_KEYS, *both, "gained", "lost", "other", "net", *shares, *means]]


def check_adds_up(run: KeptRun, findings: Findings) -> None:
    """Say where a run's summary is not the sum of its estates: somebody changed one of the tables."""
    places = _rows(run, run.coverage["estate_id"])
    said = dict(zip(_keys(run.summary), run.summary[["covered", "total"]].to_numpy().tolist(), strict=True))
    for level, unit in units_of(run.estates, run.levels).items():
        for measure in run.measures:
            amount = _amount(run, measure)[places] * run.coverage["covered_share"].to_numpy()
            for key, value in _sums(level, unit[places], run.coverage, measure, amount).items():
                covered, total = said.get(key, (np.nan, np.nan))
                if not abs(covered - value) <= _SLACK * max(1.0, total):
                    text = Text(
                        f"says {covered:g} covered for {' / '.join(key)}, but its estates add up to {value:g}; was a "
                        "table changed by hand? run the study again",
                        f"{' / '.join(key)} 写的覆盖量为 {covered:g}，而各小区合计为 {value:g}；表格是否被手工改过？请重新运行该研究",
                    )
                    findings.fault("compare.adds_up", text, Source(str(run.folder / "summary.csv")))
                    return


def _moved(before: KeptRun, after: KeptRun) -> dict[tuple[str, ...], tuple[float, float, float, float]]:
    """Return gained, lost and the mean minutes before and after of the estates that stayed in their unit."""
    keys = ["estate_id", "profile", "standard"]
    new = after.coverage[[*keys, "covered_share", "walk_min"]]
    old = before.coverage[[*keys, "covered_share", "walk_min"]]
    pairs = new.merge(old, on=keys, suffixes=("", "_before"))
    now = _rows(after, pairs["estate_id"])
    was = _rows(before, pairs["estate_id"])
    step = (pairs["covered_share"] - pairs["covered_share_before"]).to_numpy()
    walks = [pairs[name].to_numpy() for name in ("walk_min_before", "walk_min")]
    known = ~np.isnan(walks[0]) & ~np.isnan(walks[1])
    units_now, units_was = (units_of(run.estates, run.levels) for run in (after, before))
    found: dict[tuple[str, ...], tuple[float, float, float, float]] = {}
    for level in [level for level in units_now if level in units_was]:
        unit = units_now[level][now]
        stayed = unit == units_was[level][was]
        for measure in after.measures:
            amount = _amount(after, measure)[now] * stayed
            walked = amount * known
            parts = [amount * step.clip(min=0), amount * (-step).clip(min=0), walked]
            parts += [walked * np.nan_to_num(walk) for walk in walks]
            sums = [_sums(level, unit, pairs, measure, part) for part in parts]
            for key in sums[0]:
                gained, lost, weight, first, second = (one[key] for one in sums)
                means = (first / weight, second / weight) if weight > 0 else (np.nan, np.nan)
                found[key] = (gained, lost, *means)
    return found


def _rows(run: KeptRun, ids: pd.Series) -> NDArray[np.intp]:
    """Return where the estates stand in the run's table of estates."""
    import pandas as pd

    return run.estates.index.get_indexer(pd.Index(ids))


def _amount(run: KeptRun, measure: str) -> NDArray[np.float64]:
    """Return each estate's amount; a blank number counts as nothing, as in the summary."""
    if measure == "estates":
        return np.ones(len(run.estates))
    amount: NDArray[np.float64] = np.nan_to_num(run.estates[measure].to_numpy(dtype=np.float64))
    return amount


def _sums(
    level: str, unit: NDArray[np.object_], rows: pd.DataFrame, measure: str, amount: NDArray[np.float64]
) -> dict[tuple[str, ...], float]:
    """Return the sum of ``amount`` by unit, profile and standard."""
    import pandas as pd

    frame = pd.DataFrame({
        "unit": unit, "profile": rows["profile"].to_numpy(), "standard": rows["standard"].to_numpy(), "n": amount,
    })  # fmt: skip
    sums = frame.groupby(["unit", "profile", "standard"], sort=False)["n"].sum().reset_index()
    columns = (sums[name].tolist() for name in ("unit", "profile", "standard", "n"))
    return {(level, u, p, s, measure): float(n) for u, p, s, n in zip(*columns, strict=True)}


def _keys(table: pd.DataFrame) -> list[tuple[str, ...]]:
    return list(table[_KEYS].itertuples(index=False, name=None))


def total_row(table: pd.DataFrame, *, profile: str, standard: str, measure: str) -> pd.Series:
    """Return the row of everybody for a profile, a standard and a measure."""
    rows = table[
        (table["level"] == TOTAL) & (table["profile"] == profile) & (table["standard"] == standard)
        & (table["measure"] == measure)
    ]  # fmt: skip
    return rows.iloc[0]
