"""Gate by gate: what the ranking says is what a run with that gate changed says."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import walkshed
from gated_towns import gated_towns
from walkshed.report.gates import gate_frame, rank_gates
from walkshed.walking.gate_gains import Door, GateGains

if TYPE_CHECKING:
    from collections.abc import Callable

    from gated_towns import GatedTown
    from walkshed.walls import Walls

ANY = walkshed.Standard(metres=5_000)
law = settings(
    max_examples=25 if os.environ.get("WALKSHED_FULL") == "1" else 6,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def streets_of(town: GatedTown):
    with town.file() as path:
        return walkshed.read_streets(path)


def access_of(town: GatedTown, walls: Walls | None = None):
    places = town.estate_frame(), town.venue_frame()
    network = streets_of(town) if walls is None else walls.network
    return walkshed.access(
        network, *places, gates=town.gate_frame(), walls=walls, policy="residents", standards=[ANY]
    )


def nearest(access) -> np.ndarray:
    """Return each estate's nearest walk in metres, infinite where there is none."""
    near = access.nearest(by="metres")
    found = np.full(len(access.estate_ids), np.inf)
    found[near.estate] = near.walk_dm / 10
    return found


def changed(walls: Walls, word: Callable[[int, int, str], str]) -> Walls:
    gates = walls.gates
    rows = zip(gates.yard.tolist(), gates.node.tolist(), gates.open_to.tolist(), strict=True)
    return replace(walls, gates=replace(gates, open_to=np.array([word(*row) for row in rows], dtype=object)))


def gains_of(access) -> GateGains:
    gates = access.walls.gates
    rows = zip(gates.yard.tolist(), gates.node.tolist(), gates.open_to.tolist(), strict=True)
    doors = [Door(*row) for row in dict.fromkeys(rows)]
    return GateGains(access.search(by="metres"), doors, limit_m=30_000)


@law
@given(gated_towns(slots=3))
def test_a_gate_opened_brings_what_a_run_with_it_open_says(town: GatedTown):
    access = access_of(town)
    walls = access.walls
    if not len(walls.gates):
        return
    gains, today = gains_of(access), nearest(access)
    for door, over in zip(gains.doors, gains.opened(np.zeros(len(town.venues))), strict=True):
        if walls.yards.parent[door.yard] >= 0 or door.open_to in {"everyone", "public"}:
            continue
        here = (door.yard, door.node)
        opened = changed(walls, lambda yard, node, word, at=here: "everyone" if (yard, node) == at else word)
        then = nearest(access_of(town, opened))
        assert np.minimum(today, over) == pytest.approx(then, abs=0.11), (door, town)


@law
@given(gated_towns(slots=3))
def test_a_passage_brings_what_a_run_with_public_gates_says(town: GatedTown):
    access = access_of(town)
    walls = access.walls
    if not len(walls.gates):
        return
    gains, today = gains_of(access), nearest(access)
    for yard in np.unique(walls.gates.yard).tolist():
        if walls.yards.parent[yard] >= 0:
            continue
        public = changed(walls, lambda other, _, word, own=yard: "public" if other == own else word)
        then = nearest(access_of(town, public))
        over = gains.passage(yard, np.zeros(len(town.venues)))
        assert np.minimum(today, over) == pytest.approx(then, abs=0.11), (yard, town)


def test_the_sample_is_ranked_by_what_is_gained(sample_result):
    ranking = rank_gates(
        sample_result.access,
        sample_result.estates,
        sample_result.venues,
        profiles=sample_result.study.profiles,
        standards=sample_result.study.standards,
        date=sample_result.study.date,
        gates=sample_result.gates,
    )
    assert ranking is not None
    table = ranking.table
    for _, part in table.groupby(["profile", "standard", "measure"]):
        assert part["rank"].tolist() == list(range(1, len(part) + 1))
        assert part["gained"].is_monotonic_decreasing
    frame = gate_frame(sample_result.access, sample_result.gates)
    assert set(table.loc[table["action"] == "open", "gate"]) <= set(frame.index)
    estates = table[(table["measure"] == "estates")]
    assert (
        estates["gained"].astype(int) == estates["who"].map(lambda who: len(who.split(";")) if who else 0)
    ).all()


@pytest.mark.parametrize(
    ("reach", "room", "chosen"),
    [
        ("minutes = 6", "", ["gate:064#1", "gate:029#1"]),  # another gate leads to a venue of another tier
        ("metres = 300", "R,room,required,120.2647015,31.566591", ["R", "gate:073#3", "gate:029#1"]),
    ],
)
def test_gates_as_sites_lead_to_what_counts_and_bring_what_they_promise(
    sample, tmp_path, reach, room, chosen
):
    head, _, tail = (sample / "study.toml").read_text("utf-8").partition("[siting]")
    folder = tmp_path / "gates"
    shutil.copytree(sample, folder, ignore=shutil.ignore_patterns("out", ".walkshed"))
    (folder / "rooms.csv").write_text(f"id,name,choice,lon,lat\n{room}\n", "utf-8")
    asked = f'gates = true\nsites = {len(chosen)}\nstandard = "300 米（片区活动中心）"\nalternatives = 0\n'
    asked += "file = 'rooms.csv'\n" if room else ""
    head, rest = head.replace("metres = 300", reach), tail[tail.index("[output]") :]
    (folder / "study.toml").write_text(f"{head}[siting]\n{asked}{rest}", "utf-8")
    plan = walkshed.run(folder).proposed.plan
    assert plan.chosen_ids == chosen
    assert plan.rewalked == plan.after > plan.before
