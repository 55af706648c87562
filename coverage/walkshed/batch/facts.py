"""What an overview says of a study, read from the files its run wrote."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from walkshed.errors import Language

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Facts:
    """One study's row of the overview.

    Attributes
    ----------
    study, folder
        Path of the study as it was given, and the folder of its results.
    status, messages
        ``done``, ``skipped`` or ``failed``; the headline, or every fault.
    seconds
        How long it took; None where it was skipped or its process died.
    name, headline, date
        Title, answer in one sentence and day, of its ``run.json``; "" where it failed.
    measure, total, covered, unknown, estates
        What the headline counts (``households`` …), and how many; the number of estates.
    outline
        Longitudes and latitudes of the convex hull around its located estates; () where that is not known.
    """

    study: str
    folder: str
    status: str
    messages: tuple[str, ...]
    seconds: float | None = None
    name: str = ""
    headline: str = ""
    date: str = ""
    measure: str = ""
    total: float | None = None
    covered: float | None = None
    unknown: float | None = None
    estates: int | None = None
    outline: tuple[Point, ...] = ()

    @property
    def covered_share(self) -> float | None:
        """Share covered of all, as in ``summary.csv``; None where nothing is counted."""
        return round(self.covered / self.total, 6) if self.total and self.covered is not None else None


def facts_of(answer: dict[str, Any], folder: Path) -> Facts:
    """Return the facts of a study that is done or was skipped; all numbers come from its files.

    Parameters
    ----------
    answer
        What :func:`walkshed.batch.unit.run_one` returns.
    folder
        The folder of its results.
    """
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    head = record["headline"]
    return Facts(
        study=answer["study"],
        folder=answer["folder"],
        status=answer["status"],
        messages=(head["text"],),
        seconds=answer["seconds"],
        name=record["study"],
        headline=head["text"],
        date=str(record["date"]),
        measure=head["measure"],
        total=head["total"],
        covered=head["covered"],
        unknown=head["unknown"],
        estates=record["counts"]["estates"],
        outline=hull(_places(folder / "estates.csv")),
    )


def language_of(folder: Path) -> Language:
    """Return the language of a run's results."""
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return "en" if record["parameters"]["study"].get("language") == "en" else "zh"


def _places(path: Path) -> list[Point]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [
            (float(row["lon"]), float(row["lat"]))
            for row in csv.DictReader(file)
            if row.get("lon") and row.get("lat")
        ]


def hull(points: Iterable[Point]) -> tuple[Point, ...]:
    """Return the convex hull, counter-clockwise from its westernmost point (Andrew's monotone chain).

    Examples
    --------
    >>> hull([(0, 0), (2, 0), (1, 1), (2, 2), (0, 2), (1, 0)])
    ((0, 0), (2, 0), (2, 2), (0, 2))
    >>> hull([(1, 1), (1, 1)])
    ((1, 1),)

    References
    ----------
    A. M. Andrew, Another efficient algorithm for convex hulls in two dimensions, *Inf. Process. Lett.* 9 (1979).
    """
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return tuple(ordered)
    lower, upper = _chain(ordered), _chain(ordered[::-1])
    return (*lower[:-1], *upper[:-1])


def _chain(points: list[Point]) -> list[Point]:
    kept: list[Point] = []
    for x, y in points:
        while len(kept) > 1:
            (ax, ay), (bx, by) = kept[-2:]
            if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                break
            kept.pop()
        kept.append((x, y))
    return kept
