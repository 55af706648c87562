"""One map of a run that opens anywhere: streets, estates by walking time, venues, a legend.

Folium makes the page; the drawing is done on canvas by the scripts in ``map_assets``, which read the
values of :mod:`walkshed.deliver.map_data` from one JSON block. No text of the inputs ever
passes through a template or becomes HTML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from walkshed.deliver import map_data, palette
from walkshed.deliver import map_words as words
from walkshed.deliver.map_catchments import catchment_values
from walkshed.deliver.map_gates import gate_values
from walkshed.deliver.map_lines import packed_streets
from walkshed.deliver.map_proposals import proposal_values
from walkshed.deliver.map_scenarios import PAGE as SCENARIO_PAGE
from walkshed.deliver.map_scenarios import scenario_values
from walkshed.deliver.map_summary import summary_values
from walkshed.deliver.map_tiles import tile_hosts, tile_values, tiles_at
from walkshed.deliver.map_walks import walks_of
from walkshed.deliver.offline import OWN, offline_html
from walkshed.deliver.proposal_words import PAGE as PROPOSAL_PAGE
from walkshed.deliver.words import VENUE_STATUSES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import folium
    import geopandas as gpd
    import pandas as pd

    from walkshed.deliver.map_scenarios import ScenarioView
    from walkshed.errors import Language
    from walkshed.profiles import Profile
    from walkshed.siting.plan import Plan
    from walkshed.standards import Standard
    from walkshed.streets.network import WalkNetwork
    from walkshed.walking.access import Access

_SCRIPTS = (
    "datum.js", "lines.js", "canvas.js", "layers.js", "reach.js", "proposals.js", "scenarios.js", "gates.js", "cards.js", "search.js", "tables.js",
    "background.js", "panel.js", "page.js",
)  # fmt: skip
_DATA = "walkshed-data"
_EMPTY_STUDY_ZOOM = 2


def coverage_map(
    *,
    estates: gpd.GeoDataFrame,
    venues: gpd.GeoDataFrame,
    coverage: pd.DataFrame,
    venue_table: pd.DataFrame,
    network: WalkNetwork,
    study_name: str,
    note: str,
    language: Language,
    date: dt.date,
    standards: Sequence[Standard],
    profiles: Sequence[Profile],
    headline: str,
    attribution_lines: Sequence[str] = (),
    approval: str = "",
    access: Access | None = None,
    catchments: gpd.GeoDataFrame | None = None,
    merged: gpd.GeoDataFrame | None = None,
    summary: pd.DataFrame | None = None,
    gates: gpd.GeoDataFrame | None = None,
    plan: Plan | None = None,
    coverage_after: pd.DataFrame | None = None,
    summary_after: pd.DataFrame | None = None,
    scenarios: Sequence[ScenarioView] = (),
    tile_layers: Sequence[str] | None = None,
    tianditu_key: str = "",
) -> str:
    """Return the map of a run as one self-contained HTML page, the same for the same inputs.

    Parameters
    ----------
    estates, venues, network
        The located tables and the streets, as read.
    coverage, venue_table
        The tables of coverage.csv and venues.csv.
    study_name, headline, note, date
        The title block; ``note`` is printed as a badge, for example "示意数据 schematic".
    language
        "zh" or "en".
    standards, profiles
        Those of the study. With several profiles, or standards which cannot share one scale of
        colours (minutes and metres, different tiers), the page offers the choice.
    attribution_lines
        Printed beside OpenStreetMap's credit, which is always there.
    approval
        The map's approval number (审图号); without it the page says that it is a working sketch.
    access
        Where given, a click on an estate draws its walk.
    catchments, merged
        Each venue's own (venue_id, profile, standard, geometry) and all venues' together (profile,
        standard, geometry), EPSG:4326. A venue's own are left out where they would make the page too
        large, and the page says so.
    summary
        The table of summary.csv, for the list of communities.
    gates
        The gates of walled estates, with whom they let pass.
    plan, coverage_after, summary_after
        A siting plan, and the tables with it open: the page then shows where to build next, and before and after.
    scenarios
        Among which a reader may choose, and see each beside the study as it is.
    tile_layers
        Which backgrounds of :data:`walkshed.deliver.map_tiles.TILES` a reader may switch on, those
        of use at the place by default. None is on at first, and nothing is asked for before.
    tianditu_key
        Is written into the page, readable by everybody who has it. Without it the page asks its reader.
    """
    title = {"name": study_name, "headline": headline, "note": note, "date": date.isoformat()}
    scales, names = map_data.scales_of(standards), [profile.name for profile in profiles]
    bounds = map_data.bounds_of(estates, venues, network, *([] if merged is None else [merged]))
    layers = tiles_at(bounds) if tile_layers is None else tuple(tile_layers)
    data = {
        "language": language,
        "words": {
            key: text.in_(language) for key, text in {**words.PAGE, **PROPOSAL_PAGE, **SCENARIO_PAGE}.items()
        },
        "venueStatuses": {key: text.in_(language) for key, text in VENUE_STATUSES.items()},
        "title": title,
        "credits": _credits(attribution_lines, approval, language),
        "colours": _colours(),
        "bounds": bounds,
        "profiles": [profile.label(language) for profile in profiles],
        "estates": map_data.estate_values(estates),
        "areas": map_data.area_values(estates),
        "streets": packed_streets(network),
        "catchments": catchment_values(
            merged, catchments, scales=scales, profiles=names, venue_ids=venues.index
        ),
        "walks": walks_of(access, venues, standards=standards, profiles=profiles, date=date),
        "summary": summary_values(summary, estates, scales=scales, profiles=names, language=language),
        "tiles": tile_values(layers, tianditu_key=tianditu_key, language=language),
    }
    verdicts = map_data.Verdicts(language)
    data |= map_data.walk_values(
        standards,
        profiles,
        estates=estates,
        venues=venues,
        coverage=coverage,
        venue_table=venue_table,
        language=language,
        verdicts=verdicts,
    )
    data["gates"] = gate_values(gates, language=language)
    data["proposals"] = proposal_values(
        plan,
        estates=estates,
        venue_ids=venues.index,
        standards=standards,
        profiles=profiles,
        coverage_after=coverage_after,
        summary_after=summary_after,
        verdicts=verdicts,
        language=language,
    )
    data["scenarios"] = scenario_values(
        scenarios,
        estates=estates,
        standards=standards,
        profiles=profiles,
        verdicts=verdicts,
        language=language,
    )
    data["verdicts"] = verdicts.values()
    return offline_html(
        _page(), title=study_name, language=language, data={_DATA: data}, pictures_from=tile_hosts(layers)
    )


def _page() -> folium.Map:
    """Return the empty map with the element that starts our scripts."""
    import folium
    from folium.elements import JSCSSMixin
    from folium.template import Template

    class Coverage(JSCSSMixin):
        """Starts the page's scripts on the map it is added to."""

        _template = Template(
            "{% macro script(this, kwargs) %}"
            "walkshed.show({{ this._parent.get_name() }}, {{ this.data_id|tojson }});"
            "{% endmacro %}"
        )

        def __init__(self, data_id: str) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self._name = "Coverage"
            self.default_js = [(name, OWN + name) for name in _SCRIPTS]
            self.default_css = [("page.css", OWN + "page.css")]
            self.data_id = data_id

    page = folium.Map(
        location=(0, 0),
        zoom_start=_EMPTY_STUDY_ZOOM,
        tiles=None,
        zoom_control=False,
        attribution_control=False,
        zoom_snap=0.25,
        wheel_px_per_zoom_level=110,
        max_zoom=19,
        # A page on a projector must not hang between two zoom levels while it fades.
        fade_animation=False,
    )
    Coverage(_DATA).add_to(page)
    return page


def _credits(lines: Sequence[str], approval: str, language: Language) -> list[str]:
    own = words.APPROVED.in_(language) + approval if approval else words.SKETCH.in_(language)
    given = [line for line in lines if line and line not in {words.OSM_CREDIT, own}]
    return [words.OSM_CREDIT, *given, own]


def _colours() -> dict[str, Any]:
    return {
        "unknown": palette.UNKNOWN,
        "notYet": palette.NOT_YET,
        "venue": palette.VENUE,
        "ink": palette.INK,
        "paper": palette.PAPER,
        "streets": list(palette.STREETS),
    }
