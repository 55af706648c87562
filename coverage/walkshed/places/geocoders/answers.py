"""The answers of geocoders, kept on disk in the study's folder: good ones, and true "not found" for a while.

One file for one question. It holds what was asked (never the key), when, and the places as the
service gave them, in its own datum; telephone numbers and whatever else was sent along are not kept.
An answer that is damaged, or that belongs to another question, is no answer.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import math
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from walkshed.places.candidate import LEVELS

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from walkshed.places.candidate import Level

log = logging.getLogger(__name__)

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Hit:
    """A place as a service gave it.

    Attributes
    ----------
    lon, lat
        Degrees in the service's own datum.
    name, address
        As it writes them.
    word
        Its own word for how precise the answer is.
    level
        What the word means here.
    score
        How sure it is itself, 0 to 1; None where it does not say.
    id
        Its id of the place.
    """

    lon: float
    lat: float
    name: str
    level: Level
    word: str = ""
    address: str = ""
    score: float | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked of whom, without the key."""

    provider: str
    url: str
    parameters: tuple[tuple[str, str], ...]
    version: int = 1

    @property
    def key(self) -> str:
        """Return the name under which the answer is kept."""
        text = json.dumps(
            [FORMAT, self.version, self.provider, self.url, self.parameters], ensure_ascii=False
        )
        return f"{self.provider}-{hashlib.sha256(text.encode()).hexdigest()[:24]}"

    @property
    def shown(self) -> str:
        """Return it for the list of what was sent."""
        return " ".join(f"{name}={value}" for name, value in self.parameters)


class Answers:
    """A folder of kept answers.

    Parameters
    ----------
    folder
        Where they are; made when the first one is kept.
    not_found_days
        How long a "not found" is believed: maps grow.
    clock
        Tells the time; tests pass their own.

    Examples
    --------
    >>> import tempfile
    >>> answers = Answers(tempfile.mkdtemp())
    >>> question = Question("amap", "https://restapi.amap.com/v3/place/text", (("keywords", "香雪苑"),))
    >>> answers.find(question) is None
    True
    >>> answers.keep(question, [Hit(120.24, 31.57, "香雪苑", "estate")])
    >>> answers.find(question)[0].name
    '香雪苑'
    """

    def __init__(
        self,
        folder: str | PathLike[str],
        *,
        not_found_days: float = 30.0,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self.folder = Path(folder)
        self.not_found_days = not_found_days
        self.clock = clock

    def find(self, question: Question, *, any_age: bool = False) -> list[Hit] | None:
        """Return the kept answer, which may be empty, or None where there is none to be believed.

        Parameters
        ----------
        question
            What was asked.
        any_age
            Believe an old "not found" too: where nobody may be asked, it is all that is known.
        """
        path = self._path(question)
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            hits = [_checked(Hit(**hit)) for hit in kept["hits"]]
            asked = dt.datetime.fromisoformat(kept["date"])
            same = (kept["url"], [tuple(pair) for pair in kept["asked"]]) == (
                question.url,
                list(question.parameters),
            )
            age = self.clock() - asked
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            log.info("the kept answer %s is damaged: %s", path.name, type(error).__name__)
            return None
        if not same:
            return None
        old = age > dt.timedelta(days=self.not_found_days) or age < dt.timedelta(days=-1)
        return None if old and not hits and not any_age else hits

    def keep(self, question: Question, hits: list[Hit]) -> None:
        """Keep an answer, whole or not at all.

        Raises
        ------
        OSError
            The disk is full, or the folder is not ours.
        """
        path = self._path(question)
        part = path.with_suffix(f".{os.getpid()}.part")
        kept = {
            "format": FORMAT,
            "url": question.url,
            "asked": [list(pair) for pair in question.parameters],
            "date": self.clock().isoformat(timespec="seconds"),
            "hits": [asdict(hit) for hit in hits],
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            part.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8", newline="\n")
            part.replace(path)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def asked_lately(self, provider: str) -> int:
        """Return how many answers of a service were kept in the last 24 hours."""
        since = self.clock().timestamp() - 86_400.0
        count = 0
        for path in self.folder.glob(f"{provider}-*.json"):
            with suppress(OSError):
                count += path.stat().st_mtime >= since
        return count

    def _path(self, question: Question) -> Path:
        return self.folder / f"{question.key}.json"


def _checked(hit: Hit) -> Hit:
    """Return a kept place whose fields are what they should be; a file may have been edited by hand."""
    numbers = [hit.lon, hit.lat, *([] if hit.score is None else [hit.score])]
    words = (hit.name, hit.word, hit.address, hit.id)
    right: Any = (
        all(isinstance(number, int | float) and math.isfinite(number) for number in numbers)
        and all(isinstance(word, str) for word in words)
        and hit.level in LEVELS
    )
    if not right:
        raise ValueError("fields")
    return hit
