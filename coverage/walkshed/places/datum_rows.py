"""Which rows are in which datum: each lies at its own name on the map in one, and far from it in the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.crs import BD09, GCJ02, WGS84

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DATUMS = (WGS84, GCJ02, BD09)
CONTROLS = 400
"""Arbitrary shifts that a datum has to beat: a wrong one is named in less than 3 of 401 cases."""
AT_NAME_M, FAR_M = 75.0, 150.0
"""Up to which distance a place lies at its name, and from which on it does not."""

_FEWEST = 2
_NEARLY_ALL = 0.9
_REACH_M = 1_500.0
_APART_M = 120.0
_OTHER_M = 500.0
_SEED = 20_240_521

Votes = dict[str, tuple["Hashable", ...]]


def ways_of(moved: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Return places moved by each datum and by arbitrary shifts, and each way's shift.

    Parameters
    ----------
    moved
        For each of :data:`DATUMS` the places in metres, shape (places, 2).

    Returns
    -------
    ways, shifts
        Shapes (3 + CONTROLS, places, 2) and (3 + CONTROLS, 2), in metres against the first datum.
    """
    shifts = np.array([np.median(there - moved[0], axis=0) for there in moved])
    arbitrary = _arbitrary(shifts)
    return np.stack([*moved, *(moved[0] + shift for shift in arbitrary)]), np.vstack([shifts, arbitrary])


def _arbitrary(shifts: Floats) -> Floats:
    """Return shifts about as long as those of the datums and well apart from them, always the same."""
    random = np.random.default_rng(_SEED)
    middle = shifts.mean(axis=0)
    made: list[Floats] = []
    while len(made) < CONTROLS:
        off = random.uniform(-_REACH_M, _REACH_M, 2)
        if np.hypot(*off) <= _REACH_M and np.hypot(*(shifts - middle - off).T).min() > _APART_M:
            made.append(middle + off)
    return np.array(made)


def votes_of(metres: Floats, ids: Sequence[Hashable]) -> Votes:
    """Return which places lie at their name in one datum and far from it in the others.

    Parameters
    ----------
    metres
        Shape (3 or more, places): how far each lies from its name in each of :data:`DATUMS`; nan without a name.
    ids
        The places.

    Examples
    --------
    >>> votes_of(np.array([[5.0, 480.0], [470.0, 10.0], [900.0, 700.0]]), ["a", "b"])
    {'EPSG:4326': ('a',), 'GCJ-02': ('b',), 'BD-09': ()}
    """
    near, far = metres[:3] <= AT_NAME_M, metres[:3] > FAR_M
    return {
        datum: tuple(ids[n] for n in np.flatnonzero(near[d] & np.delete(far, d, axis=0).all(axis=0)).tolist())
        for d, datum in enumerate(DATUMS)
    }


def in_several(metres: Floats, shifts: Floats, votes: Votes) -> bool:
    """Tell whether rows are in several datums.

    At least two rows must lie at their names in a second datum, and more of them than in any arbitrary shift: rows
    that lie wrong for other reasons do not lie wrong by one and the same shift.

    Parameters
    ----------
    metres
        Shape (3 + CONTROLS, places): how far each place lies from its name in each way; nan without a name.
    shifts
        The shift of each way, as of :func:`ways_of`.
    votes
        As of :func:`votes_of`.
    """
    counts = [len(votes[datum]) for datum in DATUMS]
    first = int(np.argmax(counts))
    astray = metres[first] > FAR_M
    return any(
        counts[datum] >= _FEWEST and counts[datum] > _by_chance(metres, shifts, datum, astray)
        for datum in set(range(len(DATUMS))) - {first}
    )


def named_in(metres: Floats, shifts: Floats, votes: Votes) -> NDArray[np.bool_]:
    """Tell for each datum whether names alone show that nearly all places are in it.

    Nine tenths of all lie at their names in this datum only, and more than in any arbitrary shift well away from it:
    in large estates a shift of some 100 m more leaves most places at their names, and says nothing against it.

    Parameters
    ----------
    metres, shifts, votes
        As for :func:`in_several`.
    """
    every = np.ones(metres.shape[1], dtype=bool)
    return np.array([
        len(votes[name]) >= _NEARLY_ALL * len(every) and len(votes[name]) > _by_chance(metres, shifts, datum, every)
        for datum, name in enumerate(DATUMS)
    ])  # fmt: skip


def _by_chance(metres: Floats, shifts: Floats, datum: int, rows: NDArray[np.bool_]) -> int:
    """Return how many of some rows lie at their names at most in an arbitrary shift well away from a datum."""
    other = np.hypot(*(shifts - shifts[datum]).T) > _OTHER_M
    other[: len(DATUMS)] = False
    return int(((metres[other] <= AT_NAME_M) & rows).sum(axis=1).max(initial=0))
