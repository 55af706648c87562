"""Everybody at their own pace: the numbers by hand, and laws that hold for every run."""

from __future__ import annotations

import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import walkshed
from walkshed.profiles import ADULT, PRESETS, Profile
from walkshed.report.by_age import by_age, by_age_said

STANDARD = walkshed.Standard(minutes=5)
OLD = PRESETS["70-79"]


def tables():
    estates = gpd.GeoDataFrame({
        "community": ["东", "东", "西", "西"], "residents": [100.0, 200.0, 50.0, np.nan],
        "aged_60_plus": [40.0, 50.0, 60.0, 10.0],
    })  # fmt: skip
    rows = [("adult", [1.0, 1.0, 1.0, 1.0], [0, 0, 0, 0]), ("70-79", [1.0, 0.5, 0.0, 0.0], [0, 0.25, 0, 0])]
    coverage = pd.concat([
        pd.DataFrame({"profile": name, "standard": STANDARD.name, "covered_share": yes, "unknown_share": open_})
        for name, yes, open_ in rows
    ])  # fmt: skip
    return estates, coverage


def test_by_hand():
    estates, coverage = tables()
    made = by_age(estates, coverage, profiles=[ADULT, OLD], standards=[STANDARD], levels=["community"])
    assert made["unit"].tolist() == ["total", "东", "西"]
    # 60 + 40 of the first; 150 + 25 of the second, whose other 12.5 cannot be judged; 60 old of 50: not counted
    assert made["total"].tolist() == [300, 300, 0]
    assert made["own"].tolist() == [90, 90, 0]
    assert made["covered"].tolist() == [275, 275, 0]
    assert made["unknown"].tolist() == [12.5, 12.5, 0]
    assert made["uncovered"].tolist() == [12.5, 12.5, 0]
    assert made["covered_share"].tolist()[:2] == pytest.approx([275 / 300] * 2, abs=1e-6)
    assert np.isnan(made["covered_share"].iloc[2])
    assert made["no_value"].tolist() == [2, 0, 2]
    said = by_age_said(made, [ADULT, OLD], STANDARD)
    assert (
        said.zh
        == "按各自步速（60 岁以上居民按70～79 岁，其余按成年人）：300 名居民中 91.7% 步行 5 分钟内可达；2 个小区缺人口数，未计入。"
    )
    assert "91.7% of 300 residents are within 5 min; 2 estates without numbers are left out." in said.en


@pytest.mark.parametrize("profiles", [[ADULT], [OLD], [ADULT, Profile("slow", 0.9)]])
def test_without_two_kinds_of_people_there_is_no_table(profiles):
    estates, coverage = tables()
    assert by_age(estates, coverage, profiles=profiles, standards=[STANDARD], levels=[]) is None


def test_on_the_sample_it_lies_between_its_walkers_and_parts_add_up(sample_result, tmp_path):
    table = sample_result.by_age
    parts = table.groupby(["standard", "level"])[["total", "own", "covered", "uncovered", "unknown"]].sum()
    for _, of_standard in parts.groupby("standard"):
        assert np.ptp(of_standard.to_numpy(), axis=0).max() < 0.1
    assert np.allclose(table["total"], table[["covered", "uncovered", "unknown"]].sum(axis=1), atol=0.05)
    both = sample_result.estates["residents"].notna() & sample_result.estates["aged_60_plus"].notna()
    counted = sample_result.estates[both]
    assert table["total"].iloc[0] == counted["residents"].sum()
    shares = {}
    for name in ("adult", "70-79"):
        rows = sample_result.coverage.query("profile == @name and standard == '5 min'").set_index("estate_id")
        shares[name] = np.average(rows.loc[counted.index, "covered_share"], weights=counted["residents"])
    mixed = table.query("level == 'total' and standard == '5 min'")["covered_share"].item()
    assert shares["70-79"] < mixed < shares["adult"]
    assert sample_result.answers[1].zh.startswith("按各自步速")
    kept = pd.read_csv(sample_result.write(tmp_path / "out") / "by_age.csv", encoding="utf-8-sig")
    assert kept["covered"].tolist() == table["covered"].tolist()


def test_a_column_nobody_counts_is_told(sample, tmp_path):
    folder = shutil.copytree(sample, tmp_path / "s", ignore=shutil.ignore_patterns("out", ".walkshed"))
    text = (
        (folder / "study.toml").read_text(encoding="utf-8").replace('["adult", "70-79"]', '["adult", "slow"]')
    )
    own = '\n[[profiles]]\nname = "slow"\nspeed_mps = 0.9\npeople = "disabled"\n'
    (folder / "study.toml").write_text(text + own, encoding="utf-8")
    result = walkshed.run(folder)
    assert result.by_age is None
    assert [one.source.value for one in result.all_notices if one.code == "profile.no_people"] == ["disabled"]
    (folder / "study.toml").write_text(text + own.replace("disabled", "aged_60_plus"), encoding="utf-8")
    result = walkshed.run(folder)
    assert result.by_age["profile_own"].unique().tolist() == ["slow"]
    assert not [one for one in result.all_notices if one.code == "profile.no_people"]
