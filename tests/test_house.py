"""The house: layers that import downwards only, doors of heavy libraries, a quick --help."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import walkshed
from conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = ROOT / "coverage" / "walkshed"
LAYERS = (
    ("errors", "progress", "meanwhile", "geodesy", "crs", "kernel"),
    (
        "osm",
        "osm_buildings",
        "osm_public",
        "osm_names",
        "osm_gates",
        "osm_file",
        "osm_opl",
        "osm_clip",
        "osm_shapes",
        "web",
        "overpass",
        "standards",
        "profiles",
        "datum",
        "naming",
    ),
    ("tables",),
    ("streets", "walls", "places", "homes"),
    ("walking",),
    ("report", "measures"),
    ("siting",),
    ("deliver",),
    (
        "study",
        "study_schema",
        "inputs",
        "result",
        "runner",
        "sample",
        "located",
        "locate",
        "draft",
        "siting_run",
        "datum_notices",
        "answering",
        "scenarios",
        "batch",
        "compare",
    ),
    ("cli", "closing", "__init__", "__main__"),
)
LEVEL = {name: number for number, names in enumerate(LAYERS) for name in names}
DOORS = {
    "osmium": {
        "osm.py",
        "osm_buildings.py",
        "osm_names.py",
        "osm_gates.py",
        "osm_file.py",
        "osm_opl.py",
        "osm_clip.py",
        "osm_public.py",
        "overpass.py",
    },
    "osmnx": {"streets/place.py"},
    "requests": {"web.py", "overpass.py", "streets/place.py"},
    "networkx": {"streets/osmnx_graph.py"},
    "contourpy": {"walking/catchments.py"},
    "rasterio": {"deliver/surface.py", "walking/slope.py"},
    "folium": {"deliver/map.py", "deliver/offline.py", "deliver/review_map.py"},
    "xlsxwriter": {
        "deliver/workbook.py",
        "deliver/review_book.py",
        "deliver/draft_files.py",
        "tables/templates.py",
    },
    "matplotlib": {
        "deliver/print_style.py",
        "deliver/print_draw.py",
        "deliver/print_shapes.py",
        "deliver/print_panel.py",
        "deliver/print_map.py",
    },
    "PIL": set(),
    "docx": {"deliver/document_docx.py"},
    "highspy": {"siting/exact.py", "measures/programme.py"},  # sites; who goes where when rooms are full
    "threadpoolctl": {"siting/solve.py"},
    "opencc": {"naming/normal.py"},
    "rapidfuzz": {"naming/judging.py", "naming/matching.py"},
    "pydantic": {"study_schema.py"},
    "typer": {"cli.py"},
    "pyproj": {"crs.py", "geodesy.py"},
    # the last three only keep a writer of osmium alive; C is called by the first
    "ctypes": {"kernel/library.py", "overpass.py", "osm_opl.py", "osm_clip.py"},
}
HEAVY = {
    "numpy",
    "pandas",
    "geopandas",
    "shapely",
    "scipy",
    "pyproj",
    "pyogrio",
    "osmium",
    "folium",
    "pydantic",
    "pyarrow",
    "osmnx",
    "requests",
    "highspy",
    "matplotlib",
    "PIL",
    "docx",
    "opencc",
    "rapidfuzz",
}


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__") or "__init__"


def typing_only(tree: ast.Module) -> set[ast.AST]:
    """Return the nodes that stand under ``if TYPE_CHECKING``."""
    blocks = [n for n in ast.walk(tree) if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.unparse(n.test)]
    return {node for block in blocks for child in block.body for node in ast.walk(child)}


def imports_of(path: Path, *, at_run_time: bool) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = typing_only(tree) if at_run_time else set()
    found: set[str] = set()
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: imports are absolute"
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def own_imports(path: Path) -> set[str]:
    names = {name_of(module) for module in modules()}
    found = {
        name.removeprefix("walkshed.")
        for name in imports_of(path, at_run_time=True)
        if name.startswith("walkshed.")
    }
    return {name for name in found if name in names}


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_imports_from_lower_layers_or_its_own_package_only(path):
    own = name_of(path).split(".")[0]
    assert own in LEVEL, f"say in which layer {own} lives"
    for other in {name.split(".")[0] for name in own_imports(path)}:
        below = LEVEL[other] < LEVEL[own]
        beside = other == own or (
            LEVEL[other] == LEVEL[own] and own in {name for row in LAYERS for name in row}
        )
        assert below or beside, f"{name_of(path)} imports {other}, which is above it"


def test_no_import_goes_in_a_circle():
    graph = {name_of(path): own_imports(path) for path in modules()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " → ".join((*trail, name))
        if name in done:
            return
        for other in graph.get(name, ()):
            # a package's door re-exports what stands behind it
            if other != name and not name.startswith(other + "."):
                visit(other, (*trail, name))
        done.add(name)

    for name in graph:
        if name != "__init__":
            visit(name, ())


@pytest.mark.parametrize("library", DOORS)
def test_a_heavy_library_has_one_door(library):
    users = {
        path.relative_to(SOURCE).as_posix()
        for path in modules()
        if any(
            name == library or name.startswith(library + ".") for name in imports_of(path, at_run_time=True)
        )
    }
    assert users <= DOORS[library]


def test_help_loads_no_heavy_library():
    code = (
        "import sys\nfrom walkshed.cli import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print(sorted(set(sys.modules) & {HEAVY!r}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_every_public_name_is_there_and_says_what_it_is():
    assert sorted(walkshed.__all__) == list(walkshed.__all__)
    for name in walkshed.__all__:
        thing = getattr(walkshed, name)
        assert name == "ADULT" or thing.__doc__, name


def test_the_top_level_name_is_the_function_not_a_module():
    assert callable(walkshed.run)
    assert callable(walkshed.access)
    assert callable(walkshed.route)
