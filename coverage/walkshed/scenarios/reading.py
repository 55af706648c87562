"""Reading what scenarios name: further venues, another table of estates, repairs; and the tables as they are then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from walkshed.datum import to_wgs84
from walkshed.errors import Finding, Findings, InputError, Text
from walkshed.geodesy import distance_m
from walkshed.located import locate_inputs
from walkshed.report.checks import input_faults
from walkshed.scenarios.planned import Planned, known_names, rows_named, unknown_name

if TYPE_CHECKING:
    import geopandas as gpd

    from walkshed.progress import Progress
    from walkshed.scenarios.scenario import Scenario
    from walkshed.streets.repairs import Repairs
    from walkshed.study import Study
    from walkshed.web import Sent

Tables = tuple["gpd.GeoDataFrame", "gpd.GeoDataFrame"]
_FAR_M = 100_000.0


def read_planned(
    study: Study,
    *,
    read: Tables,
    located: Tables,
    findings: Findings,
    offline: bool,
    sent: list[Sent],
    box: tuple[float, float, float, float] | None,
    progress: Progress,
) -> tuple[Planned, ...]:
    """Return a study's scenarios with their tables; faults of all of them go to ``findings``, notices stay with each.

    Parameters
    ----------
    study
        With its scenarios.
    read, located
        Estates and venues as read, and as located.
    findings
        Takes the faults.
    offline, sent, box, progress
        As for :func:`walkshed.located.locate_inputs`, which finds the places of new rows.
    """
    made = []
    for scenario in study.scenarios:
        own = Findings(findings.language)
        plan = _tables(scenario, study, read, located, own)
        if not own.faults and (plan.estates is not located[0] or scenario.add is not None):
            estates = plan.estates if plan.estates is not located[0] else read[0]
            venues = plan.venues if scenario.add is not None else read[1]
            found = locate_inputs(
                plan.study, estates, venues, own,
                offline=offline, keeping=False, sent=sent, box=box, progress=progress,
            )  # fmt: skip
            same = plan.estates is located[0]
            plan = replace(plan, estates=located[0] if same else found.estates, venues=found.venues)
        plan = replace(plan, venues=_changed(scenario, plan.venues, plan.study, own))
        if scenario.repairs is not None:
            plan = replace(plan, repairs=_repairs(scenario, own))
        if not own.faults:
            input_faults(plan.study, plan.estates, plan.venues, own)
        findings.faults.extend(own.faults)
        made.append(replace(plan, notices=tuple(own.notices)))
    return tuple(made)


def _tables(scenario: Scenario, study: Study, read: Tables, located: Tables, findings: Findings) -> Planned:
    """Return the scenario's tables as read, the study's own where nothing is different."""
    gates = dict.fromkeys(scenario.open_gates, "everyone") | dict.fromkeys(scenario.close_gates, "closed")
    estates, venues = located
    if scenario.estates is not None or scenario.columns:
        spec = study.estates
        other = scenario.estates is not None
        spec = replace(
            spec, file=scenario.estates or spec.file, sheet=None if other else spec.sheet,
            columns={**spec.columns, **scenario.columns},
        )  # fmt: skip
        study = replace(study, estates=spec)
        estates = _estates(study, findings)
    if scenario.add is not None:
        venues = _added(scenario, study, read[1], findings)
    return Planned(scenario, study, estates, venues, gates=gates)


def _estates(study: Study, findings: Findings) -> gpd.GeoDataFrame:
    from walkshed.tables import read_estates

    spec = study.estates
    return read_estates(
        spec.file, sheet=spec.sheet, crs=spec.crs, columns=spec.columns, levels=study.levels,
        weights=study.weights, findings=findings,
    )  # fmt: skip


def _added(
    scenario: Scenario, study: Study, venues: gpd.GeoDataFrame, findings: Findings
) -> gpd.GeoDataFrame:
    """Return the venues as read with those of the scenario's own table below them."""
    import geopandas as gpd
    import pandas as pd

    from walkshed.tables import read_venues

    assert scenario.add is not None  # noqa: S101 - the caller has looked
    spec = study.venues
    more = read_venues(scenario.add, crs=spec.crs, columns=spec.columns, findings=findings)
    for twin in more.index[more.index.isin(venues.index)]:
        text = Text(
            f'{scenario.add.name} has the id "{twin}" that a venue of the study has; give the new one another, or '
            "write move",
            f"{scenario.add.name} 中的编号“{twin}”与现有场所相同；请为新场所另取编号，或使用 move",
        )
        findings.fault("scenario.venue_twice", text, scenario.at("add", twin))
    whole = pd.concat([venues, more[~more.index.isin(venues.index)]])
    return gpd.GeoDataFrame(whole, geometry="geometry", crs=venues.crs).rename_axis(venues.index.name)


def _changed(
    scenario: Scenario, venues: gpd.GeoDataFrame, study: Study, findings: Findings
) -> gpd.GeoDataFrame:
    """Return the venues opened, closed and moved; the same object where none is."""
    import pandas as pd

    if not (scenario.open or scenario.close or scenario.move):
        return venues
    frame = venues.copy()
    status, opening = (frame.columns.get_loc(name) for name in ("status", "opening_date"))
    for key, word in (("open", "open"), ("close", "closed")):
        for wanted in getattr(scenario, key):
            ident = _venue(wanted, venues, scenario, key, findings)
            if ident is None:
                continue
            row = frame.index.get_loc(ident)
            was, day = frame.iloc[row, status], frame.iloc[row, opening]
            there = was == "open" and (pd.isna(day) or day.date() <= study.date)
            if (there and word == "open") or (was == "closed" and word == "closed"):
                findings.notices.append(_no_effect(scenario, key, wanted, word))
            frame.iloc[row, status] = word
            if word == "open":
                frame.iloc[row, opening] = pd.NaT
    for wanted, spot in scenario.move.items():
        ident = _venue(wanted, venues, scenario, "move", findings)
        if ident is not None:
            _move(frame, ident, wanted, spot, scenario, study, findings)
    return frame


def _venue(
    wanted: str, venues: gpd.GeoDataFrame, scenario: Scenario, key: str, findings: Findings
) -> str | None:
    """Return the id of the one venue that is meant; a fault and None where there is none, or several."""
    found = rows_named(wanted, venues)
    if len(found) == 1:
        return found[0]
    if not found:
        unknown_name("venue", wanted, known_names(venues), scenario, key, findings)
        return None
    listed = ", ".join(found)
    text = Text(
        f"{len(found)} venues have this name; write the id of one: {listed}",
        f"有 {len(found)} 个场所同名；请写其编号：{listed}",
    )
    findings.fault("scenario.several_venues", text, scenario.at(key, wanted))
    return None


def _no_effect(scenario: Scenario, key: str, wanted: str, word: str) -> Finding:
    text = Text(
        f"has no effect: the venue is {word} already",
        f"不起作用：该场所本来就{'开放' if word == 'open' else '关闭'}",
    )
    return Finding("scenario.no_effect", text, scenario.at(key, wanted))


def _move(
    frame: gpd.GeoDataFrame, ident: str, wanted: str, spot: tuple[float, float], scenario: Scenario, study: Study,
    findings: Findings,
) -> None:  # fmt: skip
    """Put a venue elsewhere; a place that is none, or far from everything, is a fault."""
    import geopandas as gpd
    import shapely

    try:
        there = gpd.GeoDataFrame(geometry=[shapely.Point(*spot)])
        point = to_wgs84(there, study.venues.crs).geometry.iloc[0]
        lon, lat = round(point.x, 7), round(point.y, 7)
    except InputError as error:
        findings.faults.extend(error.faults)
        return
    known = frame[["lon", "lat"]].dropna().to_numpy(dtype=np.float64)
    good = bool(np.isfinite([lon, lat]).all()) and abs(lon) <= 180 and abs(lat) <= 90 and (lon or lat)
    if good and len(known):
        away = distance_m(np.full(len(known), lon), np.full(len(known), lat), known[:, 0], known[:, 1])
        good = bool(np.min(away) <= _FAR_M)
    if not good:
        shown = f"{wanted} = [{spot[0]:g}, {spot[1]:g}]"
        text = Text(
            "is no place near the others; write [longitude, latitude], in this order, as [120.25, 31.57]",
            "不是其他场所附近的位置；请按 [经度, 纬度] 的顺序书写，如 [120.25, 31.57]",
        )
        findings.fault("scenario.move", text, scenario.at("move", shown))
        return
    row = frame.index.get_loc(ident)
    for name, value in (("lon", lon), ("lat", lat), ("location_status", "given")):
        frame.iloc[row, frame.columns.get_loc(name)] = value
    shapes = frame.geometry.to_numpy().copy()
    shapes[row] = shapely.Point(lon, lat)
    frame.geometry = gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs)


def _repairs(scenario: Scenario, findings: Findings) -> Repairs | None:
    from walkshed.streets.repairs import read_repairs

    assert scenario.repairs is not None  # noqa: S101 - the caller has looked
    own = Findings(findings.language)
    repairs = read_repairs(scenario.repairs, findings=own)
    findings.faults.extend(own.faults)
    if own.faults:
        return None
    if repairs.is_empty:
        text = Text("has no effect: the file holds no path and no link", "不起作用：文件中没有步道或通行点")
        findings.notice("scenario.no_effect", text, scenario.at("repairs", scenario.repairs.name))
    return repairs
