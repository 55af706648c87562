"""Where a venue could stand: the table of rooms, buildings of the extract, points along the streets."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point, box

import walkshed
from osm_maker import Town
from walkshed.crs import metric_crs, project
from walkshed.errors import Findings, InputError, Source
from walkshed.osm_public import read_public_buildings
from walkshed.siting.candidates import (
    COLUMNS,
    building_candidates,
    joined_candidates,
    room_candidates,
    street_candidates,
    unlike_venues,
)
from walkshed.tables import rooms as rooms_module
from walkshed.tables.rooms import read_money, read_rooms, read_year

ZH = "编号,名称,社区,建筑面积（平方米）,改造费用（万元）,年运营补贴（元）,容纳人数,产权单位,可用年份,取舍,经度,纬度"
EN = "id,name,community,floor_area_m2,cost,subsidy_per_year,capacity,owner,year,choice,lon,lat"


def written(folder, text, name="rooms.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# --- the table of rooms ----------------------------------------------------------------------------------


def test_chinese_and_english_headers_give_the_same_rooms(tmp_path):
    zh = written(
        tmp_path, f"{ZH}\nK1,旧粮站,荣巷,540,58,30000,135,区国资公司,2027年,必选,120.25,31.57\n", "zh.csv"
    )
    en = written(
        tmp_path,
        f"{EN}\nK1,旧粮站,荣巷,540,580000,30000,135,区国资公司,2027,required,120.25,31.57\n",
        "en.csv",
    )
    first, second = read_rooms(zh), read_rooms(en)
    pd.testing.assert_frame_equal(pd.DataFrame(first), pd.DataFrame(second))
    assert list(first.columns) == list(rooms_module.COLUMNS)
    assert first.index.name == "room_id"
    row = first.loc["K1"]
    assert (row["cost"], row["subsidy_per_year"], row["year"], row["choice"]) == (
        580_000,
        30_000,
        2027,
        "required",
    )
    assert row.geometry.equals(Point(120.25, 31.57))


def test_what_the_header_counts_in_is_told(tmp_path):
    findings = Findings()
    read_rooms(written(tmp_path, f"{ZH}\nK1,旧粮站,,,58,30000,,,,,120.25,31.57\n"), findings=findings)
    assert [n.source.column for n in findings.notices if n.code == "money.unit"] == ["改造费用（万元）"]


def test_all_faults_come_at_once_each_with_its_cell(tmp_path):
    text = f"{ZH}\nK1,甲,,,很多,,,,,,120.25,31.57\nK1,乙,,-5,3,,,,明年,,120.26,31.57\nK3,丙,,,,,,,,也许,31.57,120.25\n"
    with pytest.raises(InputError) as caught:
        read_rooms(written(tmp_path, text))
    said = {(fault.code, fault.source.row, fault.source.column) for fault in caught.value.faults}
    assert said == {
        ("number.unparsable", 2, "改造费用（万元）"),
        ("id.duplicate", 3, "编号"),
        ("number.negative", 3, "建筑面积（平方米）"),
        ("year.unparsable", 3, "可用年份"),
        ("word.unknown", 4, "取舍"),
        ("point.swapped", 4, "经度"),
    }
    assert all(fault.text.en and fault.text.zh for fault in caught.value.faults)


def test_a_room_without_a_place_keeps_its_row_and_one_that_must_be_opened_is_told(tmp_path):
    findings = Findings()
    rooms = read_rooms(
        written(tmp_path, f"{ZH}\nK1,甲,,,1,,,,,必选,,\nK2,乙,,,1,,,,,,120.25,31.57\n"), findings=findings
    )
    assert rooms["location_status"].tolist() == ["not_located", "given"]
    assert [n.source.row for n in findings.notices if n.code == "room.required_nowhere"] == [2]


def test_persons_are_dropped(tmp_path):
    rooms = read_rooms(
        written(tmp_path, "名称,业主,联系电话,经度,纬度\n旧粮站,张三,13812345678,120.25,31.57\n")
    )
    assert not {"业主", "联系电话"} & set(rooms.columns)
    assert "张三" not in rooms.to_csv()


@pytest.mark.parametrize(
    ("cell", "value"),
    [("28万", 280_000), ("28万元", 280_000), ("约3,000元", 3000), ("￥12000", 12_000), ("1.5千元", 1500),
     ("2万元/年", 20_000), (5, 5), ("０", 0)],
)  # fmt: skip
def test_money_as_planners_write_it(cell, value):
    assert read_money(cell).value == value


@given(st.integers(0, 10**7), st.sampled_from([1.0, 1_000.0, 10_000.0]))
def test_a_plain_amount_is_the_number_times_the_unit(amount, factor):
    assert read_money(float(amount), factor=factor).value == amount * factor
    assert read_money(f"{amount:,}", factor=factor).value == amount * factor


@pytest.mark.parametrize("cell", ["免费", "3万到5万", True, "-3"])
def test_what_is_no_money_is_refused(cell):
    assert read_money(cell).problem is not None


@given(st.integers(1950, 2150))
def test_a_year_is_read_in_every_form(year):
    for cell in (year, float(year), str(year), f"{year}年", f" {year} 年度"):
        assert read_year(cell).value == year
    assert math.isnan(read_year("").value)


# --- rooms and buildings as candidates -----------------------------------------------------------------------


def test_every_room_becomes_a_candidate_and_keeps_what_was_decided(tmp_path):
    rooms = read_rooms(
        written(
            tmp_path,
            f"{EN}\na,A,,,1,,,,,required,120.2,31.5\nb,B,,,2,,,,,forbidden,120.2,31.5\nc,C,,,3,,,,,,,\n",
        )
    )
    candidates = room_candidates(rooms)
    assert list(candidates.columns) == list(COLUMNS)
    assert candidates["siting_status"].tolist() == ["fixed", "forbidden", "candidate"]
    assert candidates.index.tolist() == ["a", "b", "c"]
    assert candidates.geometry.isna().tolist() == [False, False, True]
    assert candidates["lon"].isna().tolist() == [False, False, True]


def outlines(kinds, sides_m=20.0):
    """Return square buildings of some kinds, side by side."""
    step = sides_m / 95_000
    shapes = [
        box(120.25 + 3 * k * step, 31.57, 120.25 + (3 * k + 1) * step, 31.57 + step)
        for k in range(len(kinds))
    ]
    return gpd.GeoDataFrame(
        {"kind": kinds, "name": [f"楼{k}" for k in range(len(kinds))]},
        geometry=shapes, index=[f"w{k}" for k in range(len(kinds))], crs=4326,
    )  # fmt: skip


def test_buildings_of_an_extract_where_a_room_may_be_found_and_nobodys_home(tmp_path):
    town = Town()
    tags = [
        {"building": "public", "name": "旧礼堂", "addr:street": "荣巷街", "addr:housenumber": "12号"},
        {"building": "apartments", "shop": "bakery"}, {"building": "yes"}, {"building": "yes", "shop": "vacant"},
        {"building": "yes", "amenity": "library"}, {"building": "yes", "amenity": "place_of_worship"},
        {"building": "school", "construction": "yes"}, {"building": "garage"}, {"building": "house"},
        {"building": "yes", "shop": "no"}, {"building": "retail"},
    ]  # fmt: skip
    for number, mine in enumerate(tags):
        x = 40.0 * number
        town.ring([(x, 0), (x + 20, 0), (x + 20, 20), (x, 20)], mine)
    town.write(tmp_path / "t.osm.pbf")
    found = read_public_buildings(tmp_path / "t.osm.pbf")
    assert found["kind"].tolist() == ["public", "vacant", "library", "retail"]
    assert found[["name", "address"]].iloc[0].tolist() == ["旧礼堂", "荣巷街12号"]
    assert found.index.str.startswith("w").all()
    one = found.iloc[:1].total_bounds
    assert read_public_buildings(tmp_path / "t.osm.pbf", box=tuple(one)).index.tolist() == [found.index[0]]
    candidates = building_candidates(found)
    assert candidates.index.tolist() == [f"B{one}" for one in found.index]
    assert candidates["source"].unique().tolist() == ["building"]
    assert candidates["floor_area_m2"].isna().all()  # an outline is not a room's floor


def test_a_building_s_point_lies_in_it_and_kiosks_and_halls_are_left_out():
    shapes = outlines(["public", "public", "public"])
    shapes.geometry = [
        box(120, 31, 120.00003, 31.00003),
        shapes.geometry.iloc[1],
        box(120, 31, 120.01, 31.01),
    ]
    found = building_candidates(shapes)
    assert found.index.tolist() == ["Bw1"]
    assert shapes.geometry.iloc[1].contains(found.geometry.iloc[0])


def test_sources_are_joined_and_ids_must_differ():
    one = building_candidates(outlines(["public"]))
    other = building_candidates(outlines(["public"]), prefix="C")
    both = joined_candidates(one, other)
    assert both.index.tolist() == ["Bw0", "Cw0"]
    assert both.crs == "EPSG:4326"
    with pytest.raises(ValueError, match="Bw0"):
        joined_candidates(one, one)


def test_a_candidate_named_like_a_venue_is_a_fault():
    found = unlike_venues(outlines(["public", "shop"]), pd.Index(["w1", "x"]), source=Source("rooms.xlsx"))
    assert [(fault.code, fault.source.file, fault.source.value) for fault in found] == [
        ("siting.id_of_venue", "rooms.xlsx", "w1")
    ]


# --- points along the streets --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def streets(tmp_path_factory):
    town = Town()
    town.lattice(6, 6, 190)  # no street along the rim of a cell
    path = tmp_path_factory.mktemp("town") / "town.osm.pbf"
    town.write(path)
    return walkshed.read_streets(path)


@pytest.mark.parametrize("every_m", [40, 100, 170])
def test_every_place_on_a_street_has_a_candidate_near(streets, every_m):
    points = street_candidates(streets, every_m=every_m)
    west, south, east, north = streets.bounds
    crs = metric_crs((west + east) / 2, (south + north) / 2)
    # a slow second look: places every 3 m on the streets, their distance to the nearest candidate
    places = [
        line.interpolate(share, normalized=True) for line in streets.lines for share in np.linspace(0, 1, 70)
    ]
    px, py = project([p.x for p in places], [p.y for p in places], crs)
    cx, cy = project(points["lon"], points["lat"], crs)
    off = np.hypot(px[:, None] - cx, py[:, None] - cy).min(axis=1)
    # a cell that a street touches for less than a sample's length may have none
    assert off.max() <= every_m * (math.sqrt(2) + 1 / 8)
    # no two in one cell, but for those so near its rim that seven decimals of a degree decide
    inside = np.all([(v % every_m > 0.05) & (v % every_m < every_m - 0.05) for v in (cx, cy)], axis=0)
    cells = np.floor(np.column_stack([cx, cy])[inside] / every_m)
    assert len(np.unique(cells, axis=0)) == inside.sum() > len(points) / 2


def test_candidates_lie_on_streets_and_are_the_same_every_time(streets):
    points = street_candidates(streets, every_m=90)
    network = shapely.union_all(streets.lines)
    assert shapely.distance(points.geometry.to_numpy(), network).max() < 1e-7
    again = street_candidates(streets, every_m=90)
    pd.testing.assert_frame_equal(pd.DataFrame(points), pd.DataFrame(again))
    assert points.index.is_unique


def test_only_what_can_reach_somebody_is_returned(streets):
    estates = gpd.GeoDataFrame(
        {"lon": [streets.coord_lon.min(), np.nan], "lat": [streets.coord_lat.min(), np.nan]},
        geometry=[Point(streets.coord_lon.min(), streets.coord_lat.min()), None], crs=4326,
    )  # fmt: skip
    every = street_candidates(streets, every_m=50)
    near = street_candidates(streets, every_m=50, around=estates, reach_m=300)
    west, south, east, north = streets.bounds
    crs = metric_crs((west + east) / 2, (south + north) / 2)
    x, y = project(every["lon"], every["lat"], crs)
    ex, ey = project(estates["lon"].iloc[:1], estates["lat"].iloc[:1], crs)
    within = np.hypot(x - ex, y - ey) <= 300
    assert 0 < within.sum() < len(every)
    assert set(every.geometry[within].to_wkt()) <= set(near.geometry.to_wkt())
    assert len(near) <= within.sum() + 3  # at the rim a cell may offer another point
    nobody = estates.iloc[1:]
    assert len(street_candidates(streets, every_m=50, around=nobody, reach_m=300)) == 0


def test_no_candidate_on_a_bridge_or_a_private_way(tmp_path):
    town = Town()
    corners = [town.node(x, y) for x, y in ((0, 0), (900, 0), (900, 400), (0, 400))]
    town.way(corners[:2], highway="residential")
    town.way(corners[1:3], highway="footway", bridge="yes")
    town.way(corners[2:], highway="service", access="private")
    town.write(tmp_path / "t.osm.pbf")
    points = street_candidates(walkshed.read_streets(tmp_path / "t.osm.pbf"), every_m=50)
    assert len(points) > 10
    assert (points["lat"] < town.lonlat(0, 20)[1]).all()


def test_too_fine_a_grid_is_refused(streets):
    with pytest.raises(ValueError, match="10 m"):
        street_candidates(streets, every_m=2)


# --- the sample ------------------------------------------------------------------------------------------


def test_the_rooms_of_the_sample_are_as_untidy_as_an_office_s(sample):
    page = openpyxl.load_workbook(sample / "rooms.xlsx").worksheets[0]
    assert "示意" in page["A1"].value
    findings = Findings()
    rooms = read_rooms(sample / "rooms.xlsx", findings=findings)
    assert not findings.faults
    assert 15 <= len(rooms) <= 25
    assert set(rooms["choice"]) == {"optional", "forbidden"}
    assert (rooms["location_status"] == "not_located").sum() == 1
    assert rooms["cost"].between(50_000, 1_000_000).all()
    assert rooms["subsidy_per_year"].between(20_000, 30_000).all()
    assert "联系人" not in rooms.columns
    assert {"row.total", "money.unit", "number.as_text"} <= {notice.code for notice in findings.notices}
