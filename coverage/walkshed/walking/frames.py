"""Walks as the tables and matrices that other tools take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from walkshed.walking.pairs import Pairs

Columns = Literal["walkshed", "r5"]
"""How the long table's columns are named."""

Measure = Literal["walk_min", "walk_m"]
"""What a matrix holds: minutes or metres."""


def long_frame(
    pairs: Mapping[str, Pairs],
    *,
    estate_ids: pd.Index[str],
    venue_ids: pd.Index[str],
    columns: Columns = "walkshed",
) -> pd.DataFrame:
    """Return pairs as a long table.

    Parameters
    ----------
    pairs
        Walks by the profile's name.
    estate_ids, venue_ids
        Ids by their number.
    columns
        ``"walkshed"``: estate_id, venue_id, profile, walk_m, walk_min. ``"r5"``, as r5py and r5r name them:
        from_id, to_id, travel_time (minutes), of a single profile, since the table does not name one.

    Raises
    ------
    ValueError
        ``"r5"`` with several profiles, or another word.
    """
    import pandas as pd

    if columns not in {"walkshed", "r5"}:
        raise ValueError(f'columns should be "walkshed" or "r5", not {columns!r}')
    if columns == "r5" and len(pairs) != 1:
        raise ValueError(
            f"a table of from_id, to_id, travel_time is of one profile; name one: {', '.join(pairs)}"
        )
    frames = []
    for name, some in pairs.items():
        origin, destination = estate_ids.to_numpy()[some.estate], venue_ids.to_numpy()[some.venue]
        if columns == "r5":
            table: dict[str, Any] = {
                "from_id": origin,
                "to_id": destination,
                "travel_time": some.walk_cmin / 100,
            }
        else:
            table = {
                "estate_id": origin,
                "venue_id": destination,
                "profile": name,
                "walk_m": some.walk_dm / 10,
                "walk_min": some.walk_cmin / 100,
            }
        frames.append(pd.DataFrame(table))
    return pd.concat(frames, ignore_index=True)


def wide_frame(
    pairs: Pairs,
    *,
    estate_ids: pd.Index[str],
    venue_ids: pd.Index[str],
    values: Measure = "walk_min",
    missing: float = np.inf,
) -> pd.DataFrame:
    """Return pairs as a full matrix: one row for every estate, one column for every venue.

    Unlike a pivot of the long table it keeps the estates and venues that no walk joins, in the order
    of the tables. It takes 8 bytes for each estate and venue.

    Parameters
    ----------
    pairs
        Walks of one profile.
    estate_ids, venue_ids
        Ids by their number.
    values
        Minutes or metres.
    missing
        What stands where there is no walk within the longest standard.
    """
    import pandas as pd

    matrix = np.full((len(estate_ids), len(venue_ids)), float(missing))
    matrix[pairs.estate, pairs.venue] = _values(pairs, values)
    return pd.DataFrame(matrix, index=estate_ids, columns=venue_ids)


def sparse_matrix(pairs: Pairs, *, shape: tuple[int, int], values: Measure = "walk_min") -> Any:
    """Return pairs as a ``scipy.sparse.csr_array``: rows are estates, columns venues, as in the tables.

    A pair that is not stored has no walk within the longest standard. A walk of nought is stored as an
    explicit 0: look at ``.indices`` and ``.data``, since a dense copy would not tell the two apart.
    """
    from scipy.sparse import csr_array

    order = np.lexsort((pairs.venue, pairs.estate))
    first = np.concatenate([[0], np.cumsum(np.bincount(pairs.estate, minlength=shape[0]))])
    return csr_array((_values(pairs, values)[order], pairs.venue[order], first), shape=shape)


def _values(pairs: Pairs, values: Measure) -> NDArray[np.float64]:
    if values == "walk_min":
        return np.asarray(pairs.walk_cmin / 100)
    if values == "walk_m":
        return np.asarray(pairs.walk_dm / 10)
    raise ValueError(f'values should be "walk_min" or "walk_m", not {values!r}')
