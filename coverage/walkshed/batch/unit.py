"""One study of many: run by itself, from plain arguments to files, and what stands from an earlier run."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from walkshed.deliver.record import hash_of, parts_of
from walkshed.errors import Findings, InputError, OutputError, Text
from walkshed.places.decisions import FILE as DECISIONS
from walkshed.study import read_study

if TYPE_CHECKING:
    from collections.abc import Iterator

    from walkshed.study import Study

DONE, SKIPPED, FAILED = "done", "skipped", "failed"
"""What became of a study: run now; its result still holds; its inputs or its results have faults."""

_REVIEW = "places_review.xlsx"
_log = logging.getLogger(__name__)


def run_one(study: str, out: str = "", offline: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 - plain arguments, as a scheduler sends them
    """Run one study and write its results; nothing it meets is raised.

    It takes and returns only what JSON holds, and everything else goes through files, so that another process or
    machine may do it.

    Parameters
    ----------
    study
        Path of a ``study.toml`` or of its folder.
    out
        Folder of the results; "" for the study's own.
    offline
        Never use the network.

    Returns
    -------
    dict
        ``study`` and ``folder`` (paths), ``status`` (``"done"`` or ``"failed"``), ``messages`` (sentences in the
        study's language; where it failed, every fault), ``seconds``.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> folder = walkshed.init_study(tempfile.mkdtemp() + "/ronghang")
    >>> run_one(str(folder))["status"], (folder / "out" / "coverage.csv").is_file()
    ('done', True)
    """
    start = time.perf_counter()
    folder, status, messages = out, FAILED, [""]
    try:
        folder, headline = _run(study, out, offline=offline)
        status, messages = DONE, [headline]
    except InputError as error:
        messages = [fault.in_(error.language) for fault in error.faults]
    except OutputError as error:
        messages = [str(error)]
    except MemoryError:
        messages = ["there is not enough memory for these inputs · 内存不足"]
    except Exception as error:  # noqa: BLE001 - one failing study must not hurt the others
        _log.exception("study %s", study)
        what = f"{type(error).__name__}: {error}"
        messages = [f"an unexpected error, a defect of walkshed · 意外错误，属于 walkshed 的缺陷: {what}"]
    seconds = round(time.perf_counter() - start, 3)
    return {"study": study, "folder": folder, "status": status, "messages": messages, "seconds": seconds}


def _run(study: str, out: str, *, offline: bool) -> tuple[str, str]:
    """Run a study; return its output folder and its headline."""
    from walkshed.deliver.folder import check_folder
    from walkshed.runner import run

    findings = Findings()
    spec = read_study(study, findings=findings)
    target = Path(out) if out else spec.output
    check_folder(target)
    result = run(spec, offline=offline, findings=findings)
    folder = result.write(target)
    return str(folder), result.headline.text.in_(spec.language)


def still_holds(study: Study, folder: Path, *, version: str) -> bool:
    """Tell whether a study's results stand, of this version and day, and newer than everything they were made of.

    A file that the record knows the hash of must have that content, whatever its time says; the others must be
    older than the run. A study without a date speaks of today, so yesterday's result does not hold.

    Parameters
    ----------
    study
        What would be run.
    folder
        Where its results are.
    version
        The version of walkshed that would run it.
    """
    try:
        stamp = (folder / "run.json").stat().st_mtime
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        same = record["versions"]["walkshed"] == version and record["date"] == study.date.isoformat()
        whole = all((folder / name).is_file() for name in record["files"])
        began = stamp - sum(record["seconds"].values())
        hashes = dict(record["inputs"])
        return same and whole and _inputs_hold(study, hashes, began) and _choices_older(study, stamp)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _inputs_hold(study: Study, hashes: dict[str, str], began: float) -> bool:
    inputs = [part for path in dict.fromkeys(_files_of(study)) for part in parts_of(path)]
    names = [path.name for path in inputs]
    for path in inputs:
        if path.stat().st_mtime >= began:
            return False
        # two files of one name in different folders share an entry of the record: their times decide
        if names.count(path.name) == 1 and path.name in hashes and hash_of(path) != hashes[path.name]:
            return False
    return True


def _choices_older(study: Study, stamp: float) -> bool:
    """Tell whether nothing was decided about places since; a run itself may write these files."""
    kept = [study.folder / name for name in (DECISIONS, _REVIEW)]
    return all(path.stat().st_mtime <= stamp for path in kept if path.is_file())


def _files_of(thing: Any) -> Iterator[Path]:
    """Return every file that a study, or a part of one, names; the output folder is none."""
    if isinstance(thing, Path):
        if thing != Path() and not thing.is_dir():
            yield thing
    elif is_dataclass(thing):
        for one in fields(thing):
            if one.name != "output":
                yield from _files_of(getattr(thing, one.name))
    elif isinstance(thing, tuple | list):
        for one in thing:
            yield from _files_of(one)


def ended(code: int | None) -> Text:
    """Return the sentence for a process that ended in the middle of a study.

    Examples
    --------
    >>> ended(-9).en
    'the process was ended from outside (signal 9), most likely for want of memory; run fewer at once'
    """
    if code is not None and code < 0:
        return Text(
            f"the process was ended from outside (signal {-code}), most likely for want of memory; run fewer at once",
            f"进程被外部终止（信号 {-code}），多半是内存不足；请减少同时运行的数量",
        )
    return Text(
        f"the process ended in the middle of the study (code {code}); run it alone to see why",
        f"进程在研究中途结束（代码 {code}）；请单独运行该研究查看原因",
    )
