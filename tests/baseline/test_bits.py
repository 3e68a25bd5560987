"""What changes the baseline's numbers and what does not (threads, chunks, processors: tests/engine)."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from stackcast.engine.assembly import build
from stackcast.engine.draws import PriorDraw, Quantile
from stackcast.engine.driver import simulate
from stackcast.engine.replay import replay
from stackcast.scenario import load_scenario
from tests.mechanisms.baseline import BASELINE, program

# Three chunks of at most the default size, the last block a partial one.
SEED, TRAJECTORIES = 5, 2 * 7936 + 1000


@pytest.fixture(scope="module")
def base():
    return program()


@pytest.fixture(scope="module")
def result(base):
    return simulate(base, TRAJECTORIES, SEED, sample=600)


def test_another_seed_prior_or_size_gives_another_digest(base, result):
    slower = build(load_scenario(BASELINE, set=["priors.plant_adjustment.interval=[4, 9.1]"]))
    digests = {
        result.aggregates.digest(),
        simulate(base, TRAJECTORIES, SEED + 1, sample=0).aggregates.digest(),
        simulate(base, TRAJECTORIES - 256, SEED, sample=0).aggregates.digest(),
        simulate(slower, TRAJECTORIES, SEED, sample=0).aggregates.digest(),
    }
    assert len(digests) == 4


def test_the_first_trajectories_do_not_change_when_there_are_twice_as_many(base, result):
    twice = simulate(base, 2 * TRAJECTORIES, SEED, sample=600)
    assert np.array_equal(twice.sample, result.sample)


def test_an_unused_extra_prior_changes_no_other_draw(base, result):
    extra = PriorDraw("nobody_reads_this", "prior:nobody_reads_this", Quantile("normal", 0.0, 1.0))
    plan = dataclasses.replace(base.plan, priors=(extra, *base.plan.priors))
    scenario = load_scenario(BASELINE)
    changed = build(_WithPlan(scenario, plan))
    wider = simulate(changed, 600, SEED, sample=600)
    assert wider.sample_columns[0] == "prior.nobody_reads_this"
    assert np.array_equal(wider.sample[:, 1:], result.sample)


class _WithPlan:
    """A scenario with another draw plan."""

    def __init__(self, scenario, plan):
        self._scenario, self.plan = scenario, plan

    def __getattr__(self, name):
        return getattr(self._scenario, name)


@pytest.mark.parametrize("trajectory", [0, 255, 256, 599])
def test_a_replayed_trajectory_equals_its_row_in_the_sample(base, result, trajectory):
    rows = replay(base, trajectory, SEED)
    names = list(result.sample_columns)
    row = result.sample[trajectory]
    for prior in base.plan.priors:
        assert rows[prior.name][0] == row[names.index(f"prior.{prior.name}")]
    for source in base.outputs.yearly:
        for k, year in enumerate(base.outputs.years):
            column = ".".join(filter(None, (source.metric, source.layer, str(year))))
            if f"{column}" in names:
                assert rows[source.row][4 * k + 3] == row[names.index(column)], column
    for source in base.outputs.events:
        assert rows[source.row][-1] == row[names.index(f"event.{source.metric}")]
