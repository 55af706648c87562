"""Where places meet the streets, under a policy of gates and for those who can or cannot use steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from walkshed.walking.direct import DirectWalks, walks_across
from walkshed.walking.layers import layers_of
from walkshed.walls.legs import EITHER, INSIDE, OUTSIDE, at_gates, legs

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from walkshed.streets.network import WalkNetwork
    from walkshed.streets.ties import Points, Ties
    from walkshed.walking.ground import Ground
    from walkshed.walking.layers import Layers, Policy
    from walkshed.walls.legs import Legs
    from walkshed.walls.walls import Walls

_OPENS = {"estate": INSIDE, "street": OUTSIDE}


@dataclass(frozen=True, eq=False)
class Footing:
    """Where walkers of one kind meet the streets: everybody, or those who cannot use steps.

    Attributes
    ----------
    walls
        The streets, with what walls do to them.
    policy
        Who passes gates.
    homes, rooms
        All legs of estates and of venues.
    opens
        For each venue whether it opens to the estate it stands in, to the street, or to what it sees first.
    max_snap_m
        How far a place may lie from its street.
    step_free
        Whether steps, and ways with ``wheelchair=no``, are none of theirs.
    """

    walls: Walls
    policy: Policy
    homes: Legs
    rooms: Legs
    opens: NDArray[np.int8]
    max_snap_m: float
    step_free: bool = False

    @classmethod
    def of(
        cls,
        walls: Walls,
        estates: Points,
        venues: Points,
        *,
        policy: Policy,
        max_snap_m: float,
        opens: NDArray[np.int8],
        from_gates: bool = False,
    ) -> Footing:
        """Tie places to the streets; ``from_gates`` lets estates start at their gates."""
        homes = legs(walls, estates, max_snap_m=max_snap_m)
        if from_gates:
            homes = at_gates(walls, homes, np.ones(estates.n_places, dtype=bool))
        rooms = legs(walls, venues, max_snap_m=max_snap_m, opens=opens)
        return cls(walls, policy, homes, rooms, opens, max_snap_m)

    @property
    def network(self) -> WalkNetwork:
        """The streets."""
        return self.walls.network

    @cached_property
    def estates(self) -> Ties:
        """Where estates touch the streets."""
        return self.homes.under(self.policy)

    @cached_property
    def venues(self) -> Ties:
        """Where venues touch the streets."""
        return self.rooms.under(self.policy)

    @cached_property
    def across(self) -> DirectWalks:
        """The straight walks between places in the same pedestrian area."""
        return walks_across(self.network, self.estates, self.venues)

    @cached_property
    def layers(self) -> Layers:
        """The streets as the policy lets them be walked."""
        return layers_of(self.walls, self.policy, venue_zones=np.unique(self.rooms.home).tolist())

    def under(self, policy: Policy) -> Footing:
        """Return the same places under another policy."""
        return replace(self, policy=policy)

    def to_venues(self, venues: Points, *, opens: NDArray[np.int8]) -> Footing:
        """Return the same estates with other venues."""
        rooms = legs(self.walls, venues, max_snap_m=self.max_snap_m, opens=opens)
        return replace(self, rooms=rooms, opens=opens)

    def without_steps(self) -> Footing:
        """Return the footing of those who cannot use steps: a place at the foot of stairs goes by another street."""
        network, index = self.network, self.network.index_step_free
        made = []
        for own, opens in ((self.homes, None), (self.rooms, self.opens)):
            points = np.zeros(len(own.ties.points.place), dtype=bool)
            points[own.ties.point[~network.edge_step_free[own.ties.edge]]] = True
            points[own.ties.area_point[network.area_steps[own.ties.area]]] = True
            if points.any():
                own = own.tied_again(  # noqa: PLW2901 - the same places, tied otherwise
                    self.walls, points, opens=opens, max_snap_m=self.max_snap_m, index=index
                )
            made.append(own)
        return replace(self, homes=made[0], rooms=made[1], step_free=True)

    @cached_property
    def ground(self) -> Ground:
        """The ground between the streets, from which catchments are drawn."""
        from walkshed.walking.ground import Ground

        index = self.network.index_step_free if self.step_free else self.network.index
        walls = None if self.policy == "open" else self.walls
        return Ground(self.network, max_snap_m=self.max_snap_m, index=index, walls=walls)


def opens_of(venues: gpd.GeoDataFrame) -> NDArray[np.int8]:
    """Return what each venue opens to, from its column ``opens_to`` where there is one."""
    words = venues["opens_to"].tolist() if "opens_to" in venues else [""] * len(venues)
    return np.array([_OPENS.get(str(word), EITHER) for word in words], dtype=np.int8)
