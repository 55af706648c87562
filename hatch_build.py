"""What the build adds to hatchling: it compiles the kernel (coverage/walkshed/kernel) and puts it into the wheel.

The compiler is what ``CC`` names; else the first of cc, gcc and clang that works; else Zig's, which comes as a wheel
(``ziglang``, MIT) from the package index. ``WALKSHED_PLATFORM`` makes a wheel for another system, with Zig's.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import platform_tags

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parent
KERNEL = ROOT / "coverage" / "walkshed" / "kernel"
ZIG = [sys.executable, "-m", "ziglang", "cc"]
ZIG_NEEDS = "ziglang>=0.13"

TRIAL = """
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "kernel.h"
const char *walkshed_source_digest(void) { return sqrt(strlen(SOURCE_DIGEST)) > 0 ? SOURCE_DIGEST : 0; }
"""
"""A small library that includes what the kernel may include: a compiler without a system's headers is none."""

ASK = """
import ctypes, sys
tell = ctypes.CDLL(sys.argv[1]).walkshed_source_digest
tell.restype = ctypes.c_char_p
print(tell().decode())
"""
"""Asks a library what it was built from, in a process of its own: a library that is loaded cannot be replaced on Windows."""

ZIG_TARGETS = (
    (r"win_amd64", "x86_64-windows-gnu"),
    (r"win_arm64", "aarch64-windows-gnu"),
    (r"macosx_(?P<major>\d+)_(?P<minor>\d+)_x86_64", "x86_64-macos.{major}.{minor}"),
    (r"macosx_(?P<major>\d+)_(?P<minor>\d+)_arm64", "aarch64-macos.{major}.{minor}"),
    (r"manylinux_2_(?P<minor>\d+)_(?P<machine>x86_64|aarch64)", "{machine}-linux-gnu.2.{minor}"),
    (r"musllinux_1_\d+_(?P<machine>x86_64|aarch64)", "{machine}-linux-musl"),
)
"""Platforms, as wheels name them, and what Zig calls them."""


class KernelBuildHook(BuildHookInterface[BuilderConfig]):
    """Compiles the kernel for wheels and editable installs."""

    def dependencies(self) -> list[str]:
        """Return what must be installed first: Zig's compiler, where there is no other and one is needed."""
        if os.environ.get("WALKSHED_PLATFORM"):
            return [ZIG_NEEDS]
        if os.environ.get("CC") or _is_current(_library()) or _compiler_here():
            return []
        return [ZIG_NEEDS]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, unless the library is there and of these sources; put it into the wheel, with its tag.

        Parameters
        ----------
        version
            ``"standard"`` for a wheel, ``"editable"`` for an editable install, which is always for this machine.
        build_data
            What hatchling goes by.
        """
        build_data["pure_python"] = False
        wanted = os.environ.get("WALKSHED_PLATFORM") if version == "standard" else None
        if wanted:
            build_data["tag"] = f"py3-none-{wanted}"
            self._abroad = tempfile.TemporaryDirectory()
            library = Path(self._abroad.name) / RECIPE.library_name(_system(wanted))
            _compile([*ZIG, "-target", _zig_target(wanted)], library, tag=wanted)
            build_data["force_include"][str(library)] = f"walkshed/kernel/{library.name}"
            return
        build_data["tag"] = f"py3-none-{_platform_here()}"
        library = _library()
        if not _is_current(library):
            self._compile_here(library)
        build_data["artifacts"].append(f"/{library.relative_to(ROOT).as_posix()}")

    def _compile_here(self, library: Path) -> None:
        given = os.environ.get("CC")
        compiler = shlex.split(given, posix=os.name != "nt") if given else _compiler_here() or _zig_here()
        self.app.display_info(f"compiling the kernel with {shlex.join(compiler)}")
        _compile(compiler, library, tag=_platform_here())
        if not _is_current(library):
            raise RuntimeError(
                f"{shlex.join(compiler)} made a library that this Python cannot load: {library}\n"
                f"编译器 {shlex.join(compiler)} 生成的库无法被当前 Python 加载：{library}"
            )

    def clean(self, versions: list[str]) -> None:  # noqa: ARG002 - the interface is hatchling's
        """Remove the library."""
        _library().unlink(missing_ok=True)


def _recipe() -> ModuleType:
    """Return recipe.py, read by its path: walkshed is not installed yet."""
    spec = importlib.util.spec_from_file_location("walkshed_kernel_recipe", KERNEL / "recipe.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(KERNEL / "recipe.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RECIPE = _recipe()


def _library() -> Path:
    return KERNEL / str(RECIPE.library_name(sys.platform))


def _is_current(library: Path) -> bool:
    """Tell whether a library is there, loads on this machine, and is of the sources that stand here."""
    return library.exists() and _told_digest(library) == RECIPE.source_digest(KERNEL)


def _told_digest(library: Path) -> str | None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", ASK, str(library)], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else None


def _compiler_here() -> list[str] | None:
    """Return the first compiler of the system that makes a library this Python can load."""
    for name in ("cc", "gcc", "clang"):
        found = shutil.which(name)
        if found and _works([found]):
            return [found]
    return None


def _works(compiler: list[str]) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder, "trial.c"), Path(folder, _library().name)
        source.write_text(TRIAL, encoding="utf-8")
        shutil.copyfile(KERNEL / "kernel.h", Path(folder, "kernel.h"))
        command = _command(compiler, [source.name], library, tag=_platform_here(), digest="trial")
        said = _run(command, Path(folder), folder, _platform_here())
        return said is None and _told_digest(library) == "trial"


def _run(command: list[str], where: Path, folder: str, tag: str) -> str | None:
    """Run a compiler; return what it says where it fails. What Zig keeps goes with the temporary folder."""
    found = {
        **os.environ,
        "ZIG_GLOBAL_CACHE_DIR": f"{folder}/zig",
        "ZIG_LOCAL_CACHE_DIR": f"{folder}/zig-local",
    }
    if version := re.match(r"macosx_(\d+)_(\d+)_", tag):
        found["MACOSX_DEPLOYMENT_TARGET"] = ".".join(version.groups())
    try:
        done = subprocess.run(command, cwd=where, env=found, capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    return done.stdout + done.stderr if done.returncode else None


def _zig_here() -> list[str]:
    """Return Zig's compiler, told what to compile for where its own guess may be another."""
    if importlib.util.find_spec("ziglang") is None:
        raise RuntimeError(
            "walkshed needs a C compiler: set CC, install gcc or clang, or python -m pip install ziglang\n"
            "walkshed 需要 C 编译器：请设置 CC，安装 gcc 或 clang，或运行 python -m pip install ziglang"
        )
    here = _platform_here()
    return ZIG if here.startswith("linux_") else [*ZIG, "-target", _zig_target(here)]


def _zig_target(tag: str) -> str:
    for pattern, target in ZIG_TARGETS:
        if found := re.fullmatch(pattern, tag):
            return target.format(**found.groupdict())
    known = ", ".join(
        re.sub(r"\(\?P<\w+>([^)]*)\)", r"\1", pattern).replace(r"\d+", "N") for pattern, _ in ZIG_TARGETS
    )
    raise ValueError(f"no way to compile for {tag}; known: {known}\n无法为 {tag} 编译；可用：{known}")


def _system(tag: str) -> str:
    return {"win": "win32", "macosx": "darwin"}.get(tag.split("_", maxsplit=1)[0], "linux")


def _platform_here() -> str:
    """Return this machine's platform as a wheel names it, such as ``linux_x86_64`` or ``macosx_11_0_arm64``."""
    if sys.platform == "darwin":
        machine = platform.machine()
        oldest = os.environ.get("MACOSX_DEPLOYMENT_TARGET") or ("11.0" if machine == "arm64" else "10.13")
        major, minor = (*oldest.split("."), "0")[:2]
        return f"macosx_{major}_{minor if int(major) < 11 else 0}_{machine}"
    return next(tag for tag in platform_tags() if not tag.startswith(("manylinux", "musllinux")))


def _compile(compiler: list[str], library: Path, *, tag: str) -> None:
    """Compile the kernel and move it in: a process that has the old library open keeps it (Windows refuses)."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / library.name
        names = [path.name for path in RECIPE.sources(KERNEL) if path.suffix == ".c"]
        command = _command(compiler, names, made, tag=tag, digest=RECIPE.source_digest(KERNEL))
        said = _run(command, KERNEL, folder, tag)
        if said is not None:
            raise RuntimeError(f"the kernel does not compile · 内核编译失败: {shlex.join(command)}\n{said}")
        beside = library.with_name(f"{library.name}.{os.getpid()}")
        try:
            shutil.copyfile(made, beside)
            beside.replace(library)
        finally:
            beside.unlink(missing_ok=True)


def _command(compiler: list[str], names: list[str], output: Path, *, tag: str, digest: str) -> list[str]:
    """Return the command; sources by name, from their own folder, so that no path gets into the library."""
    system = _system(tag)
    zig = any("zig" in Path(word).name for word in compiler)
    more = ["-mcpu=baseline"] if zig else []  # otherwise it compiles for the processor it runs on
    if system == "darwin":
        more += [f"-Wl,-install_name,@rpath/{output.name}"]
    if zig or system != "darwin":
        more += ["-s"]  # nothing for debuggers, which would hold paths; Apple's linker keeps none
    else:
        more += ["-arch", platform.machine()]
    mathematics = [] if system == "win32" else ["-lm"]
    return [
        *compiler, *RECIPE.FLAGS, "-shared", *more, f'-DSOURCE_DIGEST="{digest}"', *names, "-o", str(output),
        *mathematics,
    ]  # fmt: skip
