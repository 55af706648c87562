"""The map in a real browser with the network off: what is seen, pointed at, switched, printed."""

from __future__ import annotations

import datetime as dt
import re
import shutil

import geopandas as gpd
import numpy as np
import pytest

import walkshed
from conftest import open_access
from map_frames import (
    ADULTS,
    HOSTILE,
    METRES,
    MINUTES,
    make_estates,
    make_full_inputs,
    make_inputs,
    make_venues,
    result_inputs,
)
from walkshed.deliver.map import coverage_map
from walkshed.profiles import Profile
from walkshed.report.coverage import coverage
from walkshed.walking.catchments import catchments
from walkshed.walking.merging import merged_catchments

pytestmark = pytest.mark.full

NAMES = ("桃源人家", "山语银城", "大丁佳苑", "逸泉苑", "香雪苑", "大渲南苑")
PROJECTOR = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 780}
ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
WHERE = """([table, row]) => {
    const state = walkshed.state, places = state[table], map = state.map;
    const scale = map.options.crs.scale(map.getZoom()), origin = map.getPixelOrigin();
    const layer = [places.x[row] * scale - origin.x, places.y[row] * scale - origin.y];
    const point = map.layerPointToContainerPoint(layer);
    const box = map.getContainer().getBoundingClientRect();
    return [box.left + point.x, box.top + point.y];
}"""
READBACK = "Multiple readback operations using getImageData"
MARKS = {"covered": "✓", "uncovered": "✗", "unknown": "?"}
PIXEL = """([layer, x, y]) => {
    const canvas = document.querySelector('.ws-canvas-' + layer);
    if (!canvas) return null;
    const box = canvas.getBoundingClientRect(), sharp = canvas.width / box.width;
    const at = [Math.round((x - box.left) * sharp), Math.round((y - box.top) * sharp)];
    return Array.from(canvas.getContext('2d').getImageData(at[0], at[1], 1, 1).data);
}"""


@pytest.fixture(scope="module")
def browser():
    from conftest import need_program

    need_program("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser, tmp_path):
    """Return a function that opens a study's map; the page remembers what it asked for and complained of."""
    contexts = []

    def opened(size=PROJECTOR, *, given=None, answer=None, **inputs):
        file = tmp_path / "map.html"
        html = coverage_map(**(given or make_inputs(**inputs)))
        file.write_text(html, encoding="utf-8", newline="\n")
        context = browser.new_context(viewport=size, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.asked, page.said = [], []
        if answer is not None:
            page.route(
                "http**", lambda route: route.fulfill(status=200, content_type="image/png", body=answer)
            )
        page.on("request", lambda request: page.asked.append(request.url))
        # Chromium remarks on the tests' own looking at pixels.
        page.on("console", lambda message: READBACK in message.text or page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("dialog", lambda dialog: (page.said.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.goto(file.as_uri())
        page.wait_for_selector("html.ws-ready", timeout=30_000)
        return page

    yield opened
    for context in contexts:
        context.close()


def point_at(page, table, row):
    x, y = page.evaluate(WHERE, [table, row])
    page.mouse.move(x - 4, y - 4)
    page.mouse.move(x, y)
    page.wait_for_selector(".ws-card:not([hidden])")
    return page.inner_text(".ws-card")


def spread(names, **more):
    """Estates on a diagonal, so that none hides another."""
    estates = make_estates(names, **more)
    for i, name in enumerate(estates.index):
        estates.loc[name, ["lon", "lat"]] = (120.22 + 0.004 * i, 31.55 + 0.003 * i)
    return estates


@pytest.mark.parametrize("size", [PROJECTOR, PHONE], ids=["projector", "phone"])
@pytest.mark.parametrize(
    "inputs",
    [
        {"names": NAMES, "language": "zh"},
        {
            "names": NAMES,
            "language": "en",
            "standards": (*MINUTES, *METRES),
            "profiles": (*ADULTS, Profile("slow", 0.8)),
        },
        {"names": ()},
        {"estates": make_estates(NAMES, not_located=range(6))},
        {"names": NAMES[:1], "venues": make_venues([])},
        {"given": make_full_inputs(NAMES, language="zh")},
        {"given": make_full_inputs(NAMES, language="en", standards=(*MINUTES, *METRES))},
        {"given": make_full_inputs(NAMES[:1], estates=make_estates(NAMES, not_located=range(6)))},
    ],
    ids=[
        "zh",
        "en",
        "no estates",
        "none located",
        "no venues",
        "full zh",
        "full en",
        "full, none located",
    ],
)
def test_page_asks_for_nothing_but_itself_and_complains_of_nothing(show, size, inputs):
    page = show(size, **inputs)
    page.mouse.move(size["width"] / 2 + 50, size["height"] / 2)
    page.mouse.wheel(0, -400)
    page.wait_for_timeout(400)
    assert len(page.asked) == 1
    assert page.asked[0].startswith("file:")
    assert page.said == []
    map_box = page.locator(".folium-map").bounding_box()
    assert map_box["height"] > 300
    assert page.locator(".ws-title").is_visible()
    assert "OpenStreetMap" in page.inner_text(".ws-credits")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_hostile_names_show_as_text_and_do_not_run(show):
    estates = spread(HOSTILE)
    estates["community"] = list(HOSTILE)
    page = show(given=make_full_inputs(
        (), estates=estates, venues=make_venues(HOSTILE, kinds=HOSTILE), study_name=HOSTILE[0], note=HOSTILE[1],
        headline=HOSTILE[2] + HOSTILE[4], attribution_lines=HOSTILE,
    ))  # fmt: skip
    page.click("#ws-tab-units")
    units = page.locator(".ws-unit .ws-isolated").all_inner_texts()
    assert len(units) == len(HOSTILE)
    page.click("#ws-tab-gaps")
    for text in HOSTILE:
        page.fill(".ws-search-input", text[:20])
        assert page.locator(".ws-hit").count() >= 2
    page.keyboard.press("Escape")
    page.click("#ws-tab-legend")
    page.uncheck("#ws-layer-venues")
    for row, name in enumerate(HOSTILE):
        point_at(page, "estatePlaces", row)
        assert page.evaluate("document.querySelector('.ws-card .ws-name').textContent") == name
    page.uncheck("#ws-layer-estates")
    page.check("#ws-layer-venues")
    for row in range(len(HOSTILE)):
        point_at(page, "venuePlaces", row)
    assert page.inner_text(".ws-title") == HOSTILE[0]
    assert page.evaluate("document.querySelectorAll('img, svg, iframe, b, body script[src]').length") == 0
    assert (page.said, len(page.asked)) == ([], 1)


def test_card_of_an_estate_says_minutes_metres_nearest_venue_and_why(show):
    venues = make_venues(["甲中心"])
    venues["lon"], venues["lat"] = 120.2235, 31.5525
    made = make_inputs(estates=spread(NAMES), venues=venues, unknown=(2,))
    page = show(estates=spread(NAMES), venues=venues, unknown=(2,), language="en")
    rows = made["coverage"].query("standard == '5 min'").set_index("estate_id")
    why = {
        "covered": "within the standard",
        "uncovered": "not within: too far",
        "unknown": "cannot be judged: no walkable street near it on the map",
    }
    assert set(rows["status"]) == set(why)
    page.uncheck("#ws-layer-venues")
    for row, (name, status) in enumerate(zip(NAMES, rows["status"], strict=True)):
        said = point_at(page, "estatePlaces", row)
        minutes, metres = re.fullmatch(r"([\d.,]+) min · ([\d.,]+) m", page.inner_text(".ws-walk")).groups()
        assert float(minutes) == pytest.approx(rows["walk_min"].iloc[row], abs=0.051)
        assert float(metres.replace(",", "")) == pytest.approx(rows["walk_m"].iloc[row], abs=0.51)
        assert [part for part in (name, "甲中心") if part not in said] == []
        assert page.locator(".ws-verdict").first.inner_text().split("\n") == [
            MARKS[status],
            "5 min",
            why[status],
        ]


def test_a_walk_just_beyond_a_standard_is_not_rounded_into_it(show):
    inputs = make_inputs(estates=spread(NAMES[:2]))
    table = inputs["coverage"]
    table.loc[table["estate_id"] == "E00000", ["walk_min", "walk_m"]] = (5.02, 391.6)
    table.loc[table["estate_id"] == "E00001", ["walk_min", "walk_m"]] = (5.12, 399.4)
    page = show(estates=spread(NAMES[:2]), coverage=table, language="en")
    page.uncheck("#ws-layer-venues")
    point_at(page, "estatePlaces", 0)
    assert page.inner_text(".ws-walk") == "5.02 min · 392 m"
    point_at(page, "estatePlaces", 1)
    assert page.inner_text(".ws-walk") == "5.1 min · 399 m"


def test_card_of_a_venue_says_status_area_and_how_many_are_within(show):
    venues = make_venues(["甲中心", "乙中心"], kinds=("食堂",), statuses=("open", "under_construction"))
    venues["lon"], venues["lat"] = [120.225, 120.235], [31.555, 31.565]
    inputs = {"names": NAMES, "venues": venues}
    page = show(**inputs)
    table = (
        make_inputs(**inputs)["venue_table"]
        .query("venue_id == 'V000' and standard == '15 min'")
        .set_index("measure")["within"]
    )
    said = point_at(page, "venuePlaces", 0)
    for part in ("甲中心", "食堂", "片区", "开放", f"{venues['floor_area_m2'].iloc[0]:,.0f} 平方米"):
        assert part in said
    cells = page.locator(".ws-within tr").last.locator("td").all_inner_texts()
    assert cells == ["15 分钟", f"{table['estates']:,.0f}", f"{table['households']:,.0f}"]
    assert "在建" in point_at(page, "venuePlaces", 1)


def test_a_click_keeps_the_card_until_it_is_closed(show):
    page = show(PHONE, estates=spread(NAMES), venues=make_venues([]))
    x, y = page.evaluate(WHERE, ["estatePlaces", 1])
    page.mouse.click(x, y)
    page.mouse.move(10, 400)
    assert NAMES[1] in page.inner_text(".ws-pinned")
    page.click(".ws-close")
    assert page.locator(".ws-card").is_hidden()


def test_estates_have_the_colour_of_their_class_and_layers_can_be_switched_off(show):
    page = show(estates=spread(NAMES, bounded=(0,)), venues=make_venues(["甲"], around=(120.21, 31.57)))
    colours = page.evaluate("walkshed.state.data.scales[0].colours")
    for row in range(len(NAMES)):
        red, green, blue, alpha = page.evaluate(
            PIXEL, ["estates", *page.evaluate(WHERE, ["estatePlaces", row])]
        )
        klass = page.evaluate("row => walkshed.state.classOf(row)", row)
        assert (f"#{red:02x}{green:02x}{blue:02x}", alpha) == (colours[klass], 255)
    for name in ("estates", "areas", "venues", "streets"):
        assert page.locator(f".ws-canvas-{name}").count() == 1
        page.uncheck(f"#ws-layer-{name}")
        assert page.locator(f".ws-canvas-{name}").count() == 0
        page.check(f"#ws-layer-{name}")
        assert page.locator(f".ws-canvas-{name}").count() == 1
    assert page.evaluate(PIXEL, ["estates", *page.evaluate(WHERE, ["estatePlaces", 0])])[3] == 255


def test_streets_are_drawn_along_their_lines(show):
    page = show(names=NAMES)
    drawn = page.evaluate("""() => {
        const canvas = document.querySelector('.ws-canvas-streets');
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        let count = 0;
        for (let i = 3; i < data.length; i += 4) if (data[i] > 128) count++;
        return count / (canvas.width * canvas.height);
    }""")
    assert 0.0005 < drawn < 0.5


def test_walker_and_standard_can_be_chosen_and_the_legend_counts_anew(show):
    page = show(
        names=[f"小区{i}" for i in range(80)],
        standards=(*MINUTES, *METRES),
        profiles=(*ADULTS, Profile("slow", 0.5)),
    )
    first = page.inner_text(".ws-classes")
    page.locator(".ws-select").nth(0).select_option("1")
    slow = page.inner_text(".ws-classes")
    assert slow != first
    assert "5 分钟以内" in slow
    page.locator(".ws-select").nth(1).select_option("1")
    assert "300 米以内" in page.inner_text(".ws-classes")
    page.locator(".ws-select").nth(0).select_option("0")
    page.locator(".ws-select").nth(1).select_option("0")
    assert page.inner_text(".ws-classes") == first


def test_legend_counts_every_estate_once_also_those_not_on_the_map(show):
    estates = make_estates([f"小区{i}" for i in range(90)], not_located=(5, 6, 7))
    page = show(estates=estates)
    counts = [
        text.split(" · ")[0] for text in page.locator(".ws-classes .ws-row .ws-count").all_inner_texts()
    ]
    assert sum(int(count.replace(",", "")) for count in counts) == 90
    page.click(".ws-absent summary")
    assert [name for name in ("小区5", "小区6", "小区7") if name not in page.inner_text(".ws-absent")] == []


def test_fit_brings_everything_back_into_view(show):
    page = show(estates=spread(NAMES))
    page.evaluate("walkshed.state.map.setView([10, 10], 12, {animate: false})")
    page.click(".ws-fit")
    box = page.locator(".folium-map").bounding_box()
    for row in range(len(NAMES)):
        x, y = page.evaluate(WHERE, ["estatePlaces", row])
        assert box["x"] < x < box["x"] + box["width"]
        assert box["y"] < y < box["y"] + box["height"]


def test_names_of_200_characters_wrap(show):
    long = "很长的名字" * 40
    page = show(
        PHONE,
        estates=spread([long, "W" * 200]),
        venues=make_venues([long], kinds=(long,)),
        study_name="W" * 200,
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size(PROJECTOR)
    page.wait_for_timeout(300)
    page.uncheck("#ws-layer-venues")
    page.click(".ws-fit")
    for row in (0, 1):
        point_at(page, "estatePlaces", row)
        card = page.locator(".ws-card").bounding_box()
        assert card["width"] <= 340
        assert page.evaluate("(b => b.scrollWidth <= b.clientWidth)(document.querySelector('.ws-card'))")
    assert page.evaluate("(b => b.scrollWidth <= b.clientWidth)(document.querySelector('.ws-panel'))")


def test_phone_opens_and_closes_the_legend(show):
    page = show(PHONE, names=NAMES)
    assert page.locator(".ws-legend").is_hidden()
    assert "5–10 分钟" in page.inner_text(".ws-strip")
    page.click(".ws-more")
    assert page.locator(".ws-section-venues").is_visible()
    page.click(".ws-more")
    assert page.locator(".ws-legend").is_hidden()


def test_paper_has_title_map_and_legend_on_one_sheet_without_the_controls(show):
    page = show(names=NAMES, profiles=(*ADULTS, Profile("slow", 0.8)))
    centre = page.evaluate("walkshed.state.map.getCenter()")
    sheet = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1
    assert page.evaluate("walkshed.state.map.getCenter()") == pytest.approx(centre)
    assert page.locator(".ws-canvas-paper").count() == 0
    assert page.locator(".ws-canvas-estates").count() == 1
    page.emulate_media(media="print")
    for shown in (".ws-title", ".ws-note", ".ws-headline", ".ws-classes", ".ws-credits", ".ws-chosen"):
        assert page.locator(shown).is_visible(), shown
    for hidden in (".ws-fit", ".leaflet-control-zoom", ".ws-choices", "#ws-layer-estates"):
        assert page.locator(hidden).is_hidden(), hidden
    assert page.said == []


# ---- catchments ----
AT = """([lon, lat]) => {
    const point = walkshed.state.map.latLngToContainerPoint([lat, lon]);
    const box = walkshed.state.map.getContainer().getBoundingClientRect();
    return [box.left + point.x, box.top + point.y];
}"""


def tint_at(page, lon, lat):
    """Return the colour of the catchments at a place; None where there is none."""
    red, green, blue, alpha = page.evaluate(PIXEL, ["catchments", *page.evaluate(AT, [lon, lat])])
    return (red, green, blue) if alpha == 255 else None


def two_venues():
    venues = make_venues(["甲中心", "乙中心"])
    venues["lon"], venues["lat"] = [120.2100, 120.2400], [31.5600, 31.5600]
    return make_full_inputs(NAMES, estates=spread(NAMES), venues=venues)


def test_catchments_lie_in_bands_and_each_can_be_switched_off(show):
    page = show(given=two_venues())
    page.uncheck("#ws-layer-venues")
    # 390, 780 and 1,170 m are 0.0035, 0.0070 and 0.0105 degrees; a quarter of each is the hole of the first venue
    bands = [tint_at(page, 120.2400, 31.56 + north) for north in (0.002, 0.005, 0.009, 0.012)]
    assert bands[3] is None
    assert len(set(bands)) == 4
    middle = page.locator(".ws-reach-button").nth(1)
    middle.click()
    assert middle.get_attribute("aria-pressed") == "false"
    assert [tint_at(page, 120.2400, 31.56 + north) for north in (0.002, 0.005, 0.009)] == [
        bands[0],
        bands[2],
        bands[2],
    ]
    page.uncheck("#ws-layer-catchments")
    assert page.locator(".ws-canvas-catchments").count() == 0
    assert page.said == []


def test_a_click_on_a_venue_shows_its_own_catchment_and_a_click_away_all(show):
    page = show(given=two_venues())
    here, there = (120.2400, 31.5650), (120.2100, 31.5650)
    assert tint_at(page, *here) is not None
    assert tint_at(page, *there) is not None
    page.mouse.click(*page.evaluate(WHERE, ["venuePlaces", 1]))
    assert tint_at(page, *here) is not None
    assert tint_at(page, *there) is None
    assert "乙中心" in page.inner_text(".ws-reach-said")
    page.keyboard.press("Escape")
    assert tint_at(page, *there) is not None
    assert "乙中心" not in page.inner_text(".ws-reach-said")


def test_catchments_follow_walker_and_standard(show):
    venues = two_venues()["venues"]
    given = make_full_inputs(
        NAMES, venues=venues, standards=(*MINUTES, *METRES), profiles=(*ADULTS, Profile("slow", 0.65))
    )
    page = show(given=given)
    edge = (120.2400, 31.5690)  # 1,000 m: within 15 minutes of an adult, not of the slow one
    assert tint_at(page, *edge) is not None
    page.locator(".ws-select").nth(0).select_option("1")
    assert tint_at(page, *edge) is None
    assert page.locator(".ws-reach-button").all_inner_texts() == ["5 分钟", "10 分钟", "15 分钟"]
    page.locator(".ws-select").nth(1).select_option("1")
    assert page.locator(".ws-reach-button").all_inner_texts() == ["300 米", "500 米", "1000 米"]


def test_page_says_where_only_merged_catchments_are_shown(show, monkeypatch):
    monkeypatch.setattr("walkshed.deliver.map_catchments.OWN_AT_MOST", 10)
    page = show(given=two_venues())
    assert "合并" in page.inner_text(".ws-reach-said")
    page.mouse.click(*page.evaluate(WHERE, ["venuePlaces", 1]))
    assert tint_at(page, 120.2100, 31.5650) is not None


# ---- walks, search, lists: on the sample study ----
def test_a_click_on_an_estate_draws_its_walk_to_the_venue_of_its_card(show, sample_result):
    page = show(given=result_inputs(sample_result))
    for estate in range(0, 80, 9):
        page.evaluate("row => walkshed.state.jump('estate', row)", estate)
        venue = page.evaluate("row => walkshed.state.result().venue[row]", estate)
        line = page.evaluate("row => walkshed.walkOf(walkshed.state, row)", estate)
        assert (len(line) > 0) == (venue >= 0)
        if not line:
            continue
        ends = page.evaluate(
            "([e, v]) => [[walkshed.state.estatePlaces, e], [walkshed.state.venuePlaces, v]].map(([p, i]) => [p.x[i], p.y[i]])",
            [estate, venue],
        )
        assert line[:2] == pytest.approx(ends[0], abs=3e-8)
        assert line[-2:] == pytest.approx(ends[1], abs=3e-8)
        x, y = page.evaluate(AT, [line[2] * 360 - 180, page.evaluate("y => walkshed.latitude(y)", line[3])])
        assert page.evaluate(PIXEL, ["walks", x, y])[3] > 200
        assert page.locator(".ws-pinned").is_visible()
    assert page.said == []


def test_the_walk_with_gates_open_is_shown_beside_the_walk_as_it_is(show, sample_result):
    page = show(given=result_inputs(sample_result))
    first = sample_result.coverage.query("profile == 'adult' and standard == '5 min'")
    shut = first.loc[first["reason"] == "gates", "estate_id"].tolist()
    assert shut
    told = sample_result.reasons.query("profile == 'adult' and standard == '5 min'").set_index("estate_id")
    ids = sample_result.estates.index.tolist()
    for row, ident in enumerate(ids):
        page.evaluate("row => walkshed.state.jump('estate', row)", row)
        ways = page.evaluate(
            "row => ['walkOf', 'openWalkOf'].map(way => walkshed[way](walkshed.state, row).slice(-2))", row
        )
        walk = page.evaluate("row => walkshed.ifGatesWereOpen(walkshed.state, row)", row)
        now = page.evaluate("row => walkshed.state.result().min[row]", row)
        assert (walk is None) == (ways[1] == [])
        assert page.locator(".ws-pinned .ws-if-open").count() == (walk is not None)
        if walk is not None and now is not None:
            assert walk["min"] <= now
        if ident in shut:
            assert walk["min"] == told.loc[ident, "walk_min"] <= 5 < now
            said = page.locator(".ws-pinned .ws-if-open").inner_text()
            assert "大门全部打开时" in said
            assert f"{walk['m']:,.0f} 米" in said
    assert page.said == []


def test_a_kept_card_goes_with_its_place_when_the_map_moves(show):
    page = show(given=two_venues())
    page.evaluate("walkshed.state.jump('venue', 1)")
    before = page.locator(".ws-card").bounding_box()
    page.evaluate("walkshed.state.map.panBy([-60, -40], {animate: false})")
    after = page.locator(".ws-card").bounding_box()
    assert (after["x"] - before["x"], after["y"] - before["y"]) == pytest.approx((60, 40), abs=2)


def test_search_finds_by_a_part_of_the_name_with_the_keyboard(show):
    page = show(given=two_venues())
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.className") == "ws-search-input"
    page.keyboard.insert_text("香雪")
    assert page.locator(".ws-hit-name").all_inner_texts() == ["香雪苑"]
    page.keyboard.press("Enter")
    assert page.inner_text(".ws-pinned .ws-name") == "香雪苑"
    assert page.locator(".ws-hits").is_hidden()
    page.fill(".ws-search-input", "苑")
    names = page.locator(".ws-hit-name").all_inner_texts()
    assert sorted(names) == sorted(name for name in NAMES if "苑" in name)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert page.locator(".ws-hit[aria-selected=true] .ws-hit-name").inner_text() == names[1]
    page.keyboard.press("Enter")
    assert page.inner_text(".ws-pinned .ws-name") == names[1]
    page.fill(".ws-search-input", "没有这个")
    assert page.locator(".ws-search-said").is_visible()
    page.keyboard.press("Escape")
    assert page.input_value(".ws-search-input") == ""
    page.fill(".ws-search-input", "乙")
    page.locator(".ws-hit").first.click()
    assert page.inner_text(".ws-pinned .ws-name") == "乙中心"


def test_search_reaches_what_is_not_on_the_map(show):
    page = show(given=make_full_inputs(NAMES, estates=make_estates(NAMES, not_located=(2,))))
    page.fill(".ws-search-input", NAMES[2])
    assert "未上图" in page.inner_text(".ws-hit")
    page.keyboard.press("Enter")
    assert page.inner_text(".ws-pinned .ws-name") == NAMES[2]
    assert page.said == []


def test_summary_lists_the_worst_community_first_and_sorts(show, sample_result):
    page = show(given=result_inputs(sample_result))
    page.click("#ws-tab-units")
    table = sample_result.summary.query(
        "measure == 'households' and level == 'community' and standard == '5 min' and profile == 'adult'"
    )
    worst = table.sort_values("uncovered", ascending=False)
    rows = page.locator(".ws-units tbody tr")
    assert (
        rows.first.locator("td").nth(1).inner_text() == f"{table['uncovered'].sum():,.0f}"
    )  # the total above
    assert page.locator(".ws-unit .ws-isolated").all_inner_texts() == worst["unit"].tolist()
    gaps = [row.locator("td").nth(1).inner_text() for row in rows.all()[1:]]
    assert gaps == [f"{value:,.0f}" for value in worst["uncovered"]]
    page.click(".ws-sort >> nth=3")
    shares = [int(row.locator("td").nth(3).inner_text().rstrip("%")) for row in rows.all()[1:]]
    assert shares == sorted(shares)
    assert page.locator("th[aria-sort=ascending]").count() == 1
    page.locator(".ws-cut-button").nth(2).click()
    assert "695" in rows.first.inner_text()  # 秋实里 alone is beyond 15 minutes
    page.locator(".ws-unit").first.click()
    unit = page.evaluate("walkshed.state.pointed")
    members = page.evaluate("u => walkshed.state.estatesOf(u.level, u.i)", unit)
    name = page.locator(".ws-unit .ws-isolated").first.inner_text()
    assert [sample_result.estates["community"].iloc[i] for i in members] == [name] * len(members)
    box = page.locator(".folium-map").bounding_box()
    for member in members:
        x, y = page.evaluate(WHERE, ["estatePlaces", member])
        assert box["x"] < x < box["x"] + box["width"]
        assert box["y"] < y < box["y"] + box["height"]
    page.locator("#ws-pane-units .ws-select").select_option("1")
    areas = sample_result.summary.query("level == 'area'")["unit"].nunique()
    assert page.locator(".ws-unit").count() == areas
    assert page.said == []


def test_gaps_are_the_uncovered_estates_by_households_times_distance(show, sample_result):
    page = show(given=result_inputs(sample_result))
    page.click("#ws-tab-gaps")
    rows = sample_result.coverage.query(
        "standard == '5 min' and status == 'uncovered' and profile == 'adult'"
    ).set_index("estate_id")
    weight = rows["walk_m"].fillna(rows["walk_m"].max()) * sample_result.estates["households"].reindex(
        rows.index
    )
    worst = weight.sort_values(ascending=False, kind="stable").index
    names = page.locator(".ws-gap-row .ws-gap-name > :first-child").all_inner_texts()
    assert names == sample_result.estates["name"].reindex(worst).tolist()[:60]
    page.locator(".ws-gap-row").nth(3).click()
    assert page.inner_text(".ws-pinned .ws-name") == names[3]
    page.locator(".ws-cut-button").nth(2).click()
    assert page.locator(".ws-gap-row").count() == 1
    assert "无法判断" in page.inner_text("#ws-pane-gaps")


def test_tabs_are_changed_with_the_arrow_keys(show):
    page = show(given=two_venues())
    page.focus("#ws-tab-legend")
    page.keyboard.press("ArrowRight")
    assert page.locator("#ws-pane-units").is_visible()
    assert page.locator("#ws-pane-legend").is_hidden()
    page.keyboard.press("ArrowLeft")
    assert page.locator("#ws-pane-legend").is_visible()


def test_on_a_phone_a_list_gives_way_to_the_map(show):
    page = show(PHONE, given=two_venues())
    page.click(".ws-more")
    page.click("#ws-tab-gaps")
    page.locator(".ws-gap-row").first.click()
    assert page.locator(".ws-legend").is_hidden()
    assert page.locator(".ws-pinned").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# ---- backgrounds ----
# The public algorithm's usual test points: lon, lat in WGS84 and in GCJ-02.
SHIFTED = (
    (121.5272106, 31.1774276, 121.531541859215, 31.17530398364597),
    (113.912316, 22.543847, 113.9171764808363, 22.540796131694766),
    (116.377817, 39.911954, 116.38404722455657, 39.91334545536069),
    (-8.61, 41.15, -8.61, 41.15),
)
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63f8cfc0f01f00050001ff89993d1d0000000049454e44ae426082"
)


def test_shift_is_that_of_the_public_algorithm(show):
    page = show(names=NAMES)
    for lon, lat, east, north in SHIFTED:
        assert page.evaluate("([x, y]) => walkshed.toGcj(x, y)", [lon, lat]) == pytest.approx(
            [east, north], abs=1e-9
        )
        assert page.evaluate("([x, y]) => walkshed.fromGcj(x, y)", [east, north]) == pytest.approx(
            [lon, lat], abs=1e-8
        )


def hosts_of(page):
    return {url.split("/")[2] for url in page.asked if url.startswith("http")}


def test_a_background_is_asked_for_only_while_it_is_on_and_only_its_host(show):
    page = show(given=two_venues(), answer=DOT)
    page.mouse.move(800, 400)
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(400)
    assert hosts_of(page) == set()
    page.select_option(".ws-base", label="OpenStreetMap")
    page.wait_for_selector(".leaflet-tile-loaded")
    assert hosts_of(page) == {"tile.openstreetmap.org"}
    assert page.locator("#ws-layer-streets").is_checked() is False
    assert page.inner_text(".ws-credits").startswith("底图 © OpenStreetMap")
    assert page.locator(".ws-badge").is_hidden()
    page.select_option(".ws-base", "0")
    asked = len(page.asked)
    page.evaluate("walkshed.state.map.panBy([500, 300], {animate: false})")
    page.wait_for_timeout(300)
    assert len(page.asked) == asked
    assert page.locator("#ws-layer-streets").is_checked()
    assert page.locator("img").count() == 0
    assert page.said == []


def test_pictures_from_any_other_host_are_refused(show):
    page = show(given=two_venues(), answer=DOT)
    loaded = page.evaluate(
        """url => new Promise(done => {
        const image = new Image();
        image.onload = () => done(true);
        image.onerror = () => done(false);
        image.src = url;
    })""",
        "https://example.org/x.png",
    )
    assert loaded is False
    assert any("Content Security Policy" in line for line in page.said)


def test_tianditu_asks_for_a_key_and_keeps_it_in_memory(show):
    page = show(given=two_venues(), answer=DOT)
    page.select_option(".ws-base", "2")
    page.wait_for_timeout(200)
    assert hosts_of(page) == set()
    page.fill(".ws-key", "k-e-y&x=1")
    page.click(".ws-key-use")
    page.wait_for_selector(".leaflet-tile-loaded")
    assert hosts_of(page) == {"t0.tianditu.gov.cn"}
    assert all("tk=k-e-y%26x%3D1" in url for url in page.asked[1:])
    assert page.locator(".ws-key").count() == 0
    page.select_option(".ws-base", "0")
    page.select_option(".ws-base", "2")
    assert page.locator(".ws-key").count() == 0
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert "k-e-y" not in page.evaluate("document.documentElement.outerHTML.replace(/<img[^>]*>/g, '')")


def test_with_amap_everything_is_shifted_to_match_and_comes_back(show, sample_result):
    page = show(given=result_inputs(sample_result), answer=DOT)
    everything = """() => {
        const s = walkshed.state;
        return [s.estatePlaces.x, s.estatePlaces.y, s.venuePlaces.x, s.streets.lines.xy, s.areas.xy,
            walkshed.catchmentsOf(s, "merged", 0).xy, walkshed.catchmentsOf(s, "own", 1).xy,
            walkshed.walksOf(s).xy].map(values => Array.from(values, v => Number.isNaN(v) ? null : v));
    }"""
    before = page.evaluate(everything)
    x, y = page.evaluate(WHERE, ["estatePlaces", 7])
    page.select_option(".ws-base", "3")
    page.wait_for_selector(".leaflet-tile-loaded")
    assert hosts_of(page) == {"webrd01.is.autonavi.com"}
    assert "GCJ-02" in page.inner_text(".ws-badge")
    for plain, shifted in zip(before, page.evaluate(everything), strict=True):
        moved = [abs(a - b) for a, b in zip(plain, shifted, strict=True) if a is not None]
        # About 500 m at Wuxi: a hundred-thousandth of the world, everywhere.
        assert not moved or 1e-6 < min(moved) <= max(moved) < 3e-5
    lon, lat = sample_result.estates[["lon", "lat"]].iloc[7]
    east = page.evaluate("([x, y]) => walkshed.toGcj(x, y)[0]", [lon, lat])
    assert page.evaluate("walkshed.state.estatePlaces.x[7] * 360 - 180") == pytest.approx(east, abs=1e-6)
    # What is looked at stays in view.
    assert page.evaluate(WHERE, ["estatePlaces", 7]) == pytest.approx([x, y], abs=3)
    page.click(".ws-fit")
    page.select_option(".ws-base", "0")
    assert page.evaluate(everything) == before
    assert page.locator(".ws-badge").is_hidden()
    assert page.said == []


def test_a_background_that_cannot_be_reached_says_so(show):
    page = show(given=two_venues())
    page.select_option(".ws-base", label="OpenStreetMap")
    page.wait_for_function("() => document.querySelector('.ws-base-failed').textContent !== ''")
    assert "底图" in page.inner_text(".ws-base-failed")


def test_paper_shows_the_legend_whatever_list_is_open_and_no_background(show):
    page = show(given=two_venues(), answer=DOT)
    page.click("#ws-tab-gaps")
    page.evaluate("walkshed.state.jump('venue', 1)")
    sheet = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1
    page.emulate_media(media="print")
    for shown in (".ws-title", ".ws-classes", ".ws-reach", ".ws-reach-own", ".ws-credits"):
        assert page.locator(shown).is_visible(), shown
    for hidden in (".ws-tabs", ".ws-search", ".ws-card", ".ws-section-base", "#ws-pane-gaps", ".ws-badge"):
        assert page.locator(hidden).is_hidden(), hidden


@pytest.fixture(scope="module")
def porto(shared_data):
    """Return a real city: 20,000 estates, 200 venues, three standards, everything the map can show."""
    streets = walkshed.read_streets(shared_data("osm/porto.osm.pbf"))
    rng = np.random.default_rng(11)

    def beside(frame):
        spots = np.flatnonzero(np.asarray(streets.component) == np.bincount(streets.component).argmax())
        some = rng.choice(spots, len(frame))
        frame["lon"] = np.asarray(streets.node_lon)[some] + rng.normal(0, 2e-4, len(frame))
        frame["lat"] = np.asarray(streets.node_lat)[some] + rng.normal(0, 2e-4, len(frame))
        return frame.set_geometry(gpd.points_from_xy(frame["lon"], frame["lat"], crs="EPSG:4326"))

    estates = beside(make_estates([f"小区{i}" for i in range(20_000)]))
    venues = beside(make_venues([f"中心{i}" for i in range(200)])).assign(tier="")
    access = open_access(streets, estates, venues, standards=MINUTES)
    day = dt.date(2026, 11, 1)
    table = coverage(access, estates, venues, profiles=ADULTS, standards=MINUTES, date=day)
    given = make_full_inputs((), estates=estates, venues=venues, coverage=table, streets=streets, date=day)
    own = catchments(access, standards=MINUTES)
    return {**given, "access": access, "catchments": own, "merged": merged_catchments(own)}


def test_20000_estates_can_be_moved_and_zoomed(show, porto):
    html = coverage_map(**porto)
    assert len(html.encode()) < 15_000_000
    page = show(given=porto)
    assert page.evaluate("walkshed.state.data.catchments.own !== null")
    page.mouse.move(800, 400)
    page.mouse.down()
    for step in range(10):
        page.mouse.move(800 - 60 * step, 400 + 20 * step)
    page.mouse.up()
    for _ in range(3):
        page.mouse.wheel(0, -300)
        page.wait_for_timeout(250)
    page.evaluate("walkshed.state.jump('venue', 3)")
    page.click("#ws-tab-units")
    page.click("#ws-tab-gaps")
    page.locator(".ws-gap-row").nth(2).click()
    spent = page.evaluate("Math.max(...Object.values(walkshed.state.layers).flatMap(layer => layer.redraws))")
    assert spent < 5_000
    page.fill(".ws-search-input", "小区19999")
    page.keyboard.press("Enter")
    assert page.inner_text(".ws-pinned .ws-name") == "小区19999"
    assert len(page.evaluate("walkshed.walkOf(walkshed.state, 19999)")) >= 4
    assert page.said == []


# --- scenarios -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scenario_inputs(sample_result):
    from walkshed.deliver.write import scenario_views

    return result_inputs(
        sample_result, scenarios=scenario_views(sample_result), gates=sample_result.gate_table
    )


def classes_by_table(result, scale, profile):
    """Return each estate's class from the coverage table: how many standards it is beyond, -1 for unknown."""
    rows = result.coverage[(result.coverage["profile"] == profile) & result.coverage["standard"].isin(scale)]
    table = rows.pivot_table(index="estate_id", columns="standard", values="status", aggfunc="first")[scale]
    table = table.reindex(result.estates.index)
    beyond = (table != "covered").sum(axis=1)
    return [-1 if last == "unknown" else int(n) for last, n in zip(table[scale[-1]], beyond, strict=True)]


def test_a_scenario_recolours_the_estates_and_shows_its_venues(show, scenario_inputs, sample_result):
    page = show(given=scenario_inputs)
    scale = ["5 min", "10 min", "15 min"]
    row = list(sample_result.estates.index).index("003")
    venue = list(sample_result.venues.index).index("P01")
    shown = "() => walkshed.state.result()['class']"
    now = page.evaluate(shown)
    assert now == classes_by_table(sample_result, scale, "adult")
    before = page.evaluate(PIXEL, ["estates", *page.evaluate(WHERE, ["estatePlaces", row])])
    for number, one in enumerate(sample_result.scenarios.values(), start=1):
        page.select_option(".ws-scenario select", str(number))
        assert page.evaluate(shown) == classes_by_table(one.result, scale, "adult")
        assert page.inner_text(".ws-badge-scenario") == f"情景：{one.name}"
        assert one.said[0].zh in page.inner_text(".ws-scenario-said")
        page.wait_for_timeout(50)
        if number == 1:
            assert page.evaluate(PIXEL, ["estates", *page.evaluate(WHERE, ["estatePlaces", row])]) != before
            assert page.evaluate("v => walkshed.state.data.venues.drawn[v]", venue) == "closed"
            assert "本情景关闭" in point_at(page, "venuePlaces", venue)
            counts = page.evaluate(
                "() => walkshed.state.data.summary.results[0][0][0].covered.map(one => one[0])"
            )
            whole = one.result.summary.query(
                "level == 'total' and profile == 'adult' and measure == 'households'"
            )
            assert counts == whole[whole["standard"].isin(scale)]["covered"].tolist()
    page.select_option(".ws-scenario select", "0")
    assert page.evaluate(shown) == now
    assert not page.locator(".ws-badge-scenario").is_visible()
    assert page.evaluate("v => walkshed.state.data.venues.drawn[v]", venue) == "open"
    assert page.said == []


def test_side_by_side_the_study_as_it_is_goes_with_the_scenario(show, scenario_inputs, sample_result):
    page = show(given=scenario_inputs)
    page.click(".ws-beside-button")
    assert page.locator(".ws-second").is_visible()
    views = "() => [walkshed.state.map, walkshed.state.second.map].map(m => [m.getCenter().lat, m.getCenter().lng, m.getZoom()])"
    page.evaluate("() => walkshed.state.map.setView([31.578, 120.24], 16, { animate: false })")
    first, second = page.evaluate(views)
    assert first == pytest.approx(second, abs=1e-4)
    page.evaluate("() => walkshed.state.second.map.setView([31.57, 120.25], 15, { animate: false })")
    first, second = page.evaluate(views)
    assert first == pytest.approx(second, abs=1e-4)
    scale, result = ["5 min", "10 min", "15 min"], next(iter(sample_result.scenarios.values())).result
    for profile, name in enumerate(("adult", "70-79")):
        page.evaluate("i => walkshed.state.choose(0, i)", profile)
        said = "which => (which ? walkshed.state.second : walkshed.state).result()['class']"
        assert page.evaluate(said, 1) == classes_by_table(sample_result, scale, name)
        assert page.evaluate(said, 0) == classes_by_table(result, scale, name)
    boxes = page.evaluate(
        "() => ['.ws-second', '.folium-map:not(.ws-second)'].map(q => document.querySelector(q).getBoundingClientRect().x)"
    )
    assert boxes[0] < boxes[1]
    page.select_option(".ws-scenario select", "0")
    assert page.locator(".ws-second").count() == 0
    assert page.said == []


def test_scenarios_with_hostile_names_and_other_estates_show_as_text(show, sample_result):
    from dataclasses import replace as changed

    from walkshed.deliver.write import scenario_views

    view = scenario_views(sample_result)[0]
    few = view.estates.iloc[5:40]
    other = changed(
        view, name=HOSTILE[0], said=[HOSTILE[0]], estates=few, coverage=view.coverage[view.coverage["estate_id"].isin(few.index)]
    )  # fmt: skip
    page = show(given=result_inputs(sample_result, scenarios=[view, other]))
    page.select_option(".ws-scenario select", "2")
    assert page.evaluate("() => walkshed.state.drawOrder.length") <= len(few)
    assert page.evaluate("() => document.querySelector('.ws-scenario-said li').textContent") == HOSTILE[0]
    page.select_option(".ws-scenario select", "1")
    assert page.evaluate("() => walkshed.state.data.estates.name.length") == len(sample_result.estates)
    assert page.said == []


def test_streets_that_a_scenario_adds_are_drawn_with_it_only(show, sample_result):
    from dataclasses import replace as changed

    from walkshed.deliver.write import scenario_views

    views = scenario_views(sample_result)
    assert [view.network for view in views] == [None] * len(views)  # gates and venues leave the streets alone
    few = walkshed.read_streets(sample_result.study.streets, box=(120.23, 31.56, 120.245, 31.575))
    page = show(given=result_inputs(sample_result, scenarios=[changed(views[0], network=few), views[1]]))
    lines = "() => walkshed.state.streets.lines.start.length"
    counts = [page.evaluate(lines)]
    for choice in ("1", "2", "1", "0"):
        page.select_option(".ws-scenario select", choice)
        counts.append(page.evaluate(lines))
    assert counts[1] == counts[3] < counts[0]
    assert counts[0] == counts[2] == counts[4]
    assert page.said == []
