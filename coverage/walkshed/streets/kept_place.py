"""The streets of a place as they are kept: an OSM file and, beside it, what it is an answer to."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from walkshed.errors import Finding, Text
from walkshed.overpass import QUERY_VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from walkshed.web import Sent

log = logging.getLogger(__name__)

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class PlaceStreets:
    """The streets of a place, as a file.

    Attributes
    ----------
    path
        An OSM file that :func:`walkshed.read_streets` reads.
    place, found, ref
        The place as it was asked for, as OpenStreetMap calls it, and its OSM id.
    polygon, area_km2
        Its extent in degrees, without the surroundings.
    buffer_m
        How far around it streets were asked for.
    snapshot, fetched
        The date of the OpenStreetMap data ("" if the server did not say) and when they were asked for.
    sent
        What was asked of whom to make this answer; empty if it came from the cache.
    """

    path: Path
    place: str
    found: str
    ref: str
    polygon: Any
    area_km2: float
    buffer_m: float
    snapshot: str
    fetched: str
    sent: tuple[Sent, ...] = field(default=())

    @property
    def notice(self) -> Finding:
        """What the name was taken for, to be handed on with the run's notices."""
        day = self.snapshot[:10]
        kept = "" if self.sent else self.fetched[:10]
        text = Text(
            f'"{self.place}" is {self.found} ({self.ref}, {self.area_km2:,.1f} km²); streets within {self.buffer_m:g} m of it'
            + (f", OpenStreetMap of {day}" if day else "")
            + (f", kept since {kept}" if kept else ""),
            f"“{self.place}”取为 {self.found}（{self.ref}，{self.area_km2:,.1f} 平方公里）；道路取至其外 {self.buffer_m:g} 米"
            + (f"，OpenStreetMap 数据日期 {day}" if day else "")
            + (f"，缓存自 {kept}" if kept else ""),
        )
        return Finding("place.found", text)


def key_of(name: str, buffer_m: float) -> str:
    """Return what an answer is kept under."""
    return hashlib.sha256(f"{name} {float(buffer_m)!r} {QUERY_VERSION} {_FORMAT}".encode()).hexdigest()[:24]


def beside(target: Path) -> Path:
    """Return where the description of a kept file stands."""
    return target.with_name(target.name.replace(".osm.pbf", ".json"))


def described(made: PlaceStreets, file: Path) -> str:
    """Return the description of an answer, with the hash of its file."""
    import shapely

    with file.open("rb") as data:
        digest = hashlib.file_digest(data, "sha256").hexdigest()
    fields = ("place", "found", "ref", "area_km2", "buffer_m", "snapshot", "fetched")
    about = {name: getattr(made, name) for name in fields}
    about |= {"sha256": digest, "polygon": json.loads(shapely.to_geojson(made.polygon))}
    return json.dumps(about, ensure_ascii=False, indent=1) + "\n"


def read_kept(target: Path) -> PlaceStreets | None:
    """Return a kept answer, None where there is none that is whole."""
    if not (target.is_file() and beside(target).is_file()):
        return None
    import shapely

    try:
        about = json.loads(beside(target).read_text(encoding="utf-8"))
        with target.open("rb") as data:
            whole = hashlib.file_digest(data, "sha256").hexdigest() == about.pop("sha256")
        polygon = shapely.from_geojson(json.dumps(about.pop("polygon")))
        return PlaceStreets(path=target, polygon=polygon, **about) if whole else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, shapely.GEOSException) as error:
        log.info("the kept streets %s are damaged: %s", target, error)
        return None
