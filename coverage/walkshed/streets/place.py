"""Streets of a place that is named, not given: asked for once, then kept; the only door to osmnx.

OSMnx gives the place's polygon, one Overpass request everything around it. Of a study nothing else
leaves the machine: no estate, no venue, no number.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import threading
import time
import unicodedata
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from walkshed.errors import Source, Text, input_error
from walkshed.overpass import SERVER_TIMEOUT_S, ask_overpass, not_kept
from walkshed.progress import silent
from walkshed.streets.candidates import Candidate, check_candidates, is_reference
from walkshed.streets.extent import check_extent, surroundings
from walkshed.streets.kept_place import PlaceStreets, beside, described, key_of, read_kept
from walkshed.web import FailedError, Service, failure_of, refuse_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from os import PathLike

    from walkshed.errors import InputError
    from walkshed.progress import Progress

_MOST_LETTERS = 200
_SETTINGS = threading.RLock()
"""The settings of osmnx are global: one at a time."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where Nominatim and Overpass are; the public ones unless an office runs its own."""

    nominatim: str = "https://nominatim.openstreetmap.org"
    overpass: str = "https://overpass-api.de/api"

    @classmethod
    def from_environment(cls) -> Endpoints:
        """Take ``WALKSHED_NOMINATIM_URL`` and ``WALKSHED_OVERPASS_URL`` where they are set.

        Raises
        ------
        InputError
            One is no web address.
        """
        found = {}
        for name in ("nominatim", "overpass"):
            variable = f"WALKSHED_{name.upper()}_URL"
            value = os.environ.get(variable, "").strip().rstrip("/")
            if value and not value.lower().startswith(("http://", "https://")):
                text = Text(
                    f"the environment variable {variable} should be an address that begins with https:// or http://",
                    f"环境变量 {variable} 应为以 https:// 或 http:// 开头的地址",
                )
                raise input_error("place.bad_endpoint", text)
            if value:
                found[name] = value
        return cls(**found)


def fetch_place(
    place: str,
    *,
    cache: str | PathLike[str],
    offline: bool = False,
    refresh: bool = False,
    buffer_m: float = 3000.0,
    endpoints: Endpoints | None = None,
    source: Source | None = None,
    progress: Progress = silent,
    sleep: Callable[[float], None] = time.sleep,
    timeout_s: float | None = None,
) -> PlaceStreets:
    """Return the streets of a named place as an OSM file, from the cache or, once, from OpenStreetMap's servers.

    Only the place's name and its polygon are sent.

    Parameters
    ----------
    place
        A name with its city or province, ``"荣巷街道, 无锡市"``, or an OSM id, ``"R2192363"``.
    cache
        The folder where answers are kept.
    offline
        Ask nobody: only what is kept will do.
    refresh
        Ask again even if there is a kept answer; it stays until a new one is whole.
    buffer_m
        How far around the place's polygon to ask.
    endpoints
        Where to ask; by default :meth:`Endpoints.from_environment`.
    source
        Where in the inputs the place is named, for faults.
    progress
        Told what is being done.
    sleep
        Waits between tries.
    timeout_s
        How long a server may be silent; by default as long as it may calculate.

    Raises
    ------
    InputError
        The place is blank, unknown, ambiguous, a point or too large; the network is forbidden, absent
        or its answer bad; osmnx is not installed; the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> fetch_place("荣巷街道, 无锡市", cache=tempfile.mkdtemp(), offline=True)
    Traceback (most recent call last):
    ...
    walkshed.errors.InputError: value "荣巷街道, 无锡市": the streets of "荣巷街道, 无锡市" are not kept yet...
    """
    source = source or Source().at(value=place)
    name = _checked_name(place, source)
    target = Path(cache) / f"place-{key_of(name, buffer_m)}.osm.pbf"
    if not refresh and (kept := read_kept(target)) is not None:
        return kept
    if offline:
        raise _forbidden(name, source, refresh=refresh)
    endpoints = endpoints or Endpoints.from_environment()
    asked = Service("Nominatim", endpoints.nominatim, sleep, timeout_s or 60.0, source, progress)
    progress(Text("looking up the place", "查找地点"))
    found, polygon = _polygon(asked, name)
    area_km2 = check_extent(name, polygon, buffer_m, source)
    progress(Text("fetching streets", "下载道路"))
    url = endpoints.overpass
    url = url if url.endswith("/interpreter") else f"{url}/interpreter"
    asked = replace(asked, name="Overpass", url=url, timeout_s=timeout_s or SERVER_TIMEOUT_S + 60.0)
    made = PlaceStreets(
        target, name, found.label, found.ref, polygon, round(area_km2, 3), buffer_m, snapshot="",
        fetched=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )  # fmt: skip
    return _fetched(asked, made)


def _fetched(overpass: Service, made: PlaceStreets) -> PlaceStreets:
    """Ask for the streets and keep them: file and description appear together, or what was kept stays."""
    part = made.path.with_name(f"{made.path.name.split('.')[0]}.{os.getpid()}.osm.pbf")
    about = beside(part)
    try:
        answer = ask_overpass(
            overpass, surroundings(made.polygon, made.buffer_m), part, user_agent=_user_agent()
        )
        made = replace(made, snapshot=answer.snapshot, sent=tuple(overpass.sent))
        about.write_text(described(made, part), encoding="utf-8", newline="\n")
        part.replace(made.path)
        about.replace(beside(made.path))
    except OSError as error:
        raise not_kept(overpass, made.path.parent, error.strerror or str(error)) from error
    finally:
        for path in (part, about):
            with suppress(OSError):
                path.unlink(missing_ok=True)
    return made


def _checked_name(place: str, source: Source) -> str:
    # what a Chinese keyboard gives, 无锡市，江苏省 with a wide comma, is one and the same question
    name = re.sub(r"\s*,\s*", ", ", " ".join(unicodedata.normalize("NFKC", place).split()))
    name = name.upper() if is_reference(name.upper()) else name
    if not name.strip(" ,、。"):
        text = Text(
            'the place should not be blank; write its name with its city, as "荣巷街道, 无锡市"',
            "地名不能为空；请填写地名及所在城市，如“荣巷街道, 无锡市”",
        )
        raise input_error("place.blank", text, source)
    if len(name) > _MOST_LETTERS:
        text = Text(
            f"the place has {len(name)} characters; write a name with its city, not a description",
            f"地名有 {len(name)} 个字符，过长；请只填写地名及所在城市",
        )
        raise input_error("place.blank", text, source)
    return name


def _forbidden(name: str, source: Source, *, refresh: bool) -> InputError:
    why = (
        Text("are to be asked for again", "需要重新下载") if refresh else Text("are not kept yet", "尚未缓存")
    )
    text = Text(
        f'the streets of "{name}" {why.en}, and the network is forbidden (--offline); '
        "run once without it, or give a street file with file = …",
        f"“{name}”的道路{why.zh}，而已禁止联网（--offline）；请先不带该选项运行一次，或用 file = … 指定路网文件",
    )
    return input_error("place.offline", text, source)


def _user_agent() -> str:
    from walkshed import __version__

    return f"walkshed/{__version__}"


def _osmnx(source: Source) -> Any:
    try:
        import osmnx
    except ImportError as error:
        text = Text(
            f'place = … needs OSMnx, which is not installed ({error}): pip install "walkshed[place]"; '
            "or give a street file with file = …",
            f'place = … 需要 OSMnx，尚未安装（{error}）：pip install "walkshed[place]"；'
            "或用 file = … 指定路网文件",
        )
        raise input_error("place.no_osmnx", text, source) from error
    return osmnx


@contextmanager
def _settings(ox: Any, service: Service, name: str, hook: Callable[..., None]) -> Iterator[None]:
    """Give osmnx our settings, and back its own: they are global, and belong to whoever uses it besides."""
    chinese = any("\u3400" <= letter <= "\u9fff" for letter in name)
    ours = {
        "nominatim_url": service.url,
        "nominatim_key": None,
        "use_cache": False,
        "log_file": False,
        "default_crs": "epsg:4326",
        "http_user_agent": _user_agent(),
        "http_referer": _user_agent(),
        "http_accept_language": "zh-CN,zh,en" if chinese else "en",
        "requests_timeout": service.timeout_s,
        # sees each answer before osmnx does, which would wait 55 s on a busy server, again and again
        "requests_kwargs": {"hooks": {"response": hook}},
    }
    with _SETTINGS:
        theirs = {key: getattr(ox.settings, key) for key in ours}
        try:
            for key, value in ours.items():
                setattr(ox.settings, key, value)
            yield
        finally:
            for key, value in theirs.items():
                setattr(ox.settings, key, value)


def _polygon(service: Service, name: str) -> tuple[Candidate, Any]:
    """Return the place that OSMnx finds, if it is the one that is meant, and its polygon."""
    ox = _osmnx(service.source)
    offered: list[Candidate] = []

    def look(response: Any, *_: Any, **__: Any) -> None:
        refuse_status(response.status_code, response.headers)
        offered[:] = _candidates(response.content)

    def ask() -> Any:
        service.note(name)
        return _geocoded(ox, service, name, look, offered)

    frame = service.persist(ask)
    chosen = check_candidates(name, offered, service.source)
    polygon = _sound(frame.geometry.iloc[0])
    if polygon is None:
        raise service.fault(_bad_answer("a polygon that is off the Earth"))
    return chosen, polygon


def _geocoded(
    ox: Any, service: Service, name: str, look: Callable[..., None], offered: list[Candidate]
) -> Any:
    """Ask OSMnx once; None where it finds nothing or no polygon, which the candidates explain better."""
    import requests

    offered.clear()
    try:
        with _settings(ox, service, name, look):
            return ox.geocode_to_gdf(name, by_osmid=is_reference(name))
    except requests.exceptions.RequestException as error:
        raise failure_of(error) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if any(one.is_area for one in offered):
            raise _bad_answer(str(error)) from error
        return None


def _sound(polygon: Any) -> Any:
    """Return a polygon that is valid and on the Earth, None where it cannot be."""
    import numpy as np
    import shapely

    at = np.abs(shapely.get_coordinates(polygon))
    if not (at <= (180.0, 90.0)).all():
        return None
    parts = shapely.get_parts(shapely.make_valid(polygon))
    areas = [part for part in parts if part.geom_type in {"Polygon", "MultiPolygon"} and not part.is_empty]
    return shapely.union_all(areas) if areas else None


def _candidates(content: bytes) -> list[Candidate]:
    """Read Nominatim's answer."""
    try:
        results = json.loads(content.decode("utf-8"))
        if isinstance(results, list):
            return [Candidate.of(item) for item in results]
    except UnicodeDecodeError as error:
        text = Text("answered in an encoding other than UTF-8", "返回的不是 UTF-8 编码")
        raise FailedError("place.bad_answer", text) from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise _bad_answer(str(error)) from error
    raise _bad_answer(type(results).__name__)


def _bad_answer(why: str) -> FailedError:
    text = Text(f"answered with something that is no list of places ({why})", f"返回的不是地点列表（{why}）")
    return FailedError("place.bad_answer", text)
