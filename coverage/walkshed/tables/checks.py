"""Reading the walks that somebody timed in person."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from walkshed.errors import Findings, Text
from walkshed.tables.dates import read_date
from walkshed.tables.frame import other_columns, texts
from walkshed.tables.known import Known
from walkshed.tables.optional import load_optional
from walkshed.tables.tally import Tally
from walkshed.tables.values import Reading, folded, read_id, read_number, text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    import pandas as pd

    from walkshed.tables.table import Table

COLUMNS = ("estate_id", "venue_id", "minutes", "profile", "date", "note", "source_row")
"""The columns every frame of timed walks has, in order."""

MOST_MINUTES = 240.0
"""Nobody times a longer walk to a venue: the number means something else."""

_TIMED = re.compile(
    r"(?:(\d+)\s*(?:分钟|分|min|minutes?|m|'|′))\s*(?:(\d+)\s*(?:秒钟|秒|sec|seconds?|s|\"|″)?)?"
)
_UNIT = re.compile(r"\s*(分钟|分|mins?|minutes?)\.?$")


def read_checks(
    path: str | Path,
    *,
    sheet: str | None = None,
    columns: Mapping[str, str] | None = None,
    estate_ids: Collection[str] | None = None,
    venue_ids: Collection[str] | None = None,
    profiles: Collection[str] | None = None,
    findings: Findings | None = None,
) -> pd.DataFrame:
    r"""Read walks that somebody timed in person: one row per walk.

    Parameters
    ----------
    path, sheet, columns, findings
        As for :func:`read_estates`.
    estate_ids, venue_ids
        The estates and venues there are, as ids or as mappings of id to name; any other is a fault.
    profiles
        The study's kinds of walkers; any other is a fault. A blank cell is the first of them.

    Returns
    -------
    pandas.DataFrame
        In the file's order: estate_id, venue_id, minutes (walked; NaN where blank), profile, date
        (datetime64, NaT where blank), note, source_row, then every other column, but for columns about persons.

    Raises
    ------
    InputError
        All faults of the file at once, each with sheet, row, column and value.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "checks.csv"
    ...     _ = path.write_text("小区编号,场所编号,实走分钟\n001,V1,7分30秒\n", "utf-8")
    ...     checks = read_checks(path, estate_ids=["001"], venue_ids=["V1"], profiles=["adult"])
    >>> checks.loc[0, ["estate_id", "venue_id", "profile"]].tolist(), float(checks["minutes"].iloc[0])
    (['001', 'V1', 'adult'], 7.5)
    """
    found = Findings() if findings is None else findings
    needed = [("estate_id",), ("venue_id",), ("minutes",)]
    table = load_optional(
        path, kind="checks", needed=needed, sheet=sheet, crs="EPSG:4326", columns=columns, found=found
    )
    frame = _frame(table, estate_ids, venue_ids, profiles, found)
    if findings is None:
        found.raise_faults()
    return frame


def _frame(
    table: Table,
    estate_ids: Collection[str] | None,
    venue_ids: Collection[str] | None,
    profiles: Collection[str] | None,
    found: Findings,
) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    tally = Tally(found, table.source)
    estate, venue = Text("estate", "小区"), Text("venue", "场所")
    made: dict[str, Any] = {
        "estate_id": pd.Series(_places(table, "estate_id", estate_ids, estate, tally), dtype="str"),
        "venue_id": pd.Series(_places(table, "venue_id", venue_ids, venue, tally), dtype="str"),
    }
    blank = [float("nan")] * len(table.rows)
    minutes = table.read(table.header("minutes"), read_minutes, tally) if table.has("minutes") else blank
    made["minutes"] = pd.Series(minutes, dtype="float64")
    made["profile"] = pd.Series(_profiles(table, profiles, tally), dtype="str")
    days = (
        table.read(table.header("date"), read_date, tally) if table.has("date") else [None] * len(table.rows)
    )
    made["date"] = pd.Series(pd.to_datetime(pd.Series(days, dtype="object"))).astype("datetime64[ns]")
    made["note"] = texts(table, "note")
    made["source_row"] = np.array(table.rows, dtype="int64")
    made.update(other_columns(table, list(made), found))
    if table.has("minutes"):
        header = table.header("minutes")
        for row, cell in zip(table.rows, table.columns[header], strict=True):
            if text_of(cell) == "":
                text = Text(
                    "no minutes: the walk is listed and not compared", "没有填写分钟数：保留该行，不作比较"
                )
                tally.notice("check.no_minutes", text, row=row, column=header)
    tally.tell()
    return pd.DataFrame(made)


def read_minutes(cell: object) -> Reading:
    """Read how long a walk took, in minutes; a clock's hours and minutes are not guessed at.

    Examples
    --------
    >>> [read_minutes(cell).value for cell in (7.5, "12分钟", "7分30秒", "7'30", "约 8 min")]
    [7.5, 12.0, 7.5, 7.5, 8.0]
    >>> read_minutes("7:30").problem[0], read_minutes(0).problem[0]
    ('check.minutes', 'check.minutes')
    """
    wrong = Reading(
        float("nan"),
        problem=(
            "check.minutes",
            Text(
                f"is not how long a walk takes; write minutes above 0 and up to {MOST_MINUTES:g}, such as 7.5 for 7 min 30 s",
                f"不是步行用时；请填大于 0、不超过 {MOST_MINUTES:g} 的分钟数，如 7 分 30 秒写 7.5",
            ),
        ),
    )
    if isinstance(cell, (dt.date, dt.time, dt.timedelta)):
        return wrong
    note = None
    if isinstance(cell, str) and (text := folded(cell).lower()):
        if timed := _TIMED.fullmatch(text):
            minutes = int(timed[1]) + int(timed[2] or 0) / 60
            if timed[2]:
                note = ("number.as_text", Text(f"read as {minutes:g} minutes", f"按 {minutes:g} 分钟读取"))
            reading = Reading(minutes, note)
        else:
            reading = read_number(_UNIT.sub("", text))
            if reading.problem:
                return wrong
    else:
        reading = read_number(cell)
    if reading.problem is None and (reading.value <= 0 or reading.value > MOST_MINUTES):
        return wrong
    return reading


def _places(table: Table, column: str, ids: Collection[str] | None, what: Text, tally: Tally) -> list[str]:
    """Return the ids of estates or venues that rows name; a blank or an unknown one is a fault."""
    if not table.has(column):
        return [""] * len(table.rows)
    header = table.header(column)
    named: list[str] = table.read(header, read_id, tally)
    known = None if ids is None else Known(ids)
    for position, text in enumerate(named):
        row = table.rows[position]
        if not text:
            said = Text(f"does not say which {what.en} was walked", f"没有填写{what.zh}")
            tally.fault("id.blank", said, row=row, column=header)
            continue
        if known is None:
            continue
        meant = known.find(text)
        if meant.how == "unknown":
            near = known.hint(text)
            said = Text(
                f"there is no {what.en} with this id{near.en or f'; write an id of the table of {what.en}s'}",
                f"{what.zh}表中没有这个编号{near.zh or f'；请填写{what.zh}表中的编号'}",
            )
            tally.fault(f"check.unknown_{what.en}", said, row=row, column=header, value=text)
            continue
        if meant.how == "name":
            said = Text(
                f'is the name of the {what.en} "{meant.ident}", and is read as that',
                f"是{what.zh}“{meant.ident}”的名称，按其读取",
            )
            tally.notice("check.by_name", said, row=row, column=header, value=text)
        named[position] = meant.ident
    return named


def _profiles(table: Table, profiles: Collection[str] | None, tally: Tally) -> list[str]:
    """Return who walked; a blank is the study's first kind of walker, an unknown one a fault."""
    first = next(iter(profiles or ()), "")
    if not table.has("profile"):
        return [first] * len(table.rows)
    header = table.header("profile")
    named = [text_of(cell) for cell in table.columns[header]]
    known = None if profiles is None else Known(profiles)
    for position, text in enumerate(named):
        if not text:
            named[position] = first
        elif known is not None:
            meant = known.find(text)
            if meant.how == "unknown":
                listed = ", ".join(profiles or ())
                said = Text(
                    f"is no walker of this study; they are: {listed}", f"不是本研究的步行者；可填：{listed}"
                )
                tally.fault(
                    "check.unknown_profile", said, row=table.rows[position], column=header, value=text
                )
            else:
                named[position] = meant.ident
    return named
