"""Make the pictures that pages ask for: each is drawn by the script of its name, with the real library.

A page that shows ``build/pictures/walk.svg`` has it from ``docs/drawings/walk.py`` or ``docs/gallery/walk.py``, run in
the folder ``build/pictures``. A picture is made again when its script, the library or the sample has changed.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.errors import ExtensionError
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
SCRIPTS = (ROOT / "docs" / "drawings", ROOT / "docs" / "gallery")
MADE_FROM = (*SCRIPTS, ROOT / "coverage" / "walkshed", ROOT / "data" / "ronghang")
say = logging.getLogger(__name__)


def wanted() -> dict[str, Path]:
    """Return the pictures that the pages show, each with its script; those of one folder stand together."""
    text = "".join(page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs").glob("*.md")))
    found = {}
    for name in sorted(set(re.findall(r"build/pictures/(\w+\.(?:png|svg))", text))):
        scripts = [folder / f"{Path(name).stem}.py" for folder in SCRIPTS]
        script = next((script for script in scripts if script.is_file()), None)
        if script is None:
            raise ExtensionError(
                f"a page shows {name}, but no script of that name is in docs/drawings or docs/gallery"
            )
        found[name] = script
    return dict(sorted(found.items(), key=lambda item: (item[1].parent.name, item[0])))


def digest() -> str:
    """Return what tells whether the pictures are still those of these scripts and this library."""
    import matplotlib as mpl

    known = hashlib.sha256(mpl.__version__.encode())
    for folder in MADE_FROM:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and "out" not in path.parts:
                known.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return known.hexdigest()


def draw(script: Path, name: str) -> None:
    """Run a script in the current folder; where it gives up with a sentence, the picture is that sentence."""
    from matplotlib.figure import Figure

    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as stop:
        say.info("%s: %s", script.name, stop)
        figure = Figure(figsize=(7, 1.5))
        figure.text(0.5, 0.5, str(stop), ha="center", va="center", wrap=True)
        figure.savefig(name)
    except Exception as error:
        raise ExtensionError(f"{script.relative_to(ROOT)}: {error!r}") from error
    if not Path(name).is_file():
        raise ExtensionError(f"{script.relative_to(ROOT)} makes no {name}")


def make_pictures(_: Sphinx) -> None:
    """Make what is not there yet, or was made from something else."""
    import matplotlib as mpl

    folder = ROOT / "build" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    kept, now = folder / "made.json", digest()
    made = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    before, paths = Path.cwd(), sys.path[:]
    sys.path[:0] = [str(scripts) for scripts in SCRIPTS]
    os.chdir(folder)
    try:
        for _, pictures in itertools.groupby(wanted().items(), key=lambda item: item[1].parent):
            with mpl.rc_context():  # the scripts of a folder share fonts and the like
                for name, script in pictures:
                    if made.get(name) != now or not Path(name).is_file():
                        say.info("drawing %s", name)
                        draw(script, name)
                        made[name] = now
                        kept.write_text(json.dumps(made, indent=1), encoding="utf-8")
    finally:
        os.chdir(before)
        sys.path[:] = paths


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the making of pictures to Sphinx."""
    app.connect("builder-inited", make_pictures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
