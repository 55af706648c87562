"""The plan: where to build next, how good that is, in what order, and what else was nearly chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Finding, Findings, Source, Text
from walkshed.progress import silent
from walkshed.report.measures import main_measure, measures_of
from walkshed.report.venues import open_on
from walkshed.siting.alternatives import near_equal
from walkshed.siting.beside import completed
from walkshed.siting.candidates import unlike_venues
from walkshed.siting.gains import newly_covered, site_gains
from walkshed.siting.gate_sites import with_gates
from walkshed.siting.solve import solve
from walkshed.siting.sources import from_access

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.profiles import Profile
    from walkshed.progress import Progress
    from walkshed.siting.alternatives import Fallback, NearEqual
    from walkshed.siting.config import Siting
    from walkshed.siting.curve import Curve
    from walkshed.siting.order import PhasedOrder
    from walkshed.siting.problem import Problem
    from walkshed.siting.proposal import Proposal
    from walkshed.standards import Standard
    from walkshed.walking.access import Access


@dataclass(frozen=True, slots=True, eq=False)
class Gates:
    """Gates that could be opened, and whom each of them would bring within the standard.

    Attributes
    ----------
    table
        Index: the gate's id; see :func:`walkshed.siting.gate_sites.with_gates`.
    walks
        gate_id, demand_id, walk_m, walk_min with that gate open.
    """

    table: pd.DataFrame
    walks: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Plan:
    """A proposal with everything a planner needs beside it.

    Attributes
    ----------
    siting
        What was asked.
    standard, profile, measure
        What is near enough, for whom, and what is counted.
    candidates
        All candidates, chosen or not; gates are not among them.
    proposal
        The answer: what to open, its value, bound and gap.
    order
        In which order, and what opening it year by year costs; None without a plan.
    curve
        Value against the number of sites; None without a plan.
    near
        Other plans that are nearly as good.
    fallbacks
        What replaces each site.
    notices
        What was assumed or doubted on the way.
    rewalked
        The demand covered when the plan is walked again with all its rooms and gates open, or None.
    owner
        For each row of demand its estate's id, where the rows are homes of estates; None where they are estates.
    """

    siting: Siting
    standard: Standard
    profile: Profile
    measure: str
    candidates: gpd.GeoDataFrame
    proposal: Proposal
    order: PhasedOrder | None
    curve: Curve | None
    near: NearEqual
    fallbacks: tuple[Fallback, ...]
    notices: tuple[Finding, ...] = ()
    rewalked: float | None = None
    owner: NDArray[np.object_] | None = None

    @property
    def found(self) -> bool:
        """Whether there is a plan at all."""
        return not np.isnan(self.proposal.value)

    @property
    def sequence(self) -> tuple[int, ...]:
        """Numbers of the chosen sites, the first to be opened first."""
        return self.order.sequence if self.order is not None else tuple(self.proposal.chosen.tolist())

    @property
    def chosen_ids(self) -> list[str]:
        """Ids of the chosen sites, the first to be opened first."""
        return [str(self.proposal.problem.sites.ids[site]) for site in self.sequence]

    @property
    def total(self) -> float:
        """All demand there is."""
        return self.proposal.problem.total_weight

    @cached_property
    def before(self) -> float:
        """The demand covered by what is open anyway."""
        problem = self.proposal.problem
        return problem.covered_weight(self.proposal.open_anyway, times=self.siting.times)

    @cached_property
    def after(self) -> float:
        """The demand covered when the whole plan is open, capacities left aside."""
        opened = np.union1d(self.proposal.open_anyway, self.proposal.chosen)
        return self.proposal.problem.covered_weight(opened, times=self.siting.times)

    @cached_property
    def gains(self) -> pd.DataFrame:
        """What each site adds, in the order of opening: see :func:`walkshed.siting.gains.site_gains`."""
        return site_gains(
            self.proposal.problem,
            self.sequence,
            constraints=self.proposal.constraints,
            year=self.siting.planned_by,
            subsidy_years=self.siting.subsidy_years,
            owner=self.owner,
        )

    @cached_property
    def newly_covered(self) -> pd.DataFrame:
        """Who is covered only because of the plan: see :func:`walkshed.siting.gains.newly_covered`."""
        return newly_covered(
            self.proposal.problem,
            self.sequence,
            constraints=self.proposal.constraints,
            year=self.siting.planned_by,
        )

    @property
    def gaining(self) -> list[str]:
        """Ids of the estates of which somebody is covered only because of the plan."""
        ids = self.proposal.problem.demand.ids
        rows = np.flatnonzero(np.isin(ids, self.newly_covered["demand_id"].to_numpy(dtype=object)))
        return list(dict.fromkeys((ids if self.owner is None else self.owner)[rows].tolist()))

    @property
    def cost(self) -> float:
        """What the plan costs once; NaN where the cost of one of its sites is not known."""
        return float(self.proposal.problem.sites.cost[self.proposal.chosen].sum())

    def walked_again(self, covered: float) -> Plan:
        """Return the plan with the demand that is covered when it is walked again with all its gates open."""
        return replace(self, rewalked=covered)

    @property
    def table(self) -> pd.DataFrame:
        """The rows of proposals.csv: see :func:`walkshed.siting.plan_rows.site_rows`."""
        from walkshed.siting.plan_rows import site_rows

        return site_rows(self)

    @property
    def sentences(self) -> tuple[Text, ...]:
        """The answer in sentences: see :func:`walkshed.siting.plan_words.plan_sentences`."""
        from walkshed.siting.plan_words import plan_sentences

        return plan_sentences(self)

    def __repr__(self) -> str:
        """Say what is proposed."""
        return f"<Plan {', '.join(self.chosen_ids) or 'nothing'}: {self.before:,.0f} → {self.after:,.0f}>"

    def _repr_html_(self) -> str:
        from html import escape

        said = "<br>".join(escape(text.en) for text in self.sentences)
        return f"{said}{self.table.to_html(index=False, na_rep='', max_rows=60)}"


def propose(
    existing: Access,
    candidates: Access,
    siting: Siting,
    *,
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    standards: Sequence[Standard],
    date: dt.date,
    gates: Gates | None = None,
    longest: float | None = None,
    findings: Findings | None = None,
    progress: Progress = silent,
) -> Plan:
    """Propose where to open next.

    Parameters
    ----------
    existing, candidates
        Walks of the same estates to the venues there are, and to the candidates. Siting works on these alone.
    siting
        What is asked for.
    estates, venues, sites
        The tables those walks are of; ``sites`` as :mod:`walkshed.siting.candidates` makes them. ``estates`` may be homes
        of estates (``walkshed.homes.Homes.table``).
    standards
        Those of the study.
    date
        Venues open on this day serve already.
    gates
        Gates that could be opened, where ``siting.gates``.
    longest
        How far both walks were searched, in the standard's own measure; the longest of ``standards`` in that measure by
        default. Least total walk counts whoever is not reached within it as that far.
    findings
        Takes faults and notices. Without it, faults are raised together.
    progress
        Told the stage and how far it has come.

    Returns
    -------
    Plan
        Also where no plan meets the constraints: then :attr:`Plan.found` is False and its sentences say why.

    Raises
    ------
    InputError
        Candidates share ids with venues, or what is asked for cannot be (see :func:`walkshed.siting.solve.solve`).

    Examples
    --------
    >>> import datetime, tempfile
    >>> import walkshed
    >>> from walkshed.siting.candidates import street_candidates
    >>> from walkshed.siting.config import Siting
    >>> folder = walkshed.init_study(tempfile.mkdtemp() + "/ronghang")
    >>> streets = walkshed.read_streets(folder / "streets.osm.pbf")
    >>> estates = walkshed.read_estates(folder / "estates.xlsx")
    >>> venues = walkshed.read_venues(folder / "venues.xlsx")
    >>> points = street_candidates(streets, every_m=300)
    >>> plan = propose(
    ...     walkshed.access(streets, estates, venues), walkshed.access(streets, estates, points), Siting(sites=2),
    ...     estates=estates, venues=venues, sites=points, standards=[walkshed.Standard(minutes=5)],
    ...     date=datetime.date(2026, 11, 1),
    ... )
    >>> len(plan.chosen_ids), plan.proposal.state, bool(plan.after > plan.before)
    (2, 'optimal', True)
    """
    own = findings if findings is not None else Findings()
    standard = next((one for one in standards if one.name == siting.standard), standards[0])
    profile = next((one for one in candidates.profiles if one.name == siting.profile), candidates.profiles[0])
    measure = siting.measure or main_measure(estates)
    own.faults.extend(unlike_venues(sites, venues.index, source=Source()))
    if own.faults:
        own.raise_faults()
    progress(Text("putting the candidates together", "汇总候选点"))
    problem = _problem(
        existing, candidates, siting, estates=estates, venues=venues, sites=sites, standard=standard,
        profile=profile, measure=measure, date=date, gates=gates, findings=own,
    )  # fmt: skip
    beyond = longest or max(
        one.limit for one in standards if (one.metres is None) == (standard.metres is None)
    )
    progress(Text("looking for the best plan", "寻找最优方案"))
    proposal = solve(
        problem, siting.goal(beyond=beyond), constraints=siting.constraints(), limits=siting.limits()
    )
    _tell_candidates(problem, candidates, sites, own)
    plan = Plan(
        siting=siting, standard=standard, profile=profile, measure=measure, candidates=sites, proposal=proposal,
        order=None, curve=None, near=near_equal(proposal, most=0), fallbacks=(), notices=tuple(own.notices),
        owner=estates["estate_id"].to_numpy(dtype=object) if "estate_id" in estates else None,
    )  # fmt: skip
    if not plan.found:
        return plan
    plan = completed(plan, own, progress=progress)
    return replace(plan, notices=tuple(own.notices))


def _problem(
    existing: Access,
    candidates: Access,
    siting: Siting,
    *,
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    standard: Standard,
    profile: Profile,
    measure: str,
    date: dt.date,
    gates: Gates | None,
    findings: Findings,
) -> Problem:
    """Return the problem: candidates first, then the venues there are, each with what it is to the plan."""
    demand = estates.drop(columns="geometry")
    demand[measure] = measures_of(estates, [measure] if measure in estates else [])[measure]
    attributes = sites.drop(columns="geometry")
    # What is opened for a standard is opened as what that standard counts.
    for name, wanted in (("tier", standard.tier), ("kind", standard.kind)):
        attributes[name] = attributes[name].mask(attributes[name] == "", wanted)
    known = venues.drop(columns="geometry")
    known["year"] = known["opening_date"].dt.year.astype("float64")
    problem = from_access(
        candidates, profile, standards=standard, demand=demand, weight=measure, candidates=attributes,
        existing=existing, existing_venues=known, findings=findings,
    )  # fmt: skip
    opened = open_on(venues, date)
    coming = (
        ~opened & (venues["status"] != "closed").to_numpy(dtype=bool) & ~np.isnan(known["year"].to_numpy())
    )
    number = len(sites) + np.arange(len(venues))
    gone = ~opened & ~coming
    if siting.spacing_m:  # a venue that nobody can place keeps away from nothing
        gone |= np.isnan(venues["lon"].to_numpy(dtype=np.float64))
    problem = problem.with_status("planned", number[coming]).with_status("forbidden", number[gone])
    # what cannot be placed can serve nobody and is not proposed, unless it must be opened
    lost = np.isnan(sites["lon"].to_numpy(dtype=np.float64)) & (sites["siting_status"] != "fixed").to_numpy()
    problem = problem.with_status("forbidden", np.flatnonzero(lost))
    if gates is not None and siting.gates:
        problem = with_gates(problem, gates.table, gates.walks, standards=[standard], findings=findings)
    return problem


def _tell_candidates(problem: Problem, access: Access, sites: gpd.GeoDataFrame, findings: Findings) -> None:
    """Say which candidates cannot serve anybody, and that none of them can."""
    from walkshed.report.venues import placed

    there, why = placed(access)
    ids = sites.index.to_numpy()
    for reason, en, zh in (
        ("not_located", "without coordinates", "没有坐标"),
        ("off_network", "too far from any street", "离道路过远"),
    ):
        lost = ids[~there & (why == reason)]
        if len(lost):
            shown = ", ".join(map(str, lost[:5])) + (" …" if len(lost) > 5 else "")
            text = Text(
                f"candidates {en}, which can serve nobody ({len(lost)} in all): {shown}",
                f"候选点{zh}，无法计算服务对象（共 {len(lost)} 个）：{shown}",
            )
            findings.notice(f"siting.candidates_{reason}", text)
    free = np.isin(problem.sites.status[: len(sites)], ("candidate", "fixed"))
    near = np.zeros(problem.m, dtype=bool)
    near[problem.site_of_pairs()[problem.criteria[0].covers]] = True
    if not near[: len(sites)][free].any():
        text = Text(
            "no candidate that may be opened is within the standard of any estate: nothing can be gained by them",
            "可选的候选点都不在任何小区的标准范围内：无法增加覆盖",
        )
        findings.notice("siting.nobody_near", text)
