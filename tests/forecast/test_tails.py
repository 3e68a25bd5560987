"""Which means are flagged because their standard error means nothing."""

from __future__ import annotations

import numpy as np
import pytest

from stackcast.engine.scales import MONEY, SHARE
from stackcast.forecast.histogram import histograms
from stackcast.forecast.tails import effective_draws, errors_are_meaningless, hill_index

RUNS = 40


def _hist(synthetic, draws, scale=MONEY):
    return histograms(
        [scale.edges()], [synthetic.binned(scale, draws)], np.array([draws.min()]), np.array([draws.max()])
    )


def error_is_meaningless(hists, bounded):
    """Of one output."""
    return bool(errors_are_meaningless(hists, np.array([bounded]))[0])


def _flagged(synthetic, sampler, n):
    """How many of forty samples are flagged."""
    rng = np.random.default_rng(n)
    return sum(error_is_meaningless(_hist(synthetic, sampler(rng, n)), bounded=False) for _ in range(RUNS))


def _pareto(rng, n):
    return 1.0 + rng.pareto(1.5, n)


@pytest.mark.parametrize("n", [4096, 50_000])
def test_infinite_variance_is_flagged(synthetic, n):
    fewest = RUNS if n > 10_000 else RUNS - 6  # 64 draws in the tail of 4,096 tell an index of 1.5 from 2 less surely
    assert _flagged(synthetic, _pareto, n) >= fewest
    assert _flagged(synthetic, lambda rng, n: 100.0 - _pareto(rng, n), n) >= fewest


@pytest.mark.parametrize("n", [256, 4096, 50_000])
@pytest.mark.parametrize("spread", ["normal", "lognormal"])
def test_finite_variance_is_not_flagged(synthetic, n, spread):
    samplers = {
        "normal": lambda rng, n: rng.normal(100.0, 20.0, n),
        "lognormal": lambda rng, n: np.exp(rng.normal(0.0, 1.0, n)),
    }
    # Of a few hundred lognormal draws one in seven samples does have its variance from a handful of them.
    assert _flagged(synthetic, samplers[spread], n) <= (12 if n == 256 and spread == "lognormal" else 1)


def test_one_draw_that_carries_everything_is_flagged_even_when_bounded(synthetic):
    draws = np.append(np.full(9999, 0.01), 1.0)
    assert error_is_meaningless(_hist(synthetic, draws, SHARE), bounded=True)
    assert effective_draws(_hist(synthetic, draws, SHARE)) == pytest.approx(1.0, abs=0.01)


def test_a_constant_and_draws_in_one_bin_are_not_flagged(synthetic):
    constant = _hist(synthetic, np.full(1000, 2.5))
    one_bin = _hist(synthetic, np.linspace(0.20001, 0.20002, 1000), SHARE)
    assert not error_is_meaningless(constant, bounded=False)
    assert not error_is_meaningless(one_bin, bounded=True)


def test_effective_draws_are_n_over_kurtosis(synthetic):
    draws = np.random.default_rng(1).normal(10.0, 2.0, 20_000)
    assert effective_draws(_hist(synthetic, draws)) == pytest.approx(20_000 / 3.0, rel=0.05)


def test_hill_index_of_a_pareto_sample_is_its_exponent():
    """Standard error of the estimate: 2.5 / sqrt(2000), 0.056."""
    draws = np.sort(1.0 + np.random.default_rng(2).pareto(2.5, 100_000))[::-1]
    assert hill_index(draws, np.ones_like(draws), 2000) == pytest.approx(2.5, abs=0.25)
    assert hill_index(draws, 3.0 * np.ones_like(draws), 6000) == pytest.approx(2.5, abs=0.25)
