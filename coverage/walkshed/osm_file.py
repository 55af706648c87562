"""OpenStreetMap files as files: is it one, how is it opened, what is the matter with it; one of the doors to osmium."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from walkshed.errors import InputError, Source, Text, input_error

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2", ".pbf")


def snapshot_of(path: Path) -> str:
    """Return the file's own date, "" where it names none."""
    import osmium

    reader = osmium.io.Reader(opened(path), osmium.osm.NOTHING)
    try:
        header = reader.header()
        return str(header.get("osmosis_replication_timestamp") or header.get("timestamp") or "")
    finally:
        reader.close()


def opened(path: Path) -> Any:
    """Return the file with its format named, because osmium knows endings in small letters only."""
    import osmium

    ending = next(ending for ending in SUFFIXES if path.name.lower().endswith(ending))
    return osmium.io.File(str(path), ending.removeprefix("."))


def _is_osm_name(path: Path) -> bool:
    return path.name.lower().endswith(SUFFIXES)


def check_file(path: Path) -> Source:
    """Return the file as a source of findings.

    Raises
    ------
    InputError
        It is missing, a folder, empty, cannot be opened, or is easily seen to be no OpenStreetMap file.
    """
    source = Source(path.name)
    if path.is_dir():
        text = Text("is a folder, not a street file", "是文件夹，不是路网文件")
        raise input_error("streets.missing_file", text, source)
    if not path.is_file():
        folder = path.parent
        near = sorted(p.name for p in folder.glob("*") if _is_osm_name(p)) if folder.is_dir() else []
        names = ", ".join(near[:5])
        if not folder.is_dir():
            where = Text(f": the folder {folder} does not exist", f"：文件夹 {folder} 不存在")
        elif near:
            where = Text(f" in {folder}, which holds {names}", f"（文件夹 {folder}，其中有 {names}）")
        else:
            where = Text(f" in {folder}", f"（文件夹 {folder}）")
        text = Text(f"there is no such street file{where.en}", f"找不到路网文件{where.zh}")
        raise input_error("streets.missing_file", text, source)
    if not _is_osm_name(path):
        text = Text(
            "streets are read from .osm.pbf, .osm, .osm.gz or .osm.bz2 files, or from line layers (.gpkg, .parquet, "
            ".geojson, .shp, .fgb)",
            "路网文件应为 .osm.pbf、.osm、.osm.gz 或 .osm.bz2，或线图层（.gpkg、.parquet、.geojson、.shp、.fgb）",
        )
        raise input_error("streets.unknown_format", text, source)
    try:
        with path.open("rb") as file:
            head = file.read(200)
    except OSError as error:
        text = Text(
            f"the street file cannot be opened ({error.strerror}); check its permissions",
            f"无法打开路网文件（{error.strerror}），请检查权限",
        )
        raise input_error("streets.unreadable", text, source) from error
    _check_head(head, source)
    return source


def _check_head(head: bytes, source: Source) -> None:
    """Refuse what is easily taken for a street file: nothing at all, a web page, an archive."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        text = Text(
            "the street file is empty (0 bytes); download it again",
            "路网文件是空的（0 字节），请重新下载",
        )
        raise input_error("streets.empty_file", text, source)
    if start.startswith((b"<!doctype html", b"<html", b"<head")):
        text = Text(
            "is a web page, not a street file, as when a download ends on an error page; download it again",
            "是网页，不是路网文件，像是下载到了出错页面；请重新下载",
        )
        raise input_error("streets.not_osm", text, source)
    if head.startswith(b"PK\x03\x04"):
        text = Text(
            "is a zip archive; unpack it and name the file inside", "是 zip 压缩包；请解压后填写其中的文件"
        )
        raise input_error("streets.not_osm", text, source)


_CUT_SHORT = (
    "truncated",
    "eof",
    "unexpected end",
    "no element found",
    "unclosed token",
    "read close failed",
    "failed: -7",
)
"""What osmium, expat, zlib and bzip2 say of a file that ends too early."""


def unreadable(source: Source, error: RuntimeError) -> InputError:
    """Return the fault of a file that osmium could not read to its end."""
    detail = str(error)
    if any(word in detail.lower() for word in _CUT_SHORT):
        text = Text(
            f"the street file ends too early, as after a broken download ({detail}); download it again",
            f"路网文件不完整，像是下载中断（{detail}），请重新下载",
        )
        return input_error("streets.truncated", text, source)
    text = Text(
        f"this is not a readable OpenStreetMap file ({detail}); expected .osm.pbf, .osm, .osm.gz or .osm.bz2",
        f"不是可读取的 OpenStreetMap 文件（{detail}）；应为 .osm.pbf、.osm、.osm.gz 或 .osm.bz2",
    )
    return input_error("streets.not_osm", text, source)
