"""One question over HTTP, one JSON answer back, and no trace of the key on the way.

The standard library is used on purpose: ``urllib3`` writes the whole address into its log, and its
exceptions carry it. Nothing is raised from inside an ``except`` block here, so that no chain of
exceptions leads back to an address with a key.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from walkshed.errors import Text
from walkshed.web import FailedError, refuse_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from urllib.request import OpenerDirector

    from walkshed.places.geocoders.secret import Secret

MOST_BYTES = 4 << 20
"""An answer about a dozen places is some kilobytes; nothing larger is read."""
_NOT_THIS = frozenset({400, 414, 422})
"""What is wrong with one question: not understood, too long, not to be worked on."""


def ask_json(
    url: str,
    parameters: Iterable[tuple[str, str]],
    *,
    secret: Secret | None = None,
    headers: Mapping[str, str],
    timeout_s: float = 20.0,
    explain: Callable[[Any], FailedError | None] = lambda _data: None,
) -> Any:
    """Ask once, by GET, and return the decoded JSON without the key.

    Redirections are not followed: what was asked would reach somebody who was never named.

    Parameters
    ----------
    url
        The address without parameters; a user and a password in it are sent as such (basic).
    parameters
        What is asked.
    secret
        The key, added to the parameters.
    headers
        Who asks, and in which language.
    timeout_s
        How long the server may be silent, and how long the whole answer may take.
    explain
        Sees the JSON of an answer whose HTTP status is a failure; may say better what it means.

    Raises
    ------
    FailedError
        It did not work; ``again`` says whether another try may.
    """
    status, answer_headers, body = _got(url, parameters, secret, headers, timeout_s)
    if not 200 <= status < 300:
        if (better := _explained(body, answer_headers, secret, explain)) is not None:
            raise better
        if status in _NOT_THIS:
            told = Text(f"does not take this question (HTTP {status})", f"不接受此次查询（HTTP {status}）")
            raise FailedError("places.refused_query", told)
        refuse_status(status, answer_headers)
    text = decoded(body, answer_headers.get("Content-Type", ""))
    try:
        data = json.loads(text, parse_constant=_no_constant)
        return secret.scrubbed(data) if secret else data
    except (ValueError, RecursionError):
        failed = _not_json(text)
    raise failed


def _got(
    url: str,
    parameters: Iterable[tuple[str, str]],
    secret: Secret | None,
    headers: Mapping[str, str],
    timeout_s: float,
) -> tuple[int, Mapping[str, str], bytes]:
    """Return status, headers and body of one request."""
    from http.client import HTTPException
    from urllib.request import Request

    plain, login = _without_login(url)
    pairs = [*parameters, *([secret.pair()] if secret else [])]
    failed: FailedError | None = None
    try:
        request = Request(f"{plain}?{urlencode(pairs)}", headers={**headers, **login})  # noqa: S310 - http(s) only: the opener knows nothing else
        deadline = time.monotonic() + timeout_s
        with _opener(secure=plain.lower().startswith("https:")).open(request, timeout=timeout_s) as response:
            return response.status, response.headers, _body(response, deadline)
    except FailedError as error:
        failed = error
    except (OSError, HTTPException, ValueError, EOFError) as error:
        failed = failure_of(error)
    raise failed


def _without_login(url: str) -> tuple[str, dict[str, str]]:
    """Return an address without user and password, and the header that says them instead."""
    import base64
    from urllib.parse import unquote

    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    plain = urlunsplit((parts.scheme, host, parts.path, "", ""))
    if not at:
        return plain, {}
    token = base64.b64encode(unquote(login).encode()).decode("ascii")
    return plain, {"Authorization": f"Basic {token}"}


def _opener(*, secure: bool) -> OpenerDirector:
    """Return an opener for http or https, through the proxy of the environment, that follows nothing."""
    from urllib import request

    class AnyStatus(request.HTTPErrorProcessor):
        """Hands on every answer, whatever its status."""

        def http_response(self, request: Any, response: Any) -> Any:  # noqa: ARG002 - the signature is given
            return response

        https_response = http_response

    opener = request.OpenerDirector()
    # reading the system's certificates takes longer than asking
    door = request.HTTPSHandler(context=_certificates()) if secure else request.HTTPHandler()
    for handler in (request.ProxyHandler(), door, AnyStatus(), request.UnknownHandler()):
        opener.add_handler(handler)
    opener.addheaders = []
    return opener


def _certificates() -> Any:
    """Return whom to trust: the system, and what an office behind a proxy names in the usual variables."""
    import ssl

    context = ssl.create_default_context()
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        if (bundle := os.environ.get(variable, "")) and os.path.isfile(bundle):  # noqa: PTH113 - a string from outside
            context.load_verify_locations(bundle)
            break
    return context


def _body(response: Any, deadline: float) -> bytes:
    """Read an answer to its end: not without measure, not for ever, not half."""
    pieces, size = [], 0
    while piece := response.read1(1 << 16):
        pieces.append(piece)
        size += len(piece)
        if size > MOST_BYTES:
            text = Text("sent far more than an answer", "返回的数据过大")
            raise FailedError("places.bad_answer", text)
        if time.monotonic() > deadline:
            raise TimeoutError
    # http.client takes an early end for the end when it reads in pieces
    if response.length:
        raise EOFError
    body = b"".join(pieces)
    return _unpacked(body) if response.headers.get("Content-Encoding", "").lower() == "gzip" else body


def _unpacked(body: bytes) -> bytes:
    """Undo gzip, which some gateways apply unasked."""
    import zlib

    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(body, MOST_BYTES)
    except zlib.error:
        raise EOFError from None
    if not unpacker.eof:
        raise EOFError
    return text


def failure_of(error: BaseException) -> FailedError:
    """Say what an exception of the standard library means; its own words may hold the address."""
    import ssl

    reason = getattr(error, "reason", error)
    if isinstance(error, TimeoutError) or isinstance(reason, TimeoutError):
        return FailedError("places.busy", Text("did not answer in time", "没有及时回应"), again=True)
    if isinstance(reason, ssl.SSLCertVerificationError):
        text = Text(
            "has a certificate that cannot be checked (behind an office proxy, set REQUESTS_CA_BUNDLE)",
            "的证书无法验证（如使用单位代理，请设置 REQUESTS_CA_BUNDLE）",
        )
        return FailedError("places.unreachable", text)
    cut = isinstance(reason, ConnectionError) and not isinstance(reason, ConnectionRefusedError)
    if not cut and isinstance(error, ValueError | OSError):
        text = Text(
            "cannot be reached: this machine may have no internet, need a proxy, or the service is down",
            "无法连接：本机可能没有联网或需要代理，或服务已停",
        )
        return FailedError("places.unreachable", text)
    return FailedError("places.busy", Text("cut the connection", "中断了连接"), again=True)


def decoded(body: bytes, content_type: str) -> str:
    """Return the text of an answer: UTF-8, or the Chinese encoding that it names itself.

    Another encoding is refused rather than guessed: a guess would give wrong names without a word.

    Examples
    --------
    >>> decoded("香雪苑".encode("gb18030"), "application/json; charset=GBK")
    '香雪苑'
    """
    charset = content_type.lower().partition("charset=")[2].partition(";")[0].strip(" \"'")
    name = "gb18030" if charset in {"gbk", "gb2312", "gb18030"} else "utf-8-sig"
    try:
        return body.decode(name)
    except UnicodeDecodeError:
        text = Text("answered in an encoding other than UTF-8", "返回的不是 UTF-8 编码")
        failed = FailedError("places.bad_answer", text)
    raise failed


def _explained(
    body: bytes,
    headers: Mapping[str, str],
    secret: Secret | None,
    explain: Callable[[Any], FailedError | None],
) -> FailedError | None:
    """Return what a failure says of itself, if it says it in JSON."""
    try:
        data = json.loads(decoded(body, headers.get("Content-Type", "")))
        return explain(secret.scrubbed(data) if secret else data)
    except (FailedError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None


def _not_json(text: str) -> FailedError:
    page = "<html" in text[:4096].lower() or "<!doctype html" in text[:4096].lower()
    told = Text(
        "answered with a web page instead of data; a network's sign-in page does so",
        "返回的是网页而不是数据，可能是上网认证页面",
    )
    return FailedError(
        "places.bad_answer",
        told if page else Text("answered with something that is no JSON", "返回的不是 JSON 数据"),
    )


def _no_constant(word: str) -> Any:
    raise ValueError(word)
