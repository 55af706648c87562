"""A plan as tables: the sites, who gains, the curve, and the plans that are nearly as good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.report.homes import quantile_units
from walkshed.siting.gains import site_gains

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.siting.alternatives import Fallback
    from walkshed.siting.plan import Plan

SITE_COLUMNS = (
    "role", "step", "year", "site_id", "name", "source", "instead_of", "community", "area", "owner", "floor_area_m2",
    "cost", "subsidy_per_year", "profile", "standard", "measure", "gain", "gain_alone", "sole", "shared",
    "newly_covered", "covered_after", "covered_share_after", "cost_per_gain", "lost", "essential", "lon", "lat",
)  # fmt: skip
"""The columns of proposals.csv."""

_DIGITS = {"covered_share_after": 6, "cost_per_gain": 2}
ROLES = ("chosen", "runner_up", "other", "forbidden", "unplaced")
"""What a site is to the plan; ``unplaced`` has no coordinates, so that nobody can say whom it serves."""


def site_rows(plan: Plan) -> pd.DataFrame:
    """Return one row per chosen site, in the order of opening, then runners-up, then all other candidates.

    Of points along the streets only the chosen ones and the runners-up are listed.

    Returns
    -------
    pandas.DataFrame
        :data:`SITE_COLUMNS`. ``lost``: for a chosen site what the best plan without it is worth less, for a runner-up
        what the plan is worth less with it ``instead_of`` the chosen one, in the objective's unit.
        ``gain`` of a site that is not chosen: what it would add to the whole plan; of a runner-up: in the place of the
        one it stands for. ``essential``: ``true`` if no plan within the share can do without it, blank
        where that could not be settled.
    """
    import pandas as pd

    order = list(plan.sequence)
    position = {site: number for number, site in enumerate(order)}
    rows: list[dict[str, Any]] = []
    gains = plan.gains.to_dict("records")
    years = opening_years(plan)
    replaced = {one.site: one for one in plan.fallbacks}
    for site in order:
        found = replaced.get(site)
        rows.append(
            {
                **_facts(plan, site, "chosen"),
                **_gain(gains[position[site]]),
                "step": _step_of(plan, site),
                "year": years.get(site),
                "lost": found.lost if found else np.nan,
                "essential": None if found is None else found.essential,
            }
        )
    rows += [row for site in order if site in replaced for row in _runners_up(plan, replaced[site], order)]
    rows += _others(plan, {*order, *(site for one in plan.fallbacks for site in one.runner_up)})
    table = pd.DataFrame(rows, columns=list(SITE_COLUMNS))
    words = (
        "role",
        "site_id",
        "name",
        "source",
        "instead_of",
        "community",
        "area",
        "owner",
        "profile",
        "standard",
        "measure",
    )
    for name in SITE_COLUMNS:
        if name in words:
            table[name] = table[name].astype(object).where(table[name].notna(), "").astype("str")
        elif name in {"step", "year", "newly_covered"}:
            table[name] = table[name].astype("Int64")
        elif name == "essential":
            said = {True: "true", False: "false"}
            table[name] = pd.Series([said.get(one, "") for one in table[name]], dtype="str")
        else:
            table[name] = table[name].astype("float64").round(_DIGITS.get(name, 9))
    return table


def opening_years(plan: Plan) -> dict[int, int]:
    """Return the calendar year each chosen site opens in: that of its turn, or the first it can be had in."""
    years: dict[int, int] = {}
    if plan.order is None:
        return years
    for step in plan.order.steps:
        for site in step.opened:
            if step.year is None:
                continue
            available = plan.candidates["year"].to_numpy()[site] if site < len(plan.candidates) else np.nan
            years[site] = step.year if np.isnan(available) else max(step.year, int(available))
    return years


def _step_of(plan: Plan, site: int) -> int | None:
    if plan.order is None:
        return None
    return next(step.number for step in plan.order.steps if site in step.opened)


def source_of(plan: Plan, site: int) -> str:
    """Return where a site comes from: room, building, street or gate."""
    if site < len(plan.candidates):
        return str(plan.candidates["source"].iloc[site])
    return "gate"


def _facts(plan: Plan, site: int, role: str) -> dict[str, Any]:
    sites = plan.proposal.problem.sites
    return {
        "role": role,
        "site_id": str(sites.ids[site]),
        "name": sites.name[site],
        "source": source_of(plan, site),
        "community": sites.community[site],
        "area": sites.area[site],
        "owner": sites.owner[site],
        "floor_area_m2": sites.floor_area_m2[site],
        "cost": sites.cost[site],
        "subsidy_per_year": sites.subsidy_per_year[site],
        "profile": plan.profile.name,
        "standard": plan.standard.name,
        "measure": plan.measure,
        "lon": np.round(sites.lon[site], 7),
        "lat": np.round(sites.lat[site], 7),
    }


def _gain(row: dict[Any, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in row.items() if name != "site_id"}


def _runners_up(plan: Plan, found: Fallback, order: list[int]) -> list[dict[str, Any]]:
    """Return the sites that take the place of a chosen one, as if they were opened in its stead."""
    rows = []
    for site in found.runner_up:
        trial = [other for other in found.runner_up if other != site]
        sequence = [site if one == found.site else one for one in order] + trial
        table = _gains_of(plan, sequence).to_dict("records")
        rows.append(
            {
                **_facts(plan, site, "runner_up"),
                **_gain(table[sequence.index(site)]),
                "instead_of": str(plan.proposal.problem.sites.ids[found.site]),
                "lost": plan.proposal.objective.sense * (plan.proposal.value - found.runner_up_value),
            }
        )
    return rows


def _gains_of(plan: Plan, sequence: list[int]) -> pd.DataFrame:
    return site_gains(
        plan.proposal.problem,
        sequence,
        constraints=plan.proposal.constraints,
        year=plan.siting.planned_by,
        subsidy_years=plan.siting.subsidy_years,
        owner=plan.owner,
    )


def _others(plan: Plan, told: set[int]) -> list[dict[str, Any]]:
    """Return the candidates that are neither chosen nor a runner-up, the one that would add most first."""
    problem = plan.proposal.problem
    status = problem.sites.status
    rest = [
        site
        for site in np.flatnonzero(np.isin(status, ("candidate", "fixed", "forbidden"))).tolist()
        if site not in told and _is_listed(plan, site)
    ]
    rows = []
    alone, beside = _added(plan, rest, []), _added(plan, rest, list(plan.sequence))
    for number, site in enumerate(rest):
        role = "forbidden" if status[site] == "forbidden" else "other"
        if np.isnan(problem.sites.lon[site]):
            role = "unplaced"
        known = role != "unplaced"
        rows.append(
            {
                **_facts(plan, site, role),
                "gain": beside[number] if known else np.nan,
                "gain_alone": alone[number] if known else np.nan,
            }
        )

    def rank(row: dict[str, Any]) -> tuple[int, float, float, str]:
        more = (float(np.nan_to_num(row[name])) for name in ("gain", "gain_alone"))
        return (ROLES.index(row["role"]), *(-value for value in more), row["site_id"])

    return sorted(rows, key=rank)


def _is_listed(plan: Plan, site: int) -> bool:
    """Tell whether a site is a candidate of its own: no venue, and no mere point along a street."""
    problem = plan.proposal.problem
    is_gate = problem.sites.kind[site] == "gate" and str(problem.sites.ids[site]).startswith("gate:")
    return is_gate or (site < len(plan.candidates) and source_of(plan, site) != "street")


def _added(plan: Plan, sites: list[int], opened: list[int]) -> NDArray[np.float64]:
    """Return what each site would add to what is open anyway and some sites."""
    problem, times = plan.proposal.problem, plan.siting.times
    there = np.union1d(plan.proposal.open_anyway, np.array(opened, dtype=np.int64))
    out = np.zeros(len(sites))
    for number, criterion in enumerate(problem.criteria):
        lacking = problem.serves(there, criterion=number) == times - 1
        worth = np.where(lacking, criterion.weights, 0.0)[problem.rows] * criterion.covers
        by_site = np.bincount(problem.site_of_pairs(), weights=worth, minlength=problem.m)
        out += by_site[np.array(sites, dtype=np.int64)]
    return out


def estate_rows(plan: Plan) -> pd.DataFrame:
    """Return who is covered only because of the plan: the rows of proposals_estates.csv.

    Returns
    -------
    pandas.DataFrame
        estate_id, name, community, standard, measure, amount, step, year, site_id (the site that brings it within the standard),
        walk_before (to the nearest venue open anyway, NaN where it lies beyond the walks that were searched),
        walk_after (to the nearest of all), unit (``min`` or ``m``). Where the demand is homes, an estate has a row for each
        site that brings some of its homes within the standard: the amount is theirs, the walks are their medians.
    """
    import pandas as pd

    problem = plan.proposal.problem
    new = plan.newly_covered
    row = pd.Series(np.arange(problem.n), index=problem.demand.ids)[new["demand_id"]].to_numpy()
    before = problem.nearest(plan.proposal.open_anyway)[1][row]
    after = np.minimum(before, new["walk"].to_numpy())
    years = {str(problem.sites.ids[site]): year for site, year in opening_years(plan).items()}
    steps = {str(problem.sites.ids[site]): _step_of(plan, site) for site in plan.sequence}
    table = pd.DataFrame(
        {
            "estate_id": new["demand_id"].astype("str") if plan.owner is None else plan.owner[row],
            "name": new["name"].astype("str"),
            "community": new["community"].astype("str"),
            "standard": new["standard"].astype("str"),
            "measure": plan.measure,
            "amount": new["weight"],
            "step": new["site_id"].map(steps).astype("Int64"),
            "year": new["site_id"].map(years).astype("Int64"),
            "site_id": new["site_id"].astype("str"),
            "walk_before": np.where(np.isinf(before), np.nan, before),
            "walk_after": after,
            "unit": "m" if problem.measure == "walk_m" else "min",
        }
    )
    return table if plan.owner is None else _by_estate(table)


def _by_estate(homes: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each estate and site, from one for each home."""
    keys = ["estate_id", "standard", "site_id"]
    group = np.asarray(homes.groupby(keys, sort=False).ngroup(), dtype=np.int64)
    n = int(group.max(initial=-1)) + 1
    amount = homes["amount"].to_numpy(dtype=np.float64)
    out = homes.drop_duplicates(keys, ignore_index=True)
    out["amount"] = np.bincount(group, weights=amount, minlength=n)
    for name in ("walk_before", "walk_after"):
        walk = homes[name].to_numpy(dtype=np.float64)
        home = quantile_units(walk, amount, group, n, 0.5)
        out[name] = np.where(home >= 0, np.append(walk, np.nan)[home], np.nan)
    return out.astype({"estate_id": "str"})


def plan_rows(plan: Plan) -> pd.DataFrame:
    """Return the proposal and its alternatives, one row per plan and site: the rows of proposals_plans.csv.

    Returns
    -------
    pandas.DataFrame
        plan (a number, 0 is the proposal), kind (``proposal``, ``near_equal``, ``without``), without (the site that has
        fallen through), value (in the objective's unit), behind_share (how much worse than the proposal), site_id, name.
    """
    import pandas as pd

    proposal = plan.proposal
    sites = proposal.problem.sites
    best = abs(proposal.value) or 1.0
    plans: list[tuple[str, str, float, float, NDArray[np.int64]]] = []
    if plan.found:
        plans.append(("proposal", "", proposal.value, 0.0, proposal.chosen))
    plans += [("near_equal", "", one.value, one.behind_share, one.chosen) for one in plan.near.plans]
    plans += [
        ("without", str(sites.ids[one.site]), one.value, one.lost / best, one.chosen)
        for one in plan.fallbacks
        if not np.isnan(one.value)
    ]
    rows = [
        (number, kind, without, value, round(behind, 9), str(sites.ids[site]), sites.name[site])
        for number, (kind, without, value, behind, chosen) in enumerate(plans)
        for site in chosen.tolist()
    ]
    names = ["plan", "kind", "without", "value", "behind_share", "site_id", "name"]
    return pd.DataFrame(rows, columns=names)


def curve_rows(plan: Plan) -> pd.DataFrame:
    """Return the rows of proposals_curve.csv: see :meth:`walkshed.siting.curve.Curve.to_frame`."""
    import pandas as pd

    if plan.curve is None:
        names = ["sites", "value", "bound", "gap", "state", "covered", "covered_share", "added", "knee"]
        return pd.DataFrame(columns=names)
    return plan.curve.to_frame().round({"covered_share": 6, "gap": 9})
