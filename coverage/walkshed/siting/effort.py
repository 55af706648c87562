"""Effort: the best plan and bound so far, the work done and the limits on it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.progress import silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.errors import Text
    from walkshed.progress import Progress
    from walkshed.siting.exact import Outcome
    from walkshed.siting.proposal import Limits


@dataclass(slots=True)
class Effort:
    """What a search has found so far; it survives an interruption.

    Attributes
    ----------
    sense
        1 where most is sought, -1 where least.
    step
        Two plans differ in value by no less than this (1 where all weights are whole), or 0.
    best, value
        The best plan, as positions in ``Rules.free``, and its value; None and NaN where there is none.
    assigned
        With capacities: the site (problem's number) of each row, -1 for none.
    bound
        Proven.
    impossible
        Proven that there is no plan.
    """

    limits: Limits
    sense: int
    step: float = 0.0
    progress: Progress = silent
    best: NDArray[np.int64] | None = None
    value: float = float("nan")
    assigned: NDArray[np.int64] | None = None
    bound: float = float("nan")
    impossible: bool = False
    by_clock: bool = False
    limited: bool = False
    attainable_share: float = float("nan")
    preventing: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    notes: list[Text] = field(default_factory=list)
    work: dict[str, Any] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.bound = np.inf * self.sense

    def offer(
        self, chosen: NDArray[np.int64], value: float, assigned: NDArray[np.int64] | None = None
    ) -> bool:
        """Keep a plan if it is better than the best; return whether it is."""
        if np.isnan(value) or (not np.isnan(self.value) and (value - self.value) * self.sense <= 0):
            return False
        self.best, self.value, self.assigned = np.sort(chosen), float(value), assigned
        return True

    def prove(self, bound: float) -> None:
        """Keep a bound if it is tighter; one between two possible values is rounded to the possible one."""
        if self.step:
            steps = bound / self.step
            bound = self.step * (np.floor(steps + 1e-6) if self.sense > 0 else np.ceil(steps - 1e-6))
        if (self.bound - bound) * self.sense > 0:
            self.bound = float(bound)

    def proven(self) -> bool:
        """Whether the best plan is known to be within the gap asked for."""
        if np.isnan(self.value):
            return False
        beyond = (self.bound - self.value) * self.sense
        least = 0.999 * self.step if self.step else 1e-9 * max(1.0, abs(self.value))
        return bool(beyond <= max(least, self.limits.gap * abs(self.value)))

    def count(self, **work: float) -> None:
        """Add to the work done."""
        for name, amount in work.items():
            self.work[name] = self.work.get(name, 0) + amount

    @property
    def seconds_left(self) -> float | None:
        """What is left of the time limit; None where there is none."""
        if self.limits.seconds is None:
            return None
        return max(0.0, self.limits.seconds - (time.monotonic() - self.began))

    def out_of_time(self) -> bool:
        """Whether the time limit has been reached; notes it."""
        left = self.seconds_left
        if left is not None and left <= 0:
            self.by_clock = self.limited = True
        return self.by_clock

    def heed(self, outcome: Outcome) -> None:
        """Take over how a run of the solver ended.

        Raises
        ------
        KeyboardInterrupt
            It was interrupted.
        """
        self.count(nodes=outcome.nodes, simplex_iterations=outcome.iterations)
        self.by_clock = self.by_clock or outcome.by_clock
        self.limited = self.limited or outcome.ending == "limit"
        if outcome.ending == "interrupted":
            raise KeyboardInterrupt


def step_of(weights: NDArray[np.float64]) -> float:
    """Return the greatest number of which all weights are multiples, 0 where they are not whole."""
    whole = weights[weights > 0]
    if not len(whole) or (whole != np.rint(whole)).any() or whole.max() > 2**53:
        return 0.0
    return float(np.gcd.reduce(whole.astype(np.int64)))
