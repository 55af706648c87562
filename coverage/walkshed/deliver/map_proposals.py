"""What the map's page is given of a plan: where to build, what took second place, and who gains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from walkshed.deliver.map_data import Verdicts, _located, _result, scales_of
from walkshed.deliver.map_summary import summary_values
from walkshed.deliver.proposal_words import LOST, SOURCES
from walkshed.deliver.words import title
from walkshed.siting.plan_rows import estate_rows, site_rows
from walkshed.siting.plan_words import lost_words, measure_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd

    from walkshed.errors import Language
    from walkshed.profiles import Profile
    from walkshed.siting.plan import Plan
    from walkshed.standards import Standard

_SHOWN = ("chosen", "runner_up")
_FACTS = (
    "year", "floor_area_m2", "cost", "subsidy_per_year", "owner", "gain", "newly_covered", "sole", "cost_per_gain", "lost",
)  # fmt: skip


def proposal_values(
    plan: Plan | None,
    *,
    estates: gpd.GeoDataFrame,
    venue_ids: pd.Index[Any],
    standards: Sequence[Standard],
    profiles: Sequence[Profile],
    coverage_after: pd.DataFrame | None,
    summary_after: pd.DataFrame | None,
    verdicts: Verdicts,
    language: Language,
) -> dict[str, Any] | None:
    """Return the sites with their cards, who gains by each, and every estate's class when all are open.

    Parameters
    ----------
    plan
        None where nothing was asked.
    estates, venue_ids
        In the order in which the page has them.
    standards, profiles
        Those of the study.
    coverage_after, summary_after
        The tables with the proposal open; without the first the page shows what is there now only.
    verdicts
        Those of the page, which the new table's words are added to.
    """
    if plan is None:
        return None
    rows = site_rows(plan)
    rows = rows[rows["role"].isin(_SHOWN)].drop_duplicates("site_id").reset_index(drop=True)
    new = estate_rows(plan)
    number = {str(one): position for position, one in enumerate(estates.index)}
    gained = {
        site: [number[one] for one in mine["estate_id"].drop_duplicates()]
        for site, mine in new.groupby("site_id", sort=False)
    }
    return {
        "said": [text.in_(language) for text in plan.sentences],
        "name": [str(name or one) for name, one in zip(rows["name"], rows["site_id"], strict=True)],
        "role": rows["role"].tolist(),
        "source": rows["source"].tolist(),
        "step": [
            None if lacking else int(value)
            for value, lacking in zip(rows["step"], rows["step"].isna(), strict=True)
        ],
        "kind": [SOURCES[source].in_(language) for source in rows["source"]],
        "place": [
            " / ".join(filter(None, (a, b))) for a, b in zip(rows["community"], rows["area"], strict=True)
        ],
        "facts": [_facts(plan, row, language) for row in rows.to_dict("records")],
        "gained": [gained.get(site, []) for site in rows["site_id"]],
        **_located(rows),
        "summary": summary_values(
            summary_after,
            estates,
            scales=scales_of(standards),
            profiles=[profile.name for profile in profiles],
            language=language,
        ),
        "after": None
        if coverage_after is None
        else _after(
            coverage_after,
            estates.index,
            venue_ids.append(rows.set_index("site_id").index),
            standards,
            profiles,
            verdicts,
        ),
    }


def _facts(plan: Plan, row: dict[Any, Any], language: Language) -> list[list[str]]:
    """Return label and value of what is known of a site."""
    unit = measure_unit(plan).in_(language)
    found = []
    for name in _FACTS:
        value = row[name]
        if _is_blank(value) or value == "":
            continue
        label = LOST[row["role"]].in_(language) if name == "lost" else title(name, language)
        shown = (
            value if isinstance(value, str) else f"{int(value)}" if name == "year" else _short(float(value))
        )
        if name in {"gain", "sole"}:
            shown = f"{shown} {unit}"
        elif name == "lost":
            shown = lost_words(plan, float(value)).in_(language)
        found.append([label, shown])
    return found


def _is_blank(value: object) -> bool:
    """Tell whether a cell of a table holds nothing."""
    import pandas as pd

    return bool(pd.isna(value))  # type: ignore[call-overload]


def _short(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:,.1f}"


def _after(
    coverage: pd.DataFrame,
    estate_ids: pd.Index[Any],
    venue_ids: pd.Index[Any],
    standards: Sequence[Standard],
    profiles: Sequence[Profile],
    verdicts: Verdicts,
) -> list[list[dict[str, Any]]]:
    """Return the same as the page has of the coverage table, with the proposal open.

    A nearest venue that is proposed is told by the number of venues plus its own among the proposals.
    """
    return [
        [
            _result(scale, coverage[coverage["profile"] == profile.name], estate_ids, venue_ids, verdicts)
            for profile in profiles
        ]
        for scale in scales_of(standards)
    ]
