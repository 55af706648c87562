"""Asking a server over the network: politely, a few times, and with a sentence when it does not work.

Nothing is asked unless a study names a place. Whoever asks keeps a list of :class:`Sent`, which a
run writes into run.json.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from walkshed.errors import InputError, Source, Text, input_error
from walkshed.progress import silent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from walkshed.progress import Progress

log = logging.getLogger(__name__)
T = TypeVar("T")

WAITS_S = (5.0, 10.0, 20.0, 40.0)
"""Seconds between one try and the next; the same for everybody and every time, so that runs repeat."""
LONGEST_WAIT_S = 120.0
"""A server that asks for a longer pause is given up at once: nobody should watch a program sleep."""
_AGAIN = frozenset({429, 502, 503, 504})
_INSTEAD = Text(
    "try again later, or give a street file with file = …",
    "请稍后再试，或用 file = … 指定路网文件",
)


@dataclass(frozen=True, slots=True)
class Sent:
    """One request that left the machine: to which service, at which address, and all that it said."""

    service: str
    url: str
    what: str


class FailedError(Exception):
    """One try that did not work.

    Parameters
    ----------
    code, text
        What to tell the person if it stays so.
    again
        Whether another try may work.
    wait_s
        The pause the server asks for.
    """

    def __init__(self, code: str, text: Text, *, again: bool = False, wait_s: float | None = None) -> None:
        super().__init__(text.en)
        self.code, self.text, self.again, self.wait_s = code, text, again, wait_s


@dataclass(frozen=True, slots=True)
class Service:
    """A service as the asker sees it.

    Attributes
    ----------
    name, url
        What people call it, and where it is.
    sleep
        Waits a number of seconds; tests pass their own.
    timeout_s
        How long it may be silent.
    source, progress
        Where in the inputs the wish stands, and who is told of pauses.
    sent
        Takes a note of every request.
    instead
        What a person may do when it does not work, after the sentence that says so.
    """

    name: str
    url: str
    sleep: Callable[[float], None] = time.sleep
    timeout_s: float = 60.0
    source: Source = field(default_factory=Source)
    progress: Progress = silent
    sent: list[Sent] = field(default_factory=list)
    instead: Text = _INSTEAD

    @property
    def label(self) -> str:
        """The service's name and host, for sentences."""
        return f"{self.name} ({urlsplit(self.url).hostname or self.url})"

    def note(self, what: str) -> None:
        """Take down what is about to be sent."""
        self.sent.append(Sent(self.name, public_url(self.url), what))

    def persist(self, ask: Callable[[], T]) -> T:
        """Return what ``ask`` returns, trying again after :data:`WAITS_S` where that may help.

        Raises
        ------
        InputError
            It did not work, or not in as many tries.
        """
        tries = 0
        while True:
            tries += 1
            try:
                return ask()
            except FailedError as failed:
                pause = _pause(failed, tries)
                if pause is None:
                    raise self.fault(failed, tries) from failed
                log.info("%s: %s; asking again in %g s", self.label, failed, pause)
                en = f"{self.name} does not answer yet, asking again in {pause:g} s"
                self.progress(Text(en, f"{self.name} 暂无回应，{pause:g} 秒后重试"))
                self.sleep(pause)

    def fault(self, failed: FailedError, tries: int = 1) -> InputError:
        """Return what to tell the person."""
        en, zh = f"{self.label} {failed.text.en}", f"{self.label} {failed.text.zh}"
        if tries > 1:
            en, zh = f"{en} (asked {tries} times)", f"{zh}（已请求 {tries} 次）"
        text = Text(f"{en}; {self.instead.en}", f"{zh}；{self.instead.zh}")
        return input_error(failed.code, text, self.source)


def _pause(failed: FailedError, tries: int) -> float | None:
    """Return the seconds to wait before the next try, None where there should be none."""
    if not failed.again or tries > len(WAITS_S):
        return None
    wanted = failed.wait_s or 0.0
    return None if wanted > LONGEST_WAIT_S else max(WAITS_S[tries - 1], wanted)


def public_url(url: str) -> str:
    """Return an address without what may be secret: user, password and query.

    Examples
    --------
    >>> public_url("https://me:secret@maps.example.org:8080/api?key=123")
    'https://maps.example.org:8080/api'
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # no address at all
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def refuse_status(status: int, headers: Mapping[str, str]) -> None:
    """Raise what an HTTP status other than success means.

    Raises
    ------
    FailedError
        The server is busy or down (worth another try), refuses, or points elsewhere.
    """
    if 200 <= status < 300:
        return
    if status in _AGAIN:
        wait = _retry_after(headers.get("Retry-After"))
        text = Text(f"is too busy or down (HTTP {status})", f"繁忙或暂停服务（HTTP {status}）")
        if wait is not None and wait > LONGEST_WAIT_S:
            minutes = wait / 60
            text = Text(
                f"is too busy and asks to wait {minutes:.0f} minutes (HTTP {status})",
                f"繁忙，要求等待 {minutes:.0f} 分钟（HTTP {status}）",
            )
        raise FailedError("place.busy", text, again=True, wait_s=wait)
    if 300 <= status < 400:
        # not followed: what was asked would reach somebody who was never named
        text = Text(
            f"points to another address (HTTP {status}), as a network's sign-in page does; sign in, or correct the address",
            f"转向了另一地址（HTTP {status}），可能是上网认证页面；请先登录网络，或改正地址",
        )
        raise FailedError("place.refused", text)
    if status >= 500:
        text = Text(f"has an error of its own (HTTP {status})", f"内部出错（HTTP {status}）")
        raise FailedError("place.refused", text)
    text = Text(f"refuses the request (HTTP {status})", f"拒绝了请求（HTTP {status}）")
    raise FailedError("place.refused", text)


def _retry_after(value: str | None) -> float | None:
    """Read Retry-After: seconds, or a date of which the seconds from now are taken."""
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


def failure_of(error: Any) -> FailedError:
    """Say what an exception of ``requests`` means; its own words may hold the address with its secrets."""
    import requests

    if isinstance(error, requests.exceptions.Timeout):
        text = Text("did not answer in time", "没有及时回应")
        return FailedError("place.busy", text, again=True)
    if isinstance(error, requests.exceptions.SSLError):
        text = Text(
            "has a certificate that cannot be checked (behind an office proxy, set REQUESTS_CA_BUNDLE)",
            "的证书无法验证（如使用单位代理，请设置 REQUESTS_CA_BUNDLE）",
        )
        return FailedError("place.unreachable", text)
    if _never_connected(error):
        text = Text(
            "cannot be reached: this machine may have no internet, need a proxy, or the service is down",
            "无法连接：本机可能没有联网或需要代理，或服务已停",
        )
        return FailedError("place.unreachable", text)
    return FailedError("place.busy", Text("cut the connection", "中断了连接"), again=True)


def _never_connected(error: Any) -> bool:
    """Whether no connection came about at all: no network, no such host, nobody listening there."""
    import requests
    from urllib3.exceptions import NewConnectionError

    if isinstance(
        error,
        requests.exceptions.ProxyError | requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema,
    ):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError)
