"""``run.json``: what was run, on what, with which assumptions, and what was written."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_LIBRARIES = ("geopandas", "shapely", "pandas", "numpy", "scipy", "pyproj", "pyogrio", "osmium", "folium")


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def parts_of(path: Path) -> list[Path]:
    """Return the files that make up an input: a shapefile has several."""
    return sorted(path.parent.glob(f"{path.stem}.*")) if path.suffix.lower() == ".shp" else [path]


def versions(own: str) -> dict[str, str]:
    """Return the versions of walkshed, Python and the libraries that decide a number."""
    found = {"walkshed": own, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, str]:
    """Return what kind of machine this is; no name of it, no user."""
    return {"system": platform.system(), "architecture": platform.machine(), "byte_order": sys.byteorder}


def write_record(path: Path, record: Mapping[str, Any], files: Sequence[str]) -> None:
    """Write the record with the list of the files of the run, itself included."""
    whole = {**record, "files": sorted({*files, path.name})}
    text = json.dumps(whole, ensure_ascii=False, indent=2, default=str) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
