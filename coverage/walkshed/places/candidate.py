"""What is asked about a place, and what a source answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from walkshed.errors import Text

Level = Literal["building", "estate", "street", "community", "district"]
LEVELS: tuple[Level, ...] = ("building", "estate", "street", "community", "district")
"""How precise an answer is, finest first."""


@dataclass(frozen=True, slots=True)
class Query:
    """A place that is looked for.

    Attributes
    ----------
    id
        The row's id.
    name, address, community, city
        What the table and the study say; "" where they say nothing.
    kind
        ``"estate"`` or ``"venue"``.
    near
        Longitude and latitude (EPSG:4326) about which the study lies, for sources that can prefer what is near.
    """

    id: str
    name: str
    address: str = ""
    community: str = ""
    city: str = ""
    kind: Literal["estate", "venue"] = "estate"
    near: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One answer of one source, in EPSG:4326.

    Attributes
    ----------
    lon, lat
        Degrees, WGS84; a source's own datum is already undone.
    name, address
        As the source writes them.
    level
        How precise the answer is.
    source
        The source's name, as in ``study.toml``.
    score
        0 to 1, how well it answers the query, by the source's own word or by our matching.
    evidence
        Why, in a sentence.
    ref
        The source's own id of the object, as ``"way/123"``.
    """

    lon: float
    lat: float
    name: str
    level: Level
    source: str
    score: float
    address: str = ""
    evidence: Text = field(default_factory=lambda: Text("", ""))
    ref: str = ""


class Geocoder(Protocol):
    """A source of candidates."""

    @property
    def name(self) -> str:
        """As in ``study.toml``."""
        ...

    def find(self, query: Query) -> list[Candidate]:
        """Return the answers, best first; none where the source knows nothing."""
        ...
