"""A batch: every study for itself, what still holds left alone, an overview at the end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from walkshed.batch.facts import Facts, facts_of, language_of
from walkshed.batch.jobs import Job, read_jobs
from walkshed.batch.pool import cores, run_all
from walkshed.batch.unit import DONE, FAILED, SKIPPED, still_holds
from walkshed.deliver.batch_overview import write_overview
from walkshed.deliver.folder import check_folder, swapped_in
from walkshed.deliver.own_folder import check_kind
from walkshed.errors import InputError, Text, input_error
from walkshed.progress import silent
from walkshed.study import read_study

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike

    from walkshed.errors import Language
    from walkshed.progress import Progress


@dataclass(frozen=True, slots=True)
class Batch:
    """What came of a batch.

    Attributes
    ----------
    folder
        Where ``batch.csv`` and ``index.html`` are.
    studies
        One row per study, in the order they were named.
    language
        The language of the overview.
    """

    folder: Path
    studies: tuple[Facts, ...]
    language: Language

    def count(self, status: str) -> int:
        """Return how many studies ended as ``done``, ``skipped`` or ``failed``."""
        return sum(one.status == status for one in self.studies)

    @property
    def failed(self) -> tuple[Facts, ...]:
        """The studies whose inputs or outputs have faults."""
        return tuple(one for one in self.studies if one.status == FAILED)

    @property
    def headline(self) -> Text:
        """What came of it, in one sentence."""
        done, skipped, failed = (self.count(status) for status in (DONE, SKIPPED, FAILED))
        total = len(self.studies)
        return Text(
            f"{total} {'study' if total == 1 else 'studies'}: {done} run, {skipped} still up to date, {failed} failed",
            f"共 {total} 个研究：{done} 个已运行，{skipped} 个结果仍有效，{failed} 个失败",
        )


def run_batch(
    studies: Iterable[str | PathLike[str]],
    *,
    out: str | PathLike[str] = "batch",
    processes: int | None = None,
    offline: bool = False,
    again: bool = False,
    progress: Progress = silent,
) -> Batch:
    """Run many studies in parallel processes and write an overview of them.

    A study that has faults, or whose process dies, becomes a row with its sentences; the others go on. A study whose
    results were made by this version, for the same day, after its inputs last changed, is left as it is: a batch that
    was interrupted is resumed by starting it again.

    Parameters
    ----------
    studies
        Study files, folders, or tables of studies (:func:`walkshed.batch.jobs.read_jobs`).
    out
        Folder of the overview; each study's results go to its own output folder.
    processes
        How many studies run at once; the number of cores by default.
    offline
        Never use the network.
    again
        Run every study, also where its results still hold.
    progress
        Told which study ended, and the share done.

    Returns
    -------
    Batch
        One row per study.

    Raises
    ------
    InputError
        A table of studies has faults, or ``processes`` is below 1; nothing has been run.
    OutputError
        The overview cannot be written; the studies' own results stand.
    KeyboardInterrupt
        Passed on after all processes have ended; what is finished is kept, the overview is that of the batch before.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> base = tempfile.mkdtemp()
    >>> folder = walkshed.init_study(base + "/ronghang")
    >>> batch = run_batch([folder, base + "/missing"], out=base + "/overview", processes=1)
    >>> [one.status for one in batch.studies], batch.studies[0].estates
    (['done', 'failed'], 81)
    """
    if processes is not None and processes < 1:
        text = Text(
            f"at least 1 process is needed, not {processes}", f"至少需要 1 个进程，而不是 {processes} 个"
        )
        raise input_error("batch.processes", text)
    target = Path(out)
    jobs = read_jobs(studies)
    check_kind(target, "batch")
    check_folder(target)
    answers = _known(jobs, again=again)
    pending = [number for number in range(len(jobs)) if number not in answers]
    _tell(progress, len(jobs) - len(pending), len(jobs), "")
    todo = [jobs[number] for number in pending]
    for place, answer in run_all(todo, processes=processes or cores(), offline=offline):
        answers[pending[place]] = answer
        _tell(progress, len(answers), len(jobs), answer["study"])
    rows = tuple(_facts(answers[number]) for number in range(len(jobs)))
    language = _language(rows)
    with swapped_in(target) as new:
        write_overview(new, rows, language=language, home=target)
    return Batch(target, rows, language)


def _tell(progress: Progress, done: int, total: int, study: str) -> None:
    name = f" ({study})" if study else ""
    progress(Text(f"{done} of {total} studies{name}", f"已完成 {done} / {total} 个研究{name}"), done / total)


def _known(jobs: list[Job], *, again: bool) -> dict[int, dict[str, Any]]:
    """Return the studies that need not or cannot be run: whose results hold, that have faults, that collide."""
    from walkshed import __version__

    answers: dict[int, dict[str, Any]] = {}
    taken: dict[Path, str] = {}
    for number, job in enumerate(jobs):
        try:
            study = read_study(job.study)
        except InputError as error:
            messages = [fault.in_(error.language) for fault in error.faults]
            answers[number] = _answer(job, FAILED, job.out, messages)
            continue
        folder = Path(job.out) if job.out else study.output
        other = taken.setdefault(folder.resolve(), job.study)
        if other != job.study:
            text = Text(
                f"its results would take the place of those of {other}, in {folder}; give it another output folder",
                f"其结果会覆盖 {other} 的结果（{folder}）；请为它另设输出文件夹",
            )
            answers[number] = _answer(job, FAILED, str(folder), [text.in_(study.language)])
        elif not again and still_holds(study, folder, version=__version__):
            answers[number] = _answer(job, SKIPPED, str(folder), [""])
    return answers


def _answer(job: Job, status: str, folder: str, messages: list[str]) -> dict[str, Any]:
    return {"study": job.study, "folder": folder, "status": status, "messages": messages, "seconds": None}


def _facts(answer: Mapping[str, Any]) -> Facts:
    if answer["status"] != FAILED:
        return facts_of(dict(answer), Path(answer["folder"]))
    return Facts(
        answer["study"], answer["folder"], FAILED, tuple(answer["messages"]), seconds=answer["seconds"]
    )


def _language(rows: tuple[Facts, ...]) -> Language:
    """Return the language most studies are in; Chinese where none could be run."""
    languages = [language_of(Path(one.folder)) for one in rows if one.status != FAILED]
    return "en" if languages.count("en") > len(languages) / 2 else "zh"
