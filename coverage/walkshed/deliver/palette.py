"""Colours shared by the map, the printed maps and the workbook, readable by colour-blind people.

The classes of walking time are steps of *viridis* (Nathaniel Smith and Stéfan van der Walt, 2015,
released under CC0), chosen because its lightness falls evenly: the steps stay apart for people who see
no red, no green or no blue, and on a black-and-white printer. The light end stands for a short
walk and the dark end for a long one, so that gaps are what stands out on white paper.
Venues are vermilion of the Okabe-Ito set and never round, so that they cannot be taken for estates.
"""

from __future__ import annotations

VIRIDIS = (
    "#440154", "#472d7b", "#3b528b", "#2c728e", "#21908c", "#27ad81", "#5dc863", "#aadc32", "#fde725",
)  # fmt: skip
"""Nine even steps of viridis, dark to light."""

UNKNOWN = "#7d828a"
"""Line of what cannot be judged; it is always drawn hollow and hatched, never filled."""
NOT_YET = "#8a8f98"
"""Line of a venue that does not count at the study's date."""
VENUE = "#d55e00"
INK = "#1f2933"
PAPER = "#f6f6f3"
STREETS = ("#bdbcb6", "#cfcec8", "#d9d8d2", "#dad4c8", "#edebe4")
"""Main roads, streets, service ways, paths, pedestrian areas."""


def class_colours(count: int) -> tuple[str, ...]:
    """Return the colours of ``count`` classes of walking time, the shortest walk first.

    Parameters
    ----------
    count
        How many classes, the one beyond the last standard included.

    Examples
    --------
    >>> class_colours(4)
    ('#d4e22c', '#27ad81', '#33628c', '#440154')
    >>> class_colours(1)
    ('#440154',)
    """
    if count < 1:
        raise ValueError("there is at least one class")
    if count == 1:
        return (VIRIDIS[0],)
    # The yellow end is too pale on paper: start a little below it.
    lightest = len(VIRIDIS) - 1.5
    return tuple(_between(lightest * (1 - step / (count - 1))) for step in range(count))


def _between(place: float) -> str:
    """Return the colour at a fractional place in the table."""
    low = min(int(place), len(VIRIDIS) - 2)
    share = place - low
    pairs = zip(_channels(VIRIDIS[low]), _channels(VIRIDIS[low + 1]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[start : start + 2], 16) for start in (1, 3, 5))
