"""Catchment ratio: room per head where people share it with everybody else near (E2SFCA), and how much is near."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from walkshed.measures.amounts import amounts_of, sums_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from walkshed.measures.costs import Costs


class Decay(Protocol):
    """How much a venue counts at a cost: 0 or more, and nothing beyond ``limit``."""

    @property
    def limit(self) -> float:
        """The farthest that counts."""

    def __call__(self, cost: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the weight of each cost."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Weights by zone, as Luo and Qi [1]_ have them: one for those within the first limit, and so on.

    Parameters
    ----------
    weights
        The weight up to each limit, such as ``{5: 1, 10: 0.68, 15: 0.22}``; 1, 0.68, 0.22 (and 1, 0.42, 0.09 for a sharper
        decay) are theirs, for zones of equal width.

    References
    ----------
    .. [1] W. Luo, Y. Qi, "An enhanced two-step floating catchment area (E2SFCA) method for measuring spatial
       accessibility to primary care physicians", *Health & Place* 15(4), 2009, 1100-1107.

    Examples
    --------
    >>> Steps({5: 1, 10: 0.68, 15: 0.22})(np.array([5, 5.01, 15, 16]))
    array([1.  , 0.68, 0.22, 0.  ])
    """

    weights: Mapping[float, float]

    def __post_init__(self) -> None:
        if not self.weights or any(not 0 < limit < np.inf for limit in self.weights):
            raise ValueError("steps have limits above 0")
        if any(not 0 <= weight < np.inf for weight in self.weights.values()):
            raise ValueError("weights are 0 or more")

    @property
    def limit(self) -> float:
        """The last limit."""
        return float(max(self.weights))

    def __call__(self, cost: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the weight of the zone that each cost is in."""
        limits = sorted(self.weights)
        weight = np.array([self.weights[limit] for limit in limits] + [0.0])
        return weight[np.searchsorted(np.array(limits, dtype=np.float64), cost, side="left")]


@dataclass(frozen=True, slots=True)
class Gaussian:
    """A smooth decay: f(c) = exp(-c² / 2σ²) up to a limit, 0 beyond.

    Parameters
    ----------
    sigma
        Minutes or metres; at one sigma a venue counts 0.61, at two 0.14.
    limit
        The farthest that counts.

    Examples
    --------
    >>> Gaussian(sigma=5, limit=15)(np.array([0.0, 5.0, 15.1])).round(3)
    array([1.   , 0.607, 0.   ])
    """

    sigma: float
    limit: float

    def __post_init__(self) -> None:
        if not (0 < self.sigma < np.inf and 0 < self.limit < np.inf):
            raise ValueError("sigma and limit are above 0")

    def __call__(self, cost: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the weight of each cost."""
        return np.where(cost <= self.limit, np.exp(-(cost**2) / (2 * self.sigma**2)), 0.0)


LUO_QI = Steps({5: 1.0, 10: 0.68, 15: 0.22})
"""Luo and Qi's slower decay over the zones of a walk: 5, 10 and 15 minutes."""


def e2sfca(costs: Costs, demand: ArrayLike, supply: ArrayLike, *, decay: Decay = LUO_QI) -> pd.DataFrame:
    """Return room per head, shared with everybody near: the enhanced two-step floating catchment area method [1]_.

    R_j = S_j / Σ_k w_k f(c_kj), and A_i = Σ_j R_j f(c_ij). What is handed out adds up to what there is:
    Σ_i w_i A_i = Σ_j S_j over the venues that anybody is near.

    Parameters
    ----------
    costs
        With a reach of the decay's limit or more.
    demand
        Of each estate; NaN is a blank and counts as nobody.
    supply
        Of each venue, in places or m²; NaN is a blank and counts as nothing.
    decay
        :class:`Steps` or :class:`Gaussian`.

    Returns
    -------
    pandas.DataFrame
        estate_id, venues (near it), ratio (A, supply per unit of demand; 0 where nothing is near), at_least (a venue near
        it has no number for its supply). ``ratio`` is blank where only venues are near of which nobody makes use: an
        estate without demand beside them.

    Raises
    ------
    ValueError
        The costs do not reach as far as the decay.

    References
    ----------
    .. [1] W. Luo, Y. Qi, "An enhanced two-step floating catchment area (E2SFCA) method for measuring spatial
       accessibility to primary care physicians", *Health & Place* 15(4), 2009, 1100-1107.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkshed.measures import costs_from
    >>> table = pd.DataFrame({"estate_id": ["A", "B"], "venue_id": ["1", "1"], "walk_min": [4.0, 9.0]})
    >>> e2sfca(costs_from(table), [100, 200], [118])  # R = 118 / (100 · 1 + 200 · 0.68) = 0.5
      estate_id  venues  ratio  at_least
    0         A       1   0.50     False
    1         B       1   0.34     False
    """
    import pandas as pd

    weight, _ = amounts_of(demand, costs.n, "demand")
    room, dark = amounts_of(supply, costs.m, "supply")
    near = costs.within(decay.limit)
    pull = decay(near.cost)
    near, pull = near.where(pull > 0), pull[pull > 0]
    asked = sums_of(weight[near.estate] * pull, near.venue, costs.m)
    ratio = np.divide(room, asked, out=np.zeros(costs.m), where=asked > 0)
    score = sums_of(ratio[near.venue] * pull, near.estate, costs.n)
    venues = np.bincount(near.estate, minlength=costs.n)
    used = sums_of(asked[near.venue] > 0, near.estate, costs.n)
    score[(venues > 0) & (used == 0)] = np.nan
    unsure = sums_of(dark[near.venue], near.estate, costs.n) > 0
    return pd.DataFrame(
        {
            "estate_id": costs.estate_ids.to_numpy(),
            "venues": venues,
            "ratio": score.round(9),
            "at_least": unsure,
        }
    )


def cumulative(
    costs: Costs, *, limits: Sequence[float], opportunities: ArrayLike | None = None
) -> pd.DataFrame:
    """Return how much is near each estate: O_i(L) = Σ_{j: c_ij ≤ L} O_j, cumulative opportunities [1]_.

    Parameters
    ----------
    costs
        With a reach of the longest limit or more.
    limits
        Minutes or metres, as the costs are.
    opportunities
        Of each venue: m², places, activities a week; NaN is a blank and counts as nothing. Venues themselves by default.

    Returns
    -------
    pandas.DataFrame
        estate_id, limit, venues, opportunities, no_value (venues near it without a number): one row an estate and limit.

    References
    ----------
    .. [1] M. Wachs, T. G. Kumagai, "Physical accessibility as a social indicator", *Socio-Economic Planning Sciences*
       7(5), 1973, 437-456.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkshed.measures import costs_from
    >>> table = pd.DataFrame({"estate_id": ["A", "A"], "venue_id": ["1", "2"], "walk_min": [4.0, 9.0]})
    >>> cumulative(costs_from(table), limits=[5, 10], opportunities=[300, 500])
      estate_id  limit  venues  opportunities  no_value
    0         A    5.0       1          300.0         0
    1         A   10.0       2          800.0         0
    """
    import pandas as pd

    amount, dark = amounts_of(
        np.ones(costs.m) if opportunities is None else opportunities, costs.m, "opportunities"
    )
    frames = []
    for limit in limits:
        near = costs.within(float(limit))

        frames.append(pd.DataFrame({
            "estate_id": costs.estate_ids.to_numpy(),
            "limit": float(limit),
            "venues": np.bincount(near.estate, minlength=costs.n),
            "opportunities": sums_of(amount[near.venue], near.estate, costs.n),
            "no_value": sums_of(dark[near.venue], near.estate, costs.n).astype(np.int64),
        }))  # fmt: skip
    table = pd.concat(frames, ignore_index=True)
    place = np.tile(np.arange(costs.n), len(frames))
    return table.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)
