"""What walking along each edge costs a walker: in metres, or in the metres on the level that take as long.

Searches count in *level metres*: a metre of an edge that is walked at half of the level speed costs two, and a
wait of ten seconds costs what the walker would do in ten seconds. Off the streets a metre costs one. So minutes
are always level metres divided by the level speed, and a walker whose minutes are speed alone needs no search
but the one in metres.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from walkshed.streets.rules import (
    CROSSING,
    DOWN,
    KIND_CODE,
    LIFT,
    NO_INCLINE,
    OPEN_GATE,
    SHUT,
    SIGNALS,
    UP,
    on_foot,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from walkshed.profiles import Profile
    from walkshed.streets.network import WalkNetwork
    from walkshed.walking.slope import Terrain

    Floats = NDArray[np.float64]

_GATES = (OPEN_GATE, *SHUT)


@dataclass(frozen=True, eq=False)
class Pace:
    """Costs in level metres.

    Attributes
    ----------
    forward, backward : float64, one per edge
        Cost of a metre from u to v, and from v to u; infinite where the walker cannot go. One-way ways are not
        looked at here.
    at_u, at_v : float64, one per edge
        What leaving or entering the edge over that end costs besides.
    """

    forward: Floats
    backward: Floats
    at_u: Floats
    at_v: Floats

    @cached_property
    def least(self) -> float:
        """The cheapest metre anywhere: a walk that costs ``c`` is no longer than ``c / least`` metres."""
        costs = np.concatenate([self.forward, self.backward])
        return float(min(1.0, costs.min(initial=1.0)))


def metres_pace(network: WalkNetwork, *, step_free: bool = False) -> Pace:
    """Return the pace that counts metres.

    Parameters
    ----------
    network
        The streets.
    step_free
        Whether steps, and ways with ``wheelchair=no``, cannot be used.
    """
    cost = np.ones(network.n_edges)
    if step_free:
        cost[~network.edge_step_free] = np.inf
    nothing = np.zeros(network.n_edges)
    return Pace(cost, cost, nothing, nothing)


def level_pace(network: WalkNetwork, profile: Profile, *, terrain: Terrain | None = None) -> Pace:
    """Return the pace that counts a walker's time, as the metres he would do in it on the level.

    Parameters
    ----------
    network
        The streets.
    profile
        Who walks.
    terrain
        Heights, for a profile with a slope; without, or where it knows none, all is level.
    """
    pace = metres_pace(network, step_free=profile.step_free)
    if terrain is not None and profile.slope is not None:
        pace = _sloped(pace, network, *terrain.costs(profile.slope))
    at_u, at_v = _waits(network, profile)
    return replace(_on_stairs(pace, network, profile), at_u=at_u, at_v=at_v)


def _sloped(pace: Pace, network: WalkNetwork, up: Floats, down: Floats) -> Pace:
    lift = network.edge_kind == KIND_CODE["elevator"]
    ahead, back = np.where(lift, 1.0, up), np.where(lift, 1.0, down)
    return replace(pace, forward=pace.forward * ahead, backward=pace.backward * back)


def _on_stairs(pace: Pace, network: WalkNetwork, profile: Profile) -> Pace:
    """Put in the speeds along steps; of steps that do not say which way they lead, the slower both ways."""
    if profile.stairs_up_mps is None and profile.stairs_down_mps is None:
        return pace
    level = profile.speed_mps
    up, down = level / (profile.stairs_up_mps or level), level / (profile.stairs_down_mps or level)
    cost = {NO_INCLINE: (max(up, down), max(up, down)), UP: (up, down), DOWN: (down, up)}
    forward, backward = pace.forward.copy(), pace.backward.copy()
    steps = network.edge_kind == KIND_CODE["steps"]
    for incline, (ahead, back) in cost.items():
        here = steps & (network.edge_incline == incline)
        forward[here & np.isfinite(forward)] = ahead
        backward[here & np.isfinite(backward)] = back
    return replace(pace, forward=forward, backward=backward)


def _waits(network: WalkNetwork, profile: Profile) -> tuple[Floats, Floats]:
    """Return the waits at both ends of each edge: half of a crossing's, a gate's or a lift's at each end.

    A crossing makes those wait who meet it on a way for walkers: from one over the road to the other is twice
    half, from the road into one is half, along the road is nothing. A lift drawn as a way takes its whole time
    between its two ends, and its node then none.
    """
    second = profile.speed_mps / 2  # half of a second's wait, in level metres
    gate = np.where(np.isin(network.node_barrier, _GATES), profile.gate_s, 0.0)
    crossing = np.zeros(network.n_nodes)
    for code, wait in ((CROSSING, profile.crossing_s), (SIGNALS, profile.signal_s), (LIFT, profile.lift_s)):
        crossing[network.node_crossing == code] = wait
    footway = on_foot(network.edge_code)
    lift = network.edge_kind == KIND_CODE["elevator"]
    shaft = np.zeros(network.n_nodes, dtype=bool)
    shaft[network.edge_u[lift]] = shaft[network.edge_v[lift]] = True
    crossing[shaft & (network.node_crossing == LIFT)] = 0.0
    ends = []
    for node in (network.edge_u, network.edge_v):
        seconds = gate[node] + np.where(footway, crossing[node], 0.0) + np.where(lift, profile.lift_s, 0.0)
        ends.append(np.asarray(seconds * second, dtype=np.float64))
    return ends[0], ends[1]
