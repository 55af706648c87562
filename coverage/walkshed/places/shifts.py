"""A source whose answers all lie to one side of everybody else's: it does not use the datum it declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from walkshed import datum
from walkshed.crs import BD09, GCJ02, WGS84
from walkshed.errors import Finding, Text
from walkshed.geodesy import distance_m

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_FEWEST = 4
"""From so many places on a common shift is no accident."""
_SHORTEST_M = 100.0
_WITHIN_M = 80.0
_MOST = 0.8


@dataclass(frozen=True, slots=True)
class Shift:
    """A common shift of a source against places of the same names.

    Attributes
    ----------
    source
        The source that is shifted.
    east_m, north_m
        Its median, in metres.
    places
        How many places were compared.
    fits
        ``"GCJ-02"`` or ``"BD-09"`` where the shift is that of coordinates in this datum taken for WGS84, or
        ``"-GCJ-02"`` and ``"-BD-09"`` where WGS84 was taken for it; "" where it is none of them.
    """

    source: str
    east_m: float
    north_m: float
    places: int
    fits: str

    @property
    def metres(self) -> float:
        """How far the shift goes."""
        return float(np.hypot(self.east_m, self.north_m))

    @property
    def notice(self) -> Finding:
        """The shift in a sentence."""
        name, metres = self.source, self.metres
        en, zh = _FITS.get(self.fits, ("", ""))
        text = Text(
            f"all answers of {name} lie about {metres:,.0f} m to one side of the same names on the map ({self.places} "
            f"compared){en}; its answers are candidates only until this is cleared up",
            f"{name} 的结果整体偏离地图上的同名地点约 {metres:,.0f} 米（比较了 {self.places} 处）{zh}；"
            "查清之前其结果只作为候选",
        )
        return Finding("places.source_shifted", text)


_FITS = {
    GCJ02: (": they are GCJ-02, not what it declares", "，实际为 GCJ-02，与其声明不符"),
    BD09: (": they are BD-09, not what it declares", "，实际为 BD-09，与其声明不符"),
    f"-{GCJ02}": (
        ": they were WGS84 already, not GCJ-02 as declared",
        "，其坐标本已是 WGS84，并非所声明的 GCJ-02",
    ),
    f"-{BD09}": (
        ": they were WGS84 already, not BD-09 as declared",
        "，其坐标本已是 WGS84，并非所声明的 BD-09",
    ),
}


def common_shift(
    source: str, theirs: Sequence[tuple[float, float]], ours: Sequence[tuple[float, float]]
) -> Shift | None:
    """Return the common shift of a source's places against the same places on the map, None where there is none.

    Parameters
    ----------
    source
        Its name.
    theirs, ours
        Longitude and latitude of the same places by the source and by the map, in the same order.

    Returns
    -------
    Shift or None
        A shift of more than 100 m that four fifths of at least four places have in common, within 80 m.

    Examples
    --------
    >>> ours = [(120.25 + i / 100, 31.55) for i in range(5)]
    >>> theirs = [tuple(float(v) for v in datum.convert(*at, source="EPSG:4326", target="GCJ-02")) for at in ours]
    >>> shift = common_shift("amap", theirs, ours)
    >>> shift.fits, 400 < shift.metres < 600
    ('GCJ-02', True)
    >>> common_shift("amap", ours, ours) is None
    True
    """
    there, here = np.array(theirs, dtype=float).reshape(-1, 2), np.array(ours, dtype=float).reshape(-1, 2)
    if len(here) < _FEWEST:
        return None
    moved = _metres(here, there)
    middle = np.median(moved, axis=0)
    together = np.hypot(*(moved - middle).T) <= _WITHIN_M
    if np.hypot(*middle) < _SHORTEST_M or together.mean() < _MOST:
        return None
    return Shift(source, float(middle[0]), float(middle[1]), len(here), _fitting(here, there))


def _metres(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far east and north each end lies of its start."""
    lon, lat = start[:, 0], start[:, 1]
    east = distance_m(lon, lat, end[:, 0], lat) * np.sign(end[:, 0] - lon)
    north = distance_m(lon, lat, lon, end[:, 1]) * np.sign(end[:, 1] - lat)
    return np.column_stack([east, north])


def _fitting(here: NDArray[np.float64], there: NDArray[np.float64]) -> str:
    """Return which mistake of datums turns ``here`` into ``there``, by the median of what is left."""
    best, least = "", _WITHIN_M
    for name in (GCJ02, BD09):
        for sign, source, target in (("", WGS84, name), ("-", name, WGS84)):
            made = np.column_stack(datum.convert(*here.T, source=source, target=target))
            left = float(np.median(distance_m(*made.T, *there.T)))
            if left < least:
                best, least = sign + name, left
    return best
