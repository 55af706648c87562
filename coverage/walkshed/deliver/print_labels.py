"""Names on a printed map: shortened, wrapped, and set so that none covers another.

Everything is in points (1/72 inch) with y upwards. The method is the greedy one of map lettering: the most important
name first, at the best place around its point that is still free; what finds no room is left out and counted.
The order of the places follows E. Imhof, *Positioning names on maps* (The American Cartographer 2, 1975).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    Measure = Callable[[str], float]

# East and north of the point: right, then above and below it, left, at last straight above and below.
_SIDES = np.array([(1, 0), (1, 1), (1, -1), (-1, 0), (-1, 1), (-1, -1), (0, 1), (0, -1)], dtype=float)
_RINGS = (1.0, 2.2, 4.0)
_DIAGONAL = 0.7
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn"}
_KEPT = "\u200c\u200d"


@dataclass(frozen=True, slots=True)
class Label:
    """A name that wants to stand beside a point.

    Parameters
    ----------
    x, y
        The point, in points.
    width, height
        The size of the name, in points.
    clear
        How far from the point's middle the name must stay, in points.
    on_area
        Whether the name may stand on the point itself, because that lies in an area that is drawn.
    """

    x: float
    y: float
    width: float
    height: float
    clear: float = 3.0
    on_area: bool = False


def plain(text: object) -> str:
    r"""Return a name on one line: line breaks and control characters become one space, all else stays.

    Examples
    --------
    >>> plain("Two\nlines\x07 here")
    'Two lines here'
    """
    letters = (" " if _dropped(letter) else letter for letter in str(text))
    return " ".join("".join(letters).split())


def _dropped(letter: str) -> bool:
    return letter not in _KEPT and unicodedata.category(letter) in _DROPPED


def shortened(text: str, most: float, measure: Measure) -> str:
    """Return the text, or as much of it as fits into ``most`` points with an ellipsis.

    Examples
    --------
    >>> shortened("abcdefgh", 5, len)
    'abcd…'
    """
    if measure(text) <= most:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle].rstrip() + "…") <= most:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"


def wrapped(text: str, most: float, measure: Measure) -> list[str]:
    """Return the lines of a text in a column ``most`` points wide; Chinese breaks anywhere, words at spaces.

    Examples
    --------
    >>> wrapped("one two three", 7, len)
    ['one two', 'three']
    >>> wrapped("太湖新城小区", 4, len)
    ['太湖新城', '小区']
    """
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if line and measure((line + piece).rstrip()) > most:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
        while measure(line.rstrip()) > most and len(line) > 1:
            cut = max(1, len(shortened(line, most, lambda part: measure(part.removesuffix("…")))) - 1)
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line.rstrip()] if line.strip() else lines


def _pieces(text: str) -> Iterable[str]:
    """Cut a text where a line may end: after spaces and between Chinese characters, never before a closing mark."""
    piece = ""
    for letter in text:
        wide = ord(letter) > 0x2E7F and letter not in "，。；：、）”』」》！？"
        if (piece and (wide or (piece[-1] == " " and letter != " ")) and piece[-1] not in "（“『「《") or (
            piece and ord(piece[-1]) > 0x2E7F and letter.isascii() and letter not in " .,;:)%"
        ):
            yield piece
            piece = ""
        piece += letter
    if piece:
        yield piece


def place_labels(
    labels: Sequence[Label],
    *,
    frame: tuple[float, float, float, float],
    obstacles: Sequence[tuple[float, float, float, float]] = (),
) -> list[tuple[float, float] | None]:
    """Return the lower left corner of each name, None where it finds no room; the first names choose first.

    Parameters
    ----------
    labels
        The most important one first.
    frame
        (left, bottom, right, top) of the map; names stay inside.
    obstacles
        Boxes that no name may touch, such as symbols and the scale bar.

    Returns
    -------
    list
        In the order of ``labels``. No two boxes overlap, and none touches an obstacle.

    Examples
    --------
    >>> place_labels([Label(50, 50, 20, 8)], frame=(0, 0, 100, 100))
    [(53.0, 46.0)]
    """
    boxes = np.array(obstacles, dtype=float).reshape(-1, 4)
    taken = np.empty((len(boxes) + len(labels), 4))
    taken[: len(boxes)] = boxes
    count = len(boxes)
    found: list[tuple[float, float] | None] = []
    for label in labels:
        corners = _corners(label)
        free = _free(corners, label, frame, taken[:count])
        if not free.any():
            found.append(None)
            continue
        left, bottom = corners[int(np.argmax(free))]
        taken[count] = left, bottom, left + label.width, bottom + label.height
        count += 1
        found.append((float(left), float(bottom)))
    return found


def _corners(label: Label) -> NDArray[np.float64]:
    """Return the lower left corners to try, the best first; in rings around the point."""
    size = np.array([label.width, label.height])
    near = np.where(np.abs(_SIDES).sum(axis=1) > 1, _DIAGONAL, 1.0)[:, None] * label.clear
    rings = [_SIDES * (near * ring + size / 2) for ring in _RINGS]
    if label.on_area:
        rings.insert(0, np.array([(0.0, 0.0), (0.0, size[1]), (0.0, -size[1])]))
    return np.array([label.x, label.y]) + np.concatenate(rings) - size / 2


def _free(
    corners: NDArray[np.float64],
    label: Label,
    frame: tuple[float, float, float, float],
    taken: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Return which places lie inside the frame and touch nothing."""
    left, bottom = corners[:, 0], corners[:, 1]
    right, top = left + label.width, bottom + label.height
    inside = (left >= frame[0]) & (bottom >= frame[1]) & (right <= frame[2]) & (top <= frame[3])
    near = (taken[:, 2] > left.min()) & (taken[:, 0] < right.max())
    near &= (taken[:, 3] > bottom.min()) & (taken[:, 1] < top.max())
    taken = taken[near]
    apart = (
        (left[:, None] >= taken[:, 2])
        | (right[:, None] <= taken[:, 0])
        | (bottom[:, None] >= taken[:, 3])
        | (top[:, None] <= taken[:, 1])
    )
    return np.asarray(inside & apart.all(axis=1))
