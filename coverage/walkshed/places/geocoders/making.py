"""Geocoders by name, ready to be asked, or every fault of what was written about them."""

from __future__ import annotations

import datetime as dt
import difflib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from walkshed.errors import Findings, Source, Text
from walkshed.places.geocoders.amap import Amap
from walkshed.places.geocoders.answers import Answers
from walkshed.places.geocoders.baidu import Baidu
from walkshed.places.geocoders.nominatim import Nominatim
from walkshed.places.geocoders.pace import SHARED, Pace
from walkshed.places.geocoders.photon import Photon
from walkshed.places.geocoders.provider import KEPT, Means
from walkshed.places.geocoders.secret import Secret
from walkshed.places.geocoders.tencent import Tencent
from walkshed.places.geocoders.tianditu import Tianditu
from walkshed.progress import silent
from walkshed.web import Sent, Service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from os import PathLike

    from walkshed.places.geocoders.provider import Declared, Provider
    from walkshed.progress import Progress

PROVIDERS: dict[str, type[Provider]] = {
    kind.declared.name: kind for kind in (Nominatim, Photon, Amap, Baidu, Tencent, Tianditu)
}
"""The services there are, by their name in ``study.toml``."""
FOLDER = "geocoding"
"""Where answers are kept, inside the study's cache folder."""
_CHINESE = {"高德": "amap", "百度": "baidu", "腾讯": "tencent", "天地图": "tianditu"}
_DATUMS = ("WGS84", "CGCS2000", "GCJ-02", "BD-09")
_NUMBERS = {"pause_s": 0.0, "per_day": 1.0, "timeout_s": 0.1, "not_found_days": 0.0}
"""Settings that are numbers, and their smallest."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all services of a run share; see :func:`make_geocoders`."""

    cache: Path
    offline: bool
    sent: list[Sent]
    progress: Progress
    environ: Mapping[str, str]
    source: Source
    pace: Pace
    sleep: Callable[[float], None]
    clock: Callable[[], dt.datetime]


def make_geocoders(
    names: Sequence[str],
    *,
    settings: Mapping[str, Any] | None = None,
    cache: str | PathLike[str],
    offline: bool = False,
    sent: list[Sent] | None = None,
    progress: Progress = silent,
    environ: Mapping[str, str] | None = None,
    source: Source | None = None,
    pace: Pace = SHARED,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
) -> list[Provider]:
    """Return the geocoding services a study names, in its order.

    Nothing is asked by making them, and without a name there are none.

    Parameters
    ----------
    names
        ``"nominatim"``, ``"photon"``, ``"amap"``, ``"baidu"``, ``"tencent"``, ``"tianditu"``.
    settings
        What the study says about single services: ``{"nominatim": {"url": "http://10.0.0.5:8088"}}``. A service
        has ``url``, ``datum`` (where it is not the declared one), ``pause_s``, ``per_day`` (at most so many requests
        a day), ``timeout_s`` and ``not_found_days`` (how long a "not found" is believed).
    cache
        The study's cache folder; answers are kept in its folder ``geocoding``.
    offline
        Ask nobody: only kept answers.
    sent
        Takes a note of every request, without keys.
    progress
        Told of pauses.
    environ
        Where keys (``WALKSHED_AMAP_KEY`` …) and own servers (``WALKSHED_NOMINATIM_URL`` …) are looked up; by
        default the environment. Keys are nowhere else.
    source
        Where in the inputs the services are named, for faults.
    pace, sleep, clock
        Keep requests apart, wait, tell the time; tests pass their own.

    Returns
    -------
    list of Provider
        Each is a :class:`walkshed.places.candidate.Geocoder`, with ``findings`` and ``unanswered`` besides.

    Raises
    ------
    InputError
        All faults at once: a service nobody knows or named twice, a missing or impossible key, a setting that is
        none, an address that is none.

    Examples
    --------
    >>> [one.name for one in make_geocoders(["nominatim"], cache=".walkshed")]
    ['nominatim']
    >>> make_geocoders(["amap"], cache=".walkshed", environ={})
    Traceback (most recent call last):
    ...
    walkshed.errors.InputError: Amap 高德 needs a key: put it into the environment variable WALKSHED_AMAP_KEY...
    >>> make_geocoders(["nominatm"], cache=".walkshed")
    Traceback (most recent call last):
    ...
    walkshed.errors.InputError: value "nominatm": there is no geocoder "nominatm"; did you mean "nominatim"?...
    """
    findings, where = Findings(), source or Source()
    around = Surroundings(
        Path(cache), offline, [] if sent is None else sent, progress,
        os.environ if environ is None else environ, where, pace, sleep, clock,
    )  # fmt: skip
    wanted = _known_names(names, findings, where)
    for name in settings or {}:
        if name not in PROVIDERS and name not in names:
            _unknown(name, findings, where)
    made = [_made(PROVIDERS[name], (settings or {}).get(name, {}), around, findings) for name in wanted]
    findings.raise_faults()
    return made


def _known_names(names: Sequence[str], findings: Findings, where: Source) -> list[str]:
    known: list[str] = []
    for name in names:
        if name not in PROVIDERS:
            _unknown(name, findings, where)
        elif name in known:
            text = Text(f'the geocoder "{name}" is named twice', f"地理编码服务“{name}”重复")
            findings.fault("places.named_twice", text, where.at(value=name))
        else:
            known.append(name)
    return known


def _unknown(name: object, findings: Findings, where: Source) -> None:
    """Say that there is no such service, and which may have been meant."""
    text = str(name).strip()
    near = _CHINESE.get(text) or next(iter(difflib.get_close_matches(text.lower(), PROVIDERS, 1, 0.6)), "")
    there = ", ".join(PROVIDERS)
    en = (
        f'there is no geocoder "{text}"; '
        + (f'did you mean "{near}"? ' if near else "")
        + f"There are: {there}"
    )
    zh = f"没有名为“{text}”的地理编码服务；" + (f"是否应为“{near}”？" if near else "") + f"可用：{there}"
    findings.fault("places.unknown_provider", Text(en, zh), where.at(value=text))


def _made(kind: type[Provider], own: Any, around: Surroundings, findings: Findings) -> Provider:
    """Return one service; whatever is wrong with it goes to the findings, and what is made then is not used."""
    declared = kind.declared
    own = _checked_settings(declared, own, around.source, findings)
    url = _url(declared, own, around, findings)
    public = urlsplit(url).hostname == urlsplit(declared.url).hostname
    progress = around.progress
    service = Service(
        declared.label,
        url,
        around.sleep,
        own.get("timeout_s", 20.0),
        around.source,
        progress,
        around.sent,
        KEPT,
    )
    means = Means(
        url=url,
        datum=own.get("datum", declared.datum),
        pause_s=own.get("pause_s", declared.pause_s if public else 0.0),
        per_day=int(own["per_day"]) if "per_day" in own else None,
        timeout_s=own.get("timeout_s", 20.0),
        secret=_secret(declared, around, findings),
        answers=Answers(
            around.cache / FOLDER, not_found_days=own.get("not_found_days", 30.0), clock=around.clock
        ),
        offline=around.offline,
        service=service,
        pace=around.pace,
    )
    return kind(means)


def _checked_settings(declared: Declared, own: Any, where: Source, findings: Findings) -> dict[str, Any]:
    """Return the settings of a service that are right; the others are faults."""
    if not isinstance(own, dict):
        text = Text(
            f"[places.{declared.name}] should be a table of settings",
            f"[places.{declared.name}] 应为一组设置",
        )
        findings.fault("places.setting", text, where.at(value=own))
        return {}
    right: dict[str, Any] = {}
    for key, value in own.items():
        expected = _expected(key, value)
        if expected is None:
            right[key] = value if isinstance(value, str) else float(value)
            continue
        text = Text(
            f"{key} of [places.{declared.name}] {expected.en}",
            f"[places.{declared.name}] 的 {key} {expected.zh}",
        )
        # never the value of something unknown: it may be a key that does not belong here
        findings.fault("places.setting", text, where)
    return right


def _expected(key: str, value: Any) -> Text | None:
    """Return what is wrong with a setting, None where it is right."""
    if key == "datum":
        words = ", ".join(_DATUMS)
        return None if value in _DATUMS else Text(f"should be one of {words}", f"应为 {words} 之一")
    if key == "url":
        return None if isinstance(value, str) else Text("should be an address", "应为网址")
    if key in {"key", "ak", "tk", "token"}:
        return Text(
            "does not belong here: a key stands in the environment only, where no file can give it away",
            "不应写在此处：密钥只放在环境变量中，以免随文件泄露",
        )
    if key not in _NUMBERS:
        there = ", ".join(("url", "datum", *_NUMBERS))
        return Text(f"is no setting; there are: {there}", f"不是有效设置；可用：{there}")
    least = _NUMBERS[key]
    number = isinstance(value, int | float) and not isinstance(value, bool) and least <= value < 1e9
    return None if number else Text(f"should be a number, {least:g} or more", f"应为不小于 {least:g} 的数")


def _url(declared: Declared, own: dict[str, Any], around: Surroundings, findings: Findings) -> str:
    """Return where the service is: by the study, the environment, or as it declares."""
    variable = f"WALKSHED_{declared.name.upper()}_URL"
    said = own.get("url") or around.environ.get(variable, "")
    url = str(said).strip().rstrip("/") or declared.url
    try:
        parts = urlsplit(url)
        right = parts.scheme.lower() in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        right = right and not parts.query and not parts.fragment and not any(sign.isspace() for sign in url)
    except ValueError:
        right = False
    if right:
        return url
    name = f"url of [places.{declared.name}]" if own.get("url") else f"the environment variable {variable}"
    text = Text(
        f"{name} should be an address that begins with https:// or http://, without ? and #",
        f"{name.replace('the environment variable', '环境变量')} 应为以 https:// 或 http:// 开头的地址，不含 ? 和 #",
    )
    findings.fault("places.bad_endpoint", text, around.source)
    return declared.url


def _secret(declared: Declared, around: Surroundings, findings: Findings) -> Secret | None:
    """Return the key of a service, None where it has none or nobody is asked."""
    if not declared.key_variable:
        return None
    key = around.environ.get(declared.key_variable, "").strip().strip("\"'")
    if not key:
        if not around.offline:
            text = Text(
                f"{declared.label} needs a key: put it into the environment variable {declared.key_variable} "
                f"(keys are given out at {declared.key_page})",
                f"{declared.label} 需要密钥：请将其放入环境变量 {declared.key_variable}（在 {declared.key_page} 申请）",
            )
            findings.fault("places.no_key", text, around.source)
        return None
    if len(key) < 8 or len(key) > 200 or not all("!" <= sign <= "~" for sign in key):
        text = Text(
            f"what stands in the environment variable {declared.key_variable} is no key: "
            "a key is a row of 8 or more letters and digits",
            f"环境变量 {declared.key_variable} 的内容不是密钥：密钥由 8 个以上的字母和数字组成",
        )
        findings.fault("places.bad_key", text, around.source)
        return None
    return Secret(declared.key_parameter, key)
