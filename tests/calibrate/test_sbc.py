"""Simulation-based calibration (Talts et al. 2018, arXiv 1804.06788) of the whole path on a reduced model."""

import numpy as np
import pytest
from scipy import stats

from stackcast.calibrate import smc
from tests.calibrate import reduced

DATASETS = 360
PARTICLES = 256
NARROWED = 0.9


@pytest.fixture(scope="module")
def places():
    """(parameters, data sets): truth among the posterior draws; and among draws pulled 10 % towards their mean."""
    random = np.random.default_rng(20260101)
    found, narrow = [], []
    for number in range(DATASETS):
        *truth, record = reduced.synthetic(random)
        model = reduced.guided(record)
        ask = reduced.likelihood(model, number)
        particles = smc.start(reduced.NAMES, ask, PARTICLES, number)
        while particles.temperature < 1.0:
            particles = smc.advance(particles, reduced.NAMES, ask, number)
        draws = model.values(particles.scores)[:2]
        middle = draws.mean(axis=1, keepdims=True)
        found.append(_place(draws, truth))
        narrow.append(_place(middle + NARROWED * (draws - middle), truth))
    return np.array(found).T, np.array(narrow).T


def _place(draws, truth):
    below = (draws < np.array(truth)[:, None]).sum(axis=1)
    return (below + 0.5) / (draws.shape[1] + 1.0)


def _spread(places):
    """Mean square of the normal scores of the places less one, in standard errors: 0 where the width is right."""
    squares = stats.norm.ppf(places).ravel() ** 2
    return (squares.mean() - 1.0) / np.sqrt(2.0 / squares.size)


def test_ranks_of_the_truth_are_uniform(places):
    """Chance of failing correct code: 1 in 1,000 a parameter."""
    for row in places[0]:
        counts = np.histogram(row, bins=10, range=(0.0, 1.0))[0]
        assert stats.chisquare(counts).pvalue > 1e-3


def test_posterior_has_the_right_width(places):
    """Chance of failing correct code: 1 in 400."""
    assert abs(_spread(places[0])) < 3.0


def test_a_posterior_narrowed_by_a_tenth_is_rejected(places):
    assert _spread(places[1]) > 3.0
