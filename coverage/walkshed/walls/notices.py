"""What is said about boundaries and gates: every doubt once, with the row it speaks of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from walkshed.errors import Finding, Source, Text
from walkshed.walls.boundary import LANDUSE, OWN

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from walkshed.walls.boundary import Boundaries
    from walkshed.walls.zones import Yards


class Teller:
    """Collects the sentences of one run, in the order of what they speak of."""

    def __init__(
        self, estates: gpd.GeoDataFrame, gates: gpd.GeoDataFrame | None, file: str, gates_file: str
    ) -> None:
        self.said: list[Finding] = []
        self._estates, self._gates = estates, gates
        self._file, self._gates_file = file, gates_file

    def _name(self, estate: int) -> str:
        name = str(self._estates["name"].iloc[estate]) if "name" in self._estates else ""
        return name or str(self._estates.index[estate])

    def _estate(self, code: str, estate: int, text: Text) -> None:
        row = int(self._estates["source_row"].iloc[estate]) if "source_row" in self._estates else None
        where = Source(self._file).at(row=row, value=str(self._estates.index[estate]))
        self.said.append(Finding(code, text, where))

    def _gate(self, code: str, number: int, text: Text) -> None:
        gates = self._gates
        row, value = None, ""
        if gates is not None:
            row = int(gates["source_row"].iloc[number]) if "source_row" in gates else None
            value = str(gates["name"].iloc[number] if "name" in gates else "") or str(
                gates["estate_id"].iloc[number]
            )
        self.said.append(Finding(code, text, Source(self._gates_file).at(row=row, value=value)))

    def about_boundaries(self, found: Boundaries) -> None:
        """Say which boundaries come from OpenStreetMap, and which were not taken."""
        taken = int(((found.source != 0) & (found.source != OWN)).sum())
        if taken:
            text = Text(
                f"{taken:,} estates take their boundary from OpenStreetMap",
                f"{taken:,} 个小区的边界取自 OpenStreetMap",
            )
            self.said.append(Finding("boundary.osm", text, Source(self._file)))
        for estate in found.far_namesake.tolist():
            name = self._name(estate)
            text = Text(
                f"OpenStreetMap has a residential area called {name}, but it lies more than 500 m from the estate's "
                "point; it was not taken for its boundary; check the coordinates",
                f"OpenStreetMap 中有名为“{name}”的居住区，但距该小区坐标超过 500 米，未采用为其边界；请核对坐标",
            )
            self._estate("boundary.far_namesake", estate, text)
        if len(found.shared):
            n = len(found.shared)
            text = Text(
                f"{n:,} estates lie in a residential area of OpenStreetMap that holds other estates too and has "
                "another name; it was not taken for their boundary",
                f"{n:,} 个小区与其他小区同在 OpenStreetMap 的一个居住区内且名称不同，未采用该边界",
            )
            self.said.append(Finding("boundary.shared", text, Source(self._file)))

    def about_hours(self, rows: list[int]) -> None:
        """Say which hours cannot be read."""
        gates = self._gates
        for row in rows:
            hours = "" if gates is None else str(gates["hours"].iloc[row])
            text = Text(
                f'the hours "{hours}" cannot be read, so the gate counts as open at all hours; write them as 06:00-22:00',
                f"开放时间“{hours}”无法识别，按全天开放计算；请写成 06:00-22:00",
            )
            self._gate("gates.hours", row, text)

    def about_gated(self, gated: NDArray[np.object_], found: Boundaries, walled: NDArray[np.int64]) -> None:
        """Say which gated estates have no boundary, and how many OpenStreetMap says are gated."""
        nowhere = self._estates.geometry.isna().to_numpy()
        for estate in np.setdiff1d(np.flatnonzero(gated != ""), walled).tolist():
            name = self._name(estate)
            if nowhere[estate]:
                text = Text(
                    f"{name} is gated, but its place is not known: its walls stand in nobody's way until it is",
                    f"{name}为封闭小区，但位置未知：确定位置之前，其围墙不起作用",
                )
                self._estate("gates.no_boundary", estate, text)
                continue
            why = Text("no boundary is known", "没有边界")
            if found.source[estate] not in {0, OWN, LANDUSE}:
                why = Text(
                    "only the outline of a place is known, which is no wall", "只有地名范围，不能作为围墙"
                )
            text = Text(
                f"{name} is gated, but {why.en}: it counts as open on all sides; give its boundary in a layer, or draw "
                "landuse=residential with its name in OpenStreetMap",
                f"{name}为封闭小区，但{why.zh}，按四面开放计算；请提供带边界的图层，或在 OpenStreetMap 中绘制同名 landuse=residential",
            )
            self._estate("gates.no_boundary", estate, text)
        n = int((gated == "osm").sum())
        if n:
            text = Text(
                f"{n:,} estates count as gated because OpenStreetMap has a gate or a private way at their boundary; "
                "write 否 (no) in the column 封闭 (gated) where that is wrong",
                f"{n:,} 个小区因 OpenStreetMap 在其边界处有大门或私有道路而按封闭计算；如不对，请在“封闭”列填“否”",
            )
            self.said.append(Finding("gates.gated_by_osm", text, Source(self._file)))

    def about_unknown(self, unknown: NDArray[np.int64]) -> None:
        """Say which gated estates have no known gate."""
        for estate in unknown.tolist():
            name = self._name(estate)
            text = Text(
                f"{name} is gated, but no gate is known and no way crosses its boundary (gates_unknown): it counts as open "
                "on all sides; add its gates to the gates file",
                f"{name}为封闭小区，但没有已知大门，也没有道路穿过其边界（gates_unknown），按四面开放计算；请在大门表中补充",
            )
            self._estate("gates.unknown", estate, text)

    def about_yards(self, yards: Yards) -> None:
        """Say which walled estates overlap without one lying in the other."""
        import shapely

        if not len(yards.estate):
            return
        one, other = yards.tree.query(yards.shape, predicate="intersects")
        keep = one < other
        one, other = one[keep], other[keep]
        common = shapely.area(shapely.intersection(yards.shape[one], yards.shape[other]))
        nested = np.array(
            [
                b in yards.chain(a) or a in yards.chain(b)
                for a, b in zip(one.tolist(), other.tolist(), strict=True)
            ],
            dtype=bool,
        )
        for a, b, metres in zip(
            one[~nested].tolist(), other[~nested].tolist(), common[~nested].tolist(), strict=True
        ):
            if metres < 100.0:
                continue
            first, second = self._name(int(yards.estate[a])), self._name(int(yards.estate[b]))
            text = Text(
                f"the boundaries of {first} and {second} overlap by {metres:,.0f} m2; what lies in both counts as the "
                "smaller one's",
                f"{first}与{second}的边界重叠 {metres:,.0f} 平方米，重叠部分按较小的小区计算",
            )
            self._estate("boundary.overlap", int(yards.estate[a]), text)

    def gate_without_wall(self, row: int, estate: int) -> None:
        """Say that a gate's estate has no wall (told once for the estate elsewhere)."""
        name = self._name(estate)
        text = Text(
            f"the gate has no effect: {name} has no boundary that could be a wall",
            f"该大门不起作用：{name}没有可作为围墙的边界",
        )
        self._gate("gates.no_wall", row, text)

    def gate_not_located(self, row: int) -> None:
        """Say that a gate has no coordinates."""
        text = Text(
            "the gate has no coordinates, so it has no effect; give lon and lat",
            "该大门没有坐标，不起作用；请填写经纬度",
        )
        self._gate("gates.not_located", row, text)

    def gate_far(self, row: int, away_m: float, limit_m: float) -> None:
        """Say that a gate lies far from its estate."""
        text = Text(
            f"the gate lies {away_m:,.0f} m from its estate's boundary, more than {limit_m:g} m, so it has no effect; "
            "check its coordinates or its estate",
            f"该大门距其小区边界 {away_m:,.0f} 米，超过 {limit_m:g} 米，不起作用；请核对坐标或所属小区",
        )
        self._gate("gates.far", row, text)

    def gate_on_no_way(self, row: int, limit_m: float) -> None:
        """Say that no street can be reached from a gate."""
        text = Text(
            f"no street outside the estate lies within {limit_m:g} m of the gate, so it has no effect; check its "
            "coordinates, or add the missing street",
            f"大门外 {limit_m:g} 米内没有可步行道路，该大门不起作用；请核对坐标或补充道路",
        )
        self._gate("gates.on_no_way", row, text)
