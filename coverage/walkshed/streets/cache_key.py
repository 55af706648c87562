"""Where a network is kept: by what is in its file, the rules' version and how it was read."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from walkshed.streets.rules import RULES_VERSION

if TYPE_CHECKING:
    from pathlib import Path

_FORMAT = 4


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache_file(folder: Path, source: Path, *how: object) -> Path:
    """Return where the network of a file is kept, by its content, the rules' version and how it was read."""
    parts = sorted(source.parent.glob(f"{source.stem}.*")) if source.suffix.lower() == ".shp" else [source]
    content = " ".join(f"{part.suffix} {file_hash(part)}" for part in parts)
    of = f"{content} {RULES_VERSION} {_FORMAT} {how}"
    key = hashlib.sha256(of.encode()).hexdigest()[:24]
    return folder / f"streets-{key}.npz"
