"""Annealing: swaps at random, losses too while it is hot, for large coverings where any p sites are a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.siting.local_search import TABLE
from walkshed.siting.reduce import columns_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.siting.effort import Effort
    from walkshed.siting.reduce import Covering
    from walkshed.siting.rules import Rules

HOT, COLD = 0.06, 0.008
"""Temperatures in the beginning and the end, as shares of what a chosen site covers on average: cooled slowly from where
sites wander, and once, which is better than shorter rounds."""
REFRESH = 2_048
"""After so many swaps the sums are made anew, so that rounding does not add up."""
LIKED = 4_000
"""At most so many sites are offered, those that are liked most."""
TOGETHER = 16
"""So many offers are looked at together."""
TWICE = -1
"""The owner of a row that more than one chosen site covers."""


class Slots:
    """The gains of every swap where one site is enough for a row, kept up to date.

    A row that one chosen site covers is owned by that site's slot, one that none covers by the slot after the last.
    ``table[j, s]`` is the demand that the incoming site j covers and slot s owns: j for the site in slot s gains
    table[j, s] + table[j, none] - loss[s], with ``loss`` all that a slot owns.
    """

    def __init__(self, problem: Covering, mask: NDArray[np.bool_], incoming: NDArray[np.int64]) -> None:
        self.problem, self.incoming = problem, incoming
        self.mask, self.slots = mask.copy(), np.flatnonzero(mask)
        self.none = len(self.slots)
        self.near = columns_of(problem.by_row, incoming)
        self.marked = np.zeros(len(problem.weight), dtype=bool)
        self.refresh()

    def refresh(self) -> None:
        """Make all sums anew."""
        chosen = self.problem.by_site.take(self.slots)
        rows, size = len(self.problem.weight), len(self.incoming)
        self.count = np.bincount(chosen.indices, minlength=rows)
        self.sum = np.zeros(
            rows, dtype=np.int64
        )  # of the slots that cover a row: the owner's where there is one
        np.add.at(self.sum, chosen.indices, chosen.row_of_entries())
        owner = self.owner(np.arange(rows))
        once = owner != TWICE
        self.loss = np.bincount(owner[once], weights=self.problem.weight[once], minlength=self.none + 1)
        entry = np.repeat(owner, self.near.degree)
        weight = np.repeat(self.problem.weight, self.near.degree)
        here = entry != TWICE
        cell = self.near.indices[here].astype(np.int64) * (self.none + 1) + entry[here]
        table = np.bincount(cell, weights=weight[here], minlength=size * (self.none + 1))
        self.table = table.reshape(size, self.none + 1)

    def owner(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the slot that owns each of some rows."""
        count = self.count[rows]
        return np.where(count == 1, self.sum[rows], np.where(count == 0, self.none, TWICE))

    def offers(
        self, columns: NDArray[np.int64], held: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the best slot for each of some incoming sites, and what the swap gains."""
        change = self.table[columns]
        gain = change[:, self.none].copy()
        change -= self.loss
        change[:, held] = -np.inf
        slots = np.argmax(change, axis=1)
        return slots, change[np.arange(len(columns)), slots] + gain

    def swap(self, slot: int, j: int) -> None:
        """Let the site in a slot go and site ``j`` come."""
        out = int(self.slots[slot])
        gone, come = self.problem.by_site.of(out), self.problem.by_site.of(j)
        self.marked[come] = True
        less = gone[~self.marked[gone]]
        self.marked[come] = False
        self.marked[gone] = True
        more = come[~self.marked[come]]
        self.marked[gone] = False
        # a row that both cover is as often covered as before, and from the same slot
        rows = np.concatenate([less, more]).astype(np.int64)
        before = self.owner(rows)
        self.count[less] -= 1
        self.sum[less] -= slot
        self.count[more] += 1
        self.sum[more] += slot
        after = self.owner(rows)
        self.mask[out], self.mask[j], self.slots[slot] = False, True, j
        for owner, sign in ((before, -1.0), (after, 1.0)):
            self._move(rows, owner, sign)

    def _move(self, rows: NDArray[np.int64], owner: NDArray[np.int64], sign: float) -> None:
        """Add rows to what slots own, or take them away."""
        once = owner != TWICE
        rows, owner = rows[once], owner[once]
        weight = sign * self.problem.weight[rows]
        self.loss += np.bincount(owner, weights=weight, minlength=self.none + 1)
        length = self.near.lengths(rows)
        cell = self.near.indices[self.near.entries(rows)] * np.int64(self.none + 1) + np.repeat(owner, length)
        np.add.at(self.table.reshape(-1), cell, np.repeat(weight, length))

    @property
    def value(self) -> float:
        """The demand covered, beyond what is covered anyway."""
        return float(self.problem.weight[self.count > 0].sum())


def anneal_cover(
    problem: Covering,
    rules: Rules,
    mask: NDArray[np.bool_],
    *,
    liking: NDArray[np.float64],
    effort: Effort,
) -> tuple[NDArray[np.bool_], int]:
    """Swap at random, losses too while it is hot (simulated annealing [1]_); return the best sites met and the swaps.

    Never worse than what it begins with. With the gains of all swaps at hand an offer that is not taken costs next to nothing. Only for plans where
    p and fixed sites are the only rules and one site is enough for a row.

    Parameters
    ----------
    liking
        How likely each site is to be offered, e.g. its share in the relaxation.

    References
    ----------
    .. [1] S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, "Optimization by simulated annealing", *Science* 220, 1983,
       671-680.
    """
    offers = effort.limits.offers
    most = max(1, min(LIKED, TABLE // (int(mask.sum()) + 1)))
    liked = np.sort(np.argsort(-liking, kind="stable")[:most])
    liked = liked[(liking[liked] > 0) & ~rules.fixed[liked]]
    if not offers or not len(liked) or not mask.any():
        return mask, 0
    random = np.random.default_rng(0)  # a fixed seed: the same run finds the same plan
    state = Slots(problem, mask, liked)
    best, top = mask, state.value
    chance = np.cumsum(liking[liked])
    offered = np.searchsorted(chance, random.random(offers) * chance[-1]).clip(max=len(liked) - 1)
    heat = np.geomspace(HOT, COLD, offers + 1)[:-1]
    least = np.log(random.random(offers)) * heat * (top / int(mask.sum()))
    held = np.append(rules.fixed[state.slots], True)
    current, done, turn = top, 0, 0
    while turn < offers:
        # until one is taken nothing changes: some are looked at together
        some = offered[turn : turn + TOGETHER]
        slots, gained = state.offers(some, held)
        taken = (gained > least[turn : turn + TOGETHER]) & ~state.mask[liked[some]]
        first = int(np.argmax(taken))
        if not taken[first]:
            turn += len(some)
            continue
        turn += first + 1
        state.swap(int(slots[first]), int(liked[some[first]]))
        current, done = current + float(gained[first]), done + 1
        if current > top:
            best, top = state.mask.copy(), current
        if done % REFRESH == 0:
            if effort.out_of_time():
                break
            state.refresh()
            current = state.value
    return best, done
