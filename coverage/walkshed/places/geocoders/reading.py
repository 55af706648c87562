"""What the answers of all services need for reading: numbers that may be strings, fields that may be empty."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from walkshed.errors import Text
from walkshed.web import FailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from walkshed.places.geocoders.answers import Hit

CHINA = (72.0, 0.8, 137.9, 55.9)
"""West, south, east, north: where coordinates of a Chinese service can be."""
EARTH = (-180.0, -90.0, 180.0, 90.0)


def word_of(value: object) -> str:
    """Return a field as text; Amap writes ``[]`` where it has nothing.

    Examples
    --------
    >>> word_of([]), word_of(None), word_of(" 香雪路8号 ")
    ('', '', '香雪路8号')
    """
    return " ".join(value.split()) if isinstance(value, str) else ""


def point_of(
    lon: object, lat: object, *, within: tuple[float, float, float, float] = EARTH
) -> tuple[float, float]:
    """Return a position that is one, whether it comes as numbers or as text.

    Raises
    ------
    ValueError
        It is none: not a number, 0/0, or outside.

    Examples
    --------
    >>> point_of("120.25", " 31.55 ", within=CHINA)
    (120.25, 31.55)
    >>> point_of(0, 0)
    Traceback (most recent call last):
    ...
    ValueError: no position
    """
    if isinstance(lon, bool) or isinstance(lat, bool) or not isinstance(lon, str | int | float):
        raise ValueError("no position")  # noqa: TRY004 - one kind of error for every position that is none
    x, y = float(lon), float(lat)  # type: ignore[arg-type]
    west, south, east, north = within
    right = math.isfinite(x) and math.isfinite(y) and west <= x <= east and south <= y <= north
    if not right or (abs(x) < 1e-6 and abs(y) < 1e-6):
        raise ValueError("no position")
    return x, y


def pair_of(text: object, *, within: tuple[float, float, float, float] = EARTH) -> tuple[float, float]:
    """Return the position in ``"lon,lat"``.

    Raises
    ------
    ValueError
        There is none in it.

    Examples
    --------
    >>> pair_of("120.25,31.55")
    (120.25, 31.55)
    """
    parts = text.replace(" ", ",").split(",") if isinstance(text, str) else []
    if len(parts) != 2:
        raise ValueError("no position")
    return point_of(parts[0], parts[1], within=within)


def hits_of(items: Iterable[Any], read: Callable[[Any], Hit | None]) -> list[Hit]:
    """Return the places of a list, without those whose position is none.

    Parameters
    ----------
    items
        As they came.
    read
        Makes one place of an item; None for what is no place (a city's number of results).

    Raises
    ------
    FailedError
        There were places, but not one with a position: this is an error, not a "not found".
    """
    made: list[Hit] = []
    broken = 0
    for item in items:
        try:
            hit = read(item)
        except ValueError:
            broken += 1
            continue
        if hit is not None:
            made.append(hit)
    if broken and not made:
        text = Text(
            "answered with a position that is none (0/0 or outside)", "返回的坐标无效（0/0 或超出范围）"
        )
        raise FailedError("places.bad_position", text)
    return made
