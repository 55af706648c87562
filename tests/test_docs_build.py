"""The documents build, every warning an error; pictures come from the library and say what the pages say of them."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote

import pytest
import shapely

from conftest import ROOT

DOCS = ROOT / "docs"
FIGURES = re.compile(
    r"^```\{figure\} \.\./build/pictures/(\w+)\.(svg|png)\n:alt: ([^\n]+)\n\n(.+?)\n```$",
    re.MULTILINE | re.DOTALL,
)


def text_of(name):
    return (DOCS / name).read_text(encoding="utf-8")


def figures():
    """Return the pictures of all pages: name, ending, words for those who do not see it, caption."""
    return [found for page in sorted(DOCS.glob("*.md")) for found in FIGURES.findall(text_of(page.name))]


def scripts(folder):
    """Return the scripts of a folder that make a picture; the others are what they share."""
    made = {"drawings": r"keep\(figure", "gallery": r"keep\(figure|save\(figure"}[folder]
    return {
        path.stem
        for path in (DOCS / folder).glob("*.py")
        if re.search(rf"^(?:{made})", path.read_text(encoding="utf-8"), re.MULTILINE)
    }


# --- pages ------------------------------------------------------------------------------------------------


def test_every_page_stands_in_one_table_of_contents():
    trees = re.findall(r"```\{toctree\}\n(.*?)```", text_of("index.md"), re.DOTALL)
    entries = [
        re.sub(r".*<(.+)>", r"\1", line)
        for tree in trees
        for line in tree.splitlines()
        if line and not line.startswith(":")
    ]
    assert len(entries) == len(set(entries))
    found = [sorted((DOCS / entry).parent.glob(f"{Path(entry).name}.md")) for entry in entries]
    assert all(found)
    pages = {page.resolve() for some in found for page in some}
    assert set(DOCS.glob("*.md")) - {DOCS / "index.md"} <= pages
    assert {ROOT / "README.md", ROOT / "CHANGELOG.md"} <= pages


def test_every_picture_has_its_script_and_every_script_its_picture():
    shown = [name for name, *_ in figures()]
    assert len(shown) == text_of("concepts.md").count("{figure}") + text_of("gallery.md").count("{figure}")
    assert sorted(shown) == sorted(scripts("drawings") | scripts("gallery"))
    for _, _, alt, caption in figures():
        assert len(alt) > 40
        assert len(caption) > 15
    for name in scripts("gallery"):
        start = re.search(
            rf"literalinclude\}} gallery/{name}\.py\n:start-at: (.+)\n```", text_of("gallery.md")
        )
        lines = (DOCS / "gallery" / f"{name}.py").read_text(encoding="utf-8").splitlines()
        first = next(number for number, line in enumerate(lines) if start[1] in line)
        assert len(lines) - first <= 30, f"{name} is more than a few lines"


@pytest.mark.parametrize(
    ("page", "module"),
    [("api.md", "walkshed"), ("api-measures.md", "walkshed.measures"), ("api-siting.md", "walkshed.siting")],
)
def test_every_public_name_has_its_entry(page, module):
    for block in re.findall(r"```\{eval-rst\}\n(.*?)```", text_of(page), re.DOTALL):
        own = re.search(r"currentmodule:: (\S+)", block)[1]
        entries = re.findall(r"^\.\. auto(?:class|function|exception|data):: (\w+)$", block, re.MULTILINE)
        listed = re.findall(r"^   (\w+)$", block, re.MULTILINE)
        assert entries == listed, "the table of a block and its entries are the same"
        assert all(hasattr(import_module(own), name) for name in entries)
    own = [block for block in text_of(page).split("```{eval-rst}") if f"currentmodule:: {module}\n" in block]
    there = re.findall(r"^\.\. auto(?:class|function|exception|data):: (\w+)$", "".join(own), re.MULTILINE)
    assert sorted(there) == sorted(import_module(module).__all__)


# --- what the drawings say --------------------------------------------------------------------------------


@pytest.fixture
def towns(monkeypatch):
    """Let the drawings' own modules be imported."""
    pytest.importorskip("matplotlib")
    monkeypatch.syspath_prepend(str(DOCS / "drawings"))
    return import_module("gated_town"), import_module("town")


def test_the_town_of_three_policies_walks_as_its_caption_says(towns):
    gated, town = towns
    result = gated.gated_town(outside=False).run()
    found = {policy: town.walks(result, policy) for policy in ("open", "residents", "closed")}
    # By hand, for C: 28 m to the street, then straight through A, or round it by the southern street.
    assert found["open"]["C"][1] == pytest.approx(28 + 650 + 45 + 15, abs=0.15)
    assert found["residents"]["C"][1] == pytest.approx(28 + 155 + 420 + 155 + 230 + 45 + 15, abs=0.15)
    assert found["residents"]["A"][1] == found["open"]["A"][1]
    assert set(found["closed"]) == {"B"}


def test_the_other_drawings_show_what_their_captions_say(towns, tmp_path, monkeypatch):
    assert towns
    monkeypatch.chdir(tmp_path)
    drawn = {
        name: runpy.run_path(str(DOCS / "drawings" / f"{name}.py"))
        for name in ("walk", "catchment", "reasons", "sureness")
    }
    # By hand, on streets 150 and 140 m apart: 44 + (88 + 140 + 150 + 140 + 92) + 48.
    assert drawn["walk"]["length"] == pytest.approx(44 + 610 + 48, abs=0.15)
    rows = drawn["catchment"]["result"].coverage.query("standard == '5 min'").set_index("estate_id")
    circle, home = drawn["catchment"]["circle"], towns[1].estate_xy(drawn["catchment"]["result"], "A")
    assert circle.contains(shapely.Point(home))
    assert rows.loc["A", "walk_min"] > 5
    told = drawn["reasons"]["rows"]
    said = {name: (row["status"], row["reason"]) for name, row in told.iterrows()}
    assert said == {
        "A": ("covered", ""),
        "B": ("uncovered", "gates"),
        "C": ("uncovered", "missing_path"),
        "D": ("uncovered", "too_far"),
        "E": ("unknown", "island"),
        "F": ("unknown", "off_network"),
    }
    bars = drawn["sureness"]["rows"].set_index("estate_id")
    crosses = (bars["walk_min_low"] <= 5) & (bars["walk_min_high"] > 5)
    assert (crosses == ~bars["certain"].astype(bool)).all()
    assert crosses.sum() == 3
    assert bars.loc["F", "walk_min_low"] < 5 < bars.loc["F", "walk_min"]


# --- the build --------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Anchors of a page, where its links lead, and what a browser would load with it."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.loads = set(), [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids |= {found["id"]} if found.get("id") else set()
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if tag in {"script", "img", "iframe", "source"} and found.get("src"):
            self.loads.append(found["src"])
        if tag == "link" and found.get("rel") in {"stylesheet", "preload", "icon"}:
            self.loads.append(found["href"])


def resolved(page, link):
    """Return the file that a relative link leads to, and its anchor."""
    path, _, anchor = link.partition("#")
    return ((page.parent / unquote(path.partition("?")[0])).resolve() if path else page), unquote(anchor)


@pytest.mark.full
def test_the_documents_build_without_a_warning_and_open_without_a_network(tmp_path):
    out = tmp_path / "html"
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-n", "-q", "-c", "docs", ".", out],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    pages = {path.resolve(): Page(path) for path in out.rglob("*.html")}
    assert {f"{page.stem}.html" for page in DOCS.glob("*.md")} <= {
        path.name for path in out.glob("docs/*.html")
    }
    for path, page in pages.items():
        for link in page.loads:
            assert resolved(path, link)[0].is_file(), f"{path.name} loads {link}"
        for link in page.links:
            if re.match(r"[a-z]+:", link):
                continue
            target, anchor = resolved(path, link)
            assert target.is_file(), f"{path.name} links to {link}"
            if anchor and target in pages:
                assert anchor in pages[target].ids, f"{path.name} links to {link}"
    for name, ending, *_ in figures():
        assert (out / "_images" / f"{name}.{ending}").stat().st_size > 8_000, name
    assert "<math" in (out / "docs" / "method.html").read_text(encoding="utf-8")
    again = tmp_path / "again"
    again.mkdir()
    subprocess.run([sys.executable, DOCS / "drawings" / "reasons.py"], cwd=again, check=True)
    assert (again / "reasons.svg").read_bytes() == (out / "_images" / "reasons.svg").read_bytes()
