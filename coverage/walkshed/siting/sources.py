"""Where a siting problem comes from: Access, or a cost table from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.errors import Findings, Source, Text
from walkshed.siting.problem import Criterion, Problem
from walkshed.siting.tables import Demand, Sites, found

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from walkshed.profiles import Profile
    from walkshed.standards import Standard
    from walkshed.walking.access import Access


def from_access(
    access: Access,
    profile: Profile | str = "",
    *,
    standards: Sequence[Standard] | Standard,
    demand: pd.DataFrame | None = None,
    weight: str = "",
    candidates: pd.DataFrame | None = None,
    existing: Access | Sequence[str] | None = None,
    existing_venues: pd.DataFrame | None = None,
    standard_weights: Mapping[str, float] | None = None,
    findings: Findings | None = None,
) -> Problem:
    """Make the siting problem of an :class:`~walkshed.walking.access.Access`: its venues are the sites.

    Nothing is searched again: the rounded walks of ``access`` decide, so that siting counts exactly
    what the coverage report counts, with its gates, profiles and buildings.

    Parameters
    ----------
    access
        Walks from the estates to the candidates (and, if they stand in the same table, to the existing venues).
    profile
        Whose walks; the first profile by default.
    standards
        One or several; in minutes or metres, also mixed. Costs (for p-median and p-centre) are in
        the measure of the first. None may be longer than the pairs of ``access`` were cut.
    demand
        The estates: weight, households, community, name; see :meth:`Demand.from_frame`.
    weight
        The column that is counted.
    candidates
        The sites' attributes, index = venue ids of ``access``; see :meth:`Sites.from_frame`.
    existing
        Which venues are open already: their ids in ``access``, or a second Access of the same estates
        to them (with the same profile).
    existing_venues
        The attributes of the venues of that second Access (tier, kind, community, floor_area_m2 …).
    standard_weights
        What a standard's demand counts, by its name; 1 each by default.
    findings
        Collects faults and notices. If None, faults are raised together.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> from walkshed.siting import from_access
    >>> folder = walkshed.init_study(tempfile.mkdtemp() + "/ronghang")
    >>> streets = walkshed.read_streets(folder / "streets.osm.pbf")
    >>> estates = walkshed.read_estates(folder / "estates.xlsx")
    >>> venues = walkshed.read_venues(folder / "venues.xlsx")
    >>> walks = walkshed.access(streets, estates, venues)
    >>> from_access(walks, standards=walkshed.Standard(minutes=10), demand=estates, existing=["P01", "P02"])
    <Problem 81 demand rows (33,122), 32 sites, 307 pairs, 139 of them within 10>
    """
    from walkshed.standards import Standard
    from walkshed.walking.access import Access

    own = findings if findings is not None else Findings()
    wanted = (standards,) if isinstance(standards, Standard) else tuple(standards)
    people = Demand.from_frame(demand, access.estate_ids, weight=weight, findings=own)
    sites = Sites.from_frame(candidates, access.venue_ids, findings=own)
    tables = [access]
    if isinstance(existing, Access):
        tables.append(existing)
        sites = sites.joined(
            Sites.from_frame(existing_venues, existing.venue_ids, status="existing", findings=own)
        )
        _check_same_estates(access, existing, own)
    elif existing is not None:
        here = found(sites.ids, existing, own, what=Text("existing venues", "现有设施"))
        sites.status[here] = "existing"
    _check_standards(tables, profile, wanted, own)
    own_ids = np.unique(sites.ids.astype(str))
    if len(own_ids) < len(sites):
        own.fault("siting.duplicate_id", Text("a site is also an existing venue", "备选点与现有设施编号重复"))
    if own.faults:
        own.raise_faults()
    problem = _joined(tables, profile, wanted, people, sites, dict(standard_weights or {}), own)
    if findings is None:
        own.raise_faults()
    return problem


def from_costs(
    costs: Any,
    *,
    limit: float | Mapping[str, float] = np.inf,
    weights: ArrayLike | None = None,
    demand: pd.DataFrame | None = None,
    weight: str = "",
    sites: pd.DataFrame | None = None,
    demand_ids: Sequence[str] | None = None,
    site_ids: Sequence[str] | None = None,
    columns: tuple[str, str, str] = ("demand", "site", "cost"),
    findings: Findings | None = None,
) -> Problem:
    """Make a siting problem of a cost table from elsewhere.

    Parameters
    ----------
    costs
        One of: a long table with the columns named in ``columns``; a wide table (index = demand,
        columns = sites, NaN or infinity where there is no way); a dense array, demand × sites; a
        scipy sparse matrix, demand × sites (a stored 0 is a cost of 0, what is not stored is no way).
    limit
        What is near enough, in the table's unit; or several by name. Without one, every pair counts as near enough.
    weights
        What each demand row counts, in the order of the rows; or give ``demand`` and ``weight``.
    demand, sites
        Attributes, index = id; see :meth:`Demand.from_frame` and :meth:`Sites.from_frame`. In a long
        table, rows that occur only here are kept: nobody reaches them.
    demand_ids, site_ids
        Ids of an array's rows and columns; "0", "1" … by default.

    Raises
    ------
    walkshed.errors.InputError
        Negative or blank costs, a pair that stands twice, unknown ids, no demand: all at once.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"demand": ["a", "a", "b"], "site": ["x", "y", "y"], "cost": [300.0, 900.0, 400.0]})
    >>> from_costs(table, limit=500, weights=[10, 20])
    <Problem 2 demand rows (30), 2 sites, 3 pairs, 2 of them within 500>
    """
    own = findings if findings is not None else Findings()
    row, col, value, d_ids, s_ids = _triplets(costs, demand, sites, demand_ids, site_ids, columns)
    _check_costs(row, col, value, d_ids, s_ids, own)
    people = _people(demand, d_ids, weight, weights, own)
    places = Sites.from_frame(sites, s_ids, findings=own)
    if own.faults:
        own.raise_faults()
    limits = {"": float(limit)} if isinstance(limit, int | float | np.number) else dict(limit)
    if not _ascending(col * len(d_ids) + row):
        order = np.lexsort((row, col))
        row, col, value = row[order], col[order], value[order]
    indptr = np.searchsorted(col, np.arange(len(s_ids) + 1)).astype(np.int64)
    everyone = np.ones(len(s_ids), dtype=bool)
    criteria = tuple(
        Criterion(name or f"{at:g}", float(at), people.weights, value <= at, everyone)
        for name, at in limits.items()
    )
    return Problem(people, places, indptr, row.astype(np.int32), value, "", criteria, tuple(own.notices))


def _people(
    demand: pd.DataFrame | None, ids: list[str], weight: str, weights: ArrayLike | None, findings: Findings
) -> Demand:
    import pandas as pd

    if weights is None:
        return Demand.from_frame(demand, ids, weight=weight, findings=findings)
    given = np.asarray(weights, dtype=np.float64)
    if given.shape != (len(ids),):
        findings.fault(
            "siting.weights_length",
            Text(
                f"there are {given.size} weights for {len(ids)} demand rows",
                f"权重有 {given.size} 个，需求点有 {len(ids)} 个",
            ),
        )
        given = np.ones(len(ids))
    table = pd.DataFrame(index=ids) if demand is None else demand.set_axis([str(i) for i in demand.index])
    table = table.reindex(ids).assign(**{"(weights)": given})
    return Demand.from_frame(table, ids, weight="(weights)", findings=findings)


def _triplets(
    costs: Any,
    demand: pd.DataFrame | None,
    sites: pd.DataFrame | None,
    demand_ids: Sequence[str] | None,
    site_ids: Sequence[str] | None,
    columns: tuple[str, str, str],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], list[str], list[str]]:
    """Return the pairs as demand, site, cost, and the ids they are numbers of."""
    import pandas as pd
    from scipy import sparse

    if sparse.issparse(costs):
        coo = costs.tocoo()
        row, col, value = coo.row.astype(np.int64), coo.col.astype(np.int64), coo.data.astype(np.float64)
        shape = coo.shape
    elif isinstance(costs, pd.DataFrame) and set(columns) <= set(costs.columns):
        frame = costs
        d_ids = _all_ids(frame[columns[0]], demand, demand_ids)
        s_ids = _all_ids(frame[columns[1]], sites, site_ids)
        row = pd.Index(d_ids).get_indexer(pd.Index(frame[columns[0]].astype(str)))
        col = pd.Index(s_ids).get_indexer(pd.Index(frame[columns[1]].astype(str)))
        value = pd.to_numeric(frame[columns[2]], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        return row.astype(np.int64), col.astype(np.int64), value, d_ids, s_ids
    else:
        if isinstance(costs, pd.DataFrame):
            demand_ids = demand_ids if demand_ids is not None else [str(one) for one in costs.index]
            site_ids = site_ids if site_ids is not None else [str(one) for one in costs.columns]
        dense = np.asarray(costs, dtype=np.float64)
        if dense.ndim != 2:
            raise TypeError("costs should be a long table, a wide table, a 2-d array or a sparse matrix")
        col, row = np.nonzero(np.isfinite(dense.T))  # in the order in which pairs are kept
        value, shape = dense[row, col], dense.shape
    d_ids = [str(one) for one in (demand_ids if demand_ids is not None else range(shape[0]))]
    s_ids = [str(one) for one in (site_ids if site_ids is not None else range(shape[1]))]
    if (len(d_ids), len(s_ids)) != tuple(shape):
        raise ValueError(
            f"{len(d_ids)} demand ids and {len(s_ids)} site ids for a table of {shape[0]} × {shape[1]}"
        )
    return row, col, value, d_ids, s_ids


def _all_ids(column: Any, table: pd.DataFrame | None, given: Sequence[str] | None) -> list[str]:
    if given is not None:
        return [str(one) for one in given]
    first = [] if table is None else [str(one) for one in table.index]
    return list(dict.fromkeys([*first, *column.astype(str)]))


def _check_costs(
    row: NDArray[np.int64],
    col: NDArray[np.int64],
    value: NDArray[np.float64],
    demand_ids: list[str],
    site_ids: list[str],
    findings: Findings,
) -> None:
    def name(k: int) -> str:
        return f"{demand_ids[row[k]]} → {site_ids[col[k]]}"

    strange = np.flatnonzero((row < 0) | (col < 0))
    if len(strange):
        findings.fault(
            "siting.unknown_id",
            Text(
                f"{len(strange)} costs are of ids that are not in the tables",
                f"有 {len(strange)} 条费用的编号不在表中",
            ),
        )
        return
    for k in np.flatnonzero(~(value >= 0) | np.isinf(value))[:20]:
        findings.fault(
            "siting.bad_cost",
            Text(
                f"the cost {name(k)} is {value[k]:g}; it should be a number of 0 or more (leave the pair out if there is no way)",
                f"{name(k)} 的费用为 {value[k]:g}，应为不小于 0 的数（没有路径时请去掉该行）",
            ),
            Source(value=f"{value[k]:g}"),
        )
    key = col * len(demand_ids) + row
    ordered = key if _ascending(key) else np.sort(key)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    for one in twice[:20]:
        pair = f"{demand_ids[one % len(demand_ids)]} → {site_ids[one // len(demand_ids)]}"
        findings.fault("siting.duplicate_pair", Text(f"the pair {pair} stands twice", f"{pair} 重复出现"))


def _ascending(key: NDArray[np.int64]) -> bool:
    return bool((key[1:] >= key[:-1]).all())


def _check_same_estates(first: Access, second: Access, findings: Findings) -> None:
    if not first.estate_ids.equals(second.estate_ids):
        findings.fault(
            "siting.other_estates",
            Text(
                "the walks to existing venues are of other estates than the walks to candidates",
                "到现有设施的步行数据与到备选点的步行数据不是同一批小区",
            ),
        )


def _check_standards(
    tables: list[Access], profile: Profile | str, standards: tuple[Standard, ...], findings: Findings
) -> None:
    if not standards:
        findings.fault("siting.no_standard", Text("name a standard", "请给出一个标准"))
    for table in tables:
        walker = next(
            (p for p in table.profiles if not profile or p.name == getattr(profile, "name", profile)), None
        )
        if walker is None:
            findings.fault(
                "siting.profile",
                Text(f"the walks have no profile {profile}", f"步行数据中没有人群“{profile}”"),
            )
            continue
        for standard in standards:
            if standard.reach_m(walker) > table.cut_m[walker.name] + 1e-6:
                findings.fault(
                    "siting.cut",
                    Text(
                        f"the standard {standard.name} is longer than the walks were searched ({table.cut_m[walker.name]:,.0f} m); "
                        "compute access with this standard among its standards",
                        f"标准“{standard.label('zh')}”超出步行搜索范围（{table.cut_m[walker.name]:,.0f} 米）；请在计算步行时加入该标准",
                    ),
                )


def _joined(
    tables: list[Access],
    profile: Profile | str,
    standards: tuple[Standard, ...],
    demand: Demand,
    sites: Sites,
    factors: dict[str, float],
    findings: Findings,
) -> Problem:
    """Put the pairs of candidates and existing venues into one array, sorted by site."""
    name = (profile if isinstance(profile, str) else profile.name) or tables[0].profiles[0].name
    first = [0, *np.cumsum([len(table.venue_ids) for table in tables])]
    pairs = [table.pairs[name] for table in tables]
    site = np.concatenate(
        [p.venue.astype(np.int32) + np.int32(at) for p, at in zip(pairs, first, strict=False)]
    )
    order = np.argsort(site, kind="stable")  # the pairs of an Access are sorted by estate
    rows = np.concatenate([p.estate for p in pairs])[order]
    walk_dm = np.concatenate([p.walk_dm for p in pairs])[order]
    walk_cmin = np.concatenate([p.walk_cmin for p in pairs])[order]
    site = site[order]
    indptr = np.searchsorted(site, np.arange(len(sites) + 1)).astype(np.int64)
    criteria = []
    for standard in standards:
        counts = np.ones(len(sites), dtype=bool)
        if standard.tier:
            counts &= sites.tier == standard.tier
        if standard.kind:
            counts &= sites.kind == standard.kind
        metres = standard.metres is not None
        near = walk_dm <= round(standard.limit * 10) if metres else walk_cmin <= round(standard.limit * 100)
        weights = demand.weights * factors.get(standard.name, 1.0)
        criteria.append(Criterion(standard.name, standard.limit, weights, near & counts[site], counts))
    in_metres = standards[0].metres is not None
    return Problem(
        demand, sites, indptr, rows, walk_dm if in_metres else walk_cmin,
        "walk_m" if in_metres else "walk_min", tuple(criteria), tuple(findings.notices),
    )  # fmt: skip
