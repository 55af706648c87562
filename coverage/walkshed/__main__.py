"""``python -m walkshed``."""

from __future__ import annotations

import gc


def main() -> None:
    """Start the command."""
    # a run makes millions of small objects and no circles: looking for circles would only cost time
    gc.set_threshold(200_000, 20, 100)
    from walkshed.cli import app

    app()


if __name__ == "__main__":
    main()
