"""What the map's page is given to draw, as plain values: the picture says what the tables say.

An estate's class is read from its statuses in the coverage table and never worked out again from
minutes, so that the dots of a class are the estates the tables count.
"""

from __future__ import annotations

import math
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.deliver import map_words as words
from walkshed.deliver.map_lines import THINNED_TO_DEGREES, packed_points, packed_shapes, rings_of
from walkshed.deliver.palette import class_colours
from walkshed.deliver.words import REASONS, STATUSES, shown
from walkshed.standards import TIERS

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.errors import Language
    from walkshed.profiles import Profile
    from walkshed.standards import Standard
    from walkshed.streets.network import WalkNetwork

UNKNOWN_CLASS = -1
# One letter a verdict; `<`, `&` and quotes are not among them.
_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Scale:
    """Standards which can share one scale of colours: same measure, same venues that count."""

    unit: str
    tier: str
    kind: str
    names: tuple[str, ...]
    cuts: tuple[float, ...]

    def label(self, language: Language) -> str:
        """Return what tells this scale from the others, in words."""
        unit = words.UNITS[self.unit].in_(language)
        cuts = f"{' / '.join(f'{cut:g}' for cut in self.cuts)} {unit}"
        parts = [words.spoken(TIERS, self.tier, language), self.kind, cuts]
        return " · ".join(part for part in parts if part)


def scales_of(standards: Iterable[Standard]) -> list[Scale]:
    """Return the standards sorted into scales, in the order of the study."""
    groups: dict[tuple[str, str, str], dict[float, str]] = {}
    for standard in standards:
        unit = "m" if standard.minutes is None else "min"
        group = groups.setdefault((unit, standard.tier, standard.kind), {})
        group.setdefault(standard.limit, standard.name)
    return [
        Scale(*key, names=tuple(group[cut] for cut in sorted(group)), cuts=tuple(sorted(group)))
        for key, group in groups.items()
    ]


def classes_of(rows: Sequence[pd.DataFrame]) -> NDArray[np.int64]:
    """Return each estate's class: the first standard it is within, the one beyond all, or unknown.

    Parameters
    ----------
    rows
        Per standard, shortest first, the coverage table's rows in the estates' order.
    """
    last = rows[-1]["status"].to_numpy(dtype=object)
    classes = np.where(last == "uncovered", len(rows), UNKNOWN_CLASS).astype(np.int64)
    for step in reversed(range(len(rows))):
        classes[rows[step]["status"].to_numpy(dtype=object) == "covered"] = step
    return classes


def walk_values(
    standards: Sequence[Standard],
    profiles: Sequence[Profile],
    *,
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    coverage: pd.DataFrame,
    venue_table: pd.DataFrame,
    language: Language,
    verdicts: Verdicts | None = None,
) -> dict[str, Any]:
    """Return the scales, and for each of them and each profile what the tables say of estates and venues."""
    scales = scales_of(standards)
    names = [profile.name for profile in profiles]
    verdicts = Verdicts(language) if verdicts is None else verdicts
    results = [
        [
            _result(scale, coverage[coverage["profile"] == name], estates.index, venues.index, verdicts)
            for name in names
        ]
        for scale in scales
    ]
    return {
        "scales": [_legend(scale, language) for scale in scales],
        "results": results,
        "verdicts": verdicts.values(),
        "venues": venue_values(venues, venue_table, scales=scales, profiles=names, language=language),
    }


def _legend(scale: Scale, language: Language) -> dict[str, Any]:
    return {
        "label": scale.label(language),
        "unit": scale.unit,
        "limits": list(scale.cuts),
        "cuts": [f"{cut:g} {words.UNITS[scale.unit].in_(language)}" for cut in scale.cuts],
        "classes": words.class_labels(scale.cuts, scale.unit, language),
        "colours": list(class_colours(len(scale.cuts) + 1)),
    }


def _result(
    scale: Scale, coverage: pd.DataFrame, order: pd.Index[Any], venue_ids: pd.Index[Any], verdicts: Verdicts
) -> dict[str, Any]:
    """Return every estate's class, walk, nearest venue and verdicts on one scale, for one profile's rows."""
    rows = [
        coverage[coverage["standard"] == name].set_index("estate_id").reindex(order) for name in scale.names
    ]
    nearest = rows[-1]
    return {
        "class": classes_of(rows).tolist(),
        "min": _numbers(nearest["walk_min"], 2),
        "m": _numbers(nearest["walk_m"], 1),
        "venue": venue_ids.get_indexer(nearest.set_index("venue_id").index).tolist(),
        "verdicts": [verdicts.letters(row) for row in rows],
    }


class Verdicts:
    """The pairs of status and reason that occur, each with a letter and its words."""

    def __init__(self, language: Language) -> None:
        self._language: Language = language
        self._letters: dict[tuple[str, str], str] = {}

    def letters(self, rows: pd.DataFrame) -> str:
        """Return one letter for each row."""
        pairs = zip(texts(rows["status"]), texts(rows["reason"]), strict=True)
        known = self._letters
        return "".join(known.get(pair) or known.setdefault(pair, _LETTERS[len(known)]) for pair in pairs)

    def values(self) -> dict[str, dict[str, str]]:
        """Return what each letter stands for."""
        return {letter: self._spoken(*pair) for pair, letter in self._letters.items()}

    def _spoken(self, status: str, reason: str) -> dict[str, str]:
        shown = words.spoken(STATUSES, status or "unknown", self._language)
        return {
            "status": status or "unknown",
            "words": shown,
            "reason": words.spoken(REASONS, reason, self._language) if reason else "",
        }


def estate_values(estates: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return what is known of the estates, whatever the standard."""
    return {
        "id": texts(estates.index),
        "name": texts(estates["name"]),
        **_coded("place", _places(estates)),
        "households": _numbers(estates["households"], 1),
        "over60": _numbers(estates["aged_60_plus"], 1),
        **_located(estates),
    }


def venue_values(
    venues: gpd.GeoDataFrame,
    venue_table: pd.DataFrame,
    *,
    scales: Sequence[Scale],
    profiles: Sequence[str],
    language: Language,
) -> dict[str, Any]:
    """Return what is known of the venues and how many lie within each standard of them."""
    table = venue_table if "venue_id" in venue_table.columns else venue_table.reset_index()
    opening = venues["opening_date"]
    tiers = [words.spoken(TIERS, tier, language) for tier in texts(venues["tier"])]
    stated = [status or "open" for status in texts(venues["status"])]
    not_yet = set(table.loc[table["reason"] == "not_open", "venue_id"])
    return {
        "name": texts(venues["name"]),
        "kind": texts(venues["kind"]),
        "tier": tiers,
        "status": stated,
        # What opens after the study's date is drawn like what is planned: it counts for nobody yet.
        "drawn": [
            "planned" if status == "open" and venue in not_yet else status
            for venue, status in zip(venues.index, stated, strict=True)
        ],
        "reasons": [
            [_venue_reasons(table, venues.index, scale, profile, language) for profile in profiles]
            for scale in scales
        ],
        "place": _places(venues),
        "opens": [
            "" if missing else f"{day:%Y-%m-%d}" for day, missing in zip(opening, opening.isna(), strict=True)
        ],
        "floorArea": _numbers(venues["floor_area_m2"], 1),
        "within": [
            [_within(table, venues.index, scale, profile) for profile in profiles] for scale in scales
        ],
        **_located(venues),
    }


def area_values(estates: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return the rings of the estates' boundaries and whose they are."""
    import shapely

    shapes = estates.geometry.to_numpy(dtype=object)
    areal = np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
    thinned = shapely.simplify(shapes[areal], THINNED_TO_DEGREES)
    rings, owner = rings_of(thinned)
    return {"owner": np.flatnonzero(areal)[owner].tolist(), **packed_shapes(rings)}


def bounds_of(
    estates: gpd.GeoDataFrame, venues: gpd.GeoDataFrame, network: WalkNetwork, *drawn: gpd.GeoDataFrame
) -> list[list[float]] | None:
    """Return [[south, west], [north, east]] of what is shown; of the streets where nothing is located."""
    boxes = [
        *(_box(frame) for frame in (estates, venues)),
        [estates.total_bounds],
        [frame.total_bounds for frame in drawn],
    ]
    both = np.array([box for group in boxes for box in group if np.isfinite(box).all()])
    if not len(both):
        lon, lat = np.asarray(network.coord_lon), np.asarray(network.coord_lat)
        if not len(lon):
            lon, lat = np.asarray(network.node_lon), np.asarray(network.node_lat)
        both = np.array([[lon.min(), lat.min(), lon.max(), lat.max()]]) if len(lon) else np.zeros((0, 4))
    if not len(both):
        return None
    west, south = both[:, :2].min(axis=0)
    east, north = both[:, 2:].max(axis=0)
    return [[round(float(south), 6), round(float(west), 6)], [round(float(north), 6), round(float(east), 6)]]


def texts(values: Iterable[Any]) -> list[str]:
    """Return the values as text, what is missing as ""."""
    return ["" if value is None or value != value else str(value) for value in values]  # noqa: PLR0124 - NaN, NaT


def _places(frame: gpd.GeoDataFrame) -> list[str]:
    """Return community and area as one line; an area named like its community is said once."""
    pairs = zip(texts(frame["community"]), texts(frame["area"]), strict=True)
    return [" / ".join(dict.fromkeys(part for part in pair if part)) for pair in pairs]


def _box(frame: gpd.GeoDataFrame) -> list[NDArray[np.float64]]:
    there = frame[["lon", "lat"]].dropna().to_numpy(dtype=float)
    return [np.concatenate([there.min(axis=0), there.max(axis=0)])] if len(there) else []


def _venue_reasons(
    table: pd.DataFrame, order: pd.Index[Any], scale: Scale, profile: str, language: Language
) -> list[str]:
    """Return why a venue does not count on this scale, in words; "" where it counts."""
    rows = table[(table["profile"] == profile) & (table["standard"] == scale.names[0])]
    codes = rows.drop_duplicates("venue_id").set_index("venue_id")["reason"].reindex(order)
    return [str(shown("reason", code, language)) for code in texts(codes)]


def _within(
    table: pd.DataFrame, order: pd.Index[Any], scale: Scale, profile: str
) -> Mapping[str, list[list[Any]]]:
    """Return measure -> per standard, how much of it lies within that walk of each venue."""
    mine = table[table["profile"] == profile]
    found: dict[str, list[list[Any]]] = {}
    for measure in ("estates", "households", "aged_60_plus"):
        rows = mine[mine["measure"] == measure]
        if len(rows):
            per_cut = [
                rows[rows["standard"] == name].set_index("venue_id")["within"].reindex(order)
                for name in scale.names
            ]
            found[measure] = [_numbers(cut, 1) for cut in per_cut]
    return found


def _located(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return which rows have a place ("1" or "0" each) and the places of those, packed."""
    lon, lat = frame["lon"].to_numpy(dtype=float), frame["lat"].to_numpy(dtype=float)
    there = np.isfinite(lon) & np.isfinite(lat)
    return {
        "located": "".join("01"[bit] for bit in there.astype(int)),
        "points": packed_points(lon[there], lat[there]),
    }


def _coded(name: str, values: Sequence[str]) -> dict[str, Any]:
    """Return values that repeat as a list of the different ones and a number for each row."""
    known: dict[Hashable, int] = {}
    numbers = [known.setdefault(value, len(known)) for value in values]
    return {f"{name}s": list(known), name: numbers}


def _numbers(values: pd.Series[Any], digits: int) -> list[float | int | None]:
    """Return numbers short enough to print, None where there is none."""
    rounded = (round(float(value), digits) for value in values.to_numpy(dtype=float, na_value=math.nan))
    return [
        None if not math.isfinite(value) else int(value) if value.is_integer() else value for value in rounded
    ]
