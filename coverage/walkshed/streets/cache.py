"""Keeping a built network between runs; a damaged file is never trusted."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from walkshed.errors import Finding, Source, Text
from walkshed.streets.grounds import Grounds
from walkshed.streets.network import WalkNetwork

if TYPE_CHECKING:
    from pathlib import Path

_NOT_ARRAYS = {"areas", "grounds", "name", "snapshot", "counts", "notices"}
_ARRAYS = [f.name for f in fields(WalkNetwork) if f.name not in _NOT_ARRAYS]


class DamagedCacheError(Exception):
    """The cached file cannot be used."""


def save(network: WalkNetwork, path: Path) -> None:
    """Write the network; a file appears whole or not at all."""
    import shapely

    grounds = network.grounds
    shapes = [shapely.to_wkb(area) for area in (*network.areas, *grounds.polygons)]
    about = {
        "name": network.name,
        "snapshot": network.snapshot,
        "counts": network.counts,
        "notices": [asdict(notice) for notice in network.notices],
        "areas": len(network.areas),
        "grounds": {"name": grounds.name, "other_names": grounds.other_names},
    }
    arrays: dict[str, Any] = {name: getattr(network, name) for name in _ARRAYS}
    arrays["component"], arrays["xy"] = network.component, network.index.xy  # dear to work out again
    arrays["area_wkb"] = np.frombuffer(b"".join(shapes), dtype=np.uint8)
    arrays["area_wkb_size"] = np.array([len(shape) for shape in shapes], dtype=np.int64)
    arrays["ground_kind"], arrays["ground_osm_id"] = grounds.kind, grounds.osm_id
    arrays["about"] = np.frombuffer(json.dumps(about, ensure_ascii=False).encode(), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            np.savez(file, **arrays)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def load(path: Path) -> WalkNetwork:
    """Read a kept network.

    Raises
    ------
    DamagedCacheError
        The file is not what :func:`save` wrote.
    """
    import shapely

    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(arrays.pop("about").tobytes().decode())
        component, xy = arrays.pop("component"), arrays.pop("xy")
        blob, sizes = arrays.pop("area_wkb").tobytes(), arrays.pop("area_wkb_size")
        ends = np.cumsum(sizes).tolist()
        shapes = tuple(
            shapely.from_wkb([blob[end - size : end] for end, size in zip(ends, sizes.tolist(), strict=True)])
        )
        areas, polygons = shapes[: (n := about.pop("areas"))], shapes[n:]
        words = about.pop("grounds")
        grounds = Grounds(
            polygons,
            tuple(words["name"]),
            tuple(tuple(names) for names in words["other_names"]),
            arrays.pop("ground_kind"),
            arrays.pop("ground_osm_id"),
        )
        notices = tuple(
            Finding(n["code"], Text(**n["text"]), Source(**n["source"])) for n in about.pop("notices")
        )
        network = WalkNetwork(**arrays, areas=areas, grounds=grounds, notices=notices, **about)
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        EOFError,
        zipfile.BadZipFile,
        shapely.GEOSException,
    ) as error:
        raise DamagedCacheError(str(error)) from error
    if len(network.edge_u) != len(network.coord_ptr) - 1 or len(network.coord_lon) != network.coord_ptr[-1]:
        raise DamagedCacheError("its parts do not fit together")
    if len(component) != network.n_nodes or len(xy) != len(network.coord_lon):
        raise DamagedCacheError("its parts do not fit together")
    vars(network)["component"] = component
    vars(network.index)["xy"] = xy
    return network
