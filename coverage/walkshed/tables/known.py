"""Which of the known places a cell of another table means: its id, nearly its id, or its name alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from walkshed.tables.values import folded
from walkshed.tables.words import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection

    from walkshed.errors import Text

How = Literal["id", "alike", "name", "unknown"]
"""By what a place was found: its id, its id but for case and width, its name."""


class Found(NamedTuple):
    """The id that is meant ("" if none), and by what it was found."""

    ident: str
    how: How


class Known:
    """The places of a table, to be found by what another table calls them.

    Parameters
    ----------
    places
        Their ids, or a mapping of id to name: then a name that only one of them has is understood too.

    Examples
    --------
    >>> known = Known({"E01": "桃源人家", "E02": "香雪苑", "E03": "香雪苑"})
    >>> known.find("E01").how, known.find("ｅ01"), known.find("桃源人家"), known.find("香雪苑").how
    ('id', Found(ident='E01', how='alike'), Found(ident='E01', how='name'), 'unknown')
    """

    def __init__(self, places: Collection[str]) -> None:
        self._ids = set(places)
        self._alike: dict[str, list[str]] = {}
        self._named: dict[str, list[str]] = {}
        for ident in places:
            self._alike.setdefault(_key(ident), []).append(ident)
        names = places if isinstance(places, Mapping) else {}
        for ident, name in names.items():
            if name:
                self._named.setdefault(_key(str(name)), []).append(ident)

    def find(self, text: str) -> Found:
        """Return the only place that a text can mean."""
        if text in self._ids:
            return Found(text, "id")
        key = _key(text)
        if len(alike := self._alike.get(key, [])) == 1:
            return Found(alike[0], "alike")
        if len(named := self._named.get(key, [])) == 1:
            return Found(named[0], "name")
        return Found("", "unknown")

    def hint(self, text: str) -> Text:
        """Return a half sentence that names the nearest id or name, blank if none is near."""
        return did_you_mean(text, [*self._ids, *self._named])


def _key(text: str) -> str:
    return folded(text).casefold()
