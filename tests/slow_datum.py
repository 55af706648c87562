"""The shifted datums point by point, as the public code has them: a second implementation, slow and obvious."""

from __future__ import annotations

import math


def slow_gcj(lon, lat):
    """Return GCJ-02 of one point as the public code has it, number by number."""
    if not (72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271):
        return lon, lat
    x, y, pi = lon - 105.0, lat - 35.0, math.pi
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    d_lat += (20.0 * math.sin(6.0 * x * pi) + 20.0 * math.sin(2.0 * x * pi)) * 2.0 / 3.0
    d_lat += (20.0 * math.sin(y * pi) + 40.0 * math.sin(y / 3.0 * pi)) * 2.0 / 3.0
    d_lat += (160.0 * math.sin(y / 12.0 * pi) + 320 * math.sin(y * pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    d_lon += (20.0 * math.sin(6.0 * x * pi) + 20.0 * math.sin(2.0 * x * pi)) * 2.0 / 3.0
    d_lon += (20.0 * math.sin(x * pi) + 40.0 * math.sin(x / 3.0 * pi)) * 2.0 / 3.0
    d_lon += (150.0 * math.sin(x / 12.0 * pi) + 300.0 * math.sin(x / 30.0 * pi)) * 2.0 / 3.0
    a, ee = 6378245.0, 0.00669342162296594323
    magic = 1 - ee * math.sin(lat / 180.0 * pi) ** 2
    return (
        lon + (d_lon * 180.0) / (a / math.sqrt(magic) * math.cos(lat / 180.0 * pi) * pi),
        lat + (d_lat * 180.0) / ((a * (1 - ee)) / (magic * math.sqrt(magic)) * pi),
    )


def slow_bd(lon, lat):
    """Return BD-09 of one point given in GCJ-02."""
    x_pi = math.pi * 3000.0 / 180.0
    z = math.sqrt(lon * lon + lat * lat) + 0.00002 * math.sin(lat * x_pi)
    theta = math.atan2(lat, lon) + 0.000003 * math.cos(lon * x_pi)
    return z * math.cos(theta) + 0.0065, z * math.sin(theta) + 0.006


def slow_wgs(lon, lat):
    """Return what :func:`slow_gcj` turns into this point, to less than a millimetre."""
    x, y = lon, lat
    for _ in range(10):
        there = slow_gcj(x, y)
        x, y = x - (there[0] - lon), y - (there[1] - lat)
    return x, y
