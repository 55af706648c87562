"""The columns of a file as they are: unique names, personal ones dropped, the user's mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walkshed.errors import Text
from walkshed.tables.fields import header_key
from walkshed.tables.personal import hide_numbers, holds_numbers, is_id_like, is_personal
from walkshed.tables.tally import row_ranges
from walkshed.tables.words import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from walkshed.errors import Findings, Source


def column_letter(index: int) -> str:
    """Return the letter the spreadsheet shows above a column counted from 0.

    Examples
    --------
    >>> column_letter(0), column_letter(27)
    ('A', 'AB')
    """
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def unique_names(names: Sequence[str], filled: Sequence[bool], source: Source, found: Findings) -> list[str]:
    """Return each column's name, all different; "" for a column with neither header nor cells."""
    unique: list[str] = []
    for index, name in enumerate(names):
        if not name and not filled[index]:
            unique.append("")
            continue
        base = name or column_letter(index)
        candidate, count = base, 1
        while candidate in unique:
            count += 1
            candidate = f"{base} ({count})"
        unique.append(candidate)
        if not name:
            found.notice(
                "column.unnamed",
                Text(
                    f'column {base} has no header; kept as "{candidate}"',
                    f"{base} 列没有表头；以“{candidate}”保留",
                ),
                source.at(column=base),
            )
    return unique


def drop_personal(
    names: Sequence[str],
    parts: Sequence[Sequence[str]],
    body: Sequence[Sequence[object]],
    source: Source,
    found: Findings,
) -> set[str]:
    """Return the columns that speak of persons, by header or by what is in them, and tell their names."""
    personal = {
        name for name, texts in zip(names, parts, strict=True) if name and any(map(is_personal, texts))
    }
    for index, name in enumerate(names):
        if (
            name
            and name not in personal
            and not is_id_like(name)
            and holds_numbers(row[index] for row in body)
        ):
            personal.add(name)
    if personal:
        listed = [name for name in names if name in personal]
        found.notice(
            "column.personal",
            Text(
                f"columns about persons are dropped and go nowhere: {', '.join(listed)}",
                f"涉及个人信息的列已略去，不会进入任何输出：{'、'.join(listed)}",
            ),
            source,
        )
    return personal


def hide_in_cells(
    columns: dict[str, list[object]],
    rows: Sequence[int],
    spared: Collection[str],
    source: Source,
    found: Findings,
) -> dict[str, list[object]]:
    """Return the columns with phone and identity card numbers inside texts replaced by stars."""
    shown: dict[str, list[object]] = {}
    for name, cells in columns.items():
        if name in spared or is_id_like(name):
            shown[name] = cells
            continue
        hidden = [hide_numbers(cell) for cell in cells]
        where = [
            row for row, old, new in zip(rows, cells, hidden, strict=True) if old is not new and old != new
        ]
        shown[name] = hidden if where else cells
        if where:
            listed = row_ranges(where)
            found.notice(
                "cell.personal",
                Text(
                    f"phone or identity numbers inside the text are replaced by ***; rows {listed}",
                    f"文字中的电话或身份证号已替换为 ***；第 {listed} 行",
                ),
                source.at(row=where[0], column=name),
            )
    return shown


def find_column(wanted: str, names: Collection[str]) -> str | None:
    """Return the column a user means: exactly so called, else the same but for blanks, width and case.

    Examples
    --------
    >>> find_column("户 数", ["编号", "户数"])
    '户数'
    """
    if wanted in names:
        return wanted
    alike = [name for name in names if header_key(name) == header_key(wanted)]
    return alike[0] if len(alike) == 1 else None


def chosen_names(
    chosen: Mapping[str, str],
    names: Sequence[str],
    personal: Collection[str],
    source: Source,
    found: Findings,
) -> dict[str, str]:
    """Return the user's mapping with the file's own names; a column that is not there is a fault."""
    mine: dict[str, str] = {}
    for ours, theirs in chosen.items():
        name = find_column(theirs, names)
        if name is None:
            tell_missing(theirs, names, personal, source, found, f"columns: {ours}")
        else:
            mine[ours] = name
    return mine


def tell_missing(
    wanted: str,
    names: Collection[str],
    personal: Collection[str],
    source: Source,
    found: Findings,
    asked: str,
) -> None:
    """Say that a column the user asked for is not there, or is one about persons."""
    at = source.at(column=wanted)
    if find_column(wanted, personal):
        found.fault(
            "columns.personal",
            Text(
                f"{asked} asks for a column about persons, which is dropped on reading; "
                "if it is not about persons, rename it",
                f"{asked} 所指的列涉及个人信息，读取时已略去；如不是，请改列名",
            ),
            at,
        )
        return
    near = did_you_mean(wanted, names)
    found.fault(
        "columns.missing",
        Text(
            f'{asked} asks for the column "{wanted}", which is not there; the columns are '
            f"{', '.join(names)}{near.en}",
            f"{asked} 所指的“{wanted}”列不存在；现有列：{'、'.join(names)}{near.zh}",
        ),
        at,
    )
