"""GCJ-02 as the public formula has it, number by number: the sample must be true by itself."""

from __future__ import annotations

import math

_A, _EE = 6_378_245.0, 0.00669342162296594323


def to_gcj02(lonlat: tuple[float, float]) -> tuple[float, float]:
    """Return longitude and latitude (WGS84, degrees, in China) as a map in GCJ-02 has them."""
    lon, lat = lonlat
    x, y = lon - 105.0, lat - 35.0
    both = 20.0 * math.sin(6.0 * math.pi * x) + 20.0 * math.sin(2.0 * math.pi * x)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += 2.0 / 3.0 * (both + _waves(y, (20.0, 1.0), (40.0, 3.0), (160.0, 12.0), (320.0, 30.0)))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += 2.0 / 3.0 * (both + _waves(x, (20.0, 1.0), (40.0, 3.0), (150.0, 12.0), (300.0, 30.0)))
    magic = 1.0 - _EE * math.sin(math.radians(lat)) ** 2
    return (
        lon + math.degrees(east / (_A / math.sqrt(magic) * math.cos(math.radians(lat)))),
        lat + math.degrees(north / (_A * (1.0 - _EE) / magic**1.5)),
    )


def _waves(value: float, *waves: tuple[float, float]) -> float:
    return sum(height * math.sin(math.pi * value / length) for height, length in waves)
