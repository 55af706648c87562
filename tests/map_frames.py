"""Small frames in the shapes the map is given, made up and seeded."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from walkshed.profiles import Profile
from walkshed.report.summary import summary
from walkshed.standards import Standard

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "${alert(1)}",
    "{{ 7*7 }}{% raw %}{# x #}",
    "'\"><svg onload=alert(1)>&lt;b&gt;",
    "javascript:alert(1) https://example.org/x.png url(http://example.org)",
    "a NUL \x00, a line end \u2028 and a turn \u202e",
    "很长的名字" * 40,
)
CENTRE = (120.2300, 31.5600)
REASONS = {"covered": "", "uncovered": "too_far", "unknown": "off_network"}


MINUTES = (Standard(minutes=5), Standard(minutes=10), Standard(minutes=15))
METRES = (Standard(metres=300), Standard(metres=500), Standard(metres=1000))
ADULTS = (Profile("adult", 1.3),)


def make_streets(edges=60, *, seed=1, span=0.02):
    """Return a network of ``edges`` wiggly lines in the shape of a WalkNetwork."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(2, 7, edges)
    start = np.concatenate([[0], np.cumsum(counts)])
    corner = rng.uniform(-span, span, (edges, 2))
    steps = rng.normal(0, 0.0004, (int(start[-1]), 2))
    owner = np.repeat(np.arange(edges), counts)
    xy = np.cumsum(steps, axis=0)
    xy = xy - xy[start[:-1]][owner] + corner[owner] + CENTRE if edges else np.zeros((0, 2))
    return SimpleNamespace(
        node_lon=xy[:, 0] if edges else np.array([CENTRE[0]]),
        node_lat=xy[:, 1] if edges else np.array([CENTRE[1]]),
        edge_u=np.zeros(edges, dtype=np.int32),
        edge_v=np.zeros(edges, dtype=np.int32),
        edge_length_m=np.full(edges, 80.0),
        edge_kind=rng.integers(0, 16, edges).astype(np.uint8),
        edge_structure=np.zeros(edges, dtype=np.uint8),
        coord_ptr=start.astype(np.int64),
        coord_lon=xy[:, 0],
        coord_lat=xy[:, 1],
        areas=(shapely.box(CENTRE[0], CENTRE[1], CENTRE[0] + 0.001, CENTRE[1] + 0.001),) if edges else (),
    )


def make_estates(names, *, seed=2, span=0.015, not_located=(), bounded=(), around=CENTRE):
    """Return a table of estates, those in ``bounded`` with a square boundary."""
    rng = np.random.default_rng(seed)
    count = len(names)
    lon, lat = (rng.uniform(-span, span, count) + middle for middle in around)
    lost = np.isin(np.arange(count), list(not_located))
    lon[lost] = lat[lost] = np.nan
    shapes = [None if gone else shapely.Point(x, y) for x, y, gone in zip(lon, lat, lost, strict=True)]
    for i in bounded:
        shapes[i] = shapely.box(lon[i] - 0.001, lat[i] - 0.001, lon[i] + 0.001, lat[i] + 0.001)
    households = rng.integers(60, 2400, count).astype(float)
    frame = {
        "name": list(names),
        "address": "",
        "community": [f"社区{i % 7}" for i in range(count)],
        "area": [f"片区{i % 20}" for i in range(count)],
        "households": np.where(rng.random(count) < 0.02, np.nan, households),
        "residents": np.nan,
        "aged_60_plus": np.round(households * 0.5),
        "lon": lon,
        "lat": lat,
        "location_status": np.where(lost, "not_located", "given"),
    }
    index = pd.Index([f"E{i:05d}" for i in range(count)], name="estate_id", dtype="str")
    return gpd.GeoDataFrame(
        frame, index=index, geometry=gpd.GeoSeries(shapes, index=index, crs="EPSG:4326"), crs="EPSG:4326"
    )


def make_venues(names, *, kinds=("活动中心",), statuses=("open",), seed=3, span=0.012, around=CENTRE):
    """Return a table of venues, kinds and statuses in turn."""
    rng = np.random.default_rng(seed)
    count = len(names)
    lon, lat = (rng.uniform(-span, span, count) + middle for middle in around)
    frame = {
        "name": list(names),
        "address": "",
        "community": "荣巷",
        "area": "",
        "kind": [kinds[i % len(kinds)] for i in range(count)],
        "tier": "area",
        "status": [statuses[i % len(statuses)] for i in range(count)],
        "opening_date": pd.Series([pd.NaT] * count, dtype="datetime64[ns]").to_numpy(),
        "floor_area_m2": rng.integers(200, 1100, count).astype(float),
        "capacity": np.nan,
        "lon": lon,
        "lat": lat,
        "location_status": "given",
    }
    index = pd.Index([f"V{i:03d}" for i in range(count)], name="venue_id", dtype="str")
    return gpd.GeoDataFrame(frame, index=index, geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")


def make_coverage(estates, venues, *, standards=MINUTES, profiles=ADULTS, unknown=(), walks=None):
    """Return the coverage table for straight walks, a third longer than the crow's flight."""
    open_ids = venues.index[venues["status"] == "open"]
    metres, nearest = _nearest(estates, venues.loc[open_ids]) if walks is None else walks
    tables = []
    for profile in profiles:
        minutes = np.round(metres / profile.speed_mps / 60, 2)
        for standard in standards:
            value, cut = (
                (minutes, standard.minutes) if standard.minutes is not None else (metres, standard.metres)
            )
            status = np.where(value <= cut, "covered", "uncovered").astype(object)
            status[~np.isfinite(metres)] = "unknown"
            status[list(unknown)] = "unknown"
            reason = np.array([REASONS[word] for word in status], dtype=object)
            reason[~np.isfinite(estates["lon"].to_numpy())] = "not_located"
            tables.append(
                pd.DataFrame(
                    {
                        "estate_id": estates.index,
                        "profile": profile.name,
                        "standard": standard.name,
                        "status": status,
                        "reason": reason,
                        "venue_id": nearest,
                        "walk_m": metres,
                        "walk_min": minutes,
                        "covered_share": (status == "covered").astype(float),
                        "unknown_share": (status == "unknown").astype(float),
                        "place": np.arange(len(estates)),
                    }
                )
            )
    table = pd.concat(tables, ignore_index=True)
    return table.sort_values("place", kind="stable", ignore_index=True).drop(columns="place")


def make_venue_table(estates, venues, coverage):
    """Return venues.csv as far as the map reads it: how much is nearest to each venue and covered."""
    rows = []
    for (profile, standard), part in coverage.groupby(["profile", "standard"], sort=False):
        reached = part[part["status"] == "covered"]
        households = estates["households"].reindex(reached["estate_id"]).to_numpy()
        for measure, amount in (
            ("estates", np.ones(len(reached))),
            ("households", np.nan_to_num(households)),
        ):
            sums = pd.Series(amount, index=reached["venue_id"].to_numpy(dtype=object)).groupby(level=0).sum()
            rows += [
                (venue, name, status, profile, standard, measure, sums.get(venue, 0.0), True, "")
                for venue, name, status in zip(venues.index, venues["name"], venues["status"], strict=True)
            ]
    columns = ["venue_id", "name", "status", "profile", "standard", "measure", "within", "placed", "reason"]
    return pd.DataFrame(rows, columns=columns)


def make_catchments(venues, *, standards=MINUTES, profiles=ADULTS, corners=16):
    """Return each venue's catchments, and all together: circles, the first venue's with a hole."""
    rows, shapes = [], []
    for profile in profiles:
        for standard in standards:
            reach = standard.reach_m(profile) / 111_320
            for number, (venue, lon, lat) in enumerate(
                zip(venues.index, venues["lon"], venues["lat"], strict=True)
            ):
                circle = shapely.Point(lon, lat).buffer(reach, quad_segs=corners)
                hole = shapely.Point(lon, lat).buffer(reach / 4)
                rows.append((venue, profile.name, standard.name, standard.reach_m(profile), 1.0))
                shapes.append(circle if number else circle - hole)
    columns = ["venue_id", "profile", "standard", "metres", "area_m2"]
    own = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=shapes, crs="EPSG:4326")
    merged = own.dissolve(["profile", "standard"], sort=False).reset_index().drop(columns="venue_id")
    return own, merged


def make_full_inputs(names, **changes):
    """Return ``make_inputs`` with catchments and the summary."""
    made = make_inputs(names, **changes)
    which = {"standards": made["standards"], "profiles": made["profiles"]}
    own, merged = make_catchments(made["venues"], **which)
    table = summary(made["estates"], made["coverage"], levels=("community", "area"))
    return {"catchments": own, "merged": merged, "summary": table, **made}


def result_inputs(result, **changes):
    """Return the arguments of coverage_map for a real run, catchments as circles."""
    study = result.study
    own, merged = make_catchments(
        result.venues.dropna(subset=["lon"]), standards=study.standards, profiles=study.profiles
    )
    return {
        "estates": result.estates,
        "venues": result.venues,
        "coverage": result.coverage,
        "venue_table": result.venue_table,
        "network": result.network,
        "study_name": study.name,
        "note": study.note,
        "language": study.language,
        "date": study.date,
        "standards": study.standards,
        "profiles": study.profiles,
        "headline": result.headline.text.in_(study.language),
        "access": result.access,
        "catchments": own,
        "merged": merged,
        "summary": result.summary,
        **changes,
    }


def make_inputs(
    names=("桃源人家",), *, venue_names=("山语银城片区活动中心",), language="zh", streets=None, **changes
):
    """Return every argument of coverage_map, made of small frames; ``changes`` replace any of them."""
    estates = changes.pop("estates", None)
    estates = make_estates(names) if estates is None else estates
    venues = changes.pop("venues", None)
    venues = make_venues(venue_names) if venues is None else venues
    standards, profiles = changes.pop("standards", MINUTES), changes.pop("profiles", ADULTS)
    coverage = changes.pop("coverage", None)
    if coverage is None:
        coverage = make_coverage(
            estates, venues, standards=standards, profiles=profiles, unknown=changes.pop("unknown", ())
        )
    return {
        "estates": estates,
        "venues": venues,
        "coverage": coverage,
        "venue_table": make_venue_table(estates, venues, coverage),
        "network": make_streets() if streets is None else streets,
        "study_name": "荣巷街道活动场所步行可达性",
        "note": "示意数据 schematic",
        "language": language,
        "date": dt.date(2025, 6, 1),
        "standards": standards,
        "profiles": profiles,
        "headline": "至少 83% 的住户 10 分钟内可步行到达活动场所。",
        "attribution_lines": ("数据日期 2025-05-31",),
        **changes,
    }


def _nearest(estates, venues):
    """Return each estate's walk in metres and nearest venue, NaN and None where there is none."""
    count = len(estates)
    if not count or not len(venues):
        return np.full(count, np.nan), np.full(count, None, dtype=object)
    east = np.cos(np.radians(CENTRE[1])) * 111_320
    here = estates[["lon", "lat"]].to_numpy(dtype=float) * (east, 111_320)
    there = venues[["lon", "lat"]].to_numpy(dtype=float) * (east, 111_320)
    best, which = np.full(count, np.inf), np.full(count, -1)
    for number, place in enumerate(there):
        away = np.hypot(*(here - place).T) * 1.33
        nearer = away < best
        best[nearer], which[nearer] = away[nearer], number
    names = np.array([None if i < 0 else venues.index[i] for i in which], dtype=object)
    return np.where(np.isfinite(best), np.round(best, 1), np.nan), names
