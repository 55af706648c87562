"""Writing results so that a failed run leaves the previous ones whole."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from walkshed.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORD = "run.json"


def check_folder(folder: Path) -> None:
    """Make sure that results can be written beside ``folder``, before any work is done.

    Raises
    ------
    OutputError
        The folder is a file, or nothing can be written there.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(
            f"{folder} is a file, not a folder; choose another output folder · 输出位置是文件而不是文件夹"
        )
    with _explained(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent):
            pass
        if folder.is_dir():
            with tempfile.NamedTemporaryFile(prefix=".walkshed-", dir=folder):
                pass


@contextmanager
def swapped_in(folder: Path) -> Iterator[Path]:
    """Give a temporary folder to write in; at the end its files take the place of the previous run's.

    Only files that the previous ``run.json`` lists are replaced or removed. If anything goes wrong
    on the way, an interruption included, what stood there before stands there still.

    Raises
    ------
    OutputError
        A file cannot be written or replaced (no space, no permission, open in another program), or
        would take the place of a file that no run wrote.
    """
    with _explained(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            new = work / "new"
            new.mkdir()
            yield new
            _swap(new, folder, work / "old")
        finally:
            shutil.rmtree(work, ignore_errors=True)


def previous_files(folder: Path) -> list[str]:
    """Return the files the previous run wrote, as its record lists them."""
    try:
        listed = json.loads((folder / RECORD).read_text(encoding="utf-8"))["files"]
        names = [str(name) for name in listed]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [name for name in names if not Path(name).is_absolute() and ".." not in Path(name).parts]


def _swap(new: Path, folder: Path, old: Path) -> None:
    folder.mkdir(exist_ok=True)
    names = sorted(path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file())
    before = {name for name in [*previous_files(folder), RECORD] if (folder / name).is_file()}
    foreign = [name for name in names if name not in before and (folder / name).exists()]
    if foreign:
        raise OutputError(
            f"{folder} holds {', '.join(foreign)}, which no run of walkshed wrote; move them or choose another folder "
            f"· 输出文件夹中的 {'、'.join(foreign)} 不是 walkshed 写的，请移走或另选文件夹"
        )
    moved: list[str] = []
    placed: list[str] = []
    try:
        for name in sorted(before):
            (old / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).replace(old / name)
            moved.append(name)
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).replace(folder / name)
            placed.append(name)
    except BaseException:
        for name in placed:
            (folder / name).unlink(missing_ok=True)
        for name in moved:
            (old / name).replace(folder / name)
        raise


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turn the system's refusals into sentences."""
    try:
        yield
    except OutputError:
        raise
    except PermissionError as error:
        name = Path(error.filename).name if error.filename else folder.name
        raise OutputError(
            f"{name} in {folder} cannot be written: no permission, or it is open in another program such as Excel; "
            f"close it or choose another folder (the previous results are untouched) "
            f"· 无法写入 {name}：没有权限或正被其他程序（如 Excel）打开，请关闭后重试；原有结果未改动"
        ) from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            free = shutil.disk_usage(folder.parent).free / 1e6 if folder.parent.exists() else 0
            raise OutputError(
                f"the disk of {folder} is full ({free:,.0f} MB free); the previous results are untouched "
                f"· 磁盘空间不足（剩余 {free:,.0f} MB），原有结果未改动"
            ) from error
        if error.errno in {errno.EROFS, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ENOENT}:
            raise OutputError(
                f"{folder} cannot be written: {os.strerror(error.errno)} · 无法写入输出文件夹"
            ) from error
        raise
