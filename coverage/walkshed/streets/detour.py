"""Short walks on the network: how far it is today to what lies across a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.kernel.search import Arcs, Lists, Reach

if TYPE_CHECKING:
    from walkshed.streets.network import WalkNetwork

FAR_M = 500.0
"""Walks longer than this are not looked for: the gap matters whatever they are."""


class LocalWalks:
    """Walks around a node, blind to gates and directions.

    Parameters
    ----------
    network
        The streets.
    """

    def __init__(self, network: WalkNetwork) -> None:
        from scipy.sparse import csr_array

        self._network = network
        n, here = network.n_nodes, np.concatenate([network.edge_u, network.edge_v])
        arcs = Lists(
            here, np.concatenate([network.edge_v, network.edge_u]), np.tile(network.edge_length_m, 2), n
        )
        every = np.arange(n)
        self._reach = Reach(
            Arcs(csr_array((arcs.metres, arcs.number, arcs.first), shape=(n, n))),
            Lists(every, every, np.zeros(n), n), FAR_M,
        )  # fmt: skip

    def metres(self, node: int, edge: int, share: float) -> float:
        """Return the walk from a node to a place that share (0..1) of an edge from its u; NaN beyond 500 m."""
        network = self._network
        self._reach.search(node)
        length, away = float(network.edge_length_m[edge]), self._reach.metres
        over_u, over_v = away[network.edge_u[edge]], away[network.edge_v[edge]]
        metres = min(over_u + share * length, over_v + (1 - share) * length)
        return float(metres) if metres <= FAR_M else float("nan")
