"""Vector layers as tables: any geometry that makes sense, in degrees, repaired and counted."""

from __future__ import annotations

import json
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from walkshed.errors import Findings
from walkshed.tables import read_estates, read_gates, read_venues

SHAPES = [Point(120.25, 31.55), box(120.26, 31.55, 120.262, 31.552), box(120.27, 31.55, 120.272, 31.552)]


def layer(shapes=SHAPES, crs="EPSG:4326", **columns):
    data = {
        "编号": [f"E{n}" for n in range(len(shapes))],
        "小区": [f"小区{n}" for n in range(len(shapes))],
        **columns,
    }
    return gpd.GeoDataFrame(data, geometry=list(shapes), crs=crs)


def write(frame, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if path.suffix == ".parquet":
            frame.to_parquet(path)
        else:
            frame.to_file(path)
    return path


def read(path, reader=read_estates, **options):
    findings = Findings()
    return reader(path, findings=findings, **options), findings


def codes(found):
    return [one.code for one in found]


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".json", ".parquet", ".fgb"])
def test_every_format_gives_the_same_estates(tmp_path, suffix):
    path = tmp_path / f"e{suffix}"
    if suffix == ".json":
        write(layer(户数=[1, 2, 3]), tmp_path / "e.geojson").rename(path)
    else:
        write(layer(户数=[1, 2, 3]), path)
    frame, findings = read(path)
    assert findings.faults == findings.notices == []
    assert list(frame.index) == ["E0", "E1", "E2"] or suffix == ".fgb"  # FlatGeobuf orders by place
    frame = frame.sort_index()
    assert frame["households"].tolist() == [1, 2, 3]
    assert sorted(frame["source_row"]) == [1, 2, 3]
    assert frame.geometry.geom_equals_exact(gpd.GeoSeries(SHAPES, index=frame.index, crs=4326), 1e-9).all()
    assert frame["location_status"].eq("given").all()
    assert shapely.covers(frame.geometry.to_numpy(), shapely.points(frame["lon"], frame["lat"])).all()


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
def test_a_shapefile_without_a_word_on_its_encoding(tmp_path, encoding):
    frame = layer([Point(120.25, 31.55), Point(120.26, 31.56)], households=[1, 2])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame.to_file(tmp_path / "e.shp", encoding=encoding)
    (tmp_path / "e.cpg").unlink()
    dbf = bytearray((tmp_path / "e.dbf").read_bytes())
    dbf[29] = 0
    (tmp_path / "e.dbf").write_bytes(dbf)
    found, findings = read(tmp_path / "e.shp")
    assert findings.faults == []
    assert found["name"].tolist() == ["小区0", "小区1"]
    assert codes(findings.notices) == ["file.encoding"]


def test_layers_in_metres_are_brought_to_degrees(tmp_path):
    frame, findings = read(write(layer().to_crs(4549), tmp_path / "e.gpkg"))
    assert findings.faults == []
    assert frame.geometry.geom_equals_exact(gpd.GeoSeries(SHAPES, index=frame.index, crs=4326), 1e-7).all()


def test_a_layer_without_a_crs_is_a_fault_unless_one_is_named(tmp_path):
    path = write(layer(crs=None), tmp_path / "e.parquet")
    frame, findings = read(path)
    assert codes(findings.faults) == ["crs.missing"]
    assert findings.faults[0].source.file == "e.parquet"
    assert len(frame) == 0
    bare = layer().to_crs(4549).set_crs(None, allow_override=True)
    frame, findings = read(write(bare, tmp_path / "f.parquet"), crs="EPSG:4549")
    assert findings.faults == []
    assert codes(findings.notices) == ["crs.assumed"]
    assert frame["lon"].between(120, 121).all()


def test_lines_are_refused(tmp_path):
    shapes = [SHAPES[0], LineString([(120.25, 31.5), (120.26, 31.5)])]
    _, findings = read(write(layer(shapes), tmp_path / "e.gpkg"))
    (fault,) = findings.faults
    assert (fault.code, fault.source.row, fault.source.column, fault.source.value) == (
        "geometry.kind",
        2,
        "geometry",
        "LineString",
    )


def test_missing_and_empty_geometries_are_a_status(tmp_path):
    frame, findings = read(write(layer([SHAPES[0], None, Polygon()]), tmp_path / "e.gpkg"))
    assert findings.faults == []
    assert frame["location_status"].tolist() == ["given", "not_located", "not_located"]
    assert codes(findings.notices) == ["point.not_located"]


def test_a_broken_boundary_is_repaired_and_told(tmp_path):
    bow = Polygon([(120.2, 31.5), (120.21, 31.51), (120.21, 31.5), (120.2, 31.51)])
    frame, findings = read(write(layer([SHAPES[0], bow]), tmp_path / "e.gpkg"))
    assert findings.faults == []
    assert [(one.code, one.source.row) for one in findings.notices] == [("geometry.repaired", 2)]
    assert frame.loc["E1"].geometry.is_valid
    assert frame.loc["E1"].geometry.area == pytest.approx(5e-5)


def test_heights_are_dropped_and_several_entries_kept(tmp_path):
    shapes = [
        Point(120.25, 31.55, 12),
        MultiPoint([(120.26, 31.55), (120.27, 31.56)]),
        MultiPoint([(120.28, 31.55)]),
    ]
    frame, findings = read(write(layer(shapes), tmp_path / "e.parquet"))
    assert findings.faults == findings.notices == []
    assert not frame.geometry.has_z.any()
    assert frame.geom_type.tolist() == ["Point", "MultiPoint", "Point"]
    assert frame.loc["E1", ["lon", "lat"]].tolist() == [120.26, 31.55]


def test_the_point_of_a_boundary_is_on_it_or_what_the_columns_say(tmp_path):
    ring = Polygon(
        [(120, 31), (120.01, 31), (120.01, 31.01), (120, 31.01)],
        [[(120.001, 31.001), (120.009, 31.001), (120.009, 31.009), (120.001, 31.009)]],
    )
    both = MultiPolygon([box(120.1, 31, 120.101, 31.001), box(120.2, 31, 120.21, 31.01)])
    frame, _ = read(write(layer([ring, both]), tmp_path / "e.gpkg"))
    points = gpd.GeoSeries(gpd.points_from_xy(frame["lon"], frame["lat"]), index=frame.index, crs=4326)
    assert frame.geometry.contains(points).all()
    frame, findings = read(
        write(layer([ring, both], lon=[120.0005, None], lat=[31.0005, None]), tmp_path / "f.gpkg")
    )
    assert findings.notices == []
    assert frame.loc["E0", ["lon", "lat"]].tolist() == [120.0005, 31.0005]
    assert frame.loc["E0"].geometry.geom_type == "Polygon"
    _, findings = read(write(layer([ring, both], lon=[120.5, None], lat=[31.5, None]), tmp_path / "g.gpkg"))
    assert codes(findings.notices) == ["point.disagrees"]


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (Point(0, 0), "point.zero"),
        (Point(31.5, 120.2), "point.swapped"),
        (Point(520000, 3490000), "point.projected"),
    ],
)
def test_impossible_geometries(tmp_path, shape, code):
    _, findings = read(write(layer([shape]), tmp_path / "e.parquet"))
    assert [(fault.code, fault.source.row) for fault in findings.faults] == [(code, 1)]


def test_nowhere_on_earth(tmp_path):
    far = layer([Point(1e30, 1e30), Point(500000, 3486000)], crs="EPSG:4549")
    _, findings = read(write(far, tmp_path / "e.parquet"))
    assert [(fault.code, fault.source.row) for fault in findings.faults] == [("point.out_of_range", 1)]


def test_layers_of_a_geopackage(tmp_path):
    path = tmp_path / "e.gpkg"
    layer().to_file(path, layer="小区")
    layer(SHAPES[:1]).to_file(path, layer="old")
    frame, findings = read(path)
    assert len(frame) == 3
    assert codes(findings.notices) == ["sheet.others"]
    assert len(read(path, sheet="old")[0]) == 1
    _, findings = read(path, sheet="odl")
    assert codes(findings.faults) == ["sheet.unknown"]
    assert '"old"' in findings.faults[0].text.en


def test_damaged_layers(tmp_path):
    for suffix in (".gpkg", ".parquet", ".geojson", ".fgb", ".shp"):
        path = tmp_path / f"e{suffix}"
        path.write_bytes(b"this is no layer at all")
        _, findings = read(path)
        assert codes(findings.faults) == ["file.unreadable"], suffix


def test_personal_columns_of_a_layer_are_dropped(tmp_path):
    frame, findings = read(
        write(layer(电话=["13812345678"] * 3, contact=["a", "b", "c"]), tmp_path / "e.gpkg")
    )
    assert codes(findings.notices) == ["column.personal"]
    assert {"电话", "contact"}.isdisjoint(frame.columns)


def test_a_plain_parquet_table_is_a_table(tmp_path):
    frame = pd.DataFrame(
        {"id": ["001"], "name": ["甲"], "lon": [120.25], "lat": [31.55], "tags": [np.array([1, 2])]}
    )
    frame.to_parquet(tmp_path / "e.parquet")
    found, findings = read(tmp_path / "e.parquet")
    assert findings.faults == []
    assert found.loc["001", ["lon", "lat"]].tolist() == [120.25, 31.55]
    assert json.loads(found.loc["001", "tags"]) == [1, 2]


def test_the_frame_itself_can_be_written_and_read(tmp_path):
    first, _ = read(write(layer(户数=[1, 2, 3]), tmp_path / "e.gpkg"))
    first.to_parquet(tmp_path / "again.parquet")
    again, findings = read(tmp_path / "again.parquet")
    assert findings.faults == []
    assert list(again.index) == list(first.index)
    assert again.geometry.geom_equals(first.geometry).all()


def test_venues_and_gates_from_layers(tmp_path):
    frame, findings = read(write(layer(), tmp_path / "v.gpkg"), read_venues)
    assert findings.faults == []
    assert frame.geom_type.eq("Point").all()
    assert shapely.within(frame.geometry.iloc[1], SHAPES[1])
    assert codes(findings.notices) == ["geometry.point"] * 2
    gates = gpd.GeoDataFrame(
        {"estate_id": ["E0", "E1"]},
        geometry=[SHAPES[0], MultiPoint([(120.26, 31.55), (120.262, 31.55)])],
        crs=4326,
    )
    frame, findings = read(write(gates, tmp_path / "g.gpkg"), read_gates, estate_ids=["E0", "E1"])
    assert findings.faults == []
    assert frame["estate_id"].tolist() == ["E0", "E1", "E1"]
    assert frame["lon"].tolist() == frame.geometry.x.tolist() == [120.25, 120.26, 120.262]
    _, findings = read(write(layer(), tmp_path / "h.gpkg"), read_gates)
    assert set(codes(findings.faults)) == {"geometry.kind"}
