"""The four objectives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

Name = Literal["mclp", "lscp", "p_median", "p_center"]


@dataclass(frozen=True, slots=True)
class Mclp:
    """Most demand covered (maximal covering location problem [1]_).

    max Σ_i w_i z_i  subject to  z_i ≤ Σ_{j∈N_i} y_j,  0 ≤ z_i ≤ 1,  y_j ∈ {0, 1}, and the constraints,
    where N_i are the sites whose walk from i is within the standard. The value is the demand covered,
    by what is open anyway too.

    References
    ----------
    .. [1] R. Church, C. ReVelle, "The maximal covering location problem", *Papers of the Regional Science
       Association* 32, 1974, 101-118.
    """

    name: ClassVar[Name] = "mclp"
    sense: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Lscp:
    """Fewest new sites that cover all demand, or a share of it (location set covering problem [1]_).

    min Σ_j y_j  subject to  z_i ≤ Σ_{j∈N_i} y_j,  Σ_i w_i z_i ≥ share · W. With share = 1 every row of
    demand must be covered, those that weigh nothing excepted. The value is the number of new sites.

    Parameters
    ----------
    share
        Above 0, at most 1.

    References
    ----------
    .. [1] C. Toregas, R. Swain, C. ReVelle, L. Bergman, "The location of emergency service facilities",
       *Operations Research* 19(6), 1971, 1363-1373.
    """

    share: float = 1.0
    name: ClassVar[Name] = "lscp"
    sense: ClassVar[int] = -1

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"a share is above 0 and at most 1, not {self.share}")


@dataclass(frozen=True, slots=True)
class PMedian:
    """Least total walk (p-median [1]_).

    min Σ_i w_i Σ_j d_ij x_ij  subject to  Σ_j x_ij = 1,  x_ij ≤ y_j,  y_j ∈ {0, 1}. The value is the sum of
    demand × walk, over demand in metres, minutes or the cost table's unit.

    **Demand beyond any site.** The table may hold no walk between a row and any site that could be open: such a
    row is left out, listed as ``unreached``, and not part of the value. Every other row must be served, unless
    ``beyond`` is given: then a row whose nearest open site is farther, or not in the table, counts as
    ``beyond`` (so a walk longer than that is not counted as longer), those that no site reaches included.

    Parameters
    ----------
    beyond
        In metres, minutes or the table's unit.

    References
    ----------
    .. [1] S. L. Hakimi, "Optimum locations of switching centers and the absolute centers and medians of a graph",
       *Operations Research* 12(3), 1964, 450-459; C. ReVelle, R. Swain, "Central facilities location",
       *Geographical Analysis* 2(1), 1970, 30-42.
    """

    beyond: float | None = None
    name: ClassVar[Name] = "p_median"
    sense: ClassVar[int] = -1

    def __post_init__(self) -> None:
        if self.beyond is not None and not 0 <= self.beyond < float("inf"):
            raise ValueError(f"beyond is a walk of 0 or more, not {self.beyond}")


@dataclass(frozen=True, slots=True)
class PCenter:
    """Least worst walk (p-centre [1]_).

    min D  subject to  Σ_j d_ij x_ij ≤ D,  Σ_j x_ij = 1,  x_ij ≤ y_j, for all demand that weighs something and
    that some site reaches (what none reaches is left out and listed as ``unreached``). Solved as a series
    of set coverings over the distinct walks [2]_, so the value is one of the table's walks.

    References
    ----------
    .. [1] S. L. Hakimi, see :class:`PMedian`.
    .. [2] E. Minieka, "The m-center problem", *SIAM Review* 12(1), 1970, 138-139.
    """

    name: ClassVar[Name] = "p_center"
    sense: ClassVar[int] = -1


Objective = Mclp | Lscp | PMedian | PCenter
OBJECTIVES: dict[str, type[Mclp | Lscp | PMedian | PCenter]] = {
    "mclp": Mclp, "lscp": Lscp, "p_median": PMedian, "p_center": PCenter,
}  # fmt: skip


def objective_of(wanted: Objective | str) -> Objective:
    """Return an objective by its name, with its defaults, or as it is.

    Examples
    --------
    >>> objective_of("mclp")
    Mclp()
    """
    if not isinstance(wanted, str):
        return wanted
    if wanted not in OBJECTIVES:
        raise ValueError(f"there is no objective {wanted!r}; there are {', '.join(OBJECTIVES)}")
    return OBJECTIVES[wanted]()
