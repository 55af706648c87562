"""Folders whose ``run.json`` is that of a run must not be taken for an overview or a comparison."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from walkshed.deliver.folder import RECORD, previous_files
from walkshed.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path


def check_kind(folder: Path, kind: str) -> None:
    """Make sure that a folder holds no results of another kind, which would be replaced as one's own.

    Parameters
    ----------
    folder
        Where something is to be written.
    kind
        ``kind`` of the records that may stand there: ``"batch"``, ``"compare"``.

    Raises
    ------
    OutputError
        There is the record of a run, or of something else.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> check_kind(pathlib.Path(tempfile.mkdtemp()), "compare")
    """
    if not previous_files(folder):
        return
    found = json.loads((folder / RECORD).read_text(encoding="utf-8")).get("kind", "run")
    if found != kind:
        raise OutputError(
            f"{folder} holds other results (of a {found}), which would be replaced; choose another folder "
            f"· {folder} 中已有其他结果（{found}），会被覆盖；请另选文件夹"
        )
