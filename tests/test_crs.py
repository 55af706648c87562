"""Coordinate systems: names, and metres that are metres."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from walkshed.crs import area_of_use, check_crs, is_degrees, metric_crs, project, to_wgs84, unproject
from walkshed.errors import InputError

lons, lats = st.floats(-179, 179), st.floats(-75, 75)


@pytest.mark.parametrize("value", ["EPSG:4326", "epsg:4326", " 4326 ", 4326, "WGS84", "wgs 84", "WGS-84"])
def test_the_usual_system_has_many_names(value):
    assert check_crs(value) == "EPSG:4326"


def test_a_normalised_name_stays():
    for value in ("EPSG:4549", "EPSG:3857", check_crs("CGCS2000")):
        assert check_crs(value) == value


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("GCJ-02", "GCJ-02"), ("gcj02", "GCJ-02"), ("火星坐标", "GCJ-02"),
        ("BD-09", "BD-09"), ("bd09ll", "BD-09"), ("百度坐标", "BD-09"),
    ],
)  # fmt: skip
def test_shifted_datums_have_many_names(value, name):
    assert check_crs(value) == name


@pytest.mark.parametrize("value", ["", "EPSG:999999", "EPSG:5773", "somewhere", None, "EPSG:4978"])
def test_what_is_no_horizontal_system_is_refused(value):
    with pytest.raises(InputError) as error:
        check_crs(value)
    assert [fault.code for fault in error.value.faults] == ["crs.unknown"]


def test_degrees_and_areas_of_use():
    assert is_degrees("EPSG:4326")
    assert not is_degrees("EPSG:4549")
    west, south, east, north = area_of_use("EPSG:4549")
    assert west < 120 < east
    assert south < 31 < north


@given(lons, lats, st.floats(-0.1, 0.1), st.floats(-0.1, 0.1))
def test_a_local_system_measures_a_city_in_metres(lon, lat, d_lon, d_lat):
    crs = metric_crs(lon, lat)
    x, y = project([lon, lon + d_lon], [lat, lat + d_lat], crs)
    assert np.hypot(x[0], y[0]) < 1e-3
    _, _, metres = Geod(ellps="WGS84").inv(lon, lat, lon + d_lon, lat + d_lat)
    assert np.hypot(x[1] - x[0], y[1] - y[0]) == pytest.approx(metres, rel=1e-4, abs=1e-3)


@given(lons, lats)
def test_there_and_back_again(lon, lat):
    crs = metric_crs(round(lon), round(lat))
    back = unproject(*project(lon, lat, crs), crs)
    assert (float(back[0]), float(back[1])) == pytest.approx((lon, lat), abs=1e-9)


def test_no_coordinate_stays_none():
    x, y = project([np.nan, 120.0, np.inf], [31.0, np.nan, 31.0], "EPSG:4549")
    assert np.isnan(x).all()
    assert np.isnan(y).all()


def test_a_frame_is_brought_to_degrees_and_left_alone():
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(500000, 3486000)], crs="EPSG:4549")
    moved = to_wgs84(frame)
    assert moved.crs.to_epsg() == 4326
    assert moved.geometry.x[0] == pytest.approx(120)
    assert frame.crs.to_epsg() == 4549
    assert frame.geometry.x[0] == 500000


def test_a_frame_without_a_system_is_refused():
    with pytest.raises(InputError) as error:
        to_wgs84(gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)]))
    assert [fault.code for fault in error.value.faults] == ["crs.missing"]
