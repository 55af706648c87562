"""A folium page as one HTML file that needs no network and is the same every time.

Folium asks the network for ten files and names its elements at random. Here the libraries are written
into the page from their installed packages, the ones nothing uses are left out, the elements are
counted instead, and a content security policy forbids the browser to fetch or run anything else. The one exception
are pictures from hosts that the caller names: for backgrounds which a reader switches on.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import html as html_module
import json
import re
from functools import cache
from html.parser import HTMLParser
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING, cast

from walkshed.errors import Language, OutputError, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import folium
    from branca.element import Element, Figure

OWN = "walkshed:"
"""A link to ``walkshed:name`` means the file ``name`` in this package's map_assets."""

_LINK = re.compile(
    r'<script src="(?P<js>[^"]*)">\s*</script>|<link rel="stylesheet" href="(?P<css>[^"]*)"\s*/?>'
)
_LEAFLET = re.compile(r"/leaflet@(?P<version>[\d.]+)/dist/(?P<file>leaflet\.(?:js|css))$")
_JQUERY = re.compile(r"/jquery-(?P<version>[\d.]+)\.(?P<file>min\.js)$")
_UNUSED = re.compile(r"bootstrap|awesome", re.IGNORECASE)
_CSS_URL = re.compile(r"""url\(\s*["']?(?!data:|#)([^"')\s]+)["']?\s*\)""", re.IGNORECASE)
_CSS_IMPORT = re.compile(r"@import[^;]*", re.IGNORECASE)
_CODE_URL = re.compile(
    r"""(?:https?|wss?|ftp):/{2}[^\s"'`<>)\\]+|(?<=["'`(])/{2}\w[^\s"'`<>)\\]*""", re.IGNORECASE
)
_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<body>.*?)</script>", re.DOTALL)
# Never fetched: the names of XML's namespaces, and the home page in Leaflet's licence and credit.
_NAMES_ONLY = ("http://www.w3.org/", "https://leafletjs.com")
_ORIGIN = re.compile(r"https://[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_FETCHED = {
    "src", "srcset", "poster", "background", "data", "action", "formaction", "manifest", "ping", "xlink:href",
}  # fmt: skip
_LINKS_ONLY = {"a", "area"}


def offline_html(
    page: folium.Map,
    *,
    title: str = "",
    language: Language = "en",
    data: Mapping[str, object] | None = None,
    pictures_from: Sequence[str] = (),
) -> str:
    """Return ``page`` as self-contained HTML.

    Parameters
    ----------
    page
        Any folium map without tiles; it is left as it is.
    title
        The text in the browser's title bar; plain text.
    language
        The page's language, which also decides which shapes Chinese characters take.
    data
        Values that scripts of the page read as JSON from the element of that id. They are put in after
        rendering, so that no template ever sees them.
    pictures_from
        Origins such as ``https://tile.openstreetmap.org`` from which scripts of the page may show pictures
        when their reader asks for them. Nothing in the page itself may refer to them.

    Raises
    ------
    OutputError
        If the page would still ask the network for something.
    ValueError
        If one of ``pictures_from`` is not exactly one https host.

    Examples
    --------
    >>> import folium
    >>> html = offline_html(folium.Map(tiles=None), title="Parks & <rec>", data={"facts": {"a": "</script>"}})
    >>> "<title>Parks &amp; &lt;rec&gt;</title>" in html, "map_1" in html, remote_urls(html)
    (True, True, [])
    """
    for origin in pictures_from:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(f"not an https origin: {origin!r}")
    root = cast("Figure", copy.deepcopy(page.get_root()))
    _count_elements(root)
    html: str = _unix(root.render())
    if "L.AwesomeMarkers" in html:
        raise _error(
            "folium.Icon needs the network; use CircleMarker or DivIcon",
            "folium.Icon 需要联网；请改用 CircleMarker 或 DivIcon",
            language,
        )
    keep_jquery = "$(" in html or "jQuery" in html
    markers = _default_markers() if "L.marker(" in html else ""
    html = _LINK.sub(
        lambda link: _inlined(link, keep_jquery=keep_jquery, after_leaflet=markers, language=language), html
    )
    blocks = "".join(_data_block(name, value) for name, value in (data or {}).items())
    html = html.replace("</body>", f"{blocks}</body>", 1)
    html = html.replace("<html>", f'<html lang="{"zh-CN" if language == "zh" else "en"}">', 1)
    left = remote_urls(html)
    if left:
        listed = ", ".join(sorted(set(left))[:5])
        raise _error(f"the page would ask the network for: {listed}", f"页面仍需联网获取：{listed}", language)
    shown = html_module.escape("".join(letter for letter in title if letter.isprintable()))
    return html.replace(
        "<head>", f"<head>\n    {_policy(html, pictures_from)}\n    <title>{shown}</title>", 1
    )


def remote_urls(html: str) -> list[str]:
    """Return every address a browser would fetch when it shows ``html``.

    Links that wait for a click (``<a href>``) and JSON blocks do not count: nothing loads them.

    Examples
    --------
    >>> remote_urls('<a href="https://a.org">x</a><img src="x.png"><style>a{background:url(b.png)}</style>')
    ['x.png', 'b.png']
    """
    finder = _Finder()
    finder.feed(html)
    finder.close()
    return finder.found


def json_text(value: object) -> str:
    r"""Return ``value`` as compact JSON that may stand inside a script element.

    Examples
    --------
    >>> json_text({"name": "</script><!-- 荣巷"})
    '{"name":"\\u003c/script\\u003e\\u003c!-- 荣巷"}'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    # Half a surrogate pair, as broken tables may hold, cannot be written in UTF-8; its escape can.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


class _Finder(HTMLParser):
    """Collects what a browser would fetch."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        kind = values.get("type", "")
        self._inside = {"script": "data" if "json" in kind else "script", "style": "style"}.get(tag, "")
        for name, value in values.items():
            fetched = name in _FETCHED or (name == "href" and tag not in _LINKS_ONLY)
            if fetched and not value.startswith(("data:", "#", "about:")):
                self.found.append(value)
            if name == "style":
                self._css(value)
            if name == "srcdoc":
                self.found.extend(remote_urls(value))
        if values.get("http-equiv", "").lower() == "refresh":
            self.found.append(values.get("content", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self._css(data)
        elif self._inside == "script":
            addresses = _CODE_URL.findall(data)
            self.found.extend(address for address in addresses if not address.startswith(_NAMES_ONLY))

    def _css(self, text: str) -> None:
        self.found.extend(_CSS_URL.findall(text))
        self.found.extend(_CSS_IMPORT.findall(text))


def _count_elements(root: Figure) -> None:
    """Name the elements 1, 2, 3 … in the order they are drawn, and forget an earlier rendering."""
    rendered = set()
    for number, element in enumerate(_walk(root)):
        rendered.add(element.get_name())
        element._id = str(number)  # noqa: SLF001 - folium offers no other way to choose an id
    for part in (root.header, root.html, root.script):
        for name in rendered & set(part._children):  # noqa: SLF001
            del part._children[name]  # noqa: SLF001


def _walk(element: Element) -> Iterator[Element]:
    yield element
    for child in element._children.values():  # noqa: SLF001
        yield from _walk(child)


def _inlined(link: re.Match[str], *, keep_jquery: bool, after_leaflet: str, language: Language) -> str:
    """Return the element that takes the place of a link to a script or a style sheet."""
    url = link["js"] or link["css"]
    if url.startswith(OWN):
        text = _own_file(url.removeprefix(OWN))
    elif found := _LEAFLET.search(url):
        text = _package_text("XStatic-Leaflet", found["version"], f"leaflet/data/{found['file']}", language)
    elif found := _JQUERY.search(url):
        if not keep_jquery:
            return ""
        text = _package_text(
            "XStatic-jQuery", found["version"], f"jquery/data/jquery.{found['file']}", language
        )
    elif _UNUSED.search(url):
        return ""
    else:
        raise _error(f"no installed package has {url}", f"没有已安装的软件包提供 {url}", language)
    if link["css"]:
        return f"<style>\n{text}\n</style>"
    text = (
        re.sub(r"\n//# sourceMappingURL=.*", "", text)
        .replace("</script", "<\\/script")
        .replace("<!--", "<\\!--")
    )
    return f"<script>\n{text}\n</script>" + (after_leaflet if url.endswith("leaflet.js") else "")


def _own_file(name: str) -> str:
    file = resources.files("walkshed.deliver") / "map_assets" / name
    return _unix(file.read_text(encoding="utf-8"))


@cache
def _package_text(package: str, version: str, name: str, language: Language) -> str:
    """Return a text file of an XStatic package, pictures in it as data."""
    installed = metadata.version(package)
    if not installed.startswith(f"{version}."):
        raise _error(
            f"folium wants {version} of {package}, {installed} is installed",
            f"folium 需要 {package} {version}，已安装的是 {installed}",
            language,
        )
    text = _unix(_package_file(package, name).read_text(encoding="utf-8"))
    if not name.endswith(".css"):
        return text
    folder = name.rsplit("/", 1)[0]
    return _CSS_URL.sub(lambda url: f"url({_picture(package, f'{folder}/{url[1]}')})", text)


def _package_file(package: str, name: str) -> Path:
    # Asked of the metadata, because importing these packages needs setuptools.
    return Path(str(metadata.distribution(package).locate_file(f"xstatic/pkg/{name}")))


def _picture(package: str, name: str) -> str:
    return "data:image/png;base64," + base64.b64encode(_package_file(package, name).read_bytes()).decode(
        "ascii"
    )


def _default_markers() -> str:
    """Return the script that gives Leaflet's pin its pictures, which it looks for beside leaflet.js."""
    files = {"iconUrl": "marker-icon", "iconRetinaUrl": "marker-icon-2x", "shadowUrl": "marker-shadow"}
    options = {
        key: _picture("XStatic-Leaflet", f"leaflet/data/images/{file}.png") for key, file in files.items()
    }
    script = "delete L.Icon.Default.prototype._getIconUrl;"
    script += f"L.Icon.Default.mergeOptions({json_text(options)});"
    return f"<script>{script}</script>"


def _data_block(name: str, value: object) -> str:
    return f'<script type="application/json" id="{html_module.escape(name)}">{json_text(value)}</script>\n'


def _policy(html: str, pictures_from: Sequence[str]) -> str:
    """Return the policy that lets exactly these scripts run and nothing be fetched but the pictures allowed."""
    bodies = [found["body"] for found in _SCRIPT.finditer(html) if "json" not in found["attributes"]]
    hashes = {
        base64.b64encode(hashlib.sha256(body.encode()).digest()).decode("ascii"): None for body in bodies
    }
    scripts = " ".join(f"'sha256-{digest}'" for digest in hashes)
    rules = (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; "
        f"img-src {' '.join(['data:', 'blob:', *pictures_from])}; "
        "base-uri 'none'; form-action 'none'"
    )
    return f'<meta http-equiv="Content-Security-Policy" content="{rules}">'


def _unix(text: str) -> str:
    # The policy's hashes are those of what the browser reads, and it reads every line end as \n.
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _error(english: str, chinese: str, language: Language) -> OutputError:
    return OutputError(Text(english, chinese).in_(language))
