"""Which rows of a sheet are data: blank ones are passed over, the others left out are told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from walkshed.errors import Text
from walkshed.tables.fields import header_key
from walkshed.tables.tally import row_ranges
from walkshed.tables.values import folded, is_blank, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from walkshed.errors import Findings, Source

EXAMPLE = ("示例", "EXAMPLE")
"""Ids of the example rows in the templates."""

_TOTAL = re.compile(
    r"(合计|总计|小计|共计|累计|汇总)([:：(（].*)?|.{1,20}(合计|总计|小计|共计)|"
    r"(grand|sub|overall)?[- ]?totals?\s*([:(].*)?|.{1,40}\s(sub-?)?totals?|sum:?",
    re.IGNORECASE | re.DOTALL,
)
_HINT = re.compile("计|汇总|total|sum", re.IGNORECASE)
_REMARK = re.compile(
    r"(注|备注|说明|填表说明|填表|填报|制表|审核|数据来源|资料来源|来源|统计时间|填表人|填报人|制表人|审核人|联系人|"
    r"notes?|remarks?|sources?)\s*\d*\s*[:：.、].*",
    re.IGNORECASE | re.DOTALL,
)


def is_total(cell: object) -> bool:
    """Tell whether a cell announces a row of totals.

    Examples
    --------
    >>> [is_total(cell) for cell in ("合 计", "龙山社区小计", "Total", "Grand total:", "总计（7个社区）")]
    [True, True, True, True, True]
    >>> [is_total(cell) for cell in ("合计苑", "Total Garden", "小计划社区", 12)]
    [False, False, False, False]
    """
    # Nearly every cell of a table ends here.
    if not isinstance(cell, str) or len(cell) > 60 or not _HINT.search(cell):
        return False
    text = folded(cell)
    plain = re.sub(r"\s", "", text) if re.search(r"[\u4e00-\u9fff]", text) else text
    return _TOTAL.fullmatch(plain) is not None


def data_rows(
    cells: Sequence[Sequence[object]],
    numbers: Sequence[int],
    *,
    headers: Sequence[str],
    identity: Sequence[int],
    has_id: bool,
    source: Source,
    found: Findings,
) -> list[int]:
    """Return the positions of the rows that hold data.

    Parameters
    ----------
    cells
        The rows below the header.
    numbers
        Their numbers as the spreadsheet shows them.
    headers
        The header's texts, to recognise it where it is repeated in the body.
    identity
        The columns of the id and the name.
    has_id
        Whether the first of them is the id.
    """
    head = [header_key(text) for text in headers]
    texts = {text_of(text) for text in headers}
    kept: list[int] = []
    for position, row in enumerate(cells):
        first = next((cell for cell in row if not is_blank(cell)), None)
        if first is None:
            continue
        at = source.at(row=numbers[position])
        named = [row[column] for column in identity]
        if is_total(first) or any(is_total(cell) for cell in named):
            found.notice("row.total", Text("a row of totals: left out", "合计行：已略去"), at)
        elif named and _is_example(named[0], has_id=has_id):
            found.notice(
                "row.example", Text("the example row of the template: left out", "模板的示例行：已略去"), at
            )
        elif _is_remark(row, first):
            # No value is shown: such lines name the person who filled in the table.
            found.notice(
                "row.remark", Text("a remark below the table: left out", "表下的说明文字：已略去"), at
            )
        elif text_of(first) in texts and _is_header(row, head):
            found.notice("row.header", Text("the header again: left out", "重复的表头：已略去"), at)
        else:
            kept.append(position)
    return kept


def _is_example(cell: object, *, has_id: bool) -> bool:
    text = text_of(cell).upper()
    return text in EXAMPLE if has_id else text.startswith(EXAMPLE)


def _is_remark(row: Sequence[object], first: object) -> bool:
    if not isinstance(first, str) or first.isalnum() or not _REMARK.fullmatch(folded(first)):
        return False
    filled = [cell for cell in row if not is_blank(cell)]
    return all(isinstance(cell, str) for cell in filled) and len(filled) <= max(3, len(row) // 2)


def _is_header(row: Sequence[object], head: Sequence[str]) -> bool:
    pairs = [
        (header_key(cell), name)
        for cell, name in zip(row, head, strict=False)
        if isinstance(cell, str) and cell
    ]
    return len(pairs) >= 2 and all(key == name for key, name in pairs)


def tell_hidden(numbers: Sequence[int], hidden: frozenset[int], source: Source, found: Findings) -> None:
    """Tell which of the rows read are hidden in the spreadsheet program (``hidden`` counts from 0)."""
    rows = [number for number in numbers if number - 1 in hidden]
    if rows:
        shown = row_ranges(rows)
        found.notice(
            "row.hidden",
            Text(
                f"hidden in the spreadsheet and read all the same ({len(rows)} in all): rows {shown}",
                f"有 {len(rows)} 行在表格中被隐藏或筛选掉，仍然读取：第 {shown} 行",
            ),
            source.at(row=rows[0]),
        )
