"""Writing results so that a failed run leaves the previous ones whole."""

from __future__ import annotations

import errno
import json
import logging
import os
import secrets
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from walkshed.errors import OutputError, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORD = "run.json"
_log = logging.getLogger(__name__)


def check_folder(folder: Path) -> None:
    """Make sure that results can be written beside ``folder``, before any work is done.

    Raises
    ------
    OutputError
        The folder is a file, or nothing can be written there.
    """
    if "\0" in str(folder):
        raise OutputError("the output folder's name holds a zero byte · 输出文件夹名中有空字节")
    with _explained(folder):
        if folder.exists() and not folder.is_dir():
            raise OutputError(
                f"{folder} is a file, not a folder; choose another output folder "
                f"· 输出位置 {folder} 是文件而不是文件夹，请另选输出文件夹"
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _beside_for_now(folder):
            pass
        if folder.is_dir():
            with tempfile.NamedTemporaryFile(prefix=".walkshed-", dir=folder):
                pass


@contextmanager
def swapped_in(folder: Path) -> Iterator[Path]:
    """Give a temporary folder to write in; at the end its files take the place of the previous run's.

    Only files that the previous ``run.json`` lists are replaced or removed. One that another program holds open stays,
    and the new one is written beside it (:func:`beside_said`). If anything else goes wrong
    on the way, an interruption included, what stood there before stands there still.

    Raises
    ------
    OutputError
        A file cannot be written or replaced (no space, no permission, open in another program), or
        would take the place of a file that no run wrote.
    """
    with _explained(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _beside_for_now(folder) as work:
            new = work / "new"
            new.mkdir()
            yield new
            _swap(new, folder, work / "old")


@contextmanager
def _beside_for_now(folder: Path) -> Iterator[Path]:
    """Give a hidden folder beside another, which is gone afterwards, whenever Ctrl-C is pressed.

    Its name is known before it is made, and removing it is begun again where that was interrupted: a folder of
    :mod:`tempfile` is left there in both cases.
    """
    work = folder.parent / f".{folder.name}-{secrets.token_hex(8)}"
    try:
        work.mkdir(mode=0o700)
        yield work
    finally:
        try:
            shutil.rmtree(work, ignore_errors=True)
        except BaseException:
            shutil.rmtree(work, ignore_errors=True)
            raise


def previous_files(folder: Path) -> list[str]:
    """Return the files the previous run wrote, as its record lists them, the record itself included.

    Another program's ``run.json`` lists nothing.
    """
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        listed = record["files"] if "walkshed" in record["versions"] else []
        names = [str(name) for name in listed]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [name for name in names if not Path(name).is_absolute() and ".." not in Path(name).parts]


def _swap(new: Path, folder: Path, old: Path) -> None:
    folder.mkdir(exist_ok=True)
    names = sorted(path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file())
    before = {name for name in previous_files(folder) if (folder / name).is_file()}
    foreign = [name for name in names if name not in before and (folder / name).exists()]
    if foreign:
        raise OutputError(
            f"{folder} holds {', '.join(foreign)}, which no run of walkshed wrote; move them or choose another folder "
            f"· 输出文件夹 {folder} 中的 {'、'.join(foreign)} 不是 walkshed 写的，请移走或另选文件夹"
        )
    moved: list[str] = []
    placed: list[str] = []
    try:
        locked = _moved_away(folder, old, sorted(before), moved)
        beside = _beside(folder, new, {name for name in locked if name in names}, {*names, *locked})
        if locked:
            _note_beside(new / RECORD, locked, beside)
        for name in names:
            target = folder / beside.get(name, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            (new / name).replace(target)
            placed.append(beside.get(name, name))
    except BaseException:
        for name in placed:
            (folder / name).unlink(missing_ok=True)
        for name in moved:
            (old / name).replace(folder / name)
        raise


def _moved_away(folder: Path, old: Path, names: list[str], moved: list[str]) -> list[str]:
    """Move the previous run's files away, noting each in ``moved``; return those that another program holds open.

    Windows refuses to move a file that Excel has open. The record itself must move.
    """
    locked = []
    for name in names:
        (old / name).parent.mkdir(parents=True, exist_ok=True)
        try:
            (folder / name).replace(old / name)
        except PermissionError:
            if name == RECORD:
                raise
            locked.append(name)
        else:
            moved.append(name)
    return locked


def _beside(folder: Path, new: Path, locked: set[str], taken: set[str]) -> dict[str, str]:
    """Return under which name each file is written whose place is held: ``report-new.xlsx`` for ``report.xlsx``."""
    names: dict[str, str] = {}
    for name in sorted(locked):
        path, number = Path(name), 1
        while True:
            more = "-new" if number == 1 else f"-new-{number}"
            other = path.with_name(f"{path.stem}{more}{path.suffix}").as_posix()
            if other not in taken and not (folder / other).exists() and not (new / other).exists():
                break
            number += 1
        names[name] = other
        taken.add(other)
        _log.warning("%s is open in another program; the new one is %s", folder / name, folder / other)
    return names


def _note_beside(record: Path, locked: list[str], beside: dict[str, str]) -> None:
    """Write into the new record what was left and what stands beside it, so that the next run replaces both."""
    whole = json.loads(record.read_text(encoding="utf-8"))
    files = sorted({*whole.pop("files"), *locked, *beside.values()})
    whole |= {"beside": beside, "files": files}
    text = json.dumps(whole, ensure_ascii=False, indent=2) + "\n"
    record.write_text(text, encoding="utf-8", newline="\n")


def beside_said(folder: Path) -> list[Text]:
    """Return a sentence for each file of the last run that another program held open.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "run.json").write_text(json.dumps({"beside": {"report.xlsx": "report-new.xlsx"}}))
    >>> beside_said(folder)[0].en
    'report.xlsx is open in another program and was left as it was; the new one is report-new.xlsx'
    """
    try:
        held = dict(json.loads((folder / RECORD).read_text(encoding="utf-8")).get("beside", {}))
    except (OSError, ValueError, AttributeError):
        return []
    return [
        Text(
            f"{name} is open in another program and was left as it was; the new one is {other}",
            f"{name} 正被其他程序打开，旧文件保持原样；新文件为 {other}",
        )
        for name, other in held.items()
    ]


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turn the refusals of the system, and of the libraries that write, into sentences."""
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        raise _refused(folder, error) from error
    except Exception as error:
        if type(error).__module__.split(".")[0] not in _WRITERS:
            raise
        raise _refused(folder, error) from error


_WRITERS = frozenset({"pyogrio", "pyarrow", "sqlite3", "xlsxwriter"})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_NEARLY_FULL_BYTES = 1_000_000


def _refused(folder: Path, error: Exception) -> OutputError:
    system = _system_error(error)
    code = system.errno if system is not None else None
    free = _free_bytes(folder)
    # The drivers of layers only say that they could not write, not why.
    if code in _FULL or (system is None and free < _NEARLY_FULL_BYTES):
        why = Text(
            f"the disk is full ({free / 1e6:,.0f} MB free); make room",
            f"磁盘空间不足（剩余 {free / 1e6:,.0f} MB），请清理空间",
        )
    elif code == errno.EFBIG:
        why = Text(
            "a file is larger than the disk allows; choose fewer parts",
            "文件大小超出磁盘限制，请减少输出内容",
        )
    elif code in {errno.EEXIST, errno.ENOTDIR}:
        why = Text(
            "a part of its path is a file, not a folder; correct the path",
            "路径中有一段是文件而不是文件夹，请更正路径",
        )
    elif isinstance(system, PermissionError):
        name = Path(system.filename).name if system.filename else folder.name
        why = Text(
            f"no permission for {name}, or it is open in another program such as Excel; close it",
            f"没有写 {name} 的权限，或它正被其他程序（如 Excel）打开，请关闭后重试",
        )
    else:
        detail = os.strerror(code) if code else str(error).split("(")[0].strip()[:100] or type(error).__name__
        why = Text(f"{detail}; see whether the disk is full", f"{detail}；请检查磁盘空间")
        if code:
            why = Text(f"{detail}; look at its path", f"{detail}；请检查路径")
    return OutputError(
        f"{folder} cannot be written: {why.en}, or choose another folder (the previous results are untouched) "
        f"· 无法写入 {folder}：{why.zh}，或另选文件夹；原有结果未改动"
    )


def _system_error(error: BaseException) -> OSError | None:
    """Return the system's own error that a library may have wrapped."""
    if isinstance(error, OSError) and error.errno:
        return error
    inner = [
        one for one in (*error.args, error.__cause__, error.__context__) if isinstance(one, BaseException)
    ]
    return next((found for one in inner if (found := _system_error(one)) is not None), None)


def _free_bytes(folder: Path) -> int:
    for there in (folder, *folder.parents):
        try:
            return shutil.disk_usage(there).free
        except OSError:
            continue
    return 0
