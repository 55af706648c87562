"""From the walks of homes to an estate's row: shares by household, the median household, the distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

_ROUNDING = 1e-9
"""Weights that are shares add up to 1 only so nearly; whole households add up exactly."""

Measure = Literal["walk_m", "walk_min"]


def weighted_quantile(values: ArrayLike, weights: ArrayLike, quantile: float) -> float:
    r"""Return the weighted quantile of walks: the shortest walk within which at least that share of the weight lies.

    With walks :math:`x_i` and weights :math:`w_i` it is the smallest :math:`x` among the :math:`x_i` for which

    .. math:: \sum_{x_i \le x} w_i \ge q \sum_i w_i,

    the left-continuous inverse of the weighted distribution; nothing is interpolated, so it is always a walk that
    somebody has. NaN stands for a walk that never ends (nothing is reached) and is longer than any other: where the
    quantile falls there the answer is NaN, and so it is where there is no weight. Sums are compared to within a
    billionth of the whole.

    Parameters
    ----------
    values
        Metres or minutes, shape (n,).
    weights
        Households or shares, 0 or more, shape (n,).
    quantile
        0 < q ≤ 1: 0.5 is the median, 0.9 the P90.

    Examples
    --------
    >>> weighted_quantile([100, 200, 900], [10, 10, 20], 0.5), weighted_quantile([100, 200, 900], [10, 10, 20], 0.9)
    (200.0, 900.0)
    >>> weighted_quantile([100, float("nan")], [1, 2], 0.5)
    nan
    """
    walks, weight = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    at = quantile_units(walks, weight, np.zeros(len(walks), dtype=np.int64), 1, quantile)[0]
    return float(walks[at]) if at >= 0 else float("nan")


def quantile_units(
    walks: NDArray[np.float64],
    weights: NDArray[np.float64],
    estate: NDArray[np.int64],
    n_estates: int,
    quantile: float,
    *,
    last: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Return for each estate the unit in which its weighted quantile lives, -1 where it has no weight.

    Parameters
    ----------
    walks, weights, estate
        Of each unit: its walk (NaN: nothing is reached), its weight, and the number of its estate.
    quantile
        As in :func:`weighted_quantile`.
    last
        Units that stand behind all others, because nothing is known of their walk.
    """
    found = np.full(n_estates, -1, dtype=np.int64)
    if not len(walks):
        return found
    behind = np.zeros(len(walks), dtype=bool) if last is None else last
    order = np.lexsort((np.arange(len(walks)), np.nan_to_num(walks, nan=np.inf), behind, estate))
    owner, weight = estate[order], weights[order]
    first = np.concatenate([[True], owner[1:] != owner[:-1]])
    start = np.flatnonzero(first)
    size = np.diff(np.append(start, len(owner)))
    whole = np.add.reduceat(weight, start)
    with np.errstate(invalid="ignore"):
        part = np.nan_to_num(weight / np.repeat(whole, size))
    so_far = np.cumsum(part)  # of all estates, each 1 in all: their parts are told apart by what stood before
    so_far -= np.repeat(so_far[start] - part[start], size)
    reached = so_far >= quantile - _ROUNDING
    reached &= weight > 0
    number = np.flatnonzero(reached)
    group = np.repeat(np.arange(len(start)), size)[number]
    one = np.ones(len(number), dtype=bool)
    one[1:] = group[1:] != group[:-1]
    found[owner[number[one]]] = order[number[one]]
    return found


def estate_rows(
    *,
    estate: NDArray[np.int64],
    n_estates: int,
    households: NDArray[np.float64],
    share: NDArray[np.float64],
    walk_m: NDArray[np.float64],
    walk_min: NDArray[np.float64],
    unknown: NDArray[np.bool_],
    limit: float,
    by: Measure,
) -> pd.DataFrame:
    """Return each estate's answer for one kind of walker and one standard, from the walks of its homes.

    A home counts with its households; where the estate's number of households is blank or 0, with its share of
    the estate. Homes of which nothing is known (not located, off the streets, on an island) count in
    ``unknown_share`` and, in medians, behind those that reach nothing.

    Parameters
    ----------
    estate, households, share
        Of each unit: the number of its estate, its households (NaN blank), its share of the estate; see
        :class:`walkshed.homes.Homes`.
    walk_m, walk_min
        The walk from each unit to its nearest venue that counts, NaN where none is reached.
    unknown
        Whether nothing is known of the unit's walk.
    limit, by
        The standard, and in what it is measured.

    Returns
    -------
    pandas.DataFrame
        One row per estate, by number: status (covered, uncovered, unknown) of the median household by ``by``; unit
        (where that household lives, -1 for an estate without units: its venue and its reason are the estate's);
        covered_share, unknown_share; walk_m, walk_min (medians, each on its own), walk_m_p90, walk_min_p90
        (:func:`weighted_quantile`); NaN where the walk never ends or is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> rows = estate_rows(estate=np.array([0, 0]), n_estates=1, households=np.array([30.0, 70.0]),
    ...     share=np.array([0.3, 0.7]), walk_m=np.array([200.0, 400.0]), walk_min=np.array([2.6, 5.2]),
    ...     unknown=np.array([False, False]), limit=300.0, by="walk_m")
    >>> rows["status"].tolist(), rows[["covered_share", "walk_m"]].to_numpy().tolist()
    (['uncovered'], [[0.3, 400.0]])
    """
    import pandas as pd

    weight = unit_weights(estate, n_estates, households, share)
    walks = {"walk_m": walk_m, "walk_min": walk_min}
    with np.errstate(invalid="ignore"):
        within = (walks[by] <= limit) & ~unknown
    whole = np.bincount(estate, weights=weight, minlength=n_estates)
    shares = {}
    for name, which in (("covered_share", within), ("unknown_share", unknown)):
        part = np.bincount(estate[which], weights=weight[which], minlength=n_estates)
        with np.errstate(invalid="ignore"):
            shares[name] = part / whole
    middle = quantile_units(walks[by], weight, estate, n_estates, 0.5, last=unknown)
    status = np.full(n_estates, "unknown", dtype=object)
    there = middle >= 0
    status[there] = np.where(
        within[middle[there]], "covered", np.where(unknown[middle[there]], "unknown", "uncovered")
    )
    columns = {"status": status, "unit": middle, **shares}
    for quantile, ending in ((0.5, ""), (0.9, "_p90")):
        for name, values in walks.items():
            at = quantile_units(values, weight, estate, n_estates, quantile, last=unknown)
            known = np.append(np.where(unknown, np.nan, values), np.nan)
            columns[name + ending] = known[at]
    return pd.DataFrame(columns)


def unit_weights(
    estate: NDArray[np.int64], n_estates: int, households: NDArray[np.float64], share: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what each unit counts: its households, or its share of an estate whose number is blank or 0."""
    total = np.bincount(estate, weights=households, minlength=n_estates)
    with np.errstate(invalid="ignore"):
        counted = total > 0
    return np.where(counted[estate], households, share)


def distribution(parts: Sequence[tuple[str, str, pd.DataFrame]], estate_ids: pd.Index[str]) -> pd.DataFrame:
    """Return how the walks are distributed within each estate, as one long table.

    Parameters
    ----------
    parts
        The names of profile and standard, and the answer of :func:`estate_rows` for each pair of them.
    estate_ids
        The estates, by number.

    Returns
    -------
    pandas.DataFrame
        estate_id, profile, standard, covered_share, unknown_share, walk_m, walk_m_p90, walk_min, walk_min_p90; in
        the order of the estates, then of the parts.
    """
    import pandas as pd

    columns = ["covered_share", "unknown_share", "walk_m", "walk_m_p90", "walk_min", "walk_min_p90"]
    frames = [
        rows[columns].assign(estate_id=estate_ids.to_numpy(), profile=profile, standard=standard)
        for profile, standard, rows in parts
    ]
    table = pd.concat(frames, ignore_index=True)[["estate_id", "profile", "standard", *columns]]
    order = np.argsort(np.tile(np.arange(len(estate_ids)), len(frames)), kind="stable")
    return table.iloc[order].reset_index(drop=True)
