"""Where in an estate people live: its households, and every other count, spread over its buildings."""

from __future__ import annotations

from walkshed.homes.remainder import largest_remainder
from walkshed.homes.spread import Homes, spread

__all__ = ["Homes", "largest_remainder", "spread"]
