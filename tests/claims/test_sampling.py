"""Questions to runs of even points: the same figures and errors as the run's own, and pairs that stay pairs."""

import dataclasses

import numpy as np
import pytest

from stackcast.claims import ask, compare
from stackcast.engine.assembly import build
from stackcast.engine.draws import Quantile
from stackcast.engine.driver import simulate
from stackcast.engine.sampling import Sampling
from stackcast.forecast.cells import Cells
from stackcast.forecast.histogram import pooled_error
from tests.claims import toys
from tests.claims.toys import SEED
from tests.engine import toy

N = 9000
SOBOL = Sampling("sobol")


def scenario(sampling=SOBOL, name="even", **changed):
    found = toys.scenario()
    found.plan = dataclasses.replace(toy.plan(**changed), sampling=sampling)
    found.name, found.path, found.hash = name, f"{name}.toml", lambda: name
    return found


@pytest.fixture(scope="module")
def run():
    return simulate(build(scenario()), N, SEED, sample=N)


def parts_of(values):
    """(n, sums) by randomisation of values by trajectory."""
    section = np.arange(N) // 256 % 16
    return np.bincount(section), np.bincount(section, weights=values)


def test_answers_are_the_runs_figures_with_its_errors(run):
    cells = Cells(run.aggregates, 2023.0)
    number = cells.index["share"]["chips"]["2030"]
    share = run.sample[:, run.sample_columns.index("share.chips.2030")]
    doubled = run.sample[:, run.sample_columns.index("event.doubled")]
    mean, above, date = ask(scenario(), ["share[chips] @ 2030", "share[chips] > 0.15 @ 2030", "doubled"], N, SEED)
    assert mean.value == pytest.approx(cells.mean(number), rel=1e-12)
    assert mean.mcse == pytest.approx(cells.mean_error(number), rel=1e-9)
    assert mean.degrees == mean.as_dict()["degrees"] == cells.degrees == 15
    assert above.value == (share > 0.15).mean()
    assert above.mcse == pytest.approx(pooled_error(*parts_of(share > 0.15)), rel=1e-9)
    assert date.value == (doubled < 9999.0).mean()
    assert date.mcse == pytest.approx(pooled_error(*parts_of(doubled < 9999.0)), rel=1e-9)


def test_a_conditional_answer_has_the_error_of_a_ratio(run):
    share = run.sample[:, run.sample_columns.index("share.chips.2030")]
    met = run.sample[:, run.sample_columns.index("event.doubled")] < 2030.0
    (found,) = ask(scenario(), ["share[chips] > 0.15 @ 2030 | doubled < 2030"], N, SEED)
    asked, hits = parts_of(met)[1], parts_of(met & (share > 0.15))[1]
    assert found.n_condition == met.sum()
    assert found.mcse == pytest.approx(pooled_error(asked, hits), rel=1e-9)


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_and_chunks_change_nothing(threads):
    claims = ["share[chips] @ 2030", "share[chips] > 0.15 @ 2030"]
    assert ask(scenario(), claims, N, SEED, threads, chunk=512) == ask(scenario(), claims, N, SEED)


def test_scenarios_are_compared_over_independent_draws():
    def pair(sampling):
        return [scenario(sampling), scenario(sampling, "dearer", floor=Quantile("lognormal", -2.5, 1.0))]

    plain, even = (compare(pair(sampling), 1500, SEED) for sampling in (Sampling(), SOBOL))
    assert even.differences == plain.differences


def test_the_other_run_of_a_claim_is_on_the_same_draws():
    other = scenario(SOBOL, "dearer", floor=Quantile("lognormal", -2.5, 1.0))
    claim = "(share[chips] - other(share[chips])) @ 2030"
    even = ask(scenario(), [claim], 1500, SEED, others=[other])
    other.plan = dataclasses.replace(other.plan, sampling=Sampling())
    assert even == ask(scenario(Sampling()), [claim], 1500, SEED, others=[other])
