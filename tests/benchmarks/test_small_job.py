"""The small job: its closed forms, and that stackcast and NumPy meet them."""

import numpy as np
import pytest

from benchmarks.growths import growths
from benchmarks.sections import small_job
from benchmarks.small import contestants
from benchmarks.small.contestants import MAKERS, NOTES
from benchmarks.small.problem import CORRELATION, JOBS, MU, SIGMA, answer_from, distance
from stackcast.engine.driver import simulate

SIZE = 20_000


def test_product_has_the_moments_of_its_factors():
    variance = (SIGMA**2).sum() + 2.0 * CORRELATION * SIGMA[0] * SIGMA[1]
    assert JOBS["product"].mu == pytest.approx([MU.sum()])
    assert JOBS["product"].sigma == pytest.approx([np.sqrt(variance)])
    assert JOBS["product"].answer()[0, 0] == pytest.approx(np.exp(MU.sum() + 0.5 * variance))


def test_a_wrong_answer_is_far_from_the_closed_form():
    uncorrelated = np.exp(np.random.default_rng(1).normal(MU.sum(), np.sqrt((SIGMA**2).sum()), SIZE))
    assert distance("product", answer_from(uncorrelated), SIZE) > 10.0


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("name", ["stackcast", "numpy"])
def test_answer_is_that_of_the_closed_form(name, job):
    # The largest of 40 normal scores is beyond 5 once in 40,000 seeds; this seed is fixed.
    assert distance(job, MAKERS[name]()(job, SIZE, 1), SIZE) < 5.0


def test_a_package_that_is_missing_is_listed_with_the_reason(monkeypatch):
    def missing():
        raise ModuleNotFoundError("No module named 'absent'")

    monkeypatch.setattr(contestants, "MAKERS", {"numpy": MAKERS["numpy"], "absent": missing})
    found = small_job.Found()
    ready, absent = contestants.available()
    monkeypatch.setattr(small_job, "SHORT_SIZES", (1000, 2000))
    ready["stackcast"] = ready["numpy"]
    small_job._table(found, "product", 1000, ready, absent, 1)
    assert ("absent", "not run", "", "", "ModuleNotFoundError: No module named 'absent'") in found.tables[0].rows


def test_every_contestant_says_how_it_does_each_job():
    assert set(NOTES) == set(MAKERS)
    assert all(set(notes) == set(JOBS) for notes in NOTES.values())


def test_mechanisms_of_the_scaling_runs_are_independent_growth_paths():
    wanted, errors = JOBS["growth"].answer()[:5, :1], JOBS["growth"].errors(SIZE)[:5, :1]
    found = simulate(growths(2), SIZE, 1, sample=0).aggregates
    # Cells are year by year, the two mechanisms in turn.
    means = (found.total / SIZE).reshape(5, 2)
    assert np.max(np.abs(means - wanted) / errors) < 5.0
    assert (means[:, 0] != means[:, 1]).all()
