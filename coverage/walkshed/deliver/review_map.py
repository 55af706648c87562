"""The map of a review: doubtful places, their candidates by number, and the streets and estates around them.

One page that needs no network. No text of the inputs passes through a template or becomes HTML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from walkshed.deliver.map_tiles import tile_hosts, tile_values
from walkshed.deliver.map_words import OSM_CREDIT
from walkshed.deliver.offline import OWN, offline_html
from walkshed.deliver.review_sheets import LEVELS
from walkshed.errors import Text
from walkshed.places.answer import STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import folium
    import geopandas as gpd

    from walkshed.deliver.review_book import Entry
    from walkshed.errors import Language

_DATA = "walkshed-review"
_AROUND_DEG = 0.012
"""How far around candidates streets and estates are drawn: about a kilometre."""
_COLOURS = {"doubtful": "#c2410c", "not_found": "#7f1d1d", "given": "#30698c", "matched": "#2f7d4f"}
_WORDS = {
    "how": Text(
        "Look here, decide in places_review.xlsx. Candidate 1 is coloured. A click on a place shows its candidates.",
        "在此查看，在 places_review.xlsx 中选择。彩色为候选 1。点击地点可查看其候选。",
    ),
    "none": Text("No place is in doubt.", "没有存疑的地点。"),
    "place": Text("called", "名称"),
    "source": Text("source", "来源"),
    "level": Text("level", "精度"),
    "community": Text("from community", "距社区"),
    "about": Text("evidence", "依据"),
    "at": Text("at", "经纬度"),
    "given": Text("where the table puts it", "表中坐标"),
}


def review_map(
    entries: Sequence[Entry],
    *,
    named: gpd.GeoDataFrame | None,
    title: str,
    language: Language,
    most: int = 8,
) -> str:
    """Return the map of a review as one self-contained HTML page, the same for the same places.

    Parameters
    ----------
    entries
        The places to look at, in the order of the workbook.
    named
        The named objects of the study's file: streets and estates are drawn from it. None draws none.
    title
        The study's name.
    most
        How many candidates of a place are shown, as in the workbook.
    """
    ordered = sorted(entries, key=lambda entry: entry.rank)
    places = [_place(entry, named, language, most) for entry in ordered]
    streets, outlines = _context(places, named)
    tiles = tile_values(["osm"], tianditu_key="", language=language)
    data = {
        "title": title,
        "words": {key: text.in_(language) for key, text in _WORDS.items()},
        "colours": _COLOURS,
        "credit": OSM_CREDIT,
        "places": places,
        "streets": streets,
        "outlines": outlines,
        "bounds": _bounds(named),
        "tiles": tiles,
    }
    return offline_html(
        _page(), title=title, language=language, data={_DATA: data}, pictures_from=tile_hosts(["osm"])
    )


def _place(entry: Entry, named: gpd.GeoDataFrame | None, language: Language, most: int) -> dict[str, Any]:
    answer = entry.answer
    candidates = []
    for number, seen in enumerate(answer.seen[:most], start=1):
        one = seen.candidate
        about = seen.doubt if seen.doubt is not None else one.evidence
        metres = "" if seen.community_m is None else f"{seen.community_m:,.0f} m"
        candidates.append(
            {
                "number": number, "lon": one.lon, "lat": one.lat, "place": one.name or one.address,
                "source": one.source, "level": LEVELS[one.level].in_(language), "community": metres,
                "about": about.in_(language),
            }
        )  # fmt: skip
    best = answer.best.candidate.ref if answer.best else ""
    shape = named.geometry[best] if named is not None and best in named.index else None
    return {
        "id": answer.query.id,
        "name": answer.query.name,
        "status": answer.status,
        "statusName": STATUSES[answer.status].in_(language),
        "reason": answer.reason.in_(language),
        "given": list(entry.given) if entry.given is not None else None,
        "candidates": candidates,
        "outline": _rings(shape),
    }


def _rings(shape: Any) -> list[list[list[float]]] | None:
    """Return a polygon's outer rings as Leaflet has them: latitude first; None for anything else."""
    import shapely

    if shape is None or shape.geom_type not in {"Polygon", "MultiPolygon"}:
        return None
    return [_line(part.exterior) for part in shapely.get_parts(shape)]


def _line(line: Any) -> list[list[float]]:
    import shapely

    return [[round(lat, 6), round(lon, 6)] for lon, lat in shapely.get_coordinates(line).tolist()]


def _context(
    places: Sequence[dict[str, Any]], named: gpd.GeoDataFrame | None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the named streets and estates near the candidates."""
    import numpy as np
    import shapely

    at = [(c["lon"], c["lat"]) for place in places for c in place["candidates"]]
    at += [tuple(place["given"]) for place in places if place["given"]]
    if named is None or not at:
        return [], []
    wanted = named[named["group"].isin(["road", "estate"])]
    shapes = wanted.geometry.to_numpy()
    near = shapely.STRtree(shapes).query(shapely.points(at), predicate="dwithin", distance=_AROUND_DEG)[1]
    streets, outlines = [], []
    for number in np.unique(near).tolist():
        name, shape = str(wanted["name"].iloc[number]), shapes[number]
        if shape.geom_type == "LineString":
            streets.append({"name": name, "line": _line(shape)})
        elif (rings := _rings(shape)) is not None:
            outlines.append({"name": name, "rings": rings})
    return streets, outlines


def _bounds(named: gpd.GeoDataFrame | None) -> list[list[float]] | None:
    if named is None or not len(named):
        return None
    west, south, east, north = named.total_bounds.tolist()
    return [[south, west], [north, east]]


def _page() -> folium.Map:
    """Return the empty map with the element that starts our script."""
    import folium
    from folium.elements import JSCSSMixin
    from folium.template import Template

    class Review(JSCSSMixin):
        """Starts the page's script on the map it is added to."""

        _template = Template(
            "{% macro script(this, kwargs) %}"
            "walkshed.review({{ this._parent.get_name() }}, {{ this.data_id|tojson }});"
            "{% endmacro %}"
        )

        def __init__(self, data_id: str) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self._name = "Review"
            self.default_js = [("review.js", OWN + "review.js")]
            self.default_css = [("review.css", OWN + "review.css")]
            self.data_id = data_id

    page = folium.Map(
        location=(0, 0), zoom_start=2, tiles=None, prefer_canvas=True, attribution_control=False, max_zoom=19
    )
    Review(_DATA).add_to(page)
    return page
