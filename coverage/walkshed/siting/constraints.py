"""What a plan must keep to: one list of constraints, the same for every objective."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class NewSites:
    """At most ``p`` new sites: Σ_j y_j ≤ p over the chosen sites, fixed ones included, existing and planned not.

    Raises
    ------
    ValueError
        p is below 0.
    """

    p: int

    def __post_init__(self) -> None:
        if self.p < 0:
            raise ValueError(f"p is a number of sites, not {self.p}")


@dataclass(frozen=True, slots=True)
class Fixed:
    """These sites must be among the chosen: y_j = 1. They are counted in p and paid for.

    The same as the status ``fixed`` in the table of sites.
    """

    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forbidden:
    """These sites are never chosen: y_j = 0. The same as the status ``forbidden`` in the table of sites."""

    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlannedBy:
    """The plan is for this year: sites of status ``planned`` whose year is not later are open anyway."""

    year: float


@dataclass(frozen=True, slots=True)
class Capacity:
    """A site serves no more than it has room for, and an estate goes to one site as a whole.

    Σ_i need_i x_ij ≤ capacity_j y_j, x_ij ∈ {0, 1}, Σ_j x_ij ≤ 1 (single-source capacities [1]_).
    A site whose capacity is blank serves any number.

    Parameters
    ----------
    of
        ``"places"``: the column ``capacity``; ``"m2"``: the column ``floor_area_m2``.
    per_weight
        Places, or square metres, that one unit of demand needs; 0.3 is 30 m² per 100 households.

    References
    ----------
    .. [1] H. Pirkul, D. A. Schilling, "The maximal covering location problem with capacities on total workload",
       *Management Science* 37(2), 1991, 233-248.
    """

    of: Literal["places", "m2"] = "places"
    per_weight: float = 1.0

    def __post_init__(self) -> None:
        if self.of not in {"places", "m2"}:
            raise ValueError(f'capacity is of "places" or of "m2", not {self.of!r}')
        if not self.per_weight > 0:
            raise ValueError(f"what one unit of demand needs is above 0, not {self.per_weight}")


@dataclass(frozen=True, slots=True)
class Backup:
    """Demand counts as served only if at least ``times`` open sites serve it: Σ_{j∈N_i} y_j ≥ times · z_i [1]_.

    References
    ----------
    .. [1] K. Hogan, C. ReVelle, "Concepts and applications of backup coverage", *Management Science* 32(11),
       1986, 1434-1444.
    """

    times: int = 2

    def __post_init__(self) -> None:
        if self.times < 2:
            raise ValueError(f"covered twice or more often, not {self.times} times")


@dataclass(frozen=True, slots=True)
class Spacing:
    """Two sites stand at least ``metres`` apart (straight line): y_j + y_k ≤ 1 for every pair that is closer.

    Sites that are open anyway may stand as they do; a new one keeps away from them too.
    """

    metres: float

    def __post_init__(self) -> None:
        if not self.metres > 0:
            raise ValueError(f"spacing is above 0 metres, not {self.metres}")


@dataclass(frozen=True, slots=True)
class Budget:
    """The new sites cost no more than this, once: Σ_j cost_j y_j ≤ total, in the unit of the column ``cost``."""

    total: float


@dataclass(frozen=True, slots=True)
class Subsidy:
    """The new sites need no more than this every year: Σ_j subsidy_j y_j ≤ per_year."""

    per_year: float


@dataclass(frozen=True, slots=True)
class FloorArea:
    """At least so much floor area per 100 households in each community that has demand.

    Σ_{j in c} area_j y_j ≥ m2_per_100_households · households_c / 100, existing venues counted.

    Parameters
    ----------
    m2_per_100_households
        30 is the rule of many Chinese cities for community rooms.
    communities
        Only these; all that have households otherwise.
    """

    m2_per_100_households: float = 30.0
    communities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommunityShare:
    """In each community at least this share of the demand is covered: Σ_{i in c} w_i z_i ≥ share_c · W_c.

    Parameters
    ----------
    share
        0..1, for every community.
    by_community
        Another share for some.
    """

    share: float = 0.0
    by_community: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        for one in (self.share, *(self.by_community or {}).values()):
            if not 0 <= one <= 1:
                raise ValueError(f"a share is between 0 and 1, not {one}")


@dataclass(frozen=True, slots=True)
class NotThese:
    """These sets of new sites are no answer (each as a whole): ``Σ_{j∈S} y_j - Σ_{j∉S} y_j ≤ |S| - 1``.

    With it one asks for the next best plan, and the one after that.
    """

    sets: tuple[tuple[str, ...], ...]


Constraint = (
    NewSites
    | Fixed
    | Forbidden
    | PlannedBy
    | Capacity
    | Backup
    | Spacing
    | Budget
    | Subsidy
    | FloorArea
    | CommunityShare
    | NotThese
)
"""Any of the constraints; a kind is given once, or :class:`NotThese`, Fixed and Forbidden several times."""
