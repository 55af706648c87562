"""Estates take the boundary that has their name, compared as places are: phases, zones and sides are never merged."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

import walkshed
from osm_maker import Town
from walkshed.walls.boundary import LANDUSE, boundaries

NAMES = ("荣德苑一期", "荣德苑二期", "香雪苑A区", "香雪苑B区", "静淑东里", "静淑西里", "桃源人家", "萬科城")


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """Return a street along which residential areas of 60 m stand 100 m apart."""
    town = Town()
    town.way([(-100, 0), (900, 0)], highway="residential")
    for n, name in enumerate(NAMES):
        corners = [(100 * n, 20), (100 * n + 60, 20), (100 * n + 60, 80), (100 * n, 80)]
        town.ring(corners, landuse="residential", name=name, **({"old_name": "大渲新村"} if n == 6 else {}))
    return town, walkshed.read_streets(town.write(tmp_path_factory.mktemp("t") / "t.osm.pbf"))


def taken(network, name, number):
    """Return whose boundary an estate takes whose point lies north of area ``number``, outside of all."""
    town, streets = network
    at = shapely.Point(*town.lonlat(100 * number + 30, 120))
    estates = gpd.GeoDataFrame({"name": [name]}, geometry=[at], index=["e"], crs="EPSG:4326")
    found = boundaries(streets, estates)
    if found.polygon[0] is None:
        return ""
    assert found.source[0] == LANDUSE
    middle = found.polygon[0].centroid
    return min(
        NAMES, key=lambda one: middle.distance(shapely.Point(*town.lonlat(100 * NAMES.index(one) + 30, 50)))
    )


@pytest.mark.parametrize(
    ("written", "whose"),
    [
        ("荣德苑１期", "荣德苑一期"),
        ("榮德苑（二期）", "荣德苑二期"),
        ("荣德苑第2期", "荣德苑二期"),
        ("香雪苑 ｂ区", "香雪苑B区"),
        ("靜淑西里", "静淑西里"),
        ("大渲新村", "桃源人家"),
        ("桃园新苑（原大渲新村）", "桃源人家"),
        ("无锡市滨湖区桃源人家", "桃源人家"),
        ("万科城", "萬科城"),
        ("荣德苑", ""),
        ("荣德苑三期", ""),
        ("香雪苑", ""),
        ("静淑里", ""),
        ("静淑东区", ""),
        ("桃源家园", ""),
        ("", ""),
        ("！", ""),
    ],
)
def test_a_boundary_is_found_by_name_in_every_spelling_and_never_that_of_a_sibling(network, written, whose):
    for number in (3, 4):
        assert taken(network, written, number) == whose
