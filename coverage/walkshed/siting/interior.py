"""Interior: the linear relaxation of a large covering, with cuts, by an interior point method made for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

STEPS = 60
"""At most so many steps; 15 to 25 are the rule."""
SHORTER = 0.995
"""Of the way to the boundary, so much is gone."""


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """What the interior point method found.

    Attributes
    ----------
    x
        How much of each site; float64[sites].
    u
        Multipliers of z_i ≤ Σ x_j; float64[rows].
    v
        Multipliers of the cuts; float64[cuts].
    steps
        How many were made.
    """

    x: Vector
    u: Vector
    v: Vector
    steps: int


@dataclass(frozen=True, slots=True, eq=False)
class Relaxation:
    """max Σ w_i z_i with z ≤ A x, Z z ≤ 1 + G x, Σ x ≤ p, 0 ≤ x, z ≤ 1.

    Attributes
    ----------
    near
        A: which sites cover which rows; scipy CSR, every row has an entry.
    weight
        w; float64[rows].
    p
        So many sites.
    among, worth
        Z (cuts × rows) and G (cuts × sites), scipy CSR.
    """

    near: Any
    weight: Vector
    p: float
    among: Any
    worth: Any


def relax_cover(
    program: Relaxation, *, start: Vector, tolerance: float, stop: Callable[[], bool] = lambda: False
) -> Relaxed:
    """Solve the relaxation nearly: a primal-dual predictor-corrector method [1]_ from a point that is feasible.

    Every row has its own z, so that z is eliminated and a dense system as wide as there are sites is left (and one as
    wide as there are cuts); a general solver does not see that. Nothing has to be exact: x says where to cut and which
    sites to try, and any multipliers give a valid bound (:func:`walkshed.siting.bounds.cut_bound`).

    Parameters
    ----------
    start
        Multipliers to start from; float64[rows].
    tolerance
        Enough when primal and dual value differ by this share.
    stop
        Asked before each step.

    References
    ----------
    .. [1] S. Mehrotra, "On the implementation of a primal-dual interior point method", *SIAM Journal on
       Optimization* 2(4), 1992, 575-601.
    """
    rows, sites = program.near.shape
    if not rows:
        return Relaxed(np.zeros(sites), np.zeros(0), np.zeros(program.among.shape[0]), 0)
    steps, least = 0, np.inf
    point = _Point(program, start)
    best = point.q
    for _step in range(STEPS):
        primal, dual = point.values()
        if not np.isfinite(dual) or stop():
            break
        if dual < least:
            least, best = dual, point.q
        if dual - primal <= tolerance * abs(dual) or not point.step():
            break
        steps += 1
    u, v = point.parts(best)[4:6]
    return Relaxed(point.x, u, v, steps)


class _Point:
    """A primal and dual point: slacks P ≥ 0 and multipliers Q ≥ 0 in pairs, P·Q → 0.

    In the order x, 1 - x, z, 1 - z, A x - z, 1 + G x - Z z, p - Σ x; Q's last three parts are u, v and the price of a site.
    """

    def __init__(self, program: Relaxation, start: Vector) -> None:
        self.program = program
        self.turned, self.among_t, self.worth_t = (
            one.T.tocsr() for one in (program.near, program.among, program.worth)
        )
        n, k = program.near.shape
        weight, cuts = program.weight, program.among.shape[0]
        self.x = np.full(k, min(0.5, 0.9 * program.p / k))
        self.z = 0.3 * np.minimum(1.0, program.near @ self.x)
        self.p = self.slacks(self.x, self.z, 1.0, program.p)
        u, v = np.clip(start, 0.05 * weight, 0.95 * weight), np.full(cuts, 0.05 * float(weight.mean()))
        worth = self.turned @ u + self.worth_t @ v
        price = float(np.sort(worth)[-min(k, max(1, int(program.p)))])
        over, short = price - worth, u + self.among_t @ v - weight
        low_x, low_z = 0.05 * price * program.p / k + 1e-9, 0.05 * float(weight.mean())
        self.q = np.concatenate([
            np.maximum(over, 0) + low_x, np.maximum(-over, 0) + low_x,
            np.maximum(short, 0) + low_z, np.maximum(-short, 0) + low_z, u, v, [max(price, low_x)],
        ])  # fmt: skip
        self.ends = np.cumsum([k, k, n, n, n, cuts])

    def slacks(self, x: Vector, z: Vector, one: float, most: float) -> Vector:
        """Return all slacks of a point, or (``one`` and ``most`` 0) how they change along a direction."""
        program = self.program
        return np.concatenate([
            x, one - x, z, one - z, program.near @ x - z, one + program.worth @ x - program.among @ z, [most - x.sum()],
        ])  # fmt: skip

    def parts(self, vector: Vector) -> list[Vector]:
        """Return the seven parts of a vector of slacks or multipliers."""
        return np.split(vector, self.ends)

    def values(self) -> tuple[float, float]:
        """Return the value of the primal point, and the bound that the multipliers give."""
        program = self.program
        u, v = self.parts(self.q)[4:6]
        worth = np.sort(self.turned @ u + self.worth_t @ v)[::-1][: int(program.p)]
        rest = np.maximum(0.0, program.weight - u - self.among_t @ v).sum()
        return float(program.weight @ self.z), float(rest + v.sum() + np.maximum(worth, 0.0).sum())

    def step(self) -> bool:
        """Make a step; return whether there was a way to go."""
        from scipy.linalg import LinAlgError

        try:
            self.factor()
        except (LinAlgError, ValueError):
            return False
        mean = float(self.p @ self.q) / len(self.p)
        go, gone = self.direction(-self.p * self.q)
        a, b = _longest(self.p, go), _longest(self.q, gone)
        centre = float((self.p + a * go) @ (self.q + b * gone)) / len(self.p)
        go, gone = self.direction((centre / mean) ** 3 * mean - self.p * self.q - go * gone)
        a, b = SHORTER * _longest(self.p, go), SHORTER * _longest(self.q, gone)
        if not (np.isfinite(go).all() and np.isfinite(gone).all()) or max(a, b) < 1e-6:
            return False
        parts = self.parts(go)
        self.x, self.z = self.x + a * parts[0], self.z + a * parts[2]
        self.p, self.q = self.p + a * go, self.q + b * gone
        return True

    def factor(self) -> None:
        """Factor the system of this point: first of the cuts, then of the sites."""
        from scipy import sparse
        from scipy.linalg import cho_factor, cholesky, solve_triangular
        from scipy.linalg.blas import dsyrk

        program = self.program
        over = self.parts(self.q / self.p)
        self.d, self.e, self.c = over[4], over[2] + over[3] + over[4], over[5]
        tight = sparse.diags(self.d * (over[2] + over[3]) / self.e)
        system = (self.turned @ tight @ program.near).toarray()
        system += over[6]
        system[np.diag_indices_from(system)] += over[0] + over[1]
        if len(self.c):
            self.k = (program.worth - program.among @ sparse.diags(self.d / self.e) @ program.near).toarray()
            cuts = (program.among @ sparse.diags(1 / self.e) @ self.among_t).toarray()
            cuts[np.diag_indices_from(cuts)] += 1 / self.c
            self.of_cuts = cholesky(cuts, lower=True, overwrite_a=True)
            half = solve_triangular(self.of_cuts, self.k, lower=True)
            system += dsyrk(1.0, half, trans=1, lower=1)  # the lower half, which is all that is read
        self.of_sites = cho_factor(system, lower=True, overwrite_a=True)

    def direction(self, wanted: Vector) -> tuple[Vector, Vector]:
        """Return how P and Q change so that P·Q changes by ``wanted``, and the constraints still hold."""
        from scipy.linalg import cho_solve

        program = self.program
        part = self.parts(wanted / self.p)
        price = part[6][0]
        held = (part[2] - part[3] - part[4]) / self.e
        right = part[0] - part[1] + self.turned @ (part[4] + self.d * held) - price
        if len(self.c):
            first = cho_solve((self.of_cuts, True), part[5] / self.c + program.among @ held)
            right = right + self.k.T @ first
        x = cho_solve(self.of_sites, right)
        z = held + self.d * (program.near @ x) / self.e
        if len(self.c):
            v = first - cho_solve((self.of_cuts, True), self.k @ x)
            z = z - (self.among_t @ v) / self.e
        go = self.slacks(x, z, 0.0, 0.0)
        return go, (wanted - self.q * go) / self.p


def _longest(at: Vector, direction: Vector) -> float:
    """Return how far one can go until something is zero, at most 1."""
    down = direction < 0
    return min(1.0, float((-at[down] / direction[down]).min(initial=1.0)))
