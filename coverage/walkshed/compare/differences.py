"""In what two runs differ besides their answers: settings, inputs, day, estates; and what makes them incomparable."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from walkshed.errors import Source, Text
from walkshed.geodesy import distance_m

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from walkshed.compare.kept import KeptRun
    from walkshed.errors import Findings

PARAMETER, INPUT, RUN = "parameter", "input", "run"
RENAMED, MOVED, NEW, GONE = "estate_renamed", "estate_moved", "estate_new", "estate_gone"
"""Kinds of differences, as in ``differences.csv``."""
_NOT_TOLD = frozenset({"output", "sources"})
_MOVED_M = 1.0


def check_comparable(before: KeptRun, after: KeptRun, findings: Findings) -> None:
    """Say why two runs cannot be compared: they are one, or judge by other standards or for other walkers."""
    if before.folder.resolve() == after.folder.resolve():
        text = Text(
            "is named twice; give two different results", "两次给出了同一文件夹；请给出两个不同的结果"
        )
        findings.fault("compare.same_folder", text, Source(str(after.folder)))
        return
    nouns = (("standards", Text("standard", "标准")), ("profiles", Text("profile", "步行者类型")))
    for key, noun in nouns:
        old, new = (
            {one["name"]: one for one in run.record["parameters"].get(key, [])} for run in (before, after)
        )
        for have, lack, run in ((old, new, after), (new, old, before)):
            missing = [name for name in have if name not in lack]
            if missing:
                text = Text(
                    f"has no {noun.en} {', '.join(missing)}, by which the other run judges; run both with the same ones",
                    f"没有另一次运行使用的{noun.zh}“{'”“'.join(missing)}”；请用相同的设置运行两次",
                )
                findings.fault(f"compare.other_{key}", text, Source(str(run.folder)))
        for name in old:
            if name in new and (apart := _apart(old[name], new[name])):
                text = Text(
                    f'the {noun.en} "{name}" means something else in the two runs ({apart}); run both with the same',
                    f"{noun.zh}“{name}”在两次运行中含义不同（{apart}）；请用相同的设置运行两次",
                )
                findings.fault(f"compare.changed_{key}", text, Source(str(after.folder)))


def _apart(old: dict[str, Any], new: dict[str, Any]) -> str:
    """Return in what two definitions differ; a key that only one version of walkshed writes is none."""
    keys = [key for key in old if key in new and key not in _NOT_TOLD and old[key] != new[key]]
    return ", ".join(f"{key} {old[key]} → {new[key]}" for key in keys)


def differences(before: KeptRun, after: KeptRun) -> pd.DataFrame:
    """Return everything else that is different: kind, what, before, after; "" where one has no such thing.

    Kinds are ``run`` (study, date, version, street data), ``parameter``, ``input`` (first 12 digits of a file's
    SHA-256), ``estate_new``, ``estate_gone``, ``estate_renamed``, ``estate_moved`` (by 1 m or more).
    """
    import pandas as pd

    rows = [
        *_changed(RUN, _of_run(before), _of_run(after)),
        *_changed(PARAMETER, dict(_flat(before)), dict(_flat(after))),
        *_changed(INPUT, _hashes(before), _hashes(after)),
        *_estates(before, after),
    ]
    return pd.DataFrame(rows, columns=["kind", "what", "before", "after"], dtype="str")


def _of_run(run: KeptRun) -> dict[str, str]:
    record = run.record
    return {
        "study": str(record.get("study", "")),
        "date": str(record["date"]),
        "osm_snapshot": str(record.get("osm_snapshot", "")),
        "walkshed": str(record["versions"]["walkshed"]),
    }


def _hashes(run: KeptRun) -> dict[str, str]:
    return {str(name): str(value)[:12] for name, value in run.record["inputs"].items()}


def _flat(run: KeptRun) -> Iterator[tuple[str, str]]:
    """Return every parameter by its path; standards and profiles are the same in both, or there is no comparison."""
    skipped = {"standards", "profiles", "study"} | _NOT_TOLD
    parts = {key: value for key, value in run.record["parameters"].items() if key not in skipped}
    yield from _leaves(parts, "")


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key in value:
            yield from _leaves(value[key], f"{path}.{key}" if path else str(key))
    else:
        yield path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _changed(kind: str, old: dict[str, str], new: dict[str, str]) -> list[tuple[str, str, str, str]]:
    names = [*new, *(name for name in old if name not in new)]
    return [
        (kind, name, old.get(name, ""), new.get(name, "")) for name in names if old.get(name) != new.get(name)
    ]


def _estates(before: KeptRun, after: KeptRun) -> list[tuple[str, str, str, str]]:
    """Return the estates that are new, gone, renamed or elsewhere, by their id."""
    old, new = before.estates, after.estates
    rows = [(NEW, name, "", str(new["name"][name])) for name in new.index if name not in old.index]
    rows += [(GONE, name, str(old["name"][name]), "") for name in old.index if name not in new.index]
    both = [name for name in new.index if name in old.index]
    was, now = old.loc[both], new.loc[both]
    rows += [
        (RENAMED, name, a, b)
        for name, a, b in zip(both, was["name"], now["name"], strict=True)
        if str(a).strip() != str(b).strip()
    ]
    apart = distance_m(was["lon"], was["lat"], now["lon"], now["lat"])
    placed = zip(both, _spots(was), _spots(now), apart.tolist(), strict=True)
    rows += [(MOVED, name, a, b) for name, a, b, m in placed if a != b and not m < _MOVED_M]
    return rows


def _spots(estates: pd.DataFrame) -> list[str]:
    """Return each place as "lon, lat"; "" where there is none."""
    pairs = zip(estates["lon"].tolist(), estates["lat"].tolist(), strict=True)
    return ["" if lon != lon or lat != lat else f"{lon:.7g}, {lat:.7g}" for lon, lat in pairs]  # noqa: PLR0124 - NaN
