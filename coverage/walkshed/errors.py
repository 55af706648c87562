"""What the library says when something is wrong: texts, findings and the error tree.

Every sentence exists in Chinese and in English, side by side where it is written (:class:`Text`).
A *fault* stops the run; a *notice* is something the run assumed, repaired or doubts. Readers put
both into one :class:`Findings`, so that all faults of all inputs come out in one error.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages.

    Examples
    --------
    >>> Text("no estate", "没有小区").in_("zh")
    '没有小区'
    """

    en: str
    zh: str

    def in_(self, language: Language) -> str:
        """Return the sentence in ``language``."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Source:
    """Where in the inputs something stands.

    Parameters
    ----------
    file, sheet
        The file's name as the planner knows it, and the sheet of a workbook.
    row
        The row number as the spreadsheet program shows it (the first row is 1), or the feature's
        number in a vector file, counted from 1.
    column, value
        The header as it is written in the file, and the cell as it is written there.
    """

    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""

    def at(self, *, row: int | None = None, column: str = "", value: object = "") -> Source:
        """Return this place narrowed to a row, a column and a value."""
        shown = "" if value is None else str(value)
        return replace(self, row=row, column=column, value=shown if len(shown) <= 80 else shown[:79] + "…")

    def in_(self, language: Language) -> str:
        """Return the place as a person reads it."""
        zh = language == "zh"
        row = "" if self.row is None else (f"第 {self.row} 行" if zh else f"row {self.row}")
        column = self.column and (f"“{self.column}”列" if zh else f'column "{self.column}"')
        sheet = self.sheet and (f"工作表“{self.sheet}”" if zh else f'sheet "{self.sheet}"')
        value = self.value and (f"值“{self.value}”" if zh else f'value "{self.value}"')
        return ("，" if zh else ", ").join(part for part in (self.file, sheet, row, column, value) if part)


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault or a notice: a stable code, a sentence and the place it speaks of."""

    code: str
    text: Text
    source: Source = field(default_factory=Source)

    def in_(self, language: Language) -> str:
        """Return place and sentence as one line."""
        where = self.source.in_(language)
        return (
            f"{where}{'：' if language == 'zh' else ': '}{self.text.in_(language)}"
            if where
            else self.text.in_(language)
        )


class Findings:
    """Collects the faults and notices of a run.

    Parameters
    ----------
    language
        The language in which :meth:`raise_faults` speaks.

    Examples
    --------
    >>> findings = Findings()
    >>> findings.fault("table.no_rows", Text("the table has no rows", "表中没有数据行"), Source("a.csv"))
    >>> findings.raise_faults()
    Traceback (most recent call last):
    ...
    walkshed.errors.InputError: a.csv: the table has no rows
    """

    def __init__(self, language: Language = "en") -> None:
        self.language: Language = language
        self.faults: list[Finding] = []
        self.notices: list[Finding] = []

    def fault(self, code: str, text: Text, source: Source | None = None) -> None:
        """Note a fault: the run will stop when all inputs have been looked at."""
        self.faults.append(Finding(code, text, source or Source()))

    def notice(self, code: str, text: Text, source: Source | None = None) -> None:
        """Note something the run assumed, repaired or doubts."""
        self.notices.append(Finding(code, text, source or Source()))

    def raise_faults(self) -> None:
        """Raise one :class:`InputError` with every fault noted so far, if there is any."""
        if self.faults:
            raise InputError(self.faults, language=self.language)


class WalkshedError(Exception):
    """The root of everything walkshed raises on purpose."""


class InputError(WalkshedError, ValueError):
    """The inputs have faults; all of them are listed.

    Parameters
    ----------
    faults
        The faults, in the order they were found.
    language
        The language of ``str(error)``.
    """

    def __init__(self, faults: list[Finding], *, language: Language = "en") -> None:
        self.faults = list(faults)
        self.language: Language = language
        super().__init__("\n".join(fault.in_(language) for fault in self.faults))


class OutputError(WalkshedError, OSError):
    """The results could not be written; what stood there before is untouched."""


class KernelError(WalkshedError, ImportError):
    """The compiled part is missing, or was built from other sources; the text says what to do.

    Parameters
    ----------
    text
        The sentence; ``str(error)`` gives it in both languages, for who installs a program reads either.
    """

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(f"{text.en}\n{text.zh}")


def input_error(
    code: str, text: Text, source: Source | None = None, *, language: Language = "en"
) -> InputError:
    """Return an :class:`InputError` of a single fault."""
    return InputError([Finding(code, text, source or Source())], language=language)
