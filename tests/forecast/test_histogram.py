"""Answers from counts against the sorted draws they were made of."""

from __future__ import annotations

import numpy as np
import pytest

from stackcast.engine.scales import MONEY, POSITIVE, RATIO, SHARE
from stackcast.forecast.histogram import (
    Histograms,
    histogram,
    probability_error,
    quantiles,
    quantiles_with_errors,
    share_above,
    standard_deviation,
)

LEVELS = np.array([0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0])
# Largest distance from the exact quantile that is promised: absolute, relative.
PROMISED = {"share": (0.001, 0.0), "ratio": (0.001, 0.0), "money": (5e-5, 0.005), "positive": (1e-9, 0.01)}


def _draws(kind: str, rng: np.random.Generator, n: int) -> np.ndarray:
    return {
        "share": np.maximum(rng.beta(0.6, 3.0, n) - 0.02, 0.0),
        "ratio": np.clip(rng.normal(0.5, 0.3, n), -1.9, 1.9),
        "money": rng.normal(size=n) * np.exp(rng.normal(0.0, 3.0, n)),
        "positive": np.exp(rng.normal(60.0, 4.0, n)),
    }[kind]


def _with_errors(hist, levels):
    """Of one output with independent draws."""
    values, errors = quantiles_with_errors(Histograms.of(hist), levels, np.full((1, len(levels)), float(hist.n)))
    return values[0], errors[0]


@pytest.mark.parametrize("scale", [SHARE, RATIO, MONEY, POSITIVE], ids=lambda scale: scale.kind)
@pytest.mark.parametrize("n", [1, 2, 256, 20_000])
def test_quantiles_lie_within_the_promised_distance_of_the_sorted_draws(synthetic, scale, n):
    draws = _draws(scale.kind, np.random.default_rng(n), n)
    hist = histogram(scale.edges(), synthetic.binned(scale, draws), draws.min(), draws.max())
    absolute, relative = PROMISED[scale.kind]
    ordered, found = np.sort(draws), quantiles(hist, LEVELS)
    # The sample quantile is defined up to the two order statistics around rank q n; both are allowed.
    low = ordered[np.clip(np.ceil(LEVELS * n).astype(int) - 2, 0, n - 1)]
    high = ordered[np.clip(np.floor(LEVELS * n).astype(int), 0, n - 1)]
    slack = absolute + relative * np.maximum(np.abs(low), np.abs(high))
    assert np.all(found >= low - slack)
    assert np.all(found <= high + slack)
    assert found[0] == draws.min()
    assert found[-1] == draws.max()


def test_quantiles_never_fall(synthetic):
    draws = _draws("money", np.random.default_rng(5), 3000)
    hist = histogram(MONEY.edges(), synthetic.binned(MONEY, draws), draws.min(), draws.max())
    assert np.all(np.diff(quantiles(hist, np.linspace(0.0, 1.0, 2001))) >= 0.0)


def test_a_constant_is_its_own_quantile_and_has_no_error(synthetic):
    draws = np.full(300, 0.1234567)
    hist = histogram(SHARE.edges(), synthetic.binned(SHARE, draws), draws.min(), draws.max())
    assert np.all(quantiles(hist, LEVELS) == 0.1234567)
    assert np.all(_with_errors(hist, LEVELS)[1] == 0.0)
    assert share_above(hist, 0.1234567) == 0.0
    assert share_above(hist, 0.1234567, inclusive=True) == 1.0
    assert standard_deviation(300, draws.sum(), (draws**2).sum(), draws.min(), draws.max()) == 0.0


def test_share_above_is_exact_at_the_edge_of_a_bin_and_close_inside(synthetic):
    draws = np.random.default_rng(6).beta(2.0, 3.0, 50_000)
    hist = histogram(SHARE.edges(), synthetic.binned(SHARE, draws), draws.min(), draws.max())
    assert share_above(hist, 0.25) == (draws >= 0.25).mean()
    for threshold in (0.1001, 0.3003, 0.7001):
        assert share_above(hist, threshold) == pytest.approx((draws > threshold).mean(), abs=0.002)
    assert share_above(hist, -1.0) == 1.0
    assert share_above(hist, 1.0) == 0.0


def test_inner_edges_alone_make_the_same_histogram(synthetic):
    draws = np.random.default_rng(7).beta(2.0, 3.0, 500)
    counts, edges = synthetic.binned(SHARE, draws), SHARE.edges()
    whole = histogram(edges, counts, draws.min(), draws.max())
    inner = histogram(edges[1:-1], counts, draws.min(), draws.max())
    assert np.array_equal(quantiles(whole, LEVELS), quantiles(inner, LEVELS))
    with pytest.raises(ValueError, match="edges"):
        histogram(edges[:-3], counts, 0.0, 1.0)


def test_quantile_errors_cover_the_truth(synthetic):
    """400 runs of 2,000 draws: a +- 1.96 errors interval should hold the truth 95 % of the time.

    The count is binomial with a standard deviation of 1.1 %; correct code (true coverage 93 to
    95 %) leaves 90.5 to 98.5 % with a chance below 0.03.
    """
    rng, levels = np.random.default_rng(8), np.array([0.05, 0.25, 0.5, 0.9, 0.99])
    truth = -np.log1p(-levels)
    inside = np.zeros(len(levels))
    for _ in range(400):
        draws = rng.exponential(size=2000)
        hist = histogram(POSITIVE.edges(), synthetic.binned(POSITIVE, draws), draws.min(), draws.max())
        values, errors = _with_errors(hist, levels)
        inside += np.abs(values - truth) <= 1.96 * errors
    assert np.all((inside / 400 > 0.905) & (inside / 400 < 0.985))


def test_probability_errors_are_wilsons():
    assert probability_error(0.3, 10_000) == pytest.approx(np.sqrt(0.21 / 10_000), rel=1e-3)
    assert probability_error(0.0, 1000) == pytest.approx(1.0 / 2000, rel=2e-3)
    assert probability_error(1.0, 1000) == probability_error(0.0, 1000)


def test_standard_deviation_survives_cancellation():
    draws = 2027.0 + np.array([0.0, 1e-9] * 500)
    sd = standard_deviation(1000, draws.sum(), (draws**2).sum(), draws.min(), draws.max())
    assert 0.0 <= sd <= 0.51 * (draws.max() - draws.min())
    draws = np.random.default_rng(9).normal(5.0, 2.0, 1000)
    sd = standard_deviation(1000, draws.sum(), (draws**2).sum(), draws.min(), draws.max())
    assert sd == pytest.approx(draws.std(ddof=1), rel=1e-12)
    assert np.isnan(standard_deviation(1, 3.0, 9.0, 3.0, 3.0))
