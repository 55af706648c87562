"""The default source: the names and addresses of the study's own OpenStreetMap file. Nothing leaves the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from walkshed.errors import Text
from walkshed.naming import ACCEPT, NameIndex, parse, split_address
from walkshed.places.candidate import Candidate
from walkshed.places.likeness import address_key, street_key

if TYPE_CHECKING:
    import geopandas as gpd

    from walkshed.naming import NameMatch
    from walkshed.places.candidate import Level, Query

NAME = "gazetteer"
KNOWN = "known"

_LEVEL_OF: dict[str, Level] = {
    "known": "building", "estate": "estate", "building": "building", "venue": "building", "address": "building",
    "community": "community", "place": "district", "stop": "street", "road": "street",
}  # fmt: skip
_ORDER = tuple(_LEVEL_OF)
_NOT_LIVED_IN = frozenset({
    "commercial", "office", "retail", "industrial", "school", "hospital", "hotel", "church", "university", "college",
    "public", "government", "train_station", "kindergarten", "civic", "warehouse", "temple", "mosque", "supermarket",
    "parking", "garage", "garages", "stadium", "transportation", "toilets", "service", "roof",
})  # fmt: skip
_CONFLICT_AT_MOST = 0.78
_WRONG_KIND_AT_MOST = 0.79
_OF_ADDRESS_AT_MOST = 0.84
_SAME_ADDRESS = 0.95
_STREET_ONLY = 0.5
_MOST_NAMES = 12


class Gazetteer:
    """Finds places by name and by address on this machine; a :class:`~walkshed.places.candidate.Geocoder`.

    Parameters
    ----------
    named
        As :func:`walkshed.osm_names.read_named` returns it.
    known
        Places of one's own in the same form, as :func:`walkshed.places.known.read_known` returns them; their
        candidates have the source ``known``.
    most
        How many candidates are returned at most.

    Examples
    --------
    >>> from walkshed.osm_names import read_named
    >>> from walkshed.places.candidate import Query
    >>> from walkshed.sample import sample_folder
    >>> gazetteer = Gazetteer(read_named(sample_folder() / "streets.osm.pbf"))
    >>> best = gazetteer.find(Query("1", "太康新村一期"))[0]
    >>> best.name, best.level, best.score
    ('太康新村一期', 'estate', 1.0)
    """

    name = NAME

    def __init__(
        self, named: gpd.GeoDataFrame, *, known: gpd.GeoDataFrame | None = None, most: int = 8
    ) -> None:
        import pandas as pd

        self.named = named if known is None else pd.concat([known, named])
        self._most = most
        self._rows = list(self.named.reset_index().itertuples(index=False))
        self._by_name: dict[str, list[int]] = {}
        self._by_street: dict[tuple[str, str], list[int]] = {}
        self._roads: dict[str, list[int]] = {}
        for number, row in enumerate(self._rows):
            for name in (row.name, *row.other_names):
                if name:
                    self._by_name.setdefault(name, []).append(number)
            if row.group == "road":
                self._roads.setdefault(street_key(row.name, "")[0], []).append(number)
            self._take_address(number, row)
        self._names = list(self._by_name)
        self._index = NameIndex(self._names)
        self._forms: frozenset[str] | None = None
        self._place_of = {row.ref: number for number, row in enumerate(self._rows)}

    def _take_address(self, number: int, row: Any) -> None:
        keys = set()
        if row.street and row.house_number:
            for part in row.house_number.replace(";", ",").split(","):
                keys.add(street_key(row.street, part))
        if row.address and (key := address_key(row.address)) is not None and key[1]:
            keys.add(key)
        for key in keys:
            self._by_street.setdefault(key, []).append(number)

    @property
    def middle(self) -> tuple[float, float] | None:
        """Longitude and latitude about which the names lie, None without any."""
        if not len(self.named):
            return None
        return float(self.named["lon"].median()), float(self.named["lat"].median())

    def outline(self, ref: str) -> Any:
        """Return the shape of an object, None where there is no such object.

        Examples
        --------
        >>> from walkshed.osm_names import read_named
        >>> from walkshed.sample import sample_folder
        >>> Gazetteer(read_named(sample_folder() / "streets.osm.pbf")).outline("way/1") is None
        True
        """
        number = self._place_of.get(ref)
        return None if number is None else self._rows[number].geometry

    def bears(self, name: str) -> bool:
        """Tell whether any object bears a name, in any spelling: far quicker than to look for what is like it.

        Examples
        --------
        >>> from walkshed.osm_names import read_named
        >>> from walkshed.sample import sample_folder
        >>> Gazetteer(read_named(sample_folder() / "streets.osm.pbf")).bears("桃源人家")
        True
        """
        if self._forms is None:
            self._forms = frozenset(form.text for known in self._names for form in parse(known))
        return any(form.text in self._forms for form in parse(name))

    def find(self, query: Query) -> list[Candidate]:
        """Return what bears the name or has the address asked for, best first."""
        found: dict[int, Candidate] = {}
        for match in self._index.match(query.name, limit=_MOST_NAMES) if query.name.strip() else []:
            for number in self._by_name[self._names[match.index]]:
                self._add(found, number, self._by_match(query, number, match))
        if query.address.strip():
            self._by_address(query, found)
        ordered = sorted(found.items(), key=lambda one: self._rank(one[0], one[1]))
        return self._thinned(ordered)

    def _rank(self, number: int, place: Candidate) -> tuple[Any, ...]:
        return -place.score, _ORDER.index(self._rows[number].group), number

    @staticmethod
    def _add(found: dict[int, Candidate], number: int, place: Candidate) -> None:
        if number not in found or found[number].score < place.score:
            found[number] = place

    def _by_match(self, query: Query, number: int, match: NameMatch) -> Candidate:
        row = self._rows[number]
        score, evidence = match.score, match.evidence
        if match.hard_conflict:
            score = min(score, _CONFLICT_AT_MOST)
        if match.name != row.name:
            evidence = Text(
                f'also called "{match.name}": {evidence.en}', f"又名“{match.name}”：{evidence.zh}"
            )
        if (wrong := _wrong_kind(query, row)) is not None:
            score = min(score, _WRONG_KIND_AT_MOST)
            evidence = Text(f"{evidence.en}; but {wrong.en}", f"{evidence.zh}；但{wrong.zh}")
        return self._candidate(number, round(score, 4), evidence)

    def _by_address(self, query: Query, found: dict[int, Candidate]) -> None:
        key = address_key(query.address)
        if key is not None:
            for number in self._by_street.get(key, ()) if key[1] else ():
                said = Text("the same street and house number", "道路和门牌号相同")
                self._add(found, number, self._candidate(number, _SAME_ADDRESS, said, level="building"))
            for number in self._roads.get(key[0], ()):
                said = Text(
                    "the street of the address, without the house number", "地址所在道路，未精确到门牌"
                )
                self._add(found, number, self._candidate(number, _STREET_ONLY, said))
        rest = split_address(query.address).rest
        for match in self._index.match(rest, limit=4) if len(rest) > 1 else []:
            if match.score < ACCEPT or match.hard_conflict:
                continue
            for number in self._by_name[self._names[match.index]]:
                said = Text(f'the address names "{match.name}"', f"地址中提到“{match.name}”")
                self._add(found, number, self._candidate(number, _OF_ADDRESS_AT_MOST, said))

    def _candidate(
        self, number: int, score: float, evidence: Text, *, level: Level | None = None
    ) -> Candidate:
        row = self._rows[number]
        address = row.address or " ".join(part for part in (row.street, row.house_number) if part)
        source = KNOWN if row.group == "known" else NAME
        return Candidate(
            float(row.lon), float(row.lat), row.name, level or _LEVEL_OF[row.group], source, score, address,
            evidence, row.ref,
        )  # fmt: skip

    def _thinned(self, ordered: list[tuple[int, Candidate]]) -> list[Candidate]:
        """Return the first few; of a street in many pieces and of stops in pairs one stands for all."""
        made: list[Candidate] = []
        seen: set[tuple[str, str]] = set()
        for number, place in ordered:
            group = self._rows[number].group
            if group in {"road", "stop"}:
                if (group, place.name) in seen:
                    continue
                seen.add((group, place.name))
            made.append(place)
            if len(made) == self._most:
                break
        return made


def _wrong_kind(query: Query, row: Any) -> Text | None:
    """Return why an object is of a kind that cannot be what is asked for, None where it can."""
    if query.kind == "venue":
        if row.group == "estate":
            return Text("it is an estate or a part of the town", "它是小区或地段")
        return None
    value = row.what.partition("=")[2]
    if row.group == "venue" or (row.group == "building" and value in _NOT_LIVED_IN):
        return Text(f"it is no estate ({row.what})", f"它不是小区（{row.what}）")
    return None
