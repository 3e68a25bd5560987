"""How trajectories are drawn is a setting of the scenario, and none of its hash while they are independent."""

from __future__ import annotations

import json

import pytest

import stackcast
from stackcast.engine.sampling import Sampling
from stackcast.errors import ScenarioError
from stackcast.scenario import Scenario, load_scenario
from tests.cli.processes import BASELINE


@pytest.fixture(scope="module")
def plain():
    return load_scenario(BASELINE)


def test_what_is_not_said_and_what_is_said_to_be_independent_is_one_scenario(plain):
    said = load_scenario(BASELINE, set=["run.sampling=independent", "run.randomisations=8", "run.antithetic=false"])
    assert said.hash() == plain.hash()
    assert "sampling" not in plain.resolved()["run"]


def test_each_scheme_is_a_scenario_of_its_own(plain):
    settings = [
        ["run.sampling=sobol"],
        ["run.sampling=lattice"],
        ["run.antithetic=true"],
        ["run.sampling=sobol", "run.randomisations=32"],
        ["run.sampling=sobol", "run.antithetic=true"],
    ]
    hashes = {load_scenario(BASELINE, set=one).hash() for one in settings}
    assert len(hashes | {plain.hash()}) == 6


def test_a_resolved_scenario_draws_the_same_way():
    given = load_scenario(BASELINE, set=["run.sampling=lattice", "run.randomisations=4", "run.antithetic=true"])
    again = Scenario.from_resolved(json.loads(json.dumps(given.resolved())))
    assert again.sampling == given.sampling == Sampling("lattice", 4, antithetic=True)
    assert again.hash() == given.hash()


def test_another_way_of_drawing_is_the_scenario_with_that_setting(plain):
    chosen = plain.sampled(Sampling("sobol", 32))
    assert chosen.hash() == load_scenario(BASELINE, set=["run.sampling=sobol", "run.randomisations=32"]).hash()
    assert chosen.sampled(Sampling()).hash() == plain.hash()
    assert plain.sampling.plain


@pytest.mark.parametrize(
    ("setting", "allowed"),
    [
        ("run.sampling=sobel", "'independent', 'sobol' or 'lattice'"),
        ("run.randomisations=12", "2, 4, 8, 16, 32, 64, 128 or 256"),
        ("run.antithetic=1", "boolean"),
    ],
)
def test_another_value_is_refused_in_one_line(setting, allowed):
    with pytest.raises(ScenarioError) as problem:
        load_scenario(BASELINE, set=[setting])
    assert setting.partition("=")[0] in str(problem.value)
    assert allowed in str(problem.value)
    assert "\n" not in str(problem.value)


def test_a_run_can_choose(plain):
    even = stackcast.run(plain, trajectories=600, seed=5, sampling="sobol")
    assert even.manifest["sampling"] == "sobol, 16 randomisations"
    assert even == stackcast.run(plain, trajectories=600, seed=5, sampling=Sampling("sobol"))
    assert even.digest() != stackcast.run(plain, trajectories=600, seed=5).digest()
    with pytest.raises(stackcast.StackcastError, match="sampling = sobel: allowed: independent, sobol, lattice"):
        stackcast.run(plain, trajectories=600, sampling="sobel")


def test_a_kind_leaves_the_rest_as_the_scenario_has_it():
    given = load_scenario(BASELINE, set=["run.antithetic=true", "run.randomisations=4"])
    assert stackcast.run(given, trajectories=300, sampling="sobol").manifest["sampling"] == (
        "sobol, antithetic shocks, 4 randomisations"
    )


def test_few_randomisations_are_no_error_to_stop_on(plain):
    few = plain.sampled(Sampling("sobol", 8))
    with pytest.raises(stackcast.StackcastError, match=r"run.randomisations = 8: with until allowed: 16 or more"):
        stackcast.run(few, until="se(share[chips] @ 2030) <= 0.1")


def test_replay_shows_the_trajectory_of_the_run(plain):
    even = plain.sampled(Sampling("sobol"))
    run = stackcast.run(even, trajectories=300, seed=5, sample=300)
    rows = stackcast.replay(even, trajectory=280, seed=5)
    assert rows["open_lag"].iloc[0] == pytest.approx(run.parameters["open_lag"][280], rel=1e-6)
