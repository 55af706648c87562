"""``python -m walkshed``."""

from __future__ import annotations

import atexit
import gc
import os
import sys


def main() -> None:
    """Start the command."""
    # a run makes millions of small objects and no circles: looking for circles would only cost time
    gc.set_threshold(200_000, 20, 100)
    from walkshed.cli import app

    try:
        app()
    except SystemExit as done:
        _leave(done.code)


def _leave(code: str | int | None) -> None:
    """End the process at once: the system takes back its memory faster than piece by piece."""
    if isinstance(code, str):
        raise SystemExit(code)
    atexit._run_exitfuncs()  # noqa: SLF001 - as at any other end
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            raise SystemExit(code) from None  # nobody reads any more: Python knows what to do
    os._exit(code or 0)


if __name__ == "__main__":
    main()
