"""What a document is made of, and how its numbers are written; both files are made from the same parts."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from walkshed.errors import Language


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 opens a section."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; ``lead`` is the answer that everybody reads."""

    text: str
    lead: bool = False


@dataclass(frozen=True, slots=True)
class Points:
    """A list of sentences."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text.

    Parameters
    ----------
    columns
        The heads.
    rows
        Text, as many a row as there are heads.
    numbers
        The columns that stand at the right.
    widths
        How wide the columns are, in shares of each other.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    widths: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG with what stands below it and what is read out for it."""

    png: bytes
    caption: str
    alternative: str


Block = Heading | Paragraph | Points | Table | Picture


@dataclass(frozen=True, slots=True)
class Document:
    """A report, whatever file it goes into."""

    title: str
    subtitle: str
    language: Language
    date: dt.date
    blocks: tuple[Block, ...]


def clean(text: object) -> str:
    r"""Return a text as both files can hold it: line breaks and control characters become one space.

    Emoji, right-to-left letters and what looks like a formula stay as they are: in a document they do nothing.

    Examples
    --------
    >>> clean("A\x00B\nC =HYPERLINK(1)")
    'A B C =HYPERLINK(1)'
    """
    if text is None or text != text:  # noqa: PLR0124 - NaN
        return ""
    letters = (" " if _cannot_stand(letter) else letter for letter in str(text))
    return " ".join("".join(letters).split())


def _cannot_stand(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cc", "Cs"} or letter in "\u2028\u2029\ufffe\uffff"


def count(number: float) -> str:
    """Return a count as the tables have it: whole where it is whole, else with one digit.

    Examples
    --------
    >>> count(16072.0), count(12.34), count(float("nan"))
    ('16,072', '12.3', '')
    """
    if not math.isfinite(number):
        return ""
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"


def share(part: float) -> str:
    """Return a share in per cent with one digit, nothing where there is none.

    Examples
    --------
    >>> share(0.485236), share(float("nan"))
    ('48.5%', '')
    """
    return f"{part:.1%}" if math.isfinite(part) else ""


def fixed(number: float, digits: int) -> str:
    """Return a measured number with its digits, nothing where there is none.

    Examples
    --------
    >>> fixed(694.5, 1), fixed(8.9, 2)
    ('694.5', '8.90')
    """
    return f"{number:,.{digits}f}" if math.isfinite(number) else ""
