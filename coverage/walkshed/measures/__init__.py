"""Measures a planner is asked for: typical walks, floor area, load and room, access ratios, partners, safe tables."""

from __future__ import annotations

from walkshed.measures.allocation import Allocation, allocate
from walkshed.measures.area_walks import area_walks
from walkshed.measures.catchment_ratio import LUO_QI, Gaussian, Steps, cumulative, e2sfca
from walkshed.measures.costs import Costs, Nearest, costs_from, costs_of, nearest_of
from walkshed.measures.detour import Detours, detours
from walkshed.measures.disclosure import SUMMARY, Layout, suppressed, suppressed_change
from walkshed.measures.floor_area import M2_PER_100_HOUSEHOLDS, floor_area
from walkshed.measures.full import with_room
from walkshed.measures.load import nearest_load
from walkshed.measures.of_study import StudyMeasures
from walkshed.measures.pairing import pair_areas
from walkshed.measures.redundancy import Redundancy, redundancy
from walkshed.measures.tiers import TIER_STANDARDS, tiers, tiers_by_unit
from walkshed.measures.typical import typical_walks, weighted_quantile

__all__ = [
    "LUO_QI",
    "M2_PER_100_HOUSEHOLDS",
    "SUMMARY",
    "TIER_STANDARDS",
    "Allocation",
    "Costs",
    "Detours",
    "Gaussian",
    "Layout",
    "Nearest",
    "Redundancy",
    "Steps",
    "StudyMeasures",
    "allocate",
    "area_walks",
    "costs_from",
    "costs_of",
    "cumulative",
    "detours",
    "e2sfca",
    "floor_area",
    "nearest_load",
    "nearest_of",
    "pair_areas",
    "redundancy",
    "suppressed",
    "suppressed_change",
    "tiers",
    "tiers_by_unit",
    "typical_walks",
    "weighted_quantile",
    "with_room",
]
