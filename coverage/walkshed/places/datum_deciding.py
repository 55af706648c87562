"""From how well each datum explains the places to the one they are in, or to "cannot tell" and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Text
from walkshed.places.datum_evidence import APART, IN_BUILDING
from walkshed.places.datum_rows import DATUMS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_SECOND = 0.1
_OFF_MAP_SHARE = 0.05
_APART_SHARE, _MOVED_SHARE, _LOOSE_SHARE = 0.05, 0.025, 0.1
_NAMES_SUFFICE = 0.9
_FEW_APART = 0.2
_ROUNDS = 40

_NONE_FITS = Text(
    "no datum fits the streets, buildings and names better than chance does",
    "没有哪种坐标系与道路、建筑和名称的吻合程度明显好于随机",
)
_TOO_MANY_OFF = Text(
    "in the datum that fits best, places still lie far from every street: they are in several datums, or the "
    "street file ends before them",
    "即使按最吻合的坐标系，仍有地点远离所有道路：可能混用了多种坐标系，或路网文件范围不够",
)
_PART_APART = Text(
    "in the datum that fits best, places still lie away from every building and from their names: a part of them may "
    "be in another datum",
    "即使按最吻合的坐标系，仍有地点不在任何建筑旁，名称也对不上：可能有一部分使用了另一种坐标系",
)
_SECOND_FITS = Text(
    "two datums each explain a part of the places, and too few names stand on the map to say which rows",
    "两种坐标系各能解释一部分地点，而地图上能对上的名称太少，无法分清是哪些行",
)


def decided(
    likely: Floats,
    off_share: Floats,
    kinds: NDArray[np.int64],
    at_name: NDArray[np.bool_],
    *,
    clear: NDArray[np.bool_],
    built: bool,
) -> tuple[str, Text, str]:
    """Return the verdict, or "", why not, and the datum most places fit.

    Parameters
    ----------
    likely
        Shape (ways, places): how much likelier each spot is for a right place than by chance; the datums first, then
        the arbitrary shifts they have to beat.
    off_share
        For each way the share of the places far from every street.
    kinds, at_name
        Shape (datums, places): the kind of each spot, and whether the place lies at its name.
    clear
        For each datum whether names alone show it: then it need not beat the arbitrary shifts, too.
    built
        Whether the map has buildings.
    """
    alone = _alone(likely)
    best = int(np.argmax(alone[: len(DATUMS)]))
    if not (clear[best] or alone[best] > alone[len(DATUMS) :].max()):
        return "", _NONE_FITS, ""
    others = [n for n in range(len(DATUMS)) if n != best]
    second = max(_together(likely[[best, other]]) for other in others) - alone[best]
    loose = (kinds[best] != IN_BUILDING) & ~at_name[best]
    if loose.any() and alone[others].max() > alone[len(DATUMS) :].max():
        second = np.inf  # the second explains more than every arbitrary shift does, too
    apart = np.isin(kinds[best], APART) & ~at_name[best]
    most = DATUMS[best] if apart.mean() <= _FEW_APART and second <= _SECOND else ""
    if off_share[best] > _OFF_MAP_SHARE:
        return "", _TOO_MANY_OFF, most
    if second > _SECOND:
        return "", _SECOND_FITS, most
    if built and at_name[best].mean() < _NAMES_SUFFICE and _part_apart(kinds, at_name, best):
        return "", _PART_APART, most
    return DATUMS[best], Text("", ""), ""


def _part_apart(kinds: NDArray[np.int64], at_name: NDArray[np.bool_], best: int) -> bool:
    """Tell whether a part of the places may well be in another datum than the best.

    Places that lie right seldom lie away from every building, and those that do seldom lie in one when they are
    moved. The limits are such that of the sets of 20 real buildings tried, none of those in one datum is lost, and next
    to none with a quarter of the places in another datum passes (docs/finding-places.md has the numbers).
    """
    apart = np.isin(kinds[best], APART) & ~at_name[best]
    loose = (kinds[best] != IN_BUILDING) & ~at_name[best]
    there = np.delete((kinds == IN_BUILDING) | at_name, best, axis=0).any(axis=0)
    return bool(
        apart.mean() > _APART_SHARE
        or (apart & there).mean() > _MOVED_SHARE
        or (loose & there).mean() + apart.mean() > _LOOSE_SHARE
    )


def _alone(likely: Floats) -> Floats:
    """Return each way's log-likelihood over chance where it explains a share of the places, the likeliest share."""
    share = np.full(len(likely), 0.5)
    for _ in range(_ROUNDS):
        weight = share[:, None] * likely
        share = (weight / (weight + 1 - share[:, None])).mean(axis=1)
    return np.asarray(np.log(share[:, None] * likely + 1 - share[:, None]).sum(axis=1))


def _together(likely: Floats) -> float:
    """Return the log-likelihood over chance of ways that explain a share of the places each."""
    every = np.vstack([likely, np.ones((1, likely.shape[1]))])
    share = np.full(len(every), 1 / len(every))
    for _ in range(2 * _ROUNDS):
        weight = share[:, None] * every
        share = (weight / weight.sum(axis=0)).mean(axis=1)
    return float(np.log((share[:, None] * every).sum(axis=0)).sum())
