"""The kernel's library and its door: what it was built from, and that no argument reaches C which C does not expect."""

from __future__ import annotations

import ctypes
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import need_program
from walkshed.errors import WalkshedError
from walkshed.kernel import library as door
from walkshed.kernel import recipe

FOLDER = Path(door.__file__).parent
NAMES = ("INT32", "INT64", "FLOAT32", "FLOAT64", "UINT8", "BOOL")
READ = {np.dtype(name.lower()): getattr(door, name) for name in NAMES}
WRITTEN = {np.dtype(name.lower()): getattr(door, f"OUT_{name}") for name in NAMES}
KINDS = [*READ.items(), *WRITTEN.items()]
DIGEST = door.declare("walkshed_source_digest", result=door.A_TEXT)


# --- what it was built from ------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path) -> Path:
    """Return a folder with the library and its sources, to be spoilt."""
    for path in [FOLDER / recipe.library_name(sys.platform), *recipe.sources(FOLDER)]:
        shutil.copy(path, tmp_path)
    return tmp_path


def test_the_library_says_what_it_was_built_from():
    assert DIGEST() == recipe.source_digest(FOLDER)


def test_the_digest_is_that_of_flags_names_and_bytes(tmp_path):
    (tmp_path / "b.c").write_bytes(b"int two;\n")
    (tmp_path / "a.h").write_bytes(b"")
    (tmp_path / "notes.txt").write_bytes(b"not a source")
    by_hand = " ".join(recipe.FLAGS).encode() + b"\na.h 0\n" + b"\nb.c 9\n" + b"int two;\n"
    assert recipe.source_digest(tmp_path) == hashlib.sha256(by_hand).hexdigest()


def test_a_library_of_its_own_sources_is_taken(copy):
    assert door.opened(copy).walkshed_source_digest


def test_where_no_sources_stand_beside_it_the_library_is_taken(copy):
    for path in recipe.sources(copy):
        path.unlink()
    assert door.opened(copy).walkshed_source_digest


def changed(copy: Path) -> None:
    with (copy / "source_digest.c").open("a") as file:
        file.write("/* changed */\n")


def renamed(copy: Path) -> None:
    (copy / "source_digest.c").rename(copy / "other.c")


def added(copy: Path) -> None:
    (copy / "more.c").write_text("")


def missing(copy: Path) -> None:
    (copy / recipe.library_name(sys.platform)).unlink()


def broken(copy: Path) -> None:
    (copy / recipe.library_name(sys.platform)).write_bytes(b"of another machine")


@pytest.mark.parametrize(
    ("spoil", "en", "zh"),
    [
        (changed, "was built from other sources", "由其他版本的源代码编译"),
        (renamed, "was built from other sources", "由其他版本的源代码编译"),
        (added, "was built from other sources", "由其他版本的源代码编译"),
        (missing, "is missing", "不存在"),
        (broken, "cannot be loaded", "无法加载"),
    ],
)
def test_a_library_that_may_lie_is_refused_with_what_to_do(copy, spoil, en, zh):
    spoil(copy)
    with pytest.raises(ImportError) as caught:
        door.opened(copy)
    assert isinstance(caught.value, WalkshedError)
    english, chinese = str(caught.value).split("\n")
    assert en in english
    assert zh in chinese
    assert "pip install ." in english
    assert "pip install ." in chinese


def test_the_command_says_it_in_sentences(tmp_path):
    package = FOLDER.parent
    shutil.copytree(package, tmp_path / "walkshed", ignore=shutil.ignore_patterns("_kernel.*", "__pycache__"))
    code = (
        "from walkshed.cli import _sentences\nfrom walkshed.kernel.library import library\n"
        "with _sentences():\n    library()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "compiled part" in done.stderr
    assert "编译部分" in done.stderr


def test_a_process_without_the_kernel_imports_all_the_same():
    code = "import sys, walkshed.kernel.library as door; print(door.library.cache_info().currsize)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0", "the library is loaded at the first call, not on import"


def test_the_sources_compile_without_a_warning(tmp_path):
    warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wvla", "-Werror"]
    command = [need_program("gcc"), *recipe.FLAGS, *warnings, "-shared", '-DSOURCE_DIGEST="x"']
    subprocess.run([*command, *FOLDER.glob("*.c"), "-o", tmp_path / "library", "-lm"], check=True)


# --- arrays ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "kind"), KINDS)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3)])
def test_the_address_is_that_of_the_array(dtype, kind, shape):
    array = np.ones(shape, dtype)
    passed = ctypes.cast(kind(array), ctypes.c_void_p).value
    assert passed == array.ctypes.data


@given(values=st.lists(st.integers(-(2**31), 2**31 - 1), max_size=20), start=st.integers(0, 20))
def test_c_reads_and_writes_what_the_arrays_hold(values, start):
    whole = np.array(values, np.int32)
    source, into = whole[start:], np.zeros(len(whole), np.int32)[start:]
    source.flags.writeable = bool(start % 2)
    ctypes.memmove(door.OUT_INT32(into), door.INT32(source), source.nbytes)
    assert into.tolist() == values[start:]


@pytest.mark.parametrize(("dtype", "kind"), KINDS)
def test_an_array_of_another_type_is_refused(dtype, kind):
    others = {np.dtype(code) for code in np.typecodes["All"]} | {dtype.newbyteorder("S")}
    for other in others:
        if other != dtype:
            with pytest.raises(TypeError, match=f"array of {dtype}, not of"):
                kind(np.zeros(2, other))


@pytest.mark.parametrize(("dtype", "kind"), KINDS)
@pytest.mark.parametrize("thing", [[1, 2], None, 1, b"12345678", memoryview(b"12345678")])
def test_what_is_no_array_is_refused(dtype, kind, thing):
    with pytest.raises(TypeError, match=f"array of {dtype}, not"):
        kind(thing)


@pytest.mark.parametrize(("dtype", "kind"), KINDS)
def test_an_array_that_c_would_read_otherwise_is_refused(dtype, kind):
    grid = np.zeros((3, 4), dtype)
    for other in (grid.T, grid[:, :2], grid[:, 1], grid[::2], grid[::-1], np.broadcast_to(grid[0, 0], (3,))):
        with pytest.raises(ValueError, match="C-contiguous"):
            kind(other)
    if dtype.itemsize > 1:
        shifted = np.zeros(3 * dtype.itemsize + 1, np.uint8)[1:].view(dtype)
        with pytest.raises(ValueError, match="aligned"):
            kind(shifted)


def test_a_read_only_array_is_read_and_never_written():
    for dtype, kind in WRITTEN.items():
        array = np.zeros(3, dtype)
        array.flags.writeable = False
        with pytest.raises(ValueError, match="read-only"):
            kind(array)
        assert ctypes.cast(READ[dtype](array), ctypes.c_void_p).value == array.ctypes.data


# --- numbers, functions, results -------------------------------------------------------------------------


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_integer_arrives_as_it_is(value):
    assert door.INT(value).value == value


@given(st.integers(2**63) | st.integers(max_value=-(2**63) - 1))
def test_an_integer_that_would_be_cut_off_is_refused(value):
    with pytest.raises(OverflowError, match="64 bits"):
        door.INT(value)


def test_numbers_of_numpy_are_numbers_and_words_are_none():
    assert door.INT(np.int32(-7)).value == -7
    assert door.DOUBLE(np.float32(0.5)).value == 0.5
    assert door.DOUBLE(3).value == 3.0
    for kind, value in ((door.INT, 1.0), (door.INT, "1"), (door.DOUBLE, "1"), (door.DOUBLE, None)):
        with pytest.raises(TypeError):
            kind(value)


def test_arguments_are_counted_and_checked_before_anything_is_called():
    function = door.declare("no_such_function", door.INT, door.INT64, result=door.NOTHING)
    with pytest.raises(TypeError, match="takes 2 arguments, not 1"):
        function(1)
    with pytest.raises(TypeError, match="array of int64"):
        function(1, np.zeros(1))
    with pytest.raises(AttributeError, match="no_such_function"):
        function(1, np.zeros(1, np.int64))


def test_a_function_that_got_no_memory_raises():
    assert door.A_COUNT.made(0) == 0
    with pytest.raises(MemoryError):
        door.A_COUNT.made(-1)
