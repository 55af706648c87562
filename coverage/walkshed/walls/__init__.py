"""Gated estates: boundaries, the walls they make, the gates in them, and what they do to the streets."""

from walkshed.walls.walls import Walls, build_walls

__all__ = ["Walls", "build_walls"]
