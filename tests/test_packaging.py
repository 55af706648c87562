"""The built wheel, in a fresh environment: the right files, no clash with coverage.py, the command works."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from conftest import ROOT

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "build", "--outdir", out, ROOT], check=True, capture_output=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def fresh(wheel, tmp_path_factory) -> Path:
    """Return the Python of a new environment that holds nothing but the wheel, what it needs, and coverage.py."""
    home = tmp_path_factory.mktemp("fresh")
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", wheel, "coverage", "pytest", "pytest-cov"], check=True
    )
    return python


def test_the_wheel_holds_the_package_its_types_its_sample_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"walkshed", next(top for top in tops if top.endswith(".dist-info"))}
    assert {"walkshed/__init__.py", "walkshed/py.typed", "walkshed/sample/study.toml"} <= set(names)
    assert {"walkshed/sample/streets.osm.pbf", "walkshed/sample/estates.xlsx"} <= set(names)
    assert any(name.startswith("walkshed/deliver/map_assets/") and name.endswith(".js") for name in names)
    assert not [name for name in names if "/out/" in name or ".walkshed" in name or "__pycache__" in name]


def test_the_source_archive_builds_the_same_wheel(wheel, tmp_path):
    sdist = next(wheel.parent.glob("*.tar.gz"))
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, ROOT],
        check=True,
        capture_output=True,
    )
    source = tmp_path / "unpacked"
    source.mkdir()
    subprocess.run(["tar", "xzf", sdist, "-C", source, "--strip-components=1"], check=True)
    again = tmp_path / "again"
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", again, source], check=True, capture_output=True
    )
    assert zipfile.ZipFile(next(again.glob("*.whl"))).namelist() == zipfile.ZipFile(wheel).namelist()


def test_there_is_no_importable_coverage_of_ours():
    assert not (ROOT / "coverage" / "__init__.py").exists()
    ignored = (ROOT / ".gitignore").read_text().split()
    assert not {"coverage", "coverage/", "/coverage", "/coverage/"} & set(ignored)


def test_coverage_py_keeps_its_name_beside_walkshed(fresh, tmp_path):
    code = "import coverage, walkshed; coverage.Coverage; print(coverage.__file__, walkshed.__file__)"
    shown = subprocess.run(
        [fresh, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path
    ).stdout
    theirs, ours = shown.split()
    assert Path(theirs).parent.name == "coverage"
    assert Path(ours).parent.name == "walkshed"
    assert Path(ours).parents[1] == Path(theirs).parents[1]


def test_pytest_cov_measures_walkshed(fresh, tmp_path):
    (tmp_path / "test_one.py").write_text(
        "import walkshed\n\ndef test():\n    assert walkshed.Standard(minutes=5).name == '5 min'\n"
    )
    shown = subprocess.run(
        [fresh, "-m", "pytest", "-q", "--cov=walkshed", "test_one.py"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    ).stdout
    assert "standards.py" in shown


def test_the_installed_command_makes_and_runs_the_sample(fresh, tmp_path):
    command = fresh.parent / "walkshed"
    study = tmp_path / "示例 study"
    subprocess.run([command, "init", study], check=True, capture_output=True)
    done = subprocess.run([command, "run", study], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert (study / "out" / "map.html").stat().st_size > 100_000
    assert "map.html" in done.stdout


def test_no_file_of_the_repository_names_a_package_registry():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\n")
    words = ("index" + "-url", "pypi" + ".org", "files.python" + "hosted", "registry.npm" + "js")
    for name in filter(None, listed):
        path = ROOT / name
        if path.suffix in {".png", ".pbf", ".xlsx"} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        assert not [word for word in words if word in text], name
