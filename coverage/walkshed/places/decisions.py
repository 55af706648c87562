"""What persons decided about places: ``decisions.csv``, which survives new versions of the tables.

Only what was decided is kept: not by whom, and not when.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from walkshed.errors import OutputError, Source, Text
from walkshed.places.likeness import alike
from walkshed.tables.values import folded, read_coordinate, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from walkshed.errors import Findings

FILE = "decisions.csv"
Choice = Literal["candidate", "typed", "given", "nowhere"]
CHOICES: tuple[Choice, ...] = ("candidate", "typed", "given", "nowhere")
COLUMNS = (
    "kind", "id", "name", "choice", "lon", "lat", "source", "ref", "place", "given_lon", "given_lat",
)  # fmt: skip
"""``kind`` is estate or venue; ``given_lon`` and ``given_lat`` what the table said at the time."""
Key = tuple[str, str]
"""Kind and id."""
_DANGEROUS = tuple("=+-@\t\r")
_SAME_DEG = 1e-6


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision.

    Attributes
    ----------
    kind, id, name
        Which row it is about.
    choice
        ``candidate``: a place that a source offered; ``typed``: coordinates typed by the person; ``given``: those of
        the table stand; ``nowhere``: none of the candidates, it is not to be looked for again.
    lon, lat
        Degrees, WGS84; None for ``nowhere``.
    source, ref, place
        Where the candidate came from, and what it is called there.
    given
        The coordinates that the table gave when it was decided, None where it gave none.
    """

    kind: str
    id: str
    name: str
    choice: Choice
    lon: float | None = None
    lat: float | None = None
    source: str = ""
    ref: str = ""
    place: str = ""
    given: tuple[float, float] | None = None

    @property
    def key(self) -> Key:
        """The kind and the id of its row."""
        return self.kind, self.id


@dataclass(frozen=True, slots=True)
class Decisions:
    """All decisions of a study, with the lines of the file that could not be read; those are kept as they are."""

    made: tuple[Decision, ...] = ()
    unread: tuple[tuple[str, ...], ...] = ()

    def with_(self, new: Sequence[Decision], *, without: Sequence[Key] = ()) -> Decisions:
        """Return them with newer ones in the place of older ones about the same row, and without some."""
        gone = {*without, *(one.key for one in new)}
        kept = [one for one in self.made if one.key not in gone]
        return replace(self, made=(*kept, *new))


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table, as far as decisions look at it."""

    kind: str
    id: str
    name: str
    given: tuple[float, float] | None = None

    @property
    def key(self) -> Key:
        """The kind and the id."""
        return self.kind, self.id


@dataclass(frozen=True, slots=True)
class Applied:
    """Which decision holds for which row, and the decisions with the keys they have now."""

    by_row: Mapping[Key, Decision]
    decisions: Decisions = field(default_factory=Decisions)


def read_decisions(path: Path, *, findings: Findings) -> Decisions:
    """Read ``decisions.csv``; none where there is no such file.

    Lines that cannot be read are told and kept.
    """
    if not path.is_file():
        return Decisions()
    source = Source(path.name)
    try:
        data = path.read_bytes()
    except OSError as error:
        text = Text(f"cannot be read ({error.strerror})", f"无法读取（{error.strerror}）")
        findings.fault("decisions.unreadable", text, source)
        return Decisions()
    try:
        words = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        words = data.decode("gb18030", "replace")
        findings.notice("decisions.encoding", Text("is read as GB18030", "按 GB18030 编码读取"), source)
    head = words.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    lines = list(csv.reader(io.StringIO(words, newline=""), delimiter=separator))
    if not lines:
        return Decisions()
    titles = [title.strip().lower() for title in lines[0]]
    if missing := [name for name in COLUMNS[:6] if name not in titles]:
        text = Text(
            f"has no column {', '.join(missing)}; restore the first line: {','.join(COLUMNS)}",
            f"缺少列 {'、'.join(missing)}；请恢复首行：{','.join(COLUMNS)}",
        )
        findings.fault("decisions.columns", text, source)
        return Decisions(unread=tuple(tuple(line) for line in lines[1:] if any(line)))
    return _parsed(lines, titles, source, findings)


def _parsed(
    lines: Sequence[Sequence[str]], titles: Sequence[str], source: Source, findings: Findings
) -> Decisions:
    made: dict[Key, Decision] = {}
    unread = []
    for number, line in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in line):
            continue
        cells = dict(zip(titles, (_plain(cell) for cell in line), strict=False))
        decision, wrong = _decision(cells)
        where = source.at(row=number, value=cells.get("name", "") or cells.get("id", ""))
        if decision is None:
            text = Text(f"this line is kept but not used: {wrong.en}", f"该行保留但不采用：{wrong.zh}")
            findings.notice("decisions.unread", text, where)
            unread.append(tuple(cells.get(name, "") for name in COLUMNS))
            continue
        if decision.key in made:
            text = Text(
                "the same row is decided twice; the last line counts", "同一地点有两条决定，以后一条为准"
            )
            findings.notice("decisions.twice", text, where)
        made.pop(decision.key, None)
        made[decision.key] = decision
    return Decisions(tuple(made.values()), tuple(unread))


def _decision(cells: Mapping[str, str]) -> tuple[Decision | None, Text]:
    kind, choice = cells.get("kind", "").lower(), cells.get("choice", "").lower()
    if kind not in {"estate", "venue"}:
        return None, Text(f'kind "{kind}" is not estate or venue', f"kind“{kind}”应为 estate 或 venue")
    if choice not in CHOICES:
        return None, Text(
            f'choice "{choice}" is not one of {", ".join(CHOICES)}', f"choice“{choice}”无法识别"
        )
    if not (cells.get("id") or cells.get("name")):
        return None, Text("neither id nor name", "缺少编号和名称")
    at = _pair(cells.get("lon", ""), cells.get("lat", ""))
    if at is None and choice != "nowhere":
        return None, Text("its coordinates cannot be read", "坐标无法读取")
    lon, lat = at if at is not None and choice != "nowhere" else (None, None)
    return Decision(
        kind, cells.get("id", ""), cells.get("name", ""),
        next(one for one in CHOICES if one == choice), lon, lat,
        cells.get("source", ""), cells.get("ref", ""), cells.get("place", ""),
        _pair(cells.get("given_lon", ""), cells.get("given_lat", "")),
    ), Text("", "")  # fmt: skip


def _pair(lon: str, lat: str) -> tuple[float, float] | None:
    x, y = read_coordinate(lon), read_coordinate(lat)
    if x.problem or y.problem or not (abs(x.value) <= 180 and abs(y.value) <= 90):
        return None
    return None if x.value == 0 == y.value else (float(x.value), float(y.value))


def decisions_text(decisions: Decisions) -> str:
    r"""Return the file's content, without the byte-order mark: sorted, so that the same decisions are the same bytes.

    Examples
    --------
    >>> made = Decisions((Decision("estate", "001", "桃源人家", "typed", 120.25, 31.57),))
    >>> decisions_text(made).splitlines()[1]
    'estate,001,桃源人家,typed,120.2500000,31.5700000,,,,,'
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    rows = [
        (
            one.kind, one.id, one.name, one.choice, *_degrees((one.lon, one.lat)), one.source, one.ref, one.place,
            *_degrees(one.given or (None, None)),
        )
        for one in decisions.made
    ]  # fmt: skip
    for row in sorted(rows):
        writer.writerow(
            [_safe(cell) if number not in {4, 5, 9, 10} else cell for number, cell in enumerate(row)]
        )
    for line in decisions.unread:
        writer.writerow([_safe(cell) for cell in line])
    return out.getvalue()


def write_decisions(path: Path, decisions: Decisions) -> None:
    """Write ``decisions.csv``: UTF-8 with byte-order mark, whole or not at all.

    Raises
    ------
    OutputError
        It cannot be written, as when it is open in a spreadsheet program.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(b"\xef\xbb\xbf" + decisions_text(decisions).encode("utf-8"))
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        both = f"{path} cannot be written ({error.strerror}); close it in other programs · 无法写入，请先在其他程序中关闭"
        raise OutputError(both) from error


def _degrees(at: tuple[float | None, float | None]) -> tuple[str, str]:
    lon, lat = at
    return ("", "") if lon is None or lat is None else (f"{lon:.7f}", f"{lat:.7f}")


def _safe(cell: str) -> str:
    """Return a cell that no spreadsheet program takes for a formula."""
    return f"'{cell}" if cell.startswith(_DANGEROUS) else cell


def _plain(cell: str) -> str:
    text = text_of(cell)
    return text[1:] if text.startswith("'") and text[1:].startswith(_DANGEROUS) else text


def apply_decisions(
    decisions: Decisions, rows: Sequence[Row], *, findings: Findings, file: str = FILE
) -> Applied:
    """Return which decision holds for which row of the tables as they are now.

    A decision follows its row: by id and name; by its id where the name is only written differently; by its name
    where the id has changed. It holds no more where the table gives other coordinates than it did then. What does
    not hold is kept and told.

    Examples
    --------
    >>> from walkshed.errors import Findings
    >>> made = Decisions((Decision("estate", "1", "桃源人家", "typed", 120.25, 31.57),))
    >>> applied = apply_decisions(made, [Row("estate", "001", "桃源人家")], findings=Findings())
    >>> sorted(applied.by_row)
    [('estate', '001')]
    """
    by_key = {row.key: row for row in rows}
    by_name: dict[Key, list[Row]] = {}
    for row in rows:
        if row.name:
            by_name.setdefault((row.kind, folded(row.name)), []).append(row)
    # a decision whose id and name both fit goes first: it cannot be pushed aside by one that only fits halfway
    exact = {
        one.key
        for one in decisions.made
        if one.key in by_key and folded(by_key[one.key].name) == folded(one.name)
    }
    held: dict[Key, Decision] = {}
    kept: list[Decision] = []
    for decision in sorted(decisions.made, key=lambda one: one.key not in exact):
        found, told = _row_of(decision, by_key, by_name, taken=held)
        if told is not None:
            code, text = told
            findings.notice(code, text, Source(file).at(value=f"{decision.id} {decision.name}".strip()))
        if found is None:
            kept.append(decision)
            continue
        if (stale := _stale(decision, found)) is not None:
            where = Source(file).at(value=f"{decision.id} {decision.name}".strip())
            findings.notice("decisions.table_wins", stale, where)
            kept.append(decision)
            continue
        moved = replace(decision, id=found.id, name=found.name)
        held[found.key] = moved
        kept.append(moved)
    return Applied(held, replace(decisions, made=tuple(kept)))


def _row_of(
    decision: Decision,
    by_key: Mapping[Key, Row],
    by_name: Mapping[Key, Sequence[Row]],
    *,
    taken: Mapping[Key, Decision],
) -> tuple[Row | None, tuple[str, Text] | None]:
    """Return the row a decision is about now, and what to tell of it."""
    same_id = by_key.get(decision.key)
    if same_id is not None and folded(same_id.name) == folded(decision.name):
        return same_id, None
    named = [row for row in by_name.get((decision.kind, folded(decision.name)), ()) if row.key not in taken]
    if len(named) == 1:
        text = Text(
            f'"{decision.name}" had the id {decision.id} when it was decided and is {named[0].id} now; the decision holds',
            f"“{decision.name}”当时编号为 {decision.id}，现为 {named[0].id}；决定继续有效",
        )
        return named[0], ("decisions.id_changed", text)
    if same_id is None or same_id.key in taken:
        text = Text(
            "no row of the tables has this id and name; the decision is kept for a later version of the table",
            "表中没有此编号和名称；决定保留，供以后版本使用",
        )
        return None, ("decisions.unknown_id", text)
    if not decision.name or not same_id.name or alike(decision.name, same_id.name).sure:
        text = Text(
            f'was called "{decision.name}" when it was decided and is "{same_id.name}" now; the decision holds',
            f"当时名称为“{decision.name}”，现为“{same_id.name}”；决定继续有效",
        )
        return same_id, ("decisions.name_changed", text)
    text = Text(
        f'the row with this id was "{decision.name}" and is "{same_id.name}" now: another place; '
        "the decision is kept but not used",
        f"此编号当时为“{decision.name}”，现为“{same_id.name}”，已是另一地点；决定保留但不采用",
    )
    return None, ("decisions.other_place", text)


def _stale(decision: Decision, row: Row) -> Text | None:
    """Return why a decision about a row does not hold any more, None where it does."""
    if row.given is None:
        if decision.choice != "given":
            return None
        return Text(
            "the table's own coordinates were confirmed, but it has none any more",
            "当时确认采用表中坐标，但现在表中没有坐标",
        )
    then = decision.given
    if then is not None and max(abs(then[0] - row.given[0]), abs(then[1] - row.given[1])) <= _SAME_DEG:
        return None
    return Text(
        "the table has coordinates of its own now, or others than when it was decided; those of the table are used",
        "表中已有坐标，或与当时不同；采用表中坐标",
    )
