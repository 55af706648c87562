"""Pairing: neighbouring areas as partners for activities of a middle size, so that they walk least in all."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np

from walkshed.measures.programme import Programme, in_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

Odd = Literal["triple", "alone"]
"""What becomes of the last area of an odd number."""


def pair_areas(
    walks: pd.DataFrame,
    areas: Sequence[str],
    *,
    odd: Odd = "triple",
    within: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Pair areas so that as few as possible are without a partner, and the total walk of partners is least.

    A minimum-weight perfect matching [1]_: over pairs e (and, where their number is odd and ``odd`` is ``"triple"``,
    groups of three) max number of areas in a group, then min Σ_e cost_e z_e, subject to Σ_{e with a} z_e ≤ 1, z_e ∈ {0, 1}, and
    one group of three at most. Solved to proven optimality as an integer programme. A group of three costs what its
    three pairs cost together, so that it is formed of areas that are near each other all three.

    Parameters
    ----------
    walks
        area, partner, cost, one row a pair, in either direction, from :func:`walkshed.measures.area_walks` or of one's own:
        the pairs that may be partners. A pair without a row, or with a blank cost, cannot be.
    areas
        All areas, in their order.
    odd
        ``"triple"``: one group of three takes the odd one in; ``"alone"``: it stays alone, whichever makes the rest
        walk least.
    within
        The community of each area: partners are then of the same one.

    Returns
    -------
    pandas.DataFrame
        group (1, 2, … in the order of the areas), area, partners (number of others in the group; 0 is alone), cost (of the
        group; blank for one alone): one row an area, in the order of the groups.

    Raises
    ------
    ValueError
        An area stands twice or is unknown, a pair has two different costs, or a cost is negative.

    References
    ----------
    .. [1] J. Edmonds, "Maximum matching and a polyhedron with 0,1-vertices", *Journal of Research of the National Bureau
       of Standards* 69B, 1965, 125-130.

    Examples
    --------
    >>> import pandas as pd
    >>> walks = pd.DataFrame([("A", "B", 1.0), ("B", "C", 2.0), ("C", "D", 10.0), ("A", "D", 4.0)],
    ...     columns=["area", "partner", "cost"])
    >>> pair_areas(walks, ["A", "B", "C", "D"])[["group", "area", "cost"]]  # not A-B, which would leave C-D
       group area  cost
    0      1    A   4.0
    1      1    D   4.0
    2      2    B   2.0
    3      2    C   2.0
    """
    if odd not in {"triple", "alone"}:
        raise ValueError(f'an odd area is taken into a "triple" or stays "alone", not {odd!r}')
    if len(set(areas)) != len(areas):
        raise ValueError("every area stands once")
    cost = _costs(walks, list(areas))
    block = [within.get(area, "") for area in areas] if within is not None else [""] * len(areas)
    groups: list[tuple[tuple[int, ...], float]] = []
    for name in dict.fromkeys(block):
        members = [number for number, one in enumerate(block) if one == name]
        groups.extend(_matched(members, cost, odd))
    return _table(list(areas), sorted(groups))


def _costs(walks: pd.DataFrame, areas: list[str]) -> dict[tuple[int, int], float]:
    number = {area: at for at, area in enumerate(areas)}
    cost: dict[tuple[int, int], float] = {}
    for area, partner, value in zip(walks["area"], walks["partner"], walks["cost"], strict=True):
        if area not in number or partner not in number:
            raise ValueError(f"the walks name an area that is not among the areas: {area}, {partner}")
        if area == partner:
            raise ValueError(f"{area} is no partner of itself")
        a, b = sorted((number[area], number[partner]))
        if value < 0:
            raise ValueError(f"the walk between {area} and {partner} is negative")
        if np.isfinite(value) and cost.setdefault((a, b), float(value)) != float(value):
            raise ValueError(f"{area} and {partner} have two different walks")
    return cost


def _matched(
    members: list[int], cost: dict[tuple[int, int], float], odd: Odd
) -> list[tuple[tuple[int, ...], float]]:
    """Return the groups of some areas and what each costs; areas that are alone cost NaN."""
    choices: list[tuple[int, ...]] = [pair for pair in combinations(members, 2) if pair in cost]
    if odd == "triple" and len(members) % 2:
        choices += [
            three
            for three in combinations(members, 3)
            if all(pair in cost for pair in combinations(three, 2))
        ]
    price = np.array([sum(cost[pair] for pair in combinations(choice, 2)) for choice in choices])
    chosen = _best(members, choices, price)
    groups = [(choices[at], float(price[at])) for at in chosen]
    paired = {area for group, _ in groups for area in group}
    return groups + [((area,), float("nan")) for area in members if area not in paired]


def _best(members: list[int], choices: list[tuple[int, ...]], price: NDArray[np.float64]) -> list[int]:
    """Return the numbers of the best groups."""
    from scipy.sparse import csr_array

    if not choices:
        return []
    at = {area: row for row, area in enumerate(members)}
    size = np.array([len(choice) for choice in choices])
    row = np.array(
        [at[area] for choice in choices for area in choice] + [len(members)] * int((size == 3).sum())
    )
    column = np.concatenate([np.repeat(np.arange(len(choices)), size), np.flatnonzero(size == 3)])
    rows = csr_array((np.ones(len(row)), (row, column)), shape=(len(members) + 1, len(choices)))
    # one more area with a partner is worth more than all walks together; costs as thousandths of the dearest
    scaled = 1_000.0 * price / max(float(price.max()), 1e-12)
    bonus = float(np.sort(scaled)[::-1][: len(members)].sum()) + 1.0
    programme = Programme(
        scaled - bonus * size, rows, np.full(len(members) + 1, -np.inf), np.ones(len(members) + 1)
    )
    done = in_whole(programme, nodes=1_000_000)
    if done.x is None:  # pragma: no cover - doing nothing is always a solution
        return []
    return np.flatnonzero(done.x > 0.5).tolist()


def _table(areas: list[str], groups: list[tuple[tuple[int, ...], float]]) -> pd.DataFrame:
    import pandas as pd

    rows = [
        (number, areas[area], len(group) - 1, round(price, 6))
        for number, (group, price) in enumerate(groups, start=1)
        for area in group
    ]
    return pd.DataFrame(rows, columns=["group", "area", "partners", "cost"])
