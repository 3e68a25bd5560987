"""How much of a share's variance comes from assumptions: known answers."""

from __future__ import annotations

import numpy as np
import pytest

from stackcast.report.variance import assumption_shares, normal_scores


def _run(synthetic, share, priors, marked):
    n = len(share)
    draws = {synthetic.cell("loss", synthetic.POSITIVE): np.ones(n)}
    sample = {f"prior.{name}": values for name, values in priors.items()} | {"share.chips.2030": share}
    return synthetic.forecast_from(draws, sample, marked)


def test_a_linear_share_splits_as_its_coefficients(synthetic):
    """Variances 4 : 1 : 3 between an assumption, a sourced prior and noise; errors near 1 %."""
    rng = np.random.default_rng(1)
    a, b, noise = rng.normal(size=(3, 5000))
    share = 0.5 + 0.02 * (2.0 * a + b + np.sqrt(3.0) * noise)
    run = _run(synthetic, share, {"a": np.exp(3.0 * a), "b": b}, {"a": True, "b": False})
    (found,) = assumption_shares(run)
    assert found.assumption == pytest.approx(0.5, abs=0.04)
    assert found.sourced == pytest.approx(0.125, abs=0.03)
    assert found.rest == pytest.approx(0.375, abs=0.04)
    assert 0.002 < found.assumption_error < 0.03


def test_errors_are_those_of_repeated_runs(synthetic):
    """The jackknife's error within a factor of two of the spread over 30 runs."""
    estimates, errors = [], []
    for seed in range(30):
        a, b, noise = np.random.default_rng(seed).normal(size=(3, 1000))
        run = _run(synthetic, a + b + noise, {"a": a, "b": b}, {"a": True, "b": False})
        (found,) = assumption_shares(run)
        estimates.append(found.assumption)
        errors.append(found.assumption_error)
    assert 0.5 < np.mean(errors) / np.std(estimates) < 2.0
    assert np.mean(estimates) == pytest.approx(1.0 / 3.0, abs=0.02)


def test_curvature_counts_and_priors_without_effect_do_not(synthetic):
    rng = np.random.default_rng(2)
    a, noise = rng.normal(size=(2, 5000))
    idle = {f"idle{i}": rng.normal(size=5000) for i in range(60)}
    marked = {"a": True} | dict.fromkeys(idle, False)
    (found,) = assumption_shares(_run(synthetic, a * a + noise, {"a": a, **idle}, marked))
    assert found.assumption == pytest.approx(2.0 / 3.0, abs=0.05)
    assert found.sourced == pytest.approx(0.0, abs=0.02)


def test_correlated_priors_halve_what_they_share(synthetic):
    rng = np.random.default_rng(3)
    a = rng.normal(size=5000)
    run = _run(synthetic, a, {"a": a, "b": a + 1e-6 * rng.normal(size=5000)}, {"a": True, "b": False})
    (found,) = assumption_shares(run)
    assert found.assumption == pytest.approx(0.5, abs=0.02)
    assert found.sourced == pytest.approx(0.5, abs=0.02)


def test_too_small_a_sample_and_a_constant_share_say_nothing(synthetic):
    rng = np.random.default_rng(4)
    priors = {f"p{i}": rng.normal(size=200) for i in range(60)}
    assert assumption_shares(_run(synthetic, rng.normal(size=200), priors, dict.fromkeys(priors, True))) == []
    constant = _run(synthetic, np.full(1000, 0.5), {"a": rng.normal(size=1000)}, {"a": True})
    assert assumption_shares(constant) == []


def test_discrete_and_constant_priors_are_accepted(synthetic):
    rng = np.random.default_rng(5)
    switch = rng.integers(0, 3, 2000).astype(float)
    run = _run(synthetic, switch, {"switch": switch, "fixed": np.ones(2000)}, {"switch": True, "fixed": True})
    (found,) = assumption_shares(run)
    assert found.assumption == pytest.approx(1.0, abs=0.01)
    assert found.sourced == 0.0


def test_normal_scores_are_standard_and_keep_the_order():
    values = np.random.default_rng(6).pareto(1.0, 1001)
    z = normal_scores(values[:, np.newaxis])[:, 0]
    assert z.mean() == pytest.approx(0.0, abs=1e-12)
    assert z.std() == pytest.approx(1.0)
    assert np.array_equal(np.argsort(z), np.argsort(values))
