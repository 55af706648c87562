"""Very many sites at once: all points of the streets as candidates, searched from the estates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Findings, Text
from walkshed.profiles import ADULT
from walkshed.progress import silent
from walkshed.siting.problem import Criterion, Problem
from walkshed.siting.sources import from_access
from walkshed.siting.tables import Demand, Sites

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from walkshed.errors import Finding
    from walkshed.profiles import Profile
    from walkshed.progress import Progress
    from walkshed.standards import Standard
    from walkshed.streets.network import WalkNetwork
    from walkshed.walking.pairs import Pairs


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

    table = estates if demand is None else demand
    if len(points) <= len(estates) or bool(np.any(network.edge_oneway)) or not profile.speed_alone:
        walks = access(
            network,
            estates,
            points,
            profiles=[profile],
            standards=[standard],
            policy="open",
            progress=progress,
        )
        return from_access(walks, standards=standard, demand=table, weight=weight, candidates=points)
    findings = Findings()
    people = Demand.from_frame(table, estates.index, weight=weight, findings=findings)
    sites = Sites.from_frame(points, points.index, findings=findings)
    findings.raise_faults()
    pairs = _pairs_from_estates(network, estates, points, standard.reach_m(profile), profile, progress)
    return _problem(people, sites, pairs, standard, tuple(findings.notices))


def _pairs_from_estates(
    network: WalkNetwork,
    estates: gpd.GeoDataFrame,
    points: gpd.GeoDataFrame,
    reach_m: float,
    profile: Profile,
    progress: Progress,
) -> Pairs:
    """Return the walks with the two sides exchanged: the points' numbers as estates, sorted by them."""
    from walkshed.streets.ties import MAX_SNAP_M, points_of
    from walkshed.walking.direct import DirectWalks
    from walkshed.walking.footing import Footing, opens_of
    from walkshed.walking.pairs import Pairs, walks_within
    from walkshed.walking.walkers import walkers_of
    from walkshed.walls import build_walls

    progress(Text("tying places to streets", "把地点接到道路上"))
    footing = Footing.of(
        build_walls(network, estates, None, max_snap_m=MAX_SNAP_M), points_of(estates), points_of(points),
        policy="open", max_snap_m=MAX_SNAP_M, opens=opens_of(points),
    )  # fmt: skip
    search = walkers_of([profile], footing)[profile.name].metres
    direct = DirectWalks(search.direct.venue, search.direct.estate, search.direct.metres)
    stage = Text("searching walks", "计算步行路径")
    walks = walks_within(
        search.graph, footing.venues, footing.estates, direct, reach_m + 1.0,
        tick=lambda share: progress(stage, share),
    )  # fmt: skip
    return Pairs.of(walks, profile)


def _problem(
    people: Demand, sites: Sites, pairs: Pairs, standard: Standard, notices: tuple[Finding, ...]
) -> Problem:
    metres = standard.metres is not None
    cost = pairs.walk_dm if metres else pairs.walk_cmin
    pairs = pairs.where(cost <= round(standard.limit * (10 if metres else 100)))
    indptr = np.searchsorted(pairs.estate, np.arange(len(sites) + 1)).astype(np.int64)
    counts = np.ones(len(sites), dtype=bool)
    if standard.tier:
        counts &= sites.tier == standard.tier
    if standard.kind:
        counts &= sites.kind == standard.kind
    one = Criterion(standard.name, standard.limit, people.weights, counts[pairs.estate], counts)
    cost, measure = (pairs.walk_dm, "walk_m") if metres else (pairs.walk_cmin, "walk_min")
    return Problem(people, sites, indptr, pairs.venue, cost, measure, (one,), notices)
