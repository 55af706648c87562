"""Make the picture of the README, which is kept with it: run the sample, open its map in a browser, take a screenshot.

Needs Debian's chromium and playwright (both are used by the tests too)::

    python docs/make_pictures.py
"""

from __future__ import annotations

import base64
import struct
import sys
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from playwright.sync_api import sync_playwright

import walkshed

if TYPE_CHECKING:
    from numpy.typing import NDArray

PICTURES = Path(__file__).parent / "pictures"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WIDTH, HEIGHT = 1200, 740
MOST_BYTES = 200_000


def sample_map(folder: Path) -> Path:
    """Run the sample study in a folder and return its map."""
    study = walkshed.init_study(folder / "ronghang")
    return walkshed.run(study).write() / "map.html"


def photograph(page: Path) -> NDArray[np.uint8]:
    """Return what a browser shows of a page: rows × columns × red, green, blue."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        tab.goto(page.as_uri())
        tab.wait_for_timeout(1500)
        shot = base64.b64encode(tab.screenshot()).decode()
        # The browser also unpacks its own picture: no image library is needed.
        pixels = browser.new_page().evaluate(UNPACK, shot)
        browser.close()
    return np.frombuffer(base64.b64decode(pixels), dtype=np.uint8).reshape(HEIGHT, WIDTH, 4)[:, :, :3]


UNPACK = """async shot => {
  const picture = new Image();
  picture.src = "data:image/png;base64," + shot;
  await picture.decode();
  const canvas = Object.assign(document.createElement("canvas"), {width: picture.width, height: picture.height});
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  let text = "";
  for (const byte of context.getImageData(0, 0, picture.width, picture.height).data) text += String.fromCharCode(byte);
  return btoa(text);
}"""


def write_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write a PNG of the 256 colours that occur most; every other colour becomes the nearest of them."""
    from scipy.spatial import cKDTree

    colours, where, count = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True)
    palette = colours[np.argsort(-count, kind="stable")[:256]]
    nearest = cKDTree(palette.astype(float)).query(colours.astype(float))[1].astype(np.uint8)
    rows = nearest[where.ravel()].reshape(pixels.shape[:2])
    filtered = np.hstack([np.zeros((len(rows), 1), np.uint8), rows])  # filter 0 before each row
    head = struct.pack(">IIBBBBB", rows.shape[1], rows.shape[0], 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", head),
        (b"PLTE", palette.tobytes()),
        (b"IDAT", zlib.compress(filtered.tobytes(), 9)),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


def main() -> None:
    """Make all pictures."""
    PICTURES.mkdir(exist_ok=True)
    picture = PICTURES / "map.png"
    with tempfile.TemporaryDirectory() as folder:
        write_png(picture, photograph(sample_map(Path(folder))))
    size = picture.stat().st_size
    sys.stdout.write(f"{picture.name}: {size / 1000:.0f} kB\n")
    if size > MOST_BYTES:
        sys.exit(f"the picture is larger than {MOST_BYTES / 1000:.0f} kB; make WIDTH and HEIGHT smaller")


if __name__ == "__main__":
    main()
