"""How long work tells of its progress: a callable that is passed in, silent by default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from walkshed.errors import Text


class Progress(Protocol):
    """Called with the stage and, where it can be known, the share done (0..1)."""

    def __call__(self, stage: Text, share: float | None = None, /) -> None:
        """Take note of the stage."""


def silent(_stage: Text, _share: float | None = None, /) -> None:
    """Say nothing."""
