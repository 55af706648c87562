"""A process that runs studies one after the other: a line of JSON in, a line of JSON out.

    python -m walkshed.batch.worker

Its libraries are loaded once. It ends when its input does, so that none is left over when the process that
started it is gone.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from typing import Any


def _interrupted(number: int, frame: Any) -> None:
    """Stop at the first signal; a second one must not disturb the tidying up."""
    del number, frame
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> None:
    """Answer every line of the standard input until it ends."""
    signal.signal(signal.SIGINT, _interrupted)
    # what libraries might print must not come among the answers
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="ascii", newline="\n")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    gc.set_threshold(200_000, 20, 100)  # as for a single run, see __main__
    try:
        from walkshed.batch.unit import run_one

        for line in sys.stdin:
            answers.write(json.dumps(run_one(**json.loads(line))) + "\n")
            answers.flush()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
