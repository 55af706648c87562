"""Streets from a file to a :class:`WalkNetwork`, kept between runs."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from walkshed.errors import Finding, Source, Text
from walkshed.osm import read_ways
from walkshed.progress import silent
from walkshed.streets import cache as kept
from walkshed.streets.build import build_network
from walkshed.streets.cache_key import cache_file
from walkshed.streets.diagnosis import diagnose
from walkshed.streets.grounds import ground_rule
from walkshed.streets.line_layer import LineLayer, is_layer
from walkshed.streets.rules import node_mark, way_code

if TYPE_CHECKING:
    from os import PathLike

    from walkshed.progress import Progress
    from walkshed.streets.network import WalkNetwork

log = logging.getLogger(__name__)
Box = tuple[float, float, float, float]


def read_streets(
    path: str | PathLike[str],
    *,
    cache: str | PathLike[str] | None = None,
    box: Box | None = None,
    lines: LineLayer | None = None,
    progress: Progress = silent,
) -> WalkNetwork:
    """Read the walkable streets of an OpenStreetMap file, or of a line layer.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``. Clipped extracts are welcome: ways are
        split where their nodes are missing. Or ``.gpkg``, ``.parquet``, ``.geojson``, ``.shp`` or
        ``.fgb``: see :func:`walkshed.streets.layer.read_line_layer`.
    cache
        A folder where the built network is kept, by the file's hash and the rules' version; None keeps nothing.
    box
        West, south, east and north in degrees: ways wholly outside are not read.
    lines
        How to read a line layer: which one, and what counts as meeting.
    progress
        Told what is being done.

    Returns
    -------
    WalkNetwork
        In EPSG:4326, with lengths in geodesic metres.

    Raises
    ------
    InputError
        The file is missing, empty, truncated, of another kind, or holds no walkable way.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> folder = walkshed.init_study(tempfile.mkdtemp() + "/ronghang")
    >>> streets = walkshed.read_streets(folder / "streets.osm.pbf")
    >>> streets
    <WalkNetwork streets.osm.pbf: 2,386 nodes, 3,738 edges, 331.6 km in 2 pieces>
    """
    file = Path(path)
    stage = Text("reading streets", "读取道路")
    progress(stage)
    target = None
    extra: tuple[Finding, ...] = ()
    if cache is not None and file.is_file():
        target = cache_file(Path(cache), file, box, (lines or LineLayer()) if is_layer(file) else None)
        if target.exists():
            try:
                return kept.load(target).renamed(file.name)
            except kept.DamagedCacheError as error:
                log.info("rebuilding the damaged cache %s: %s", target, error)
                said = Text("the kept network was damaged; it was built anew", "缓存的路网已损坏，已重新生成")
                extra = (Finding("streets.cache_damaged", said, Source(target.name)),)
    if is_layer(file):
        from walkshed.streets.layer import read_line_layer

        how = lines or LineLayer()
        network = read_line_layer(
            file, layer=how.layer, tolerance_m=how.tolerance_m, cross=how.cross, box=box, progress=progress
        )
    else:
        ways = read_ways(
            file,
            way_rule=way_code,
            node_rule=node_mark,
            ground_rule=ground_rule,
            box=box,
            tick=lambda: progress(stage),
        )
        progress(Text("building the network", "构建路网"))
        network = build_network(ways, name=file.name)
        network = network.with_notices(*diagnose(network))
    if target is not None:
        try:
            kept.save(network, target)
        except OSError as error:
            said = Text(
                f"the network could not be kept for the next run ({error})", f"路网缓存未能保存（{error}）"
            )
            extra = (*extra, Finding("streets.cache_not_written", said, Source(target.name)))
    return network.with_notices(*extra)
