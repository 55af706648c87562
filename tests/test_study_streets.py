"""Studies whose streets are a line layer, or those of a named place, from the command to the files."""

from __future__ import annotations

import json
from types import SimpleNamespace

import osmium
import pytest
import shapely
from typer.testing import CliRunner

import walkshed
from overpass_server import Extract, candidate, serving
from walkshed.cli import app

PLACE = "Kamppi, Helsinki"
INNER = shapely.box(24.925, 60.163, 24.945, 60.172)

STUDY = """
[study]
name = "streets from elsewhere"
language = "{language}"
date = 2026-11-01
[streets]
{streets}
gates = "open"
buffer_m = {buffer}
[estates]
file = "estates.csv"
levels = ["community"]
[venues]
file = "venues.csv"
[[standards]]
minutes = 5
[output]
write = ["tables"]
"""


def write_study(folder, streets, *, language="en", buffer=600):
    folder.mkdir(exist_ok=True)
    spots = [(24.930 + 0.002 * i, 60.165 + 0.0008 * i) for i in range(6)]
    rows = "".join(f"e{i},Home {i},{x},{y},{10 * i},c\n" for i, (x, y) in enumerate(spots))
    (folder / "estates.csv").write_text("id,name,lon,lat,households,community\n" + rows)
    (folder / "venues.csv").write_text("id,name,lon,lat\nv,Library,24.935,60.168\n")
    (folder / "study.toml").write_text(STUDY.format(streets=streets, language=language, buffer=buffer))
    return folder


def run(folder, *more):
    return CliRunner().invoke(app, ["run", str(folder), *more])


@pytest.fixture
def online(helsinki, monkeypatch):
    """Run a server that knows a part of Helsinki, and tell the command to ask it."""
    monkeypatch.setattr("osmnx._nominatim.time", SimpleNamespace(sleep=lambda _seconds: None))
    with serving(Extract(helsinki)) as server:
        server.places[PLACE] = [candidate("Kamppi, Helsinki, Suomi", INNER, ref="R34914")]
        monkeypatch.setenv("WALKSHED_NOMINATIM_URL", server.url)
        monkeypatch.setenv("WALKSHED_OVERPASS_URL", f"{server.url}/api")
        yield server


def test_a_named_place_is_asked_for_once_and_the_record_says_whom(online, tmp_path):
    study = write_study(tmp_path / "s", f'place = "{PLACE}"')
    done = run(study)
    assert done.exit_code == 0, done.output
    record = json.loads((study / "out" / "run.json").read_text(encoding="utf-8"))
    assert len(record["sent"]) == 2
    assert len(online.of("nominatim")) == len(online.of("overpass")) == 1
    asked = json.dumps(record["sent"], ensure_ascii=False)
    assert "Home" not in asked
    assert "Library" not in asked
    again = run(study, "--offline")
    assert again.exit_code == 0, again.output
    assert json.loads((study / "out" / "run.json").read_text(encoding="utf-8"))["sent"] == []
    assert len(online.of("overpass")) == 1


def test_offline_forbids_asking_and_says_so(online, tmp_path):
    study = write_study(tmp_path / "s", f'place = "{PLACE}"', language="zh")
    done = run(study, "--offline")
    assert done.exit_code == 1
    assert "Traceback" not in done.output
    assert online.of("nominatim") == []
    assert not (study / "out").exists()


def test_a_place_and_a_file_of_its_streets_give_the_same_walks(online, helsinki, tmp_path):
    """Near the place's middle, where the clipped answer has all the streets."""
    assert online is not None
    place = walkshed.run(write_study(tmp_path / "p", f'place = "{PLACE}"'))
    file = walkshed.run(write_study(tmp_path / "f", f'file = "{helsinki}"'))
    assert place.access.to_frame().equals(file.access.to_frame())


def test_a_line_layer_is_read_by_the_command(helsinki, tmp_path):
    import geopandas as gpd

    rows, lines = [], []
    reader = osmium.FileProcessor(str(helsinki)).with_locations()
    for way in reader.with_filter(osmium.filter.KeyFilter("highway")):
        if way.is_way() and len(way.nodes) > 1 and all(node.location.valid() for node in way.nodes):
            tags = dict(way.tags)
            rows.append(
                {key: tags.get(key) for key in ("highway", "foot", "access", "bridge", "tunnel", "layer")}
            )
            lines.append(shapely.LineString([(node.lon, node.lat) for node in way.nodes]))
    layer = gpd.GeoDataFrame(rows, geometry=lines, crs=4326)
    (tmp_path / "s").mkdir()
    layer.to_file(tmp_path / "s" / "streets.gpkg", layer="roads", driver="GPKG")
    layer.iloc[:5].to_file(tmp_path / "s" / "streets.gpkg", layer="other", driver="GPKG")
    study = write_study(tmp_path / "s", 'file = "streets.gpkg"')
    refused = run(study)
    assert refused.exit_code == 1
    assert "roads" in refused.output
    assert "other" in refused.output
    study = write_study(tmp_path / "s", 'file = "streets.gpkg"\nlayer = "roads"')
    assert run(study).exit_code == 0
    assert "covered" in (study / "out" / "coverage.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("streets", "said"),
    [
        ('file = "a.osm.pbf"\nplace = "Kamppi"', "keep one"),
        ("", '"file" is missing'),
        ('file = "roads.dwg"', "line layers"),
    ],
)
def test_streets_come_from_exactly_one_place(tmp_path, streets, said):
    study = write_study(tmp_path / "s", streets)
    (study / "roads.dwg").write_bytes(b"AC1027")
    done = run(study)
    assert done.exit_code == 1
    assert said in done.output
