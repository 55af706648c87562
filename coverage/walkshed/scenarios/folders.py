"""A scenario as a run wrote it: compared with the study as it is, or with another scenario."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from walkshed.compare.comparison import Comparison, compare_runs
from walkshed.errors import Findings, Source, Text
from walkshed.scenarios.scenario import one_line
from walkshed.study import read_study

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from walkshed.errors import Language


def compare_scenarios(study: str | PathLike[str], names: Sequence[str]) -> Comparison:
    """Compare a scenario with the study as it is, or two scenarios, by the files of the study's last run.

    Parameters
    ----------
    study
        A ``study.toml``, its folder, or the folder of its results.
    names
        One scenario, which is then *after*, or two: before and after.

    Raises
    ------
    InputError
        The study has not been run with tables, or has no such scenario; its results are not as they were written.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> from dataclasses import replace
    >>> study = walkshed.read_study(walkshed.init_study(tempfile.mkdtemp() + "/ronghang"))
    >>> _ = walkshed.run(replace(study, siting=None, write=("tables",))).write()
    >>> found = compare_scenarios(study.folder, ["山语银城片区活动中心建成前"])
    >>> sorted(set(found.table["change"])), bool(found.table["walk_min_change"].max() > 10)
    (['lost', 'same'], True)
    """
    folder, language = _results(Path(study))
    findings = Findings(language)
    record = _record(folder)
    kept = [one for one in record.get("scenarios", []) if isinstance(one, dict)]
    found = {one_line(str(one.get("name", ""))): folder / str(one.get("folder", "")) for one in kept}
    chosen = []
    for name in names:
        if one_line(name) in found:
            chosen.append(found[one_line(name)])
            continue
        if not record:
            text = Text(
                "holds no results; run the study first (walkshed run)",
                "没有结果；请先运行该研究（walkshed run）",
            )
            findings.fault("scenario.not_run", text, Source(str(folder)))
            break
        there = Text(", ".join(found) or "none", "、".join(found) or "无")
        text = Text(
            f'the last run has no scenario "{one_line(name)}"; there are: {there.en}',
            f"上次运行中没有情景“{one_line(name)}”；现有：{there.zh}",
        )
        findings.fault("scenario.unknown", text, Source(str(folder / "run.json")))
    findings.raise_faults()
    before, after = chosen if len(chosen) > 1 else (folder, chosen[0])
    return compare_runs(before, after)


def _results(path: Path) -> tuple[Path, Language]:
    """Return the folder of a study's results, and the study's language."""
    if path.is_dir() and _record(path):
        given = _record(path).get("parameters", {}).get("study", {}).get("language")
        return path, "en" if given == "en" else "zh"
    spec = read_study(path)
    return spec.output, spec.language


def _record(folder: Path) -> dict[str, Any]:
    """Return the record of a run, nothing where there is none."""
    try:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        return dict(record) if "walkshed" in record["versions"] else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
