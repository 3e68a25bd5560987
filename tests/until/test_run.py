"""`run(until=...)`: the last round is the run of its size, and what cannot be done is refused before a draw."""

import pytest

import stackcast
from tests.cli.processes import BASELINE

SHORT = ["horizon.end=2024Q4"]
SIZES = {"min_trajectories": 16_384, "max_trajectories": 40_960}


@pytest.fixture(scope="module")
def scenario():
    return stackcast.load_scenario(BASELINE, set=SHORT)


@pytest.fixture(scope="module")
def pilot(scenario):
    """The errors of the first round."""
    return stackcast.run(scenario, trajectories=16_384, sample=0)


@pytest.fixture(scope="module")
def reached(scenario, pilot):
    """Two targets, one of which needs a second round."""
    error = pilot.to_frame("share", "chips", 2024).set_index("statistic")["mcse"]["mean"]
    targets = [f"se(share[chips] @ 2024) <= {error / 1.2:.9f}", "rse(p50(gross_profit[chips]) @ 2024) <= 10%"]
    calls = []
    run = stackcast.run(
        scenario, until=targets, **SIZES, sample=100, progress=lambda done, total: calls.append((done, total))
    )
    return run, targets, calls


def test_last_round_is_the_plain_run_of_its_size(scenario, reached):
    run, _, _ = reached
    plain = stackcast.run(scenario, trajectories=run.n, sample=100, threads=1, chunk=256)
    assert run.n == 28_672
    assert run.digest() == plain.digest()
    assert run == plain
    assert set(run.manifest) - set(plain.manifest) == {"until"}


def test_manifest_has_targets_rounds_and_errors(pilot, reached):
    run, targets, _ = reached
    until = run.manifest["until"]
    assert until["met"] is True
    assert [one["trajectories"] for one in until["rounds"]] == [16_384, 28_672]
    assert [entry["target"] for entry in until["targets"]] == targets
    for frame, one in ((pilot, until["rounds"][0]), (run, until["rounds"][1])):
        mean = frame.to_frame("share", "chips", 2024).set_index("statistic")["mcse"]["mean"]
        half = frame.to_frame("gross_profit", "chips", 2024).set_index("statistic").loc["p50"]
        assert one["errors"] == [mean, half["mcse"] / half["value"]]
    assert until["rounds"][1]["errors"][0] <= until["targets"][0]["allowed"] < until["rounds"][0]["errors"][0]
    assert run.manifest["messages"] == list(pilot.manifest["messages"])


def test_progress_counts_every_round(reached):
    _, _, calls = reached
    assert list(dict.fromkeys(total for _, total in calls)) == [16_384, 28_672]
    assert (16_384, 16_384) in calls
    assert calls[-1] == (28_672, 28_672)


def test_largest_size_is_kept_and_said(scenario):
    run = stackcast.run(scenario, until="se(share[chips] @ 2024) <= 1e-9", max_trajectories=20_000, sample=0)
    assert run.n == 16_384
    assert run.manifest["until"]["met"] is False
    assert run.manifest["until"]["max_trajectories"] == 16_384
    message = run.manifest["messages"][-1]
    assert message.startswith("until se(share[chips] @ 2024) <= 1e-9: not reached with 16,384 trajectories")
    assert "times the target" in message


def test_progress_true_says_the_distance_on_stderr(scenario, capsys):
    stackcast.run(scenario, until="se(share[chips] @ 2024) <= 0.5", min_trajectories=16_384, sample=0, progress=True)
    said = capsys.readouterr()
    assert said.out == ""
    assert "baseline: 16,384 trajectories: the target holds; error" in said.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"until": "se(shar[chips] @ 2024) <= 1"}, r"until = se\(shar.*unknown \(did you mean 'share'"),
        ({"until": ["se(share[chips] @ 2024) <= 1", ""]}, "until = ''"),
        ({"until": "se(share[chips] @ 2030) <= 1"}, "year = 2030: unknown"),
        ({"until": "se(share[chips] @ 2024) <= 1", "trajectories": 1e5}, "trajectories = 100000.0: given with until"),
        ({"until": "se(share[chips] @ 2024) <= 1", "min_trajectories": 16_383}, "min_trajectories = 16383: allowed"),
        ({"until": "se(share[chips] @ 2024) <= 1", "max_trajectories": 16_383}, "max_trajectories = 16383: allowed"),
        (
            {"until": "se(share[chips] @ 2024) <= 1", "min_trajectories": 5e4, "max_trajectories": 4e4},
            "min_trajectories = 50000.0: allowed: a whole number from 16384 to 40000",
        ),
        ({"until": "se(share[chips] @ 2024) <= 1", "max_trajectories": 1e15}, "max_trajectories = 10+: allowed: up to"),
        ({"until": "se(share[chips] @ 2024) <= 1", "threads": 0}, "threads = 0"),
        ({"until": "se(share[chips] @ 2024) <= 1", "sample": 10**8}, "sample = 100000000: allowed: up to"),
        ({"min_trajectories": 1e5}, "min_trajectories = 100000.0: allowed: only with until"),
        ({"max_trajectories": 1e5, "until": []}, "max_trajectories = 100000.0: allowed: only with until"),
    ],
)
def test_what_cannot_be_done_is_refused_before_a_draw(scenario, monkeypatch, arguments, said):
    monkeypatch.setattr("stackcast.engine.driver.simulate", None)
    with pytest.raises(stackcast.StackcastError, match=f"^{said}|: {said}"):
        stackcast.run(scenario, **arguments)
