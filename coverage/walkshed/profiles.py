"""Who walks: a profile is a kind of walker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from walkshed.errors import Language

_LABELS = {"adult": "成年人"}


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of walker.

    Parameters
    ----------
    name
        As it stands in tables.
    speed_mps
        Metres a second on the level, between 0.1 and 3.

    Raises
    ------
    ValueError
        The speed is no walking speed.

    Examples
    --------
    >>> Profile("brisk", 1.5).minutes(450)
    5.0
    """

    name: str
    speed_mps: float

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a profile needs a name")
        if not 0.1 <= self.speed_mps <= 3:
            raise ValueError(f"{self.speed_mps} m/s is no walking speed; give 0.1 to 3, as 1.3")

    def minutes(self, metres: float) -> float:
        """Minutes this walker needs for ``metres`` on the level."""
        return metres / self.speed_mps / 60

    def metres(self, minutes: float) -> float:
        """Metres this walker does in ``minutes`` on the level."""
        return minutes * 60 * self.speed_mps

    def label(self, language: Language) -> str:
        """Return the name as a person reads it."""
        return _LABELS.get(self.name, self.name) if language == "zh" else self.name


ADULT = Profile("adult", 1.3)
"""Speed alone, 1.30 m/s; the source and the other presets are in docs/method.md."""

PRESETS = {"adult": ADULT}
LATER = ("60-69", "70-79", "80+", "wheelchair")
"""Presets that need stairs, crossings and lifts to be counted, which walks do not do yet."""
