"""Work in a second process: the same answer as in the first, and nothing lost where there is none."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import geopandas.testing
import pytest

import walkshed
from walkshed.meanwhile import Meanwhile

if TYPE_CHECKING:
    from pathlib import Path

needs_fork = pytest.mark.skipif(
    not hasattr(os, "fork") or (os.cpu_count() or 1) < 2, reason="needs fork and two cores"
)


def started(work: object) -> Meanwhile[object]:
    process = Meanwhile.start(work)  # type: ignore[arg-type]
    assert process is not None
    return process


@needs_fork
def test_the_answer_comes_from_another_process() -> None:
    answer = started(lambda: (os.getpid(), "x" * 1_000_000)).result()
    assert answer is not None
    process, text = answer  # type: ignore[misc]
    assert process != os.getpid()
    assert len(text) == 1_000_000


@needs_fork
def test_work_that_fails_says_nothing_and_gives_no_answer(capfd: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        raise ValueError("no such thing")

    assert started(work).result() is None
    assert capfd.readouterr() == ("", "")


@needs_fork
def test_a_process_that_is_killed_gives_no_answer_and_none_is_left() -> None:
    def work() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    assert started(work).result() is None
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@needs_fork
def test_work_that_nobody_wants_any_more_is_ended() -> None:
    begin = time.monotonic()
    started(lambda: time.sleep(60)).stop()
    assert time.monotonic() - begin < 30
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@needs_fork
def test_catchments_drawn_meanwhile_are_those_drawn_here(tmp_path: Path) -> None:
    folder = walkshed.init_study(tmp_path / "study")
    here = walkshed.run(folder)
    there = walkshed.run(folder, draw_meanwhile=True)
    assert there.drawing is not None
    areas = there.drawing.result()
    assert areas is not None
    for name in ("venues", "merged", "nearest"):
        geopandas.testing.assert_geodataframe_equal(getattr(areas, name), getattr(here.catchments, name))


@needs_fork
def test_where_the_second_process_is_gone_the_first_one_draws(tmp_path: Path) -> None:
    folder = walkshed.init_study(tmp_path / "study")
    result = walkshed.run(folder, draw_meanwhile=True)
    assert result.drawing is not None
    result.drawing.stop()
    drawn = result.catchments
    assert len(drawn.venues) == len(walkshed.run(folder).catchments.venues) > 0
