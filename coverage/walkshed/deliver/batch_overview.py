"""The overview of a batch: ``batch.csv``, and ``index.html`` with a map that leads to each study's own."""

from __future__ import annotations

import datetime as dt
import math
import os
from html import escape
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from walkshed.deliver.palette import INK, PAPER, UNKNOWN, class_colours
from walkshed.deliver.record import versions, write_record
from walkshed.deliver.tables import write_csv
from walkshed.errors import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from walkshed.errors import Language

_WIDTH, _HEIGHT, _MARGIN, _RADIUS = 960.0, 560.0, 28.0, 9.0
Spot = tuple[float, float]
_CLASSES = (0.8, 0.6, 0.4, 0.2, 0.0)
_COLUMNS = (
    "study", "name", "status", "message", "date", "measure", "total", "covered", "unknown", "covered_share",
    "estates", "seconds", "folder",
)  # fmt: skip

_WORDS = {
    "title": Text("Overview of the studies", "研究总览"),
    "no": Text("no.", "序号"),
    "name": Text("study", "研究"),
    "status": Text("status", "状态"),
    "share": Text("covered", "覆盖率"),
    "message": Text("result or faults", "结果或错误"),
    "files": Text("files", "文件"),
    "map": Text("map", "地图"),
    "report": Text("workbook", "工作簿"),
    "record": Text("record", "运行记录"),
    "done": Text("run", "已运行"),
    "skipped": Text("up to date", "结果仍有效"),
    "failed": Text("failed", "失败"),
    "legend": Text("share covered, by each study's own first standard", "覆盖率（各研究的首个标准）"),
    "outline": Text("outlines enclose a study's located estates", "轮廓为各研究已定位小区的外包范围"),
    "blank": Text("no number", "无数值"),
    "nowhere": Text("no study has located estates to draw", "没有可绘制的已定位小区"),
    "unmapped": Text("not on this map (its tables were not written, or it failed): {}", "未在图上（未写出表格或运行失败）：{}"),
}  # fmt: skip


class Row(Protocol):
    """What the overview shows of one study; see :class:`walkshed.batch.facts.Facts`."""

    @property
    def study(self) -> str: ...  # noqa: D102 - as in Facts
    @property
    def folder(self) -> str: ...  # noqa: D102 - as in Facts
    @property
    def status(self) -> str: ...  # noqa: D102 - as in Facts
    @property
    def messages(self) -> tuple[str, ...]: ...  # noqa: D102 - as in Facts
    @property
    def seconds(self) -> float | None: ...  # noqa: D102 - as in Facts
    @property
    def name(self) -> str: ...  # noqa: D102 - as in Facts
    @property
    def covered_share(self) -> float | None: ...  # noqa: D102 - as in Facts
    @property
    def outline(self) -> tuple[tuple[float, float], ...]: ...  # noqa: D102 - as in Facts


def write_overview(folder: Path, rows: Sequence[Row], *, language: Language, home: Path) -> None:
    """Write ``batch.csv``, ``index.html`` and ``run.json``.

    Parameters
    ----------
    folder
        Where to write.
    rows
        The studies, in their order.
    language
        Of the page.
    home
        Where the files will stand in the end: links are relative to it.
    """
    import pandas as pd

    cells = [_cells(row) for row in rows]
    table = pd.DataFrame(cells, columns=list(_COLUMNS))
    for name in ("total", "covered", "unknown", "covered_share", "seconds", "estates"):
        table[name] = table[name].astype("float64")
    write_csv(table, folder / "batch.csv")
    page = overview_page(rows, language=language, home=home)
    (folder / "index.html").write_text(page, encoding="utf-8", newline="\n")
    from walkshed import __version__

    record = {
        "kind": "batch",
        "studies": [row.study for row in rows],
        "status": [row.status for row in rows],
        "versions": versions(__version__),
        "finished": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }
    write_record(folder / "run.json", record, ["batch.csv", "index.html"])


def _cells(row: Row) -> list[Any]:
    return [" | ".join(row.messages) if name == "message" else getattr(row, name) for name in _COLUMNS]


def overview_page(rows: Sequence[Row], *, language: Language, home: Path) -> str:
    """Return the page: a map with an outline and a number per study, and a table that links to its files.

    It needs no network and no script, and is the same for the same rows.
    """
    words = {name: text.in_(language) for name, text in _WORDS.items()}
    lines = [
        _table_row(number, row, words=words, home=home, language=language)
        for number, row in enumerate(rows, 1)
    ]
    heads = "".join(
        f"<th>{escape(words[key])}</th>" for key in ("no", "name", "status", "share", "message", "files")
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{"zh-CN" if language == "zh" else "en"}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(words["title"])}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape(words['title'])}</h1>\n<p>{_counted(rows, words)}</p>\n"
        f"{_map(rows, words=words, home=home)}\n<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n"
        + "\n".join(lines)
        + "\n</tbody>\n</table>\n</body>\n</html>\n"
    )


_STYLE = (
    f"body{{font:15px/1.5 system-ui,'Microsoft YaHei','Noto Sans CJK SC',sans-serif;color:{INK};max-width:72rem;margin:1.5rem auto;"
    f"padding:0 1rem}}svg{{width:100%;height:auto;background:{PAPER}}}table{{border-collapse:collapse;width:100%}}"
    "th,td{border-bottom:1px solid #ddd;padding:.35rem .5rem;text-align:left;vertical-align:top}"
    "td.n{text-align:right;white-space:nowrap}td.name{min-width:8rem}th{white-space:nowrap}td{overflow-wrap:anywhere}"
    "tr.failed td{background:#fdf0e8}ul{margin:0;padding-left:1.1rem}"
    ".key span{display:inline-block;width:1em;height:1em;margin:0 .3em 0 1em;vertical-align:-.1em}"
)


def _counted(rows: Sequence[Row], words: dict[str, str]) -> str:
    counts = [(words[key], sum(row.status == key for row in rows)) for key in ("done", "skipped", "failed")]
    return escape(" · ".join(f"{word} {count}" for word, count in counts))


def _table_row(number: int, row: Row, *, words: dict[str, str], home: Path, language: Language) -> str:
    share = "" if row.covered_share is None else f"{row.covered_share:.1%}"
    said = "".join(f"<li><bdi>{escape(message)}</bdi></li>" for message in row.messages)
    if len(row.messages) == 1:
        said = f"<bdi>{escape(row.messages[0])}</bdi>"
    elif row.messages:
        said = f"<ul>{said}</ul>"
    files = (("map.html", "map"), ("report.xlsx", "report"), ("run.json", "record"))
    links = [
        f'<a href="{escape(_link(Path(row.folder) / name, home))}">{escape(words[key])}</a>'
        for name, key in files
        if row.status != "failed" and (Path(row.folder) / name).is_file()
    ]
    cells = (
        f'<td class="n">{number}</td>',
        f'<td class="name"><bdi>{escape(row.name or row.study)}</bdi></td>',
        f"<td>{escape(words[row.status])}</td>",
        f'<td class="n">{share}</td>',
        f"<td>{said}</td>",
        f"<td>{(' · ' if language == 'en' else '　').join(links)}</td>",
    )
    return f'<tr id="s{number}" class="{row.status}">{"".join(cells)}</tr>'


def _link(path: Path, home: Path) -> str:
    """Return the way from the overview to a file; a whole address where they are on different drives."""
    try:
        return quote(Path(os.path.relpath(path.resolve(), home.resolve())).as_posix())
    except ValueError:
        return path.resolve().as_uri()


def _map(rows: Sequence[Row], *, words: dict[str, str], home: Path) -> str:
    """Return the map as SVG, north up, degrees of longitude shortened as at the middle latitude."""
    points = [point for row in rows for point in row.outline]
    if not points:
        return f"<p>{escape(words['nowhere'])}</p>"
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    narrow = math.cos(math.radians((south + north) / 2))
    wide, high = (east - west) * narrow, north - south
    room = (_WIDTH - 2 * _MARGIN, _HEIGHT - 2 * _MARGIN)
    scale = min(room[0] / wide if wide else math.inf, room[1] / high if high else math.inf)
    scale = 1.0 if math.isinf(scale) else scale

    def drawn(point: tuple[float, float]) -> tuple[float, float]:
        x = _WIDTH / 2 + (point[0] - (west + east) / 2) * narrow * scale
        y = _HEIGHT / 2 - (point[1] - (south + north) / 2) * scale
        return x, y

    missing = [number for number, row in enumerate(rows, 1) if not row.outline]
    shown = [(number, row) for number, row in enumerate(rows, 1) if row.outline]
    corners = [[drawn(point) for point in row.outline] for _, row in shown]
    middles = [(sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring)) for ring in corners]
    spots = apart(middles)
    # outlines and lines first, so that none hides a number
    shapes = [_outline(row, ring) for (_, row), ring in zip(shown, corners, strict=True)]
    shapes += [_leader(a, b) for a, b in zip(middles, spots, strict=True) if a != b]
    shapes += [
        _marker(number, row, spot=spot, home=home) for (number, row), spot in zip(shown, spots, strict=True)
    ]
    told = f"<p>{escape(words['unmapped'].format(', '.join(map(str, missing))))}</p>" if missing else ""
    return (
        f'<svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-label="{escape(words["title"])}">\n'
        + "\n".join(shapes)
        + f"\n</svg>\n{_key(words)}{told}"
    )


def _outline(row: Row, corners: list[Spot]) -> str:
    fill = _fill(row)
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    return f'<polygon points="{points}" fill="{fill}" fill-opacity=".45" stroke="{fill}" stroke-width="1.5"/>'


def _leader(middle: Spot, spot: Spot) -> str:
    """Return the line from an outline's middle to a number that had to give way."""
    (left, top), (x, y) = middle, spot
    return f'<path d="M{left:.1f} {top:.1f}L{x:.1f} {y:.1f}" stroke="{INK}" stroke-width=".7"/>'


def _marker(number: int, row: Row, *, spot: Spot, home: Path) -> str:
    """Return one study's number, linked to its map, or to its row where it has none."""
    own = Path(row.folder) / "map.html"
    target = _link(own, home) if own.is_file() else f"#s{number}"
    title = escape(" · ".join(part for part in (row.name, *row.messages) if part))
    x, y = spot
    return (
        f'<a href="{escape(target)}"><title>{title}</title>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS:g}" fill="#fff" stroke="{_fill(row)}" stroke-width="2.5"/>'
        f'<text x="{x:.1f}" y="{y + 3.5:.1f}" text-anchor="middle" font-size="10" fill="{INK}">{number}</text></a>'
    )


def apart(spots: Sequence[Spot]) -> list[Spot]:
    """Return spots that lie so far apart that no two numbers touch, each as near its own as is free.

    Later ones give way to earlier ones, outwards in rings.

    Examples
    --------
    >>> apart([(100.0, 100.0), (300.0, 100.0)])
    [(100.0, 100.0), (300.0, 100.0)]
    >>> first, second = apart([(100.0, 100.0), (100.0, 100.0)])
    >>> round(math.dist(first, second), 6) >= 2 * 10.5
    True
    """
    room = 2 * (_RADIUS + 1.5)
    placed: list[Spot] = []
    for spot in spots:
        tried = (place for ring in count() for place in _ring(spot, ring, 1.02 * room))
        placed.append(next(one for one in tried if all(math.dist(one, other) >= room for other in placed)))
    return placed


def _ring(spot: Spot, ring: int, step: float) -> list[Spot]:
    """Return the spot itself, or places on a circle around it that are about one step apart."""
    if ring == 0:
        return [spot]
    turns = [2 * math.pi * turn / (6 * ring) for turn in range(6 * ring)]
    return [
        (spot[0] + ring * step * math.cos(turn), spot[1] + ring * step * math.sin(turn)) for turn in turns
    ]


def _fill(row: Row) -> str:
    return UNKNOWN if row.covered_share is None else _colour(row.covered_share)


def _colour(share: float) -> str:
    """Return the colour of a share covered: light where much is covered, dark where little is."""
    place = next(number for number, low in enumerate(_CLASSES) if share >= low)
    return class_colours(len(_CLASSES))[place]


def _key(words: dict[str, str]) -> str:
    tops = (1.0, *_CLASSES[:-1])
    parts = [
        f'<span style="background:{colour}"></span>{low:.0%}–{top:.0%}'
        for colour, low, top in zip(class_colours(len(_CLASSES)), _CLASSES, tops, strict=True)
    ]
    blank = f'<span style="background:{UNKNOWN}"></span>{escape(words["blank"])}'
    return (
        f'<p class="key">{escape(words["legend"])}{"".join(parts)}{blank}<br>{escape(words["outline"])}</p>\n'
    )
