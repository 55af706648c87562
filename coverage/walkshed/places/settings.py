"""What a study says about finding places."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class PlacesSettings:
    """The section ``[places]`` of a study.

    Attributes
    ----------
    providers
        Online sources to ask, by name; none by default, and then nothing leaves the machine.
    known, known_crs
        A table of places of one's own (name, other names, coordinates) and its coordinate system.
    communities
        A layer of the communities' boundaries, with a column ``name``.
    city
        The city the study lies in, for addresses that name another.
    options
        Settings of the providers, by name.
    """

    providers: tuple[str, ...] = ()
    known: Path | None = None
    known_crs: str = "EPSG:4326"
    communities: Path | None = None
    city: str = ""
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
