"""Who walks: a profile is a kind of walker, with his speed and what makes him wait or slow down."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from walkshed.errors import Text

if TYPE_CHECKING:
    from walkshed.errors import Language

Slope = Literal["tobler"] | tuple[tuple[float, float], ...] | None
"""How a slope changes the speed: Tobler's function, or (slope, share of the level speed) pairs; None: not at all."""

_MOST_S = 900.0
TOBLER_PER_SLOPE, TOBLER_SHIFT = 3.5, 0.05
"""Tobler (1993): 6 exp(-3.5 |s + 0.05|) km/h on a slope s; here scaled so that the level is the walker's own speed."""


@dataclass(frozen=True, slots=True)
class Sourced:
    """Where one number of a profile comes from, and whether that source was read.

    Parameters
    ----------
    field
        The profile's field, as ``stairs_up_mps``.
    source
        Where the number stands.
    verified
        Whether it was read there (or computed); otherwise it is remembered, or a choice.
    """

    field: str
    source: Text
    verified: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of walker.

    Parameters
    ----------
    name
        As it stands in tables.
    speed_mps
        Metres a second on the level, between 0.1 and 3.
    stairs_up_mps, stairs_down_mps
        Metres a second along mapped steps (as they are drawn on a map), at most ``speed_mps``; the level speed by
        default. Of steps that do not say which way they lead up, the slower of the two counts.
    crossing_s, signal_s
        Seconds that crossing a road takes beside the walk: without lights, and with lights.
    gate_s
        Seconds that passing a gate takes.
    lift_s
        Seconds a lift takes, waiting and riding.
    slope
        How a slope changes the speed: None, ``"tobler"``, or pairs of slope (rise by run, upwards positive) and
        share of the level speed, slopes ascending; in between it is interpolated, beyond it stays. Needs heights.
    step_free
        Whether he cannot use steps (without a ramp for wheelchairs), nor ways with ``wheelchair=no``.
    people
        The column of estates that counts the people who walk so, as aged_60_plus; the others walk as the study's first
        profile without one.
    title
        What people call him; the name by default.
    sources
        Where the numbers come from.

    Raises
    ------
    ValueError
        A number that no walker has.

    Examples
    --------
    >>> Profile("brisk", 1.5).minutes(450)
    5.0
    >>> Profile("slow", 0.8, stairs_up_mps=0.4, signal_s=20).speed_alone
    False
    >>> Profile("odd", 0.8, stairs_up_mps=1.4)
    Traceback (most recent call last):
    ...
    ValueError: stairs_up_mps = 1.4: give 0.05 m/s to the level speed, 0.8 m/s
    """

    name: str
    speed_mps: float
    stairs_up_mps: float | None = None
    stairs_down_mps: float | None = None
    crossing_s: float = 0.0
    signal_s: float = 0.0
    gate_s: float = 0.0
    lift_s: float = 0.0
    slope: Slope = None
    step_free: bool = False
    people: str = ""
    title: Text | None = None
    sources: tuple[Sourced, ...] = ()

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a profile needs a name")
        if not 0.1 <= self.speed_mps <= 3:
            raise ValueError(f"{self.speed_mps} m/s is no walking speed; give 0.1 to 3, as 1.3")
        for field in ("stairs_up_mps", "stairs_down_mps"):
            speed = getattr(self, field)
            if speed is not None and not 0.05 <= speed <= self.speed_mps:
                raise ValueError(
                    f"{field} = {speed:g}: give 0.05 m/s to the level speed, {self.speed_mps:g} m/s"
                )
        for field in ("crossing_s", "signal_s", "gate_s", "lift_s"):
            if not 0 <= getattr(self, field) <= _MOST_S:
                raise ValueError(f"{field} = {getattr(self, field):g}: give 0 to {_MOST_S:g} seconds")
        _check_slope(self.slope)

    @property
    def speed_alone(self) -> bool:
        """Whether minutes are metres divided by the speed, and nothing else."""
        stairs = self.stairs_up_mps, self.stairs_down_mps
        same = all(speed is None or speed == self.speed_mps for speed in stairs)
        waits = self.crossing_s or self.signal_s or self.gate_s or self.lift_s
        return same and not waits and self.slope is None

    @property
    def verified(self) -> bool:
        """Whether every number that has a source was read there."""
        return bool(self.sources) and all(one.verified for one in self.sources)

    @property
    def most_mps(self) -> float:
        """Metres a second at the best: on the level, or on the slope that helps most."""
        if self.slope is None:
            return self.speed_mps
        if self.slope == "tobler":
            return self.speed_mps * math.exp(TOBLER_PER_SLOPE * TOBLER_SHIFT)
        return self.speed_mps * max(1.0, *(float(share) for _, share in self.slope))

    def minutes(self, metres: float) -> float:
        """Minutes this walker needs for ``metres`` on the level, with nothing to wait for."""
        return metres / self.speed_mps / 60

    def metres(self, minutes: float) -> float:
        """Metres this walker does in ``minutes`` on the level, with nothing to wait for."""
        return minutes * 60 * self.speed_mps

    def label(self, language: Language) -> str:
        """Return the name as a person reads it."""
        return self.name if self.title is None else self.title.in_(language)


def _check_slope(slope: Slope) -> None:
    if slope is None or slope == "tobler":
        return
    pairs = [tuple(pair) for pair in slope] if isinstance(slope, tuple) else []
    if not pairs or any(len(pair) != 2 for pair in pairs):
        raise ValueError('slope should be "tobler", or pairs of slope and share of the level speed')
    slopes = [pair[0] for pair in pairs]
    if any(low >= high for low, high in itertools.pairwise(slopes)):
        raise ValueError("the slopes of a slope table should ascend, as -0.1, 0, 0.1")
    if any(not abs(s) <= 2 or not 0.05 <= share <= 2 for s, share in pairs):
        raise ValueError(
            "a slope table holds slopes from -2 to 2 and shares of the level speed from 0.05 to 2"
        )


def _from(field: str, verified: bool, en: str, zh: str) -> Sourced:  # noqa: FBT001 - a table's column
    return Sourced(field, Text(en, zh), verified)


_SPEED = _from(
    "speed_mps", False,
    "a choice of this project between the design speed 1.07 m/s, 0.90 m/s for older people, and the mean of over-65s, "
    "1.16 m/s (those were read)",
    "本项目取值，介于设计步速 1.07 米/秒、老年人 0.90 米/秒与 65 岁以上平均 1.16 米/秒之间（后者已核对）",
)  # fmt: skip
_ADULT_SPEED = _from(
    "speed_mps", False,
    "R5, a routing engine, walks at 1.3 m/s by default; as a speed of people no primary source was read",
    "路径引擎 R5 的默认步速 1.3 米/秒；作为人群步速，原始文献未核对",
)  # fmt: skip
_WHEELS_SPEED = _from(
    "speed_mps", False, "remembered; no primary source was read", "凭记忆取值，原始文献未核对"
)
_STAIRS_UP = _from(
    "stairs_up_mps", True,
    "0.4 to 0.5 m/s along the map on long flights upward", "长距离上楼梯的水平速度为 0.4～0.5 米/秒",
)  # fmt: skip
_STAIRS_DOWN = _from(
    "stairs_down_mps", False, "a choice: a little faster than upward", "本项目取值：略快于上楼"
)
_SIGNAL = _from(
    "signal_s", True,
    "computed: the mean wait (C - g)^2 / 2C of who arrives at any time, 90 s cycle with 25 s green",
    "计算值：随机到达的平均等待 (C－g)²／2C，周期 90 秒、绿灯 25 秒",
)  # fmt: skip
_CROSSING = _from("crossing_s", False, "a choice of this project", "本项目取值")
_GATE = _from(
    "gate_s",
    True,
    "the delay that the routing engine Valhalla gives a gate",
    "路径引擎 Valhalla 对门的延误取值",
)
_LIFT = _from(
    "lift_s",
    False,
    "about 20 s a floor, and 20 s of waiting, which is a choice",
    "每层约 20 秒，另等待 20 秒（取值）",
)
_OLDER = (_SPEED, _STAIRS_UP, _STAIRS_DOWN, _CROSSING, _SIGNAL, _GATE, _LIFT)

ADULT = Profile("adult", 1.3, title=Text("adult", "成年人"), sources=(_ADULT_SPEED,))
"""Speed alone, 1.30 m/s."""

PRESETS = {
    one.name: one
    for one in (
        ADULT,
        Profile(
            "60-69", 1.15, stairs_up_mps=0.5, stairs_down_mps=0.6, crossing_s=5, signal_s=23.5, gate_s=10, lift_s=40,
            people="aged_60_plus",
            title=Text("60-69", "60～69 岁"), sources=_OLDER,
        ),
        Profile(
            "70-79", 1.0, stairs_up_mps=0.45, stairs_down_mps=0.5, crossing_s=5, signal_s=23.5, gate_s=10, lift_s=40,
            people="aged_60_plus",
            title=Text("70-79", "70～79 岁"), sources=_OLDER,
        ),
        Profile(
            "80+", 0.8, stairs_up_mps=0.4, stairs_down_mps=0.45, crossing_s=10, signal_s=23.5, gate_s=10, lift_s=40,
            people="aged_60_plus",
            title=Text("80+", "80 岁及以上"), sources=_OLDER,
        ),
        Profile(
            "wheelchair", 0.9, crossing_s=5, signal_s=23.5, gate_s=10, lift_s=40, step_free=True,
            title=Text("wheelchair", "轮椅使用者"), sources=(_WHEELS_SPEED, _CROSSING, _SIGNAL, _GATE, _LIFT),
        ),
    )
}  # fmt: skip
"""Walkers that can be named; where their numbers come from is in ``sources`` and in docs/method.md."""
