"""The peers' Pythons: a virtual environment for each, made on first use."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from job import plain


@dataclass(frozen=True)
class Peer:
    """Who else can do the job: what it needs, and its script beside this one."""

    name: str
    key: str
    needs: tuple[str, ...]
    """The packages that pip installs."""
    imports: str
    at_least: tuple[int, int] = (3, 11)


PANDANA = Peer(
    "pyrosm + pandana + concave hulls",
    "pandana",
    ("pyrosm", "pandana", "geopandas", "pyarrow"),
    "import pyrosm, pandana, geopandas, pyarrow",
)
OSMNX = Peer(
    "OSMnx + networkx + concave hulls",
    "osmnx",
    ("osmnx", "osmium", "scipy", "scikit-learn", "pyarrow"),
    "import osmnx, osmium, scipy, sklearn, pyarrow",
)
VALHALLA = Peer(
    "Valhalla + geopandas",
    "valhalla",
    ("pyvalhalla", "geopandas", "pyarrow"),
    "import valhalla, geopandas, pyarrow",
    (3, 12),
)
PEERS = (VALHALLA, PANDANA, OSMNX)


def python_of(peer: Peer, cache: Path) -> tuple[Path, str]:
    """Return the Python with the peer's packages; the second is why there is none, or blank."""
    folder = cache / f"{peer.key}-venv"
    python = folder / "bin" / "python"
    if works(python, peer.imports):
        return python, ""
    if not works(python, "import pip"):
        base = _base(peer)
        if base is None:
            needed = ".".join(map(str, peer.at_least))
            return python, f"{peer.needs[0]} needs Python {needed} or later, and none is here"
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([base, "-m", "venv", folder], check=True)
    command = [python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", *peer.needs]
    tried = subprocess.run(command, capture_output=True, text=True, check=False)
    if tried.returncode:
        errors = [line for line in tried.stderr.splitlines() if line.startswith("ERROR")]
        why = plain((errors or tried.stderr.splitlines() or ["no reason given"])[-1])
        return python, f"{' and '.join(peer.needs[:2])} could not be installed: {why}"
    return python, "" if works(python, peer.imports) else "its packages are installed but do not start"


def versions_of(peer: Peer, python: Path) -> str:
    """Return the versions of a peer's packages, in a line."""
    code = (
        "import sys; from importlib.metadata import version as v; print('Python', sys.version.split()[0], *("
    )
    code += "f', {name} {v(name)}' for name in sys.argv[1:]), sep='')"
    said = subprocess.run(
        [python, "-c", code, *peer.needs], capture_output=True, text=True, check=False
    ).stdout
    return said.strip().replace("Python", "Python ")


def works(python: str | Path, code: str) -> bool:
    """Tell whether a Python is there and runs a line."""
    try:
        return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _base(peer: Peer) -> str | None:
    if sys.version_info[:2] >= peer.at_least:
        return sys.executable
    on_path = [shutil.which(name) for name in ("python3.13", "python3.12")]
    of_pyenv = sorted(Path.home().glob(".pyenv/versions/3.1[23].*/bin/python"), reverse=True)
    return next(
        (str(python) for python in [*on_path, *of_pyenv] if python and works(python, "import venv")), None
    )
