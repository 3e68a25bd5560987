"""Tilted priors and the weights that undo the tilt, against SciPy's densities and the untilted draws."""

import numpy as np
import pytest
from scipy import stats

from stackcast.engine.draws import DEFENSIVE, CorrelationGroup, DrawPlan, PriorDraw, Quantile, Tilt, draw_values
from stackcast.engine.driver import simulate
from stackcast.engine.replay import replay
from stackcast.engine.tilt import scores_and_weights, tilted
from tests.engine import toy

N = 20_000
SEED = 3
NORMAL = Quantile("normal", 0.0, 1.0)
TILTS = (Tilt("rate", 1.5, 1.25), Tilt("tilt_a", -2.0, 1.0))


def drawn(quantiles, *tilts, correlations=()):
    priors = tuple(PriorDraw(name, f"prior:{name}", quantile) for name, quantile in quantiles.items())
    return draw_values(DrawPlan(priors, correlations, tilts=tilts), SEED, 0, N)


def plain(count=N):
    return np.arange(count) % DEFENSIVE == 0


def test_scores_are_shifted_and_scaled_but_for_every_tenth():
    free, moved = drawn({"x": NORMAL}), drawn({"x": NORMAL}, Tilt("x", 1.0, 1.25))
    np.testing.assert_array_equal(moved["x"][plain()], free["x"][plain()])
    np.testing.assert_allclose(moved["x"][~plain()], 1.0 + 1.25 * free["x"][~plain()], atol=1e-6)


def test_other_priors_keep_their_bits():
    quantiles = {"x": NORMAL, "y": Quantile("lognormal", 0.0, 1.0)}
    np.testing.assert_array_equal(drawn(quantiles, Tilt("x", 2.0))["y"], drawn(quantiles)["y"])


def test_correlated_priors_follow_the_one_that_is_tilted():
    group = (CorrelationGroup(("x", "y"), np.array([[1.0, 0.0], [0.6, 0.8]])),)
    moved = drawn({"x": NORMAL, "y": NORMAL}, Tilt("x", 2.0), correlations=group)
    free = drawn({"x": NORMAL, "y": NORMAL}, correlations=group)
    np.testing.assert_allclose((moved["y"] - free["y"])[~plain()], 1.2, atol=1e-6)


def test_truncated_priors_stay_within_their_bounds():
    cut = Quantile("normal", 0.0, 1.0, u_low=0.1, u_high=0.6)
    low, high = stats.norm.ppf([0.1, 0.6])
    values = drawn({"x": cut}, Tilt("x", 3.0))["x"]
    assert values.min() >= low
    assert values.max() <= high
    assert np.median(values) > stats.norm.ppf(0.59)


@pytest.mark.parametrize("shift", [-9.0, 9.0, -40.0, 40.0])
def test_tilts_beyond_the_doubles_next_to_one_stay_finite(shift):
    values = drawn({"x": NORMAL}, Tilt("x", shift))["x"][~plain()]
    assert np.isfinite(values).all()
    assert np.abs(values).max() < 8.3
    assert (np.sign(values) == np.sign(shift)).all()


def test_weights_are_prior_over_mixture():
    program = tilted(toy.standard(), TILTS)
    scores, weights = scores_and_weights(program, SEED, 0, N, N)
    prior = stats.norm.pdf(scores).prod(axis=0)
    other = np.prod([stats.norm.pdf(z, t.shift, t.scale) for z, t in zip(scores, TILTS, strict=True)], axis=0)
    np.testing.assert_allclose(weights, prior / (0.1 * prior + 0.9 * other), rtol=1e-10)
    assert weights.max() <= 10.0
    assert abs(weights.mean() - 1.0) < 4.0 * weights.std() / np.sqrt(N)
    above = weights * (scores[0] > 1.0)
    assert abs(above.mean() - stats.norm.sf(1.0)) < 4.0 * above.std() / np.sqrt(N)


def test_the_share_of_untilted_trajectories_is_exact():
    program = tilted(toy.standard(), TILTS)
    scores, weights = scores_and_weights(program, SEED, 0, 11, 11)
    prior = stats.norm.pdf(scores).prod(axis=0)
    other = np.prod([stats.norm.pdf(z, t.shift, t.scale) for z, t in zip(scores, TILTS, strict=True)], axis=0)
    np.testing.assert_allclose(weights, prior / (2 / 11 * prior + 9 / 11 * other), rtol=1e-10)


def test_scores_are_those_that_the_run_draws():
    """From any first trajectory: the rate is normal, the first of its correlated group."""
    program = tilted(toy.standard(), TILTS)
    scores, _ = scores_and_weights(program, SEED, 1001, 12, N)
    for k in range(12):
        rate = replay(program, 1001 + k, SEED)["rate"][0]
        assert rate == pytest.approx(0.03 + 0.02 * scores[0, k], rel=1e-6)


def test_a_tilt_of_nothing_changes_no_bit():
    program = toy.standard()
    still = simulate(tilted(program, [Tilt("rate"), Tilt("tilt_a")]), 1000, SEED, sample=0).aggregates
    assert still.digest() == simulate(program, 1000, SEED, sample=0).aggregates.digest()
    moved = simulate(tilted(program, TILTS), 1000, SEED, sample=0).aggregates
    assert moved.digest() != still.digest()
    _, weights = scores_and_weights(tilted(program, [Tilt("rate")]), SEED, 0, 777, 777)
    assert (weights == 1.0).all()
