"""Local search: one site out, another in, as long as it gains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.siting.greedy import covers_enough

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.siting.reduce import Covering
    from walkshed.siting.rules import Rules

TABLE = 30_000_000
"""The table of swaps (out × in) has at most so many cells; beyond, only the sites that cover most may come in."""
REFRESH = 256
"""After so many swaps the sums are made anew, so that rounding does not add up."""


class CoverSwaps:
    """The gains of every swap, kept up to date (vertex substitution [1]_, with incremental gains as in [2]_).

    ``change[i, j]`` is what coverage changes when the site in slot i goes and site j comes: gain[j] - loss[i]
    + both[i, j], where both mends what the two have in common. The last slot is empty: a site comes, none goes.

    References
    ----------
    .. [1] M. B. Teitz, P. Bart, "Heuristic methods for estimating the generalized vertex median of a weighted
       graph", *Operations Research* 16(5), 1968, 955-961.
    .. [2] M. G. C. Resende, R. F. Werneck, "A fast swap-based local search procedure for location problems",
       *Annals of Operations Research* 150, 2007, 205-230.
    """

    def __init__(
        self, problem: Covering, rules: Rules, mask: NDArray[np.bool_], wanted: NDArray[np.float64]
    ) -> None:
        self.problem, self.rules, self.wanted = problem, rules, wanted
        self.mask = mask.copy()
        self.slots = np.append(np.flatnonzero(mask), -1)
        sites = len(mask)
        width = max(1, TABLE // len(self.slots))
        total = np.bincount(
            problem.by_site.row_of_entries(), weights=problem.weight[problem.by_site.indices], minlength=sites
        )
        self.incoming = np.sort(np.argsort(-total, kind="stable")[:width])
        self.column = np.full(sites, -1, dtype=np.int64)
        self.column[self.incoming] = np.arange(len(self.incoming))
        self.refresh()

    def refresh(self) -> None:
        """Make all sums anew."""
        self.count = np.zeros(len(self.problem.weight), dtype=np.int64)
        for j in self.slots[:-1]:
            self.count[self.problem.by_site.of(int(j))] += 1
        self.slot = np.full(len(self.mask), -1, dtype=np.int64)
        self.slot[self.slots[:-1]] = np.arange(len(self.slots) - 1)
        width = len(self.incoming)
        self.gain, self.loss = np.zeros(width), np.zeros(len(self.slots))
        self.both = np.zeros((width, len(self.slots)))  # incoming × slots: an offer reads a row
        self._account(np.arange(len(self.count)), 1.0)

    def _account(self, rows: NDArray[np.int64], sign: float) -> None:
        """Add what some rows contribute to the sums, or take it away."""
        problem = self.problem
        short = problem.need[rows] - self.count[rows]
        rows, short = rows[(short == 0) | (short == 1)], short[(short == 0) | (short == 1)]
        if not len(rows):
            return
        at = problem.by_row.entries(rows)
        site = problem.by_row.indices[at].astype(np.int64)
        owner = np.repeat(np.arange(len(rows)), problem.by_row.lengths(rows))
        weight = sign * problem.weight[rows]
        column = self.column[site]
        into = (column >= 0) & (short[owner] == 1)
        self.gain += np.bincount(column[into], weights=weight[owner[into]], minlength=len(self.gain))
        out = self.slot[site] >= 0
        held, held_row = self.slot[site[out]], owner[out]
        going = short[held_row] == 0
        self.loss += np.bincount(held[going], weights=weight[held_row[going]], minlength=len(self.loss))
        # pairs of a chosen and an incoming site on one row
        degree = np.bincount(owner[column >= 0], minlength=len(rows))
        first = np.concatenate([[0], np.cumsum(degree)[:-1]])
        columns = column[column >= 0]
        length = degree[held_row]
        which = np.repeat(np.arange(len(held)), length)
        inside = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
        cell = columns[first[held_row[which]] + inside] * len(self.slots) + held[which]
        worth = np.where(short == 0, weight, -weight)[held_row[which]]
        if len(cell) * 4 < self.both.size:
            np.add.at(self.both.reshape(-1), cell, worth)
        else:
            self.both += np.bincount(cell, weights=worth, minlength=self.both.size).reshape(self.both.shape)

    def best(self) -> tuple[float, int, int]:
        """Return the best swap that keeps to the rules: its gain, the slot and the incoming site."""
        change = self.both - self.loss  # incoming × slots
        change += self.gain[:, None]
        there = self.column[self.slots[:-1]]
        change[there[there >= 0]] = -np.inf
        change[:, :-1][:, self.rules.fixed[self.slots[:-1]]] = -np.inf
        if self.mask.sum() >= self.rules.p:
            change[:, -1] = -np.inf
        for amount, total in self.rules.purses:
            leaving = np.append(amount[self.slots[:-1]], 0.0)
            spent = leaving.sum() - leaving + amount[self.incoming][:, None]
            change[spent > total * (1 + 1e-12)] = -np.inf
        if len(self.rules.clashes):
            change[~self._apart().T] = -np.inf
        checked = bool(self.rules.floors or self.rules.excluded or self.rules.shares)
        for _attempt in range(50 if checked else 1):
            column, slot = divmod(int(np.argmax(change)), change.shape[1])
            gain, j = float(change[column, slot]), int(self.incoming[column])
            if not checked or gain <= 0 or self._kept(slot, j):
                return gain, slot, j
            change[column, slot] = -np.inf
        return -np.inf, 0, 0

    def _apart(self) -> NDArray[np.bool_]:
        """Whether the incoming site keeps its distance once the slot's site has gone; bool[slots, incoming]."""
        near = np.zeros((len(self.slots), len(self.mask)), dtype=bool)
        a, b = self.rules.clashes.T
        for mine, other in ((a, b), (b, a)):
            chosen = self.slot[mine] >= 0
            near[self.slot[mine[chosen]], other[chosen]] = True
        total = near.sum(axis=0)
        return np.asarray((total - near)[:, self.incoming] == 0)

    def _kept(self, slot: int, j: int) -> bool:
        mask, count = self.mask.copy(), self.count.copy()
        out = int(self.slots[slot])
        if out >= 0:
            mask[out] = False
            count[self.problem.by_site.of(out)] -= 1
        mask[j] = True
        count[self.problem.by_site.of(j)] += 1
        return self.rules.allows(mask) and covers_enough(
            self.problem, count, target=-np.inf, wanted=self.wanted
        )

    def swap(self, slot: int, j: int) -> None:
        """Let the site in a slot go (none if it is the empty one) and ``j`` come."""
        out = int(self.slots[slot])
        if out < 0:
            self.mask[j] = True
            self.slots = np.append(np.flatnonzero(self.mask), -1)
            self.refresh()
            return
        gone, come = self.problem.by_site.of(out), self.problem.by_site.of(j)
        # a row that both cover is as often covered as before, and from the same slot: its sums stay
        rows = np.setxor1d(gone, come, assume_unique=True).astype(np.int64)
        self._account(rows, -1.0)
        self.count[gone] -= 1
        self.count[come] += 1
        self.mask[out], self.mask[j] = False, True
        self.slots[slot], self.slot[out], self.slot[j] = j, -1, slot
        # the new site's row of the table is of its own rows only: the others' parts have gone with the old one
        self._account(rows, 1.0)

    @property
    def value(self) -> float:
        """The demand covered, beyond what is covered anyway."""
        return float(self.problem.weight[self.count >= self.problem.need].sum())


def improve_cover(
    problem: Covering,
    rules: Rules,
    mask: NDArray[np.bool_],
    *,
    swaps: int,
    wanted: NDArray[np.float64],
) -> tuple[NDArray[np.bool_], int]:
    """Swap while it gains; return the sites and how many swaps were made.

    Never worse than what it starts from.
    """
    if not len(mask) or not len(problem.weight):
        return mask, 0
    state = CoverSwaps(problem, rules, mask, wanted)
    least = 1e-9 * max(1.0, float(problem.weight.sum()))
    for done in range(swaps):
        gain, slot, j = state.best()
        if gain <= least:
            return state.mask, done
        state.swap(slot, j)
        if done % REFRESH == REFRESH - 1:
            state.refresh()
    return state.mask, swaps
