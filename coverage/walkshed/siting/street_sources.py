"""Very many sites at once: all points of the streets as candidates, searched from the estates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Findings
from walkshed.profiles import ADULT
from walkshed.progress import silent
from walkshed.siting.problem import Criterion, Problem
from walkshed.siting.sources import from_access
from walkshed.siting.tables import Demand, Sites

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from walkshed.profiles import Profile
    from walkshed.progress import Progress
    from walkshed.standards import Standard
    from walkshed.streets.network import WalkNetwork
    from walkshed.walking.access import Access


def from_streets(
    network: WalkNetwork,
    estates: gpd.GeoDataFrame,
    points: gpd.GeoDataFrame,
    *,
    standard: Standard,
    profile: Profile = ADULT,
    demand: pd.DataFrame | None = None,
    weight: str = "",
    progress: Progress = silent,
) -> Problem:
    """Make the siting problem of hundreds of thousands of candidates along the streets.

    For a first look where a venue would serve most: walls and gates are ignored (policy ``open``), and the ground
    is level. On level ground a walk is as long one way as the other, so it is searched from the estates, which
    are fewer; where a street may be walked one way only, it is searched from the candidates as always.
    The walks are the same as those of :func:`walkshed.access` under that policy.

    Parameters
    ----------
    network, estates
        As for :func:`walkshed.access`.
    points
        Candidates in EPSG:4326, index = site id, e.g. of :func:`walkshed.siting.candidates.street_candidates`.
    standard
        One; the pairs are cut at it.
    demand, weight
        What is counted; see :meth:`Demand.from_frame`. The estates themselves by default.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> from walkshed.siting.candidates import street_candidates
    >>> folder = walkshed.init_study(tempfile.mkdtemp() + "/ronghang")
    >>> streets = walkshed.read_streets(folder / "streets.osm.pbf")
    >>> estates = walkshed.read_estates(folder / "estates.xlsx")
    >>> points = street_candidates(streets, every_m=100)
    >>> problem = from_streets(streets, estates, points, standard=walkshed.Standard(metres=500))
    >>> problem.n, problem.m == len(points)
    (81, True)
    """
    from walkshed.walking.access import access

    if len(points) <= len(estates) or bool(np.any(network.edge_oneway)):
        walks = access(
            network,
            estates,
            points,
            profiles=[profile],
            standards=[standard],
            policy="open",
            progress=progress,
        )
        table = estates if demand is None else demand
        return from_access(walks, standards=standard, demand=table, weight=weight, candidates=points)
    walks = access(
        network, points, estates, profiles=[profile], standards=[standard], policy="open", progress=progress
    )
    return _turned(walks, standard, profile, estates if demand is None else demand, weight, points)


def _turned(
    walks: Access,
    standard: Standard,
    profile: Profile,
    demand: pd.DataFrame,
    weight: str,
    points: gpd.GeoDataFrame,
) -> Problem:
    """Read walks from points to estates as walks from estates to points; they are sorted by point already."""
    findings = Findings()
    people = Demand.from_frame(demand, walks.venue_ids, weight=weight, findings=findings)
    sites = Sites.from_frame(points, walks.estate_ids, findings=findings)
    findings.raise_faults()
    pairs = walks.pairs[profile.name]
    indptr = np.searchsorted(pairs.estate, np.arange(len(sites) + 1)).astype(np.int64)
    metres = standard.metres is not None
    cost = pairs.walk_dm if metres else pairs.walk_cmin
    counts = np.ones(len(sites), dtype=bool)
    if standard.tier:
        counts &= sites.tier == standard.tier
    if standard.kind:
        counts &= sites.kind == standard.kind
    near = cost <= round(standard.limit * (10 if metres else 100))
    if not counts.all():
        near &= np.repeat(counts, np.diff(indptr))
    one = Criterion(standard.name, standard.limit, people.weights, near, counts)
    measure = "walk_m" if metres else "walk_min"
    return Problem(people, sites, indptr, pairs.venue, cost, measure, (one,), tuple(findings.notices))
