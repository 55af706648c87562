"""Planners' tables: estates, venues and gates, read from the files as they are really sent."""

from __future__ import annotations

from walkshed.tables.estates import read_estates
from walkshed.tables.gates import read_gates
from walkshed.tables.templates import write_templates
from walkshed.tables.venues import read_venues

__all__ = ["read_estates", "read_gates", "read_venues", "write_templates"]
