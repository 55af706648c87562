"""A study to start from: the sample that comes with walkshed, or blank templates."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from walkshed.errors import OutputError

if TYPE_CHECKING:
    from os import PathLike

    from walkshed.errors import Language

_FILES = ("study.toml", "streets.osm.pbf", "estates.xlsx", "venues.xlsx", "gates.csv", "rooms.xlsx")

_EMPTY_STUDY = """\
# 研究设置 · study settings
[study]
name = "我的街道"            # 标题 · title
language = "zh"              # zh | en
note = ""                    # 印在每张图表上 · printed on every map and table
# date = 2026-11-01          # 研究日期，默认今天 · default: today
profiles = ["adult"]         # 成年人 1.30 米/秒 · 1.30 m/s

[streets]
file = "streets.osm.pbf"     # 把 OSM 文件放在本文件夹 · put your OSM extract here
gates = "residents"

[estates]
file = "estates.xlsx"
crs = "EPSG:4326"            # 坐标系 · WGS84

[venues]
file = "venues.xlsx"

# 有大门表时去掉下面两行的 # · remove the # where you have a table of gates
# [gates]
# file = "gates.xlsx"

# 要选新址时去掉下面三行的 # · remove the # to ask where to build next
# [siting]
# file = "rooms.xlsx"        # 候选用房 · rooms that could be opened
# sites = 3                  # 新增几处 · how many

# 标准：分钟或米，只写一种 · minutes or metres, one of the two
[[standards]]
minutes = 5
[[standards]]
minutes = 10
[[standards]]
minutes = 15

# 情景（可选）：与现状比较，去掉下面各行的 # · what would be different: remove the #
# [[scenarios]]
# name = "新活动中心开放"
# open = ["V3"]              # 场所编号或名称；另有 close、move、add、open_gates 等 · ids or names of venues
# cost = 500_000             # 元 · yuan

[output]
folder = "out"
"""


def sample_folder() -> Path:
    """Return where the sample study's files are, in a wheel or in a source tree."""
    here = Path(__file__).parent
    for folder in (here / "sample", here.parents[1] / "data" / "ronghang"):
        if all((folder / name).is_file() for name in _FILES):
            return folder
    raise FileNotFoundError("this installation of walkshed carries no sample study")


def init_study(folder: str | PathLike[str], *, empty: bool = False, language: Language = "zh") -> Path:
    """Make a folder with a study that is ready to run, and return it.

    Parameters
    ----------
    folder
        A folder that does not exist yet, or is empty.
    empty
        Write blank Excel templates and a ``study.toml`` to fill in, instead of the sample.
    language
        The language of the templates' headers.

    Raises
    ------
    OutputError
        The folder holds files already, or cannot be written.

    Examples
    --------
    >>> import walkshed, tempfile
    >>> folder = walkshed.init_study(tempfile.mkdtemp() + "/ronghang")
    >>> sorted(path.name for path in folder.iterdir())
    ['estates.xlsx', 'gates.csv', 'rooms.xlsx', 'streets.osm.pbf', 'study.toml', 'venues.xlsx']
    """
    target = Path(folder)
    if target.exists() and not target.is_dir():
        raise OutputError(
            f"{target} is a file, not a folder; choose a new folder · {target} 是文件，请另选文件夹"
        )
    if target.exists() and any(target.iterdir()):
        raise OutputError(f"{target} is not empty; choose a new folder · 文件夹不是空的，请另选一个新文件夹")
    try:
        target.mkdir(parents=True, exist_ok=True)
        if empty:
            from walkshed.tables import write_templates

            write_templates(target, language=language)
            (target / "study.toml").write_text(_EMPTY_STUDY, encoding="utf-8")
        else:
            source = sample_folder()
            for name in _FILES:
                shutil.copyfile(source / name, target / name)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{target} cannot be written: {error} · 无法写入文件夹") from error
    return target
