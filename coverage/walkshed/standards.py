"""What is near enough: a standard is the acceptable walk, in minutes or in metres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from walkshed.errors import Text

if TYPE_CHECKING:
    from walkshed.errors import Language
    from walkshed.profiles import Profile

Tier = Literal["", "area", "community", "sub_district"]
TIERS = {
    "area": Text("area", "片区"),
    "community": Text("community", "社区"),
    "sub_district": Text("sub-district", "街道"),
}


@dataclass(frozen=True, slots=True)
class Standard:
    """An acceptable walk, in minutes or in metres; never both, because they are two criteria.

    Parameters
    ----------
    name
        As it stands in tables; "5 min" or "300 m" where it is left blank.
    minutes, metres
        One of the two.
    tier, kind
        Where given, only venues of this tier or kind count.

    Raises
    ------
    ValueError
        Both or neither of minutes and metres, or one that is not above 0.

    Examples
    --------
    >>> Standard(minutes=5).name
    '5 min'
    >>> Standard(metres=300, tier="area").name
    '300 m area'
    """

    name: str = ""
    minutes: float | None = None
    metres: float | None = None
    tier: Tier = ""
    kind: str = ""

    def __post_init__(self) -> None:
        if (self.minutes is None) == (self.metres is None):
            raise ValueError("a standard is in minutes or in metres: give exactly one of the two")
        if not 0 < self.limit < float("inf"):
            raise ValueError(f"a standard is longer than nothing, not {self.limit:g}")
        if not self.name:
            parts = (f"{self.limit:g} {'min' if self.minutes is not None else 'm'}", self.tier, self.kind)
            object.__setattr__(self, "name", " ".join(part for part in parts if part))

    @property
    def measure(self) -> Literal["minutes", "metres"]:
        """What the standard is in."""
        return "minutes" if self.minutes is not None else "metres"

    @property
    def limit(self) -> float:
        """The number of minutes or metres."""
        return float(self.minutes if self.minutes is not None else self.metres or 0)

    def reach_m(self, profile: Profile) -> float:
        """Return the longest walk in metres that can meet the standard."""
        return self.metres if self.metres is not None else profile.metres(self.limit)

    def label(self, language: Language) -> str:
        """Return the standard as a person reads it."""
        if language == "en":
            return self.name
        measure = f"{self.limit:g} {'分钟' if self.minutes is not None else '米'}"
        generated = Standard(minutes=self.minutes, metres=self.metres, tier=self.tier, kind=self.kind).name
        if self.name != generated:
            return self.name
        tier = TIERS[self.tier].zh if self.tier else ""
        return " ".join(part for part in (measure, tier, self.kind) if part)


DEFAULT_STANDARDS = (Standard(minutes=5), Standard(minutes=10), Standard(minutes=15))
"""The 5, 10 and 15 minute living circles (GB 50180-2018); see docs/method.md."""
