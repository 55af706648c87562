"""Between two runs: choices of a review workbook that came back go into ``decisions.csv``, once."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING

from walkshed.errors import Source, Text
from walkshed.places.decisions import FILE as DECISIONS
from walkshed.places.decisions import Decisions, decisions_text, read_decisions, write_decisions
from walkshed.places.review import FILE as REVIEW
from walkshed.places.review import Chosen, read_review

if TYPE_CHECKING:
    from pathlib import Path

    from walkshed.errors import Findings

KEPT = "places_review.previous.xlsx"
"""A workbook in which somebody worked, kept beside the new one."""
_RECORD = "places_review.json"


def take_over(folder: Path, *, cache: Path, findings: Findings) -> Decisions:
    """Return a study's decisions, with those of a review workbook that came back since it was last looked at.

    Parameters
    ----------
    folder, cache
        The study's, where ``decisions.csv`` and the workbook are, and where it is noted which workbook was read.
    findings
        Takes notices; a ``decisions.csv`` that cannot be read is a fault, and nothing is written then.
    """
    path, workbook = folder / DECISIONS, folder / REVIEW
    faults = len(findings.faults)
    decisions = read_decisions(path, findings=findings)
    if len(findings.faults) > faults or not workbook.is_file():
        return decisions
    if _record(cache).get("read") == _digest(workbook):
        return decisions
    chosen = read_review(workbook, findings=findings)
    made = decisions.with_(chosen.made, without=chosen.again)
    _tell(chosen, decisions, findings)
    keep(folder, made, before=decisions)
    if chosen.read:
        _remember(cache, read=_digest(workbook))
    return made


def keep(folder: Path, decisions: Decisions, *, before: Decisions) -> None:
    """Write ``decisions.csv`` where it is not as it was."""
    if decisions_text(decisions) != decisions_text(before):
        write_decisions(folder / DECISIONS, decisions)


def put_aside(folder: Path, *, cache: Path, findings: Findings) -> None:
    """Keep a copy of a workbook in which somebody worked, before it is written anew."""
    workbook = folder / REVIEW
    if not workbook.is_file() or _record(cache).get("written") == _digest(workbook):
        return
    (folder / KEPT).write_bytes(workbook.read_bytes())
    text = Text(
        f"it had been worked in; the version before is kept as {KEPT}",
        f"该文件曾被编辑，原版本保存为 {KEPT}",
    )
    findings.notice("review.kept", text, Source(REVIEW))


def note_written(folder: Path, *, cache: Path) -> None:
    """Note the workbook as it was just written: until somebody changes it there is nothing to read in it."""
    digest = _digest(folder / REVIEW)
    _remember(cache, read=digest, written=digest)


def _tell(chosen: Chosen, before: Decisions, findings: Findings) -> None:
    known = set(decisions_text(before).splitlines())
    new = set(decisions_text(Decisions(chosen.made)).splitlines()) - known
    if not (new or chosen.again):
        return
    back = len(chosen.again)
    text = Text(
        f"{len(new)} choices were taken over into {DECISIONS}"
        + (f", {back} decisions taken back" if back else ""),
        f"{len(new)} 个选择已写入 {DECISIONS}" + (f"，撤销 {back} 个决定" if back else ""),
    )
    findings.notice("review.taken", text, Source(REVIEW))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _record(cache: Path) -> dict[str, str]:
    """Return the digests of the review workbooks that were written and read last; none where none is known."""
    try:
        found = json.loads((cache / _RECORD).read_text(encoding="utf-8"))
        return {str(key): str(value) for key, value in found.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _remember(cache: Path, **digests: str) -> None:
    record = json.dumps({**_record(cache), **digests}, sort_keys=True)
    with suppress(OSError):  # then the workbook is read once more next time, to the same effect
        cache.mkdir(parents=True, exist_ok=True)
        (cache / _RECORD).write_text(record + "\n", encoding="utf-8")
