"""The venues once a plan is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import geopandas as gpd

    from walkshed.siting.plan import Plan
    from walkshed.standards import Standard


def opened_venues(venues: gpd.GeoDataFrame, plan: Plan) -> gpd.GeoDataFrame:
    """Return the venues with the chosen rooms of a plan as further ones, all open.

    Venues that are planned by the plan's year count as open too. Gates are no venues: whoever walks the plan again
    opens them in the table of gates.
    """
    import pandas as pd

    there = venues.copy()
    # Candidates are numbered first in a plan's problem, the venues behind them in their own order.
    planned = plan.proposal.open_anyway - len(plan.candidates)
    planned = planned[(planned >= 0) & (planned < len(venues))]
    there.iloc[planned, there.columns.get_loc("status")] = "open"
    there.iloc[planned, there.columns.get_loc("opening_date")] = pd.NaT
    chosen = [site for site in plan.sequence if site < len(plan.candidates)]
    return with_rooms(there, plan.candidates.iloc[chosen], plan.standard)


def with_rooms(venues: gpd.GeoDataFrame, rooms: gpd.GeoDataFrame, standard: Standard) -> gpd.GeoDataFrame:
    """Return the venues with rooms as further ones, open as what the standard counts."""
    import geopandas as gpd
    import pandas as pd

    frame = pd.DataFrame(index=pd.Index(rooms.index, dtype="str", name=venues.index.name))
    for name in venues.columns:
        if name in {"status", "opening_date", "geometry"}:
            continue
        blank = "" if pd.api.types.is_string_dtype(venues[name].dtype) else np.nan
        frame[name] = rooms[name].to_numpy() if name in rooms else blank
    for name, wanted in (("tier", standard.tier), ("kind", standard.kind)):
        frame[name] = rooms[name].mask(rooms[name] == "", wanted).to_numpy()
    frame["status"] = "open"
    frame["opening_date"] = pd.Series(pd.NaT, index=frame.index, dtype=venues["opening_date"].dtype)
    frame["location_status"] = np.where(np.isnan(rooms["lon"].to_numpy()), "not_located", "given")
    frame["source_row"] = 0
    added = gpd.GeoDataFrame(frame, geometry=rooms.geometry.to_numpy(), crs="EPSG:4326")
    whole = pd.concat([venues, added[list(venues.columns)]])
    return gpd.GeoDataFrame(whole, geometry="geometry", crs="EPSG:4326").rename_axis(venues.index.name)
