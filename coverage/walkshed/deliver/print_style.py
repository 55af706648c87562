"""Paper, fonts and files of the printed maps; matplotlib is met here and in the modules that draw."""

from __future__ import annotations

import functools
import struct
import zlib
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.deliver.print_words import NO_FONT, NO_MATPLOTLIB
from walkshed.errors import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from walkshed.errors import Language

CHINESE_FONTS = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "Source Han Sans CN", "Microsoft YaHei", "SimHei",
    "DengXian", "PingFang SC", "Hiragino Sans GB", "Heiti SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
    "Noto Sans CJK JP", "Droid Sans Fallback", "Arial Unicode MS", "SimSun", "Noto Serif CJK SC",
)  # fmt: skip
"""Fonts with the characters of the Chinese mainland, the best for a map first."""
_OTHERS = ("DejaVu Sans",)
_NOT_THERE = "□"
MM_PER_INCH, POINTS_PER_MM = 25.4, 72 / 25.4
_DENOMINATORS: tuple[int, ...] = tuple(
    round(step * 10.0**power) for power in range(2, 8) for step in (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5)
)


@dataclass(frozen=True, slots=True)
class Paper:
    """A sheet, in millimetres.

    Parameters
    ----------
    name
        What it is called, "" where it is no paper size.
    width_mm, height_mm
        Its size.
    margin_mm, panel_mm, title_mm, foot_mm
        Free edge, width of the legend at the right, heights of the title and of the foot.
    """

    name: str
    width_mm: float
    height_mm: float
    margin_mm: float
    panel_mm: float
    title_mm: float
    foot_mm: float

    @property
    def map_box_mm(self) -> tuple[float, float, float, float]:
        """Left, bottom, width and height of the map on the sheet.

        Examples
        --------
        >>> A3.map_box_mm
        (10, 21, 312, 248)
        """
        bottom = self.margin_mm + self.foot_mm
        gap = 4 if self.panel_mm else 0
        return (
            self.margin_mm,
            bottom,
            self.width_mm - 2 * self.margin_mm - self.panel_mm - gap,
            self.height_mm - self.margin_mm - self.title_mm - bottom,
        )


A3 = Paper("A3", 420, 297, margin_mm=10, panel_mm=84, title_mm=18, foot_mm=11)
FIGURE = Paper("", 210, 140, margin_mm=2, panel_mm=60, title_mm=1, foot_mm=1)
"""A picture in a document, which has its own title and foot."""


def round_denominator(width_m: float, height_m: float, *, width_mm: float, height_mm: float) -> int:
    """Return the largest usual scale, as its denominator, at which some ground fits into a box on paper.

    Examples
    --------
    >>> round_denominator(3000, 2000, width_mm=300, height_mm=250)
    10000
    """
    least = max(width_m / width_mm, height_m / height_mm) * 1000
    return next((one for one in _DENOMINATORS if one >= least * (1 - 1e-9)), _DENOMINATORS[-1])


def round_length_m(most_m: float) -> float:
    """Return the longest 1, 2 or 5 times a power of ten that is not above ``most_m``.

    Examples
    --------
    >>> round_length_m(870.0), round_length_m(45.0)
    (500.0, 20.0)
    """
    import math

    power = 10.0 ** math.floor(math.log10(most_m))
    return next(step * power for step in (5.0, 2.0, 1.0) if step * power <= most_m)


@functools.cache
def chinese_font() -> str:
    """Return the name of an installed font that has Chinese characters, "" if there is none."""
    from matplotlib import font_manager

    known = {entry.name for entry in font_manager.fontManager.ttflist}
    for name in CHINESE_FONTS:
        if name in known and _letters(name) >= {ord(letter) for letter in "社区步行"}:
            return name
    return ""


@functools.cache
def _letters(family: str) -> frozenset[int]:
    """Return the characters of an installed font."""
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    path = font_manager.findfont(font_manager.FontProperties(family=[family]), fallback_to_default=False)
    return frozenset(FT2Font(path).get_charmap())


def families() -> list[str]:
    """Return the fonts to write with: a Chinese one where there is one, then one for other scripts."""
    return [name for name in (chinese_font(), *_OTHERS) if name]


def writable(text: str) -> str:
    """Return the text with an empty box for every character that no font at hand has, such as an emoji."""
    known = [_letters(name) for name in families()]
    return "".join(
        letter if any(ord(letter) in letters for letters in known) else _NOT_THERE for letter in text
    )


def missing(language: Language, texts: Iterable[str]) -> Finding | None:
    """Return why no map can be printed: no matplotlib, or no font for the Chinese that is to be written.

    Parameters
    ----------
    language
        The language of the map's own words.
    texts
        The names that will stand on it.
    """
    if find_spec("matplotlib") is None:
        return Finding("print.no_matplotlib", NO_MATPLOTLIB)
    chinese = language == "zh" or any("\u4e00" <= letter <= "\u9fff" for text in texts for letter in text)
    if chinese and not chinese_font():
        return Finding("print.no_font", NO_FONT)
    return None


def settings() -> dict[str, Any]:
    """Return matplotlib's settings for a sheet; they hold only while it is drawn."""
    return {
        "font.family": families(), "axes.unicode_minus": False, "pdf.fonttype": 3, "hatch.linewidth": 0.5,
        "text.parse_math": False, "text.hinting": "none", "path.simplify": True, "svg.hashsalt": "walkshed",
    }  # fmt: skip


@functools.lru_cache(maxsize=1 << 15)
def _width(text: str, size: float, weight: str) -> float:
    renderer, font = _measuring(size, weight)
    return float(renderer.get_text_width_height_descent(text, font, ismath=False)[0])


@functools.cache
def _measuring(size: float, weight: str) -> tuple[Any, Any]:
    from matplotlib.backends import backend_agg
    from matplotlib.font_manager import FontProperties

    renderer: Any = backend_agg
    return renderer.RendererAgg(10, 10, 72), FontProperties(family=families(), size=size, weight=weight)


def measure_at(size: float, *, weight: str = "normal") -> Callable[[str], float]:
    """Return the function that says how wide a text is in points, at a size in points."""
    return lambda text: _width(text, size, weight) if text else 0.0


def save(figure: Figure, path: Path, *, dpi: int = 300) -> Path:
    """Write a sheet as PNG or PDF, by its ending; the same drawing gives the same bytes."""
    if path.suffix == ".pdf":
        figure.savefig(path, metadata={
            "Creator": "walkshed", "Producer": "walkshed, matplotlib", "CreationDate": None, "Title": path.stem,
        })  # fmt: skip
    else:
        path.write_bytes(png_of(figure, dpi=dpi))
    return path


def png_of(figure: Figure, *, dpi: int) -> bytes:
    """Return a drawing as PNG, its colours exactly those of the palette."""
    figure.set_dpi(dpi)
    renderer = _ground(*(round(inches * dpi) for inches in figure.get_size_inches()), dpi)
    renderer.clear()
    figure.draw(renderer)
    return _png(np.asarray(renderer.buffer_rgba()), dpi)


@functools.lru_cache(maxsize=1)
def _ground(wide: int, high: int, dpi: int) -> Any:
    """Return what sheets of a size are drawn on, one after the other: 70 MB of pixels at A3, which a sheet keeps."""
    from matplotlib.backends import backend_agg

    renderer: Any = backend_agg
    return renderer.RendererAgg(wide, high, dpi)


def forget_ground() -> None:
    """Let the pixels of the last sheet go."""
    _ground.cache_clear()


def _png(pixels: NDArray[np.uint8], dpi: int) -> bytes:
    """Return red, green and blue of each pixel as PNG.

    A map is large plain areas: its rows pack best as they are, in a third of the time of choosing a filter for each.
    """
    high, wide, _ = pixels.shape
    rows = np.zeros((high, 1 + 3 * wide), dtype=np.uint8)
    for channel in range(3):
        rows[:, 1 + channel :: 3] = pixels[:, :, channel]
    per_metre = round(dpi * 1000 / MM_PER_INCH)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)),
        (b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)),
        (b"IDAT", zlib.compress(rows.data, 3)),
        (b"IEND", b""),
    )
    packed = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)
