"""``places_review.xlsx``: every doubtful place with its candidates, made to be decided in a spreadsheet program."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from walkshed.deliver.review_sheets import FORMS, LEVELS, WIDTHS, Styles, write_all, write_help
from walkshed.errors import OutputError, Text
from walkshed.geodesy import distance_m
from walkshed.places.answer import STATUSES
from walkshed.places.choosing import AGAIN, DATUMS, GIVEN, NOWHERE, TYPED_BEFORE
from walkshed.places.review import HEADERS, HIDDEN, HIDDEN_SHEET, KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from walkshed.errors import Language
    from walkshed.places.answer import Answer, Seen
    from walkshed.places.decisions import Decision, Key

_SHEETS = {
    "review": Text("review", "核对"),
    "all": Text("all places", "全部地点"),
    "help": Text("how to", "使用说明"),
}
_TO_FILL = ("choose", "own_lon", "own_lat", "own_crs")
_MARK = "√"


@dataclass(frozen=True, slots=True)
class Entry:
    """A place of the review.

    Attributes
    ----------
    answer
        What was found.
    given
        The coordinates that the table gives, None where it gives none.
    decision
        What was decided about it before, None where nothing was.
    """

    answer: Answer
    given: tuple[float, float] | None = None
    decision: Decision | None = None

    @property
    def rank(self) -> tuple[int, str]:
        """Open questions first, decided ones last."""
        return (3 if self.decision else {"doubtful": 0, "not_found": 1}.get(self.answer.status, 2), "")


def write_review(
    path: Path,
    entries: Sequence[Entry],
    *,
    everything: Sequence[Answer],
    title: str,
    language: Language,
    most: int = 8,
) -> None:
    """Write the review workbook: whole or not at all, the same for the same places.

    Parameters
    ----------
    entries
        The places to be looked at; what is open comes first.
    everything
        All places, for the sheet that lists them.
    title
        The study's name.
    most
        How many candidates of a place are shown at most.

    Raises
    ------
    OutputError
        It cannot be written, as when it is open in a spreadsheet program.
    """
    import xlsxwriter

    memory = io.BytesIO()
    options = {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    }  # fmt: skip
    with xlsxwriter.Workbook(memory, options) as book:
        book.set_properties({"title": title, "created": dt.datetime(2024, 1, 1)})  # noqa: DTZ001 - a fixed date: the same places are the same bytes
        styles = Styles(book)
        ordered = sorted(entries, key=lambda entry: entry.rank)
        offers = {entry.answer.key: _offers(entry, most) for entry in ordered}
        _write_blocks(book.add_worksheet(_SHEETS["review"].in_(language)), ordered, offers, styles, language)
        write_all(book.add_worksheet(_SHEETS["all"].in_(language)), everything, styles, language)
        write_help(book.add_worksheet(_SHEETS["help"].in_(language)), styles, language)
        _write_hidden(book.add_worksheet(HIDDEN_SHEET), ordered, offers)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(memory.getvalue())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        both = f"{path} cannot be written ({error.strerror}); close it in other programs · 无法写入，请先在其他程序中关闭"
        raise OutputError(both) from error


@dataclass(frozen=True, slots=True)
class _Offer:
    """A candidate as it is written."""

    lon: float
    lat: float
    source: str
    ref: str
    place: str
    seen: Seen | None = None


def _offers(entry: Entry, most: int) -> tuple[list[_Offer], int]:
    """Return the candidates to show and which of them an earlier decision chose, counted from 1, 0 for none."""
    offers = [
        _Offer(c.lon, c.lat, c.source, c.ref, c.name or c.address, one)
        for one in entry.answer.seen[:most]
        for c in (one.candidate,)
    ]
    made = entry.decision
    if made is None or made.lon is None or made.lat is None or made.choice not in {"candidate", "typed"}:
        return offers, 0
    for number, offer in enumerate(offers, start=1):
        if max(abs(offer.lon - made.lon), abs(offer.lat - made.lat)) < 1e-6 and made.choice == "candidate":
            return offers, number
    source = TYPED_BEFORE if made.choice == "typed" else made.source
    offers.append(_Offer(made.lon, made.lat, source, made.ref, made.place))
    return offers, len(offers)


def _write_blocks(
    sheet: Any,
    entries: Sequence[Entry],
    offers: Mapping[Key, tuple[list[_Offer], int]],
    styles: Styles,
    language: Language,
) -> None:
    for column, (key, header) in enumerate(HEADERS.items()):
        sheet.write_string(
            0, column, header.in_(language), styles.fill_head if key in _TO_FILL else styles.head
        )
        sheet.set_column(column, column, WIDTHS[key])
    row = 1
    for entry in entries:
        made, chosen = offers[entry.answer.key]
        _write_row(sheet, row, _place_cells(entry, chosen, language), styles, block=True)
        _allow(sheet, row, [str(n) for n in range(1, len(made) + 1)], entry, language)
        for number, offer in enumerate(made, start=1):
            cells = _candidate_cells(entry, offer, number, made[0], language)
            _write_row(sheet, row + number, cells, styles, block=False)
            _allow_mark(sheet, row + number)
        row += len(made) + 1
    sheet.freeze_panes(1, 4)
    if entries:
        sheet.autofilter(0, 0, row - 1, len(HEADERS) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _place_cells(entry: Entry, chosen: int, language: Language) -> dict[str, object]:
    answer, query = entry.answer, entry.answer.query
    cells: dict[str, object] = {
        **_key_cells(entry, language),
        "choose": chosen or "",
        "status": STATUSES[answer.status].in_(language),
        "about": answer.reason.in_(language),
        "address": query.address,
        "community": query.community,
    }
    if entry.given is not None:
        cells["lon"], cells["lat"] = entry.given
    if entry.decision is not None:
        words = {"nowhere": NOWHERE, "given": GIVEN}
        if (word := words.get(entry.decision.choice)) is not None:
            cells["choose"] = word.in_(language)
        cells["about"] = _decided(entry.decision).in_(language)
    return cells


def _decided(decision: Decision) -> Text:
    if decision.choice == "nowhere":
        return Text("decided: none of the candidates", "已决定：候选都不是")
    if decision.choice == "given":
        return Text("decided: the table is right", "已决定：表中坐标正确")
    return Text("decided by a person", "已由人工决定")


def _key_cells(entry: Entry, language: Language) -> dict[str, object]:
    query = entry.answer.query
    return {"kind": KINDS[query.kind].in_(language), "id": query.id, "name": query.name}


def _candidate_cells(
    entry: Entry, offer: _Offer, number: int, first: _Offer, language: Language
) -> dict[str, object]:
    cells: dict[str, object] = {
        **_key_cells(entry, language),
        "number": number,
        "place": offer.place,
        "source": offer.source,
        "lon": offer.lon,
        "lat": offer.lat,
        "ref": offer.ref,
    }
    if number > 1:
        cells["apart_m"] = round(float(distance_m(first.lon, first.lat, offer.lon, offer.lat)))
    if offer.seen is None:
        cells["about"] = Text("decided earlier", "以前的决定").in_(language)
        return cells
    seen, candidate = offer.seen, offer.seen.candidate
    about = [candidate.evidence.in_(language)]
    if seen.doubt is not None:  # a doubt about the name is its evidence: said once
        doubt = seen.doubt.in_(language)
        about = [doubt] if about[0] in doubt else [*about, doubt]
    cells["about"] = ("；" if language == "zh" else "; ").join(part for part in about if part)
    cells["level"], cells["score"] = LEVELS[candidate.level].in_(language), round(seen.name_score, 2)
    cells["address"] = candidate.address
    if seen.community_m is not None:
        cells["community_m"] = round(seen.community_m)
    return cells


def _write_row(sheet: Any, row: int, cells: Mapping[str, object], styles: Styles, *, block: bool) -> None:
    for column, key in enumerate(HEADERS):
        value = cells.get(key, "")
        if key in _TO_FILL:
            if key == "choose" and not block:
                style = styles.fill_text
            else:
                style = styles.fill_degrees if key in {"own_lon", "own_lat"} else styles.fill
            style = style if block or key == "choose" else styles.row
        elif key == "about":
            style = styles.block_wrap if block else styles.wrap
        else:
            style = styles.block if block else styles.row
        if isinstance(value, int | float):
            form = FORMS.get(key)
            sheet.write_number(row, column, value, styles.number(form, block=block) if form else style)
        elif value:
            sheet.write_string(row, column, str(value)[:32_767], style)
        else:
            sheet.write_blank(row, column, None, style)


def _allow(sheet: Any, row: int, numbers: list[str], entry: Entry, language: Language) -> None:
    """Put drop-downs on the row of a place: its candidates, and what else may be said of it."""
    words = [NOWHERE.in_(language)]
    if entry.given is not None:
        words.append(GIVEN.in_(language))
    if entry.decision is not None:
        words.append(AGAIN.in_(language))
    columns = list(HEADERS)
    hint = Text("Choose one of the list.", "请从列表中选择。").in_(language)
    listed = {"validate": "list", "error_title": HEADERS["choose"].in_(language), "error_message": hint}
    sheet.data_validation(
        row, columns.index("choose"), row, columns.index("choose"), {**listed, "source": [*numbers, *words]}
    )
    place = columns.index("own_crs")
    sheet.data_validation(row, place, row, place, {**listed, "source": list(DATUMS.values())})
    for key, limit in (("own_lon", 180), ("own_lat", 90)):
        place = columns.index(key)
        degrees = Text("Decimal degrees, such as 120.305.", "十进制度，如 120.305。").in_(language)
        sheet.data_validation(
            row, place, row, place,
            {
                "validate": "decimal", "criteria": "between", "minimum": -limit, "maximum": limit,
                "error_title": HEADERS[key].in_(language), "error_message": degrees, "error_type": "warning",
            },
        )  # fmt: skip


def _allow_mark(sheet: Any, row: int) -> None:
    place = list(HEADERS).index("choose")
    sheet.data_validation(
        row, place, row, place, {"validate": "list", "source": [_MARK], "error_type": "warning"}
    )


def _write_hidden(
    sheet: Any, entries: Sequence[Entry], offers: Mapping[Key, tuple[list[_Offer], int]]
) -> None:
    """Write the candidates once more, for choices whose rows are gone when the workbook comes back."""
    for column, name in enumerate(HIDDEN):
        sheet.write_string(0, column, name)
    row = 1
    for entry in entries:
        query = entry.answer.query
        made, _ = offers[entry.answer.key]
        for number, offer in enumerate(made or [None], start=1 if made else 0):
            cells: list[object] = [query.kind, query.id, query.name, number if offer else ""]
            cells += [offer.lon, offer.lat, offer.source, offer.ref, offer.place] if offer else [""] * 5
            cells += entry.given or ("", "")
            for column, cell in enumerate(cells):
                if isinstance(cell, int | float):
                    sheet.write_number(row, column, cell)
                elif cell:
                    sheet.write_string(row, column, str(cell))
            row += 1
    sheet.hide()
