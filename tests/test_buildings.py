"""Buildings and homes: the table, OpenStreetMap's buildings, and an estate's people spread over them."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction

import geopandas as gpd
import numpy as np
import openpyxl
import osmium
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

import walkshed
from osm_maker import Town
from walkshed.errors import Findings, InputError
from walkshed.homes import largest_remainder, spread
from walkshed.osm_buildings import read_osm_buildings
from walkshed.report.homes import distribution, estate_rows, weighted_quantile
from walkshed.tables.buildings import COLUMNS, read_buildings
from walkshed.walking.access import access

NAN = math.nan


def codes(findings):
    return [one.code for one in findings]


# --- the table -------------------------------------------------------------------------------------------


def table(folder, text, name="buildings.csv", **options):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_buildings(path, **options)


@pytest.mark.parametrize(
    "head",
    [
        "楼号,小区编号,名称,户数,层数,建筑面积（㎡）,经度,纬度",
        "building_id,estate_id,name,households,levels,floor_area_m2,lon,lat",
        "楼栋,小区,楼栋名称,总户数,地上层数,面积,经度,纬度",
        "Building number,Estate ID,building name,Number of Households,Storeys,Gross floor area,lng,lat",
    ],
)
def test_headers_are_recognised_in_both_languages(tmp_path, head):
    found = table(
        tmp_path, head + '\n3号楼,001,南楼,"约1,200户",６层,5000,120.25,31.55\n4号楼,001,,,18F,,,\n'
    )
    assert tuple(found.columns) == COLUMNS
    first, second = found.iloc[0], found.iloc[1]
    assert (first["building_id"], first["estate_id"], first["name"]) == ("3号楼", "001", "南楼")
    assert (first["households"], first["levels"], first["floor_area_m2"]) == (1200, 6, 5000)
    assert (first["lon"], first["lat"], first["location_status"], first["source_row"]) == (
        120.25,
        31.55,
        "given",
        2,
    )
    assert (second["levels"], second["location_status"]) == (18, "not_located")
    assert math.isnan(second["households"])


def test_every_fault_is_told_at_once(tmp_path):
    text = (
        "楼号,小区编号,户数,层数,经度,纬度\n1,A,-5,6,120.25,31.55\n,A,5,6,120.25,31.55\n2,A,很多,0,120.25,31.55\n"
        "2,A,5,500,0,0\n2,B,5,5,120.25,31.55\n"
    )
    with pytest.raises(InputError) as raised:
        table(tmp_path, text)
    told = {(fault.code, fault.source.row) for fault in raised.value.faults}
    assert told == {
        ("number.negative", 2), ("id.blank", 3), ("number.unparsable", 4), ("levels.range", 4), ("levels.range", 5),
        ("point.zero", 5), ("id.duplicate", 5),
    }  # fmt: skip
    assert all(fault.text.en and fault.text.zh for fault in raised.value.faults)


def test_a_table_without_ids_and_one_without_rows(tmp_path):
    with pytest.raises(InputError, match="building_id"):
        table(tmp_path, "小区编号,户数,经度,纬度\nA,5,120.25,31.55\n")
    findings = Findings()
    empty = table(tmp_path, "楼号,户数,经度,纬度\n", findings=findings)
    assert (len(empty), findings.faults, codes(findings.notices)) == (0, [], ["table.no_rows"])


def test_personal_columns_go_nowhere(tmp_path):
    found = table(tmp_path, "楼号,户数,楼栋长,联系电话,房号,备注\n1,5,张三,13812345678,302,近东门\n")
    assert "备注" in found
    assert not {"楼栋长", "联系电话", "房号"} & set(found.columns)
    assert "张三" not in found.to_csv()


def test_estates_are_known_by_id_by_name_and_by_nearly_their_id(tmp_path):
    findings = Findings()
    known = {"E01": "桃源人家", "E02": "香雪苑", "E03": "香雪苑"}
    text = "楼号,小区编号\n1,E01\n2,ｅ01\n3,桃源人家\n4,香雪苑\n5,E04\n6,\n"
    found = table(tmp_path, text, estate_ids=known, findings=findings)
    assert found["estate_id"].tolist() == ["E01", "E01", "E01", "香雪苑", "E04", ""]
    told = {(one.code, one.source.row) for one in findings.notices}
    assert {("building.by_name", 4), ("building.unknown_estate", 5), ("building.unknown_estate", 6)} <= told
    assert findings.faults == []


def test_footprints_are_measured_on_the_ellipsoid(tmp_path):
    shape = shapely.box(120.25, 31.55, 120.2503, 31.5502)
    frame = gpd.GeoDataFrame({"楼号": ["1", "2"], "层数": [6, 3]}, geometry=[shape, shape.centroid], crs=4326)
    frame.to_crs(4549).to_file(tmp_path / "b.gpkg")
    found = read_buildings(tmp_path / "b.gpkg")
    assert found["area_m2"].iloc[0] == pytest.approx(
        abs(Geod(ellps="WGS84").geometry_area_perimeter(shape)[0]), rel=1e-6
    )
    assert math.isnan(found["area_m2"].iloc[1])
    assert shape.contains(shapely.Point(found["lon"].iloc[0], found["lat"].iloc[0]))


def test_a_workbook_with_merged_estates_is_filled_down(tmp_path):
    book = openpyxl.Workbook()
    page = book.active
    for row in [("小区编号", "楼号", "户数"), ("A", "1", 10), (None, "2", 20), ("B", "1", 30)]:
        page.append(row)
    page.merge_cells("A2:A3")
    book.save(tmp_path / "b.xlsx")
    found = read_buildings(tmp_path / "b.xlsx")
    assert found["estate_id"].tolist() == ["A", "A", "B"]
    assert found["households"].sum() == 60


# --- OpenStreetMap's buildings ---------------------------------------------------------------------------


def built(folder, *houses, **extra):
    """Read a town of houses, each 20 × 10 m and 50 m apart, given by their tags."""
    town = Town()
    for n, tags in enumerate(houses):
        town.ring([(50 * n, 0), (50 * n + 20, 0), (50 * n + 20, 10), (50 * n, 10)], tags)
    return read_osm_buildings(town.write(folder / "town.osm.pbf"), **extra)


@pytest.mark.parametrize(
    ("tags", "lived_in"),
    [
        ({"building": "apartments"}, True),
        ({"building": "apartments", "shop": "supermarket"}, True),
        ({"building": "house", "abandoned": "yes"}, False),
        ({"building": "yes"}, True),
        ({"building": "yes", "shop": "no"}, True),
        ({"building": "yes", "amenity": "school"}, False),
        ({"building": "yes", "office": "company"}, False),
        *(
            ({"building": kind}, False)
            for kind in ("commercial", "school", "garage", "roof", "construction", "no", "ruins")
        ),
    ],
)
def test_which_buildings_people_live_in(tmp_path, tags, lived_in):
    assert len(built(tmp_path, tags)) == lived_in


def test_levels_come_from_levels_else_height_else_are_assumed_and_marked(tmp_path):
    found = built(
        tmp_path,
        {"building": "apartments", "building:levels": "11", "height": "90"},
        {"building": "apartments", "height": "18 m"},
        {"building": "apartments", "height": "59'"},
        {"building": "apartments"},
        {"building": "house", "building:levels": "two"},
        {"building": "yes", "building:levels": "4,5"},
    )
    assert found["levels"].tolist() == [11, 6, 6, 4, 2, 4.5]
    assert found["levels_from"].tolist() == ["levels", "height", "height", "assumed", "assumed", "levels"]
    assert found["area_m2"].to_numpy() == pytest.approx(200, rel=0.002)


def test_a_plain_shed_is_no_home_but_a_small_house_is(tmp_path):
    town = Town()
    for n, kind in enumerate(("yes", "house")):
        town.ring([(50 * n, 0), (50 * n + 4, 0), (50 * n + 4, 4), (50 * n, 4)], building=kind)
    assert read_osm_buildings(town.write(tmp_path / "t.osm.pbf"))["kind"].tolist() == ["house"]


def test_a_courtyard_is_a_hole_and_an_outline_cut_off_is_left_out(tmp_path):
    town = Town()
    outer = town.ring([(0, 0), (60, 0), (60, 60), (0, 60)])
    inner = town.ring([(20, 20), (40, 20), (40, 40), (20, 40)])
    town.relation([(outer, "outer"), (inner, "inner")], building="residential")
    away = town.way([(200, 0), (260, 0), town.missing()])
    town.relation([(away, "outer")], building="residential")
    town.way([(300, 0), (320, 0), town.missing(900_001), (300, 0)], building="house")
    found = read_osm_buildings(town.write(tmp_path / "t.osm.pbf"))
    assert found["building_id"].tolist() == ["r1"]
    assert found["area_m2"].iloc[0] == pytest.approx(3600 - 400, rel=0.002)
    assert not shapely.box(*town.lonlat(20, 20), *town.lonlat(40, 40)).contains(
        shapely.Point(found["lon"].iloc[0], found["lat"].iloc[0])
    )


def test_a_box_keeps_what_touches_it(tmp_path):
    whole = built(tmp_path, *[{"building": "house"}] * 5)
    west, south, east, north = whole.geometry.iloc[2].bounds
    part = built(tmp_path, *[{"building": "house"}] * 5, box=(west, south, east, north))
    assert part["building_id"].tolist() == ["w3"]
    assert len(built(tmp_path, {"building": "house"}, box=(0.0, 0.0, 1.0, 1.0))) == 0


def test_a_file_that_is_no_osm_file_is_a_fault(tmp_path):
    (tmp_path / "x.osm.pbf").write_bytes(b"no such thing")
    with pytest.raises(InputError):
        read_osm_buildings(tmp_path / "x.osm.pbf")
    with pytest.raises(InputError, match="no such"):
        read_osm_buildings(tmp_path / "none.osm.pbf")


def test_a_city_is_read_as_pyosmium_alone_reads_it(shared_data):
    """Las Palmas: the same ways by their nodes alone, without the assembler of areas."""
    path = shared_data("osm/las_palmas.osm.pbf")
    findings = Findings()
    found = read_osm_buildings(path, findings=findings)
    assert len(found) > 20_000
    assert found["building_id"].is_unique
    assert codes(findings.notices) == ["buildings.assumed_levels"]
    assert shapely.intersects(found.geometry.to_numpy(), shapely.points(found["lon"], found["lat"])).all()
    ways = (
        osmium.FileProcessor(str(path))
        .with_locations()
        .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
    )
    houses = {}
    for way in ways.with_filter(osmium.filter.TagFilter(("building", "house"), ("building", "apartments"))):
        nodes = [(node.location.lon, node.location.lat) for node in way.nodes if node.location.valid()]
        if "abandoned" in way.tags:
            continue
        if way.is_closed() and len(nodes) == len(way.nodes) > 3 and shapely.Polygon(nodes).is_valid:
            houses[f"w{way.id}"] = shapely.Polygon(nodes)
    assert len(houses) > 5_000
    areas = found.set_index("building_id")["area_m2"]
    geod = Geod(ellps="WGS84")
    sample = sorted(houses)[::37]
    assert set(houses) <= set(areas.index)
    assert areas[sample].to_numpy() == pytest.approx(
        [abs(geod.geometry_area_perimeter(houses[i])[0]) for i in sample], rel=1e-9
    )


# --- largest remainders ----------------------------------------------------------------------------------


def by_hand(total, weights, names):
    """Hamilton's method as a clerk does it: whole quotas first, then one seat after the other."""
    weights = [Fraction(w) for w in weights]
    if not sum(weights):
        weights = [Fraction(1)] * len(weights)
    quota = [Fraction(total) * w / sum(weights) for w in weights]
    seats = [math.floor(q) for q in quota]
    while sum(seats) < total:
        best = min(range(len(quota)), key=lambda n: (seats[n] - quota[n], -weights[n], names[n]))
        seats[best] += 1
    return seats


sizes = st.lists(
    st.one_of(st.integers(0, 50), st.floats(0, 1e6, allow_subnormal=False)), min_size=1, max_size=12
)


@given(st.integers(0, 5000), sizes)
def test_remainders_add_up_are_whole_fair_and_monotone(total, weights):
    names = [f"{n:02}" for n in range(len(weights))]
    given_ = largest_remainder(total, weights, names=names)
    assert given_ == by_hand(total, weights, names)
    assert sum(given_) == total
    order = sorted(zip(weights, given_, strict=True))
    assert [seats for _, seats in order] == sorted(given_)  # who is larger has no less
    whole = sum(map(Fraction, weights))
    if whole:
        quotas = [Fraction(total) * Fraction(w) / whole for w in weights]
        assert all(abs(g - q) < 1 for g, q in zip(given_, quotas, strict=True))


@given(st.integers(0, 500), sizes, st.randoms())
def test_the_order_of_things_is_irrelevant(total, weights, random):
    names = [f"{n:02}" for n in range(len(weights))]
    mixed = list(range(len(weights)))
    random.shuffle(mixed)
    one = largest_remainder(total, weights, names=names)
    other = largest_remainder(total, [weights[n] for n in mixed], names=[names[n] for n in mixed])
    assert [one[n] for n in mixed] == other


def test_the_seats_of_a_textbook():
    """Balinski and Young's example of 100,000 people and 36 seats, by Hamilton's method."""
    people = [27_744, 25_178, 19_951, 14_610, 9_225, 3_292]
    assert largest_remainder(36, people, names="ABCDEF") == [10, 9, 7, 5, 4, 1]
    assert largest_remainder(2.5, [1, 1], names="ab") == [1.5, 1.0]


# --- spreading -------------------------------------------------------------------------------------------


def estates_of(*rows):
    """Return estates 1 km apart, each given as (households, residents) and a square of 400 m a side."""
    town = Town()
    squares = [
        shapely.Polygon([town.lonlat(1000 * n + x, y) for x, y in ((0, 0), (400, 0), (400, 400), (0, 400))])
        for n in range(len(rows))
    ]
    lon, lat = np.array([town.lonlat(1000 * n + 200, 200) for n in range(len(rows))]).T
    return gpd.GeoDataFrame(
        {
            "name": [f"小区{n}" for n in range(len(rows))],
            "households": [float(row[0]) for row in rows],
            "residents": [float(row[1]) if len(row) > 1 else NAN for row in rows],
            "lon": lon,
            "lat": lat,
            "source_row": range(2, len(rows) + 2),
        },
        geometry=squares,
        crs="EPSG:4326",
        index=pd.Index([f"E{n}" for n in range(len(rows))], name="estate_id"),
    )


def buildings_of(*rows):
    """Return buildings given as dictionaries; ``at`` is metres east and north of the origin."""
    town = Town()
    blank = {"building_id": "", "estate_id": "", "name": "", "households": NAN, "residents": NAN, "aged_60_plus": NAN,
             "levels": NAN, "levels_from": "", "floor_area_m2": NAN, "area_m2": NAN}  # fmt: skip
    made, shapes = [], []
    for n, row in enumerate(rows):
        spot = row.get("at")
        lon, lat = town.lonlat(*spot) if spot else (NAN, NAN)
        shapes.append(shapely.Point(lon, lat) if spot else None)
        one = blank | {"building_id": str(n + 1)} | {k: v for k, v in row.items() if k != "at"}
        one["levels_from"] = one["levels_from"] or ("" if math.isnan(one["levels"]) else "table")
        made.append(one | {"lon": lon, "lat": lat, "source_row": n + 2})
    return gpd.GeoDataFrame(pd.DataFrame(made), geometry=shapes, crs="EPSG:4326")


def spread_codes(homes):
    return codes(homes.notices)


def test_households_follow_floor_area():
    homes = spread(
        estates_of((100, 270)),
        buildings_of(
            {"at": (50, 50), "area_m2": 300.0, "levels": 6.0},
            {"at": (150, 50), "area_m2": 300.0, "levels": 18.0},
            {"at": (250, 50), "floor_area_m2": 1800.0, "area_m2": 9999.0, "levels": 30.0},
        ),
    )
    assert homes.counts["households"].to_dict() == {"E0/1": 20, "E0/2": 60, "E0/3": 20}
    assert homes.counts["residents"].tolist() == [54, 162, 54]
    assert homes.units["share"].tolist() == [0.2, 0.6, 0.2]
    assert homes.estates.loc["E0"].tolist() == ["buildings", 3, "floor_area", True, 0]
    assert homes.notices == ()


def test_levels_that_are_assumed_take_the_median_of_those_that_are_known():
    homes = spread(
        estates_of((90,)),
        buildings_of(
            {"at": (50, 50), "area_m2": 100.0, "levels": 11.0},
            {"at": (150, 50), "area_m2": 100.0, "levels": 4.0, "levels_from": "assumed"},
            {"at": (250, 50), "area_m2": 100.0},
        ),
    )
    assert homes.counts["households"].tolist() == [30, 30, 30]


def test_the_tables_own_households_win_and_must_add_up():
    own = [
        {"at": (50, 50), "households": 10.0, "area_m2": 900.0},
        {"at": (90, 50), "households": 30.0, "area_m2": 1.0},
    ]
    same = spread(estates_of((40, 100)), buildings_of(*own))
    assert same.counts["households"].tolist() == [10, 30]
    assert same.counts["residents"].tolist() == [25, 75]
    assert (same.estates["basis"].iloc[0], same.notices) == ("table", ())
    other = spread(estates_of((80, 100)), buildings_of(*own))
    assert other.counts["households"].tolist() == [20, 60]
    assert not other.estates["fits"].iloc[0]
    assert [(one.code, one.source.row, one.source.value) for one in other.notices] == [
        ("homes.sum_differs", 2, "E0")
    ]
    blank = spread(estates_of((NAN, 100)), buildings_of(*own))
    assert blank.counts["households"].isna().all()
    assert blank.counts["residents"].tolist() == [25, 75]
    assert spread_codes(blank) == ["homes.no_total"]


def test_buildings_without_a_number_share_what_is_left():
    rows = [
        {"at": (50, 50), "households": 10.0},
        {"at": (90, 50), "area_m2": 100.0},
        {"at": (120, 50), "area_m2": 200.0},
    ]
    homes = spread(estates_of((40,)), buildings_of(*rows))
    assert homes.counts["households"].tolist() == [10, 10, 20]
    assert homes.estates["basis"].iloc[0] == "table_and_floor_area"
    over = spread(estates_of((5,)), buildings_of(*rows))
    assert over.counts["households"].sum() == 5
    assert (over.estates["fits"].iloc[0], spread_codes(over)[0]) == (False, "homes.sum_differs")


def test_residents_of_their_own_follow_their_own_numbers():
    rows = [
        {"at": (50, 50), "households": 10.0, "residents": 50.0},
        {"at": (90, 50), "households": 30.0, "residents": 50.0},
    ]
    homes = spread(estates_of((40, 100)), buildings_of(*rows))
    assert homes.counts["residents"].tolist() == [50, 50]


def test_whose_a_building_is():
    estates = estates_of((10,), (10,), (10,))
    inner = shapely.buffer(shapely.centroid(estates.geometry.iloc[0]), 0.0005)
    estates.loc["E2", ["geometry", "lon", "lat"]] = [inner, inner.centroid.x, inner.centroid.y]
    rows = [
        {"at": (50, 50)},  # by its place: E0
        {"at": (200, 200)},  # in E2, which lies inside E0
        {"at": (700, 50)},  # nowhere
        {"at": (700, 60), "estate_id": "E1"},  # names E1, stands 300 m outside
        {"at": (60, 60), "estate_id": "小区1"},  # names E1 by its name, stands in E0
        {"at": (50, 60), "estate_id": "E9"},
        {"estate_id": "E1"},
        {},
    ]
    homes = spread(estates, buildings_of(*rows))
    assert homes.buildings["status"].tolist() == [
        "home", "home", "outside", "home", "home", "unknown_estate", "not_located", "not_located",
    ]  # fmt: skip
    assert homes.buildings["unit_id"].tolist() == ["E0/1", "E2/2", "", "E1/4", "E1/5", "", "E1/7", ""]
    assert homes.buildings["away_m"].iloc[3] == pytest.approx(300, abs=1)
    assert len(homes.buildings) == len(rows)
    assert homes.units.loc["E1/7", "location_status"] == "not_located"
    assert homes.counts["households"].groupby(homes.units["estate_id"]).sum().to_dict() == {
        "E0": 10,
        "E1": 10,
        "E2": 10,
    }
    told = Counter(spread_codes(homes))
    assert {"homes.outside", "homes.unknown_estate", "homes.not_located", "homes.away"} <= set(told)
    assert told["homes.away"] == 2
    assert all(
        "rows" in one.text.en for one in homes.notices if one.code in {"homes.outside", "homes.not_located"}
    )


def test_an_estate_without_buildings_keeps_its_point():
    estates = estates_of((7, 20), (9, NAN), (3,))
    homes = spread(estates, buildings_of({"at": (50, 50)}, {"estate_id": "E2"}))
    assert homes.units.index.tolist() == ["E0/1", "E1/", "E2/"]
    assert homes.estates["status"].tolist() == ["buildings", "no_buildings", "none_located"]
    assert homes.units.loc["E1/", ["lon", "lat"]].tolist() == estates.loc["E1", ["lon", "lat"]].tolist()
    assert homes.units.loc["E1/"].geometry.geom_type == "Point"
    assert homes.counts["households"].tolist() == [7, 9, 3]
    assert homes.buildings["unit_id"].tolist() == ["E0/1", ""]
    assert "homes.no_buildings" in spread_codes(homes)


def test_fewer_households_than_buildings_is_told_and_kept():
    homes = spread(
        estates_of((2,)), buildings_of(*({"at": (20 * n + 10, 50), "area_m2": 100.0} for n in range(5)))
    )
    assert sorted(homes.counts["households"]) == [0, 0, 0, 1, 1]
    assert homes.estates["empty"].iloc[0] == 3
    assert spread_codes(homes) == ["homes.fewer_than_buildings"]


def test_buildings_of_no_known_size_count_alike_and_one_of_them_as_the_mean():
    alike = spread(estates_of((9,)), buildings_of({"at": (50, 50)}, {"at": (90, 50)}, {"at": (120, 50)}))
    assert alike.counts["households"].tolist() == [3, 3, 3]
    assert spread_codes(alike) == ["homes.no_size"]
    mean = spread(
        estates_of((60,)),
        buildings_of(
            {"at": (50, 50), "area_m2": 100.0}, {"at": (90, 50)}, {"at": (120, 50), "area_m2": 300.0}
        ),
    )
    assert mean.counts["households"].tolist() == [10, 20, 30]
    assert spread_codes(mean) == ["homes.size_assumed"]


def test_two_buildings_of_one_number_are_told_apart():
    rows = [{"at": (90, 50), "building_id": "1号楼"}, {"at": (50, 50), "building_id": "1号楼"}]
    homes = spread(estates_of((4,)), buildings_of(*rows))
    assert homes.buildings["unit_id"].tolist() == ["E0/1号楼 (2)", "E0/1号楼"]
    assert "homes.same_id" in spread_codes(homes)


def test_a_buildings_point_lies_on_it():
    town = Town()
    bent = shapely.Polygon(
        [town.lonlat(*spot) for spot in ((0, 0), (100, 0), (100, 10), (10, 10), (10, 100), (0, 100))]
    )
    buildings = buildings_of({"at": (50, 50)}, {"at": (20, 5)})
    buildings["geometry"] = gpd.GeoSeries([bent, bent], crs="EPSG:4326")
    homes = spread(estates_of((4,)), buildings)
    assert shapely.intersects(bent, homes.units.geometry.to_numpy()).all()
    assert homes.units["lon"].iloc[1] == buildings["lon"].iloc[1]  # its own point, where that is on it


few = st.one_of(st.just(NAN), st.integers(0, 60).map(float))
house = st.fixed_dictionaries({
    "at": st.one_of(st.none(), st.tuples(st.integers(-100, 2500), st.integers(-50, 450))),
    "estate_id": st.sampled_from(["", "", "E0", "E1", "E9"]),
    "households": few,
    "residents": few,
    "area_m2": st.one_of(st.just(NAN), st.floats(1, 1e4)),
    "levels": st.one_of(st.just(NAN), st.integers(1, 40).map(float)),
})  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(few, few), min_size=2, max_size=3),
    st.lists(house, min_size=1, max_size=10),
    st.randoms(),
)
def test_nobody_is_lost_whatever_the_buildings_say(totals, houses, random):
    estates = estates_of(*totals)
    buildings = buildings_of(*houses)
    homes = spread(estates, buildings)
    assert homes.units.index.is_unique
    assert len(homes.buildings) == len(buildings)
    assert homes.units["estate"].is_monotonic_increasing
    assert set(homes.units["estate"]) == set(range(len(estates)))
    share = homes.units["share"].groupby(homes.units["estate"]).sum()
    assert share.to_numpy() == pytest.approx(1.0)
    for name in ("households", "residents"):
        parts = homes.counts[name].groupby(homes.estate).apply(lambda part: part.sum(skipna=False))
        assert np.array_equal(parts.to_numpy(), estates[name].to_numpy(), equal_nan=True)
        known = homes.counts[name].dropna()
        assert (known == known.round()).all()
    mixed = list(range(len(buildings)))
    random.shuffle(mixed)
    again = spread(estates, buildings.iloc[mixed].reset_index(drop=True))
    pd.testing.assert_frame_equal(again.counts.loc[homes.counts.index], homes.counts)


def test_a_real_city_is_spread_without_loss(shared_data):
    buildings = read_osm_buildings(shared_data("osm/beijing_haidian.osm.pbf"))
    west, south, east, north = buildings.total_bounds
    xs, ys = np.linspace(west, east, 5), np.linspace(south, north, 5)
    cells = [shapely.box(xs[i], ys[j], xs[i + 1], ys[j + 1]) for i in range(4) for j in range(4)]
    random = np.random.default_rng(3)
    estates = estates_of(*((float(n),) for n in random.integers(0, 3000, 16)))
    estates["geometry"] = gpd.GeoSeries(cells, index=estates.index, crs="EPSG:4326")
    homes = spread(estates, buildings)
    assert (homes.buildings["status"] == "home").all()
    assert homes.counts["households"].groupby(homes.estate).sum().tolist() == estates["households"].tolist()
    where = gpd.sjoin(
        homes.units[homes.units["building_id"] != ""], estates[["geometry"]], predicate="within"
    )
    assert (where["estate_id_left"] == where["estate_id_right"]).all()


# --- what an estate's row says ---------------------------------------------------------------------------


def repeated(values, weights):
    """Write each walk as often as its weight, sorted; what never ends stands last."""
    return sorted(value for value, weight in zip(values, weights, strict=True) for _ in range(weight))


walks = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), min_size=1, max_size=12)


@given(walks, st.sampled_from([0.1, 0.5, 0.75, 0.9, 1.0]))
def test_a_weighted_quantile_is_the_plain_one_of_walks_written_out(pairs, quantile):
    values = [float(v) if v < 25 else NAN for v, _ in pairs]
    weights = [w for _, w in pairs]
    every = repeated([math.inf if math.isnan(v) else v for v in values], weights)
    found = weighted_quantile(values, weights, quantile)
    if not every:
        assert math.isnan(found)
        return
    at = math.ceil(Fraction(str(quantile)) * len(every)) - 1
    expected = every[max(at, 0)]
    assert (math.isnan(found) and math.isinf(expected)) or found == expected


def rows_of(units, limit=300.0, by="walk_m", n=None):
    """Return the estates' rows of units given as (estate, households, share, walk_m, unknown)."""
    estate, households, share, walk, unknown = (np.array(column) for column in zip(*units, strict=True))
    return estate_rows(
        estate=estate.astype(np.int64),
        n_estates=n or int(estate.max()) + 1,
        households=households.astype(float),
        share=share.astype(float),
        walk_m=walk.astype(float),
        walk_min=walk.astype(float) / 78,
        unknown=unknown.astype(bool),
        limit=limit,
        by=by,
    )


def test_shares_are_exact_by_household():
    rows = rows_of([(0, 30, 0.3, 200, 0), (0, 50, 0.5, 300, 0), (0, 15, 0.15, 301, 0), (0, 5, 0.05, NAN, 1)])
    assert rows["covered_share"].iloc[0] == 0.8
    assert rows["unknown_share"].iloc[0] == 0.05
    assert rows[["status", "unit", "walk_m", "walk_m_p90"]].iloc[0].tolist() == ["covered", 1, 300, 301]


def test_a_blank_number_of_households_counts_the_estate_by_its_shares():
    for blank in (NAN, 0):
        rows = rows_of([(0, blank, 0.25, 200, 0), (0, blank, 0.75, 500, 0)])
        assert rows["covered_share"].iloc[0] == 0.25
        assert (rows["status"].iloc[0], rows["walk_m"].iloc[0]) == ("uncovered", 500)


def test_unreached_homes_are_farther_than_any_and_unknown_ones_behind_them():
    rows = rows_of(
        [(0, 1, 0, 100, 0), (0, 2, 0, NAN, 0), (1, 1, 0, 100, 0), (1, 2, 0, NAN, 1), (2, 3, 1, NAN, 1)]
    )
    assert rows["status"].tolist() == ["uncovered", "unknown", "unknown"]
    assert rows["walk_m"].isna().all()
    assert rows["unknown_share"].tolist() == [0, pytest.approx(2 / 3), 1]
    assert rows["unit"].tolist() == [1, 3, 4]


def test_an_estate_with_one_home_is_judged_as_ever():
    rows = rows_of([(0, 10, 1, 300, 0), (1, NAN, 1, 300.1, 0), (2, 5, 1, NAN, 0)], n=4)
    assert rows["status"].tolist() == ["covered", "uncovered", "uncovered", "unknown"]
    assert rows["covered_share"].tolist()[:3] == [1, 0, 0]
    assert rows["unit"].tolist() == [0, 1, 2, -1]


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 600), st.booleans()),
        min_size=1,
        max_size=30,
    )
)
def test_an_estates_row_is_that_of_its_households_written_out(units):
    """A slow second reading: every household stands in line with its own walk."""
    made = [(e, h, 1.0, NAN if w > 500 else w, u) for e, h, w, u in units]
    rows = rows_of(made, n=4)
    for estate in range(4):
        own = [unit for unit in made if unit[0] == estate]
        every = [unit for unit in own for _ in range(unit[1])]
        if not every:
            continue
        within = [not u and w <= 300 for _, _, _, w, u in every]
        assert rows["covered_share"].iloc[estate] == pytest.approx(sum(within) / len(every), abs=1e-12)
        line = sorted((u, math.inf if math.isnan(w) else w) for _, _, _, w, u in every)
        unknown, walk = line[math.ceil(len(line) / 2) - 1]
        expected = "unknown" if unknown else "covered" if walk <= 300 else "uncovered"
        assert rows["status"].iloc[estate] == expected
        told = rows["walk_m"].iloc[estate]
        assert math.isnan(told) if unknown or math.isinf(walk) else told == walk


def test_the_distribution_is_one_long_table():
    one, other = (
        rows_of([(0, 1, 1, 100, 0), (1, 1, 1, 900, 0)]),
        rows_of([(0, 1, 1, 100, 0), (1, 1, 1, 900, 0)], limit=1000),
    )
    table_ = distribution([("adult", "300 m", one), ("adult", "1000 m", other)], pd.Index(["A", "B"]))
    assert table_[["estate_id", "standard", "covered_share"]].to_numpy().tolist() == [
        ["A", "300 m", 1], ["A", "1000 m", 1], ["B", "300 m", 0], ["B", "1000 m", 1],
    ]  # fmt: skip


def test_homes_are_walked_from_like_estates(shared_data):
    """Haidian: each building's own walk, added up by hand, is what the estate's row says."""
    path = shared_data("osm/beijing_haidian.osm.pbf")
    network, buildings = walkshed.read_streets(path), read_osm_buildings(path)
    west, south, east, north = buildings.total_bounds
    half = (west + east) / 2
    estates = estates_of((900,), (NAN,))
    sides = [shapely.box(west, south, half, north), shapely.box(half, south, east, north)]
    estates["geometry"] = gpd.GeoSeries(sides, index=estates.index, crs="EPSG:4326")
    homes = spread(estates, buildings)
    venue = gpd.GeoDataFrame(
        {"name": ["中心"], "lon": [half], "lat": [(south + north) / 2], "location_status": "given"},
        geometry=gpd.points_from_xy([half], [(south + north) / 2]),
        crs="EPSG:4326",
        index=pd.Index(["V"], name="venue_id"),
    )
    reached = access(network, homes.units, venue, standards=[walkshed.Standard(minutes=60)])
    walks = reached.to_frame().set_index("estate_id").reindex(homes.units.index)
    unknown = np.isin(reached.estate_ties.status, (1, 2, 3))
    rows = estate_rows(
        estate=homes.estate, n_estates=2, households=homes.counts["households"].to_numpy(),
        share=homes.units["share"].to_numpy(), walk_m=walks["walk_m"].to_numpy(),
        walk_min=walks["walk_min"].to_numpy(), unknown=unknown, limit=500.0, by="walk_m",
    )  # fmt: skip
    for number, weight in ((0, homes.counts["households"]), (1, homes.units["share"])):
        own = homes.units["estate"] == number
        within = own & (walks["walk_m"] <= 500) & ~unknown
        assert 0 < within.sum() < own.sum()
        assert rows["covered_share"].iloc[number] == pytest.approx(weight[within].sum() / weight[own].sum())
        shorter = weight[own & (walks["walk_m"] <= rows["walk_m"].iloc[number]) & ~unknown].sum()
        assert shorter >= weight[own].sum() / 2
