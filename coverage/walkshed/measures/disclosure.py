"""Disclosure: tables of counts made safe to leave the office, after ONS's 10-5 rule."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from walkshed.measures.cells import Cells, hidden_cells
from walkshed.report.summary import TOTAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

THRESHOLD, BASE = 10, 5
"""Counts below the first are hidden, the others rounded to the second."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the counts of a table hang together.

    Attributes
    ----------
    counts
        The columns that count people or households.
    parts
        Counts that others of the row add up to: ``{"total": ("covered", "uncovered", "unknown")}``.
    shares
        Columns to be worked out anew: ``{"covered_share": ("covered", "total")}``.
    same
        Counts that are the same whatever these columns say: ``{"total": ("profile", "standard")}``.
    nested
        Columns whose values are compared with each other, such as standards, of which one includes the other: the
        difference of two counts is a count too.
    drop
        Columns that are left out, such as ``no_value``.
    """

    counts: Sequence[str]
    parts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    shares: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    same: Mapping[str, Sequence[str]] = field(default_factory=dict)
    nested: Sequence[str] = ()
    drop: Sequence[str] = ()


SUMMARY = Layout(
    counts=("total", "covered", "uncovered", "unknown"),
    parts={"total": ("covered", "uncovered", "unknown")},
    shares={"covered_share": ("covered", "total")},
    same={"total": ("profile", "standard")},
    nested=("standard",),
    drop=("no_value",),
)
"""The layout of summary.csv."""


def suppressed(
    table: pd.DataFrame,
    layout: Layout = SUMMARY,
    *,
    threshold: int = THRESHOLD,
    base: int = BASE,
    zeros: bool = True,
) -> pd.DataFrame:
    """Return a table of counts that may leave the office: small counts hidden, the others rounded.

    The 10-5 rule of the UK's Office for National Statistics: counts below 10 are suppressed, others rounded to 5. Further
    cells are hidden so that no hidden one can be worked out from totals, rows or nested columns
    (:func:`walkshed.measures.cells.hidden_cells`), not even by someone who knew the shown counts before rounding: at
    least ``base`` values remain possible for each.

    Parameters
    ----------
    table
        Long: ``level`` and ``unit`` (a path such as ``community/area``, below ``total``) if it has them, other columns
        of text, and counts. Units add up to the unit above.
    layout
        How its counts hang together; by default that of summary.csv.
    threshold, base
        10 and 5.
    zeros
        Whether a count of 0 is shown: it counts nobody. False hides it like other small counts.

    Returns
    -------
    pandas.DataFrame
        The rows in their order; hidden counts are blank, ``suppressed`` names them; a count that was blank before stays
        blank and is not named. Rounded parts need not add up to the rounded total.

    Raises
    ------
    ValueError
        A number that is neither a count nor a share (it would tell too much: name it in ``drop``), a negative count, two
        rows alike, or parts that do not add up.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"level": ["total", "area", "area", "area"], "unit": ["total", "东", "西", "北"],
    ...     "total": [163, 4, 48, 111]})
    >>> suppressed(table, Layout(counts=["total"]))
       level   unit  total suppressed
    0  total  total  165.0
    1   area      东    NaN      total
    2   area      西    NaN      total
    3   area      北  110.0
    """
    return _protected([table], layout, threshold=threshold, base=base, zeros=zeros, change=False)[0]


def suppressed_change(
    before: pd.DataFrame,
    after: pd.DataFrame,
    layout: Layout = SUMMARY,
    *,
    threshold: int = THRESHOLD,
    base: int = BASE,
    zeros: bool = True,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return two tables and the change between them, safe to be published together.

    A change of fewer than ``threshold`` is a small count too, so it is hidden, and with it the count before or after from
    which it could be worked out.

    Parameters
    ----------
    before, after
        Two tables with the same rows, in any order.
    layout, threshold, base, zeros
        As for :func:`suppressed`.

    Returns
    -------
    tuple of pandas.DataFrame
        before, after, and after - before (rounded without its sign); the change has no shares.

    Raises
    ------
    ValueError
        As :func:`suppressed`, or the tables have different rows.

    Examples
    --------
    >>> import pandas as pd
    >>> before = pd.DataFrame({"level": ["total", "area", "area"], "unit": ["total", "东", "西"], "covered": [150, 50, 100]})
    >>> after = before.assign(covered=[194, 53, 141])
    >>> suppressed_change(before, after, Layout(counts=["covered"]))[2]["covered"].tolist()
    [45.0, nan, nan]
    """
    made = _protected([before, after], layout, threshold=threshold, base=base, zeros=zeros, change=True)
    return made[0], made[1], made[2]


def _protected(
    tables: list[pd.DataFrame], layout: Layout, *, threshold: int, base: int, zeros: bool, change: bool
) -> list[pd.DataFrame]:
    if not (threshold >= 1 and base >= 1):
        raise ValueError("threshold and base are 1 or more")
    keys = _keys(tables[0], layout)
    tables = [_aligned(table, tables[0], keys) for table in tables]
    cells = Cells()
    numbers = [_counted(table, layout, keys, cells) for table in tables]
    if change:
        numbers.append(_differences(numbers[0], numbers[1], cells))
    hidden = hidden_cells(cells, threshold=threshold, spread=base - 1, zeros=zeros)
    value = np.array([*cells.value, np.nan])
    hidden = np.append(hidden, False)
    made = [
        _shown(table, layout, at, hidden, value, base) for table, at in zip(tables, numbers, strict=False)
    ]
    if change:
        sign = {name: np.sign(value[numbers[1][name]] - value[numbers[0][name]]) for name in layout.counts}
        plain = Layout(counts=layout.counts, drop=(*layout.drop, *layout.shares))
        moved = _shown(tables[0], plain, numbers[2], hidden, value, base)
        made.append(moved.assign(**{name: moved[name] * sign[name] + 0.0 for name in layout.counts}))
    return made


def _keys(table: pd.DataFrame, layout: Layout) -> list[str]:
    from pandas.api.types import is_numeric_dtype

    missing = [name for name in layout.counts if name not in table]
    if missing:
        raise ValueError(f"the table has no column {', '.join(missing)}")
    told = {*layout.counts, *layout.shares, *layout.drop}
    keys = [str(name) for name in table.columns if name not in told]
    numbers = [name for name in keys if is_numeric_dtype(table[name].dtype)]
    if numbers:
        raise ValueError(f"neither counts nor shares, and they would tell too much: {', '.join(numbers)}")
    for name in layout.counts:
        if (table[name] < 0).any() or np.isinf(table[name].to_numpy(dtype=np.float64)).any():
            raise ValueError(f"{name} is not a count")
    if len(table) > 1 and (not keys or table.duplicated(keys).any()):
        raise ValueError("two rows of the table are alike but for their counts")
    return keys


def _aligned(table: pd.DataFrame, first: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    if table is first:
        return table.reset_index(drop=True)
    if list(table.columns) != list(first.columns) or len(table) != len(first):
        raise ValueError("the two tables have different columns or rows")
    rank = {tuple(row): number for number, row in enumerate(table[keys].itertuples(index=False))}
    wanted = [tuple(row) for row in first[keys].itertuples(index=False)]
    if len(rank) != len(table) or set(rank) != set(wanted):
        raise ValueError("the two tables have different rows")
    return table.iloc[[rank[row] for row in wanted]].reset_index(drop=True)


Numbers = dict[str, "NDArray[np.int64]"]


def _counted(table: pd.DataFrame, layout: Layout, keys: list[str], cells: Cells) -> Numbers:
    """Add a table's counts and sums to the cells; return each count's cell by row, -1 for a blank."""
    columns = [table[key].tolist() for key in keys]
    rows: list[dict[str, object]] = [
        {key: column[row] for key, column in zip(keys, columns, strict=True)} for row in range(len(table))
    ]
    at: Numbers = {}
    for name in layout.counts:
        known: dict[tuple[object, ...], int] = {}
        own = [key for key in keys if key not in layout.same.get(name, ())]
        number = np.full(len(table), -1, dtype=np.int64)
        for row, value in enumerate(table[name].to_numpy(dtype=np.float64).tolist()):
            if np.isnan(value):
                continue
            ident = tuple(rows[row][key] for key in own)
            number[row] = known[ident] if ident in known else known.setdefault(ident, cells.add(value))
            if abs(cells.value[number[row]] - value) > 1e-6 * max(1.0, value):
                raise ValueError(f"{name} should be the same in all rows of {ident}")
        at[name] = number
    for whole, parts in layout.parts.items():
        for row in np.flatnonzero(np.all([at[one] >= 0 for one in (whole, *parts)], axis=0)).tolist():
            cells.total(int(at[whole][row]), [int(at[part][row]) for part in parts])
    for name in layout.counts:
        _up_the_tree(rows, keys, at[name], cells)
        for column in layout.nested:
            if column in keys and column not in layout.same.get(name, ()):
                _nested(rows, keys, column, at[name], cells)
    return at


def _groups(rows: list[dict[str, object]], keys: list[str], without: set[str]) -> list[list[int]]:
    own = [key for key in keys if key not in without]
    groups: dict[tuple[object, ...], list[int]] = {}
    for number, row in enumerate(rows):
        groups.setdefault(tuple(row[key] for key in own), []).append(number)
    return list(groups.values())


def _up_the_tree(rows: list[dict[str, object]], keys: list[str], at: NDArray[np.int64], cells: Cells) -> None:
    """Say that the units of a level add up to the unit above."""
    if "unit" not in keys:
        return
    levels = list(dict.fromkeys(str(row.get("level", "")) for row in rows))
    done: set[tuple[int, tuple[int, ...]]] = set()
    for group in _groups(rows, keys, {"level", "unit"}):
        by = {level: [n for n in group if str(rows[n].get("level", "")) == level] for level in levels}
        for above, below in pairwise(levels):
            for parent in by[above]:
                name = str(rows[parent]["unit"])
                children = [
                    n
                    for n in by[below]
                    if above == TOTAL or _parent(str(rows[n]["unit"]), by[above], rows) == name
                ]
                numbers = int(at[parent]), tuple(int(at[n]) for n in children)
                if children and min(numbers[0], *numbers[1]) >= 0 and numbers not in done:
                    done.add(numbers)
                    cells.total(*numbers)


def _parent(unit: str, above: list[int], rows: list[dict[str, object]]) -> str:
    """Return the unit above: the longest that the path begins with."""
    fits = [name for name in (str(rows[n]["unit"]) for n in above) if unit.startswith(name + "/")]
    return max(fits, key=len, default="")


def _nested(
    rows: list[dict[str, object]], keys: list[str], column: str, at: NDArray[np.int64], cells: Cells
) -> None:
    """Say that what lies between two rows that differ in one column is a count too."""
    for group in _groups(rows, keys, {column}):
        known = sorted({int(at[n]) for n in group if at[n] >= 0}, key=lambda cell: (cells.value[cell], cell))
        for low, high in pairwise(known):
            between = cells.add(cells.value[high] - cells.value[low])
            cells.total(high, (low, between))


def _differences(before: Numbers, after: Numbers, cells: Cells) -> Numbers:
    at: Numbers = {}
    for name, old in before.items():
        new = after[name]
        known: dict[tuple[int, int], int] = {}
        number = np.full(len(old), -1, dtype=np.int64)
        for row in np.flatnonzero((old >= 0) & (new >= 0)).tolist():
            a, b = sorted((int(old[row]), int(new[row])), key=lambda cell: cells.value[cell])
            if (a, b) not in known:
                known[a, b] = cells.add(cells.value[b] - cells.value[a])
                cells.total(b, (a, known[a, b]))
            number[row] = known[a, b]
        at[name] = number
    return at


def _shown(
    table: pd.DataFrame,
    layout: Layout,
    at: Numbers,
    hidden: NDArray[np.bool_],
    value: NDArray[np.float64],
    base: int,
) -> pd.DataFrame:
    made = table.drop(columns=[name for name in layout.drop if name in table])
    secret = {name: hidden[at[name]] for name in layout.counts}
    for name in layout.counts:
        rounded = base * np.floor(value[at[name]] / base + 0.5)
        made[name] = np.where(secret[name], np.nan, rounded)
    for name, (part, whole) in layout.shares.items():
        if name in made:
            top, bottom = (made[one].to_numpy(dtype=np.float64) for one in (part, whole))
            share = np.full(len(made), np.nan)
            np.divide(top, bottom, out=share, where=bottom > 0)
            made[name] = np.clip(share, 0.0, 1.0).round(3)
    said = [" ".join(name for name in layout.counts if secret[name][row]) for row in range(len(made))]
    return made.assign(suppressed=said)
