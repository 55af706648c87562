"""A study's tables with the places that could be found in them, and what is known of every row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from walkshed.errors import Findings, Source, Text
from walkshed.places.answer import Answer
from walkshed.places.astray import rows_astray
from walkshed.places.candidate import Query
from walkshed.places.decisions import Decisions, Row, apply_decisions
from walkshed.places.finding import Ground, find_places, home_city
from walkshed.places.given import check_given, given_answer
from walkshed.progress import silent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import pandas as pd

    from walkshed.places.answer import Seen
    from walkshed.places.astray import Astray
    from walkshed.places.candidate import Geocoder
    from walkshed.places.decisions import Decision, Key
    from walkshed.places.gazetteer import Gazetteer
    from walkshed.places.judging import Rules
    from walkshed.progress import Progress

Kind = Literal["estate", "venue"]
_MOST_SHOWN = 60
_DECIDED = Text("decided by a person", "由人工决定")


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """Tables with their places, and how they came by them.

    Attributes
    ----------
    estates, venues
        As they were read, with ``lon``, ``lat``, ``geometry`` and ``location_status`` of what was found. A doubtful
        row has no coordinates: what is in doubt is never used.
    answers
        One for each row, estates first, in their order.
    given
        By kind and id, the coordinates of the rows whose table gives them.
    applied
        By kind and id, the decision that holds.
    decisions
        All decisions, with the ids they have now.
    named
        The names on this machine, where they were needed.
    """

    estates: gpd.GeoDataFrame
    venues: gpd.GeoDataFrame
    answers: tuple[Answer, ...]
    given: Mapping[Key, tuple[float, float]]
    applied: Mapping[Key, Decision]
    decisions: Decisions
    named: gpd.GeoDataFrame | None = None

    @property
    def open(self) -> list[Answer]:
        """The answers that a person should look at: doubtful, not found, given but odd."""
        odd = {"doubtful", "not_found"}
        return [
            a for a in self.answers if not a.decided and (a.status in odd or a.code == "places.given_odd")
        ]


def locate_tables(
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    *,
    gazetteer: Gazetteer | None = None,
    providers: Sequence[Geocoder] = (),
    boundaries: gpd.GeoDataFrame | None = None,
    decisions: Decisions | None = None,
    city: str = "",
    files: Mapping[Kind, str] | None = None,
    crs: Mapping[Kind, str] | None = None,
    check: bool = True,
    rules: Rules | None = None,
    findings: Findings | None = None,
    progress: Progress = silent,
) -> Located:
    r"""Find the places of the rows that have no coordinates, and look at those that have.

    Parameters
    ----------
    estates, venues
        As :func:`walkshed.read_estates` and :func:`walkshed.read_venues` return them; they are left as they are.
    gazetteer
        The names on this machine.
    providers
        Online sources; only names and addresses of rows without coordinates and without a decision are asked.
    boundaries
        A layer of communities with a column ``name``.
    decisions
        What persons decided earlier; it goes before everything else.
    city
        The city of the study.
    files
        The names of the tables' files, for notices.
    crs
        The system each table's coordinates are declared to be in; a row that lies at its name on the map only in
        another is in doubt. None looks at no table.
    check
        Look at given coordinates, too.
    findings
        Takes a notice of every row that is doubtful, not found or oddly given.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from walkshed.tables import read_estates, read_venues
    >>> from walkshed.places.gazetteer import Gazetteer
    >>> from walkshed.osm_names import read_named
    >>> from walkshed.sample import sample_folder
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "e.csv").write_text("编号,小区\n1,南榮新村\n2,没有的地方\n", "utf-8")
    >>> _ = (folder / "v.csv").write_text("编号,名称,经度,纬度\n1,活动中心,120.25,31.57\n", "utf-8")
    >>> named = Gazetteer(read_named(sample_folder() / "streets.osm.pbf"))
    >>> made = locate_tables(read_estates(folder / "e.csv"), read_venues(folder / "v.csv"), gazetteer=named)
    >>> made.estates["location_status"].tolist()
    ['matched', 'not_found']
    """
    findings = Findings() if findings is None else findings
    frames: dict[Kind, gpd.GeoDataFrame] = {"estate": estates, "venue": venues}
    near = _middle(frames.values(), gazetteer)
    queries = {q.id_key: q for kind, frame in frames.items() for q in _queries(kind, frame, city, near)}
    asked = {key: one.query for key, one in queries.items()}
    given = {key: one.at for key, one in queries.items() if one.at is not None}
    rows = [Row(*key, query.name, given.get(key)) for key, query in asked.items()]
    applied = apply_decisions(decisions or Decisions(), rows, findings=findings)
    held = applied.by_row
    astray = _astray(frames, held, gazetteer, files or {}, crs or {}, findings)
    sound = {key: at for key, at in given.items() if key not in astray}
    ground = replace(_ground(asked, sound, held, gazetteer, boundaries), city=home_city(asked.values()))
    local: list[Geocoder] = [gazetteer] if gazetteer is not None else []
    wanted = [query for key, query in asked.items() if key not in given and key not in held]
    found = find_places(
        wanted, [*local, *providers], ground=ground, rules=rules, findings=findings, progress=progress
    )
    stand = [given_answer(asked[key], *at) for key, at in sound.items() if key not in held]
    checked = check_given(stand, gazetteer, ground=ground, rules=rules) if check else stand
    decided = [_decided(asked[key], decision, local) for key, decision in held.items()]
    wrong = [one.answer(asked[key], _judged(asked[key], local)) for key, one in astray.items()]
    by_key = {answer.key: answer for answer in (*found, *checked, *decided, *wrong)}
    answers = tuple(by_key[key] for key in asked)
    _tell(answers, frames, files or {}, findings)
    return Located(
        _placed("estate", estates, by_key),
        _placed("venue", venues, by_key),
        answers,
        given,
        held,
        applied.decisions,
        None if gazetteer is None else gazetteer.named,
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    query: Query
    at: tuple[float, float] | None

    @property
    def id_key(self) -> Key:
        return self.query.kind, self.query.id


def _queries(
    kind: Kind, frame: gpd.GeoDataFrame, city: str, near: tuple[float, float] | None
) -> list[_Asked]:
    columns = [frame[name].astype(str).tolist() for name in ("name", "address", "community")]
    made = []
    for ident, name, address, community, lon, lat in zip(
        frame.index.astype(str), *columns, frame["lon"].tolist(), frame["lat"].tolist(), strict=True
    ):
        at = (float(lon), float(lat)) if lon == lon and lat == lat else None  # noqa: PLR0124 - nan is a blank
        made.append(_Asked(Query(ident, name, address, community, city, kind, near), at))
    return made


def _middle(frames: Any, gazetteer: Gazetteer | None) -> tuple[float, float] | None:
    """Return the place about which the study lies: the median of what is given, else of the map."""
    import numpy as np

    lon = np.concatenate([frame["lon"].to_numpy(dtype=float) for frame in frames])
    lat = np.concatenate([frame["lat"].to_numpy(dtype=float) for frame in frames])
    if np.isfinite(lon).any():
        return float(np.nanmedian(lon)), float(np.nanmedian(lat))
    return None if gazetteer is None else gazetteer.middle


def _ground(
    asked: Mapping[Key, Query],
    given: Mapping[Key, tuple[float, float]],
    held: Mapping[Key, Decision],
    gazetteer: Gazetteer | None,
    boundaries: gpd.GeoDataFrame | None,
) -> Ground:
    sure = {key: at for key, at in given.items() if key not in held}
    sure |= {key: (d.lon, d.lat) for key, d in held.items() if d.lon is not None and d.lat is not None}
    community = {key: query.community for key, query in asked.items() if query.community}
    if gazetteer is None:
        return Ground(sure, community, None, boundaries)
    return Ground(sure, community, gazetteer.named, boundaries, gazetteer.outline)


def _decided(query: Query, decision: Decision, sources: Sequence[Geocoder]) -> Answer:
    """Return the answer that a person gave; candidates are shown beside it, from this machine only."""
    if decision.choice == "nowhere" or decision.lon is None or decision.lat is None:
        why = Text("a person decided that none of the candidates is it", "经人工核对，候选都不是")
        answer = Answer(query, "not_found", "places.decided_nowhere", why, decided=True)
    elif decision.choice == "candidate":
        called = f': "{decision.place}" ({decision.source})' if decision.place else ""
        zh = f"：“{decision.place}”（{decision.source}）" if decision.place else ""
        why = Text(_DECIDED.en + called, _DECIDED.zh + zh)
        answer = Answer(query, "matched", "places.decided", why, (), decision.lon, decision.lat, decided=True)
    else:
        answer = given_answer(query, decision.lon, decision.lat, decided=True, why=_DECIDED)
    return replace(answer, seen=_judged(query, sources))


def _judged(query: Query, sources: Sequence[Geocoder]) -> tuple[Seen, ...]:
    """Return what sources on this machine have, to be shown beside an answer."""
    from walkshed.places.judging import Rules, in_order, judge

    return in_order([
        judge(query, one, community=None, rules=Rules())
        for source in sources
        for one in (source.find(query) if query.name or query.address else [])
    ])  # fmt: skip


def _astray(
    frames: Mapping[Kind, gpd.GeoDataFrame],
    held: Mapping[Key, Decision],
    gazetteer: Gazetteer | None,
    files: Mapping[Kind, str],
    crs: Mapping[Kind, str],
    findings: Findings,
) -> dict[Key, Astray]:
    """Return the rows that are in another datum than their table, but for those a person has decided.

    Those still count as evidence, unless the person said that the table is right: else to decide about one of two
    would clear the other.
    """
    found: dict[Key, Astray] = {}
    for kind, declared in crs.items() if gazetteer is not None else ():
        assert gazetteer is not None  # noqa: S101 - for the type checker
        frame = frames[kind]
        confirmed = {ident for (of, ident), one in held.items() if of == kind and one.choice == "given"}
        given = frame.loc[[
            status == "given" and str(ident) not in confirmed
            for ident, status in frame["location_status"].items()
        ]]  # fmt: skip
        rows, notices = rows_astray(
            given, features=gazetteer.named, declared=declared, source=Source(files.get(kind, ""))
        )
        open_: dict[Key, Astray] = {
            (kind, ident): one for ident, one in rows.items() if (kind, ident) not in held
        }
        found |= open_
        findings.notices.extend(notices if open_ else [])
    return found


def _placed(kind: Kind, frame: gpd.GeoDataFrame, answers: Mapping[Key, Answer]) -> gpd.GeoDataFrame:
    """Return a table with the coordinates that were found; rows whose table gives them stay as they are."""
    import shapely

    made = frame.copy()
    lon, lat = made["lon"].to_numpy(dtype=float, copy=True), made["lat"].to_numpy(dtype=float, copy=True)
    status = made["location_status"].astype(object).to_numpy(copy=True)
    shapes = made.geometry.to_numpy().copy()
    for number, ident in enumerate(made.index.astype(str)):
        answer = answers[kind, ident]
        moved = answer.decided and (answer.lon, answer.lat) != (lon[number], lat[number])
        if answer.status == "given" and not moved:
            continue
        status[number] = answer.status
        if answer.lon is None or answer.lat is None:
            lon[number], lat[number], shapes[number] = float("nan"), float("nan"), None
        elif moved or lon[number] != lon[number]:
            lon[number], lat[number] = answer.lon, answer.lat
            outlined = shapes[number] is not None and shapes[number].geom_type in {"Polygon", "MultiPolygon"}
            if not outlined:
                shapes[number] = shapely.Point(answer.lon, answer.lat)
    made["lon"], made["lat"] = lon, lat
    made["location_status"] = _texts(status, made)
    return made.set_geometry(_series(shapes, made))


def _texts(values: Any, like: gpd.GeoDataFrame) -> pd.Series[str]:
    import pandas as pd

    return pd.Series([str(value) for value in values], index=like.index, dtype="str")


def _series(shapes: Any, like: gpd.GeoDataFrame) -> gpd.GeoSeries:
    import geopandas as gpd

    return gpd.GeoSeries(shapes, index=like.index, crs=like.crs, name=like.geometry.name)


def _tell(
    answers: Sequence[Answer],
    frames: Mapping[Kind, gpd.GeoDataFrame],
    files: Mapping[Kind, str],
    findings: Findings,
) -> None:
    """Say of every row what is not sure, and what was found."""
    rows: dict[Key, int] = {
        (kind, str(ident)): int(row)
        for kind, frame in frames.items()
        for ident, row in zip(frame.index, frame["source_row"], strict=True)
    }
    for answer in answers:
        if answer.status == "given" and answer.code != "places.given_odd":
            continue
        name = answer.query.name or answer.query.id
        name = name if len(name) <= _MOST_SHOWN else name[: _MOST_SHOWN - 1] + "…"
        said = _SAID["given" if answer.status == "given" else answer.status]
        text = Text(
            f"{name} {said.en}: {answer.reason.en}",
            f"{name}{said.zh}：{answer.reason.zh}",
        )
        where = Source(files.get(answer.query.kind, ""), row=rows[answer.key], value=answer.query.id)
        findings.notice(answer.code, text, where)


_SAID = {
    "given": Text("stays where the table puts it, but", "按表中坐标，但请核对"),
    "matched": Text("was found", "已找到"),
    "doubtful": Text("is in doubt and not used", "位置存疑，未采用"),
    "not_found": Text("was not found", "未找到"),
}
