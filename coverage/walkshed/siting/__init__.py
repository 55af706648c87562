"""Where to build next: siting proposals with a value, a bound and a gap."""

from __future__ import annotations

from walkshed.siting.constraints import (
    Backup,
    Budget,
    Capacity,
    CommunityShare,
    Constraint,
    Fixed,
    FloorArea,
    Forbidden,
    NewSites,
    NotThese,
    PlannedBy,
    Spacing,
    Subsidy,
)
from walkshed.siting.objectives import Lscp, Mclp, Objective, PCenter, PMedian
from walkshed.siting.problem import Criterion, Problem
from walkshed.siting.proposal import Limits, Proposal
from walkshed.siting.solve import evaluate, solve
from walkshed.siting.sources import from_access, from_costs
from walkshed.siting.street_sources import from_streets
from walkshed.siting.tables import Demand, Sites

__all__ = [
    "Backup",
    "Budget",
    "Capacity",
    "CommunityShare",
    "Constraint",
    "Criterion",
    "Demand",
    "Fixed",
    "FloorArea",
    "Forbidden",
    "Limits",
    "Lscp",
    "Mclp",
    "NewSites",
    "NotThese",
    "Objective",
    "PCenter",
    "PMedian",
    "PlannedBy",
    "Problem",
    "Proposal",
    "Sites",
    "Spacing",
    "Subsidy",
    "evaluate",
    "from_access",
    "from_costs",
    "from_streets",
    "solve",
]
