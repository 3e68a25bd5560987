"""A small backtest of the baseline: nothing of later dates gets in, the command's files and words."""

import datetime
import json

import numpy as np
import pytest

import stackcast
from stackcast.backtest.forecasting import forecasts_at
from stackcast.backtest.table import JSON_KEYS
from tests.cli.processes import BASELINE, ROOT, finish, finish_here
from tests.history.test_observations import HEADER

CUTOFF = datetime.date(2024, 12, 31)
PARTICLES = 128


def forecasts(files=(), widen=True):
    scenario = stackcast.load_scenario("configs/baseline.toml")
    return forecasts_at(scenario, CUTOFF, PARTICLES, files=files, widen=widen, threads=2)


@pytest.fixture(scope="module")
def found():
    return forecasts()


def test_rows_published_after_the_cutoff_change_no_bit_of_fit_and_forecast(found, tmp_path):
    file = tmp_path / "later.csv"
    file.write_text(
        HEADER + "data_center_revenue,NVIDIA,2025-01-26,quarter,999,USD_bn,,,planted,company filing,web page,\n"
        "annualized_revenue,OpenAI,2025-01-15,instant,999,USD_bn,,,planted,press release,web page,\n"
    )
    planted = forecasts([file])
    assert planted.particles.scores.tobytes() == found.particles.scores.tobytes()
    draws = {(c.series, c.entity, c.date): c.draws.tobytes() for c in planted.cases}
    for case in found.cases:
        assert draws[(case.series, case.entity, case.date)] == case.draws.tobytes()
    outcomes = {(c.series, c.date): c.observed for c in planted.cases if c.entity == "NVIDIA"}
    assert outcomes[("data_center_revenue", datetime.date(2025, 1, 26))] == 999.0


def test_nothing_in_a_case_is_of_the_wrong_side_of_the_cutoff(found):
    for case in found.cases:
        assert case.date > CUTOFF
        assert case.history_quarters[-1] < case.quarter
        assert case.horizon_quarters >= 0
        assert np.isfinite(case.draws).all()
        assert (case.draws > 0.0).all()
        assert len(case.draws) == len(case.prior) == PARTICLES


def test_the_calibrated_forecast_is_another_than_that_of_the_priors(found):
    chips = [case for case in found.cases if case.series == "data_center_revenue"]
    assert chips
    for case in chips:
        assert np.log(case.draws).std() < np.log(case.prior).std()


def test_priors_newer_than_the_cutoff_are_widened_and_counted(found):
    assert found.known.counts["widened"] > 100
    assert sum(found.known.counts.values()) == len(stackcast.load_scenario("configs/baseline.toml").priors)


def test_the_command_writes_its_report_and_prints_json(tmp_path):
    done = finish(
        "backtest", BASELINE, "--cutoff", "2024-12-31", "-n", "64", "--json", "--quiet",
        "--out", tmp_path / "report", cwd=ROOT,
    )  # fmt: skip
    assert done.code == 0, done.err
    rows = json.loads(done.out)
    assert rows
    assert set(rows[0]) == set(JSON_KEYS)
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert names == {"report.html", "scores.json", "summary.json", "fans.png", "places.png", "skill.png"}
    assert json.loads((tmp_path / "report" / "scores.json").read_text()) == rows


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--cutoff", "2022-01-01"], "--cutoff = 2022-01-01: before the first observation"),
        (["--cutoff", "9999-12-31"], "leaves no quarter to forecast"),
        (["--cutoff", "soon"], "--cutoff = soon: allowed: a date"),
        (["-n", "3"], "-n = 3"),
        (["--observations", "nowhere.csv"], "nowhere.csv: no such file"),
        (["--set", "horizon.start=2024Q1"], "horizon.start = 2024Q1: allowed: 2023Q1"),
        (["--cutoff", "2024-06-30", "--set", "horizon.end=2024Q2"], "leaves no quarter to forecast"),
        (["--out", "no/such/place"], "--out = no/such/place: no such folder"),
    ],
)
def test_bad_options_are_one_line(options, said, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    done = finish_here("backtest", BASELINE, "--quiet", *options, streams=capsys)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1
