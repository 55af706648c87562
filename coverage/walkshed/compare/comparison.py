"""Two runs, one before and one after: who gains, who loses, by how many minutes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from walkshed.compare.differences import check_comparable, differences
from walkshed.compare.kept import KeptRun, kept_of, read_run
from walkshed.compare.tally import check_adds_up, tally
from walkshed.compare.words import headlines, notices
from walkshed.deliver.compare_files import write_comparison
from walkshed.deliver.folder import check_folder, swapped_in
from walkshed.deliver.own_folder import check_kind
from walkshed.errors import Findings, Text
from walkshed.report.changes import GAINED, LOST, changes

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd

    from walkshed.errors import Language
    from walkshed.result import StudyResult

SAME, NEW, GONE = "same", "new", "gone"
_FROM_CHANGES = ("status", "reason", "venue_id", "walk_m", "walk_min", "covered_share")


@dataclass(frozen=True, eq=False)
class Comparison:
    """What became different between two runs.

    Attributes
    ----------
    before, after
        The runs, as their folders hold them.
    table
        One row per estate × profile × standard (``compare.csv``): estate_id, name, name_before, the columns of the
        levels, profile, standard, change (``gained``, ``lost``, ``same``, ``new``, ``gone``), walk (``nearer``,
        ``farther``, ``same``; by the standard's own measure; "" for new and gone), and before and after: status,
        reason, venue_id, walk_min, walk_m, covered_share; with walk_min_change and walk_m_change (after less before,
        blank where either has no walk).
    summary
        The change of each unit (``compare_summary.csv``); see :func:`walkshed.compare.tally.tally`.
    differences
        Other inputs, settings and estates (``differences.csv``).
    headlines, notices
        One sentence per profile and standard; what a reader must know besides.
    """

    before: KeptRun
    after: KeptRun
    table: pd.DataFrame
    summary: pd.DataFrame
    differences: pd.DataFrame
    headlines: tuple[Text, ...]
    notices: tuple[Text, ...]

    @property
    def language(self) -> Language:
        """The language of the later run."""
        return _language(self.after)

    def write(self, out: str | PathLike[str] | None = None) -> Path:
        """Write the comparison and return its folder.

        Parameters
        ----------
        out
            Where to write; ``compare`` in the later run's folder by default.

        Raises
        ------
        OutputError
            A file cannot be written, or the folder holds other results; what stood there is untouched.
        """
        target = Path(out) if out is not None else self.after.folder / "compare"
        check_kind(target, "compare")
        check_folder(target)
        with swapped_in(target) as new:
            write_comparison(
                new,
                tables={
                    "compare.csv": self.table,
                    "compare_summary.csv": self.summary,
                    "differences.csv": self.differences,
                },
                runs={"before": self.before.folder, "after": self.after.folder},
                said=[text.in_(self.language) for text in (*self.headlines, *self.notices)],
            )
        return target


def compare_runs(before: str | PathLike[str], after: str | PathLike[str]) -> Comparison:
    """Compare two runs by the files they wrote.

    Estates are matched by their id. Every number comes from the two folders' own tables as they were rounded there, so
    that sums and differences agree with them to the digit.

    Parameters
    ----------
    before, after
        Output folders of :func:`walkshed.run`.

    Returns
    -------
    Comparison
        Nothing is written until :meth:`Comparison.write`.

    Raises
    ------
    InputError
        A folder holds no results or lacks tables; the runs judge by other standards or for other walkers; a table does
        not add up. All that is wrong is listed.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> from dataclasses import replace
    >>> study = walkshed.read_study(walkshed.init_study(tempfile.mkdtemp() + "/ronghang"))
    >>> study = replace(study, write=("tables",))
    >>> now = walkshed.run(study).write(study.folder / "now")
    >>> freely = walkshed.run(replace(study, policy="open")).write(study.folder / "freely")
    >>> found = compare_runs(now, freely)
    >>> sorted(set(found.table["change"])), bool((found.summary["lost"] == 0).all())
    (['gained', 'same'], True)
    """
    findings = Findings()
    old, new = read_run(before, findings), read_run(after, findings)
    languages = {_language(run) for run in (old, new) if run is not None}
    findings.language = "zh" if languages == {"zh"} else "en"
    findings.raise_faults()
    assert old is not None  # noqa: S101 - or its faults were raised
    assert new is not None  # noqa: S101 - or its faults were raised
    check_comparable(old, new, findings)
    findings.raise_faults()
    for run in (old, new):
        check_adds_up(run, findings)
    findings.raise_faults()
    return _compared(old, new)


def compare_results(before: StudyResult, after: StudyResult) -> Comparison:
    """Compare two runs that have just been made, with the same numbers as :func:`compare_runs` of their folders.

    Parameters
    ----------
    before, after
        With the same standards and walkers.

    Raises
    ------
    InputError
        The runs judge by other standards or for other walkers.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> from dataclasses import replace
    >>> study = walkshed.read_study(walkshed.init_study(tempfile.mkdtemp() + "/ronghang"))
    >>> study = replace(study, scenarios=(), siting=None)
    >>> found = compare_results(walkshed.run(study), walkshed.run(replace(study, policy="open")))
    >>> sorted(set(found.table["change"]))
    ['gained', 'same']
    """
    findings = Findings(after.study.language)
    old, new = (kept_of(one, folder) for one, folder in ((before, "before"), (after, "after")))
    check_comparable(old, new, findings)
    findings.raise_faults()
    return _compared(old, new)


def _compared(old: KeptRun, new: KeptRun) -> Comparison:
    table, summary, apart = _table(old, new), tally(old, new), differences(old, new)
    return Comparison(old, new, table, summary, apart, headlines(old, new, summary), notices(table, apart))


def _language(run: KeptRun) -> Language:
    return "en" if run.record["parameters"].get("study", {}).get("language") == "en" else "zh"


def _table(before: KeptRun, after: KeptRun) -> pd.DataFrame:
    """Return ``compare.csv``: what :func:`walkshed.report.changes.changes` finds, with names and units."""
    found = changes(before.coverage, after.coverage)
    old, new = found["status_before"].isna(), found["status"].isna()
    change = np.where(found["change"].isin([GAINED, LOST]), found["change"], SAME)
    found["change"] = np.where(old, NEW, np.where(new, GONE, change))
    columns = {f"{name}_before": f"{name}_before" for name in _FROM_CHANGES}
    columns |= {name: f"{name}_after" for name in _FROM_CHANGES}
    columns |= {"difference_m": "walk_m_change", "difference_min": "walk_min_change"}
    found = found.rename(columns=columns)
    found["walk"] = _walk(found, after)
    ids = found["estate_id"]
    first, later = (ids.map(run.estates["name"]) for run in (before, after))
    found["name"], found["name_before"] = later.fillna(first), first
    levels = list(dict.fromkeys([*after.levels, *before.levels]))
    for level in levels:
        places = [ids.map(run.estates[level]) for run in (after, before) if level in run.estates]
        found[level] = places[0].fillna(places[-1])
    texts = ["name", "name_before", *levels]
    texts += [f"{name}_{when}" for name in ("status", "reason", "venue_id") for when in ("before", "after")]
    found[texts] = found[texts].fillna("")
    walks = [f"{name}_{part}" for name in ("walk_min", "walk_m") for part in ("before", "after", "change")]
    shares = ["covered_share_before", "covered_share_after"]
    keys = ["estate_id", "name", "name_before", *levels, "profile", "standard", "change", "walk"]
    return found[[*keys, *texts[2 + len(levels) :], *walks, *shares]]


def _walk(found: pd.DataFrame, after: KeptRun) -> list[str]:
    """Return whether the walk to the nearest venue became nearer or farther, by the standard's own measure."""
    metres = {one["name"] for one in after.record["parameters"]["standards"] if one.get("metres") is not None}
    by_metres = found["standard"].isin(metres).to_numpy()
    was, now = (
        np.where(by_metres, found[f"walk_m_{when}"], found[f"walk_min_{when}"]).astype(np.float64)
        for when in ("before", "after")
    )
    was, now = np.nan_to_num(was, nan=np.inf), np.nan_to_num(now, nan=np.inf)
    words = np.where(now < was, "nearer", np.where(now > was, "farther", SAME))
    return list(np.where(found["change"].isin([NEW, GONE]), "", words))
