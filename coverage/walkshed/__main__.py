"""``python -m walkshed``."""

from __future__ import annotations


def main() -> None:
    """Start the command."""
    from walkshed.cli import app

    app()


if __name__ == "__main__":
    main()
