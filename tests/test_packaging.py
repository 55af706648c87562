"""The built wheel, in a fresh environment: the right files, no clash with coverage.py, the command works."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.tags import platform_tags

from conftest import ROOT

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "build", "--outdir", out, ROOT], check=True, capture_output=True)
    return next(out.glob("*.whl"))


def unpacked(wheel: Path, folder: Path) -> Path:
    """Unpack the source archive that was built with the wheel; return its folder."""
    with tarfile.open(next(wheel.parent.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return next(folder.iterdir())


def built(source: Path, out: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Build a wheel of a source folder, as on a machine with this environment beside what is usual."""
    usual = {key: value for key, value in os.environ.items() if key not in {"CC", "WALKSHED_PLATFORM"}}
    return subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", out, source],
        env={**usual, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def libraries(wheel: Path) -> dict[str, bytes]:
    """Return the compiled libraries of a wheel, by name."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if "/_kernel." in name}


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


def test_the_wheel_holds_one_library_and_is_for_this_platform_and_any_python(wheel):
    python, abi, platform = wheel.stem.split("-")[-3:]
    assert (python, abi) == ("py3", "none")
    assert platform in set(platform_tags())
    assert len(libraries(wheel)) == 1
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        about = archive.read(next(name for name in names if name.endswith("/WHEEL"))).decode()
    assert "Root-Is-Purelib: false" in about
    assert f"Tag: py3-none-{platform}\n" in about
    assert {"walkshed/kernel/kernel.h", "walkshed/kernel/source_digest.c"} <= set(names)


def test_the_library_names_no_folder_of_the_machine_that_built_it(wheel):
    (content,) = libraries(wheel).values()
    for folder in (b"/tmp", str(ROOT).encode(), str(Path.home()).encode() + b"/"):
        assert folder not in content


def test_the_source_archive_holds_the_sources_of_the_library_and_not_the_library(wheel):
    with tarfile.open(next(wheel.parent.glob("*.tar.gz"))) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}
    kernel = ROOT / "coverage" / "walkshed" / "kernel"
    sources = {path.relative_to(ROOT).as_posix() for path in [*kernel.glob("*.c"), *kernel.glob("*.h")]}
    assert sources | {"hatch_build.py"} <= names
    assert not [name for name in names if "/_kernel." in name]


def test_the_source_archive_builds_the_same_wheel(wheel, tmp_path):
    assert built(ROOT, tmp_path / "checkout").returncode == 0
    assert built(unpacked(wheel, tmp_path / "source"), tmp_path / "again").returncode == 0
    again, checkout = (next((tmp_path / name).glob("*.whl")) for name in ("again", "checkout"))
    assert again.name == checkout.name == wheel.name
    assert zipfile.ZipFile(checkout).namelist() == zipfile.ZipFile(wheel).namelist()
    assert again.read_bytes() == wheel.read_bytes()


def test_without_a_compiler_the_package_index_gives_one_and_its_library_answers_alike(wheel, tmp_path):
    done = built(unpacked(wheel, tmp_path / "source"), tmp_path, PATH=str(tmp_path / "nothing"))
    assert done.returncode == 0, done.stderr
    assert "-m ziglang cc" in done.stdout + done.stderr
    other, site = next(tmp_path.glob("*.whl")), tmp_path / "site"
    assert other.name == wheel.name
    assert libraries(other).keys() == libraries(wheel).keys()
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", site, other]
    subprocess.run(command, check=True)

    def ran(*command: object) -> str:
        environment = {**os.environ, "PYTHONPATH": str(site)}
        return subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        ).stdout

    assert str(site) in ran("-c", "import walkshed; print(walkshed.__file__)")
    assert " passed" in ran(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", *(ROOT / "tests").glob("test_kernel*.py")
    )


def test_a_compiler_that_cannot_compile_is_said(wheel, tmp_path):
    done = built(unpacked(wheel, tmp_path / "source"), tmp_path, CC="no-such-compiler -O1")
    assert done.returncode != 0
    assert "the kernel does not compile · 内核编译失败: no-such-compiler -O1" in done.stdout + done.stderr


def test_a_wheel_for_another_system_is_made_here(wheel, tmp_path):
    done = built(unpacked(wheel, tmp_path / "source"), tmp_path, WALKSHED_PLATFORM="macosx_11_0_arm64")
    assert done.returncode == 0, done.stderr
    other = next(tmp_path.glob("*.whl"))
    assert other.name.endswith("-py3-none-macosx_11_0_arm64.whl")
    ((name, content),) = libraries(other).items()
    assert name == "walkshed/kernel/_kernel.dylib"
    assert content[:8] == bytes.fromhex("cffaedfe 0c000001"), "Mach-O of 64 bits, ARM"
    assert b"/tmp" not in content


def test_a_change_of_the_sources_compiles_again_and_nothing_else_does(wheel, tmp_path):
    source = unpacked(wheel, tmp_path / "source")
    kernel = source / "coverage" / "walkshed" / "kernel"

    def made() -> os.stat_result:
        assert built(source, tmp_path).returncode == 0
        (library,) = kernel.glob("_kernel.*")
        return library.stat()

    first = made()
    assert (made().st_ino, made().st_mtime_ns) == (first.st_ino, first.st_mtime_ns)
    with (kernel / "source_digest.c").open("a") as file:
        file.write("/* changed */\n")
    assert made().st_mtime_ns > first.st_mtime_ns


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
