"""A run as it lies in its folder: its record and its tables."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from walkshed.errors import Source, Text

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd

    from walkshed.errors import Findings
    from walkshed.result import StudyResult

_COVERAGE = (
    "estate_id",
    "profile",
    "standard",
    "status",
    "reason",
    "venue_id",
    "walk_m",
    "walk_min",
    "covered_share",
)
_ESTATES = ("estate_id", "name", "lon", "lat")
_SUMMARY = ("level", "unit", "profile", "standard", "measure", "total", "covered", "unknown", "covered_share")
_TABLES = {"coverage.csv": _COVERAGE, "estates.csv": _ESTATES, "summary.csv": _SUMMARY}
_KEYS = {
    "coverage.csv": ["estate_id", "profile", "standard"],
    "estates.csv": ["estate_id"],
    "summary.csv": ["level", "unit", "profile", "standard", "measure"],
}
_NUMBERS = {
    "coverage.csv": ("walk_m", "walk_min", "covered_share"),
    "estates.csv": ("lon", "lat"),
    "summary.csv": ("total", "covered", "unknown", "covered_share"),
}
TOTAL = "total"


@dataclass(frozen=True, slots=True, eq=False)
class KeptRun:
    """What a run wrote.

    Attributes
    ----------
    folder, record
        Where it lies, and its ``run.json``.
    coverage, estates, summary
        Its tables; ids and names are text, a blank number is NaN. ``estates`` is indexed by estate_id and has its
        measures (households …) as numbers.
    """

    folder: Path
    record: dict[str, Any]
    coverage: pd.DataFrame
    estates: pd.DataFrame
    summary: pd.DataFrame

    @property
    def levels(self) -> list[str]:
        """The levels it adds up by, below the total."""
        return [level for level in self.summary["level"].unique() if level != TOTAL]

    @property
    def measures(self) -> list[str]:
        """What it counts: ``estates``, ``households`` …."""
        return list(self.summary["measure"].unique())


def read_run(folder: str | PathLike[str], findings: Findings) -> KeptRun | None:
    """Read a run's record and tables; every fault is said, and then None is returned.

    Parameters
    ----------
    folder
        The output folder of a run.
    findings
        Takes the faults.

    Examples
    --------
    >>> from walkshed.errors import Findings
    >>> findings = Findings()
    >>> read_run("no/such/folder", findings) is None, findings.faults[0].code
    (True, 'compare.no_folder')
    """
    path = Path(folder)
    record = _record(path, findings)
    if record is None:
        return None
    tables = {name: _table(path, name, findings) for name in _TABLES}
    coverage, estates, summary = (tables[name] for name in ("coverage.csv", "estates.csv", "summary.csv"))
    if coverage is None or estates is None or summary is None:
        return None
    faults = len(findings.faults)
    _numbers(
        estates,
        [name for name in summary["measure"].unique() if name in estates],
        path,
        "estates.csv",
        findings,
    )
    run = KeptRun(path, record, coverage, estates.set_index("estate_id"), summary)
    _check_together(run, findings)
    return run if len(findings.faults) == faults else None


def kept_of(result: StudyResult, folder: str = "") -> KeptRun:
    """Return a run that has just been made, as its folder would hold it; ``folder`` is what it is called.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> run = kept_of(walkshed.run(walkshed.init_study(tempfile.mkdtemp() + "/ronghang")))
    >>> run.levels, run.measures[:2]
    (['community', 'area'], ['estates', 'households'])
    """
    from walkshed import __version__
    from walkshed.deliver.write import headline_of, parameters_of

    study = result.study
    record = {
        "study": study.name,
        "date": study.date.isoformat(),
        "osm_snapshot": result.network.snapshot,
        "headline": headline_of(result),
        "parameters": parameters_of(result),
        "inputs": {},
        "versions": {"walkshed": __version__},
    }
    coverage = result.coverage.copy()
    for name in ("status", "reason", "venue_id"):
        coverage[name] = coverage[name].fillna("").astype(str)
    summary = result.summary.astype(dict.fromkeys(("total", "covered", "unknown"), "float64"))
    estates = result.estate_table.copy()
    texts = [name for name in ("name", *study.levels) if name in estates]
    estates[texts] = estates[texts].fillna("").astype(str)
    return KeptRun(Path(folder), record, coverage, estates, summary)


def _record(path: Path, findings: Findings) -> dict[str, Any] | None:
    """Return a run's ``run.json``."""
    source = Source(str(path))
    if not path.is_dir():
        text = (
            Text("is a file; give the folder of a run's results", "是文件；请给出一次运行的结果文件夹")
            if path.exists()
            else Text("there is no such folder", "没有这个文件夹")
        )
        findings.fault("compare.no_folder", text, source)
        return None
    try:
        record = json.loads((path / "run.json").read_text(encoding="utf-8"))
        kind = record.get("kind", "run") if "walkshed" in record["versions"] else ""
        if kind == "run" and all(name in record for name in ("parameters", "inputs", "date", "headline")):
            return dict(record)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    text = Text(
        "holds no results of a run (a run.json of walkshed); give the output folder of walkshed run",
        "不是运行结果文件夹（缺少 walkshed 的 run.json）；请给出 walkshed run 的输出文件夹",
    )
    findings.fault("compare.no_run", text, source)
    return None


def _table(folder: Path, name: str, findings: Findings) -> pd.DataFrame | None:
    """Return one table with text as text and numbers as numbers."""
    import pandas as pd

    path = folder / name
    source = Source(str(path))
    if not path.is_file():
        text = Text(
            'is missing; run the study again with "tables" in [output] write',
            '缺失；请在 [output] write 中加上 "tables" 后重新运行',
        )
        findings.fault("compare.no_table", text, source)
        return None
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        why = str(error).strip().split("\n")[0][:100]
        text = Text(f"cannot be read ({why}); run the study again", f"无法读取（{why}）；请重新运行该研究")
        findings.fault("compare.unreadable", text, source)
        return None
    lacking = [column for column in _TABLES[name] if column not in table.columns]
    if lacking:
        listed = ", ".join(lacking)
        text = Text(
            f"has no column {listed}; it is not as a run wrote it: run the study again",
            f"缺少列 {listed}，与运行写出的不同；请重新运行该研究",
        )
        findings.fault("compare.no_column", text, source)
        return None
    twice = table[table.duplicated(_KEYS[name])]
    if len(twice):
        row = int(twice.index[0]) + 2
        text = Text("repeats an earlier row; run the study again", "与前面的行重复；请重新运行该研究")
        findings.fault(
            "compare.twice", text, source.at(row=row, value=" / ".join(twice.iloc[0][_KEYS[name]]))
        )
        return None
    _numbers(table, list(_NUMBERS[name]), folder, name, findings)
    return table


def _numbers(table: pd.DataFrame, columns: list[str], folder: Path, name: str, findings: Findings) -> None:
    """Turn columns of a table just read into numbers; a cell that is none is a fault."""
    import pandas as pd

    for column in columns:
        text = table[column].astype(str).str.strip()
        values = pd.to_numeric(text, errors="coerce")
        wrong = values.isna() & (text != "") & (text != "nan")
        for row in wrong[wrong].index[:3]:
            told = Text("is no number; run the study again", "不是数字；请重新运行该研究")
            where = Source(str(folder / name)).at(row=int(row) + 2, column=column, value=text[row])
            findings.fault("compare.no_number", told, where)
        table[column] = values.astype("float64")


def _check_together(run: KeptRun, findings: Findings) -> None:
    """See whether the tables are those of one run: same estates, levels and measures."""
    strange = sorted(set(run.coverage["estate_id"]) - set(run.estates.index))
    lacking = [
        name
        for name in (*run.levels, *(m for m in run.measures if m != "estates"))
        if name not in run.estates.columns
    ]
    if strange:
        text = Text(
            f"coverage.csv names estates that estates.csv does not have ({', '.join(strange[:5])}); run the study again",
            f"coverage.csv 中的小区 {'、'.join(strange[:5])} 不在 estates.csv 中；请重新运行该研究",
        )
        findings.fault("compare.estates_apart", text, Source(str(run.folder)))
    if lacking:
        text = Text(
            f"estates.csv has no column {', '.join(lacking)}, by which summary.csv adds up; run the study again",
            f"estates.csv 缺少 summary.csv 用到的列 {'、'.join(lacking)}；请重新运行该研究",
        )
        findings.fault("compare.columns_apart", text, Source(str(run.folder)))
