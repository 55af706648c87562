"""The sample study: what the script makes, what it promises, and what its streets really say.

Nothing of the library is used here: the sample must be true by itself.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import networkx as nx
import openpyxl
import osmium
import pytest

from slow_datum import slow_gcj, slow_wgs

DATA = Path(__file__).resolve().parents[1] / "data"
SHIPPED = DATA / "ronghang"
COMMUNITIES = ["龙山社区", "荣巷社区", "梅园社区", "太康社区", "勤新社区", "青龙山社区", "新峰社区"]
UNLOCATED = {"荣德苑1期", "錦綉苑", "太康新村", "水产公司宿舍"}
WRONG_DATUM = {"石桥里", "茶场小区"}
NAMED = {"山语银城", "桃源人家", "大丁佳苑", "大渲南苑", "香雪苑", "逸泉苑"}
WALKED = {
    *("footway", "path", "pedestrian", "steps", "living_street", "residential", "service", "unclassified"),
    *("cycleway", "tertiary", "secondary", "primary"),
}
X_M, Y_M = 94_880.0, 110_880.0  # metres a degree of longitude and latitude at 31.575 N, to 0.1 %


# -- reading ------------------------------------------------------------------------------------


def read_pbf(path):
    """Return every object of the file as plain values."""
    nodes, ways, relations = {}, {}, {}
    for obj in osmium.FileProcessor(str(path)):
        tags = {tag.k: tag.v for tag in obj.tags}
        if obj.is_node():
            nodes[obj.id] = (obj.location.lon, obj.location.lat, tags)
        elif obj.is_way():
            ways[obj.id] = ([n.ref for n in obj.nodes], tags)
        else:
            relations[obj.id] = ([(m.type, m.ref, m.role) for m in obj.members], tags)
    return SimpleNamespace(nodes=nodes, ways=ways, relations=relations)


def read_sheet(path):
    """Return the rows under the header as dicts, merged cells filled down, and the rows above it."""
    page = openpyxl.load_workbook(path).worksheets[0]
    merged = {}
    for span in page.merged_cells.ranges:
        for row in range(span.min_row, span.max_row + 1):
            merged[row, span.min_col] = page.cell(span.min_row, span.min_col).value
    grid = [
        [merged.get((r, c), page.cell(r, c).value) for c in range(1, page.max_column + 1)]
        for r in range(1, page.max_row + 1)
    ]
    head = next(k for k, row in enumerate(grid) if row[0] == "编号")
    rows = [dict(zip(grid[head], row, strict=True)) for row in grid[head + 1 :]]
    return SimpleNamespace(
        above=grid[:head], rows=[r for r in rows if r["编号"] not in (None, "合计")], all=rows, page=page
    )


def number(value):
    """Return a count as a person reads it."""
    if isinstance(value, str):
        return int("".join(c for c in value if c.isdigit()))
    return value or 0


@pytest.fixture(scope="module")
def osm():
    return read_pbf(SHIPPED / "streets.osm.pbf")


@pytest.fixture(scope="module")
def estates():
    return read_sheet(SHIPPED / "estates.xlsx")


@pytest.fixture(scope="module")
def venues():
    """Return the venues, brought from Amap's datum to the map's."""
    sheet = read_sheet(SHIPPED / "venues.xlsx")
    for row in sheet.rows:
        row["经度"], row["纬度"] = slow_wgs(row.pop("经度（高德）"), row.pop("纬度（高德）"))
    return sheet


@pytest.fixture(scope="module")
def gates():
    with (SHIPPED / "gates.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("made")
    script = [sys.executable, str(DATA / "make_ronghang.py"), "--out", str(out)]
    subprocess.run(script, check=True, capture_output=True)
    return out


# -- plane geometry -----------------------------------------------------------------------------


def metres(lon, lat):
    return (lon - 120.255) * X_M, (lat - 31.575) * Y_M


def line_of(osm, refs):
    return [metres(*osm.nodes[ref][:2]) for ref in refs]


def crosses(a, b, c, d):
    """Tell whether segments a-b and c-d cross strictly inside both."""

    def turn(p, q, r):
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return turn(a, b, c) * turn(a, b, d) < -1e-6 and turn(c, d, a) * turn(c, d, b) < -1e-6


def foot(p, a, b):
    """Return the place on segment a-b nearest to p as a share of it, and its distance."""
    d2 = math.dist(a, b) ** 2
    t = 0.0 if d2 == 0 else ((p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])) / d2
    t = min(1.0, max(0.0, t))
    return t, math.dist(p, (a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])))


def contains(ring, p):
    odd = False
    for a, b in pairwise(ring):
        if (a[1] > p[1]) != (b[1] > p[1]) and p[0] < a[0] + (p[1] - a[1]) * (b[0] - a[0]) / (b[1] - a[1]):
            odd = not odd
    return odd


def walked(osm):
    """Return the ways one may walk on, with their number."""
    return {
        k: (refs, tags)
        for k, (refs, tags) in osm.ways.items()
        if tags.get("highway") in WALKED and tags.get("area") != "yes"
    }


def spanned(tags):
    return "bridge" in tags or "tunnel" in tags


def outlines(osm):
    """Return each estate's outline as the file draws it, relations put together."""
    rings = {}
    for refs, tags in osm.ways.values():
        if tags.get("landuse") == "residential":
            rings[tags["name"]] = line_of(osm, refs)
    for members, tags in osm.relations.values():
        if tags.get("landuse") == "residential":
            refs = []
            for _, ref, role in members:
                if role == "outer":
                    refs += osm.ways[ref][0][bool(refs) :]
            rings[tags["name"]] = line_of(osm, refs)
    return rings


@pytest.fixture(scope="module")
def graph(osm):
    """Return the raw, uncontracted graph of everything walkable."""
    net = nx.Graph()
    for refs, tags in walked(osm).values():
        for u, v in pairwise(refs):
            if u != v:
                a, b = line_of(osm, (u, v))
                net.add_edge(u, v, weight=math.dist(a, b), a=(u, a), b=(v, b), spanned=spanned(tags))
    return net


def nearest_edge(graph, p, nodes=None):
    """Return the nearest edge on the ground (of some component): distance, share, ends."""
    best = (math.inf, 0.0, None, None)
    for u, _, data in graph.edges(data=True):
        if not data["spanned"] and (nodes is None or u in nodes):
            t, d = foot(p, data["a"][1], data["b"][1])
            best = min(best, (d, t, data["a"][0], data["b"][0]), key=lambda x: x[0])
    return best


def walk_m(graph, start, goals):
    """Return the length of the walk from a point to the nearest of others, by Dijkstra."""
    net = graph.copy()
    main = max(nx.connected_components(graph), key=len)
    for name, p in [("start", start), *enumerate(goals)]:
        d, t, u, v = nearest_edge(graph, p, main)
        w = graph.edges[u, v]["weight"]
        net.add_edge(("goal", name), u, weight=d + t * w)
        net.add_edge(("goal", name), v, weight=d + (1 - t) * w)
    found = nx.single_source_dijkstra_path_length(net, ("goal", "start"))
    return min(found[node] for node in found if isinstance(node, tuple) and node[1] != "start")


# -- what the script makes is what is shipped ---------------------------------------------------


def test_the_shipped_streets_are_what_the_script_makes(made, osm):
    again = read_pbf(made / "streets.osm.pbf")
    assert again.ways == osm.ways
    assert again.relations == osm.relations
    assert again.nodes.keys() == osm.nodes.keys()
    for key, (lon, lat, tags) in osm.nodes.items():
        assert again.nodes[key][2] == tags
        # the last bit of a sine differs between machines: two units of the seventh decimal
        assert again.nodes[key][:2] == pytest.approx((lon, lat), abs=2.1e-7, rel=0)


@pytest.mark.parametrize("name", ["estates.xlsx", "venues.xlsx"])
def test_the_shipped_workbooks_are_what_the_script_makes(made, name):
    new, old = (openpyxl.load_workbook(folder / name).worksheets[0] for folder in (made, SHIPPED))
    assert new.title == old.title
    assert sorted(map(str, new.merged_cells.ranges)) == sorted(map(str, old.merged_cells.ranges))
    assert [r for r, d in new.row_dimensions.items() if d.hidden] == [
        r for r, d in old.row_dimensions.items() if d.hidden
    ]
    new_rows, old_rows = list(new.values), list(old.values)
    assert len(new_rows) == len(old_rows)
    for mine, theirs in zip(new_rows, old_rows, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            assert a == (pytest.approx(b, abs=1.1e-6, rel=0) if isinstance(b, float) else b)


@pytest.mark.parametrize("name", ["gates.csv", "study.toml"])
def test_the_shipped_texts_are_what_the_script_makes(made, name):
    assert (made / name).read_bytes() == (SHIPPED / name).read_bytes()


def test_nothing_else_is_shipped_and_it_is_small(made):
    files = {f.name for f in SHIPPED.iterdir() if f.is_file()}
    assert files == {f.name for f in made.iterdir()}
    assert (SHIPPED / "streets.osm.pbf").stat().st_size < 400_000


# -- every reader sees that it is a schematic ---------------------------------------------------


def test_the_word_for_schematic_stands_wherever_people_read(estates, venues):
    for sheet in (estates, venues):
        assert "示意" in sheet.above[0][0]
        assert any("示意" in str(row[0]) for row in sheet.above[1:])
    study = tomllib.loads((SHIPPED / "study.toml").read_text(encoding="utf-8"))
    assert "示意" in study["study"]["name"]
    assert "示意" in study["study"]["note"]
    assert "示意" in (DATA / "README.md").read_text(encoding="utf-8")
    assert "示意" in (SHIPPED / "gates.csv").read_text(encoding="utf-8-sig").splitlines()[1]
    with osmium.io.Reader(str(SHIPPED / "streets.osm.pbf")) as reader:
        assert "示意" in reader.header().get("generator")


def test_contacts_are_placeholders(estates, venues):
    for row in [*estates.rows, *venues.rows]:
        assert row["联系人"] == "示例"
        assert row.get("电话", row.get("联系电话")) == "000-0000"


# -- the tables ---------------------------------------------------------------------------------


def test_estates_are_as_many_and_as_named_as_promised(estates):
    names = [row["小区"] for row in estates.rows]
    assert len(names) >= 64
    assert len(set(names)) == len(names)
    assert set(names) >= NAMED
    ids = [row["编号"] for row in estates.rows]
    assert ids == [f"{k:03d}" for k in range(1, len(ids) + 1)]


def test_seven_communities_have_two_to_four_areas_each(estates):
    areas = defaultdict(set)
    for row in estates.rows:
        areas[row["社区"]].add(row["片区"])
    assert list(areas) == COMMUNITIES
    assert all(2 <= len(found) <= 4 for found in areas.values())
    assert len(set.union(*areas.values())) == sum(map(len, areas.values())) == 25


def test_counts_look_like_a_real_district_and_add_up_to_the_total_row(estates):
    total = next(row for row in estates.all if row["编号"] == "合计")
    households = [number(row["户数"]) for row in estates.rows]
    assert sum(households) == total["户数"]
    assert sum(number(row["居住人口"]) for row in estates.rows) == total["居住人口"]
    assert 32_500 <= sum(households) <= 33_500
    assert 2.35 <= total["居住人口"] / total["户数"] <= 2.65
    assert 0.20 <= total["60岁以上"] / total["居住人口"] <= 0.22
    shares = [row["60岁以上"] / number(row["居住人口"]) for row in estates.rows if row["居住人口"]]
    assert 0.095 <= min(shares) < 0.15
    assert 0.30 < max(shares) <= 0.385


def test_the_estates_sheet_is_as_untidy_as_an_office_s(estates):
    kinds = {type(row["户数"]) for row in estates.rows}
    assert kinds == {int, str}
    assert any("," in str(row["居住人口"]) for row in estates.rows)
    assert sum(d.hidden for d in estates.page.row_dimensions.values()) == 1
    assert any(not any(row.values()) for row in estates.all)
    assert {row["小区"] for row in estates.rows if row["经度"] is None and row["纬度"] is None} == UNLOCATED
    assert any(span.min_col == span.max_col == 2 for span in estates.page.merged_cells.ranges)


def test_venues_are_those_of_the_story(venues):
    by_id = {row["编号"]: row for row in venues.rows}
    assert len(venues.rows) == len(by_id) + 1  # one has two entrances
    open_area = [r for r in by_id.values() if r["层级"] == "片区" and r["状态"] == "开放"]
    floors = [number(row["面积"]) for row in open_area]
    assert len(open_area) == 23
    assert 9_900 <= sum(floors) < 10_000
    assert [r["名称"] for r in open_area if number(r["面积"]) > 1000] == ["山语银城片区活动中心"]
    assert 1000 < max(floors) < 1200
    centres = [r for r in by_id.values() if r["层级"] == "社区"]
    assert [r["社区"] for r in centres] == COMMUNITIES
    assert {r["状态"] for r in centres} == {"开放"}
    building = [r for r in by_id.values() if r["状态"] == "在建"]
    assert {r["名称"] for r in building} == {"逸泉苑片区活动中心", "新峰片区活动中心"}
    study = tomllib.loads((SHIPPED / "study.toml").read_text(encoding="utf-8"))
    assert all(r["开放日期"] > dt.datetime.combine(study["study"]["date"], dt.time()) for r in building)
    assert len(by_id) == 23 + 7 + 2


def test_two_entrances_are_one_venue_at_two_places(venues):
    ids = Counter(row["编号"] for row in venues.rows)
    (twice,) = [key for key, count in ids.items() if count > 1]
    first, second = (row for row in venues.rows if row["编号"] == twice)
    assert {k for k in first if first[k] != second[k]} <= {"经度", "纬度"}
    places = [metres(row["经度"], row["纬度"]) for row in (first, second)]
    assert 10 < math.dist(*places) < 150


def test_the_study_names_the_files_beside_it():
    study = tomllib.loads((SHIPPED / "study.toml").read_text(encoding="utf-8"))
    for part in ("streets", "estates", "venues", "gates"):
        assert (SHIPPED / study[part]["file"]).is_file()
    assert [s.get("minutes") for s in study["standards"]] == [5, 10, 15, None]
    assert study["standards"][3]["metres"] == 300
    assert study["streets"]["gates"] == "residents"


# -- the streets --------------------------------------------------------------------------------

FEATURES = {
    "canal": lambda t: t.get("waterway") == "canal",
    "railway": lambda t: t.get("railway") == "rail",
    "rail bridge": lambda t: t.get("railway") == "rail" and t.get("bridge") == "yes",
    "street bridge": lambda t: t.get("highway") in ("secondary", "primary") and t.get("layer") == "1",
    "street tunnel": lambda t: t.get("highway") in ("secondary", "primary") and t.get("tunnel") == "yes",
    "footbridge": lambda t: t.get("highway") == "footway" and t.get("bridge") == "yes",
    "underpass": lambda t: t.get("highway") == "footway" and t.get("tunnel") == "yes" and t["layer"] == "-1",
    "stairs": lambda t: t.get("highway") == "steps" and "step_count" in t and "incline" in t,
    "wood": lambda t: t.get("natural") == "wood",
    "hill path": lambda t: t.get("highway") == "path",
    "square": lambda t: t.get("highway") == "pedestrian" and t.get("area") == "yes",
    "pavement": lambda t: t.get("footway") == "sidewalk",
    "zebra": lambda t: t.get("footway") == "crossing",
    "private way": lambda t: t.get("highway") == "service" and t.get("access") == "private",
    "cycleway": lambda t: t.get("highway") == "cycleway",
    "construction": lambda t: t.get("highway") == "construction",
    "trunk without pavement": lambda t: t.get("highway") == "trunk" and t.get("sidewalk") == "no",
    "motorway": lambda t: t.get("highway") == "motorway",
    "ramp": lambda t: t.get("highway") == "motorway_link",
    "wall": lambda t: t.get("barrier") == "wall",
    "building": lambda t: t.get("building") == "apartments" and "building:levels" in t,
}


@pytest.mark.parametrize("feature", FEATURES)
def test_the_streets_have(osm, feature):
    assert any(FEATURES[feature](tags) for _, tags in osm.ways.values())


@pytest.mark.parametrize(
    "wanted",
    [
        {"barrier": "gate"},
        {"barrier": "lift_gate"},
        {"barrier": "wall"},
        {"locked": "yes"},
        {"access": "private"},
        {"access": "residents"},
        {"access": "no"},
        {"highway": "elevator"},
        {"railway": "level_crossing"},
        {"highway": "crossing", "crossing": "traffic_signals"},
        {"highway": "crossing", "crossing": "uncontrolled"},
    ],
    ids=lambda wanted: "-".join(wanted.values()),
)
def test_a_way_passes_a_node_tagged(osm, wanted):
    on_ways = {ref for refs, tags in osm.ways.values() if "highway" in tags for ref in refs}
    assert any(wanted.items() <= osm.nodes[ref][2].items() for ref in on_ways)


def test_most_gates_carry_no_access_tag(osm):
    gates = [tags for _, _, tags in osm.nodes.values() if tags.get("barrier") in ("gate", "lift_gate")]
    untagged = sum(not {"access", "foot", "locked"} & set(tags) for tags in gates)
    assert len(gates) > 120
    assert 0.92 <= untagged / len(gates) <= 0.96


def test_every_venue_stands_on_the_map(osm, venues):
    places = {t["name"]: metres(lon, lat) for lon, lat, t in osm.nodes.values() if "name" in t}
    for name in {row["名称"] for row in venues.rows}:
        rows = [metres(r["经度"], r["纬度"]) for r in venues.rows if r["名称"] == name]
        assert min(math.dist(places[name], p) for p in rows) < 0.5


def test_objects_come_in_order_with_fixed_metadata():
    last, stamps = (-1, 0), set()
    for obj in osmium.FileProcessor(str(SHIPPED / "streets.osm.pbf")):
        rank = (0 if obj.is_node() else 1 if obj.is_way() else 2, obj.id)
        assert rank > last
        last = rank
        stamps.add((obj.version, obj.timestamp))
    assert len(stamps) == 1


def test_the_district_is_about_four_kilometres_wide(osm):
    used = {ref for refs, _ in walked(osm).values() for ref in refs}
    xs, ys = zip(*line_of(osm, used), strict=True)
    assert 3800 < max(xs) - min(xs) < 4800
    assert 3800 < max(ys) - min(ys) < 4800


def test_ways_end_on_the_rings_of_the_squares(osm):
    rings = [refs for refs, t in osm.ways.values() if t.get("highway") == "pedestrian" and "area" in t]
    for members, tags in osm.relations.values():
        if tags.get("highway") == "pedestrian":
            assert sorted(role for _, _, role in members) == ["inner", "outer"]
            rings += [osm.ways[ref][0] for _, ref, role in members if role == "outer"]
    assert len(rings) == 2
    for ring in rings:
        ends = [refs for refs, _ in walked(osm).values() if {refs[0], refs[-1]} & set(ring)]
        assert len(ends) >= 3


@pytest.mark.parametrize("barrier", ["canal", "rail"])
def test_canal_and_railway_are_crossed_in_few_places_and_never_on_the_flat(osm, barrier):
    lines = [
        (line_of(osm, refs), set(refs), tags)
        for refs, tags in osm.ways.values()
        if barrier in (tags.get("waterway"), tags.get("railway"))
    ]
    over = set()
    for key, (refs, tags) in walked(osm).items():
        here = line_of(osm, refs)
        for line, nodes, its in lines:
            shared = nodes & set(refs)
            assert all(osm.nodes[ref][2].get("railway") == "level_crossing" for ref in shared)
            if shared or any(crosses(*s, *t) for s in pairwise(here) for t in pairwise(line)):
                over.add(key)
                assert shared or spanned(tags) or spanned(its)
    assert 4 <= len(over) <= 7


def test_estates_points_lie_in_the_outline_of_their_name(osm, estates):
    rings = outlines(osm)
    assert len(rings) == len(estates.rows)
    missed = {
        row["小区"]
        for row in estates.rows
        if row["经度"] and not contains(rings[row["小区"]], metres(row["经度"], row["纬度"]))
    }
    assert missed == WRONG_DATUM
    for row in estates.rows:
        if row["小区"] in WRONG_DATUM:
            here = slow_wgs(row["经度"], row["纬度"])
            assert contains(rings[row["小区"]], metres(*here))
            assert 450 < math.dist(metres(*here), metres(row["经度"], row["纬度"])) < 520
    unknown = {row["小区"] for row in estates.rows} - set(rings)
    assert unknown == UNLOCATED
    assert set(rings) >= {"荣德苑一期", "荣德苑二期", "锦绣苑", "太康新村一期", "太康新村二期"}
    # one of two phases stands in the sheet with its phase, the other without: which it is only a person knows
    assert "太康新村一期" in {row["小区"] for row in estates.rows}


def test_the_tables_are_in_two_datums_and_the_study_says_so(osm, venues):
    study = tomllib.loads((SHIPPED / "study.toml").read_text(encoding="utf-8"))
    assert (study["estates"]["crs"], study["venues"]["crs"]) == ("EPSG:4326", "GCJ-02")
    raw = read_sheet(SHIPPED / "venues.xlsx").rows
    places = {t["name"]: (lon, lat) for lon, lat, t in osm.nodes.values() if "name" in t}
    first = next(row for row in raw if row["编号"] == venues.rows[0]["编号"])
    shifted = slow_gcj(*places[first["名称"]])
    assert (first["经度（高德）"], first["纬度（高德）"]) == pytest.approx(shifted, abs=2e-6)


def test_every_gate_stands_where_a_way_crosses_an_outline(osm):
    rings = list(outlines(osm).values())
    ways = {}
    for refs, tags in walked(osm).values():
        for ref in refs:
            if osm.nodes[ref][2].get("barrier") in ("gate", "lift_gate"):
                ways.setdefault(ref, []).append(line_of(osm, refs))
            assert tags
    for ref, lines in ways.items():
        (here,) = line_of(osm, [ref])
        near = [r for r in rings if min(foot(here, a, b)[1] for a, b in pairwise(r)) < 30]
        assert any(
            crosses(*s, *t) for line in lines for s in pairwise(line) for r in near for t in pairwise(r)
        )


def test_filed_gates_are_gates_of_the_map_in_known_words(osm, estates, gates):
    ids = {row["编号"] for row in estates.rows}
    places = [metres(x, y) for x, y, t in osm.nodes.values() if t.get("barrier") in ("gate", "lift_gate")]
    assert {row["通行对象"] for row in gates} == {"所有人", "居民", "关闭", "公共通道"}
    for row in gates:
        assert row["小区编号"] in ids
        here = metres(float(row["经度"]), float(row["纬度"]))
        assert min(math.dist(here, p) for p in places) < 0.5
    passages = Counter(row["小区编号"] for row in gates if row["通行对象"] == "公共通道")
    assert min(passages.values()) >= 2  # a passage has two ends
    assert len({row["小区编号"] for row in gates}) < len(ids) / 2  # a part of the estates only


# -- the odd ones -------------------------------------------------------------------------------


def place_of(estates, name):
    row = next(row for row in estates.rows if row["小区"] == name)
    return metres(row["经度"], row["纬度"])


def test_one_estate_is_more_than_150_m_from_any_street(graph, estates):
    far = [
        row["小区"]
        for row in estates.rows
        if row["经度"] and nearest_edge(graph, metres(row["经度"], row["纬度"]))[0] > 150
    ]
    assert far == ["青龙山过渡安置房"]


def test_one_estate_has_houses_but_no_path_and_a_street_nearby(osm, graph, estates):
    ring = outlines(osm)["太康旧村"]
    inside = [refs for refs, _ in walked(osm).values() if any(contains(ring, p) for p in line_of(osm, refs))]
    houses = [r for r, t in osm.ways.values() if "building" in t and contains(ring, line_of(osm, r)[0])]
    assert inside == []
    assert len(houses) > 5
    assert nearest_edge(graph, place_of(estates, "太康旧村"))[0] < 150


def test_one_islet_has_a_network_of_its_own(graph, estates):
    parts = sorted(nx.connected_components(graph), key=len)
    assert len(parts) == 2
    islet = graph.subgraph(parts[0])
    assert islet.size("weight") < 500
    home = place_of(estates, "鹭洲渔村")
    assert nearest_edge(graph, home, parts[0])[0] < 150
    assert nearest_edge(graph, home, parts[1])[0] > 150


# -- planted mistakes, and no others ------------------------------------------------------------


def ground(osm):
    return {k: (refs, tags) for k, (refs, tags) in walked(osm).items() if not spanned(tags)}


def test_exactly_one_pair_of_ways_crosses_without_a_shared_node(osm):
    cells = defaultdict(set)
    segments = []
    for key, (refs, _) in ground(osm).items():
        for (u, v), (a, b) in zip(pairwise(refs), pairwise(line_of(osm, refs)), strict=True):
            segments.append((key, u, v, a, b))
            for x in range(int(min(a[0], b[0]) // 100), int(max(a[0], b[0]) // 100) + 1):
                for y in range(int(min(a[1], b[1]) // 100), int(max(a[1], b[1]) // 100) + 1):
                    cells[x, y].add(len(segments) - 1)
    pairs = {(i, j) for held in cells.values() for i in held for j in held if i < j}
    bad = set()
    for i, j in pairs:
        one, two = segments[i], segments[j]
        if not {one[1], one[2]} & {two[1], two[2]} and crosses(*one[3:], *two[3:]):
            bad.add((one[0], two[0]))
    assert len(bad) == 1
    kinds = {osm.ways[key][1]["highway"] for key in bad.pop()}
    assert kinds == {"footway", "secondary"}


def test_exactly_one_way_is_drawn_twice(osm):
    seen = Counter(min(tuple(refs), tuple(refs[::-1])) for refs, _ in walked(osm).values())
    assert sorted(seen.values())[-2:] == [1, 2]


def test_exactly_one_segment_has_no_length(osm):
    segments = [s for refs, _ in walked(osm).values() for s in pairwise(refs)]
    assert sum(osm.nodes[u][:2] == osm.nodes[v][:2] for u, v in segments) == 1


def test_exactly_one_pair_of_ends_misses_by_less_than_a_metre(osm):
    used = Counter(ref for refs, _ in walked(osm).values() for ref in set(refs))
    ends = {ref for refs, _ in walked(osm).values() for ref in (refs[0], refs[-1]) if used[ref] == 1}
    places = dict(zip(ends, line_of(osm, ends), strict=True))
    near = [(a, b) for a in ends for b in ends if a < b and math.dist(places[a], places[b]) < 4]
    assert len(near) == 1
    assert math.dist(*(places[ref] for ref in near[0])) == pytest.approx(0.8, abs=0.05)


# -- the story ----------------------------------------------------------------------------------


def open_places(venues, *, but=""):
    rows = [r for r in venues.rows if r["状态"] == "开放" and r["名称"] != but]
    return [metres(r["经度"], r["纬度"]) for r in rows]


@pytest.mark.parametrize("walls", [False, True], ids=["gates aside", "nobody cuts through"])
def test_the_story_of_taoyuan_renjia(osm, graph, estates, venues, walls):
    net = graph.copy()
    if walls:
        rings = [ring for name, ring in outlines(osm).items() if name != "桃源人家"]
        for u, v, data in graph.edges(data=True):
            middle = [(data["a"][1][c] + data["b"][1][c]) / 2 for c in (0, 1)]
            if any(contains(ring, middle) for ring in rings):
                net.remove_edge(u, v)
    home = place_of(estates, "桃源人家")
    minutes = walk_m(net, home, open_places(venues)) / 1.30 / 60
    without = walk_m(net, home, open_places(venues, but="山语银城片区活动中心")) / 1.30 / 60
    assert 3 <= minutes <= 5
    assert without > 15


def test_coverage_is_partial_and_worth_a_look(graph, estates, venues):
    main = max(nx.connected_components(graph), key=len)
    net = graph.subgraph(main).copy()
    for k, p in enumerate(open_places(venues)):
        d, t, u, v = nearest_edge(graph, p, main)
        for end, share in ((u, t), (v, 1 - t)):
            net.add_edge(("venue", k), end, weight=d + share * graph.edges[u, v]["weight"])
    found = nx.multi_source_dijkstra_path_length(net, {n for n in net if isinstance(n, tuple)})
    reached = Counter()
    for row in estates.rows:
        if row["经度"] is None:
            continue
        d, t, u, v = nearest_edge(graph, metres(row["经度"], row["纬度"]), main)
        w = graph.edges[u, v]["weight"]
        walk = d + min(found[u] + t * w, found[v] + (1 - t) * w)
        for minutes in (5, 10, 15):
            reached[minutes] += number(row["户数"]) * (d <= 150 and walk <= minutes * 78)
    total = sum(number(row["户数"]) for row in estates.rows)
    assert 0.40 <= reached[5] / total <= 0.65
    assert 0.80 <= reached[10] / total <= 0.92
    assert 0.93 <= reached[15] / total < 1
