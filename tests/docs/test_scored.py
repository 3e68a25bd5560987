"""What ships of a calibration and a backtest belongs to the baseline as it is."""

import json

import pytest

import stackcast
from stackcast.backtest.table import JSON_KEYS
from stackcast.scenario.ensemble import read_ensemble
from tools.docs import ROOT
from tools.scored import BACKTEST, CALIBRATION


@pytest.fixture(scope="module")
def baseline():
    return stackcast.load_scenario(ROOT / "configs" / "baseline.toml")


def test_the_ensemble_is_of_the_baseline_as_it_is(baseline):
    """`make calibrate` makes it again."""
    found = read_ensemble(ROOT / "configs" / "baseline_2025.parquet")
    assert found.metadata["scenario"] == baseline.hash()
    assert found.metadata["as_of"] == "2025-12-31"
    assert found.start == "2026Q1"
    assert found.members == 1024
    assert found.metadata["digest"] == json.loads(CALIBRATION.read_text())["digest"]
    assert set(found.priors) == set(baseline.priors)


def test_the_backtest_is_of_the_baseline_as_it_is(baseline):
    """`make backtest` makes it again."""
    summary = json.loads(BACKTEST.read_text())
    assert summary["scenario_hash"] == baseline.hash()
    assert summary["cutoffs"] == ["2023-12-31", "2024-06-30", "2024-12-31"]
    rows = json.loads((BACKTEST.parent / "scores.json").read_text())
    assert all(set(row) == set(JSON_KEYS) for row in rows)
    later = [row for row in rows if row["horizon_quarters"] >= 2]
    held = sum(row["p5"] <= row["observed"] <= row["p95"] for row in later) / len(later)
    assert held == pytest.approx(summary["headline"]["coverage"]["90"], abs=0.01)
