"""Several sources, one answer: nothing in doubt is used, nothing is lost, everything is said."""

from __future__ import annotations

import random

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from osm_maker import Town
from walkshed import datum
from walkshed.errors import Findings, Text, input_error
from walkshed.osm_names import read_named
from walkshed.places.answer import STATUSES
from walkshed.places.candidate import Candidate, Query
from walkshed.places.finding import Ground, find_places, shared_spots
from walkshed.places.gazetteer import Gazetteer
from walkshed.places.given import check_given, given_answer
from walkshed.places.locating import locate_tables
from walkshed.places.shifts import common_shift
from walkshed.tables import read_estates, read_venues

GEOD = Geod(ellps="WGS84")
TOWN = Town()
NOTHING = Ground({}, {})


class Book:
    """A source that knows by heart what it answers to a name."""

    def __init__(self, name, answers):
        self.name, self._answers = name, answers

    def find(self, query):
        return list(self._answers.get(query.name, ()))


class Stops:
    """A source whose quota ends at the second question."""

    name = "short"

    def __init__(self):
        self.asked = 0

    def find(self, query):
        self.asked += 1
        if self.asked > 1:
            raise input_error("places.quota", Text("the day's quota is used up", "今日配额已用完"))
        return [spot(query.name, 0, 0, source=self.name)]


def spot(name, x, y, *, level="estate", source="amap", score=0.5, ref=""):
    lon, lat = TOWN.lonlat(x, y)
    return Candidate(lon, lat, name, level, source, score, ref=ref)


def ask(name, *sources, ground=NOTHING, findings=None, **more):
    return find_places([Query("1", name, **more)], sources, ground=ground, findings=findings)[0]


# one row


def test_one_place_of_the_very_name_is_matched():
    answer = ask("桃源人家", Book("amap", {"桃源人家": [spot("无锡市滨湖区桃源人家", 0, 0)]}))
    assert answer.status == "matched"
    assert GEOD.inv(answer.lon, answer.lat, *TOWN.lonlat(0, 0))[2] < 0.01


@pytest.mark.parametrize("level", ["street", "community", "district"])
def test_what_is_no_more_precise_than_a_street_is_doubtful_whatever_its_score(level):
    answer = ask("桃源人家", Book("amap", {"桃源人家": [spot("桃源人家", 0, 0, level=level, score=1.0)]}))
    assert (answer.status, answer.lon) == ("doubtful", None)


@pytest.mark.parametrize("found", ["桃源人家二期", "桃园人家", "桃源小学", "无锡市"])
def test_another_name_is_doubtful_and_both_names_are_said(found):
    answer = ask("桃源人家", Book("amap", {"桃源人家": [spot(found, 0, 0, score=1.0)]}))
    assert answer.status == "doubtful"
    assert found in answer.reason.zh
    assert "桃源人家" in answer.reason.zh


def test_an_address_that_agrees_stands_for_a_name_that_is_not_said():
    there = Candidate(120.25, 31.57, "江苏省无锡市梁溪路12号", "building", "amap", 0.5)
    assert ask("老年食堂", Book("amap", {"老年食堂": [there]}), address="梁溪路12号").status == "matched"
    assert ask("老年食堂", Book("amap", {"老年食堂": [there]}), address="梁溪路13号").status == "doubtful"


@pytest.mark.parametrize(
    ("apart", "status"), [(100, "matched"), (249, "matched"), (251, "doubtful"), (2000, "doubtful")]
)
def test_two_sources_agree_or_their_distance_is_said(apart, status):
    sources = [Book("amap", {"桃源人家": [spot("桃源人家", 0, 0)]})]
    sources.append(Book("baidu", {"桃源人家": [spot("桃源人家", apart, 0, source="baidu")]}))
    answer = ask("桃源人家", *sources)
    assert answer.status == status
    assert answer.agreement_m == pytest.approx(apart, abs=0.5)
    if status == "doubtful":
        assert f"{apart:,} m" in answer.reason.en
        assert {one.candidate.source for one in answer.seen} == {"amap", "baidu"}


def test_what_another_source_puts_inside_the_outline_agrees_with_it(tmp_path):
    town = Town()
    town.ring([(0, 0), (900, 0), (900, 900), (0, 900)], landuse="residential", name="大小区")
    gazetteer = Gazetteer(read_named(town.write(tmp_path / "a.osm.pbf")))
    ground = Ground({}, {}, gazetteer.named, None, gazetteer.outline)
    inside = Book("amap", {"大小区": [spot("大小区", 20, 20)]})
    outside = Book("amap", {"大小区": [spot("大小区", -20, -20)]})
    assert ask("大小区", gazetteer, inside, ground=ground).status == "matched"
    assert ask("大小区", gazetteer, outside, ground=ground).status == "doubtful"


def test_two_places_of_one_name_are_doubtful_until_the_community_decides():
    book = Book("amap", {"南苑": [spot("南苑", 0, 0), spot("南苑", 3000, 0)]})
    assert ask("南苑", book).code == "places.several"
    west, south = TOWN.lonlat(2800, -200)
    east, north = TOWN.lonlat(3200, 200)
    layer = gpd.GeoDataFrame(
        {"name": ["太康社区"]}, geometry=[shapely.box(west, south, east, north)], crs=4326
    )
    answer = ask("南苑", book, ground=Ground({}, {("estate", "1"): "太康"}, None, layer), community="太康")
    assert answer.status == "matched"
    assert GEOD.inv(answer.lon, answer.lat, *TOWN.lonlat(3000, 0))[2] < 0.01


def test_a_place_outside_its_community_is_doubtful_and_the_metres_are_said():
    corners = [*TOWN.lonlat(1000, 0), *TOWN.lonlat(1400, 400)]
    layer = gpd.GeoDataFrame({"name": ["太康社区"]}, geometry=[shapely.box(*corners)], crs=4326)
    ground = Ground({}, {("estate", "1"): "太康社区"}, None, layer)
    answer = ask("南苑", Book("amap", {"南苑": [spot("南苑", 0, 200)]}), ground=ground, community="太康社区")
    assert answer.status == "doubtful"
    assert answer.seen[0].community_m == pytest.approx(1000, abs=1)
    assert "1,000 m" in answer.reason.en


def test_the_middle_of_located_members_finds_the_one_that_is_astray():
    given = {("estate", str(n)): TOWN.lonlat(100 * n, 0) for n in range(3)}
    community = dict.fromkeys([*given, ("estate", "x")], "龙山社区")
    book = Book("amap", {"南苑": [spot("南苑", 9000, 0)]})
    answer = find_places([Query("x", "南苑", community="龙山社区")], [book], ground=Ground(given, community))[
        0
    ]
    assert answer.status == "doubtful"
    assert answer.seen[0].community_m == pytest.approx(8900, rel=0.01)


def test_places_found_without_it_tell_where_a_community_is():
    known = {f"甲{n}苑": [spot(f"甲{n}苑", 100 * n, 0)] for n in (3, 4, 5, 6)} | {
        "乙苑": [spot("乙苑", 7000, 0), spot("乙苑", 200, 90)]
    }
    queries = [Query(name, name, community="龙山社区") for name in known]
    ground = Ground({}, {("estate", name): "龙山社区" for name in known})
    answers = find_places(queries, [Book("amap", known)], ground=ground)
    assert [a.status for a in answers] == ["matched"] * 5
    assert GEOD.inv(answers[-1].lon, answers[-1].lat, *TOWN.lonlat(200, 90))[2] < 1


# questions that are odd themselves


@pytest.mark.parametrize("name", ["", "   ", "苑", "桃" * 300])
def test_odd_names_are_never_sure_and_say_why(name):
    here = Book("amap", {name: [spot(name, 0, 0)]})
    answer = ask(name, here)
    assert answer.status in {"doubtful", "not_found"}
    assert answer.lon is None
    assert answer.reason.en
    assert answer.reason.zh


def test_an_address_in_another_city_is_doubtful():
    book = Book("amap", {"桃源人家": [spot("桃源人家", 0, 0)]})
    answer = ask("桃源人家", book, city="无锡市", address="苏州市梁溪路12号")
    assert answer.status == "doubtful"
    assert "苏州市" in answer.reason.zh
    assert "无锡市" in answer.reason.zh
    assert ask("桃源人家", book, city="荣巷街道, 无锡市", address="无锡市梁溪路12号").status == "matched"


def test_the_city_most_addresses_name_is_the_study_s():
    rows = {f"甲{n}苑": [spot(f"甲{n}苑", 300 * n, 0)] for n in (3, 4, 5)}
    queries = [Query(n, n, f"{'无锡市' if n != '甲5苑' else '常州市'}某路1号") for n in rows]
    assert [a.status for a in find_places(queries, [Book("amap", rows)], ground=NOTHING)] == [
        "matched",
        "matched",
        "doubtful",
    ]


def test_a_city_that_few_addresses_name_is_not_taken_for_the_study_s():
    rows = {f"甲{n}苑": [spot(f"甲{n}苑", 300 * n, 0)] for n in (3, 4, 5, 6)}
    queries = [Query(n, n, f"{'苏州市' if n == '甲5苑' else ''}人民路{k}号") for k, n in enumerate(rows, 1)]
    answers = find_places(queries, [Book("amap", rows)], ground=NOTHING)
    assert [a.status for a in answers] == ["matched", "matched", "doubtful", "matched"]
    assert "苏州市" in answers[2].reason.zh
    said = find_places(queries, [Book("amap", rows)], ground=Ground({}, {}, city="苏州市"))
    assert [a.status for a in said] == ["matched"] * 4


def test_without_addresses_the_city_most_names_begin_with_is_the_study_s():
    names = ("桃源苑", "香雪苑", "龙山苑", "梅园里")
    for cities in (("无锡市", "无锡市", "无锡市", "常州市"), ("", "", "", "常州市")):
        asked = [city + name for city, name in zip(cities, names, strict=True)]
        book = Book(
            "amap",
            {one: [spot(name, 900 * n, 0)] for n, (one, name) in enumerate(zip(asked, names, strict=True))},
        )
        answers = find_places([Query(one, one) for one in asked], [book], ground=NOTHING)
        assert [a.status for a in answers] == ["matched", "matched", "matched", "doubtful"], cities


def test_what_lies_a_day_s_journey_away_is_doubtful():
    answer = ask(
        "桃源人家", Book("amap", {"桃源人家": [spot("桃源人家", 0, 40_000)]}), near=TOWN.lonlat(0, 0)
    )
    assert answer.status == "doubtful"
    assert "40 km" in answer.reason.en


# many rows


def test_two_estates_on_one_spot_are_both_doubtful():
    book = Book(
        "amap", {"甲苑": [spot("甲苑", 0, 0)], "乙苑": [spot("乙苑", 1, 0)], "丙苑": [spot("丙苑", 90, 0)]}
    )
    answers = find_places([Query(n, n) for n in ("甲苑", "乙苑", "丙苑")], [book], ground=NOTHING)
    assert [a.code for a in answers] == ["places.one_spot", "places.one_spot", "places.matched"]
    assert "乙苑" in answers[0].reason.zh


def test_an_estate_that_lands_on_a_given_one_is_doubtful():
    ground = Ground({("estate", "a"): TOWN.lonlat(0, 0)}, {})
    assert (
        ask("甲苑", Book("amap", {"甲苑": [spot("甲苑", 0.5, 0)]}), ground=ground).code == "places.one_spot"
    )


def test_another_ending_of_one_core_is_a_rival_unless_the_name_is_the_very_one(tmp_path):
    town = Town()
    for x, name in ((0, "新峰苑"), (500, "新峰家园"), (1000, "香雪苑")):
        town.ring([(x, 0), (x + 90, 0), (x + 90, 90), (x, 90)], landuse="residential", name=name)
    gazetteer = Gazetteer(read_named(town.write(tmp_path / "a.osm.pbf")))
    asked = [Query(n, n) for n in ("新峰园", "新峰苑", "香雪园")]
    answers = find_places(asked, [gazetteer], ground=NOTHING)
    assert [a.status for a in answers] == ["doubtful", "matched", "matched"]


def test_two_rows_of_one_name_do_not_share_one_place(tmp_path):
    town = Town()
    town.ring([(0, 0), (99, 0), (99, 99)], landuse="residential", name="南苑")
    gazetteer = Gazetteer(read_named(town.write(tmp_path / "a.osm.pbf")))
    answers = find_places([Query("1", "南苑"), Query("2", "南苑")], [gazetteer], ground=NOTHING)
    assert [a.status for a in answers] == ["doubtful", "doubtful"]


def test_venues_of_one_address_may_share_a_spot_but_only_those():
    book = Book("amap", {n: [spot(n, 0, 0, level="building")] for n in ("食堂", "阅览室", "棋牌室")})
    queries = [
        Query("1", "食堂", "梁溪路1号", kind="venue"),
        Query("2", "阅览室", "梁溪路 1号", kind="venue"),
    ]
    assert {a.status for a in find_places(queries, [book], ground=NOTHING)} == {"matched"}
    other = [*queries, Query("3", "棋牌室", "天河路9号", kind="venue")]
    assert [a.status for a in find_places(other, [book], ground=NOTHING)] == ["doubtful"] * 3


@pytest.mark.parametrize("lat", [31.5, 60.2, 69.6])
def test_spots_are_shared_exactly_where_the_distance_says_so(lat):
    rng = random.Random(1)
    here = [GEOD.fwd(24.9, lat, rng.uniform(0, 360), rng.uniform(0, 40))[:2] for _ in range(80)]
    spots = [("estate", str(n), *at, "") for n, at in enumerate(here)]
    found = shared_spots(spots, 3.0)
    for one in spots:
        near = {o[1] for o in spots if o is not one and GEOD.inv(one[2], one[3], o[2], o[3])[2] <= 3.0}
        assert {ident for _, ident in found.get(one[:2], [])} == near


def test_a_source_that_fails_is_told_once_and_the_others_go_on():
    findings, stops = Findings(), Stops()
    names = ["甲苑", "乙苑", "丙苑"]
    book = Book("amap", {n: [spot(n, 500 * i, 0)] for i, n in enumerate(names)})
    answers = find_places([Query(n, n) for n in names], [stops, book], ground=NOTHING, findings=findings)
    assert stops.asked == 2
    assert [n.code for n in findings.notices] == ["places.quota", "places.source_stopped"]
    assert [a.status for a in answers] == ["matched"] * 3


# a source that does not use the datum it declares


def shifted(system, count, *, part=1.0):
    """Return a gazetteer's answers, and a provider's that took ``system`` for WGS84."""
    names = [f"甲{chr(0x4E10 + n)}家园" for n in range(count)]
    ours, theirs = {}, {}
    for n, name in enumerate(names):
        ours[name] = [spot(name, 700 * n, 300 * n, source="gazetteer", score=1.0, ref=f"way/{n}")]
        lon, lat = ours[name][0].lon, ours[name][0].lat
        if n < part * count:
            lon, lat = (float(v) for v in datum.convert(lon, lat, source="EPSG:4326", target=system))
        theirs[name] = [Candidate(lon, lat, name, "estate", "liar", 1.0)]
    return names, Book("gazetteer", ours), Book("liar", theirs)


@pytest.mark.parametrize("system", ["GCJ-02", "BD-09"])
def test_a_provider_that_lies_about_its_datum_is_told_and_not_believed(system):
    names, ours, liar = shifted(system, 6)
    findings = Findings()
    answers = find_places([Query(n, n) for n in names], [ours, liar], ground=NOTHING, findings=findings)
    (told,) = [n for n in findings.notices if n.code == "places.source_shifted"]
    assert system in told.text.en
    assert system in told.text.zh
    for answer, name in zip(answers, names, strict=True):
        here = ours.find(Query("", name))[0]
        assert (answer.status, answer.lon, answer.lat) == ("matched", here.lon, here.lat)
    # what only the liar knows is a candidate, never a place
    alone = find_places(
        [*(Query(n, n) for n in names), Query("x", "独家村")],
        [
            ours,
            Book(
                "liar",
                {n: liar.find(Query("", n)) for n in names}
                | {"独家村": [spot("独家村", 0, 900, source="liar")]},
            ),
        ],
        ground=NOTHING,
    )
    assert alone[-1].status == "doubtful"


def test_three_places_are_too_few_to_accuse_anybody():
    names, ours, liar = shifted("GCJ-02", 3)
    findings = Findings()
    answers = find_places([Query(n, n) for n in names], [ours, liar], ground=NOTHING, findings=findings)
    assert not findings.notices
    assert {a.code for a in answers} == {"places.two_sources"}


def test_an_honest_provider_with_one_mistake_is_not_accused():
    names, ours, liar = shifted("GCJ-02", 10, part=0.1)
    findings = Findings()
    find_places([Query(n, n) for n in names], [ours, liar], ground=NOTHING, findings=findings)
    assert not findings.notices


@settings(max_examples=60, deadline=None)
@given(st.floats(-800, 800), st.floats(-800, 800))
def test_a_common_shift_is_measured_where_it_is_long_enough(east, north):
    ours = [TOWN.lonlat(500 * n, 200 * n) for n in range(6)]
    theirs = [TOWN.lonlat(500 * n + east, 200 * n + north) for n in range(6)]
    length = (east**2 + north**2) ** 0.5
    shift = common_shift("a", theirs, ours)
    if length < 95:
        assert shift is None
    elif length > 105:
        assert (shift.east_m, shift.north_m) == pytest.approx((east, north), abs=2)


# given places


def test_given_places_stay_given_and_what_is_odd_is_said(tmp_path):
    town = Town()
    town.ring([(5000, 0), (5100, 0), (5100, 99)], landuse="residential", name="丙家园")
    gazetteer = Gazetteer(read_named(town.write(tmp_path / "a.osm.pbf")))
    rows = {"a": ("甲家园", 0, 0), "b": ("乙家园", 0, 0), "c": ("丙家园", 900, 0), "d": ("丁家园", 20, 900)}
    answers = [given_answer(Query(i, name), *TOWN.lonlat(x, y)) for i, (name, x, y) in rows.items()]
    answers.append(given_answer(Query("z", "零"), 0.0, 0.0))
    ground = Ground({a.key: (a.lon, a.lat) for a in answers}, {}, gazetteer.named, None, gazetteer.outline)
    checked = check_given(answers, gazetteer, ground=ground)
    assert [(a.lon, a.lat, a.status) for a in checked] == [(a.lon, a.lat, "given") for a in answers]
    assert [a.code == "places.given_odd" for a in checked] == [True, True, True, False, True]
    assert "乙家园" in checked[0].reason.zh
    assert "4,1" in checked[2].reason.en


# laws


NAMES = st.sampled_from(["桃源人家", "桃源人家一期", "桃源人家二期", "南苑", "", "苑", "幸福小区", "x" * 90])
OFFERS = st.lists(
    st.builds(
        spot, NAMES, st.floats(-4000, 4000), st.floats(-4000, 4000),
        level=st.sampled_from(["building", "estate", "street", "district"]), source=st.sampled_from(["amap", "baidu"]),
    ), max_size=4,
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(NAMES, OFFERS), max_size=6), st.randoms(use_true_random=False))
def test_no_row_is_lost_doubt_is_never_used_and_order_does_not_matter(rows, rng):
    queries = [Query(str(number), name) for number, (name, _) in enumerate(rows)]

    class Numbered:
        name = "both"

        def find(self, query):
            return rows[int(query.id)][1]

    answers = find_places(queries, [Numbered()], ground=NOTHING)
    assert [a.query for a in answers] == queries
    for answer, (_, offers) in zip(answers, rows, strict=True):
        assert (answer.lon is None) == (answer.lat is None) == (answer.status != "matched")
        assert answer.status in STATUSES
        assert answer.reason.en
        assert answer.reason.zh
        asked = answer.query.name.strip()
        assert len(answer.seen) == (len(offers) if asked else 0)
        if answer.status == "matched":
            assert answer.best.candidate.name == answer.query.name
            assert answer.best.candidate.level in {"building", "estate"}
    mixed = list(queries)
    rng.shuffle(mixed)
    again = {a.key: a for a in find_places(mixed, [Numbered()], ground=NOTHING)}
    for answer in answers:
        other = again[answer.key]
        assert (other.status, other.lon, other.lat, other.code) == (
            answer.status,
            answer.lon,
            answer.lat,
            answer.code,
        )


@pytest.mark.parametrize(
    "extract", ["beijing_haidian", "nanjing_center", pytest.param("monaco", marks=pytest.mark.full)]
)
@pytest.mark.parametrize("kind", ["estate", "venue"])
def test_on_real_names_a_matched_place_is_always_the_right_one(extract, kind, shared_data):
    named = read_named(shared_data(f"osm/{extract}.osm.pbf"))
    gazetteer = Gazetteer(named)
    ground = Ground({}, {}, named, None, gazetteer.outline)
    groups = ["estate", "building"] if kind == "estate" else ["venue", "building"]
    wanted = named[named["group"].isin(groups) & (named["name"] != "")]
    queries = [Query(ref, name, kind=kind) for ref, name in wanted["name"].items()]
    found, limit = 0, 120 if kind == "venue" else 250
    # one by one: all at once, two objects of one name would be two rows on one spot
    for query in queries:
        (answer,) = find_places([query], [gazetteer], ground=ground)
        if answer.status == "matched":
            true = wanted.loc[query.id]
            inside = true.geometry.covers(shapely.Point(answer.lon, answer.lat))
            assert inside or GEOD.inv(answer.lon, answer.lat, true["lon"], true["lat"])[2] <= limit
            found += 1
        else:
            assert answer.seen
            assert answer.lon is None
    if kind == "venue":
        assert found > 0.8 * len(queries)


# tables


@pytest.fixture
def tables(tmp_path):
    """Return estates of which two are given, and venues."""
    lon, lat = TOWN.lonlat(50, 50)
    (tmp_path / "e.csv").write_text(
        f"编号,小区,社区,户数,经度,纬度\n1,桃源人家,龙山,10,,\n2,幸福小区,龙山,20,,\n3,没有,龙山,30,,\n4,丁家,龙山,40,{lon},{lat}\n",
        "utf-8",
    )
    (tmp_path / "v.csv").write_text(f"编号,名称,经度,纬度\n1,中心,{lon},{lat}\n2,老年食堂,,\n", "utf-8")
    town = Town()
    town.ring([(0, 0), (99, 0), (99, 99)], landuse="residential", name="桃源人家")
    for y, name in ((300, "幸福小区一期"), (600, "幸福小区二期")):
        town.ring([(0, y), (99, y), (99, y + 99)], landuse="residential", name=name)
    town.node(400, 0, amenity="community_centre", name="老年食堂")
    gazetteer = Gazetteer(read_named(town.write(tmp_path / "a.osm.pbf")))
    return read_estates(tmp_path / "e.csv"), read_venues(tmp_path / "v.csv"), gazetteer


def test_tables_keep_their_rows_and_arguments_and_get_only_what_is_sure(tables):
    estates, venues, gazetteer = tables
    before = estates.copy(), venues.copy()
    findings = Findings()
    made = locate_tables(
        estates, venues, gazetteer=gazetteer, findings=findings, files={"estate": "e.csv", "venue": "v.csv"}
    )
    assert made.estates["location_status"].tolist() == ["matched", "doubtful", "not_found", "given"]
    assert made.venues["location_status"].tolist() == ["given", "matched"]
    assert made.estates["lon"].notna().tolist() == [True, False, False, True]
    assert made.estates.geometry.notna().tolist() == [True, False, False, True]
    assert list(made.estates.columns) == list(estates.columns)
    assert made.estates.index.equals(estates.index)
    assert estates.equals(before[0])
    assert venues.equals(before[1])
    assert made.estates.loc["4"].equals(estates.loc["4"])
    told = {n.source.value: n for n in findings.notices if n.source.file == "e.csv"}
    assert set(told) == {"1", "2", "3"}
    assert [told[i].source.row for i in "123"] == [2, 3, 4]
    assert len(made.answers) == 6
    assert {a.query.id for a in made.open} == {"2", "3"}
