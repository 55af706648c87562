"""Finding a table's header: the row, or the two rows, with the most headers we know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from walkshed.tables.fields import Kind, header_key
from walkshed.tables.headers import known
from walkshed.tables.values import is_blank, text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_LOOK = 30
Meaning = tuple[str, int] | None


@dataclass(frozen=True)
class Heading:
    """Where the header stands and what it says.

    Parameters
    ----------
    first, last
        Positions of its first and last row, counted from 0.
    names
        The header of each column, as written; "" where there is none.
    parts
        Every text each column's header is made of.
    meanings
        The field each header means, with its rank.
    """

    first: int
    last: int
    names: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]
    meanings: tuple[Meaning, ...]

    @property
    def score(self) -> int:
        """How many different fields it names."""
        return len({meaning[0] for meaning in self.meanings if meaning})


def find_heading(
    rows: Sequence[Sequence[object]],
    kind: Kind,
    *,
    theirs: Collection[str] = (),
    spans: Mapping[int, Sequence[tuple[int, int]]] | None = None,
) -> Heading | None:
    """Return the header of a sheet, or None if no row holds a header we know.

    Parameters
    ----------
    rows
        The cells.
    kind
        Which table it is.
    theirs
        Headers the user named: as good as known ones.
    spans
        For each row the merged stretches of columns (first, last), for headers of two rows.
    """
    keys = frozenset(header_key(one) for one in theirs)
    best: Heading | None = None
    for index in range(min(_LOOK, len(rows))):
        one = _single(rows, index, kind, keys)
        if one.score and (best is None or one.score > best.score):
            best = one
    if best is None:
        return None
    for upper in (best.first, best.first - 1):
        if upper < 0 or upper + 1 >= len(rows):
            continue
        pair = _double(rows, upper, kind, keys, (spans or {}).get(upper, ()))
        if pair is None:
            continue
        below = upper == best.first
        if pair.score > best.score or (below and _repeats(rows[upper + 1], pair, kind, keys)):
            return pair
    return best


def _mean(text: str, kind: Kind, keys: Collection[str]) -> Meaning:
    if not text:
        return None
    meaning = known(text, kind)
    return meaning or (("\0" + header_key(text), 0) if header_key(text) in keys else None)


def _texts(row: Sequence[object]) -> list[str]:
    return [text_of(cell) if isinstance(cell, str) else "" for cell in row]


def _single(rows: Sequence[Sequence[object]], index: int, kind: Kind, keys: Collection[str]) -> Heading:
    names = _texts(rows[index])
    return Heading(
        index,
        index,
        tuple(names),
        tuple((name,) for name in names),
        tuple(_mean(name, kind, keys) for name in names),
    )


def _double(
    rows: Sequence[Sequence[object]],
    upper: int,
    kind: Kind,
    keys: Collection[str],
    spans: Sequence[tuple[int, int]],
) -> Heading | None:
    low_row = rows[upper + 1]
    if any(not is_blank(cell) and not isinstance(cell, str) for cell in low_row):
        return None
    high, low = _texts(rows[upper]), _texts(low_row)
    if not any(_mean(text, kind, keys) for text in low):
        return None
    for first, last in spans:
        for column in range(first + 1, min(last + 1, len(high))):
            high[column] = high[first]
    names, parts, meanings = [], [], []
    for above, below in zip(high, low, strict=True):
        both = f"{above} {below}".strip()
        # "60岁以上" over "人数" is one header; "人口" over "户数" is the lower one.
        meaning = _mean(both, kind, keys) or _mean(below or above, kind, keys)
        lower_says = bool(below) and _mean(below, kind, keys) == meaning and meaning is not None
        names.append(below if lower_says or above == below else both)
        parts.append((both, above, below))
        meanings.append(meaning)
    return Heading(upper, upper + 1, tuple(names), tuple(parts), tuple(meanings))


def _repeats(low_row: Sequence[object], pair: Heading, kind: Kind, keys: Collection[str]) -> bool:
    """Tell whether the lower row is a header too, such as the English names under the Chinese ones."""
    texts = [text for text in _texts(low_row) if text]
    hits = sum(1 for text in texts if _mean(text, kind, keys))
    return hits >= 2 and hits * 2 > len(texts) and pair.score >= hits
