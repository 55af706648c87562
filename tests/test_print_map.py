"""Printed maps: names never cover each other, the scale is true, the colours are the interactive map's."""

from __future__ import annotations

import dataclasses
import math
import re
import subprocess

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from conftest import need_program
from walkshed.deliver import print_map, print_style
from walkshed.deliver.palette import class_colours
from walkshed.deliver.print_draw import view_of
from walkshed.deliver.print_labels import Label, place_labels, plain, shortened, wrapped
from walkshed.deliver.print_map import data_after, data_of, print_maps, print_notices, sheet
from walkshed.deliver.print_style import A3, POINTS_PER_MM, missing, png_of, round_denominator, writable
from walkshed.geodesy import distance_m

pytest.importorskip("matplotlib")
NASTY = ("名" * 200, "=HYPERLINK(1)", "$x_1$ \\frac", "🏠 家", "بيت السلام", "two\nlines\x07", "a" * 200, "")


@pytest.fixture(scope="module")
def data(sample_result):
    return data_of(sample_result)


@pytest.fixture(scope="module")
def drawn(data):
    """Return the coverage sheet, drawn once at 90 dots an inch, with its pixels."""
    with print_map._settings():
        figure = sheet(data, theme="coverage", source="© OpenStreetMap")
        return figure, pixels(figure, 90)


def pixels(figure, dpi):
    from io import BytesIO

    from PIL import Image

    return np.asarray(Image.open(BytesIO(png_of(figure, dpi=dpi))).convert("RGB"))


def touches(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


coordinate = st.floats(0, 200, allow_nan=False)
some_labels = st.lists(
    st.builds(
        Label, coordinate, coordinate, st.floats(1, 90), st.floats(1, 20), st.floats(0, 9), st.booleans()
    ),
    max_size=25,
)


@given(some_labels, st.lists(st.tuples(coordinate, coordinate), max_size=4))
def test_no_name_covers_another_or_an_obstacle_or_leaves_the_frame(labels, corners):
    obstacles = [(x, y, x + 12.0, y + 7.0) for x, y in corners]
    places = place_labels(labels, frame=(0, 0, 200, 200), obstacles=obstacles)
    assert len(places) == len(labels)
    boxes = [
        (x, y, x + label.width, y + label.height)
        for label, (x, y) in ((label, place) for label, place in zip(labels, places, strict=True) if place)
    ]
    shrunk = [(a + 1e-6, b + 1e-6, c - 1e-6, d - 1e-6) for a, b, c, d in boxes]
    for number, box in enumerate(shrunk):
        assert min(box) >= 0
        assert max(box) <= 200
        assert not any(touches(box, other) for other in [*shrunk[:number], *obstacles])


@given(some_labels)
def test_who_comes_first_is_not_moved_by_who_comes_later(labels):
    frame = (0.0, 0.0, 200.0, 200.0)
    for end in range(len(labels)):
        assert place_labels(labels[:end], frame=frame) == place_labels(labels, frame=frame)[:end]


def test_a_name_on_an_area_stands_in_its_middle():
    assert place_labels([Label(50, 50, 20, 8, on_area=True)], frame=(0, 0, 99, 99)) == [(40, 46)]


@given(st.text(max_size=80), st.integers(1, 40))
def test_wrapping_loses_no_letter_and_keeps_to_the_column(text, most):
    lines = wrapped(text, most, len)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)
    assert all(len(line) <= most for line in lines)


@given(st.text(max_size=60), st.integers(1, 40))
def test_a_shortened_name_fits_and_is_its_own_beginning(text, most):
    short = shortened(text, most, len)
    assert short == text or (len(short) <= most and text.startswith(short.removesuffix("…")))


@given(st.text())
def test_a_plain_name_is_one_line(text):
    assert len(plain(text).splitlines()) <= 1
    assert plain(plain(text)) == plain(text)


@given(st.floats(50, 80_000), st.floats(50, 80_000))
def test_the_scale_is_the_largest_round_one_that_fits(width, height):
    at = round_denominator(width, height, width_mm=300, height_mm=240)
    assert width * 1000 / at <= 300 * (1 + 1e-6)
    assert height * 1000 / at <= 240 * (1 + 1e-6)
    leading = at / 10 ** math.floor(math.log10(at))
    assert round(leading, 9) in (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5)
    larger = at / 1.5
    assert max(width / 300, height / 240) * 1000 > larger / 1.0001 or at == 100


def test_the_scale_bar_is_as_long_as_the_ground_it_stands_for(drawn, data, sample_result):
    """The bar, measured in points on the sheet, against geodesic distance between two estates on the sheet."""
    figure, _ = drawn
    axes = figure.axes[0]
    parts = [patch for patch in axes.patches if patch.get_gid() == "scale-bar"]
    to_points = 72 / figure.dpi
    ends = [part.get_window_extent().extents[[0, 2]] * to_points for part in parts]
    bar = max(end[1] for end in ends) - min(end[0] for end in ends)
    label = next(text.get_text() for text in axes.texts if text.get_text().endswith(" 公里"))
    metres = float(label.split()[0]) * 1000
    frame = sample_result.estates.dropna(subset=["lon"])
    a, b = frame.iloc[0], frame.iloc[-1]
    ground = float(distance_m(a.lon, a.lat, b.lon, b.lat))
    at = dict(zip(sample_result.estates.index, range(len(data.classes)), strict=True))
    corners = [(data.estates.x[at[one.name]], data.estates.y[at[one.name]]) for one in (a, b)]
    shown = axes.transData.transform(corners) * to_points
    assert bar / metres == pytest.approx(float(np.hypot(*(shown[0] - shown[1]))) / ground, rel=2e-4)


def test_the_scale_printed_is_the_scale_drawn(drawn):
    figure, _ = drawn
    axes = figure.axes[0]
    said = next(text.get_text() for text in figure.texts if "1:" in text.get_text())
    denominator = int(re.sub(r"\D", "", said.split("1:")[1].split("（")[0]))
    width_mm = axes.get_position().width * A3.width_mm
    west, east = axes.get_xlim()
    assert (east - west) / (width_mm / 1000) == pytest.approx(denominator, rel=1e-6)
    assert figure.get_size_inches() * 25.4 == pytest.approx([420, 297])


def test_names_on_the_drawn_sheet_do_not_overlap(drawn):
    figure, _ = drawn
    names = [text for text in figure.axes[0].texts if text.get_bbox_patch() is not None]
    boxes = [text.get_window_extent().extents for text in names]
    assert len(boxes) > 80
    slack = 0.6 * figure.dpi / 72
    for number, box in enumerate(boxes):
        inner = (box[0] + slack, box[1] + slack, box[2] - slack, box[3] - slack)
        assert not any(touches(inner, other) for other in boxes[:number]), names[number].get_text()


def test_every_estate_is_drawn_in_the_colour_of_its_class(drawn, data):
    """Read from the picture: within its boundary, an estate has the palette's colour (mixed with the paper)."""
    figure, picture = drawn
    axes = figure.axes[0]
    colours = np.array(
        [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in class_colours(len(data.scale.cuts) + 1)]
    )
    judged = np.flatnonzero(data.estates.there & (data.classes >= 0))
    for row in judged:
        west, south, east, north = data.shapes[row].bounds
        grid = np.stack(
            np.meshgrid(np.linspace(west, east, 25), np.linspace(south, north, 25)), axis=-1
        ).reshape(-1, 2)
        inner = grid[shapely.contains_xy(data.shapes[row].buffer(-8), grid[:, 0], grid[:, 1])]
        x, y = axes.transData.transform(inner).T
        got = picture[picture.shape[0] - 1 - y.astype(int), x.astype(int)].astype(float)
        apart = np.abs(got[:, None] - colours[None]).sum(axis=2)
        plain_ground = apart.min(axis=1) < 60  # elsewhere a name, a line or a venue stands there
        votes = np.bincount(apart.argmin(axis=1)[plain_ground], minlength=len(colours))
        assert votes.argmax() == data.classes[row], data.estates.name[row]
        assert votes.sum()
    assert len(judged) == 75  # of 81, without those that have no place or no way


def test_classes_are_the_statuses_of_the_table(data, sample_result):
    study = sample_result.study
    table = sample_result.coverage
    mine = (table["standard"] == study.standards[0].name) & (table["profile"] == study.profiles[0].name)
    rows = table[mine].set_index("estate_id")
    statuses = rows["status"].reindex(sample_result.estates.index).tolist()
    told = ["covered" if cls == 0 else "unknown" if cls < 0 else "uncovered" for cls in data.classes]
    assert told == statuses
    walks = data.walk[data.gaps]
    assert np.all(np.diff(np.nan_to_num(walks, nan=np.inf)) <= 0)


def test_numbers_on_the_sheet_are_the_summary_s(drawn, sample_result):
    said = " ".join(text.get_text() for text in drawn[0].texts)
    walker = sample_result.study.profiles[0].name  # noqa: F841 - used in the query
    total = sample_result.summary.query(
        "level == 'total' and measure == 'households' and standard == '5 min' and profile == @walker"
    ).iloc[0]
    assert f"{total.covered:,.0f} / {total.total:,.0f}" in said
    for must in ("OpenStreetMap", "示意图", "2026-11-01", "示意数据 schematic", "图例"):
        assert must in said


def test_an_approval_number_takes_the_place_of_the_sketch_notice(data):
    with print_map._settings():
        said = " ".join(text.get_text() for text in sheet(data, approval="苏S(2026)001号").texts)
    assert "审图号：苏S(2026)001号" in said
    assert "示意图" not in said


def test_a_community_shows_its_estates_and_their_nearest_venues(data):
    for unit in dict.fromkeys(data.communities):
        focus = data.communities == unit
        view = view_of(print_map._ground_box(data, focus), A3)
        west, south, east, north = view.extent
        rows = np.flatnonzero(focus & data.estates.there)
        venues = np.unique(data.venue_of[focus & (data.venue_of >= 0)])
        x = np.concatenate([data.estates.x[rows], data.venues.x[venues]])
        y = np.concatenate([data.estates.y[rows], data.venues.y[venues]])
        assert (x > west).all() and (x < east).all() and (y > south).all() and (y < north).all()  # noqa: PT018 - one law


def test_names_of_all_kinds_are_drawn(data, tmp_path):
    names = [NASTY[number % len(NASTY)] for number in range(len(data.estates.name))]
    odd = dataclasses.replace(
        data, estates=dataclasses.replace(data.estates, name=[plain(name) for name in names])
    )
    with print_map._settings():
        figure = sheet(odd, theme="gaps", unit=data.communities[0])
        print_style.save(figure, tmp_path / "odd.pdf")
        assert png_of(figure, dpi=40)[:4] == b"\x89PNG"


def test_little_is_known_and_a_sheet_is_drawn_all_the_same(data):
    """No boundary, no household, no venue on the map, no ground; and one estate alone."""
    nothing = np.full(len(data.classes), np.nan)
    no_venue = dataclasses.replace(data.venues, x=np.full_like(data.venues.x, np.nan))
    bare = dataclasses.replace(
        data, shapes=np.full(len(nothing), None, dtype=object), households=nothing, walk=nothing, venues=no_venue,
        venue_of=np.full(len(nothing), -1), ground=(None,) * len(data.ground),
    )  # fmt: skip
    alone = dataclasses.replace(
        data, communities=np.where(np.arange(len(nothing)) == 0, "A/B", data.communities)
    )
    with print_map._settings():
        for theme in print_map.THEMES:
            assert png_of(sheet(bare, theme=theme), dpi=20)
        assert png_of(sheet(alone, unit="A/B"), dpi=20)
    assert "/" not in print_map._file_name("A/B")


def test_a_sheet_is_drawn_in_few_strokes_however_many_estates_there_are(drawn, data):
    """A thing of its own for each of a city's seven thousand estates took minutes and gigabytes."""
    axes = drawn[0].axes[0]
    others = [patch for patch in axes.patches if patch.get_gid() != "scale-bar"]
    assert len(others) + len(axes.collections) < 25 < len(data.classes)
    assert sum(len(one.get_paths()) for one in axes.collections if one.get_zorder() == 4) == len(
        [shape for shape in data.shapes if shape is not None]
    )


def test_an_estate_that_lies_in_another_is_seen(data):
    """Whatever the order of the table: the small one's colour is in the middle, the large one's around it."""
    here = np.flatnonzero(data.estates.there)[:2]
    x, y = data.estates.x[here[0]], data.estates.y[here[0]]
    large, small = shapely.Point(x, y).buffer(300), shapely.Point(x, y).buffer(150)
    for order in ((large, small), (small, large)):
        shapes, classes = data.shapes.copy(), data.classes.copy()
        shapes[:] = None
        shapes[here] = order
        there = np.isin(np.arange(len(classes)), here)
        classes[here] = (1, 3) if order[0] is large else (3, 1)
        alone = dataclasses.replace(
            data, shapes=shapes, classes=classes, ground=(None,) * len(data.ground),
            venues=dataclasses.replace(data.venues, x=np.full_like(data.venues.x, np.nan)),
            estates=dataclasses.replace(
                data.estates, name=[""] * len(classes), x=np.where(there, x, np.nan), y=np.where(there, y, np.nan)
            ),
        )  # fmt: skip
        with print_map._settings():
            figure = sheet(alone, theme="gaps")
            picture = pixels(figure, 60).astype(int)
        at = figure.axes[0].transData.transform([(x + 100, y + 100), (x + 200, y + 200)]).astype(int)
        seen = [picture[picture.shape[0] - 1 - row, column] for column, row in at]
        colours = [[int(class_colours(4)[cls][i : i + 2], 16) for i in (1, 3, 5)] for cls in (3, 1)]
        for got, wanted in zip(seen, colours, strict=True):
            assert np.abs(got - wanted).max() < 40


def test_who_has_no_name_is_listed_by_its_id(data):
    nameless = dataclasses.replace(
        data, estates=dataclasses.replace(data.estates, name=[""] * len(data.classes))
    )
    with print_map._settings():
        said = " ".join(text.get_text() for text in sheet(nameless, theme="coverage").texts)
    lost = np.flatnonzero(~data.estates.there)
    assert len(lost) > 1
    for row in [*data.gaps[:10], *lost]:
        assert data.estates.ident[row] in said


def test_a_letter_no_font_has_becomes_a_box():
    assert writable("a\U0010fffd") == "a□"
    assert writable("abc 123") == "abc 123"


def test_without_a_chinese_font_the_sentence_names_what_to_install(monkeypatch, sample_result, tmp_path):
    monkeypatch.setattr(print_style, "chinese_font", lambda: "")
    finding = missing("zh", [])
    assert finding is not None
    assert finding.code == "print.no_font"
    assert "fonts-noto-cjk" in finding.text.zh
    assert "Noto Sans CJK" in finding.text.en
    assert missing("en", ["Harbour"]) is None
    assert print_maps(sample_result, tmp_path) == []
    assert [one.code for one in print_notices(sample_result)] == ["print.no_font"]


def test_files_are_the_same_byte_for_byte(data, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    for ending in (".pdf", ".png"):
        for name in ("a", "b"):
            with print_map._settings():
                print_style.save(sheet(data, theme="gaps"), tmp_path / name / f"gaps{ending}", dpi=40)
        assert (tmp_path / "a" / f"gaps{ending}").read_bytes() == (
            tmp_path / "b" / f"gaps{ending}"
        ).read_bytes()


def test_the_proposals_sheet_has_the_same_classes_and_what_the_plan_says(data, sample_result):
    after = data_after(sample_result)
    if sample_result.proposed is None:
        pytest.fail("the sample has a plan")
    assert after.scale == data.scale
    assert after.proposed.sum() == len(sample_result.proposed.venues_after) - len(sample_result.venues)
    assert (after.classes == 0).sum() > (data.classes == 0).sum()
    with print_map._settings():
        said = " ".join(text.get_text() for text in sheet(after, theme="proposals").texts)
    assert "建议新增" in said


def test_sheets_of_scenarios_lie_on_each_other_and_have_their_tables_classes(sample_result):
    sheets = print_map.scenario_data(sample_result)
    results = [sample_result, *(one.result for one in sample_result.scenarios.values())]
    assert len(sheets) == len(results) == 4
    ground, extents, colours = print_map.ground_of(sheets), set(), set()
    for one, result in zip(sheets, results, strict=True):
        assert one.scale == sheets[0].scale
        mine = result.coverage.query("profile == 'adult' and standard == '5 min'")
        assert ((one.classes == 0) == (mine["status"] == "covered").to_numpy()).all()
        assert (one.estates.x == sheets[0].estates.x).all() or np.isnan(one.estates.x).any()
        with print_map._settings():
            figure = sheet(one, theme="scenario", ground=ground)
        extents.add((*figure.axes[0].get_xlim(), *figure.axes[0].get_ylim()))
        said = " ".join(text.get_text() for text in figure.texts)
        assert one.scenario in said
        colours.add("情景中新增或开放" in said)
        covered = result.summary.query(
            "level == 'total' and measure == 'households' and profile == 'adult' and standard == '5 min'"
        )["covered"].iloc[0]
        assert f"{covered:,.0f} / " in said
    assert len(extents) == 1
    assert colours == {True, False}


def test_a_community_gets_the_sheets_that_are_asked_for_on_the_same_ground(
    sample_result, monkeypatch, tmp_path
):
    drawn = []

    def saved(figure, path, _dpi):
        drawn.append((path.relative_to(tmp_path).as_posix(), figure))
        return []

    monkeypatch.setattr(print_map, "_saved", saved)
    print_maps(sample_result, tmp_path, communities=print_map.COMMUNITY_SHEETS)
    units = sample_result.estates["community"].unique().tolist()
    names = [name for name, _ in drawn]
    scenarios = ["as_it_is", *map(print_map._file_name, sample_result.scenarios)]
    pairs = [f"{number:02}-{name}" for number, name in enumerate(scenarios)]
    own = ["", "-catchments", "-gaps", "-proposals", *(f"-{name}" for name in pairs)]
    of_units = [f"communities/{n:02}-{unit}{one}" for n, unit in enumerate(units, start=1) for one in own]
    assert names == [
        "coverage",
        "catchments",
        "gaps",
        "proposals",
        *of_units,
        *(f"scenarios/{name}" for name in pairs),
    ]
    figures = dict(drawn)
    mine = [figures[f"communities/01-{units[0]}-{name}"] for name in pairs]
    assert len({(*one.axes[0].get_xlim(), *one.axes[0].get_ylim()) for one in mine}) == 1
    for theme, share in (("", "covered"), ("-proposals", "after")):
        summary = sample_result.summary if share == "covered" else sample_result.proposed.summary_after
        row = summary.query(
            "level == 'community' and unit == @units[0] and measure == 'households' and profile == 'adult' and "
            "standard == '5 min'"
        )
        said = " ".join(text.get_text() for text in figures[f"communities/01-{units[0]}{theme}"].texts)
        assert f"{row['covered'].item():,.0f} / {row['total'].item():,.0f}" in said
        assert units[0] in said


@pytest.mark.full
def test_the_pdf_is_an_a3_sheet_that_others_can_read(sample_result, tmp_path):
    info, to_text, fonts = (need_program(name) for name in ("pdfinfo", "pdftotext", "pdffonts"))
    files = print_maps(sample_result, tmp_path)
    units = sample_result.estates["community"].nunique()
    pairs = len(sample_result.scenarios) + 1
    assert len(files) == 2 * (3 + (sample_result.proposed is not None) + units + pairs)
    told = subprocess.run([info, files[0]], capture_output=True, text=True, check=True)
    size = re.search(r"Page size:\s+([\d.]+) x ([\d.]+)", told.stdout)
    assert size is not None
    assert [float(side) / POINTS_PER_MM for side in size.groups()] == pytest.approx([420, 297], abs=0.1)
    text = subprocess.run([to_text, files[0], "-"], capture_output=True, text=True, check=True)
    assert not text.stderr
    assert "桃源人家" in text.stdout
    assert "OpenStreetMap" in text.stdout
    embedded = subprocess.run(
        [fonts, files[0]], capture_output=True, text=True, check=True
    ).stdout.splitlines()[2:]
    assert embedded
    assert all(re.search(r"\byes\s+yes\s+yes\b", line) for line in embedded)
    from PIL import Image

    with Image.open(files[1]) as picture:
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert picture.size == pytest.approx((4961, 3508), abs=1)
