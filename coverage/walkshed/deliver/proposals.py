"""The proposals as files: tables, a layer of the GeoPackage, sheets of the workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.deliver import palette
from walkshed.deliver.layers import _add_styles, _dated, _plain, _qml, _symbol, _write
from walkshed.deliver.tables import write_csv
from walkshed.siting.plan_rows import curve_rows, estate_rows, plan_rows, site_rows

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from walkshed.errors import Language
    from walkshed.siting.plan import Plan

TABLES = ("proposals", "proposals_estates", "proposals_curve", "proposals_plans")
"""Names of the CSV files, without their ending."""

_STYLES = {
    "chosen": ("star", palette.VENUE, 6.0),
    "runner_up": ("diamond", palette.NOT_YET, 4.0),
    "other": ("circle", palette.NOT_YET, 2.0),
    "forbidden": ("cross2", palette.INK, 2.5),
    "unplaced": ("circle", palette.UNKNOWN, 2.0),
}
"""Shape, colour and size (mm) of each role in a GIS."""


def proposal_tables(plan: Plan) -> dict[str, pd.DataFrame]:
    """Return the tables by the names of :data:`TABLES`."""
    return {
        "proposals": site_rows(plan),
        "proposals_estates": estate_rows(plan),
        "proposals_curve": curve_rows(plan),
        "proposals_plans": plan_rows(plan),
    }


def write_proposals(plan: Plan, folder: Path) -> None:
    """Write the proposals' CSV files into a folder."""
    for name, table in proposal_tables(plan).items():
        write_csv(table, folder / f"{name}.csv")


def proposal_points(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the rows of proposals.csv as points; a site without a place keeps its row with an empty geometry.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"site_id": ["a", "b"], "lon": [120.25, float("nan")], "lat": [31.55, float("nan")]})
    >>> proposal_points(rows).geometry.is_empty.tolist(), proposal_points(rows).geometry.isna().tolist()
    ([False, False], [False, True])
    """
    import geopandas as gpd
    import shapely

    lon, lat = table["lon"].to_numpy(dtype=np.float64), table["lat"].to_numpy(dtype=np.float64)
    points = np.full(len(table), None, dtype=object)
    there = np.isfinite(lon) & np.isfinite(lat)
    points[there] = shapely.points(lon[there], lat[there])
    return gpd.GeoDataFrame(table, geometry=points, crs="EPSG:4326")


def write_proposals_layer(plan: Plan, path: Path, *, date: dt.date) -> None:
    """Add the layer ``proposals`` to ``coverage.gpkg``, with a style by role."""
    points = _plain(proposal_points(site_rows(plan)))
    if not len(points):
        return
    with _dated(date):
        _write(points, path, "proposals")
    _add_styles(path, {"proposals": _by_role()}, date)


def proposal_sheets(plan: Plan, language: Language) -> dict[str, pd.DataFrame]:
    """Return the sheets of the workbook: the answer in sentences, the sites, who gains, and the curve."""
    import pandas as pd

    tables = proposal_tables(plan)
    said = pd.DataFrame({"text": [text.in_(language) for text in plan.sentences]})
    return {"proposals_said": said, **{name: tables[name] for name in TABLES[:3]}}


def proposal_record(plan: Plan, language: Language) -> dict[str, Any]:
    """Return what ``run.json`` keeps of a plan: the answer, its proof, and what was done for it."""
    proposal = plan.proposal
    return {
        "text": [text.in_(language) for text in plan.sentences],
        "chosen": plan.chosen_ids,
        "objective": plan.siting.objective,
        "standard": plan.standard.name,
        "profile": plan.profile.name,
        "measure": plan.measure,
        "before": plan.before,
        "after": plan.after if plan.found else None,
        "walked_again": plan.rewalked,
        "value": _number(proposal.value),
        "bound": _number(proposal.bound),
        "gap": _number(proposal.gap),
        "state": proposal.state,
        "reproducible": proposal.reproducible,
        "candidates": int(np.isin(proposal.problem.sites.status, ("candidate", "fixed")).sum()),
        "alternatives": {
            "within_share": plan.siting.near_share,
            "plans": len(plan.near.plans),
            "all": plan.near.all_found,
        },
        "work": {name: count for name, count in sorted(proposal.work.items()) if name != "seconds"},
    }


def _number(value: float) -> float | None:
    """Return a number as JSON can hold it."""
    return float(value) if np.isfinite(value) else None


def _by_role() -> str:
    categories, symbols = [], []
    for number, (role, (shape, colour, size)) in enumerate(_STYLES.items()):
        categories.append(f'<category value="{role}" symbol="{number}" label="{role}" render="true"/>')
        symbols.append(_symbol(str(number), shape, colour, size))
    body = f"<categories>{''.join(categories)}</categories><symbols>{''.join(symbols)}</symbols>"
    return _qml(f'<renderer-v2 type="categorizedSymbol" attr="role">{body}</renderer-v2>')
