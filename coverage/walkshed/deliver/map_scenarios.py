"""What the map's page is given of scenarios: estates, venues, gates and totals as they are in each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from walkshed.deliver import map_data
from walkshed.deliver.map_gates import gate_values
from walkshed.deliver.map_lines import packed_streets
from walkshed.deliver.map_summary import summary_values
from walkshed.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import pandas as pd

    from walkshed.errors import Language
    from walkshed.profiles import Profile
    from walkshed.standards import Standard
    from walkshed.streets.network import WalkNetwork

PAGE = {
    "scenario": Text("Scenario", "情景"),
    "asItIs": Text("as it is", "现状"),
    "beside": Text("Side by side", "左右对照"),
    "scenarioNow": Text("Scenario: {name}", "情景：{name}"),
    "scenarioNote": Text(
        "Catchments, walks and proposals are those of the study as it is, and are not shown with a scenario.",
        "步行范围、步行路线和选址建议属于现状，情景中不显示。",
    ),
}
"""Words of the page."""

CHANGED = {
    "new": Text("new in this scenario", "本情景新增"),
    "opened": Text("open in this scenario", "本情景开放"),
    "closed": Text("closed in this scenario", "本情景关闭"),
    "moved": Text("stands elsewhere in this scenario", "本情景迁址"),
}
"""What is different of a venue."""


@dataclass(frozen=True, slots=True, eq=False)
class ScenarioView:
    """A scenario as frames.

    Attributes
    ----------
    name, said
        Its name, and its answer in sentences.
    estates, venues, gates
        The located tables in the scenario; ``gates`` may be None.
    coverage, venue_table, summary
        Its tables.
    changed
        By venue id a key of :data:`CHANGED`.
    network
        The streets, where they are others than those of the study as it is.
    """

    name: str
    said: Sequence[str]
    estates: gpd.GeoDataFrame
    venues: gpd.GeoDataFrame
    gates: gpd.GeoDataFrame | None
    coverage: pd.DataFrame
    venue_table: pd.DataFrame
    summary: pd.DataFrame
    changed: Mapping[str, str] = field(default_factory=dict)
    network: WalkNetwork | None = None


def scenario_values(
    scenarios: Sequence[ScenarioView],
    *,
    estates: gpd.GeoDataFrame,
    standards: Sequence[Standard],
    profiles: Sequence[Profile],
    verdicts: map_data.Verdicts,
    language: Language,
) -> list[dict[str, Any]]:
    """Return for each scenario what the page has of the study as it is, under the same keys.

    Parameters
    ----------
    scenarios
        In the order in which they are offered.
    estates
        Those of the study as it is; a scenario with the same ones does not repeat them.
    standards, profiles
        Those of the study.
    verdicts
        Those of the page, which the scenarios' words are added to.
    language
        The page's.
    """
    return [_values(one, estates, standards, profiles, verdicts, language) for one in scenarios]


def _values(
    one: ScenarioView,
    estates: gpd.GeoDataFrame,
    standards: Sequence[Standard],
    profiles: Sequence[Profile],
    verdicts: map_data.Verdicts,
    language: Language,
) -> dict[str, Any]:
    walks = map_data.walk_values(
        standards, profiles, estates=one.estates, venues=one.venues, coverage=one.coverage,
        venue_table=one.venue_table, language=language, verdicts=verdicts,
    )  # fmt: skip
    row = {str(ident): number for number, ident in enumerate(one.venues.index)}
    own = map_data.estate_values(one.estates)
    same = own == map_data.estate_values(estates)
    return {
        "name": one.name,
        "said": list(one.said),
        "results": walks["results"],
        "venues": walks["venues"],
        "changed": {str(row[ident]): CHANGED[word].in_(language) for ident, word in one.changed.items()},
        "gates": gate_values(one.gates, language=language),
        "summary": summary_values(
            one.summary, one.estates, scales=map_data.scales_of(standards),
            profiles=[profile.name for profile in profiles], language=language,
        ),
        **({} if one.network is None else {"streets": packed_streets(one.network)}),
        **({} if same else {"estates": own, "areas": map_data.area_values(one.estates)}),
    }  # fmt: skip
