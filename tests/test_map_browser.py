"""The map in a real browser with the network off: what is seen, pointed at, switched, printed."""

from __future__ import annotations

import re
import shutil

import pytest

from map_frames import ADULTS, HOSTILE, METRES, MINUTES, make_estates, make_inputs, make_venues
from walkshed.deliver.map import coverage_map
from walkshed.profiles import Profile

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

    def opened(size=PROJECTOR, **inputs):
        file = tmp_path / "map.html"
        file.write_text(coverage_map(**make_inputs(**inputs)), encoding="utf-8", newline="\n")
        context = browser.new_context(viewport=size, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.asked, page.said = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.said.append(message.text))
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
    ],
    ids=["zh", "en", "no estates", "none located", "no venues"],
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
    page = show(
        estates=estates, venues=make_venues(HOSTILE, kinds=HOSTILE), study_name=HOSTILE[0], note=HOSTILE[1],
        headline=HOSTILE[2] + HOSTILE[4], attribution_lines=HOSTILE,
    )  # fmt: skip
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


def test_20000_estates_can_be_moved_and_zoomed(show):
    page = show(names=[f"小区{i}" for i in range(20_000)], venue_names=[f"中心{i}" for i in range(200)])
    page.mouse.move(800, 400)
    page.mouse.down()
    for step in range(10):
        page.mouse.move(800 - 60 * step, 400 + 20 * step)
    page.mouse.up()
    for _ in range(3):
        page.mouse.wheel(0, -300)
        page.wait_for_timeout(250)
    spent = page.evaluate("Math.max(...Object.values(walkshed.state.layers).flatMap(layer => layer.redraws))")
    assert spent < 5_000
    page.uncheck("#ws-layer-venues")
    place = page.evaluate(
        """row => {
        const places = walkshed.state.estatePlaces;
        return [walkshed.latitude(places.y[row]), places.x[row] * 360 - 180];
    }""",
        walkable := 19_999,
    )
    page.evaluate("place => walkshed.state.map.setView(place, 19, {animate: false})", place)
    assert f"小区{walkable}" in point_at(page, "estatePlaces", walkable)
    assert page.said == []
