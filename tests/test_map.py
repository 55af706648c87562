"""The map's page as text: nothing to fetch, nothing of the inputs that could run, the tables' numbers."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise

import folium
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from map_frames import (
    ADULTS,
    HOSTILE,
    METRES,
    MINUTES,
    make_estates,
    make_full_inputs,
    make_inputs,
    make_streets,
    make_venues,
    result_inputs,
)  # fmt: skip
from walkshed.deliver import map_catchments
from walkshed.deliver.map import coverage_map
from walkshed.deliver.map_lines import pack
from walkshed.deliver.map_walks import packed_walks
from walkshed.deliver.offline import offline_html, remote_urls
from walkshed.deliver.palette import UNKNOWN, VENUE, class_colours
from walkshed.errors import OutputError
from walkshed.profiles import Profile
from walkshed.report.summary import summary
from walkshed.walking.walk_lines import walk_lines

NAMES = ("桃源人家", "山语银城", "大丁佳苑", "逸泉苑", "香雪苑")


class Page(HTMLParser):
    """The tags of a page, the text of each script, and all text outside scripts and styles."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.scripts, self.text, self.data = [], [], "", None
        self._open = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._open.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, text):
        tag, attributes = self._open[-1] if self._open else ("", {})
        if tag == "script" and attributes.get("id") == "walkshed-data":
            self.data = (self.data or "") + text
        elif tag == "script":
            self.scripts.append(text)
        elif tag != "style":
            self.text += text


def data_of(html):
    return json.loads(Page(html).data)


def unpack(text):
    """Read what ``pack`` wrote, the slow way."""
    numbers, value, shift = [], 0, 0
    for byte in base64.b64decode(text):
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(-(value + 1) // 2 if value & 1 else value // 2)
            value, shift = 0, 0
    return numbers


def unpacked_points(text):
    return np.cumsum(np.array(unpack(text)).reshape(-1, 2), axis=0) / 1e6


def unpacked_lines(packed):
    """Return the vertices of each line or ring."""
    xy = np.cumsum(np.array(unpack(packed["xy"])).reshape(-1, 2), axis=0) / 1e5
    return np.split(xy, np.cumsum(unpack(packed["counts"]))[:-1]) if packed["n"] else []


def rising(text):
    return np.cumsum(np.array(unpack(text), dtype=np.int64))


def policy_of(html):
    return next(
        found["content"]
        for tag, found in Page(html).tags
        if found.get("http-equiv", "").startswith("Content-Sec")
    )


# ---- nothing to fetch ----
def test_page_names_nothing_a_browser_would_fetch():
    page = Page(coverage_map(**make_inputs(NAMES)))
    loading = [
        (tag, key, value)
        for tag, found in page.tags
        for key, value in found.items()
        if key in {"src", "href"}
    ]
    assert loading == []
    addresses = {url for script in page.scripts for url in re.findall(r"https?://[^\s\"'<>)]+", script)}
    assert addresses == {"https://leafletjs.com", "http://www.w3.org/2000/svg"}


@pytest.mark.parametrize(
    "html",
    [
        '<img src="http://a.org/x.png">',
        '<img src="x.png">',
        '<link rel="stylesheet" href="//a.org/x.css">',
        "<style>a{background:url( 'x.png' )}</style>",
        "<style>@import 'x.css';</style>",
        '<p style="background:url(http://a.org/x.png)">',
        "<script>fetch('https://a.org/x.json')</script>",
        "<script>new WebSocket('wss://a.org')</script>",
        "<script>load('//a.org/x.js')</script>",
        '<iframe srcdoc="&lt;img src=x.png&gt;"></iframe>',
        '<object data="x.svg"></object>',
        '<meta http-equiv="refresh" content="0; url=http://a.org">',
        '<svg><use xlink:href="x.svg#a"/></svg>',
    ],
)
def test_every_way_to_fetch_is_found(html):
    assert remote_urls(html)


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://a.org">x</a>',
        "https://a.org in text",
        "<style>a{background:url(data:image/png;base64,AA==);behavior:url(#default#VML)}</style>",
        '<script type="application/json">{"name":"https://a.org url(x.png)"}</script>',
        "<script>// a comment\nx = 'http://www.w3.org/2000/svg'</script>",
    ],
)
def test_what_no_browser_fetches_is_left_in_peace(html):
    assert remote_urls(html) == []


def test_a_page_that_needs_the_network_is_refused():
    tiles = folium.Map()
    with pytest.raises(OutputError, match="tile"):
        offline_html(tiles)
    pinned = folium.Map(tiles=None)
    folium.Marker((0, 0), icon=folium.Icon()).add_to(pinned)
    with pytest.raises(OutputError, match="CircleMarker"):
        offline_html(pinned)
    strange = folium.Map(tiles=None)
    strange.default_js = [*strange.default_js, ("odd", "https://a.org/odd.js")]
    with pytest.raises(OutputError, match=re.escape("https://a.org/odd.js")):
        offline_html(strange)


def test_any_folium_page_becomes_self_contained_and_stays_as_it_was():
    page = folium.Map(tiles=None)
    folium.Marker((1, 2), popup="one", tooltip="two").add_to(page)
    folium.LayerControl().add_to(page)
    before = page.get_root().render()
    html = offline_html(page)
    assert remote_urls(html) == []
    assert html == offline_html(page)
    assert page.get_root().render() == before
    assert "iconRetinaUrl" in html  # Leaflet's own pin, which a popup on a marker needs
    assert "jQuery JavaScript" in html or "jQuery v3" in html


def test_policy_lets_exactly_the_pages_own_scripts_run():
    html = coverage_map(**make_inputs(NAMES))
    policy = policy_of(html)
    hashes = set(re.findall(r"'sha256-([^']+)'", policy))
    own = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in Page(html).scripts}
    assert own == hashes
    assert "default-src 'none'" in policy
    assert not any(key.startswith("on") for _, found in Page(html).tags for key in found)


def test_same_inputs_same_bytes():
    first, second = (coverage_map(**make_full_inputs(NAMES)) for _ in range(2))
    assert first == second
    assert coverage_map(**make_inputs(NAMES, note="other")) != first


# ---- texts of the inputs stay texts ----
def test_no_text_of_the_inputs_becomes_html_or_is_filled_in():
    quiet = coverage_map(**make_inputs(NAMES))
    estates = make_estates(HOSTILE, not_located=(1,))
    estates["community"] = estates["area"] = list(HOSTILE)
    venues = make_venues(HOSTILE, kinds=HOSTILE)
    venues["community"] = list(HOSTILE)
    for text in HOSTILE:
        html = coverage_map(
            **make_inputs(
                estates=estates,
                venues=venues,
                study_name=text,
                note=text,
                headline=text,
                attribution_lines=(text,),
                approval=text,
            )
        )
        page, data = Page(html), data_of(html)
        assert Counter(tag for tag, _ in page.tags) == Counter(tag for tag, _ in Page(quiet).tags)
        assert page.scripts == Page(quiet).scripts
        assert "<" not in page.data
        assert data["estates"]["name"] == data["venues"]["name"] == data["venues"]["kind"] == list(HOSTILE)
        assert data["estates"]["places"] == data["venues"]["place"] == list(HOSTILE)
        assert data["title"] == {"name": text, "headline": text, "note": text, "date": "2025-06-01"}
        assert text in data["credits"]
        html.encode("utf-8")


def test_half_a_surrogate_pair_can_still_be_written():
    html = coverage_map(**make_inputs(headline="\ud800 broken", study_name="\ud800荣巷"))
    html.encode("utf-8")
    assert data_of(html)["title"]["headline"] == "\ud800 broken"


def test_title_bar_shows_the_name_as_text():
    html = coverage_map(**make_inputs(study_name="</title><b>荣巷</b>\x00\n"))
    assert "<title>&lt;/title&gt;&lt;b&gt;荣巷&lt;/b&gt;</title>" in html


# ---- the picture says what the tables say ----
def test_every_estate_is_there_with_its_place_and_walk():
    inputs = make_inputs(
        estates=make_estates([f"小区{i}" for i in range(300)], not_located=(3, 250), bounded=(0, 7))
    )
    data, estates = data_of(coverage_map(**inputs)), inputs["estates"]
    assert data["estates"]["name"] == list(estates["name"])
    located = estates["lon"].notna().to_numpy()
    assert [flag == "1" for flag in data["estates"]["located"]] == located.tolist()
    given_places = estates.loc[located, ["lon", "lat"]].to_numpy()
    assert np.abs(unpacked_points(data["estates"]["points"]) - given_places).max() <= 0.5e-6 + 1e-12
    rows = inputs["coverage"].query("standard == '15 min'").set_index("estate_id").loc[estates.index]
    result = data["results"][0][0]
    np.testing.assert_array_equal(np.array(result["min"], dtype=float), rows["walk_min"].to_numpy())
    np.testing.assert_array_equal(np.array(result["m"], dtype=float), rows["walk_m"].to_numpy())
    ids = [None if venue < 0 else inputs["venues"].index[venue] for venue in result["venue"]]
    assert ids == [None if venue != venue else venue for venue in rows["venue_id"]]  # noqa: PLR0124
    assert data["areas"]["owner"] == [0, 7]


@pytest.mark.parametrize("standards", [MINUTES, METRES])
def test_dots_of_the_classes_are_the_estates_the_table_counts(standards):
    inputs = make_inputs([f"小区{i}" for i in range(200)], standards=standards, unknown=(4, 5))
    data = data_of(coverage_map(**inputs))
    classes = np.array(data["results"][0][0]["class"])
    for step, standard in enumerate(standards):
        rows = inputs["coverage"][inputs["coverage"]["standard"] == standard.name]
        covered = (rows["status"] == "covered").to_numpy()
        np.testing.assert_array_equal((classes >= 0) & (classes <= step), covered)
    assert np.flatnonzero(classes < 0).tolist() == [4, 5]
    assert set(classes) >= {0, len(standards)}  # near and far occur, or the law above says little


def test_a_row_the_table_counts_as_covered_is_drawn_so_however_long_its_walk():
    inputs = make_inputs(NAMES)
    inputs["coverage"].loc[inputs["coverage"]["estate_id"] == "E00000", ["status", "reason"]] = [
        "covered",
        "",
    ]
    inputs["coverage"].loc[inputs["coverage"]["estate_id"] == "E00001", ["status", "reason"]] = [
        "uncovered",
        "venue_full",
    ]
    data = data_of(coverage_map(**inputs))
    assert data["results"][0][0]["class"][:2] == [0, len(MINUTES)]
    letter = data["results"][0][0]["verdicts"][2][1]
    assert data["verdicts"][letter]["reason"] == "场所容量已满"


def test_standards_that_cannot_share_colours_and_profiles_are_offered_apart():
    slow = Profile("slow", 0.5)
    inputs = make_inputs(NAMES, standards=(*MINUTES, *METRES), profiles=(*ADULTS, slow))
    data = data_of(coverage_map(**inputs))
    assert [len(scale["cuts"]) for scale in data["scales"]] == [3, 3]
    assert [scale["classes"][0] for scale in data["scales"]] == ["5 分钟以内", "300 米以内"]
    assert len(data["results"]) == len(data["profiles"]) == len(data["results"][0]) == 2
    adult, slowly = (np.array(result["min"]) for result in data["results"][0])
    assert (slowly > 2 * adult).all()


def test_venues_carry_status_and_what_lies_within():
    inputs = make_inputs(
        [f"小区{i}" for i in range(40)], venues=make_venues(["甲", "乙"], statuses=("open", "closed"))
    )
    venues = data_of(coverage_map(**inputs))["venues"]
    assert venues["status"] == ["open", "closed"]
    covered = (
        (inputs["coverage"]["status"] == "covered").groupby(inputs["coverage"]["standard"], sort=False).sum()
    )
    assert [cut[0] for cut in venues["within"][0][0]["estates"]] == covered.tolist()
    assert [cut[1] for cut in venues["within"][0][0]["estates"]] == [0, 0, 0]


def test_a_venue_that_does_not_count_yet_is_not_drawn_as_one_that_does_and_says_why():
    inputs = make_inputs(NAMES, venues=make_venues(["甲", "乙"]))
    inputs["venue_table"].loc[inputs["venue_table"]["venue_id"] == "V001", "reason"] = "not_open"
    venues = data_of(coverage_map(**inputs))["venues"]
    assert venues["drawn"] == ["open", "planned"]
    assert venues["reasons"][0][0] == ["", "研究日期未开放"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ["5–10 分钟", "无法判断", "在建", "图例与图层"]),
        ("en", ["5–10 min", "cannot be judged", "under construction", "Legend and layers"]),
    ],
)
def test_page_speaks_the_language(language, words):
    html = coverage_map(**make_inputs(NAMES, language=language))
    text = Page(html).data
    assert [word for word in words if word not in text] == []
    assert (f'<html lang="{"zh-CN" if language == "zh" else "en"}">') in html
    data = data_of(html)
    chinese = {key for key, word in data["words"].items() if re.search(r"[\u4e00-\u9fff]", word)}
    assert chinese == (set(data["words"]) - {"squareMetres"} if language == "zh" else set()) | (
        chinese & {"squareMetres"}
    )


def test_credit_is_always_there_and_the_sketch_sentence_until_approved():
    lines = data_of(coverage_map(**make_inputs(NAMES)))["credits"]
    assert lines == [
        "© OpenStreetMap contributors (ODbL)",
        "数据日期 2025-05-31",
        "本图为工作草图，非审定地图。",
    ]
    approved = data_of(coverage_map(**make_inputs(NAMES, approval="苏S(2025)1号")))["credits"]
    assert approved[-1] == "审图号：苏S(2025)1号"
    assert approved[0].startswith("© OpenStreetMap")


# ---- odd studies ----
@pytest.mark.parametrize(
    "changes",
    [
        {"estates": make_estates([])},
        {"estates": make_estates([]), "venues": make_venues([]), "streets": make_streets(0)},
        {"venues": make_venues([])},
        {"estates": make_estates(NAMES, not_located=range(5))},
        {"estates": make_estates(NAMES[:1])},
        {"streets": make_streets(0)},
        {"standards": MINUTES[:1]},
    ],
    ids=[
        "no estates",
        "nothing at all",
        "no venues",
        "none located",
        "one estate",
        "no streets",
        "one standard",
    ],
)
def test_odd_studies_have_a_map(changes):
    inputs = make_inputs(NAMES, **changes)
    data = data_of(coverage_map(**inputs))
    assert len(data["estates"]["name"]) == len(inputs["estates"]) == len(data["results"][0][0]["class"])
    (south, west), (north, east) = data["bounds"]
    assert south <= north
    assert west <= east


def test_a_large_network_stays_small():
    streets = make_streets(100_000, span=0.1)
    html = coverage_map(**make_inputs(NAMES, streets=streets))
    assert len(html.encode()) < 8_000_000
    assert sum(data_of(html)["streets"]["ranks"]) == 100_000


def test_streets_are_drawn_where_they_are():
    streets = make_streets(50)
    packed = data_of(coverage_map(**make_inputs(NAMES, streets=streets)))["streets"]
    drawn = np.concatenate(unpacked_lines(packed))
    ends = {tuple(np.round(point, 5)) for point in drawn}
    first = streets.coord_ptr[:-1]
    asked = np.column_stack([streets.coord_lon[first], streets.coord_lat[first]])
    nearest = np.abs(np.array(sorted(ends))[None] - asked[:, None]).max(axis=2).min(axis=1)
    assert nearest.max() < 1.1e-5


@given(st.lists(st.integers(-(2**40), 2**40)))
def test_packed_numbers_come_back(numbers):
    assert unpack(pack(np.array(numbers, dtype=np.int64))) == numbers


# ---- catchments, walks, communities ----
def shape_of(packed, owner=0):
    rings = [
        ring
        for ring, whose in zip(unpacked_lines(packed), rising(packed["owner"]), strict=True)
        if whose == owner
    ]
    shape = shapely.Polygon()
    for ring in rings:  # as the page fills them: by the even-odd rule
        shape = shape ^ shapely.Polygon(ring)
    return shape


def overlap(a, b):
    return (a & b).area / (a | b).area


def test_catchments_are_drawn_where_they_are_by_walker_and_standard():
    slow = Profile("slow", 0.8)
    venues = make_venues(["甲", "乙", "丙"])
    inputs = make_full_inputs(NAMES, venues=venues, standards=(*MINUTES, *METRES), profiles=(*ADULTS, slow))
    packed = data_of(coverage_map(**inputs))["catchments"]
    assert packed["leftOut"] is False
    names = [[s.name for s in MINUTES], [s.name for s in METRES]]
    merged = inputs["merged"].set_index(["profile", "standard"]).geometry
    own = inputs["catchments"].set_index(["venue_id", "profile", "standard"]).geometry
    for scale, standards in enumerate(names):
        for number, profile in enumerate(("adult", "slow")):
            for step, standard in enumerate(standards):
                together = shape_of(packed["merged"][scale][number][step])
                assert overlap(together, merged[profile, standard]) > 0.97
                each = packed["own"][scale][number][step]
                for row, venue in enumerate(venues.index):
                    assert overlap(shape_of(each, row), own[venue, profile, standard]) > 0.95


def test_empty_and_mixed_shapes_and_unknown_venues_do_no_harm():
    inputs = make_full_inputs(NAMES, venues=make_venues(["甲", "乙"]))
    square = shapely.box(120.23, 31.56, 120.24, 31.57)
    mixed = shapely.GeometryCollection([shapely.MultiPolygon([square]), shapely.LineString([(0, 0), (1, 1)])])
    inputs["merged"].geometry = [shapely.MultiPolygon(), None, mixed]
    inputs["catchments"].loc[inputs["catchments"]["venue_id"] == "V001", "venue_id"] = "gone"
    packed = data_of(coverage_map(**inputs))["catchments"]
    assert [cut["n"] for cut in packed["merged"][0][0]] == [0, 0, 1]
    assert overlap(shape_of(packed["merged"][0][0][2]), square) > 0.99
    assert {number for cut in packed["own"][0][0] for number in rising(cut["owner"])} == {0}


def test_venues_own_catchments_are_left_out_where_they_would_be_too_large(monkeypatch):
    inputs = make_full_inputs(NAMES, venues=make_venues(["甲", "乙"]))
    monkeypatch.setattr(map_catchments, "OWN_AT_MOST", 200)
    packed = data_of(coverage_map(**inputs))["catchments"]
    assert (packed["own"], packed["leftOut"]) == (None, True)
    assert packed["merged"][0][0][0]["n"] > 0


def test_a_map_without_catchments_walks_and_summary_is_still_a_map():
    data = data_of(coverage_map(**make_inputs(NAMES)))
    assert data["catchments"] == {"merged": None, "own": None, "leftOut": False}
    assert data["walks"] is data["summary"] is None


def walk_from(packed, estate):
    """Follow the tree from an estate to the venue."""
    parent, steps = rising(packed["parent"]) - 1, np.array(unpack(packed["xy"])).reshape(-1, 2)
    for vertex, up in enumerate(parent):
        if up >= 0:
            assert up < vertex
            steps[vertex] += steps[up]
    at, line = rising(packed["first"])[estate] - 1, []
    while at >= 0:
        line.append(steps[at] / 1e5)
        at = parent[at]
    return np.array(line)


def test_walks_of_the_page_are_the_lines_of_the_walks(sample_result):
    access = sample_result.access
    lines = walk_lines(access)
    packed = packed_walks(lines, len(access.estate_ids))
    reached = set(lines.estate.tolist())
    assert len(reached) < len(access.estate_ids)
    for estate in range(len(access.estate_ids)):
        drawn = walk_from(packed, estate)
        if estate not in reached:
            assert len(drawn) == 0
            continue
        row = lines.estate.tolist().index(estate)
        part = slice(lines.ptr[row], lines.ptr[row + 1])
        asked = shapely.LineString(np.column_stack([lines.lon[part], lines.lat[part]]))
        # Vertices are thinned by about a metre in each of a few rounds and rounded by half of one.
        assert shapely.hausdorff_distance(shapely.LineString(drawn), asked, densify=0.1) < 4e-5
    assert len(unpack(packed["parent"])) < len(lines.lon) / 2  # shared streets are held once


def test_every_scale_walks_to_the_venues_that_count_on_it(sample_result):
    data = data_of(coverage_map(**result_inputs(sample_result)))
    assert len(data["scales"]) == len(data["walks"]["of"]) == 2
    venues = sample_result.venues[["lon", "lat"]].to_numpy()
    for scale in range(2):
        packed = data["walks"]["sets"][data["walks"]["of"][scale][0]]
        nearest = data["results"][scale][0]["venue"]
        for estate in range(0, len(nearest), 5):
            drawn = walk_from(packed, estate)
            assert (len(drawn) > 0) == (nearest[estate] >= 0)
            if len(drawn):
                np.testing.assert_allclose(drawn[-1], venues[nearest[estate]], atol=1.1e-5)
    assert data["walks"]["of"][0] != data["walks"]["of"][1]


def test_communities_carry_the_numbers_of_the_summary_and_their_estates():
    inputs = make_full_inputs([f"小区{i}" for i in range(120)], unknown=(3, 4))
    inputs["estates"].loc["E00005", "community"] = ""
    inputs["summary"] = summary(inputs["estates"], inputs["coverage"], levels=("community", "area"))
    found = data_of(coverage_map(**inputs))["summary"]
    assert [level["name"] for level in found["levels"]] == ["合计", "社区", "片区"]
    table = inputs["summary"].query("measure == 'households'")
    for number, name in enumerate(("total", "community", "area")):
        level, rows = found["levels"][number], table[table["level"] == name]
        for step, standard in enumerate(MINUTES):
            mine = rows[rows["standard"] == standard.name]
            assert len(mine) == len(level["units"])
            values = found["results"][0][0][number]
            for part in ("covered", "uncovered", "unknown"):
                np.testing.assert_allclose(values[part][step], mine[part])
            np.testing.assert_allclose(values["total"], mine["total"])
    communities = [found["levels"][1]["units"][code] for code in rising(found["levels"][1]["of"])]
    assert communities == [name or "（空白）" for name in inputs["estates"]["community"]]


# ---- backgrounds ----
WUXI, PORTO = (120.23, 31.56), (-8.61, 41.15)


def test_policy_lets_pictures_come_from_the_offered_backgrounds_only():
    def sources(**changes):
        html = coverage_map(**make_inputs(NAMES, **changes))
        return set(re.search(r"img-src ([^;]*);", policy_of(html))[1].split()), data_of(html)["tiles"]

    own = {"data:", "blob:"}
    pictures, tiles = sources()
    hosts = {
        "https://tile.openstreetmap.org",
        "https://t0.tianditu.gov.cn",
        "https://webrd01.is.autonavi.com",
    }
    assert pictures == own | hosts
    assert [one["id"] for one in tiles] == ["osm", "tianditu", "amap"]
    for one in tiles:
        assert all(any(url.startswith(host + "/") for host in hosts) for url in one["urls"])
        assert one["shifted"] == (one["id"] == "amap")
    assert sources(tile_layers=()) == (own, [])
    there = {"estates": make_estates(NAMES, around=PORTO), "venues": make_venues(["a"], around=PORTO)}
    pictures, tiles = sources(**there)
    assert pictures == own | {"https://tile.openstreetmap.org"}
    assert [one["id"] for one in tiles] == ["osm"]


@pytest.mark.parametrize(
    "origin",
    [
        "http://a.org",
        "https://*.a.org",
        "https://a.org/path",
        "https://a.org; script-src *",
        "https://a",
        "a.org",
        "*",
        "",
    ],
)
def test_a_background_comes_from_one_named_https_host(origin):
    with pytest.raises(ValueError, match="origin"):
        offline_html(folium.Map(tiles=None), pictures_from=[origin])


def test_a_key_is_in_the_page_only_where_it_is_given():
    key = "0123456789abcdef0123456789abcdef"
    assert key not in coverage_map(**make_inputs(NAMES))
    given = data_of(coverage_map(**make_inputs(NAMES, tianditu_key=key)))["tiles"]
    assert [one["key"] for one in given] == ["", key, ""]


def test_multipolygon_boundaries_are_drawn_whole():
    estates = make_estates(NAMES[:2])
    lon, lat = estates["lon"].iloc[0], estates["lat"].iloc[0]
    parts = [
        shapely.box(lon, lat, lon + 0.001, lat + 0.001),
        shapely.box(lon - 0.002, lat, lon - 0.001, lat + 0.001),
    ]
    estates.loc["E00000", "geometry"] = shapely.MultiPolygon(parts)
    areas = data_of(coverage_map(**make_inputs(estates=estates)))["areas"]
    assert (areas["owner"], areas["n"]) == ([0, 0], 2)


# ---- colours ----
# Machado, Oliveira & Fernandes (2009), severity 1.0, on linear RGB.
SIGHT = {
    "all colours": np.eye(3),
    "no red": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no green": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "no blue": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def seen_as(colour, sight):
    """Return CIE L*a*b* (D65) of a colour as somebody sees it."""
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(SIGHT[sight] @ linear, 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear
    ratio = xyz / np.array([0.9505, 1.0, 1.089])
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize(("count", "apart"), [(2, 60), (3, 30), (4, 20), (5, 15), (6, 12), (7, 10)])
def test_neighbouring_classes_stay_apart_for_everybody_and_on_a_grey_printer(sight, count, apart):
    seen = [seen_as(colour, sight) for colour in class_colours(count)]
    lightness = [colour[0] for colour in seen]
    assert lightness == sorted(lightness, reverse=True)
    assert min(np.linalg.norm(a - b) for a, b in pairwise(seen)) >= apart
    assert min(a - b for a, b in pairwise(lightness)) >= apart / 2


@pytest.mark.parametrize("sight", SIGHT)
def test_venues_are_no_class_of_the_usual_study(sight):
    venue = seen_as(VENUE, sight)
    assert (
        min(np.linalg.norm(venue - seen_as(colour, sight)) for colour in (*class_colours(4), UNKNOWN)) >= 20
    )
