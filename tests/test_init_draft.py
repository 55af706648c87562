"""A study drafted from OpenStreetMap: what is in it was mapped, what is estimated says so, and it runs at once."""

from __future__ import annotations

import csv
import json
import math
import tomllib
from types import SimpleNamespace

import geopandas as gpd
import openpyxl
import pytest
import shapely
from pyproj import Geod

import walkshed
from conftest import ROOT
from osm_maker import Town
from overpass_server import Extract, candidate, serving
from walkshed import draft as drafting
from walkshed.draft import draft_study
from walkshed.errors import OutputError
from walkshed.places.draft_estates import HOUSEHOLD_M2, block_of
from walkshed.tables import read_estates, read_gates, read_venues

GEOD = Geod(ellps="WGS84")
FILES = ["estate_areas.geojson", "estates.xlsx", "gates.csv", "streets.osm.pbf", "study.toml", "venues.xlsx"]


def box(x, y, width, height):
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    """Return a town of which every number of a draft is known by heart."""
    made = Town()
    made.lattice(6, 6, 200)
    made.ring(box(10, 10, 180, 180), landuse="residential", name="桃源人家")
    made.ring(box(20, 20, 50, 20), building="apartments", building__levels="6")
    made.ring(box(20, 60, 50, 20), building="apartments", building__levels="10", name="3号楼")
    made.ring(box(100, 100, 30, 30), building="school", name="桃源小学")
    made.ring(box(210, 10, 180, 180), landuse="residential", name="空苑")
    made.ring(box(410, 10, 180, 180), landuse="residential")
    made.ring(box(620, 20, 40, 20), building="apartments", building__levels="5", name="凯润金城6栋")
    made.ring(box(620, 80, 40, 20), building="residential", building__levels="5", name="凯润金城7栋")
    made.ring(box(620, 140, 40, 20), building="residential", name="12号楼")
    made.ring(box(420, 420, 40, 20), building="office", name="写字楼")
    made.ring(box(-20, -20, 420, 420), boundary="administrative", admin_level="10", name="龙山社区")
    made.node(200, 220, amenity="community_centre", name="文化驿站")
    made.ring(box(300, 300, 20, 20), building="yes", amenity="library", name="图书馆")
    made.node(310, 310, amenity="library", name="图书馆")
    made.node(600, 620, office="government", name="荣巷社区居委会")
    made.node(620, 640, amenity="clinic", name="荣巷社区卫生服务中心")
    made.node(640, 660, highway="bus_stop", name="社区活动中心站")
    made.node(10, 100, barrier="gate", access="private")
    made.node(190, 100, barrier="lift_gate", foot="yes")
    made.node(225, 10, barrier="gate", locked="yes")
    made.node(100, 100, barrier="bollard")
    made.node(500, 500, barrier="gate")
    return made.write(tmp_path_factory.mktemp("draft") / "town.osm.pbf")


@pytest.fixture(scope="session")
def made(town, tmp_path_factory):
    """Return its draft."""
    return draft_study(tmp_path_factory.mktemp("made") / "d", pbf=town)


def cells(path):
    page = openpyxl.load_workbook(path).worksheets[0]
    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


# what is drafted


def test_estates_are_the_named_ones_and_named_houses_outside_them(made):
    assert made.estates["name"].tolist() == ["凯润金城", "桃源人家", "空苑"]
    assert sorted(path.name for path in made.folder.iterdir()) == FILES


def test_households_are_floor_area_by_hand_and_a_blank_where_no_house_is_mapped(made):
    households = dict(zip(made.estates["name"], made.estates["households"], strict=True))
    assert households["桃源人家"] == round(50 * 20 * (6 + 10) / HOUSEHOLD_M2)
    assert households["凯润金城"] == round(40 * 20 * (5 + 5) / HOUSEHOLD_M2)
    assert math.isnan(households["空苑"])


def test_homes_of_no_named_estate_are_left_out_and_counted(made):
    # 12号楼 alone: one building of 40 × 20 m, 4 floors assumed
    [told] = [notice.text for notice in made.notices if notice.code == "draft.left_out"]
    assert told.en.startswith(
        f"1 buildings that people may live in, some {round(40 * 20 * 4 / HOUSEHOLD_M2)} households"
    )
    assert f"# · {told.zh}" in (made.folder / "study.toml").read_text(encoding="utf-8")


def test_land_is_measured_on_the_ellipsoid(made):
    land = dict(zip(made.estates["name"], made.estates["land_area_m2"], strict=True))
    assert land["桃源人家"] == pytest.approx(180 * 180, rel=1e-3)
    assert math.isnan(land["凯润金城"])


def test_the_community_is_the_one_whose_outline_holds_the_estate(made):
    communities = dict(zip(made.estates["name"], made.estates["community"], strict=True))
    assert communities == {"凯润金城": "", "桃源人家": "龙山社区", "空苑": "龙山社区"}


def test_venues_are_what_tags_and_chinese_names_say_each_once(made):
    assert dict(zip(made.venues["name"], made.venues["kind_zh"], strict=True)) == {
        "图书馆": "图书馆", "文化驿站": "社区活动中心", "荣巷社区居委会": "居委会",
    }  # fmt: skip
    assert made.venues.loc[made.venues["name"] == "图书馆", "ref"].item().startswith("way/")


def test_gates_are_gate_nodes_within_thirty_metres_of_an_outline(made):
    ids = dict(zip(made.estates["name"], made.estates.index, strict=True))
    found = {(row.estate_id, row.open_to) for row in made.gates.itertuples()}
    assert found == {(ids["桃源人家"], "residents"), (ids["桃源人家"], "everyone"), (ids["空苑"], "closed")}


def test_every_gate_is_near_and_every_near_gate_is_there(town, made):
    # a second way, on the ellipsoid and point by point
    from walkshed.osm_gates import read_gate_nodes

    outlines = made.estates[made.estates.geometry.geom_type == "Polygon"]
    expected = set()
    for ref, node in read_gate_nodes(town).iterrows():
        away = {}
        for ident, shape in outlines.geometry.items():
            dense = shapely.get_coordinates(shapely.segmentize(shape.exterior, 5e-6))
            away[ident] = min(GEOD.inv(node["lon"], node["lat"], x, y)[2] for x, y in dense.tolist())
        nearest = min(away, key=away.get)
        if away[nearest] <= 30:
            expected.add((nearest, ref))
    assert {(row.estate_id, row.ref) for row in made.gates.itertuples()} == expected


@pytest.mark.parametrize(
    ("name", "block"),
    [
        ("静淑东里9号楼", "静淑东里"), ("长发中心C座", "长发中心"), ("凯润金城６栋", "凯润金城"), ("12号楼", ""), ("A", ""),
        ("Building 41", ""), ("桃源人家", "桃源人家"), ("Athena bât A", "Athena"), ("Les Jacarandas - Bât. 2", "Les Jacarandas"),
        ("Villa Stella", "Villa Stella"), ("太康新村一期", "太康新村一期"), ("万科城A区", "万科城A区"), ("学生公寓3号楼", "学生公寓"),
    ],
)  # fmt: skip
def test_a_house_s_number_is_no_part_of_its_estate_but_phase_and_zone_are(name, block):
    assert block_of(name) == block


# the files


def test_estimates_say_so_wherever_they_stand(made):
    head = cells(made.folder / "estates.xlsx")[0]
    assert "户数（估算）" in head
    assert "户数" not in head
    study = tomllib.loads((made.folder / "study.toml").read_text("utf-8"))
    assert study["estates"]["columns"] == {"households": "户数（估算）"}
    assert "估算" in study["study"]["note"]
    assert "估算" in (made.folder / "study.toml").read_text("utf-8").partition("[estates]")[2]
    result = walkshed.run(made.folder)
    assert result.study.note == study["study"]["note"]


def test_our_own_readers_read_what_was_drafted(made):
    estates = read_estates(made.folder / "estates.xlsx", columns={"households": "户数（估算）"})
    venues = read_venues(made.folder / "venues.xlsx")
    gates = read_gates(made.folder / "gates.csv", estate_ids=estates.index)
    for name in ("name", "community"):
        assert estates[name].tolist() == made.estates[name].tolist()
    assert estates["households"].fillna(-1).tolist() == made.estates["households"].fillna(-1).tolist()
    assert venues["name"].tolist() == made.venues["name"].tolist()
    assert gates["open_to"].tolist() == made.gates["open_to"].tolist()
    for read, drafted in ((estates, made.estates), (venues, made.venues)):
        apart = [
            GEOD.inv(*a, *b)[2]
            for a, b in zip(read[["lon", "lat"]].to_numpy(), drafted[["lon", "lat"]].to_numpy(), strict=True)
        ]
        assert max(apart) < 0.1


def test_outlines_are_opened_by_gdal(made):
    layer = gpd.read_file(made.folder / "estate_areas.geojson")
    assert sorted(layer["name"]) == ["桃源人家", "空苑"]
    assert layer.crs.to_epsg() == 4326


def test_a_draft_runs_at_once_and_reaches_what_stands_across_the_street(made):
    result = walkshed.run(made.folder)
    names = dict(zip(made.estates.index, made.estates["name"], strict=True))
    status = {
        names[row.estate_id]: row.status for row in result.coverage.itertuples() if row.standard == "15 min"
    }
    assert status["桃源人家"] == "covered"
    result.write(made.folder.parent / "out")


def test_the_same_file_makes_the_same_bytes(town, made, tmp_path):
    again = draft_study(tmp_path / "d", pbf=town)
    for name in FILES:
        assert (again.folder / name).read_bytes() == (made.folder / name).read_bytes(), name


def test_an_english_draft_is_english(town, tmp_path):
    made = draft_study(tmp_path / "d", pbf=town, language="en")
    heads = [*cells(made.folder / "estates.xlsx")[0], *cells(made.folder / "venues.xlsx")[0]]
    assert all(head.isascii() for head in heads)
    assert walkshed.run(made.folder).study.language == "en"


# where it is


def test_within_a_community_only_its_estates_are_taken_and_venues_nearby_are_marked(town, tmp_path):
    made = draft_study(tmp_path / "d", pbf=town, within="龙山")
    assert made.estates["name"].tolist() == ["桃源人家", "空苑"]
    assert dict(zip(made.venues["name"], made.venues["outside"], strict=True)) == {
        "图书馆": False, "文化驿站": False, "荣巷社区居委会": True,
    }  # fmt: skip
    outline = gpd.read_file(made.folder / "boundary.geojson")
    assert outline["name"].tolist() == ["龙山社区"]
    walkshed.run(made.folder)


def test_within_a_layer_is_within_its_polygons(town, tmp_path):
    corner, other = Town().lonlat(600, -10), Town().lonlat(800, 300)
    layer = gpd.GeoDataFrame(geometry=[shapely.box(*corner, *other)], crs=4326).to_crs(32651)
    layer.to_file(tmp_path / "area.gpkg")
    made = draft_study(tmp_path / "d", pbf=town, within=tmp_path / "area.gpkg")
    assert made.estates["name"].tolist() == ["凯润金城"]
    assert "area" in tomllib.loads((made.folder / "study.toml").read_text("utf-8"))["study"]["name"]


@pytest.mark.parametrize(
    ("within", "code"),
    [("没有的社区", "draft.no_area"), ("none.geojson", "outlines.missing_file"), ("", "draft.no_area")],
)
def test_an_area_that_is_not_there_is_a_sentence_and_leaves_nothing(town, tmp_path, within, code):
    with pytest.raises(walkshed.InputError) as caught:
        draft_study(tmp_path / "d", pbf=town, within=within)
    assert [fault.code for fault in caught.value.faults] == [code]
    assert list(tmp_path.iterdir()) == []


def test_an_area_where_nothing_has_a_name_is_a_sentence(town, tmp_path):
    corner, other = Town().lonlat(5000, 5000), Town().lonlat(6000, 6000)
    gpd.GeoDataFrame(geometry=[shapely.box(*corner, *other)], crs=4326).to_file(tmp_path / "far.geojson")
    with pytest.raises(walkshed.InputError, match="无法起草"):
        draft_study(tmp_path / "d", pbf=town, within=tmp_path / "far.geojson")
    assert not (tmp_path / "d").exists()


def test_two_outlines_of_one_name_are_asked_about(tmp_path):
    town = Town()
    town.way([(0, 0), (900, 0)], highway="residential")
    for x in (0, 500):
        town.ring(box(x, 0, 99, 99), landuse="residential", name="南苑")
    town.write(tmp_path / "a.osm.pbf")
    with pytest.raises(walkshed.InputError) as caught:
        draft_study(tmp_path / "d", pbf=tmp_path / "a.osm.pbf", within="南苑")
    assert caught.value.faults[0].code == "draft.several_areas"


def test_a_draft_without_any_venue_runs_and_covers_nobody(tmp_path):
    town = Town()
    town.lattice(3, 3, 200)
    town.ring(box(10, 10, 90, 90), landuse="residential", name="南苑")
    town.write(tmp_path / "a.osm.pbf")
    made = draft_study(tmp_path / "d", pbf=tmp_path / "a.osm.pbf")
    assert "draft.no_venues" in [n.code for n in made.notices]
    result = walkshed.run(made.folder)
    assert set(result.coverage["reason"]) == {"no_open_venue"}


# refusals


@pytest.mark.parametrize("there", ["file", "full"])
def test_nothing_is_ever_written_over(town, tmp_path, there):
    target = tmp_path / "d"
    if there == "file":
        target.write_text("mine")
    else:
        target.mkdir()
        (target / "mine.txt").write_text("mine")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(OutputError):
        draft_study(target, pbf=town)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("asked", [{}, {"place": "a", "pbf": "b"}, {"place": "a", "within": "b"}])
def test_one_source_is_named_neither_none_nor_two(tmp_path, asked):
    with pytest.raises(walkshed.InputError):
        draft_study(tmp_path / "d", **asked)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"<html>", b"PK\x03\x04", None])
def test_a_file_that_is_none_is_a_sentence_and_leaves_nothing(tmp_path, content):
    if content is not None:
        (tmp_path / "a.osm.pbf").write_bytes(content)
    with pytest.raises(walkshed.InputError):
        draft_study(tmp_path / "d", pbf=tmp_path / "a.osm.pbf")
    assert not (tmp_path / "d").exists()


def test_names_that_look_like_formulas_or_toml_stay_names(tmp_path):
    town = Town()
    town.lattice(3, 3, 200)
    for n, name in enumerate(('=HYPERLINK("x")', '"]\n[evil]', "@SUM(1)")):
        town.ring(box(150 * n, 10, 90, 90), landuse="residential", name=name)
    town.ring(box(-50, -50, 900, 900), boundary="administrative", admin_level="9", name='A "B" \\ # ]')
    town.write(tmp_path / "a.osm.pbf")
    made = draft_study(tmp_path / "d", pbf=tmp_path / "a.osm.pbf", within='A "B" \\ # ]')
    study = tomllib.loads((made.folder / "study.toml").read_text("utf-8"))
    assert set(study) == {"study", "streets", "estates", "venues", "standards", "output"}
    assert 'A "B" \\ # ]' in study["study"]["name"]
    page = openpyxl.load_workbook(made.folder / "estates.xlsx").worksheets[0]
    assert all(cell.data_type != "f" for row in page.iter_rows() for cell in row)
    walkshed.run(made.folder)


# large files, and a place that is asked for


def test_a_large_file_is_cut_and_the_answers_are_those_of_the_whole(town, tmp_path, monkeypatch):
    whole = draft_study(tmp_path / "whole", pbf=town, within="龙山社区")
    monkeypatch.setattr(drafting, "LARGE_FILE_BYTES", 10)
    part = draft_study(tmp_path / "part", pbf=town, within="龙山社区")
    assert [n.code for n in part.notices].count("draft.clipped") == 1
    results = [walkshed.run(one.folder).coverage for one in (whole, part)]
    assert results[0].equals(results[1])


def test_text_files_become_the_one_format_that_studies_are_given(tmp_path):
    town = Town()
    town.lattice(3, 3, 200)
    town.ring(box(10, 10, 90, 90), landuse="residential", name="南苑")
    town.write(tmp_path / "a.osm.gz")
    made = draft_study(tmp_path / "d", pbf=tmp_path / "a.osm.gz")
    assert made.estates["name"].tolist() == ["南苑"]
    walkshed.run(made.folder)


def test_a_place_is_asked_for_once_and_the_draft_needs_no_network_then(tmp_path, monkeypatch):
    monkeypatch.setattr("osmnx._nominatim.time", SimpleNamespace(sleep=lambda _seconds: None))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    extract = Extract(ROOT / "data" / "ronghang" / "streets.osm.pbf")
    west, south, east, north = extract.bounds()
    inner = shapely.box(
        west + (east - west) / 3,
        south + (north - south) / 3,
        east - (east - west) / 3,
        north - (north - south) / 3,
    )
    with serving(extract) as server:
        server.places["荣巷街道, 无锡市"] = [
            candidate("荣巷街道, 滨湖区, 无锡市, 江苏省, 中国", inner, ref="R7")
        ]
        monkeypatch.setenv("WALKSHED_NOMINATIM_URL", server.url)
        monkeypatch.setenv("WALKSHED_OVERPASS_URL", f"{server.url}/api")
        made = draft_study(tmp_path / "d", place="荣巷街道，无锡市")
        asked = len(server.asked)
        assert {one.service for one in server.asked} == {"nominatim", "overpass"}
    assert len(made.sent) >= asked - 1
    assert len(made.estates)
    assert shapely.covers(inner, gpd.points_from_xy(made.estates["lon"], made.estates["lat"])).all()
    assert sorted(path.name for path in made.folder.iterdir()) == sorted([*FILES, "boundary.geojson"])
    walkshed.run(made.folder, offline=True)


# real extracts


@pytest.mark.parametrize(
    ("extract", "least", "within"),
    [
        ("beijing_haidian", 9, None),
        ("nanjing_center", 5, None),
        ("monaco", 200, None),
        ("monaco", 3, "Larvotto"),
    ],
)
def test_real_extracts_become_studies_that_run(extract, least, within, shared_data, tmp_path):
    language = "en" if extract == "monaco" else "zh"
    made = draft_study(
        tmp_path / "d", pbf=shared_data(f"osm/{extract}.osm.pbf"), within=within, language=language
    )
    assert len(made.estates) >= least
    assert len(made.venues) >= 1
    result = walkshed.run(made.folder, offline=True)
    folder = result.write()
    assert (folder / "map.html").is_file()
    judged = result.coverage["status"] != "unknown"
    assert judged.mean() > 0.6
    assert made.headline.in_(language)


@pytest.mark.full
def test_the_largest_real_extract_is_drafted(shared_data, tmp_path):
    made = draft_study(tmp_path / "d", pbf=shared_data("osm/las_palmas.osm.pbf"), language="en")
    assert len(made.venues) > 20
    with (made.folder / "gates.csv").open(encoding="utf-8-sig", newline="") as file:
        assert sum(1 for _ in csv.reader(file)) == 1 + len(made.gates)
    assert (
        json.loads((made.folder / "estate_areas.geojson").read_text("utf-8"))["type"] == "FeatureCollection"
    )
