"""Tagged objects of an OpenStreetMap file in bulk; one of the doors to osmium.

An object, and every node of a way, that osmium hands over one by one costs far more than reading it. So osmium writes
what passes its own filters, with the coordinates of the ways' nodes, as OPL [1]_ into a temporary file: one line for
each object, in which a space, a comma or ``=`` inside a name is escaped. The numbers of many lines are read at once.

References
----------
.. [1] OPL file format, https://osmcode.org/opl-file-format/.
"""

from __future__ import annotations

import ctypes
import re
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

MISSING = 2_147_483_647
"""The coordinate of a node that a way refers to but the file does not hold."""

_AT_ONCE_BYTES = 60_000_000
_PART = 200_000
_BLOCK_CHARACTERS = 8_000_000
_NOWHERE = f"x{MISSING / 1e7}y{MISSING / 1e7}"
_TO_SPACES = bytes.maketrans(b"Nnxy,", b"     ")
_ESCAPED = re.compile("%([0-9a-f]+)%")


class TemporaryFileError(Exception):
    """The temporary folder does not take what is written there."""


def opl_lines(path: Path, file: Any, *filters: Any) -> Iterator[list[str]]:
    """Read what passes the filters, in the file's order, as blocks of OPL lines.

    Parameters
    ----------
    path, file
        Where the file is, and osmium's name of it.
    *filters
        Filters of osmium, each of which an object has to pass.

    Raises
    ------
    RuntimeError
        osmium cannot read the file.
    TemporaryFileError
        The temporary folder is full, or nothing can be written there.
    """
    # a line takes six times the room it has in a .osm.pbf: of a country only a part is written at a time
    parts = _whole if path.stat().st_size <= _AT_ONCE_BYTES else _in_parts
    yield from parts(file, *filters)


def _whole(file: Any, *filters: Any) -> Iterator[list[str]]:
    import osmium

    locations = osmium.NodeLocationsForWays(osmium.index.create_map("flex_mem"))
    locations.ignore_errors()
    with _temporary_file() as (name, written):
        with _writer(name) as writer, osmium.io.Reader(file) as reader:
            osmium.apply(reader, locations, *filters, writer)
        yield from _blocks(written)


def _in_parts(file: Any, *filters: Any) -> Iterator[list[str]]:
    import osmium

    objects = osmium.FileProcessor(file).with_locations()
    for one in filters:
        objects.with_filter(one)
    here = iter(objects)
    item: Any = next(here, None)
    while item is not None:
        with _temporary_file() as (name, written):
            with _writer(name) as writer:
                for _ in range(_PART):
                    writer.add(item)
                    item = next(here, None)
                    if item is None:
                        break
            yield from _blocks(written)


def _blocks(written: TextIO) -> Iterator[list[str]]:
    while block := written.readlines(_BLOCK_CHARACTERS):
        yield block


@contextmanager
def _temporary_file() -> Iterator[tuple[Path, TextIO]]:
    try:
        handle, name = mkstemp(prefix="walkshed-", suffix=".opl")
    except OSError as error:
        raise TemporaryFileError(str(error)) from error
    target = Path(name)
    try:
        with open(handle, encoding="utf-8", newline="\n") as written:  # noqa: PTH123 - a handle has no path
            yield target, written
    finally:
        target.unlink(missing_ok=True)


@contextmanager
def _writer(target: Path) -> Iterator[Any]:
    import osmium

    how = "opl,locations_on_ways=true,add_metadata=false"
    try:
        writer = osmium.SimpleWriter(osmium.io.File(str(target), how), overwrite=True)
    except RuntimeError as error:
        raise TemporaryFileError(str(error)) from error
    # both sides have it open, so that nothing is left behind if this process is killed (on Windows it stays till then)
    with suppress(OSError):
        target.unlink()
    try:
        yield writer
    finally:
        try:
            writer.close()
        except osmium.InvalidLocationError as error:
            _leave(writer)
            raise RuntimeError(f"a node stands outside the world: {error}") from error
        except RuntimeError as error:
            _leave(writer)
            raise TemporaryFileError(str(error.__context__ or error)) from error


def _leave(writer: Any) -> None:
    """Never take a writer away that failed: that would end the whole process."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(writer))


def tags_of(word: str) -> dict[str, str]:
    """Return the tags of an object, from the word ``T...`` of its line; of a key that is there twice, the first.

    Examples
    --------
    >>> tags_of("Thighway=footway,name=Rua%20%Nova,highway=path")
    {'highway': 'footway', 'name': 'Rua Nova'}
    """
    tags = dict([pair.split("=") for pair in reversed(word[1:].split(","))])
    return tags if "%" not in word else {plain(key): plain(value) for key, value in tags.items()}


def plain(word: str) -> str:
    """Undo the escapes of OPL.

    Examples
    --------
    >>> plain("Rua%20%Nova%2c%%20%%4e2d%")
    'Rua Nova, 中'
    """
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), word) if "%" in word else word


class AskedOnce:
    """A rule of tags, asked once for all the objects that are alike in what it looks at.

    A city has fifty thousand ways of a few hundred kinds. Which keys a rule looks at is seen when it is asked: it
    gets nothing of the tags but their ``get``.

    Examples
    --------
    >>> rule = AskedOnce(lambda tags: len(tags.get("highway") or ""))
    >>> rule("Thighway=path,name=A"), rule("Tname=B,highway=path"), rule("Tname=C")
    (4, 4, 0)
    """

    def __init__(self, rule: Callable[[Any], int]) -> None:
        self._rule = rule
        self._keys: set[str] = set()
        self._answers: dict[tuple[str, ...], int] = {}

    def __call__(self, word: str) -> int:
        """Return the rule's answer for the tags of the word ``T...`` of a line."""
        answer = self._answers.get(self._kind(word))
        if answer is None:
            answer = self._rule(_Watched(tags_of(word), self._keys))
            self._answers[self._kind(word)] = (
                answer  # its kind is known only now: it may have asked for another key
            )
        return answer

    def _kind(self, word: str) -> tuple[str, ...]:
        keys = self._keys
        return tuple([pair for pair in word[1:].split(",") if plain(pair.partition("=")[0]) in keys])


class _Watched:
    """Tags that note for which keys they were asked."""

    def __init__(self, tags: dict[str, str], asked: set[str]) -> None:
        self._tags, self._asked = tags, asked

    def get(self, key: str) -> str | None:
        self._asked.add(key)
        return self._tags.get(key)


def nodes_of(words: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """Return the nodes of ways, from the words ``N...`` of their lines.

    Returns
    -------
    count, ref, at
        How many nodes each way has, and all nodes' ids and coordinates, shape (n, 2), in 1e-7 degree;
        :data:`MISSING` for a node that is not in the file.

    Examples
    --------
    >>> count, ref, at = nodes_of(["Nn11x-8.6444747y41.1,n-12xy", "N"])
    >>> count.tolist(), ref.tolist(), at.tolist()
    ([2, 0], [11, -12], [[-86444747, 411000000], [2147483647, 2147483647]])
    """
    count = np.array([word.count("n") for word in words], dtype=np.int64)
    text = " ".join(words).replace("xy", _NOWHERE).encode().translate(_TO_SPACES)
    # ids are below 2^53 and coordinates have seven decimals: both are whole again after rounding
    numbers = np.fromstring(text if count.any() else "", sep=" ").reshape(-1, 3)
    return count, numbers[:, 0].astype(np.int64), np.rint(numbers[:, 1:] * 1e7).astype(np.int32)
