"""Names of an OpenStreetMap file, and the places that are found by them: nothing lost, phases never merged."""

from __future__ import annotations

import geopandas as gpd
import osmium
import pytest
import shapely
from pyproj import Geod

import walkshed
from osm_maker import Town
from walkshed.osm_clip import clip_osm
from walkshed.osm_gates import read_gate_nodes
from walkshed.osm_names import GROUPS, describe, read_named
from walkshed.places.candidate import Query
from walkshed.places.community import communities_of, community_key
from walkshed.places.gazetteer import Gazetteer
from walkshed.places.known import read_known

GEOD = Geod(ellps="WGS84")
SURE = 0.9


def square(x: float, y: float, side: float = 100.0) -> list[tuple[float, float]]:
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    """Return the file of a town whose names are known by heart."""
    made = Town()
    made.lattice(5, 5, 200)
    made.way([(0, -50), (800, -50)], highway="residential", name="梁溪路")
    made.way([(0, -80), (800, -80)], highway="residential", name="天河路", name__en="Tianhe Road")
    for x, name in ((0, "幸福小区一期"), (200, "幸福小区二期"), (400, "万科城A区"), (600, "万科城B区")):
        made.ring(square(x, 0), landuse="residential", name=name)
    made.ring(square(0, 300), landuse="residential", name="桃源人家", old_name="大渲新村;老大渲")
    made.ring(square(300, 300), landuse="residential", name="南苑")
    made.ring(square(3000, 300), landuse="residential", name="南苑")
    made.ring(square(0, 600), landuse="residential", name="香雪苑")
    outer = made.ring(square(200, 600))
    inner = made.ring(square(240, 640, 20))
    made.relation([(outer, "outer"), (inner, "inner")], landuse="residential", name="回字苑")
    half = made.way([(600, 600), (700, 600), (700, 700)])
    made.relation([(half, "outer"), (999_999, "outer")], landuse="residential", name="缺角苑")
    made.node(50, 350, highway="bus_stop", name="桃源人家")
    made.node(420, 620, amenity="kindergarten", name="香雪苑幼儿园")
    made.node(500, 500, amenity="community_centre", name="山语银城片区活动中心")
    made.node(510, 510, addr__housenumber="12号", addr__street="天河路")
    made.node(520, 520, addr__full="无锡市滨湖区梁溪路７号")
    made.node(2000, 2000, place="neighbourhood", name="龙山社区")
    made.node(10, 0, barrier="gate", access="private")
    made.node(20, 0, barrier="bollard")
    made.relation([(1, "")], type="route", route="bus", name="26路")
    return made.write(tmp_path_factory.mktemp("names") / "town.osm.pbf")


@pytest.fixture(scope="session")
def named(town):
    """Return its names."""
    return read_named(town)


@pytest.fixture(scope="session")
def gazetteer(named):
    """Return its gazetteer."""
    return Gazetteer(named)


def best(gazetteer, name, **more):
    found = gazetteer.find(Query("1", name, **more))
    return found[0] if found else None


# what is read


def test_every_group_is_read_and_a_route_is_not(named):
    assert set(named["group"]) == {"estate", "community", "venue", "address", "stop", "road"}
    assert not named["name"].eq("26路").any()


def test_other_names_are_split_and_do_not_repeat_the_name(named):
    row = named[named["name"] == "桃源人家"].iloc[0]
    assert row["other_names"] == ("大渲新村", "老大渲")
    assert named.loc[named["name"] == "天河路", "other_names"].item() == ("Tianhe Road",)


def test_a_multipolygon_keeps_its_hole_and_its_point_is_not_in_it(named):
    row = named[named["name"] == "回字苑"].iloc[0]
    area, _ = GEOD.geometry_area_perimeter(shapely.orient_polygons(row.geometry))
    assert abs(area) == pytest.approx(100 * 100 - 20 * 20, rel=1e-3)
    assert row.geometry.contains(shapely.Point(row["lon"], row["lat"]))


def test_an_area_whose_ring_is_not_whole_is_a_point_not_a_guess(named):
    assert named.loc[named["name"] == "缺角苑"].geometry.item().geom_type == "Point"


def test_every_point_stands_on_its_own_shape(named):
    points = gpd.points_from_xy(named["lon"], named["lat"])
    assert (shapely.distance(named.geometry.to_numpy(), points) < 1e-9).all()


def test_a_box_leaves_out_what_lies_wholly_outside(town, named):
    lon, lat = Town().lonlat(1500, 1500)
    inside = read_named(town, box=(0, 0, lon, lat))
    far = named[(named.bounds["minx"] > lon) | (named.bounds["miny"] > lat)]
    assert set(named.index) - set(inside.index) == set(far.index)
    assert len(far)


def test_only_gates_are_gates(town):
    gates = read_gate_nodes(town)
    assert gates[["barrier", "access"]].to_numpy().tolist() == [["gate", "private"]]


@pytest.mark.parametrize("extract", ["helsinki", "sample"])
def test_no_named_object_of_a_kind_that_counts_is_lost(extract, helsinki, sample):
    file = helsinki if extract == "helsinki" else sample / "streets.osm.pbf"
    read = read_named(file)
    wanted = {"amenity", "shop", "office", "leisure", "tourism"}
    # a second reading, element by element: every point with a name and such a key, and every whole building
    seen = set()
    for item in osmium.FileProcessor(str(file)).with_locations():
        tags = {tag.k: tag.v for tag in item.tags}
        if not tags.get("name") or {"highway", "public_transport", "railway", "boundary", "place"} & set(
            tags
        ):
            continue
        if item.is_node() and wanted & set(tags):
            seen.add(f"node/{item.id}")
        if item.is_way() and "building" in tags and item.nodes[0].ref == item.nodes[-1].ref:
            seen.add(f"way/{item.id}")
    assert seen <= set(read.index)
    assert seen


def test_reading_twice_is_the_same(town, named):
    assert read_named(town).equals(named)
    assert [GROUPS.index(group) for group in named["group"]] == sorted(
        GROUPS.index(g) for g in named["group"]
    )


@pytest.mark.parametrize(
    ("tags", "group"),
    [
        ({"landuse": "residential"}, None),
        ({"name": "  ", "landuse": "residential"}, None),
        ({"name": "a", "amenity": "no"}, None),
        ({"name:zh": "荣巷", "place": "suburb"}, "place"),
        ({"name": "荣巷社区", "place": "suburb"}, "community"),
        ({"name": "荣巷", "boundary": "administrative", "admin_level": "10"}, "community"),
        ({"name": "滨湖区", "boundary": "administrative", "admin_level": "6"}, "place"),
        ({"name": "1", "building": "apartments", "amenity": "library"}, "venue"),
        ({"addr:housenumber": "3"}, "address"),
    ],
)
def test_tags_say_what_a_thing_is(tags, group):
    about = describe(tags)
    assert (about and about["group"]) == group


def test_no_file_is_a_sentence(tmp_path):
    with pytest.raises(walkshed.InputError, match="no such street file"):
        read_named(tmp_path / "none.osm.pbf")


def test_a_cut_out_part_has_whole_ways_and_the_same_names(town, tmp_path, named):
    (west, south), (east, north) = Town().lonlat(-20, -20), Town().lonlat(250, 450)
    clip_osm(town, tmp_path / "part.osm.pbf", box=(west, south, east, north))
    part = read_named(tmp_path / "part.osm.pbf")
    assert set(part.index) < set(named.index)
    assert {"幸福小区一期", "幸福小区二期", "桃源人家"} <= set(part["name"])
    assert "香雪苑" not in set(part["name"])
    for ref in part.index[part["group"] == "estate"]:
        assert part.geometry[ref].equals(named.geometry[ref])


# what is found


def test_a_phase_or_zone_is_found_in_every_spelling_and_its_sibling_never(gazetteer):
    for name, meant in [
        ("幸福小区1期", "幸福小区一期"), ("幸福小區（二期）", "幸福小区二期"), ("幸福小区第Ⅱ期", "幸福小区二期"),
        ("万科城Ａ区", "万科城A区"), ("万科城b区", "万科城B区"),
    ]:  # fmt: skip
        sure = [one for one in gazetteer.find(Query("1", name)) if one.score >= SURE]
        assert [one.name for one in sure] == [meant], name


@pytest.mark.parametrize("name", ["幸福小区", "幸福小区三期", "万科城", "万科城C区", "幸福小区一期二期"])
def test_what_does_not_say_which_sibling_is_never_sure(gazetteer, name):
    found = gazetteer.find(Query("1", name))
    assert found
    assert all(one.score < SURE for one in found)


def test_a_former_name_leads_to_the_place_and_says_so(gazetteer):
    found = best(gazetteer, "大渲新村")
    assert found.name == "桃源人家"
    assert "大渲新村" in found.evidence.zh
    assert found.score >= SURE


def test_a_bus_stop_is_a_street_and_comes_after_the_estate(gazetteer):
    levels = [one.level for one in gazetteer.find(Query("1", "桃源人家"))]
    assert levels[:2] == ["estate", "street"]


def test_an_estate_is_no_kindergarten_and_a_venue_no_estate(gazetteer):
    assert best(gazetteer, "香雪苑幼儿园").score < SURE
    assert best(gazetteer, "香雪苑幼儿园", kind="venue").score >= SURE
    assert best(gazetteer, "香雪苑", kind="venue").score < SURE


@pytest.mark.parametrize(
    "address", ["天河路12号", "天河路 １２ 号", "江苏省无锡市滨湖区天河路十二号桃源人家3幢"]
)
def test_an_address_is_found_in_every_spelling(gazetteer, address):
    found = best(gazetteer, "没有此名", address=address)
    assert (found.level, found.address) == ("building", "天河路 12号")
    assert found.score >= SURE


def test_another_house_number_is_only_its_street(gazetteer):
    found = gazetteer.find(Query("1", "", address="天河路13号"))
    assert [(one.name, one.level) for one in found] == [("天河路", "street")]
    assert found[0].score < SURE


def test_a_whole_address_of_one_tag_is_found(gazetteer):
    assert best(gazetteer, "", address="梁溪路7号").address == "无锡市滨湖区梁溪路７号"


def test_an_estate_that_only_the_address_names_is_offered_but_not_sure(gazetteer):
    found = best(gazetteer, "阅览室", address="青山路3号桃源人家", kind="venue")
    assert found.name == "桃源人家"
    assert found.score < SURE


@pytest.mark.parametrize(
    "name", ["", " ", "苑", "。", "桃" * 5000, "'; DROP TABLE", "{{ x }}", "<b>", "\u200b", "=1+1"]
)
def test_strange_names_find_nothing_sure_and_break_nothing(gazetteer, name):
    assert all(one.score < SURE for one in gazetteer.find(Query("1", name)))


def test_a_gazetteer_without_names_knows_nothing(named):
    empty = Gazetteer(named.iloc[:0])
    assert empty.find(Query("1", "桃源人家", address="天河路12号")) == []
    assert empty.middle is None


def test_every_real_name_finds_itself(shared_data):
    for name in ("beijing_haidian", "nanjing_center"):
        named = read_named(shared_data(f"osm/{name}.osm.pbf"))
        real = Gazetteer(named, most=200)
        for ref, row in named[named["name"] != ""].iterrows():
            if row["group"] in {"road", "stop"}:  # of streets in pieces one stands for all
                continue
            refs = {one.ref for one in real.find(Query("1", row["name"], kind="venue")) if one.score >= 0.75}
            assert ref in refs or _sibling_of_many(row["name"]), row["name"]


def _sibling_of_many(name):
    """Tell whether a name is only a number, as that of a building, which many share."""
    return sum(letter.isdigit() for letter in name) * 2 >= len(name)


# places of one's own


def test_a_known_place_goes_before_the_map_and_brings_its_datum(tmp_path, named):
    lon, lat = Town().lonlat(150, 650)
    from walkshed import datum

    shifted = datum.convert(lon, lat, source="EPSG:4326", target="GCJ-02")
    path = tmp_path / "known.csv"
    path.write_text(
        f"名称,别名,经度,纬度\n香雪苑,老干部楼;三合院,{float(shifted[0]):.8f},{float(shifted[1]):.8f}\n无坐标,,,\n",
        "utf-8",
    )
    findings = walkshed.Findings()
    known = read_known(path, crs="GCJ-02", findings=findings)
    assert [notice.code for notice in findings.notices if notice.code.startswith("places")] == [
        "places.known_incomplete"
    ]
    found = Gazetteer(named, known=known).find(Query("1", "三合院"))[0]
    assert found.source == "known"
    assert GEOD.inv(found.lon, found.lat, lon, lat)[2] < 0.01
    both = Gazetteer(named, known=known).find(Query("1", "香雪苑"))
    assert [one.source for one in both if one.score >= SURE] == ["known", "gazetteer"]


# communities


def test_distance_to_a_boundary_is_that_of_its_nearest_point():
    ring = shapely.box(120.25, 31.57, 120.26, 31.58)
    layer = gpd.GeoDataFrame({"name": ["龙山社区居委会"]}, geometry=[ring], crs=4326)
    made = communities_of(["龙山"], layer=layer)[community_key("龙山社区")]
    for lon, lat in ((120.27, 31.575), (120.24, 31.56), (120.255, 31.59)):
        dense = shapely.get_coordinates(shapely.segmentize(ring.exterior, 1e-5))
        nearest = min(GEOD.inv(lon, lat, x, y)[2] for x, y in dense.tolist())
        assert made.distance_m(lon, lat) == pytest.approx(nearest, abs=1.0)
    assert made.distance_m(120.255, 31.575) == 0
    assert made.holds(120.255, 31.575)


def test_without_a_boundary_three_members_make_a_middle_and_two_do_not():
    at = [(120.0, 31.0), (120.0, 31.01), (120.5, 31.02)]
    assert communities_of(["甲"], members={"甲": at})["甲"].lat == 31.01
    assert communities_of(["甲"], members={"甲": at[:2]}) == {}


def test_a_name_that_two_outlines_bear_stands_for_neither():
    layer = gpd.GeoDataFrame(
        {"name": ["龙山", "龙山社区"]}, geometry=[shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)], crs=4326
    )
    assert communities_of(["龙山"], layer=layer) == {}
