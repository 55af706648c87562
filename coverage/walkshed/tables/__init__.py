"""Planners' tables: estates, venues, gates, buildings and checks, read from the files as they are really sent."""

from __future__ import annotations

from walkshed.tables.buildings import read_buildings
from walkshed.tables.checks import read_checks
from walkshed.tables.estates import read_estates
from walkshed.tables.gates import read_gates
from walkshed.tables.rooms import read_rooms
from walkshed.tables.templates import write_templates
from walkshed.tables.venues import read_venues

__all__ = [
    "read_buildings",
    "read_checks",
    "read_estates",
    "read_gates",
    "read_rooms",
    "read_venues",
    "write_templates",
]
