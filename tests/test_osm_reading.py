"""Reading in bulk says what osmium says object by object."""

from __future__ import annotations

import tempfile
from itertools import pairwise

import numpy as np
import osmium
import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkshed
from conftest import ROOT
from walkshed import osm_opl
from walkshed.osm import MISSING, read_ways
from walkshed.streets.grounds import ground_rule
from walkshed.streets.rules import node_mark, way_code

SAMPLE = ROOT / "data" / "ronghang" / "streets.osm.pbf"
ODD = """<?xml version="1.0"?><osm version="0.6">
<node id="-7" lat="31.57" lon="120.25"/><node id="1" lat="31.5700001" lon="-120.2500001"/>
<node id="2" lat="-31.5" lon="120.3"/><node id="3" lat="0" lon="0"><tag k="barrier" v="gate"/></node>
<node id="12884901888" lat="31.6" lon="120.3"><tag k="highway" v="crossing"/></node><node id="5"/>
<way id="-10"><nd ref="1"/><nd ref="900"/><nd ref="3"/><nd ref="3"/><nd ref="5"/><nd ref="12884901888"/>
  <tag k="highway" v="footway"/><tag k="highway" v="motorway"/><tag k="a b,c=d" v=""/></way>
<way id="11"><tag k="highway" v="footway"/></way>
<way id="12"><nd ref="901"/><tag k="highway" v="footway"/></way>
<way id="13"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/><tag k="landuse" v="residential"/>
  <tag k="name" v="桃源 家园, 100% =@ N n1x2y3 T&#10;é&#x1F600;"/></way>
<way id="14"><nd ref="2"/><nd ref="3"/></way><way id="15"><nd ref="3"/><nd ref="2"/><nd ref="1"/></way>
<relation id="20"><member type="way" ref="14" role="out er,@=%"/><member type="node" ref="1" role=""/>
  <member type="way" ref="15" role="inner"/><member type="way" ref="999" role=""/>
  <tag k="type" v="multipolygon"/><tag k="highway" v="pedestrian"/><tag k="area" v="yes"/></relation>
<relation id="21"><tag k="type" v="multipolygon"/><tag k="landuse" v="residential"/></relation>
</osm>"""


@pytest.fixture(params=["a sample", "odd things"])
def file(request, tmp_path):
    if request.param == "a sample":
        return SAMPLE
    path = tmp_path / "odd.osm"
    path.write_text(ODD, encoding="utf-8")
    return path


@pytest.fixture(params=["at once", "in parts"])
def how(request, monkeypatch):
    if request.param == "in parts":
        monkeypatch.setattr(osm_opl, "_AT_ONCE_BYTES", 0)
        monkeypatch.setattr(osm_opl, "_PART", 7)
    else:
        monkeypatch.setattr(osm_opl, "_BLOCK_CHARACTERS", 500)


def read(file, **more):
    return read_ways(file, way_rule=way_code, node_rule=node_mark, ground_rule=ground_rule, **more)


def one_by_one(file):
    ways, marks, grounds, areas = [], [], [], []
    for item in osmium.FileProcessor(str(file)).with_locations():
        ground = None if item.is_node() else ground_rule(item.tags)
        if item.is_way():
            nodes = [(node.ref, node.location.x, node.location.y) for node in item.nodes]
            if nodes and way_code(item.tags) >= 0:
                ways.append((item.id, way_code(item.tags), nodes))
            if nodes and ground:
                grounds.append((item.id, *ground, [nodes]))
        elif item.is_node():
            if mark := node_mark(item.tags):
                marks.append((item.id, mark))
        elif item.tags.get("type") == "multipolygon":
            members = [(member.ref, member.role) for member in item.members if member.type == "w"]
            if way_code(item.tags) >= 0:
                areas.append((item.id, way_code(item.tags), members))
            if ground:
                grounds.append((-item.id, *ground, members))
    return ways, marks, grounds, areas


@pytest.mark.usefixtures("how")
def test_what_is_read_in_bulk_is_what_osmium_says_of_every_object(file):
    found = read(file)
    ways, marks, grounds, areas = one_by_one(file)
    nodes = list(zip(found.ref.tolist(), found.x.tolist(), found.y.tolist(), strict=True))
    start = found.start.tolist()
    own = [nodes[a:b] for a, b in pairwise(start)]
    assert list(zip(found.way.tolist(), found.code.tolist(), own, strict=True)) == ways
    assert list(zip(found.marked.tolist(), found.mark.tolist(), strict=True)) == marks
    assert [(one.relation, one.code, one.members) for one in found.areas] == areas
    said = [(one.item, one.kind, one.names) for one in found.grounds]
    assert said == [ground[:3] for ground in grounds]
    for outline, (item, *_, lines) in zip(found.grounds, grounds, strict=True):
        if item > 0:
            drawn = [list(zip(x.tolist(), y.tolist(), strict=True)) for x, y, _ in outline.lines]
            assert drawn == [[node[1:] for node in line] for line in lines]
        else:
            assert outline.members == lines
    assert len(ways) > 1


@pytest.mark.usefixtures("how")
def test_members_without_a_tag_are_fetched(tmp_path):
    path = tmp_path / "odd.osm"
    path.write_text(ODD, encoding="utf-8")
    (area,) = read(path).areas
    drawn = {way: [part.tolist() for part in parts] for way, parts in area.rings.items()}
    assert drawn == {
        14: [[2, 3], [1_203_000_000, 0], [-315_000_000, 0]],
        15: [[3, 2, 1], [0, 1_203_000_000, -1_202_500_001], [0, -315_000_000, 315_700_001]],
    }


@pytest.mark.usefixtures("how")
def test_a_box_keeps_the_ways_whose_bounds_touch_it():
    whole = read(SAMPLE)
    known = whole.x != MISSING
    box = (120.235, 31.565, 120.245, 31.575)
    wanted = []
    for way, (a, b) in zip(whole.way.tolist(), pairwise(whole.start.tolist()), strict=True):
        x, y = (axis[a:b][known[a:b]] / 1e7 for axis in (whole.x, whole.y))
        if len(x) and x.max() >= box[0] and y.max() >= box[1] and x.min() <= box[2] and y.min() <= box[3]:
            wanted.append(way)
    assert read(SAMPLE, box=box).way.tolist() == wanted
    assert 0 < len(wanted) < len(whole.way)


def test_a_node_outside_the_world_is_a_fault(tmp_path):
    path = tmp_path / "far.osm"
    path.write_text(ODD.replace('lat="-31.5"', 'lat="95"'), encoding="utf-8")
    with pytest.raises(walkshed.InputError, match="outside the world"):
        read(path)


def test_without_room_for_temporary_files_the_fault_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(walkshed.InputError, match="temporary files"):
        read(SAMPLE)


KEYS = ("a", "b", "c d", "e")
TAGS = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["", "1", "2"]), min_size=1)


@given(st.lists(TAGS, max_size=30), st.lists(st.sampled_from(KEYS), min_size=4, max_size=4))
def test_a_rule_that_is_asked_once_for_each_kind_answers_as_if_it_were_always_asked(objects, order):
    first, second, third, fourth = order

    def rule(tags):
        # which keys it looks at depends on what it finds there
        word = tags.get(first)
        if word == "1":
            return 1 + 2 * (tags.get(second) == "2")
        return 5 if word is None and tags.get(third) is None else len(tags.get(fourth) or "")

    once = osm_opl.AskedOnce(rule)
    for tags in objects:
        word = "T" + ",".join(f"{key.replace(' ', '%20%')}={value}" for key, value in tags.items())
        assert once(word) == rule(tags)


def test_nothing_is_left_in_the_temporary_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert len(np.unique(read(SAMPLE).way)) > 1
    assert list(tmp_path.iterdir()) == []
