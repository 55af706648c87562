"""The review workbook as it comes back: what was chosen in it, whatever was done to it meanwhile.

Rows may have been sorted, deleted or moved, columns too, and numbers may have become text. Every row names its
place; the candidates stand once more on a hidden sheet, so that a choice by number still means something where
their rows are gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from walkshed.errors import Findings, Source, Text
from walkshed.places.choosing import NUMBER, Block, Offer, outcome, place_at
from walkshed.places.decisions import Decision
from walkshed.tables.values import folded, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from walkshed.places.decisions import Key
    from walkshed.tables.sheet import Sheet

FILE = "places_review.xlsx"

HEADERS = {
    "kind": Text("table", "表"),
    "id": Text("id", "编号"),
    "name": Text("name", "名称"),
    "choose": Text("choose", "选择"),
    "own_lon": Text("own longitude", "手填经度"),
    "own_lat": Text("own latitude", "手填纬度"),
    "own_crs": Text("own datum", "手填坐标系"),
    "status": Text("status", "状态"),
    "number": Text("candidate", "候选号"),
    "place": Text("called there", "候选名称"),
    "about": Text("reason, evidence", "原因与依据"),
    "level": Text("level", "精度"),
    "source": Text("source", "来源"),
    "score": Text("name score", "名称得分"),
    "community_m": Text("from community, m", "距社区（米）"),
    "apart_m": Text("from candidate 1, m", "距候选1（米）"),
    "lon": Text("longitude", "经度"),
    "lat": Text("latitude", "纬度"),
    "address": Text("address", "地址"),
    "community": Text("community", "社区"),
    "ref": Text("object", "对象"),
}
"""The columns of the review, in order."""
HIDDEN = ("kind", "id", "name", "number", "lon", "lat", "source", "ref", "place", "given_lon", "given_lat")
"""The columns of the hidden sheet."""
HIDDEN_SHEET = "walkshed"
KINDS = {"estate": Text("estate", "小区"), "venue": Text("venue", "场所")}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen in a review workbook.

    Attributes
    ----------
    made
        The decisions.
    again
        The rows that are to be looked for again: earlier decisions about them are taken back.
    read
        Whether there was a workbook that could be read.
    """

    made: tuple[Decision, ...] = ()
    again: tuple[Key, ...] = ()
    read: bool = False


def read_review(path: Path, *, findings: Findings) -> Chosen:
    """Read the choices in a review workbook; none where there is no such file.

    Parameters
    ----------
    path
        ``places_review.xlsx`` as Excel, WPS or LibreOffice saved it.
    findings
        Takes a notice of everything that could not be taken as it stands.
    """
    from walkshed.tables.workbook import read_workbook

    if not path.is_file():
        return Chosen()
    own = Findings()
    try:
        sheets = read_workbook(path, sheet=None, found=own)
    except OSError as error:
        text = Text(f"cannot be read ({error.strerror})", f"无法读取（{error.strerror}）")
        findings.notice("review.unreadable", text, Source(path.name))
        return Chosen()
    findings.notices.extend([*own.notices, *own.faults])
    headed = [(sheet, found) for sheet in sheets if (found := _heading(sheet)) is not None]
    if not headed:
        if sheets:
            text = Text(
                "holds no sheet with the columns id, name and choose; nothing was read from it",
                "没有含“编号、名称、选择”列的工作表，未读取任何内容",
            )
            findings.notice("review.no_columns", text, Source(path.name))
        return Chosen()
    offers, given, names = _offers(sheets)
    blocks: dict[Key, Block] = {}
    for sheet, (top, columns) in headed:
        _collect(sheet, top, columns, names, blocks, findings)
    return _chosen(blocks, offers, given, Source(path.name), findings)


def _heading(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """Return the row of the header and the place of each column, in either language."""
    words = {
        text: key
        for key, header in HEADERS.items()
        for text in (folded(header.en).lower(), folded(header.zh))
    }
    for number, row in enumerate(sheet.rows[:40]):
        columns: dict[str, int] = {}
        for place, cell in enumerate(row):
            key = words.get(folded(text_of(cell)).lower())
            if key is not None:
                columns.setdefault(key, place)
        if {"id", "name", "choose"} <= set(columns):
            return number, columns
    return None


def _offers(
    sheets: Sequence[Sheet],
) -> tuple[dict[Key, dict[int, Offer]], dict[Key, tuple[float, float]], dict[Key, str]]:
    """Return from the hidden sheet the candidates, the given coordinates and the names, by row."""
    offers: dict[Key, dict[int, Offer]] = {}
    given: dict[Key, tuple[float, float]] = {}
    names: dict[Key, str] = {}
    for sheet in sheets:
        if not sheet.rows or [text_of(cell) for cell in sheet.rows[0][: len(HIDDEN)]] != list(HIDDEN):
            continue
        for row in sheet.rows[1:]:
            cells = dict(zip(HIDDEN, row, strict=False))
            key = (text_of(cells["kind"]), text_of(cells["id"]))
            names[key] = text_of(cells["name"])
            if (at := place_at(cells["given_lon"], cells["given_lat"])) is not None:
                given[key] = at
            place = place_at(cells["lon"], cells["lat"])
            if place is not None and text_of(cells["number"]).isdigit():
                number = int(text_of(cells["number"]))
                words = (text_of(cells[name]) for name in ("source", "ref", "place"))
                offers.setdefault(key, {})[number] = Offer(number, *place, *words)
    return offers, given, names


def _collect(
    sheet: Sheet,
    top: int,
    columns: Mapping[str, int],
    names: Mapping[Key, str],
    blocks: dict[Key, Block],
    findings: Findings,
) -> None:
    """Take in what the rows of a sheet say, by the place they name."""
    for number, row in enumerate(sheet.rows[top + 1 :], start=top + 2):
        cells = {key: text_of(row[place]) for key, place in columns.items() if place < len(row)}
        says = any(cells.get(name) for name in ("choose", "own_lon", "own_lat"))
        if not (cells.get("id") or cells.get("name")):
            if says:
                text = Text(
                    "this row names no place; its choice is not taken", "该行没有编号和名称，其选择未采用"
                )
                findings.notice("review.no_place", text, sheet.source.at(row=number))
            continue
        key = _key(cells, names)
        if key is None:
            if says:
                text = Text(
                    "no such place was asked about; the choice in this row is not taken",
                    "没有询问过该地点，该行的选择未采用",
                )
                where = sheet.source.at(
                    row=number, value=f"{cells.get('id', '')} {cells.get('name', '')}".strip()
                )
                findings.notice("review.unknown_place", text, where)
            continue
        name = names.get(key) or cells.get("name", "")
        block = blocks.setdefault(key, Block(*key, name, number))
        stands = NUMBER.fullmatch(folded(cells.get("number", "")).lower())
        own_number = int(stands[1]) if stands else 0
        if own_number:
            block.seen[own_number] = (number, cells.get("lon", ""), cells.get("lat", ""))
        if cells.get("choose"):
            block.choices.append((number, own_number, cells["choose"]))
        if cells.get("own_lon") or cells.get("own_lat"):
            block.own.append(
                (number, cells.get("own_lon", ""), cells.get("own_lat", ""), cells.get("own_crs", ""))
            )


def _key(cells: Mapping[str, str], names: Mapping[Key, str]) -> Key | None:
    """Return which place a row is about: by kind and id, else by its name where it is the only one."""
    said = folded(cells.get("kind", "")).lower()
    kind = next((key for key, text in KINDS.items() if said in {key, text.en, text.zh, f"{key}s"}), "")
    ident = cells.get("id", "")
    for key in names:
        if key[1] == ident and key[0] == (kind or key[0]) and (kind or _only(ident, names)):
            return key
    name = folded(cells.get("name", ""))
    same = [key for key, other in names.items() if name and folded(other) == name and kind in {"", key[0]}]
    if len(same) == 1:
        return same[0]
    # a workbook without its hidden sheet: the rows themselves are all there is
    return (kind, ident) if not names and kind and ident else None


def _only(ident: str, names: Mapping[Key, str]) -> bool:
    return sum(key[1] == ident for key in names) == 1


def _chosen(
    blocks: Mapping[Key, Block],
    offers: Mapping[Key, Mapping[int, Offer]],
    given: Mapping[Key, tuple[float, float]],
    source: Source,
    findings: Findings,
) -> Chosen:
    made: list[Decision] = []
    again: list[Key] = []
    for key, block in blocks.items():
        where = source.at(row=block.row, value=f"{block.id} {block.name}".strip())
        _tell_changed(block, offers.get(key, {}), where, findings)
        known = {**_visible(block), **offers.get(key, {})}
        said = outcome(block, known, given.get(key))
        if isinstance(said, Text):
            findings.notice("review.not_taken", said, where)
        elif said == "again":
            again.append(key)
        elif isinstance(said, Decision):
            made.append(said)
            if block.own and block.choices:
                text = Text(
                    "both a choice and coordinates of one's own; the coordinates count",
                    "既有选择又有手填坐标，以手填坐标为准",
                )
                findings.notice("review.both", text, where)
    return Chosen(tuple(made), tuple(again), read=True)


def _visible(block: Block) -> dict[int, Offer]:
    """Return the candidates as the visible rows have them, for a workbook that lost its hidden sheet."""
    found = {}
    for number, (_, lon, lat) in block.seen.items():
        if (at := place_at(lon, lat)) is not None:
            found[number] = Offer(number, *at, "", "", "")
    return found


def _tell_changed(block: Block, offers: Mapping[int, Offer], where: Source, findings: Findings) -> None:
    """Say it where a candidate's own coordinates were typed over: they are not what a choice means."""
    for number, (row, lon, lat) in sorted(block.seen.items()):
        at = place_at(lon, lat)
        offer = offers.get(number)
        if offer is None or at is None:
            continue
        if max(abs(at[0] - offer.lon), abs(at[1] - offer.lat)) > 1e-5:
            text = Text(
                f"the coordinates of candidate {number} were typed over; a choice means the old ones: "
                f"type yours into the columns {HEADERS['own_lon'].en} and {HEADERS['own_lat'].en}",
                f"候选 {number} 的坐标被改动；选择仍按原坐标，请填到“{HEADERS['own_lon'].zh}、{HEADERS['own_lat'].zh}”两列",
            )
            findings.notice("review.changed", text, Source(where.file, where.sheet, row, value=where.value))
