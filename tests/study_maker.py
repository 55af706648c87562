"""A small study in a folder: five streets by five, four estates, three venues; and what a failed run must leave.

>>> import tempfile, pathlib
>>> made = make_study(pathlib.Path(tempfile.mkdtemp()) / "s")
>>> sorted(path.name for path in made.iterdir())
['estates.csv', 'streets.osm.pbf', 'study.toml', 'venues.csv']
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from osm_maker import Town

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Row = tuple[object, ...]

ESTATES: dict[str, Sequence[str]] = {
    "zh": ("编号", "小区", "社区", "户数", "经度", "纬度"),
    "en": ("id", "name", "community", "households", "lon", "lat"),
}
VENUES: dict[str, Sequence[str]] = {
    "zh": ("编号", "名称", "层级", "状态", "开放日期", "经度", "纬度"),
    "en": ("id", "name", "tier", "status", "opening_date", "lon", "lat"),
}
TOWN = Town()


def place(x: float, y: float) -> tuple[float, float]:
    """Return longitude and latitude of a spot ``x`` m east and ``y`` m north of the town's south-western corner."""
    lon, lat = TOWN.lonlat(x, y)
    return round(lon, 7), round(lat, 7)


def estate_rows() -> list[Row]:
    """Return the rows of the estates, below their header."""
    spots = {"E1": (10, 110), "E2": (410, 390), "E3": (790, 800), "E4": (100, 790)}
    names = ("桃源人家", "孙蒋小区", "Kite Court", "勤学里")
    return [
        (ident, name, "龙山社区" if number < 2 else "荣巷社区", 100 * (number + 1), *place(*spots[ident]))
        for number, (ident, name) in enumerate(zip(spots, names, strict=True))
    ]


def venue_rows() -> list[Row]:
    """Return the rows of the venues, below their header."""
    return [
        ("V1", "山语银城活动中心", "area", "open", "", *place(0, 200)),
        ("V2", "荣巷社区中心", "community", "", "2020-05-01", *place(400, 600)),
        ("V3", "在建中心", "area", "under_construction", "2030-01-01", *place(800, 400)),
    ]


def table(header: Sequence[str], rows: Sequence[Row]) -> str:
    """Return a CSV text."""
    return "\n".join(",".join(str(cell) for cell in row) for row in [header, *rows]) + "\n"


def changed(rows: Sequence[Row], cells: Mapping[tuple[int, int], object]) -> list[Row]:
    """Return the rows with some cells changed: ``{(row as the spreadsheet shows it, column from 0): value}``."""
    new = [list(row) for row in rows]
    for (row, column), value in cells.items():
        new[row - 2][column] = value
    return [tuple(row) for row in new]


def study_text(language: str = "zh", **sections: str) -> str:
    """Return a ``study.toml``; a keyword replaces a section's lines, or adds a section."""
    parts = {
        "study": f'name = "试验"\nlanguage = "{language}"\ndate = 2026-11-01',
        "streets": 'file = "streets.osm.pbf"\ngates = "open"',
        "estates": 'file = "estates.csv"',
        "venues": 'file = "venues.csv"',
        "output": 'write = ["tables"]',
        **sections,
    }
    return "".join(f"[{name}]\n{lines}\n\n" for name, lines in parts.items() if lines is not None)


def make_study(folder: Path, *, language: str = "zh") -> Path:
    """Write the study into a new folder and return it."""
    folder.mkdir(parents=True)
    town = Town()
    town.lattice(5, 5, 200)
    town.write(folder / "streets.osm.pbf")
    (folder / "estates.csv").write_text(table(ESTATES[language], estate_rows()), encoding="utf-8")
    (folder / "venues.csv").write_text(table(VENUES[language], venue_rows()), encoding="utf-8")
    (folder / "study.toml").write_text(study_text(language), encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Standing:
    """What stood in a study's output folder, and beside it, at one moment."""

    files: Mapping[str, str]
    beside: frozenset[str]


def standing(folder: Path, out: str = "out") -> Standing:
    """Return the hash of every file of the output folder, and the names of what lies beside it."""
    target = folder / out
    files = {
        path.relative_to(target).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(target.rglob("*"))
        if path.is_file()
    }
    beside = frozenset(path.name for path in folder.iterdir() if path.name.startswith((".out", ".walkshed-")))
    return Standing(files, beside)
