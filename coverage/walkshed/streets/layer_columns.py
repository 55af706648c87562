"""A layer's columns as OSM tags: OSM's own words, Geofabrik's, this library's and Chinese ones."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.errors import Source, Text
from walkshed.streets.rules import NOT_WALKABLE, incline_of, way_code

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.errors import Findings

_CLASS = (
    "highway", "fclass", "kind", "type", "class", "road_class",
    "道路等级", "道路类型", "道路类别", "等级", "类型", "类别",
)  # fmt: skip
_ID = ("osm_id", "osm_way_id", "way_id", "way", "@id", "id", "fid")
_OSM_MADE = frozenset({"osm_id", "osm_way_id", "@id", "fclass", "other_tags"})
_PLAIN = ("railway", "public_transport", "man_made", "layer", "incline")
_YES_NO = (
    "wheelchair", "ramp:wheelchair", "foot", "access", "bridge", "tunnel", "area", "motorroad", "oneway:foot",
    "sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right",
)  # fmt: skip
_TAGS = ("highway", *_PLAIN, *_YES_NO)
_OURS = ("structure", "private")
_OTHER = {"桥梁": "bridge", "是否桥梁": "bridge", "隧道": "tunnel", "是否隧道": "tunnel", "层": "layer"}
_HSTORE = "other_tags"
_DBF_NAME = 10  # a shapefile cuts column names at ten characters
_WORDS = {
    **{f"track_grade{grade}": "track" for grade in range(1, 6)},
    "unknown": "road", "crossing_area": "pedestrian", "sidewalk": "footway", "crossing": "footway",
    "crosswalk": "footway", "walkway": "footway", "stairs": "steps", "alley": "service",
    "高速公路": "motorway", "高速": "motorway", "快速路": "trunk", "国道": "trunk",
    "主干路": "primary", "主干道": "primary", "省道": "primary", "次干路": "secondary", "次干道": "secondary",
    "县道": "secondary", "支路": "tertiary", "乡道": "tertiary", "街道": "residential", "街巷": "residential",
    "小区道路": "service", "内部道路": "service", "巷": "living_street", "巷道": "living_street",
    "步行街": "pedestrian", "人行道": "footway", "步道": "footway", "人行横道": "footway", "绿道": "footway",
    "台阶": "steps", "梯道": "steps", "楼梯": "steps", "小路": "path", "自行车道": "cycleway", "非机动车道": "cycleway",
    "在建": "construction", "规划": "proposed",
}  # fmt: skip
_RAISED = {"人行天桥": "bridge", "天桥": "bridge", "地下通道": "tunnel", "人行地道": "tunnel"}
_YES = frozenset({"t", "true", "1", "y", "是", "有"})
_NO = frozenset({"f", "false", "0", "n", "否", "无", "none"})
_PAIR = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')
_MOST_WORDS = 12


@dataclass(slots=True)
class Coded:
    """What the columns say: the packed walking attributes and the number of each feature.

    In a layer made from OSM (``from_osm``) two lines that share a vertex share a node: they meet there even
    if their ``layer`` differs, unless one is a bridge or a tunnel.
    """

    code: NDArray[np.int32]
    way: NDArray[np.int64]
    from_osm: bool


def wanted(name: str) -> bool:
    """Tell whether a column is of use.

    Examples
    --------
    >>> wanted("FCLASS"), wanted("oneway_foot"), wanted("owner")
    (True, True, False)
    """
    return _plain(name) in _KNOWN or (len(name) == _DBF_NAME and _plain(name) in _CUT)


def _plain(name: str) -> str:
    return re.sub(r"[\s:-]", "_", name.strip().lower())


_KNOWN = {_plain(tag): tag for tag in (*_TAGS, *_CLASS, *_ID, *_OURS, _HSTORE)} | _OTHER
_CUT = {plain[:_DBF_NAME]: tag for plain, tag in _KNOWN.items() if len(plain) > _DBF_NAME}


def code_rows(columns: pd.DataFrame, source: Source, found: Findings) -> Coded:
    """Return the walking attributes of every feature, and say which columns they come from."""
    at: dict[str, str] = {}
    for name in columns.columns:
        plain = _plain(str(name))
        at.setdefault(_KNOWN.get(plain) or _CUT.get(plain, ""), str(name))
    at.pop("", None)
    way = _numbers(columns, [at[name] for name in _ID if name in at])
    number, combos = _combinations(columns, at)
    key = _class_key(combos, at)
    unset = "layer" in at and bool(columns[at["layer"]].notna().all())
    tags = [_as_tags(combo, key, zero_is_blank=unset) for combo in combos]
    if key is None and not any("highway" in one for one in tags):
        _say_no_class(at, combos, source, found)
        for one in tags:
            one["highway"] = "footway"
    _say_levels(tags, at, source, found)
    code = np.array([way_code(one) for one in tags], dtype=np.int32)[number]
    _say_left_out(tags, code, number, Source(source.file, source.sheet, column=at.get(key or "", "")), found)
    return Coded(code, way, from_osm=not _OSM_MADE.isdisjoint(at))


def _numbers(columns: pd.DataFrame, names: list[str]) -> NDArray[np.int64]:
    """Return the features' own numbers: of the first column that holds whole positive ones only, else the row's."""
    import pandas as pd

    for name in names:
        text = columns[name].astype("string").str.extract(r"^(?:way/|w)?(\d{1,18})(?:\.0+)?$", expand=False)
        if len(text) and not text.isna().any():
            number = pd.to_numeric(text).to_numpy(dtype=np.int64)
            if (number > 0).all():
                return np.asarray(number)
    if columns.index.name == "fid" and (columns.index > 0).all():
        return np.asarray(columns.index, dtype=np.int64)
    return np.arange(1, len(columns) + 1)


def _combinations(
    columns: pd.DataFrame, at: dict[str, str]
) -> tuple[NDArray[np.int64], list[dict[str, str]]]:
    """Return the number of each feature's combination of words, and the combinations: few, of many features."""
    import pandas as pd

    number = np.zeros(len(columns), dtype=np.int64)
    combos: list[dict[str, str]] = [{}]
    order = sorted((tag for tag in at if tag not in _ID), key=lambda tag: tag != _HSTORE)
    for tag in order:
        raw, values = pd.factorize(columns[at[tag]], use_na_sentinel=True)
        words: list[Any] = [_words_of(tag, value) for value in values] + [()]
        distinct = sorted(set(words))
        rank = {word: n for n, word in enumerate(distinct)}
        each = np.array([rank[word] for word in words])[raw]
        used, number = np.unique(number * len(distinct) + each, return_inverse=True)
        combos = [
            {**combos[both // len(distinct)], **dict(distinct[both % len(distinct)])}
            for both in used.tolist()
        ]
    return number, combos


def _words_of(tag: str, value: object) -> tuple[tuple[str, str], ...]:
    """Return a cell as tags, in OSM's words; nothing for a blank."""
    if tag == _HSTORE:
        return tuple(sorted(_hstore(str(value)).items()))
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        value = int(value)
    word = str(value).strip().lower()
    if tag == "layer" and not re.fullmatch(r"[+-]?\d+(\.\d+)?", word):
        return ()  # QGIS writes the names of merged layers into a column of this name
    if tag == "incline":
        word = ("", "up", "down")[incline_of(word)]
    if tag in _YES_NO or tag == "private":
        word = "yes" if word in _YES else "no" if word in _NO else word
    return ((tag, word),) if word and word not in {"nan", "<na>"} else ()


def _hstore(text: str) -> dict[str, str]:
    """Return the tags that matter of a column ``other_tags`` as GDAL writes it, in hstore or JSON.

    Examples
    --------
    >>> _hstore('"bridge"=>"yes","layer"=>"1","surface"=>"asphalt"')
    {'bridge': 'yes', 'layer': '1'}
    """
    if text.lstrip().startswith("{"):
        try:
            pairs = [(str(key), str(value)) for key, value in json.loads(text).items()]
        except ValueError:
            return {}
    else:
        pairs = [(key, re.sub(r"\\(.)", r"\1", value)) for key, value in _PAIR.findall(text)]
    return {key: value for key, value in pairs if key in _TAGS}


def _class_key(combos: list[dict[str, str]], at: dict[str, str]) -> str | None:
    """Return the column that holds the streets' classes: ``highway``, or the first that has a known word."""
    if "highway" in at:
        return "highway"
    for name in _CLASS:
        if any(_known(combo.get(name, "")) for combo in combos):
            return name
    return None


def _known(word: str) -> bool:
    word = _WORDS.get(word, word)
    return word in _RAISED or way_code({"highway": word, "foot": "yes"}) != NOT_WALKABLE


def _as_tags(combo: dict[str, str], key: str | None, *, zero_is_blank: bool) -> dict[str, str]:
    """Return what a combination says as OSM tags.

    A table that knows no blank writes layer 0 where nothing is said: a bridge is then on its usual level.
    """
    tags = {tag: word for tag, word in combo.items() if tag in _TAGS}
    word = combo.get(key, "") if key else ""
    if word in _RAISED:
        tags |= {"highway": "footway", _RAISED[word]: "yes"}
    elif word:
        osm = key == "highway" and word.isascii()  # then the words are OSM's, and mean what OSM means
        tags["highway"] = word if osm else _WORDS.get(word, word)
    if combo.get("structure") in {"bridge", "tunnel"}:
        tags.setdefault(combo["structure"], "yes")
    if combo.get("private") == "yes":
        tags.setdefault("access", "private")
    raised = any(tags.get(one, "no") != "no" for one in ("bridge", "tunnel"))
    if raised and zero_is_blank and tags.get("layer") == "0":
        del tags["layer"]
    return tags


def _say_no_class(at: dict[str, str], combos: list[dict[str, str]], source: Source, found: Findings) -> None:
    tried = [name for name in _CLASS if name in at]
    if tried:
        words = sorted({combo[tried[0]] for combo in combos if tried[0] in combo})[:_MOST_WORDS]
        where = source.at(column=at[tried[0]], value=", ".join(words))
        text = Text(
            "no known class of street stands in this column; every line counts as walkable (footway). Known are "
            "OSM's words (residential, footway, steps …) and 主干路, 支路, 人行道 …",
            "该列没有可识别的道路类别，所有线均按可步行处理。可识别的有 OSM 用词（residential、footway、steps …）"
            "以及主干路、支路、人行道等",
        )
    else:
        where = source
        text = Text(
            "no column names the class of street (highway, fclass, type, kind, 道路等级); every line counts as "
            "walkable (footway)",
            "没有道路类别列（highway、fclass、type、kind、道路等级），所有线均按可步行处理",
        )
    found.notice("streets.no_class", text, where)


def _say_levels(tags: list[dict[str, str]], at: dict[str, str], source: Source, found: Findings) -> None:
    names = {"bridge", "tunnel", "layer"}
    if names & at.keys() or "structure" in at or any(names & one.keys() for one in tags):
        return
    text = Text(
        "no column says which lines are bridges or tunnels (bridge, tunnel, layer); all count as on the ground",
        "没有标明桥梁、隧道的列（bridge、tunnel、layer），所有线均视为在地面",
    )
    found.notice("streets.no_level", text, source)


def _say_left_out(
    tags: list[dict[str, str]],
    code: NDArray[np.int32],
    number: NDArray[np.int64],
    source: Source,
    found: Findings,
) -> None:
    out = np.bincount(number[code < 0], minlength=len(tags))
    n = int(out.sum())
    if not n:
        return
    words: Counter[str] = Counter()
    for one, count in zip(tags, out.tolist(), strict=True):
        words[one.get("highway", "")] += count
    ranked = sorted(
        ((count, word) for word, count in words.items() if count), key=lambda one: (-one[0], one[1])
    )
    shown = [(f"{word or '(blank)'} {count:,}", f"{word or '（空）'} {count:,}") for count, word in ranked]
    more = " …" if len(shown) > _MOST_WORDS else ""
    en, zh = (
        ", ".join(one[0] for one in shown[:_MOST_WORDS]) + more,
        "，".join(one[1] for one in shown[:_MOST_WORDS]) + more,
    )
    if n == len(code):
        text = Text(
            f"no line is a street that may be walked: {en}. Known are OSM's words (residential, footway, steps "
            "…) and 主干路, 支路, 人行道 …; without a class column every line is walkable",
            f"没有可步行的道路：{zh}。可识别的有 OSM 用词（residential、footway、steps …）以及主干路、支路、人行道等；"
            "没有类别列时所有线均可步行",
        )
        found.fault("streets.no_way", text, source)
        return
    text = Text(
        f"{n:,} lines are not walked, by their class and what they say of access: {en}",
        f"{n:,} 条线按类别和通行规定不可步行：{zh}",
    )
    found.notice("streets.not_walked", text, source)
