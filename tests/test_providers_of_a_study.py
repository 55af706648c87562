"""A whole study that asks an online service: what leaves the machine, what is recorded, and what never appears."""

from __future__ import annotations

import json
import logging
import shutil
import zipfile

import openpyxl
import pytest
from typer.testing import CliRunner

from geocoder_server import KEYS, Known, serving_geocoders
from slow_datum import slow_gcj
from walkshed.cli import app
from walkshed.osm_names import read_named

KEY = KEYS["amap"]
ASKED = {"荣德苑1期", "太康新村", "水产公司宿舍", "錦綉苑"}
"""The rows of the sample without coordinates."""


@pytest.fixture
def amap(sample, tmp_path, monkeypatch):
    """Return a study that asks Amap, played by a server of this machine, and the server."""
    for variable in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    folder = shutil.copytree(sample, tmp_path / "s", ignore=shutil.ignore_patterns("out", ".walkshed"))
    named = read_named(folder / "streets.osm.pbf").set_index("name")
    at = named.loc["湖滨人家", ["lon", "lat"]].astype(float).tolist()
    with serving_geocoders() as server:
        server.world, server.asked, server.faults, server.shift = (Known("水产公司宿舍", *at),), [], [], None
        text = (folder / "study.toml").read_text(encoding="utf-8")
        text = text.split("[siting]")[0] + '[output]\nfolder = "out"\nwrite = ["tables"]\n'
        options = f'options = {{ amap = {{ url = "{server.url}", pause_s = 0 }} }}'
        text += f'\n[places]\nproviders = ["amap"]\ncity = "无锡市"\n{options}\n'
        (folder / "study.toml").write_text(text, encoding="utf-8")
        monkeypatch.setenv("WALKSHED_AMAP_KEY", KEY)
        yield folder, server


def command(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments])


def record(folder):
    return json.loads((folder / "out" / "run.json").read_text(encoding="utf-8"))


def texts(folder):
    """Yield the name and the bytes of every file of a folder, of what lies in archives too."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.name, path.read_bytes()
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as book:
                    yield from ((f"{path.name}/{part}", book.read(part)) for part in book.namelist())


def status(folder, ident):
    page = (folder / "out" / "estates.csv").read_text(encoding="utf-8-sig").splitlines()
    head = page[0].split(",")
    row = next(line.split(",") for line in page[1:] if line.startswith(ident))
    return row[head.index("location_status")], row[head.index("lon")]


def test_the_record_lists_what_was_asked_of_whom_and_nothing_else_was_sent(amap):
    folder, server = amap
    done = command("run", folder)
    assert done.exit_code == 0, done.output
    sent = record(folder)["sent"]
    assert {one["service"] for one in sent} == {"Amap 高德"}
    assert len(sent) == len(server.asked)
    assert all(one["url"].startswith(server.url) for one in sent)
    words = " ".join(one["what"] for one in sent)
    assert all(name.split("期")[0] in words for name in ASKED)
    # nothing of other rows, of counts or of contacts came to the server
    import walkshed

    estates = walkshed.read_estates(folder / "estates.xlsx")
    came = " ".join(
        f"{value}" for one in server.asked for field, value in one.fields.items() if field != "key"
    )
    for name in set(estates["name"]) - ASKED:
        assert name not in came
    for row in estates[estates["name"].isin(ASKED)].itertuples():
        assert f"{row.households:.0f}" not in came.split()
    assert "示例" not in came
    assert "000-0000" not in came


def test_what_the_service_finds_is_used_in_the_right_datum_and_asked_for_once(amap):
    folder, server = amap
    assert command("run", folder).exit_code == 0
    found, lon = status(folder, "040")
    assert found == "matched"
    assert float(lon) == pytest.approx(server.world[0].lon, abs=2e-6)
    assert abs(slow_gcj(server.world[0].lon, server.world[0].lat)[0] - float(lon)) > 0.003
    asked = len(server.asked)
    assert command("run", folder).exit_code == 0
    assert len(server.asked) == asked
    assert record(folder)["sent"] == []


def test_offline_forbids_it(amap):
    folder, server = amap
    for name in ("run", "locate"):
        done = command(name, folder, "--offline")
        assert done.exit_code == 0, done.output
    assert server.asked == []
    assert record(folder)["sent"] == []
    assert status(folder, "040") == ("not_found", "")


def test_an_unknown_provider_is_told_with_the_file_that_names_it(amap):
    folder, server = amap
    text = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(text.replace('["amap"]', '["amp"]'), encoding="utf-8")
    done = command("run", folder)
    assert done.exit_code == 1
    assert "study.toml，值“amp”" in "".join(done.output.split("\n"))
    assert server.asked == []


def test_no_provider_no_request(amap):
    folder, server = amap
    text = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(
        text.replace('providers = ["amap"]', "providers = []"), encoding="utf-8"
    )
    assert command("run", folder).exit_code == 0
    assert server.asked == []
    assert record(folder)["sent"] == []


@pytest.mark.parametrize(
    "good", [True, pytest.param(False, marks=pytest.mark.full)], ids=["a right key", "a refused key"]
)
def test_the_key_is_in_no_file_and_no_word(amap, good, caplog, monkeypatch):
    folder, server = amap
    key = KEY if good else KEY[::-1]
    monkeypatch.setenv("WALKSHED_AMAP_KEY", key)
    text = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(text.replace('write = ["tables"]\n', ""), encoding="utf-8")
    with caplog.at_level(logging.DEBUG):
        said = [command(name, folder) for name in ("locate", "run", "check")]
    assert any(key in one.target for one in server.asked)  # it was used
    assert all(one.exit_code == 0 for one in said), said
    for one in said:
        assert key not in one.output
    assert key not in caplog.text
    names = []
    for name, data in texts(folder):
        names.append(name)
        for form in (key, key.upper(), key[:16]):
            assert form.encode() not in data, name
            assert form.encode("utf-16-le") not in data, name
    assert {"run.json", "map.html", "report.xlsx", "notices.csv", "places_review.xlsx"} <= set(names)
    told = (folder / "out" / "notices.csv").read_text(encoding="utf-8-sig")
    assert ("WALKSHED_AMAP_KEY" in told) is not good


def test_the_password_of_an_own_server_is_in_no_result(amap):
    folder, server = amap
    text = (folder / "study.toml").read_text(encoding="utf-8")
    own = server.url.replace("://", "://bob:secretpw99@")
    text = text.replace(f'amap = {{ url = "{server.url}"', f'amap = {{ url = "{own}"')
    (folder / "study.toml").write_text(text, encoding="utf-8")
    assert command("run", folder).exit_code == 0
    assert server.asked
    names = [name for name, data in texts(folder) if b"secretpw99" in data]
    assert names == ["study.toml"]
    assert record(folder)["parameters"]["places"]["options"]["amap"]["url"] == server.url


def test_what_decides_about_places_is_among_the_inputs(amap):
    folder, _ = amap
    (folder / "known.csv").write_text("名称,经度,纬度\n水产公司宿舍,120.25,31.57\n", encoding="utf-8")
    (folder / "decisions.csv").write_text(
        "kind,id,name,choice,lon,lat\nestate,030,太康新村,typed,120.24,31.568\n", encoding="utf-8"
    )
    text = (folder / "study.toml").read_text(encoding="utf-8")
    text = text.replace('providers = ["amap"]', 'providers = []\nknown = "known.csv"')
    (folder / "study.toml").write_text(text, encoding="utf-8")
    assert command("run", folder).exit_code == 0
    assert {"known.csv", "decisions.csv"} <= set(record(folder)["inputs"])
    assert status(folder, "040")[0] == "matched"


def test_a_service_that_lies_about_its_datum_is_told_and_its_answers_are_only_offered(amap):
    folder, server = amap
    named = read_named(folder / "streets.osm.pbf").set_index("name")
    names = ["百年里", "蚕桑里", "书香名邸", "古街小区", "荣锦花园"]
    places = [Known(name, *named.loc[name, ["lon", "lat"]].astype(float).tolist()) for name in names]
    server.world = (*server.world, *places)
    server.shift = lambda lon, lat: (lon, lat)  # WGS84, said to be GCJ-02
    book = openpyxl.load_workbook(folder / "estates.xlsx")
    page = book.active
    head = next(row for row in page.iter_rows() if any(cell.value == "经度" for cell in row))
    column = {cell.value: cell.column for cell in head}
    for row in range(head[0].row + 1, page.max_row + 1):
        if page.cell(row, column["小区"]).value in names:
            page.cell(row, column["经度"]).value = page.cell(row, column["纬度"]).value = None
    book.save(folder / "estates.xlsx")
    assert command("run", folder).exit_code == 0
    told = (folder / "out" / "notices.csv").read_text(encoding="utf-8-sig")
    assert "amap" in next(line for line in told.splitlines() if line.startswith("places.source_shifted"))
    assert status(folder, "040") == ("doubtful", "")
