"""Costs: what it costs to go from each estate to each venue, from our walks or from a table of someone else's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from walkshed.errors import Findings, Source, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.profiles import Profile
    from walkshed.walking.access import Access
    from walkshed.walking.pairs import Pairs
    from walkshed.walking.walkers import By


class Nearest(NamedTuple):
    """Each estate's nearest venue.

    Attributes
    ----------
    venue
        Its number, -1 where none is reached; int64[n].
    cost
        Minutes or metres, infinite where none is reached; float64[n].
    """

    venue: NDArray[np.int64]
    cost: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """Costs of pairs, integer-coded; sorted by estate, and of an estate the nearest venue first.

    Attributes
    ----------
    estate_ids, venue_ids
        Ids by their number: estates, or buildings, or whatever the rows stand for.
    estate, venue
        Numbers of the pair's ends; int32[k].
    cost
        In ``by``; float64[k].
    by
        ``"minutes"`` or ``"metres"``.
    reach
        Every pair that costs no more is there; infinite: all pairs that are joined at all.
    """

    estate_ids: pd.Index[str]
    venue_ids: pd.Index[str]
    estate: NDArray[np.int32]
    venue: NDArray[np.int32]
    cost: NDArray[np.float64]
    by: By = "minutes"
    reach: float = np.inf

    @property
    def n(self) -> int:
        """The number of estates."""
        return len(self.estate_ids)

    @property
    def m(self) -> int:
        """The number of venues."""
        return len(self.venue_ids)

    def where(self, keep: NDArray[np.bool_]) -> Costs:
        """Return the pairs for which ``keep`` holds."""
        return replace(self, estate=self.estate[keep], venue=self.venue[keep], cost=self.cost[keep])

    def within(self, limit: float) -> Costs:
        """Return the pairs that cost at most ``limit``.

        Raises
        ------
        ValueError
            The table is cut off below ``limit``, so that pairs are missing.
        """
        if limit > self.reach:
            raise ValueError(
                f"costs are known up to {self.reach:g} {self.by}, and {limit:g} are asked for: "
                "ask costs_of for a longer reach"
            )
        return self.where(self.cost <= limit)

    def nearest(self) -> Nearest:
        """Return each estate's nearest venue within the table's reach; of equal ones whose id comes first."""
        venue, cost = np.full(self.n, -1, dtype=np.int64), np.full(self.n, np.inf)
        first = np.ones(len(self.estate), dtype=bool)
        first[1:] = self.estate[1:] != self.estate[:-1]
        venue[self.estate[first]], cost[self.estate[first]] = self.venue[first], self.cost[first]
        return Nearest(venue, cost)


def costs_of(
    access: Access,
    profile: Profile | str = "",
    *,
    by: By = "minutes",
    eligible: NDArray[np.bool_] | None = None,
    reach: float | None = None,
) -> Costs:
    """Return a study's walks as costs.

    Parameters
    ----------
    access
        Who reaches what.
    profile
        Who walks; the first by default.
    by
        Minutes or metres.
    eligible
        One per venue, whether it counts, such as :func:`walkshed.report.venues.open_on` gives; all by default.
    reach
        How far the pairs go: by default as far as the access table (its longest standard of that measure); a
        number, or infinity for all, walks anew.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> folder = walkshed.init_study(tempfile.mkdtemp() + "/ronghang")
    >>> streets = walkshed.read_streets(folder / "streets.osm.pbf")
    >>> estates = walkshed.read_estates(folder / "estates.xlsx")
    >>> venues = walkshed.read_venues(folder / "venues.xlsx")
    >>> walks = walkshed.access(streets, estates, venues)
    >>> costs = costs_of(walks)
    >>> (costs.n, costs.m, costs.reach)
    (81, 32, 15.0)
    >>> costs_of(walks, reach=40).reach
    40.0
    """
    walker = access.walker(profile)
    known = _known(access, profile, by)
    pairs = access.pairs[walker.profile.name]
    reach = known if reach is None else float(reach)
    if reach > known:
        # a little more than asked: rounding comes after the search
        limit = (
            np.inf if np.isinf(reach) else (walker.profile.metres(reach) if by == "minutes" else reach) + 1.0
        )
        found = walker.search(by).within(limit, venues=eligible)
        pairs = walker.rounded(found, np.full(len(found.estate), np.inf), by)
    elif eligible is not None:
        pairs = pairs.where(eligible[pairs.venue])
    return _sorted(access, pairs, walker.column(pairs, by), by, reach)


def _known(access: Access, profile: Profile | str, by: By) -> float:
    """Return up to what cost the access table holds every pair."""
    walker = access.walker(profile)
    limits = [standard.limit for standard in access.standards if standard.measure == by]
    if walker.alone:
        other = [s.limit for s in access.standards if s.measure != by]
        one_min = walker.profile.metres(1.0)
        limits += [limit * one_min if by == "metres" else limit / one_min for limit in other]
    return max(limits, default=0.0)


def _sorted(access: Access, pairs: Pairs, fine: NDArray[np.int32], by: By, reach: float) -> Costs:
    rank = _rank(access.venue_ids.to_numpy())
    order = np.lexsort((rank[pairs.venue], fine, pairs.estate))
    pairs = pairs.sorted_by(order)
    cost = pairs.walk_cmin / 100 if by == "minutes" else pairs.walk_dm / 10
    costs = Costs(access.estate_ids, access.venue_ids, pairs.estate, pairs.venue, cost, by, reach)
    return costs.within(reach)


def _rank(ids: NDArray[np.object_]) -> NDArray[np.int64]:
    rank = np.empty(len(ids), dtype=np.int64)
    rank[np.argsort(ids.astype(str), kind="stable")] = np.arange(len(ids))
    return rank


def nearest_of(
    access: Access,
    profile: Profile | str = "",
    *,
    by: By = "minutes",
    eligible: NDArray[np.bool_] | None = None,
) -> Nearest:
    """Return each estate's nearest venue of a study, however far."""
    pairs = access.nearest(profile, eligible=eligible, by=by)
    n = len(access.estate_ids)
    venue, cost = np.full(n, -1, dtype=np.int64), np.full(n, np.inf)
    venue[pairs.estate] = pairs.venue
    cost[pairs.estate] = pairs.walk_cmin / 100 if by == "minutes" else pairs.walk_dm / 10
    return Nearest(venue, cost)


def costs_from(
    table: pd.DataFrame,
    *,
    estates: Sequence[str] | pd.Index[str] | None = None,
    venues: Sequence[str] | pd.Index[str] | None = None,
    columns: tuple[str, str, str] = ("estate_id", "venue_id", "walk_min"),
    by: By = "minutes",
    reach: float = np.inf,
) -> Costs:
    """Return a long table of costs from elsewhere: a bus timetable, r5py, a survey.

    Parameters
    ----------
    table
        One row a pair. A pair that is not joined has no row, or a cost that is blank or infinite.
    estates, venues
        All ids, in their order, so that those without a pair are there too; else those of the table.
    columns
        Its columns of estates, venues and costs; ``("from_id", "to_id", "travel_time")`` for r5py's.
    by
        What the costs are in.
    reach
        Up to which cost the table holds every pair.

    Raises
    ------
    InputError
        A column is missing, an id is not among those given, a pair stands twice, or a cost is negative or no
        number.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"estate_id": ["A", "A"], "venue_id": ["1", "2"], "walk_min": [7.5, 3.0]})
    >>> costs = costs_from(table, estates=["A", "B"])
    >>> costs.nearest().cost
    array([ 3., inf])
    """
    import pandas as pd

    source, faults = Source("costs"), Findings()
    missing = [name for name in columns if name not in table]
    for name in missing:
        text = Text(f'the table has no column "{name}"', f"表中没有“{name}”列")
        faults.fault("costs.no_column", text, source.at(column=name))
    faults.raise_faults()
    origin, goal = (table[name].astype(str) for name in columns[:2])
    estate_ids, venue_ids = (
        pd.Index(pd.unique(own) if given is None else list(given))
        for own, given in ((origin, estates), (goal, venues))
    )
    coded = [_coded(ids, own, name, source, faults) for ids, own, name in zip(
        (estate_ids, venue_ids), (origin, goal), columns, strict=False)]  # fmt: skip
    cost = pd.to_numeric(table[columns[2]], errors="coerce").to_numpy(dtype=np.float64)
    blank = table[columns[2]].isna().to_numpy() | (cost == np.inf)
    for row in np.flatnonzero(~(cost >= 0) & ~blank).tolist():
        text = Text("a cost should be a number of 0 or more", "成本应为不小于 0 的数字")
        value = table[columns[2]].iloc[row]
        faults.fault("costs.not_a_number", text, source.at(row=row + 1, column=columns[2], value=value))
    for row in np.flatnonzero(pd.DataFrame({"a": origin, "b": goal}).duplicated()).tolist():
        text = Text("this pair stands in the table twice", "同一对小区与场所出现两次")
        value = f"{origin.iloc[row]}, {goal.iloc[row]}"
        faults.fault("costs.twice", text, source.at(row=row + 1, value=value))
    faults.raise_faults()
    estate, venue, cost = coded[0][~blank], coded[1][~blank], cost[~blank]
    order = np.lexsort((_rank(venue_ids.to_numpy())[venue], cost, estate))
    return Costs(
        estate_ids,
        venue_ids,
        estate[order].astype(np.int32),
        venue[order].astype(np.int32),
        cost[order],
        by,
        reach,
    ).within(reach)


def _coded(
    ids: pd.Index[str], own: pd.Series[str], column: str, source: Source, faults: Findings
) -> NDArray[np.int64]:
    import pandas as pd

    code = ids.get_indexer(pd.Index(own)).astype(np.int64)
    for row in np.flatnonzero(code < 0).tolist():
        text = Text("this id is not among those given", "编号不在给定的编号之中")
        faults.fault("costs.unknown_id", text, source.at(row=row + 1, column=column, value=own.iloc[row]))
    return code
