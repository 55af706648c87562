"""Building a network in a second process while the tables are read.

The second process does nothing but fill the cache; whatever goes wrong in it, the first reads the
streets itself afterwards and says what is the matter.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from walkshed.streets.cache_key import cache_file
from walkshed.streets.line_layer import is_layer

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGE_FILE_BYTES = 60_000_000
"""Extracts up to this size are read whole; of larger ones only the part around the places."""

_WORTH_BYTES = 1_000_000
_NO_ALGEBRA = {"OPENBLAS_NUM_THREADS": "1"}  # numpy would start threads that have nothing to do
_WORKERS: dict[Path, subprocess.Popen[bytes]] = {}


@contextmanager
def built_ahead(path: Path, *, cache: Path) -> Iterator[None]:
    """Build the network of a larger OSM file into the cache while the block runs, and wait for it at the end."""
    worker = start(path, cache=cache)
    try:
        yield
        if worker is not None:
            worker.wait()
    finally:
        if worker is not None:
            _stop(worker)


def start_for(study: Path) -> None:
    """Start for a study file, or its folder, that nobody has read yet; whatever is odd in it is told when it is read."""
    import tomllib

    file = study / "study.toml" if study.is_dir() else study
    try:
        path = file.parent / tomllib.loads(file.read_text(encoding="utf-8-sig"))["streets"]["file"]
        if path.stat().st_size <= LARGE_FILE_BYTES:
            start(path, cache=file.parent / ".walkshed")
    except (OSError, ValueError, LookupError, TypeError):
        return


def start(path: Path, *, cache: Path) -> subprocess.Popen[bytes] | None:
    """Start building, unless that is done, under way or not worth it; :func:`built_ahead` waits for it."""
    if not sys.executable or not path.is_file() or path.stat().st_size < _WORTH_BYTES or is_layer(path):
        return None
    target = cache_file(cache, path, None, None).resolve()
    if target.exists():
        return None
    running = _WORKERS.get(target)
    if running is not None and running.poll() is None:
        return running
    command = [sys.executable, "-m", "walkshed.streets.ahead", str(path), str(cache)]
    none = subprocess.DEVNULL
    try:
        worker = subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=none, stdout=none, stderr=none, env={**os.environ, **_NO_ALGEBRA}
        )
    except OSError:
        return None
    _WORKERS[target] = worker
    atexit.register(_stop, worker)
    return worker


def _stop(worker: subprocess.Popen[bytes]) -> None:
    if worker.poll() is None:
        worker.kill()
        worker.wait()


if __name__ == "__main__":
    import gc

    from walkshed.streets.reading import read_streets

    gc.disable()
    read_streets(Path(sys.argv[1]), cache=Path(sys.argv[2]))
    os._exit(0)  # the network is kept; to take a million objects apart would only let the first process wait
