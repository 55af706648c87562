"""Recognising headers: which column of a file is which of ours."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from walkshed.crs import is_shifted
from walkshed.errors import Text
from walkshed.tables.fields import FIELDS, WEAK, Field, Kind, header_key
from walkshed.tables.values import folded
from walkshed.tables.words import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from walkshed.errors import Findings, Source


@cache
def ranked(kind: Kind) -> dict[str, tuple[tuple[str, int], ...]]:
    """Return for each header (as compared) the fields it may mean and how well."""
    found: dict[str, list[tuple[str, int]]] = {}
    for field in FIELDS[kind]:
        for word, rank in field.ranks().items():
            found.setdefault(word, []).append((field.name, rank))
    return {word: tuple(sorted(meant, key=lambda one: one[1])) for word, meant in found.items()}


def known(header: str, kind: Kind) -> tuple[str, int] | None:
    """Return the field a header means and its rank, or None.

    Examples
    --------
    >>> known("60岁及以上人口（人）", "estates"), known("面积（亩）", "venues"), known("备注", "venues")
    (('aged_60_plus', 2), None, None)
    """
    whole = ranked(kind).get(header_key(header))
    if whole:
        return whole[0]
    meant, unit = _bracketed(header, kind)
    if meant and meant[0] in ("lon", "lat") and is_shifted(unit):
        return meant[0], WEAK  # coordinates in WGS84 beside them are better; the datum is undone on reading
    return meant if meant and _fits(meant[0], unit, kind) else None


def doubtful_bracket(header: str, kind: Kind) -> tuple[str, str] | None:
    """Return the field a header would mean but for what stands in its brackets, and that."""
    if known(header, kind):
        return None
    meant, unit = _bracketed(header, kind)
    return (meant[0], unit) if meant else None


def _bracketed(header: str, kind: Kind) -> tuple[tuple[str, int] | None, str]:
    split = re.fullmatch(r"(.*?)[(\[【](.*?)[)\]】]\s*", folded(header), re.DOTALL)
    if not split:
        return None, ""
    meant = ranked(kind).get(header_key(split[1]))
    return (meant[0] if meant else None), split[2].strip()


def _fits(name: str, unit: str, kind: Kind) -> bool:
    units = next(field.units for field in FIELDS[kind] if field.name == name)
    return units is None or unit.casefold() in units.split()


def check_names(columns: Mapping[str, str], kind: Kind, found: Findings, source: Source) -> dict[str, str]:
    """Return the user's mapping with our names resolved; an unknown one is a fault."""
    names = [field.name for field in FIELDS[kind]]
    resolved: dict[str, str] = {}
    for ours, theirs in columns.items():
        name = names[0] if ours == "id" else ours
        if name in names:
            resolved[name] = theirs
            continue
        near = did_you_mean(ours, names)
        found.fault(
            "columns.unknown",
            Text(
                f'columns: "{ours}" is no name of ours; the names are {", ".join(names)}{near.en}',
                f"columns 中的“{ours}”不是可用的列名；可用：{'、'.join(names)}{near.zh}",
            ),
            source,
        )
    return resolved


def recognise(
    names: Sequence[str],
    meanings: Sequence[tuple[str, int] | None],
    chosen: Mapping[str, str],
    *,
    kind: Kind,
    found: Findings,
    source: Source,
) -> dict[str, str]:
    """Return which column is which of ours.

    Parameters
    ----------
    names
        The columns' names.
    meanings
        For each column the field it means and its rank, if any.
    chosen
        ``{ours: name}`` as the user has it: wins over recognition.

    Returns
    -------
    dict of str to str
        Our name -> the column's name. Two columns that mean the same are a fault unless one of
        them is called exactly as we call it.
    """
    ours = dict(chosen)
    taken = set(chosen.values())
    for field in FIELDS[kind]:
        if field.name in chosen:
            continue
        ranks = sorted(
            (meaning[1], name)
            for name, meaning in zip(names, meanings, strict=True)
            if meaning and meaning[0] == field.name and name not in taken
        )
        if not ranks:
            continue
        ours[field.name] = ranks[0][1]
        _tell_rivals(field, ranks, found, source)
    return ours


def _tell_rivals(field: Field, ranks: Sequence[tuple[int, str]], found: Findings, source: Source) -> None:
    """Tell of several columns that read as one field: the best first, equals are a fault."""
    best = [name for rank, name in ranks if rank == ranks[0][0]]
    if len(best) > 1:
        listed = ", ".join(f'"{name}"' for name in best)
        found.fault(
            "column.twice",
            Text(
                f"columns {listed} all read as {field.name}; say which one counts: "
                f'columns = {{ {field.name} = "{best[0]}" }}, or rename the others',
                f"列 {listed} 都被识别为 {field.name}（{field.zh}）；请指定："
                f"columns = {{ {field.name} = “{best[0]}” }}，或改掉其他列名",
            ),
            source.at(column=best[1]),
        )
    for rank, name in ranks:
        # What means a field only for want of better is an ordinary column beside the better one.
        if name in best or rank >= WEAK:
            continue
        found.notice(
            "column.other",
            Text(
                f'"{best[0]}" is read as {field.name}; this column is kept as it is',
                f"“{best[0]}”作为 {field.name}（{field.zh}）；本列原样保留",
            ),
            source.at(column=name),
        )


def tell_brackets(
    names: Sequence[str], ours: Mapping[str, str], *, kind: Kind, found: Findings, source: Source
) -> None:
    """Tell of headers that nearly mean something, but for what stands in their brackets."""
    for name in names:
        doubt = doubtful_bracket(name, kind)
        if doubt is None or doubt[0] in ours:
            continue
        field, unit = doubt
        found.notice(
            "column.unit",
            Text(
                f'not read as {field}, because of "({unit})"; if it is, convert it and rename it, '
                f'or write columns = {{ {field} = "{name}" }}',
                f"因“（{unit}）”未识别为 {field}；如确是，请换算并改列名，"
                f"或写 columns = {{ {field} = “{name}” }}",
            ),
            source.at(column=name),
        )
