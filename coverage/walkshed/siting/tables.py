"""The two tables of a siting problem: who wants to be served, and where a venue could stand."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from walkshed.errors import Finding, Findings, Source, Text

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Status = Literal["candidate", "existing", "planned", "fixed", "forbidden"]
STATUSES: tuple[Status, ...] = ("candidate", "existing", "planned", "fixed", "forbidden")
"""What may be said of a site.

``candidate`` may be chosen. ``existing`` is open: it serves, costs nothing and is not counted in p.
``planned`` is decided: from its ``year`` on it is as good as existing, before it is not there.
``fixed`` must be among the chosen: it is counted in p and paid for. ``forbidden`` is never chosen.
"""

_NUMBERS = ("cost", "subsidy_per_year", "capacity", "floor_area_m2", "year", "lon", "lat")
_WORDS = ("name", "community", "area", "tier", "kind", "owner")


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """Who wants to be served: one row an estate (or any other point of demand).

    Attributes
    ----------
    ids
        Text, unique; object[n].
    weights
        What is counted: households, residents …; float64[n], none below 0, in the unit of the
        column it came from.
    households
        For the floor area per 100 households; float64[n], NaN where blank.
    name, community
        object[n] of text, "" where blank.
    """

    ids: NDArray[np.object_]
    weights: NDArray[np.float64]
    households: NDArray[np.float64]
    name: NDArray[np.object_]
    community: NDArray[np.object_]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.ids)

    @classmethod
    def from_frame(
        cls, frame: pd.DataFrame | None, ids: Any, *, weight: str = "", findings: Findings | None = None
    ) -> Demand:
        """Take the columns name, community, households and the weight from a table whose index is the id.

        Parameters
        ----------
        frame
            The estates as they were read, or any table; None counts every row as 1.
        ids
            The rows wanted, in their order; the table must have them all.
        weight
            The column that is counted; ``households`` where it is left blank and there is one, else every row is 1.
        findings
            Collects faults (a negative weight, nothing but zeros) and notices (blanks counted as 0).
            If None, faults are raised.

        Examples
        --------
        >>> import pandas as pd
        >>> table = pd.DataFrame({"households": [300.0, 120.0]}, index=["001", "002"])
        >>> Demand.from_frame(table, ["002", "001"]).weights.tolist()
        [120.0, 300.0]
        """
        own = findings if findings is not None else Findings()
        ids = _ids(ids, own, what=Text("demand rows", "需求点"))
        table = _aligned(frame, ids, own, what=Text("the demand table", "需求表"))
        n = len(ids)
        column = weight or ("households" if table is not None and "households" in table else "")
        if column and (table is None or column not in table):
            own.fault(
                "siting.weight_column",
                Text(f"there is no column {column!r} to count", f"没有可供计数的列“{column}”"),
                Source(column=column),
            )
            column = ""
        weights = _number(table, column, n) if column else np.ones(n)
        weights = _checked_weights(weights, ids, column, own)
        demand = cls(
            ids,
            weights,
            _number(table, "households", n),
            _word(table, "name", n),
            _word(table, "community", n),
        )
        if findings is None:
            own.raise_faults()
        return demand


@dataclass(frozen=True, slots=True, eq=False)
class Sites:
    """Where a venue stands or could stand: one row a site; a gate that could be opened is a site too.

    Attributes
    ----------
    ids
        Text, unique; object[m].
    status
        One of :data:`STATUSES`; object[m].
    cost
        Once, when it is opened; float64[m], in any one currency, NaN where blank.
    subsidy_per_year
        Every year; float64[m], NaN where blank.
    capacity
        Places, in the unit of the demand's weights; float64[m], NaN where blank.
    floor_area_m2
        float64[m], NaN where blank.
    year
        When a planned site opens; float64[m], NaN where blank.
    lon, lat
        Degrees (WGS84), for the spacing between sites; float64[m], NaN where blank.
    name, community, area, tier, kind, owner
        object[m] of text, "" where blank.
    """

    ids: NDArray[np.object_]
    status: NDArray[np.object_]
    cost: NDArray[np.float64]
    subsidy_per_year: NDArray[np.float64]
    capacity: NDArray[np.float64]
    floor_area_m2: NDArray[np.float64]
    year: NDArray[np.float64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    name: NDArray[np.object_]
    community: NDArray[np.object_]
    area: NDArray[np.object_]
    tier: NDArray[np.object_]
    kind: NDArray[np.object_]
    owner: NDArray[np.object_]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.ids)

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame | None,
        ids: Any,
        *,
        status: Any = None,
        findings: Findings | None = None,
    ) -> Sites:
        """Take the columns named like the attributes from a table whose index is the id; others stay blank.

        Parameters
        ----------
        frame
            The candidates (and existing venues); None leaves every attribute blank.
        ids
            The rows wanted, in their order.
        status
            One word for all or one a row; by default the table's column ``siting_status``, and without
            one ``candidate``. (A venue's own ``status`` — open, planned — is another vocabulary and is not read.)
        findings
            Collects faults: an unknown status, a negative cost, subsidy, capacity or area. If None, they are raised.

        Examples
        --------
        >>> import pandas as pd
        >>> table = pd.DataFrame({"cost": [12.0, 30.0], "siting_status": ["candidate", "fixed"]}, index=["a", "b"])
        >>> Sites.from_frame(table, ["a", "b"]).status.tolist()
        ['candidate', 'fixed']
        """
        own = findings if findings is not None else Findings()
        ids = _ids(ids, own, what=Text("sites", "备选点"))
        table = _aligned(frame, ids, own, what=Text("the table of sites", "备选点表"))
        m = len(ids)
        words: dict[str, Any] = {name: _word(table, name, m) for name in _WORDS}
        numbers: dict[str, Any] = {name: _number(table, name, m) for name in _NUMBERS}
        for name in ("cost", "subsidy_per_year", "capacity", "floor_area_m2"):
            for row in np.flatnonzero(numbers[name] < 0):
                own.fault(
                    "siting.negative",
                    Text(f"{name} of {ids[row]} is below 0", f"{ids[row]} 的 {name} 小于 0"),
                    Source(column=name, value=f"{numbers[name][row]:g}"),
                )
        sites = cls(ids=ids, status=_status(table, status, ids, own), **words, **numbers)
        if findings is None:
            own.raise_faults()
        return sites

    def take(self, rows: Any) -> Sites:
        """Return some of the sites, by number or mask."""
        return Sites(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def joined(self, other: Sites) -> Sites:
        """Return these sites followed by others."""
        both = {f.name: np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)}
        return Sites(**both)


def _ids(ids: Any, findings: Findings, *, what: Text) -> NDArray[np.object_]:
    out = np.empty(len(ids), dtype=object)
    out[:] = [str(one) for one in ids]
    seen: set[str] = set()
    for one in out:
        if one in seen:
            findings.fault(
                "siting.duplicate_id",
                Text(f"{what.en}: the id {one} stands twice", f"{what.zh}：编号 {one} 重复"),
                Source(value=one),
            )
        seen.add(one)
    return out


def _aligned(
    frame: pd.DataFrame | None, ids: NDArray[np.object_], findings: Findings, *, what: Text
) -> pd.DataFrame | None:
    if frame is None:
        return None
    table = frame.set_axis([str(one) for one in frame.index], axis=0)
    twice = table.index.duplicated()
    for one in table.index[twice]:
        findings.fault(
            "siting.duplicate_id",
            Text(f"{what.en}: the id {one} stands twice", f"{what.zh}：编号 {one} 重复"),
            Source(value=one),
        )
    table = table[~twice]
    missing = [one for one in dict.fromkeys(ids) if one not in table.index]
    if missing:
        shown = ", ".join(missing[:5]) + (" …" if len(missing) > 5 else "")
        findings.fault(
            "siting.missing_row",
            Text(
                f"{what.en} lacks {len(missing)} ids that have walks: {shown}",
                f"{what.zh}缺少 {len(missing)} 个有步行路径的编号：{shown}",
            ),
        )
    return table.reindex(list(ids))


def _number(table: pd.DataFrame | None, column: str, n: int) -> NDArray[np.float64]:
    if table is None or column not in table:
        return np.full(n, np.nan)
    import pandas as pd

    return pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def _word(table: pd.DataFrame | None, column: str, n: int) -> NDArray[np.object_]:
    out = np.full(n, "", dtype=object)
    if table is not None and column in table:
        blank = table[column].isna().to_numpy(dtype=bool)
        out[:] = ["" if empty else str(one) for one, empty in zip(table[column], blank, strict=True)]
    return out


def _checked_weights(
    weights: NDArray[np.float64], ids: NDArray[np.object_], column: str, findings: Findings
) -> NDArray[np.float64]:
    for row in np.flatnonzero((weights < 0) | np.isinf(weights)):
        findings.fault(
            "siting.bad_weight",
            Text(
                f"the demand of {ids[row]} is {weights[row]:g}; it should be a number of 0 or more",
                f"{ids[row]} 的需求量为 {weights[row]:g}，应为不小于 0 的数",
            ),
            Source(column=column, value=f"{weights[row]:g}"),
        )
    blank = int(np.isnan(weights).sum())
    if blank:
        findings.notice(
            "siting.blank_weight",
            Text(
                f"{blank} demand rows have no number and count as 0; they are assigned but weigh nothing",
                f"{blank} 个需求点没有数值，按 0 计：仍参与分配，但不计入总数",
            ),
            Source(column=column),
        )
    weights = np.nan_to_num(weights)
    if not (weights > 0).any() and not findings.faults:
        findings.fault(
            "siting.no_demand",
            Text("all demand is zero: there is nobody to serve", "所有需求量均为零：没有可服务的对象"),
            Source(column=column),
        )
    return weights


def _status(
    table: pd.DataFrame | None, status: Any, ids: NDArray[np.object_], findings: Findings
) -> NDArray[np.object_]:
    out = np.full(len(ids), "candidate", dtype=object)
    if status is not None:
        out[:] = status if isinstance(status, str) else list(status)
    elif table is not None and "siting_status" in table:
        out = _word(table, "siting_status", len(ids))
        out[out == ""] = "candidate"
    for row in np.flatnonzero(~np.isin(out, STATUSES)):
        findings.fault(
            "siting.status",
            Text(
                f"the status of {ids[row]} is {out[row]!r}; it should be one of {', '.join(STATUSES)}",
                f"{ids[row]} 的状态为“{out[row]}”，应为 {'、'.join(STATUSES)} 之一",
            ),
            Source(column="siting_status", value=str(out[row])),
        )
    return out


def found(ids: NDArray[np.object_], wanted: Any, findings: Findings, *, what: Text) -> NDArray[np.int64]:
    """Return the numbers of ``wanted`` ids; one that is not there is a fault."""
    number = {one: row for row, one in enumerate(ids)}
    rows = []
    for one in [wanted] if isinstance(wanted, str) else list(wanted):
        if str(one) in number:
            rows.append(number[str(one)])
        else:
            findings.faults.append(
                Finding(
                    "siting.unknown_site",
                    Text(f"{what.en}: there is no site {one}", f"{what.zh}：没有编号为 {one} 的备选点"),
                )
            )
    return np.asarray(rows, dtype=np.int64)
