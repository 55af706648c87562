"""Which studies a batch is of: files, folders, or a table that names them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from walkshed.errors import Findings, Source, Text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    from walkshed.tables.sheet import Sheet

TABLES = frozenset({".xlsx", ".xlsm", ".xls", ".et", ".csv", ".tsv", ".txt"})
"""Suffixes of files that are read as a table of studies."""
STUDY_HEADERS = frozenset({"study", "studies", "study.toml", "研究", "研究文件", "研究文件夹"})
OUT_HEADERS = frozenset({"out", "output", "folder", "输出", "输出文件夹", "结果文件夹"})
_HEADER_ROWS = 30


@dataclass(frozen=True, slots=True)
class Job:
    """One study of a batch, in words that any process understands.

    Attributes
    ----------
    study
        Path of a ``study.toml`` or of its folder.
    out
        Folder of the results; "" for the study's own.
    """

    study: str
    out: str = ""


def read_jobs(studies: Iterable[str | PathLike[str]]) -> list[Job]:
    """Return the studies that files, folders and tables of studies stand for, in their order.

    Parameters
    ----------
    studies
        Each a ``study.toml``; a folder that holds one; a folder whose subfolders hold one each; or a table
        (workbook or text) with a column *study* / 研究 and, if wanted, *out* / 输出, whose paths are relative to the
        table. A study that is named twice with the same output is done once.

    Raises
    ------
    InputError
        A table cannot be read, has no such column, or has rows without a study; nothing at all is named.

    Examples
    --------
    >>> read_jobs(["north/study.toml", "south", "north/study.toml"])
    [Job(study='north/study.toml', out=''), Job(study='south', out='')]
    """
    findings = Findings()
    jobs: list[Job] = []
    for path in map(Path, studies):
        if path.suffix.lower() in TABLES and not path.is_dir():
            jobs.extend(_of_table(path, findings))
        else:
            jobs.extend(Job(str(one)) for one in _of_path(path))
    if not jobs and not findings.faults:
        findings.fault("batch.none", Text("no study is named", "没有指定任何研究"))
    findings.raise_faults()
    return list(dict.fromkeys(jobs))


def _of_path(path: Path) -> list[Path]:
    """Return the path itself, or the subfolders with a study where it holds none."""
    if not path.is_dir() or (path / "study.toml").is_file():
        return [path]
    inside = sorted(one.parent for one in path.glob("*/study.toml") if not one.parent.name.startswith("."))
    return inside or [path]


def _of_table(path: Path, findings: Findings) -> list[Job]:
    """Read a table of studies; every fault of it is said."""
    found = _headed_sheet(path, findings)
    if found is None:
        return []
    sheet, top, columns = found
    jobs = []
    rows: list[tuple[int, str, str]] = []
    for number, row in enumerate(sheet.rows[top + 1 :], start=top + 2):
        cells = ["" if cell is None else str(cell).strip() for cell in row]
        if any(cells):
            rows.append((number, cells[columns["study"]], cells[columns["out"]] if "out" in columns else ""))
    for number, study, out in rows:
        if not study:
            text = Text(
                "this row names no study; write the path of its study.toml or folder",
                "该行没有指定研究；请填写 study.toml 或其文件夹的路径",
            )
            findings.fault("batch.no_study", text, sheet.source.at(row=number))
            continue
        jobs.append(Job(str(path.parent / study), str(path.parent / out) if out else ""))
    if not rows:
        text = Text("the table of studies has no rows", "研究列表中没有数据行")
        findings.fault("batch.no_rows", text, sheet.source)
    return jobs


def _headed_sheet(path: Path, findings: Findings) -> tuple[Sheet, int, dict[str, int]] | None:
    """Return the first sheet with a column of studies, its header's row (from 0) and where its columns are."""
    from walkshed.tables.delimited import read_text_sheet
    from walkshed.tables.opening import WORKBOOKS
    from walkshed.tables.sheet import check_file
    from walkshed.tables.workbook import read_workbook

    if not check_file(path, findings):
        return None
    if path.suffix.lower() in WORKBOOKS:
        sheets = read_workbook(path, sheet=None, found=findings)
    else:
        only = read_text_sheet(path, kind="estates", theirs=STUDY_HEADERS | OUT_HEADERS, found=findings)
        sheets = [] if only is None else [only]
    for sheet in sheets:
        for top, row in enumerate(sheet.rows[:_HEADER_ROWS]):
            columns = _columns(row)
            if "study" in columns:
                return sheet, top, columns
    if sheets:
        text = Text(
            'no column of the table is headed "study" (or 研究); it gives the path of each study.toml or folder',
            "表中没有名为“研究”（或 study）的列；该列填写每个 study.toml 或其文件夹的路径",
        )
        findings.fault("batch.no_column", text, Source(path.name))
    return None


def _columns(row: Iterable[object]) -> dict[str, int]:
    """Return where the columns *study* and *out* are in a row of headers."""
    places: dict[str, int] = {}
    for number, cell in enumerate(row):
        word = str(cell or "").strip().lower()
        for name, headers in (("study", STUDY_HEADERS), ("out", OUT_HEADERS)):
            if word in headers:
                places.setdefault(name, number)
    return places
