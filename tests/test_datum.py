"""The shifted Chinese datums: the public formula, its exact way back, tables in them, and which one places fit."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st
from pyproj import Geod

from slow_datum import slow_bd, slow_gcj
from walkshed.crs import WGS84, check_crs, unproject
from walkshed.datum import BOX, convert, from_wgs84, in_box, to_wgs84
from walkshed.errors import Findings, InputError, Source
from walkshed.places.datum_check import DATUMS, datum_fit
from walkshed.places.known import read_known
from walkshed.tables import read_estates, read_gates, read_venues
from walkshed.tables.buildings import read_buildings
from walkshed.tables.rooms import read_rooms

pytestmark = pytest.mark.filterwarnings("ignore:Geometry is in a geographic CRS")

SHIFTED = ("GCJ-02", "BD-09")
MICROMETRE_DEG = 1e-6 / 111_320

# Published: lon, lat in WGS84, then in GCJ-02 (the tests of eviltransform).
PUBLISHED = (
    (121.5272106, 31.1774276, 121.531541859215, 31.17530398364597),
    (113.912316, 22.543847, 113.9171764808363, 22.540796131694766),
    (116.377817, 39.911954, 116.38404722455657, 39.91334545536069),
)
# Mainland China and its seas, a degree within the box, and both sides of 105 E, where the formula has a cusp.
inside = st.tuples(st.one_of(st.floats(73.1, 136.7), st.floats(104.999999, 105.000001)), st.floats(3.0, 54.7))
outside = st.tuples(st.floats(-180, 180), st.floats(-90, 90)).filter(lambda at: not in_box(*at))


def metres(one, other):
    return Geod(ellps="WGS84").inv(*one, *other)[2]


# ---- the formula ----


@pytest.mark.parametrize("point", PUBLISHED)
def test_published_points_are_met(point):
    lon, lat, east, north = point
    assert np.allclose(convert(lon, lat, source=WGS84, target="GCJ-02"), (east, north), rtol=0, atol=1e-12)
    assert np.allclose(convert(east, north, source="GCJ-02", target=WGS84), (lon, lat), rtol=0, atol=1e-12)


def test_published_points_of_coordtransform():
    at = (116.404, 39.915)
    there = convert(*at, source="GCJ-02", target="BD-09")
    assert np.allclose(there, (116.41036949371029, 39.92133699351021), rtol=0, atol=1e-12)
    there = convert(*at, source="WGS84", target="GCJ-02")
    assert np.allclose(there, (116.41024449916938, 39.91640428150164), rtol=0, atol=1e-12)
    # its ways back are one step only: theirs is off by metres and decimetres, ours is not
    assert (
        0.01
        < metres(convert(*at, source="GCJ-02", target=WGS84), (116.39775550083061, 39.91359571849836))
        < 5
    )
    assert (
        0.01
        < metres(convert(*at, source="BD-09", target="GCJ-02"), (116.39762729119315, 39.90865673957631))
        < 1
    )


@given(inside)
@example((105.0, 35.0))
def test_it_is_the_slow_formula_point_by_point(at):
    there = convert(*at, source=WGS84, target="GCJ-02")
    assert np.allclose(there, slow_gcj(*at), rtol=0, atol=1e-11)
    assert np.allclose(
        convert(*at, source=WGS84, target="BD-09"), slow_bd(*slow_gcj(*at)), rtol=0, atol=1e-11
    )
    assert np.allclose(convert(*at, source="GCJ-02", target="BD-09"), slow_bd(*at), rtol=0, atol=1e-11)


@given(inside, st.permutations(["EPSG:4326", "GCJ-02", "BD-09"]))
def test_there_and_back_is_within_a_micrometre(at, datums):
    there = convert(*at, source=datums[0], target=datums[1])
    back = convert(*there, source=datums[1], target=datums[0])
    assert np.abs(np.array(back) - at).max() < MICROMETRE_DEG


@given(inside)
def test_the_shift_is_of_the_known_size(at):
    assert 20 < metres(at, convert(*at, source=WGS84, target="GCJ-02")) < 1500
    assert 300 < metres(convert(*at, source="BD-09", target="GCJ-02"), at) < 1500


def test_around_wuxi_the_shift_is_more_than_a_catchment():
    lon, lat = np.meshgrid(np.linspace(120.1, 120.5, 41), np.linspace(31.4, 31.7, 31))
    for datum, low, high in (("GCJ-02", 455, 515), ("BD-09", 1090, 1200)):
        there = convert(lon, lat, source=WGS84, target=datum)
        away = np.array(Geod(ellps="WGS84").inv(lon, lat, *there)[2])
        assert low < away.min() < away.max() < high


@given(outside, st.permutations(["EPSG:4326", "GCJ-02", "BD-09"]))
@example((0.0, 90.0), ["EPSG:4326", "GCJ-02", "BD-09"])
@example((-8.61, 41.15), ["BD-09", "EPSG:4326", "GCJ-02"])
def test_outside_the_box_nothing_moves(at, datums):
    there = convert(*at, source=datums[0], target=datums[1])
    assert (float(there[0]), float(there[1])) == at


def test_the_box_is_closed():
    west, south, east, north = BOX
    assert in_box([west, east, west, east], [south, south, north, north]).all()
    assert not in_box([west - 1e-9, east + 1e-9, 100, 100], [30, 30, south - 1e-9, north + 1e-9]).any()


def test_shapes_and_blanks_are_kept_and_arguments_left_alone():
    lon, lat = np.full((2, 3), 120.25), np.array([[31.5, np.nan, np.inf], [31.6, 31.7, -31.6]])
    before = lon.copy(), lat.copy()
    x, y = convert(lon, lat, source="GCJ-02", target=WGS84)
    assert x.shape == y.shape == (2, 3)
    assert np.isnan(y[0, 1])
    assert np.isinf(y[0, 2])
    assert y[1, 2] == -31.6
    assert np.array_equal(lon, before[0])
    assert np.array_equal(lat, before[1], equal_nan=True)
    same = convert(lon, lat, source=WGS84, target="CGCS2000")
    assert np.array_equal(same[1], lat, equal_nan=True)
    assert same[0] is not lon


def test_what_is_no_such_datum_is_refused():
    with pytest.raises(ValueError, match="EPSG:4549"):
        convert(500000.0, 3486000.0, source="EPSG:4549", target="GCJ-02")


# ---- names ----


@pytest.mark.parametrize(
    ("datum", "spellings"),
    [
        (
            "GCJ-02",
            "GCJ-02 gcj02 GCJ02 gcj_02 GCJ－０２ gcj2 火星坐标 火星坐标系 高德 高德坐标 腾讯坐标 amap 国测局坐标",
        ),
        ("BD-09", "BD-09 bd09 bd09ll BD09LL bd-09 BD_09 百度 百度坐标 百度经纬度 baidu"),
        ("EPSG:4326", "EPSG:4326 WGS84 wgs-84 WGS1984 WGS84坐标系 GPS GPS坐标 4326 ＷＧＳ８４"),
        ("EPSG:4490", "CGCS2000 国家2000 国家2000坐标系 cgcs-2000 2000国家大地坐标系 天地图坐标 EPSG:4490"),
    ],
)
def test_every_usual_spelling(datum, spellings):
    for word in spellings.split():
        assert check_crs(word) == datum, word


@pytest.mark.parametrize(
    "word", ["bd09mc", "百度墨卡托", "高德百度", "GCJ-020", "坐标", "EPSG:3857 高德", "国家"]
)
def test_what_is_not_sure_is_refused(word):
    with pytest.raises(InputError) as error:
        check_crs(word)
    assert [fault.code for fault in error.value.faults] == ["crs.unknown"]


# ---- geometries ----

SHAPES = (
    shapely.Point(120.25, 31.55),
    shapely.LineString([(120.25, 31.55), (120.26, 31.56)]),
    shapely.Polygon(
        [(120.2, 31.5), (120.3, 31.5), (120.3, 31.6)], [[(120.25, 31.51), (120.28, 31.51), (120.28, 31.53)]]
    ),
    shapely.MultiPoint([(120.25, 31.55), (7.42, 43.73)]),
    shapely.MultiPolygon([shapely.box(120.2, 31.5, 120.21, 31.51), shapely.box(120.3, 31.5, 120.31, 31.51)]),
    shapely.GeometryCollection([shapely.Point(120.2, 31.5), shapely.LineString([(120, 31), (121, 32)])]),
    shapely.Polygon(),
    None,
)


@pytest.mark.parametrize("datum", SHIFTED)
def test_frames_of_any_geometry_go_there_and_back(datum):
    frame = gpd.GeoDataFrame(
        {"n": range(len(SHAPES))}, geometry=list(SHAPES), crs=WGS84, index=list("abcdefgh")
    )
    shifted = from_wgs84(frame, datum)
    assert shifted.crs is None
    back = to_wgs84(shifted, datum)
    assert back.crs.to_epsg() == 4326
    assert back.index.tolist() == list("abcdefgh")
    for shape, there, again in zip(SHAPES, shifted.geometry, back.geometry, strict=True):
        if shape is None or shape.is_empty:
            assert again is None or again.is_empty
            continue
        assert again.geom_type == shape.geom_type
        xy, moved = shapely.get_coordinates(shape), shapely.get_coordinates(there)
        assert np.allclose(shapely.get_coordinates(again), xy, rtol=0, atol=MICROMETRE_DEG)
        slow = [slow_gcj(*at) for at in xy]
        assert np.allclose(
            moved[:, :2],
            slow if datum == "GCJ-02" else [slow_bd(*at) if in_box(*at) else at for at in slow],
            rtol=0,
            atol=1e-11,
        )
    assert frame.geometry.iloc[0] == SHAPES[0]


def test_a_frame_without_any_system_is_refused_and_an_epsg_is_only_assumed():
    bare = gpd.GeoDataFrame(geometry=[shapely.Point(500000, 3486000)])
    with pytest.raises(InputError) as error:
        to_wgs84(bare)
    assert [fault.code for fault in error.value.faults] == ["crs.missing"]
    assert to_wgs84(bare, "EPSG:4549").geometry.x[0] == pytest.approx(120)
    known = bare.set_crs("EPSG:4549")
    assert to_wgs84(known, "EPSG:4326").geometry.x[0] == pytest.approx(120)


def test_shifted_coordinates_that_were_projected_are_taken_back_too():
    at = (120.25, 31.57)
    there = convert(*at, source=WGS84, target="GCJ-02")
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(*map(float, there))], crs=WGS84).to_crs("EPSG:3857")
    back = to_wgs84(frame, "GCJ-02").geometry.iloc[0]
    assert (back.x, back.y) == pytest.approx(at, abs=1e-9)


# ---- tables ----

TRUE = ((120.25, 31.55), (120.26, 31.56), (120.27, 31.57))


def table(path, datum, head="编号,小区,经度,纬度"):
    points = [convert(*at, source=WGS84, target=datum) for at in TRUE]
    rows = [f"{n},苑{n},{x!r},{y!r}" for n, (x, y) in enumerate((float(a), float(b)) for a, b in points)]
    path.write_text("\n".join([head, *rows, f"{len(rows)},无处,,"]), encoding="utf-8")
    return path


def codes(found):
    return [notice.code for notice in found.notices]


@pytest.mark.parametrize(
    ("crs", "datum"), [("GCJ-02", "GCJ-02"), ("高德坐标", "GCJ-02"), ("bd09ll", "BD-09")]
)
def test_a_table_is_brought_to_wgs84_and_says_so(tmp_path, crs, datum):
    found = Findings()
    estates = read_estates(table(tmp_path / "e.csv", datum), crs=crs, findings=found)
    found.raise_faults()
    assert np.allclose(estates[["lon", "lat"]].to_numpy()[:3], TRUE, rtol=0, atol=1e-11)
    placed = estates.geometry.iloc[:3]
    assert np.array_equal(np.column_stack([placed.x, placed.y]), estates[["lon", "lat"]].to_numpy()[:3])
    assert estates.location_status.tolist() == ["given"] * 3 + ["not_located"]
    told = next(notice for notice in found.notices if notice.code == "crs.undone")
    assert datum in told.text.en
    assert datum in told.text.zh
    assert "3 places" in told.text.en
    assert told.source.file == "e.csv"


@pytest.mark.parametrize(
    ("read", "head", "cells"),
    [
        (read_venues, "编号,名称", "1,活动中心"), (read_gates, "小区编号,名称", "1,南门"),
        (read_buildings, "编号,小区编号", "b1,1"), (read_rooms, "编号,名称", "1,空房"), (read_known, "编号,名称", "1,桃源"),
    ],
)  # fmt: skip
def test_every_other_table_alike(tmp_path, read, head, cells):
    for datum in SHIFTED:
        x, y = (float(v) for v in convert(*TRUE[0], source=WGS84, target=datum))
        path = tmp_path / "t.csv"
        path.write_text(f"{head},经度,纬度\n{cells},{x!r},{y!r}\n", encoding="utf-8")
        found = read(path, crs=datum)
        assert (found["lon"].iloc[0], found["lat"].iloc[0]) == pytest.approx(TRUE[0], abs=1e-11)


def test_without_a_crs_nothing_is_undone(tmp_path):
    found = Findings()
    estates = read_estates(table(tmp_path / "e.csv", "GCJ-02"), findings=found)
    assert metres(TRUE[0], (estates.lon.iloc[0], estates.lat.iloc[0])) > 400
    assert "crs.undone" not in codes(found)


def test_cgcs2000_is_wgs84(tmp_path):
    estates = read_estates(table(tmp_path / "e.csv", "WGS84"), crs="国家2000")
    assert np.allclose(estates[["lon", "lat"]].to_numpy()[:3], TRUE, rtol=0, atol=1e-9)
    assert np.allclose(unproject(120.25, 31.55, "EPSG:4490"), (120.25, 31.55), rtol=0, atol=1e-9)


def test_a_shifted_datum_abroad_moves_nothing_and_says_so(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text("编号,小区,经度,纬度\n1,甲,7.42,43.73\n", encoding="utf-8")
    found = Findings()
    estates = read_estates(path, crs="GCJ-02", findings=found)
    assert (estates.lon.iloc[0], estates.lat.iloc[0]) == (7.42, 43.73)
    assert "crs.not_shifted_there" in codes(found)
    assert "crs.undone" not in codes(found)


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet"])
@pytest.mark.parametrize("datum", SHIFTED)
def test_a_layer_is_undone_although_its_file_says_wgs84(tmp_path, suffix, datum):
    areas = [shapely.box(x, y, x + 0.002, y + 0.002) for x, y in TRUE]
    frame = gpd.GeoDataFrame({"编号": list("abc"), "小区": list("甲乙丙")}, geometry=areas, crs=WGS84)
    shifted = from_wgs84(frame, datum).set_crs(WGS84)
    path = tmp_path / f"e{suffix}"
    shifted.to_parquet(path) if suffix == ".parquet" else shifted.to_file(path)
    found = Findings()
    estates = read_estates(path, crs=datum, findings=found)
    found.raise_faults()
    for area, there in zip(areas, estates.geometry, strict=True):
        assert area.hausdorff_distance(there) < 2e-7  # GeoJSON is written to seven digits
    assert codes(found).count("crs.undone") == 1


def test_columns_beside_a_boundary_are_undone_as_well(tmp_path):
    x, y = (float(v) for v in convert(*TRUE[0], source=WGS84, target="GCJ-02"))
    area = shapely.Point(*TRUE[0]).buffer(0.002)
    frame = gpd.GeoDataFrame(
        {"编号": ["a"], "小区": ["甲"], "经度": [x], "纬度": [y]}, geometry=[area], crs=WGS84
    )
    path = tmp_path / "e.gpkg"
    from_wgs84(frame, "GCJ-02").set_crs(WGS84).to_file(path)
    found = Findings()
    estates = read_estates(path, crs="GCJ-02", findings=found)
    assert (estates.lon.iloc[0], estates.lat.iloc[0]) == pytest.approx(TRUE[0], abs=1e-11)
    assert "point.disagrees" not in codes(found)


# ---- headers ----

HEAD = "编号,小区,经度（高德）,纬度（高德）"
CHOSEN = {"lon": "经度（高德）", "lat": "纬度（高德）"}


def test_a_header_that_names_its_datum_is_believed_and_told(tmp_path):
    found = Findings()
    estates = read_estates(table(tmp_path / "e.csv", "GCJ-02", HEAD), columns=CHOSEN, findings=found)
    found.raise_faults()
    assert np.allclose(estates[["lon", "lat"]].to_numpy()[:3], TRUE, rtol=0, atol=1e-11)
    assert {"crs.from_header", "crs.undone"} <= set(codes(found))
    found = Findings()
    read_estates(table(tmp_path / "e.csv", "GCJ-02", HEAD), columns=CHOSEN, crs="gcj02", findings=found)
    found.raise_faults()
    assert "crs.from_header" not in codes(found)


@pytest.mark.parametrize(
    ("head", "crs"),
    [
        (HEAD, "BD-09"),
        (HEAD, "EPSG:4549"),
        ("编号,小区,经度（高德）,纬度（百度）", "EPSG:4326"),
        ("编号,小区,经度（WGS84）,纬度（WGS84）", "GCJ-02"),
    ],
)
def test_a_header_that_contradicts_is_a_fault(tmp_path, head, crs):
    names = head.split(",")
    found = Findings()
    columns = {"lon": names[2], "lat": names[3]}
    read_estates(table(tmp_path / "e.csv", "GCJ-02", head), columns=columns, crs=crs, findings=found)
    assert "crs.contradiction" in [fault.code for fault in found.faults]


def test_a_header_that_agrees_is_silent(tmp_path):
    head = "编号,小区,经度（WGS84）,纬度（WGS84）"
    columns = {"lon": "经度（WGS84）", "lat": "纬度（WGS84）"}
    for crs in ("EPSG:4326", "CGCS2000"):
        found = Findings()
        read_estates(table(tmp_path / "e.csv", "WGS84", head), columns=columns, crs=crs, findings=found)
        assert not found.faults
        assert "crs.from_header" not in codes(found)


# ---- which datum do places fit? ----


def moved(places, datums):
    """Return places as somebody gives them who took each for WGS84 in the datum named for it."""
    points = [
        shapely.Point(*(float(v) for v in convert(p.x, p.y, source=WGS84, target=datum)))
        for p, datum in zip(places.geometry, datums, strict=True)
    ]
    return places.set_geometry(points, crs=WGS84)


@pytest.fixture(scope="module")
def town():
    """Return a made town near Wuxi: buildings of many sizes at random, each with a name."""
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(120.23, 120.27, 900), rng.uniform(31.53, 31.57, 900)
    half = rng.uniform(0.00005, 0.0002, 900)
    shapes = shapely.box(lon - half, lat - half / 2, lon + half, lat + half / 2)
    names = [f"{chr(0x4E00 + 7 * n)}{chr(0x5E00 + 11 * n % 5000)}苑" for n in range(900)]
    return gpd.GeoDataFrame({"name": names}, geometry=list(shapes), crs=WGS84)


def some(town, count, seed=0):
    """Return the middles of some of its buildings in the heart of it."""
    rng = np.random.default_rng(seed)
    middles = town.set_geometry(town.geometry.centroid.to_numpy(), crs=WGS84)
    heart = middles.cx[120.243:120.257, 31.543:31.557]
    return heart.iloc[np.sort(rng.choice(len(heart), count, replace=False))]


@pytest.mark.parametrize("datum", DATUMS)
@pytest.mark.parametrize("with_names", [False, True])
def test_a_made_town_tells_the_datum(town, datum, with_names):
    for seed in range(4):
        places = moved(some(town, 20, seed), [datum] * 20)
        fit = datum_fit(places, names=None if with_names else [""] * 20, features=town)
        assert fit.verdict == datum
        assert fit.agrees == (datum == WGS84)
        assert (fit.finding() is None) == fit.agrees
        assert fit.named == (20 if with_names else 0)


@pytest.mark.parametrize("declared", ["EPSG:4326", "GCJ-02", "BD-09", "EPSG:4549"])
@pytest.mark.parametrize("datum", DATUMS)
def test_what_was_undone_before_is_redone(town, declared, datum):
    given = moved(some(town, 20), [datum] * 20)
    base = declared if declared in SHIFTED else WGS84
    undone = to_wgs84(given.set_crs(None, allow_override=True), base)
    fit = datum_fit(undone, features=town, declared=declared)
    assert fit.verdict == datum
    assert fit.agrees == (datum == base)


def test_the_sentence_says_what_to_write(town):
    fit = datum_fit(moved(some(town, 20), ["GCJ-02"] * 20), features=town)
    told = fit.finding(Source("estates.xlsx"))
    assert told.code == "crs.does_not_fit"
    assert told.source.file == "estates.xlsx"
    away = [metres((p.x, p.y), slow_gcj(p.x, p.y)) for p in some(town, 20).geometry]
    assert fit.off_m == pytest.approx(np.median(away), abs=0.5)
    size = f"{np.median(away):,.0f}"
    assert told.text.en == (
        "the coordinates fit GCJ-02, not the declared EPSG:4326: "
        f'20 of 20 names are {size} m off; set crs = "GCJ-02"'
    )
    assert told.text.zh == (
        f"坐标符合 GCJ-02，而不是所声明的 EPSG:4326：20 个名称中有 20 个偏离 {size} 米；请写 crs = “GCJ-02”"
    )


@pytest.mark.parametrize("share", [4, 10, 16])
def test_a_mixture_is_told_row_by_row_where_names_match(town, share):
    places = some(town, 20)
    fit = datum_fit(moved(places, ["BD-09"] * share + [WGS84] * (20 - share)), features=town)
    assert fit.verdict == "mixed"
    assert fit.agrees is False
    assert set(fit.votes["BD-09"]) == set(places.index[:share])
    assert set(fit.votes[WGS84]) == set(places.index[share:])
    assert fit.votes["GCJ-02"] == ()
    told = fit.finding()
    assert told.code == "crs.mixed"
    assert f"{share} names fit BD-09" in told.text.en
    assert f"{share} 个名称符合 BD-09" in told.text.zh


def test_a_mixture_without_names_cannot_be_told(town):
    for seed in range(4):
        places = moved(some(town, 20, seed), ["GCJ-02"] * 10 + [WGS84] * 10)
        fit = datum_fit(places, names=[""] * 20, features=town)
        assert fit.verdict == ""
        assert fit.agrees is None
        assert fit.finding().code == "crs.cannot_tell"


def test_where_most_fit_another_datum_that_is_told_although_not_all_can_be_told(town):
    rng = np.random.default_rng(2)
    places = moved(some(town, 30), ["BD-09"] * 30)
    bare = [shapely.Point(x, y) for x, y in rng.uniform((120.256, 31.548), (120.27, 31.558), (400, 2))]
    streets = [p for p in bare if town.geometry.distance(to_wgs84_point(p)).min() > 0.0006][:3]
    given = places.set_geometry([*places.geometry[3:], *streets], crs=WGS84)
    fit = datum_fit(given, names=[""] * 30, features=town)
    assert (fit.verdict, fit.leaning, fit.agrees) == ("", "BD-09", None)
    told = fit.finding()
    assert told.code == "crs.does_not_fit_in_part"
    assert "most of the 30 places fit BD-09 and not the declared EPSG:4326" in told.text.en
    assert "cannot be told" in told.text.en
    assert "BD-09" in told.text.zh
    right = given.set_geometry([to_wgs84_point(p) for p in given.geometry], crs=WGS84)
    fit = datum_fit(right, names=[""] * 30, features=town)
    assert (fit.verdict, fit.finding().code) == ("", "crs.cannot_tell")


def to_wgs84_point(point):
    """Return a point given in BD-09 where it really is."""
    return shapely.Point(*(float(v) for v in convert(point.x, point.y, source="BD-09", target=WGS84)))


def test_places_anywhere_cannot_be_told(town):
    rng = np.random.default_rng(5)
    for _ in range(8):
        points = shapely.points(rng.uniform(120.24, 120.26, 30), rng.uniform(31.54, 31.56, 30))
        assert datum_fit(gpd.GeoDataFrame(geometry=points, crs=WGS84), features=town).verdict == ""


def test_too_few_places_too_few_spots_or_no_map_cannot_be_told(town):
    few = moved(some(town, 9), ["GCJ-02"] * 9)
    assert datum_fit(few, names=[""] * 9, features=town).verdict == ""
    one_spot = moved(some(town, 1), ["GCJ-02"]).iloc[[0] * 30]
    assert datum_fit(one_spot, names=[""] * 30, features=town).verdict == ""
    assert datum_fit(moved(some(town, 20), [WGS84] * 20)).verdict == ""
    nothing = gpd.GeoDataFrame({"name": []}, geometry=[], crs=WGS84)
    fit = datum_fit(nothing, features=town)
    assert (fit.verdict, fit.points) == ("", 0)
    assert "fewer than" in fit.text.en
    assert "不足" in fit.text.zh


def test_abroad_there_is_only_one(town):
    points = [shapely.Point(7.42 + n / 1000, 43.73) for n in range(20)]
    for declared in ("EPSG:4326", "GCJ-02"):
        fit = datum_fit(gpd.GeoDataFrame(geometry=points, crs=WGS84), features=town, declared=declared)
        assert fit.agrees
        assert fit.finding() is None


def test_missing_places_areas_and_many_rows_are_no_trouble_and_nothing_is_changed(town):
    areas = moved(some(town, 30), ["GCJ-02"] * 30)
    areas.loc[areas.index[::3], "geometry"] = areas.geometry.iloc[::3].buffer(0.0001)
    areas.loc[areas.index[:2], "geometry"] = None
    areas.loc[areas.index[4], "name"] = None
    before = areas.copy(deep=True)
    fit = datum_fit(areas, features=town)
    assert (fit.verdict, fit.points, fit.named) == ("GCJ-02", 28, 27)
    assert fit == datum_fit(areas, features=town)
    assert areas.geometry.equals(before.geometry)
    assert areas.name.equals(before.name)
    crowd = moved(some(town, 100), ["BD-09"] * 100).iloc[np.arange(5000) % 100]
    assert datum_fit(crowd, names=[""] * 5000, features=town).verdict == "BD-09"


# ---- the same on real ground ----

CITIES = ("beijing_haidian", "nanjing_center")


@pytest.fixture(scope="module")
def city(shared_data):
    """Return the function that reads a city: its network, what is on the map, buildings and POIs to shift."""
    import pandas as pd

    from walkshed import read_streets
    from walkshed.osm_names import read_named

    known = {}

    def read(name):
        if name not in known:
            path = shared_data(f"osm/{name}.osm.pbf")
            network, named, buildings = read_streets(path), read_named(path), outlines(path)
            features = pd.concat([named[["name", "other_names", "geometry"]], buildings], ignore_index=True)
            west, south, east, north = network.bounds
            pois = named[(named["group"] == "venue") & (named.geom_type == "Point")][["name", "geometry"]]
            middles = buildings.set_geometry(buildings.geometry.centroid.to_numpy(), crs=WGS84)
            known[name] = (
                network,
                features,
                {
                    "buildings": middles.cx[west:east, south:north],
                    "pois": pois.cx[west:east, south:north],
                },
            )
        return known[name]

    return read


def outlines(path):
    """Return all buildings of a file, as osmium itself puts them together."""
    import osmium

    factory, names, shapes = osmium.geom.WKBFactory(), [], []
    for item in osmium.FileProcessor(str(path)).with_areas().with_filter(osmium.filter.KeyFilter("building")):
        if item.is_area() and "building" in item.tags:
            names.append(item.tags.get("name", ""))
            shapes.append(shapely.from_wkb(factory.create_multipolygon(item)))
    return gpd.GeoDataFrame({"name": names}, geometry=shapes, crs=WGS84)


def samples(city, name, what, sets, *, share=0):
    """Yield sets of 20 shifted places, their true datum, and the map; ``share`` of them are in another."""
    network, features, places = city(name)
    rng = np.random.default_rng(11)
    for n in range(sets):
        right, other = DATUMS[n % 3], DATUMS[(n + 1 + n // 3 % 2) % 3]
        picked = places[what].iloc[rng.choice(len(places[what]), 20, replace=False)]
        yield moved(picked, [other] * share + [right] * (20 - share)), right, network, features


def verdicts(city, name, what, sets, *, share=0, with_names=True):
    """Return truth and verdict of sets of 20 places."""
    return [
        (
            right,
            datum_fit(p, names=None if with_names else [""] * 20, network=network, features=features).verdict,
        )
        for p, right, network, features in samples(city, name, what, sets, share=share)
    ]


@pytest.mark.parametrize("name", CITIES)
def test_twenty_real_buildings_or_pois_always_tell_the_datum(city, name):
    for what, with_names in (("buildings", False), ("pois", True)):
        for right, said in verdicts(city, name, what, 6, with_names=with_names):
            assert said == right, what


@pytest.mark.parametrize("name", CITIES)
def test_real_places_shifted_in_part_are_told_by_their_names_or_not_at_all(city, name):
    assert {said for _, said in verdicts(city, name, "pois", 4, share=10)} == {"mixed"}
    assert {said for _, said in verdicts(city, name, "buildings", 4, share=10, with_names=False)} == {""}


@pytest.mark.full
@pytest.mark.parametrize("name", CITIES)
def test_many_sets_of_real_places(city, name, record_property):
    for what, with_names, sets in (("buildings", False, 60), ("buildings", True, 30), ("pois", True, 30)):
        assert all(said == right for right, said in verdicts(city, name, what, sets, with_names=with_names))
    # without their names a few sets of POIs cannot be told; none is told wrongly
    said = verdicts(city, name, "pois", 30, with_names=False)
    assert all(verdict in (right, "") for right, verdict in said)
    record_property("unnamed_pois_told_share", sum(verdict != "" for _, verdict in said) / 30)
    for share in (5, 10, 15):
        assert {verdict for _, verdict in verdicts(city, name, "pois", 9, share=share)} == {"mixed"}
        for what in ("buildings", "pois"):
            blind = verdicts(city, name, what, 15, share=share, with_names=False)
            assert {verdict for _, verdict in blind} == {""}, (what, share)


@pytest.mark.parametrize("name", CITIES)
def test_places_the_map_does_not_hold_are_never_told_wrongly(city, name):
    for places, right, network, features in samples(city, name, "pois", 6):
        known = features[~features["name"].isin(places["name"])]
        assert datum_fit(places, network=network, features=known).verdict in (right, "")
