"""What the documents say is true: examples run, links lead somewhere, names and figures are those of a run."""

from __future__ import annotations

import doctest
import io
import json
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
from dataclasses import fields, replace
from html import unescape
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires

import geopandas as gpd
import nbformat
import numpy as np
import pandas as pd
import pyogrio
import pytest

import walkshed
from conftest import ROOT
from walkshed.web import Sent

README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = [README, ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]
SOURCES = sorted((ROOT / "coverage" / "walkshed").rglob("*.py"))


def text_of(name):
    return (DOCS / name).read_text(encoding="utf-8")


def fenced(text, language):
    """Return the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def sections(text):
    """Return the text under each heading, by the heading without its marks."""
    parts = re.split(r"^#+ +(.+)$", text, flags=re.MULTILINE)
    return {
        title.replace("`", "").strip(): body for title, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def tables_of(body):
    """Return the rows of each table of a text, cells as they stand."""
    blocks = re.findall(r"(?:^\|.*\n?)+", body, re.MULTILINE)
    return [
        [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()[2:]]
        for block in blocks
    ]


def table_of(body):
    """Return the rows of the first table of a text."""
    return next(iter(tables_of(body)), [])


def first_column(body):
    return [row[0].strip("`") for row in table_of(body)]


def code_names(cell):
    return re.findall(r"`([^`]+)`", cell)


@pytest.fixture(scope="module")
def formats():
    return sections(text_of("formats.md"))


@pytest.fixture(scope="module")
def written(sample_result, tmp_path_factory):
    """Return the folder with the results of the sample."""
    return sample_result.write(tmp_path_factory.mktemp("docs") / "out")


# --- links, blocks, what must not be there ---------------------------------------------------------------


def anchor(heading):
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page):
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    for link in links:
        if re.match(r"[a-z]+:", link):
            continue
        path, _, part = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {link}"
        if part:
            headings = re.findall(r"^#+ +(.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert part in {anchor(heading) for heading in headings}, f"{page.name} links to {link}"


def test_every_page_can_be_reached_from_the_readme():
    left, seen = [README], set()
    while left:
        page = left.pop()
        seen.add(page)
        linked = re.findall(r"\]\(([^)\s#]+\.md)[)#]", page.read_text(encoding="utf-8"))
        left += {(page.parent / link).resolve() for link in linked if ":" not in link} - seen
    assert set(PAGES) <= seen


def test_the_links_of_the_notebooks_lead_somewhere():
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            for link in re.findall(r"\]\(([^)\s]+)\)", cell.source if cell.cell_type == "markdown" else ""):
                assert re.match(r"https?:", link) or (path.parent / link).exists(), link


def test_the_readme_shows_a_small_picture_of_a_result():
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README.read_text(encoding="utf-8"))
    assert shown == ["docs/pictures/map.png"]
    data = (ROOT / shown[0]).read_bytes()
    assert data.startswith(b"\x89PNG")
    assert len(data) < 200_000


@pytest.mark.parametrize(
    "name", sorted({page.name for page in DOCS.glob("*.md")} - {"architecture.md"}), ids=str
)
def test_pages_for_planners_begin_with_a_chinese_summary(name):
    beginning = text_of(name).split("\n\n")[1]
    assert beginning.startswith("**中文摘要。**")
    assert len(re.findall(r"[\u4e00-\u9fff]", beginning)) > 60


# --- the README's example --------------------------------------------------------------------------------


def test_the_readme_example_prints_what_the_readme_says(tmp_path):
    text = README.read_text(encoding="utf-8")
    (example,) = fenced(text, "python")
    said = text.split(example)[1]
    env = {**os.environ, "PYTHONUTF8": "1"}
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == fenced(said, "text")[0].split()
    assert 8 <= len([line for line in example.splitlines() if line.strip()]) <= 12


def test_the_readme_shows_the_command_s_own_closing_words(sample_result):
    from rich.console import Console

    from walkshed.closing import closing_advice, closing_table

    block = next(block for block in fenced(README.read_text(encoding="utf-8"), "text") if "合计" in block)
    out = io.StringIO()
    Console(file=out, width=120).print(closing_table(sample_result))
    study = sample_result.study
    answers = [text.zh for text in sample_result.answers]
    advice = [text.zh for title, said in closing_advice(sample_result) for text in (title, *said)]
    words = " ".join([study.name, study.note, *answers, out.getvalue(), *advice])
    assert "".join(block.split()) == "".join(words.split())


def test_commands_in_the_documents_are_commands():
    from walkshed.cli import app

    known = {command.name or command.callback.__name__ for command in app.registered_commands}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for command in re.findall(r"(?:^ {4}|`)walkshed (\w+)", text, re.MULTILINE):
            assert command in known, f"{page.name}: walkshed {command}"
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for target in re.findall(r"(?:^ {4}|`)make (\w+)", README.read_text(encoding="utf-8"), re.MULTILINE):
        assert target in targets


# --- formats.md ------------------------------------------------------------------------------------------


def schema_keys():
    """Return the keys of each section of study.toml, as the code has them."""
    from walkshed.study_schema import Schema

    found = {}
    for name, field in Schema.model_fields.items():
        model = field.annotation
        while not hasattr(model, "model_fields"):
            model = next(one for one in model.__args__ if one is not type(None))
        repeated = str(field.annotation).startswith("list")
        found[f"[[{name}]]" if repeated else f"[{name}]"] = list(model.model_fields)
    return found


def test_every_key_of_a_study_is_documented_and_no_other(formats):
    documented = {title: first_column(body) for title, body in formats.items() if title.startswith("[")}
    assert documented == schema_keys()


def test_documented_defaults_are_the_defaults(formats):
    from walkshed.study_schema import Schema

    for title, body in formats.items():
        if not title.startswith("[") or title.startswith("[["):
            continue
        model = Schema.model_fields[title.strip("[]")].annotation
        model = next(
            (one for one in getattr(model, "__args__", [model]) if hasattr(one, "model_fields")), None
        )
        for key, default, *_ in table_of(body):
            field = model.model_fields[key.strip("`")]
            assert field.is_required() == (default == "required"), key
            if (shown := re.fullmatch(r"`(.+)`", default)) and field.default is not None:
                assert tomllib.loads(f"x = {shown[1]}")["x"] in (field.default, *schema_default(key, title))
            elif default == "none":
                assert field.default is None, key


def elsewhere(body):
    """Tell whether a file's section says that the sample has none, or has it in another folder."""
    return body.strip().startswith(("Only if", "Beside `study.toml`"))


def schema_default(key, title):
    """Return defaults that are filled in after the file is read."""
    return [["adult"]] if (title, key.strip("`")) == ("[study]", "profiles") else []


@pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")  # rasterio's own
def test_documented_parts_write_what_is_said(formats, sample_result, tmp_path):
    from walkshed.study import ALL_PARTS

    formats = {name: body for name, body in formats.items() if not elsewhere(body)}

    rows = tables_of(formats["[output]"])[1]
    assert [row[0].strip("`") for row in rows] == list(ALL_PARTS)
    said_to_be_written = {
        name for name in formats if re.fullmatch(r"\w+\.(csv|parquet|gpkg|html|xlsx|tif)", name)
    }
    for part, cell in rows:
        name = part.strip("`")
        study = replace(sample_result.study, write=(name,))
        folder = replace(sample_result, study=study).write(tmp_path / name)
        said = {file.strip("/") for file in code_names(cell) if "." in file or file.endswith("/")}
        if "CSV files" in cell:
            said |= {file for file in formats if file.endswith(".csv")}
        assert {path.name for path in folder.iterdir()} == said | {"run.json"}
        said_to_be_written -= said
    assert not said_to_be_written


@pytest.mark.parametrize("kind", ["estates", "venues", "gates", "rooms", "buildings", "checks"])
def test_documented_headers_are_recognised(formats, kind):
    from walkshed.tables.fields import FIELDS
    from walkshed.tables.headers import known

    rows = table_of(formats[kind.capitalize()])
    assert [row[0].strip("`") for row in rows] == [field.name for field in FIELDS[kind]]
    for (name, chinese, others, _), field in zip(rows, FIELDS[kind], strict=True):
        assert chinese == field.zh
        for header in (name.strip("`"), chinese, *code_names(others)):
            assert known(header, kind)[0] == field.name, header


def test_documented_words_are_read_as_documented(formats):
    from walkshed.tables import words

    vocabularies = {v.column: v for v in vars(words).values() if isinstance(v, words.Vocabulary)}
    seen = {}
    for column, value, said in table_of(formats["Words"]):
        name = column.strip("`")
        seen.setdefault(name, []).append(value.strip("`"))
        for word in (value.strip("`"), *said.split()):
            reading = vocabularies[name].read(word)
            assert reading.problem is None, word
            assert reading.value == value.strip("`"), word
    assert seen == {name: list(vocabulary.words) for name, vocabulary in vocabularies.items()}


def test_documented_dates_are_read(formats):
    from walkshed.tables.dates import read_date

    *good, bad = [name for name in code_names(formats["Dates"]) if re.search(r"\d", name)]
    assert len(good) >= 6
    assert {read_date(name).value.isoformat() for name in good} == {"2024-05-01"}
    assert read_date(bad).problem


@pytest.mark.parametrize(
    "name",
    [
        "coverage",
        "estates",
        "venues",
        "summary",
        "reasons",
        "gates",
        "notices",
        "proposals",
        "proposals_estates",
        "proposals_curve",
        "proposals_plans",
        "scenarios",
        "scenario_estates",
    ],
)
def test_documented_columns_are_those_of_the_csv(formats, written, name):
    table = pd.read_csv(written / f"{name}.csv", encoding="utf-8-sig")
    assert first_column(formats[f"{name}.csv"]) == list(table.columns)
    if name == "coverage":
        reasons = set(code_names(dict(map(row_pair, table_of(formats["coverage.csv"])))["`reason`"]))
        assert set(table["reason"].dropna()) <= reasons


def row_pair(row):
    return row[0], row[1]


def test_documented_columns_of_files_the_sample_has_not_are_those_of_the_tables(formats, sample_result):
    from walkshed.measures.full import rows_of_estates
    from walkshed.places import decisions
    from walkshed.report.changes import changes
    from walkshed.report.homes import distribution, estate_rows
    from walkshed.report.walked import compare_walked

    study, given = sample_result.study, sample_result.measures.allocation
    one = {"estate": np.zeros(1, dtype=np.int64), "n_estates": 1, "unknown": np.zeros(1, dtype=bool)}
    walks = {name: np.ones(1) for name in ("households", "share", "walk_m", "walk_min")}
    rows = estate_rows(**one, **walks, limit=5.0, by="walk_min")
    timed = {"estate_id": ["E"], "venue_id": ["V"], "profile": ["adult"], "minutes": [5.0], "date": [pd.NaT]}
    made = {
        "homes.csv": distribution([("adult", "5 min", rows)], pd.Index(["E"])),
        "walked.csv": compare_walked(
            pd.DataFrame({**timed, "note": [""], "source_row": [2]}),
            pd.DataFrame(
                {name: timed[name] for name in ("estate_id", "venue_id", "profile")} | {"walk_min": 5.0}
            ),
        ).table,
        "changes.csv": changes(sample_result.coverage, sample_result.coverage),
        "allocation.csv": rows_of_estates(
            given, sample_result.coverage, pd.DataFrame({"estate_id": sample_result.estates.index}),
            profile=study.profiles[0], standard=study.standards[0],
        ),
        "allocation_venues.csv": given.venues,
    }  # fmt: skip
    for name, table in made.items():
        assert first_column(formats[name]) == list(table.columns), name
    assert set(made) == {name for name, body in formats.items() if body.strip().startswith("Only if")}
    assert tuple(code_names(formats["decisions.csv"])[1:]) == decisions.COLUMNS


def test_documented_layers_of_repairs_are_those_of_the_file(formats, sample_result, tmp_path):
    from walkshed.streets.gaps import KINDS_OF_GAP
    from walkshed.streets.repairs_file import write_repairs

    study = sample_result.study
    assert len(sample_result.gaps)
    path = write_repairs(tmp_path / "repairs.gpkg", sample_result.gaps, date=study.date, language="zh")
    rows = table_of(formats["repairs.gpkg"])
    layers = [str(name) for name in pyogrio.list_layers(path)[:, 0] if name != "layer_styles"]
    assert [row[0].strip("`") for row in rows] == layers
    for layer, said in rows:
        fields = set(pyogrio.read_info(path, layer=layer.strip("`"))["fields"]) - {"gap"}
        assert fields <= set(code_names(said)), layer
    assert set(KINDS_OF_GAP) <= set(code_names(formats["repairs.gpkg"]))


def test_documented_columns_are_those_of_the_parquet_file(formats, written):
    assert first_column(formats["access.parquet"]) == list(
        pd.read_parquet(written / "access.parquet").columns
    )


def test_documented_layers_are_those_of_the_geopackage(formats, written):
    layers = {str(name) for name in pyogrio.list_layers(written / "coverage.gpkg")[:, 0]} - {"layer_styles"}
    documented = set(first_column(formats["coverage.gpkg"]))
    assert layers <= documented
    assert documented - layers <= {"estate_areas"}  # the sample has no boundaries in its table
    rows = dict(map(row_pair, table_of(formats["coverage.gpkg"])))
    assert set(fields_of(written, "gates")) <= set(code_names(rows["`gates`"]))
    columns = fields_of(written, "estates")
    said = dict(map(row_pair, table_of(formats["coverage.gpkg"])))["`estates`"]
    assert columns == [*first_column(formats["estates.csv"]), *code_names(said)]


def test_documented_columns_are_those_of_the_geoparquet_files(formats, sample_result, tmp_path):
    study = replace(sample_result.study, write=("parquet",))
    folder = replace(sample_result, study=study).write(tmp_path / "out")
    for name in ("estates", "coverage"):
        assert f"he columns of {name}.csv" in formats[f"{name}.parquet"]
        table = gpd.read_parquet(folder / f"{name}.parquet")
        index = [table.index.name] if table.index.name else []
        assert [*index, *table.columns] == [*first_column(formats[f"{name}.csv"]), "geometry"]
        assert table.crs == "EPSG:4326"
    venues = gpd.read_parquet(folder / "venues.parquet")
    ours = first_column(formats["Venues"])
    assert set(ours) <= {venues.index.name, *venues.columns}


def fields_of(written, layer):
    return list(pyogrio.read_info(written / "coverage.gpkg", layer=layer)["fields"])


def test_documented_columns_are_those_of_the_drawn_layers(formats, written):
    drawn = ["catchments", "catchments_merged", "catchments_nearest", "streets_reached"]
    documented = {layer: [] for layer in drawn}
    for column, layers, _ in tables_of(formats["coverage.gpkg"])[1]:
        for layer in drawn if layers == "all" else code_names(layers):
            documented[layer].append(column.strip("`"))
    assert documented == {layer: fields_of(written, layer) for layer in drawn}


def test_documented_sheets_are_those_of_the_workbook(formats, sample_result, tmp_path):
    from walkshed.deliver.workbook import SHEETS

    study = replace(sample_result.study, capacity="m2", write=("tables", "workbook"))
    written = replace(sample_result, study=study).write(tmp_path / "out")

    rows = [(row[0].strip("`"), row[1]) for row in table_of(formats["report.xlsx"])]
    assert rows == [(text.en, text.zh) for text in SHEETS.values()]
    assert pd.ExcelFile(written / "report.xlsx", engine="calamine").sheet_names == [zh for _, zh in rows]


def test_documented_keys_are_those_of_the_record(formats, written):
    record = json.loads((written / "run.json").read_text(encoding="utf-8"))
    keys, counts = tables_of(formats["run.json"])
    assert [row[0].strip("`") for row in keys] == list(record)
    assert [row[0].strip("`") for row in counts] == list(record["counts"])
    said = {row[0].strip("`"): row[1] for row in keys}
    stages = code_names(said["seconds"])
    assert stages == list(record["seconds"])[: len(stages)]
    assert code_names(said["sent"]) == [field.name for field in fields(Sent)]


def test_the_record_holds_no_drawing_where_nothing_is_drawn(formats, sample_result, tmp_path):
    folder = replace(sample_result, study=replace(sample_result.study, write=("tables",))).write(
        tmp_path / "out"
    )
    counts = json.loads((folder / "run.json").read_text(encoding="utf-8"))["counts"]
    documented = [row[0].strip("`") for row in tables_of(formats["run.json"])[1]]
    assert "The last three are there if" in formats["run.json"]
    assert documented[:-3] == list(counts)


def test_every_file_of_a_run_has_its_section(formats, written):
    files = {path.name for path in written.iterdir()}
    assert files <= set(formats)


def suffixes_of(error):
    """Return the suffixes that a refusal names."""
    return set(re.findall(r"\.[a-z]+(?:\.[a-z0-9]+)?\b", error.faults[0].text.en))


def test_documented_suffixes_are_read(formats, tmp_path):
    from walkshed.tables.vector import VECTORS

    other = tmp_path / "places.docx"
    other.write_text("x", encoding="utf-8")
    with pytest.raises(walkshed.InputError) as refused:
        walkshed.read_estates(other)
    said = set(re.findall(r"`(\.\w+)`", formats["Tables"]))
    assert len(said) >= 10
    assert said <= suffixes_of(refused.value)
    with pytest.raises(walkshed.InputError) as refused:
        walkshed.read_streets(other)
    streets = {row[0]: row[2] for row in table_of(formats["[streets]"])}["`file`"]
    osm, layers = (set(code_names(part)) for part in streets.split("; or a layer"))
    assert osm == {suffix for suffix in suffixes_of(refused.value) if suffix.startswith(".osm")}
    assert layers == VECTORS - {".json", ".geoparquet"}  # other spellings
    assert suffixes_of(refused.value) <= osm | layers


# --- method.md -------------------------------------------------------------------------------------------


def test_the_walking_rules_are_documented_word_by_word():
    from walkshed.streets import rules

    ways = sections(text_of("method.md"))["Ways"]
    said = set(re.findall(r"[\w:]+", " ".join(code_names(ways))))
    assert set(rules.KINDS) - {"crossing_area", "gate_link"} <= said  # these two are made, not mapped
    for words in (rules._PASS, rules._PRIVATE, rules._CLOSED, rules._WALLS, rules._NEVER, rules._SIDEWALKS):
        assert set(words) <= said
    areas = set(code_names(sections(text_of("method.md"))["From ways to a network"]))
    assert {rules.KINDS[code] for code in rules._AREA_KINDS} <= areas


def test_documented_permissions_are_the_rules():
    from walkshed.streets.rules import permission

    rows = table_of(sections(text_of("method.md"))["Ways"].split("asked first")[1].split("**Barriers")[0])
    meaning = {"pass": "pass", "private": "private", "closed": "closed", "says": ""}
    assert len(rows) == len(meaning)
    for cell, said in rows:
        for word in code_names(cell.replace("`foot`", "").replace("`access`", "")):
            assert permission({"foot": word}) == meaning[re.match(r"\w+", said)[0]], word


def test_every_reason_is_documented_in_its_order():
    from walkshed.report.coverage import REASONS

    body = sections(text_of("method.md"))["Status and reason"]
    said = [name for row in table_of(body) for name in code_names(row[1])]
    assert said == list(REASONS)


def test_constants_in_the_method_are_those_of_the_code():
    from walkshed.report.coverage import SPEED_DOUBT
    from walkshed.streets import ahead, areas
    from walkshed.streets.line_layer import TOLERANCE_M
    from walkshed.streets.network import BIG_COMPONENT_M
    from walkshed.streets.ties import MAX_SNAP_M
    from walkshed.study import LARGE_FILE_BYTES
    from walkshed.walking.ground import CELL_M

    text = text_of("method.md")
    presets = {row[0]: row[1] for row in table_of(sections(text)["Presets, their sources and their state"])}
    assert presets["profile `adult`"] == f"{walkshed.ADULT.speed_mps:.2f} m/s"
    assert presets["`max_snap_m`"] == f"{MAX_SNAP_M:g} m"
    assert f"{BIG_COMPONENT_M:g} m" in presets["short piece of streets"]
    assert SPEED_DOUBT == 0.1
    assert "a tenth" in presets["range of speeds"]
    assert f"larger than {LARGE_FILE_BYTES / 1e6:g} MB" in text
    assert presets["grid of the catchments"] == f"{CELL_M:g} m, drawn to {CELL_M / 2:g} m"
    assert f"more than {areas._MOST_CORNERS} such corners only the first {areas._MOST_CORNERS}" in text
    assert f"grid of {CELL_M:g} m" in sections(text)["Catchments"]
    assert f"more than {CELL_M / 2:g} m from the boundary" in sections(text)["Catchments"]
    assert f"{TOLERANCE_M:g} m" in presets["loose end of a line layer"]
    architecture = text_of("architecture.md")
    assert f"({ahead._WORTH_BYTES / 1e6:g} MB and" in architecture
    assert f"larger than {LARGE_FILE_BYTES / 1e6:g} MB" in architecture


def test_the_sample_is_drawn_as_the_method_says(sample_result):
    said = re.search(
        r"In the sample that is (\d+) of (\d+) \((\d+) estates × (\d+) standards × (\d+) walkers\), (\d+) of them\s+beyond",
        text_of("method.md"),
    )
    apart = sample_result.disagreements
    found = (
        len(apart),
        len(sample_result.coverage),
        len(sample_result.estates),
        len(sample_result.study.standards),
        len(sample_result.study.profiles),
        (~apart["near_boundary"]).sum(),
    )
    assert tuple(map(int, said.groups())) == found


def test_the_presets_in_the_method_are_those_of_the_code():
    from walkshed.profiles import PRESETS

    _, numbers, sources = tables_of(sections(text_of("method.md"))["Presets, their sources and their state"])
    columns = ("speed_mps", "stairs_up_mps", "stairs_down_mps", "crossing_s", "signal_s", "gate_s", "lift_s")
    assert [row[0].strip("`") for row in numbers] == list(PRESETS)
    for name, *cells, steps in numbers:
        profile = PRESETS[name.strip("`")]
        found = [None if cell == "–" else float(cell) for cell in cells]
        assert found == [getattr(profile, column) or None for column in columns], name
        assert profile.step_free == (steps == "no")
        assert profile.slope is None
    said = {
        (who, code_names(field)[0], source, state == "verified")
        for field, names, source, state in sources
        for who in code_names(names)
    }
    assert said == {
        (one.name, its.field, its.source.en, its.verified) for one in PRESETS.values() for its in one.sources
    }


def test_constants_of_walls_reasons_and_repairs_are_those_of_the_code():
    from walkshed.osm_buildings import LEAST_M2
    from walkshed.report import reasons, sureness
    from walkshed.streets import gaps, repairs
    from walkshed.walls import boundary, gates, zones

    method, formats = sections(text_of("method.md")), sections(text_of("formats.md"))
    presets = {row[0]: row[1] for row in table_of(method["Presets, their sources and their state"])}
    assert presets["longest leg"].startswith(f"{sureness.LEG_DOUBT:.0%}".replace("%", " %"))
    assert presets["usual detour"] == f"{reasons.USUAL_DETOUR:g}"
    assert presets["odd detour"] == f"{reasons.ODD_DETOUR:g}"
    assert f"within {boundary.NAMED_NEAR_M:g} m" in presets["name of an estate on the map"]
    assert f"within {gates.AT_CROSSING_M:g} m" in presets["gate at a crossing of the wall"]
    assert f"within {zones.BAND_M:g} m" in presets["way along a wall"]
    said = formats["repairs.gpkg"]
    assert f"Ends within {repairs.TOLERANCE_M:g} m" in said
    assert f"within {gaps.AT_BOUNDARY_M:g} m of a boundary" in said
    assert f"at most {gaps.APART_M:g} m from" in said
    assert f"ends at most {gaps.NEAR_MISS_M:g} m" in said
    assert f"less than {LEAST_M2:g} m²" in method["Buildings"]


# --- architecture.md -------------------------------------------------------------------------------------


def test_the_layers_in_the_document_are_those_the_tests_enforce():
    from test_house import LAYERS

    rows = table_of(sections(text_of("architecture.md"))["Layers"])
    assert [tuple(code_names(row[1])) for row in rows] == [tuple(layer) for layer in LAYERS]


def test_every_module_of_the_streets_stands_in_the_document_once():
    names = [
        name
        for row in tables_of(sections(text_of("architecture.md"))["Layers"])[1]
        for name in code_names(row[0])
    ]
    there = {path.stem for path in SOURCES if path.parent.name == "streets"} - {"__init__"}
    assert sorted(names) == sorted(there)


def test_modules_named_in_the_documents_exist():
    names = {path.relative_to(ROOT / "coverage" / "walkshed").as_posix() for path in SOURCES}
    bare = {name.rsplit("/", 1)[-1] for name in names}
    for page in PAGES:
        for name in re.findall(r"`(?:walkshed/)?((?:\w+/)*\w+\.py)`", page.read_text(encoding="utf-8")):
            assert name in names or name in bare or (ROOT / name).exists(), f"{page.name} names {name}"
    drawing = fenced(text_of("architecture.md"), "text")[0]
    stems = {part for name in names for part in name.removesuffix(".py").split("/")}
    named = re.findall(r"\| {1,3}([a-z_]+(?:, [a-z_]+)*)(?::| {2,})", drawing)
    assert len(named) >= 25
    for word in ", ".join(named).split(", "):
        assert word in stems, f"the drawing names {word}"


# --- what goes wrong -------------------------------------------------------------------------------------


def test_sentences_in_the_tables_of_troubles_are_sentences_of_the_code():
    code = "".join(path.read_text(encoding="utf-8") for path in SOURCES).replace('"\n', "").replace("\\", "")
    code = re.sub(r"[^\w\u4e00-\u9fff]+", " ", code)
    quoted = table_of(sections(text_of("your-own-data.md"))["6. Check"])
    quoted += [
        row
        for row in table_of(sections(text_of("office-machine.md"))["If something is wrong"])
        if "cannot be written" in row[0]
    ]
    quoted += table_of(sections(text_of("streets-of-a-place.md"))["How to write the place"])
    assert len(quoted) >= 16
    for row in quoted:
        for piece in re.split(r"report.xlsx|[…/“”\"`（），;；:。]+", row[0]):
            plain = re.sub(r"[^\w\u4e00-\u9fff]+", " ", piece).strip()
            assert plain in code, f"no sentence of the code holds {plain!r}"


def windows_only(names):
    """Return what some package needs on Windows but not here."""
    from packaging.requirements import Requirement

    here, there = (
        {"extra": ""},
        {"extra": "", "platform_system": "Windows", "sys_platform": "win32", "os_name": "nt"},
    )
    found, wanted, left = set(), set(), list(names)
    while left:
        requirement = Requirement(left.pop())
        name = requirement.name.lower()
        if name in wanted:
            continue
        wanted.add(name)
        try:
            needs = requires(name) or []
        except PackageNotFoundError:
            continue
        for need in needs:
            marker = Requirement(need).marker
            if marker is None or marker.evaluate(here):
                left.append(need)
            elif marker.evaluate(there):
                found.add(Requirement(need).name.lower())
    return found


def test_packages_needed_on_windows_only_are_named_for_the_download():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    commands = [
        line
        for text in (README.read_text(encoding="utf-8"), text_of("office-machine.md"))
        for line in re.findall(r"^ {4}(pip download .+)$", text, re.MULTILINE)
    ]
    assert len(commands) == 2
    assert commands[0] == commands[1]
    missing = windows_only(project["dependencies"])
    assert missing or sys.platform == "win32"
    assert missing <= set(commands[0].split())
    assert f"walkshed-{walkshed.__version__}-py3-none-win_amd64.whl" in commands[0]


# --- the rest --------------------------------------------------------------------------------------------


def test_versions_agree():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {walkshed.__version__}\n" in citation
    assert f"## [{walkshed.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_nothing_names_a_package_index():
    for page in PAGES:
        text = unescape(page.read_text(encoding="utf-8"))
        assert not re.search("|".join(("index" + "-url", r"py" + r"pi\.", "/simple")), text), page.name


def modules():
    return sorted(
        info.name
        for info in pkgutil.walk_packages(walkshed.__path__, "walkshed.")
        if not info.name.endswith(("__main__", "._kernel"))  # the latter only looks like a module
    )


@pytest.mark.parametrize("name", ["walkshed", *modules()])
def test_the_examples_in_docstrings_are_true(name):
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    report = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=flags)
    for test in doctest.DocTestFinder(exclude_empty=True).find(import_module(name), name):
        runner.run(test, out=report.write)
    assert runner.summarize(verbose=False).failed == 0, report.getvalue()
