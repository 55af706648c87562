"""Collecting what is said of a table's cells, so that twenty thousand alike cells do not say it all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from walkshed.errors import Text
from walkshed.tables.values import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from walkshed.errors import Findings, Source

_SHOWN = {"fault": 50, "notice": 10}
_RANGES = 60


class _Said(NamedTuple):
    text: Text
    row: int
    value: str


def row_ranges(rows: Iterable[int]) -> str:
    """Return row numbers as a person lists them.

    Examples
    --------
    >>> row_ranges([9, 4, 5, 6])
    '4–6, 9'
    """
    spans: list[list[int]] = []
    for row in sorted(set(rows)):
        if spans and row == spans[-1][1] + 1:
            spans[-1][1] = row
        else:
            spans.append([row, row])
    parts = [f"{a}" if a == b else f"{a}–{b}" for a, b in spans]
    return ", ".join(parts[:_RANGES]) + (", …" if len(parts) > _RANGES else "")


class Tally:
    """Faults and notices of one table's cells, told by code and column.

    The first ones are told one by one with row and value, the rest of the same code and column in
    one sentence that lists their rows.

    Parameters
    ----------
    findings
        Where they go.
    source
        The table they are about.
    """

    def __init__(self, findings: Findings, source: Source) -> None:
        self._findings = findings
        self._source = source
        self.faulty: set[int] = set()
        """Rows of which a fault was told."""
        self._said: dict[tuple[Literal["fault", "notice"], str, str], list[_Said]] = {}

    def fault(self, code: str, text: Text, *, row: int, column: str, value: object = "") -> None:
        """Note a fault of one cell."""
        self.faulty.add(row)
        self._said.setdefault(("fault", code, column), []).append(_Said(text, row, text_of(value)))

    def notice(self, code: str, text: Text, *, row: int, column: str, value: object = "") -> None:
        """Note a notice of one cell."""
        self._said.setdefault(("notice", code, column), []).append(_Said(text, row, text_of(value)))

    def tell(self) -> None:
        """Hand everything over to the findings and forget it."""
        for (kind, code, column), said in self._said.items():
            say = self._findings.fault if kind == "fault" else self._findings.notice
            shown = _SHOWN[kind] if len(said) > _SHOWN[kind] + 1 else len(said)
            for text, row, value in said[:shown]:
                say(code, text, self._source.at(row=row, column=column, value=value))
            rest = said[shown:]
            if rest:
                rows = row_ranges(one.row for one in rest)
                text = Text(
                    f"the same kind of thing {len(rest)} more times; rows {rows}",
                    f"同样的问题另有 {len(rest)} 处；行 {rows}",
                )
                say(code, text, self._source.at(row=rest[0].row, column=column, value=rest[0].value))
        self._said.clear()
