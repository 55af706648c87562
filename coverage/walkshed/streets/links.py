"""Opening and closing streets of a network: by a point on a street or gate, or by a line along a street."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.errors import Text
from walkshed.streets.rules import (
    CLOSED_GATE,
    KINDS,
    NO_BARRIER,
    OPEN_GATE,
    PASSABLE,
    PRIVATE_GATE,
    SHUT,
    WALL,
)

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from walkshed.streets.patch import Patch

LINK_M = 10.0
"""How far a point may stand from the street or gate it means."""

ALONG_M = 3.0
"""How far a line may run beside the street it means."""

_JUNCTION_M = 0.5
_PART_M = 10.0
_STUB_M = 1.0
_PRIVATE_BIT = 1 << 7
_GATES = (OPEN_GATE, PRIVATE_GATE, PASSABLE)

Said = list[tuple[str, Text]]
"""What is to be said of each link, by code."""


def switch(patch: Patch, links: gpd.GeoDataFrame) -> tuple[dict[str, int], list[tuple[int, str, Text]]]:
    """Open and close what links say.

    ``close`` with a point shuts the gate within :data:`LINK_M`, else cuts the nearest street there as a wall does;
    with a line it removes the streets along it. ``open`` with a point opens the shut gates or the wall within
    reach, else makes the nearest private street public; with a line it does that to every gate, wall and
    private street along it.

    Parameters
    ----------
    links
        Points and LineStrings (EPSG:4326) with ``action`` and ``row``.

    Returns
    -------
    tuple
        Counts (streets_closed, streets_opened, gates_closed, gates_opened), and for each link what is to be said
        of it: its row, a code (``repairs.closed``, ``repairs.opened``, ``repairs.no_street``,
        ``repairs.junction``, ``repairs.no_effect``) and a sentence.
    """
    import shapely

    switcher = _Switcher(patch)
    said: list[tuple[int, str, Text]] = []
    shapes = np.asarray(links.geometry.array, dtype=object)
    actions = [str(action) for action in links["action"]]
    words = shapely.to_wkb(shapes, byte_order=0)
    for n in sorted(range(len(links)), key=lambda n: (actions[n], words[n])):
        done = switcher.turn(shapes[n], close=actions[n] == "close")
        said.extend((int(links["row"].iloc[n]), code, text) for code, text in done)
    return switcher.counts, sorted(said, key=lambda one: one[0])


class _Switcher:
    """Opens and closes in local metres."""

    def __init__(self, patch: Patch) -> None:
        import shapely

        self.patch, self.network, self.index = patch, patch.network, patch.network.index
        network = self.network
        drawn = [KINDS.index(kind) for kind in ("crossing_area", "gate_link") if kind in KINDS]
        self.streets = np.flatnonzero(~np.isin(network.edge_kind, drawn))
        self.tree = shapely.STRtree(self.index.lines[self.streets])
        self.barriers = np.flatnonzero(network.node_barrier != NO_BARRIER)
        self.at = np.column_stack(
            self.index.project(network.node_lon[self.barriers], network.node_lat[self.barriers])
        ).reshape(-1, 2)
        self.degree = np.bincount(np.concatenate([network.edge_u, network.edge_v]), minlength=network.n_nodes)
        self.counts = dict.fromkeys(("streets_closed", "streets_opened", "gates_closed", "gates_opened"), 0)

    def turn(self, shape: Any, *, close: bool) -> Said:
        """Open or close at one point or along one line (degrees)."""
        import shapely

        here = shapely.transform(shape, lambda at: np.column_stack(self.index.project(at[:, 0], at[:, 1])))
        if here.geom_type == "Point":
            return self._close_at(here) if close else self._open_at(here)
        return self._close_along(here) if close else self._open_along(here)

    def _close_at(self, point: Any) -> Said:
        gate = self._gate(point, _GATES)
        if gate is not None:
            self.patch.set_barrier(gate, CLOSED_GATE)
            self.counts["gates_closed"] += 1
            return [("repairs.closed", Text("the gate there is closed", "该处的门已关闭"))]
        edge, away = self._street(point)
        if away > LINK_M:
            return [_no_street(away)]
        share, ends_m = self._foot(edge, point)
        u, v = int(self.network.edge_u[edge]), int(self.network.edge_v[edge])
        if any(
            metres <= _JUNCTION_M and self.degree[node] > 1
            for metres, node in zip(ends_m, (u, v), strict=True)
        ):
            text = Text(
                "stands at a junction; nothing was closed: put it on the street you mean",
                "位于路口；未作改动：请放到要关闭的道路上",
            )
            return [("repairs.junction", text)]
        lon, lat = self._lonlat(edge, share)
        before, after = (self.patch.add_node(lon, lat, barrier=WALL) for _ in range(2))
        self.patch.split(edge, share, before, after)
        self.counts["streets_closed"] += 1
        return [self._closed([edge])]

    def _close_along(self, line: Any) -> Said:
        parts = self._along(line)
        if not parts:
            return [_no_street(self._street(line)[1], line=True)]
        for edge, start, end in parts:
            length = float(self.network.edge_length_m[edge])
            low = 0.0 if start * length < _STUB_M else start
            high = 1.0 if (1 - end) * length < _STUB_M else end
            for share in (low, high):
                if 0.0 < share < 1.0:
                    lon, lat = self._lonlat(edge, share)
                    ends = [self.patch.add_node(lon, lat, barrier=WALL) for _ in range(2)]
                    self.patch.split(edge, share, *ends)
            self.patch.remove(edge, low, high)
        self.counts["streets_closed"] += len(parts)
        return [self._closed([edge for edge, _, _ in parts])]

    def _open_at(self, point: Any) -> Said:
        if self._open_barriers(point, LINK_M, nearest=True):
            return [
                (
                    "repairs.opened",
                    Text("the gate or wall there is open to everyone", "该处的门或墙已向所有人开放"),
                )
            ]
        edge, away = self._street(point)
        if away > LINK_M:
            return [_no_street(away)]
        return self._made_public([edge])

    def _open_along(self, line: Any) -> Said:
        parts = self._along(line)
        barriers = self._open_barriers(line, ALONG_M, nearest=False)
        if not parts:
            if barriers:
                return [
                    (
                        "repairs.opened",
                        Text("gates or walls on it are open to everyone", "沿线的门或墙已向所有人开放"),
                    )
                ]
            return [_no_street(self._street(line)[1], line=True)]
        said = self._made_public([edge for edge, _, _ in parts])
        return said if not barriers or said[0][0] == "repairs.opened" else [
            ("repairs.opened", Text("gates or walls on it are open to everyone", "沿线的门或墙已向所有人开放"))
        ]  # fmt: skip

    def _made_public(self, edges: list[int]) -> Said:
        private = [edge for edge in edges if self.network.edge_private[edge]]
        if not private:
            text = Text(
                "the street there is open already; a street that is missing is drawn in the layer paths",
                "该处道路本已开放；缺失的道路请画在 paths 图层",
            )
            return [("repairs.no_effect", text)]
        for edge in private:
            self.patch.set_code(edge, int(self.network.edge_code[edge]) & ~_PRIVATE_BIT)
        self.counts["streets_opened"] += len(private)
        text = Text(
            f"{len(private)} private pieces of street are open to everyone{self._ways(private)}",
            f"{len(private)} 段非公共道路已向所有人开放{self._ways(private)}",
        )
        return [("repairs.opened", text)]

    def _open_barriers(self, shape: Any, within_m: float, *, nearest: bool) -> int:
        """Open shut gates and walls near a shape; of those near a point the nearest place only."""
        import shapely

        shut = np.isin(self.network.node_barrier[self.barriers], (*SHUT, WALL))
        nodes, at = self.barriers[shut], self.at[shut]
        away = shapely.distance(shapely.points(at), shape)
        close = np.flatnonzero(away <= within_m)
        if nearest and len(close):
            first = at[close[np.argmin(away[close])]]
            close = close[np.hypot(*(at[close] - first).T) <= _JUNCTION_M]
        walls: dict[tuple[float, float], int] = {}
        for n in close.tolist():
            node = int(nodes[n])
            self.patch.set_barrier(node, OPEN_GATE)
            if self.network.node_barrier[node] == WALL:  # the two ends at a wall become one
                place = (float(self.network.node_lon[node]), float(self.network.node_lat[node]))
                self.patch.unite(walls.setdefault(place, node), node)
        self.counts["gates_opened"] += len({tuple(one) for one in at[close].round(2).tolist()})
        return len(close)

    def _gate(self, point: Any, kinds: tuple[int, ...]) -> int | None:
        """Return the nearest barrier of some kinds within reach."""
        which = np.flatnonzero(np.isin(self.network.node_barrier[self.barriers], kinds))
        if not len(which):
            return None
        away = np.hypot(self.at[which, 0] - point.x, self.at[which, 1] - point.y)
        nearest = int(np.argmin(away))
        return int(self.barriers[which[nearest]]) if away[nearest] <= LINK_M else None

    def _street(self, shape: Any) -> tuple[int, float]:
        """Return the nearest street, the first of equals, and the metres to it."""
        found, metres = self.tree.query_nearest(shape, return_distance=True, all_matches=True)
        first = int(np.argmin(found))
        return int(self.streets[found[first]]), float(metres[first])

    def _foot(self, edge: int, point: Any) -> tuple[float, tuple[float, float]]:
        """Return the share of a street at which a point stands, and the metres along it to either end."""
        import shapely

        share = float(
            np.nan_to_num(shapely.line_locate_point(self.index.lines[edge], point, normalized=True))
        )
        length = float(self.network.edge_length_m[edge])
        return share, (share * length, (1 - share) * length)

    def _lonlat(self, edge: int, share: float) -> tuple[float, float]:
        import shapely

        at = shapely.line_interpolate_point(self.index.lines[edge], share, normalized=True)
        lon, lat = self.index.unproject(np.array([at.x]), np.array([at.y]))
        return round(float(lon[0]), 7), round(float(lat[0]), 7)

    def _along(self, line: Any) -> list[tuple[int, float, float]]:
        """Return the parts of streets that run along a line: street, and the shares between which it does.

        A part counts if it is 10 m long, or nearly all of a shorter street, and goes along the line, not across.
        """
        import shapely

        band = shapely.buffer(line, ALONG_M, cap_style="flat")
        parts = []
        for edge in self.streets[np.sort(self.tree.query(band, predicate="intersects"))].tolist():
            street, length = self.index.lines[edge], float(self.index.lines[edge].length)
            for part in shapely.get_parts(shapely.intersection(street, band)):
                if part.geom_type != "LineString" or part.length < min(_PART_M, 0.9 * length):
                    continue
                ends = shapely.points(shapely.get_coordinates(part)[[0, -1]])
                if abs(np.diff(shapely.line_locate_point(line, ends))[0]) < 0.7 * part.length:
                    continue
                low, high = sorted(shapely.line_locate_point(street, ends, normalized=True).tolist())
                if part.length >= length - 1e-6:
                    low, high = 0.0, 1.0
                parts.append((edge, low, high))
        return parts

    def _closed(self, edges: list[int]) -> tuple[str, Text]:
        n = len(edges)
        text = Text(
            f"{n} pieces of street are closed there{self._ways(edges)}",
            f"该处关闭了 {n} 段道路{self._ways(edges)}",
        )
        return "repairs.closed", text

    def _ways(self, edges: list[int]) -> str:
        ways: NDArray[np.int64] = np.unique(self.network.edge_way[edges])
        named = [str(way) for way in ways.tolist() if way > 0]
        return f" (way {', '.join(named[:5])}{' …' if len(named) > 5 else ''})" if named else ""


def _no_street(away_m: float, *, line: bool = False) -> tuple[str, Text]:
    if line:
        text = Text(
            f"no street runs along this line within {ALONG_M:g} m (the nearest is {away_m:,.0f} m away); nothing was done",
            f"该线 {ALONG_M:g} 米内没有与之同向的道路（最近的道路相距 {away_m:,.0f} 米）；未作改动",
        )
    else:
        text = Text(
            f"the nearest street is {away_m:,.0f} m away, farther than {LINK_M:g} m; nothing was done",
            f"最近的道路在 {away_m:,.0f} 米外，超过 {LINK_M:g} 米；未作改动",
        )
    return "repairs.no_street", text
