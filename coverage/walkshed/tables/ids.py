"""The ids of a table's rows: a column of its own, or the normalised name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walkshed.errors import Text
from walkshed.tables.fields import FIELDS
from walkshed.tables.tally import Tally
from walkshed.tables.values import folded, is_blank, read_id, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from walkshed.errors import Findings
    from walkshed.tables.table import Table


def read_ids(table: Table, *, several: bool, found: Findings) -> list[str]:
    """Return each row's id, "" where it has none it could keep.

    Parameters
    ----------
    several
        Whether several rows may share an id of a column of its own (a venue's entrances).
    found
        Takes the faults: blank ids, and ids that stand twice, with both rows.
    """
    column = FIELDS[table.kind][0].name
    tally = Tally(found, table.source)
    own = table.has(column)
    if own and table.rows and table.has("name") and all(map(is_blank, table.columns[table.header(column)])):
        found.notice(
            "id.from_name",
            Text("the column is blank throughout: the names are the ids", "本列全部为空：以名称作为编号"),
            table.source.at(column=table.header(column)),
        )
        own = False
    if own:
        header = table.header(column)
        ids = table.read(header, read_id, tally)
        blank = Text("the id is blank; give each row an id of its own", "编号为空；请为每一行填写唯一编号")
    elif table.has("name"):
        header = table.header("name")
        ids = _from_names(table)
        blank = Text(
            "the name is blank, and there is no id column; give a name or an id",
            "名称为空且没有编号列；请填写名称或编号",
        )
    else:
        return ["" for _ in table.rows]
    for row, ident in zip(table.rows, ids, strict=True):
        if not ident:
            tally.fault("id.blank", blank, row=row, column=header)
    if not (own and several):
        ids = _unique(table, ids, header, tally, own=own)
    _tell_alike(table, ids, header, tally)
    tally.tell()
    return ids


def _from_names(table: Table) -> list[str]:
    names = [folded(text_of(cell)) for cell in table.columns[table.header("name")]]
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
    if not table.has("community"):
        return names
    communities = [folded(text_of(cell)) for cell in table.columns[table.header("community")]]
    return [
        f"{name} ({community})" if name and community and seen[name] > 1 else name
        for name, community in zip(names, communities, strict=True)
    ]


def _unique(table: Table, ids: Sequence[str], header: str, tally: Tally, *, own: bool) -> list[str]:
    first: dict[str, int] = {}
    kept: list[str] = []
    for row, ident in zip(table.rows, ids, strict=True):
        if ident and ident in first:
            other = first[ident]
            what = Text("id", "编号") if own else Text("name", "名称")
            hint = (
                Text("ids must differ", "编号不能重复")
                if own
                else Text(
                    "add an id column to tell them apart"
                    + (", or to join a venue's entrances" if table.kind == "venues" else ""),
                    "请增加编号列以区分"
                    + ("（同一场所多个出入口用同一编号）" if table.kind == "venues" else ""),
                )
            )
            tally.fault(
                "id.duplicate",
                Text(
                    f"the same {what.en} stands in row {other} and in row {row}; {hint.en}",
                    f"第 {other} 行与第 {row} 行{what.zh}相同；{hint.zh}",
                ),
                row=row,
                column=header,
                value=ident,
            )
            kept.append("")
            continue
        first[ident] = row
        kept.append(ident)
    return kept


def _tell_alike(table: Table, ids: Sequence[str], header: str, tally: Tally) -> None:
    """Doubt ids that differ only in case, width or blanks, such as A01 and a01."""
    first: dict[str, tuple[str, int]] = {}
    for row, ident in zip(table.rows, ids, strict=True):
        if not ident:
            continue
        key = folded(ident).casefold()
        other = first.setdefault(key, (ident, row))
        if other[0] != ident:
            tally.notice(
                "id.alike",
                Text(
                    f'differs from "{other[0]}" in row {other[1]} only in case or width; read as two ids',
                    f"与第 {other[1]} 行的“{other[0]}”仅大小写或全半角不同；按两个编号处理",
                ),
                row=row,
                column=header,
                value=ident,
            )
