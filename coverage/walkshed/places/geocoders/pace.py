"""How fast a service may be asked: a pause between one request and the next, per server."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Pace:
    """Keeps apart the requests to one server, whoever makes them.

    Parameters
    ----------
    clock, sleep
        Tell the seconds and wait; tests pass their own.

    Examples
    --------
    >>> waits = []
    >>> pace = Pace(clock=lambda: 100.0, sleep=waits.append)
    >>> pace.wait("nominatim.openstreetmap.org", 1.0)
    >>> pace.wait("nominatim.openstreetmap.org", 1.0)
    >>> waits
    [1.0]
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._next: dict[str, float] = {}

    def wait(self, server: str, pause_s: float) -> None:
        """Wait until the server may be asked again, and note that it is asked now."""
        now = self._clock()
        early = self._next.get(server, now) - now
        if early > 0:
            self._sleep(early)
            now += early
        self._next[server] = now + pause_s


SHARED = Pace()
"""The pace of this process: a limit holds for all of a program, not for each study in it."""
