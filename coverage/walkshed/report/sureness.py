"""How sure a walk is: what is not known of speed, of the ways between places and streets, and of gates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from walkshed.walls.gates import FILED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.profiles import Profile
    from walkshed.standards import Standard
    from walkshed.walking.access import Access
    from walkshed.walking.pairs import Pairs

SPEED_DOUBT = 0.10
"""Walkers differ: minutes are given a range of a tenth faster and slower (docs/method.md)."""
LEG_DOUBT = 0.41
"""The leg between a place and its street is a straight line; round the blocks it may be so much longer."""


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the most that a walk may be, one per estate: minutes and metres.

    NaN where there is no walk; only the most is NaN where at worst no venue is left.
    """

    low_min: NDArray[np.float64]
    high_min: NDArray[np.float64]
    low_m: NDArray[np.float64]
    high_m: NDArray[np.float64]

    def meets(self, standard: Standard) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell which estates are within a standard at best, and which at worst."""
        low, high = (
            (self.low_min, self.high_min) if standard.minutes is not None else (self.low_m, self.high_m)
        )
        with np.errstate(invalid="ignore"):
            return low <= standard.limit, high <= standard.limit


def range_of(
    access: Access,
    near: Pairs,
    profile: Profile,
    standard: Standard,
    *,
    eligible: NDArray[np.bool_],
    speed_range: float = SPEED_DOUBT,
) -> Range:
    """Return how short and how long each estate's walk may be.

    - **Speed**: ``speed_range`` faster, and slower.
    - **Legs**: at most :data:`LEG_DOUBT` longer than the straight lines at both ends.
    - **Gates**: where the estate, or the venue it walks to, lies in a walled estate whose gates are not from the
      gates file, the walk may be as short as with all gates open, and as long as if venues inside were for
      residents alone.

    Parameters
    ----------
    near
        Each estate's nearest eligible venue, by the standard's own measure.
    """
    n = len(access.estate_ids)
    metres, minutes = _by_estate(near, n)
    legs = np.zeros(n)
    snap = np.nan_to_num(access.estate_ties.snap_m), np.nan_to_num(access.venue_ties.snap_m)
    legs[near.estate] = snap[0][near.estate] + snap[1][near.venue]
    best, worst = (metres, minutes), (metres, minutes)
    unsure = _unsure_gates(access, near)
    if unsure.any():
        best = _mixed(access, "open", profile, standard, eligible, unsure, best, np.fmin)
        worst = _mixed(access, "closed", profile, standard, eligible, unsure, worst, np.fmax)
        gone = unsure & np.isnan(_nearest(access, "closed", profile, standard, eligible)[1])
        worst[0][gone], worst[1][gone] = np.nan, np.nan  # at worst no venue is left
    longer = LEG_DOUBT * legs
    high_min = (worst[1] + longer / profile.speed_mps / 60) / (1 - speed_range)
    return Range(
        low_min=np.round(best[1] / (1 + speed_range), 2),
        high_min=np.round(high_min, 2),
        low_m=np.round(best[0], 1),
        high_m=np.round(worst[0] + longer, 1),
    )


def _by_estate(near: Pairs, n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    metres, minutes = np.full(n, np.nan), np.full(n, np.nan)
    metres[near.estate], minutes[near.estate] = near.walk_dm / 10, near.walk_cmin / 100
    return metres, minutes


def _nearest(
    access: Access, policy: str, profile: Profile, standard: Standard, eligible: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    other = access.under("open" if policy == "open" else "closed")
    return _by_estate(other.nearest(profile, eligible=eligible, by=standard.measure), len(access.estate_ids))


def _mixed(
    access: Access,
    policy: str,
    profile: Profile,
    standard: Standard,
    eligible: NDArray[np.bool_],
    unsure: NDArray[np.bool_],
    walks: tuple[NDArray[np.float64], NDArray[np.float64]],
    choose: np.ufunc,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the walks with those of the unsure estates under another policy, where that says more or less."""
    other = _nearest(access, policy, profile, standard, eligible)
    metres, minutes = (
        np.where(unsure, choose(mine, theirs), mine) for mine, theirs in zip(walks, other, strict=True)
    )
    return metres, minutes


def _unsure_gates(access: Access, near: Pairs) -> NDArray[np.bool_]:
    """Tell for which estates gates matter that no planner has told."""
    walls, n = access.walls, len(access.estate_ids)
    unsure = np.zeros(n, dtype=bool)
    if access.policy == "open" or not len(walls.yards.estate):
        return unsure
    told = np.zeros(len(walls.yards.estate), dtype=bool)
    told[walls.gates.yard[walls.gates.origin == FILED]] = True
    homes, rooms = access.footing.homes, access.footing.rooms
    in_doubt = (homes.home >= 0) & ~told[np.maximum(homes.home, 0)]
    unsure[homes.ties.points.place[in_doubt]] = True
    doubtful_venue = np.zeros(len(access.venue_ids), dtype=bool)
    in_doubt = (rooms.home >= 0) & ~told[np.maximum(rooms.home, 0)]
    doubtful_venue[rooms.ties.points.place[in_doubt]] = True
    unsure[near.estate[doubtful_venue[near.venue]]] = True
    return unsure
