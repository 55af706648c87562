"""What the kernel's library is made of: its sources, its flags, its name, and the digest of them.

The build (``hatch_build.py``) reads this file by its path, before anything is installed: it imports the standard library
only.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FLAGS = ("-O3", "-std=c11", "-fPIC", "-fvisibility=hidden", "-ffp-contract=off", "-fno-math-errno")
"""The flags that decide the numbers: the same on every machine, hence neither -ffast-math nor -march=native."""

SUFFIXES = {"linux": ".so", "darwin": ".dylib", "win32": ".dll"}
"""How a shared library's name ends on each system (``sys.platform``)."""


def library_name(system: str) -> str:
    """Return the library's file name on a system.

    Parameters
    ----------
    system
        As ``sys.platform`` names it; what is not known counts as a Unix.

    Examples
    --------
    >>> library_name("win32")
    '_kernel.dll'
    """
    return "_kernel" + SUFFIXES.get(system, ".so")


def sources(folder: Path) -> list[Path]:
    """Return the C sources and headers of a folder, by name."""
    return sorted(
        (path for path in folder.iterdir() if path.suffix in {".c", ".h"}), key=lambda path: path.name
    )


def source_digest(folder: Path) -> str:
    """Return the SHA-256, in hexadecimal, of the flags and of the names and bytes of a folder's sources."""
    digest = hashlib.sha256(" ".join(FLAGS).encode())
    for path in sources(folder):
        content = path.read_bytes()
        digest.update(f"\n{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
