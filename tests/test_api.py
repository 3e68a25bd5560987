"""What a notebook calls: run, replay, and their refusals."""

from pathlib import Path

import numpy as np
import pytest

import stackcast
from stackcast.api import settle

BASELINE = Path(__file__).parent.parent / "configs" / "baseline.toml"
SEED = 11
COUNT = 300


@pytest.fixture(scope="module")
def scenario():
    return stackcast.load_scenario(BASELINE)


@pytest.fixture(scope="module")
def forecast(scenario):
    return stackcast.run(scenario, trajectories=COUNT, seed=SEED, sample=COUNT)


def test_file_and_loaded_scenario_give_the_same_forecast(forecast):
    again = stackcast.run(str(BASELINE), trajectories=COUNT, seed=SEED, sample=COUNT, threads=1, chunk=1)
    assert again == forecast
    assert again.digest() == forecast.digest()


def test_float_that_is_whole_is_a_number_of_trajectories(scenario):
    assert stackcast.run(scenario, trajectories=2.56e2, sample=0).n == 256


def test_progress_counts_up_to_the_end(scenario):
    calls = []
    stackcast.run(scenario, trajectories=1000, chunk=256, progress=lambda done, total: calls.append((done, total)))
    assert [total for _, total in calls] == [1000] * len(calls)
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)
    assert calls[-1] == (1000, 1000)


def test_progress_true_says_something_on_stderr_only(scenario, capsys, monkeypatch):
    monkeypatch.setattr("stackcast.progress._BETWEEN_LINES", -1.0)
    stackcast.run(scenario, trajectories=512, chunk=256, progress=True)
    said = capsys.readouterr()
    assert said.out == ""
    assert "512 of 512 trajectories" in said.err


def test_run_can_be_interrupted(scenario):
    """Ctrl-C arrives in the main thread, wherever it is: here in the middle of a progress call."""

    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stackcast.run(scenario, trajectories=10**9, sample=0, progress=interrupt)


@pytest.mark.parametrize("number", [0, 255, 256, COUNT - 1])
def test_replayed_trajectory_is_its_row_of_the_sample(scenario, forecast, number):
    rows = stackcast.replay(scenario, trajectory=number, seed=SEED)
    assert list(rows.index[[0, -1]]) == ["2023Q1", "2035Q4"]
    row = forecast.sample.iloc[number]
    assert row["trajectory"] == number
    assert np.float32(rows.loc["2030Q4", "frontier_flop"]) == row["frontier_flop.2030"]
    assert np.float32(rows["end_spend"].iloc[28:32].sum()) == pytest.approx(row["end_spend.2030"], rel=1e-6)
    np.testing.assert_array_equal(rows["quarter:share_cash_chips"] > 0.0, rows["gross_profit_cash_chips"] > 0.0)
    for name in forecast.parameters:
        assert np.float32(rows[name.removeprefix("prior.")].iloc[0]) == row[f"prior.{name.removeprefix('prior.')}"], (
            name
        )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"trajectories": 0}, "trajectories = 0: allowed: a whole number from 1"),
        ({"trajectories": 1e15}, "trajectories = 1000000000000000: allowed: up to"),
        ({"trajectories": float("nan")}, "trajectories = nan"),
        ({"trajectories": 10**6000}, "trajectories = an integer of about 6001 digits"),
        ({"seed": -1}, "seed = -1"),
        ({"seed": 2**64}, "seed = 18446744073709551616"),
        ({"threads": 0}, "threads = 0"),
        ({"chunk": 0.5}, "chunk = 0.5"),
        ({"sample": -1}, "sample = -1"),
    ],
)
def test_impossible_arguments_are_refused_by_name(scenario, arguments, said):
    with pytest.raises(stackcast.StackcastError) as caught:
        stackcast.run(scenario, **arguments)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize("number", [-1, 1.5, 2**53])
def test_trajectory_that_cannot_exist_is_refused(scenario, number):
    with pytest.raises(stackcast.StackcastError, match="trajectory = "):
        stackcast.replay(scenario, trajectory=number)


def test_what_is_not_given_comes_from_the_scenario(scenario):
    settings = settle(scenario)
    assert (settings.trajectories, settings.seed, settings.sample) == (
        scenario.trajectories,
        scenario.seed,
        scenario.sample,
    )
    assert settings.threads >= 1
