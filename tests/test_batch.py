"""Many studies at once: each as if it were alone, the bad ones told, the done ones left, the overview true."""

from __future__ import annotations

import csv
import json
import math
import os
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

import walkshed
from study_maker import make_study, standing, study_text
from walkshed.batch import Job, read_jobs, run_batch, run_one
from walkshed.batch.facts import hull
from walkshed.batch.unit import still_holds

NAMES = {
    "a": "试验",
    "b": '<script>alert(1)</script>"&',
    "c": "=HYPERLINK(1)\\nمركز 🏠" + "长" * 200,
}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def named(folder: Path, name: str) -> Path:
    make_study(folder)
    text = study_text(
        study=f'name = "{name.replace(chr(34), chr(92) + chr(34))}"\nlanguage = "zh"\ndate = 2026-11-01'
    )
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Three good studies, one whose table has a fault, one that does not exist."""
    folder = tmp_path_factory.mktemp("many")
    for key, name in NAMES.items():
        named(folder / key, name)
    bad = make_study(folder / "bad")
    (bad / "estates.csv").write_text(
        "编号,小区,户数,经度,纬度\nE1,桃源,-5,120.2,31.5\nE1,桃源,x,120.2,31.5\n", encoding="utf-8"
    )
    return folder


@pytest.fixture(scope="module")
def batch(base):
    studies = [base / name for name in ("a", "bad", "b", "none", "c")]
    return run_batch(studies, out=base / "overview", processes=2)


def test_each_study_ends_by_itself_and_stands_in_its_place(base, batch):
    assert [one.status for one in batch.studies] == ["done", "failed", "done", "failed", "done"]
    assert [Path(one.study).name for one in batch.studies] == ["a", "bad", "b", "none", "c"]
    assert len(batch.failed[0].messages) >= 2, "every fault of the study is told"
    assert not (base / "bad" / "out").exists()
    assert batch.headline.en == "5 studies: 3 run, 0 still up to date, 2 failed"


def test_the_results_are_those_of_a_run_by_itself(base, batch):
    del batch
    alone = walkshed.run(base / "b").write(base / "alone")
    for name in ("coverage.csv", "estates.csv", "summary.csv", "venues.csv", "notices.csv"):
        assert (alone / name).read_bytes() == (base / "b" / "out" / name).read_bytes(), name


def test_the_overview_says_the_numbers_of_the_summaries(batch):
    table = rows(batch.folder / "batch.csv")
    assert [row["status"] for row in table] == [one.status for one in batch.studies]
    for row in table:
        if row["status"] == "failed":
            assert row["message"]
            assert row["covered"] == row["total"] == row["covered_share"] == ""
            continue
        first = next(r for r in rows(Path(row["folder"]) / "summary.csv") if r["measure"] == row["measure"])
        assert [row[key] for key in ("total", "covered", "unknown", "covered_share")] == [
            first[key] for key in ("total", "covered", "unknown", "covered_share")
        ]
        assert float(row["seconds"]) > 0


class Page(HTMLParser):
    """Collects what a browser would follow, and what it would run."""

    def __init__(self):
        super().__init__()
        self.links, self.ids, self.tags, self.sources, self.text = [], set(), [], [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name == "href":
                self.links.append(value)
            elif name == "src":
                self.sources.append(value)
            elif name == "id":
                self.ids.add(value)

    def handle_data(self, data):
        self.text += data


def test_the_page_stands_alone_and_its_links_lead_somewhere(batch):
    text = (batch.folder / "index.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert not page.sources
    assert not {"script", "iframe", "link", "img", "object"} & set(page.tags)
    assert "http" not in text
    assert page.tags.count("polygon") == 3
    assert NAMES["b"] in page.text
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids
        else:
            assert (batch.folder / unquote(link)).is_file(), link
    assert any(link.endswith("run.json") for link in page.links)
    for one in batch.failed:
        assert one.messages[0] in page.text


def test_a_batch_again_runs_only_what_changed(base, batch):
    studies = [base / name for name in ("a", "bad", "b", "c")]
    stood = standing(base / "a")
    venues = base / "c" / "venues.csv"
    venues.write_text(venues.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    second = run_batch(studies, out=base / "overview", processes=1)
    assert [one.status for one in second.studies] == ["skipped", "failed", "skipped", "done"]
    assert standing(base / "a") == stood
    assert second.studies[0].covered == batch.studies[0].covered
    assert [one.status for one in run_batch([base / "a"], out=base / "o2", again=True).studies] == ["done"]


@pytest.fixture
def fresh(tmp_path):
    """Return a study that has just been run: its folder, and whether its result holds."""
    folder = make_study(tmp_path / "s")
    assert run_one(str(folder))["status"] == "done"

    def holds() -> bool:
        study = walkshed.read_study(folder)
        return still_holds(study, study.output, version=walkshed.__version__)

    assert holds()
    return folder, holds


@pytest.mark.parametrize("name", ["study.toml", "streets.osm.pbf", "estates.csv", "venues.csv"])
def test_a_result_holds_until_an_input_changes_even_where_its_time_says_otherwise(fresh, name):
    folder, holds = fresh
    path = folder / name
    data, old = path.read_bytes(), path.stat().st_mtime - 1000
    later = time.time() + 5
    os.utime(path, (later, later))
    assert not holds(), "newer"
    os.utime(path, (old, old))
    assert holds(), "older again"
    path.write_bytes(data + b"\n")
    os.utime(path, (old, old))
    assert not holds(), "an older file with other content was put in its place"
    path.unlink()
    if name != "study.toml":
        assert not holds(), "missing"


def test_a_result_of_another_version_or_day_or_with_a_file_gone_does_not_hold(fresh):
    folder, holds = fresh
    record = folder / "out" / "run.json"
    text = record.read_text(encoding="utf-8")
    for change in (
        lambda r: r["versions"].update(walkshed="0.0.1"),
        lambda r: r.update(date="2020-01-01"),
        lambda r: r.pop("inputs"),
    ):
        changed = json.loads(text)
        change(changed)
        record.write_text(json.dumps(changed), encoding="utf-8")
        assert not holds()
    record.write_text("{", encoding="utf-8")
    assert not holds()
    record.write_text(text, encoding="utf-8")
    assert holds()
    (folder / "out" / "venues.csv").unlink()
    assert not holds()


def test_a_decision_about_a_place_makes_a_result_old(fresh):
    folder, holds = fresh
    later = time.time() + 5
    (folder / "decisions.csv").write_text("x", encoding="utf-8")
    os.utime(folder / "decisions.csv", (later, later))
    assert not holds()


def test_what_a_study_names_is_what_is_looked_at(tmp_path):
    folder = make_study(tmp_path / "s")
    (folder / "gates.csv").write_text("estate_id,lon,lat\n", encoding="utf-8")
    (folder / "checks.csv").write_text("x", encoding="utf-8")
    with (folder / "study.toml").open("a", encoding="utf-8") as file:
        file.write('[gates]\nfile = "gates.csv"\n[checks]\nfile = "checks.csv"\n')
    from walkshed.batch.unit import _files_of

    seen = {path.name for path in _files_of(walkshed.read_study(folder))}
    assert seen == {"study.toml", "streets.osm.pbf", "estates.csv", "venues.csv", "gates.csv", "checks.csv"}


def test_a_process_that_dies_takes_no_other_study_with_it(base, tmp_path, monkeypatch):
    from walkshed.batch import pool

    class Doomed(subprocess.Popen):
        count = 0

        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            Doomed.count += 1
            if Doomed.count == 1:
                self.kill()

    monkeypatch.setattr(pool.subprocess, "Popen", Doomed)
    found = run_batch([base / "a", base / "b"], out=tmp_path / "o", processes=1, again=True)
    assert [one.status for one in found.studies] == ["failed", "done"]
    assert "signal 9" in found.studies[0].messages[0]
    assert Doomed.count == 2


def test_two_studies_never_share_an_output(base, tmp_path):
    table = tmp_path / "districts.csv"
    lines = ["研究,输出", f"{base / 'a'},x", f"{base / 'b'},x", f"{base / 'a'},x"]
    table.write_text("\n".join(lines), encoding="utf-8")
    found = run_batch([table], out=tmp_path / "o", processes=1)
    assert [one.status for one in found.studies] == ["done", "failed"]
    assert (tmp_path / "x" / "coverage.csv").is_file()
    assert str(base / "a") in found.studies[1].messages[0]


def test_the_overview_never_takes_the_place_of_a_run(base, batch):
    del batch
    stood = standing(base / "a")
    with pytest.raises(walkshed.OutputError, match="other results"):
        run_batch([base / "b"], out=base / "a" / "out")
    assert standing(base / "a") == stood


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads the processes from /proc")
def test_an_interruption_leaves_no_process_and_no_half_folder_and_is_resumed(tmp_path):
    for number in range(6):
        make_study(tmp_path / f"s{number}")
    mark = f"walkshed-test-{os.getpid()}"
    code = (
        "import sys\nfrom walkshed.batch import run_batch\n"
        "def tell(stage, share=None): print(stage.en, flush=True)\n"
        f"run_batch([{str(tmp_path)!r}], out={str(tmp_path / 'overview')!r}, processes=2, progress=tell)"
    )
    environment = {**os.environ, "WALKSHED_TEST_MARK": mark}
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as parent:
        for line in parent.stdout:
            if not line.startswith("0 of"):
                break
        parent.send_signal(signal.SIGINT)
        _, err = parent.communicate(timeout=60)
    assert parent.returncode != 0
    assert "KeyboardInterrupt" in err
    assert marked(mark) == []
    assert not list(tmp_path.glob("s*/.out*"))
    assert not (tmp_path / "overview").exists()
    finished = {path.parents[1].name for path in tmp_path.glob("s*/out/run.json")}
    assert 0 < len(finished) < 6
    found = run_batch([tmp_path], out=tmp_path / "overview", processes=2)
    assert {Path(one.study).name: one.status for one in found.studies} == {
        f"s{number}": "skipped" if f"s{number}" in finished else "done" for number in range(6)
    }


def marked(mark: str) -> list[str]:
    """Return the processes that were started with a mark in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def test_the_unit_of_work_takes_and_gives_what_json_holds(tmp_path):
    folder = make_study(tmp_path / "s")
    done = run_one(str(folder), str(tmp_path / "elsewhere"), True)
    assert json.loads(json.dumps(done)) == done
    assert (tmp_path / "elsewhere" / "run.json").is_file()
    (folder / "file").write_text("x", encoding="utf-8")
    failed = run_one(str(folder), str(folder / "file"))
    assert failed["status"] == "failed"
    assert "is a file" in failed["messages"][0]


def test_a_table_of_districts_is_read_from_a_workbook(tmp_path):
    import xlsxwriter

    path = tmp_path / "districts.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(
            [
                ("各区", ""),
                ("名称", "研究", "输出"),
                ("北", "north", ""),
                ("", "", ""),
                ("南", "south/study.toml", "res/s"),
            ]
        ):
            sheet.write_row(number, 0, row)
    assert read_jobs([path]) == [
        Job(str(tmp_path / "north")),
        Job(str(tmp_path / "south" / "study.toml"), str(tmp_path / "res" / "s")),
    ]


@pytest.mark.parametrize(
    ("text", "code", "row"),
    [
        ("名称,研究\n北,north\n南,\n", "batch.no_study", 3),
        ("名称,路径\n北,north\n", "batch.no_column", None),
        ("研究,输出\n", "batch.no_rows", None),
        ("", "file.empty", None),
    ],
)
def test_a_table_of_districts_with_faults_stops_the_batch_before_it_begins(tmp_path, text, code, row):
    path = tmp_path / "districts.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(walkshed.InputError) as caught:
        run_batch([path], out=tmp_path / "o")
    assert [(fault.code, fault.source.row) for fault in caught.value.faults] == [(code, row)]
    assert not (tmp_path / "o").exists()


def test_no_study_and_no_process_are_refused(tmp_path):
    with pytest.raises(walkshed.InputError, match="no study"):
        run_batch([], out=tmp_path / "o")
    with pytest.raises(walkshed.InputError, match="at least 1 process"):
        run_batch([tmp_path], out=tmp_path / "o", processes=0)


@given(st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20)), max_size=30))
def test_the_hull_is_that_of_shapely(points):
    from shapely import MultiPoint, Polygon

    found = hull([(float(x), float(y)) for x, y in points])
    expected = MultiPoint(points).convex_hull if points else MultiPoint()
    if expected.geom_type == "Polygon":
        assert Polygon(found).equals(expected)
        assert Polygon(found).exterior.is_ccw
        assert math.isclose(Polygon(found).area, expected.area)
        assert len(found) == len(expected.exterior.coords) - 1
    else:
        assert MultiPoint(found).convex_hull.equals(expected)


@given(st.lists(st.tuples(st.floats(0, 900), st.floats(0, 500)) | st.just((10.0, 10.0)), max_size=25))
def test_no_two_numbers_of_the_map_touch_and_what_is_free_stays(spots):
    from walkshed.deliver.batch_overview import apart

    found = apart(spots)
    assert len(found) == len(spots)
    for number, one in enumerate(found):
        assert all(math.dist(one, other) >= 20 for other in found[:number])
        crowded = any(math.dist(spots[number], other) < 21 for other in found[:number])
        assert crowded or one == spots[number]
