"""How the documents are built: ``make docs`` writes build/docs, without a network, and every warning is an error.

The source is the whole checkout, so that a link such as ``../README.md`` leads to the same place here and on a forge.
"""

from __future__ import annotations

import sys
from pathlib import Path

import walkshed

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "walkshed"
author = "The walkshed authors"
project_copyright = author
version = release = walkshed.__version__
language = "en"
root_doc = "docs/index"
include_patterns = ["docs/*.md", "README.md", "CHANGELOG.md", "bench/*.md", "data/README.md"]
exclude_patterns = [".*", "build", "demo", "dist"]

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "mathml",
    "names",
    "pictures",
]
myst_enable_extensions = ["amsmath", "dollarmath"]
myst_heading_anchors = 4  # the anchors that forges give headings
html_math_renderer = "mathml"  # read by browsers themselves: no script, no network

autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
autosummary_generate = False  # the tables lead to entries on the same page
numpydoc_class_members_toctree = False
numpydoc_show_class_members = False

nitpicky = True
nitpick_ignore_regex = [
    # Other libraries' types: their own documents would have to be fetched to link them.
    (r"py:.*", r"(np|pd|gpd|dt|nx|pathlib)\..*|NDArray|ArrayLike|Path|PathLike"),
    # Aliases and inner types of signatures: what may be given stands in words beneath.
    (
        r"py:class",
        r"Box|By|Cells|Columns|Decay|Floats|Language|Measure|Odd|Policy|Progress|Slope|Start|State|_Study",
    ),
    (
        r"py:class",
        r"Boundaries|EdgeIndex|Footing|Gates|Ground|Grounds|Pairs|PlacesSettings|Plan|Search|SearchGraph",
    ),
    (r"py:class", r"Areas|Meanwhile|TableSpec|Ties|Walker|Yards"),
    # Fields are told in their class, tables and rules in their module; neither has an entry of its own.
    (r"py:(attr|data)", r"demand|pairs|profiles|sites|GOALS|STATES|STATUSES"),
    (r"py:.*", r"walkshed\.(compare|siting\.constraints|streets\.(index|rules))\b.*|WalkNetwork\.edges"),
]

html_theme = "furo"
html_title = f"walkshed {release}"
html_extra_path = ["front"]  # its index.html leads to root_doc
html_copy_source = False
html_show_sphinx = False
