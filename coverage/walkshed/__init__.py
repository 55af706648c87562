"""walkshed: who can walk there, who cannot, why, and where to build next.

>>> import walkshed
>>> walkshed.Standard(minutes=5).name
'5 min'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from walkshed.errors import Findings, InputError, OutputError, WalkshedError
    from walkshed.profiles import ADULT, Profile
    from walkshed.result import StudyResult
    from walkshed.runner import check, run
    from walkshed.sample import init_study
    from walkshed.standards import Standard
    from walkshed.streets.network import WalkNetwork
    from walkshed.streets.osmnx_reading import from_osmnx
    from walkshed.streets.reading import read_streets
    from walkshed.study import Study, read_study
    from walkshed.tables import read_estates, read_gates, read_venues
    from walkshed.walking.access import Access, access
    from walkshed.walking.catchments import catchments, nearest_catchments
    from walkshed.walking.merging import merged_catchments
    from walkshed.walking.reached import reached_streets
    from walkshed.walking.route import Route, route

_HOME = {
    "ADULT": "profiles",
    "Access": "walking.access",
    "Findings": "errors",
    "InputError": "errors",
    "OutputError": "errors",
    "Profile": "profiles",
    "Route": "walking.route",
    "Standard": "standards",
    "Study": "study",
    "StudyResult": "result",
    "WalkNetwork": "streets.network",
    "WalkshedError": "errors",
    "access": "walking.access",
    "catchments": "walking.catchments",
    "check": "runner",
    "from_osmnx": "streets.osmnx_reading",
    "init_study": "sample",
    "merged_catchments": "walking.merging",
    "nearest_catchments": "walking.catchments",
    "reached_streets": "walking.reached",
    "read_estates": "tables",
    "read_gates": "tables",
    "read_streets": "streets.reading",
    "read_study": "study",
    "read_venues": "tables",
    "route": "walking.route",
    "run": "runner",
}

__all__ = [
    "ADULT",
    "Access",
    "Findings",
    "InputError",
    "OutputError",
    "Profile",
    "Route",
    "Standard",
    "Study",
    "StudyResult",
    "WalkNetwork",
    "WalkshedError",
    "access",
    "catchments",
    "check",
    "from_osmnx",
    "init_study",
    "merged_catchments",
    "nearest_catchments",
    "reached_streets",
    "read_estates",
    "read_gates",
    "read_streets",
    "read_study",
    "read_venues",
    "route",
    "run",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: ``walkshed --help`` loads no heavy library."""
    if name in _HOME:
        value = getattr(import_module(f"walkshed.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'walkshed' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
