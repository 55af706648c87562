"""Every policy of gates on real cities, from files to coverage: fewer may pass, nobody gains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import walkshed
from real_studies import REAL

if TYPE_CHECKING:
    from pathlib import Path

POLICIES = ("closed", "residents", "open")


def coverage_under(study: Path, policy: str):
    """Run a study under one policy; return who is covered, and the walks."""
    text = study.read_text(encoding="utf-8")
    head, _, tail = text.partition("gates = ")
    study.write_text(f'{head}gates = "{policy}"\n{tail.partition(chr(10))[2]}', encoding="utf-8")
    result = walkshed.run(study)
    assert result.access.policy == policy
    return result


@pytest.mark.parametrize(
    "city",
    [
        "haidian",
        "nanjing",
        pytest.param("monaco", marks=pytest.mark.full),
        pytest.param("las_palmas", marks=pytest.mark.full),
    ],
)
def test_closed_residents_open_in_this_order(city, shared_data, tmp_path):
    study = REAL[city].make(shared_data(REAL[city].file), tmp_path / city)
    results = {policy: coverage_under(study, policy) for policy in POLICIES}
    keys = ["estate_id", "profile", "standard"]
    for fewer, more in (("closed", "residents"), ("residents", "open")):
        one, two = (results[policy].coverage for policy in (fewer, more))
        assert one[keys].equals(two[keys])
        covered = [(table["status"] == "covered").to_numpy() for table in (one, two)]
        assert (covered[0] <= covered[1]).all()
        walks = [table["walk_m"].fillna(float("inf")).to_numpy() for table in (one, two)]
        assert (walks[0] >= walks[1] - 0.1).all()
    gates = results["residents"].coverage["reason"] == "gates"
    opened = results["open"].coverage["status"] == "covered"
    shut = results["residents"].coverage["status"] != "covered"
    assert (gates == (opened & shut)).all()
