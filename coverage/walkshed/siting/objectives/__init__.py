"""What is sought: one of four objectives, each with its model as a formula."""

from __future__ import annotations

from walkshed.siting.objectives.goals import OBJECTIVES, Lscp, Mclp, Objective, PCenter, PMedian, objective_of

__all__ = ["OBJECTIVES", "Lscp", "Mclp", "Objective", "PCenter", "PMedian", "objective_of"]
